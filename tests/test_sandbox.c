/*
 * test_sandbox.c - what a scenario gets of Lua: the same in every run, bounded, and nothing of the machine.
 */
/* SPDX-License-Identifier: MIT */
#include "support/play.h"

#include <check.h>
#include <string.h>

static const struct { const char *text, *printed; } the_same[] = {
    { "for k, v in pairs { z = 1, a = 2, [3] = 3, [1] = 4, [true] = 5, [2.5] = 6, [false] = 7 } do "
      "print(k, v) end", "1\t4\n2.5\t6\n3\t3\na\t2\nz\t1\nfalse\t7\ntrue\t5\n" },
    { "local t = { a = 1, b = 2, c = 3 } for k in pairs(t) do print(k) t.b = nil end", "a\nc\n" },
    { "local t, k = { b = 1, a = 2 }, nil repeat k = next(t, k) print(k) until not k", "a\nb\nnil\n" },
    { "print(next {})", "nil\n" },
    { "print('a\\0b', 'c')", "a?b\tc\n" },
    { "local t = { 5, 2, 9, 2, 1 } table.sort(t) print(table.concat(t, ' '))", "1 2 2 5 9\n" },
    { "local t = { math.maxinteger, -1, math.mininteger, 0, 7 } table.sort(t)\n"
      "print(t[1] == math.mininteger, t[2], t[3], t[4], t[5] == math.maxinteger)",
      "true\t-1\t0\t7\ttrue\n" },
    { "local t = { 3, 2.5, 1, 2 } table.sort(t) print(table.concat(t, ' '))", "1 2 2.5 3\n" },
    { "local t = {} for i = 1, 9 do t[i] = { k = i % 3, i = i } end "
      "table.sort(t, function(a, b) return a.k < b.k end) "
      "for i = 1, 9 do t[i] = t[i].i end print(table.concat(t, ' '))", "3 6 9 1 4 7 2 5 8\n" },
    { "local a, b = {}, print print(b, a, b, {})", "function: 1\ttable: 2\tfunction: 1\ttable: 3\n" },
    { "local a = {} print(string.format('%s %p %5.1f %d %q %%', a, a, 2.25, 3, 'x'))",
      "table: 1 table: 1   2.2 3 \"x\" %\n" },
    { "print(('%-4s|%4s'):format(true, nil))", "true| nil\n" },
    { "print(setmetatable({}, { __tostring = function() return 'mine' end }))", "mine\n" },
    { "print(xpcall(error, function(m) return 'caught ' .. m end, 'x'))", "false\tcaught x\n" },
    { "print(xpcall(function(...) return ... end, print, 1, 2))", "true\t1\t2\n" },
    { "print(load('return 1 + 1')(), load('return x', 'c', 't', { x = 7 })())", "2\t7\n" },
    { "print(load('\\27Lua'))", "nil\tattempt to load a binary chunk (mode is 't')\n" },
    { "local g = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end) "
      "print(g(1), g(5))", "2\t10\n" },
    { "print(pcall(coroutine.wrap(function() error('deep', 0) end)))", "false\tdeep\n" },
    { "print(math.random(6) == math.random(6), math.type(math.random(0)), math.random() < 1)",
      "false\tinteger\ttrue\n" },
    { "print(sim.number '10ms', sim.number '64KiB', sim.number '10Mbit', sim.number '5%', "
      "sim.number '7')", "0.01\t65536\t10000000\t0.05\t7\n" },
};

START_TEST(is_the_same_in_every_run)
{
    play_prints(the_same[_i].text, the_same[_i].printed);
}
END_TEST

static const struct { const char *text, *error; } refused[] = {
    { "print(clint)", "x.lua:1: no global 'clint'" },
    { "local client = 1\nprint(clinet)", "x.lua:2: no global 'clinet', did you mean 'client'?" },
    { "local client = 1\nlocal function f() return client + clinet end f()", "did you mean 'client'?" },
    { "x = 1", "x.lua:1: global 'x' is set, but was never declared" },
    { "sim = 1", "x.lua:1: global 'sim' is set" },
    { "print = 1", "x.lua:1: global 'print' is set" },
    { "sim.sleeep(1)", "x.lua:1: there is no sim.sleeep, did you mean sim.sleep?" },
    { "sim.x = 1", "x.lua:1: the fields of 'sim' cannot be set" },
    { "io.open('/etc/passwd')", "there is no 'io' in a scenario" },
    { "os.exit(0)", "there is no 'os'" },
    { "debug.getinfo(1)", "there is no 'debug'" },
    { "package.path = ''", "there is no 'package'" },
    { "dofile 'x'", "there is no 'dofile'" },
    { "loadfile 'x'", "there is no 'loadfile'" },
    { "collectgarbage 'count'", "there is no 'collectgarbage'" },
    { "_G.x = 1", "there is no '_G'" },
    { "string.dump(print)", "nil value (field 'dump')" },
    { "math.randomseed(1)", "--seed" },
    { "math.sin(1)", "math.sin is the machine's own" },
    { "setmetatable({}, { __gc = print })", "'__gc'" },
    { "setmetatable({}, { __mode = 'k' })", "'__mode'" },
    { "for k in pairs { [{}] = 1 } do end", "x.lua:1: a table as a key has no place" },
    { "next { [print] = 1 }", "a function as a key has no place" },
    { "require '../secret'", "x.lua:1: require: '../secret' is not the name of a module" },
    { "require '/etc/passwd'", "is not the name of a module" },
    { "require 'a..b'", "is not the name of a module" },
    { "require 'nowhere'", "x.lua:1: require: no module 'nowhere' (looked for nowhere.lua, ../lib/nowhere.lua)" },
    { "local = 1", "x.lua:1: " },
    { "\n\nlocal t = nil .. 'x'", "x.lua:3: attempt to concatenate a nil value" },
    { "error { code = 1 }", "x.lua:1: table: 1" },
    { "error(setmetatable({}, { __tostring = function() return 'mine' end }))", "x.lua:1: mine" },
    { "error('bare', 0)", "x.lua:1: bare" },
    { "coroutine.yield()", "x.lua:1: coroutine.yield outside a coroutine of your own" },
    { "coroutine.resume(coroutine.running())", "bad argument #1 to 'resume'" },
};

START_TEST(refuses_what_is_not_for_scenarios)
{
    play_errs(refused[_i].text, refused[_i].error);
}
END_TEST

static const struct { const char *text; Bound bound; const char *how; } endless[] = {
    { "while true do end", BOUND_INSTRUCTIONS, "--max-instructions" },
    { "while true do pcall(function() while true do end end) end", BOUND_INSTRUCTIONS, "x.lua:1: limit" },
    { "local co = coroutine.wrap(function() while true do pcall(function() while true do end end) end "
      "end) while true do pcall(co) end", BOUND_INSTRUCTIONS, "--max-instructions" },
    { "local function spin() while true do end end while true do xpcall(spin, spin) end",
      BOUND_INSTRUCTIONS, "--max-instructions" },
    { "table.sort({ 2, 1 }, function() while true do end end)", BOUND_INSTRUCTIONS, "limit" },
    { "sim.wait(function() while true do end end)", BOUND_INSTRUCTIONS, "limit" },
    { "sim.play(function() while true do pcall(function() while true do end end) end end)",
      BOUND_INSTRUCTIONS, "limit" },
    { "local t = {} while true do pcall(function() for i = 1, 1e9 do t[#t + 1] = ('x'):rep(1000) .. i "
      "end end) end", BOUND_MEMORY, "--max-memory" },
    { "while true do pcall(string.rep, 'x', 1e9) end", BOUND_MEMORY, "--max-memory" },
    { "while true do sim.sleep(0) end", BOUND_EVENTS, "--max-events" },
    { "while true do sim.play(function() for i = 1, 1000 do sim.sleep(1) end end) end", BOUND_EVENTS,
      "--max-events" },
    { "while true do sim.spawn(function() sim.sleep(1) end) end", BOUND_MEMORY, "--max-memory" },
    { "local s = ('x'):rep(1000000) while true do s = s:gsub('x', 'xxxx') end", BOUND_MEMORY,
      "--max-memory" },
    { "sim.sleep '2h'", BOUND_HORIZON, "x.lua:1: limit: the file still waited at the horizon, 1h" },
};

START_TEST(bounds_hold)
{
    Played played = play_alone(endless[_i].text, NULL);

    ck_assert_msg(played.outcome.error == NULL, "%s", played.outcome.error);
    ck_assert_int_eq(played.outcome.bound, endless[_i].bound);
    ck_assert_msg(strstr(played.outcome.bound_text, endless[_i].how) != NULL, "%s",
                  played.outcome.bound_text);
    played_clear(&played);
}
END_TEST

START_TEST(chance_comes_from_the_seed)
{
    const char *text = "for i = 1, 20 do print(math.random(1000)) end";
    RunOptions opt = play_options();
    Played first = play_alone(text, &opt), again = play_alone(text, &opt);

    opt.seed = 2;
    Played other = play_alone(text, &opt);
    ck_assert_str_eq(first.printed->str, again.printed->str);
    ck_assert_str_ne(first.printed->str, other.printed->str);
    played_clear(&first);
    played_clear(&again);
    played_clear(&other);
}
END_TEST

START_TEST(a_stop_from_outside_ends_it)
{
    RunOptions opt = play_options();
    LuaEnv *env = lua_env_new(&opt, NULL, lua_open_task);
    const char *text = "while true do pcall(function() while true do end end) end";
    LuaOutcome outcome;

    lua_env_stop(env, BOUND_WALL);
    lua_env_play_text(env, "x.lua", text, strlen(text), &outcome);
    ck_assert_int_eq(outcome.bound, BOUND_WALL);
    ck_assert_ptr_nonnull(strstr(outcome.bound_text, "--wall-limit"));
    lua_outcome_clear(&outcome);
    lua_env_free(env);
}
END_TEST

START_TEST(long_file_names_are_whole_in_errors)
{
    const char *file = "a/very/long/folder/name/that/lua/would/cut/because/it/is/long/scenario.lua";
    RunOptions opt = play_options();
    LuaEnv *env = lua_env_new(&opt, NULL, lua_open_task);
    const char *text = "local x = nil .. 'y'";
    LuaOutcome outcome;

    lua_env_play_text(env, file, text, strlen(text), &outcome);
    ck_assert(g_str_has_prefix(outcome.error, file));
    ck_assert_ptr_nonnull(strstr(outcome.error, "scenario.lua:1: attempt"));
    lua_outcome_clear(&outcome);
    lua_env_free(env);
}
END_TEST

Suite *sandbox_suite(void);
Suite *sandbox_suite(void)
{
    Suite *suite = suite_create("sandbox");
    TCase *tc = tcase_create("sandbox");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, is_the_same_in_every_run, 0, G_N_ELEMENTS(the_same));
    tcase_add_loop_test(tc, refuses_what_is_not_for_scenarios, 0, G_N_ELEMENTS(refused));
    tcase_add_loop_test(tc, bounds_hold, 0, G_N_ELEMENTS(endless));
    tcase_add_test(tc, chance_comes_from_the_seed);
    tcase_add_test(tc, a_stop_from_outside_ends_it);
    tcase_add_test(tc, long_file_names_are_whole_in_errors);
    suite_add_tcase(suite, tc);
    return suite;
}
