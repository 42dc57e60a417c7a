/*
 * tcp_loss.c - when something is taken for lost, and sent again: duplicate ACKs and NewReno's fast
 * recovery (RFC 5681 §3.2, RFC 6582), limited transmit (RFC 3042), and what a timeout marks.
 *
 * After a timeout everything in flight counts as lost: SND.NXT goes back to SND.UNA, and the ACKs
 * that come push it over what the peer turns out to have.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

void tcp_loss_init(Tcb *tcb)
{
    tcp_recover_advance(tcb);
    tcp_cong_init(tcb);
}

static uint32_t in_flight(const Tcb *tcb)
{
    return tcb->snd_max - tcb->snd_una;
}

bool tcp_loss_is_limited(const Tcb *tcb)
{
    uint32_t flight = tcb->snd_nxt - tcb->snd_una;

    return tcb->dup_acks > 0 && tcb->dup_acks < TCP_DUP_THRESHOLD && !tcb->in_recovery &&
           tcb->cc != NULL && flight >= tcb->cong.cwnd;
}

uint32_t tcp_loss_window(const Tcb *tcb)
{
    uint32_t extra = 0;

    if (tcb->cc == NULL)
        return CWND_INFINITE;
    if (tcb->agreed.sack)
        return tcp_recover_window(tcb);
    /* RFC 3042 §2: one new segment for each of the first two duplicates. */
    if (!tcb->in_recovery && tcb->dup_acks < TCP_DUP_THRESHOLD && tcb->snd_nxt == tcb->snd_max)
        extra = tcb->dup_acks * tcb->snd_mss;
    return tcb->cong.cwnd + extra;
}

static void enter_recovery(Tcb *tcb)
{
    tcp_cong_loss(tcb, in_flight(tcb) - tcb->limited); /* RFC 5681 §3.2 (2) */
    tcb->recover = tcb->snd_max;
    ecn_reduced(tcb);
    tcb->in_recovery = true;
    tcb->partial_seen = false;
    tcb->limited = 0;
    if (tcb->agreed.sack) {
        tcp_recover_start(tcb);
        return;
    }
    tcb->cong.cwnd = tcb->cong.ssthresh + TCP_DUP_THRESHOLD * tcb->snd_mss; /* (3) */
    node_count(tcb->tcp->node, COUNTER_TcpExtTCPFastRetrans);
    tcp_retransmit_first(tcb, SENT_TCP_FAST_RETRANSMIT);
}

void tcp_loss_dup_ack(Tcb *tcb)
{
    if (tcb->cc == NULL || !tcb->tcp->cfg.retransmit)
        return;
    tcb->dup_acks++;
    if (tcb->agreed.sack) {
        if (!tcb->in_recovery && tcp_recover_is_due(tcb))
            enter_recovery(tcb);
    } else if (tcb->in_recovery) {
        tcb->cong.cwnd += tcb->snd_mss; /* (4): one more has left the network */
    } else if (tcb->dup_acks == TCP_DUP_THRESHOLD && seq_gt(tcb->snd_una, tcb->recover)) {
        /* RFC 6582 §3.2 (2): duplicates of what a timeout has sent again are no new loss. */
        enter_recovery(tcb);
    }
    trace_metrics(tcb);
}

/* RFC 6582 §3.2 (3). */
static void ack_in_recovery(Tcb *tcb, uint32_t acked)
{
    Cong *c = &tcb->cong;

    if (seq_geq(tcb->snd_una, tcb->recover)) { /* a full one */
        c->cwnd = c->ssthresh;
        tcb->in_recovery = false;
        tcp_timer_data_acked(tcb);
        return;
    }
    if (tcb->agreed.sack) { /* RFC 6675 §5 (B): tcp_output goes on with (C) */
        tcp_timer_data_acked(tcb);
        return;
    }
    c->cwnd -= MIN(acked, c->cwnd - tcb->snd_mss);
    if (acked >= tcb->snd_mss)
        c->cwnd += tcb->snd_mss;
    tcp_retransmit_first(tcb, SENT_TCP_PARTIAL_ACK);
    if (!tcb->partial_seen) /* the impatient variant: only the first restarts the timer */
        tcp_timer_data_acked(tcb);
    tcb->partial_seen = true;
}

void tcp_loss_new_ack(Tcb *tcb, uint32_t acked, uint32_t flight)
{
    tcb->dup_acks = 0;
    tcp_recover_advance(tcb);
    if (tcb->in_recovery) {
        ack_in_recovery(tcb, acked);
        tcp_cong_ack(tcb, acked, flight, true);
        return;
    }
    tcb->limited = 0;
    if (seq_gt(tcb->snd_una, tcb->recover)) /* what follows must stay in reach of a comparison */
        tcb->recover = tcb->snd_una - 1;
    tcp_timer_data_acked(tcb);
    tcp_cong_ack(tcb, acked, flight, false);
}

void tcp_loss_rto(Tcb *tcb)
{
    tcp_cong_rto(tcb, in_flight(tcb), tcb->retries == 1);
    ecn_reduced(tcb);
    tcb->in_recovery = false;
    tcb->dup_acks = 0;
    tcb->limited = 0;
    sack_clear(&tcb->agreed.board); /* RFC 2018 §5.1: the peer may have thrown it away */
    tcb->recover = tcb->snd_max; /* RFC 6582 §3.2 (4) */
    tcb->snd_nxt = tcb->snd_una;
}
