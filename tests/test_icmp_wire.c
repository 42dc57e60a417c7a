/*
 * test_icmp_wire.c - ICMP messages: read, written, and one row per way to be wrong.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/icmp_wire.h"

#include <check.h>
#include <string.h>

static uint8_t msg[13]; /* echo request, id 0x1234, seq 7, "hello": of odd length */

static void make(void)
{
    IcmpHdr h = { .type = ICMP_ECHO, .rest = 0x12340007 };

    memcpy(msg + ICMP_HDR_LEN, "hello", 5);
    icmp_encode(&h, (Span){ msg + ICMP_HDR_LEN, 5 }, msg);
}

START_TEST(writes_a_header_with_a_checksum_over_the_data)
{
    static const uint8_t expected[] = { 8, 0, 0xa1, 0xf2, 0x12, 0x34, 0, 7 };

    make();
    ck_assert_mem_eq(msg, expected, sizeof expected);
}
END_TEST

START_TEST(reads_what_it_wrote)
{
    IcmpHdr h;

    make();
    ck_assert_int_eq(icmp_decode(&h, (Span){ msg, sizeof msg }), DROP_NONE);
    ck_assert_uint_eq(h.type, ICMP_ECHO);
    ck_assert_uint_eq(h.code, 0);
    ck_assert_uint_eq(h.rest, 0x12340007);
}
END_TEST

START_TEST(a_message_may_be_a_header_alone)
{
    IcmpHdr h = { .type = ICMP_UNREACHABLE, .code = ICMP_FRAG_NEEDED, .rest = 576 }, back;

    icmp_encode(&h, (Span){ NULL, 0 }, msg);
    ck_assert_int_eq(icmp_decode(&back, (Span){ msg, ICMP_HDR_LEN }), DROP_NONE);
    ck_assert_uint_eq(back.code, ICMP_FRAG_NEEDED);
    ck_assert_uint_eq(back.rest, 576);
}
END_TEST

static const struct {
    const char *what;
    size_t      len, at;
    uint8_t     val;
    DropReason  why;
} wrong[] = {
    { "nothing", 0, 0, 8, DROP_ICMP_SHORT },
    { "shorter than a header", 7, 0, 8, DROP_ICMP_SHORT },
    { "a flipped bit in the type", 13, 0, 0, DROP_ICMP_CHECKSUM },
    { "a flipped bit in the last, odd byte", 13, 12, 'n', DROP_ICMP_CHECKSUM },
    { "cut short", 12, 0, 8, DROP_ICMP_CHECKSUM },
    { "no checksum", 13, 2, 0, DROP_ICMP_CHECKSUM },
};

START_TEST(rejects_the_malformed)
{
    IcmpHdr h;

    make();
    msg[wrong[_i].at] = wrong[_i].val;
    DropReason why = icmp_decode(&h, (Span){ msg, wrong[_i].len });
    ck_assert_msg(why == wrong[_i].why, "%s: %s", wrong[_i].what, drop_name(why));
}
END_TEST

Suite *icmp_wire_suite(void);
Suite *icmp_wire_suite(void)
{
    Suite *suite = suite_create("icmp_wire");
    TCase *tc = tcase_create("icmp_wire");
    tcase_add_test(tc, writes_a_header_with_a_checksum_over_the_data);
    tcase_add_test(tc, reads_what_it_wrote);
    tcase_add_test(tc, a_message_may_be_a_header_alone);
    tcase_add_loop_test(tc, rejects_the_malformed, 0, (int)(sizeof wrong / sizeof wrong[0]));
    suite_add_tcase(suite, tc);
    return suite;
}
