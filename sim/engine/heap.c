/*
 * lua_heap.c - small blocks of equal size come from chunks, and go back to a list of their size.
 *
 * Lua says how large a block was, so that none needs a header. Chunks are kept until the end: what
 * a scenario once had, it will have again.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_heap.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#ifdef STACKLAB_SANITIZED
#include <sanitizer/asan_interface.h>
#define FORBID(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define ALLOW(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define FORBID(p, n)
#define ALLOW(p, n)
#endif

typedef struct HeapFree HeapFree;
struct HeapFree {
    HeapFree *next;
};

typedef struct HeapChunk HeapChunk;
struct HeapChunk {
    HeapChunk *next;
    size_t     size; /* keeps what follows aligned for anything */
};

enum { FIRST_CHUNK = 16 << 10, LAST_CHUNK = 1 << 20 };

static bool is_small(size_t size)
{
    return size <= HEAP_SMALL;
}

static size_t steps(size_t size)
{
    return (size + HEAP_STEP - 1) / HEAP_STEP;
}

/* Each twice as large as the one before, whose rest, less than a block, is forgotten. */
static void add_chunk(LuaHeap *heap)
{
    size_t size = heap->chunks != NULL ? MIN(2 * heap->chunks->size, LAST_CHUNK) : FIRST_CHUNK;
    HeapChunk *chunk = g_malloc(size);

    *chunk = (HeapChunk){ heap->chunks, size };
    heap->chunks = chunk;
    heap->fresh = (char *)(chunk + 1);
    heap->left = size - sizeof *chunk;
}

static void *take(LuaHeap *heap, size_t n)
{
    HeapFree *block = heap->free[n];

    if (block != NULL) {
        ALLOW(block, n * HEAP_STEP);
        heap->free[n] = block->next;
        return block;
    }
    if (heap->left < n * HEAP_STEP)
        add_chunk(heap);
    void *fresh = heap->fresh;
    heap->fresh += n * HEAP_STEP;
    heap->left -= n * HEAP_STEP;
    return fresh;
}

static void give_back(LuaHeap *heap, void *p, size_t n)
{
    HeapFree *block = p;

    block->next = heap->free[n];
    heap->free[n] = block;
    FORBID(block, n * HEAP_STEP);
}

static void *first(LuaHeap *heap, size_t size)
{
    return is_small(size) ? take(heap, steps(size)) : g_malloc(size);
}

static void last(LuaHeap *heap, void *p, size_t size)
{
    if (is_small(size))
        give_back(heap, p, steps(size));
    else
        g_free(p);
}

void *heap_allocate(LuaHeap *heap, void *p, size_t old, size_t size)
{
    if (p == NULL)
        return size > 0 ? first(heap, size) : NULL;
    if (size == 0) {
        last(heap, p, old);
        return NULL;
    }
    if (is_small(old) && is_small(size) && steps(old) == steps(size))
        return p;
    if (!is_small(old) && !is_small(size))
        return g_realloc(p, size);
    void *moved = first(heap, size);
    memcpy(moved, p, MIN(old, size));
    last(heap, p, old);
    return moved;
}

void heap_clear(LuaHeap *heap)
{
    while (heap->chunks != NULL) {
        HeapChunk *chunk = heap->chunks;
        heap->chunks = chunk->next;
        g_free(chunk);
    }
    *heap = (LuaHeap){ 0 };
}
