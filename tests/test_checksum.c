/*
 * test_checksum.c - the Internet checksum against RFC 1071's example and the plainest sum there is,
 * its incremental update against summing anew.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/checksum.h"

#include <check.h>
#include <string.h>

enum { MOST = 4096 };

static uint32_t random_state;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

static void fill(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)next_random();
}

/* RFC 1071 §1, word by word. */
static uint16_t plain_checksum(const uint8_t *p, size_t n)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

START_TEST(agrees_with_the_example_of_rfc_1071)
{
    static const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
    ck_assert_uint_eq(sum_add(0, (Span){ bytes, sizeof bytes }), 0xddf2);
    ck_assert_uint_eq(sum_fold(0xddf2), 0x220d);
    ck_assert_uint_eq(sum_fold(0x2ddf0), 0x220d);
}
END_TEST

START_TEST(folds_whatever_can_be_carried)
{
    static const uint64_t edges[] = { 0, 1, 0xfffe, 0xffff, 0x10000, 0x1ffff, 0xfffeffff,
                                      0xffff0000, UINT32_MAX, (uint64_t)UINT32_MAX + 1,
                                      (uint64_t)UINT32_MAX << 32, UINT64_MAX - 1, UINT64_MAX };

    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        for (size_t k = 0; k < sizeof edges / sizeof *edges; k++) {
            uint64_t sum = edges[i] ^ edges[k], plain = sum;
            while (plain >> 16 != 0)
                plain = (plain & 0xffff) + (plain >> 16);
            ck_assert_uint_eq(sum_to_16(sum), plain);
        }
}
END_TEST

START_TEST(agrees_with_a_sum_word_by_word_at_any_length_and_alignment)
{
    static uint8_t bytes[MOST + 8];
    random_state = 1;
    fill(bytes, sizeof bytes);
    for (size_t n = 0; n <= MOST; n += n < 100 ? 1 : 37)
        for (size_t at = 0; at < 5; at++)
            ck_assert_uint_eq(sum_fold(sum_add(0, (Span){ bytes + at, n })),
                              plain_checksum(bytes + at, n));
}
END_TEST

START_TEST(does_not_overflow_over_the_largest_datagram)
{
    static uint8_t bytes[65536];
    memset(bytes, 0xff, sizeof bytes);
    uint32_t sum = 0;
    for (int i = 0; i < 4; i++)
        sum = sum_add(sum, (Span){ bytes, sizeof bytes });
    ck_assert_uint_eq(sum, 0xffff);
    ck_assert_uint_eq(sum_fold(sum), 0);
    ck_assert_uint_eq(sum_fold(0xffffffff), 0);
}
END_TEST

START_TEST(parts_add_up_to_the_whole)
{
    uint8_t bytes[77];
    random_state = 2;
    fill(bytes, sizeof bytes);
    for (size_t cut = 0; cut < sizeof bytes; cut += 2) {
        uint32_t sum = sum_add(0, (Span){ bytes, cut });
        sum = sum_add(sum, (Span){ bytes + cut, sizeof bytes - cut });
        ck_assert_uint_eq(sum_fold(sum), plain_checksum(bytes, sizeof bytes));
    }
}
END_TEST

START_TEST(is_zero_over_its_own_checksum)
{
    uint8_t bytes[40];
    random_state = 3;
    for (int i = 0; i < 1000; i++) {
        fill(bytes, sizeof bytes);
        put16(bytes + 10, 0);
        put16(bytes + 10, sum_fold(sum_add(0, (Span){ bytes, sizeof bytes })));
        ck_assert_uint_eq(sum_fold(sum_add(0, (Span){ bytes, sizeof bytes })), 0);
    }
}
END_TEST

START_TEST(the_pseudo_header_sums_as_its_bytes_would)
{
    static const uint8_t bytes[] = { 10, 0, 0, 1, 192, 168, 255, 254, 0, 6 };
    ck_assert_uint_eq(sum_fold(sum_pseudo(ip_v4(0x0a000001), ip_v4(0xc0a8fffe), 6)),
                      plain_checksum(bytes, sizeof bytes));
}
END_TEST

static const uint16_t corners[] = { 0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x5555, 0xaaaa };
enum { CORNERS = sizeof corners / sizeof corners[0] };

/* RFC 1624 §3-5: the corners are where the older equations went wrong. */
START_TEST(an_update_is_what_a_new_sum_would_be)
{
    uint8_t header[20];

    random_state = (uint32_t)_i + 4;
    for (int i = 0; i < 20000; i++) {
        fill(header, sizeof header);
        if (i % 3 == 0)
            memset(header, 0, 12); /* so that sums near zero occur */
        if (i % 3 == 1)
            memset(header, 0xff, 14);
        header[0] = 0x45;
        size_t at = 2 * (1 + next_random() % 9);
        uint16_t old = corners[next_random() % CORNERS];
        uint16_t new_ = i % 2 != 0 ? corners[next_random() % CORNERS] : (uint16_t)next_random();
        put16(header + at, old);
        uint16_t before = plain_checksum(header, sizeof header);
        put16(header + at, new_);
        ck_assert_uint_eq(sum_update(before, old, new_), plain_checksum(header, sizeof header));
    }
}
END_TEST

/* RFC 1624 §4: the example that RFC 1141's equation gets wrong. */
START_TEST(agrees_with_the_example_of_rfc_1624)
{
    ck_assert_uint_eq(sum_update(0xdd2f, 0x5555, 0x3285), 0x0000);
}
END_TEST

Suite *checksum_suite(void);
Suite *checksum_suite(void)
{
    Suite *suite = suite_create("checksum");
    TCase *tc = tcase_create("checksum");
    tcase_add_test(tc, agrees_with_the_example_of_rfc_1071);
    tcase_add_test(tc, folds_whatever_can_be_carried);
    tcase_add_test(tc, agrees_with_a_sum_word_by_word_at_any_length_and_alignment);
    tcase_add_test(tc, does_not_overflow_over_the_largest_datagram);
    tcase_add_test(tc, parts_add_up_to_the_whole);
    tcase_add_test(tc, is_zero_over_its_own_checksum);
    tcase_add_test(tc, the_pseudo_header_sums_as_its_bytes_would);
    tcase_add_loop_test(tc, an_update_is_what_a_new_sum_would_be, 0, 3);
    tcase_add_test(tc, agrees_with_the_example_of_rfc_1624);
    suite_add_tcase(suite, tc);
    return suite;
}
