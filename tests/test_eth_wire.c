/*
 * test_eth_wire.c - the Ethernet header, byte by byte.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/eth_wire.h"

#include <check.h>
#include <string.h>

static const uint8_t frame[] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 'x',
};

START_TEST(reads_destination_source_and_type)
{
    EthHdr h;
    char out[MAC_TEXT];

    ck_assert_int_eq(eth_decode(&h, (Span){ frame, sizeof frame }), DROP_NONE);
    ck_assert(mac_equal(h.dst, MAC_BROADCAST));
    ck_assert_str_eq(mac_text(h.src, out), "02:00:00:00:00:01");
    ck_assert_uint_eq(h.type, ETHERTYPE_ARP);
}
END_TEST

START_TEST(writes_what_it_read)
{
    EthHdr h;
    uint8_t out[ETH_HDR_LEN];

    ck_assert_int_eq(eth_decode(&h, (Span){ frame, ETH_HDR_LEN }), DROP_NONE);
    eth_encode(&h, out);
    ck_assert_mem_eq(out, frame, sizeof out);
}
END_TEST

START_TEST(rejects_what_is_shorter_than_a_header)
{
    EthHdr h;
    ck_assert_int_eq(eth_decode(&h, (Span){ frame, (size_t)_i }), DROP_ETH_SHORT);
}
END_TEST

Suite *eth_wire_suite(void);
Suite *eth_wire_suite(void)
{
    Suite *suite = suite_create("eth_wire");
    TCase *tc = tcase_create("eth_wire");
    tcase_add_test(tc, reads_destination_source_and_type);
    tcase_add_test(tc, writes_what_it_read);
    tcase_add_loop_test(tc, rejects_what_is_shorter_than_a_header, 0, ETH_HDR_LEN);
    suite_add_tcase(suite, tc);
    return suite;
}
