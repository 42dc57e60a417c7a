/*
 * pages.h - large memory that the kernel is asked to back with huge pages, where it can be asked.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { PAGES_HUGE = 2 << 20 };

/* `size` bytes of zeros, a multiple of PAGES_HUGE; what is not touched costs nothing. *mapped: the
 * C library does not know of it. Given back with pages_give. */
void *pages_take(size_t size, bool *mapped);
void  pages_give(void *p, size_t size, bool mapped);
