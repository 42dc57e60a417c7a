/*
 * test_filter.c - which frames an expression or a field table means, and which names are refused.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/filter.h"

#include <check.h>
#include <string.h>

/* The frames of the dissector's test serve here too, by their names. */
static const struct {
    const char *what, *hex, *absolute, *relative, *verbose;
} frames[] = {
#include "dissect_lines.inc"
};

enum { FRAME_MAX = 2048 };

static size_t frame(const char *what, uint8_t out[static FRAME_MAX])
{
    for (size_t i = 0; i < G_N_ELEMENTS(frames); i++)
        if (strcmp(frames[i].what, what) == 0) {
            size_t n = strlen(frames[i].hex) / 2;
            for (size_t j = 0; j < n; j++)
                out[j] = (uint8_t)(g_ascii_xdigit_value(frames[i].hex[2 * j]) << 4 |
                                   g_ascii_xdigit_value(frames[i].hex[2 * j + 1]));
            return n;
        }
    ck_abort_msg("no frame called %s", what);
    return 0;
}

/* The names of all frames that match, with commas. */
static char *matching(const Filter *f, const Flows *flows)
{
    GString *out = g_string_new(NULL);
    uint8_t  bytes[FRAME_MAX];

    for (size_t i = 0; i < G_N_ELEMENTS(frames); i++) {
        size_t n = frame(frames[i].what, bytes);
        if (filter_match(f, (Span){ bytes, n }, n, NEVER, flows))
            g_string_append_printf(out, "%s%s", out->len > 0 ? ", " : "", frames[i].what);
    }
    return g_string_free(out, FALSE);
}

static bool resolve(void *self, const char *name, IpAddr *out)
{
    (void)self;
    if (strcmp(name, "client") == 0 || strcmp(name, "c-1") == 0 || strcmp(name, "ra") == 0)
        *out = ip_v4(0x0a000001);
    else if (strcmp(name, "server.lab") == 0 || strcmp(name, "host") == 0)
        *out = ip_v4(0x0a000002);
    else
        return false;
    return true;
}

static const struct {
    const char *expression, *matches;
} good[] = {
    { "arp", "ARP asks, ARP answers, ARP announces, ARP probes a known station" },
    { "arp and src host client", "ARP asks, ARP announces, ARP probes a known station" },
    { "tcp src port 80 and tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "SYN-ACK, FIN" },
    { "src server.lab and tcp", "SYN-ACK, SACK, response, middle of a body, FIN" },
    { "src \\host and udp", "answer, no such name" },
    { "host c-1 and udp port 53", "query, answer, no such name" },
    { "host ra and port 53 and tcp", "query over TCP" },
    { "icmp[icmptype] == icmp-echo", "echo" },
    { "icmp[icmptype]=icmp-unreach and icmp[icmpcode] = 4", "fragmentation needed" },
    { "ip[6:2] & 0x1fff != 0", "later fragment" },
    { "udp portrange 50-60", "query, answer, no such name" },
    { "ether broadcast and not arp",
      "RARP, DHCP discovers, DHCP offers, DHCP refuses, DHCP in other fields, "
      "DHCP through an agent, BOOTP, DHCP cut" },
    { "ether proto 0x88b5", "unknown EtherType" },
    { "ether proto \\rarp", "RARP" },
    { "ip proto 99", "unknown protocol" },
    { "ip proto \\icmp and src net 10.0.0.0/8 and greater 80",
      "fragmentation needed" },
    { "ether src 02:00:00:00:00:01 and udp and ip[8] < 2", "congestion experienced" },
    { "tcp[13] == 0", "no flags" },
    { "len -10 == 32 and arp[7] = 2", "ARP answers" },
};

START_TEST(expressions_mean_what_libpcap_says)
{
    GError *error = NULL;
    Filter *f = filter_new_expression(good[_i].expression, resolve, NULL, &error);

    ck_assert_msg(f != NULL, "%s", error != NULL ? error->message : "");
    char *got = matching(f, NULL);
    ck_assert_msg(strcmp(got, good[_i].matches) == 0, "%s:\n%s", good[_i].expression, got);
    g_free(got);
    filter_free(f);
}
END_TEST

static const struct {
    const char *expression, *says;
} bad[] = {
    { "host nobody", "filter 'host nobody': no node is called 'nobody'" },
    { "localhost", "filter 'localhost': no node is called 'localhost'" },
    { "tcp prot 80", "filter 'tcp prot 80': no node is called 'prot', did you mean 'port'?" },
    { "port http",
      "filter 'port http': a port is a number, 'http' would be looked up on the machine" },
    { "tcp dst portrange http-443", "filter 'tcp dst portrange http-443': a port is a number, "
      "'http-443' would be looked up on the machine" },
    { "gateway client", "filter 'gateway client': 'gateway' needs a look-up on the machine; "
      "say 'ether host' and a MAC address" },
    { "inbound", "filter 'inbound': 'inbound' has no meaning on a wire; say 'src' and a node" },
    { "ip proto \\ospf", "filter 'ip proto \\ospf': unknown protocol 'ospf', give its number" },
    { "tcp port", "filter 'tcp port': syntax error" },
    { "(tcp", "filter '(tcp': syntax error" },
    { "tcp and $x", "filter 'tcp and $x': syntax error at '$x'" },
    { "\\", "filter '\\': syntax error at '\\'" },
    { "tcp and udp", "filter 'tcp and udp': expression rejects all packets" },
    { "host 1.2.3.4.5", "filter 'host 1.2.3.4.5': no node is called '1.2.3.4.5'" },
    { "host 1-2", "filter 'host 1-2': no node is called '1-2'" },
    { "ether host 1:2:3", "filter 'ether host 1:2:3': '1:2:3' is not an address" },
    { "host ab:cd:ef:zz", "filter 'host ab:cd:ef:zz': 'ab:cd:ef:' is not an address" },
    { "host client.lab", "filter 'host client.lab': no node is called 'client.lab'" },
};

START_TEST(refuses_what_it_cannot_mean)
{
    GError *error = NULL;
    Filter *f = filter_new_expression(bad[_i].expression, resolve, NULL, &error);

    ck_assert_ptr_null(f);
    ck_assert_ptr_nonnull(error);
    ck_assert_str_eq(error->message, bad[_i].says);
    g_error_free(error);
}
END_TEST

typedef bool (*SetField)(FilterSpec *spec, const char *text, GError **error);

static const struct {
    SetField    set;
    const char *text, *matches;
} fields[] = {
    { filter_spec_flags, "S", "SYN, unknown options, option longer than the header, "
      "data offset too small, bad TCP checksum" },
    { filter_spec_flags, ".S", "SYN-ACK" },
    { filter_spec_flags, "F.", "FIN" },
    { filter_spec_flags, "SEW", "ECN SYN" },
    { filter_spec_flags, "none", "no flags" },
    { filter_spec_flags, "U", "" },
    { filter_spec_icmp, "echo-request", "echo" },
    { filter_spec_icmp, "fragmentation-needed", "fragmentation needed" },
    { filter_spec_icmp, "destination-unreachable", "port unreachable, host unreachable, "
      "net unreachable, protocol unreachable, fragmentation needed, prohibited" },
    { filter_spec_icmp, "time-exceeded", "TTL ran out, reassembly timed out" },
    { filter_spec_icmp, "ttl-zero-during-reassembly", "reassembly timed out" },
    { filter_spec_icmp, "address-mask-reply", "" },
    { filter_spec_arp, "request", "ARP asks, ARP announces, ARP probes a known station" },
    { filter_spec_arp, "reply", "ARP answers" },
};

START_TEST(field_values_choose_frames)
{
    GError    *error = NULL;
    FilterSpec spec = filter_spec_any;

    ck_assert(fields[_i].set(&spec, fields[_i].text, &error));
    Filter *f = filter_new_spec(&spec);
    char   *got = matching(f, NULL);
    ck_assert_msg(strcmp(got, fields[_i].matches) == 0, "%s:\n%s", fields[_i].text, got);
    g_free(got);
    filter_free(f);
}
END_TEST

static const struct {
    SetField    set;
    const char *text, *says;
} wrong_fields[] = {
    { filter_spec_flags, "SA",
      "'SA' is not TCP flags: letters of 'FSRP.UEW' as tcpdump prints them "
      "('.' is ACK), each at most once, or 'none'" },
    { filter_spec_flags, "SS",
      "'SS' is not TCP flags: letters of 'FSRP.UEW' as tcpdump prints them "
      "('.' is ACK), each at most once, or 'none'" },
    { filter_spec_icmp, "echo-requst",
      "no ICMP message is called 'echo-requst', did you mean 'echo-request'?" },
    { filter_spec_arp, "who-has", "'who-has' is not an ARP operation: 'request' or 'reply'" },
};

START_TEST(field_values_are_checked)
{
    GError    *error = NULL;
    FilterSpec spec = filter_spec_any;

    ck_assert(!wrong_fields[_i].set(&spec, wrong_fields[_i].text, &error));
    ck_assert_str_eq(error->message, wrong_fields[_i].says);
    g_error_free(error);
}
END_TEST

static const struct {
    FilterSpec  spec;
    const char *matches;
} specs[] = {
    { { .icmp_type = -1, .icmp_code = -1, .tcp = true, .has_data = true, .data = true },
      "request, response, middle of a body, RST with ACK and words, urgent, query over TCP" },
    { { .icmp_type = -1, .icmp_code = -1, .udp = true, .has_dport = true, .dport = 9 },
      "first fragment" },
    { { .icmp_type = -1, .icmp_code = -1, .udp = true, .has_sport = true, .sport = 53 },
      "answer, no such name" },
    { { .icmp_type = -1, .icmp_code = -1, .arp = true, .src = { 0, 0xffff0a000002 } },
      "ARP answers" },
    { { .icmp_type = -1, .icmp_code = -1, .tcp = true, .has_seq = true, .seq = 1 },
      "ACK, request, SACK, response" },
    { { .icmp_type = -1, .icmp_code = -1, .has_ack = true, .ack = 19, .has_data = true },
      "SACK, FIN" },
    { { .icmp_type = -1, .icmp_code = -1, .icmp = true, .has_data = true },
      "" },
};

START_TEST(fields_go_together)
{
    Heap     heap = { 0 };
    Flows   *flows = flows_new(&heap);
    Filter  *f = filter_new_spec(&specs[_i].spec);
    TcpHdr   syn = { .src_port = 49152, .dst_port = 80, .seq = 1000000000, .flags = TCP_SYN };
    TcpHdr   ack = { .src_port = 80, .dst_port = 49152, .seq = 2000000000, .ack = 1000000001,
                     .flags = TCP_SYN | TCP_ACK };

    flows_see(flows, ip_v4(0x0a000001), ip_v4(0x0a000002), &syn, 0, NEVER);
    flows_see(flows, ip_v4(0x0a000002), ip_v4(0x0a000001), &ack, 0, NEVER);
    char *got = matching(f, flows);
    /* Connections that nobody saw begin count from their first number: not of interest here. */
    if (specs[_i].spec.has_seq || specs[_i].spec.has_ack)
        ck_assert_msg(g_str_has_prefix(got, specs[_i].matches), "%s", got);
    else
        ck_assert_str_eq(got, specs[_i].matches);
    g_free(got);
    filter_free(f);
    flows_free(flows);
    heap_clear(&heap);
}
END_TEST

START_TEST(cut_frames_match_as_far_as_they_go)
{
    FilterSpec spec = filter_spec_any;
    uint8_t    whole[FRAME_MAX];
    Heap       heap = { 0 };
    Flows     *flows = flows_new(&heap);

    spec.tcp = spec.has_flags = spec.has_seq = spec.has_data = spec.data = true;
    spec.flags = TCP_PSH | TCP_ACK;
    Filter *f = filter_new_spec(&spec);
    for (size_t i = 0; i < G_N_ELEMENTS(frames); i++) {
        size_t n = frame(frames[i].what, whole);
        for (size_t cut = 0; cut <= n; cut++) {
            uint8_t *bytes = g_memdup2(whole, MAX(cut, 1));
            bool     hit = filter_match(f, (Span){ bytes, cut }, n, NEVER, flows);
            ck_assert(!hit || cut >= 54);
            g_free(bytes);
        }
    }
    filter_free(f);
    flows_free(flows);
    heap_clear(&heap);
}
END_TEST

Suite *filter_suite(void);
Suite *filter_suite(void)
{
    Suite *suite = suite_create("filter");
    TCase *tc = tcase_create("filter");
    tcase_add_loop_test(tc, expressions_mean_what_libpcap_says, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(tc, refuses_what_it_cannot_mean, 0, G_N_ELEMENTS(bad));
    tcase_add_loop_test(tc, field_values_choose_frames, 0, G_N_ELEMENTS(fields));
    tcase_add_loop_test(tc, field_values_are_checked, 0, G_N_ELEMENTS(wrong_fields));
    tcase_add_loop_test(tc, fields_go_together, 0, G_N_ELEMENTS(specs));
    tcase_add_test(tc, cut_frames_match_as_far_as_they_go);
    suite_add_tcase(suite, tc);
    return suite;
}
