/*
 * tcp_ecn.c - explicit congestion notification: routers mark, the receiver echoes, the sender slows
 * down. RFC 3168 §6.1.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

enum { ECN_MASK = 3, ECN_ECT0 = 2, ECN_CE = 3 }; /* of the IP header: RFC 3168 §5 */

/* --- the handshake, §6.1.1 ------------------------------------------------------------------- */

static bool by_dctcp(const Tcb *tcb)
{
    return tcb->cc != NULL && tcb->cc->needs_ecn;
}

/* A SYN that asks has both bits, a SYN-ACK that agrees has ECE alone: a peer that only reflects
 * what it got does not agree. */
void ecn_take_syn(Tcb *tcb, const Segment *seg)
{
    Ecn *ecn = &tcb->ecn;
    uint8_t bits = seg->flags & (TCP_ECE | TCP_CWR);

    if (seg->flags & TCP_ACK) {
        ecn->ok = ecn->asked && bits == TCP_ECE;
    } else {
        ecn->asked = (tcb->tcp->cfg.ecn != TCP_ECN_OFF || by_dctcp(tcb)) &&
                     bits == (TCP_ECE | TCP_CWR);
        ecn->ok = ecn->asked;
    }
    ecn->recover = tcb->iss;
}

/* §6.1.1.1: a path that swallows such a SYN gets a plain one. */
uint8_t ecn_syn_flags(Tcb *tcb, uint8_t flags, bool again)
{
    Ecn *ecn = &tcb->ecn;

    if (flags & TCP_ACK)
        return ecn->ok ? TCP_ECE : 0;
    ecn->asked = (tcb->tcp->cfg.ecn == TCP_ECN_ON || by_dctcp(tcb)) && !again;
    return ecn->asked ? TCP_ECE | TCP_CWR : 0;
}

/* --- the receiver, §6.1.3 -------------------------------------------------------------------- */

/* RFC 8257 §3.2: ECE says of each segment whether it was marked, so that an ACK that is still owed
 * for those before a change goes out as they were. */
static void echo_each(Tcb *tcb, bool marked)
{
    Ecn *ecn = &tcb->ecn;

    if (ecn->echo != marked && tcb->owed == ACK_DELAYED)
        tcp_send_owed_ack(tcb, SENT_TCP_CE_CHANGED);
    ecn->echo = marked;
}

DropReason check_ecn(Tcb *tcb, Segment *seg)
{
    Ecn *ecn = &tcb->ecn;

    if (!ecn->ok || seg->text.n == 0)
        return DROP_NONE;
    if (by_dctcp(tcb)) {
        echo_each(tcb, (seg->ip->tos & ECN_MASK) == ECN_CE);
        return DROP_NONE;
    }
    if (seg->flags & TCP_CWR)
        ecn->echo = false;
    if ((seg->ip->tos & ECN_MASK) == ECN_CE)
        ecn->echo = true;
    return DROP_NONE;
}

/* --- the sender, §6.1.2 ---------------------------------------------------------------------- */

uint8_t ecn_put(Tcb *tcb, TcpHdr *h, bool fresh)
{
    Ecn *ecn = &tcb->ecn;

    if (!ecn->ok || (h->flags & TCP_RST))
        return 0;
    if (ecn->echo)
        h->flags |= TCP_ECE;
    if (!fresh)
        return 0; /* §6.1.4 to §6.1.6: no pure ACK, no repetition, no probe */
    if (ecn->cwr_due)
        h->flags |= TCP_CWR;
    ecn->cwr_due = false;
    return ECN_ECT0;
}

void ecn_reduced(Tcb *tcb)
{
    tcb->ecn.recover = tcb->snd_max;
    tcb->ecn.cwr_due = tcb->ecn.ok;
    tcb->ecn.hold = false;
}

/* As for one loss, but nothing is sent again; once for a window of data. */
void ecn_ack(Tcb *tcb, const Segment *seg)
{
    Ecn *ecn = &tcb->ecn;

    ecn->marked = ecn->ok && (seg->flags & TCP_ECE);
    if (!ecn->marked || tcb->cc == NULL || tcb->ca >= TCP_CA_RECOVERY ||
        !seq_gt(seg->ack, ecn->recover))
        return;
    bool one = tcb->cong.cwnd <= tcb->snd_mss;
    uint32_t cwnd = tcb->cong.cwnd;
    tcb_flow(tcb);
    if (!one) {
        tcp_cong_ecn(tcb, tcb->snd_max - tcb->snd_una);
        tcp_loss_cwr(tcb, cwnd);
    }
    ecn_reduced(tcb);
    ecn->hold = one;
    trace_metrics(tcb);
}
