/*
 * lua_world.c - the life of a world: begun empty, played by its file's task, ended.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_priv.h"

#include <string.h>

/* Between two looks at the bounds. */
enum { EVENTS_AT_ONCE = 4096 };

World *world_begin(LuaEnv *env, uint64_t seed, const char *file)
{
    World *world = g_new0(World, 1);
    WorldParts *parts = g_new0(WorldParts, 1);

    world->env = env;
    world->sim = sim_new(seed);
    world->sim->eager = env->opt.eager;
    world->outer = env->world;
    world->opt = &env->opt;
    world->defaults = stack_config_default();
    world->recorder = recorder_new(world->sim);
    world->file = g_intern_string(file);
    world->parts = parts;
    parts->number = env->worlds->len;
    parts->coroutines = g_array_new(FALSE, FALSE, sizeof(int));
    parts->conditions = g_ptr_array_new();
    parts->objects = g_ptr_array_new();
    parts->let_go = g_array_new(FALSE, FALSE, sizeof(int));
    parts->failures = g_ptr_array_new_with_free_func(failure_free);
    parts->params = g_ptr_array_new_with_free_func(g_free);
    parts->param_text = g_ptr_array_new_with_free_func(g_free);
    parts->flip = g_ptr_array_new_with_free_func(g_free);
    parts->given_ref = LUA_NOREF;
    lua_newtable(env->L);
    parts->objects_ref = luaL_ref(env->L, LUA_REGISTRYINDEX);
    lua_newtable(env->L);
    parts->kept_ref = luaL_ref(env->L, LUA_REGISTRYINDEX);
    lua_newtable(env->L);
    parts->modules_ref = luaL_ref(env->L, LUA_REGISTRYINDEX);
    sim_rng(world->sim, "lua:random", &parts->random);
    g_ptr_array_add(env->worlds, world);
    env->world = world;
    if (env->hooks.world_begun != NULL)
        env->hooks.world_begun(env->hooks.self, world);
    return world;
}

lua_State *world_lua(World *world)
{
    return world->env->callbacks;
}

static int push_text(lua_State *L)
{
    order_push_text(L, 1);
    return 1;
}

void world_fail(World *world, lua_State *L)
{
    WorldParts *parts = world->parts;
    lua_State *to = world_lua(world);

    char *place = lua_place(L);

    /* The message may be an object with a __tostring of the author's, and L a dead coroutine. */
    lua_pushcfunction(to, push_text);
    if (L == to)
        lua_insert(to, -2);
    else
        lua_xmove(L, to, 1);
    world->env->callback_depth++;
    lua_pcall(to, 1, 1, 0);
    world->env->callback_depth--;
    const char *text = lua_tostring(to, -1);
    /* Buffers of Lua's library say so themselves, without asking a second time. */
    if (text != NULL && world->env->refused && g_str_has_suffix(text, "not enough memory"))
        bounds_trip_memory(world->env);
    if (parts->error == NULL && world->env->tripped == BOUND_NONE) {
        char *full = require_full_names(world->env, text != NULL ? text : "an error without text");
        if (require_names_file(world->env, full))
            parts->error = g_strdup(full);
        else
            parts->error = g_strdup_printf("%s: %s", place, full);
        g_free(full);
    }
    lua_pop(to, 1);
    g_free(place);
    world->sim->stop = true;
}

static void after_event(void *world_)
{
    World *world = world_;

    tasks_check_conditions(world);
    check_run_watches(world);
    sim_run_callbacks(world);
}

void world_watch(World *world)
{
    const WorldParts *parts = world->parts;
    bool wanted = parts->conditions->len > 0 || parts->watches != NULL || parts->heard != NULL;

    world->sim->after_event = wanted ? after_event : NULL;
    world->sim->after_self = world;
}

/* Goes on until all is over, the horizon or a bound is reached, or an error has come. */
static SimEnd run_to_end(World *world)
{
    LuaEnv *env = world->env;

    for (;;) {
        uint64_t before = world->sim->sched.events, slice = EVENTS_AT_ONCE;
        if (env->opt.max_events > 0)
            slice = MIN(slice, env->opt.max_events - MIN(env->progress, env->opt.max_events));
        SimEnd end = slice > 0 ? sim_run(world->sim, world->opt->until, slice) : SIM_MAX_EVENTS;
        env->progress += world->sim->sched.events - before;
        if (end != SIM_DRAINED)
            bounds_check(env);
        if (env->tripped != BOUND_NONE || world->parts->error != NULL)
            return SIM_STOPPED;
        if (end == SIM_DRAINED && world->parts->settling.head != NULL)
            waitq_wake(&world->parts->settling);
        else if (end == SIM_DRAINED || end == SIM_HORIZON)
            return end;
    }
}

WorldEnd world_play(World *world, lua_State *L)
{
    WorldParts *parts = world->parts;

    parts->file_task = task_new(L, -1, NULL);
    lua_pop(L, 2);
    SimEnd end = run_to_end(world);
    bool over = task_over(parts->file_task);
    if (end == SIM_HORIZON && !over) {
        char *until = time_to_text(world->opt->until), *place = task_place(parts->file_task);
        bounds_trip(world->env, BOUND_HORIZON,
                    "%s: limit: the file still waited at the horizon, %s "
                    "(--until moves it)",
                    place, until);
        world->env->trip_placed = true;
        g_free(until);
        g_free(place);
    }
    if (end == SIM_DRAINED && !over)
        check_never_ended(world);
    if (parts->error != NULL)
        return WORLD_ERROR;
    return world->env->tripped != BOUND_NONE ? WORLD_BOUND : WORLD_ENDED;
}

void world_tell_end(World *world)
{
    LuaEnv *env = world->env;

    env->telling = true;
    if (!world->parts->told && env->hooks.world_ended != NULL)
        env->hooks.world_ended(env->hooks.self, world);
    world->parts->told = true;
    env->telling = false;
}

void world_end(World *world)
{
    LuaEnv *env = world->env;
    WorldParts *parts = world->parts;
    Trace *trace = &world->sim->trace;

    world_tell_end(world);
    /* From here on nobody looks: what handles do when they are given up is no part of the run. */
    env->ending = true;
    world->sim->after_event = NULL;
    g_array_set_size(trace->sinks, 0);
    trace->heard = 0;
    task_end_all(world);
    objects_end(world);
    sim_clear(world);
    check_clear(world);
    luaL_unref(env->L, LUA_REGISTRYINDEX, parts->modules_ref);
    luaL_unref(env->L, LUA_REGISTRYINDEX, parts->given_ref);
    recorder_free(world->recorder);
    sim_free(world->sim);
    world->sim = NULL;
    world->recorder = NULL;
    g_array_free(parts->let_go, TRUE);
    g_array_free(parts->coroutines, TRUE);
    g_ptr_array_free(parts->conditions, TRUE);
    g_ptr_array_free(parts->params, TRUE);
    g_ptr_array_free(parts->param_text, TRUE);
    g_ptr_array_free(parts->flip, TRUE);
    env->world = world->outer;
    env->ending = false;
}

void world_free(void *world_)
{
    World *world = world_;

    g_ptr_array_free(world->parts->failures, TRUE);
    g_free(world->parts->error);
    g_free(world->parts);
    g_free(world);
}
