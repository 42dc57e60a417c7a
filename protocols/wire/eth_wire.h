/*
 * eth_wire.h - the Ethernet II header, RFC 894.
 *
 *    0        6        12     14
 *    | dst    | src    | type | data ...
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "sim/engine/reason.h"

enum { ETH_HDR_LEN = 14 };
enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_RARP = 0x8035,
    ETHERTYPE_IPV6 = 0x86dd
};

typedef struct EthHdr {
    MacAddr  dst, src;
    uint16_t type;
} EthHdr;

DropReason eth_decode(EthHdr *h, Span frame);
void       eth_encode(const EthHdr *h, uint8_t out[static ETH_HDR_LEN]);
