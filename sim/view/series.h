/*
 * series.h - time series as tab-separated values: TCP's figures after each change, and the lengths
 * of the queues before links.
 *
 * A header names the columns; times are seconds with nine digits, all else integers; a cell that
 * says nothing is empty. A connection's figures are those of tcp:metrics_updated, whatever that
 * has. A queue's length is what a frame finds that comes to it, and what is left when one has
 * crossed the link: one rule for drop-tail, which is arithmetic, and for disciplines.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/sim.h"

#include <stdio.h>

typedef struct Series Series;

/* Writes the header, and a row for each change from here on. The file stays the caller's. */
Series *series_new(Sim *sim, FILE *out);
void    series_free(Series *s);
