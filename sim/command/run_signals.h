/*
 * run_signals.h - the world outside: Ctrl-C, the wall clock, and our own bugs.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/lua/lua_run.h"

#include <setjmp.h>

/* From now on, until signals_release: Ctrl-C ends the run (a second one the process, status 130);
 * so does the wall clock after `wall_limit` (0: after 10 s without an event). What spins inside one
 * library call and does not hear of it is left behind, by siglongjmp to *out. SIGABRT prints
 * `replay`, a whole command line, and ends the process with status 3. SIGPIPE, SIGTERM and SIGHUP
 * end it quietly, also later, and leave no unfinished file. */
void signals_catch(LuaEnv *env, SimTime wall_limit, const char *replay, sigjmp_buf *out);
void signals_release(void);
