/*
 * dns_cache.h - what a resolver remembers: sets and refusals, for as long as their TTL says.
 * RFC 1035 §7.4, RFC 2181 §5.4.1, RFC 2308 §5, RFC 8020.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dns_message.h"
#include "sim/engine/knob.h"
#include "sim/engine/time.h"

typedef struct Node Node;

/* How much is to be believed, RFC 2181 §5.4.1: lower never replaces higher. */
typedef enum DnsTrust {
    DNS_TRUST_ADDITIONAL, /* and glue: never an answer itself */
    DNS_TRUST_REFERRAL,   /* a parent's NS */
    DNS_TRUST_ANSWER,     /* of one who is not authoritative */
    DNS_TRUST_AUTHORITY,  /* authority section of an authoritative answer */
    DNS_TRUST_AUTHORITATIVE,
} DnsTrust;

typedef enum DnsKind { DNS_KIND_SET, DNS_KIND_NODATA, DNS_KIND_NXDOMAIN, DNS_KIND_FAILURE } DnsKind;

typedef struct DnsCacheConfig {
    uint64_t size;         /* entries */
    SimTime  max_ttl;      /* a week */
    SimTime  negative_ttl; /* bound of a refusal: RFC 2308 §5, 3 h */
    SimTime  failure_ttl;  /* RFC 2308 §7: 5 min at most */
} DnsCacheConfig;

typedef struct DnsCached { /* borrowed until the cache changes */
    DnsKind       kind;
    DnsTrust      trust;
    const DnsSet *set; /* the records; of a refusal the SOA, or NULL */
    uint32_t      ttl; /* that is left, in seconds */
} DnsCached;

typedef struct DnsCache DnsCache;

/* node: for its events. */
DnsCache *dns_cache_new(Node *node, const DnsCacheConfig *cfg);
void dns_cache_free(DnsCache *c);
void dns_cache_clear(DnsCache *c);

/* Of trust `least` or better. A set, or for an NXDOMAIN at or above the name, NODATA, failure. */
bool dns_cache_find(DnsCache *c, const DnsName *name, uint16_t type, DnsTrust least,
                    DnsCached *out);
typedef enum DnsRecalled {
    DNS_RECALL_NOTHING, DNS_RECALL_ALIAS, DNS_RECALL_ALL, DNS_RECALL_FAILURE
} DnsRecalled;

/* The same as part of an answer: the set, or the SOA of a refusal with its RCODE; or an alias,
 * whose target is put into *name. */
DnsRecalled dns_cache_recall(DnsCache *c, DnsName *name, uint16_t type, DnsMessage *answer);

/* Replaces what is there if that is trusted less, or no more. A TTL of 0 is not kept. */
void dns_cache_put(DnsCache *c, const DnsSet *set, DnsTrust trust);
/* soa NULL: not kept (RFC 2308 §5). type: of the question; of NXDOMAIN it does not count. */
void dns_cache_put_refusal(DnsCache *c, const DnsName *name, uint16_t type, DnsKind kind,
                           const DnsSet *soa);
void dns_cache_put_failure(DnsCache *c, const DnsName *name, uint16_t type);

/* Every entry that is still good, in canonical order of names, then of types. */
void dns_cache_each(DnsCache *c,
                    void (*fn)(void *self, const DnsName *name, uint16_t type, const DnsCached *e),
                    void *self);
