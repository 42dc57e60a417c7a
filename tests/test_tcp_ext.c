/*
 * test_tcp_ext.c - what TCP does beyond carrying data: keep-alives, timeouts, urgent data, cookies,
 * challenges, ECN, and the knobs that make a host wrong. One host and a peer played by hand: SND.NXT
 * is 101 and RCV.NXT 301, both windows 8192. Each test names the requirements that it shows.
 */
/* SPDX-License-Identifier: MIT */
#include "support/tcpnet.h"

#include "protocols/wire/checksum.h"

#include <check.h>
#include <string.h>

static TcpNet n;

/* The last segment that c has sent, decoded. */
static struct { Ipv4Hdr ip4; TcpHdr tcp; size_t len; } sent;
static unsigned n_sent, advices;

static void look(void *self, const TraceEvent *ev)
{
    (void)self;
    if (ev->point == &TCP_ADVICE)
        advices++;
    if (ev->point != &LINK_ENQUEUED || ev->pkt->forged)
        return;
    Span frame = packet_frame(ev->pkt);
    Span datagram = { frame.p + ETH_HDR_LEN, frame.n - ETH_HDR_LEN };
    if (ipv4_decode(&sent.ip4, datagram) != DROP_NONE || sent.ip4.proto != IPPROTO_TCP4)
        return;
    Span segment = { datagram.p + IPV4_HDR_LEN, sent.ip4.total_len - IPV4_HDR_LEN };
    tcp_decode(&sent.tcp, segment, sum_pseudo(sent.ip4.src, sent.ip4.dst, IPPROTO_TCP4));
    sent.len = segment.n - sent.tcp.header_len;
    n_sent++;
}

static void start(const TcpConfig *cfg)
{
    peer_init(&n, cfg);
    n_sent = advices = 0;
    trace_add_sink(&n.net->sim->trace, TRACE_ALL, look, &n_sent);
}

static void establish(const TcpConfig *cfg)
{
    start(cfg);
    peer_establish(&n);
    n_sent = advices = 0;
}

static void finish(void)
{
    trace_remove_sink(&n.net->sim->trace, &n_sent);
    tcpnet_free(&n);
}

static void clear_log(void)
{
    g_string_truncate(n.log, 0);
}

/* --- letting go ------------------------------------------------------------------------------- */

/* The handle is given up: what follows is what close(2) does. */
static void let_go(void)
{
    conn_free(n.conn);
    n.conn = NULL;
}

/* MAY-1: the connection of a handle that is freed goes on by itself. */
START_TEST(a_freed_connection_sends_its_fin)
{
    establish(NULL);
    must_send(n.conn, 10);
    let_go();
    expect_log(&n, "20 c>p P. 101:111 ack 301\n20 c FIN-WAIT-1\n20 c>p F. 111 ack 301\n");
    peer_inject(&n, "F. 301 ack 112");
    expect_log(&n, "30 c TIME-WAIT\n30 c>p . 112 ack 302\n");
}
END_TEST

/* SHLD-3 */
START_TEST(a_freed_connection_with_unread_data_is_reset)
{
    establish(NULL);
    peer_inject(&n, "P. 301 ack 101 len 10");
    clear_log();
    let_go();
    expect_log(&n, "30 c>p R 101\n30 c CLOSED\n");
}
END_TEST

static void open_crossed(const char *syn)
{
    NetError err;

    start(NULL);
    n.conn = tcp_connect(n.c->tcp, IP_NONE, 80, ip("10.0.0.2"), 5000, &err);
    peer_inject(&n, syn);
    expect_state(&n, n.conn, TCP_SYN_RECEIVED);
    clear_log();
}

/* SHLD-3, SM-7, SM-37: text of a SYN counts as unread. */
START_TEST(close_with_the_text_of_a_crossed_syn_resets)
{
    open_crossed("S 300 len 10 mss 1460");
    conn_close(n.conn);
    expect_log(&n, "10 c>p R 101\n10 c CLOSED\n");
}
END_TEST

/* SM-7, SM-35 */
START_TEST(shutdown_in_syn_received_still_delivers_the_text_of_the_syn)
{
    open_crossed("S 300 len 10 mss 1460");
    conn_shutdown(n.conn);
    expect_log(&n, "10 c FIN-WAIT-1\n10 c>p F. 101 ack 301\n");
    ck_assert_uint_eq(conn_readable(n.conn), 0);
    peer_inject(&n, ". 311 ack 102");
    must_read(n.conn, 10);
    expect_state(&n, n.conn, TCP_FIN_WAIT_2);
}
END_TEST

/* --- keep-alive ------------------------------------------------------------------------------- */

/* MUST-25: off unless asked for. */
START_TEST(an_idle_connection_is_silent)
{
    establish(NULL);
    run_ms(&n, 24 * 3600 * 1000);
    ck_assert_uint_eq(n_sent, 0);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
}
END_TEST

/* MUST-24, MUST-26, MUST-28, SHLD-12, MAY-5: two hours after the last segment of the peer. */
START_TEST(a_probe_comes_after_two_hours_of_silence)
{
    establish(NULL);
    conn_set_keepalive(n.conn, true, 0, 0, 0);
    run_to(&n, 7000 * 1000);
    peer_inject(&n, ". 301 ack 101");
    run_to(&n, 14200 * 1000);
    expect_log(&n, "");
    run_ms(&n, 100);
    expect_log(&n, "14200010 c>p . 100 ack 301\n");
    ck_assert_uint_eq(sent.len, 0);
    peer_inject(&n, ". 301 ack 101");
    run_ms(&n, 7100 * 1000);
    expect_log(&n, "");
    conn_set_keepalive(n.conn, false, 0, 0, 0);
    run_ms(&n, 24 * 3600 * 1000);
    expect_log(&n, "");
}
END_TEST

/* MUST-27, MUST-29: one probe without an answer is nothing; so many are the end. */
START_TEST(a_dead_peer_is_given_up)
{
    establish(NULL);
    conn_set_keepalive(n.conn, true, 60 * SEC, 5 * SEC, 3);
    run_to(&n, 60100);
    expect_log(&n, "60020 c>p . 100 ack 301\n");
    peer_inject(&n, ". 301 ack 101");
    run_to(&n, 120200);
    expect_log(&n, "120110 c>p . 100 ack 301\n");
    run_to(&n, 200000);
    expect_log(&n, "125110 c>p . 100 ack 301\n130110 c>p . 100 ack 301\n"
                   "135110 c>p R 101\n135110 c CLOSED\n");
    must_end(n.conn, NET_ETIMEDOUT);
}
END_TEST

/* MUST-26: what is outstanding is watched over by retransmissions. */
START_TEST(no_probe_while_data_is_outstanding)
{
    establish(NULL);
    conn_set_keepalive(n.conn, true, 2 * SEC, SEC, 9);
    must_send(n.conn, 1);
    run_ms(&n, 8000);
    expect_log(&n, "20 c>p P. 101:102 ack 301\n1020 c>p P. 101:102 ack 301\n"
                   "3020 c>p P. 101:102 ack 301\n7020 c>p P. 101:102 ack 301\n");
}
END_TEST

START_TEST(keep_alives_do_not_keep_a_simulation_alive)
{
    TcpConfig cfg = peer_config();

    cfg.keepalive = true;
    establish(&cfg);
    run_out(&n);
    ck_assert_int_lt(sim_now(n.net->sim), SEC);
}
END_TEST

/* --- giving up -------------------------------------------------------------------------------- */

/* MUST-21, SM-42: R2 as a time, for data, to the millisecond. */
START_TEST(the_user_timeout_ends_a_connection)
{
    establish(NULL);
    conn_set_user_timeout(n.conn, 10 * SEC);
    run_ms(&n, 60000);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    must_send(n.conn, 1);
    run_ms(&n, 9999);
    clear_log();
    run_ms(&n, 2);
    expect_log(&n, "70020 c CLOSED\n");
    must_end(n.conn, NET_ETIMEDOUT);
}
END_TEST

/* SM-42: in SYN-SENT too; the knob is the default of every connection. */
START_TEST(the_user_timeout_ends_an_attempt)
{
    NetError err;
    TcpConfig cfg = peer_config();

    cfg.user_timeout = 300 * SEC;
    start(&cfg);
    n.conn = tcp_connect(n.c->tcp, IP_NONE, 80, ip("10.0.0.2"), 5000, &err);
    run_to(&n, 299999);
    expect_state(&n, n.conn, TCP_SYN_SENT);
    clear_log();
    run_to(&n, 300001);
    expect_log(&n, "300000 c CLOSED\n");
    ck_assert_int_eq(conn_connected(n.conn), NET_ETIMEDOUT);
}
END_TEST

/* MUST-21: R2 may be infinite. MUST-37: progress restarts a finite one. */
START_TEST(no_user_timeout_at_all)
{
    establish(NULL);
    conn_set_user_timeout(n.conn, NEVER);
    must_send(n.conn, 1);
    run_ms(&n, 3600 * 1000);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    conn_set_user_timeout(n.conn, 100 * SEC);
    run_ms(&n, 90000);
    peer_inject(&n, ". 301 ack 102 win 0");
    must_send(n.conn, 1);
    for (int i = 0; i < 40; i++) {
        run_ms(&n, 50000);
        peer_inject(&n, ". 301 ack 102 win 0");
    }
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    run_ms(&n, 110000);
    expect_state(&n, n.conn, TCP_CLOSED);
}
END_TEST

/* MUST-20, MUST-22, SHLD-9, SHLD-10: at the third retransmission the next hop is asked for anew, and
 * the program is told. */
START_TEST(r1_doubts_the_network)
{
    const Iface *iface;

    establish(NULL);
    iface = net_iface(n.c, 0);
    arp_delete(n.c->arp, ip("10.0.0.2"));
    arp_set(n.c->arp, (Iface *)iface, ip("10.0.0.2"), (MacAddr){ { 2, 0, 0, 0, 0xaa, 2 } }, false);
    must_send(n.conn, 1);
    run_ms(&n, 6900);
    ck_assert_uint_eq(advices, 0);
    ck_assert_ptr_nonnull(arp_lookup(n.c->arp, ip("10.0.0.2")));
    run_ms(&n, 200);
    ck_assert_uint_eq(advices, 1);
    const ArpEntry *entry = arp_lookup(n.c->arp, ip("10.0.0.2"));
    ck_assert(entry == NULL || entry->state == ARP_INCOMPLETE);
    ck_assert_int_eq(conn_soft_error(n.conn), NET_ETIMEDOUT);
}
END_TEST

/* MUST-47, MUST-54, SHLD-25, EXT-74, EXT-75: a hint is told, of what is in flight only; it is gone with
 * the next acknowledgment. */
START_TEST(icmp_hints_are_told)
{
    establish(NULL);
    must_send(n.conn, 10);
    peer_icmp(&n, 3, 1, 80, 5000, 90);
    ck_assert_int_eq(conn_soft_error(n.conn), NET_OK);
    peer_icmp(&n, 3, 1, 80, 5000, 101);
    ck_assert_int_eq(conn_soft_error(n.conn), NET_EHOSTUNREACH);
    peer_icmp(&n, 3, 3, 80, 5000, 101);
    ck_assert_int_eq(conn_soft_error(n.conn), NET_ECONNREFUSED);
    ck_assert_uint_eq(advices, 2);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    peer_inject(&n, ". 301 ack 111");
    ck_assert_int_eq(conn_soft_error(n.conn), NET_OK);
}
END_TEST

/* --- options of a connection ------------------------------------------------------------------- */

/* MUST-48, MUST-49, SHLD-21, SHLD-22: on data, retransmissions and pure ACKs. */
START_TEST(ds_field_and_ttl_are_the_programs)
{
    TcpConfig cfg = peer_config();

    cfg.ttl = 17;
    cfg.tos = 0x20;
    start(&cfg);
    n.listener = tcp_listen(n.c->tcp, IP4_ANY, 80, 0, false, &(NetError){ 0 });
    peer_inject(&n, "S 300 mss 1460");
    ck_assert_uint_eq(sent.ip4.ttl, 17);
    ck_assert_uint_eq(sent.ip4.tos, 0x20);
    peer_inject(&n, ". 301 ack 101");
    n.conn = must_accept(&n);
    conn_set_tos(n.conn, 0xbb);
    conn_set_ttl(n.conn, 9);
    must_send(n.conn, 1);
    ck_assert_uint_eq(sent.ip4.tos, 0xb8);
    ck_assert_uint_eq(sent.ip4.ttl, 9);
    run_ms(&n, 1500);
    ck_assert_uint_eq(n_sent, 3);
    ck_assert_uint_eq(sent.ip4.tos, 0xb8);
    peer_inject(&n, "P. 301 ack 102 len 5");
    ck_assert_uint_eq(sent.len, 0);
    ck_assert_uint_eq(sent.ip4.tos, 0xb8);
    peer_inject(&n, ". 9 ack 7 dport 4242");
    ck_assert_uint_eq(sent.tcp.flags, TCP_RST);
    ck_assert_uint_eq(sent.ip4.ttl, 17);
}
END_TEST

START_TEST(a_cork_holds_what_is_not_full)
{
    establish(NULL);
    conn_set_cork(n.conn, true);
    must_send(n.conn, 1000);
    must_send(n.conn, 1000);
    expect_log(&n, "20 c>p . 101:1561 ack 301\n");
    conn_set_cork(n.conn, false);
    expect_log(&n, "20 c>p P. 1561:2101 ack 301\n");
    peer_inject(&n, ". 301 ack 2101");
    conn_set_cork(n.conn, true);
    must_send(n.conn, 10);
    run_ms(&n, 199);
    expect_log(&n, "");
    run_ms(&n, 2);
    expect_log(&n, "230 c>p P. 2101:2111 ack 301\n");
}
END_TEST

/* --- challenges and TIME-WAIT ----------------------------------------------------------------- */

/* EXT-41: so many a period, of this connection. EXT-79: it survives them. */
START_TEST(challenges_are_limited)
{
    TcpConfig cfg = peer_config();

    cfg.challenge_ack_limit = 3;
    cfg.challenge_ack_period = 2 * SEC;
    establish(&cfg);
    for (int i = 0; i < 100; i++)
        peer_inject(&n, i % 2 ? "S 500" : "R 500");
    ck_assert_uint_eq(n_sent, 3);
    run_ms(&n, 2000);
    peer_inject(&n, "R 500");
    ck_assert_uint_eq(n_sent, 4);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
}
END_TEST

static void into_time_wait(const TcpConfig *cfg)
{
    establish(cfg);
    conn_close(n.conn);
    peer_inject(&n, "F. 301 ack 102");
    expect_state(&n, n.conn, TCP_TIME_WAIT);
    clear_log();
}

/* EXT-44, SM-32: with and without the protection of RFC 1337. */
START_TEST(a_reset_in_time_wait)
{
    TcpConfig cfg = peer_config();

    cfg.time_wait_rst = _i ? TCP_TIME_WAIT_RST_RFC1337 : TCP_TIME_WAIT_RST_RFC9293;
    into_time_wait(&cfg);
    peer_inject(&n, "R 302");
    expect_log(&n, _i ? "40 c drops tcp.time-wait-rst\n" : "40 c CLOSED\n40 c drops tcp.reset\n");
}
END_TEST

/* EXT-46, EXT-47: an old SYN in TIME-WAIT is dropped, or acknowledged as RFC 9293 has it. */
START_TEST(an_old_syn_in_time_wait)
{
    TcpConfig cfg = peer_config();

    cfg.time_wait_syn = _i ? TCP_TIME_WAIT_SYN_RFC9293 : TCP_TIME_WAIT_SYN_RFC6191;
    into_time_wait(&cfg);
    peer_inject(&n, "S 300");
    expect_log(&n, _i ? "40 c>p . 102 ack 302\n40 c drops tcp.time-wait-syn\n"
                      : "40 c drops tcp.time-wait-syn\n");
    expect_state(&n, n.conn, TCP_TIME_WAIT);
}
END_TEST

static void add_liveness(Suite *suite)
{
    TCase *tc = tcase_create("liveness");
    tcase_add_checked_fixture(tc, NULL, finish);
    tcase_add_test(tc, an_idle_connection_is_silent);
    tcase_add_test(tc, a_probe_comes_after_two_hours_of_silence);
    tcase_add_test(tc, a_dead_peer_is_given_up);
    tcase_add_test(tc, no_probe_while_data_is_outstanding);
    tcase_add_test(tc, keep_alives_do_not_keep_a_simulation_alive);
    tcase_add_test(tc, the_user_timeout_ends_a_connection);
    tcase_add_test(tc, the_user_timeout_ends_an_attempt);
    tcase_add_test(tc, no_user_timeout_at_all);
    tcase_add_test(tc, r1_doubts_the_network);
    tcase_add_test(tc, icmp_hints_are_told);
    suite_add_tcase(suite, tc);
}

static void add_options(Suite *suite)
{
    TCase *tc = tcase_create("options");
    tcase_add_checked_fixture(tc, NULL, finish);
    tcase_add_test(tc, ds_field_and_ttl_are_the_programs);
    tcase_add_test(tc, a_cork_holds_what_is_not_full);
    tcase_add_test(tc, challenges_are_limited);
    tcase_add_loop_test(tc, a_reset_in_time_wait, 0, 2);
    tcase_add_loop_test(tc, an_old_syn_in_time_wait, 0, 2);
    suite_add_tcase(suite, tc);
}

Suite *tcp_ext_suite(void);
Suite *tcp_ext_suite(void)
{
    Suite *suite = suite_create("tcp_ext");
    TCase *tc = tcase_create("letting go");
    tcase_add_checked_fixture(tc, NULL, finish);
    tcase_add_test(tc, a_freed_connection_sends_its_fin);
    tcase_add_test(tc, a_freed_connection_with_unread_data_is_reset);
    tcase_add_test(tc, close_with_the_text_of_a_crossed_syn_resets);
    tcase_add_test(tc, shutdown_in_syn_received_still_delivers_the_text_of_the_syn);
    suite_add_tcase(suite, tc);
    add_liveness(suite);
    add_options(suite);
    return suite;
}
