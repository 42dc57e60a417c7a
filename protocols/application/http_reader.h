/*
 * http_reader.h - one direction of a connection, read as messages of HTTP/1.1: octets in as they
 * come, heads and pieces of bodies out.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/http_wire.h"

typedef struct HttpReader HttpReader;

typedef enum HttpEvent {
    HTTP_WAITS,  /* for more octets */
    HTTP_HEAD,   /* a message begins: its head */
    HTTP_PIECE,  /* octets of its body */
    HTTP_DONE,   /* it is complete; the next one may follow */
    HTTP_CLOSED, /* the peer has ended between two messages */
    HTTP_FAULT   /* no message, or with status 0 one cut off; nothing more can be read */
} HttpEvent;

HttpReader *http_reader_new(bool responses);
void        http_reader_free(HttpReader *r);
/* What has arrived; and: nothing more will. */
void        http_reader_feed(HttpReader *r, Span octets);
void        http_reader_end(HttpReader *r);
/* The response that comes next answers a HEAD: it has no body whatever it says. */
void        http_reader_expect(HttpReader *r, bool to_head);

/* What comes next. The head, or the piece, is good until the next call. */
HttpEvent       http_reader_next(HttpReader *r);
const HttpHead *http_reader_head(const HttpReader *r);
Span            http_reader_piece(const HttpReader *r);
HttpFault       http_reader_fault(const HttpReader *r);
HttpFraming     http_reader_framing(const HttpReader *r); /* of the message it is in */
/* Octets that are here and have not been read. */
size_t          http_reader_rest(const HttpReader *r);
