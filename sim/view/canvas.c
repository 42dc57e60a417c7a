/*
 * canvas.c - a line of cells, into which text is put at columns; CJK takes two.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/canvas.h"

#include <glib.h>
#include <string.h>

void canvas_init(Canvas *c, FILE *out, size_t width, bool colour)
{
    *c = (Canvas){ .out = out, .colour = colour, .width = width };
    c->cells = g_new(uint32_t, width);
    c->styles = g_new0(uint8_t, width);
    for (size_t i = 0; i < width; i++)
        c->cells[i] = ' ';
}

void canvas_clear(Canvas *c)
{
    g_free(c->cells);
    g_free(c->styles);
}

/* The next character, and how many columns it takes; bytes that are no UTF-8 count as '?'. */
static uint32_t next_char(const char **text, size_t *columns)
{
    gunichar u = g_utf8_get_char_validated(*text, -1);

    if (u == (gunichar)-1 || u == (gunichar)-2) {
        (*text)++;
        *columns = 1;
        return '?';
    }
    *text = g_utf8_next_char(*text);
    *columns = g_unichar_iszerowidth(u) ? 0 : g_unichar_iswide(u) ? 2 : 1;
    return g_unichar_iscntrl(u) ? ' ' : u;
}

size_t canvas_width(const char *text)
{
    size_t width = 0, columns;

    while (*text != '\0') {
        next_char(&text, &columns);
        width += columns;
    }
    return width;
}

size_t canvas_put(Canvas *c, size_t x, const char *text, Style style)
{
    while (*text != '\0') {
        size_t columns;
        uint32_t u = next_char(&text, &columns);
        if (columns == 0)
            continue;
        if (x + columns > c->width)
            break;
        c->cells[x] = u;
        c->styles[x] = (uint8_t)style;
        if (columns == 2) {
            c->cells[x + 1] = 0;
            c->styles[x + 1] = (uint8_t)style;
        }
        x += columns;
    }
    return x;
}

void canvas_put_right(Canvas *c, size_t end, const char *text, Style style)
{
    size_t width = canvas_width(text);

    canvas_put(c, end > width ? end - width : 0, text, style);
}

static const char *const colours[] = {
    [S_PLAIN] = "",        [S_BOLD] = "\033[1m", [S_DIM] = "\033[2m",  [S_UP] = "\033[36m",
    [S_DOWN] = "\033[32m", [S_BAD] = "\033[31m", [S_ODD] = "\033[33m",
};

void canvas_flush(Canvas *c)
{
    size_t end = c->width;
    uint8_t now = S_PLAIN;
    char utf8[6];

    while (end > 0 && c->cells[end - 1] == ' ')
        end--;
    c->blank = end == 0;
    for (size_t i = 0; i < end; i++) {
        if (c->colour && c->styles[i] != now) {
            if (now != S_PLAIN)
                fputs("\033[0m", c->out);
            now = c->styles[i];
            fputs(colours[now], c->out);
        }
        if (c->cells[i] != 0)
            fwrite(utf8, 1, (size_t)g_unichar_to_utf8(c->cells[i], utf8), c->out);
    }
    fputs(now != S_PLAIN ? "\033[0m\n" : "\n", c->out);
    for (size_t i = 0; i < c->width; i++) {
        c->cells[i] = ' ';
        c->styles[i] = S_PLAIN;
    }
}

void canvas_gap(Canvas *c)
{
    if (!c->blank)
        canvas_flush(c);
}

/* Whether a line may begin with this: no mark that closes something may. */
static bool may_begin(const char *text)
{
    static const char marks[] = "。，、；：？！）》”’";
    gunichar u = g_utf8_get_char_validated(text, -1);

    return u == 0 || g_utf8_strchr(marks, -1, u) == NULL;
}

/* And whether it may end with this: no mark that opens something may. */
static bool may_end(const char *last)
{
    static const char marks[] = "（《“‘「【";

    return g_utf8_strchr(marks, -1, g_utf8_get_char_validated(last, -1)) == NULL;
}

size_t canvas_fitting(const char *text, size_t room)
{
    const char *p = text, *best = text;
    size_t width = 0, columns;

    while (*p != '\0') {
        const char *before = p;
        next_char(&p, &columns);
        width += columns;
        if (width > room)
            return best > text ? (size_t)(best - text) : MAX((size_t)(before - text), 1);
        if (*p == ' ' || *p == '\0' || (columns == 2 && may_begin(p) && may_end(before)))
            best = p;
    }
    return (size_t)(p - text);
}

void canvas_wrap(Canvas *c, size_t x, size_t end, const char *text, Style style)
{
    while (*text != '\0') {
        size_t n = canvas_fitting(text, end - x);
        g_autofree char *part = g_strndup(text, n);
        canvas_put(c, x, part, style);
        canvas_flush(c);
        text += n;
        text += strspn(text, " ");
    }
}
