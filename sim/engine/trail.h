/*
 * trail.h - what frames leave behind where they pass: the part of a record that every hop pays for.
 *
 * The recorder keeps things of any size, one behind the other, in blocks. How a packet looked when
 * it was first seen is one; its passage over a cable, a Crossing, is another, which says where,
 * when, and the few bytes that routers have changed since. In which order all has happened stands
 * at the block's other end, where the beginning and the end of a Crossing are a word each. A
 * thing's place is counted in units of TRAIL_UNIT bytes from the first there was.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/node.h"

#include <string.h>

enum {
    TRAIL_UNIT = 8,
    TRAIL_HALF = 6,   /* what routers change is twice so many of a frame's first bytes, */
    TRAIL_FRONT = 2 * TRAIL_HALF,
    TRAIL_BYTE = 22,  /* a byte here, */
    TRAIL_PAIR = 24,  /* and two here; */
    TRAIL_CHANGED = 16 /* one is lost between these */
};

typedef struct Crossing { /* in this order, for a compiler that would gather two words in one */
    SimTime  t;      /* it began */
    uint32_t body;   /* how it looked: the low half of a place */
    uint8_t  head[TRAIL_CHANGED];
    uint32_t port;   /* the number of the one that sent it; 0: none */
    SimTime  arrive; /* it ends, or NEVER as long as that is not known; below 0: it is no crossing,
                        but something else that has happened to the frame */
} Crossing;

static inline bool trail_has_room(const Trail *trail, size_t bytes)
{
    return trail->next + bytes <= (char *)trail->order;
}

/* What was added has so many bytes, a multiple of TRAIL_UNIT. */
static inline void trail_pass(Trail *trail, size_t bytes)
{
    trail->next += bytes;
    trail->place += bytes / TRAIL_UNIT;
}

static inline void trail_copy_head(uint8_t out[static TRAIL_CHANGED], const uint8_t *frame)
{
    enum { WORD = 8 };

    /* In such pieces as they were written in a moment ago: the machine waits for others. */
    memcpy(out, frame, TRAIL_HALF);
    memcpy(out + TRAIL_HALF, frame + TRAIL_HALF, WORD);
    out[TRAIL_FRONT] = frame[TRAIL_BYTE];
    memcpy(out + TRAIL_CHANGED - 2, frame + TRAIL_PAIR, 2);
}

/* Has what will be written soon brought into the cache: all blocks are more than the nearer ones
 * hold, and each was left alone for long. */
static G_ALWAYS_INLINE inline void trail_fetch(const Trail *trail)
{
    enum { AHEAD = 512, ORDER_AHEAD = 128 };

    __builtin_prefetch(trail->next + AHEAD, 1);
    __builtin_prefetch((const char *)trail->order - ORDER_AHEAD, 1);
}

/* There is room for TRAIL_STEP. pkt looks as what is at the place `body`, but for what routers
 * change. */
enum { TRAIL_STEP = sizeof(Crossing) + sizeof(uint32_t) };
static inline void trail_add(Trail *trail, uint32_t port, Packet *pkt, uint64_t body, SimTime t,
                             SimTime arrive)
{
    Crossing *c = (Crossing *)(void *)trail->next;

    uint32_t word = (uint32_t)(trail->place << 1);

    pkt->crossing = word;
    *--trail->order = word;
    trail_pass(trail, sizeof *c);
    c->t = t;
    c->body = (uint32_t)body;
    trail_copy_head(c->head, pkt->buf + pkt->frame);
    c->port = port;
    c->arrive = arrive;
}

/* pkt is put on the port's cable, and is at the other end at `arrive`; NEVER: that is not known, or
 * never. */
static inline void trail_sent(Trail *trail, const Port *port, Packet *pkt, SimTime now,
                              SimTime arrive)
{
    if (G_LIKELY(pkt->seen >= trail->known && trail_has_room(trail, TRAIL_STEP)))
        trail_add(trail, port->number, pkt, pkt->seen, now, arrive);
    else
        trail->sent(trail->self, port, pkt, arrive);
}

/* It has come to the port at the other end. */
static inline void trail_received(Trail *trail, const Port *port, Packet *pkt)
{
    trail_fetch(trail);
    if (G_LIKELY(pkt->seen >= trail->known && trail_has_room(trail, sizeof(uint32_t))))
        *--trail->order = pkt->crossing | 1;
    else
        trail->received(trail->self, port, pkt);
}
