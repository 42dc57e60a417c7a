/*
 * pkt_code.c - the Python between %{ and }%, as far as scripts use it: assertions over tcpi_
 * fields, assignments, integers. What is printed is not shown.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <inttypes.h>
#include <string.h>

typedef struct Code {
    const char *p;
    const char *end;     /* of the statement */
    bool        run;
    GHashTable *vars;
    PktRead     read;
    void       *self;
    GString    *used;    /* "tcpi_rtt is 5": what the statement has read */
    bool        unsupported;
    char       *why;
} Code;

static int64_t lacks(Code *c, const char *format, const char *what)
{
    if (c->why == NULL) {
        c->unsupported = true;
        c->why = g_strdup_printf(format, what);
    }
    return 0;
}

static void blanks(Code *c)
{
    while (c->p < c->end && g_ascii_isspace(*c->p))
        c->p++;
}

static bool take(Code *c, const char *op)
{
    size_t n = strlen(op);

    blanks(c);
    if ((size_t)(c->end - c->p) < n || strncmp(c->p, op, n) != 0)
        return false;
    bool word = g_ascii_isalpha(op[0]);
    if (word && c->p + n < c->end && (g_ascii_isalnum(c->p[n]) || c->p[n] == '_'))
        return false;
    c->p += n;
    return true;
}

static char *take_name(Code *c)
{
    const char *from = c->p;

    while (c->p < c->end && (g_ascii_isalnum(*c->p) || *c->p == '_'))
        c->p++;
    return g_strndup(from, (size_t)(c->p - from));
}

static int64_t name_value(Code *c, const char *name)
{
    int64_t v = 1;
    const int64_t *var = c->vars != NULL ? g_hash_table_lookup(c->vars, name) : NULL;

    if (g_str_has_prefix(name, "tcpi_")) {
        if (!pkt_code_knows(name))
            return lacks(c, "the field %s of tcp_info", name);
        if (c->run && !c->read(c->self, name, &v))
            return lacks(c, "nothing to take %s from", name);
    } else if (var != NULL) {
        v = *var;
    } else if (!pkt_symbol(name, &v) && c->run) {
        return lacks(c, "the name %s in code", name);
    }
    if (c->run)
        g_string_append_printf(c->used, "%s%s is %" PRId64, c->used->len > 0 ? ", " : "", name, v);
    return v;
}

/* Expressions hold expressions in parentheses. */
static int64_t any_of(Code *c);

static int64_t atom(Code *c)
{
    char *end;

    blanks(c);
    if (take(c, "(")) {
        int64_t v = any_of(c);
        if (!take(c, ")"))
            lacks(c, "this code: '%s'", c->p);
        return v;
    }
    if (take(c, "-"))
        return -atom(c);
    if (take(c, "~"))
        return ~atom(c);
    if (c->p < c->end && g_ascii_isdigit(*c->p)) {
        int64_t v = g_ascii_strtoll(c->p, &end, 0);
        c->p = end;
        if (*end == '.')
            return lacks(c, "%s in code", "a number with a fraction");
        return v;
    }
    if (c->p < c->end && (g_ascii_isalpha(*c->p) || *c->p == '_')) {
        g_autofree char *name = take_name(c);
        if (strcmp(name, "abs") == 0 && c->p < c->end && *c->p == '(') {
            int64_t v = atom(c);
            return v < 0 ? -v : v;
        }
        return name_value(c, name);
    }
    g_autofree char *rest = g_strndup(c->p, (size_t)(c->end - c->p));
    return lacks(c, "this code: '%s'", rest);
}

/* Python's division: towards minus infinity. */
static int64_t divide(Code *c, int64_t a, int64_t b, bool modulo)
{
    if (b == 0)
        return c->run ? lacks(c, "%s in code", "a division by zero") : 0;
    int64_t q = a / b;
    if (a % b != 0 && (a < 0) != (b < 0))
        q--;
    return modulo ? a - q * b : q;
}

static int64_t product(Code *c)
{
    int64_t v = atom(c);

    for (;;) {
        if (take(c, "*"))
            v *= atom(c);
        else if (take(c, "//"))
            v = divide(c, v, atom(c), false);
        else if (take(c, "/"))
            return lacks(c, "%s in code", "a division with a fraction");
        else if (take(c, "%"))
            v = divide(c, v, atom(c), true);
        else
            return v;
    }
}

static int64_t sum(Code *c)
{
    int64_t v = product(c);

    for (;;) {
        if (take(c, "+"))
            v += product(c);
        else if (take(c, "-"))
            v -= product(c);
        else
            return v;
    }
}

static int64_t bits(Code *c)
{
    int64_t v = sum(c);

    for (;;) {
        if (take(c, "&"))
            v &= sum(c);
        else if (take(c, "|"))
            v |= sum(c);
        else
            return v;
    }
}

/* a < b <= c holds if each step does. */
static int64_t comparison(Code *c)
{
    static const char *const ops[] = { "==", "!=", "<=", ">=", "<", ">" };
    int64_t left = bits(c), holds = 1;

    for (bool any = false;; any = true) {
        size_t op = 0;
        while (op < G_N_ELEMENTS(ops) && !take(c, ops[op]))
            op++;
        if (op == G_N_ELEMENTS(ops))
            return any ? holds : left;
        int64_t right = bits(c);
        const bool so[] = { left == right, left != right, left <= right,
                            left >= right, left < right,  left > right };
        holds &= so[op];
        left = right;
    }
}

static int64_t negation(Code *c)
{
    return take(c, "not") ? !negation(c) : comparison(c);
}

static int64_t all_of(Code *c)
{
    int64_t v = negation(c);

    while (take(c, "and")) {
        int64_t w = negation(c);
        v = v && w;
    }
    return v;
}

static int64_t any_of(Code *c)
{
    int64_t v = all_of(c);

    while (take(c, "or")) {
        int64_t w = all_of(c);
        v = v || w;
    }
    return v;
}

/* Where the statement that begins at p ends: a newline or semicolon outside brackets, strings. */
static const char *statement_end(const char *p)
{
    int depth = 0;
    char quote = '\0';

    for (; *p != '\0'; p++) {
        if (quote != '\0') {
            if (*p == quote)
                quote = '\0';
        } else if (*p == '\'' || *p == '"') {
            quote = *p;
        } else if (*p == '(' || *p == '[') {
            depth++;
        } else if (*p == ')' || *p == ']') {
            depth--;
        } else if (*p == '#' || ((*p == '\n' || *p == ';') && depth <= 0)) {
            return p;
        }
    }
    return p;
}

static void assign(Code *c, const char *name)
{
    static const char *const ops[] = { "=", "+=", "-=", "*=" };
    const int64_t *old = c->vars != NULL ? g_hash_table_lookup(c->vars, name) : NULL;
    int64_t was = old != NULL ? *old : 0;
    size_t op = 0;

    while (op < G_N_ELEMENTS(ops) && !take(c, ops[op]))
        op++;
    if (op == G_N_ELEMENTS(ops)) {
        lacks(c, "the statement '%s' in code", name);
        return;
    }
    int64_t v = any_of(c);
    blanks(c);
    if (c->p < c->end)
        lacks(c, "this code: '%s'", c->p);
    const int64_t values[] = { v, was + v, was - v, was * v };
    if (c->vars != NULL) {
        int64_t *kept = g_new(int64_t, 1);
        *kept = values[op];
        g_hash_table_insert(c->vars, g_strdup(name), kept);
    }
}

/* False if an assertion does not hold. */
static bool statement(Code *c)
{
    const char *from = c->p;

    blanks(c);
    if (c->p == c->end || take(c, "print") || take(c, "pass"))
        return true;
    if (take(c, "assert")) {
        int64_t holds = any_of(c);
        blanks(c);
        if (c->why == NULL && c->p < c->end && *c->p != ',')
            lacks(c, "this code: '%s'", from);
        if (c->why != NULL || holds || !c->run)
            return c->why == NULL;
        g_autofree char *text = g_strndup(from, (size_t)(c->p - from));
        c->why = g_strdup_printf("%s: %s", g_strstrip(text), c->used->str);
        return false;
    }
    g_autofree char *name = take_name(c);
    assign(c, name);
    return c->why == NULL;
}

bool pkt_code(const char *code, bool run, GHashTable *vars, PktRead read, void *self,
              bool *unsupported, char **why)
{
    g_autofree char *joined = g_strdup(code);
    Code c = { .run = run, .vars = vars, .read = read, .self = self };
    bool ok = true;

    for (char *p = joined; (p = strstr(p, "\\\n")) != NULL;)
        p[0] = p[1] = ' ';
    c.p = joined;
    c.used = g_string_new(NULL);
    while (ok && *c.p != '\0') {
        c.end = statement_end(c.p);
        g_string_truncate(c.used, 0);
        ok = statement(&c) && c.why == NULL;
        c.p = c.end;
        if (*c.p == '#')
            c.p += strcspn(c.p, "\n");
        c.p += *c.p != '\0';
    }
    g_string_free(c.used, TRUE);
    *unsupported = c.unsupported;
    *why = c.why;
    return ok;
}
