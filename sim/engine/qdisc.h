/*
 * qdisc.h - queueing disciplines before a link's transmitter: RED, CoDel, FQ-CoDel. Names and
 * defaults are those of tc-red(8), tc-codel(8), tc-fq_codel(8).
 *
 * Drop-tail has no object here: it is arithmetic in link.c. A discipline holds the frames that
 * wait, and is asked for the next one when the transmitter is free. What it refuses, early or
 * late, it hands to link_lose; what it marks instead of dropping, to link_mark. The engine knows
 * no protocol: flows and marks are the business of the world's FrameReader.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/node.h"
#include "sim/engine/rng.h"
#include "sim/engine/sched.h"

typedef enum QdiscType {
    QDISC_DROP_TAIL,
    QDISC_RED,
    QDISC_CODEL,
    QDISC_FQ_CODEL,
    QDISC_COUNT
} QdiscType;
extern const char *const qdisc_names[]; /* "drop-tail", "red", "codel", "fq_codel", NULL */

typedef struct QueueSize { /* so many packets, or bytes; 0: not said */
    uint64_t n;
    bool     in_bytes;
} QueueSize;

/* How a queue behaves; how long it may grow is the link's `queue`. */
typedef struct QdiscConfig {
    QdiscType type;
    bool      ecn;          /* marks instead of dropping, where the frame allows it */
    SimTime   target;       /* CoDel: what a frame may wait, */
    SimTime   interval;     /* and for how long it may be more */
    SimTime   ce_threshold; /* CoDel: every frame that waited longer is marked; 0: off */
    uint64_t  flows;        /* FQ-CoDel: queues, */
    uint64_t  quantum;      /* and bytes for each in its turn */
    QueueSize min, max;     /* RED: thresholds of the average, in the unit of the limit */
    Prob      probability;  /* RED: of a drop or mark when the average is at max */
    uint64_t  weight;       /* RED: a new length counts 2^-weight in the average */
    uint64_t  avpkt;        /* RED: bytes of the usual frame, for the time of an idle link */
    bool      gentle;       /* RED: from max to twice max the probability goes on to 1 */
    bool      harddrop;     /* RED: above max nothing is only marked */
} QdiscConfig;

/* What a queue must know of a frame; see Sim. */
typedef struct FrameReader {
    uint64_t (*flow)(const Packet *pkt); /* alike for the frames of one flow */
    bool     (*mark)(Packet *pkt);       /* congestion experienced; false: cannot be marked */
} FrameReader;

typedef struct Qdisc Qdisc;
struct Qdisc {
    const struct QdiscOps *ops;
    LinkDir *dir;
    uint64_t packets, bytes; /* that wait */
    SimTime  waited;         /* how long the last one to leave had */
    Timer    transmitter;    /* the link's: free again, and frames wait */
};

/* What a look at a queue shows beyond its length. */
typedef struct QdiscState {
    uint64_t average;             /* RED, in the unit of the limit, rounded down */
    bool     dropping;            /* CoDel */
    uint64_t count;               /* CoDel: drops since it went into that state */
    SimTime  drop_next;           /* CoDel: the instant of the next */
    uint64_t new_flows, old_flows; /* FQ-CoDel: in its two lists */
} QdiscState;

/* The queue that dir's configuration asks for; NULL for drop-tail. Its parameters are complete and
 * sane (see link_queue_check). */
Qdisc *qdisc_new(LinkDir *dir);
void   qdisc_free(Qdisc *q); /* frees what waits, too; NULL is fine */

/* A frame joins; takes pkt always. Frames may be lost over it, this one or others. */
void qdisc_put(Qdisc *q, Packet *pkt);

/* The frame whose transmission begins now, which is the caller's; NULL: nothing waits any more.
 * Frames may be lost before it. */
Packet *qdisc_take(Qdisc *q);

/* Any frame that waits, without a judgement; NULL: none does. */
Packet *qdisc_evict(Qdisc *q);

QdiscState qdisc_state(const Qdisc *q);
