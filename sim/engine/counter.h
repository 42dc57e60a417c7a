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

/* "TcpRetransSegs" and an English phrase. Static strings. */
const char *counter_name(Counter c);
const char *counter_text(Counter c);
