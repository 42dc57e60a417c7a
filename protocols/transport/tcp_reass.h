/*
 * tcp_reass.h - which bytes beyond RCV.NXT have arrived: the out-of-order receive queue.
 *
 * Only ranges of sequence numbers, ordered, disjoint and not touching; the bytes themselves lie in
 * the receive buffer, at their place beyond its end. RFC 9293 §3.10.7.4, SHLD-31.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp_seq.h"

#include <stddef.h>

typedef struct ReassRange {
    TcpSeq left, right; /* [left, right) */
} ReassRange;

typedef struct Reass {
    ReassRange *ranges; /* in the order of the sequence */
    size_t      n, cap;
} Reass;

/* More ranges than this are not kept: a peer that sends every second byte must not cost us more
 * than its window. */
enum { REASS_MAX = 1024 };

void reass_clear(Reass *r); /* forgets all, and its memory */

/* Notes [left, right), left < right, all of it beyond RCV.NXT and within one window. False if it
 * would be one range too many: then it is not kept. */
bool reass_add(Reass *r, TcpSeq left, TcpSeq right);

/* Takes off what begins at or before `rcv_nxt`, and returns how far the stream now goes. */
TcpSeq reass_advance(Reass *r, TcpSeq rcv_nxt);

/* Bytes that wait behind a gap. */
size_t reass_bytes(const Reass *r);
