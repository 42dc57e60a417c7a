/*
 * test_tcp_route.c - connections with IP options: source routes asked for and received, record
 * route, timestamps. RFC 9293 §3.9.2, §3.9.2.1.
 */
/* SPDX-License-Identifier: MIT */
#include "support/tcpnet.h"

#include "protocols/wire/ipv4_option.h"

#include <check.h>
#include <string.h>

static NetError err;

static IpOptions by(const char *first, const char *second, const char *dst)
{
    IpAddr hops[2] = { ip(first), second != NULL ? ip(second) : IP_NONE };
    IpOptions o = { .first = IP_NONE };

    ck_assert(ip_options_route(&o, false, hops, second != NULL ? 2 : 1, ip(dst)));
    return o;
}

/* --- two hosts, and a way that no routing table knows ----------------------------------------- */

/* a - r - s - b, and r - t - s. a is 10.0.1.2, b 10.0.3.2, t 10.0.4.2 towards r. */
static Net *net;
static Stack *a, *r, *s, *t, *b;
static Listener *listener;
static Conn *conn, *accepted;

static void build(const StackConfig *host)
{
    net = net_new(1);
    a = net_host(net, "a", host);
    r = net_router(net, "r", NULL);
    s = net_router(net, "s", NULL);
    t = net_router(net, "t", NULL);
    b = net_host(net, "b", host);
    net_link(net, a->node, "10.0.1.2/24", r->node, "10.0.1.1/24", 10 * MSEC);
    net_link(net, r->node, "10.0.2.1/24", s->node, "10.0.2.2/24", 10 * MSEC);
    net_link(net, s->node, "10.0.3.1/24", b->node, "10.0.3.2/24", 10 * MSEC);
    net_link(net, r->node, "10.0.4.1/24", t->node, "10.0.4.2/24", 10 * MSEC);
    net_link(net, t->node, "10.0.5.1/24", s->node, "10.0.5.2/24", 10 * MSEC);
    net_route(a, "0.0.0.0/0", "10.0.1.1");
    net_route(b, "0.0.0.0/0", "10.0.3.1");
    net_route(r, "10.0.3.0/24", "10.0.2.2");
    net_route(s, "10.0.1.0/24", "10.0.2.1");
    net_route(t, "10.0.3.0/24", "10.0.5.2");
    net_route(t, "10.0.1.0/24", "10.0.4.1");
    net_warm(net);
    listener = tcp_listen(stack_tcp(b), IP4_ANY, 80, 0, false, &err);
}

static void setup(void)
{
    StackConfig host = stack_config_default();
    host.tcp = course_config();
    build(&host);
}

static void teardown(void)
{
    conn_free(conn);
    conn_free(accepted);
    conn = accepted = NULL;
    listener_close(listener);
    net_free(net);
}

static void open_by(const IpOptions *o)
{
    conn = tcp_connect_options(stack_tcp(a), IP_NONE, 40000, ip("10.0.3.2"), 80, o, &err);
    ck_assert_int_eq(err, NET_OK);
}

static void open_and_accept(const IpOptions *o)
{
    open_by(o);
    net_run(net);
    accepted = listener_accept(listener);
    ck_assert_ptr_nonnull(accepted);
}

static TcpInfo info_of(const Conn *c)
{
    TcpInfo i;

    conn_info(c, &i);
    return i;
}

/* MUST-51, MUST-53: the SYN goes to the first router, and the SYN,ACK back as it came. What the
 * sums cover is where it ends: the log would say "malformed". */
START_TEST(an_open_may_carry_a_source_route)
{
    IpOptions o = by("10.0.1.1", "10.0.4.2", "10.0.3.2");

    open_by(&o);
    net_run_until(net, 75 * MSEC);
    ck_assert_str_eq(net_wire(net),
        "0.000 a>r 10.0.1.2.40000 > 10.0.1.1.80 tcp S seq 0:0 win 65535 len 0 mss 1460 "
            "lsrr[^ 10.0.4.2 10.0.3.2]\n"
        "0.010 r>t 10.0.1.2.40000 > 10.0.4.2.80 tcp S seq 0:0 win 65535 len 0 mss 1460 "
            "lsrr[10.0.4.1 ^ 10.0.3.2]\n"
        "0.020 t>s 10.0.1.2.40000 > 10.0.3.2.80 tcp S seq 0:0 win 65535 len 0 mss 1460 "
            "lsrr[10.0.4.1 10.0.5.1 ^]\n"
        "0.030 s>b 10.0.1.2.40000 > 10.0.3.2.80 tcp S seq 0:0 win 65535 len 0 mss 1460 "
            "lsrr[10.0.4.1 10.0.5.1 ^]\n"
        "0.040 b>s 10.0.3.2.80 > 10.0.5.1.40000 tcp S. seq 0:0 ack 1 win 65535 len 0 mss 1460 "
            "lsrr[^ 10.0.4.1 10.0.1.2]\n"
        "0.050 s>t 10.0.3.2.80 > 10.0.5.1.40000 tcp S. seq 0:0 ack 1 win 65535 len 0 mss 1460 "
            "lsrr[^ 10.0.4.1 10.0.1.2]\n"
        "0.060 t>r 10.0.3.2.80 > 10.0.4.1.40000 tcp S. seq 0:0 ack 1 win 65535 len 0 mss 1460 "
            "lsrr[10.0.4.2 ^ 10.0.1.2]\n"
        "0.070 r>a 10.0.3.2.80 > 10.0.1.2.40000 tcp S. seq 0:0 ack 1 win 65535 len 0 mss 1460 "
            "lsrr[10.0.4.2 10.0.1.1 ^]\n");
    net_run(net);
    accepted = listener_accept(listener);
}
END_TEST

/* MUST-53: "all segments sent on this connection", both ways, to the last; MUST-16: with so much
 * less text that they still fit. The MSS that is announced is what it is, RFC 6691. */
START_TEST(every_segment_takes_the_route)
{
    IpOptions o = by("10.0.1.1", "10.0.4.2", "10.0.3.2");
    uint8_t bytes[4000];

    open_and_accept(&o);
    ck_assert_uint_eq(info_of(conn).mss, 1460 - 12);
    ck_assert_uint_eq(info_of(accepted).mss, 1460 - 12);
    conn_send_pattern(conn, 0, 4000, &err);
    conn_send_pattern(accepted, 0, 4000, &err);
    net_run(net);
    ck_assert_uint_eq(conn_receive(conn, bytes, sizeof bytes, &err), 4000);
    ck_assert_uint_eq(conn_receive(accepted, bytes, sizeof bytes, &err), 4000);
    conn_close(conn);
    conn_close(accepted);
    net_run(net);
    ck_assert_uint_eq(net_count(net, " tcp "), 4 * net_count(net, "a>r") + 4 * net_count(net, "b>s"));
    ck_assert_uint_eq(net_count(net, "a>r 10.0.1.2.40000 > 10.0.1.1.80 tcp "), net_count(net, "a>r"));
    ck_assert_uint_eq(net_count(net, "lsrr["), net_count(net, " tcp "));
    ck_assert_uint_eq(net_count(net, "r>s"), 0);
    ck_assert_uint_eq(net_count(net, "len 1448 lsrr"), 16);
    ck_assert_uint_eq(net_count(net, "frag"), 0);
    ck_assert_str_eq(net_drops(net), "");
}
END_TEST

/* MUST-16: MIN(SendMSS + 20, MMS_S) - TCPhdrsize - IPoptionsize: of a peer that takes less than the
 * path, too, and less timestamps. */
START_TEST(a_small_peer_gets_less_still)
{
    StackConfig host = stack_config_default();
    host.tcp = course_config();
    host.tcp.mss = 600;
    host.tcp.timestamps = true;
    build(&host);
    IpOptions o = by("10.0.1.1", NULL, "10.0.3.2");
    ck_assert(ip_options_record(&o, 7));
    ck_assert_uint_eq(o.len, 40);
    open_and_accept(&o);
    ck_assert_uint_eq(info_of(conn).mss, 600 - 40 - 12);
    ck_assert_uint_eq(info_of(accepted).mss, 600 - 8 - 12);
    teardown();
}
END_TEST

/* The route is the only way: nothing else leads to b, and the first link is that to the router. */
START_TEST(a_route_needs_no_route)
{
    IpOptions o = by("10.0.1.1", "10.0.4.2", "10.0.3.2");

    ipv4_route_delete(a->ipv4, (IpPrefix){ ip("0.0.0.0"), 0 }, ROUTE_STATIC);
    ipv4_route_delete(b->ipv4, (IpPrefix){ ip("0.0.0.0"), 0 }, ROUTE_STATIC);
    net_route(b, "10.0.5.0/24", "10.0.3.1");
    ck_assert_ptr_null(tcp_connect(stack_tcp(a), IP_NONE, 0, ip("10.0.3.2"), 80, &err));
    ck_assert_int_eq(err, NET_ENETUNREACH);
    open_and_accept(&o);
    ck_assert_int_eq(conn_state(conn), TCP_ESTABLISHED);
    ck_assert_uint_eq(info_of(conn).mss, 1460 - 12);
    ck_assert_uint_eq(info_of(accepted).mss, 1460 - 12);
}
END_TEST

START_TEST(a_route_begins_at_one_other_host)
{
    static const char *const nowhere[] = { "10.0.1.2", "127.0.0.1", "10.0.1.255", "224.0.0.1" };

    for (size_t i = 0; i < G_N_ELEMENTS(nowhere); i++) {
        IpOptions o = by(nowhere[i], NULL, "10.0.3.2");
        ck_assert_ptr_null(tcp_connect_options(stack_tcp(a), IP_NONE, 0, ip("10.0.3.2"), 80, &o, &err));
        ck_assert_int_eq(err, NET_EINVAL);
    }
}
END_TEST

/* RFC 1812 §4.2.2.1 (c): whatever answers goes back as the question came. */
START_TEST(a_refusal_takes_the_route_back)
{
    IpOptions o = by("10.0.1.1", "10.0.4.2", "10.0.3.2");

    conn = tcp_connect_options(stack_tcp(a), IP_NONE, 40000, ip("10.0.3.2"), 81, &o, &err);
    net_run(net);
    ck_assert_int_eq(conn_error(conn), NET_ECONNREFUSED);
    ck_assert_uint_eq(net_count(net, "r>a 10.0.3.2.81 > 10.0.1.2.40000 tcp R. seq 0:0 ack 1 win 0 "
                                     "len 0 lsrr[10.0.4.2 10.0.1.1 ^]"), 1);
}
END_TEST

/* With SYN cookies nothing is kept of the SYN; the third segment shows the way again. */
START_TEST(a_cookie_takes_the_route_back)
{
    StackConfig host = stack_config_default();
    host.tcp = course_config();
    host.tcp.syncookies = TCP_COOKIES_ALWAYS;
    build(&host);
    IpOptions o = by("10.0.1.1", "10.0.4.2", "10.0.3.2");
    open_and_accept(&o);
    ck_assert_uint_eq(node_counter(b->node, COUNTER_TcpExtSyncookiesRecv), 1);
    ck_assert_uint_eq(info_of(accepted).ip_options.len, 12);
    ck_assert_uint_eq(net_count(net, "r>s") + net_count(net, "s>r"), 0);
    ck_assert_uint_eq(net_count(net, "b>s 10.0.3.2.80 > 10.0.5.1.40000 tcp S."), 1);
    teardown();
}
END_TEST

/* What routers say quotes the first stop, or the next, as the destination; it is about this
 * connection all the same. */
START_TEST(errors_find_their_connection)
{
    IpOptions o = by("10.0.1.1", "10.0.9.9", "10.0.3.2");

    open_by(&o);
    net_run_until(net, 100 * MSEC);
    ck_assert_uint_eq(net_count(net, "r>a 10.0.1.1 > 10.0.1.2 icmp 3/5"), 1);
    ck_assert_int_eq(conn_soft_error(conn), NET_EHOSTUNREACH);
    ck_assert_int_eq(conn_state(conn), TCP_SYN_SENT);
}
END_TEST

START_TEST(a_silent_first_stop_is_told)
{
    IpOptions o = by("10.0.1.77", NULL, "10.0.3.2");

    open_by(&o);
    net_run_until(net, 5 * SEC);
    ck_assert_int_eq(conn_soft_error(conn), NET_EHOSTUNREACH);
}
END_TEST

/* RFC 1191: the narrow link is behind the first stop. */
START_TEST(the_path_of_the_route_is_measured)
{
    LinkConfig narrow = link_defaults;
    IpOptions o = by("10.0.1.1", "10.0.4.2", "10.0.3.2");
    uint8_t bytes[5000];

    open_and_accept(&o);
    narrow.mtu = 1000;
    for (unsigned i = 0; i < 2; i++)
        link_set(net_iface(t, i)->port->out, &narrow);
    link_set(net_iface(r, 2)->port->out, &narrow);
    conn_send_pattern(conn, 0, 5000, &err);
    net_run(net);
    ck_assert_uint_eq(conn_receive(accepted, bytes, sizeof bytes, &err), 5000);
    ck_assert_uint_eq(info_of(conn).mss, 1000 - 40 - 12);
    ck_assert_uint_eq(net_count(net, "frag"), 0);
}
END_TEST

/* MAY-11: the routers fill it in, in every segment; the peer does not mind. */
START_TEST(an_open_may_record_its_route)
{
    IpOptions o = { .first = IP_NONE };

    ck_assert(ip_options_record(&o, 9));
    open_and_accept(&o);
    ck_assert_uint_eq(net_count(net, "s>b 10.0.1.2.40000 > 10.0.3.2.80 tcp S seq 0:0 win 65535 "
                                     "len 0 mss 1460 rr[10.0.1.2 10.0.2.1 10.0.3.1 ^ +6]"), 1);
    ck_assert_uint_eq(net_count(net, "s>b 10.0.1.2.40000 > 10.0.3.2.80 tcp . seq 1:1 ack 1 win 65535 "
                                     "len 0 rr[10.0.1.2 10.0.2.1 10.0.3.1 ^ +6]"), 1);
    ck_assert_uint_eq(net_count(net, "rr["), 6);
    ck_assert_uint_eq(info_of(conn).mss, 1460 - 40);
    ck_assert_uint_eq(info_of(accepted).mss, 1460);
}
END_TEST

/* MAY-10. */
START_TEST(an_open_may_ask_for_timestamps)
{
    IpOptions o = { .first = IP_NONE };

    ck_assert(ip_options_stamp(&o, IPV4_STAMP_ADDRS, NULL, 4));
    open_and_accept(&o);
    ck_assert_uint_eq(net_count(net, "s>b 10.0.1.2.40000 > 10.0.3.2.80 tcp S seq 0:0 win 65535 "
                                     "len 0 mss 1460 ts[10.0.1.2@0 10.0.2.1@10 10.0.3.1@20 ^ +1]"), 1);
    ck_assert_uint_eq(info_of(conn).mss, 1460 - 36);
}
END_TEST

/* --- one host, and a peer that is played ------------------------------------------------------ */

static TcpNet n;

/* A segment of the peer's with a source route that is used up: of `first`, and `second` if not 0. */
static void routed(uint8_t flags, uint32_t seq, uint32_t ack, size_t len, uint8_t first,
                   uint8_t second)
{
    uint8_t options[12] = { 131, second != 0 ? 11 : 7, second != 0 ? 12 : 8, 10, 0, 0, first,
                            10, 0, 0, second, 0 };
    uint8_t text[10] = { 0 };
    TcpHdr h = { .src_port = 5000, .dst_port = 80, .window = 8192, .seq = seq, .ack = ack,
                 .flags = flags };

    if (second == 0)
        options[7] = 0;
    peer_segment(&n, &h, (Span){ text, len }, (Span){ options, second != 0 ? 12 : first ? 8 : 0 });
    run_ms(&n, 10);
}

/* The peer has all the addresses: 10.0.0.2 is where its routes end, and what it records is what it
 * likes; ARP for the first stop of the way back is what we look at. */
static void listening(void)
{
    static const uint8_t stops[] = { 71, 72, 73 };
    TcpConfig cfg = peer_config();

    peer_init(&n, &cfg);
    for (size_t i = 0; i < G_N_ELEMENTS(stops); i++)
        arp_set(n.c->arp, net_iface(n.c, 0), ip_v4(0x0a000000u + stops[i]),
                (MacAddr){ { 2, 0, 0, 0, 0, stops[i] } }, true);
    n.listener = tcp_listen(stack_tcp(n.c), IP4_ANY, 80, 0, false, &err);
}

static void expect_last(const char *text)
{
    const char *wire = net_wire(n.net), *line = wire + strlen(wire) - 1;

    while (line > wire && line[-1] != '\n')
        line--;
    ck_assert_msg(strstr(line, text) != NULL, "%s: %s", text, line);
}

/* SHLD-24: a later route replaces the first, one that is longer or shorter, and holds for segments
 * without any. */
START_TEST(a_later_route_replaces_the_first)
{
    listening();
    routed(TCP_SYN, 300, 0, 0, 71, 0);
    expect_last("> 10.0.0.71.5000 tcp S. seq 100:100 ack 301 win 8192 len 0 mss 1460 lsrr[^ 10.0.0.2]");
    routed(TCP_ACK, 301, 101, 0, 0, 0);
    n.conn = must_accept(&n);
    ck_assert_uint_eq(info_of(n.conn).mss, 536 - 8);
    routed(TCP_ACK | TCP_PSH, 301, 101, 10, 72, 73);
    expect_last("> 10.0.0.73.5000 tcp . seq 101:101 ack 311 win 8182 len 0 lsrr[^ 10.0.0.72 10.0.0.2]");
    ck_assert_uint_eq(info_of(n.conn).mss, 536 - 12);
    routed(TCP_ACK | TCP_PSH, 311, 101, 10, 0, 0);
    expect_last("> 10.0.0.73.5000 tcp . seq 101:101 ack 321 win 8172 len 0 lsrr[^ 10.0.0.72 10.0.0.2]");
    routed(TCP_ACK | TCP_PSH, 321, 101, 10, 71, 0);
    expect_last("> 10.0.0.71.5000 tcp . seq 101:101 ack 331 win 8162 len 0 lsrr[^ 10.0.0.2]");
    ck_assert_uint_eq(info_of(n.conn).mss, 536 - 8);
    tcpnet_free(&n);
}
END_TEST

/* Whoever could only guess the sequence numbers does not lead the connection elsewhere: RFC 9293
 * §3.10.7.4, an unacceptable segment is dropped. */
START_TEST(a_segment_out_of_window_changes_no_route)
{
    listening();
    routed(TCP_SYN, 300, 0, 0, 71, 0);
    routed(TCP_ACK, 301, 101, 0, 0, 0);
    n.conn = must_accept(&n);
    routed(TCP_ACK | TCP_PSH, 90000, 101, 10, 72, 0);
    expect_last("> 10.0.0.71.5000 tcp . seq 101:101 ack 301 win 8192 len 0 lsrr[^ 10.0.0.2]");
    routed(TCP_ACK | TCP_PSH, 301, 77777, 10, 72, 0);
    expect_last("> 10.0.0.71.5000 tcp . seq 101:101 ack 301 win 8192 len 0 lsrr[^ 10.0.0.2]");
    tcpnet_free(&n);
}
END_TEST

/* MUST-52: the SYN,ACK comes by another way than that the program has asked for, and data by a
 * third. */
START_TEST(a_route_asked_for_outranks_one_received)
{
    IpOptions o = by("10.0.0.71", NULL, "10.0.0.2");

    listening();
    listener_close(n.listener);
    n.listener = NULL;
    n.conn = tcp_connect_options(stack_tcp(n.c), IP_NONE, 80, ip("10.0.0.2"), 5000, &o, &err);
    expect_last("> 10.0.0.71.5000 tcp S seq 100:100 win 8192 len 0 mss 1460 lsrr[^ 10.0.0.2]");
    routed(TCP_SYN | TCP_ACK, 300, 101, 0, 72, 0);
    expect_last("> 10.0.0.71.5000 tcp . seq 101:101 ack 301 win 8192 len 0 lsrr[^ 10.0.0.2]");
    routed(TCP_ACK | TCP_PSH, 301, 101, 10, 72, 73);
    expect_last("> 10.0.0.71.5000 tcp . seq 101:101 ack 311 win 8182 len 0 lsrr[^ 10.0.0.2]");
    tcpnet_free(&n);
}
END_TEST

Suite *tcp_route_suite(void);
Suite *tcp_route_suite(void)
{
    Suite *suite = suite_create("tcp_route");
    TCase *tc = tcase_create("routes");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_open_may_carry_a_source_route);
    tcase_add_test(tc, every_segment_takes_the_route);
    tcase_add_test(tc, a_route_needs_no_route);
    tcase_add_test(tc, a_route_begins_at_one_other_host);
    tcase_add_test(tc, a_refusal_takes_the_route_back);
    tcase_add_test(tc, errors_find_their_connection);
    tcase_add_test(tc, a_silent_first_stop_is_told);
    tcase_add_test(tc, the_path_of_the_route_is_measured);
    tcase_add_test(tc, an_open_may_record_its_route);
    tcase_add_test(tc, an_open_may_ask_for_timestamps);
    suite_add_tcase(suite, tc);
    tc = tcase_create("knobs");
    tcase_add_test(tc, a_small_peer_gets_less_still);
    tcase_add_test(tc, a_cookie_takes_the_route_back);
    suite_add_tcase(suite, tc);
    tc = tcase_create("a peer");
    tcase_add_test(tc, a_later_route_replaces_the_first);
    tcase_add_test(tc, a_segment_out_of_window_changes_no_route);
    tcase_add_test(tc, a_route_asked_for_outranks_one_received);
    suite_add_tcase(suite, tc);
    return suite;
}
