/*
 * demo_show.c - pages of a lesson beside each other, and at a pace.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/demo_show.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Columns that the line takes; colours take none. */
static unsigned line_width(const char *line)
{
    unsigned width = 0;

    for (; *line != '\0'; line = g_utf8_next_char(line)) {
        if (*line == '\033') { /* to the letter that ends it */
            while (line[1] != '\0' && !g_ascii_isalpha(*line))
                line++;
            continue;
        }
        gunichar c = g_utf8_get_char(line);
        width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return width;
}

/* The longest common subsequence of what follows in both, for every pair of places. */
static unsigned *common_lengths(char **left, guint nl, char **right, guint nr)
{
    unsigned *length = g_new0(unsigned, (size_t)(nl + 1) * (nr + 1));

    for (guint i = nl; i-- > 0;)
        for (guint k = nr; k-- > 0;) {
            unsigned *here = &length[i * (nr + 1) + k];
            unsigned below = here[nr + 1], beside = here[1];
            *here = strcmp(left[i], right[k]) == 0 ? here[nr + 2] + 1 : MAX(below, beside);
        }
    return length;
}

/* What is too wide for the left column has its row to itself. */
static void add_row(GString *out, const char *left, const char *mark, const char *right,
                    unsigned column)
{
    unsigned width = line_width(left);

    if (width > column && *right != '\0') {
        add_row(out, left, mark, "", column);
        add_row(out, "", mark, right, column);
        return;
    }

    g_string_append(out, left);
    g_string_append_printf(out, "%*s %s %s", width < column ? (int)(column - width) : 0, "", mark,
                           right);
    while (out->len > 0 && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    g_string_append_c(out, '\n');
}

bool demo_fits(const char *text, unsigned columns)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line != NULL; line++)
        if (line_width(*line) > columns)
            return false;
    return true;
}

char *demo_beside(const char *left_text, const char *right_text, unsigned column)
{
    g_auto(GStrv) left = g_strsplit(left_text, "\n", -1);
    g_auto(GStrv) right = g_strsplit(right_text, "\n", -1);
    guint nl = g_strv_length(left), nr = g_strv_length(right), i = 0, k = 0;
    g_autofree unsigned *length = common_lengths(left, nl, right, nr);
    GString *out = g_string_new(NULL);

    while (i < nl || k < nr) {
        unsigned here = length[i * (nr + 1) + k];
        if (i < nl && k < nr && strcmp(left[i], right[k]) == 0) {
            add_row(out, left[i], *left[i] != '\0' ? " " : "", right[k], column);
            i++, k++;
        } else if (i < nl && k < nr && length[(i + 1) * (nr + 1) + k + 1] == here) {
            add_row(out, left[i++], "|", right[k++], column);
        } else if (k == nr || (i < nl && length[(i + 1) * (nr + 1) + k] == here)) {
            add_row(out, left[i++], "<", "", column);
        } else {
            add_row(out, "", ">", right[k++], column);
        }
    }
    /* The last row is of what stands behind the texts' own last newlines. */
    g_string_truncate(out, out->len > 0 ? out->len - 1 : 0);
    return g_string_free(out, FALSE);
}

/* Milliseconds that it takes to read the line: words more than arrows. */
static int reading_time(const char *line)
{
    enum { PACKET = 500, WORD_COLUMN = 45 };
    const char *text = line + strspn(line, " .0123456789");

    if (*text == '\0')
        return 0;
    return *text == '*' ? (int)line_width(text) * WORD_COLUMN : PACKET;
}

/* Waits; false if the reader wants the rest at once. */
static bool pause_for(int ms, bool *listen)
{
    struct pollfd keyboard = { STDIN_FILENO, POLLIN, 0 };
    char key[64];

    if (!*listen) {
        g_usleep((gulong)ms * 1000);
        return true;
    }
    if (poll(&keyboard, 1, ms) <= 0)
        return true;
    ssize_t n = read(STDIN_FILENO, key, sizeof key);
    if (n <= 0)
        *listen = false; /* nobody there any more */
    return n <= 0 || memchr(key, 'q', (size_t)n) == NULL;
}

void demo_show(const char *text, bool paced)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    bool listen = isatty(STDIN_FILENO) != 0;

    for (char **line = lines; *line != NULL; line++) {
        if (line[1] == NULL && **line == '\0')
            break;
        fputs(*line, stdout);
        if (line[1] != NULL)
            fputc('\n', stdout);
        if (!paced)
            continue;
        fflush(stdout);
        int ms = reading_time(*line);
        paced = ms == 0 || pause_for(ms, &listen);
    }
}
