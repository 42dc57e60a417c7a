/*
 * dns_server.h - a name server: port 53 over UDP and TCP, zones it is authoritative for, and a
 * resolver for the rest. RFC 1034 §4.3, RFC 1035 §4.2, RFC 6891, RFC 7766.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dns_resolver.h"
#include "protocols/application/dns_zone.h"
#include "protocols/transport/error.h"

typedef struct DnsServerConfig {
    uint64_t edns;     /* the largest answer over UDP for who announces as much */
    SimTime  tcp_idle; /* a connection without a whole query is closed after this */
} DnsServerConfig;

extern const DnsServerConfig dns_server_defaults;

typedef struct DnsServer DnsServer;

/* Opens port 53; NULL and *err if it is taken. */
DnsServer *dns_server_new(Stack *stack, const DnsServerConfig *cfg, NetError *err);
void dns_server_close(DnsServer *s); /* frees it; on a crash too */
void dns_server_end(DnsServer *s);   /* frees it; sockets are gone already */

void dns_server_add_zone(DnsServer *s, DnsZone *zone); /* takes it; another of this origin goes */
/* Recursion for who asks for it; the resolver stays its owner's. NULL: none. */
void dns_server_recurse(DnsServer *s, DnsResolver *resolver);
