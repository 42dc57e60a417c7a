/*
 * test_ipv4_frag.c - datagrams cut to pieces, and put together again in whatever order they come.
 */
/* SPDX-License-Identifier: MIT */
#include "support/net.h"

#include <check.h>
#include <string.h>

/* a - r - b; the second cable is narrow. s on b has port 9. */
static Net *net;
static Stack *a, *r, *b;
static UdpSock *s;

static void build(const StackConfig *cfg)
{
    LinkConfig narrow = link_defaults;
    NetError err;

    narrow.mtu = 600;
    net = net_new(1);
    a = net_host(net, "a", cfg);
    r = net_router(net, "r", cfg);
    b = net_host(net, "b", cfg);
    net_link(net, a->node, "10.0.1.2/24", r->node, "10.0.1.1/24", 0);
    net_link_with(net, r->node, "10.0.2.1/24", b->node, "10.0.2.2/24", &narrow);
    net_route(a, "0.0.0.0/0", "10.0.1.1");
    net_route(b, "0.0.0.0/0", "10.0.2.1");
    net_warm(net);
    s = udp_open(stack_udp(b), IP4_ANY, 9, &err);
    ck_assert_ptr_nonnull(s);
}

static void setup(void)
{
    build(NULL);
}

static void teardown(void)
{
    udp_close(s);
    net_free(net);
}

/* What waits at s must be `n` bytes of the pattern i*7; 0: nothing waits. */
static void expect_received(size_t n)
{
    IpAddr from;
    uint16_t port;
    NetError err;
    Packet *pkt = udp_receive(s, &from, &port, &err);

    if (n == 0) {
        ck_assert_ptr_null(pkt);
        return;
    }
    ck_assert_ptr_nonnull(pkt);
    ck_assert_uint_eq(pkt->len, n);
    for (size_t i = 0; i < n; i++)
        ck_assert_uint_eq(pkt->data[i], (uint8_t)(i * 7));
    packet_free(pkt);
}

static void send_pattern(size_t n)
{
    NetError err;
    UdpSock *from = udp_open(stack_udp(a), IP4_ANY, 0, &err);
    uint8_t *data = g_malloc(n);

    for (size_t i = 0; i < n; i++)
        data[i] = (uint8_t)(i * 7);
    ck_assert_int_eq(udp_send(from, (Span){ data, n }, ip("10.0.2.2"), 9), NET_OK);
    g_free(data);
    net_run(net);
    udp_close(from);
}

START_TEST(a_router_cuts_what_the_next_link_cannot_carry)
{
    send_pattern(1400);
    ck_assert_uint_eq(net_count(net, "a>r"), 1);
    ck_assert_uint_eq(net_count(net, "frag 1 at 0+ len 576"), 1);
    ck_assert_uint_eq(net_count(net, "frag 1 at 576+ len 576"), 1);
    ck_assert_uint_eq(net_count(net, "frag 1 at 1152 len 256"), 1);
    expect_received(1400);
    ck_assert_uint_eq(node_counter(r->node, COUNTER_IpFragOKs), 1);
    ck_assert_uint_eq(node_counter(r->node, COUNTER_IpFragCreates), 3);
    ck_assert_uint_eq(node_counter(b->node, COUNTER_IpReasmOKs), 1);
}
END_TEST

START_TEST(fragments_are_cut_again)
{
    send_pattern(4000);
    ck_assert_uint_eq(net_count(net, "a>r"), 3);
    ck_assert_uint_eq(net_count(net, "at 3456+ len 544"), 0);
    expect_received(4000);
    send_pattern(UDP_DATA_MAX);
    expect_received(UDP_DATA_MAX);
    ck_assert_str_eq(net_drops(net), "");
}
END_TEST

/* --- fragments by hand, from r to b ----------------------------------------------------------- */

static uint8_t datagram[65535];

static void make_datagram(size_t n)
{
    UdpHdr u = { .src_port = 7, .dst_port = 9, .length = (uint16_t)(UDP_HDR_LEN + n) };

    for (size_t i = 0; i < n; i++)
        datagram[UDP_HDR_LEN + i] = (uint8_t)(i * 7);
    udp_encode(&u, datagram); /* without a checksum */
}

static void inject(uint16_t id, size_t from, size_t to, bool more)
{
    Ipv4Hdr h = { .src = ip("10.0.1.2"), .dst = ip("10.0.2.2"), .ttl = 9, .proto = IPPROTO_UDP4,
                  .id = id, .frag_off = (uint16_t)from, .mf = more };

    net_inject_ip(net_iface(r, 1), net_iface(b, 0), &h, (Span){ datagram + from, to - from });
}

START_TEST(any_order_will_do)
{
    static const struct { size_t from, to; } parts[] = { { 0, 200 }, { 200, 480 }, { 480, 488 },
                                                         { 488, 508 } };
    static const unsigned char orders[][4] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 1, 3, 0, 2 },
                                               { 2, 0, 3, 1 } };

    make_datagram(500);
    for (int i = 0; i < 4; i++) {
        unsigned k = orders[_i][i];
        expect_received(0);
        inject(5, parts[k].from, parts[k].to, k < 3);
        net_run_until(net, MSEC);
    }
    expect_received(500);
}
END_TEST

START_TEST(a_repeated_fragment_is_dropped)
{
    make_datagram(500);
    inject(5, 0, 256, true);
    inject(5, 0, 256, true);
    inject(5, 64, 128, true);
    inject(5, 256, 508, false);
    net_run(net);
    ck_assert_str_eq(net_drops(net), "b ip.frag-duplicate\nb ip.frag-duplicate\n");
    expect_received(500);
}
END_TEST

START_TEST(where_fragments_overlap_the_first_to_come_counts)
{
    make_datagram(500);
    inject(5, 128, 256, true);
    net_run_until(net, 1);
    memset(datagram + 128, 0xee, 128);
    inject(5, 64, 320, true);
    net_run_until(net, 2);
    memset(datagram + 64, 0xdd, 256);
    inject(5, 0, 128, true);
    inject(5, 256, 508, false);
    net_run_until(net, 3);
    make_datagram(500);
    inject(6, 0, 8, true); /* another datagram is another matter */
    expect_received(500);
    net_run(net);
}
END_TEST

static const struct {
    const char *what;
    size_t      from, to;
    bool        more;
} unfit[] = {
    { "not the last, and no multiple of 8", 8, 20, true },
    { "empty", 8, 8, false },
    { "beyond 64 KiB", 65528, 65535, false },
    { "beyond the end", 504, 520, true },
    { "another end", 496, 500, false },
    { "an end before what is here", 256, 300, false },
};

START_TEST(a_fragment_that_fits_nowhere_is_dropped)
{
    make_datagram(500);
    inject(5, 504, 508, false);
    inject(5, 256, 504, true);
    inject(5, unfit[_i].from, unfit[_i].to, unfit[_i].more);
    net_run_until(net, MSEC);
    ck_assert_msg(strcmp(net_drops(net), "b ip.frag-bad\n") == 0, "%s: %s", unfit[_i].what,
                  net_drops(net));
    inject(5, 0, 256, true);
    net_run(net);
    expect_received(500);
}
END_TEST

START_TEST(an_end_before_what_has_come_is_dropped)
{
    make_datagram(500);
    inject(5, 256, 504, true);
    inject(5, 8, 100, false);
    net_run_until(net, MSEC);
    ck_assert_str_eq(net_drops(net), "b ip.frag-bad\n");
    net_run(net);
}
END_TEST

START_TEST(after_a_minute_the_sender_is_told)
{
    make_datagram(500);
    inject(5, 0, 256, true);
    inject(5, 400, 508, false);
    net_run_until(net, 40 * SEC);
    inject(5, 256, 264, true); /* does not prolong it */
    net_run(net);
    ck_assert_int_eq(sim_now(net->sim), 60 * SEC);
    ck_assert_str_eq(net_drops(net), "b ip.frag-timeout\nb ip.frag-timeout\nb ip.frag-timeout\n");
    ck_assert_uint_eq(net_count(net, "10.0.2.2 > 10.0.1.2 icmp 11/1 len 284"), 2);
    ck_assert_uint_eq(node_counter(b->node, COUNTER_IpReasmTimeout), 1);
}
END_TEST

START_TEST(without_the_first_fragment_nobody_can_be_told)
{
    make_datagram(500);
    inject(5, 256, 508, false);
    net_run(net);
    ck_assert_int_eq(sim_now(net->sim), 60 * SEC);
    ck_assert_str_eq(net_drops(net), "b ip.frag-timeout\n");
    ck_assert_uint_eq(net_count(net, "icmp"), 0);
}
END_TEST

START_TEST(when_memory_is_short_the_oldest_makes_room)
{
    StackConfig cfg = stack_config_default();

    teardown();
    cfg.ipv4.reassembly_memory = 8 * 2048;
    build(&cfg);
    make_datagram(500);
    for (uint16_t id = 1; id <= 20; id++)
        inject(id, 0, 256, true);
    net_run_until(net, MSEC);
    uint64_t made_room = b->node->drops[DROP_IP_FRAG_OVERFLOW];
    ck_assert_uint_ge(made_room, 10);
    ck_assert_uint_lt(made_room, 20);
    inject(20, 256, 508, false);
    net_run_until(net, 2 * MSEC);
    expect_received(500);
    inject(1, 256, 508, false);
    net_run_until(net, 3 * MSEC);
    expect_received(0);
    net_run(net);
}
END_TEST

START_TEST(a_crash_forgets_fragments)
{
    make_datagram(500);
    inject(5, 0, 256, true);
    net_run_until(net, MSEC);
    stack_crash(b);
    net_run(net);
    ck_assert_int_eq(sim_now(net->sim), MSEC);
    ck_assert_str_eq(net_drops(net), "b link.host-down\n");
}
END_TEST

START_TEST(only_copied_options_go_into_later_fragments)
{
    Ipv4Hdr h = { .src = ip("10.0.1.2"), .dst = ip("10.0.2.2"), .ttl = 9, .proto = IPPROTO_UDP4,
                  .id = 5, .options_len = 12 };
    static const uint8_t options[12] = { 7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 0 };

    memcpy(h.options, options, sizeof options);
    make_datagram(1000);
    net_inject_ip(net_iface(a, 0), net_iface(r, 0), &h, (Span){ datagram, 1008 });
    net_run(net);
    ck_assert_uint_eq(net_count(net, "r>b"), 2);
    ck_assert_uint_eq(net_count(net, "at 0+ len 568"), 1); /* 600 - 32, in eights */
    ck_assert_uint_eq(net_count(net, "at 568 len 440"), 1);
    expect_received(1000);
}
END_TEST

/* The whole carries the first fragment's id, wherever it is dropped. */
static uint64_t first_id, dropped_id;

static void see_ids(void *self, const TraceEvent *ev)
{
    (void)self;
    if (ev->point == &LINK_ENQUEUED && first_id == 0)
        first_id = ev->pkt->id;
    if (ev->point == &PACKET_DROPPED) {
        dropped_id = ev->pkt->id;
        ck_assert_uint_eq(packet_frame(ev->pkt).n, ETH_HDR_LEN + IPV4_HDR_LEN + 508);
    }
}

START_TEST(what_was_put_together_keeps_the_first_fragments_id)
{
    first_id = dropped_id = 0;
    trace_add_sink(&net->sim->trace, TRACE_LINK | TRACE_DROP, see_ids, &first_id);
    make_datagram(500);
    put16(datagram + 2, 10); /* nobody has port 10 */
    inject(5, 0, 256, true);
    inject(5, 256, 508, false);
    net_run_until(net, 0);
    ck_assert_uint_eq(dropped_id, first_id);
    ck_assert_uint_eq(net_count(net, "icmp 3/3 len 536"), 2);
    trace_remove_sink(&net->sim->trace, &first_id);
}
END_TEST

/* Random cuts, orders, repetitions and overlaps, of many datagrams at once. */
START_TEST(random_pieces_become_the_datagrams_they_were)
{
    enum { PIECES = 400 };
    Rng rng;
    size_t size = 4000;
    bool covered[2000] = { false };

    rng_init(&rng, (uint64_t)_i, "pieces");
    make_datagram(size);
    size_t total = size + UDP_HDR_LEN, units = (total + 7) / 8, left = units;
    for (int n = 0; n < PIECES || left > 0; n++) {
        size_t first = rng_below(&rng, units), len = 1 + rng_below(&rng, 40);
        size_t last = MIN(first + len, units);
        for (size_t u = first; u < last; u++) {
            left -= !covered[u];
            covered[u] = true;
        }
        inject(9, first * 8, MIN(last * 8, total), last < units);
        net_run_until(net, n + 1);
        if (left == 0)
            break;
        expect_received(0);
    }
    expect_received(size);
    net_run(net);
}
END_TEST

Suite *ipv4_frag_suite(void);
Suite *ipv4_frag_suite(void)
{
    Suite *suite = suite_create("ipv4_frag");
    TCase *tc = tcase_create("ipv4_frag");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_router_cuts_what_the_next_link_cannot_carry);
    tcase_add_test(tc, fragments_are_cut_again);
    tcase_add_loop_test(tc, any_order_will_do, 0, 4);
    tcase_add_test(tc, a_repeated_fragment_is_dropped);
    tcase_add_test(tc, where_fragments_overlap_the_first_to_come_counts);
    tcase_add_loop_test(tc, a_fragment_that_fits_nowhere_is_dropped, 0, G_N_ELEMENTS(unfit));
    tcase_add_test(tc, an_end_before_what_has_come_is_dropped);
    tcase_add_test(tc, after_a_minute_the_sender_is_told);
    tcase_add_test(tc, without_the_first_fragment_nobody_can_be_told);
    tcase_add_test(tc, when_memory_is_short_the_oldest_makes_room);
    tcase_add_test(tc, a_crash_forgets_fragments);
    tcase_add_test(tc, only_copied_options_go_into_later_fragments);
    tcase_add_test(tc, what_was_put_together_keeps_the_first_fragments_id);
    tcase_add_loop_test(tc, random_pieces_become_the_datagrams_they_were, 0, 8);
    suite_add_tcase(suite, tc);
    return suite;
}
