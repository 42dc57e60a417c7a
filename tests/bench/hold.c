/*
 * hold.c - W6, the hold model: N events pending, each that fires schedules one more after an
 * exponential gap, so that one falls into each simulated millisecond on average.
 *
 *     bench_hold PENDING [EVENTS]
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/sched.h"

#include <glib.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { TABLE = 1 << 16 };

typedef struct Hold {
    SimTime  gaps[TABLE]; /* so that drawing them is not what is measured */
    uint64_t drawn, left;
} Hold;

static Hold hold;

/* The small second term keeps the instants distinct when the table is gone through again. */
static SimTime gap(void)
{
    hold.drawn++;
    return hold.gaps[hold.drawn % TABLE] + (SimTime)((hold.drawn * 2654435761u) & 0xfffff);
}

static void fire(void *timer)
{
    if (hold.left > 0) {
        hold.left--;
        timer_set(timer, gap());
    }
}

static void fill_gaps(uint64_t pending)
{
    uint64_t x = 88172645463325252ull;

    for (int i = 0; i < TABLE; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        double u = ((double)(x >> 11) + 1.0) / 9007199254740993.0;
        hold.gaps[i] = (SimTime)(-log(u) * 1e6 * (double)pending) + 1;
    }
}

int main(int argc, char **argv)
{
    uint64_t pending = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
    uint64_t events = argc > 2 ? strtoull(argv[2], NULL, 10) : 3000000;
    Timer *timers = g_new(Timer, pending);
    Sched sched;

    sched_init(&sched);
    fill_gaps(pending);
    int64_t begun = g_get_monotonic_time();
    for (uint64_t i = 0; i < pending; i++) {
        timer_init(&timers[i], &sched, fire, &timers[i]);
        timer_set(&timers[i], gap());
    }
    hold.left = events;
    int64_t filled = g_get_monotonic_time();
    while (hold.left > 0)
        sched_run_one(&sched);
    int64_t ended = g_get_monotonic_time();
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("RESULT workload=w6-%" PRIu64 " sim_s=%.6f setup_s=%.4f wall_s=%.4f events=%" PRIu64
           " hops=0 payload_bytes=0 rss_kb=%ld\n",
           pending, (double)sched.now / 1e9, (double)(filled - begun) / 1e6,
           (double)(ended - filled) / 1e6, sched.events, usage.ru_maxrss);
    sched_clear(&sched);
    g_free(timers);
    return 0;
}
