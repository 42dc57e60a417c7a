/*
 * http_reader.c - octets into messages, RFC 9112 §2.2, §6, §8.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/http_reader.h"

#include <glib.h>

/* What is read is dropped from the front when it is this much, or all there is. */
enum { DROPPED_AT = 65536 };

struct HttpReader {
    GByteArray *in;
    size_t      at, seen;  /* read so far; how far a head's end was looked for, from there */
    bool        responses, ended, in_body, to_head, faulty;
    HttpHead    head;
    HttpFraming framing;
    uint64_t    left;      /* of a body with a length */
    HttpChunks  chunks;
    Span        piece;
    HttpFault   fault;
};

HttpReader *http_reader_new(bool responses)
{
    HttpReader *r = g_new0(HttpReader, 1);

    r->in = g_byte_array_new();
    r->responses = responses;
    return r;
}

void http_reader_free(HttpReader *r)
{
    g_byte_array_free(r->in, TRUE);
    g_free(r);
}

void http_reader_feed(HttpReader *r, Span octets)
{
    if (octets.n > 0 && !r->faulty)
        g_byte_array_append(r->in, octets.p, (guint)octets.n);
}

void http_reader_end(HttpReader *r)
{
    r->ended = true;
}

void http_reader_expect(HttpReader *r, bool to_head)
{
    r->to_head = to_head;
}

static HttpEvent fault(HttpReader *r, unsigned status, const char *why)
{
    r->faulty = true;
    r->fault = (HttpFault){ status, why };
    return HTTP_FAULT;
}

static Span rest(const HttpReader *r)
{
    size_t n = r->in->len - r->at;

    return n > 0 ? (Span){ r->in->data + r->at, n } : (Span){ (const uint8_t *)"", 0 };
}

static HttpEvent read_head(HttpReader *r)
{
    switch (http_head_read(&r->head, rest(r), r->responses, &r->seen, &r->fault)) {
    case HTTP_GOOD: break;
    case HTTP_BAD: return fault(r, r->fault.status, r->fault.why);
    default:
        if (!r->ended)
            return HTTP_WAITS;
        return rest(r).n == 0 ? HTTP_CLOSED : fault(r, 0, "the connection ends within a head");
    }
    if (!http_framing(&r->head, r->to_head, &r->framing, &r->left, &r->fault))
        return fault(r, r->fault.status, r->fault.why);
    r->at += r->head.len;
    r->seen = 0;
    r->chunks = (HttpChunks){ 0 };
    r->in_body = true;
    return HTTP_HEAD;
}

static HttpEvent done(HttpReader *r)
{
    r->in_body = false;
    return HTTP_DONE;
}

/* As much as is there, of a body with a length or of one that goes on to the end. */
static HttpEvent read_plain(HttpReader *r)
{
    Span s = rest(r);

    if (r->framing == HTTP_LENGTH)
        s.n = (size_t)MIN((uint64_t)s.n, r->left);
    if (s.n > 0) {
        r->piece = s;
        r->at += s.n;
        r->left -= r->framing == HTTP_LENGTH ? s.n : 0;
        return HTTP_PIECE;
    }
    if (r->framing == HTTP_LENGTH && r->left == 0)
        return done(r);
    if (!r->ended)
        return HTTP_WAITS;
    return r->framing == HTTP_TO_END ? done(r)
                                     : fault(r, 0, "the connection ends within a body");
}

static HttpEvent read_chunks(HttpReader *r)
{
    size_t used;
    HttpResult result = http_chunks_read(&r->chunks, rest(r), &used, &r->piece, &r->fault);

    r->at += used;
    switch (result) {
    case HTTP_GOOD: return HTTP_PIECE;
    case HTTP_ENDED: return done(r);
    case HTTP_BAD: return fault(r, r->responses ? 502 : 400, r->fault.why);
    default:
        return r->ended ? fault(r, 0, "the connection ends within a body") : HTTP_WAITS;
    }
}

HttpEvent http_reader_next(HttpReader *r)
{
    if (r->faulty)
        return HTTP_FAULT;
    if (r->at == r->in->len || r->at >= DROPPED_AT) {
        if (r->at > 0)
            g_byte_array_remove_range(r->in, 0, (guint)r->at);
        r->at = 0;
    }
    if (!r->in_body)
        return read_head(r);
    switch (r->framing) {
    case HTTP_NO_BODY: return done(r);
    case HTTP_CHUNKED: return read_chunks(r);
    default: return read_plain(r);
    }
}

const HttpHead *http_reader_head(const HttpReader *r)
{
    return &r->head;
}

Span http_reader_piece(const HttpReader *r)
{
    return r->piece;
}

HttpFault http_reader_fault(const HttpReader *r)
{
    return r->fault;
}

HttpFraming http_reader_framing(const HttpReader *r)
{
    return r->framing;
}

size_t http_reader_rest(const HttpReader *r)
{
    return r->in->len - r->at;
}
