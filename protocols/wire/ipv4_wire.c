/*
 * ipv4_wire.c - the IPv4 header, RFC 791 §3.1.
 *
 *    0     1     2           4    6              8     9       10         12    16    20
 *    | v,l | tos | total len | id | flags,offset | ttl | proto | checksum | src | dst | options
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/ipv4_wire.h"

#include "protocols/wire/checksum.h"

#include <string.h>

enum { FLAG_RESERVED = 0x8000, FLAG_DF = 0x4000, FLAG_MF = 0x2000, OFFSET_MASK = 0x1fff };

/* Everything but the checksum and the total length, which need more bytes or are judged apart. */
static DropReason decode_fields(Ipv4Hdr *h, Span bytes)
{
    const uint8_t *p = bytes.p;

    if (bytes.n < IPV4_HDR_LEN)
        return DROP_IP_SHORT;
    if (p[0] >> 4 != 4)
        return DROP_IP_VERSION;
    size_t len = (size_t)(p[0] & 15) * 4;
    if (len < IPV4_HDR_LEN || len > bytes.n)
        return DROP_IP_HEADER_LEN;

    uint16_t frag = get16(p + 6);
    h->tos = p[1];
    h->total_len = get16(p + 2);
    h->id = get16(p + 4);
    h->reserved = (frag & FLAG_RESERVED) != 0;
    h->df = (frag & FLAG_DF) != 0;
    h->mf = (frag & FLAG_MF) != 0;
    h->frag_off = (uint16_t)((frag & OFFSET_MASK) * 8);
    h->ttl = p[8];
    h->proto = p[9];
    h->checksum = get16(p + 10);
    h->src = ip_v4(get32(p + 12));
    h->dst = ip_v4(get32(p + 16));
    h->options_len = (uint8_t)(len - IPV4_HDR_LEN);
    if (h->options_len > 0)
        memcpy(h->options, p + IPV4_HDR_LEN, h->options_len);
    return DROP_NONE;
}

static bool checksum_right(const Ipv4Hdr *h, const uint8_t *p)
{
    if (h->options_len == 0)
        return sum_of_20_is_right(p);
    return sum_fold(sum_add(0, (Span){ p, ipv4_hdr_len(h) })) == 0;
}

DropReason ipv4_decode(Ipv4Hdr *h, Span bytes)
{
    DropReason why = decode_fields(h, bytes);

    if (why != DROP_NONE)
        return why;
    /* RFC 1122 §3.2.1.2 comes before any use of the fields, the total length among them. */
    if (!checksum_right(h, bytes.p))
        return DROP_IP_CHECKSUM;
    if (h->total_len < ipv4_hdr_len(h) || h->total_len > bytes.n)
        return DROP_IP_LENGTH;
    return DROP_NONE;
}

DropReason ipv4_decode_quoted(Ipv4Hdr *h, Span bytes)
{
    DropReason why = decode_fields(h, bytes);

    if (why != DROP_NONE)
        return why;
    return h->total_len < ipv4_hdr_len(h) ? DROP_IP_LENGTH : DROP_NONE;
}

void ipv4_encode(const Ipv4Hdr *h, uint8_t *out)
{
    size_t len = ipv4_hdr_len(h);
    uint64_t flags = (h->reserved ? FLAG_RESERVED : 0) | (h->df ? FLAG_DF : 0) |
                     (h->mf ? FLAG_MF : 0);
    uint64_t to_flags = (uint64_t)(4 << 4 | len / 4) << 56 | (uint64_t)h->tos << 48 |
                        (uint64_t)h->total_len << 32 | (uint64_t)h->id << 16 | flags |
                        h->frag_off / 8;
    uint64_t to_src = (uint64_t)h->ttl << 56 | (uint64_t)h->proto << 48 | ip_to_v4(h->src);

    ipv4_put(to_flags, to_src, ip_to_v4(h->dst), out);
    if (h->options_len == 0)
        return;
    put16(out + 10, 0);
    memcpy(out + IPV4_HDR_LEN, h->options, h->options_len);
    put16(out + 10, sum_fold(sum_add(0, (Span){ out, len })));
}
