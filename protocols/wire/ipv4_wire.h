/*
 * ipv4_wire.h - the IPv4 header, RFC 791 §3.1.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "protocols/wire/checksum.h"
#include "sim/engine/reason.h"

enum { IPV4_HDR_LEN = 20, IPV4_HDR_MAX = 60, IPV4_OPTIONS_MAX = 40 };
enum { IPPROTO_ICMP4 = 1, IPPROTO_TCP4 = 6, IPPROTO_UDP4 = 17 };

typedef struct Ipv4Hdr {
    IpAddr   src, dst;
    uint8_t  tos;        /* DS field and ECN */
    uint8_t  ttl;
    uint8_t  proto;
    uint16_t total_len;  /* header and data */
    uint16_t id;
    bool     df, mf;
    bool     reserved;   /* the bit that must be zero (RFC 791) */
    uint16_t frag_off;   /* in bytes, a multiple of 8 */
    uint16_t checksum;
    uint8_t  options_len; /* bytes, a multiple of 4 */
    uint8_t  options[IPV4_OPTIONS_MAX]; /* beyond options_len: not set */
} Ipv4Hdr;

static inline size_t ipv4_hdr_len(const Ipv4Hdr *h)
{
    return (size_t)IPV4_HDR_LEN + h->options_len;
}

/* Checks version, lengths and the header checksum, as RFC 1122 §3.2.1 orders. `bytes` may be
 * longer than total_len (Ethernet padding). Does not judge addresses or options.
 * After DROP_IP_CHECKSUM and DROP_IP_LENGTH all of *h is filled in, for those who only look. */
DropReason ipv4_decode(Ipv4Hdr *h, Span bytes);

/* The same without the checksum and with total_len beyond the bytes allowed: for quoted headers. */
DropReason ipv4_decode_quoted(Ipv4Hdr *h, Span bytes);

/* Writes ipv4_hdr_len(h) bytes, checksum computed (h->checksum is not looked at). */
void ipv4_encode(const Ipv4Hdr *h, uint8_t *out);

/* The 20 bytes of a header without options, given as words whose checksum is zero: up to the
 * fragment's offset, up to the source, and the destination. */
static inline void ipv4_put(uint64_t to_flags, uint64_t to_src, uint32_t dst, uint8_t *out)
{
    uint16_t sum = sum_to_16((to_flags >> 32) + (uint32_t)to_flags + (to_src >> 32) +
                             (uint32_t)to_src + dst); /* one's complement, of halves of words */

    put64(out, to_flags);
    put64(out + 8, to_src | (uint64_t)(uint16_t)~sum << 32);
    put32(out + 16, dst);
}

/* A header without options, of a datagram that is whole: most are. */
typedef struct Ipv4Plain {
    uint32_t src, dst;
    uint8_t  tos, ttl, proto;
    bool     df;
    uint16_t total_len, id;
} Ipv4Plain;

/* Writes 20 bytes, as ipv4_encode would. */
static inline void ipv4_encode_plain(const Ipv4Plain *h, uint8_t *out)
{
    enum { VERSION_AND_LEN = 4 << 4 | IPV4_HDR_LEN / 4, DF = 0x4000 };

    ipv4_put((uint64_t)VERSION_AND_LEN << 56 | (uint64_t)h->tos << 48 |
                 (uint64_t)h->total_len << 32 | (uint64_t)h->id << 16 | (h->df ? DF : 0),
             (uint64_t)h->ttl << 56 | (uint64_t)h->proto << 48 | h->src, h->dst, out);
}

/* A router passes it on: RFC 1812 §5.2.1.2 (6), with the checksum of RFC 1624. */
static inline void ipv4_decrement_ttl(uint8_t *header)
{
    enum { TTL = 8, CHECKSUM = 10, ONE = 1 << 8 /* in its word, with the protocol */ };

    header[TTL]--;
    put16(header + CHECKSUM, sum_update(get16(header + CHECKSUM), ONE, 0));
}
