/*
 * dns_resolver_priv.h - what the halves of the resolver share: lookups, one for each client's
 * question (dns_resolver.c), and fetches, one for each name and type that is being looked for
 * (dns_fetch.c, dns_iterate.c). Lookups of one question wait for one fetch (RFC 5452 §5); a fetch
 * waits for another when it needs a name server's address.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dns_resolver.h"
#include "sim/engine/sim.h"

typedef struct Work { /* done for one client's question, RFC 1123 §6.1.3.3(1) */
    unsigned refs;
    uint64_t sent;
} Work;

typedef enum FetchEnd {
    FETCH_FAILED, FETCH_ANSWER, FETCH_ALIAS, FETCH_NODATA, FETCH_NXDOMAIN
} FetchEnd;

typedef struct Outcome {
    FetchEnd   end;
    GPtrArray *sets; /* of DnsSet: aliases, then the answer */
    DnsSet    *soa;  /* NULL: none */
} Outcome;

typedef struct NameServer {
    IpAddr addr;
    bool   out;      /* lame, failing, or not there: not asked again by this fetch */
} NameServer;

typedef struct Fetch Fetch;
struct Fetch {
    DnsResolver *r;
    DnsQuestion  q;
    Work        *work;
    unsigned     depth;     /* fetches that wait for it, one above the other */
    GPtrArray   *lookups;   /* of DnsLookup that wait for it, and */
    GPtrArray   *parents;   /* of Fetch */
    Fetch       *child;     /* it waits for this one */
    DnsName      zone;      /* whose servers are asked */
    DnsSet      *ns;        /* their names; NULL: the roots, or forwarders */
    GArray      *servers;   /* of NameServer, in the order of asking */
    guint        next;
    uint64_t     round;
    unsigned     names_tried; /* of ns, for an address */
    unsigned     referrals;
    GPtrArray   *asks;      /* of DnsAsk; each may still be answered */
    Timer        timer;
    bool         started, failing;
};

typedef struct KnownServer { /* what was learnt about one */
    IpAddr  addr;
    SimTime slow_until;     /* asked after others: RFC 2308 §7.2, 5 minutes at most */
    bool    no_edns;
} KnownServer;

struct DnsResolver {
    Stack            *stack;
    Sim              *sim;
    DnsResolverConfig cfg;
    bool              forward;
    DnsClient        *client;
    DnsCache         *cache;
    GArray           *roots;   /* of IpAddr */
    GArray           *known;   /* of KnownServer */
    GPtrArray        *lookups; /* in the order of coming */
    GPtrArray        *fetches;
};

struct DnsLookup {
    DnsResolver *r;
    DnsQuestion  q;
    DnsName      name;     /* where the aliases have led */
    unsigned     chain;    /* aliases followed */
    DnsMessage  *answer;
    Work        *work;
    Fetch       *fetch;    /* waited for */
    Timer        timer;
    void       (*on_end)(void *user, const DnsMessage *answer);
    void        *user;
};

/* dns_resolver.c */
void lookup_take(DnsLookup *l, const Outcome *outcome); /* l may be gone afterwards */

/* dns_fetch.c */
/* The fetch of this name that is under way, or a new one; never ends inside the call. NULL: too
 * much is under way, or it would wait for `waiter` (may be NULL), which is to wait for it. */
Fetch *fetch_for(DnsResolver *r, const DnsName *name, uint16_t type, Work *work, Fetch *waiter);
void fetch_free(Fetch *f, bool unlink);
void fetch_done(Fetch *f, Outcome *outcome); /* tells all that wait; both are gone afterwards */
void fetch_next(Fetch *f);                   /* asks the next server */
void fetch_follow(Fetch *f, const DnsName *zone, const DnsSet *ns); /* a referral */
void work_drop(Work *work);

/* dns_iterate.c: what an answer means. */
typedef enum Verdict { VERDICT_DONE, VERDICT_FOLLOW, VERDICT_LAME } Verdict;
/* DONE: *out is filled in, and its sets are the caller's. FOLLOW: a referral, *zone and *ns. */
Verdict iterate_judge(Fetch *f, const DnsMessage *m, Outcome *out, DnsName *zone,
                      const DnsSet **ns);
