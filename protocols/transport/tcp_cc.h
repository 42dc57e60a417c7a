/*
 * tcp_cc.h - congestion control as a policy: how large a window may be, and what a loss does to it.
 *
 * Loss recovery (tcp_loss.c) finds out what happened and asks the policy; it inflates and deflates
 * the window during a fast recovery itself. A policy knows no TCB.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/time.h"

#include <stdbool.h>
#include <stdint.h>

#define CWND_INFINITE UINT32_MAX   /* no congestion control */
#define CWND_MAX ((uint32_t)1 << 30) /* as far as a window can be scaled, RFC 7323 §2.3 */

typedef struct Cong {
    uint32_t cwnd, ssthresh; /* bytes; ssthresh CWND_INFINITE: not known yet */
    uint32_t mss;
    uint32_t acked;          /* counted in congestion avoidance since cwnd last grew */
} Cong;

typedef struct TcpCc {
    const char *name;
    /* `acked` new bytes, outside of a fast recovery, by a sender that uses its window. */
    void (*on_ack)(Cong *c, uint32_t acked);
    /* Three duplicate ACKs, or the timer, with `flight` bytes outstanding: sets ssthresh. */
    void (*on_loss)(Cong *c, uint32_t flight);
} TcpCc;

extern const TcpCc tcp_cc_newreno; /* RFC 5681 */

/* `segments` 0: RFC 6928's ten, but for large ones. */
uint32_t cong_initial_window(uint32_t mss, uint64_t segments);
