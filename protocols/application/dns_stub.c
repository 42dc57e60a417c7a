/*
 * dns_stub.c - the resolver in every host.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_stub.h"

#include "protocols/application/dns_events.h"
#include "protocols/application/dns_zone.h"
#include "protocols/stack.h"

#include <string.h>

const DnsStubConfig dns_stub_defaults = {
    .client = { .ids = DNS_RANDOM, .ports = DNS_RANDOM, .port_min = 32768 },
    .cached = { .size = 1000, .max_ttl = 7 * 24 * HOUR, .negative_ttl = 3 * HOUR,
                .failure_ttl = 5 * SEC },
    .timeout = 5 * SEC, .attempts = 2, .ndots = 1,
};


#define AT(field) offsetof(DnsStubConfig, field)
#define UNIT(unit) .names = (const char *const[]){ unit, NULL }

const Knob dns_stub_knobs[] = {
    DNS_CLIENT_KNOBS(DnsStubConfig, client),
    { .name = "timeout", .type = KNOB_TIME, .offset = AT(timeout), .min = MSEC, .max = HOUR,
      .doc = "How long one server is waited for.", .source = "resolv.conf(5)" },
    { .name = "attempts", .type = KNOB_INT, UNIT("rounds"), .offset = AT(attempts),
      .min = 1, .max = 100,
      .doc = "How often all of them are asked.", .source = "resolv.conf(5)" },
    { .name = "ndots", .type = KNOB_INT, UNIT("dots"), .offset = AT(ndots),
      .min = 0, .max = 15,
      .doc = "A name with so many dots is tried as it is before the search list.",
      .source = "resolv.conf(5)" },
    { .name = "cache", .type = KNOB_BOOL, .offset = AT(cache),
      .doc = "The host remembers answers, as with an nscd.", .source = "own" },
    { .name = NULL }
};
#undef AT
#undef UNIT

typedef struct HostsLine {
    DnsName name;
    IpAddr  addr;
} HostsLine;

struct DnsStub {
    Stack        *stack;
    Sim          *sim;
    DnsStubConfig cfg;
    DnsClient    *client;
    DnsCache     *cache;
    GArray       *servers; /* of IpAddr */
    GArray       *hosts;   /* of HostsLine */
    GArray       *search;  /* of DnsName */
    GPtrArray    *queries; /* in the order of coming */
};

struct DnsStubQuery {
    DnsStub      *s;
    DnsStubConfig cfg;      /* as it was when it was asked */
    DnsStubAsking asking;   /* its name does not outlive the call */
    GArray       *names;    /* of DnsName: what is tried, in order */
    guint         at;       /* the one that is being tried */
    bool          in_hosts; /* names[0] is to be looked up there */
    DnsName       hosts_name;
    GArray       *servers;  /* of IpAddr */
    guint         next;
    uint64_t      attempt;
    bool          no_data;  /* one of the names exists */
    bool          plain;    /* without EDNS: somebody did not understand it */
    GPtrArray    *asks;
    DnsMessage   *reply;    /* the last */
    IpAddr        from;
    bool          tcp;
    const char   *place;
    SimTime       start;
    Timer         timer;
    bool          started;
    void        (*on_end)(void *user, const DnsAnswer *answer);
    void         *user;
};

const char *dns_result_name(DnsResult result)
{
    static const char *const names[] = { [DNS_OK] = "OK", [DNS_NO_NAME] = "EAI_NONAME",
                                         [DNS_NO_DATA] = "EAI_NODATA",
                                         [DNS_TRY_AGAIN] = "EAI_AGAIN", [DNS_DOWN] = "ENETDOWN" };

    return names[result];
}

IpAddr dns_answer_address(const DnsAnswer *answer)
{
    const DnsSet *a = answer->message != NULL
                          ? dns_message_first(answer->message, DNS_ANSWER, DNS_A) : NULL;
    size_t at = 0;
    Span data;

    return a != NULL && dns_set_next(a, &at, &data) ? dns_data_address(DNS_A, data) : IP_NONE;
}

/* --- the end of a question -------------------------------------------------------------------- */

static void drop_asks(DnsStubQuery *q)
{
    for (guint i = 0; i < q->asks->len; i++)
        dns_ask_free(g_ptr_array_index(q->asks, i));
    g_ptr_array_set_size(q->asks, 0);
}

static void query_free(DnsStubQuery *q)
{
    timer_stop(&q->timer);
    g_array_free(q->names, TRUE);
    g_array_free(q->servers, TRUE);
    g_ptr_array_free(q->asks, TRUE);
    dns_message_free(q->reply);
    g_free(q);
}

void dns_stub_cancel(DnsStubQuery *q)
{
    drop_asks(q);
    g_ptr_array_remove(q->s->queries, q);
    query_free(q);
}

static const DnsName *current(const DnsStubQuery *q)
{
    return &g_array_index(q->names, DnsName, MIN(q->at, q->names->len - 1));
}

static void finish(DnsStubQuery *q, DnsResult result)
{
    DnsAnswer answer = { .result = result, .message = q->reply, .server = q->from, .tcp = q->tcp,
                         .place = q->place, .took = sim_now(q->s->sim) - q->start };
    char name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];

    drop_asks(q);
    g_ptr_array_remove(q->s->queries, q);
    trace(q->s->sim, DNS_RESOLVED, q->s->stack->node, NULL, NULL,
          trace_str(dns_name_text(current(q), name)),
          trace_str(dns_type_text(q->asking.type, type)), trace_str(dns_result_name(result)));
    q->on_end(q->user, &answer);
    query_free(q);
}

/* --- hosts and cache -------------------------------------------------------------------------- */

static void tell_looking(const DnsStubQuery *q, const DnsName *name, const char *place)
{
    char text[DNS_NAME_TEXT];

    trace(q->s->sim, DNS_LOOKED_IN, q->s->stack->node, NULL, NULL,
          trace_str(dns_name_text(name, text)), trace_str(place));
}

/* 2.0.0.10.in-addr.arpa for 10.0.0.2: RFC 1035 §3.5. */
static bool reverse_name(IpAddr addr, DnsName *out)
{
    char text[64];
    uint32_t v4 = ip_to_v4(addr);

    g_snprintf(text, sizeof text, "%u.%u.%u.%u.in-addr.arpa.", v4 & 255, v4 >> 8 & 255,
               v4 >> 16 & 255, v4 >> 24);
    return ip_is_v4(addr) && dns_name_parse(text, out);
}

/* An answer as if a server had sent it: the name's addresses, or the address's names. */
static bool hosts_answer(DnsStubQuery *q)
{
    const GArray *hosts = q->s->hosts;
    DnsSet *set = dns_set_new(&q->hosts_name, q->asking.type, 0);
    DnsName reverse;

    for (guint i = 0; i < hosts->len; i++) {
        const HostsLine *line = &g_array_index(hosts, HostsLine, i);
        uint8_t v4[4];
        put32(v4, ip_to_v4(line->addr));
        if (q->asking.type == DNS_A && dns_name_equal(&line->name, &q->hosts_name))
            dns_set_add(set, (Span){ v4, 4 }, 0);
        else if (q->asking.type == DNS_PTR && reverse_name(line->addr, &reverse) &&
                 dns_name_equal(&reverse, &q->hosts_name))
            dns_set_add(set, (Span){ line->name.b, line->name.len }, 0);
    }
    if (set->n == 0) {
        dns_set_free(set);
        return false;
    }
    q->reply = dns_message_new();
    q->reply->asks = true;
    q->reply->q = (DnsQuestion){ q->hosts_name, q->asking.type, DNS_IN };
    q->reply->h = (DnsHeader){ .qr = true, .rd = true };
    dns_message_add(q->reply, DNS_ANSWER, set);
    q->place = "hosts";
    return true;
}

static bool cache_answer(DnsStubQuery *q)
{
    DnsMessage *m = dns_message_new();
    DnsName name = *current(q);
    DnsRecalled what = DNS_RECALL_ALIAS;

    m->asks = true;
    m->q = (DnsQuestion){ name, q->asking.type, DNS_IN };
    m->h = (DnsHeader){ .qr = true, .rd = true };
    for (int i = 0; i <= DNS_CHAIN_MAX && what == DNS_RECALL_ALIAS; i++)
        what = dns_cache_recall(q->s->cache, &name, q->asking.type, m);
    if (what != DNS_RECALL_ALL) {
        dns_message_free(m);
        return false;
    }
    dns_message_free(q->reply);
    q->reply = m;
    q->place = "cache";
    return true;
}

/* What the servers said is remembered as they said it. */
static void cache_reply(DnsStubQuery *q, const DnsMessage *m)
{
    DnsName name = *current(q);
    const DnsSet *set = NULL, *soa = dns_message_first(m, DNS_AUTHORITY, DNS_SOA);

    for (int i = 0; i <= DNS_CHAIN_MAX; i++) {
        set = dns_message_find(m, DNS_ANSWER, &name, q->asking.type);
        const DnsSet *alias = set == NULL ? dns_message_find(m, DNS_ANSWER, &name, DNS_CNAME)
                                          : NULL;
        if (set != NULL || alias == NULL)
            break;
        dns_cache_put(q->s->cache, alias, DNS_TRUST_ANSWER);
        dns_set_target(alias, &name);
    }
    if (set != NULL)
        dns_cache_put(q->s->cache, set, DNS_TRUST_ANSWER);
    else
        dns_cache_put_refusal(q->s->cache, &name, q->asking.type,
                              m->rcode == DNS_NXDOMAIN ? DNS_KIND_NXDOMAIN : DNS_KIND_NODATA, soa);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void try_name(DnsStubQuery *q);
static void answered(void *query, DnsAsk *ask, DnsAskEnd end, const DnsMessage *reply);

/* Every server in turn, and all of them so many times (resolv.conf(5): timeout, attempts). */
static void ask_next(DnsStubQuery *q)
{
    if (q->next == q->servers->len) {
        q->next = 0;
        q->attempt++;
    }
    if (q->attempt >= q->cfg.attempts || q->servers->len == 0) {
        finish(q, DNS_TRY_AGAIN);
        return;
    }
    DnsAsking asking = { .server = g_array_index(q->servers, IpAddr, q->next++),
                         .q = { *current(q), q->asking.type, DNS_IN },
                         .recurse = !q->asking.no_recursion,
                         .tcp = q->asking.tcp,
                         .edns = q->plain ? 0 : q->asking.edns };
    timer_set(&q->timer, q->cfg.timeout);
    g_ptr_array_add(q->asks, dns_ask(q->s->client, &asking, answered, q));
}

/* RFC 1034 §5.2.2: an answer, no such data, no such name. */
static DnsResult judge(const DnsStubQuery *q, const DnsMessage *m)
{
    DnsName name = *current(q);

    if (m->rcode == DNS_NXDOMAIN)
        return DNS_NO_NAME;
    if (m->rcode != DNS_NOERROR)
        return DNS_TRY_AGAIN;
    if (q->asking.type == DNS_ANY && m->sections[DNS_ANSWER]->len > 0)
        return DNS_OK;
    for (int i = 0; i <= DNS_CHAIN_MAX; i++) {
        const DnsSet *alias = dns_message_find(m, DNS_ANSWER, &name, DNS_CNAME);
        if (dns_message_find(m, DNS_ANSWER, &name, q->asking.type) != NULL)
            return DNS_OK;
        if (alias == NULL || !dns_set_target(alias, &name))
            break;
    }
    bool referral = !m->h.aa && !m->h.ra && !q->asking.no_recursion &&
                    dns_message_first(m, DNS_AUTHORITY, DNS_NS) != NULL;
    return referral ? DNS_TRY_AGAIN : DNS_NO_DATA; /* a referral helps no stub: RFC 1034 §5.3.1 */
}

static void take_reply(DnsStubQuery *q, const DnsAsking *asking, const DnsMessage *reply)
{
    dns_message_free(q->reply);
    q->reply = dns_message_copy(reply);
    q->from = asking->server;
    q->tcp = asking->tcp;
    q->place = "dns";
}

/* What a name led to: the end, or the next name of the list. */
static void judged(DnsStubQuery *q, DnsResult result)
{
    if (result == DNS_OK) {
        finish(q, DNS_OK);
        return;
    }
    q->no_data = q->no_data || result == DNS_NO_DATA;
    drop_asks(q);
    if (++q->at < q->names->len) {
        q->next = 0;
        q->attempt = 0;
        try_name(q);
        return;
    }
    finish(q, q->no_data ? DNS_NO_DATA : DNS_NO_NAME);
}

static void answered(void *query, DnsAsk *ask, DnsAskEnd end, const DnsMessage *reply)
{
    DnsStubQuery *q = query;
    DnsAsking asking = *dns_ask_asking(ask);
    bool last = g_ptr_array_index(q->asks, q->asks->len - 1) == ask;

    g_ptr_array_remove(q->asks, ask);
    dns_ask_free(ask);
    DnsResult result = DNS_TRY_AGAIN;
    if (end == DNS_ANSWERED) {
        take_reply(q, &asking, reply);
        result = judge(q, reply);
        if (asking.edns > 0 && !reply->edns.present &&
            (reply->rcode == DNS_FORMERR || reply->rcode == DNS_NOTIMP)) {
            q->plain = true; /* RFC 6891 §7 */
            q->next -= q->next > 0 && last;
        }
    }
    if (result != DNS_TRY_AGAIN) {
        if (q->cfg.cache)
            cache_reply(q, reply);
        judged(q, result);
    } else if (last) {
        ask_next(q);
    }
}

static void try_name(DnsStubQuery *q)
{
    if (q->cfg.cache && !q->asking.dns_only) {
        tell_looking(q, current(q), "cache");
        if (cache_answer(q)) {
            judged(q, judge(q, q->reply));
            return;
        }
    }
    tell_looking(q, current(q), "dns");
    ask_next(q);
}

static void timer_fired(void *query)
{
    DnsStubQuery *q = query;

    if (q->started) {
        ask_next(q);
        return;
    }
    q->started = true;
    if (!q->asking.dns_only) {
        tell_looking(q, &q->hosts_name, "hosts");
        if (hosts_answer(q)) {
            finish(q, DNS_OK);
            return;
        }
    }
    try_name(q);
}

/* resolv.conf(5): a final dot ends the matter (RFC 1123 §6.1.4.3); a name with enough dots is
 * tried as it is before the search list, any other after it. Each domain is put behind it once. */
static bool list_names(DnsStubQuery *q, const char *text)
{
    const GArray *search = q->s->search;
    size_t n = strlen(text);
    DnsName name, joined;
    unsigned dots = 0;
    IpAddr addr;

    if (q->asking.type == DNS_PTR && ip_parse(text, &addr)) {
        if (!reverse_name(addr, &name))
            return false;
        q->hosts_name = name;
        g_array_append_val(q->names, name);
        return true;
    }
    if (!dns_name_parse(text, &name))
        return false;
    q->hosts_name = name;
    dots = dns_name_labels(&name) - (dns_name_labels(&name) > 0);
    bool absolute = text[n - 1] == '.' || q->asking.dns_only, first = dots >= q->cfg.ndots;
    if (absolute || first)
        g_array_append_val(q->names, name);
    for (guint i = 0; !absolute && i < search->len; i++)
        if (dns_name_join(&name, &g_array_index(search, DnsName, i), &joined))
            g_array_append_val(q->names, joined);
    if (!absolute && !first)
        g_array_append_val(q->names, name);
    return true;
}

DnsStubQuery *dns_stub_resolve(DnsStub *s, const DnsStubAsking *asking,
                               void (*on_end)(void *user, const DnsAnswer *answer), void *user)
{
    DnsStubQuery *q = g_new0(DnsStubQuery, 1);

    *q = (DnsStubQuery){ .s = s, .cfg = s->cfg, .asking = *asking, .asks = g_ptr_array_new(),
                         .names = g_array_new(FALSE, FALSE, sizeof(DnsName)),
                         .servers = g_array_new(FALSE, FALSE, sizeof(IpAddr)),
                         .start = sim_now(s->sim), .place = "dns", .on_end = on_end, .user = user };
    timer_init(&q->timer, &s->sim->sched, timer_fired, q);
    if (!list_names(q, asking->name)) {
        query_free(q);
        return NULL;
    }
    if (!ip_is_none(asking->server))
        g_array_append_val(q->servers, asking->server);
    else
        g_array_append_vals(q->servers, s->servers->data, s->servers->len);
    if (q->asking.edns == 0)
        q->asking.edns = (uint16_t)s->cfg.client.edns;
    q->asking.name = NULL;
    g_ptr_array_add(s->queries, q);
    timer_set(&q->timer, 0);
    return q;
}

/* --- life ------------------------------------------------------------------------------------- */

DnsStub *dns_stub_new(Stack *stack)
{
    DnsStub *s = g_new0(DnsStub, 1);
    char *random = g_strdup_printf("host:%s:dns", stack->node->name);

    *s = (DnsStub){ .stack = stack, .sim = stack->node->sim, .cfg = dns_stub_defaults,
                    .client = dns_client_new(stack, &dns_stub_defaults.client, random),
                    .cache = dns_cache_new(stack->node, &dns_stub_defaults.cached),
                    .servers = g_array_new(FALSE, FALSE, sizeof(IpAddr)),
                    .hosts = g_array_new(FALSE, FALSE, sizeof(HostsLine)),
                    .search = g_array_new(FALSE, FALSE, sizeof(DnsName)),
                    .queries = g_ptr_array_new() };
    g_free(random);
    return s;
}

void dns_stub_crash(DnsStub *s)
{
    while (s->queries->len > 0)
        finish(g_ptr_array_index(s->queries, 0), DNS_DOWN);
    dns_client_crash(s->client);
    dns_cache_clear(s->cache);
}

void dns_stub_end(DnsStub *s)
{
    DnsAnswer down = { .result = DNS_DOWN, .place = "dns" };

    for (guint i = 0; i < s->queries->len; i++) {
        DnsStubQuery *q = g_ptr_array_index(s->queries, i);
        q->on_end(q->user, &down);
        query_free(q);
    }
    dns_client_end(s->client);
    dns_cache_free(s->cache);
    g_array_free(s->servers, TRUE);
    g_array_free(s->hosts, TRUE);
    g_array_free(s->search, TRUE);
    g_ptr_array_free(s->queries, TRUE);
    g_free(s);
}

const DnsStubConfig *dns_stub_config(const DnsStub *s)
{
    return &s->cfg;
}

void dns_stub_set_config(DnsStub *s, const DnsStubConfig *cfg)
{
    s->cfg = *cfg;
    dns_client_set_config(s->client, &cfg->client);
}

void dns_stub_set_servers(DnsStub *s, const IpAddr *servers, size_t n)
{
    g_array_set_size(s->servers, 0);
    g_array_append_vals(s->servers, servers, (guint)n);
}

size_t dns_stub_servers(const DnsStub *s)
{
    return s->servers->len;
}

void dns_stub_clear_hosts(DnsStub *s)
{
    g_array_set_size(s->hosts, 0);
}

void dns_stub_add_host(DnsStub *s, const DnsName *name, IpAddr addr)
{
    g_array_append_val(s->hosts, ((HostsLine){ *name, addr }));
}

void dns_stub_clear_search(DnsStub *s)
{
    g_array_set_size(s->search, 0);
}

void dns_stub_add_search(DnsStub *s, const DnsName *domain)
{
    g_array_append_vals(s->search, domain, 1);
}

DnsCache *dns_stub_cache(DnsStub *s)
{
    return s->cache;
}
