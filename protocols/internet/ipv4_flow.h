/*
 * ipv4_flow.h - what a link's queue asks about a frame: which flow is it of, may it be marked?
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "sim/engine/qdisc.h"

/* Flows are addresses, protocol and ports (RFC 8290 §4.1.1); of fragments, which have no ports but
 * the first, addresses and protocol. What is no IPv4 is one flow for each EtherType. A mark is the
 * CE codepoint in a packet whose sender said ECT, RFC 3168 §5; the header checksum is carried
 * along, right or wrong (RFC 1624). */
extern const FrameReader ipv4_reader;

/* The ports of a frame, where a header of that protocol begins in it; NULL: none does. Who reads
 * two of them has looked at nothing else. */
const uint8_t *ipv4_ports(const Packet *pkt, uint8_t proto, IpAddr *src, IpAddr *dst);
