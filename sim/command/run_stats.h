/*
 * run_stats.h - what a run has cost: --stats, and what scripts/bench reads.
 *
 * Set-up is all until the file's first waiting call: Lua, topology, routes. The run is from the
 * next event to the last.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/sim.h"

#include <stdio.h>

typedef struct RunCost {
    int64_t  at_us;       /* of the machine's clock: never part of a result */
    uint64_t allocations; /* calls of malloc and its kin so far */
    uint64_t events, hops;
} RunCost;

typedef struct RunStats {
    RunCost  begun, loaded, ended; /* `loaded` is all zero if it never was */
    uint64_t packets;     /* born in the scenario's own world */
    SimTime  simulated;
} RunStats;

/* The figures of this moment; sim NULL: before there is a world. */
RunCost run_cost_now(const Sim *sim);

/* Allocations of the process so far; 0 where they cannot be counted (under sanitizers). */
uint64_t alloc_count(void);

/* Two lines: what was done, and what it took. */
void run_stats_print(const RunStats *stats, FILE *to);
