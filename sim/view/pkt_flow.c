/*
 * pkt_flow.c - conversations: the numbers that a script writes and those that the host uses.
 *
 * A script counts from the initial sequence numbers, as tcpdump does: in a SYN they stand as they
 * are, afterwards the first byte is 1. The host chooses its own; the wire uses the script's.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/tcp_wire.h"
#include "sim/view/pkt_priv.h"

enum { OPT_SACK = 5, OPT_TS = 8 };

PktFlow *pkt_flow(PktRun *run, uint8_t proto, uint16_t local, uint16_t remote)
{
    for (guint i = 0; i < run->flows->len; i++) {
        PktFlow *f = g_ptr_array_index(run->flows, i);
        if (f->proto == proto && f->local_port == local && f->remote_port == remote)
            return f;
    }
    return NULL;
}

PktFlow *pkt_flow_new(PktRun *run, uint8_t proto, uint16_t local, uint16_t remote)
{
    PktFlow *f = g_new0(PktFlow, 1);

    f->proto = proto;
    f->local_port = local;
    f->remote_port = remote;
    f->ts = g_array_new(FALSE, FALSE, sizeof(PktTs));
    g_ptr_array_add(run->flows, f);
    return f;
}

void pkt_flow_free(void *flow)
{
    PktFlow *f = flow;

    g_array_free(f->ts, TRUE);
    g_free(f);
}

/* The edges of all SACK blocks, moved. */
static void move_sack(PktPacket *p, uint32_t by)
{
    const uint8_t *opt;

    for (size_t at = 0, n; (n = pkt_option(p, &at, &opt)) > 0;) {
        uint8_t *o = p->opt + (at - n);
        for (size_t i = 2; o[0] == OPT_SACK && i + 4 <= n; i += 4)
            put32(o + i, get32(o + i) + by);
    }
}

/* The timestamps option, NULL if there is none. */
static uint8_t *timestamps(PktPacket *p)
{
    const uint8_t *opt;

    for (size_t at = 0, n; (n = pkt_option(p, &at, &opt)) > 0;)
        if (opt[0] == OPT_TS && n == 10)
            return p->opt + (at - n);
    return NULL;
}

static bool echo_to_live(const PktRun *run, const PktFlow *flow, uint8_t *ts)
{
    uint32_t ecr = get32(ts + 6);

    for (guint i = flow->ts->len; i > 0; i--) {
        const PktTs *known = &g_array_index(flow->ts, PktTs, i - 1);
        if (known->script == ecr) {
            put32(ts + 6, known->live);
            return true;
        }
    }
    if (!flow->has_ts || !run->settings.ts_ecr_scaled)
        return false;
    put32(ts + 6, ecr - flow->ts_script + flow->ts_live);
    return true;
}

bool pkt_flow_to_live(const PktRun *run, const PktFlow *flow, PktPacket *p)
{
    bool syn = (p->flags & TCP_SYN) != 0;
    uint32_t iss = flow->has_iss ? flow->iss_live - (syn ? flow->iss_script : 0) : 0;
    uint8_t *ts = timestamps(p);

    if (!syn && flow->has_irs)
        p->seq += flow->irs;
    if (p->flags & TCP_ACK)
        p->ack += iss;
    move_sack(p, iss);
    return ts == NULL || (p->flags & TCP_ACK) == 0 || echo_to_live(run, flow, ts);
}

/* A SYN that was expected says which number of the script the host's own stands for. */
static void learn_iss(PktFlow *flow, const PktPacket *p, const PktPacket *want)
{
    bool renewed = flow->reopened && p->ack == flow->irs_next + 1;

    if (flow->has_iss && !renewed)
        return;
    flow->iss_live = p->seq;
    flow->iss_script = want->seq;
    flow->has_iss = true;
    if (renewed) {
        flow->irs = flow->irs_next;
        flow->reopened = false;
        flow->has_ts = false;
    }
}

static void timestamps_to_script(PktFlow *flow, uint8_t *ts, PktPacket *want)
{
    uint8_t *ws = timestamps(want);
    uint32_t live = get32(ts + 2);

    if (ws == NULL)
        return;
    PktTs known = { .script = get32(ws + 2), .live = live };
    g_array_append_val(flow->ts, known);
    if (!flow->has_ts) {
        flow->has_ts = true;
        flow->ts_script = known.script;
        flow->ts_live = live;
    }
    put32(ts + 2, flow->ts_script + (live - flow->ts_live));
}

void pkt_flow_to_script(PktFlow *flow, PktPacket *p, const PktPacket *want)
{
    bool syn = (p->flags & TCP_SYN) != 0;
    PktPacket copy = *want;
    uint8_t *ts = timestamps(p);

    if (syn && (want->flags & TCP_SYN) != 0)
        learn_iss(flow, p, want);
    if (flow->has_iss)
        p->seq += (syn ? flow->iss_script : 0) - flow->iss_live;
    if (!syn && flow->has_irs) {
        if (p->flags & TCP_ACK)
            p->ack -= flow->irs;
        move_sack(p, 0 - flow->irs);
    }
    if (ts != NULL)
        timestamps_to_script(flow, ts, &copy);
}

int64_t pkt_flow_offset(const PktFlow *flow, const PktPacket *p)
{
    bool known = p->inbound ? flow->has_irs : flow->has_iss;
    uint32_t first = p->inbound ? flow->irs : flow->iss_live;
    uint32_t at = p->seq + ((p->flags & TCP_SYN) != 0) - first - 1;

    return known ? (int32_t)at : 0;
}
