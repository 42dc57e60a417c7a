/*
 * tcp_cc_hystart.c - slow start that ends before it has filled a queue: when the round-trip time
 * rises. RFC 9406, and what Linux does since before it.
 *
 * A round is over when what was outstanding at its beginning has been acknowledged; counted in
 * bytes, which tells the same as the RFC's windowEnd.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_cc.h"

#include <glib.h>

enum { /* RFC 9406 §4.3 */
    N_RTT_SAMPLE = 8,
    CSS_GROWTH_DIVISOR = 4,
    CSS_ROUNDS = 5,
    MIN_RTT_DIVISOR = 8,
    LINUX_LOW_WINDOW = 16, /* segments: below it Linux does not look */
};

static const SimTime MIN_RTT_THRESH = 4 * MSEC, MAX_RTT_THRESH = 16 * MSEC;
static const SimTime LINUX_ACK_DELTA = 2 * MSEC; /* ACKs closer than this are one train */

void hystart_init(Hystart *h, SimTime now)
{
    *h = (Hystart){
        .least = NEVER, .last_least = NEVER, .round_start = now, .last_ack = now,
    };
}

static SimTime rise(SimTime rtt)
{
    return CLAMP(rtt / MIN_RTT_DIVISOR, MIN_RTT_THRESH, MAX_RTT_THRESH);
}

static void new_round(Hystart *h, uint32_t flight)
{
    h->end = h->una + flight;
    h->last_least = h->least;
    h->least = NEVER;
    h->samples = 0;
}

/* --- RFC 9406 §4.2 --------------------------------------------------------------------------- */

static void look_at_rtt(Hystart *h)
{
    if (h->samples < N_RTT_SAMPLE)
        return;
    if (h->css) {
        if (h->least < h->baseline) /* it has fallen again: the rise was spurious */
            h->css = false;
    } else if (h->last_least != NEVER && h->least >= h->last_least + rise(h->last_least)) {
        h->css = true;
        h->baseline = h->least;
        h->css_rounds = 0;
    }
}

static uint32_t rfc9406_ack(Hystart *h, Cong *c, const CongAck *a)
{
    if (c->ssthresh != CWND_INFINITE) /* only for the first slow start */
        return 1;
    if (h->end <= h->una - a->acked) /* nothing was outstanding when the round began */
        h->end = h->una - a->acked + a->flight;
    if (a->rtt != RTT_NONE) {
        h->least = MIN(h->least, a->rtt);
        h->samples++;
        look_at_rtt(h);
    }
    if (h->una >= h->end) {
        if (h->css && ++h->css_rounds >= CSS_ROUNDS)
            c->ssthresh = c->cwnd;
        new_round(h, a->flight - a->acked);
    }
    return h->css ? CSS_GROWTH_DIVISOR : 1;
}

/* --- Linux: its train of ACKs, and its delay -------------------------------------------------- */

static bool train_is_long(Hystart *h, SimTime now)
{
    if (now - h->last_ack > LINUX_ACK_DELTA)
        return false;
    h->last_ack = now;
    return now - h->round_start > h->min_rtt / 2;
}

static bool delay_rose(Hystart *h, SimTime rtt)
{
    h->least = MIN(h->least, rtt);
    if (h->samples < N_RTT_SAMPLE) {
        h->samples++;
        return false;
    }
    return h->least > h->min_rtt + rise(h->min_rtt);
}

static void linux_ack(Hystart *h, Cong *c, const CongAck *a)
{
    if (a->rtt == RTT_NONE)
        return;
    h->min_rtt = h->min_rtt == 0 ? a->rtt : MIN(h->min_rtt, a->rtt);
    if (h->found || !cong_in_slow_start(c) || c->cwnd < LINUX_LOW_WINDOW * c->mss)
        return;
    if (h->una > h->end) {
        new_round(h, a->flight - a->acked);
        h->round_start = h->last_ack = a->now;
    }
    bool train = train_is_long(h, a->now), delay = delay_rose(h, a->rtt);
    if (train || delay) {
        h->found = true;
        c->ssthresh = c->cwnd;
    }
}

uint32_t hystart_ack(Hystart *h, Cong *c, const CongAck *a)
{
    h->una += a->acked;
    switch (c->rules.hystart) {
    case HYSTART_RFC9406:
        return rfc9406_ack(h, c, a);
    case HYSTART_LINUX:
        linux_ack(h, c, a);
        return 1;
    default:
        return 1;
    }
}
