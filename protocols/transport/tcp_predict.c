/*
 * tcp_predict.c - header prediction: is this one of the two segments that an ESTABLISHED connection
 * expects next? One brings text in order to an end that has nothing in flight, the other is the ACK
 * of something in flight to one that misses nothing. Or is it at least the next in sequence, as the
 * FIN is and what acknowledges a SYN or a FIN?
 *
 * Such a segment passes all checks of RFC 9293 §3.10.7.4, and most of them would find nothing to
 * do; tcp_input.c takes it by the few that remain. Here nothing is touched: what is not as expected
 * goes the long way.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

/* The next sequence number, no flag but ACK (PSH, FIN), and the options of any segment. */
static bool is_plain(const Tcb *tcb, const Segment *seg)
{
    const TcpOptions *opt = &seg->hdr.opt;

    return (seg->flags & ~(TCP_PSH | TCP_FIN)) == TCP_ACK && seg->seq == tcb->rcv_nxt &&
           opt->has_timestamps == tcb->agreed.timestamps && opt->n_sack == 0 && !opt->has_uto &&
           !(opt->has_timestamps && tcp_ts_is_older(tcb, opt->ts_val));
}

/* No loss, none suspected, none taken back, no probe on its way. */
static bool is_smooth(const Tcb *tcb)
{
    const Repair *repair = &tcb->flow->repair;

    return tcb->ca == TCP_CA_OPEN && tcb->dup_acks == 0 && tcb->flow->board.blocks.n == 0 &&
           !repair->undo.on && !repair->tlp.out &&
           !tcp_timer_runs(tcb, TIMER_PERSIST);
}

/* No gap, and somebody who reads. */
static bool takes_next(const Tcb *tcb)
{
    return tcb->flow->reass.n == 0 && !tcb->fin_seen && !tcb->closed;
}

Expected tcp_predict(const Tcb *tcb, const Segment *seg)
{
    if (!tcb->tcp->honest || !is_plain(tcb, seg) || tcb->state == TCP_TIME_WAIT || tcb->ecn.ok ||
        seg->len > tcb_window(tcb) || !seq_leq(seg->ack, tcb->snd_max) ||
        tcp_heard(tcb->tcp, TRACE_STEP))
        return EXPECTED_NOTHING;
    if (tcb->state != TCP_ESTABLISHED || (seg->flags & TCP_FIN) || !is_smooth(tcb))
        return EXPECTED_TURN;
    if (seg->text.n == 0 && seq_gt(seg->ack, tcb->snd_una))
        return EXPECTED_ACK;
    if (seg->text.n > 0 && seg->ack == tcb->snd_una && tcb->snd_una == tcb->snd_max &&
        takes_next(tcb) && rate_is_settled(tcb))
        return EXPECTED_TEXT;
    return EXPECTED_TURN;
}
