/*
 * tcp_handshake.c - handshakes that are wrong on purpose, but for the first case.
 *
 * Where a SYN was never sent, the numbers are as if one had been sent and acknowledged: the first
 * byte is ISS + 1.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_handshake.h"

/* ESTABLISHED at once, the SYN-ACK taken for acknowledged and never repeated. */
static void establish_two_way(Tcb *tcb)
{
    tcp_timer_stop(tcb, TIMER_RTO);
    tcb->rtt_timing = false;
    tcb->snd_una = tcb->snd_nxt;
    tcb_established(tcb, "SYN arrives, and two-way handshake", "RFC 9293 §3.5");
    deliver_waiting(tcb);
}

void handshake_answer(Tcb *tcb, SentReason why)
{
    switch (tcb->tcp->cfg.handshake) {
    case TCP_TWO_WAY:
        tcp_send_syn(tcb, why);
        establish_two_way(tcb);
        break;
    case TCP_SPLIT: /* four messages, none merged: RFC 9293 §3.4.1 */
        tcp_send_owed_ack(tcb, SENT_TCP_ACK);
        tcb->lone_syn = true;
        tcp_send_syn(tcb, SENT_TCP_SYN);
        break;
    case TCP_THREE_WAY:
    case TCP_NO_HANDSHAKE:
        tcp_send_syn(tcb, why);
        break;
    }
}

/* What both ends know of each other when nobody has said anything. */
static void begin(Tcb *tcb, TcpSeq snd, TcpSeq rcv, uint32_t window)
{
    tcb_set_iss(tcb, snd - 1);
    tcb->snd_una = tcb->snd_nxt = tcb->snd_max = tcb->recover = snd;
    tcb->snd_wl1 = tcb->irs = rcv - 1;
    tcb->snd_wl2 = snd;
    tcb->snd_wnd = tcb->max_snd_wnd = window;
    tcb->snd_mss = MIN(tcb->snd_mss, TCP_MSS_DEFAULT);
    tcb->cong.mss = tcb->snd_mss;
    tcb->rcv_nxt = tcb->ack_sent = rcv;
    tcb->rcv_adv = rcv + tcp_syn_window(tcb);
}

void handshake_skip(Tcb *tcb)
{
    node_count(tcb->tcp->node, COUNTER_TcpActiveOpens);
    begin(tcb, tcb->iss + 1, 0, TCP_WINDOW_MAX); /* the peer takes what we acknowledge: 0 */
    tcb_established(tcb, "program connects, and no handshake", "RFC 9293 §3.10.1");
    tcb_check(tcb);
}

Tcb *handshake_guess(Listener *l, const Segment *seg)
{
    Tcp *tcp = l->tcp;

    if (tcp->cfg.handshake != TCP_NO_HANDSHAKE || seg->text.n == 0 || listener_full(l) ||
        (seg->flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK)
        return NULL;
    Tcb *tcb = tcb_new(tcp, seg->ip->dst, seg->hdr.dst_port, seg->ip->src, seg->hdr.src_port);
    node_count(tcp->node, COUNTER_TcpPassiveOpens);
    tcb->passive = true;
    half_open(l, tcb);
    tcb->state = TCP_LISTEN;
    begin(tcb, seg->ack, seg->seq, seg->wnd);
    tcb_established(tcb, "data arrives, and no handshake", "RFC 9293 §3.10.7.2");
    return tcb;
}
