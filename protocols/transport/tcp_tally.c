/*
 * tcp_tally.c - what a connection counts for who asks: segments each way, when the last ones went
 * and came, and what it has waited for while it had data.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

enum { ECN_BITS = 3 };

void tally_start(Tcb *tcb)
{
    SimTime now = sim_now(tcb->tcp->sim);

    tcb->tally.began = tcb->tally.ack_received = now;
    if (tcb_has_flow(tcb))
        tcb->flow->tally.sent = tcb->flow->tally.received = now;
}

void tally_sent(Tcb *tcb, uint32_t text)
{
    tcb->tally.out++;
    tcb->tally.sent = sim_now(tcb->tcp->sim);
    if (text == 0)
        return;
    TextTally *t = &tcb_flow(tcb)->tally;
    t->out++;
    t->sent = sim_now(tcb->tcp->sim);
}

void tally_received(Tcb *tcb, const Segment *seg)
{
    SimTime now = sim_now(tcb->tcp->sim);

    tcb->tally.in++;
    if (seg->ip->tos & ECN_BITS)
        tcb->ecn_seen = true;
    tcb->unheard = 0;
    if (seg->flags & TCP_ACK)
        tcb->tally.ack_received = now;
    if (seg->text.n == 0)
        return;
    TextTally *t = &tcb_flow(tcb)->tally;
    t->in++;
    t->received = now;
}

static void wait_for(Tcb *tcb, TallyWait what)
{
    TextTally *t = &tcb_flow(tcb)->tally;
    SimTime now = sim_now(tcb->tcp->sim);

    t->waited[t->wait] += now - t->wait_since;
    t->wait_since = now;
    t->wait = what;
}

/* A program that finds no room limits the connection once all that there was has left, and its
 * own window would take more. */
static bool is_short_of_buffer(const Tcb *tcb)
{
    TcpSeq end = tcb->out_seq + (TcpSeq)tcb->flow->out.len;

    return tcb->want_send && seq_geq(tcb->snd_max, end) && tcp_in_pipe(tcb) < tcb->cong.cwnd;
}

void tally_output(Tcb *tcb, bool for_window, bool sent)
{
    TallyWait what = for_window ? WAIT_RWND : WAIT_BUSY;

    if (tcb->flow->out.len == 0)
        what = WAIT_IDLE;
    else if (tcb->flow->tally.wait == WAIT_SNDBUF || (sent && is_short_of_buffer(tcb)))
        what = WAIT_SNDBUF;
    if (what != tcb->flow->tally.wait)
        wait_for(tcb, what);
}

void tally_writer(Tcb *tcb)
{
    if (tcb->flow->tally.wait == WAIT_SNDBUF && !tcb->want_send)
        wait_for(tcb, tcb->flow->out.len > 0 ? WAIT_BUSY : WAIT_IDLE);
}

static SimTime waited(const Tcb *tcb, TallyWait what)
{
    const TextTally *t = &tcb->flow->tally;

    return t->waited[what] + (t->wait == what ? sim_now(tcb->tcp->sim) - t->wait_since : 0);
}

void tally_info(const Tcb *tcb, TcpInfo *out)
{
    const Tally *t = &tcb->tally;
    const TextTally *text = &tcb->flow->tally;
    SimTime now = sim_now(tcb->tcp->sim);
    bool moved = tcb_has_flow(tcb);

    out->rcv_mss = tcb->rcv_mss;
    out->largest = tcb->largest;
    out->ecn = tcb->ecn.ok;
    out->ecn_seen = tcb->ecn_seen;
    out->segs_in = t->in;
    out->segs_out = t->out;
    out->data_segs_in = text->in;
    out->data_segs_out = text->out;
    out->rwnd_limited = waited(tcb, WAIT_RWND);
    out->sndbuf_limited = waited(tcb, WAIT_SNDBUF);
    out->busy = waited(tcb, WAIT_BUSY) + out->rwnd_limited + out->sndbuf_limited;
    out->since_data_sent = now - (moved ? text->sent : t->began);
    out->since_data_received = now - (moved ? text->received : t->began);
    out->since_ack_received = now - t->ack_received;
}
