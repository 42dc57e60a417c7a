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

/* The index in names (the last is NULL) of text; as it is if text is NULL. */
bool option_choice(const char *option, const char *text, const char *const *names, int *out,
                   GError **error);
