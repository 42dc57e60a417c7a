/*
 * sched.c - a 4-ary heap of (instant, order, timer) for what is near, a ladder (far.c) for the rest
 * once there is much of it.
 *
 * The key is kept in the arrays themselves, so that sifting touches no timer but those it moves. A
 * timer set to a later instant keeps its old entry; when that comes up it is moved on, unseen from
 * outside, so re-arming a retransmission timer on every ACK costs two stores.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/sched.h"

#include <glib.h>

enum {
    ARITY = 4,
    MANY = 256 /* as many timers a heap alone serves best */
};

/* The key as one number: comparing two of them takes no branch. */
__extension__ typedef unsigned __int128 Key;

static inline Key key_of(const SchedEntry *e)
{
    return (Key)(uint64_t)e->at << 64 | e->order;
}

static inline bool entry_before(const SchedEntry *a, const SchedEntry *b)
{
    return key_of(a) < key_of(b);
}

static inline void place(Sched *s, size_t i, SchedEntry e)
{
    s->heap[i] = e;
    e.timer->slot = i;
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

/* Of the children from `first` on; all four, as nearly always, by three comparisons and no jump. */
static inline size_t least_child(const SchedEntry *heap, size_t n, size_t first)
{
    if (first + ARITY <= n) {
        size_t a = first + entry_before(&heap[first + 1], &heap[first]);
        size_t b = first + 2 + entry_before(&heap[first + 3], &heap[first + 2]);
        return entry_before(&heap[b], &heap[a]) ? b : a;
    }
    size_t best = first;
    for (size_t c = first + 1; c < n; c++)
        if (entry_before(&heap[c], &heap[best]))
            best = c;
    return best;
}

static void sift_down(Sched *s, size_t i, SchedEntry e)
{
    for (;;) {
        size_t first = i * ARITY + 1;
        if (first >= s->n)
            break;
        size_t best = least_child(s->heap, s->n, first);
        if (!entry_before(&s->heap[best], &e))
            break;
        place(s, i, s->heap[best]);
        i = best;
    }
    place(s, i, e);
}

/* The place of the timer that has fired is closed, if nothing has been put there. */
static inline void close_vacancy(Sched *s)
{
    if (!s->vacant)
        return;
    s->vacant = false;
    s->n--;
    if (s->n > 0)
        sift_down(s, 0, s->heap[s->n]);
}

/* Most events set one timer: it takes the place of the one that fired, in one go down the heap. */
static inline void heap_push(Sched *s, SchedEntry e)
{
    e.timer->in = TIMER_IN_HEAP;
    if (s->vacant) {
        s->vacant = false;
        sift_down(s, 0, e);
        return;
    }
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 64;
        s->heap = g_renew(SchedEntry, s->heap, s->cap);
    }
    s->n++;
    sift_up(s, s->n - 1, e);
}

static void heap_remove(Sched *s, size_t i)
{
    s->heap[i].timer->in = TIMER_IN_NOTHING;
    s->n--;
    if (i == s->n)
        return;
    SchedEntry moved = s->heap[s->n];
    if (i > 0 && entry_before(&moved, &s->heap[(i - 1) / ARITY]))
        sift_up(s, i, moved);
    else
        sift_down(s, i, moved);
}

static void far_add(Sched *s, SchedEntry e)
{
    e.timer->in = TIMER_IN_FAR;
    far_put(&s->far, e);
}

/* From a heap alone to a heap and a ladder. */
static void part(Sched *s)
{
    close_vacancy(s);
    s->near_end = s->now;
    far_begin(&s->far, s->now);
    for (size_t i = 0; i < s->n; i++)
        far_add(s, s->heap[i]);
    s->n = 0;
}

static inline void add(Sched *s, SchedEntry e)
{
    if (s->n >= MANY && s->near_end == NEVER)
        part(s);
    if (e.at < s->near_end)
        heap_push(s, e);
    else
        far_add(s, e);
}

static void take_back(void *sched, SchedEntry e)
{
    heap_push(sched, e);
}

static void take_out(Timer *t)
{
    close_vacancy(t->sched);
    if (t->in == TIMER_IN_HEAP)
        heap_remove(t->sched, t->slot);
    else
        far_remove(&t->sched->far, t);
    t->in = TIMER_IN_NOTHING;
}

static inline bool is_current(const SchedEntry *e)
{
    return e->at == e->timer->at && e->order == e->timer->order;
}

/* Makes the root the earliest pending timer; false if there is none. Entries of timers that were
 * pushed back are moved to where they belong. */
static bool settle_root_slowly(Sched *s)
{
    for (;;) {
        while (s->n == 0 && s->far.n > 0)
            s->near_end = far_take(&s->far, take_back, s);
        if (s->n == 0)
            return false;
        if (is_current(&s->heap[0]))
            return true;
        Timer *t = s->heap[0].timer;
        SchedEntry e = { t->at, t->order, t };
        if (e.at < s->near_end) {
            sift_down(s, 0, e);
        } else {
            heap_remove(s, 0);
            far_add(s, e);
        }
    }
}

static inline bool settle_root(Sched *s)
{
    close_vacancy(s);
    return (s->n > 0 && is_current(&s->heap[0])) || settle_root_slowly(s);
}

void sched_init(Sched *s)
{
    *s = (Sched){ .near_end = NEVER };
}

void sched_clear(Sched *s)
{
    g_free(s->heap);
    far_clear(&s->far);
    *s = (Sched){ .now = s->now, .events = s->events, .near_end = NEVER };
}

uint64_t sched_order(Sched *s)
{
    return s->next_order++;
}

SimTime sched_next(Sched *s)
{
    return settle_root(s) ? s->heap[0].at : NEVER;
}

bool sched_run_until(Sched *s, SimTime until)
{
    if (!settle_root(s) || s->heap[0].at > until)
        return false;
    Timer *t = s->heap[0].timer;
    s->vacant = true;
    t->in = TIMER_IN_NOTHING;
    t->pending = false;
    s->foreground -= !t->background;
    s->now = t->at;
    s->events++;
    t->fire(t->owner);
    return true;
}

bool sched_run_one(Sched *s)
{
    return sched_run_until(s, NEVER);
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
    t->at = MIN(at, NEVER - 1); /* the ladder's ends lie behind what is in it */
    t->order = order;
    s->foreground += !t->pending && !t->background;
    t->pending = true;
    SchedEntry e = { t->at, order, t };
    if (t->in == TIMER_IN_NOTHING) {
        add(s, e);
    } else if (t->in == TIMER_IN_HEAP && entry_before(&e, &s->heap[t->slot])) {
        close_vacancy(s);
        sift_up(s, t->slot, e);
    } else if (t->in == TIMER_IN_FAR && entry_before(&e, t->place)) {
        take_out(t);
        add(s, e);
    }
}

void timer_stop(Timer *t)
{
    if (!t->pending)
        return;
    take_out(t);
    t->pending = false;
    t->sched->foreground -= !t->background;
}
