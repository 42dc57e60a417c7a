/*
 * tcp_lazy.c - text that is described instead of written, and sums that are not made, while nobody
 * looks at them.
 *
 * What a program says as a run of the pattern stays one in the send buffer, in the segments and in
 * the receive buffer: no byte is made, summed up or compared. Who looks at a packet on its way has
 * it written first (sim/engine/packet.h), and from then on it is a packet like any other. Of other
 * text, and of none, the sum alone is left to be written.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"
#include "protocols/wire/checksum.h"

#include "sim/engine/sim.h"

#include <string.h>

enum { CHECKSUM_AT = 16 };

static void write_text(Packet *pkt)
{
    put16(pkt->buf + pkt->unwritten.header + CHECKSUM_AT, pattern_write(pkt));
}

/* The text that a keep-alive sends again the stream has left behind. */
static Packet *new_written(const Tcb *tcb, size_t header, size_t at, size_t text, SentReason why)
{
    Packet *pkt = packet_new(tcb->tcp->sim, header + text, why);

    if (why == SENT_TCP_KEEPALIVE)
        memset(pkt->data + header, 0, text);
    else if (text > 0)
        ring_read(&tcb->flow->out, at, pkt->data + header, text);
    return pkt;
}

Packet *lazy_new(const Tcb *tcb, size_t header, size_t at, size_t text, SentReason why)
{
    uint64_t from;

    if (text == 0 || why == SENT_TCP_KEEPALIVE || !ring_is_pattern(&tcb->flow->out, at, &from))
        return new_written(tcb, header, at, text, why);
    Packet *pkt = packet_new_described(tcb->tcp->sim, header, text, why);
    uint16_t start = packet_offset(pkt);
    pkt->unwritten = (Unwritten){
        .write = write_text, .from = from, .at = start + (uint32_t)header, .n = (uint32_t)text,
        .header = start, .left = true,
    };
    return pkt;
}

/* Where all text is written the sum alone is not. */
void lazy_sum(Packet *pkt, uint32_t pseudo)
{
    uint16_t start = packet_offset(pkt);

    if (packet_is_written(pkt))
        pkt->unwritten = (Unwritten){ .write = write_text, .at = start + pkt->len,
                                      .header = start, .left = true };
    pkt->unwritten.pseudo = pseudo;
    if (pkt->sim->eager)
        packet_write(pkt);
}

DropReason lazy_decode(TcpHdr *h, const Packet *pkt, const IpMeta *ip)
{
    if (!packet_is_written(pkt))
        return tcp_decode_header(h, packet_headers(pkt));
    return tcp_decode(h, packet_span(pkt), sum_pseudo(ip->src, ip->dst, ip->proto));
}

void lazy_store(Tcb *tcb, size_t at, const Segment *seg, size_t n)
{
    const Packet *pkt = seg->pkt;
    Ring *in = &tcb_flow(tcb)->in;

    if (packet_is_written(pkt) || pkt->unwritten.n == 0)
        ring_write(in, at, pkt->buf + seg->text.at, n);
    else
        ring_write_pattern(in, at, pkt->unwritten.from + (seg->text.at - pkt->unwritten.at), n);
}
