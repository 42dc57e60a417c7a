/*
 * arp_wire.c - ARP for IPv4 over Ethernet, RFC 826; the reverse operations are RFC 903.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/arp_wire.h"

#include <string.h>

enum { HRD_ETHERNET = 1, PRO_IPV4 = 0x0800, HLN = 6, PLN = 4 };

DropReason arp_decode(ArpPkt *a, Span bytes)
{
    const uint8_t *p = bytes.p;

    if (bytes.n < ARP_LEN)
        return DROP_ARP_SHORT;
    if (get16(p) != HRD_ETHERNET || get16(p + 2) != PRO_IPV4 || p[4] != HLN || p[5] != PLN)
        return DROP_ARP_FORMAT;
    a->op = get16(p + 6);
    if (a->op < ARP_OP_REQUEST || a->op > RARP_OP_REPLY)
        return DROP_ARP_FORMAT;
    memcpy(a->sha.b, p + 8, HLN);
    a->spa = ip_v4(get32(p + 14));
    memcpy(a->tha.b, p + 18, HLN);
    a->tpa = ip_v4(get32(p + 24));
    return DROP_NONE;
}

void arp_encode(const ArpPkt *a, uint8_t out[static ARP_LEN])
{
    put16(out, HRD_ETHERNET);
    put16(out + 2, PRO_IPV4);
    out[4] = HLN;
    out[5] = PLN;
    put16(out + 6, a->op);
    memcpy(out + 8, a->sha.b, HLN);
    put32(out + 14, ip_to_v4(a->spa));
    memcpy(out + 18, a->tha.b, HLN);
    put32(out + 24, ip_to_v4(a->tpa));
}
