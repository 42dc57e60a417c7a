/*
 * sim.h - the world: clock, seed, nodes, links, observers. Everything hangs from here; two worlds
 * can live side by side.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/heap.h"
#include "sim/engine/link.h"
#include "sim/engine/node.h"
#include "sim/engine/packet.h"
#include "sim/engine/rng.h"
#include "sim/engine/sched.h"
#include "sim/engine/trace.h"

typedef struct PacketPool {
    uint64_t made;      /* births, copies included */
    uint64_t freed;     /* ends: worked off or dropped */
    uint64_t dropped;   /* of those, refused */
    uint64_t bytes;     /* of memory that the packets alive take up, all written */
} PacketPool;

struct Sim {
    Sched      sched;
    Trace      trace;
    PacketPool packets;
    Heap       heap;         /* what the world is made of */
    uint64_t   seed;
    bool       eager;        /* nothing is left undone because nobody looks: see packet.h */
    uint64_t   next_packet_id;
    uint32_t   next_conn_id; /* connections are numbered per world */
    uint64_t   hops;         /* frames completely received by a port */
    unsigned   topology;     /* counts changes of nodes, links, addresses, for who caches routes */
    uint32_t   n_ports;      /* of all nodes, so far */
    uint64_t   next_mac;     /* MAC addresses given out: the n-th is 02:00:00:00:00:00 + n */
    GPtrArray *nodes, *links; /* owned, in the order of making */
    uint32_t   most_switched; /* the largest Packet.switched there has been, */
    Node      *switched_at;  /* and at which switch */
    const FrameReader *reader; /* set by the stacks' wiring; NULL: one flow, and no marks */
    /* What arrives at a node next, and its headers are in the cache: it may have brought there what
     * they lead to, and nothing else. Set likewise, and called for those nodes that are crowded. */
    void     (*expect)(const Node *node, const Packet *pkt);
    GHashTable *by_name;     /* node names to nodes; for look-up only */
    GStringChunk *remarks;   /* see sim_remark; NULL until there is one */
    /* Runs after every event, if set (sim.always, sim.wait ...). */
    void     (*after_event)(void *self);
    void      *after_self;
    bool       stop;         /* set to end sim_run after the current event */
    void      *autoconf;     /* see protocols/autoconf.h; NULL */
    void     (*free_autoconf)(void *);
};

typedef enum SimEnd { SIM_DRAINED, SIM_HORIZON, SIM_STOPPED, SIM_MAX_EVENTS } SimEnd;

Sim *sim_new(uint64_t seed);
void sim_free(Sim *sim);

Node *sim_node(const Sim *sim, const char *name); /* NULL if there is none of this name */

/* The stream of random numbers for a component, by its name; see rng.h. */
void sim_rng(const Sim *sim, const char *name, Rng *out);

/* Fires events until only background timers are left, or the next lies beyond `until`, or
 * `max_events` more have fired (0: no limit), or sim->stop is set. At SIM_HORIZON the clock stands
 * at `until`. May be called again to go on. */
SimEnd sim_run(Sim *sim, SimTime until, uint64_t max_events);

/* Packets alive: made and not freed. After the world has drained, those held by faults and taps. */
uint64_t sim_packets_alive(const Sim *sim);

/* Appends to pkt's remark what was done to it ("held by rule old-syn, one bit damaged ..."). The
 * text is kept as long as the world, each once. Not for the path of packets to which nothing
 * happens. */
void sim_remark(Sim *sim, Packet *pkt, const char *format, ...) G_GNUC_PRINTF(3, 4);

static inline SimTime sim_now(const Sim *sim)
{
    return sim->sched.now;
}
