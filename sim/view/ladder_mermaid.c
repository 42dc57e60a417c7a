/*
 * ladder_mermaid.c - the ladder as a sequence diagram of mermaid, which GitHub and GitLab draw.
 *
 * It knows no time axis, so times stand in the messages; a packet that is drawn in two lines, for
 * something overtakes it, is two messages under one number.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/ladder_priv.h"

#include <string.h>

typedef struct Diagram {
    Lines *lines;
    FILE *out;
    GHashTable *shown; /* Tracks with the states shown last; for look-up only */
} Diagram;

/* Mermaid reads ; as an end of line and # as the beginning of an entity, <br/> and the like as
 * HTML. */
static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case ';':
            fputs("#59;", out);
            break;
        case '#':
            fputs("#35;", out);
            break;
        case '<':
            fputs("#lt;", out);
            break;
        case '>':
            fputs("#gt;", out);
            break;
        default:
            fputc(g_ascii_iscntrl(*text) ? ' ' : *text, out);
        }
}

/* Participants are h0, h1 ... in the order of the columns. */
static guint lane_of(const Diagram *d, const Node *node)
{
    const GPtrArray *hosts = d->lines->l->hosts;
    guint i = 0;

    while (i < hosts->len && g_ptr_array_index(hosts, i) != node)
        i++;
    return i;
}

static void put_note(Diagram *d, guint first, guint last, SimTime t, const char *text)
{
    g_autoptr(GString) line = g_string_new(NULL);

    ladder_time(t, d->lines->decimals, line);
    fprintf(d->out, "  Note over h%u", first);
    if (last != first)
        fprintf(d->out, ",h%u", last);
    fprintf(d->out, ": %s ", line->str);
    put_text(d->out, text);
    fputc('\n', d->out);
}

/* The state, if it is another than was shown for this connection. */
static void put_state(Diagram *d, const Row *row, bool departure, SimTime t)
{
    const Node *node = departure ? row->from : row->to;
    uint8_t state = departure ? row->from_state : row->to_state;
    guint lane = node != NULL ? lane_of(d, node) : d->lines->l->hosts->len;

    if (state == NO_STATE || lane == d->lines->l->hosts->len)
        return;
    Track *track = ladder_track(d->shown, node, &row->g, departure);
    uint8_t before =
        track->state != NO_STATE ? track->state : ladder_first_state(d->lines->l, node);
    if (state != before)
        put_note(d, lane, lane, t, ladder_state(state));
    track->state = state;
}

static const char *arrow_of(const Row *row, bool arrival)
{
    if (row->fate == FATE_LOST || row->fate == FATE_REFUSED || row->fate == FATE_NOT_SENT)
        return "-x";
    if (row->fate == FATE_HELD || (row->split && !arrival))
        return "-)";
    return row->origin != ORIGIN_SENT || row->split ? "-->>" : "->>";
}

static void draw_packet(Diagram *d, const Row *row, bool arrival)
{
    const Ladder *l = d->lines->l;
    guint n = l->hosts->len, from = lane_of(d, ladder_sender(l, row));
    guint to = row->to != NULL ? lane_of(d, row->to) : ladder_address_lane(l, row->g.dst);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *remark = ladder_remarks(l, row, !arrival, arrival || !row->split);

    if (from == n)
        from = to < n && to > 0 ? to - 1 : MIN(1, n - 1);
    if (to == n || to == from)
        to = from + 1 < n ? from + 1 : from > 0 ? from - 1 : 0;
    if (row->number != 0)
        g_string_append_printf(text, "(%u) ", row->number);
    ladder_time(arrival ? row->arrived : row->t, d->lines->decimals, text);
    g_string_append_c(text, ' ');
    ladder_label(row, d->lines->ports, text);
    if (remark != NULL)
        g_string_append_printf(text, ", %s", remark);
    if (!arrival)
        put_state(d, row, true, row->t);
    fprintf(d->out, "  h%u%sh%u: ", from, arrow_of(row, arrival), to);
    put_text(d->out, text->str);
    fputc('\n', d->out);
    if (row->fate == FATE_ARRIVED && (arrival || !row->split))
        put_state(d, row, false, row->arrived);
}

static void draw_row(void *self, const Row *row, bool arrival)
{
    Diagram *d = self;
    const Ladder *l = d->lines->l;

    if (l->hosts->len == 0)
        return;
    if (d->lines->left_out > 0) {
        g_autofree char *n = g_strdup_printf("%" G_GUINT64_FORMAT, d->lines->left_out);
        g_autofree char *text = g_strdup_printf(ladder_word(l, W_NOT_SHOWN), n);
        put_note(d, 0, l->hosts->len - 1, row->t, text);
        d->lines->left_out = 0;
    }
    if (row->kind == ROW_PACKET) {
        draw_packet(d, row, arrival);
    } else if (row->kind == ROW_TIMER) {
        guint lane = lane_of(d, row->from);
        if (lane < l->hosts->len)
            put_note(d, lane, lane, row->t, row->text);
    } else if (row->kind == ROW_STATE) {
        g_autofree char *why = ladder_state_remark(l, row);
        g_autofree char *text = g_strdup_printf("%s, %s", ladder_state(row->from_state), why);
        guint lane = lane_of(d, row->from);
        if (lane < l->hosts->len)
            put_note(d, lane, lane, row->t, text);
        ladder_track(d->shown, row->from, &row->g, true)->state = row->from_state;
    } else {
        put_note(d, 0, l->hosts->len - 1, row->t, row->text);
    }
}

void ladder_mermaid(Ladder *l, FILE *out)
{
    Lines lines = { .l = l };
    Diagram d = { .lines = &lines, .out = out };

    ladder_settle(&lines);
    lines.no_canvas = true;
    d.shown = ladder_tracks_new();
    fputs("sequenceDiagram\n", out);
    for (guint i = 0; i < l->hosts->len; i++) {
        const Node *node = g_ptr_array_index(l->hosts, i);
        g_autofree char *name = ladder_host_name(node);
        fprintf(out, "  participant h%u as ", i);
        put_text(out, name);
        fputc('\n', out);
    }
    for (guint i = 0; i < l->hosts->len; i++) {
        uint8_t state = ladder_first_state(l, g_ptr_array_index(l->hosts, i));
        if (state != NO_STATE)
            fprintf(out, "  Note over h%u: %s\n", i, ladder_state(state));
    }
    if (l->hosts->len == 0)
        fprintf(out, "  participant h0 as %s\n", ladder_word(l, W_NOTHING));
    ladder_each(&lines, draw_row, &d);
    g_hash_table_destroy(d.shown);
}
