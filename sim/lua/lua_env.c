/*
 * lua_env.c - one lua_State from its making to its outcome.
 *
 * Everything runs under one lua_pcall: what no task and no callback catches (memory, mostly) ends
 * there.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_priv.h"

#include <string.h>

const RunOptions run_defaults = {
    .seed = 1,
    .until = HOUR,
    .max_events = 50000000,
    .max_memory = 1024u * 1024 * 1024,
    .max_instructions = 200000000,
    .waiting = true,
};

typedef struct Opening {
    LuaEnv *env;
    void (*open)(lua_State *L);
} Opening;

/* The globals, and `sim` with all that the parts of the binding put into it. */
static int open_state(lua_State *L)
{
    const Opening *opening = lua_touserdata(L, 1);

    sandbox_open(L);
    lua_newtable(L);
    opening->open(L);
    lua_setglobal(L, "sim");
    sandbox_seal(L);
    return 0;
}

LuaEnv *lua_env_new(const RunOptions *opt, const LuaHooks *hooks, void (*open)(lua_State *L))
{
    LuaEnv *env = g_new0(LuaEnv, 1);
    Opening opening = { env, open };

    env->opt = *opt;
    if (hooks != NULL)
        env->hooks = *hooks;
    env->worlds = g_ptr_array_new_with_free_func(world_free);
    env->files = g_ptr_array_new_with_free_func(g_free);
    env->heap.spread = true; /* a handle for each host, and none of them busy */
    env->L = lua_newstate(bounds_allocate, env);
    *(LuaEnv **)lua_getextraspace(env->L) = env;
    lua_gc(env->L, LUA_GCSTOP);
    bounds_pace(env);
    lua_pushcfunction(env->L, open_state);
    lua_pushlightuserdata(env->L, &opening);
    int status = lua_pcall(env->L, 1, 0, 0);
    g_assert(status == LUA_OK);
    bounds_watch(env->L);
    env->callbacks = lua_newthread(env->L);
    lua_rawsetp(env->L, LUA_REGISTRYINDEX, env);
    return env;
}

typedef struct Playing {
    LuaEnv *env;
    const char *file, *text; /* text NULL: read it from the file */
    size_t len;
} Playing;

static int play(lua_State *L)
{
    const Playing *playing = lua_touserdata(L, 1);
    World *world = world_begin(playing->env, playing->env->opt.seed, playing->file);

    if (playing->text == NULL)
        require_load_file(L, playing->file);
    else if (require_load(L, playing->file, playing->text, playing->len) != LUA_OK)
        lua_error(L);
    world_play(world, L);
    return 0;
}

static void tell_waiting(World *world, GPtrArray *out)
{
    for (const Task *task = NULL; (task = task_next(world, task)) != NULL;) {
        if (task == world->parts->file_task)
            continue;
        char *place = task_place(task);
        g_ptr_array_add(out,
                        g_strdup_printf("%s: task %u still waits", place, task_number(task)));
        g_free(place);
    }
}

static void fill_outcome(LuaEnv *env, World *world, LuaOutcome *out)
{
    WorldParts *parts = world->parts;

    *out = (LuaOutcome){ .error = g_strdup(parts->error) };
    out->loaded = parts->loaded;
    out->failures = parts->failures;
    parts->failures = g_ptr_array_new_with_free_func(failure_free);
    out->params = g_steal_pointer(&parts->param_text);
    parts->param_text = g_ptr_array_new_with_free_func(g_free);
    out->flip = g_steal_pointer(&parts->flip);
    parts->flip = g_ptr_array_new_with_free_func(g_free);
    out->checks = world->checks;
    out->failed = world->failed;
    out->waiting = g_ptr_array_new_with_free_func(g_free);
    if (env->opt.waiting)
        tell_waiting(world, out->waiting);
    out->events = env->progress;
    env->told = true;
}

/* What is left behind may have been told already, all but the bound that it reached since. */
static void tell_outcome(LuaEnv *env, LuaOutcome *out)
{
    World *world = g_ptr_array_index(env->worlds, 0);

    env->telling = true;
    if (!env->told)
        fill_outcome(env, world, out);
    if (out->bound == BOUND_NONE && env->tripped != BOUND_NONE) {
        out->bound = env->tripped;
        out->bound_text = env->trip_placed
                              ? g_strdup(env->trip_text)
                              : g_strdup_printf("%s: %s", world->file, env->trip_text);
    }
    env->telling = false;
}

void lua_env_play_text(LuaEnv *env, const char *file, const char *text, size_t len, LuaOutcome *out)
{
    Playing playing = { env, file, text, len };

    g_assert(env->world == NULL);
    lua_pushcfunction(env->L, play);
    lua_pushlightuserdata(env->L, &playing);
    int status = lua_pcall(env->L, 1, 0, 0);
    env->running = NULL;
    env->callback_depth = 0;
    World *world = g_ptr_array_index(env->worlds, 0);
    if (status == LUA_ERRMEM)
        bounds_trip_memory(env);
    if (status != LUA_OK)
        world_fail(world, env->L);
    tell_outcome(env, out);
    while (env->world != NULL)
        world_end(env->world);
}

void lua_env_play(LuaEnv *env, const char *file, LuaOutcome *out)
{
    lua_env_play_text(env, file, NULL, 0, out);
}

void lua_env_abandon(LuaEnv *env, LuaOutcome *out)
{
    bounds_see_signals(env);
    tell_outcome(env, out);
    for (World *world = env->world; world != NULL; world = world->outer)
        world_tell_end(world);
}

void lua_env_stop(LuaEnv *env, Bound why)
{
    env->pending = (sig_atomic_t)why;
}

bool lua_env_telling(const LuaEnv *env)
{
    return env->telling;
}

int lua_env_beat(const LuaEnv *env)
{
    return (int)env->beat;
}

void lua_env_free(LuaEnv *env)
{
    lua_close(env->L);
    heap_clear(&env->heap);
    g_ptr_array_free(env->worlds, TRUE);
    g_ptr_array_free(env->files, TRUE);
    g_free(env->trip_text);
    g_free(env);
}

void failure_free(void *failure_)
{
    Failure *failure = failure_;

    g_free(failure->file);
    g_free(failure->message);
    g_free(failure->block);
    g_free(failure);
}

void lua_outcome_clear(LuaOutcome *out)
{
    g_free(out->error);
    g_free(out->bound_text);
    g_ptr_array_free(out->failures, TRUE);
    g_ptr_array_free(out->waiting, TRUE);
    g_ptr_array_free(out->params, TRUE);
    g_ptr_array_free(out->flip, TRUE);
    *out = (LuaOutcome){ 0 };
}
