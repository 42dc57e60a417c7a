/*
 * dns_resolver.c - the recursive resolver's two floors that face the client: lookups, which follow
 * aliases through the cache, and fetches, which they share. RFC 1034 §5.3.3 steps 1 and 4c.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_resolver_priv.h"

#include "protocols/application/dns_zone.h"
#include "protocols/stack.h"

const DnsResolverConfig dns_resolver_defaults = {
    .client = { .ids = DNS_RANDOM, .ports = DNS_RANDOM, .port_min = 32768, .edns = 1232,
                .tcp_after = 0, .tcp_idle = 10 * SEC },
    .cache = { .size = 100000, .max_ttl = 7 * 24 * HOUR, .negative_ttl = 3 * HOUR,
               .failure_ttl = 5 * SEC },
    .timeout = 2 * SEC, .max_timeout = 16 * SEC, .rounds = 3, .max_queries = 64,
};

#define AT(field) offsetof(DnsResolverConfig, field)
#define UNIT(unit) .names = (const char *const[]){ unit, NULL }

const Knob dns_resolver_knobs[] = {
    DNS_CLIENT_KNOBS(DnsResolverConfig, client),
    { .name = "timeout", .type = KNOB_TIME, .offset = AT(timeout), .min = MSEC, .max = HOUR,
      .doc = "How long a server is waited for in the first round; twice as long in the next.",
      .source = "RFC 1035 §4.2.1" },
    { .name = "max_timeout", .type = KNOB_TIME, .offset = AT(max_timeout), .min = MSEC,
      .max = HOUR, .doc = "How long at most.", .source = "own" },
    { .name = "rounds", .type = KNOB_INT, UNIT("rounds"), .offset = AT(rounds),
      .min = 1, .max = 100,
      .doc = "How often all servers of a zone are asked.", .source = "own" },
    { .name = "max_queries", .type = KNOB_INT, UNIT("questions"), .offset = AT(max_queries),
      .min = 1, .max = 10000,
      .doc = "Sent for one question at most.", .source = "RFC 1123 §6.1.3.3" },
    { .name = "cache_size", .type = KNOB_INT, UNIT("entries"), .offset = AT(cache.size),
      .min = 1,
      .max = 10000000, .doc = "Entries in its cache; the oldest goes first.", .source = "own" },
    { .name = "max_ttl", .type = KNOB_TIME, .offset = AT(cache.max_ttl), .min = 0,
      .max = 68LL * 365 * 24 * HOUR, .doc = "Kept no longer than this.",
      .source = "RFC 2181 §8" },
    { .name = "negative_ttl", .type = KNOB_TIME, .offset = AT(cache.negative_ttl), .min = 0,
      .max = 24 * HOUR, .doc = "The same for a name or data that is not there.",
      .source = "RFC 2308 §5" },
    { .name = "failure_ttl", .type = KNOB_TIME, .offset = AT(cache.failure_ttl), .min = 0,
      .max = 5 * MINUTE, .doc = "How long a failure is remembered.", .source = "RFC 2308 §7.1" },
    { .name = NULL }
};
#undef AT
#undef UNIT

/* --- lookups ---------------------------------------------------------------------------------- */

static void lookup_free(DnsLookup *l)
{
    timer_stop(&l->timer);
    work_drop(l->work);
    dns_message_free(l->answer);
    g_free(l);
}

void dns_lookup_free(DnsLookup *l)
{
    if (l == NULL)
        return;
    if (l->fetch != NULL)
        g_ptr_array_remove(l->fetch->lookups, l);
    g_ptr_array_remove(l->r->lookups, l);
    lookup_free(l);
}

static void finish(DnsLookup *l, unsigned rcode)
{
    g_ptr_array_remove(l->r->lookups, l);
    l->answer->rcode = rcode;
    if (rcode == DNS_SERVFAIL)
        g_ptr_array_set_size(l->answer->sections[DNS_ANSWER], 0);
    l->on_end(l->user, l->answer);
    lookup_free(l);
}

/* Through the cache as far as it goes; then a fetch is waited for. */
static void go_on(DnsLookup *l)
{
    while (l->chain <= DNS_CHAIN_MAX) {
        switch (dns_cache_recall(l->r->cache, &l->name, l->q.type, l->answer)) {
        case DNS_RECALL_ALL: finish(l, l->answer->rcode); return;
        case DNS_RECALL_FAILURE: finish(l, DNS_SERVFAIL); return;
        case DNS_RECALL_ALIAS: l->chain++; break;
        case DNS_RECALL_NOTHING:
            l->fetch = fetch_for(l->r, &l->name, l->q.type, l->work, NULL);
            if (l->fetch != NULL)
                g_ptr_array_add(l->fetch->lookups, l);
            else
                finish(l, DNS_SERVFAIL);
            return;
        }
    }
    finish(l, DNS_SERVFAIL); /* RFC 1034 §5.3.3: loops and long chains are errors */
}

/* What a fetch has found goes into the answer itself: with a TTL of 0 it is nowhere else. */
void lookup_take(DnsLookup *l, const Outcome *o)
{
    l->fetch = NULL;
    for (guint i = 0; i < o->sets->len; i++) {
        const DnsSet *set = g_ptr_array_index(o->sets, i);
        dns_message_add(l->answer, DNS_ANSWER, dns_set_copy(set));
        if (set->type == DNS_CNAME && l->q.type != DNS_CNAME && l->q.type != DNS_ANY) {
            l->chain++;
            dns_set_target(set, &l->name);
        }
    }
    if (o->soa != NULL)
        dns_message_add(l->answer, DNS_AUTHORITY, dns_set_copy(o->soa));
    switch (o->end) {
    case FETCH_FAILED: finish(l, DNS_SERVFAIL); break;
    case FETCH_ANSWER:
    case FETCH_NODATA: finish(l, DNS_NOERROR); break;
    case FETCH_NXDOMAIN: finish(l, DNS_NXDOMAIN); break;
    case FETCH_ALIAS: go_on(l); break;
    }
}

static void lookup_fired(void *lookup)
{
    go_on(lookup);
}

DnsLookup *dns_resolve(DnsResolver *r, const DnsQuestion *q,
                       void (*on_end)(void *user, const DnsMessage *answer), void *user)
{
    DnsLookup *l = g_new0(DnsLookup, 1);

    *l = (DnsLookup){ .r = r, .q = *q, .name = q->name, .answer = dns_message_new(),
                      .work = g_new0(Work, 1), .on_end = on_end, .user = user };
    l->work->refs = 1;
    timer_init(&l->timer, &r->sim->sched, lookup_fired, l);
    timer_set(&l->timer, 0);
    g_ptr_array_add(r->lookups, l);
    return l;
}

/* --- life ------------------------------------------------------------------------------------- */

DnsResolver *dns_resolver_new(Stack *stack, const DnsResolverConfig *cfg, const IpAddr *roots,
                              size_t n, bool forward)
{
    DnsResolver *r = g_new0(DnsResolver, 1);
    char *random = g_strdup_printf("host:%s:dns-resolver", stack->node->name);

    *r = (DnsResolver){ .stack = stack, .sim = stack->node->sim, .cfg = *cfg, .forward = forward,
                        .lookups = g_ptr_array_new(), .fetches = g_ptr_array_new() };
    r->client = dns_client_new(stack, &cfg->client, random);
    r->cache = dns_cache_new(stack->node, &cfg->cache);
    r->roots = g_array_new(FALSE, FALSE, sizeof(IpAddr));
    r->known = g_array_new(FALSE, FALSE, sizeof(KnownServer));
    g_array_append_vals(r->roots, roots, (guint)n);
    g_free(random);
    return r;
}

DnsCache *dns_resolver_cache(DnsResolver *r)
{
    return r->cache;
}

void dns_resolver_crash(DnsResolver *r)
{
    for (guint i = 0; i < r->lookups->len; i++)
        lookup_free(g_ptr_array_index(r->lookups, i));
    g_ptr_array_set_size(r->lookups, 0);
    for (guint i = 0; i < r->fetches->len; i++)
        fetch_free(g_ptr_array_index(r->fetches, i), false);
    g_ptr_array_set_size(r->fetches, 0);
    dns_client_crash(r->client);
    dns_cache_clear(r->cache);
    g_array_set_size(r->known, 0);
}

void dns_resolver_end(DnsResolver *r)
{
    for (guint i = 0; i < r->lookups->len; i++)
        lookup_free(g_ptr_array_index(r->lookups, i));
    for (guint i = 0; i < r->fetches->len; i++)
        fetch_free(g_ptr_array_index(r->fetches, i), false);
    g_ptr_array_free(r->lookups, TRUE);
    g_ptr_array_free(r->fetches, TRUE);
    dns_client_end(r->client);
    dns_cache_free(r->cache);
    g_array_free(r->roots, TRUE);
    g_array_free(r->known, TRUE);
    g_free(r);
}
