/*
 * rng.c - xoshiro256** (Blackman and Vigna), seeded through SplitMix64 by the seed and a name's
 * hash.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/rng.h"

#include "sim/engine/rng_tables.inc"

#include <glib.h>

enum { TABLE_BITS = 12, SIGMA_UNIT = 8192, MEAN_UNIT = 65536 };

G_STATIC_ASSERT(G_N_ELEMENTS(normal_table) == 1 << TABLE_BITS);
G_STATIC_ASSERT(G_N_ELEMENTS(pareto_table) == 1 << TABLE_BITS);
G_STATIC_ASSERT(G_N_ELEMENTS(exponential_table) == 1 << TABLE_BITS);

static uint64_t fnv1a(const char *name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (; *name != '\0'; name++)
        h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return h;
}

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = *x += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

/* The seed is scrambled before the name joins it: neighbouring seeds share nothing. */
void rng_init(Rng *r, uint64_t seed, const char *name)
{
    uint64_t x = splitmix(&seed) ^ fnv1a(name);

    for (int i = 0; i < 4; i++)
        r->s[i] = splitmix(&x);
}

uint64_t rng_u64(Rng *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

/* Numbers below 2^64 mod n would make the small remainders likelier: they are drawn again. */
uint64_t rng_below(Rng *r, uint64_t n)
{
    g_assert(n > 0);
    uint64_t reject = (0 - n) % n, x;

    do
        x = rng_u64(r);
    while (x < reject);
    return x % n;
}

bool rng_chance(Rng *r, Prob p)
{
    if (p == 0 || p >= PROB_ONE)
        return p != 0;
    return rng_u64(r) >> 32 < p;
}

int64_t rng_uniform(Rng *r, int64_t scale)
{
    g_assert(scale >= 0 && scale < INT64_C(1) << 59);
    return scale == 0 ? 0 : (int64_t)rng_below(r, 2 * (uint64_t)scale + 1) - scale;
}

/* value * scale / unit, to the nearest, without overflow for any scale below 2^59. */
static int64_t scaled(int32_t value, int64_t scale, int64_t unit)
{
    int64_t low = scale % unit * value;

    low += low >= 0 ? unit / 2 : -unit / 2;
    return scale / unit * value + low / unit;
}

static int64_t draw(Rng *r, const int32_t *table, int64_t scale, int64_t unit)
{
    g_assert(scale >= 0 && scale < INT64_C(1) << 59);
    return scale == 0 ? 0 : scaled(table[rng_u64(r) >> (64 - TABLE_BITS)], scale, unit);
}

int64_t rng_normal(Rng *r, int64_t scale)
{
    return draw(r, normal_table, scale, SIGMA_UNIT);
}

int64_t rng_pareto(Rng *r, int64_t scale)
{
    return draw(r, pareto_table, scale, SIGMA_UNIT);
}

int64_t rng_exponential(Rng *r, int64_t mean)
{
    return draw(r, exponential_table, mean, MEAN_UNIT);
}
