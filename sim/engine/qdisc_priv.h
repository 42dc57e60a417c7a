/*
 * qdisc_priv.h - what the disciplines share; private to qdisc*.c.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/sim.h"

/* a * q / 2^32 rounded down, q <= 2^32, the result below 2^64: a scaled by a fixed-point q <= 1. */
static inline uint64_t scale_q32(uint64_t a, uint64_t q)
{
    return (a >> 32) * q + (((a & UINT32_MAX) * q) >> 32);
}

/* While a frame waits, its `arrive` is the instant at which it came. */
typedef struct Fifo {
    Packet  *head, *tail;
    uint64_t packets, bytes;
} Fifo;

void    fifo_put(Fifo *f, Packet *pkt);
Packet *fifo_take(Fifo *f); /* NULL if it is empty */

typedef struct QdiscOps {
    Qdisc     *(*make)(LinkDir *dir);
    void       (*put)(Qdisc *q, Packet *pkt); /* pkt->arrive is set */
    Packet    *(*take)(Qdisc *q);
    Packet    *(*evict)(Qdisc *q);
    QdiscState (*state)(const Qdisc *q);
    void       (*free)(Qdisc *q); /* what is left of it when it is empty */
} QdiscOps;

extern const QdiscOps red_ops, codel_ops, fq_codel_ops;

/* Keep the sums in Qdisc, which disciplines do for every frame that joins or leaves. */
void qdisc_joined(Qdisc *q, const Packet *pkt);
void qdisc_left(Qdisc *q, const Packet *pkt);

/* Are so many within the link's limit? It is for those behind the frame being sent, so that one
 * alone, for which the transmitter is free, always is. */
bool qdisc_fits(const Qdisc *q, uint64_t packets, uint64_t bytes);
bool qdisc_has_room(const Qdisc *q, const Packet *pkt); /* for this one, too */

/* One CoDel, RFC 8289 §5.2. */
typedef struct Codel {
    SimTime  first_above; /* when the wait will have been above target for an interval; 0: is not */
    SimTime  drop_next;
    uint64_t count, last_count;
    bool     dropping;
} Codel;

/* The next frame of that queue which CoDel lets pass; NULL if it is empty. What it drops is lost
 * on q's link. */
Packet *codel_take(Codel *c, Fifo *f, Qdisc *q);

/* floor(2^32 / sqrt(n)), n >= 2. */
uint32_t codel_inv_sqrt(uint64_t n);
