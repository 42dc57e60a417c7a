/*
 * tcp_push.c - the push flag of SEND and RECEIVE, and FLUSH: RFC 9293 §3.9.1.2, §3.9.1.3,
 * §3.9.1.7.
 *
 * A mark stands behind the last pushed byte of each direction. A push that comes before the one
 * ahead of it has been sent takes its place (SHLD-27).
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

/* --- sending ---------------------------------------------------------------------------------- */

static TcpSeq queue_end(const Tcb *tcb)
{
    return tcb->out_seq + (TcpSeq)tcb->flow->out.len;
}

bool push_waits(const Tcb *tcb)
{
    return tcb->flow->push.out && seq_lt(tcb->snd_nxt, tcb->flow->push.snd);
}

bool push_covers(Tcb *tcb, TcpSeq seq, TcpSeq behind)
{
    if (tcb->flow->push.out && seq_geq(tcb->snd_una, tcb->flow->push.snd))
        tcb->flow->push.out = false;
    const Push *push = &tcb->flow->push;
    return push->out && seq_lt(seq, push->snd) && seq_leq(push->snd, behind);
}

void conn_push(Conn *c)
{
    Tcb *tcb = c->tcb;

    if (tcb == NULL || tcb->flow->out.len == 0)
        return;
    tcb->flow->push.out = true;
    tcb->flow->push.snd = queue_end(tcb);
    tcp_output(tcb);
    tcb_check(tcb);
}

size_t conn_flush(Conn *c)
{
    Tcb *tcb = c->tcb;

    if (tcb == NULL)
        return 0;
    /* Before the SYN has gone nothing of what is queued fits, and there is no more than that. */
    TcpSeq edge = seq_max(seq_max(tcb->snd_max, tcb->snd_una + tcb->snd_wnd), tcb->out_seq);
    if (tcb->fin_sent || seq_geq(edge, queue_end(tcb)))
        return 0;
    size_t n = queue_end(tcb) - edge;
    ring_cut(&tcb->flow->out, n);
    if (tcb->flow->push.out)
        tcb->flow->push.snd = seq_min(tcb->flow->push.snd, edge);
    if (tcb->rare->urg.out)
        tcb->rare->urg.snd_up = seq_min(tcb->rare->urg.snd_up, edge);
    if (tcb->tcp->cfg.offload)
        piece_forget(tcb);
    if (tcb->want_send) {
        tcb->want_send = false;
        tcb_wake(tcb);
    }
    tcp_output(tcb);
    tcb_check(tcb);
    return n;
}

/* --- receiving -------------------------------------------------------------------------------- */

void push_seen(Tcb *tcb, const Segment *seg)
{
    TcpSeq behind = seg->seq + (TcpSeq)seg->text.n;

    if (!(seg->flags & TCP_PSH) || (tcb->flow->push.in && seq_leq(behind, tcb->flow->push.rcv)))
        return;
    Push *push = &tcb_flow(tcb)->push;
    push->in = true;
    push->rcv = behind;
}

void push_read(Tcb *tcb)
{
    if (tcb->flow->push.in && seq_geq(tcb_first_unread(tcb), tcb->flow->push.rcv))
        tcb->flow->push.in = false;
}

uint32_t conn_pushed(const Conn *c)
{
    const Tcb *tcb = c->tcb;

    return tcb != NULL && tcb->flow->push.in ? tcb->flow->push.rcv - tcb_first_unread(tcb) : 0;
}
