/*
 * shelf.h - a long row of things of any size, of which the oldest are forgotten.
 *
 * It consists of blocks: those of things forgotten are used again for new ones, so that it asks for
 * memory only while more is kept than ever before; once that is much, for huge pages. A thing's
 * place is counted in units of SHELF_UNIT bytes from the first there was; it lies in one block, and
 * at one address as long as it is kept.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SHELF_UNIT = 16,        /* bytes; things are aligned to it */
    SHELF_BLOCK = 1 << 13,  /* units; the largest thing that fits */
};

typedef struct Shelf { /* all zero, but for `mapped`, is empty */
    uint64_t first, end; /* kept: from `first`, where a block begins, up to `end` (exclusive) */
    uint64_t full;       /* where the last block ends */
    char    *next;       /* what is added goes here */
    void   **blocks;     /* a ring, by place */
    size_t   n_blocks;   /* its size: a power of two, or 0 */
    void   **spare;      /* of which n_spare are there */
    size_t   n_spare;
    size_t   n_small;    /* blocks so far that are of the C library's */
    struct ShelfCase *cases; /* of which the others are parts */
    size_t  *mapped;     /* counts bytes that the C library does not know of; the caller's; NULL */
} Shelf;

void shelf_clear(Shelf *shelf);
void shelf_add_block(Shelf *shelf);
/* Things before `place` may go; as many as fill whole blocks do. */
void shelf_forget(Shelf *shelf, uint64_t place);

/* The thing that is kept at that place. */
static inline void *shelf_at(const Shelf *shelf, uint64_t place)
{
    char *block = shelf->blocks[place / SHELF_BLOCK & (shelf->n_blocks - 1)];

    return block + place % SHELF_BLOCK * SHELF_UNIT;
}

static inline size_t shelf_units(size_t bytes)
{
    return (bytes + SHELF_UNIT - 1) / SHELF_UNIT;
}

/* For a thing of so many units, no more than a block has; else another block has. */
static inline bool shelf_has_room(const Shelf *shelf, size_t units)
{
    return shelf->end + units <= shelf->full;
}

/* A new thing, not initialised; its place is what `end` was. There is room. */
static inline void *shelf_add(Shelf *shelf, size_t units)
{
    void *thing = shelf->next;

    shelf->next += units * SHELF_UNIT;
    shelf->end += units;
    return thing;
}
