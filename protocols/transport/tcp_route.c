/*
 * tcp_route.c - the IP options of a connection: the source route that the program has given it, or
 * that its peer's segments came by; record route, timestamps. RFC 9293 §3.9.2, §3.9.2.1.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_route.h"

#include <string.h>

const IpOptions *tcb_ip_options(const Tcb *tcb)
{
    return tcb->rare->ip_options.len > 0 ? &tcb->rare->ip_options : NULL;
}

IpAddr tcb_first_hop(const Tcb *tcb)
{
    return ip_is_none(tcb->rare->ip_options.first) ? tcb->remote : tcb->rare->ip_options.first;
}

void tcb_set_ip_options(Tcb *tcb, const IpOptions *options)
{
    tcb_rare(tcb)->ip_options = *options;
    tcb->snd_mss = tcp_path_mss(tcb->tcp, tcb->remote, tcb_ip_options(tcb));
    tcb->rcv_mss = (uint16_t)tcp_rcv_mss(tcb->tcp, tcb_first_hop(tcb));
}

/* In mid-connection: what is sent from now on has so much more room for text, or less; and perhaps
 * another first link. */
static void change_ip_options(Tcb *tcb, const IpOptions *options)
{
    uint32_t mss = tcb->snd_mss + tcb->rare->ip_options.len;

    tcb_rare(tcb)->ip_options = *options;
    tcb->snd_mss = tcb->cong.mss = MAX(mss, TCP_MSS_MIN + options->len) - options->len;
    tcb_path_mtu(tcb);
}

void tcp_take_route(Tcb *tcb, const Segment *seg)
{
    IpOptions taken = { .first = IP_NONE };
    const IpOptions *own = &tcb->rare->ip_options;

    if (!tcb->passive || !ip_options_reverse(&taken, seg->ip->options, tcb->remote))
        return;
    ip_options_continue(&taken, (Span){ own->bytes, own->len });
    if (taken.len == own->len && memcmp(taken.bytes, own->bytes, own->len) == 0 &&
        ip_equal(taken.first, own->first))
        return;
    if (tcb->state == TCP_LISTEN || tcb->state == TCP_TIME_WAIT) /* by its SYN: it begins */
        tcb_set_ip_options(tcb, &taken);
    else
        change_ip_options(tcb, &taken);
}

const IpOptions *tcp_answer_options(Tcp *tcp, const Segment *seg, IpOptions *space)
{
    const IpMeta *ip = seg->ip;
    const Tcb *tcb = table_find(&tcp->table, ip->dst, seg->hdr.dst_port, ip->src,
                                seg->hdr.src_port);

    if (tcb != NULL && tcb->rare->ip_options.len > 0)
        return &tcb->rare->ip_options;
    *space = (IpOptions){ .first = IP_NONE };
    return ip_options_reverse(space, ip->options, ip->src) ? space : NULL;
}
