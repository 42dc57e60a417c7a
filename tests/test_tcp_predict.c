/*
 * test_tcp_predict.c - conversations of which every step is taken, and the same ones in which what
 * was expected goes the short way, lead to the same frames: both ends write and read when they
 * like, so that windows close, urgent data overtakes, keep-alives and window probes go, marks and
 * losses come in the middle of it, and one end closes before the other.
 */
/* SPDX-License-Identifier: MIT */
#include "support/net.h"

#include <check.h>
#include <string.h>

Suite *tcp_predict_suite(void);

enum { WORLDS = 12, PROFILES = 3, GROUPS = 6, TOTAL = 150000, MOST = 20000, TURNS = 4000 };

typedef struct Talk Talk;

typedef struct End {
    Talk    *talk;
    Conn    *conn;
    Timer    turn;
    uint64_t dice;
    uint64_t sent, received;
    unsigned turns;
    bool     over; /* the peer's FIN has come, or an error */
} End;

struct Talk {
    Net      *net;
    Stack    *a, *b;
    Listener *listener;
    End       ends[2];
    uint64_t  seen; /* a hash of every frame, and of when it came or was lost */
    unsigned  frames, urgent, zero_windows, marks;
};

static void mix(Talk *t, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        t->seen = (t->seen ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
}

static void look(void *self, const TraceEvent *ev)
{
    enum { PROTO = 23, FLAGS = 47, WINDOW = 48, TOS = 15, TCP = 6, RST = 4, SYN = 2, URG = 32 };
    Talk *t = self;

    if (ev->pkt == NULL)
        return;
    Span f = packet_frame(ev->pkt);
    mix(t, &ev->t, sizeof ev->t);
    mix(t, f.p, f.n);
    t->frames++;
    if (f.n <= WINDOW + 1 || f.p[PROTO] != TCP || ev->point != &LINK_DELIVERED)
        return;
    t->urgent += (f.p[FLAGS] & URG) != 0;
    t->zero_windows += (f.p[FLAGS] & (RST | SYN)) == 0 && get16(f.p + WINDOW) == 0;
    t->marks += (f.p[TOS] & 3) == 3;
}

/* --- what the programs do --------------------------------------------------------------------- */

static unsigned roll(End *e, unsigned n)
{
    e->dice = e->dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(e->dice >> 33) % n;
}

static void write_some(End *e, bool urgent)
{
    static const uint8_t zeros[MOST];
    size_t n = 1 + roll(e, roll(e, 2) == 0 ? MOST : 200);
    NetError err;

    n = MIN(n, TOTAL - e->sent);
    if (urgent)
        e->sent += conn_send_urgent(e->conn, (Span){ zeros, MIN(n, 10) }, &err);
    else if (roll(e, 2) == 0)
        e->sent += conn_send_pattern(e->conn, e->sent, n, &err);
    else
        e->sent += conn_send(e->conn, (Span){ zeros, n }, &err);
    if (e->sent == TOTAL)
        conn_shutdown(e->conn);
}

static void read_some(End *e)
{
    uint8_t bytes[MOST];
    NetError err;
    size_t n;

    do {
        n = conn_receive(e->conn, bytes, 1 + roll(e, MOST), &err);
        e->received += n;
        mix(e->talk, bytes, n);
    } while (n > 0 && roll(e, 8) > 0);
    e->over |= n == 0 && err != NET_EAGAIN;
}

static void take_turn(void *end)
{
    enum { WRITE = 5, URGENT, READ = 9, WAIT };
    End *e = end;
    unsigned what = roll(e, WAIT + 1);

    if (e->sent < TOTAL && what <= URGENT)
        write_some(e, what == URGENT);
    else if (what <= READ)
        read_some(e);
    if ((e->over && e->sent == TOTAL) || ++e->turns == TURNS)
        conn_close(e->conn);
    else
        timer_set(&e->turn, (what == WAIT ? 400 : 1 + roll(e, 30)) * MSEC);
}

static void begin(End *e, Talk *t, Conn *conn, uint64_t dice)
{
    *e = (End){ .talk = t, .conn = conn, .dice = dice };
    timer_init(&e->turn, &t->net->sim->sched, take_turn, e);
    timer_set(&e->turn, MSEC);
}

static void accepted(void *talk)
{
    Talk *t = talk;

    begin(&t->ends[1], t, listener_accept(t->listener), 77);
}

/* --- the worlds ------------------------------------------------------------------------------- */

static void make_world(Talk *t, uint32_t x, TcpProfile profile)
{
    LinkConfig bad = link_defaults, narrow = link_defaults;
    StackConfig cfg = stack_config_default();

    tcp_config_set_profile(&cfg.tcp, profile);
    cfg.tcp.min_rto = 200 * MSEC;
    cfg.tcp.ecn = x % 2 == 0 ? TCP_ECN_ON : TCP_ECN_OFF;
    cfg.tcp.timestamps = x % 3 > 0;
    cfg.tcp.rcvbuf = 3000 + x % 4 * 20000;
    cfg.tcp.keepalive = x % 5 > 2;
    cfg.tcp.keepalive_time = cfg.tcp.keepalive_interval = 300 * MSEC;
    cfg.tcp.keepalive_probes = 50;
    bad.loss = PROB_ONE / 40 * (x % 3 > 0);
    bad.duplicate = bad.reorder = PROB_ONE / 50 * (x % 7 > 2);
    bad.delay = narrow.delay = 5 * MSEC;
    narrow.rate = 2000 * 1000;
    narrow.qdisc.type = QDISC_CODEL;
    narrow.qdisc.ecn = true;
    narrow.qdisc.target = MSEC;
    narrow.qdisc.interval = 20 * MSEC;
    t->a = net_host(t->net, "a", &cfg);
    Stack *r = net_router(t->net, "r", &cfg);
    t->b = net_host(t->net, "b", &cfg);
    net_link_with(t->net, t->a->node, "10.0.0.1/24", r->node, "10.0.0.2/24", &bad);
    net_link_with(t->net, r->node, "10.0.1.1/24", t->b->node, "10.0.1.2/24", &narrow);
    net_route(t->a, "0.0.0.0/0", "10.0.0.2");
    net_route(t->b, "0.0.0.0/0", "10.0.1.1");
}

static void hear_step(void *self, const TraceEvent *ev)
{
    (void)self;
    (void)ev;
}

static Talk play(uint32_t x, TcpProfile profile, bool each_step)
{
    Talk t = { .net = net_new(x), .seen = 14695981039346656037u };
    Sim *sim = t.net->sim;
    NetError err;

    trace_remove_sink(&sim->trace, t.net);
    trace_add_sink(&sim->trace, 0, NULL, t.net);
    make_world(&t, x, profile);
    trace_add_sink(&sim->trace, TRACE_LINK | TRACE_DROP, look, &t);
    if (each_step)
        trace_add_sink(&sim->trace, TRACE_STEP, hear_step, t.net);
    t.listener = tcp_listen(stack_tcp(t.b), IP_NONE, 80, 1, false, &err);
    listener_on_ready(t.listener, accepted, &t);
    begin(&t.ends[0], &t, tcp_connect(stack_tcp(t.a), IP_NONE, 40000, ip("10.0.1.2"), 80, &err), x);
    net_run(t.net);
    trace_remove_sink(&sim->trace, &t);
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(t.ends[i].received, TOTAL);
        conn_free(t.ends[i].conn);
    }
    listener_close(t.listener);
    net_free(t.net);
    return t;
}

START_TEST(the_short_way_is_no_other_way)
{
    static const TcpProfile profiles[PROFILES] = {
        TCP_PROFILE_RFC, TCP_PROFILE_LINUX, TCP_PROFILE_FREEBSD,
    };
    unsigned zero_windows = 0, urgent = 0, marks = 0;

    for (uint32_t x = 1; x <= WORLDS; x++) {
        TcpProfile profile = profiles[_i % PROFILES];
        uint32_t seed = (uint32_t)_i * WORLDS + x;
        Talk a = play(seed, profile, false), b = play(seed, profile, true);
        ck_assert_uint_eq(a.seen, b.seen);
        ck_assert_uint_eq(a.frames, b.frames);
        zero_windows += a.zero_windows;
        urgent += a.urgent;
        marks += a.marks;
    }
    ck_assert_uint_gt(zero_windows, 5);
    ck_assert_uint_gt(urgent, 20);
    ck_assert_uint_gt(marks, 5);
}
END_TEST

Suite *tcp_predict_suite(void)
{
    Suite *suite = suite_create("tcp_predict");
    TCase *tc = tcase_create("tcp_predict");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, the_short_way_is_no_other_way, 0, GROUPS);
    suite_add_tcase(suite, tc);
    return suite;
}
