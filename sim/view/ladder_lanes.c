/*
 * ladder_lanes.c - the ladder of three hosts and more: a lane for each, arrows from lane to lane.
 *
 * Time stands at the left when a packet leaves and at the right when it arrives. States are shown
 * when they change, in a line of their own across the lanes.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/ladder_priv.h"

#include <string.h>

enum { HALF_STATE = 6, MARGIN = 2, SHORTEST = 6 };

typedef struct Lanes {
    Lines *lines;
    size_t *x;         /* of each host's lane */
    size_t begin, end; /* the room between the clocks */
    GHashTable *shown; /* Tracks with the states shown last; for look-up only */
    GPtrArray *states; /* this row's changes: names, and */
    GArray *where;     /* the lanes that they stand at */
} Lanes;

/* A row's arrow. */
typedef struct Way {
    size_t from, to;      /* columns of its two ends, in either order */
    bool begins, arrives; /* at a lane; else there is room for a mark */
} Way;

static guint n_lanes(const Lanes *t)
{
    return t->lines->l->hosts->len;
}

/* The lane of a node; n_lanes if it has none. */
static guint lane_of(const Lanes *t, const Node *node)
{
    guint i;

    for (i = 0; i < n_lanes(t); i++)
        if (g_ptr_array_index(t->lines->l->hosts, i) == node)
            break;
    return i;
}

static void lay_out(Lanes *t)
{
    size_t w = t->lines->time_width, width = t->lines->c.width;
    guint n = n_lanes(t);

    t->begin = w + 2;
    t->end = width - w - 2;
    t->x = g_new(size_t, n);
    size_t first = t->begin + HALF_STATE, last = t->end - HALF_STATE - 1;
    for (guint i = 0; i < n; i++)
        t->x[i] = first + i * (last - first) / (n - 1);
}

static void put_centred(Lanes *t, size_t x, const char *text, Style style)
{
    size_t width = canvas_width(text), from = x > width / 2 ? x - width / 2 : 0;

    if (from + width > t->lines->c.width)
        from = t->lines->c.width > width ? t->lines->c.width - width : 0;
    canvas_put(&t->lines->c, from, text, style);
}

static void put_lanes(Lanes *t)
{
    for (guint i = 0; i < n_lanes(t); i++)
        canvas_put(&t->lines->c, t->x[i], "|", S_DIM);
}

/* --- texts across the lanes: names, states; as many lines as it takes for none to touch another */

static void put_texts(Lanes *t, bool with_lanes, Style style)
{
    guint done = 0, n = t->states->len;
    g_autofree bool *drawn = g_new0(bool, n + 1);

    while (done < n) {
        size_t edge = 0;
        if (with_lanes)
            put_lanes(t);
        for (guint i = 0; i < n; i++) {
            const char *text = g_ptr_array_index(t->states, i);
            size_t x = t->x[g_array_index(t->where, guint, i)], half = canvas_width(text) / 2;
            if (drawn[i] || (edge > 0 && x < edge + half + 1))
                continue;
            put_centred(t, x, text, style);
            edge = x + half + 1;
            drawn[i] = true;
            done++;
        }
        canvas_flush(&t->lines->c);
    }
    g_ptr_array_set_size(t->states, 0);
    g_array_set_size(t->where, 0);
}

static void add_text(Lanes *t, guint lane, char *text)
{
    guint i = 0;

    while (i < t->where->len && g_array_index(t->where, guint, i) <= lane)
        i++;
    g_array_insert_val(t->where, i, lane);
    g_ptr_array_insert(t->states, (int)i, text);
}

static void header(Lanes *t)
{
    const Ladder *l = t->lines->l;

    for (guint i = 0; i < n_lanes(t); i++)
        add_text(t, i, ladder_host_name(g_ptr_array_index(l->hosts, i)));
    put_texts(t, false, S_BOLD);
    for (guint i = 0; i < n_lanes(t); i++) {
        uint8_t state = ladder_first_state(l, g_ptr_array_index(l->hosts, i));
        if (state != NO_STATE)
            add_text(t, i, g_strdup(ladder_state(state)));
    }
    put_texts(t, false, S_PLAIN);
}

/* Remembers the state for its own line, if it is another than was shown for this connection. */
static void note_state(Lanes *t, const Row *row, bool departure, uint8_t state)
{
    const Node *node = departure ? row->from : row->to;

    if (row->g.kind != GLANCE_TCP || state == NO_STATE || node == NULL ||
        lane_of(t, node) == n_lanes(t))
        return;
    Track *track = ladder_track(t->shown, node, &row->g, departure);
    uint8_t before =
        track->state != NO_STATE ? track->state : ladder_first_state(t->lines->l, node);
    if (state != before)
        add_text(t, lane_of(t, node), g_strdup(ladder_state(state)));
    track->state = state;
}

/* --- arrows ----------------------------------------------------------------------------------- */

/* From where to where: the sender's lane to the receiver's; of a packet that does not get there, or
 * begins on the way, the part that is known. */
static Way way_of(const Lanes *t, const Row *row, bool arrival)
{
    guint n = n_lanes(t), from = lane_of(t, ladder_sender(t->lines->l, row));
    guint to = row->to != NULL ? lane_of(t, row->to) : ladder_address_lane(t->lines->l, row->g.dst);
    bool begins = !arrival && (row->split || (row->from != NULL && from < n));
    bool arrives = row->fate == FATE_ARRIVED && (arrival || !row->split);

    if (from == n)
        from = to < n && to > 0 ? to - 1 : to < n && n > 1 ? to + 1 : 0;
    if (to == n || to == from)
        to = from + 1 < n ? from + 1 : from - 1;
    bool right = to > from;
    size_t length = right ? t->x[to] - t->x[from] : t->x[from] - t->x[to];
    size_t part = MAX(length * 3 / 5, MIN(length, SHORTEST));
    Way way = { t->x[from], t->x[to], begins, arrives };
    if (!begins)
        way.from = right ? way.to - part : way.to + part;
    else if (!arrives)
        way.to = right ? way.from + part : way.from - part;
    return way;
}

static char head_of(const Row *row, bool right)
{
    if (row->fate == FATE_LOST || row->fate == FATE_REFUSED || row->fate == FATE_NOT_SENT)
        return 'x';
    return right ? '>' : '<';
}

/* Returns false if the label did not fit on the arrow. */
static bool draw_arrow(Lanes *t, const Row *row, const Way *way, const char *label, Style style)
{
    Canvas *c = &t->lines->c;
    bool right = way->to > way->from;
    size_t low = MIN(way->from, way->to) + 1, high = MAX(way->from, way->to); /* [low, high) */
    size_t width = canvas_width(label);
    char head[2] = { head_of(row, right), '\0' };

    for (size_t x = low; x < high; x++)
        canvas_put(c, x, "-", style);
    canvas_put(c, right ? high - 1 : low, head, style);
    if (width + 4 > high - low)
        return false;
    size_t lead = width + 6 > high - low ? 1 : 2;
    canvas_put(c, low + lead, " ", style);
    canvas_put(c, canvas_put(c, low + lead + 1, label, style), " ", style);
    return true;
}

static char *mark_of(const Lanes *t, const Row *row, const Way *way, bool arrival)
{
    if (row->number != 0 && (arrival || row->split || row->fate == FATE_HELD || row->from == NULL))
        return g_strdup_printf("(%u)", row->number);
    if (row->from != NULL && lane_of(t, row->from) == n_lanes(t) && !arrival)
        return g_strdup(row->from->name);
    if (!way->arrives && row->fate == FATE_UNDER_WAY && row->last != NULL && !row->ignored)
        return g_strdup(row->last->name);
    return g_strdup("");
}

/* At the end of the arrow that is not a lane's. */
static void put_mark(Lanes *t, const Way *way, const char *mark, Style style)
{
    bool right = way->to > way->from;
    size_t x = way->begins ? way->to : way->from;

    if (right == way->begins)
        canvas_put(&t->lines->c, x + 1, mark, style);
    else
        canvas_put_right(&t->lines->c, x, mark, style);
}

/* What did not fit on the arrow, and remarks: at its right if there is room, or beneath. */
static void finish(Lanes *t, const Way *way, const char *mark, const char *text)
{
    Canvas *c = &t->lines->c;
    size_t x = MAX(way->from, way->to) + 2 + canvas_width(mark);
    size_t end = way->arrives ? t->end : c->width;

    if (*text == '\0') {
        canvas_flush(c);
        return;
    }
    if (x + canvas_width(text) + 1 <= end) {
        canvas_put(c, x - 1, " ", S_PLAIN);
        canvas_put(c, canvas_put(c, x, text, S_PLAIN), " ", S_PLAIN);
        canvas_flush(c);
        return;
    }
    canvas_flush(c);
    size_t width = canvas_width(text), room = t->end - t->begin;
    x = MIN(way->from, way->to) + MARGIN;
    if (x + width > t->end)
        x = width < room ? t->end - width : t->begin;
    canvas_wrap(c, x, c->width, text, S_PLAIN);
}

/* --- rows ------------------------------------------------------------------------------------- */

static void draw_state(Lanes *t, const Row *row)
{
    Canvas *c = &t->lines->c;
    guint lane = lane_of(t, row->from);
    g_autofree char *why = ladder_state_remark(t->lines->l, row);
    Style style = row->kind == ROW_TIMER ? row->fired ? S_ODD : S_DIM : S_PLAIN;
    size_t width = canvas_width(why), beside = row->kind == ROW_TIMER ? 0 : HALF_STATE;

    if (lane == n_lanes(t))
        return;
    put_lanes(t);
    put_centred(t, t->x[lane], ladder_state(row->from_state), S_BOLD);
    ladder_put_time(t->lines, t->begin - 1, row->t);
    if (t->x[lane] + beside + 2 + width <= c->width)
        canvas_put(c, t->x[lane] + beside + 2, why, style);
    else
        canvas_put_right(c, t->x[lane] - beside - 1, why, style);
    canvas_flush(c);
    if (row->kind == ROW_STATE)
        ladder_track(t->shown, row->from, &row->g, true)->state = row->from_state;
}

static void draw_row(void *self, const Row *row, bool arrival)
{
    Lanes *t = self;

    if (row->kind == ROW_STATE || row->kind == ROW_TIMER) {
        draw_state(t, row);
        return;
    }
    Way way = way_of(t, row, arrival);
    Style style = ladder_style(row, way.to > way.from);
    g_autoptr(GString) label = g_string_new(NULL), beside = g_string_new(NULL);
    g_autofree char *remark = ladder_remarks(t->lines->l, row, !arrival, arrival || !row->split);
    g_autofree char *mark = mark_of(t, row, &way, arrival);

    put_lanes(t);
    ladder_label(row, t->lines->ports, label);
    if (!draw_arrow(t, row, &way, label->str, style))
        g_string_append_printf(beside, "%s%s", label->str,
                               remark != NULL ? ladder_word(t->lines->l, W_COMMA) : "");
    g_string_append(beside, remark != NULL ? remark : "");
    put_mark(t, &way, mark, style);
    if (!arrival) {
        ladder_put_time(t->lines, t->begin - 1, row->t);
        note_state(t, row, true, row->from_state);
    }
    if (way.arrives) {
        ladder_put_time(t->lines, t->lines->c.width - 1, row->arrived);
        note_state(t, row, false, row->to_state);
    }
    finish(t, &way, mark, beside->str);
    put_texts(t, true, S_BOLD);
}

void ladder_draw_lanes(Lines *lines)
{
    Lanes t = { .lines = lines };

    t.shown = ladder_tracks_new();
    t.states = g_ptr_array_new_with_free_func(g_free);
    t.where = g_array_new(FALSE, FALSE, sizeof(guint));
    lay_out(&t);
    header(&t);
    ladder_each(lines, draw_row, &t);
    g_hash_table_destroy(t.shown);
    g_ptr_array_free(t.states, TRUE);
    g_array_free(t.where, TRUE);
    g_free(t.x);
}
