/*
 * frame.h - frames for tests of what only looks on: made by hand, valid to the last checksum.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "protocols/wire/arp_wire.h"
#include "protocols/wire/tcp_wire.h"
#include "sim/engine/sim.h"

enum { FRAME_A = 0x0a000001, FRAME_B = 0x0a000002 }; /* 10.0.0.1, 10.0.0.2 */

/* A TCP segment from a to b with `len` bytes of data, ready for port_send. */
Packet *frame_tcp(Sim *sim, uint32_t a, uint32_t b, const TcpHdr *h, size_t len, SentReason why);
Packet *frame_udp(Sim *sim, uint32_t a, uint32_t b, uint16_t sport, uint16_t dport, size_t len);
Packet *frame_echo(Sim *sim, uint32_t a, uint32_t b, bool reply, uint16_t seq);
Packet *frame_arp(Sim *sim, uint16_t op, uint32_t spa, uint32_t tpa);
/* A fragment of a UDP datagram. */
Packet *frame_fragment(Sim *sim, uint32_t a, uint32_t b, uint16_t offset, bool more, size_t len);
