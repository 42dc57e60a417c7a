/*
 * tcp_ts.c - timestamps: the clock, TS.Recent, PAWS, and round trips that can be measured although
 * something was sent again. RFC 7323 §3-5.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_ts.h"

#include "protocols/transport/tcp_priv.h"
#include "sim/engine/sim.h"

static const SimTime TICK = MSEC;                /* §5.4: between 1 ms and 1 s */
static const SimTime OUTDATED = 24 * 24 * HOUR;  /* §5.5 */

void tcp_ts_init(Tcp *tcp)
{
    Rng rng;
    g_autofree char *name = g_strconcat("host:", tcp->node->name, ":timestamps", NULL);

    sim_rng(tcp->sim, name, &rng);
    tcp->ts_key = (uint32_t)rng_u64(&rng);
}

/* §5.4: an offset per connection. It is one for all connections of the same pair, so that the
 * clock goes on in the next incarnation, as RFC 6191 wants it. */
void tcp_ts_start(Tcb *tcb)
{
    tcb->agreed.ts_offset = (tcb_hash_of(tcb) ^ tcb->tcp->ts_key) * 0x9e3779b1u;
    tcb->agreed.ts_first = (uint32_t)(sim_now(tcb->tcp->sim) / TICK);
}

uint32_t tcp_ts_at(const Tcb *tcb, SimTime at)
{
    return (uint32_t)(at / TICK) + tcb->agreed.ts_offset;
}

uint32_t tcp_ts_now(const Tcb *tcb)
{
    return tcp_ts_at(tcb, sim_now(tcb->tcp->sim));
}

void tcp_ts_set_recent(Tcb *tcb, uint32_t ts_val)
{
    tcb->agreed.ts_recent = ts_val;
    tcb->agreed.ts_recent_at = sim_now(tcb->tcp->sim);
}

bool tcp_ts_is_older(const Tcb *tcb, uint32_t ts_val)
{
    return seq_lt(ts_val, tcb->agreed.ts_recent) &&
           sim_now(tcb->tcp->sim) - tcb->agreed.ts_recent_at <= OUTDATED;
}

DropReason tcp_ts_check(Tcb *tcb, Segment *seg)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;
    const TcpOptions *opt = &seg->hdr.opt;

    if (!tcb->agreed.timestamps || (seg->flags & TCP_RST))
        return DROP_NONE;
    if (!opt->has_timestamps) /* §3.2: silently, and the connection must not be aborted */
        return cfg->timestamps_required ? DROP_TCP_NO_TIMESTAMP : DROP_NONE;
    if (!cfg->paws || !tcp_ts_is_older(tcb, opt->ts_val))
        return DROP_NONE;
    node_count(tcb->tcp->node, COUNTER_TcpExtPAWSEstab); /* §5.3 R1 */
    if (tcp_may_answer(tcb, seg))
        owe_bare_ack(tcb, SENT_TCP_PAWS_ACK);
    return DROP_TCP_PAWS;
}

DropReason tcp_ts_take(Tcb *tcb, Segment *seg)
{
    const TcpOptions *opt = &seg->hdr.opt;

    if (!tcb->agreed.timestamps || !opt->has_timestamps || (seg->flags & TCP_RST))
        return DROP_NONE;
    /* §4.3 (2), §5.3 R3 */
    if (seq_leq(seg->hdr.seq, tcb->ack_sent) && !tcp_ts_is_older(tcb, opt->ts_val))
        tcp_ts_set_recent(tcb, opt->ts_val);
    return DROP_NONE;
}

void tcp_ts_sample(Tcb *tcb, const Segment *seg)
{
    const TcpAgreed *agreed = &tcb->agreed;
    uint32_t ticks = tcp_ts_now(tcb) - seg->hdr.opt.ts_ecr;
    SimTime rtt = MAX((SimTime)ticks, 1) * TICK;

    if (!agreed->timestamps || !seg->hdr.opt.has_timestamps || tcb->rtt_timing ||
        ticks > (uint32_t)(sim_now(tcb->tcp->sim) / TICK) - agreed->ts_first) /* never stamped */
        return;
    tcp_rtt_sample(tcb, rtt);
}
