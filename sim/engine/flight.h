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

/* Of one that overtakes, and of one that did. */
void    flight_put_early(Flight *f, Packet *pkt);
Packet *flight_take_early(Flight *f);

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

/* pkt's `arrive` and `order` are set, and `order` is above that of all others. */
static inline void flight_put(Flight *f, Packet *pkt)
{
    f->n++;
    pkt->next = NULL;
    if (f->head == NULL) {
        f->head = f->tail = pkt;
    } else if (pkt->arrive >= f->tail->arrive) {
        f->tail->next = pkt;
        f->tail = pkt;
    } else {
        flight_put_early(f, pkt);
    }
}

/* The first; there is one. */
static inline Packet *flight_take(Flight *f)
{
    Packet *pkt = f->head;

    if (f->early != NULL && flight_first(f) == f->early)
        return flight_take_early(f);
    f->n--;
    f->head = pkt->next;
    pkt->next = NULL;
    return pkt;
}
