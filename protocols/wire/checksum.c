/*
 * checksum.c - sums in the machine's own byte order, as wide as it can add: RFC 1071 §2 (B), (C).
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/checksum.h"

enum { LANES = 4 };
typedef uint64_t Wide __attribute__((vector_size(8 * LANES)));

static uint64_t word(const uint8_t *p)
{
    uint32_t w;

    memcpy(&w, p, sizeof w);
    return w;
}

/* The sum of the 32-bit words of n whole blocks. Each lane adds up 64-bit words, modulo 2^64, and
 * their upper halves; what the lower ones make is the difference, which is less than 2^64. */
WIDEST static uint64_t sum_blocks(const uint8_t *p, size_t n)
{
    Wide both = { 0 }, upper = { 0 };
    uint64_t sum = 0;

    for (; n > 0; n--, p += sizeof(Wide)) {
        Wide w;
        memcpy(&w, p, sizeof w);
        both += w;
        upper += w >> 32;
    }
    for (int i = 0; i < LANES; i++)
        sum += both[i] - (upper[i] << 32) + upper[i];
    return sum;
}

uint32_t sum_add(uint32_t sum, Span bytes)
{
    const uint8_t *p = bytes.p;
    size_t n = bytes.n, blocks = n / sizeof(Wide);
    uint64_t a = 0;

    if (blocks > 2) { /* more than a header */
        a = sum_blocks(p, blocks);
        p += blocks * sizeof(Wide);
        n -= blocks * sizeof(Wide);
    }
    for (; n >= 4; n -= 4, p += 4)
        a += word(p);
    if (n > 0) {
        uint8_t rest[4] = { 0 };
        memcpy(rest, p, n);
        a += word(rest);
    }
    uint16_t own_order = sum_to_16(a);
    uint8_t wire_order[2];
    memcpy(wire_order, &own_order, sizeof wire_order);
    return sum_to_16((uint64_t)sum + get16(wire_order));
}

uint16_t sum_fold(uint32_t sum)
{
    return (uint16_t)~sum_to_16(sum);
}
