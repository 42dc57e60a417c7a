/*
 * fuzz_http.c - any octets as requests and as responses, whole and in two pieces.
 *
 * What must hold: it ends; what a head says lies within what came; and how the octets were cut on
 * their way changes nothing of what is read.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/application/http_reader.h"

#include <glib.h>
#include <string.h>

static void append(GByteArray *out, Span s)
{
    if (s.n > 0)
        g_byte_array_append(out, s.p, (guint)s.n);
}

/* A head as it was understood, and that each span can be read. */
static void append_head(GByteArray *out, const HttpHead *h)
{
    const uint8_t figures[] = { (uint8_t)h->minor, (uint8_t)(h->status >> 8), (uint8_t)h->status,
                                (uint8_t)h->n };

    append(out, (Span){ figures, sizeof figures });
    append(out, h->method);
    append(out, h->target);
    append(out, h->reason);
    g_assert(h->n <= HTTP_FIELDS_MAX);
    for (size_t i = 0; i < h->n; i++) {
        g_assert(h->fields[i].name.n > 0);
        append(out, h->fields[i].name);
        append(out, h->fields[i].value);
    }
    g_assert(http_field(h, "no such field ", 0) == NULL);
    http_has_word(h, "connection", "close");
}

/* All that can be read now. False: nothing more will come of it. */
static bool drain(HttpReader *r, GByteArray *out)
{
    for (;;) {
        HttpEvent event = http_reader_next(r);
        uint8_t tag = (uint8_t)event;
        if (event == HTTP_WAITS)
            return true;
        if (event != HTTP_PIECE)
            append(out, (Span){ &tag, 1 });
        if (event == HTTP_HEAD)
            append_head(out, http_reader_head(r));
        else if (event == HTTP_PIECE)
            append(out, http_reader_piece(r));
        else if (event != HTTP_DONE)
            return false;
    }
}

static GByteArray *read_all(Span in, size_t cut, bool responses, bool to_head)
{
    GByteArray *out = g_byte_array_new();
    HttpReader *r = http_reader_new(responses);

    http_reader_expect(r, to_head);
    http_reader_feed(r, (Span){ in.p, cut });
    if (drain(r, out)) {
        http_reader_feed(r, (Span){ in.p + cut, in.n - cut });
        http_reader_end(r);
        g_assert(!drain(r, out));
    }
    http_reader_free(r);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t n = size - 2, cut = n > 0 ? (size_t)(data[0] << 8 | data[1]) % n : 0;
    Span in = { data + 2, n };

    for (int kind = 0; kind < 3; kind++) {
        GByteArray *whole = read_all(in, 0, kind > 0, kind == 2);
        GByteArray *pieces = read_all(in, cut, kind > 0, kind == 2);
        g_assert(whole->len == pieces->len && memcmp(whole->data, pieces->data, whole->len) == 0);
        g_byte_array_free(whole, TRUE);
        g_byte_array_free(pieces, TRUE);
    }
    return 0;
}
