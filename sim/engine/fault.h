/*
 * fault.h - rules on a link that drop, delay, hold, copy, duplicate, corrupt or modify chosen
 * frames.
 *
 * A rule acts where a frame enters the link, before queue, loss and delay. The oldest rule that
 * matches acts. What it releases or replays enters the link there too, and no rule sees it again.
 * The match is a callback: filters are compiled elsewhere.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/link.h"

typedef enum FaultKind {
    FAULT_DROP,
    FAULT_DELAY,
    FAULT_DUPLICATE,
    FAULT_CORRUPT,
    FAULT_MODIFY,
    FAULT_HOLD,
    FAULT_COPY
} FaultKind;

typedef struct FaultOptions {
    uint64_t    count;       /* acts so often, then never; 0: always */
    uint64_t    skip;        /* lets the first n matching frames pass */
    const Node *from;        /* this direction only; NULL: both */
    Prob        probability; /* PROB_ONE unless said */
    SimTime     after, before; /* acts in [after, before); 0 and NEVER unless said */
    SimTime     delay;       /* DELAY, and DUPLICATE's copies: how much later they enter the link */
    uint64_t    copies;      /* DUPLICATE: 1 unless said */
    int64_t     bit;         /* CORRUPT: which bit of the frame, from 0; -1: a random one. A
                                frame that is too short for it passes */
} FaultOptions;

extern const FaultOptions fault_options_default;

typedef struct FaultCalls {
    bool (*match)(void *self, LinkDir *dir, const Packet *pkt); /* NULL: every frame */
    void (*modify)(void *self, LinkDir *dir, Packet *pkt);      /* may change bytes and length */
    void (*on_hit)(void *self, const Packet *pkt);              /* before it acts; may be NULL */
    void (*free_self)(void *self);                              /* NULL: nothing to free */
    void  *self;
} FaultCalls;

typedef struct FaultCaught {
    Packet  *pkt;     /* owned: the frame itself (HOLD) or the copy of it that is replayed (COPY) */
    LinkDir *dir;
    SimTime  since;
} FaultCaught;

typedef struct FaultQueue { /* what a rule puts on the wire later, in one direction */
    FaultRule *rule;
    LinkDir   *dir;
    Packet    *head, *tail; /* by (arrive, order): the instants of entering */
    Timer      timer;       /* serves the head */
} FaultQueue;

struct FaultRule {
    Link        *link;
    FaultKind    kind;
    FaultOptions opt;
    FaultCalls   calls;
    char        *name;      /* "old-syn (scenario.lua:12)": for people */
    uint64_t     seen;      /* matched while it was in force, skipped ones too */
    uint64_t     hits;      /* acted on */
    bool         removed;
    Rng          rng;       /* probability, corrupt */
    GPtrArray   *caught;    /* HOLD, COPY: of FaultCaught, in the order caught */
    FaultQueue   later[2];  /* DELAY, DUPLICATE: one per direction */
};

/* A rule on the link, which owns it; `name` is copied. */
FaultRule *fault_add(Link *link, FaultKind kind, const FaultOptions *opt, const FaultCalls *calls,
                     const char *name);
void fault_remove(FaultRule *rule); /* acts no longer; held frames stay held */
void fault_free(FaultRule *rule);   /* the link's business; drops what is still held */

/* HOLD: puts what is held back on the wire, in the order caught. COPY: puts copies of what was
 * caught on the wire, as often as it is called. Returns how many. */
size_t fault_release(FaultRule *rule);

/* The rules of dir's link see the frame. Returns true if one has taken it. Called by link_send. */
bool fault_apply(LinkDir *dir, Packet *pkt);
