/*
 * expect_parse.c - reads the lines of check.trace: tcpdump's words, with anything left out.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/expect_priv.h"

#include <string.h>

const IcmpName expect_icmp_names[] = {
    { "echo-reply", 0, -1 },
    { "network-unreachable", 3, 0 },
    { "host-unreachable", 3, 1 },
    { "protocol-unreachable", 3, 2 },
    { "port-unreachable", 3, 3 },
    { "fragmentation-needed", 3, 4 },
    { "source-route-failed", 3, 5 },
    { "communication-prohibited", 3, 13 },
    { "destination-unreachable", 3, -1 },
    { "source-quench", 4, -1 },
    { "redirect", 5, -1 },
    { "echo-request", 8, -1 },
    { "ttl-zero-during-reassembly", 11, 1 },
    { "time-exceeded", 11, -1 },
    { "parameter-problem", 12, -1 },
    { "timestamp-request", 13, -1 },
    { "timestamp-reply", 14, -1 },
    { NULL, 0, 0 },
};

typedef struct Reader {
    const ExpectNames *names;
    ExpectLine *line;
    char **words; /* of the line; ends with NULL */
    GError **error;
} Reader;

static bool fail(const Reader *r, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fail(const Reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(r->error, g_quark_from_static_string("expect"), 0, "line %u: %s", r->line->number,
                message);
    return false;
}

/* --- words ------------------------------------------------------------------------------------ */

/* The character that closes what c opens; 0: it opens nothing. */
static char closing(char c)
{
    switch (c) {
    case '[':
        return ']';
    case '"':
        return '"';
    case '(':
        return ')';
    case '{':
        return '}';
    default:
        return 0;
    }
}

/* Cuts at blanks and commas, keeps [..], <..>, ".." whole (with their signs); -- and # end the
 * line. */
static char **cut(const char *s)
{
    GPtrArray *words = g_ptr_array_new();

    for (;;) {
        s += strspn(s, " \t\r,");
        if (*s == '\0' || *s == '#' || strncmp(s, "--", 2) == 0)
            break;
        char close = *s == '<' ? '>' : closing(*s);
        const char *end = close != 0 ? strchr(s + 1, close) : NULL;
        size_t n = end != NULL ? (size_t)(end - s) + 1 : strcspn(s, " \t\r,");
        g_ptr_array_add(words, g_strndup(s, n));
        s += n;
        if (end != NULL && *s == ':')
            s++;
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

static bool is(const char *word, const char *what)
{
    return word != NULL && g_ascii_strcasecmp(word, what) == 0;
}

static bool read_u32(const char *s, uint32_t max, uint32_t *out)
{
    guint64 v;
    bool ok =
        s != NULL && g_ascii_isdigit(s[0]) && g_ascii_string_to_unsigned(s, 10, 0, max, &v, NULL);

    if (ok)
        *out = (uint32_t)v;
    return ok;
}

/* "0.020", "+1.5": at most nine decimals. False if it is no time at all. */
static bool read_time(const char *s, ExpectLine *line)
{
    bool since_last = *s == '+';
    const char *p = s + since_last;
    size_t whole = strspn(p, "0123456789");
    size_t decimals = p[whole] == '.' ? strspn(p + whole + 1, "0123456789") : 0;
    size_t all = whole + (p[whole] == '.' ? decimals + 1 : 0);

    if (whole == 0 || whole > 9 || decimals > 9 || p[all] != '\0')
        return false;
    SimTime t = 0;
    for (size_t i = 0; i < all; i++)
        if (p[i] != '.')
            t = 10 * t + (p[i] - '0');
    for (size_t i = decimals; i < 9; i++)
        t *= 10;
    line->timed = true;
    line->since_last = since_last;
    line->time = t;
    line->decimals = (unsigned)decimals;
    return true;
}

/* --- ends ------------------------------------------------------------------------------------- */

/* A node or an address. */
static bool read_who(const Reader *r, const char *s, ExpectEnd *end)
{
    if (ip_parse(s, &end->addr))
        return true;
    if (r->names == NULL || !r->names->is_node(r->names->self, s))
        return false;
    end->name = g_strdup(s);
    return true;
}

/* "client", "client.40000", "10.0.0.1:80", with a colon behind or not. */
static bool read_end(const Reader *r, const char *word, ExpectEnd *end)
{
    g_autofree char *s = g_strdup(word);
    size_t n = strlen(s);

    if (n > 0 && s[n - 1] == ':')
        s[n - 1] = '\0';
    if (read_who(r, s, end))
        return true;
    char *dot = strrchr(s, '.'), *colon = strrchr(s, ':');
    char *mark = MAX(dot, colon);
    uint32_t port;
    if (mark == NULL || !read_u32(mark + 1, UINT16_MAX, &port))
        return fail(r, "nobody is called '%s'", s);
    g_autofree char *who = g_strndup(s, (size_t)(mark - s));
    if (!read_who(r, who, end))
        return fail(r, "nobody is called '%s'", s);
    end->has_port = true;
    end->port = (uint16_t)port;
    return true;
}

/* --- what may follow -------------------------------------------------------------------------- */

static bool read_kind(const Reader *r, GlanceKind kind)
{
    if (r->line->has_kind && r->line->kind != kind)
        return fail(r, "two protocols in one line");
    r->line->has_kind = true;
    r->line->kind = kind;
    return true;
}

static bool read_flags(const Reader *r, const char *word)
{
    static const char letters[] = "FSRP.UEW"; /* in the order of their bits */

    if (strcmp(word, "[none]") != 0)
        for (const char *p = word + 1; *p != ']' && *p != '\0'; p++) {
            const char *letter = strchr(letters, *p);
            if (letter == NULL)
                return fail(r, "%s are no TCP flags; they are letters of FSRP.UEW", word);
            r->line->flags |= (uint8_t)(1 << (letter - letters));
        }
    r->line->has_flags = true;
    return read_kind(r, GLANCE_TCP);
}

static bool read_options(const Reader *r, const char *word)
{
    g_autofree char *inner = g_strndup(word + 1, strlen(word) - 2);

    if (r->line->options != NULL)
        return fail(r, "options twice in one line");
    g_strstrip(inner);
    r->line->options = *inner != '\0' ? g_strsplit(inner, ",", -1) : g_new0(char *, 1);
    for (char **item = r->line->options; *item != NULL; item++)
        g_strstrip(*item);
    return read_kind(r, GLANCE_TCP);
}

/* "seq 1" or "seq 1:101". */
static bool read_seq(const Reader *r, const char *value)
{
    g_auto(GStrv) halves = g_strsplit(value != NULL ? value : "", ":", 2);
    uint32_t *first = &r->line->seq.value, *last = &r->line->seq_end.value;

    if (!read_u32(halves[0], UINT32_MAX, first))
        return fail(r, "seq wants a number, or two with a colon");
    r->line->seq.said = true;
    if (halves[1] == NULL)
        return true;
    r->line->seq_end.said = true;
    return read_u32(halves[1], UINT32_MAX, last) || fail(r, "seq wants a number after the colon");
}

/* One of the words that a number follows. 0: it is none of them; 1: read; -1: an error. */
static int read_number(const Reader *r, const char *word, const char *value)
{
    ExpectLine *line = r->line;
    const struct {
        const char *word;
        ExpectNumber *number;
        bool tcp;
    } numbers[] = {
        { "ack", &line->ack, true }, { "win", &line->win, true },
        { "urg", &line->urg, true }, { "length", &line->length, false },
        { "id", &line->id, false },  { "offset", &line->offset, false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (!is(word, numbers[i].word))
            continue;
        g_autofree char *digits = g_strdup(value);
        if (digits != NULL && g_str_has_suffix(digits, ":"))
            digits[strlen(digits) - 1] = '\0';
        if (!read_u32(digits, UINT32_MAX, &numbers[i].number->value)) {
            fail(r, "%s wants a number", word);
            return -1;
        }
        numbers[i].number->said = true;
        return !numbers[i].tcp || read_kind(r, GLANCE_TCP) ? 1 : -1;
    }
    return 0;
}

/* "request 10.0.0.2", "who-has 10.0.0.2 tell 10.0.0.1", "reply 10.0.0.2 is-at 02:..". */
static bool read_arp(const Reader *r, char **w)
{
    ExpectLine *line = r->line;

    for (; *w != NULL; w++) {
        if (is(*w, "request") || is(*w, "who-has")) {
            line->arp_op = ARP_OP_REQUEST;
        } else if (is(*w, "reply")) {
            line->arp_op = ARP_OP_REPLY;
        } else if ((is(*w, "tell") || is(*w, "length") || is(*w, "is-at")) && w[1] == NULL) {
            return fail(r, "nothing after '%s'", *w);
        } else if (is(*w, "tell")) {
            if (!read_end(r, *++w, &line->src))
                return false;
        } else if (is(*w, "is-at")) {
            line->has_mac = mac_parse(*++w, &line->mac);
            if (!line->has_mac)
                return fail(r, "'%s' is no MAC address", *w);
        } else if (is(*w, "length")) {
            line->length.said = read_u32(*++w, UINT32_MAX, &line->length.value);
            if (!line->length.said)
                return fail(r, "length wants a number");
        } else if (!read_end(r, *w, line->arp_op == ARP_OP_REPLY ? &line->src : &line->dst)) {
            return false;
        }
    }
    return true;
}

/* An ICMP message by iptables' name, or tcpdump's "echo request"; how many words it took. */
static size_t read_icmp(ExpectLine *line, char **w)
{
    g_autofree char *two = w[1] != NULL ? g_strconcat(w[0], "-", w[1], NULL) : NULL;

    for (const IcmpName *n = expect_icmp_names; n->name != NULL; n++)
        if (is(w[0], n->name) || is(two, n->name)) {
            line->icmp_type = n->type;
            line->icmp_code = n->code;
            if (is(w[0], n->name))
                return 1;
            return w[2] != NULL && is(w[2], "in-transit") ? 3 : 2;
        }
    return 0;
}

static bool read_protocol(const Reader *r, const char *word, bool *done)
{
    ExpectLine *line = r->line;

    *done = true;
    if (is(word, "tcp"))
        return read_kind(r, GLANCE_TCP);
    if (is(word, "udp"))
        return read_kind(r, GLANCE_UDP);
    if (is(word, "icmp"))
        return read_kind(r, GLANCE_ICMP);
    if (is(word, "fragment")) {
        line->fragment = true;
        return true;
    }
    if (g_ascii_strncasecmp(word, "ip-proto-", 9) == 0) {
        line->proto.said = read_u32(word + 9, UINT8_MAX, &line->proto.value);
        return line->proto.said || fail(r, "'%s': which protocol?", word);
    }
    *done = is(word, "ip") || is(word, "flags");
    return true;
}

static bool read_rest(const Reader *r, char **w)
{
    ExpectLine *line = r->line;

    for (; *w != NULL; w++) {
        size_t used = line->has_kind && line->kind == GLANCE_ICMP ? read_icmp(line, w) : 0;
        bool done = used > 0, ok = true;
        if (done) {
            w += used - 1;
        } else if ((*w)[0] == '"') {
            g_free(line->label);
            line->label = g_strndup(*w + 1, strlen(*w) - 2);
        } else if (is(*w, "options") && w[1] != NULL && w[1][0] == '[') {
            ok = read_options(r, *++w);
        } else if ((*w)[0] == '<') {
            ok = read_options(r, *w);
        } else if ((*w)[0] == '[') {
            ok = read_flags(r, *w);
        } else if (is(*w, "seq")) {
            ok = read_seq(r, w[1]);
            w++;
        } else {
            int number = read_number(r, *w, w[1]);
            bool payload = number > 0 && g_str_has_suffix(w[1], ":"); /* "length 5: HTTP: ..." */
            if (number > 0)
                w++;
            if (payload)
                return true;
            if (number == 0)
                ok = read_protocol(r, *w, &done);
            if (number < 0 || !ok)
                return false;
            if (number == 0 && !done)
                return fail(r, "what is '%s'?", *w);
        }
        if (!ok)
            return false;
    }
    return true;
}

static bool read_line(const Reader *r)
{
    char **w = r->words;
    ExpectLine *line = r->line;

    if (read_time(*w, line))
        w++;
    else if (g_ascii_isdigit((*w)[*w[0] == '+']) && !is(w[1], ">"))
        return fail(r, "'%s' is no time in seconds with at most nine decimals", *w);
    if (is(*w, "ip") && !is(w[1], ">"))
        w++;
    if (*w != NULL && is(w[1], ">")) {
        if (w[2] == NULL)
            return fail(r, "nobody after '>'");
        if (!read_end(r, w[0], &line->src) || !read_end(r, w[2], &line->dst))
            return false;
        w += 3;
    }
    if (is(*w, "arp"))
        return read_kind(r, GLANCE_ARP) && read_arp(r, w + 1);
    return read_rest(r, w);
}

/* --- the block -------------------------------------------------------------------------------- */

static void line_free(void *line_)
{
    ExpectLine *line = line_;

    g_free(line->text);
    g_free(line->label);
    g_free(line->src.name);
    g_free(line->dst.name);
    g_strfreev(line->options);
    g_free(line);
}

Expectation *expect_parse(const char *text, const ExpectNames *names, GError **error)
{
    Expectation *e = g_new0(Expectation, 1);
    g_auto(GStrv) rows = g_strsplit(text, "\n", -1);
    bool ok = true;

    e->lines = g_ptr_array_new_with_free_func(line_free);
    e->names = names != NULL ? *names : (ExpectNames){ 0 };
    for (unsigned i = 0; ok && rows[i] != NULL; i++) {
        g_auto(GStrv) words = cut(rows[i]);
        if (words[0] == NULL)
            continue;
        if (strcmp(words[0], "...") == 0 && words[1] == NULL) {
            e->dots = true;
            continue;
        }
        ExpectLine *line = g_new0(ExpectLine, 1);
        line->text = g_strdup(g_strstrip(rows[i]));
        line->number = i + 1;
        line->icmp_type = line->icmp_code = -1;
        line->dots = e->dots;
        e->dots = false;
        g_ptr_array_add(e->lines, line);
        ok = read_line(&(Reader){ names, line, words, error });
    }
    if (ok)
        return e;
    expect_free(e);
    return NULL;
}

void expect_free(Expectation *e)
{
    if (e == NULL)
        return;
    g_ptr_array_free(e->lines, TRUE);
    g_free(e);
}
