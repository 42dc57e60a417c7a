/*
 * flight.c - see flight.h. In the heap `prev` is a frame's first child and `next` its sibling.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/flight.h"

static Packet *merge(Packet *a, Packet *b)
{
    Packet *top = packet_before(a, b) ? a : b, *under = top == a ? b : a;

    under->next = top->prev;
    top->prev = under;
    return top;
}

/* What is left when the top has gone: its children in pairs, then the pairs together. */
static Packet *merge_all(Packet *child)
{
    Packet *pairs = NULL, *top = NULL;

    while (child != NULL) {
        Packet *a = child, *b = child->next;
        child = b != NULL ? b->next : NULL;
        a->next = NULL;
        if (b != NULL) {
            b->next = NULL;
            a = merge(a, b);
        }
        a->next = pairs;
        pairs = a;
    }
    while (pairs != NULL) {
        Packet *rest = pairs->next;
        pairs->next = NULL;
        top = top != NULL ? merge(top, pairs) : pairs;
        pairs = rest;
    }
    return top;
}

void flight_put_early(Flight *f, Packet *pkt)
{
    pkt->prev = NULL;
    f->early = f->early != NULL ? merge(f->early, pkt) : pkt;
}

Packet *flight_take_early(Flight *f)
{
    Packet *pkt = f->early;

    f->n--;
    f->early = merge_all(pkt->prev);
    pkt->next = pkt->prev = NULL;
    return pkt;
}
