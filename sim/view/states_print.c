/*
 * states_print.c - the state diagram as text, and below it the steps of each end.
 *
 * What nobody has visited is dotted, so that the way taken shows without colour.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/canvas.h"
#include "sim/view/states_priv.h"
#include "sim/view/words.h"

#include <stdlib.h>
#include <string.h>

enum { WIDE = 100, RFC_COLUMN = 80, STATES_WIDTH = 27, SHOW_ENDS = 8, SHOW_STEPS = 60 };

typedef enum Word {
    W_LEGEND,
    W_COVERED,     /* states, all, arrows, all */
    W_NOTE_2,
    W_LISTENER,    /* host, local */
    W_ACTIVE,      /* host, local, remote */
    W_PASSIVE,
    W_RESET,
    W_ELSEWHERE,
    W_SENT,        /* trigger, flags */
    W_MORE_ENDS,   /* ends, steps */
    W_NOTHING,
    WORDS
} Word;

static const struct {
    const char *en, *zh;
} words[WORDS] = {
    [W_LEGEND] = { "(n) step of an end that opened actively, [n] passively; dotted: not taken",
                   "(n) 主动打开一端的第 n 步，[n] 被动打开一端的；"
                   "点线：没有走过" },
    [W_COVERED] = { "%d of %d states, %d of the %d arrows of RFC 9293, Figure 5",
                    "走过 RFC 9293 图 5 的 %d/%d 个状态、%d/%d 条变迁" },
    [W_NOTE_2] = { "(note 2)", "（注 2）" },
    [W_LISTENER] = { "%s %s listens", "%s %s 监听" },
    [W_ACTIVE] = { "%s %s > %s, active open", "%s %s > %s，主动打开" },
    [W_PASSIVE] = { "%s %s < %s, passive open", "%s %s < %s，被动打开" },
    [W_RESET] = { " (note 3)", "（注 3）" },
    [W_ELSEWHERE] = { " (not in the figure)", "（图中没有）" },
    [W_SENT] = { "%s / snd %s", "%s / 发 %s" },
    [W_MORE_ENDS] = { "(%u more ends, %u steps; --full shows all)",
                      "（另有 %u 端、%u 步；--full 显示全部）" },
    [W_NOTHING] = { "(no connection changed its state)", "（没有连接变过状态）" },
};

static const char *word(const States *st, Word w)
{
    return st->opt.chinese ? words[w].zh : words[w].en;
}

/* --- the figure ------------------------------------------------------------------------------- */

static Style style_of(const uint64_t by[SIDES])
{
    if (by[SIDE_ACTIVE] > 0 && by[SIDE_PASSIVE] > 0)
        return S_BOLD;
    return by[SIDE_ACTIVE] > 0 ? S_UP : by[SIDE_PASSIVE] > 0 ? S_DOWN : S_DIM;
}

static bool was(const uint64_t by[SIDES])
{
    return by[SIDE_ACTIVE] + by[SIDE_PASSIVE] > 0;
}

static void put(Canvas *rows, int x, int y, char c, Style style)
{
    char text[2] = { c, '\0' };

    canvas_put(&rows[y], (size_t)x, text, style);
}

static char box_char(bool solid, bool across, bool up)
{
    if (!solid)
        return across ? '.' : ':';
    return across && up ? '+' : across ? '-' : '|';
}

static void draw_box(const States *st, Canvas *rows, const FigureBox *box)
{
    const uint64_t *by = st->visited[box->state];
    Style style = style_of(by);
    int right = box->at.x + box->w - 1, bottom = box->at.y + box->h - 1;
    const char *name = tcp_state_name(box->state);

    for (int x = box->at.x; x <= right; x++)
        for (int y = box->at.y; y <= bottom; y++) {
            bool across = y == box->at.y || y == bottom, up = x == box->at.x || x == right;
            if (across || up)
                put(rows, x, y, box_char(was(by), across, up), style);
        }
    canvas_put(&rows[box->at.y + box->h / 2 - (box->h % 2 == 0)],
               (size_t)(box->at.x + (box->w - (int)strlen(name)) / 2), name, style);
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void draw_way(Canvas *rows, const FigureArrow *a, bool taken, Style style)
{
    FigurePoint at = a->way[0];
    int dx = 0, dy = 0;

    for (int i = 1; i < a->bends; i++) {
        dx = sign(a->way[i].x - at.x);
        dy = sign(a->way[i].y - at.y);
        char line = dx != 0 ? taken ? '-' : '.' : taken ? '|' : ':';
        for (; at.x != a->way[i].x || at.y != a->way[i].y; at.x += dx, at.y += dy)
            if (i == 1 || at.x != a->way[i - 1].x || at.y != a->way[i - 1].y)
                put(rows, at.x, at.y, line, style);
        put(rows, at.x, at.y, taken ? '+' : '.', style);
    }
    put(rows, at.x, at.y, dx > 0 ? '>' : dx < 0 ? '<' : dy > 0 ? 'v' : '^', style);
}

static void draw_label(const States *st, Canvas *rows, const FigureLabel *label, Style style)
{
    const char *const *lines = st->opt.chinese ? label->zh : label->en;

    for (int i = 0; i < FIGURE_LABELS && lines[i] != NULL; i++) {
        Canvas *row = &rows[label->at.y + i];
        if (label->right)
            canvas_put_right(row, (size_t)label->at.x, lines[i], style);
        else
            canvas_put(row, (size_t)label->at.x, lines[i], style);
    }
}

static void draw_marks(const States *st, Canvas *rows, int arrow)
{
    g_autoptr(GString) marks = g_string_new(NULL);
    FigurePoint at = figure_arrows[arrow].mark;
    size_t active = states_marks(st, arrow, marks), width = marks->len;
    int x = at.x - (int)width / 2;

    x = x < 0 ? 0 : MIN(x, FIGURE_WIDTH - (int)width);
    g_autofree char *first = g_strndup(marks->str, active);
    size_t behind = canvas_put(&rows[at.y], (size_t)x, first, S_UP);
    canvas_put(&rows[at.y], behind, marks->str + active, S_DOWN);
}

static void draw_figure(const States *st, FILE *out)
{
    Canvas rows[FIGURE_HEIGHT];

    for (int i = 0; i < FIGURE_HEIGHT; i++)
        canvas_init(&rows[i], out, FIGURE_WIDTH, st->opt.colour);
    for (int i = 0; i < FIGURE_BOXES; i++)
        draw_box(st, rows, &figure_boxes[i]);
    for (int i = 0; i < FIGURE_ARROWS; i++) {
        const FigureArrow *a = &figure_arrows[i];
        bool taken = was(st->taken[i]);
        draw_way(rows, a, taken, style_of(st->taken[i]));
        draw_label(st, rows, &a->label, taken ? S_PLAIN : S_DIM);
    }
    for (int i = 0; i < FIGURE_ARROWS; i++)
        draw_marks(st, rows, i);
    canvas_put(&rows[FIGURE_NOTE_Y], FIGURE_NOTE_X, word(st, W_NOTE_2), S_DIM);
    for (int i = 0; i < FIGURE_HEIGHT; i++) {
        canvas_flush(&rows[i]);
        canvas_clear(&rows[i]);
    }
}

char *states_covered(const States *st)
{
    int states = 0, arrows = 0, all = 0;

    for (int i = 0; i < TCP_STATE_COUNT; i++)
        states += was(st->visited[i]);
    for (int i = 0; i < FIGURE_ARROWS; i++) {
        all += !figure_arrows[i].noted;
        arrows += !figure_arrows[i].noted && was(st->taken[i]);
    }
    return g_strdup_printf(word(st, W_COVERED), states, TCP_STATE_COUNT, arrows, all);
}

/* --- the steps -------------------------------------------------------------------------------- */

static unsigned decimals(const States *st)
{
    for (guint i = 0; i < st->ends->len; i++) {
        const End *end = g_ptr_array_index(st->ends, i);
        for (guint k = 0; k < end->steps->len; k++)
            if (g_array_index(end->steps, Step, k).t % MSEC != 0)
                return 6;
    }
    return 3;
}

/* "SYN,ACK" for "S." */
static void flags_in_words(const char *flags, GString *out)
{
    static const char letters[] = "SFRP.UEW";
    static const char *const names[] = { "SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR" };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strchr(flags, letters[i]) != NULL)
            g_string_append_printf(out, "%s%s", out->len > 0 ? "," : "", names[i]);
}

/* What made it, and what was sent; "(note 3)" where the figure has no arrow for it. */
static char *why(const States *st, const Step *step)
{
    const char *trigger = words_trigger(st->opt.chinese, step->trigger);
    bool reset = strcmp(step->trigger, "RST arrives") == 0 ||
                 strcmp(step->trigger, "program aborts") == 0;
    const char *where = step->arrow != FIGURE_NONE ? ""
                        : reset                    ? word(st, W_RESET)
                                                   : word(st, W_ELSEWHERE);
    g_autoptr(GString) sent = g_string_new(NULL);

    flags_in_words(step->sent, sent);
    g_autofree char *text = sent->len == 0 ? g_strdup(trigger)
                                           : g_strdup_printf(word(st, W_SENT), trigger, sent->str);
    return g_strconcat(text, where, NULL);
}

static void print_step(const States *st, Canvas *c, Side side, const Step *step, unsigned digits)
{
    SimTime unit = digits == 3 ? MSEC : USEC, t = (step->t + unit / 2) / unit;
    g_autofree char *number =
        g_strdup_printf(side == SIDE_ACTIVE ? "(%u)" : "[%u]", step->number);
    g_autofree char *time =
        g_strdup_printf("%" G_GINT64_FORMAT ".%0*" G_GINT64_FORMAT, t / (SEC / unit), (int)digits,
                        t % (SEC / unit));
    g_autofree char *states =
        g_strdup_printf("%s -> %s", tcp_state_name(step->from), tcp_state_name(step->to));
    g_autofree char *text = why(st, step);
    size_t x = 11 + digits;

    canvas_put_right(c, 6, number, side == SIDE_ACTIVE ? S_UP : S_DOWN);
    canvas_put_right(c, x, time, S_DIM);
    canvas_put(c, x + 2, states, S_PLAIN);
    size_t at = x + 2 + STATES_WIDTH + 2, end = at + canvas_width(text);
    if (c->width >= WIDE) /* one below the other, as long as what stands before leaves room */
        canvas_put(c, MAX(RFC_COLUMN, end + 2), step->rfc, S_DIM);
    canvas_wrap(c, at, c->width, text, S_PLAIN);
}

static void print_end(const States *st, Canvas *c, const End *end)
{
    Word w = end->remote == NULL ? W_LISTENER : end->side == SIDE_ACTIVE ? W_ACTIVE : W_PASSIVE;
    g_autoptr(GString) head = g_string_new(NULL);

    if (end->remote == NULL)
        g_string_printf(head, word(st, w), end->host, end->local);
    else
        g_string_printf(head, word(st, w), end->host, end->local, end->remote);
    canvas_gap(c);
    if (st->worlds > 1)
        g_string_append_printf(head, "  (%s)", end->world);
    canvas_wrap(c, 2, c->width, head->str, S_BOLD);
}

static void print_ends(const States *st, Canvas *c)
{
    unsigned digits = decimals(st), ends = 0, steps = 0, hidden = 0;

    for (guint i = 0; i < st->ends->len; i++) {
        const End *end = g_ptr_array_index(st->ends, i);
        if (!st->opt.full && (ends >= SHOW_ENDS * MAX(1, st->worlds) || steps >= SHOW_STEPS)) {
            hidden += end->steps->len;
            continue;
        }
        ends++;
        print_end(st, c, end);
        for (guint k = 0; k < end->steps->len; k++, steps++)
            print_step(st, c, end->side, &g_array_index(end->steps, Step, k), digits);
    }
    hidden += (unsigned)st->left_out;
    if (hidden == 0)
        return;
    g_autofree char *more = g_strdup_printf(word(st, W_MORE_ENDS), st->ends->len - ends, hidden);
    canvas_gap(c);
    canvas_wrap(c, 2, c->width, more, S_ODD);
}

void states_print(const States *st, FILE *out)
{
    Canvas c;

    draw_figure(st, out);
    canvas_init(&c, out, MAX(st->opt.width, FIGURE_WIDTH), st->opt.colour);
    canvas_flush(&c);
    g_autofree char *covered = states_covered(st);
    canvas_wrap(&c, 2, c.width, covered, S_PLAIN);
    canvas_wrap(&c, 2, c.width, word(st, W_LEGEND), S_DIM);
    if (st->ends->len == 0)
        canvas_wrap(&c, 2, c.width, word(st, W_NOTHING), S_DIM);
    print_ends(st, &c);
    canvas_clear(&c);
}

char *states_steps(const States *st)
{
    Canvas c;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    canvas_init(&c, out, FIGURE_WIDTH, false);
    print_ends(st, &c);
    canvas_clear(&c);
    fclose(out);
    return text;
}

const char *states_note_2(const States *st)
{
    return word(st, W_NOTE_2);
}

const char *states_legend(const States *st)
{
    return word(st, W_LEGEND);
}
