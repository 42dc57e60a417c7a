/*
 * shelf.c - blocks in a ring of pointers.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/shelf.h"

#include <glib.h>

static void **block_of(Shelf *shelf, uint64_t number)
{
    return &shelf->blocks[number / SHELF_BLOCK % SHELF_BLOCKS];
}

void shelf_clear(Shelf *shelf)
{
    for (size_t i = 0; i < SHELF_BLOCKS; i++)
        g_free(shelf->blocks[i]);
    for (size_t i = 0; i < shelf->n_spare; i++)
        g_free(shelf->spare[i]);
    *shelf = (Shelf){ 0 };
}

void shelf_each(Shelf *shelf, size_t size, void (*f)(void *thing))
{
    for (size_t i = 0; i < SHELF_BLOCKS + shelf->n_spare; i++) {
        char *block = i < SHELF_BLOCKS ? shelf->blocks[i] : shelf->spare[i - SHELF_BLOCKS];
        for (size_t k = 0; k < SHELF_BLOCK && block != NULL; k++)
            f(block + k * size);
    }
}

void shelf_add_block(Shelf *shelf, size_t size)
{
    void **block = block_of(shelf, shelf->end);

    g_assert(*block == NULL);
    if (shelf->n_spare > 0)
        *block = shelf->spare[--shelf->n_spare];
    else
        *block = shelf->zeroed ? g_malloc0(SHELF_BLOCK * size) : g_malloc(SHELF_BLOCK * size);
    shelf->next = *block;
    shelf->full = shelf->next + SHELF_BLOCK * size;
}

void shelf_forget(Shelf *shelf, uint64_t number)
{
    while (shelf->first + SHELF_BLOCK <= number && shelf->first + SHELF_BLOCK <= shelf->end) {
        void **block = block_of(shelf, shelf->first);
        shelf->spare[shelf->n_spare++] = *block;
        *block = NULL;
        shelf->first += SHELF_BLOCK;
    }
}
