/*
 * pkt_parse_call.c - calls as packetdrill's scripts write them: name, arguments, result, error.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <string.h>

enum { NESTED_MAX = 8 };

static void value_free(void *value)
{
    PktValue *v = value;

    if (v == NULL)
        return;
    if (v->items != NULL)
        g_ptr_array_free(v->items, TRUE);
    g_free(v->name);
    g_free(v->text);
    g_free(v);
}

void pkt_call_free(PktCall *call)
{
    if (call == NULL)
        return;
    if (call->args != NULL)
        g_ptr_array_free(call->args, TRUE);
    value_free(call->result);
    g_free(call->name);
    g_free(call->error);
    g_free(call);
}

static PktValue *value_new(PktValueKind kind)
{
    PktValue *v = g_new0(PktValue, 1);

    v->kind = kind;
    return v;
}

/* A name among others joined by |: its number. False if it cannot be used. */
static bool take_name(PktReader *r, PktValue *v, const char *name)
{
    int64_t num;
    const char *lacks = pkt_symbol_lacks(name);

    if (lacks != NULL)
        return pkt_lacks(r, lacks);
    if (!pkt_symbol(name, &num)) {
        g_autofree char *what = g_strdup_printf("the constant %s", name);
        return pkt_lacks(r, what);
    }
    v->num |= num;
    return true;
}

/* Numbers and names, joined by |. */
static bool take_flags(PktReader *r, PktValue *v)
{
    GString *text = g_string_new(NULL);
    bool ok = true;

    for (;;) {
        if (r->kind == TOK_INT)
            v->num |= r->num;
        else if (r->kind == TOK_WORD)
            ok = take_name(r, v, r->text->str);
        else
            ok = pkt_fail(r, "a number or a name expected");
        if (!ok)
            break;
        g_string_append_printf(text, "%s%s", text->len > 0 ? "|" : "", r->text->str);
        pkt_next(r);
        if (!pkt_is_char(r, '|'))
            break;
        pkt_next(r);
    }
    v->kind = PKT_INT;
    v->text = g_string_free(text, FALSE);
    return ok;
}

/* These two call each other: a value may hold values. */
static PktValue *take_value(PktReader *r, int depth);

/* Values up to the closing bracket, which is taken. */
static GPtrArray *take_values(PktReader *r, char close, int depth)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(value_free);

    while (!pkt_is_char(r, close)) {
        if (items->len > 0 && !pkt_take_char(r, ','))
            break;
        PktValue *v = take_value(r, depth + 1);
        if (v == NULL)
            break;
        g_ptr_array_add(items, v);
    }
    if (pkt_take_char(r, close))
        return items;
    g_ptr_array_free(items, TRUE);
    return NULL;
}

/* A word: a name of a field, a function with arguments, a constant. */
static bool take_word(PktReader *r, PktValue *v, int depth)
{
    const char *p = r->p;

    while (g_ascii_isspace(*p))
        p++;
    if (*p == '(') {
        v->kind = PKT_FUNCTION;
        v->text = g_strdup(r->text->str);
        pkt_next(r);
        pkt_next(r);
        v->items = take_values(r, ')', depth);
        return v->items != NULL;
    }
    if (strcmp(r->text->str, "NULL") == 0) {
        v->kind = PKT_NULL;
        pkt_next(r);
        return true;
    }
    return take_flags(r, v);
}

static bool take_bare(PktReader *r, PktValue *v, int depth)
{
    char c = r->c;

    switch (r->kind) {
    case TOK_ELLIPSIS:
        pkt_next(r);
        return true;
    case TOK_STRING:
        v->kind = PKT_STRING;
        v->text = g_strdup(r->text->str);
        pkt_next(r);
        if (r->kind == TOK_ELLIPSIS) /* the beginning of a longer one */
            pkt_next(r);
        return true;
    case TOK_INT:
        return take_flags(r, v);
    case TOK_WORD:
        return take_word(r, v, depth);
    default:
        break;
    }
    if (c != '[' && c != '{')
        return pkt_fail(r, "a value expected");
    v->kind = c == '[' ? PKT_LIST : PKT_STRUCT;
    pkt_next(r);
    v->items = take_values(r, c == '[' ? ']' : '}', depth);
    return v->items != NULL;
}

/* True if the word that was read names a field: "fd=4", "msg_iov(1)=[...]". */
static bool names_field(const PktReader *r)
{
    const char *p = r->p;

    if (r->kind != TOK_WORD)
        return false;
    while (g_ascii_isspace(*p))
        p++;
    if (*p == '(') {
        p += strcspn(p, ")");
        p += *p == ')';
        while (g_ascii_isspace(*p))
            p++;
    }
    return *p == '=';
}

static bool take_field_name(PktReader *r, PktValue *v)
{
    v->name = g_strdup(r->text->str);
    while (!pkt_is_char(r, '='))
        pkt_next(r);
    return pkt_take_char(r, '=');
}

static PktValue *take_value(PktReader *r, int depth)
{
    PktValue *v = value_new(PKT_ELLIPSIS);
    bool ok = depth < NESTED_MAX || pkt_fail(r, "brackets are nested too deeply");

    if (ok && names_field(r))
        ok = take_field_name(r, v);
    if (ok && take_bare(r, v, depth))
        return v;
    value_free(v);
    return NULL;
}

static bool take_note(PktReader *r)
{
    if (!pkt_is_char(r, '('))
        return true;
    while (!pkt_is_char(r, ')')) {
        if (r->kind == TOK_END)
            return pkt_fail(r, "the note is not closed");
        pkt_next(r);
    }
    pkt_next(r);
    return true;
}

bool pkt_parse_call(PktReader *r, PktCall *call)
{
    call->name = g_strdup(r->text->str);
    pkt_next(r);
    if (!pkt_take_char(r, '('))
        return false;
    call->args = take_values(r, ')', 0);
    if (call->args == NULL || !pkt_take_char(r, '='))
        return false;
    call->result = take_value(r, 0);
    if (call->result == NULL)
        return false;
    if (r->kind == TOK_WORD) {
        if (pkt_errno(r->text->str) < 0)
            return pkt_fail(r, "'%s' is not the name of an error", r->text->str);
        call->error = g_strdup(r->text->str);
        pkt_next(r);
    }
    return take_note(r);
}
