/*
 * tcp_text.c - the last steps of SEGMENT ARRIVES: the text into the receive buffer, and the FIN
 * behind it. RFC 9293 §3.10.7.4, seventh and eighth; RFC 5681 §4.2 for when to acknowledge.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

void cut_front(Segment *seg, uint32_t n)
{
    if (n > 0 && (seg->flags & TCP_SYN)) {
        seg->flags &= (uint8_t)~TCP_SYN;
        seg->seq++;
        seg->len--;
        n--;
    }
    if (n > seg->text.n) /* the FIN too */
        seg->flags &= (uint8_t)~TCP_FIN;
    size_t text = MIN(n, seg->text.n);
    seg->text.at += text;
    seg->text.n -= text;
    seg->seq += n;
    seg->len -= n;
}

/* --- seventh, text ---------------------------------------------------------------------------- */

/* The stream now goes to `right`; those bytes are in the buffer. */
static void advance(Tcb *tcb, TcpSeq right)
{
    uint32_t n = right - tcb->rcv_nxt;

    ring_extend(&tcb->flow->in, n);
    tcb->rcv_nxt = right;
    tcb->flow->bytes_received += n;
    trace_delivered(tcb, n);
    tcb_wake(tcb);
}

static void take_in_order(Tcb *tcb, const Segment *seg)
{
    bool gap = tcb->flow->reass.n > 0;
    bool twice = tcb->tcp->cfg.profile == TCP_PROFILE_FREEBSD && tcb->flow->told.has_twice;
    TcpSeq right = seg->seq + (TcpSeq)seg->text.n;

    right = gap ? reass_advance(&tcb->flow->reass, right) : right;
    advance(tcb, right);
    if (gap || twice)
        owe_ack(tcb, SENT_TCP_ACK); /* RFC 5681 §4.2: at once if it fills a gap, or part of one */
    else
        owe_delayed_ack(tcb, SENT_TCP_ACK);
}

static DropReason take_out_of_order(Tcb *tcb, const Segment *seg)
{
    owe_bare_ack(tcb, SENT_TCP_DUP_ACK); /* MAY-13, RFC 5681 §4.2 */
    if (!reass_add(&tcb->flow->reass, seg->seq, seg->seq + (TcpSeq)seg->text.n))
        return DROP_TCP_REASS_FULL;
    sacklist_note(&tcb->flow->told, &tcb->flow->reass, seg->seq);
    node_count(tcb->tcp->node, COUNTER_TcpExtTCPOFOQueue);
    return DROP_NONE;
}

/* Counterfactual: the program gets text in the order in which it arrives. */
static DropReason deliver_as_is(Tcb *tcb, const Segment *seg)
{
    TcpSeq right = seg->seq + (TcpSeq)seg->text.n;
    bool in_order = seg->seq == tcb->rcv_nxt;

    if (tcb->flow->in.len + seg->text.n > tcb->tcp->cfg.rcvbuf)
        return DROP_TCP_REASS_FULL;
    if (!in_order && !reass_add(&tcb->flow->reass, seg->seq, right))
        return DROP_TCP_REASS_FULL;
    lazy_store(tcb, tcb->flow->in.len, seg, seg->text.n);
    ring_extend(&tcb->flow->in, seg->text.n);
    tcb->flow->bytes_received += seg->text.n;
    trace_delivered(tcb, seg->text.n);
    tcb_wake(tcb);
    if (in_order)
        tcb->rcv_nxt = reass_advance(&tcb->flow->reass, right);
    owe_ack(tcb, in_order ? SENT_TCP_ACK : SENT_TCP_DUP_ACK);
    return DROP_NONE;
}

static bool takes_text(TcpState s)
{
    return s == TCP_ESTABLISHED || s == TCP_FIN_WAIT_1 || s == TCP_FIN_WAIT_2;
}

/* SHLD-3: nobody is there to read it. Linux refuses the segment rather than ending the connection,
 * so its RST has the number that the segment acknowledges. */
static void refuse_text(Tcb *tcb, const Segment *seg)
{
    static const char rfc[] = "RFC 9293 §3.6.1", trigger[] = "data arrives after close";

    if (tcb->tcp->cfg.profile != TCP_PROFILE_LINUX) {
        tcb_reset(tcb, SENT_TCP_RST_UNREAD, NET_OK, trigger, rfc);
        return;
    }
    tcp_refuse(tcb->tcp, seg, SENT_TCP_RST_UNREAD, tcb->id);
    tcb_end(tcb, NET_OK, trigger, rfc);
}

DropReason take_text(Tcb *tcb, Segment *seg)
{
    if (seq_lt(seg->seq, tcb->rcv_nxt)) /* what came with the SYN has been delivered meanwhile */
        cut_front(seg, MIN(tcb->rcv_nxt - seg->seq, seg->len));
    if (seg->text.n == 0)
        return DROP_NONE;
    if (!takes_text(tcb->state))
        return DROP_TCP_TEXT_AFTER_FIN;
    tcb_flow(tcb);
    push_seen(tcb, seg);
    if (tcb->closed) {
        node_count(tcb->tcp->node, COUNTER_TcpExtTCPAbortOnData);
        refuse_text(tcb, seg);
        return DROP_TCP_DATA_AFTER_CLOSE;
    }
    if (tcb->fin_seen && seq_gt(seg->seq + (TcpSeq)seg->text.n, tcb->rcv_fin)) {
        owe_bare_ack(tcb, SENT_TCP_DUP_ACK);
        return DROP_TCP_TEXT_AFTER_FIN;
    }
    if (tcb->tcp->cfg.reassembly == TCP_REASS_AS_IS)
        return deliver_as_is(tcb, seg);
    if (tcb->tcp->cfg.reassembly == TCP_REASS_DROP && seg->seq != tcb->rcv_nxt) {
        owe_bare_ack(tcb, SENT_TCP_DUP_ACK);
        return DROP_TCP_REASS_OFF;
    }
    tcb->largest = MAX(tcb->largest, (uint16_t)seg->text.n);
    if (tcb->flow->reass.n > 0)
        tcp_note_queued(tcb, seg);
    lazy_store(tcb, tcb->flow->in.len + (seg->seq - tcb->rcv_nxt), seg, seg->text.n);
    if (seg->seq != tcb->rcv_nxt)
        return take_out_of_order(tcb, seg);
    take_in_order(tcb, seg);
    return DROP_NONE;
}

/* Not behind a gap, whose bytes have their place beyond the end. */
void deliver_again(Tcb *tcb, const Segment *seg)
{
    size_t n = seg->text.n;

    if (!takes_text(tcb->state) || tcb->closed || n == 0 || tcb->flow->reass.n > 0 ||
        tcb->flow->in.len + n > tcb->tcp->cfg.rcvbuf || (seg->flags & (TCP_SYN | TCP_RST)) ||
        !seq_leq(seg->seq + (TcpSeq)n, tcb->rcv_nxt))
        return;
    lazy_store(tcb, tcb->flow->in.len, seg, n);
    ring_extend(&tcb->flow->in, n);
    trace_delivered(tcb, n);
    tcb_wake(tcb);
}

/* --- eighth, FIN ------------------------------------------------------------------------------ */

static void fin_received(Tcb *tcb)
{
    static const char rfc[] = "RFC 9293 §3.10.7.4", trigger[] = "FIN arrives";
    bool at_closed_window = tcb_window(tcb) == 0; /* its sender asks again and again */
    bool at_once = at_closed_window || tcb->tcp->cfg.profile == TCP_PROFILE_FREEBSD;

    tcb->fin_received = true;
    if (tcb_has_flow(tcb))
        reass_clear(&tcb->flow->reass); /* nothing follows a FIN */
    if (tcb->flow->told.has_twice && tcb->tcp->cfg.profile == TCP_PROFILE_LINUX)
        tcb->flow->told.has_twice = false;
    tcb->rcv_nxt++;
    tcb->rcv_adv = seq_max(tcb->rcv_adv, tcb->rcv_nxt); /* it may have come to a closed window */
    tcb_wake(tcb);
    switch (tcb->state) {
    case TCP_SYN_RECEIVED:
    case TCP_ESTABLISHED:
        tcp_set_state(tcb, TCP_CLOSE_WAIT, trigger, rfc);
        if (tcb->tcp->cfg.profile == TCP_PROFILE_LINUX && tcb->quick < tcb->tcp->cfg.quickack)
            tcb->quick = 0; /* the program will close, too: its FIN may carry the ACK */
        if (at_once)
            owe_ack(tcb, SENT_TCP_FIN_ACK);
        else
            owe_delayed_ack(tcb, SENT_TCP_FIN_ACK);
        return;
    case TCP_FIN_WAIT_1:
        owe_ack(tcb, SENT_TCP_FIN_ACK);
        if (tcb->fin_acked)
            tcb_enter_time_wait(tcb, "FIN arrives, and acknowledges ours", rfc);
        else
            tcp_set_state(tcb, TCP_CLOSING, trigger, rfc);
        return;
    default: /* FIN-WAIT-2; the others have received it before */
        owe_ack(tcb, SENT_TCP_FIN_ACK);
        tcb_enter_time_wait(tcb, trigger, rfc);
        return;
    }
}

/* A FIN has no effect before the stream has reached it. */
static void check_stored_fin(Tcb *tcb)
{
    if (tcb->fin_seen && !tcb->fin_received && tcb->rcv_nxt == tcb->rcv_fin)
        fin_received(tcb);
}

void deliver_waiting(Tcb *tcb)
{
    TcpSeq right = tcb->rcv_nxt;

    if (tcb->flow->reass.n > 0)
        right = reass_advance(&tcb->flow->reass, right);
    if (right != tcb->rcv_nxt) {
        advance(tcb, right);
        owe_delayed_ack(tcb, SENT_TCP_ACK);
    }
    check_stored_fin(tcb);
}

DropReason check_fin(Tcb *tcb, Segment *seg)
{
    if ((seg->flags & TCP_FIN) && !tcb->fin_seen) {
        tcb->fin_seen = true;
        tcb->rcv_fin = seg->seq + (TcpSeq)seg->text.n;
    }
    if ((seg->flags & TCP_FIN) && seg->text.n == 0 && tcb->rcv_nxt != tcb->rcv_fin)
        owe_bare_ack(tcb, SENT_TCP_DUP_ACK); /* it came before what precedes it */
    check_stored_fin(tcb);
    return DROP_NONE;
}
