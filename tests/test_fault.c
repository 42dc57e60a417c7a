/*
 * test_fault.c - the rules on a link, kind by kind, and which of them acts when.
 */
/* SPDX-License-Identifier: MIT */
#include "support/wires.h"

#include <check.h>
#include <string.h>

/* Rules match by the number that frame_send writes into byte 14. */
typedef struct Numbers {
    unsigned from, to; /* of the frames that match */
    unsigned asked, hits, freed;
    uint64_t last_hit;
} Numbers;

static bool match_numbers(void *self, LinkDir *dir, const Packet *pkt)
{
    Numbers *n = self;

    (void)dir;
    n->asked++;
    return pkt->data[14] >= n->from && pkt->data[14] <= n->to;
}

static void note_hit(void *self, const Packet *pkt)
{
    Numbers *n = self;

    n->hits++;
    n->last_hit = pkt->id;
}

static void note_free(void *self)
{
    ((Numbers *)self)->freed++;
}

static void set_last_byte(void *self, LinkDir *dir, Packet *pkt)
{
    (void)self;
    (void)dir;
    pkt->data[pkt->len - 1] = 0xee;
}

static void cut_in_half(void *self, LinkDir *dir, Packet *pkt)
{
    (void)self;
    (void)dir;
    packet_trim(pkt, pkt->len / 2);
}

static FaultRule *add_rule(Wires *w, FaultKind kind, const FaultOptions *opt, Numbers *numbers)
{
    FaultCalls calls = { .match = numbers != NULL ? match_numbers : NULL,
                         .modify = set_last_byte,
                         .on_hit = numbers != NULL ? note_hit : NULL,
                         .free_self = numbers != NULL ? note_free : NULL,
                         .self = numbers };

    return fault_add(w->link, kind, opt, &calls, "r1 (x.lua:3)");
}

static FaultOptions options(void)
{
    return fault_options_default;
}

static void send_frames(Wires *w, int n)
{
    for (int i = 0; i < n; i++)
        frame_send(w, 100);
}

/* What came, by number: "0 1 3". */
static void expect_numbers(const Wires *w, const char *numbers)
{
    GString *came = g_string_new(NULL);

    for (size_t i = 0; i < arrivals(w); i++)
        g_string_append_printf(came, "%s%u", i > 0 ? " " : "", arrival(w, i)->first);
    ck_assert_str_eq(came->str, numbers);
    g_string_free(came, TRUE);
}

static void check_balance(const Wires *w)
{
    const LinkCounters *c = &w->ab->counters;
    const LinkFates *f = &w->ab->more->fates;

    ck_assert_uint_eq(c->sent + f->duplicated, c->delivered + f->lost + f->dropped);
    ck_assert_uint_eq(sim_packets_alive(w->sim), 0);
}

/* --- kinds ------------------------------------------------------------------------------------ */

START_TEST(drop_takes_what_matches)
{
    Wires w;
    Numbers n = { .from = 1, .to = 2 };
    FaultOptions opt = options();

    wires_init(&w, 1, NULL);
    wires_log(&w);
    FaultRule *rule = add_rule(&w, FAULT_DROP, &opt, &n);
    send_frames(&w, 4);
    wires_run(&w);
    expect_numbers(&w, "0 3");
    ck_assert_uint_eq(rule->hits, 2);
    ck_assert_uint_eq(n.hits, 2);
    ck_assert_uint_eq(n.last_hit, 3);
    ck_assert_uint_eq(w.ab->more->fates.dropped, 2);
    ck_assert_uint_eq(w.sim->packets.dropped, 2);
    ck_assert_ptr_nonnull(strstr(w.log->str, "0 link:enqueued a 2\n0 link:lost a 2 link.fault\n"));
    check_balance(&w);
    wires_free(&w);
    ck_assert_uint_eq(n.freed, 1);
}
END_TEST

START_TEST(delay_lets_others_pass_and_keeps_the_order_of_its_own)
{
    Wires w;
    Numbers n = { .from = 0, .to = 1 };
    FaultOptions opt = options();

    opt.delay = 5 * MSEC;
    wires_init(&w, 1, NULL);
    wires_log(&w);
    add_rule(&w, FAULT_DELAY, &opt, &n);
    send_frames(&w, 1);
    sim_run(w.sim, 2 * MSEC, 0);
    w.sim->sched.now = 2 * MSEC;
    send_frames(&w, 2);
    wires_run(&w);
    expect_numbers(&w, "2 0 1");
    ck_assert_int_eq(arrival(&w, 1)->t, 5 * MSEC);
    ck_assert_int_eq(arrival(&w, 2)->t, 7 * MSEC);
    ck_assert_ptr_nonnull(strstr(w.log->str, "0 link:delayed a 1 r1 (x.lua:3) 5000000\n"));
    ck_assert_ptr_nonnull(strstr(w.log->str, "5000000 link:released a 1 r1 (x.lua:3)\n"));
    check_balance(&w);
    wires_free(&w);
}
END_TEST

START_TEST(a_delayed_frame_is_not_judged_again)
{
    Wires w;
    FaultOptions opt = options();

    opt.delay = MSEC;
    wires_init(&w, 1, NULL);
    FaultRule *rule = add_rule(&w, FAULT_DELAY, &opt, NULL);
    send_frames(&w, 3);
    wires_run(&w);
    expect_numbers(&w, "0 1 2");
    ck_assert_uint_eq(rule->hits, 3);
    ck_assert_int_eq(arrival(&w, 2)->t, MSEC);
    wires_free(&w);
}
END_TEST

START_TEST(delay_and_duplicate_act_in_both_directions_at_once)
{
    Wires w;
    FaultOptions opt = options();

    opt.delay = MSEC;
    wires_init(&w, 1, NULL);
    add_rule(&w, FAULT_DELAY, &opt, NULL);
    frame_send_from(&w, w.pa, 100);
    frame_send_from(&w, w.pb, 100);
    wires_run(&w);
    ck_assert_uint_eq(w.at_a->len, 1);
    ck_assert_uint_eq(w.at_b->len, 1);
    ck_assert_int_eq(g_array_index(w.at_a, Arrival, 0).t, MSEC);
    wires_free(&w);
}
END_TEST

START_TEST(duplicates_come_right_behind)
{
    Wires w;
    Numbers n = { .from = 0, .to = 0 };
    FaultOptions opt = options();

    opt.copies = 2;
    wires_init(&w, 1, NULL);
    wires_log(&w);
    add_rule(&w, FAULT_DUPLICATE, &opt, &n);
    send_frames(&w, 2);
    wires_run(&w);
    expect_numbers(&w, "0 0 0 1");
    ck_assert_uint_eq(arrival(&w, 2)->id, 1);
    ck_assert_uint_eq(w.ab->more->fates.duplicated, 2);
    ck_assert_ptr_nonnull(strstr(w.log->str, "0 link:duplicated a 1\n0 link:duplicated a 1\n"));
    check_balance(&w);
    wires_free(&w);
}
END_TEST

START_TEST(late_duplicates_come_later)
{
    Wires w;
    Numbers n = { .from = 0, .to = 0 };
    FaultOptions opt = options();

    opt.copies = 2;
    opt.delay = 5 * SEC;
    wires_init(&w, 1, NULL);
    wires_log(&w);
    add_rule(&w, FAULT_DUPLICATE, &opt, &n);
    send_frames(&w, 2);
    wires_run(&w);
    expect_numbers(&w, "0 1 0 0");
    ck_assert_int_eq(arrival(&w, 3)->t, 5 * SEC);
    ck_assert_ptr_nonnull(strstr(w.log->str, "5000000000 link:duplicated a 1\n"));
    check_balance(&w);
    wires_free(&w);
}
END_TEST

START_TEST(no_copies_is_no_duplicate)
{
    Wires w;
    FaultOptions opt = options();

    opt.copies = 0;
    wires_init(&w, 1, NULL);
    add_rule(&w, FAULT_DUPLICATE, &opt, NULL);
    send_frames(&w, 2);
    wires_run(&w);
    expect_numbers(&w, "0 1");
    check_balance(&w);
    wires_free(&w);
}
END_TEST

static DropReason keep(void *owner, Packet *pkt)
{
    *(Packet **)owner = pkt;
    return DROP_NONE;
}

START_TEST(corrupt_flips_the_bit_said)
{
    Wires w;
    FaultOptions opt = options();
    Packet *got = NULL;

    opt.bit = 803; /* byte 100, the fourth from the left */
    wires_init(&w, 1, NULL);
    wires_log(&w);
    w.pb->check_fcs = false;
    w.pb->input = keep;
    w.pb->owner = &got;
    FaultRule *rule = add_rule(&w, FAULT_CORRUPT, &opt, NULL);
    send_frames(&w, 1); /* 100 bytes: too short for it */
    wires_run(&w);
    ck_assert(!got->altered && !got->fcs_bad);
    ck_assert_uint_eq(rule->hits, 0);
    packet_free(got);
    frame_send(&w, 101);
    wires_run(&w);
    ck_assert(got->altered && got->fcs_bad);
    ck_assert_uint_eq(got->data[100], 0x10);
    ck_assert_str_eq(got->remark, "one bit damaged by rule r1 (x.lua:3) (bit 803)");
    ck_assert_uint_eq(rule->hits, 1);
    ck_assert_ptr_nonnull(strstr(w.log->str, "0 link:corrupted a 2 803\n"));
    packet_free(got);
    wires_free(&w);
}
END_TEST

START_TEST(what_a_rule_damaged_fails_the_frame_check)
{
    Wires w;
    FaultOptions opt = options();

    wires_init(&w, 1, NULL);
    add_rule(&w, FAULT_CORRUPT, &opt, NULL); /* a random bit */
    send_frames(&w, 5);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 0);
    ck_assert_uint_eq(w.b->drops[DROP_LINK_FCS], 5);
    ck_assert_uint_eq(w.ab->more->fates.corrupted, 5);
    wires_free(&w);
}
END_TEST

START_TEST(modify_changes_bytes_and_passes_the_frame_check)
{
    Wires w;
    FaultOptions opt = options();
    Packet *got = NULL;

    wires_init(&w, 1, NULL);
    wires_log(&w);
    w.pb->input = keep;
    w.pb->owner = &got;
    add_rule(&w, FAULT_MODIFY, &opt, NULL);
    frame_send(&w, 60);
    wires_run(&w);
    ck_assert_uint_eq(got->data[59], 0xee);
    ck_assert(got->altered && !got->fcs_bad);
    ck_assert_str_eq(got->remark, "modified by rule r1 (x.lua:3)");
    ck_assert_ptr_nonnull(strstr(w.log->str, "0 link:modified a 1 r1 (x.lua:3)\n"));
    packet_free(got);
    wires_free(&w);
}
END_TEST

START_TEST(modify_may_change_the_length)
{
    Wires w;
    FaultCalls calls = { .modify = cut_in_half };
    LinkConfig cfg = { .rate = 8000 };

    wires_init(&w, 1, &cfg);
    fault_add(w.link, FAULT_MODIFY, &fault_options_default, &calls, "half");
    frame_send(&w, 100);
    wires_run(&w);
    ck_assert_uint_eq(arrival(&w, 0)->len, 50);
    ck_assert_int_eq(arrival(&w, 0)->t, 50 * MSEC);
    wires_free(&w);
}
END_TEST

START_TEST(hold_keeps_the_frame_until_released_in_order)
{
    Wires w;
    Numbers n = { .from = 0, .to = 1 };
    FaultOptions opt = options();
    LinkConfig cfg = { .delay = 10 * MSEC };

    wires_init(&w, 1, &cfg);
    wires_log(&w);
    FaultRule *rule = add_rule(&w, FAULT_HOLD, &opt, &n);
    send_frames(&w, 3);
    wires_run(&w);
    expect_numbers(&w, "2");
    ck_assert_uint_eq(rule->caught->len, 2);
    ck_assert_uint_eq(sim_packets_alive(w.sim), 2);
    w.sim->sched.now = SEC;
    ck_assert_uint_eq(fault_release(rule), 2);
    ck_assert_uint_eq(rule->caught->len, 0);
    ck_assert_uint_eq(fault_release(rule), 0);
    wires_run(&w);
    expect_numbers(&w, "2 0 1");
    ck_assert_int_eq(arrival(&w, 1)->t, SEC + 10 * MSEC);
    ck_assert_uint_eq(arrival(&w, 1)->id, 1);
    ck_assert_uint_eq(w.ab->more->fates.held, 2);
    ck_assert_ptr_nonnull(strstr(w.log->str, "0 link:enqueued a 1\n"
                                             "0 link:held a 1 r1 (x.lua:3)\n"));
    ck_assert_ptr_nonnull(strstr(w.log->str, "1000000000 link:released a 1 r1 (x.lua:3)\n"
                                             "1000000000 link:released a 2 r1 (x.lua:3)\n"));
    check_balance(&w);
    wires_free(&w);
}
END_TEST

START_TEST(what_is_held_says_by_whom_and_since_when)
{
    Wires w;
    Packet *got = NULL;

    wires_init(&w, 1, NULL);
    w.pb->input = keep;
    w.pb->owner = &got;
    FaultRule *rule = add_rule(&w, FAULT_HOLD, &fault_options_default, NULL);
    w.sim->sched.now = 1500 * MSEC;
    send_frames(&w, 1);
    fault_release(rule);
    wires_run(&w);
    ck_assert_str_eq(got->remark, "held by rule r1 (x.lua:3) since 1.5s");
    packet_free(got);
    wires_free(&w);
}
END_TEST

START_TEST(what_is_released_onto_a_cable_that_is_out_is_lost)
{
    Wires w;

    wires_init(&w, 1, NULL);
    FaultRule *rule = add_rule(&w, FAULT_HOLD, &fault_options_default, NULL);
    send_frames(&w, 2);
    link_down(w.link);
    ck_assert_uint_eq(sim_packets_alive(w.sim), 2); /* held, not on the cable */
    ck_assert_uint_eq(fault_release(rule), 2);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 0);
    check_balance(&w);
    wires_free(&w);
}
END_TEST

START_TEST(copy_lets_the_original_go_and_replays_as_often_as_asked)
{
    Wires w;
    Numbers n = { .from = 1, .to = 1 };
    FaultOptions opt = options();

    wires_init(&w, 1, NULL);
    wires_log(&w);
    FaultRule *rule = add_rule(&w, FAULT_COPY, &opt, &n);
    send_frames(&w, 3);
    wires_run(&w);
    expect_numbers(&w, "0 1 2");
    ck_assert_uint_eq(rule->caught->len, 1);
    ck_assert_uint_eq(fault_release(rule), 1);
    ck_assert_uint_eq(fault_release(rule), 1);
    wires_run(&w);
    expect_numbers(&w, "0 1 2 1 1");
    ck_assert_uint_eq(arrival(&w, 4)->id, 2);
    ck_assert_uint_eq(rule->hits, 1);
    ck_assert_ptr_nonnull(strstr(w.log->str, "link:released a 2 r1 (x.lua:3)\n"));
    ck_assert_uint_eq(w.ab->counters.sent + w.ab->more->fates.duplicated, w.ab->counters.delivered);
    ck_assert_uint_eq(sim_packets_alive(w.sim), 1);
    wires_free(&w);
}
END_TEST

/* --- which rule, and when --------------------------------------------------------------------- */

START_TEST(the_oldest_rule_that_matches_acts_and_only_that)
{
    Wires w;
    Numbers first = { .from = 1, .to = 1 }, second = { .from = 0, .to = 1 };
    FaultOptions opt = options();

    wires_init(&w, 1, NULL);
    FaultRule *copy = add_rule(&w, FAULT_COPY, &opt, &first);
    FaultRule *drop = add_rule(&w, FAULT_DROP, &opt, &second);
    send_frames(&w, 3);
    wires_run(&w);
    expect_numbers(&w, "1 2");
    ck_assert_uint_eq(copy->hits, 1);
    ck_assert_uint_eq(drop->hits, 1);
    ck_assert_uint_eq(second.asked, 2);
    fault_remove(copy);
    w.next = 1;
    send_frames(&w, 1);
    wires_run(&w);
    expect_numbers(&w, "1 2");
    ck_assert_uint_eq(drop->hits, 2);
    wires_free(&w);
}
END_TEST

/* One row per way to limit a rule: which of the frames 0 to 5, sent 1 ms apart, get through. */
static const struct {
    const char *what;
    FaultOptions opt;
    const char *through;
} limits[] = {
    { "count", { .count = 2, .probability = PROB_ONE, .before = NEVER }, "2 3 4 5" },
    { "skip", { .skip = 3, .probability = PROB_ONE, .before = NEVER }, "0 1 2" },
    { "skip and count", { .skip = 1, .count = 1, .probability = PROB_ONE, .before = NEVER },
      "0 2 3 4 5" },
    { "after", { .probability = PROB_ONE, .after = 4 * MSEC, .before = NEVER }, "0 1 2 3" },
    { "before", { .probability = PROB_ONE, .before = 2 * MSEC }, "2 3 4 5" },
    { "after and skip", { .probability = PROB_ONE, .after = 2 * MSEC, .before = NEVER, .skip = 1 },
      "0 1 2" },
    { "never", { .probability = 0, .before = NEVER }, "0 1 2 3 4 5" },
};

START_TEST(a_rule_acts_within_its_limits)
{
    Wires w;

    wires_init(&w, 1, NULL);
    add_rule(&w, FAULT_DROP, &limits[_i].opt, NULL);
    for (int i = 0; i < 6; i++) {
        w.sim->sched.now = i * MSEC;
        send_frames(&w, 1);
        wires_run(&w);
    }
    expect_numbers(&w, limits[_i].through);
    wires_free(&w);
}
END_TEST

START_TEST(from_means_one_direction)
{
    Wires w;
    FaultOptions opt = options();

    wires_init(&w, 1, NULL);
    opt.from = w.b;
    FaultRule *rule = add_rule(&w, FAULT_DROP, &opt, NULL);
    frame_send_from(&w, w.pa, 60);
    frame_send_from(&w, w.pb, 60);
    wires_run(&w);
    ck_assert_uint_eq(w.at_b->len, 1);
    ck_assert_uint_eq(w.at_a->len, 0);
    ck_assert_uint_eq(rule->seen, 1);
    wires_free(&w);
}
END_TEST

START_TEST(a_probable_rule_acts_so_often_and_the_same_every_time)
{
    uint64_t hits[2];

    for (int run = 0; run < 2; run++) {
        Wires w;
        FaultOptions opt = options();
        opt.probability = PROB_ONE / 4;
        wires_init(&w, 9, NULL);
        FaultRule *rule = add_rule(&w, FAULT_DROP, &opt, NULL);
        send_frames(&w, 4000);
        wires_run(&w);
        hits[run] = rule->hits;
        ck_assert_uint_eq(rule->seen, 4000);
        wires_free(&w);
    }
    ck_assert_uint_eq(hits[0], hits[1]);
    ck_assert_uint_gt(hits[0], 870);
    ck_assert_uint_lt(hits[0], 1130);
}
END_TEST

START_TEST(two_rules_draw_from_streams_of_their_own)
{
    Wires w;
    FaultOptions opt = options();

    opt.probability = PROB_ONE / 2;
    wires_init(&w, 1, NULL);
    FaultRule *one = add_rule(&w, FAULT_COPY, &opt, NULL);
    FaultRule *two = add_rule(&w, FAULT_COPY, &opt, NULL);
    ck_assert_mem_ne(&one->rng, &two->rng, sizeof(Rng));
    wires_free(&w);
}
END_TEST

START_TEST(a_removed_rule_still_holds_and_releases)
{
    Wires w;

    wires_init(&w, 1, NULL);
    FaultRule *rule = add_rule(&w, FAULT_HOLD, &fault_options_default, NULL);
    send_frames(&w, 1);
    fault_remove(rule);
    send_frames(&w, 1);
    wires_run(&w);
    expect_numbers(&w, "1");
    fault_release(rule);
    wires_run(&w);
    expect_numbers(&w, "1 0");
    wires_free(&w);
}
END_TEST

START_TEST(remarks_add_up)
{
    Wires w;
    LinkConfig cfg = { .corrupt = PROB_ONE };
    Packet *got = NULL;

    wires_init(&w, 1, &cfg);
    w.pb->check_fcs = false;
    w.pb->input = keep;
    w.pb->owner = &got;
    FaultRule *rule = add_rule(&w, FAULT_HOLD, &fault_options_default, NULL);
    send_frames(&w, 1);
    fault_release(rule);
    wires_run(&w);
    ck_assert(g_str_has_prefix(got->remark, "held by rule r1 (x.lua:3) since 0s, one bit damaged"));
    packet_free(got);
    wires_free(&w);
}
END_TEST

/* Frames in every place where one can be when the world ends: nothing may leak. */
START_TEST(a_world_ends_cleanly_with_frames_in_every_rule)
{
    static const FaultKind kinds[] = { FAULT_HOLD, FAULT_COPY, FAULT_DELAY, FAULT_DUPLICATE };
    Wires w;
    FaultOptions opt = options();

    opt.delay = HOUR;
    opt.count = 5;
    wires_init(&w, 1, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        add_rule(&w, kinds[i], &opt, NULL);
    send_frames(&w, 30);
    ck_assert_uint_eq(sim_packets_alive(w.sim), 30 + 5 + 5); /* and the copies */
    wires_free(&w);
}
END_TEST

Suite *fault_suite(void);
Suite *fault_suite(void)
{
    Suite *suite = suite_create("fault");
    TCase *tc = tcase_create("fault");
    tcase_add_test(tc, drop_takes_what_matches);
    tcase_add_test(tc, delay_lets_others_pass_and_keeps_the_order_of_its_own);
    tcase_add_test(tc, a_delayed_frame_is_not_judged_again);
    tcase_add_test(tc, delay_and_duplicate_act_in_both_directions_at_once);
    tcase_add_test(tc, duplicates_come_right_behind);
    tcase_add_test(tc, late_duplicates_come_later);
    tcase_add_test(tc, no_copies_is_no_duplicate);
    tcase_add_test(tc, corrupt_flips_the_bit_said);
    tcase_add_test(tc, what_a_rule_damaged_fails_the_frame_check);
    tcase_add_test(tc, modify_changes_bytes_and_passes_the_frame_check);
    tcase_add_test(tc, modify_may_change_the_length);
    tcase_add_test(tc, hold_keeps_the_frame_until_released_in_order);
    tcase_add_test(tc, what_is_held_says_by_whom_and_since_when);
    tcase_add_test(tc, what_is_released_onto_a_cable_that_is_out_is_lost);
    tcase_add_test(tc, copy_lets_the_original_go_and_replays_as_often_as_asked);
    tcase_add_test(tc, the_oldest_rule_that_matches_acts_and_only_that);
    tcase_add_loop_test(tc, a_rule_acts_within_its_limits, 0, (int)G_N_ELEMENTS(limits));
    tcase_add_test(tc, from_means_one_direction);
    tcase_add_test(tc, a_probable_rule_acts_so_often_and_the_same_every_time);
    tcase_add_test(tc, two_rules_draw_from_streams_of_their_own);
    tcase_add_test(tc, a_removed_rule_still_holds_and_releases);
    tcase_add_test(tc, remarks_add_up);
    tcase_add_test(tc, a_world_ends_cleanly_with_frames_in_every_rule);
    suite_add_tcase(suite, tc);
    return suite;
}
