/*
 * test_tcp_transfer.c - streams of bytes over good and bad wires: what arrives is what was sent,
 * the figures of congestion control come out, and nothing is sent that a window does not allow.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/pattern.h"
#include "support/tcpnet.h"

#include <check.h>
#include <string.h>

/* --- programs that pump and check a stream ---------------------------------------------------- */

typedef struct Pump { /* one end's two directions */
    Conn    *conn;
    uint64_t to_send, sent, received;
    bool     eof, shut;
    NetError error; /* how receiving ended */
} Pump;

static void pump_send(Pump *p)
{
    NetError err;

    while (p->sent < p->to_send) {
        size_t n = conn_send_pattern(p->conn, p->sent, p->to_send - p->sent, &err);
        if (n == 0)
            return;
        p->sent += n;
    }
    if (!p->shut && conn_connected(p->conn) == NET_OK) {
        conn_shutdown(p->conn);
        p->shut = true;
    }
}

static void pump_receive(Pump *p)
{
    static uint8_t got[65536], want[65536];
    NetError err;

    for (;;) {
        size_t n = conn_receive(p->conn, got, sizeof got, &err);
        if (n == 0)
            break;
        pattern_fill(want, p->received, n);
        ck_assert_msg(memcmp(got, want, n) == 0, "wrong bytes from %llu on",
                      (unsigned long long)p->received);
        p->received += n;
    }
    p->eof = err == NET_EOF;
    p->error = err;
}

static void pump_ready(void *user)
{
    pump_receive(user);
    pump_send(user);
}

static void pump_start(Pump *p, Conn *conn, uint64_t to_send)
{
    *p = (Pump){ .conn = conn, .to_send = to_send };
    conn_on_ready(conn, pump_ready, p);
    pump_ready(p);
}

typedef struct Transfer {
    TcpNet n;
    Pump   up, down;
} Transfer;

static void accepted(void *user)
{
    Transfer *t = user;

    if (t->n.accepted != NULL)
        return;
    t->n.accepted = must_accept(&t->n);
    pump_start(&t->down, t->n.accepted, t->down.to_send);
}

static void quiet(TcpNet *n)
{
    n->states = n->drops = false;
    trace_remove_sink(&n->net->sim->trace, n);
    trace_remove_sink(&n->net->sim->trace, n->net);
    trace_add_sink(&n->net->sim->trace, 0, NULL, n);
    trace_add_sink(&n->net->sim->trace, 0, NULL, n->net);
}

/* c sends `up` bytes, s `down`; both shut down when they have sent all. Until nothing happens. */
static void transfer_start(Transfer *t, uint64_t up, uint64_t down)
{
    NetError err;

    quiet(&t->n);
    t->down.to_send = down;
    listener_on_ready(t->n.listener, accepted, t);
    t->n.conn = tcp_connect(stack_tcp(t->n.c), IP_NONE, 40000, ip("10.0.0.2"), 80, &err);
    pump_start(&t->up, t->n.conn, up);
}

static void transfer_end(Transfer *t, uint64_t up, uint64_t down)
{
    run_out(&t->n);
    ck_assert_uint_eq(t->down.received, up);
    ck_assert_uint_eq(t->up.received, down);
    ck_assert(t->up.eof && t->down.eof);
    expect_state(&t->n, t->n.conn, TCP_CLOSED);
    expect_state(&t->n, t->n.accepted, TCP_CLOSED);
    ck_assert_int_eq(conn_error(t->n.conn), NET_OK);
    ck_assert_int_eq(conn_error(t->n.accepted), NET_OK);
    tcpnet_free(&t->n);
}

/* --- bad wires -------------------------------------------------------------------------------- */

static Prob percent(unsigned n)
{
    return PROB_ONE * n / 100;
}

static LinkConfig bad_wire(void)
{
    LinkConfig link = link_defaults;

    link.delay = 10 * MSEC;
    link.loss = percent(5);
    link.reorder = percent(5);
    link.duplicate = percent(1);
    link.corrupt = percent(1);
    return link;
}

/* CC-85 */
START_TEST(ten_megabytes_survive_a_bad_wire)
{
    Transfer t = { 0 };
    LinkConfig link = bad_wire();
    bool fcs = _i % 2 == 0;
    TcpConfig cfg = course_config();
    cfg.min_rto = 200 * MSEC;
    pair_init_with(&t.n, (uint64_t)_i + 1, &cfg, &cfg, &link, fcs);
    transfer_start(&t, 10 * 1000 * 1000, 0);
    transfer_end(&t, 10 * 1000 * 1000, 0);
}
END_TEST

/* Mostly on, each end as it likes; with a large buffer and a coarse window. */
static void options_by(TcpConfig *cfg, uint32_t x)
{
    cfg->sack = x % 8 != 0;
    cfg->dsack = (x >> 3) % 4 != 0;
    cfg->timestamps = (x >> 5) % 4 != 0;
    cfg->window_scale = (x >> 7) % 4 != 0;
    cfg->rcvbuf_max = (x >> 9) & 1 ? 64 * 1024 * 1024 : 0;
    if ((x >> 10) & 1)
        cfg->rcvbuf = 400000;
}

/* Of each way to find losses a hundred seeds, each with and without the rest; the first hundred have
 * the RFCs' default. */
static void recovery_by(TcpConfig *cfg, unsigned mode, uint32_t x)
{
    if (mode == 0)
        return;
    cfg->recovery = (TcpRecovery)(mode - 1);
    cfg->prr = x % 4 != 0;
    cfg->frto = (x >> 2) % 4 != 0;
    cfg->undo = (x >> 4) % 4 != 0;
    cfg->tlp = (x >> 6) % 4 != 0;
    cfg->limited_transmit = (x >> 8) % 4 != 0;
    cfg->fast_retransmit = (x >> 10) % 8 != 0;
    if ((x >> 13) % 2)
        cfg->profile = TCP_PROFILE_LINUX; /* its way of counting, not its constants */
}

/* SM-45, CC-85: Every seed has other constants, both ways at once, and sequence numbers about
 * to wrap. */
START_TEST(random_worlds_deliver_both_streams)
{
    Transfer t = { 0 };
    LinkConfig link = bad_wire();
    TcpConfig c = course_config(), s = course_config();
    uint32_t x = (uint32_t)(_i % 100) * 2654435761u + 12345;
    link.loss = percent(x % 12);
    link.reorder = percent((x >> 4) % 25);
    link.jitter = (x >> 9) % 3 == 0 ? 15 * MSEC : 0;
    link.rate = (x >> 11) % 3 == 0 ? 5 * 1000 * 1000 : 0;
    c.isn_list[0] = UINT32_MAX - (x >> 13) % 100000;
    s.isn_list[0] = INT32_MAX - (x >> 15) % 100000;
    c.n_isn = s.n_isn = 1;
    c.delayed_ack = (x >> 3) & 1;
    s.nagle = (x >> 5) & 1;
    s.rcvbuf = (x >> 7) & 1 ? 3000 : 65535;
    c.sndbuf = (x >> 8) & 1 ? 5000 : 100000;
    s.mss = (x >> 16) & 1 ? 500 : 0;
    c.congestion = (x >> 18) % 4 == 0 ? TCP_CC_NONE : TCP_CC_NEWRENO;
    c.min_rto = s.min_rto = 100 * MSEC;
    c.syn_retries = c.retries = s.synack_retries = s.retries = 30;
    options_by(&c, x >> 2);
    options_by(&s, x >> 6);
    recovery_by(&c, (unsigned)_i / 100, x >> 5);
    recovery_by(&s, (unsigned)_i / 100, x >> 9);
    pair_init_with(&t.n, (uint64_t)_i, &c, &s, &link, (x >> 20) & 1);
    uint64_t up = 200000 + x % 1000, down = (x >> 21) % 3 * 100000;
    transfer_start(&t, up, down);
    transfer_end(&t, up, down);
}
END_TEST

/* --- good wires: rounds, windows, rates ------------------------------------------------------- */

/* The catalogue's `pipelining`: rounds of 10, 20 and 39 segments; and one segment at a time. */
START_TEST(a_window_of_segments_is_on_its_way)
{
    Transfer t = { 0 };
    TcpConfig s = course_config();
    if (_i == 1)
        s.rcvbuf = 1460;
    pair_init(&t.n, NULL, &s);
    transfer_start(&t, 100000, 0);
    run_to(&t.n, 30);
    SimTime begun = 20; /* the first data */
    run_to(&t.n, begun + (_i == 0 ? 59 : 1379));
    TcpInfo info;
    conn_info(t.n.conn, &info);
    ck_assert_uint_lt(info.bytes_acked, 100000);
    run_to(&t.n, begun + (_i == 0 ? 60 : 1380));
    conn_info(t.n.conn, &info);
    ck_assert_uint_eq(info.bytes_acked, 100000);
    ck_assert_uint_eq(info.retransmits, 0);
    transfer_end(&t, 100000, 0);
}
END_TEST

START_TEST(a_window_per_round_trip_is_the_limit)
{
    Transfer t = { 0 };
    LinkConfig link = link_defaults;
    TcpConfig cfg = course_config();
    link.delay = 50 * MSEC;
    link.rate = 100 * 1000 * 1000;
    link.queue = 100000;
    pair_init_with(&t.n, 1, &cfg, &cfg, &link, true);
    transfer_start(&t, 10 * 1000 * 1000, 0);
    run_to(&t.n, 15200);
    ck_assert_uint_lt(t.down.received, 10 * 1000 * 1000);
    run_to(&t.n, 17500);
    ck_assert_uint_eq(t.down.received, 10 * 1000 * 1000);
    transfer_end(&t, 10 * 1000 * 1000, 0);
}
END_TEST

START_TEST(a_slow_link_is_filled)
{
    Transfer t = { 0 };
    LinkConfig link = link_defaults;
    TcpConfig cfg = course_config();
    link.delay = 10 * MSEC;
    link.rate = 10 * 1000 * 1000;
    link.queue = 100;
    pair_init_with(&t.n, 1, &cfg, &cfg, &link, true);
    transfer_start(&t, 5 * 1000 * 1000, 0);
    /* 3425 frames of 1514 bytes: 4.15 s */
    run_to(&t.n, 4300);
    ck_assert_uint_eq(t.down.received, 5 * 1000 * 1000);
    transfer_end(&t, 5 * 1000 * 1000, 0);
}
END_TEST

/* The catalogue's `flow-control`: the reader's pace is the stream's, and nothing is thrown away. */
START_TEST(the_reader_sets_the_pace)
{
    TcpNet n;
    TcpConfig s = course_config();
    NetError err;
    uint8_t bytes[1000];
    size_t got = 0;
    s.rcvbuf = 8000;
    pair_init(&n, NULL, &s);
    pair_establish(&n);
    n.states = false;
    must_send(n.conn, 50000);
    SimTime at = 130;
    for (; got < 50000; at += 100) {
        run_to(&n, at);
        got += conn_receive(n.accepted, bytes, sizeof bytes, &err);
        ck_assert_int_lt(at, 5400);
    }
    ck_assert_int_ge(at, 5100);
    ck_assert_ptr_null(strstr(n.log->str, "drops"));
    tcpnet_free(&n);
}
END_TEST

/* The catalogue's `zero-window-probe`. */
START_TEST(a_lost_window_update_is_made_up_by_a_probe)
{
    TcpNet n;
    TcpConfig s = course_config();
    TcpInfo info;
    s.rcvbuf = 4000;
    pair_init(&n, NULL, &s);
    pair_establish(&n);
    n.states = n.drops = false;
    must_send(n.conn, 10000);
    run_to(&n, 10000);
    drop_flags(&n, n.s, TCP_ACK, 0, 1);
    expect_log(&n, "30 c>s . 1:1461 ack 1\n30 c>s . 1461:2921 ack 1\n"
                   "40 s>c . 1 ack 1461\n40 s>c . 1 ack 2921\n"
                   "550 c>s . 2921:4001 ack 1\n560 s>c . 1 ack 4001\n" /* the override timeout */
                   "1570 c>s . 4001:4002 ack 1\n1580 s>c . 1 ack 4001\n"
                   "3570 c>s . 4001:4002 ack 1\n3580 s>c . 1 ack 4001\n"
                   "7570 c>s . 4001:4002 ack 1\n7580 s>c . 1 ack 4001\n");
    must_read(n.accepted, 4000); /* the update is lost */
    run_to(&n, 15600);
    expect_log(&n, "10000 s>c . 1 ack 4001\n15570 c>s . 4001:4002 ack 1\n15580 s>c . 1 ack 4002\n"
                   "15590 c>s . 4002:5462 ack 1\n15590 c>s . 5462:6922 ack 1\n"
                   "15600 s>c . 1 ack 5462\n15600 s>c . 1 ack 6922\n");
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.snd_una, 4002);
    tcpnet_free(&n);
}
END_TEST

/* --- losses ----------------------------------------------------------------------------------- */

static bool at_seq(void *self, LinkDir *dir, const Packet *pkt)
{
    Span f = packet_frame(pkt);

    (void)dir;
    return f.n > 14 + 40 && f.p[23] == 6 && get32(f.p + 38) == GPOINTER_TO_UINT(self) &&
           get16(f.p + 16) > 40;
}

static void drop_at(TcpNet *n, uint32_t seq, unsigned count)
{
    FaultOptions opt = fault_options_default;
    FaultCalls calls = { .match = at_seq, .self = GUINT_TO_POINTER(seq) };

    opt.count = count;
    opt.from = n->c->node;
    fault_add(n->link, FAULT_DROP, &opt, &calls, "drop");
}

static void thousands(TcpNet *n, TcpConfig *c)
{
    TcpConfig s = course_config();

    s.mss = 1000;
    pair_init(n, c, &s);
    pair_establish(n);
    n->states = n->drops = false;
}

/* CC-38: The catalogue's `fast-retransmit`. */
START_TEST(three_duplicates_repair_a_loss_at_once)
{
    TcpNet n;
    TcpConfig c = course_config();
    TcpInfo info;
    c.congestion = _i == 0 ? TCP_CC_NEWRENO : TCP_CC_NONE;
    thousands(&n, &c);
    drop_at(&n, 2001, 1);
    must_send(n.conn, 10000);
    run_to(&n, 49);
    g_string_truncate(n.log, 0);
    if (_i == 0) {
        run_to(&n, 1000);
        expect_log(&n, "50 c>s . 2001:3001 ack 1\n60 s>c . 1 ack 10001\n");
        conn_info(n.conn, &info);
        ck_assert_uint_eq(info.ssthresh, 4000);
        ck_assert_uint_eq(info.cwnd, 4000);
    } else {
        run_to(&n, 1049);
        expect_log(&n, "");
        run_to(&n, 1050);
        ck_assert(g_str_has_prefix(n.log->str, "1050 c>s . 2001:3001 ack 1\n"));
    }
    tcpnet_free(&n);
}
END_TEST

/* CC-37 to CC-41: cwnd = 10 segments, all in flight, the first lost, more data queued. */
START_TEST(fast_recovery_goes_by_the_book)
{
    TcpNet n;
    TcpConfig c = course_config();
    TcpInfo info;
    thousands(&n, &c);
    drop_at(&n, 1, 1);
    must_send(n.conn, 30000);
    run_to(&n, 49);
    g_string_truncate(n.log, 0);
    run_to(&n, 50); /* nine duplicates at once */
    expect_log(&n, "50 c>s . 10001:11001 ack 1\n50 c>s . 11001:12001 ack 1\n" /* limited */
                   "50 c>s . 1:1001 ack 1\n"                                   /* the third */
                   "50 c>s . 12001:13001 ack 1\n50 c>s . 13001:14001 ack 1\n");
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.ssthresh, 5000);
    ck_assert_uint_eq(info.cwnd, 14000); /* 5 + 3 + 6 */
    run_to(&n, 70);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.cwnd, 5000);
    run_to(&n, 2000);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.snd_una, 30001);
    ck_assert_uint_eq(info.retransmits, 1);
    tcpnet_free(&n);
}
END_TEST

/* CC-42: two holes, one recovery. */
START_TEST(a_partial_ack_shows_the_next_hole)
{
    TcpNet n;
    TcpConfig c = course_config();
    TcpInfo info;
    thousands(&n, &c);
    drop_at(&n, 1, 1);
    drop_at(&n, 3001, 1);
    must_send(n.conn, 10000);
    run_to(&n, 50);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.cwnd, 13000); /* 5 + 3, and five more duplicates */
    run_to(&n, 70);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.cwnd, 11000); /* less the three acknowledged, plus one */
    run_to(&n, 200);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.snd_una, 10001);
    ck_assert_uint_eq(info.cwnd, 5000);
    ck_assert_uint_eq(info.retransmits, 2);
    ck_assert_uint_eq(node_counter(n.c->node, COUNTER_TcpExtTCPFastRetrans), 1);
    ck_assert_uint_eq(node_counter(n.c->node, COUNTER_TcpExtTCPTimeouts), 0);
    tcpnet_free(&n);
}
END_TEST

/* CC-43: many holes take a round trip each, and only the first partial ACK puts the timer off. */
START_TEST(many_holes_end_in_a_timeout)
{
    TcpNet n;
    TcpConfig c = course_config();
    TcpInfo info;
    c.min_rto = 0; /* the RTO is 60 ms */
    thousands(&n, &c);
    for (uint32_t i = 0; i < 7; i++)
        drop_at(&n, 1 + i * 1000, 1);
    must_send(n.conn, 10000);
    run_to(&n, 129); /* the first partial ACK came at 70 */
    ck_assert_uint_eq(node_counter(n.c->node, COUNTER_TcpExtTCPTimeouts), 0);
    run_to(&n, 130);
    ck_assert_uint_eq(node_counter(n.c->node, COUNTER_TcpExtTCPTimeouts), 1);
    run_to(&n, 1000);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.snd_una, 10001);
    tcpnet_free(&n);
}
END_TEST

/* CC-47: two duplicates are no loss. */
START_TEST(reordering_by_two_is_no_loss)
{
    TcpNet n;
    TcpConfig c = course_config();
    FaultOptions opt = fault_options_default;
    FaultCalls calls = { .match = at_seq, .self = GUINT_TO_POINTER(1) };
    TcpInfo info;
    thousands(&n, &c);
    opt.count = 1;
    opt.delay = 5 * MSEC;
    fault_add(n.link, FAULT_DELAY, &opt, &calls, "late");
    must_send(n.conn, 3000);
    run_to(&n, 2000);
    expect_log(&n, "30 c>s . 1:1001 ack 1\n30 c>s . 1001:2001 ack 1\n30 c>s P. 2001:3001 ack 1\n"
                   "40 s>c . 1 ack 1\n40 s>c . 1 ack 1\n45 s>c . 1 ack 3001\n");
    must_read(n.accepted, 3000);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.retransmits, 0);
    tcpnet_free(&n);
}
END_TEST

/* MUST-18, MUST-19, CC-7: The catalogue's `rto-backoff`: CC-11, CC-12. */
START_TEST(the_timer_backs_off_and_stays_so_until_a_fresh_sample)
{
    TcpNet n;
    TcpInfo info;
    pair_init(&n, NULL, NULL);
    pair_establish(&n);
    n.drops = false;
    run_to(&n, 1000);
    drop_at(&n, 1, 3);
    drop_at(&n, 101, 1);
    must_send(n.conn, 100);
    run_to(&n, 10000);
    expect_log(&n, "1000 c>s P. 1:101 ack 1\n2000 c>s P. 1:101 ack 1\n4000 c>s P. 1:101 ack 1\n"
                   "8000 c>s P. 1:101 ack 1\n8010 s>c . 1 ack 101\n");
    conn_info(n.conn, &info);
    ck_assert_int_eq(info.rto, 8 * SEC);
    ck_assert_int_eq(info.srtt, 20 * MSEC);
    must_send(n.conn, 50);
    run_to(&n, 18100);
    expect_log(&n, "10000 c>s P. 101:151 ack 1\n18000 c>s P. 101:151 ack 1\n"
                   "18010 s>c . 1 ack 151\n");
    must_send(n.conn, 50);
    run_to(&n, 19000);
    conn_info(n.conn, &info);
    ck_assert_int_eq(info.rto, SEC);
    tcpnet_free(&n);
}
END_TEST

/* MUST-18, CC-4, CC-6: The catalogue's `rto-estimator`: CC-2, CC-3. */
START_TEST(the_estimator_is_rfc_6298s)
{
    TcpNet n;
    TcpConfig c = course_config();
    TcpInfo info;
    c.min_rto = 0;
    pair_init(&n, &c, NULL);
    pair_establish(&n);
    conn_info(n.conn, &info);
    ck_assert_int_eq(info.srtt, 20 * MSEC);
    ck_assert_int_eq(info.rttvar, 10 * MSEC);
    ck_assert_int_eq(info.rto, 60 * MSEC);
    LinkConfig slow = *n.link->dir[1].cfg;
    slow.delay = 90 * MSEC;
    link_set(link_dir_from(n.link, n.s->node), &slow);
    must_send(n.conn, 10); /* sent again after 60 ms: no sample, Karn */
    run_to(&n, 500);
    conn_info(n.conn, &info);
    ck_assert_int_eq(info.srtt, 20 * MSEC);
    ck_assert_int_eq(info.rto, 120 * MSEC);
    must_send(n.conn, 10);
    run_to(&n, 1000);
    conn_info(n.conn, &info);
    ck_assert_int_eq(info.srtt, 30 * MSEC);
    ck_assert_int_eq(info.rttvar, 27500 * USEC);
    ck_assert_int_eq(info.rto, 140 * MSEC);
    for (int i = 0; i < 100; i++) { /* CC-6: the variance term stays above the clock's grain */
        must_send(n.conn, 10);
        run_ms(&n, 200);
    }
    conn_info(n.conn, &info);
    ck_assert_int_ge(info.rto, 101 * MSEC - USEC);
    ck_assert_int_lt(info.rto, 102 * MSEC);
    tcpnet_free(&n);
}
END_TEST

/* CC-26 to CC-28: what a timeout does. */
START_TEST(a_timeout_halves_once_and_starts_from_one_segment)
{
    TcpNet n;
    TcpConfig c = course_config();
    TcpInfo info;
    thousands(&n, &c);
    link_down(n.link);
    must_send(n.conn, 10000);
    run_to(&n, 1029);
    g_string_truncate(n.log, 0);
    run_to(&n, 3500);
    expect_log(&n, "1030 c>s . 1:1001 ack 1\n3030 c>s . 1:1001 ack 1\n");
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.ssthresh, 5000);
    ck_assert_uint_eq(info.cwnd, 1000);
    link_up(n.link);
    run_to(&n, 7100);
    expect_log(&n, "7030 c>s . 1:1001 ack 1\n7040 s>c . 1 ack 1001\n"
                   "7050 c>s . 1001:2001 ack 1\n7050 c>s . 2001:3001 ack 1\n"
                   "7060 s>c . 1 ack 2001\n7060 s>c . 1 ack 3001\n"
                   "7070 c>s . 3001:4001 ack 1\n7070 c>s . 4001:5001 ack 1\n"
                   "7070 c>s . 5001:6001 ack 1\n7070 c>s . 6001:7001 ack 1\n"
                   "7080 s>c . 1 ack 4001\n7080 s>c . 1 ack 5001\n7080 s>c . 1 ack 6001\n"
                   "7080 s>c . 1 ack 7001\n"
                   "7090 c>s . 7001:8001 ack 1\n7090 c>s . 8001:9001 ack 1\n"
                   "7090 c>s P. 9001:10001 ack 1\n"
                   "7100 s>c . 1 ack 8001\n7100 s>c . 1 ack 9001\n7100 s>c . 1 ack 10001\n");
    tcpnet_free(&n);
}
END_TEST

/* CC-30: a window that the program does not use does not grow. */
START_TEST(a_window_that_is_not_used_does_not_grow)
{
    TcpNet n;
    TcpConfig c = course_config();
    TcpInfo info;
    thousands(&n, &c);
    if (_i == 1) { /* in congestion avoidance */
        drop_at(&n, 1, 1);
        must_send(n.conn, 10000);
        run_to(&n, 200);
    }
    conn_info(n.conn, &info);
    uint32_t before = info.cwnd;
    for (int i = 0; i < 100; i++) {
        must_send(n.conn, 1000);
        run_ms(&n, 30);
    }
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.cwnd, before);
    tcpnet_free(&n);
}
END_TEST

/* CC-29. */
START_TEST(an_idle_sender_starts_again_from_the_initial_window)
{
    TcpNet n;
    TcpConfig c = course_config();
    TcpInfo info;
    c.initial_cwnd = 2;
    thousands(&n, &c);
    must_send(n.conn, 20000);
    run_to(&n, 1000);
    conn_info(n.conn, &info);
    ck_assert_uint_gt(info.cwnd, 10000);
    run_to(&n, 3000);
    g_string_truncate(n.log, 0);
    must_read(n.accepted, 20000);
    run_to(&n, 3050);
    g_string_truncate(n.log, 0);
    must_send(n.conn, 20000);
    expect_log(&n, "3050 c>s . 20001:21001 ack 1\n3050 c>s . 21001:22001 ack 1\n");
    tcpnet_free(&n);
}
END_TEST

/* The catalogue's `cable-out-8s` in small: a cable out for a while, the download goes on. */
static const struct { SimTime out, resumes; } outages[] = {
    { 500, 1000 }, { 2000, 3000 }, { 6500, 7000 }, { 8000, 15000 },
};

START_TEST(a_download_goes_on_when_the_cable_is_back)
{
    Transfer t = { 0 };
    LinkConfig link = link_defaults;
    TcpConfig cfg = course_config();
    TcpInfo info;
    link.delay = 10 * MSEC;
    link.rate = 10 * 1000 * 1000;
    pair_init_with(&t.n, 1, &cfg, &cfg, &link, true);
    transfer_start(&t, 0, 5 * 1000 * 1000);
    run_to(&t.n, 1000);
    link_down(t.n.link);
    uint64_t before = t.up.received;
    run_ms(&t.n, outages[_i].out);
    ck_assert_uint_eq(t.up.received, before);
    link_up(t.n.link);
    run_to(&t.n, 1000 + outages[_i].resumes - 25);
    ck_assert_uint_eq(t.up.received, before);
    run_to(&t.n, 1000 + outages[_i].resumes + 35);
    ck_assert_uint_gt(t.up.received, before);
    conn_info(t.n.accepted, &info);
    ck_assert_uint_lt(info.cwnd, 8 * 1460);
    transfer_end(&t, 0, 5 * 1000 * 1000);
}
END_TEST

START_TEST(a_cable_out_for_too_long_ends_it)
{
    TcpNet n;
    pair_init(&n, NULL, NULL);
    pair_establish(&n);
    n.drops = false;
    link_down(n.link);
    must_send(n.conn, 100);
    run_out(&n);
    expect_log(&n, "30 c>s P. 1:101 ack 1\n1030 c>s P. 1:101 ack 1\n3030 c>s P. 1:101 ack 1\n"
                   "7030 c>s P. 1:101 ack 1\n15030 c>s P. 1:101 ack 1\n31030 c>s P. 1:101 ack 1\n"
                   "63030 c>s P. 1:101 ack 1\n127030 c>s P. 1:101 ack 1\n"
                   "191030 c>s P. 1:101 ack 1\n255030 c CLOSED\n");
    must_end(n.conn, NET_ETIMEDOUT);
    expect_state(&n, n.accepted, TCP_ESTABLISHED);
    tcpnet_free(&n);
}
END_TEST

/* RFC 1191: a router says that it is too much, and what was dropped goes again in pieces. */
START_TEST(a_narrow_path_is_learnt)
{
    Net *net = net_new(1);
    StackConfig cfg = stack_config_default();
    LinkConfig narrow = link_defaults;
    NetError err;
    TcpInfo info;
    Pump up, down;
    cfg.tcp = course_config();
    narrow.delay = 10 * MSEC;
    narrow.mtu = 1400;
    Stack *c = net_host(net, "c", &cfg), *r1 = net_router(net, "r1", &cfg);
    Stack *r2 = net_router(net, "r2", &cfg), *s = net_host(net, "s", &cfg);
    net_link(net, c->node, "10.0.1.1/24", r1->node, "10.0.1.254/24", 10 * MSEC);
    net_link_with(net, r1->node, "10.0.2.1/24", r2->node, "10.0.2.2/24", &narrow);
    net_link(net, r2->node, "10.0.3.254/24", s->node, "10.0.3.1/24", 10 * MSEC);
    net_route(c, "0.0.0.0/0", "10.0.1.254");
    net_route(s, "0.0.0.0/0", "10.0.3.254");
    net_route(r1, "10.0.3.0/24", "10.0.2.2");
    net_route(r2, "10.0.1.0/24", "10.0.2.1");
    net_warm(net);
    Listener *l = tcp_listen(stack_tcp(s), IP4_ANY, 80, 0, false, &err);
    Conn *conn = tcp_connect(stack_tcp(c), IP_NONE, 40000, ip("10.0.3.1"), 80, &err);
    net_run(net);
    Conn *accepted = listener_accept(l);
    ck_assert_ptr_nonnull(accepted);
    pump_start(&up, conn, 20000);
    pump_start(&down, accepted, 0);
    net_run_until(net, SEC - MSEC); /* before a timer could have repaired it */
    ck_assert_uint_eq(down.received, 20000);
    conn_info(conn, &info);
    ck_assert_uint_eq(info.mss, 1360);
    ck_assert_uint_gt(net_count(net, "icmp 3/4 mtu 1400"), 0);
    net_run(net);
    conn_free(conn);
    conn_free(accepted);
    listener_close(l);
    net_free(net);
}
END_TEST

START_TEST(without_retransmission_a_loss_is_for_ever)
{
    TcpNet n;
    TcpConfig c = course_config();
    c.retransmit = false;
    pair_init(&n, &c, NULL);
    pair_establish(&n);
    drop_at(&n, 1, 1);
    must_send(n.conn, 100);
    run_out(&n);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    must_end(n.accepted, NET_EAGAIN);
    tcpnet_free(&n);
}
END_TEST

Suite *tcp_transfer_suite(void);
Suite *tcp_transfer_suite(void)
{
    Suite *suite = suite_create("tcp_transfer");
    TCase *tc = tcase_create("wires");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, ten_megabytes_survive_a_bad_wire, 0, 4);
    tcase_add_loop_test(tc, random_worlds_deliver_both_streams, 0, 400);
    tcase_add_loop_test(tc, a_window_of_segments_is_on_its_way, 0, 2);
    tcase_add_test(tc, a_window_per_round_trip_is_the_limit);
    tcase_add_test(tc, a_slow_link_is_filled);
    tcase_add_test(tc, the_reader_sets_the_pace);
    tcase_add_test(tc, a_lost_window_update_is_made_up_by_a_probe);
    tcase_add_loop_test(tc, a_download_goes_on_when_the_cable_is_back, 0, 4);
    tcase_add_test(tc, a_cable_out_for_too_long_ends_it);
    tcase_add_test(tc, a_narrow_path_is_learnt);
    tcase_add_test(tc, without_retransmission_a_loss_is_for_ever);
    suite_add_tcase(suite, tc);
    tc = tcase_create("congestion");
    tcase_add_loop_test(tc, three_duplicates_repair_a_loss_at_once, 0, 2);
    tcase_add_test(tc, fast_recovery_goes_by_the_book);
    tcase_add_test(tc, a_partial_ack_shows_the_next_hole);
    tcase_add_test(tc, many_holes_end_in_a_timeout);
    tcase_add_test(tc, reordering_by_two_is_no_loss);
    tcase_add_test(tc, the_timer_backs_off_and_stays_so_until_a_fresh_sample);
    tcase_add_test(tc, the_estimator_is_rfc_6298s);
    tcase_add_test(tc, a_timeout_halves_once_and_starts_from_one_segment);
    tcase_add_loop_test(tc, a_window_that_is_not_used_does_not_grow, 0, 2);
    tcase_add_test(tc, an_idle_sender_starts_again_from_the_initial_window);
    suite_add_tcase(suite, tc);
    return suite;
}
