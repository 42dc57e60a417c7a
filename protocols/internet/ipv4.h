/*
 * ipv4.h - IPv4 of hosts and routers: input, deliver, forward, output. RFC 791, 1122 §3, 1812.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/internet/ip.h"
#include "protocols/wire/ipv4_wire.h"
#include "sim/engine/knob.h"

typedef struct Ipv4 Ipv4;
typedef struct Arp Arp;
typedef struct Icmp Icmp;

/* Who may be told by a datagram where it goes. */
typedef enum Ipv4SourceRoute {
    IPV4_ROUTE_RFC,     /* routers; hosts, if it leaves where it came in: RFC 1122 §3.3.5 */
    IPV4_ROUTE_FORWARD, /* hosts, too */
    IPV4_ROUTE_DROP     /* nobody: even what ends here is dropped */
} Ipv4SourceRoute;

typedef struct Ipv4Config {
    uint64_t ttl;             /* 64 */
    bool     forward;         /* a router; set by its kind */
    SimTime  reassembly_timeout; /* 60 s, RFC 1122 §3.3.2: 60 to 120 */
    uint64_t reassembly_memory;  /* bytes; 4 MiB */
    bool     pmtu;            /* remember "fragmentation needed", RFC 1191 */
    bool     auto_routes;     /* shortest-path routes come by themselves; `routes = "static"`: no */
    uint64_t icmp_quote;      /* bytes that ICMP errors quote behind the offending IP header; 528 */
    Ipv4SourceRoute source_route;
} Ipv4Config;

extern const Ipv4Config ipv4_defaults;
extern const Knob       ipv4_knobs[];

typedef enum RouteKind { ROUTE_DIRECT, ROUTE_VIA, ROUTE_BLACKHOLE, ROUTE_UNREACHABLE } RouteKind;
typedef enum RouteOrigin { ROUTE_CONNECTED, ROUTE_STATIC, ROUTE_LEASED, ROUTE_AUTO } RouteOrigin;

typedef struct Route {
    IpPrefix    prefix;
    RouteKind   kind;
    RouteOrigin origin;
    IpAddr      via;     /* VIA: the next hop */
    Iface      *iface;   /* DIRECT, VIA; VIA with NULL: the interface on whose subnet `via` is */
    bool        iface_found; /* the table's: iface was found so */
} Route;

Ipv4 *ipv4_new(Stack *stack, const Ipv4Config *cfg, Arp *arp);
void  ipv4_free(Ipv4 *ip);
const Ipv4Config *ipv4_config(const Ipv4 *ip);

/* The interface's address; makes its connected route. */
void ipv4_set_address(Ipv4 *ip, Iface *iface, IpPrefix addr);

/* A static route wins over an automatic one for the same prefix; the same prefix and origin again
 * replaces it. */
void ipv4_route_add(Ipv4 *ip, const Route *route);
bool ipv4_route_delete(Ipv4 *ip, IpPrefix prefix, RouteOrigin origin);
void ipv4_route_clear(Ipv4 *ip, RouteOrigin origin);
/* Longest prefix; NULL: none. Borrowed until the next look-up or change. */
const Route *ipv4_route_lookup(Ipv4 *ip, IpAddr dst);
const Route *ipv4_routes(Ipv4 *ip, size_t *n); /* most specific first; borrowed likewise */

/* The longest of a set of lengths, bit n for length n; there is one. */
static inline unsigned longest_of(uint64_t lengths)
{
    return 63 - (unsigned)__builtin_clzll(lengths);
}

/* Automatic routes that are found when they are asked for. `find`: that of the longest prefix
 * longer than `longer_than` (-1: any) which dst is in. `each` hands all of them to `add`. */
typedef struct RouteSource {
    bool (*find)(void *self, const Node *node, IpAddr dst, int longer_than, Route *out);
    void (*each)(void *self, const Node *node, void (*add)(Ipv4 *ip, const Route *r), Ipv4 *ip);
    void  *self;
} RouteSource;

/* Until the automatic routes are next cleared. */
void ipv4_route_source(Ipv4 *ip, const RouteSource *source);

DropReason ipv4_input(Ipv4 *ip, Iface *iface, bool group, Packet *pkt);
DropReason ipv4_output(Ipv4 *ip, const IpSend *how, Packet *pkt);
IpAddr     ipv4_source(Ipv4 *ip, IpAddr dst); /* see ip_source, ip_mtu */
size_t     ipv4_mtu(Ipv4 *ip, IpAddr dst, const IpOptions *options);
void       ipv4_mtus(Ipv4 *ip, IpAddr dst, size_t *path, size_t *link);
size_t     ipv4_link_mtu(Ipv4 *ip, IpAddr dst);

/* A packet that waited in vain for its next hop's MAC, from ARP; borrows pkt. Our own: its
 * protocol is told. A router tells the sender (RFC 1812 §5.2.7.1). */
void       ipv4_unresolved(Ipv4 *ip, Iface *iface, IpAddr next_hop, Packet *pkt);

/* A datagram whose header is already in front (raw): route and send. Takes pkt if DROP_NONE. */
DropReason ipv4_output_raw(Ipv4 *ip, Packet *pkt);

/* What a "fragmentation needed" about our packet of `len` bytes teaches about the path to dst
 * (RFC 1191); mtu 0: an old router did not say. Returns the path's MTU as now known. */
uint32_t ipv4_learn_mtu(Ipv4 *ip, IpAddr dst, uint32_t mtu, size_t len);

/* An error about one of our packets, from ICMP or from this host itself: to its protocol. */
void ipv4_report(Ipv4 *ip, const IpError *err);

/* Crash: forgets reassemblies and path MTUs; addresses and routes stay. */
void ipv4_flush(Ipv4 *ip);
