/*
 * job.h - scenarios played in processes of their own, several at a time, for `stacklab test`.
 *
 * A job is one `stacklab run` with its output kept. Processes end in any order; who asks for the
 * jobs gets them in the order in which they were made.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Job {
    char    *file;   /* the scenario */
    uint64_t seed;
    char   **argv;   /* NULL-terminated; argv[0] is looked up nowhere: the program itself is run */
    int      status; /* its exit status; 128 + n if signal n ended it */
    GString *out, *err;
    double   seconds;
    int      out_fd, err_fd;
    int      pid;    /* 0: not started; -1: ended */
} Job;

Job *job_new(const char *file, uint64_t seed, char **argv); /* takes argv */
void job_free(Job *job);

/* Runs all jobs, at most `parallel` at once, and calls done(self, job) for each in the order of the
 * array, as early as that order allows. done returning FALSE stops: no more are started. */
void jobs_run(GPtrArray *jobs, unsigned parallel, bool (*done)(void *self, Job *job), void *self);
