/*
 * run_views.h - what looks on while a scenario is played: the view on stdout, captures, event
 * files, the digest.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/command/run.h"

typedef struct Views Views;

/* Opens every file that was asked for. NULL and an error that names the option if one cannot be. */
Views *views_new(const char *file, const RunRequest *req, GError **error);

/* To be given to lua_env_new. */
LuaHooks views_hooks(Views *views);

/* Prints what prints at the end, and gives the files their names if `keep`. False, with an error,
 * if one could not be written. out: digest, text. Frees the views. */
bool views_finish(Views *views, bool keep, RunResult *out, GError **error);
