/*
 * checksum.h - the Internet checksum, RFC 1071, and its incremental update, RFC 1624.
 *
 * Sums are accumulated unfolded in 32 bits over at most 64 KiB; sum_fold makes the complement that
 * goes into a header, and is 0 over anything that includes its own correct checksum.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "sim/engine/bytes.h"

uint32_t sum_add(uint32_t sum, Span bytes); /* an odd last byte counts as the high one */
uint16_t sum_fold(uint32_t sum);            /* folded and complemented */

/* The pseudo-header's sum but for the length, which the caller adds: RFC 9293 §3.1, RFC 768. */
uint32_t sum_pseudo(IpAddr src, IpAddr dst, uint8_t proto);

/* RFC 1624 (3): the checksum after a 16-bit word of what it covers went from `old` to `new_`. */
uint16_t sum_update(uint16_t checksum, uint16_t old, uint16_t new_);
