/*
 * qdisc_red.c - random early detection, as Floyd and Jacobson gave it in 1993 ("Random Early
 * Detection Gateways for Congestion Avoidance"), with the gentle slope of 2000; RFC 2309, RFC 7567.
 *
 * On each arrival the length of the line goes into an average. Below min all is well; from min to
 * max frames are dropped or marked with a probability that grows to `probability`, spread evenly by
 * counting those spared; above max all are, or, gently, ever more of them up to twice max.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/qdisc_priv.h"

enum { AVERAGE_BITS = 24 }; /* of its fraction */

typedef struct RedQueue {
    Qdisc    q;
    Fifo     fifo;
    uint64_t average; /* of packets or bytes, as the limit counts; see AVERAGE_BITS */
    int64_t  spared;  /* since the last drop or mark; -1: the average was below min */
    Rng      rng;
} RedQueue;

/* --- the average ------------------------------------------------------------------------------ */

/* 2^32 (1 - 2^-weight)^m. */
static uint64_t decay(uint64_t weight, uint64_t m)
{
    uint64_t base = PROB_ONE - (PROB_ONE >> weight), out = PROB_ONE;

    for (; m > 0 && out > 0; m >>= 1) {
        if (m & 1)
            out = scale_q32(out, base);
        base = scale_q32(base, base);
    }
    return out;
}

/* As if, while the link was idle, so many small frames had come as it could have sent. */
static void update_average(RedQueue *red)
{
    const LinkDir *dir = red->q.dir;
    const LinkConfig *cfg = dir->cfg;
    SimTime idle = sim_now(dir->sim) - dir->next_free;
    SimTime usual = link_transmission_time(cfg, cfg->qdisc.avpkt);

    if (red->q.packets == 0 && idle > 0) {
        uint64_t m = usual > 0 ? (uint64_t)(idle / usual) : UINT64_MAX;
        red->average = scale_q32(red->average, decay(cfg->qdisc.weight, m));
        return;
    }
    uint64_t now = (cfg->queue_in_bytes ? red->q.bytes : red->q.packets) << AVERAGE_BITS;
    if (now >= red->average)
        red->average += (now - red->average) >> cfg->qdisc.weight;
    else
        red->average -= (red->average - now) >> cfg->qdisc.weight;
}

/* --- the verdict ------------------------------------------------------------------------------ */

/* part / whole in units of 2^-32; part, an average's, and whole, a length, part <= whole. */
static Prob ratio(uint64_t part, uint64_t whole)
{
    return (part << (32 - AVERAGE_BITS)) / whole;
}

/* The paper's p_b. PROB_ONE: for certain. */
static Prob base_probability(const RedQueue *red, size_t size)
{
    const LinkConfig *cfg = red->q.dir->cfg;
    const QdiscConfig *c = &cfg->qdisc;
    uint64_t min = c->min.n << AVERAGE_BITS, max = c->max.n << AVERAGE_BITS;
    Prob p = 0;

    if (red->average < min)
        return 0;
    if (red->average < max)
        p = scale_q32(ratio(red->average - min, c->max.n - c->min.n), c->probability);
    else if (c->gentle && red->average < 2 * max)
        p = c->probability +
            scale_q32(ratio(red->average - max, c->max.n), PROB_ONE - c->probability);
    else
        return PROB_ONE;
    if (cfg->queue_in_bytes) /* a large frame is as likely to be chosen as so many bytes */
        p = MIN(p * size / c->avpkt, PROB_ONE);
    return p;
}

/* Is it this one's turn? p / (1 - spared p) makes the distance between two even. */
static bool chosen(RedQueue *red, Prob p)
{
    uint64_t spread = (uint64_t)red->spared * p; /* spared was < 2^32 / p */

    if (spread + p >= PROB_ONE)
        return true;
    return rng_chance(&red->rng, (p << 32) / (PROB_ONE - spread));
}

static DropReason judge(RedQueue *red, size_t size)
{
    uint64_t min = red->q.dir->cfg->qdisc.min.n << AVERAGE_BITS;
    Prob p = base_probability(red, size);

    if (red->average < min) {
        red->spared = -1;
        return DROP_NONE;
    }
    red->spared++;
    if (p == 0 || (p < PROB_ONE && !chosen(red, p)))
        return DROP_NONE;
    red->spared = 0;
    return p == PROB_ONE ? DROP_LINK_RED_FORCED : DROP_LINK_RED_EARLY;
}

/* RFC 3168 §7: above the upper threshold it drops even what it could mark, if harddrop. */
static bool may_mark(const RedQueue *red)
{
    const QdiscConfig *c = &red->q.dir->cfg->qdisc;
    bool above = red->average >= c->max.n << AVERAGE_BITS;

    return c->ecn && !(above && c->harddrop);
}

/* --- the discipline --------------------------------------------------------------------------- */

static Qdisc *make(LinkDir *dir)
{
    RedQueue *red = g_new0(RedQueue, 1);

    red->spared = -1;
    link_init_stream(dir, &red->rng, "red");
    return &red->q;
}

static void put(Qdisc *q, Packet *pkt)
{
    RedQueue *red = (RedQueue *)q;

    update_average(red);
    DropReason why = judge(red, pkt->frame_len);
    if (why != DROP_NONE && may_mark(red) && link_mark(q->dir, pkt))
        why = DROP_NONE;
    if (why == DROP_NONE && !qdisc_has_room(q, pkt))
        why = DROP_LINK_QUEUE_FULL;
    if (why != DROP_NONE) {
        link_lose(q->dir, pkt, why);
        return;
    }
    fifo_put(&red->fifo, pkt);
    qdisc_joined(q, pkt);
}

static Packet *take(Qdisc *q)
{
    Packet *pkt = fifo_take(&((RedQueue *)q)->fifo);

    if (pkt != NULL)
        qdisc_left(q, pkt);
    return pkt;
}

static QdiscState state(const Qdisc *q)
{
    return (QdiscState){ .average = ((const RedQueue *)q)->average >> AVERAGE_BITS };
}

static void red_free(Qdisc *q)
{
    g_free(q);
}

const QdiscOps red_ops = { make, put, take, take, state, red_free };
