/*
 * tcp_trace.c - what TCP tells its observers, and the names of its states.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_step.h"

static const char *const state_names[TCP_STATE_COUNT] = {
    [TCP_CLOSED] = "CLOSED",           [TCP_LISTEN] = "LISTEN",
    [TCP_SYN_SENT] = "SYN-SENT",       [TCP_SYN_RECEIVED] = "SYN-RECEIVED",
    [TCP_ESTABLISHED] = "ESTABLISHED", [TCP_FIN_WAIT_1] = "FIN-WAIT-1",
    [TCP_FIN_WAIT_2] = "FIN-WAIT-2",   [TCP_CLOSE_WAIT] = "CLOSE-WAIT",
    [TCP_CLOSING] = "CLOSING",         [TCP_LAST_ACK] = "LAST-ACK",
    [TCP_TIME_WAIT] = "TIME-WAIT",
};

static const char *const state_lua_names[TCP_STATE_COUNT] = {
    [TCP_CLOSED] = "CLOSED",           [TCP_LISTEN] = "LISTEN",
    [TCP_SYN_SENT] = "SYN_SENT",       [TCP_SYN_RECEIVED] = "SYN_RECEIVED",
    [TCP_ESTABLISHED] = "ESTABLISHED", [TCP_FIN_WAIT_1] = "FIN_WAIT_1",
    [TCP_FIN_WAIT_2] = "FIN_WAIT_2",   [TCP_CLOSE_WAIT] = "CLOSE_WAIT",
    [TCP_CLOSING] = "CLOSING",         [TCP_LAST_ACK] = "LAST_ACK",
    [TCP_TIME_WAIT] = "TIME_WAIT",
};

/* Of the wait timer: "2msl", or "fin-wait-2" while it guards an orphan. */
static const char *const timer_names[TIMER_COUNT] = {
    [TIMER_RTO] = "rto",
    [TIMER_PERSIST] = "persist",
    [TIMER_DELAYED_ACK] = "delayed-ack",
    [TIMER_REORDER] = "reorder",
    [TIMER_PROBE] = "probe",
    [TIMER_WAIT] = "2msl",
    [TIMER_KEEPALIVE] = "keepalive",
    [TIMER_USER] = "user",
    [TIMER_PACE] = "pace",
};

#define WHO { "conn", TV_INT }, { "local", TV_STR }, { "remote", TV_STR }

const TracePoint TCP_STATE_CHANGED = {
    "tcp:state_changed", TRACE_TCP,
    { WHO, { "old", TV_STR }, { "new", TV_STR }, { "trigger", TV_STR }, { "rfc", TV_STR } },
};
const TracePoint TCP_LISTENER_OPENED = {
    "tcp:listener_opened", TRACE_TCP, { { "local", TV_STR } },
};
const TracePoint TCP_LISTENER_CLOSED = {
    "tcp:listener_closed", TRACE_TCP, { { "local", TV_STR }, { "trigger", TV_STR } },
};
const TracePoint TCP_SEGMENT_SENT = {
    "tcp:segment_sent", TRACE_TCP,
    { WHO, { "id", TV_INT }, { "flags", TV_STR }, { "seq", TV_INT }, { "ack", TV_INT },
      { "len", TV_INT }, { "wnd", TV_INT }, { "reason", TV_STR } },
};
const TracePoint TCP_SEGMENT_RECEIVED = {
    "tcp:segment_received", TRACE_TCP,
    { WHO, { "id", TV_INT }, { "flags", TV_STR }, { "seq", TV_INT }, { "ack", TV_INT },
      { "len", TV_INT }, { "wnd", TV_INT } },
};
const TracePoint TCP_TIMER_SET = {
    "tcp:timer_set", TRACE_TIMER, { WHO, { "timer", TV_STR }, { "at", TV_TIME } },
};
const TracePoint TCP_TIMER_EXPIRED = {
    "tcp:timer_expired", TRACE_TIMER, { WHO, { "timer", TV_STR }, { "retries", TV_INT } },
};
const TracePoint TCP_TIMER_CANCELLED = {
    "tcp:timer_cancelled", TRACE_TIMER, { WHO, { "timer", TV_STR } },
};
const TracePoint TCP_METRICS_UPDATED = {
    "tcp:metrics_updated", TRACE_METRICS,
    { WHO, { "cwnd", TV_INT }, { "ssthresh", TV_INT }, { "srtt", TV_TIME }, { "rttvar", TV_TIME },
      { "rto", TV_TIME }, { "in_flight", TV_INT },
      { "delivery_rate", TV_INT }, { "state", TV_STR } },
};
const TracePoint TCP_URGENT = {
    "tcp:urgent", TRACE_TCP, { WHO, { "bytes", TV_INT } },
};
const TracePoint TCP_ADVICE = {
    "tcp:advice", TRACE_TCP, { WHO, { "what", TV_STR }, { "error", TV_STR } },
};
const TracePoint TCP_USER_TIMEOUT = {
    "tcp:user_timeout", TRACE_TCP, { WHO, { "advertised", TV_TIME }, { "timeout", TV_TIME } },
};
const TracePoint TCP_DELIVERED = {
    "tcp:delivered", TRACE_TCP, { WHO, { "bytes", TV_INT } },
};

const char *tcp_state_name(TcpState s)
{
    g_assert(s < TCP_STATE_COUNT);
    return state_names[s];
}

const char *tcp_state_lua_name(TcpState s)
{
    g_assert(s < TCP_STATE_COUNT);
    return state_lua_names[s];
}

const char *tcp_ca_state_name(TcpCaState s)
{
    static const char *const names[] = { "open", "disorder", "cwr", "recovery", "loss" };

    g_assert(s < G_N_ELEMENTS(names));
    return names[s];
}

/* The two ends as text. */
typedef struct Ends {
    char local[ENDPOINT_TEXT], remote[ENDPOINT_TEXT];
} Ends;

static void ends_text(Ends *e, IpAddr local, uint16_t local_port, IpAddr remote,
                      uint16_t remote_port)
{
    endpoint_text(local, local_port, e->local);
    endpoint_text(remote, remote_port, e->remote);
}

static void tcb_ends(Ends *e, const Tcb *tcb)
{
    ends_text(e, tcb->local, tcb->local_port, tcb->remote, tcb->remote_port);
}

/* As tcpdump writes them: "S.", "F.", "." */
static void flags_text(uint8_t flags, char out[static 9])
{
    static const struct { uint8_t bit; char letter; } letters[] = {
        { TCP_FIN, 'F' }, { TCP_SYN, 'S' }, { TCP_RST, 'R' }, { TCP_PSH, 'P' },
        { TCP_ACK, '.' }, { TCP_URG, 'U' }, { TCP_ECE, 'E' }, { TCP_CWR, 'W' },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(letters); i++)
        if (flags & letters[i].bit)
            *out++ = letters[i].letter;
    *out = '\0';
}

void trace_state(Tcb *tcb, TcpState old, const char *trigger, const char *rfc)
{
    if (!tcp_heard(tcb->tcp, TRACE_TCP))
        return;
    Ends e;
    tcb_ends(&e, tcb);
    trace(tcb->tcp->sim, TCP_STATE_CHANGED, tcb->tcp->node, NULL, NULL, tcb->id,
          trace_str(e.local), trace_str(e.remote), trace_str(state_names[old]),
          trace_str(state_names[tcb->state]), trace_str(trigger), trace_str(rfc));
}

void trace_listener(const Listener *l, const char *ended)
{
    char local[ENDPOINT_TEXT];

    if (!tcp_heard(l->tcp, TRACE_TCP))
        return;
    endpoint_text(l->addr, l->port, local);
    if (ended == NULL)
        trace(l->tcp->sim, TCP_LISTENER_OPENED, l->tcp->node, NULL, NULL, trace_str(local));
    else
        trace(l->tcp->sim, TCP_LISTENER_CLOSED, l->tcp->node, NULL, NULL, trace_str(local),
              trace_str(ended));
}

void tell_sent(Tcp *tcp, uint32_t conn, IpAddr local, IpAddr remote, const TcpHdr *h, uint32_t len,
               const Packet *pkt)
{
    Ends e;
    char flags[9];
    ends_text(&e, local, h->src_port, remote, h->dst_port);
    flags_text(h->flags, flags);
    trace(tcp->sim, TCP_SEGMENT_SENT, tcp->node, NULL, pkt, conn, trace_str(e.local),
          trace_str(e.remote), (int64_t)pkt->id, trace_str(flags), h->seq, h->ack, len, h->window,
          trace_str(sent_name(pkt->why)));
}

void tell_received(Tcp *tcp, uint32_t conn, const Segment *seg)
{
    Ends e;
    char flags[9];
    ends_text(&e, seg->ip->dst, seg->hdr.dst_port, seg->ip->src, seg->hdr.src_port);
    flags_text(seg->flags, flags);
    trace(tcp->sim, TCP_SEGMENT_RECEIVED, tcp->node, NULL, seg->pkt, conn, trace_str(e.local),
          trace_str(e.remote), (int64_t)seg->pkt->id, trace_str(flags), seg->seq, seg->ack,
          (int64_t)seg->text.n, seg->wnd);
}

static const char *timer_name(const Tcb *tcb, TcpTimer which)
{
    return which == TIMER_WAIT && tcb->state == TCP_FIN_WAIT_2 ? "fin-wait-2" : timer_names[which];
}

void tell_timer(Tcb *tcb, const TracePoint *point, TcpTimer which)
{
    Ends e;
    tcb_ends(&e, tcb);
    int64_t last = point == &TCP_TIMER_SET ? tcp_timer_at(tcb, which) : tcb->retries;
    trace(tcb->tcp->sim, *point, tcb->tcp->node, NULL, NULL, tcb->id, trace_str(e.local),
          trace_str(e.remote), trace_str(timer_name(tcb, which)), last);
}

void tell_metrics(Tcb *tcb)
{
    Ends e;
    tcb_ends(&e, tcb);
    trace(tcb->tcp->sim, TCP_METRICS_UPDATED, tcb->tcp->node, NULL, NULL, tcb->id,
          trace_str(e.local), trace_str(e.remote), tcb->cong.cwnd, tcb->cong.ssthresh, tcb->srtt,
          tcb_rttvar(tcb), tcb->rto, tcb->snd_max - tcb->snd_una,
          (int64_t)rate_bytes_per_second(tcb), trace_str(tcp_ca_state_name(tcp_ca_state(tcb))));
}

void tell_delivered(Tcb *tcb, size_t n)
{
    Ends e;
    tcb_ends(&e, tcb);
    trace(tcb->tcp->sim, TCP_DELIVERED, tcb->tcp->node, NULL, NULL, tcb->id, trace_str(e.local),
          trace_str(e.remote), (int64_t)n);
}

void trace_urgent(Tcb *tcb, uint32_t bytes)
{
    if (!tcp_heard(tcb->tcp, TRACE_TCP))
        return;
    Ends e;
    tcb_ends(&e, tcb);
    trace(tcb->tcp->sim, TCP_URGENT, tcb->tcp->node, NULL, NULL, tcb->id, trace_str(e.local),
          trace_str(e.remote), bytes);
}

void trace_advice(Tcb *tcb, const char *what, NetError error)
{
    if (!tcp_heard(tcb->tcp, TRACE_TCP))
        return;
    Ends e;
    tcb_ends(&e, tcb);
    trace(tcb->tcp->sim, TCP_ADVICE, tcb->tcp->node, NULL, NULL, tcb->id, trace_str(e.local),
          trace_str(e.remote), trace_str(what), trace_str(net_error_name(error)));
}

void trace_user_timeout(Tcb *tcb)
{
    if (!tcp_heard(tcb->tcp, TRACE_TCP))
        return;
    Ends e;
    tcb_ends(&e, tcb);
    trace(tcb->tcp->sim, TCP_USER_TIMEOUT, tcb->tcp->node, NULL, NULL, tcb->id, trace_str(e.local),
          trace_str(e.remote), tcb->rare->uto.remote, tcb->rare->user_timeout);
}
