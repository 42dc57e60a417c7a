/*
 * pkt_parse.c - a packetdrill script as a whole: option lines, then events, each with its time.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <string.h>

static void event_free(void *event)
{
    PktEvent *ev = event;

    pkt_call_free(ev->call);
    g_free(ev->text);
    g_free(ev);
}

/* --- option lines ----------------------------------------------------------------------------- */

static bool define(PktScript *s, const char *text, char **error)
{
    const char *eq = strchr(text, '=');

    if (eq == NULL || eq == text) {
        *error = g_strdup_printf("a definition is NAME=VALUE, not '%s'", text);
        return false;
    }
    g_hash_table_insert(s->defines, g_strndup(text, (size_t)(eq - text)), g_strdup(eq + 1));
    return true;
}

/* "name" or "name=value". */
static bool set_option(PktScript *s, const char *text, bool *lacks, char **error)
{
    const char *eq = strchr(text, '=');
    g_autofree char *name = eq != NULL ? g_strndup(text, (size_t)(eq - text)) : g_strdup(text);

    if (strcmp(name, "define") == 0 && eq != NULL)
        return define(s, eq + 1, error);
    return pkt_set_option(&s->settings, name, eq != NULL ? eq + 1 : NULL, lacks, error);
}

static bool take_options(PktReader *r)
{
    while (r->kind == TOK_OPTION) {
        bool lacks = false;
        char *error = NULL;
        if (!set_option(r->script, r->text->str, &lacks, &error)) {
            if (lacks)
                pkt_lacks(r, error);
            else
                pkt_fail(r, "%s", error);
            g_free(error);
            return false;
        }
        pkt_next(r);
    }
    return true;
}

/* --- times ------------------------------------------------------------------------------------ */

static bool take_time(PktReader *r, SimTime *out)
{
    if ((r->kind != TOK_INT && r->kind != TOK_FLOAT) || r->num < 0)
        return pkt_fail(r, "a time in seconds expected");
    if (r->kind == TOK_INT && r->num > NEVER / SEC / 2)
        return pkt_fail(r, "the time is too far away");
    *out = r->kind == TOK_INT ? r->num * SEC : r->num;
    pkt_next(r);
    return true;
}

static bool take_when(PktReader *r, PktEvent *ev)
{
    if (pkt_is_char(r, '*')) {
        ev->clock = PKT_ANY_TIME;
        pkt_next(r);
        return true;
    }
    ev->clock = pkt_is_char(r, '+') ? PKT_AFTER : PKT_AT;
    if (ev->clock == PKT_AFTER)
        pkt_next(r);
    if (!take_time(r, &ev->from))
        return false;
    ev->to = ev->from;
    if (pkt_is_char(r, '~')) {
        pkt_next(r);
        ev->range = true;
        if ((ev->clock == PKT_AFTER && !pkt_take_char(r, '+')) || !take_time(r, &ev->to))
            return false;
        if (ev->to < ev->from)
            return pkt_fail(r, "the range of times ends before it begins");
    }
    return true;
}

/* --- what happens then ------------------------------------------------------------------------ */

static bool take_call(PktReader *r, PktEvent *ev, bool ends, SimTime end)
{
    if (!pkt_call_known(r->text->str)) {
        g_autofree char *what = g_strdup_printf("the call %s", r->text->str);
        return pkt_lacks(r, what);
    }
    ev->kind = PKT_CALL;
    ev->call = g_new0(PktCall, 1);
    ev->call->ends = ends;
    ev->call->end = end;
    if (!pkt_parse_call(r, ev->call))
        return false;
    const char *lacks = pkt_option_lacks(ev->call);
    r->tok_line = ev->line;
    return lacks == NULL || pkt_lacks(r, lacks);
}

static bool take_code(PktReader *r, PktEvent *ev)
{
    bool unsupported = false;
    char *why = NULL;

    ev->kind = PKT_CODE;
    ev->text = g_strdup(r->text->str);
    if (pkt_code(ev->text, false, NULL, NULL, NULL, &unsupported, &why)) {
        pkt_next(r);
        return true;
    }
    if (unsupported)
        pkt_lacks(r, why);
    else
        pkt_fail(r, "%s", why);
    g_free(why);
    return false;
}

/* Shell lines are judged now and run in their turn: what is not understood skips the script. */
static bool take_command(PktReader *r, PktEvent *ev)
{
    PktSettings scratch = r->script->settings;
    char *why = NULL;

    ev->kind = PKT_COMMAND;
    ev->text = g_strdup(r->text->str);
    if (!pkt_command(&scratch, ev->text, &why)) {
        pkt_lacks(r, why);
        g_free(why);
        return false;
    }
    pkt_next(r);
    return true;
}

static bool take_action(PktReader *r, PktEvent *ev)
{
    SimTime end = 0;
    bool ends = false;

    if (r->kind == TOK_ELLIPSIS) {
        pkt_next(r);
        ends = true;
        if (!take_time(r, &end))
            return false;
        if (r->kind != TOK_WORD)
            return pkt_fail(r, "only a call can end at another time than it begins");
    }
    ev->line = r->tok_line;
    if (r->kind == TOK_WORD)
        return take_call(r, ev, ends, end);
    if (r->kind == TOK_COMMAND)
        return take_command(r, ev);
    if (r->kind == TOK_CODE)
        return take_code(r, ev);
    if (!pkt_is_char(r, '<') && !pkt_is_char(r, '>'))
        return pkt_fail(r, "a packet, a call, a command or code expected");
    ev->kind = PKT_PACKET;
    return pkt_parse_packet(r, &ev->packet);
}

static bool take_event(PktReader *r)
{
    PktEvent *ev = g_new0(PktEvent, 1);

    g_ptr_array_add(r->script->events, ev);
    ev->line = r->tok_line;
    if (r->kind == TOK_COMMAND) { /* before all and after all a command has no time */
        ev->clock = PKT_AFTER;
        return take_command(r, ev);
    }
    if (!take_when(r, ev) || !take_action(r, ev))
        return false;
    bool waits = ev->kind == PKT_PACKET && !ev->packet.inbound;
    if (!waits && (ev->range || ev->clock == PKT_ANY_TIME))
        return pkt_fail(r, "only an outbound packet can have any time or a range of times");
    return true;
}

static bool first_is_at_zero(PktReader *r)
{
    for (guint i = 0; i < r->script->events->len; i++) {
        const PktEvent *ev = g_ptr_array_index(r->script->events, i);
        if (ev->kind == PKT_COMMAND)
            continue;
        if (ev->clock == PKT_ANY_TIME || ev->from == 0)
            return true;
        r->tok_line = ev->line;
        return pkt_fail(r, "the first event has to be at time 0");
    }
    return pkt_fail(r, "nothing happens in this script");
}

bool pkt_parse(PktScript *s, const char *text, const PktOptions *opt)
{
    PktReader r = { .script = s, .p = text, .line = 1, .text = g_string_new(NULL) };
    char *error = NULL;
    bool lacks;

    s->events = g_ptr_array_new_with_free_func(event_free);
    s->defines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    define(s, "CODE=host_unreachable", &error); /* as packetdrill's runner does */
    if (strstr(text, "`sysctl -w net.inet.") != NULL)
        define(s, "FreeBSD=1", &error);
    for (char **o = opt->options; o != NULL && *o != NULL && error == NULL; o++)
        set_option(s, *o, &lacks, &error);
    for (char **d = opt->defines; d != NULL && *d != NULL && error == NULL; d++)
        define(s, *d, &error);
    if (error != NULL) {
        pkt_fail(&r, "%s", error);
        g_free(error);
    }
    pkt_next(&r);
    bool ok = s->error == NULL && take_options(&r);
    while (ok && r.kind != TOK_END)
        ok = take_event(&r);
    ok = ok && s->error == NULL && first_is_at_zero(&r);
    g_string_free(r.text, TRUE);
    return ok && s->error == NULL;
}

void pkt_script_clear(PktScript *s)
{
    g_ptr_array_free(s->events, TRUE);
    g_hash_table_destroy(s->defines);
    g_free(s->error);
}
