/*
 * counter.h - what a node counts, under the names of nstat(8): the dictionary.
 */
/* SPDX-License-Identifier: MIT */
#pragma once

typedef enum Counter {
#define COUNTER(name, text) COUNTER_##name,
#include "sim/engine/counter.def"
#undef COUNTER
    COUNTER_COUNT
} Counter;

enum { COUNTERS_COMMON = 8 };

/* Where a node keeps it: what most nodes that do anything count comes first. */
static inline unsigned counter_place(Counter c)
{
    switch ((int)c) {
    case COUNTER_IpInReceives: return 0;
    case COUNTER_IpInDelivers: return 1;
    case COUNTER_IpOutRequests: return 2;
    case COUNTER_IpForwDatagrams: return 3;
    case COUNTER_UdpInDatagrams: return 4;
    case COUNTER_UdpOutDatagrams: return 5;
    case COUNTER_TcpInSegs: return 6;
    case COUNTER_TcpOutSegs: return 7;
    default: return COUNTERS_COMMON + (unsigned)c;
    }
}

/* "TcpRetransSegs" and an English phrase. Static strings. */
const char *counter_name(Counter c);
const char *counter_text(Counter c);
