/*
 * tcp_reass.c - a sorted array of ranges. A segment usually extends the last one, or fills the gap
 * before the first, so both ends are looked at first.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_reass.h"

#include <glib.h>
#include <string.h>

void reass_clear(Reass *r)
{
    g_free(r->ranges);
    *r = (Reass){ 0 };
}

/* The first range that ends at or behind `seq`: the one it may join. */
static size_t find(const Reass *r, TcpSeq seq)
{
    size_t low = 0, high = r->n;

    if (r->n > 0 && seq_lt(r->ranges[r->n - 1].right, seq))
        return r->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (seq_lt(r->ranges[mid].right, seq))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool insert(Reass *r, size_t at, ReassRange range)
{
    if (r->n == REASS_MAX)
        return false;
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 8;
        r->ranges = g_renew(ReassRange, r->ranges, r->cap);
    }
    memmove(&r->ranges[at + 1], &r->ranges[at], (r->n - at) * sizeof range);
    r->ranges[at] = range;
    r->n++;
    return true;
}

static void remove_ranges(Reass *r, size_t at, size_t n)
{
    memmove(&r->ranges[at], &r->ranges[at + n], (r->n - at - n) * sizeof *r->ranges);
    r->n -= n;
}

bool reass_add(Reass *r, TcpSeq left, TcpSeq right)
{
    size_t first = find(r, left), behind = first;

    g_assert(seq_lt(left, right));
    for (; behind < r->n && seq_leq(r->ranges[behind].left, right); behind++)
        right = seq_max(right, r->ranges[behind].right);
    if (behind == first)
        return insert(r, first, (ReassRange){ left, right });
    ReassRange *joined = &r->ranges[first];
    if (seq_lt(left, joined->left))
        joined->left = left;
    joined->right = right;
    remove_ranges(r, first + 1, behind - first - 1);
    return true;
}

TcpSeq reass_advance(Reass *r, TcpSeq rcv_nxt)
{
    size_t n = 0;

    for (; n < r->n && seq_leq(r->ranges[n].left, rcv_nxt); n++)
        rcv_nxt = seq_max(rcv_nxt, r->ranges[n].right);
    if (n > 0)
        remove_ranges(r, 0, n);
    return rcv_nxt;
}

size_t reass_bytes(const Reass *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += r->ranges[i].right - r->ranges[i].left;
    return n;
}
