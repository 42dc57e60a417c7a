/*
 * tcp_cc_reno.c - slow start and congestion avoidance, RFC 5681 §3.1. NewReno differs from Reno in
 * its recovery only, which is in tcp_loss.c.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_cc.h"

static void reno_on_ack(Cong *c, const CongAck *a)
{
    uint32_t acked = a->acked;

    if (!cong_may_grow(a))
        return;
    if (cong_in_slow_start(c)) {
        acked = cong_slow_start(c, acked, c->rules.slow_start_limit);
        if (acked == 0)
            return;
    }
    cong_avoid(c, acked, c->cwnd); /* RFC 3465 §2.1 */
}

static void reno_on_loss(Cong *c, uint32_t flight, SimTime now)
{
    (void)now;
    c->ssthresh = cong_part(c, flight, 1, 2, 2); /* RFC 5681 (4) */
    c->acked = 0;
}

const TcpCc tcp_cc_newreno = {
    .name = "newreno",
    .on_ack = reno_on_ack,
    .on_loss = reno_on_loss,
};
