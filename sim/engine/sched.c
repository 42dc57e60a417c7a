/*
 * sched.c - a 4-ary heap of (instant, order, timer).
 *
 * The key is kept in the heap's own array, so that sifting touches no timer but those it moves. A
 * timer set to a later instant keeps its old place; when that place comes up the entry is moved on,
 * unseen from outside, so re-arming a retransmission timer on every ACK costs two stores.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/sched.h"

#include <glib.h>

enum { ARITY = 4 };

static bool entry_before(const SchedEntry *a, const SchedEntry *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void place(Sched *s, size_t i, SchedEntry e)
{
    s->heap[i] = e;
    e.timer->slot = i + 1;
}

static void sift_up(Sched *s, size_t i, SchedEntry e)
{
    while (i > 0) {
        size_t parent = (i - 1) / ARITY;
        if (!entry_before(&e, &s->heap[parent]))
            break;
        place(s, i, s->heap[parent]);
        i = parent;
    }
    place(s, i, e);
}

static void sift_down(Sched *s, size_t i, SchedEntry e)
{
    for (;;) {
        size_t first = i * ARITY + 1;
        if (first >= s->n)
            break;
        size_t last = MIN(first + ARITY, s->n), best = first;
        for (size_t c = first + 1; c < last; c++)
            if (entry_before(&s->heap[c], &s->heap[best]))
                best = c;
        if (!entry_before(&s->heap[best], &e))
            break;
        place(s, i, s->heap[best]);
        i = best;
    }
    place(s, i, e);
}

static void heap_push(Sched *s, SchedEntry e)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 64;
        s->heap = g_renew(SchedEntry, s->heap, s->cap);
    }
    s->n++;
    sift_up(s, s->n - 1, e);
}

static void heap_remove(Sched *s, size_t i)
{
    s->heap[i].timer->slot = 0;
    s->n--;
    if (i == s->n)
        return;
    SchedEntry moved = s->heap[s->n];
    if (i > 0 && entry_before(&moved, &s->heap[(i - 1) / ARITY]))
        sift_up(s, i, moved);
    else
        sift_down(s, i, moved);
}

/* Moves entries of timers that were pushed back to where they belong, until the root is true. */
static void settle_root(Sched *s)
{
    while (s->n > 0) {
        SchedEntry e = s->heap[0];
        const Timer *t = e.timer;
        if (e.at == t->at && e.order == t->order)
            return;
        sift_down(s, 0, (SchedEntry){ t->at, t->order, e.timer });
    }
}

void sched_init(Sched *s)
{
    *s = (Sched){ 0 };
}

void sched_clear(Sched *s)
{
    g_free(s->heap);
    *s = (Sched){ .now = s->now, .events = s->events };
}

uint64_t sched_order(Sched *s)
{
    return s->next_order++;
}

SimTime sched_next(Sched *s)
{
    settle_root(s);
    return s->n > 0 ? s->heap[0].at : NEVER;
}

bool sched_run_one(Sched *s)
{
    settle_root(s);
    if (s->n == 0)
        return false;
    Timer *t = s->heap[0].timer;
    heap_remove(s, 0);
    t->pending = false;
    s->foreground -= !t->background;
    s->now = t->at;
    s->events++;
    t->fire(t->owner);
    return true;
}

void timer_init(Timer *t, Sched *s, void (*fire)(void *owner), void *owner)
{
    *t = (Timer){ .sched = s, .fire = fire, .owner = owner };
}

void timer_set_background(Timer *t)
{
    g_assert(!t->pending);
    t->background = true;
}

void timer_set(Timer *t, SimTime delay)
{
    g_assert(delay >= 0);
    timer_set_as(t, time_add(t->sched->now, delay), sched_order(t->sched));
}

void timer_set_as(Timer *t, SimTime at, uint64_t order)
{
    Sched *s = t->sched;

    g_assert(at >= s->now);
    t->at = at;
    t->order = order;
    s->foreground += !t->pending && !t->background;
    t->pending = true;
    if (t->slot == 0) {
        heap_push(s, (SchedEntry){ at, order, t });
        return;
    }
    SchedEntry now = { at, order, t };
    if (entry_before(&now, &s->heap[t->slot - 1]))
        sift_up(s, t->slot - 1, now);
}

void timer_stop(Timer *t)
{
    if (!t->pending)
        return;
    heap_remove(t->sched, t->slot - 1);
    t->pending = false;
    t->sched->foreground -= !t->background;
}
