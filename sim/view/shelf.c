/*
 * shelf.c - blocks in a ring of pointers, which grows when all of them are in use.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/shelf.h"

#include "sim/engine/pages.h"

#include <glib.h>

enum {
    FIRST_BLOCKS = 16,
    SMALL_BLOCKS = 8, /* have small pages each */
    BLOCK_BYTES = SHELF_BLOCK * TRAIL_UNIT,
    CASE_BLOCKS = PAGES_HUGE / BLOCK_BYTES
};

typedef struct ShelfCase ShelfCase;
struct ShelfCase { /* several blocks */
    ShelfCase *next;
    char      *bytes; /* PAGES_HUGE */
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

static char *take(Shelf *shelf, size_t size)
{
    *shelf->mapped += PAGES_MAPPED ? size : 0;
    return pages_take(size);
}

static void give(const Shelf *shelf, char *bytes, size_t size)
{
    *shelf->mapped -= PAGES_MAPPED ? size : 0;
    pages_give(bytes, size);
}

static void free_block(const Shelf *shelf, char *bytes)
{
    if (!is_in_case(shelf, bytes))
        give(shelf, bytes, BLOCK_BYTES);
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
        give(shelf, c->bytes, PAGES_HUGE);
        g_free(c);
    }
    if (shelf->index.refs != NULL)
        g_array_free(shelf->index.refs, TRUE);
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
        return take(shelf, BLOCK_BYTES);
    }
    ShelfCase *c = g_new(ShelfCase, 1);
    c->next = shelf->cases;
    c->bytes = take(shelf, PAGES_HUGE);
    shelf->cases = c;
    for (size_t at = PAGES_HUGE; (at -= BLOCK_BYTES) > 0;)
        shelf->spare[shelf->n_spare++] = c->bytes + at;
    return c->bytes;
}

void shelf_add_block(Shelf *shelf)
{
    Trail *trail = shelf->trail;
    uint64_t happened = trail_happened(trail);

    if (shelf->n_blocks == 0)
        shelf->first = shelf->full = SHELF_BLOCK;
    else
        block_of(shelf, shelf->full - 1)->end = trail->next;
    if (shelf->full - shelf->first == shelf->n_blocks * SHELF_BLOCK)
        grow(shelf);
    char *bytes = shelf->n_spare > 0 ? shelf->spare[--shelf->n_spare] : new_block(shelf);
    *block_of(shelf, shelf->full) = (ShelfBlock){ bytes, NULL, happened };
    trail->next = bytes;
    trail->end = bytes + BLOCK_BYTES;
    trail->bias = shelf->full - (uintptr_t)bytes / TRAIL_UNIT;
    trail->besides = shelf->full - happened;
    shelf->full += SHELF_BLOCK;
}

void shelf_forget(Shelf *shelf, uint64_t place)
{
    for (; shelf->first + SHELF_BLOCK <= place; shelf->first += SHELF_BLOCK)
        shelf->spare[shelf->n_spare++] = block_of(shelf, shelf->first)->bytes;
}

/* --- looking back ----------------------------------------------------------------------------- */

uint64_t shelf_block_of(const Shelf *shelf, uint64_t n)
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

static void note(ShelfIndex *index, uint32_t ref, TrailTag tag)
{
    ref = (ref ^ trail_tag(ref)) | tag;
    g_array_append_val(index->refs, ref);
}

/* Notes what a thing at that place tells; returns its size. */
static size_t read_thing(ShelfIndex *index, const char *at, uint64_t place)
{
    const Crossing *c = (const Crossing *)(const void *)at;
    uint32_t ref = onward_ref(&c->like);

    switch (trail_tag(ref)) {
    case TRAIL_CROSSING:
        note(index, trail_ref(place, TRAIL_CROSSING), TRAIL_CROSSING);
        return c->t < 0 ? TRAIL_FIRST_STEP : TRAIL_STEP;
    case TRAIL_ONWARD:
        note(index, ref, TRAIL_END);
        note(index, trail_ref(place, TRAIL_CROSSING), TRAIL_CROSSING);
        return sizeof c->like;
    case TRAIL_END: note(index, ref, TRAIL_END); return TRAIL_UNIT;
    case TRAIL_BODY: break;
    }
    return (size_t)(ref >> TRAIL_TAG_BITS) * TRAIL_UNIT;
}

/* All of the block that begins there, as far as it is written. */
static void read_block(Shelf *shelf, uint64_t begins)
{
    ShelfIndex *index = &shelf->index;
    const ShelfBlock *block = block_of(shelf, begins);
    const char *end = begins + SHELF_BLOCK == shelf->full ? shelf->trail->next : block->end;

    if (index->refs == NULL)
        index->refs = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    if (index->place != begins) {
        g_array_set_size(index->refs, 0);
        index->place = begins;
        index->next = block->bytes;
    }
    while (index->next < end)
        index->next += read_thing(index, index->next,
                                  begins + (size_t)(index->next - block->bytes) / TRAIL_UNIT);
}

uint32_t shelf_happening(Shelf *shelf, uint64_t n)
{
    uint64_t begins = shelf_block_of(shelf, n), first = block_of(shelf, begins)->first;

    if (shelf->index.place != begins || n - first >= shelf->index.refs->len)
        read_block(shelf, begins);
    return g_array_index(shelf->index.refs, uint32_t, n - first);
}

void *shelf_at(const Shelf *shelf, uint32_t ref)
{
    enum { MASK = (1 << (32 - TRAIL_TAG_BITS)) - 1 };
    uint64_t place = shelf->full - ((shelf->full - (ref >> TRAIL_TAG_BITS)) & MASK);

    return block_of(shelf, place)->bytes + place % SHELF_BLOCK * TRAIL_UNIT;
}
