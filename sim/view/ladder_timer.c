/*
 * ladder_timer.c - TCP's timers as rows of the ladder: set, fired, stopped.
 *
 * Of what befalls a timer in one event the last counts, for an ACK stops and sets it again; but
 * that it fired is said in any case.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/ladder_priv.h"

#include "protocols/transport/tcp.h"

#include <string.h>

static const struct {
    const char *name, *en, *zh;
} timers[] = {
    { "rto", "retransmission timer", "重传计时器" },
    { "persist", "persist timer", "持续计时器" },
    { "delayed-ack", "delayed-ACK timer", "延迟确认计时器" },
    { "reorder", "reordering timer", "乱序等待计时器" },
    { "probe", "tail-probe timer", "尾部探测计时器" },
    { "2msl", "2MSL timer", "时间等待计时器" },
    { "fin-wait-2", "FIN-WAIT-2 timer", "FIN-WAIT-2 计时器" },
    { "keepalive", "keep-alive timer", "保活计时器" },
    { "user", "user timeout", "用户超时计时器" },
    { "pace", "pacing timer", "发送间隔计时器" },
};

static const char *name_of(const Ladder *l, const char *timer)
{
    for (size_t i = 0; i < G_N_ELEMENTS(timers); i++)
        if (strcmp(timers[i].name, timer) == 0)
            return l->opt.chinese ? timers[i].zh : timers[i].en;
    return timer;
}

/* What was said of this timer in the current event, but for its firing; NULL: nothing. */
static Row *said_before(const Ladder *l, const Row *now)
{
    for (guint i = l->rows->len; i-- > 0;) {
        Row *row = g_ptr_array_index(l->rows, i);
        if (row->event != now->event || row->t != now->t)
            return NULL;
        if (row->kind == ROW_TIMER && !row->fired && row->from == now->from &&
            row->g.src_port == now->g.src_port && row->g.dst_port == now->g.dst_port &&
            strcmp(row->timer, now->timer) == 0)
            return row;
    }
    return NULL;
}

static char *text_of(const Ladder *l, const TraceEvent *ev)
{
    const char *name = name_of(l, trace_arg_str(ev, 3));
    g_autoptr(GString) span = g_string_new(NULL);

    if (ev->point == &TCP_TIMER_EXPIRED)
        return g_strdup_printf(ladder_word(l, W_TIMER_FIRES), name);
    if (ev->point == &TCP_TIMER_CANCELLED)
        return g_strdup_printf(ladder_word(l, W_TIMER_STOPS), name);
    ladder_span(l, ev->args[4] - ev->t, span);
    return g_strdup_printf(ladder_word(l, W_TIMER_SET), name, span->str);
}

void ladder_timer(Ladder *l, const TraceEvent *ev)
{
    Row now = { .event = l->sim->sched.events, .t = ev->t, .from = ev->node };

    now.fired = ev->point == &TCP_TIMER_EXPIRED;
    now.timer = g_string_chunk_insert_const(l->texts, trace_arg_str(ev, 3));
    if (!ladder_parse_end(trace_arg_str(ev, 1), &now.g.src, &now.g.src_port) ||
        !ladder_parse_end(trace_arg_str(ev, 2), &now.g.dst, &now.g.dst_port))
        return;
    Row *row = now.fired ? NULL : said_before(l, &now);
    if (row == NULL)
        row = ladder_add_row(l, ROW_TIMER);
    g_free(row->text);
    row->text = text_of(l, ev);
    row->from = now.from;
    row->timer = now.timer;
    row->fired = now.fired;
    row->g = now.g;
    ladder_add_host(l, ev->node);
}
