/*
 * svg.c - a picture as SVG, written by hand: whole numbers, one font, no scripts, text as text.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/svg.h"

#include "sim/view/canvas.h"

#include <stdlib.h>
#include <string.h>

enum { MARGIN = 12 };

static const char style[] =
    "text { font: 13px 'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace; "
    "fill: #222 }\n"
    "line, rect { stroke: #888; stroke-width: 1.5; fill: none }\n"
    ".bold { font-weight: bold } .big { font-size: 17px } .small { font-size: 11px }\n"
    "line.dim, rect.dim { stroke: #bbb } text.dim, polygon.dim { fill: #777 }\n"
    "line.up, rect.up { stroke: #0b6fa4 } text.up, polygon.up { fill: #0b6fa4 }\n"
    "line.down, rect.down { stroke: #1d7f3c } text.down, polygon.down { fill: #1d7f3c }\n"
    "line.both, rect.both { stroke: #222 } text.both, polygon.both { fill: #222 }\n"
    "line.bad, rect.bad { stroke: #c0222b } text.bad, polygon.bad { fill: #c0222b }\n"
    "line.odd, rect.odd { stroke: #b36b00 } text.odd, polygon.odd { fill: #b36b00 }\n"
    "line.dotted, rect.dotted { stroke-dasharray: 2 4 } line.dashed { stroke-dasharray: 7 4 }\n"
    "line.lane { stroke: #444 } line.strong, rect.strong { stroke-width: 2.5 }\n"
    "rect.wait { fill: #ffe2ad; stroke: none } rect.note { fill: #fff7d6; stroke: #e5d48a }\n"
    "rect.page { fill: #fff; stroke: none }\n"
    "text.halo { paint-order: stroke; stroke: #fff; stroke-width: 4px }\n";

void svg_init(Svg *svg)
{
    *svg = (Svg){ .body = g_string_new(NULL) };
}

static void reach(Svg *svg, int x, int y)
{
    svg->width = MAX(svg->width, x);
    svg->height = MAX(svg->height, y);
}

void svg_line(Svg *svg, int x1, int y1, int x2, int y2, const char *klass)
{
    g_string_append_printf(svg->body,
                           "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" class=\"%s\"/>\n", x1, y1,
                           x2, y2, klass);
    reach(svg, MAX(x1, x2), MAX(y1, y2));
}

void svg_box(Svg *svg, int x, int y, int w, int h, const char *klass)
{
    g_string_append_printf(svg->body,
                           "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"%s\"/>\n", x,
                           y, w, h, klass);
    reach(svg, x + w, y + h);
}

/* The angle of a line, in tenths of a degree: its arc tangent by a series, in whole numbers. It is
 * drawn, and nothing depends on it. */
static int tenths(int dx, int dy)
{
    if (dx < 0)
        return dy >= 0 ? 1800 - tenths(-dx, dy) : tenths(-dx, -dy) - 1800;
    if (abs(dy) > dx)
        return dy > 0 ? 900 - tenths(dy, dx) : tenths(-dy, dx) - 900;
    if (dx == 0)
        return 0;
    int64_t q = (int64_t)dy * 1000 / dx, cube = q * q / 1000 * q / 1000;
    return (int)((q * 573 - cube * 124) / 1000); /* 57.3 q - 12.4 q^3: right to half a degree */
}

/* As XML has it: valid UTF-8, and no control characters, which it cannot hold. */
static char *escape(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    for (char *c = valid; *c != '\0'; c++)
        if (g_ascii_iscntrl(*c))
            *c = ' ';
    return g_markup_escape_text(valid, -1);
}

static void add_text(Svg *svg, const char *place, SvgAnchor anchor, const char *klass,
                     const char *text)
{
    static const char *const anchors[] = {
        "",
        " text-anchor=\"middle\"",
        " text-anchor=\"end\"",
    };
    g_autofree char *escaped = escape(text);

    g_string_append_printf(svg->body, "<text %s%s class=\"%s\">%s</text>\n", place, anchors[anchor],
                           klass, escaped);
}

void svg_text(Svg *svg, int x, int y, SvgAnchor anchor, const char *klass, const char *text)
{
    g_autofree char *place = g_strdup_printf("x=\"%d\" y=\"%d\"", x, y);
    int width = (int)canvas_width(text) * SVG_CHAR;

    add_text(svg, place, anchor, klass, text);
    reach(svg, anchor == SVG_START ? x + width : anchor == SVG_MIDDLE ? x + width / 2 : x, y);
}

static void angle_text(int t, GString *out)
{
    g_string_append_printf(out, "%s%d.%d", t < 0 ? "-" : "", abs(t) / 10, abs(t) % 10);
}

void svg_text_along(Svg *svg, int x, int y, SvgAnchor anchor, int dx, int dy, const char *klass,
                    const char *text)
{
    g_autoptr(GString) place = g_string_new(NULL);

    g_string_append_printf(place, "transform=\"translate(%d %d) rotate(", x, y);
    angle_text(tenths(dx, dy), place);
    g_string_append(place, ")\"");
    add_text(svg, place->str, anchor, klass, text);
    reach(svg, x, y);
}

void svg_head(Svg *svg, int x, int y, int dx, int dy, const char *klass)
{
    g_autoptr(GString) angle = g_string_new(NULL);

    angle_text(tenths(dx, dy), angle);
    g_string_append_printf(svg->body,
                           "<polygon points=\"0,0 -11,-4 -11,4\" transform=\"translate(%d %d) "
                           "rotate(%s)\" class=\"%s\"/>\n",
                           x, y, angle->str, klass);
}

void svg_cross(Svg *svg, int x, int y, const char *klass)
{
    g_autofree char *strong = g_strdup_printf("%s strong", klass);

    svg_line(svg, x - 6, y - 6, x + 6, y + 6, strong);
    svg_line(svg, x - 6, y + 6, x + 6, y - 6, strong);
}

void svg_finish(Svg *svg, FILE *out, const char *title)
{
    int w = svg->width + MARGIN, h = svg->height + MARGIN;

    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" xml:space=\"preserve\">\n",
            w, h, w, h);
    if (title != NULL) {
        g_autofree char *escaped = escape(title);
        fprintf(out, "<title>%s</title>\n", escaped);
    }
    fprintf(out, "<style>\n%s</style>\n<rect width=\"%d\" height=\"%d\" class=\"page\"/>\n", style,
            w, h);
    fwrite(svg->body->str, 1, svg->body->len, out);
    fputs("</svg>\n", out);
    g_string_free(svg->body, TRUE);
    *svg = (Svg){ 0 };
}
