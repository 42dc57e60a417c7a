/*
 * test_stack.c - hosts and routers as wholes: made, wired, crashed, booted.
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
}

static void teardown(void)
{
    net_free(net);
}

static void ignore_reply(void *self, const PingReply *r)
{
    ++*(unsigned *)self;
    ck_assert_ptr_nonnull(r);
}

static unsigned ping(Stack *from, const char *dst)
{
    unsigned n = 0;
    Ping *p = icmp_ping_open(from->icmp, ignore_reply, &n);

    icmp_ping_send(p, ip(dst), 1, 56, 0, false, NULL);
    net_run(net);
    icmp_ping_close(p);
    return n;
}

START_TEST(addresses_of_stations_count_up_in_the_world)
{
    char text[MAC_TEXT];
    MacAddr own = { { 2, 0, 10, 0, 0, 1 } };

    ck_assert_str_eq(mac_text(net_iface(a, 0)->mac, text), "02:00:00:00:00:01");
    ck_assert_str_eq(mac_text(net_iface(b, 0)->mac, text), "02:00:00:00:00:02");
    Iface *said = stack_add_iface(a, "lan", &own), *next = stack_add_iface(a, NULL, NULL);
    ck_assert_str_eq(mac_text(said->mac, text), "02:00:0a:00:00:01");
    ck_assert_str_eq(mac_text(next->mac, text), "02:00:00:00:00:03");
    ck_assert_ptr_eq(stack_iface(a, "lan"), said);
    ck_assert_ptr_eq(stack_iface(a, "eth2"), next);
    ck_assert_ptr_null(stack_iface(a, "eth7"));
    ck_assert_ptr_eq(node_stack(a->node), a);
    ck_assert_ptr_null(node_stack(net_switch(net, "sw")));
}
END_TEST

START_TEST(the_first_packet_waits_for_arp)
{
    ck_assert_uint_eq(ping(a, "10.0.0.2"), 1);
    ck_assert_str_eq(net_wire(net),
                     "0.000 a>b arp who-has 10.0.0.2 tell 10.0.0.1\n"
                     "0.010 b>a arp 10.0.0.2 is-at 02:00:00:00:00:02\n"
                     "0.020 a>b 10.0.0.1 > 10.0.0.2 icmp echo-request id 1 seq 1 len 56\n"
                     "0.030 b>a 10.0.0.2 > 10.0.0.1 icmp echo-reply id 1 seq 1 len 56\n");
}
END_TEST

START_TEST(a_router_forwards_and_a_host_does_not)
{
    Stack *r = net_router(net, "r", NULL), *far = net_host(net, "far", NULL);

    ck_assert(r->cfg->ipv4.forward);
    ck_assert(!a->cfg->ipv4.forward);
    net_link(net, b->node, "10.0.1.2/24", far->node, "10.0.1.9/24", 0);
    net_route(a, "10.0.1.0/24", "10.0.0.2");
    ck_assert_uint_eq(ping(a, "10.0.1.9"), 0);
    ck_assert_str_eq(net_drops(net), "b ip.not-mine\n");
}
END_TEST

START_TEST(a_switch_joins_cables_into_one_network)
{
    Node *sw = net_switch(net, "sw");
    Stack *c = net_host(net, "c", NULL), *d = net_host(net, "d", NULL);

    net_link(net, c->node, "10.0.5.1/24", sw, NULL, MSEC);
    net_link(net, sw, NULL, d->node, "10.0.5.2/24", MSEC);
    ck_assert_uint_eq(ping(c, "10.0.5.2"), 1);
    ck_assert_int_eq(sim_now(net->sim), 8 * MSEC);
}
END_TEST

START_TEST(a_crashed_host_is_silent_and_forgets)
{
    ck_assert_uint_eq(ping(a, "10.0.0.2"), 1);
    ck_assert_ptr_nonnull(arp_lookup(b->arp, ip("10.0.0.1")));
    stack_crash(b);
    stack_crash(b);
    ck_assert_ptr_null(arp_lookup(b->arp, ip("10.0.0.1")));
    net_clear(net);
    ck_assert_uint_eq(ping(a, "10.0.0.2"), 0);
    ck_assert_str_eq(net_drops(net), "b link.host-down\n");
    ck_assert_uint_eq(net_count(net, "b>a"), 0);
    stack_boot(b);
    stack_boot(b);
    ck_assert(ip_equal(net_iface(b, 0)->ip.addr, ip("10.0.0.2")));
    ck_assert_uint_eq(ping(a, "10.0.0.2"), 1);
}
END_TEST

START_TEST(what_a_crashed_host_held_is_accounted_for)
{
    unsigned n = 0;
    Ping *p = icmp_ping_open(a->icmp, ignore_reply, &n);

    for (uint16_t seq = 1; seq <= 3; seq++)
        icmp_ping_send(p, ip("10.0.0.77"), seq, 8, 0, false, NULL);
    icmp_ping_send(p, ip("10.0.0.1"), 4, 8, 0, false, NULL);
    stack_crash(a);
    net_run(net);
    ck_assert_uint_eq(n, 0);
    ck_assert_uint_eq(sim_packets_alive(net->sim), 0);
    icmp_ping_close(p);
}
END_TEST

START_TEST(damaged_frames_pass_only_where_nobody_checks)
{
    StackConfig trusting = stack_config_default();
    trusting.fcs = false;
    Stack *c = net_host(net, "c", NULL), *d = net_host(net, "d", &trusting);
    LinkConfig noisy = link_defaults;
    noisy.corrupt = PROB_ONE;
    net_link_with(net, c->node, "10.0.5.1/24", d->node, "10.0.5.2/24", &noisy);

    ping(c, "10.0.5.2");
    ck_assert_uint_eq(d->node->drops[DROP_LINK_FCS], 0);
    ping(d, "10.0.5.1");
    ck_assert_uint_gt(c->node->drops[DROP_LINK_FCS], 0);
}
END_TEST

/* Two worlds side by side share nothing; the same seed gives the same wire. */
START_TEST(two_worlds_are_alike_and_apart)
{
    Net *other = net_new(1);
    Stack *x = net_host(other, "a", NULL), *y = net_host(other, "b", NULL);
    net_link(other, x->node, "10.0.0.1/24", y->node, "10.0.0.2/24", 10 * MSEC);
    unsigned n = 0;
    Ping *p = icmp_ping_open(x->icmp, ignore_reply, &n);

    icmp_ping_send(p, ip("10.0.0.2"), 1, 56, 0, false, NULL);
    ck_assert_uint_eq(ping(a, "10.0.0.2"), 1);
    ck_assert_uint_eq(n, 0);
    net_run(other);
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(net_wire(net), net_wire(other));
    icmp_ping_close(p);
    net_free(other);
}
END_TEST

Suite *stack_suite(void);
Suite *stack_suite(void)
{
    Suite *suite = suite_create("stack");
    TCase *tc = tcase_create("stack");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, addresses_of_stations_count_up_in_the_world);
    tcase_add_test(tc, the_first_packet_waits_for_arp);
    tcase_add_test(tc, a_router_forwards_and_a_host_does_not);
    tcase_add_test(tc, a_switch_joins_cables_into_one_network);
    tcase_add_test(tc, a_crashed_host_is_silent_and_forgets);
    tcase_add_test(tc, what_a_crashed_host_held_is_accounted_for);
    tcase_add_test(tc, damaged_frames_pass_only_where_nobody_checks);
    tcase_add_test(tc, two_worlds_are_alike_and_apart);
    suite_add_tcase(suite, tc);
    return suite;
}
