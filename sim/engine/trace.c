/*
 * trace.c - the list of sinks.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/trace.h"

#include "sim/engine/sim.h"

#include <string.h>

void trace_init(Trace *tr)
{
    *tr = (Trace){ .sinks = g_array_new(FALSE, FALSE, sizeof(TraceSink)) };
}

void trace_clear(Trace *tr)
{
    g_array_free(tr->sinks, TRUE);
    *tr = (Trace){ 0 };
}

static void count_heard(Trace *tr)
{
    tr->heard = tr->trail.kept ? TRACE_FRAMES : 0;
    for (guint i = 0; i < tr->sinks->len; i++)
        tr->heard |= g_array_index(tr->sinks, TraceSink, i).categories;
}

void trace_add_sink(Trace *tr, uint32_t categories,
                    void (*on_event)(void *self, const TraceEvent *ev), void *self)
{
    TraceSink sink = { on_event, self, categories };

    g_array_append_val(tr->sinks, sink);
    count_heard(tr);
}

void trace_remove_sink(Trace *tr, void *self)
{
    for (guint i = tr->sinks->len; i-- > 0;)
        if (g_array_index(tr->sinks, TraceSink, i).self == self)
            g_array_remove_index(tr->sinks, i);
    count_heard(tr);
}

void trace_set_categories(Trace *tr, void *self, uint32_t categories)
{
    for (guint i = 0; i < tr->sinks->len; i++)
        if (g_array_index(tr->sinks, TraceSink, i).self == self)
            g_array_index(tr->sinks, TraceSink, i).categories = categories;
    count_heard(tr);
}

void trace_keep_trail(Trace *tr, bool kept)
{
    tr->trail.kept = kept;
    count_heard(tr);
}

void trace_emit(Sim *sim, const TracePoint *point, Node *node, Port *port, const Packet *pkt,
                const int64_t *args)
{
    TraceEvent ev = { sim_now(sim), point, node, port, pkt, args };
    const GArray *sinks = sim->trace.sinks;

    for (guint i = 0; i < sinks->len; i++) {
        const TraceSink *sink = &g_array_index(sinks, TraceSink, i);
        if (sink->categories & point->category)
            sink->on_event(sink->self, &ev);
    }
}

int trace_field(const TracePoint *point, const char *name)
{
    for (int i = 0; i < TRACE_MAX_FIELDS && point->fields[i].name != NULL; i++)
        if (strcmp(point->fields[i].name, name) == 0)
            return i;
    return -1;
}
