/*
 * trail.h - what frames leave behind where they pass: the part of a record that every hop pays for.
 *
 * The recorder keeps things of any size, one behind the other, in blocks, in the order in which all
 * has happened. How a packet looked when it was first seen is a body. Its passage over a cable is a
 * Crossing: where, when, and the few bytes that routers have changed since. Most packets that come
 * to a router are on the next cable at once; that is an Onward, which stands for both, the end of
 * one passage and the beginning of the next. Another passage's end stands alone. A thing's place is
 * counted in units of TRAIL_UNIT bytes from the first there was.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/node.h"

#include <string.h>

enum {
    TRAIL_UNIT = 8,
    TRAIL_HALF = 6, /* what routers change is twice so many of a frame's first bytes, */
    TRAIL_FRONT = 2 * TRAIL_HALF,
    TRAIL_HEAD = 16 /* a byte of IP's header and, behind one that is lost, two more */
};

/* The lowest two bits of each thing's first word. The others are those of a place, but a body's
 * tell its size in units. */
typedef enum TrailTag { TRAIL_CROSSING, TRAIL_ONWARD, TRAIL_END, TRAIL_BODY } TrailTag;

enum { TRAIL_TAG_BITS = 2 };

/* What Trail.in is, if it is none of a Crossing's or Onward's places. */
enum { TRAIL_NOTHING = TRAIL_BODY, TRAIL_HALF_DONE = TRAIL_BODY | 1 << TRAIL_TAG_BITS };

/* It began when the passage before ended, the frame begins as the port's usually do, and unless a
 * switch sent it, the TTL is one less. */
typedef struct Onward {
    uint64_t what;   /* below: the Crossing, or Onward, that ended; of a Crossing how the packet
                        looked. Above: the number of the port that sent it; 0: none */
    SimTime  arrive; /* it ends, or NEVER as long as that is not known; below 0: it is no crossing,
                        but something else that has happened to the frame */
} Onward;

typedef struct Crossing {
    Onward   like;
    SimTime  t; /* it began; ~t: and this is all, for the frame looks as at its first sight */
    uint8_t  head[TRAIL_HEAD];
} Crossing;

enum { TRAIL_STEP = sizeof(Crossing), TRAIL_FIRST_STEP = offsetof(Crossing, head) };

static inline uint64_t trail_place(const Trail *trail)
{
    return trail->bias + (uintptr_t)trail->next / TRAIL_UNIT;
}

/* So much is written down. Each happening has a place, most have no more. */
static inline uint64_t trail_happened(const Trail *trail)
{
    return trail_place(trail) - trail->besides;
}

static inline uint32_t trail_ref(uint64_t place, TrailTag tag)
{
    return (uint32_t)(place << TRAIL_TAG_BITS) | tag;
}

static inline TrailTag trail_tag(uint32_t ref)
{
    return (TrailTag)(ref & ((1 << TRAIL_TAG_BITS) - 1));
}

static inline uint64_t trail_what(uint32_t ref, uint32_t port)
{
    return (uint64_t)port << 32 | ref;
}

static inline uint32_t onward_ref(const Onward *o)
{
    return (uint32_t)o->what;
}

static inline uint32_t onward_port(const Onward *o)
{
    return (uint32_t)(o->what >> 32);
}

/* For what has so many bytes, and the end of a passage behind it. */
static inline bool trail_has_room(const Trail *trail, size_t bytes)
{
    return trail->next + bytes + TRAIL_UNIT <= trail->end;
}

/* What has come in has not gone on at once: its passage's end stands alone. There is room. */
static inline void trail_settle(Trail *trail)
{
    if (trail->in == TRAIL_NOTHING)
        return;
    if (trail->in == TRAIL_HALF_DONE) {
        trail->finish(trail->self);
        return;
    }
    uint32_t ref = trail->in | TRAIL_END;

    memcpy(trail->next, &ref, sizeof ref);
    trail->next += TRAIL_UNIT;
    trail->in = TRAIL_NOTHING;
}

/* A packet is new: has what will be written soon of others brought into the cache, as much as one
 * that passes ten routers leaves behind. Each block was left alone for long, and what is written
 * waits for what was before. */
static G_ALWAYS_INLINE inline void trail_fetch(const Trail *trail)
{
    enum { AHEAD = 512, LINE = 64, LINES = 5 };

    for (int i = 0; i < LINES; i++)
        __builtin_prefetch(trail->next + AHEAD + i * LINE, 1);
}

/* Then so do others that were copied from the same place. Compared in such pieces as they were
 * written in a moment ago: the machine waits for others. */
static G_NO_INLINE bool trail_looks_usual(Port *port, const uint8_t *frame, const uint8_t *header)
{
    enum { WORD = 8 }; /* the type is IPv4's */

    if (memcmp(port->usual, frame, TRAIL_HALF) != 0 ||
        memcmp(port->usual + TRAIL_HALF, frame + TRAIL_HALF, WORD) != 0)
        return false;
    if (header != frame)
        port->front = header;
    return true;
}

/* Begins the frame as most do that leave there? */
static inline bool trail_is_usual(Port *port, const uint8_t *frame, const uint8_t *header)
{
    return G_LIKELY(header == port->front) || trail_looks_usual(port, frame, header);
}

/* The packet goes on from where it has just come in, and looks as most do that leave there. */
static inline bool trail_goes_on(const Trail *trail, Port *port, const Packet *pkt,
                                 const uint8_t *header, SimTime now)
{
    return G_LIKELY(pkt->crossing == trail->in) && G_LIKELY(pkt->arrive == now) &&
           G_LIKELY(trail_has_room(trail, sizeof(Onward))) &&
           G_LIKELY(trail_is_usual(port, pkt->buf + pkt->frame, header));
}

/* Few are told: the compiler is to keep this off the way of the others. */
G_NO_INLINE __attribute__((cold)) static void trail_tell_sent(const Trail *trail, Port *port,
                                                              Packet *pkt, SimTime arrive)
{
    trail->sent(trail->self, port, pkt, arrive);
}

/* pkt is put on the port's cable, and is at the other end at `arrive`; NEVER: that is not known, or
 * never. Its first bytes were copied from `header`. */
static inline void trail_sent(Trail *trail, Port *port, Packet *pkt, const uint8_t *header,
                              SimTime now, SimTime arrive)
{
    if (G_UNLIKELY(!trail_goes_on(trail, port, pkt, header, now))) {
        trail_tell_sent(trail, port, pkt, arrive);
        return;
    }
    Onward *o = (Onward *)(void *)trail->next;
    o->what = trail_what(trail->in | TRAIL_ONWARD, port->number);
    o->arrive = arrive;
    pkt->crossing = trail_ref(trail_place(trail), TRAIL_CROSSING);
    trail->in = TRAIL_NOTHING;
    trail->next += sizeof *o;
}

/* It has come to the port at the other end. */
static inline void trail_received(Trail *trail, const Port *port, Packet *pkt)
{
    if (G_LIKELY(pkt->seen >= trail->known)) {
        if (G_LIKELY(trail->in == TRAIL_NOTHING || trail_has_room(trail, TRAIL_UNIT))) {
            trail_settle(trail);
            trail->in = pkt->crossing;
            return;
        }
    }
    trail->received(trail->self, port, pkt);
}
