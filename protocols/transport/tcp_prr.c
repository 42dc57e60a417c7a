/*
 * tcp_prr.c - proportional rate reduction, RFC 6937 and what RFC 9937 made of it: during a recovery
 * segments leave in proportion to those that arrive, so that the window comes down to ssthresh
 * without a pause and without a burst.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

/* RecoverFS: what is in flight then, with what this ACK delivers. Linux takes cwnd. */
void prr_start(Tcb *tcb, const AckNews *news)
{
    const Sent *sent = &tcb->flow->repair.sent;
    uint32_t sacked = sent->sacked.bytes, flight = tcb->snd_max - tcb->snd_una;
    uint32_t start = flight - sacked + news->delivered;

    if (tcb->tcp->cfg.profile == TCP_PROFILE_LINUX)
        start = tcb->cong.cwnd;
    tcb->flow->repair.prr = (Prr){ .start = MAX(start, 1) };
}

void prr_sent(Tcb *tcb, uint32_t bytes)
{
    tcb->flow->repair.prr.out += bytes;
}

/* Linux counts in segments, and rounds up. */
static uint64_t rounded(const Tcb *tcb, uint64_t bytes)
{
    uint32_t mss = tcb->snd_mss;

    return tcb->tcp->cfg.profile == TCP_PROFILE_LINUX ? (bytes + mss - 1) / mss * mss : bytes;
}

static uint64_t difference(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* RFC 6937 §3, with RFC 9937's choice: the slow-start bound (SSRB) while ACKs make progress and
 * nothing more is lost, packet conservation (CRB) else. */
void prr_ack(Tcb *tcb, const AckNews *news, uint32_t pipe)
{
    Prr *prr = &tcb->flow->repair.prr;
    uint64_t ssthresh = tcb->cong.ssthresh, count;
    bool safe = news->advanced && news->marked == 0;

    if (news->delivered == 0)
        return;
    prr->delivered += news->delivered;
    if (pipe > ssthresh) {
        uint64_t due = (prr->delivered * ssthresh + prr->start - 1) / prr->start;
        count = difference(rounded(tcb, due), prr->out);
    } else {
        count = MAX(difference(prr->delivered, prr->out), news->delivered);
        count += safe ? tcb->snd_mss : 0;
        count = MIN(count, ssthresh - pipe);
    }
    if (prr->out == 0) /* the first goes at once */
        count = MAX(count, tcb->snd_mss);
    tcb->cong.cwnd = (uint32_t)MIN(pipe + count, CWND_MAX);
}
