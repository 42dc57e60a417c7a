/*
 * pkt_read.c - the words of a packetdrill script: numbers, times, names, strings, commands, code.
 *
 * Newlines are blanks, comments are C's, C++'s and the shell's. A name that was defined stands for
 * what it was defined as.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <inttypes.h>
#include <string.h>

bool pkt_fail(PktReader *r, const char *format, ...)
{
    va_list args;

    if (r->script->error != NULL)
        return false;
    va_start(args, format);
    r->script->error = g_strdup_vprintf(format, args);
    va_end(args);
    r->script->error_line = r->tok_line;
    return false;
}

bool pkt_lacks(PktReader *r, const char *what)
{
    if (r->script->error == NULL)
        r->script->unsupported = true;
    return pkt_fail(r, "%s", what);
}

static bool is_word_char(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

static const char *line_behind(PktReader *r)
{
    r->p += strcspn(r->p, "\n");
    if (*r->p == '\n') {
        r->p++;
        r->line++;
    }
    return r->p;
}

/* Goes on behind the #else or the #endif of the part that is left out. */
static void skip_part(PktReader *r)
{
    unsigned depth = 0;

    for (const char *p = line_behind(r); *p != '\0'; p = line_behind(r)) {
        bool ends = g_str_has_prefix(p, "#endif");
        if (depth == 0 && (ends || g_str_has_prefix(p, "#else")))
            break;
        if (g_str_has_prefix(p, "#if"))
            depth++;
        else if (ends)
            depth--;
    }
    r->p += strcspn(r->p, "\n");
}

/* "#ifdef NAME": what a definition does not ask for is left out. Every other # begins a comment. */
static void take_hash(PktReader *r)
{
    static const char *const asks[] = { "#ifdef ", "#ifndef " };

    for (unsigned i = 0; i < G_N_ELEMENTS(asks); i++) {
        if (!g_str_has_prefix(r->p, asks[i]))
            continue;
        const char *from = r->p + strlen(asks[i]);
        g_autofree char *name = g_strndup(from, strcspn(from, " \t\r\n"));
        bool defined = g_hash_table_contains(r->script->defines, name);
        if (defined == (i == 1)) {
            skip_part(r);
            return;
        }
    }
    if (g_str_has_prefix(r->p, "#else"))
        skip_part(r);
    else
        r->p += strcspn(r->p, "\n");
}

/* False if a comment does not end. */
static bool skip_blanks(PktReader *r)
{
    for (;;) {
        const char *p = r->p;
        if (g_ascii_isspace(*p)) {
            r->line += *p == '\n';
            r->p++;
        } else if (*p == '#') {
            take_hash(r);
        } else if (p[0] == '/' && p[1] == '/') {
            r->p += strcspn(p, "\n");
        } else if (p[0] == '/' && p[1] == '*') {
            const char *end = strstr(p + 2, "*/");
            if (end == NULL)
                return false;
            for (; r->p < end + 2; r->p++)
                r->line += *r->p == '\n';
        } else {
            return true;
        }
    }
}

/* What lies before `end`; the reader goes on behind it. False if the end is missing. */
static bool take_until(PktReader *r, size_t skip, const char *end)
{
    const char *from = r->p + skip, *to = strstr(from, end);

    if (to == NULL) {
        r->kind = TOK_END;
        return pkt_fail(r, "the closing %s is missing", end);
    }
    g_string_append_len(r->text, from, to - from);
    for (; r->p < to; r->p++)
        r->line += *r->p == '\n';
    r->p = to + strlen(end);
    return true;
}

/* A number of seconds with a fraction, in ns; digits beyond the ninth are nothing. */
static int64_t take_fraction(PktReader *r, int64_t seconds)
{
    int64_t ns = seconds * SEC, unit = SEC / 10;

    for (r->p++; g_ascii_isdigit(*r->p); r->p++, unit /= 10)
        ns += (*r->p - '0') * unit;
    return ns;
}

static void take_number(PktReader *r, bool negative)
{
    const char *from = r->p;
    char *end;

    r->num = g_ascii_strtoll(from, &end, 10);
    r->p = end;
    r->kind = TOK_INT;
    g_string_append_len(r->text, from, r->p - from);
    if (r->p[0] == '.' && g_ascii_isdigit(r->p[1])) {
        r->kind = TOK_FLOAT;
        r->num = r->num > NEVER / SEC - 1 ? NEVER : take_fraction(r, r->num);
    }
    if (negative)
        r->num = -r->num;
}

static bool all_digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!g_ascii_isdigit(s[i]))
            return false;
    return n > 0;
}

static void take_word(PktReader *r)
{
    const char *from = r->p;

    while (is_word_char(*r->p))
        r->p++;
    size_t n = (size_t)(r->p - from);
    if (all_digits(from, n)) {
        r->p = from;
        take_number(r, false);
        return;
    }
    g_string_append_len(r->text, from, (gssize)n);
    r->kind = TOK_WORD;
    if (from[0] == '0' && (from[1] == 'x' || from[1] == 'X')) {
        char *end;
        r->num = (int64_t)g_ascii_strtoull(from, &end, 16);
        if (end == r->p)
            r->kind = TOK_INT;
    }
}

/* A defined name: what it stands for takes its place. */
static void put_definition(PktReader *r)
{
    const char *text = g_hash_table_lookup(r->script->defines, r->text->str);
    char *end;

    if (text == NULL)
        return;
    size_t n = strlen(text);
    bool quoted = n >= 2 && (text[0] == '"' || text[0] == '`') && text[n - 1] == text[0];
    g_string_assign(r->text, text);
    r->num = g_ascii_strtoll(text, &end, 0);
    if (quoted) {
        r->kind = text[0] == '"' ? TOK_STRING : TOK_COMMAND;
        g_string_truncate(r->text, n - 1);
        g_string_erase(r->text, 0, 1);
    } else if (n > 0 && *end == '\0') {
        r->kind = TOK_INT;
    }
}

static void take_string(PktReader *r)
{
    const char *p = r->p + 1;

    for (; *p != '"' && *p != '\0' && *p != '\n'; p++) {
        if (*p == '\\' && p[1] != '\0')
            g_string_append_c(r->text, *p++);
        g_string_append_c(r->text, *p);
    }
    r->p = *p == '"' ? p + 1 : p;
    r->kind = TOK_STRING;
    if (*p != '"')
        pkt_fail(r, "the closing \" is missing");
}

static void take_option(PktReader *r)
{
    size_t n = strcspn(r->p + 2, " \t\r\n");

    g_string_append_len(r->text, r->p + 2, (gssize)n);
    r->p += 2 + n;
    r->kind = TOK_OPTION;
}

void pkt_next(PktReader *r)
{
    g_string_truncate(r->text, 0);
    bool ended = skip_blanks(r);
    const char *p = r->p;
    r->start = p;
    r->tok_line = r->line;
    r->c = '\0';
    if (!ended || *p == '\0' || r->script->error != NULL) {
        r->kind = TOK_END;
        if (!ended)
            pkt_fail(r, "the comment does not end");
        return;
    }
    if (strncmp(p, "...", 3) == 0) {
        r->kind = TOK_ELLIPSIS;
        r->p += 3;
    } else if (strncmp(p, "%{", 2) == 0) {
        if (take_until(r, 2, "}%"))
            r->kind = TOK_CODE;
    } else if (*p == '`') {
        if (take_until(r, 1, "`"))
            r->kind = TOK_COMMAND;
    } else if (*p == '"') {
        take_string(r);
    } else if (p[0] == '-' && p[1] == '-' && g_ascii_isalpha(p[2])) {
        take_option(r);
    } else if (*p == '-' && (g_ascii_isdigit(p[1]) || (p[1] == '.' && g_ascii_isdigit(p[2])))) {
        r->p++;
        take_number(r, true);
    } else if (*p == '.' && g_ascii_isdigit(p[1])) {
        r->kind = TOK_FLOAT;
        r->num = take_fraction(r, 0);
    } else if (is_word_char(*p)) {
        take_word(r);
        if (r->kind == TOK_WORD)
            put_definition(r);
    } else {
        r->kind = TOK_CHAR;
        r->c = *p;
        r->p++;
    }
}

bool pkt_is_word(const PktReader *r, const char *word)
{
    return r->kind == TOK_WORD && strcmp(r->text->str, word) == 0;
}

bool pkt_is_char(const PktReader *r, char c)
{
    return r->kind == TOK_CHAR && r->c == c;
}

static char *token_text(const PktReader *r)
{
    if (r->kind == TOK_END)
        return g_strdup("the end");
    if (r->kind == TOK_ELLIPSIS)
        return g_strdup("'...'");
    if (r->kind == TOK_CHAR)
        return g_strdup_printf("'%c'", r->c);
    return g_strdup_printf("'%s'", r->text->str);
}

bool pkt_take_char(PktReader *r, char c)
{
    if (!pkt_is_char(r, c)) {
        g_autofree char *got = token_text(r);
        return pkt_fail(r, "'%c' expected, got %s", c, got);
    }
    pkt_next(r);
    return true;
}

bool pkt_take_int(PktReader *r, int64_t max, int64_t *out, const char *what)
{
    if (r->kind != TOK_INT) {
        g_autofree char *got = token_text(r);
        return pkt_fail(r, "%s expected, a number, got %s", what, got);
    }
    if (r->num < 0 || r->num > max)
        return pkt_fail(r, "%s %" PRId64 " is not from 0 to %" PRId64, what, r->num, max);
    *out = r->num;
    pkt_next(r);
    return true;
}

bool pkt_take_hex(PktReader *r, uint8_t *out, size_t max, size_t *n)
{
    const char *s = r->text->str;

    *n = 0;
    if (r->text->len % 2 != 0 || r->text->len / 2 > max)
        return pkt_fail(r, "at most %zu bytes in hex expected, two digits each, got '%s'", max, s);
    for (; *s != '\0'; s += 2) {
        if (!g_ascii_isxdigit(s[0]) || !g_ascii_isxdigit(s[1]))
            return pkt_fail(r, "'%s' is not hex", r->text->str);
        out[(*n)++] = (uint8_t)(g_ascii_xdigit_value(s[0]) << 4 | g_ascii_xdigit_value(s[1]));
    }
    pkt_next(r);
    return true;
}
