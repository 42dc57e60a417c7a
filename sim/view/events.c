/*
 * events.c - one JSON object per event, written by hand, and SHA-256 over all of them.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/events.h"

#include <string.h>

struct Events {
    Sim *sim;
    FILE *out;
    GChecksum *digest;
    GString *line; /* used again for every event */
};

static void append_unsigned(GString *out, uint64_t v)
{
    char digits[20];
    size_t n = sizeof digits;

    do
        digits[--n] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    g_string_append_len(out, digits + n, (gssize)(sizeof digits - n));
}

static void append_int(GString *out, int64_t v)
{
    if (v < 0)
        g_string_append_c(out, '-');
    append_unsigned(out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

static void append_escape(GString *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    const char *simple = strchr("\"\"\\\\\nn\tt\rr\bb\ff", c);

    g_string_append_c(out, '\\');
    if (c != 0 && simple != NULL) {
        g_string_append_c(out, simple[1]);
        return;
    }
    g_string_append(out, "u00");
    g_string_append_c(out, hex[c >> 4]);
    g_string_append_c(out, hex[c & 15]);
}

/* The bytes from s that can stand in a JSON string as they are: no control characters, quotes,
 * backslashes, and only whole UTF-8 characters. */
static size_t plain_run(const char *s)
{
    size_t n = 0;

    for (;;) {
        unsigned char c = (unsigned char)s[n];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
            return n;
        if (c < 0x80) {
            n++;
            continue;
        }
        gunichar u = g_utf8_get_char_validated(s + n, -1);
        if (u == (gunichar)-1 || u == (gunichar)-2)
            return n;
        n += (size_t)(g_utf8_next_char(s + n) - (s + n));
    }
}

void json_append_string(GString *out, const char *s)
{
    g_string_append_c(out, '"');
    while (*s != '\0') {
        size_t n = plain_run(s);
        g_string_append_len(out, s, (gssize)n);
        s += n;
        if (*s == '\0')
            break;
        if ((unsigned char)*s < 0x80)
            append_escape(out, (unsigned char)*s);
        else
            g_string_append(out, "\\ufffd"); /* a byte that is no UTF-8 */
        s++;
    }
    g_string_append_c(out, '"');
}

static void append_key(GString *out, const char *key)
{
    g_string_append(out, ",\"");
    g_string_append(out, key);
    g_string_append(out, "\":");
}

static void append_text(GString *out, const char *s)
{
    if (s != NULL)
        json_append_string(out, s);
    else
        g_string_append(out, "null");
}

static void append_value(GString *out, const TraceEvent *ev, int i)
{
    switch (ev->point->fields[i].type) {
    case TV_NONE:
    case TV_INT:
    case TV_TIME:
        append_int(out, ev->args[i]);
        break;
    case TV_STR:
        append_text(out, trace_arg_str(ev, i));
        break;
    case TV_BOOL:
        g_string_append(out, ev->args[i] != 0 ? "true" : "false");
        break;
    }
}

static bool puts_on_wire(const TraceEvent *ev)
{
    return ev->pkt != NULL && (ev->point == &LINK_ENQUEUED || ev->point == &LINK_RELEASED);
}

void event_to_json(const TraceEvent *ev, GString *out)
{
    g_string_append(out, "{\"t\":");
    append_int(out, ev->t);
    append_key(out, "event");
    json_append_string(out, ev->point->name);
    if (ev->node != NULL) {
        append_key(out, "node");
        json_append_string(out, ev->node->name);
    }
    if (ev->port != NULL) {
        append_key(out, "port");
        json_append_string(out, ev->port->name);
    }
    for (int i = 0; i < TRACE_MAX_FIELDS && ev->point->fields[i].name != NULL; i++) {
        append_key(out, ev->point->fields[i].name);
        append_value(out, ev, i);
    }
    if (puts_on_wire(ev)) {
        append_key(out, "length");
        append_unsigned(out, ev->pkt->frame_len);
    }
    g_string_append_c(out, '}');
}

static void on_event(void *self, const TraceEvent *event)
{
    Events *ev = self;

    g_string_truncate(ev->line, 0);
    event_to_json(event, ev->line);
    g_string_append_c(ev->line, '\n');
    if (ev->out != NULL)
        fwrite(ev->line->str, 1, ev->line->len, ev->out);
    if (ev->digest == NULL)
        return;
    g_checksum_update(ev->digest, (const guchar *)ev->line->str, (gssize)ev->line->len);
    if (puts_on_wire(event)) {
        Span frame = packet_frame(event->pkt);
        g_checksum_update(ev->digest, frame.p, (gssize)frame.n);
    }
}

static void write_header(const Events *ev, const char *scenario)
{
    GString *line = g_string_new("{\"schema\":\"stacklab.events/1\",\"seed\":");

    append_unsigned(line, ev->sim->seed);
    append_key(line, "scenario");
    append_text(line, scenario);
    append_key(line, "version");
    json_append_string(line, STACKLAB_VERSION);
    g_string_append(line, "}\n");
    fwrite(line->str, 1, line->len, ev->out);
    g_string_free(line, TRUE);
}

Events *events_new(Sim *sim, FILE *out, bool digest, const char *scenario)
{
    Events *ev = g_new0(Events, 1);

    ev->sim = sim;
    ev->out = out;
    ev->digest = digest ? g_checksum_new(G_CHECKSUM_SHA256) : NULL;
    ev->line = g_string_sized_new(512);
    if (out != NULL)
        write_header(ev, scenario);
    trace_add_sink(&sim->trace, TRACE_ALL, on_event, ev);
    return ev;
}

void events_free(Events *ev)
{
    if (ev == NULL)
        return;
    trace_remove_sink(&ev->sim->trace, ev);
    if (ev->digest != NULL)
        g_checksum_free(ev->digest);
    g_string_free(ev->line, TRUE);
    g_free(ev);
}

char *events_digest(Events *ev)
{
    g_assert(ev->digest != NULL);
    return g_strdup(g_checksum_get_string(ev->digest));
}
