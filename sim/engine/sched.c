/*
 * sched.c - a sorted list of (instant, order, timer) for what is near, a ladder (far.c) for the
 * rest once there is much of it, and a line of what is due at once.
 *
 * Most of what is set comes after all that is near, or nearly so, and the first is taken by moving
 * one index: with few timers pending nothing costs less. Into a list that has become long it would
 * cost more and more; then all of it goes back to the ladder, a rung finer. A timer set to a later
 * instant keeps its old entry; when that comes up it is moved on, unseen from outside, so re-arming
 * a retransmission timer on every ACK costs two stores. So does one that rests; its entry goes.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/sched.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum {
    MANY = 64,  /* as many timers a list alone serves best */
    FEW = 8,    /* of as many, those before a new one are not fewer by much than those behind */
    SHORT = 64, /* as many are sorted soonest by insertion, most being in order */
    FIRST_CAP = 4 * MANY,
    FIRST_LINE = 16
};
/* What the ladder gives back as it is must leave room, or the next one would send it there again.
 */
G_STATIC_ASSERT(MANY >= FAR_CHUNK + FAR_CHUNK / 2);

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

/* --- what is due at once ---------------------------------------------------------------------- */

static inline Timer **line_at(const Sched *s, size_t turn)
{
    return &s->line[turn & (s->line_cap - 1)];
}

static inline bool line_is_empty(const Sched *s)
{
    return s->line_first == s->line_end;
}

static void line_grow(Sched *s)
{
    size_t cap = s->line_cap ? 2 * s->line_cap : FIRST_LINE;
    Timer **grown = g_new(Timer *, cap);

    for (size_t i = s->line_first; i != s->line_end; i++)
        grown[i & (cap - 1)] = *line_at(s, i);
    g_free(s->line);
    s->line = grown;
    s->line_cap = cap;
}

static inline void line_put(Sched *s, Timer *t)
{
    if (s->line_end - s->line_first == s->line_cap)
        line_grow(s);
    t->in = TIMER_IN_LINE;
    t->turn = s->line_end++;
    *line_at(s, t->turn) = t;
}

/* The first in line is never one that has been stopped. */
static inline void line_pass(Sched *s)
{
    do
        s->line_first++;
    while (s->line_first != s->line_end && *line_at(s, s->line_first) == NULL);
}

static void line_remove(Sched *s, size_t turn)
{
    *line_at(s, turn) = NULL;
    if (turn == s->line_first)
        line_pass(s);
}

/* --- what is near ----------------------------------------------------------------------------- */

static inline size_t near_count(const Sched *s)
{
    return s->near_last - s->near_first;
}

/* Behind the last: entries move to the array's beginning, or to a larger one. */
static void near_make_room(Sched *s)
{
    size_t n = near_count(s);

    if (2 * n > s->near_cap || s->near_cap == 0) {
        s->near_cap = MAX(2 * s->near_cap, FIRST_CAP);
        SchedEntry *grown = g_new(SchedEntry, s->near_cap);
        if (n > 0)
            memcpy(grown, &s->near[s->near_first], n * sizeof *grown);
        g_free(s->near);
        s->near = grown;
    } else {
        memmove(s->near, &s->near[s->near_first], n * sizeof *s->near);
    }
    s->near_first = 0;
    s->near_last = n;
}

/* t's entry of the instant `at` is to be here. */
static inline void near_note(Timer *t, SimTime at)
{
    t->in = TIMER_IN_NEAR;
    t->key = at;
}

/* Puts e where it belongs in the sorted row from `first` on, behind which `place` is free. */
static inline void near_settle(const SchedEntry *first, SchedEntry *place, SchedEntry e)
{
    for (; place > first && entry_before(&e, place - 1); place--)
        *place = place[-1];
    *place = e;
}

/* The same in front of which `place` is free, and of which one comes after e. */
static inline void near_settle_forward(SchedEntry *place, SchedEntry e)
{
    for (; entry_before(place + 1, &e); place++)
        *place = place[1];
    *place = e;
}

/* Those move that are fewer. There is room behind the last. */
static inline void near_put(Sched *s, Timer *t)
{
    SchedEntry e = { t->at, t->order, t };
    size_t n = near_count(s);

    near_note(t, t->at);
    if (n > FEW && s->near_first > 0 && entry_before(&e, &s->near[s->near_first + n / 2]))
        near_settle_forward(&s->near[--s->near_first], e);
    else
        near_settle(&s->near[s->near_first], &s->near[s->near_last++], e);
}

static int by_key(const void *a, const void *b)
{
    return entry_before(a, b) ? -1 : 1; /* no two have the same order */
}

static void near_sort(Sched *s)
{
    if (near_count(s) > SHORT) {
        qsort(&s->near[s->near_first], near_count(s), sizeof *s->near, by_key);
        return;
    }
    for (size_t i = s->near_first; i < s->near_last; i++)
        near_settle(&s->near[s->near_first], &s->near[i], s->near[i]);
}

static void near_remove(Sched *s, const Timer *t)
{
    size_t from = s->near_first, to = s->near_last;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (s->near[middle].at < t->key)
            from = middle + 1;
        else
            to = middle;
    }
    while (s->near[from].timer != t)
        from++;
    if (from - s->near_first < s->near_last - from) {
        for (; from > s->near_first; from--)
            s->near[from] = s->near[from - 1];
        s->near_first++;
        return;
    }
    s->near_last--;
    memmove(&s->near[from], &s->near[from + 1], (s->near_last - from) * sizeof *s->near);
}

/* --- all together ----------------------------------------------------------------------------- */

static void far_add(Sched *s, SchedEntry e)
{
    e.timer->in = TIMER_IN_FAR;
    far_put(&s->far, e);
}

/* From a list that has become long to the ladder. What is due at one instant cannot be parted. */
static void part(Sched *s)
{
    SimTime start = s->near_end == NEVER ? s->now : s->near[s->near_first].at;

    if (s->near_end == NEVER)
        far_begin(&s->far, start);
    else if (!far_refine(&s->far, start, s->near_end, near_count(s)))
        return;
    s->near_end = start;
    for (size_t i = s->near_first; i < s->near_last; i++)
        far_add(s, s->near[i]);
    s->near_first = s->near_last = 0;
}

static G_NO_INLINE void add_slowly(Sched *s, Timer *t)
{
    if (near_count(s) >= MANY)
        part(s);
    if (t->at >= s->near_end) {
        far_add(s, (SchedEntry){ t->at, t->order, t });
        return;
    }
    if (s->near_last == s->near_cap)
        near_make_room(s);
    near_put(s, t);
}

static inline void add(Sched *s, Timer *t)
{
    if (G_LIKELY(near_count(s) < MANY && s->near_last < s->near_cap && t->at < s->near_end))
        near_put(s, t);
    else
        add_slowly(s, t);
}

/* Its place comes up. */
static void rest_is_over(Timer *t)
{
    t->in = TIMER_IN_NOTHING;
    t->fire(t->owner);
}

static void take_back(void *sched, SchedEntry e)
{
    Sched *s = sched;

    if (e.timer->at == NEVER) {
        rest_is_over(e.timer);
        return;
    }
    if (s->near_last == s->near_cap)
        near_make_room(s);
    near_note(e.timer, e.at);
    s->near[s->near_last++] = e;
}

static void take_out(Timer *t)
{
    Sched *s = t->sched;

    if (t->in == TIMER_IN_LINE)
        line_remove(s, t->turn);
    else if (t->in == TIMER_IN_NEAR)
        near_remove(s, t);
    else if (t->in == TIMER_IN_FAR)
        far_remove(&s->far, t);
    t->in = TIMER_IN_NOTHING;
}

static inline bool is_current(const SchedEntry *e)
{
    return e->at == e->timer->at && e->order == e->timer->order;
}

/* Makes the first of the near list the earliest pending timer but for those in line; false if there
 * is none. Entries of timers that were pushed back are moved to where they belong, of those that
 * rest are dropped. */
static bool settle(Sched *s)
{
    for (;;) {
        while (near_count(s) == 0 && s->far.n > 0) {
            s->near_end = far_take(&s->far, take_back, s);
            near_sort(s);
        }
        if (near_count(s) == 0)
            return false;
        if (is_current(&s->near[s->near_first]))
            return true;
        Timer *t = s->near[s->near_first++].timer;
        if (t->at == NEVER)
            rest_is_over(t);
        else
            add(s, t);
    }
}

static inline bool is_settled(const Sched *s)
{
    return near_count(s) > 0 && is_current(&s->near[s->near_first]);
}

/* Of those due now the line's first may have been set before the near list's, or after it. */
static inline bool line_comes_first(const Sched *s, bool near)
{
    if (line_is_empty(s))
        return false;
    const Timer *t = *line_at(s, s->line_first);
    return !near || entry_before(&(SchedEntry){ s->now, t->order, NULL }, &s->near[s->near_first]);
}

static Timer *line_take(Sched *s)
{
    Timer *t = *line_at(s, s->line_first);

    line_pass(s);
    return t;
}

static Timer *take_first_slowly(Sched *s, SimTime until)
{
    bool near = settle(s);

    if (line_comes_first(s, near))
        return s->now <= until ? line_take(s) : NULL;
    if (!near || s->near[s->near_first].at > until)
        return NULL;
    return s->near[s->near_first++].timer;
}

/* Of the list, or the line, takes the timer that fires next; NULL: it is not due until then. */
static inline Timer *take_first(Sched *s, SimTime until)
{
    if (!line_is_empty(s)) {
        if (near_count(s) > 0 && s->near[s->near_first].at > s->now && s->now <= until)
            return line_take(s);
    } else if (is_settled(s) && s->near[s->near_first].at <= until) {
        Timer *t = s->near[s->near_first++].timer;
        if (near_count(s) > 0)
            __builtin_prefetch(s->near[s->near_first].timer);
        return t;
    }
    return take_first_slowly(s, until);
}

void sched_init(Sched *s)
{
    *s = (Sched){ .near_end = NEVER };
}

void sched_clear(Sched *s)
{
    g_free(s->near);
    g_free(s->line);
    far_clear(&s->far);
    *s = (Sched){ .now = s->now, .events = s->events, .near_end = NEVER };
}

uint64_t sched_order(Sched *s)
{
    return s->next_order++;
}

SimTime sched_next(Sched *s)
{
    if (!line_is_empty(s))
        return s->now;
    return settle(s) ? s->near[s->near_first].at : NEVER;
}

bool sched_run_until(Sched *s, SimTime until)
{
    Timer *t = take_first(s, until);

    if (t == NULL)
        return false;
    t->in = TIMER_IN_NOTHING;
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
    g_assert(!timer_pending(t));
    t->background = true;
}

/* It is about to be. */
static inline void count_set(const Timer *t)
{
    t->sched->foreground += !timer_pending(t) && !t->background;
}

void timer_set(Timer *t, SimTime delay)
{
    Sched *s = t->sched;

    g_assert(delay >= 0);
    if (delay > 0) {
        timer_set_as(t, time_add(s->now, delay), sched_order(s));
        return;
    }
    count_set(t);
    if (t->in != TIMER_IN_NOTHING)
        take_out(t);
    t->at = s->now;
    t->order = sched_order(s);
    line_put(s, t);
}

/* Of a timer that has an entry already: one that would come up too late is taken out. */
static G_NO_INLINE void set_again(Timer *t, SimTime at, uint64_t order)
{
    SchedEntry e = { at, order, t };

    count_set(t);
    if (t->in == TIMER_IN_LINE || (t->in == TIMER_IN_NEAR && at <= t->key) ||
        (t->in == TIMER_IN_FAR && entry_before(&e, t->place)))
        take_out(t);
    t->at = at;
    t->order = order;
    if (t->in == TIMER_IN_NOTHING)
        add(t->sched, t);
}

void timer_set_as(Timer *t, SimTime at, uint64_t order)
{
    Sched *s = t->sched;

    g_assert(at >= s->now);
    at = MIN(at, NEVER - 1); /* the ladder's ends lie behind what is in it */
    if (t->in != TIMER_IN_NOTHING) {
        set_again(t, at, order);
        return;
    }
    s->foreground += !t->background;
    t->at = at;
    t->order = order;
    add(s, t);
}

void timer_stop(Timer *t)
{
    if (t->in == TIMER_IN_NOTHING)
        return;
    t->sched->foreground -= timer_pending(t) && !t->background;
    take_out(t);
}

void timer_rest(Timer *t)
{
    if (t->in == TIMER_IN_LINE)
        timer_stop(t);
    if (!timer_pending(t))
        return;
    t->sched->foreground -= !t->background;
    t->at = NEVER;
}
