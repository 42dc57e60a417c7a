/*
 * lua.h - scenarios given as text, played by a test: what they print, how they end.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/lua/lua_run.h"

/* Plays the text as the file "t.lua" with all of the binding; it must end without an error, with
 * every check passed, and print exactly `printed`. The claim is what that shows. */
void lua_prints(const char *claim, const char *text, const char *printed);

/* It must end with this error: "t.lua:2: no ...". Three points at the end stand for anything. */
void lua_raises(const char *text, const char *error);

/* It must end without an error, with this many failed checks; the first block has `part` in it. */
void lua_fails(const char *text, unsigned failed, const char *part);
