/*
 * shelf.h - a long row of equal things, numbered from 0, of which the oldest are forgotten.
 *
 * It consists of blocks: those of things forgotten are used again for new ones, so that it asks for
 * memory only while more is kept than ever before.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHELF_BLOCK = 1024, SHELF_BLOCKS = 256 };

typedef struct Shelf { /* all zero is empty; the size of a thing is the caller's to remember */
    uint64_t first, end; /* kept: from `first`, where a block begins, up to `end` (exclusive) */
    char    *next, *full; /* where the next one goes, and where the last block ends */
    void    *blocks[SHELF_BLOCKS];
    void    *spare[SHELF_BLOCKS];
    size_t   n_spare;
    bool     zeroed; /* a place is all zero before it is first used */
} Shelf;

void shelf_clear(Shelf *shelf);
void shelf_add_block(Shelf *shelf, size_t size);
/* f of each, kept or forgotten, and of places that were never used; of one that is `zeroed`. */
void shelf_each(Shelf *shelf, size_t size, void (*f)(void *thing));
/* Things before `number` may go; as many as fill whole blocks do. */
void shelf_forget(Shelf *shelf, uint64_t number);

/* One that is kept. */
static inline void *shelf_at(const Shelf *shelf, uint64_t number, size_t size)
{
    char *block = shelf->blocks[number / SHELF_BLOCK % SHELF_BLOCKS];

    return block + number % SHELF_BLOCK * size;
}

/* The next one needs another block. */
static inline bool shelf_is_full(const Shelf *shelf)
{
    return shelf->next == shelf->full;
}

/* A new thing, as a forgotten one was or not initialised; its number is what `end` was. At most
 * SHELF_BLOCK * (SHELF_BLOCKS - 1) may be kept. */
static inline void *shelf_add(Shelf *shelf, size_t size)
{
    if (shelf_is_full(shelf))
        shelf_add_block(shelf, size);
    void *thing = shelf->next;
    shelf->next += size;
    shelf->end++;
    return thing;
}
