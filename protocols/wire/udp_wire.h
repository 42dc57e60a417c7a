/*
 * udp_wire.h - the UDP header, RFC 768.
 *
 *    0      2      4      6      8
 *    | src  | dst  | len  | sum  | data ...
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/bytes.h"
#include "sim/engine/reason.h"

enum { UDP_HDR_LEN = 8 };

typedef struct UdpHdr {
    uint16_t src_port, dst_port;
    uint16_t length;   /* header and data */
    uint16_t checksum; /* 0: the sender made none */
} UdpHdr;

/* pseudo: the pseudo-header's sum but for the length, see sum_pseudo(). After DROP_UDP_LENGTH and
 * DROP_UDP_CHECKSUM all of *h is filled in, for those who only look. */
DropReason udp_decode(UdpHdr *h, Span dgram, uint32_t pseudo);
/* The same without a look at the checksum, and at what it covers. */
DropReason udp_decode_header(UdpHdr *h, Span dgram);
void       udp_encode(const UdpHdr *h, uint8_t out[static UDP_HDR_LEN]);
uint16_t   udp_checksum(Span dgram, uint32_t pseudo);
