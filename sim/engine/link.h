/*
 * link.h - a cable between two ports: delay, rate, queue, loss and the rest, each direction on its own.
 *
 * A frame enters at link_send: the fault rules see it first (fault.h), then the queue, the
 * transmitter, the loss model, duplication, damage, delay. A packet on the wire costs one event: the
 * transmitter's busy time is arithmetic, and only arrivals are scheduled, through one timer for each
 * direction that serves its queue of packets in flight, ordered by (arrival, place in line).
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/knob.h"
#include "sim/engine/node.h"
#include "sim/engine/rng.h"
#include "sim/engine/sched.h"

typedef struct Link Link;
typedef struct FaultRule FaultRule;

typedef enum Distribution { DIST_UNIFORM, DIST_NORMAL, DIST_PARETO, DIST_COUNT } Distribution;
extern const char *const distribution_names[]; /* "uniform" ..., NULL-terminated */

typedef enum LossModel { LOSS_RANDOM, LOSS_GILBERT_ELLIOTT } LossModel;

/* What one direction does to frames. Everything 0 is a perfect, infinitely fast cable. */
typedef struct LinkConfig {
    SimTime      delay, jitter;
    Distribution distribution;
    uint64_t     rate;          /* bit/s; 0: infinite */
    bool         queue_in_bytes;
    uint64_t     queue;         /* limit behind the frame being sent, packets or bytes */
    LossModel    loss_model;
    Prob         loss;          /* LOSS_RANDOM */
    Prob         ge_p, ge_r;    /* Gilbert-Elliott: into, out of the bad state, */
    Prob         ge_h, ge_k;    /* the chance to pass in the bad, in the good one */
    Prob         duplicate, reorder, corrupt;
    uint64_t     gap;           /* reorder only every gap-th frame; 0, 1: any */
    uint64_t     mtu;           /* bytes of network packet; 1500 unless said */
} LinkConfig;

extern const LinkConfig link_defaults;
extern const Knob       link_knobs[]; /* for LinkConfig; the special forms of queue, loss are the binding's */

typedef struct LinkCounters {
    uint64_t sent;       /* frames that entered */
    uint64_t sent_bytes;
    uint64_t delivered, delivered_bytes;
    uint64_t lost;       /* by the loss model */
    uint64_t dropped;    /* for a full queue, or by a fault rule, or the cable being out */
    uint64_t queue_drops;
    uint64_t duplicated, reordered, corrupted, held;
} LinkCounters;

struct LinkDir {
    Link        *link;
    Port        *from, *to;
    LinkConfig   cfg;
    LinkCounters counters;
    char        *name;         /* "a>b", "a>b#2": its random streams are named after it */
    Rng          rng_loss, rng_jitter, rng_duplicate, rng_reorder, rng_corrupt;
    bool         ge_bad;       /* Gilbert-Elliott: in the bad state */
    uint64_t     since_reorder;
    SimTime      next_free;    /* when the transmitter has sent all that is queued */
    SimTime      last_arrival; /* of the newest frame: nothing overtakes without jitter or reorder */
    GArray      *backlog;      /* (start, size) of frames waiting for the transmitter */
    Packet      *head, *tail;  /* in flight, by (arrive, order) */
    Timer        timer;        /* serves the head */
};

struct Link {
    Sim       *sim;
    unsigned   index;
    LinkDir    dir[2];  /* 0: forward, from a to b as named when it was made */
    bool       up;
    GPtrArray *rules;   /* of FaultRule, oldest first; owned */
    void      *binding; /* for the rank above; NULL */
};

/* Category TRACE_LINK. `port` is the sending port, but for LINK_DELIVERED, where it receives. */
extern const TracePoint LINK_ENQUEUED;   /* id: a port put the frame on the wire */
extern const TracePoint LINK_DELIVERED;  /* id: it has arrived, before anybody looked at it */
extern const TracePoint LINK_LOST;       /* id, reason: loss, queue, cable, a rule */
extern const TracePoint LINK_DUPLICATED; /* id */
extern const TracePoint LINK_REORDERED;  /* id */
extern const TracePoint LINK_CORRUPTED;  /* id, bit */
extern const TracePoint LINK_HELD;       /* id, rule: a fault rule keeps it */
extern const TracePoint LINK_RELEASED;   /* id, rule: back on the wire (also a replayed copy) */
extern const TracePoint LINK_MODIFIED;   /* id, rule */
extern const TracePoint LINK_DELAYED;    /* id, rule, by */
extern const TracePoint LINK_WENT_DOWN, LINK_WENT_UP; /* category TRACE_SIM: link's name */

/* Plugs a cable between two ports, both still free (g_assert). Each direction has its own options. */
Link *link_new(Sim *sim, Port *a, Port *b, const LinkConfig *forward, const LinkConfig *reverse);
void  link_free(Link *link);

LinkDir *link_dir_from(Link *link, const Node *from); /* NULL if the node is not on it */
LinkDir *link_dir_reverse(LinkDir *dir);

/* New options for the frames still to come. */
void link_set(LinkDir *dir, const LinkConfig *cfg);

/* Unplugs and plugs: what is on the cable, or sent meanwhile, is lost, and nobody is told. */
void link_down(Link *link);
void link_up(Link *link);

/* From a port: rules, then the wire. Takes pkt always. */
void link_send(LinkDir *dir, Packet *pkt);

/* Past the rules: for what is released, replayed or injected. Takes pkt always. */
void link_enter(LinkDir *dir, Packet *pkt);

/* Frames now waiting behind the transmitter, and their bytes. */
uint64_t link_queued(LinkDir *dir, uint64_t *bytes);
