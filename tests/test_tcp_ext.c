/*
 * test_tcp_ext.c - what TCP does beyond carrying data: keep-alives, timeouts, urgent data, cookies,
 * challenges, ECN, and the knobs that make a host wrong. One host and a peer played by hand: SND.NXT
 * is 101 and RCV.NXT 301, both windows 8192. Each test names the requirements that it shows.
 */
/* SPDX-License-Identifier: MIT */
#include "support/tcpnet.h"

#include <check.h>
#include <string.h>

static TcpNet n;

static void finish(void)
{
    tcpnet_free(&n);
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
    peer_init(&n, NULL);
    peer_establish(&n);
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
    peer_init(&n, NULL);
    peer_establish(&n);
    peer_inject(&n, "P. 301 ack 101 len 10");
    g_string_truncate(n.log, 0);
    let_go();
    expect_log(&n, "30 c>p R 101\n30 c CLOSED\n");
}
END_TEST

static void open_crossed(const char *syn)
{
    NetError err;

    peer_init(&n, NULL);
    n.conn = tcp_connect(n.c->tcp, IP_NONE, 80, ip("10.0.0.2"), 5000, &err);
    peer_inject(&n, syn);
    expect_state(&n, n.conn, TCP_SYN_RECEIVED);
    g_string_truncate(n.log, 0);
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
    return suite;
}
