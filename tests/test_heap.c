/*
 * test_heap.c - memory from chunks: blocks keep what is in them, and come again.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/heap.h"

#include "sim/engine/rng.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static Heap heap;

static void setup(void)
{
    heap = (Heap){ 0 };
}

static void teardown(void)
{
    heap_clear(&heap);
}

typedef struct Block {
    unsigned char *p;
    size_t n;
} Block;

static void fill(const Block *b, unsigned char with)
{
    memset(b->p, with, b->n);
}

static void check_filled(const Block *b, size_t n, unsigned char with)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++)
        wrong += b->p[i] != with;
    ck_assert_uint_eq(wrong, 0);
}

/* Small and large ones, growing and shrinking, each with its own bytes. */
START_TEST(blocks_keep_what_is_in_them)
{
    enum { BLOCKS = 200, STEPS = 20000 };
    Block blocks[BLOCKS] = { 0 };
    Rng rng;

    rng_init(&rng, 1, "heap");
    for (int step = 0; step < STEPS; step++) {
        unsigned i = (unsigned)rng_below(&rng, BLOCKS);
        Block *b = &blocks[i];
        size_t n = rng_below(&rng, rng_below(&rng, 2) ? 100 : 3 * HEAP_SMALL);
        b->p = heap_allocate(&heap, b->p, b->n, n);
        ck_assert_int_eq(b->p == NULL, n == 0);
        ck_assert_uint_eq((uintptr_t)b->p % 16, 0);
        check_filled(b, b->n < n ? b->n : n, (unsigned char)i);
        b->n = n;
        if (n > 0)
            fill(b, (unsigned char)i);
    }
    for (int i = 0; i < BLOCKS; i++)
        heap_allocate(&heap, blocks[i].p, blocks[i].n, 0);
}
END_TEST

START_TEST(what_is_given_back_comes_again)
{
    void *a = heap_allocate(&heap, NULL, 0, 100), *b = heap_allocate(&heap, NULL, 0, 100);

    ck_assert_ptr_ne(a, b);
    heap_allocate(&heap, a, 100, 0);
    ck_assert_ptr_ne(heap_allocate(&heap, NULL, 0, 200), a);
    ck_assert_ptr_eq(heap_allocate(&heap, NULL, 0, 97), a); /* as many steps */
    ck_assert_ptr_eq(heap_allocate(&heap, b, 100, 112), b);
}
END_TEST

/* Enough for chunks of every size, the largest twice. */
START_TEST(cells_lie_apart_and_begin_as_zero)
{
    enum { CELLS = 60000, SIZE = HEAP_SMALL - 8 };
    unsigned char **cells = malloc(CELLS * sizeof *cells);

    for (uintptr_t i = 0; i < CELLS; i++) {
        cells[i] = heap_take0(&heap, SIZE);
        ck_assert_uint_eq((uintptr_t)cells[i] % HEAP_STEP, 0);
        ck_assert(cells[i][0] == 0 && memcmp(cells[i], cells[i] + 1, SIZE - 1) == 0);
        memset(cells[i], (int)(i % 255 + 1), SIZE);
    }
    for (uintptr_t i = 0; i < CELLS; i++) {
        ck_assert_uint_eq(cells[i][0], i % 255 + 1);
        ck_assert_uint_eq(cells[i][SIZE - 1], i % 255 + 1);
        heap_give(&heap, cells[i], SIZE);
    }
    unsigned char *again = heap_take0(&heap, SIZE);
    ck_assert_ptr_eq(again, cells[CELLS - 1]);
    ck_assert(again[0] == 0 && memcmp(again, again + 1, SIZE - 1) == 0);
    heap_give(&heap, NULL, SIZE);
    free(cells);
}
END_TEST

Suite *heap_suite(void);
Suite *heap_suite(void)
{
    Suite *suite = suite_create("heap");
    TCase *tc = tcase_create("heap");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, blocks_keep_what_is_in_them);
    tcase_add_test(tc, what_is_given_back_comes_again);
    tcase_add_test(tc, cells_lie_apart_and_begin_as_zero);
    suite_add_tcase(suite, tc);
    return suite;
}
