/*
 * test_qdisc.c - RED, CoDel and FQ-CoDel before a link's transmitter, each against a computation
 * of its own: the papers' and RFCs' formulas in floating point, or a schedule worked out by hand.
 *
 * Frames bear in byte 14 a number, in byte 15 their flow, in byte 16 whether they may be marked.
 *
 * RT-22.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/qdisc_priv.h"

#include "support/wires.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FLOW = 15, ECT = 16 };
enum { SLOW = 8000000 }; /* bit/s: a byte is a microsecond */

static uint64_t flow_byte(const Packet *pkt)
{
    return pkt->data[FLOW];
}

static bool mark_byte(Packet *pkt)
{
    if (pkt->data[ECT] == 0)
        return false;
    pkt->data[ECT] = 2;
    return true;
}

static const FrameReader reader = { flow_byte, mark_byte };

static LinkConfig with_queue(QdiscType type)
{
    LinkConfig cfg = { .rate = SLOW, .mtu = 1500 };

    link_queue_defaults(&cfg, type);
    return cfg;
}

static void begin(Wires *w, const LinkConfig *cfg)
{
    LinkConfig whole = *cfg;

    ck_assert(link_queue_check(&whole, NULL));
    wires_init(w, 1, &whole);
    w->sim->reader = &reader;
}

static void send_of(Wires *w, size_t len, uint8_t flow, bool ect)
{
    Packet *pkt = frame_new(w, len);

    pkt->data[FLOW] = flow;
    pkt->data[ECT] = ect;
    port_send(w->pa, pkt);
}

static void nothing(void *owner)
{
    (void)owner;
}

/* To that instant, even if nothing happens before. */
static void run_until(Wires *w, SimTime t)
{
    Timer timer;

    timer_init(&timer, &w->sim->sched, nothing, NULL);
    timer_set(&timer, t - sim_now(w->sim));
    sim_run(w->sim, t, 0);
    ck_assert_int_eq(sim_now(w->sim), t);
}

/* Flows as letters, in the order of arrival at b: what the scheduler made of it. */
static DropReason spell(void *owner, Packet *pkt)
{
    g_string_append_c(owner, (char)pkt->data[FLOW]);
    packet_free(pkt);
    return DROP_NONE;
}

/* --- CoDel ------------------------------------------------------------------------------------ */

__extension__ typedef unsigned __int128 Wide;

/* r r n <= 2^64 < (r + 1)^2 n */
static void check_inv_sqrt(uint64_t n)
{
    Wide r = codel_inv_sqrt(n), all = (Wide)1 << 64;

    ck_assert_msg(r * r * n <= all && (r + 1) * (r + 1) * n > all, "1/sqrt(%llu) is not %llu",
                  (unsigned long long)n, (unsigned long long)r);
}

START_TEST(the_inverse_square_root_is_exact)
{
    for (uint64_t n = 2; n < 20000; n++)
        check_inv_sqrt(n);
    for (unsigned bit = 15; bit < 64; bit++)
        for (int64_t off = -2; off <= 2; off++)
            check_inv_sqrt((UINT64_C(1) << bit) + (uint64_t)off);
    check_inv_sqrt(UINT64_MAX);
}
END_TEST

enum { FRAMES = 6000 };

/* RFC 8289 §5 as it stands there, with a square root, over arrivals known beforehand. */
typedef struct Model {
    const SimTime *came;
    size_t   n, size, head, tail; /* those that wait: head to tail - 1 */
    double   first_above, drop_next;
    unsigned count, last_count;
    bool     dropping, ok_to_drop, lost[FRAMES];
} Model;

static bool model_next(Model *m, size_t *which, SimTime now)
{
    m->ok_to_drop = false;
    if (m->head == m->tail) {
        m->first_above = 0;
        return false;
    }
    *which = m->head++;
    if (now - m->came[*which] < 5 * MSEC || (m->tail - m->head) * m->size <= 1514)
        m->first_above = 0;
    else if (m->first_above == 0)
        m->first_above = (double)(now + 100 * MSEC);
    else if ((double)now >= m->first_above)
        m->ok_to_drop = true;
    return true;
}

static double model_law(double t, unsigned count)
{
    return t + 1e8 / sqrt(count);
}

static bool model_take(Model *m, size_t *which, SimTime now)
{
    bool there = model_next(m, which, now);

    if (m->dropping && !m->ok_to_drop) {
        m->dropping = false;
    } else if (m->dropping) {
        while (m->dropping && (double)now >= m->drop_next) {
            m->lost[*which] = true;
            m->count++;
            there = model_next(m, which, now);
            if (!m->ok_to_drop)
                m->dropping = false;
            else
                m->drop_next = model_law(m->drop_next, m->count);
        }
    } else if (m->ok_to_drop) {
        m->lost[*which] = true;
        there = model_next(m, which, now);
        m->dropping = true;
        unsigned delta = m->count - m->last_count;
        bool soon = (double)now - m->drop_next < 16 * 1e8;
        m->count = delta > 1 && soon ? delta : 1;
        m->drop_next = model_law((double)now, m->count);
        m->last_count = m->count;
    }
    return there;
}

/* Two bursts of overload with a pause, so that the state is left and entered again. */
static void plan(SimTime came[FRAMES])
{
    SimTime t = 0;

    for (int i = 0; i < FRAMES; i++) {
        came[i] = t;
        t += i % 2000 < 1500 ? 700 * USEC : 1900 * USEC;
    }
}

/* A frame that comes at the instant at which the transmitter is free comes too late for it. */
static void model_run(Model *m)
{
    SimTime now = 0;
    size_t which;

    while (m->head < m->n) {
        while (m->tail < m->n && m->came[m->tail] < now)
            m->tail++;
        if (m->head == m->tail) {
            now = MAX(now, m->came[m->tail]);
            m->tail++;
        }
        if (model_take(m, &which, now))
            now += (SimTime)m->size * USEC;
    }
}

START_TEST(codel_drops_what_the_rfcs_own_words_drop)
{
    static SimTime came[FRAMES];
    static Model m;
    Wires w;
    LinkConfig cfg = with_queue(QDISC_CODEL);
    unsigned lost = 0;
    size_t next = 0;

    plan(came);
    memset(&m, 0, sizeof m);
    m.came = came;
    m.n = FRAMES;
    m.size = 1000;
    model_run(&m);
    begin(&w, &cfg);
    for (int i = 0; i < FRAMES; i++) {
        run_until(&w, came[i]);
        frame_send(&w, 1000);
    }
    wires_run(&w);
    for (size_t i = 0; i < FRAMES; i++) {
        lost += m.lost[i];
        if (!m.lost[i])
            ck_assert_uint_eq(arrival(&w, next++)->id, i + 1);
    }
    ck_assert_uint_ge(lost, 100);
    ck_assert_uint_eq(next, arrivals(&w));
    ck_assert_uint_eq(w.ab->more->fates.drops[DROP_LINK_CODEL], lost);
    ck_assert_uint_eq(w.ab->more->fates.queue_drops, lost);
    wires_free(&w);
}
END_TEST

START_TEST(codel_leaves_a_burst_alone_that_is_gone_in_an_interval)
{
    Wires w;
    LinkConfig cfg = with_queue(QDISC_CODEL);

    begin(&w, &cfg);
    for (int i = 0; i < 100; i++)
        frame_send(&w, 1000);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 100);
    ck_assert_int_eq(arrival(&w, 99)->t, 100 * MSEC);
    wires_free(&w);
}
END_TEST

START_TEST(codel_has_a_limit_too)
{
    Wires w;
    LinkConfig cfg = with_queue(QDISC_CODEL);

    cfg.queue = 3;
    begin(&w, &cfg);
    wires_log(&w);
    for (int i = 0; i < 6; i++)
        frame_send(&w, 1000);
    ck_assert_uint_eq(link_queued(w.ab, NULL), 3);
    ck_assert_uint_eq(w.ab->more->fates.drops[DROP_LINK_QUEUE_FULL], 2);
    wires_run(&w);
    ck_assert_ptr_nonnull(strstr(w.log->str, "0 link:queue_changed a a>b 3 3000 0\n"));
    ck_assert_ptr_nonnull(strstr(w.log->str, "3000000 link:queue_changed a a>b 0 0 3000000\n"));
    wires_free(&w);
}
END_TEST

/* What became of the frames; all that did not arrive was dropped. */
static LinkFates overload(QdiscType type, bool ecn, bool ect)
{
    Wires w;
    LinkConfig cfg = with_queue(type);
    LinkFates fates;

    cfg.qdisc.ecn = ecn;
    cfg.qdisc.harddrop = false;
    if (type == QDISC_RED)
        cfg.queue = 400;
    begin(&w, &cfg);
    for (int i = 0; i < 2000; i++) {
        run_until(&w, i * 900 * USEC);
        send_of(&w, 1000, 'a', ect);
    }
    wires_run(&w);
    fates = w.ab->more->fates;
    ck_assert_uint_eq(w.ab->counters.delivered + fates.dropped, w.ab->counters.sent);
    wires_free(&w);
    return fates;
}

/* What may be marked is; what may not is dropped; neither without the knob. Row i: the type. */
START_TEST(a_mark_stands_for_a_drop_where_the_frame_allows_it)
{
    static const DropReason early[] = {
        [QDISC_RED] = DROP_LINK_RED_EARLY,
        [QDISC_CODEL] = DROP_LINK_CODEL,
        [QDISC_FQ_CODEL] = DROP_LINK_CODEL
    };
    LinkFates f = overload((QdiscType)_i, true, true);

    ck_assert_uint_gt(f.marked, 10);
    ck_assert_uint_eq(f.drops[early[_i]], 0);
    f = overload((QdiscType)_i, true, false);
    ck_assert_uint_eq(f.marked, 0);
    ck_assert_uint_gt(f.drops[early[_i]], 10);
    f = overload((QdiscType)_i, false, true);
    ck_assert_uint_eq(f.marked, 0);
    ck_assert_uint_gt(f.drops[early[_i]], 10);
}
END_TEST

START_TEST(a_threshold_marks_every_frame_that_waited_longer)
{
    Wires w;
    LinkConfig cfg = with_queue(QDISC_CODEL);

    cfg.qdisc.ce_threshold = 10 * MSEC;
    begin(&w, &cfg);
    for (int i = 0; i < 30; i++)
        send_of(&w, 1000, 'a', true);
    wires_run(&w);
    ck_assert_uint_eq(w.ab->more->fates.marked, 19); /* those that waited 11 to 29 ms */
    wires_free(&w);
}
END_TEST

/* --- RED -------------------------------------------------------------------------------------- */

/* The paper's average in floating point, beside the link's; bytes, and a pause in the middle. */
START_TEST(reds_average_is_the_papers)
{
    Wires w;
    LinkConfig cfg = with_queue(QDISC_RED);
    double average = 0, weight = 1.0 / 128;

    cfg.queue_in_bytes = true;
    cfg.queue = 1000000;
    cfg.qdisc.weight = 7;
    cfg.qdisc.min = (QueueSize){ 400000, true };
    cfg.qdisc.max = (QueueSize){ 500000, true };
    begin(&w, &cfg);
    for (int i = 0; i < 3000; i++) {
        SimTime t = i * 600 * USEC + (i >= 1500 ? 900 * MSEC : 0);
        run_until(&w, t);
        uint64_t bytes;
        link_queued(w.ab, &bytes);
        SimTime idle = t - w.ab->next_free;
        if (bytes == 0 && idle > 0)
            average *= pow(1 - weight, (double)(idle / MSEC));
        else
            average += weight * ((double)bytes - average);
        frame_send(&w, i % 3 == 0 ? 1200 : 700);
        ck_assert_double_eq_tol((double)qdisc_state(w.ab->more->qdisc).average, average, 1.01);
    }
    ck_assert_double_gt(average, 50000);
    wires_run(&w);
    wires_free(&w);
}
END_TEST

/* Sets the average to that length and freezes it there: a weight says how fast it moves. */
static void freeze_average(Wires *w, LinkConfig *cfg, unsigned packets)
{
    LinkConfig calm = *cfg;

    calm.qdisc.weight = 0;
    calm.qdisc.probability = 0;
    calm.qdisc.max = (QueueSize){ 100000, false };
    link_set(w->ab, &calm);
    for (unsigned i = 0; i < packets + 2; i++)
        frame_send(w, 1000);
    ck_assert_uint_eq(qdisc_state(w->ab->more->qdisc).average, packets);
    cfg->qdisc.weight = 20;
    link_set(w->ab, cfg);
}

/* Sends n frames at the rate at which they leave; returns how many were dropped, and the longest
 * run of those spared. */
static unsigned drops_of(Wires *w, unsigned n, unsigned *longest)
{
    unsigned run = 0, drops = 0;
    SimTime t = sim_now(w->sim);

    *longest = 0;
    for (unsigned i = 0; i < n; i++) {
        uint64_t before = w->ab->more->fates.dropped;
        run_until(w, t += MSEC);
        frame_send(w, 1000);
        bool dropped = w->ab->more->fates.dropped > before;
        run = dropped ? 0 : run + 1;
        drops += dropped;
        *longest = MAX(*longest, run);
    }
    return drops;
}

/* The distance from one drop to the next is even from 1 to 1/p - 1. Halfway between min and max p
 * is half of 1/10, so 10 on average. A tenth of the gentle way up it is 0.19: 1 to 4, and 5 where
 * these do not add up to one, 2.66 on average. */
START_TEST(red_spreads_its_drops_evenly)
{
    static const struct {
        unsigned length;
        int expected, tolerance; /* 3 standard deviations */
        unsigned longest;
    } rows[] = { { 20, 200, 23, 19 }, { 33, 753, 39, 5 } };
    Wires w;
    LinkConfig cfg = with_queue(QDISC_RED);
    unsigned longest;

    cfg.qdisc.min = (QueueSize){ 10, false };
    cfg.qdisc.max = (QueueSize){ 30, false };
    cfg.qdisc.probability = PROB_ONE / 10;
    begin(&w, &cfg);
    freeze_average(&w, &cfg, rows[_i].length);
    int drops = (int)drops_of(&w, 2000, &longest);
    ck_assert_uint_le(longest, rows[_i].longest);
    ck_assert_int_le(abs(drops - rows[_i].expected), rows[_i].tolerance);
    ck_assert_uint_eq(w.ab->more->fates.drops[DROP_LINK_RED_EARLY], w.ab->more->fates.dropped);
    wires_run(&w);
    wires_free(&w);
}
END_TEST

START_TEST(red_spares_all_below_min)
{
    Wires w;
    LinkConfig cfg = with_queue(QDISC_RED);
    unsigned longest;

    cfg.qdisc.min = (QueueSize){ 10, false };
    cfg.qdisc.max = (QueueSize){ 30, false };
    cfg.qdisc.probability = PROB_ONE;
    begin(&w, &cfg);
    freeze_average(&w, &cfg, 9);
    ck_assert_uint_eq(drops_of(&w, 500, &longest), 0);
    wires_free(&w);
}
END_TEST

/* Row 1: gently, so from twice max on. */
START_TEST(red_drops_all_above_max_even_what_it_could_mark)
{
    Wires w;
    LinkConfig cfg = with_queue(QDISC_RED);

    cfg.qdisc.min = (QueueSize){ 10, false };
    cfg.qdisc.max = (QueueSize){ 30, false };
    cfg.qdisc.gentle = _i == 1;
    cfg.qdisc.ecn = true;
    begin(&w, &cfg);
    freeze_average(&w, &cfg, _i == 1 ? 61 : 31);
    for (int i = 0; i < 5; i++)
        send_of(&w, 1000, 'a', true);
    ck_assert_uint_eq(w.ab->more->fates.drops[DROP_LINK_RED_FORCED], 5);
    cfg.qdisc.harddrop = false;
    link_set(w.ab, &cfg);
    send_of(&w, 1000, 'a', true);
    ck_assert_uint_eq(w.ab->more->fates.drops[DROP_LINK_RED_FORCED], 5);
    ck_assert_uint_eq(w.ab->more->fates.marked, 1);
    wires_run(&w);
    wires_free(&w);
}
END_TEST

START_TEST(red_forgets_while_the_link_is_idle)
{
    Wires w;
    LinkConfig cfg = with_queue(QDISC_RED);

    cfg.qdisc.weight = 4;
    begin(&w, &cfg);
    for (int i = 0; i < 100; i++)
        frame_send(&w, 1000);
    ck_assert_uint_gt(qdisc_state(w.ab->more->qdisc).average, 50);
    wires_run(&w);
    run_until(&w, 30 * SEC);
    frame_send(&w, 1000);
    ck_assert_uint_eq(qdisc_state(w.ab->more->qdisc).average, 0);
    wires_run(&w);
    wires_free(&w);
}
END_TEST

START_TEST(reds_thresholds_must_fit_together)
{
    LinkConfig cfg = with_queue(QDISC_RED);
    GError *error = NULL;

    ck_assert(link_queue_check(&cfg, NULL));
    ck_assert_uint_eq(cfg.qdisc.max.n, 250);
    ck_assert_uint_eq(cfg.qdisc.min.n, 83);
    cfg.qdisc.min.n = 250;
    ck_assert(!link_queue_check(&cfg, &error));
    ck_assert_str_eq(error->message, "queue: red: max must be above min");
    g_clear_error(&error);
    cfg.qdisc.min = (QueueSize){ 10, true };
    ck_assert(!link_queue_check(&cfg, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "all packets, or all bytes"));
    g_clear_error(&error);
}
END_TEST

/* --- FQ-CoDel --------------------------------------------------------------------------------- */

/* One frame holds the transmitter; the others wait for what the scheduler makes of them. */
static GString *order_of(Wires *w, const LinkConfig *cfg)
{
    GString *order = g_string_new(NULL);

    begin(w, cfg);
    w->pb->input = spell;
    w->pb->owner = order;
    send_of(w, 100, '.', false);
    return order;
}

START_TEST(flows_take_turns_by_bytes_not_by_frames)
{
    Wires w;
    LinkConfig cfg = with_queue(QDISC_FQ_CODEL);

    cfg.qdisc.quantum = 1000;
    GString *order = order_of(&w, &cfg);
    for (int i = 0; i < 4; i++)
        send_of(&w, 1000, 'a', false);
    for (int i = 0; i < 6; i++)
        send_of(&w, 500, 'b', false);
    wires_run(&w);
    ck_assert_str_eq(order->str, ".abbabbabba");
    g_string_free(order, TRUE);
    wires_free(&w);
}
END_TEST

START_TEST(a_new_flow_goes_before_those_that_have_had_their_turn)
{
    Wires w;
    LinkConfig cfg = with_queue(QDISC_FQ_CODEL);

    cfg.qdisc.quantum = 1500;
    GString *order = order_of(&w, &cfg);
    for (int i = 0; i < 6; i++)
        send_of(&w, 1000, 'a', false);
    run_until(&w, 2200 * USEC); /* a has sent two, the third is on its way */
    send_of(&w, 100, 'n', false);
    run_until(&w, 3150 * USEC); /* n is on its way, and has some of its quantum left */
    send_of(&w, 100, 'n', false);
    QdiscState s = qdisc_state(w.ab->more->qdisc);
    ck_assert_uint_eq(s.new_flows + s.old_flows, 2);
    wires_run(&w);
    ck_assert_str_eq(order->str, ".aaannaaa");
    g_string_free(order, TRUE);
    wires_free(&w);
}
END_TEST

START_TEST(the_longest_line_loses_its_head_when_all_are_too_long)
{
    Wires w;
    LinkConfig cfg = with_queue(QDISC_FQ_CODEL);

    cfg.queue = 6;
    GString *order = order_of(&w, &cfg);
    wires_log(&w);
    for (int i = 0; i < 6; i++)
        send_of(&w, 1000, 'a', false);
    send_of(&w, 1000, 'b', false);
    send_of(&w, 1000, 'b', false);
    ck_assert_uint_eq(w.ab->more->fates.drops[DROP_LINK_FQ_OVERLIMIT], 2);
    ck_assert_uint_eq(link_queued(w.ab, NULL), 6);
    ck_assert_ptr_nonnull(strstr(w.log->str, "link:lost a 2 link.fq-overlimit\n"));
    ck_assert_ptr_nonnull(strstr(w.log->str, "link:lost a 3 link.fq-overlimit\n"));
    wires_run(&w);
    ck_assert_str_eq(order->str, ".aabbaa");
    g_string_free(order, TRUE);
    wires_free(&w);
}
END_TEST

typedef struct Worst {
    SimTime  sparse, flood;
    unsigned n;
} Worst;

static DropReason measure(void *owner, Packet *pkt)
{
    Worst *worst = owner;
    SimTime took = sim_now(pkt->sim) - pkt->born;
    SimTime *of = pkt->data[FLOW] == 's' ? &worst->sparse : &worst->flood;

    *of = MAX(*of, took);
    worst->n += of == &worst->sparse;
    packet_free(pkt);
    return DROP_NONE;
}

/* At most the frame that is being sent is before it. */
START_TEST(a_sparse_flow_does_not_wait_behind_a_flood)
{
    Wires w;
    LinkConfig cfg = with_queue(QDISC_FQ_CODEL);
    Worst worst = { 0 };

    begin(&w, &cfg);
    w.pb->input = measure;
    w.pb->owner = &worst;
    for (int i = 0; i < 3000; i++) {
        run_until(&w, i * 500 * USEC);
        send_of(&w, 1000, 'f', false);
        if (i % 100 == 50)
            send_of(&w, 100, 's', false);
    }
    wires_run(&w);
    ck_assert_uint_eq(worst.n, 30);
    ck_assert_int_le(worst.sparse, 1100 * USEC);
    ck_assert_int_gt(worst.flood, 100 * MSEC);
    ck_assert_uint_gt(w.ab->more->fates.drops[DROP_LINK_CODEL], 20);
    wires_free(&w);
}
END_TEST

START_TEST(the_seed_says_which_flows_share_a_line)
{
    uint64_t fewest = UINT64_MAX, most = 0;

    for (uint64_t seed = 1; seed <= 5; seed++) {
        Wires w;
        LinkConfig cfg = with_queue(QDISC_FQ_CODEL);
        cfg.qdisc.flows = 16;
        wires_init(&w, seed, &cfg);
        w.sim->reader = &reader;
        for (int flow = 0; flow < 20; flow++)
            send_of(&w, 1000, (uint8_t)flow, false);
        uint64_t listed = qdisc_state(w.ab->more->qdisc).new_flows;
        ck_assert_uint_ge(listed, 8);
        ck_assert_uint_le(listed, 16);
        fewest = MIN(fewest, listed);
        most = MAX(most, listed);
        wires_free(&w);
    }
    ck_assert_uint_lt(fewest, most);
}
END_TEST

/* --- on the link ------------------------------------------------------------------------------ */

/* As long as nothing is dropped, no discipline changes when a frame arrives. */
START_TEST(an_idle_discipline_costs_no_time_and_no_event)
{
    Wires w;
    LinkConfig cfg = with_queue((QdiscType)_i);

    cfg.delay = 5 * MSEC;
    begin(&w, &cfg);
    for (int i = 0; i < 50; i++) {
        run_until(&w, i * MSEC);
        frame_send(&w, 1000);
    }
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 50);
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(arrival(&w, (size_t)i)->t, (6 + i) * MSEC);
    ck_assert_uint_eq(w.sim->sched.events, 50 + 50); /* run_until's own */
    wires_free(&w);
}
END_TEST

START_TEST(each_that_waits_costs_one_event_more_and_none_in_drop_tail)
{
    Wires w;
    LinkConfig cfg = with_queue((QdiscType)_i);

    begin(&w, &cfg);
    for (int i = 0; i < 20; i++)
        frame_send(&w, 1000);
    wires_run(&w);
    ck_assert_int_eq(arrival(&w, 19)->t, 20 * MSEC);
    ck_assert_uint_eq(w.sim->sched.events, _i == QDISC_DROP_TAIL ? 20 : 39);
    wires_free(&w);
}
END_TEST

START_TEST(the_limit_is_for_those_behind_the_frame_being_sent)
{
    Wires w;
    LinkConfig cfg = with_queue((QdiscType)(_i / 2));

    cfg.queue = 0;
    cfg.queue_in_bytes = _i % 2 == 1;
    begin(&w, &cfg);
    frame_send(&w, 1000);
    frame_send(&w, 1000);
    run_until(&w, MSEC);
    frame_send(&w, 1000);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 2);
    ck_assert_uint_eq(w.ab->more->fates.queue_drops, 1);
    wires_free(&w);
}
END_TEST

START_TEST(what_waits_survives_a_change_of_discipline)
{
    Wires w;
    LinkConfig cfg = with_queue(QDISC_DROP_TAIL);

    begin(&w, &cfg);
    for (int type = QDISC_DROP_TAIL; type <= QDISC_COUNT; type++) {
        for (int i = 0; i < 5; i++)
            frame_send(&w, 1000);
        cfg = with_queue((QdiscType)((type + 1) % QDISC_COUNT));
        ck_assert(link_queue_check(&cfg, NULL));
        link_set(w.ab, &cfg);
    }
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 25);
    for (size_t i = 0; i < 25; i++) {
        ck_assert_int_eq(arrival(&w, i)->t, (SimTime)(i + 1) * MSEC);
        ck_assert_uint_eq(arrival(&w, i)->id, i + 1);
    }
    wires_free(&w);
}
END_TEST

START_TEST(unplugging_loses_what_waits)
{
    Wires w;
    LinkConfig cfg = with_queue((QdiscType)_i);

    begin(&w, &cfg);
    for (int i = 0; i < 5; i++)
        frame_send(&w, 1000);
    link_down(w.link);
    ck_assert_uint_eq(w.ab->more->fates.drops[DROP_LINK_DOWN], 5);
    ck_assert_uint_eq(link_queued(w.ab, NULL), 0);
    run_until(&w, MSEC / 2);
    link_up(w.link);
    frame_send(&w, 1000);
    wires_run(&w);
    ck_assert_uint_eq(arrivals(&w), 1);
    ck_assert_int_eq(arrival(&w, 0)->t, MSEC / 2 + MSEC);
    wires_free(&w);
}
END_TEST

START_TEST(a_world_may_end_while_frames_wait)
{
    Wires w;
    LinkConfig cfg = with_queue((QdiscType)_i);

    begin(&w, &cfg);
    for (int i = 0; i < 5; i++)
        send_of(&w, 1000, (uint8_t)i, false);
    run_until(&w, 1500 * USEC);
    ck_assert_uint_eq(link_queued(w.ab, NULL), 3);
    wires_free(&w);
}
END_TEST

START_TEST(the_same_seed_drops_the_same)
{
    GArray *ids[2];

    for (int run = 0; run < 2; run++) {
        Wires w;
        LinkConfig cfg = with_queue((QdiscType)_i);
        cfg.queue = 60;
        begin(&w, &cfg);
        for (int i = 0; i < 1000; i++) {
            run_until(&w, i * 700 * USEC);
            send_of(&w, 1000, (uint8_t)(i % 7), i % 2 == 0);
        }
        wires_run(&w);
        ck_assert_uint_gt(w.ab->more->fates.dropped, 0);
        ids[run] = g_array_ref(w.at_b);
        wires_free(&w);
    }
    ck_assert_uint_eq(ids[0]->len, ids[1]->len);
    for (guint i = 0; i < ids[0]->len; i++)
        ck_assert_uint_eq(g_array_index(ids[0], Arrival, i).id,
                          g_array_index(ids[1], Arrival, i).id);
    g_array_unref(ids[0]);
    g_array_unref(ids[1]);
}
END_TEST

Suite *qdisc_suite(void);
Suite *qdisc_suite(void)
{
    Suite *suite = suite_create("qdisc");
    TCase *tc = tcase_create("qdisc");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_inverse_square_root_is_exact);
    tcase_add_test(tc, codel_drops_what_the_rfcs_own_words_drop);
    tcase_add_test(tc, codel_leaves_a_burst_alone_that_is_gone_in_an_interval);
    tcase_add_test(tc, codel_has_a_limit_too);
    tcase_add_loop_test(tc, a_mark_stands_for_a_drop_where_the_frame_allows_it, QDISC_RED,
                        QDISC_COUNT);
    tcase_add_test(tc, a_threshold_marks_every_frame_that_waited_longer);
    tcase_add_test(tc, reds_average_is_the_papers);
    tcase_add_loop_test(tc, red_spreads_its_drops_evenly, 0, 2);
    tcase_add_test(tc, red_spares_all_below_min);
    tcase_add_loop_test(tc, red_drops_all_above_max_even_what_it_could_mark, 0, 2);
    tcase_add_test(tc, red_forgets_while_the_link_is_idle);
    tcase_add_test(tc, reds_thresholds_must_fit_together);
    tcase_add_test(tc, flows_take_turns_by_bytes_not_by_frames);
    tcase_add_test(tc, a_new_flow_goes_before_those_that_have_had_their_turn);
    tcase_add_test(tc, the_longest_line_loses_its_head_when_all_are_too_long);
    tcase_add_test(tc, a_sparse_flow_does_not_wait_behind_a_flood);
    tcase_add_test(tc, the_seed_says_which_flows_share_a_line);
    tcase_add_loop_test(tc, an_idle_discipline_costs_no_time_and_no_event, 0, QDISC_COUNT);
    tcase_add_loop_test(tc, each_that_waits_costs_one_event_more_and_none_in_drop_tail, 0,
                        QDISC_COUNT);
    tcase_add_loop_test(tc, the_limit_is_for_those_behind_the_frame_being_sent, 0,
                        2 * QDISC_COUNT);
    tcase_add_test(tc, what_waits_survives_a_change_of_discipline);
    tcase_add_loop_test(tc, unplugging_loses_what_waits, 0, QDISC_COUNT);
    tcase_add_loop_test(tc, a_world_may_end_while_frames_wait, QDISC_RED, QDISC_COUNT);
    tcase_add_loop_test(tc, the_same_seed_drops_the_same, 0, QDISC_COUNT);
    suite_add_tcase(suite, tc);
    return suite;
}
