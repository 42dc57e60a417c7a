/*
 * tcp_cc_reno.c - slow start and congestion avoidance, RFC 5681 §3.1. NewReno differs from Reno in
 * its recovery only, which is in tcp_loss.c.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_cc.h"

#include <glib.h>

bool cong_may_grow(const CongAck *a)
{
    return a->acked > 0 && a->uses_window && !a->recovering && !a->ece;
}

void cong_grow(Cong *c, uint32_t by)
{
    c->cwnd = MIN(c->cwnd + by, CWND_MAX);
}

static void reno_on_ack(Cong *c, const CongAck *a)
{
    if (!cong_may_grow(a))
        return;
    if (c->cwnd < c->ssthresh) {
        cong_grow(c, MIN(a->acked, c->mss)); /* RFC 5681 (2): ACK division must gain nothing */
        return;
    }
    /* One segment per window of acknowledged bytes, counted: RFC 5681 §3.1, RFC 3465 §2.1. */
    c->acked += a->acked;
    if (c->acked >= c->cwnd) {
        c->acked -= c->cwnd;
        cong_grow(c, c->mss);
    }
}

static void reno_on_loss(Cong *c, uint32_t flight, SimTime now)
{
    (void)now;
    c->ssthresh = MAX(flight / 2, 2 * c->mss); /* RFC 5681 (4) */
    c->acked = 0;
}

const TcpCc tcp_cc_newreno = {
    .name = "newreno",
    .on_ack = reno_on_ack,
    .on_loss = reno_on_loss,
};

uint32_t cong_initial_window(uint32_t mss, uint64_t segments)
{
    if (segments == 0)
        return MIN(10 * mss, MAX(2 * mss, 14600)); /* RFC 6928 §2 (1) */
    return (uint32_t)MIN(segments * mss, CWND_MAX);
}
