/*
 * tcp_undo.c - was it for nothing? Who finds that what it sent again had arrived all along, takes
 * the reduction of its window back: by the timestamp that an ACK echoes (Eifel, RFC 3522), by
 * D-SACK (RFC 3708), or by F-RTO after a timeout (RFC 5682).
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

void undo_start(Tcb *tcb)
{
    uint32_t resent = tcb->flow->repair.sent.again.segs;

    tcb->flow->repair.undo = (Undo){ .on = tcb->tcp->cfg.undo, .marker = tcb->snd_una,
                               .counted = resent > 0, .resent = resent };
}

void undo_resent(Tcb *tcb)
{
    Undo *undo = &tcb->flow->repair.undo;

    if (!undo->stamped) {
        undo->stamped = true;
        undo->stamp = tcp_ts_now(tcb);
    }
    undo->counted = true;
    undo->resent++;
}

/* Each report that something came twice clears one of those that were sent again. */
void undo_dsack(Tcb *tcb, const AckNews *news)
{
    Undo *undo = &tcb->flow->repair.undo;

    if (!news->dsack || !undo->on || undo->resent == 0 || !seq_gt(news->twice.right, undo->marker))
        return;
    uint32_t n = (news->twice.right - news->twice.left + tcb->snd_mss - 1) / tcb->snd_mss;
    undo->resent -= MIN(undo->resent, MAX(n, 1));
}

/* RFC 3522 §3.2 (5): the ACK is for what was sent before the first retransmission. */
static bool is_older(const Undo *undo, const AckNews *news)
{
    return undo->stamped && news->stamped && news->advanced && seq_lt(news->ecr, undo->stamp);
}

bool undo_is_due(Tcb *tcb, const AckNews *news)
{
    const Undo *undo = &tcb->flow->repair.undo;

    if (!undo->on)
        return false;
    if (undo->counted && undo->resent == 0) {
        node_count(tcb->tcp->node, COUNTER_TcpExtTCPDSACKUndo);
        return true;
    }
    if (!is_older(undo, news))
        return false;
    node_count(tcb->tcp->node, COUNTER_TcpExtTCPFullUndo);
    return true;
}

/* RFC 4015, as Linux has it: cwnd and ssthresh are what they were. */
void undo_now(Tcb *tcb)
{
    tcb->flow->repair.undo.on = false;
    tcb->flow->repair.frto = FRTO_OFF;
    sent_forget_losses(&tcb->flow->repair.sent);
    if (tcp_cong_undo(tcb))
        tcb->ecn.cwr_due = false;
}

/* --- F-RTO ------------------------------------------------------------------------------------ */

/* RFC 5682 §2.1 (1): not if the timer has interrupted a recovery, unless it fires for the same
 * segment again. */
void frto_start(Tcb *tcb, bool recovering)
{
    bool may = tcb->tcp->cfg.frto && (!recovering || tcb->retries > 1);

    tcb->flow->repair.frto = may ? FRTO_FIRST : FRTO_OFF;
}

static bool has_new_data(const Tcb *tcb)
{
    TcpSeq end = tcb->out_seq + (TcpSeq)tcb->flow->out.len;

    return seq_lt(tcb->snd_max, end) &&
           seq_lt(tcb->snd_max, tcb->snd_una + tcb_send_window(tcb));
}

/* Steps 2 and 3, and those of §3.1. Without SACK (or if what it said before the timeout is
 * forgotten) an ACK that covers what was sent again proves nothing about the rest. */
bool frto_ack(Tcb *tcb, const AckNews *news)
{
    Frto *frto = &tcb->flow->repair.frto;

    if (*frto == FRTO_OFF)
        return false;
    if (news->original && (rack_is_on(tcb) || !news->repaired))
        return true; /* (3b): it was sent before the timeout, and only then */
    if (*frto == FRTO_NEW) {
        if (news->duplicate || news->reported) {
            *frto = FRTO_OFF; /* (3a): it would have grown to that in two round trips */
            tcb->cong.cwnd = 3 * tcb->snd_mss;
        }
    } else if (news->duplicate && !news->advanced) {
        *frto = FRTO_OFF; /* (2a) */
    } else if (news->advanced) {
        bool all = seq_geq(tcb->snd_una, tcb->recover);
        *frto = !all && has_new_data(tcb) ? FRTO_NEW : FRTO_OFF; /* (2b) */
    }
    return false;
}
