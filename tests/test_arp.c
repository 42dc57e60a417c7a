/*
 * test_arp.c - the ARP cache: asking, learning, forgetting, and what waits meanwhile.
 */
/* SPDX-License-Identifier: MIT */
#include "support/lan.h"

#include <check.h>
#include <string.h>

static Lan lan;

static void start(ArpConfig cfg)
{
    lan_init(&lan, 3, &cfg, 300 * SEC);
}

static ArpConfig usual(void)
{
    return arp_defaults;
}

/* Runs on to the instant `at`, as if something else kept the world busy. */
static void nothing(void *owner)
{
    (void)owner;
}

static void wait_until(SimTime at)
{
    Timer busy;

    timer_init(&busy, &lan.sim->sched, nothing, NULL);
    timer_set(&busy, at + 1 - sim_now(lan.sim));
    lan_run(&lan, at);
    timer_stop(&busy);
}

static void forget_log(void)
{
    g_string_truncate(lan.log, 0);
}

/* h1 and h2 know each other, 10 ms have passed, the log is empty. */
static void acquaint(void)
{
    lan_send(&lan, 1, lan_ip(2));
    wait_until(10 * MSEC);
    ck_assert_uint_eq(lan.st[2].got, 1);
    forget_log();
}

static uint64_t requests(unsigned i)
{
    return node_counter(lan.st[i].node, COUNTER_ArpOutRequests);
}

START_TEST(asks_once_and_sends_what_waited)
{
    start(usual());
    lan_send(&lan, 1, lan_ip(2));
    lan_run(&lan, NEVER);
    lan_expect(&lan, "0 h1>all who-has 10.0.0.2 tell 10.0.0.1\n"
                     "1 sw learned h1\n"
                     "1 sw flooded\n"
                     "2 h2 learned 10.0.0.1 h1 eth0\n"
                     "2 h2>h1 10.0.0.2 is-at h2\n"
                     "2 h3 drops arp.not-mine\n"
                     "3 sw learned h2\n"
                     "4 h1 learned 10.0.0.2 h2 eth0\n"
                     "4 h1>h2 0800\n");
    lan_send(&lan, 1, lan_ip(2));
    lan_send(&lan, 2, lan_ip(1)); /* which has learnt h1 from its question */
    lan_run(&lan, NEVER);
    lan_expect(&lan, "6 h1>h2 0800\n"
                     "6 h2>h1 0800\n");
    ck_assert_uint_eq(requests(1), 1);
    ck_assert_uint_eq(node_counter(lan.st[1].node, COUNTER_ArpInReplies), 1);
    ck_assert_uint_eq(node_counter(lan.st[2].node, COUNTER_ArpInRequests), 1);
    ck_assert_uint_eq(node_counter(lan.st[2].node, COUNTER_ArpOutReplies), 1);
    ck_assert_uint_eq(node_counter(lan.st[3].node, COUNTER_ArpInRequests), 0);
    lan_free(&lan);
}
END_TEST

START_TEST(asks_three_times_and_gives_up)
{
    start(usual());
    lan_send(&lan, 1, lan_ip(99));
    lan_send(&lan, 1, lan_ip(99));
    ck_assert_int_eq(arp_lookup(lan.st[1].arp, lan_ip(99))->state, ARP_INCOMPLETE);
    ck_assert_int_eq(lan_run(&lan, NEVER), SIM_DRAINED);
    ck_assert_int_eq(sim_now(lan.sim), 3 * SEC);
    lan_expect(&lan, "0 h1>all who-has 10.0.0.99 tell 10.0.0.1\n"
                     "1 sw learned h1\n"
                     "1 sw flooded\n"
                     "2 h2 drops arp.not-mine\n"
                     "2 h3 drops arp.not-mine\n"
                     "1000 h1>all who-has 10.0.0.99 tell 10.0.0.1\n"
                     "1001 sw flooded\n"
                     "1002 h2 drops arp.not-mine\n"
                     "1002 h3 drops arp.not-mine\n"
                     "2000 h1>all who-has 10.0.0.99 tell 10.0.0.1\n"
                     "2001 sw flooded\n"
                     "2002 h2 drops arp.not-mine\n"
                     "2002 h3 drops arp.not-mine\n"
                     "3000 h1 failed 10.0.0.99\n"
                     "3000 h1 drops arp.unresolved\n"
                     "3000 h1 drops arp.unresolved\n");
    ck_assert_uint_eq(lan.st[1].failed, 2);
    ck_assert_ptr_null(arp_lookup(lan.st[1].arp, lan_ip(99)));
    lan_free(&lan);
}
END_TEST

START_TEST(tries_and_retry_are_as_configured)
{
    ArpConfig cfg = usual();

    cfg.tries = 5;
    cfg.retry = 100 * MSEC;
    start(cfg);
    lan_send(&lan, 1, lan_ip(99));
    lan_run(&lan, NEVER);
    ck_assert_int_eq(sim_now(lan.sim), 500 * MSEC);
    ck_assert_uint_eq(requests(1), 5);
    lan_free(&lan);
}
END_TEST

START_TEST(one_who_sends_again_on_failure_asks_anew)
{
    start(usual());
    lan.st[1].stubborn = true;
    lan_send(&lan, 1, lan_ip(99));
    lan_run(&lan, NEVER);
    ck_assert_uint_eq(lan.st[1].failed, 2);
    ck_assert_uint_eq(requests(1), 6);
    ck_assert_int_eq(sim_now(lan.sim), 6 * SEC);
    lan_free(&lan);
}
END_TEST

START_TEST(an_answer_to_a_later_request_will_do)
{
    start(usual());
    link_down(lan.st[2].link);
    lan_send(&lan, 1, lan_ip(2));
    wait_until(1500 * MSEC);
    link_up(lan.st[2].link);
    lan_run(&lan, NEVER);
    ck_assert_uint_eq(requests(1), 3);
    ck_assert_uint_eq(lan.st[2].got, 1);
    ck_assert_uint_eq(lan.st[1].failed, 0);
    ck_assert_int_eq(sim_now(lan.sim), 2006 * MSEC);
    lan_free(&lan);
}
END_TEST

START_TEST(of_those_that_wait_the_oldest_go_first)
{
    start(usual());
    for (int i = 0; i < 5; i++)
        lan_send(&lan, 1, lan_ip(2));
    lan_run(&lan, NEVER);
    ck_assert_uint_eq(lan.st[1].node->drops[DROP_ARP_QUEUE_FULL], 2);
    ck_assert_uint_eq(lan.st[2].got, 3);
    ck_assert_uint_eq(lan.st[1].failed, 0);
    lan_free(&lan);
}
END_TEST

START_TEST(at_least_the_latest_packet_is_kept)
{
    ArpConfig cfg = usual();

    cfg.queue = 1;
    start(cfg);
    for (int i = 0; i < 3; i++)
        lan_send(&lan, 1, lan_ip(2));
    lan_run(&lan, NEVER);
    ck_assert_uint_eq(lan.st[1].node->drops[DROP_ARP_QUEUE_FULL], 2);
    ck_assert_uint_eq(lan.st[2].got, 1);
    lan_free(&lan);
}
END_TEST

START_TEST(forgets_after_its_lifetime_and_asks_again)
{
    static const SimTime at[] = { 0, 10 * SEC, 59 * SEC, 61 * SEC };

    start(usual());
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        wait_until(at[i]);
        lan_send(&lan, 1, lan_ip(2));
        wait_until(at[i] + 10 * MSEC);
        ck_assert_uint_eq(lan.st[2].got, i + 1);
        ck_assert_uint_eq(requests(1), i < 3 ? 1 : 2);
    }
    ck_assert_uint_eq(requests(2), 0);
    lan_free(&lan);
}
END_TEST

START_TEST(an_entry_expires_at_its_instant)
{
    start(usual());
    acquaint(); /* h1 learnt at 4 ms, h2 at 2 ms */
    wait_until(60 * SEC + 4 * MSEC - 1);
    lan_expect(&lan, "60002 h2 expired 10.0.0.1\n");
    ck_assert_ptr_nonnull(arp_lookup(lan.st[1].arp, lan_ip(2)));
    wait_until(60 * SEC + 4 * MSEC);
    lan_expect(&lan, "60004 h1 expired 10.0.0.2\n");
    ck_assert_ptr_null(arp_lookup(lan.st[1].arp, lan_ip(2)));
    lan_free(&lan);
}
END_TEST

START_TEST(with_lifetime_0_every_packet_asks)
{
    ArpConfig cfg = usual();
    size_t n;

    cfg.lifetime = 0;
    start(cfg);
    for (unsigned i = 1; i <= 3; i++) {
        lan_send(&lan, 1, lan_ip(2));
        lan_run(&lan, NEVER);
        ck_assert_uint_eq(requests(1), i);
        ck_assert_uint_eq(lan.st[2].got, i);
        arp_entries(lan.st[1].arp, &n);
        ck_assert_uint_eq(n, 0);
    }
    lan_free(&lan);
}
END_TEST

START_TEST(an_old_entry_keeps_no_world_alive)
{
    start(usual());
    lan_send(&lan, 1, lan_ip(2));
    ck_assert_int_eq(lan_run(&lan, NEVER), SIM_DRAINED);
    ck_assert_int_eq(sim_now(lan.sim), 6 * MSEC);
    lan_free(&lan);
}
END_TEST

START_TEST(a_permanent_entry_neither_ages_nor_changes)
{
    ArpPkt lie = { ARP_OP_REPLY, lan_mac(3), lan_mac(1), lan_ip(2), lan_ip(1) };

    start(usual());
    arp_set(lan.st[1].arp, &lan.st[1].iface, lan_ip(2), lan_mac(2), true);
    lan_arp(&lan, 3, &lie);
    wait_until(1000 * SEC);
    const ArpEntry *e = arp_lookup(lan.st[1].arp, lan_ip(2));
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->state, ARP_PERMANENT);
    ck_assert(mac_equal(e->mac, lan_mac(2)));
    lan_send(&lan, 1, lan_ip(2));
    lan_run(&lan, NEVER);
    ck_assert_uint_eq(requests(1), 0);
    ck_assert_uint_eq(lan.st[2].got, 1);
    lan_free(&lan);
}
END_TEST

START_TEST(an_entry_that_is_set_ages_like_a_learnt_one)
{
    start(usual());
    arp_set(lan.st[1].arp, &lan.st[1].iface, lan_ip(2), lan_mac(2), false);
    wait_until(60 * SEC - 1);
    ck_assert_int_eq(arp_lookup(lan.st[1].arp, lan_ip(2))->state, ARP_REACHABLE);
    wait_until(60 * SEC);
    ck_assert_ptr_null(arp_lookup(lan.st[1].arp, lan_ip(2)));
    lan_free(&lan);
}
END_TEST

START_TEST(setting_an_entry_sends_what_waits_for_it)
{
    start(usual());
    lan_send(&lan, 1, lan_ip(99));
    arp_set(lan.st[1].arp, &lan.st[1].iface, lan_ip(99), lan_mac(2), true);
    lan_run(&lan, NEVER);
    ck_assert_uint_eq(lan.st[2].got, 1);
    ck_assert_uint_eq(requests(1), 1);
    ck_assert_int_lt(sim_now(lan.sim), SEC);
    lan_free(&lan);
}
END_TEST

START_TEST(deleting_an_entry_drops_what_waits_for_it)
{
    start(usual());
    lan_send(&lan, 1, lan_ip(98));
    lan_send(&lan, 1, lan_ip(99));
    arp_delete(lan.st[1].arp, lan_ip(99));
    ck_assert_uint_eq(lan.st[1].node->drops[DROP_ARP_UNRESOLVED], 1);
    ck_assert_ptr_null(arp_lookup(lan.st[1].arp, lan_ip(99)));
    ck_assert_ptr_nonnull(arp_lookup(lan.st[1].arp, lan_ip(98)));
    lan_run(&lan, NEVER);
    lan_free(&lan);
}
END_TEST

START_TEST(a_crash_forgets_all_and_drops_what_waits)
{
    size_t n;

    start(usual());
    acquaint();
    arp_set(lan.st[1].arp, &lan.st[1].iface, lan_ip(3), lan_mac(3), true);
    lan_send(&lan, 1, lan_ip(99));
    arp_flush(lan.st[1].arp);
    arp_entries(lan.st[1].arp, &n);
    ck_assert_uint_eq(n, 0);
    ck_assert_uint_eq(lan.st[1].node->drops[DROP_LINK_HOST_DOWN], 1);
    ck_assert_uint_eq(lan.st[1].failed, 0);
    lan_run(&lan, NEVER);
    ck_assert_uint_eq(requests(1), 2);
    lan_free(&lan);
}
END_TEST

START_TEST(freeing_it_frees_what_waits)
{
    start(usual());
    lan_send(&lan, 1, lan_ip(99));
    lan_run(&lan, 100 * MSEC);
    lan_free(&lan); /* which counts the packets */
}
END_TEST

START_TEST(entries_stand_in_the_order_of_learning)
{
    size_t n;

    start(usual());
    lan_send(&lan, 1, lan_ip(3));
    lan_run(&lan, NEVER);
    lan_send(&lan, 1, lan_ip(2));
    lan_run(&lan, NEVER);
    arp_announce(lan.st[3].arp, &lan.st[3].iface);
    lan_run(&lan, NEVER);
    const ArpEntry *e = arp_entries(lan.st[1].arp, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert(ip_equal(e[0].ip, lan_ip(3)) && mac_equal(e[0].mac, lan_mac(3)));
    ck_assert(ip_equal(e[1].ip, lan_ip(2)) && mac_equal(e[1].mac, lan_mac(2)));
    ck_assert_int_eq(e[0].updated, 14 * MSEC); /* refreshed by the announcement */
    ck_assert_int_eq(e[1].updated, 10 * MSEC);
    ck_assert_ptr_eq(e[1].iface, &lan.st[1].iface);
    lan_free(&lan);
}
END_TEST

START_TEST(an_announcement_updates_who_knows_the_address_and_nobody_else)
{
    start(usual());
    acquaint();
    lan.st[2].iface.mac = lan_mac(6); /* a new card */
    arp_announce(lan.st[2].arp, &lan.st[2].iface);
    wait_until(20 * MSEC);
    lan_expect(&lan, "10 h2>all who-has 10.0.0.2 tell 10.0.0.2\n"
                     "11 sw learned h6\n"
                     "11 sw flooded\n"
                     "12 h1 learned 10.0.0.2 h6 eth0\n"
                     "12 h3 drops arp.unsolicited\n");
    ck_assert_ptr_null(arp_lookup(lan.st[3].arp, lan_ip(2)));
    lan_send(&lan, 1, lan_ip(2));
    lan_run(&lan, NEVER);
    ck_assert_uint_eq(lan.st[2].got, 2);
    lan_free(&lan);
}
END_TEST

START_TEST(without_an_address_there_is_nothing_to_announce)
{
    start(usual());
    lan.st[1].iface.ip = (IpPrefix){ IP_NONE, 0 };
    arp_announce(lan.st[1].arp, &lan.st[1].iface);
    lan_run(&lan, NEVER);
    lan_expect(&lan, "");
    lan_free(&lan);
}
END_TEST

/* RFC 826 trusts everybody. */
START_TEST(an_unasked_answer_changes_what_is_known)
{
    ArpPkt lie = { ARP_OP_REPLY, lan_mac(3), lan_mac(1), lan_ip(2), lan_ip(1) };

    start(usual());
    acquaint();
    lan_arp(&lan, 3, &lie);
    lan_run(&lan, NEVER);
    ck_assert(mac_equal(arp_lookup(lan.st[1].arp, lan_ip(2))->mac, lan_mac(3)));
    lan_send(&lan, 1, lan_ip(2));
    lan_run(&lan, NEVER);
    ck_assert_uint_eq(lan.st[3].got, 1);
    lan_free(&lan);
}
END_TEST

START_TEST(a_probe_is_answered_and_not_learnt)
{
    ArpPkt probe = { .op = ARP_OP_REQUEST, .sha = lan_mac(3), .spa = IP4_ANY, .tpa = lan_ip(1) };

    start(usual());
    lan_arp(&lan, 3, &probe);
    lan_run(&lan, NEVER);
    ck_assert_uint_eq(node_counter(lan.st[1].node, COUNTER_ArpOutReplies), 1);
    ck_assert_ptr_null(arp_lookup(lan.st[1].arp, IP4_ANY));
    lan_free(&lan);
}
END_TEST

/* What h1, 10.0.0.1, which knows nobody, does with a packet from h3. */
static const struct {
    const char *what;
    uint16_t    op;
    uint64_t    sha;
    uint32_t    spa, tpa;
    DropReason  why;
} packets[] = {
    { "a request for us", ARP_OP_REQUEST, 0x020000000003, 0x0a000003, 0x0a000001, DROP_NONE },
    { "an answer to us", ARP_OP_REPLY, 0x020000000003, 0x0a000003, 0x0a000001, DROP_NONE },
    { "a request for another", ARP_OP_REQUEST, 0x020000000003, 0x0a000003, 0x0a000009,
      DROP_ARP_NOT_MINE },
    { "an answer to another", ARP_OP_REPLY, 0x020000000003, 0x0a000003, 0x0a000009,
      DROP_ARP_UNSOLICITED },
    { "an announcement", ARP_OP_REQUEST, 0x020000000003, 0x0a000003, 0x0a000003,
      DROP_ARP_UNSOLICITED },
    { "a probe for another", ARP_OP_REQUEST, 0x020000000003, 0, 0x0a000009, DROP_ARP_NOT_MINE },
    { "RARP where ARP should be", RARP_OP_REQUEST, 0x020000000003, 0, 0x0a000001, DROP_ARP_FORMAT },
    { "from all", ARP_OP_REQUEST, 0xffffffffffff, 0x0a000003, 0x0a000001, DROP_ARP_BAD_SENDER },
    { "from nobody", ARP_OP_REQUEST, 0, 0x0a000003, 0x0a000001, DROP_ARP_BAD_SENDER },
    { "from a group's address", ARP_OP_REPLY, 0x020000000003, 0xe0000001, 0x0a000001,
      DROP_ARP_BAD_SENDER },
    { "from the broadcast address", ARP_OP_REPLY, 0x020000000003, 0xffffffff, 0x0a000001,
      DROP_ARP_BAD_SENDER },
    { "from loopback", ARP_OP_REPLY, 0x020000000003, 0x7f000001, 0x0a000001, DROP_ARP_BAD_SENDER },
    { "from our own address", ARP_OP_REQUEST, 0x020000000003, 0x0a000001, 0x0a000009,
      DROP_ARP_BAD_SENDER },
    { "from ourselves", ARP_OP_REQUEST, 0x020000000001, 0x0a000001, 0x0a000009,
      DROP_ARP_BAD_SENDER },
};

START_TEST(takes_what_concerns_it)
{
    ArpPkt a = {
        .op = packets[_i].op,
        .sha = mac_from_u64(packets[_i].sha),
        .spa = ip_v4(packets[_i].spa),
        .tpa = ip_v4(packets[_i].tpa),
    };
    size_t n;

    start(usual());
    lan_arp(&lan, 3, &a);
    lan_run(&lan, NEVER);
    const Node *h1 = lan.st[1].node;
    for (int why = 1; why < DROP_COUNT; why++)
        ck_assert_msg(h1->drops[why] == (why == (int)packets[_i].why), "%s: %s", packets[_i].what,
                      drop_name((DropReason)why));
    arp_entries(lan.st[1].arp, &n);
    ck_assert_msg(n == (packets[_i].why == DROP_NONE), "%s", packets[_i].what);
    lan_free(&lan);
}
END_TEST

START_TEST(a_malformed_packet_is_dropped)
{
    uint8_t bytes[ARP_LEN] = { 0 };

    start(usual());
    lan_frame(&lan, 3, lan_mac(1), lan_mac(3), ETHERTYPE_ARP, (Span){ bytes, ARP_LEN });
    lan_frame(&lan, 3, lan_mac(1), lan_mac(3), ETHERTYPE_ARP, (Span){ bytes, ARP_LEN - 1 });
    lan_run(&lan, NEVER);
    ck_assert_uint_eq(lan.st[1].node->drops[DROP_ARP_FORMAT], 1);
    ck_assert_uint_eq(lan.st[1].node->drops[DROP_ARP_SHORT], 1);
    lan_free(&lan);
}
END_TEST

START_TEST(a_conflict_is_told)
{
    ArpPkt claim = { .op = ARP_OP_REQUEST, .sha = lan_mac(3), .spa = lan_ip(1), .tpa = lan_ip(1) };

    start(usual());
    lan_arp(&lan, 3, &claim);
    lan_run(&lan, NEVER);
    ck_assert_ptr_nonnull(strstr(lan.log->str, "2 h1 conflict_seen 10.0.0.1 h3\n"
                                               "2 h1 drops arp.bad-sender\n"));
    lan_free(&lan);
}
END_TEST

START_TEST(nobody_is_asked_for_a_broadcast_or_a_group)
{
    start(usual());
    lan_send(&lan, 1, IP4_BROADCAST);
    lan_send(&lan, 1, ip_v4(0x0a0000ff)); /* that of 10.0.0.1/24 */
    lan_send(&lan, 1, ip_v4(0xe1818181)); /* 225.129.129.129: the low 23 bits */
    lan_run(&lan, NEVER);
    ck_assert(g_str_has_prefix(lan.log->str, "0 h1>all 0800\n"
                                             "0 h1>all 0800\n"
                                             "0 h1>01:00:5e:01:81:81 0800\n"));
    ck_assert_uint_eq(requests(1), 0);
    ck_assert_uint_eq(lan.st[2].got, 3);
    ck_assert_uint_eq(lan.st[3].got, 3);
    lan_free(&lan);
}
END_TEST

static GString *reasons;

static void note_reason(void *self, const TraceEvent *ev)
{
    (void)self;
    if (ev->point == &LINK_ENQUEUED && ev->node != lan.sw)
        g_string_append_printf(reasons, "%s\n", sent_name(ev->pkt->why));
}

START_TEST(its_packets_say_why)
{
    start(usual());
    reasons = g_string_new(NULL);
    trace_add_sink(&lan.sim->trace, TRACE_LINK, note_reason, &reasons);
    arp_announce(lan.st[1].arp, &lan.st[1].iface);
    lan_send(&lan, 1, lan_ip(2));
    lan_run(&lan, NEVER);
    ck_assert_str_eq(reasons->str, "arp.announce\narp.request\narp.reply\nraw\n");
    g_string_free(reasons, TRUE);
    lan_free(&lan);
}
END_TEST

Suite *arp_suite(void);
Suite *arp_suite(void)
{
    Suite *suite = suite_create("arp");
    TCase *tc = tcase_create("asking");
    tcase_add_test(tc, asks_once_and_sends_what_waited);
    tcase_add_test(tc, asks_three_times_and_gives_up);
    tcase_add_test(tc, tries_and_retry_are_as_configured);
    tcase_add_test(tc, one_who_sends_again_on_failure_asks_anew);
    tcase_add_test(tc, an_answer_to_a_later_request_will_do);
    tcase_add_test(tc, of_those_that_wait_the_oldest_go_first);
    tcase_add_test(tc, at_least_the_latest_packet_is_kept);
    tcase_add_test(tc, nobody_is_asked_for_a_broadcast_or_a_group);
    tcase_add_test(tc, its_packets_say_why);
    suite_add_tcase(suite, tc);
    tc = tcase_create("cache");
    tcase_add_test(tc, forgets_after_its_lifetime_and_asks_again);
    tcase_add_test(tc, an_entry_expires_at_its_instant);
    tcase_add_test(tc, with_lifetime_0_every_packet_asks);
    tcase_add_test(tc, an_old_entry_keeps_no_world_alive);
    tcase_add_test(tc, a_permanent_entry_neither_ages_nor_changes);
    tcase_add_test(tc, an_entry_that_is_set_ages_like_a_learnt_one);
    tcase_add_test(tc, setting_an_entry_sends_what_waits_for_it);
    tcase_add_test(tc, deleting_an_entry_drops_what_waits_for_it);
    tcase_add_test(tc, a_crash_forgets_all_and_drops_what_waits);
    tcase_add_test(tc, freeing_it_frees_what_waits);
    tcase_add_test(tc, entries_stand_in_the_order_of_learning);
    suite_add_tcase(suite, tc);
    tc = tcase_create("input");
    tcase_add_test(tc, an_announcement_updates_who_knows_the_address_and_nobody_else);
    tcase_add_test(tc, without_an_address_there_is_nothing_to_announce);
    tcase_add_test(tc, an_unasked_answer_changes_what_is_known);
    tcase_add_test(tc, a_probe_is_answered_and_not_learnt);
    tcase_add_loop_test(tc, takes_what_concerns_it, 0, (int)(sizeof packets / sizeof packets[0]));
    tcase_add_test(tc, a_malformed_packet_is_dropped);
    tcase_add_test(tc, a_conflict_is_told);
    suite_add_tcase(suite, tc);
    return suite;
}
