/*
 * dns_text.c - records and messages as people read them.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_text.h"

#include <arpa/inet.h>
#include <string.h>

static void append_name(GString *out, const DnsName *name)
{
    char text[DNS_NAME_TEXT];

    g_string_append(out, dns_name_text(name, text));
}

/* The name at `at` of well-formed data, behind a blank unless it comes first. Its end. */
static size_t name_at(Span data, size_t at, GString *out)
{
    DnsName name = dns_name_root();
    size_t n = dns_data_name(data, at, &name);

    append_name(out, &name);
    return at + n;
}

static void append_strings(Span data, GString *out)
{
    for (size_t at = 0; at < data.n; at += 1u + data.p[at]) {
        g_string_append(out, at > 0 ? " \"" : "\"");
        for (size_t i = 1; i <= data.p[at]; i++) {
            uint8_t c = data.p[at + i];
            if (c < ' ' || c > '~')
                g_string_append_printf(out, "\\%03u", c);
            else if (c == '"' || c == '\\')
                g_string_append_printf(out, "\\%c", c);
            else
                g_string_append_c(out, (char)c);
        }
        g_string_append_c(out, '"');
    }
}

/* RFC 3597 §5. */
static void append_opaque(Span data, GString *out)
{
    g_string_append_printf(out, "\\# %zu%s", data.n, data.n > 0 ? " " : "");
    for (size_t i = 0; i < data.n; i++)
        g_string_append_printf(out, "%02X", data.p[i]);
}

static void append_soa(Span data, GString *out)
{
    size_t at = name_at(data, 0, out);

    g_string_append_c(out, ' ');
    at = name_at(data, at, out);
    for (int i = 0; i < 5; i++)
        g_string_append_printf(out, " %u", get32(data.p + at + 4 * (size_t)i));
}

void dns_data_text(uint16_t type, Span data, GString *out)
{
    char text[INET6_ADDRSTRLEN];

    if (!dns_data_valid(type, data)) {
        append_opaque(data, out);
        return;
    }
    switch (type) {
    case DNS_A:
        g_string_append(out, inet_ntop(AF_INET, data.p, text, sizeof text));
        return;
    case DNS_AAAA:
        g_string_append(out, inet_ntop(AF_INET6, data.p, text, sizeof text));
        return;
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
        name_at(data, 0, out);
        return;
    case DNS_SOA:
        append_soa(data, out);
        return;
    case DNS_MX:
        g_string_append_printf(out, "%u ", get16(data.p));
        name_at(data, 2, out);
        return;
    case DNS_SRV:
        g_string_append_printf(out, "%u %u %u ", get16(data.p), get16(data.p + 2),
                               get16(data.p + 4));
        name_at(data, 6, out);
        return;
    case DNS_TXT:
        append_strings(data, out);
        return;
    default:
        append_opaque(data, out);
    }
}

/* Tabs up to a column, one at least. */
static void tab_to(GString *out, size_t start, size_t column)
{
    size_t at = out->len - start;

    do {
        g_string_append_c(out, '\t');
        at = (at / 8 + 1) * 8;
    } while (at < column);
}

void dns_set_text(const DnsSet *set, GString *out)
{
    char type[DNS_TYPE_TEXT];
    Span data;

    for (size_t at = 0; dns_set_next(set, &at, &data);) {
        size_t start = out->len;
        append_name(out, &set->name);
        tab_to(out, start, 24);
        g_string_append_printf(out, "%u\tIN\t%s\t", set->ttl, dns_type_text(set->type, type));
        dns_data_text(set->type, data, out);
        g_string_append_c(out, '\n');
    }
}

static unsigned records_of(const GPtrArray *sets)
{
    unsigned n = 0;

    for (guint i = 0; i < sets->len; i++)
        n += ((const DnsSet *)g_ptr_array_index(sets, i))->n;
    return n;
}

static void append_head(const DnsMessage *m, GString *out)
{
    static const char *const operations[] = { "QUERY", "IQUERY", "STATUS", "RESERVED3", "NOTIFY",
                                              "UPDATE" };
    const char *rcode = dns_rcode_text(m->rcode);

    g_string_append_printf(out, ";; ->>HEADER<<- opcode: %s, status: ",
                           m->h.opcode < G_N_ELEMENTS(operations) ? operations[m->h.opcode]
                                                                  : "RESERVED");
    if (rcode != NULL)
        g_string_append(out, rcode);
    else
        g_string_append_printf(out, "RESERVED%u", m->rcode);
    g_string_append_printf(out, ", id: %u\n;; flags:%s%s%s%s%s%s%s; ", m->h.id,
                           m->h.qr ? " qr" : "", m->h.aa ? " aa" : "", m->h.tc ? " tc" : "",
                           m->h.rd ? " rd" : "", m->h.ra ? " ra" : "", m->h.ad ? " ad" : "",
                           m->h.cd ? " cd" : "");
    g_string_append_printf(out, "QUERY: %d, ANSWER: %u, AUTHORITY: %u, ADDITIONAL: %u\n", m->asks,
                           records_of(m->sections[DNS_ANSWER]),
                           records_of(m->sections[DNS_AUTHORITY]),
                           records_of(m->sections[DNS_ADDITIONAL]) + m->edns.present);
}

void dns_message_text(const DnsMessage *m, GString *out)
{
    static const char *const titles[] = { "ANSWER", "AUTHORITY", "ADDITIONAL" };
    char type[DNS_TYPE_TEXT];

    append_head(m, out);
    if (m->edns.present)
        g_string_append_printf(out, "\n;; OPT PSEUDOSECTION:\n; EDNS: version: %u, flags:%s; "
                               "udp: %u\n", m->edns.version, m->edns.dnssec_ok ? " do" : "",
                               m->edns.size);
    if (m->asks) {
        g_string_append(out, m->edns.present ? ";; QUESTION SECTION:\n"
                                             : "\n;; QUESTION SECTION:\n");
        size_t start = out->len;
        g_string_append_c(out, ';');
        append_name(out, &m->q.name);
        tab_to(out, start, 32);
        g_string_append_printf(out, "IN\t%s\n", dns_type_text(m->q.type, type));
    }
    for (int i = 0; i < DNS_SECTIONS; i++) {
        if (m->sections[i]->len == 0)
            continue;
        g_string_append_printf(out, "\n;; %s SECTION:\n", titles[i]);
        for (guint k = 0; k < m->sections[i]->len; k++)
            dns_set_text(g_ptr_array_index(m->sections[i], k), out);
    }
}
