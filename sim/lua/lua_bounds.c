/*
 * lua_bounds.c - how far a scenario may go: memory, instructions, events, and the world outside.
 *
 * A count hook, which coroutines inherit, looks every thousand instructions. Once a bound is
 * reached it raises at every single one, so that no pcall holds it back. The first bound counts.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_priv.h"

#include <inttypes.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum {
    HOOK_STEP = 1000,
    GARBAGE = 4 << 20, /* bytes of it that may be there however little is alive */
    HEAP_LOOK = 128 /* the heap is looked at once in so many looks, for that takes microseconds */
};

/* Of the packets in all worlds that are being played. */
static uint64_t packet_memory(const World *world)
{
    uint64_t bytes = 0;

    for (; world != NULL; world = world->outer)
        bytes += world->sim->packets.bytes;
    return bytes;
}

/* "", or that a frame goes round: it has passed more switches than there are. */
static char *storm_text(const LuaEnv *env)
{
    for (const World *world = env->world; world != NULL; world = world->outer) {
        const Sim *sim = world->sim;
        unsigned switches = 0;
        for (guint i = 0; i < sim->nodes->len; i++)
            switches += ((const Node *)g_ptr_array_index(sim->nodes, i))->kind == NODE_SWITCH;
        if (sim->most_switched > switches)
            return g_strdup_printf("; a frame has passed switches %u times, %s the last of them, "
                                   "and there are only %u: they form a loop",
                                   sim->most_switched, sim->switched_at->name, switches);
    }
    return g_strdup("");
}

void bounds_trip(LuaEnv *env, Bound bound, const char *format, ...)
{
    va_list args;

    if (env->tripped != BOUND_NONE)
        return;
    env->tripped = bound;
    va_start(args, format);
    char *text = g_strdup_vprintf(format, args);
    va_end(args);
    bool limit = bound != BOUND_INTERRUPT && bound != BOUND_HORIZON; /* whose text is whole */
    char *storm = limit ? storm_text(env) : g_strdup("");
    env->trip_text = g_strdup_printf("%s%s%s", limit ? "limit: " : "", text, storm);
    g_free(storm);
    g_free(text);
    for (World *world = env->world; world != NULL; world = world->outer)
        world->sim->stop = true;
}

void bounds_trip_memory(LuaEnv *env)
{
    bounds_trip(env, BOUND_MEMORY,
                "more than %" PRIu64 " bytes of memory in use (--max-memory "
                "raises the limit)",
                env->opt.max_memory);
}

void *bounds_allocate(void *env_, void *p, size_t old, size_t size)
{
    LuaEnv *env = env_;

    if (p == NULL)
        old = 0; /* Lua says the kind of object there */
    if (size == 0) {
        env->memory -= old;
        return heap_allocate(&env->heap, p, old, 0);
    }
    /* What the binding itself allocates between two calls of the author's cannot fail: nobody would
     * catch the error. Refused once, Lua collects garbage and asks again. */
    bool guarded = env->running != NULL || env->callback_depth > 0;
    if (size > old && guarded && env->opt.max_memory > 0 && !env->ending &&
        env->memory + (size - old) > env->opt.max_memory) {
        if (env->out_of_memory || size > env->opt.max_memory)
            bounds_trip_memory(env);
        env->out_of_memory = true;
        env->refused = true;
        return NULL;
    }
    env->out_of_memory = false;
    env->memory += size - old;
    return heap_allocate(&env->heap, p, old, size);
}

/* The next when there may be so many times as much as is alive. */
static void pace(LuaEnv *env, size_t times)
{
    env->collect_at = env->memory + times * MAX(env->memory, GARBAGE);
    if (env->opt.max_memory > env->memory)
        env->collect_at = MIN(env->collect_at, (env->memory + env->opt.max_memory) / 2);
}

void bounds_pace(LuaEnv *env)
{
    pace(env, 1);
}

void bounds_collect(lua_State *L, LuaEnv *env)
{
    size_t before = env->memory;

    lua_gc(L, LUA_GCCOLLECT);
    pace(env, env->memory > before / 4 * 3 ? 4 : 1);
}

void bounds_raise(lua_State *L)
{
    LuaEnv *env = lua_env(L);

    if (env->tripped == BOUND_NONE || env->ending)
        return;
    if (!env->trip_placed) {
        char *place = lua_place(L);
        char *text = g_strdup_printf("%s: %s", place, env->trip_text);
        g_free(env->trip_text);
        g_free(place);
        env->trip_text = text;
        env->trip_placed = true;
    }
    lua_pushstring(L, env->trip_text);
    lua_error(L);
}

/* What the C library does not see of the chunks of Lua and of the worlds. */
static uint64_t mapped_memory(const LuaEnv *env)
{
    uint64_t bytes = heap_mapped(&env->heap);

    for (const World *world = env->world; world != NULL; world = world->outer)
        bytes += heap_mapped(&world->sim->heap);
    return bytes;
}

/* All that the process holds: nodes, rules, buffers, reports, worlds that were played. Lua's own
 * and packets are reckoned exactly, and the same everywhere; this is the brake for everything
 * else. */
static void heap_check(LuaEnv *env)
{
    if (++env->heap_looks % HEAP_LOOK != 0 || env->opt.max_memory == 0)
        return;
#if defined __GLIBC__ && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    struct mallinfo2 heap = mallinfo2();
    if (heap.uordblks + heap.hblkhd + mapped_memory(env) > env->opt.max_memory)
        bounds_trip_memory(env);
#endif
}

void bounds_see_signals(LuaEnv *env)
{
    Bound why = (Bound)env->pending;

    if (why == BOUND_WALL)
        bounds_trip(env, why, "the wall clock's limit is over (--wall-limit raises it)");
    else if (why != BOUND_NONE)
        bounds_trip(env, why, "interrupted");
}

static void count_hook(lua_State *L, lua_Debug *ar)
{
    LuaEnv *env = lua_env(L);

    (void)ar;
    bounds_see_signals(env);
    bounds_collect_if_due(L, env);
    heap_check(env);
    uint64_t events = env->world->sim->sched.events;
    if (env->seen_events != events) {
        env->seen_events = events;
        env->instructions = 0;
        env->beat++;
    }
    env->instructions += HOOK_STEP;
    if (env->opt.max_instructions > 0 && env->instructions > env->opt.max_instructions)
        bounds_trip(env, BOUND_INSTRUCTIONS,
                    "%" PRIu64 " instructions without the simulation "
                    "advancing (--max-instructions raises the limit)",
                    env->opt.max_instructions);
    if (env->tripped == BOUND_NONE || env->ending)
        return;
    lua_sethook(L, count_hook, LUA_MASKCOUNT, 1);
    bounds_raise(L);
}

void bounds_watch(lua_State *L)
{
    lua_sethook(L, count_hook, LUA_MASKCOUNT, HOOK_STEP);
}

void bounds_check(LuaEnv *env)
{
    env->beat++;
    bounds_see_signals(env);
    heap_check(env);
    if (env->opt.max_events > 0 && env->progress >= env->opt.max_events)
        bounds_trip(env, BOUND_EVENTS, "%" PRIu64 " events (--max-events raises the limit)",
                    env->opt.max_events);
    if (env->opt.max_memory > 0 && env->memory + packet_memory(env->world) > env->opt.max_memory)
        bounds_trip_memory(env);
}
