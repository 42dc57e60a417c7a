/*
 * tcp_keepalive.c - is the idle peer still there? RFC 9293 §3.8.4.
 *
 * The timer is not pushed back by every segment: it looks, when it fires, how long ago the peer was
 * heard. It runs in the background, so that an idle connection does not keep a simulation alive.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

static bool may_probe(TcpState s)
{
    return s == TCP_ESTABLISHED || s == TCP_CLOSE_WAIT || s == TCP_FIN_WAIT_1 ||
           s == TCP_FIN_WAIT_2 || s == TCP_CLOSING || s == TCP_LAST_ACK;
}

/* What retransmissions or window probes watch over needs no more: MUST-26. */
static bool is_idle(const Tcb *tcb)
{
    return tcb->snd_una == tcb->snd_max && !tcp_timer_runs(tcb, TIMER_PERSIST);
}

/* How long nothing has come: each acceptable segment has an ACK. */
static SimTime silence(const Tcb *tcb)
{
    return sim_now(tcb->tcp->sim) - tcb->tally.ack_received;
}

static bool given_up(const Tcb *tcb)
{
    const Keepalive *keep = &tcb->rare->keep;

    if (tcb->rare->user_timeout == 0)
        return tcb->unheard >= keep->probes;
    return tcb->unheard > 0 && silence(tcb) >= tcb->rare->user_timeout;
}

static SimTime idle_time(const Tcb *tcb)
{
    return MAX(tcb->rare->keep.idle, uto_least_idle(tcb));
}

static void probe(Tcb *tcb)
{
    tcb->unheard++;
    node_count(tcb->tcp->node, COUNTER_TcpExtTCPKeepAlive);
    tcp_send_keepalive(tcb);
    if (tcb->state != TCP_CLOSED)
        tcp_timer_set(tcb, TIMER_KEEPALIVE, tcb->rare->keep.interval);
}

void keepalive_fired(Tcb *tcb)
{
    SimTime silent = silence(tcb);

    if (!is_idle(tcb)) {
        tcp_timer_set(tcb, TIMER_KEEPALIVE, idle_time(tcb));
        return;
    }
    if (silent < idle_time(tcb)) {
        tcp_timer_set(tcb, TIMER_KEEPALIVE, idle_time(tcb) - silent);
        return;
    }
    trace_timer(tcb, &TCP_TIMER_EXPIRED, TIMER_KEEPALIVE);
    if (given_up(tcb)) { /* MUST-29: never after a single probe, unless so told */
        node_count(tcb->tcp->node, COUNTER_TcpExtTCPAbortOnTimeout);
        tcb_reset(tcb, SENT_TCP_RST_KEEPALIVE,
                  tcb->soft_error != NET_OK ? tcb->soft_error : NET_ETIMEDOUT,
                  "keep-alives are not answered", "RFC 9293 §3.8.4");
        return;
    }
    probe(tcb);
    tcb_check(tcb);
}

void keepalive_init(Tcb *tcb)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;

    if (!cfg->keepalive) /* who turns it on says how */
        return;
    tcb_rare(tcb)->keep = (Keepalive){
        .on = true, .idle = cfg->keepalive_time, .interval = cfg->keepalive_interval,
        .probes = cfg->keepalive_probes,
    };
}

void keepalive_start(Tcb *tcb)
{
    if (tcb->rare->keep.on)
        tcp_timer_set(tcb, TIMER_KEEPALIVE, tcb->rare->keep.idle);
}

void conn_set_keepalive(Conn *c, bool on, SimTime idle, SimTime interval, uint64_t probes)
{
    Tcb *tcb = c->tcb;

    if (tcb == NULL)
        return;
    const TcpConfig *cfg = &tcb->tcp->cfg;
    Keepalive *keep = &tcb_rare(tcb)->keep;
    keep->on = on;
    keep->idle = idle != 0 ? idle : cfg->keepalive_time;
    keep->interval = interval != 0 ? interval : cfg->keepalive_interval;
    keep->probes = probes != 0 ? probes : cfg->keepalive_probes;
    if (!on) {
        tcp_timer_stop(tcb, TIMER_KEEPALIVE);
    } else if (may_probe(tcb->state)) {
        SimTime silent = silence(tcb);
        tcp_timer_set(tcb, TIMER_KEEPALIVE, keep->idle > silent ? keep->idle - silent : 0);
    }
}
