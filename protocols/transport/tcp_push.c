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
    return tcb->out_seq + (TcpSeq)tcb->out.len;
}

bool push_waits(const Tcb *tcb)
{
    return tcb->push.out && seq_lt(tcb->snd_nxt, tcb->push.snd);
}

bool push_covers(Tcb *tcb, TcpSeq seq, TcpSeq behind)
{
    if (tcb->push.out && seq_geq(tcb->snd_una, tcb->push.snd))
        tcb->push.out = false;
    return tcb->push.out && seq_lt(seq, tcb->push.snd) && seq_leq(tcb->push.snd, behind);
}

void conn_push(Conn *c)
{
    Tcb *tcb = c->tcb;

    if (tcb == NULL || tcb->out.len == 0)
        return;
    tcb->push.out = true;
    tcb->push.snd = queue_end(tcb);
    tcp_output(tcb);
    tcb_check(tcb);
}

size_t conn_flush(Conn *c)
{
    Tcb *tcb = c->tcb;

    if (tcb == NULL)
        return 0;
    TcpSeq edge = seq_max(tcb->snd_max, tcb->snd_una + tcb->snd_wnd);
    if (tcb->fin_sent || seq_geq(edge, queue_end(tcb)))
        return 0;
    size_t n = queue_end(tcb) - edge;
    ring_cut(&tcb->out, n);
    if (tcb->push.out)
        tcb->push.snd = seq_min(tcb->push.snd, edge);
    if (tcb->urg.out)
        tcb->urg.snd_up = seq_min(tcb->urg.snd_up, edge);
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

    if (!(seg->flags & TCP_PSH) || (tcb->push.in && seq_leq(behind, tcb->push.rcv)))
        return;
    tcb->push.in = true;
    tcb->push.rcv = behind;
}

void push_read(Tcb *tcb)
{
    if (tcb->push.in && seq_geq(tcb_first_unread(tcb), tcb->push.rcv))
        tcb->push.in = false;
}

uint32_t conn_pushed(const Conn *c)
{
    const Tcb *tcb = c->tcb;

    return tcb != NULL && tcb->push.in ? tcb->push.rcv - tcb_first_unread(tcb) : 0;
}
