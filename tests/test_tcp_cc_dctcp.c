/*
 * test_tcp_cc_dctcp.c - DCTCP's alpha and what it does to the window; RFC 8257 §3.3.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_cc.h"

#include <check.h>

enum { MSS = 1000, WINDOW = 20 };

static Cong begin(CongState *state)
{
    Cong c = { .cwnd = WINDOW * MSS, .ssthresh = WINDOW * MSS, .mss = MSS, .state = state,
               .rules = { .slow_start_limit = 1 } };

    tcp_cc_dctcp.init(&c, 0);
    return c;
}

/* A window of ACKs, of which the first `marked` carry ECE; then the reduction, if one is due. */
static void window(Cong *c, unsigned marked)
{
    for (unsigned i = 0; i < WINDOW; i++) {
        CongAck a = {
            .acked = MSS, .flight = (WINDOW - i) * MSS, .rtt = RTT_NONE, .ece = i < marked,
            .recovering = true, /* so that cwnd stays where it is */
        };
        tcp_cc_dctcp.on_ack(c, &a);
    }
}

static double alpha(const Cong *c)
{
    return c->state->dctcp.alpha / (double)DCTCP_ONE;
}

/* MAY-18 */
START_TEST(alpha_weighs_a_window_with_a_sixteenth)
{
    CongState state = { .dctcp = { 0 } };
    Cong c = begin(&state);
    double expected = 1;

    ck_assert_double_eq(alpha(&c), 1);
    for (unsigned marked = 0; marked <= WINDOW; marked++) {
        window(&c, marked);
        expected = expected * 15 / 16 + (double)marked / WINDOW / 16;
        ck_assert_double_eq_tol(alpha(&c), expected, 1e-4);
    }
}
END_TEST

START_TEST(a_mark_cuts_half_of_alpha)
{
    CongState state = { .dctcp = { 0 } };
    Cong c = begin(&state);

    tcp_cc_dctcp.on_ecn(&c, WINDOW * MSS, 0);
    ck_assert_uint_eq(c.cwnd, WINDOW * MSS / 2); /* alpha is 1 */
    ck_assert_uint_eq(c.ssthresh, c.cwnd);
    for (int i = 0; i < 200; i++)
        window(&c, 2);
    ck_assert_double_eq_tol(alpha(&c), 0.1, 0.001);
    c.cwnd = 100 * MSS;
    tcp_cc_dctcp.on_ecn(&c, WINDOW * MSS, 0);
    ck_assert_double_eq_tol(c.cwnd, 95 * MSS, 50);
    c.cwnd = 2 * MSS;
    tcp_cc_dctcp.on_ecn(&c, WINDOW * MSS, 0);
    ck_assert_uint_eq(c.cwnd, 2 * MSS);
}
END_TEST

/* §3.5 */
START_TEST(a_loss_halves_whatever_alpha_is)
{
    CongState state = { .dctcp = { 0 } };
    Cong c = begin(&state);

    for (int i = 0; i < 100; i++)
        window(&c, 0);
    tcp_cc_dctcp.on_loss(&c, WINDOW * MSS, 0);
    ck_assert_uint_eq(c.ssthresh, WINDOW * MSS / 2);
}
END_TEST

Suite *tcp_cc_dctcp_suite(void);
Suite *tcp_cc_dctcp_suite(void)
{
    Suite *suite = suite_create("tcp_cc_dctcp");
    TCase *tc = tcase_create("tcp_cc_dctcp");
    tcase_add_test(tc, alpha_weighs_a_window_with_a_sixteenth);
    tcase_add_test(tc, a_mark_cuts_half_of_alpha);
    tcase_add_test(tc, a_loss_halves_whatever_alpha_is);
    suite_add_tcase(suite, tc);
    return suite;
}
