/*
 * cmd_test.c - `stacklab test [PATH...]`: every scenario below PATH, in parallel processes, in a
 * stable order, with goldens beside the scenario, and one verdict.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/files.h"
#include "sim/command/lessons.h"
#include "sim/command/run.h"
#include "sim/command/terminal.h"
#include "sim/command/job.h"
#include "sim/command/test_report.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Options {
    char  **sets, **paths;
    char   *format, *seeds, *name;
    int64_t seed, repeat;
    int     jobs;
    int     update, fail_fast, quiet, shuffle, flip;
} Options;

typedef struct Test {
    Options      opt;
    GPtrArray   *files;   /* of char *, in the order of playing */
    GHashTable  *named;   /* files named on the command line themselves */
    GHashTable  *digests; /* "file\tseed" to digest, of tests/digests.tsv */
    TestReport  *report;
    unsigned     passed, failed, skipped;
    int          gravest;
} Test;

/* --- which scenarios -------------------------------------------------------------------------- */

static void add_folder(Test *t, const char *folder)
{
    static const char *const suffixes[] = { ".lua", ".pkt", NULL };
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);

    files_below(found, folder, suffixes);
    for (guint i = 0; i < found->len; i++)
        if (!t->opt.name || strstr(found->pdata[i], t->opt.name))
            g_ptr_array_add(t->files, g_strdup(found->pdata[i]));
}

static bool add_path(Test *t, const char *path)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        add_folder(t, path);
        return true;
    }
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        fprintf(stderr, "stacklab test: %s: no such file or folder\n", path);
        return false;
    }
    g_ptr_array_add(t->files, g_strdup(path));
    g_hash_table_add(t->named, g_strdup(path));
    return true;
}

/* Fisher-Yates with a small generator: the order must come from the seed alone. */
static void shuffle(GPtrArray *files, uint64_t x)
{
    for (guint i = files->len; i > 1; i--) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        guint j = (guint)((x >> 33) % i);
        void *swap = files->pdata[i - 1];
        files->pdata[i - 1] = files->pdata[j];
        files->pdata[j] = swap;
    }
}

/* --- goldens and digests ---------------------------------------------------------------------- */

static void read_digests(Test *t)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("tests/digests.tsv", &text, NULL, NULL))
        return;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) cells = g_strsplit(*line, "\t", 3);
        if ((*line)[0] != '#' && g_strv_length(cells) == 3)
            g_hash_table_insert(t->digests, g_strdup_printf("%s\t%s", cells[0], cells[1]),
                                g_strdup(cells[2]));
    }
}

/* A golden is of the scenario as it is. */
static bool as_it_is(const Options *opt)
{
    return opt->sets == NULL && !opt->flip;
}

static char *golden_name(const char *file)
{
    g_autofree char *stem = g_strndup(file, strlen(file) - strlen(".lua")); /* .pkt is as long */

    return g_strconcat(stem, ".golden.txt", NULL);
}

/* The unified difference by diff(1); where that is missing, the fact. Newly allocated. */
static char *unified_diff(const char *golden, const char *got)
{
    g_autofree char *file = NULL;
    char *diff = NULL;
    int fd = g_file_open_tmp("stacklab-XXXXXX", &file, NULL);

    if (fd < 0)
        return g_strdup("(no place for a temporary file)");
    close(fd);
    if (g_file_set_contents(file, got, -1, NULL)) {
        const char *argv[] = { "diff", "-u", "--label", golden, "--label", "this run", golden, file,
                               NULL };
        g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &diff, NULL, NULL,
                     NULL);
    }
    unlink(file);
    return diff != NULL ? diff : g_strdup("(they differ; diff(1) is not there to show how)");
}

/* Splits the line "digest: HEX" that --digest prints last off the view. Newly allocated. */
static char *take_digest(GString *out)
{
    static const char word[] = "digest: ";
    char *at = g_strrstr(out->str, word);

    if (at == NULL)
        return g_strdup("");
    char *digest = g_strchomp(g_strdup(at + strlen(word)));
    g_string_truncate(out, (size_t)(at - out->str));
    return digest;
}

static bool same_as_digest(Test *t, Job *job, TestCase *c)
{
    g_autofree char *key = g_strdup_printf("%s\t%" G_GUINT64_FORMAT, job->file, job->seed);
    const char *known = g_hash_table_lookup(t->digests, key);

    if (known == NULL)
        return false;
    c->compared = true;
    if (strcmp(known, c->digest) != 0)
        test_case_fail(c, "golden", 1, "the digest differs from tests/digests.tsv",
                       "expected %s\n  got      %s", known, c->digest);
    return true;
}

static void compare_golden(Test *t, Job *job, TestCase *c)
{
    g_autofree char *golden = golden_name(job->file), *text = NULL;
    bool there = g_file_get_contents(golden, &text, NULL, NULL);
    bool make = t->opt.update && g_hash_table_contains(t->named, job->file);

    if (!there && !make)
        return;
    c->compared = true;
    if (there && strcmp(text, job->out->str) == 0)
        return;
    if (t->opt.update) {
        /* What failed says so itself, and keeps the golden it has. */
        if (job->status != STATUS_PASS)
            return;
        if (g_file_set_contents(golden, job->out->str, -1, NULL))
            c->updated = true;
        else
            test_case_fail(c, "golden", 1, "the golden cannot be written", "%s", golden);
        return;
    }
    g_autofree char *diff = unified_diff(golden, job->out->str);
    test_case_fail(c, "golden", 1, "the output differs from its golden", "%s", diff);
}

/* A lesson that comes out as its golden has it, whatever one changes, says nothing. */
static void compare_flipped(const Job *job, TestCase *c)
{
    g_autofree char *golden = golden_name(job->file), *text = NULL;

    if (g_file_get_contents(golden, &text, NULL, NULL) && strcmp(text, job->out->str) == 0)
        test_case_fail(c, "flip", 1, "what the lesson says to change makes no difference", "%s",
                       golden);
}

/* --- one scenario's verdict ------------------------------------------------------------------- */

static int gravity(int status)
{
    switch (status) {
    case STATUS_PASS: return 0;
    case STATUS_FAIL: return 1;
    case STATUS_LIMIT: return 2;
    case STATUS_ERROR: return 3;
    default: return 4; /* a bug, a signal */
    }
}

static void judge(Test *t, Job *job, TestCase *c)
{
    c->file = job->file;
    c->seed = job->seed;
    c->argv = job->argv;
    c->seconds = job->seconds;
    c->digest = take_digest(job->out);
    c->status = job->status;
    test_case_read_errors(c, job->err->str);
    if (job->status == STATUS_SKIP)
        return;
    if (job->status != STATUS_PASS && c->failures->len == 0)
        test_case_fail(c, job->status == STATUS_LIMIT ? "limit" : "error", 0,
                       "ended with status", "%d\n%s", job->status, job->err->str);
    if (job->seed == (uint64_t)t->opt.seed && as_it_is(&t->opt) && !same_as_digest(t, job, c))
        compare_golden(t, job, c);
    if (t->opt.flip)
        compare_flipped(job, c);
    if (c->checks == 0 && !c->compared && c->failures->len == 0)
        test_case_fail(c, "nothing", 1, "nothing was checked", "it has no check and no golden");
}

static bool job_done(void *self, Job *job)
{
    Test *t = self;
    g_autoptr(TestCase) c = test_case_new();

    judge(t, job, c);
    if (job->status == STATUS_SKIP)
        t->skipped++;
    else if (c->failures->len > 0)
        t->failed++;
    else
        t->passed++;
    int status = c->failures->len > 0 && job->status == STATUS_PASS ? STATUS_FAIL : job->status;
    if (status != STATUS_SKIP && gravity(status) > gravity(t->gravest))
        t->gravest = gravity(status) == 4 ? STATUS_BUG : status;
    test_report_case(t->report, c);
    return !(t->opt.fail_fast && t->failed > 0);
}

/* --- the command ------------------------------------------------------------------------------ */

static char **pkt_arguments(const char *file, uint64_t seed)
{
    char *argv[] = { "stacklab", "pkt", "--bare", NULL, (char *)file, NULL };
    g_autofree char *option = g_strdup_printf("--seed=%" G_GUINT64_FORMAT, seed);

    argv[3] = option;
    return g_strdupv(argv);
}

/* flip: what to change, of char *; NULL: nothing */
static char **run_arguments(const Test *t, const char *file, uint64_t seed, const GPtrArray *flip)
{
    GPtrArray *argv = g_ptr_array_new();
    const char *fixed[] = { "stacklab", "run", "--full", "--color=never", "--columns=80",
                            "--lang=en", "--digest" };

    if (g_str_has_suffix(file, ".pkt")) {
        g_ptr_array_free(argv, TRUE);
        return pkt_arguments(file, seed);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
        g_ptr_array_add(argv, g_strdup(fixed[i]));
    g_ptr_array_add(argv, g_strdup_printf("--seed=%" G_GUINT64_FORMAT, seed));
    for (char **set = t->opt.sets; set != NULL && *set != NULL; set++)
        g_ptr_array_add(argv, g_strdup_printf("--set=%s", *set));
    for (guint i = 0; flip != NULL && i < flip->len; i++)
        g_ptr_array_add(argv, g_strdup_printf("--set=%s", (char *)flip->pdata[i]));
    g_ptr_array_add(argv, g_strdup(file));
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}

static bool seed_range(const Options *opt, uint64_t *first, uint64_t *last)
{
    char *end;

    *first = (uint64_t)opt->seed;
    *last = *first + (uint64_t)opt->repeat - 1;
    if (opt->seeds == NULL)
        return true;
    *first = *last = g_ascii_strtoull(opt->seeds, &end, 10);
    if (end != opt->seeds && g_str_has_prefix(end, "..")) {
        const char *second = end + 2;
        *last = g_ascii_strtoull(second, &end, 10);
        if (end == second)
            return false;
    }
    return end != opt->seeds && *end == '\0' && *first <= *last;
}

static bool parse(Test *t, int argc, char **argv)
{
    Options *o = &t->opt;
    const GOptionEntry entries[] = {
        { "jobs", 'j', 0, G_OPTION_ARG_INT, &o->jobs, "Processes at once (default: one a core)",
          "N" },
        { "update", 'u', 0, G_OPTION_ARG_NONE, &o->update, "Rewrite goldens that differ", NULL },
        { "format", 0, 0, G_OPTION_ARG_STRING, &o->format, "text, tap, junit or github", "FORMAT" },
        { "seed", 's', 0, G_OPTION_ARG_INT64, &o->seed, "Seed (default 1)", "N" },
        { "seeds", 0, 0, G_OPTION_ARG_STRING, &o->seeds, "Every seed from A to B", "A..B" },
        { "repeat", 0, 0, G_OPTION_ARG_INT64, &o->repeat, "N seeds, from the seed on", "N" },
        { "set", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->sets, "Override a parameter", "KEY=VALUE" },
        { "flip", 0, 0, G_OPTION_ARG_NONE, &o->flip,
          "Lessons only, each with what it says to change, without goldens", NULL },
        { "filter", 'k', 0, G_OPTION_ARG_FILENAME, &o->name, "Only paths that contain TEXT",
          "TEXT" },
        { "fail-fast", 'x', 0, G_OPTION_ARG_NONE, &o->fail_fast, "Stop at the first failure",
          NULL },
        { "shuffle", 0, 0, G_OPTION_ARG_NONE, &o->shuffle, "In an order drawn from the seed",
          NULL },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet, "Print failures and the verdict only",
          NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->paths, NULL, "[PATH...]" },
        { 0 },
    };
    g_autoptr(GError) error = NULL;
    GOptionContext *context = g_option_context_new(NULL);

    g_option_context_set_summary(
        context, "Examples:\n  stacklab test\n  stacklab test --seeds 1..100 scenarios/torture\n\n"
                 "Plays every scenario below PATH (default scenarios/) and compares it with its "
                 "golden.");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = options_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    if (!ok)
        fprintf(stderr, "stacklab test: %s\n", error->message);
    return ok;
}

static bool usage_ok(Test *t)
{
    Options *o = &t->opt;
    const char *ci = g_getenv("CI"), *update = g_getenv("UPDATE_GOLDEN");

    if (update != NULL && strcmp(update, "1") == 0)
        o->update = true;
    if (o->update && ci != NULL && *ci != '\0') {
        fprintf(stderr, "stacklab test: --update is refused under CI: goldens are made by hand\n");
        return false;
    }
    if (o->repeat < 1 || o->seed < 0 || o->jobs < 0) {
        fprintf(stderr, "stacklab test: --repeat, --seed and --jobs want a positive number\n");
        return false;
    }
    t->report = test_report_new(o->format, o->quiet, stdout);
    if (t->report == NULL)
        fprintf(stderr, "stacklab test: --format %s: there are text, tap, junit and github\n",
                o->format);
    return t->report != NULL;
}

static bool find_files(Test *t)
{
    static char *by_default[] = { "scenarios", NULL };
    char **paths = t->opt.paths != NULL ? t->opt.paths : by_default;

    for (; *paths != NULL; paths++)
        if (!add_path(t, *paths))
            return false;
    if (t->files->len == 0) {
        fprintf(stderr, "stacklab test: no scenario found\n");
        return false;
    }
    if (t->opt.shuffle)
        shuffle(t->files, (uint64_t)t->opt.seed);
    return true;
}

static void add_jobs(Test *t, GPtrArray *jobs, const char *file, uint64_t first, uint64_t last)
{
    bool scenario = g_str_has_suffix(file, ".lua");
    g_autoptr(GPtrArray) flip = t->opt.flip && scenario ? lessons_flip(file) : NULL;

    if (t->opt.flip && (flip == NULL || flip->len == 0))
        return;
    for (uint64_t seed = first; seed <= last; seed++)
        g_ptr_array_add(jobs, job_new(file, seed, run_arguments(t, file, seed, flip)));
}

static int play_all(Test *t)
{
    g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func((GDestroyNotify)job_free);
    uint64_t first, last;

    if (!seed_range(&t->opt, &first, &last)) {
        fprintf(stderr, "stacklab test: --seeds %s: wants a range such as 1..100\n", t->opt.seeds);
        return STATUS_ERROR;
    }
    for (guint i = 0; i < t->files->len; i++)
        add_jobs(t, jobs, g_ptr_array_index(t->files, i), first, last);
    read_digests(t);
    unsigned parallel = t->opt.jobs > 0 ? (unsigned)t->opt.jobs : g_get_num_processors();
    test_report_begin(t->report, jobs->len);
    jobs_run(jobs, parallel, job_done, t);
    test_report_end(t->report, t->passed, t->failed, t->skipped);
    if (t->passed == 0 && t->failed == 0)
        return STATUS_SKIP;
    return t->gravest;
}

int cmd_test(int argc, char **argv)
{
    Test t = { .opt = { .seed = 1, .repeat = 1 } };
    int status = STATUS_ERROR;

    t.files = g_ptr_array_new_with_free_func(g_free);
    t.named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    t.digests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (parse(&t, argc, argv) && usage_ok(&t) && find_files(&t))
        status = play_all(&t);
    test_report_free(t.report);
    g_hash_table_destroy(t.digests);
    g_hash_table_destroy(t.named);
    g_ptr_array_free(t.files, TRUE);
    g_strfreev(t.opt.sets);
    g_strfreev(t.opt.paths);
    g_free(t.opt.format);
    g_free(t.opt.seeds);
    g_free(t.opt.name);
    return status;
}
