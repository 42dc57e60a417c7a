/*
 * svg.h - a picture as SVG, written by hand: whole numbers, one font, no scripts, text as text.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

enum { SVG_CHAR = 8, SVG_LINE = 18 }; /* pixels that a column of text takes, and a line of it */

typedef enum SvgAnchor { SVG_START, SVG_MIDDLE, SVG_END } SvgAnchor;

typedef struct Svg {
    GString *body;
    int width, height; /* grown to hold what is drawn */
} Svg;

void svg_init(Svg *svg);
/* klass: names from the style sheet of svg_finish, such as "up bold". */
void svg_line(Svg *svg, int x1, int y1, int x2, int y2, const char *klass);
void svg_box(Svg *svg, int x, int y, int w, int h, const char *klass);
void svg_text(Svg *svg, int x, int y, SvgAnchor anchor, const char *klass, const char *text);
/* Along a line that goes dy down in dx to the right (dx > 0): text beside it. */
void svg_text_along(Svg *svg, int x, int y, SvgAnchor anchor, int dx, int dy, const char *klass,
                    const char *text);
/* The point of an arrow at (x, y) that comes from (x - dx, y - dy); or a cross there. */
void svg_head(Svg *svg, int x, int y, int dx, int dy, const char *klass);
void svg_cross(Svg *svg, int x, int y, const char *klass);
/* Writes all of it, and forgets it. title: for those who cannot see it; may be NULL. */
void svg_finish(Svg *svg, FILE *out, const char *title);
