/*
 * ipv4_wire.h - the IPv4 header, RFC 791 §3.1.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
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
