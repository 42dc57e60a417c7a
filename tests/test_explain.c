/* test_explain.c - the words for reasons in two languages, and what is told of a packet's way. */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_run.h"
#include "sim/view/explain.h"
#include "sim/view/words.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *explain_suite(void);

static bool speaks_chinese(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0xe0)
            return true;
    return false;
}

START_TEST(every_reason_is_said_in_both_languages)
{
    for (int i = DROP_NONE + 1; i < DROP_COUNT; i++)
        ck_assert_msg(speaks_chinese(words_drop(true, (DropReason)i)), "%s",
                      drop_name((DropReason)i));
    for (int i = 0; i < SENT_COUNT; i++)
        ck_assert_msg(speaks_chinese(words_sent(true, (SentReason)i)), "%s",
                      sent_name((SentReason)i));
    ck_assert_str_eq(words_drop(false, DROP_LINK_DOWN), "the cable is unplugged");
}
END_TEST

/* A scenario, and what is told of it. */
typedef struct Told {
    ExplainOptions opt;
    Explain *explain;
    GString *text;
    bool any;
} Told;

static void begun(void *told_, World *world)
{
    Told *told = told_;

    told->explain = explain_new(world->sim, &told->opt, recorder_flows(world->recorder));
}

static void ended(void *told_, World *world)
{
    Told *told = told_;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    (void)world;
    told->any = explain_print(told->explain, out);
    fclose(out);
    g_string_append_len(told->text, text, (gssize)n);
    free(text);
    explain_free(told->explain);
}

static const char pair[] =
    "sim.defaults { arp = { warm = true }, tcp = { isn = 1000, delayed_ack = false } }\n"
    "local a, b = sim.host('a'), sim.host('b')\n"
    "local wire = sim.link(a, b, { delay = '10ms' })\n";

static char *tell(const char *scenario, uint64_t first, uint64_t last, bool chinese)
{
    Told told = { .opt = { first, last, chinese, false, 100 }, .text = g_string_new(NULL) };
    LuaHooks hooks = { .world_begun = begun, .world_ended = ended, .self = &told };
    RunOptions opt = run_defaults;
    LuaOutcome outcome;
    g_autofree char *text = g_strconcat(pair, scenario, NULL);

    LuaEnv *env = lua_env_new(&opt, &hooks, lua_open_all);
    lua_env_play_text(env, "x.lua", text, strlen(text), &outcome);
    ck_assert_ptr_null(outcome.error);
    lua_outcome_clear(&outcome);
    lua_env_free(env);
    return g_string_free(told.text, FALSE);
}

static void assert_told(const char *text, const char *wanted)
{
    ck_assert_msg(strstr(text, wanted) != NULL, "no \"%s\" in:\n%s", wanted, text);
}

static const char dialogue[] =
    "local l = b:listen(80)\n"
    "b:spawn(function() local c = l:accept(); c:recv(); c:close() end)\n"
    "local c = a:connect(b, 80)\n"
    "c:send('hello') c:recv() c:close() sim.settle()\n";

START_TEST(a_connection_is_told_step_by_step)
{
    g_autofree char *text = tell(dialogue, 1, 100, false);

    assert_told(text, "0.000  a  CLOSED -> SYN-SENT: program connects (RFC 9293 §3.10.1)\n");
    assert_told(text, "#1  0.000  a > b  [S] seq 0\n    sent: opens a connection (RFC 9293 §3.5)\n"
                      "    0.010  reaches b\n"
                      "        the checksum is right (RFC 9293 §3.1)\n"
                      "        no connection, but a listener: LISTEN, in the order of "
                      "RFC 9293 §3.10.7.2:\n"
                      "            1 RST: no\n            2 ACK: no\n            3 SYN: yes\n"
                      "            LISTEN -> SYN-RECEIVED: SYN arrives (RFC 9293 §3.10.7.2)\n"
                      "        => accepted\n");
    assert_told(text, "#2  0.010  b > a  [S.] seq 0 ack 1\n"
                      "    sent: accepts a SYN and sends its own (RFC 9293 §3.10.7.2)\n"
                      "    because of #1\n");
    assert_told(text, "            7 text: 5 bytes, in order\n            8 FIN: no\n");
    assert_told(text, "            8 FIN: yes\n"
                      "            ESTABLISHED -> CLOSE-WAIT: FIN arrives (RFC 9293 §3.10.7.4)\n");
}
END_TEST

START_TEST(in_chinese_too)
{
    g_autofree char *text = tell(dialogue, 1, 1, true);

    assert_told(text, "为什么发：发起连接（RFC 9293 §3.5）");
    assert_told(text, "3 SYN：有");
    ck_assert_ptr_null(strstr(text, "#2"));
}
END_TEST

START_TEST(losses_and_refusals_have_their_reasons)
{
    g_autofree char *lost = tell("wire:drop({ tcp = 'S' }, { count = 1 })\n"
                                 "a:connect(b, 80)\n",
                                 1, 100, false);
    g_autofree char *ghost = tell("a:send_raw { ip = { dst = '10.0.1.2' }, tcp = { dport = 80, "
                                  "sport = 9, flags = '.', seq = 5, ack = 7 } } sim.settle()\n",
                                  1, 100, false);

    assert_told(lost, "0.000  => lost on the wire behind a: dropped by a fault rule of the scenario");
    assert_told(lost, "1.000  a  the timer rto expires\n");
    assert_told(lost, "    sent: the SYN again: the timer expired (RFC 9293 §3.8.3)\n");
    assert_told(lost, "no connection and no listener: CLOSED, RFC 9293 §3.10.7.1:\n"
                      "            RST: no\n"
                      "        => refused by b: no connection, and nobody listens on this port");
    assert_told(lost, "        => obeyed: a valid reset: the connection was refused");
    assert_told(ghost, "sent: forged by the scenario");
}
END_TEST

START_TEST(a_range_beyond_the_end_is_empty)
{
    g_autofree char *text = tell(dialogue, 100, 200, false);

    ck_assert_str_eq(text, "");
}
END_TEST

Suite *explain_suite(void)
{
    Suite *s = suite_create("explain");
    TCase *tc = tcase_create("explain");

    tcase_add_test(tc, every_reason_is_said_in_both_languages);
    tcase_add_test(tc, a_connection_is_told_step_by_step);
    tcase_add_test(tc, in_chinese_too);
    tcase_add_test(tc, losses_and_refusals_have_their_reasons);
    tcase_add_test(tc, a_range_beyond_the_end_is_empty);
    suite_add_tcase(s, tc);
    return s;
}
