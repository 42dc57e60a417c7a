/*
 * tcp_opt.c - options: offered in a SYN, agreed on with the peer's, and carried by each segment;
 * and the windows that a shift makes of 16 bits. RFC 7323 §2, RFC 2018 §2-4.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

/* --- agreement -------------------------------------------------------------------------------- */

/* RFC 7323 §2.3: the least shift with which all of the buffer can be announced. Linux takes the
 * most that it might let the buffer grow to, and the logarithm of that. */
static uint8_t scale_for(const TcpConfig *cfg)
{
    uint64_t most = MAX(cfg->rcvbuf, cfg->rcvbuf_max);
    uint8_t scale = 0;

    while (scale < TCP_SCALE_MAX && most >> scale > TCP_WINDOW_MAX)
        scale++;
    return scale;
}

void tcp_agree(Tcb *tcb, const TcpOptions *opt)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;
    TcpAgreed *agreed = &tcb->agreed;

    if (cfg->window_scale && opt->has_wscale) {
        agreed->window_scale = true;
        agreed->snd_scale = MIN(opt->wscale, TCP_SCALE_MAX);
        agreed->rcv_scale = scale_for(cfg);
    }
    agreed->sack = cfg->sack && opt->sack_permitted;
    if (cfg->timestamps && opt->has_timestamps) {
        agreed->timestamps = true;
        tcp_ts_set_recent(tcb, opt->ts_val);
        tcb->snd_mss -= TCP_TS_LEN; /* RFC 6691 §2: the MSS counts them as text */
    }
}

/* --- what a segment carries ------------------------------------------------------------------- */

static uint32_t uto_room(const Tcb *tcb)
{
    return tcb->rare->uto.due ? TCP_UTO_LEN : 0; /* see uto_goes */
}

/* SACK blocks beside `text` bytes: as many as the header has room for, but they may take no more
 * than half of a segment's text. */
static unsigned blocks_beside(const Tcb *tcb, bool text)
{
    const TcpAgreed *agreed = &tcb->agreed;
    unsigned n = sacklist_count(&tcb->flow->told, &tcb->flow->reass, TCP_SACK_MAX);

    if (n == 0 || !agreed->sack || tcb->state < TCP_ESTABLISHED)
        return 0;
    size_t room = TCP_OPTIONS_MAX - (agreed->timestamps ? TCP_TS_LEN : 0u) - uto_room(tcb);
    room = MIN(room, text ? tcb->snd_mss / 2 : tcb->snd_mss);
    while (n > 0 && TCP_SACK_LEN(n) > room)
        n--;
    return n;
}

uint32_t tcp_text_beside(const Tcb *tcb)
{
    unsigned n = blocks_beside(tcb, true);
    uint32_t most = tcb->snd_mss - uto_room(tcb);

    return n > 0 ? most - (uint32_t)TCP_SACK_LEN(n) : most;
}

static void offer(const Tcb *tcb, bool answer, TcpOptions *opt)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;
    const TcpAgreed *agreed = &tcb->agreed;

    opt->has_mss = true;
    opt->mss = (uint16_t)tcb->rcv_mss;
    opt->sack_permitted = answer ? agreed->sack : cfg->sack;
    opt->has_timestamps = answer ? agreed->timestamps : cfg->timestamps;
    opt->has_wscale = answer ? agreed->window_scale : cfg->window_scale;
    opt->fastopen = tcb->rare->fast.option;
    opt->wscale = opt->has_wscale ? scale_for(cfg) : 0; /* even if it is 0: RFC 7323 §2.2 */
}

void tcp_put_options(const Tcb *tcb, uint8_t flags, uint32_t text, TcpOptions *opt)
{
    const TcpAgreed *agreed = &tcb->agreed;

    opt->bsd = tcb->tcp->cfg.profile == TCP_PROFILE_FREEBSD;
    if (flags & TCP_SYN)
        offer(tcb, (flags & TCP_ACK) != 0, opt);
    else
        opt->has_timestamps = agreed->timestamps;
    if (tcb->rare->uto.due || (flags & TCP_SYN))
        uto_put(tcb, flags, opt);
    if (opt->has_timestamps) {
        opt->ts_val = tcp_ts_now(tcb);
        opt->ts_ecr = flags & TCP_ACK ? agreed->ts_recent : 0;
    }
    if (flags & (TCP_SYN | TCP_RST))
        return;
    unsigned n = blocks_beside(tcb, text > 0);
    if (n > 0)
        opt->n_sack = (uint8_t)sacklist_blocks(&tcb->flow->told, &tcb->flow->reass, n, opt->sack);
}

/* --- windows ---------------------------------------------------------------------------------- */

uint64_t tcp_whole_segments(const Tcb *tcb, uint64_t size)
{
    uint64_t mss = tcb->snd_mss + (tcb->agreed.timestamps ? TCP_TS_LEN : 0);
    bool rounds = tcb->state > TCP_SYN_SENT &&
                  !(tcb->passive && tcb->state == TCP_SYN_RECEIVED); /* no socket has it yet */

    return rounds && size > mss ? (size + mss - 1) / mss * mss : size;
}

uint16_t tcp_first_window(const TcpConfig *cfg, uint32_t segment)
{
    uint64_t window = cfg->rcvbuf;

    if (cfg->profile == TCP_PROFILE_LINUX && window > segment)
        window -= window % segment;
    return (uint16_t)MIN(window, TCP_WINDOW_MAX);
}

uint16_t tcp_syn_window(const Tcb *tcb)
{
    bool stamped = tcb->passive && tcb->agreed.timestamps; /* who opens cannot know yet */
    uint32_t segment = (uint32_t)tcb->rcv_mss - (stamped ? TCP_TS_LEN : 0);
    uint16_t window = tcp_first_window(&tcb->tcp->cfg, segment);

    return (uint16_t)MIN(window, tcp_free_buffer(tcb)); /* text of the SYN may lie there */
}

uint16_t tcp_scaled_window(Tcb *tcb, uint32_t free_)
{
    unsigned shift = tcb->agreed.rcv_scale;
    uint32_t less = tcp_window_unit(tcb) - 1, up = (tcb_window(tcb) + less) >> shift;

    if ((uint64_t)up << shift > (uint64_t)free_ + less)
        up = MIN(tcb_window(tcb), free_ + less) >> shift;
    tcb->rcv_adv = seq_max(tcb->rcv_adv, tcb->rcv_nxt + (up << shift));
    return (uint16_t)MIN(up, TCP_WINDOW_MAX);
}

/* --- SACK: what has come, and has come twice -------------------------------------------------- */

void tcp_note_twice(Tcb *tcb, TcpSeq left, TcpSeq right)
{
    if (!tcb->agreed.sack || !tcb->tcp->cfg.dsack || !seq_lt(left, right))
        return;
    node_count(tcb->tcp->node, COUNTER_TcpExtTCPDSACKOldSent);
    sacklist_twice(&tcb_flow(tcb)->told, left, right);
}

void tcp_note_queued(Tcb *tcb, const Segment *seg)
{
    TcpSeq right = seg->seq + (TcpSeq)seg->text.n;
    TcpSackBlock part;

    if (!tcb->agreed.sack || tcb->flow->told.has_twice) /* RFC 2883 §4.2: only the first part */
        return;
    if (sacklist_overlap(&tcb->flow->reass, seg->seq, right, &part))
        tcp_note_twice(tcb, part.left, part.right);
}
