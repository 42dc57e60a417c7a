/*
 * arp_wire.h - ARP for IPv4 over Ethernet, RFC 826.
 *
 *    0     2      4   5   6    8      14     18     24     28
 *    | hrd | pro | hln pln | op | sha  | spa  | tha  | tpa  |
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "sim/engine/reason.h"

enum { ARP_LEN = 28 };
enum { ARP_OP_REQUEST = 1, ARP_OP_REPLY = 2, RARP_OP_REQUEST = 3, RARP_OP_REPLY = 4 };

typedef struct ArpPkt {
    uint16_t op;
    MacAddr  sha, tha;
    IpAddr   spa, tpa;
} ArpPkt;

DropReason arp_decode(ArpPkt *a, Span bytes);
void       arp_encode(const ArpPkt *a, uint8_t out[static ARP_LEN]);
