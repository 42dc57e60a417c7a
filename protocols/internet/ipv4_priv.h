/*
 * ipv4_priv.h - what the ipv4*.c files share, and nobody else sees.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/internet/ipv4.h"
#include "protocols/internet/prefix_index.h"
#include "protocols/wire/checksum.h"

enum { IPV4_MTU_MIN = 68, IPV4_MAX_LEN = 65535 };

/* What only a table with many routes, or a source of more, has. */
typedef struct RouteMore {
    Route       found;   /* the last that came from the source */
    PrefixIndex index;   /* where the routes of each prefix begin, from 1, */
    uint64_t    indexed; /* true of this RouteTable.changes */
} RouteMore;

typedef struct RouteTable {
    Route  *routes;     /* longest prefix first, then by network, then by origin: */
    uint32_t n, cap;    /* so many, and room for so many in the world's heap */
    uint64_t lengths;   /* bit n: there is a prefix of that length */
    unsigned n_found;   /* routes whose interface was found from their next hop, at most */
    const RouteSource *source; /* of automatic routes that are not written down here; NULL */
    IpAddr  cached_dst; /* the last address looked up, IP_NONE: none, */
    const Route *cached; /* and its route; NULL: it has none */
    RouteMore *more;    /* NULL: it has neither */
    uint64_t changes;   /* counts what may change a route, from 1 */
} RouteTable;

/* Datagrams to ourselves. */
typedef struct Loop {
    Packet *head, *tail;
    Timer   timer; /* hands up the first */
} Loop;

typedef struct Frags Frags;

struct Ipv4 {
    Stack     *stack;
    Node      *node;
    const Ipv4Config *cfg; /* its stack's */
    Arp       *arp;
    struct FastTable *fast; /* of datagrams passed on; NULL: there were none yet */
    uint64_t   delivered;  /* the last pair of addresses that ended here, from outside */
    RouteTable table;
    uint16_t   next_id;
    bool       has_sent;   /* a datagram of its own */
    GArray    *path_mtus;  /* of PathMtu, oldest first; NULL: none was ever told */
    Frags     *frags;      /* NULL: no fragment has come yet */
    Loop      *loop;       /* NULL: nothing was ever sent to ourselves */
};

typedef struct Hop { /* where a datagram goes next */
    Iface *iface;
    IpAddr next;
} Hop;

static inline size_t ipv4_iface_mtu(const Iface *iface)
{
    const LinkDir *out = iface->port->out;

    return CLAMP(out != NULL ? (size_t)out->cfg->mtu : iface->mtu, IPV4_MTU_MIN, IPV4_MAX_LEN);
}

/* A router's datagram, its header in front, if it is plain and one of the same addresses has been
 * passed on before: sends it on, as the full way would. False: it goes that way, unchanged. */
bool fast_forward(Ipv4 *ip, Packet *pkt);
/* The same for a datagram of our own, without options: what it carries gets its header if it goes
 * this way. */
bool fast_originate(Ipv4 *ip, const IpSend *how, Packet *pkt);
/* That one with this header, without options, goes to this hop, and so will others of its pair. */
void fast_learn(Ipv4 *ip, const uint8_t *header, const Hop *hop);
/* A datagram from outside, its header in front: is it plain, in one piece, and one of a pair of
 * addresses that was delivered before? Then all checks of the full way hold. */
bool fast_is_ours(const Ipv4 *ip, const Packet *pkt);
/* That one with this header, without options, is from a host to one of our addresses. */
void fast_learn_ours(Ipv4 *ip, const uint8_t *header);
void fast_clear(Ipv4 *ip);

/* A datagram, its header in front, in one piece or several. Takes pkt if it returns DROP_NONE. */
DropReason ipv4_send(Ipv4 *ip, const Hop *hop, const Ipv4Hdr *h, size_t mtu, Packet *pkt);

DropReason ipv4_loop_input(Ipv4 *ip, Packet *pkt); /* of a datagram from ourselves */
void       ipv4_loop_flush(Ipv4 *ip, DropReason why);

/* ipv4_options.c: of a datagram that has some; `found` is of its header */
/* Are they as they must be? The sender is told if not. */
DropReason options_check(Ipv4 *ip, const Ipv4Hdr *h, Ipv4Found *found, const Packet *pkt);
/* It leaves by `out`, `routed`: to the next address of its source route. We record ourselves, and
 * what is changed is changed in the packet, too. */
void options_forward(Ipv4 *ip, const Iface *out, Ipv4Hdr *h, const Ipv4Found *found, bool routed,
                     Packet *pkt);
void options_arrive(Ipv4 *ip, Ipv4Hdr *h); /* it ends here */
/* Our own: puts the options, and perhaps another destination, into its header. */
void options_originate(Ipv4 *ip, Ipv4Hdr *h, const IpOptions *options);

void route_table_init(RouteTable *table);
void route_table_clear(RouteTable *table, Heap *heap);
/* Takes the interface's connected route away. */
void route_table_disconnect(RouteTable *table, const Iface *iface);
/* Forgets the interfaces that were found from next hops: an address has changed. */
void route_table_unresolve(RouteTable *table);

/* What fits on the whole way to dst, as far as is known: at most link_mtu. */
size_t  path_mtu(const Ipv4 *ip, IpAddr dst, size_t link_mtu);

Frags *frags_new(Ipv4 *ip);
void   frags_free(Frags *frags);
void   frags_flush(Frags *frags, DropReason why);

/* Takes the fragment if it returns DROP_NONE; *whole is then the datagram that it completes, with
 * its header in front, for the caller to own; else NULL. */
DropReason frags_input(Frags *frags, const Ipv4Hdr *h, Port *port, Packet *pkt, Packet **whole);

/* Cuts a datagram, its header in front, into pieces of at most mtu bytes, which `emit` takes;
 * frees pkt. */
void ipv4_fragment(Packet *pkt, const Ipv4Hdr *h, size_t mtu,
                   void (*emit)(void *self, Packet *fragment), void *self);
