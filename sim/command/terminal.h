/*
 * terminal.h - what is known of who reads: colours, columns, language, from options, the
 * environment and the terminal.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <glib.h>
#include <stdbool.h>

/* The options as they are given; all zero if none are. */
typedef struct TerminalOptions {
    char *colour, *lang;
    int   columns;
} TerminalOptions;

typedef struct Terminal {
    bool     colour, chinese;
    unsigned width;
} Terminal;

/* Adds --color, --columns and --lang, which write to o. */
void terminal_add_entries(GOptionGroup *group, TerminalOptions *o);
void terminal_options_clear(TerminalOptions *o);
/* What they and the surroundings come to. An error names the option. */
bool terminal_read(const TerminalOptions *o, Terminal *out, GError **error);

/* g_option_context_parse, whose words may hold any bytes if their entries are of a FILENAME kind
 * (text it converts from the locale's character set, and a program that sets no locale has ASCII);
 * an option that there is not is told with the nearest there is. */
bool options_parse(GOptionContext *context, int *argc, char ***argv, GError **error);

/* The index in names (the last is NULL) of text; as it is if text is NULL. */
bool option_choice(const char *option, const char *text, const char *const *names, int *out,
                   GError **error);
