/*
 * test_sched.c - time is one queue: order, ties, cancelling, re-arming.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/sched.h"

#include <check.h>
#include <glib.h>

static GString *fired; /* letters in the order of firing */

typedef struct Letter {
    Timer timer;
    char  c;
} Letter;

static void fire(void *owner)
{
    g_string_append_c(fired, ((Letter *)owner)->c);
}

static void letters_init(Sched *s, Letter *l, int n)
{
    sched_init(s);
    fired = g_string_new(NULL);
    for (int i = 0; i < n; i++) {
        l[i].c = (char)('a' + i);
        timer_init(&l[i].timer, s, fire, &l[i]);
    }
}

static void expect(Sched *s, const char *order)
{
    while (sched_run_one(s))
        ;
    ck_assert_str_eq(fired->str, order);
    ck_assert_uint_eq(s->foreground, 0);
    g_string_free(fired, TRUE);
    sched_clear(s);
}

START_TEST(ties_fire_in_order_of_arming)
{
    Sched s;
    Letter l[4];
    letters_init(&s, l, 4);
    timer_set(&l[2].timer, 5);
    timer_set(&l[0].timer, 5);
    timer_set(&l[3].timer, 4);
    timer_set(&l[1].timer, 5);
    expect(&s, "dcab");
}
END_TEST

START_TEST(a_timer_set_again_goes_to_the_end_of_its_line)
{
    Sched s;
    Letter l[3];
    letters_init(&s, l, 3);
    timer_set(&l[0].timer, 5);
    timer_set(&l[1].timer, 5);
    timer_set(&l[0].timer, 5);
    timer_set(&l[2].timer, 9);
    timer_set(&l[2].timer, 1);
    expect(&s, "cba");
}
END_TEST

START_TEST(a_timer_pushed_back_fires_once_at_its_last_time)
{
    Sched s;
    Letter l[2];
    letters_init(&s, l, 2);
    for (SimTime t = 1; t <= 100; t++)
        timer_set(&l[0].timer, t);
    timer_set(&l[1].timer, 99);
    ck_assert_int_eq(sched_next(&s), 99);
    expect(&s, "ba");
    ck_assert_int_eq(s.now, 100);
    ck_assert_uint_eq(s.events, 2);
}
END_TEST

START_TEST(a_stopped_timer_does_not_fire)
{
    Sched s;
    Letter l[3];
    letters_init(&s, l, 3);
    for (int i = 0; i < 3; i++)
        timer_set(&l[i].timer, i + 1);
    timer_stop(&l[1].timer);
    timer_stop(&l[1].timer);
    ck_assert(!timer_pending(&l[1].timer));
    expect(&s, "ac");
}
END_TEST

START_TEST(background_timers_do_not_count)
{
    Sched s;
    Letter l[2];
    letters_init(&s, l, 2);
    timer_set_background(&l[0].timer);
    timer_set(&l[0].timer, 1);
    ck_assert_uint_eq(s.foreground, 0);
    timer_set(&l[1].timer, 2);
    ck_assert_uint_eq(s.foreground, 1);
    timer_stop(&l[1].timer);
    ck_assert_uint_eq(s.foreground, 0);
    expect(&s, "a");
}
END_TEST

enum { MANY = 2000 };

/* Against the simplest thing that can be right: random sets, moves and stops, sorted by (at,
 * order). */
START_TEST(agrees_with_a_sorted_list_under_random_use)
{
    static Timer timers[MANY];
    static SimTime last;
    static uint64_t last_order;
    Sched s;
    uint32_t x = (uint32_t)_i * 2654435761u + 1;

    sched_init(&s);
    fired = g_string_new(NULL);
    for (int i = 0; i < MANY; i++)
        timer_init(&timers[i], &s, fire, &(Letter){ .c = '.' });
    for (int i = 0; i < 5 * MANY; i++) {
        x = x * 1664525 + 1013904223;
        Timer *t = &timers[(x >> 8) % MANY];
        if ((x >> 24) % 4 == 0)
            timer_stop(t);
        else
            timer_set(t, (x >> 4) % 500);
    }
    size_t pending = 0;
    for (int i = 0; i < MANY; i++)
        pending += timer_pending(&timers[i]);
    ck_assert_uint_eq(pending, s.foreground);
    last = -1;
    last_order = 0;
    for (; pending > 0; pending--) {
        SimTime at = NEVER;
        uint64_t order = UINT64_MAX;
        for (int i = 0; i < MANY; i++)
            if (timer_pending(&timers[i]) &&
                (timers[i].at < at || (timers[i].at == at && timers[i].order < order))) {
                at = timers[i].at;
                order = timers[i].order;
            }
        ck_assert(at > last || (at == last && order > last_order));
        ck_assert_int_eq(sched_next(&s), at);
        Letter dummy = { .c = '.' };
        for (int i = 0; i < MANY; i++)
            if (timer_pending(&timers[i]) && timers[i].order == order)
                timers[i].owner = &dummy;
        ck_assert(sched_run_one(&s));
        ck_assert_int_eq(s.now, at);
        last = at;
        last_order = order;
    }
    ck_assert(!sched_run_one(&s));
    g_string_free(fired, TRUE);
    sched_clear(&s);
}
END_TEST

Suite *sched_suite(void);
Suite *sched_suite(void)
{
    Suite *suite = suite_create("sched");
    TCase *tc = tcase_create("sched");
    tcase_add_test(tc, ties_fire_in_order_of_arming);
    tcase_add_test(tc, a_timer_set_again_goes_to_the_end_of_its_line);
    tcase_add_test(tc, a_timer_pushed_back_fires_once_at_its_last_time);
    tcase_add_test(tc, a_stopped_timer_does_not_fire);
    tcase_add_test(tc, background_timers_do_not_count);
    tcase_add_loop_test(tc, agrees_with_a_sorted_list_under_random_use, 0, 3);
    suite_add_tcase(suite, tc);
    return suite;
}
