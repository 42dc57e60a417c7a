/*
 * dissect_text.c - protocols of lines, as tcpdump prints them: the first line, with -v all that are
 * text. Of HTTP only where a message begins; FTP and SMTP are lines wherever one looks.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/dissect_priv.h"

enum { MAX_TOKEN = 128 };

static const char *const methods[] = {
    "GET", "PUT", "COPY", "HEAD", "LOCK", "MOVE", "POLL", "POST", "BCOPY", "BMOVE", "MKCOL",
    "TRACE", "LABEL", "MERGE", "DELETE", "SEARCH", "UNLOCK", "REPORT", "UPDATE", "NOTIFY",
    "BDELETE", "CONNECT", "OPTIONS", "CHECKIN", "PROPFIND", "CHECKOUT", "CCM_POST", "SUBSCRIBE",
    "PROPPATCH", "BPROPFIND", "BPROPPATCH", "UNCHECKOUT", "MKACTIVITY", "MKWORKSPACE",
    "UNSUBSCRIBE", "RPC_CONNECT", "VERSION-CONTROL", "BASELINE-CONTROL",
};

static bool printable(uint8_t c)
{
    return c >= 0x20 && c < 0x7f;
}

static bool ends_token(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The token at `at`: its length, 0 if there is none or it is cut off. *next: where the one after
 * begins, blanks (but no tab) passed over. */
static size_t token(Span s, size_t length, size_t at, size_t *next)
{
    size_t i = at;

    while (i < s.n && !ends_token(s.p[i])) {
        if (!printable(s.p[i]) || i - at == MAX_TOKEN)
            return 0;
        i++;
    }
    if (i == s.n && s.n < length)
        return 0;
    *next = i;
    while (*next < s.n && s.p[*next] == ' ')
        (*next)++;
    return i - at;
}

/* A method first, or a code of three digits second: a message's start, not its middle. */
static bool starts_message(Span s, size_t length)
{
    size_t next, len = token(s, length, 0, &next);

    if (len == 0)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
        if (strlen(methods[i]) == len &&
            g_ascii_strncasecmp((const char *)s.p, methods[i], len) == 0)
            return true;
    const uint8_t *code = s.p + next;
    return token(s, length, next, &next) == 3 && g_ascii_isdigit(code[0]) &&
           g_ascii_isdigit(code[1]) && g_ascii_isdigit(code[2]);
}

typedef enum LineEnd { LINE_WHOLE, LINE_LAST, LINE_CUT } LineEnd;

/* One line behind `prefix`, if it is text. `length` bytes are said to be there. */
static LineEnd text_line(Line *l, const char *prefix, Span s, size_t length, size_t *at)
{
    size_t start = *at, i = start;

    for (; i < length; i++) {
        if (i >= s.n)
            return LINE_CUT;
        if (s.p[i] == '\n')
            break;
        if (s.p[i] == '\r') {
            if (i + 1 >= length)
                return LINE_LAST;
            if (i + 1 >= s.n)
                return LINE_CUT;
            if (s.p[i + 1] != '\n')
                return LINE_LAST;
            break;
        }
        if (!printable(s.p[i]) && s.p[i] != '\t')
            return LINE_LAST;
    }
    g_string_append(l->out, prefix);
    g_string_append_len(l->out, (const char *)s.p + start, (gssize)(i - start));
    if (i == length) {
        line_truncated(l);
        return LINE_LAST;
    }
    *at = i + (s.p[i] == '\r' ? 2 : 1);
    return LINE_WHOLE;
}

static bool text_lines(Line *l, Span s, size_t length)
{
    size_t at = 0;

    if (!l->opt->verbose)
        return text_line(l, ": ", s, length, &at) != LINE_CUT;
    g_string_append_printf(l->out, ", length: %zu", length);
    while (at < length) {
        LineEnd end = text_line(l, "\n\t", s, length, &at);
        if (end != LINE_WHOLE)
            return end == LINE_LAST;
    }
    return true;
}

bool dissect_http(Line *l, Span s, size_t length)
{
    l->proto = "http";
    s.n = MIN(s.n, length);
    g_string_append(l->out, ": HTTP");
    return !starts_message(s, length) || text_lines(l, s, length);
}

bool dissect_ftp(Line *l, Span s, size_t length)
{
    l->proto = "ftp";
    s.n = MIN(s.n, length);
    g_string_append(l->out, ": FTP");
    return text_lines(l, s, length);
}

bool dissect_smtp(Line *l, Span s, size_t length)
{
    l->proto = "smtp";
    s.n = MIN(s.n, length);
    g_string_append(l->out, ": SMTP");
    return text_lines(l, s, length);
}

size_t dissect_http_line(Span s)
{
    size_t n = 0;

    if (!starts_message(s, s.n))
        return 0;
    while (n < s.n && printable(s.p[n]))
        n++;
    return n;
}
