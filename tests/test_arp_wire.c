/*
 * test_arp_wire.c - ARP packets: read, written, and one row per way to be wrong.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/arp_wire.h"

#include <check.h>
#include <string.h>

/* 10.0.0.1 asks for 10.0.0.2 */
static const uint8_t request[ARP_LEN] = {
    0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
};

START_TEST(reads_all_four_addresses)
{
    ArpPkt a;
    uint8_t bytes[ARP_LEN];

    memcpy(bytes, request, sizeof bytes);
    bytes[7] = ARP_OP_REPLY;
    bytes[18] = 6;
    ck_assert_int_eq(arp_decode(&a, (Span){ bytes, sizeof bytes }), DROP_NONE);
    ck_assert_uint_eq(a.op, ARP_OP_REPLY);
    ck_assert_uint_eq(mac_to_u64(a.sha), UINT64_C(0x020000000001));
    ck_assert_uint_eq(mac_to_u64(a.tha), UINT64_C(0x060000000000));
    ck_assert(ip_equal(a.spa, ip_v4(0x0a000001)));
    ck_assert(ip_equal(a.tpa, ip_v4(0x0a000002)));
}
END_TEST

START_TEST(writes_what_it_read_whatever_the_operation)
{
    ArpPkt a;
    uint8_t bytes[ARP_LEN], out[ARP_LEN];

    memcpy(bytes, request, sizeof bytes);
    bytes[7] = (uint8_t)_i;
    ck_assert_int_eq(arp_decode(&a, (Span){ bytes, sizeof bytes }), DROP_NONE);
    arp_encode(&a, out);
    ck_assert_mem_eq(out, bytes, sizeof out);
}
END_TEST

START_TEST(passes_over_the_padding)
{
    ArpPkt a;
    uint8_t padded[46] = { 0 };

    memcpy(padded, request, sizeof request);
    ck_assert_int_eq(arp_decode(&a, (Span){ padded, sizeof padded }), DROP_NONE);
}
END_TEST

static const struct {
    const char *what;
    size_t      len, at;
    uint8_t     val;
    DropReason  why;
} wrong[] = {
    { "nothing", 0, 0, 0, DROP_ARP_SHORT },
    { "shorter than a packet", 27, 1, 1, DROP_ARP_SHORT },
    { "not Ethernet", 28, 1, 6, DROP_ARP_FORMAT },
    { "not Ethernet, in the high byte", 28, 0, 1, DROP_ARP_FORMAT },
    { "not IPv4", 28, 3, 6, DROP_ARP_FORMAT },
    { "hardware addresses of 8 bytes", 28, 4, 8, DROP_ARP_FORMAT },
    { "protocol addresses of 16 bytes", 28, 5, 16, DROP_ARP_FORMAT },
    { "operation 0", 28, 7, 0, DROP_ARP_FORMAT },
    { "operation 5", 28, 7, 5, DROP_ARP_FORMAT },
    { "operation 257", 28, 6, 1, DROP_ARP_FORMAT },
};

START_TEST(rejects_the_malformed)
{
    ArpPkt a;
    uint8_t bytes[ARP_LEN];

    memcpy(bytes, request, sizeof bytes);
    bytes[wrong[_i].at] = wrong[_i].val;
    DropReason why = arp_decode(&a, (Span){ bytes, wrong[_i].len });
    ck_assert_msg(why == wrong[_i].why, "%s: %s", wrong[_i].what, drop_name(why));
}
END_TEST

Suite *arp_wire_suite(void);
Suite *arp_wire_suite(void)
{
    Suite *suite = suite_create("arp_wire");
    TCase *tc = tcase_create("arp_wire");
    tcase_add_test(tc, reads_all_four_addresses);
    tcase_add_loop_test(tc, writes_what_it_read_whatever_the_operation, ARP_OP_REQUEST,
                        RARP_OP_REPLY + 1);
    tcase_add_test(tc, passes_over_the_padding);
    tcase_add_loop_test(tc, rejects_the_malformed, 0, (int)(sizeof wrong / sizeof wrong[0]));
    suite_add_tcase(suite, tc);
    return suite;
}
