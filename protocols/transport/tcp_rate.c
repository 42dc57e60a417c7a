/*
 * tcp_rate.c - how fast data is delivered: the sampling of the delivery-rate draft. A sample spans
 * the time in which a flight was sent, or that in which it was acknowledged, whichever is longer,
 * so that neither a burst nor compressed ACKs make it too large.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

__extension__ typedef unsigned __int128 Wide;

void rate_sent(Tcb *tcb, SentSeg *g, bool first)
{
    Rate *r = &tcb->flow->repair.rate;

    if (first)
        r->first_at = r->delivered_at = g->at;
    g->first_at = r->first_at;
    g->delivered_at = r->delivered_at;
    g->delivered = r->delivered;
    g->limited = r->limited != 0;
}

void rate_delivered(Tcb *tcb, const SentSeg *g, AckNews *news)
{
    Rate *r = &tcb->flow->repair.rate;

    r->delivered += g->right - g->left;
    r->delivered_at = sim_now(tcb->tcp->sim);
    if (news->timed && (g->at < news->latest.at || (g->at == news->latest.at &&
                                                   seq_lt(g->right, news->latest.right))))
        return;
    news->timed = true;
    news->latest = *g;
}

/* a / b >= c / d, for rates. */
static bool not_slower(uint64_t a, SimTime b, uint64_t c, SimTime d)
{
    return (Wide)a * (uint64_t)d >= (Wide)c * (uint64_t)b;
}

bool rate_is_settled(const Tcb *tcb)
{
    const Rate *r = &tcb->flow->repair.rate;

    return r->limited == 0 || r->delivered <= r->limited;
}

void rate_sample(Tcb *tcb, const AckNews *news)
{
    Rate *r = &tcb->flow->repair.rate;
    const SentSeg *g = &news->latest;

    if (!rate_is_settled(tcb))
        r->limited = 0;
    if (!news->timed)
        return;
    r->first_at = g->at;
    SimTime interval = MAX(g->at - g->first_at, r->delivered_at - g->delivered_at);
    if (interval <= 0 || interval < tcb_rtt_min(tcb)) /* it was not measured, but compressed */
        return;
    uint64_t bytes = r->delivered - g->delivered;
    if (g->limited && r->interval != 0 && !not_slower(bytes, interval, r->bytes, r->interval))
        return;
    r->bytes = bytes;
    r->interval = interval;
}

void rate_limited(Tcb *tcb)
{
    tcb->app_limited = true;
    if (!tcb_has_flow(tcb))
        return;
    Rate *r = &tcb->flow->repair.rate;
    r->limited = MAX(r->delivered + sent_pipe(&tcb->flow->repair.sent), 1);
}

uint64_t rate_bytes_per_second(const Tcb *tcb)
{
    const Rate *r = &tcb->flow->repair.rate;

    if (r->interval == 0)
        return 0;
    return (uint64_t)((Wide)r->bytes * (uint64_t)SEC / (uint64_t)r->interval);
}
