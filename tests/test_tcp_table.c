/*
 * test_tcp_table.c - many connections by their four-tuples: opened, found, ended in any order.
 */
/* SPDX-License-Identifier: MIT */
#include "support/tcpnet.h"

#include <check.h>

enum { MANY = 600 };

static void count(void *self, const TcpInfo *info)
{
    unsigned *n = self;

    (void)info;
    ++*n;
}

static unsigned connections(Tcp *tcp)
{
    unsigned n = 0;

    tcp_each(tcp, count, &n);
    return n;
}

/* Each end of each connection gets its own bytes, while others come and go. */
START_TEST(a_segment_finds_its_connection_among_many)
{
    TcpNet n;
    TcpConfig s = course_config();
    static Conn *conns[MANY], *accepted[MANY];
    NetError err;
    uint32_t x = 1;
    s.backlog = s.syn_backlog = MANY;
    pair_init(&n, NULL, &s);
    n.states = false;
    for (unsigned i = 0; i < MANY; i++)
        conns[i] = tcp_connect(stack_tcp(n.c), IP_NONE, (uint16_t)(1000 + i * 7), ip("10.0.0.2"), 80,
                               &err);
    run_to(&n, 100);
    ck_assert_uint_eq(connections(stack_tcp(n.s)), MANY);
    for (unsigned i = 0; i < MANY; i++)
        accepted[i] = must_accept(&n);
    for (unsigned left = MANY; left > 0; left--) {
        x = x * 1664525 + 1013904223;
        unsigned i = (x >> 8) % MANY;
        while (conns[i] == NULL)
            i = (i + 1) % MANY;
        TcpInfo info;
        conn_info(conns[i], &info);
        ck_assert_uint_eq(info.local_port, 1000 + i * 7);
        must_send(conns[i], 1 + i % 50);
        run_ms(&n, 20);
        must_read(accepted[i], 1 + i % 50);
        conn_abort(conns[i]);
        run_ms(&n, 20);
        must_end(accepted[i], NET_ECONNRESET);
        conn_free(conns[i]);
        conn_free(accepted[i]);
        conns[i] = NULL;
        ck_assert_uint_eq(connections(stack_tcp(n.c)), left - 1);
        ck_assert_uint_eq(connections(stack_tcp(n.s)), left - 1);
    }
    tcpnet_free(&n);
}
END_TEST

Suite *tcp_table_suite(void);
Suite *tcp_table_suite(void)
{
    Suite *suite = suite_create("tcp_table");
    TCase *tc = tcase_create("tcp_table");
    tcase_add_test(tc, a_segment_finds_its_connection_among_many);
    suite_add_tcase(suite, tc);
    return suite;
}
