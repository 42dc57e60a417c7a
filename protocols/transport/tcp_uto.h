/*
 * tcp_uto.h - the user timeout option of a connection: what it has said and heard. RFC 5482.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp.h"
#include "protocols/transport/tcp_half.h"
#include "protocols/wire/tcp_wire.h"

typedef struct Uto {
    TcpUto  set;
    SimTime adv, remote; /* ADV_UTO as it is told; REMOTE_UTO, 0: not heard yet */
    bool    adopted;     /* the user timeout is of its making */
    bool    due;         /* on the next segment */
} Uto;

void       uto_init(Tcb *tcb);
void       uto_set(Tcb *tcb, const TcpUto *uto);
void       uto_take_syn(Tcb *tcb, const Segment *seg);
void       uto_established(Tcb *tcb);
DropReason uto_take(Tcb *tcb, Segment *seg); /* a step of §3.10.7.4; refuses nothing */
bool       uto_goes(const Tcb *tcb, uint8_t flags); /* is it on the next one? */
void       uto_put(const Tcb *tcb, uint8_t flags, TcpOptions *opt);
void       uto_sent(Tcb *tcb, const TcpHdr *h);
void       uto_set_timeout(Tcb *tcb); /* by the program */
void       trace_user_timeout(Tcb *tcb);
SimTime    uto_least_idle(const Tcb *tcb); /* RFC 5482 §4.2: no keep-alive before; 0: no bound */
