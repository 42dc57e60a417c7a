/*
 * test_tcp_user.c - what a program may tell its TCP, and ask of it, beyond sending and receiving:
 * RFC 9293 §3.9.1. One host and a peer played by hand: SND.NXT is 101 and RCV.NXT 301, both windows
 * 8192. Each test names what it shows.
 */
/* SPDX-License-Identifier: MIT */
#include "support/tcpnet.h"

#include <check.h>
#include <string.h>

static TcpNet n;
static unsigned advices;

static void look(void *self, const TraceEvent *ev)
{
    (void)self;
    advices += ev->point == &TCP_ADVICE;
}

static void start(const TcpConfig *cfg)
{
    peer_init(&n, cfg);
    advices = 0;
    trace_add_sink(&n.net->sim->trace, TRACE_ALL, look, &advices);
}

static void establish(const TcpConfig *cfg)
{
    start(cfg);
    peer_establish(&n);
}

static GPtrArray *conns; /* that a test has made, to be let go */

static void finish(void)
{
    for (unsigned i = 0; i < conns->len; i++)
        conn_free(g_ptr_array_index(conns, i));
    g_ptr_array_free(conns, TRUE);
    trace_remove_sink(&n.net->sim->trace, &advices);
    tcpnet_free(&n);
}

static void begin(void)
{
    conns = g_ptr_array_new();
}

/* --- push and flush --------------------------------------------------------------------------- */

/* MAY-15, SHLD-27: what was pushed goes in spite of the cork, its last segment with PSH; the second
 * push, made before the first could be sent, takes its place. */
START_TEST(a_push_goes_through_a_cork)
{
    establish(NULL);
    conn_set_cork(n.conn, true);
    must_send(n.conn, 10);
    expect_log(&n, "");
    conn_push(n.conn);
    expect_log(&n, "20 c>p P. 101:111 ack 301\n");
    peer_inject(&n, ". 301 ack 111 win 0");
    must_send(n.conn, 10);
    conn_push(n.conn);
    must_send(n.conn, 10);
    conn_push(n.conn);
    must_send(n.conn, 10);
    peer_inject(&n, ". 301 ack 111 win 8192");
    expect_log(&n, "40 c>p P. 111:141 ack 301\n");
}
END_TEST

/* MAY-15: a push in the middle of what is queued is told, where the segment ends there. */
START_TEST(a_push_is_told_before_the_end_of_the_queue)
{
    establish(NULL);
    peer_inject(&n, ". 301 ack 101 win 0");
    must_send(n.conn, 2920);
    if (_i == 0)
        conn_push(n.conn);
    must_send(n.conn, 100);
    peer_inject(&n, ". 301 ack 101 win 3000");
    expect_log(&n, _i == 0 ? "40 c>p . 101:1561 ack 301\n40 c>p P. 1561:3021 ack 301\n"
                           : "40 c>p . 101:1561 ack 301\n40 c>p . 1561:3021 ack 301\n");
}
END_TEST

/* MAY-17: how far the peer has pushed. */
START_TEST(the_program_may_ask_for_the_peers_push)
{
    establish(NULL);
    peer_inject(&n, ". 301 ack 101 len 20");
    ck_assert_uint_eq(conn_pushed(n.conn), 0);
    peer_inject(&n, "P. 321 ack 101 len 10");
    ck_assert_uint_eq(conn_pushed(n.conn), 30);
    peer_inject(&n, ". 331 ack 101 len 5");
    ck_assert_uint_eq(conn_pushed(n.conn), 30);
    uint8_t bytes[35];
    ck_assert_uint_eq(conn_receive(n.conn, bytes, 29, &(NetError){ 0 }), 29);
    ck_assert_uint_eq(conn_pushed(n.conn), 1);
    ck_assert_uint_eq(conn_receive(n.conn, bytes, 6, &(NetError){ 0 }), 6);
    ck_assert_uint_eq(conn_pushed(n.conn), 0);
}
END_TEST

/* The same where the send buffer is kept in pieces, as for a card that cuts segments. */
START_TEST(pieces_are_pushed_and_flushed)
{
    TcpConfig cfg = peer_config();

    cfg.offload = true;
    establish(&cfg);
    conn_set_cork(n.conn, true);
    must_send(n.conn, 10);
    conn_push(n.conn);
    expect_log(&n, "20 c>p P. 101:111 ack 301\n");
    conn_set_cork(n.conn, false);
    peer_inject(&n, ". 301 ack 111 win 0");
    must_send(n.conn, 5000);
    ck_assert_uint_eq(conn_flush(n.conn), 5000);
    ck_assert_uint_eq(conn_flush(n.conn), 0);
    must_send(n.conn, 3000);
    peer_inject(&n, ". 301 ack 111 win 2000");
    ck_assert_uint_eq(conn_flush(n.conn), 1000);
    peer_inject(&n, ". 301 ack 111 win 8000");
    run_ms(&n, 20);
    peer_inject(&n, ". 301 ack 2111 win 8000");
    TcpInfo info;
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.snd_una, 2111);
    ck_assert_uint_eq(info.send_queue, 0);
}
END_TEST

/* MAY-14: what lies right of the window is forgotten; the stream goes on without a gap. */
START_TEST(a_flush_forgets_what_the_window_does_not_reach)
{
    establish(NULL);
    peer_inject(&n, ". 301 ack 101 win 2000");
    must_send(n.conn, 5000);
    expect_log(&n, "30 c>p . 101:1561 ack 301\n");
    ck_assert_uint_eq(conn_flush(n.conn), 3000);
    ck_assert_uint_eq(conn_flush(n.conn), 0);
    peer_inject(&n, ". 301 ack 1561 win 8192");
    expect_log(&n, "30 c>p P. 1561:2101 ack 301\n");
    peer_inject(&n, ". 301 ack 2101");
    must_send(n.conn, 10);
    expect_log(&n, "50 c>p P. 2101:2111 ack 301\n");
    conn_close(n.conn);
    ck_assert_uint_eq(conn_flush(n.conn), 0);
}
END_TEST

/* --- what it hears ---------------------------------------------------------------------------- */

/* MAY-9: the DS octet of the last segment. */
START_TEST(the_ds_field_received_is_told)
{
    TcpInfo info;

    establish(NULL);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.rcv_tos, 0);
    n.peer_tos = 0xb8;
    peer_inject(&n, ". 301 ack 101 len 5");
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.rcv_tos, 0xb8);
}
END_TEST

/* SHLD-20: switched off, a hint of the network is no event; the state is the same either way. */
START_TEST(error_reports_can_be_switched_off)
{
    establish(NULL);
    conn_set_advice(n.conn, _i == 0);
    must_send(n.conn, 10);
    peer_icmp(&n, 3, 1, 80, 5000, 101);
    ck_assert_uint_eq(advices, _i == 0 ? 1 : 0);
    ck_assert_int_eq(conn_soft_error(n.conn), NET_EHOSTUNREACH);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
}
END_TEST

/* MAY-6: a probe with a byte that was acknowledged, of which the peer takes nothing. */
START_TEST(a_keep_alive_may_carry_a_byte)
{
    TcpConfig cfg = peer_config();

    cfg.keepalive_garbage = true;
    establish(&cfg);
    conn_set_keepalive(n.conn, true, 5 * SEC, SEC, 3);
    run_to(&n, 5100);
    expect_log(&n, "5020 c>p . 100:101 ack 301\n");
    peer_inject(&n, ". 301 ack 101");
    must_send(n.conn, 3);
    expect_log(&n, "5110 c>p P. 101:104 ack 301\n");
}
END_TEST

/* MAY-6: a whole TCP takes that byte for what it is, and answers. */
START_TEST(the_byte_of_a_keep_alive_is_not_delivered)
{
    TcpConfig cfg = course_config();

    cfg.keepalive_garbage = true;
    pair_init(&n, &cfg, NULL);
    trace_add_sink(&n.net->sim->trace, TRACE_ALL, look, &advices);
    pair_establish(&n);
    must_send(n.conn, 4);
    run_ms(&n, 100);
    must_read(n.accepted, 4);
    conn_set_keepalive(n.conn, true, 5 * SEC, SEC, 3);
    run_ms(&n, 8000);
    ck_assert_uint_eq(conn_readable(n.accepted), 0);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    expect_state(&n, n.accepted, TCP_ESTABLISHED);
    must_send(n.conn, 4);
    run_ms(&n, 100);
    must_read(n.accepted, 4);
}
END_TEST

/* --- ports ------------------------------------------------------------------------------------ */

static uint16_t connect_to(uint16_t port)
{
    NetError err;
    TcpInfo info;
    Conn *c = tcp_connect(stack_tcp(n.c), IP_NONE, 0, ip("10.0.0.2"), port, &err);

    if (c == NULL)
        return 0;
    conn_info(c, &info);
    conn_free(c);
    return info.local_port;
}

static void with_ports(TcpPorts how, uint16_t min, uint16_t max)
{
    TcpConfig cfg = peer_config();

    cfg.ports = how;
    cfg.port_min = min;
    cfg.port_max = max;
    establish(&cfg);
}

/* EXT-52, RFC 6056 §3.3.1, §3.3.3: at random no port tells of the next; by hash they count on, from
 * a place of each destination's own. */
START_TEST(who_guesses_the_next_port)
{
    unsigned in_turn = 0, same = 0;
    uint16_t last = 0;

    with_ports((TcpPorts)_i, 40000, 59999);
    for (int i = 0; i < 100; i++) {
        uint16_t port = connect_to(80), other = connect_to(443);
        ck_assert_uint_ge(port, 40000);
        ck_assert_uint_lt(port, 60000);
        in_turn += port == last + 2; /* each takes a number */
        same += other == port + 1;
        last = port;
    }
    ck_assert_uint_eq(in_turn, _i == TCP_PORTS_RANDOM ? 0 : 99);
    ck_assert_uint_eq(same, _i == TCP_PORTS_SEQUENTIAL ? 100 : 0);
}
END_TEST

/* EXT-52: all that are left are found, and none of TIME-WAIT's is taken. */
START_TEST(a_pair_in_time_wait_is_not_chosen)
{
    TcpConfig cfg = course_config();
    unsigned seen = 0;

    cfg.ports = (TcpPorts)_i;
    cfg.profile = TCP_PROFILE_LINUX;
    cfg.port_min = 40000;
    cfg.port_max = 40008;
    pair_init(&n, &cfg, NULL);
    trace_add_sink(&n.net->sim->trace, TRACE_ALL, look, &advices);
    pair_establish(&n); /* from port 40000 */
    conn_close(n.conn);
    conn_close(n.accepted);
    run_ms(&n, 100);
    expect_state(&n, n.conn, TCP_TIME_WAIT);
    for (int i = 0; i < 8; i++) {
        Conn *c = tcp_connect(stack_tcp(n.c), IP_NONE, 0, ip("10.0.0.2"), 80, &(NetError){ 0 });
        TcpInfo info;
        ck_assert_ptr_nonnull(c);
        conn_info(c, &info);
        seen |= 1u << (info.local_port - 40000);
        if (_i != TCP_PORTS_SEQUENTIAL)
            ck_assert_uint_eq(info.local_port % 2, i >= 4);
        conn_on_ready(c, NULL, NULL);
        g_ptr_array_add(conns, c);
    }
    ck_assert_uint_eq(seen, 0x1fe);
    NetError err;
    ck_assert_ptr_null(tcp_connect(stack_tcp(n.c), IP_NONE, 0, ip("10.0.0.2"), 80, &err));
    ck_assert_int_eq(err, NET_EADDRNOTAVAIL);
    ck_assert_uint_ne(connect_to(81), 0);
}
END_TEST

/* --- initial sequence numbers ----------------------------------------------------------------- */

static uint32_t next_isn(void)
{
    TcpInfo info;
    Conn *c = tcp_connect(stack_tcp(n.c), IP_NONE, 0, ip("10.0.0.2"), 80, &(NetError){ 0 });

    conn_info(c, &info);
    conn_free(c);
    return info.iss;
}

/* Numbers that are wrong on purpose: a clock of 4 ms, a counter, and any. */
START_TEST(isns_that_are_wrong)
{
    static const struct { TcpIsn isn; const char *marked; bool told; uint32_t step; } rows[] = {
        { TCP_ISN_CLOCK4MS, "isn=clock4ms", true, 250 },
        { TCP_ISN_COUNTER64K, "isn=counter64k", true, 64000 },
        { TCP_ISN_RANDOM, "isn=random", false, 0 },
    };
    TcpConfig cfg = peer_config();
    GString *what = g_string_new(NULL);

    cfg.isn = rows[_i].isn;
    start(&cfg);
    uint32_t first = next_isn();
    run_ms(&n, 1000);
    uint32_t second = next_isn();
    run_ms(&n, 1000);
    uint32_t third = next_isn();
    if (rows[_i].told) {
        ck_assert_uint_eq(second - first, rows[_i].step);
        ck_assert_uint_eq(third - second, rows[_i].step);
    } else {
        ck_assert_uint_ne(second - first, third - second);
        ck_assert_uint_ne(first, second);
    }
    ck_assert(tcp_config_is_wrong(&cfg, what));
    ck_assert_str_eq(what->str, rows[_i].marked);
    g_string_free(what, TRUE);
}
END_TEST

/* --- answers without end ---------------------------------------------------------------------- */

/* Lines of the log since the last call. */
static unsigned count_sent(void)
{
    unsigned lines = 0;

    for (const char *p = n.log->str; (p = strstr(p, "c>p")) != NULL; p++)
        lines++;
    g_string_truncate(n.log, 0);
    return lines;
}

/* RFC 5961 §7, EXT-41: with ack_throttle what is answered to ACKs ends with the challenges; to text,
 * and to what comes later, it does not. */
START_TEST(answers_to_bare_segments_are_counted)
{
    TcpConfig cfg = peer_config();

    cfg.ack_throttle = _i == 1;
    cfg.challenge_ack_limit = 2;
    cfg.challenge_ack_period = 5 * SEC;
    establish(&cfg);
    for (int i = 0; i < 5; i++)
        peer_inject(&n, ". 200 ack 101");
    peer_inject(&n, ". 301 ack 900");
    ck_assert_uint_eq(count_sent(), _i == 1 ? 2 : 6);
    peer_inject(&n, ". 200 ack 101 len 5");
    ck_assert_uint_eq(count_sent(), 1);
    run_ms(&n, 5000);
    peer_inject(&n, ". 200 ack 101");
    ck_assert_uint_eq(count_sent(), 1);
}
END_TEST

Suite *tcp_user_suite(void);
Suite *tcp_user_suite(void)
{
    Suite *suite = suite_create("tcp_user");
    TCase *tc = tcase_create("tcp_user");

    tcase_add_checked_fixture(tc, begin, finish);
    tcase_add_test(tc, a_push_goes_through_a_cork);
    tcase_add_loop_test(tc, a_push_is_told_before_the_end_of_the_queue, 0, 2);
    tcase_add_test(tc, the_program_may_ask_for_the_peers_push);
    tcase_add_test(tc, a_flush_forgets_what_the_window_does_not_reach);
    tcase_add_test(tc, pieces_are_pushed_and_flushed);
    tcase_add_test(tc, the_ds_field_received_is_told);
    tcase_add_loop_test(tc, error_reports_can_be_switched_off, 0, 2);
    tcase_add_test(tc, a_keep_alive_may_carry_a_byte);
    tcase_add_test(tc, the_byte_of_a_keep_alive_is_not_delivered);
    tcase_add_loop_test(tc, who_guesses_the_next_port, 0, 3);
    tcase_add_loop_test(tc, a_pair_in_time_wait_is_not_chosen, 0, 3);
    tcase_add_loop_test(tc, isns_that_are_wrong, 0, 3);
    tcase_add_loop_test(tc, answers_to_bare_segments_are_counted, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
