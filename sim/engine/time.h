/*
 * time.h - virtual time: integer nanoseconds since the start of the simulation.
 *
 * A SimTime is either an instant or a difference; nothing in the simulator is a float of seconds.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stdint.h>

typedef int64_t SimTime;

#define USEC ((SimTime)1000)
#define MSEC ((SimTime)1000 * USEC)
#define SEC ((SimTime)1000 * MSEC)
#define MINUTE ((SimTime)60 * SEC)
#define HOUR ((SimTime)60 * MINUTE)
#define NEVER INT64_MAX

/* An instant and a time >= 0 from then on, never beyond the last at which something may happen. */
static inline SimTime time_add(SimTime now, SimTime delay)
{
    return delay > NEVER - 1 - now ? NEVER - 1 : now + delay;
}
