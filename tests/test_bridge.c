/*
 * test_bridge.c - the switch: floods what it does not know, learns, forgets, filters.
 */
/* SPDX-License-Identifier: MIT */
#include "support/lan.h"

#include <check.h>
#include <string.h>

static const uint8_t payload[46];
static const Span data = { payload, sizeof payload };

static Lan lan;

static void setup(void)
{
    lan_init(&lan, 4, &arp_defaults, 300 * SEC);
}

static void teardown(void)
{
    lan_free(&lan);
}

/* A frame of a type that nobody takes: the log shows where it came out, in the drops. */
static void frame(unsigned from, MacAddr dst)
{
    lan_frame(&lan, from, dst, lan_mac(from), 0x9999, data);
    lan_run(&lan, NEVER);
}

START_TEST(floods_what_it_does_not_know)
{
    frame(1, lan_mac(3));
    lan_expect(&lan, "0 h1>h3 9999\n"
                     "1 sw learned h1\n"
                     "1 sw flooded\n"
                     "2 h2 drops eth.not-mine\n"
                     "2 h3 drops eth.type\n"
                     "2 h4 drops eth.not-mine\n");
}
END_TEST

START_TEST(sends_to_one_port_what_it_knows)
{
    frame(3, lan_mac(1));
    frame(1, lan_mac(3));
    g_string_truncate(lan.log, 0);
    frame(1, lan_mac(3));
    frame(3, lan_mac(1));
    lan_expect(&lan, "4 h1>h3 9999\n"
                     "6 h3 drops eth.type\n"
                     "6 h3>h1 9999\n"
                     "8 h1 drops eth.type\n");
}
END_TEST

START_TEST(floods_broadcasts_and_groups_always)
{
    frame(2, lan_mac(1));
    g_string_truncate(lan.log, 0);
    frame(2, MAC_BROADCAST);
    frame(2, mac_from_u64(UINT64_C(0x01005e000001)));
    lan_expect(&lan, "2 h2>all 9999\n"
                     "3 sw flooded\n"
                     "4 h1 drops eth.type\n"
                     "4 h3 drops eth.type\n"
                     "4 h4 drops eth.type\n"
                     "4 h2>01:00:5e:00:00:01 9999\n"
                     "5 sw flooded\n"
                     "6 h1 drops eth.type\n"
                     "6 h3 drops eth.type\n"
                     "6 h4 drops eth.type\n");
}
END_TEST

static uint64_t ids[8];
static unsigned n_ids;

static void note_id(void *self, const TraceEvent *ev)
{
    (void)self;
    if (ev->point == &LINK_DELIVERED && ev->node != lan.sw) {
        ck_assert_uint_eq(packet_frame(ev->pkt).n, ETH_HDR_LEN + sizeof payload);
        ids[n_ids++] = ev->pkt->id;
    }
}

START_TEST(copies_keep_the_id_and_the_bytes)
{
    n_ids = 0;
    trace_add_sink(&lan.sim->trace, TRACE_LINK, note_id, ids);
    uint64_t id = lan_frame(&lan, 1, MAC_BROADCAST, lan_mac(1), 0x9999, data);
    lan_run(&lan, NEVER);
    ck_assert_uint_eq(n_ids, 3);
    for (unsigned i = 0; i < n_ids; i++)
        ck_assert_uint_eq(ids[i], id);
    ck_assert_uint_eq(lan.sim->packets.made, 3);
}
END_TEST

START_TEST(does_not_send_back_where_it_came_from)
{
    frame(1, lan_mac(1));
    lan_expect(&lan, "0 h1>h1 9999\n"
                     "1 sw learned h1\n"
                     "1 sw drops bridge.same-port\n");
}
END_TEST

START_TEST(does_not_forward_reserved_groups)
{
    for (uint64_t last = 0; last < 16; last++) {
        lan_frame(&lan, 1, mac_from_u64(UINT64_C(0x0180c2000000) + last), lan_mac(1), 0x9999, data);
        lan_run(&lan, NEVER);
    }
    ck_assert_uint_eq(lan.sw->drops[DROP_BRIDGE_RESERVED], 16);
    ck_assert_uint_eq(lan.sim->hops, 16);
    frame(1, mac_from_u64(UINT64_C(0x0180c2000010)));
    ck_assert_uint_eq(lan.sw->drops[DROP_BRIDGE_RESERVED], 16);
    ck_assert_uint_eq(lan.sim->hops, 20);
}
END_TEST

START_TEST(lists_stations_in_the_order_of_learning)
{
    size_t n;

    frame(3, MAC_BROADCAST);
    frame(1, MAC_BROADCAST);
    frame(3, MAC_BROADCAST);
    const BridgeEntry *e = bridge_entries(lan.bridge, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert(mac_equal(e[0].mac, lan_mac(3)));
    ck_assert_str_eq(e[0].port->name, "eth2");
    ck_assert_int_eq(e[0].seen, 5 * MSEC);
    ck_assert(mac_equal(e[1].mac, lan_mac(1)));
    ck_assert_int_eq(e[1].seen, 3 * MSEC);
}
END_TEST

START_TEST(follows_a_station_to_another_port)
{
    size_t n;

    frame(1, MAC_BROADCAST);
    lan_frame(&lan, 2, MAC_BROADCAST, lan_mac(1), 0x9999, data);
    lan_run(&lan, NEVER);
    const BridgeEntry *e = bridge_entries(lan.bridge, &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(e[0].port->name, "eth1");
}
END_TEST

START_TEST(does_not_learn_a_group)
{
    size_t n;

    lan_frame(&lan, 1, MAC_BROADCAST, mac_from_u64(UINT64_C(0x01005e000001)), 0x9999, data);
    lan_run(&lan, NEVER);
    bridge_entries(lan.bridge, &n);
    ck_assert_uint_eq(n, 0);
}
END_TEST

static void nothing(void *owner)
{
    (void)owner;
}

START_TEST(forgets_a_station_that_is_silent_for_300_s)
{
    size_t n;
    Timer keep_alive;

    timer_init(&keep_alive, &lan.sim->sched, nothing, NULL);
    timer_set(&keep_alive, 1000 * SEC);
    lan_frame(&lan, 1, MAC_BROADCAST, lan_mac(1), 0x9999, data);
    lan_run(&lan, 300 * SEC);
    bridge_entries(lan.bridge, &n);
    ck_assert_uint_eq(n, 1);
    lan_run(&lan, 300 * SEC + MSEC);
    bridge_entries(lan.bridge, &n);
    ck_assert_uint_eq(n, 0);
    timer_stop(&keep_alive);
}
END_TEST

START_TEST(what_it_has_learnt_keeps_no_world_alive)
{
    lan_frame(&lan, 1, MAC_BROADCAST, lan_mac(1), 0x9999, data);
    ck_assert_int_eq(lan_run(&lan, NEVER), SIM_DRAINED);
    ck_assert_int_eq(sim_now(lan.sim), 2 * MSEC);
}
END_TEST

START_TEST(a_lone_port_has_nowhere_to_flood)
{
    Sim *sim = sim_new(1);
    Node *sw = node_new(sim, "sw", NODE_SWITCH);
    Bridge *br = bridge_new(sw, 300 * SEC);
    Port *port = bridge_add_port(br, "p0");

    bridge_add_port(br, "p1"); /* without a cable */
    Packet *pkt = packet_new(sim, 60, SENT_RAW);
    memset(pkt->data, 0xff, pkt->len);
    port_input(port, pkt);
    ck_assert_uint_eq(sw->drops[DROP_LINK_NO_LINK], 1);
    pkt = packet_new(sim, 13, SENT_RAW);
    port_input(port, pkt);
    ck_assert_uint_eq(sw->drops[DROP_ETH_SHORT], 1);
    ck_assert_uint_eq(sim_packets_alive(sim), 0);
    sim_free(sim);
}
END_TEST

Suite *bridge_suite(void);
Suite *bridge_suite(void)
{
    Suite *suite = suite_create("bridge");
    TCase *tc = tcase_create("bridge");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, floods_what_it_does_not_know);
    tcase_add_test(tc, sends_to_one_port_what_it_knows);
    tcase_add_test(tc, floods_broadcasts_and_groups_always);
    tcase_add_test(tc, copies_keep_the_id_and_the_bytes);
    tcase_add_test(tc, does_not_send_back_where_it_came_from);
    tcase_add_test(tc, does_not_forward_reserved_groups);
    tcase_add_test(tc, lists_stations_in_the_order_of_learning);
    tcase_add_test(tc, follows_a_station_to_another_port);
    tcase_add_test(tc, does_not_learn_a_group);
    tcase_add_test(tc, forgets_a_station_that_is_silent_for_300_s);
    tcase_add_test(tc, what_it_has_learnt_keeps_no_world_alive);
    tcase_add_test(tc, a_lone_port_has_nowhere_to_flood);
    suite_add_tcase(suite, tc);
    return suite;
}
