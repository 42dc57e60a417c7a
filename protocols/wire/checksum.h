/*
 * checksum.h - the Internet checksum, RFC 1071, and its incremental update, RFC 1624.
 *
 * sum_add hands back its sum folded to 16 bits, so that any number of spans, a length and a
 * pseudo-header can be added up in 32 without overflow. sum_fold makes the complement that goes
 * into a header; it is 0 over anything that includes its own correct checksum.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "sim/engine/bytes.h"

#include <string.h>

/* Adds a span at an even offset; an odd last byte counts as the high one of its word. */
uint32_t sum_add(uint32_t sum, Span bytes);
uint16_t sum_fold(uint32_t sum);            /* folded and complemented */

/* Folded, not complemented. A number and itself with its halves exchanged: what the lower halves
 * carry goes into the upper ones, which are the sum: RFC 1071 §1, the end-around carry. */
static inline uint16_t sum_to_16(uint64_t sum)
{
    sum += sum << 32 | sum >> 32;
    uint32_t half = (uint32_t)(sum >> 32);
    half += half << 16 | half >> 16;
    return (uint16_t)(half >> 16);
}

/* A sum of 32-bit words in the machine's own byte order, as sum_add hands it back. */
static inline uint32_t sum_of_words(uint64_t sum)
{
    uint16_t own_order = sum_to_16(sum);
    uint8_t wire_order[2];

    memcpy(wire_order, &own_order, sizeof wire_order);
    return get16(wire_order);
}

static inline uint64_t sum_address(IpAddr a)
{
    if (ip_is_v4(a)) /* without the ffff of the mapped form, which is not on the wire */
        return ip_to_v4(a);
    return (a.hi >> 32) + (a.hi & 0xffffffff) + (a.lo >> 32) + (a.lo & 0xffffffff);
}

/* The pseudo-header's sum but for the length, which the caller adds: RFC 9293 §3.1, RFC 768. */
static inline uint32_t sum_pseudo(IpAddr src, IpAddr dst, uint8_t proto)
{
    return sum_to_16(sum_address(src) + sum_address(dst) + proto);
}

/* RFC 1624 (3): the checksum after a 16-bit word of what it covers went from `old` to `new_`.
 * Agrees with a new sum over everything, unless all that is covered becomes, or was, zero. */
static inline uint16_t sum_update(uint16_t checksum, uint16_t old, uint16_t new_)
{
    uint32_t sum = (uint32_t)(uint16_t)~checksum + (uint16_t)~old + new_;

    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~((sum & 0xffff) + (sum >> 16));
}

/* Is the checksum of an IPv4 header without options right, which every hop asks? Folded, the sum
 * of its words would be 0xffff, in whatever order their bytes are read and however many of them at
 * once (RFC 1071 §2 (B), (C)): it is a multiple of that, and not zero, for there is a version. */
static inline bool sum_of_20_is_right(const uint8_t p[static 20])
{
    uint64_t a, b;
    uint32_t c;

    memcpy(&a, p, sizeof a);
    memcpy(&b, p + 8, sizeof b);
    memcpy(&c, p + 16, sizeof c);
    return ((a & UINT32_MAX) + (a >> 32) + (b & UINT32_MAX) + (b >> 32) + c) % 0xffff == 0;
}
