/*
 * test_tables.c - sockets, ARP entries and routes in the layouts of ss, netstat, arp and route.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/tables.h"
#include "support/net.h"

#include <check.h>
#include <string.h>

typedef struct Pair {
    Net      *net;
    Stack    *a, *b;
    Listener *listener;
    Conn     *conn;
} Pair;

/* a is connected to b's port 80, at 20 ms. */
static void pair_init(Pair *p)
{
    NetError err;

    *p = (Pair){ .net = net_new(1) };
    p->a = net_host(p->net, "a", NULL);
    p->b = net_host(p->net, "b", NULL);
    net_link(p->net, p->a->node, "10.0.0.1/24", p->b->node, "10.0.0.2/24", 10 * MSEC);
    net_warm(p->net);
    p->listener = tcp_listen(stack_tcp(p->b), IP4_ANY, 80, 128, false, &err);
    ck_assert_ptr_nonnull(p->listener);
    p->conn = tcp_connect(stack_tcp(p->a), IP_NONE, 40000, ip("10.0.0.2"), 80, &err);
    ck_assert_ptr_nonnull(p->conn);
    net_run_until(p->net, 40 * MSEC);
}

static void pair_free(Pair *p)
{
    conn_free(p->conn);
    listener_close(p->listener);
    net_run_until(p->net, 2000 * SEC);
    net_free(p->net);
}

static void expect(GString *got, const char *text)
{
    ck_assert_msg(strcmp(got->str, text) == 0, "got\n%s", got->str);
    g_string_free(got, TRUE);
}

START_TEST(ss_lists_listeners_and_connections)
{
    Pair p;
    GString *out = g_string_new(NULL);

    pair_init(&p);
    table_ss(p.b, false, out);
    expect(out, "State  Recv-Q Send-Q Local Address:Port Peer Address:Port  Process\n"
                "LISTEN 1      128          0.0.0.0:80        0.0.0.0:*\n"
                "ESTAB  0      0           10.0.0.2:80       10.0.0.1:40000\n");
    pair_free(&p);
}
END_TEST

START_TEST(all_hosts_come_with_their_names)
{
    Pair p;
    GString *out = g_string_new(NULL);

    pair_init(&p);
    table_ss_all(p.net->sim, false, out);
    expect(out, "Host State  Recv-Q Send-Q Local Address:Port  Peer Address:Port  Process\n"
                "a    ESTAB  0      0           10.0.0.1:40000     10.0.0.2:80\n"
                "b    LISTEN 1      128          0.0.0.0:80         0.0.0.0:*\n"
                "b    ESTAB  0      0           10.0.0.2:80        10.0.0.1:40000\n");
    pair_free(&p);
}
END_TEST

START_TEST(queues_and_timers_show)
{
    Pair p;
    NetError err;
    GString *out = g_string_new(NULL), *netstat = g_string_new(NULL);

    pair_init(&p);
    ck_assert_uint_eq(conn_send(p.conn, (Span){ (const uint8_t *)"hello", 5 }, &err), 5);
    net_run_until(p.net, 45 * MSEC);
    table_ss(p.a, true, out);
    expect(out, "State Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n"
                "ESTAB 0      5           10.0.0.1:40000     10.0.0.2:80   timer:(on,985ms,0)\n");
    table_netstat(p.a, true, netstat);
    expect(netstat,
           "Active Internet connections (servers and established)\n"
           "Proto Recv-Q Send-Q Local Address           Foreign Address         State       Timer\n"
           "tcp        0      5 10.0.0.1:40000          10.0.0.2:80             ESTABLISHED"
           " on (0.98/0/0)\n");
    pair_free(&p);
}
END_TEST

START_TEST(closing_counts_the_fin_and_waits)
{
    Pair p;
    GString *out = g_string_new(NULL), *netstat = g_string_new(NULL);

    pair_init(&p);
    conn_shutdown(p.conn);
    net_run_until(p.net, 70 * MSEC);
    Conn *served = listener_accept(p.listener);
    table_ss(p.b, false, out);
    expect(out, "State      Recv-Q Send-Q Local Address:Port Peer Address:Port  Process\n"
                "LISTEN     0      128          0.0.0.0:80        0.0.0.0:*\n"
                "CLOSE-WAIT 1      0           10.0.0.2:80       10.0.0.1:40000\n");
    conn_close(served);
    net_run_until(p.net, 100 * SEC);
    conn_free(served);
    out = g_string_new(NULL);
    table_ss(p.a, true, out);
    expect(out, "State     Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n"
                "TIME-WAIT 0      0           10.0.0.1:40000     10.0.0.2:80   "
                "timer:(timewait,2min20sec,0)\n");
    table_netstat(p.a, false, netstat);
    expect(netstat, "Active Internet connections (servers and established)\n"
                    "Proto Recv-Q Send-Q Local Address           Foreign Address         State\n"
                    "tcp        0      0 10.0.0.1:40000          10.0.0.2:80             "
                    "TIME_WAIT\n");
    pair_free(&p);
}
END_TEST

START_TEST(arp_shows_what_is_known_and_what_is_asked)
{
    Pair p;
    NetError err;
    GString *out = g_string_new(NULL);

    pair_init(&p);
    UdpSock *s = udp_open(stack_udp(p.a), IP4_ANY, 4000, &err);
    udp_send(s, (Span){ (const uint8_t *)"?", 1 }, ip("10.0.0.9"), 9);
    arp_set(p.a->arp, net_iface(p.a, 0), ip("10.0.0.7"), (MacAddr){ { 2, 0, 0, 0, 0, 7 } }, true);
    table_arp(p.a, out);
    expect(out, "Address                  HWtype  HWaddress           Flags Mask            Iface\n"
                "10.0.0.2                 ether   02:00:00:00:00:02   CM                    eth0\n"
                "10.0.0.7                 ether   02:00:00:00:00:07   CM                    eth0\n"
                "10.0.0.9                         (incomplete)                              "
                "eth0\n");
    pair_free(&p);
}
END_TEST

START_TEST(routes_show_gateways_hosts_and_refusals)
{
    Net   *net = net_new(1);
    Stack *a = net_host(net, "a", NULL), *b = net_host(net, "b", NULL);
    GString *out = g_string_new(NULL);

    net_link(net, a->node, "10.0.0.1/24", b->node, "10.0.0.2/24", 10 * MSEC);
    net_route(a, "0.0.0.0/0", "10.0.0.2");
    net_route(a, "192.168.1.7/32", "10.0.0.2");
    net_route(a, "10.66.0.0/16", NULL);
    table_routes(a, out);
    expect(out,
           "Kernel IP routing table\n"
           "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface\n"
           "192.168.1.7     10.0.0.2        255.255.255.255 UGH   0      0        0 eth0\n"
           "10.0.0.0        0.0.0.0         255.255.255.0   U     0      0        0 eth0\n"
           "10.66.0.0       -               255.255.0.0     !     0      -        0 -\n"
           "0.0.0.0         10.0.0.2        0.0.0.0         UG    0      0        0 eth0\n");
    net_free(net);
}
END_TEST

START_TEST(states_are_spelt_as_each_tool_does)
{
    static const char *const ss[] = { "UNCONN", "LISTEN", "SYN-SENT", "SYN-RECV", "ESTAB",
        "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT" };
    static const char *const netstat[] = { "CLOSE", "LISTEN", "SYN_SENT", "SYN_RECV",
        "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT", "CLOSING", "LAST_ACK",
        "TIME_WAIT" };
    for (TcpState s = 0; s < TCP_STATE_COUNT; s++) {
        ck_assert_str_eq(ss_state_name(s), ss[s]);
        ck_assert_str_eq(netstat_state_name(s), netstat[s]);
    }
}
END_TEST

Suite *tables_suite(void);
Suite *tables_suite(void)
{
    Suite *suite = suite_create("tables");
    TCase *tc = tcase_create("tables");
    tcase_add_test(tc, ss_lists_listeners_and_connections);
    tcase_add_test(tc, all_hosts_come_with_their_names);
    tcase_add_test(tc, queues_and_timers_show);
    tcase_add_test(tc, closing_counts_the_fin_and_waits);
    tcase_add_test(tc, arp_shows_what_is_known_and_what_is_asked);
    tcase_add_test(tc, routes_show_gateways_hosts_and_refusals);
    tcase_add_test(tc, states_are_spelt_as_each_tool_does);
    suite_add_tcase(suite, tc);
    return suite;
}
