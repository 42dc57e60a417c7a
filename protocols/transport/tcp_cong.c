/*
 * tcp_cong.c - between a connection and the policy of its congestion control (tcp_cc.h): what a
 * policy is told, and what all of them have in common: the initial window, the restart after an
 * idle time, and the way back from a reduction that was wrong.
 *
 * Loss recovery calls here and never asks the policy itself. Without congestion control (cc NULL)
 * nothing is done.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

static SimTime now(const Tcb *tcb)
{
    return sim_now(tcb->tcp->sim);
}

static uint32_t initial_window(const Tcb *tcb)
{
    return cong_initial_window(tcb->snd_mss, tcb->tcp->cfg.initial_cwnd);
}

void tcp_cong_init(Tcb *tcb)
{
    if (tcb->cc == NULL)
        return;
    tcb->cong.cwnd = initial_window(tcb);
    if (tcb->retransmits > 1) /* RFC 6928 §2: a SYN lost more than once tells of congestion */
        tcb->cong.cwnd = tcb->snd_mss;
    if (tcb->cc->init != NULL)
        tcb->cc->init(&tcb->cong, now(tcb));
}

/* RFC 5681 §3.1 and RFC 7661 §1: a window that is not used says nothing about the network. */
static bool uses_window(const Tcb *tcb, uint32_t flight)
{
    if (tcb->cong.cwnd < tcb->cong.ssthresh)
        return tcb->cong.cwnd < 2 * flight;
    return flight + tcb->snd_mss > tcb->cong.cwnd;
}

void tcp_cong_ack(Tcb *tcb, uint32_t acked, uint32_t flight, bool recovering)
{
    if (tcb->cc == NULL)
        return;
    CongAck a = {
        .now = now(tcb),
        .rtt = tcb->rtt_last,
        .srtt = tcb->srtt,
        .min_rtt = tcb->rtt_min,
        .acked = acked,
        .flight = flight,
        .recovering = recovering,
        .ece = tcb->ecn.marked,
        .uses_window = uses_window(tcb, flight),
    };
    tcb->cc->on_ack(&tcb->cong, &a);
}

static void keep_prior(Tcb *tcb)
{
    Cong *c = &tcb->cong;

    if (tcb->in_recovery) /* what was before it counts */
        return;
    c->prior = (CongPrior){ .kept = true, .cwnd = c->cwnd, .ssthresh = c->ssthresh };
}

void tcp_cong_loss(Tcb *tcb, uint32_t flight)
{
    if (tcb->cc == NULL)
        return;
    keep_prior(tcb);
    tcb->cc->on_loss(&tcb->cong, flight, now(tcb));
}

void tcp_cong_rto(Tcb *tcb, uint32_t flight, bool first)
{
    const TcpCc *cc = tcb->cc;

    if (cc == NULL)
        return;
    if (first) { /* RFC 5681 §3.1: not again for the same segment */
        keep_prior(tcb);
        (cc->on_rto != NULL ? cc->on_rto : cc->on_loss)(&tcb->cong, flight, now(tcb));
    }
    tcb->cong.cwnd = tcb->snd_mss;
}

void tcp_cong_ecn(Tcb *tcb, uint32_t flight)
{
    const TcpCc *cc = tcb->cc;
    Cong *c = &tcb->cong;

    if (cc == NULL)
        return;
    c->prior.kept = false; /* a mark is never spurious */
    if (cc->on_ecn != NULL) {
        cc->on_ecn(c, flight, now(tcb));
        return;
    }
    cc->on_loss(c, flight, now(tcb));
    c->cwnd = c->ssthresh;
}

bool tcp_cong_undo(Tcb *tcb)
{
    Cong *c = &tcb->cong;

    if (tcb->cc == NULL || !c->prior.kept)
        return false;
    c->cwnd = MAX(c->cwnd, c->prior.cwnd);
    c->ssthresh = MAX(c->ssthresh, c->prior.ssthresh);
    c->prior.kept = false;
    if (tcb->cc->undo != NULL)
        tcb->cc->undo(c, now(tcb));
    return true;
}

void tcp_cong_idle(Tcb *tcb)
{
    SimTime idle = now(tcb) - tcb->last_sent;

    if (tcb->cc == NULL || tcb->last_sent == 0)
        return;
    if (idle > tcb->rto && tcb->tcp->cfg.slow_start_after_idle) /* RFC 5681 §4.1 */
        tcb->cong.cwnd = MIN(tcb->cong.cwnd, initial_window(tcb));
    if (tcb->cc->on_idle != NULL)
        tcb->cc->on_idle(&tcb->cong, idle, now(tcb));
}
