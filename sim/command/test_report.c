/*
 * test_report.c - the four formats. Text and GitHub print as cases come in; TAP has its plan first;
 * JUnit needs its counts first, so it is kept and written at the end.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/test_report.h"

#include "sim/command/run.h"
#include "sim/lua/lua_report.h"

#include <stdlib.h>
#include <string.h>

typedef enum Format { FORMAT_TEXT, FORMAT_TAP, FORMAT_JUNIT, FORMAT_GITHUB, FORMAT_COUNT } Format;

static const char *const format_names[FORMAT_COUNT] = { "text", "tap", "junit", "github" };

struct TestReport {
    Format   format;
    bool     quiet;
    FILE    *out;
    unsigned n;
    GString *cases; /* JUnit: the test cases so far */
    double   seconds;
};

/* --- cases ------------------------------------------------------------------------------------ */

static void free_failure(void *failure_)
{
    TestFailure *f = failure_;

    g_free(f->file);
    g_free(f->type);
    g_free(f->message);
    g_free(f->block);
    g_free(f);
}

TestCase *test_case_new(void)
{
    TestCase *c = g_new0(TestCase, 1);

    c->failures = g_ptr_array_new_with_free_func(free_failure);
    return c;
}

void test_case_free(TestCase *c)
{
    g_ptr_array_free(c->failures, TRUE);
    g_free(c->digest);
    g_free(c->skipped);
    g_free(c);
}

static void add_failure(TestCase *c, const char *file, int line, const char *type,
                        const char *message, char *block)
{
    TestFailure *f = g_new0(TestFailure, 1);

    f->file = g_strdup(file);
    f->line = line;
    f->type = g_strdup(type);
    f->message = g_strdup(message);
    f->block = block;
    g_ptr_array_add(c->failures, f);
}

static char *replay_line(const TestCase *c)
{
    static const char *const kept[] = { "--set=", "--define=", "--profile=" };
    GString *out = g_string_new(NULL);

    g_string_printf(out, "stacklab %s --seed %" G_GUINT64_FORMAT,
                    g_str_has_suffix(c->file, ".pkt") ? "pkt" : "run", c->seed);
    for (char **arg = c->argv; arg != NULL && *arg != NULL; arg++)
        for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
            size_t n = strlen(kept[i]);
            if (strncmp(*arg, kept[i], n) != 0)
                continue;
            g_string_append_printf(out, " %.*s", (int)n - 1, kept[i]);
            report_append_word(out, *arg + n);
        }
    report_append_word(out, c->file);
    return g_string_free(out, FALSE);
}

void test_case_fail(TestCase *c, const char *type, int line, const char *message,
                    const char *details, ...)
{
    va_list ap;

    va_start(ap, details);
    g_autofree char *more = g_strdup_vprintf(details, ap);
    va_end(ap);
    g_strchomp(more);
    g_autofree char *replay = replay_line(c);
    add_failure(c, c->file, line, type, message,
                g_strdup_printf("%s: FAIL: %s\n  %s\n  replay: %s\n", c->file, message, more,
                                replay));
}

/* "FILE:LINE: FAIL: MESSAGE" begins a block; its further lines are indented. */
static bool block_begins(const char *line, char **file, int *number, const char **message)
{
    const char *fail = strstr(line, ": FAIL: ");
    if (line[0] == ' ' || fail == NULL)
        return false;
    const char *colon = g_strrstr_len(line, fail - line, ":");
    *number = colon != NULL ? atoi(colon + 1) : 0;
    *file = g_strndup(line, (size_t)((colon != NULL && *number > 0 ? colon : fail) - line));
    *message = fail + strlen(": FAIL: ");
    return true;
}

/* "FILE:LINE: skip: REASON". */
static void read_skip(TestCase *c, const char *line)
{
    const char *skip = strstr(line, ": skip: ");
    size_t file = strlen(c->file);

    if (skip == NULL || c->skipped != NULL || !g_str_has_prefix(line, c->file) || line[file] != ':')
        return;
    c->skipped = g_strdup_printf("line %.*s: %s", (int)(skip - line - (long)file - 1),
                                 line + file + 1, skip + strlen(": skip: "));
}

void test_case_read_errors(TestCase *c, const char *err)
{
    g_auto(GStrv) lines = g_strsplit(err, "\n", -1);

    for (char **line = lines; *line != NULL; line++) {
        g_autofree char *file = NULL;
        const char *message;
        int number, failed;
        sscanf(*line, "%u checks, %d failed", &c->checks, &failed);
        read_skip(c, *line);
        if (!block_begins(*line, &file, &number, &message))
            continue;
        GString *block = g_string_new(*line);
        g_string_append_c(block, '\n');
        while (line[1] != NULL && line[1][0] == ' ')
            g_string_append_printf(block, "%s\n", *++line);
        add_failure(c, file, number, "expectation", message, g_string_free(block, FALSE));
    }
}

/* --- text and GitHub -------------------------------------------------------------------------- */

static const char *verdict(const TestCase *c)
{
    if (c->status == STATUS_SKIP)
        return "skip";
    if (c->failures->len > 0)
        return "FAIL";
    return c->updated ? "new" : "ok";
}

static void text_case(TestReport *r, const TestCase *c)
{
    if (!r->quiet || c->failures->len > 0 || c->updated) {
        fprintf(r->out, "%-4s  %s", verdict(c), c->file);
        if (c->seed != 1)
            fprintf(r->out, "  seed %" G_GUINT64_FORMAT, c->seed);
        if (c->skipped != NULL)
            fprintf(r->out, "  # %s", c->skipped);
        fputc('\n', r->out);
    }
    for (guint i = 0; i < c->failures->len; i++)
        fprintf(r->out, "\n%s\n", ((TestFailure *)g_ptr_array_index(c->failures, i))->block);
    fflush(r->out);
}

/* %, CR, LF, and in properties also : and , are escaped. */
static void github_escape(FILE *out, const char *s, bool property)
{
    for (; *s != '\0'; s++)
        if (*s == '%' || *s == '\n' || *s == '\r' || (property && (*s == ':' || *s == ',')))
            fprintf(out, "%%%02X", (unsigned char)*s);
        else
            fputc(*s, out);
}

static void github_case(TestReport *r, const TestCase *c)
{
    text_case(r, c);
    for (guint i = 0; i < c->failures->len; i++) {
        const TestFailure *f = g_ptr_array_index(c->failures, i);
        fputs("::error file=", r->out);
        github_escape(r->out, f->file, true);
        fprintf(r->out, ",line=%d,title=", MAX(f->line, 1));
        github_escape(r->out, f->message, true);
        fputs("::", r->out);
        github_escape(r->out, f->block, false);
        fputc('\n', r->out);
    }
}

/* --- TAP 14 ----------------------------------------------------------------------------------- */

static void tap_escape(FILE *out, const char *s)
{
    for (; *s != '\0'; s++) {
        if (*s == '#' || *s == '\\')
            fputc('\\', out);
        fputc(*s, out);
    }
}

/* What a scenario says may be any bytes; XML and YAML are UTF-8 without control characters. */
static char *clean_text(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);

    for (char *p = valid; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' && *p != '\n' && *p != '\t')
            *p = '?';
    return valid;
}

static void yaml_string(FILE *out, const char *text)
{
    g_autofree char *clean = clean_text(text);

    fputc('\'', out);
    for (const char *s = clean; *s != '\0'; s++)
        fputs(*s == '\'' ? "''" : (char[]){ *s, '\0' }, out);
    fputs("'\n", out);
}

static void tap_case(TestReport *r, const TestCase *c)
{
    fprintf(r->out, "%s %u - ", c->failures->len > 0 ? "not ok" : "ok", r->n);
    tap_escape(r->out, c->file);
    if (c->seed != 1)
        fprintf(r->out, " seed %" G_GUINT64_FORMAT, c->seed);
    if (c->status == STATUS_SKIP)
        fprintf(r->out, " # SKIP%s%s", c->skipped != NULL ? " " : "",
                c->skipped != NULL ? c->skipped : "");
    fputc('\n', r->out);
    for (guint i = 0; i < c->failures->len; i++) {
        const TestFailure *f = g_ptr_array_index(c->failures, i);
        fputs("  ---\n  message: ", r->out);
        yaml_string(r->out, f->message);
        fprintf(r->out, "  severity: fail\n  at:\n    file: ");
        yaml_string(r->out, f->file);
        fprintf(r->out, "    line: %d\n  seed: %" G_GUINT64_FORMAT "\n  replay: ", f->line,
                c->seed);
        g_autofree char *replay = replay_line(c);
        yaml_string(r->out, replay);
        fputs("  ...\n", r->out);
    }
}

/* --- JUnit ------------------------------------------------------------------------------------ */

static void junit_case(TestReport *r, const TestCase *c)
{
    g_autofree char *folder = g_path_get_dirname(c->file), *name = g_path_get_basename(c->file);
    char seconds[G_ASCII_DTOSTR_BUF_SIZE];
    char *open = g_markup_printf_escaped(
        "  <testsuite name=\"%s\" tests=\"1\" failures=\"%d\" errors=\"0\" skipped=\"%d\">\n"
        "    <properties>\n      <property name=\"seed\" value=\"%" G_GUINT64_FORMAT "\"/>\n"
        "      <property name=\"digest\" value=\"%s\"/>\n    </properties>\n"
        "    <testcase classname=\"%s\" name=\"%s\" time=\"%s\">\n",
        c->file, c->failures->len > 0, c->status == STATUS_SKIP, c->seed, c->digest, folder, name,
        g_ascii_formatd(seconds, sizeof seconds, "%.3f", c->seconds));

    g_string_append(r->cases, open);
    g_free(open);
    if (c->status == STATUS_SKIP)
        g_string_append(r->cases, "      <skipped/>\n");
    for (guint i = 0; i < c->failures->len; i++) {
        const TestFailure *f = g_ptr_array_index(c->failures, i);
        g_autofree char *message = clean_text(f->message), *block = clean_text(f->block);
        char *text = g_markup_printf_escaped(
            "      <failure message=\"%s\" type=\"%s\">%s</failure>\n", message, f->type, block);
        g_string_append(r->cases, text);
        g_free(text);
    }
    g_string_append(r->cases, "    </testcase>\n  </testsuite>\n");
    r->seconds += c->seconds;
}

static void junit_end(TestReport *r, unsigned passed, unsigned failed, unsigned skipped)
{
    char seconds[G_ASCII_DTOSTR_BUF_SIZE];

    fprintf(r->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"stacklab\" "
                    "tests=\"%u\" failures=\"%u\" skipped=\"%u\" time=\"%s\">\n%s</testsuites>\n",
            passed + failed + skipped, failed, skipped,
            g_ascii_formatd(seconds, sizeof seconds, "%.3f", r->seconds), r->cases->str);
}

/* --- the report ------------------------------------------------------------------------------- */

TestReport *test_report_new(const char *format, bool quiet, FILE *out)
{
    const char *actions = g_getenv("GITHUB_ACTIONS");
    Format f = FORMAT_TEXT;

    if (format == NULL)
        f = actions != NULL && strcmp(actions, "true") == 0 ? FORMAT_GITHUB : FORMAT_TEXT;
    else
        while (f < FORMAT_COUNT && strcmp(format, format_names[f]) != 0)
            f++;
    if (f == FORMAT_COUNT)
        return NULL;
    TestReport *r = g_new0(TestReport, 1);
    *r = (TestReport){ .format = f, .quiet = quiet, .out = out, .cases = g_string_new(NULL) };
    return r;
}

void test_report_free(TestReport *r)
{
    if (r == NULL)
        return;
    g_string_free(r->cases, TRUE);
    g_free(r);
}

void test_report_begin(TestReport *r, unsigned cases)
{
    if (r->format == FORMAT_TAP)
        fprintf(r->out, "TAP version 14\n1..%u\n", cases);
}

void test_report_case(TestReport *r, const TestCase *c)
{
    static void (*const print[FORMAT_COUNT])(TestReport *, const TestCase *) = {
        text_case, tap_case, junit_case, github_case
    };

    r->n++;
    print[r->format](r, c);
}

void test_report_end(TestReport *r, unsigned passed, unsigned failed, unsigned skipped)
{
    if (r->format == FORMAT_JUNIT)
        junit_end(r, passed, failed, skipped);
    else
        fprintf(r->out, "%s%u passed, %u failed, %u skipped\n", r->format == FORMAT_TAP ? "# " : "",
                passed, failed, skipped);
}
