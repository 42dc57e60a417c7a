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

/* --- the policy, and how it begins ------------------------------------------------------------ */

static const TcpCc *const policies[] = {
    [TCP_CC_NEWRENO] = &tcp_cc_newreno,
    [TCP_CC_CUBIC] = &tcp_cc_cubic,
    [TCP_CC_DCTCP] = &tcp_cc_dctcp,
    [TCP_CC_NONE] = NULL,
};

void tcp_cong_free(Tcb *tcb)
{
    Heap *heap = &tcb->tcp->sim->heap;

    heap_give(heap, tcb->cong.state, sizeof *tcb->cong.state);
    if (!tcb_has_flow(tcb))
        return;
    heap_give(heap, tcb->flow->prior, sizeof *tcb->flow->prior);
    tcb->flow->prior = NULL;
}

void tcp_cong_choose(Tcb *tcb, TcpCongestion which)
{
    uint32_t mss = tcb->snd_mss;

    tcp_cong_free(tcb);
    tcb->cc = policies[which];
    tcb->cong = (Cong){
        .cwnd = tcb->cc != NULL ? mss : CWND_INFINITE, .ssthresh = CWND_INFINITE, .mss = mss,
    };
    if (tcb->cc != NULL && tcb->cc->has_state)
        tcb->cong.state = heap_new0(&tcb->tcp->sim->heap, CongState);
}

static uint32_t initial_window(const Tcb *tcb)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;

    return cong_initial_window(tcb->snd_mss, cfg->initial_cwnd, cfg->initial_window);
}

void tcp_cong_init(Tcb *tcb)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;

    if (tcb->cc == NULL)
        return;
    tcb->cong.rules = (CongRules){
        .slow_start_limit = (uint16_t)cfg->slow_start_limit,
        .hystart = (uint8_t)cfg->hystart,
        .linux_ = cfg->cwnd_validation == TCP_CWV_LINUX,
    };
    tcb->cong.cwnd = initial_window(tcb);
    if (tcb->tcp->cfg.initial_ssthresh > 0)
        tcb->cong.ssthresh =
            (uint32_t)MIN(tcb->tcp->cfg.initial_ssthresh * tcb->snd_mss, CWND_MAX);
    if (tcb->retransmits > 1) /* RFC 6928 §2: a SYN lost more than once tells of congestion */
        tcb->cong.cwnd = tcb->snd_mss;
    if (tcb->cc->init != NULL)
        tcb->cc->init(&tcb->cong, now(tcb));
}

/* --- is the window used? ---------------------------------------------------------------------- */

/* RFC 5681 §3.1 and RFC 7661 §1: a window that is not used says nothing about the network. Linux
 * looks when it sends, not when the ACK comes. */
static bool uses_window(const Tcb *tcb, uint32_t flight)
{
    const Cong *c = &tcb->cong;
    bool linux_ = tcb->tcp->cfg.cwnd_validation == TCP_CWV_LINUX;

    if (linux_ && tcb->flow->use.limited)
        return true;
    if (cong_in_slow_start(c))
        return c->cwnd < 2 * (linux_ ? tcb->flow->use.most : flight);
    return !linux_ && flight + tcb->snd_mss > c->cwnd;
}

/* RFC 2861 §3.2: not full for one RTO, the window falls half-way to what was used of it. */
static void shrink_unused(Tcb *tcb)
{
    Cong *c = &tcb->cong;
    uint32_t used = MAX(tcb->flow->use.used, initial_window(tcb));

    tcb->flow->use.stamp = now(tcb);
    if (tcb->ca >= TCP_CA_RECOVERY || tcb->dup_acks > 0 || seq_lt(tcb->snd_nxt, tcb->snd_max) ||
        tcb->want_send)
        return;
    if (used < c->cwnd) {
        c->ssthresh = MAX(c->ssthresh, c->cwnd / 4 * 3);
        c->cwnd = (c->cwnd + used) / 2 / c->mss * c->mss;
    }
    tcb->flow->use.used = 0;
}

void tcp_cong_sent(Tcb *tcb)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;
    uint32_t out = tcb->snd_max - tcb->snd_una;

    if (tcb->cc == NULL || cfg->cwnd_validation != TCP_CWV_LINUX)
        return;
    if (!tcb_has_flow(tcb) && now(tcb) - tcb->tally.began < tcb->rto) /* nothing to say yet */
        return;
    CwndUse *use = &tcb_flow(tcb)->use;
    bool limited = tcp_in_pipe(tcb) + tcb->snd_mss > tcb->cong.cwnd;
    if (seq_geq(tcb->snd_una, use->seq) || limited || (!use->limited && out > use->most)) {
        use->limited = limited;
        use->most = out;
        use->seq = tcb->snd_max;
    }
    if (uses_window(tcb, out)) {
        use->used = 0;
        use->stamp = now(tcb);
    } else {
        use->used = MAX(use->used, out);
        if (cfg->slow_start_after_idle && now(tcb) - use->stamp >= tcb->rto)
            shrink_unused(tcb);
    }
}

/* --- what happens ----------------------------------------------------------------------------- */

void tcp_cong_ack(Tcb *tcb, uint32_t acked, uint32_t flight, bool recovering)
{
    if (tcb->cc == NULL)
        return;
    CongAck a = {
        .now = now(tcb),
        .rtt = tcb->tcp->rtt_last,
        .srtt = tcb->srtt,
        .min_rtt = tcb_rtt_min(tcb),
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

    if (tcb->ca >= TCP_CA_RECOVERY) /* what was before it counts */
        return;
    Flow *flow = tcb_flow(tcb);
    if (flow->prior == NULL)
        flow->prior = heap_take(&tcb->tcp->sim->heap, sizeof *flow->prior);
    *flow->prior = (CongPrior){ .kept = true, .cwnd = c->cwnd, .ssthresh = c->ssthresh };
    if (c->state != NULL)
        flow->prior->state = *c->state;
}

void tcp_cong_loss(Tcb *tcb, uint32_t flight)
{
    if (tcb->cc == NULL)
        return;
    keep_prior(tcb);
    tcb->cong.after_rto = false;
    tcb->cc->on_loss(&tcb->cong, flight, now(tcb));
}

void tcp_cong_rto(Tcb *tcb, uint32_t flight, bool first)
{
    const TcpCc *cc = tcb->cc;

    if (cc == NULL)
        return;
    if (first) { /* RFC 5681 §3.1: not again for the same segment */
        keep_prior(tcb);
        if (tcb->agreed.sack) /* in a recovery it counts what has left the network as well */
            flight = MIN(flight, tcb->cong.cwnd);
        (cc->on_rto != NULL ? cc->on_rto : cc->on_loss)(&tcb->cong, flight, now(tcb));
    }
    tcb->cong.cwnd = tcb->snd_mss;
    tcb->cong.after_rto = true;
}

void tcp_cong_ecn(Tcb *tcb, uint32_t flight)
{
    const TcpCc *cc = tcb->cc;
    Cong *c = &tcb->cong;

    if (cc == NULL)
        return;
    if (tcb->flow->prior != NULL)
        tcb->flow->prior->kept = false; /* a mark is never spurious */
    c->after_rto = false;
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
    CongPrior *prior = tcb->flow->prior;

    if (tcb->cc == NULL || prior == NULL || !prior->kept)
        return false;
    prior->kept = false;
    c->after_rto = false;
    if (tcb->cc->undo != NULL)
        tcb->cc->undo(c, now(tcb));
    else if (c->state != NULL && c->cwnd < prior->cwnd) /* RFC 9438 §4.9.2: else what is newer */
        *c->state = prior->state;                        /* is better */
    c->cwnd = MAX(c->cwnd, prior->cwnd);
    c->ssthresh = MAX(c->ssthresh, prior->ssthresh);
    return true;
}

/* RFC 5681 §4.1; Linux halves the window for each RTO that has passed. */
static void restart(Tcb *tcb, SimTime idle)
{
    Cong *c = &tcb->cong;
    uint32_t least = MIN(c->cwnd, initial_window(tcb));

    if (tcb->tcp->cfg.cwnd_validation == TCP_CWV_LINUX) {
        c->ssthresh = MAX(c->ssthresh, c->cwnd / 4 * 3);
        while ((idle -= tcb->rto) > 0 && c->cwnd > least)
            c->cwnd = c->cwnd / 2 / c->mss * c->mss;
        tcb->flow->use.stamp = now(tcb);
        tcb->flow->use.used = 0;
    } else {
        c->cwnd = least;
    }
    c->cwnd = MAX(c->cwnd, least);
}

void tcp_cong_idle(Tcb *tcb)
{
    SimTime idle = now(tcb) - tcb->flow->last_sent;

    if (tcb->cc == NULL || tcb->flow->last_sent == 0)
        return;
    if (tcb->tcp->cfg.slow_start_after_idle && idle > tcb->rto && !tcb->cc->owns_cwnd)
        restart(tcb, idle);
    if (tcb->cc->on_idle != NULL)
        tcb->cc->on_idle(&tcb->cong, idle, now(tcb));
}
