/*
 * tcp_parts.c - the parts of a TCB that are made with their first use: what it takes to move text
 * (Flow), and what few connections have (Rare).
 *
 * Until then a TCB has one that says "nothing of that kind, and all as by default", the same for
 * all: everybody reads it, and nobody can write to it.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

const Flow flow_none = {
    .repair = {
        .sent = { .oldest = SENT_NONE, .newest = SENT_NONE },
        .rack = { .degree = TCP_DUP_THRESHOLD, .mult = 1 },
    },
};
const Rare rare_none = { .uto = { .set = { .changeable = true } } }; /* tcp_defaults' */

void parts_init(Tcb *tcb)
{
    tcb->flow = (Flow *)(uintptr_t)&flow_none;
    tcb->rare = (Rare *)(uintptr_t)&rare_none;
}

void flow_begin(Tcb *tcb, SimTime since)
{
    Flow *f = tcb->flow;

    f->repair.rack = (Rack){ .fack = tcb->snd_una, .degree = TCP_DUP_THRESHOLD, .mult = 1 };
    f->repair.tlp.sampled = true;
    f->use = (CwndUse){ .seq = tcb->snd_una, .stamp = since };
}

/* From here on they are no longer all at hand when a segment comes. */
enum { CROWD = 128 };

static void count_flow(Tcp *tcp, int more)
{
    tcp->flows += (unsigned)more;
    tcp->node->crowded = tcp->flows > CROWD;
}

static Flow *new_flow(Tcb *tcb)
{
    Heap *heap = &tcb->tcp->sim->heap;
    Flow *f = heap_take(heap, sizeof *f);

    count_flow(tcb->tcp, 1);
    *f = flow_none;
    f->out.heap = f->in.heap = f->repair.sent.heap = heap;
    tcb->flow = f;
    return f;
}

static void free_flow(Tcb *tcb)
{
    Heap *heap = &tcb->tcp->sim->heap;
    Flow *f = tcb->flow;

    ring_free(&f->out);
    ring_free(&f->in);
    reass_clear(&f->reass);
    piece_free(&f->pieces);
    sent_clear(&f->repair.sent);
    sack_clear(&f->board);
    heap_give(heap, f->prior, sizeof *f->prior);
    heap_give(heap, f, sizeof *f);
    count_flow(tcb->tcp, -1);
    tcb->flow = (Flow *)(uintptr_t)&flow_none;
}

void flow_restore(Flow *f, const Past *past)
{
    f->bytes_sent = past->bytes_sent;
    f->bytes_acked = past->bytes_acked;
    f->bytes_received = past->bytes_received;
    f->tally = past->tally;
    f->rttvar = past->rttvar;
    f->rtt_min = past->rtt_min;
    f->repair.delivered_segs = past->delivered_segs;
    f->repair.rate = past->rate;
    f->repair.rack.degree = past->degree;
    f->repair.rack.seen = past->seen;
}

void flow_pack(Tcb *tcb)
{
    const Flow *f = tcb->flow;

    if (!tcb_has_flow(tcb) || f->in.len > 0 || f->reass.n > 0 || f->tally.wait != WAIT_IDLE)
        return;
    g_assert(tcb->state == TCP_TIME_WAIT && tcb->half == NULL);
    Past *past = heap_take(&tcb->tcp->sim->heap, sizeof *past);
    *past = (Past){
        .bytes_sent = f->bytes_sent, .bytes_acked = f->bytes_acked,
        .bytes_received = f->bytes_received, .delivered_segs = f->repair.delivered_segs,
        .tally = f->tally, .rate = f->repair.rate, .rttvar = f->rttvar, .rtt_min = f->rtt_min,
        .degree = f->repair.rack.degree, .seen = f->repair.rack.seen,
    };
    free_flow(tcb);
    tcb->past = past;
    tcb->packed = true;
}

static void free_past(Tcb *tcb)
{
    heap_give(&tcb->tcp->sim->heap, tcb->past, sizeof *tcb->past);
    tcb->past = NULL;
    tcb->packed = false;
}

static Flow *flow_unpack(Tcb *tcb)
{
    Flow *f = new_flow(tcb);

    flow_restore(f, tcb->past);
    free_past(tcb);
    return f;
}

/* As it would be, had it been there from the start. */
Flow *flow_make(Tcb *tcb)
{
    if (tcb->packed)
        return flow_unpack(tcb);
    Flow *f = new_flow(tcb);
    f->pieces.pushed = tcb->out_seq;
    f->rttvar = tcb->srtt / 2;
    f->rtt_min = tcb->srtt;
    f->tally.sent = f->tally.received = tcb->tally.began;
    f->repair.rate.limited = tcb->app_limited;
    if (tcb->state >= TCP_ESTABLISHED)
        flow_begin(tcb, tcb->tally.began);
    return f;
}

Rare *rare_make(Tcb *tcb)
{
    tcb->rare = heap_take(&tcb->tcp->sim->heap, sizeof *tcb->rare);
    *tcb->rare = rare_none;
    return tcb->rare;
}

void parts_free(Tcb *tcb)
{
    if (tcb_has_flow(tcb))
        free_flow(tcb);
    if (tcb->packed)
        free_past(tcb);
    if (tcb->rare != &rare_none)
        heap_give(&tcb->tcp->sim->heap, tcb->rare, sizeof *tcb->rare);
    parts_init(tcb);
}
