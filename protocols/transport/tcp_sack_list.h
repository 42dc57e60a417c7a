/*
 * tcp_sack_list.h - what a receiver tells of its out-of-order queue: SACK blocks, the most recent
 * first (RFC 2018 §4), and before them once the range that came twice (RFC 2883).
 *
 * The queue itself is a Reass; here are only the places where segments came last, and each block
 * is looked up in the queue when it is sent, so that it is whole and never stale.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp_reass.h"
#include "protocols/wire/tcp_wire.h"

typedef struct SackList {
    TcpSeq       recent[TCP_SACK_MAX]; /* in blocks of the queue, the latest first */
    unsigned     n;
    TcpSackBlock twice;
    bool         has_twice;
} SackList;

/* A segment that begins at seq is in the queue now. */
void sacklist_note(SackList *l, const Reass *queue, TcpSeq seq);

/* [left, right) had come before; told with the next acknowledgment. */
void sacklist_twice(SackList *l, TcpSeq left, TcpSeq right);

/* Looks whether the queue has something of [left, right) already: the first such part. */
bool sacklist_overlap(const Reass *queue, TcpSeq left, TcpSeq right, TcpSackBlock *part);

/* How many blocks there would be, at most `max`, and what they are. */
static inline unsigned sacklist_count(const SackList *l, const Reass *queue, unsigned max)
{
    size_t n = queue->n + l->has_twice;

    return n < max ? (unsigned)n : max;
}
unsigned sacklist_blocks(const SackList *l, const Reass *queue, unsigned max, TcpSackBlock *out);
