/*
 * prefix_index.c - the room of a table of prefixes.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/prefix_index.h"

#include <glib.h>
#include <string.h>

enum { FEWEST = 4 };

void prefix_index_reset(PrefixIndex *index, size_t n)
{
    size_t size = FEWEST;

    g_assert(n < 1u << PREFIX_AT_BITS);
    while (size < 2 * n)
        size *= 2;
    if (index->places == NULL || size != (size_t)index->mask + 1) {
        g_free(index->places);
        index->places = g_new(PrefixPlace, size);
        index->mask = (uint32_t)size - 1;
    }
    memset(index->places, 0, size * sizeof *index->places);
}

void prefix_index_clear(PrefixIndex *index)
{
    g_free(index->places);
    *index = (PrefixIndex){ 0 };
}
