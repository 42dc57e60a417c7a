/*
 * dissect_tftp.c - a datagram from or to TFTP's well-known port as tcpdump prints it, RFC 1350,
 * with RFC 2347's options.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/dissect_priv.h"

enum { OP_RRQ = 1, OP_WRQ = 2, OP_DATA = 3, OP_ACK = 4, OP_ERROR = 5, OP_OACK = 6 };

static const TokenName operations[] = {
    { OP_RRQ, "RRQ" }, { OP_WRQ, "WRQ" },     { OP_DATA, "DATA" },
    { OP_ACK, "ACK" }, { OP_ERROR, "ERROR" }, { OP_OACK, "OACK" }, { 0, NULL },
};
static const TokenName errors[] = {
    { 0, "EUNDEF" }, { 1, "ENOTFOUND" }, { 2, "EACCESS" }, { 3, "ENOSPACE" },
    { 4, "EBADOP" }, { 5, "EBADID" },    { 6, "EEXISTS" }, { 7, "ENOUSER" }, { 0, NULL },
};

/* The text up to the NUL, which is passed over; false if there is none. */
static bool text(Line *l, Span s, size_t *at)
{
    while (*at < s.n && s.p[*at] != 0)
        line_char(l, s.p[(*at)++]);
    return (*at)++ < s.n;
}

/* Of an option the name and the value are a text each. */
static bool texts(Line *l, Span s, size_t at, size_t length)
{
    while (at < length) {
        if (at < s.n && s.p[at] != 0)
            g_string_append_c(l->out, ' ');
        if (!text(l, s, &at))
            return false;
    }
    return true;
}

static bool quoted(Line *l, Span s, size_t *at)
{
    g_string_append(l->out, " \"");
    bool whole = text(l, s, at);
    g_string_append_c(l->out, '"');
    return whole;
}

static bool request(Line *l, Span s, size_t length)
{
    size_t at = 2;

    if (length == at || !quoted(l, s, &at) || at == length)
        return false;
    g_string_append_c(l->out, ' ');
    return text(l, s, &at) && texts(l, s, at, length);
}

static bool error(Line *l, Span s, size_t length)
{
    size_t at = 4;

    if (s.n < at)
        return false;
    const char *name = token_name(errors, get16(s.p + 2));
    if (name != NULL)
        g_string_append_printf(l->out, " %s", name);
    else
        g_string_append_printf(l->out, " tftp-err-#%u \"", get16(s.p + 2));
    return at < length && quoted(l, s, &at);
}

bool dissect_tftp(Line *l, Span s, size_t length)
{
    l->proto = "tftp";
    s.n = MIN(s.n, length);
    g_string_append_printf(l->out, "TFTP, length %zu", length);
    if (s.n < 2)
        return false;
    unsigned    op = get16(s.p);
    const char *name = token_name(operations, op);
    if (name == NULL) {
        g_string_append_printf(l->out, ", tftp-#%u", op);
        return true;
    }
    g_string_append_printf(l->out, ", %s", name);
    switch (op) {
    case OP_RRQ:
    case OP_WRQ:
        return request(l, s, length);
    case OP_OACK:
        return texts(l, s, 2, length);
    case OP_ERROR:
        return error(l, s, length);
    default:
        if (s.n < 4)
            return false;
        g_string_append_printf(l->out, " block %u", get16(s.p + 2));
        return true;
    }
}
