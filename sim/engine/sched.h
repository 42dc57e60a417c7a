/*
 * sched.h - the queue that is time: intrusive timers, fired in order of (instant, order of
 * arming).
 *
 * A Timer lives inside what it serves and is the engine's only kind of event. Arming never
 * allocates per event (arrays grow once). Ties fire in the order in which the timers
 * were last set; a caller may also bring its own place in line (timer_set_as), which a link does
 * for the packet at the head of its queue.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/far.h"
#include "sim/engine/time.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct Sched Sched;

/* Where a timer's entry is. One that is set to a later instant, or rests, keeps its old entry till
 * that comes up. */
typedef enum TimerIn { TIMER_IN_NOTHING, TIMER_IN_LINE, TIMER_IN_NEAR, TIMER_IN_FAR } TimerIn;

struct Timer {
    Sched   *sched;
    void   (*fire)(void *owner);
    void    *owner;
    SimTime  at;         /* when it is due; NEVER: it rests; meaningful while it has an entry */
    uint64_t order;      /* its place among timers due at the same instant */
    union {
        size_t      turn;  /* in the line of those due now */
        SimTime     key;   /* in the near future: the instant of its entry there */
        SchedEntry *place; /* in the far future */
    };
    TimerIn  in;
    bool     background; /* does not keep the simulation alive */
};

struct Sched {
    SimTime     now;
    uint64_t    next_order;
    uint64_t    events;     /* fired so far */
    size_t      foreground; /* pending timers that keep the simulation alive */
    Timer     **line;       /* a ring of those set without delay, in order; NULL: no more */
    size_t      line_first, line_end, line_cap; /* counted on; the cap is a power of 2 */
    SchedEntry *near;       /* what is due before near_end, in order: from near_first on */
    size_t      near_first, near_last, near_cap; /* near_last: where the next one would go */
    SimTime     near_end;   /* NEVER: nothing is in the far future */
    Far         far;        /* the rest */
};

void sched_init(Sched *s);
void sched_clear(Sched *s); /* frees the arrays; timers belong to others */

/* The next number in line, for what is queued elsewhere and armed later with timer_set_as. */
uint64_t sched_order(Sched *s);

/* The instant of the earliest pending timer, NEVER if there is none. */
SimTime sched_next(Sched *s);

/* Advances to the earliest timer and fires it. Returns false if none is pending, or none that is
 * due at `until` or before. */
bool sched_run_until(Sched *s, SimTime until);
bool sched_run_one(Sched *s); /* whenever it is due */

/* Once, before any other call on t. fire(owner) runs when the timer is due, no longer pending. */
void timer_init(Timer *t, Sched *s, void (*fire)(void *owner), void *owner);

/* Housekeeping (ageing, keep-alive) calls this after timer_init: such a timer does not keep the
 * simulation from ending. */
void timer_set_background(Timer *t);

/* Due in `delay` from now (>= 0); an armed timer is re-armed and goes to the end of its new
 * line. */
void timer_set(Timer *t, SimTime delay);

/* Due at the instant `at` (>= now), in the place `order` drawn earlier by sched_order. */
void timer_set_as(Timer *t, SimTime at, uint64_t order);

void timer_stop(Timer *t); /* an idle timer is fine */

/* The same for one that will soon be set again: its place in the queue stays, and if that comes up
 * before t is set, fire(owner) is called, which is no event: it finds t idle, and may forget it,
 * but must touch no other timer. Till then only timer_stop lets go of t. */
void timer_rest(Timer *t);

static inline bool timer_pending(const Timer *t)
{
    return t->in != TIMER_IN_NOTHING && t->at != NEVER; /* else it rests */
}
