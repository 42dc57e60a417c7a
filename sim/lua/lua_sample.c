/*
 * lua_sample.c - sim.sample: a function asked every so often, and what it said, as a list.
 *
 * The timer is a background one: looking does not keep a world alive.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_net.h"
#include "sim/lua/lua_priv.h"

typedef struct Sample {
    World  *world;
    Timer   timer;
    SimTime every;
    int     function, rows; /* kept in the registry */
} Sample;

/* The function and its answer are on the stack: a row for the list. */
static void append_row(lua_State *L, const Sample *sample)
{
    if (!lua_istable(L, -1)) {
        lua_createtable(L, 0, 2);
        lua_insert(L, -2);
        lua_setfield(L, -2, "value");
    }
    lua_push_seconds(L, sim_now(sample->world->sim));
    lua_setfield(L, -2, "time");
    lua_rawgeti(L, LUA_REGISTRYINDEX, sample->rows);
    lua_insert(L, -2);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
}

static void ask(void *owner)
{
    Sample *sample = owner;
    lua_State *L = world_lua(sample->world);

    timer_set(&sample->timer, sample->every);
    luaL_checkstack(L, 6, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, sample->function);
    if (lua_callback(L, 0, 1, "sim.sample"))
        append_row(L, sample);
}

/* sim.sample(interval, f) -> rows: from the next instant on, every interval, f() */
static int l_sample(lua_State *L)
{
    World *world = lua_world(L);
    SimTime every = lua_check_time(L, 1);

    luaL_checktype(L, 2, LUA_TFUNCTION);
    if (every == 0)
        return lua_fail(L, "sim.sample: the interval is above zero");
    Sample *sample = g_new0(Sample, 1);
    *sample = (Sample){ .world = world, .every = every };
    if (world->parts->samples == NULL)
        world->parts->samples = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(world->parts->samples, sample);
    timer_init(&sample->timer, &world->sim->sched, ask, sample);
    timer_set_background(&sample->timer);
    timer_set(&sample->timer, 0);
    sample->function = lua_keep(L, 2);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    sample->rows = luaL_ref(L, LUA_REGISTRYINDEX);
    return 1;
}

void sample_clear(World *world)
{
    GPtrArray *samples = world->parts->samples;

    for (guint i = 0; samples != NULL && i < samples->len; i++) {
        Sample *sample = g_ptr_array_index(samples, i);
        timer_stop(&sample->timer);
        luaL_unref(world_lua(world), LUA_REGISTRYINDEX, sample->function);
        luaL_unref(world_lua(world), LUA_REGISTRYINDEX, sample->rows);
    }
    if (samples != NULL)
        g_ptr_array_free(samples, TRUE);
    world->parts->samples = NULL;
}

void sample_open(lua_State *L)
{
    lua_pushcfunction(L, l_sample);
    lua_setfield(L, -2, "sample");
}
