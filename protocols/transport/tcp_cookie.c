/*
 * tcp_cookie.c - SYN cookies: what a listener must remember of a SYN lies in the sequence number of
 * its SYN-ACK, and comes back with the third segment. RFC 4987 §3.6 and appendix A.
 *
 * 5 bits: a count of 64 s, modulo 32. 3 bits: which of eight segment sizes the peer's MSS was
 * rounded down to. 24 bits: a keyed sum of both, of the four-tuple and of the peer's ISN. A cookie
 * is good in the period in which it was made and the next, so for 64 to 128 s. Other options are
 * lost.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

enum { CLASSES = 8, COUNT_BITS = 5, CLASS_SHIFT = 24, COUNT_SHIFT = 27, PERIODS = 2 };

static const SimTime PERIOD = 64 * SEC;
static const TcpSeq SUM_MASK = 0xffffff;

/* 536 is what goes without saying, 1460 Ethernet, 1440 with IPv6 below, 1300 tunnels, 8960 jumbo
 * frames; none is above what the peer has said. */
static const uint16_t sizes[CLASSES] = { TCP_MSS_MIN, 512, 536, 1024, 1300, 1440, 1460, 8960 };

static unsigned class_of(uint32_t mss)
{
    unsigned i = CLASSES - 1;

    while (i > 0 && sizes[i] > mss)
        i--;
    return i;
}

static TcpSeq cookie(const Tcp *tcp, const Segment *seg, TcpSeq irs, uint64_t count, unsigned class)
{
    TcpSeq who = tcp_keyed(tcp, seg->ip->dst, seg->hdr.dst_port, seg->ip->src, seg->hdr.src_port);
    uint64_t x = tcp_mix((uint64_t)who << 32 | irs) ^ tcp->isn_key[1];
    TcpSeq sum = (TcpSeq)tcp_mix(x + count * CLASSES + class) & SUM_MASK;

    return (TcpSeq)(count & ((1 << COUNT_BITS) - 1)) << COUNT_SHIFT | (TcpSeq)class << CLASS_SHIFT |
           sum;
}

static uint64_t count_now(const Tcp *tcp)
{
    return (uint64_t)(sim_now(tcp->sim) / PERIOD);
}

bool cookie_use(const Listener *l)
{
    const TcpConfig *cfg = &l->tcp->cfg;

    return cfg->syncookies == TCP_COOKIES_ALWAYS ||
           (cfg->syncookies == TCP_COOKIES_AUTO && half_full(l));
}

void cookie_answer(Listener *l, const Segment *seg)
{
    Tcp *tcp = l->tcp;
    uint32_t mss = seg->hdr.opt.has_mss ? seg->hdr.opt.mss : TCP_MSS_DEFAULT;
    TcpHdr h = {
        .seq = cookie(tcp, seg, seg->seq, count_now(tcp), class_of(mss)),
        .ack = seg->seq + 1,
        .flags = TCP_SYN | TCP_ACK,
        .window = tcp_first_window(&tcp->cfg, tcp_rcv_mss(tcp, seg->ip->src)),
        .opt = { .has_mss = true, .mss = (uint16_t)tcp_rcv_mss(tcp, seg->ip->src),
                 .bsd = tcp->cfg.profile == TCP_PROFILE_FREEBSD },
    };

    l->cookies_sent = true;
    l->cookie_last = sim_now(tcp->sim);
    node_count(tcp->node, COUNTER_TcpExtSyncookiesSent);
    tcp_answer(tcp, seg, &h, SENT_TCP_SYN_COOKIE, 0);
}

/* The class that a good cookie tells of, or -1. */
static int read_cookie(const Tcp *tcp, const Segment *seg)
{
    TcpSeq iss = seg->ack - 1, irs = seg->seq - 1;
    unsigned class = iss >> CLASS_SHIFT & (CLASSES - 1);
    uint64_t now = count_now(tcp);

    for (uint64_t age = 0; age < PERIODS && age <= now; age++)
        if (iss == cookie(tcp, seg, irs, now - age, class))
            return (int)class;
    return -1;
}

/* As it would stand if its SYN had been kept. */
static Tcb *reconstruct(Listener *l, const Segment *seg, uint16_t mss)
{
    Tcp *tcp = l->tcp;
    Segment syn = *seg;
    Tcb *tcb = tcb_new(tcp, seg->ip->dst, seg->hdr.dst_port, seg->ip->src, seg->hdr.src_port);

    syn.seq = seg->seq - 1;
    syn.flags = TCP_SYN;
    syn.hdr.opt = (TcpOptions){ .has_mss = true, .mss = mss };
    tcb->passive = true;
    half_open(l, tcb);
    tcb->state = TCP_LISTEN;
    tcb_set_iss(tcb, seg->ack - 1);
    tcb->snd_nxt = tcb->snd_max = seg->ack;
    take_syn(tcb, &syn);
    tcp_set_state(tcb, TCP_SYN_RECEIVED, "SYN cookie comes back", "RFC 4987 §3.6");
    return tcb;
}

Tcb *cookie_open(Listener *l, const Segment *seg, DropReason *why)
{
    Tcp *tcp = l->tcp;

    if ((seg->flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK || !l->cookies_sent ||
        sim_now(tcp->sim) - l->cookie_last >= PERIODS * PERIOD)
        return NULL;
    int class = read_cookie(tcp, seg);
    if (class < 0) {
        node_count(tcp->node, COUNTER_TcpExtSyncookiesFailed);
        return NULL; /* in_listen refuses it as any other ACK */
    }
    node_count(tcp->node, COUNTER_TcpExtSyncookiesRecv);
    if (listener_full(l)) {
        *why = listener_overflow(l, seg, 0);
        return NULL;
    }
    node_count(tcp->node, COUNTER_TcpPassiveOpens);
    return reconstruct(l, seg, sizes[class]);
}
