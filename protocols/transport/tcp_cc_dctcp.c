/*
 * tcp_cc_dctcp.c - Data Center TCP, RFC 8257: the window is reduced by how much was marked, not by
 * whether something was. The receiver's part, which echoes each mark, is in tcp_ecn.c.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_cc.h"

#include <glib.h>

enum { GAIN_SHIFT = 4 }; /* g = 1/16: §4.2 */

/* §3.3 (5) to (8): alpha, once for each window of data. */
static void end_window(Dctcp *d, uint32_t flight)
{
    uint64_t marked = d->acked > 0 ? (d->marked << DCTCP_SHIFT) / d->acked : 0;

    d->alpha += (uint32_t)(marked >> GAIN_SHIFT) - (d->alpha >> GAIN_SHIFT);
    d->alpha = MIN(d->alpha, DCTCP_ONE);
    d->acked = d->marked = 0;
    d->end = d->una + flight;
}

static void dctcp_init(Cong *c, SimTime now)
{
    (void)now;
    c->state->dctcp = (Dctcp){ .alpha = DCTCP_ONE }; /* §4.2: the first marks halve */
}

static void dctcp_on_ack(Cong *c, const CongAck *a)
{
    Dctcp *d = &c->state->dctcp;

    if (d->end <= d->una) /* nothing was outstanding when the window began */
        d->end = d->una + a->flight;
    d->una += a->acked;
    d->acked += a->acked;
    d->marked += a->ece ? a->acked : 0;
    if (d->una >= d->end)
        end_window(d, a->flight - a->acked);
    tcp_cc_newreno.on_ack(c, a);
}

/* §3.3 (9). */
static void dctcp_on_ecn(Cong *c, uint32_t flight, SimTime now)
{
    uint64_t cut = (uint64_t)c->cwnd * c->state->dctcp.alpha >> (DCTCP_SHIFT + 1);

    (void)flight;
    (void)now;
    c->cwnd = c->ssthresh = MAX(c->cwnd - (uint32_t)cut, 2 * c->mss);
    c->acked = 0;
}

/* §3.5: a loss is met as by Reno. */
static void dctcp_on_loss(Cong *c, uint32_t flight, SimTime now)
{
    tcp_cc_newreno.on_loss(c, flight, now);
}

/* What was measured stays measured. */
static void dctcp_undo(Cong *c, SimTime now)
{
    (void)c;
    (void)now;
}

static void dctcp_figures(const Cong *c, CongFigure out[static CONG_FIGURES])
{
    out[0] = (CongFigure){ "alpha", FIGURE_PART, c->state->dctcp.alpha };
}

const TcpCc tcp_cc_dctcp = {
    .name = "dctcp",
    .needs_ecn = true,
    .has_state = true,
    .init = dctcp_init,
    .on_ack = dctcp_on_ack,
    .on_loss = dctcp_on_loss,
    .on_ecn = dctcp_on_ecn,
    .undo = dctcp_undo,
    .figures = dctcp_figures,
};
