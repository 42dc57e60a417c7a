/*
 * test_tcp_cc.c - NewReno's window: slow start, avoidance, loss; RFC 5681, 6928.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_cc.h"

#include <check.h>
#include <glib.h>

enum { MSS = 1000 };

static void ack(Cong *c, uint32_t acked)
{
    CongAck a = { .acked = acked, .rtt = RTT_NONE, .flight = c->cwnd, .uses_window = true };

    tcp_cc_newreno.on_ack(c, &a);
}

static const struct {
    uint32_t mss;
    uint64_t segments;
    uint32_t window;
} initial[] = {
    { 1460, 0, 14600 }, { 536, 0, 5360 }, { 4000, 0, 14600 }, { 9000, 0, 18000 }, { 1460, 1, 1460 },
    { 1460, 10, 14600 }, { 1000, 3, 3000 },
};

/* CC-18 */
START_TEST(the_initial_window_is_rfc_6928s)
{
    ck_assert_uint_eq(cong_initial_window(initial[_i].mss, initial[_i].segments, CONG_IW_RFC6928),
                      initial[_i].window);
}
END_TEST

static const struct {
    uint32_t mss, segments;
} initial_3390[] = { { 1460, 3 }, { 536, 4 }, { 4000, 2 }, { 1095, 4 }, { 1096, 3 }, { 2190, 3 },
                     { 2191, 2 } };

/* CC-17 */
START_TEST(the_initial_window_may_be_rfc_3390s)
{
    ck_assert_uint_eq(cong_initial_window(initial_3390[_i].mss, 0, CONG_IW_RFC3390),
                      initial_3390[_i].mss * initial_3390[_i].segments);
}
END_TEST

/* MUST-19, CC-22, CC-84 */
START_TEST(slow_start_doubles_per_window)
{
    Cong c = { .cwnd = MSS, .ssthresh = CWND_INFINITE, .mss = MSS, .rules = { .slow_start_limit = 1 } };

    for (uint32_t flight = 1; flight <= 64; flight *= 2) {
        ck_assert_uint_eq(c.cwnd, flight * MSS);
        for (uint32_t i = 0; i < flight; i++)
            ack(&c, MSS);
    }
}
END_TEST

/* CC-22 */
START_TEST(ack_division_gains_nothing)
{
    Cong c = { .cwnd = 4 * MSS, .ssthresh = CWND_INFINITE, .mss = MSS, .rules = { .slow_start_limit = 1 } };

    for (int i = 0; i < 10; i++)
        ack(&c, MSS / 10);
    ck_assert_uint_eq(c.cwnd, 5 * MSS);
    ack(&c, 2 * MSS); /* and an ACK of two counts for one */
    ck_assert_uint_eq(c.cwnd, 6 * MSS);
}
END_TEST

/* CC-25: L, but one segment after a timeout. */
START_TEST(an_ack_may_count_for_two_segments)
{
    Cong c = { .cwnd = 4 * MSS, .ssthresh = CWND_INFINITE, .mss = MSS,
               .rules = { .slow_start_limit = 2 } };

    ack(&c, 2 * MSS);
    ck_assert_uint_eq(c.cwnd, 6 * MSS);
    ack(&c, 3 * MSS);
    ck_assert_uint_eq(c.cwnd, 8 * MSS);
    ack(&c, MSS / 2);
    ck_assert_uint_eq(c.cwnd, 8 * MSS + MSS / 2);
    c.after_rto = true;
    ack(&c, 2 * MSS);
    ck_assert_uint_eq(c.cwnd, 9 * MSS + MSS / 2);
}
END_TEST

/* Linux: all that the ACK acknowledges, and what is beyond ssthresh counts for avoidance. */
START_TEST(without_a_limit_all_counts)
{
    Cong c = { .cwnd = 4 * MSS, .ssthresh = 10 * MSS, .mss = MSS };

    ack(&c, 4 * MSS);
    ck_assert_uint_eq(c.cwnd, 8 * MSS);
    ack(&c, 8 * MSS);
    ck_assert_uint_eq(c.cwnd, 10 * MSS);
    ack(&c, 4 * MSS);
    ck_assert_uint_eq(c.cwnd, 11 * MSS);
}
END_TEST

/* MUST-19, CC-23, CC-24 */
START_TEST(avoidance_adds_one_segment_per_window)
{
    Cong c = { .cwnd = 10 * MSS, .ssthresh = 8 * MSS, .mss = MSS, .rules = { .slow_start_limit = 1 } };

    for (int i = 0; i < 9; i++)
        ack(&c, MSS);
    ck_assert_uint_eq(c.cwnd, 10 * MSS);
    ack(&c, MSS);
    ck_assert_uint_eq(c.cwnd, 11 * MSS);
    for (int i = 0; i < 5; i++)
        ack(&c, 2 * MSS); /* half as many ACKs, of twice as much */
    ck_assert_uint_eq(c.cwnd, 11 * MSS);
    ack(&c, 2 * MSS);
    ck_assert_uint_eq(c.cwnd, 12 * MSS);
}
END_TEST

/* CC-26 */
START_TEST(a_loss_halves_what_was_in_flight)
{
    Cong c = { .cwnd = 20 * MSS, .ssthresh = CWND_INFINITE, .mss = MSS, .rules = { .slow_start_limit = 1 } };

    tcp_cc_newreno.on_loss(&c, 6 * MSS, 0);
    ck_assert_uint_eq(c.ssthresh, 3 * MSS);
    tcp_cc_newreno.on_loss(&c, 3 * MSS, 0);
    ck_assert_uint_eq(c.ssthresh, 2 * MSS);
}
END_TEST

/* CC-30 */
START_TEST(only_a_window_in_use_grows)
{
    const CongAck no[] = {
        { .acked = MSS, .uses_window = false },
        { .acked = MSS, .uses_window = true, .recovering = true },
        { .acked = MSS, .uses_window = true, .ece = true },
        { .acked = 0, .uses_window = true },
    };
    Cong c = { .cwnd = 4 * MSS, .ssthresh = CWND_INFINITE, .mss = MSS, .rules = { .slow_start_limit = 1 } };

    tcp_cc_newreno.on_ack(&c, &no[_i]);
    ck_assert_uint_eq(c.cwnd, 4 * MSS);
}
END_TEST

START_TEST(the_window_has_an_end)
{
    Cong c = { .cwnd = CWND_MAX - 10, .ssthresh = CWND_INFINITE, .mss = MSS, .rules = { .slow_start_limit = 1 } };

    ack(&c, MSS);
    ack(&c, MSS);
    ck_assert_uint_eq(c.cwnd, CWND_MAX);
}
END_TEST

Suite *tcp_cc_suite(void);
Suite *tcp_cc_suite(void)
{
    Suite *suite = suite_create("tcp_cc");
    TCase *tc = tcase_create("tcp_cc");
    tcase_add_loop_test(tc, the_initial_window_is_rfc_6928s, 0, (int)G_N_ELEMENTS(initial));
    tcase_add_loop_test(tc, the_initial_window_may_be_rfc_3390s, 0,
                        (int)G_N_ELEMENTS(initial_3390));
    tcase_add_test(tc, an_ack_may_count_for_two_segments);
    tcase_add_test(tc, without_a_limit_all_counts);
    tcase_add_test(tc, slow_start_doubles_per_window);
    tcase_add_test(tc, ack_division_gains_nothing);
    tcase_add_test(tc, avoidance_adds_one_segment_per_window);
    tcase_add_test(tc, a_loss_halves_what_was_in_flight);
    tcase_add_loop_test(tc, only_a_window_in_use_grows, 0, 4);
    tcase_add_test(tc, the_window_has_an_end);
    suite_add_tcase(suite, tc);
    return suite;
}
