/*
 * expect.h - the matcher behind check.trace: expected packets, written as tcpdump writes them,
 * against what was seen.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/view/record.h"

#include <glib.h>

/* One packet that was seen, ready for matching. */
typedef struct Seen {
    const Record *rec;
    const char   *label; /* sim.label's name for it, or NULL */
} Seen;

typedef struct ExpectNames {
    bool (*is_node)(void *self, const char *name); /* one that may have addresses */
    bool (*owns)(void *self, const char *name, IpAddr addr); /* is addr one of that node's? */
    void *self;
} ExpectNames;

typedef struct Expectation Expectation;

/* Parses a whole block; an error names its line (from 1). */
Expectation *expect_parse(const char *text, const ExpectNames *names, GError **error);
void         expect_free(Expectation *e);

/* True if `seen` is what was expected. If not, *report (newly allocated) says which line failed,
 * what was expected and what came, with the packets around it, each as a tcpdump-like line. */
bool expect_match(const Expectation *e, const Seen *seen, size_t n, const Flows *flows,
                  char **report);

/* One packet in the notation of check.trace, relative numbers; appended. */
void expect_line(const Record *rec, const Flows *flows, const ExpectNames *names, GString *out);
