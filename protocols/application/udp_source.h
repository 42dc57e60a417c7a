/*
 * udp_source.h - datagrams at a constant rate: the pattern (pattern.h), a piece in each.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/udp.h"

typedef struct UdpSource {
    /* As the caller has filled it in: */
    UdpSock *sock;  /* which must stay open until this is done or stopped */
    IpAddr   dst;   /* IP_NONE: the peer that it is connected to */
    uint16_t port;
    size_t   size;  /* bytes in each; at most UDP_DATA_MAX */
    uint64_t count; /* datagrams, at least one */
    SimTime  every; /* from one to the next; of no meaning with a rate */
    uint64_t rate;  /* bits of text per second, to the nanosecond and without drift; 0: `every` */
    void   (*on_done)(void *user); /* from its timer, never from inside a call */
    void    *user;
    /* What has come of it: */
    uint64_t sent;
    NetError err;   /* why it has ended before all were sent */
    bool     done;
    /* And its own: */
    Timer    timer;
    uint64_t rest, carry; /* of nanoseconds, by the rate */
} UdpSource;

/* Sends the first at once. `done` if that was all. */
void udp_source_start(UdpSource *src);
/* Ends it, if it has not ended, for this reason; nobody is told. */
void udp_source_stop(UdpSource *src, NetError why);
