/*
 * tcp_acked.c - which segments an acknowledgment tells of: those it covers, and those it reports by
 * SACK. What they tell in turn (round trips, the delivery rate, reordering) is gathered in AckNews;
 * what is to be done about it is tcp_loss.c's business.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

typedef struct Reporter {
    Tcb      *tcb;
    AckNews  *news;
} Reporter;

static void delivered(Tcb *tcb, const SentSeg *g, AckNews *news)
{
    SimTime rtt = sim_now(tcb->tcp->sim) - g->at;

    news->delivered += g->right - g->left;
    tcb->flow->repair.delivered_segs++;
    rate_delivered(tcb, g, news);
    rack_delivered(tcb, g, news);
    if (g->times > 1) {
        news->repaired = true;
        return;
    }
    news->rtt = news->rtt == RTT_NONE ? rtt : MIN(news->rtt, rtt);
    news->rtt_first = MAX(news->rtt_first, rtt);
    if (seq_leq(g->right, tcb->recover))
        news->original = true;
}

/* A segment has arrived when all of it is reported. */
static void reported(void *self, TcpSeq left, TcpSeq right)
{
    Tcb *tcb = ((Reporter *)self)->tcb;
    Sent *sent = &tcb->flow->repair.sent;
    const ReassRange *block = sack_block_at(&tcb->flow->board, left);

    for (uint32_t i = sent_find(sent, left); i < sent->n; i++) {
        SentSeg *g = sent_at(sent, i);
        if (seq_geq(g->left, right))
            return;
        if (g->sacked || seq_lt(g->left, block->left) || seq_gt(g->right, block->right))
            continue;
        delivered(tcb, g, ((Reporter *)self)->news);
        sent_mark_sacked(sent, g);
    }
}

void acked_start(Tcb *tcb, const Segment *seg, AckNews *news)
{
    const TcpOptions *opt = &seg->hdr.opt;

    *news = (AckNews){
        .una = tcb->snd_una, .flight = tcb->snd_max - tcb->snd_una, .rtt = RTT_NONE,
        .rtt_first = RTT_NONE, .fack = tcb->flow->repair.rack.fack,
        .sacked = tcb->agreed.sack && opt->n_sack > 0,
        .stamped = tcb->agreed.timestamps && opt->has_timestamps, .ecr = opt->ts_ecr,
    };
    if (!news->sacked)
        return;
    news->dsack = sack_is_duplicate(opt, seg->ack);
    news->twice = opt->sack[0];
    if (tcb->tcp->cfg.recovery == TCP_RECOVERY_NEWRENO)
        return;
    Reporter self = { tcb, news };
    news->reported = sack_update(&tcb_flow(tcb)->board, opt, seg->ack, tcb->snd_una, tcb->snd_max,
                                 reported, &self);
}

void acked_advance(Tcb *tcb, AckNews *news)
{
    Sent *sent = &tcb->flow->repair.sent;

    news->advanced = true;
    if (!tcb_has_flow(tcb)) /* our SYN, alone */
        return;
    while (sent->n > 0) {
        const SentSeg *g = sent_at(sent, 0);
        if (seq_leq(g->right, tcb->snd_una) && !g->sacked)
            delivered(tcb, g, news);
        if (!sent_drop_first(sent, tcb->snd_una))
            break;
    }
    sack_advance(&tcb->flow->board, tcb->snd_una);
}
