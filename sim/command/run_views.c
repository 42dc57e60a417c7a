/*
 * run_views.c - views, captures, event files and the digest of one run.
 *
 * The view and the files show the scenario's own world. Worlds that it plays (sim.play) count in
 * the digest, and those played from a file of their own have their ladder.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run_views.h"

#include "sim/command/run_capture.h"
#include "sim/command/run_files.h"
#include "sim/command/run_layers.h"
#include "sim/view/events.h"
#include "sim/view/ladder.h"
#include "sim/view/pcapng.h"
#include "sim/view/series.h"
#include "sim/view/states.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What looks at one world. Worlds nest, so these are a stack. */
typedef struct Looks Looks;
struct Looks {
    World *world;
    Looks *outer;
    Events *digest;
    Ladder *ladder; /* NULL: not shown */
    StatesWatch *states; /* likewise */
    bool noted;     /* it has something to say even without a packet */
};

struct Views {
    const RunRequest *req;
    char *scenario; /* the file's name, without folder */
    FILE *out;
    bool printed; /* a table or the like stands right above */
    bool drawn;   /* a ladder does */
    char *text; /* where out goes if the request names none */
    size_t text_len;
    Looks *looks;
    RunStats stats;
    GString *digests;       /* of the worlds that have ended, in that order */
    GPtrArray *captures;    /* of RunCapture */
    GPtrArray *event_files; /* of OutFile */
    GPtrArray *text_files;  /* of OutFile: the ladder as text, */
    GPtrArray *svg_files;   /* as a picture, */
    GPtrArray *mermaid_files; /* as mermaid draws it */
    GPtrArray *states_files; /* of OutFile: the state diagram as a picture */
    char *title;            /* the lesson's; or NULL */
    GPtrArray *series_files; /* of OutFile */
    GPtrArray *series;      /* of Series: one each file */
    GPtrArray *events;      /* of Events that write: one each file, one the view */
    RunCapture *lines;      /* --view tcpdump, layers: the packets */
    States *states;         /* of all worlds; NULL: nobody asks */
    Explain *explain;
    GError *wrong; /* what was asked for is not there; NULL */
    bool stdout_taken;      /* by a capture */
};

const char *const run_view_names[] = { "ladder", "tcpdump", "layers", "states",
                                     "events", "none",    NULL };

/* --- worlds ----------------------------------------------------------------------------------- */

static bool from_its_own_file(const World *world)
{
    return world->outer == NULL || strcmp(world->file, world->outer->file) != 0;
}

static const char *label(void *world, const Packet *pkt)
{
    return lua_world_label(world, pkt);
}

static void look_at_first(Views *views, World *world)
{
    const RunRequest *req = views->req;

    for (guint i = 0; i < views->captures->len; i++)
        run_capture_begin(g_ptr_array_index(views->captures, i), world->sim);
    if (views->lines != NULL)
        run_capture_begin(views->lines, world->sim);
    for (guint i = 0; i < views->event_files->len; i++) {
        const OutFile *file = g_ptr_array_index(views->event_files, i);
        g_ptr_array_add(views->events, events_new(world->sim, file->file, false, views->scenario));
    }
    for (guint i = 0; i < views->series_files->len; i++) {
        const OutFile *file = g_ptr_array_index(views->series_files, i);
        g_ptr_array_add(views->series, series_new(world->sim, file->file));
    }
    if (req->explain != NULL) {
        views->explain =
            explain_new(world->sim, req->explain, recorder_flows(world->recorder));
        explain_set_labels(views->explain, label, world);
    }
    if (req->view == VIEW_EVENTS)
        g_ptr_array_add(views->events, events_new(world->sim, views->out, false, views->scenario));
}

static void world_begun(void *views_, World *world)
{
    Views *views = views_;
    const RunRequest *req = views->req;
    Looks *looks = g_new0(Looks, 1);
    LadderOptions ladder = { req->width > 0 ? req->width : 80, req->colour, req->full,
                             req->absolute, req->options.chinese, req->timers };

    looks->world = world;
    looks->outer = views->looks;
    views->looks = looks;
    if (req->digest)
        looks->digest = events_new(world->sim, NULL, true, views->scenario);
    if (world->outer == NULL)
        look_at_first(views, world);
    if ((req->view == VIEW_LADDER && from_its_own_file(world)) ||
        (views->text_files->len + views->svg_files->len + views->mermaid_files->len > 0 &&
         world->outer == NULL))
        looks->ladder = ladder_new(world->sim, &ladder, recorder_flows(world->recorder));
    if (views->states != NULL) {
        g_autofree char *name = g_path_get_basename(world->file);
        looks->states = states_watch(views->states, world->sim, name);
    }
    if (looks->ladder != NULL)
        ladder_set_labels(looks->ladder, label, world);
}

static void loaded(void *views_, World *world)
{
    Views *views = views_;

    if (world->outer == NULL)
        views->stats.loaded = run_cost_now(world->sim);
}

static FILE *file_at(const GPtrArray *files, guint i)
{
    return ((const OutFile *)g_ptr_array_index(files, i))->file;
}

static void stop_looking_at_first(Views *views, Looks *looks)
{
    for (guint i = 0; i < views->captures->len; i++)
        run_capture_end(g_ptr_array_index(views->captures, i));
    if (views->lines != NULL) {
        run_capture_end(views->lines);
        if (views->req->view == VIEW_TCPDUMP) {
            run_capture_print(views->lines, looks->world->sim, views->req, views->out);
        } else {
            if (views->printed)
                fputc('\n', views->out);
            run_layers_print(views->lines, looks->world->sim, views->req, views->out);
        }
    }
    if (views->explain != NULL && !explain_print(views->explain, views->out))
        g_set_error(&views->wrong, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "stacklab explain: there is no packet %" G_GUINT64_FORMAT
                    ": the run has %" G_GUINT64_FORMAT,
                    views->req->explain->first, explain_packets(views->explain));
    explain_free(views->explain);
    views->explain = NULL;
    for (guint i = 0; i < views->events->len; i++)
        events_free(g_ptr_array_index(views->events, i));
    g_ptr_array_set_size(views->events, 0);
    for (guint i = 0; i < views->series->len; i++)
        series_free(g_ptr_array_index(views->series, i));
    g_ptr_array_set_size(views->series, 0);
    if (views->req->view == VIEW_STATES) {
        if (views->printed)
            fputc('\n', views->out);
        states_print(views->states, views->out);
    }
    for (guint i = 0; i < views->text_files->len; i++)
        ladder_print(looks->ladder, file_at(views->text_files, i));
    for (guint i = 0; i < views->svg_files->len; i++)
        ladder_svg(looks->ladder, views->title, file_at(views->svg_files, i));
    for (guint i = 0; i < views->mermaid_files->len; i++)
        ladder_mermaid(looks->ladder, file_at(views->mermaid_files, i));
    for (guint i = 0; i < views->states_files->len; i++)
        states_svg(views->states, views->title, file_at(views->states_files, i));
}

static void world_ended(void *views_, World *world)
{
    Views *views = views_;
    Looks *looks = views->looks;

    g_assert(looks->world == world);
    if (world->outer == NULL) {
        views->stats.ended = run_cost_now(world->sim);
        views->stats.packets = world->sim->packets.made;
        views->stats.simulated = sim_now(world->sim);
    }
    if (looks->digest != NULL) {
        char *digest = events_digest(looks->digest);
        g_string_append(views->digests, digest);
        g_free(digest);
        events_free(looks->digest);
    }
    if (looks->states != NULL)
        states_unwatch(looks->states);
    if (world->outer == NULL)
        stop_looking_at_first(views, looks);
    if (looks->ladder != NULL) {
        if (views->req->view == VIEW_LADDER && (world->sim->packets.made > 0 || looks->noted)) {
            if (views->printed && world->sim->packets.made > 0)
                fputc('\n', views->out);
            ladder_print(looks->ladder, views->out);
            views->printed = false;
            views->drawn = true;
        }
        ladder_free(looks->ladder);
    }
    views->looks = looks->outer;
    g_free(looks);
}

/* --- what the scenario says ------------------------------------------------------------------- */

static void print(void *views_, const char *text)
{
    Views *views = views_;

    /* Lines of tcpdump and JSON are read by programs. */
    bool pure =
        views->req->view == VIEW_TCPDUMP || views->req->view == VIEW_EVENTS || views->stdout_taken;
    if (!pure && views->drawn)
        fputc('\n', views->out);
    fputs(text, pure ? stderr : views->out);
    views->printed = true;
    views->drawn = false;
}

static void note(void *views_, World *world, const char *text)
{
    Views *views = views_;

    if (views->explain != NULL && world->outer == NULL)
        explain_note(views->explain, text);
    for (Looks *looks = views->looks; looks != NULL; looks = looks->outer)
        if (looks->world == world && looks->ladder != NULL) {
            looks->noted = true;
            ladder_note(looks->ladder, text);
        }
}

static bool lesson(void *views_, World *world, const Lesson *lesson)
{
    Views *views = views_;

    if (world->outer == NULL && views->title == NULL)
        views->title = g_strdup(lesson->title);
    bool titled = (views->req->view == VIEW_LADDER && from_its_own_file(world)) ||
                  ((views->req->view == VIEW_STATES || views->req->view == VIEW_LAYERS) &&
                   world->outer == NULL);
    if (!titled || (views->req->untitled && world->outer == NULL))
        return true;
    if (views->printed || views->drawn)
        fputc('\n', views->out);
    views->printed = views->drawn = false;
    fprintf(views->out, "%s\n", lesson->title);
    if (lesson->question != NULL)
        fprintf(views->out, "%s\n", lesson->question);
    fputc('\n', views->out);
    return true;
}

LuaHooks views_hooks(Views *views)
{
    return (LuaHooks){ world_begun, loaded, world_ended, print, note, lesson, views };
}

/* --- files ------------------------------------------------------------------------------------ */

static bool open_output(Views *views, const char *name, GError **error)
{
    const struct {
        const char *ending;
        GPtrArray *files;
    } kinds[] = { { ".jsonl", views->event_files },  { ".txt", views->text_files },
                  { ".tsv", views->series_files },   { ".states.svg", views->states_files },
                  { ".svg", views->svg_files },      { ".mmd", views->mermaid_files } };
    GPtrArray *files = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(kinds) && files == NULL; i++)
        if (g_str_has_suffix(name, kinds[i].ending))
            files = kinds[i].files;
    if (files == NULL) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "-o %s: the ending says what is written, .jsonl (events), .txt, .svg or .mmd "
                    "(the ladder), .states.svg (the state diagram) or .tsv (time series)%s",
                    name, strcmp(name, "-") == 0 ? "; --view prints the first two" : "");
        return false;
    }
    OutFile *file = out_file_open("-o", name, error);
    if (file == NULL)
        return false;
    g_ptr_array_add(files, file);
    return true;
}

/* stdout cannot carry two things. */
static bool check_stdout(Views *views, const RunRequest *req, GError **error)
{
    for (guint i = 0; req->captures != NULL && i < req->captures->len; i++) {
        if (strcmp(g_ptr_array_index(req->captures, i), "-") != 0)
            continue;
        if (views->stdout_taken || (req->view != VIEW_NONE && req->out == stdout)) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "-w -: stdout carries something else already; say --view none");
            return false;
        }
        views->stdout_taken = true;
    }
    return true;
}

static bool open_files(Views *views, const RunRequest *req, GError **error)
{
    for (guint i = 0; req->captures != NULL && i < req->captures->len; i++) {
        RunCapture *capture =
            run_capture_new(g_ptr_array_index(req->captures, i), views->scenario, req, error);
        if (capture == NULL)
            return false;
        g_ptr_array_add(views->captures, capture);
    }
    for (guint i = 0; req->outputs != NULL && i < req->outputs->len; i++)
        if (!open_output(views, g_ptr_array_index(req->outputs, i), error))
            return false;
    return true;
}

static void close_files(GPtrArray *files, bool keep, GError **error)
{
    for (guint i = 0; i < files->len; i++) {
        bool asked = error != NULL && *error == NULL;
        out_file_close(g_ptr_array_index(files, i), keep, asked ? error : NULL);
    }
    g_ptr_array_free(files, TRUE);
}

static void views_free(Views *views, bool keep, GError **error)
{
    for (guint i = 0; i < views->captures->len; i++) {
        bool asked = error != NULL && *error == NULL;
        run_capture_close(g_ptr_array_index(views->captures, i), keep, asked ? error : NULL);
    }
    g_ptr_array_free(views->captures, TRUE);
    close_files(views->event_files, keep, error);
    close_files(views->text_files, keep, error);
    close_files(views->svg_files, keep, error);
    close_files(views->mermaid_files, keep, error);
    close_files(views->states_files, keep, error);
    g_free(views->title);
    close_files(views->series_files, keep, error);
    g_ptr_array_free(views->series, TRUE);
    g_ptr_array_free(views->events, TRUE);
    states_free(views->states);
    if (views->lines != NULL) {
        bool asked = error != NULL && *error == NULL;
        run_capture_close(views->lines, false, asked ? error : NULL);
    }
    if (views->out != views->req->out)
        fclose(views->out);
    g_string_free(views->digests, TRUE);
    g_free(views->scenario);
}

static void want_states(Views *views)
{
    const RunRequest *req = views->req;
    StatesOptions states = { req->width, req->colour, req->full, req->options.chinese };

    if (req->view == VIEW_STATES || views->states_files->len > 0)
        views->states = states_new(&states);
}

Views *views_new(const char *file, const RunRequest *req, GError **error)
{
    Views *views = g_new0(Views, 1);

    views->req = req;
    views->stats.begun = run_cost_now(NULL);
    views->scenario = g_path_get_basename(file);
    views->digests = g_string_new(NULL);
    views->captures = g_ptr_array_new();
    views->event_files = g_ptr_array_new();
    views->text_files = g_ptr_array_new();
    views->svg_files = g_ptr_array_new();
    views->mermaid_files = g_ptr_array_new();
    views->states_files = g_ptr_array_new();
    views->series_files = g_ptr_array_new();
    views->series = g_ptr_array_new();
    views->events = g_ptr_array_new();
    views->out = req->out != NULL ? req->out : open_memstream(&views->text, &views->text_len);
    bool opened = check_stdout(views, req, error) && open_files(views, req, error);
    want_states(views);
    if (opened &&
        ((req->view != VIEW_TCPDUMP && req->view != VIEW_LAYERS) ||
         (views->lines = run_capture_new(NULL, views->scenario, req, error)) != NULL))
        return views;
    views_free(views, false, NULL);
    free(views->text);
    g_free(views);
    return NULL;
}

/* One world's digest is the run's; of several it is the digest of theirs. */
static void set_digest(const Views *views, RunResult *out)
{
    const GString *all = views->digests;

    if (all->len <= 64) {
        g_strlcpy(out->digest, all->str, sizeof out->digest);
        return;
    }
    char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, all->str, (gssize)all->len);
    g_strlcpy(out->digest, digest, sizeof out->digest);
    g_free(digest);
}

bool views_finish(Views *views, bool keep, RunResult *out, GError **error)
{
    GError *first = NULL;

    set_digest(views, out);
    out->stats = views->stats;
    fflush(views->out);
    first = views->wrong;
    views_free(views, keep, &first);
    out->text = views->text;
    out->text_len = views->text_len;
    g_free(views);
    if (first == NULL)
        return true;
    g_propagate_error(error, first);
    return false;
}
