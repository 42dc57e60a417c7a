/*
 * tcp_recover.c - loss recovery with selective acknowledgments, RFC 6675 §5: tcp_loss.c asks here
 * if the peer sends SACK. The scoreboard is tcp_sack.c's.
 *
 * In a recovery cwnd stays where it is: what is estimated to be in the network, pipe, falls with
 * what the peer reports, and so makes room for the next segment.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

uint32_t tcp_recover_pipe(const Tcb *tcb)
{
    return sack_pipe(&tcb->flow->board, tcb->snd_una, tcb->snd_max, tcb->snd_mss);
}

static uint32_t room(const Tcb *tcb)
{
    uint32_t pipe = tcp_recover_pipe(tcb), cwnd = tcb->cong.cwnd;

    return cwnd > pipe ? cwnd - pipe : 0;
}

uint32_t tcp_recover_window(const Tcb *tcb)
{
    const Sack *board = &tcb->flow->board;
    bool recovering = tcb->ca == TCP_CA_RECOVERY;

    if ((board->blocks.n == 0 && !recovering) || seq_lt(tcb->snd_nxt, tcb->snd_max))
        return tcb->cong.cwnd;
    uint32_t more = room(tcb);
    if (recovering && more < tcb->snd_mss) /* (C) */
        more = 0;
    return tcb->snd_nxt - tcb->snd_una + more;
}

static bool is_due(const Tcb *tcb)
{
    return (tcb->dup_acks >= TCP_DUP_THRESHOLD || /* (1), (2) */
            sack_is_lost(&tcb->flow->board, tcb->snd_una, tcb->snd_mss)) &&
           seq_geq(tcb->snd_una, tcb->recover) && /* §5.1: not for what a timeout has sent again */
           tcb->tcp->cfg.fast_retransmit;
}

/* For who asks: what of the record is lost. The edge only moves on. */
static void mark_lost(Tcb *tcb, AckNews *news)
{
    if (tcb->flow->board.blocks.n == 0) { /* nothing is */
        if (seq_lt(tcb->flow->repair.lost_to, tcb->snd_una))
            tcb->flow->repair.lost_to = tcb->snd_una;
        return;
    }
    Sent *sent = &tcb->flow->repair.sent;
    TcpSeq edge = sack_lost_edge(&tcb->flow->board, tcb->snd_una, tcb->snd_mss);
    TcpSeq from = seq_max(tcb->flow->repair.lost_to, tcb->snd_una);

    for (uint32_t i = sent_find(sent, from); i < sent->n; i++) {
        SentSeg *g = sent_at(sent, i);
        if (seq_gt(g->right, edge))
            break;
        tcb->flow->repair.lost_to = g->right;
        if (g->sacked || g->lost || g->again)
            continue;
        news->marked += g->right - g->left;
        sent_mark_lost(sent, g);
    }
    if (seq_lt(tcb->flow->repair.lost_to, tcb->snd_una))
        tcb->flow->repair.lost_to = tcb->snd_una;
}

void tcp_recover_first(Tcb *tcb)
{
    Sack *board = &tcb->flow->board;
    TcpSeq end = sack_hole_end(board, tcb->snd_una, tcb->snd_max);

    board->high_rxt = tcp_retransmit(tcb, tcb->snd_una, end, SENT_TCP_FAST_RETRANSMIT);
    board->rescue_rxt = board->high_rxt;
}

/* (4.1) to (4.3). */
static void enter(Tcb *tcb, const AckNews *news)
{
    tcp_loss_begin(tcb, news);
    tcb->flow->board.high_rxt = tcb->snd_una;
    node_count(tcb->tcp->node, COUNTER_TcpExtTCPSackRecovery);
    tcb->flow->repair.first_due = prr_is_on(tcb);
    if (prr_is_on(tcb))
        return;
    tcp_loss_deflate(tcb);
    tcp_recover_first(tcb);
}

void tcp_recover_ack(Tcb *tcb, AckNews *news)
{
    Sack *board = &tcb->flow->board;

    if (tcb->ca != TCP_CA_RECOVERY || seq_lt(board->high_rxt, tcb->snd_una))
        board->high_rxt = tcb->snd_una;
    mark_lost(tcb, news);
    if (undo_is_due(tcb, news)) {
        undo_now(tcb);
        tcp_loss_end(tcb);
    }
    if (tcb->ca == TCP_CA_RECOVERY && seq_geq(tcb->snd_una, tcb->recover)) { /* (A) */
        tcp_loss_deflate(tcb);
        tcp_loss_end(tcb);
    }
    if (news->reported && tcb->ca != TCP_CA_RECOVERY && tcb->snd_una != tcb->snd_max && is_due(tcb))
        enter(tcb, news);
}

/* --- (C.1): what NextSeg() gives -------------------------------------------------------------- */

static bool may_send(const Tcb *tcb)
{
    return tcp_loss_by_board(tcb) && tcb->ca == TCP_CA_RECOVERY && room(tcb) >= tcb->snd_mss;
}

static bool resend_hole(Tcb *tcb, bool lost)
{
    Sack *board = &tcb->flow->board;
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
    Sack *board = &tcb->flow->board;
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
