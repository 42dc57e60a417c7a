/*
 * test_trace.c - who hears what, and in which order.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/sim.h"

#include <check.h>
#include <string.h>

static const TracePoint APPLE = {
    "fruit:apple_fell", TRACE_APP,
    { { "size", TV_INT }, { "kind", TV_STR }, { "when", TV_TIME }, { "ripe", TV_BOOL } }
};
static const TracePoint PEAR = { "fruit:pear_fell", TRACE_SIM, { { "size", TV_INT } } };

typedef struct Ear {
    GString    *heard; /* shared: shows the order of the sinks */
    const char *name;
} Ear;

static void hear(void *self, const TraceEvent *ev)
{
    Ear *ear = self;

    g_string_append_printf(ear->heard, "%s:%s@%" G_GINT64_FORMAT " ", ear->name,
                           strchr(ev->point->name, ':') + 1, ev->t);
}

START_TEST(a_sink_hears_its_categories_in_the_order_of_adding)
{
    Sim *sim = sim_new(1);
    GString *heard = g_string_new(NULL);
    Ear all = { heard, "all" }, app = { heard, "app" };

    sim->sched.now = 5;
    trace_add_sink(&sim->trace, TRACE_ALL, hear, &all);
    trace_add_sink(&sim->trace, TRACE_APP, hear, &app);
    trace(sim, APPLE, NULL, NULL, NULL, 1, trace_str("cox"), 2, true);
    trace(sim, PEAR, NULL, NULL, NULL, 1);
    trace_remove_sink(&sim->trace, &all);
    trace(sim, APPLE, NULL, NULL, NULL, 1, trace_str("cox"), 2, true);
    trace(sim, PEAR, NULL, NULL, NULL, 1);
    ck_assert_str_eq(heard->str,
                     "all:apple_fell@5 app:apple_fell@5 all:pear_fell@5 app:apple_fell@5 ");
    g_string_free(heard, TRUE);
    sim_free(sim);
}
END_TEST

static unsigned evaluated;

static int64_t evaluate(void)
{
    return evaluated++;
}

START_TEST(arguments_are_evaluated_only_for_a_listener)
{
    Sim *sim = sim_new(1);
    GString *heard = g_string_new(NULL);
    Ear ear = { heard, "x" };

    evaluated = 0;
    trace(sim, PEAR, NULL, NULL, NULL, evaluate());
    trace_add_sink(&sim->trace, TRACE_APP, hear, &ear);
    trace(sim, PEAR, NULL, NULL, NULL, evaluate());
    ck_assert_uint_eq(evaluated, 0);
    trace_remove_sink(&sim->trace, &ear);
    trace_add_sink(&sim->trace, TRACE_SIM, hear, &ear);
    trace(sim, PEAR, NULL, NULL, NULL, evaluate());
    ck_assert_uint_eq(evaluated, 1);
    g_string_free(heard, TRUE);
    sim_free(sim);
}
END_TEST

static void check_values(void *self, const TraceEvent *ev)
{
    *(bool *)self = true;
    ck_assert_int_eq(ev->args[trace_field(ev->point, "size")], -7);
    ck_assert_str_eq(trace_arg_str(ev, trace_field(ev->point, "kind")), "cox");
    ck_assert_int_eq(ev->args[trace_field(ev->point, "when")], 3 * SEC);
    ck_assert_int_eq(ev->args[trace_field(ev->point, "ripe")], true);
    ck_assert_int_eq(trace_field(ev->point, "colour"), -1);
}

START_TEST(values_are_found_by_their_names)
{
    Sim *sim = sim_new(1);
    bool heard = false;

    trace_add_sink(&sim->trace, TRACE_APP, check_values, &heard);
    trace(sim, APPLE, NULL, NULL, NULL, -7, trace_str("cox"), 3 * SEC, true);
    ck_assert(heard);
    sim_free(sim);
}
END_TEST

START_TEST(every_reason_and_counter_has_a_name_of_its_own)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

    for (DropReason d = DROP_NONE; d < DROP_COUNT; d++) {
        ck_assert_msg(g_hash_table_add(names, (char *)(uintptr_t)drop_name(d)), "%s", drop_name(d));
        ck_assert_uint_gt(strlen(drop_reason(d)->text), 0);
    }
    g_hash_table_remove_all(names);
    for (SentReason s = 0; s < SENT_COUNT; s++) {
        ck_assert_msg(g_hash_table_add(names, (char *)(uintptr_t)sent_name(s)), "%s", sent_name(s));
        ck_assert_int_ne(sent_reason(s)->text[strlen(sent_reason(s)->text) - 1], '.');
    }
    g_hash_table_remove_all(names);
    for (Counter c = 0; c < COUNTER_COUNT; c++) {
        ck_assert(g_hash_table_add(names, (char *)(uintptr_t)counter_name(c)));
        ck_assert_uint_gt(strlen(counter_text(c)), 0);
    }
}
END_TEST

Suite *trace_suite(void);
Suite *trace_suite(void)
{
    Suite *suite = suite_create("trace");
    TCase *tc = tcase_create("trace");
    tcase_add_test(tc, a_sink_hears_its_categories_in_the_order_of_adding);
    tcase_add_test(tc, arguments_are_evaluated_only_for_a_listener);
    tcase_add_test(tc, values_are_found_by_their_names);
    tcase_add_test(tc, every_reason_and_counter_has_a_name_of_its_own);
    suite_add_tcase(suite, tc);
    return suite;
}
