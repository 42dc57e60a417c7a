/*
 * test_flow.c - relative numbers: wrap-around, several incarnations, old duplicates, no SYN seen.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/flow.h"

#include <check.h>
#include <glib.h>

static Heap heap;
static Flows *flows;
static SimTime now; /* when segments are made; NEVER: they are forged */

static void setup(void)
{
    flows = flows_new(&heap);
    now = 0;
}

static void teardown(void)
{
    flows_free(flows);
    heap_clear(&heap);
}

static TcpHdr segment(bool from_client, uint8_t flags, uint32_t seq, uint32_t ack)
{
    TcpHdr h = { .flags = flags, .seq = seq, .ack = ack };

    h.src_port = from_client ? 40000 : 80;
    h.dst_port = from_client ? 80 : 40000;
    return h;
}

static IpAddr end(bool client)
{
    return ip_v4(client ? 0x0a000001 : 0x0a000002);
}

static void see_text(bool from_client, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
    TcpHdr h = segment(from_client, flags, seq, ack);

    flows_see(flows, end(from_client), end(!from_client), &h, len, now);
}

static void see(bool from_client, uint8_t flags, uint32_t seq, uint32_t ack)
{
    see_text(from_client, flags, seq, ack, 0);
}

static void made(bool from_client, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t rel_seq,
                   uint32_t rel_ack, unsigned incarnation)
{
    TcpHdr h = segment(from_client, flags, seq, ack);
    uint32_t seq_base, ack_base;
    unsigned which;

    flows_base(flows, end(from_client), end(!from_client), &h, now, &seq_base, &ack_base, &which);
    ck_assert_uint_eq(seq - seq_base, rel_seq);
    if (flags & TCP_ACK)
        ck_assert_uint_eq(ack - ack_base, rel_ack);
    ck_assert_uint_eq(which, incarnation);
}

/* Nobody knows when it was made. */
static void expect(bool from_client, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t rel_seq,
                   uint32_t rel_ack, unsigned incarnation)
{
    SimTime then = now;

    now = NEVER;
    made(from_client, flags, seq, ack, rel_seq, rel_ack, incarnation);
    now = then;
}

/* Opens with these ISNs and moves 100 bytes up, 200 down, and the two FINs. */
static void connection(uint32_t iss, uint32_t irs)
{
    see(true, TCP_SYN, iss, 0);
    see(false, TCP_SYN | TCP_ACK, irs, iss + 1);
    see(true, TCP_ACK, iss + 1, irs + 1);
    see(true, TCP_PSH | TCP_ACK, iss + 1, irs + 1);
    see(false, TCP_PSH | TCP_ACK, irs + 1, iss + 101);
    see(true, TCP_ACK, iss + 101, irs + 201);
    see(true, TCP_FIN | TCP_ACK, iss + 101, irs + 201);
    see(false, TCP_FIN | TCP_ACK, irs + 201, iss + 102);
    see(true, TCP_ACK, iss + 102, irs + 202);
}

START_TEST(numbers_are_relative_to_both_isns)
{
    connection(1000, 5000);
    expect(true, TCP_SYN, 1000, 0, 0, 0, 1);
    expect(false, TCP_SYN | TCP_ACK, 5000, 1001, 0, 1, 1);
    expect(true, TCP_PSH | TCP_ACK, 1001, 5001, 1, 1, 1);
    expect(false, TCP_ACK, 5202, 1102, 202, 102, 1);
}
END_TEST

START_TEST(numbers_wrap)
{
    connection(0xfffffff0u, 0xffffffffu);
    expect(true, TCP_SYN, 0xfffffff0u, 0, 0, 0, 1);
    expect(false, TCP_SYN | TCP_ACK, 0xffffffffu, 0xfffffff1u, 0, 1, 1);
    expect(true, TCP_FIN | TCP_ACK, 0x55, 200, 101, 201, 1);
}
END_TEST

START_TEST(a_stream_of_many_gigabytes_stays_one)
{
    uint64_t sent = 1;

    see(true, TCP_SYN, 77, 0);
    see(false, TCP_SYN | TCP_ACK, 99, 78);
    for (; sent < (uint64_t)5 << 32; sent += 1 << 20)
        see(true, TCP_ACK, 77 + (uint32_t)sent, 100);
    expect(true, TCP_ACK, 77 + (uint32_t)sent, 100, (uint32_t)sent, 1, 1);
}
END_TEST

START_TEST(a_syn_with_another_number_begins_a_new_incarnation)
{
    connection(1000, 5000);
    connection(64000, 9000);
    expect(true, TCP_SYN, 64000, 0, 0, 0, 2);
    expect(false, TCP_FIN | TCP_ACK, 9201, 64102, 201, 102, 2);
}
END_TEST

/* A connection on the same pair whose numbers begin below those of the one before, and overtake
 * them: what a host makes belongs to the one it is in, and its duplicates still do. */
START_TEST(a_lower_number_takes_nothing_from_the_connection_before)
{
    now = 10;
    connection(559, 100);
    now = 20;
    see(true, TCP_SYN, 399, 0);
    made(false, TCP_ACK, 301, 661, 201, 102, 1); /* the server is still in the first */
    see(false, TCP_SYN | TCP_ACK, 100, 400);
    see_text(true, TCP_PSH | TCP_ACK, 400, 101, 100);
    made(false, TCP_ACK, 101, 500, 1, 101, 2);
    made(false, TCP_ACK, 101, 640, 1, 241, 2); /* it has taken an old duplicate for new */
    now = 10;
    made(true, TCP_PSH | TCP_ACK, 560, 101, 1, 1, 1);
    now = NEVER; /* forged: where it fits best */
    made(true, TCP_ACK, 641, 101, 82, 1, 1);
    made(true, TCP_ACK, 500, 101, 101, 1, 2);
}
END_TEST

/* All SYNs have one number: the answer with another one begins the next connection. */
START_TEST(a_host_with_one_number_is_where_the_peers_answer_is)
{
    now = 10;
    connection(0, 5000);
    now = 20;
    see(true, TCP_SYN, 0, 0);
    now = 21;
    see(false, TCP_SYN | TCP_ACK, 9000, 1);
    now = 22;
    made(true, TCP_ACK, 1, 9001, 1, 1, 2);
    now = 10;
    made(true, TCP_PSH | TCP_ACK, 1, 5001, 1, 1, 1);
}
END_TEST

START_TEST(an_old_duplicate_is_relative_to_its_own_incarnation)
{
    connection(1000, 5000);
    connection(64000, 9000);
    expect(true, TCP_SYN, 1000, 0, 0, 0, 1);
    expect(true, TCP_PSH | TCP_ACK, 1001, 5001, 1, 1, 1);
    see(true, TCP_SYN, 1000, 0);
    expect(true, TCP_ACK, 64001, 9001, 1, 1, 2);
}
END_TEST

START_TEST(the_answer_to_a_stale_syn_begins_a_new_incarnation)
{
    connection(1000, 5000);
    see(false, TCP_SYN | TCP_ACK, 9000, 1001);
    see(true, TCP_RST, 1001, 0);
    expect(false, TCP_SYN | TCP_ACK, 9000, 1001, 0, 1, 2);
    expect(true, TCP_RST, 1001, 0, 1, 0, 2);
    expect(false, TCP_SYN | TCP_ACK, 5000, 1001, 0, 1, 1);
}
END_TEST

START_TEST(from_time_wait_an_old_syn_is_answered_in_the_old_numbers)
{
    connection(1000, 5000);
    now = 30 * SEC;
    see(false, TCP_SYN | TCP_ACK, 9000, 1001); /* the client's old SYN has come to the listener */
    expect(false, TCP_SYN | TCP_ACK, 9000, 1001, 0, 1, 2);
    see(true, TCP_ACK, 1102, 5202);
    expect(true, TCP_ACK, 1102, 5202, 102, 202, 1);
}
END_TEST

START_TEST(a_challenge_ack_speaks_of_the_connection_that_is_there)
{
    connection(1000, 5000);
    see(true, TCP_SYN, 3000000, 0);
    see(false, TCP_ACK, 5202, 1102);
    expect(false, TCP_ACK, 5202, 1102, 202, 102, 1);
    see(false, TCP_SYN | TCP_ACK, 8000, 3000001);
    expect(false, TCP_SYN | TCP_ACK, 8000, 3000001, 0, 1, 2);
}
END_TEST

START_TEST(syns_that_cross_are_one_connection)
{
    see(true, TCP_SYN, 1000, 0);
    see(false, TCP_SYN, 5000, 0);
    see(true, TCP_SYN | TCP_ACK, 1000, 5001);
    see(false, TCP_SYN | TCP_ACK, 5000, 1001);
    expect(true, TCP_SYN | TCP_ACK, 1000, 5001, 0, 1, 1);
    expect(false, TCP_SYN | TCP_ACK, 5000, 1001, 0, 1, 1);
}
END_TEST

START_TEST(without_a_syn_the_first_seen_counts)
{
    see(true, TCP_ACK, 777001, 555001);
    expect(true, TCP_ACK, 777001, 555001, 0, 1, 1);
    expect(false, TCP_ACK, 555001, 777101, 1, 100, 1);
}
END_TEST

START_TEST(a_reset_from_a_closed_port_keeps_its_zero)
{
    see(true, TCP_SYN, 1000, 0);
    see(false, TCP_RST | TCP_ACK, 0, 1001);
    expect(false, TCP_RST | TCP_ACK, 0, 1001, 0, 1, 1);
    see(false, TCP_SYN | TCP_ACK, 5000, 1001);
    expect(false, TCP_SYN | TCP_ACK, 5000, 1001, 0, 1, 1);
    expect(false, TCP_RST | TCP_ACK, 0, 1001, 0, 1, 1);
}
END_TEST

START_TEST(a_blind_guess_moves_nothing)
{
    connection(1000, 5000);
    see(true, TCP_RST, 3000000000u, 0);
    expect(true, TCP_ACK, 1102, 5202, 102, 202, 1);
    expect(true, TCP_RST, 3000000000u, 0, 2999999000u, 0, 1);
}
END_TEST

START_TEST(what_was_never_seen_begins_at_itself)
{
    expect(true, TCP_ACK, 42, 43, 0, 1, 1);
}
END_TEST

START_TEST(many_four_tuples_keep_their_own_numbers)
{
    enum { MANY = 3000 };
    TcpHdr h = { .dst_port = 80, .flags = TCP_SYN };

    for (uint32_t i = 0; i < MANY; i++) {
        h.src_port = (uint16_t)(i % 50 + 1024);
        h.seq = i * 7;
        flows_see(flows, ip_v4(0x0a000100 + i / 50), end(false), &h, 0, now);
    }
    h.flags = TCP_ACK;
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t seq_base, ack_base;
        unsigned which;
        h.src_port = (uint16_t)(i % 50 + 1024);
        h.seq = i * 7 + 1;
        flows_base(flows, ip_v4(0x0a000100 + i / 50), end(false), &h, now, &seq_base, &ack_base,
                   &which);
        ck_assert_uint_eq(seq_base, i * 7);
        ck_assert_uint_eq(which, 1);
    }
}
END_TEST

Suite *flow_suite(void);
Suite *flow_suite(void)
{
    Suite *suite = suite_create("flow");
    TCase *tc = tcase_create("flow");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, numbers_are_relative_to_both_isns);
    tcase_add_test(tc, numbers_wrap);
    tcase_add_test(tc, a_stream_of_many_gigabytes_stays_one);
    tcase_add_test(tc, a_syn_with_another_number_begins_a_new_incarnation);
    tcase_add_test(tc, a_lower_number_takes_nothing_from_the_connection_before);
    tcase_add_test(tc, a_host_with_one_number_is_where_the_peers_answer_is);
    tcase_add_test(tc, an_old_duplicate_is_relative_to_its_own_incarnation);
    tcase_add_test(tc, the_answer_to_a_stale_syn_begins_a_new_incarnation);
    tcase_add_test(tc, from_time_wait_an_old_syn_is_answered_in_the_old_numbers);
    tcase_add_test(tc, a_challenge_ack_speaks_of_the_connection_that_is_there);
    tcase_add_test(tc, syns_that_cross_are_one_connection);
    tcase_add_test(tc, without_a_syn_the_first_seen_counts);
    tcase_add_test(tc, a_reset_from_a_closed_port_keeps_its_zero);
    tcase_add_test(tc, a_blind_guess_moves_nothing);
    tcase_add_test(tc, what_was_never_seen_begins_at_itself);
    tcase_add_test(tc, many_four_tuples_keep_their_own_numbers);
    suite_add_tcase(suite, tc);
    return suite;
}
