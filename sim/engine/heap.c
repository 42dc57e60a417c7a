/*
 * heap.c - small blocks of equal size come from chunks, and go back to a list of their size.
 *
 * Chunks are kept until the end: what a scenario once had, it will have again.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/heap.h"

#include "sim/engine/pages.h"

#include <glib.h>
#include <stdint.h>

#ifdef STACKLAB_SANITIZED
#include <sanitizer/asan_interface.h>
#define FORBID(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define ALLOW(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define FORBID(p, n)
#define ALLOW(p, n)
#endif

typedef struct HeapChunk HeapChunk;
struct HeapChunk {
    HeapChunk *next;
    size_t     size;
};
G_STATIC_ASSERT(sizeof(HeapChunk) % HEAP_STEP == 0);

enum { FIRST_CHUNK = 16 << 10, LAST_SMALL = 256 << 10, MIDDLE = 1 << 20, LARGE = 32 << 20 };
G_STATIC_ASSERT((int)MIDDLE < (int)PAGES_HUGE && LARGE % PAGES_HUGE == 0);

static bool is_small(size_t size)
{
    return size <= HEAP_SMALL;
}

static void free_chunk(HeapChunk *chunk)
{
    if (chunk->size >= MIDDLE)
        pages_give(chunk, chunk->size);
    else
        g_free(chunk);
}

/* Small ones are twice as large as the one before. Then comes a huge page: most heaps need no more,
 * and use it again and again. Of a larger one that is not so; it goes on in middle ones, as large
 * as is worth a call of the kernel, and a very large one in large ones. */
static size_t next_size(const Heap *heap)
{
    const HeapChunk *last = heap->chunks;

    if (last == NULL)
        return FIRST_CHUNK;
    if (last->size < LAST_SMALL)
        return 2 * last->size;
    if (last->size == LAST_SMALL && !heap->spread)
        return PAGES_HUGE;
    return heap->mapped < LARGE ? MIDDLE : LARGE;
}

/* The rest of the one before, less than a block, is forgotten. */
static void add_chunk(Heap *heap)
{
    size_t size = next_size(heap);
    HeapChunk *chunk = size >= MIDDLE ? pages_take(size) : g_malloc(size);

    *chunk = (HeapChunk){ heap->chunks, size };
    heap->chunks = chunk;
    heap->fresh = (char *)(chunk + 1);
    heap->left = size - sizeof *chunk;
    heap->mapped += PAGES_MAPPED && size >= MIDDLE ? size : 0;
    FORBID(heap->fresh, heap->left);
}

/* Moves on to where a cell of that size may begin. */
static void align_fresh(Heap *heap, size_t size)
{
    size_t rest = (uintptr_t)heap->fresh % HEAP_LINE;

    if (size < HEAP_LINED || size % HEAP_LINE != 0 || rest == 0)
        return;
    heap->fresh += MIN(HEAP_LINE - rest, heap->left);
    heap->left -= MIN(HEAP_LINE - rest, heap->left);
}

static void *take(Heap *heap, size_t n)
{
    HeapFree *block = heap->free[n];

    if (block != NULL) {
        ALLOW(block, n * HEAP_STEP);
        heap->free[n] = block->next;
        return block;
    }
    align_fresh(heap, n * HEAP_STEP);
    if (G_UNLIKELY(heap->left < n * HEAP_STEP)) {
        add_chunk(heap);
        align_fresh(heap, n * HEAP_STEP);
    }
    void *fresh = heap->fresh;
    ALLOW(fresh, n * HEAP_STEP);
    heap->fresh += n * HEAP_STEP;
    heap->left -= n * HEAP_STEP;
    return fresh;
}

static void give_back(Heap *heap, void *p, size_t n)
{
    HeapFree *block = p;

    block->next = heap->free[n];
    heap->free[n] = block;
    FORBID(block, n * HEAP_STEP);
}

void *heap_take_other(Heap *heap, size_t size)
{
    return is_small(size) ? take(heap, heap_steps(size)) : g_malloc(size);
}

void heap_give_other(Heap *heap, void *p, size_t size)
{
    if (is_small(size))
        give_back(heap, p, heap_steps(size));
    else
        g_free(p);
}

void *heap_allocate(Heap *heap, void *p, size_t old, size_t size)
{
    if (p == NULL)
        return size > 0 ? heap_take(heap, size) : NULL;
    if (size == 0) {
        heap_give(heap, p, old);
        return NULL;
    }
    if (is_small(old) && is_small(size) && heap_steps(old) == heap_steps(size))
        return p;
    if (!is_small(old) && !is_small(size))
        return g_realloc(p, size);
    void *moved = heap_take(heap, size);
    memcpy(moved, p, MIN(old, size));
    heap_give(heap, p, old);
    return moved;
}

void heap_clear(Heap *heap)
{
    while (heap->chunks != NULL) {
        HeapChunk *chunk = heap->chunks;
        heap->chunks = chunk->next;
        free_chunk(chunk);
    }
    *heap = (Heap){ .spread = heap->spread };
}

void vec_add(Heap *heap, Vec *vec, void *p)
{
    if (vec->len == vec->cap) {
        unsigned cap = MAX(2, 2 * vec->cap);
        vec->pdata = heap_allocate(heap, vec->pdata, vec->cap * sizeof(void *),
                                   cap * sizeof(void *));
        vec->cap = cap;
    }
    vec->pdata[vec->len++] = p;
}

void vec_remove(Vec *vec, const void *p)
{
    unsigned i = 0;

    while (vec->pdata[i] != p)
        i++;
    memmove(&vec->pdata[i], &vec->pdata[i + 1], (--vec->len - i) * sizeof *vec->pdata);
}

void vec_clear(Heap *heap, Vec *vec)
{
    heap_give(heap, vec->pdata, vec->cap * sizeof(void *));
    *vec = (Vec){ 0 };
}
