/*
 * tcp_tlp.c - the tail loss probe, RFC 8985 §7: when ACKs fail to come, one segment more, whose
 * ACK tells what is missing long before the retransmission timer would.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

static const SimTime NO_SRTT = SEC;            /* §7.2 */
static const SimTime MAX_ACK_DELAY = 200 * MSEC;
static const SimTime LINUX_SLACK = 2 * MSEC;   /* two jiffies */

static bool is_linux(const Tcb *tcb)
{
    return tcb->tcp->cfg.profile == TCP_PROFILE_LINUX;
}

void tlp_reset(Tcb *tcb)
{
    tcb->flow->repair.tlp.out = false;
}

/* §7.2: TLP_calc_PTO(). */
static SimTime probe_timeout(const Tcb *tcb)
{
    SimTime pto = NO_SRTT, rto = tcp_timer_at(tcb, TIMER_RTO) - sim_now(tcb->tcp->sim);

    if (tcb->srtt != 0) {
        pto = 2 * tcb->srtt;
        if (tcb->flow->repair.sent.n == 1)
            pto += MAX_ACK_DELAY;
        else if (is_linux(tcb))
            pto += LINUX_SLACK;
    }
    return MIN(pto, rto);
}

void tlp_schedule(Tcb *tcb)
{
    const Sent *sent = &tcb->flow->repair.sent;

    if (!tcb->tcp->cfg.tlp || !rack_is_on(tcb) || sent->n == 0 || sent->sacked.segs > 0 ||
        tcb->ca >= TCP_CA_RECOVERY || !tcp_timer_runs(tcb, TIMER_RTO))
        tcp_timer_stop(tcb, TIMER_PROBE);
    else
        tcp_timer_set(tcb, TIMER_PROBE, probe_timeout(tcb));
}

/* §7.3: TLP_send_probe(). */
void tlp_fired(Tcb *tcb)
{
    Tlp *tlp = &tcb->flow->repair.tlp;

    if (!tlp->out && tlp->sampled) {
        bool fresh = tcp_send_new(tcb, SENT_TCP_TAIL_PROBE);
        if (!fresh)
            tcp_resend_last(tcb, SENT_TCP_TAIL_PROBE);
        if (tcb->state == TCP_CLOSED)
            return;
        *tlp = (Tlp){ .out = true, .right = tcb->snd_max, .resent = !fresh };
        node_count(tcb->tcp->node, COUNTER_TcpExtTCPLossProbes);
    }
    tcp_timer_stop(tcb, TIMER_PROBE);
    if (tcb->snd_una != tcb->snd_max)
        tcp_timer_set(tcb, TIMER_RTO, tcb->rto);
}

/* §7.4.2: TLP_process_ack(). True if the probe has repaired a loss. */
bool tlp_ack(Tcb *tcb, const AckNews *news)
{
    Tlp *tlp = &tcb->flow->repair.tlp;

    if (news->rtt != RTT_NONE)
        tlp->sampled = true;
    if (!tlp->out || seq_lt(tcb->snd_una, tlp->right))
        return false;
    if (!tlp->resent || (news->dsack && news->twice.right == tlp->right)) {
        tlp->out = false;
    } else if (seq_gt(tcb->snd_una, tlp->right)) {
        tlp->out = false;
        node_count(tcb->tcp->node, COUNTER_TcpExtTCPLossProbeRecovery);
        return true;
    } else if (!news->advanced && !news->sacked) {
        tlp->out = false; /* a duplicate: both have arrived */
    }
    return false;
}
