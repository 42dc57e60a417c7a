/*
 * dns_resolver.h - the recursive resolver: from the roots down, or by forwarders, with a cache.
 * RFC 1034 §5.3.3, RFC 2181 §5.4.1, RFC 2308.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dns_cache.h"
#include "protocols/application/dns_client.h"

typedef struct DnsResolverConfig {
    DnsClientConfig client;
    DnsCacheConfig  cache;
    SimTime  timeout;       /* of the first round of servers; doubles for each: RFC 1035 §4.2.1 */
    SimTime  max_timeout;
    uint64_t rounds;        /* over all servers */
    uint64_t max_queries;   /* sent for one question, RFC 1123 §6.1.3.3(1) */
} DnsResolverConfig;

extern const DnsResolverConfig dns_resolver_defaults;
extern const Knob dns_resolver_knobs[];

typedef struct DnsResolver DnsResolver;
typedef struct DnsLookup DnsLookup;

/* roots: where to begin; of IpAddr, copied. With `forward` they are resolvers, asked with RD=1. */
DnsResolver *dns_resolver_new(Stack *stack, const DnsResolverConfig *cfg, const IpAddr *roots,
                              size_t n, bool forward);
void dns_resolver_crash(DnsResolver *r);
void dns_resolver_end(DnsResolver *r);
DnsCache *dns_resolver_cache(DnsResolver *r);

/* on_end is called once, from a timer, with RCODE and sections: SERVFAIL if nothing could be found.
 * The message is its own, borrowed for the call. A lookup that is freed before ends in silence. */
DnsLookup *dns_resolve(DnsResolver *r, const DnsQuestion *q,
                       void (*on_end)(void *user, const DnsMessage *answer), void *user);
void dns_lookup_free(DnsLookup *lookup); /* not after on_end */
