/*
 * cmd_run.c - `stacklab run SCENARIO.lua`: its options, and what it says on stderr.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run.h"
#include "sim/command/terminal.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The command line as GOption reads it. */
typedef struct Options {
    char *view, *packet, *at, *seed, *until;
    char *max_events, *max_memory, *max_instructions, *wall_limit;
    TerminalOptions terminal;
    char **captures, **outputs, **sets, **files;
    unsigned times, verbose;                                   /* -t, -v: how often */
    int full, timers, absolute, ethernet, names, digest; /* GOption's booleans are ints */
    int stats, eager, quiet;
} Options;

static int count_option(const char *name, const char *value, void *opt_, GError **error)
{
    Options *opt = opt_;

    (void)value;
    (void)error;
    if (strcmp(name, "-t") == 0)
        opt->times++;
    else
        opt->verbose++;
    return TRUE;
}

static void add_limit_entries(GOptionGroup *group, Options *o)
{
    const GOptionEntry entries[] = {
        { "seed", 's', 0, G_OPTION_ARG_STRING, &o->seed, "Seed of all that is random (default 1)",
          "N" },
        { "set", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->sets,
          "Override a parameter of the scenario", "NAME=VALUE" },
        { "until", 0, 0, G_OPTION_ARG_STRING, &o->until, "Horizon in virtual time (default 1h)",
          "TIME" },
        { "max-events", 0, 0, G_OPTION_ARG_STRING, &o->max_events,
          "Limit of events (default 50000000)", "N" },
        { "max-memory", 0, 0, G_OPTION_ARG_STRING, &o->max_memory, "Limit of memory (default 1GiB)",
          "SIZE" },
        { "max-instructions", 0, 0, G_OPTION_ARG_STRING, &o->max_instructions,
          "Limit of Lua instructions without an event (default 200000000)", "N" },
        { "wall-limit", 0, 0, G_OPTION_ARG_STRING, &o->wall_limit,
          "Limit of real time (default: 10 s without an event)", "TIME" },
        { 0 },
    };

    g_option_group_add_entries(group, entries);
}

static void add_view_entries(GOptionGroup *group, Options *o)
{
    const int no_arg = G_OPTION_FLAG_NO_ARG;
    void *count = (void *)(uintptr_t)count_option;
    const GOptionEntry entries[] = {
        { "view", 0, 0, G_OPTION_ARG_STRING, &o->view,
          "ladder (default), tcpdump, layers, states, events or none", "VIEW" },
        { "packet", 0, 0, G_OPTION_ARG_FILENAME, &o->packet,
          "Which packet --view layers opens: its number, or the first that a tcpdump filter takes",
          "N|FILTER" },
        { "write", 'w', 0, G_OPTION_ARG_FILENAME_ARRAY, &o->captures,
          "Write a capture: FILE.pcapng, FILE.pcap, or FOLDER/ with a file for each interface; - "
          "is stdout",
          "FILE" },
        { "at", 0, 0, G_OPTION_ARG_FILENAME, &o->at,
          "Where it is taken: client (default), server, HOST.IF or all", "WHERE" },
        { "output", 'o', 0, G_OPTION_ARG_FILENAME_ARRAY, &o->outputs,
          "Write FILE.jsonl (events), FILE.txt, .svg or .mmd (the ladder), FILE.states.svg (the "
          "state diagram) or FILE.tsv (time series)",
          "FILE" },
        { "digest", 0, 0, G_OPTION_ARG_NONE, &o->digest,
          "Print the digest of all events and frames, last", NULL },
        { "full", 0, 0, G_OPTION_ARG_NONE, &o->full, "Show every packet, however many", NULL },
        { "timers", 0, 0, G_OPTION_ARG_NONE, &o->timers,
          "Show TCP's timers in the ladder: set, fired, stopped", NULL },
        { "absolute", 'S', 0, G_OPTION_ARG_NONE, &o->absolute, "Absolute sequence numbers", NULL },
        { "time", 't', no_arg, G_OPTION_ARG_CALLBACK, count,
          "Times as tcpdump: -t none, -tt seconds (default), -ttt since the last line, -ttttt "
          "since the first",
          NULL },
        { "ethernet", 'e', 0, G_OPTION_ARG_NONE, &o->ethernet,
          "Show Ethernet headers (tcpdump view)", NULL },
        { "verbose", 'v', no_arg, G_OPTION_ARG_CALLBACK, count, "Say more", NULL },
        { "names", 0, 0, G_OPTION_ARG_NONE, &o->names, "Names for addresses (tcpdump view)", NULL },
        { "stats", 0, 0, G_OPTION_ARG_NONE, &o->stats, "Print on stderr what the run has cost",
          NULL },
        { "eager", 0, 0, G_OPTION_ARG_NONE, &o->eager,
          "Write payloads and compute checksums that nobody looks at, too", NULL },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet, "No count of checks on stderr", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->files, NULL, "SCENARIO.lua" },
        { 0 },
    };

    g_option_group_add_entries(group, entries);
}

static GOptionContext *make_context(Options *o)
{
    GOptionContext *context = g_option_context_new(NULL);
    GOptionGroup *group = g_option_group_new("run", NULL, NULL, o, NULL);

    add_view_entries(group, o);
    terminal_add_entries(group, &o->terminal);
    add_limit_entries(group, o);
    g_option_context_set_main_group(context, group);
    g_option_context_set_summary(
        context,
        "Examples:\n"
        "  stacklab run scenarios/04-handshake/three-way-basic.lua\n"
        "  stacklab run --view tcpdump --set loss=10% -w x.pcapng x.lua\n\n"
        "Plays a scenario once. Statuses: 0 its checks hold; 1 one failed; 2 it cannot be loaded "
        "or\n"
        "ended in an error; 3 a bug of stacklab's; 4 a limit was reached; 130 interrupted.");
    return context;
}

/* --- values ----------------------------------------------------------------------------------- */

static bool bad(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool bad(GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    *error = g_error_new_valist(G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, args);
    va_end(args);
    return false;
}

static bool read_count(const char *option, const char *text, uint64_t *out, GError **error)
{
    if (text == NULL || g_ascii_string_to_unsigned(text, 10, 0, UINT64_MAX, out, NULL))
        return true;
    return bad(error, "%s %s: a whole number is wanted", option, text);
}

static bool read_time(const char *option, const char *text, SimTime *out, GError **error)
{
    if (text == NULL || parse_time(text, out, error))
        return true;
    g_prefix_error(error, "%s: ", option);
    return false;
}

static bool read_limits(const Options *o, RunRequest *req, GError **error)
{
    RunOptions *opt = &req->options;

    if (!read_count("--seed", o->seed, &opt->seed, error) ||
        !read_time("--until", o->until, &opt->until, error) ||
        !read_count("--max-events", o->max_events, &opt->max_events, error) ||
        !read_count("--max-instructions", o->max_instructions, &opt->max_instructions, error) ||
        !read_time("--wall-limit", o->wall_limit, &req->wall_limit, error))
        return false;
    opt->eager = o->eager;
    if (o->max_memory != NULL && !parse_size(o->max_memory, &opt->max_memory, error)) {
        g_prefix_error(error, "--max-memory: ");
        return false;
    }
    for (char **set = o->sets; set != NULL && *set != NULL; set++) {
        if (strchr(*set, '=') == NULL || **set == '=')
            return bad(error, "--set %s: NAME=VALUE is wanted", *set);
        g_ptr_array_add(opt->sets, *set);
    }
    return true;
}

/* --- the request ------------------------------------------------------------------------------ */

static GPtrArray *as_array(char **strings)
{
    GPtrArray *array = g_ptr_array_new();

    for (; strings != NULL && *strings != NULL; strings++)
        g_ptr_array_add(array, *strings);
    return array;
}

/* Two would take each other's place. */
static bool differ(const GPtrArray *names, GError **error)
{
    for (guint i = 0; i < names->len; i++)
        for (guint k = 0; k < i; k++)
            if (strcmp(g_ptr_array_index(names, i), g_ptr_array_index(names, k)) == 0)
                return bad(error, "%s: named twice", (char *)g_ptr_array_index(names, i));
    return true;
}

static bool make_request(const Options *o, RunRequest *req, GError **error)
{
    static const DissectTime times[] = { DISSECT_TIME_SECONDS, DISSECT_TIME_NONE,
                                         DISSECT_TIME_SECONDS, DISSECT_TIME_TTTT,
                                         DISSECT_TIME_SECONDS, DISSECT_TIME_SINCE };
    int view = VIEW_LADDER;
    Terminal terminal;

    *req = run_request_default;
    req->options = run_defaults;
    req->options.sets = g_ptr_array_new();
    req->captures = as_array(o->captures);
    req->outputs = as_array(o->outputs);
    if (!read_limits(o, req, error) ||
        !option_choice("--view", o->view, run_view_names, &view, error) ||
        !terminal_read(&o->terminal, &terminal, error))
        return false;
    if (o->at != NULL && o->captures == NULL)
        return bad(error, "--at %s: it says where -w takes its capture, and there is no -w", o->at);
    if (o->packet != NULL && view != VIEW_LAYERS)
        return bad(error, "--packet %s: it says what --view layers opens", o->packet);
    if (!differ(req->captures, error) || !differ(req->outputs, error))
        return false;
    if (o->times >= G_N_ELEMENTS(times))
        return bad(error, "-t: five times at most, as tcpdump");
    req->view = (RunView)view;
    req->options.chinese = terminal.chinese;
    req->colour = terminal.colour;
    req->width = terminal.width;
    req->time = times[o->times];
    req->verbose = o->verbose;
    req->options.waiting = o->verbose > 0;
    req->at = o->at;
    req->packet = o->packet;
    req->absolute = o->absolute;
    req->ethernet = o->ethernet;
    req->names = o->names;
    req->full = o->full;
    req->timers = o->timers;
    req->digest = o->digest;
    req->out = stdout;
    req->signals = true;
    return true;
}

/* --- the verdict ------------------------------------------------------------------------------ */

static void report(const Options *o, const RunResult *out)
{
    for (guint i = 0; i < out->failures->len; i++)
        fputs(((const Failure *)g_ptr_array_index(out->failures, i))->block, stderr);
    for (guint i = 0; o->verbose > 0 && i < out->waiting->len; i++)
        fprintf(stderr, "%s\n", (const char *)g_ptr_array_index(out->waiting, i));
    if (out->bound != NULL)
        fprintf(stderr, "%s\n", out->bound);
    if (out->error != NULL)
        fprintf(stderr, "%s\n", out->error);
    if (o->stats)
        run_stats_print(&out->stats, stderr);
    if (!o->quiet && (out->checks > 0 || out->error == NULL))
        fprintf(stderr, "%u checks, %u failed\n", out->checks, out->failed);
}

static int run_one(const Options *o, const RunRequest *req)
{
    RunResult out;

    if (req->at != NULL && strcmp(req->at, "all") == 0 && req->captures->len > 0)
        fputs(
            "stacklab run: --at all records each packet at every interface: analyzers that take it "
            "for one vantage will see retransmissions\n",
            stderr);
    int status = run_scenario(o->files[0], req, &out);
    if (req->digest && out.digest[0] != '\0')
        printf("digest: %s\n", out.digest);
    fflush(stdout);
    report(o, &out);
    if (out.abandoned) {
        fflush(NULL);
        _exit(status);
    }
    run_result_clear(&out);
    return status;
}

static void free_options(Options *o)
{
    char *texts[] = { o->view,
                      o->packet,
                      o->at,
                      o->seed,
                      o->until,
                      o->max_events,
                      o->max_memory,
                      o->max_instructions,
                      o->wall_limit };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    terminal_options_clear(&o->terminal);
    g_strfreev(o->captures);
    g_strfreev(o->outputs);
    g_strfreev(o->sets);
    g_strfreev(o->files);
}

int cmd_run(int argc, char **argv)
{
    Options o = { 0 };
    RunRequest req = run_request_default;
    GError *error = NULL;
    int status = STATUS_ERROR;

    GOptionContext *context = make_context(&o);
    bool ok = options_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    if (ok && (o.files == NULL || o.files[1] != NULL))
        ok = bad(&error, "one scenario is wanted: stacklab run SCENARIO.lua");
    if (ok && make_request(&o, &req, &error))
        status = run_one(&o, &req);
    else
        fprintf(stderr, "stacklab run: %s\n", error->message);
    g_clear_error(&error);
    if (req.options.sets != NULL) {
        g_ptr_array_free(req.options.sets, TRUE);
        g_ptr_array_free(req.captures, TRUE);
        g_ptr_array_free(req.outputs, TRUE);
    }
    free_options(&o);
    return status;
}
