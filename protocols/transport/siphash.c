/*
 * siphash.c - SipHash-2-4. Two rounds for each eight bytes of the input, read with the lowest byte
 * first; the last eight end in the length; four rounds at the end.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/siphash.h"

typedef struct SipState {
    uint64_t v[4];
} SipState;

static uint64_t rotate(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static uint64_t read_word(const uint8_t *p, size_t n)
{
    uint64_t word = 0;

    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)p[i] << 8 * i;
    return word;
}

static void rounds(SipState *s, unsigned n)
{
    uint64_t *v = s->v;

    while (n-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32) + v[3];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static void absorb(SipState *s, uint64_t word)
{
    s->v[3] ^= word;
    rounds(s, 2);
    s->v[0] ^= word;
}

uint64_t siphash(const uint8_t key[static SIPHASH_KEY], Span data)
{
    uint64_t k0 = read_word(key, 8), k1 = read_word(key + 8, 8);
    SipState s = { { k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                     k1 ^ 0x7465646279746573u } };
    size_t whole = data.n & ~(size_t)7;

    for (size_t i = 0; i < whole; i += 8)
        absorb(&s, read_word(data.p + i, 8));
    absorb(&s, read_word(data.p + whole, data.n - whole) | (uint64_t)data.n << 56);
    s.v[2] ^= 0xff;
    rounds(&s, 4);
    return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}
