/*
 * test_icmp.c - echo, errors out and in, and what nothing is ever said about.
 */
/* SPDX-License-Identifier: MIT */
#include "support/net.h"

#include <check.h>
#include <string.h>

/* a - r - b, warm; a is 10.0.1.2, b is 10.0.2.2, r is .1 on both. */
static Net *net;
static Stack *a, *r, *b;

typedef struct Told {
    unsigned    n, errors;
    PingReply   last;
    IpErrorKind kind;
    uint32_t    mtu;
    IpAddr      reporter;
} Told;

static void on_reply(void *self, const PingReply *reply)
{
    Told *told = self;

    told->n++;
    told->last = *reply;
    if (reply->err != NULL) {
        told->errors++;
        told->kind = reply->err->kind;
        told->mtu = reply->err->mtu;
        told->reporter = reply->err->reporter;
    }
}

static void build(const StackConfig *cfg)
{
    LinkConfig slow = link_defaults;

    slow.delay = 10 * MSEC;
    slow.mtu = 1400;
    net = net_new(1);
    a = net_host(net, "a", cfg);
    r = net_router(net, "r", cfg);
    b = net_host(net, "b", cfg);
    net_link(net, a->node, "10.0.1.2/24", r->node, "10.0.1.1/24", 10 * MSEC);
    net_link_with(net, r->node, "10.0.2.1/24", b->node, "10.0.2.2/24", &slow);
    net_route(a, "0.0.0.0/0", "10.0.1.1");
    net_route(b, "0.0.0.0/0", "10.0.2.1");
    net_warm(net);
}

static void setup(void)
{
    build(NULL);
}

static void teardown(void)
{
    net_free(net);
}

/* One echo request from a, and all that comes of it. */
static Told ping(const char *dst, size_t size, uint8_t ttl, bool df)
{
    Told told = { 0 };
    Ping *p = icmp_ping_open(a->icmp, on_reply, &told);

    icmp_ping_send(p, ip(dst), 1, size, ttl, df, NULL);
    net_run(net);
    icmp_ping_close(p);
    return told;
}

START_TEST(an_echo_comes_back_with_the_same_data)
{
    Told told = ping("10.0.2.2", 56, 0, false);

    ck_assert_str_eq(net_wire(net),
                     "0.000 a>r 10.0.1.2 > 10.0.2.2 icmp echo-request id 1 seq 1 len 56\n"
                     "0.010 r>b 10.0.1.2 > 10.0.2.2 icmp echo-request id 1 seq 1 len 56\n"
                     "0.020 b>r 10.0.2.2 > 10.0.1.2 icmp echo-reply id 1 seq 1 len 56\n"
                     "0.030 r>a 10.0.2.2 > 10.0.1.2 icmp echo-reply id 1 seq 1 len 56\n");
    ck_assert_uint_eq(told.n, 1);
    ck_assert_ptr_null(told.last.err);
    ck_assert_uint_eq(told.last.ttl, 63);
    ck_assert_uint_eq(told.last.size, 56);
    ck_assert(ip_equal(told.last.from, ip("10.0.2.2")));
    ck_assert_int_eq(sim_now(net->sim), 40 * MSEC);
    ck_assert_uint_eq(node_counter(b->node, COUNTER_IcmpInEchos), 1);
    ck_assert_uint_eq(node_counter(b->node, COUNTER_IcmpOutEchoReps), 1);
}
END_TEST

START_TEST(a_router_answers_from_the_address_that_was_asked)
{
    Told told = ping("10.0.2.1", 0, 0, false);

    ck_assert_uint_eq(told.n, 1);
    ck_assert(ip_equal(told.last.from, ip("10.0.2.1")));
    ck_assert_uint_eq(net_count(net, "10.0.2.1 > 10.0.1.2 icmp echo-reply"), 1);
}
END_TEST

START_TEST(a_host_can_ping_itself)
{
    ck_assert_uint_eq(ping("127.0.0.1", 56, 0, false).n, 1);
    ck_assert_uint_eq(ping("10.0.1.2", 60000, 0, false).n, 1);
    ck_assert_str_eq(net_wire(net), "");
    ck_assert_int_eq(sim_now(net->sim), 0);
}
END_TEST

START_TEST(no_answer_to_a_broadcast)
{
    ck_assert_uint_eq(ping("10.0.1.255", 56, 0, false).n, 0);
    ck_assert_uint_eq(ping("224.0.0.1", 56, 0, false).n, 0);
    ck_assert_uint_eq(net_count(net, "a>r"), 2);
    ck_assert_str_eq(net_drops(net), "r icmp.ignored\nr icmp.ignored\n");
}
END_TEST

START_TEST(the_time_to_live_ends_at_the_router_nearest_to_its_end)
{
    Told told = ping("10.0.2.2", 56, 1, false);

    ck_assert_uint_eq(told.errors, 1);
    ck_assert_int_eq(told.kind, IP_ERR_TTL_EXCEEDED);
    ck_assert(ip_equal(told.reporter, ip("10.0.1.1")));
    ck_assert_uint_eq(told.last.seq, 1);
    ck_assert_str_eq(net_drops(net), "r ip.ttl\n");
    ck_assert_uint_eq(net_count(net, "10.0.1.1 > 10.0.1.2 icmp 11/0 len 92"), 1);
}
END_TEST

START_TEST(no_route_means_net_unreachable)
{
    Told told = ping("192.0.2.1", 56, 0, false);

    ck_assert_int_eq(told.kind, IP_ERR_NET_UNREACHABLE);
    ck_assert_str_eq(net_drops(net), "r ip.no-route\n");
    ck_assert_uint_eq(net_count(net, "icmp 3/0"), 1);
}
END_TEST

START_TEST(an_unreachable_route_says_so_and_a_black_hole_nothing)
{
    net_route(r, "192.0.2.0/24", NULL);
    ipv4_route_add(r->ipv4, &(Route){ .prefix = { ip("10.66.0.0"), 16 }, .kind = ROUTE_BLACKHOLE,
                                      .origin = ROUTE_STATIC });
    Told told = ping("192.0.2.1", 56, 0, false);
    ck_assert_int_eq(told.kind, IP_ERR_HOST_UNREACHABLE);
    ck_assert_uint_eq(net_count(net, "icmp 3/1"), 1);
    ck_assert_uint_eq(ping("10.66.1.1", 56, 0, false).n, 0);
    ck_assert_str_eq(net_drops(net), "r ip.unreachable\nr ip.blackhole\n");
}
END_TEST

START_TEST(a_silent_next_hop_is_reported_by_the_router)
{
    Told told = ping("10.0.2.99", 56, 0, false);

    ck_assert_int_eq(told.kind, IP_ERR_HOST_UNREACHABLE);
    ck_assert(ip_equal(told.reporter, ip("10.0.1.1")));
    ck_assert_uint_eq(net_count(net, "arp who-has 10.0.2.99"), 3);
    ck_assert_uint_eq(net_count(net, "icmp 3/1"), 1);
    ck_assert_ptr_nonnull(strstr(net_drops(net), "r arp.unresolved\n"));
}
END_TEST

START_TEST(a_silent_neighbour_is_reported_by_the_host_itself)
{
    Told told = ping("10.0.1.99", 56, 0, false);

    ck_assert_uint_eq(told.errors, 1);
    ck_assert_int_eq(told.kind, IP_ERR_HOST_UNREACHABLE);
    ck_assert(ip_equal(told.reporter, ip("10.0.1.2")));
    ck_assert_uint_eq(net_count(net, "icmp"), 0);
}
END_TEST

START_TEST(too_big_with_df_tells_the_next_mtu_which_is_remembered)
{
    Told told = ping("10.0.2.2", 1450, 0, true);

    ck_assert_int_eq(told.kind, IP_ERR_TOO_BIG);
    ck_assert_uint_eq(told.mtu, 1400);
    ck_assert_uint_eq(net_count(net, "icmp 3/4 mtu 1400 len 556"), 1);
    ck_assert_uint_eq(ip_mtu(a, ip("10.0.2.2"), NULL), 1380);
    ck_assert_uint_eq(ip_mtu(a, ip("10.0.1.1"), NULL), 1480);
    ck_assert_int_eq(told.last.seq, 1);

    net_clear(net);
    ck_assert_uint_eq(ping("10.0.2.2", 1450, 0, true).n, 0);
    ck_assert_str_eq(net_drops(net), "a ip.df\n");
    ck_assert_uint_eq(ping("10.0.2.2", 1450, 0, false).n, 1);
    ck_assert_uint_eq(net_count(net, "a>r"), 2);
    net_run_until(net, 11 * MINUTE);
    net->sim->sched.now = 11 * MINUTE;
    ck_assert_uint_eq(ip_mtu(a, ip("10.0.2.2"), NULL), 1480);
}
END_TEST

START_TEST(quotes_as_much_as_the_knob_says)
{
    StackConfig cfg = stack_config_default();

    net_free(net);
    cfg.ipv4.icmp_quote = 8;
    build(&cfg);
    ck_assert_int_eq(ping("10.0.2.2", 56, 1, false).kind, IP_ERR_TTL_EXCEEDED);
    ck_assert_uint_eq(net_count(net, "icmp 11/0 len 36"), 1);
}
END_TEST

static void inject_icmp(uint8_t type, uint8_t code, uint32_t rest, Span data)
{
    uint8_t msg[256];

    memcpy(msg + ICMP_HDR_LEN, data.p, data.n);
    icmp_encode(&(IcmpHdr){ .type = type, .code = code, .rest = rest },
                (Span){ msg + ICMP_HDR_LEN, data.n }, msg);
    Ipv4Hdr h = { .src = ip("10.0.1.1"), .dst = ip("10.0.1.2"), .ttl = 64, .proto = IPPROTO_ICMP4 };
    net_inject_ip(net_iface(r, 0), net_iface(a, 0), &h, (Span){ msg, ICMP_HDR_LEN + data.n });
    net_run(net);
}

/* What the errors below quote: a UDP datagram of a's, or not. */
static Span quote(const char *src, uint16_t frag_off, size_t len)
{
    static uint8_t bytes[64];
    Ipv4Hdr h = { .src = ip(src), .dst = ip("10.0.2.2"), .ttl = 1, .proto = IPPROTO_UDP4,
                  .total_len = 28, .frag_off = frag_off };

    memset(bytes, 0, sizeof bytes);
    ipv4_encode(&h, bytes);
    return (Span){ bytes, len };
}

static const struct {
    const char *what;
    uint8_t     type;
    const char *src;
    uint16_t    frag_off;
    size_t      len;
    const char *drops;
} odd[] = {
    { "unknown type", 99, "10.0.1.2", 0, 28, "a icmp.type\n" },
    { "source quench", ICMP_SOURCE_QUENCH, "10.0.1.2", 0, 28, "a icmp.ignored\n" },
    { "redirect", ICMP_REDIRECT, "10.0.1.2", 0, 28, "a icmp.ignored\n" },
    { "unasked reply", ICMP_ECHO_REPLY, "10.0.1.2", 0, 28, "a icmp.no-taker\n" },
    { "error about a stranger", ICMP_UNREACHABLE, "10.0.9.9", 0, 28, "a icmp.no-taker\n" },
    { "error about a later fragment", ICMP_UNREACHABLE, "10.0.1.2", 8, 28, "a icmp.no-taker\n" },
    { "quotes less than 8 bytes", ICMP_TIME_EXCEEDED, "10.0.1.2", 0, 27, "a icmp.short\n" },
    { "quotes no header", ICMP_PARAMETER_PROBLEM, "10.0.1.2", 0, 19, "a icmp.short\n" },
    { "about a datagram of ours", ICMP_UNREACHABLE, "10.0.1.2", 0, 28, "" },
};

START_TEST(odd_messages_are_dropped_each_for_its_reason)
{
    inject_icmp(odd[_i].type, 0, 0, quote(odd[_i].src, odd[_i].frag_off, odd[_i].len));
    ck_assert_msg(strcmp(net_drops(net), odd[_i].drops) == 0, "%s: %s", odd[_i].what,
                  net_drops(net));
    ck_assert_uint_eq(net_count(net, "a>r"), 0);
}
END_TEST

START_TEST(a_wrong_checksum_is_dropped)
{
    uint8_t msg[ICMP_HDR_LEN] = { ICMP_ECHO, 0, 1, 2, 0, 7, 0, 1 };
    Ipv4Hdr h = { .src = ip("10.0.1.1"), .dst = ip("10.0.1.2"), .ttl = 64, .proto = IPPROTO_ICMP4 };

    net_inject_ip(net_iface(r, 0), net_iface(a, 0), &h, (Span){ msg, sizeof msg });
    net_run(net);
    ck_assert_str_eq(net_drops(net), "a icmp.checksum\n");
    ck_assert_uint_eq(node_counter(a->node, COUNTER_IcmpInErrors), 1);
}
END_TEST

/* RFC 1122 §3.2.2: what no error is sent about. Each would get "protocol unreachable" or worse. */
static const struct {
    const char *what, *src, *dst;
    bool        to_all;
    uint8_t     proto;
    uint16_t    frag_off;
} unspeakable[] = {
    { "a broadcast", "10.0.1.1", "10.0.1.255", true, 99, 0 },
    { "the limited broadcast", "10.0.1.1", "255.255.255.255", true, 99, 0 },
    { "a link-layer broadcast", "10.0.1.1", "10.0.1.2", true, 99, 0 },
    { "an ICMP error", "10.0.1.1", "10.0.1.2", false, IPPROTO_ICMP4, 0 },
};

START_TEST(nothing_is_said_about)
{
    static const uint8_t error[8] = { ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE };
    Ipv4Hdr h = { .src = ip(unspeakable[_i].src), .dst = ip(unspeakable[_i].dst), .ttl = 64,
                  .proto = unspeakable[_i].proto, .frag_off = unspeakable[_i].frag_off };

    net_inject_ip(net_iface(r, 0), unspeakable[_i].to_all ? NULL : net_iface(a, 0), &h,
                  (Span){ error, sizeof error });
    net_run(net);
    ck_assert_msg(net_count(net, "a>r") == 0, "%s: %s", unspeakable[_i].what, net_wire(net));
    ck_assert_str_ne(net_drops(net), "");
}
END_TEST

START_TEST(an_icmp_error_whose_time_ran_out_is_not_answered)
{
    static const uint8_t error[8] = { ICMP_TIME_EXCEEDED };
    Ipv4Hdr h = { .src = ip("10.0.1.2"), .dst = ip("10.0.2.2"), .ttl = 1, .proto = IPPROTO_ICMP4 };

    net_inject_ip(net_iface(a, 0), net_iface(r, 0), &h, (Span){ error, sizeof error });
    net_run(net);
    ck_assert_str_eq(net_drops(net), "r ip.ttl\n");
    ck_assert_uint_eq(net_count(net, "r>a"), 0);
}
END_TEST

START_TEST(an_unknown_protocol_is_reported)
{
    Ipv4Hdr h = { .src = ip("10.0.1.1"), .dst = ip("10.0.1.2"), .ttl = 64, .proto = 99 };

    net_inject_ip(net_iface(r, 0), net_iface(a, 0), &h, (Span){ (const uint8_t *)"hello", 5 });
    net_run(net);
    ck_assert_str_eq(net_drops(net), "a ip.protocol\nr icmp.short\n");
    ck_assert_uint_eq(net_count(net, "a>r 10.0.1.2 > 10.0.1.1 icmp 3/2 len 33"), 1);
}
END_TEST

/* on_reply may close its own ping, and others see theirs. */
static void close_at_once(void *self, const PingReply *reply)
{
    Ping **p = self;

    ck_assert_ptr_nonnull(reply);
    icmp_ping_close(*p);
    *p = NULL;
}

START_TEST(a_ping_may_be_closed_by_its_reply)
{
    Ping *p = icmp_ping_open(a->icmp, close_at_once, &p);

    for (uint16_t seq = 1; seq <= 3; seq++)
        ck_assert_int_eq(icmp_ping_send(p, ip("10.0.1.1"), seq, 8, 0, false, NULL), DROP_NONE);
    net_run(net);
    ck_assert_ptr_null(p);
    ck_assert_str_eq(net_drops(net), "");
}
END_TEST

START_TEST(pings_have_ids_of_their_own)
{
    Told one = { 0 }, two = { 0 };
    Ping *p = icmp_ping_open(a->icmp, on_reply, &one), *q = icmp_ping_open(a->icmp, on_reply, &two);

    icmp_ping_send(p, ip("10.0.1.1"), 5, 8, 0, false, NULL);
    icmp_ping_send(q, ip("10.0.1.1"), 6, 8, 0, false, NULL);
    icmp_ping_send(q, ip("10.0.1.1"), 7, 8, 0, false, NULL);
    ck_assert_uint_eq(icmp_ping_send(q, ip("10.0.1.1"), 8, PING_SIZE_MAX + 1, 0, false, NULL),
                      DROP_IP_LENGTH);
    net_run(net);
    ck_assert_uint_eq(one.n, 1);
    ck_assert_uint_eq(one.last.seq, 5);
    ck_assert_uint_eq(two.n, 2);
    ck_assert_uint_eq(two.last.seq, 7);
    icmp_ping_close(p);
    icmp_ping_close(q);
}
END_TEST

Suite *icmp_suite(void);
Suite *icmp_suite(void)
{
    Suite *suite = suite_create("icmp");
    TCase *tc = tcase_create("icmp");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_echo_comes_back_with_the_same_data);
    tcase_add_test(tc, a_router_answers_from_the_address_that_was_asked);
    tcase_add_test(tc, a_host_can_ping_itself);
    tcase_add_test(tc, no_answer_to_a_broadcast);
    tcase_add_test(tc, the_time_to_live_ends_at_the_router_nearest_to_its_end);
    tcase_add_test(tc, no_route_means_net_unreachable);
    tcase_add_test(tc, an_unreachable_route_says_so_and_a_black_hole_nothing);
    tcase_add_test(tc, a_silent_next_hop_is_reported_by_the_router);
    tcase_add_test(tc, a_silent_neighbour_is_reported_by_the_host_itself);
    tcase_add_test(tc, too_big_with_df_tells_the_next_mtu_which_is_remembered);
    tcase_add_test(tc, quotes_as_much_as_the_knob_says);
    tcase_add_loop_test(tc, odd_messages_are_dropped_each_for_its_reason, 0, G_N_ELEMENTS(odd));
    tcase_add_test(tc, a_wrong_checksum_is_dropped);
    tcase_add_loop_test(tc, nothing_is_said_about, 0, G_N_ELEMENTS(unspeakable));
    tcase_add_test(tc, an_icmp_error_whose_time_ran_out_is_not_answered);
    tcase_add_test(tc, an_unknown_protocol_is_reported);
    tcase_add_test(tc, a_ping_may_be_closed_by_its_reply);
    tcase_add_test(tc, pings_have_ids_of_their_own);
    suite_add_tcase(suite, tc);
    return suite;
}
