/*
 * tcp_sack.c - see tcp_sack.h; RFC 6675 §4 in its order.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_sack.h"

#include <glib.h>

enum { DUP_THRESHOLD = 3 };

void sack_clear(Sack *s)
{
    reass_clear(&s->blocks);
}

bool sack_is_duplicate(const TcpOptions *opt, TcpSeq ack)
{
    const TcpSackBlock *first = &opt->sack[0], *second = &opt->sack[1];

    if (opt->n_sack == 0)
        return false;
    if (seq_lt(first->left, ack))
        return true;
    return opt->n_sack > 1 && seq_geq(first->left, second->left) &&
           seq_leq(first->right, second->right);
}

/* --- Update() --------------------------------------------------------------------------------- */

/* The index of the first block that ends behind seq. */
static size_t block_behind(const Sack *s, TcpSeq seq)
{
    size_t low = 0, high = s->blocks.n;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (seq_leq(s->blocks.ranges[mid].right, seq))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const ReassRange *sack_block_at(const Sack *s, TcpSeq seq)
{
    size_t i = block_behind(s, seq);

    if (i == s->blocks.n || seq_gt(s->blocks.ranges[i].left, seq))
        return NULL;
    return &s->blocks.ranges[i];
}

/* [left, right) is reported: the ranges of it that were not before, one after another. */
static bool add_block(Sack *s, TcpSeq left, TcpSeq right, SackNews *on_news, void *self)
{
    bool news = false;

    while (seq_lt(left, right)) {
        size_t i = block_behind(s, left);
        const ReassRange *next = i < s->blocks.n ? &s->blocks.ranges[i] : NULL;
        if (next != NULL && seq_leq(next->left, left)) {
            left = next->right;
            continue;
        }
        TcpSeq end = next != NULL ? seq_min(next->left, right) : right;
        if (!reass_add(&s->blocks, left, end))
            return news;
        news = true;
        if (on_news != NULL)
            on_news(self, left, end);
        left = end;
    }
    return news;
}

bool sack_update(Sack *s, const TcpOptions *opt, TcpSeq ack, TcpSeq una, TcpSeq max,
                 SackNews *on_news, void *self)
{
    bool news = false;

    for (unsigned i = sack_is_duplicate(opt, ack); i < opt->n_sack; i++) {
        TcpSeq left = opt->sack[i].left, right = opt->sack[i].right;
        if (!seq_lt(left, right) || seq_leq(right, una) || seq_gt(right, max) ||
            seq_lt(left, ack) || seq_geq(left, max))
            continue;
        news |= add_block(s, seq_max(left, una), right, on_news, self);
    }
    return news;
}

void sack_advance(Sack *s, TcpSeq una)
{
    TcpSeq reached = reass_advance(&s->blocks, una);

    if (seq_gt(reached, una)) /* it ends inside a block, or the peer takes something back */
        reass_add(&s->blocks, una, reached);
}

/* --- IsLost() --------------------------------------------------------------------------------- */

TcpSeq sack_lost_edge(const Sack *s, TcpSeq una, uint32_t mss)
{
    const Reass *r = &s->blocks;
    uint32_t above = 0;

    for (size_t i = r->n; i-- > 0;) {
        above += r->ranges[i].right - r->ranges[i].left;
        if (r->n - i >= DUP_THRESHOLD || above > (DUP_THRESHOLD - 1) * mss)
            return r->ranges[i].left;
    }
    return una;
}

bool sack_is_lost(const Sack *s, TcpSeq seq, uint32_t mss)
{
    return seq_lt(seq, sack_lost_edge(s, seq, mss));
}

/* --- SetPipe() -------------------------------------------------------------------------------- */

/* What of the hole is in flight: (a) not lost, (b) sent again; both count. */
static uint32_t hole_pipe(TcpSeq left, TcpSeq right, TcpSeq lost, TcpSeq high_rxt)
{
    uint32_t n = 0;

    if (seq_gt(right, lost))
        n += right - seq_max(left, lost);
    if (seq_lt(left, high_rxt))
        n += seq_min(right, high_rxt) - left;
    return n;
}

uint32_t sack_pipe(const Sack *s, TcpSeq una, TcpSeq max, uint32_t mss)
{
    TcpSeq lost = sack_lost_edge(s, una, mss), left = una;
    uint32_t pipe = 0;

    for (size_t i = 0; i < s->blocks.n; i++) {
        const ReassRange *block = &s->blocks.ranges[i];
        if (seq_lt(left, block->left))
            pipe += hole_pipe(left, block->left, lost, s->high_rxt);
        left = block->right;
    }
    return seq_lt(left, max) ? pipe + hole_pipe(left, max, lost, s->high_rxt) : pipe;
}

/* --- NextSeg() -------------------------------------------------------------------------------- */

bool sack_next_hole(const Sack *s, TcpSeq una, uint32_t mss, bool lost, SackHole *hole)
{
    TcpSeq left = una, edge = sack_lost_edge(s, una, mss);

    for (size_t i = 0; i < s->blocks.n; i++) {
        const ReassRange *block = &s->blocks.ranges[i];
        TcpSeq from = seq_max(left, s->high_rxt);
        if (lost && seq_geq(from, edge))
            return false;
        if (seq_lt(from, block->left)) {
            *hole = (SackHole){ from, block->left };
            return true;
        }
        left = block->right;
    }
    return false;
}

bool sack_last_hole(const Sack *s, TcpSeq una, TcpSeq max, SackHole *hole)
{
    const Reass *r = &s->blocks;
    TcpSeq right = max;

    for (size_t i = r->n; i-- > 0;) {
        if (seq_lt(r->ranges[i].right, right)) {
            *hole = (SackHole){ r->ranges[i].right, right };
            return true;
        }
        right = r->ranges[i].left;
    }
    *hole = (SackHole){ una, right };
    return seq_lt(una, right);
}

TcpSeq sack_hole_end(const Sack *s, TcpSeq seq, TcpSeq end)
{
    size_t i = block_behind(s, seq);

    while (i < s->blocks.n && seq_leq(s->blocks.ranges[i].left, seq))
        i++;
    return i < s->blocks.n ? seq_min(s->blocks.ranges[i].left, end) : end;
}
