/*
 * test_flight.c - frames on a cable come off it by (arrive, order), however they were put on.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/flight.h"

#include "sim/engine/rng.h"
#include "sim/engine/sim.h"

#include <check.h>

/* Puts and takes at random; what comes is never before what has come, but for what was put since. */
START_TEST(the_first_to_arrive_is_taken_first)
{
    Sim *sim = sim_new(1);
    Flight f = { 0 };
    Rng r;
    uint64_t order = 0;
    size_t put = 0, taken = 0;

    rng_init(&r, (uint64_t)_i, "flight");
    for (int step = 0; step < 20000; step++) {
        if (f.n == 0 || rng_chance(&r, PROB_ONE / 100 * 52)) {
            Packet *pkt = packet_new(sim, 60, SENT_RAW);
            pkt->arrive = (SimTime)rng_below(&r, _i == 0 ? 20 : 1000000);
            pkt->order = ++order;
            flight_put(&f, pkt);
            put++;
            continue;
        }
        Packet *first = flight_first(&f), *pkt = flight_take(&f);
        ck_assert_ptr_eq(first, pkt);
        taken++;
        if (f.n > 0)
            ck_assert(packet_before(pkt, flight_first(&f)));
        packet_free(pkt);
    }
    ck_assert_uint_eq(f.n, put - taken);
    ck_assert_uint_gt(f.n, 100);
    Packet *last = NULL;
    while (f.n > 0) {
        Packet *pkt = flight_take(&f);
        if (last != NULL)
            ck_assert(packet_before(last, pkt));
        packet_free(last);
        last = pkt;
        taken++;
    }
    packet_free(last);
    ck_assert_uint_eq(put, taken);
    ck_assert_ptr_null(flight_first(&f));
    sim_free(sim);
}
END_TEST

Suite *flight_suite(void);
Suite *flight_suite(void)
{
    Suite *suite = suite_create("flight");
    TCase *tc = tcase_create("flight");
    tcase_add_loop_test(tc, the_first_to_arrive_is_taken_first, 0, 3);
    suite_add_tcase(suite, tc);
    return suite;
}
