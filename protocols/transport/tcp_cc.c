/*
 * tcp_cc.c - what the policies of congestion control share: slow start, counted growth, reductions
 * and the initial window.
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
    c->cwnd = by < CWND_MAX - MIN(c->cwnd, CWND_MAX) ? c->cwnd + by : CWND_MAX;
}

bool cong_in_slow_start(const Cong *c)
{
    return c->cwnd < c->ssthresh;
}

uint32_t cong_slow_start(Cong *c, uint32_t acked, uint32_t limit)
{
    if (limit > 0 && c->after_rto)
        limit = 1;
    if (limit > 0) { /* RFC 5681 (2): ACK division must gain nothing; RFC 3465 §2.2 */
        cong_grow(c, (uint32_t)MIN(acked, (uint64_t)limit * c->mss));
        return 0;
    }
    uint32_t used = MIN(acked, c->ssthresh - c->cwnd);
    cong_grow(c, used);
    return acked - used;
}

void cong_avoid(Cong *c, uint32_t acked, uint32_t window)
{
    c->acked += acked;
    if (c->acked >= window) {
        c->acked -= window;
        cong_grow(c, c->mss);
    }
}

uint32_t cong_part(const Cong *c, uint32_t flight, uint32_t num, uint32_t den, uint32_t least)
{
    uint64_t from = c->rules.linux_ ? c->cwnd / c->mss : flight;
    uint64_t part = from * num / den * (c->rules.linux_ ? c->mss : 1);

    return (uint32_t)MAX(part, (uint64_t)least * c->mss);
}

uint32_t cong_initial_window(uint32_t mss, uint64_t segments, CongInitial formula)
{
    if (segments > 0)
        return (uint32_t)MIN(segments * mss, CWND_MAX);
    if (formula == CONG_IW_RFC3390) /* RFC 5681 §3.1 */
        return mss > 2190 ? 2 * mss : mss > 1095 ? 3 * mss : 4 * mss;
    return MIN(10 * mss, MAX(2 * mss, 14600)); /* RFC 6928 §2 (1) */
}
