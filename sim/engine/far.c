/*
 * far.c - rungs of buckets of chunks; chunks go round in a list of spare ones.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/far.h"

#include "sim/engine/sched.h"

#include <glib.h>

enum {
    FEW = FAR_CHUNK,      /* go into the near list as they are */
    MIN_BUCKETS = 64,     /* of a rung: so that twelve rungs part any two instants */
    MAX_BUCKETS = 1 << 16 /* more would not be in any cache */
};

/* --- buckets ---------------------------------------------------------------------------------- */

static FarChunk *chunk_new(Far *far, FarChunk *next)
{
    FarChunk *chunk = far->spare;

    if (chunk != NULL)
        far->spare = chunk->next;
    else
        chunk = g_new(FarChunk, 1);
    chunk->n = 0;
    chunk->next = next;
    return chunk;
}

static void bucket_put(Far *far, FarBucket *b, SchedEntry e)
{
    if (b->first == NULL || b->first->n == FAR_CHUNK)
        b->first = chunk_new(far, b->first);
    SchedEntry *place = &b->first->entries[b->first->n++];
    *place = e;
    e.timer->place = place;
    b->n++;
}

static void drop_first_chunk(Far *far, FarBucket *b)
{
    FarChunk *chunk = b->first;

    b->first = chunk->next;
    chunk->next = far->spare;
    far->spare = chunk;
}

/* The last entry of the first chunk takes the place that becomes free. */
static void bucket_remove(Far *far, FarBucket *b, SchedEntry *place)
{
    SchedEntry *last = &b->first->entries[--b->first->n];

    *place = *last;
    place->timer->place = place;
    b->n--;
    if (b->first->n == 0)
        drop_first_chunk(far, b);
}

static void bucket_clear(FarBucket *b)
{
    while (b->first != NULL) {
        FarChunk *next = b->first->next;
        g_free(b->first);
        b->first = next;
    }
    b->n = 0;
}

/* --- rungs ------------------------------------------------------------------------------------ */

static FarBucket *rung_bucket(FarRung *r, SimTime at)
{
    return &r->buckets[(uint64_t)(at - r->start) >> r->shift];
}

/* Where an entry of that instant is, or belongs. */
static FarBucket *bucket_of(Far *far, SimTime at)
{
    if (at >= far->top_start)
        return &far->top;
    unsigned i = far->n_rungs - 1;
    while (at >= far->rungs[i].end)
        i--;
    return rung_bucket(&far->rungs[i], at);
}

/* A rung for `count` entries of [start, end], below those there are. */
static FarRung *rung_push(Far *far, SimTime start, SimTime last, SimTime end, size_t count)
{
    FarRung *r = &far->rungs[far->n_rungs++];
    uint64_t range = (uint64_t)(last - start), wanted = CLAMP(count / (FEW / 2), MIN_BUCKETS,
                                                              MAX_BUCKETS);

    r->start = start;
    r->end = end;
    r->next = 0;
    r->shift = 0;
    while (range >> r->shift >= wanted)
        r->shift++;
    r->n = (size_t)(range >> r->shift) + 1;
    if (r->n > r->cap) {
        r->buckets = g_renew(FarBucket, r->buckets, r->n);
        r->cap = r->n;
    }
    for (size_t i = 0; i < r->n; i++)
        r->buckets[i] = (FarBucket){ 0 };
    return r;
}

static void spread(Far *far, FarBucket *from, FarRung *to)
{
    while (from->first != NULL) {
        const FarChunk *chunk = from->first;
        for (size_t i = 0; i < chunk->n; i++)
            bucket_put(far, rung_bucket(to, chunk->entries[i].at), chunk->entries[i]);
        drop_first_chunk(far, from);
    }
    from->n = 0;
}

/* What was later than all rungs becomes the first one. */
static void rung_from_top(Far *far)
{
    FarBucket all = far->top;
    SimTime first = NEVER, last = 0;

    for (const FarChunk *chunk = all.first; chunk != NULL; chunk = chunk->next)
        for (size_t i = 0; i < chunk->n; i++) {
            first = MIN(first, chunk->entries[i].at);
            last = MAX(last, chunk->entries[i].at);
        }
    far->top = (FarBucket){ 0 };
    FarRung *r = rung_push(far, first, last, 0, all.n);
    uint64_t end = (uint64_t)first + ((uint64_t)r->n << r->shift);
    r->end = far->top_start = (SimTime)MIN(end, (uint64_t)NEVER);
    spread(far, &all, r);
}

/* --- the queue -------------------------------------------------------------------------------- */

void far_clear(Far *far)
{
    for (unsigned i = 0; i < FAR_RUNGS; i++) {
        for (size_t b = 0; i < far->n_rungs && b < far->rungs[i].n; b++)
            bucket_clear(&far->rungs[i].buckets[b]);
        g_free(far->rungs[i].buckets);
    }
    bucket_clear(&far->top);
    FarBucket spare = { far->spare, 0 };
    bucket_clear(&spare);
    *far = (Far){ 0 };
}

void far_begin(Far *far, SimTime start)
{
    g_assert(far->n == 0);
    far->n_rungs = 0;
    far->top_start = start;
}

bool far_refine(Far *far, SimTime start, SimTime end, size_t count)
{
    if (far->n_rungs == FAR_RUNGS || end - start < 2)
        return false;
    rung_push(far, start, end - 1, end, count);
    return true;
}

void far_put(Far *far, SchedEntry e)
{
    far->n++;
    bucket_put(far, bucket_of(far, e.at), e);
}

void far_remove(Far *far, const Timer *timer)
{
    far->n--;
    bucket_remove(far, bucket_of(far, timer->place->at), timer->place);
}

static void take_bucket(Far *far, FarBucket *b, void (*take)(void *self, SchedEntry e), void *self)
{
    far->n -= b->n;
    while (b->first != NULL) {
        const FarChunk *chunk = b->first;
        for (size_t i = 0; i < chunk->n; i++)
            __builtin_prefetch(chunk->entries[i].timer, 1);
        for (size_t i = 0; i < chunk->n; i++)
            take(self, chunk->entries[i]);
        drop_first_chunk(far, b);
    }
    b->n = 0;
}

SimTime far_take(Far *far, void (*take)(void *self, SchedEntry e), void *self)
{
    for (;;) {
        if (far->n_rungs == 0 && far->top.n <= FEW) {
            take_bucket(far, &far->top, take, self);
            return NEVER;
        }
        if (far->n_rungs == 0)
            rung_from_top(far);
        FarRung *r = &far->rungs[far->n_rungs - 1];
        while (r->next < r->n && r->buckets[r->next].n == 0)
            r->next++;
        if (r->next == r->n) {
            far->n_rungs--;
            continue;
        }
        FarBucket *b = &r->buckets[r->next];
        SimTime start = r->start + (SimTime)((uint64_t)r->next << r->shift);
        SimTime end = ++r->next == r->n ? r->end : start + (SimTime)((uint64_t)1 << r->shift);
        if (b->n <= FEW || r->shift == 0 || far->n_rungs == FAR_RUNGS) {
            take_bucket(far, b, take, self);
            return end;
        }
        spread(far, b, rung_push(far, start, end - 1, end, b->n));
    }
}
