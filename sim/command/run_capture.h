/*
 * run_capture.h - one -w: a file, or a folder with one file for each interface; or the lines of
 * --view tcpdump, which are those of a capture that nobody sees.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/command/run.h"

typedef struct RunCapture RunCapture;

/* name NULL: kept in memory, for run_capture_print. NULL and an error that names the option if the
 * file cannot be written. */
RunCapture *run_capture_new(const char *name, const char *scenario, const RunRequest *req,
                            GError **error);
void run_capture_begin(RunCapture *capture, Sim *sim); /* adds its sinks */
void run_capture_end(RunCapture *capture);             /* writes what is due at the end */
/* What is in memory as tcpdump prints it, before the Sim is freed. */
void run_capture_print(RunCapture *capture, Sim *sim, const RunRequest *req, FILE *out);
/* Gives the files their names if keep, else removes them. Frees it. */
bool run_capture_close(RunCapture *capture, bool keep, GError **error);

/* Of one in memory, when it has ended: every frame in order, borrowed. */
typedef void (*RunFrame)(void *self, SimTime t, Span frame, size_t wire_len);
void run_capture_each(RunCapture *capture, RunFrame each, void *self);
/* Makes run_capture_close fail with this, unless something failed before; takes the error. */
void run_capture_fail(RunCapture *capture, GError *error);
