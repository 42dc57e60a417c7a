/*
 * series.c - see series.h.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/series.h"

#include "protocols/transport/tcp.h"

#include <inttypes.h>
#include <string.h>

enum { FIRST_FIGURE = 3 }; /* behind conn, local, remote */

typedef struct Length {
    uint64_t packets, bytes;
} Length;

struct Series {
    Sim *sim;
    FILE *out;
    GHashTable *lengths; /* LinkDir to the Length in its last row; for look-up only */
};

static const struct TraceField *figure(int i)
{
    const struct TraceField *f = &TCP_METRICS_UPDATED.fields[i];

    return i < TRACE_MAX_FIELDS && f->name != NULL ? f : NULL;
}

static void print_seconds(FILE *out, SimTime t)
{
    fprintf(out, "%" PRId64 ".%09" PRId64, t / SEC, t % SEC);
}

/* An ssthresh without a bound is not set yet. */
static void print_figure(FILE *out, const struct TraceField *f, int64_t value)
{
    if (f->type == TV_TIME)
        print_seconds(out, value);
    else if (f->type == TV_STR)
        fputs((const char *)(intptr_t)value, out);
    else if (value != UINT32_MAX)
        fprintf(out, "%" PRId64, value);
}

static void print_conn(const Series *s, const TraceEvent *ev)
{
    print_seconds(s->out, ev->t);
    fprintf(s->out, "\t%s\t%s>%s", ev->node->name, trace_arg_str(ev, 1), trace_arg_str(ev, 2));
    for (int i = FIRST_FIGURE; figure(i) != NULL; i++) {
        fputc('\t', s->out);
        print_figure(s->out, figure(i), ev->args[i]);
    }
    fputs("\t\t\n", s->out);
}

static void print_queue(const Series *s, LinkDir *dir)
{
    Length *last = g_hash_table_lookup(s->lengths, dir), now = { 0 };

    now.packets = link_queued(dir, &now.bytes);
    if (last == NULL) {
        last = g_new0(Length, 1);
        g_hash_table_insert(s->lengths, dir, last);
    }
    if (now.packets == last->packets && now.bytes == last->bytes)
        return;
    *last = now;
    print_seconds(s->out, sim_now(s->sim));
    fprintf(s->out, "\t%s\t%s", dir->from->node->name, link_dir_name(dir));
    for (int i = FIRST_FIGURE; figure(i) != NULL; i++)
        fputc('\t', s->out);
    fprintf(s->out, "\t%" PRIu64 "\t%" PRIu64 "\n", now.packets, now.bytes);
}

static void on_event(void *self, const TraceEvent *ev)
{
    const Series *s = self;

    if (ev->point == &TCP_METRICS_UPDATED)
        print_conn(s, ev);
    else if (ev->point == &LINK_ENQUEUED || ev->point == &LINK_QUEUE_CHANGED)
        print_queue(s, ev->port->out);
    else if (ev->point == &LINK_DELIVERED)
        print_queue(s, link_dir_reverse(ev->port->out));
}

Series *series_new(Sim *sim, FILE *out)
{
    Series *s = g_new0(Series, 1);

    s->sim = sim;
    s->out = out;
    s->lengths = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    fputs("time\tnode\tname", out);
    for (int i = FIRST_FIGURE; figure(i) != NULL; i++)
        fprintf(out, "\t%s", figure(i)->name);
    fputs("\tqueue\tqueue_bytes\n", out);
    trace_add_sink(&sim->trace, TRACE_METRICS | TRACE_LINK, on_event, s);
    return s;
}

void series_free(Series *s)
{
    trace_remove_sink(&s->sim->trace, s);
    g_hash_table_destroy(s->lengths);
    g_free(s);
}
