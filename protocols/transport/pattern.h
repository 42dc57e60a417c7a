/*
 * pattern.h - the text of `stream`: a well-mixed function of its place, without a period, so that
 * no shift of it, by any distance, looks like it.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/packet.h"

uint8_t pattern_byte(uint64_t offset);

/* Writes n bytes of it from the place `offset` on. Returns what sum_add(0, ...) of them would. */
uint32_t pattern_fill(uint8_t *out, uint64_t offset, size_t n);

/* Are those bytes it, from the place `offset` on? Looks at each, unless the first are others. */
bool pattern_is(Span bytes, uint64_t offset);
/* How many of them are; n if all. */
size_t pattern_match(Span bytes, uint64_t offset);

/* Writes the text that a packet's `unwritten` describes. Returns the checksum of that, of the
 * transport header in front of it, in which it is still zero, and of the pseudo-header. */
uint16_t pattern_write(Packet *pkt);
