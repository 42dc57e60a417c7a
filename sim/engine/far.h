/*
 * far.h - what sched.c keeps of the distant future: entries sorted no further than they must be.
 *
 * A ladder of rungs, each a row of buckets as wide as a power of two. The coarsest ends where `top`
 * begins, an unsorted heap of everything later; a bucket whose turn has come becomes a finer rung
 * if it holds many, else it goes into the near list, which alone knows the exact order. An entry is
 * moved two or three times in its life, whatever the number of others, and timer->place follows it.
 * After Tang, Goh and Thng, "Ladder queue: an O(1) priority queue structure", 2005.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/time.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct Timer Timer;

typedef struct SchedEntry {
    SimTime  at;
    uint64_t order;
    Timer   *timer;
} SchedEntry;

enum { FAR_CHUNK = 42, FAR_RUNGS = 12 };

/* 1 KiB with its header, so that a full one costs 24 bytes an entry. */
typedef struct FarChunk FarChunk;
struct FarChunk {
    FarChunk  *next;
    size_t     n;
    SchedEntry entries[FAR_CHUNK];
};

typedef struct FarBucket {
    FarChunk *first; /* the only one that may have room */
    size_t    n;
} FarBucket;

typedef struct FarRung {
    SimTime    start, end; /* end: where the coarser rung goes on */
    unsigned   shift;      /* a bucket is 2^shift ns wide */
    size_t     next, n;    /* buckets before `next` are empty for good */
    size_t     cap;        /* of the array, which stays for the next rung here */
    FarBucket *buckets;
} FarRung;

typedef struct Far {
    FarRung   rungs[FAR_RUNGS]; /* the coarsest first */
    unsigned  n_rungs;
    FarBucket top;
    SimTime   top_start;        /* nothing in top is earlier */
    size_t    n;
    FarChunk *spare;
} Far;

void far_clear(Far *far);

/* What is in the near list, all of it at `start` or later, is about to be put here. Only with
 * far->n == 0. */
void far_begin(Far *far, SimTime start);

/* The same where the list ends at `end` and the ladder goes on: `count` entries of [start, end)
 * get a rung of their own. False: they cannot be parted. */
bool far_refine(Far *far, SimTime start, SimTime end, size_t count);

/* An entry at or after the near list's end. */
void far_put(Far *far, SchedEntry e);

/* Takes out the entry at timer->place. */
void far_remove(Far *far, const Timer *timer);

/* The earliest bucket, at most one chunk unless its instant is one: taken out, entry by entry, by
 * `take`. Returns the instant up to which (exclusive) `far` now holds nothing; NEVER, with all of
 * them taken, when few are left. Only with far->n > 0. */
SimTime far_take(Far *far, void (*take)(void *self, SchedEntry e), void *self);
