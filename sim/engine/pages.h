/*
 * pages.h - large memory, from the kernel where it can be asked.
 *
 * Huge pages serve best what is written again and again, and what is very large. For a few MiB that
 * are used once they can cost many times what small ones do, where a machine that is itself
 * simulated must first be given them; small ones are had all at once.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stddef.h>

enum { PAGES_HUGE = 2 << 20 };

/* The leak checker does not look into memory that is mapped. */
#if defined __linux__ && !defined STACKLAB_SANITIZED
enum { PAGES_MAPPED = 1 }; /* the C library does not know of them */
#else
enum { PAGES_MAPPED = 0 };
#endif

/* `size` bytes of zeros, in huge pages if it is a multiple of PAGES_HUGE: then what is not touched
 * costs nothing. Never NULL: the program ends. Given back with pages_give. */
void *pages_take(size_t size);
void  pages_give(void *p, size_t size);
