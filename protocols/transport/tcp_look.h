/*
 * tcp_look.h - what is asked of a TCB on nearly every segment, in line. Part of tcp_priv.h, which
 * includes it.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

static inline bool tcp_heard(const Tcp *tcp, TraceCategory category)
{
    return G_UNLIKELY((tcp->sim->trace.heard & category) != 0);
}

static inline bool tcp_timer_runs(const Tcb *tcb, TcpTimer which)
{
    return tcb->running >> which & 1;
}

static inline void tcp_timer_stop(Tcb *tcb, TcpTimer which)
{
    if (tcp_timer_runs(tcb, which))
        tcp_timer_cancel(tcb, which);
}

static inline uint32_t tcb_window(const Tcb *tcb) /* RCV.WND as announced */
{
    return tcb->rcv_adv - tcb->rcv_nxt;
}

/* SND.WND; counterfactual: the receiver's window is not heeded. */
static inline uint32_t tcb_send_window(const Tcb *tcb)
{
    return tcb->tcp->cfg.flow_control ? tcb->snd_wnd : CWND_MAX;
}

static inline uint32_t tcp_window_max(const Tcb *tcb) /* that can be announced */
{
    return (uint32_t)TCP_WINDOW_MAX << tcb->agreed.rcv_scale;
}

static inline uint32_t tcp_window_unit(const Tcb *tcb) /* windows are multiples of it */
{
    return (uint32_t)1 << tcb->agreed.rcv_scale;
}

static inline uint64_t tcp_buffer_size(const Tcb *tcb)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;

    return cfg->profile == TCP_PROFILE_FREEBSD ? tcp_whole_segments(tcb, cfg->rcvbuf) : cfg->rcvbuf;
}

static inline uint32_t tcp_free_buffer(const Tcb *tcb) /* of the receive buffer */
{
    uint64_t size = tcp_buffer_size(tcb);

    return (uint32_t)(size - MIN(tcb->flow->in.len, size));
}

static inline uint32_t tcp_text_max(const Tcb *tcb) /* SND.MSS less the options that vary */
{
    const Flow *flow = tcb->flow;
    bool none = flow->reass.n == 0 && !flow->told.has_twice && !tcb->rare->uto.due;

    return none ? tcb->snd_mss : tcp_text_beside(tcb);
}

/* --- how losses are found and repaired -------------------------------------------------------- */

static inline bool rack_is_on(const Tcb *tcb)
{
    return tcb->agreed.sack && tcb->tcp->cfg.recovery == TCP_RECOVERY_RACK && tcb->cc != NULL;
}

static inline bool tcp_loss_by_board(const Tcb *tcb) /* RFC 6675 recovers: tcp_recover.c */
{
    return tcb->agreed.sack && tcb->tcp->cfg.recovery == TCP_RECOVERY_SACK;
}

static inline bool prr_is_on(const Tcb *tcb)
{
    return tcb->tcp->cfg.prr && tcb->cc != NULL && !tcb->cc->owns_cwnd;
}

static inline uint32_t tcp_loss_window(const Tcb *tcb) /* how much may be in flight now */
{
    if (tcb->ca == TCP_CA_OPEN && tcb->flow->board.blocks.n == 0 && tcp_loss_by_board(tcb) &&
        tcb->cc != NULL)
        return tcb->cong.cwnd; /* nothing is missing */
    return tcp_loss_room(tcb);
}

/* --- observers -------------------------------------------------------------------------------- */

static inline void trace_sent(Tcp *tcp, uint32_t conn, IpAddr local, IpAddr remote,
                              const TcpHdr *h, uint32_t len, const Packet *pkt)
{
    if (tcp_heard(tcp, TRACE_TCP))
        tell_sent(tcp, conn, local, remote, h, len, pkt);
}

static inline void trace_received(Tcp *tcp, uint32_t conn, const Segment *seg)
{
    if (tcp_heard(tcp, TRACE_TCP))
        tell_received(tcp, conn, seg);
}

static inline void trace_timer(Tcb *tcb, const TracePoint *point, TcpTimer which)
{
    if (tcp_heard(tcb->tcp, TRACE_TIMER))
        tell_timer(tcb, point, which);
}

static inline void trace_metrics(Tcb *tcb)
{
    if (tcp_heard(tcb->tcp, TRACE_METRICS))
        tell_metrics(tcb);
}

static inline void trace_delivered(Tcb *tcb, size_t n)
{
    if (tcp_heard(tcb->tcp, TRACE_TCP))
        tell_delivered(tcb, n);
}
