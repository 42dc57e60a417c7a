/*
 * test_tcp_sent.c - the record of what was sent, against a model that keeps a word for each octet:
 * whatever is sent, sent again in other segments, reported, lost and acknowledged, the counts, the
 * order by time and the borders are right. At three places of the sequence space.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_sent.h"

#include "sim/engine/rng.h"

#include <check.h>
#include <glib.h>

Suite *tcp_sent_suite(void);

enum { STEPS = 2000, SPACE = 1 << 15, MSS = 16 };
static const TcpSeq bases[] = { 1000, 0xffffff00u, 0x7fffff00u };

typedef struct Model { /* of each octet */
    bool    sacked[SPACE], lost[SPACE], again[SPACE];
    SimTime at[SPACE];
    uint32_t una, max;
} Model;

static Model model; /* too large for a stack */

static uint32_t below(Rng *rng, uint32_t n)
{
    return (uint32_t)rng_below(rng, n);
}

static uint32_t pipe_of_model(void)
{
    uint32_t n = 0;

    for (uint32_t i = model.una; i < model.max; i++)
        n += (!model.sacked[i] && !model.lost[i] ? 1u : 0u) + (model.again[i] ? 1u : 0u);
    return n;
}

static void expect_model(const Sent *s, TcpSeq base)
{
    sent_check(s, base + model.una, base + model.max);
    ck_assert_uint_eq(sent_pipe(s), pipe_of_model());
    for (uint32_t i = 0; i < s->n; i++) {
        const SentSeg *g = sent_at(s, i);
        for (TcpSeq seq = g->left; seq != g->right; seq++) {
            uint32_t at = seq - base;
            if (g->sacked != model.sacked[at] || g->lost != model.lost[at] ||
                g->again != model.again[at] || g->at != model.at[at])
                ck_abort_msg("octet %u is not as it was told", at);
        }
    }
}

static void send_new(Sent *s, TcpSeq base, uint32_t len, SimTime now)
{
    sent_transmit(s, base + model.max, base + model.max + len, now, false);
    for (uint32_t i = 0; i < len; i++, model.max++) {
        model.sacked[model.max] = model.lost[model.max] = model.again[model.max] = false;
        model.at[model.max] = now;
    }
}

/* Any octets of what is out, in one segment: it is lost as its first octet was. */
static void send_again(Sent *s, TcpSeq base, uint32_t left, uint32_t len, SimTime now)
{
    uint32_t right = MIN(left + len, model.max);
    bool lost = model.lost[left];

    SentSeg *g = sent_transmit(s, base + left, base + right, now, true);
    ck_assert_uint_eq(g->left, base + left);
    ck_assert_uint_eq(g->right, base + right);
    ck_assert_uint_ge(g->times, 2);
    for (uint32_t i = left; i < right; i++) {
        model.sacked[i] = false;
        model.lost[i] = lost;
        model.again[i] = true;
        model.at[i] = now;
    }
}

static void mark(Sent *s, TcpSeq base, SentSeg *g, bool sacked)
{
    if (g->sacked)
        return;
    for (TcpSeq seq = g->left; seq != g->right; seq++) {
        model.sacked[seq - base] = sacked;
        model.lost[seq - base] = !sacked;
        model.again[seq - base] = false;
    }
    if (sacked)
        sent_mark_sacked(s, g);
    else
        sent_mark_lost(s, g);
}

static void acknowledge(Sent *s, TcpSeq base, uint32_t len)
{
    model.una = MIN(model.una + len, model.max);
    while (s->n > 0 && sent_drop_first(s, base + model.una))
        ;
}

static void forget(Sent *s, bool sacks)
{
    if (sacks)
        sent_forget_sacks(s);
    else
        sent_forget_losses(s);
    for (uint32_t i = model.una; i < model.max; i++) {
        if (sacks) {
            model.lost[i] |= model.sacked[i];
            model.sacked[i] = false;
        } else {
            model.lost[i] = false;
        }
    }
}

static void expect_next_due(Sent *s, TcpSeq base)
{
    uint32_t i = model.una;

    while (i < model.max && !(model.lost[i] && !model.again[i]))
        i++;
    const SentSeg *g = sent_next_due(s);
    if (i == model.max)
        ck_assert_ptr_null(g);
    else
        ck_assert_uint_eq(g->left, base + i);
}

/* CC-61: the instant of the last sending of each, too. */
START_TEST(it_is_what_a_model_of_each_octet_says)
{
    TcpSeq base = bases[_i % 3];
    Rng rng;
    Heap heap = { 0 };
    Sent s = { .heap = &heap };
    SimTime now = 0;

    rng_init(&rng, (uint64_t)_i + 1, "sent");
    model = (Model){ .una = 0 };
    for (unsigned step = 0; step < STEPS && model.max < SPACE - MSS; step++) {
        uint32_t out = model.max - model.una, what = below(&rng, 100);
        now += below(&rng, 3);
        if (out == 0 || what < 35)
            send_new(&s, base, 1 + below(&rng, MSS), now);
        else if (what < 50)
            send_again(&s, base, model.una + below(&rng, out), 1 + below(&rng, MSS), now);
        else if (what < 60)
            mark(&s, base, sent_at(&s, below(&rng, s.n)), true);
        else if (what < 75)
            mark(&s, base, sent_at(&s, below(&rng, s.n)), false);
        else if (what < 97)
            acknowledge(&s, base, below(&rng, 3 * MSS));
        else
            forget(&s, what < 99);
        expect_model(&s, base);
        expect_next_due(&s, base);
    }
    acknowledge(&s, base, SPACE);
    ck_assert_ptr_null(s.segs); /* nothing is out, nothing is kept */
    heap_clear(&heap);
}
END_TEST

START_TEST(a_large_window_costs_no_scan)
{
    enum { SEGS = 1 << 18 };
    Heap heap = { 0 };
    Sent s = { .heap = &heap };

    for (uint32_t i = 0; i < SEGS; i++)
        sent_transmit(&s, i * MSS, (i + 1) * MSS, i, false);
    for (uint32_t i = SEGS / 2; i < SEGS; i += 2) { /* would take minutes if it looked at all */
        sent_mark_sacked(&s, sent_at(&s, sent_find(&s, i * MSS)));
        sent_mark_lost(&s, sent_at(&s, sent_find(&s, (i + 1) * MSS)));
        ck_assert_ptr_nonnull(sent_next_due(&s));
        ck_assert_int_eq(sent_oldest(&s)->at, 0);
    }
    ck_assert_uint_eq(sent_pipe(&s), SEGS / 2 * MSS);
    ck_assert_uint_eq(s.due, SEGS / 4);
    sent_check(&s, 0, SEGS * (uint32_t)MSS);
    sent_clear(&s);
    heap_clear(&heap);
}
END_TEST

Suite *tcp_sent_suite(void)
{
    Suite *suite = suite_create("tcp_sent");
    TCase *tc = tcase_create("record");

    tcase_add_loop_test(tc, it_is_what_a_model_of_each_octet_says, 0, 6);
    tcase_add_test(tc, a_large_window_costs_no_scan);
    suite_add_tcase(suite, tc);
    return suite;
}
