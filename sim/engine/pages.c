/*
 * pages.c - mappings on Linux, the C library's memory elsewhere.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/pages.h"

#include <glib.h>
#include <stdint.h>

#if defined __linux__ && !defined STACKLAB_SANITIZED
#include <sys/mman.h>

static char *map(size_t size, int how)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | how, -1, 0);

    if (p == MAP_FAILED)
        g_error("out of memory: %" G_GSIZE_FORMAT " bytes", size);
    return p;
}

/* Aligned to them: more is asked for than is kept. */
static char *map_huge(size_t size)
{
    char *p = map(size + PAGES_HUGE, 0);
    size_t before = (PAGES_HUGE - (uintptr_t)p % PAGES_HUGE) % PAGES_HUGE;

    if (before > 0)
        munmap(p, before);
    munmap(p + before + size, PAGES_HUGE - before);
    madvise(p + before, size, MADV_HUGEPAGE);
    return p + before;
}

void *pages_take(size_t size)
{
    return size % PAGES_HUGE == 0 ? map_huge(size) : map(size, MAP_POPULATE);
}

void pages_give(void *p, size_t size)
{
    munmap(p, size);
}
#else
void *pages_take(size_t size)
{
    return g_malloc0(size);
}

void pages_give(void *p, size_t size)
{
    (void)size;
    g_free(p);
}
#endif
