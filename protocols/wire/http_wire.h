/*
 * http_wire.h - messages of HTTP/1.1, RFC 9112: the head, how long the body is, chunks.
 *
 *   | start line CRLF | name: value CRLF | ... | CRLF | body ...
 *
 * What is read points into the caller's bytes. Nothing is believed: a name is a token, a length a
 * number, a line has an end; what could be read in two ways is refused (RFC 9112 §11.2).
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/bytes.h"

#include <stdbool.h>

enum { HTTP_HEAD_MAX = 65536, HTTP_FIELDS_MAX = 100, HTTP_LINE_MAX = 4096 };

typedef enum HttpResult { HTTP_MORE, HTTP_GOOD, HTTP_ENDED, HTTP_BAD } HttpResult;

/* What is wrong, with the status that a server answers it with. */
typedef struct HttpFault {
    unsigned    status;
    const char *why;
} HttpFault;

typedef struct HttpField {
    Span name, value; /* the value without the blanks around it; may run over lines, if folded */
} HttpField;

typedef struct HttpHead {
    bool      response;
    unsigned  minor;          /* of version 1.x */
    Span      method, target; /* of a request */
    unsigned  status;         /* of a response */
    Span      reason;
    HttpField fields[HTTP_FIELDS_MAX];
    size_t    n, len;         /* fields; octets that the head took */
} HttpHead;

/* The head at the front of `in`. *seen, 0 at first, is how far its end has been looked for: kept by
 * the caller, so that a head that comes octet by octet is not gone over each time. HTTP_MORE,
 * HTTP_GOOD or HTTP_BAD, then with *fault. */
HttpResult http_head_read(HttpHead *head, Span in, bool response, size_t *seen, HttpFault *fault);

/* The n-th field of that name (lower case), from 0; NULL: there is none. */
const HttpField *http_field(const HttpHead *head, const char *name, size_t n);
/* Does a list of words, such as that of Connection, have this one (lower case)? In any field. */
bool http_has_word(const HttpHead *head, const char *name, const char *word);

typedef enum HttpFraming { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED, HTTP_TO_END } HttpFraming;

/* RFC 9112 §6.3. to_head: it answers a HEAD. False, with *fault: nobody can say where it ends. */
bool http_framing(const HttpHead *head, bool to_head, HttpFraming *framing, uint64_t *length,
                  HttpFault *fault);

typedef struct HttpChunks { /* all zero at the first chunk */
    int      state;
    uint64_t left;   /* of this chunk */
    size_t   line;   /* octets of this line, or of the trailer, so far */
    unsigned digits;
} HttpChunks;

/* RFC 9112 §7.1. Takes *used octets; HTTP_GOOD: *data is the next piece of the body, HTTP_ENDED:
 * that was all. */
HttpResult http_chunks_read(HttpChunks *c, Span in, size_t *used, Span *data, HttpFault *fault);
