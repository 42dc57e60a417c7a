/*
 * tcp_newreno.c - recovery without SACK: three duplicate ACKs, and NewReno's partial ACKs. RFC 5681
 * §3.2, RFC 6582.
 *
 * cwnd is inflated by each duplicate and deflated by partial ACKs. With PRR it is not: there what
 * duplicates tell of is counted, and taken from what is in flight.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

/* Bytes that duplicates tell of: never the first of what is outstanding. */
uint32_t newreno_arrived(const Tcb *tcb)
{
    uint32_t flight = tcb->snd_max - tcb->snd_una, mss = tcb->snd_mss;

    return MIN(tcb->flow->repair.arrived * mss, flight > mss ? flight - mss : 0);
}

void newreno_first(Tcb *tcb, SentReason why)
{
    tcp_retransmit_first(tcb, why);
}

static void resend_first(Tcb *tcb, SentReason why)
{
    Sent *sent = &tcb->flow->repair.sent;

    if (sent->n > 0 && !sent_at(sent, 0)->lost)
        sent_mark_lost(sent, sent_at(sent, 0));
    tcb->flow->repair.first_due = prr_is_on(tcb);
    tcb->flow->repair.first_why = why;
    if (!prr_is_on(tcb))
        newreno_first(tcb, why);
}

static void enter(Tcb *tcb, const AckNews *news)
{
    tcp_loss_begin(tcb, news);
    tcb->partial_seen = false;
    if (!prr_is_on(tcb))
        tcb->cong.cwnd = tcb->cong.ssthresh + TCP_DUP_THRESHOLD * tcb->snd_mss; /* (3) */
    node_count(tcb->tcp->node, COUNTER_TcpExtTCPFastRetrans);
    resend_first(tcb, SENT_TCP_FAST_RETRANSMIT);
}

static void duplicate(Tcb *tcb, AckNews *news)
{
    news->delivered = tcb->snd_mss;
    tcb->flow->repair.arrived++;
    if (tcb->ca == TCP_CA_RECOVERY) {
        if (!prr_is_on(tcb))
            tcb->cong.cwnd += tcb->snd_mss; /* (4): one more has left the network */
    } else if (tcb->dup_acks == TCP_DUP_THRESHOLD && seq_gt(tcb->snd_una, tcb->recover) &&
               tcb->tcp->cfg.fast_retransmit) {
        /* RFC 6582 §3.2 (2): duplicates of what a timeout has sent again are no new loss. */
        enter(tcb, news);
    }
}

/* What it covers has been told of by duplicates before, but for its first segment. */
static void forget_arrived(Tcb *tcb, AckNews *news)
{
    uint32_t segs = (news->acked + tcb->snd_mss - 1) / tcb->snd_mss;
    uint32_t known = MIN(tcb->flow->repair.arrived, segs > 0 ? segs - 1 : 0);

    tcb->flow->repair.arrived -= known;
    news->delivered = MAX(news->acked - MIN(news->acked, known * tcb->snd_mss), 1);
}

/* RFC 6582 §3.2 (3). */
static void ack_in_recovery(Tcb *tcb, AckNews *news)
{
    Cong *c = &tcb->cong;

    if (undo_is_due(tcb, news)) {
        undo_now(tcb);
        tcp_loss_end(tcb);
        return;
    }
    if (seq_geq(tcb->snd_una, tcb->recover)) { /* a full one */
        tcp_loss_deflate(tcb);
        tcp_loss_end(tcb);
        return;
    }
    forget_arrived(tcb, news);
    if (!prr_is_on(tcb)) {
        c->cwnd -= MIN(news->acked, c->cwnd - tcb->snd_mss);
        if (news->acked >= tcb->snd_mss)
            c->cwnd += tcb->snd_mss;
    }
    resend_first(tcb, SENT_TCP_PARTIAL_ACK);
}

void newreno_ack(Tcb *tcb, AckNews *news)
{
    if (tcb->ca == TCP_CA_RECOVERY && news->advanced) {
        ack_in_recovery(tcb, news);
    } else if (news->advanced) {
        forget_arrived(tcb, news);
        tcb->flow->repair.arrived = 0;
    } else if (undo_is_due(tcb, news)) {
        undo_now(tcb);
        tcp_loss_end(tcb);
    } else if (news->duplicate) {
        duplicate(tcb, news);
    }
}
