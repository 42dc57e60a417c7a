/*
 * run.h - one scenario played with its views, files and verdict: what `run` and `test` have in
 * common.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/command/run_stats.h"
#include "sim/lua/lua_run.h"
#include "sim/view/dissect.h"
#include "sim/view/explain.h"

#include <stdio.h>

typedef enum RunView {
    VIEW_LADDER,
    VIEW_TCPDUMP,
    VIEW_LAYERS,
    VIEW_STATES,
    VIEW_EVENTS,
    VIEW_NONE,
    VIEW_COUNT
} RunView;
extern const char *const run_view_names[]; /* "ladder" ..., NULL-terminated */

/* Exit statuses, conventions.md's. */
enum {
    STATUS_PASS = 0,
    STATUS_FAIL = 1,
    STATUS_ERROR = 2,
    STATUS_BUG = 3,
    STATUS_LIMIT = 4,
    STATUS_SKIP = 77,
    STATUS_INTERRUPTED = 130
};

typedef struct RunRequest {
    RunOptions  options;
    RunView     view;
    FILE       *out;       /* where print and the view go; NULL: into RunResult.text */
    GPtrArray  *captures;  /* of char *: -w; may be NULL */
    const char *at;        /* --at; NULL: client */
    GPtrArray  *outputs;   /* of char *: -o; may be NULL */
    const char *packet;    /* --packet, of the layers; NULL: the first */
    unsigned    width;     /* of the ladder; 0: 80 */
    DissectTime time;
    bool        absolute, ethernet, names, full, timers, colour;
    unsigned    verbose;
    bool        digest;    /* wanted in RunResult */
    SimTime     wall_limit; /* 0: none. No event for 10 s ends a run anyway, */
    bool        signals;    /* if this is set: SIGALRM, SIGINT and SIGABRT are handled meanwhile */
    const ExplainOptions *explain; /* tells of these packets of the scenario's own world; NULL */
    bool        untitled;   /* no headline of the file itself: whoever plays it has said it */
} RunRequest;
extern const RunRequest run_request_default; /* but for its options: run_defaults */

typedef struct RunResult {
    int        status;    /* the gravest */
    char      *error;     /* what ended it, "file:line: message" or about an option; NULL */
    char      *bound;     /* which limit was reached; NULL */
    GPtrArray *failures;  /* of Failure (lua_run.h) */
    GPtrArray *waiting;   /* of char *: tasks that still waited at the end */
    GPtrArray *params;    /* of char * "name=value": the scenario's own, as they were */
    unsigned   checks, failed;
    char       digest[65]; /* hex; empty if not asked for or not to be had */
    char      *text;      /* what the views and print wrote, if RunRequest.out is NULL */
    size_t     text_len;
    uint64_t   events;
    RunStats   stats;
    bool       abandoned; /* it span inside a library call: better _exit than clean up */
} RunResult;

/* Plays the file. Returns out->status. Nothing goes to stderr: what to say is in the result. */
int  run_scenario(const char *file, const RunRequest *req, RunResult *out);
void run_result_clear(RunResult *out);

int cmd_run(int argc, char **argv);
int cmd_test(int argc, char **argv);
int cmd_pkt(int argc, char **argv);
int cmd_meta(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_knobs(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
