/*
 * heap.h - memory from chunks: cells of each size in a list of their own, all gone at once at the
 * end. A Sim has one for what the world is made of, a lua_State another.
 *
 * Who gives a cell back says how large it was, so that none has a header, and what is made one
 * after the other lies together. Chunks grow with what is taken, from some KiB to large ones of
 * huge pages: a small world stays small, and a large one is soon given its memory. What is large
 * itself comes from the C library.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { HEAP_STEP = 16, HEAP_SMALL = 2048 }; /* cells are multiples of the one, up to the other */
/* Of cells of whole lines of the cache those from HEAP_LINED on begin with one. */
enum { HEAP_LINE = 64, HEAP_LINED = 256 };

typedef struct HeapFree HeapFree;
struct HeapFree {
    HeapFree *next;
};

typedef struct Heap {
    HeapFree         *free[HEAP_SMALL / HEAP_STEP + 1]; /* by size in steps */
    struct HeapChunk *chunks;
    char             *fresh;  /* what of the newest chunk was never given out: */
    size_t            left;   /* so many bytes */
    size_t            mapped; /* bytes in chunks that the C library does not know of */
    bool              spread; /* the owner's: what lies there is not used again and again */
} Heap; /* all zero, but for `spread`, is an empty one */

/* As lua_Alloc, whose `old` is the size that was asked for (0: p is NULL). Never NULL but for size
 * 0. */
void *heap_allocate(Heap *heap, void *p, size_t old, size_t size);

/* What is large or begins with a line, where the chunk is used up, and where cells that were given
 * back may not be touched. */
void *heap_take_other(Heap *heap, size_t size);
void  heap_give_other(Heap *heap, void *p, size_t size);

#ifdef STACKLAB_SANITIZED
enum { HEAP_GUARDED = 1 };
#else
enum { HEAP_GUARDED = 0 };
#endif

static inline size_t heap_steps(size_t size)
{
    return (size + HEAP_STEP - 1) / HEAP_STEP;
}

/* `size` bytes, above 0, aligned for anything: whatever was there, or zero. */
static inline void *heap_take(Heap *heap, size_t size)
{
    size_t n = heap_steps(size);

    if (HEAP_GUARDED || size > HEAP_SMALL)
        return heap_take_other(heap, size);
    HeapFree *cell = heap->free[n];
    if (cell != NULL) {
        heap->free[n] = cell->next;
        return cell;
    }
    if (size >= HEAP_LINED || heap->left < n * HEAP_STEP)
        return heap_take_other(heap, size);
    char *fresh = heap->fresh;
    heap->fresh += n * HEAP_STEP;
    heap->left -= n * HEAP_STEP;
    return fresh;
}

static inline void *heap_take0(Heap *heap, size_t size)
{
    return memset(heap_take(heap, size), 0, size);
}

/* The end of what was taken with that size. NULL is fine. */
static inline void heap_give(Heap *heap, void *p, size_t size)
{
    HeapFree *cell = (HeapFree *)p;

    if (p == NULL)
        return;
    if (HEAP_GUARDED || size > HEAP_SMALL) {
        heap_give_other(heap, p, size);
        return;
    }
    cell->next = heap->free[heap_steps(size)];
    heap->free[heap_steps(size)] = cell;
}

/* Bytes that are in use by its chunks beyond what the C library counts. */
static inline size_t heap_mapped(const Heap *heap)
{
    return heap->mapped > heap->left ? heap->mapped - heap->left : 0;
}

/* The end of all cells, those that were not given back too; but what is larger than HEAP_SMALL must
 * have been. */
void heap_clear(Heap *heap);

/* A list of pointers that grows, its room from a heap. All zero is an empty one. */
typedef struct Vec {
    void   **pdata; /* as g_ptr_array_index wants it */
    unsigned len, cap;
} Vec;

void vec_add(Heap *heap, Vec *vec, void *p);
void vec_remove(Vec *vec, const void *p); /* which is in it, once; the others keep their order */
void vec_clear(Heap *heap, Vec *vec);

#define heap_new0(heap, type) ((type *)heap_take0(heap, sizeof(type)))
