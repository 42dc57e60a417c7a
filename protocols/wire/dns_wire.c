/*
 * dns_wire.c - DNS messages, RFC 1035 §4, with EDNS(0), RFC 6891.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/dns_wire.h"

#include <string.h>

enum { KIND_MASK = 0xc0, KIND_POINTER = 0xc0, POINTER_MAX = 0x3fff, DNSSEC_OK = 0x8000 };

/* Where names stand in a type's data: `before` octets, `names` names, `after` octets. */
typedef struct Shape {
    uint16_t type;
    uint8_t  before, names, after;
    bool     compress; /* when sending */
} Shape;

static const Shape shapes[] = {
    { DNS_A, 4, 0, 0, false },     { DNS_NS, 0, 1, 0, true },    { DNS_CNAME, 0, 1, 0, true },
    { DNS_SOA, 0, 2, 20, true },   { DNS_PTR, 0, 1, 0, true },   { DNS_MX, 2, 1, 0, true },
    { DNS_AAAA, 16, 0, 0, false }, { DNS_SRV, 6, 1, 0, false },
};

static const Shape *shape_of(uint16_t type)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (shapes[i].type == type)
            return &shapes[i];
    return NULL;
}

static bool there(const DnsReader *r, size_t n)
{
    return r->at <= r->msg.n && r->msg.n - r->at >= n;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Every pointer must lead before the place where the name began or the last pointer led
 * (RFC 1035 §4.1.4, "a prior occurrence"), so that there is an end. */
static bool read_name(DnsReader *r, DnsName *out)
{
    size_t at = r->at, lowest = r->at, after = 0;

    out->len = 0;
    for (;;) {
        if (at >= r->msg.n)
            return false;
        uint8_t len = r->msg.p[at];
        if ((len & KIND_MASK) == KIND_POINTER) {
            if (r->msg.n - at < 2)
                return false;
            size_t to = get16(r->msg.p + at) & POINTER_MAX;
            if (after == 0)
                after = at + 2;
            if (to >= lowest || to < DNS_HDR_LEN)
                return false;
            lowest = at = to;
            continue;
        }
        if ((len & KIND_MASK) != 0 || r->msg.n - at < 1u + len ||
            out->len + 1u + len > DNS_NAME_MAX)
            return false;
        memcpy(out->b + out->len, r->msg.p + at, 1u + len);
        out->len = (uint8_t)(out->len + 1 + len);
        at += 1u + len;
        if (len == 0)
            break;
    }
    r->at = after != 0 ? after : at;
    return true;
}

bool dns_read_header(DnsReader *r, Span msg, DnsHeader *out)
{
    r->msg = msg;
    r->at = DNS_HDR_LEN;
    if (msg.n < DNS_HDR_LEN)
        return false;
    *out = (DnsHeader){
        .id = get16(msg.p),
        .qr = msg.p[2] & 0x80,
        .opcode = msg.p[2] >> 3 & 15,
        .aa = msg.p[2] & 4,
        .tc = msg.p[2] & 2,
        .rd = msg.p[2] & 1,
        .ra = msg.p[3] & 0x80,
        .z = msg.p[3] >> 6 & 1,
        .ad = msg.p[3] & 0x20,
        .cd = msg.p[3] & 0x10,
        .rcode = msg.p[3] & 15,
        .questions = get16(msg.p + 4),
        .answers = get16(msg.p + 6),
        .authority = get16(msg.p + 8),
        .additional = get16(msg.p + 10),
    };
    return true;
}

bool dns_read_question(DnsReader *r, DnsQuestion *out)
{
    if (!read_name(r, &out->name) || !there(r, 4))
        return false;
    out->type = get16(r->msg.p + r->at);
    out->klass = get16(r->msg.p + r->at + 2);
    r->at += 4;
    return true;
}

/* Data of a known type into r->data, its names expanded; `end` is where it must end. */
static bool expand(DnsReader *r, const Shape *shape, size_t end, Span *out)
{
    size_t n = 0;
    DnsName name;

    if (r->at + shape->before > end)
        return false;
    memcpy(r->data, r->msg.p + r->at, shape->before);
    n += shape->before;
    r->at += shape->before;
    for (unsigned i = 0; i < shape->names; i++) {
        if (!read_name(r, &name) || r->at > end)
            return false;
        memcpy(r->data + n, name.b, name.len);
        n += name.len;
    }
    if (r->at + shape->after != end)
        return false;
    memcpy(r->data + n, r->msg.p + r->at, shape->after);
    *out = (Span){ r->data, n + shape->after };
    return true;
}

static bool are_strings(Span data)
{
    size_t at = 0;

    while (at < data.n && data.n - at > data.p[at])
        at += 1u + data.p[at];
    return at == data.n && data.n > 0;
}

bool dns_read_record(DnsReader *r, DnsRecord *out)
{
    if (!read_name(r, &out->name) || !there(r, 10))
        return false;
    const uint8_t *p = r->msg.p + r->at;
    size_t len = get16(p + 8);
    out->type = get16(p);
    out->klass = get16(p + 2);
    out->ttl = get32(p + 4);
    r->at += 10;
    if (!there(r, len))
        return false;
    size_t end = r->at + len;
    const Shape *shape = out->klass == DNS_IN ? shape_of(out->type) : NULL;
    out->data = (Span){ r->msg.p + r->at, len };
    if (shape != NULL && !expand(r, shape, end, &out->data))
        return false;
    if (out->type == DNS_TXT && out->klass == DNS_IN && !are_strings(out->data))
        return false;
    r->at = end;
    return true;
}

DnsEdns dns_edns_of(const DnsRecord *opt)
{
    return (DnsEdns){ .present = true,
                      .size = opt->klass,
                      .rcode_high = (uint8_t)(opt->ttl >> 24),
                      .version = (uint8_t)(opt->ttl >> 16),
                      .dnssec_ok = opt->ttl & DNSSEC_OK };
}

size_t dns_data_name(Span data, size_t at, DnsName *out)
{
    size_t n = 0;

    for (;;) {
        if (at + n >= data.n || data.p[at + n] > DNS_LABEL_MAX)
            return 0;
        size_t step = 1u + data.p[at + n];
        if (n + step > DNS_NAME_MAX || data.n - at - n < step)
            return 0;
        memcpy(out->b + n, data.p + at + n, step);
        n += step;
        if (step == 1)
            break;
    }
    out->len = (uint8_t)n;
    return n;
}

bool dns_data_valid(uint16_t type, Span data)
{
    const Shape *shape = shape_of(type);
    DnsName name;

    if (data.n > UINT16_MAX)
        return false;
    if (type == DNS_TXT)
        return are_strings(data);
    if (shape == NULL)
        return true;
    size_t at = shape->before;
    for (unsigned i = 0; i < shape->names; i++) {
        size_t n = at < data.n ? dns_data_name(data, at, &name) : 0;
        if (n == 0)
            return false;
        at += n;
    }
    return at + shape->after == data.n;
}

/* --- writing ---------------------------------------------------------------------------------- */

void dns_writer_init(DnsWriter *w, uint8_t *out, size_t cap)
{
    w->out = out;
    w->cap = cap;
    w->n = DNS_HDR_LEN;
    w->n_offsets = 0;
}

void dns_write_header(DnsWriter *w, const DnsHeader *h)
{
    uint8_t *p = w->out;

    put16(p, h->id);
    p[2] = (uint8_t)(h->qr << 7 | (h->opcode & 15) << 3 | h->aa << 2 | h->tc << 1 | h->rd);
    p[3] = (uint8_t)(h->ra << 7 | (h->z & 1) << 6 | h->ad << 5 | h->cd << 4 | (h->rcode & 15));
    put16(p + 4, h->questions);
    put16(p + 6, h->answers);
    put16(p + 8, h->authority);
    put16(p + 10, h->additional);
}

/* Does the message hold just this rest of a name at the offset? Octet for octet: a name that is
 * pointed to must not change its case. */
static bool holds(const DnsWriter *w, size_t at, const uint8_t *rest, size_t n)
{
    for (;;) {
        if ((w->out[at] & KIND_MASK) == KIND_POINTER) {
            at = get16(w->out + at) & POINTER_MAX;
            continue;
        }
        size_t step = 1u + w->out[at];
        if (step > n || memcmp(w->out + at, rest, step) != 0)
            return false;
        if (step == 1)
            return true;
        at += step;
        rest += step;
        n -= step;
    }
}

static bool find_offset(const DnsWriter *w, const uint8_t *rest, size_t n, uint16_t *at)
{
    for (size_t i = 0; i < w->n_offsets; i++)
        if (holds(w, w->offsets[i], rest, n)) {
            *at = w->offsets[i];
            return true;
        }
    return false;
}

static bool write_bytes(DnsWriter *w, const uint8_t *p, size_t n)
{
    if (w->cap - w->n < n)
        return false;
    if (n > 0)
        memcpy(w->out + w->n, p, n);
    w->n += n;
    return true;
}

/* Its own places count only once all of it stands there. */
static bool write_name(DnsWriter *w, const DnsName *name, bool compress)
{
    uint8_t pointer[2] = { 0 };
    uint16_t to = 0;
    size_t at = 0, fresh = 0, end_len = 1;

    for (; name->b[at] != 0; at += 1u + name->b[at]) {
        if (compress && find_offset(w, name->b + at, name->len - at, &to)) {
            put16(pointer, (uint16_t)(KIND_POINTER << 8 | to));
            end_len = 2;
            break;
        }
        if (w->n <= POINTER_MAX && w->n_offsets + fresh < DNS_OFFSETS)
            w->offsets[w->n_offsets + fresh++] = (uint16_t)w->n;
        if (!write_bytes(w, name->b + at, 1u + name->b[at]))
            return false;
    }
    w->n_offsets += fresh;
    return write_bytes(w, pointer, end_len);
}

static bool write_fixed(DnsWriter *w, uint16_t type, uint16_t klass)
{
    uint8_t fixed[4];

    put16(fixed, type);
    put16(fixed + 2, klass);
    return write_bytes(w, fixed, 4);
}

static bool write_data(DnsWriter *w, const DnsRecord *rr)
{
    const Shape *shape = rr->klass == DNS_IN ? shape_of(rr->type) : NULL;
    DnsName name;

    if (shape == NULL || !shape->compress)
        return write_bytes(w, rr->data.p, rr->data.n);
    size_t at = shape->before;
    if (!write_bytes(w, rr->data.p, at))
        return false;
    for (unsigned i = 0; i < shape->names; i++) {
        at += dns_data_name(rr->data, at, &name);
        if (!write_name(w, &name, true))
            return false;
    }
    return write_bytes(w, rr->data.p + at, rr->data.n - at);
}

/* What did not fit is taken back, its offsets too. */
static bool undo(DnsWriter *w, size_t n, size_t n_offsets)
{
    w->n = n;
    w->n_offsets = n_offsets;
    return false;
}

bool dns_write_question(DnsWriter *w, const DnsQuestion *q)
{
    size_t n = w->n, n_offsets = w->n_offsets;

    if (!write_name(w, &q->name, true) || !write_fixed(w, q->type, q->klass))
        return undo(w, n, n_offsets);
    return true;
}

bool dns_write_record(DnsWriter *w, const DnsRecord *rr)
{
    size_t n = w->n, n_offsets = w->n_offsets;
    uint8_t rest[6] = { 0 };

    put32(rest, rr->ttl);
    if (!write_name(w, &rr->name, true) || !write_fixed(w, rr->type, rr->klass) ||
        !write_bytes(w, rest, 6))
        return undo(w, n, n_offsets);
    size_t data = w->n;
    if (!write_data(w, rr))
        return undo(w, n, n_offsets);
    put16(w->out + data - 2, (uint16_t)(w->n - data));
    return true;
}

bool dns_write_opt(DnsWriter *w, const DnsEdns *edns)
{
    DnsRecord opt = { .name = dns_name_root(), .type = DNS_OPT, .klass = edns->size };

    opt.ttl = (uint32_t)edns->rcode_high << 24 | (uint32_t)edns->version << 16 |
              (edns->dnssec_ok ? DNSSEC_OK : 0u);
    return dns_write_record(w, &opt);
}
