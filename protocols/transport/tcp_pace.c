/*
 * tcp_pace.c - segments spread over the round trip instead of sent in bursts: at the rate that the
 * policy of congestion control asks for, or with the knob at a little more than a window per round
 * trip, as Linux does.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

enum { SLOW_START_PERCENT = 200, AVOIDANCE_PERCENT = 120 }; /* Linux: tcp_pacing_ss_ratio, ca */

uint64_t pace_rate(const Tcb *tcb)
{
    const Cong *c = &tcb->cong;

    if (tcb->cc == NULL)
        return 0;
    if (c->state != NULL && c->state->pacing_rate > 0)
        return c->state->pacing_rate;
    if (!tcb->tcp->cfg.pacing || tcb->srtt == 0)
        return 0;
    uint32_t percent = c->cwnd < c->ssthresh / 2 ? SLOW_START_PERCENT : AVOIDANCE_PERCENT;
    uint64_t window = MAX(c->cwnd, tcb->snd_max - tcb->snd_una);
    return MAX(window * percent / 100 * (uint64_t)SEC / (uint64_t)tcb->srtt, 1);
}

bool pace_allows(Tcb *tcb, bool waits)
{
    SimTime now = sim_now(tcb->tcp->sim);

    if (now >= tcb->flow->pace_at || tcb->snd_una == tcb->snd_max || pace_rate(tcb) == 0)
        return true;
    if (waits && !tcp_timer_runs(tcb, TIMER_PACE))
        tcp_timer_set(tcb, TIMER_PACE, tcb->flow->pace_at - now);
    return false;
}

void pace_sent(Tcb *tcb, uint32_t bytes)
{
    uint64_t rate = pace_rate(tcb);

    if (rate > 0)
        tcb->flow->pace_at = MAX(tcb->flow->pace_at, sim_now(tcb->tcp->sim)) +
                       (SimTime)((uint64_t)bytes * (uint64_t)SEC / rate);
}

void pace_fired(Tcb *tcb)
{
    trace_timer(tcb, &TCP_TIMER_EXPIRED, TIMER_PACE);
    tcp_output(tcb);
    tcb_check(tcb);
}
