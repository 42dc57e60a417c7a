/*
 * tcp_tally.c - what a connection counts for who asks: segments each way, and when the last ones
 * went and came.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

enum { ECN_BITS = 3 };

void tally_start(Tcb *tcb)
{
    SimTime now = sim_now(tcb->tcp->sim);

    tcb->tally.data_sent = tcb->tally.data_received = tcb->tally.ack_received = now;
}

void tally_sent(Tcb *tcb, uint32_t text)
{
    tcb->tally.out++;
    if (text == 0)
        return;
    tcb->tally.data_out++;
    tcb->tally.data_sent = sim_now(tcb->tcp->sim);
}

void tally_received(Tcb *tcb, const Segment *seg)
{
    SimTime now = sim_now(tcb->tcp->sim);

    tcb->tally.in++;
    tcb->tally.ecn_seen |= (seg->ip->tos & ECN_BITS) != 0;
    if (seg->flags & TCP_ACK)
        tcb->tally.ack_received = now;
    if (seg->text.n == 0)
        return;
    tcb->tally.data_in++;
    tcb->tally.data_received = now;
}

void tally_info(const Tcb *tcb, TcpInfo *out)
{
    const Tally *t = &tcb->tally;
    SimTime now = sim_now(tcb->tcp->sim);

    out->rcv_mss = tcb->rcv_mss;
    out->largest = tcb->largest;
    out->ecn = tcb->ecn.ok;
    out->ecn_seen = t->ecn_seen;
    out->segs_in = t->in;
    out->segs_out = t->out;
    out->data_segs_in = t->data_in;
    out->data_segs_out = t->data_out;
    out->since_data_sent = now - t->data_sent;
    out->since_data_received = now - t->data_received;
    out->since_ack_received = now - t->ack_received;
}
