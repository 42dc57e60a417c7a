/*
 * test_udp_source.c - datagrams at a constant rate: when they go, what ends them, and that nothing
 * shows that their text is described. The sum of any datagram is left undone as long.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/udp_source.h"
#include "protocols/transport/pattern.h"
#include "sim/view/record.h"
#include "support/net.h"

#include <check.h>
#include <string.h>

Suite *udp_source_suite(void);

enum { WORLDS = 60, PORT = 9 };

static void count_call(void *user)
{
    ++*(unsigned *)user;
}

static UdpSock *must_open(Stack *stack, uint16_t port)
{
    NetError err;
    UdpSock *s = udp_open(stack_udp(stack), IP4_ANY, port, &err);

    ck_assert_ptr_nonnull(s);
    return s;
}

/* --- when, and what ends them ----------------------------------------------------------------- */

static Net *net;
static Stack *a, *b;
static SimTime put[64]; /* when each was put on the link */
static unsigned n_put;

static void note_time(void *self, const TraceEvent *ev)
{
    (void)self;
    if (ev->point == &LINK_ENQUEUED && ev->node == a->node && n_put < G_N_ELEMENTS(put))
        put[n_put++] = ev->t;
}

static void setup(void)
{
    net = net_new(1);
    a = net_host(net, "a", NULL);
    b = net_host(net, "b", NULL);
    net_link(net, a->node, "10.0.0.1/24", b->node, "10.0.0.2/24", 10 * MSEC);
    net_warm(net);
    n_put = 0;
    trace_add_sink(&net->sim->trace, TRACE_LINK, note_time, put);
}

static void teardown(void)
{
    trace_remove_sink(&net->sim->trace, put);
    net_free(net);
}

START_TEST(one_goes_at_once_and_the_others_each_so_often)
{
    UdpSock *from = must_open(a, 0), *to = must_open(b, PORT);
    unsigned told = 0;
    uint64_t bytes;
    UdpSource src = { .sock = from, .dst = ip("10.0.0.2"), .port = PORT, .size = 100, .count = 10,
                      .every = 7, .on_done = count_call, .user = &told };

    udp_sink(to);
    udp_source_start(&src);
    ck_assert_uint_eq(src.sent, 1);
    ck_assert_uint_eq(told, 0);
    net_run(net);
    ck_assert_uint_eq(told, 1);
    ck_assert(src.done && src.err == NET_OK);
    ck_assert_uint_eq(src.sent, 10);
    ck_assert_uint_eq(n_put, 10);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_int_eq(put[i], 7 * i);
    ck_assert_uint_eq(udp_received(to, &bytes), 10);
    ck_assert_uint_eq(bytes, 1000);
    udp_close(from);
    udp_close(to);
}
END_TEST

/* 8 bits at 3 Gbit/s are 2 2/3 ns: none comes early, none a nanosecond late. */
START_TEST(a_rate_does_not_drift)
{
    UdpSock *from = must_open(a, 0);
    unsigned told = 0;
    UdpSource src = { .sock = from, .dst = ip("10.0.0.2"), .port = PORT, .size = 1, .count = 50,
                      .rate = 3000000000, .on_done = count_call, .user = &told };

    udp_source_start(&src);
    net_run(net);
    ck_assert_uint_eq(n_put, 50);
    for (unsigned i = 0; i < 50; i++)
        ck_assert_int_eq(put[i], 8 * i / 3);
    udp_close(from);
}
END_TEST

START_TEST(one_alone_is_done_at_once_and_nobody_told)
{
    UdpSock *from = must_open(a, 0);
    unsigned told = 0;
    UdpSource src = { .sock = from, .dst = ip("10.0.0.2"), .port = PORT, .size = 0, .count = 1,
                      .every = SEC, .on_done = count_call, .user = &told };

    udp_source_start(&src);
    ck_assert(src.done);
    net_run(net);
    ck_assert_uint_eq(told, 0);
    ck_assert_uint_eq(n_put, 1);
    udp_close(from);
}
END_TEST

START_TEST(what_the_network_says_ends_it_where_it_is_heard)
{
    UdpSock *from = must_open(a, 0);
    unsigned told = 0;
    UdpSource src = { .sock = from, .dst = IP_NONE, .size = 9, .count = 100, .every = 3 * MSEC,
                      .on_done = count_call, .user = &told };

    udp_source_start(&src);
    ck_assert(src.done);
    ck_assert_int_eq(src.err, NET_ENOTCONN);
    ck_assert_int_eq(udp_connect(from, ip("10.0.0.2"), PORT), NET_OK);
    udp_source_start(&src);
    net_run(net);
    ck_assert_int_eq(src.err, NET_ECONNREFUSED); /* after 20 ms */
    ck_assert_uint_eq(src.sent, 7);
    ck_assert_uint_eq(told, 1);
    udp_close(from);
}
END_TEST

START_TEST(a_crash_and_a_stop_end_it)
{
    UdpSock *from = must_open(a, 0);
    unsigned told = 0;
    UdpSource src = { .sock = from, .dst = ip("10.0.0.2"), .port = PORT, .size = 9, .count = 100,
                      .every = MSEC, .on_done = count_call, .user = &told };
    UdpSource other = src;

    udp_source_start(&src);
    udp_source_start(&other);
    net_run_until(net, 5 * MSEC);
    udp_source_stop(&other, NET_EINVAL);
    stack_crash(a);
    net_run(net);
    ck_assert_int_eq(src.err, NET_ENETDOWN);
    ck_assert_int_eq(other.err, NET_EINVAL);
    ck_assert_uint_eq(src.sent, other.sent);
    ck_assert_uint_eq(src.sent, 6);
    ck_assert_uint_eq(told, 1);
    udp_close(from);
}
END_TEST

/* --- what nobody sees ------------------------------------------------------------------------- */

typedef struct World {
    Net      *net;
    Stack    *a, *r, *b;
    UdpSock  *to;
    uint64_t  seen; /* a hash of all that was looked at */
    uint32_t  every;
    size_t    size;
    unsigned  unwritten, looks, right, wrong, refused;
    Recorder *rec; /* NULL: none */
    uint64_t  recorded;
} World;

static void mix(World *w, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        w->seen = (w->seen ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
}

/* Some packets, and those where they leave the router, come back to a, or end. */
static void look(void *self, const TraceEvent *ev)
{
    World *w = self;

    if (ev->pkt == NULL)
        return;
    w->unwritten += ev->point == &LINK_DELIVERED && !packet_is_written(ev->pkt);
    mix(w, &ev->t, sizeof ev->t);
    mix(w, &ev->pkt->id, sizeof ev->pkt->id);
    bool ends = ev->point == &PACKET_DROPPED || ev->point == &LINK_LOST;
    bool comes_back = ev->point == &LINK_DELIVERED && ev->node == w->a->node;
    if (ev->pkt->id % w->every != 0 || !(ends || comes_back || ev->node == w->r->node))
        return;
    Span frame = packet_frame(ev->pkt);
    mix(w, frame.p, frame.n);
    w->looks++;
}

/* Behind the recorder: what it has just written down is what is there. It looks at a copy, so that
 * the packet stays as it is. */
static void compare(void *self, const TraceEvent *ev)
{
    World *w = self;

    if (ev->pkt == NULL || recorder_end(w->rec) == w->recorded)
        return;
    const Record *r = recorder_get(w->rec, w->recorded++);
    Packet *copy = packet_copy(ev->pkt);
    Span frame = packet_frame(copy);
    ck_assert_uint_eq(recorder_end(w->rec), w->recorded);
    ck_assert_uint_eq(r->packet, copy->id);
    ck_assert_uint_eq(r->snap, MIN(frame.n, RECORD_SNAP));
    ck_assert_mem_eq(r->bytes, frame.p, r->snap);
    packet_free(copy);
}

/* What passes with damage has passed a host that believes it. */
static void receive(void *user)
{
    World *w = user;
    IpAddr from;
    uint16_t port;
    NetError err;

    for (Packet *pkt; (pkt = udp_receive(w->to, &from, &port, &err)) != NULL; packet_free(pkt)) {
        Span text = { pkt->data, pkt->len };
        bool is_right = false;
        for (uint64_t k = 0; k < 100 && !is_right; k++)
            is_right = pattern_is(text, k * w->size);
        w->right += is_right && text.n == w->size;
        w->wrong += !(is_right && text.n == w->size);
        mix(w, text.p, text.n);
    }
}

static void hear(void *user, const IpError *err)
{
    World *w = user;

    w->refused++;
    mix(w, err->quoted.p, err->quoted.n);
}

/* Loss, copies, damage that the frame check may or may not see, and a router that cuts or, if it
 * may not, quotes. */
static void make_world(World *w, uint32_t x)
{
    LinkConfig bad = link_defaults, narrow = link_defaults;
    StackConfig cfg = stack_config_default();

    cfg.fcs = x % 2 == 0;
    bad.loss = PROB_ONE / 20 * (x % 4 > 0);
    bad.duplicate = PROB_ONE / 20;
    bad.corrupt = PROB_ONE / 10 * (x % 5 > 0);
    bad.delay = narrow.delay = 5 * MSEC;
    narrow.rate = 20 * 1000 * 1000;
    narrow.queue = 20;
    narrow.mtu = x % 3 == 0 ? 600 : 1500;
    w->size = x % 7 == 3 ? 4000 : 200 + 13 * x;
    w->a = net_host(w->net, "a", &cfg);
    w->r = net_router(w->net, "r", &cfg);
    w->b = net_host(w->net, "b", &cfg);
    net_link_with(w->net, w->a->node, "10.0.0.1/24", w->r->node, "10.0.0.2/24", &bad);
    net_link_with(w->net, w->r->node, "10.0.1.1/24", w->b->node, "10.0.1.2/24", &narrow);
    net_route(w->a, "0.0.0.0/0", "10.0.0.2");
    net_route(w->b, "0.0.0.0/0", "10.0.1.1");
    net_warm(w->net);
}

static World play(uint32_t x, bool eager, bool recording)
{
    World w = { .net = net_new(x), .seen = 14695981039346656037u, .every = 1 + x % 6 };
    Sim *sim = w.net->sim;
    unsigned told = 0;
    uint8_t text[300];

    sim->eager = eager;
    memset(text, (int)x, sizeof text);
    trace_remove_sink(&sim->trace, w.net);
    trace_add_sink(&sim->trace, 0, NULL, w.net);
    make_world(&w, x);
    if (recording)
        w.rec = recorder_new(sim);
    trace_add_sink(&sim->trace, TRACE_LINK | TRACE_DROP, recording ? compare : look, &w);
    UdpSock *from = must_open(w.a, 0), *plain = must_open(w.a, 0);
    w.to = must_open(w.b, PORT);
    udp_set_df(from, x % 4 == 1 && x % 7 != 3);
    udp_on_ready(w.to, receive, &w);
    udp_on_error(from, hear, &w);
    UdpSource here = { .sock = from, .dst = ip("10.0.1.2"), .port = PORT, .size = w.size,
                       .count = 100, .every = 2 * MSEC, .on_done = count_call, .user = &told };
    UdpSource nowhere = here;
    nowhere.port = PORT + 1;
    nowhere.every = 5 * MSEC;
    udp_source_start(&here);
    udp_source_start(&nowhere);
    for (size_t i = 0; i < sizeof text; i += 10)
        udp_send(plain, (Span){ text, i }, ip("10.0.1.2"), PORT + 2);
    net_run(w.net);
    trace_remove_sink(&sim->trace, &w);
    recorder_free(w.rec);
    ck_assert_uint_eq(told, 2);
    for (Counter c = 0; c < COUNTER_COUNT; c++) {
        uint64_t counted[] = { node_counter(w.a->node, c), node_counter(w.b->node, c) };
        mix(&w, counted, sizeof counted);
    }
    udp_close(from);
    udp_close(plain);
    udp_close(w.to);
    net_free(w.net);
    return w;
}

START_TEST(nothing_shows_what_was_not_written)
{
    uint32_t x = (uint32_t)_i + 1;
    World lazy = play(x, false, false), eager = play(x, true, false);
    bool cut_here = x % 7 == 3, refused = x % 3 == 0 && x % 4 == 1 && !cut_here;

    ck_assert_uint_eq(lazy.seen, eager.seen);
    ck_assert_uint_eq(lazy.looks, eager.looks);
    ck_assert_uint_eq(eager.unwritten, 0);
    ck_assert_uint_eq(lazy.wrong, 0);
    if (refused) /* the path is known to be too narrow after the first */
        return;
    ck_assert_uint_gt(lazy.looks, 20);
    if (!cut_here)
        ck_assert_uint_gt(lazy.unwritten, 30); /* else this has tested nothing */
    ck_assert_uint_gt(lazy.right, 20);
    ck_assert_uint_gt(lazy.refused, 20);
}
END_TEST

/* Text that was written and is not kept is told, too; but not where it was damaged. */
START_TEST(the_recorder_tells_what_was_there)
{
    World w = play((uint32_t)_i + 1, _i % 2 == 0, true);

    ck_assert_uint_gt(w.recorded, 100);
}
END_TEST

Suite *udp_source_suite(void)
{
    Suite *suite = suite_create("udp_source");
    TCase *tc = tcase_create("udp_source"), *lazy = tcase_create("udp_lazy");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, one_goes_at_once_and_the_others_each_so_often);
    tcase_add_test(tc, a_rate_does_not_drift);
    tcase_add_test(tc, one_alone_is_done_at_once_and_nobody_told);
    tcase_add_test(tc, what_the_network_says_ends_it_where_it_is_heard);
    tcase_add_test(tc, a_crash_and_a_stop_end_it);
    suite_add_tcase(suite, tc);
    tcase_set_timeout(lazy, 60);
    tcase_add_loop_test(lazy, nothing_shows_what_was_not_written, 0, WORLDS);
    tcase_add_loop_test(lazy, the_recorder_tells_what_was_there, 0, WORLDS / 2);
    suite_add_tcase(suite, lazy);
    return suite;
}
