/*
 * dns_stub.h - the resolver in every host: hosts file, search list, several servers, and what a
 * program gets to know. RFC 1034 §5.3.1, RFC 1123 §6.1.4, resolv.conf(5).
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dns_cache.h"
#include "protocols/application/dns_client.h"

typedef struct DnsStubConfig {
    DnsClientConfig client;
    DnsCacheConfig  cached;
    bool     cache;    /* it remembers answers, as an nscd would */
    SimTime  timeout;  /* for one server: 5 s */
    uint64_t attempts; /* over all servers: 2 */
    uint64_t ndots;    /* a name with as many dots is tried as it is first: 1 */
} DnsStubConfig;

extern const DnsStubConfig dns_stub_defaults;
extern const Knob dns_stub_knobs[];

typedef struct DnsStub DnsStub;
typedef struct DnsStubQuery DnsStubQuery;

DnsStub *dns_stub_new(Stack *stack);
void dns_stub_crash(DnsStub *s); /* its questions end with DNS_DOWN */
void dns_stub_end(DnsStub *s);   /* the same */
const DnsStubConfig *dns_stub_config(const DnsStub *s);
void dns_stub_set_config(DnsStub *s, const DnsStubConfig *cfg); /* for what is asked from now on */
void dns_stub_set_servers(DnsStub *s, const IpAddr *servers, size_t n);
size_t dns_stub_servers(const DnsStub *s);
void dns_stub_clear_hosts(DnsStub *s);
void dns_stub_add_host(DnsStub *s, const DnsName *name, IpAddr addr); /* a line of the hosts file */
void dns_stub_clear_search(DnsStub *s);
void dns_stub_add_search(DnsStub *s, const DnsName *domain);
DnsCache *dns_stub_cache(DnsStub *s);

typedef enum DnsResult { /* RFC 1123 §6.1.4.2, RFC 1034 §5.2.2 */
    DNS_OK,
    DNS_NO_NAME,   /* EAI_NONAME */
    DNS_NO_DATA,   /* EAI_NODATA: the name has no records of this type */
    DNS_TRY_AGAIN, /* EAI_AGAIN: nobody could tell */
    DNS_DOWN,      /* ENETDOWN: the host has crashed meanwhile */
} DnsResult;

const char *dns_result_name(DnsResult result); /* "EAI_NONAME" */

typedef struct DnsAnswer {
    DnsResult         result;
    const DnsMessage *message; /* the last received, or made from hosts or cache; or NULL */
    IpAddr            server;  /* who sent it; IP_NONE: nobody */
    const char       *place;   /* "hosts", "cache" or "dns" */
    bool              tcp;
    SimTime           took;
} DnsAnswer;

typedef struct DnsStubAsking {
    const char *name;    /* as a person writes it; with PTR also an address */
    uint16_t    type;
    IpAddr      server;  /* this one only; IP_NONE: the host's */
    bool        tcp, no_recursion;
    bool        dns_only; /* neither hosts file nor cache nor search list, as dig */
    uint16_t    edns;    /* 0: as configured */
} DnsStubAsking;

/* on_end is called once, from a timer; the answer is borrowed for the call. NULL: it is no
 * name. */
DnsStubQuery *dns_stub_resolve(DnsStub *s, const DnsStubAsking *asking,
                               void (*on_end)(void *user, const DnsAnswer *answer), void *user);
void dns_stub_cancel(DnsStubQuery *q); /* not after on_end */
/* The first address in an answer; IP_NONE if there is none. */
IpAddr dns_answer_address(const DnsAnswer *answer);
