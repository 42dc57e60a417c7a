/*
 * dns_message.c - a DNS message in memory, read from the wire and written to it.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_message.h"

#include <string.h>

/* --- sets ------------------------------------------------------------------------------------- */

DnsSet *dns_set_new(const DnsName *name, uint16_t type, uint32_t ttl)
{
    DnsSet *set = g_new(DnsSet, 1);

    *set = (DnsSet){ .name = *name, .type = type, .ttl = ttl, .records = g_byte_array_new() };
    return set;
}

DnsSet *dns_set_copy(const DnsSet *set)
{
    DnsSet *copy = dns_set_new(&set->name, set->type, set->ttl);

    copy->n = set->n;
    g_byte_array_append(copy->records, set->records->data, set->records->len);
    return copy;
}

void dns_set_free(void *set_)
{
    DnsSet *set = set_;

    g_byte_array_free(set->records, TRUE);
    g_free(set);
}

bool dns_set_next(const DnsSet *set, size_t *at, Span *data)
{
    if (*at >= set->records->len)
        return false;
    const uint8_t *p = set->records->data + *at;
    *data = (Span){ p + 2, get16(p) };
    *at += 2u + data->n;
    return true;
}

bool dns_set_holds(const DnsSet *set, Span data)
{
    Span had;

    for (size_t at = 0; dns_set_next(set, &at, &had);)
        if (had.n == data.n && (data.n == 0 || memcmp(had.p, data.p, data.n) == 0))
            return true;
    return false;
}

void dns_set_add(DnsSet *set, Span data, uint32_t ttl)
{
    uint8_t len[2];

    set->ttl = set->n == 0 ? ttl : MIN(set->ttl, ttl);
    if (dns_set_holds(set, data))
        return;
    put16(len, (uint16_t)data.n);
    g_byte_array_append(set->records, len, 2);
    if (data.n > 0)
        g_byte_array_append(set->records, data.p, (guint)data.n);
    set->n++;
}

bool dns_set_target(const DnsSet *set, DnsName *out)
{
    size_t at = 0;
    Span data;

    return dns_set_next(set, &at, &data) && dns_data_name(data, 0, out) > 0;
}

IpAddr dns_data_address(uint16_t type, Span data)
{
    return type == DNS_A && data.n == 4 ? ip_v4(get32(data.p)) : IP_NONE;
}

uint32_t dns_soa_minimum(Span data)
{
    return get32(data.p + data.n - 4);
}

/* --- messages --------------------------------------------------------------------------------- */

DnsMessage *dns_message_new(void)
{
    DnsMessage *m = g_new0(DnsMessage, 1);

    for (int i = 0; i < DNS_SECTIONS; i++)
        m->sections[i] = g_ptr_array_new_with_free_func(dns_set_free);
    return m;
}

void dns_message_free(void *m_)
{
    DnsMessage *m = m_;

    if (m == NULL)
        return;
    for (int i = 0; i < DNS_SECTIONS; i++)
        g_ptr_array_free(m->sections[i], TRUE);
    g_free(m);
}

DnsMessage *dns_message_copy(const DnsMessage *m)
{
    DnsMessage *copy = dns_message_new();
    GPtrArray *sections[DNS_SECTIONS];

    memcpy(sections, copy->sections, sizeof sections);
    *copy = *m;
    memcpy(copy->sections, sections, sizeof sections);
    for (int i = 0; i < DNS_SECTIONS; i++)
        for (guint k = 0; k < m->sections[i]->len; k++)
            g_ptr_array_add(sections[i], dns_set_copy(g_ptr_array_index(m->sections[i], k)));
    return copy;
}

DnsMessage *dns_message_reply(const DnsMessage *query)
{
    DnsMessage *m = dns_message_new();

    m->h = (DnsHeader){ .id = query->h.id, .qr = true, .opcode = query->h.opcode,
                        .rd = query->h.rd };
    m->asks = query->asks;
    m->q = query->q;
    return m;
}

void dns_message_add(DnsMessage *m, DnsSection section, DnsSet *set)
{
    g_ptr_array_add(m->sections[section], set);
}

const DnsSet *dns_message_find(const DnsMessage *m, DnsSection section, const DnsName *name,
                               uint16_t type)
{
    const GPtrArray *sets = m->sections[section];

    for (guint i = sets->len; i-- > 0;) {
        const DnsSet *set = g_ptr_array_index(sets, i);
        if (set->type == type && dns_name_equal(&set->name, name))
            return set;
    }
    return NULL;
}

const DnsSet *dns_message_first(const DnsMessage *m, DnsSection section, uint16_t type)
{
    const GPtrArray *sets = m->sections[section];

    for (guint i = 0; i < sets->len; i++) {
        const DnsSet *set = g_ptr_array_index(sets, i);
        if (set->type == type)
            return set;
    }
    return NULL;
}

/* RFC 6891 §6.1.1: one OPT, in the additional section, owned by the root. */
static bool take_opt(DnsMessage *m, DnsSection section, const DnsRecord *rr)
{
    if (m->edns.present || section != DNS_ADDITIONAL || rr->name.len != 1)
        return false;
    m->edns = dns_edns_of(rr);
    m->rcode |= (unsigned)m->edns.rcode_high << 4;
    return true;
}

static bool read_section(DnsMessage *m, DnsReader *r, DnsSection section, unsigned n)
{
    DnsRecord rr;

    for (unsigned i = 0; i < n; i++) {
        if (!dns_read_record(r, &rr))
            return false;
        if (rr.type == DNS_OPT) {
            if (!take_opt(m, section, &rr))
                return false;
            continue;
        }
        if (rr.klass != DNS_IN)
            continue;
        if (rr.ttl > INT32_MAX) /* RFC 2181 §8 */
            rr.ttl = 0;
        DnsSet *set = (DnsSet *)dns_message_find(m, section, &rr.name, rr.type);
        if (set == NULL) {
            set = dns_set_new(&rr.name, rr.type, rr.ttl);
            dns_message_add(m, section, set);
        }
        dns_set_add(set, rr.data, rr.ttl);
    }
    return true;
}

DnsReading dns_message_read(DnsMessage *m, Span bytes)
{
    DnsReader r;

    if (!dns_read_header(&r, bytes, &m->h))
        return DNS_NO_HEADER;
    m->rcode = m->h.rcode;
    m->size = bytes.n;
    for (unsigned i = 0; i < m->h.questions; i++) {
        DnsQuestion q;
        if (!dns_read_question(&r, &q))
            return DNS_MALFORMED;
        if (i == 0)
            m->q = q;
        m->asks = true;
    }
    bool good = m->h.questions <= 1 && read_section(m, &r, DNS_ANSWER, m->h.answers) &&
                read_section(m, &r, DNS_AUTHORITY, m->h.authority) &&
                read_section(m, &r, DNS_ADDITIONAL, m->h.additional);
    return good && r.at == bytes.n ? DNS_READ : DNS_MALFORMED;
}

/* All records of a set, or none. */
static bool write_set(DnsWriter *w, const DnsSet *set, uint16_t *count)
{
    DnsWriter before = *w;
    DnsRecord rr = { .name = set->name, .type = set->type, .klass = DNS_IN, .ttl = set->ttl };

    for (size_t at = 0; dns_set_next(set, &at, &rr.data);)
        if (!dns_write_record(w, &rr)) {
            w->n = before.n;
            w->n_offsets = before.n_offsets;
            return false;
        }
    *count = (uint16_t)(*count + set->n);
    return true;
}

size_t dns_message_write(const DnsMessage *m, uint8_t *out, size_t cap)
{
    enum { OPT_LEN = 11 };
    DnsHeader h = m->h;
    DnsEdns edns = m->edns;
    uint16_t counts[DNS_SECTIONS] = { 0 };
    DnsWriter w;

    dns_writer_init(&w, out, MIN(cap, DNS_MESSAGE_MAX) - (edns.present ? OPT_LEN : 0));
    h.questions = m->asks && dns_write_question(&w, &m->q);
    for (int i = 0; i < DNS_SECTIONS && !h.tc; i++)
        for (guint k = 0; k < m->sections[i]->len && !h.tc; k++) {
            bool fits = write_set(&w, g_ptr_array_index(m->sections[i], k), &counts[i]);
            h.tc = !fits && i != DNS_ADDITIONAL;
        }
    if (edns.present) {
        w.cap += OPT_LEN;
        edns.rcode_high = (uint8_t)(m->rcode >> 4);
        counts[DNS_ADDITIONAL] = (uint16_t)(counts[DNS_ADDITIONAL] + dns_write_opt(&w, &edns));
    }
    h.rcode = m->rcode & 15;
    h.answers = counts[DNS_ANSWER];
    h.authority = counts[DNS_AUTHORITY];
    h.additional = counts[DNS_ADDITIONAL];
    dns_write_header(&w, &h);
    return w.n;
}
