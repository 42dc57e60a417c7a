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

/* What is due at once waits behind what is due already, and before what is set after it. */
START_TEST(what_is_set_without_delay_fires_in_its_turn)
{
    Sched s;
    Letter l[6];
    letters_init(&s, l, 6);
    uint64_t early = sched_order(&s);
    timer_set(&l[0].timer, 5);
    timer_set(&l[1].timer, 5);
    ck_assert(sched_run_one(&s));
    timer_set(&l[2].timer, 0);
    timer_set(&l[3].timer, 0);
    timer_set(&l[4].timer, 0);
    timer_stop(&l[3].timer);
    timer_set(&l[2].timer, 0); /* to the end of the line */
    timer_set_as(&l[5].timer, 5, early);
    timer_set_as(&l[3].timer, 5, sched_order(&s));
    ck_assert_int_eq(sched_next(&s), 5);
    ck_assert(!sched_run_until(&s, 4));
    expect(&s, "afbecd");
}
END_TEST

START_TEST(one_that_is_due_at_once_can_be_put_off_or_stopped)
{
    Sched s;
    Letter l[3];
    letters_init(&s, l, 3);
    for (int i = 0; i < 3; i++)
        timer_set(&l[i].timer, 0);
    timer_set(&l[0].timer, 7);
    timer_stop(&l[1].timer);
    ck_assert_int_eq(sched_next(&s), 0);
    ck_assert(sched_run_one(&s));
    ck_assert_int_eq(sched_next(&s), 7);
    timer_set(&l[1].timer, 0);
    timer_stop(&l[1].timer);
    ck_assert_int_eq(sched_next(&s), 7);
    expect(&s, "ca");
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

START_TEST(one_that_rests_is_let_go_of_when_its_place_comes_up)
{
    Sched s;
    Letter l[4];
    letters_init(&s, l, 4);
    timer_set(&l[0].timer, 5);
    timer_set(&l[1].timer, 5);
    timer_set(&l[2].timer, 5);
    timer_set(&l[3].timer, 7);
    for (int i = 0; i < 3; i++)
        timer_rest(&l[i].timer);
    ck_assert(!timer_pending(&l[0].timer));
    ck_assert_uint_eq(s.foreground, 1);
    timer_set(&l[1].timer, 6); /* it has slept on */
    timer_stop(&l[2].timer);   /* it is forgotten at once */
    expect(&s, "abd");
    ck_assert_int_eq(s.now, 7);
    ck_assert_uint_eq(s.events, 2); /* not a's end */
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

/* --- with more pending than one list holds ---------------------------------------------------- */

enum { CROWD = 4000, STEPS = 16000 };

static int sooner(gconstpointer a, gconstpointer b, gpointer unused)
{
    const Timer *x = a, *y = b;

    (void)unused;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static const Timer *fired_last;

static void note_last(void *owner)
{
    fired_last = owner;
}

/* Now, soon, at a round instant that others share, or any power of two of nanoseconds away, up to
 * centuries. */
static SimTime draw_delay(const Sched *s, uint64_t x)
{
    switch (x % 4) {
    case 0: return 0;
    case 1: return (SimTime)((x >> 8) % 1000);
    case 2: return (SimTime)(1000000 - (uint64_t)s->now % 1000000);
    default: return (SimTime)((x >> 16) & (((uint64_t)1 << (x >> 3) % 63) - 1));
    }
}

static void set_or_stop(GSequence *model, GSequenceIter **places, Timer *timers, uint64_t x)
{
    size_t i = (size_t)(x >> 40) % CROWD;
    Timer *t = &timers[i];

    if (timer_pending(t)) {
        g_sequence_remove(places[i]);
        places[i] = NULL;
    }
    if ((x >> 36) % 8 == 0) {
        timer_stop(t);
    } else if ((x >> 36) % 8 == 1) {
        timer_rest(t);
    } else {
        timer_set(t, draw_delay(t->sched, x));
        places[i] = g_sequence_insert_sorted(model, t, sooner, NULL);
    }
}

/* A model that is sorted at once, and fires one for each that is set. */
START_TEST(agrees_with_a_sorted_sequence_whatever_is_pending)
{
    Timer *timers = g_new(Timer, CROWD);
    GSequenceIter **places = g_new0(GSequenceIter *, CROWD);
    GSequence *model = g_sequence_new(NULL);
    uint64_t x = 88172645463325252u + (unsigned)_i;
    Sched s;

    sched_init(&s);
    for (int i = 0; i < CROWD; i++)
        timer_init(&timers[i], &s, note_last, &timers[i]);
    for (int step = 0; step < STEPS; step++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        set_or_stop(model, places, timers, x);
        ck_assert_uint_eq(s.foreground, (size_t)g_sequence_get_length(model));
        if (step < CROWD || (x >> 20) % 4 == 0 || g_sequence_is_empty(model))
            continue;
        GSequenceIter *first = g_sequence_get_begin_iter(model);
        const Timer *due = g_sequence_get(first);
        g_sequence_remove(first);
        ck_assert_int_eq(sched_next(&s), due->at);
        ck_assert(sched_run_one(&s));
        ck_assert_ptr_eq(fired_last, due);
    }
    sched_clear(&s);
    g_sequence_free(model);
    g_free(places);
    g_free(timers);
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
    tcase_add_test(tc, what_is_set_without_delay_fires_in_its_turn);
    tcase_add_test(tc, one_that_is_due_at_once_can_be_put_off_or_stopped);
    tcase_add_test(tc, a_stopped_timer_does_not_fire);
    tcase_add_test(tc, one_that_rests_is_let_go_of_when_its_place_comes_up);
    tcase_add_test(tc, background_timers_do_not_count);
    tcase_add_loop_test(tc, agrees_with_a_sorted_list_under_random_use, 0, 3);
    tcase_add_loop_test(tc, agrees_with_a_sorted_sequence_whatever_is_pending, 0, 4);
    suite_add_tcase(suite, tc);
    return suite;
}
