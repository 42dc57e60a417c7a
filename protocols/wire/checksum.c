/*
 * checksum.c - sums in the machine's own byte order, as wide as it can add: RFC 1071 §2 (B), (C).
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/checksum.h"

enum { WORD = 8, MANY = 96 };

/* A word's halves, so that no carry is lost in 64 bits. */
static inline uint64_t halves(const uint8_t *p)
{
    uint64_t w;

    memcpy(&w, p, WORD);
    return (w & UINT32_MAX) + (w >> 32);
}

WIDEST static uint64_t sum_words(const uint8_t *p, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += halves(p + i * WORD);
    return sum;
}

uint32_t sum_add(uint32_t sum, Span bytes)
{
    size_t n = bytes.n, at = n < MANY ? 0 : n / WORD * WORD; /* more than headers */
    uint64_t a = at > 0 ? sum_words(bytes.p, at / WORD) : 0;

    for (; at + WORD <= n; at += WORD)
        a += halves(bytes.p + at);
    if (at < n) {
        uint8_t rest[WORD] = { 0 };
        memcpy(rest, bytes.p + at, n - at);
        a += halves(rest);
    }
    return sum_to_16((uint64_t)sum + sum_of_words(a));
}

uint16_t sum_fold(uint32_t sum)
{
    return (uint16_t)~sum_to_16(sum);
}
