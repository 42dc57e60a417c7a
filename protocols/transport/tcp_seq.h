/*
 * tcp_seq.h - sequence numbers: 32 bits that wrap, compared modulo 2^32. RFC 9293 §3.4.
 *
 * Two numbers that are compared are never further apart than a window, so the sign of their
 * difference tells which comes first. Nothing else may compare them.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef uint32_t TcpSeq;

static inline bool seq_lt(TcpSeq a, TcpSeq b)
{
    return (int32_t)(a - b) < 0;
}

static inline bool seq_leq(TcpSeq a, TcpSeq b)
{
    return (int32_t)(a - b) <= 0;
}

static inline bool seq_gt(TcpSeq a, TcpSeq b)
{
    return seq_lt(b, a);
}

static inline bool seq_geq(TcpSeq a, TcpSeq b)
{
    return seq_leq(b, a);
}

static inline TcpSeq seq_max(TcpSeq a, TcpSeq b)
{
    return seq_lt(a, b) ? b : a;
}

static inline TcpSeq seq_min(TcpSeq a, TcpSeq b)
{
    return seq_lt(a, b) ? a : b;
}

/* a lies in [left, left + n) */
static inline bool seq_within(TcpSeq a, TcpSeq left, uint32_t n)
{
    return a - left < n;
}
