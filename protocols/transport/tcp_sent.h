/*
 * tcp_sent.h - the record of what was sent and is not yet acknowledged: one entry for each segment,
 * in the order of the sequence; those that are in the network also in the order of their sending.
 * It knows no TCB.
 *
 * An entry is what was sent as one segment last. A transmission that does not keep to the old
 * borders (a smaller MSS, several small segments sent again as one) cuts and joins them. Whatever
 * is asked on each ACK is counted as it changes: nothing here looks at all of the window but what
 * happens once for a timeout. Sequence numbers are found by bisection.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp_seq.h"
#include "sim/engine/heap.h"
#include "sim/engine/time.h"

#include <stddef.h>

#define SENT_NONE UINT32_MAX

typedef struct SentSeg {
    TcpSeq   left, right;  /* [left, right), a FIN counts one */
    bool     sacked;       /* reported by the peer */
    bool     lost;         /* taken for lost, since it was sent first */
    bool     again;        /* and sent again; that one is not known to be lost */
    bool     limited;      /* the sender had nothing else to send */
    uint32_t times;        /* it was sent */
    SimTime  at;           /* when last */
    /* For a rate sample (tcp_rate.h): the counts when it was sent. */
    uint64_t delivered;
    SimTime  delivered_at, first_at;
    uint32_t older, newer; /* of those in the network, by the time of sending */
} SentSeg;

typedef struct SentCount {
    uint32_t segs, bytes;
} SentCount;

typedef struct Sent {
    Heap     *heap;          /* what its memory comes from */
    SentSeg  *segs;          /* cap of them, in one block with `order`; NULL if nothing is out */
    uint32_t *order;         /* a ring of their numbers, as the sequence goes */
    uint32_t  cap, head, n;  /* cap 0 or a power of two */
    uint32_t  used;          /* entries from there on were never in use */
    uint32_t  free;          /* those before that are not, a list by `newer` */
    uint32_t  oldest, newest;
    SentCount sacked, lost, again;
    uint32_t  bytes;         /* of all */
    uint32_t  due;           /* segments that are lost and not sent again */
    TcpSeq    due_from;      /* none of them is before it */
} Sent;

void sent_clear(Sent *s); /* forgets all, and its memory */

/* [left, right) is sent now, as one segment. `again`: some of it had been sent before. Anything
 * between the end of the record and `left` counts as sent now, too. The entry; valid until the next
 * call that sends. */
SentSeg *sent_transmit(Sent *s, TcpSeq left, TcpSeq right, SimTime now, bool again);

static inline SentSeg *sent_at(const Sent *s, uint32_t i) /* i < n, as the sequence goes */
{
    return &s->segs[s->order[(s->head + i) & (s->cap - 1)]];
}

/* The first entry that ends behind seq; n if there is none. */
uint32_t sent_find(const Sent *s, TcpSeq seq);

/* Everything before `una` is acknowledged: the first entry goes, if it is done, else loses its
 * front and false is returned. Frees the memory with the last one. */
bool sent_drop_first(Sent *s, TcpSeq una);

void sent_mark_sacked(Sent *s, SentSeg *g); /* which is not sacked yet */
void sent_mark_lost(Sent *s, SentSeg *g);   /* the copy that is in the network now; not sacked */
void sent_forget_sacks(Sent *s);            /* the peer has thrown it away; they are lost */
void sent_forget_losses(Sent *s);           /* nothing was lost after all */

/* The first segment that is lost and not sent again; NULL if there is none. */
SentSeg *sent_next_due(Sent *s);

/* Bytes in the network: what is neither reported nor lost, and what was sent again. */
static inline uint32_t sent_pipe(const Sent *s)
{
    return s->bytes - s->sacked.bytes - s->lost.bytes + s->again.bytes;
}

/* By the time of sending, the earliest first: for what is in the network. NULL: no more. */
static inline SentSeg *sent_oldest(const Sent *s)
{
    return s->n > 0 && s->oldest != SENT_NONE ? &s->segs[s->oldest] : NULL;
}

static inline SentSeg *sent_newer(const Sent *s, const SentSeg *g)
{
    return g->newer != SENT_NONE ? &s->segs[g->newer] : NULL;
}

/* The counts and the order are what a look at every entry would give. Asserts. */
void sent_check(const Sent *s, TcpSeq una, TcpSeq max);
