/*
 * test_link.c - one cable: times to the nanosecond, the queue, and everything that befalls a frame.
 */
/* SPDX-License-Identifier: MIT */
#include "support/wires.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static LinkConfig with(LinkConfig cfg)
{
    if (cfg.mtu == 0)
        cfg.mtu = 1500;
    return cfg;
}

static void note_arrivals(void *owner)
{
    void **args = owner;

    *(size_t *)args[1] = arrivals(args[0]);
}

START_TEST(a_frame_arrives_after_transmission_and_delay_exactly)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .delay = 10 * MSEC, .rate = 10000000, .queue = 10 });

    wires_init(&w, 1, &cfg);
    frame_send(&w, 1250); /* 1 ms each */
    frame_send(&w, 125);
    frame_send(&w, 1250);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 3);
    ck_assert_int_eq(arrival(&w, 0)->t, 11 * MSEC);
    ck_assert_int_eq(arrival(&w, 1)->t, 11 * MSEC + 100 * USEC);
    ck_assert_int_eq(arrival(&w, 2)->t, 12 * MSEC + 100 * USEC);
    ck_assert_uint_eq(w.sim->hops, 3);
    wires_free(&w);
}
END_TEST

START_TEST(a_part_of_a_nanosecond_counts_as_one)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .rate = 3000000000, .queue = 10 });

    wires_init(&w, 1, &cfg);
    frame_send(&w, 100); /* 800 bits take 266.67 ns */
    frame_send(&w, 60);  /* 480 bits take 160 ns */
    wires_run(&w);
    ck_assert_int_eq(arrival(&w, 0)->t, 267);
    ck_assert_int_eq(arrival(&w, 1)->t, 267 + 160);
    wires_free(&w);
}
END_TEST

START_TEST(a_perfect_cable_delivers_at_once_and_in_order)
{
    Wires w;
    LinkConfig cfg = { 0 };

    wires_init(&w, 1, &cfg);
    for (int i = 0; i < 100; i++)
        frame_send(&w, 60);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 100);
    for (size_t i = 0; i < 100; i++) {
        ck_assert_int_eq(arrival(&w, i)->t, 0);
        ck_assert_uint_eq(arrival(&w, i)->id, i + 1);
    }
    wires_free(&w);
}
END_TEST

START_TEST(the_queue_holds_so_many_packets_behind_the_one_being_sent)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .rate = 8000000, .queue = 3 });
    uint64_t bytes;

    wires_init(&w, 1, &cfg);
    wires_log(&w);
    for (int i = 0; i < 6; i++)
        frame_send(&w, 1000); /* 1 ms each */
    ck_assert_uint_eq(link_queued(w.ab, &bytes), 3);
    ck_assert_uint_eq(bytes, 3000);
    ck_assert_uint_eq(w.ab->more->fates.queue_drops, 2);
    ck_assert_ptr_nonnull(strstr(w.log->str, "0 link:lost a 5 link.queue-full\n"));
    sim_run(w.sim, 1 * MSEC, 0);
    ck_assert_uint_eq(link_queued(w.ab, NULL), 2);
    frame_send(&w, 1000);
    frame_send(&w, 1000);
    ck_assert_uint_eq(w.ab->more->fates.queue_drops, 3);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 5);
    ck_assert_int_eq(arrival(&w, 4)->t, 5 * MSEC);
    wires_free(&w);
}
END_TEST

START_TEST(the_queue_holds_so_many_bytes)
{
    Wires w;
    LinkConfig cfg =
        with((LinkConfig){ .rate = 8000000, .queue = 2000, .queue_in_bytes = true });

    wires_init(&w, 1, &cfg);
    frame_send(&w, 1000);
    frame_send(&w, 1500);
    frame_send(&w, 501); /* one byte too many */
    frame_send(&w, 500);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 3);
    ck_assert_uint_eq(arrival(&w, 2)->len, 500);
    ck_assert_uint_eq(w.ab->more->fates.dropped, 1);
    wires_free(&w);
}
END_TEST

START_TEST(what_exceeds_the_mtu_is_lost)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .mtu = 1000 });

    wires_init(&w, 1, &cfg);
    wires_log(&w);
    frame_send(&w, 1014);
    frame_send(&w, 1015);
    frame_send(&w, 10);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 2);
    ck_assert_ptr_nonnull(strstr(w.log->str, "0 link:lost a 2 link.too-big\n"));
    wires_free(&w);
}
END_TEST

START_TEST(a_lost_frame_has_cost_its_time)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .rate = 8000000, .queue = 10, .loss = PROB_ONE });

    wires_init(&w, 1, &cfg);
    frame_send(&w, 1000);
    cfg.loss = 0;
    link_set(w.ab, &cfg);
    frame_send(&w, 1000);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 1);
    ck_assert_int_eq(arrival(&w, 0)->t, 2 * MSEC);
    ck_assert_uint_eq(w.ab->more->fates.lost, 1);
    wires_free(&w);
}
END_TEST

START_TEST(each_direction_has_its_own_options_and_transmitter)
{
    Wires w;
    LinkConfig slow = with((LinkConfig){ .delay = 5 * MSEC, .rate = 8000000, .queue = 9 });
    LinkConfig fast = with((LinkConfig){ .delay = 1 * MSEC });

    wires_init(&w, 1, &slow);
    link_set(w.ba, &fast);
    frame_send_from(&w, w.pa, 1000);
    frame_send_from(&w, w.pb, 1000);
    wires_run(&w);
    ck_assert_int_eq(arrival(&w, 0)->t, 6 * MSEC);
    ck_assert_int_eq(g_array_index(w.at_a, Arrival, 0).t, 1 * MSEC);
    ck_assert_str_eq(link_dir_name(w.ab), "a>b");
    ck_assert_str_eq(link_dir_name(w.ba), "b>a");
    ck_assert_ptr_eq(link_dir_from(w.link, w.b), w.ba);
    ck_assert_ptr_eq(link_dir_reverse(w.ba), w.ab);
    ck_assert_ptr_eq(link_dir_reverse(w.ab), w.ba);
    wires_free(&w);
}
END_TEST

START_TEST(nothing_overtakes_when_the_delay_shrinks)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .delay = 50 * MSEC });

    wires_init(&w, 1, &cfg);
    frame_send(&w, 100);
    cfg.delay = 1 * MSEC;
    link_set(w.ab, &cfg);
    frame_send(&w, 100);
    wires_run(&w);
    ck_assert_uint_eq(arrival(&w, 0)->id, 1);
    ck_assert_int_eq(arrival(&w, 0)->t, 50 * MSEC);
    ck_assert_int_eq(arrival(&w, 1)->t, 50 * MSEC);
    wires_free(&w);
}
END_TEST

START_TEST(a_frame_and_a_timer_at_one_instant_come_in_the_order_of_their_setting)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .delay = MSEC });
    size_t seen[2] = { 0 };
    Timer before, after;

    wires_init(&w, 1, &cfg);
    timer_init(&before, &w.sim->sched, note_arrivals, (void *[]){ &w, &seen[0] });
    timer_init(&after, &w.sim->sched, note_arrivals, (void *[]){ &w, &seen[1] });
    frame_send(&w, 100);
    timer_set(&before, MSEC);
    frame_send(&w, 100);
    timer_set(&after, MSEC);
    wires_run(&w);
    ck_assert_uint_eq(seen[0], 1);
    ck_assert_uint_eq(seen[1], 2);
    wires_free(&w);
}
END_TEST

/* --- loss ------------------------------------------------------------------------------------- */

enum { MANY = 20000 };

static void check_balance(const Wires *w)
{
    for (int i = 0; i < 2; i++) {
        const LinkCounters *c = &w->link->dir[i].counters;
        const LinkFates *f = &w->link->dir[i].more->fates;
        ck_assert_uint_eq(c->sent + f->duplicated, c->delivered + f->lost + f->dropped);
    }
    ck_assert_uint_eq(sim_packets_alive(w->sim), 0);
}

START_TEST(random_loss_keeps_its_probability)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .loss = PROB_ONE / 20 });

    wires_init(&w, (uint64_t)_i, &cfg);
    for (int i = 0; i < MANY; i++)
        frame_send(&w, 100);
    wires_run(&w);
    ck_assert_int_le(abs((int)w.ab->more->fates.lost - MANY / 20), 140); /* 4.5 sd */
    ck_assert_uint_eq(w.sim->packets.dropped, w.ab->more->fates.lost);
    check_balance(&w);
    wires_free(&w);
}
END_TEST

/* p / (p + r) of the time in the bad state; bursts of 1 / r on average. */
START_TEST(gilbert_elliott_loses_in_bursts)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .loss_model = LOSS_GILBERT_ELLIOTT, .ge_p = PROB_ONE / 20,
                                        .ge_r = PROB_ONE / 5, .ge_h = 0, .ge_k = PROB_ONE });
    unsigned bursts = 0;
    uint64_t next = 1;

    wires_init(&w, (uint64_t)_i, &cfg);
    for (int i = 0; i < MANY; i++)
        frame_send(&w, 100);
    wires_run(&w);
    for (size_t i = 0; i < arrivals(&w); i++) {
        bursts += arrival(&w, i)->id != next;
        next = arrival(&w, i)->id + 1;
    }
    double lost = (double)w.ab->more->fates.lost;
    ck_assert_msg(lost / MANY > 0.18 && lost / MANY < 0.22, "lost %f", lost / MANY);
    ck_assert_msg(lost / bursts > 4.6 && lost / bursts < 5.4, "burst %f", lost / bursts);
    wires_free(&w);
}
END_TEST

START_TEST(gilbert_elliott_loses_in_both_states_as_told)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .loss_model = LOSS_GILBERT_ELLIOTT, .ge_p = PROB_ONE / 10,
                                        .ge_r = PROB_ONE * 3 / 10, .ge_h = PROB_ONE / 2,
                                        .ge_k = PROB_ONE * 9 / 10 });

    wires_init(&w, 1, &cfg);
    for (int i = 0; i < MANY; i++)
        frame_send(&w, 100);
    wires_run(&w); /* 1/4 of 1/2 and 3/4 of 1/10: 20 % */
    ck_assert_int_le(abs((int)w.ab->more->fates.lost - MANY / 5), 400);
    wires_free(&w);
}
END_TEST

static GArray *losses_beside(unsigned other_links)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .loss = PROB_ONE / 10, .jitter = MSEC, .delay = MSEC,
                                        .corrupt = PROB_ONE / 10, .duplicate = PROB_ONE / 10 });
    GArray *seen = g_array_new(FALSE, TRUE, sizeof(Arrival));

    wires_init(&w, 5, &cfg);
    for (unsigned i = 0; i < other_links; i++) {
        char name[8];
        g_snprintf(name, sizeof name, "x%u", i);
        Node *x = node_new(w.sim, name, NODE_HOST);
        link_new(w.sim, node_add_port(x, NULL), node_add_port(w.a, NULL), &cfg, &cfg);
    }
    for (int i = 0; i < 2000; i++) {
        frame_send(&w, 100);
        for (unsigned k = 1; k <= other_links; k++)
            port_send(g_ptr_array_index(w.a->ports, k), frame_new(&w, 100));
    }
    wires_run(&w);
    for (size_t i = 0; i < arrivals(&w); i++) {
        Arrival a = *arrival(&w, i);
        a.id = (a.id - 1) / (1 + other_links);
        a.first = 0;
        g_array_append_val(seen, a);
    }
    wires_free(&w);
    return seen;
}

START_TEST(one_more_link_changes_nothing_on_another)
{
    GArray *alone = losses_beside(0), *beside = losses_beside(2);

    ck_assert_uint_eq(alone->len, beside->len);
    for (guint i = 0; i < alone->len; i++) {
        const Arrival *x = &g_array_index(alone, Arrival, i);
        const Arrival *y = &g_array_index(beside, Arrival, i);
        g_assert(x->t == y->t && x->id == y->id && x->fcs_bad == y->fcs_bad);
    }
    g_array_free(alone, TRUE);
    g_array_free(beside, TRUE);
}
END_TEST

START_TEST(a_second_link_between_two_nodes_has_streams_of_its_own)
{
    Wires w;
    Rng mine, its;

    wires_init(&w, 1, NULL);
    Link *second = link_new(w.sim, node_add_port(w.b, NULL), node_add_port(w.a, NULL),
                            &link_defaults, &link_defaults);
    ck_assert_str_eq(link_dir_name(&second->dir[0]), "b>a#2");
    ck_assert_str_eq(link_dir_name(&second->dir[1]), "a>b#2");
    ck_assert_uint_eq(second->index, 1);
    link_init_stream(w.ab, &mine, "loss");
    link_init_stream(&second->dir[1], &its, "loss");
    ck_assert_mem_ne(&its, &mine, sizeof(Rng));
    wires_free(&w);
}
END_TEST

/* --- duplication, damage, reordering, jitter -------------------------------------------------- */

START_TEST(a_duplicate_follows_at_once_and_uses_the_transmitter)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .rate = 8000000, .queue = 9, .duplicate = PROB_ONE });

    wires_init(&w, 1, &cfg);
    wires_log(&w);
    frame_send(&w, 1000);
    frame_send(&w, 1000);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(arrival(&w, i)->t, (SimTime)(i + 1) * MSEC);
        ck_assert_uint_eq(arrival(&w, i)->id, 1 + i / 2);
    }
    ck_assert_uint_eq(w.ab->more->fates.duplicated, 2);
    ck_assert_ptr_nonnull(strstr(w.log->str, "0 link:enqueued a 1\n0 link:duplicated a 1\n"));
    check_balance(&w);
    wires_free(&w);
}
END_TEST

START_TEST(damage_is_one_bit_and_the_frame_check_sees_it)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .corrupt = PROB_ONE });

    wires_init(&w, 1, &cfg);
    wires_log(&w);
    frame_send(&w, 60);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 0);
    ck_assert_uint_eq(w.b->drops[DROP_LINK_FCS], 1);
    ck_assert_ptr_nonnull(strstr(w.log->str, "link:corrupted a 1 "));
    ck_assert_ptr_nonnull(strstr(w.log->str, "packet:dropped b 1 link.fcs"));
    w.pb->check_fcs = false;
    frame_send(&w, 60);
    wires_run(&w);
    ck_assert(arrival(&w, 0)->fcs_bad && arrival(&w, 0)->altered);
    ck_assert_uint_eq(w.ab->more->fates.corrupted, 2);
    wires_free(&w);
}
END_TEST

static DropReason count_bits(void *owner, Packet *pkt)
{
    unsigned *bits = owner, n = 0;

    for (size_t i = 0; i < pkt->len; i++)
        for (unsigned b = pkt->data[i]; b != 0; b &= b - 1)
            n++;
    g_assert(n == 1);
    g_assert(pkt->remark != NULL);
    g_assert(g_str_has_prefix(pkt->remark, "one bit damaged by the link (bit "));
    unsigned bit = (unsigned)atoi(pkt->remark + strlen("one bit damaged by the link (bit "));
    g_assert(pkt->data[bit / 8] == 0x80u >> bit % 8);
    bits[bit / 8]++;
    packet_free(pkt);
    return DROP_NONE;
}

START_TEST(any_bit_of_the_frame_may_be_damaged)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .corrupt = PROB_ONE });
    unsigned bytes[20] = { 0 };

    wires_init(&w, 1, &cfg);
    w.pb->check_fcs = false;
    w.pb->input = count_bits;
    w.pb->owner = bytes;
    for (int i = 0; i < 2000; i++) {
        Packet *pkt = frame_new(&w, 20);
        memset(pkt->data, 0, 20);
        port_send(w.pa, pkt);
    }
    wires_run(&w);
    for (int i = 0; i < 20; i++)
        ck_assert_int_le(abs((int)bytes[i] - 100), 50);
    wires_free(&w);
}
END_TEST

START_TEST(a_reordered_frame_skips_the_delay)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .delay = 10 * MSEC, .reorder = PROB_ONE, .gap = 3 });

    wires_init(&w, 1, &cfg);
    wires_log(&w);
    for (int i = 0; i < 6; i++)
        frame_send(&w, 100);
    wires_run(&w); /* the third and the sixth go ahead */
    static const uint64_t order[] = { 3, 6, 1, 2, 4, 5 };
    for (size_t i = 0; i < 6; i++) {
        ck_assert_uint_eq(arrival(&w, i)->id, order[i]);
        ck_assert_int_eq(arrival(&w, i)->t, i < 2 ? 0 : 10 * MSEC);
    }
    ck_assert_uint_eq(w.ab->more->fates.reordered, 2);
    ck_assert_ptr_nonnull(strstr(w.log->str, "0 link:reordered a 3\n"));
    wires_free(&w);
}
END_TEST

/* Jitter by each distribution: mean and bounds of the delay, and never before sending. */
START_TEST(jitter_varies_the_delay_as_its_distribution_says)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .delay = 20 * MSEC, .jitter = 5 * MSEC,
                                        .distribution = (Distribution)_i });
    static const SimTime least[] = { 15 * MSEC, 0, 16 * MSEC };
    static const SimTime most[] = { 25 * MSEC, 40 * MSEC, 45 * MSEC };
    SimTime sum = 0;
    bool overtaken = false;

    wires_init(&w, 3, &cfg);
    for (int i = 0; i < 5000; i++)
        frame_send(&w, 100);
    wires_run(&w);
    ck_assert_int_ge(arrival(&w, 0)->t, least[_i]);
    ck_assert_int_le(arrival(&w, 5000 - 1)->t, most[_i]);
    for (size_t i = 0; i < 5000; i++) {
        g_assert(i == 0 || arrival(&w, i)->t >= arrival(&w, i - 1)->t);
        overtaken |= i > 0 && arrival(&w, i)->id < arrival(&w, i - 1)->id;
        sum += arrival(&w, i)->t;
    }
    ck_assert(overtaken);
    ck_assert_int_le(llabs(sum / 5000 - 20 * MSEC), 300 * USEC);
    wires_free(&w);
}
END_TEST

START_TEST(a_delay_is_never_below_zero)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .delay = MSEC, .jitter = 10 * MSEC,
                                        .distribution = DIST_NORMAL });

    wires_init(&w, 1, &cfg);
    for (int i = 0; i < 1000; i++)
        frame_send(&w, 100);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 1000);
    ck_assert_int_eq(arrival(&w, 0)->t, 0);
    wires_free(&w);
}
END_TEST

/* --- the same again --------------------------------------------------------------------------- */

static GArray *busy_run(uint64_t seed, size_t frames, bool both_ways)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .delay = 5 * MSEC, .jitter = 3 * MSEC, .rate = 100000000,
                                        .distribution = DIST_PARETO, .queue = 50,
                                        .loss = PROB_ONE / 50, .duplicate = PROB_ONE / 50,
                                        .reorder = PROB_ONE / 50, .corrupt = PROB_ONE / 50 });
    Rng sizes;

    wires_init(&w, seed, &cfg);
    w.pb->check_fcs = false;
    rng_init(&sizes, 1, "sizes");
    for (size_t i = 0; i < frames; i++) {
        Packet *pkt = frame_new(&w, 60 + rng_below(&sizes, 1400));
        pkt->id = i;
        port_send(w.pa, pkt);
        if (both_ways)
            frame_send_from(&w, w.pb, 500);
        sim_run(w.sim, (SimTime)(i + 1) * 70 * USEC, 0);
    }
    wires_run(&w);
    check_balance(&w);
    GArray *seen = w.at_b;
    w.at_b = g_array_new(FALSE, FALSE, sizeof(Arrival));
    wires_free(&w);
    return seen;
}

static bool same(const GArray *x, const GArray *y)
{
    return x->len == y->len && memcmp(x->data, y->data, x->len * sizeof(Arrival)) == 0;
}

START_TEST(the_same_seed_gives_the_same_arrivals)
{
    GArray *one = busy_run(1, 100000, false), *again = busy_run(1, 100000, false);
    GArray *other = busy_run(2, 100000, false);

    ck_assert(same(one, again));
    ck_assert(!same(one, other));
    ck_assert_uint_gt(one->len, 90000);
    g_array_free(one, TRUE);
    g_array_free(again, TRUE);
    g_array_free(other, TRUE);
}
END_TEST

START_TEST(what_goes_one_way_does_not_change_what_goes_the_other)
{
    GArray *one = busy_run(1, 20000, false), *both = busy_run(1, 20000, true);

    ck_assert_uint_eq(one->len, both->len);
    for (guint i = 0; i < one->len; i++) {
        const Arrival *x = &g_array_index(one, Arrival, i), *y = &g_array_index(both, Arrival, i);
        g_assert(x->t == y->t && x->id == y->id && x->len == y->len && x->fcs_bad == y->fcs_bad);
    }
    g_array_free(one, TRUE);
    g_array_free(both, TRUE);
}
END_TEST

/* --- up and down ------------------------------------------------------------------------------ */

START_TEST(unplugging_loses_what_is_on_the_cable_and_what_is_sent_meanwhile)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .delay = 10 * MSEC, .rate = 8000000, .queue = 9 });

    wires_init(&w, 1, &cfg);
    wires_log(&w);
    for (int i = 0; i < 4; i++)
        frame_send(&w, 1000);
    frame_send_from(&w, w.pb, 1000);
    sim_run(w.sim, 11 * MSEC, 0);
    ck_assert_uint_eq(arrivals(&w), 1);
    link_down(w.link);
    link_down(w.link);
    ck_assert_uint_eq(w.ab->more->fates.dropped, 3);
    ck_assert_uint_eq(link_queued(w.ab, NULL), 0);
    frame_send(&w, 1000);
    ck_assert_uint_eq(w.ab->more->fates.dropped, 4);
    wires_run(&w);
    link_up(w.link);
    link_up(w.link);
    frame_send(&w, 1000);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 2);
    ck_assert_int_eq(arrival(&w, 1)->t, 22 * MSEC); /* the transmitter was idle again */
    ck_assert_ptr_nonnull(strstr(w.log->str, "11000000 link:went_down a>b\n"
                                             "11000000 link:lost a 2 link.down\n"
                                             "11000000 link:lost a 3 link.down\n"
                                             "11000000 link:lost a 4 link.down\n"));
    ck_assert_ptr_nonnull(strstr(w.log->str, "link:went_up a>b\n"));
    check_balance(&w);
    wires_free(&w);
}
END_TEST

START_TEST(a_world_ends_cleanly_with_frames_on_the_cable)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .delay = 10 * MSEC, .rate = 8000000, .queue = 90 });

    wires_init(&w, 1, &cfg);
    for (int i = 0; i < 50; i++)
        frame_send(&w, 1000);
    frame_send(&w, 9000);
    ck_assert_uint_eq(sim_packets_alive(w.sim), 50);
    wires_free(&w);
}
END_TEST

START_TEST(an_injected_frame_is_forged_and_balanced)
{
    Wires w;

    wires_init(&w, 1, NULL);
    wires_log(&w);
    link_inject(w.ab, frame_new(&w, 77));
    wires_run(&w);
    ck_assert_uint_eq(arrival(&w, 0)->len, 77);
    ck_assert_str_eq(w.log->str, "0 link:released a 1 injected\n0 link:delivered b 1\n");
    check_balance(&w);
    wires_free(&w);
}
END_TEST

/* --- memory ----------------------------------------------------------------------------------- */

int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *))
    __attribute__((weak));

static unsigned allocations;

static void count_malloc(const volatile void *p, size_t n)
{
    (void)p;
    (void)n;
    allocations++;
}

static void ignore_free(const volatile void *p)
{
    (void)p;
}

static void one_round(Wires *w)
{
    for (int i = 0; i < 100; i++)
        frame_send(w, 1000);
    sim_run(w->sim, NEVER - 1, 0);
    g_array_set_size(w->at_b, 0);
}

/* Counted where the sanitizer lets us; elsewhere only walked through. */
START_TEST(nothing_is_allocated_per_frame_once_warm)
{
    Wires w;
    LinkConfig cfg = with((LinkConfig){ .delay = 10 * MSEC, .jitter = MSEC, .rate = 80000000,
                                        .queue = 200, .loss = PROB_ONE / 10,
                                        .duplicate = PROB_ONE / 10 });

    wires_init(&w, 1, &cfg);
    for (int i = 0; i < 10; i++)
        one_round(&w);
    cfg.duplicate = 0; /* its remark is text */
    link_set(w.ab, &cfg);
    if (__sanitizer_install_malloc_and_free_hooks != NULL)
        __sanitizer_install_malloc_and_free_hooks(count_malloc, ignore_free);
    allocations = 0;
    for (int i = 0; i < 10; i++)
        one_round(&w);
    ck_assert_uint_eq(allocations, 0);
    wires_free(&w);
}
END_TEST

Suite *link_suite(void);
Suite *link_suite(void)
{
    Suite *suite = suite_create("link");
    TCase *tc = tcase_create("link");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_frame_arrives_after_transmission_and_delay_exactly);
    tcase_add_test(tc, a_part_of_a_nanosecond_counts_as_one);
    tcase_add_test(tc, a_perfect_cable_delivers_at_once_and_in_order);
    tcase_add_test(tc, the_queue_holds_so_many_packets_behind_the_one_being_sent);
    tcase_add_test(tc, the_queue_holds_so_many_bytes);
    tcase_add_test(tc, what_exceeds_the_mtu_is_lost);
    tcase_add_test(tc, a_lost_frame_has_cost_its_time);
    tcase_add_test(tc, each_direction_has_its_own_options_and_transmitter);
    tcase_add_test(tc, nothing_overtakes_when_the_delay_shrinks);
    tcase_add_test(tc, a_frame_and_a_timer_at_one_instant_come_in_the_order_of_their_setting);
    tcase_add_loop_test(tc, random_loss_keeps_its_probability, 0, 5);
    tcase_add_loop_test(tc, gilbert_elliott_loses_in_bursts, 0, 5);
    tcase_add_test(tc, gilbert_elliott_loses_in_both_states_as_told);
    tcase_add_test(tc, one_more_link_changes_nothing_on_another);
    tcase_add_test(tc, a_second_link_between_two_nodes_has_streams_of_its_own);
    tcase_add_test(tc, a_duplicate_follows_at_once_and_uses_the_transmitter);
    tcase_add_test(tc, damage_is_one_bit_and_the_frame_check_sees_it);
    tcase_add_test(tc, any_bit_of_the_frame_may_be_damaged);
    tcase_add_test(tc, a_reordered_frame_skips_the_delay);
    tcase_add_loop_test(tc, jitter_varies_the_delay_as_its_distribution_says, 0, DIST_COUNT);
    tcase_add_test(tc, a_delay_is_never_below_zero);
    tcase_add_test(tc, the_same_seed_gives_the_same_arrivals);
    tcase_add_test(tc, what_goes_one_way_does_not_change_what_goes_the_other);
    tcase_add_test(tc, unplugging_loses_what_is_on_the_cable_and_what_is_sent_meanwhile);
    tcase_add_test(tc, a_world_ends_cleanly_with_frames_on_the_cable);
    tcase_add_test(tc, an_injected_frame_is_forged_and_balanced);
    tcase_add_test(tc, nothing_is_allocated_per_frame_once_warm);
    suite_add_tcase(suite, tc);
    return suite;
}
