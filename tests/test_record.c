/*
 * test_record.c - the recorder: what it keeps of each happening, how far back, and when it rests.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/record.h"

#include "sim/engine/fault.h"
#include "support/frame.h"

#include <check.h>
#include <string.h>

static Sim *sim;
static Node *a, *b;
static Link *cable;
static Recorder *rec;

static DropReason take(void *owner, Packet *pkt)
{
    (void)owner;
    packet_free(pkt);
    return DROP_NONE;
}

static DropReason refuse(void *owner, Packet *pkt)
{
    (void)owner;
    (void)pkt;
    return DROP_TCP_CHECKSUM;
}

static void setup(void)
{
    LinkConfig cfg = link_defaults;

    sim = sim_new(1);
    a = node_new(sim, "a", NODE_HOST);
    b = node_new(sim, "b", NODE_HOST);
    node_add_port(a, NULL)->input = take;
    node_add_port(b, NULL)->input = take;
    cfg.delay = 10 * MSEC;
    cable = link_new(sim, node_port(a, "eth0"), node_port(b, "eth0"), &cfg, &cfg);
    rec = recorder_new(sim);
}

static void teardown(void)
{
    recorder_free(rec);
    sim_free(sim);
}

static void send_segment(uint16_t from, uint32_t seq, uint8_t flags)
{
    TcpHdr h = { .src_port = from, .dst_port = 80, .seq = seq, .flags = flags, .window = 65535 };

    port_send(node_port(a, "eth0"), frame_tcp(sim, FRAME_A, FRAME_B, &h, 0, SENT_TCP_SYN));
}

static void send_syn(uint32_t seq)
{
    send_segment(40000, seq, TCP_SYN);
}

static const Record *at(uint64_t serial)
{
    const Record *r = recorder_get(rec, serial);

    ck_assert_ptr_nonnull(r);
    ck_assert_uint_eq(r->serial, serial);
    return r;
}

START_TEST(a_frame_is_sent_and_received)
{
    send_syn(1000);
    sim_run(sim, HOUR, 0);
    ck_assert_uint_eq(recorder_end(rec), 2);
    ck_assert_int_eq(at(0)->kind, RECORD_SENT);
    ck_assert_int_eq(at(0)->t, 0);
    ck_assert_ptr_eq(at(0)->node, a);
    ck_assert_ptr_eq(at(0)->dir, &cable->dir[0]);
    ck_assert_int_eq(at(0)->why, SENT_TCP_SYN);
    ck_assert_uint_eq(at(0)->len, 54);
    ck_assert_uint_eq(at(0)->snap, 54);
    ck_assert_uint_eq(at(0)->bytes[14], 0x45);
    ck_assert_int_eq(at(1)->kind, RECORD_RECEIVED);
    ck_assert_int_eq(at(1)->t, 10 * MSEC);
    ck_assert_ptr_eq(at(1)->node, b);
    ck_assert_ptr_eq(at(1)->dir, &cable->dir[0]);
    ck_assert_uint_eq(at(1)->packet, at(0)->packet);
}
END_TEST

START_TEST(what_is_refused_is_kept_twice)
{
    node_port(b, "eth0")->input = refuse;
    send_syn(1000);
    sim_run(sim, HOUR, 0);
    ck_assert_uint_eq(recorder_end(rec), 3);
    ck_assert_int_eq(at(1)->kind, RECORD_RECEIVED);
    ck_assert_int_eq(at(2)->kind, RECORD_DROPPED);
    ck_assert_int_eq(at(2)->drop, DROP_TCP_CHECKSUM);
    ck_assert_ptr_eq(at(2)->node, b);
}
END_TEST

START_TEST(a_rule_that_holds_and_releases_is_told)
{
    FaultCalls calls = { 0 };
    FaultRule *rule = fault_add(cable, FAULT_HOLD, &fault_options_default, &calls, "old syn");

    send_syn(1000);
    sim_run(sim, SEC, 0);
    ck_assert_int_eq(at(1)->kind, RECORD_HELD);
    ck_assert_ptr_nonnull(strstr(at(1)->remark, "old syn"));
    fault_release(rule);
    sim_run(sim, HOUR, 0);
    ck_assert_int_eq(at(2)->kind, RECORD_RELEASED);
    ck_assert_int_eq(at(3)->kind, RECORD_RECEIVED);
    ck_assert_int_eq(at(3)->born, 0);
}
END_TEST

START_TEST(what_the_link_loses_says_why)
{
    link_down(cable);
    send_syn(1000);
    sim_run(sim, HOUR, 0);
    ck_assert_int_eq(at(1)->kind, RECORD_LOST);
    ck_assert_int_eq(at(1)->drop, DROP_LINK_DOWN);
    ck_assert_ptr_eq(at(1)->dir, &cable->dir[0]);
}
END_TEST

START_TEST(of_a_long_frame_the_head_is_kept)
{
    port_send(node_port(a, "eth0"), frame_udp(sim, FRAME_A, FRAME_B, 1, 2, 1000));
    ck_assert_uint_eq(at(0)->len, 1042);
    ck_assert_uint_eq(at(0)->snap, RECORD_SNAP);
}
END_TEST

START_TEST(a_paused_recorder_still_follows_the_numbers)
{
    TcpHdr h = { .src_port = 40000, .dst_port = 80, .seq = 1101, .flags = TCP_ACK };
    uint32_t seq, ack;

    Flows *flows = recorder_flows(rec);
    recorder_pause(rec, true);
    send_syn(1000);
    ck_assert(recorder_paused(rec));
    ck_assert_uint_eq(recorder_end(rec), 0);
    flows_base(flows, ip_v4(FRAME_A), ip_v4(FRAME_B), &h, NEVER, &seq, &ack, NULL);
    ck_assert_uint_eq(seq, 1000);
    recorder_pause(rec, false);
    send_syn(1000);
    ck_assert_uint_eq(recorder_end(rec), 1);
}
END_TEST

START_TEST(a_paused_recorder_whom_nobody_asks_does_not_listen)
{
    recorder_pause(rec, true);
    ck_assert_uint_eq(sim->trace.heard, 0);
    recorder_flows(rec);
    ck_assert_uint_eq(sim->trace.heard, TRACE_FRAMES);
}
END_TEST

static uint32_t base_of(uint16_t from, uint32_t seq)
{
    TcpHdr h = { .src_port = from, .dst_port = 80, .seq = seq, .flags = TCP_ACK };
    uint32_t base, ack;

    flows_base(recorder_flows(rec), ip_v4(FRAME_A), ip_v4(FRAME_B), &h, NEVER, &base, &ack, NULL);
    return base;
}

START_TEST(who_asks_late_is_told_the_same_numbers)
{
    send_segment(40000, 1000, TCP_SYN);
    for (int i = 0; i < 20; i++) /* how far it comes decides to which of the two a number belongs */
        send_segment(40000, 1001 + (uint32_t)i * 100000, TCP_ACK);
    send_segment(40000, 5000000, TCP_SYN);
    send_segment(40001, 700, TCP_ACK); /* of whose SYN nobody knows */
    send_segment(40001, 900, TCP_ACK);
    sim_run(sim, HOUR, 0);
    ck_assert_uint_eq(base_of(40000, 2000000), 1000);
    ck_assert_uint_eq(base_of(40000, 5000001), 5000000);
    ck_assert_uint_eq(base_of(40001, 900), 700);
    send_segment(40000, 9000000, TCP_SYN); /* from now on at once */
    ck_assert_uint_eq(base_of(40000, 9000001), 9000000);
}
END_TEST

START_TEST(where_numbers_begin_is_known_when_the_syn_is_forgotten)
{
    send_segment(40000, 1000, TCP_SYN);
    for (uint32_t i = 0; recorder_first(rec) < 3; i++) {
        send_segment(40000, 1001 + i, TCP_ACK);
        sim_run(sim, HOUR, 0);
    }
    ck_assert_uint_eq(base_of(40000, 30000), 1000);
}
END_TEST

START_TEST(more_syns_than_are_noted_are_known)
{
    enum { PORTS = 60000 };

    for (uint32_t i = 0; i < PORTS; i++) {
        send_segment((uint16_t)(i + 1), 1000 * i, TCP_SYN);
        if (i % 100 == 0)
            sim_run(sim, HOUR, 0);
    }
    sim_run(sim, HOUR, 0);
    ck_assert_uint_gt(recorder_first(rec), 0);
    for (uint32_t i = 0; i < PORTS; i++)
        ck_assert_uint_eq(base_of((uint16_t)(i + 1), 1000 * i + 1), 1000 * i);
}
END_TEST

START_TEST(the_oldest_are_forgotten)
{
    while (recorder_end(rec) <= RECORD_MAX + 5000) {
        send_syn((uint32_t)recorder_end(rec));
        sim_run(sim, HOUR, 0);
    }
    uint64_t first = recorder_first(rec), end = recorder_end(rec);
    ck_assert_uint_eq(end - first, RECORD_MAX);
    ck_assert_ptr_null(recorder_get(rec, first - 1));
    ck_assert_ptr_null(recorder_get(rec, end));
    ck_assert_uint_eq(get32(at(first)->bytes + 38), (uint32_t)(first - first % 2));
    ck_assert_uint_eq(get32(at(end - 1)->bytes + 38), (uint32_t)(end - 2));
}
END_TEST

/* Another cable of the two, with that delay. */
static Port *far_port(SimTime delay)
{
    LinkConfig cfg = link_defaults;
    Port *from = node_add_port(a, NULL), *to = node_add_port(b, NULL);

    cfg.delay = delay;
    to->input = take;
    link_new(sim, from, to, &cfg, &cfg);
    return from;
}

static void send_from(Port *port, uint32_t seq)
{
    TcpHdr h = { .src_port = 40000, .dst_port = 80, .seq = seq, .flags = TCP_ACK, .window = 65535 };

    port_send(port, frame_tcp(sim, FRAME_A, FRAME_B, &h, 0, SENT_TCP_SYN));
}

/* The beginning of its crossing, and how it looked, are long forgotten when it arrives. */
START_TEST(an_arrival_says_all_though_its_sending_is_forgotten)
{
    Port *far = far_port(10 * HOUR);

    send_from(far, 4711);
    for (uint32_t i = 0; i < RECORD_MAX; i++) {
        send_from(node_port(a, "eth0"), i);
        if (i % 100 == 0)
            sim_run(sim, sim_now(sim) + SEC, 0);
    }
    sim_run(sim, 20 * HOUR, 0);
    const Record *r = at(recorder_end(rec) - 1);
    ck_assert_int_eq(r->kind, RECORD_RECEIVED);
    ck_assert_int_eq(r->t, 10 * HOUR);
    ck_assert_ptr_eq(r->port, link_dir_from(link_of(far->out), a)->to);
    ck_assert_uint_eq(get32(r->bytes + 38), 4711);
}
END_TEST

/* Much is written down while each is on its way, at first more than is known then. */
START_TEST(frames_that_are_long_on_their_way_are_told_as_others)
{
    enum { ROUNDS = 60, BETWEEN = 500 };
    Port *far = far_port(5 * SEC), *end = link_dir_from(link_of(far->out), a)->to;
    uint32_t sent = 0, came = 0;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        send_from(far, i);
        for (uint32_t k = 0; k < BETWEEN; k++)
            send_from(node_port(a, "eth0"), ROUNDS + k);
        sim_run(sim, (i + 1) * 500 * MSEC, 0);
    }
    sim_run(sim, HOUR, 0);
    ck_assert_uint_eq(recorder_first(rec), 0);
    ck_assert_uint_eq(recorder_end(rec), 2 * ROUNDS * (BETWEEN + 1));
    for (uint64_t i = 0; i < recorder_end(rec); i++) {
        const Record *r = at(i);
        if (r->port != far && r->port != end)
            continue;
        uint32_t which = r->port == far ? sent++ : came++;
        ck_assert_int_eq(r->kind, r->port == far ? RECORD_SENT : RECORD_RECEIVED);
        ck_assert_uint_eq(get32(r->bytes + 38), which);
        ck_assert_int_eq(r->t, which * 500 * MSEC + (r->port == far ? 0 : 5 * SEC));
    }
    ck_assert_uint_eq(sent, ROUNDS);
    ck_assert_uint_eq(came, ROUNDS);
}
END_TEST

START_TEST(what_was_in_flight_over_a_pause_is_told)
{
    Port *far = far_port(5 * SEC);

    send_from(far, 1);
    recorder_pause(rec, true);
    send_from(far, 2);
    send_syn(3);
    sim_run(sim, SEC, 0);
    recorder_pause(rec, false);
    sim_run(sim, HOUR, 0);
    ck_assert_uint_eq(recorder_end(rec), 3);
    ck_assert_int_eq(at(0)->kind, RECORD_SENT);
    for (uint32_t i = 1; i <= 2; i++) {
        ck_assert_int_eq(at(i)->kind, RECORD_RECEIVED);
        ck_assert_int_eq(at(i)->t, 5 * SEC);
        ck_assert_uint_eq(get32(at(i)->bytes + 38), i);
    }
}
END_TEST

/* When it arrives is not known yet when it is sent. */
START_TEST(what_waits_in_a_queue_with_a_discipline_arrives_when_it_does)
{
    LinkConfig cfg = link_defaults;

    cfg.rate = 54 * 8;
    cfg.delay = SEC;
    link_queue_defaults(&cfg, QDISC_CODEL);
    link_set(&cable->dir[0], &cfg);
    send_syn(1);
    send_syn(2);
    sim_run(sim, HOUR, 0);
    ck_assert_uint_eq(recorder_end(rec), 4);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_int_eq(at(i)->kind, i < 2 ? RECORD_SENT : RECORD_RECEIVED);
        ck_assert_int_eq(at(i)->t, i < 2 ? 0 : i * SEC);
        ck_assert_uint_eq(get32(at(i)->bytes + 38), i % 2 + 1);
    }
}
END_TEST

/* What happens at one instant stands in the order in which it happened. */
START_TEST(of_one_instant_arrivals_and_sendings_are_in_order)
{
    Port *far = far_port(10 * MSEC);
    static const RecordKind kinds[] = { RECORD_SENT, RECORD_SENT, RECORD_RECEIVED, RECORD_RECEIVED,
                                        RECORD_SENT };

    send_from(far, 1);
    send_syn(2);
    sim_run(sim, 10 * MSEC, 0);
    send_syn(3);
    ck_assert_uint_eq(recorder_end(rec), 5);
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert_int_eq(at(i)->kind, kinds[i]);
        ck_assert_uint_eq(get32(at(i)->bytes + 38), i < 2 ? i + 1 : i - 1);
    }
}
END_TEST

static DropReason repeat(void *owner, Packet *pkt)
{
    port_send(owner, pkt);
    return DROP_NONE;
}

/* Those that follow one another out of a port lie at the same address, and are not the same. */
START_TEST(frames_that_are_passed_on_as_they_are_keep_their_stations)
{
    enum { LAST = 5 }; /* of the station's bytes */
    static const uint8_t stations[] = { 2, 2, 7 };
    Port *far = far_port(10 * MSEC), *near = node_port(a, "eth0");

    far->out->to->input = repeat;
    far->out->to->owner = node_port(b, "eth0");
    for (uint32_t i = 0; i < 3; i++) {
        Packet *pkt = frame_udp(sim, FRAME_A, FRAME_B, 1, 2, 10);
        pkt->data[LAST] = stations[i];
        port_send(far, pkt);
        sim_run(sim, (i + 1) * SEC, 0);
    }
    ck_assert_uint_eq(recorder_end(rec), 3 * 4);
    for (uint32_t i = 0; i < 3 * 4; i++)
        ck_assert_uint_eq(at(i)->bytes[LAST], stations[i / 4]);
    ck_assert_ptr_eq(at(3 * 4 - 1)->port, near);
}
END_TEST

static void count(void *self, const TraceEvent *ev)
{
    uint64_t *seen = self;

    if (ev->point == &LINK_ENQUEUED)
        *seen += recorder_end(rec); /* it is written down already */
}

START_TEST(who_else_looks_changes_nothing)
{
    uint64_t seen = 0;

    trace_add_sink(&sim->trace, TRACE_LINK, count, &seen);
    send_syn(1000);
    trace_remove_sink(&sim->trace, &seen);
    send_syn(2000);
    sim_run(sim, HOUR, 0);
    ck_assert_uint_eq(seen, 1);
    ck_assert_uint_eq(recorder_end(rec), 4);
    for (uint32_t i = 2; i < 4; i++) {
        ck_assert_int_eq(at(i)->kind, RECORD_RECEIVED);
        ck_assert_int_eq(at(i)->t, 10 * MSEC);
        ck_assert_uint_eq(get32(at(i)->bytes + 38), (i - 1) * 1000);
    }
}
END_TEST

Suite *record_suite(void);
Suite *record_suite(void)
{
    Suite *suite = suite_create("record");
    TCase *tc = tcase_create("record");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_frame_is_sent_and_received);
    tcase_add_test(tc, what_is_refused_is_kept_twice);
    tcase_add_test(tc, a_rule_that_holds_and_releases_is_told);
    tcase_add_test(tc, what_the_link_loses_says_why);
    tcase_add_test(tc, of_a_long_frame_the_head_is_kept);
    tcase_add_test(tc, a_paused_recorder_still_follows_the_numbers);
    tcase_add_test(tc, a_paused_recorder_whom_nobody_asks_does_not_listen);
    tcase_add_test(tc, who_asks_late_is_told_the_same_numbers);
    tcase_add_test(tc, where_numbers_begin_is_known_when_the_syn_is_forgotten);
    tcase_add_test(tc, more_syns_than_are_noted_are_known);
    tcase_add_test(tc, the_oldest_are_forgotten);
    tcase_add_test(tc, an_arrival_says_all_though_its_sending_is_forgotten);
    tcase_add_test(tc, frames_that_are_long_on_their_way_are_told_as_others);
    tcase_add_test(tc, what_was_in_flight_over_a_pause_is_told);
    tcase_add_test(tc, what_waits_in_a_queue_with_a_discipline_arrives_when_it_does);
    tcase_add_test(tc, of_one_instant_arrivals_and_sendings_are_in_order);
    tcase_add_test(tc, frames_that_are_passed_on_as_they_are_keep_their_stations);
    tcase_add_test(tc, who_else_looks_changes_nothing);
    suite_add_tcase(suite, tc);
    return suite;
}
