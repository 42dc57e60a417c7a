/*
 * lua_run.h - playing a scenario, as the commands see it: one LuaEnv, one file, one outcome.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/lua/lua_env.h"

/* Which bound ended a run. */
typedef enum Bound {
    BOUND_NONE,
    BOUND_MEMORY,
    BOUND_INSTRUCTIONS,
    BOUND_EVENTS,
    BOUND_HORIZON, /* before the file's end */
    BOUND_WALL,
    BOUND_INTERRUPT /* Ctrl-C: no limit, but ends a run as they do */
} Bound;

/* A check that failed. All strings are owned. */
typedef struct Failure {
    char *file;
    int   line;
    char *message; /* one line, what should have held */
    char *block;   /* the whole failure block, several lines, the last ends in a newline */
} Failure;
void failure_free(void *failure);

/* What sim.lesson says, in the run's language. Texts but the title may be NULL; all is borrowed. */
typedef struct Lesson {
    const char      *title, *question, *shows;
    const GPtrArray *flip; /* of char * "name=value": what makes it come out otherwise */
} Lesson;

/* What a run tells whoever plays it, while it goes on. Each may be NULL. */
typedef struct LuaHooks {
    void (*world_begun)(void *self, World *world); /* its Sim is empty: the place to add sinks */
    void (*loaded)(void *self, World *world);      /* its file has waited for the first time */
    void (*world_ended)(void *self, World *world); /* it still stands, but is over */
    void (*print)(void *self, const char *text);   /* of print and sim.table: whole lines */
    void (*note)(void *self, World *world, const char *text);
    bool (*lesson)(void *self, World *world, const Lesson *lesson); /* false: enough, end here */
    void  *self;
} LuaHooks;

/* sim.label's name for the packet that has just been put on a wire, or NULL. Borrowed. */
const char *lua_world_label(World *world, const Packet *pkt);

typedef struct LuaOutcome {
    bool       loaded;   /* false: an error before anything could happen in the world */
    char      *error;    /* "file:line: message" of the author's error; NULL if there was none */
    Bound      bound;    /* and bound_text says it in a line */
    char      *bound_text;
    GPtrArray *failures; /* of Failure, in order */
    unsigned   checks, failed;
    GPtrArray *waiting;  /* of char *: "file:line: task 3 still waits"; spawned tasks at the end */
    GPtrArray *params;   /* of char * "name=value": those of sim.params, as they were */
    GPtrArray *flip;     /* of char * likewise: sim.lesson's */
    uint64_t   events;   /* of all worlds */
} LuaOutcome;
void lua_outcome_clear(LuaOutcome *out);

/* `open` fills the table `sim` on top of the stack; lua_open_all, but in tests. opt and hooks are
 * copied; opt->sets stays the caller's and lives as long as the environment. */
LuaEnv *lua_env_new(const RunOptions *opt, const LuaHooks *hooks, void (*open)(lua_State *L));

/* Plays the file to its end; once for each environment. Messages name it as it is given. */
void lua_env_play(LuaEnv *env, const char *file, LuaOutcome *out);
/* The same with the file's text given. */
void lua_env_play_text(LuaEnv *env, const char *file, const char *text, size_t len,
                       LuaOutcome *out);

/* Ends the run at the next opportunity. May be called from a signal handler. */
void lua_env_stop(LuaEnv *env, Bound why);
/* Changes while events happen; for a signal handler that wants to know. */
int lua_env_beat(const LuaEnv *env);
/* It is telling what came of the run, or the views that a world is over: they print at the pace of
 * whoever reads them, and are not to be left behind in the middle. For a signal handler, too. */
bool lua_env_telling(const LuaEnv *env);

/* Instead of returning from play, after a siglongjmp out of it: tells what came of it so far and
 * ends the views, as far as that has not been done, but no task and no world. Nothing may be done
 * with the environment afterwards, not even freeing. */
void lua_env_abandon(LuaEnv *env, LuaOutcome *out);

void lua_env_free(LuaEnv *env);
