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

struct UdpSock {
    Udp      *udp;
    UdpSock  *next;      /* in its bucket */
    IpAddr    addr;      /* IP4_ANY: all */
    IpAddr    peer;      /* IP_NONE: not connected */
    uint16_t  port, peer_port;
    uint8_t   ttl;
    bool      df;
    bool      sinks;     /* udp_sink */
    NetError  pending;   /* told by the next call that receives or sends */
    NetError  ended;     /* the host has crashed; no call works any more */
    Waiting  *ring;      /* datagrams that wait: n of them from `first` on, in a ring of cap */
    size_t    first, n, cap;
    size_t    queued, rcvbuf; /* bytes */
    uint64_t  received, received_bytes;
    GArray   *troubles;  /* of Trouble; NULL until there is one */
    Timer     timer;
    void    (*on_ready)(void *user);
    void     *ready_user;
    void    (*on_error)(void *user, const IpError *err);
    void     *error_user;
};

enum { UDP_FEW = 4 };

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
    NetError err = s->pending;

    s->pending = NET_OK;
    return s->ended != NET_OK ? s->ended : err;
}
