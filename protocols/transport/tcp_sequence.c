/*
 * tcp_sequence.c - the first step of SEGMENT ARRIVES in the synchronized states: is the segment in
 * the window, and how much of it? RFC 9293 §3.10.7.4, RFC 5961 §7.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

/* RFC 5961 §7: of each connection alone, so that the answers to one tell nothing of others. */
bool tcp_within_budget(Tcb *tcb)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;
    SimTime now = sim_now(tcb->tcp->sim);

    if (cfg->challenge_ack_limit == 0)
        return true;
    Budget *b = &tcb_rare(tcb)->challenges;
    if (b->used == 0 || now - b->since >= cfg->challenge_ack_period)
        *b = (Budget){ .since = now };
    return b->used++ < cfg->challenge_ack_limit;
}

bool tcp_may_answer(Tcb *tcb, const Segment *seg)
{
    bool bears = !seg->bare && !(seg->hdr.flags & TCP_SYN); /* text ends a loop of ACKs */

    return !tcb->tcp->cfg.ack_throttle || bears || tcp_within_budget(tcb);
}

/* Linux cuts nothing off that goes beyond the window: it takes all of a segment if nothing waits to
 * be read, else nothing. */
static bool too_long(const Tcb *tcb, const Segment *seg)
{
    TcpSeq end = seg->seq + (TcpSeq)seg->text.n;

    return tcb->tcp->cfg.profile == TCP_PROFILE_LINUX && seg->text.n > 0 &&
           seq_gt(end, tcb->rcv_nxt + tcb_window(tcb)) && tcb->flow->in.len > 0;
}

/* FreeBSD's is what the buffer has room for, though a window without a shift cannot tell of it. */
static uint32_t window_taken(const Tcb *tcb)
{
    uint32_t wnd = tcb_window(tcb);
    bool all = tcb->tcp->cfg.profile == TCP_PROFILE_FREEBSD &&
               !(tcb->passive && tcb->state == TCP_SYN_RECEIVED);

    return all ? MAX(wnd, tcp_free_buffer(tcb)) : wnd;
}

/* Table 6. */
static bool acceptable(const Tcb *tcb, const Segment *seg)
{
    uint32_t wnd = window_taken(tcb);
    bool bare_fin = seg->len == 1 && (seg->flags & TCP_FIN);

    if (wnd == 0 && bare_fin && tcb->tcp->cfg.profile == TCP_PROFILE_LINUX)
        return seg->seq == tcb->rcv_nxt; /* some send it in spite of the window */
    if (seg->len == 0 && wnd == 0)
        return seg->seq == tcb->rcv_nxt;
    if (wnd == 0)
        return false;
    if (seq_within(seg->seq, tcb->rcv_nxt, wnd))
        return true;
    return seg->len > 0 && seq_within(seg->seq + seg->len - 1, tcb->rcv_nxt, wnd);
}

/* Appendix A.2: the SYN-ACK of a simultaneous open lies before the window, since its SYN has come
 * already; yet its ACK is the one that counts. */
static bool is_crossed_syn_ack(const Tcb *tcb, const Segment *seg)
{
    return tcb->state == TCP_SYN_RECEIVED && (!tcb->passive || tcb->lone_syn) &&
           seg->seq == tcb->irs &&
           (seg->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) &&
           seq_gt(seg->ack, tcb->snd_una) && seq_leq(seg->ack, tcb->snd_max);
}

/* RFC 9293 §3.10.7.4: "special allowance should be made to accept valid ACKs, URGs and RSTs". */
static void keep_only_ack(Tcb *tcb, Segment *seg)
{
    seg->flags &= (uint8_t)~(TCP_SYN | TCP_FIN);
    seg->seq = tcb->rcv_nxt;
    seg->text.n = 0;
    seg->len = 0;
}

/* FreeBSD cuts off what it has, and takes the ACK of a segment of which nothing is left. */
static bool counts_though_old(const Tcb *tcb, const Segment *seg)
{
    return tcb->tcp->cfg.profile == TCP_PROFILE_FREEBSD && !(seg->flags & (TCP_SYN | TCP_RST)) &&
           seq_lt(seg->seq, tcb->rcv_nxt) && seq_leq(seg->seq + seg->len, tcb->rcv_nxt);
}

static DropReason unacceptable(Tcb *tcb, Segment *seg)
{
    bool at_closed_window = tcb_window(tcb) == 0 && seg->seq == tcb->rcv_nxt;
    TcpSeq end = seg->seq + (TcpSeq)seg->text.n;

    if (!(seg->flags & (TCP_RST | TCP_SYN)) && seq_lt(seg->seq, tcb->rcv_nxt))
        tcp_note_twice(tcb, seg->seq, seq_lt(end, tcb->rcv_nxt) ? end : tcb->rcv_nxt);
    if (tcb->tcp->cfg.profile == TCP_PROFILE_LINUX && is_crossed_syn_ack(tcb, seg))
        tcp_note_twice(tcb, seg->seq, tcb->rcv_nxt); /* the SYN */
    if (seg->flags & TCP_RST && !at_closed_window)
        return DROP_TCP_RST_OUT_OF_WINDOW;
    if (tcb->state == TCP_TIME_WAIT && (seg->flags & TCP_FIN) &&
        seg->seq + seg->len == tcb->rcv_nxt) /* fifth, TIME-WAIT: the remote FIN again */
        tcp_timer_set(tcb, TIMER_WAIT, 2 * tcb->tcp->cfg.msl);
    if (!tcb->tcp->cfg.dedup)
        deliver_again(tcb, seg);
    bool challenges = tcb->tcp->cfg.profile == TCP_PROFILE_FREEBSD && (seg->flags & TCP_SYN);
    if (!(seg->flags & TCP_RST) && tcp_may_answer(tcb, seg))
        owe_bare_ack(tcb, challenges ? SENT_TCP_CHALLENGE_ACK : SENT_TCP_OUT_OF_WINDOW);
    if (!is_crossed_syn_ack(tcb, seg) && !(at_closed_window && !(seg->flags & TCP_SYN)) &&
        !counts_though_old(tcb, seg))
        return DROP_TCP_OUT_OF_WINDOW;
    keep_only_ack(tcb, seg);
    seg->refused = DROP_TCP_OUT_OF_WINDOW;
    return DROP_NONE;
}

static void cut_back(Segment *seg, uint32_t n)
{
    if (n > 0 && (seg->flags & TCP_FIN)) {
        seg->flags &= (uint8_t)~TCP_FIN;
        seg->len--;
        n--;
    }
    seg->text.n -= n;
    seg->len -= n;
}

DropReason check_sequence(Tcb *tcb, Segment *seg)
{
    if (!acceptable(tcb, seg) || too_long(tcb, seg))
        return unacceptable(tcb, seg);
    if (seq_lt(seg->seq, tcb->rcv_nxt)) {
        if (seg->text.n > 0 && !(seg->flags & (TCP_RST | TCP_SYN)))
            tcp_note_twice(tcb, seg->seq, tcb->rcv_nxt);
        cut_front(seg, tcb->rcv_nxt - seg->seq);
    }
    TcpSeq edge = tcb->rcv_nxt + window_taken(tcb), end = seg->seq + seg->len;
    if (tcb->tcp->cfg.profile == TCP_PROFILE_LINUX && seg->text.n > 0) /* see too_long */
        tcb->rcv_adv = seq_max(tcb->rcv_adv, end);
    else if (seq_gt(end, edge) && edge != tcb->rcv_nxt)
        cut_back(seg, end - edge);
    if (tcb->tcp->cfg.profile == TCP_PROFILE_FREEBSD && seg->len > 0)
        tcb->rcv_adv = seq_max(tcb->rcv_adv, seg->seq + seg->len);
    return DROP_NONE;
}
