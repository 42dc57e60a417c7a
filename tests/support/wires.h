/*
 * wires.h - for tests of links: two nodes and a cable, frames by number, and what has arrived.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/fault.h"
#include "sim/engine/sim.h"

typedef struct Arrival {
    SimTime  t;
    uint64_t id;
    uint32_t len;
    uint8_t  first;   /* the frame's byte 14 */
    bool     altered, fcs_bad;
} Arrival;

typedef struct Wires {
    Sim     *sim;
    Node    *a, *b;
    Port    *pa, *pb;
    Link    *link;
    LinkDir *ab, *ba;
    GArray  *at_a, *at_b; /* of Arrival */
    GString *log;         /* of trace events, if wires_log was called: "name port id ...\n" */
    unsigned next;        /* what frame_send writes into byte 14 */
} Wires;

void wires_init(Wires *w, uint64_t seed, const LinkConfig *cfg); /* cfg NULL: link_defaults */
void wires_free(Wires *w); /* checks that every packet is accounted for, and leaks none */
void wires_log(Wires *w);
void wires_run(Wires *w);  /* until nothing happens any more */

/* A frame of `len` bytes from a (or from the port), numbered in byte 14. Returns its id. */
uint64_t frame_send(Wires *w, size_t len);
uint64_t frame_send_from(Wires *w, Port *port, size_t len);
Packet  *frame_new(Wires *w, size_t len);

const Arrival *arrival(const Wires *w, size_t i); /* at b */
size_t         arrivals(const Wires *w);
