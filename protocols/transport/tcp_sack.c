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

static uint32_t bytes(const Sack *s)
{
    return (uint32_t)reass_bytes(&s->blocks);
}

bool sack_update(Sack *s, const TcpOptions *opt, TcpSeq ack, TcpSeq una, TcpSeq max)
{
    uint32_t before = bytes(s);

    for (unsigned i = sack_is_duplicate(opt, ack); i < opt->n_sack; i++) {
        TcpSeq left = opt->sack[i].left, right = opt->sack[i].right;
        if (!seq_lt(left, right) || seq_leq(right, una) || seq_gt(right, max) ||
            seq_lt(left, ack) || seq_geq(left, max))
            continue;
        reass_add(&s->blocks, seq_max(left, una), right);
    }
    return bytes(s) > before;
}

void sack_advance(Sack *s, TcpSeq una)
{
    TcpSeq reached = reass_advance(&s->blocks, una);

    if (seq_gt(reached, una)) /* it ends inside a block, or the peer takes something back */
        reass_add(&s->blocks, una, reached);
}

/* --- IsLost() --------------------------------------------------------------------------------- */

/* All holes below it are lost; `una` if none is. */
static TcpSeq lost_edge(const Sack *s, TcpSeq una, uint32_t mss)
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
    return seq_lt(seq, lost_edge(s, seq, mss));
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
    TcpSeq lost = lost_edge(s, una, mss), left = una;
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
    TcpSeq left = una, edge = lost_edge(s, una, mss);

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

/* --- filling in after a timeout, RFC 6675 §5.1 ---------------------------------------------*/

TcpSeq sack_skip(const Sack *s, TcpSeq seq)
{
    for (size_t i = 0; i < s->blocks.n; i++) {
        const ReassRange *block = &s->blocks.ranges[i];
        if (seq_gt(block->left, seq))
            break;
        seq = seq_max(seq, block->right);
    }
    return seq;
}

TcpSeq sack_hole_end(const Sack *s, TcpSeq seq, TcpSeq end)
{
    for (size_t i = 0; i < s->blocks.n; i++)
        if (seq_gt(s->blocks.ranges[i].left, seq))
            return seq_min(s->blocks.ranges[i].left, end);
    return end;
}

uint32_t sack_bytes_below(const Sack *s, TcpSeq seq)
{
    uint32_t n = 0;

    for (size_t i = 0; i < s->blocks.n && seq_lt(s->blocks.ranges[i].left, seq); i++)
        n += seq_min(s->blocks.ranges[i].right, seq) - s->blocks.ranges[i].left;
    return n;
}
