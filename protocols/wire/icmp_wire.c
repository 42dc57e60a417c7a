/*
 * icmp_wire.c - ICMP messages, RFC 792.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/icmp_wire.h"

#include "protocols/wire/checksum.h"

DropReason icmp_decode(IcmpHdr *h, Span msg)
{
    if (msg.n < ICMP_HDR_LEN)
        return DROP_ICMP_SHORT;
    *h = (IcmpHdr){
        .type = msg.p[0],
        .code = msg.p[1],
        .checksum = get16(msg.p + 2),
        .rest = get32(msg.p + 4),
    };
    return sum_fold(sum_add(0, msg)) != 0 ? DROP_ICMP_CHECKSUM : DROP_NONE;
}

void icmp_encode(const IcmpHdr *h, Span data, uint8_t out[static ICMP_HDR_LEN])
{
    out[0] = h->type;
    out[1] = h->code;
    put16(out + 2, 0);
    put32(out + 4, h->rest);
    uint32_t sum = sum_add(0, (Span){ out, ICMP_HDR_LEN });
    put16(out + 2, sum_fold(sum_add(sum, data)));
}
