/*
 * dns_master.c - a zone's text: RFC 1035 §5, $TTL of RFC 2308 §4, unknown types of RFC 3597 §5.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_zone.h"

#include <arpa/inet.h>
#include <string.h>

enum { TOKEN_MAX = 1100, DATA_MAX = UINT16_MAX, DEFAULT_TTL = 3600 };

typedef enum TokenKind { TOKEN_WORD, TOKEN_TEXT, TOKEN_LINE_END, TOKEN_END, TOKEN_BAD } TokenKind;

typedef struct Master {
    DnsZone    *zone;          /* NULL: one record is wanted, as */
    DnsSet     *set;
    const char *file, *p, *end;
    unsigned    line, depth;   /* of parentheses */
    TokenKind   kind;
    char        token[TOKEN_MAX]; /* as written; of a quoted one what is between the quotes */
    DnsName     origin, owner;
    bool        has_owner, has_ttl;
    uint32_t    ttl;           /* $TTL, or that of the record before: RFC 1035 §5.1 */
    uint8_t     data[DATA_MAX];
    size_t      n;
    GError    **error;
} Master;

static bool fail(Master *m, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fail(Master *m, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(m->error, DNS_ZONE_ERROR, 0, "%s:%u: %s", m->file, m->line, what);
    g_free(what);
    return false;
}

/* --- tokens ----------------------------------------------------------------------------------- */

static void skip_blanks(Master *m)
{
    for (; m->p < m->end; m->p++) {
        char c = *m->p;
        if (c == ';')
            while (m->p + 1 < m->end && m->p[1] != '\n')
                m->p++;
        else if (c == '(' || (c == ')' && m->depth > 0))
            m->depth = c == '(' ? m->depth + 1 : m->depth - 1;
        else if (c == '\n' && m->depth > 0)
            m->line++;
        else if (c != ' ' && c != '\t' && c != '\r')
            return;
    }
}

static bool ends_word(char c)
{
    return c != 0 && strchr(" \t\r\n;()\"", c) != NULL;
}

/* The next token into m->kind and m->token; an escape stays as it is written. */
static bool next(Master *m)
{
    size_t n = 0;

    skip_blanks(m);
    m->token[0] = 0;
    if (m->p == m->end) {
        m->kind = TOKEN_END;
        return m->depth == 0 || fail(m, "a parenthesis is not closed");
    }
    if (*m->p == '\n') {
        m->kind = TOKEN_LINE_END;
        m->p++;
        return true;
    }
    if (*m->p == ')')
        return fail(m, "a parenthesis is closed that was not opened");
    bool quoted = *m->p == '"';
    m->kind = quoted ? TOKEN_TEXT : TOKEN_WORD;
    m->p += quoted;
    while (m->p < m->end && (quoted ? *m->p != '"' && *m->p != '\n' : !ends_word(*m->p))) {
        if (*m->p == 0)
            return fail(m, "a zero octet");
        if (n + 3 > TOKEN_MAX)
            return fail(m, "a word is too long");
        if (*m->p == '\\' && m->p + 1 < m->end && m->p[1] != '\n' && m->p[1] != 0)
            m->token[n++] = *m->p++;
        m->token[n++] = *m->p++;
    }
    m->token[n] = 0;
    if (!quoted)
        return true;
    if (m->p == m->end || *m->p != '"')
        return fail(m, "a quoted text is not closed");
    m->p++;
    return true;
}

static bool at_line_end(const Master *m)
{
    return m->kind == TOKEN_LINE_END || m->kind == TOKEN_END;
}

/* The next token, which must be there. */
static bool want(Master *m, const char *what)
{
    if (!next(m))
        return false;
    return !at_line_end(m) || fail(m, "%s is missing", what);
}

static bool parse_number(const char *text, uint64_t max, uint64_t *out)
{
    return g_ascii_string_to_unsigned(text, 10, 0, max, out, NULL);
}

/* Seconds, or "1h30m" as everybody writes it. */
static bool parse_ttl(const char *text, uint32_t *out)
{
    uint64_t sum = 0;

    if (!g_ascii_isdigit(*text))
        return false;
    while (*text != 0) {
        char *after;
        uint64_t n = g_ascii_strtoull(text, &after, 10);
        if (after == text || n > INT32_MAX)
            return false;
        switch (g_ascii_tolower(*after)) {
        case 'w': n *= 604800; break;
        case 'd': n *= 86400; break;
        case 'h': n *= 3600; break;
        case 'm': n *= 60; break;
        case 's': case 0: break;
        default: return false;
        }
        sum += n;
        text = after + (*after != 0);
    }
    *out = (uint32_t)sum;
    return sum <= INT32_MAX;
}

/* A name: "@" is the origin, and without a final dot it is below the origin. */
static bool parse_name(Master *m, DnsName *out)
{
    size_t n = strlen(m->token), slashes = 0;
    DnsName front;

    if (strcmp(m->token, "@") == 0) {
        *out = m->origin;
        return true;
    }
    if (m->kind != TOKEN_WORD || !dns_name_parse(m->token, &front))
        return fail(m, "'%s' is no domain name", m->token);
    while (n > 1 + slashes && m->token[n - 2 - slashes] == '\\')
        slashes++;
    if (m->token[n - 1] == '.' && slashes % 2 == 0) {
        *out = front;
        return true;
    }
    return dns_name_join(&front, &m->origin, out) || fail(m, "'%s' is too long", m->token);
}

/* --- data ------------------------------------------------------------------------------------- */

static bool put(Master *m, const void *p, size_t n)
{
    if (m->n + n > DATA_MAX)
        return fail(m, "a record has 65535 octets of data at most");
    memcpy(m->data + m->n, p, n);
    m->n += n;
    return true;
}

static bool put_name(Master *m, const char *what)
{
    DnsName name;

    return want(m, what) && parse_name(m, &name) && put(m, name.b, name.len);
}

static bool put_number(Master *m, const char *what, size_t octets)
{
    uint64_t value;
    uint8_t bytes[4];
    uint32_t ttl;

    if (!want(m, what))
        return false;
    if (!parse_number(m->token, octets == 2 ? UINT16_MAX : UINT32_MAX, &value)) {
        if (octets == 2 || !parse_ttl(m->token, &ttl))
            return fail(m, "'%s' is no number for %s", m->token, what);
        value = ttl;
    }
    put32(bytes, (uint32_t)value);
    return put(m, bytes + 4 - octets, octets);
}

static bool put_address(Master *m, int family, const char *what)
{
    uint8_t bytes[16];

    if (!want(m, what))
        return false;
    if (inet_pton(family, m->token, bytes) != 1)
        return fail(m, "'%s' is no %s", m->token, what);
    return put(m, bytes, family == AF_INET ? 4 : 16);
}

/* Character strings up to the end of the line, one at least. */
static bool put_strings(Master *m)
{
    for (bool first = true; next(m); first = false) {
        if (at_line_end(m))
            return !first || fail(m, "a text is missing");
        uint8_t string[256];
        size_t n = 0;
        for (const char *p = m->token; *p != 0; n++) {
            unsigned c = (uint8_t)*p++;
            if (c == '\\' && *p != 0) {
                bool number = g_ascii_isdigit(p[0]) && g_ascii_isdigit(p[1]) &&
                              g_ascii_isdigit(p[2]);
                c = number ? (unsigned)((p[0] - '0') * 100 + (p[1] - '0') * 10 + p[2] - '0')
                           : (uint8_t)*p;
                p += number ? 3 : 1;
            }
            if (n == 255 || c > 255)
                return fail(m, n == 255 ? "a text has 255 octets at most" : "no such escape");
            string[1 + n] = (uint8_t)c;
        }
        string[0] = (uint8_t)n;
        if (!put(m, string, n + 1))
            return false;
    }
    return false;
}

/* "\# 3 00ff01", RFC 3597 §5. */
static bool put_opaque(Master *m)
{
    uint64_t len;

    if (!want(m, "\\#"))
        return false;
    if (strcmp(m->token, "\\#") != 0)
        return fail(m, "the data of a type that is not known begins with \\#");
    if (!want(m, "the length"))
        return false;
    if (!parse_number(m->token, DATA_MAX, &len))
        return fail(m, "'%s' is no length", m->token);
    while (next(m)) {
        if (at_line_end(m))
            return m->n == len || fail(m, "there are %zu octets, not %u", m->n, (unsigned)len);
        for (const char *p = m->token; *p != 0; p += 2) {
            int high = g_ascii_xdigit_value(p[0]), low = g_ascii_xdigit_value(p[1]);
            if (high < 0 || low < 0)
                return fail(m, "'%s' is not of pairs of hexadecimal digits", m->token);
            if (!put(m, &(uint8_t){ (uint8_t)(high << 4 | low) }, 1))
                return false;
        }
    }
    return false;
}

static bool put_soa(Master *m)
{
    static const char *const numbers[] = { "the serial number", "refresh", "retry", "expire",
                                           "minimum" };

    if (!put_name(m, "the primary server") || !put_name(m, "the mailbox"))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (!put_number(m, numbers[i], 4))
            return false;
    return true;
}

/* The data, up to the end of the line. */
static bool read_data(Master *m, uint16_t type)
{
    bool good;

    m->n = 0;
    switch (type) {
    case DNS_A: good = put_address(m, AF_INET, "IPv4 address"); break;
    case DNS_AAAA: good = put_address(m, AF_INET6, "IPv6 address"); break;
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR: good = put_name(m, "a name"); break;
    case DNS_MX: good = put_number(m, "the preference", 2) && put_name(m, "a name"); break;
    case DNS_SRV:
        good = put_number(m, "the priority", 2) && put_number(m, "the weight", 2) &&
               put_number(m, "the port", 2) && put_name(m, "a name");
        break;
    case DNS_SOA: good = put_soa(m); break;
    case DNS_TXT: return put_strings(m);
    default: return put_opaque(m);
    }
    if (!good || !next(m))
        return false;
    return at_line_end(m) || fail(m, "'%s' is too much", m->token);
}

/* --- lines ------------------------------------------------------------------------------------ */

/* [TTL] [class] type, the first two in either order; the type is the token at the end. */
static bool read_type(Master *m, uint32_t *ttl, bool *has_ttl, uint16_t *type)
{
    bool has_class = false;

    *has_ttl = false;
    for (;;) {
        if (at_line_end(m))
            return fail(m, "the type of the record is missing");
        if (!*has_ttl && parse_ttl(m->token, ttl)) {
            *has_ttl = true;
        } else if (!has_class && g_ascii_strcasecmp(m->token, "IN") == 0) {
            has_class = true;
        } else if (dns_type_parse(m->token, type)) {
            return (*type != DNS_OPT && *type < 250) || *type > 255 ||
                   fail(m, "'%s' is a type for questions only", m->token);
        } else {
            return fail(m, "'%s' is no type of record", m->token);
        }
        if (!next(m))
            return false;
    }
}

static bool read_record(Master *m)
{
    unsigned line = m->line;
    uint32_t ttl = 0;
    uint16_t type = 0;
    bool has_ttl;

    if (!read_type(m, &ttl, &has_ttl, &type))
        return false;
    if (!read_data(m, type))
        return false;
    if (!has_ttl)
        ttl = m->has_ttl ? m->ttl : DEFAULT_TTL;
    if (m->zone != NULL) {
        dns_zone_add(m->zone, &m->owner, type, ttl, (Span){ m->data, m->n }, line);
        return true;
    }
    m->set = dns_set_new(&m->owner, type, ttl);
    dns_set_add(m->set, (Span){ m->data, m->n }, ttl);
    return true;
}

static bool read_directive(Master *m)
{
    bool origin = g_ascii_strcasecmp(m->token, "$ORIGIN") == 0;

    if (!origin && g_ascii_strcasecmp(m->token, "$TTL") != 0)
        return fail(m, "'%s' is not $ORIGIN or $TTL", m->token);
    if (!want(m, origin ? "a name" : "a time"))
        return false;
    if (origin) {
        DnsName name;
        if (!parse_name(m, &name))
            return false;
        m->origin = name;
    } else {
        if (!parse_ttl(m->token, &m->ttl))
            return fail(m, "'%s' is no time to live", m->token);
        m->has_ttl = true;
    }
    if (!next(m))
        return false;
    return at_line_end(m) || fail(m, "'%s' is too much", m->token);
}

/* One entry, which may run over several lines. A line that begins with a blank is about the owner
 * of the one before. */
static bool read_entry(Master *m)
{
    bool same_owner = m->p < m->end && (*m->p == ' ' || *m->p == '\t');

    if (!next(m))
        return false;
    if (at_line_end(m))
        return true;
    if (m->kind == TOKEN_WORD && m->token[0] == '$')
        return read_directive(m);
    if (!same_owner) {
        if (!parse_name(m, &m->owner))
            return false;
        m->has_owner = true;
        if (!next(m))
            return false;
    }
    return m->has_owner ? read_record(m) : fail(m, "whose record is this?");
}

bool dns_zone_read(DnsZone *zone, const char *text, size_t len, const char *file, bool complete,
                   GError **error)
{
    Master *m = g_new0(Master, 1);
    bool good = true;

    *m = (Master){ .zone = zone, .file = file, .p = text, .end = text + len, .line = 1,
                   .origin = *dns_zone_origin(zone), .error = error };
    while (good && m->p < m->end) {
        good = read_entry(m);
        m->line += m->kind == TOKEN_LINE_END;
    }
    g_free(m);
    return good && dns_zone_finish(zone, file, complete, error);
}

DnsSet *dns_record_parse(const char *text, GError **error)
{
    Master *m = g_new0(Master, 1);

    *m = (Master){ .file = "record", .p = text, .end = text + strlen(text), .line = 1,
                   .origin = dns_name_root(), .error = error };
    bool good = read_entry(m);
    if (good && m->set == NULL)
        good = fail(m, "a record is wanted, as in \"www.example. 300 A 10.0.0.1\"");
    DnsSet *set = m->set;
    if (!good && set != NULL) {
        dns_set_free(set);
        set = NULL;
    }
    g_free(m);
    return set;
}
