/*
 * explain.h - why each packet was sent, what its receiver looked at and in which order, and what
 * came of it: told from the stack's own records.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/sim.h"
#include "sim/view/flow.h"

#include <stdio.h>

typedef struct ExplainOptions {
    uint64_t first, last; /* packets, counted from 1 as they are made; 0 and UINT64_MAX: all */
    bool     chinese, colour;
    unsigned width;       /* columns */
} ExplainOptions;

typedef struct Explain Explain;

/* A sink from now on. flows: the recorder's, for relative numbers. */
Explain *explain_new(Sim *sim, const ExplainOptions *opt, Flows *flows);
/* sim.label: the name of a packet, or NULL; asked inside the event, its answer is copied. */
void     explain_set_labels(Explain *ex, const char *(*label)(void *self, const Packet *pkt),
                            void *self);
void     explain_note(Explain *ex, const char *text); /* text is copied */
/* Prints what is known; false if there is no packet in the range. */
bool     explain_print(const Explain *ex, FILE *out);
uint64_t explain_packets(const Explain *ex); /* how many there were, told of or not */
void     explain_free(Explain *ex);
