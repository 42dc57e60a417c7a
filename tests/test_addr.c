/*
 * test_addr.c - addresses: what parses and what does not, and that they print as they were written.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/addr.h"

#include <check.h>

static IpAddr ip(const char *text)
{
    IpAddr a;

    ck_assert_msg(ip_parse(text, &a), "%s", text);
    return a;
}

static IpPrefix prefix(const char *text)
{
    IpPrefix p;

    ck_assert_msg(prefix_parse(text, &p), "%s", text);
    return p;
}

static const char *const good_ips[] = { "0.0.0.0", "10.0.0.1", "255.255.255.255", "1.20.200.3" };

START_TEST(an_address_prints_as_it_was_written)
{
    char out[IP_TEXT];
    ck_assert_str_eq(ip_text(ip(good_ips[_i]), out), good_ips[_i]);
}
END_TEST

static const char *const bad_ips[] = {
    "",          "1",         "1.2.3",      "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "1.2.3.4 ",
    " 1.2.3.4",  "01.2.3.4",  "1.2.3.04",   "1..2.3",    "1.2.3.",    "0x1.2.3.4", "1.2.3.4/24",
    "1.2.3.4294967297", "localhost", "::1", "+1.2.3.4",
};

START_TEST(a_malformed_address_does_not_parse)
{
    IpAddr a = ip_v4(7);
    ck_assert_msg(!ip_parse(bad_ips[_i], &a), "%s", bad_ips[_i]);
    ck_assert_msg(ip_equal(a, ip_v4(7)), "out was written");
}
END_TEST

static const char *const good_prefixes[] = { "10.0.0.1/24", "0.0.0.0/0", "10.1.2.3/32", "10.0.0.0/8" };

START_TEST(a_prefix_prints_as_it_was_written)
{
    char out[PREFIX_TEXT];
    ck_assert_str_eq(prefix_text(prefix(good_prefixes[_i]), out), good_prefixes[_i]);
}
END_TEST

static const char *const bad_prefixes[] = {
    "",  "/", "10.0.0.1", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0.1/024", "10.0.0.1/24 ",
    "10.0.0/24", "10.0.0.1//24", "10.0.0.1/255.255.255.0",
};

START_TEST(a_malformed_prefix_does_not_parse)
{
    IpPrefix p = { ip_v4(7), 7 };
    ck_assert_msg(!prefix_parse(bad_prefixes[_i], &p), "%s", bad_prefixes[_i]);
    ck_assert(ip_equal(p.addr, ip_v4(7)) && p.len == 7);
}
END_TEST

static const struct {
    const char *text, *network, *broadcast;
} subnets[] = {
    { "10.0.0.1/24", "10.0.0.0", "10.0.0.255" },
    { "10.0.0.1/30", "10.0.0.0", "10.0.0.3" },
    { "172.16.200.1/12", "172.16.0.0", "172.31.255.255" },
    { "10.0.0.1/31", "10.0.0.0", "none" }, /* RFC 3021 */
    { "10.0.0.1/32", "10.0.0.1", "none" },
    { "10.0.0.1/0", "0.0.0.0", "255.255.255.255" },
};

START_TEST(a_prefix_knows_its_network_and_broadcast)
{
    char out[IP_TEXT];
    IpPrefix p = prefix(subnets[_i].text);

    ck_assert_str_eq(ip_text(prefix_network(p), out), subnets[_i].network);
    ck_assert_str_eq(ip_text(prefix_broadcast(p), out), subnets[_i].broadcast);
    ck_assert(ip_in_prefix(p.addr, p));
    ck_assert(ip_in_prefix(prefix_network(p), p));
}
END_TEST

static const struct {
    const char *ip, *prefix;
    bool        in;
} members[] = {
    { "10.0.0.255", "10.0.0.1/24", true }, { "10.0.1.0", "10.0.0.1/24", false },
    { "9.255.255.255", "0.0.0.0/0", true }, { "10.0.0.2", "10.0.0.1/32", false },
    { "10.0.0.1", "10.0.0.1/32", true },   { "138.0.0.1", "10.0.0.0/1", false },
};

START_TEST(a_prefix_holds_what_shares_its_bits)
{
    ck_assert_msg(ip_in_prefix(ip(members[_i].ip), prefix(members[_i].prefix)) == members[_i].in,
                  "%s in %s", members[_i].ip, members[_i].prefix);
}
END_TEST

START_TEST(no_address_is_in_no_prefix)
{
    ck_assert(!ip_in_prefix(IP_NONE, prefix("0.0.0.0/0")));
    ck_assert(!ip_in_prefix(ip("10.0.0.1"), (IpPrefix){ IP_NONE, 0 }));
}
END_TEST

static const struct {
    const char *ip;
    bool        multicast, loopback, any, broadcast;
} kinds[] = {
    { "10.0.0.1", false, false, false, false },   { "0.0.0.0", false, false, true, false },
    { "127.0.0.1", false, true, false, false },   { "127.255.255.255", false, true, false, false },
    { "128.0.0.1", false, false, false, false },  { "223.255.255.255", false, false, false, false },
    { "224.0.0.1", true, false, false, false },   { "239.255.255.255", true, false, false, false },
    { "240.0.0.1", false, false, false, false },  { "255.255.255.255", false, false, false, true },
};

START_TEST(addresses_are_of_the_right_kind)
{
    IpAddr a = ip(kinds[_i].ip);

    ck_assert(ip_is_multicast(a) == kinds[_i].multicast);
    ck_assert(ip_is_loopback(a) == kinds[_i].loopback);
    ck_assert(ip_is_any(a) == kinds[_i].any);
    ck_assert(ip_is_limited_broadcast(a) == kinds[_i].broadcast);
    ck_assert(ip_is_v4(a) && !ip_is_none(a));
}
END_TEST

START_TEST(addresses_compare_as_numbers)
{
    ck_assert_int_lt(ip_compare(ip("10.0.0.2"), ip("10.0.0.10")), 0);
    ck_assert_int_gt(ip_compare(ip("200.0.0.1"), ip("10.0.0.1")), 0);
    ck_assert_int_eq(ip_compare(ip("10.0.0.1"), ip("10.0.0.1")), 0);
    ck_assert_int_lt(ip_compare(IP_NONE, ip("0.0.0.0")), 0);
    ck_assert_int_gt(ip_compare((IpAddr){ 1, 0 }, ip("255.255.255.255")), 0);
    ck_assert_uint_ne(ip_hash(ip("10.0.0.1")), ip_hash(ip("10.0.0.2")));
}
END_TEST

START_TEST(an_endpoint_prints_its_port)
{
    char out[ENDPOINT_TEXT];
    IpAddr six = { UINT64_C(0x20010db8ffffffff), UINT64_C(0x1234ffffffffffff) };

    ck_assert_str_eq(endpoint_text(ip("10.0.0.1"), 80, out), "10.0.0.1:80");
    ck_assert_str_eq(endpoint_text(IP_NONE, 65535, out), "none:65535");
    ck_assert_str_eq(endpoint_text(six, 65535, out),
                     "[2001:db8:ffff:ffff:1234:ffff:ffff:ffff]:65535");
}
END_TEST

START_TEST(a_mac_prints_as_it_was_written)
{
    char out[MAC_TEXT];
    MacAddr a;

    ck_assert(mac_parse("02:00:0a:bc:de:f1", &a));
    ck_assert_str_eq(mac_text(a, out), "02:00:0a:bc:de:f1");
    ck_assert_uint_eq(mac_to_u64(a), UINT64_C(0x02000abcdef1));
    ck_assert(mac_equal(mac_from_u64(mac_to_u64(a)), a));
    ck_assert(mac_parse("02:00:0A:BC:DE:F1", &a));
    ck_assert_str_eq(mac_text(a, out), "02:00:0a:bc:de:f1");
}
END_TEST

static const char *const bad_macs[] = {
    "", "02", "02:00:00:00:00", "02:00:00:00:00:0", "02:00:00:00:00:001", "02:00:00:00:00:01:02",
    "02-00-00-00-00-01", "02:00:00:00:00:0g", "2:0:0:0:0:1", "02:00:00:00:00:01 ",
};

START_TEST(a_malformed_mac_does_not_parse)
{
    MacAddr a = MAC_BROADCAST;
    ck_assert_msg(!mac_parse(bad_macs[_i], &a), "%s", bad_macs[_i]);
    ck_assert(mac_equal(a, MAC_BROADCAST));
}
END_TEST

START_TEST(broadcast_and_multicast_macs_are_groups)
{
    ck_assert(mac_is_group(MAC_BROADCAST));
    ck_assert(mac_is_group(mac_from_u64(UINT64_C(0x01005e000001))));
    ck_assert(!mac_is_group(mac_from_u64(UINT64_C(0x020000000001))));
}
END_TEST

#define add_rows(tc, test, table)                                                                  \
    tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof(table)[0]))

Suite *addr_suite(void);
Suite *addr_suite(void)
{
    Suite *suite = suite_create("addr");
    TCase *tc = tcase_create("addr");
    add_rows(tc, an_address_prints_as_it_was_written, good_ips);
    add_rows(tc, a_malformed_address_does_not_parse, bad_ips);
    add_rows(tc, a_prefix_prints_as_it_was_written, good_prefixes);
    add_rows(tc, a_malformed_prefix_does_not_parse, bad_prefixes);
    add_rows(tc, a_prefix_knows_its_network_and_broadcast, subnets);
    add_rows(tc, a_prefix_holds_what_shares_its_bits, members);
    tcase_add_test(tc, no_address_is_in_no_prefix);
    add_rows(tc, addresses_are_of_the_right_kind, kinds);
    tcase_add_test(tc, addresses_compare_as_numbers);
    tcase_add_test(tc, an_endpoint_prints_its_port);
    tcase_add_test(tc, a_mac_prints_as_it_was_written);
    add_rows(tc, a_malformed_mac_does_not_parse, bad_macs);
    tcase_add_test(tc, broadcast_and_multicast_macs_are_groups);
    suite_add_tcase(suite, tc);
    return suite;
}
