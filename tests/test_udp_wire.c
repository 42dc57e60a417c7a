/*
 * test_udp_wire.c - the UDP header: read, written, and one row per way to be wrong.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/udp_wire.h"

#include <check.h>
#include <string.h>

static const uint32_t pseudo = 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 17;
static uint8_t dgram[13]; /* 4242 -> 53, "ping", summed; made anew for every test; one of padding */

enum { LEN = 12 };

static void make(void)
{
    UdpHdr h = { .src_port = 4242, .dst_port = 53, .length = LEN };

    memcpy(dgram + UDP_HDR_LEN, "ping!", 5);
    udp_encode(&h, dgram);
    h.checksum = udp_checksum((Span){ dgram, LEN }, pseudo);
    udp_encode(&h, dgram);
}

START_TEST(reads_what_it_wrote)
{
    UdpHdr h;

    make();
    ck_assert_int_eq(udp_decode(&h, (Span){ dgram, LEN }, pseudo), DROP_NONE);
    ck_assert_uint_eq(h.src_port, 4242);
    ck_assert_uint_eq(h.dst_port, 53);
    ck_assert_uint_eq(h.length, LEN);
    ck_assert_uint_ne(h.checksum, 0);
}
END_TEST

START_TEST(does_not_sum_what_lies_beyond_its_length)
{
    UdpHdr h;

    make();
    ck_assert_int_eq(udp_decode(&h, (Span){ dgram, sizeof dgram }, pseudo), DROP_NONE);
}
END_TEST

START_TEST(accepts_a_datagram_without_checksum)
{
    UdpHdr h;

    make();
    put16(dgram + 6, 0);
    dgram[9] = '?';
    ck_assert_int_eq(udp_decode(&h, (Span){ dgram, LEN }, pseudo), DROP_NONE);
    ck_assert_uint_eq(h.checksum, 0);
}
END_TEST

/* RFC 768: zero means that there is none, so a sum of zero is sent as ffff. */
START_TEST(a_sum_of_zero_goes_out_as_all_ones)
{
    UdpHdr h;

    make();
    put16(dgram + 6, 0);
    put16(dgram + 10, 0);
    put16(dgram + 10, udp_checksum((Span){ dgram, LEN }, pseudo));
    uint16_t sum = udp_checksum((Span){ dgram, LEN }, pseudo);
    ck_assert_uint_eq(sum, 0xffff);
    put16(dgram + 6, sum);
    ck_assert_int_eq(udp_decode(&h, (Span){ dgram, LEN }, pseudo), DROP_NONE);
}
END_TEST

static const struct {
    const char *what;
    size_t      len, at;
    uint8_t     val;
    DropReason  why;
} wrong[] = {
    { "shorter than a header", 7, 0, 0, DROP_UDP_SHORT },
    { "length below a header", LEN, 5, 7, DROP_UDP_LENGTH },
    { "length beyond the datagram", LEN, 5, LEN + 1, DROP_UDP_LENGTH },
    { "length of zero", LEN, 5, 0, DROP_UDP_LENGTH },
    { "one flipped payload byte", LEN, 9, 'o', DROP_UDP_CHECKSUM },
    { "another port", LEN, 3, 54, DROP_UDP_CHECKSUM },
    { "a shorter length", LEN, 5, LEN - 1, DROP_UDP_CHECKSUM },
};

START_TEST(rejects_the_malformed)
{
    UdpHdr h;

    make();
    dgram[wrong[_i].at] = wrong[_i].val;
    DropReason why = udp_decode(&h, (Span){ dgram, wrong[_i].len }, pseudo);
    ck_assert_msg(why == wrong[_i].why, "%s: %s", wrong[_i].what, drop_name(why));
}
END_TEST

START_TEST(rejects_another_hosts_datagram)
{
    UdpHdr h;

    make();
    ck_assert_int_eq(udp_decode(&h, (Span){ dgram, LEN }, pseudo + 1), DROP_UDP_CHECKSUM);
}
END_TEST

Suite *udp_wire_suite(void);
Suite *udp_wire_suite(void)
{
    Suite *suite = suite_create("udp_wire");
    TCase *tc = tcase_create("udp_wire");
    tcase_add_test(tc, reads_what_it_wrote);
    tcase_add_test(tc, does_not_sum_what_lies_beyond_its_length);
    tcase_add_test(tc, accepts_a_datagram_without_checksum);
    tcase_add_test(tc, a_sum_of_zero_goes_out_as_all_ones);
    tcase_add_loop_test(tc, rejects_the_malformed, 0, (int)(sizeof wrong / sizeof wrong[0]));
    tcase_add_test(tc, rejects_another_hosts_datagram);
    suite_add_tcase(suite, tc);
    return suite;
}
