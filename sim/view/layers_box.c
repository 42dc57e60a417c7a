/*
 * layers_box.c - boxes in boxes, of fields with their bytes.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/layers_priv.h"

#include <string.h>

enum {
    INDENT = 2,
    HEX_ROW = 6,
    HEX_AT = 4,
    NAME_AT = 23,
    VALUE_AT = 42,
    DUMP_ROW = 16,
    DUMP_LINES = 8,
    OUTER = 1
};

/* One colour for each depth: link, network, transport, application. */
static Style style_at(unsigned depth)
{
    static const Style styles[] = { S_ODD, S_DOWN, S_UP, S_BOLD };

    return styles[MIN(depth, G_N_ELEMENTS(styles) - 1)];
}

/* The left borders of what is open; returns the column behind them. */
static size_t borders(Layers *l)
{
    for (unsigned i = 0; i < l->depth; i++)
        canvas_put(&l->c, OUTER + i * INDENT, "|", style_at(i));
    return OUTER + l->depth * INDENT;
}

/* As canvas_wrap, with the borders in front of every line. */
static void wrap(Layers *l, size_t x, const char *text, Style style)
{
    while (*text != '\0') {
        size_t n = canvas_fitting(text, l->c.width - x);
        g_autofree char *part = g_strndup(text, n);
        borders(l);
        canvas_put(&l->c, x, part, style);
        canvas_flush(&l->c);
        text += n;
        text += strspn(text, " ");
    }
}

static void rule(Layers *l, size_t from, size_t to, Style style)
{
    for (size_t x = from; x < to; x++)
        canvas_put(&l->c, x, "-", style);
}

void box_open(Layers *l, const Box *box)
{
    Style style = style_at(l->depth);
    size_t x = borders(l), end = l->c.width - 1, n = box->bytes.n;
    g_autofree char *head =
        g_strdup_printf(T(l, " %s, %zu bytes ", " %s，%zu 字节 "), box->title, n);
    g_autofree char *both = g_strdup_printf(" %s | OSI %s ", box->tcpip, box->osi);

    canvas_put(&l->c, x, "+-", style);
    rule(l, x + 2, end, style);
    canvas_put(&l->c, x + 2, head, S_BOLD);
    canvas_put_right(&l->c, end - 1, both, style);
    canvas_flush(&l->c);
    l->depth++;
    g_string_append_printf(l->sum, "%s%s %zu", l->sum->len > 0 ? " + " : "", box->brief, n);
}

void box_close(Layers *l)
{
    g_assert(l->depth > 0);
    l->depth--;
    size_t x = borders(l);
    Style style = style_at(l->depth);
    canvas_put(&l->c, x, "+-", style);
    rule(l, x + 2, l->c.width - 1, style);
    canvas_flush(&l->c);
}

void box_say(Layers *l, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    wrap(l, OUTER + l->depth * INDENT, text, S_DIM);
}

static void put_hex(Layers *l, size_t x, const uint8_t *p, size_t n, Half half)
{
    GString *hex = g_string_new(NULL);

    for (size_t i = 0; i < n; i++)
        g_string_append_printf(hex, "%s%02x", i > 0 ? " " : "", p[i]);
    if (half != WHOLE) /* 4. and .5 of 45 */
        hex->str[half == HIGH ? 1 : 0] = '.';
    canvas_put(&l->c, x, hex->str, style_at(l->depth - 1));
    g_string_free(hex, TRUE);
}

static size_t put_offset(Layers *l, const uint8_t *at)
{
    size_t x = borders(l);
    g_autofree char *offset = g_strdup_printf("%zu", (size_t)(at - l->frame.p));

    canvas_put_right(&l->c, x + HEX_AT - 1, offset, S_DIM);
    return x;
}

void box_field(Layers *l, const uint8_t *at, size_t n, Half half, const char *name,
               const char *meaning, const char *format, ...)
{
    va_list args;
    size_t x = put_offset(l, at);

    va_start(args, format);
    g_autofree char *value = g_strdup_vprintf(format, args);
    va_end(args);
    put_hex(l, x + HEX_AT, at, MIN(n, HEX_ROW), half);
    size_t end = canvas_put(&l->c, x + NAME_AT, name, S_PLAIN);
    end = canvas_put(&l->c, MAX(x + VALUE_AT, end + 1), value, S_BOLD);
    /* Beside the value if there is room for all of it, or beside more bytes, or beneath. */
    bool said = end + 2 + canvas_width(meaning) <= l->c.width;
    if (said)
        canvas_put(&l->c, end + 2, meaning, S_DIM);
    canvas_flush(&l->c);
    for (size_t i = HEX_ROW; i < n; i += HEX_ROW) {
        put_hex(l, put_offset(l, at + i) + HEX_AT, at + i, MIN(n - i, HEX_ROW), WHOLE);
        if (!said && x + NAME_AT + 1 + canvas_width(meaning) <= l->c.width) {
            canvas_put(&l->c, x + NAME_AT + 1, meaning, S_DIM);
            said = true;
        }
        canvas_flush(&l->c);
    }
    if (!said)
        wrap(l, x + NAME_AT + 1, meaning, S_DIM);
}

void box_dump(Layers *l, Span bytes)
{
    size_t shown = l->opt.full ? bytes.n : MIN(bytes.n, DUMP_ROW * DUMP_LINES);

    for (size_t i = 0; i < shown; i += DUMP_ROW) {
        size_t n = MIN(shown - i, DUMP_ROW), x = put_offset(l, bytes.p + i);
        char text[DUMP_ROW + 1] = "";
        for (size_t k = 0; k < n; k++)
            text[k] = g_ascii_isprint(bytes.p[i + k]) ? (char)bytes.p[i + k] : '.';
        put_hex(l, x + HEX_AT, bytes.p + i, n, WHOLE);
        canvas_put(&l->c, x + HEX_AT + 3 * DUMP_ROW + 1, text, S_PLAIN);
        canvas_flush(&l->c);
    }
    if (shown < bytes.n)
        box_say(l,
                T(l, "(%zu bytes more; --full shows them)",
                     "（还有 %zu 字节；--full 显示全部）"),
                bytes.n - shown);
}
