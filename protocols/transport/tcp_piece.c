/*
 * tcp_piece.c - the send buffer as a host keeps it that lets its card cut segments (knob offload):
 * in pieces of several, each handed down at once. Linux's ways, seen from the wire: a write fills
 * the last piece that has not left, and the memory it takes is counted by the piece; a piece of
 * several segments ends in PSH; of what is in a record of its own nothing shares a segment with the
 * next; and Nagle's algorithm, as Minshall has amended it, asks whether a small one is outstanding.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

#include <string.h>

enum {
    PIECE_MAX = 65536 - 1 - 320,   /* an IP packet, less room for the headers */
    RATE_SHIFT = 10, RTT_SHIFT = 9, /* a piece is a millisecond's worth, and more if it is near */
    BOOKKEEPING = 1280,             /* of a piece: what Linux (to 6.2) counts for its own needs */
    SEGMENT_ROOM = 640              /* the same beside a segment's text, when it sizes the buffer */
};

/* --- the pieces ------------------------------------------------------------------------------- */

void piece_free(Pieces *p)
{
    g_free(p->a);
    *p = (Pieces){ 0 };
}

/* The first piece that ends behind seq. */
static size_t piece_at(const Pieces *p, TcpSeq seq)
{
    size_t low = 0, high = p->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (seq_gt(p->a[mid].end, seq))
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

static Piece *insert(Pieces *p, size_t at, TcpSeq end)
{
    if (p->n == p->cap) {
        p->cap = MAX(2 * p->cap, 16);
        p->a = g_renew(Piece, p->a, p->cap);
    }
    memmove(p->a + at + 1, p->a + at, (p->n - at) * sizeof(Piece));
    p->n++;
    p->a[at] = (Piece){ .end = end };
    return &p->a[at];
}

/* A piece ends at seq from now on. */
static Piece *cut_at(Pieces *p, TcpSeq seq)
{
    size_t at = piece_at(p, seq - 1);

    return at < p->n && p->a[at].end == seq ? &p->a[at] : insert(p, at, seq);
}

void piece_acked(Tcb *tcb)
{
    Pieces *p = &tcb->flow->pieces;
    size_t gone = piece_at(p, tcb->snd_una);

    if (p->has_small && seq_leq(p->small, tcb->snd_una))
        p->has_small = false;
    if (gone == 0)
        return;
    p->n -= gone;
    memmove(p->a, p->a + gone, p->n * sizeof(Piece));
}

/* --- what a write finds ----------------------------------------------------------------------- */

uint64_t piece_memory(const Tcb *tcb)
{
    return tcb->flow->out.len + tcb->flow->pieces.n * (uint64_t)BOOKKEEPING;
}

static uint32_t unsent(const Tcb *tcb)
{
    return tcb->out_seq + (TcpSeq)tcb->flow->out.len - tcb->snd_max;
}

/* With so many bytes not sent a write finds no room. */
static uint32_t lowat(const Tcb *tcb)
{
    uint64_t hosts = tcb->tcp->cfg.notsent_lowat, own = tcb->rare->notsent_lowat;

    return own > 0 ? (uint32_t)own : hosts > 0 ? (uint32_t)hosts : UINT32_MAX;
}

static bool has_memory(const Tcb *tcb)
{
    return piece_memory(tcb) < tcb->sndbuf && unsent(tcb) < lowat(tcb);
}

bool piece_writable(const Tcb *tcb)
{
    uint64_t used = piece_memory(tcb);

    return used < tcb->sndbuf && tcb->sndbuf - used >= used / 2 &&
           2 * (uint64_t)unsent(tcb) < lowat(tcb);
}

/* How long a piece may become: whole segments, and not more than half of the peer's window. */
static uint32_t goal(const Tcb *tcb)
{
    uint32_t half = tcb->max_snd_wnd > TCP_MSS_DEFAULT ? tcb->max_snd_wnd / 2 : tcb->max_snd_wnd;
    uint32_t most = half > 0 ? MIN(half, (uint32_t)PIECE_MAX) : (uint32_t)PIECE_MAX;

    return MAX(most / tcb->snd_mss, 1) * tcb->snd_mss;
}

/* Of the last piece, if none of it has left; else 0. */
static uint32_t tail_length(const Tcb *tcb)
{
    const Pieces *p = &tcb->flow->pieces;
    TcpSeq from = p->n > 1 ? p->a[p->n - 2].end : tcb->out_seq;

    if (p->n == 0 || seq_lt(seq_max(from, tcb->snd_una), tcb->snd_max))
        return 0;
    return p->a[p->n - 1].end - from;
}

size_t piece_room(const Tcb *tcb)
{
    uint32_t tail = tail_length(tcb), most = goal(tcb);

    if (tail > 0 && tail < most && !tcb->flow->pieces.a[tcb->flow->pieces.n - 1].eor)
        return most - tail;
    return has_memory(tcb) ? most : 0;
}

void piece_push(Tcb *tcb)
{
    Pieces *p = &tcb->flow->pieces;

    if (p->n == 0)
        return;
    p->a[p->n - 1].push = true;
    p->pushed = p->a[p->n - 1].end;
}

void piece_append(Tcb *tcb)
{
    Pieces *p = &tcb->flow->pieces;
    TcpSeq end = tcb->out_seq + (TcpSeq)tcb->flow->out.len;
    uint32_t tail = tail_length(tcb);

    if (tail > 0 && tail < goal(tcb) && !p->a[p->n - 1].eor)
        p->a[p->n - 1] = (Piece){ .end = end };
    else
        insert(p, p->n, end);
    if (seq_gt(end, p->pushed + tcb->max_snd_wnd / 2)) /* a long write pushes now and then */
        piece_push(tcb);
}

void piece_push_first(Tcb *tcb)
{
    if (tcb->flow->pieces.n > 0)
        tcb->flow->pieces.a[0].push = true;
}

void piece_end_record(Tcb *tcb)
{
    if (tcb->flow->pieces.n > 0)
        tcb->flow->pieces.a[tcb->flow->pieces.n - 1].eor = true;
}

/* Twice what the congestion window takes; a buffer that the program has set stays. */
void piece_grow_buffer(Tcb *tcb)
{
    uint32_t mss = MAX(tcb->snd_mss, 1);
    uint64_t each = 1, segments = MAX(tcb->cong.cwnd / mss, 10), max = tcb->tcp->cfg.sndbuf_max;

    while (each < mss + SEGMENT_ROOM)
        each *= 2;
    each += 256;
    if (!tcb->sndbuf_set && 2 * segments * each > tcb->sndbuf && max > tcb->sndbuf)
        tcb->sndbuf = (uint32_t)MIN(2 * segments * each, max);
}

void piece_forget(Tcb *tcb)
{
    Pieces *p = &tcb->flow->pieces;
    TcpSeq end = tcb->out_seq + (TcpSeq)tcb->flow->out.len;

    while (p->n > 0 && seq_geq(p->n > 1 ? p->a[p->n - 2].end : tcb->out_seq, end))
        p->n--;
    if (p->n > 0)
        p->a[p->n - 1].end = seq_min(p->a[p->n - 1].end, end);
    p->pushed = seq_min(p->pushed, end);
}

/* --- what leaves ------------------------------------------------------------------------------ */

/* Segments of a piece: what the rate of the connection sends in a millisecond, and more over a
 * short path. */
static uint64_t segments_by_rate(const Tcb *tcb, uint32_t mss)
{
    const Cong *c = &tcb->cong;
    uint64_t percent = c->cwnd < c->ssthresh / 2 ? 200 : 120, bytes = PIECE_MAX;
    uint64_t near = (uint64_t)(tcb_rtt_min(tcb) / USEC) >> RTT_SHIFT;

    if (tcb->srtt > 0 && c->cwnd != CWND_INFINITE) {
        uint64_t window = MAX(c->cwnd, tcb->snd_max - tcb->snd_una);
        bytes = window * percent / 100 * (uint64_t)SEC / (uint64_t)tcb->srtt >> RATE_SHIFT;
        bytes += near < 32 ? (uint64_t)65536 >> near : 0;
    }
    return MAX(MIN(bytes, (uint64_t)PIECE_MAX) / mss, tcb->tcp->cfg.min_burst);
}

/* Nagle's algorithm with Minshall's amendment: less than a segment waits for another such one. */
static bool small_may_go(const Tcb *tcb)
{
    const Pieces *p = &tcb->flow->pieces;

    if ((tcb->corked || tcb->more_now) && !push_waits(tcb))
        return false;
    return tcb->nodelay || tcb->fin_queued || tcb->snd_una == tcb->snd_max ||
           !p->has_small;
}

/* Shall it wait for the next ACK, so that a larger piece may leave? Only in the middle of sending,
 * if less than a third of the window is free, and if that ACK is due: half a round trip has gone by
 * since the oldest piece left. */
static bool defers(const Tcb *tcb, uint32_t len, uint32_t window, uint32_t ours, uint32_t mss,
                   bool last)
{
    SimTime now = sim_now(tcb->tcp->sim);
    uint32_t limit = MIN(window, ours);

    if (tcb->filling || tcb->ca >= TCP_CA_RECOVERY || now >= tcb->tally.sent + MSEC)
        return false;
    if (limit >= segments_by_rate(tcb, mss) * mss || (!last && limit >= len) ||
        limit >= MIN(tcb->snd_wnd, tcb->cong.cwnd) / 3)
        return false;
    SimTime since = now - tcb->flow->pieces.a[0].sent;
    return tcb->snd_una != tcb->snd_max && since > 0 && since >= tcb->srtt / 2 && limit <= len;
}

/* The next piece is `len` bytes long, and more than a segment: how much of it goes at once. */
static uint32_t split(const Tcb *tcb, uint32_t len, uint32_t window, uint32_t ours, uint32_t mss,
                      bool last)
{
    uint64_t segments = MIN(segments_by_rate(tcb, mss), MAX(tcb->cong.cwnd / mss / 2, 1));
    uint64_t most = MIN(segments, MAX(ours / mss, 1)) * mss;

    if (most <= window && !last)
        return (uint32_t)MIN(most, len);
    uint32_t needed = MIN(len, window);
    if (most <= needed)
        return (uint32_t)most;
    uint32_t rest = needed % mss;
    return rest > 0 && !small_may_go(tcb) ? needed - rest : needed;
}

uint32_t piece_next(Tcb *tcb, uint32_t window, uint32_t ours, uint32_t mss)
{
    Pieces *p = &tcb->flow->pieces;
    TcpSeq seq = tcb->snd_nxt;
    size_t at = piece_at(p, seq);

    if (at == p->n)
        return 0;
    uint32_t len = p->a[at].end - seq, now;
    bool last = at + 1 == p->n;
    if (tcb->force) {
        now = MIN(MIN(len, window), mss);
    } else {
        if (MIN(len, mss) > window || MIN(len, mss) > ours)
            return 0;
        if (len < mss && last && !small_may_go(tcb))
            return 0;
        if (len > mss && defers(tcb, len, window, ours, mss, last))
            return 0;
        now = len <= mss ? len : split(tcb, len, window, ours, mss, last);
    }
    if (now == 0)
        return 0;
    Piece *leaves = cut_at(p, seq + now);
    leaves->sent = sim_now(tcb->tcp->sim);
    if (now % mss != 0) {
        p->has_small = true;
        p->small = seq + now;
    }
    return now;
}

bool piece_pushes(Tcb *tcb, TcpSeq seq, TcpSeq end, bool again)
{
    Pieces *p = &tcb->flow->pieces;
    bool follows = p->leaving && p->left == seq;
    size_t at = piece_at(p, end - 1);

    p->leaving = true;
    p->left = end;
    if (at == p->n || p->a[at].end != end)
        return false;
    TcpSeq from = at > 0 ? p->a[at - 1].end : tcb->out_seq;
    p->leaving = false;
    return p->a[at].push || (follows && seq_gt(seq, from) && (again || end == tcb->burst_end));
}

uint32_t piece_record_left(const Tcb *tcb, TcpSeq seq)
{
    const Pieces *p = &tcb->flow->pieces;

    for (size_t i = piece_at(p, seq); i < p->n; i++) {
        if (p->a[i].eor)
            return p->a[i].end - seq;
        if (p->a[i].end - seq >= tcb->snd_mss)
            break;
    }
    return UINT32_MAX;
}
