/*
 * test_tcp_reass.c - ranges join, stay in order, go when the stream reaches them, and wrap.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_reass.h"

#include <check.h>
#include <glib.h>

/* What is added, at an offset to a base; what then lies there; how far the stream goes from 0. */
static const struct {
    const char *what;
    int         add[8][2];
    const char *ranges;
    unsigned    reach;
} rows[] = {
    { "nothing", { { 0 } }, "", 0 },
    { "one behind a gap", { { 5, 9 } }, "5-9", 0 },
    { "one that fits", { { 0, 9 } }, "", 9 },
    { "two apart", { { 5, 9 }, { 20, 30 } }, "5-9 20-30", 0 },
    { "two apart, the later first", { { 20, 30 }, { 5, 9 } }, "5-9 20-30", 0 },
    { "touching behind", { { 5, 9 }, { 9, 12 } }, "5-12", 0 },
    { "touching in front", { { 9, 12 }, { 5, 9 } }, "5-12", 0 },
    { "overlapping behind", { { 5, 9 }, { 7, 12 } }, "5-12", 0 },
    { "overlapping in front", { { 7, 12 }, { 5, 9 } }, "5-12", 0 },
    { "inside", { { 5, 12 }, { 7, 9 } }, "5-12", 0 },
    { "around", { { 7, 9 }, { 5, 12 } }, "5-12", 0 },
    { "the same again", { { 5, 9 }, { 5, 9 } }, "5-9", 0 },
    { "filling a hole", { { 5, 9 }, { 12, 15 }, { 9, 12 } }, "5-15", 0 },
    { "around several", { { 5, 6 }, { 8, 9 }, { 11, 12 }, { 20, 21 }, { 4, 15 } },
      "4-15 20-21", 0 },
    { "between two", { { 5, 6 }, { 20, 21 }, { 10, 12 } }, "5-6 10-12 20-21", 0 },
    { "the gap closes", { { 5, 9 }, { 12, 15 }, { 0, 5 } }, "12-15", 9 },
    { "all gaps close", { { 5, 9 }, { 12, 15 }, { 9, 12 }, { 0, 5 } }, "", 15 },
};

static const TcpSeq bases[] = { 1000, 0xfffffff8u, 0x7ffffff8u };

START_TEST(ranges_join_and_advance)
{
    TcpSeq base = bases[_i % 3];
    Reass r = { 0 };
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i < 8 && rows[_i / 3].add[i][1] > 0; i++)
        ck_assert(reass_add(&r, base + (TcpSeq)rows[_i / 3].add[i][0],
                            base + (TcpSeq)rows[_i / 3].add[i][1]));
    ck_assert_uint_eq(reass_advance(&r, base), base + rows[_i / 3].reach);
    for (size_t i = 0; i < r.n; i++)
        g_string_append_printf(text, "%s%u-%u", i > 0 ? " " : "", r.ranges[i].left - base,
                               r.ranges[i].right - base);
    ck_assert_msg(strcmp(text->str, rows[_i / 3].ranges) == 0, "%s: %s", rows[_i / 3].what,
                  text->str);
    reass_clear(&r);
}
END_TEST

START_TEST(a_range_too_many_is_refused_but_one_that_joins_is_not)
{
    Reass r = { 0 };

    for (TcpSeq i = 0; i < REASS_MAX; i++)
        ck_assert(reass_add(&r, 10 + 2 * i, 11 + 2 * i));
    ck_assert(!reass_add(&r, 5, 6));
    ck_assert(reass_add(&r, 11, 12));
    ck_assert_uint_eq(r.n, REASS_MAX - 1);
    ck_assert_uint_eq(reass_bytes(&r), REASS_MAX + 1);
    ck_assert(reass_add(&r, 5, 6));
    reass_clear(&r);
}
END_TEST

enum { SPACE = 400 };

/* Against a bitmap, with random pieces. */
START_TEST(agrees_with_a_bitmap)
{
    bool have[SPACE] = { false };
    uint32_t x = (uint32_t)_i + 1;
    TcpSeq base = 0xffffff00u, at = base;
    Reass r = { 0 };

    for (int step = 0; step < 300; step++) {
        x = x * 1664525 + 1013904223;
        TcpSeq left = base + (x >> 8) % (SPACE - 10), right = left + 1 + (x >> 20) % 9;
        left = seq_max(left, at);
        if (seq_leq(right, at))
            continue;
        for (TcpSeq s = left; s != right; s++)
            have[s - base] = true;
        ck_assert(reass_add(&r, left, right));
        at = reass_advance(&r, at);
        size_t first = 0, bytes = 0;
        while (first < SPACE && have[first])
            first++;
        for (size_t i = first; i < SPACE; i++)
            bytes += have[i];
        ck_assert_uint_eq(at - base, first);
        ck_assert_uint_eq(reass_bytes(&r), bytes);
        for (size_t i = 1; i < r.n; i++)
            ck_assert(seq_lt(r.ranges[i - 1].right, r.ranges[i].left));
    }
    reass_clear(&r);
}
END_TEST

Suite *tcp_reass_suite(void);
Suite *tcp_reass_suite(void)
{
    Suite *suite = suite_create("tcp_reass");
    TCase *tc = tcase_create("tcp_reass");
    tcase_add_loop_test(tc, ranges_join_and_advance, 0, 3 * (int)G_N_ELEMENTS(rows));
    tcase_add_test(tc, a_range_too_many_is_refused_but_one_that_joins_is_not);
    tcase_add_loop_test(tc, agrees_with_a_bitmap, 0, 20);
    suite_add_tcase(suite, tc);
    return suite;
}
