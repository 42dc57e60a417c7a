/*
 * dns_stream.c - DNS messages on a TCP connection.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_stream.h"

void dns_stream_init(DnsStream *s, Conn *conn)
{
    *s = (DnsStream){ .conn = conn, .in = g_byte_array_new(), .out = g_byte_array_new() };
}

void dns_stream_clear(DnsStream *s)
{
    conn_free(s->conn);
    g_byte_array_free(s->in, TRUE);
    g_byte_array_free(s->out, TRUE);
    *s = (DnsStream){ .conn = NULL };
}

void dns_stream_put(DnsStream *s, Span message)
{
    uint8_t len[2];

    put16(len, (uint16_t)message.n);
    g_byte_array_append(s->out, len, 2);
    g_byte_array_append(s->out, message.p, (guint)message.n);
}

NetError dns_stream_flush(DnsStream *s)
{
    NetError err = NET_OK;

    while (s->out->len > 0 && err == NET_OK) {
        size_t n = conn_send(s->conn, (Span){ s->out->data, s->out->len }, &err);
        if (n > 0)
            g_byte_array_remove_range(s->out, 0, (guint)n);
    }
    return err;
}

NetError dns_stream_fill(DnsStream *s)
{
    uint8_t chunk[4096];
    NetError err;

    if (s->taken > 0)
        g_byte_array_remove_range(s->in, 0, (guint)s->taken);
    s->taken = 0;
    for (;;) {
        size_t n = conn_receive(s->conn, chunk, sizeof chunk, &err);
        if (n == 0)
            return err;
        g_byte_array_append(s->in, chunk, (guint)n);
    }
}

bool dns_stream_take(DnsStream *s, Span *message)
{
    size_t n = s->in->len - s->taken;

    if (n < 2)
        return false;
    const uint8_t *p = s->in->data + s->taken;
    if (n - 2 < get16(p))
        return false;
    *message = (Span){ p + 2, get16(p) };
    s->taken += 2u + message->n;
    return true;
}
