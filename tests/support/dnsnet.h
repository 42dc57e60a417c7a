/*
 * dnsnet.h - for tests of DNS: a client c, a host h that is tested, and servers s1 to s4 that follow
 * a script, each on a cable of 5 ms to h (10.1.0.0/24, 10.2.0.0/24 ...; h is always .1, the other
 * end .2), and a log of every question that reaches a scripted server.
 *
 * Messages are written as text: flags, code and records of each section,
 *     "aa an www.example. 300 A 10.9.9.9; ns example. 300 NS ns.example.; ad ns.example. 300 A ..."
 * flags: aa tc rd ra opt noq; codes in capitals; sections an, ns, ad.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dns.h"
#include "support/net.h"

enum { DNSNET_SERVERS = 4, DNSNET_RULES = 24 };

typedef struct DnsRule {
    const char *name;   /* NULL: any */
    const char *type;   /* NULL: any */
    const char *reply;  /* NULL: silence */
} DnsRule;

typedef struct DnsScripted {
    struct DnsNet *d;
    unsigned       number;
    Stack         *stack;
    UdpSock       *udp;
    Listener      *listener;
    DnsRule        rules[DNSNET_RULES]; /* the first that matches; the last is a row of NULLs */
    bool           times; /* the log has them */
} DnsScripted;

typedef struct DnsNet {
    Net        *net;
    Stack      *c, *h;
    UdpSock    *sock;     /* of c */
    DnsScripted s[DNSNET_SERVERS + 1]; /* from 1 */
    GString    *log;      /* "s1 www.example. A\n" */
    GString    *got;      /* what c received last */
    uint16_t    id;
    Timer       alarm;
    GPtrArray  *conns;
} DnsNet;

void dnsnet_init(DnsNet *d);
void dnsnet_free(DnsNet *d);
/* Copies the rules, but for their texts. */
void dnsnet_script(DnsNet *d, unsigned server, const DnsRule *rules);

/* h recurses, beginning at s1. */
void dnsnet_recursive(DnsNet *d, const DnsResolverConfig *cfg);
/* h is authoritative for a zone. */
void dnsnet_zone(DnsNet *d, const char *origin, const char *text);

/* c asks h "www.example. A", with "rd", "opt=1232" behind, and waits for the answer: as text, with
 * its flags; "nothing" if none comes. */
const char *dnsnet_ask(DnsNet *d, const char *question);
/* The same bytes as they are. */
const char *dnsnet_send(DnsNet *d, Span bytes);
/* Sends and does not wait. */
void dnsnet_post(DnsNet *d, const char *question);
void dnsnet_wait(DnsNet *d, SimTime t); /* on by so much, though nothing happens */

/* The log since the last call is this. */
void dnsnet_expect(DnsNet *d, const char *log);

IpAddr dnsnet_addr(unsigned server); /* 10.1.0.2 of s1 */
size_t dnsnet_query(uint16_t id, const char *question, uint8_t *out, size_t cap);
/* Text to a message; `query` NULL or what it answers. */
DnsMessage *dnsnet_message(const DnsMessage *query, const char *text);
char *dnsnet_text(const DnsMessage *m);  /* and back; newly allocated */
