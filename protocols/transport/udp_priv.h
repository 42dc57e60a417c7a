/*
 * udp_priv.h - a socket and its table, for udp*.c alone.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/udp.h"

typedef struct Waiting { /* a datagram in a receive buffer */
    Packet    *pkt;
    UdpArrival how;
} Waiting;

/* Datagrams that wait for a program: a ring that doubles. */
typedef struct UdpRing {
    size_t  first, n, cap;
    size_t  queued; /* bytes */
    Waiting at[];
} UdpRing;

/* What a socket has whose program is told of what comes. */
typedef struct UdpTelling {
    Timer   timer;
    void  (*on_ready)(void *user);
    void   *ready_user;
    void  (*on_error)(void *user, const IpError *err);
    void   *error_user;
    GArray *troubles;    /* of Trouble; NULL until there is one */
} UdpTelling;

/* A large world has many that only send, or count what comes: what is here is what those need. */
struct UdpSock {
    Udp      *udp;
    UdpSock  *next;      /* in its bucket */
    IpAddr    addr;      /* IP4_ANY: all */
    IpAddr    peer;      /* IP_NONE: not connected */
    uint16_t  port, peer_port;
    uint8_t   ttl;
    bool      df;
    bool      sinks;     /* udp_sink */
    uint8_t   pending;   /* NetError, told by the next call that receives or sends */
    uint8_t   ended;     /* NetError: the host has crashed; no call works any more */
    size_t    rcvbuf;    /* bytes */
    uint64_t  received, received_bytes;
    UdpRing  *ring;      /* NULL: nothing has ever waited */
    UdpTelling *telling; /* NULL: nobody is told */
};

enum { UDP_FEW = 2 };

struct Udp {
    Stack     *stack;
    Node      *node;
    UdpSock  **buckets;    /* a power of 2 of them: */
    unsigned   mask;
    UdpSock   *few[UDP_FEW]; /* these, or in the world's heap */
    Vec        socks[1];   /* open, in the order of opening */
    GPtrArray *ended;      /* outlived by their programs: of before a crash; NULL: none */
    uint16_t   next_port;  /* 0 until the first ephemeral port is asked for */
};

static inline bool is_wild(IpAddr addr)
{
    return ip_is_any(addr) || ip_is_none(addr);
}

/* The error that is still to be told, by this call. */
static inline NetError take_pending(UdpSock *s)
{
    uint8_t err = s->pending;

    s->pending = NET_OK;
    return (NetError)(s->ended != NET_OK ? s->ended : err);
}
