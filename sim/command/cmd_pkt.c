/*
 * cmd_pkt.c - `stacklab pkt FILE.pkt...`: packetdrill's scripts against a simulated host, each in a
 * process of its own, with one verdict. A single script is played in this one.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/files.h"
#include "sim/command/run.h"
#include "sim/command/terminal.h"
#include "sim/command/job.h"
#include "sim/command/test_report.h"
#include "sim/view/pkt.h"

#include <stdbool.h>

typedef struct Options {
    char  **defines, **sets, **paths;
    char   *profile, *format;
    int64_t seed;
    int     jobs;
    int     verbose, quiet, bare, fail_fast;
} Options;

typedef struct Suite {
    Options     opt;
    GPtrArray  *files; /* of char * */
    TestReport *report;
    unsigned    passed, failed, skipped;
    int         gravest;
} Suite;

/* --- which scripts ---------------------------------------------------------------------------- */

static bool find_files(Suite *t)
{
    static const char *const suffixes[] = { ".pkt", NULL };

    for (char **path = t->opt.paths; path != NULL && *path != NULL; path++) {
        if (g_file_test(*path, G_FILE_TEST_IS_DIR))
            files_below(t->files, *path, suffixes);
        else
            g_ptr_array_add(t->files, g_strdup(*path)); /* if it is not there, playing it says so */
    }
    if (t->files->len == 0)
        fprintf(stderr, "stacklab pkt: no script found (stacklab pkt FILE.pkt...)\n");
    return t->files->len > 0;
}

/* --- one script ------------------------------------------------------------------------------- */

/* The script's options that the command line sets, before the script's own. */
static char **script_options(const Options *o)
{
    GPtrArray *list = g_ptr_array_new();

    if (o->profile != NULL)
        g_ptr_array_add(list, g_strdup_printf("profile=%s", o->profile));
    for (char **set = o->sets; set != NULL && *set != NULL; set++)
        g_ptr_array_add(list, g_strdup(*set));
    g_ptr_array_add(list, NULL);
    return (char **)g_ptr_array_free(list, FALSE);
}

static int play(const Options *o, const char *file, GString *said)
{
    static const int statuses[] = { [PKT_PASSED] = STATUS_PASS,
                                    [PKT_FAILED] = STATUS_FAIL,
                                    [PKT_SKIPPED] = STATUS_SKIP,
                                    [PKT_MALFORMED] = STATUS_ERROR };
    g_auto(GStrv) options = script_options(o);
    PktOptions opt = { .defines = o->defines, .options = options, .seed = (uint64_t)o->seed,
                       .verbose = o->verbose };
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    if (!g_file_get_contents(file, &text, NULL, &error)) {
        g_string_append_printf(said, "%s\n", error->message);
        return STATUS_ERROR;
    }
    return statuses[pkt_play(file, text, &opt, said)];
}

static int gravity(int status)
{
    static const int order[] = { STATUS_SKIP, STATUS_PASS, STATUS_FAIL, STATUS_LIMIT,
                                 STATUS_ERROR };

    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        if (order[i] == status)
            return (int)i;
    return G_N_ELEMENTS(order); /* a bug, a signal */
}

static void count(Suite *t, TestCase *c, int status, const char *said)
{
    c->status = status;
    c->digest = g_strdup("");
    c->seed = (uint64_t)t->opt.seed;
    test_case_read_errors(c, said);
    if (status == STATUS_ERROR && c->failures->len == 0)
        test_case_fail(c, "error", 0, "it cannot be played", "%s", said);
    else if (status != STATUS_PASS && status != STATUS_SKIP && c->failures->len == 0)
        test_case_fail(c, "error", 0, "ended with status", "%d\n%s", status, said);
    if (status == STATUS_SKIP)
        t->skipped++;
    else if (status == STATUS_PASS)
        t->passed++;
    else
        t->failed++;
    if (gravity(status) > gravity(t->gravest))
        t->gravest = gravity(status) > gravity(STATUS_ERROR) ? STATUS_BUG : status;
    test_report_case(t->report, c);
}

static bool job_done(void *self, Job *job)
{
    Suite *t = self;
    g_autoptr(TestCase) c = test_case_new();

    c->file = job->file;
    c->argv = job->argv;
    c->seconds = job->seconds;
    count(t, c, job->status, job->err->str);
    return !(t->opt.fail_fast && t->failed > 0);
}

/* --- the command ------------------------------------------------------------------------------ */

static char **job_arguments(const Options *o, const char *file)
{
    GPtrArray *argv = g_ptr_array_new();

    g_ptr_array_add(argv, g_strdup("stacklab"));
    g_ptr_array_add(argv, g_strdup("pkt"));
    g_ptr_array_add(argv, g_strdup("--bare"));
    g_ptr_array_add(argv, g_strdup_printf("--seed=%" G_GINT64_FORMAT, o->seed));
    if (o->profile != NULL)
        g_ptr_array_add(argv, g_strdup_printf("--profile=%s", o->profile));
    for (char **set = o->sets; set != NULL && *set != NULL; set++)
        g_ptr_array_add(argv, g_strdup_printf("--set=%s", *set));
    for (char **d = o->defines; d != NULL && *d != NULL; d++)
        g_ptr_array_add(argv, g_strdup_printf("--define=%s", *d));
    g_ptr_array_add(argv, g_strdup("--"));
    g_ptr_array_add(argv, g_strdup(file));
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}

static bool parse(Suite *t, int argc, char **argv)
{
    Options *o = &t->opt;
    const GOptionEntry entries[] = {
        { "profile", 0, 0, G_OPTION_ARG_STRING, &o->profile, "linux (default), rfc or freebsd",
          "NAME" },
        { "define", 'D', 0, G_OPTION_ARG_FILENAME_ARRAY, &o->defines, "A name of the scripts",
          "NAME=VALUE" },
        { "set", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->sets, "An option line of the scripts",
          "NAME=VALUE" },
        { "seed", 's', 0, G_OPTION_ARG_INT64, &o->seed, "Seed (default 1)", "N" },
        { "jobs", 'j', 0, G_OPTION_ARG_INT, &o->jobs, "Processes at once (default: one a core)",
          "N" },
        { "format", 0, 0, G_OPTION_ARG_STRING, &o->format, "text, tap, junit or github",
          "FORMAT" },
        { "fail-fast", 'x', 0, G_OPTION_ARG_NONE, &o->fail_fast, "Stop at the first failure",
          NULL },
        { "verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose, "Show every packet (of one script)",
          NULL },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet, "Print failures and the verdict only",
          NULL },
        { "bare", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &o->bare, NULL, NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->paths, NULL, "FILE.pkt..." },
        { 0 },
    };
    g_autoptr(GError) error = NULL;
    GOptionContext *context = g_option_context_new(NULL);

    g_option_context_set_summary(
        context, "Examples:\n  stacklab pkt tests/pkt\n  stacklab pkt -v handshake.pkt\n\n"
                 "Plays packetdrill's scripts against a simulated host. One that needs what is not "
                 "here is skipped, with the reason.");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = options_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    if (!ok)
        fprintf(stderr, "stacklab pkt: %s\n", error->message);
    return ok;
}

/* For who asked for it: the report on stderr, the verdict as status. */
static int play_bare(Suite *t)
{
    g_autoptr(GString) said = g_string_new(NULL);
    int status = play(&t->opt, t->files->pdata[0], said);

    fputs(said->str, stderr);
    fprintf(stderr, "1 checks, %d failed\n", status == STATUS_FAIL);
    return status;
}

static void play_here(Suite *t)
{
    g_autoptr(GString) said = g_string_new(NULL);
    g_autoptr(TestCase) c = test_case_new();

    g_auto(GStrv) argv = job_arguments(&t->opt, t->files->pdata[0]);
    c->file = t->files->pdata[0];
    c->argv = argv;
    int status = play(&t->opt, c->file, said);
    for (const char *line = said->str; line[0] == ' ';) { /* what --verbose shows comes first */
        size_t n = strcspn(line, "\n") + 1;
        printf("%.*s", (int)n, line);
        line += n;
    }
    count(t, c, status, said->str);
}

static void play_all(Suite *t)
{
    g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func((GDestroyNotify)job_free);
    unsigned parallel = t->opt.jobs > 0 ? (unsigned)t->opt.jobs : g_get_num_processors();

    for (guint i = 0; i < t->files->len; i++) {
        const char *file = t->files->pdata[i];
        g_ptr_array_add(jobs, job_new(file, (uint64_t)t->opt.seed, job_arguments(&t->opt, file)));
    }
    jobs_run(jobs, parallel, job_done, t);
}

static int play_files(Suite *t)
{
    if (t->opt.bare)
        return play_bare(t);
    t->report = test_report_new(t->opt.format, t->opt.quiet, stdout);
    if (t->report == NULL) {
        fprintf(stderr, "stacklab pkt: --format %s: there are text, tap, junit and github\n",
                t->opt.format);
        return STATUS_ERROR;
    }
    t->gravest = STATUS_SKIP;
    test_report_begin(t->report, t->files->len);
    if (t->files->len == 1)
        play_here(t);
    else
        play_all(t);
    test_report_end(t->report, t->passed, t->failed, t->skipped);
    return t->gravest;
}

int cmd_pkt(int argc, char **argv)
{
    Suite t = { .opt = { .seed = 1 } };
    int status = STATUS_ERROR;

    t.files = g_ptr_array_new_with_free_func(g_free);
    if (parse(&t, argc, argv) && find_files(&t))
        status = play_files(&t);
    test_report_free(t.report);
    g_ptr_array_free(t.files, TRUE);
    g_strfreev(t.opt.defines);
    g_strfreev(t.opt.sets);
    g_strfreev(t.opt.paths);
    g_free(t.opt.profile);
    g_free(t.opt.format);
    return status;
}
