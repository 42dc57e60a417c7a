/*
 * test_tcp_lazy.c - what TCP leaves undone, and nothing shows it. Text that nobody looks at is not
 * written: whoever looks at any frame, anywhere, sees what would have been there. A segment that is
 * expected goes a short way: it leads where the long one does.
 */
/* SPDX-License-Identifier: MIT */
#include "support/net.h"

#include "sim/engine/fault.h"
#include "sim/view/record.h"

#include <check.h>
#include <string.h>

Suite *tcp_lazy_suite(void);

enum { UP = 400000, WORLDS = 60, PROFILES = 3 };

typedef struct Thorough { /* what is not left out */
    bool writing, checking;
    TcpProfile profile;
    bool recording; /* and the recorder is watched, instead of some packets */
} Thorough;

typedef struct Flow {
    Net      *net;
    Stack    *a, *b;
    Listener *listener;
    Conn     *from, *to;
    uint64_t  sent, received;
    uint64_t  seen;     /* a hash of all that was looked at */
    uint32_t  every;    /* one packet in so many is looked at */
    unsigned  unwritten, looks;
} Flow;

static void mix(Flow *f, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        f->seen = (f->seen ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
}

/* Some packets, and those as late as they come to b, or as they end. */
static void look(void *self, const TraceEvent *ev)
{
    Flow *f = self;

    if (ev->pkt == NULL)
        return;
    if (ev->point == &LINK_DELIVERED && !packet_is_written(ev->pkt))
        f->unwritten++;
    mix(f, &ev->t, sizeof ev->t);
    mix(f, &ev->pkt->id, sizeof ev->pkt->id);
    bool ends = ev->point == &PACKET_DROPPED || ev->point == &LINK_LOST;
    if (ev->pkt->id % f->every != 0 || !(ends || ev->node == f->b->node))
        return;
    Span frame = packet_frame(ev->pkt);
    mix(f, frame.p, frame.n);
    f->looks++;
}

static void send_more(void *user)
{
    Flow *f = user;
    NetError err;
    size_t n;

    while (f->sent < UP && (n = conn_send_pattern(f->from, f->sent, UP - f->sent, &err)) > 0)
        f->sent += n;
    if (f->sent == UP && conn_connected(f->from) == NET_OK)
        conn_shutdown(f->from);
}

/* Now by a look at the bytes, now by what is known of them. */
static void receive_all(void *user)
{
    static uint8_t bytes[5000];
    Flow *f = user;
    NetError err;
    size_t n;

    do {
        size_t known = f->received % 3 == 0 ? 0 : conn_pattern_waits(f->to, f->received);
        n = conn_receive(f->to, known > 0 ? NULL : bytes, sizeof bytes, &err);
        if (known > 0)
            ck_assert_uint_eq(n, MIN(known, sizeof bytes));
        else
            ck_assert_uint_eq(pattern_match((Span){ bytes, n }, f->received), n);
        f->received += n;
    } while (n > 0);
    if (err == NET_EOF)
        conn_close(f->to);
}

static void accepted(void *user)
{
    Flow *f = user;

    f->to = listener_accept(f->listener);
    conn_on_ready(f->to, receive_all, f);
    receive_all(f);
}

/* Loss, copies, damage that the frame check may or may not see, and two routers with a small MTU
 * between them, which cut or, if they may not, quote. */
static void make_world(Flow *f, uint32_t x, TcpProfile profile)
{
    LinkConfig bad = link_defaults, narrow = link_defaults;
    StackConfig cfg = stack_config_default();

    tcp_config_set_profile(&cfg.tcp, profile);
    cfg.fcs = x % 2 == 0;
    cfg.tcp.path_mtu_discovery = x % 3 != 0;
    cfg.tcp.min_rto = 200 * MSEC;
    bad.loss = PROB_ONE / 30 * (x % 4 > 0);
    bad.duplicate = PROB_ONE / 50;
    bad.corrupt = PROB_ONE / 50 * (x % 5 > 0);
    bad.reorder = PROB_ONE / 50;
    bad.delay = narrow.delay = 5 * MSEC;
    narrow.rate = 20 * 1000 * 1000;
    narrow.queue = 20;
    narrow.mtu = x % 7 < 3 ? 600 : 1500;
    f->a = net_host(f->net, "a", &cfg);
    Stack *r = net_router(f->net, "r", &cfg), *q = net_router(f->net, "q", &cfg);
    f->b = net_host(f->net, "b", &cfg);
    net_link_with(f->net, f->a->node, "10.0.0.1/24", r->node, "10.0.0.2/24", &bad);
    net_link_with(f->net, r->node, "10.0.9.1/24", q->node, "10.0.9.2/24", &narrow);
    net_link(f->net, q->node, "10.0.1.1/24", f->b->node, "10.0.1.2/24", 5 * MSEC);
    net_route(f->a, "0.0.0.0/0", "10.0.0.2");
    net_route(r, "10.0.1.0/24", "10.0.9.2");
    net_route(q, "10.0.0.0/24", "10.0.9.1");
    net_route(f->b, "0.0.0.0/0", "10.0.1.1");
}

/* --- the recorder ----------------------------------------------------------------------------- */

typedef struct Snapshot {
    SimTime     t;
    uint64_t    id;
    const char *remark;
    bool        altered;
    size_t      len;
    uint8_t     bytes[RECORD_SNAP];
} Snapshot;

static Recorder *recorder;
static GArray *snapshots; /* of Snapshot: all that the recorder must have written down */

/* Behind the recorder; it looks at a copy, so that the packet stays as it was. Now and then there
 * is a pause. */
static void snap(void *self, const TraceEvent *ev)
{
    const Flow *f = self;

    if (ev->pkt == NULL || recorder_end(recorder) == snapshots->len)
        return;
    Packet *copy = packet_copy(ev->pkt);
    Span frame = packet_frame(copy);
    Snapshot s = { ev->t, copy->id, copy->remark, copy->altered, frame.n, { 0 } };

    memcpy(s.bytes, frame.p, MIN(frame.n, RECORD_SNAP));
    packet_free(copy);
    g_array_append_val(snapshots, s);
    ck_assert_uint_eq(recorder_end(recorder), snapshots->len);
    if (f->every == 1 && snapshots->len % 500 == 0)
        recorder_pause(recorder, true);
}

static void go_on(void *timer)
{
    recorder_pause(recorder, false);
    timer_set(timer, 70 * MSEC);
}

static void check_records(void)
{
    for (guint i = 0; i < snapshots->len; i++) {
        const Snapshot *s = &g_array_index(snapshots, Snapshot, i);
        const Record *r = recorder_get(recorder, i);
        ck_assert_uint_eq(r->serial, i);
        ck_assert_int_eq(r->t, s->t);
        ck_assert_uint_eq(r->packet, s->id);
        ck_assert_uint_eq(r->len, s->len);
        ck_assert_uint_eq(r->altered, s->altered);
        ck_assert_ptr_eq(r->remark, s->remark);
        ck_assert_uint_eq(r->snap, MIN(s->len, RECORD_SNAP));
        ck_assert_mem_eq(r->bytes, s->bytes, r->snap);
    }
}

static void record_begin(Flow *f, Timer *pause)
{
    snapshots = g_array_new(FALSE, FALSE, sizeof(Snapshot));
    recorder = recorder_new(f->net->sim);
    trace_add_sink(&f->net->sim->trace, TRACE_LINK | TRACE_DROP, snap, f);
    timer_init(pause, &f->net->sim->sched, go_on, pause);
    timer_set_background(pause);
    timer_set(pause, 70 * MSEC);
}

static void record_end(const Flow *f, Timer *pause)
{
    timer_stop(pause);
    trace_remove_sink(&f->net->sim->trace, (void *)(uintptr_t)f);
    check_records();
    ck_assert_uint_gt(snapshots->len, 1000);
    recorder_free(recorder);
    g_array_free(snapshots, TRUE);
}

/* --- playing ---------------------------------------------------------------------------------- */

static void hear_step(void *self, const TraceEvent *ev)
{
    (void)self;
    (void)ev;
}

static Flow play(uint32_t x, Thorough how)
{
    Timer pause;
    Flow f = { .net = net_new(x), .seen = 14695981039346656037u, .every = 1 + x % 6 };
    Sim *sim = f.net->sim;
    NetError err;

    sim->eager = how.writing;
    trace_remove_sink(&sim->trace, f.net);
    trace_add_sink(&sim->trace, 0, NULL, f.net);
    make_world(&f, x, how.profile);
    if (how.recording)
        record_begin(&f, &pause);
    else
        trace_add_sink(&sim->trace, TRACE_LINK | TRACE_DROP, look, &f);
    if (how.checking) /* who hears of each step has each taken */
        trace_add_sink(&sim->trace, TRACE_STEP, hear_step, f.net);
    f.listener = tcp_listen(stack_tcp(f.b), IP_NONE, 80, 1, false, &err);
    listener_on_ready(f.listener, accepted, &f);
    f.from = tcp_connect(stack_tcp(f.a), IP_NONE, 40000, ip("10.0.1.2"), 80, &err);
    conn_on_ready(f.from, send_more, &f);
    net_run(f.net);
    if (how.recording)
        record_end(&f, &pause);
    else
        trace_remove_sink(&sim->trace, &f);
    ck_assert_uint_eq(f.received, UP);
    conn_free(f.from);
    conn_free(f.to);
    listener_close(f.listener);
    net_free(f.net);
    return f;
}

START_TEST(nothing_shows_what_was_not_written)
{
    Flow lazy = play((uint32_t)_i + 1, (Thorough){ .writing = false });
    Flow eager = play((uint32_t)_i + 1, (Thorough){ .writing = true });

    ck_assert_uint_eq(lazy.seen, eager.seen);
    ck_assert_uint_eq(lazy.looks, eager.looks);
    ck_assert_uint_gt(lazy.looks, 50);
    ck_assert_uint_gt(lazy.unwritten, 100); /* else this has tested nothing */
    ck_assert_uint_eq(eager.unwritten, 0);
}
END_TEST

START_TEST(the_short_way_leads_where_the_long_one_does)
{
    static const TcpProfile profiles[PROFILES] = {
        TCP_PROFILE_RFC, TCP_PROFILE_LINUX, TCP_PROFILE_FREEBSD,
    };
    uint32_t x = (uint32_t)_i + 1;
    Thorough shortly = { .profile = profiles[_i % PROFILES] }, whole = shortly;

    whole.checking = true;
    Flow a = play(x, shortly), b = play(x, whole);
    ck_assert_uint_eq(a.seen, b.seen);
    ck_assert_uint_eq(a.looks, b.looks);
    ck_assert_uint_gt(a.looks, 50);
}
END_TEST

/* Every happening as it was, whatever was written then, whoever changed the packet since. */
START_TEST(the_recorder_tells_what_was_there)
{
    play((uint32_t)_i + 1, (Thorough){ .writing = _i % 4 == 3, .recording = true });
}
END_TEST

Suite *tcp_lazy_suite(void)
{
    Suite *suite = suite_create("tcp_lazy");
    TCase *tc = tcase_create("tcp_lazy");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, nothing_shows_what_was_not_written, 0, WORLDS);
    tcase_add_loop_test(tc, the_short_way_leads_where_the_long_one_does, 0, WORLDS);
    tcase_add_loop_test(tc, the_recorder_tells_what_was_there, 0, WORLDS / 2);
    suite_add_tcase(suite, tc);
    return suite;
}
