/*
 * test_report.h - what `stacklab test` prints: text, TAP 14, JUnit XML, GitHub annotations.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct TestFailure {
    char *file;    /* of the check that failed; the scenario if it was none */
    int   line;    /* 0: none */
    char *type;    /* "expectation", "golden", "error", "limit", "nothing" */
    char *message; /* one line */
    char *block;   /* the whole block, with expected, got and the replay command */
} TestFailure;

typedef struct TestCase {
    const char *file;
    uint64_t    seed;
    char      **argv;     /* of its process, borrowed: a replay needs what it sets; NULL: none */
    double      seconds;
    int         status;
    unsigned    checks;   /* that ran */
    bool        compared; /* with a golden or a digest */
    bool        updated;  /* its golden was rewritten */
    char       *digest;
    char       *skipped;  /* why, "12: not supported: IPv6"; NULL: it was not, or it does not say */
    GPtrArray  *failures; /* of TestFailure */
} TestCase;

TestCase *test_case_new(void);
void      test_case_free(TestCase *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestCase, test_case_free)

/* Takes the failure blocks and the count of checks out of what a run printed on stderr. */
void test_case_read_errors(TestCase *c, const char *err);
void test_case_fail(TestCase *c, const char *type, int line, const char *message,
                    const char *details, ...) G_GNUC_PRINTF(5, 6);

typedef struct TestReport TestReport;

/* format NULL: text, or github under GITHUB_ACTIONS=true. NULL if there is no such format. */
TestReport *test_report_new(const char *format, bool quiet, FILE *out);
void        test_report_free(TestReport *r); /* NULL is fine */
void        test_report_begin(TestReport *r, unsigned cases);
void        test_report_case(TestReport *r, const TestCase *c);
void        test_report_end(TestReport *r, unsigned passed, unsigned failed, unsigned skipped);
