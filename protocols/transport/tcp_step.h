/*
 * tcp_step.h - the steps of SEGMENT ARRIVES, taken in order, each told to who explains.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

typedef struct Step {
    const char *name;
    DropReason (*take)(Tcb *tcb, Segment *seg); /* DROP_NONE: go on to the next */
} Step;

/* Until one refuses the segment, or the connection is no more; what the last came to. Every step
 * is a TCP_STEP for those that hear TRACE_STEP. */
DropReason tcp_steps(const Step *steps, size_t n, Tcb *tcb, Segment *seg);
