/*
 * dns.h - all that a host has to do with DNS: the stub that its programs ask, and the name server
 * that may run on it. Made when it is first asked for.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dns_server.h"
#include "protocols/application/dns_stub.h"

typedef struct Dns {
    Stack       *stack;
    DnsStub     *stub;
    DnsServer   *server;   /* NULL: none runs */
    DnsResolver *resolver; /* NULL: it does not recurse */
} Dns;

Dns *dns_of(Stack *stack);

/* The name server, started if none runs; NULL and *err if port 53 is taken. */
DnsServer *dns_serve(Dns *dns, NetError *err);
/* It recurses from now on, which it did not before; see dns_resolver_new. */
void dns_recurse(Dns *dns, const DnsResolverConfig *cfg, const IpAddr *roots, size_t n,
                 bool forward);
