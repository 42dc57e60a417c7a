/*
 * tcp_rack.c - RACK, RFC 8985 §6: a segment is lost if one that was sent later has arrived, and
 * some time for reordering has passed.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

enum { PERSIST = 16, DEGREE_MAX = 300 };

static SimTime now(const Tcb *tcb)
{
    return sim_now(tcb->tcp->sim);
}

static bool sent_after(SimTime t1, TcpSeq right1, SimTime t2, TcpSeq right2)
{
    return t1 > t2 || (t1 == t2 && seq_gt(right1, right2));
}

/* --- §6.2, steps 2 and 3 --------------------------------------------------------------------- */

/* Step 2: which of several transmissions has arrived? */
static bool is_ambiguous(const Tcb *tcb, const SentSeg *g, const AckNews *news)
{
    if (g->times == 1)
        return false;
    return (news->stamped && seq_lt(news->ecr, tcp_ts_at(tcb, g->at))) ||
           now(tcb) - g->at < tcb_rtt_min(tcb);
}

static void advance(Tcb *tcb, const SentSeg *g, AckNews *news)
{
    Rack *rack = &tcb->flow->repair.rack;

    if (is_ambiguous(tcb, g, news))
        return;
    if (!news->valid || sent_after(g->at, g->right, news->at, news->right)) {
        news->valid = true;
        news->at = g->at;
        news->right = g->right;
        rack->rtt = now(tcb) - g->at;
    }
    if (tcb->tcp->cfg.profile == TCP_PROFILE_LINUX) /* goes by the sequence, not by the time */
        rack->rtt = now(tcb) - g->at;
    if (!rack->known || sent_after(g->at, g->right, rack->at, rack->right)) {
        rack->known = true;
        rack->at = g->at;
        rack->right = g->right;
    }
}

/* Step 3, which goes in the order of the sequence: so what counts is how far it went before this
 * ACK. The degree is for who asks. */
static void detect_reordering(Tcb *tcb, const SentSeg *g, AckNews *news)
{
    Rack *rack = &tcb->flow->repair.rack;

    rack->fack = seq_max(rack->fack, g->right);
    if (g->times > 1 || !seq_lt(g->right, news->fack))
        return;
    uint32_t degree = (rack->fack - g->left + tcb->snd_mss - 1) / tcb->snd_mss;
    rack->degree = MAX(rack->degree, MIN(degree, DEGREE_MAX));
    rack->seen += !news->reordered;
    rack->reordering = news->reordered = true;
}

void rack_delivered(Tcb *tcb, const SentSeg *g, AckNews *news)
{
    advance(tcb, g, news);
    detect_reordering(tcb, g, news);
}

/* --- step 4 ----------------------------------------------------------------------------------- */

void rack_dsack(Tcb *tcb, const AckNews *news)
{
    Rack *rack = &tcb->flow->repair.rack;

    if (rack->in_round && seq_geq(tcb->snd_una, rack->round))
        rack->in_round = false;
    if (!news->dsack || rack->in_round)
        return;
    rack->in_round = true;
    rack->round = tcb->snd_max;
    rack->mult++;
    rack->persist = PERSIST;
}

void rack_recovered(Tcb *tcb)
{
    Rack *rack = &tcb->flow->repair.rack;

    if (rack->persist > 0 && --rack->persist == 0)
        rack->mult = 1;
}

static SimTime reo_wnd(const Tcb *tcb)
{
    const Rack *rack = &tcb->flow->repair.rack;

    if (!rack->reordering && (tcb->ca >= TCP_CA_RECOVERY ||
                              tcb->flow->repair.sent.sacked.segs >= TCP_DUP_THRESHOLD))
        return 0;
    return MIN(rack->mult * (tcb_rtt_min(tcb) / 4), tcb->srtt);
}

/* --- step 5 ----------------------------------------------------------------------------------- */

/* Marks what is lost; how long until the rest of what may be is. */
static SimTime detect_loss(Tcb *tcb, uint32_t *marked)
{
    const Rack *rack = &tcb->flow->repair.rack;
    Sent *sent = &tcb->flow->repair.sent;
    SimTime wait = rack->rtt + reo_wnd(tcb), timeout = 0;

    for (SentSeg *g = sent_oldest(sent), *next; g != NULL; g = next) {
        next = sent_newer(sent, g);
        if (!sent_after(rack->at, rack->right, g->at, g->right))
            break;
        SimTime remaining = g->at + wait - now(tcb);
        if (remaining > 0) {
            timeout = MAX(timeout, remaining);
            continue;
        }
        *marked += g->right - g->left;
        tcb->flow->repair.lost_again |= g->again;
        sent_mark_lost(sent, g);
    }
    return timeout;
}

void rack_detect(Tcb *tcb, uint32_t *marked)
{
    SimTime slack = tcb->tcp->cfg.profile == TCP_PROFILE_LINUX ? 2 * MSEC : 0; /* its two jiffies */

    if (!tcb->flow->repair.rack.known || !tcb->tcp->cfg.fast_retransmit)
        return;
    SimTime timeout = detect_loss(tcb, marked);
    if (timeout > 0)
        tcp_timer_set(tcb, TIMER_REORDER, timeout + slack);
    else
        tcp_timer_stop(tcb, TIMER_REORDER);
}

/* §6.3. */
bool rack_is_overdue(const Tcb *tcb, const SentSeg *g)
{
    return g->left == tcb->snd_una ||
           g->at + tcb->flow->repair.rack.rtt + reo_wnd(tcb) <= now(tcb);
}

/* --- recovery --------------------------------------------------------------------------------- */

void rack_recover(Tcb *tcb, const AckNews *news)
{
    if (!tcb->tcp->cfg.fast_retransmit)
        return;
    tcp_loss_begin(tcb, news);
    if (!prr_is_on(tcb)) {
        tcp_loss_deflate(tcb);
        tcp_loss_resend_first(tcb); /* RFC 6675 §5 (4.3): at once */
    }
    node_count(tcb->tcp->node, COUNTER_TcpExtTCPSackRecovery);
}

static void take_back(Tcb *tcb)
{
    undo_now(tcb);
    tcp_loss_end(tcb);
}

void rack_ack(Tcb *tcb, AckNews *news)
{
    bool recovering = tcb->ca == TCP_CA_RECOVERY;

    if (undo_is_due(tcb, news)) {
        take_back(tcb);
    } else if (recovering && seq_geq(tcb->snd_una, tcb->recover)) {
        tcp_loss_deflate(tcb);
        tcp_loss_end(tcb);
    }
    rack_detect(tcb, &news->marked);
    if (tcb->ca != TCP_CA_RECOVERY && tcb->flow->repair.sent.due > 0)
        rack_recover(tcb, news);
}

/* The time for reordering is over: as if a segment had arrived. */
void rack_fired(Tcb *tcb)
{
    AckNews news = { .delivered = tcb->snd_mss };

    rack_detect(tcb, &news.marked);
    if (tcb->flow->repair.sent.due == 0)
        return;
    if (tcb->ca < TCP_CA_RECOVERY) {
        rack_recover(tcb, &news);
        if (prr_is_on(tcb))
            prr_ack(tcb, &news, sent_pipe(&tcb->flow->repair.sent));
        trace_metrics(tcb);
    }
    tcp_output(tcb);
}
