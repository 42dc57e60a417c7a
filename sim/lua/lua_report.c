/*
 * lua_report.c - failure blocks, the replay command, tables of text.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_report.h"

#include "sim/lua/lua_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS_AROUND = 6 };

/* --- replay ----------------------------------------------------------------------------------- */

void report_append_word(GString *out, const char *word)
{
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+%@";

    g_string_append_c(out, ' ');
    if (*word != '\0' && word[strspn(word, plain)] == '\0') {
        g_string_append(out, word);
        return;
    }
    char *quoted = g_shell_quote(word);
    g_string_append(out, quoted);
    g_free(quoted);
}

char *report_replay(const char *file, const RunOptions *opt)
{
    GString *out = g_string_new("stacklab run");

    if (opt->seed != run_defaults.seed)
        g_string_append_printf(out, " --seed %" PRIu64, opt->seed);
    if (opt->until != run_defaults.until) {
        char *until = time_to_text(opt->until);
        g_string_append_printf(out, " --until %s", until);
        g_free(until);
    }
    for (guint i = 0; opt->sets != NULL && i < opt->sets->len; i++) {
        g_string_append(out, " --set");
        report_append_word(out, g_ptr_array_index(opt->sets, i));
    }
    report_append_word(out, file);
    return g_string_free(out, FALSE);
}

/* --- failures --------------------------------------------------------------------------------- */

void report_append_time(GString *out, SimTime t)
{
    g_string_append_printf(out, "%" PRId64 ".%09" PRId64, t / SEC, t % SEC);
}

static bool is_node(void *world_, const char *name)
{
    const World *world = world_;
    const Node *node = sim_node(world->sim, name);

    return node != NULL && node_stack(node) != NULL;
}

static bool owns(void *world_, const char *name, IpAddr addr)
{
    const World *world = world_;
    const Stack *owner = autoconf_owner(world->sim, addr);

    return owner != NULL && strcmp(owner->node->name, name) == 0;
}

ExpectNames report_names(World *world)
{
    return (ExpectNames){ is_node, owns, world };
}

/* The last packets that somebody sent, as check.trace would write them. */
static void append_packets(GString *out, World *world)
{
    ExpectNames names = report_names(world);
    uint64_t first = recorder_first(world->recorder), i = recorder_end(world->recorder);
    const Record *found[PACKETS_AROUND];
    int n = 0;

    while (i > first && n < PACKETS_AROUND) {
        const Record *rec = recorder_get(world->recorder, --i);
        if (rec->kind == RECORD_SENT)
            found[n++] = rec;
    }
    while (n-- > 0) {
        g_string_append(out, "  > ");
        expect_line(found[n], recorder_flows(world->recorder), &names, out);
        g_string_append_c(out, '\n');
    }
}

/* Each line of text, indented. */
static void append_indented(GString *out, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        g_string_append(out, "  ");
        g_string_append_len(out, text, (gssize)len);
        g_string_append_c(out, '\n');
        text += len + (text[len] == '\n');
    }
}

void report_failure(World *world, const char *place, const char *why, const char *detail,
                    const char *lines)
{
    const World *first = g_ptr_array_index(world->env->worlds, 0);
    const char *colon = strrchr(place, ':');
    Failure *failure = g_new0(Failure, 1);
    GString *block = g_string_new(NULL);

    failure->line = colon != NULL ? atoi(colon + 1) : 0;
    failure->file = failure->line > 0 ? g_strndup(place, (size_t)(colon - place)) : g_strdup(place);
    failure->line = MAX(failure->line, 1);
    failure->message = g_strdup(why);
    g_string_append_printf(block, "%s:%d: FAIL: %s\n  at ", failure->file, failure->line, why);
    report_append_time(block, sim_now(world->sim));
    g_string_append_printf(block, " s, seed %" PRIu64, world->sim->seed);
    for (guint i = 0; world != first && i < world->parts->param_text->len; i++)
        g_string_append_printf(block, "%s%s", i == 0 ? ", played with " : " ",
                               (char *)g_ptr_array_index(world->parts->param_text, i));
    if (detail != NULL)
        g_string_append_printf(block, ": %s", detail);
    g_string_append_c(block, '\n');
    if (lines != NULL)
        append_indented(block, lines);
    else
        append_packets(block, world);
    char *replay = report_replay(first->file, &world->env->opt);
    g_string_append_printf(block, "  replay: %s\n", replay);
    g_free(replay);
    failure->block = g_string_free(block, FALSE);
    g_ptr_array_add(world->parts->failures, failure);
    world->failed++;
}

/* --- tables ----------------------------------------------------------------------------------- */

/* Columns on a terminal: wide characters take two. */
static size_t text_width(const char *text)
{
    size_t width = 0;

    for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar u = g_utf8_get_char(c);
        width += g_unichar_iszerowidth(u) ? 0 : g_unichar_iswide(u) ? 2 : 1;
    }
    return width;
}

static bool is_number(const char *cell)
{
    return *cell == '\0' || cell[strspn(cell, "0123456789+-.e%")] == '\0';
}

static void append_row(GString *out, char *const *cells, const size_t *widths, const bool *right)
{
    for (size_t i = 0; cells[i] != NULL; i++) {
        size_t pad = widths[i] - MIN(widths[i], text_width(cells[i]));
        g_string_append(out, i > 0 ? "  " : "");
        if (right[i])
            g_string_append_printf(out, "%*s", (int)pad, "");
        g_string_append(out, cells[i]);
        if (!right[i])
            g_string_append_printf(out, "%*s", (int)pad, "");
    }
    while (out->len > 0 && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    g_string_append_c(out, '\n');
}

void report_append_table(GString *out, const GPtrArray *rows)
{
    size_t n = 0;

    for (guint r = 0; r < rows->len; r++)
        n = MAX(n, g_strv_length(g_ptr_array_index(rows, r)));
    size_t *widths = g_new0(size_t, n + 1);
    bool *right = g_new0(bool, n + 1);
    for (size_t c = 0; c < n; c++)
        right[c] = rows->len > 1;
    for (guint r = 0; r < rows->len; r++) {
        char **cells = g_ptr_array_index(rows, r);
        for (size_t c = 0; cells[c] != NULL; c++) {
            widths[c] = MAX(widths[c], text_width(cells[c]));
            right[c] = right[c] && (r == 0 || is_number(cells[c]));
        }
    }
    for (guint r = 0; r < rows->len; r++)
        append_row(out, g_ptr_array_index(rows, r), widths, right);
    g_free(widths);
    g_free(right);
}
