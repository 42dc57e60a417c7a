/*
 * run_stats.c - what a run has cost, as people and scripts/bench read it.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run_stats.h"

#include <inttypes.h>
#include <sys/resource.h>

RunCost run_cost_now(const Sim *sim)
{
    RunCost cost = { .at_us = g_get_monotonic_time(), .allocations = alloc_count() };

    if (sim != NULL) {
        cost.events = sim->sched.events;
        cost.hops = sim->hops;
    }
    return cost;
}

static double per_second(uint64_t n, double s)
{
    return s > 0 ? (double)n / s : 0;
}

void run_stats_print(const RunStats *stats, FILE *to)
{
    const RunCost *end = &stats->ended;
    const RunCost *from = stats->loaded.at_us != 0 ? &stats->loaded : end; /* it got no further */
    double set_up = (double)(from->at_us - stats->begun.at_us) / 1e6;
    double wall = (double)(end->at_us - from->at_us) / 1e6;
    uint64_t events = end->events - from->events;
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    fprintf(to, "%" PRIu64 " events, %" PRIu64 " hops, %" PRIu64 " packets, %.6f s simulated\n",
            events, end->hops, stats->packets, (double)stats->simulated / 1e9);
    fprintf(to,
            "%.6f s, %.0f events/s, %.0f hops/s; set-up %.6f s; peak memory %ld KiB; "
            "%" PRIu64 " allocations in set-up, %" PRIu64 " in the run\n",
            wall, per_second(events, wall), per_second(end->hops, wall), set_up, usage.ru_maxrss,
            from->allocations - stats->begun.allocations, end->allocations - from->allocations);
}
