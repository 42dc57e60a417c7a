/*
 * test_knob.c - units to the last digit, messages that help, fields set and read by their rows.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/knob.h"
#include "sim/engine/link.h"

#include <check.h>
#include <locale.h>
#include <math.h>
#include <string.h>

typedef enum Parser { TIME, RATE, SIZE, PROB } Parser;

static bool parse(Parser p, const char *text, uint64_t *out, GError **error)
{
    SimTime t = 0;
    bool ok = p == TIME   ? parse_time(text, &t, error)
              : p == RATE ? parse_rate(text, out, error)
              : p == SIZE ? parse_size(text, out, error)
                          : parse_prob(text, out, error);
    if (p == TIME)
        *out = (uint64_t)t;
    return ok;
}

/* --- what is right ---------------------------------------------------------------------------- */

static const struct { Parser p; const char *text; uint64_t value; } right[] = {
    { TIME, "10ms", 10000000 },          { TIME, "250us", 250000 },
    { TIME, "250µs", 250000 },           { TIME, "2min", 120000000000 },
    { TIME, "1.5", 1500000000 },         { TIME, "0", 0 },
    { TIME, "1h", 3600000000000 },       { TIME, "1d", 86400000000000 },
    { TIME, "3ns", 3 },                  { TIME, " 10 MS ", 10000000 },
    { TIME, "0.1s", 100000000 },         { TIME, "+1s", 1000000000 },
    { TIME, "0.4ns", 0 },                { TIME, "0.5ns", 1 },
    { TIME, "2.5ns", 3 },                { TIME, "1e-3", 1000000 },
    { TIME, "1E2ms", 100000000 },        { TIME, ".5s", 500000000 },
    { TIME, "5.s", 5000000000 },         { TIME, "0.10000000000000000000000000s", 100000000 },
    { TIME, "9223372036.854775807", INT64_MAX },
    { RATE, "10Mbit", 10000000 },        { RATE, "1.5Gbit", 1500000000 },
    { RATE, "9600", 9600 },              { RATE, "100kbps", 800000 },
    { RATE, "1mibit", 1048576 },         { RATE, "56kbit/s", 56000 },
    { RATE, "1KiBps", 8192 },            { RATE, "10MBIT", 10000000 },
    { RATE, "0", 0 },                    { RATE, "2e6", 2000000 },
    { SIZE, "64KiB", 65536 },            { SIZE, "1MB", 1000000 },
    { SIZE, "100kB", 100000 },           { SIZE, "64k", 65536 },
    { SIZE, "1.5k", 1536 },              { SIZE, "1m", 1048576 },
    { SIZE, "7B", 7 },                   { SIZE, "7 bytes", 7 },
    { SIZE, "1500", 1500 },              { SIZE, "1e6", 1000000 },
    { PROB, "0", 0 },                    { PROB, "1", PROB_ONE },
    { PROB, "0.5", PROB_ONE / 2 },       { PROB, "50%", PROB_ONE / 2 },
    { PROB, "100%", PROB_ONE },          { PROB, "25 %", PROB_ONE / 4 },
    { PROB, "3%", 128849019 },           { PROB, "0.03", 128849019 },
    { PROB, "0.0000001%", 4 },           { PROB, "1.0", PROB_ONE },
};

START_TEST(reads_what_is_right)
{
    uint64_t value = 99;
    GError *error = NULL;

    ck_assert_msg(parse(right[_i].p, right[_i].text, &value, &error), "%s: %s", right[_i].text,
                  error != NULL ? error->message : "");
    ck_assert_msg(value == right[_i].value, "%s: %llu", right[_i].text, (unsigned long long)value);
}
END_TEST

/* --- what is wrong ---------------------------------------------------------------------------- */

static const char time_help[] = "write a number of seconds or e.g. \"10ms\", \"2min\"";
static const char prob_help[] = "write a number from 0 to 1 or e.g. \"5%\"";
static const char size_help[] = "write a number of bytes or e.g. \"64KiB\", \"100kB\"";
static const char rate_help[] = "write a number of bits per second or e.g. \"10Mbit\", \"1.5Gbit\"";

static const struct { Parser p; const char *text, *help; } wrong[] = {
    { TIME, "10mss", time_help },        { TIME, "", time_help },
    { TIME, "ms", time_help },           { TIME, "1.2.3s", time_help },
    { TIME, "1 2s", time_help },         { TIME, "0x10", time_help },
    { TIME, "10ms5", time_help },        { TIME, "1,5s", time_help },
    { TIME, "inf", time_help },          { TIME, "nan", time_help },
    { TIME, ".", time_help },            { TIME, "1ems", time_help },
    { TIME, "+-1s", time_help },         { TIME, "-5ms", "it is negative" },
    { TIME, "5m", "write \"min\" for minutes or \"ms\" for milliseconds" },
    { TIME, "9223372036.854775808", "it is too large" },
    { TIME, "1e12d", "it is too large" },
    { TIME, "1e99s", time_help },
    { RATE, "10M", rate_help },          { RATE, "10Mbits", rate_help },
    { RATE, "10bps/s", rate_help },      { RATE, "0.2", "it is too small" },
    { RATE, "1e19", "it is too large" }, { RATE, "-1", "it is negative" },
    { SIZE, "64KiBs", size_help },       { SIZE, "10Mbit", size_help },
    { SIZE, "1.5B", "it is no whole number of bytes" },
    { PROB, "5", "write a number from 0 to 1 or e.g. \"5%\"; did you mean \"5%\"?" },
    { PROB, "1.5", "write a number from 0 to 1 or e.g. \"5%\"; did you mean \"1.5%\"?" },
    { PROB, "101%", prob_help },         { PROB, "200", prob_help },
    { PROB, "5%%", prob_help },          { PROB, "half", prob_help },
    { PROB, "1e18", prob_help },
};

START_TEST(says_what_is_wrong_and_what_would_be_right)
{
    static const char *const what[] = { "a time", "a rate", "a size", "a probability" };
    uint64_t value = 99;
    GError *error = NULL;

    ck_assert_msg(!parse(wrong[_i].p, wrong[_i].text, &value, &error), "%s", wrong[_i].text);
    char *message =
        g_strdup_printf("\"%s\" is not %s: %s", wrong[_i].text, what[wrong[_i].p], wrong[_i].help);
    ck_assert_str_eq(error->message, message);
    ck_assert(g_error_matches(error, KNOB_ERROR, KNOB_ERROR_VALUE));
    g_free(message);
    g_error_free(error);
}
END_TEST

START_TEST(the_locale_does_not_matter)
{
    uint64_t value;

    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
        setlocale(LC_ALL, "C.UTF-8");
    ck_assert(parse(TIME, "1.5ms", &value, NULL));
    ck_assert_uint_eq(value, 1500000);
    setlocale(LC_ALL, "C");
}
END_TEST

/* --- numbers ---------------------------------------------------------------------------------- */

static const struct { double seconds; SimTime t; } seconds[] = {
    { 0, 0 },           { -0.0, 0 },        { 1.5, 1500000000 }, { 0.1, 100000000 },
    { 1e-9, 1 },        { 0.5e-9, 1 },      { 0.4e-9, 0 },       { 1e-300, 0 },
    { 5e-324, 0 },      { 0.3, 300000000 }, { 3600, HOUR },      { 123456.789, 123456789000000 },
    { 0.000123456789, 123457 },             { 9.2e9, 9200000000000000000 },
};

START_TEST(seconds_are_rounded_to_the_nearest_nanosecond)
{
    SimTime t = 99;

    ck_assert(time_from_seconds(seconds[_i].seconds, &t, NULL));
    ck_assert_int_eq(t, seconds[_i].t);
}
END_TEST

static const struct { double value; const char *message; } bad_seconds[] = {
    { -1, "-1 is not a time: it is negative" },
    { 1e10, "10000000000 is not a time: it is too large" },
    { 1e300, "1e+300 is not a time: it is too large" },
    { INFINITY, "inf is not a time: write a number of seconds or e.g. \"10ms\", \"2min\"" },
    { -INFINITY, "-inf is not a time: write a number of seconds or e.g. \"10ms\", \"2min\"" },
};

START_TEST(not_every_number_is_a_time)
{
    SimTime t = 99;
    GError *error = NULL;

    ck_assert(!time_from_seconds(bad_seconds[_i].value, &t, &error));
    ck_assert_str_eq(error->message, bad_seconds[_i].message);
    ck_assert_int_eq(t, 99);
    g_error_free(error);
    ck_assert(!time_from_seconds(NAN, &t, NULL));
}
END_TEST

static const struct { SimTime t; const char *text; } times[] = {
    { 0, "0s" },           { 10 * MSEC, "10ms" },  { 1500 * MSEC, "1.5s" }, { 2 * MINUTE, "2min" },
    { 90 * SEC, "90s" },   { 60 * SEC, "60s" },    { HOUR, "1h" },          { 100 * MSEC, "100ms" },
    { 250 * USEC, "250us" }, { 1, "1ns" },         { 1234567, "1234567ns" }, { 240 * SEC, "4min" },
    { 30 * SEC, "30s" },   { SEC + 1, "1.000000001s" }, { -5 * MSEC, "-5ms" }, { NEVER, "never" },
};

START_TEST(times_are_written_short)
{
    char *text = time_to_text(times[_i].t);
    SimTime back;

    ck_assert_str_eq(text, times[_i].text);
    if (times[_i].t >= 0 && times[_i].t < NEVER) {
        ck_assert(parse_time(text, &back, NULL));
        ck_assert_int_eq(back, times[_i].t);
    }
    g_free(text);
}
END_TEST

/* --- rows ------------------------------------------------------------------------------------- */

typedef enum Fruit { APPLE, PEAR, PLUM } Fruit;
static const char *const fruits[] = { "apple", "pear", "plum", NULL };

typedef struct Config {
    bool     flag;
    uint64_t number, rate, size;
    SimTime  time;
    Prob     prob;
    Fruit    fruit;
    char    *string;
} Config;

static const Knob table[] = {
    { "flag", KNOB_BOOL, offsetof(Config, flag), 0, 0, NULL, "", "", false },
    { "number", KNOB_INT, offsetof(Config, number), 1, 100, NULL, "", "", false },
    { "rate", KNOB_RATE, offsetof(Config, rate), 0, 0, NULL, "", "", false },
    { "size", KNOB_SIZE, offsetof(Config, size), 512, 1 << 30, NULL, "", "", false },
    { "time", KNOB_TIME, offsetof(Config, time), MSEC, HOUR, NULL, "", "", false },
    { "prob", KNOB_PROB, offsetof(Config, prob), 0, 0, NULL, "", "", false },
    { "fruit", KNOB_ENUM, offsetof(Config, fruit), 0, 0, fruits, "", "", false },
    { "string", KNOB_STRING, offsetof(Config, string), 0, 0, NULL, "", "", false },
    { "custom", KNOB_CUSTOM, 0, 0, 0, NULL, "", "", false },
    { .name = NULL }
};

static const struct { const char *knob, *text, *back; } fields[] = {
    { "flag", "true", "true" },     { "flag", "off", "false" },     { "number", "42", "42" },
    { "rate", "10Mbit", "10Mbit" }, { "rate", "1.5Gbit", "1.5Gbit" }, { "rate", "1234", "1234bit" },
    { "rate", "0", "0bit" },       { "size", "64KiB", "64KiB" },   { "size", "1500", "1500B" },
    { "size", "1MB", "1MB" },       { "time", "1min", "60s" },      { "prob", "3%", "3%" },
    { "prob", "0.125", "12.5%" },   { "prob", "0", "0%" },          { "prob", "1", "100%" },
    { "fruit", "plum", "plum" },    { "string", "a b", "a b" },
};

START_TEST(a_field_reads_back_as_it_was_set)
{
    Config c = { .string = g_strdup("old") }, again = { 0 };
    const Knob *k = knob_find(table, fields[_i].knob);

    ck_assert(knob_set_text(k, &c, fields[_i].text, NULL));
    char *back = knob_get_text(k, &c);
    ck_assert_str_eq(back, fields[_i].back);
    ck_assert(knob_set_text(k, &again, back, NULL));
    char *twice = knob_get_text(k, &again);
    ck_assert_str_eq(twice, back);
    g_free(back);
    g_free(twice);
    g_free(c.string);
    g_free(again.string);
}
END_TEST

START_TEST(every_probability_reads_back_exactly)
{
    Rng r;
    Config c = { 0 }, again = { 0 };
    const Knob *k = knob_find(table, "prob");

    rng_init(&r, 1, "prob");
    for (int i = 0; i < 2000; i++) {
        c.prob = rng_u64(&r) >> (32 + i % 32);
        char *text = knob_get_text(k, &c);
        ck_assert(knob_set_text(k, &again, text, NULL));
        ck_assert_uint_eq(again.prob, c.prob);
        g_free(text);
    }
}
END_TEST

static const struct { const char *knob, *text, *message; } refused[] = {
    { "flag", "maybe", "flag: \"maybe\" is neither true nor false" },
    { "number", "0", "number: \"0\" is too small: at least 1" },
    { "number", "101", "number: \"101\" is too large: at most 100" },
    { "number", "1.5", "number: \"1.5\" is not a whole number: write e.g. 10" },
    { "number", "5ms", "number: \"5ms\" is not a whole number: write e.g. 10" },
    { "time", "1us", "time: \"1us\" is too small: at least 1ms" },
    { "time", "2h", "time: \"2h\" is too large: at most 1h" },
    { "time", "10mss", "time: \"10mss\" is not a time: write a number of seconds or e.g. \"10ms\", "
                       "\"2min\"" },
    { "size", "100", "size: \"100\" is too small: at least 512B" },
    { "fruit", "plumb",
      "fruit: \"plumb\" is not one of apple, pear, plum; did you mean \"plum\"?" },
    { "fruit", "kiwi", "fruit: \"kiwi\" is not one of apple, pear, plum" },
    { "custom", "x", "custom: cannot be said in a text" },
};

START_TEST(a_refused_value_leaves_the_field_alone)
{
    Config c = { .flag = true, .number = 7, .size = 700, .time = SEC, .fruit = PEAR }, before = c;
    GError *error = NULL;

    ck_assert(!knob_set_text(knob_find(table, refused[_i].knob), &c, refused[_i].text, &error));
    ck_assert_str_eq(error->message, refused[_i].message);
    ck_assert(c.flag == before.flag && c.number == before.number && c.size == before.size &&
              c.time == before.time && c.fruit == before.fruit);
    g_error_free(error);
}
END_TEST

static const struct { const char *knob; double value; const char *message; } numbers[] = {
    { "number", 42, NULL },
    { "number", 1.5, "number: 1.5 is not a whole number: write e.g. 10" },
    { "number", -1, "number: -1 is not a whole number: it is negative" },
    { "number", 1e30, "number: 1e+30 is not a whole number: it is too large" },
    { "time", 0.25, NULL },
    { "time", 0, "time: 0 is too small: at least 1ms" },
    { "rate", 1e7 / 3, NULL },
    { "rate", 0.1, "rate: 0.1 is not a rate: it is too small" },
    { "size", 1e6, NULL },
    { "size", 1000.5, "size: 1000.5 is not a size: it is no whole number of bytes" },
    { "prob", 0.03, NULL },
    { "prob", 3, "prob: 3 is not a probability: write a number from 0 to 1 or e.g. \"5%\"; did you "
                 "mean \"3%\"?" },
    { "flag", 1, "flag: 1 is a number, which it cannot be" },
    { "fruit", 1, "fruit: 1 is a number, which it cannot be" },
};

START_TEST(numbers_are_in_the_base_unit)
{
    Config c = { 0 };
    GError *error = NULL;
    bool ok = knob_set_number(knob_find(table, numbers[_i].knob), &c, numbers[_i].value, &error);

    ck_assert_int_eq(ok, numbers[_i].message == NULL);
    if (!ok)
        ck_assert_str_eq(error->message, numbers[_i].message);
    g_clear_error(&error);
    ck_assert(!knob_set_number(knob_find(table, "time"), &c, NAN, NULL));
}
END_TEST

START_TEST(truth_values_are_for_flags)
{
    Config c = { 0 };

    ck_assert(knob_set_bool(knob_find(table, "flag"), &c, true, NULL));
    ck_assert(c.flag);
    ck_assert(!knob_set_bool(knob_find(table, "time"), &c, true, NULL));
}
END_TEST

/* --- misspelt --------------------------------------------------------------------------------- */

static const struct { const char *said, *meant; } misspelt[] = {
    { "dealy", "delay" },       { "deley", "delay" },         { "Delay", "delay" },
    { "dleay", "delay" },       { "dup", "duplicate" },       { "lost", "loss" },
    { "distribtion", "distribution" }, { "crorupt", "corrupt" }, { "bandwidth", NULL },
    { "x", NULL },              { "", NULL },                 { "speed", NULL },
    { "queu", "queue" },        { "mut", "mtu" },
};

START_TEST(guesses_what_was_meant)
{
    GError *error = NULL;
    const char *said = misspelt[_i].said, *meant = misspelt[_i].meant;

    knob_set_unknown_error(&error, "link", link_knobs, said);
    char *start = meant != NULL
                      ? g_strdup_printf("link: no field '%s', did you mean '%s'? (fields: delay, ",
                                        said, meant)
                      : g_strdup_printf("link: no field '%s' (fields: delay, ", said);
    ck_assert_msg(g_str_has_prefix(error->message, start), "%s", error->message);
    ck_assert(g_error_matches(error, KNOB_ERROR, KNOB_ERROR_NAME));
    g_free(start);
    g_error_free(error);
    ck_assert_ptr_null(knob_find(link_knobs, said));
}
END_TEST

START_TEST(a_very_long_name_is_not_guessed)
{
    char name[3000];

    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    ck_assert_ptr_null(knob_nearest(fruits, name));
}
END_TEST

START_TEST(a_queue_is_packets_or_bytes)
{
    LinkConfig cfg = link_defaults;

    ck_assert(link_queue_from_text(&cfg, "50", NULL));
    ck_assert(cfg.queue == 50 && !cfg.queue_in_bytes);
    ck_assert(link_queue_from_text(&cfg, "64KiB", NULL));
    ck_assert(cfg.queue == 65536 && cfg.queue_in_bytes);
    ck_assert(link_queue_from_text(&cfg, "7 packets", NULL));
    ck_assert(cfg.queue == 7 && !cfg.queue_in_bytes);
    ck_assert(!link_queue_from_text(&cfg, "many", NULL));
    ck_assert(!link_queue_from_text(&cfg, "99999999999999999999", NULL));
    ck_assert(!link_queue_from_text(&cfg, "-1", NULL));
    ck_assert(cfg.queue == 7);
}
END_TEST

#define add_rows(tc, test, rows) tcase_add_loop_test(tc, test, 0, (int)G_N_ELEMENTS(rows))
Suite *knob_suite(void);
Suite *knob_suite(void)
{
    Suite *suite = suite_create("knob");
    TCase *tc = tcase_create("knob");
    add_rows(tc, reads_what_is_right, right);
    add_rows(tc, says_what_is_wrong_and_what_would_be_right, wrong);
    tcase_add_test(tc, the_locale_does_not_matter);
    add_rows(tc, seconds_are_rounded_to_the_nearest_nanosecond, seconds);
    add_rows(tc, not_every_number_is_a_time, bad_seconds);
    add_rows(tc, times_are_written_short, times);
    add_rows(tc, a_field_reads_back_as_it_was_set, fields);
    tcase_add_test(tc, every_probability_reads_back_exactly);
    add_rows(tc, a_refused_value_leaves_the_field_alone, refused);
    add_rows(tc, numbers_are_in_the_base_unit, numbers);
    tcase_add_test(tc, truth_values_are_for_flags);
    add_rows(tc, guesses_what_was_meant, misspelt);
    tcase_add_test(tc, a_very_long_name_is_not_guessed);
    tcase_add_test(tc, a_queue_is_packets_or_bytes);
    suite_add_tcase(suite, tc);
    return suite;
}
