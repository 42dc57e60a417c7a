/*
 * dissect_dns.c - DNS messages as tcpdump prints them, RFC 1035. Historic bit-string labels and the
 * options inside OPT records are not decoded.
 *
 * A place in the message is an offset, which may lie beyond the end; every look first asks.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/dissect_priv.h"

#include <arpa/inet.h>
#include <string.h>

enum { DNS_HDR_LEN = 12, MAX_NAME = 255 };
enum {
    FLAG_QR = 0x8000,
    FLAG_AA = 0x0400,
    FLAG_TC = 0x0200,
    FLAG_RD = 0x0100,
    FLAG_RA = 0x0080,
    FLAG_AD = 0x0020,
    FLAG_CD = 0x0010,
    FLAGS_ODD = 0x06cf /* in a query: bits that should be zero there */
};
enum { LABEL_MASK = 0xc0, LABEL_POINTER = 0xc0, LABEL_PLAIN = 0x00, LABEL_EXTENDED = 0x40 };
enum { OP_IQUERY = 1, CLASS_IN = 1 };
enum {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
    TYPE_DNAME = 39,
    TYPE_OPT = 41
};
#define NOWHERE SIZE_MAX

static const char *const operations[16] = {
    "",     " inv_q",   " stat",    " op3",      " notify",  " update",   " op6",      " op7",
    " op8", " updateA", " updateD", " updateDA", " updateM", " updateMA", " zoneInit", " zoneRef",
};
static const char *const rcodes[] = {
    "",         " FormErr",  " ServFail", " NXDomain", " NotImp",  " Refused",
    " YXDomain", " YXRRSet", " NXRRSet",  " NotAuth",  " NotZone", " Resp11",
    " Resp12",  " Resp13",   " Resp14",   " NoChange", " BadVers", "Resp17",
    " Resp18",  " Resp19",   " Resp20",   "Resp21",    " Resp22",  " BadCookie",
};
static const TokenName types[] = {
    { TYPE_A, "A" },      { TYPE_NS, "NS" },   { 3, "MD" },          { 4, "MF" },
    { TYPE_CNAME, "CNAME" }, { TYPE_SOA, "SOA" }, { 7, "MB" },       { 8, "MG" },
    { 9, "MR" },          { 10, "NULL" },      { 11, "WKS" },        { TYPE_PTR, "PTR" },
    { 13, "HINFO" },      { 14, "MINFO" },     { TYPE_MX, "MX" },    { TYPE_TXT, "TXT" },
    { 17, "RP" },         { 18, "AFSDB" },     { 24, "SIG" },        { 25, "KEY" },
    { TYPE_AAAA, "AAAA" }, { 29, "LOC" },      { 30, "NXT" },        { TYPE_SRV, "SRV" },
    { 35, "NAPTR" },      { 36, "KX" },        { 37, "CERT" },       { TYPE_DNAME, "DNAME" },
    { TYPE_OPT, "OPT" },  { 42, "APL" },       { 43, "DS" },         { 44, "SSHFP" },
    { 45, "IPSECKEY" },   { 46, "RRSIG" },     { 47, "NSEC" },       { 48, "DNSKEY" },
    { 99, "SPF" },        { 249, "TKEY" },     { 250, "TSIG" },      { 251, "IXFR" },
    { 252, "AXFR" },      { 253, "MAILB" },    { 254, "MAILA" },     { 255, "ANY" },
    { 0, NULL },
};
static const TokenName classes[] = { { 3, "CHAOS" }, { 4, "HS" }, { 255, "ANY" }, { 0, NULL } };

static bool there(Span m, size_t at, size_t n)
{
    return at <= m.n && m.n - at >= n;
}

static size_t skip_name(Span m, size_t at)
{
    while (there(m, at, 1)) {
        uint8_t len = m.p[at++];
        if (len == 0)
            return at;
        if ((len & LABEL_MASK) == LABEL_POINTER)
            return at + 1;
        if ((len & LABEL_MASK) != LABEL_PLAIN)
            return NOWHERE;
        at += len;
    }
    return NOWHERE;
}

/* The length byte of the label at `at`; -1 if it is none. */
static int label(Line *l, Span m, size_t at)
{
    if (!there(m, at, 1))
        return -1;
    switch (m.p[at] & LABEL_MASK) {
    case LABEL_PLAIN:
    case LABEL_POINTER:
        return m.p[at];
    case LABEL_EXTENDED:
        g_string_append_printf(l->out, "<ELT %d>", m.p[at] & ~LABEL_MASK);
        return -1;
    default:
        g_string_append(l->out, "<BAD LABEL TYPE>");
        return -1;
    }
}

/* n characters, as many as are there. */
static bool characters(Line *l, Span m, size_t at, size_t n)
{
    for (; n > 0 && there(m, at, 1); n--)
        line_char(l, m.p[at++]);
    return n == 0;
}

/* The label's text and its dot; a name that is too long is cut. */
static bool label_text(Line *l, Span m, size_t at, size_t len, size_t *chars)
{
    size_t room = *chars < MAX_NAME ? MAX_NAME - *chars : 0;

    if (!characters(l, m, at, MIN(len, room)))
        return false;
    *chars += len;
    if (*chars <= MAX_NAME)
        g_string_append_c(l->out, '.');
    ++*chars;
    return true;
}

/* Prints the name at `at`; the place behind it, or NOWHERE. Pointers must lead backwards, so that
 * there is an end. */
static size_t name(Line *l, Span m, size_t at)
{
    size_t lowest = at, after = NOWHERE, chars = 0;
    int    len = label(l, m, at);

    if (len == 0)
        g_string_append_c(l->out, '.');
    while (len > 0) {
        if (++at >= m.n) /* tcpdump stops there without a word */
            return after == NOWHERE && len < LABEL_POINTER ? at + (size_t)len : after;
        if (len >= LABEL_POINTER) {
            if (after == NOWHERE)
                after = at + 1;
            size_t to = ((size_t)len << 8 | m.p[at]) & 0x3fff;
            if (to >= lowest) {
                g_string_append(l->out, "<BAD PTR>");
                return NOWHERE;
            }
            lowest = at = to;
        } else {
            if (!label_text(l, m, at, (size_t)len, &chars))
                return NOWHERE;
            at += (size_t)len;
        }
        len = label(l, m, at);
    }
    if (len < 0)
        return NOWHERE;
    if (chars > MAX_NAME)
        g_string_append(l->out, "<DOMAIN NAME TOO LONG>");
    return after != NOWHERE ? after : at + 1;
}

static void type_name(Line *l, unsigned type)
{
    const char *known = token_name(types, type);

    if (known != NULL)
        g_string_append_printf(l->out, " %s", known);
    else
        g_string_append_printf(l->out, " Type%u", type);
}

static void class_name(Line *l, unsigned class)
{
    const char *known = token_name(classes, class);

    if (class == CLASS_IN)
        return;
    if (known != NULL)
        g_string_append_printf(l->out, " %s", known);
    else
        g_string_append_printf(l->out, " (Class %u)", class);
}

static size_t question(Line *l, Span m, size_t at)
{
    size_t end = skip_name(m, at);

    if (end == NOWHERE || !there(m, end, 4))
        return NOWHERE;
    type_name(l, get16(m.p + end));
    class_name(l, get16(m.p + end + 2));
    g_string_append(l->out, "? ");
    end = name(l, m, at);
    return end == NOWHERE ? NOWHERE : end + 4;
}

static bool soa(Line *l, Span m, size_t at)
{
    for (int i = 0; i < 2; i++) {
        g_string_append_c(l->out, ' ');
        at = name(l, m, at);
        if (at == NOWHERE)
            return false;
    }
    if (!there(m, at, 20))
        return false;
    for (size_t i = 0; i < 20; i += 4)
        g_string_append_printf(l->out, " %u", get32(m.p + at + i));
    return true;
}

static bool texts(Line *l, Span m, size_t at, size_t end)
{
    while (at < end) {
        g_string_append(l->out, " \"");
        if (!there(m, at, 1) || !characters(l, m, at + 1, m.p[at]))
            return false;
        g_string_append_c(l->out, '"');
        at += 1u + m.p[at];
    }
    return true;
}

static bool ipv6(Line *l, Span m, size_t at)
{
    char text[INET6_ADDRSTRLEN];

    if (!there(m, at, 16))
        return false;
    g_string_append_printf(l->out, " %s", inet_ntop(AF_INET6, m.p + at, text, sizeof text));
    return true;
}

static bool record_data(Line *l, Span m, unsigned type, size_t at, size_t len)
{
    switch (type) {
    case TYPE_A:
        if (there(m, at, 4))
            g_string_append_printf(l->out, " %u.%u.%u.%u", m.p[at], m.p[at + 1], m.p[at + 2],
                                   m.p[at + 3]);
        return there(m, at, 4);
    case TYPE_NS:
    case TYPE_CNAME:
    case TYPE_PTR:
    case TYPE_DNAME:
        g_string_append_c(l->out, ' ');
        return name(l, m, at) != NOWHERE;
    case TYPE_SOA:
        return !l->opt->verbose || soa(l, m, at);
    case TYPE_MX:
        g_string_append_c(l->out, ' ');
        if (!there(m, at, 2) || name(l, m, at + 2) == NOWHERE)
            return false;
        g_string_append_printf(l->out, " %u", get16(m.p + at));
        return true;
    case TYPE_TXT:
        return texts(l, m, at, at + len);
    case TYPE_AAAA:
        return ipv6(l, m, at);
    case TYPE_SRV:
        g_string_append_c(l->out, ' ');
        if (!there(m, at, 6) || name(l, m, at + 6) == NOWHERE)
            return false;
        g_string_append_printf(l->out, ":%u %u %u", get16(m.p + at + 4), get16(m.p + at),
                               get16(m.p + at + 2));
        return true;
    default:
        return true;
    }
}

/* One resource record; the place behind it. tcpdump ends in silence at a header that is cut. */
static size_t record(Line *l, Span m, size_t at)
{
    if (l->opt->verbose) {
        g_string_append_c(l->out, ' ');
        at = name(l, m, at);
        if (at == NOWHERE)
            return NOWHERE;
    } else {
        at = skip_name(m, at);
    }
    if (at == NOWHERE || !there(m, at, 10))
        return m.n;
    unsigned type = get16(m.p + at), class = get16(m.p + at + 2), len = get16(m.p + at + 8);
    if (type != TYPE_OPT)
        class_name(l, class);
    type_name(l, type);
    if (!there(m, at + 10, len) || !record_data(l, m, type, at + 10, len))
        return NOWHERE;
    if (type == TYPE_OPT)
        g_string_append_printf(l->out, " UDPsize=%u%s", class, m.p[at + 6] & 0x80 ? " DO" : "");
    return at + 10 + len;
}

/* RFC 6891 §6.1.3: an OPT record among the additional ones holds the upper bits of the code. */
static unsigned full_rcode(Span m)
{
    unsigned rcode = get16(m.p + 2) & 15u, before = get16(m.p + 6) + (unsigned)get16(m.p + 8);
    size_t   at = DNS_HDR_LEN;

    for (unsigned i = 0; i < get16(m.p + 4); i++) {
        at = skip_name(m, at);
        if (at == NOWHERE || !there(m, at + 4, 1))
            return rcode;
        at += 4;
    }
    for (unsigned i = 0; i < before + get16(m.p + 10); i++) {
        at = skip_name(m, at);
        if (at == NOWHERE)
            return rcode;
        if (i >= before && there(m, at, 5) && get16(m.p + at) == TYPE_OPT)
            return rcode | (unsigned)m.p[at + 4] << 4;
        if (!there(m, at, 10))
            return rcode;
        at += 10u + get16(m.p + at + 8);
        if (!there(m, at, 1))
            return rcode;
    }
    return rcode;
}

static bool response(Line *l, Span m)
{
    unsigned flags = get16(m.p + 2), questions = get16(m.p + 4), answers = get16(m.p + 6);
    unsigned rcode = full_rcode(m);
    size_t   at = DNS_HDR_LEN;

    g_string_append_printf(l->out, "%u%s", get16(m.p), operations[flags >> 11 & 15]);
    if (rcode < G_N_ELEMENTS(rcodes))
        g_string_append(l->out, rcodes[rcode]);
    else
        g_string_append_printf(l->out, " Resp%u", rcode);
    g_string_append_printf(l->out, "%s%s%s%s", flags & FLAG_AA ? "*" : "",
                           flags & FLAG_RA ? "" : "-", flags & FLAG_TC ? "|" : "",
                           flags & FLAG_AD ? "$" : "");
    if (questions != 1)
        g_string_append_printf(l->out, " [%uq]", questions);
    for (unsigned i = 0; i < questions; i++) {
        g_string_append(l->out, i > 0 ? "," : "");
        at = skip_name(m, at);
        if (at == NOWHERE)
            return false;
        at += 4;
    }
    g_string_append_printf(l->out, " %u/%u/%u", answers, get16(m.p + 8), get16(m.p + 10));
    for (unsigned i = 0; i < answers; i++) {
        if (i > 0 && at >= m.n)
            return false;
        g_string_append(l->out, i > 0 ? "," : "");
        at = record(l, m, at);
        if (at == NOWHERE)
            return false;
    }
    return true;
}

static bool query(Line *l, Span m)
{
    unsigned flags = get16(m.p + 2), questions = get16(m.p + 4), answers = get16(m.p + 6);
    unsigned op = flags >> 11 & 15;
    size_t   at = DNS_HDR_LEN;

    g_string_append_printf(l->out, "%u%s%s%s", get16(m.p), operations[op],
                           flags & FLAG_RD ? "+" : "", flags & FLAG_CD ? "%" : "");
    if (flags & FLAGS_ODD)
        g_string_append_printf(l->out, " [b2&3=0x%x]", flags);
    if (op == OP_IQUERY) {
        if (questions > 0)
            g_string_append_printf(l->out, " [%uq]", questions);
        if (answers != 1)
            g_string_append_printf(l->out, " [%ua]", answers);
    } else {
        if (answers > 0)
            g_string_append_printf(l->out, " [%ua]", answers);
        if (questions != 1)
            g_string_append_printf(l->out, " [%uq]", questions);
    }
    if (get16(m.p + 8) > 0)
        g_string_append_printf(l->out, " [%un]", get16(m.p + 8));
    if (get16(m.p + 10) > 0)
        g_string_append_printf(l->out, " [%uau]", get16(m.p + 10));
    for (unsigned i = 0; i < questions; i++) {
        if (i > 0 && at >= m.n)
            return false;
        at = question(l, m, at);
        if (at == NOWHERE)
            return false;
    }
    return true;
}

bool dissect_dns(Line *l, Span s, size_t length, bool over_tcp)
{
    l->proto = "domain";
    if (over_tcp) { /* RFC 1035 §4.2.2: its length in front */
        if (length < 2) {
            g_string_append_printf(l->out, " [DNS over TCP: length %zu < 2] (invalid)", length);
            return true;
        }
        if (s.n < 2)
            return false;
        length -= 2;
        if (get16(s.p) != length) {
            g_string_append_printf(l->out, " [prefix length(%u) != length(%zu)] (invalid)",
                                   get16(s.p), length);
            return true;
        }
        g_string_append_c(l->out, ' ');
        s = span_from(s, 2);
    }
    if (length < DNS_HDR_LEN) {
        g_string_append_printf(l->out, "domain [length %zu < %d] (invalid)", length, DNS_HDR_LEN);
        return true;
    }
    if (s.n < DNS_HDR_LEN)
        return false;
    if (!(get16(s.p + 2) & FLAG_QR ? response(l, s) : query(l, s)))
        return false;
    g_string_append_printf(l->out, " (%zu)", length);
    return true;
}
