/*
 * cmd_explain.c - `stacklab explain FILE [N[..M]]`: why each packet was sent, accepted or dropped.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run.h"
#include "sim/command/terminal.h"

#include <stdlib.h>
#include <string.h>

enum { AT_MOST = 200 }; /* packets, if nobody says which */

typedef struct Options {
    TerminalOptions terminal;
    char **sets, **words;
    char *seed;
} Options;

static bool bad(GError **error, const char *format, const char *what)
{
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, what);
    return false;
}

static bool read_number(const char *text, size_t n, uint64_t *out)
{
    g_autofree char *digits = g_strndup(text, n);

    return g_ascii_string_to_unsigned(digits, 10, 1, UINT64_MAX, out, NULL);
}

/* "3", "3..7", "3.." */
static bool read_range(const char *text, ExplainOptions *opt, GError **error)
{
    const char *dots = strstr(text, "..");
    bool ok = read_number(text, dots != NULL ? (size_t)(dots - text) : strlen(text), &opt->first);

    opt->last = opt->first;
    if (dots != NULL && dots[2] == '\0')
        opt->last = UINT64_MAX;
    else if (ok && dots != NULL)
        ok = read_number(dots + 2, strlen(dots + 2), &opt->last) && opt->last >= opt->first;
    return ok || bad(error, "%s: a packet's number is wanted, from 1, or a range as in 3..7", text);
}

static bool make_request(const Options *o, const Terminal *terminal, RunRequest *req,
                         ExplainOptions *explain, GError **error)
{
    if (o->words == NULL || (o->words[1] != NULL && o->words[2] != NULL))
        return bad(error, "%s", "a scenario is wanted, and what of it: FILE.lua [N[..M]]");
    if (o->words[1] != NULL && !read_range(o->words[1], explain, error))
        return false;
    *req = run_request_default;
    req->options = run_defaults;
    req->options.sets = g_ptr_array_new();
    for (char **set = o->sets; set != NULL && *set != NULL; set++) {
        if (strchr(*set, '=') == NULL || **set == '=')
            return bad(error, "--set %s: NAME=VALUE is wanted", *set);
        g_ptr_array_add(req->options.sets, *set);
    }
    if (o->seed != NULL &&
        !g_ascii_string_to_unsigned(o->seed, 10, 0, UINT64_MAX, &req->options.seed, NULL))
        return bad(error, "--seed %s: a whole number is wanted", o->seed);
    explain->chinese = req->options.chinese = terminal->chinese;
    explain->colour = terminal->colour;
    explain->width = terminal->width;
    req->view = VIEW_NONE;
    req->explain = explain;
    req->out = stdout;
    req->signals = true;
    return true;
}

/* Whether the scenario's checks hold is not what was asked. */
static int play(const char *file, const RunRequest *req)
{
    RunResult out;
    int status = run_scenario(file, req, &out);

    fflush(stdout);
    if (out.error != NULL)
        fprintf(stderr, "%s\n", out.error);
    if (out.bound != NULL)
        fprintf(stderr, "%s\n", out.bound);
    if (out.abandoned) {
        fflush(NULL);
        _Exit(status);
    }
    run_result_clear(&out);
    return status == STATUS_FAIL ? STATUS_PASS : status;
}

static int run(const Options *o, GError **error)
{
    ExplainOptions explain = { .first = 1, .last = AT_MOST };
    RunRequest req = { 0 };
    Terminal terminal;
    int status = STATUS_ERROR;

    if (terminal_read(&o->terminal, &terminal, error) &&
        make_request(o, &terminal, &req, &explain, error))
        status = play(o->words[0], &req);
    if (req.options.sets != NULL)
        g_ptr_array_free(req.options.sets, TRUE);
    return status;
}

int cmd_explain(int argc, char **argv)
{
    Options o = { 0 };
    g_autoptr(GError) error = NULL;
    int status = STATUS_ERROR;
    const GOptionEntry entries[] = {
        { "seed", 's', 0, G_OPTION_ARG_STRING, &o.seed, "Seed of all that is random (default 1)",
          "N" },
        { "set", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o.sets, "Override a parameter of the scenario",
          "NAME=VALUE" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o.words, NULL, "FILE [N[..M]]" },
        { 0 },
    };
    GOptionContext *context = g_option_context_new(NULL);
    GOptionGroup *group = g_option_group_new("explain", NULL, NULL, NULL, NULL);

    g_option_group_add_entries(group, entries);
    terminal_add_entries(group, &o.terminal);
    g_option_context_set_main_group(context, group);
    g_option_context_set_summary(
        context, "Examples:\n"
                 "  stacklab explain scenarios/04-handshake/stale-syn-after-close.lua 11..14\n"
                 "  stacklab explain --lang zh --set losses=2 x.lua\n\n"
                 "Plays a scenario, and tells of each packet why it was sent, what its receiver\n"
                 "looked at and in which order, why it was accepted or dropped, and which\n"
                 "paragraph says so. Packets are counted from 1 as they are first put on a wire.");
    if (options_parse(context, &argc, &argv, &error))
        status = run(&o, &error);
    g_option_context_free(context);
    if (error != NULL)
        fprintf(stderr, "stacklab explain: %s\n", error->message);
    terminal_options_clear(&o.terminal);
    g_free(o.seed);
    g_strfreev(o.sets);
    g_strfreev(o.words);
    return status;
}
