/*
 * play.h - a scenario given as text, played for a test, and what came of it.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/lua/lua_run.h"

typedef struct Played {
    LuaOutcome outcome;
    GString   *printed; /* print, sim.table; notes as "note: ..." */
} Played;

/* A run's defaults, but small bounds, so that what never ends does so soon. */
RunOptions play_options(void);

/* Plays the text as "x.lua" with tasks, sim.* and check, but no network; or with all. */
Played play_alone(const char *text, const RunOptions *opt);
Played play_net(const char *text, const RunOptions *opt);
void   played_clear(Played *played);

/* The text ends without an error, a bound or a failed check, and prints this. */
void play_prints(const char *text, const char *printed);
/* The text ends in an error that contains this. */
void play_errs(const char *text, const char *error);
