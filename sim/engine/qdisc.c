/*
 * qdisc.c - what all disciplines have in common: the line itself, its length, its limit.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/qdisc_priv.h"

const char *const qdisc_names[] = { "drop-tail", "red", "codel", "fq_codel", NULL };

/* --- a line ----------------------------------------------------------------------------------- */

void fifo_put(Fifo *f, Packet *pkt)
{
    pkt->next = NULL;
    *(f->head != NULL ? &f->tail->next : &f->head) = pkt;
    f->tail = pkt;
    f->packets++;
    f->bytes += pkt->frame_len;
}

Packet *fifo_take(Fifo *f)
{
    Packet *pkt = f->head;

    if (pkt == NULL)
        return NULL;
    f->head = pkt->next;
    pkt->next = NULL;
    f->packets--;
    f->bytes -= pkt->frame_len;
    return pkt;
}

/* --- lengths ---------------------------------------------------------------------------------- */

void qdisc_joined(Qdisc *q, const Packet *pkt)
{
    q->packets++;
    q->bytes += pkt->frame_len;
}

void qdisc_left(Qdisc *q, const Packet *pkt)
{
    q->packets--;
    q->bytes -= pkt->frame_len;
}

bool qdisc_fits(const Qdisc *q, uint64_t packets, uint64_t bytes)
{
    const LinkConfig *cfg = q->dir->cfg;

    if (packets == 1 && q->dir->next_free <= sim_now(q->dir->sim))
        return true;
    return cfg->queue_in_bytes ? bytes <= cfg->queue : packets <= cfg->queue;
}

bool qdisc_has_room(const Qdisc *q, const Packet *pkt)
{
    return qdisc_fits(q, q->packets + 1, q->bytes + pkt->frame_len);
}

/* --- the calls -------------------------------------------------------------------------------- */

Qdisc *qdisc_new(LinkDir *dir)
{
    static const QdiscOps *const kinds[QDISC_COUNT] = {
        [QDISC_RED] = &red_ops, [QDISC_CODEL] = &codel_ops, [QDISC_FQ_CODEL] = &fq_codel_ops
    };
    const QdiscOps *ops = kinds[dir->cfg->qdisc.type];

    if (ops == NULL)
        return NULL;
    Qdisc *q = ops->make(dir);
    q->ops = ops;
    q->dir = dir;
    return q;
}

void qdisc_free(Qdisc *q)
{
    Packet *pkt;

    if (q == NULL)
        return;
    while ((pkt = qdisc_evict(q)) != NULL)
        packet_free(pkt);
    timer_stop(&q->transmitter);
    q->ops->free(q);
}

void qdisc_put(Qdisc *q, Packet *pkt)
{
    pkt->arrive = sim_now(q->dir->sim);
    q->ops->put(q, pkt);
}

Packet *qdisc_take(Qdisc *q)
{
    Packet *pkt = q->ops->take(q);

    if (pkt != NULL)
        q->waited = sim_now(q->dir->sim) - pkt->arrive;
    return pkt;
}

Packet *qdisc_evict(Qdisc *q)
{
    return q->ops->evict(q);
}

QdiscState qdisc_state(const Qdisc *q)
{
    return q->ops->state(q);
}
