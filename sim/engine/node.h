/*
 * node.h - something with ports: a host, a router, a switch.
 *
 * A node is what links are plugged into. What it does with a frame is the business of the handler
 * that its stack (or bridge) has set. Here a port drops what the handler refused, and says so.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/counter.h"
#include "sim/engine/heap.h"
#include "sim/engine/packet.h"
#include "sim/engine/trace.h"

#include <glib.h>

typedef struct LinkDir LinkDir;

typedef enum NodeKind { NODE_HOST, NODE_ROUTER, NODE_SWITCH } NodeKind;

const char *node_kind_name(NodeKind kind); /* "host", "router", "switch" */

struct Port {
    LinkDir *out;       /* the direction that leads away; NULL while nothing is plugged in */
    unsigned index;     /* on its node, from 0, in the order of making */
    uint32_t number;    /* in the world, from 1, in the order of making */
    /* An observer's notes: how the frames that it sends begin (trail.h), and from where those that
     * do are copied. Who changes what is there sets `front` to NULL. */
    const uint8_t *front;
    uint8_t  usual[14];
    bool     check_fcs; /* drop what was damaged on the wire; `fcs = false` clears it */
    Node    *node;
    /* Set by what the node is made of. Takes the packet if it returns DROP_NONE. */
    DropReason (*input)(void *owner, Packet *pkt);
    void    *owner;
    char    *name;      /* "eth0" */
};

/* What a packet looks at comes first: a large world has many. */
struct Node {
    Sim       *sim;
    void      *stack;   /* Stack or Bridge; NULL in tests of the engine */
    uint64_t  *counted; /* by counter_place: for node_count and node_counter */
    bool       down;    /* crashed: takes and sends nothing */
    bool       ports_named : 1; /* some port has a name of its maker's: "eth7" may be another */
    bool       crowded : 1; /* Sim.expect wants to know what comes to it next */
    uint8_t    n_counted; /* so many have room: none, the common ones, those before TCP's, or all */
    NodeKind   kind : 8;
    unsigned   index;   /* in the world, from 0, in the order of making */
    char      *name;
    Vec        ports[1]; /* of Port, owned; one list, that reads as a pointer to it */
    unsigned   plugged; /* the first so many ports have a cable */
    int        handle;  /* for the rank above that made it: where it keeps its own; 0 */
    void     (*free_stack)(void *stack);
    uint64_t  *drops;   /* packets refused here, by reason: to be read */
};

extern const TracePoint PACKET_DROPPED; /* id, reason, rule */

/* Makes a node in the world, which owns it. The name must be new there (g_assert). */
Node *node_new(Sim *sim, const char *name, NodeKind kind);
void  node_free(Node *node); /* the world's business */

/* A new port, owned by the node. name NULL: "eth" and its index. */
Port *node_add_port(Node *node, const char *name);
Port *node_port(const Node *node, const char *name); /* NULL if there is none of this name */
Port *node_free_port(Node *node); /* the first without a cable; NULL if there is none */

/* A frame has arrived: hands it up, and drops it if it was refused. Owns pkt. */
void port_input(Port *port, Packet *pkt);

/* Puts a frame, complete from its Ethernet header on, onto the wire. Takes pkt always: what cannot
 * be sent is dropped here. */
void port_send(Port *port, Packet *pkt);

/* The same of one whose Ethernet header has been copied from there: it need not be looked at. */
void port_send_copied(Port *port, Packet *pkt, const uint8_t *header);

/* The end of a refused packet: traces it, counts it, frees it. */
void packet_drop(Packet *pkt, Node *node, Port *port, DropReason why);

G_NO_INLINE void node_make_counter(Node *node, unsigned place);

static inline void node_count(Node *node, Counter c)
{
    unsigned place = counter_place(c);

    if (G_UNLIKELY(place >= node->n_counted))
        node_make_counter(node, place);
    node->counted[place]++;
}

static inline uint64_t node_counter(const Node *node, Counter c)
{
    unsigned place = counter_place(c);

    return place < node->n_counted ? node->counted[place] : 0;
}
