/*
 * lua_heap.h - memory for a lua_State: small blocks from lists of freed ones, by size, so that what
 * a scenario's loop makes and forgets asks the C library for nothing.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stddef.h>

enum { HEAP_STEP = 16, HEAP_SMALL = 2048 };

typedef struct LuaHeap {
    struct HeapFree  *free[HEAP_SMALL / HEAP_STEP + 1]; /* by size in steps */
    struct HeapChunk *chunks;
    char             *fresh; /* what of the newest chunk was never given out: */
    size_t            left;  /* so many bytes */
} LuaHeap;

/* As lua_Alloc, whose `old` is the size that was asked for (0: p is NULL). Never NULL but for size
 * 0. All zero is an empty heap. */
void *heap_allocate(LuaHeap *heap, void *p, size_t old, size_t size);
void  heap_clear(LuaHeap *heap); /* with all that is in it */
