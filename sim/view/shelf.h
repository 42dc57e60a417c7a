/*
 * shelf.h - the blocks in which a trail lies (sim/engine/trail.h): a long row of things of any
 * size, of which the oldest are forgotten.
 *
 * Blocks of what is forgotten are used again, so that it asks for memory only while more is kept
 * than ever before; once that is much, for huge pages. A thing's place is counted in units of
 * TRAIL_UNIT bytes; it lies in one block, and at one address as long as it is kept. No place is 0.
 * Where what has happened lies is found out when somebody asks, for a block at a time.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/trail.h"

enum { SHELF_BLOCK = 1 << 14 }; /* units; the largest thing that fits, with the end behind it */

typedef struct ShelfBlock {
    char    *bytes, *end; /* what lies there; the last one's ends where the trail goes on */
    uint64_t first;       /* so much has happened before */
} ShelfBlock;

typedef struct ShelfIndex { /* of a block */
    uint64_t   place; /* its; 0: of none */
    GArray    *refs;  /* uint32_t; NULL: never was one made */
    const char *next; /* what is before is in it */
} ShelfIndex;

typedef struct Shelf {    /* all zero, but for `trail` and `mapped`, is empty */
    Trail      *trail;    /* in the last block; there is none as long as it is all zero */
    uint64_t    first;    /* places that are kept: from here, where a block begins, */
    uint64_t    full;     /* up to here, where the last one ends */
    ShelfBlock *blocks;   /* a ring, by place */
    size_t      n_blocks; /* its size: a power of two, or 0 */
    char      **spare;    /* of which n_spare are there */
    size_t      n_spare;
    size_t      n_small;  /* blocks so far that have small pages */
    struct ShelfCase *cases; /* of which the others are parts */
    size_t     *mapped;   /* counts bytes that the C library does not know of; the caller's */
    ShelfIndex  index;
} Shelf;

void shelf_clear(Shelf *shelf);
/* Another block is the last one: the trail, which is settled, goes on there. */
void shelf_add_block(Shelf *shelf);
/* Things before `place` may go; as many as fill whole blocks do. */
void shelf_forget(Shelf *shelf, uint64_t place);

/* Where the block with the n-th happening begins, from 0. It is kept. */
uint64_t shelf_block_of(const Shelf *shelf, uint64_t n);
/* The n-th: a Crossing, or Onward, by its place with TRAIL_CROSSING where it begins, and TRAIL_END
 * where it ends. It is kept, and the trail is settled. */
uint32_t shelf_happening(Shelf *shelf, uint64_t n);
/* The thing of that place, whatever the tag. It is kept. */
void *shelf_at(const Shelf *shelf, uint32_t ref);
