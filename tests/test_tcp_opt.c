/*
 * test_tcp_opt.c - options that both ends have not agreed on; the rest is in tests/pkt/.
 */
/* SPDX-License-Identifier: MIT */
#include "support/tcpnet.h"

#include <check.h>

Suite *tcp_opt_suite(void);

/* EXT-8, EXT-11 */
START_TEST(timestamps_not_agreed_on_are_ignored)
{
    TcpNet n;
    TcpConfig cfg = peer_config();
    TcpInfo info;
    cfg.timestamps = _i == 0; /* the peer's SYN had none, or ours would have had none */
    peer_init(&n, &cfg);
    peer_establish(&n);
    peer_inject(&n, ". 301 ack 101 len 10 ts 500");
    peer_inject(&n, ". 311 ack 101 len 10 ts 400");
    expect_log(&n, "30 c>p . 101 ack 311\n40 c>p . 101 ack 321\n");
    must_read(n.conn, 20);
    conn_info(n.conn, &info);
    ck_assert(!info.timestamps);
    ck_assert_uint_eq(info.ts_recent, 0);
    tcpnet_free(&n);
}
END_TEST

Suite *tcp_opt_suite(void)
{
    Suite *s = suite_create("tcp_opt");
    TCase *tc = tcase_create("options");

    tcase_add_loop_test(tc, timestamps_not_agreed_on_are_ignored, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
