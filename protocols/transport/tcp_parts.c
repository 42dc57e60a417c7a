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

/* As it would be, had it been there from the start. */
Flow *flow_make(Tcb *tcb)
{
    Heap *heap = &tcb->tcp->sim->heap;
    Flow *f = heap_take(heap, sizeof *f);

    *f = flow_none;
    f->out.heap = f->in.heap = f->repair.sent.heap = heap;
    f->pieces.pushed = tcb->out_seq;
    f->rttvar = tcb->srtt / 2;
    f->rtt_min = tcb->srtt;
    f->tally.sent = f->tally.received = tcb->tally.began;
    f->repair.rate.limited = tcb->app_limited;
    tcb->flow = f;
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
    Heap *heap = &tcb->tcp->sim->heap;
    Flow *f = tcb->flow;

    if (tcb_has_flow(tcb)) {
        ring_free(&f->out);
        ring_free(&f->in);
        reass_clear(&f->reass);
        piece_free(&f->pieces);
        sent_clear(&f->repair.sent);
        sack_clear(&f->board);
        heap_give(heap, f, sizeof *f);
    }
    if (tcb->rare != &rare_none)
        heap_give(heap, tcb->rare, sizeof *tcb->rare);
    parts_init(tcb);
}
