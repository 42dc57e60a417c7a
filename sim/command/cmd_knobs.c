/*
 * cmd_knobs.c - `stacklab knobs [WORD]`: what a host may be told, with units, defaults and sources.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run.h"
#include "sim/command/terminal.h"
#include "sim/view/knobs.h"

int cmd_knobs(int argc, char **argv)
{
    char **words = NULL;
    int markdown = false;
    g_autoptr(GError) error = NULL;
    const GOptionEntry entries[] = {
        { "markdown", 0, 0, G_OPTION_ARG_NONE, &markdown, "all of them as docs/knobs.md", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &words, NULL, "[WORD]" },
        { 0 },
    };
    GOptionContext *context = g_option_context_new(NULL);
    GString *out = g_string_new(NULL);

    g_option_context_set_summary(context,
                                 "Examples:\n  stacklab knobs\n  stacklab knobs keepalive\n\n"
                                 "Lists the knobs of a host whose name or meaning holds WORD, or\n"
                                 "all: default, what it does, unit, values, source.");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = options_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    if (ok && words != NULL && (words[1] != NULL || markdown)) {
        g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                    markdown ? "--markdown lists all knobs" : "one word is wanted");
        ok = false;
    }
    if (ok && markdown) {
        knobs_document(out);
    } else if (ok && knobs_list(words != NULL ? words[0] : NULL, out) == 0) {
        g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "no knob has to do with '%s'",
                    words != NULL ? words[0] : "");
        ok = false;
    }
    if (ok)
        fputs(out->str, stdout);
    else
        fprintf(stderr, "stacklab knobs: %s\n", error->message);
    g_string_free(out, TRUE);
    g_strfreev(words);
    return ok ? STATUS_PASS : STATUS_ERROR;
}
