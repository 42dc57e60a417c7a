/*
 * tcp_buf.h - a ring of bytes that grows with its use: a connection's send and receive buffer.
 *
 * Places are counted from the oldest byte. Bytes may be written beyond the end (a segment that came
 * out of order) and become part of the contents when ring_extend reaches them.
 *
 * While all that a ring was given is one run of the pattern (pattern.h), said to be so or found
 * to be so by a look at each byte, it keeps none of them, but where in the pattern its oldest is.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/bytes.h"
#include "sim/engine/heap.h"

#include <stdbool.h>

typedef struct Ring {
    Heap    *heap; /* what its memory comes from */
    uint8_t *bytes;
    size_t   cap;  /* 0 or a power of two */
    size_t   head; /* where the oldest byte is */
    size_t   len;
    size_t   reach; /* nothing was given at this place or behind it */
    bool     described; /* it is the pattern, from the place `origin` on; `bytes` say nothing */
    uint64_t origin;    /* if it is not, of no meaning but to the next bytes of an empty one */
} Ring;

void ring_free(Ring *r); /* to empty, without memory */
void ring_spare(Ring *r); /* the same if nothing is in it */

/* Writes n bytes at the place `at`, which may lie beyond the end; makes room first. */
void ring_write(Ring *r, size_t at, const uint8_t *src, size_t n);
/* The same of the pattern from its place `offset` on. */
void ring_write_pattern(Ring *r, size_t at, uint64_t offset, size_t n);
void ring_write_out(Ring *r); /* what is described is bytes from now on */
void ring_extend(Ring *r, size_t n); /* n bytes written beyond the end are contents now */
void ring_read(const Ring *r, size_t at, uint8_t *out, size_t n);
/* Is that, for all that is known without a look at bytes, the pattern from *offset on? */
bool ring_is_pattern(const Ring *r, size_t at, uint64_t *offset);
void ring_drop(Ring *r, size_t n);   /* takes n bytes off the front; n <= len */
void ring_cut(Ring *r, size_t n);    /* takes n bytes off the end; n <= len */
