/*
 * udp_wire.c - the UDP header, RFC 768.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/udp_wire.h"

#include "protocols/wire/checksum.h"

DropReason udp_decode_header(UdpHdr *h, Span dgram)
{
    if (dgram.n < UDP_HDR_LEN)
        return DROP_UDP_SHORT;
    *h = (UdpHdr){
        .src_port = get16(dgram.p),
        .dst_port = get16(dgram.p + 2),
        .length = get16(dgram.p + 4),
        .checksum = get16(dgram.p + 6),
    };
    return h->length < UDP_HDR_LEN || h->length > dgram.n ? DROP_UDP_LENGTH : DROP_NONE;
}

DropReason udp_decode(UdpHdr *h, Span dgram, uint32_t pseudo)
{
    DropReason why = udp_decode_header(h, dgram);

    if (why != DROP_NONE)
        return why;
    Span covered = { dgram.p, h->length };
    if (h->checksum != 0 && sum_fold(sum_add(pseudo + h->length, covered)) != 0)
        return DROP_UDP_CHECKSUM;
    return DROP_NONE;
}

void udp_encode(const UdpHdr *h, uint8_t out[static UDP_HDR_LEN])
{
    put16(out, h->src_port);
    put16(out + 2, h->dst_port);
    put16(out + 4, h->length);
    put16(out + 6, h->checksum);
}

/* RFC 768: a computed zero goes out as all ones, zero meaning "none". */
uint16_t udp_checksum(Span dgram, uint32_t pseudo)
{
    uint16_t sum = sum_fold(sum_add(pseudo + (uint32_t)dgram.n, dgram));

    return sum != 0 ? sum : 0xffff;
}
