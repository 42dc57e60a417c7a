/*
 * tcp_step.c - the steps of SEGMENT ARRIVES, taken in order.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_step.h"

const TracePoint TCP_STEP = {
    "tcp:step", TRACE_STEP,
    { { "conn", TV_INT }, { "id", TV_INT }, { "state", TV_STR }, { "step", TV_STR },
      { "drop", TV_INT }, { "rcv_nxt", TV_INT }, { "rcv_wnd", TV_INT }, { "snd_una", TV_INT },
      { "snd_max", TV_INT }, { "taken", TV_INT } },
};

static DropReason take_and_tell(const Step *step, Tcb *tcb, Segment *seg)
{
    TcpSeq rcv_nxt = tcb->rcv_nxt, snd_una = tcb->snd_una, snd_max = tcb->snd_max;
    uint32_t wnd = tcb_window(tcb);
    const char *state = tcp_state_name(tcb->state);

    DropReason why = step->take(tcb, seg);
    uint32_t acked = tcb->snd_una - snd_una, read = tcb->rcv_nxt - rcv_nxt;
    trace(tcb->tcp->sim, TCP_STEP, tcb->tcp->node, NULL, seg->pkt, tcb->id, (int64_t)seg->pkt->id,
          trace_str(state), trace_str(step->name), why, rcv_nxt, wnd, snd_una, snd_max,
          acked > 0 ? acked : read);
    return why;
}

DropReason tcp_steps(const Step *steps, size_t n, Tcb *tcb, Segment *seg)
{
    DropReason why = DROP_NONE;
    bool told = tcp_heard(tcb->tcp, TRACE_STEP);

    for (size_t i = 0; i < n && why == DROP_NONE && tcb->state != TCP_CLOSED; i++)
        why = told ? take_and_tell(&steps[i], tcb, seg) : steps[i].take(tcb, seg);
    return why;
}
