/*
 * ladder.h - the ladder diagram: hosts as columns, their TCP states, every segment and its fate.
 *
 * A sink that collects while the simulation runs and prints at the end. Figures 6 to 13 of RFC 9293
 * are its model.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/sim.h"
#include "sim/view/record.h"

#include <stdio.h>

typedef struct LadderOptions {
    unsigned width;    /* columns of the terminal; 80 in goldens */
    bool     colour;
    bool     full;     /* every packet, however many */
    bool     absolute; /* sequence numbers as on the wire */
    bool     chinese;
    bool     timers;   /* TCP's, as they are set, fire and are stopped */
} LadderOptions;

typedef struct Ladder Ladder;

/* flows: the recorder's, for relative numbers. */
Ladder *ladder_new(Sim *sim, const LadderOptions *opt, Flows *flows);
/* sim.label: the name of a packet, or NULL; asked inside the event, its answer is copied. */
void    ladder_set_labels(Ladder *ladder, const char *(*label)(void *self, const Packet *pkt),
                          void *self);
/* A line beside the ladder at this instant; text is copied. */
void    ladder_note(Ladder *ladder, const char *text);
void    ladder_print(Ladder *ladder, FILE *out);
/* The same as an SVG picture, under a title (or NULL), and as a sequence diagram of mermaid. */
void    ladder_svg(Ladder *ladder, const char *title, FILE *out);
void    ladder_mermaid(Ladder *ladder, FILE *out);
void    ladder_free(Ladder *ladder);
