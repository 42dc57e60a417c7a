/*
 * tcp_input.c - SEGMENT ARRIVES, RFC 9293 §3.10.7, in its own order. LISTEN is in tcp_syn.c.
 *
 * A step looks at the segment, changes the TCB, and says DROP_NONE to go on or why it refuses the
 * segment. What must be answered is owed (owe_ack); one tcp_output at the end pays.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_handshake.h"
#include "protocols/transport/tcp_route.h"
#include "protocols/transport/tcp_step.h"

#include "sim/engine/sim.h"

/* --- §3.10.7.1, CLOSED ----------------------------------------------------------------------- */

static DropReason in_closed(Tcp *tcp, const Segment *seg)
{
    if (seg->flags & TCP_RST)
        return DROP_TCP_CLOSED_RST;
    if (tcp->cfg.closed_port == TCP_CLOSED_RST)
        tcp_refuse(tcp, seg, SENT_TCP_RST_CLOSED, 0);
    return DROP_TCP_CLOSED;
}

/* --- acknowledgments, common to the states ---------------------------------------------------- */

static void update_send_window(Tcb *tcb, const Segment *seg)
{
    bool closed = tcb->snd_wnd == 0;

    if (!seq_lt(tcb->snd_wl1, seg->seq) &&
        !(tcb->snd_wl1 == seg->seq && seq_leq(tcb->snd_wl2, seg->ack)))
        return;
    tcb->snd_wnd = seg->wnd;
    tcb->snd_wl1 = seg->seq;
    tcb->snd_wl2 = seg->ack;
    tcb->max_snd_wnd = MAX(tcb->max_snd_wnd, seg->wnd);
    if (closed && seg->wnd > 0)
        tcp_timer_window_opened(tcb);
}

/* A program that found the buffer full is told when there is room again. */
static void tell_writer(Tcb *tcb)
{
    if (!tcb->want_send)
        return;
    if (tcb->tcp->cfg.offload && tcp_in_pipe(tcb) < tcb->cong.cwnd)
        piece_grow_buffer(tcb);
    if (!tcb_writable(tcb))
        return;
    tcb->want_send = false;
    tally_writer(tcb);
    tcb_wake(tcb);
}

/* SND.UNA < SEG.ACK =< SND.NXT: what is acknowledged leaves the buffer. */
static void take_ack(Tcb *tcb, const Segment *seg, AckNews *news)
{
    uint32_t text = seg->ack - tcb->snd_una;

    if (tcb->snd_una == tcb->iss) {
        text--; /* our SYN */
        fastopen_release(tcb);
    }
    tcb->snd_una = seg->ack;
    tcb->snd_nxt = seq_max(tcb->snd_nxt, tcb->snd_una);
    if (tcb->fin_sent && !tcb->fin_acked && text == (uint32_t)tcb->flow->out.len + 1) {
        text--;
        tcb->fin_acked = true;
    }
    if (text > 0) {
        ring_drop(&tcb->flow->out, text);
        tcb->flow->bytes_acked += text;
    }
    tcb->out_seq += text;
    tcb->retries = 0;
    tcb->soft_error = NET_OK;
    news->acked = text;
    acked_advance(tcb, news);
    tcb->tcp->rtt_last = RTT_NONE;
    bool every = tcb->tcp->cfg.profile == TCP_PROFILE_LINUX; /* ACK is a sample, of the oldest */
    if (every && news->rtt_first != RTT_NONE && !news->repaired) {
        tcb->rtt_timing = false;
        tcp_rtt_sample(tcb, news->rtt_first);
    } else if (tcb->rtt_timing && seq_geq(seg->ack, tcb->rtt_seq)) {
        tcb->rtt_timing = false;
        tcp_rtt_sample(tcb, sim_now(tcb->tcp->sim) - tcb->rtt_start);
    } else {
        tcp_ts_sample(tcb, seg);
    }
    if (tcb->tcp->cfg.offload)
        piece_acked(tcb);
    user_timer_progress(tcb);
}

/* RFC 5681 §3.1: it does not open cwnd. */
static void take_ack_of_syn(Tcb *tcb, const Segment *seg)
{
    AckNews news;

    acked_start(tcb, seg, &news);
    take_ack(tcb, seg, &news);
    tcp_timer_data_acked(tcb);
}

/* --- §3.10.7.4, other states: second, RST; the first is in tcp_sequence.c ------------------ */

static void challenge(Tcb *tcb)
{
    if (!tcp_within_budget(tcb))
        return;
    node_count(tcb->tcp->node, COUNTER_TcpExtTCPChallengeACK);
    owe_bare_ack(tcb, SENT_TCP_CHALLENGE_ACK);
}

/* What a valid reset does to the connection. */
static DropReason obey_rst(Tcb *tcb)
{
    static const char rfc[] = "RFC 9293 §3.10.7.4", trigger[] = "RST arrives";
    Node *node = tcb->tcp->node;
    bool told = tcb->tcp->cfg.profile == TCP_PROFILE_FREEBSD; /* of a reset in all states */

    switch (tcb->state) {
    case TCP_SYN_RECEIVED:
        fastopen_reset(tcb);
        if (tcb->half != NULL)
            tcb_return_to_listen(tcb, trigger, rfc);
        else if (tcb->passive) /* a program may have it already */
            tcb_end(tcb, NET_ECONNRESET, trigger, rfc);
        else
            tcb_end(tcb, NET_ECONNREFUSED, trigger, rfc);
        return DROP_TCP_RESET;
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
        node_count(node, COUNTER_TcpEstabResets);
        tcb_end(tcb, NET_ECONNRESET, trigger, rfc);
        return DROP_TCP_RESET;
    case TCP_CLOSE_WAIT: /* the peer had said that it would send no more: who writes hears EPIPE */
        node_count(node, COUNTER_TcpEstabResets);
        tcb_end(tcb, told ? NET_ECONNRESET : NET_EPIPE, trigger, rfc);
        return DROP_TCP_RESET;
    default: /* CLOSING, LAST-ACK, TIME-WAIT: nobody is told */
        told = told && tcb->state != TCP_TIME_WAIT;
        tcb_end(tcb, told ? NET_ECONNRESET : NET_OK, trigger, rfc);
        return DROP_TCP_RESET;
    }
}

static DropReason check_rst(Tcb *tcb, Segment *seg)
{
    if (!(seg->flags & TCP_RST))
        return DROP_NONE;
    if (tcb->state == TCP_TIME_WAIT && tcb->tcp->cfg.time_wait_rst == TCP_TIME_WAIT_RST_RFC1337)
        return DROP_TCP_TIME_WAIT_RST;
    if (tcb->tcp->cfg.challenge_ack && seg->seq != tcb->rcv_nxt) { /* RFC 5961 §3.2 */
        challenge(tcb);
        return DROP_TCP_RST_NOT_EXACT;
    }
    return obey_rst(tcb);
}

/* --- fourth, SYN; the third, security, is not modelled ---------------------------------------- */

static DropReason check_syn(Tcb *tcb, Segment *seg)
{
    if (!(seg->flags & TCP_SYN))
        return DROP_NONE;
    if (tcb->state == TCP_SYN_RECEIVED && tcb->half != NULL) {
        tcb_return_to_listen(tcb, "another SYN arrives", "RFC 9293 §3.10.7.4");
        return DROP_TCP_SYN_IN_WINDOW;
    }
    if (tcb->tcp->cfg.challenge_ack) { /* RFC 5961 §4.2 */
        challenge(tcb);
        return DROP_TCP_SYN_CHALLENGED;
    }
    node_count(tcb->tcp->node, COUNTER_TcpEstabResets); /* as RFC 793 had it */
    TcpHdr rst = { .seq = tcb->snd_max, .ack = tcb->rcv_nxt, .flags = TCP_RST | TCP_ACK };
    if (tcb->tcp->cfg.profile == TCP_PROFILE_FREEBSD)
        tcp_answer(tcb->tcp, seg, &rst, SENT_TCP_RST_SYN, tcb->id);
    else
        tcp_refuse(tcb->tcp, seg, SENT_TCP_RST_SYN, tcb->id);
    tcb_end(tcb, NET_ECONNRESET, "SYN arrives in the window", "RFC 9293 §3.10.7.4");
    return DROP_TCP_SYN_IN_WINDOW;
}

/* --- fifth, ACK ------------------------------------------------------------------------------- */

/* SYN-RECEIVED: our SYN is acknowledged, or something else is. */
static DropReason ack_of_syn(Tcb *tcb, Segment *seg)
{
    Listener *l = tcb_listener(tcb);

    if (!seq_gt(seg->ack, tcb->snd_una) || !seq_leq(seg->ack, tcb->snd_max)) {
        tcp_refuse(tcb->tcp, seg, SENT_TCP_RST_HANDSHAKE, tcb->id);
        return DROP_TCP_BAD_HANDSHAKE;
    }
    if (l != NULL && listener_full(l)) {
        DropReason why = listener_overflow(l, seg, tcb->id);
        if (tcb->tcp->cfg.accept_overflow == TCP_OVERFLOW_RST)
            tcb_end(tcb, NET_OK, "accept queue is full", "");
        return why;
    }
    tcb->snd_wnd = tcb->max_snd_wnd = seg->wnd;
    tcb->snd_wl1 = seg->seq;
    tcb->snd_wl2 = seg->ack;
    take_ack_of_syn(tcb, seg);
    tcb_established(tcb, "SYN is acknowledged", "RFC 9293 §3.10.7.4");
    fastopen_resend(tcb); /* of a SYN that crossed the peer's */
    deliver_waiting(tcb);
    return DROP_NONE;
}

/* Linux's order: an ACK that cannot be throws the segment away before anything is taken from it,
 * and nobody is told. */
static DropReason check_ack_is_sent(Tcb *tcb, Segment *seg)
{
    bool unsent = (seg->flags & TCP_ACK) != 0 && seq_gt(seg->ack, tcb->snd_max);

    if (tcb->tcp->cfg.ack_unsent != TCP_ACK_UNSENT_DROP || !unsent ||
        tcb->state == TCP_SYN_RECEIVED || tcb->state == TCP_TIME_WAIT)
        return DROP_NONE;
    return DROP_TCP_ACK_UNSENT;
}

/* RFC 5961 §5.2 (MAY-12), and RFC 9293's own bound. */
static DropReason check_ack_range(Tcb *tcb, const Segment *seg)
{
    if (seq_gt(seg->ack, tcb->snd_max)) {
        if (tcp_may_answer(tcb, seg))
            owe_bare_ack(tcb, SENT_TCP_ACK_UNSENT);
        return DROP_TCP_ACK_UNSENT;
    }
    if (tcb->tcp->cfg.challenge_ack && seq_lt(seg->ack, tcb->snd_una - tcb->max_snd_wnd)) {
        challenge(tcb);
        return DROP_TCP_ACK_TOO_OLD;
    }
    return DROP_NONE;
}

/* RFC 5681 §2: outstanding data, nothing in the segment, the same number, the same window. */
static bool is_duplicate(const Tcb *tcb, const Segment *seg)
{
    return seg->ack == tcb->snd_una && tcb->snd_una != tcb->snd_max && seg->bare &&
           seg->wnd == tcb->snd_wnd && seg->wnd > 0;
}

/* What the state makes of it that our FIN is acknowledged. */
static void fin_acknowledged(Tcb *tcb, const Segment *seg)
{
    static const char rfc[] = "RFC 9293 §3.10.7.4", trigger[] = "FIN is acknowledged";

    if (tcb->tcp->cfg.close == TCP_CLOSE_TWO_WAY) { /* counterfactual: it waits for nobody's FIN */
        tcb_end(tcb, NET_OK, trigger, rfc);
        return;
    }
    switch (tcb->state) {
    case TCP_FIN_WAIT_1: /* with the peer's FIN here too, straight to TIME-WAIT: figure 5, note 2 */
        if ((seg->flags & TCP_FIN) && seg->seq == tcb->rcv_nxt)
            return;
        tcp_set_state(tcb, TCP_FIN_WAIT_2, trigger, rfc);
        if (tcb->closed)
            tcp_timer_fin_wait_2(tcb);
        return;
    case TCP_CLOSING:
        tcb_enter_time_wait(tcb, trigger, rfc);
        return;
    case TCP_LAST_ACK:
        tcb_end(tcb, NET_OK, trigger, rfc);
        return;
    default:
        return;
    }
}

/* SEG.ACK is what it may be: what it tells of, and what becomes of that. */
static void heed_ack(Tcb *tcb, Segment *seg)
{
    AckNews news;

    acked_start(tcb, seg, &news);
    if (seq_lt(seg->ack, tcb->snd_una)) {
        if (news.reported || news.dsack)
            tcp_loss_ack(tcb, &news);
        return;
    }
    ecn_ack(tcb, seg);
    news.duplicate = is_duplicate(tcb, seg);
    update_send_window(tcb, seg);
    bool syn = tcb->snd_una == tcb->iss; /* still, if CLOSE came in SYN-RECEIVED */
    if (seq_gt(seg->ack, tcb->snd_una))
        take_ack(tcb, seg, &news);
    tcp_loss_ack(tcb, &news);
    if (news.advanced && syn)
        deliver_waiting(tcb);
    if (news.advanced && tcb->fin_acked)
        fin_acknowledged(tcb, seg);
}

static DropReason check_ack(Tcb *tcb, Segment *seg)
{
    if (!(seg->flags & TCP_ACK))
        return DROP_TCP_NO_ACK;
    if (tcb->state == TCP_SYN_RECEIVED)
        return ack_of_syn(tcb, seg);
    if (tcb->state == TCP_TIME_WAIT) {
        if (seg->len > 0)
            owe_ack(tcb, SENT_TCP_OUT_OF_WINDOW);
        return DROP_TCP_TIME_WAIT;
    }
    DropReason why = check_ack_range(tcb, seg);
    if (why != DROP_NONE)
        return why;
    if (tcp_timer_runs(tcb, TIMER_PERSIST)) { /* MUST-37: a probe was answered */
        tcb->retries = 0;
        user_timer_progress(tcb);
    }
    heed_ack(tcb, seg);
    return DROP_NONE;
}

/* Of the steps below those that have something to do for the next in sequence. */
static DropReason take_turn(Tcb *tcb, Segment *seg)
{
    tcp_ts_take(tcb, seg);
    DropReason why = check_ack(tcb, seg);
    if (why == DROP_NONE && tcb->state != TCP_CLOSED)
        why = take_text(tcb, seg);
    if (why == DROP_NONE && tcb->state != TCP_CLOSED)
        why = check_fin(tcb, seg);
    return why;
}

/* §3.10.7.4, "Other states": the checks in its order, each one function above. */
static DropReason in_other_states(Tcb *tcb, Segment *seg)
{
    static const Step steps[] = {
        { "timestamps", tcp_ts_check }, /* RFC 7323 §5.3 R1, before all others */
        { "sequence", check_sequence }, /* first; R2 */
        { "rst", check_rst },           /* second; the third, security, is not modelled */
        { "syn", check_syn },           /* fourth */
        { "ack-sent", check_ack_is_sent },
        { "timestamp", tcp_ts_take },   /* R3 */
        { "ecn", check_ecn },           /* RFC 3168 */
        { "ack", check_ack },           /* fifth */
        { "uto", uto_take },            /* RFC 5482 §3.1 */
        { "urg", check_urg },           /* sixth */
        { "text", take_text },          /* seventh; from here on nothing is refused */
        { "fin", check_fin },           /* eighth */
    };

    switch (tcp_predict(tcb, seg)) {
    case EXPECTED_TEXT: /* acknowledges nothing new */
        tcp_ts_take(tcb, seg);
        update_send_window(tcb, seg);
        return take_text(tcb, seg);
    case EXPECTED_ACK:
        tcp_ts_take(tcb, seg);
        heed_ack(tcb, seg);
        return DROP_NONE;
    case EXPECTED_TURN:
        return take_turn(tcb, seg);
    default:
        break;
    }
    DropReason why = tcp_steps(steps, G_N_ELEMENTS(steps), tcb, seg);
    return why != DROP_NONE ? why : seg->refused;
}

/* --- §3.10.7.3, SYN-SENT --------------------------------------------------------------------- */

static DropReason syn_sent_ack(Tcb *tcb, Segment *seg) /* first */
{
    if (!(seg->flags & TCP_ACK))
        return DROP_NONE;
    if (seq_gt(seg->ack, tcb->iss) && seq_leq(seg->ack, tcb->snd_max))
        return DROP_NONE;
    tcp_refuse(tcb->tcp, seg, SENT_TCP_RST_SYN_SENT, tcb->id);
    return DROP_TCP_SYN_SENT_ACK;
}

static DropReason syn_sent_rst(Tcb *tcb, Segment *seg) /* second */
{
    if (!(seg->flags & TCP_RST))
        return DROP_NONE;
    if (!(seg->flags & TCP_ACK))
        return DROP_TCP_SYN_SENT_RST;
    tcb_end(tcb, NET_ECONNREFUSED, "RST arrives", "RFC 9293 §3.10.7.3");
    return DROP_TCP_REFUSED;
}

/* The sixth step of §3.10.7.4 and those behind it, for what a SYN brought along. */
static DropReason rest_of_syn(Tcb *tcb, Segment *seg)
{
    static const Step steps[] = {
        { "urg", check_urg },
        { "text", take_text },
        { "fin", check_fin },
    };

    seg->flags &= (uint8_t)~TCP_SYN;
    seg->seq++;
    seg->len--;
    return tcp_steps(steps, G_N_ELEMENTS(steps), tcb, seg);
}

/* Fourth; the third, security, is not modelled. */
static DropReason syn_sent_syn(Tcb *tcb, Segment *seg)
{
    if (!(seg->flags & TCP_SYN)) /* fifth */
        return DROP_TCP_SYN_SENT_OTHER;
    take_syn(tcb, seg);
    if (!(seg->flags & TCP_ACK)) {
        keep_text_of_syn(tcb, seg);
        tcp_set_state(tcb, TCP_SYN_RECEIVED, "SYN arrives: simultaneous open",
                      "RFC 9293 §3.10.7.3");
        tcp_send_syn(tcb, SENT_TCP_SYN_CROSSED);
        return DROP_NONE;
    }
    take_ack_of_syn(tcb, seg);
    tcb_established(tcb, "SYN is acknowledged", "RFC 9293 §3.10.7.3");
    fastopen_answered(tcb, seg);
    owe_ack(tcb, SENT_TCP_HANDSHAKE_ACK);
    return rest_of_syn(tcb, seg);
}

static DropReason in_syn_sent(Tcb *tcb, Segment *seg)
{
    static const Step steps[] = {
        { "syn-sent:ack", syn_sent_ack },
        { "syn-sent:rst", syn_sent_rst },
        { "syn-sent:syn", syn_sent_syn },
    };

    return tcp_steps(steps, G_N_ELEMENTS(steps), tcb, seg);
}

/* --- a segment comes in ----------------------------------------------------------------------- */

/* RFC 9293 §3.9.2.3: not from or to what is no single host (MUST-57, MUST-63). */
static bool is_bad_address(const Tcp *tcp, const IpMeta *ip)
{
    unsigned bad = ADDR_BROADCAST | ADDR_MULTICAST | ADDR_ANY;

    if (ip->known)
        return false;
    if (ip->iface != NULL)
        bad |= ADDR_LOOPBACK;
    return ip->broadcast || ip_is_multicast(ip->dst) || (ip_kind(tcp->stack, ip->src) & bad) != 0;
}

static DropReason read_segment(Tcp *tcp, const IpMeta *ip, Packet *pkt, Segment *seg)
{
    node_count(tcp->node, COUNTER_TcpInSegs);
    DropReason why = lazy_decode(&seg->hdr, pkt, ip);
    if (why == DROP_TCP_CHECKSUM && !tcp->cfg.checksum)
        why = DROP_NONE; /* counterfactual: it believes anything */
    if (why != DROP_NONE) {
        node_count(tcp->node, COUNTER_TcpInErrs);
        if (why == DROP_TCP_CHECKSUM)
            node_count(tcp->node, COUNTER_TcpInCsumErrors);
        return why;
    }
    if (is_bad_address(tcp, ip))
        return DROP_TCP_BAD_ADDRESS;
    const TcpHdr *h = &seg->hdr;
    seg->ip = ip;
    seg->pkt = pkt;
    seg->seq = h->seq;
    seg->ack = h->ack;
    seg->wnd = h->window;
    seg->flags = h->flags;
    seg->text = (SegmentText){ packet_offset(pkt) + h->header_len, pkt->len - h->header_len };
    seg->len = (uint32_t)seg->text.n + ((h->flags & TCP_SYN) != 0) + ((h->flags & TCP_FIN) != 0);
    seg->bare = seg->len == 0;
    seg->refused = DROP_NONE;
    return DROP_NONE;
}

/* RFC 6191 §2: by their timestamps, if both connections have them; a connection that has none was
 * not opened by who has them now. Else by the sequence number. Linux takes an older timestamp for a
 * no and a newer one for a yes, and leaves the rest to the sequence number. */
static bool is_newer(const Tcb *tcb, const Segment *seg)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;
    bool above = seq_geq(seg->seq, tcb->rcv_nxt);

    if (cfg->time_wait_syn == TCP_TIME_WAIT_SYN_LINUX)
        above = seq_gt(seg->seq, tcb->rcv_nxt);
    if (cfg->time_wait_syn == TCP_TIME_WAIT_SYN_RFC9293 || !cfg->timestamps ||
        !seg->hdr.opt.has_timestamps)
        return above;
    if (!tcb->agreed.timestamps)
        return cfg->time_wait_syn == TCP_TIME_WAIT_SYN_RFC6191 || above;
    int32_t later = (int32_t)(seg->hdr.opt.ts_val - tcb->agreed.ts_recent);
    return later > 0 || (later == 0 && above);
}

/* RFC 9293 §3.6.1 MAY-2, RFC 6191 §2: a SYN for a connection in TIME-WAIT. One that is newer
 * opens it again, if somebody listens; an older one is an old duplicate. */
static DropReason syn_in_time_wait(Tcb *tcb, const Segment *seg)
{
    Listener *l = tcp_find_listener(tcb->tcp, tcb->local, tcb->local_port);

    if (!is_newer(tcb, seg)) {
        if (tcb->tcp->cfg.time_wait_syn != TCP_TIME_WAIT_SYN_RFC6191)
            challenge(tcb);
        return DROP_TCP_TIME_WAIT_SYN;
    }
    if (l != NULL)
        return in_listen(l, seg, tcb);
    challenge(tcb);
    return DROP_TCP_SYN_CHALLENGED;
}

/* FreeBSD's TIME-WAIT knows no window: a SYN above what was received opens the connection again,
 * and what acknowledges is answered, unless it is the last ACK over again. */
static DropReason in_bsd_time_wait(Tcb *tcb, const Segment *seg)
{
    Listener *l = tcp_find_listener(tcb->tcp, tcb->local, tcb->local_port);
    bool opens = (seg->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && seq_gt(seg->seq, tcb->rcv_nxt);
    bool plain = seg->flags == TCP_ACK && seg->text.n == 0 && seg->seq == tcb->rcv_nxt &&
                 seg->ack == tcb->snd_max;

    if (seg->flags & TCP_RST)
        return DROP_TCP_TIME_WAIT_RST;
    if (opens && l != NULL)
        return in_listen(l, seg, tcb);
    if (!(seg->flags & TCP_ACK))
        return (seg->flags & TCP_SYN) ? DROP_TCP_TIME_WAIT_SYN : DROP_TCP_NO_ACK;
    if ((seg->flags & TCP_FIN) && seg->seq + seg->len == tcb->rcv_nxt)
        tcp_timer_set(tcb, TIMER_WAIT, 2 * tcb->tcp->cfg.msl);
    if (!plain)
        owe_bare_ack(tcb, SENT_TCP_OUT_OF_WINDOW);
    return DROP_TCP_TIME_WAIT;
}

static DropReason segment_arrives(Tcb *tcb, Segment *seg)
{
    DropReason why;

    if (!(seg->flags & TCP_SYN)) /* RFC 7323 §2.2: that of a SYN is not scaled */
        seg->wnd <<= tcb->agreed.snd_scale;
    tcb->rcv_tos = seg->ip->tos;
    tally_received(tcb, seg);
    if (tcb->flow->pieces.leaving)
        tcb->flow->pieces.leaving = false; /* what it lets go is another piece */
    if (tcb->state == TCP_SYN_SENT)
        why = in_syn_sent(tcb, seg);
    else if (tcb->state == TCP_TIME_WAIT && tcb->tcp->cfg.profile == TCP_PROFILE_FREEBSD)
        why = in_bsd_time_wait(tcb, seg);
    else if (tcb->state == TCP_TIME_WAIT &&
             (seg->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN)
        why = syn_in_time_wait(tcb, seg);
    else
        why = in_other_states(tcb, seg);
    if (seg->ip->options.n > 0 && why == DROP_NONE && tcb->state != TCP_CLOSED) /* SHLD-24 */
        tcp_take_route(tcb, seg);
    if (tcb->state != TCP_CLOSED)
        tcp_output(tcb);
    if (tcb->state != TCP_CLOSED)
        tell_writer(tcb);
    if (tcb->state == TCP_TIME_WAIT)
        flow_pack(tcb);
    tcb_check(tcb);
    return why;
}

static Tcb *find_tcb(Tcp *tcp, const IpMeta *ip, Span segment)
{
    if (segment.n < TCP_HDR_LEN)
        return NULL;
    return table_find_again(&tcp->table, ip->dst, get16(segment.p + 2), ip->src, get16(segment.p));
}

DropReason tcp_input(Tcp *tcp, const IpMeta *ip, Packet *pkt)
{
    Segment seg;

    tcp_bury(tcp);
    /* It is asked for before its segment is read: a TCB may come from afar. */
    Tcb *tcb = find_tcb(tcp, ip, packet_headers(pkt));
    DropReason why = read_segment(tcp, ip, pkt, &seg);
    if (why != DROP_NONE)
        return why;
    trace_received(tcp, tcb != NULL ? tcb->id : 0, &seg);
    Listener *l = tcb == NULL ? tcp_find_listener(tcp, ip->dst, seg.hdr.dst_port) : NULL;
    if (l != NULL)
        tcb = cookie_open(l, &seg, &why);
    if (l != NULL && tcb == NULL && why == DROP_NONE)
        tcb = handshake_guess(l, &seg);
    if (tcb != NULL)
        why = segment_arrives(tcb, &seg);
    else if (why == DROP_NONE)
        why = l != NULL ? in_listen(l, &seg, NULL) : in_closed(tcp, &seg);
    if (why == DROP_NONE)
        packet_free(pkt);
    return why;
}
