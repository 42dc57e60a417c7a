/*
 * test_tcp_wire.c - the TCP header: its fields, its options as Linux writes them, and one row per
 * way to be wrong.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/tcp_wire.h"

#include <check.h>
#include <glib.h>
#include <string.h>

static const uint32_t pseudo = 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 6;
static uint8_t seg[64];

enum { LEN = 28 }; /* a header, an MSS option, "ping" */

static const TcpHdr syn = {
    .src_port = 49152,
    .dst_port = 80,
    .seq = 0xfffffff0,
    .ack = 0x01020304,
    .flags = TCP_SYN | TCP_ACK | TCP_CWR,
    .window = 65535,
    .urgent = 9,
    .opt = { .has_mss = true, .mss = 1460 },
};

static void mend_checksum(size_t len)
{
    put16(seg + 16, 0);
    put16(seg + 16, tcp_checksum((Span){ seg, len }, pseudo));
}

static void make(void)
{
    ck_assert_uint_eq(tcp_encode(&syn, seg), 24);
    memcpy(seg + 24, "ping", 4);
    mend_checksum(LEN);
}

START_TEST(reads_what_it_wrote)
{
    TcpHdr h;

    make();
    ck_assert_int_eq(tcp_decode(&h, (Span){ seg, LEN }, pseudo), DROP_NONE);
    ck_assert_uint_eq(h.src_port, syn.src_port);
    ck_assert_uint_eq(h.dst_port, syn.dst_port);
    ck_assert_uint_eq(h.seq, syn.seq);
    ck_assert_uint_eq(h.ack, syn.ack);
    ck_assert_uint_eq(h.flags, syn.flags);
    ck_assert_uint_eq(h.reserved, 0);
    ck_assert_uint_eq(h.header_len, 24);
    ck_assert_uint_eq(h.window, syn.window);
    ck_assert_uint_eq(h.urgent, syn.urgent);
    ck_assert(h.opt.has_mss && h.opt.mss == 1460);
    ck_assert(!h.opt.has_wscale && !h.opt.sack_permitted && !h.opt.has_timestamps);
    ck_assert_uint_eq(h.opt.n_sack, 0);
}
END_TEST

static const struct {
    const char *what;
    size_t      len, at;
    uint8_t     val;
    DropReason  why;
} wrong[] = {
    { "nothing", 0, 0, 0, DROP_TCP_SHORT },
    { "shorter than a header", 19, 0, 0, DROP_TCP_SHORT },
    { "a data offset of 4", LEN, 12, 0x40, DROP_TCP_HEADER_LEN },
    { "a data offset of 0", LEN, 12, 0x00, DROP_TCP_HEADER_LEN },
    { "a data offset beyond the segment", LEN, 12, 0x80, DROP_TCP_HEADER_LEN },
    { "one flipped payload byte", LEN, 25, 'o', DROP_TCP_CHECKSUM },
    { "another port", LEN, 3, 81, DROP_TCP_CHECKSUM },
    { "a flag more", LEN, 13, TCP_SYN | TCP_ACK | TCP_CWR | TCP_FIN, DROP_TCP_CHECKSUM },
    { "cut short", LEN - 1, 0, 0xc0, DROP_TCP_CHECKSUM },
};

START_TEST(rejects_the_malformed)
{
    TcpHdr h;

    make();
    seg[wrong[_i].at] = wrong[_i].val;
    DropReason why = tcp_decode(&h, (Span){ seg, wrong[_i].len }, pseudo);
    ck_assert_msg(why == wrong[_i].why, "%s: %s", wrong[_i].what, drop_name(why));
}
END_TEST

/* MUST-3 */
START_TEST(rejects_another_hosts_segment)
{
    TcpHdr h;

    make();
    ck_assert_int_eq(tcp_decode(&h, (Span){ seg, LEN }, pseudo + 1), DROP_TCP_CHECKSUM);
}
END_TEST

/* The bytes are those of captures of Linux. */
static const struct {
    const char *what;
    TcpOptions  opt;
    const char *hex;
} layouts[] = {
    { "none", { 0 }, "" },
    { "a plain SYN", { .has_mss = true, .mss = 1460 }, "020405b4" },
    { "a SYN of Linux: mss 1460,sackOK,TS val 1 ecr 2,nop,wscale 7",
      { .has_mss = true, .mss = 1460, .sack_permitted = true, .has_timestamps = true, .ts_val = 1,
        .ts_ecr = 2, .has_wscale = true, .wscale = 7 },
      "020405b40402080a000000010000000201030307" },
    { "without timestamps: mss 1460,nop,nop,sackOK,nop,wscale 7",
      { .has_mss = true, .mss = 1460, .sack_permitted = true, .has_wscale = true, .wscale = 7 },
      "020405b40101040201030307" },
    { "mss 1460,nop,wscale 0", { .has_mss = true, .mss = 1460, .has_wscale = true }, "020405b401030300" },
    { "a SYN of Linux that asks for a cookie: mss 1460,nop,nop,sackOK,nop,wscale 8,FO,nop,nop",
      { .has_mss = true, .mss = 1460, .sack_permitted = true, .has_wscale = true, .wscale = 8,
        .fastopen = { .present = true } },
      "020405b4010104020103030822020101" },
    { "that has one, of six bytes: it needs no NOPs",
      { .has_mss = true, .mss = 1460,
        .fastopen = { .present = true, .n = 6, .cookie = { 1, 2, 3, 4, 5, 6 } } },
      "020405b42208010203040506" },
    { "in the experiment's option, and with the longest cookie beside all that a SYN has",
      { .has_mss = true, .mss = 1460, .sack_permitted = true, .has_timestamps = true, .ts_val = 1,
        .ts_ecr = 2, .has_wscale = true, .wscale = 7,
        .fastopen = { .present = true, .experimental = true, .n = 16, .cookie = { 0xab } } },
      "020405b40402080a000000010000000201030307fe14f989ab000000000000000000000000000000" },
    { "nop,nop,TS", { .has_timestamps = true, .ts_val = 0xdeadbeef, .ts_ecr = 3 },
      "0101080adeadbeef00000003" },
    { "nop,nop,sack 1", { .n_sack = 1, .sack = { { 1, 2 } } }, "0101050a0000000100000002" },
    { "nop,nop,TS,nop,nop,sack 3",
      { .has_timestamps = true, .n_sack = 3, .sack = { { 1, 2 }, { 3, 4 }, { 5, 6 } } },
      "0101080a00000000000000000101051a000000010000000200000003000000040000000500000006" },
    { "a fourth SACK block does not fit beside timestamps",
      { .has_timestamps = true, .n_sack = 4, .sack = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } } },
      "0101080a00000000000000000101051a000000010000000200000003000000040000000500000006" },
    { "what fits only without alignment goes without",
      { .has_mss = true, .mss = 536, .sack_permitted = true, .n_sack = 4,
        .sack = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } } },
      "02040218040205220000000100000002000000030000000400000005000000060000000700000008" },
    { "and ends in zeros",
      { .has_wscale = true, .wscale = 1, .has_timestamps = true, .n_sack = 3,
        .sack = { { 1, 2 }, { 3, 4 }, { 5, 6 } } },
      "080a0000000000000000030301051a00000001000000020000000300000004000000050000000600" },
};

/* MUST-68, MUST-69 */
START_TEST(options_stand_as_linux_writes_them)
{
    TcpHdr h = { .opt = layouts[_i].opt };
    uint8_t out[TCP_HDR_MAX];
    GString *hex = g_string_new(NULL);

    size_t len = tcp_encode(&h, out);
    for (size_t i = TCP_HDR_LEN; i < len; i++)
        g_string_append_printf(hex, "%02x", out[i]);
    ck_assert_msg(strcmp(hex->str, layouts[_i].hex) == 0, "%s: %s", layouts[_i].what, hex->str);
    ck_assert_uint_eq(len, tcp_encoded_len(&h));
    ck_assert_uint_eq(out[12] >> 4, len / 4);
    g_string_free(hex, TRUE);
}
END_TEST

/* Reads the options given as text, padded with zeros to a multiple of four. */
static TcpOptions options_of(const char *hex)
{
    size_t n = strlen(hex) / 2, len = TCP_HDR_LEN + ((n + 3) & ~(size_t)3);
    TcpHdr h;

    memset(seg, 0, sizeof seg);
    for (size_t i = 0; i < n; i++) {
        char digits[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
        seg[TCP_HDR_LEN + i] = (uint8_t)g_ascii_strtoull(digits, NULL, 16);
    }
    seg[12] = (uint8_t)(len / 4 << 4);
    mend_checksum(len);
    ck_assert_int_eq(tcp_decode(&h, (Span){ seg, len }, pseudo), DROP_NONE);
    return h.opt;
}

/* RFC 7413 §2: 4 to 16 bytes, an even number; of two the last. What is no cookie is passed over. */
START_TEST(a_cookie_is_read_if_it_is_one)
{
    static const struct { const char *hex; bool present, experimental; unsigned n; } rows[] = {
        { "2202", true, false, 0 },
        { "220612345678", true, false, 4 },
        { "2212000102030405060708090a0b0c0d0e0f", true, false, 16 },
        { "220412340000", false, false, 0 },
        { "2207123456789a", false, false, 0 },
        { "2214000102030405060708090a0b0c0d0e0f1011", false, false, 0 },
        { "fe04f989", true, true, 0 },
        { "fe08f98912345678", true, true, 4 },
        { "fe08f98812345678", false, false, 0 },
        { "fe020101", false, false, 0 },
        { "2202fe08f98912345678", true, true, 4 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        TcpFastOpen f = options_of(rows[i].hex).fastopen;
        ck_assert_msg(f.present == rows[i].present && f.experimental == rows[i].experimental &&
                          f.n == rows[i].n, "%s: %d %d %u", rows[i].hex, f.present,
                      f.experimental, f.n);
        if (f.n > 0)
            ck_assert_uint_eq(f.cookie[1], f.n == 16 ? 1 : 0x34);
    }
}
END_TEST

/* MUST-64 */
START_TEST(options_come_back_as_they_went)
{
    TcpOptions o = options_of("0101080a0000000a0000000b0101051200000001000000020000000300000004");

    ck_assert(o.has_timestamps && o.ts_val == 10 && o.ts_ecr == 11);
    ck_assert_uint_eq(o.n_sack, 2);
    ck_assert_uint_eq(o.sack[0].left, 1);
    ck_assert_uint_eq(o.sack[1].right, 4);
    o = options_of("0204ffff040203030e");
    ck_assert(o.has_mss && o.mss == 65535 && o.sack_permitted && o.has_wscale);
    ck_assert_uint_eq(o.wscale, 14);
    ck_assert(!o.has_timestamps);
}
END_TEST

/* EXT-78: 5 minutes are 0x8005. Beside all others there is no room for it. */
START_TEST(a_user_timeout_is_sixteen_bits)
{
    TcpHdr h = { .opt = { .has_uto = true, .uto = 0x8005 } };
    uint8_t bytes[TCP_HDR_MAX];

    ck_assert_uint_eq(tcp_encoded_len(&h), TCP_HDR_LEN + 4);
    tcp_encode(&h, bytes);
    ck_assert_mem_eq(bytes + TCP_HDR_LEN, "\x1c\x04\x80\x05", 4);
    TcpOptions o = options_of("1c04012c");
    ck_assert(o.has_uto && o.uto == 300);
    o = options_of("1c03012c02040218");
    ck_assert(!o.has_uto && !o.has_mss);

    h.opt.has_mss = h.opt.has_wscale = h.opt.sack_permitted = h.opt.has_timestamps = true;
    h.opt.fastopen = (TcpFastOpen){ .present = true, .n = TCP_FASTOPEN_MAX };
    ck_assert_uint_gt(tcp_encoded_len(&h), TCP_HDR_MAX);
    h.opt.has_uto = false;
    ck_assert_uint_eq(tcp_encoded_len(&h), TCP_HDR_MAX);
}
END_TEST

/* An MSS of 536 before, a window scale of 2 after what is wrong. */
static const struct {
    const char *what, *hex;
    bool        mss, wscale;
} odd[] = {
    { "an unknown option is passed over", "0204021813031d030302", true, true },
    { "an unknown option without a value", "020402181302030302", true, true },
    { "the end hides what follows", "0204021800030302", true, false },
    { "NOPs anywhere", "01010204021801030302", true, true },
    { "a length of zero", "020402181300030302", true, false },
    { "a length of one", "020402181301030302", true, false },
    { "a length beyond the header", "02040218130703030200", true, false },
    { "a kind without a length", "0204021803030213", true, true },
    { "an MSS of a wrong length", "0203020303020000", false, false },
    { "a window scale of a wrong length", "020402180304020103030200", true, false },
    { "timestamps of a wrong length", "02040218080600000000030302", true, false },
    { "SACK-permitted of a wrong length", "0204021804030303030200", true, false },
    { "SACK without a block", "0204021805020303020000", true, false },
    { "SACK with half a block", "02040218050600000001030302", true, false },
};

/* MUST-4, MUST-6, MUST-7, MUST-64 */
START_TEST(odd_options_end_or_are_passed_over)
{
    TcpOptions o = options_of(odd[_i].hex);

    ck_assert_msg(o.has_mss == odd[_i].mss, "%s", odd[_i].what);
    ck_assert_msg(o.has_wscale == odd[_i].wscale, "%s", odd[_i].what);
    ck_assert(!o.has_timestamps && !o.sack_permitted && o.n_sack == 0);
}
END_TEST

/* SM-43 */
START_TEST(the_reserved_bits_are_kept_apart_from_the_flags)
{
    TcpHdr h;

    make();
    seg[12] |= 0x0f;
    seg[13] = 0xff;
    mend_checksum(LEN);
    ck_assert_int_eq(tcp_decode(&h, (Span){ seg, LEN }, pseudo), DROP_NONE);
    ck_assert_uint_eq(h.reserved, 15);
    ck_assert_uint_eq(h.flags, 255);
    ck_assert_uint_eq(h.header_len, 24);
}
END_TEST

#define add_rows(tc, test, table)                                                                  \
    tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof(table)[0]))

Suite *tcp_wire_suite(void);
Suite *tcp_wire_suite(void)
{
    Suite *suite = suite_create("tcp_wire");
    TCase *tc = tcase_create("tcp_wire");
    tcase_add_test(tc, reads_what_it_wrote);
    add_rows(tc, rejects_the_malformed, wrong);
    tcase_add_test(tc, rejects_another_hosts_segment);
    add_rows(tc, options_stand_as_linux_writes_them, layouts);
    tcase_add_test(tc, options_come_back_as_they_went);
    tcase_add_test(tc, a_user_timeout_is_sixteen_bits);
    tcase_add_test(tc, a_cookie_is_read_if_it_is_one);
    add_rows(tc, odd_options_end_or_are_passed_over, odd);
    tcase_add_test(tc, the_reserved_bits_are_kept_apart_from_the_flags);
    suite_add_tcase(suite, tc);
    return suite;
}
