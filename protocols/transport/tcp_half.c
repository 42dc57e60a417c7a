/*
 * tcp_half.c - how many half-open connections a listener keeps, and which one makes room.
 *
 * A queue is a cache of one bucket. In a cache the bucket hangs from a secret, so that nobody can
 * aim at one, and only the oldest of that bucket goes: RFC 4987 §3.5. What else the RFC says of a
 * cache, that its entries are small, is no matter here: each is a whole TCB.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_half.h"

#include "protocols/transport/tcp_priv.h"

/* Linux's SYN queue is no longer than the accept queue. */
static uint64_t limit(const Listener *l)
{
    const TcpConfig *cfg = &l->tcp->cfg;

    return cfg->profile == TCP_PROFILE_LINUX ? MIN(cfg->syn_backlog, l->backlog) : cfg->syn_backlog;
}

/* The buckets together hold no more than the backlog says. */
static uint64_t bucket_limit(const Listener *l)
{
    const TcpConfig *cfg = &l->tcp->cfg;

    return cfg->syn_overflow == TCP_SYN_OVERFLOW_CACHE ? MIN(cfg->syn_bucket, limit(l)) : limit(l);
}

static HalfQueue *bucket_of(Listener *l, IpAddr local, uint16_t local_port, IpAddr remote,
                            uint16_t remote_port)
{
    HalfOpen *half = &l->half;
    const Tcp *tcp = l->tcp;

    if (half->buckets == NULL) {
        half->n_buckets = (size_t)(limit(l) / bucket_limit(l));
        half->buckets = g_new0(HalfQueue, half->n_buckets);
    }
    if (half->n_buckets == 1)
        return half->buckets;
    uint64_t x = tcp_keyed(tcp, local, local_port, remote, remote_port);
    return &half->buckets[tcp_mix(x ^ tcp->isn_key[0]) % half->n_buckets];
}

Listener *tcb_listener(const Tcb *tcb)
{
    return !tcb->packed && tcb->half != NULL ? tcb->half->listener : NULL;
}

void half_open(Listener *l, Tcb *tcb)
{
    HalfQueue *q = bucket_of(l, tcb->local, tcb->local_port, tcb->remote, tcb->remote_port);

    tcb->half = heap_take(&l->tcp->sim->heap, sizeof *tcb->half);
    *tcb->half = (Passive){ .listener = l, .bucket = q, .prev = q->last };
    *(q->last != NULL ? &q->last->half->next : &q->first) = tcb;
    q->last = tcb;
    q->n++;
    l->half.n++;
}

void half_free_place(Tcb *tcb)
{
    heap_give(&tcb->tcp->sim->heap, tcb->half, sizeof *tcb->half);
    tcb->half = NULL;
}

void half_close(Tcb *tcb)
{
    HalfQueue *q = tcb->half->bucket;
    Tcb *prev = tcb->half->prev, *next = tcb->half->next;

    g_assert(q->n > 0);
    *(prev != NULL ? &prev->half->next : &q->first) = next;
    *(next != NULL ? &next->half->prev : &q->last) = prev;
    q->n--;
    tcb->half->listener->half.n--;
    half_free_place(tcb);
}

bool half_full(const Listener *l)
{
    return l->tcp->cfg.syn_overflow == TCP_SYN_OVERFLOW_DROP && l->half.n >= limit(l);
}

void half_make_room(Listener *l, const Segment *seg)
{
    bool cache = l->tcp->cfg.syn_overflow == TCP_SYN_OVERFLOW_CACHE;
    HalfQueue *q =
        bucket_of(l, seg->ip->dst, seg->hdr.dst_port, seg->ip->src, seg->hdr.src_port);

    while (q->n >= bucket_limit(l)) {
        node_count(l->tcp->node, COUNTER_TcpExtListenDrops);
        tcb_return_to_listen(q->first, "a newer SYN takes its place",
                             cache ? "RFC 4987 §3.5" : "RFC 4987 §3.4");
    }
}

void half_free(Listener *l)
{
    g_free(l->half.buckets);
}
