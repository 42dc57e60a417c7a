/*
 * tcp_sack_list.c - see tcp_sack_list.h.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_sack_list.h"

#include <glib.h>
#include <string.h>

/* The range that holds seq, NULL if there is none. */
static const ReassRange *range_at(const Reass *queue, TcpSeq seq)
{
    size_t low = 0, high = queue->n;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (seq_leq(queue->ranges[mid].right, seq))
            low = mid + 1;
        else
            high = mid;
    }
    if (low == queue->n || seq_gt(queue->ranges[low].left, seq))
        return NULL;
    return &queue->ranges[low];
}

void sacklist_note(SackList *l, const Reass *queue, TcpSeq seq)
{
    const ReassRange *range = range_at(queue, seq);
    unsigned n = 0;

    if (range == NULL)
        return;
    for (unsigned i = 0; i < l->n; i++) { /* what it has joined, and what is gone */
        const ReassRange *other = range_at(queue, l->recent[i]);
        if (other != NULL && other != range)
            l->recent[n++] = l->recent[i];
    }
    n = MIN(n, (unsigned)TCP_SACK_MAX - 1);
    memmove(l->recent + 1, l->recent, n * sizeof l->recent[0]);
    l->recent[0] = seq;
    l->n = n + 1;
}

void sacklist_twice(SackList *l, TcpSeq left, TcpSeq right)
{
    l->twice = (TcpSackBlock){ left, right };
    l->has_twice = true;
}

bool sacklist_overlap(const Reass *queue, TcpSeq left, TcpSeq right, TcpSackBlock *part)
{
    for (size_t i = 0; i < queue->n; i++) {
        const ReassRange *r = &queue->ranges[i];
        if (seq_leq(r->right, left))
            continue;
        if (seq_geq(r->left, right))
            break;
        part->left = seq_max(r->left, left);
        part->right = seq_lt(r->right, right) ? r->right : right;
        return true;
    }
    return false;
}

static bool has_block(const TcpSackBlock *blocks, unsigned n, const ReassRange *range)
{
    for (unsigned i = 0; i < n; i++)
        if (blocks[i].left == range->left)
            return true;
    return false;
}

unsigned sacklist_blocks(const SackList *l, const Reass *queue, unsigned max, TcpSackBlock *out)
{
    TcpSackBlock *blocks = out;
    unsigned n = 0;

    if (l->has_twice && max > 0) {
        *blocks++ = l->twice;
        max--;
    }
    for (unsigned i = 0; i < l->n && n < max; i++) {
        const ReassRange *range = range_at(queue, l->recent[i]);
        if (range != NULL && !has_block(blocks, n, range))
            blocks[n++] = (TcpSackBlock){ range->left, range->right };
    }
    for (size_t i = queue->n; i-- > 0 && n < max;) { /* older ones that there is room for again */
        const ReassRange *range = &queue->ranges[i];
        if (!has_block(blocks, n, range))
            blocks[n++] = (TcpSackBlock){ range->left, range->right };
    }
    return n + (unsigned)(blocks - out);
}
