/*
 * tcp_pattern.h - the text of `stream`: a well-mixed function of its place, so that no shift of it,
 * by any distance, looks like it. conn_pattern() of tcp.h is one byte of it.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/bytes.h"

#include <stdbool.h>

/* Writes n bytes of it from the place `offset` on. Returns what sum_add(0, ...) of them would. */
uint32_t tcp_pattern_fill(uint8_t *out, uint64_t offset, size_t n);

/* Are those bytes it, from the place `offset` on? Looks at each, unless the first are others. */
bool tcp_pattern_is(Span bytes, uint64_t offset);
