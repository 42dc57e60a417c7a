/*
 * tcp_cc.h - congestion control as a policy: how large a window may be, what a loss or a mark does
 * to it, and how fast it may be sent.
 *
 * tcp_loss.c and its kin find out what happened and tell it, by way of tcp_cong.c, to the policy.
 * A policy knows no TCB: what it may look at comes with each call, what it keeps is in Cong. All
 * in integers: windows in bytes, times in nanoseconds, rates in bytes per second.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/time.h"

#include <stdbool.h>
#include <stdint.h>

#define CWND_INFINITE UINT32_MAX   /* no congestion control */
#define CWND_MAX ((uint32_t)1 << 30) /* as far as a window can be scaled, RFC 7323 §2.3 */
#define RTT_NONE ((SimTime)-1)

/* What it was before a reduction that may turn out to be wrong. */
typedef struct CongPrior {
    bool     kept;
    uint32_t cwnd, ssthresh;
} CongPrior;

typedef struct Cong {
    uint32_t  cwnd, ssthresh; /* bytes; ssthresh CWND_INFINITE: not known yet */
    uint32_t  mss;
    uint32_t  acked;          /* counted in congestion avoidance since cwnd last grew */
    CongPrior prior;
} Cong;

/* What an ACK tells. A policy is called for each one that acknowledges or reports something new. */
typedef struct CongAck {
    SimTime  now;
    SimTime  rtt;            /* measured by it; RTT_NONE: nothing was */
    SimTime  srtt, min_rtt;  /* smoothed, and the least; 0: not known yet */
    uint32_t acked;          /* bytes that SND.UNA has moved by */
    uint32_t flight;         /* bytes outstanding before it */
    bool     recovering;     /* it came in a fast recovery, which sets cwnd unless owns_cwnd */
    bool     ece;            /* it echoes a mark */
    bool     uses_window;    /* the sender is limited by cwnd, not by its program or its peer */
} CongAck;

typedef struct TcpCc {
    const char *name;
    bool        owns_cwnd;   /* sets cwnd in a recovery too: who recovers leaves it alone */
    /* At ESTABLISHED, cwnd is the initial window. NULL: nothing to do. */
    void (*init)(Cong *c, SimTime now);
    void (*on_ack)(Cong *c, const CongAck *a);
    /* A loss was found, with `flight` bytes outstanding: sets ssthresh; cwnd is left to the
     * recovery. Once for a window of data. */
    void (*on_loss)(Cong *c, uint32_t flight, SimTime now);
    /* As on_loss, for the timer; cwnd becomes one segment afterwards. NULL: on_loss. */
    void (*on_rto)(Cong *c, uint32_t flight, SimTime now);
    /* A mark was echoed, once for a window of data: sets ssthresh and cwnd. NULL: on_loss, and
     * cwnd = ssthresh. */
    void (*on_ecn)(Cong *c, uint32_t flight, SimTime now);
    /* Data is about to go out, after `idle` with none outstanding. NULL: nothing to do. */
    void (*on_idle)(Cong *c, SimTime idle, SimTime now);
    /* The last reduction was for nothing; cwnd and ssthresh are restored already. NULL: nothing
     * else to do. */
    void (*undo)(Cong *c, SimTime now);
} TcpCc;

extern const TcpCc tcp_cc_newreno; /* RFC 5681 */

/* May cwnd grow by this ACK? RFC 5681 §3.1; not by one that echoes a mark, RFC 3168 §6.1.2. */
bool cong_may_grow(const CongAck *a);
void cong_grow(Cong *c, uint32_t by); /* cwnd, up to CWND_MAX */

/* `segments` 0: RFC 6928's ten, but for large ones. */
uint32_t cong_initial_window(uint32_t mss, uint64_t segments);
