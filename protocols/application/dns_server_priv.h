/*
 * dns_server_priv.h - what the two halves of a name server share: how questions come in
 * (dns_listen.c), and what is answered (dns_server.c).
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dns_server.h"
#include "protocols/application/dns_stream.h"
#include "protocols/transport/udp.h"
#include "sim/engine/sim.h"

typedef struct DnsClientLink { /* a client's connection */
    DnsServer *server;
    DnsStream  stream;
    IpAddr     peer;
    Timer      idle;
    bool       half_closed; /* the client sends no more */
} DnsClientLink;

typedef struct DnsPending { /* a question in work */
    DnsServer     *server;
    DnsMessage    *query;
    UdpArrival     how;     /* of one over UDP */
    DnsClientLink *link;    /* of one over TCP; NULL once it is gone */
    bool           tcp;
    DnsLookup     *lookup;
} DnsPending;

struct DnsServer {
    Stack          *stack;
    Sim            *sim;
    DnsServerConfig cfg;
    UdpSock        *udp;
    Listener       *listener;
    GPtrArray      *zones;   /* of DnsZone, owned */
    GPtrArray      *links;   /* of DnsClientLink, owned */
    GPtrArray      *pending; /* of DnsPending, owned, in the order of coming */
    DnsResolver    *resolver;
};

/* dns_server.c: answers, at once or later. `p` is taken. */
void dns_server_question(DnsPending *p, Span bytes);

/* dns_listen.c */
NetError dns_listen_open(DnsServer *s);
void dns_listen_close(DnsServer *s, bool sockets);
void dns_listen_send(DnsPending *p, Span bytes); /* the answer, the way the question came */
