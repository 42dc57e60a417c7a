/*
 * shelf.c - blocks in a ring of pointers, which grows when all of them are in use.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/shelf.h"

#include "sim/engine/pages.h"

#include <glib.h>

enum {
    FIRST_BLOCKS = 16,
    SMALL_BLOCKS = 4, /* in the C library's memory */
    BLOCK_BYTES = SHELF_BLOCK * SHELF_UNIT,
    CASE_BLOCKS = PAGES_HUGE / BLOCK_BYTES
};

typedef struct ShelfCase ShelfCase;
struct ShelfCase { /* several blocks */
    ShelfCase *next;
    char      *bytes; /* PAGES_HUGE */
    bool       mapped;
};

static void **block_of(const Shelf *shelf, uint64_t place)
{
    return &shelf->blocks[place / SHELF_BLOCK & (shelf->n_blocks - 1)];
}

static bool is_in_case(const Shelf *shelf, const char *block)
{
    for (const ShelfCase *c = shelf->cases; c != NULL; c = c->next)
        if (block >= c->bytes && block < c->bytes + PAGES_HUGE)
            return true;
    return false;
}

static void free_blocks(const Shelf *shelf, void **blocks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_in_case(shelf, blocks[i]))
            g_free(blocks[i]);
    g_free(blocks);
}

void shelf_clear(Shelf *shelf)
{
    free_blocks(shelf, shelf->blocks, shelf->n_blocks);
    free_blocks(shelf, shelf->spare, shelf->n_spare);
    while (shelf->cases != NULL) {
        ShelfCase *c = shelf->cases;
        shelf->cases = c->next;
        *shelf->mapped -= c->mapped ? PAGES_HUGE : 0;
        pages_give(c->bytes, PAGES_HUGE, c->mapped);
        g_free(c);
    }
    *shelf = (Shelf){ .mapped = shelf->mapped };
}

static void grow(Shelf *shelf)
{
    Shelf grown = *shelf;

    grown.n_blocks = MAX(2 * shelf->n_blocks, FIRST_BLOCKS);
    grown.blocks = g_new0(void *, grown.n_blocks);
    grown.spare = g_renew(void *, shelf->spare, grown.n_blocks + CASE_BLOCKS);
    for (uint64_t at = shelf->first; at < shelf->end; at += SHELF_BLOCK)
        *block_of(&grown, at) = *block_of(shelf, at);
    g_free(shelf->blocks);
    *shelf = grown;
}

/* A block, or a case of them, all spare but one. */
static void *new_block(Shelf *shelf)
{
    if (shelf->n_small < SMALL_BLOCKS) {
        shelf->n_small++;
        return g_malloc(BLOCK_BYTES);
    }
    ShelfCase *c = g_new(ShelfCase, 1);
    c->next = shelf->cases;
    c->bytes = pages_take(PAGES_HUGE, &c->mapped);
    *shelf->mapped += c->mapped ? PAGES_HUGE : 0;
    shelf->cases = c;
    for (size_t at = PAGES_HUGE; (at -= BLOCK_BYTES) > 0;)
        shelf->spare[shelf->n_spare++] = c->bytes + at;
    return c->bytes;
}

void shelf_add_block(Shelf *shelf)
{
    shelf->end = shelf->full; /* no thing lies in two blocks */
    if (shelf->end - shelf->first == shelf->n_blocks * SHELF_BLOCK)
        grow(shelf);
    void **block = block_of(shelf, shelf->end);
    *block = shelf->n_spare > 0 ? shelf->spare[--shelf->n_spare] : new_block(shelf);
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
