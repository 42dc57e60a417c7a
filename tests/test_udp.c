/*
 * test_udp.c - sockets: who gets a datagram, what they are told, and when.
 */
/* SPDX-License-Identifier: MIT */
#include "support/net.h"

#include <check.h>
#include <string.h>

static Net *net;
static Stack *a, *b;

static void setup(void)
{
    net = net_new(1);
    a = net_host(net, "a", NULL);
    b = net_host(net, "b", NULL);
    net_link(net, a->node, "10.0.0.1/24", b->node, "10.0.0.2/24", 10 * MSEC);
    net_warm(net);
}

static void teardown(void)
{
    net_free(net);
}

static UdpSock *must_open(Stack *stack, const char *addr, uint16_t port)
{
    NetError err;
    UdpSock *s = udp_open(stack_udp(stack), addr != NULL ? ip(addr) : IP4_ANY, port, &err);

    ck_assert_int_eq(err, NET_OK);
    ck_assert_ptr_nonnull(s);
    return s;
}

static NetError open_error(Stack *stack, const char *addr, uint16_t port)
{
    NetError err;
    UdpSock *s = udp_open(stack_udp(stack), addr != NULL ? ip(addr) : IP4_ANY, port, &err);

    ck_assert_int_eq(s == NULL, err != NET_OK);
    if (s != NULL)
        udp_close(s);
    return err;
}

static NetError send_text(UdpSock *s, const char *text, const char *dst, uint16_t port)
{
    return udp_send(s, (Span){ (const uint8_t *)text, strlen(text) },
                    dst != NULL ? ip(dst) : IP_NONE, port);
}

/* "ping from 10.0.0.1:4242", or the error's name */
static const char *received(UdpSock *s)
{
    static char text[128];
    char from[ENDPOINT_TEXT];
    IpAddr addr;
    uint16_t port;
    NetError err;
    Packet *pkt = udp_receive(s, &addr, &port, &err);

    if (pkt == NULL)
        return net_error_name(err);
    g_snprintf(text, sizeof text, "%.*s from %s", (int)pkt->len, (const char *)pkt->data,
               endpoint_text(addr, port, from));
    packet_free(pkt);
    return text;
}

static void count_call(void *user)
{
    ++*(unsigned *)user;
}

START_TEST(a_datagram_arrives_with_its_sender)
{
    UdpSock *s = must_open(a, NULL, 4242), *t = must_open(b, NULL, 53);
    unsigned told = 0;

    udp_on_ready(t, count_call, &told);
    ck_assert_str_eq(received(t), "EAGAIN");
    ck_assert_int_eq(send_text(s, "ping", "10.0.0.2", 53), NET_OK);
    ck_assert_int_eq(send_text(s, "", "10.0.0.2", 53), NET_OK);
    ck_assert_uint_eq(told, 0);
    net_run(net);
    ck_assert_uint_eq(told, 1);
    ck_assert_uint_eq(udp_queued(t), 4);
    ck_assert_str_eq(received(t), "ping from 10.0.0.1:4242");
    ck_assert_str_eq(received(t), " from 10.0.0.1:4242");
    ck_assert_str_eq(received(t), "EAGAIN");
    ck_assert_str_eq(net_wire(net), "0.000 a>b 10.0.0.1.4242 > 10.0.0.2.53 udp len 4\n"
                                    "0.000 a>b 10.0.0.1.4242 > 10.0.0.2.53 udp len 0\n");
    ck_assert_uint_eq(node_counter(b->node, COUNTER_UdpInDatagrams), 2);
    udp_close(s);
    udp_close(t);
}
END_TEST

START_TEST(a_port_is_taken_once_for_each_address)
{
    UdpSock *all = must_open(b, NULL, 53);
    ck_assert_int_eq(open_error(b, NULL, 53), NET_EADDRINUSE);
    ck_assert_int_eq(open_error(b, "10.0.0.2", 53), NET_EADDRINUSE);
    ck_assert_int_eq(open_error(b, "10.0.0.9", 54), NET_EADDRNOTAVAIL);
    udp_close(all);

    UdpSock *one = must_open(b, "10.0.0.2", 53);
    ck_assert_int_eq(open_error(b, NULL, 53), NET_EADDRINUSE);
    ck_assert_int_eq(open_error(b, "10.0.0.2", 53), NET_EADDRINUSE);
    ck_assert_int_eq(open_error(b, "127.0.0.1", 53), NET_OK);
    ck_assert_int_eq(open_error(b, "10.0.0.2", 53 + 64), NET_OK);
    udp_close(one);
    ck_assert_int_eq(open_error(b, NULL, 53), NET_OK);
}
END_TEST

START_TEST(the_socket_that_fits_best_gets_it)
{
    UdpSock *s = must_open(a, NULL, 1000), *t = must_open(a, NULL, 1001);
    UdpSock *loop = must_open(b, "127.0.0.1", 53), *one = must_open(b, "10.0.0.2", 53);
    UdpSock *mine = must_open(b, NULL, 54);

    ck_assert_int_eq(udp_connect(mine, ip("10.0.0.1"), 1000), NET_OK);
    send_text(s, "x", "10.0.0.2", 53);
    send_text(s, "y", "10.0.0.2", 54);
    send_text(t, "z", "10.0.0.2", 54);
    net_run(net);
    ck_assert_str_eq(received(loop), "EAGAIN");
    ck_assert_str_eq(received(one), "x from 10.0.0.1:1000");
    ck_assert_str_eq(received(mine), "y from 10.0.0.1:1000");
    ck_assert_str_eq(received(mine), "EAGAIN");
    ck_assert_str_eq(net_drops(net), "b udp.no-port\n");
    UdpSock *all[] = { s, t, loop, one, mine };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        udp_close(all[i]);
}
END_TEST

START_TEST(ephemeral_ports_differ_and_are_the_hosts_own)
{
    UdpSock *s[3] = { must_open(a, NULL, 0), must_open(a, NULL, 0), must_open(b, NULL, 0) };

    ck_assert_uint_ge(udp_port(s[0]), 49152);
    ck_assert_uint_ge(udp_port(s[2]), 49152);
    ck_assert_uint_ne(udp_port(s[0]), udp_port(s[1]));
    ck_assert_uint_ne(udp_port(s[0]), udp_port(s[2]));
    for (int i = 0; i < 3; i++)
        udp_close(s[i]);
}
END_TEST

START_TEST(all_ephemeral_ports_can_be_had_and_no_more)
{
    enum { ALL = 16384 };
    UdpSock **s = g_new(UdpSock *, ALL);

    for (int i = 0; i < ALL; i++)
        s[i] = must_open(a, NULL, 0);
    ck_assert_int_eq(open_error(a, NULL, 0), NET_EADDRINUSE);
    ck_assert_int_eq(open_error(a, NULL, 80), NET_OK);
    for (int i = 0; i < ALL; i++)
        udp_close(s[i]);
    g_free(s);
}
END_TEST

START_TEST(a_closed_port_refuses_the_connected_and_nobody_else)
{
    UdpSock *s = must_open(a, NULL, 1000), *t = must_open(a, NULL, 1001);
    unsigned told = 0;

    udp_on_ready(s, count_call, &told);
    ck_assert_int_eq(udp_connect(s, ip("10.0.0.2"), 7), NET_OK);
    ck_assert_int_eq(send_text(s, "hello", NULL, 0), NET_OK);
    ck_assert_int_eq(send_text(t, "hello", "10.0.0.2", 7), NET_OK);
    net_run(net);
    ck_assert_uint_eq(net_count(net, "b>a 10.0.0.2 > 10.0.0.1 icmp 3/3 len 41"), 2);
    ck_assert_str_eq(net_drops(net), "b udp.no-port\nb udp.no-port\n");
    ck_assert_uint_eq(told, 1);
    ck_assert_str_eq(received(s), "ECONNREFUSED");
    ck_assert_str_eq(received(s), "EAGAIN");
    ck_assert_str_eq(received(t), "EAGAIN");
    ck_assert_int_eq(send_text(t, "x", NULL, 0), NET_ENOTCONN);
    udp_close(s);
    udp_close(t);
}
END_TEST

typedef struct Heard {
    unsigned    n;
    IpErrorKind kind;
    uint16_t    dst_port;
    UdpSock    *close;
} Heard;

static void hear(void *user, const IpError *err)
{
    Heard *heard = user;

    heard->n++;
    heard->kind = err->kind;
    heard->dst_port = get16(err->quoted.p + 2);
    if (heard->close != NULL)
        udp_close(heard->close);
}

START_TEST(on_error_hears_of_every_datagram_that_failed)
{
    UdpSock *s = must_open(a, NULL, 1000);
    Heard heard = { 0 };

    udp_on_error(s, hear, &heard);
    send_text(s, "x", "10.0.0.2", 33434);
    send_text(s, "x", "10.0.0.2", 33435);
    send_text(s, "x", "10.0.0.77", 33436);
    net_run_until(net, SEC);
    ck_assert_uint_eq(heard.n, 2);
    ck_assert_int_eq(heard.kind, IP_ERR_PORT_UNREACHABLE);
    ck_assert_uint_eq(heard.dst_port, 33435);
    heard.close = s;
    net_run(net);
    ck_assert_uint_eq(heard.n, 3);
    ck_assert_int_eq(heard.kind, IP_ERR_HOST_UNREACHABLE);
}
END_TEST

START_TEST(calls_fail_as_on_a_real_host)
{
    UdpSock *s = must_open(a, NULL, 1000), *bound = must_open(a, "127.0.0.1", 1001);
    uint8_t big[1] = { 0 };

    ck_assert_int_eq(send_text(s, "x", "192.0.2.1", 9), NET_ENETUNREACH);
    ck_assert_int_eq(send_text(s, "x", "10.0.0.2", 0), NET_EINVAL);
    ck_assert_int_eq(udp_send(s, (Span){ big, UDP_DATA_MAX + 1 }, ip("10.0.0.2"), 9), NET_EMSGSIZE);
    ck_assert_int_eq(send_text(bound, "x", "10.0.0.2", 9), NET_EINVAL);
    ck_assert_int_eq(udp_connect(s, IP4_ANY, 9), NET_EINVAL);
    ck_assert_int_eq(udp_connect(s, ip("10.0.0.2"), 0), NET_EINVAL);
    ck_assert_int_eq(udp_connect(s, ip("192.0.2.1"), 9), NET_ENETUNREACH);
    net_route(a, "192.0.2.0/24", NULL);
    ck_assert_int_eq(send_text(s, "x", "192.0.2.1", 9), NET_EHOSTUNREACH);
    udp_set_df(s, true);
    uint8_t *data = g_malloc0(1473);
    ck_assert_int_eq(udp_send(s, (Span){ data, 1473 }, ip("10.0.0.2"), 9), NET_EMSGSIZE);
    ck_assert_int_eq(udp_send(s, (Span){ data, 1472 }, ip("10.0.0.2"), 9), NET_OK);
    g_free(data);
    net_run(net);
    ck_assert_uint_eq(net_count(net, "a>b"), 1);
    udp_close(s);
    udp_close(bound);
}
END_TEST

START_TEST(a_full_buffer_drops_and_room_comes_back)
{
    UdpSock *s = must_open(a, NULL, 1000), *t = must_open(b, NULL, 9);

    udp_set_rcvbuf(t, 3 * (UDP_HDR_LEN + 10));
    for (int i = 0; i < 5; i++)
        send_text(s, "0123456789", "10.0.0.2", 9);
    net_run(net);
    ck_assert_uint_eq(udp_queued(t), 30);
    ck_assert_str_eq(net_drops(net), "b udp.buffer-full\nb udp.buffer-full\n");
    ck_assert_str_eq(received(t), "0123456789 from 10.0.0.1:1000");
    send_text(s, "again", "10.0.0.2", 9);
    net_run(net);
    received(t);
    received(t);
    ck_assert_str_eq(received(t), "again from 10.0.0.1:1000");
    udp_close(s);
    udp_close(t);
}
END_TEST

START_TEST(empty_datagrams_take_up_room_too)
{
    UdpSock *s = must_open(a, NULL, 1000), *t = must_open(b, NULL, 9);

    udp_set_rcvbuf(t, 4 * UDP_HDR_LEN);
    for (int i = 0; i < 5; i++)
        send_text(s, "", "10.0.0.2", 9);
    net_run(net);
    ck_assert_uint_eq(udp_queued(t), 0);
    ck_assert_str_eq(net_drops(net), "b udp.buffer-full\n");
    udp_close(s);
    udp_close(t);
}
END_TEST

static void count_ended(void *self, const TraceEvent *ev)
{
    int field = trace_field(ev->point, "reason");

    *(unsigned *)self += strcmp(trace_arg_str(ev, field), drop_name(DROP_LINK_ENDED)) == 0;
}

START_TEST(what_is_on_its_way_at_the_end_of_the_world_is_dropped)
{
    Sim *sim = sim_new(1);
    StackConfig cfg = stack_config_default();
    Stack *alone = stack_new(node_new(sim, "alone", NODE_HOST), &cfg);
    UdpSock *s = must_open(alone, NULL, 1000);
    unsigned ended = 0;

    trace_add_sink(&sim->trace, TRACE_DROP, count_ended, &ended);
    ck_assert_int_eq(send_text(s, "to myself", "127.0.0.1", 9), NET_OK);
    sim_free(sim);
    ck_assert_uint_eq(ended, 1);
}
END_TEST

START_TEST(many_that_wait_keep_their_order)
{
    UdpSock *s = must_open(a, NULL, 1000), *t = must_open(b, NULL, 9);
    char text[16], expected[64];
    int sent = 0, got = 0;

    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < round; i++) {
            g_snprintf(text, sizeof text, "%d", sent++);
            send_text(s, text, "10.0.0.2", 9);
        }
        net_run(net);
        for (int i = 0; i < round / 2; i++) {
            g_snprintf(expected, sizeof expected, "%d from 10.0.0.1:1000", got++);
            ck_assert_str_eq(received(t), expected);
        }
    }
    while (got < sent) {
        g_snprintf(expected, sizeof expected, "%d from 10.0.0.1:1000", got++);
        ck_assert_str_eq(received(t), expected);
    }
    ck_assert_uint_eq(udp_queued(t), 0);
    udp_close(s);
    udp_close(t);
}
END_TEST

START_TEST(to_itself_without_a_wire)
{
    UdpSock *s = must_open(a, NULL, 1000), *t = must_open(a, NULL, 9);

    send_text(s, "home", "127.0.0.1", 9);
    send_text(s, "own", "10.0.0.1", 9);
    ck_assert_str_eq(received(t), "EAGAIN"); /* never within the call */
    net_run(net);
    ck_assert_str_eq(received(t), "home from 127.0.0.1:1000");
    ck_assert_str_eq(received(t), "own from 10.0.0.1:1000");
    ck_assert_int_eq(udp_connect(s, ip("127.0.0.1"), 10), NET_OK);
    send_text(s, "nobody", NULL, 0);
    net_run(net);
    ck_assert_str_eq(received(s), "ECONNREFUSED");
    ck_assert_str_eq(net_wire(net), "");
    udp_close(s);
    udp_close(t);
}
END_TEST

START_TEST(a_broadcast_reaches_all_who_listen_and_blames_nobody)
{
    UdpSock *s = must_open(a, NULL, 68), *t = must_open(b, NULL, 67);

    send_text(s, "who", "255.255.255.255", 67);
    send_text(s, "who", "10.0.0.255", 67);
    send_text(s, "who", "10.0.0.255", 99);
    net_run(net);
    ck_assert_str_eq(received(t), "who from 10.0.0.1:68");
    ck_assert_str_eq(received(t), "who from 10.0.0.1:68");
    ck_assert_uint_eq(net_count(net, "icmp"), 0);
    ck_assert_str_eq(net_drops(net), "b udp.no-port\n");
    udp_close(s);
    udp_close(t);
}
END_TEST

START_TEST(a_host_without_an_address_can_ask_for_one)
{
    Stack *bare = net_host(net, "bare", NULL), *server = net_host(net, "server", NULL);
    net_link(net, bare->node, NULL, server->node, "10.9.0.1/24", 0);
    UdpSock *s = must_open(bare, NULL, 68), *t = must_open(server, NULL, 67);

    ck_assert_int_eq(send_text(s, "discover", "255.255.255.255", 67), NET_OK);
    net_run(net);
    ck_assert_str_eq(received(t), "discover from 0.0.0.0:68");
    send_text(t, "offer", "255.255.255.255", 68);
    net_run(net);
    ck_assert_str_eq(received(s), "offer from 10.9.0.1:67");
    ck_assert_int_eq(send_text(s, "x", "10.9.0.1", 67), NET_ENETUNREACH);
    udp_close(s);
    udp_close(t);
}
END_TEST

static const struct {
    const char *what;
    size_t      at, len;
    uint8_t     value;
    const char *drop;
} wrong[] = {
    { "shorter than a header", 0, 7, 0, "b udp.short\n" },
    { "length beyond the datagram", 5, 12, 13, "b udp.length\n" },
    { "a flipped byte", 9, 12, 'x', "b udp.checksum\n" },
    { "no checksum at all", 7, 12, 0, "" },
};

START_TEST(rejects_the_malformed)
{
    UdpSock *t = must_open(b, NULL, 9);
    uint8_t dgram[12] = { 0, 5, 0, 9, 0, 12, 0, 0, 'p', 'i', 'n', 'g' };
    Ipv4Hdr h = { .src = ip("10.0.0.1"), .dst = ip("10.0.0.2"), .ttl = 9, .proto = IPPROTO_UDP4 };

    if (strcmp(wrong[_i].drop, "b udp.checksum\n") == 0)
        dgram[7] = 1;
    dgram[wrong[_i].at] = wrong[_i].value;
    net_inject_ip(net_iface(a, 0), net_iface(b, 0), &h, (Span){ dgram, wrong[_i].len });
    net_run(net);
    ck_assert_msg(strcmp(net_drops(net), wrong[_i].drop) == 0, "%s: %s", wrong[_i].what,
                  net_drops(net));
    ck_assert_uint_eq(udp_queued(t), wrong[_i].drop[0] == '\0' ? 4 : 0);
    udp_close(t);
}
END_TEST

START_TEST(closing_drops_what_waits)
{
    UdpSock *s = must_open(a, NULL, 1000), *t = must_open(b, NULL, 9);

    send_text(s, "unread", "10.0.0.2", 9);
    net_run(net);
    udp_close(t);
    ck_assert_str_eq(net_drops(net), "b udp.closed\n");
    udp_close(s);
}
END_TEST

START_TEST(a_crash_ends_every_socket)
{
    UdpSock *s = must_open(a, NULL, 1000), *t = must_open(b, NULL, 9);
    unsigned told = 0;
    size_t n;

    udp_on_ready(t, count_call, &told);
    send_text(s, "unread", "10.0.0.2", 9);
    net_run(net);
    stack_crash(b);
    ck_assert_int_eq(open_error(b, NULL, 10), NET_ENETDOWN);
    net_run(net);
    ck_assert_uint_eq(told, 2);
    ck_assert_str_eq(received(t), "ENETDOWN");
    stack_boot(b);
    ck_assert_str_eq(received(t), "ENETDOWN");
    ck_assert_int_eq(send_text(t, "x", "10.0.0.1", 9), NET_ENETDOWN);
    UdpSock *again = must_open(b, NULL, 9);
    udp_sockets(stack_udp(b), &n);
    ck_assert_uint_eq(n, 1);
    udp_close(t);
    udp_close(again);
    udp_close(s);
}
END_TEST

Suite *udp_suite(void);
Suite *udp_suite(void)
{
    Suite *suite = suite_create("udp");
    TCase *tc = tcase_create("udp");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_datagram_arrives_with_its_sender);
    tcase_add_test(tc, a_port_is_taken_once_for_each_address);
    tcase_add_test(tc, the_socket_that_fits_best_gets_it);
    tcase_add_test(tc, ephemeral_ports_differ_and_are_the_hosts_own);
    tcase_add_test(tc, all_ephemeral_ports_can_be_had_and_no_more);
    tcase_add_test(tc, a_closed_port_refuses_the_connected_and_nobody_else);
    tcase_add_test(tc, on_error_hears_of_every_datagram_that_failed);
    tcase_add_test(tc, calls_fail_as_on_a_real_host);
    tcase_add_test(tc, a_full_buffer_drops_and_room_comes_back);
    tcase_add_test(tc, empty_datagrams_take_up_room_too);
    tcase_add_test(tc, what_is_on_its_way_at_the_end_of_the_world_is_dropped);
    tcase_add_test(tc, many_that_wait_keep_their_order);
    tcase_add_test(tc, to_itself_without_a_wire);
    tcase_add_test(tc, a_broadcast_reaches_all_who_listen_and_blames_nobody);
    tcase_add_test(tc, a_host_without_an_address_can_ask_for_one);
    tcase_add_loop_test(tc, rejects_the_malformed, 0, G_N_ELEMENTS(wrong));
    tcase_add_test(tc, closing_drops_what_waits);
    tcase_add_test(tc, a_crash_ends_every_socket);
    suite_add_tcase(suite, tc);
    return suite;
}
