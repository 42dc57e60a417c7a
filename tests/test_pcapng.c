/*
 * test_pcapng.c - captures: what is recorded at which vantage, with which comments, and that the
 * usual tools read it.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/fault.h"
#include "sim/view/pcapng.h"
#include "support/net.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* a - r1 - b, and a capture of what they say to each other. */
typedef struct World {
    Net     *net;
    Stack   *a, *r, *b;
    Link    *near, *far;
    Capture *cap;
    FILE    *file;
    char    *bytes;
    size_t   n;
} World;

static void world_init(World *w, const CaptureOptions *opt)
{
    LinkConfig cfg = link_defaults;

    *w = (World){ .net = net_new(1) };
    w->a = net_host(w->net, "a", NULL);
    w->r = net_router(w->net, "r1", NULL);
    w->b = net_host(w->net, "b", NULL);
    cfg.delay = 10 * MSEC;
    cfg.rate = 10000000;
    w->near = net_link_with(w->net, w->a->node, "10.0.1.1/24", w->r->node, "10.0.1.2/24", &cfg);
    w->far = net_link_with(w->net, w->r->node, "10.0.2.1/24", w->b->node, "10.0.2.2/24", &cfg);
    net_route(w->a, "0.0.0.0/0", "10.0.1.2");
    net_route(w->b, "0.0.0.0/0", "10.0.2.1");
    w->file = open_memstream(&w->bytes, &w->n);
    w->cap = capture_new(w->net->sim, opt, w->file, NULL);
    ck_assert_ptr_nonnull(w->cap);
}

static void world_finish(World *w)
{
    net_run(w->net);
    ck_assert(capture_finish(w->cap));
    capture_free(w->cap);
    ck_assert_int_eq(fclose(w->file), 0);
    net_free(w->net);
}

static uint32_t little(const char *p, unsigned n)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < n; i++)
        v |= (uint32_t)(uint8_t)p[i] << 8 * i;
    return v;
}

/* " k:text" for each option, numbers as they are. */
static void show_options(const char *p, const char *end, uint32_t block, GString *out)
{
    while (p + 4 <= end && little(p, 2) != 0) {
        unsigned code = little(p, 2), n = little(p + 2, 2);
        bool     number = block == 6 ? code != 1 : block == 1 && code >= 6;
        if (number && code == 6)
            g_string_append_printf(out, " mac:%02x", (uint8_t)p[4 + 5]);
        else if (number)
            g_string_append_printf(out, " %u:%u", code, little(p + 4, MIN(n, 4)));
        else
            g_string_append_printf(out, " '%.*s'", (int)n, p + 4);
        p += 4 + (n + 3) / 4 * 4;
    }
}

static void show_block(const char *p, uint32_t type, uint32_t length, GString *out)
{
    const char *end = p + length - 4;

    switch (type) {
    case 0x0a0d0d0a:
        g_string_append(out, "section");
        show_options(p + 24, end, type, out);
        break;
    case 1:
        g_string_append(out, "interface");
        show_options(p + 16, end, type, out);
        break;
    case 4:
        g_string_append(out, "names");
        for (p += 8; little(p, 2) == 1; p += 4 + (little(p + 2, 2) + 3) / 4 * 4)
            g_string_append_printf(out, " %d.%d.%d.%d=%s", (uint8_t)p[4], (uint8_t)p[5],
                                   (uint8_t)p[6], (uint8_t)p[7], p + 8);
        break;
    case 6: {
        uint64_t t = (uint64_t)little(p + 12, 4) << 32 | little(p + 16, 4);
        uint32_t n = little(p + 20, 4);
        g_string_append_printf(out, "%u %u.%09u %u", little(p + 8, 4), (unsigned)(t / 1000000000),
                               (unsigned)(t % 1000000000), n);
        show_options(p + 28 + (n + 3) / 4 * 4, end, type, out);
        break;
    }
    default:
        g_string_append_printf(out, "block %u", type);
    }
    g_string_append_c(out, '\n');
}

/* A line for each block; checks lengths and alignment. */
static char *show(const World *w)
{
    GString *out = g_string_new(NULL);

    for (size_t at = 0; at < w->n;) {
        uint32_t length = little(w->bytes + at + 4, 4);
        ck_assert_uint_eq(length % 4, 0);
        ck_assert_uint_le(at + length, w->n);
        ck_assert_uint_eq(little(w->bytes + at + length - 4, 4), length);
        show_block(w->bytes + at, little(w->bytes + at, 4), length, out);
        at += length;
    }
    return g_string_free(out, FALSE);
}

static void expect(World *w, const char *text)
{
    char *got = show(w);

    ck_assert_msg(strcmp(got, text) == 0, "%s", got);
    g_free(got);
    free(w->bytes);
}

/* One datagram from a to a port of b's that nobody has opened. */
static void send_udp(World *w)
{
    NetError err;
    UdpSock *s = udp_open(stack_udp(w->a), IP4_ANY, 4000, &err);

    ck_assert_int_eq(udp_send(s, (Span){ (const uint8_t *)"hello", 5 }, ip("10.0.2.2"), 9), NET_OK);
}

#define SECTION "section 'a comment' 'stacklab " STACKLAB_VERSION "'\n"
#define NAMES "names 10.0.1.1=a 10.0.1.2=r1 10.0.2.1=r1 10.0.2.2=b\n"
#define IF_A "interface 'a.eth0' 'host a, eth0, 10.0.1.1/24' mac:01 8:10000000 9:9\n"
#define IF_B "interface 'b.eth0' 'host b, eth0, 10.0.2.2/24' mac:04 8:10000000 9:9\n"
#define SENT_UDP "'sent: the program sent a datagram (RFC 768)'"
#define SENT_ICMP "'sent: nobody listens on this UDP port (RFC 1122 §4.1.3.1)'"
#define NO_PORT "'dropped: no socket is bound to this port (RFC 1122 §4.1.3.1)'"

START_TEST(the_client_sees_both_directions)
{
    World w;

    world_init(&w, &(CaptureOptions){ .at = CAPTURE_CLIENT, .comment = "a comment" });
    net_warm(w.net);
    send_udp(&w);
    world_finish(&w);
    expect(&w, SECTION NAMES IF_A
           "0 0.000000000 47 " SENT_UDP " 2:2 5:1\n"
           "0 0.040195200 75 " SENT_ICMP " 2:1 5:2\n");
}
END_TEST

START_TEST(the_server_sees_the_other_end)
{
    World w;

    world_init(&w, &(CaptureOptions){ .at = CAPTURE_SERVER, .comment = "a comment" });
    net_warm(w.net);
    send_udp(&w);
    world_finish(&w);
    expect(&w, SECTION NAMES IF_B
           "0 0.020075200 47 " SENT_UDP " " NO_PORT " 2:1 5:1\n"
           "0 0.020075200 75 " SENT_ICMP " 2:2 5:2\n");
}
END_TEST

START_TEST(one_interface_records_what_passes_it)
{
    World w;

    world_init(&w, &(CaptureOptions){ .at = CAPTURE_INTERFACE, .comment = "a comment",
                                      .interface = "r1.eth1" });
    net_warm(w.net);
    send_udp(&w);
    world_finish(&w);
    expect(&w, SECTION NAMES
           "interface 'r1.eth1' 'router r1, eth1, 10.0.2.1/24' mac:03 8:10000000 9:9\n"
           "0 0.010037600 47 " SENT_UDP " 2:2 5:1\n"
           "0 0.030135200 75 " SENT_ICMP " 2:1 5:2\n");
}
END_TEST

START_TEST(all_tells_what_was_lost_and_why)
{
    World w;
    FaultOptions once = fault_options_default;

    world_init(&w, &(CaptureOptions){ .at = CAPTURE_ALL, .comment = "a comment" });
    net_warm(w.net);
    once.count = 1;
    fault_add(w.far, FAULT_DROP, &once, &(FaultCalls){ 0 }, "first (x.lua:3)");
    send_udp(&w);
    world_finish(&w);
    expect(&w, SECTION NAMES IF_A
           "0 0.000000000 47 " SENT_UDP " 2:2 5:1\n"
           "interface 'r1.eth0' 'router r1, eth0, 10.0.1.2/24' mac:02 8:10000000 9:9\n"
           "interface 'r1.eth1' 'router r1, eth1, 10.0.2.1/24' mac:03 8:10000000 9:9\n"
           "interface 'r1>b!dropped' 'what is lost on the way from r1 to b' 8:10000000 9:9\n"
           "1 0.010037600 47 " SENT_UDP " 2:1 5:1\n"
           "2 0.010037600 47 " SENT_UDP " 2:2 5:1\n"
           "3 0.010037600 47 " SENT_UDP " 'dropped by rule first (x.lua:3)'"
           " 'dropped: dropped by a fault rule of the scenario' 5:1\n");
}
END_TEST

/* The router is an end of what it asks, but the host is where that shows. */
START_TEST(a_routers_errors_show_at_the_host)
{
    World w;
    NetError err;

    world_init(&w, &(CaptureOptions){ .at = CAPTURE_CLIENT, .comment = "a comment" });
    net_warm(w.net);
    UdpSock *s = udp_open(stack_udp(w.a), IP4_ANY, 4000, &err);
    udp_set_ttl(s, 1);
    ck_assert_int_eq(udp_send(s, (Span){ (const uint8_t *)"hello", 5 }, ip("10.0.2.2"), 9), NET_OK);
    world_finish(&w);
    expect(&w, SECTION NAMES IF_A
           "0 0.000000000 47 " SENT_UDP " 2:2 5:1\n"
           "0 0.020097600 75 'sent: the time to live ran out here (RFC 1812 §5.3.1)' 2:1 5:2\n");
}
END_TEST

/* Forged with somebody else's address, it still shows where it left. */
START_TEST(forged_frames_say_so)
{
    static const uint8_t frame[60] = {
        0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01, 0x08, 0x00, 0x45, 0, 0, 20, 0, 0, 0, 0, 64,
        99,   0, 0, 203, 0, 113, 7, 10, 0, 1, 2,
    };
    World w;

    world_init(&w, &(CaptureOptions){ .at = CAPTURE_CLIENT, .comment = "a comment" });
    net_inject(g_ptr_array_index(w.a->node->ports, 0), (Span){ frame, sizeof frame });
    world_finish(&w);
    expect(&w, SECTION NAMES IF_A "0 0.000000000 60 'sent: forged by the scenario' 2:2 5:1\n");
}
END_TEST

START_TEST(an_idle_capture_is_still_one)
{
    World w;

    world_init(&w, &(CaptureOptions){ .at = CAPTURE_CLIENT, .comment = "a comment" });
    world_finish(&w);
    expect(&w, SECTION NAMES IF_A IF_B);

    world_init(&w, &(CaptureOptions){ .at = CAPTURE_INTERFACE, .interface = "nobody.eth7" });
    world_finish(&w);
    expect(&w, "section 'stacklab " STACKLAB_VERSION "'\n" NAMES "interface 'nobody.eth7' 9:9\n");
}
END_TEST

START_TEST(an_interface_must_be_named)
{
    GError *error = NULL;
    Sim    *sim = sim_new(1);

    ck_assert_ptr_null(
        capture_new(sim, &(CaptureOptions){ .at = CAPTURE_INTERFACE }, stdout, &error));
    ck_assert_str_eq(error->message,
                     "a capture at an interface needs its name, such as 'client.eth0'");
    g_error_free(error);
    sim_free(sim);
}
END_TEST

START_TEST(classic_pcap_has_nanoseconds)
{
    World w;

    world_init(&w, &(CaptureOptions){ .at = CAPTURE_SERVER, .classic = true });
    net_warm(w.net);
    send_udp(&w);
    world_finish(&w);
    ck_assert_uint_eq(w.n, 24 + 16 + 47 + 16 + 75);
    ck_assert_uint_eq(little(w.bytes, 4), 0xa1b23c4d);
    ck_assert_uint_eq(little(w.bytes + 24, 4), 0);
    ck_assert_uint_eq(little(w.bytes + 28, 4), 20075200);
    ck_assert_uint_eq(little(w.bytes + 32, 4), 47);
    free(w.bytes);
}
END_TEST

/* The output of a command about the capture; NULL if there is no such command here. */
static char *tool(const World *w, const char *name, const char *flags)
{
    char *found = g_find_program_in_path(name), *path = NULL;
    if (found == NULL)
        return NULL;
    int   fd = g_file_open_tmp("stacklab-XXXXXX", &path, NULL);
    FILE *f = fdopen(fd, "wb");
    ck_assert_uint_eq(fwrite(w->bytes, 1, w->n, f), w->n);
    ck_assert_int_eq(fclose(f), 0);
    char    *command = g_strdup_printf("%s %s -r %s 2>/dev/null", found, flags, path);
    GString *out = g_string_new(NULL);
    char     buf[1024];

    f = popen(command, "r");
    while (fgets(buf, sizeof buf, f) != NULL)
        g_string_append(out, buf);
    ck_assert_int_eq(pclose(f), 0);
    unlink(path);
    g_free(path);
    g_free(found);
    g_free(command);
    return g_string_free(out, FALSE);
}

static void check_tool(const World *w, const char *name, const char *flags, const char *text)
{
    char *got = tool(w, name, flags);

    ck_assert_msg(got == NULL || strcmp(got, text) == 0, "%s", got);
    g_free(got);
}

START_TEST(the_usual_tools_read_it)
{
    World w;

    world_init(&w, &(CaptureOptions){ .at = CAPTURE_CLIENT, .comment = "a comment" });
    send_udp(&w);
    world_finish(&w);
    check_tool(&w, "tcpdump", "-n -t",
               "ARP, Request who-has 10.0.1.2 tell 10.0.1.1, length 28\n"
               "ARP, Reply 10.0.1.2 is-at 02:00:00:00:00:02, length 28\n"
               "IP 10.0.1.1.4000 > 10.0.2.2.9: UDP, length 5\n"
               "ARP, Request who-has 10.0.2.2 tell 10.0.2.1, length 28\n"
               "ARP, Reply 10.0.2.2 is-at 02:00:00:00:00:04, length 28\n"
               "IP 10.0.2.2 > 10.0.1.1: ICMP 10.0.2.2 udp port 9 unreachable, length 41\n");
    check_tool(&w, "tshark",
               "-o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -T fields"
               " -e frame.interface_name"
               " -e frame.comment -e frame.packet_flags_direction -e frame.packet_id -Y icmp"
               " -E occurrence=a",
               "a.eth0\tsent: nobody listens on this UDP port (RFC 1122 §4.1.3.1)"
               "\t0x00000001\t6\n");
    check_tool(&w, "tshark",
               "-o ip.check_checksum:TRUE -o udp.check_checksum:TRUE"
               " -Y '_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0'", "");
    check_tool(&w, "tshark", "-N n -T fields -e ip.src_host -Y udp", "a\nb,a\n");
    free(w.bytes);
}
END_TEST

START_TEST(the_same_world_makes_the_same_bytes)
{
    World w[2];

    for (int i = 0; i < 2; i++) {
        world_init(&w[i], &(CaptureOptions){ .at = CAPTURE_ALL, .comment = "a comment" });
        send_udp(&w[i]);
        world_finish(&w[i]);
    }
    ck_assert_uint_eq(w[0].n, w[1].n);
    ck_assert_int_eq(memcmp(w[0].bytes, w[1].bytes, w[0].n), 0);
    free(w[0].bytes);
    free(w[1].bytes);
}
END_TEST

START_TEST(a_full_disk_is_told)
{
    Sim     *sim = sim_new(1);
    FILE    *full = fopen("/dev/full", "wb");
    Capture *cap = capture_new(sim, &(CaptureOptions){ .at = CAPTURE_ALL }, full, NULL);

    ck_assert(!capture_finish(cap));
    capture_free(cap);
    fclose(full);
    sim_free(sim);
}
END_TEST

Suite *pcapng_suite(void);
Suite *pcapng_suite(void)
{
    Suite *suite = suite_create("pcapng");
    TCase *tc = tcase_create("pcapng");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_client_sees_both_directions);
    tcase_add_test(tc, the_server_sees_the_other_end);
    tcase_add_test(tc, one_interface_records_what_passes_it);
    tcase_add_test(tc, all_tells_what_was_lost_and_why);
    tcase_add_test(tc, a_routers_errors_show_at_the_host);
    tcase_add_test(tc, forged_frames_say_so);
    tcase_add_test(tc, an_idle_capture_is_still_one);
    tcase_add_test(tc, an_interface_must_be_named);
    tcase_add_test(tc, classic_pcap_has_nanoseconds);
    tcase_add_test(tc, the_usual_tools_read_it);
    tcase_add_test(tc, the_same_world_makes_the_same_bytes);
    tcase_add_test(tc, a_full_disk_is_told);
    suite_add_tcase(suite, tc);
    return suite;
}
