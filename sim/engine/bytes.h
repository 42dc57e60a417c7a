/*
 * bytes.h - a view of bytes, and network byte order.
 *
 * A Span is borrowed, never owned. get/put read and write big-endian integers at any alignment.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Of a function: a loop whose steps do not depend on each other, which is to take as many of them
 * at once as the machine's registers are wide. It does the same on every machine. */
#if defined __x86_64__ && defined __gnu_linux__ && !defined STACKLAB_SANITIZED
#define WIDEST WIDEST_LOOPS __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define WIDEST
#endif
#if defined __clang__ /* which does so anyway */
#define WIDEST_LOOPS
#else
#define WIDEST_LOOPS __attribute__((optimize("O3")))
#endif

typedef struct Span {
    const uint8_t *p;
    size_t         n;
} Span;

static inline uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

/* Who writes a header that is summed up at once does so by these: what is stored in parts cannot be
 * loaded as a whole before it has reached the cache. */
static inline void put64(uint8_t *p, uint64_t v)
{
    v = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap64(v) : v;
    memcpy(p, &v, sizeof v);
}
