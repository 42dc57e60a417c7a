/*
 * test_tcp_sack.c - the scoreboard of RFC 6675 and the receiver's list of blocks, at three places of
 * the sequence space. Numbers are segments of 10 octets, the first is 0; SND.UNA is 0.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_sack.h"
#include "protocols/transport/tcp_sack_list.h"

#include <check.h>
#include <glib.h>

Suite *tcp_sack_suite(void);

enum { MSS = 10 };
static const TcpSeq bases[] = { 1000, 0xffffffc8u, 0x7fffffc8u };

static TcpOptions blocks(TcpSeq base, const int edges[][2], unsigned n)
{
    TcpOptions opt = { .n_sack = 0 };

    for (unsigned i = 0; i < n && edges[i][1] != edges[i][0]; i++)
        opt.sack[opt.n_sack++] = (TcpSackBlock){ base + (TcpSeq)edges[i][0],
                                                 base + (TcpSeq)edges[i][1] };
    return opt;
}

/* What is reported of 100 octets; what was sent again; then what is in the pipe, what is lost below
 * (by octets), and the next hole, lost or not. */
static const struct {
    const char *what;
    int         edges[4][2];
    TcpSeq      rxt;
    uint32_t    pipe;
    TcpSeq      lost; /* the lowest octet that is not */
    int         hole[2], lost_hole[2];
} boards[] = {
    { "nothing", { { 0 } }, 0, 100, 0, { -1, -1 }, { -1, -1 } },
    { "one segment", { { 10, 20 } }, 0, 90, 0, { 0, 10 }, { -1, -1 } },
    { "two segments' octets", { { 10, 30 } }, 0, 80, 0, { 0, 10 }, { -1, -1 } },
    { "one octet more", { { 10, 31 } }, 0, 69, 10, { 0, 10 }, { 0, 10 } },
    { "three blocks of an octet", { { 10, 11 }, { 20, 21 }, { 30, 31 } }, 0, 87, 10, { 0, 10 },
      { 0, 10 } },
    { "two holes lost, one not", { { 10, 20 }, { 30, 60 }, { 70, 80 } }, 0, 30, 30, { 0, 10 },
      { 0, 10 } },
    { "the first sent again", { { 10, 20 }, { 30, 60 }, { 70, 80 } }, 10, 40, 30, { 20, 30 },
      { 20, 30 } },
    { "both sent again", { { 10, 20 }, { 30, 60 }, { 70, 80 } }, 30, 50, 30, { 60, 70 }, { -1, -1 } },
    { "sent again up to the middle", { { 10, 20 }, { 30, 60 } }, 5, 45, 30, { 5, 10 }, { 5, 10 } },
    { "all sent again", { { 10, 20 }, { 30, 60 } }, 30, 60, 30, { -1, -1 }, { -1, -1 } },
    { "all but the first", { { 10, 100 } }, 0, 0, 10, { 0, 10 }, { 0, 10 } },
    { "beyond what was sent", { { 90, 101 } }, 0, 100, 0, { -1, -1 }, { -1, -1 } },
    { "reversed", { { 30, 20 } }, 0, 100, 0, { -1, -1 }, { -1, -1 } },
    { "a duplicate, then a block", { { -20, -10 }, { 10, 20 } }, 0, 90, 0, { 0, 10 }, { -1, -1 } },
    { "a duplicate within a block", { { 10, 20 }, { 10, 40 } }, 0, 60, 10, { 0, 10 }, { 0, 10 } },
};

static void expect_hole(const char *what, bool found, const SackHole *hole, TcpSeq base,
                        const int want[2])
{
    ck_assert_msg(found == (want[0] >= 0), "%s: %s", what, found ? "a hole" : "no hole");
    if (!found)
        return;
    ck_assert_msg(hole->left == base + (TcpSeq)want[0] && hole->right == base + (TcpSeq)want[1],
                  "%s: %u-%u", what, hole->left - base, hole->right - base);
}

/* EXT-30, CC-49, CC-53, CC-54 */
START_TEST(the_board_tells_what_is_lost_and_what_is_next)
{
    TcpSeq base = bases[_i % 3], max = base + 100;
    const char *what = boards[_i / 3].what;
    TcpOptions opt = blocks(base, boards[_i / 3].edges, 4);
    Sack s = { .high_rxt = base + boards[_i / 3].rxt };
    SackHole hole;

    bool news = sack_update(&s, &opt, base, base, max, NULL, NULL);
    ck_assert_msg(news == (s.blocks.n > 0), "%s", what);
    ck_assert(!sack_update(&s, &opt, base, base, max, NULL, NULL));
    ck_assert_msg(sack_pipe(&s, base, max, MSS) == boards[_i / 3].pipe, "%s: pipe %u", what,
                  sack_pipe(&s, base, max, MSS));
    for (TcpSeq i = 0; i < boards[_i / 3].lost; i++)
        ck_assert_msg(sack_is_lost(&s, base + i, MSS), "%s: %u is not lost", what, i);
    ck_assert_msg(!sack_is_lost(&s, base + boards[_i / 3].lost, MSS), "%s: too much is lost", what);
    expect_hole(what, sack_next_hole(&s, base, MSS, false, &hole), &hole, base,
                boards[_i / 3].hole);
    expect_hole(what, sack_next_hole(&s, base, MSS, true, &hole), &hole, base,
                boards[_i / 3].lost_hole);
    sack_clear(&s);
}
END_TEST

/* CC-54, CC-57 */
START_TEST(the_board_knows_holes_and_their_ends)
{
    static const int edges[4][2] = { { 10, 20 }, { 40, 60 } };
    TcpSeq base = bases[_i];
    TcpOptions opt = blocks(base, edges, 4);
    Sack s = { .high_rxt = base };
    SackHole hole;

    ck_assert(sack_update(&s, &opt, base, base, base + 100, NULL, NULL));
    ck_assert(sack_last_hole(&s, base, base + 100, &hole));
    expect_hole("last", true, &hole, base, (const int[]){ 60, 100 });
    ck_assert(sack_last_hole(&s, base, base + 60, &hole));
    expect_hole("last but one", true, &hole, base, (const int[]){ 20, 40 });
    ck_assert_ptr_null(sack_block_at(&s, base + 5));
    ck_assert_ptr_null(sack_block_at(&s, base + 20));
    ck_assert_uint_eq(sack_block_at(&s, base + 10)->right, base + 20);
    ck_assert_uint_eq(sack_block_at(&s, base + 59)->left, base + 40);
    ck_assert_ptr_null(sack_block_at(&s, base + 60));
    ck_assert_uint_eq(sack_hole_end(&s, base, base + 100), base + 10);
    ck_assert_uint_eq(sack_hole_end(&s, base + 20, base + 30), base + 30);
    ck_assert_uint_eq(sack_hole_end(&s, base + 60, base + 100), base + 100);
    sack_advance(&s, base + 20);
    ck_assert_uint_eq(reass_bytes(&s.blocks), 20);
    sack_advance(&s, base + 50); /* the peer takes half of a block back */
    ck_assert_uint_eq(reass_bytes(&s.blocks), 10);
    sack_advance(&s, base + 60);
    ck_assert_uint_eq(s.blocks.n, 0);
    sack_clear(&s);
}
END_TEST

/* EXT-35 */
START_TEST(a_duplicate_is_known_by_the_ack_beside_it)
{
    static const struct { int edges[2][2]; TcpSeq ack; bool duplicate; } rows[] = {
        { { { 10, 20 } }, 0, false },   { { { 10, 20 } }, 10, false },
        { { { 10, 20 } }, 20, true },   { { { 10, 20 } }, 11, true },
        { { { 10, 20 }, { 10, 30 } }, 0, true }, { { { 10, 20 }, { 30, 40 } }, 0, false },
    };
    TcpOptions opt = blocks(bases[_i % 3], rows[_i / 3].edges, 2);

    ck_assert(sack_is_duplicate(&opt, bases[_i % 3] + rows[_i / 3].ack) == rows[_i / 3].duplicate);
}
END_TEST

/* EXT-26, EXT-27: whatever comes, each block is told in three ACKs one after another at least, if
 * three others came last; and the first is the one that has changed. */
START_TEST(the_list_repeats_recent_blocks)
{
    TcpSeq base = bases[_i];
    SackList l = { .n = 0 };
    Reass queue = { 0 };
    TcpSackBlock out[TCP_SACK_MAX];

    for (TcpSeq k = 0; k < 40; k++) {
        TcpSeq at = base + 20 * (k * 7 % 40) + 10;
        ck_assert(reass_add(&queue, at, at + 10));
        sacklist_note(&l, &queue, at);
        unsigned n = sacklist_blocks(&l, &queue, 3, out);
        ck_assert_uint_eq(n, MIN(k + 1, 3));
        ck_assert_uint_eq(n, sacklist_count(&l, &queue, 3));
        for (TcpSeq i = 0; i < n; i++)
            ck_assert_uint_eq(out[i].left, base + 20 * ((k - i) * 7 % 40) + 10);
    }
    reass_clear(&queue);
    ck_assert_uint_eq(sacklist_blocks(&l, &queue, 3, out), 0);
}
END_TEST

Suite *tcp_sack_suite(void)
{
    Suite *s = suite_create("tcp_sack");
    TCase *tc = tcase_create("sack");

    tcase_add_loop_test(tc, the_board_tells_what_is_lost_and_what_is_next, 0,
                        3 * (int)G_N_ELEMENTS(boards));
    tcase_add_loop_test(tc, the_board_knows_holes_and_their_ends, 0, 3);
    tcase_add_loop_test(tc, a_duplicate_is_known_by_the_ack_beside_it, 0, 18);
    tcase_add_loop_test(tc, the_list_repeats_recent_blocks, 0, 3);
    suite_add_tcase(s, tc);
    return s;
}
