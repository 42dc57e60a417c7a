/*
 * ladder_svg.c - the ladder as a picture: time goes down, so what takes long leans, and what
 * overtakes crosses.
 *
 * The instants keep their order and their ties; the distance between two grows with the time
 * between them, but no more than can be shown: a long wait is a gap that says how long.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/ladder_priv.h"

#include "protocols/transport/tcp.h"
#include "sim/view/svg.h"

#include <string.h>

enum {
    TOP = 16,
    OUTER = 196,
    LANE_MIN = 300,
    LANE_MAX = 720,
    LABEL_GAP = 30,
    REMARK = 14,
    NEAR = 16,
    STATE_LINE = 15,
    CLOCKS = 84,
    SMALL_CHAR = 7
};

static const SimTime LONG_GAP = 2 * SEC;

typedef struct Mark { /* an end of a row */
    const Row *row;
    bool arrival;
    uint64_t left_out; /* rows that are missing right before it */
} Mark;

typedef struct Picture {
    Lines *lines;
    Svg svg, under; /* what lies beneath */
    int y;
    SimTime t;         /* of y */
    GArray *marks;     /* of Mark, as things happened */
    int *left_at;      /* y at which each row began, by its place in the ladder's rows */
    GHashTable *place; /* Row to that place + 1; for look-up only */
    int *x;            /* of each host */
    int *label_y;      /* of each host: where its last arrow began, and whether a remark is */
    int *arrow_y;      /* where the last arrow ended */
    int *state_y;      /* there; where its last state stands */
    uint8_t *state;    /* and which */
    int *wait_from;    /* where its TIME-WAIT began; 0: it is not in it */
    SimTime *clock;    /* the time written last beside it */
    guint n;
    bool two;       /* two hosts: everything has its place outside of them */
    int first_lane; /* y at which the lanes begin */
} Picture;

static const Node *host_at(const Picture *p, guint i)
{
    return g_ptr_array_index(p->lines->l->hosts, i);
}

static guint lane_of(const Picture *p, const Node *node)
{
    guint i = 0;

    while (i < p->n && host_at(p, i) != node)
        i++;
    return i;
}

/* --- what happened in which order --------------------------------------------------------------
 */

static void add_mark(Picture *p, const Row *row, bool arrival, uint64_t left_out)
{
    Mark mark = { row, arrival, left_out };

    g_array_append_val(p->marks, mark);
}

/* By the instant at which it happened; the ladder's order among equals. */
static uint64_t order_of(const Mark *m)
{
    return m->arrival ? m->row->arrival * 2 : m->row->serial * 2 + 1;
}

static int by_order(const void *a_, const void *b_)
{
    const Mark *a = a_, *b = b_;
    uint64_t x = order_of(a), y = order_of(b);

    if (x != y)
        return x < y ? -1 : 1;
    if (a->arrival && a->row->arrived != b->row->arrived)
        return a->row->arrived < b->row->arrived ? -1 : 1;
    return (a->row->serial > b->row->serial) - (a->row->serial < b->row->serial);
}

static void collect(Picture *p)
{
    const GPtrArray *rows = p->lines->l->rows;
    uint64_t next = 0, left_out = 0;

    for (guint i = 0; i < rows->len; i++) {
        Row *row = g_ptr_array_index(rows, i);
        left_out += row->serial - next;
        next = row->serial + 1;
        g_hash_table_insert(p->place, row, GUINT_TO_POINTER(i + 1));
        if (row->hidden)
            continue;
        add_mark(p, row, false, left_out);
        left_out = 0;
        if (row->kind == ROW_PACKET && row->fate == FATE_ARRIVED)
            add_mark(p, row, true, 0);
    }
    g_array_sort(p->marks, by_order);
}

/* --- the page ----------------------------------------------------------------------------------
 */

static int widest_label(const Picture *p)
{
    const GPtrArray *rows = p->lines->l->rows;
    g_autoptr(GString) label = g_string_new(NULL);
    size_t most = 0;

    for (guint i = 0; i < rows->len; i++) {
        const Row *row = g_ptr_array_index(rows, i);
        if (row->kind != ROW_PACKET || row->hidden)
            continue;
        g_string_truncate(label, 0);
        ladder_label(row, p->lines->ports, label);
        most = MAX(most, canvas_width(label->str));
    }
    return (int)most * SVG_CHAR;
}

static void header(Picture *p, const char *title)
{
    const Ladder *l = p->lines->l;
    int spacing = CLAMP(widest_label(p) + (p->two ? 220 : 90), LANE_MIN, LANE_MAX);
    int first = p->two ? OUTER : CLOCKS + 90;

    p->y = TOP;
    if (title != NULL) {
        p->y += SVG_LINE;
        svg_text(&p->svg, TOP, p->y, SVG_START, "bold big", title);
        p->y += SVG_LINE;
    }
    p->y += SVG_LINE;
    for (guint i = 0; i < p->n; i++) {
        g_autofree char *name = ladder_host_name(host_at(p, i));
        p->x[i] = first + (int)i * spacing;
        svg_text(&p->svg, p->x[i], p->y, SVG_MIDDLE, "bold", name);
        uint8_t state = ladder_first_state(l, host_at(p, i));
        if (state != NO_STATE)
            svg_text(&p->svg, p->x[i], p->y + SVG_LINE, SVG_MIDDLE, "small dim",
                     ladder_state(state));
        p->state[i] = state;
    }
    p->y += SVG_LINE + NEAR;
    p->first_lane = p->y;
    p->y += NEAR;
}

static void say_across(Picture *p, const char *text, const char *klass)
{
    int left = p->n > 0 ? p->x[0] : 0, right = p->n > 0 ? p->x[p->n - 1] : 600;

    p->y += 20;
    svg_text(&p->svg, (left + right) / 2, p->y, SVG_MIDDLE, klass, text);
    p->y += 16;
}

/* Goes down to where this instant stands. */
static void go_to(Picture *p, SimTime t)
{
    const Ladder *l = p->lines->l;

    if (t - p->t > LONG_GAP) {
        g_autoptr(GString) span = g_string_new(NULL);
        ladder_span(l, t - p->t, span);
        g_autofree char *text = g_strdup_printf(ladder_word(l, W_PASSES), span->str);
        say_across(p, text, "dim halo");
    } else if (t > p->t) {
        SimTime gone = t - p->t;
        p->y += gone >= 100 * MSEC ? 36 : gone >= MSEC ? 32 : 20;
    }
    p->t = MAX(p->t, t);
}

/* --- beside a lane: clock and state ------------------------------------------------------------
 */

/* Time and, if it is another, state of the connection's end; returns nothing but moves down where
 * the last one would be covered. */
static void put_side(Picture *p, guint lane, SimTime t, uint8_t state, int y)
{
    g_autoptr(GString) time = g_string_new(NULL);
    bool left = lane == 0 && p->two, right = lane > 0 && p->two;
    bool news = state != NO_STATE && state != p->state[lane];
    int x = p->x[lane], at = MAX(y, p->state_y[lane] + STATE_LINE);

    if (p->clock[lane] == t && !news)
        return;
    ladder_time(t, p->lines->decimals, time);
    if (p->clock[lane] != t)
        svg_text(&p->svg,
                 left    ? x - 118
                 : right ? x + 118
                         : CLOCKS - 8,
                 at + 4, right ? SVG_START : SVG_END, "small dim", time->str);
    if (news && state == TCP_TIME_WAIT)
        p->wait_from[lane] = y;
    if (news && p->two)
        svg_text(&p->svg, left ? x - 14 : x + 14, at + 4, left ? SVG_END : SVG_START, "bold small",
                 ladder_state(state));
    else if (news)
        svg_text(&p->svg, x + 8, at + STATE_LINE, SVG_START, "bold small halo",
                 ladder_state(state));
    if (news && p->wait_from[lane] != 0 && state != TCP_TIME_WAIT) {
        svg_box(&p->under, x - 4, p->wait_from[lane], 8, y - p->wait_from[lane], "wait");
        p->wait_from[lane] = 0;
    }
    p->state_y[lane] = at;
    p->clock[lane] = t;
    if (news)
        p->state[lane] = state;
}

/* --- packets -----------------------------------------------------------------------------------
 */

static const char *class_of(const Row *row, bool right)
{
    static const char *const names[] = {
        [S_PLAIN] = "both", [S_BOLD] = "both", [S_DIM] = "dim", [S_UP] = "up",
        [S_DOWN] = "down",  [S_BAD] = "bad",   [S_ODD] = "odd",
    };

    return names[ladder_style(row, right)];
}

/* The lanes between which it goes; of what has no lane, one next to the other's. */
static void lanes_of(const Picture *p, const Row *row, guint *from, guint *to)
{
    *from = lane_of(p, ladder_sender(p->lines->l, row));
    *to = row->to != NULL ? lane_of(p, row->to) : ladder_address_lane(p->lines->l, row->g.dst);
    if (*from == p->n)
        *from = *to<p->n && * to> 0 ? *to - 1 : MIN(1, p->n - 1);
    if (*to == p->n || *to == *from)
        *to = *from + 1 < p->n ? *from + 1 : *from > 0 ? *from - 1 : 0;
}

/* Does another come towards it on the way? Then its middle is where they cross. */
static bool meets_another(const Picture *p, const Row *row)
{
    enum { BACK = 64 }; /* more than are ever under way and can be told apart in a picture */
    const GPtrArray *rows = p->lines->l->rows;
    guint own = GPOINTER_TO_UINT(g_hash_table_lookup(p->place, row)) - 1;

    for (guint i = own > BACK ? own - BACK : 0; i < rows->len; i++) {
        const Row *r = g_ptr_array_index(rows, i);
        if (row->fate != FATE_ARRIVED || r->t >= row->arrived)
            return false;
        if (r->kind == ROW_PACKET && r->fate == FATE_ARRIVED && r->from == row->to &&
            r->to == row->from && row->t < r->arrived)
            return true;
    }
    return false;
}

/* What stands above an arrow, in its middle or, if another crosses it, near its sender; and below
 * it what did not fit. */
static void put_label(Picture *p, const Row *row, int x1, int y1, int x2, int y2, const char *klass)
{
    g_autoptr(GString) label = g_string_new(NULL);
    g_autofree char *remark = ladder_remarks(p->lines->l, row, true, true);
    g_autofree char *halo = g_strdup_printf("%s halo", klass);
    bool right = x2 > x1, middle = !meets_another(p, row);
    int dx = MAX(right ? x2 - x1 : x1 - x2, 1), dy = right ? y2 - y1 : y1 - y2;
    int in = middle ? dx / 2 : 26, x = right ? x1 + in : x1 - in, y = y1 + in * (y2 - y1) / dx;
    SvgAnchor anchor = middle ? SVG_MIDDLE : right ? SVG_START : SVG_END;

    ladder_label(row, p->lines->ports, label);
    if (remark != NULL) {
        g_autofree char *both =
            g_strdup_printf(ladder_word(p->lines->l, W_BRACKETS), label->str, remark);
        if ((int)canvas_width(both) * SVG_CHAR + 40 < dx) {
            g_string_assign(label, both);
            g_clear_pointer(&remark, g_free);
        }
    }
    svg_text_along(&p->svg, x, y - 5, anchor, dx, dy, halo, label->str);
    if (remark == NULL)
        return;
    if (middle && (int)canvas_width(remark) * SMALL_CHAR > dx) { /* longer than the arrow */
        anchor = right ? SVG_START : SVG_END;
        x = right ? x1 + 12 : x1 - 12;
        y = y1;
    }
    svg_text_along(&p->svg, x, y + REMARK, anchor, dx, dy, "small halo", remark);
}

static bool is_lost(const Row *row)
{
    return row->fate == FATE_LOST || row->fate == FATE_REFUSED || row->fate == FATE_NOT_SENT;
}

/* From the sender to the receiver, or to where it ended: a cross, or two bars where it is held. */
static void draw_packet(Picture *p, const Row *row, int y1, int y2)
{
    guint from, to;

    lanes_of(p, row, &from, &to);
    int x1 = p->x[from], x2 = p->x[to];
    bool begins = row->from != NULL && lane_of(p, row->from) < p->n;
    bool arrives = row->fate == FATE_ARRIVED;
    g_autofree char *klass = g_strdup_printf("%s%s", class_of(row, x2 > x1),
                                             row->origin == ORIGIN_SENT ? "" : " dashed");
    if (!begins)
        x1 += (x2 - x1) * 2 / 5;
    if (!arrives)
        x2 = x1 + (x2 - x1) * 3 / 5;
    svg_line(&p->svg, x1, y1, x2, y2, klass);
    if (is_lost(row)) {
        svg_cross(&p->svg, x2, y2, "bad");
    } else if (row->fate == FATE_HELD) {
        svg_line(&p->svg, x2 - 3, y2 - 8, x2 - 3, y2 + 8, "odd strong");
        svg_line(&p->svg, x2 + 3, y2 - 8, x2 + 3, y2 + 8, "odd strong");
    } else {
        svg_head(&p->svg, x2, y2, x2 - x1, y2 - y1, klass);
        if (arrives && row->drop != DROP_NONE && !row->answered)
            svg_cross(&p->svg, x2, y2, "bad");
    }
    if (!begins && row->from != NULL) /* a router's own */
        svg_text(&p->svg, x1 + (x2 < x1 ? 10 : -10), y1 + 4, x2 < x1 ? SVG_START : SVG_END,
                 "small halo", row->from->name);
    if (row->number != 0 && (row->fate == FATE_HELD || row->from == NULL)) {
        g_autofree char *number = g_strdup_printf("(%u)", row->number);
        bool at_end = row->fate == FATE_HELD;
        bool before = at_end == (x2 < x1); /* at the left */
        svg_text(&p->svg, (at_end ? x2 : x1) + (before ? -10 : 10), (at_end ? y2 : y1) + 4,
                 before ? SVG_END : SVG_START, "odd halo", number);
    }
    put_label(p, row, x1, y1, x2, y2, class_of(row, x2 > x1));
}

static int *left_at(const Picture *p, const Row *row)
{
    return &p->left_at[GPOINTER_TO_UINT(g_hash_table_lookup(p->place, row)) - 1];
}

/* A packet leaves: below the labels of what left the same side before. */
static void departs(Picture *p, const Row *row)
{
    guint from, to;
    g_autofree char *remark = ladder_remarks(p->lines->l, row, true, true);

    go_to(p, row->t);
    lanes_of(p, row, &from, &to);
    p->y = MAX(p->y, p->label_y[from]);
    p->label_y[from] = p->y + LABEL_GAP + (remark != NULL ? REMARK : 0);
    *left_at(p, row) = p->y;
    if (row->from != NULL && lane_of(p, row->from) < p->n)
        put_side(p, from, row->t, row->from_state, p->y);
    if (row->fate != FATE_ARRIVED)
        draw_packet(p, row, p->y, p->y + 12);
}

static void arrives(Picture *p, const Row *row)
{
    guint from, to;

    go_to(p, row->arrived);
    lanes_of(p, row, &from, &to);
    p->y = MAX(p->y, *left_at(p, row) + (row->arrived > row->t ? 14 : 2));
    if (p->arrow_y[to] != 0) /* what came at one instant stays apart, as it left */
        p->y = MAX(p->y, p->arrow_y[to] + REMARK);
    p->arrow_y[to] = p->y;
    draw_packet(p, row, *left_at(p, row), p->y);
    put_side(p, to, row->arrived, row->to_state, p->y);
}

static void changes_state(Picture *p, const Row *row)
{
    guint lane = lane_of(p, row->from);
    g_autofree char *why = ladder_state_remark(p->lines->l, row);

    go_to(p, row->t);
    if (lane == p->n)
        return;
    p->y = MAX(p->y, p->state_y[lane] + STATE_LINE);
    p->y = MAX(p->y, p->label_y[lane] - STATE_LINE);
    bool last = lane > 0 && lane == p->n - 1;
    put_side(p, lane, row->t, row->from_state, p->y);
    svg_text(&p->svg, p->x[lane] + (last ? -12 : 12), p->y + 4, last ? SVG_END : SVG_START,
             row->kind == ROW_TIMER && !row->fired ? "small dim halo" : "small halo", why);
    p->label_y[lane] = MAX(p->label_y[lane], p->y + LABEL_GAP);
}

/* A note, or what befell a cable or a host: across the page. */
static void says(Picture *p, const Row *row)
{
    bool note = row->kind == ROW_NOTE;
    int width = p->n > 0 ? p->x[p->n - 1] + (p->two ? OUTER : 90) - TOP : 600;
    size_t columns = (size_t)(width - CLOCKS - 24) / SVG_CHAR;
    const char *text = row->text;
    g_autoptr(GString) time = g_string_new(NULL);
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);

    go_to(p, row->t);
    for (guint i = 0; i < p->n; i++)
        p->y = MAX(p->y, p->label_y[i] - NEAR);
    while (*text != '\0') {
        size_t n = canvas_fitting(text, columns);
        g_ptr_array_add(parts, g_strndup(text, n));
        text += n;
        text += strspn(text, " ");
    }
    ladder_time(row->t, p->lines->decimals, time);
    p->y += 12;
    svg_box(&p->svg, TOP / 2, p->y, width, (int)parts->len * SVG_LINE + 8, "note");
    svg_text(&p->svg, CLOCKS - 8, p->y + SVG_LINE - 1, SVG_END, "small dim", time->str);
    for (guint i = 0; i < parts->len; i++) {
        p->y += SVG_LINE;
        svg_text(&p->svg, CLOCKS, p->y - 1, SVG_START, note ? "bold" : "bold odd",
                 g_ptr_array_index(parts, i));
    }
    p->y += 8 + NEAR;
    for (guint i = 0; i < p->n; i++)
        p->label_y[i] = p->state_y[i] = p->y - STATE_LINE;
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static void draw_lanes(Picture *p)
{
    for (guint i = 0; i < p->n; i++) /* below the last remark */
        p->y = MAX(p->y, p->label_y[i] - NEAR);
    p->y += NEAR;
    for (guint i = 0; i < p->n; i++) {
        if (p->wait_from[i] != 0)
            svg_box(&p->under, p->x[i] - 4, p->wait_from[i], 8, p->y - p->wait_from[i], "wait");
        svg_line(&p->under, p->x[i], p->first_lane, p->x[i], p->y, "lane");
    }
    g_string_append_len(p->under.body, p->svg.body->str, (gssize)p->svg.body->len);
    g_string_free(p->svg.body, TRUE);
    p->svg.body = p->under.body;
    p->svg.width = MAX(p->svg.width, p->n > 0 ? p->x[p->n - 1] + (p->two ? OUTER - TOP : 100) : 0);
    p->svg.height = MAX(p->svg.height, p->y);
}

static void say_left_out(Picture *p, const Mark *mark)
{
    g_autofree char *n = g_strdup_printf("%" G_GUINT64_FORMAT, mark->left_out);
    g_autofree char *text = g_strdup_printf(ladder_word(p->lines->l, W_NOT_SHOWN), n);

    for (guint i = 0; i < p->n; i++)
        p->y = MAX(p->y, p->label_y[i] - NEAR);
    say_across(p, text, "odd halo");
    p->t = mark->row->t;
}

static void draw_marks(Picture *p)
{
    for (guint i = 0; i < p->marks->len; i++) {
        const Mark *mark = &g_array_index(p->marks, Mark, i);
        if (mark->left_out > 0)
            say_left_out(p, mark);
        if (mark->row->kind == ROW_STATE || mark->row->kind == ROW_TIMER)
            changes_state(p, mark->row);
        else if (mark->row->kind != ROW_PACKET)
            says(p, mark->row);
        else if (mark->arrival)
            arrives(p, mark->row);
        else
            departs(p, mark->row);
    }
}

void ladder_svg(Ladder *l, const char *title, FILE *out)
{
    Lines lines = { .l = l };
    Picture p = { .lines = &lines };

    ladder_settle(&lines);
    p.n = l->hosts->len;
    p.two = p.n <= 2;
    p.marks = g_array_new(FALSE, FALSE, sizeof(Mark));
    p.left_at = g_new0(int, l->rows->len + 1);
    p.place = g_hash_table_new(NULL, NULL);
    p.x = g_new0(int, p.n + 1);
    p.label_y = g_new0(int, p.n + 1);
    p.arrow_y = g_new0(int, p.n + 1);
    p.state_y = g_new0(int, p.n + 1);
    p.wait_from = g_new0(int, p.n + 1);
    p.state = g_new0(uint8_t, p.n + 1);
    p.clock = g_new(SimTime, p.n + 1);
    for (guint i = 0; i <= p.n; i++)
        p.clock[i] = -1;
    svg_init(&p.svg);
    svg_init(&p.under);
    collect(&p);
    header(&p, title);
    draw_marks(&p);
    if (l->rows->len == 0)
        say_across(&p, ladder_word(l, W_NOTHING), "dim");
    draw_lanes(&p); /* their length is known last */
    svg_finish(&p.svg, out, title);
    g_array_free(p.marks, TRUE);
    g_hash_table_destroy(p.place);
    void *arrays[] = { p.left_at, p.x,         p.label_y, p.arrow_y,
                       p.state_y, p.wait_from, p.state,   p.clock };
    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
        g_free(arrays[i]);
}
