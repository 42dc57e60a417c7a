/*
 * test_link.c - one cable: times to the nanosecond, the queue, and everything that befalls a frame.
 */
/* SPDX-License-Identifier: MIT */
#include "support/wires.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static LinkConfig with(LinkConfig cfg)
{
    if (cfg.mtu == 0)
        cfg.mtu = 1500;
    return cfg;
}

START_TEST(a_frame_arrives_after_transmission_and_delay_exactly)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .delay = 10 * MSEC, .rate = 10000000, .queue = 10 });

    wires_init(&w, 1, &cfg);
    frame_send(&w, 1250); /* 1 ms each */
    frame_send(&w, 125);
    frame_send(&w, 1250);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 3);
    ck_assert_int_eq(arrival(&w, 0)->t, 11 * MSEC);
    ck_assert_int_eq(arrival(&w, 1)->t, 11 * MSEC + 100 * USEC);
    ck_assert_int_eq(arrival(&w, 2)->t, 12 * MSEC + 100 * USEC);
    ck_assert_uint_eq(w.sim->hops, 3);
    wires_free(&w);
}
END_TEST

START_TEST(a_part_of_a_nanosecond_counts_as_one)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .rate = 3000000000, .queue = 10 });

    wires_init(&w, 1, &cfg);
    frame_send(&w, 100); /* 800 bits take 266.67 ns */
    frame_send(&w, 60);  /* 480 bits take 160 ns */
    wires_run(&w);
    ck_assert_int_eq(arrival(&w, 0)->t, 267);
    ck_assert_int_eq(arrival(&w, 1)->t, 267 + 160);
    wires_free(&w);
}
END_TEST

START_TEST(a_perfect_cable_delivers_at_once_and_in_order)
{
    Wires w;
    LinkConfig cfg = { 0 };

    wires_init(&w, 1, &cfg);
    for (int i = 0; i < 100; i++)
        frame_send(&w, 60);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 100);
    for (size_t i = 0; i < 100; i++) {
        ck_assert_int_eq(arrival(&w, i)->t, 0);
        ck_assert_uint_eq(arrival(&w, i)->id, i + 1);
    }
    wires_free(&w);
}
END_TEST

START_TEST(the_queue_holds_so_many_packets_behind_the_one_being_sent)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .rate = 8000000, .queue = 3 });
    uint64_t bytes;

    wires_init(&w, 1, &cfg);
    for (int i = 0; i < 6; i++)
        frame_send(&w, 1000); /* 1 ms each */
    ck_assert_uint_eq(link_queued(w.ab, &bytes), 3);
    ck_assert_uint_eq(bytes, 3000);
    ck_assert_uint_eq(w.ab->counters.queue_drops, 2);
    sim_run(w.sim, 1 * MSEC, 0);
    ck_assert_uint_eq(link_queued(w.ab, NULL), 2);
    frame_send(&w, 1000);
    frame_send(&w, 1000);
    ck_assert_uint_eq(w.ab->counters.queue_drops, 3);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 5);
    ck_assert_int_eq(arrival(&w, 4)->t, 5 * MSEC);
    wires_free(&w);
}
END_TEST

START_TEST(the_queue_holds_so_many_bytes)
{
    Wires w;
    LinkConfig cfg =
        with((LinkConfig){ .rate = 8000000, .queue = 2000, .queue_in_bytes = true });

    wires_init(&w, 1, &cfg);
    frame_send(&w, 1000);
    frame_send(&w, 1500);
    frame_send(&w, 501); /* one byte too many */
    frame_send(&w, 500);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 3);
    ck_assert_uint_eq(arrival(&w, 2)->len, 500);
    ck_assert_uint_eq(w.ab->counters.dropped, 1);
    wires_free(&w);
}
END_TEST

START_TEST(what_exceeds_the_mtu_is_lost)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .mtu = 1000 });

    wires_init(&w, 1, &cfg);
    wires_log(&w);
    frame_send(&w, 1014);
    frame_send(&w, 1015);
    frame_send(&w, 10);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 2);
    ck_assert_ptr_nonnull(strstr(w.log->str, "0 link:lost a 2 link.too-big\n"));
    wires_free(&w);
}
END_TEST

START_TEST(a_lost_frame_has_cost_its_time)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .rate = 8000000, .queue = 10, .loss = PROB_ONE });

    wires_init(&w, 1, &cfg);
    frame_send(&w, 1000);
    cfg.loss = 0;
    link_set(w.ab, &cfg);
    frame_send(&w, 1000);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 1);
    ck_assert_int_eq(arrival(&w, 0)->t, 2 * MSEC);
    ck_assert_uint_eq(w.ab->counters.lost, 1);
    wires_free(&w);
}
END_TEST

Suite *link_suite(void);
Suite *link_suite(void)
{
    Suite *suite = suite_create("link");
    TCase *tc = tcase_create("link");
    tcase_add_test(tc, a_frame_arrives_after_transmission_and_delay_exactly);
    tcase_add_test(tc, a_part_of_a_nanosecond_counts_as_one);
    tcase_add_test(tc, a_perfect_cable_delivers_at_once_and_in_order);
    tcase_add_test(tc, the_queue_holds_so_many_packets_behind_the_one_being_sent);
    tcase_add_test(tc, the_queue_holds_so_many_bytes);
    tcase_add_test(tc, what_exceeds_the_mtu_is_lost);
    tcase_add_test(tc, a_lost_frame_has_cost_its_time);
    suite_add_tcase(suite, tc);
    return suite;
}
