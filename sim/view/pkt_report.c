/*
 * pkt_report.c - what a play has to say: failures with the packets before them, expected and actual
 * as tcpdump prints them.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/ipv4_wire.h"
#include "sim/view/pkt_priv.h"

#include <inttypes.h>
#include <string.h>

enum { HISTORY = 12 };

static void append_time(GString *out, SimTime t)
{
    g_string_append_printf(out, "%" PRId64 ".%09" PRId64, t / SEC, t % SEC);
}

void pkt_remember(PktRun *run, SimTime t, const PktPacket *p)
{
    GString *line = g_string_new(p->inbound ? "  < " : "  > ");

    append_time(line, t);
    g_string_append_c(line, ' ');
    pkt_print(run->dissector, p, line);
    g_string_append_c(line, '\n');
    if (run->opt->verbose)
        g_string_append(run->report, line->str);
    g_queue_push_tail(&run->history, g_string_free(line, FALSE));
    if (run->history.length > HISTORY)
        g_free(g_queue_pop_head(&run->history));
}

/* Carets under the words of `got` that are not in the same place in `want`. */
static void mark_words(const char *want, const char *got, size_t indent, GString *out)
{
    g_auto(GStrv) w = g_strsplit(want, " ", -1);
    g_auto(GStrv) g = g_strsplit(got, " ", -1);
    size_t nw = g_strv_length(w), ng = g_strv_length(g), from = 0, tail = 0;
    GString *marks = g_string_new(NULL);

    while (from < nw && from < ng && strcmp(w[from], g[from]) == 0)
        from++;
    while (tail < nw - from && tail < ng - from && strcmp(w[nw - 1 - tail], g[ng - 1 - tail]) == 0)
        tail++;
    for (size_t i = 0; i < ng; i++) {
        bool here = i >= from && i < ng - tail;
        bool same = here && nw == ng && strcmp(w[i], g[i]) == 0;
        for (size_t k = 0; k < strlen(g[i]); k++)
            g_string_append_c(marks, here && !same ? '^' : ' ');
        g_string_append_c(marks, ' ');
    }
    g_strchomp(marks->str);
    if (*marks->str != '\0')
        g_string_append_printf(out, "%*s%s\n", (int)indent, "", marks->str);
    g_string_free(marks, TRUE);
}

/* What the script leaves open is as it came. */
static PktPacket complete(const PktPacket *want, const PktPacket *got)
{
    PktPacket p = *want;

    p.src = got->src;
    p.dst = got->dst;
    p.src_port = got->src_port;
    p.dst_port = got->dst_port;
    if (!p.has_win)
        p.win = got->win;
    if (p.any_options) {
        p.n_opt = got->n_opt;
        memcpy(p.opt, got->opt, sizeof p.opt);
    }
    return p;
}

void pkt_compare(PktRun *run, const PktPacket *want, const PktPacket *got, SimTime t, GString *out)
{
    PktPacket full = complete(want, got);
    GString *w = g_string_new(NULL), *g = g_string_new(NULL);

    pkt_print(run->dissector, &full, w);
    pkt_print(run->dissector, got, g);
    g_string_append_printf(out, "  expected: %s\n  actual:   %s\n", w->str, g->str);
    mark_words(w->str, g->str, strlen("  actual:   "), out);
    g_string_append(out, "  sent at ");
    append_time(out, t);
    g_string_append(out, " s\n");
    g_string_free(w, TRUE);
    g_string_free(g, TRUE);
}

/* Packets that the host has sent and no event has asked for yet. */
static void append_unexpected(PktRun *run)
{
    for (guint i = 0; i < run->seen->len && i < 4; i++) {
        const PktSeen *seen = g_ptr_array_index(run->seen, i);
        PktPacket copy = seen->packet;
        PktPacket nothing = { .proto = copy.proto };
        g_string_append(run->report, i == 0 ? "  not expected yet:\n  > " : "  > ");
        append_time(run->report, seen->t);
        g_string_append_c(run->report, ' ');
        if (seen->flow != NULL && copy.proto == IPPROTO_TCP4)
            pkt_flow_to_script(seen->flow, &copy, &nothing);
        pkt_print(run->dissector, &copy, run->report);
        g_string_append_c(run->report, '\n');
    }
}

bool pkt_run_fail(PktRun *run, const PktEvent *ev, const char *detail, const char *format, ...)
{
    va_list args;

    if (run->verdict != PKT_PASSED)
        return false;
    run->verdict = PKT_FAILED;
    g_string_append_printf(run->report, "%s:%u: FAIL: ", run->script->file, ev->line);
    va_start(args, format);
    g_string_append_vprintf(run->report, format, args);
    va_end(args);
    g_string_append(run->report, "\n  at ");
    append_time(run->report, sim_now(run->sim));
    g_string_append_printf(run->report, " s\n%s", detail != NULL ? detail : "");
    if (!run->opt->verbose && run->history.length > 0) {
        g_string_append(run->report, "  before:\n");
        for (GList *l = run->history.head; l != NULL; l = l->next)
            g_string_append(run->report, l->data);
    }
    append_unexpected(run);
    g_string_append_printf(run->report, "  replay: stacklab pkt %s\n", run->script->file);
    return false;
}

bool pkt_run_lacks(PktRun *run, const PktEvent *ev, const char *what)
{
    if (run->verdict != PKT_PASSED)
        return false;
    run->verdict = PKT_SKIPPED;
    g_string_append_printf(run->report, "%s:%u: skip: not supported: %s\n", run->script->file,
                           ev->line, what);
    return false;
}
