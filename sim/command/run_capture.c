/*
 * run_capture.c - one -w, or the lines of --view tcpdump.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run_capture.h"

#include "sim/command/run_files.h"
#include "sim/view/pcapng.h"

#include <stdlib.h>
#include <string.h>

/* One file in the making. */
typedef struct Part {
    const Port *port; /* of a folder's files; NULL */
    OutFile *file;    /* NULL: in memory */
    Capture *capture;
} Part;

struct RunCapture {
    char *name; /* NULL: in memory */
    bool folder;
    char *comment;
    CaptureOptions opt;
    GPtrArray *parts; /* of Part; one, or one for each interface */
    Sim *sim;
    GError *error; /* the first, while it runs */
    FILE *memory;
    char *bytes;
    size_t len;
};

enum { LINES_MAX = 300, LINES_SHOWN = 100 };

static CaptureAt parse_at(const char *at)
{
    if (at == NULL || strcmp(at, "client") == 0)
        return CAPTURE_CLIENT;
    if (strcmp(at, "server") == 0)
        return CAPTURE_SERVER;
    return strcmp(at, "all") == 0 ? CAPTURE_ALL : CAPTURE_INTERFACE;
}

/* Of the capture's section: what was played, so that it can be again. */
static char *make_comment(const char *scenario, const RunOptions *opt)
{
    GString *text = g_string_new(scenario);

    g_string_append_printf(text, ", seed %" G_GUINT64_FORMAT, opt->seed);
    for (guint i = 0; opt->sets != NULL && i < opt->sets->len; i++)
        g_string_append_printf(text, ", %s", (char *)g_ptr_array_index(opt->sets, i));
    return g_string_free(text, FALSE);
}

static bool check_name(RunCapture *capture, GError **error)
{
    const char *name = capture->name;

    capture->folder = g_str_has_suffix(name, "/") || g_file_test(name, G_FILE_TEST_IS_DIR);
    if (capture->folder) {
        if (g_mkdir_with_parents(name, 0777) == 0)
            return true;
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "-w %s: the folder cannot be made: %s", name, g_strerror(errno));
        return false;
    }
    capture->opt.classic = g_str_has_suffix(name, ".pcap");
    if (capture->opt.classic || g_str_has_suffix(name, ".pcapng") || strcmp(name, "-") == 0 ||
        out_file_is_device(name))
        return true;
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "-w %s: a capture is called .pcapng, or .pcap, or is a folder (FOLDER/)", name);
    return false;
}

static Part *add_part(RunCapture *capture, OutFile *file, const Port *port)
{
    Part *part = g_new0(Part, 1);

    part->file = file;
    part->port = port;
    g_ptr_array_add(capture->parts, part);
    return part;
}

RunCapture *run_capture_new(const char *name, const char *scenario, const RunRequest *req,
                            GError **error)
{
    RunCapture *capture = g_new0(RunCapture, 1);
    OutFile *file = NULL;

    capture->name = g_strdup(name);
    capture->comment = make_comment(scenario, &req->options);
    capture->parts = g_ptr_array_new_with_free_func(g_free);
    capture->opt = (CaptureOptions){ .at = parse_at(req->at), .comment = capture->comment };
    if (capture->opt.at == CAPTURE_INTERFACE)
        capture->opt.interface = req->at;
    if (name == NULL) {
        capture->opt.classic = true;
        capture->memory = open_memstream(&capture->bytes, &capture->len);
        add_part(capture, NULL, NULL);
        return capture;
    }
    if (!check_name(capture, error) ||
        (!capture->folder && (file = out_file_open("-w", name, error)) == NULL)) {
        run_capture_close(capture, false, NULL);
        return NULL;
    }
    if (!capture->folder)
        add_part(capture, file, NULL);
    return capture;
}

/* --- while it runs ---------------------------------------------------------------------------- */

static void start_part(RunCapture *capture, Part *part, const CaptureOptions *opt)
{
    GError **error = capture->error == NULL ? &capture->error : NULL;
    FILE *out = part->file != NULL ? part->file->file : capture->memory;

    part->capture = capture_new(capture->sim, opt, out, error);
}

/* A frame at a port without a file: the new capture, the last sink, still sees this event. */
static void on_frame(void *capture_, const TraceEvent *ev)
{
    RunCapture *capture = capture_;

    if (ev->port == NULL || ev->node->kind == NODE_SWITCH)
        return;
    for (guint i = 0; i < capture->parts->len; i++)
        if (((const Part *)g_ptr_array_index(capture->parts, i))->port == ev->port)
            return;
    char *interface = g_strdup_printf("%s.%s", ev->node->name, ev->port->name);
    char *name = g_strdup_printf("%s%s%s.pcapng", capture->name,
                                 g_str_has_suffix(capture->name, "/") ? "" : "/", interface);
    GError **error = capture->error == NULL ? &capture->error : NULL;
    OutFile *file = out_file_open("-w", name, error);
    if (file != NULL) {
        CaptureOptions opt = capture->opt;
        opt.at = CAPTURE_INTERFACE;
        opt.interface = interface;
        start_part(capture, add_part(capture, file, ev->port), &opt);
    }
    g_free(name);
    g_free(interface);
}

void run_capture_begin(RunCapture *capture, Sim *sim)
{
    capture->sim = sim;
    if (capture->folder)
        trace_add_sink(&sim->trace, TRACE_LINK, on_frame, capture);
    else
        start_part(capture, g_ptr_array_index(capture->parts, 0), &capture->opt);
}

/* Nobody can know before the scenario has built it whether there is such an interface. */
static void check_interface(RunCapture *capture)
{
    const char *interface = capture->opt.interface;

    if (capture->opt.at != CAPTURE_INTERFACE || capture->error != NULL)
        return;
    const char *dot = strrchr(interface, '.');
    size_t len = dot != NULL ? (size_t)(dot - interface) : strlen(interface);
    char *name = g_strndup(interface, len);
    const Node *node = sim_node(capture->sim, name);
    if (node == NULL || (dot != NULL && node_port(node, dot + 1) == NULL))
        g_set_error(&capture->error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--at %s: the scenario has no such interface", interface);
    g_free(name);
}

void run_capture_end(RunCapture *capture)
{
    check_interface(capture);
    for (guint i = 0; i < capture->parts->len; i++) {
        Part *part = g_ptr_array_index(capture->parts, i);
        if (part->capture == NULL)
            continue;
        /* A failure stays with the FILE, and is told when that is closed. */
        capture_finish(part->capture);
        capture_free(part->capture);
        part->capture = NULL;
    }
}

bool run_capture_close(RunCapture *capture, bool keep, GError **error)
{
    bool ok = capture->error == NULL;

    if (!ok) {
        keep = false;
        g_propagate_error(error, capture->error);
    }
    for (guint i = 0; i < capture->parts->len; i++) {
        Part *part = g_ptr_array_index(capture->parts, i);
        if (part->file != NULL)
            ok = out_file_close(part->file, keep, ok ? error : NULL) && ok;
    }
    if (capture->memory != NULL)
        fclose(capture->memory);
    free(capture->bytes);
    g_ptr_array_free(capture->parts, TRUE);
    g_free(capture->comment);
    g_free(capture->name);
    g_free(capture);
    return ok;
}

/* --- lines ------------------------------------------------------------------------------------ */

static uint32_t get_little32(const char *p_)
{
    const uint8_t *p = (const uint8_t *)p_;

    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static const char *name_of(void *sim, IpAddr addr)
{
    const Stack *owner = autoconf_owner(sim, addr);

    return owner != NULL ? owner->node->name : NULL;
}

/* Each record of a nanosecond pcap: seconds, nanoseconds, length kept, on the wire, bytes. */
void run_capture_each(RunCapture *capture, RunFrame each, void *self)
{
    enum { FILE_HEADER = 24, RECORD_HEADER = 16 };

    fflush(capture->memory);
    for (size_t at = FILE_HEADER; at + RECORD_HEADER <= capture->len;) {
        const char *p = capture->bytes + at;
        uint32_t kept = get_little32(p + 8);
        SimTime t = get_little32(p) * SEC + get_little32(p + 4);
        if (kept > capture->len - at - RECORD_HEADER)
            break;
        each(self, t, (Span){ (const uint8_t *)p + RECORD_HEADER, kept }, get_little32(p + 12));
        at += RECORD_HEADER + kept;
    }
}

void run_capture_fail(RunCapture *capture, GError *error)
{
    if (capture->error == NULL)
        capture->error = error;
    else
        g_error_free(error);
}

typedef struct Lines {
    Dissector *dissector;
    GPtrArray *texts;
} Lines;

static void add_line(void *self, SimTime t, Span frame, size_t wire_len)
{
    Lines *lines = self;
    GString *line = g_string_new(NULL);

    dissect(lines->dissector, t, frame, wire_len, line);
    g_ptr_array_add(lines->texts, g_string_free(line, FALSE));
}

void run_capture_print(RunCapture *capture, Sim *sim, const RunRequest *req, FILE *out)
{
    DissectOptions opt = { req->time, req->absolute, req->ethernet, req->verbose > 0, NULL, NULL };

    if (req->names) {
        opt.name = name_of;
        opt.name_self = sim;
    }
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    Lines all_of_them = { dissector_new(&opt), lines };
    run_capture_each(capture, add_line, &all_of_them);
    dissector_free(all_of_them.dissector);
    bool all = req->full || lines->len <= LINES_MAX;
    for (guint i = 0; i < lines->len; i++) {
        if (!all && i == LINES_SHOWN) {
            guint left = lines->len - 2 * LINES_SHOWN;
            fprintf(out, "... %u packets more (--full shows them) ...\n", left);
            i += left;
        }
        fprintf(out, "%s\n", (char *)g_ptr_array_index(lines, i));
    }
    g_ptr_array_free(lines, TRUE);
}
