/*
 * tcp_timer.c - the timers of a connection: retransmission (RFC 6298), window probes (RFC 9293
 * §3.8.6.1), delayed acknowledgments, 2MSL. Called by the name of what happened.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_route.h"

#include "sim/engine/sim.h"

static const SimTime GRANULARITY = MSEC;     /* RFC 6298's G */
static const SimTime CORK = 200 * MSEC;
static const SimTime OVERRIDE = 500 * MSEC;  /* RFC 9293 §3.8.6.2.1: 0.1 to 1 s */

/* --- those that run --------------------------------------------------------------------------- */

/* Which runs: few do, most often one. */
static TcbTimer *find(const Tcb *tcb, TcpTimer which)
{
    TcbTimer *t = tcb->timers;

    while (t->which != which)
        t = t->next;
    return t;
}

static void forget(TcbTimer *t)
{
    TcbTimer **at = &t->tcb->timers;

    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    heap_give(&t->tcb->tcp->sim->heap, t, sizeof *t);
}

static void runs_no_more(Tcb *tcb, TcpTimer which)
{
    tcb->running &= (uint16_t)~(1u << which);
}

/* --- RFC 6298 --------------------------------------------------------------------------------- */

void tcp_rtt_sample(Tcb *tcb, SimTime rtt)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;

    tcb->tcp->rtt_last = rtt;
    if (tcb->srtt == 0) { /* (2.2) */
        tcb->srtt = MAX(rtt, 1);
        if (tcb_has_flow(tcb)) {
            tcb->flow->rttvar = rtt / 2;
            tcb->flow->rtt_min = tcb->srtt;
        }
    } else { /* (2.3), in this order */
        SimTime off = tcb->srtt > rtt ? tcb->srtt - rtt : rtt - tcb->srtt;
        Flow *flow = tcb_flow(tcb);
        flow->rttvar = (3 * flow->rttvar + off) / 4;
        flow->rtt_min = MIN(flow->rtt_min, MAX(rtt, 1));
        tcb->srtt = MAX((7 * tcb->srtt + rtt) / 8, 1);
    }
    SimTime spread = 4 * tcb_rttvar(tcb);
    if (cfg->rto_floor == TCP_FLOOR_VARIANCE)
        spread = MAX(spread, cfg->min_rto);
    tcb->rto = tcb->srtt + MAX(GRANULARITY, spread);
    tcb->rto = MIN(MAX(tcb->rto, cfg->min_rto), cfg->max_rto); /* (2.4), (2.5) */
    tcb->backoff = 0;
}

static void back_off(Tcb *tcb)
{
    SimTime max = tcb->tcp->cfg.max_rto;

    if (tcb->state == TCP_SYN_SENT && tcb->retries <= tcb->tcp->cfg.syn_linear)
        return;
    tcb->rto = tcb->rto > max / 2 ? max : 2 * tcb->rto; /* (5.5) */
    tcb->backoff++;
}

void tcp_timer_data_sent(Tcb *tcb) /* (5.1) */
{
    if (tcb->state == TCP_CLOSED)
        return;
    tcp_timer_stop(tcb, TIMER_PERSIST);
    user_timer_start(tcb);
    if (!tcp_timer_runs(tcb, TIMER_RTO) && tcb->tcp->cfg.retransmit)
        tcp_timer_set(tcb, TIMER_RTO, tcb->rto);
}

void tcp_timer_data_acked(Tcb *tcb) /* (5.2), (5.3) */
{
    if (tcb->snd_una == tcb->snd_max) {
        tcp_timer_stop(tcb, TIMER_RTO);
        tcp_timer_stop(tcb, TIMER_PROBE);
        tcp_timer_stop(tcb, TIMER_REORDER);
    } else if (tcp_timer_runs(tcb, TIMER_RTO))
        tcp_timer_set(tcb, TIMER_RTO, tcb->rto);
}

void tcp_timer_first_resent(Tcb *tcb)
{
    if (tcp_timer_runs(tcb, TIMER_RTO))
        tcp_timer_set(tcb, TIMER_RTO, tcb->rto);
}

static uint64_t retries_allowed(const Tcb *tcb)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;

    if (tcb->rare->user_timeout != 0) /* R2 is a time */
        return UINT64_MAX;
    if (tcb->snd_una != tcb->iss)
        return tcb->closed && cfg->orphan_retries != 0 ? cfg->orphan_retries : cfg->retries;
    if (tcb->state == TCP_SYN_SENT)
        return tcb->syn_retries + cfg->syn_linear;
    return tcb->passive ? cfg->synack_retries : tcb->syn_retries;
}

/* RFC 9293 §3.8.3, R2. Nothing is sent; a hint of the network tells more than "timed out". */
static void give_up(Tcb *tcb)
{
    node_count(tcb->tcp->node, COUNTER_TcpExtTCPAbortOnTimeout);
    tcb_end(tcb, tcb->soft_error != NET_OK ? tcb->soft_error : NET_ETIMEDOUT,
            "too many retransmissions", "RFC 9293 §3.8.3");
}

/* RFC 9293 §3.8.3, R1 (MUST-20, SHLD-9): the way there may be another one by now. */
static void doubt_network(Tcb *tcb)
{
    ip_doubt(tcb->tcp->stack, tcb_first_hop(tcb));
    tcp_advise(tcb, "R1", tcb->soft_error != NET_OK ? tcb->soft_error : NET_ETIMEDOUT);
}

/* Each expiry counts, until the peer gives a sign of life. False: that was one too many. */
static bool count_retry(Tcb *tcb)
{
    node_count(tcb->tcp->node, COUNTER_TcpExtTCPTimeouts);
    fastopen_timed_out(tcb, tcb->retries >= retries_allowed(tcb));
    if (tcb->retries++ >= retries_allowed(tcb)) {
        give_up(tcb);
        return false;
    }
    if (tcb->retries == tcb->tcp->cfg.retries1)
        doubt_network(tcb);
    return true;
}

static void probe_window(Tcb *tcb)
{
    SimTime max = tcb->tcp->cfg.max_rto;

    tcp_send_probe(tcb);
    if (tcb->state == TCP_CLOSED)
        return;
    SimTime *wait = &tcb->flow->probe_wait;
    *wait = *wait > max / 2 ? max : 2 * *wait; /* SHLD-30 */
    tcp_timer_set(tcb, TIMER_PERSIST, *wait);
}

static void rto_fired(Tcb *tcb)
{
    if (tcp_timer_runs(tcb, TIMER_PROBE)) { /* RFC 8985 §7.2: then the probe goes in its place */
        trace_timer(tcb, &TCP_TIMER_EXPIRED, TIMER_PROBE);
        tlp_fired(tcb);
        tcb_check(tcb);
        return;
    }
    trace_timer(tcb, &TCP_TIMER_EXPIRED, TIMER_RTO);
    if (!count_retry(tcb))
        return;
    if (tcb->snd_una == tcb->iss) {
        tcb->syn_expired = true;
        tcb->rtt_timing = false;
        back_off(tcb);
        tcp_timer_set(tcb, TIMER_RTO, tcb->rto); /* (5.6) */
        tcp_send_syn(tcb, SENT_TCP_RTO_SYN);
        tcp_output(tcb);
    } else if (tcb_send_window(tcb) == 0) { /* shrunk to nothing: RFC 9293 §3.8.6, MUST-35 */
        tcb->flow->probe_wait = tcb->rto;
        probe_window(tcb);
    } else {
        tcp_loss_rto(tcb); /* (5.4) */
        tcb->rtt_timing = false; /* Karn */
        back_off(tcb);
        tcp_timer_set(tcb, TIMER_RTO, tcb->rto);
        trace_metrics(tcb);
        tcp_output(tcb);
    }
    tcb_check(tcb);
}

/* --- window probes ---------------------------------------------------------------------------- */

void tcp_timer_window_closed(Tcb *tcb)
{
    bool zero = tcb_send_window(tcb) == 0;
    Flow *flow = tcb_flow(tcb);

    flow->probe_wait = tcb->corked || tcb->more ? CORK : OVERRIDE;
    if (tcb->tcp->cfg.profile == TCP_PROFILE_LINUX) /* one timer for all of them */
        flow->probe_wait = MAX(tcb->rto, CORK);
    if (zero || tcb->ecn.hold)
        flow->probe_wait = tcb->rto; /* SHLD-29 */
    tcp_timer_set(tcb, TIMER_PERSIST, flow->probe_wait);
    user_timer_start(tcb);
}

void tcp_timer_window_opened(Tcb *tcb)
{
    tcp_timer_stop(tcb, TIMER_PERSIST);
    tcb->retries = 0;
}

static void probe_fired(Tcb *tcb)
{
    trace_timer(tcb, &TCP_TIMER_EXPIRED, TIMER_PROBE);
    tlp_fired(tcb);
    tcb_check(tcb);
}

static void reorder_fired(Tcb *tcb)
{
    trace_timer(tcb, &TCP_TIMER_EXPIRED, TIMER_REORDER);
    rack_fired(tcb);
    tcb_check(tcb);
}

static void persist_fired(Tcb *tcb)
{
    trace_timer(tcb, &TCP_TIMER_EXPIRED, TIMER_PERSIST);
    if (tcb_send_window(tcb) > 0) { /* a window too small to be worth it: now it must do */
        tcb->force = true;
        tcb->more = false; /* nothing did follow: it is pushed */
        piece_push_first(tcb);
        tcp_output(tcb);
    } else if (count_retry(tcb)) {
        probe_window(tcb);
    }
    tcb_check(tcb);
}

/* --- the others ------------------------------------------------------------------------------- */

static void delayed_ack_fired(Tcb *tcb)
{
    trace_timer(tcb, &TCP_TIMER_EXPIRED, TIMER_DELAYED_ACK);
    owe_ack(tcb, SENT_TCP_DELAYED_ACK);
    tcp_output(tcb);
    tcb_check(tcb);
}

void tcp_timer_fin_wait_2(Tcb *tcb)
{
    if (tcb->tcp->cfg.fin_timeout > 0)
        tcp_timer_set(tcb, TIMER_WAIT, tcb->tcp->cfg.fin_timeout);
}

static void wait_fired(Tcb *tcb)
{
    trace_timer(tcb, &TCP_TIMER_EXPIRED, TIMER_WAIT);
    if (tcb->state == TCP_FIN_WAIT_2) {
        tcb_end(tcb, NET_OK, "no FIN came, and nobody waits for it", "");
    } else {
        node_count(tcb->tcp->node, COUNTER_TcpExtTW);
        tcb_end(tcb, NET_OK, "2MSL over", "RFC 9293 §3.10.8");
    }
}

/* --- one fires, or is set --------------------------------------------------------------------- */

static void fired(void *owner)
{
    static void (*const what[])(Tcb *) = {
        [TIMER_RTO] = rto_fired,
        [TIMER_PERSIST] = persist_fired,
        [TIMER_DELAYED_ACK] = delayed_ack_fired,
        [TIMER_REORDER] = reorder_fired,
        [TIMER_PROBE] = probe_fired,
        [TIMER_WAIT] = wait_fired,
        [TIMER_KEEPALIVE] = keepalive_fired,
        [TIMER_USER] = user_timer_fired,
        [TIMER_PACE] = pace_fired,
    };
    TcbTimer *t = owner;
    Tcb *tcb = t->tcb;
    TcpTimer which = t->which;

    forget(t);
    if (which == TIMER_NONE) /* it has not been set again */
        return;
    runs_no_more(tcb, which);
    tcp_bury(tcb->tcp);
    what[which](tcb);
}

static TcbTimer *new_one(Tcb *tcb)
{
    Tcp *tcp = tcb->tcp;
    TcbTimer *t = heap_take(&tcp->sim->heap, sizeof *t);

    timer_init(&t->timer, &tcp->sim->sched, fired, t);
    t->tcb = tcb;
    t->next = tcb->timers;
    tcb->timers = t;
    return t;
}

/* One that rests, if there is one: a connection has something to wait for most of the time, most
 * often for one thing. */
static TcbTimer *take_one(Tcb *tcb, TcpTimer which)
{
    TcbTimer *t = tcb->timers;

    while (t != NULL && t->which != TIMER_NONE)
        t = t->next;
    if (t == NULL || which == TIMER_KEEPALIVE)
        t = new_one(tcb);
    if (which == TIMER_KEEPALIVE)
        timer_set_background(&t->timer);
    t->which = which;
    tcb->running |= (uint16_t)(1u << which);
    return t;
}

void tcp_timer_set(Tcb *tcb, TcpTimer which, SimTime delay)
{
    TcbTimer *t = tcp_timer_runs(tcb, which) ? find(tcb, which) : take_one(tcb, which);

    timer_set(&t->timer, delay);
    trace_timer(tcb, &TCP_TIMER_SET, which);
}

void tcp_timer_cancel(Tcb *tcb, TcpTimer which)
{
    TcbTimer *t = find(tcb, which);

    if (which == TIMER_KEEPALIVE) { /* unlike others it is in the background */
        timer_stop(&t->timer);
        forget(t);
    } else {
        timer_rest(&t->timer);
        t->which = TIMER_NONE;
    }
    runs_no_more(tcb, which);
    trace_timer(tcb, &TCP_TIMER_CANCELLED, which);
}

SimTime tcp_timer_at(const Tcb *tcb, TcpTimer which)
{
    return find(tcb, which)->timer.at;
}

void tcp_timers_stop(Tcb *tcb)
{
    for (TcpTimer which = 0; tcb->running != 0; which++)
        tcp_timer_stop(tcb, which);
}

void tcp_timers_end(Tcb *tcb)
{
    tcp_timers_stop(tcb);
    while (tcb->timers != NULL) {
        timer_stop(&tcb->timers->timer);
        forget(tcb->timers);
    }
}
