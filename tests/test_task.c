/*
 * test_task.c - tasks: who runs when, what waits, how they end.
 */
/* SPDX-License-Identifier: MIT */
#include "support/play.h"

#include <check.h>
#include <string.h>

static const struct { const char *text, *printed; } order[] = {
    { "sim.sleep '1s' print(sim.now()) sim.sleep(0.5) print(sim.now())", "1.0\n1.5\n" },
    { "sim.spawn(function() print 'task' end) print 'file' sim.sleep(0) print 'file again'",
      "file\ntask\nfile again\n" },
    { "for i = 1, 3 do sim.spawn(function() print(i) sim.sleep(1) print(i) end) end", "1\n2\n3\n1\n2\n3\n" },
    { "local t = sim.spawn(function() sim.sleep(2) return 'a', 'b' end) print(t:wait(), sim.now())",
      "a\t2.0\n" },
    { "local t = sim.spawn(function() sim.sleep(2) return nil, 'b', 3 end) print(t:wait()) print(t:wait())",
      "nil\tb\t3\nnil\tb\t3\n" },
    { "local t = sim.spawn(function() end) sim.sleep(1) print(t:wait())", "nil\n" },
    { "local t = sim.spawn(function() sim.sleep(9) end) print(t:wait { timeout = '1s' }) print(sim.now())",
      "nil\tTIMEOUT\n1.0\n" },
    { "local x = 0 sim.spawn(function() for i = 1, 5 do sim.sleep(1) x = i end end) "
      "print(sim.wait(function() return x == 3 end), sim.now())", "true\t3.0\n" },
    { "print(sim.wait(function() return true end))", "true\n" },
    { "print(sim.wait(function() return false end, { timeout = 2 })) print(sim.now())",
      "nil\tTIMEOUT\n2.0\n" },
    { "sim.spawn(function() sim.sleep(7) end) sim.settle() print(sim.now()) sim.settle() "
      "print(sim.now())", "7.0\n7.0\n" },
    { "sim.spawn(function() sim.sleep(3) print 'after the end' end) print 'end'", "end\nafter the end\n" },
    { "print(sim.spawn(function() sim.sleep(1) end)) sim.sleep(2)", "task<1 ready>\n" },
    { "print(pcall(function() sim.sleep(1) error 'x' end)) print(sim.now())", "false\tx.lua:1: x\n1.0\n" },
    { "local x <close> = setmetatable({}, { __close = function() print 'closed' end }) sim.sleep(1)",
      "closed\n" },
    { "local p = sim.params { a = 1, b = 'x' } print(p.a, p.b)", "1\tx\n" },
    { "sim.note 'plain' sim.note { 'english', zh = 'chinese' }", "note: plain\nnote: english\n" },
    { "sim.table { 'T', columns = { 'k', 'number' }, rows = { { 'a', 1 }, { 'bbb', 22 } } }",
      "T\nk    number\na         1\nbbb      22\n" },
    { "sim.on('sim:noted', function(e) print(e.name, e.time, e.text) end) sim.sleep(1) sim.note 'n' "
      "print 'first'", "note: n\nfirst\nsim:noted\t1.0\tn\n" },
};

START_TEST(tasks_run_in_order)
{
    play_prints(order[_i].text, order[_i].printed);
}
END_TEST

static const struct { const char *text, *error; } wrong[] = {
    { "coroutine.wrap(function() sim.sleep(1) end)()", "x.lua:1: 'sleep' waits, and a coroutine of your own" },
    { "sim.wait(function() sim.sleep(1) end)", "x.lua:1: 'sleep' waits, and a callback (sim.wait)" },
    { "sim.always('a', function() sim.settle() end) sim.sleep(1)", "a callback (sim.always)" },
    { "table.sort({ 2, 1 }, function(a, b) sim.sleep(1) return a < b end)", "a callback of a library function" },
    { "('x'):gsub('x', function() sim.sleep(1) end)", "a callback of a library function" },
    { "sim.spawn(function()\nerror 'oops' end) sim.sleep(1)", "x.lua:2: oops" },
    { "sim.spawn(1)", "function expected" },
    { "sim.sleep('10mss')", "x.lua:1: " },
    { "sim.sleep(-1)", "x.lua:1: " },
    { "sim.sleep {}", "time" },
    { "local t t = sim.spawn(function() t:wait() end) sim.sleep(1)", "cannot wait for itself" },
    { "local t = sim.spawn(function() end) t:wiat()", "task: no field 'wiat', did you mean 'wait'?" },
    { "local t = sim.spawn(function() end) t.x = 1", "the fields of a task cannot be set" },
    { "local t = sim.spawn(function() end) t:wait { timeuot = 1 }", "no field 'timeuot', did you mean 'timeout'?" },
    { "local p = sim.params { a = 1 } print(p.b)", "no parameter 'b'" },
    { "sim.on('sim:ntoed', print)", "no event 'sim:ntoed', did you mean 'sim:noted'?" },
    { "sim.lesson { 'T', qestion = 'x' }", "no field 'qestion', did you mean 'question'?" },
    { "local t = sim.play(function() return sim.spawn(function() end) end).value t:wait()", "no more" },
    { "local t = sim.spawn(function() end) sim.play(function() t:wait() end)", "another world" },
    { "sim.play(function() error 'inside' end)", "x.lua:1: inside" },
    { "sim.play('../x.lua')", "is not a .lua file beside this one" },
    { "sim.play('nowhere.lua')", "nowhere.lua: there is no such file" },
    { "sim.play(function() end, {}, { sede = 1 })", "no field 'sede', did you mean 'seed'?" },
};

START_TEST(mistakes_name_their_line)
{
    play_errs(wrong[_i].text, wrong[_i].error);
}
END_TEST

START_TEST(a_file_that_waits_for_ever_has_failed)
{
    Played played = play_alone("check(true)\n\nsim.wait(function() return false end)", NULL);

    ck_assert_uint_eq(played.outcome.checks, 2);
    ck_assert_uint_eq(played.outcome.failed, 1);
    const Failure *failure = g_ptr_array_index(played.outcome.failures, 0);
    ck_assert_str_eq(failure->file, "x.lua");
    ck_assert_int_eq(failure->line, 3);
    played_clear(&played);
}
END_TEST

START_TEST(a_spawned_task_may_wait_for_ever)
{
    Played played = play_alone("sim.spawn(function()\nsim.wait(function() return false end) end)", NULL);

    ck_assert_uint_eq(played.outcome.failed, 0);
    ck_assert_uint_eq(played.outcome.waiting->len, 1);
    ck_assert_str_eq(g_ptr_array_index(played.outcome.waiting, 0), "x.lua:2: task 1 still waits");
    played_clear(&played);
}
END_TEST

/* Who holds its handle asks it long after; else nothing is left of it. */
START_TEST(a_task_that_is_over_takes_no_memory)
{
    RunOptions opt = play_options();
    opt.max_memory = 8u << 20;
    opt.max_events = 1000000;
    Played played = play_alone("local first = sim.spawn(function() return 'a', 'b' end)\n"
                               "for _ = 1, 60000 do sim.spawn(function() sim.sleep(.01) end) sim.sleep(.02) end\n"
                               "print(first, first:wait())",
                               &opt);

    ck_assert_ptr_null(played.outcome.bound_text);
    ck_assert_str_eq(played.printed->str, "task<1 over>\ta\tb\n");
    played_clear(&played);
}
END_TEST

START_TEST(parameters_are_set_from_outside)
{
    RunOptions opt = play_options();
    opt.sets = g_ptr_array_new();
    g_ptr_array_add(opt.sets, (char[]){ "a=5" });
    g_ptr_array_add(opt.sets, (char[]){ "name=y=z" });
    g_ptr_array_add(opt.sets, (char[]){ "c=false" });

    Played played = play_alone("local p = sim.params { a = 1, name = 'x', c = true } print(p.a + 1, p.name, p.c)",
                               &opt);
    ck_assert_str_eq(played.printed->str, "6\ty=z\tfalse\n");
    played_clear(&played);
    played = play_alone("sim.params { a = 1, nmae = 'x', c = true } sim.sleep(1) print 'no'", &opt);
    ck_assert_str_eq(played.outcome.error, "--set name: x.lua has no such parameter, did you mean "
                                           "'nmae'? (it has: a, c, nmae)");
    ck_assert(!played.outcome.loaded);
    ck_assert_str_eq(played.printed->str, "");
    played_clear(&played);
    played = play_alone("sim.params { a = 1, name = 'x', c = 2 }", &opt);
    ck_assert_ptr_nonnull(strstr(played.outcome.error, "--set c=false"));
    played_clear(&played);
    g_ptr_array_free(opt.sets, TRUE);
}
END_TEST

START_TEST(a_played_world_is_its_own)
{
    play_prints("sim.sleep(1) local run = sim.play(function(p) print(p.a, sim.now()) sim.sleep(9) "
                "return math.random(1000) end, { a = 'A' }) "
                "print(run.ok, run.time, sim.now()) "
                "local r = {} for i = 1, 3 do r[i] = sim.play(function() return math.random(1000) end, "
                "{}, { seed = i % 2 }).value end print(r[1] == r[3], r[1] == r[2])",
                "A\t0.0\ntrue\t9.0\t1.0\ntrue\tfalse\n");
    Played played = play_alone("local r = sim.play(function() check(false, 'inner') end, nil, "
                               "{ may_fail = true }) print(r.ok, r.failures[1]) "
                               "sim.play(function() check(false, 'counts') end)", NULL);
    ck_assert_str_eq(played.printed->str, "false\tx.lua:1: inner\n");
    ck_assert_uint_eq(played.outcome.checks, 2);
    ck_assert_uint_eq(played.outcome.failed, 1);
    ck_assert_uint_eq(played.outcome.failures->len, 1);
    played_clear(&played);
}
END_TEST

START_TEST(an_error_in_mid_run_counts_as_loaded)
{
    Played played = play_alone("sim.sleep(1) error 'late'", NULL);
    ck_assert(played.outcome.loaded);
    played_clear(&played);
    played = play_alone("error 'early'", NULL);
    ck_assert(!played.outcome.loaded);
    played_clear(&played);
}
END_TEST

Suite *task_suite(void);
Suite *task_suite(void)
{
    Suite *suite = suite_create("task");
    TCase *tc = tcase_create("task");

    tcase_add_loop_test(tc, tasks_run_in_order, 0, G_N_ELEMENTS(order));
    tcase_add_loop_test(tc, mistakes_name_their_line, 0, G_N_ELEMENTS(wrong));
    tcase_add_test(tc, a_file_that_waits_for_ever_has_failed);
    tcase_add_test(tc, a_spawned_task_may_wait_for_ever);
    tcase_add_test(tc, a_task_that_is_over_takes_no_memory);
    tcase_add_test(tc, parameters_are_set_from_outside);
    tcase_add_test(tc, a_played_world_is_its_own);
    tcase_add_test(tc, an_error_in_mid_run_counts_as_loaded);
    suite_add_tcase(suite, tc);
    return suite;
}
