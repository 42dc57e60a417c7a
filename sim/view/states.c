/*
 * states.c - collects the ways of connections through the state diagram, from their own events.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/states_priv.h"

#include <string.h>

/* Of long runs the first steps are listed; the figure counts them all. */
enum { KEEP_STEPS = 2000, MARKS_LISTED = 3 };

struct StatesWatch {
    States     *st;
    Sim        *sim;
    const char *world;
    GHashTable *ends;      /* conn to End; for look-up only */
    GHashTable *listeners; /* "host local" to End; for look-up only */
};

static uint8_t state_of(const char *name)
{
    uint8_t i = 0;

    while (i < TCP_STATE_COUNT && strcmp(tcp_state_name(i), name) != 0)
        i++;
    g_assert(i < TCP_STATE_COUNT);
    return i;
}

static End *end_new(StatesWatch *w, const TraceEvent *ev, const char *local, const char *remote,
                    Side side)
{
    States *st = w->st;
    End *end = g_new0(End, 1);

    end->world = w->world;
    end->host = g_string_chunk_insert_const(st->texts, ev->node->name);
    end->local = g_string_chunk_insert_const(st->texts, local);
    end->remote = remote != NULL ? g_string_chunk_insert_const(st->texts, remote) : NULL;
    end->side = side;
    end->event = UINT64_MAX;
    end->steps = g_array_new(FALSE, FALSE, sizeof(Step));
    g_ptr_array_add(st->ends, end);
    return end;
}

static void end_free(void *end_)
{
    End *end = end_;

    g_array_free(end->steps, TRUE);
    g_free(end);
}

/* Counts a change of state; *end is made when the first one is kept. */
static void add_step(StatesWatch *w, const TraceEvent *ev, Side side, End *end, const Step *told)
{
    States *st = w->st;
    Step step = *told;

    step.t = ev->t;
    step.event = w->sim->sched.events;
    step.arrow = figure_arrow(step.from, step.to, step.trigger);
    step.number = ++st->numbers[side];
    step.trigger = g_string_chunk_insert_const(st->texts, step.trigger);
    step.rfc = g_string_chunk_insert_const(st->texts, step.rfc);
    st->visited[step.from][side]++;
    st->visited[step.to][side]++;
    if (step.arrow != FIGURE_NONE)
        st->taken[step.arrow][side]++;
    if (end == NULL) {
        st->left_out++;
        return;
    }
    if (end->event == step.event && end->sent_at == step.t) /* the FIN that made it LAST-ACK */
        memcpy(step.sent, end->sent, sizeof step.sent);
    end->event = UINT64_MAX;
    g_array_append_val(end->steps, step);
    st->kept++;
}

static bool keeps_more(const States *st)
{
    return st->opt.full || st->kept < KEEP_STEPS;
}

static void state_changed(StatesWatch *w, const TraceEvent *ev)
{
    Step step = { .from = state_of(trace_arg_str(ev, 3)), .to = state_of(trace_arg_str(ev, 4)) };
    void *conn = GSIZE_TO_POINTER((size_t)ev->args[0]);
    End *end = g_hash_table_lookup(w->ends, conn);
    Side side = end != NULL                ? end->side
                : step.from == TCP_LISTEN ? SIDE_PASSIVE
                                           : SIDE_ACTIVE;

    step.trigger = trace_arg_str(ev, 5);
    step.rfc = trace_arg_str(ev, 6);
    if (end == NULL && keeps_more(w->st)) {
        end = end_new(w, ev, trace_arg_str(ev, 1), trace_arg_str(ev, 2), side);
        g_hash_table_insert(w->ends, conn, end);
    }
    add_step(w, ev, side, end, &step);
}

static void listener(StatesWatch *w, const TraceEvent *ev, bool opened)
{
    static const char rfc_open[] = "RFC 9293 §3.10.1", rfc_close[] = "RFC 9293 §3.10.4";
    Step step = { .from = opened ? TCP_CLOSED : TCP_LISTEN,
                  .to = opened ? TCP_LISTEN : TCP_CLOSED,
                  .trigger = opened ? "program listens" : trace_arg_str(ev, 1),
                  .rfc = opened ? rfc_open : rfc_close };
    g_autofree char *key = g_strdup_printf("%s %s", ev->node->name, trace_arg_str(ev, 0));
    End *end = g_hash_table_lookup(w->listeners, key);

    if (end == NULL && keeps_more(w->st)) {
        end = end_new(w, ev, trace_arg_str(ev, 0), NULL, SIDE_PASSIVE);
        g_hash_table_insert(w->listeners, g_steal_pointer(&key), end);
    }
    add_step(w, ev, SIDE_PASSIVE, end, &step);
}

/* What is sent in the event of a step belongs to it: the first segment, but rather one with SYN,
 * FIN or RST. */
static void segment_sent(StatesWatch *w, const TraceEvent *ev)
{
    End *end = g_hash_table_lookup(w->ends, GSIZE_TO_POINTER((size_t)ev->args[0]));
    const char *flags = trace_arg_str(ev, 4);

    if (end == NULL || end->steps->len == 0)
        return;
    Step *step = &g_array_index(end->steps, Step, end->steps->len - 1);
    bool same = step->event == w->sim->sched.events && step->t == ev->t;
    if (same && (*step->sent == '\0' || strpbrk(flags, "SFR") != NULL)) {
        g_strlcpy(step->sent, flags, sizeof step->sent);
        return;
    }
    end->event = w->sim->sched.events;
    end->sent_at = ev->t;
    g_strlcpy(end->sent, flags, sizeof end->sent);
}

static void on_event(void *self, const TraceEvent *ev)
{
    StatesWatch *w = self;

    if (ev->point == &TCP_STATE_CHANGED)
        state_changed(w, ev);
    else if (ev->point == &TCP_LISTENER_OPENED || ev->point == &TCP_LISTENER_CLOSED)
        listener(w, ev, ev->point == &TCP_LISTENER_OPENED);
    else if (ev->point == &TCP_SEGMENT_SENT)
        segment_sent(w, ev);
}

/* Appends the numbers of one side, in order. */
static void side_marks(const States *st, int arrow, Side side, GString *out)
{
    unsigned numbers[MARKS_LISTED], n = 0;
    uint64_t taken = st->taken[arrow][side];
    const char *open = side == SIDE_ACTIVE ? "(" : "[", *close = side == SIDE_ACTIVE ? ")" : "]";

    if (taken == 0)
        return;
    g_string_append(out, open);
    if (taken > MARKS_LISTED || st->left_out > 0) {
        g_string_append_printf(out, "%" G_GUINT64_FORMAT "x%s", taken, close);
        return;
    }
    for (guint i = 0; i < st->ends->len; i++) {
        const End *end = g_ptr_array_index(st->ends, i);
        for (guint k = 0; end->side == side && k < end->steps->len; k++) {
            const Step *step = &g_array_index(end->steps, Step, k);
            unsigned at = n;
            if (step->arrow != arrow)
                continue;
            for (; at > 0 && numbers[at - 1] > step->number; at--)
                numbers[at] = numbers[at - 1];
            numbers[at] = step->number;
            n++;
        }
    }
    for (unsigned i = 0; i < n; i++)
        g_string_append_printf(out, "%s%u", i > 0 ? "," : "", numbers[i]);
    g_string_append(out, close);
}

size_t states_marks(const States *st, int arrow, GString *out)
{
    size_t before = out->len;

    side_marks(st, arrow, SIDE_ACTIVE, out);
    size_t active = out->len - before;
    side_marks(st, arrow, SIDE_PASSIVE, out);
    return active;
}

States *states_new(const StatesOptions *opt)
{
    States *st = g_new0(States, 1);

    st->opt = *opt;
    st->texts = g_string_chunk_new(256);
    st->ends = g_ptr_array_new_with_free_func(end_free);
    return st;
}

StatesWatch *states_watch(States *st, Sim *sim, const char *name)
{
    StatesWatch *w = g_new0(StatesWatch, 1);

    w->st = st;
    w->sim = sim;
    g_autofree char *world = g_strdup_printf("%s #%u", name, ++st->worlds);
    w->world = g_string_chunk_insert(st->texts, world);
    w->ends = g_hash_table_new(NULL, NULL);
    w->listeners = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    trace_add_sink(&sim->trace, TRACE_TCP, on_event, w);
    return w;
}

void states_unwatch(StatesWatch *w)
{
    trace_remove_sink(&w->sim->trace, w);
    g_hash_table_destroy(w->ends);
    g_hash_table_destroy(w->listeners);
    g_free(w);
}

void states_free(States *st)
{
    if (st == NULL)
        return;
    g_ptr_array_free(st->ends, TRUE);
    g_string_chunk_free(st->texts);
    g_free(st);
}
