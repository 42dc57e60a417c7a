/*
 * test_lua_env.c - handles, option tables, checks and failure blocks, on small worlds.
 */
/* SPDX-License-Identifier: MIT */
#include "support/play.h"

#include <check.h>
#include <string.h>

#define PAIR "local a, b = sim.host('a'), sim.host('b') local l = sim.link(a, b, { delay = '1ms' }) "

static const struct { const char *text, *error; } wrong[] = {
    { PAIR "print(a.namee)", "x.lua:1: host: no field 'namee'" },
    { PAIR "a:pign(b)", "host: no field 'pign', did you mean 'ping'?" },
    { PAIR "a.name = 'c'", "the fields of a host cannot be set" },
    { PAIR "l:drop(nil, { cuont = 1 })", "no field 'cuont', did you mean 'count'?" },
    { PAIR "l:drop(nil, { [1] = 1 })", "options have names" },
    { PAIR "l:drop(nil, 5)", "options are a table" },
    { PAIR "l:drop(nil, { ['count\\0x'] = 1 })", "x.lua:1: drop: 'count' is followed by a zero byte" },
    { PAIR "l:set{ rate = '1Mbit\\0x' }", "'1Mbit' is followed by a zero byte" },
    { PAIR "sim.link(a, b, { rate = '1Mbit' }) sim.link(a, b, { ['rate\\0'] = '1Mbit' })",
      "'rate' is followed by a zero byte" },
    { PAIR "sim.sleep('1ms\\0')", "'1ms' is followed by a zero byte" },
    { PAIR "l:drop(nil, { count = {} })", "'count' cannot be a table" },
    { PAIR "l:drop(nil, { count = 'x' })", "x.lua:1: drop: " },
    { PAIR "sim.play(function() a:ping(b) end)", "this host belongs to another world" },
    { "local h = sim.play(function() return sim.host 'a' end).value print(h) h:ping(h)", "this host is no more" },
    { PAIR "check.trace(a, [[ 0.000 nonsense ]])", "x.lua:1: " },
    { PAIR "check.trace({ a }, '')", "check.trace looks at a host, a link, or" },
    { PAIR "sim.record(false) check.trace(a, '')", "nothing is recorded" },
    { PAIR "sim.on('link:lost', function() sim.sleep(1) end) l:drop({ icmp = true }) a:ping(b, { count = 1 })",
      "a callback (sim.on) cannot" },
    { PAIR "local c = a:connect(b, 80) c:send 'x'",
      "nil value (local 'c'); the last call that failed here returned nil, \"ECONNREFUSED\"" },
    { PAIR "local s = a:udp() local data = s:recvfrom{ timeout = 1 } print(data:upper())",
      "(local 'data'); the last call that failed here returned nil, \"TIMEOUT\"" },
    { PAIR "l:drop(function() error 'in the filter' end) a:ping(b)", "x.lua:1: in the filter" },
    { PAIR "l:drop(function() sim.sleep(1) end) a:ping(b)", "a callback (filter) cannot" },
};

START_TEST(mistakes_are_named)
{
    Played played = play_net(wrong[_i].text, NULL);

    ck_assert_msg(played.outcome.error != NULL, "no error, but one like: %s", wrong[_i].error);
    ck_assert_msg(strstr(played.outcome.error, wrong[_i].error) != NULL, "got: %s\nwanted: %s",
                  played.outcome.error, wrong[_i].error);
    played_clear(&played);
}
END_TEST

static const struct { const char *text, *printed; } fine[] = {
    { PAIR "sim.sleep(0) print(a, b, a == sim.spawn)", "host<a>\thost<b>\tfalse\n" },
    { PAIR "local seen = {} sim.on('link:delivered', function(e) seen[#seen + 1] = e.node end) "
      "a:ping(b, { count = 1 }) print(seen[1] == b, seen[#seen] == a)", "true\ttrue\n" },
    { PAIR "local t = { [b] = 'b', [a] = 'a' } for k, v in pairs(t) do print(v) end", "a\nb\n" },
    { PAIR "a:spawn(function() sim.sleep(5) print 'never' end) sim.sleep(1) a:crash() sim.sleep(9) "
      "print 'end'", "end\n" },
    { PAIR "local t = a:spawn(function() sim.sleep(5) end) sim.sleep(1) a:crash() print(t:wait())",
      "nil\tKILLED\n" },
    { PAIR "a:spawn(function() a:crash() print 'still' sim.sleep(1) print 'never' end) sim.sleep(3)",
      "still\n" },
    { PAIR "b:spawn(function() local c = b:listen(80):accept() print(c:recv('all')) end) "
      "do local c <close> = a:connect(b, 80) c:send 'hello' end sim.settle()", "hello\n" },
    { PAIR "a:ping(b, { count = 1 }) print(check.trace({ a, b }, [[\n"
      " 0.000 arp request 10.0.1.2\n 0.002 icmp echo-request\n ...\n]]))", "false\n" },
};

START_TEST(handles_work)
{
    Played played = play_net(fine[_i].text, NULL);

    ck_assert_msg(played.outcome.error == NULL, "%s", played.outcome.error);
    ck_assert_str_eq(played.printed->str, fine[_i].printed);
    played_clear(&played);
}
END_TEST

START_TEST(a_failure_shows_what_was_around_it)
{
    RunOptions opt = play_options();
    opt.seed = 42;
    opt.sets = g_ptr_array_new();
    g_ptr_array_add(opt.sets, (char[]){ "k=two words" });
    Played played = play_net("local p = sim.params { k = 'v' }\n" PAIR "\na:ping(b, { count = 1 })\n"
                             "check.equal({ 1, x = 'y' }, { 2 }, 'why not')", &opt);

    ck_assert_uint_eq(played.outcome.failed, 1);
    const Failure *failure = g_ptr_array_index(played.outcome.failures, 0);
    ck_assert_str_eq(failure->message, "why not");
    ck_assert(g_str_has_prefix(failure->block,
                               "x.lua:4: FAIL: why not\n"
                               "  at 0.004000000 s, seed 42: got { 1, x = \"y\" }, expected { 2 }\n"
                               "  > 0.000  arp request 10.0.1.2\n"));
    ck_assert(g_str_has_suffix(failure->block,
                               "  replay: stacklab run --seed 42 --set 'k=two words' x.lua\n"));
    ck_assert_ptr_nonnull(strstr(failure->block, "echo-reply"));
    played_clear(&played);
    g_ptr_array_free(opt.sets, TRUE);
}
END_TEST

static const struct { const char *text; unsigned checks, failed; } counted[] = {
    { "check(true) check(false) check(nil) check(0)", 4, 2 },
    { "check.equal(1, 1.0) check.equal('1', 1) check.equal({}, {}) check.equal({ { 1 } }, { { 2 } })", 4, 2 },
    { "check.near(1.13 + 7, 8.13, 0) check.near(8.130000001, 8.13, 0)", 2, 1 },
    { "check.near(1, 1.05, 0.1) check.near(1, 2, 0.5) check.near(nil, 1, 1) check.near(0.01, '10ms', '1us')", 4, 2 },
    { "local x = 0 sim.always('small', function() return x < 3 end) sim.never('big', function() return x > 7 end) "
      "for i = 1, 5 do x = i sim.sleep(1) end", 2, 1 },
    { PAIR "check.trace(a, '0.000 a > b [S]')", 1, 1 }, /* nobody has an address yet */
    { "local x = 1 sim.spawn(function() sim.sleep(1) x = 9 end) sim.never('nine', function() return x == 9 end)", 1, 1 },
};

START_TEST(checks_are_counted)
{
    Played played = play_net(counted[_i].text, NULL);

    ck_assert_msg(played.outcome.error == NULL, "%s", played.outcome.error);
    ck_assert_uint_eq(played.outcome.checks, counted[_i].checks);
    ck_assert_uint_eq(played.outcome.failed, counted[_i].failed);
    ck_assert_uint_eq(played.outcome.failures->len, counted[_i].failed);
    played_clear(&played);
}
END_TEST

Suite *lua_env_suite(void);
Suite *lua_env_suite(void)
{
    Suite *suite = suite_create("lua_env");
    TCase *tc = tcase_create("lua_env");

    tcase_add_loop_test(tc, mistakes_are_named, 0, G_N_ELEMENTS(wrong));
    tcase_add_loop_test(tc, handles_work, 0, G_N_ELEMENTS(fine));
    tcase_add_test(tc, a_failure_shows_what_was_around_it);
    tcase_add_loop_test(tc, checks_are_counted, 0, G_N_ELEMENTS(counted));
    suite_add_tcase(suite, tc);
    return suite;
}
