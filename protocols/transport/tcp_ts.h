/*
 * tcp_ts.h - the timestamps of a connection: their clock, the check against old ones, and the round
 * trips that they measure. RFC 7323 §3 to §5.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp.h"
#include "protocols/transport/tcp_half.h"

void       tcp_ts_init(Tcp *tcp);
void       tcp_ts_start(Tcb *tcb);
uint32_t   tcp_ts_now(const Tcb *tcb);
uint32_t   tcp_ts_at(const Tcb *tcb, SimTime at); /* what the clock showed then */
void       tcp_ts_set_recent(Tcb *tcb, uint32_t ts_val);
bool       tcp_ts_is_older(const Tcb *tcb, uint32_t ts_val); /* than TS.Recent, and that holds */
DropReason tcp_ts_check(Tcb *tcb, Segment *seg); /* RFC 7323 §5.3 R1, and §3.2 */
DropReason tcp_ts_take(Tcb *tcb, Segment *seg);  /* R3; refuses nothing */
/* A round trip by the echo, if the acknowledged segment is not timed by our own clock, which is
 * finer but cannot tell a segment from its repetition. */
void       tcp_ts_sample(Tcb *tcb, const Segment *seg);
