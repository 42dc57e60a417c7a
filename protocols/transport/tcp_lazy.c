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

enum { CHECKSUM_AT = 16 };

static void write_text(Packet *pkt)
{
    put16(pkt->buf + pkt->unwritten.header + CHECKSUM_AT, pattern_write(pkt));
}

void lazy_fill(Tcb *tcb, size_t at, Packet *pkt, size_t header)
{
    uint32_t start = (uint32_t)(pkt->data - pkt->buf), text = (uint32_t)(pkt->len - header);
    uint64_t from;

    if (!ring_is_pattern(&tcb->flow->out, at, &from)) {
        ring_read(&tcb->flow->out, at, pkt->data + header, text);
        return;
    }
    pkt->unwritten = (Unwritten){
        .write = write_text, .from = from, .at = start + (uint32_t)header, .n = text,
        .header = start,
    };
}

/* Where all text is written the sum alone is not. */
void lazy_sum(Packet *pkt, uint32_t pseudo)
{
    uint32_t start = (uint32_t)(pkt->data - pkt->buf);
    if (packet_is_written(pkt))
        pkt->unwritten = (Unwritten){ .write = write_text, .at = start + (uint32_t)pkt->len,
                                      .header = start };
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

    if (packet_is_written(pkt) || pkt->unwritten.n == 0) {
        ring_write(in, at, seg->text.p, n);
        return;
    }
    size_t before = (size_t)(seg->text.p - pkt->buf) - pkt->unwritten.at;
    ring_write_pattern(in, at, pkt->unwritten.from + before, n);
}
