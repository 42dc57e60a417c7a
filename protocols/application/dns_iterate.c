/*
 * dns_iterate.c - what a name server's answer means to a resolver, and how much of it is to be
 * believed: RFC 1034 §5.3.3 step 4, RFC 2181 §5.4.1, RFC 2308 §2, RFC 5452 §6.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_resolver_priv.h"
#include "protocols/application/dns_zone.h"

/* The aliases from the question's name on, and the set they lead to; only what the servers of this
 * zone may speak about. *name is where it ends. */
static GPtrArray *follow_aliases(const Fetch *f, const DnsMessage *m, DnsName *name, bool *complete)
{
    GPtrArray *sets = g_ptr_array_new_with_free_func(dns_set_free);

    *complete = false;
    for (int i = 0; i <= DNS_CHAIN_MAX && dns_name_is_below(name, &f->zone); i++) {
        const DnsSet *set = dns_message_find(m, DNS_ANSWER, name, f->q.type);
        if (set != NULL) {
            g_ptr_array_add(sets, dns_set_copy(set));
            *complete = true;
            break;
        }
        set = dns_message_find(m, DNS_ANSWER, name, DNS_CNAME);
        if (set == NULL || f->q.type == DNS_ANY)
            break;
        g_ptr_array_add(sets, dns_set_copy(set));
        dns_set_target(set, name);
    }
    return sets;
}

/* Every set of the name, for a question about ANY. */
static bool take_any(const Fetch *f, const DnsMessage *m, GPtrArray *sets)
{
    for (guint i = 0; i < m->sections[DNS_ANSWER]->len; i++) {
        const DnsSet *set = g_ptr_array_index(m->sections[DNS_ANSWER], i);
        if (dns_name_equal(&set->name, &f->q.name))
            g_ptr_array_add(sets, dns_set_copy(set));
    }
    return sets->len > 0;
}

/* Addresses of a zone's servers, from the additional section; only of names that the zone that was
 * asked may speak about. */
static void keep_glue(Fetch *f, const DnsMessage *m, const DnsSet *ns)
{
    Span data;
    DnsName host;

    for (size_t at = 0; dns_set_next(ns, &at, &data);) {
        if (dns_data_name(data, 0, &host) == 0 || !dns_name_is_below(&host, &f->zone))
            continue;
        const DnsSet *a = dns_message_find(m, DNS_ADDITIONAL, &host, DNS_A);
        if (a != NULL)
            dns_cache_put(f->r->cache, a, DNS_TRUST_ADDITIONAL);
    }
}

/* The first set of a type in the authority section whose owner is at or above `name`, and in the
 * zone that was asked. */
static const DnsSet *authority(const Fetch *f, const DnsMessage *m, uint16_t type,
                               const DnsName *name)
{
    const GPtrArray *sets = m->sections[DNS_AUTHORITY];

    for (guint i = 0; i < sets->len; i++) {
        const DnsSet *set = g_ptr_array_index(sets, i);
        if (set->type == type && dns_name_is_below(name, &set->name) &&
            dns_name_is_below(&set->name, &f->zone))
            return set;
    }
    return NULL;
}

static void keep_sets(Fetch *f, const DnsMessage *m, const GPtrArray *sets)
{
    DnsTrust trust = m->h.aa ? DNS_TRUST_AUTHORITATIVE : DNS_TRUST_ANSWER;

    for (guint i = 0; i < sets->len; i++)
        dns_cache_put(f->r->cache, g_ptr_array_index(sets, i), trust);
    const DnsSet *ns = m->h.aa ? authority(f, m, DNS_NS, &f->q.name) : NULL;
    if (ns != NULL) {
        dns_cache_put(f->r->cache, ns, DNS_TRUST_AUTHORITY);
        keep_glue(f, m, ns);
    }
}

/* RFC 2308 §2.1, §2.2: no such name, or no such data; `name` is where the aliases led. */
static void judge_refusal(Fetch *f, const DnsMessage *m, const DnsName *name, Outcome *out)
{
    DnsKind kind = m->rcode == DNS_NXDOMAIN ? DNS_KIND_NXDOMAIN : DNS_KIND_NODATA;
    const DnsSet *soa = authority(f, m, DNS_SOA, name);

    out->end = kind == DNS_KIND_NXDOMAIN ? FETCH_NXDOMAIN : FETCH_NODATA;
    if (soa == NULL)
        return;
    dns_cache_put_refusal(f->r->cache, name, f->q.type, kind, soa);
    out->soa = dns_set_copy(soa);
    size_t at = 0;
    Span data;
    dns_set_next(soa, &at, &data);
    out->soa->ttl = MIN(soa->ttl, dns_soa_minimum(data));
}

/* A referral is one only if it leads nearer to the name (RFC 1034 §5.3.3 step 4b). */
static const DnsSet *referral(const Fetch *f, const DnsMessage *m)
{
    const DnsSet *ns = authority(f, m, DNS_NS, &f->q.name);

    return ns != NULL && ns->name.len > f->zone.len && !f->r->forward ? ns : NULL;
}

static Outcome outcome_of(GPtrArray *sets)
{
    return (Outcome){ .end = FETCH_ALIAS, .sets = sets };
}

Verdict iterate_judge(Fetch *f, const DnsMessage *m, Outcome *out, DnsName *zone, const DnsSet **ns)
{
    DnsName name = f->q.name;
    bool complete, believed = m->h.aa || f->r->forward;

    if (m->rcode != DNS_NOERROR && (m->rcode != DNS_NXDOMAIN || !believed))
        return VERDICT_LAME;
    GPtrArray *sets = follow_aliases(f, m, &name, &complete);
    if (f->q.type == DNS_ANY)
        complete = take_any(f, m, sets);
    *out = outcome_of(sets);
    keep_sets(f, m, sets);
    if (complete) {
        out->end = FETCH_ANSWER;
        return VERDICT_DONE;
    }
    if (sets->len > 0 && !dns_name_is_below(&name, &f->zone))
        return VERDICT_DONE; /* what is said about another zone's name does not count */
    if (m->rcode == DNS_NXDOMAIN || authority(f, m, DNS_SOA, &name) != NULL) {
        judge_refusal(f, m, &name, out);
        return VERDICT_DONE;
    }
    if (sets->len > 0)
        return VERDICT_DONE;
    *ns = referral(f, m);
    if (*ns != NULL) {
        g_ptr_array_free(sets, TRUE);
        *zone = (*ns)->name;
        dns_cache_put(f->r->cache, *ns, DNS_TRUST_REFERRAL);
        keep_glue(f, m, *ns);
        return VERDICT_FOLLOW;
    }
    bool elsewhere = dns_message_first(m, DNS_AUTHORITY, DNS_NS) != NULL ||
                     dns_message_first(m, DNS_AUTHORITY, DNS_SOA) != NULL;
    if (elsewhere && !believed) {
        g_ptr_array_free(sets, TRUE);
        return VERDICT_LAME; /* upward or sideways */
    }
    out->end = FETCH_NODATA; /* RFC 2308 §2.2: without a SOA it is not remembered */
    return VERDICT_DONE;
}
