/*
 * fuzz_dns_wire.c - what reads as a message, written again, reads as the same; and a name's text
 * parses to the name.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/wire/dns_wire.h"

#include <glib.h>
#include <string.h>

static void check_name(const DnsName *name)
{
    char text[DNS_NAME_TEXT];
    DnsName again, parent = *name;
    DnsKey key, above;

    g_assert(dns_name_parse(dns_name_text(name, text), &again));
    g_assert(again.len == name->len && memcmp(again.b, name->b, name->len) == 0);
    dns_name_key(name, &key);
    while (dns_name_parent(&parent, &parent)) {
        g_assert(dns_name_is_below(name, &parent) && !dns_name_is_below(&parent, name));
        dns_name_key(&parent, &above);
        g_assert(above.len < key.len && memcmp(above.b, key.b, above.len) == 0);
    }
    g_assert(parent.len == 1);
}

/* Reads the message at r, whose header has been read, and writes it; false if it is malformed. */
static bool copy(DnsReader *r, const DnsHeader *h, DnsWriter *w)
{
    unsigned n = (unsigned)h->answers + h->authority + h->additional;
    DnsQuestion q;
    DnsRecord rr;

    for (unsigned i = 0; i < h->questions; i++) {
        if (!dns_read_question(r, &q))
            return false;
        check_name(&q.name);
        g_assert(dns_write_question(w, &q));
    }
    for (unsigned i = 0; i < n; i++) {
        if (!dns_read_record(r, &rr))
            return false;
        check_name(&rr.name);
        if (rr.klass == DNS_IN)
            g_assert(dns_data_valid(rr.type, rr.data));
        g_assert(dns_write_record(w, &rr));
    }
    dns_write_header(w, h);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 4096, ROOM = 1 << 18 }; /* if every pointer stands for a whole name */
    DnsReader r, again;
    DnsHeader h, h2;
    DnsWriter w, w2;

    if (size > MOST || !dns_read_header(&r, (Span){ data, size }, &h))
        return 0;
    uint8_t *out = g_malloc(ROOM), *out2 = g_malloc(ROOM);
    dns_writer_init(&w, out, ROOM);
    dns_writer_init(&w2, out2, ROOM);
    if (copy(&r, &h, &w)) {
        g_assert(memcmp(out, data, DNS_HDR_LEN) == 0);
        g_assert(dns_read_header(&again, (Span){ out, w.n }, &h2));
        g_assert(copy(&again, &h2, &w2));
        g_assert(again.at == w.n && w2.n == w.n && memcmp(out, out2, w.n) == 0);
        DnsWriter tight;
        dns_writer_init(&tight, out2, MAX(w.n / 2, DNS_HDR_LEN));
        g_assert(dns_read_header(&again, (Span){ out, w.n }, &h2));
        DnsQuestion q;
        for (unsigned i = 0; i < h.questions && dns_read_question(&again, &q); i++)
            (void)dns_write_question(&tight, &q); /* no octet beyond its room */
        g_assert(tight.n <= tight.cap);
    }
    g_free(out);
    g_free(out2);
    return 0;
}
