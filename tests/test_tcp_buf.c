/*
 * test_tcp_buf.c - a ring keeps its bytes while it grows and wraps; the pattern knows its place.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp.h"
#include "protocols/transport/tcp_buf.h"
#include "protocols/transport/pattern.h"
#include "protocols/wire/checksum.h"

#include <check.h>
#include <glib.h>

static void append_pattern(Ring *r, uint64_t offset, size_t n)
{
    ring_write_pattern(r, r->len, offset, n);
    ring_extend(r, n);
}

static void check_front(const Ring *r, uint64_t offset, size_t n)
{
    g_autofree uint8_t *bytes = g_malloc(n), *wanted = g_malloc(n);

    ring_read(r, 0, bytes, n);
    for (size_t i = 0; i < n; i++)
        wanted[i] = pattern_byte(offset + i);
    ck_assert(n == 0 || memcmp(bytes, wanted, n) == 0);
}

START_TEST(bytes_come_out_as_they_went_in)
{
    Heap heap = { 0 };
    Ring r = { .heap = &heap };
    uint64_t in = 0, out = 0;
    uint32_t x = 7;
    bool described = _i == 1;

    for (int step = 0; step < 2000; step++) {
        x = x * 1664525 + 1013904223;
        size_t n = (x >> 16) % 700;
        if (x >> 31) {
            append_pattern(&r, in, n);
            if (!described)
                ring_write_out(&r);
            in += n;
        } else {
            n = MIN(n, r.len);
            check_front(&r, out, n);
            ring_drop(&r, n);
            out += n;
        }
        ck_assert_uint_eq(r.len, in - out);
        if (described)
            ck_assert_ptr_null(r.bytes);
    }
    ring_free(&r);
    heap_clear(&heap);
    ck_assert_ptr_null(r.bytes);
}
END_TEST

enum { MODEL = 1 << 20 };

/* At a place of the stream, the same into the ring and into a row of bytes: now a run of the pattern
 * that goes on, now one from elsewhere, now bytes. */
static void give(Ring *r, uint8_t *row, uint64_t start, size_t at, size_t n, uint32_t how)
{
    uint64_t from = start + at + (how % 16 == 0 ? 12345 : 0);

    pattern_fill(row + start + at, from, n);
    if (how % 16 == 1)
        ring_write(r, at, row + start + at, n);
    else
        ring_write_pattern(r, at, from, n);
}

START_TEST(a_description_becomes_bytes_where_it_must)
{
    Heap heap = { 0 };
    Ring r = { .heap = &heap };
    uint8_t *row = g_malloc(MODEL), *got = g_malloc(MODEL);
    uint64_t start = 0, is;
    uint32_t x = (uint32_t)_i;
    unsigned described = 0, written = 0;

    while (start + 4096 < MODEL) {
        x = x * 1664525 + 1013904223;
        size_t n = 1 + (x >> 8) % 900, gap = x >> 30 == 3 ? 500 : 0;
        if (gap > 0)
            give(&r, row, start, r.len + gap, n, x >> 20);
        give(&r, row, start, r.len, gap + n, x >> 24);
        ring_extend(&r, gap + n);
        ring_is_pattern(&r, 0, &is) ? described++ : written++;
        ring_read(&r, 0, got, r.len);
        ck_assert_mem_eq(got, row + start, r.len);
        size_t gone = x >> 31 ? r.len : r.len / 2;
        ring_drop(&r, gone);
        start += gone;
    }
    ck_assert_uint_gt(described, 100);
    ck_assert_uint_gt(written, 100);
    ring_free(&r);
    heap_clear(&heap);
    g_free(row);
    g_free(got);
}
END_TEST

START_TEST(bytes_beyond_the_end_wait_for_it_even_through_growth)
{
    Heap heap = { 0 };
    Ring r = { .heap = &heap };
    uint8_t bytes[6000];

    append_pattern(&r, 0, 1500);
    ring_drop(&r, 1500);
    pattern_fill(bytes, 0, sizeof bytes);
    ring_write(&r, 1000, bytes + 1000, 800);
    ring_write(&r, 4000, bytes + 4000, 2000);
    ring_write(&r, 0, bytes, 1000);
    ring_extend(&r, 1800);
    check_front(&r, 0, 1800);
    ring_write(&r, 1800, bytes + 1800, 2200);
    ring_extend(&r, 4200);
    check_front(&r, 0, 6000);
    ring_free(&r);
    heap_clear(&heap);
}
END_TEST

/* What is received is looked at: a run of the pattern that goes on is not kept, all else is. */
START_TEST(bytes_that_are_the_pattern_are_described)
{
    Heap heap = { 0 };
    Ring r = { .heap = &heap };
    uint8_t bytes[3000], got[sizeof bytes];
    uint64_t is;

    pattern_fill(bytes, 0, sizeof bytes);
    ring_write(&r, 0, bytes, 1000);
    ring_write(&r, 1500, bytes + 1500, 1500);
    ring_extend(&r, 1000);
    ck_assert_ptr_null(r.bytes);
    ck_assert(ring_is_pattern(&r, 0, &is) && is == 0);
    ring_write(&r, 1000, bytes + 1000, 500);
    ring_extend(&r, 2000);
    check_front(&r, 0, 3000);
    ring_drop(&r, 3000);
    pattern_fill(bytes, 3000, sizeof bytes); /* also behind what is gone */
    ring_write(&r, 0, bytes, 700);
    ring_extend(&r, 700);
    ck_assert(ring_is_pattern(&r, 0, &is) && is == 3000);
    bytes[1500 + (unsigned)_i] ^= 1; /* one wrong byte, anywhere */
    ring_write(&r, 1500, bytes + 1500, 800);
    ring_write(&r, 700, bytes + 700, 800);
    ring_extend(&r, 1600);
    ck_assert(!ring_is_pattern(&r, 0, &is));
    ring_read(&r, 0, got, 2300);
    ck_assert_mem_eq(got, bytes, 2300);
    ring_free(&r);
    heap_clear(&heap);
}
END_TEST

START_TEST(the_pattern_is_the_same_in_any_pieces)
{
    uint8_t bytes[300];

    for (unsigned from = 0; from < 20; from++)
        for (size_t n = 0; n < sizeof bytes; n++) {
            uint32_t sum = pattern_fill(bytes, from, n);
            uint8_t one_by_one[sizeof bytes];
            for (size_t i = 0; i < n; i++)
                one_by_one[i] = pattern_byte(from + i);
            ck_assert(memcmp(bytes, one_by_one, n) == 0);
            ck_assert_uint_eq(sum, sum_add(0, (Span){ bytes, n }));
        }
}
END_TEST

START_TEST(the_first_wrong_byte_is_found)
{
    uint8_t bytes[300];

    for (unsigned from = 0; from < 10; from++)
        for (size_t n = 0; n < sizeof bytes; n += 1 + n / 20) {
            pattern_fill(bytes, from, n);
            ck_assert_uint_eq(pattern_match((Span){ bytes, n }, from), n);
            size_t found = 0;
            for (size_t i = 0; i < n; i++) {
                bytes[i] ^= 4;
                found += pattern_match((Span){ bytes, n }, from) == i;
                bytes[i] ^= 4;
            }
            ck_assert_uint_eq(found, n);
        }
}
END_TEST

/* Whatever the shift, most bytes differ: chance makes 1 in 256 equal. */
START_TEST(the_pattern_shows_every_shift)
{
    static const uint64_t shifts[] = { 1, 2, 7, 8, 64, 251, 255, 256, 1000, 1024, 1448, 1460, 4096,
                                       65520, 65521, 65536, 65521 * 251, (uint64_t)1 << 32 };

    for (size_t k = 0; k < G_N_ELEMENTS(shifts); k++) {
        unsigned equal = 0;
        for (uint64_t i = 0; i < 10000; i++)
            equal += pattern_byte(i) == pattern_byte(i + shifts[k]);
        ck_assert_uint_lt(equal, 80);
    }
}
END_TEST

Suite *tcp_buf_suite(void);
Suite *tcp_buf_suite(void)
{
    Suite *suite = suite_create("tcp_buf");
    TCase *tc = tcase_create("tcp_buf");
    tcase_add_loop_test(tc, bytes_come_out_as_they_went_in, 0, 2);
    tcase_add_loop_test(tc, a_description_becomes_bytes_where_it_must, 0, 20);
    tcase_add_loop_test(tc, bytes_that_are_the_pattern_are_described, 0, 800);
    tcase_add_test(tc, bytes_beyond_the_end_wait_for_it_even_through_growth);
    tcase_add_test(tc, the_pattern_is_the_same_in_any_pieces);
    tcase_add_test(tc, the_first_wrong_byte_is_found);
    tcase_add_test(tc, the_pattern_shows_every_shift);
    suite_add_tcase(suite, tc);
    return suite;
}
