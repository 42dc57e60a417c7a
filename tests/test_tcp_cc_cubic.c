/*
 * test_tcp_cc_cubic.c - CUBIC against RFC 9438's own formulas in floating point, and the ends of
 * slow start. Each flow here is a bare policy: all of its window is in flight, every segment is
 * acknowledged by itself, and the ACKs of a window come evenly spread over a round trip.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_cc.h"

#include <check.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>

enum { MSS = 1000 };

typedef struct Flow {
    Cong      c;
    CongState state;
    SimTime  now, rtt, min_rtt;
    uint32_t acked; /* by each ACK; 0: a segment */
    uint32_t round; /* ACKs until what is in flight now has been acknowledged; 0: a window */
} Flow;

static void begin(Flow *f, uint32_t segments, SimTime rtt, CongRules rules)
{
    *f = (Flow){
        .c = { .cwnd = segments * MSS, .ssthresh = CWND_INFINITE, .mss = MSS, .rules = rules,
               .state = &f->state },
        .now = SEC, .rtt = rtt, .min_rtt = rtt,
    };
    tcp_cc_cubic.init(&f->c, f->now);
}

static void ack_with(Flow *f, CongAck a)
{
    a.now = f->now;
    a.srtt = f->rtt;
    a.min_rtt = f->min_rtt;
    a.rtt = f->rtt;
    a.acked = f->acked > 0 ? f->acked : MSS;
    a.flight = f->c.cwnd / MSS * MSS;
    tcp_cc_cubic.on_ack(&f->c, &a);
}

/* The next ACK of a flow whose window is full. */
static void ack(Flow *f)
{
    f->now += f->rtt * MSS / f->c.cwnd;
    ack_with(f, (CongAck){ .uses_window = true });
}

/* A round of them. */
static void ack_window(Flow *f)
{
    for (uint32_t n = f->c.cwnd / MSS; n > 0; n--)
        ack(f);
}

/* As many as were in flight when the one before it was over. */
static uint32_t ack_round(Flow *f)
{
    uint32_t n = f->round > 0 ? f->round : f->c.cwnd / MSS;

    for (uint32_t i = 0; i < n; i++) {
        f->round = f->c.cwnd / MSS - 1;
        ack(f);
    }
    return n;
}

/* A loss with all of the window in flight, repaired at once. */
static void lose(Flow *f)
{
    tcp_cc_cubic.on_loss(&f->c, f->c.cwnd, f->now);
    f->c.cwnd = f->c.ssthresh;
}

static double segments(const Flow *f)
{
    return (double)f->c.cwnd / MSS;
}

static const CongRules plain = { .slow_start_limit = 1 };

/* --- RFC 9438 in its own units ---------------------------------------------------------------- */

typedef struct Reference { /* §4.1.2: segments and seconds */
    double cwnd, w_max, k, epoch, w_est, cwnd_prior;
} Reference;

static double seconds(SimTime t)
{
    return (double)t / (double)SEC;
}

static Reference reference(double cwnd, double w_max, double prior, SimTime epoch)
{
    double rest = fmax(w_max - cwnd, 0);

    return (Reference){
        cwnd, fmax(w_max, cwnd), cbrt(rest / 0.4), seconds(epoch), cwnd, prior,
    };
}

static double curve(const Reference *r, double t)
{
    return 0.4 * pow(t - r->k, 3) + r->w_max;
}

static void reference_ack(Reference *r, SimTime now, SimTime rtt)
{
    double t = seconds(now) - r->epoch, alpha = r->w_est >= r->cwnd_prior ? 1 : 0.9 / 1.7;
    double target = fmin(fmax(curve(r, t + seconds(rtt)), r->cwnd), 1.5 * r->cwnd);

    r->w_est += alpha / r->cwnd;
    if (curve(r, t) < r->w_est)
        r->cwnd = fmax(r->cwnd, r->w_est);
    else
        r->cwnd += (target - r->cwnd) / r->cwnd;
}

/* The flow goes on for `rounds` ACKs of new data, next to the reference. */
static void go_along(Flow *f, Reference *r, unsigned acks, double tolerance)
{
    r->epoch = -1;
    for (unsigned i = 0; i < acks; i++) {
        ack(f);
        if (r->epoch < 0)
            r->epoch = seconds(f->now);
        reference_ack(r, f->now, f->rtt);
        ck_assert_double_eq_tol(segments(f), r->cwnd, tolerance);
    }
}

/* --- tests ------------------------------------------------------------------------------------ */

/* CC-75 */
START_TEST(a_loss_leaves_seven_tenths)
{
    Flow f;

    begin(&f, 100, 200 * MSEC, plain);
    tcp_cc_cubic.on_loss(&f.c, 100 * MSS, f.now);
    ck_assert_uint_eq(f.c.ssthresh, 70 * MSS);
    ck_assert_uint_eq(f.c.cwnd, 100 * MSS); /* who recovers sets it */
    f.c.cwnd = 40 * MSS;
    tcp_cc_cubic.on_loss(&f.c, 10 * MSS, f.now); /* what is in flight counts, not the window */
    ck_assert_uint_eq(f.c.ssthresh, 7 * MSS);
    tcp_cc_cubic.on_loss(&f.c, MSS, f.now);
    ck_assert_uint_eq(f.c.ssthresh, 2 * MSS);
}
END_TEST

/* CC-76: K = 4.217 s; where the curve is flat the window is W_max. */
START_TEST(the_curve_comes_back_to_w_max_after_k)
{
    Flow f;

    begin(&f, 100, 200 * MSEC, plain);
    lose(&f);
    ack(&f);
    SimTime epoch = f.now;
    const Reference r = reference(70, 100, 100, epoch);
    ck_assert_double_eq_tol(r.k, 4.217, 0.001);
    while (f.now - epoch < 8 * SEC) {
        ack(&f);
        double t = seconds(f.now - epoch), w = curve(&r, t);
        ck_assert_double_eq_tol(segments(&f), w, 1.0);
        if (t > 4.1 && t < 4.3)
            ck_assert_double_eq_tol(segments(&f), 100, 1.0);
    }
    ck_assert_double_gt(segments(&f), 115); /* and convex beyond it */
}
END_TEST

/* From small to large windows, ACK by ACK. */
static const struct {
    uint32_t window;
    SimTime  rtt;
} paths[] = {
    { 20, 10 * MSEC }, { 30, 100 * MSEC }, { 100, 200 * MSEC }, { 1000, 100 * MSEC },
    { 10000, 100 * MSEC }, { 40000, 50 * MSEC }, { 100, 2 * SEC },
};

/* CC-77 */
START_TEST(each_ack_adds_what_the_rfc_says)
{
    uint32_t w = paths[_i].window;
    Flow f;

    begin(&f, w, paths[_i].rtt, plain);
    lose(&f);
    Reference r = reference(segments(&f), w, w, f.now);
    go_along(&f, &r, MIN(40 * w, 400000), 0.02);
}
END_TEST

START_TEST(an_ack_of_two_segments_counts_for_two)
{
    Flow one, two;

    begin(&one, 100, 200 * MSEC, plain);
    begin(&two, 100, 200 * MSEC, plain);

    lose(&one);
    lose(&two);
    two.acked = 2 * MSS;
    for (int i = 0; i < 2000; i++) {
        ack(&one);
        ack(&one);
        two.now = one.now;
        ack_with(&two, (CongAck){ .uses_window = true });
        ck_assert_double_eq_tol(segments(&one), segments(&two), 0.1);
    }
}
END_TEST

/* CC-78 */
START_TEST(on_short_paths_it_is_as_fast_as_reno)
{
    Flow f;

    begin(&f, 20, 10 * MSEC, plain);
    lose(&f);
    Reference r = reference(14, 20, 20, f.now);
    double per_round = 0.9 / 1.7;
    for (int round = 1; round <= 10; round++) {
        go_along(&f, &r, f.c.cwnd / MSS, 0.01);
        r.epoch = 0; /* as if for ever on the slow curve */
        ck_assert_double_eq_tol(segments(&f), 14 + round * per_round, 0.3);
    }
    while (segments(&f) < 20)
        ack(&f);
    double before = segments(&f);
    for (int round = 0; round < 10; round++) /* from cwnd_prior on as Reno: alpha is 1 */
        ack_window(&f);
    ck_assert_double_eq_tol(segments(&f), before + 10, 0.7);
}
END_TEST

/* CC-79 */
START_TEST(a_loss_below_w_max_lowers_it_further)
{
    Flow f;

    begin(&f, 100, 200 * MSEC, plain);
    lose(&f);
    f.c.cwnd = 90 * MSS;
    lose(&f);
    ck_assert_uint_eq(f.c.cwnd, 63 * MSS);
    Reference r = reference(63, 76.5, 90, f.now);
    ck_assert_double_eq_tol(r.k, 3.231, 0.001);
    go_along(&f, &r, 2000, 0.02);
}
END_TEST

/* CC-80 */
START_TEST(after_a_timeout_it_begins_convex)
{
    Flow f;

    begin(&f, 100, 200 * MSEC, plain);
    tcp_cc_cubic.on_rto(&f.c, 100 * MSS, f.now);
    ck_assert_uint_eq(f.c.ssthresh, 70 * MSS);
    f.c.cwnd = MSS;
    while (f.c.cwnd < 70 * MSS)
        ack(&f);
    ck_assert_uint_eq(f.c.cwnd, 70 * MSS);
    Reference r = reference(70, 70, 100, f.now);
    ck_assert_double_eq(r.k, 0);
    go_along(&f, &r, 2000, 0.02);
}
END_TEST

/* CC-81 */
START_TEST(time_without_use_is_not_counted)
{
    Flow f;

    begin(&f, 100, 200 * MSEC, plain);
    lose(&f);
    for (int i = 0; i < 5; i++)
        ack_window(&f);
    Flow busy = f;
    busy.c.state = &busy.state;
    f.now += 10 * SEC;
    if (_i == 0) /* nothing was sent */
        tcp_cc_cubic.on_idle(&f.c, 10 * SEC, f.now);
    else /* a little was */
        ack_with(&f, (CongAck){ .uses_window = false });
    ck_assert_uint_eq(f.c.cwnd, busy.c.cwnd);
    for (int i = 0; i < 5000; i++) {
        ack(&f);
        ack(&busy);
        ck_assert_double_eq_tol(segments(&f), segments(&busy), 0.01);
    }
}
END_TEST

/* CC-82 */
START_TEST(marks_reduce_down_to_one_segment)
{
    static const uint32_t windows[] = { 14000, 9800, 6860, 4802, 3361, 2352, 1646, 1152, 1000 };
    Flow f;

    begin(&f, 20, 200 * MSEC, plain);
    for (unsigned i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        tcp_cc_cubic.on_ecn(&f.c, f.c.cwnd, f.now);
        ck_assert_uint_eq(f.c.cwnd, windows[i]);
        ck_assert_uint_eq(f.c.ssthresh, MAX(windows[i], 2 * MSS));
    }
}
END_TEST

/* CC-84: with HyStart++ too, as long as the round trip does not rise. */
START_TEST(slow_start_doubles_per_round)
{
    Flow f;

    begin(&f, 1, 100 * MSEC, (CongRules){ .slow_start_limit = 1, .hystart = (CongHystart)_i });
    for (uint32_t n = 1; n <= 1024; n *= 2) {
        ck_assert_uint_eq(f.c.cwnd, n * MSS);
        ack_window(&f);
    }
}
END_TEST

static const CongRules plus = { .slow_start_limit = 1, .hystart = HYSTART_RFC9406 };

/* RFC 9406 §4.2: a rise of an eighth, 4 to 16 ms, slows growth down to a quarter; after five such
 * rounds it is over. */
START_TEST(a_rising_rtt_ends_slow_start)
{
    Flow f;

    begin(&f, 16, 100 * MSEC, plus);
    ack_round(&f);
    f.rtt = 112 * MSEC; /* less than an eighth more */
    ck_assert_uint_eq(ack_round(&f), 30);
    ck_assert_uint_eq(f.c.cwnd, 62 * MSS);
    f.rtt = 126 * MSEC; /* noticed with the eighth ACK */
    ck_assert_uint_eq(ack_round(&f), 60);
    ck_assert_uint_eq(f.c.cwnd, 62 * MSS + 7 * MSS + 53 * MSS / 4);
    for (int round = 2; round <= 5; round++) {
        uint32_t before = f.c.cwnd;
        ck_assert_uint_eq(f.c.ssthresh, CWND_INFINITE);
        uint32_t n = ack_round(&f);
        ck_assert_uint_eq((f.c.cwnd - before) / MSS, (n - (round == 5)) / 4);
    }
    ck_assert_double_eq_tol(f.c.ssthresh, f.c.cwnd, MSS);
    uint32_t before = f.c.cwnd;
    ack_round(&f);
    ck_assert_uint_lt(f.c.cwnd - before, 2 * MSS); /* congestion avoidance */
}
END_TEST

START_TEST(a_rise_that_passes_does_not_end_it)
{
    Flow f;

    begin(&f, 16, 100 * MSEC, plus);
    ack_round(&f);
    f.rtt = 113 * MSEC;
    ack_round(&f);
    ck_assert_uint_eq(f.c.cwnd, 32 * MSS + 7 * MSS + 23 * MSS / 4);
    f.rtt = 112 * MSEC; /* seen with the eighth ACK again */
    uint32_t before = f.c.cwnd, n = ack_round(&f);
    ck_assert_uint_eq(f.c.cwnd, before + 7 * MSS / 4 + (n - 7) * MSS);
    for (int round = 0; round < 5; round++) {
        before = f.c.cwnd;
        n = ack_round(&f);
        ck_assert_uint_eq(f.c.cwnd, before + n * MSS);
    }
}
END_TEST

static void begin_linux(Flow *f, uint32_t window)
{
    begin(f, window, 100 * MSEC, (CongRules){ .hystart = HYSTART_LINUX, .linux_ = true });
}

/* Linux: nine ACKs of a round that are all an eighth late. */
START_TEST(linux_leaves_slow_start_by_delay)
{
    Flow f;

    begin_linux(&f, 20);
    ack(&f);
    f.rtt = 113 * MSEC;
    for (int i = 0; i < 19 + 8; i++) { /* the round with the first, short one; and eight more */
        ack(&f);
        ck_assert_uint_eq(f.c.ssthresh, CWND_INFINITE);
    }
    ack(&f);
    ck_assert_uint_eq(f.c.ssthresh, 48 * MSS);
    ck_assert_uint_eq(f.c.cwnd, 48 * MSS);
}
END_TEST

/* Linux: ACKs close to each other for more than half of the least round trip. */
START_TEST(linux_leaves_slow_start_by_a_train)
{
    Flow f;

    begin_linux(&f, 100);
    SimTime gap = _i == 0 ? 2 * MSEC : 2 * MSEC + 1;

    ack(&f);
    for (int i = 0; i < 25; i++) {
        f.now += gap;
        ack_with(&f, (CongAck){ .uses_window = true });
        ck_assert_uint_eq(f.c.ssthresh, CWND_INFINITE);
    }
    f.now += gap;
    ack_with(&f, (CongAck){ .uses_window = true });
    if (_i == 0)
        ck_assert_uint_eq(f.c.ssthresh, 126 * MSS);
    else
        ck_assert_uint_eq(f.c.ssthresh, CWND_INFINITE);
}
END_TEST

Suite *tcp_cc_cubic_suite(void);
Suite *tcp_cc_cubic_suite(void)
{
    Suite *suite = suite_create("tcp_cc_cubic");
    TCase *tc = tcase_create("cubic");
    tcase_add_test(tc, a_loss_leaves_seven_tenths);
    tcase_add_test(tc, the_curve_comes_back_to_w_max_after_k);
    tcase_add_loop_test(tc, each_ack_adds_what_the_rfc_says, 0, sizeof paths / sizeof paths[0]);
    tcase_add_test(tc, an_ack_of_two_segments_counts_for_two);
    tcase_add_test(tc, on_short_paths_it_is_as_fast_as_reno);
    tcase_add_test(tc, a_loss_below_w_max_lowers_it_further);
    tcase_add_test(tc, after_a_timeout_it_begins_convex);
    tcase_add_loop_test(tc, time_without_use_is_not_counted, 0, 2);
    tcase_add_test(tc, marks_reduce_down_to_one_segment);
    suite_add_tcase(suite, tc);
    tc = tcase_create("hystart");
    tcase_add_loop_test(tc, slow_start_doubles_per_round, HYSTART_OFF, HYSTART_RFC9406 + 1);
    tcase_add_test(tc, a_rising_rtt_ends_slow_start);
    tcase_add_test(tc, a_rise_that_passes_does_not_end_it);
    tcase_add_test(tc, linux_leaves_slow_start_by_delay);
    tcase_add_loop_test(tc, linux_leaves_slow_start_by_a_train, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
