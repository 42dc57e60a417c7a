/*
 * test_rng.c - streams by name, unbiased numbers, and the distributions' tables.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/rng.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>

enum { DRAWS = 200000 };

START_TEST(first_values_are_those_of_every_run)
{
    Rng r;
    static const uint64_t first[] = {
        UINT64_C(0x1a4f1d4fa6c8f751), UINT64_C(0xa19cc5344117b8fb), UINT64_C(0x0fdefc61e2eab6f4)
    };

    rng_init(&r, 1, "link:a>b:loss");
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(rng_u64(&r), first[i]);
}
END_TEST

START_TEST(a_stream_is_its_seed_and_name)
{
    Rng a, b, c, d;

    rng_init(&a, 7, "host:a");
    rng_init(&b, 7, "host:a");
    rng_init(&c, 7, "host:b");
    rng_init(&d, 8, "host:a");
    int same_name = 0, same_seed = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t x = rng_u64(&a);
        ck_assert_uint_eq(x, rng_u64(&b));
        same_seed += x >> 56 == rng_u64(&c) >> 56;
        same_name += x >> 56 == rng_u64(&d) >> 56;
    }
    ck_assert_int_lt(same_seed, 20); /* 1000 / 256 are expected */
    ck_assert_int_lt(same_name, 20);
}
END_TEST

START_TEST(below_is_uniform_and_in_bounds)
{
    static const uint64_t bounds[] = { 1, 2, 3, 10, 1000, (UINT64_C(1) << 63) + 1, UINT64_MAX };
    Rng r;
    int count[10] = { 0 };

    rng_init(&r, 1, "below");
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++)
        for (int i = 0; i < 1000; i++)
            ck_assert_uint_lt(rng_below(&r, bounds[b]), bounds[b]);
    for (int i = 0; i < DRAWS; i++)
        count[rng_below(&r, 10)]++;
    for (int i = 0; i < 10; i++)
        ck_assert_int_le(abs(count[i] - DRAWS / 10), 600); /* 4.5 standard deviations */
}
END_TEST

START_TEST(chance_keeps_its_probability_and_draws_nothing_when_certain)
{
    Rng r, untouched;
    int hits = 0;

    rng_init(&r, 1, "chance");
    untouched = r;
    for (int i = 0; i < 100; i++) {
        ck_assert(!rng_chance(&r, 0));
        ck_assert(rng_chance(&r, PROB_ONE));
        ck_assert_int_eq(rng_uniform(&r, 0), 0);
        ck_assert_int_eq(rng_normal(&r, 0), 0);
    }
    ck_assert_mem_eq(&r, &untouched, sizeof r);
    for (int i = 0; i < DRAWS; i++)
        hits += rng_chance(&r, PROB_ONE / 20);
    ck_assert_int_le(abs(hits - DRAWS / 20), 440);
}
END_TEST

/* One row per distribution: bounds of every draw, and mean and mean square over many, at scale
 * 10^6. */
static const struct {
    const char *name;
    int64_t   (*draw)(Rng *, int64_t);
    int64_t     least, most, mean;
    double      square; /* in units of 10^12 */
} shapes[] = {
    { "uniform",     rng_uniform,     -1000000, 1000000,  0,       1.0 / 3 },
    { "normal",      rng_normal,      -4000000, 4000000,  0,       1 },
    { "pareto",      rng_pareto,      -1000000, 5000000,  0,       1 },
    { "exponential", rng_exponential, 0,        10000000, 1000000, 2 },
};

START_TEST(distributions_have_their_mean_and_spread)
{
    Rng r;
    int64_t sum = 0, least = INT64_MAX, most = INT64_MIN;
    double square = 0;

    rng_init(&r, 1, shapes[_i].name);
    for (int i = 0; i < DRAWS; i++) {
        int64_t x = shapes[_i].draw(&r, 1000000);
        least = MIN(least, x);
        most = MAX(most, x);
        sum += x;
        square += (double)x * (double)x / 1e12;
    }
    ck_assert_int_ge(least, shapes[_i].least);
    ck_assert_int_le(most, shapes[_i].most);
    ck_assert_msg(llabs(sum / DRAWS - shapes[_i].mean) < 10000, "%s: mean %lld", shapes[_i].name,
                  (long long)(sum / DRAWS));
    ck_assert_msg(square / DRAWS > shapes[_i].square * 0.97 &&
                      square / DRAWS < shapes[_i].square * 1.03,
                  "%s: mean square %f", shapes[_i].name, square / DRAWS);
}
END_TEST

START_TEST(a_large_scale_does_not_overflow)
{
    Rng r;
    const int64_t year = INT64_C(366) * 86400 * 1000000000;

    rng_init(&r, 1, "large");
    for (int i = 0; i < 10000; i++) {
        ck_assert_int_le(llabs(rng_normal(&r, year)), 4 * year);
        ck_assert_int_le(llabs(rng_uniform(&r, year)), year);
        ck_assert_int_ge(rng_exponential(&r, year), 0);
    }
}
END_TEST

Suite *rng_suite(void);
Suite *rng_suite(void)
{
    Suite *suite = suite_create("rng");
    TCase *tc = tcase_create("rng");
    tcase_add_test(tc, first_values_are_those_of_every_run);
    tcase_add_test(tc, a_stream_is_its_seed_and_name);
    tcase_add_test(tc, below_is_uniform_and_in_bounds);
    tcase_add_test(tc, chance_keeps_its_probability_and_draws_nothing_when_certain);
    tcase_add_loop_test(tc, distributions_have_their_mean_and_spread, 0,
                        (int)(sizeof shapes / sizeof shapes[0]));
    tcase_add_test(tc, a_large_scale_does_not_overflow);
    suite_add_tcase(suite, tc);
    return suite;
}
