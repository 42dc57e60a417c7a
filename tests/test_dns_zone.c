/*
 * test_dns_zone.c - zones: their text, its errors, and the answers of an authoritative server.
 */
/* SPDX-License-Identifier: MIT */
#include "support/dnsnet.h"

#include "protocols/application/dns_text.h"

#include <check.h>
#include <string.h>
#include <time.h>

Suite *dns_zone_suite(void);

static DnsNet d;

static const char zone[] =
    "$ORIGIN example.\n"
    "$TTL 1h\n"
    "@ IN SOA ns hostmaster ( 2024 7200 900\n"
    "        1209600   ; expire\n"
    "        300 )     ; minimum\n"
    "  NS ns\n"
    "  NS ns.sub\n"
    "  600 MX 10 mail\n"
    "ns A 10.9.0.1\n"
    "mail 60 IN A 10.9.0.2\n"
    "     IN 60 A 10.9.0.3\n"
    "www 300 CNAME web\n"
    "web CNAME host.example.\n"
    "host CNAME mail\n"
    "away CNAME www.elsewhere.\n"
    "gone CNAME nobody\n"
    "loop CNAME pool\n"
    "pool CNAME loop\n"
    "txt TXT \"two words\" one;comment\n"
    "txt TXT \"a \\\"quote\\\"\" \\065\n"
    "v6 AAAA 2001:db8::1\n"
    "_sip._tcp SRV 1 2 5060 mail\n"
    "odd TYPE65280 \\# 3 00 ff01\n"
    "sub NS ns.sub\n"
    "    NS ns.other.\n"
    "ns.sub A 10.9.1.1\n"
    "deep.empty A 10.9.2.1\n"
    "*.wild A 10.9.3.1\n"
    "exists.wild TXT here\n"
    "a.b.wild TXT deep\n"
    "*.alias CNAME mail\n"
    "two 100 A 10.9.4.1\n"
    "two 50 A 10.9.4.2\n";

static void start(void)
{
    dnsnet_init(&d);
    dnsnet_zone(&d, "example.", zone);
}

#define ASKED(question, answer) ck_assert_str_eq(dnsnet_ask(&d, question), answer)
#define SOA "; ns example. 300 SOA ns.example. hostmaster.example. 2024 7200 900 1209600 300"

/* DNS-11, DNS-20: the whole set, with AA, and one TTL. */
START_TEST(a_match_is_answered)
{
    start();
    ASKED("mail.example. A", "NOERROR aa; an mail.example. 60 A 10.9.0.2; "
                             "an mail.example. 60 A 10.9.0.3");
    ASKED("two.example. A", "NOERROR aa; an two.example. 50 A 10.9.4.1; "
                            "an two.example. 50 A 10.9.4.2");
    ASKED("example. MX", "NOERROR aa; an example. 600 MX 10 mail.example.; "
                         "ad mail.example. 60 A 10.9.0.2; ad mail.example. 60 A 10.9.0.3");
    ASKED("txt.example. TXT", "NOERROR aa; an txt.example. 3600 TXT \"two words\" \"one\"; "
                              "an txt.example. 3600 TXT \"a \\\"quote\\\"\" \"A\"");
    ASKED("v6.example. AAAA", "NOERROR aa; an v6.example. 3600 AAAA 2001:db8::1");
    ASKED("_sip._tcp.example. SRV", "NOERROR aa; an _sip._tcp.example. 3600 SRV 1 2 5060 "
          "mail.example.; ad mail.example. 60 A 10.9.0.2; ad mail.example. 60 A 10.9.0.3");
    ASKED("odd.example. TYPE65280", "NOERROR aa; an odd.example. 3600 TYPE65280 \\# 3 00FF01");
    ASKED("mail.example. ANY", "NOERROR aa; an mail.example. 60 A 10.9.0.2; "
                               "an mail.example. 60 A 10.9.0.3");
    dnsnet_free(&d);
}
END_TEST

/* DNS-12: below a cut there is a referral with glue, and no AA. */
START_TEST(below_a_cut_is_a_referral)
{
    static const char want[] = "NOERROR; ns sub.example. 3600 NS ns.sub.example.; "
                               "ns sub.example. 3600 NS ns.other.; "
                               "ad ns.sub.example. 3600 A 10.9.1.1";
    start();
    ASKED("host.sub.example. A", want);
    ASKED("sub.example. A", want);
    ASKED("ns.sub.example. A", want);
    ASKED("sub.example. NS", want);
    dnsnet_free(&d);
}
END_TEST

/* DNS-13: aliases are followed in the zone, but not if they are what was asked for. */
START_TEST(aliases_are_followed)
{
    start();
    ASKED("www.example. A", "NOERROR aa; an www.example. 300 CNAME web.example.; "
          "an web.example. 3600 CNAME host.example.; an host.example. 3600 CNAME mail.example.; "
          "an mail.example. 60 A 10.9.0.2; an mail.example. 60 A 10.9.0.3");
    ASKED("www.example. CNAME", "NOERROR aa; an www.example. 300 CNAME web.example.");
    ASKED("www.example. ANY", "NOERROR aa; an www.example. 300 CNAME web.example.");
    ASKED("away.example. A", "NOERROR aa; an away.example. 3600 CNAME www.elsewhere.");
    ck_assert(g_str_has_prefix(dnsnet_ask(&d, "loop.example. A"), "NOERROR aa; an loop."));
    dnsnet_free(&d);
}
END_TEST

/* One row per way to be wrong: a zone's text, what is said. */
static const struct { const char *text, *error; } wrong[] = {
    { "a CNAME b\na A 10.0.0.1\n", "z:2: a.example. has a CNAME and so no other records" },
    { "a A 10.0.0.1\nb A 10.0.0.1\na CNAME b\n", "z:3: a.example. has a CNAME and so no" },
    { "a CNAME b\na CNAME c\n", "z:2: a.example. has a CNAME and so no other records" },
    { "a.elsewhere. A 10.0.0.1\n", "z:1: a.elsewhere. is not in this zone" },
    { "sub SOA a b 1 2 3 4 5\n", "z:1: sub.example. has a SOA, which belongs to" },
    { "@ SOA a b 1 2 3 4 5\n@ SOA a b 2 2 3 4 5\n", "z:2: example. has a second SOA" },
    { "a A 10.0.0.256\n", "z:1: '10.0.0.256' is no IPv4 address" },
    { "a AAAA 10.0.0.1\n", "z:1: '10.0.0.1' is no IPv6 address" },
    { "a A\n", "z:1: IPv4 address is missing" },
    { "a A 10.0.0.1 more\n", "z:1: 'more' is too much" },
    { "\n\n  A 10.0.0.1\n", "z:3: whose record is this?" },
    { "a 300 IN\n", "z:1: the type of the record is missing" },
    { "a AA 10.0.0.1\n", "z:1: 'AA' is no type of record" },
    { "a ANY x\n", "z:1: 'ANY' is a type for questions only" },
    { "a MX mail 10\n", "z:1: 'mail' is no number for the preference" },
    { "a MX 65536 mail\n", "z:1: '65536' is no number for the preference" },
    { "@ SOA a b ( 1 2\n3 4 5\n", "a parenthesis is not closed" },
    { "a TXT ) x\n", "z:1: a parenthesis is closed that was not opened" },
    { "a TXT \"x\n", "z:1: a quoted text is not closed" },
    { "a TXT\n", "z:1: a text is missing" },
    { "a TXT \\256\n", "z:1: no such escape" },
    { "a NS a..b\n", "z:1: 'a..b' is no domain name" },
    { "a TYPE1000 01\n", "z:1: the data of a type that is not known begins with \\#" },
    { "a TYPE1000 \\# 2 01\n", "z:1: there are 1 octets, not 2" },
    { "a TYPE1000 \\# 1 0g\n", "z:1: '0g' is not of pairs of hexadecimal digits" },
    { "$INCLUDE x\n", "z:1: '$INCLUDE' is not $ORIGIN or $TTL" },
    { "$TTL soon\n", "z:1: 'soon' is no time to live" },
    { "$ORIGIN a..\n", "z:1: 'a..' is no domain name" },
    { "a A 10.0.0.1 ; comment\n\nb A 10.0.0.2\n  TXT (\"a\"\n  x) y\n  A 1\n", "z:6: '1' is no IPv4" },
};

/* DNS-14: a name with a CNAME has nothing else. */
START_TEST(a_wrong_zone_is_refused_with_its_line)
{
    DnsName origin;
    GError *error = NULL;

    ck_assert(dns_name_parse("example.", &origin));
    DnsZone *z = dns_zone_new(&origin);
    ck_assert_msg(!dns_zone_read(z, wrong[_i].text, strlen(wrong[_i].text), "z", true, &error),
                  "%s", wrong[_i].text);
    ck_assert_msg(strstr(error->message, wrong[_i].error) != NULL, "%s: %s", wrong[_i].text,
                  error->message);
    g_error_free(error);
    dns_zone_free(z);
}
END_TEST

/* A zero octet is no part of a text, wherever a word, a number or a string was to come. */
START_TEST(a_zero_octet_is_refused)
{
    static const char *const fronts[] = { "", "a", "a ", "a A ", "a TXT ", "a TXT x", "a TXT \"",
                                          "a TXT \\", "a TYPE1000 \\# 0 ", "a TYPE1000 \\# ",
                                          "$ORIGIN ", "a NS b\\", "a MX 10 " };
    const char *front = fronts[_i];
    size_t n = strlen(front);
    char text[32];
    DnsName origin;
    GError *error = NULL;

    memcpy(text, front, n);
    memcpy(text + n, "\0 x\n", 4);
    ck_assert(dns_name_parse("example.", &origin));
    DnsZone *z = dns_zone_new(&origin);
    ck_assert(!dns_zone_read(z, text, n + 4, "z", true, &error));
    ck_assert_str_eq(error->message, "z:1: a zero octet");
    g_error_free(error);
    dns_zone_free(z);
}
END_TEST

START_TEST(a_master_file_must_have_its_soa)
{
    DnsName origin = dns_name_root();
    DnsZone *z = dns_zone_new(&origin);
    GError *error = NULL;

    ck_assert(!dns_zone_read(z, "a A 10.0.0.1\n", 13, "root.zone", false, &error));
    ck_assert_str_eq(error->message, "root.zone: the zone has no SOA record");
    g_error_free(error);
    dns_zone_free(z);
}
END_TEST

/* DNS-15: a wildcard stands for names that do not exist, and only for those. */
START_TEST(wildcards_stand_for_what_does_not_exist)
{
    start();
    ASKED("x.wild.example. A", "NOERROR aa; an x.wild.example. 3600 A 10.9.3.1");
    ASKED("y.x.wild.example. A", "NOERROR aa; an y.x.wild.example. 3600 A 10.9.3.1");
    ASKED("x.wild.example. TXT", "NOERROR aa" SOA);
    ASKED("exists.wild.example. A", "NOERROR aa" SOA);     /* exists, another type */
    ASKED("b.wild.example. A", "NOERROR aa" SOA);          /* an empty non-terminal */
    ASKED("x.exists.wild.example. A", "NXDOMAIN aa" SOA);  /* below an existing one */
    ASKED("x.b.wild.example. A", "NXDOMAIN aa" SOA);
    ASKED("*.wild.example. A", "NOERROR aa; an *.wild.example. 3600 A 10.9.3.1");
    ASKED("x.alias.example. A", "NOERROR aa; an x.alias.example. 3600 CNAME mail.example.; "
          "an mail.example. 60 A 10.9.0.2; an mail.example. 60 A 10.9.0.3");
    dnsnet_free(&d);
}
END_TEST

/* DNS-16, DNS-17: no data, no name; both with the SOA, whose TTL is its MINIMUM if that is less. */
START_TEST(no_name_and_no_data_differ)
{
    start();
    ASKED("mail.example. AAAA", "NOERROR aa" SOA);
    ASKED("empty.example. A", "NOERROR aa" SOA);
    ASKED("nobody.example. A", "NXDOMAIN aa" SOA);
    ASKED("x.deep.empty.example. A", "NXDOMAIN aa" SOA);
    ASKED("gone.example. A", "NXDOMAIN aa; an gone.example. 3600 CNAME nobody.example." SOA);
    dnsnet_free(&d);
}
END_TEST

/* DNS-18: for another zone, without recursion: REFUSED, RA=0. */
START_TEST(another_zone_is_refused)
{
    start();
    ASKED("www.elsewhere. A rd", "REFUSED rd");
    ASKED("notexample. A", "REFUSED");
    dnsnet_free(&d);
}
END_TEST

/* DNS-19: a host with several addresses answers from the one that was asked. */
START_TEST(the_answer_comes_from_the_address_that_was_asked)
{
    uint8_t out[64];

    start();
    size_t n = dnsnet_query(1, "v6.example. AAAA", out, sizeof out);
    net_route(d.c, "10.3.0.0/24", "10.0.0.1");
    ck_assert_int_eq(udp_send(d.sock, (Span){ out, n }, ip("10.3.0.1"), DNS_PORT), NET_OK);
    net_run(d.net);
    ck_assert_uint_eq(net_count(d.net, "h>c 10.3.0.1.53 > 10.0.0.2.5300 udp"), 1);
    dnsnet_free(&d);
}
END_TEST

/* DNS-2, DNS-9, DNS-1: id, question and case come back as they were sent; all bits are in place. */
START_TEST(the_question_comes_back_octet_for_octet)
{
    uint8_t query[64];
    IpAddr from;
    uint16_t port;
    NetError err;

    start();
    size_t n = dnsnet_query(0xbeef, "mAiL.ExAmPlE. A rd", query, sizeof query);
    static const uint8_t head[] = { 0xbe, 0xef, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
    ck_assert_mem_eq(query, head, sizeof head);
    udp_send(d.sock, (Span){ query, n }, ip("10.0.0.1"), DNS_PORT);
    net_run(d.net);
    Packet *pkt = udp_receive(d.sock, &from, &port, &err);
    ck_assert_ptr_nonnull(pkt);
    static const uint8_t answer_head[] = { 0xbe, 0xef, 0x85, 0, 0, 1, 0, 2, 0, 0, 0, 0 };
    ck_assert_mem_eq(pkt->data, answer_head, sizeof answer_head);
    ck_assert_mem_eq(pkt->data + 12, query + 12, n - 12);
    ck_assert_uint_eq(get16(pkt->data + n), 0xc00c); /* DNS-7: the owner is a pointer */
    packet_free(pkt);
    dnsnet_free(&d);
}
END_TEST

static const struct { const char *what, *bytes; size_t len; const char *answer; } queries[] = {
    { "eleven octets", "\0\7\0\0\0\1\0\0\0\0\0", 11, "nothing" },
    { "an answer", "\0\7\x80\0\0\1\0\0\0\0\0\0\0\0\1\0\1", 17, "nothing" },
    { "no question", "\0\7\0\0\0\0\0\0\0\0\0\0", 12, "FORMERR" },
    { "a question that is not there", "\0\7\0\0\0\1\0\0\0\0\0\0", 12, "FORMERR" },
    { "two questions", "\0\7\0\0\0\2\0\0\0\0\0\0\0\0\1\0\1\0\0\1\0\1", 22, "FORMERR" },
    { "a pointer to itself", "\0\7\0\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1", 18, "FORMERR" },
    { "label type 01", "\0\7\0\0\0\1\0\0\0\0\0\0\x41\0\0\1\0\1", 18, "FORMERR" },
    { "more behind the end", "\0\7\0\0\0\1\0\0\0\0\0\0\0\0\1\0\1x", 18, "FORMERR" },
    { "opcode 5", "\0\7\x28\0\0\1\0\0\0\0\0\0\0\0\1\0\1", 17, "NOTIMP" },
    { "class 3", "\0\7\0\0\0\1\0\0\0\0\0\0\0\0\1\0\3", 17, "REFUSED" },
    { "a zone transfer", "\0\7\0\0\0\1\0\0\0\0\0\0\0\0\xfc\0\1", 17, "NOTIMP" },
};

/* DNS-10: what is malformed, unknown, or an answer. DNS-5 and DNS-6 are among them. */
START_TEST(an_odd_query_gets_its_code)
{
    start();
    Span bytes = { (const uint8_t *)queries[_i].bytes, queries[_i].len };
    ck_assert_msg(strcmp(dnsnet_send(&d, bytes), queries[_i].answer) == 0, "%s",
                  queries[_i].what);
    dnsnet_free(&d);
}
END_TEST

static void add_many(GString *text, const char *name, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        g_string_append_printf(text, "%s A 10.8.%u.%u\n", name, i >> 8, i & 255);
}

/* DNS-21, DNS-70, DNS-72: TC if a needed set does not fit, not for glue; EDNS makes room. */
START_TEST(what_does_not_fit_is_told)
{
    GString *text = g_string_new(NULL);

    add_many(text, "forty", 40);
    add_many(text, "hundred", 100);
    for (int i = 0; i < 8; i++)
        g_string_append_printf(text, "sub NS a-rather-long-name-of-a-server-%d.sub\n"
                               "a-rather-long-name-of-a-server-%d.sub A 10.7.0.1\n", i, i);
    dnsnet_init(&d);
    dnsnet_zone(&d, "example.", text->str);
    ASKED("forty.example. A", "NOERROR aa tc");
    ASKED("forty.example. A opt=100", "NOERROR aa tc opt=1232");
    ASKED("hundred.example. A opt=1232", "NOERROR aa tc opt=1232");
    ASKED("hundred.example. A opt=4096", "NOERROR aa tc opt=1232"); /* our own bound */
    ck_assert(g_str_has_prefix(dnsnet_ask(&d, "forty.example. A opt=1232"),
                               "NOERROR aa opt=1232; an forty.example. 3600 A 10.8.0.0; "));
    ck_assert_ptr_nonnull(strstr(d.got->str, "10.8.0.39"));
    ck_assert(g_str_has_prefix(dnsnet_ask(&d, "x.sub.example. A"), "NOERROR; ns sub"));
    ck_assert_ptr_null(strstr(d.got->str, "; ad a-rather-long-name-of-a-server-7"));
    ck_assert_ptr_nonnull(strstr(d.got->str, "; ns sub.example. 3600 NS a-rather-long-name-of-a-"
                                             "server-7.sub.example."));
    g_string_free(text, TRUE);
    dnsnet_free(&d);
}
END_TEST

/* DNS-71, DNS-73, DNS-76: an OPT for an OPT; two are malformed; version 1 is not known; options
 * and flags that are not known do no harm. */
START_TEST(edns_is_answered_with_edns)
{
    static const char query[] = "\0\7\0\0\0\1\0\0\0\0\0\1" "\2v6\7example\0\0\x1c\0\1";
    static const char opt[] = "\0\0\x29\x04\xd0\0\0\0\0\0\0";
    uint8_t out[128];
    size_t n = sizeof query - 1, m = sizeof opt - 1;

    start();
    ASKED("v6.example. AAAA", "NOERROR aa; an v6.example. 3600 AAAA 2001:db8::1");
    memcpy(out, query, n);
    memcpy(out + n, opt, m);
    ck_assert_str_eq(dnsnet_send(&d, (Span){ out, n + m }),
                     "NOERROR aa opt=1232; an v6.example. 3600 AAAA 2001:db8::1");
    out[n + 6] = 1; /* version */
    ck_assert_str_eq(dnsnet_send(&d, (Span){ out, n + m }), "BADVERS opt=1232");
    out[n + 6] = 0;
    out[n + 7] = 0x7f; /* flags */
    memcpy(out + n + m - 2, "\0\x05\xfd\xe9\0\1x", 7); /* option 65001 */
    ck_assert_str_eq(dnsnet_send(&d, (Span){ out, n + m + 5 }),
                     "NOERROR aa opt=1232; an v6.example. 3600 AAAA 2001:db8::1");
    out[11] = 2;
    memcpy(out + n, opt, m);
    memcpy(out + n + m, opt, m);
    ck_assert_str_eq(dnsnet_send(&d, (Span){ out, n + 2 * m }), "FORMERR opt=1232");
    dnsnet_free(&d);
}
END_TEST

/* DNS-78: by broadcast RD does not count, and nobody is refused. */
START_TEST(a_broadcast_question_is_not_recursed)
{
    uint8_t out[64];

    start();
    dnsnet_recursive(&d, NULL);
    dnsnet_script(&d, 1, (const DnsRule[]){ { 0 } });
    size_t n = dnsnet_query(1, "www.elsewhere. A rd", out, sizeof out);
    udp_send(d.sock, (Span){ out, n }, ip("10.0.0.255"), DNS_PORT);
    n = dnsnet_query(2, "v6.example. AAAA rd", out, sizeof out);
    udp_send(d.sock, (Span){ out, n }, ip("10.0.0.255"), DNS_PORT);
    net_run(d.net);
    dnsnet_expect(&d, "");
    ck_assert_uint_eq(net_count(d.net, "h>c"), 1);
    dnsnet_free(&d);
}
END_TEST

/* n names in no order; 7919 has no factor in common with n. */
static GString *large_zone(unsigned n)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < n; i++)
        g_string_append_printf(text, "h%u A 10.%u.%u.%u\n", (unsigned)((uint64_t)i * 7919 % n),
                               i >> 16, i >> 8 & 255, i & 255);
    return text;
}

static clock_t load(unsigned n, GPtrArray *zones)
{
    GString *text = large_zone(n);
    DnsName origin;

    ck_assert(dns_name_parse("big.example.", &origin));
    clock_t start_at = clock();
    DnsZone *z = dns_zone_new(&origin);
    ck_assert(dns_zone_read(z, text->str, text->len, "z", true, NULL));
    clock_t took = clock() - start_at;
    ck_assert_uint_eq(dns_zone_records(z), n + 1);
    g_ptr_array_add(zones, z);
    g_string_free(text, TRUE);
    return took;
}

/* Every question has an answer, or, with `absent`, none. */
static clock_t answer(const GPtrArray *zones, unsigned questions, unsigned names, bool absent)
{
    clock_t start_at = clock();

    for (unsigned i = 0; i < questions; i++) {
        DnsMessage *m = dns_message_new();
        char name[40];
        g_snprintf(name, sizeof name, "%s%u.big.example.", absent ? "x" : "h", i * 31 % names);
        m->asks = true;
        m->q = (DnsQuestion){ .type = DNS_A, .klass = DNS_IN };
        ck_assert(dns_name_parse(name, &m->q.name));
        ck_assert(dns_zones_answer(zones, m));
        ck_assert_uint_eq(m->sections[DNS_ANSWER]->len, absent ? 0 : 1);
        dns_message_free(m);
    }
    return clock() - start_at;
}

/* A thousand times the names: a question costs some halvings more, not a thousand times as much; ten
 * times the names load in some ten times the time, not a hundred. */
START_TEST(a_large_zone_is_not_scanned)
{
    GPtrArray *small = g_ptr_array_new_with_free_func(dns_zone_free);
    GPtrArray *middle = g_ptr_array_new_with_free_func(dns_zone_free);
    GPtrArray *large = g_ptr_array_new_with_free_func(dns_zone_free);

    load(100, small);
    clock_t ten = load(10000, middle), hundred = load(100000, large);
    ck_assert_msg(hundred < 40 * ten, "10,000 names: %ld, 100,000: %ld", ten, hundred);
    for (int absent = 0; absent < 2; absent++) {
        clock_t few = answer(small, 2000, 100, absent), many = answer(large, 2000, 100000, absent);
        ck_assert_msg(many < 20 * few, "among 100 names: %ld, among 100,000: %ld", few, many);
    }
    g_ptr_array_free(small, TRUE);
    g_ptr_array_free(middle, TRUE);
    g_ptr_array_free(large, TRUE);
}
END_TEST

START_TEST(a_large_zone_answers)
{
    GString *text = large_zone(100000);

    dnsnet_init(&d);
    dnsnet_zone(&d, "big.example.", text->str);
    ASKED("h7919.big.example. A", "NOERROR aa; an h7919.big.example. 3600 A 10.0.0.1");
    ck_assert(g_str_has_prefix(dnsnet_ask(&d, "h100000.big.example. A"), "NXDOMAIN aa"));
    g_string_free(text, TRUE);
    dnsnet_free(&d);
}
END_TEST

Suite *dns_zone_suite(void)
{
    Suite *s = suite_create("dns_zone");
    TCase *t = tcase_create("zone");

    tcase_add_test(t, a_match_is_answered);
    tcase_add_test(t, below_a_cut_is_a_referral);
    tcase_add_test(t, aliases_are_followed);
    tcase_add_loop_test(t, a_wrong_zone_is_refused_with_its_line, 0, G_N_ELEMENTS(wrong));
    tcase_add_loop_test(t, a_zero_octet_is_refused, 0, 13);
    tcase_add_test(t, a_master_file_must_have_its_soa);
    tcase_add_test(t, wildcards_stand_for_what_does_not_exist);
    tcase_add_test(t, no_name_and_no_data_differ);
    tcase_add_test(t, another_zone_is_refused);
    tcase_add_test(t, the_answer_comes_from_the_address_that_was_asked);
    tcase_add_test(t, the_question_comes_back_octet_for_octet);
    tcase_add_loop_test(t, an_odd_query_gets_its_code, 0, G_N_ELEMENTS(queries));
    tcase_add_test(t, what_does_not_fit_is_told);
    tcase_add_test(t, edns_is_answered_with_edns);
    tcase_add_test(t, a_broadcast_question_is_not_recursed);
    tcase_add_test(t, a_large_zone_answers);
    tcase_add_test(t, a_large_zone_is_not_scanned);
    suite_add_tcase(s, t);
    return s;
}
