/*
 * lua_env.h - the ground on which the binding stands: the sandbox, worlds, option tables, tasks,
 * errors.
 *
 * One LuaEnv holds one lua_State and the stack of worlds being played in it (sim.play nests). The
 * global `sim` always means the innermost. Everything that a library function of the binding needs
 * from its surroundings is here.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/autoconf.h"
#include "sim/view/filter.h"
#include "sim/view/record.h"

#include <lua.h>
#include <lauxlib.h>

typedef struct LuaEnv LuaEnv;
typedef struct World World;
typedef struct WorldParts WorldParts;
typedef struct Task Task;

/* --- limits and options of a run -------------------------------------------------------------- */

typedef struct RunOptions {
    uint64_t     seed;
    GPtrArray   *sets;             /* of char * "key=value", in order; may be NULL */
    SimTime      until;            /* horizon; 1 h unless said */
    uint64_t     max_events;       /* 0: none */
    uint64_t     max_memory;       /* bytes, Lua's and the world's */
    uint64_t     max_instructions; /* Lua instructions without the simulation advancing */
    bool         eager;            /* every byte is written and every sum computed, see packet.h */
    bool         chinese;
    bool         waiting;          /* the outcome says which tasks wait at the end */
} RunOptions;
extern const RunOptions run_defaults;

/* --- a world ---------------------------------------------------------------------------------- */

struct World {
    LuaEnv           *env;
    Sim              *sim;
    World            *outer;     /* that of the sim.play around this one; NULL */
    const RunOptions *opt;
    StackConfig       defaults;  /* sim.defaults */
    Recorder         *recorder;
    const char       *file;      /* the scenario's file as given */
    unsigned          checks, failed; /* so far */
    WorldParts       *parts;     /* lua_priv.h: for tasks, checks and sim.* alone */
};

World *lua_world(lua_State *L);  /* the innermost; never NULL inside a scenario */
Sim   *lua_sim(lua_State *L);

/* The state on which callbacks from inside the simulation run (filters, modify, sim.on). It lives
 * as long as the world; the state that a library function gets may be a task's and die before. */
lua_State *world_lua(World *world);

/* The end of a world, be it sim.play's or the run's: tasks are ended, every handle's gc is called,
 * and then the Sim is freed with all its links and rules, while the lua_State still lives. Handles
 * that outlive it raise when used. */

/* --- errors: what the author did -------------------------------------------------------------- */

/* Raises "file:line: message" with the line of the innermost frame of a scenario's file. */
int lua_fail(lua_State *L, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* "file:line", where the innermost frame of a scenario's file is; newly allocated. Without one: the
 * file. */
char *lua_place(lua_State *L);
/* The same without the file's folder, for what gets into events and captures: their bytes must not
 * depend on where one stands. */
char *lua_short_place(lua_State *L);
/* Raises the GError's message likewise, and frees it. */
int lua_fail_gerror(lua_State *L, GError *error);
/* Pushes what tostring gives of a value, for a message, and returns it: a table is "table: 1",
 * never an address (lua_order.c). */
const char *order_text(lua_State *L, int arg);
/* nil, NAME: what the network did. Returns 2. */
int lua_net_error(lua_State *L, NetError err);
int lua_timed_out(lua_State *L); /* nil, "TIMEOUT" likewise */
/* autoconf_settle, its error raised. */
void lua_settle(lua_State *L);
/* A check that failed here: counted and reported with its place, without stopping the scenario. */
void lua_check_failed(lua_State *L, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* One that failed outside of any call: at the place that made it. */
void lua_check_failed_at(World *world, const char *place, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* --- arguments -------------------------------------------------------------------------------- */

/* Reads a strict option table at `arg` (none or nil: nothing to do) into config through its knobs.
 * `what` begins the messages ("link"). custom, which may be NULL, gets the fields of KNOB_CUSTOM
 * with the value on top of the stack. An unknown field raises with the nearest name. */
typedef void (*LuaCustomKnob)(lua_State *L, const Knob *knob, void *config);
void lua_options(lua_State *L, int arg, const char *what, const Knob *knobs, void *config,
                 LuaCustomKnob custom);

SimTime     lua_check_time(lua_State *L, int arg); /* number of seconds, or text with a unit */
uint64_t    lua_check_size(lua_State *L, int arg);
/* A string, or { "English", zh = "..." }: in the run's language; stays on the stack. */
const char *lua_check_text(lua_State *L, int arg);
/* "a number", "nothing", or the object as it prints, for a message; pushes what it needs. */
const char *lua_kind(lua_State *L, int arg);
/* Takes { timeout = T } at `arg` (may be absent): the deadline, or NEVER. Other fields raise. */
SimTime     lua_check_deadline(lua_State *L, int arg);

/* --- objects ---------------------------------------------------------------------------------- */
/* Handles of things that live as long as their world (nodes, interfaces, links, rules) or are owned
 * by their handle (conns, sockets). One userdata per thing, kept by the world: the same thing is
 * always the same value. `type` is a metatable made with lua_class. */

typedef struct LuaObject {
    const struct LuaObject *self; /* what only our userdata begin with */
    const struct LuaClass *class;
    void    *p;
    uint32_t serial; /* in order of making: deterministic pairs, tostring */
    uint32_t world;  /* its number */
} LuaObject;

/* Makes the metatable `type`: methods (a luaL_Reg list), properties read by `index` when no method
 * has that name (may be NULL; pushes one value and returns 1, or 0: "no field" error), __tostring
 * by `text`, __gc / __close by `gc` (may be NULL; must not touch the wire). */
void lua_class(lua_State *L, const char *type, const luaL_Reg *methods,
               int (*index)(lua_State *L, void *p, const char *name),
               void (*text)(lua_State *L, void *p, GString *out), void (*gc)(void *p));
void  lua_push_object(lua_State *L, const char *type, void *p); /* p NULL pushes nil */
/* The same of what lives in the innermost world and has room for where its handle is kept. */
void  lua_push_placed(lua_State *L, const char *type, void *p, int *handle);
/* The same of a new thing of `size` bytes, all zero, that lives in its handle, and so as long as
 * the world; it is not found again. */
void *lua_push_own_object(lua_State *L, const char *type, size_t size);
void *lua_check_object(lua_State *L, int arg, const char *type);
void *lua_test_object(lua_State *L, int arg, const char *type); /* NULL if it is something else */
/* What the handle at `arg` stands for, that of a call which checked it before it waited: NULL if
 * it is no more. */
static inline void *lua_object(lua_State *L, int arg)
{
    return ((const LuaObject *)lua_touserdata(L, arg))->p;
}
void  lua_forget_object(lua_State *L, void *p);

/* A node of whatever kind ("host", "router" and "switch" are three classes). */
Node *lua_check_node(lua_State *L, int arg);
Node *lua_test_node(lua_State *L, int arg);

/* A function that sits at `arg`, kept; call pushes it. Frees with luaL_unref. */
int lua_keep(lua_State *L, int arg);

/* Calls the function on the stack under its `n` arguments, outside any task (a callback): waiting
 * in it is an error. Errors of the author end the run; returns false then, with nothing on the
 * stack. `what` names the callback in messages ("filter"). */
bool lua_callback(lua_State *L, int n, int results, const char *what);

/* --- tasks: what waits in Lua yields to the scheduler ----------------------------------------- */

typedef struct WaitQueue { /* all zero is empty */
    Task *head, *tail;
} WaitQueue;

/* Call as `return task_wait(L, queue, deadline, k, ctx);`. Suspends the running task until the
 * queue is woken or the deadline (an instant; NEVER: none) has come, then goes on in k. queue may
 * be NULL (sleeping). Raises if the caller is a callback, or a coroutine of the author's own. */
int  task_wait(lua_State *L, WaitQueue *queue, SimTime deadline, lua_KFunction k, lua_KContext ctx);
bool task_timed_out(lua_State *L);        /* in k: the deadline came first */
/* The same without a deadline, for a wait that most wakings do not end: in the task's turn
 * step(L, self) does what is to be done, and while it returns true the task waits on in the queue,
 * and k is not asked. It may not raise, push or call anything; self must live until then. */
typedef bool (*TaskStep)(lua_State *L, void *self);
int  task_wait_stepping(lua_State *L, WaitQueue *queue, TaskStep step, void *self, lua_KFunction k,
                        lua_KContext ctx);
/* The same until ready(self) says so, which is asked after every event (not before the first: ask
 * yourself). It may look, not act; self must live until then. */
typedef bool (*TaskCondition)(void *self);
int  task_wait_until(lua_State *L, TaskCondition ready, void *self, SimTime deadline,
                     lua_KFunction k, lua_KContext ctx);
void waitq_wake(WaitQueue *queue);        /* all of it; they run behind all that is due already */
void waitq_wake_user(void *queue);        /* the same, as an on_ready */

/* A new task from the function at `arg` (its arguments above it are none); it starts when its maker
 * next waits. node not NULL: it dies with that host. Pushes the task's handle. */
Task *task_spawn(lua_State *L, int arg, Node *node);
void  task_kill_node(World *world, Node *node); /* host:crash */

/* --- parts of the binding, each opened once in a new state ------------------------------------ */
/* Each adds to the table `sim` (on top of the stack) and makes its classes. */
void lua_open_net(lua_State *L);    /* host, router, switch, link, interface, defaults, routes */
void lua_open_fault(lua_State *L);  /* link's fault methods */
void lua_open_sock(lua_State *L);   /* host:listen, connect, udp; conn, listener, socket */
void lua_open_host(lua_State *L);   /* ping, traceroute, tables, counters, packets, raw */
void lua_open_task(lua_State *L);   /* sim.spawn, sleep, settle, wait; host:spawn */
void lua_open_sim(lua_State *L);    /* sim.params, note, on, play ... */
void lua_open_check(lua_State *L);  /* the global `check`, sim.always, sim.never */

/* All of them, in the order in which they build on one another: for lua_env_new. */
void lua_open_all(lua_State *L);

/* Adds methods to a class made elsewhere (lua_sock.c to "host" ...). */
void lua_class_add(lua_State *L, const char *type, const luaL_Reg *methods);
