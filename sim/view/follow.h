/*
 * follow.h - the numbers of TCP connections (flow.h), from the frames that pass.
 *
 * Most runs end before anybody wants them. So until somebody does, only SYNs are noted as they
 * pass; the other segments are looked at then, as far as the record still has them. Of what it has
 * forgotten by then, where numbers begin is known, but not how far they had come. From then on each
 * is followed at once.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/eth_wire.h"
#include "protocols/wire/ipv4_wire.h"
#include "protocols/wire/tcp_wire.h"
#include "sim/engine/node.h"
#include "sim/view/flow.h"

typedef struct Follower Follower;
struct Record;

/* Lives in the heap, which must outlive it. */
Follower *follower_new(Heap *heap);
void      follower_free(Follower *f);
Flows    *follower_flows(Follower *f); /* owned by it */

/* A node puts a packet on a wire: its numbers are taken at once. */
void follow(Follower *f, const Node *node, const Packet *pkt);
/* The same for one that nothing but routers has touched, an IPv4 packet without options. */
void follow_plain(Follower *f, const Node *node, const Packet *pkt);

/* A node puts a packet on a wire, which is the happening `serial`; if it is a SYN, this is noted.
 * `first`: the oldest happening that is still kept. */
void follow_later(Follower *f, const Node *node, const Packet *pkt, uint64_t serial,
                  uint64_t first);

/* Now: what was noted before the happening `serial`, and has not been taken yet. */
void follow_noted(Follower *f, uint64_t serial);
/* Then: a happening that is kept, of those that follow. */
void follow_record(Follower *f, const struct Record *r);
/* All is taken: nothing is noted. */
void follow_end(Follower *f);

/* As if the SYNs of the connections that are there had been seen. */
void follow_living(Follower *f, const Sim *sim);

/* Whether follow_later has anything to note of a plain packet; its frame. */
static inline bool follow_is_syn(const uint8_t *frame)
{
    enum { PROTO = ETH_HDR_LEN + 9, FLAGS = ETH_HDR_LEN + IPV4_HDR_LEN + 13 };

    return frame[PROTO] == IPPROTO_TCP4 && (frame[FLAGS] & TCP_SYN) != 0;
}
