/* tcp_ack.c - which acknowledgment is owed, and how soon. RFC 9293 §3.8.6.3. */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

static void owe(Tcb *tcb, AckDebt debt, SentReason why)
{
    if (debt < tcb->owed)
        return;
    tcb->owed = debt;
    tcb->owed_why = why;
}

void owe_ack(Tcb *tcb, SentReason why)
{
    owe(tcb, ACK_DUE, why);
}

void owe_bare_ack(Tcb *tcb, SentReason why)
{
    owe(tcb, ACK_BARE, why);
}

/* RFC 9293 §3.8.6.3: at least every second full-sized segment, SHLD-19. What a full one is
 * the peer shows by the largest it has sent. */
void owe_delayed_ack(Tcb *tcb, SentReason why)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;
    uint32_t unacked = tcb->rcv_nxt - tcb->ack_sent;
    bool quick = tcb->quick > 0;

    if (quick)
        tcb->quick--;
    bool second = cfg->profile == TCP_PROFILE_FREEBSD && tcb->owed == ACK_DELAYED; /* of any size */
    if (!cfg->delayed_ack || quick || second || unacked >= 2 * MIN(tcb->largest, tcb->rcv_mss)) {
        owe(tcb, ACK_DUE, why);
        return;
    }
    owe(tcb, ACK_DELAYED, SENT_TCP_DELAYED_ACK);
    if (!tcp_timer_runs(tcb, TIMER_DELAYED_ACK))
        tcp_timer_set(tcb, TIMER_DELAYED_ACK, cfg->delayed_ack_time);
}
