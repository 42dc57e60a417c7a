/*
 * tcp_route.h - the IP options of a connection: source route, record route, timestamps.
 *
 * `dst` of what TCP sends is the peer, whatever the route: that is in its checksum, too.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp_priv.h"

const IpOptions *tcb_ip_options(const Tcb *tcb); /* NULL: none */
IpAddr tcb_first_hop(const Tcb *tcb); /* where its segments go first: the peer, or a router */

/* With nothing sent yet: what the path takes is found anew. */
void tcb_set_ip_options(Tcb *tcb, const IpOptions *options);

/* RFC 9293 §3.9.2.1: the source route that a segment has come by, reversed, is from now on that of
 * a connection which was opened passively. `seg`, acceptable, has one or not. */
void tcp_take_route(Tcb *tcb, const Segment *seg);

/* For an answer to `seg`: its connection's, or in *space the way by which it came. NULL: none. */
const IpOptions *tcp_answer_options(Tcp *tcp, const Segment *seg, IpOptions *space);
