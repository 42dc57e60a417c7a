/*
 * tcp_output.c - what may be sent now: the window, Nagle's algorithm, silly windows avoided on both
 * sides, acknowledgments owed (tcp_ack.c says which). RFC 9293 §3.7.4, §3.8.6.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_route.h"

#include "protocols/wire/checksum.h"

#include "sim/engine/sim.h"

#include <string.h>

/* --- a segment is made and handed down -------------------------------------------------------- */

static void put_checksum(const IpSend *how, Packet *pkt)
{
    lazy_sum(pkt, sum_pseudo(how->src, how->dst, how->proto));
}

/* Down to IP. The originator drops what cannot be sent. */
static DropReason hand_down(Tcp *tcp, const IpSend *how, Packet *pkt)
{
    DropReason why = ip_output(tcp->stack, how, pkt);
    if (why != DROP_NONE)
        packet_drop(pkt, tcp->node, NULL, why);
    return why;
}

/* The network cannot take it now. To the connection it is lost, and perhaps the reason is worth
 * telling when it gives up. */
static void not_sent(Tcb *tcb, DropReason why)
{
    if (why == DROP_IP_NO_ROUTE || why == DROP_IP_UNREACHABLE || why == DROP_IP_BLACKHOLE)
        tcb->soft_error = NET_ENETUNREACH;
    else if (why == DROP_IP_DF)
        tcb_path_mtu(tcb);
}

/* How far the window could be opened, all of the free buffer announced. */
static uint32_t window_gain(const Tcb *tcb, uint32_t free_)
{
    uint32_t could = MIN(free_, tcp_window_max(tcb)), is = tcb_window(tcb);

    return could > is ? could - is : 0;
}

/* RFC 9293 §3.8.6.2.2: the right edge stays where it is until it can move by a worthwhile step. */
static bool worth_opening(const Tcb *tcb, uint32_t gain)
{
    if (tcb->tcp->cfg.profile == TCP_PROFILE_FREEBSD) /* by a byte, if there is some room */
        return tcp_free_buffer(tcb) >= MIN(tcb->tcp->cfg.rcvbuf / 4, tcb->rcv_mss);
    return gain >= MIN(tcb->tcp->cfg.rcvbuf / 2, tcb->rcv_mss);
}

static uint16_t window_to_announce(Tcb *tcb)
{
    uint32_t free_ = tcp_free_buffer(tcb), gain = window_gain(tcb, free_);

    if (gain > 0 && worth_opening(tcb, gain))
        tcb->rcv_adv += gain;
    return tcp_scaled_window(tcb, free_);
}

static void acknowledged(Tcb *tcb)
{
    tcb->ack_sent = tcb->rcv_nxt;
    tcb->owed = ACK_NONE;
    if (tcb->flow->told.has_twice)
        tcb->flow->told.has_twice = false;
    tcp_timer_stop(tcb, TIMER_DELAYED_ACK);
}

/* Urgent data and congestion are told by flags; returns the ECN bits of the IP header. */
static uint8_t mark(Tcb *tcb, TcpHdr *h, bool fresh, bool again)
{
    if (h->flags & TCP_SYN) {
        h->flags |= ecn_syn_flags(tcb, h->flags, again);
        return 0;
    }
    if (tcb->rare->urg.out && !(h->flags & TCP_RST))
        urgent_put(tcb, h);
    return tcb->ecn.ok ? ecn_put(tcb, h, fresh) : 0;
}

/* Of any segment; returns the ECN bits of the IP header. */
static uint8_t fill_header(Tcb *tcb, uint32_t text, bool again, SentReason why, TcpHdr *h)
{
    uint8_t flags = h->flags;
    bool probes = why == SENT_TCP_WINDOW_PROBE || why == SENT_TCP_KEEPALIVE;

    if (flags & TCP_ACK)
        h->ack = tcb->rcv_nxt;
    if (flags & TCP_SYN) {
        h->window = tcp_syn_window(tcb);
    } else if (!(flags & TCP_RST) || (flags & TCP_ACK)) {
        h->window = window_to_announce(tcb);
    }
    tcp_put_options(tcb, flags, text, &h->opt);
    return mark(tcb, h, text > 0 && !again && !probes, again);
}

/* No flag or option but those that nearly all have, and nobody who wants to know which. */
static bool is_plain(const Tcb *tcb, uint8_t flags)
{
    const Flow *flow = tcb->flow;

    return (flags & ~(TCP_PSH | TCP_FIN)) == TCP_ACK && tcb->rare == &rare_none && !tcb->ecn.ok &&
           flow->reass.n == 0 && !flow->told.has_twice && !tcp_heard(tcb->tcp, TRACE_TCP);
}

static TcpPlain plain_header(Tcb *tcb, uint8_t flags, TcpSeq seq)
{
    return (TcpPlain){
        .src_port = tcb->local_port, .dst_port = tcb->remote_port, .seq = seq,
        .ack = tcb->rcv_nxt, .flags = flags, .window = window_to_announce(tcb),
        .stamped = tcb->agreed.timestamps, .ts_val = tcp_ts_now(tcb),
        .ts_ecr = tcb->agreed.ts_recent,
    };
}

/* Every segment of a connection goes through here, with `text` bytes of the stream from `seq`, or
 * from behind its SYN. */
static void transmit(Tcb *tcb, uint8_t flags, TcpSeq seq, uint32_t text, bool again, SentReason why)
{
    Tcp *tcp = tcb->tcp;
    IpSend how = {
        .src = tcb->local, .dst = tcb->remote, .proto = 6, .ttl = tcb->ttl, .tos = tcb->tos,
        .df = tcp->cfg.path_mtu_discovery, .options = tcb_ip_options(tcb),
    };
    bool plain = is_plain(tcb, flags);
    size_t at = seq + ((flags & TCP_SYN) != 0) - tcb->out_seq;
    TcpHdr h;
    Packet *pkt;

    if (plain) {
        TcpPlain p = plain_header(tcb, flags, seq);
        pkt = lazy_new(tcb, tcp_plain_len(p.stamped), at, text, why);
        tcp_encode_plain(&p, pkt->data);
    } else {
        h = (TcpHdr){ .src_port = tcb->local_port, .dst_port = tcb->remote_port, .seq = seq,
                      .flags = flags };
        how.tos |= fill_header(tcb, text, again, why, &h);
        pkt = lazy_new(tcb, tcp_encoded_len(&h), at, text, why);
        tcp_encode(&h, pkt->data);
    }
    put_checksum(&how, pkt);
    pkt->retransmission = again;
    if (flags & TCP_ACK)
        acknowledged(tcb);
    if (!plain && h.opt.has_uto)
        uto_sent(tcb, &h);
    tally_sent(tcb, text);
    if (text > 0)
        tcb->flow->bytes_sent += text;
    tcb->retransmits += again;
    node_count(tcp->node, again ? COUNTER_TcpRetransSegs : COUNTER_TcpOutSegs);
    if (flags & TCP_RST)
        node_count(tcp->node, COUNTER_TcpOutRsts);
    if (!plain)
        trace_sent(tcp, tcb->id, tcb->local, tcb->remote, &h, text, pkt);
    not_sent(tcb, hand_down(tcp, &how, pkt));
}

/* --- segments of each kind -------------------------------------------------------------------- */

/* FreeBSD's has the FIN again, until that is acknowledged; a challenge has not. */
static void send_ack(Tcb *tcb)
{
    if (tcb->tcp->cfg.profile == TCP_PROFILE_FREEBSD && tcb->fin_sent && !tcb->fin_acked &&
        tcb->state >= TCP_ESTABLISHED && tcb->owed_why != SENT_TCP_CHALLENGE_ACK) {
        transmit(tcb, TCP_ACK | TCP_FIN, tcb->snd_max - 1, 0, true, tcb->owed_why);
        return;
    }
    transmit(tcb, TCP_ACK, tcb->snd_max, 0, false, tcb->owed_why);
}

/* RFC 6298 §3: one segment is timed at a time, none that is sent again (Karn). */
static void time_segment(Tcb *tcb, TcpSeq seq, TcpSeq end, bool again)
{
    if (again) {
        if (seq_lt(seq, tcb->rtt_seq))
            tcb->rtt_timing = false;
    } else if (!tcb->rtt_timing) {
        tcb->rtt_timing = true;
        tcb->rtt_seq = end;
        tcb->rtt_start = sim_now(tcb->tcp->sim);
    }
}

/* Into the record, and what hangs on it. */
static void note_sent(Tcb *tcb, TcpSeq seq, TcpSeq end, bool again)
{
    Sent *sent = &tcb_flow(tcb)->repair.sent;
    bool first = sent->n == 0;

    rate_sent(tcb, sent_transmit(sent, seq, end, sim_now(tcb->tcp->sim), again), first);
    if (tcb->ca == TCP_CA_CWR || tcb->ca == TCP_CA_RECOVERY)
        prr_sent(tcb, end - seq);
    if (again)
        undo_resent(tcb);
}

void tcp_send_syn(Tcb *tcb, SentReason why)
{
    bool again = why == SENT_TCP_RTO_SYN;
    uint8_t flags = tcb->state == TCP_SYN_SENT || tcb->lone_syn ? TCP_SYN : TCP_SYN | TCP_ACK;
    uint32_t text = why == SENT_TCP_SYN_FAST ? tcb->rare->fast.sent : 0;

    if (tcb->rare->fast.option.present && (again || why == SENT_TCP_SYN_CROSSED))
        tcb->rare->fast.option.present = false; /* RFC 7413 §4.2: neither data nor option */
    time_segment(tcb, tcb->iss, tcb->iss + 1, again);
    if (!tcb->rare->fast.child && tcb->rare->fast.sent == 0)
        tcb->snd_nxt = tcb->iss + 1;
    tcb->snd_nxt = seq_max(tcb->snd_nxt, tcb->iss + 1 + text);
    if (text > 0)
        note_sent(tcb, tcb->iss + 1, tcb->iss + 1 + text, false);
    tcb->snd_max = seq_max(tcb->snd_max, tcb->snd_nxt);
    tcp_timer_data_sent(tcb);
    transmit(tcb, flags, tcb->iss, text, again, why);
}

void tcp_send_rst(Tcb *tcb, SentReason why)
{
    uint8_t flags = tcb->tcp->cfg.reset_acks ? TCP_RST | TCP_ACK : TCP_RST;

    transmit(tcb, flags, tcb->snd_max, 0, false, why);
}

void tcp_answer(Tcp *tcp, const Segment *seg, TcpHdr *h, SentReason why, uint32_t conn_id)
{
    IpOptions options;
    IpSend how = {
        .src = seg->ip->dst, .dst = seg->ip->src, .proto = 6, .ttl = (uint8_t)tcp->cfg.ttl,
        .df = true, .options = tcp_answer_options(tcp, seg, &options),
    };

    h->src_port = seg->hdr.dst_port;
    h->dst_port = seg->hdr.src_port;
    Packet *pkt = packet_new(tcp->sim, tcp_encoded_len(h), why);
    tcp_encode(h, pkt->data);
    put_checksum(&how, pkt);
    node_count(tcp->node, COUNTER_TcpOutSegs);
    trace_sent(tcp, conn_id, seg->ip->dst, seg->ip->src, h, 0, pkt);
    hand_down(tcp, &how, pkt);
}

void tcp_refuse(Tcp *tcp, const Segment *seg, SentReason why, uint32_t conn_id)
{
    TcpHdr h = { .flags = TCP_RST };

    if (seg->flags & TCP_RST)
        return;
    if (seg->flags & TCP_ACK) { /* RFC 9293 §3.10.7.1: acceptable to who sent the segment */
        h.seq = seg->ack;
    } else {
        h.ack = seg->seq + seg->len;
        h.flags |= TCP_ACK;
    }
    if (seg->hdr.opt.has_timestamps && tcp->cfg.timestamps) { /* RFC 7323 §5.2 */
        h.opt.has_timestamps = true;
        h.opt.ts_ecr = seg->hdr.opt.ts_val;
    }
    node_count(tcp->node, COUNTER_TcpOutRsts);
    tcp_answer(tcp, seg, &h, why, conn_id);
}

/* One segment of the stream: `text` bytes at seq, and the FIN behind them if `fin`. */
static void send_text(Tcb *tcb, TcpSeq seq, uint32_t text, bool fin, SentReason why)
{
    TcpSeq behind = seq + text, end = behind + fin;
    bool last = behind == tcb->out_seq + (TcpSeq)tcb->flow->out.len;
    /* The byte of a window probe sent before does not make a whole segment a repetition. */
    bool again = seq_lt(seq, tcb->snd_max) && !(seq + 1 == tcb->snd_max && text > 1);
    uint8_t flags = TCP_ACK;
    bool pushed = last && !tcb->more;

    tcb_flow(tcb);
    if (tcb->tcp->cfg.offload)
        pushed = piece_pushes(tcb, seq, behind, again);
    if (text > 0 && (pushed || push_covers(tcb, seq, behind)))
        flags |= TCP_PSH; /* RFC 9293 §3.9.1.2, MUST-61, MAY-15 */
    if (fin) {
        flags |= TCP_FIN;
        tcb->fin_sent = true;
    }
    time_segment(tcb, seq, end, again);
    note_sent(tcb, seq, end, again);
    tcb->snd_max = seq_max(tcb->snd_max, end);
    tcb->flow->last_sent = sim_now(tcb->tcp->sim);
    if (tcb->flow->bytes_received > 0) /* a conversation: its ACKs can ride on answers */
        tcb->quick = 0;
    tcp_timer_data_sent(tcb);
    if (fin && tcb->state == TCP_CLOSE_WAIT)
        tcp_set_state(tcb, TCP_LAST_ACK, "FIN is sent", "RFC 9293 §3.10.4");
    pace_sent(tcb, text);
    transmit(tcb, flags, seq, text, again, why);
}

/* --- what may go now: RFC 9293 §3.8.6.2.1 ---------------------------------------------------- */

typedef struct Chance { /* of a segment at SND.NXT */
    uint32_t queued; /* D: bytes of text from there on */
    uint32_t ours;   /* as far as our own window goes */
    uint32_t usable; /* U: as far as both windows go */
    uint32_t most;   /* that a segment carries now */
    uint32_t text;   /* what the segment would carry */
    bool     fin;    /* and whether the FIN goes with it */
} Chance;

static uint32_t room_to(TcpSeq from, TcpSeq edge)
{
    return seq_lt(from, edge) ? edge - from : 0;
}

/* SND.UNA, where our SYN is not counted: the peer's window and ours are for text. */
static TcpSeq text_una(const Tcb *tcb)
{
    return tcb->snd_una == tcb->iss ? tcb->iss + 1 : tcb->snd_una;
}

static bool look(const Tcb *tcb, Chance *ch)
{
    TcpSeq seq = tcb->snd_nxt, end = tcb->out_seq + (TcpSeq)tcb->flow->out.len;
    uint32_t in_flight = seq - text_una(tcb), window = tcp_loss_window(tcb);
    uint32_t peers = room_to(seq, text_una(tcb) + tcb_send_window(tcb));
    uint32_t ours = window > in_flight ? window - in_flight : 0;

    if (tcb->ecn.hold && !tcb->force)
        ours = 0;
    if (seq_gt(seq, end)) /* the FIN is out */
        return false;
    ch->queued = end - seq;
    ch->most = tcp_text_max(tcb);
    if (tcb->tcp->cfg.offload && seq_lt(seq, tcb->snd_max))
        ch->most = MIN(ch->most, piece_record_left(tcb, seq));
    ch->ours = ours;
    ch->usable = MIN(peers, ours);
    ch->text = MIN(MIN(ch->queued, ch->usable), ch->most);
    ch->fin = tcb->fin_queued && ch->text == ch->queued && peers > ch->text &&
              (ch->text > 0 || in_flight < window || text_una(tcb) == tcb->snd_max ||
               tcb->tcp->cfg.profile == TCP_PROFILE_LINUX); /* it needs no room in cwnd there */
    return ch->text > 0 || ch->fin;
}

static bool worth_sending(const Tcb *tcb, const Chance *ch)
{
    bool idle = text_una(tcb) == tcb->snd_max || tcb->nodelay; /* Nagle's condition */

    if (ch->text == ch->most)
        return true; /* (1) */
    if (ch->fin || seq_lt(tcb->snd_nxt, tcb->snd_max))
        return true; /* CLOSE pushes; and what was sent once is sent again */
    if ((tcb->corked || tcb->more_now) && !push_waits(tcb))
        return tcb->force;
    if (idle && ch->queued <= ch->usable)
        return true; /* (2): all data counts as pushed */
    if (idle && ch->text >= MAX(tcb->max_snd_wnd / 2, 1))
        return true; /* (3) */
    return tcb->force; /* (4) */
}

static SentReason why_sent(const Tcb *tcb, const Chance *ch)
{
    if (seq_lt(tcb->snd_nxt, tcb->snd_max) && !(ch->text > 1 && tcb->snd_nxt + 1 == tcb->snd_max))
        return ch->text > 0 ? SENT_TCP_RTO : SENT_TCP_RTO_FIN;
    if (ch->text == 0)
        return SENT_TCP_FIN;
    return tcp_loss_is_limited(tcb) ? SENT_TCP_LIMITED_TRANSMIT : SENT_TCP_DATA;
}

/* With offload: the piece that is leaving, or that may leave next, decides. */
static bool cut_piece(Tcb *tcb, Chance *ch)
{
    TcpSeq seq = tcb->snd_nxt;
    uint32_t window = room_to(seq, text_una(tcb) + tcb_send_window(tcb));

    if (!seq_lt(seq, tcb->burst_end))
        tcb->burst_end = seq + piece_next(tcb, window, ch->ours, ch->most);
    ch->text = MIN(ch->most, tcb->burst_end - seq);
    ch->fin = ch->fin && ch->text == ch->queued;
    return ch->text > 0 || ch->fin;
}

static bool send_next(Tcb *tcb)
{
    Chance ch;

    if (!look(tcb, &ch))
        return false;
    bool fresh = tcb->tcp->cfg.offload && seq_geq(tcb->snd_nxt, tcb->snd_max);
    if (fresh ? !cut_piece(tcb, &ch) : !worth_sending(tcb, &ch))
        return false;
    SentReason why = why_sent(tcb, &ch);
    TcpSeq seq = tcb->snd_nxt;
    if (why == SENT_TCP_LIMITED_TRANSMIT)
        tcb->limited += ch.text;
    tcb->snd_nxt = seq + ch.text + ch.fin;
    send_text(tcb, seq, ch.text, ch.fin, why);
    return true;
}

static bool sends_text(const Tcb *tcb)
{
    enum {
        STATES = 1 << TCP_ESTABLISHED | 1 << TCP_FIN_WAIT_1 | 1 << TCP_CLOSE_WAIT |
                 1 << TCP_CLOSING | 1 << TCP_LAST_ACK
    };

    return (STATES >> tcb->state & 1) != 0 ||
           (tcb->state == TCP_SYN_RECEIVED && tcb->rare->fast.child);
}

/* Is there something that was never sent, or that a timeout or a probe has pulled back? */
static bool something_waits(const Tcb *tcb)
{
    TcpSeq end = tcb->out_seq + (TcpSeq)tcb->flow->out.len;

    return seq_lt(tcb->snd_nxt, end + tcb->fin_queued);
}

/* Data that waits with nothing in flight: no ACK will come to release it, so a timer must. */
static void watch_window(Tcb *tcb)
{
    bool probing = tcp_timer_runs(tcb, TIMER_PERSIST);

    if (!something_waits(tcb) || tcp_timer_runs(tcb, TIMER_RTO)) {
        if (probing)
            tcp_timer_window_opened(tcb);
    } else if (tcb->snd_una == tcb->snd_max && !probing) {
        tcp_timer_window_closed(tcb);
    }
}

/* RFC 6298 (5.1), whatever a peer that shrinks its window (RFC 9293 §3.8.6, MUST-34) has
 * made of it: what was in flight when probes began is watched over when they end. */
static void watch_flight(Tcb *tcb)
{
    if (tcb->snd_una == tcb->snd_max || tcp_timer_runs(tcb, TIMER_RTO) ||
        tcp_timer_runs(tcb, TIMER_PERSIST) || !tcb->tcp->cfg.retransmit)
        return;
    if (tcb_send_window(tcb) == 0)
        tcp_timer_window_closed(tcb);
    else
        tcp_timer_data_sent(tcb);
}

/* What waits would be sent, were the peer's window larger. */
static bool waits_for_window(const Tcb *tcb)
{
    TcpSeq seq = tcb->snd_nxt, end = tcb->out_seq + (TcpSeq)tcb->flow->out.len;
    uint32_t queued = room_to(seq, end), in_flight = seq - tcb->snd_una;

    return queued > 0 && tcp_loss_window(tcb) > in_flight &&
           room_to(seq, tcb->snd_una + tcb_send_window(tcb)) < MIN(queued, tcb->snd_mss);
}

/* What is lost goes first, then what is new. */
static bool send_one(Tcb *tcb)
{
    if (tcb->ca == TCP_CA_OPEN && tcb->flow->repair.sent.due == 0)
        return send_next(tcb);
    return tcp_loss_resend(tcb) || tcp_recover_lost(tcb) || send_next(tcb) ||
           tcp_recover_rest(tcb) || tcp_loss_fall_back(tcb);
}

static void send_all(Tcb *tcb)
{
    TcpSeq max = tcb->snd_max;

    while (tcb->state != TCP_CLOSED &&
           pace_allows(tcb, something_waits(tcb) || tcb->flow->repair.sent.due > 0) &&
           send_one(tcb))
        ;
    if (tcb->state == TCP_CLOSED)
        return;
    if (tcb->snd_max != max)
        tlp_schedule(tcb);
    if (!something_waits(tcb) && tcb->flow->repair.sent.due == 0 &&
        tcp_in_pipe(tcb) < tcb->cong.cwnd)
        rate_limited(tcb);
}

/* Nothing to send, nothing in flight, nothing that waits for room. */
static bool has_no_text(const Tcb *tcb)
{
    const Flow *flow = tcb->flow;

    return flow->out.len == 0 && flow->repair.sent.n == 0 && !tcb->fin_queued && !tcb->force &&
           !tcp_timer_runs(tcb, TIMER_PERSIST);
}

void tcp_output(Tcb *tcb)
{
    TcpSeq before = tcb->snd_max;

    if (tcb->owed == ACK_BARE)
        send_ack(tcb);
    if (has_no_text(tcb) && sends_text(tcb)) { /* what only receives comes here for its ACKs */
        rate_limited(tcb);
        tcp_cong_sent(tcb);
        tally_output(tcb, false, false);
        if (tcb->owed == ACK_DUE)
            send_ack(tcb);
        return;
    }
    if (sends_text(tcb)) {
        tcb->burst_end = tcb->snd_nxt;
        if (something_waits(tcb) && tcb->snd_una == tcb->snd_max)
            tcp_cong_idle(tcb);
        send_all(tcb);
        tcp_cong_sent(tcb);
        if (tcb->force)
            tcb->ecn.hold = false;
        tcb->force = false;
    }
    if (tcb->state == TCP_CLOSED)
        return;
    watch_window(tcb);
    watch_flight(tcb);
    tally_output(tcb, waits_for_window(tcb), tcb->snd_max != before);
    if (tcb->owed == ACK_DUE)
        send_ack(tcb);
}

TcpSeq tcp_retransmit(Tcb *tcb, TcpSeq seq, TcpSeq end, SentReason why)
{
    TcpSeq behind = tcb->out_seq + (TcpSeq)tcb->flow->out.len;
    uint32_t wnd = room_to(seq, tcb->snd_una + tcb_send_window(tcb));
    uint32_t text = MIN(MIN(room_to(seq, behind), room_to(seq, end)), MIN(tcp_text_max(tcb), wnd));
    if (tcb->tcp->cfg.offload)
        text = MIN(text, piece_record_left(tcb, seq));
    bool fin = tcb->fin_sent && seq + text == behind && wnd > text && seq_gt(end, behind);

    if (text > 0 || fin)
        send_text(tcb, seq, text, fin, text > 0 ? why : SENT_TCP_RTO_FIN);
    if (seq == tcb->snd_una && tcb->ca == TCP_CA_RECOVERY && why != SENT_TCP_PARTIAL_ACK)
        tcp_timer_first_resent(tcb);
    return seq + text + fin;
}

void tcp_retransmit_first(Tcb *tcb, SentReason why)
{
    tcp_retransmit(tcb, tcb->snd_una, tcb->snd_max, why);
}

bool tcp_send_new(Tcb *tcb, SentReason why)
{
    TcpSeq seq = tcb->snd_max, behind = tcb->out_seq + (TcpSeq)tcb->flow->out.len;
    uint32_t wnd = room_to(seq, tcb->snd_una + tcb_send_window(tcb));

    if (!seq_lt(seq, behind + (tcb->fin_queued && !tcb->fin_sent)) || wnd == 0)
        return false;
    uint32_t text = MIN(behind - seq, MIN(tcp_text_max(tcb), wnd));
    if (tcb->tcp->cfg.offload && text > 0) {
        tcb->force = true;
        text = piece_next(tcb, wnd, text, text);
        tcb->force = false;
    }
    bool fin = tcb->fin_queued && seq + text == behind && wnd > text;
    tcb->snd_nxt = seq + text + fin;
    send_text(tcb, seq, text, fin, why);
    return true;
}

void tcp_resend_last(Tcb *tcb, SentReason why)
{
    const Sent *sent = &tcb->flow->repair.sent;

    if (sent->n == 0)
        return;
    const SentSeg *g = sent_at(sent, sent->n - 1);
    TcpSeq left = g->left, right = g->right;
    if (right - left > tcp_text_max(tcb) + 1)
        left = right - tcp_text_max(tcb);
    tcp_retransmit(tcb, left, right, why);
}

void tcp_send_keepalive(Tcb *tcb)
{
    uint32_t garbage = tcb->tcp->cfg.keepalive_garbage; /* MAY-6; SHLD-12: none unless so told */

    transmit(tcb, TCP_ACK, tcb->snd_max - 1, garbage, false, SENT_TCP_KEEPALIVE);
}

/* RFC 9293 §3.8.6.1. SND.NXT stays where it is: when the window opens, the byte goes again with
 * those behind it. */
void tcp_send_probe(Tcb *tcb)
{
    if (tcb->tcp->cfg.window_probe == TCP_PROBE_OLD) { /* what any peer answers with an ACK */
        transmit(tcb, TCP_ACK, tcb->snd_una - 1, 0, false, SENT_TCP_WINDOW_PROBE);
        return;
    }
    bool text = tcb->flow->out.len > 0;
    uint8_t flags = TCP_ACK;
    TcpSeq end = tcb->snd_una + 1;

    if (!text && tcb->fin_queued) {
        flags |= TCP_FIN;
        tcb->fin_sent = true;
    }
    tcb->rtt_timing = false;
    bool again = seq_geq(tcb->snd_max, end);
    note_sent(tcb, tcb->snd_una, end, again);
    tcb->snd_nxt = tcb->snd_una;
    tcb->snd_max = seq_max(tcb->snd_max, end);
    if ((flags & TCP_FIN) && tcb->state == TCP_CLOSE_WAIT)
        tcp_set_state(tcb, TCP_LAST_ACK, "FIN is sent", "RFC 9293 §3.10.4");
    transmit(tcb, flags, tcb->snd_una, text, again, SENT_TCP_WINDOW_PROBE);
}

/* --- acknowledgments -------------------------------------------------------------------------- */

void tcp_send_owed_ack(Tcb *tcb, SentReason why)
{
    tcb->owed_why = why;
    send_ack(tcb);
}

/* The window of a SYN-ACK is not scaled, and says nothing of how far it may be opened. */
static bool only_syn_data_came(const Tcb *tcb)
{
    return tcb->rare->fast.child && tcb->flow->bytes_received == tcb->rare->fast.sent;
}

/* An update is sent for a quarter of what the window may be, or as soon as it may be opened at all
 * if the peer could be waiting for it; else the next acknowledgment carries it. */
void tcp_offer_window(Tcb *tcb)
{
    uint32_t gain = window_gain(tcb, tcp_free_buffer(tcb));
    uint32_t largest = (uint32_t)MIN(tcb->tcp->cfg.rcvbuf, tcp_window_max(tcb));

    if (tcb->fin_received || tcb->state == TCP_TIME_WAIT || !worth_opening(tcb, gain))
        return;
    if ((gain < largest / 4 || only_syn_data_came(tcb)) && tcb_window(tcb) >= 2 * tcb->rcv_mss)
        return;
    owe_ack(tcb, SENT_TCP_WINDOW_UPDATE);
    tcp_output(tcb);
}
