/*
 * dnsnet.c - for tests of DNS: a client, the tested host, scripted servers.
 */
/* SPDX-License-Identifier: MIT */
#include "support/dnsnet.h"

#include "protocols/application/dns_stream.h"
#include "protocols/application/dns_text.h"

#include <check.h>
#include <string.h>

/* --- text and messages ------------------------------------------------------------------------ */

static void put_record(DnsMessage *m, DnsSection section, const char *text)
{
    GError *error = NULL;
    DnsSet *fresh = dns_record_parse(text, &error);
    Span data;

    ck_assert_msg(fresh != NULL, "%s", error != NULL ? error->message : text);
    DnsSet *set = (DnsSet *)dns_message_find(m, section, &fresh->name, fresh->type);
    if (set == NULL) {
        dns_message_add(m, section, fresh);
        return;
    }
    for (size_t at = 0; dns_set_next(fresh, &at, &data);)
        dns_set_add(set, data, fresh->ttl);
    dns_set_free(fresh);
}

static bool put_flag(DnsMessage *m, const char *word)
{
    bool *const bits[] = { &m->h.aa, &m->h.tc, &m->h.rd, &m->h.ra };
    static const char *const names[] = { "aa", "tc", "rd", "ra" };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(word, names[i]) == 0)
            return *bits[i] = true;
    for (unsigned i = 0; i < 24; i++)
        if (dns_rcode_text(i) != NULL && strcmp(word, dns_rcode_text(i)) == 0) {
            m->rcode = i;
            return true;
        }
    if (strcmp(word, "opt") == 0)
        m->edns = (DnsEdns){ .present = true, .size = 1232 };
    else if (strcmp(word, "noq") == 0)
        m->asks = false;
    else
        return false;
    return true;
}

DnsMessage *dnsnet_message(const DnsMessage *query, const char *text)
{
    static const char *const sections[] = { "an ", "ns ", "ad " };
    DnsMessage *m = query != NULL ? dns_message_reply(query) : dns_message_new();
    char **parts = g_strsplit(text, "; ", 0);

    for (char **part = parts; *part != NULL; part++) {
        const char *p = *part;
        for (bool flag = true; flag;) {
            char word[16];
            size_t n = strcspn(p, " ");
            flag = false;
            if (n > 0 && n < sizeof word) {
                memcpy(word, p, n);
                word[n] = 0;
                flag = put_flag(m, word);
            }
            if (flag)
                p += n + strspn(p + n, " ");
        }
        if (*p == 0)
            continue;
        int section = 0;
        while (section < DNS_SECTIONS && !g_str_has_prefix(p, sections[section]))
            section++;
        ck_assert_msg(section < DNS_SECTIONS, "%s", p);
        put_record(m, (DnsSection)section, p + 3);
    }
    g_strfreev(parts);
    return m;
}

char *dnsnet_text(const DnsMessage *m)
{
    static const char *const sections[] = { "an", "ns", "ad" };
    GString *out = g_string_new(dns_rcode_text(m->rcode));
    char name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
    Span data;

    g_string_append_printf(out, "%s%s%s%s", m->h.aa ? " aa" : "", m->h.tc ? " tc" : "",
                           m->h.rd ? " rd" : "", m->h.ra ? " ra" : "");
    if (m->edns.present)
        g_string_append_printf(out, " opt=%u", m->edns.size);
    for (int i = 0; i < DNS_SECTIONS; i++)
        for (guint k = 0; k < m->sections[i]->len; k++) {
            const DnsSet *set = g_ptr_array_index(m->sections[i], k);
            for (size_t at = 0; dns_set_next(set, &at, &data);) {
                g_string_append_printf(out, "; %s %s %u %s ", sections[i],
                                       dns_name_text(&set->name, name), set->ttl,
                                       dns_type_text(set->type, type));
                dns_data_text(set->type, data, out);
            }
        }
    return g_string_free(out, FALSE);
}

size_t dnsnet_query(uint16_t id, const char *question, uint8_t *out, size_t cap)
{
    DnsMessage *m = dns_message_new();
    char **words = g_strsplit(question, " ", 0);

    ck_assert(dns_name_parse(words[0], &m->q.name));
    ck_assert(dns_type_parse(words[1], &m->q.type));
    m->q.klass = DNS_IN;
    m->asks = true;
    m->h.id = id;
    for (char **word = words + 2; *word != NULL; word++) {
        m->h.rd = m->h.rd || strcmp(*word, "rd") == 0;
        if (g_str_has_prefix(*word, "opt="))
            m->edns = (DnsEdns){ .present = true,
                                 .size = (uint16_t)g_ascii_strtoull(*word + 4, NULL, 10) };
    }
    size_t n = dns_message_write(m, out, cap);
    g_strfreev(words);
    dns_message_free(m);
    return n;
}

/* --- scripted servers ------------------------------------------------------------------------- */

static void answer_script(DnsScripted *s, Span bytes, IpAddr from, uint16_t port, DnsStream *tcp)
{
    DnsMessage *m = dns_message_new();
    char name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
    uint8_t out[4096];

    ck_assert_int_eq(dns_message_read(m, bytes), DNS_READ);
    dns_name_text(&m->q.name, name);
    dns_type_text(m->q.type, type);
    if (s->times)
        g_string_append_printf(s->d->log, "%.3f ", (double)sim_now(s->d->net->sim) / 1e9);
    g_string_append_printf(s->d->log, "s%u %s %s%s%s%s\n", s->number, name, type,
                           m->h.rd ? " rd" : "", m->edns.present ? " opt" : "",
                           tcp != NULL ? " tcp" : "");
    const DnsRule *rule = s->rules;
    while ((rule->name != NULL || rule->reply != NULL) &&
           ((rule->name != NULL && g_ascii_strcasecmp(rule->name, name) != 0) ||
            (rule->type != NULL && strcmp(rule->type, type) != 0)))
        rule++;
    if (rule->reply != NULL) {
        DnsMessage *reply = dnsnet_message(m, rule->reply);
        size_t n = dns_message_write(reply, out, sizeof out);
        if (tcp != NULL)
            dns_stream_put(tcp, (Span){ out, n });
        else
            udp_send(s->udp, (Span){ out, n }, from, port);
        dns_message_free(reply);
    }
    dns_message_free(m);
}

static void server_ready(void *scripted)
{
    DnsScripted *s = scripted;
    IpAddr from;
    uint16_t port;
    NetError err;

    for (Packet *pkt; (pkt = udp_receive(s->udp, &from, &port, &err)) != NULL;) {
        answer_script(s, packet_span(pkt), from, port, NULL);
        packet_free(pkt);
    }
}

typedef struct ScriptedConn {
    DnsScripted *s;
    DnsStream    stream;
} ScriptedConn;

static void conn_ready(void *conn)
{
    ScriptedConn *c = conn;
    Span message;

    dns_stream_fill(&c->stream);
    while (dns_stream_take(&c->stream, &message))
        answer_script(c->s, message, IP_NONE, 0, &c->stream);
    dns_stream_flush(&c->stream);
}

static void server_accept(void *scripted)
{
    DnsScripted *s = scripted;

    for (Conn *conn; (conn = listener_accept(s->listener)) != NULL;) {
        ScriptedConn *c = g_new0(ScriptedConn, 1);
        c->s = s;
        dns_stream_init(&c->stream, conn);
        conn_on_ready(conn, conn_ready, c);
        g_ptr_array_add(s->d->conns, c);
        conn_ready(c);
    }
}

IpAddr dnsnet_addr(unsigned server)
{
    return ip_v4(0x0a000002u + (server << 16));
}

void dnsnet_script(DnsNet *d, unsigned server, const DnsRule *rules)
{
    DnsScripted *s = &d->s[server];
    NetError err;

    for (unsigned i = 0; i < DNSNET_RULES; i++) {
        s->rules[i] = rules[i];
        if (rules[i].name == NULL && rules[i].reply == NULL)
            break;
    }
    if (s->udp != NULL)
        return;
    s->udp = udp_open(stack_udp(s->stack), IP4_ANY, DNS_PORT, &err);
    s->listener = tcp_listen(stack_tcp(s->stack), IP4_ANY, DNS_PORT, 0, true, &err);
    udp_on_ready(s->udp, server_ready, s);
    listener_on_ready(s->listener, server_accept, s);
}

/* --- the world -------------------------------------------------------------------------------- */

static void alarm_fired(void *d)
{
    (void)d;
}

void dnsnet_init(DnsNet *d)
{
    NetError err;

    *d = (DnsNet){ .net = net_new(1), .log = g_string_new(NULL), .got = g_string_new(NULL),
                   .conns = g_ptr_array_new() };
    d->c = net_host(d->net, "c", NULL);
    d->h = net_host(d->net, "h", NULL);
    net_link(d->net, d->h->node, "10.0.0.1/24", d->c->node, "10.0.0.2/24", 5 * MSEC);
    for (unsigned i = 1; i <= DNSNET_SERVERS; i++) {
        char name[8], us[24], them[24];
        g_snprintf(name, sizeof name, "s%u", i);
        g_snprintf(us, sizeof us, "10.%u.0.1/24", i);
        g_snprintf(them, sizeof them, "10.%u.0.2/24", i);
        d->s[i] = (DnsScripted){ .d = d, .number = i, .stack = net_host(d->net, name, NULL) };
        net_link(d->net, d->h->node, us, d->s[i].stack->node, them, 5 * MSEC);
    }
    net_warm(d->net);
    d->sock = udp_open(stack_udp(d->c), IP4_ANY, 5300, &err);
    timer_init(&d->alarm, &d->net->sim->sched, alarm_fired, d);
}

void dnsnet_free(DnsNet *d)
{
    timer_stop(&d->alarm);
    net_run(d->net);
    for (guint i = 0; i < d->conns->len; i++) {
        ScriptedConn *c = g_ptr_array_index(d->conns, i);
        dns_stream_clear(&c->stream);
        g_free(c);
    }
    net_run(d->net);
    udp_close(d->sock);
    net_free(d->net);
    g_ptr_array_free(d->conns, TRUE);
    g_string_free(d->log, TRUE);
    g_string_free(d->got, TRUE);
}

void dnsnet_recursive(DnsNet *d, const DnsResolverConfig *cfg)
{
    IpAddr root = dnsnet_addr(1);
    NetError err;
    Dns *dns = dns_of(d->h);

    ck_assert_ptr_nonnull(dns_serve(dns, &err));
    dns_recurse(dns, cfg != NULL ? cfg : &dns_resolver_defaults, &root, 1, false);
}

void dnsnet_zone(DnsNet *d, const char *origin, const char *text)
{
    DnsName name;
    NetError err;
    GError *error = NULL;

    ck_assert(dns_name_parse(origin, &name));
    DnsZone *zone = dns_zone_new(&name);
    ck_assert_msg(dns_zone_read(zone, text, strlen(text), "zone", true, &error), "%s",
                  error != NULL ? error->message : "");
    ck_assert_ptr_nonnull(dns_serve(dns_of(d->h), &err));
    dns_server_add_zone(dns_of(d->h)->server, zone);
}

void dnsnet_wait(DnsNet *d, SimTime t)
{
    SimTime until = time_add(sim_now(d->net->sim), t);

    timer_set(&d->alarm, t);
    net_run_until(d->net, until);
}

/* What c has got, as text; "nothing". */
static const char *receive(DnsNet *d)
{
    IpAddr from;
    uint16_t port;
    NetError err;

    Packet *pkt = udp_receive(d->sock, &from, &port, &err);
    if (pkt == NULL)
        return "nothing";
    DnsMessage *m = dns_message_new();
    ck_assert_int_eq(dns_message_read(m, packet_span(pkt)), DNS_READ);
    ck_assert(m->h.qr);
    char *text = dnsnet_text(m);
    g_string_assign(d->got, text);
    g_free(text);
    dns_message_free(m);
    packet_free(pkt);
    return d->got->str;
}

const char *dnsnet_send(DnsNet *d, Span bytes)
{
    while (udp_queued(d->sock) > 0)
        receive(d);
    ck_assert_int_eq(udp_send(d->sock, bytes, ip("10.0.0.1"), DNS_PORT), NET_OK);
    for (int i = 0; i < 100000 && udp_queued(d->sock) == 0; i++) {
        SimTime next = sched_next(&d->net->sim->sched);
        if (next == NEVER || d->net->sim->sched.foreground == 0)
            break;
        net_run_until(d->net, next);
    }
    return receive(d);
}

void dnsnet_post(DnsNet *d, const char *question)
{
    uint8_t out[512];
    size_t n = dnsnet_query(++d->id, question, out, sizeof out);

    udp_send(d->sock, (Span){ out, n }, ip("10.0.0.1"), DNS_PORT);
}

const char *dnsnet_ask(DnsNet *d, const char *question)
{
    uint8_t out[512];
    size_t n = dnsnet_query(++d->id, question, out, sizeof out);

    return dnsnet_send(d, (Span){ out, n });
}

void dnsnet_expect(DnsNet *d, const char *log)
{
    ck_assert_str_eq(d->log->str, log);
    g_string_truncate(d->log, 0);
}
