/*
 * test_dhcp_wire.c - DHCP messages as octets: RFC 2131 §2 and §4.1, RFC 2132, RFC 3396.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/dhcp_wire.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *dhcp_wire_suite(void);

enum { ROOM = 2048 };

static uint8_t bytes[ROOM];
static size_t n_bytes;

/* A request's fixed part and cookie, and the options behind. */
static void make(const char *options, size_t n)
{
    static const uint8_t head[] = { 1, 1, 6, 0, 0x12, 0x34, 0x56, 0x78, 0, 3, 0x80, 0 };

    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, head, sizeof head);
    put32(bytes + 12, 0xc0a80164);
    memcpy(bytes + 28, (const uint8_t[]){ 2, 0, 0, 0, 0, 1 }, 6);
    put32(bytes + 236, 0x63825363);
    memcpy(bytes + 240, options, n);
    n_bytes = 240 + n;
}
#define MAKE(options) make(options, sizeof(options) - 1)

static DhcpReading read_it(DhcpMessage *m)
{
    uint8_t *exact = malloc(n_bytes > 0 ? n_bytes : 1); /* an octet beyond is seen */
    static uint8_t kept[ROOM];

    memcpy(exact, bytes, n_bytes);
    DhcpReading reading = dhcp_read(m, (Span){ exact, n_bytes });
    memcpy(kept, exact, n_bytes);
    free(exact);
    if (reading == DHCP_READ)
        m->bytes.p = kept;
    return reading;
}

START_TEST(reads_every_field)
{
    DhcpMessage m;

    MAKE("\65\1\1\377");
    put32(bytes + 16, 0x01020304);
    put32(bytes + 20, 0x05060708);
    put32(bytes + 24, 0x090a0b0c);
    bytes[3] = 2;
    ck_assert_int_eq(read_it(&m), DHCP_READ);
    ck_assert(!m.reply && m.broadcast);
    ck_assert_uint_eq(m.hops, 2);
    ck_assert_uint_eq(m.xid, 0x12345678);
    ck_assert_uint_eq(m.secs, 3);
    ck_assert_uint_eq(ip_to_v4(m.ciaddr), 0xc0a80164);
    ck_assert_uint_eq(ip_to_v4(m.yiaddr), 0x01020304);
    ck_assert_uint_eq(ip_to_v4(m.siaddr), 0x05060708);
    ck_assert_uint_eq(ip_to_v4(m.giaddr), 0x090a0b0c);
    ck_assert_uint_eq(mac_to_u64(m.chaddr), 0x020000000001);
    ck_assert_int_eq(m.type, DHCP_DISCOVER);
}
END_TEST

static const struct {
    const char *what, *options;
    size_t      n, at;    /* at > 0: `to` is put there first */
    uint8_t     to;
    size_t      len;      /* 0: all */
    DhcpReading reading;
} wrong[] = {
    { "nothing", "", 0, 0, 0, 1, DHCP_SHORT },
    { "without a cookie's end", "\65\1\1\377", 4, 0, 0, 239, DHCP_SHORT },
    { "neither request nor reply", "\65\1\1\377", 4, 0, 0, 0, DHCP_BAD_HEADER },
    { "not Ethernet's", "\65\1\1\377", 4, 1, 6, 0, DHCP_BAD_HEADER },
    { "a long address", "\65\1\1\377", 4, 2, 16, 0, DHCP_BAD_HEADER },
    { "BOOTP", "\65\1\1\377", 4, 239, 0, 0, DHCP_NO_COOKIE },
    { "no options", "", 0, 0, 0, 0, DHCP_BAD_OPTIONS },
    { "no end", "\65\1\1", 3, 0, 0, 0, DHCP_BAD_OPTIONS },
    { "pads and no end", "\65\1\1\0\0", 5, 0, 0, 0, DHCP_BAD_OPTIONS },
    { "a code alone", "\65\1\1\14", 4, 0, 0, 0, DHCP_BAD_OPTIONS },
    { "an option beyond the end", "\65\1\1\14\5abc\377", 9, 0, 0, 0, DHCP_BAD_OPTIONS },
    { "no type", "\1\4\377\377\377\0\377", 7, 0, 0, 0, DHCP_NO_TYPE },
    { "type 0", "\65\1\0\377", 4, 0, 0, 0, DHCP_NO_TYPE },
    { "type 9", "\65\1\11\377", 4, 0, 0, 0, DHCP_NO_TYPE },
    { "two types", "\65\1\1\65\1\1\377", 7, 0, 0, 0, DHCP_BAD_OPTIONS },
    { "a mask of three", "\65\1\1\1\3\377\377\377\377", 9, 0, 0, 0, DHCP_BAD_OPTIONS },
    { "a router and a half", "\65\1\1\3\6\1\2\3\4\5\6\377", 12, 0, 0, 0, DHCP_BAD_OPTIONS },
    { "no router", "\65\1\1\3\0\377", 6, 0, 0, 0, DHCP_BAD_OPTIONS },
    { "a lease of eight", "\65\1\1\63\10\0\0\0\1\0\0\0\1\377", 14, 0, 0, 0, DHCP_BAD_OPTIONS },
    { "a client id of one", "\65\1\1\75\1\1\377", 7, 0, 0, 0, DHCP_BAD_OPTIONS },
    { "overload 0", "\65\1\1\64\1\0\377", 7, 0, 0, 0, DHCP_BAD_OPTIONS },
    { "overload 4", "\65\1\1\64\1\4\377", 7, 0, 0, 0, DHCP_BAD_OPTIONS },
    { "an empty file that is said to have options", "\65\1\1\64\1\1\377", 7, 0, 0, 0,
      DHCP_BAD_OPTIONS },
};

START_TEST(refuses_the_malformed)
{
    DhcpMessage m;

    make(wrong[_i].options, wrong[_i].n);
    bytes[wrong[_i].at] = wrong[_i].at > 0 || wrong[_i].reading == DHCP_BAD_HEADER ? wrong[_i].to
                                                                                    : bytes[0];
    if (wrong[_i].len > 0)
        n_bytes = wrong[_i].len;
    DhcpReading reading = read_it(&m);
    ck_assert_msg(reading == wrong[_i].reading, "%s: %s", wrong[_i].what,
                  dhcp_reading_text(reading));
}
END_TEST

/* §4.1: options, then file, then sname, and the pieces of one option put together. */
START_TEST(options_go_on_in_file_and_sname)
{
    DhcpMessage m;
    IpAddr dns[4];
    char name[16] = "";

    MAKE("\6\4\1\1\1\1\64\1\3\65\1\5\17\2ab\377");
    memcpy(bytes + 108, "\6\4\2\2\2\2\17\2cd\377", 11);
    memcpy(bytes + 44, "\17\2ef\6\4\3\3\3\3\377", 11);
    ck_assert_int_eq(read_it(&m), DHCP_READ);
    ck_assert_uint_eq(dhcp_option_addrs(&m, DHCP_OPT_DNS, dns, 4), 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(ip_to_v4(dns[i]), 0x01010101u * (i + 1));
    ck_assert_uint_eq(dhcp_option(&m, DHCP_OPT_DOMAIN, (uint8_t *)name, sizeof name), 6);
    ck_assert_str_eq(name, "abcdef");
    ck_assert_uint_eq(dhcp_option_addrs(&m, DHCP_OPT_DNS, dns, 2), 2);
}
END_TEST

START_TEST(without_overload_file_is_a_name)
{
    DhcpMessage m;

    MAKE("\65\1\5\377");
    memcpy(bytes + 108, "\6\4\2\2\2\2\377", 7);
    ck_assert_int_eq(read_it(&m), DHCP_READ);
    ck_assert_uint_eq(dhcp_option(&m, DHCP_OPT_DNS, NULL, 0), 0);
}
END_TEST

START_TEST(an_overloaded_file_needs_its_end)
{
    DhcpMessage m;

    MAKE("\65\1\5\64\1\1\377");
    memset(bytes + 108, 'x', 128);
    bytes[108] = 12;
    bytes[109] = 126; /* to the last octet */
    ck_assert_int_eq(read_it(&m), DHCP_BAD_OPTIONS);
    bytes[109] = 125;
    bytes[235] = 255;
    ck_assert_int_eq(read_it(&m), DHCP_READ);
}
END_TEST

static DhcpMessage sample(void)
{
    return (DhcpMessage){ .reply = true, .xid = 7, .secs = 9, .broadcast = true, .hops = 1,
                          .ciaddr = IP4_ANY, .yiaddr = ip_v4(0x0a000005), .siaddr = IP_NONE,
                          .giaddr = ip_v4(0x0a000006), .chaddr = mac_from_u64(0x020000000009),
                          .type = DHCP_ACK };
}

START_TEST(reads_what_it_wrote)
{
    DhcpMessage m = sample(), got;
    IpAddr router = ip_v4(0x0a000001), addr;
    uint32_t lease;
    uint16_t size;
    DhcpWriter w;

    dhcp_write(&w, &m, bytes, DHCP_DEFAULT_MAX);
    ck_assert(dhcp_write_addrs(&w, DHCP_OPT_ROUTER, &router, 1));
    ck_assert(dhcp_write_u32(&w, DHCP_OPT_LEASE, 3600));
    ck_assert(dhcp_write_u16(&w, DHCP_OPT_MAX_SIZE, 1500));
    n_bytes = dhcp_write_end(&w);
    ck_assert_uint_eq(n_bytes, DHCP_MIN_LEN);
    ck_assert_int_eq(read_it(&got), DHCP_READ);
    ck_assert(got.reply && got.broadcast && got.overload == 0 && got.type == DHCP_ACK);
    ck_assert(ip_is_any(got.siaddr) && ip_is_any(got.ciaddr) && ip_equal(got.giaddr, m.giaddr));
    ck_assert(mac_equal(got.chaddr, m.chaddr) && got.hops == 1 && got.secs == 9);
    ck_assert(dhcp_option_addr(&got, DHCP_OPT_ROUTER, &addr) && ip_equal(addr, router));
    ck_assert(dhcp_option_u32(&got, DHCP_OPT_LEASE, &lease) && lease == 3600);
    ck_assert(dhcp_option_u16(&got, DHCP_OPT_MAX_SIZE, &size) && size == 1500);
    ck_assert(!dhcp_option_u32(&got, DHCP_OPT_T1, &lease));
}
END_TEST

/* In every size: what found room is read again, whole; the rest was refused. */
START_TEST(overflows_into_file_and_sname)
{
    enum { SERVERS = 80, NAME = 100 };
    DhcpMessage m = sample(), got;
    IpAddr dns[SERVERS], read[SERVERS];
    uint8_t name[NAME], other[NAME];
    DhcpWriter w;

    for (unsigned i = 0; i < SERVERS; i++)
        dns[i] = ip_v4(0x09000000 + i);
    memset(name, 'n', NAME);
    for (size_t n = 1; n <= SERVERS; n++) {
        dhcp_write(&w, &m, bytes, DHCP_DEFAULT_MAX);
        ck_assert(dhcp_write_addrs(&w, DHCP_OPT_DNS, dns, n));
        ck_assert(dhcp_write_option(&w, DHCP_OPT_DOMAIN, (Span){ name, NAME }));
        n_bytes = dhcp_write_end(&w);
        ck_assert_uint_le(n_bytes, DHCP_DEFAULT_MAX);
        ck_assert_int_eq(read_it(&got), DHCP_READ);
        ck_assert_uint_eq(dhcp_option_addrs(&got, DHCP_OPT_DNS, read, SERVERS), n);
        for (size_t i = 0; i < n; i++)
            ck_assert(ip_equal(read[i], dns[i]));
        ck_assert_uint_eq(dhcp_option(&got, DHCP_OPT_DOMAIN, other, NAME), NAME);
        ck_assert(memcmp(name, other, NAME) == 0);
        size_t needed = 3 + 4 * n + (n > 63 ? 4 : 2) + 2 + NAME;
        ck_assert((got.overload != 0) == (needed > DHCP_DEFAULT_MAX - 240 - 4));
    }
}
END_TEST

START_TEST(what_finds_no_room_leaves_no_trace)
{
    DhcpMessage m = sample(), got;
    uint8_t big[600], before[ROOM], small[4] = { 1, 2, 3, 4 };
    DhcpWriter w;

    memset(big, 'b', sizeof big);
    dhcp_write(&w, &m, bytes, DHCP_DEFAULT_MAX);
    memcpy(before, bytes, DHCP_DEFAULT_MAX);
    ck_assert(!dhcp_write_option(&w, DHCP_OPT_MESSAGE, (Span){ big, sizeof big }));
    ck_assert_mem_eq(before, bytes, DHCP_DEFAULT_MAX);
    ck_assert(dhcp_write_option(&w, DHCP_OPT_MASK, (Span){ small, 4 }));
    n_bytes = dhcp_write_end(&w);
    ck_assert_int_eq(read_it(&got), DHCP_READ);
    ck_assert_uint_eq(got.overload, 0);
    ck_assert_uint_eq(dhcp_option(&got, DHCP_OPT_MESSAGE, NULL, 0), 0);
    ck_assert_uint_eq(dhcp_option(&got, DHCP_OPT_MASK, NULL, 0), 4);
}
END_TEST

/* Every message cut at every length: never an octet beyond, and never half a message. */
START_TEST(cut_anywhere_it_is_refused)
{
    DhcpMessage m = sample(), got;
    IpAddr dns[70] = { 0 };
    DhcpWriter w;

    for (size_t i = 0; i < 70; i++)
        dns[i] = ip_v4(0x09090909);
    dhcp_write(&w, &m, bytes, DHCP_DEFAULT_MAX);
    ck_assert(dhcp_write_addrs(&w, DHCP_OPT_DNS, dns, 70));
    size_t whole = dhcp_write_end(&w);
    for (n_bytes = 0; n_bytes < whole; n_bytes++)
        ck_assert_int_ne(read_it(&got), DHCP_READ);
    ck_assert_int_eq(read_it(&got), DHCP_READ);
}
END_TEST

Suite *dhcp_wire_suite(void)
{
    Suite *suite = suite_create("dhcp_wire");
    TCase *tc = tcase_create("dhcp_wire");

    tcase_add_test(tc, reads_every_field);
    tcase_add_loop_test(tc, refuses_the_malformed, 0, (int)(sizeof wrong / sizeof wrong[0]));
    tcase_add_test(tc, options_go_on_in_file_and_sname);
    tcase_add_test(tc, without_overload_file_is_a_name);
    tcase_add_test(tc, an_overloaded_file_needs_its_end);
    tcase_add_test(tc, reads_what_it_wrote);
    tcase_add_test(tc, overflows_into_file_and_sname);
    tcase_add_test(tc, what_finds_no_room_leaves_no_trace);
    tcase_add_test(tc, cut_anywhere_it_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
