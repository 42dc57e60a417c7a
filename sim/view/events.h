/*
 * events.h - events as JSON Lines, and the digest over them.
 *
 * One object per line, keys in fixed order, integers only. The digest is SHA-256 over every line
 * but the header and, after each line that puts a frame on a wire, that frame's bytes.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/sim.h"

#include <stdio.h>

typedef struct Events Events;

/* out NULL: digest only. digest false: lines only. `scenario` is the file's name without folder. */
Events *events_new(Sim *sim, FILE *out, bool digest, const char *scenario);
void    events_free(Events *ev);
/* The 64 hex digits; newly allocated. Once, at the end. */
char   *events_digest(Events *ev);

/* One event as its JSON object, without newline; for --view events. */
void event_to_json(const TraceEvent *ev, GString *out);
void json_append_string(GString *out, const char *s); /* quoted and escaped */
