/*
 * rng.h - a random stream per name, all from one seed.
 *
 * A consumer asks for its stream by name ("link:a>r:loss", "host:a:isn"), so that one more consumer
 * never changes what another draws. The generator is xoshiro256**, seeded through SplitMix64 by the
 * world's seed and the name's FNV-1a hash. Integers only.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef struct Rng {
    uint64_t s[4];
} Rng;

/* A probability in units of 2^-32: 0 is never, PROB_ONE always. */
typedef uint64_t Prob;
#define PROB_ONE ((Prob)1 << 32)

void     rng_init(Rng *r, uint64_t seed, const char *name);
uint64_t rng_u64(Rng *r);
uint64_t rng_below(Rng *r, uint64_t n);  /* uniform in [0, n), n > 0, unbiased */
bool     rng_chance(Rng *r, Prob p);     /* draws nothing for 0 and for PROB_ONE */

/* A deviation in [-scale, scale] for uniform; for normal and pareto the scale is the standard
 * deviation, from integer tables of 4096 entries as tc-netem(8) has them. 0 <= scale < 2^59;
 * nothing is drawn for 0. */
int64_t rng_uniform(Rng *r, int64_t scale);
int64_t rng_normal(Rng *r, int64_t scale);
int64_t rng_pareto(Rng *r, int64_t scale);
int64_t rng_exponential(Rng *r, int64_t mean); /* >= 0 */
