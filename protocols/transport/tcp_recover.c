/*
 * tcp_recover.c - loss recovery with selective acknowledgments, RFC 6675 §5: tcp_loss.c asks here
 * if the peer sends SACK. The scoreboard is tcp_sack.c's.
 *
 * In a recovery cwnd stays where it is: what is estimated to be in the network, pipe, falls with
 * what the peer reports, and so makes room for the next segment.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

static uint32_t pipe_now(const Tcb *tcb)
{
    return sack_pipe(&tcb->agreed.board, tcb->snd_una, tcb->snd_max, tcb->snd_mss);
}

static uint32_t room(const Tcb *tcb)
{
    uint32_t pipe = pipe_now(tcb), cwnd = tcb->cong.cwnd;

    return cwnd > pipe ? cwnd - pipe : 0;
}

uint32_t tcp_recover_window(const Tcb *tcb)
{
    const Sack *board = &tcb->agreed.board;

    if (board->blocks.n == 0 && !tcb->in_recovery)
        return tcb->cong.cwnd;
    if (seq_lt(tcb->snd_nxt, tcb->snd_max)) /* after a timeout: what is reported has left already */
        return tcb->cong.cwnd + sack_bytes_below(board, tcb->snd_nxt);
    uint32_t more = room(tcb);
    if (tcb->in_recovery && more < tcb->snd_mss) /* (C) */
        more = 0;
    return tcb->snd_nxt - tcb->snd_una + more;
}

uint32_t tcp_in_pipe(const Tcb *tcb)
{
    return tcb->agreed.sack ? pipe_now(tcb) : tcb->snd_max - tcb->snd_una;
}

bool tcp_recover_update(Tcb *tcb, const Segment *seg)
{
    return tcb->agreed.sack && sack_update(&tcb->agreed.board, &seg->hdr.opt, seg->ack,
                                           tcb->snd_una, tcb->snd_max);
}

bool tcp_recover_is_due(const Tcb *tcb)
{
    return (tcb->dup_acks >= TCP_DUP_THRESHOLD || /* (1), (2) */
            sack_is_lost(&tcb->agreed.board, tcb->snd_una, tcb->snd_mss)) &&
           seq_geq(tcb->snd_una, tcb->recover); /* §5.1: not for what a timeout has sent again */
}

/* (4.2), (4.3): the caller has set ssthresh and RecoveryPoint. */
void tcp_recover_start(Tcb *tcb)
{
    Sack *board = &tcb->agreed.board;

    tcb->cong.cwnd = tcb->cong.ssthresh;
    board->high_rxt = tcb->snd_una;
    node_count(tcb->tcp->node, COUNTER_TcpExtTCPSackRecovery);
    TcpSeq end = sack_hole_end(board, tcb->snd_una, tcb->snd_max);
    board->high_rxt = tcp_retransmit(tcb, tcb->snd_una, end, SENT_TCP_FAST_RETRANSMIT);
    board->rescue_rxt = board->high_rxt;
}

void tcp_recover_advance(Tcb *tcb)
{
    Sack *board = &tcb->agreed.board;

    sack_advance(board, tcb->snd_una);
    if (!tcb->in_recovery || seq_lt(board->high_rxt, tcb->snd_una))
        board->high_rxt = tcb->snd_una;
}

void tcp_recover_skip(Tcb *tcb)
{
    if (tcb->agreed.sack && tcb->snd_nxt != tcb->snd_una && seq_lt(tcb->snd_nxt, tcb->snd_max))
        tcb->snd_nxt = sack_skip(&tcb->agreed.board, tcb->snd_nxt);
}

uint32_t tcp_recover_limit(const Tcb *tcb)
{
    TcpSeq nxt = tcb->snd_nxt;

    if (tcb->agreed.board.blocks.n == 0 || !seq_lt(nxt, tcb->snd_max))
        return UINT32_MAX;
    TcpSeq end = sack_hole_end(&tcb->agreed.board, nxt, tcb->snd_max);
    return end == tcb->snd_max ? UINT32_MAX : end - nxt;
}

/* --- (C.1): what NextSeg() gives -------------------------------------------------------------- */

static bool may_send(const Tcb *tcb)
{
    return tcb->agreed.sack && tcb->in_recovery && room(tcb) >= tcb->snd_mss;
}

static bool resend_hole(Tcb *tcb, bool lost)
{
    Sack *board = &tcb->agreed.board;
    SackHole hole;

    if (!sack_next_hole(board, tcb->snd_una, tcb->snd_mss, lost, &hole))
        return false;
    TcpSeq end = tcp_retransmit(tcb, hole.left, hole.right, SENT_TCP_SACK_RETRANSMIT);
    if (end == hole.left)
        return false;
    board->high_rxt = end; /* (C.2) */
    return true;
}

bool tcp_recover_lost(Tcb *tcb) /* rule (1) */
{
    return may_send(tcb) && resend_hole(tcb, true);
}

/* Rule (4): one segment that holds the highest octet not reported, once in a recovery. */
static bool rescue(Tcb *tcb)
{
    Sack *board = &tcb->agreed.board;
    SackHole hole;

    if (!seq_gt(tcb->snd_una, board->rescue_rxt) ||
        !sack_last_hole(board, tcb->snd_una, tcb->snd_max, &hole))
        return false;
    if (hole.right - hole.left > tcp_text_max(tcb))
        hole.left = hole.right - tcp_text_max(tcb);
    if (tcp_retransmit(tcb, hole.left, hole.right, SENT_TCP_SACK_RESCUE) == hole.left)
        return false;
    board->rescue_rxt = tcb->recover;
    return true;
}

bool tcp_recover_rest(Tcb *tcb) /* rules (3) and (4), when there is no new data to send */
{
    return may_send(tcb) && (resend_hole(tcb, false) || rescue(tcb));
}
