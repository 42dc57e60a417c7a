/*
 * flow.h - the initial sequence numbers of TCP connections on the wire, for relative numbers.
 *
 * Each incarnation of a four-tuple has its own ISNs: a SYN with another number than before begins a
 * new one. A segment is relative to the incarnation in which its host made it, an old duplicate
 * therefore to an old one; if nobody knows when that was, to the one whose numbers it fits best.
 * A number that no SYN explains is relative as tcpdump has it: to the first one seen, or to one
 * before the first acknowledgment of it.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "protocols/wire/tcp_wire.h"
#include "sim/engine/heap.h"
#include "sim/engine/time.h"

typedef struct Flows Flows;

/* They live in the heap, which must outlive them. */
Flows *flows_new(Heap *heap);
void   flows_free(Flows *flows);

/* A segment with `len` bytes of text was put on a wire for the first time. `made`: when a stack
 * did; NEVER for one that is forged. */
void flows_see(Flows *flows, IpAddr src, IpAddr dst, const TcpHdr *h, uint32_t len, SimTime made);

/* The same for an IPv4 packet as a stack has made it, whole and without options. */
void flows_see_plain(Flows *flows, const uint8_t *ip, SimTime made);

/* The numbers to subtract from h's seq and ack: SYN = 0, first data byte = 1. Those not known (no
 * SYN was seen) are told above. `incarnation` counts from 1; may be NULL. */
void flows_base(const Flows *flows, IpAddr src, IpAddr dst, const TcpHdr *h, SimTime made,
                uint32_t *seq_base, uint32_t *ack_base, unsigned *incarnation);
