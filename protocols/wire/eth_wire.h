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

#include <string.h>

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

static inline DropReason eth_decode(EthHdr *h, Span frame)
{
    if (frame.n < ETH_HDR_LEN)
        return DROP_ETH_SHORT;
    memcpy(h->dst.b, frame.p, 6);
    memcpy(h->src.b, frame.p + 6, 6);
    h->type = get16(frame.p + 12);
    return DROP_NONE;
}

static inline void eth_encode(const EthHdr *h, uint8_t out[static ETH_HDR_LEN])
{
    memcpy(out, h->dst.b, 6);
    memcpy(out + 6, h->src.b, 6);
    put16(out + 12, h->type);
}
