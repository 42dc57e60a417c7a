/*
 * tcp_handshake.h - handshakes that are wrong on purpose: of two segments, of none, and with the
 * second segment in two pieces. For lessons on why there are three.
 */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "protocols/transport/tcp_priv.h"

/* Answers the SYN that has made this connection, as the knob `handshake` says. */
void handshake_answer(Tcb *tcb, SentReason why);

/* "none". The active OPEN: ESTABLISHED before anything was sent; */
void handshake_skip(Tcb *tcb);
/* and the listener's: a connection whose numbers begin with those of this segment, or NULL. */
Tcb *handshake_guess(Listener *l, const Segment *seg);
