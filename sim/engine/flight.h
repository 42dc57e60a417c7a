/*
 * flight.h - the frames on one direction of a cable, by (arrive, order).
 *
 * A frame that comes after all before it goes to the end of a list, which costs nothing that grows;
 * one that overtakes goes into a heap, so that a burst under jitter costs its logarithm.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/packet.h"

typedef struct Flight { /* all zero is empty */
    Packet *head, *tail; /* in line */
    Packet *early;       /* the soonest of those that overtake: a pairing heap */
    size_t  n;
} Flight;

/* pkt's `arrive` and `order` are set, and `order` is above that of all others. */
void    flight_put(Flight *f, Packet *pkt);
Packet *flight_take(Flight *f); /* the first; there is one */

static inline bool packet_before(const Packet *a, const Packet *b)
{
    return a->arrive != b->arrive ? a->arrive < b->arrive : a->order < b->order;
}

/* The one that arrives first; NULL: none is on its way. */
static inline Packet *flight_first(const Flight *f)
{
    if (f->early == NULL || (f->head != NULL && packet_before(f->head, f->early)))
        return f->head;
    return f->early;
}
