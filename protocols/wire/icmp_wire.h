/*
 * icmp_wire.h - ICMP messages, RFC 792.
 *
 *    0      1      2          4                8
 *    | type | code | checksum | rest of header | data ...
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/bytes.h"
#include "sim/engine/reason.h"

enum { ICMP_HDR_LEN = 8 };
enum {
    ICMP_ECHO_REPLY = 0,
    ICMP_UNREACHABLE = 3,
    ICMP_SOURCE_QUENCH = 4,
    ICMP_REDIRECT = 5,
    ICMP_ECHO = 8,
    ICMP_TIME_EXCEEDED = 11,
    ICMP_PARAMETER_PROBLEM = 12,
    ICMP_TIMESTAMP = 13,
    ICMP_TIMESTAMP_REPLY = 14
};
enum {
    ICMP_NET_UNREACHABLE = 0,
    ICMP_HOST_UNREACHABLE = 1,
    ICMP_PROTOCOL_UNREACHABLE = 2,
    ICMP_PORT_UNREACHABLE = 3,
    ICMP_FRAG_NEEDED = 4,
    ICMP_SOURCE_ROUTE_FAILED = 5,
    ICMP_ADMIN_PROHIBITED = 13
};
enum { ICMP_TTL_EXCEEDED = 0, ICMP_REASSEMBLY_EXCEEDED = 1 };

typedef struct IcmpHdr {
    uint8_t  type, code;
    uint16_t checksum;
    uint32_t rest;  /* echo: id << 16 | seq; fragmentation needed: the next hop's MTU */
} IcmpHdr;

/* `msg` is the whole message; verifies the checksum. After DROP_ICMP_CHECKSUM *h is filled in. */
DropReason icmp_decode(IcmpHdr *h, Span msg);
/* Writes the header with a checksum over itself and `data`, which follows it. */
void       icmp_encode(const IcmpHdr *h, Span data, uint8_t out[static ICMP_HDR_LEN]);
