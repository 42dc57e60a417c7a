/*
 * ladder_print.c - from collected rows to lines: which columns, in what order, what is drawn in
 * two.
 *
 * A packet is one line, at its departure, with the two ends' clocks at its two sides. That is true
 * to time as long as each side's clock goes on from line to line. Where something happened at the
 * receiver before the packet got there, the packet crosses it: then it is drawn twice, where it
 * left and where it arrived, under one number.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/ladder_priv.h"

#include "protocols/stack.h"

#include <string.h>

enum { MIN_WIDTH = 60 };

static const SimTime LONG_GAP = 2 * SEC;

static Row *row_at(const Ladder *l, guint i)
{
    return g_ptr_array_index(l->rows, i);
}

static bool arrives(const Row *row)
{
    return row->kind == ROW_PACKET && row->fate == FATE_ARRIVED;
}

/* --- columns ---------------------------------------------------------------------------------- */

static int by_index(const void *a_, const void *b_)
{
    const Node *a = *(Node *const *)a_, *b = *(Node *const *)b_;

    return (a->index > b->index) - (a->index < b->index);
}

/* A host alone talks to a router, or to nobody: its neighbour is the other column. */
static Node *neighbour(const Ladder *l)
{
    for (guint i = 0; i < l->rows->len; i++) {
        const Row *row = row_at(l, i);
        if (row->kind != ROW_PACKET)
            continue;
        if (row->fate == FATE_UNDER_WAY && row->last != NULL && row->last->kind == NODE_ROUTER)
            return row->last;
        if (row->from != NULL && row->from->kind == NODE_ROUTER)
            return row->from;
    }
    for (guint i = 0; i < l->rows->len; i++)
        if (row_at(l, i)->via != NULL)
            return row_at(l, i)->via->to->node;
    return NULL;
}

/* A router on which programs speak is a party too, not only a place on the way. */
static void add_speaking_routers(Ladder *l)
{
    for (guint i = 0; i < l->rows->len; i++) {
        Row *row = row_at(l, i);
        bool program = row->g.kind == GLANCE_UDP || row->g.kind == GLANCE_TCP;
        if (row->kind == ROW_PACKET && program && row->origin == ORIGIN_SENT && row->from != NULL &&
            row->from->kind == NODE_ROUTER && ladder_owns(row->from, row->g.src) &&
            !g_ptr_array_find(l->hosts, row->from, NULL))
            g_ptr_array_add(l->hosts, row->from);
    }
}

static void choose_columns(Ladder *l)
{
    add_speaking_routers(l);
    if (l->hosts->len == 1) {
        Node *other = neighbour(l);
        if (other != NULL && other != g_ptr_array_index(l->hosts, 0))
            g_ptr_array_add(l->hosts, other);
    }
    g_ptr_array_sort(l->hosts, by_index);
}

/* A packet that a router worked off has arrived there, if that router is a column. */
static void end_at_columns(Ladder *l)
{
    for (guint i = 0; i < l->rows->len; i++) {
        Row *row = row_at(l, i);
        if (row->kind == ROW_PACKET && row->last != NULL && row->to == NULL && !row->ignored &&
            (row->fate == FATE_UNDER_WAY || row->fate == FATE_REFUSED) &&
            g_ptr_array_find(l->hosts, row->last, NULL)) {
            row->to = row->last;
            row->fate = FATE_ARRIVED;
        }
    }
}

Node *ladder_sender(const Ladder *l, const Row *row)
{
    if (row->from != NULL)
        return row->from;
    for (guint i = 0; i < l->rows->len; i++) {
        const Row *r = row_at(l, i);
        if (r->kind == ROW_PACKET && r->from != NULL && r->from != row->to &&
            r->g.kind == row->g.kind && ip_equal(r->g.src, row->g.src))
            return r->from;
    }
    return NULL;
}

guint ladder_address_lane(const Ladder *l, IpAddr addr)
{
    for (guint i = 0; i < l->rows->len; i++) {
        const Row *row = row_at(l, i);
        guint lane;
        if (row->kind != ROW_PACKET || row->g.kind == GLANCE_OTHER)
            continue;
        if (row->from != NULL && ip_equal(row->g.src, addr) &&
            g_ptr_array_find(l->hosts, row->from, &lane))
            return lane;
        if (row->to != NULL && ip_equal(row->g.dst, addr) &&
            g_ptr_array_find(l->hosts, row->to, &lane))
            return lane;
    }
    return l->hosts->len;
}

char *ladder_host_name(const Node *node)
{
    const Stack *stack = node_stack(node);
    g_autoptr(GString) wrong = g_string_new(NULL);

    if (stack != NULL && tcp_config_is_wrong(&stack->cfg->tcp, wrong))
        return g_strdup_printf("%s (%s)", node->name, wrong->str);
    return g_strdup(node->name);
}

uint8_t ladder_first_state(const Ladder *l, const Node *node)
{
    if (!l->has_states)
        return NO_STATE;
    uint8_t state =
        node->index < l->first_states->len ? l->first_states->data[node->index] : NO_STATE;
    return state;
}

/* --- what is drawn in two --------------------------------------------------------------------- */

/* Does something stand at the receiver's side, below this packet's line but before its end? */
static bool crosses(const Ladder *l, guint i, const GPtrArray *split)
{
    const Row *row = row_at(l, i);

    for (guint k = 0; k < split->len; k++) {
        const Row *r = g_ptr_array_index(split, k);
        if (r->to == row->to && r->arrival > row->serial && r->arrived < row->arrived)
            return true;
    }
    for (guint k = i + 1; k < l->rows->len; k++) {
        const Row *r = row_at(l, k);
        if (r->serial >= row->arrival)
            return false;
        bool at_receiver = r->from == row->to && !r->hidden && r->t < row->arrived;
        bool overtakes = arrives(r) && r->to == row->to && r->arrived < row->arrived;
        if (at_receiver || overtakes)
            return true;
    }
    return false;
}

static void find_crossings(Ladder *l)
{
    g_autoptr(GPtrArray) split = g_ptr_array_new();

    for (guint i = 0; i < l->rows->len; i++) {
        Row *row = row_at(l, i);
        for (guint k = split->len; k-- > 0;)
            if (((Row *)g_ptr_array_index(split, k))->arrival <= row->serial)
                g_ptr_array_remove_index(split, k);
        if (!arrives(row) || !crosses(l, i, split))
            continue;
        row->split = true;
        g_ptr_array_add(split, row);
    }
}

/* A reset that does its work is "dropped" too; and one that answers says why by itself. */
static void find_answers(Ladder *l)
{
    for (guint i = 0; i < l->rows->len; i++) {
        Row *row = row_at(l, i);
        row->answered = row->drop == DROP_TCP_RESET || row->drop == DROP_TCP_REFUSED;
        for (guint k = i + 1; arrives(row) && k < l->rows->len; k++) {
            const Row *r = row_at(l, k);
            if (r->serial > row->arrival)
                break;
            row->answered |= r->serial == row->arrival && r->from == row->to &&
                             r->g.kind == GLANCE_TCP && (r->g.tcp.flags & TCP_RST);
        }
    }
}

/* Numbers in the order of the figure. What is released keeps the number under which it was held. */
static void number_rows(Ladder *l)
{
    g_autoptr(GHashTable) shown = g_hash_table_new(NULL, NULL);
    unsigned next = 0;

    for (guint i = 0; i < l->rows->len; i++) {
        Row *row = row_at(l, i);
        if (row->fate == FATE_HELD && row->last == NULL)
            row->number = 0; /* never released: nothing to refer to */
        if (row->number == 0 && !row->split)
            continue;
        gpointer held = GUINT_TO_POINTER(row->number);
        unsigned known = row->number != 0 ? GPOINTER_TO_UINT(g_hash_table_lookup(shown, held)) : 0;
        if (known == 0)
            known = ++next;
        if (row->number != 0)
            g_hash_table_insert(shown, held, GUINT_TO_POINTER(known));
        row->number = known;
    }
}

/* --- lines ------------------------------------------------------------------------------------ */

static void passing(Lines *lines, SimTime t)
{
    Canvas *c = &lines->c;
    g_autoptr(GString) span = g_string_new(NULL);

    if (!lines->no_canvas && t - lines->shown > LONG_GAP) {
        ladder_span(lines->l, t - lines->shown, span);
        g_autofree char *text = g_strdup_printf(ladder_word(lines->l, W_PASSES), span->str);
        size_t width = MIN(c->width, 84);
        canvas_put(c, (width - canvas_width(text)) / 2, text, S_DIM);
        canvas_flush(c);
    }
    lines->shown = MAX(lines->shown, t);
}

static void missing(Lines *lines, const Row *row)
{
    Canvas *c = &lines->c;

    lines->left_out = row->serial - lines->next;
    if (!lines->no_canvas && lines->left_out > 0) {
        g_autofree char *n = g_strdup_printf("%" G_GUINT64_FORMAT, lines->left_out);
        g_autofree char *text = g_strdup_printf(ladder_word(lines->l, W_NOT_SHOWN), n);
        size_t width = MIN(c->width, 84);
        canvas_gap(c);
        canvas_put(c, (width - canvas_width(text)) / 2, text, S_ODD);
        canvas_flush(c);
        canvas_gap(c);
        lines->shown = row->t;
    }
    lines->next = row->serial + 1;
}

void ladder_put_time(Lines *lines, size_t end, SimTime t)
{
    g_autoptr(GString) text = g_string_new(NULL);

    ladder_time(t, lines->decimals, text);
    canvas_put_right(&lines->c, end, text->str, S_DIM);
    lines->shown = MAX(lines->shown, t);
}

/* A note, or something that befell a cable or a whole host. */
static void full_line(Lines *lines, const Row *row)
{
    bool note = row->kind == ROW_NOTE;
    size_t x = lines->time_width + 3;

    if (note)
        canvas_gap(&lines->c);
    ladder_put_time(lines, lines->time_width + 1, row->t);
    x = canvas_put(&lines->c, x, note ? "* " : "! ", note ? S_BOLD : S_ODD);
    canvas_wrap(&lines->c, x, lines->c.width, row->text, note ? S_BOLD : S_ODD);
    if (note)
        canvas_gap(&lines->c);
}

static bool earlier(const Row *a, const Row *b)
{
    if (a->arrival != b->arrival)
        return a->arrival < b->arrival;
    return a->arrived != b->arrived ? a->arrived < b->arrived : a->serial < b->serial;
}

/* Draws the arrivals that came before row `serial` was made, the earliest first. */
static void draw_arrivals(Lines *lines, GPtrArray *pending, uint64_t serial, LineDraw draw,
                          void *self)
{
    for (;;) {
        Row *first = NULL;
        for (guint i = 0; i < pending->len; i++) {
            Row *row = g_ptr_array_index(pending, i);
            if (row->arrival <= serial && (first == NULL || earlier(row, first)))
                first = row;
        }
        if (first == NULL)
            return;
        g_ptr_array_remove(pending, first);
        passing(lines, first->arrived);
        draw(self, first, true);
    }
}

void ladder_each(Lines *lines, LineDraw draw, void *self)
{
    const Ladder *l = lines->l;
    g_autoptr(GPtrArray) pending = g_ptr_array_new();

    for (guint i = 0; i < l->rows->len; i++) {
        Row *row = row_at(l, i);
        draw_arrivals(lines, pending, row->serial, draw, self);
        missing(lines, row);
        if (row->hidden)
            continue;
        passing(lines, row->t);
        if (!lines->no_canvas && (row->kind == ROW_NOTE || row->kind == ROW_EVENT))
            full_line(lines, row);
        else
            draw(self, row, false);
        if (row->split)
            g_ptr_array_add(pending, row);
    }
    draw_arrivals(lines, pending, UINT64_MAX, draw, self);
}

Style ladder_style(const Row *row, bool up)
{
    if (row->fate == FATE_LOST || row->fate == FATE_REFUSED || row->fate == FATE_NOT_SENT ||
        (row->fate == FATE_ARRIVED && row->drop != DROP_NONE && !row->answered))
        return S_BAD;
    if (row->fate == FATE_HELD || row->origin != ORIGIN_SENT || row->retransmission)
        return S_ODD;
    return up ? S_UP : S_DOWN;
}

/* --- the summary ------------------------------------------------------------------------------ */

static void summary(Lines *lines)
{
    const Ladder *l = lines->l;
    g_autoptr(GString) text = g_string_new(NULL), time = g_string_new(NULL);
    g_autofree char *packets = g_strdup_printf("%" G_GUINT64_FORMAT, l->packets);

    ladder_time(sim_now(l->sim), lines->decimals, time);
    g_string_append_printf(text, ladder_word(l, l->packets == 1 ? W_SUM_ONE_PACKET : W_SUM_PACKETS),
                           packets);
    if (l->retransmissions > 0) {
        g_autofree char *n = g_strdup_printf("%" G_GUINT64_FORMAT, l->retransmissions);
        g_string_append_printf(text, ladder_word(l, W_SUM_RETRANSMITTED), n);
    }
    g_string_append_printf(text, ladder_word(l, W_SUM_TIME), time->str);
    canvas_gap(&lines->c);
    canvas_wrap(&lines->c, 2, lines->c.width, text->str, S_PLAIN);
    bool first = true;
    for (int i = DROP_NONE + 1; i < DROP_COUNT; i++) {
        DropReason why = (DropReason)i;
        if (l->drops[i] == 0 || why == DROP_TCP_RESET || why == DROP_TCP_REFUSED)
            continue;
        if (first)
            canvas_wrap(&lines->c, 2, lines->c.width, ladder_word(l, W_SUM_LOST), S_PLAIN);
        first = false;
        g_autofree char *n = g_strdup_printf("%" G_GUINT64_FORMAT, l->drops[i]);
        g_autofree char *line = g_strdup_printf(ladder_word(l, W_SUM_REASON), n, drop_name(why),
                                                ladder_drop_text(l, why));
        canvas_wrap(&lines->c, 4, lines->c.width, line, S_PLAIN);
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

static bool whole_ms(const Row *row)
{
    return row->t % MSEC == 0 && row->arrived % MSEC == 0;
}

static bool same_connection(const Glance *a, const Glance *b)
{
    return (a->src_port == b->src_port && a->dst_port == b->dst_port && ip_equal(a->src, b->src) &&
            ip_equal(a->dst, b->dst)) ||
           (a->src_port == b->dst_port && a->dst_port == b->src_port && ip_equal(a->src, b->dst) &&
            ip_equal(a->dst, b->src));
}

static void measure(Lines *lines)
{
    const Ladder *l = lines->l;
    const Row *first = NULL;
    SimTime last = sim_now(l->sim);
    g_autoptr(GString) text = g_string_new(NULL);

    lines->decimals = 3;
    for (guint i = 0; i < l->rows->len; i++) {
        const Row *row = row_at(l, i);
        if (!whole_ms(row) && !row->hidden)
            lines->decimals = 6;
        last = MAX(last, row->arrived);
        if (row->kind != ROW_PACKET || row->g.kind != GLANCE_TCP)
            continue;
        if (first == NULL)
            first = row;
        lines->ports |= !same_connection(&first->g, &row->g);
    }
    ladder_time(last, lines->decimals, text);
    lines->time_width = MAX(text->len, 6);
}

void ladder_settle(Lines *lines)
{
    Ladder *l = lines->l;

    ladder_thin_out(l);
    choose_columns(l);
    end_at_columns(l);
    find_crossings(l);
    find_answers(l);
    number_rows(l);
    measure(lines);
}

void ladder_print(Ladder *l, FILE *out)
{
    Lines lines = { .l = l };

    canvas_init(&lines.c, out, MAX(l->opt.width, MIN_WIDTH), l->opt.colour);
    ladder_settle(&lines);
    if (l->rows->len == 0) {
        canvas_put(&lines.c, 2, ladder_word(l, W_NOTHING), S_DIM);
        canvas_flush(&lines.c);
    }
    if (l->hosts->len > 2)
        ladder_draw_lanes(&lines);
    else
        ladder_draw_two(&lines);
    if (l->hosts->len > 0)
        summary(&lines);
    canvas_clear(&lines.c);
}
