/*
 * trace.h - the one hook on which all observers hang.
 *
 * A TracePoint is a name ("tcp:state_changed"), a category and the names and types of its values,
 * defined beside its use. trace() costs one branch when nobody listens to the category; its
 * arguments are evaluated only when somebody does. Sinks are called in the order of their adding,
 * inside the event: they may look, copy and queue, never act on the world.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/packet.h"

#include <glib.h>

typedef struct Node Node;
typedef struct Port Port;

typedef enum TraceCategory {
    TRACE_LINK = 1 << 0,  /* frames on wires: enqueued, delivered, lost, held ... */
    TRACE_DROP = 1 << 1,  /* packets refused by a stack */
    TRACE_ARP = 1 << 2,
    TRACE_IP = 1 << 3,
    TRACE_UDP = 1 << 4,
    TRACE_TCP = 1 << 5,   /* states, segments */
    TRACE_TIMER = 1 << 6, /* TCP's timers: set, expired, cancelled */
    TRACE_METRICS = 1 << 7, /* cwnd, srtt ... after each change */
    TRACE_APP = 1 << 8,
    TRACE_SIM = 1 << 9,   /* notes, links going up and down, crashes */
    TRACE_CHECK = 1 << 10,
    TRACE_ALL = (1 << 11) - 1,
    TRACE_STEP = 1 << 11, /* what a receiver looks at, and in which order: only for who explains */
    TRACE_FATE = 1 << 12, /* of TRACE_LINK all but a frame's being enqueued and delivered: */
    TRACE_LINK_FATE = TRACE_LINK | TRACE_FATE, /* the two categories that these points have */
    TRACE_FRAMES = 1 << 13 /* in Trace.heard: there is a Trail */
} TraceCategory;

typedef enum TraceType { TV_NONE, TV_INT, TV_TIME, TV_STR, TV_BOOL } TraceType;

enum { TRACE_MAX_FIELDS = 12 };

typedef struct TracePoint {
    const char   *name;     /* "category:past_tense" */
    TraceCategory category; /* or several */
    struct TraceField {
        const char *name;
        TraceType   type;
    } fields[TRACE_MAX_FIELDS]; /* ends at the first without a name */
} TracePoint;

typedef struct TraceEvent {
    SimTime           t;
    const TracePoint *point;
    Node             *node;  /* where; NULL for the world itself */
    Port             *port;  /* which of its ports; NULL if that does not matter */
    const Packet     *pkt;   /* the packet it is about; NULL if none */
    const int64_t    *args;  /* one per field; strings through trace_str */
} TraceEvent;

typedef struct TraceSink {
    void   (*on_event)(void *self, const TraceEvent *ev);
    void    *self;
    uint32_t categories; /* a mask of TraceCategory */
} TraceSink;

/* Who writes down that every frame of the world passes, which is what happens most: before all
 * sinks are told, without a TraceEvent, and for most frames without being called: trail.h. Each
 * world has room for one, its recorder, whose business all of this is; the calls are for the other
 * frames. */
typedef struct Trail {
    uint64_t  known; /* a packet whose `seen` is at least this looks as it was written down there */
    char     *next;  /* here things are added, up to `end`; */
    char     *end;
    uint64_t  bias;  /* and the next one's place is this and next's */
    uint64_t  besides; /* of all places so many more than things that have happened */
    uint32_t  in;    /* not yet written down: the Packet.crossing that has just ended, or
                        TRAIL_NOTHING; or TRAIL_HALF_DONE: something of what was sent last is left
                        to be done, by */
    void    (*finish)(void *self);
    void    (*sent)(void *self, Port *port, Packet *pkt, SimTime arrive); /* LINK_ENQUEUED */
    void    (*arrives)(void *self, Packet *pkt, SimTime arrive); /* it is known when, only now */
    void    (*received)(void *self, const Port *port, Packet *pkt); /* LINK_DELIVERED */
    void     *self;
    bool      kept;  /* trace_keep_trail's */
} Trail;

typedef struct Trace {
    uint32_t   heard; /* the union of the sinks' categories */
    GArray    *sinks; /* of TraceSink */
    Trail      trail;
} Trace;

void trace_init(Trace *tr);
void trace_clear(Trace *tr);
void trace_add_sink(Trace *tr, uint32_t categories,
                    void (*on_event)(void *self, const TraceEvent *ev), void *self);
void trace_remove_sink(Trace *tr, void *self);
void trace_set_categories(Trace *tr, void *self, uint32_t categories); /* it keeps its place */
void trace_keep_trail(Trace *tr, bool kept); /* whether frames leave a trail, or nothing */

/* Use the macros. */
void trace_emit(Sim *sim, const TracePoint *point, Node *node, Port *port, const Packet *pkt,
                const int64_t *args);

/* A string among the values of trace(); it need live no longer than the call. */
static inline int64_t trace_str(const char *s)
{
    return (int64_t)(intptr_t)s;
}

static inline const char *trace_arg_str(const TraceEvent *ev, int i)
{
    return (const char *)(intptr_t)ev->args[i];
}

/* The place of the field called `name` among a point's, for ev->args; -1 if it has none. */
int trace_field(const TracePoint *point, const char *name);

/* trace(sim, POINT, node, port, pkt, values...): tells whoever listens to POINT's category.
 * The caller includes sim.h. */
#define trace(sim_, point_, node_, port_, pkt_, ...)                                               \
    do {                                                                                           \
        if (G_UNLIKELY(((sim_)->trace.heard & (point_).category) != 0))                            \
            trace_emit((sim_), &(point_), (node_), (port_), (pkt_),                                \
                       (const int64_t[]){ __VA_ARGS__ });                                          \
    } while (0)
