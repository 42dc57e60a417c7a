/*
 * dns_stream.h - DNS messages on a TCP connection: two octets of length before each, RFC 1035
 * §4.2.2, RFC 7766 §8. For clients and servers alike.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp.h"

typedef struct DnsStream {
    Conn       *conn;     /* owned */
    GByteArray *in, *out; /* received and not taken; waiting to be sent */
    size_t      taken;    /* of `in` */
} DnsStream;

void dns_stream_init(DnsStream *s, Conn *conn);
void dns_stream_clear(DnsStream *s); /* closes the connection */

/* Queues a message; it leaves with its length in one piece when dns_stream_flush runs. */
void     dns_stream_put(DnsStream *s, Span message);
NetError dns_stream_flush(DnsStream *s); /* OK: all has been sent; EAGAIN; or how it ended */
/* Takes in what has arrived: EAGAIN, EOF, or how the connection ended. */
NetError dns_stream_fill(DnsStream *s);
/* The next whole message, valid until the next fill; false: none is complete. */
bool dns_stream_take(DnsStream *s, Span *message);
