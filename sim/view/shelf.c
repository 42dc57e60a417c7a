/*
 * shelf.c - blocks in a ring of pointers, which grows when all of them are in use.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/shelf.h"

#include <glib.h>

enum { FIRST_BLOCKS = 16 };

static void **block_of(const Shelf *shelf, uint64_t place)
{
    return &shelf->blocks[place / SHELF_BLOCK & (shelf->n_blocks - 1)];
}

void shelf_clear(Shelf *shelf)
{
    for (size_t i = 0; i < shelf->n_blocks; i++)
        g_free(shelf->blocks[i]);
    for (size_t i = 0; i < shelf->n_spare; i++)
        g_free(shelf->spare[i]);
    g_free(shelf->blocks);
    g_free(shelf->spare);
    *shelf = (Shelf){ 0 };
}

static void grow(Shelf *shelf)
{
    Shelf grown = *shelf;

    grown.n_blocks = MAX(2 * shelf->n_blocks, FIRST_BLOCKS);
    grown.blocks = g_new0(void *, grown.n_blocks);
    grown.spare = g_renew(void *, shelf->spare, grown.n_blocks);
    for (uint64_t at = shelf->first; at < shelf->end; at += SHELF_BLOCK)
        *block_of(&grown, at) = *block_of(shelf, at);
    g_free(shelf->blocks);
    *shelf = grown;
}

void shelf_add_block(Shelf *shelf)
{
    shelf->end = shelf->full; /* no thing lies in two blocks */
    if (shelf->end - shelf->first == shelf->n_blocks * SHELF_BLOCK)
        grow(shelf);
    void **block = block_of(shelf, shelf->end);
    *block = shelf->n_spare > 0 ? shelf->spare[--shelf->n_spare]
                                : g_malloc((size_t)SHELF_BLOCK * SHELF_UNIT);
    shelf->next = *block;
    shelf->full += SHELF_BLOCK;
}

void shelf_forget(Shelf *shelf, uint64_t place)
{
    while (shelf->first + SHELF_BLOCK <= place && shelf->first + SHELF_BLOCK <= shelf->end) {
        void **block = block_of(shelf, shelf->first);
        shelf->spare[shelf->n_spare++] = *block;
        *block = NULL;
        shelf->first += SHELF_BLOCK;
    }
}
