/*
 * tcp_urgent.c - urgent data: a mark in the stream that overtakes it. RFC 9293 §3.8.5, RFC 6093.
 *
 * The mark is the octet behind the urgent data (MUST-62). Urgent data stays in its place among the
 * rest; a program asks how far the mark is.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

enum { POINTER_MAX = 65535 };

/* --- sending ---------------------------------------------------------------------------------- */

void urgent_mark(Tcb *tcb)
{
    Urgent *urg = &tcb_rare(tcb)->urg;

    urg->out = true;
    urg->told = false;
    urg->snd_up = tcb->out_seq + (TcpSeq)tcb->flow->out.len;
}

/* A mark further off than the field can say is told as far as it goes: MUST-31. */
void urgent_put(Tcb *tcb, TcpHdr *h)
{
    if (!tcb->rare->urg.out)
        return;
    Urgent *urg = &tcb_rare(tcb)->urg;
    if (seq_geq(tcb->snd_una, urg->snd_up))
        urg->out = false;
    if (!urg->out || !seq_lt(h->seq, urg->snd_up))
        return;
    h->flags |= TCP_URG;
    h->urgent = (uint16_t)MIN(urg->snd_up - h->seq, POINTER_MAX);
    urg->told = true;
}

/* --- receiving: §3.10.7.4, sixth ------------------------------------------------------------- */

TcpSeq tcb_first_unread(const Tcb *tcb)
{
    return tcb->rcv_nxt - tcb->fin_received - (TcpSeq)tcb->flow->in.len;
}

static bool takes_urgent(TcpState s)
{
    return s == TCP_ESTABLISHED || s == TCP_FIN_WAIT_1 || s == TCP_FIN_WAIT_2;
}

DropReason check_urg(Tcb *tcb, Segment *seg)
{
    const Urgent *known = &tcb->rare->urg;
    TcpSeq up = seg->hdr.seq + seg->hdr.urgent;

    if (!(seg->flags & TCP_URG) || !takes_urgent(tcb->state))
        return DROP_NONE;
    if (!seq_gt(up, tcb_first_unread(tcb)) || (known->in && !seq_gt(up, known->rcv_up)))
        return DROP_NONE; /* read already, or known: MUST-32 */
    Urgent *urg = &tcb_rare(tcb)->urg;
    urg->in = true;
    urg->rcv_up = up;
    trace_urgent(tcb, up - tcb_first_unread(tcb));
    if (tcb->conn != NULL && tcb->conn->rest != NULL)
        wake(tcb->tcp, &tcb->conn->rest->urgent);
    return DROP_NONE;
}

void urgent_read(Tcb *tcb)
{
    if (tcb->rare->urg.in && seq_geq(tcb_first_unread(tcb), tcb->rare->urg.rcv_up))
        tcb->rare->urg.in = false;
}

uint32_t conn_urgent(const Conn *c)
{
    const Tcb *tcb = c->tcb;

    return tcb != NULL && tcb->rare->urg.in ? tcb->rare->urg.rcv_up - tcb_first_unread(tcb) : 0;
}
