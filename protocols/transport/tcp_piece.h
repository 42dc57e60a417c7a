/*
 * tcp_piece.h - the send buffer in pieces of several segments, for hosts with the knob offload.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp.h"
#include "protocols/transport/tcp_seq.h"

typedef struct Tcb Tcb;

typedef struct Piece {
    TcpSeq end;
    bool   push; /* a write ends there */
    bool   eor;  /* the program ended a record with it */
    SimTime sent;
} Piece;

typedef struct Pieces {
    Piece *a;         /* not acknowledged, in order; none is empty */
    size_t n, cap;
    TcpSeq pushed;    /* behind what was last pushed */
    bool   leaving;   /* the segment before the next was of the same piece, and ended here: */
    TcpSeq left;
    bool   has_small; /* less than a segment is outstanding: */
    TcpSeq small;     /* it ends here */
} Pieces;

void     piece_free(Pieces *p);
void     piece_acked(Tcb *tcb);          /* SND.UNA has moved */
size_t   piece_room(const Tcb *tcb);     /* bytes that a write may add: to the last, or a new one */
void     piece_append(Tcb *tcb);         /* to the end of the send buffer; piece_room allowed it */
void     piece_push(Tcb *tcb);           /* the last one */
void     piece_push_first(Tcb *tcb);     /* nothing followed it for a while */
void     piece_end_record(Tcb *tcb);     /* with the last one */
uint64_t piece_memory(const Tcb *tcb);   /* what the buffer counts, bookkeeping included */
bool     piece_writable(const Tcb *tcb); /* who waits to write is told */
void     piece_forget(Tcb *tcb);         /* the send buffer ends earlier now */
void     piece_grow_buffer(Tcb *tcb);    /* with the congestion window */
/* How much leaves at once from SND.NXT, never sent, with so much room in the peer's window and in
 * ours; 0: nothing yet. A piece ends behind it from now on. */
uint32_t piece_next(Tcb *tcb, uint32_t window, uint32_t ours, uint32_t mss);
/* A segment leaves: with PSH if a write ends there, or a piece of several that leave together. */
bool     piece_pushes(Tcb *tcb, TcpSeq seq, TcpSeq end, bool again);
uint32_t piece_record_left(const Tcb *tcb, TcpSeq seq); /* to the end of a record, if it is near */
