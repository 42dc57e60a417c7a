/*
 * test_tcp.c - opening and closing, segment by segment, state by state, at exact times: RFC 9293's
 * figures and the course's stories. ISNs are 0, so numbers are relative; times are milliseconds.
 */
/* SPDX-License-Identifier: MIT */
#include "support/tcpnet.h"

#include <check.h>

static Conn *connect_from(TcpNet *n, uint16_t port)
{
    NetError err;
    Conn *c = tcp_connect(stack_tcp(n->c), IP_NONE, port, ip("10.0.0.2"), 80, &err);

    ck_assert_str_eq(net_error_name(err), "OK");
    return c;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* SHLD-5, MAY-3, CC-20, FIG-1 */
START_TEST(three_segments_open_a_connection)
{
    TcpNet n;
    pair_init(&n, NULL, NULL);
    n.windows = true;
    n.conn = connect_from(&n, 40000);
    run_to(&n, 29);
    ck_assert_int_eq(conn_connected(n.conn), NET_OK);
    ck_assert_uint_eq(listener_half_open(n.listener), 1);
    ck_assert_ptr_null(listener_accept(n.listener));
    run_out(&n);
    expect_log(&n, "0 c SYN-SENT\n"
                   "0 c>s S 0 win 65535 mss 1460\n"
                   "10 s SYN-RECEIVED\n"
                   "10 s>c S. 0 ack 1 win 65535 mss 1460\n"
                   "20 c ESTABLISHED\n"
                   "20 c>s . 1 ack 1 win 65535\n"
                   "30 s ESTABLISHED\n");
    ck_assert_uint_eq(listener_half_open(n.listener), 0);
    n.accepted = must_accept(&n);
    ck_assert_ptr_null(listener_accept(n.listener));
    tcpnet_free(&n);
}
END_TEST

/* SM-1, SM-10 */
START_TEST(a_closed_port_refuses)
{
    TcpNet n;
    NetError err;
    pair_init(&n, NULL, NULL);
    n.windows = true;
    n.conn = tcp_connect(stack_tcp(n.c), IP_NONE, 40000, ip("10.0.0.2"), 81, &err);
    run_out(&n);
    expect_log(&n, "0 c SYN-SENT\n"
                   "0 c>s S 0 win 65535 mss 1460\n"
                   "10 s>c R. 0 ack 1 win 0\n"
                   "10 s drops tcp.closed\n"
                   "20 c CLOSED\n"
                   "20 c drops tcp.refused\n");
    ck_assert_int_eq(conn_connected(n.conn), NET_ECONNREFUSED);
    ck_assert_int_eq(conn_error(n.conn), NET_ECONNREFUSED);
    tcpnet_free(&n);
}
END_TEST

/* CC-1, CC-13, CC-19 */
START_TEST(a_lost_syn_is_sent_again_and_data_begins_with_an_rto_of_3_s)
{
    static const int connected[] = { 20, 1020, 3020, 7020 };
    TcpNet n;
    TcpInfo info;
    pair_init(&n, NULL, NULL);
    if (_i > 0)
        drop_flags(&n, n.c, TCP_SYN, 0, (unsigned)_i);
    n.conn = connect_from(&n, 40000);
    run_to(&n, connected[_i] - 1);
    expect_state(&n, n.conn, TCP_SYN_SENT);
    run_to(&n, connected[_i]);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    conn_info(n.conn, &info);
    ck_assert_int_eq(info.rto, _i == 0 ? SEC : 3 * SEC);
    ck_assert_uint_eq(info.retransmits, (unsigned)_i);
    ck_assert_uint_eq(info.cwnd, _i > 1 ? 1460 : 14600);
    ck_assert_int_eq(info.srtt, _i == 0 ? 20 * MSEC : 0);
    run_out(&n);
    tcpnet_free(&n);
}
END_TEST

/* CC-11 */
START_TEST(an_unanswered_syn_is_tried_seven_times_and_given_up_after_127_s)
{
    TcpNet n;
    pair_init(&n, NULL, NULL);
    n.drops = false;
    drop_flags(&n, n.c, TCP_SYN, 0, 0);
    n.conn = connect_from(&n, 40000);
    run_out(&n);
    expect_log(&n, "0 c SYN-SENT\n0 c>s S 0\n1000 c>s S 0\n3000 c>s S 0\n7000 c>s S 0\n"
                   "15000 c>s S 0\n31000 c>s S 0\n63000 c>s S 0\n127000 c CLOSED\n");
    ck_assert_int_eq(conn_connected(n.conn), NET_ETIMEDOUT);
    tcpnet_free(&n);
}
END_TEST

START_TEST(a_half_open_connection_is_forgotten_after_63_s)
{
    TcpNet n;
    pair_init(&n, NULL, NULL);
    n.drops = false;
    drop_flags(&n, n.c, TCP_ACK, 0, 0);
    n.conn = connect_from(&n, 40000);
    run_to(&n, 70000);
    expect_log(&n, "0 c SYN-SENT\n0 c>s S 0\n10 s SYN-RECEIVED\n10 s>c S. 0 ack 1\n"
                   "20 c ESTABLISHED\n20 c>s . 1 ack 1\n"
                   "1010 s>c S. 0 ack 1\n1020 c>s . 1 ack 1\n"
                   "3010 s>c S. 0 ack 1\n3020 c>s . 1 ack 1\n"
                   "7010 s>c S. 0 ack 1\n7020 c>s . 1 ack 1\n"
                   "15010 s>c S. 0 ack 1\n15020 c>s . 1 ack 1\n"
                   "31010 s>c S. 0 ack 1\n31020 c>s . 1 ack 1\n"
                   "63010 s CLOSED\n");
    ck_assert_uint_eq(listener_half_open(n.listener), 0);
    must_send(n.conn, 100);
    run_out(&n);
    expect_log(&n, "70000 c>s P. 1:101 ack 1\n70010 s>c R 1\n70020 c CLOSED\n");
    must_end(n.conn, NET_ECONNRESET);
    tcpnet_free(&n);
}
END_TEST

START_TEST(a_lost_syn_ack_makes_both_ends_repeat)
{
    TcpNet n;
    pair_init(&n, NULL, NULL);
    drop_flags(&n, n.s, TCP_SYN | TCP_ACK, 0, 1);
    n.conn = connect_from(&n, 40000);
    run_out(&n);
    expect_log(&n, "0 c SYN-SENT\n0 c>s S 0\n10 s SYN-RECEIVED\n10 s>c S. 0 ack 1\n"
                   "10 s>c lost link.fault\n"
                   "1000 c>s S 0\n"
                   "1010 s>c S. 0 ack 1\n"
                   "1010 s>c . 1 ack 1\n"
                   "1010 s drops tcp.out-of-window\n"
                   "1020 c ESTABLISHED\n1020 c>s . 1 ack 1\n"
                   "1030 s ESTABLISHED\n");
    n.accepted = must_accept(&n);
    ck_assert_ptr_null(listener_accept(n.listener));
    tcpnet_free(&n);
}
END_TEST

START_TEST(data_makes_up_for_a_lost_third_segment)
{
    TcpNet n;
    pair_init(&n, NULL, NULL);
    drop_flags(&n, n.c, TCP_ACK, 0, 1);
    n.conn = connect_from(&n, 40000);
    run_to(&n, 200);
    must_send(n.conn, 41);
    run_out(&n);
    expect_log(&n, "0 c SYN-SENT\n0 c>s S 0\n10 s SYN-RECEIVED\n10 s>c S. 0 ack 1\n"
                   "20 c ESTABLISHED\n20 c>s . 1 ack 1\n20 c>s lost link.fault\n"
                   "200 c>s P. 1:42 ack 1\n"
                   "210 s ESTABLISHED\n210 s>c . 1 ack 42\n");
    n.accepted = must_accept(&n);
    must_read(n.accepted, 41);
    tcpnet_free(&n);
}
END_TEST

/* MUST-10, FIG-2 */
START_TEST(two_syns_that_cross_make_one_connection)
{
    TcpNet n;
    NetError err;
    pair_init(&n, NULL, NULL);
    n.conn = tcp_connect(stack_tcp(n.c), IP_NONE, 40000, ip("10.0.0.2"), 50000, &err);
    n.accepted = tcp_connect(stack_tcp(n.s), IP_NONE, 50000, ip("10.0.0.1"), 40000, &err);
    run_out(&n);
    expect_log(&n, "0 c SYN-SENT\n0 c>s S 0\n0 s SYN-SENT\n0 s>c S 0\n"
                   "10 s SYN-RECEIVED\n10 s>c S. 0 ack 1\n"
                   "10 c SYN-RECEIVED\n10 c>s S. 0 ack 1\n"
                   "20 c ESTABLISHED\n20 c>s . 1 ack 1\n20 c drops tcp.out-of-window\n"
                   "20 s ESTABLISHED\n20 s>c . 1 ack 1\n20 s drops tcp.out-of-window\n");
    ck_assert_int_eq(conn_connected(n.conn), NET_OK);
    ck_assert_int_eq(conn_connected(n.accepted), NET_OK);
    must_send(n.conn, 10);
    must_send(n.accepted, 20);
    run_out(&n);
    must_read(n.conn, 20);
    must_read(n.accepted, 10);
    tcpnet_free(&n);
}
END_TEST

/* SM-33 */
START_TEST(closing_in_syn_sent_sends_nothing)
{
    TcpNet n;
    pair_init(&n, NULL, NULL);
    n.conn = connect_from(&n, 40000);
    run_to(&n, 5);
    conn_close(n.conn);
    run_out(&n);
    expect_log(&n, "0 c SYN-SENT\n0 c>s S 0\n5 c CLOSED\n"
                   "10 s SYN-RECEIVED\n10 s>c S. 0 ack 1\n"
                   "20 c>s R 1\n20 c drops tcp.closed\n"
                   "30 s LISTEN\n30 s drops tcp.reset\n");
    ck_assert_int_eq(conn_connected(n.conn), NET_ECONNABORTED);
    tcpnet_free(&n);
}
END_TEST

/* SM-35 */
START_TEST(closing_in_syn_received_sends_a_fin)
{
    TcpNet n;
    NetError err;
    pair_init(&n, NULL, NULL);
    n.conn = tcp_connect(stack_tcp(n.c), IP_NONE, 40000, ip("10.0.0.2"), 50000, &err);
    n.accepted = tcp_connect(stack_tcp(n.s), IP_NONE, 50000, ip("10.0.0.1"), 40000, &err);
    run_to(&n, 15);
    conn_close(n.conn);
    expect_state(&n, n.conn, TCP_FIN_WAIT_1);
    run_to(&n, 100);
    expect_state(&n, n.conn, TCP_FIN_WAIT_2);
    expect_state(&n, n.accepted, TCP_CLOSE_WAIT);
    conn_close(n.accepted);
    run_out(&n);
    expect_state(&n, n.accepted, TCP_CLOSED);
    expect_state(&n, n.conn, TCP_CLOSED);
    tcpnet_free(&n);
}
END_TEST

/* --- the delayed old SYN ---------------------------------------------------------------------- */

typedef struct OldSyn {
    TcpNet     n;
    FaultRule *held;
} OldSyn;

static bool is_syn(void *self, LinkDir *dir, const Packet *pkt)
{
    (void)self;
    (void)dir;
    return packet_frame(pkt).p[47] == TCP_SYN; /* 14 + 20 + 13 */
}

/* One connection lives and dies while its first SYN is held; then the SYN is released. */
static void play_old_syn(OldSyn *o, const TcpConfig *c, const TcpConfig *s)
{
    FaultOptions opt = fault_options_default;
    FaultCalls calls = { .match = is_syn };
    TcpNet *n = &o->n;

    pair_init(n, c, s);
    opt.count = 1;
    o->held = fault_add(n->link, FAULT_HOLD, &opt, &calls, "old");
    n->conn = connect_from(n, 40000);
    run_to(n, 1030);
    n->accepted = must_accept(n);
    must_send(n->conn, 100);
    run_to(n, 2000);
    must_read(n->accepted, 100);
    conn_close(n->conn);
    run_to(n, 2110);
    conn_close(n->accepted);
    run_to(n, 30000);
    expect_state(n, n->conn, TCP_CLOSED);
    g_string_truncate(n->log, 0);
    conn_free(n->accepted);
    n->accepted = NULL;
    ck_assert_uint_eq(fault_release(o->held), 1);
}

static void old_syn_configs(TcpConfig *c, TcpConfig *s)
{
    *c = *s = course_config();
    c->msl = s->msl = 5 * SEC;
    c->isn_list[0] = 1000;
    c->n_isn = 1;
    s->isn = TCP_ISN_LIST;
    s->isn_list[0] = 5000;
    s->isn_list[1] = 9000;
    s->n_isn = 2;
}

/* SM-2 */
START_TEST(an_old_syn_opens_nothing_after_three_segments)
{
    OldSyn o;
    TcpConfig c, s;
    old_syn_configs(&c, &s);
    play_old_syn(&o, &c, &s);
    run_out(&o.n);
    expect_log(&o.n, "30010 s SYN-RECEIVED\n30010 s>c S. 9000 ack 1001\n"
                     "30020 c>s R 1001\n30020 c drops tcp.closed\n"
                     "30030 s LISTEN\n30030 s drops tcp.reset\n");
    ck_assert_ptr_null(listener_accept(o.n.listener));
    tcpnet_free(&o.n);
}
END_TEST

START_TEST(an_old_syn_at_a_silent_host_is_answered_six_times)
{
    OldSyn o;
    TcpConfig c, s;
    old_syn_configs(&c, &s);
    c.closed_port = TCP_CLOSED_SILENT;
    play_old_syn(&o, &c, &s);
    o.n.drops = false;
    run_out(&o.n);
    expect_log(&o.n, "30010 s SYN-RECEIVED\n30010 s>c S. 9000 ack 1001\n"
                     "31010 s>c S. 9000 ack 1001\n33010 s>c S. 9000 ack 1001\n"
                     "37010 s>c S. 9000 ack 1001\n45010 s>c S. 9000 ack 1001\n"
                     "61010 s>c S. 9000 ack 1001\n93010 s CLOSED\n");
    tcpnet_free(&o.n);
}
END_TEST

START_TEST(an_old_syn_makes_a_ghost_after_two_segments)
{
    OldSyn o;
    TcpConfig c, s;
    bool silent = _i == 1;
    old_syn_configs(&c, &s);
    c.handshake = s.handshake = TCP_TWO_WAY;
    c.closed_port = silent ? TCP_CLOSED_SILENT : TCP_CLOSED_RST;
    play_old_syn(&o, &c, &s);
    run_to(&o.n, 30010);
    o.n.accepted = must_accept(&o.n);
    expect_state(&o.n, o.n.accepted, TCP_ESTABLISHED);
    run_to(&o.n, 3600000);
    if (silent) {
        expect_log(&o.n, "30010 s>c S. 9000 ack 1001\n30010 s ESTABLISHED\n"
                         "30020 c drops tcp.closed\n");
        expect_state(&o.n, o.n.accepted, TCP_ESTABLISHED);
        must_end(o.n.accepted, NET_EAGAIN);
    } else {
        expect_log(&o.n, "30010 s>c S. 9000 ack 1001\n30010 s ESTABLISHED\n"
                         "30020 c>s R 1001\n30020 c drops tcp.closed\n"
                         "30030 s CLOSED\n30030 s drops tcp.reset\n");
        must_end(o.n.accepted, NET_ECONNRESET);
    }
    tcpnet_free(&o.n);
}
END_TEST

START_TEST(a_two_way_connection_works_when_nothing_goes_wrong)
{
    TcpNet n;
    TcpConfig s = course_config();
    s.handshake = TCP_TWO_WAY;
    pair_init(&n, NULL, &s);
    n.conn = connect_from(&n, 40000);
    run_out(&n);
    expect_log(&n, "0 c SYN-SENT\n0 c>s S 0\n10 s>c S. 0 ack 1\n10 s ESTABLISHED\n"
                   "20 c ESTABLISHED\n20 c>s . 1 ack 1\n");
    n.accepted = must_accept(&n);
    must_send(n.accepted, 5000);
    run_out(&n);
    must_read(n.conn, 5000);
    tcpnet_free(&n);
}
END_TEST

/* --- closing ---------------------------------------------------------------------------------- */

/* FIG-7: From here times count from the close: pair_establish ends at 30 ms. */
START_TEST(four_segments_close_a_connection)
{
    TcpNet n;
    pair_init(&n, NULL, NULL);
    pair_establish(&n);
    conn_close(n.conn);
    run_to(&n, 40);
    must_end(n.accepted, NET_EOF);
    run_to(&n, 140);
    conn_close(n.accepted);
    run_out(&n);
    expect_log(&n, "30 c FIN-WAIT-1\n30 c>s F. 1 ack 1\n"
                   "40 s CLOSE-WAIT\n40 s>c . 1 ack 2\n"
                   "50 c FIN-WAIT-2\n"
                   "140 s LAST-ACK\n140 s>c F. 1 ack 2\n"
                   "150 c TIME-WAIT\n150 c>s . 2 ack 2\n"
                   "160 s CLOSED\n"
                   "60150 c CLOSED\n");
    ck_assert_int_eq(conn_error(n.conn), NET_OK);
    ck_assert_int_eq(conn_error(n.accepted), NET_OK);
    tcpnet_free(&n);
}
END_TEST

/* MAY-1, SM-38 */
START_TEST(half_closed_the_other_direction_goes_on)
{
    TcpNet n;
    NetError err;
    uint8_t byte = 0;
    pair_init(&n, NULL, NULL);
    pair_establish(&n);
    conn_shutdown(n.conn);
    ck_assert_uint_eq(conn_send(n.conn, (Span){ &byte, 1 }, &err), 0);
    ck_assert_int_eq(err, NET_EPIPE);
    run_to(&n, 100);
    must_end(n.accepted, NET_EOF);
    for (int i = 0; i < 5; i++) {
        must_send(n.accepted, 1000);
        run_ms(&n, 10);
        must_read(n.conn, 1000);
        run_ms(&n, 390);
    }
    conn_close(n.accepted);
    run_out(&n);
    expect_log(&n, "30 c FIN-WAIT-1\n30 c>s F. 1 ack 1\n40 s CLOSE-WAIT\n40 s>c . 1 ack 2\n"
                   "50 c FIN-WAIT-2\n"
                   "100 s>c P. 1:1001 ack 2\n110 c>s . 2 ack 1001\n"
                   "500 s>c P. 1001:2001 ack 2\n510 c>s . 2 ack 2001\n"
                   "900 s>c P. 2001:3001 ack 2\n910 c>s . 2 ack 3001\n"
                   "1300 s>c P. 3001:4001 ack 2\n1310 c>s . 2 ack 4001\n"
                   "1700 s>c P. 4001:5001 ack 2\n1710 c>s . 2 ack 5001\n"
                   "2100 s LAST-ACK\n2100 s>c F. 5001 ack 2\n"
                   "2110 c TIME-WAIT\n2110 c>s . 2 ack 5002\n2120 s CLOSED\n62110 c CLOSED\n");
    must_end(n.conn, NET_EOF);
    tcpnet_free(&n);
}
END_TEST

/* FIG-8, SM-25, SM-26 */
START_TEST(fins_that_cross_close_both_through_closing)
{
    TcpNet n;
    pair_init(&n, NULL, NULL);
    pair_establish(&n);
    conn_close(n.conn);
    conn_close(n.accepted);
    run_out(&n);
    expect_log(&n, "30 c FIN-WAIT-1\n30 c>s F. 1 ack 1\n30 s FIN-WAIT-1\n30 s>c F. 1 ack 1\n"
                   "40 s CLOSING\n40 s>c . 2 ack 2\n40 c CLOSING\n40 c>s . 2 ack 2\n"
                   "50 c TIME-WAIT\n50 s TIME-WAIT\n60050 c CLOSED\n60050 s CLOSED\n");
    tcpnet_free(&n);
}
END_TEST

static void close_at_eof(void *user)
{
    TcpNet *n = user;
    NetError err;
    uint8_t byte;

    if (conn_receive(n->accepted, &byte, 1, &err) == 0 && err == NET_EOF)
        conn_close(n->accepted);
}

/* SM-25 */
START_TEST(a_program_that_closes_at_once_saves_a_segment)
{
    TcpNet n;
    TcpConfig s = course_config();
    s.delayed_ack = true;
    s.delayed_ack_time = 40 * MSEC;
    pair_init(&n, NULL, &s);
    pair_establish(&n);
    conn_on_ready(n.accepted, close_at_eof, &n);
    conn_close(n.conn);
    run_out(&n);
    expect_log(&n, "30 c FIN-WAIT-1\n30 c>s F. 1 ack 1\n40 s CLOSE-WAIT\n"
                   "40 s LAST-ACK\n40 s>c F. 1 ack 2\n"
                   "50 c TIME-WAIT\n50 c>s . 2 ack 2\n60 s CLOSED\n60050 c CLOSED\n");
    tcpnet_free(&n);
}
END_TEST

/* SM-34 */
START_TEST(the_fin_rides_on_the_data_that_waits_before_it)
{
    TcpNet n;
    TcpConfig c = course_config();
    c.initial_cwnd = 1;
    pair_init(&n, &c, NULL);
    pair_establish(&n);
    n.states = false;
    must_send(n.conn, 1501);
    conn_shutdown(n.conn);
    run_to(&n, 100);
    expect_log(&n, "30 c>s . 1:1461 ack 1\n40 s>c . 1 ack 1461\n50 c>s FP. 1461:1502 ack 1\n"
                   "60 s>c . 1 ack 1503\n");
    must_read(n.accepted, 1501);
    must_end(n.accepted, NET_EOF);
    tcpnet_free(&n);
}
END_TEST

/* Drops any of the four; and the fourth again and again. */
START_TEST(each_of_the_four_may_be_lost)
{
    static const struct { bool from_s; uint8_t flags; const char *log; } lost[] = {
        { false, TCP_FIN | TCP_ACK,
          "30 c>s F. 1 ack 1\n1030 c>s F. 1 ack 1\n1040 s>c . 1 ack 2\n"
          "1140 s>c F. 1 ack 2\n1150 c>s . 2 ack 2\n" },
        { true, TCP_ACK,
          "30 c>s F. 1 ack 1\n40 s>c . 1 ack 2\n140 s>c F. 1 ack 2\n150 c>s . 2 ack 2\n" },
        { true, TCP_FIN | TCP_ACK,
          "30 c>s F. 1 ack 1\n40 s>c . 1 ack 2\n140 s>c F. 1 ack 2\n1140 s>c F. 1 ack 2\n"
          "1150 c>s . 2 ack 2\n" },
        { false, TCP_ACK,
          "30 c>s F. 1 ack 1\n40 s>c . 1 ack 2\n140 s>c F. 1 ack 2\n150 c>s . 2 ack 2\n"
          "1140 s>c F. 1 ack 2\n1150 c>s . 2 ack 2\n" },
    };
    TcpNet n;
    pair_init(&n, NULL, NULL);
    pair_establish(&n);
    n.states = n.drops = false;
    drop_flags(&n, lost[_i].from_s ? n.s : n.c, lost[_i].flags, 0, 1);
    conn_close(n.conn);
    while (conn_state(n.accepted) != TCP_CLOSE_WAIT)
        run_ms(&n, 10);
    run_ms(&n, 100);
    conn_close(n.accepted);
    run_out(&n);
    expect_log(&n, lost[_i].log);
    expect_state(&n, n.conn, TCP_CLOSED);
    expect_state(&n, n.accepted, TCP_CLOSED);
    tcpnet_free(&n);
}
END_TEST

static void close_both(TcpNet *n)
{
    conn_close(n->conn);
    run_to(n, 140);
    conn_close(n->accepted);
}

/* MUST-13, SM-27 */
START_TEST(a_repeated_fin_is_acknowledged_and_starts_2msl_again)
{
    TcpNet n;
    pair_init(&n, NULL, NULL);
    pair_establish(&n);
    drop_flags(&n, n.c, TCP_ACK, 0, 3);
    close_both(&n);
    run_to(&n, 200);
    g_string_truncate(n.log, 0);
    run_out(&n);
    expect_log(&n, "1140 s>c F. 1 ack 2\n1150 c>s . 2 ack 2\n1150 c>s lost link.fault\n"
                   "1150 c drops tcp.out-of-window\n"
                   "3140 s>c F. 1 ack 2\n3150 c>s . 2 ack 2\n3150 c>s lost link.fault\n"
                   "3150 c drops tcp.out-of-window\n"
                   "7140 s>c F. 1 ack 2\n7150 c>s . 2 ack 2\n7150 c drops tcp.out-of-window\n"
                   "7160 s CLOSED\n67150 c CLOSED\n");
    tcpnet_free(&n);
}
END_TEST

START_TEST(without_time_wait_the_repeated_fin_meets_a_reset)
{
    TcpNet n;
    TcpConfig c = course_config();
    c.time_wait = false;
    pair_init(&n, &c, NULL);
    pair_establish(&n);
    drop_flags(&n, n.c, TCP_ACK, 0, 1);
    close_both(&n);
    run_out(&n);
    expect_log(&n, "30 c FIN-WAIT-1\n30 c>s F. 1 ack 1\n40 s CLOSE-WAIT\n40 s>c . 1 ack 2\n"
                   "50 c FIN-WAIT-2\n140 s LAST-ACK\n140 s>c F. 1 ack 2\n"
                   "150 c>s . 2 ack 2\n150 c>s lost link.fault\n150 c CLOSED\n"
                   "1140 s>c F. 1 ack 2\n1150 c>s R 2\n1150 c drops tcp.closed\n"
                   "1160 s CLOSED\n1160 s drops tcp.reset\n");
    ck_assert_int_eq(conn_error(n.accepted), NET_OK);
    tcpnet_free(&n);
}
END_TEST

START_TEST(without_time_wait_and_silent_the_fin_is_given_up_after_255_s)
{
    TcpNet n;
    TcpConfig c = course_config();
    c.time_wait = false;
    c.closed_port = TCP_CLOSED_SILENT;
    pair_init(&n, &c, NULL);
    pair_establish(&n);
    drop_flags(&n, n.c, TCP_ACK, 0, 1);
    close_both(&n);
    run_to(&n, 200);
    n.drops = false;
    g_string_truncate(n.log, 0);
    run_out(&n);
    expect_log(&n, "1140 s>c F. 1 ack 2\n3140 s>c F. 1 ack 2\n7140 s>c F. 1 ack 2\n"
                   "15140 s>c F. 1 ack 2\n31140 s>c F. 1 ack 2\n63140 s>c F. 1 ack 2\n"
                   "127140 s>c F. 1 ack 2\n191140 s>c F. 1 ack 2\n255140 s CLOSED\n");
    tcpnet_free(&n);
}
END_TEST

static void hold_time_wait(TcpNet *n, SimTime msl)
{
    TcpConfig c = course_config();

    c.msl = msl;
    pair_init(n, &c, NULL);
    pair_establish(n);
    close_both(n);
    run_to(n, 150);
    expect_state(n, n->conn, TCP_TIME_WAIT);
}

/* MUST-13 */
START_TEST(time_wait_lasts_exactly_240_s_with_an_msl_of_120)
{
    TcpNet n;
    hold_time_wait(&n, 120 * SEC);
    run_until(&n, 240 * SEC + 150 * MSEC - 1);
    expect_state(&n, n.conn, TCP_TIME_WAIT);
    run_until(&n, 240 * SEC + 150 * MSEC);
    expect_state(&n, n.conn, TCP_CLOSED);
    tcpnet_free(&n);
}
END_TEST

/* SM-40, FIG-20 */
START_TEST(a_closed_pair_cannot_be_used_again_before_2msl)
{
    TcpNet n;
    NetError err;
    hold_time_wait(&n, 30 * SEC);
    run_to(&n, 5000);
    ck_assert_ptr_null(tcp_connect(stack_tcp(n.c), IP_NONE, 40000, ip("10.0.0.2"), 80, &err));
    ck_assert_int_eq(err, NET_EADDRNOTAVAIL);
    Conn *other = connect_from(&n, 40001);
    run_to(&n, 60200);
    Conn *again = connect_from(&n, 40000);
    run_to(&n, 61000);
    expect_state(&n, other, TCP_ESTABLISHED);
    expect_state(&n, again, TCP_ESTABLISHED);
    conn_free(other);
    conn_free(again);
    tcpnet_free(&n);
}
END_TEST

/* s is in TIME-WAIT, and a fresh c opens the pair again. */
static void reopen(TcpNet *n, uint32_t isn)
{
    TcpConfig c = course_config();

    c.isn = TCP_ISN_LIST;
    c.n_isn = 2;
    c.isn_list[0] = 1000;
    c.isn_list[1] = isn;
    pair_init(n, &c, NULL);
    pair_establish(n);
    conn_close(n->accepted);
    run_to(n, 140);
    conn_close(n->conn);
    run_to(n, 5000);
    expect_state(n, n->accepted, TCP_TIME_WAIT);
    conn_free(n->conn);
    g_string_truncate(n->log, 0);
    n->conn = connect_from(n, 40000);
}

/* MAY-2, EXT-48, EXT-49 */
START_TEST(a_newer_syn_reopens_time_wait)
{
    TcpNet n;
    reopen(&n, 2000);
    run_to(&n, 6000);
    expect_log(&n, "5000 c SYN-SENT\n5000 c>s S 2000\n"
                   "5010 s SYN-RECEIVED\n5010 s>c S. 65538 ack 2001\n"
                   "5020 c ESTABLISHED\n5020 c>s . 2001 ack 65539\n5030 s ESTABLISHED\n");
    expect_state(&n, n.accepted, TCP_CLOSED);
    conn_free(n.accepted);
    n.accepted = must_accept(&n);
    tcpnet_free(&n);
}
END_TEST

/* EXT-48 */
START_TEST(an_older_syn_does_not_reopen_time_wait)
{
    TcpNet n;
    reopen(&n, 500);
    n.states = n.drops = false;
    run_to(&n, 100000);
    /* TIME-WAIT runs from 150 ms to 60,150 ms. */
    expect_log(&n, "5000 c SYN-SENT\n5000 c>s S 500\n6000 c>s S 500\n8000 c>s S 500\n"
                   "12000 c>s S 500\n20000 c>s S 500\n36000 c>s S 500\n68000 c>s S 500\n"
                   "68010 s>c S. 0 ack 501\n68020 c>s . 501 ack 1\n");
    tcpnet_free(&n);
}
END_TEST

/* MAY-2 */
START_TEST(a_syn_that_was_an_old_duplicate_gives_time_wait_back)
{
    TcpNet n;
    reopen(&n, 2000);
    run_to(&n, 5005);
    conn_close(n.conn); /* so that the SYN-ACK is refused */
    run_to(&n, 6000);
    expect_log(&n, "5000 c SYN-SENT\n5000 c>s S 2000\n5005 c CLOSED\n"
                   "5010 s SYN-RECEIVED\n5010 s>c S. 65538 ack 2001\n"
                   "5020 c>s R 2001\n5020 c drops tcp.closed\n"
                   "5030 s TIME-WAIT\n5030 s drops tcp.reset\n");
    expect_state(&n, n.accepted, TCP_TIME_WAIT);
    run_out(&n);
    expect_log(&n, "60150 s CLOSED\n");
    tcpnet_free(&n);
}
END_TEST

START_TEST(an_orphan_leaves_fin_wait_2_after_its_timeout_another_never)
{
    bool orphan = _i == 0;
    TcpNet n;
    pair_init(&n, NULL, NULL);
    pair_establish(&n);
    if (orphan)
        conn_close(n.conn);
    else
        conn_shutdown(n.conn);
    run_to(&n, 60049);
    expect_state(&n, n.conn, TCP_FIN_WAIT_2);
    run_to(&n, 100000);
    expect_state(&n, n.conn, orphan ? TCP_CLOSED : TCP_FIN_WAIT_2);
    must_send(n.accepted, 10);
    run_to(&n, 101000);
    if (orphan)
        must_end(n.accepted, NET_EOF); /* reset in CLOSE-WAIT: reading ends as it had */
    else
        must_read(n.conn, 10);
    ck_assert_int_eq(conn_error(n.accepted), orphan ? NET_EPIPE : NET_OK);
    tcpnet_free(&n);
}
END_TEST

/* --- closing that resets ---------------------------------------------------------------------- */

/* SHLD-3 */
START_TEST(close_with_unread_data_resets)
{
    TcpNet n;
    pair_init(&n, NULL, NULL);
    pair_establish(&n);
    must_send(n.accepted, 10);
    run_to(&n, 100);
    conn_close(n.conn);
    run_out(&n);
    expect_log(&n, "30 s>c P. 1:11 ack 1\n40 c>s . 1 ack 11\n"
                   "100 c>s R 1\n100 c CLOSED\n110 s CLOSED\n110 s drops tcp.reset\n");
    must_end(n.accepted, NET_ECONNRESET);
    tcpnet_free(&n);
}
END_TEST

/* SHLD-3 */
START_TEST(data_after_close_resets_and_the_next_write_fails)
{
    TcpNet n;
    NetError err;
    uint8_t byte = 0;
    pair_init(&n, NULL, NULL);
    pair_establish(&n);
    conn_close(n.accepted);
    run_to(&n, 100);
    must_send(n.conn, 10);
    run_to(&n, 200);
    ck_assert_uint_eq(conn_send(n.conn, (Span){ &byte, 1 }, &err), 0);
    ck_assert_int_eq(err, NET_EPIPE);
    run_out(&n);
    expect_log(&n, "30 s FIN-WAIT-1\n30 s>c F. 1 ack 1\n40 c CLOSE-WAIT\n40 c>s . 1 ack 2\n"
                   "50 s FIN-WAIT-2\n100 c>s P. 1:11 ack 2\n"
                   "110 s>c R 2\n110 s CLOSED\n110 s drops tcp.data-after-close\n"
                   "120 c CLOSED\n120 c drops tcp.reset\n");
    tcpnet_free(&n);
}
END_TEST

/* MUST-12, SM-37 */
START_TEST(abort_resets_and_throws_away)
{
    TcpNet n;
    TcpConfig s = course_config();
    s.rcvbuf = 1000;
    pair_init(&n, NULL, &s);
    pair_establish(&n);
    must_send(n.conn, 6000);
    run_to(&n, 100);
    n.drops = false;
    g_string_truncate(n.log, 0);
    conn_abort(n.conn);
    run_out(&n);
    expect_log(&n, "100 c>s R 1001\n100 c CLOSED\n110 s CLOSED\n");
    must_read(n.accepted, 1000);
    must_end(n.accepted, NET_ECONNRESET);
    tcpnet_free(&n);
}
END_TEST

/* FIG-5 */
START_TEST(a_crash_is_silent_and_what_comes_later_is_reset)
{
    TcpNet n;
    pair_init(&n, NULL, NULL);
    pair_establish(&n);
    tcp_flush(stack_tcp(n.c));
    must_end(n.conn, NET_ENETDOWN);
    run_to(&n, 100);
    must_send(n.accepted, 10);
    run_out(&n);
    expect_log(&n, "30 c CLOSED\n100 s>c P. 1:11 ack 1\n110 c>s R 1\n110 c drops tcp.closed\n"
                   "120 s CLOSED\n120 s drops tcp.reset\n");
    tcpnet_free(&n);
}
END_TEST

/* FIG-4, SM-8: RFC 9293, figure 9. */
START_TEST(a_half_open_connection_is_discovered)
{
    TcpNet n;
    TcpConfig c = course_config();
    c.isn = TCP_ISN_LIST;
    c.n_isn = 2;
    c.isn_list[0] = 100;
    c.isn_list[1] = 400;
    pair_init(&n, &c, NULL);
    pair_establish(&n);
    tcp_flush(stack_tcp(n.c));
    conn_free(n.conn);
    n.conn = connect_from(&n, 40000);
    run_to(&n, 2000);
    expect_log(&n, "30 c CLOSED\n30 c SYN-SENT\n30 c>s S 400\n"
                   "40 s>c . 1 ack 101\n40 s drops tcp.syn-challenged\n"
                   "50 c>s R 101\n50 c drops tcp.syn-sent-ack\n"
                   "60 s CLOSED\n60 s drops tcp.reset\n"
                   "1030 c>s S 400\n1040 s SYN-RECEIVED\n1040 s>c S. 0 ack 401\n"
                   "1050 c ESTABLISHED\n1050 c>s . 401 ack 1\n1060 s ESTABLISHED\n");
    must_end(n.accepted, NET_ECONNRESET);
    tcpnet_free(&n);
}
END_TEST

/* --- queues, ports ---------------------------------------------------------------------------- */

static void short_backlog(TcpNet *n, TcpAcceptOverflow overflow, Conn *conns[4])
{
    TcpConfig s = course_config();

    s.backlog = 2;
    s.accept_overflow = overflow;
    pair_init(n, NULL, &s);
    for (int i = 0; i < 3; i++)
        conns[i] = connect_from(n, (uint16_t)(40000 + i));
    run_to(n, 5000);
    conns[3] = connect_from(n, 40003);
}

START_TEST(a_full_accept_queue_drops_handshakes_and_syns)
{
    TcpNet n;
    Conn *conns[4];
    TcpInfo info;
    short_backlog(&n, TCP_OVERFLOW_DROP, conns);
    run_to(&n, 10000);
    ck_assert_uint_eq(node_counter(n.s->node, COUNTER_TcpExtListenOverflows), 7);
    ck_assert_uint_eq(listener_queued(n.listener), 2);
    expect_state(&n, conns[2], TCP_ESTABLISHED);
    conn_free(must_accept(&n));
    conn_free(must_accept(&n));
    run_to(&n, 12030);
    Conn *fourth = must_accept(&n);
    conn_info(fourth, &info);
    ck_assert_uint_eq(info.remote_port, 40003);
    run_to(&n, 15029);
    ck_assert_ptr_null(listener_accept(n.listener));
    run_to(&n, 15030);
    Conn *third = must_accept(&n);
    conn_info(third, &info);
    ck_assert_uint_eq(info.remote_port, 40002);
    for (int i = 0; i < 4; i++)
        conn_free(conns[i]);
    conn_free(third);
    conn_free(fourth);
    tcpnet_free(&n);
}
END_TEST

START_TEST(a_full_accept_queue_may_refuse)
{
    TcpNet n;
    Conn *conns[4];
    short_backlog(&n, TCP_OVERFLOW_RST, conns);
    run_to(&n, 5100);
    must_end(conns[2], NET_ECONNRESET);
    for (int i = 0; i < 4; i++)
        conn_free(conns[i]);
    tcpnet_free(&n);
}
END_TEST

/* EXT-53 */
START_TEST(a_full_syn_backlog_drops_syns)
{
    TcpNet n;
    TcpConfig s = course_config();
    Conn *conns[3];
    s.syn_backlog = 2;
    s.syncookies = TCP_COOKIES_OFF;
    pair_init(&n, NULL, &s);
    for (int i = 0; i < 3; i++)
        conns[i] = connect_from(&n, (uint16_t)(40000 + i));
    run_to(&n, 900);
    expect_state(&n, conns[1], TCP_ESTABLISHED);
    expect_state(&n, conns[2], TCP_SYN_SENT);
    run_to(&n, 1020);
    expect_state(&n, conns[2], TCP_ESTABLISHED);
    for (int i = 0; i < 3; i++)
        conn_free(conns[i]);
    run_out(&n);
    tcpnet_free(&n);
}
END_TEST

START_TEST(a_closed_listener_resets_who_waits_and_forgets_who_is_half_open)
{
    TcpNet n;
    pair_init(&n, NULL, NULL);
    n.conn = connect_from(&n, 40000);
    run_to(&n, 20);
    Conn *second = connect_from(&n, 40001);
    run_to(&n, 35);
    listener_close(n.listener);
    n.listener = NULL;
    run_out(&n);
    must_end(n.conn, NET_ECONNRESET);
    must_end(second, NET_ECONNRESET);
    expect_log(&n, "0 c SYN-SENT\n0 c>s S 0\n10 s SYN-RECEIVED\n10 s>c S. 0 ack 1\n"
                   "20 c ESTABLISHED\n20 c>s . 1 ack 1\n20 c SYN-SENT\n20 c>s S 0\n"
                   "30 s ESTABLISHED\n30 s SYN-RECEIVED\n30 s>c S. 0 ack 1\n"
                   "35 s CLOSED\n35 s>c R 1\n35 s CLOSED\n"
                   "40 c ESTABLISHED\n40 c>s . 1 ack 1\n"
                   "45 c CLOSED\n45 c drops tcp.reset\n"
                   "50 s>c R 1\n50 s drops tcp.closed\n60 c CLOSED\n60 c drops tcp.reset\n");
    conn_free(second);
    tcpnet_free(&n);
}
END_TEST

/* MUST-46 */
START_TEST(ports_and_addresses_are_checked)
{
    TcpNet n;
    NetError err;
    pair_init(&n, NULL, NULL);
    ck_assert_ptr_null(tcp_listen(stack_tcp(n.s), IP4_ANY, 80, 0, true, &err));
    ck_assert_int_eq(err, NET_EADDRINUSE);
    ck_assert_ptr_null(tcp_listen(stack_tcp(n.s), ip("10.0.0.9"), 81, 0, false, &err));
    ck_assert_int_eq(err, NET_EADDRNOTAVAIL);
    static const char *const nobody[] = { "255.255.255.255", "10.0.0.255", "224.0.0.1", "0.0.0.0" };
    for (size_t i = 0; i < G_N_ELEMENTS(nobody); i++) {
        ck_assert_ptr_null(tcp_connect(stack_tcp(n.c), IP_NONE, 0, ip(nobody[i]), 80, &err));
        ck_assert_int_eq(err, NET_EINVAL);
    }
    ck_assert_ptr_null(tcp_connect(stack_tcp(n.c), IP_NONE, 0, ip("192.0.2.1"), 80, &err));
    ck_assert_int_eq(err, NET_ENETUNREACH);
    ck_assert_ptr_null(tcp_connect(stack_tcp(n.c), ip("10.0.0.2"), 0, ip("10.0.0.2"), 80, &err));
    ck_assert_int_eq(err, NET_EADDRNOTAVAIL);
    run_out(&n);
    expect_log(&n, "");
    tcpnet_free(&n);
}
END_TEST

START_TEST(ephemeral_ports_go_round_and_run_out)
{
    TcpNet n;
    NetError err;
    TcpConfig c = course_config();
    Conn *conns[4];
    TcpInfo info;
    c.port_min = 50000;
    c.port_max = 50003;
    pair_init(&n, &c, NULL);
    for (unsigned i = 0; i < 4; i++) {
        conns[i] = connect_from(&n, 0);
        conn_info(conns[i], &info);
        ck_assert_uint_eq(info.local_port, 50000 + i);
    }
    ck_assert_ptr_null(tcp_connect(stack_tcp(n.c), IP_NONE, 0, ip("10.0.0.2"), 80, &err));
    ck_assert_int_eq(err, NET_EADDRNOTAVAIL);
    conn_close(conns[2]); /* in SYN-SENT: gone at once */
    n.conn = connect_from(&n, 0);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.local_port, 50002);
    for (int i = 0; i < 4; i++)
        conn_free(conns[i]);
    tcpnet_free(&n);
}
END_TEST

START_TEST(time_wait_holds_the_port_unless_reuse_addr)
{
    TcpNet n;
    NetError err;
    pair_init(&n, NULL, NULL);
    pair_establish(&n);
    conn_close(n.accepted);
    run_to(&n, 140);
    conn_close(n.conn);
    run_to(&n, 5000);
    listener_close(n.listener);
    n.listener = tcp_listen(stack_tcp(n.s), IP4_ANY, 80, 0, false, &err);
    ck_assert_ptr_null(n.listener);
    ck_assert_int_eq(err, NET_EADDRINUSE);
    n.listener = tcp_listen(stack_tcp(n.s), IP4_ANY, 80, 0, true, &err);
    ck_assert_ptr_nonnull(n.listener);
    listener_close(n.listener);
    run_to(&n, 60151);
    n.listener = tcp_listen(stack_tcp(n.s), IP4_ANY, 80, 0, false, &err);
    ck_assert_ptr_nonnull(n.listener);
    tcpnet_free(&n);
}
END_TEST

/* MUST-8, MUST-9, SHLD-1. */
static uint32_t isn_of(uint64_t seed, SimTime at, uint16_t port)
{
    TcpNet n;
    TcpConfig c = course_config();
    LinkConfig link = link_defaults;
    TcpInfo info;
    c.isn = TCP_ISN_RFC6528;
    pair_init_with(&n, seed, &c, NULL, &link, true);
    run_until(&n, at);
    n.conn = connect_from(&n, port);
    conn_info(n.conn, &info);
    tcpnet_free(&n);
    return info.iss;
}

/* MUST-8, MUST-9, SHLD-1, EXT-51 */
START_TEST(initial_numbers_follow_the_clock_and_a_secret)
{
    ck_assert_uint_eq(isn_of(1, 0, 40000) + 250000, isn_of(1, SEC, 40000));
    ck_assert_uint_ne(isn_of(1, 0, 40000), isn_of(2, 0, 40000));
    uint32_t first = isn_of(1, 0, 40001) - isn_of(1, 0, 40000);
    ck_assert_uint_ne(first, isn_of(1, 0, 40002) - isn_of(1, 0, 40001));
}
END_TEST

static void add_opening(Suite *suite)
{
    TCase *tc = tcase_create("opening");
    tcase_add_test(tc, three_segments_open_a_connection);
    tcase_add_test(tc, a_closed_port_refuses);
    tcase_add_loop_test(tc, a_lost_syn_is_sent_again_and_data_begins_with_an_rto_of_3_s, 0, 4);
    tcase_add_test(tc, an_unanswered_syn_is_tried_seven_times_and_given_up_after_127_s);
    tcase_add_test(tc, a_half_open_connection_is_forgotten_after_63_s);
    tcase_add_test(tc, a_lost_syn_ack_makes_both_ends_repeat);
    tcase_add_test(tc, data_makes_up_for_a_lost_third_segment);
    tcase_add_test(tc, two_syns_that_cross_make_one_connection);
    tcase_add_test(tc, closing_in_syn_sent_sends_nothing);
    tcase_add_test(tc, closing_in_syn_received_sends_a_fin);
    tcase_add_test(tc, an_old_syn_opens_nothing_after_three_segments);
    tcase_add_test(tc, an_old_syn_at_a_silent_host_is_answered_six_times);
    tcase_add_loop_test(tc, an_old_syn_makes_a_ghost_after_two_segments, 0, 2);
    tcase_add_test(tc, a_two_way_connection_works_when_nothing_goes_wrong);
    tcase_add_test(tc, a_half_open_connection_is_discovered);
    suite_add_tcase(suite, tc);
}

static void add_closing(Suite *suite)
{
    TCase *tc = tcase_create("closing");
    tcase_add_test(tc, four_segments_close_a_connection);
    tcase_add_test(tc, half_closed_the_other_direction_goes_on);
    tcase_add_test(tc, fins_that_cross_close_both_through_closing);
    tcase_add_test(tc, a_program_that_closes_at_once_saves_a_segment);
    tcase_add_test(tc, the_fin_rides_on_the_data_that_waits_before_it);
    tcase_add_loop_test(tc, each_of_the_four_may_be_lost, 0, 4);
    tcase_add_test(tc, a_repeated_fin_is_acknowledged_and_starts_2msl_again);
    tcase_add_test(tc, without_time_wait_the_repeated_fin_meets_a_reset);
    tcase_add_test(tc, without_time_wait_and_silent_the_fin_is_given_up_after_255_s);
    tcase_add_test(tc, time_wait_lasts_exactly_240_s_with_an_msl_of_120);
    tcase_add_test(tc, a_closed_pair_cannot_be_used_again_before_2msl);
    tcase_add_test(tc, a_newer_syn_reopens_time_wait);
    tcase_add_test(tc, an_older_syn_does_not_reopen_time_wait);
    tcase_add_test(tc, a_syn_that_was_an_old_duplicate_gives_time_wait_back);
    tcase_add_loop_test(tc, an_orphan_leaves_fin_wait_2_after_its_timeout_another_never, 0, 2);
    tcase_add_test(tc, close_with_unread_data_resets);
    tcase_add_test(tc, data_after_close_resets_and_the_next_write_fails);
    tcase_add_test(tc, abort_resets_and_throws_away);
    tcase_add_test(tc, a_crash_is_silent_and_what_comes_later_is_reset);
    suite_add_tcase(suite, tc);
}

Suite *tcp_suite(void);
Suite *tcp_suite(void)
{
    Suite *suite = suite_create("tcp");
    add_opening(suite);
    add_closing(suite);
    TCase *tc = tcase_create("ports");
    tcase_add_test(tc, a_full_accept_queue_drops_handshakes_and_syns);
    tcase_add_test(tc, a_full_accept_queue_may_refuse);
    tcase_add_test(tc, a_full_syn_backlog_drops_syns);
    tcase_add_test(tc, a_closed_listener_resets_who_waits_and_forgets_who_is_half_open);
    tcase_add_test(tc, ports_and_addresses_are_checked);
    tcase_add_test(tc, ephemeral_ports_go_round_and_run_out);
    tcase_add_test(tc, time_wait_holds_the_port_unless_reuse_addr);
    tcase_add_test(tc, initial_numbers_follow_the_clock_and_a_secret);
    suite_add_tcase(suite, tc);
    return suite;
}
