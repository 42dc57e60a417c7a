/*
 * alloc_count.c - counts the process's allocations, those of GLib and Lua too, by standing in for
 * the C library's entry points. Sanitizers do the same themselves: then nothing is counted.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run_stats.h"

#if defined(__GLIBC__) && !defined(STACKLAB_SANITIZED)

/* Scenarios are played on one thread; what GLib does on others is none of theirs. */
static _Thread_local uint64_t count;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
    count++;
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    count++;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    count++;
    return __libc_realloc(p, n);
}

uint64_t alloc_count(void)
{
    return count;
}

#else

uint64_t alloc_count(void)
{
    return 0;
}

#endif
