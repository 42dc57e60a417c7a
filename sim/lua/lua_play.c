/*
 * lua_play.c - sim.play: another scenario to its end, in a world of its own, while this one's clock
 * stands still.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_priv.h"

#include <string.h>

typedef struct PlayOptions {
    uint64_t seed;
    bool may_fail;
} PlayOptions;

static const Knob play_knobs[] = { { "seed", KNOB_INT, offsetof(PlayOptions, seed), 0, 0, NULL,
                                     "the world's seed", "", false },
                                   { "may_fail", KNOB_BOOL, offsetof(PlayOptions, may_fail), 0, 0,
                                     NULL, "a failed check there only clears run.ok", "", false },
                                   { NULL, KNOB_BOOL, 0, 0, 0, NULL, NULL, NULL, false } };

/* The path of a file beside the one that plays it; newly allocated. */
static char *play_path(lua_State *L, const World *world, const char *name)
{
    if (name[0] == '/' || strstr(name, "..") != NULL || !g_str_has_suffix(name, ".lua"))
        lua_fail(L, "sim.play: '%s' is not a .lua file beside this one or below", name);
    char *folder = g_path_get_dirname(world->file);
    char *path = strcmp(folder, ".") == 0 ? g_strdup(name) : g_build_filename(folder, name, NULL);
    g_free(folder);
    return path;
}

/* run.value, ok, checks, failures, time, in a table on top */
static void push_run(lua_State *L, const World *played)
{
    const WorldParts *parts = played->parts;

    lua_createtable(L, 0, 5);
    task_push_value(L, parts->file_task);
    lua_setfield(L, -2, "value");
    lua_pushboolean(L, played->failed == 0);
    lua_setfield(L, -2, "ok");
    lua_pushinteger(L, (lua_Integer)played->checks);
    lua_setfield(L, -2, "checks");
    lua_pushnumber(L, (lua_Number)sim_now(played->sim) / (lua_Number)SEC);
    lua_setfield(L, -2, "time");
    lua_createtable(L, (int)parts->failures->len, 0);
    for (guint i = 0; i < parts->failures->len; i++) {
        const Failure *failure = g_ptr_array_index(parts->failures, i);
        lua_pushfstring(L, "%s:%d: %s", failure->file, failure->line, failure->message);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "failures");
}

/* What was checked in the played world counts in the one that played it. */
static void take_over(World *world, World *played, bool may_fail)
{
    world->checks += played->checks;
    if (may_fail)
        return;
    world->failed += played->failed;
    GPtrArray *failures = played->parts->failures;
    while (failures->len > 0)
        g_ptr_array_add(world->parts->failures, g_ptr_array_steal_index(failures, 0));
}

/* The function to play is on top, its parameters at 2, unless it gets them itself. */
static int play(lua_State *L, World *world, const char *file, const PlayOptions *opt, bool given)
{
    World *played = world_begin(world->env, opt->seed, file);

    if (given) {
        lua_pushvalue(L, 2);
        played->parts->given_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    WorldEnd end = world_play(played, L);
    push_run(L, played);
    world_end(played);
    take_over(world, played, opt->may_fail);
    if (end == WORLD_ERROR) {
        lua_pushstring(L, played->parts->error);
        return lua_error(L);
    }
    bounds_raise(L);
    return 1;
}

static int k_value(lua_State *L, int status, lua_KContext ctx)
{
    (void)L;
    (void)status;
    (void)ctx;
    return 1;
}

/* A task's function gets nothing; so the parameters (upvalue 2) are bound to the author's (1). */
static int call_with_params(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_callk(L, 1, 1, 0, k_value);
    return 1;
}

/* sim.play(file or function [, params [, { seed = N, may_fail = false }]]) -> run */
static int l_play(lua_State *L)
{
    World *world = lua_world(L);
    PlayOptions opt = { world->sim->seed, false };

    luaL_checkstack(L, 20, NULL);
    lua_settop(L, 3);
    if (world->env->callback_depth > 0)
        return lua_fail(L, "sim.play: a callback cannot play a scenario");
    if (!lua_isnil(L, 2))
        luaL_checktype(L, 2, LUA_TTABLE);
    lua_options(L, 3, "sim.play", play_knobs, &opt, NULL);
    if (lua_isfunction(L, 1)) {
        lua_pushvalue(L, 1);
        if (lua_isnil(L, 2))
            lua_newtable(L);
        else
            lua_pushvalue(L, 2);
        lua_pushcclosure(L, call_with_params, 2);
        return play(L, world, world->file, &opt, false);
    }
    char *path = play_path(L, world, luaL_checkstring(L, 1));
    const char *file = g_intern_string(path);
    g_free(path);
    if (!g_file_test(file, G_FILE_TEST_EXISTS))
        return lua_fail(L, "sim.play: %s: there is no such file", file);
    require_load_file(L, file);
    return play(L, world, file, &opt, !lua_isnil(L, 2));
}

void play_open(lua_State *L)
{
    lua_pushcfunction(L, l_play);
    lua_setfield(L, -2, "play");
}
