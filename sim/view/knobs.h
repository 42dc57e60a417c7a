/*
 * knobs.h - the knobs of a host as a list for people: on a terminal, and as docs/knobs.md.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/stack.h"

/* One entry for each knob whose name or meaning holds the pattern, letters' case aside; NULL: all.
 * Returns how many. */
unsigned knobs_list(const char *pattern, GString *out);

/* docs/knobs.md, all of it. */
void knobs_document(GString *out);

/* "tcp.nagle has no source", a line each, for rows with an empty column; "" if there is none. Newly
 * allocated. */
char *knobs_gaps(void);
