/*
 * test_dissect.c - byte for byte what tcpdump prints, and never a byte beyond the frame.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/dissect.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *what, *hex, *absolute, *relative, *verbose;
} lines[] = {
#include "dissect_lines.inc"
#include "dissect_apps.inc"
};

enum { N_LINES = sizeof lines / sizeof lines[0], FRAME_MAX = 2048 };

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = strlen(hex) / 2;

    ck_assert_uint_le(n, FRAME_MAX);
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(g_ascii_xdigit_value(hex[2 * i]) << 4 |
                           g_ascii_xdigit_value(hex[2 * i + 1]));
    return n;
}

static const char *expected(int i, const DissectOptions *opt)
{
    if (opt->verbose)
        return lines[i].verbose;
    return opt->absolute || lines[i].relative == NULL ? lines[i].absolute : lines[i].relative;
}

static void check_all(const DissectOptions *opt)
{
    Dissector *d = dissector_new(opt);
    GString   *out = g_string_new(NULL);
    uint8_t    frame[FRAME_MAX];

    for (int i = 0; i < N_LINES; i++) {
        size_t n = unhex(lines[i].hex, frame);
        g_string_truncate(out, 0);
        dissect(d, 0, (Span){ frame, n }, n, out);
        ck_assert_msg(strcmp(out->str, expected(i, opt)) == 0, "%s:\n%s\n%s", lines[i].what,
                      out->str, expected(i, opt));
    }
    g_string_free(out, TRUE);
    dissector_free(d);
}

START_TEST(prints_what_tcpdump_prints)
{
    check_all(&(DissectOptions){ .time = DISSECT_TIME_NONE, .absolute = true });
}
END_TEST

START_TEST(numbers_are_relative_to_the_conversation)
{
    check_all(&(DissectOptions){ .time = DISSECT_TIME_NONE });
}
END_TEST

START_TEST(verbose_lines_show_headers_and_checksums)
{
    check_all(&(DissectOptions){ .time = DISSECT_TIME_NONE, .verbose = true, .ethernet = true });
}
END_TEST

static void put32_host(FILE *f, uint32_t v)
{
    ck_assert_uint_eq(fwrite(&v, sizeof v, 1, f), 1);
}

/* A capture of all the frames, in the machine's own order of bytes. */
static char *write_capture(void)
{
    char   *path = NULL;
    uint8_t frame[FRAME_MAX];
    int     fd = g_file_open_tmp("stacklab-XXXXXX", &path, NULL);
    FILE   *f = fdopen(fd, "wb");

    ck_assert_ptr_nonnull(f);
    put32_host(f, 0xa1b2c3d4);
    fwrite((uint16_t[]){ 2, 4 }, 2, 2, f);
    for (int i = 0; i < 4; i++)
        put32_host(f, (const uint32_t[]){ 0, 0, 65535, 1 }[i]);
    for (int i = 0; i < N_LINES; i++) {
        size_t n = unhex(lines[i].hex, frame);
        put32_host(f, (uint32_t)i);
        put32_host(f, 0);
        put32_host(f, (uint32_t)n);
        put32_host(f, (uint32_t)n);
        ck_assert_uint_eq(fwrite(frame, n, 1, f), 1);
    }
    ck_assert_int_eq(fclose(f), 0);
    return path;
}

/* The lines came from tcpdump 4.99.3; whatever 4.99 is here should print them too. */
START_TEST(the_tcpdump_of_this_machine_agrees)
{
    static const struct {
        const char    *flags;
        DissectOptions opt;
    } ways[] = {
        { "-S", { .absolute = true } }, { "", { .time = DISSECT_TIME_NONE } },
        { "-v -e", { .verbose = true, .ethernet = true } },
    };
    char *found = g_find_program_in_path("tcpdump");
    if (found == NULL)
        return;
    char    *path = write_capture();
    GString *want = g_string_new(NULL), *got = g_string_new(NULL);
    char    *command = g_strdup_printf("%s -n -t %s -r %s 2>&1", found, ways[_i].flags, path);
    char     line[4096];
    FILE    *f = popen(command, "r");

    while (fgets(line, sizeof line, f) != NULL)
        if (!g_str_has_prefix(line, "reading from file"))
            g_string_append(got, line);
    pclose(f);
    for (int i = 0; i < N_LINES; i++)
        g_string_append_printf(want, "%s\n", expected(i, &ways[_i].opt));
    ck_assert_str_eq(got->str, want->str);
    unlink(path);
    g_string_free(want, TRUE);
    g_string_free(got, TRUE);
    g_free(command);
    g_free(path);
    g_free(found);
}
END_TEST

/* Frames cut at every place, and damaged ones, in a buffer of their exact size. */
START_TEST(never_reads_beyond_the_frame)
{
    DissectOptions opt = { .verbose = _i & 1, .ethernet = _i & 2 };
    Dissector     *d = dissector_new(&opt);
    GString       *out = g_string_new(NULL);
    uint32_t       x = (uint32_t)_i + 1;
    uint8_t        whole[FRAME_MAX];

    for (int i = 0; i < N_LINES; i++) {
        size_t n = unhex(lines[i].hex, whole);
        for (size_t cut = 0; cut <= n; cut++) {
            uint8_t *frame = g_memdup2(whole, MAX(cut, 1));
            for (int j = 0; _i & 4 && j < 3 && cut > 0; j++) {
                x = x * 1664525 + 1013904223;
                frame[(x >> 8) % cut] = (uint8_t)(x >> 24);
            }
            g_string_truncate(out, 0);
            dissect(d, 0, (Span){ frame, cut }, n, out);
            ck_assert_uint_gt(out->len, 0);
            g_free(frame);
        }
    }
    g_string_free(out, TRUE);
    dissector_free(d);
}
END_TEST

START_TEST(times_as_tcpdump_writes_them)
{
    static const struct {
        DissectTime time;
        const char *at[3];
    } ways[] = {
        { DISSECT_TIME_SECONDS, { "0.000000000 ", "0.065000000 ", "3725.000000007 " } },
        { DISSECT_TIME_NONE, { "", "", "" } },
        { DISSECT_TIME_TTTT,
          { " 00:00:00.000000000 ", " 00:00:00.065000000 ", " 01:02:04.935000007 " } },
        { DISSECT_TIME_SINCE,
          { " 00:00:00.000000000 ", " 00:00:00.065000000 ", " 01:02:05.000000007 " } },
    };
    static const SimTime times[3] = { 0, 65 * MSEC, 3725 * SEC + 7 };
    Dissector *d = dissector_new(&(DissectOptions){ .time = ways[_i].time });
    GString   *out = g_string_new(NULL);
    uint8_t    frame[FRAME_MAX];
    size_t     n = unhex(lines[0].hex, frame);

    for (int i = 0; i < 3; i++) {
        g_string_truncate(out, 0);
        dissect(d, times[i], (Span){ frame, n }, n, out);
        ck_assert_msg(g_str_has_prefix(out->str, ways[_i].at[i]), "%s", out->str);
        ck_assert_str_eq(out->str + strlen(ways[_i].at[i]), lines[0].absolute);
    }
    g_string_free(out, TRUE);
    dissector_free(d);
}
END_TEST

static const char *client_or_nobody(void *self, IpAddr addr)
{
    (void)self;
    return ip_to_v4(addr) == 0x0a000001 ? "client" : NULL;
}

START_TEST(names_stand_for_known_addresses)
{
    Dissector *d = dissector_new(&(DissectOptions){ .time = DISSECT_TIME_NONE,
                                                    .name = client_or_nobody });
    GString   *out = g_string_new(NULL);
    uint8_t    frame[FRAME_MAX];
    size_t     n = unhex(lines[0].hex, frame);

    dissect(d, 0, (Span){ frame, n }, n, out);
    ck_assert_str_eq(out->str, "ARP, Request who-has 10.0.0.2 tell client, length 28");
    g_string_free(out, TRUE);
    dissector_free(d);
}
END_TEST

Suite *dissect_suite(void);
Suite *dissect_suite(void)
{
    Suite *suite = suite_create("dissect");
    TCase *tc = tcase_create("dissect");
    tcase_add_test(tc, prints_what_tcpdump_prints);
    tcase_add_test(tc, numbers_are_relative_to_the_conversation);
    tcase_add_test(tc, verbose_lines_show_headers_and_checksums);
    tcase_add_loop_test(tc, the_tcpdump_of_this_machine_agrees, 0, 3);
    tcase_add_loop_test(tc, never_reads_beyond_the_frame, 0, 8);
    tcase_add_loop_test(tc, times_as_tcpdump_writes_them, 0, 4);
    tcase_add_test(tc, names_stand_for_known_addresses);
    suite_add_tcase(suite, tc);
    return suite;
}
