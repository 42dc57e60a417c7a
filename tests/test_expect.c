/*
 * test_expect.c - expected packets in tcpdump's words: what a line may say, what `...` may skip,
 * when a time holds, and what a failure tells.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/expect.h"

#include "support/frame.h"

#include <check.h>
#include <string.h>

static Sim *sim;
static Node *client, *server;
static Recorder *rec;
static GArray *seen; /* of Seen */

static bool is_node(void *self, const char *name)
{
    (void)self;
    return strcmp(name, "client") == 0 || strcmp(name, "server") == 0;
}

static bool owns(void *self, const char *name, IpAddr addr)
{
    return is_node(self, name) &&
           ip_equal(ip_v4(strcmp(name, "client") == 0 ? FRAME_A : FRAME_B), addr);
}

static const ExpectNames names = { .is_node = is_node, .owns = owns };

static DropReason take(void *owner, Packet *pkt)
{
    (void)owner;
    packet_free(pkt);
    return DROP_NONE;
}

static void setup(void)
{
    sim = sim_new(1);
    client = node_new(sim, "client", NODE_HOST);
    server = node_new(sim, "server", NODE_HOST);
    node_add_port(client, NULL)->input = take;
    node_add_port(server, NULL)->input = take;
    link_new(sim, node_port(client, "eth0"), node_port(server, "eth0"), &link_defaults,
             &link_defaults);
    rec = recorder_new(sim);
    seen = g_array_new(FALSE, FALSE, sizeof(Seen));
}

static void teardown(void)
{
    for (guint i = 0; i < seen->len; i++)
        g_free((Record *)(uintptr_t)g_array_index(seen, Seen, i).rec);
    g_array_free(seen, TRUE);
    recorder_free(rec);
    sim_free(sim);
}

/* Sends it at this instant, and shows what was put on the wire. */
static void show(SimTime t, Node *from, Packet *pkt, const char *label)
{
    Seen s = { NULL, label };

    sim_run(sim, t, 0);
    sim->sched.now = t;
    uint64_t serial = recorder_end(rec);
    port_send(node_port(from, "eth0"), pkt);
    s.rec = g_memdup2(recorder_get(rec, serial), sizeof *s.rec);
    g_array_append_val(seen, s);
}

static void tcp(SimTime t, bool up, uint8_t flags, uint32_t seq, uint32_t ack, size_t len)
{
    TcpHdr h = { .flags = flags, .seq = seq, .ack = ack, .window = 65535 };

    h.src_port = up ? 40000 : 80;
    h.dst_port = up ? 80 : 40000;
    if (flags & TCP_SYN)
        h.opt = (TcpOptions){ .has_mss = true, .mss = 1460, .sack_permitted = true };
    Packet *pkt = frame_tcp(sim, up ? FRAME_A : FRAME_B, up ? FRAME_B : FRAME_A, &h, len, SENT_RAW);
    show(t, up ? client : server, pkt, NULL);
}

/* ARP, the handshake, 100 bytes up, and their ACK. */
static void a_short_story(void)
{
    show(0, client, frame_arp(sim, ARP_OP_REQUEST, FRAME_A, FRAME_B), NULL);
    show(20 * MSEC, server, frame_arp(sim, ARP_OP_REPLY, FRAME_B, FRAME_A), NULL);
    tcp(20 * MSEC, true, TCP_SYN, 1000, 0, 0);
    tcp(80 * MSEC, false, TCP_SYN | TCP_ACK, 5000, 1001, 0);
    tcp(80 * MSEC, true, TCP_ACK, 1001, 5001, 0);
    tcp(80500 * USEC, true, TCP_PSH | TCP_ACK, 1001, 5001, 100);
    tcp(140 * MSEC + 1, false, TCP_ACK, 5001, 1101, 0);
}

static char *match(const char *text)
{
    GError *error = NULL;
    Expectation *e = expect_parse(text, &names, &error);
    char *report = NULL;

    ck_assert_msg(error == NULL, "%s", error != NULL ? error->message : "");
    bool ok =
        expect_match(e, (const Seen *)(void *)seen->data, seen->len, recorder_flows(rec), &report);
    ck_assert(ok == (report == NULL));
    expect_free(e);
    return report;
}

static const char *const good[] = {
    /* as scenario-api.md writes it */
    "  0.000  arp request 10.0.0.2\n"
    "  0.020  arp reply\n"
    "  0.020  client > server  [S]   seq 0\n"
    "  0.080  server > client  [S.]  seq 0 ack 1\n"
    " +0.000  client > server  [.]   ack 1\n"
    "  ...\n",
    /* as tcpdump prints it */
    "...\n"
    "IP 10.0.0.2.80 > 10.0.0.1.40000: Flags [S.], seq 0, ack 1, win 65535, options [mss "
    "1460,nop,nop,sackOK], length 0\n"
    "IP client.40000 > server.80: Flags [.], ack 1, win 65535, length 0\n"
    "IP client.40000 > server.80: Flags [P.], seq 1:101, ack 1, length 100: HTTP: whatever, 5\n"
    "...\n",
    ("0.000000 ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28\n"
     "ARP, Reply 10.0.0.2 is-at 02:00:00:00:00:01, length 28\n..."),
    "arp request server\narp reply server\n...",
    "...",
    "... \n  -- nothing but a comment\n...\n",
    "...\n[.] ack 101",
    "...\n <mss 1460> [S.]\n...",
    "...\n[S] options [sackOK]\n...",
    "... # skips\nclient:40000 > server:80 [P.] length 100 -- the data\n...",
    /* the greedy way is not the right one */
    "...\n[.]\n...\n[P.]\n...",
    "...\nclient > server\n[P.]\n...",
    "...\n[.]\n[P.]\n[.]",
    "...\n[S.]\n...\n+0.0600 [.]\n",
    "...\nclient > server\n...\n+0.0005 [P.]\n...",
    /* times round half up */
    "...\n0.081 [P.]\n...",
    "...\n0.0805 [P.]\n...",
    "...\n0.1 [P.]\n...",
    "...\n0.140 [.]",
    "...\n0.140000001 [.]",
    "...\n0 arp reply\n...",
};

START_TEST(holds)
{
    a_short_story();
    char *report = match(good[_i]);
    ck_assert_msg(report == NULL, "%s\n%s", good[_i], report);
}
END_TEST

static const struct {
    const char *text, *says; /* says: the report must contain it */
} bad[] = {
    { "", "7 more packets came than expected" },
    { "...\n[.] ack 1\n[P.]", "1 more packet came than expected\n" },
    { "arp reply\n...", "line 1: arp reply\n  this packet is another: it is an arp request" },
    { "arp\narp\n[S]\n[R.]\n...", "the flags are [S.], not [R.]" },
    { "arp\narp\n[S]\n[S.] ack 2\n...", "ack is 1, not 2" },
    { "arp\narp\nclient.40001 > server [S]\n...", "the source port is 40000, not 40001" },
    { "arp\narp\nserver > client [S]\n...", "the source is 10.0.0.1, not server" },
    { "arp\narp\n[S] options [wscale 7]\n...", "it has no option 'wscale 7'" },
    { "arp\narp\n[S] ack 0\n...", "it has no ACK" },
    { "...\n0.080 [P.]\n...", "it came at 0.0805" },
    { "...\n[S.]\n+0.001 [.]\n...", "it came at 0.000 after the line before" },
    { "...\n0.140000000 [.]", "it came at 0.140000001" },
    { "...\n[P.]\n...\n[S]\n...", "line 4: [S]\n  none of the packets after the line before" },
    { "...\n[P.]\n[.]\n[.]", "line 4: [.]\n  no packet came there" },
    { "...\nudp\n...", "line 2: udp" },
    { "...\nseq 0 length 28\n...", "line 2" },
};

START_TEST(fails_and_says_why)
{
    a_short_story();
    char *report = match(bad[_i].text);
    ck_assert_msg(report != NULL, "%s", bad[_i].text);
    ck_assert_msg(strstr(report, bad[_i].says) != NULL, "%s\n%s", bad[_i].text, report);
    g_free(report);
}
END_TEST

START_TEST(a_report_can_be_pasted)
{
    a_short_story();
    char *report = match("...\n[S]\nserver > client [R.]\n...");
    ck_assert_str_eq(report, "line 3: server > client [R.]\n"
                             "  this packet is another: the flags are [S.], not [R.]\n"
                             "    0.000  arp request 10.0.0.2\n"
                             "    0.020  arp reply 10.0.0.2\n"
                             "    0.020  client > server  [S]   seq 0\n"
                             "  > 0.080  server > client  [S.]  seq 0 ack 1\n"
                             "    0.080  client > server  [.]   ack 1\n"
                             "    0.0805  client > server  [P.]  seq 1:101 ack 1\n"
                             "    0.140000001  server > client  [.]   ack 101\n");
    g_free(report);
}
END_TEST

START_TEST(what_expect_line_prints_is_expected)
{
    GString *block = g_string_new(NULL);

    a_short_story();
    show(SEC, client, frame_udp(sim, FRAME_A, FRAME_B, 5, 7, 5), NULL);
    show(SEC, client, frame_echo(sim, FRAME_A, FRAME_B, false, 3), NULL);
    show(SEC, server, frame_echo(sim, FRAME_B, FRAME_A, true, 3), NULL);
    show(SEC, client, frame_fragment(sim, FRAME_A, FRAME_B, 0, true, 1480), NULL);
    show(SEC, client, frame_fragment(sim, FRAME_A, FRAME_B, 1480, false, 520), NULL);
    for (guint i = 0; i < seen->len; i++) {
        expect_line(g_array_index(seen, Seen, i).rec, recorder_flows(rec), &names, block);
        g_string_append_c(block, '\n');
    }
    char *report = match(block->str);
    ck_assert_msg(report == NULL, "%s\n%s", block->str, report);
    ck_assert_ptr_nonnull(strstr(block->str, "1.000  client > server  udp length 5\n"));
    ck_assert_ptr_nonnull(strstr(block->str, "1.000  server > client  icmp echo-reply seq 3\n"));
    g_string_free(block, TRUE);
}
END_TEST

START_TEST(other_protocols_have_their_words)
{
    show(0, client, frame_udp(sim, FRAME_A, FRAME_B, 5, 7, 5), "DATA 0");
    show(0, client, frame_echo(sim, FRAME_A, FRAME_B, false, 1), NULL);
    show(0, client, frame_fragment(sim, FRAME_A, FRAME_B, 1480, false, 520), NULL);
    ck_assert_ptr_null(match("\"DATA 0\"\n...\n"));
    ck_assert_ptr_null(match("client.5 > server.7: UDP, length 5\nicmp echo-request\n...\n"));
    ck_assert_ptr_null(
        match("...\nclient > server: ICMP echo request, id 7, seq 1, length 64\n...\n"));
    ck_assert_ptr_null(match("...\nIP 10.0.0.1 > 10.0.0.2: ip-proto-17\n"));
    ck_assert_ptr_null(match("...\nfragment offset 1480\n"));
    char *report = match("\"DATA 1\"\n...");
    ck_assert_ptr_nonnull(strstr(report, "> 0.000  client > server  \"DATA 0\""));
    g_free(report);
}
END_TEST

static const struct {
    const char *text, *error;
} wrong[] = {
    { "[S]\nclinet > server [S]", "line 2: nobody is called 'clinet'" },
    { "client > server [SX]", "line 1: [SX] are no TCP flags; they are letters of FSRP.UEW" },
    { "client > server [S] sec 0", "line 1: what is 'sec'?" },
    { "client > server [S] seq", "line 1: seq wants a number, or two with a colon" },
    { "client > server [S] seq 1:x", "line 1: seq wants a number after the colon" },
    { "client > server [S] ack one", "line 1: ack wants a number" },
    { "0.0000000001 [S]",
      "line 1: '0.0000000001' is no time in seconds with at most nine decimals" },
    { "client > server udp ack 1", "line 1: two protocols in one line" },
    { "arp reply 10.0.0.2 is-at nowhere", "line 1: 'nowhere' is no MAC address" },
    { "arp request 10.0.0.300", "line 1: nobody is called '10.0.0.300'" },
    { "client >", "line 1: nobody after '>'" },
    { "client.70000 > server", "line 1: nobody is called 'client.70000'" },
    { "+", "line 1: what is '+'?" },
};

START_TEST(a_mistake_is_told_with_its_line)
{
    GError *error = NULL;

    ck_assert_ptr_null(expect_parse(wrong[_i].text, &names, &error));
    ck_assert_str_eq(error->message, wrong[_i].error);
    g_error_free(error);
}
END_TEST

START_TEST(nothing_is_expected_of_nothing)
{
    ck_assert_ptr_null(match(""));
    ck_assert_ptr_null(match("..."));
    char *report = match("[S]");
    ck_assert_ptr_nonnull(strstr(report, "no packet came there"));
    g_free(report);
}
END_TEST

Suite *expect_suite(void);
Suite *expect_suite(void)
{
    Suite *suite = suite_create("expect");
    TCase *tc = tcase_create("expect");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, holds, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(tc, fails_and_says_why, 0, G_N_ELEMENTS(bad));
    tcase_add_test(tc, a_report_can_be_pasted);
    tcase_add_test(tc, what_expect_line_prints_is_expected);
    tcase_add_test(tc, other_protocols_have_their_words);
    tcase_add_loop_test(tc, a_mistake_is_told_with_its_line, 0, G_N_ELEMENTS(wrong));
    tcase_add_test(tc, nothing_is_expected_of_nothing);
    suite_add_tcase(suite, tc);
    return suite;
}
