/*
 * states_svg.c - the state diagram as a picture: the same figure, in lines instead of characters.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/states_priv.h"
#include "sim/view/svg.h"

#include <stdlib.h>
#include <string.h>

enum { LEFT = 16, TOP = 16, ROW = 16 };

typedef struct Picture {
    const States *st;
    Svg svg;
    int top;
} Picture;

static int px(int column)
{
    return LEFT + column * SVG_CHAR + SVG_CHAR / 2;
}

static int py(const Picture *p, int line)
{
    return p->top + line * ROW + ROW / 2;
}

static const char *class_of(const uint64_t by[SIDES], bool line)
{
    if (by[SIDE_ACTIVE] > 0 && by[SIDE_PASSIVE] > 0)
        return line ? "both strong" : "bold";
    if (by[SIDE_ACTIVE] + by[SIDE_PASSIVE] == 0)
        return line ? "dim dotted" : "dim";
    if (by[SIDE_ACTIVE] > 0)
        return line ? "up strong" : "up bold";
    return line ? "down strong" : "down bold";
}

static void draw_box(Picture *p, const FigureBox *box)
{
    const uint64_t *by = p->st->visited[box->state];
    int x = px(box->at.x), y = py(p, box->at.y), w = (box->w - 1) * SVG_CHAR,
        h = (box->h - 1) * ROW;

    svg_box(&p->svg, x, y, w, h, class_of(by, true));
    svg_text(&p->svg, x + w / 2, y + h / 2 + 5, SVG_MIDDLE, class_of(by, false),
             tcp_state_name(box->state));
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

/* In text an arrow ends in the cell beside a box; here it reaches the line. */
static void draw_way(Picture *p, int i)
{
    const FigureArrow *a = &figure_arrows[i];
    const char *klass = class_of(p->st->taken[i], true);
    int x1 = 0, y1 = 0, dx = 0, dy = 0;

    for (int k = 0; k < a->bends; k++) {
        int x2 = px(a->way[k].x), y2 = py(p, a->way[k].y);
        if (k == 0) {
            x1 = x2 - sign(a->way[1].x - a->way[0].x) * SVG_CHAR;
            y1 = y2 - sign(a->way[1].y - a->way[0].y) * ROW;
            continue;
        }
        dx = sign(a->way[k].x - a->way[k - 1].x);
        dy = sign(a->way[k].y - a->way[k - 1].y);
        if (k == a->bends - 1) {
            x2 += dx * SVG_CHAR;
            y2 += dy * ROW;
        }
        svg_line(&p->svg, x1, y1, x2, y2, klass);
        x1 = x2;
        y1 = y2;
    }
    svg_head(&p->svg, x1, y1, dx, dy, klass);
}

static void draw_words(Picture *p, int i)
{
    const FigureArrow *a = &figure_arrows[i];
    const char *const *lines = p->st->opt.chinese ? a->label.zh : a->label.en;
    bool taken = p->st->taken[i][SIDE_ACTIVE] + p->st->taken[i][SIDE_PASSIVE] > 0;
    g_autoptr(GString) marks = g_string_new(NULL);

    for (int k = 0; k < FIGURE_LABELS && lines[k] != NULL; k++)
        svg_text(&p->svg, LEFT + a->label.at.x * SVG_CHAR, py(p, a->label.at.y + k) + 4,
                 a->label.right ? SVG_END : SVG_START, taken ? "small" : "small dim", lines[k]);
    size_t active = states_marks(p->st, i, marks);
    g_autofree char *first = g_strndup(marks->str, active);
    int x = px(a->mark.x) - (int)marks->len * SVG_CHAR / 2;
    if (active > 0)
        svg_text(&p->svg, x, py(p, a->mark.y) + 5, SVG_START, "up bold halo", first);
    if (marks->len > active)
        svg_text(&p->svg, x + (int)active * SVG_CHAR, py(p, a->mark.y) + 5, SVG_START,
                 "down bold halo", marks->str + active);
}

static void draw_steps(Picture *p, int y)
{
    g_autofree char *covered = states_covered(p->st);
    char *text = states_steps(p->st);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    svg_text(&p->svg, LEFT, y, SVG_START, "bold", covered);
    y += SVG_LINE;
    svg_text(&p->svg, LEFT, y, SVG_START, "small dim", states_legend(p->st));
    for (guint i = 0; lines[i] != NULL; i++) {
        y += SVG_LINE - 2;
        const char *begin = lines[i] + strspn(lines[i], " ");
        const char *klass = *begin == '('   ? "small up"
                            : *begin == '[' ? "small down"
                                            : "small bold";
        int x = LEFT + (int)(begin - lines[i]) * 7;
        if (*begin != '\0')
            svg_text(&p->svg, x, y, SVG_START, klass, begin);
    }
    free(text);
}

void states_svg(const States *st, const char *title, FILE *out)
{
    Picture p = { .st = st, .top = TOP };

    svg_init(&p.svg);
    if (title != NULL) {
        svg_text(&p.svg, LEFT, TOP + SVG_LINE, SVG_START, "bold big", title);
        p.top += 2 * SVG_LINE;
    }
    for (int i = 0; i < FIGURE_BOXES; i++)
        draw_box(&p, &figure_boxes[i]);
    for (int i = 0; i < FIGURE_ARROWS; i++)
        draw_way(&p, i);
    for (int i = 0; i < FIGURE_ARROWS; i++)
        draw_words(&p, i);
    svg_text(&p.svg, LEFT + FIGURE_NOTE_X * SVG_CHAR, py(&p, FIGURE_NOTE_Y) + 4, SVG_START,
             "small dim", states_note_2(st));
    draw_steps(&p, py(&p, FIGURE_HEIGHT) + SVG_LINE);
    svg_finish(&p.svg, out, title);
}
