/*
 * tcp_sent.c - see tcp_sent.h.
 *
 * Entries keep their number while they live, so that the links by time survive what is put between
 * them; only the ring of numbers is shifted, on its shorter side, when one is cut in two.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_sent.h"

#include <glib.h>
#include <string.h>

enum { SENT_MIN = 4 };

static size_t block_size(uint32_t cap)
{
    return cap * (sizeof(SentSeg) + sizeof(uint32_t));
}

void sent_clear(Sent *s)
{
    if (s->cap == 0)
        return;
    heap_give(s->heap, s->segs, block_size(s->cap));
    *s = (Sent){ .heap = s->heap, .oldest = SENT_NONE, .newest = SENT_NONE };
}

/* --- the ring of numbers ---------------------------------------------------------------------- */

static uint32_t *place(const Sent *s, uint32_t i)
{
    return &s->order[(s->head + i) & (s->cap - 1)];
}

static uint32_t number(const Sent *s, const SentSeg *g)
{
    return (uint32_t)(g - s->segs);
}

static void grow(Sent *s)
{
    uint32_t cap = s->cap == 0 ? SENT_MIN : 2 * s->cap;
    SentSeg *segs = heap_take(s->heap, block_size(cap));
    uint32_t *order = (uint32_t *)(void *)(segs + cap);

    if (s->cap == 0) {
        s->free = s->oldest = s->newest = SENT_NONE;
    } else {
        memcpy(segs, s->segs, s->cap * sizeof(SentSeg));
        for (uint32_t i = 0; i < s->n; i++)
            order[i] = *place(s, i);
        heap_give(s->heap, s->segs, block_size(s->cap));
    }
    s->segs = segs;
    s->order = order;
    s->cap = cap;
    s->head = 0;
}

/* A new entry with the index i; those from i on move up. */
static SentSeg *insert(Sent *s, uint32_t i)
{
    if (s->n == s->cap)
        grow(s);
    uint32_t k = s->free;
    if (k == SENT_NONE)
        k = s->used++;
    else
        s->free = s->segs[k].newer;
    if (i < s->n / 2) {
        s->head = (s->head - 1) & (s->cap - 1);
        for (uint32_t j = 0; j < i; j++)
            *place(s, j) = *place(s, j + 1);
    } else {
        for (uint32_t j = s->n; j > i; j--)
            *place(s, j) = *place(s, j - 1);
    }
    *place(s, i) = k;
    s->n++;
    return &s->segs[k];
}

/* The entry with the index i is in no count and no list. */
static void remove_at(Sent *s, uint32_t i)
{
    uint32_t k = *place(s, i);

    if (i < s->n / 2) {
        for (uint32_t j = i; j > 0; j--)
            *place(s, j) = *place(s, j - 1);
        s->head = (s->head + 1) & (s->cap - 1);
    } else {
        for (uint32_t j = i; j + 1 < s->n; j++)
            *place(s, j) = *place(s, j + 1);
    }
    s->n--;
    s->segs[k].newer = s->free;
    s->free = k;
}

uint32_t sent_find(const Sent *s, TcpSeq seq)
{
    uint32_t low = 0, high = s->n;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (seq_leq(sent_at(s, mid)->right, seq))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* --- counts, and the list by time --------------------------------------------------------------*/

static bool in_network(const SentSeg *g)
{
    return !g->sacked && (!g->lost || g->again);
}

static bool is_due(const SentSeg *g)
{
    return g->lost && !g->again;
}

static void add(SentCount *c, bool counts, uint32_t bytes, uint32_t sign)
{
    if (!counts)
        return;
    c->segs += sign;
    c->bytes += sign * bytes;
}

/* sign 1: into the counts, UINT32_MAX (which is -1): out of them. */
static void count(Sent *s, const SentSeg *g, uint32_t sign)
{
    uint32_t bytes = g->right - g->left;

    s->bytes += sign * bytes;
    add(&s->sacked, g->sacked, bytes, sign);
    add(&s->lost, g->lost, bytes, sign);
    add(&s->again, g->again, bytes, sign);
    if (is_due(g))
        s->due += sign;
}

static void count_in(Sent *s, const SentSeg *g)
{
    if (is_due(g) && (s->due == 0 || seq_lt(g->left, s->due_from)))
        s->due_from = g->left;
    count(s, g, 1);
}

static void count_out(Sent *s, const SentSeg *g)
{
    count(s, g, UINT32_MAX);
}

/* Behind `after`; SENT_NONE: before all. */
static void link_behind(Sent *s, SentSeg *g, uint32_t after)
{
    uint32_t k = number(s, g);

    g->older = after;
    g->newer = after == SENT_NONE ? s->oldest : s->segs[after].newer;
    if (after == SENT_NONE)
        s->oldest = k;
    else
        s->segs[after].newer = k;
    if (g->newer == SENT_NONE)
        s->newest = k;
    else
        s->segs[g->newer].older = k;
}

static void unlink_seg(Sent *s, const SentSeg *g)
{
    if (g->older == SENT_NONE)
        s->oldest = g->newer;
    else
        s->segs[g->older].newer = g->newer;
    if (g->newer == SENT_NONE)
        s->newest = g->older;
    else
        s->segs[g->newer].older = g->older;
}

static void take_out(Sent *s, const SentSeg *g)
{
    if (in_network(g))
        unlink_seg(s, g);
    count_out(s, g);
}

/* --- what is sent ----------------------------------------------------------------------------- */

/* A border at seq. The index of the entry that begins there, n if it is the end. */
static uint32_t cut(Sent *s, TcpSeq seq)
{
    uint32_t i = sent_find(s, seq);

    if (i == s->n || seq_geq(sent_at(s, i)->left, seq))
        return i;
    SentSeg *back = insert(s, i + 1), *front = sent_at(s, i);
    count_out(s, front);
    *back = *front;
    front->right = back->left = seq;
    count_in(s, front);
    count_in(s, back);
    if (in_network(front))
        link_behind(s, back, number(s, front));
    return i + 1;
}

static SentSeg *append(Sent *s, TcpSeq left, TcpSeq right, SimTime now)
{
    SentSeg *g = insert(s, s->n);

    *g = (SentSeg){ .left = left, .right = right, .times = 1, .at = now };
    count_in(s, g);
    link_behind(s, g, s->newest);
    return g;
}

/* The entries i to j - 1 become one, that goes to `right` at least. */
static SentSeg *join(Sent *s, uint32_t i, uint32_t j, TcpSeq right)
{
    SentSeg *g = sent_at(s, i);

    take_out(s, g);
    g->sacked = false;
    while (--j > i) {
        const SentSeg *next = sent_at(s, j);
        g->times = MAX(g->times, next->times);
        take_out(s, next);
        g->right = seq_max(g->right, next->right);
        remove_at(s, j);
    }
    g->right = seq_max(g->right, right);
    return g;
}

SentSeg *sent_transmit(Sent *s, TcpSeq left, TcpSeq right, SimTime now, bool again)
{
    TcpSeq end = s->n > 0 ? sent_at(s, s->n - 1)->right : left;

    if (seq_geq(left, end)) { /* behind all of it, as nearly every segment */
        if (left != end)
            append(s, end, left, now);
        return append(s, left, right, now);
    }
    uint32_t i = cut(s, left), j = cut(s, right);
    SentSeg *g = join(s, i, j, right);
    g->times += again;
    g->again = again;
    g->lost &= again;
    g->at = now;
    count_in(s, g);
    link_behind(s, g, s->newest);
    return g;
}

/* --- what becomes of it ----------------------------------------------------------------------- */

/* One that will be dropped some ACKs from now: with a large window it was written long ago. */
static G_ALWAYS_INLINE inline void fetch_ahead(const Sent *s)
{
    enum { AHEAD = 6 };

    if (s->n <= AHEAD)
        return;
    const SentSeg *g = sent_at(s, AHEAD);
    __builtin_prefetch(g);
    __builtin_prefetch(&g->newer);
}

bool sent_drop_first(Sent *s, TcpSeq una)
{
    SentSeg *g = sent_at(s, 0);

    if (seq_leq(g->right, una)) {
        take_out(s, g);
        remove_at(s, 0);
        fetch_ahead(s);
        if (s->n == 0)
            sent_clear(s);
        return true;
    }
    if (seq_lt(g->left, una)) {
        count_out(s, g);
        g->left = una;
        count_in(s, g);
    }
    return false;
}

void sent_mark_sacked(Sent *s, SentSeg *g)
{
    take_out(s, g);
    g->sacked = true;
    g->lost = g->again = false;
    count_in(s, g);
}

void sent_mark_lost(Sent *s, SentSeg *g)
{
    take_out(s, g);
    g->lost = true;
    g->again = false;
    count_in(s, g);
}

void sent_forget_sacks(Sent *s)
{
    for (uint32_t i = 0; i < s->n && s->sacked.segs > 0; i++) {
        SentSeg *g = sent_at(s, i);
        if (!g->sacked)
            continue;
        count_out(s, g);
        g->sacked = false;
        g->lost = true;
        count_in(s, g);
    }
}

/* Those that come back into the network have their place in the list by time; one often follows
 * the one before. */
void sent_forget_losses(Sent *s)
{
    uint32_t after = SENT_NONE;

    for (uint32_t i = 0; i < s->n && s->lost.segs > 0; i++) {
        SentSeg *g = sent_at(s, i);
        if (!g->lost)
            continue;
        bool linked = in_network(g);
        count_out(s, g);
        g->lost = false;
        count_in(s, g);
        if (linked)
            continue;
        if (after != SENT_NONE && s->segs[after].at > g->at)
            after = SENT_NONE;
        for (uint32_t next = after == SENT_NONE ? s->oldest : s->segs[after].newer;
             next != SENT_NONE && s->segs[next].at <= g->at; next = s->segs[next].newer)
            after = next;
        link_behind(s, g, after);
        after = number(s, g);
    }
}

SentSeg *sent_next_due(Sent *s)
{
    if (s->due == 0)
        return NULL;
    uint32_t i = sent_find(s, s->due_from);
    while (i < s->n && !is_due(sent_at(s, i)))
        i++;
    g_assert(i < s->n);
    s->due_from = sent_at(s, i)->left;
    return sent_at(s, i);
}

/* --- the invariants --------------------------------------------------------------------------- */

void sent_check(const Sent *s, TcpSeq una, TcpSeq max)
{
    SentCount sacked = { 0 }, lost = { 0 }, again = { 0 };
    uint32_t linked = 0, due = 0, bytes = 0;
    SimTime before = INT64_MIN;

    for (uint32_t i = 0; i < s->n; i++) {
        const SentSeg *g = sent_at(s, i);
        uint32_t len = g->right - g->left;
        g_assert(seq_lt(g->left, g->right));
        g_assert(i == 0 ? g->left == una : g->left == sent_at(s, i - 1)->right);
        g_assert(!g->sacked || (!g->lost && !g->again));
        add(&sacked, g->sacked, len, 1);
        add(&lost, g->lost, len, 1);
        add(&again, g->again, len, 1);
        bytes += len;
        linked += in_network(g);
        due += is_due(g);
    }
    g_assert(s->n == 0 || sent_at(s, s->n - 1)->right == max);
    g_assert(bytes == s->bytes && due == s->due);
    g_assert(sacked.segs == s->sacked.segs && sacked.bytes == s->sacked.bytes);
    g_assert(lost.segs == s->lost.segs && lost.bytes == s->lost.bytes);
    g_assert(again.segs == s->again.segs && again.bytes == s->again.bytes);
    for (const SentSeg *g = sent_oldest(s); g != NULL; g = sent_newer(s, g), linked--) {
        g_assert(in_network(g));
        g_assert(g->at >= before);
        before = g->at;
    }
    g_assert(linked == 0);
}
