/*
 * tcp_table.c - connections by their four-tuple: open addressing, linear probing, and deletion that
 * moves the rest of the run back, so that no tombstones gather. A byte of each slot's hash stands
 * apart: whoever looks at another's TCB on the way looks at memory that nobody has looked at for
 * long.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

enum { TABLE_MIN = 16 };

uint32_t tcb_hash(IpAddr local, uint16_t local_port, IpAddr remote, uint16_t remote_port)
{
    uint64_t x = (uint64_t)ip_hash(remote) << 32 | ip_hash(local);

    x = (x ^ ((uint64_t)remote_port << 16 | local_port)) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9u;
    return (uint32_t)(x >> 32);
}

uint32_t tcb_hash_of(const Tcb *tcb)
{
    return tcb_hash(tcb->local, tcb->local_port, tcb->remote, tcb->remote_port);
}

static bool is(const Tcb *tcb, IpAddr local, uint16_t local_port, IpAddr remote,
               uint16_t remote_port)
{
    return tcb->remote_port == remote_port && tcb->local_port == local_port &&
           ip_equal(tcb->remote, remote) && ip_equal(tcb->local, local);
}

/* Of the bits on which a place depends in the largest tables alone. Never 0. */
static uint8_t tag_of(uint32_t hash)
{
    return (uint8_t)(hash >> 24 | 1);
}

Tcb *table_find(const TcbTable *t, IpAddr local, uint16_t local_port, IpAddr remote,
                uint16_t remote_port)
{
    if (t->n == 0)
        return NULL;
    uint32_t hash = tcb_hash(local, local_port, remote, remote_port);
    for (size_t i = hash & (t->cap - 1); t->tags[i] != 0; i = (i + 1) & (t->cap - 1))
        if (t->tags[i] == tag_of(hash) &&
            is(t->slots[i], local, local_port, remote, remote_port))
            return t->slots[i];
    return NULL;
}

static G_ALWAYS_INLINE inline void fetch_tcb(const Tcb *tcb)
{
#pragma GCC unroll 16
    for (size_t i = 0; i < sizeof *tcb; i += HEAP_LINE)
        __builtin_prefetch((const char *)tcb + i);
}

/* Nobody has looked at it for long: all that a segment may need is asked for at once. */
static G_ALWAYS_INLINE inline void fetch(const Tcb *tcb)
{
    fetch_tcb(tcb);
    const char *flow = (const char *)tcb->flow;
#pragma GCC unroll 16
    for (size_t i = 0; i < sizeof *tcb->flow; i += HEAP_LINE)
        __builtin_prefetch(flow + i);
    __builtin_prefetch(tcb->conn);
    if (tcb->timers == NULL)
        return;
    __builtin_prefetch(tcb->timers);
    __builtin_prefetch(&tcb->timers->which);
}

void tcp_expect(const Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote,
                uint16_t remote_port)
{
    const TcbTable *t = &tcp->table;
    uint32_t hash = tcb_hash(local, local_port, remote, remote_port);
    size_t i = hash & (t->cap - 1);

    while (t->tags[i] != 0 && t->tags[i] != tag_of(hash))
        i = (i + 1) & (t->cap - 1);
    if (t->tags[i] != 0)
        fetch_tcb(t->slots[i]);
}

Tcb *table_find_again(TcbTable *t, IpAddr local, uint16_t local_port, IpAddr remote,
                      uint16_t remote_port)
{
    if (t->last != NULL && is(t->last, local, local_port, remote, remote_port))
        return t->last;
    t->last = table_find(t, local, local_port, remote, remote_port);
    if (t->last != NULL)
        fetch(t->last);
    return t->last;
}

static void place(TcbTable *t, Tcb *tcb)
{
    uint32_t hash = tcb_hash_of(tcb);
    size_t i = hash & (t->cap - 1);

    while (t->tags[i] != 0)
        i = (i + 1) & (t->cap - 1);
    t->slots[i] = tcb;
    t->tags[i] = tag_of(hash);
}

static void grow(TcbTable *t)
{
    TcbTable old = *t;

    t->cap = old.cap ? 2 * old.cap : TABLE_MIN;
    t->slots = g_malloc0(t->cap * (sizeof *t->slots + sizeof *t->tags));
    t->tags = (uint8_t *)(t->slots + t->cap);
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i] != NULL)
            place(t, old.slots[i]);
    g_free(old.slots);
}

void table_insert(TcbTable *t, Tcb *tcb)
{
    if (2 * (t->n + 1) > t->cap)
        grow(t);
    place(t, tcb);
    t->n++;
}

void table_remove(TcbTable *t, const Tcb *tcb)
{
    size_t mask = t->cap - 1, hole = tcb_hash_of(tcb) & mask;

    if (t->last == tcb)
        t->last = NULL;
    while (t->slots[hole] != tcb) {
        g_assert(t->slots[hole] != NULL);
        hole = (hole + 1) & mask;
    }
    for (size_t i = (hole + 1) & mask; t->slots[i] != NULL; i = (i + 1) & mask) {
        size_t home = tcb_hash_of(t->slots[i]) & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue; /* it would land before its home */
        t->slots[hole] = t->slots[i];
        t->tags[hole] = t->tags[i];
        hole = i;
    }
    t->slots[hole] = NULL;
    t->tags[hole] = 0;
    t->n--;
}

static int by_id(const void *a, const void *b)
{
    const Tcb *const *x = a, *const *y = b;

    return (*x)->id < (*y)->id ? -1 : 1; /* no two have the same */
}

Tcb **table_all(const TcbTable *t, size_t *n)
{
    Tcb **all = g_new(Tcb *, 2 * t->n + 1);

    *n = 0;
    for (size_t i = 0; i < t->cap; i++) {
        if (t->slots[i] == NULL)
            continue;
        all[(*n)++] = t->slots[i];
        if (t->slots[i]->rare->resting != NULL)
            all[(*n)++] = t->slots[i]->rare->resting;
    }
    if (*n > 1)
        qsort(all, *n, sizeof *all, by_id);
    return all;
}
