/*
 * tcp_sack.h - the scoreboard of a sender: what the peer has reported by SACK, and what RFC 6675
 * makes of it: which octets are lost, how many are in flight, what is sent next. It knows no TCB.
 *
 * HighACK + 1 is `una`, HighData + 1 is `max`: SND.UNA and the RFC's SND.NXT, given with each
 * call.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp_reass.h"
#include "protocols/wire/tcp_wire.h"

typedef struct Sack {
    Reass  blocks;     /* reported, above una; adjacent ones are one */
    TcpSeq high_rxt;   /* behind the highest octet sent again in this recovery; RFC's HighRxt + 1 */
    TcpSeq rescue_rxt; /* RFC's RescueRxt + 1 */
} Sack;

typedef struct SackHole { /* [left, right): not reported */
    TcpSeq left, right;
} SackHole;

void sack_clear(Sack *s); /* forgets the blocks, and their memory */

/* Is the first block of a segment that acknowledges `ack` a report of something that came twice?
 * RFC 2883 §5: compared with the ACK in the same segment. */
bool sack_is_duplicate(const TcpOptions *opt, TcpSeq ack);

/* Update() of RFC 6675 §4: the blocks of a segment with acknowledgment number `ack`, una and max
 * as they are when it is worked off. Those that cannot be are passed over. `on_news`, if not NULL,
 * hears of each range that is reported for the first time, when the board has it. True if there
 * was one. */
typedef void SackNews(void *self, TcpSeq left, TcpSeq right);
bool sack_update(Sack *s, const TcpOptions *opt, TcpSeq ack, TcpSeq una, TcpSeq max,
                 SackNews *on_news, void *self);

/* The block that holds seq; NULL if it was not reported. */
const ReassRange *sack_block_at(const Sack *s, TcpSeq seq);

/* SND.UNA has moved. */
void sack_advance(Sack *s, TcpSeq una);

/* IsLost(seq): three blocks above it, or more than two segments' octets. */
bool sack_is_lost(const Sack *s, TcpSeq seq, uint32_t mss);

/* All holes below it are lost; `una` if none is. */
TcpSeq sack_lost_edge(const Sack *s, TcpSeq una, uint32_t mss);

/* SetPipe(), with what was sent again up to high_rxt. */
uint32_t sack_pipe(const Sack *s, TcpSeq una, TcpSeq max, uint32_t mss);

/* NextSeg() rules (1) and (3): the first hole above high_rxt and below the highest block; one
 * that is lost if `lost`. False if there is none. */
bool sack_next_hole(const Sack *s, TcpSeq una, uint32_t mss, bool lost, SackHole *hole);

/* The hole that holds the highest octet not reported, for rule (4). False if max has been
 * reported. */
bool sack_last_hole(const Sack *s, TcpSeq una, TcpSeq max, SackHole *hole);

/* How far the hole that begins at seq goes, at most to `end`. */
TcpSeq sack_hole_end(const Sack *s, TcpSeq seq, TcpSeq end);
