/*
 * play.c - a scenario given as text, played for a test.
 */
/* SPDX-License-Identifier: MIT */
#include "support/play.h"

#include <check.h>
#include <string.h>

static void print(void *printed, const char *text)
{
    g_string_append(printed, text);
}

static void note(void *printed, World *world, const char *text)
{
    (void)world;
    g_string_append_printf(printed, "note: %s\n", text);
}

static void open_alone(lua_State *L)
{
    lua_open_task(L);
    lua_open_sim(L);
    lua_open_check(L);
}

static Played play(const char *text, const RunOptions *opt, void (*open)(lua_State *L))
{
    RunOptions own = play_options();
    Played played = { .printed = g_string_new(NULL) };
    LuaHooks hooks = { .print = print, .note = note, .self = played.printed };
    LuaEnv *env = lua_env_new(opt != NULL ? opt : &own, &hooks, open);

    lua_env_play_text(env, "x.lua", text, strlen(text), &played.outcome);
    lua_env_free(env);
    return played;
}

RunOptions play_options(void)
{
    RunOptions opt = run_defaults;

    opt.max_instructions = 1000000;
    opt.max_memory = 32 * 1024 * 1024;
    opt.max_events = 100000;
    return opt;
}

Played play_alone(const char *text, const RunOptions *opt)
{
    return play(text, opt, open_alone);
}

Played play_net(const char *text, const RunOptions *opt)
{
    return play(text, opt, lua_open_all);
}

void played_clear(Played *played)
{
    lua_outcome_clear(&played->outcome);
    g_string_free(played->printed, TRUE);
}

void play_prints(const char *text, const char *printed)
{
    Played played = play_alone(text, NULL);

    ck_assert_msg(played.outcome.error == NULL, "%s", played.outcome.error);
    ck_assert_msg(played.outcome.bound == BOUND_NONE, "%s", played.outcome.bound_text);
    ck_assert_uint_eq(played.outcome.failed, 0);
    ck_assert_str_eq(played.printed->str, printed);
    played_clear(&played);
}

void play_errs(const char *text, const char *error)
{
    Played played = play_alone(text, NULL);

    ck_assert_msg(played.outcome.error != NULL, "no error, but one like: %s", error);
    ck_assert_msg(strstr(played.outcome.error, error) != NULL, "got: %s\nwanted: %s",
                  played.outcome.error, error);
    played_clear(&played);
}
