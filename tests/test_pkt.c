/*
 * test_pkt.c - packetdrill's scripts: those in tests/pkt pass, and what is not a script, what cannot
 * be played and what the host does not do is told apart, with its line.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt.h"

#include <check.h>
#include <string.h>

static GPtrArray *scripts; /* of char *: the files of tests/pkt, sorted */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_scripts(void)
{
    const char *name;
    GDir *dir = g_dir_open(SOURCE_DIR "/tests/pkt", 0, NULL);

    scripts = g_ptr_array_new_with_free_func(g_free);
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        if (g_str_has_suffix(name, ".pkt"))
            g_ptr_array_add(scripts, g_strdup(name));
    if (dir != NULL)
        g_dir_close(dir);
    g_ptr_array_sort(scripts, by_text);
}

static PktVerdict play(const char *text, GString *report)
{
    return pkt_play("t.pkt", text, &(PktOptions){ .seed = 1 }, report);
}

START_TEST(every_script_passes)
{
    g_autofree char *path = g_build_filename(SOURCE_DIR "/tests/pkt", scripts->pdata[_i], NULL);
    g_autofree char *text = NULL;
    GString *report = g_string_new(NULL);

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    PktVerdict verdict = pkt_play(path, text, &(PktOptions){ .seed = 1 }, report);
    ck_assert_msg(verdict == PKT_PASSED, "%s", report->str);
    ck_assert_str_eq(report->str, "");
    g_string_free(report, TRUE);
}
END_TEST

/* One row per thing that is not as it should be: the script, the verdict, the report's beginning. */
static const struct {
    const char *text;
    PktVerdict  verdict;
    const char *report;
} rows[] = {
    { "", PKT_MALFORMED, "t.pkt:1: nothing happens in this script\n" },
    { "0 socket(..., SOCK_STREAM, IPPROTO_TCP = 3", PKT_MALFORMED, "t.pkt:1: ',' expected, got the end\n" },
    { "/* 0", PKT_MALFORMED, "t.pkt:1: the comment does not end\n" },
    { "+0 > Q 0:0(0)", PKT_MALFORMED, "t.pkt:1: unknown flag 'Q' (flags: F S R P . U E W, or -)\n" },
    { "0 < S 0:5(4) win 1", PKT_MALFORMED,
      "t.pkt:1: the sequence numbers are not as far apart as the length says\n" },
    { "0 < S 0:0(0)", PKT_MALFORMED, "t.pkt:1: an inbound packet needs its window\n" },
    { "0 < S 0:0(0) win 1 <...>", PKT_MALFORMED,
      "t.pkt:1: the options of an inbound packet must be said\n" },
    { "0 < S 0:0(0) win 1 <mss 70000>", PKT_MALFORMED,
      "t.pkt:1: the option's value 70000 is not from 0 to 65535\n" },
    { "\n\n.1 < S 0:0(0) win 1", PKT_MALFORMED, "t.pkt:3: the first event has to be at time 0\n" },
    { "0~1 < S 0:0(0) win 1", PKT_MALFORMED,
      "t.pkt:1: only an outbound packet can have any time or a range of times\n" },
    { "0 read(3, ..., 10) = -1 EWHAT", PKT_MALFORMED, "t.pkt:1: 'EWHAT' is not the name of an error\n" },
    { "--colour=red\n0 close(3) = -1", PKT_MALFORMED, "t.pkt:1: unknown option --colour\n" },
    { "--profile=bsd\n0 close(3) = -1", PKT_MALFORMED, "t.pkt:1: profile is rfc, linux or freebsd, not 'bsd'\n" },
    { "--tcp.mls=1s\n0 close(3) = -1", PKT_MALFORMED, "t.pkt:1: tcp: no field 'mls', did you mean 'msl'?" },
    { "0 frobnicate(3) = 0", PKT_SKIPPED, "t.pkt:1: skip: not supported: the call frobnicate\n" },
    { "0 close(SO_WHAT) = 0", PKT_SKIPPED, "t.pkt:1: skip: not supported: the constant SO_WHAT\n" },
    { "0 setsockopt(3, SOL_TCP, TCP_MD5SIG, [1], 4) = 0", PKT_SKIPPED,
      "t.pkt:1: skip: not supported: TCP MD5 signatures (RFC 2385)\n" },
    { "0 `rm -rf there`", PKT_SKIPPED, "t.pkt:1: skip: not supported: the command 'rm -rf there'\n" },
    { "--ip_version=ipv6\n0 close(3) = 0", PKT_SKIPPED, "t.pkt:1: skip: not supported: IPv6\n" },
    { "0 close(3) = -1 EBADF\n+0 %{ import os }%", PKT_SKIPPED,
      "t.pkt:2: skip: not supported: the statement 'import' in code\n" },
    { "0 close(3) = -1 EBADF\n+0 %{ assert tcpi_pacing_rate == 0 }%", PKT_SKIPPED,
      "t.pkt:2: skip: not supported: the field tcpi_pacing_rate of tcp_info\n" },
    { "0 close(3) = 0", PKT_FAILED, "t.pkt:1: FAIL: close returned -1 EBADF, expected 0\n" },
    { "0 close(3) = -1 EINVAL", PKT_FAILED, "t.pkt:1: FAIL: close returned -1 EBADF, expected -1 EINVAL\n" },
    { "0 < S 0:0(0) win 9\n+1 > R. 0:0(0) ack 1", PKT_FAILED,
      "t.pkt:2: FAIL: sent at 0s, expected at 1s, give or take 125ms\n" },
    { "0 < S 0:0(0) win 9\n+0 > R. 0:0(0) ack 2", PKT_FAILED,
      "t.pkt:2: FAIL: another packet was sent: acknowledgment\n  at 0.000000000 s\n"
      "  expected: IP 192.168.0.2.8080 > 192.0.2.1.40001: Flags [R.], seq 0, ack 2, win 0, length 0\n"
      "  actual:   IP 192.168.0.2.8080 > 192.0.2.1.40001: Flags [R.], seq 0, ack 1, win 0, length 0\n"
      "                                                                          ^^\n" },
    { "0 < R 0:0(0) win 9\n+0 > R. 0:0(0) ack 2", PKT_FAILED, "t.pkt:2: FAIL: nothing was sent\n" },
    { "--exact\n0 < S 0:0(0) win 9\n+1 close(3) = -1", PKT_FAILED,
      "t.pkt:3: FAIL: a packet was sent that is not expected\n" },
    { "--exact\n0 < S 0:0(0) win 9", PKT_FAILED, "t.pkt:2: FAIL: a packet was sent that is not expected\n" },
    { "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0...1 read(3, ..., 1) = 1", PKT_FAILED,
      "t.pkt:2: FAIL: read still blocks\n" },
    { "0 close(3) = -1\n+0 %{ x = 2; x += 3 }%\n+0 %{ assert x * 2 == 10 and not x < 5\nassert x > 7 }%",
      PKT_FAILED, "t.pkt:3: FAIL: assert x > 7: x is 5\n" },
};

START_TEST(tells_what_is_wrong_and_where)
{
    GString *report = g_string_new(NULL);
    PktVerdict verdict = play(rows[_i].text, report);

    ck_assert_msg(g_str_has_prefix(report->str, rows[_i].report), "got:\n%swanted:\n%s", report->str,
                  rows[_i].report);
    ck_assert_int_eq(verdict, rows[_i].verdict);
    g_string_free(report, TRUE);
}
END_TEST

/* These pass, each for a corner of the language. */
static const char *const texts[] = {
    "0 < S 0:0(0) win 9 # shell's comment\n+0 /* C's */ > R. 0:0(0) ack 1 // C++'s",
    "0 < S 0:0(0) win 9\n* > R. 0:0(0) ack 1",
    "0 < S 0:0(0) win 9\n0~.5 > R. 0:0(0) ack 1",
    "0 < S 0:0(0) win 9\n+0~+.5 > R. 0:0(0) ack 1",
    "--define=N=3\n0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = N\n+0 close(N) = 0",
    "--local_ip=10.1.2.3\n0 < (ttl 9) 7 > 9 S 0:0(0) win 1\n+0 > (ttl 64) 9 > 7 R. 0:0(0) ack 1",
    "0 < icmp echo_request id 7\n+0 > icmp echo_reply id 7",
    "0 < udp 5 > 9 (10)\n+0 > icmp unreachable port_unreachable [udp (10)]",
    "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 bind(3, ..., ...) = 0\n"
    "+0...1 recvfrom(3, ..., 100, 0, ..., ...) = 7\n1 < udp (7)\n"
    "+0 sendto(3, ..., 5, 0, ..., ...) = 5\n+0 > udp (5)",
    "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n"
    "+0 poll([{fd=3, events=POLLIN, revents=0}], 1, 100) = 0\n"
    "+0 poll([{fd=3, events=POLLOUT, revents=POLLOUT}], 1, -1) = 1",
    "--define=W=\"x\"\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n"
    "+0 listen(3, 1) = 0\n+0 < 7 > 8080 S 0:0(0) win 9 <kind 250 aabb>\n+0 > S. 0:0(0) ack 1 <...>\n"
    "+0 < 7 > 8080 . 1:1(0) ack 1 win 9\n+0 accept(3, ..., ...) = 4\n"
    "+0 epoll_create(1) = 5\n+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, fd=4}) = 0\n"
    "+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0\n+0 < P. 1:11(10) ack 1 win 9\n"
    "* > . 1:1(0) ack 11\n"
    "+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1\n"
    "+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 0\n+0 ioctl(4, SIOCINQ, [10]) = 0\n"
    "+0 recvmsg(4, {msg_name(...)=..., msg_iov(2)=[{..., 3}, {..., 9}], msg_flags=0}, 0) = 10",
    "`sysctl -q net.ipv4.tcp_syn_retries=1`\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
    "+0...3 connect(3, ..., ...) = -1 ETIMEDOUT (Connection timed out)\n"
    "+0 > S 0:0(0) <...>\n+1 > S 0:0(0) <...>",
};

START_TEST(understands)
{
    GString *report = g_string_new(NULL);
    PktVerdict verdict = play(texts[_i], report);

    ck_assert_msg(verdict == PKT_PASSED, "%s\n%s", texts[_i], report->str);
    g_string_free(report, TRUE);
}
END_TEST

Suite *pkt_suite(void);
Suite *pkt_suite(void)
{
    Suite *suite = suite_create("pkt");
    TCase *tc = tcase_create("pkt");

    find_scripts();
    tcase_add_loop_test(tc, every_script_passes, 0, (int)scripts->len);
    tcase_add_loop_test(tc, tells_what_is_wrong_and_where, 0, G_N_ELEMENTS(rows));
    tcase_add_loop_test(tc, understands, 0, G_N_ELEMENTS(texts));
    suite_add_tcase(suite, tc);
    return suite;
}
