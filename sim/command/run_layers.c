/*
 * run_layers.c - --view layers: which packet, and its line.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run_layers.h"

#include "sim/view/filter.h"
#include "sim/view/layers.h"

#include <string.h>

typedef struct Choice {
    uint64_t number; /* from 1; 0: the first that the filter takes */
    Filter *filter;  /* NULL: any */
    Dissector *dissector;
    GString *line;
    uint64_t seen; /* frames so far */
    Span found;    /* p NULL: not yet */
    uint64_t found_at;
    char *found_line;
} Choice;

static void on_frame(void *self, SimTime t, Span frame, size_t wire_len)
{
    Choice *c = self;

    c->seen++;
    if (c->found.p != NULL)
        return;
    g_string_truncate(c->line, 0);
    dissect(c->dissector, t, frame, wire_len, c->line);
    bool here = c->number > 0
                    ? c->seen == c->number
                    : c->filter == NULL || filter_match(c->filter, frame, wire_len, t, NULL);
    if (!here)
        return;
    c->found = frame;
    c->found_at = c->seen;
    c->found_line = g_strdup(c->line->str);
}

static bool read_choice(Choice *c, Sim *sim, const char *text, GError **error)
{
    if (text == NULL)
        return true;
    if (g_ascii_string_to_unsigned(text, 10, 1, UINT64_MAX, &c->number, NULL))
        return true;
    c->filter = filter_new_expression(text, filter_node_address, sim, error);
    if (c->filter == NULL)
        g_prefix_error(error, "--packet: ");
    return c->filter != NULL;
}

static void print_found(const Choice *c, Sim *sim, const RunRequest *req, FILE *out)
{
    LayersOptions opt = { req->width, req->colour, req->full, req->options.chinese };

    fprintf(out,
            req->options.chinese ? "第 %" G_GUINT64_FORMAT " 个分组，共 %" G_GUINT64_FORMAT
                                   " 个\n%s\n\n"
                                 : "Packet %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT "\n%s\n\n",
            c->found_at, c->seen, c->found_line);
    layers_print(sim, c->found, &opt, out);
}

void run_layers_print(RunCapture *capture, Sim *sim, const RunRequest *req, FILE *out)
{
    DissectOptions lines = { req->time, req->absolute, false, false, NULL, NULL };
    Choice c = { .dissector = dissector_new(&lines), .line = g_string_new(NULL) };
    GError *error = NULL;

    if (read_choice(&c, sim, req->packet, &error)) {
        run_capture_each(capture, on_frame, &c);
        if (c.found.p != NULL)
            print_found(&c, sim, req, out);
        else if (req->packet != NULL)
            g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "--packet %s: none of the %" G_GUINT64_FORMAT " packets", req->packet,
                        c.seen);
        else
            fputs(req->options.chinese ? "（没有分组发出）\n"
                                       : "(no packet was sent)\n",
                  out);
    }
    if (error != NULL)
        run_capture_fail(capture, error);
    filter_free(c.filter);
    dissector_free(c.dissector);
    g_string_free(c.line, TRUE);
    g_free(c.found_line);
}
