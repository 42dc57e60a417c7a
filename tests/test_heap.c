/*
 * test_lua_heap.c - Lua's memory: blocks keep what is in them, and come again.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_heap.h"

#include "sim/engine/rng.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

static LuaHeap heap;

static void setup(void)
{
    heap = (LuaHeap){ 0 };
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

Suite *lua_heap_suite(void);
Suite *lua_heap_suite(void)
{
    Suite *suite = suite_create("lua_heap");
    TCase *tc = tcase_create("lua_heap");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, blocks_keep_what_is_in_them);
    tcase_add_test(tc, what_is_given_back_comes_again);
    suite_add_tcase(suite, tc);
    return suite;
}
