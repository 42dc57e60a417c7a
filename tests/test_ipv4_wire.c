/*
 * test_ipv4_wire.c - the IPv4 header: read, written, and one row per way to be wrong.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/checksum.h"
#include "protocols/wire/ipv4_wire.h"

#include <check.h>
#include <string.h>

/* The header of a captured ping, known to be right, and four bytes of data. */
static const uint8_t captured[24] = {
    0x45, 0x00, 0x00, 0x54, 0x00, 0x00, 0x40, 0x00, 0x40, 0x01, 0x26, 0xa7, 10, 0, 0, 1, 10, 0, 0, 2,
};

static uint8_t bytes[64]; /* an option of four bytes, four of data and four of padding */

static const Ipv4Hdr full = {
    .src = { 0, UINT64_C(0xffff0a000001) },
    .dst = { 0, UINT64_C(0xffffc0a80102) },
    .tos = 0xb8,
    .ttl = 63,
    .proto = IPPROTO_UDP4,
    .total_len = 28,
    .id = 0xbeef,
    .mf = true,
    .frag_off = 1480,
    .options_len = 4,
    .options = { 148, 4, 0, 0 }, /* router alert */
};

static void make(void)
{
    memset(bytes, 0, sizeof bytes);
    ipv4_encode(&full, bytes);
}

static void mend_checksum(void)
{
    size_t len = (size_t)(bytes[0] & 15) * 4;

    put16(bytes + 10, 0);
    put16(bytes + 10, sum_fold(sum_add(0, (Span){ bytes, len })));
}

START_TEST(accepts_a_captured_header_and_writes_it_alike)
{
    Ipv4Hdr h;
    uint8_t out[IPV4_HDR_LEN], whole[84] = { 0 };

    memcpy(whole, captured, IPV4_HDR_LEN);
    ck_assert_int_eq(ipv4_decode(&h, (Span){ whole, sizeof whole }), DROP_NONE);
    ck_assert_uint_eq(h.total_len, 84);
    ck_assert(h.df && !h.mf && !h.reserved);
    ck_assert_uint_eq(h.frag_off, 0);
    ck_assert_uint_eq(h.ttl, 64);
    ck_assert_uint_eq(h.proto, IPPROTO_ICMP4);
    ck_assert_uint_eq(h.checksum, 0x26a7);
    ck_assert(ip_equal(h.src, ip_v4(0x0a000001)) && ip_equal(h.dst, ip_v4(0x0a000002)));
    h.checksum = 0;
    ipv4_encode(&h, out);
    ck_assert_mem_eq(out, captured, sizeof out);
}
END_TEST

START_TEST(carries_every_field_there_and_back)
{
    Ipv4Hdr h;

    make();
    ck_assert_int_eq(ipv4_decode(&h, (Span){ bytes, 32 }), DROP_NONE); /* padded */
    ck_assert_uint_eq(ipv4_hdr_len(&h), 24);
    ck_assert_uint_eq(h.tos, full.tos);
    ck_assert_uint_eq(h.id, full.id);
    ck_assert_uint_eq(h.frag_off, full.frag_off);
    ck_assert(h.mf && !h.df && !h.reserved);
    ck_assert_uint_eq(h.total_len, 28);
    ck_assert_uint_eq(h.options_len, 4);
    ck_assert_mem_eq(h.options, full.options, 4);
}
END_TEST

START_TEST(carries_the_longest_header)
{
    Ipv4Hdr h = full, back;

    h.options_len = IPV4_OPTIONS_MAX;
    memset(h.options, 1, sizeof h.options);
    h.total_len = IPV4_HDR_MAX;
    h.frag_off = 0x1fff * 8;
    h.df = h.reserved = true;
    ipv4_encode(&h, bytes);
    ck_assert_int_eq(ipv4_decode(&back, (Span){ bytes, IPV4_HDR_MAX }), DROP_NONE);
    ck_assert_uint_eq(back.options_len, IPV4_OPTIONS_MAX);
    ck_assert_uint_eq(back.frag_off, 65528);
    ck_assert(back.df && back.mf && back.reserved);
}
END_TEST

static const struct {
    const char *what;
    size_t      len, at;
    uint8_t     val;
    bool        mended; /* the checksum is made right again */
    DropReason  why;
} wrong[] = {
    { "nothing", 0, 0, 0x46, false, DROP_IP_SHORT },
    { "shorter than a header", 19, 0, 0x46, false, DROP_IP_SHORT },
    { "version 6", 28, 0, 0x66, true, DROP_IP_VERSION },
    { "version 6 and a wrong checksum", 28, 0, 0x66, false, DROP_IP_VERSION },
    { "a header length of 16", 28, 0, 0x44, true, DROP_IP_HEADER_LEN },
    { "a header length beyond the frame", 23, 0, 0x46, true, DROP_IP_HEADER_LEN },
    { "a flipped bit in the TTL", 28, 8, 62, false, DROP_IP_CHECKSUM },
    { "a flipped bit in the options", 28, 21, 5, false, DROP_IP_CHECKSUM },
    { "a flipped bit in the total length", 28, 3, 200, false, DROP_IP_CHECKSUM },
    { "a total length below the header", 28, 3, 23, true, DROP_IP_LENGTH },
    { "a total length beyond the frame", 28, 3, 29, true, DROP_IP_LENGTH },
    { "cut short on its way", 27, 3, 28, true, DROP_IP_LENGTH },
};

START_TEST(rejects_the_malformed)
{
    Ipv4Hdr h;

    make();
    bytes[wrong[_i].at] = wrong[_i].val;
    if (wrong[_i].mended)
        mend_checksum();
    DropReason why = ipv4_decode(&h, (Span){ bytes, wrong[_i].len });
    ck_assert_msg(why == wrong[_i].why, "%s: %s", wrong[_i].what, drop_name(why));
}
END_TEST

START_TEST(every_flipped_bit_of_a_header_is_noticed)
{
    Ipv4Hdr h;

    for (int bit = 0; bit < 24 * 8; bit++) {
        make();
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_int_ne(ipv4_decode(&h, (Span){ bytes, 28 }), DROP_NONE);
    }
}
END_TEST

START_TEST(a_quoted_header_may_lack_its_data_and_its_checksum)
{
    Ipv4Hdr h;

    make();
    put16(bytes + 2, 1500);
    put16(bytes + 10, 0x1234);
    ck_assert_int_eq(ipv4_decode_quoted(&h, (Span){ bytes, 32 }), DROP_NONE);
    ck_assert_uint_eq(h.total_len, 1500);
    ck_assert_uint_eq(h.checksum, 0x1234);
    ck_assert_int_eq(ipv4_decode_quoted(&h, (Span){ bytes, 23 }), DROP_IP_HEADER_LEN);
    put16(bytes + 2, 20);
    ck_assert_int_eq(ipv4_decode_quoted(&h, (Span){ bytes, 32 }), DROP_IP_LENGTH);
}
END_TEST

Suite *ipv4_wire_suite(void);
Suite *ipv4_wire_suite(void)
{
    Suite *suite = suite_create("ipv4_wire");
    TCase *tc = tcase_create("ipv4_wire");
    tcase_add_test(tc, accepts_a_captured_header_and_writes_it_alike);
    tcase_add_test(tc, carries_every_field_there_and_back);
    tcase_add_test(tc, carries_the_longest_header);
    tcase_add_loop_test(tc, rejects_the_malformed, 0, (int)(sizeof wrong / sizeof wrong[0]));
    tcase_add_test(tc, every_flipped_bit_of_a_header_is_noticed);
    tcase_add_test(tc, a_quoted_header_may_lack_its_data_and_its_checksum);
    suite_add_tcase(suite, tc);
    return suite;
}
