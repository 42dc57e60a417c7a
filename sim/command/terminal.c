/*
 * terminal.c - colours, columns and language of who reads.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/terminal.h"

#include "sim/engine/knob.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void terminal_add_entries(GOptionGroup *group, TerminalOptions *o)
{
    const GOptionEntry entries[] = {
        { "color", 0, 0, G_OPTION_ARG_STRING, &o->colour, "auto (default), always or never",
          "WHEN" },
        { "columns", 0, 0, G_OPTION_ARG_INT, &o->columns,
          "Width of the ladder (default: the terminal's, else 80)", "N" },
        { "lang", 0, 0, G_OPTION_ARG_STRING, &o->lang,
          "Language of the narration, en or zh (default: from LANG)", "LANG" },
        { 0 },
    };

    g_option_group_add_entries(group, entries);
}

void terminal_options_clear(TerminalOptions *o)
{
    g_free(o->colour);
    g_free(o->lang);
    *o = (TerminalOptions){ 0 };
}

/* "--view", "--packet" ...: GLib keeps the entries to itself, but its help names them all. */
static GPtrArray *option_names(GOptionContext *context)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);
    g_auto(GStrv) lines = g_strsplit(help, "\n", -1);

    for (char **line = lines; *line != NULL; line++) {
        const char *name = strstr(*line, "--");
        if (name != NULL && g_str_has_prefix(*line, "  "))
            g_ptr_array_add(names, g_strndup(name, strcspn(name, " =")));
    }
    g_ptr_array_add(names, NULL);
    return names;
}

bool options_parse(GOptionContext *context, int *argc, char ***argv, GError **error)
{
    GError *wrong = NULL;

    if (g_option_context_parse(context, argc, argv, &wrong))
        return true;
    const char *dashes = strrchr(wrong->message, ' ');
    if (g_error_matches(wrong, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION) && dashes != NULL) {
        g_autoptr(GPtrArray) names = option_names(context);
        g_autofree char *option = g_strndup(dashes + 1, strcspn(dashes + 1, "="));
        const char *near = knob_nearest((const char *const *)names->pdata, option);
        g_autofree char *hint =
            near != NULL ? g_strdup_printf(", did you mean '%s'?", near) : g_strdup("");
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
                    "there is no option '%s'%s (%s --help lists them)", option, hint,
                    g_get_prgname());
        g_error_free(wrong);
        return false;
    }
    g_propagate_error(error, wrong);
    return false;
}

bool option_choice(const char *option, const char *text, const char *const *names, int *out,
                   GError **error)
{
    if (text == NULL)
        return true;
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], text) == 0) {
            *out = i;
            return true;
        }
    const char *near = knob_nearest(names, text);
    g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)names);
    g_autofree char *hint =
        near != NULL ? g_strdup_printf("; did you mean '%s'?", near) : g_strdup("");
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s %s: one of %s is wanted%s",
                option, text, all, hint);
    return false;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? value : NULL;
}

/* NO_COLOR wins over the variables that force it; an option wins over all. */
static bool want_colour(int choice)
{
    enum { AUTO, ALWAYS, NEVER_AT_ALL };
    static const char *const forcing[] = { "CLICOLOR_FORCE", "FORCE_COLOR" };

    if (choice != AUTO)
        return choice == ALWAYS;
    if (environment("NO_COLOR") != NULL)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(forcing); i++) {
        const char *value = environment(forcing[i]);
        if (value != NULL && strcmp(value, "0") != 0)
            return true;
    }
    const char *term = environment("TERM");
    return isatty(STDOUT_FILENO) && (term == NULL || strcmp(term, "dumb") != 0);
}

static bool speaks_chinese(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = environment(names[i]);
        if (value != NULL)
            return g_str_has_prefix(value, "zh");
    }
    return false;
}

static unsigned its_width(void)
{
    struct winsize size;
    const char *columns = environment("COLUMNS");

    if (columns != NULL && atoi(columns) > 0)
        return (unsigned)atoi(columns);
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

bool terminal_read(const TerminalOptions *o, Terminal *out, GError **error)
{
    static const char *const colours[] = { "auto", "always", "never", NULL };
    static const char *const langs[] = { "en", "zh", NULL };
    int colour = 0, lang = speaks_chinese();

    if (!option_choice("--color", o->colour, colours, &colour, error) ||
        !option_choice("--lang", o->lang, langs, &lang, error))
        return false;
    if (o->columns < 0) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--columns %d: a width is wanted", o->columns);
        return false;
    }
    out->colour = want_colour(colour);
    out->chinese = lang == 1;
    out->width = o->columns > 0 ? (unsigned)o->columns : its_width();
    return true;
}
