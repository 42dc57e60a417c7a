/*
 * test_meta.c - the editor's stub says what there is, no more and no less.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_meta.h"
#include "sim/lua/lua_priv.h"
#include "sim/view/knobs.h"

#include <check.h>
#include <string.h>

START_TEST(every_function_has_a_row_and_every_row_a_function)
{
    LuaEnv *env = lua_env_new(&run_defaults, NULL, lua_open_all);
    char *differences = meta_differences(env);

    ck_assert_str_eq(differences, "");
    g_free(differences);
    lua_env_free(env);
}
END_TEST

START_TEST(the_stub_is_lua)
{
    lua_State *L = luaL_newstate();
    GString *stub = g_string_new(NULL);

    meta_write(stub);
    ck_assert(g_str_has_prefix(stub->str, "---@meta stacklab\n"));
    ck_assert_ptr_nonnull(strstr(stub->str, "---@field handshake? \"three-way\"|\"two-way\""));
    ck_assert_ptr_nonnull(strstr(stub->str, "---@async\n---@param time Time\nfunction sim.sleep(time) end"));
    ck_assert_msg(luaL_loadstring(L, stub->str) == LUA_OK, "%s", lua_tostring(L, -1));
    g_string_free(stub, TRUE);
    lua_close(L);
}
END_TEST

/* How docs/events.md has to begin its row. */
static void append_row(GString *out, const TracePoint *point)
{
    static const char *const categories[] = { "link", "drop", "arp", "ip", "udp", "tcp",
                                              "timer", "metrics", "app", "sim", "check", "step" };
    static const char *const types[] = { [TV_NONE] = "", [TV_INT] = "integer", [TV_TIME] = "time",
                                         [TV_STR] = "text", [TV_BOOL] = "boolean" };

    g_string_append_printf(out, "\n| `%s` | %s | ", point->name,
                           categories[g_bit_nth_lsf(point->category, -1)]);
    for (int i = 0; i < TRACE_MAX_FIELDS && point->fields[i].name != NULL; i++)
        g_string_append_printf(out, "%s`%s` %s", i > 0 ? ", " : "", point->fields[i].name,
                               types[point->fields[i].type]);
    g_string_append(out, " | ");
}

START_TEST(every_event_is_documented_with_its_fields)
{
    size_t n, len;
    const TracePoint *const *points = listen_points(&n);
    GString *row = g_string_new(NULL);
    char *text;
    unsigned rows = 0;

    ck_assert(g_file_get_contents(SOURCE_DIR "/docs/events.md", &text, &len, NULL));
    for (size_t i = 0; i < n; i++) {
        g_string_truncate(row, 0);
        append_row(row, points[i]);
        ck_assert_msg(strstr(text, row->str) != NULL, "docs/events.md has no row%s", row->str);
    }
    const char *end = strstr(text, "## The same by other names");
    for (const char *p = text; (p = strstr(p, "\n| `")) != NULL && p < end; p++)
        rows++;
    ck_assert_uint_eq(rows, n);
    g_string_free(row, TRUE);
    g_free(text);
}
END_TEST

/* Each would stand twice in the event's JSON object. */
START_TEST(no_field_is_called_as_what_every_event_has)
{
    static const char *const taken[] = { "t", "event", "node", "port", "length" };
    size_t n;
    const TracePoint *const *points = listen_points(&n);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < G_N_ELEMENTS(taken); k++)
            ck_assert_msg(trace_field(points[i], taken[k]) < 0, "%s: %s", points[i]->name,
                          taken[k]);
}
END_TEST

START_TEST(every_knob_has_its_meaning_source_and_unit)
{
    char *gaps = knobs_gaps();

    ck_assert_msg(*gaps == '\0', "%s", gaps);
    g_free(gaps);
}
END_TEST

START_TEST(the_knobs_are_documented_as_they_are)
{
    GString *now = g_string_new(NULL);
    char *text;

    knobs_document(now);
    ck_assert(g_file_get_contents(SOURCE_DIR "/docs/knobs.md", &text, NULL, NULL));
    ck_assert_msg(strcmp(text, now->str) == 0,
                  "the knobs have changed: stacklab knobs --markdown >docs/knobs.md");
    g_string_free(now, TRUE);
    g_free(text);
}
END_TEST

/* Some rows in full: that the columns say what the tables do. */
START_TEST(a_knob_is_found_by_its_name_or_its_meaning)
{
    GString *out = g_string_new(NULL);

    ck_assert_uint_eq(knobs_list("TCP.min_rto", out), 1);
    ck_assert_str_eq(out->str, "tcp.min_rto = 1s (linux: 200ms)\n"
                               "    Least retransmission timeout.\n"
                               "    time, 0s to 1h; RFC 6298 §2.4; Linux: TCP_RTO_MIN\n");
    g_string_truncate(out, 0);
    ck_assert_uint_ge(knobs_list("keep-alive", out), 3);
    ck_assert_ptr_nonnull(strstr(out->str, "tcp.keepalive_probes = 9\n"));
    g_string_truncate(out, 0);
    ck_assert_uint_eq(knobs_list("no such word", out), 0);
    ck_assert_str_eq(out->str, "");
    ck_assert_uint_ge(knobs_list(NULL, out), 60);
    g_string_free(out, TRUE);
}
END_TEST

Suite *meta_suite(void);
Suite *meta_suite(void)
{
    Suite *suite = suite_create("meta");
    TCase *tc = tcase_create("meta");

    tcase_add_test(tc, every_function_has_a_row_and_every_row_a_function);
    tcase_add_test(tc, the_stub_is_lua);
    tcase_add_test(tc, every_event_is_documented_with_its_fields);
    tcase_add_test(tc, no_field_is_called_as_what_every_event_has);
    tcase_add_test(tc, every_knob_has_its_meaning_source_and_unit);
    tcase_add_test(tc, the_knobs_are_documented_as_they_are);
    tcase_add_test(tc, a_knob_is_found_by_its_name_or_its_meaning);
    suite_add_tcase(suite, tc);
    return suite;
}
