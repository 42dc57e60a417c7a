/*
 * lua_meta.h - the Lua API as an editor wants it: one table of what there is, written as LuaLS
 * reads it.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/lua/lua_run.h"

/* The whole library/stacklab.d.lua; appended. */
void meta_write(GString *out);

/* What is registered in the environment's state and has no row, and what has a row and is not
 * there: one a line; newly allocated, empty if the two agree. */
char *meta_differences(LuaEnv *env);
