/*
 * comment.h - reasons as sentences: why a packet was sent, what was done to it, why it was dropped.
 *
 * Captures, ladder and explain say the same words. Everything is appended, English, one line,
 * without a full stop.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/trace.h"

/* "sent: answers who-has with its own address (RFC 826)". */
void comment_sent(const Packet *pkt, GString *out);

/* "retransmission", "forged by the scenario", "altered: one bit damaged by the link (bit 300)", as
 * many as apply, with semicolons. False if there is nothing to say. */
bool comment_marks(const Packet *pkt, GString *out);

/* "dropped: no socket is bound to this port (RFC 1122 §4.1.3.1)". */
void comment_drop(DropReason why, GString *out);

/* The reason of an event that has one (PACKET_DROPPED, LINK_LOST); DROP_NONE of any other. */
DropReason comment_event_drop(const TraceEvent *ev);
