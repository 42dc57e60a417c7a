/*
 * dns_name.c - domain names and the names of types: text, comparison, order. RFC 1035 §2.3, §5.1,
 * RFC 4343, RFC 3597 §5.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/dns_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 4343 §3: of ASCII letters only, whatever the locale. */
static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

DnsName dns_name_root(void)
{
    return (DnsName){ .len = 1 };
}

/* The next character of a label, an escape being one; false if it is malformed. */
static bool next_char(const char **text, uint8_t *out)
{
    const char *p = *text;

    if (*p != '\\') {
        *out = (uint8_t)*p;
        *text = p + 1;
        return true;
    }
    if (is_digit(p[1])) {
        if (!is_digit(p[2]) || !is_digit(p[3]))
            return false;
        int value = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');
        *out = (uint8_t)value;
        *text = p + 4;
        return value <= 255;
    }
    *out = (uint8_t)p[1];
    *text = p + 2;
    return p[1] != 0;
}

bool dns_name_parse(const char *text, DnsName *out)
{
    size_t n = 0, label = 0; /* the octet of the label's length */

    memset(out, 0, sizeof *out);
    out->len = 1;
    if (strcmp(text, ".") == 0)
        return true;
    while (*text != 0) {
        uint8_t c;
        bool dot = *text == '.';
        if (!next_char(&text, &c))
            return false;
        if (dot) {
            if (out->b[label] == 0)
                return false;
            label = ++n;
            if (label >= DNS_NAME_MAX)
                return false;
            out->b[label] = 0;
            continue;
        }
        if (out->b[label] == DNS_LABEL_MAX || n + 2 >= DNS_NAME_MAX)
            return false;
        out->b[label]++;
        out->b[++n] = c;
    }
    if (n == 0 && out->b[0] == 0)
        return false; /* no text at all */
    if (out->b[label] != 0)
        out->b[++n] = 0;
    out->len = (uint8_t)(n + 1);
    return true;
}

char *dns_name_text(const DnsName *name, char out[static DNS_NAME_TEXT])
{
    char *to = out;

    if (name->b[0] == 0)
        *to++ = '.';
    for (size_t at = 0; name->b[at] != 0; at += 1u + name->b[at]) {
        for (size_t i = 1; i <= name->b[at]; i++) {
            uint8_t c = name->b[at + i];
            if (c <= ' ' || c > '~') {
                to += snprintf(to, 5, "\\%03u", c);
                continue;
            }
            if (strchr(".\\\"();@$", c) != NULL)
                *to++ = '\\';
            *to++ = (char)c;
        }
        *to++ = '.';
    }
    *to = 0;
    return out;
}

static bool same(const uint8_t *a, const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

/* Lengths of labels are below 'A', so that they compare as themselves. */
bool dns_name_equal(const DnsName *a, const DnsName *b)
{
    return a->len == b->len && same(a->b, b->b, a->len);
}

bool dns_name_is_below(const DnsName *name, const DnsName *zone)
{
    size_t at = 0;

    while (name->len - at > zone->len)
        at += 1u + name->b[at];
    return name->len - at == zone->len && same(name->b + at, zone->b, zone->len);
}

bool dns_name_parent(const DnsName *name, DnsName *out)
{
    if (name->b[0] == 0)
        return false;
    size_t skip = 1u + name->b[0];
    DnsName parent = { .len = (uint8_t)(name->len - skip) };
    memcpy(parent.b, name->b + skip, parent.len);
    *out = parent;
    return true;
}

unsigned dns_name_labels(const DnsName *name)
{
    unsigned n = 0;

    for (size_t at = 0; name->b[at] != 0; at += 1u + name->b[at])
        n++;
    return n;
}

bool dns_name_join(const DnsName *front, const DnsName *back, DnsName *out)
{
    size_t n = front->len - 1u;
    DnsName joined = { 0 };

    if (n + back->len > DNS_NAME_MAX)
        return false;
    memcpy(joined.b, front->b, n);
    memcpy(joined.b + n, back->b, back->len);
    joined.len = (uint8_t)(n + back->len);
    *out = joined;
    return true;
}

/* After each label a 0; in a label 0 and 1 are escaped by a 1, which keeps their order. */
void dns_name_key(const DnsName *name, DnsKey *out)
{
    uint8_t starts[DNS_NAME_MAX / 2 + 1];
    size_t  n = 0, len = 0;

    for (size_t at = 0; name->b[at] != 0; at += 1u + name->b[at])
        starts[n++] = (uint8_t)at;
    while (n-- > 0) {
        const uint8_t *label = name->b + starts[n];
        for (size_t i = 1; i <= label[0]; i++) {
            uint8_t c = lower(label[i]);
            if (c <= 1)
                out->b[len++] = 1;
            out->b[len++] = c <= 1 ? (uint8_t)(c + 1) : c;
        }
        out->b[len++] = 0;
    }
    out->len = (uint16_t)len;
}

/* --- types and codes -------------------------------------------------------------------------- */

typedef struct TypeName {
    uint16_t    type;
    const char *name;
} TypeName;

static const TypeName types[] = {
    { DNS_A, "A" },     { DNS_NS, "NS" },     { DNS_CNAME, "CNAME" }, { DNS_SOA, "SOA" },
    { DNS_PTR, "PTR" }, { DNS_MX, "MX" },     { DNS_TXT, "TXT" },     { DNS_AAAA, "AAAA" },
    { DNS_SRV, "SRV" }, { DNS_OPT, "OPT" },   { DNS_IXFR, "IXFR" },   { DNS_AXFR, "AXFR" },
    { DNS_ANY, "ANY" }, { 0, NULL },
};

char *dns_type_text(uint16_t type, char out[static DNS_TYPE_TEXT])
{
    for (const TypeName *t = types; t->name != NULL; t++)
        if (t->type == type) {
            snprintf(out, DNS_TYPE_TEXT, "%s", t->name);
            return out;
        }
    snprintf(out, DNS_TYPE_TEXT, "TYPE%u", type);
    return out;
}

static bool same_text(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lower((uint8_t)a[i]) != lower((uint8_t)b[i]))
            return false;
    return true;
}

bool dns_type_parse(const char *text, uint16_t *type)
{
    size_t n = strlen(text);
    char *end;

    for (const TypeName *t = types; t->name != NULL; t++)
        if (strlen(t->name) == n && same_text(t->name, text, n)) {
            *type = t->type;
            return true;
        }
    if (n < 5 || n > 9 || !same_text(text, "TYPE", 4) || !is_digit(text[4]))
        return false;
    unsigned long value = strtoul(text + 4, &end, 10);
    *type = (uint16_t)value;
    return *end == 0 && value <= UINT16_MAX;
}

const char *dns_rcode_text(unsigned rcode)
{
    static const char *const names[] = { [DNS_NOERROR] = "NOERROR",   [DNS_FORMERR] = "FORMERR",
                                         [DNS_SERVFAIL] = "SERVFAIL", [DNS_NXDOMAIN] = "NXDOMAIN",
                                         [DNS_NOTIMP] = "NOTIMP",     [DNS_REFUSED] = "REFUSED",
                                         [DNS_BADVERS] = "BADVERS" };

    return rcode < sizeof names / sizeof names[0] ? names[rcode] : NULL;
}
