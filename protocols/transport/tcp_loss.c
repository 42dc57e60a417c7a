/*
 * tcp_loss.c - what is made of an acknowledgment, and of the timer: is something lost, what is sent
 * again, and when is that over. The states are those that Linux shows: open, CWR (an echoed mark),
 * recovery, loss (a timeout); disorder is open with something reported.
 *
 * How a loss is found is a knob: by three duplicates (NewReno: tcp_newreno.c), by what SACK reports
 * (RFC 6675: tcp_recover.c), or by time (RACK: tcp_rack.c). After a timeout all three do the same:
 * everything that was in flight counts as lost (RACK spares what was sent just now), goes out again
 * in order as the window grows, and what the peer turns out to have is left out.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

void tcp_loss_init(Tcb *tcb)
{
    if (tcb_has_flow(tcb))
        flow_begin(tcb, sim_now(tcb->tcp->sim));
    tcp_cong_init(tcb);
}

/* FlightSize, without what limited transmit has added: RFC 5681 §3.2 (2). Linux asks its policies
 * with what might have been in flight, cwnd. */
static uint32_t flight_size(const Tcb *tcb)
{
    if (tcb->tcp->cfg.profile == TCP_PROFILE_LINUX && tcb->cc != NULL)
        return tcb->cong.cwnd;
    return tcb->snd_max - tcb->snd_una - tcb->limited;
}

/* --- how much may be sent --------------------------------------------------------------------- */

static uint32_t room(const Tcb *tcb)
{
    uint32_t pipe = sent_pipe(&tcb->flow->repair.sent), probe = tcb->snd_max - tcb->snd_nxt;

    pipe -= MIN(pipe, probe); /* the byte of a window probe goes again with those behind it */
    return tcb->cong.cwnd > pipe ? tcb->cong.cwnd - pipe : 0;
}

static bool may_limit(const Tcb *tcb)
{
    return tcb->tcp->cfg.limited_transmit && tcb->ca < TCP_CA_RECOVERY;
}

bool tcp_loss_is_limited(const Tcb *tcb)
{
    uint32_t flight = tcb->snd_nxt - tcb->snd_una;

    return tcb->dup_acks > 0 && tcb->dup_acks < TCP_DUP_THRESHOLD && may_limit(tcb) &&
           tcb->cc != NULL && flight >= tcb->cong.cwnd;
}

/* Without SACK: a segment for each of the first two duplicates (RFC 3042 §2), and in a recovery
 * under PRR one for each that has left. */
static uint32_t newreno_window(const Tcb *tcb)
{
    uint32_t extra = 0;

    if (tcb->ca == TCP_CA_RECOVERY && prr_is_on(tcb))
        return tcb->cong.cwnd + newreno_arrived(tcb);
    if (may_limit(tcb) && tcb->dup_acks < TCP_DUP_THRESHOLD && tcb->snd_nxt == tcb->snd_max)
        extra = tcb->dup_acks * tcb->snd_mss;
    return tcb->cong.cwnd + extra;
}

uint32_t tcp_loss_room(const Tcb *tcb)
{
    uint32_t flight = tcb->snd_nxt - tcb->snd_una;

    const Repair *repair = &tcb->flow->repair;

    if (repair->sent.due > 0 && tcb->ca == TCP_CA_LOSS && repair->frto != FRTO_NEW)
        return flight; /* first what is lost */
    if (tcb->cc == NULL)
        return CWND_INFINITE;
    if (tcb->ca < TCP_CA_RECOVERY && !tcb->tcp->cfg.limited_transmit)
        return tcb->cong.cwnd;
    if (tcb->ca == TCP_CA_LOSS || rack_is_on(tcb))
        return flight + room(tcb);
    return tcp_loss_by_board(tcb) ? tcp_recover_window(tcb) : newreno_window(tcb);
}

uint32_t tcp_in_pipe(const Tcb *tcb)
{
    if (tcb->ca != TCP_CA_LOSS && tcp_loss_by_board(tcb))
        return tcp_recover_pipe(tcb);
    uint32_t pipe = sent_pipe(&tcb->flow->repair.sent);
    return pipe - MIN(pipe, newreno_arrived(tcb));
}

/* How far a segment goes that begins with g: what was sent in small ones may go as one. */
static TcpSeq resend_end(const Tcb *tcb, const SentSeg *g)
{
    const Sent *sent = &tcb->flow->repair.sent;
    uint32_t most = tcp_text_max(tcb);
    TcpSeq end = g->right;

    for (uint32_t i = sent_find(sent, g->left) + 1; i < sent->n; i++) {
        const SentSeg *next = sent_at(sent, i);
        if (!next->lost || next->again || next->right - g->left > most)
            break;
        end = next->right;
    }
    return end;
}

static bool resend(Tcb *tcb, const SentSeg *g, SentReason why)
{
    TcpSeq left = g->left;

    if (fastopen_was_on_syn(tcb, left))
        why = SENT_TCP_SYN_DATA_AGAIN;
    return tcp_retransmit(tcb, left, resend_end(tcb, g), why) != left;
}

bool tcp_loss_resend(Tcb *tcb)
{
    Sent *sent = &tcb->flow->repair.sent;
    bool timeout = tcb->ca == TCP_CA_LOSS;

    if (!(timeout || rack_is_on(tcb)) || (timeout && tcb->flow->repair.frto == FRTO_NEW))
        return false;
    const SentSeg *g = sent_next_due(sent);
    if (g == NULL)
        return false;
    uint32_t pipe = sent_pipe(sent), len = MIN(g->right - g->left, tcp_text_max(tcb));
    if (tcb->cc != NULL && pipe > 0 && pipe + len > tcb->cong.cwnd)
        return false;
    return resend(tcb, g, timeout ? SENT_TCP_RTO : SENT_TCP_RACK);
}

void tcp_loss_resend_first(Tcb *tcb)
{
    const SentSeg *g = sent_next_due(&tcb->flow->repair.sent);

    if (g != NULL)
        resend(tcb, g, SENT_TCP_RACK);
}

bool tcp_loss_fall_back(Tcb *tcb)
{
    if (tcb->ca != TCP_CA_LOSS || tcb->flow->repair.frto != FRTO_NEW ||
        tcb->snd_max != tcb->recover)
        return false;
    tcb->flow->repair.frto = FRTO_OFF;
    return tcp_loss_resend(tcb);
}

/* --- recovery begins and ends ----------------------------------------------------------------- */

/* Does PRR bring cwnd down for a mark? A policy with a way of its own has set it at once. */
static bool is_cwr_by_prr(const Tcb *tcb)
{
    return tcb->ca == TCP_CA_CWR && prr_is_on(tcb) && tcb->cc->on_ecn == NULL;
}

/* RFC 5681 §3.2 (2): ssthresh; who calls sets cwnd, or PRR does. */
void tcp_loss_begin(Tcb *tcb, const AckNews *news)
{
    if (tcb->ca != TCP_CA_CWR || !prr_is_on(tcb)) /* which has reduced it already */
        tcp_cong_loss(tcb, flight_size(tcb));
    if (!is_cwr_by_prr(tcb))
        prr_start(tcb, news);
    tcb->recover = tcb->snd_max;
    tcb->limited = 0;
    ecn_reduced(tcb);
    tlp_reset(tcb);
    undo_start(tcb);
    tcb->ca = TCP_CA_RECOVERY;
}

void tcp_loss_end(Tcb *tcb)
{
    if (tcb->ca == TCP_CA_RECOVERY || tcb->ca == TCP_CA_LOSS)
        rack_recovered(tcb);
    tcb->ca = TCP_CA_OPEN;
    tcb->flow->repair.arrived = 0;
}

void tcp_loss_deflate(Tcb *tcb)
{
    if (!tcb->cc->owns_cwnd)
        tcb->cong.cwnd = tcb->cong.ssthresh;
}

/* Linux keeps cwnd until then, others have set it when the mark was echoed. */
static void end_cwr(Tcb *tcb)
{
    if (is_cwr_by_prr(tcb) && tcb->cong.ssthresh != CWND_INFINITE)
        tcp_loss_deflate(tcb);
    tcp_loss_end(tcb);
}

void tcp_loss_cwr(Tcb *tcb, uint32_t cwnd)
{
    AckNews none = { .delivered = 0 };

    if (tcb->ca != TCP_CA_OPEN)
        return;
    tcb->recover = tcb->snd_max;
    tcb->ca = TCP_CA_CWR;
    if (!is_cwr_by_prr(tcb))
        return;
    tcb->cong.cwnd = cwnd; /* it comes down as segments arrive */
    prr_start(tcb, &none);
}

/* --- after a timeout -------------------------------------------------------------------------- */

static bool is_spurious(Tcb *tcb, const AckNews *news)
{
    if (frto_ack(tcb, news)) {
        node_count(tcb->tcp->node, COUNTER_TcpExtTCPSpuriousRTOs);
        return true;
    }
    return undo_is_due(tcb, news);
}

static void ack_after_timeout(Tcb *tcb, AckNews *news)
{
    if (is_spurious(tcb, news)) {
        undo_now(tcb);
        tcp_loss_end(tcb);
    } else if (news->advanced && seq_geq(tcb->snd_una, tcb->recover)) {
        tcp_loss_end(tcb);
    }
    if (rack_is_on(tcb)) {
        Repair *repair = &tcb->flow->repair;
        repair->lost_again = false;
        rack_detect(tcb, &news->marked);
        if (repair->lost_again || (tcb->ca == TCP_CA_OPEN && repair->sent.due > 0))
            rack_recover(tcb, news);
    }
}

/* RFC 2018 §5.1, RFC 6675 §5.1: the peer may have thrown away what it reported. RACK believes it,
 * unless what it waits for is among that. */
static void mark_for_timeout(Tcb *tcb)
{
    Sent *sent = &tcb->flow->repair.sent;
    bool rack = rack_is_on(tcb);

    if (!rack || (sent->n > 0 && sent_at(sent, 0)->sacked)) {
        sack_clear(&tcb->flow->board);
        sent_forget_sacks(sent);
        rack = false;
    }
    for (uint32_t i = 0; i < sent->n; i++) {
        SentSeg *g = sent_at(sent, i);
        if (!g->sacked && (!rack || rack_is_overdue(tcb, g)))
            sent_mark_lost(sent, g);
    }
}

/* Whether ssthresh is set: once for a window, RFC 5681 §3.1. To Linux a recovery has done it. */
static bool is_first(const Tcb *tcb)
{
    if (tcb->tcp->cfg.profile == TCP_PROFILE_LINUX && tcb->ca == TCP_CA_RECOVERY)
        return false;
    return tcb->retries == 1;
}

void tcp_loss_rto(Tcb *tcb)
{
    bool recovering = tcb->ca >= TCP_CA_RECOVERY, first = is_first(tcb);

    tcb->limited = 0;
    tcp_cong_rto(tcb, flight_size(tcb), first);
    mark_for_timeout(tcb);
    if (tcb->cc != NULL && rack_is_on(tcb))
        tcb->cong.cwnd += sent_pipe(&tcb->flow->repair.sent);
    ecn_reduced(tcb);
    tlp_reset(tcb);
    tcp_timer_stop(tcb, TIMER_PROBE);
    tcp_timer_stop(tcb, TIMER_REORDER);
    tcb->dup_acks = 0;
    tcb->flow->repair.arrived = 0;
    tcb->recover = tcb->snd_max; /* RFC 6582 §3.2 (4) */
    tcb->snd_nxt = tcb->snd_max;
    tcb->ca = TCP_CA_LOSS;
    if (first)
        undo_start(tcb);
    frto_start(tcb, recovering);
}

void tcp_loss_resize(Tcb *tcb, uint32_t most)
{
    Sent *sent = &tcb->flow->repair.sent;

    for (uint32_t i = 0; i < sent->n; i++) {
        SentSeg *g = sent_at(sent, i);
        if (!g->sacked && !g->lost && g->right - g->left > most)
            sent_mark_lost(sent, g);
    }
    if (sent->due == 0 || tcb->ca >= TCP_CA_RECOVERY)
        return;
    tcb->recover = tcb->snd_max;
    tcb->ca = TCP_CA_LOSS;
    tcb->flow->repair.frto = FRTO_OFF;
    tcb->flow->repair.undo.on = false;
}

/* --- an ACK ----------------------------------------------------------------------------------- */

static void restart_timers(Tcb *tcb, const AckNews *news)
{
    bool partial = tcb->ca == TCP_CA_RECOVERY && !rack_is_on(tcb) && !tcp_loss_by_board(tcb) &&
                   seq_lt(tcb->snd_una, tcb->recover);

    if (news->advanced && !(partial && tcb->partial_seen)) /* RFC 6582: impatient */
        tcp_timer_data_acked(tcb);
    if (news->advanced)
        tcb->partial_seen = partial;
}

/* What an ACK without SACK blocks tells of. */
static void count_duplicates(Tcb *tcb, const AckNews *news)
{
    if (news->advanced)
        tcb->dup_acks = 0;
    if (tcb->agreed.sack ? news->reported : news->duplicate)
        tcb->dup_acks++;
}

static void ack_by_state(Tcb *tcb, AckNews *news)
{
    if (tcb->ca == TCP_CA_CWR && news->advanced && seq_gt(tcb->snd_una, tcb->recover))
        end_cwr(tcb);
    if (tcb->ca == TCP_CA_LOSS)
        ack_after_timeout(tcb, news);
    else if (rack_is_on(tcb))
        rack_ack(tcb, news);
    else if (tcp_loss_by_board(tcb))
        tcp_recover_ack(tcb, news);
    else
        newreno_ack(tcb, news);
}

/* RFC 8985 §7.4.2: as for a recovery, but it is over. */
static void loss_was_repaired(Tcb *tcb, const AckNews *news)
{
    if (tcb->ca >= TCP_CA_RECOVERY)
        return;
    tcp_cong_loss(tcb, MAX(flight_size(tcb), news->flight));
    tcp_loss_deflate(tcb);
    ecn_reduced(tcb);
    tcb->recover = tcb->snd_max;
}

/* RFC 5681 §3.1: what is acknowledged; to Linux, what was not reported before. */
static uint32_t growth(const Tcb *tcb, const AckNews *news)
{
    bool linux_ = tcb->tcp->cfg.profile == TCP_PROFILE_LINUX;

    return linux_ ? MIN(news->acked, news->delivered) : news->acked;
}

/* Is cwnd the recovery's business? To Linux the ACK that ends it opens the window already. */
static bool is_reducing(const Tcb *tcb)
{
    return tcb->ca == TCP_CA_RECOVERY || is_cwr_by_prr(tcb);
}

/* PRR says how much goes out on this ACK, what is resent at once included. */
static void reduce(Tcb *tcb, const AckNews *news)
{
    Repair *repair = &tcb->flow->repair;

    if (!prr_is_on(tcb) || !is_reducing(tcb))
        return;
    prr_ack(tcb, news, tcp_in_pipe(tcb));
    if (!repair->first_due)
        return;
    repair->first_due = false;
    if (tcp_loss_by_board(tcb))
        tcp_recover_first(tcb);
    else
        newreno_first(tcb, repair->first_why);
}

void tcp_loss_ack(Tcb *tcb, AckNews *news)
{
    bool reducing = is_reducing(tcb);

    if (!tcb_has_flow(tcb) && !news->advanced) /* nothing was ever outstanding */
        return;
    tcb_flow(tcb);
    rate_sample(tcb, news);
    if (news->rtt != RTT_NONE)
        tcb->tcp->rtt_last = news->rtt;
    restart_timers(tcb, news);
    if (tcb->cc == NULL || !tcb->tcp->cfg.retransmit) {
        if (tcb->ca == TCP_CA_LOSS && seq_geq(tcb->snd_una, tcb->recover))
            tcp_loss_end(tcb);
        return;
    }
    count_duplicates(tcb, news);
    rack_dsack(tcb, news);
    undo_dsack(tcb, news);
    if (tlp_ack(tcb, news))
        loss_was_repaired(tcb, news);
    ack_by_state(tcb, news);
    if (tcb->tcp->cfg.profile == TCP_PROFILE_LINUX)
        reducing = is_reducing(tcb);
    if (news->advanced || news->reported)
        tcp_cong_ack(tcb, growth(tcb, news), news->flight, reducing);
    reduce(tcb, news);
    if (news->advanced || tcb->flow->repair.sent.sacked.segs > 0)
        tlp_schedule(tcb);
    if (tcb->ca == TCP_CA_OPEN && news->advanced) {
        tcb->limited = 0;
        if (seq_gt(tcb->snd_una, tcb->recover)) /* must stay in reach of a comparison */
            tcb->recover = tcb->snd_una - 1;
    }
    if (news->advanced || news->duplicate || news->reported)
        trace_metrics(tcb);
}
