/*
 * http_wire.c - the head of a message and its framing, RFC 9112 §2-§7.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/http_wire.h"

#include <string.h>

static HttpResult bad(HttpFault *fault, unsigned status, const char *why)
{
    *fault = (HttpFault){ status, why };
    return HTTP_BAD;
}

/* --- characters ------------------------------------------------------------------------------- */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

/* RFC 9110 §5.6.2 */
static bool is_token(Span s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        bool letter = lower(c) >= 'a' && lower(c) <= 'z';
        if (!letter && !is_digit(c) && (c == 0 || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return false;
    }
    return s.n > 0;
}

static bool same(Span s, const char *text)
{
    if (s.n != strlen(text))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (lower(s.p[i]) != (uint8_t)text[i])
            return false;
    return true;
}

static Span trim(Span s)
{
    while (s.n > 0 && (is_blank(s.p[0]) || s.p[0] == '\r' || s.p[0] == '\n'))
        s = (Span){ s.p + 1, s.n - 1 };
    while (s.n > 0 && (is_blank(s.p[s.n - 1]) || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\n'))
        s.n--;
    return s;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* RFC 9112 §2.2: a lone LF ends a line, too. Where the line's text ends, and where the next one
 * begins; false: no end in sight. */
static bool find_line(Span in, size_t at, size_t *end, size_t *next)
{
    const uint8_t *lf = at < in.n ? memchr(in.p + at, '\n', in.n - at) : NULL;

    if (lf == NULL)
        return false;
    *end = (size_t)(lf - in.p);
    *next = *end + 1;
    if (*end > at && in.p[*end - 1] == '\r')
        (*end)--;
    return true;
}

/* The empty line that ends the head: *len is what comes up to its end. *seen: looked at before. */
static bool find_end(Span in, size_t *seen, size_t *len)
{
    const uint8_t *lf;

    while (*seen < in.n && (lf = memchr(in.p + *seen, '\n', in.n - *seen)) != NULL) {
        size_t i = (size_t)(lf - in.p);
        *seen = *len = i + 1;
        if ((i >= 1 && in.p[i - 1] == '\n') ||
            (i >= 2 && in.p[i - 1] == '\r' && in.p[i - 2] == '\n'))
            return true;
    }
    *seen = in.n;
    return false;
}

/* --- start line ------------------------------------------------------------------------------- */

/* "HTTP/1.1" */
static bool read_version(Span s, HttpHead *head, HttpFault *fault)
{
    if (s.n != 8 || memcmp(s.p, "HTTP/", 5) != 0 || !is_digit(s.p[5]) || s.p[6] != '.' ||
        !is_digit(s.p[7]))
        return bad(fault, 400, "no version of HTTP"), false;
    if (s.p[5] != '1')
        return bad(fault, 505, "another version of HTTP"), false;
    head->minor = (unsigned)(s.p[7] - '0');
    return true;
}

/* method SP target SP version, RFC 9112 §3 */
static bool read_request_line(Span line, HttpHead *head, HttpFault *fault)
{
    const uint8_t *first = memchr(line.p, ' ', line.n), *last = line.p + line.n;

    while (last > line.p && last[-1] != ' ')
        last--;
    if (first == NULL || last - first < 2)
        return bad(fault, 400, "no request line"), false;
    head->method = (Span){ line.p, (size_t)(first - line.p) };
    head->target = (Span){ first + 1, (size_t)(last - first) - 2 };
    if (!is_token(head->method))
        return bad(fault, 400, "a method that is no token"), false;
    for (size_t i = 0; i < head->target.n; i++)
        if (head->target.p[i] <= ' ' || head->target.p[i] >= 0x7f)
            return bad(fault, 400, "a target with blanks or control characters"), false;
    if (head->target.n == 0)
        return bad(fault, 400, "no target"), false;
    return read_version((Span){ last, (size_t)(line.p + line.n - last) }, head, fault);
}

/* version SP 3DIGIT [SP reason], RFC 9112 §4; the blank before no reason is often missing */
static bool read_status_line(Span line, HttpHead *head, HttpFault *fault)
{
    if (line.n < 12 || line.p[8] != ' ')
        return bad(fault, 502, "no status line"), false;
    if (!read_version((Span){ line.p, 8 }, head, fault))
        return false;
    const uint8_t *code = line.p + 9;
    if (!is_digit(code[0]) || !is_digit(code[1]) || !is_digit(code[2]) || code[0] == '0' ||
        (line.n > 12 && code[3] != ' '))
        return bad(fault, 502, "no status code"), false;
    head->status = (unsigned)((code[0] - '0') * 100 + (code[1] - '0') * 10 + code[2] - '0');
    head->reason = line.n > 13 ? (Span){ line.p + 13, line.n - 13 } : (Span){ line.p + line.n, 0 };
    return true;
}

/* --- fields ----------------------------------------------------------------------------------- */

/* RFC 9110 §5.5: neither NUL nor a CR of its own. */
static bool is_value(Span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == 0 || (s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n')))
            return false;
    return true;
}

/* name ":" OWS value OWS, RFC 9112 §5 */
static bool read_field(Span line, HttpHead *head, HttpFault *fault)
{
    const uint8_t *colon = memchr(line.p, ':', line.n);

    if (colon == NULL)
        return bad(fault, 400, "a field without a colon"), false;
    if (head->n == HTTP_FIELDS_MAX)
        return bad(fault, 431, "too many fields"), false;
    HttpField f = { { line.p, (size_t)(colon - line.p) },
                    { colon + 1, (size_t)(line.p + line.n - colon) - 1 } };
    if (!is_token(f.name))
        return bad(fault, 400, "a field whose name is no token"), false;
    if (!is_value(f.value))
        return bad(fault, 400, "a field with a NUL or a lone CR"), false;
    f.value = trim(f.value);
    head->fields[head->n++] = f;
    return true;
}

/* A line that begins with a blank belongs to the field before: of a request refused, RFC 9112
 * §5.2. */
static bool read_fields(Span in, size_t at, HttpHead *head, HttpFault *fault)
{
    size_t end, next, more;

    for (; find_line(in, at, &end, &next) && end > at; at = next) {
        if (is_blank(in.p[at]))
            return bad(fault, 400, "a blank before the first field"), false;
        while (next < head->len && is_blank(in.p[next])) {
            if (!head->response)
                return bad(fault, 400, "a folded field"), false;
            if (!find_line(in, next, &end, &more))
                break;
            next = more;
        }
        if (!read_field((Span){ in.p + at, end - at }, head, fault))
            return false;
    }
    return true;
}

HttpResult http_head_read(HttpHead *head, Span in, bool response, size_t *seen, HttpFault *fault)
{
    size_t start = 0, end, next, len = 0;

    *head = (HttpHead){ .response = response };
    while (!response && start + 1 < in.n && in.p[start] == '\r' && in.p[start + 1] == '\n')
        start += 2; /* RFC 9112 §2.2: empty lines before a request */
    if (*seen < start)
        *seen = start;
    Span rest = { in.p + start, in.n - start };
    size_t at = *seen - start;
    bool whole = find_end(rest, &at, &len);
    *seen = at + start;
    if (start + (whole ? len : rest.n) > HTTP_HEAD_MAX)
        return bad(fault, 431, "a head that is too long");
    if (!whole)
        return HTTP_MORE;
    head->len = len;
    if (!find_line(rest, 0, &end, &next))
        return bad(fault, 400, "no start line");
    Span line = { rest.p, end };
    if (!is_value(line))
        return bad(fault, response ? 502 : 400, "a start line with a NUL or a lone CR");
    bool good = response ? read_status_line(line, head, fault)
                         : read_request_line(line, head, fault);
    if (!good || !read_fields(rest, next, head, fault))
        return HTTP_BAD;
    head->len += start;
    return HTTP_GOOD;
}

const HttpField *http_field(const HttpHead *head, const char *name, size_t n)
{
    for (size_t i = 0; i < head->n; i++)
        if (same(head->fields[i].name, name) && n-- == 0)
            return &head->fields[i];
    return NULL;
}

/* --- lists ------------------------------------------------------------------------------------ */

/* The next element of a list of words, RFC 9110 §5.6.1; parameters of one stay with it. */
static bool next_word(Span *list, Span *word)
{
    do {
        if (list->n == 0)
            return false;
        const uint8_t *comma = memchr(list->p, ',', list->n);
        size_t n = comma != NULL ? (size_t)(comma - list->p) : list->n;
        *word = trim((Span){ list->p, n });
        n += comma != NULL;
        *list = (Span){ list->p + n, list->n - n };
    } while (word->n == 0);
    return true;
}

bool http_has_word(const HttpHead *head, const char *name, const char *word)
{
    const HttpField *f;
    Span found;

    for (size_t i = 0; (f = http_field(head, name, i)) != NULL; i++)
        for (Span list = f->value; next_word(&list, &found);)
            if (same(found, word))
                return true;
    return false;
}

/* --- framing ---------------------------------------------------------------------------------- */

typedef struct Codings { /* of Transfer-Encoding */
    unsigned n, chunked;
    bool     last; /* the last one is chunked */
} Codings;

static Codings read_codings(const HttpHead *head)
{
    Codings c = { 0 };
    const HttpField *f;
    Span word;

    for (size_t i = 0; (f = http_field(head, "transfer-encoding", i)) != NULL; i++)
        for (Span list = f->value; next_word(&list, &word);) {
            c.n++;
            c.last = same(word, "chunked");
            c.chunked += c.last;
        }
    return c;
}

/* One number, or the same several times: RFC 9112 §6.3 number 5. */
static bool read_length(const HttpHead *head, uint64_t *length)
{
    const HttpField *f;
    bool any = false;
    Span word;

    for (size_t i = 0; (f = http_field(head, "content-length", i)) != NULL; i++)
        for (Span list = f->value; next_word(&list, &word);) {
            uint64_t n = 0;
            if (word.n > 18)
                return false;
            for (size_t k = 0; k < word.n; k++) {
                if (!is_digit(word.p[k]))
                    return false;
                n = n * 10 + (uint64_t)(word.p[k] - '0');
            }
            if (any && n != *length)
                return false;
            *length = n;
            any = true;
        }
    return any;
}

/* RFC 9112 §6.3 numbers 3 and 4, and §6.1: no version before 1.1 has it. */
static bool framing_of_codings(const HttpHead *head, const Codings *c, HttpFraming *framing,
                               HttpFault *fault)
{
    unsigned status = head->response ? 502 : 400;

    if (head->minor == 0)
        return bad(fault, status, "Transfer-Encoding in HTTP/1.0"), false;
    if (!head->response && http_field(head, "content-length", 0) != NULL)
        return bad(fault, status, "Content-Length and Transfer-Encoding"), false;
    if (c->chunked > 1 || (c->chunked == 1 && !c->last) || c->n == 0)
        return bad(fault, status, "chunked is not the last coding"), false;
    if (c->n > c->chunked)
        return bad(fault, head->response ? 502 : 501, "a coding that is not known"), false;
    *framing = HTTP_CHUNKED;
    return true;
}

bool http_framing(const HttpHead *head, bool to_head, HttpFraming *framing, uint64_t *length,
                  HttpFault *fault)
{
    unsigned status = head->response ? head->status : 0;
    Codings codings = read_codings(head);

    *framing = HTTP_NO_BODY;
    *length = 0;
    if (head->response && (to_head || status / 100 == 1 || status == 204 || status == 304))
        return true;
    if (http_field(head, "transfer-encoding", 0) != NULL)
        return framing_of_codings(head, &codings, framing, fault);
    if (http_field(head, "content-length", 0) != NULL) {
        *framing = HTTP_LENGTH;
        if (read_length(head, length))
            return true;
        return bad(fault, head->response ? 502 : 400, "a Content-Length that is no number"), false;
    }
    if (head->response)
        *framing = HTTP_TO_END;
    return true;
}

/* --- chunks ----------------------------------------------------------------------------------- */

/* A size, what follows it, its CR; the data, their CR and LF; the trailer, where a line begins and
 * within one, and the CR of its last, empty line. */
enum { AT_SIZE, AT_EXTENSION, AT_SIZE_LF, AT_DATA, AT_DATA_CR, AT_DATA_LF, AT_TRAILER, IN_TRAILER,
       AT_END_LF, AT_END };

static int hex_value(uint8_t c)
{
    if (is_digit(c))
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *take_size(HttpChunks *c, uint8_t octet)
{
    int value = hex_value(octet);

    if (value >= 0) {
        if (c->left >> 56 != 0)
            return "a chunk that is too large";
        c->left = c->left << 4 | (uint64_t)value;
        c->digits++;
        return NULL;
    }
    if (c->digits == 0)
        return "a chunk without a size";
    if (octet != '\r' && octet != ';' && !is_blank(octet))
        return "a chunk's size that is no number";
    c->state = octet == '\r' ? AT_SIZE_LF : AT_EXTENSION;
    return NULL;
}

/* NULL, or what is wrong. */
static const char *take_octet(HttpChunks *c, uint8_t octet)
{
    bool lf = octet == '\n';

    switch (c->state) {
    case AT_SIZE: return take_size(c, octet);
    case AT_EXTENSION:
        if (octet == '\r')
            c->state = AT_SIZE_LF;
        return lf || octet == 0 ? "a chunk's line that is not ended by CRLF" : NULL;
    case AT_SIZE_LF:
        c->state = c->left > 0 ? AT_DATA : AT_TRAILER;
        c->line = c->digits = 0;
        return lf ? NULL : "a chunk's line that is not ended by CRLF";
    case AT_DATA_CR: c->state = AT_DATA_LF; return octet == '\r' ? NULL : "a chunk without CRLF";
    case AT_DATA_LF:
        c->state = AT_SIZE;
        c->line = 0;
        return lf ? NULL : "a chunk without CRLF";
    case AT_TRAILER: c->state = octet == '\r' ? AT_END_LF : lf ? AT_END : IN_TRAILER; return NULL;
    case IN_TRAILER: c->state = lf ? AT_TRAILER : IN_TRAILER; return NULL;
    default: c->state = AT_END; return lf ? NULL : "a trailer without its end";
    }
}

HttpResult http_chunks_read(HttpChunks *c, Span in, size_t *used, Span *data, HttpFault *fault)
{
    for (*used = 0; c->state != AT_END && *used < in.n;) {
        if (c->state == AT_DATA) {
            size_t n = c->left < in.n - *used ? (size_t)c->left : in.n - *used;
            *data = (Span){ in.p + *used, n };
            *used += n;
            c->left -= n;
            c->state = c->left > 0 ? AT_DATA : AT_DATA_CR;
            return HTTP_GOOD;
        }
        bool trailer = c->state >= AT_TRAILER;
        if (++c->line > (trailer ? (size_t)HTTP_HEAD_MAX : (size_t)HTTP_LINE_MAX))
            return bad(fault, 400, trailer ? "a trailer that is too long" : "a chunk's long line");
        const char *why = take_octet(c, in.p[(*used)++]);
        if (why != NULL)
            return bad(fault, 400, why);
    }
    return c->state == AT_END ? HTTP_ENDED : HTTP_MORE;
}
