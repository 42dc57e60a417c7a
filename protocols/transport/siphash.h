/*
 * siphash.h - SipHash-2-4, a keyed hash of short input (Aumasson and Bernstein, 2012): what Linux
 * makes its Fast Open cookies with.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/bytes.h"

enum { SIPHASH_KEY = 16 };

/* Its bytes on paper are this number's, the lowest first. */
uint64_t siphash(const uint8_t key[static SIPHASH_KEY], Span data);
