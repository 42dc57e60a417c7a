/*
 * pages.c - aligned mappings on Linux, the C library's memory elsewhere.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/pages.h"

#include <glib.h>
#include <stdint.h>

/* The leak checker does not look into memory that is mapped. */
#if defined __linux__ && !defined STACKLAB_SANITIZED
#include <sys/mman.h>

/* Aligned to its huge pages: more is asked for than is kept. */
static void *map(size_t size)
{
    char *p = mmap(NULL, size + PAGES_HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                   0);

    if (p == MAP_FAILED)
        return NULL;
    size_t before = (PAGES_HUGE - (uintptr_t)p % PAGES_HUGE) % PAGES_HUGE;
    if (before > 0)
        munmap(p, before);
    munmap(p + before + size, PAGES_HUGE - before);
    madvise(p + before, size, MADV_HUGEPAGE);
    return p + before;
}

static void unmap(void *p, size_t size)
{
    munmap(p, size);
}
#else
static void *map(size_t size)
{
    (void)size;
    return NULL;
}

static void unmap(void *p, size_t size)
{
    (void)p;
    (void)size;
}
#endif

void *pages_take(size_t size, bool *mapped)
{
    void *p = map(size);

    *mapped = p != NULL;
    return p != NULL ? p : g_malloc0(size);
}

void pages_give(void *p, size_t size, bool mapped)
{
    if (mapped)
        unmap(p, size);
    else
        g_free(p);
}
