/*
 * ladder_two.c - the ladder of two hosts, after figures 6 to 13 of RFC 9293: each side with its
 * clock and its state, the segments between.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/ladder_priv.h"

#include <string.h>

enum { STATE_WIDTH = 12, WIDE = 100, CORE = 84, LEAD = 4, TIGHT = 2 };

typedef struct Two {
    Lines *lines;
    Node *left, *right;
    size_t time_l, state_l, arrow, arrow_end, state_r, time_r; /* time_x: the column behind it */
    size_t core;
    uint8_t state[2]; /* shown last: left, right */
} Two;

typedef struct Arrow { /* what is drawn between the sides */
    bool up;           /* from left to right */
    bool whole;        /* from side to side; else only at the sender's, or only at the receiver's */
    bool tail;         /* not whole: the receiver's half */
    char head;
    size_t lead;     /* from the end of the arrow to its label */
    size_t from, to; /* columns */
} Arrow;

static void lay_out(Two *t)
{
    size_t w = t->lines->time_width, state = t->lines->l->has_states ? STATE_WIDTH + 1 : 0;

    t->core = t->lines->c.width >= WIDE ? CORE : t->lines->c.width;
    t->time_l = 1 + w;
    t->state_l = t->time_l + 2;
    t->arrow = t->state_l + state;
    t->time_r = t->core;
    t->state_r = t->core - w - 1 - (state > 0 ? state : 1);
    t->arrow_end = t->state_r - 1;
}

/* Bold if it is another than the one above it. */
static void put_state(Two *t, bool right, uint8_t state)
{
    if (state == NO_STATE)
        return;
    canvas_put(&t->lines->c, right ? t->state_r : t->state_l, ladder_state(state),
               state != t->state[right] ? S_BOLD : S_PLAIN);
    t->state[right] = state;
}

/* --- header ----------------------------------------------------------------------------------- */

/* The column at which the right host's name begins. */
static size_t header_begin(const Two *t, const Node *node)
{
    g_autofree char *name = ladder_host_name(node);
    size_t width = canvas_width(name), all = t->lines->c.width;

    return t->state_r + width <= all ? t->state_r : all > width ? all - width : 0;
}

/* Returns the column behind the name. */
static size_t header_side(Two *t, const Node *node, bool right)
{
    g_autofree char *name = ladder_host_name(node);

    return canvas_put(&t->lines->c, right ? header_begin(t, node) : t->state_l, name, S_BOLD);
}

/* The address (and port) under the name: of the first packet that this host sent or got. */
static void header_address(Two *t, const Node *node, bool right)
{
    const Ladder *l = t->lines->l;
    char text[ENDPOINT_TEXT];

    for (guint i = 0; i < l->rows->len; i++) {
        const Row *row = g_ptr_array_index(l->rows, i);
        bool sent = row->from == node, got = row->to == node;
        if (row->kind != ROW_PACKET || (!sent && !got) || row->g.kind == GLANCE_OTHER)
            continue;
        IpAddr addr = sent ? row->g.src : row->g.dst;
        if (row->g.kind == GLANCE_TCP && !t->lines->ports)
            endpoint_text(addr, sent ? row->g.src_port : row->g.dst_port, text);
        else
            ip_text(addr, text);
        size_t x = right ? MIN(t->state_r, t->core - canvas_width(text)) : t->state_l;
        canvas_put(&t->lines->c, x, text, S_DIM);
        return;
    }
}

static void header(Two *t)
{
    const Ladder *l = t->lines->l;

    size_t left = header_side(t, t->left, false);
    if (t->right != NULL && header_begin(t, t->right) <= left)
        canvas_flush(&t->lines->c);
    if (t->right != NULL)
        header_side(t, t->right, true);
    canvas_flush(&t->lines->c);
    header_address(t, t->left, false);
    if (t->right != NULL)
        header_address(t, t->right, true);
    canvas_flush(&t->lines->c);
    if (!l->has_states)
        return;
    put_state(t, false, ladder_first_state(l, t->left));
    if (t->right != NULL)
        put_state(t, true, ladder_first_state(l, t->right));
    canvas_flush(&t->lines->c);
}

/* --- arrows ----------------------------------------------------------------------------------- */

/* Half an arrow may use the state's columns at the side where there is none. */
static size_t arrow_room(const Two *t, const Arrow *a)
{
    size_t room = t->arrow_end - t->arrow;

    return a->whole || !t->lines->l->has_states ? room : room + STATE_WIDTH;
}

/* Its columns: the whole way, or as much as the label takes, at the side where it is. */
static void measure_arrow(const Two *t, Arrow *a, size_t label, size_t mark)
{
    size_t room = arrow_room(t, a) - mark;

    a->lead = label + 2 * LEAD - 1 <= room ? LEAD : TIGHT;
    a->from = t->arrow;
    a->to = t->arrow_end;
    if (a->whole)
        return;
    size_t part = MIN(MAX(label + 2 * a->lead, (t->arrow_end - t->arrow - mark) / 2), room);
    if (a->up != a->tail)
        a->to = t->arrow + part;
    else
        a->from = t->arrow_end - part;
}

static void draw_arrow(Two *t, const Arrow *a, const char *label, Style style)
{
    Canvas *c = &t->lines->c;
    char head[2] = { a->head, '\0' };

    for (size_t x = a->from; x < a->to; x++)
        canvas_put(c, x, "-", style);
    canvas_put(c, a->up ? a->to - 1 : a->from, head, style);
    size_t x = a->from + a->lead;
    canvas_put(c, x - 1, " ", style);
    canvas_put(c, canvas_put(c, x, label, style), " ", style);
}

/* Something short at the inner end of half an arrow: "(1)", or the name of a router. */
static void put_mark(Two *t, const Arrow *a, const char *mark, Style style)
{
    if (a->up != a->tail)
        canvas_put(&t->lines->c, a->to, mark, style);
    else
        canvas_put_right(&t->lines->c, a->from, mark, style);
}

/* The label; if there is no room for all of it, without its last words, and *rest is the whole. */
static char *fitting_label(const Two *t, const Row *row, size_t room, char **rest)
{
    g_autoptr(GString) label = g_string_new(NULL);

    ladder_label(row, t->lines->ports, label);
    *rest = NULL;
    if (canvas_width(label->str) + 2 * TIGHT > room)
        *rest = g_strdup(label->str);
    while (canvas_width(label->str) + 2 * TIGHT > room) {
        char *blank = g_strrstr(label->str, " ");
        while (blank > label->str && !g_ascii_isalpha(blank[1]))
            blank = g_strrstr_len(label->str, blank - label->str, " ");
        g_string_truncate(label, blank != NULL ? (size_t)(blank - label->str) : 0);
    }
    return g_strdup(label->str);
}

/* --- remarks ---------------------------------------------------------------------------------- */

/* Beyond the point of half an arrow there is room, as far as the side's columns are empty. */
static bool remark_beyond(Two *t, const Arrow *a, size_t mark, const char *text)
{
    size_t width = canvas_width(text);

    if (a->whole)
        return false;
    if (a->up != a->tail) {
        size_t x = a->to + mark + 1;
        if (x + width > (a->tail ? t->core - t->lines->time_width - 2 : t->lines->c.width))
            return false;
        canvas_put(&t->lines->c, x, text, S_PLAIN);
        return true;
    }
    if (t->state_l + width + 1 > a->from - mark)
        return false;
    canvas_put_right(&t->lines->c, a->from - mark - 1, text, S_PLAIN);
    return true;
}

/* Prints the line, the remarks where there is room: beyond the arrow, at its right, or beneath. */
static void finish(Two *t, const Arrow *a, size_t mark, const char *text)
{
    Canvas *c = &t->lines->c;

    if (text == NULL || remark_beyond(t, a, mark, text)) {
        canvas_flush(c);
        return;
    }
    if (c->width >= WIDE && t->core + 2 + canvas_width(text) <= c->width) {
        canvas_put(c, t->core + 2, text, S_PLAIN);
        canvas_flush(c);
        return;
    }
    canvas_flush(c);
    canvas_wrap(c, t->arrow + LEAD, c->width, text, S_PLAIN);
}

/* Inside a whole arrow, in brackets, if the terminal is too narrow for a column of remarks. */
static void add_remark(const Two *t, char **label, char **remark)
{
    if (t->lines->c.width >= WIDE || *remark == NULL)
        return;
    char *both = g_strdup_printf(ladder_word(t->lines->l, W_BRACKETS), *label, *remark);
    if (canvas_width(both) + 2 * LEAD - 1 > t->arrow_end - t->arrow) {
        g_free(both);
        return;
    }
    g_free(*label);
    *label = both;
    g_clear_pointer(remark, g_free);
}

/* --- rows ------------------------------------------------------------------------------------- */

static void draw_state(Two *t, const Row *row)
{
    Canvas *c = &t->lines->c;
    bool right = row->from == t->right;
    g_autofree char *why = ladder_state_remark(t->lines->l, row);
    Style style = row->kind == ROW_TIMER ? row->fired ? S_ODD : S_DIM : S_PLAIN;

    put_state(t, right, row->from_state);
    ladder_put_time(t->lines, right ? t->time_r : t->time_l, row->t);
    if (right)
        canvas_put_right(c, t->arrow_end - 1, why, style);
    else
        canvas_put(c, t->arrow + 1, why, style);
    canvas_flush(c);
}

static Arrow arrow_of(const Two *t, const Row *row, bool arrival)
{
    const Node *sender = ladder_sender(t->lines->l, row);
    Arrow a = { .up = row->to != NULL ? row->to == t->right : sender != t->right };

    bool sent = row->from == t->left || row->from == t->right;
    bool arrived = row->fate == FATE_ARRIVED && row->to != row->from;
    a.tail = arrival || (!sent && !row->split);
    a.whole = sent && arrived && !row->split;
    a.head = a.up ? '>' : '<';
    if (row->fate == FATE_LOST || row->fate == FATE_REFUSED || row->fate == FATE_NOT_SENT)
        a.head = 'x';
    return a;
}

static char *mark_of(const Row *row, const Arrow *a)
{
    if (row->number != 0 && !a->whole)
        return g_strdup_printf("(%u)", row->number);
    if (a->tail && row->from != NULL) /* a router's own packet */
        return g_strdup_printf(a->up ? "%s " : " %s", row->from->name);
    if (!a->tail && row->fate == FATE_UNDER_WAY && row->last != NULL && !row->ignored)
        return g_strdup_printf(a->up ? " %s" : "%s ", row->last->name);
    return g_strdup("");
}

static void put_sides(Two *t, const Row *row, const Arrow *a, bool arrival)
{
    bool sender_right = !a->up;

    if (!arrival) {
        if (row->from != NULL)
            put_state(t, sender_right, row->from_state);
        ladder_put_time(t->lines, sender_right ? t->time_r : t->time_l, row->t);
    }
    if (row->fate == FATE_ARRIVED && (arrival || !row->split)) {
        put_state(t, !sender_right, row->to_state);
        ladder_put_time(t->lines, sender_right ? t->time_l : t->time_r, row->arrived);
    }
}

static void draw_row(void *self, const Row *row, bool arrival)
{
    Two *t = self;
    char *rest;

    if (row->kind == ROW_STATE || row->kind == ROW_TIMER) {
        draw_state(t, row);
        return;
    }
    Arrow a = arrow_of(t, row, arrival);
    Style style = ladder_style(row, a.up);
    g_autofree char *mark = mark_of(row, &a);
    g_autofree char *remark = ladder_remarks(t->lines->l, row, !arrival, arrival || !row->split);
    size_t taken = a.whole ? 0 : canvas_width(mark);
    g_autofree char *label = fitting_label(t, row, arrow_room(t, &a) - taken, &rest);
    if (rest == NULL && a.whole)
        add_remark(t, &label, &remark);
    measure_arrow(t, &a, canvas_width(label), taken);
    draw_arrow(t, &a, label, style);
    put_mark(t, &a, mark, style);
    put_sides(t, row, &a, arrival);
    finish(t, &a, taken, remark);
    if (rest != NULL && !arrival)
        canvas_wrap(&t->lines->c, t->arrow + LEAD, t->lines->c.width, rest, S_DIM);
    g_free(rest);
}

void ladder_draw_two(Lines *lines)
{
    const GPtrArray *hosts = lines->l->hosts;
    Two t = { .lines = lines };

    lay_out(&t);
    if (hosts->len > 0) {
        t.left = g_ptr_array_index(hosts, 0);
        t.right = hosts->len > 1 ? g_ptr_array_index(hosts, 1) : NULL;
        header(&t);
    }
    ladder_each(lines, draw_row, &t);
}
