/*
 * test_dns_resolver.c - the recursive resolver and its cache, against servers that follow a script:
 * what it asks whom, what it believes, what it remembers.
 */
/* SPDX-License-Identifier: MIT */
#include "support/dnsnet.h"


#include <check.h>
#include <string.h>

Suite *dns_resolver_suite(void);

static DnsNet d;

#define ASKED(question, answer) ck_assert_str_eq(dnsnet_ask(&d, question), answer)
#define SOA_RECORD "example. 300 SOA ns.example. h.example. 1 2 3 4 300"

/* s1 is the root, s2 com, s3 example.com. */
static const DnsRule root[] = {
    { NULL, NULL, "ns com. 86400 NS ns.com.; ad ns.com. 86400 A 10.2.0.2" }, { 0 } };
static const DnsRule com[] = {
    { NULL, NULL, "ns example.com. 86400 NS ns.example.com.; "
                  "ad ns.example.com. 86400 A 10.3.0.2" }, { 0 } };

static void start(const DnsResolverConfig *cfg)
{
    dnsnet_init(&d);
    dnsnet_recursive(&d, cfg);
}

/* The root knows all of these answers itself. */
static void start_flat(const DnsRule *rules)
{
    start(NULL);
    dnsnet_script(&d, 1, rules);
}

static void tree(const DnsRule *example)
{
    start(NULL);
    dnsnet_script(&d, 1, root);
    dnsnet_script(&d, 2, com);
    dnsnet_script(&d, 3, example);
}

/* DNS-23, DNS-22, DNS-74: from the root down, with an OPT of its own; then from the nearest servers
 * that are known; then from the cache, the TTL lower by the seconds passed. */
START_TEST(asks_from_the_root_down_and_remembers)
{
    static const DnsRule example[] = {
        { "www.example.com.", "A", "aa an www.example.com. 300 A 10.9.9.9" },
        { "other.example.com.", "A", "aa opt an other.example.com. 300 A 10.9.9.8" }, { 0 } };

    tree(example);
    ASKED("www.example.com. A rd", "NOERROR rd ra; an www.example.com. 300 A 10.9.9.9");
    dnsnet_expect(&d, "s1 www.example.com. A opt\ns2 www.example.com. A opt\n"
                      "s3 www.example.com. A opt\n");
    ASKED("other.example.com. A rd opt=4096",
          "NOERROR rd ra opt=1232; an other.example.com. 300 A 10.9.9.8");
    dnsnet_expect(&d, "s3 other.example.com. A opt\n");
    dnsnet_wait(&d, 100 * SEC);
    ASKED("WWW.example.com. A rd", "NOERROR rd ra; an WWW.example.com. 199 A 10.9.9.9");
    ASKED("www.example.com. A", "NOERROR ra; an www.example.com. 199 A 10.9.9.9");
    ASKED("new.example.com. A", "REFUSED ra"); /* it recurses for who asks for it only */
    dnsnet_expect(&d, "");
    dnsnet_free(&d);
}
END_TEST

/* DNS-24: upward, sideways and circular referrals are not followed. */
START_TEST(a_referral_must_lead_nearer)
{
    static const DnsRule up[] = {
        { NULL, NULL, "ns com. 100 NS ns.com.; ad ns.com. 100 A 10.2.0.2" }, { 0 } };
    static const DnsRule sideways[] = {
        { NULL, NULL, "ns org. 100 NS ns.org.; ad ns.org. 100 A 10.1.0.2" }, { 0 } };

    for (int i = 0; i < 2; i++) {
        start(NULL);
        dnsnet_script(&d, 1, root);
        dnsnet_script(&d, 2, i == 0 ? up : sideways);
        ASKED("www.example.com. A rd", "SERVFAIL rd ra");
        dnsnet_expect(&d, "s1 www.example.com. A opt\ns2 www.example.com. A opt\n");
        dnsnet_free(&d);
    }
}
END_TEST

/* DNS-25: a chain over three zones, all of it in the answer. */
START_TEST(aliases_are_followed_over_zones)
{
    static const DnsRule top[] = {
        { "a.x.", NULL, "ns x. 900 NS ns.x.; ad ns.x. 900 A 10.2.0.2" },
        { "b.y.", NULL, "ns y. 900 NS ns.y.; ad ns.y. 900 A 10.3.0.2" },
        { "c.z.", NULL, "ns z. 900 NS ns.z.; ad ns.z. 900 A 10.4.0.2" }, { 0 } };

    start_flat(top);
    dnsnet_script(&d, 2, (const DnsRule[]){
        { NULL, NULL, "aa an a.x. 60 CNAME b.y.; an b.y. 60 A 10.6.6.6" }, { 0 } });
    dnsnet_script(&d, 3, (const DnsRule[]){ { NULL, NULL, "aa an b.y. 70 CNAME c.z." }, { 0 } });
    dnsnet_script(&d, 4, (const DnsRule[]){ { NULL, NULL, "aa an c.z. 80 A 10.9.9.9" }, { 0 } });
    ASKED("a.x. A rd", "NOERROR rd ra; an a.x. 60 CNAME b.y.; an b.y. 70 CNAME c.z.; "
                       "an c.z. 80 A 10.9.9.9");
    dnsnet_expect(&d, "s1 a.x. A opt\ns2 a.x. A opt\ns1 b.y. A opt\ns3 b.y. A opt\n"
                      "s1 c.z. A opt\ns4 c.z. A opt\n");
    dnsnet_free(&d);
}
END_TEST

/* DNS-26: a loop ends, and so does a chain of more than 16. */
START_TEST(loops_and_long_chains_end)
{
    static DnsRule rules[19];
    static char names[19][16], replies[18][64];

    start_flat((const DnsRule[]){ { "a.x.", NULL, "aa an a.x. 60 CNAME b.x." },
                                  { "b.x.", NULL, "aa an b.x. 60 CNAME a.x." }, { 0 } });
    ASKED("a.x. A rd", "SERVFAIL rd ra");
    dnsnet_expect(&d, "s1 a.x. A opt\ns1 b.x. A opt\n");
    dnsnet_free(&d);
    for (int n = 16; n <= 17; n++) {
        memset(rules, 0, sizeof rules);
        for (int i = 0; i <= n; i++) {
            g_snprintf(names[i], sizeof names[i], "n%d.x.", i);
            g_snprintf(replies[i], sizeof replies[i],
                       i < n ? "aa an n%d.x. 60 CNAME n%d.x." : "aa an n%d.x. 60 A 10.9.9.9", i,
                       i + 1);
            rules[i] = (DnsRule){ names[i], NULL, replies[i] };
        }
        start_flat(rules);
        ck_assert(g_str_has_prefix(dnsnet_ask(&d, "n0.x. A rd opt=1232"),
                                   n == 16 ? "NOERROR" : "SERVFAIL"));
        dnsnet_free(&d);
    }
}
END_TEST

static const DnsRule two_servers[] = {
    { NULL, NULL, "ns x. 900 NS n2.x.; ns x. 900 NS n3.x.; ns x. 900 NS n4.x.; "
                  "ad n2.x. 900 A 10.2.0.2; ad n3.x. 900 A 10.3.0.2; ad n4.x. 900 A 10.4.0.2" },
    { 0 } };
static const DnsRule good[] = { { NULL, NULL, "aa an www.x. 60 A 10.9.9.9" }, { 0 } };
static const DnsRule silent[] = { { 0 } };

/* DNS-27: who fails or is lame is left, and the next is asked at once. */
START_TEST(a_failing_server_is_left_at_once)
{
    static const char *const bad[] = { "SERVFAIL", "REFUSED", "NXDOMAIN", "FORMERR opt",
        "ns . 900 NS ns.x.", "ns x. 900 NS n2.x." };

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        start_flat(two_servers);
        dnsnet_script(&d, 2, (const DnsRule[]){ { NULL, NULL, bad[i] }, { 0 } });
        dnsnet_script(&d, 3, good);
        ASKED("www.x. A rd", "NOERROR rd ra; an www.x. 60 A 10.9.9.9");
        dnsnet_expect(&d, "s1 www.x. A opt\ns2 www.x. A opt\ns3 www.x. A opt\n");
        ck_assert_int_lt(sim_now(d.net->sim), 100 * MSEC);
        dnsnet_free(&d);
    }
    start_flat(two_servers);
    for (unsigned i = 2; i <= 4; i++)
        dnsnet_script(&d, i, (const DnsRule[]){ { NULL, NULL, "SERVFAIL" }, { 0 } });
    ASKED("www.x. A rd", "SERVFAIL rd ra");
    ck_assert_int_lt(sim_now(d.net->sim), 100 * MSEC);
    dnsnet_free(&d);
}
END_TEST

/* DNS-28: a server without an address is looked for first; two that need each other are given up. */
START_TEST(a_server_without_glue_is_looked_for)
{
    static const DnsRule rules[] = {
        { "www.x.", NULL, "ns x. 900 NS ns.y." },
        { "ns.y.", NULL, "ns y. 900 NS n.y.; ad n.y. 900 A 10.2.0.2" },
        { "www.p.", NULL, "ns p. 900 NS ns.q." }, { "ns.q.", NULL, "ns q. 900 NS ns.p." },
        { "ns.p.", NULL, "ns p. 900 NS ns.q." }, { 0 } };

    start_flat(rules);
    dnsnet_script(&d, 2, (const DnsRule[]){ { NULL, NULL, "aa an ns.y. 900 A 10.3.0.2" }, { 0 } });
    dnsnet_script(&d, 3, good);
    ASKED("www.x. A rd", "NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    dnsnet_expect(&d, "s1 www.x. A opt\ns1 ns.y. A opt\ns2 ns.y. A opt\ns3 www.x. A opt\n");
    ASKED("www.p. A rd", "SERVFAIL rd ra");
    dnsnet_expect(&d, "s1 www.p. A opt\ns1 ns.q. A opt\n");
    dnsnet_free(&d);
}
END_TEST

/* DNS-28: glue that has expired sends the resolver back to the parent, which has it. */
START_TEST(a_list_that_needs_itself_begins_at_the_parent)
{
    static const DnsRule short_glue[] = {
        { NULL, NULL, "ns x. 900 NS ns.x.; ad ns.x. 10 A 10.2.0.2" }, { 0 } };

    start_flat(short_glue);
    dnsnet_script(&d, 2, (const DnsRule[]){ { "a.x.", NULL, "aa an a.x. 60 A 10.9.9.1" },
                                            { "b.x.", NULL, "aa an b.x. 60 A 10.9.9.2" }, { 0 } });
    ASKED("a.x. A rd", "NOERROR rd ra; an a.x. 60 A 10.9.9.1");
    dnsnet_wait(&d, 20 * SEC);
    dnsnet_expect(&d, "s1 a.x. A opt\ns2 a.x. A opt\n");
    ASKED("b.x. A rd", "NOERROR rd ra; an b.x. 60 A 10.9.9.2");
    dnsnet_expect(&d, "s1 b.x. A opt\ns2 b.x. A opt\n");
    dnsnet_free(&d);
}
END_TEST

/* DNS-29, DNS-31, DNS-32: all servers in turn before one is asked again, which is then waited for
 * twice as long; after three rounds SERVFAIL. */
START_TEST(silence_is_waited_for_longer_and_longer)
{
    start_flat(two_servers);
    for (unsigned i = 2; i <= 4; i++) {
        dnsnet_script(&d, i, silent);
        d.s[i].times = true;
    }
    ASKED("www.x. A rd", "SERVFAIL rd ra");
    dnsnet_expect(&d, "s1 www.x. A opt\n"
                      "0.020 s2 www.x. A opt\n2.020 s3 www.x. A opt\n4.020 s4 www.x. A opt\n"
                      "6.020 s2 www.x. A opt\n10.020 s3 www.x. A opt\n14.020 s4 www.x. A opt\n"
                      "18.020 s2 www.x. A opt\n26.020 s3 www.x. A opt\n34.020 s4 www.x. A opt\n");
    ck_assert_int_eq(sim_now(d.net->sim), 42020 * MSEC);
    dnsnet_free(&d);
}
END_TEST

/* DNS-30: a zone with a hundred servers costs so many questions and no more. */
START_TEST(work_is_bounded)
{
    GString *hundred = g_string_new("ns x. 900 NS n0.y.");
    DnsRule rules[] = { { "www.x.", NULL, NULL }, { NULL, NULL, "NXDOMAIN aa" }, { 0 } };

    for (int i = 1; i < 100; i++)
        g_string_append_printf(hundred, "; ns x. 900 NS n%d.y.", i);
    rules[0].reply = hundred->str;
    start_flat(rules);
    ASKED("www.x. A rd", "SERVFAIL rd ra");
    unsigned asked = 0;
    for (const char *p = d.log->str; *p != 0; p++)
        asked += *p == '\n';
    ck_assert_uint_eq(asked, dns_resolver_defaults.max_queries);
    g_string_free(hundred, TRUE);
    dnsnet_free(&d);
}
END_TEST

/* DNS-35: ten who ask the same at once cost one question. */
START_TEST(the_same_question_is_asked_once)
{
    start_flat((const DnsRule[]){ { NULL, NULL, "aa an www.x. 60 A 10.9.9.9" }, { 0 } });
    for (int i = 0; i < 10; i++)
        dnsnet_post(&d, i % 2 == 0 ? "www.x. A rd" : "WWW.X. A rd");
    net_run(d.net);
    ck_assert_uint_eq(net_count(d.net, "h>c 10.0.0.1.53"), 10);
    ck_assert_uint_eq(strlen(d.log->str), strlen("s1 www.x. A opt\n"));
    dnsnet_free(&d);
}
END_TEST

/* --- what is believed ------------------------------------------------------------------------- */

/* DNS-42: what the servers of a zone say about other names is not kept. */
START_TEST(only_what_is_of_the_zone_is_believed)
{
    static const DnsRule liar[] = { { NULL, NULL,
        "aa an a.example.com. 300 A 10.9.9.9; ns bank. 300 NS ns.bank.; "
        "ad www.bank.com. 300 A 10.6.6.6; ad ns.bank. 300 A 10.6.6.6; "
        "an www.bank.com. 300 A 10.6.6.6" }, { 0 } };

    tree(liar);
    ASKED("a.example.com. A rd", "NOERROR rd ra; an a.example.com. 300 A 10.9.9.9");
    dnsnet_expect(&d, "s1 a.example.com. A opt\ns2 a.example.com. A opt\ns3 a.example.com. A opt\n");
    dnsnet_script(&d, 2, (const DnsRule[]){
        { NULL, NULL, "aa an www.bank.com. 300 A 10.9.9.7" }, { 0 } });
    ASKED("www.bank.com. A rd", "NOERROR rd ra; an www.bank.com. 300 A 10.9.9.7");
    dnsnet_expect(&d, "s2 www.bank.com. A opt\n");
    dnsnet_free(&d);
}
END_TEST

/* DNS-43: glue is no answer; what the zone itself says outranks it, and stays. */
START_TEST(the_zone_itself_is_believed_more_than_glue)
{
    static const DnsRule glue[] = {
        { NULL, NULL, "ns x. 900 NS ns.x.; ad ns.x. 900 A 10.2.0.2" }, { 0 } };

    start_flat(glue);
    dnsnet_script(&d, 2, (const DnsRule[]){
        { "www.x.", NULL, "aa an www.x. 60 A 10.9.9.9" },
        { "ns.x.", NULL, "aa an ns.x. 500 A 10.9.0.2" }, { 0 } });
    ASKED("www.x. A rd", "NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    ASKED("ns.x. A rd", "NOERROR rd ra; an ns.x. 500 A 10.9.0.2");
    dnsnet_expect(&d, "s1 www.x. A opt\ns2 www.x. A opt\ns2 ns.x. A opt\n");
    DnsCache *cache = dns_resolver_cache(dns_of(d.h)->resolver);
    DnsSet *set = dns_set_new(&(DnsName){ .len = 6, .b = "\2ns\1x" }, DNS_A, 900);
    dns_set_add(set, (Span){ (const uint8_t *)"\x0a\x02\0\2", 4 }, 900);
    dns_cache_put(cache, set, DNS_TRUST_ADDITIONAL);
    ASKED("ns.x. A rd", "NOERROR rd ra; an ns.x. 499 A 10.9.0.2");
    dns_set_free(set);
    dnsnet_free(&d);
}
END_TEST

/* --- the cache -------------------------------------------------------------------------------- */

/* DNS-46, DNS-47, DNS-48, DNS-50: kept for the TTL; 0 not at all, nor with the top bit; a year not
 * that long; and a new set takes the place of the old. */
START_TEST(an_entry_lives_as_long_as_its_ttl)
{
    static const DnsRule rules[] = {
        { "ten.x.", NULL, "aa an ten.x. 10 A 10.9.9.1; an ten.x. 10 A 10.9.9.2" },
        { "zero.x.", NULL, "aa an zero.x. 0 A 10.9.9.3" },
        { "year.x.", NULL, "aa an year.x. 31536000 A 10.9.9.4" }, { 0 } };
    static const DnsRule later[] = { { "ten.x.", NULL, "aa an ten.x. 10 A 10.9.9.5" },
        { "year.x.", NULL, "aa an year.x. 60 A 10.9.9.6" }, { 0 } };

    start_flat(rules);
    ASKED("ten.x. A rd", "NOERROR rd ra; an ten.x. 10 A 10.9.9.1; an ten.x. 10 A 10.9.9.2");
    ASKED("zero.x. A rd", "NOERROR rd ra; an zero.x. 0 A 10.9.9.3");
    ASKED("zero.x. A rd", "NOERROR rd ra; an zero.x. 0 A 10.9.9.3");
    ASKED("year.x. A rd", "NOERROR rd ra; an year.x. 31536000 A 10.9.9.4");
    ASKED("year.x. A rd", "NOERROR rd ra; an year.x. 604799 A 10.9.9.4");
    dnsnet_expect(&d, "s1 ten.x. A opt\ns1 zero.x. A opt\ns1 zero.x. A opt\ns1 year.x. A opt\n");
    dnsnet_script(&d, 1, later);
    dnsnet_wait(&d, 9 * SEC - sim_now(d.net->sim));
    ASKED("ten.x. A rd", "NOERROR rd ra; an ten.x. 1 A 10.9.9.1; an ten.x. 1 A 10.9.9.2");
    dnsnet_wait(&d, 10020 * MSEC - sim_now(d.net->sim));
    ASKED("ten.x. A rd", "NOERROR rd ra; an ten.x. 10 A 10.9.9.5");
    dnsnet_expect(&d, "s1 ten.x. A opt\n");
    dnsnet_wait(&d, 7 * 24 * HOUR);
    ASKED("year.x. A rd", "NOERROR rd ra; an year.x. 60 A 10.9.9.6");
    dnsnet_free(&d);
}
END_TEST

/* DNS-48: the top bit of a TTL makes it 0. */
START_TEST(a_ttl_has_31_bits)
{
    static const uint8_t bytes[] = "\0\7\x84\0\0\0\0\1\0\0\0\0" "\1a\0\0\1\0\1\x80\0\0\1\0\4\x0a\0\0\1";
    DnsMessage *m = dns_message_new();

    ck_assert_int_eq(dns_message_read(m, (Span){ bytes, sizeof bytes - 1 }), DNS_READ);
    ck_assert_uint_eq(dns_message_first(m, DNS_ANSWER, DNS_A)->ttl, 0);
    dns_message_free(m);
}
END_TEST

/* DNS-20: of different TTLs that come in one set the lowest counts. */
START_TEST(the_lowest_ttl_of_a_set_counts)
{
    static const uint8_t bytes[] = "\0\7\x84\0\0\0\0\2\0\0\0\0"
        "\1a\0\0\1\0\1\0\0\1\0\0\4\x0a\0\0\1" "\xc0\x0c\0\1\0\1\0\0\0\x09\0\4\x0a\0\0\2";
    DnsMessage *m = dns_message_new();

    ck_assert_int_eq(dns_message_read(m, (Span){ bytes, sizeof bytes - 1 }), DNS_READ);
    ck_assert_uint_eq(dns_message_first(m, DNS_ANSWER, DNS_A)->ttl, 9);
    ck_assert_uint_eq(dns_message_first(m, DNS_ANSWER, DNS_A)->n, 2);
    dns_message_free(m);
}
END_TEST

/* DNS-51, DNS-53: "no such name" is for every type, "no such data" for one; both as long as the SOA
 * says, with the SOA, whose TTL goes down. */
START_TEST(a_refusal_is_remembered)
{
    static const DnsRule rules[] = {
        { "no.example.", NULL, "NXDOMAIN aa ns " SOA_RECORD },
        { "yes.example.", "AAAA", "aa ns " SOA_RECORD },
        { "yes.example.", "A", "aa an yes.example. 900 A 10.9.9.9" }, { 0 } };

    start_flat(rules);
    ASKED("no.example. A rd", "NXDOMAIN rd ra; ns " SOA_RECORD);
    ASKED("yes.example. AAAA rd", "NOERROR rd ra; ns " SOA_RECORD);
    dnsnet_wait(&d, 100 * SEC - sim_now(d.net->sim));
    ASKED("no.example. MX rd", "NXDOMAIN rd ra; ns example. 200 SOA ns.example. h.example. 1 2 3 "
                               "4 300");
    ASKED("yes.example. AAAA rd", "NOERROR rd ra; ns example. 200 SOA ns.example. h.example. 1 2 "
                                  "3 4 300");
    dnsnet_expect(&d, "s1 no.example. A opt\ns1 yes.example. AAAA opt\n");
    ASKED("yes.example. A rd", "NOERROR rd ra; an yes.example. 900 A 10.9.9.9");
    dnsnet_wait(&d, 200 * SEC);
    ASKED("no.example. A rd", "NXDOMAIN rd ra; ns " SOA_RECORD);
    dnsnet_expect(&d, "s1 yes.example. A opt\ns1 no.example. A opt\n");
    dnsnet_free(&d);
}
END_TEST

/* DNS-52, DNS-58: without a SOA it is told and not remembered, and is no referral. */
START_TEST(a_refusal_without_soa_is_not_remembered)
{
    start_flat((const DnsRule[]){ { "no.x.", NULL, "NXDOMAIN aa" }, { NULL, NULL, "" }, { 0 } });
    ASKED("no.x. A rd", "NXDOMAIN rd ra");
    ASKED("no.x. A rd", "NXDOMAIN rd ra");
    ASKED("empty.x. A rd", "NOERROR rd ra");
    dnsnet_expect(&d, "s1 no.x. A opt\ns1 no.x. A opt\ns1 empty.x. A opt\n");
    dnsnet_free(&d);
}
END_TEST

/* DNS-54: a refusal is remembered for three hours at most. */
START_TEST(a_refusal_has_a_bound)
{
    start_flat((const DnsRule[]){ { NULL, NULL,
        "NXDOMAIN aa ns x. 604800 SOA a.x. b.x. 1 2 3 4 604800" }, { 0 } });
    dnsnet_ask(&d, "no.x. A rd");
    dnsnet_wait(&d, 3 * HOUR - SEC);
    dnsnet_ask(&d, "no.x. A rd");
    dnsnet_expect(&d, "s1 no.x. A opt\n");
    dnsnet_wait(&d, SEC);
    dnsnet_ask(&d, "no.x. A rd");
    dnsnet_expect(&d, "s1 no.x. A opt\n");
    dnsnet_free(&d);
}
END_TEST

/* DNS-55: a failure is remembered for a little while, never longer than five minutes. */
START_TEST(a_failure_is_soon_forgotten)
{
    start_flat((const DnsRule[]){ { NULL, NULL, "SERVFAIL" }, { 0 } });
    ASKED("www.x. A rd", "SERVFAIL rd ra");
    ASKED("www.x. A rd", "SERVFAIL rd ra");
    dnsnet_expect(&d, "s1 www.x. A opt\n");
    dnsnet_script(&d, 1, good);
    dnsnet_wait(&d, 301 * SEC);
    ASKED("www.x. A rd", "NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    dnsnet_free(&d);
}
END_TEST

/* DNS-56: below a name that does not exist there is nothing. */
START_TEST(nothing_is_below_what_does_not_exist)
{
    start_flat((const DnsRule[]){ { NULL, NULL, "NXDOMAIN aa ns " SOA_RECORD }, { 0 } });
    ASKED("a.example. A rd", "NXDOMAIN rd ra; ns " SOA_RECORD);
    ck_assert(g_str_has_prefix(dnsnet_ask(&d, "c.b.a.example. TXT rd"), "NXDOMAIN rd ra"));
    dnsnet_expect(&d, "s1 a.example. A opt\n");
    dnsnet_free(&d);
}
END_TEST

/* DNS-57: behind an alias it is the last name that does not exist; the alias does. */
START_TEST(nxdomain_behind_an_alias_is_of_the_target)
{
    start_flat((const DnsRule[]){ { "x.example.", NULL,
        "NXDOMAIN aa an x.example. 900 CNAME y.example.; ns " SOA_RECORD }, { 0 } });
    ASKED("x.example. A rd", "NXDOMAIN rd ra; an x.example. 900 CNAME y.example.; ns " SOA_RECORD);
    ck_assert(g_str_has_prefix(dnsnet_ask(&d, "y.example. A rd"), "NXDOMAIN rd ra; ns example."));
    ck_assert(g_str_has_prefix(dnsnet_ask(&d, "x.example. A rd"), "NXDOMAIN rd ra; an x.example."));
    ck_assert(g_str_has_prefix(dnsnet_ask(&d, "x.example. CNAME rd"), "NOERROR rd ra; an x."));
    dnsnet_expect(&d, "s1 x.example. A opt\n");
    dnsnet_free(&d);
}
END_TEST

/* --- EDNS, ICMP ------------------------------------------------------------------------------- */

/* DNS-75: who does not know EDNS is asked again without it, and that is remembered. */
START_TEST(without_edns_for_who_does_not_know_it)
{
    start_flat((const DnsRule[]){ { NULL, NULL, "FORMERR noq" }, { 0 } });
    dnsnet_post(&d, "www.x. A rd");
    dnsnet_wait(&d, 12 * MSEC); /* the first has reached it; the script changes */
    dnsnet_script(&d, 1, (const DnsRule[]){ { "www.x.", NULL, "aa an www.x. 60 A 10.9.9.9" },
                                            { NULL, NULL, "aa an v.x. 60 A 10.9.9.9" }, { 0 } });
    net_run(d.net);
    dnsnet_expect(&d, "s1 www.x. A opt\ns1 www.x. A\n");
    dnsnet_ask(&d, "v.x. A rd");
    dnsnet_expect(&d, "s1 v.x. A\n");
    dnsnet_free(&d);
}
END_TEST

/* DNS-77: a closed port ends the wait for that server. */
START_TEST(a_closed_port_is_not_waited_for)
{
    start_flat(two_servers); /* s2 runs no server */
    dnsnet_script(&d, 3, good);
    ASKED("www.x. A rd", "NOERROR rd ra; an www.x. 60 A 10.9.9.9");
    ck_assert_int_lt(sim_now(d.net->sim), 100 * MSEC);
    dnsnet_expect(&d, "s1 www.x. A opt\ns3 www.x. A opt\n");
    dnsnet_free(&d);
}
END_TEST

Suite *dns_resolver_suite(void)
{
    Suite *s = suite_create("dns_resolver");
    TCase *t = tcase_create("resolver");

    tcase_add_test(t, asks_from_the_root_down_and_remembers);
    tcase_add_test(t, a_referral_must_lead_nearer);
    tcase_add_test(t, aliases_are_followed_over_zones);
    tcase_add_test(t, loops_and_long_chains_end);
    tcase_add_test(t, a_failing_server_is_left_at_once);
    tcase_add_test(t, a_server_without_glue_is_looked_for);
    tcase_add_test(t, a_list_that_needs_itself_begins_at_the_parent);
    tcase_add_test(t, silence_is_waited_for_longer_and_longer);
    tcase_add_test(t, work_is_bounded);
    tcase_add_test(t, the_same_question_is_asked_once);
    tcase_add_test(t, only_what_is_of_the_zone_is_believed);
    tcase_add_test(t, the_zone_itself_is_believed_more_than_glue);
    tcase_add_test(t, an_entry_lives_as_long_as_its_ttl);
    tcase_add_test(t, a_ttl_has_31_bits);
    tcase_add_test(t, the_lowest_ttl_of_a_set_counts);
    tcase_add_test(t, a_refusal_is_remembered);
    tcase_add_test(t, a_refusal_without_soa_is_not_remembered);
    tcase_add_test(t, a_refusal_has_a_bound);
    tcase_add_test(t, a_failure_is_soon_forgotten);
    tcase_add_test(t, nothing_is_below_what_does_not_exist);
    tcase_add_test(t, nxdomain_behind_an_alias_is_of_the_target);
    tcase_add_test(t, without_edns_for_who_does_not_know_it);
    tcase_add_test(t, a_closed_port_is_not_waited_for);
    suite_add_tcase(s, t);
    return s;
}
