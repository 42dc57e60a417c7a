/*
 * test_dns_wire.c - DNS messages: names, compression, records; and one row per way to be wrong.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/dns_wire.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *dns_wire_suite(void);

static uint8_t msg[DNS_MESSAGE_MAX];
static size_t len;

static DnsName name(const char *text)
{
    DnsName out;

    ck_assert_msg(dns_name_parse(text, &out), "%s", text);
    return out;
}

static const char *text_of(const DnsName *n)
{
    static char text[DNS_NAME_TEXT];

    return dns_name_text(n, text);
}

/* A header with these counts of questions and answers. */
static void begin(uint16_t questions, uint16_t answers)
{
    DnsWriter w;

    dns_writer_init(&w, msg, sizeof msg);
    dns_write_header(&w, &(DnsHeader){ .id = 7, .questions = questions, .answers = answers });
    len = w.n;
}

/* Octets behind what is there; in the text \x is followed by two digits, the rest is itself. */
static void put(const void *bytes, size_t n)
{
    memcpy(msg + len, bytes, n);
    len += n;
}
#define PUT(text) put(text, sizeof(text) - 1)

static void open_message(DnsReader *r, DnsHeader *h)
{
    ck_assert(dns_read_header(r, (Span){ msg, len }, h));
}

static bool reads_question(DnsQuestion *q)
{
    DnsReader r;
    DnsHeader h;

    open_message(&r, &h);
    return dns_read_question(&r, q);
}

static bool reads_record(DnsRecord *rr)
{
    static DnsReader r;
    DnsHeader h;

    open_message(&r, &h);
    return dns_read_record(&r, rr);
}

/* --- header ----------------------------------------------------------------------------------- */

/* DNS-1: the bits are where RFC 1035 §4.1.1 draws them, and the reserved one is zero. */
START_TEST(the_header_has_its_bits_in_place)
{
    DnsHeader h = { .id = 0x1234, .qr = true, .aa = true, .rd = true, .ra = true, .rcode = 3,
                    .questions = 1, .answers = 2, .authority = 3, .additional = 4 };
    static const uint8_t want[] = { 0x12, 0x34, 0x85, 0x83, 0, 1, 0, 2, 0, 3, 0, 4 };
    DnsReader r;
    DnsWriter w;

    dns_writer_init(&w, msg, sizeof msg);
    dns_write_header(&w, &h);
    ck_assert_mem_eq(msg, want, sizeof want);
    for (unsigned bits = 0; bits <= UINT16_MAX; bits++) { /* each of them is read and written */
        put16(msg + 2, (uint16_t)bits);
        ck_assert(dns_read_header(&r, (Span){ msg, DNS_HDR_LEN }, &h));
        put16(msg + 2, (uint16_t)~bits);
        dns_write_header(&w, &h);
        ck_assert_uint_eq(get16(msg + 2), bits);
    }
    ck_assert(!dns_read_header(&r, (Span){ msg, DNS_HDR_LEN - 1 }, &h));
}
END_TEST

/* --- names ------------------------------------------------------------------------------------ */

START_TEST(a_name_is_read_from_text_and_printed)
{
    static const char *const same[] = { ".", "example.", "www.example.com.", "a\\.b.example.",
                                        "\\000\\255\\032.x.", "*.example.", "_sip._tcp.x." };
    DnsName n, root = dns_name_root();

    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        n = name(same[i]);
        ck_assert_str_eq(text_of(&n), same[i]);
    }
    n = name("www.Example");
    ck_assert_str_eq(text_of(&n), "www.Example.");
    ck_assert_uint_eq(n.len, 13);
    ck_assert_mem_eq(n.b, "\3www\7Example", 13);
    ck_assert_str_eq(text_of(&root), ".");
}
END_TEST

static const char *const no_names[] = { "", "..", ".a", "a..b", "a.\\", "a.\\25", "a.\\256",
    "a123456789012345678901234567890123456789012345678901234567890123.x" };

START_TEST(what_is_no_name_is_refused)
{
    DnsName n;

    ck_assert_msg(!dns_name_parse(no_names[_i], &n), "%s", no_names[_i]);
}
END_TEST

/* A name of so many octets: labels of 63 and a rest. */
static void long_text(char *out, unsigned octets)
{
    unsigned left = octets - 1;

    while (left > 0) {
        unsigned label = left > 64 ? 63 : left - 1;
        if (left - label - 1 == 1) /* one octet would be left, too short for a label */
            label--;
        memset(out, 'x', label);
        out += label;
        *out++ = '.';
        left -= label + 1;
    }
    *out = 0;
}

/* DNS-3: 255 octets are a name, 256 none, in text, on the wire, and through pointers. */
START_TEST(a_name_has_255_octets_at_most)
{
    char text[400];
    DnsName n;
    DnsQuestion q;

    long_text(text, 255);
    ck_assert(dns_name_parse(text, &n));
    ck_assert_uint_eq(n.len, 255);
    long_text(text, 256);
    ck_assert(!dns_name_parse(text, &n));

    long_text(text, 255);
    n = name(text);
    begin(1, 0);
    put(n.b, n.len);
    PUT("\0\1\0\1");
    ck_assert(reads_question(&q));
    ck_assert(dns_name_equal(&q.name, &n));
    begin(1, 0); /* one octet more in its first label */
    msg[len++] = (uint8_t)(n.b[0] + 1);
    PUT("y");
    put(n.b + 1, n.len - 1u);
    PUT("\0\1\0\1");
    if (n.b[0] < DNS_LABEL_MAX)
        ck_assert(!reads_question(&q));

    DnsReader r;
    DnsHeader h;
    begin(2, 0);
    put(n.b, n.len);
    PUT("\0\1\0\1\1z\xc0\x0c\0\1\0\1"); /* one label in front of the pointer: 257 */
    open_message(&r, &h);
    ck_assert(dns_read_question(&r, &q));
    ck_assert(!dns_read_question(&r, &q));
}
END_TEST

/* DNS-9: ASCII case does not count, and nothing but ASCII has case. */
START_TEST(names_compare_without_case)
{
    DnsName a = name("wWw.ExAmPlE."), b = name("www.example."), c = name("www.example.com.");
    DnsKey ka, kb;

    ck_assert(dns_name_equal(&a, &b));
    ck_assert(!dns_name_equal(&a, &c));
    dns_name_key(&a, &ka);
    dns_name_key(&b, &kb);
    ck_assert_uint_eq(ka.len, kb.len);
    ck_assert_mem_eq(ka.b, kb.b, ka.len);
    a = name("\\196.");
    b = name("\\228.");
    ck_assert(!dns_name_equal(&a, &b));
    a = name("[.");
    b = name("{.");
    ck_assert(!dns_name_equal(&a, &b));
}
END_TEST

START_TEST(below_is_by_whole_labels)
{
    DnsName zone = name("example."), in = name("a.b.EXAMPLE."), out = name("notexample.");
    DnsName root = dns_name_root(), trap = name("x\\007example.");

    ck_assert(dns_name_is_below(&in, &zone));
    ck_assert(dns_name_is_below(&zone, &zone));
    ck_assert(dns_name_is_below(&out, &root));
    ck_assert(!dns_name_is_below(&out, &zone));
    ck_assert(!dns_name_is_below(&zone, &in));
    ck_assert(!dns_name_is_below(&trap, &zone));
}
END_TEST

/* RFC 4034 §6.1 has this example. */
START_TEST(keys_are_in_canonical_order)
{
    static const char *const order[] = { "example.", "a.example.", "yljkjljk.a.example.",
        "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.", "\\001.z.example.", "*.z.example.",
        "\\200.z.example." };

    for (size_t i = 1; i < sizeof order / sizeof order[0]; i++) {
        DnsName a = name(order[i - 1]), b = name(order[i]);
        DnsKey ka, kb;
        dns_name_key(&a, &ka);
        dns_name_key(&b, &kb);
        int cmp = memcmp(ka.b, kb.b, ka.len < kb.len ? ka.len : kb.len);
        ck_assert_msg(cmp < 0 || (cmp == 0 && ka.len < kb.len), "%s", order[i]);
    }
}
END_TEST

START_TEST(types_have_names)
{
    char text[DNS_TYPE_TEXT];
    uint16_t type;

    ck_assert(dns_type_parse("aaaa", &type));
    ck_assert_uint_eq(type, DNS_AAAA);
    ck_assert(dns_type_parse("TYPE65280", &type));
    ck_assert_uint_eq(type, 65280);
    ck_assert_str_eq(dns_type_text(65280, text), "TYPE65280");
    ck_assert(!dns_type_parse("TYPE65536", &type));
    ck_assert(!dns_type_parse("TYPE", &type));
    ck_assert(!dns_type_parse("AAAAA", &type));
}
END_TEST

/* --- compression ------------------------------------------------------------------------------ */

/* DNS-4: a pointer stands for a name, or for its end, in every type that has names. */
START_TEST(pointers_are_understood_in_data)
{
    static const struct {
        const char *record; /* the owner is the question's, by a pointer */
        size_t len;
        const char *names[2];
        size_t at;          /* of the first name in the data */
    } rows[] = {
        { "\0\2\0\1\0\0\0\1\0\2\xc0\x0c", 12, { "www.example." }, 0 },
        { "\0\5\0\1\0\0\0\1\0\4\1a\xc0\x10", 14, { "a.example." }, 0 },
        { "\0\x0c\0\1\0\0\0\1\0\2\xc0\x10", 12, { "example." }, 0 },
        { "\0\x0f\0\1\0\0\0\1\0\4\0\x0a\xc0\x10", 14, { "example." }, 2 },
        { "\0\6\0\1\0\0\0\1\0\x18\xc0\x10\xc0\x0c" "12345678901234567890", 34,
          { "example.", "www.example." }, 0 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        DnsReader r;
        DnsHeader h;
        DnsQuestion q;
        DnsRecord rr;
        begin(1, 1);
        PUT("\3www\7example\0\0\1\0\1\xc0\x0c");
        put(rows[i].record, rows[i].len);
        open_message(&r, &h);
        ck_assert(dns_read_question(&r, &q));
        ck_assert(dns_read_record(&r, &rr));
        ck_assert_uint_eq(r.at, len);
        ck_assert_str_eq(text_of(&rr.name), "www.example.");
        size_t at = rows[i].at;
        for (int k = 0; k < 2 && rows[i].names[k] != NULL; k++) {
            DnsName n;
            size_t step = dns_data_name(rr.data, at, &n);
            ck_assert_uint_gt(step, 0);
            ck_assert_str_eq(text_of(&n), rows[i].names[k]);
            at += step;
        }
        ck_assert(dns_data_valid(rr.type, rr.data));
    }
}
END_TEST

static const struct { const char *what; const char *bytes; size_t len; } bad_names[] = {
    { "to itself",            "\xc0\x0c\0\1\0\1", 6 },
    { "to its own label",     "\1a\xc0\x0c\0\1\0\1", 8 },
    { "forward",              "\xc0\x0e\0\0\1\0\1", 7 },
    { "two to each other",    "\xc0\x0e\xc0\x0c\0\1\0\1", 8 },
    { "past the end",         "\xff\xff\0\1\0\1", 6 },
    { "into the header",      "\xc0\x00\0\1\0\1", 6 },
    { "cut",                  "\xc0", 1 },
    { "label type 01",        "\x40\0\0\1\0\1", 6 },
    { "label type 10",        "\x80\0\0\1\0\1", 6 },
    { "a label that is cut",  "\3ab", 3 },
    { "without an end",       "\1a", 2 },
    { "no type and class",    "\1a\0\0\1", 5 },
};

/* DNS-5: a pointer leads back, or the message is malformed; DNS-6: so are the other two kinds. */
START_TEST(a_bad_name_is_refused)
{
    DnsQuestion q;

    begin(1, 0);
    put(bad_names[_i].bytes, bad_names[_i].len);
    ck_assert_msg(!reads_question(&q), "%s", bad_names[_i].what);
}
END_TEST

/* DNS-5: many pointers in a row, each leading back, are read; they cannot take for ever. */
START_TEST(a_chain_of_pointers_ends)
{
    DnsReader r;
    DnsHeader h;
    DnsQuestion q;

    begin(2, 0);
    PUT("\0\0\1\0\1");
    PUT("\1b\xc0\x0c");  /* never read as such */
    for (unsigned i = 0; i < 5000; i++) {
        uint8_t p[2];
        put16(p, (uint16_t)(0xc000 | (i == 0 ? 12 : len - 2)));
        put(p, 2);
    }
    size_t last = len - 2;
    PUT("\0\1\0\1");
    open_message(&r, &h);
    r.at = last;
    ck_assert(dns_read_question(&r, &q));
    ck_assert_uint_eq(q.name.len, 1);
    ck_assert_uint_eq(r.at, len);
}
END_TEST

static void write_ns(DnsWriter *w, const char *owner, const char *target)
{
    DnsName to = name(target);
    DnsRecord rr = { .name = name(owner), .type = DNS_NS, .klass = DNS_IN, .ttl = 60,
                     .data = { to.b, to.len } };

    ck_assert(dns_write_record(w, &rr));
}

/* DNS-7: owners and targets are written as pointers, but not past offset 16383. */
START_TEST(names_are_compressed)
{
    DnsWriter w;
    DnsQuestion q = { .name = name("example."), .type = DNS_NS, .klass = DNS_IN };

    dns_writer_init(&w, msg, sizeof msg);
    ck_assert(dns_write_question(&w, &q));
    ck_assert_uint_eq(w.n, 12 + 9 + 4);
    write_ns(&w, "example.", "a.ns.example.");
    ck_assert_uint_eq(w.n, 25 + 2 + 10 + 7);
    write_ns(&w, "example.", "b.ns.example.");
    ck_assert_uint_eq(w.n, 44 + 2 + 10 + 4);
    write_ns(&w, "EXAMPLE.", "a.ns.example."); /* another case is not written as the same */
    ck_assert_uint_eq(w.n, 60 + 9 + 10 + 2);

    static const uint8_t filler[17000];
    DnsRecord big = { .name = dns_name_root(), .type = 65280, .klass = DNS_IN,
                      .data = { filler, sizeof filler } };
    ck_assert(dns_write_record(&w, &big));
    size_t before = w.n;
    write_ns(&w, "far.", "far.");
    ck_assert_uint_eq(w.n - before, 5 + 10 + 5);
}
END_TEST

START_TEST(a_name_in_srv_and_in_an_unknown_type_is_not_compressed)
{
    static const uint8_t srv[] = "\0\1\0\2\0\x50\7example";
    DnsWriter w;

    dns_writer_init(&w, msg, sizeof msg);
    DnsQuestion q = { .name = name("example."), .type = DNS_SRV, .klass = DNS_IN };
    ck_assert(dns_write_question(&w, &q));
    DnsRecord rr = { .name = q.name, .type = DNS_SRV, .klass = DNS_IN,
                     .data = { srv, sizeof srv } };
    ck_assert(dns_data_valid(DNS_SRV, rr.data));
    ck_assert(dns_write_record(&w, &rr));
    ck_assert_uint_eq(w.n, 25 + 2 + 10 + 15);
}
END_TEST

START_TEST(what_does_not_fit_leaves_nothing)
{
    DnsWriter w;
    DnsQuestion q = { .name = name("example."), .type = DNS_NS, .klass = DNS_IN };
    DnsName to = name("ns.elsewhere.");
    DnsRecord rr = { .name = q.name, .type = DNS_NS, .klass = DNS_IN, .data = { to.b, to.len } };

    for (size_t cap = DNS_HDR_LEN; cap < 51; cap++) {
        memset(msg, 0xee, 64);
        dns_writer_init(&w, msg, cap);
        bool asked = dns_write_question(&w, &q);
        ck_assert_int_eq(asked, cap >= 25);
        ck_assert(!asked || !dns_write_record(&w, &rr));
        ck_assert_uint_eq(w.n, asked ? 25 : 12);
        ck_assert_uint_eq(msg[cap], 0xee);
    }
    dns_writer_init(&w, msg, 51);
    ck_assert(dns_write_question(&w, &q) && dns_write_record(&w, &rr));
    ck_assert_uint_eq(w.n, 51);
}
END_TEST

/* --- records ---------------------------------------------------------------------------------- */

static const struct { const char *what; const char *bytes; size_t len; bool good; } records[] = {
    { "an address",           "\0\0\1\0\1\0\0\0\7\0\4\x0a\0\0\1", 15, true },
    { "an unknown type",      "\0\xff\0\0\1\0\0\0\7\0\3\xc0\0\1", 14, true },
    { "an empty unknown one", "\0\xff\0\0\1\0\0\0\7\0\0", 11, true },
    { "of another class",     "\0\0\1\0\3\0\0\0\7\0\1\1", 12, true },
    { "A of 3 octets",        "\0\0\1\0\1\0\0\0\7\0\3\x0a\0\0", 14, false },
    { "A of 5 octets",        "\0\0\1\0\1\0\0\0\7\0\5\x0a\0\0\1\1", 16, false },
    { "AAAA of 4 octets",     "\0\0\x1c\0\1\0\0\0\7\0\4\x0a\0\0\1", 15, false },
    { "data beyond the end",  "\0\xff\0\0\1\0\0\0\7\0\4\1\2\3", 14, false },
    { "a name short of it",   "\0\0\2\0\1\0\0\0\7\0\4\1a\0\0", 15, false },
    { "a name beyond it",     "\0\0\2\0\1\0\0\0\7\0\2\1a\0\0", 15, false },
    { "SOA cut in its times", "\0\0\6\0\1\0\0\0\7\0\x0a\0\0" "12345678", 21, false },
    { "a text",               "\0\0\x10\0\1\0\0\0\7\0\5\1a\2bc", 16, true },
    { "a text beyond it",     "\0\0\x10\0\1\0\0\0\7\0\3\3ab", 14, false },
    { "an empty text record", "\0\0\x10\0\1\0\0\0\7\0\0", 11, false },
    { "cut in its TTL",       "\0\0\1\0\1\0\0", 7, false },
};

/* DNS-8: RDLENGTH governs; what does not agree with it is malformed. */
START_TEST(a_record_agrees_with_its_length)
{
    DnsRecord rr;

    begin(0, 1);
    put(records[_i].bytes, records[_i].len);
    ck_assert_msg(reads_record(&rr) == records[_i].good, "%s", records[_i].what);
    if (records[_i].good)
        ck_assert_uint_eq(rr.ttl, 7);
}
END_TEST

START_TEST(edns_is_written_and_read)
{
    DnsEdns e = { .size = 1232, .rcode_high = 1, .version = 0, .dnssec_ok = true };
    DnsWriter w;
    DnsRecord rr;

    dns_writer_init(&w, msg, sizeof msg);
    ck_assert(dns_write_opt(&w, &e));
    dns_write_header(&w, &(DnsHeader){ .additional = 1 });
    len = w.n;
    ck_assert_uint_eq(len, 12 + 11);
    ck_assert(reads_record(&rr));
    ck_assert_uint_eq(rr.type, DNS_OPT);
    e = dns_edns_of(&rr);
    ck_assert(e.present && e.dnssec_ok);
    ck_assert_uint_eq(e.size, 1232);
    ck_assert_uint_eq(e.rcode_high, 1);
    ck_assert_uint_eq(e.version, 0);
}
END_TEST

Suite *dns_wire_suite(void)
{
    Suite *s = suite_create("dns_wire");
    TCase *t = tcase_create("message");

    tcase_add_test(t, the_header_has_its_bits_in_place);
    tcase_add_test(t, a_name_is_read_from_text_and_printed);
    tcase_add_loop_test(t, what_is_no_name_is_refused, 0, sizeof no_names / sizeof no_names[0]);
    tcase_add_test(t, a_name_has_255_octets_at_most);
    tcase_add_test(t, names_compare_without_case);
    tcase_add_test(t, below_is_by_whole_labels);
    tcase_add_test(t, keys_are_in_canonical_order);
    tcase_add_test(t, types_have_names);
    tcase_add_test(t, pointers_are_understood_in_data);
    tcase_add_loop_test(t, a_bad_name_is_refused, 0, sizeof bad_names / sizeof bad_names[0]);
    tcase_add_test(t, a_chain_of_pointers_ends);
    tcase_add_test(t, names_are_compressed);
    tcase_add_test(t, a_name_in_srv_and_in_an_unknown_type_is_not_compressed);
    tcase_add_test(t, what_does_not_fit_leaves_nothing);
    tcase_add_loop_test(t, a_record_agrees_with_its_length, 0, sizeof records / sizeof records[0]);
    tcase_add_test(t, edns_is_written_and_read);
    suite_add_tcase(s, t);
    return s;
}
