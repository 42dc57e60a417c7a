/*
 * flow.h - the initial sequence numbers of TCP connections on the wire, for relative numbers.
 *
 * Each incarnation of a four-tuple has its own ISNs: a SYN with another number than before begins a
 * new one. A segment is relative to the incarnation whose numbers it fits best: the current one,
 * or an earlier one for an old duplicate. A number that no SYN explains is relative as tcpdump has
 * it: to the first one seen, or to one before the first acknowledgment of it.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "protocols/wire/tcp_wire.h"

typedef struct Flows Flows;

Flows *flows_new(void);
void   flows_free(Flows *flows);

/* A segment was put on a wire for the first time. */
void flows_see(Flows *flows, IpAddr src, IpAddr dst, const TcpHdr *h);

/* The numbers to subtract from h's seq and ack: SYN = 0, first data byte = 1. Those not known (no
 * SYN was seen) are told above. `incarnation` counts from 1; may be NULL. */
void flows_base(const Flows *flows, IpAddr src, IpAddr dst, const TcpHdr *h, uint32_t *seq_base,
                uint32_t *ack_base, unsigned *incarnation);
