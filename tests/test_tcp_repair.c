/*
 * test_tcp_repair.c - what holds of every segment that is sent while losses are found and repaired,
 * looked at from outside: the events, and conn_info.
 */
/* SPDX-License-Identifier: MIT */
#include "support/tcpnet.h"

#include <check.h>
#include <string.h>

Suite *tcp_repair_suite(void);

enum { UP = 400000 };

/* One end sends UP bytes, the other reads them; `last` is when each byte was sent last. */
static TcpNet  n;
static uint64_t written, got;
static SimTime last[UP + 2];
static unsigned timeouts, samples, checked;
static SimTime  var;

static void send_all(void *user)
{
    NetError err;
    size_t now;

    (void)user;
    while (written < UP && (now = conn_send_pattern(n.conn, written, UP - written, &err)) > 0)
        written += now;
    if (written == UP)
        conn_shutdown(n.conn);
}

static void receive_all(void *user)
{
    static uint8_t bytes[65536];
    NetError err;
    size_t now;

    (void)user;
    while ((now = conn_receive(n.accepted, bytes, sizeof bytes, &err)) > 0) {
        ck_assert_uint_eq(pattern_match((Span){ bytes, now }, got), now);
        got += now;
    }
    if (err == NET_EOF)
        conn_close(n.accepted);
}

/* CC-16: new data lies within the peer's window, and what is in the network within ours; but for
 * limited transmit and tail probes. */
static void check_window(const TcpInfo *info, const TraceEvent *ev)
{
    uint32_t end = (uint32_t)(ev->args[5] + ev->args[7]);
    const char *why = trace_arg_str(ev, 9);

    if (strcmp(why, "tcp.data") != 0)
        return;
    ck_assert_uint_le(end - info->snd_una, info->snd_wnd);
    ck_assert_msg(info->in_pipe <= info->cwnd, "%u in the network, cwnd %u", info->in_pipe,
                  info->cwnd);
    checked++;
}

static void sent(const TcpInfo *info, const TraceEvent *ev)
{
    int64_t seq = ev->args[5], len = ev->args[7];

    for (int64_t i = seq; i < seq + len && i < UP + 2; i++)
        last[i] = ev->t;
    if (len > 0)
        check_window(info, ev);
}

/* CC-10: what a timeout sends again had an RTO; but in NewReno's recovery, CC-43. */
static void expired(const TcpInfo *info, const TraceEvent *ev)
{
    if (strcmp(trace_arg_str(ev, 3), "rto") != 0 || info->snd_una == 0 || info->snd_una > UP ||
        (!info->sack && info->ca_state == TCP_CA_RECOVERY))
        return;
    ck_assert_msg(ev->t - last[info->snd_una] >= info->rto, "%u after %lld us", info->snd_una,
                  (long long)((ev->t - last[info->snd_una]) / USEC));
    timeouts++;
}

static void look(void *self, const TraceEvent *ev)
{
    TcpInfo info;

    (void)self;
    if (n.conn == NULL || ev->node != n.c->node)
        return;
    conn_info(n.conn, &info);
    if (info.state == TCP_CLOSED)
        return;
    if (ev->point == &TCP_SEGMENT_SENT)
        sent(&info, ev);
    else if (ev->point == &TCP_TIMER_EXPIRED)
        expired(&info, ev);
    else if (ev->point == &TCP_METRICS_UPDATED && info.rttvar != var) {
        var = info.rttvar;
        samples++;
    }
}

static void start(const TcpConfig *cfg, const LinkConfig *link, uint64_t seed)
{
    NetError err;

    pair_init_with(&n, seed, cfg, cfg, link, true);
    n.states = n.drops = false;
    written = got = 0;
    timeouts = samples = checked = 0;
    var = 0;
    memset(last, 0, sizeof last);
    trace_add_sink(&n.net->sim->trace, TRACE_TCP | TRACE_TIMER | TRACE_METRICS, look, &n);
    n.conn = tcp_connect(stack_tcp(n.c), IP_NONE, 40000, ip("10.0.0.2"), 80, &err);
    ck_assert_ptr_nonnull(n.conn);
}

/* After the handshake, so that n.accepted is there. */
static void go(void)
{
    while (conn_connected(n.conn) != NET_OK || listener_queued(n.listener) == 0)
        run_ms(&n, 10);
    n.accepted = must_accept(&n);
    conn_on_ready(n.conn, send_all, NULL);
    conn_on_ready(n.accepted, receive_all, NULL);
    send_all(NULL);
}

static TcpConfig config_of(int mode)
{
    TcpConfig cfg = course_config();

    cfg.sack = mode > 0;
    cfg.recovery = mode == 0 ? TCP_RECOVERY_NEWRENO : (TcpRecovery)((mode - 1) % 2 + 1);
    cfg.undo = cfg.frto = cfg.prr = cfg.tlp = mode > 2;
    cfg.min_rto = 200 * MSEC;
    cfg.retries = 30;
    return cfg;
}

/* CC-10, CC-16: under NewReno, RFC 6675 and RACK, the latter two with and without the rest. */
START_TEST(no_timeout_is_early_and_no_window_is_exceeded)
{
    TcpConfig cfg = config_of(_i % 5);
    LinkConfig link = link_defaults;
    link.delay = 20 * MSEC;
    link.loss = PROB_ONE * (unsigned)(1 + _i / 5 % 4 * 3) / 100;
    link.reorder = PROB_ONE / 50;
    link.duplicate = PROB_ONE / 100;
    start(&cfg, &link, (uint64_t)_i + 7);
    go();
    run_out(&n);
    ck_assert_uint_eq(got, UP);
    ck_assert_uint_gt(checked, UP / 2000);
    tcpnet_free(&n);
}
END_TEST

/* CC-8: ten round trips of bulk; each sample of a constant one makes RTTVAR another. */
START_TEST(each_round_trip_is_measured)
{
    TcpConfig cfg = config_of(_i);
    LinkConfig link = link_defaults;
    link.delay = 50 * MSEC;
    cfg.rcvbuf = 30000; /* or it would be over before */
    start(&cfg, &link, 1);
    go();
    samples = 0;
    run_ms(&n, 1005);
    ck_assert_uint_ge(samples, 10);
    tcpnet_free(&n);
}
END_TEST

Suite *tcp_repair_suite(void)
{
    Suite *suite = suite_create("tcp_repair");
    TCase *tc = tcase_create("invariants");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, no_timeout_is_early_and_no_window_is_exceeded, 0, 40);
    tcase_add_loop_test(tc, each_round_trip_is_measured, 0, 3);
    suite_add_tcase(suite, tc);
    return suite;
}
