/*
 * test_dns_stub.c - a host's own resolver: hosts, search list, servers, what a program is told; and
 * what counts as an answer. h is the host, s1 to s4 its servers.
 */
/* SPDX-License-Identifier: MIT */
#include "support/dnsnet.h"

#include "protocols/application/dns_events.h"
#include "protocols/application/dns_stream.h"
#include "protocols/application/dns_text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *dns_stub_suite(void);

static DnsNet d;
static DnsStub *stub;
static GString *told; /* what the program got: "OK an www.x. 60 A 10.9.9.9" */

static const DnsRule good[] = { { "www.x.", "A", "ra an www.x. 60 A 10.9.9.9" },
                                { NULL, NULL, "NXDOMAIN ra" }, { 0 } };
static const DnsRule silent[] = { { 0 } };

static void on_end(void *user, const DnsAnswer *a)
{
    char *text = a->message != NULL ? dnsnet_text(a->message) : g_strdup("none");

    (void)user;
    g_string_printf(told, "%s: %s", dns_result_name(a->result), text);
    g_free(text);
}

static void start(unsigned servers)
{
    IpAddr addrs[DNSNET_SERVERS];

    dnsnet_init(&d);
    stub = dns_of(d.h)->stub;
    told = g_string_new(NULL);
    for (unsigned i = 0; i < servers; i++)
        addrs[i] = dnsnet_addr(i + 1);
    dns_stub_set_servers(stub, addrs, servers);
}

static void finish(void)
{
    dnsnet_free(&d);
    g_string_free(told, TRUE);
}

static void post(const char *name, const char *type)
{
    DnsStubAsking asking = { .name = name, .server = IP_NONE };

    ck_assert(dns_type_parse(type, &asking.type));
    g_string_assign(told, "nothing");
    ck_assert_ptr_nonnull(dns_stub_resolve(stub, &asking, on_end, NULL));
}

static const char *resolve(const char *name, const char *type)
{
    post(name, type);
    net_run(d.net);
    return told->str;
}

#define RESOLVED(name, type, result) ck_assert_str_eq(resolve(name, type), result)

/* --- what a program is told ------------------------------------------------------------------- */

/* DNS-36: data, no such name, no such data, nobody knows: four results. */
START_TEST(there_are_four_results)
{
    static const DnsRule rules[] = { { "www.x.", "A", "ra an www.x. 60 A 10.9.9.9" },
        { "www.x.", "AAAA", "ra ns x. 60 SOA a.x. b.x. 1 2 3 4 5" },
        { "alias.x.", "A", "ra an alias.x. 60 CNAME www.x.; an www.x. 60 A 10.9.9.9" },
        { "bad.x.", NULL, "SERVFAIL ra" }, { NULL, NULL, "NXDOMAIN ra" }, { 0 } };

    start(1);
    dnsnet_script(&d, 1, rules);
    RESOLVED("www.x", "A", "OK: NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    RESOLVED("alias.x", "A",
             "OK: NOERROR rd ra; an alias.x. 60 CNAME www.x.; an www.x. 60 A 10.9.9.9");
    RESOLVED("no.x", "A", "EAI_NONAME: NXDOMAIN rd ra");
    RESOLVED("www.x", "AAAA",
             "EAI_NODATA: NOERROR rd ra; ns x. 60 SOA a.x. b.x. 1 2 3 4 5");
    RESOLVED("bad.x", "A", "EAI_AGAIN: SERVFAIL rd ra");
    finish();
}
END_TEST

/* DNS-33, DNS-31: who is silent is followed by the next after 5 s; who fails, at once; when all
 * have been asked twice, the program may try again itself. */
START_TEST(the_next_server_is_asked)
{
    start(2);
    dnsnet_script(&d, 1, silent);
    dnsnet_script(&d, 2, good);
    d.s[1].times = d.s[2].times = true;
    RESOLVED("www.x", "A", "OK: NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    dnsnet_expect(&d, "0.005 s1 www.x. A rd\n5.005 s2 www.x. A rd\n");
    dnsnet_script(&d, 1, (const DnsRule[]){ { NULL, NULL, "SERVFAIL" }, { 0 } });
    SimTime t = sim_now(d.net->sim);
    RESOLVED("www.x", "A", "OK: NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    ck_assert_int_eq(sim_now(d.net->sim) - t, 20 * MSEC);
    finish();

    start(2);
    dnsnet_script(&d, 1, silent);
    dnsnet_script(&d, 2, silent);
    d.s[1].times = d.s[2].times = true;
    RESOLVED("www.x", "A", "EAI_AGAIN: none");
    dnsnet_expect(&d, "0.005 s1 www.x. A rd\n5.005 s2 www.x. A rd\n10.005 s1 www.x. A rd\n"
                      "15.005 s2 www.x. A rd\n");
    ck_assert_int_eq(sim_now(d.net->sim), 20 * SEC);
    finish();
}
END_TEST

/* DNS-77: a closed port ends the wait. */
START_TEST(a_closed_port_is_not_waited_for)
{
    start(2);
    dnsnet_script(&d, 2, good);
    RESOLVED("www.x", "A", "OK: NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    ck_assert_int_eq(sim_now(d.net->sim), 20 * MSEC);
    finish();
}
END_TEST

/* DNS-37: the search list; a final dot or enough dots say where a name belongs. */
START_TEST(short_names_are_looked_for_in_the_search_list)
{
    static const DnsRule rules[] = { { "www.x.", "A", "ra an www.x. 60 A 10.9.9.9" },
        { "a.b.y.", "A", "ra an a.b.y. 60 A 10.9.9.9" }, { NULL, NULL, "NXDOMAIN ra" }, { 0 } };
    DnsName x, y;

    start(1);
    ck_assert(dns_name_parse("x.", &x) && dns_name_parse("y.", &y));
    dns_stub_add_search(stub, &x);
    dns_stub_add_search(stub, &y);
    dnsnet_script(&d, 1, rules);
    RESOLVED("www", "A", "OK: NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    dnsnet_expect(&d, "s1 www.x. A rd\n");
    RESOLVED("www.", "A", "EAI_NONAME: NXDOMAIN rd ra");
    dnsnet_expect(&d, "s1 www. A rd\n");
    RESOLVED("a.b", "A", "OK: NOERROR rd ra; an a.b.y. 60 A 10.9.9.9");
    dnsnet_expect(&d, "s1 a.b. A rd\ns1 a.b.x. A rd\ns1 a.b.y. A rd\n");
    RESOLVED("no", "A", "EAI_NONAME: NXDOMAIN rd ra");
    dnsnet_expect(&d, "s1 no.x. A rd\ns1 no.y. A rd\ns1 no. A rd\n");
    finish();
}
END_TEST

/* DNS-38: an address is asked for with its octets the other way round. */
START_TEST(an_address_has_a_name_too)
{
    start(1);
    dnsnet_script(&d, 1, (const DnsRule[]){
        { "2.0.0.10.in-addr.arpa.", "PTR", "ra an 2.0.0.10.in-addr.arpa. 60 PTR www.x." }, { 0 } });
    RESOLVED("10.0.0.2", "PTR", "OK: NOERROR rd ra; an 2.0.0.10.in-addr.arpa. 60 PTR www.x.");
    finish();
}
END_TEST

START_TEST(the_hosts_file_comes_first)
{
    DnsName printer;

    start(1);
    dnsnet_script(&d, 1, good);
    ck_assert(dns_name_parse("printer", &printer));
    dns_stub_add_host(stub, &printer, ip("10.7.0.1"));
    RESOLVED("Printer", "A", "OK: NOERROR rd; an Printer. 0 A 10.7.0.1");
    RESOLVED("10.7.0.1", "PTR", "OK: NOERROR rd; an 1.0.7.10.in-addr.arpa. 0 PTR printer.");
    dnsnet_expect(&d, "");
    finish();
}
END_TEST

START_TEST(a_host_may_remember)
{
    DnsStubConfig cfg = dns_stub_defaults;

    start(1);
    cfg.cache = true;
    dns_stub_set_config(stub, &cfg);
    dnsnet_script(&d, 1, (const DnsRule[]){
        { "a.x.", "A", "ra an a.x. 60 CNAME b.x.; an b.x. 90 A 10.9.9.9" },
        { NULL, NULL, "NXDOMAIN ra ns x. 60 SOA a.x. b.x. 1 2 3 4 5" }, { 0 } });
    resolve("a.x", "A");
    resolve("no.x", "A");
    dnsnet_expect(&d, "s1 a.x. A rd\ns1 no.x. A rd\n");
    RESOLVED("a.x", "A", "OK: NOERROR rd; an a.x. 59 CNAME b.x.; an b.x. 89 A 10.9.9.9");
    RESOLVED("no.x", "MX", "EAI_NONAME: NXDOMAIN rd; ns x. 5 SOA a.x. b.x. 1 2 3 4 5");
    dnsnet_expect(&d, "");
    stack_crash(d.h);
    stack_boot(d.h);
    resolve("a.x", "A");
    dnsnet_expect(&d, "s1 a.x. A rd\n");
    finish();
}
END_TEST

START_TEST(a_crash_ends_what_was_asked)
{
    start(1);
    dnsnet_script(&d, 1, silent);
    post("www.x", "A");
    net_run_until(d.net, 2 * MSEC);
    stack_crash(d.h);
    ck_assert_str_eq(told->str, "ENETDOWN: none");
    finish();
}
END_TEST

/* --- what counts as an answer ----------------------------------------------------------------- */

static struct { uint16_t id, port; unsigned n; } asked;

static void see_query(void *self, const TraceEvent *ev)
{
    (void)self;
    if (ev->point == &DNS_QUERY_SENT) {
        asked.id = (uint16_t)ev->args[trace_field(ev->point, "id")];
        asked.n++;
    }
}

/* The source port of the last question on the wire. */
static uint16_t last_port(void)
{
    const char *p = g_strrstr(net_wire(d.net), " > 10.1.0.2.53 udp");

    ck_assert_ptr_nonnull(p);
    while (p[-1] != '.')
        p--;
    return (uint16_t)atoi(p);
}

/* An answer to the question under way, changed in one respect. */
static void forge(uint16_t id, const char *src, uint16_t sport, uint16_t dport, const char *question,
                  const char *reply)
{
    uint8_t out[512], query[512];
    size_t n = dnsnet_query(id, question, query, sizeof query);
    DnsMessage *q = dns_message_new();

    dns_message_read(q, (Span){ query, n });
    DnsMessage *m = dnsnet_message(q, reply);
    n = dns_message_write(m, out + UDP_HDR_LEN, sizeof out - UDP_HDR_LEN);
    UdpHdr h = { .src_port = sport, .dst_port = dport, .length = (uint16_t)(UDP_HDR_LEN + n) };
    udp_encode(&h, out);
    Ipv4Hdr ip4 = { .ttl = 64, .proto = IPPROTO_UDP4, .src = ip(src), .dst = ip("10.1.0.1") };
    net_inject_ip(net_iface(d.s[1].stack, 0), net_iface(d.h, 1), &ip4,
                  (Span){ out, UDP_HDR_LEN + n });
    dns_message_free(q);
    dns_message_free(m);
    dnsnet_wait(&d, 10 * MSEC);
}

/* DNS-39, DNS-45: an answer that is wrong in one respect is none; the right one then is. */
START_TEST(only_the_answer_counts)
{
    static const char answer[] = "ra an www.x. 60 A 10.6.6.6";

    start(1);
    dnsnet_script(&d, 1, silent);
    trace_add_sink(&d.net->sim->trace, TRACE_APP, see_query, &asked);
    post("www.x", "A");
    dnsnet_wait(&d, 10 * MSEC);
    uint16_t id = asked.id, port = last_port();
    forge((uint16_t)(id + 1), "10.1.0.2", 53, port, "www.x. A rd", answer);
    forge(id, "10.2.0.2", 53, port, "www.x. A rd", answer);
    forge(id, "10.1.0.2", 54, port, "www.x. A rd", answer);
    forge(id, "10.1.0.2", 53, (uint16_t)(port ^ 1), "www.x. A rd", answer);
    forge(id, "10.1.0.2", 53, port, "www.y. A rd", answer);
    forge(id, "10.1.0.2", 53, port, "www.x. AAAA rd", answer);
    ck_assert_str_eq(told->str, "nothing");
    forge(id, "10.1.0.2", 53, port, "WWW.X. A rd", "ra an www.x. 60 A 10.9.9.9");
    ck_assert_str_eq(told->str, "OK: NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    trace_remove_sink(&d.net->sim->trace, &asked);
    finish();
}
END_TEST

/* DNS-34: the answer to the first question is used although a second has been sent; what then comes
 * for the second is ignored. */
START_TEST(a_late_answer_is_still_used)
{
    start(1);
    dnsnet_script(&d, 1, silent);
    trace_add_sink(&d.net->sim->trace, TRACE_APP, see_query, &asked);
    asked.n = 0;
    post("www.x", "A");
    dnsnet_wait(&d, 10 * MSEC);
    uint16_t id = asked.id, port = last_port();
    dnsnet_wait(&d, 6 * SEC);
    ck_assert_uint_eq(asked.n, 2);
    uint16_t second = asked.id, second_port = last_port();
    ck_assert_uint_ne(second_port, port);
    forge(id, "10.1.0.2", 53, port, "www.x. A rd", "ra an www.x. 60 A 10.9.9.9");
    ck_assert_str_eq(told->str, "OK: NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    forge(second, "10.1.0.2", 53, second_port, "www.x. A rd", "ra an www.x. 60 A 10.6.6.6");
    ck_assert_str_eq(told->str, "OK: NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    trace_remove_sink(&d.net->sim->trace, &asked);
    finish();
}
END_TEST

static GArray *ids;

static void collect_id(void *self, const TraceEvent *ev)
{
    (void)self;
    if (ev->point == &DNS_QUERY_SENT)
        g_array_append_val(ids, ((uint16_t){ (uint16_t)ev->args[trace_field(ev->point, "id")] }));
}

static int compare_u16(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* DNS-40: ids are spread over all there are, in no order. DNS-41: a hundred questions at once leave
 * from as many ports, far apart. */
START_TEST(ids_and_ports_cannot_be_guessed)
{
    uint16_t first[100];

    start(1);
    dnsnet_script(&d, 1, silent);
    ids = g_array_new(FALSE, FALSE, sizeof(uint16_t));
    trace_add_sink(&d.net->sim->trace, TRACE_APP, collect_id, &ids);
    for (int i = 0; i < 1000; i++)
        post("www.x", "A");
    net_run_until(d.net, MSEC);
    ck_assert_uint_eq(ids->len, 1000);
    unsigned quarters[4] = { 0 }, steps = 0;
    for (guint i = 0; i < 1000; i++) {
        quarters[g_array_index(ids, uint16_t, i) >> 14]++;
        if (i > 1)
            steps += (uint16_t)(g_array_index(ids, uint16_t, i) - g_array_index(ids, uint16_t, i - 1)) ==
                     (uint16_t)(g_array_index(ids, uint16_t, i - 1) - g_array_index(ids, uint16_t, i - 2));
    }
    for (int i = 0; i < 4; i++)
        ck_assert_uint_gt(quarters[i], 200);
    ck_assert_uint_lt(steps, 3);

    size_t n;
    UdpSock *const *socks = udp_sockets(stack_udp(d.h), &n);
    ck_assert_uint_eq(n, 1000);
    for (int i = 0; i < 100; i++)
        first[i] = udp_port(socks[i]);
    qsort(first, 100, sizeof first[0], compare_u16);
    for (int i = 1; i < 100; i++)
        ck_assert_uint_lt(first[i - 1], first[i]);
    ck_assert_uint_gt(first[99] - first[0], 25000);
    trace_remove_sink(&d.net->sim->trace, &ids);
    g_array_free(ids, TRUE);
    net_run(d.net);
    finish();
}
END_TEST

/* DNS-44: after so many wrong answers the question goes over TCP. */
START_TEST(many_wrong_answers_lead_to_tcp)
{
    DnsStubConfig cfg = dns_stub_defaults;

    start(1);
    cfg.client.tcp_after = 20;
    dns_stub_set_config(stub, &cfg);
    dnsnet_script(&d, 1, silent);
    trace_add_sink(&d.net->sim->trace, TRACE_APP, see_query, &asked);
    post("www.x", "A");
    dnsnet_wait(&d, 10 * MSEC);
    dnsnet_script(&d, 1, good);
    uint16_t id = asked.id, port = last_port();
    for (int i = 1; i < 20; i++)
        forge((uint16_t)(id + i), "10.1.0.2", 53, port, "www.x. A rd", "an www.x. 60 A 10.6.6.6");
    dnsnet_expect(&d, "s1 www.x. A rd\n");
    forge((uint16_t)(id + 20), "10.1.0.2", 53, port, "www.x. A rd", "an www.x. 60 A 10.6.6.6");
    net_run(d.net);
    dnsnet_expect(&d, "s1 www.x. A rd tcp\n");
    ck_assert_str_eq(told->str, "OK: NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    trace_remove_sink(&d.net->sim->trace, &asked);
    finish();
}
END_TEST

/* --- TCP -------------------------------------------------------------------------------------- */

/* DNS-60, DNS-62: a truncated answer is asked for again over TCP, length and question in one
 * segment; nothing of the truncated one is used. */
START_TEST(a_truncated_answer_is_asked_for_over_tcp)
{
    start(1);
    dnsnet_script(&d, 1, (const DnsRule[]){ { NULL, NULL, "tc ra an www.x. 60 A 10.6.6.6" },
                                            { 0 } });
    post("www.x", "A");
    dnsnet_wait(&d, 6 * MSEC);
    dnsnet_script(&d, 1, good);
    net_run(d.net);
    ck_assert_str_eq(told->str, "OK: NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    dnsnet_expect(&d, "s1 www.x. A rd\ns1 www.x. A rd tcp\n");
    ck_assert_uint_eq(net_count(d.net, "> 10.1.0.2.53 tcp P."), 1);
    ck_assert_ptr_nonnull(strstr(net_wire(d.net), "len 25\n")); /* 12 + 7 + 4, and 2 */
    finish();
}
END_TEST

/* DNS-49: if TCP is refused there is no answer, and none is remembered. */
START_TEST(a_truncated_answer_is_not_kept)
{
    DnsStubConfig cfg = dns_stub_defaults;
    DnsCached e;
    DnsName name;

    start(1);
    cfg.cache = true;
    dns_stub_set_config(stub, &cfg);
    dnsnet_script(&d, 1, (const DnsRule[]){ { NULL, NULL, "tc ra an www.x. 60 A 10.6.6.6" },
                                            { 0 } });
    listener_close(d.s[1].listener);
    RESOLVED("www.x", "A", "EAI_AGAIN: none");
    ck_assert(dns_name_parse("www.x.", &name));
    ck_assert(!dns_cache_find(dns_stub_cache(stub), &name, DNS_A, DNS_TRUST_ADDITIONAL, &e));
    finish();
}
END_TEST

static void post_tcp(const char *name)
{
    DnsStubAsking asking = { .name = name, .type = DNS_A, .server = IP_NONE, .tcp = true };

    ck_assert_ptr_nonnull(dns_stub_resolve(stub, &asking, on_end, NULL));
}

/* DNS-64, DNS-66: questions to one server share a connection, without waiting for answers, and no
 * two have one id. */
START_TEST(a_connection_is_shared)
{
    start(1);
    dnsnet_script(&d, 1, silent);
    ids = g_array_new(FALSE, FALSE, sizeof(uint16_t));
    trace_add_sink(&d.net->sim->trace, TRACE_APP, collect_id, &ids);
    for (int i = 0; i < 100; i++)
        post_tcp("www.x");
    net_run_until(d.net, 500 * MSEC);
    ck_assert_uint_eq(net_count(d.net, "> 10.1.0.2.53 tcp S "), 1);
    unsigned lines = 0;
    for (const char *p = d.log->str; *p != 0; p++)
        lines += *p == '\n';
    ck_assert_uint_eq(lines, 100);
    qsort(ids->data, ids->len, sizeof(uint16_t), compare_u16);
    for (guint i = 1; i < ids->len; i++)
        ck_assert_uint_lt(g_array_index(ids, uint16_t, i - 1), g_array_index(ids, uint16_t, i));
    trace_remove_sink(&d.net->sim->trace, &ids);
    g_array_free(ids, TRUE);
    finish();
}
END_TEST

/* A server that answers the questions of its one connection as a test tells it. */
static DnsStream served;
static unsigned  accepted;

static void accept_one(void *listener)
{
    Conn *conn = listener_accept(listener);

    if (conn == NULL)
        return;
    if (served.conn != NULL)
        dns_stream_clear(&served);
    dns_stream_init(&served, conn);
    accepted++;
}

static void serve_by_hand(void)
{
    NetError err;

    accepted = 0;
    Listener *l = tcp_listen(stack_tcp(d.s[1].stack), IP4_ANY, DNS_PORT, 0, true, &err);
    listener_on_ready(l, accept_one, l);
}

static GString *all_told;

static void tell_all(void *user, const DnsAnswer *a)
{
    char *text = a->message != NULL ? dnsnet_text(a->message) : g_strdup("none");

    g_string_append_printf(all_told, "%s %s: %s\n", (const char *)user, dns_result_name(a->result),
                           text);
    g_free(text);
}

/* DNS-65: answers may come in any order. */
START_TEST(answers_may_overtake_each_other)
{
    static const char *const names[] = { "a.x.", "b.x.", "c.x." };
    DnsMessage *queries[3];
    uint8_t out[512];
    Span message;

    start(1);
    serve_by_hand();
    all_told = g_string_new(NULL);
    for (int i = 0; i < 3; i++) {
        DnsStubAsking asking = { .name = names[i], .type = DNS_A, .server = IP_NONE, .tcp = true };
        dns_stub_resolve(stub, &asking, tell_all, (void *)(intptr_t)names[i]);
    }
    net_run_until(d.net, 100 * MSEC);
    dns_stream_fill(&served);
    for (int i = 0; i < 3; i++) {
        ck_assert(dns_stream_take(&served, &message));
        queries[i] = dns_message_new();
        ck_assert_int_eq(dns_message_read(queries[i], message), DNS_READ);
    }
    for (int i = 2; i >= 0; i--) {
        char *text = g_strdup_printf("ra an %s 60 A 10.9.9.%d", names[i], i);
        DnsMessage *reply = dnsnet_message(queries[i], text);
        size_t n = dns_message_write(reply, out, sizeof out);
        dns_stream_put(&served, (Span){ out, n });
        dns_message_free(reply);
        dns_message_free(queries[i]);
        g_free(text);
    }
    dns_stream_flush(&served);
    net_run_until(d.net, 200 * MSEC);
    ck_assert_str_eq(all_told->str, "c.x. OK: NOERROR rd ra; an c.x. 60 A 10.9.9.2\n"
                                    "b.x. OK: NOERROR rd ra; an b.x. 60 A 10.9.9.1\n"
                                    "a.x. OK: NOERROR rd ra; an a.x. 60 A 10.9.9.0\n");
    g_string_free(all_told, TRUE);
    dns_stream_clear(&served);
    finish();
}
END_TEST

/* DNS-69: a connection that breaks with a question under way is made once more. */
START_TEST(a_lost_connection_is_made_again)
{
    DnsMessage *query = dns_message_new();
    uint8_t out[512];
    Span message;

    start(1);
    serve_by_hand();
    g_string_assign(told, "nothing");
    post_tcp("www.x");
    net_run_until(d.net, 30 * MSEC);
    ck_assert_uint_eq(accepted, 1);
    conn_abort(served.conn);
    net_run_until(d.net, 100 * MSEC);
    ck_assert_uint_eq(accepted, 2);
    dns_stream_fill(&served);
    ck_assert(dns_stream_take(&served, &message));
    ck_assert_int_eq(dns_message_read(query, message), DNS_READ);
    DnsMessage *reply = dnsnet_message(query, "ra an www.x. 60 A 10.9.9.9");
    size_t n = dns_message_write(reply, out, sizeof out);
    dns_stream_put(&served, (Span){ out, n });
    dns_stream_flush(&served);
    net_run_until(d.net, 200 * MSEC);
    ck_assert_str_eq(told->str, "OK: NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    dns_message_free(reply);
    dns_message_free(query);
    dns_stream_clear(&served);
    finish();
}
END_TEST

Suite *dns_stub_suite(void)
{
    Suite *s = suite_create("dns_stub");
    TCase *t = tcase_create("stub");

    tcase_add_test(t, there_are_four_results);
    tcase_add_test(t, the_next_server_is_asked);
    tcase_add_test(t, a_closed_port_is_not_waited_for);
    tcase_add_test(t, short_names_are_looked_for_in_the_search_list);
    tcase_add_test(t, an_address_has_a_name_too);
    tcase_add_test(t, the_hosts_file_comes_first);
    tcase_add_test(t, a_host_may_remember);
    tcase_add_test(t, a_crash_ends_what_was_asked);
    tcase_add_test(t, only_the_answer_counts);
    tcase_add_test(t, a_late_answer_is_still_used);
    tcase_add_test(t, ids_and_ports_cannot_be_guessed);
    tcase_add_test(t, many_wrong_answers_lead_to_tcp);
    tcase_add_test(t, a_truncated_answer_is_asked_for_over_tcp);
    tcase_add_test(t, a_truncated_answer_is_not_kept);
    tcase_add_test(t, a_connection_is_shared);
    tcase_add_test(t, answers_may_overtake_each_other);
    tcase_add_test(t, a_lost_connection_is_made_again);
    suite_add_tcase(s, t);
    return s;
}
