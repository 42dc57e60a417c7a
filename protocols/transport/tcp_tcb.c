/*
 * tcp_tcb.c - life of a transmission control block: made by an OPEN or a SYN, through its states,
 * to its end, where the user's handle keeps what may still be asked.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_route.h"

#include "protocols/stack.h"

void tcb_wake(Tcb *tcb)
{
    if (tcb->conn != NULL)
        wake(tcb->tcp, &tcb->conn->wake);
}

bool tcb_writable(const Tcb *tcb)
{
    if (tcb->tcp->cfg.offload)
        return piece_writable(tcb);
    return tcb->flow->out.len <= tcb->sndbuf - (tcb->sndbuf + 2) / 3; /* a third is free */
}

/* RFC 9293 §3.7.1: what goes in one piece, less the TCP header. */
static uint32_t largest_segment(size_t mtu)
{
    return mtu > TCP_HDR_LEN + TCP_MSS_MIN ? (uint32_t)mtu - TCP_HDR_LEN : TCP_MSS_DEFAULT;
}

uint32_t tcp_path_mss(Tcp *tcp, IpAddr remote, const IpOptions *options)
{
    return largest_segment(ip_mtu(tcp->stack, remote, options));
}

bool tcb_path_mtu(Tcb *tcb)
{
    uint32_t mss = tcp_path_mss(tcb->tcp, tcb->remote, tcb_ip_options(tcb));

    mss -= tcb->agreed.timestamps ? TCP_TS_LEN : 0;
    if (mss >= tcb->snd_mss || !tcb->tcp->cfg.path_mtu_discovery)
        return false;
    /* RFC 5681 §3.1: the initial window is counted in segments; to Linux each window is. */
    if (tcb->cc != NULL &&
        (tcb->flow->bytes_acked == 0 || tcb->tcp->cfg.profile == TCP_PROFILE_LINUX))
        tcb->cong.cwnd = MAX(tcb->cong.cwnd / tcb->snd_mss, 1) * mss;
    tcb->snd_mss = tcb->cong.mss = mss;
    return true;
}

/* RFC 1191 §3.1: what the path takes in the other direction is no reason to announce less. */
static uint32_t announced_mss(const Tcp *tcp, size_t link_mtu)
{
    uint32_t mss = largest_segment(link_mtu);

    return tcp->cfg.mss != 0 ? (uint32_t)MIN(tcp->cfg.mss, mss) : mss;
}

uint32_t tcp_rcv_mss(Tcp *tcp, IpAddr remote)
{
    return announced_mss(tcp, ip_link_mtu(tcp->stack, remote));
}

void tcb_set_iss(Tcb *tcb, TcpSeq iss)
{
    tcb->iss = iss;
    tcb->snd_una = tcb->snd_nxt = tcb->snd_max = tcb->recover = iss;
    tcb->out_seq = iss + 1;
    if (!tcb_has_flow(tcb))
        return;
    sent_clear(&tcb->flow->repair.sent);
    tcb->flow->pieces.pushed = iss + 1;
}

Tcb *tcb_new(Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote, uint16_t remote_port)
{
    const TcpConfig *cfg = &tcp->cfg;
    Tcb *tcb = heap_new0(&tcp->sim->heap, Tcb);
    size_t path, link;

    ip_mtus(tcp->stack, remote, &path, &link);
    parts_init(tcb);
    tcb->tcp = tcp;
    tcb->id = ++tcp->sim->next_conn_id;
    tcb->local = local;
    tcb->local_port = local_port;
    tcb->remote = remote;
    tcb->remote_port = remote_port;
    tcb_set_iss(tcb, tcp_isn(tcp, local, local_port, remote, remote_port));
    tcb->snd_mss = largest_segment(path);
    tcb->rcv_mss = (uint16_t)announced_mss(tcp, link);
    tcb->largest = TCP_MSS_DEFAULT;
    tcb->rto = MIN(cfg->initial_rto, cfg->max_rto);
    tcp_cong_choose(tcb, cfg->congestion);
    tcp_ts_start(tcb);
    option_init(tcb);
    keepalive_init(tcb);
    table_insert(&tcp->table, tcb);
    return tcb;
}

void tcp_set_state(Tcb *tcb, TcpState new_state, const char *trigger, const char *rfc)
{
    TcpState old = tcb->state;

    tcb->state = new_state;
    trace_state(tcb, old, trigger, rfc);
}

/* Text that the program wrote before the handshake was over, and that was not on the SYN. */
static bool has_unsent(const Tcb *tcb)
{
    return tcb->flow->bytes_acked >= tcb->rare->fast.sent &&
           seq_lt(tcb->snd_max, tcb->out_seq + (TcpSeq)tcb->flow->out.len);
}

void tcb_established(Tcb *tcb, const char *trigger, const char *rfc)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;

    tcp_set_state(tcb, TCP_ESTABLISHED, trigger, rfc);
    if (tcb->syn_expired) /* RFC 6298 (5.7) */
        tcb->rto = MIN(MAX(3 * SEC, cfg->initial_rto), cfg->max_rto);
    tcb->syn_expired = false;
    tcb->backoff = 0;
    if (!tcb->rare->fast.child) /* it has its window, and perhaps used it */
        tcp_loss_init(tcb);
    if (tcb->rare->resting != NULL)
        tcb_end(tcb->rare->resting, NET_OK, "a newer SYN has reopened it", "RFC 9293 §3.6.1");
    if (tcb->half != NULL) {
        Listener *l = tcb_listener(tcb);
        half_close(tcb);
        listener_queue(l, conn_new(tcb));
    }
    tcb->quick = has_unsent(tcb) ? 0 : (uint16_t)cfg->quickack; /* a conversation already */
    if (cfg->offload)
        piece_grow_buffer(tcb);
    tally_start(tcb);
    uto_established(tcb);
    keepalive_start(tcb);
    if (tcb->conn != NULL)
        tcb->conn->connected = true;
    tcb_wake(tcb);
    trace_metrics(tcb);
}

void tcb_enter_time_wait(Tcb *tcb, const char *trigger, const char *rfc)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;

    if (!cfg->time_wait) { /* counterfactual: acknowledges the FIN, and forgets */
        tcp_output(tcb);
        tcb_end(tcb, NET_OK, trigger, rfc);
        return;
    }
    tcp_timers_stop(tcb);
    if (tcb_has_flow(tcb)) {
        ring_free(&tcb->flow->out);
        ring_spare(&tcb->flow->in);
        piece_free(&tcb->flow->pieces);
        sent_clear(&tcb->flow->repair.sent);
        sack_clear(&tcb->flow->board);
    }
    tcp_set_state(tcb, TCP_TIME_WAIT, trigger, rfc);
    tcp_timer_set(tcb, TIMER_WAIT, 2 * cfg->msl);
}

static void tcb_free(Tcb *tcb)
{
    tcp_cong_free(tcb);
    parts_free(tcb);
    heap_give(&tcb->tcp->sim->heap, tcb, sizeof *tcb);
}

void tcb_bury_all(Tcp *tcp)
{
    for (unsigned i = 0; i < tcp->dead.len; i++)
        tcb_free(tcp->dead.pdata[i]);
    tcp->dead.len = 0;
}

/* A TIME-WAIT pushed aside comes back if the SYN that did it was an old duplicate. */
static void leave_table(Tcb *tcb)
{
    Tcp *tcp = tcb->tcp;

    if (tcb->rare->pushed_by != NULL) {
        tcb->rare->pushed_by->rare->resting = NULL;
        return;
    }
    Tcb *resting = tcb->rare->resting;
    table_remove(&tcp->table, tcb);
    if (resting == NULL)
        return;
    resting->rare->pushed_by = NULL;
    table_insert(&tcp->table, resting);
    tcb->rare->resting = NULL;
}

/* `shown` is where observers see it go: back to LISTEN or TIME-WAIT, or to CLOSED. */
static void end_as(Tcb *tcb, TcpState shown, NetError error, const char *trigger, const char *rfc)
{
    Tcp *tcp = tcb->tcp;

    g_assert(tcb->state != TCP_CLOSED);
    tcp_timers_end(tcb);
    if (tcb->rare->pushed_by == NULL)
        tcp_set_state(tcb, shown, trigger, rfc);
    tcb->state = TCP_CLOSED;
    if (tcb_listener(tcb) != NULL)
        half_close(tcb);
    fastopen_end(tcb, error);
    leave_table(tcb);
    conn_leave(tcb, error);
    vec_add(&tcp->sim->heap, &tcp->dead, tcb);
}

void tcb_end(Tcb *tcb, NetError error, const char *trigger, const char *rfc)
{
    if (tcb->state == TCP_SYN_SENT || tcb->state == TCP_SYN_RECEIVED)
        node_count(tcb->tcp->node, COUNTER_TcpAttemptFails);
    end_as(tcb, TCP_CLOSED, error, trigger, rfc);
}

void tcb_return_to_listen(Tcb *tcb, const char *trigger, const char *rfc)
{
    node_count(tcb->tcp->node, COUNTER_TcpAttemptFails);
    end_as(tcb, tcb->rare->resting != NULL ? TCP_TIME_WAIT : TCP_LISTEN, NET_OK, trigger, rfc);
}

void tcb_reset(Tcb *tcb, SentReason why, NetError error, const char *trigger, const char *rfc)
{
    switch (tcb->state) { /* RFC 9293 §3.10.5: the others end in silence */
    case TCP_SYN_RECEIVED:
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
        tcp_send_rst(tcb, why);
        break;
    default:
        break;
    }
    if (tcb->state != TCP_CLOSED)
        tcb_end(tcb, error, trigger, rfc);
}

TcpCaState tcp_ca_state(const Tcb *tcb)
{
    bool disorder = tcb->flow->repair.sent.sacked.segs > 0 || tcb->dup_acks > 0;

    return tcb->ca == TCP_CA_OPEN && disorder ? TCP_CA_DISORDER : tcb->ca;
}

static void repair_info(const Tcb *tcb, TcpInfo *out)
{
    const Repair *r = &tcb->flow->repair;

    out->ca_state = tcp_ca_state(tcb);
    out->in_pipe = tcp_in_pipe(tcb);
    out->in_flight = tcb->snd_max - tcb->snd_una;
    out->unacked = r->sent.n;
    out->sacked = r->sent.sacked.segs + newreno_arrived(tcb) / tcb->snd_mss;
    out->lost = r->sent.lost.segs;
    out->retrans = r->sent.again.segs;
    out->delivered = r->rate.delivered;
    out->delivered_segs = r->delivered_segs;
    out->delivery_rate = rate_bytes_per_second(tcb);
    out->congestion = tcb->cc != NULL ? tcb->cc->name : "none";
    if (tcb->cc != NULL && tcb->cc->figures != NULL)
        tcb->cc->figures(&tcb->cong, out->figures);
    out->pacing_rate = pace_rate(tcb);
    out->min_rtt = tcb_rtt_min(tcb);
    out->reordering = r->rack.degree;
    out->reorder_seen = r->rack.seen;
}

static const char *info_timer(const Tcb *tcb, TcpTimer *which)
{
    static const struct { TcpTimer timer; const char *name; } order[] = {
        { TIMER_RTO, "on" }, { TIMER_PERSIST, "persist" }, { TIMER_WAIT, "timewait" },
        { TIMER_KEEPALIVE, "keepalive" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        if (tcp_timer_runs(tcb, order[i].timer)) {
            *which = order[i].timer;
            return order[i].name;
        }
    return NULL;
}

static void whole_info(const Tcb *tcb, TcpInfo *out)
{
    TcpTimer which = TIMER_RTO;
    const char *timer = info_timer(tcb, &which);
    bool syn_unacked = tcb->snd_una == tcb->iss && tcb->snd_max != tcb->iss;

    *out = (TcpInfo){
        .id = tcb->id,
        .state = tcb->state,
        .local = tcb->local,
        .remote = tcb->remote,
        .local_port = tcb->local_port,
        .remote_port = tcb->remote_port,
        .iss = tcb->iss,
        .snd_una = tcb->snd_una,
        .snd_nxt = tcb->snd_max,
        .snd_wnd = tcb->snd_wnd,
        .snd_wl1 = tcb->snd_wl1,
        .snd_wl2 = tcb->snd_wl2,
        .irs = tcb->irs,
        .rcv_nxt = tcb->rcv_nxt,
        .rcv_wnd = tcb_window(tcb),
        .cwnd = tcb->cong.cwnd,
        .ssthresh = tcb->cong.ssthresh,
        .mss = tcb->snd_mss,
        .srtt = tcb->srtt,
        .rttvar = tcb_rttvar(tcb),
        .rto = tcb->rto,
        .retransmits = tcb->retransmits,
        .backoff = tcb->backoff,
        .send_queue = tcb->flow->out.len + syn_unacked + (tcb->fin_queued && !tcb->fin_acked),
        .recv_queue = tcb->flow->in.len + tcb->fin_received,
        .bytes_sent = tcb->flow->bytes_sent,
        .bytes_acked = tcb->flow->bytes_acked,
        .bytes_received = tcb->flow->bytes_received,
        .timer = timer,
        .timer_left = timer != NULL ? tcp_timer_at(tcb, which) - sim_now(tcb->tcp->sim) : 0,
        .passive = tcb->passive,
        .has_owner = !tcb->closed,
        .window_scale = tcb->agreed.window_scale,
        .timestamps = tcb->agreed.timestamps,
        .sack = tcb->agreed.sack,
        .snd_scale = tcb->agreed.snd_scale,
        .rcv_scale = tcb->agreed.rcv_scale,
        .ts_recent = tcb->agreed.ts_recent,
        .rcv_tos = tcb->rcv_tos,
        .user_timeout = tcb->rare->user_timeout,
        .uto_remote = tcb->rare->uto.remote,
        .syn_data = tcb->rare->fast.accepted,
        .ip_options = tcb->rare->ip_options,
    };
    repair_info(tcb, out);
    tally_info(tcb, out);
}

void tcb_info(const Tcb *tcb, TcpInfo *out)
{
    if (!tcb->packed) {
        whole_info(tcb, out);
        return;
    }
    Tcb  whole = *tcb;
    Flow flow = flow_none;
    flow_restore(&flow, tcb->past);
    whole.flow = &flow;
    whole_info(&whole, out);
}

#ifndef NDEBUG
static void check_board(const Reass *blocks, TcpSeq una, TcpSeq max)
{
    if (blocks->n == 0)
        return;
    g_assert(seq_geq(blocks->ranges[0].left, una));
    g_assert(seq_leq(blocks->ranges[blocks->n - 1].right, max));
}

static void check_send_side(const Tcb *tcb)
{
    g_assert(seq_leq(tcb->snd_una, tcb->snd_nxt));
    g_assert(seq_leq(tcb->snd_nxt, tcb->snd_max));
    g_assert(seq_leq(tcb->snd_una, tcb->out_seq + tcb->fin_acked) || tcb->flow->out.len == 0);
    g_assert(tcb->snd_una == tcb->iss || tcb->snd_una == tcb->out_seq + tcb->fin_acked);
    g_assert(tcb->state == TCP_TIME_WAIT ||
             seq_leq(tcb->snd_max, tcb->out_seq + (TcpSeq)tcb->flow->out.len + tcb->fin_sent));
    g_assert(tcb->fin_queued || !tcb->fin_sent);
    g_assert(tcb->fin_sent || !tcb->fin_acked);
    g_assert(tcb->cong.cwnd > 0);
    check_board(&tcb->flow->board.blocks, tcb->snd_una, tcb->snd_max);
    if (tcb->state >= TCP_ESTABLISHED) /* a SYN is not in the record */
        sent_check(&tcb->flow->repair.sent, tcb->out_seq + tcb->fin_acked, tcb->snd_max);
}

static void check_receive_side(const Tcb *tcb)
{
    /* A segment may go beyond Linux's window, see tcp_input.c. */
    size_t more = tcb->tcp->cfg.profile == TCP_PROFILE_LINUX ? TCP_WINDOW_MAX : 0;
    size_t most = tcp_buffer_size(tcb) + tcp_window_unit(tcb) + more;

    if (tcb->state == TCP_SYN_SENT)
        return;
    g_assert(seq_leq(tcb->rcv_nxt, tcb->rcv_adv));
    g_assert(tcb->flow->in.len < most || !tcb->tcp->cfg.dedup);
    g_assert(!tcb->fin_received || tcb->rcv_nxt == tcb->rcv_fin + 1);
    if (tcb->flow->reass.n == 0)
        return;
    if (tcb->snd_una == tcb->iss) /* a SYN's text, which waits for the handshake */
        g_assert(seq_geq(tcb->flow->reass.ranges[0].left, tcb->rcv_nxt));
    else
        g_assert(seq_gt(tcb->flow->reass.ranges[0].left, tcb->rcv_nxt));
    g_assert(seq_leq(tcb->flow->reass.ranges[tcb->flow->reass.n - 1].right, tcb->rcv_adv));
}

void tcb_check(const Tcb *tcb)
{
    if (tcb->state == TCP_CLOSED)
        return;
    check_send_side(tcb);
    check_receive_side(tcb);
    bool in_flight = tcb->snd_una != tcb->snd_max;
    bool rto = tcp_timer_runs(tcb, TIMER_RTO), persist = tcp_timer_runs(tcb, TIMER_PERSIST);
    g_assert(!(rto && persist));
    if (tcb->tcp->cfg.retransmit)
        g_assert((rto || persist) || !in_flight);
    g_assert(in_flight || !rto);
    g_assert(tcb->state != TCP_TIME_WAIT || (tcp_timer_runs(tcb, TIMER_WAIT) && !rto && !persist));
    g_assert(tcb->owed != ACK_DUE && tcb->owed != ACK_BARE);
}
#endif

/* Without a word on the wire or to observers; for tcp_free. */
static void forget_all(Tcp *tcp)
{
    size_t n;
    Tcb **all = table_all(&tcp->table, &n);

    for (size_t i = 0; i < n; i++) {
        tcp_timers_end(all[i]);
        if (all[i]->conn != NULL)
            all[i]->conn->tcb = NULL;
        if (tcb_listener(all[i]) != NULL)
            half_free_place(all[i]);
        tcb_free(all[i]);
    }
    g_free(all);
    tcb_bury_all(tcp);
    vec_clear(&tcp->sim->heap, &tcp->dead);
}

Tcp *tcp_new(Stack *stack, const TcpConfig *cfg)
{
    Tcp *tcp = g_new0(Tcp, 1);

    tcp->stack = stack;
    tcp->node = stack->node;
    tcp->sim = stack->node->sim;
    tcp->cfg = *cfg;
    tcp->honest = !tcp_config_is_wrong(cfg, NULL);
    tcp->listeners = g_ptr_array_new();
    tcp->ended = g_ptr_array_new();
    tcp_isn_init(tcp);
    tcp_port_init(tcp);
    tcp_ts_init(tcp);
    fastopen_init(tcp);
    return tcp;
}

void tcp_free(Tcp *tcp)
{
    if (tcp == NULL)
        return;
    listeners_free(tcp);
    forget_all(tcp);
    fastopen_free(tcp);
    g_free(tcp->table.slots);
    g_free(tcp);
}

void tcp_flush(Tcp *tcp)
{
    if (tcp == NULL)
        return;
    size_t n;
    Tcb **all = table_all(&tcp->table, &n);
    for (size_t i = 0; i < n; i++)
        tcb_end(all[i], NET_ENETDOWN, "host crashes", "RFC 9293 §3.4.3");
    g_free(all);
    listeners_end(tcp);
    tcp_fastopen_forget(tcp);
}

const TcpConfig *tcp_config(const Tcp *tcp)
{
    return &tcp->cfg;
}

void tcp_set_config(Tcp *tcp, const TcpConfig *cfg)
{
    tcp->cfg = *cfg;
    tcp->honest = !tcp_config_is_wrong(cfg, NULL);
}

void tcp_each(Tcp *tcp, void (*fn)(void *self, const TcpInfo *info), void *self)
{
    size_t n;

    if (tcp == NULL)
        return;
    Tcb **all = table_all(&tcp->table, &n);
    for (size_t i = 0; i < n; i++) {
        TcpInfo info;
        if (all[i]->rare->pushed_by != NULL)
            continue;
        tcb_info(all[i], &info);
        fn(self, &info);
    }
    g_free(all);
}
