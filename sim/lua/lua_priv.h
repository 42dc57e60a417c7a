/*
 * lua_priv.h - what the sandbox, the tasks, the checks and sim.* share of an environment and a
 * world.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/heap.h"
#include "sim/lua/lua_run.h"

#include <signal.h>

/* "10us" and what it is: a loop that sleeps reads the same text again and again. */
typedef struct LuaTime {
    char    text[16];
    SimTime t;
} LuaTime;

/* A class found by its name, which is the same place in memory wherever a call says it. */
typedef struct LuaFound {
    const char            *type;
    const struct LuaClass *class;
} LuaFound;

enum { LUA_TIMES = 8, LUA_FOUND = 64 };

/* What a table of options says, if that is little and no table itself. */
enum { OPTION_FIELDS = 8, OPTION_TEXT = 16 };

typedef struct OptionField {
    char key[OPTION_TEXT];
    int  type;
    union {
        bool       boolean;
        lua_Number number;
        char       text[OPTION_TEXT];
    } value;
} OptionField;

typedef struct OptionMemo { /* n == 0: nothing is remembered */
    unsigned    n;
    OptionField said[OPTION_FIELDS];
} OptionMemo;

struct LuaEnv {
    lua_State *L;         /* the main one: no code of a scenario runs on it */
    lua_State *callbacks; /* anchored in the registry */
    RunOptions opt;
    LuaHooks   hooks;
    World     *world;     /* the innermost */
    GPtrArray *worlds;    /* of World, owned, in the order of making */
    GPtrArray *files;     /* of char *: names of all chunks loaded */
    Task      *running;
    unsigned   callback_depth;
    const char *callback_what;
    unsigned   looking;   /* depth of functions that may look, not act */
    bool       ending;    /* tasks are being ended: their __close handlers do nothing */
    bool       nodes_told; /* some node has options that only later calls look at */
    bool       told;      /* what came of the run is in its LuaOutcome */
    uint32_t   serial;    /* of objects and tasks */
    uint64_t   text_ids;  /* of tables and functions that were printed */

    LuaTime    times[LUA_TIMES]; /* texts of times read last */
    LuaFound   found[LUA_FOUND];
    OptionMemo link_said; /* the options of the last link, */
    LinkConfig link_read[2]; /* and what they came to */

    /* bounds */
    Heap                  heap;
    size_t                memory;       /* Lua's, as it was asked for, garbage included */
    size_t                collect_at;   /* when so much of it is in use */
    bool                  out_of_memory; /* the last allocation failed */
    bool                  refused;       /* some allocation has */
    unsigned              heap_looks;
    uint64_t              instructions; /* since the innermost world's events were */
    uint64_t              seen_events;
    uint64_t              progress;     /* events of all worlds, up to the last look */
    Bound                 tripped;
    char                 *trip_text;
    bool                  trip_placed;  /* the text says where */
    volatile sig_atomic_t pending;      /* a Bound from lua_env_stop */
    volatile sig_atomic_t beat;         /* changes while something happens */
    volatile sig_atomic_t telling;      /* lua_env_telling */
};

typedef enum WorldEnd { WORLD_ENDED, WORLD_ERROR, WORLD_BOUND } WorldEnd;

struct WorldParts {
    uint32_t   number;     /* in the environment, from 0 */
    Task      *file_task;
    Task      *oldest_task, *newest_task; /* of those that are not over, in the order of making */
    unsigned   tasks_made;
    GArray    *coroutines; /* the registry's references to those of tasks that returned */
    GPtrArray *conditions; /* of Task: those in task_wait_until */
    WaitQueue  settling;
    GPtrArray *objects;    /* of LuaObject: those that have a gc, kept alive by objects_ref */
    int        kept_ref;   /* the list of object_keep, */
    int        kept;       /* of so many places, */
    GArray    *let_go;     /* of which these are free */
    int        objects_ref, modules_ref;
    Rng        random;     /* math.random */
    char      *error;      /* of the author: it ended this world */
    bool       loaded;     /* the file's task has waited or ended without an error */
    bool       told;       /* the views know that it is over */
    GPtrArray *failures;   /* of Failure */
    GPtrArray *watches;    /* sim.always, sim.never */
    GPtrArray *labels;     /* sim.label, and */
    GStringChunk *label_texts; /* what its functions said */
    GPtrArray *samples;    /* sim.sample */
    GPtrArray *heard;      /* sim.on's functions, and */
    GPtrArray *queue;      /* the events that wait for them */
    GPtrArray *params;     /* of char *: names declared by sim.params */
    GPtrArray *param_text; /* of char *: "name=value" as they are in this world, in order */
    GPtrArray *flip;       /* of char * likewise: sim.lesson's */
    bool       taught;     /* sim.lesson was called */
    int        given_ref;  /* sim.play's parameters; LUA_NOREF */
};

static inline LuaEnv *lua_env(lua_State *L)
{
    return *(LuaEnv **)lua_getextraspace(L);
}

/* --- worlds (lua_world.c) --------------------------------------------------------------------- */

World   *world_begin(LuaEnv *env, uint64_t seed, const char *file);
/* The function on top of L is the file's task: plays it to the end of the world, pops it. */
WorldEnd world_play(World *world, lua_State *L);
/* The last of its life; see lua_env.h. The World itself stays, with sim NULL. */
void     world_end(World *world);
void     world_tell_end(World *world); /* to the views, once */
/* An error of the author's, its message (of any type) on top of L, which it pops: ends the world's
 * run. */
void     world_fail(World *world, lua_State *L);
void     world_free(void *world);
/* Arms or disarms Sim.after_event by what wants to be asked. */
void     world_watch(World *world);

/* --- objects (lua_object.c) ------------------------------------------------------------------- */

uint64_t object_serial(lua_State *L, int arg); /* 0: not one of ours */
/* False, with nothing pushed, if `type` is no class of ours. */
bool     object_push_methods(lua_State *L, const char *type);
/* Keeps the value on top of L until the world ends, or what this returns is let go. */
int      object_keep(lua_State *L, World *world);
void     object_push_kept(lua_State *L, World *world, int kept);
void     object_let_go(World *world, int kept);
/* lua_push_own_object, and what keeps the handle. */
void    *object_push_own(lua_State *L, const char *type, size_t size, int *kept);
void     objects_end(World *world); /* calls every handle's gc; the handles stay, of no use */

/* --- options said again (lua_memo.c) ---------------------------------------------------------- */

/* Does the table at arg, the last on the stack, say what is remembered? */
bool memo_is(lua_State *L, int arg, const OptionMemo *memo);
/* Remembers what it says, or nothing. */
void memo_keep(lua_State *L, int arg, OptionMemo *memo);

/* --- tasks (lua_task.c) ----------------------------------------------------------------------- */

Task *task_new(lua_State *L, int arg, Node *node); /* task_spawn, of what is a function for sure */
void  task_end_all(World *world);
void  tasks_check_conditions(World *world);
bool  task_over(const Task *task);
/* The next younger one that is not over; `after` NULL: the oldest. NULL: there is none. */
const Task *task_next(const World *world, const Task *after);
/* The running task was just told nil and this constant name: an error about nil will cite it. */
void  task_note_refusal(lua_State *L, const char *name);
unsigned task_number(const Task *task); /* in the order of making, from 0 */
lua_State *task_state(const Task *task); /* its coroutine; NULL once over */
/* Pushes the first value that it returned onto L. */
void  task_push_value(lua_State *L, const Task *task);
/* Where it waits: "file:line"; newly allocated. */
char *task_place(const Task *task);

/* --- sim.* and check (lua_sim.c, lua_listen.c, lua_play.c, lua_check.c) ----------------------- */

extern const TracePoint SIM_NOTED, CHECK_PASSED, CHECK_FAILED;

void sim_run_callbacks(World *world); /* what sim.on has queued */
void sim_clear(World *world);         /* labels, and */
void listen_clear(World *world);
void listen_open(lua_State *L);       /* sim.on, into the table on top */
const TracePoint *const *listen_points(size_t *n); /* every event there is */
void sample_open(lua_State *L);       /* sim.sample likewise */
void sample_clear(World *world);
void play_open(lua_State *L);         /* sim.play likewise */
void sim_params_finish(World *world); /* fails if --set named one that nobody declared */
lua_Number sim_number(lua_State *L, int arg); /* text with a unit, in the base unit */
void check_run_watches(World *world);
void check_clear(World *world);
/* The file's task waits though all is over. */
void check_never_ended(World *world);
/* A label for a record, NULL if it has none; the text lives as long as the world. */
const char *sim_label(World *world, const Record *rec);

/* --- the sandbox (lua_sandbox.c, lua_order.c, lua_require.c, lua_bounds.c) -------------------- */

void sandbox_open(lua_State *L);  /* base and libraries into the globals */
void sandbox_seal(lua_State *L);  /* any other global is an error from here on */
void order_open(lua_State *L);    /* pairs, next, sort, tostring, format; into the table on top */
void order_push_text(lua_State *L, int arg); /* what tostring gives */
/* Pushes a list of the table's keys in the fixed order; raises if one has none. */
void order_push_keys(lua_State *L, int arg);
void require_open(lua_State *L);  /* likewise */
/* Loads the text of a scenario as a function on top, or a message; returns Lua's status. */
int  require_load(lua_State *L, const char *file, const char *text, size_t len);
/* Reads and loads a file; raises what load says. */
void require_load_file(lua_State *L, const char *file);

/* A message with the names of files that Lua has cut put right; newly allocated. */
char *require_full_names(LuaEnv *env, const char *message);
/* Does it begin with a place, as errors do? */
bool require_names_file(const LuaEnv *env, const char *message);

void *bounds_allocate(void *env, void *p, size_t old, size_t size);

/* Lua's own collector, which works a little at every turn, is off: with a small heap it looks
 * through much more than it frees. Garbage is collected when there may be as much as is alive, or
 * 4 MiB if that is more, and four times that if less than a quarter was garbage the last time, as
 * where a large world is made; but long before it could reach the bound: before a task or a
 * callback runs, and by the count hook. */
void bounds_pace(LuaEnv *env); /* from here on */
void bounds_collect(lua_State *L, LuaEnv *env);

static inline void bounds_collect_if_due(lua_State *L, LuaEnv *env)
{
    if (G_UNLIKELY(env->memory > env->collect_at))
        bounds_collect(L, env);
}

void  bounds_watch(lua_State *L); /* sets the count hook */
void  bounds_check(LuaEnv *env);  /* between events: memory, events, signals */
void  bounds_see_signals(LuaEnv *env); /* trips what lua_env_stop has asked for */
/* Marks the bound as reached, with the text made from the format; the first one counts. */
void  bounds_trip(LuaEnv *env, Bound bound, const char *format, ...) G_GNUC_PRINTF(3, 4);
void  bounds_trip_memory(LuaEnv *env);
void  bounds_raise(lua_State *L); /* raises if one was reached */
