/*
 * lua_report.h - what a run has to say: failure blocks, the replay command, tables of text.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/lua/lua_run.h"
#include "sim/view/expect.h"

/* The command line that repeats a run: "stacklab run --seed 42 x.lua". Newly allocated. */
char *report_replay(const char *file, const RunOptions *opt);

/* A blank and the word as a shell would have to be given it. */
void report_append_word(GString *out, const char *word);

/* A check of this world has failed at `place` ("file:line"). detail, one line without its time and
 * seed, may be NULL; so may `lines`, what belongs below it, each line ending in a newline. Without
 * `lines` the last packets are shown. */
void report_failure(World *world, const char *place, const char *why, const char *detail,
                    const char *lines);

/* The names of the world's nodes, for the matcher and its lines. */
ExpectNames report_names(World *world);

/* "1.500000000" */
void report_append_time(GString *out, SimTime t);

/* Rows of cells (char *, NULL-terminated vectors in a GPtrArray), the first the heads: columns as
 * wide as their widest cell, those all of whose cells are numbers set right. No trailing blanks. */
void report_append_table(GString *out, const GPtrArray *rows);
