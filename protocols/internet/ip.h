/*
 * ip.h - what the transport layer knows of the internet layer, whatever the family.
 *
 * A transport protocol gets an IpMeta with every packet and sends through ip_output; that IPv4 is
 * below is known only in protocols/internet and protocols/link/arp.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/link/eth.h"
#include "protocols/wire/ipv4_option.h"

typedef struct IpMeta { /* of a received datagram */
    IpAddr   src, dst;
    uint8_t  proto, ttl, tos;
    bool     broadcast; /* sent to a broadcast or multicast address, of either layer */
    bool     known;     /* from some host to this one, as others before it */
    Iface   *iface;     /* where it came in; NULL for loopback */
    Span     options;   /* of its header, as they came, our own timestamp added; n 0: none */
} IpMeta;

typedef struct IpSend { /* of one to be sent */
    IpAddr  src;        /* IP_NONE: the address of the outgoing interface */
    IpAddr  dst;        /* where it ends, whatever the source route */
    uint8_t proto;
    uint8_t ttl;        /* 0: the host's default */
    uint8_t tos;
    bool    df;
    const IpOptions *options; /* borrowed; NULL: none */
    Iface  *iface;      /* by which a limited broadcast leaves; NULL: see RFC 1122 §3.3.6 */
} IpSend;

/* An error that the network reported about one of our own packets. */
typedef enum IpErrorKind {
    IP_ERR_NET_UNREACHABLE,
    IP_ERR_HOST_UNREACHABLE,
    IP_ERR_PROTOCOL_UNREACHABLE,
    IP_ERR_PORT_UNREACHABLE,
    IP_ERR_TOO_BIG,
    IP_ERR_ADMIN_PROHIBITED,
    IP_ERR_TTL_EXCEEDED,
    IP_ERR_REASSEMBLY_EXCEEDED,
    IP_ERR_PARAMETER,
    IP_ERR_SOURCE_QUENCH
} IpErrorKind;

typedef struct IpError {
    IpErrorKind kind;
    uint8_t     type, code; /* of the ICMP message; 0, 0 if this host found it out itself */
    IpAddr      reporter;   /* who says so */
    IpAddr      src, dst;   /* of the packet it is about: src is ours, dst where it was to end */
    uint8_t     proto;
    uint32_t    mtu;        /* TOO_BIG: of the next hop; 0 if it was not said */
    Span        quoted;     /* the transport header's first bytes, at least 8 */
} IpError;

/* The upward dispatch: what takes datagrams of that protocol, and errors about those that it sent.
 * The table is the wiring diagram's, stack.c. */
typedef struct IpProto {
    uint8_t    proto;
    DropReason (*input)(Stack *stack, const IpMeta *ip, Packet *pkt);
    void       (*error)(Stack *stack, const IpError *err);
} IpProto;
enum { IP_PROTOS = 3 };
extern const IpProto ip_protos[IP_PROTOS];

/* Route, source address, header, next hop. Takes pkt if it returns DROP_NONE; otherwise the caller,
 * who is the originator, drops it and tells its user (EHOSTUNREACH, EMSGSIZE). pkt->data is the
 * transport header, its checksum already right: so src must have been asked for with ip_source. */
DropReason ip_output(Stack *stack, const IpSend *how, Packet *pkt);

/* The source address for packets to dst; IP_NONE if there is no route. One that follows a source
 * route goes to the first address of that. */
IpAddr ip_source(Stack *stack, IpAddr dst);

/* The largest transport payload, header included, that goes to dst in one piece with these options
 * (NULL: none); 0 if no route. */
size_t ip_mtu(Stack *stack, IpAddr dst, const IpOptions *options);

/* Likewise, whatever the path to dst has shown to be too large: what may come in one piece. */
size_t ip_link_mtu(Stack *stack, IpAddr dst);

/* Both at once, without options. */
void ip_mtus(Stack *stack, IpAddr dst, size_t *path, size_t *link);

/* Advice of a transport protocol that dst does not answer (RFC 1122 §3.3.1.4): its next hop is
 * asked for anew. */
void ip_doubt(Stack *stack, IpAddr dst);

/* What an address is to a host, several at once. */
typedef enum AddrKind {
    ADDR_OURS = 1 << 0,      /* one of its interfaces has it */
    ADDR_BROADCAST = 1 << 1, /* the limited broadcast, or that of one of its subnets */
    ADDR_MULTICAST = 1 << 2, /* 224/4, RFC 1112 §4 */
    ADDR_RESERVED = 1 << 3,  /* 240/4, the limited broadcast too */
    ADDR_LOOPBACK = 1 << 4,  /* 127/8 */
    ADDR_THIS_NET = 1 << 5,  /* 0/8, and of it */
    ADDR_ANY = 1 << 6        /* 0.0.0.0 */
} AddrKind;

typedef struct AddrEntry {
    uint32_t addr;
    uint32_t kind; /* 0: the place is free */
} AddrEntry;

enum { ADDR_FEW = 4 }; /* what an interface needs */

/* What a host's interfaces make of addresses: a flat hash table, made anew when it is next asked
 * after a change. All zero is one that must be made. */
typedef struct AddrTable {
    AddrEntry *entries; /* a power of 2 of them: */
    unsigned   mask, shift;
    AddrEntry  few[ADDR_FEW]; /* these, or in the world's heap */
} AddrTable;

unsigned ip_kind(const Stack *stack, IpAddr addr); /* of AddrKind; 0: some host's, or none */
void     ip_kinds_changed(Stack *stack);           /* an interface has got another address;
                                                      the stack ends */

bool ip_is_local(const Stack *stack, IpAddr addr); /* one of this host's addresses, or loopback */
/* The limited broadcast, that of one of this host's subnets, or any multicast address. */
bool ip_is_broadcast_for(const Stack *stack, IpAddr addr);
