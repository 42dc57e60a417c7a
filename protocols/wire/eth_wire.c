/*
 * eth_wire.c - the Ethernet II header, RFC 894.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/eth_wire.h"

#include <string.h>

DropReason eth_decode(EthHdr *h, Span frame)
{
    if (frame.n < ETH_HDR_LEN)
        return DROP_ETH_SHORT;
    memcpy(h->dst.b, frame.p, 6);
    memcpy(h->src.b, frame.p + 6, 6);
    h->type = get16(frame.p + 12);
    return DROP_NONE;
}

void eth_encode(const EthHdr *h, uint8_t out[static ETH_HDR_LEN])
{
    memcpy(out, h->dst.b, 6);
    memcpy(out + 6, h->src.b, 6);
    put16(out + 12, h->type);
}
