/*
 * states.h - RFC 9293's state diagram (its Figure 5), with the ways that connections have taken.
 *
 * Each end of a connection takes its own way; those that opened actively are told from those that
 * opened passively, as Stevens draws the normal client's and the normal server's way.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/sim.h"

#include <stdio.h>

typedef struct StatesOptions {
    unsigned width; /* columns of the terminal; the figure takes 80 */
    bool     colour;
    bool     full;  /* every step of every end */
    bool     chinese;
} StatesOptions;

typedef struct States States;
typedef struct StatesWatch StatesWatch;

States *states_new(const StatesOptions *opt);
/* Follows the connections of a world until states_unwatch; several worlds make one figure. name:
 * what to call it where there are several; copied. */
StatesWatch *states_watch(States *st, Sim *sim, const char *name);
void         states_unwatch(StatesWatch *watch);
/* The figure as text, and the steps that each end took. */
void         states_print(const States *st, FILE *out);
/* The same as an SVG picture, under a title (or NULL). */
void         states_svg(const States *st, const char *title, FILE *out);
void         states_free(States *st);
