/*
 * dns_fetch.c - asking servers until one answers: which zone's, in which order, how long.
 * RFC 1034 §5.3.3 steps 2 to 4, RFC 1035 §7.2, RFC 1123 §6.1.3.3.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_resolver_priv.h"

#include <string.h>

enum { FETCHES_MAX = 4096, DEPTH_MAX = 8, REFERRALS_MAX = 32 };
#define SLOW_TIME (5 * MINUTE) /* RFC 2308 §7.2 */

/* --- what is known about a server ------------------------------------------------------------- */

static KnownServer *known(DnsResolver *r, IpAddr addr, bool make)
{
    for (guint i = 0; i < r->known->len; i++) {
        KnownServer *k = &g_array_index(r->known, KnownServer, i);
        if (ip_equal(k->addr, addr))
            return k;
    }
    if (!make)
        return NULL;
    g_array_append_val(r->known, ((KnownServer){ .addr = addr }));
    return &g_array_index(r->known, KnownServer, r->known->len - 1);
}

static bool is_slow(DnsResolver *r, IpAddr addr)
{
    const KnownServer *k = known(r, addr, false);

    return k != NULL && k->slow_until > sim_now(r->sim);
}

/* --- life ------------------------------------------------------------------------------------- */

void work_drop(Work *work)
{
    if (--work->refs == 0)
        g_free(work);
}

static void drop_asks(Fetch *f)
{
    for (guint i = 0; i < f->asks->len; i++)
        dns_ask_free(g_ptr_array_index(f->asks, i));
    g_ptr_array_set_size(f->asks, 0);
}

/* unlink false: all of the resolver goes, and the client ends its asks itself. */
void fetch_free(Fetch *f, bool unlink)
{
    timer_stop(&f->timer);
    if (unlink) {
        drop_asks(f);
        g_ptr_array_remove(f->r->fetches, f);
    }
    if (f->ns != NULL)
        dns_set_free(f->ns);
    work_drop(f->work);
    g_ptr_array_free(f->lookups, TRUE);
    g_ptr_array_free(f->parents, TRUE);
    g_ptr_array_free(f->asks, TRUE);
    g_array_free(f->servers, TRUE);
    g_free(f);
}

/* Who is told may ask for more, but not for this fetch: it is no longer listed. */
void fetch_done(Fetch *f, Outcome *o)
{
    drop_asks(f);
    timer_stop(&f->timer);
    g_ptr_array_remove(f->r->fetches, f);
    if (o->end == FETCH_FAILED)
        dns_cache_put_failure(f->r->cache, &f->q.name, f->q.type);
    while (f->parents->len > 0) {
        Fetch *parent = g_ptr_array_remove_index(f->parents, 0);
        parent->child = NULL;
        fetch_next(parent);
    }
    while (f->lookups->len > 0)
        lookup_take(g_ptr_array_remove_index(f->lookups, 0), o);
    g_ptr_array_free(o->sets, TRUE);
    if (o->soa != NULL)
        dns_set_free(o->soa);
    fetch_free(f, false);
}

static void fail_soon(Fetch *f)
{
    f->failing = true;
    timer_set(&f->timer, 0);
}

/* --- which servers ---------------------------------------------------------------------------- */

static bool is_listed(const Fetch *f, IpAddr addr)
{
    for (guint i = 0; i < f->servers->len; i++)
        if (ip_equal(g_array_index(f->servers, NameServer, i).addr, addr))
            return true;
    return false;
}

static void list_server(Fetch *f, IpAddr addr)
{
    if (!ip_is_none(addr) && !is_listed(f, addr))
        g_array_append_val(f->servers, ((NameServer){ .addr = addr }));
}

static void list_host(Fetch *f, const DnsName *host)
{
    DnsCached e;
    Span data;

    if (!dns_cache_find(f->r->cache, host, DNS_A, DNS_TRUST_ADDITIONAL, &e) ||
        e.kind != DNS_KIND_SET)
        return;
    for (size_t at = 0; dns_set_next(e.set, &at, &data);)
        list_server(f, dns_data_address(DNS_A, data));
}

/* Addresses of the zone's servers that are known, behind those that are listed already. */
static void list_servers(Fetch *f)
{
    Span data;
    DnsName host;

    if (f->ns == NULL)
        for (guint i = 0; i < f->r->roots->len; i++)
            list_server(f, g_array_index(f->r->roots, IpAddr, i));
    for (size_t at = 0; f->ns != NULL && dns_set_next(f->ns, &at, &data);)
        if (dns_data_name(data, 0, &host) > 0)
            list_host(f, &host);
}

/* Those that did not answer of late come last. */
static void order_servers(Fetch *f)
{
    GArray *ordered = g_array_new(FALSE, FALSE, sizeof(NameServer));
    for (int slow = 0; slow < 2; slow++)
        for (guint i = 0; i < f->servers->len; i++) {
            NameServer s = g_array_index(f->servers, NameServer, i);
            if (is_slow(f->r, s.addr) == (slow == 1))
                g_array_append_val(ordered, s);
        }
    g_array_free(f->servers, TRUE);
    f->servers = ordered;
}

static void set_zone(Fetch *f, const DnsName *zone, const DnsSet *ns)
{
    DnsSet *copy = ns != NULL ? dns_set_copy(ns) : NULL;

    f->zone = *zone;
    if (f->ns != NULL)
        dns_set_free(f->ns);
    f->ns = copy;
    f->next = 0;
    f->round = 0;
    f->names_tried = 0;
    g_array_set_size(f->servers, 0);
    list_servers(f);
    order_servers(f);
}

/* Could these servers be reached: is an address known, or to be had from another zone? */
static bool is_usable(Fetch *f, const DnsName *zone, const DnsSet *ns)
{
    DnsName host;
    DnsCached e;
    Span data;

    for (size_t at = 0; dns_set_next(ns, &at, &data);) {
        if (dns_data_name(data, 0, &host) == 0)
            continue;
        bool has_address = dns_cache_find(f->r->cache, &host, DNS_A, DNS_TRUST_ADDITIONAL, &e);
        if (has_address ? e.kind == DNS_KIND_SET : !dns_name_is_below(&host, zone))
            return true;
    }
    return false;
}

/* RFC 1034 §5.3.3 step 2: the closest known servers; a list that could only be reached through
 * itself is passed over, for the parent has its glue (RFC 1035 §7.2). */
static void choose_zone(Fetch *f)
{
    DnsName zone = f->q.name, root = dns_name_root();
    DnsCached e;

    do {
        if (f->r->forward || !dns_cache_find(f->r->cache, &zone, DNS_NS, DNS_TRUST_REFERRAL, &e) ||
            e.kind != DNS_KIND_SET || !is_usable(f, &zone, e.set))
            continue;
        set_zone(f, &zone, e.set);
        return;
    } while (dns_name_parent(&zone, &zone));
    set_zone(f, &root, NULL);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void answered(void *fetch, DnsAsk *ask, DnsAskEnd end, const DnsMessage *reply);

static void ask_server(Fetch *f, IpAddr addr)
{
    const KnownServer *k = known(f->r, addr, false);
    DnsAsking asking = { .server = addr, .q = f->q, .recurse = f->r->forward };

    if (k == NULL || !k->no_edns)
        asking.edns = (uint16_t)f->r->cfg.client.edns;
    f->work->sent++;
    SimTime wait = f->r->cfg.timeout;
    for (uint64_t i = 0; i < f->round && wait < f->r->cfg.max_timeout; i++)
        wait *= 2;
    timer_set(&f->timer, MIN(wait, f->r->cfg.max_timeout));
    g_ptr_array_add(f->asks, dns_ask(f->r->client, &asking, answered, f));
}

/* Waits for the address of the next of the zone's servers that has none; false: there is none that
 * would help. */
static bool find_address(Fetch *f)
{
    unsigned i = 0;
    DnsName host;
    DnsCached e;
    Span data;

    for (size_t at = 0; f->ns != NULL && dns_set_next(f->ns, &at, &data); i++) {
        if (i < f->names_tried || dns_data_name(data, 0, &host) == 0)
            continue;
        f->names_tried = i + 1;
        if (dns_cache_find(f->r->cache, &host, DNS_A, DNS_TRUST_ADDITIONAL, &e) ||
            dns_name_is_below(&host, &f->zone))
            continue;
        Fetch *child = fetch_for(f->r, &host, DNS_A, f->work, f);
        if (child == NULL)
            continue;
        f->child = child;
        g_ptr_array_add(child->parents, f);
        return true;
    }
    return false;
}

/* RFC 1035 §7.2: every server once before one is asked again, and then with more patience. */
void fetch_next(Fetch *f)
{
    timer_stop(&f->timer);
    if (f->failing || f->work->sent >= f->r->cfg.max_queries) {
        fail_soon(f);
        return;
    }
    list_servers(f);
    for (; f->round < f->r->cfg.rounds; f->round++, f->next = 0)
        for (; f->next < f->servers->len; f->next++) {
            const NameServer *s = &g_array_index(f->servers, NameServer, f->next);
            if (s->out)
                continue;
            f->next++;
            ask_server(f, s->addr);
            return;
        }
    f->round = 0;
    if (!find_address(f))
        fail_soon(f);
}

void fetch_follow(Fetch *f, const DnsName *zone, const DnsSet *ns)
{
    drop_asks(f);
    timer_stop(&f->timer);
    if (++f->referrals > REFERRALS_MAX) {
        fail_soon(f);
        return;
    }
    set_zone(f, zone, ns);
    fetch_next(f);
}

static void rule_out(Fetch *f, IpAddr addr)
{
    for (guint i = 0; i < f->servers->len; i++) {
        NameServer *s = &g_array_index(f->servers, NameServer, i);
        s->out = s->out || ip_equal(s->addr, addr);
    }
}

/* RFC 6891 §7: who does not know EDNS is asked again without. */
static bool ask_plain(Fetch *f, const DnsAsking *asking, const DnsMessage *reply)
{
    if (asking->edns == 0 || reply->edns.present ||
        (reply->rcode != DNS_FORMERR && reply->rcode != DNS_NOTIMP))
        return false;
    known(f->r, asking->server, true)->no_edns = true;
    ask_server(f, asking->server);
    return true;
}

static void answered(void *fetch, DnsAsk *ask, DnsAskEnd end, const DnsMessage *reply)
{
    Fetch *f = fetch;
    DnsAsking asking = *dns_ask_asking(ask);
    bool last = g_ptr_array_index(f->asks, f->asks->len - 1) == ask;
    Outcome out;
    DnsName zone;
    const DnsSet *ns = NULL;

    g_ptr_array_remove(f->asks, ask);
    dns_ask_free(ask);
    if (f->failing || f->child != NULL)
        return;
    if (end == DNS_ANSWERED && ask_plain(f, &asking, reply))
        return;
    Verdict verdict = end == DNS_ANSWERED ? iterate_judge(f, reply, &out, &zone, &ns)
                                          : VERDICT_LAME;
    switch (verdict) {
    case VERDICT_DONE: fetch_done(f, &out); break;
    case VERDICT_FOLLOW: fetch_follow(f, &zone, ns); break;
    case VERDICT_LAME:
        rule_out(f, asking.server);
        if (last)
            fetch_next(f);
        break;
    }
}

static void timer_fired(void *fetch)
{
    Fetch *f = fetch;

    if (!f->started) {
        f->started = true;
        choose_zone(f);
        fetch_next(f);
        return;
    }
    if (f->failing) {
        Outcome out = { .end = FETCH_FAILED,
                        .sets = g_ptr_array_new_with_free_func(dns_set_free) };
        fetch_done(f, &out);
        return;
    }
    if (f->asks->len > 0) {
        const DnsAsk *last = g_ptr_array_index(f->asks, f->asks->len - 1);
        KnownServer *k = known(f->r, dns_ask_asking(last)->server, true);
        k->slow_until = time_add(sim_now(f->r->sim), SLOW_TIME);
    }
    fetch_next(f);
}

/* --- starting --------------------------------------------------------------------------------- */

static Fetch *find_fetch(const DnsResolver *r, const DnsName *name, uint16_t type)
{
    for (guint i = 0; i < r->fetches->len; i++) {
        Fetch *f = g_ptr_array_index(r->fetches, i);
        if (f->q.type == type && dns_name_equal(&f->q.name, name))
            return f;
    }
    return NULL;
}

static bool waits_for(const Fetch *f, const Fetch *other)
{
    for (; f != NULL; f = f->child)
        if (f == other)
            return true;
    return false;
}

Fetch *fetch_for(DnsResolver *r, const DnsName *name, uint16_t type, Work *work, Fetch *waiter)
{
    Fetch *f = find_fetch(r, name, type);
    unsigned depth = waiter != NULL ? waiter->depth + 1 : 0;

    if (f != NULL)
        return waiter != NULL && waits_for(f, waiter) ? NULL : f;
    if (r->fetches->len >= FETCHES_MAX || depth > DEPTH_MAX)
        return NULL;
    f = g_new0(Fetch, 1);
    *f = (Fetch){ .r = r, .q = { *name, type, DNS_IN }, .work = work, .depth = depth,
                  .lookups = g_ptr_array_new(), .parents = g_ptr_array_new(),
                  .servers = g_array_new(FALSE, FALSE, sizeof(NameServer)),
                  .asks = g_ptr_array_new() };
    work->refs++;
    timer_init(&f->timer, &r->sim->sched, timer_fired, f);
    g_ptr_array_add(r->fetches, f);
    timer_set(&f->timer, 0);
    return f;
}
