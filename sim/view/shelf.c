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
    BLOCK_BYTES = SHELF_BLOCK * TRAIL_UNIT,
    CASE_BLOCKS = PAGES_HUGE / BLOCK_BYTES
};

typedef struct ShelfCase ShelfCase;
struct ShelfCase { /* several blocks */
    ShelfCase *next;
    char      *bytes; /* PAGES_HUGE */
    bool       mapped;
};

static ShelfBlock *block_of(const Shelf *shelf, uint64_t place)
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

static void free_block(const Shelf *shelf, char *bytes)
{
    if (!is_in_case(shelf, bytes))
        g_free(bytes);
}

void shelf_clear(Shelf *shelf)
{
    for (uint64_t at = shelf->first; at < shelf->full; at += SHELF_BLOCK)
        free_block(shelf, block_of(shelf, at)->bytes);
    for (size_t i = 0; i < shelf->n_spare; i++)
        free_block(shelf, shelf->spare[i]);
    g_free(shelf->blocks);
    g_free(shelf->spare);
    while (shelf->cases != NULL) {
        ShelfCase *c = shelf->cases;
        shelf->cases = c->next;
        *shelf->mapped -= c->mapped ? PAGES_HUGE : 0;
        pages_give(c->bytes, PAGES_HUGE, c->mapped);
        g_free(c);
    }
    *shelf = (Shelf){ .trail = shelf->trail, .mapped = shelf->mapped };
}

static void grow(Shelf *shelf)
{
    Shelf grown = *shelf;

    grown.n_blocks = MAX(2 * shelf->n_blocks, FIRST_BLOCKS);
    grown.blocks = g_new0(ShelfBlock, grown.n_blocks);
    grown.spare = g_renew(char *, shelf->spare, grown.n_blocks + CASE_BLOCKS);
    for (uint64_t at = shelf->first; at < shelf->full; at += SHELF_BLOCK)
        *block_of(&grown, at) = *block_of(shelf, at);
    g_free(shelf->blocks);
    *shelf = grown;
}

/* A block, or a case of them, all spare but one. */
static char *new_block(Shelf *shelf)
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
    Trail *trail = shelf->trail;
    uint64_t words = shelf_words(shelf);

    if (shelf->n_blocks == 0)
        shelf->first = shelf->full = SHELF_BLOCK;
    if (shelf->full - shelf->first == shelf->n_blocks * SHELF_BLOCK)
        grow(shelf);
    char *bytes = shelf->n_spare > 0 ? shelf->spare[--shelf->n_spare] : new_block(shelf);
    *block_of(shelf, shelf->full) = (ShelfBlock){ bytes, words };
    trail->next = bytes;
    trail->order = (uint32_t *)(void *)(bytes + BLOCK_BYTES);
    trail->place = shelf->full;
    shelf->full += SHELF_BLOCK;
}

void shelf_forget(Shelf *shelf, uint64_t place)
{
    for (; shelf->first + SHELF_BLOCK <= place; shelf->first += SHELF_BLOCK)
        shelf->spare[shelf->n_spare++] = block_of(shelf, shelf->first)->bytes;
}

/* Of the words of a block, which go down from its end, the first is number -1. */
static uint32_t *words_of(const ShelfBlock *block)
{
    return (uint32_t *)(void *)(block->bytes + BLOCK_BYTES);
}

uint64_t shelf_words(const Shelf *shelf)
{
    if (shelf->n_blocks == 0)
        return 0;
    const ShelfBlock *last = block_of(shelf, shelf->full - 1);
    return last->first + (uint64_t)(words_of(last) - shelf->trail->order);
}

uint64_t shelf_block_of_word(const Shelf *shelf, uint64_t n)
{
    uint64_t from = shelf->first, to = shelf->full;

    while (to - from > SHELF_BLOCK) {
        uint64_t middle = from + (to - from) / SHELF_BLOCK / 2 * SHELF_BLOCK;
        if (block_of(shelf, middle)->first <= n)
            from = middle;
        else
            to = middle;
    }
    return from;
}

uint32_t shelf_word(const Shelf *shelf, uint64_t n)
{
    const ShelfBlock *block = block_of(shelf, shelf_block_of_word(shelf, n));

    return *(words_of(block) - 1 - (n - block->first));
}

void *shelf_at(const Shelf *shelf, uint32_t low)
{
    uint64_t place = shelf->full - ((shelf->full - low) & INT32_MAX);

    return block_of(shelf, place)->bytes + place % SHELF_BLOCK * TRAIL_UNIT;
}
