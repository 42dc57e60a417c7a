/*
 * dissect_icmp.c - ICMP as tcpdump words it; with -v the quoted datagram on a line of its own.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/dissect_priv.h"

#include "protocols/wire/checksum.h"
#include "protocols/wire/icmp_wire.h"
#include "protocols/wire/ipv4_wire.h"

enum {
    ICMP_ROUTER_ADVERTISEMENT = 9,
    ICMP_MASK_REPLY = 18,
    QUOTE = ICMP_HDR_LEN,     /* where the quoted datagram begins */
    QUOTE_PROTO = QUOTE + 9,
    QUOTE_DST = QUOTE + 16,
    EXTENSION = 136           /* where a multi-part extension begins, RFC 4884 §5 */
};

static const TokenName plain[] = {
    { ICMP_SOURCE_QUENCH, "source quench" },
    { 10, "router solicitation" },
    { 15, "information request" },
    { 16, "information reply" },
    { 17, "address mask request" },
    { 0, NULL },
};

/* Around the unreachable destination's address. */
static const struct {
    const char *before, *after;
} unreachable[] = {
    [ICMP_NET_UNREACHABLE] = { "net ", " unreachable" },
    [ICMP_HOST_UNREACHABLE] = { "host ", " unreachable" },
    [ICMP_SOURCE_ROUTE_FAILED] = { "", " unreachable - source route failed" },
    [6] = { "net ", " unreachable - unknown" },
    [7] = { "host ", " unreachable - unknown" },
    [8] = { "", " unreachable - source host isolated" },
    [9] = { "net ", " unreachable - admin prohibited" },
    [10] = { "host ", " unreachable - admin prohibited" },
    [11] = { "net ", " unreachable - tos prohibited" },
    [12] = { "host ", " unreachable - tos prohibited" },
    [ICMP_ADMIN_PROHIBITED] = { "host ", " unreachable - admin prohibited filter" },
    [14] = { "host ", " unreachable - host precedence violation" },
    [15] = { "host ", " unreachable - precedence cutoff" },
};

/* The texts are made apart, as tcpdump does: one that is cut short leaves nothing behind. */
static bool port_unreachable(Line *l, Span s, GString *text)
{
    if (s.n < QUOTE + 1)
        return false;
    size_t ports = QUOTE + (s.p[QUOTE] & 15u) * 4u;
    if (s.n < QUOTE_DST + 4 || s.n < ports + 4)
        return false;
    uint8_t  proto = s.p[QUOTE_PROTO];
    uint16_t dport = get16(s.p + ports + 2);

    line_addr(l, get32(s.p + QUOTE_DST));
    if (proto == IPPROTO_TCP4 || proto == IPPROTO_UDP4)
        g_string_append_printf(text, " %s port %u unreachable",
                               proto == IPPROTO_TCP4 ? "tcp" : "udp", dport);
    else
        g_string_append_printf(text, " protocol %u port %u unreachable", proto, dport);
    return true;
}

static bool unreachable_text(Line *l, Span s, GString *text)
{
    uint8_t code = s.p[1];

    if (code == ICMP_PORT_UNREACHABLE)
        return port_unreachable(l, s, text);
    if (s.n < QUOTE_DST + 4)
        return false;
    if (code < G_N_ELEMENTS(unreachable) && unreachable[code].before != NULL)
        g_string_append(text, unreachable[code].before);
    line_addr(l, get32(s.p + QUOTE_DST));
    if (code == ICMP_PROTOCOL_UNREACHABLE)
        g_string_append_printf(text, " protocol %u unreachable", s.p[QUOTE_PROTO]);
    else if (code == ICMP_FRAG_NEEDED && get16(s.p + 6) != 0)
        g_string_append_printf(text, " unreachable - need to frag (mtu %u)", get16(s.p + 6));
    else if (code == ICMP_FRAG_NEEDED)
        g_string_append(text, " unreachable - need to frag");
    else if (code < G_N_ELEMENTS(unreachable))
        g_string_append(text, unreachable[code].after);
    else
        g_string_append_printf(text, " unreachable - #%u", code);
    return true;
}

static bool redirect_text(Line *l, Span s, GString *text)
{
    static const char *const kinds[] = { "redirect ", "redirect ", "redirect-tos ",
                                         "redirect-tos " };
    static const char *const to[] = { " to net ", " to host ", " to net ", " to host " };
    uint8_t code = s.p[1];

    if (s.n < QUOTE_DST + 4)
        return false;
    if (code < G_N_ELEMENTS(kinds))
        g_string_append(text, kinds[code]);
    else
        g_string_append_printf(text, "redirect-#%u ", code);
    line_addr(l, get32(s.p + QUOTE_DST));
    g_string_append(text, code < G_N_ELEMENTS(to) ? to[code] : " to ");
    line_addr(l, get32(s.p + 4));
    return true;
}

static bool advertisement_text(Line *l, Span s, GString *text)
{
    if (s.n < ICMP_HDR_LEN)
        return false;
    unsigned life = get16(s.p + 6);

    g_string_append(text, "router advertisement lifetime ");
    if (life < 60)
        g_string_append_printf(text, "%u", life);
    else if (life < 3600)
        g_string_append_printf(text, "%u:%02u", life / 60, life % 60);
    else
        g_string_append_printf(text, "%u:%02u:%02u", life / 3600, life % 3600 / 60, life % 60);
    g_string_append_printf(text, " %u:", s.p[4]);
    if (s.p[5] != 2) {
        g_string_append_printf(text, " [size %u]", s.p[5]);
        return true;
    }
    for (size_t i = 0, at = ICMP_HDR_LEN; i < s.p[4]; i++, at += 8) {
        if (s.n < at + 8)
            return false;
        g_string_append(text, " {");
        line_addr(l, get32(s.p + at));
        g_string_append_printf(text, " %u}", get32(s.p + at + 4));
    }
    return true;
}

static void clock_text(GString *text, const char *label, uint32_t ms)
{
    uint32_t s = ms / 1000;

    g_string_append_printf(text, "%s%02u:%02u:%02u.%03u", label, s / 3600, s / 60 % 60, s % 60,
                           ms % 1000);
}

static bool timestamp_text(Span s, GString *text)
{
    bool reply = s.p[0] == ICMP_TIMESTAMP_REPLY;

    if (s.n < (reply ? ICMP_HDR_LEN + 12u : ICMP_HDR_LEN))
        return false;
    g_string_append_printf(text, "time stamp %s id %u seq %u", reply ? "reply" : "query",
                           get16(s.p + 4), get16(s.p + 6));
    if (reply) {
        clock_text(text, ": org ", get32(s.p + 8));
        clock_text(text, ", recv ", get32(s.p + 12));
        clock_text(text, ", xmit ", get32(s.p + 16));
    }
    return true;
}

static bool time_exceeded_text(Span s, GString *text)
{
    if (s.n < QUOTE_DST + 4)
        return false;
    if (s.p[1] == ICMP_TTL_EXCEEDED)
        g_string_append(text, "time exceeded in-transit");
    else if (s.p[1] == ICMP_REASSEMBLY_EXCEEDED)
        g_string_append(text, "ip reassembly time exceeded");
    else
        g_string_append_printf(text, "time exceeded-#%u", s.p[1]);
    return true;
}

static bool message_text(Line *l, Span s, GString *text)
{
    switch (s.p[0]) {
    case ICMP_ECHO:
    case ICMP_ECHO_REPLY:
        if (s.n < ICMP_HDR_LEN)
            return false;
        g_string_append_printf(text, "echo %s, id %u, seq %u",
                               s.p[0] == ICMP_ECHO ? "request" : "reply", get16(s.p + 4),
                               get16(s.p + 6));
        return true;
    case ICMP_UNREACHABLE:
        return unreachable_text(l, s, text);
    case ICMP_REDIRECT:
        return redirect_text(l, s, text);
    case ICMP_ROUTER_ADVERTISEMENT:
        return advertisement_text(l, s, text);
    case ICMP_TIME_EXCEEDED:
        return time_exceeded_text(s, text);
    case ICMP_PARAMETER_PROBLEM:
        if (s.p[1] != 0)
            g_string_append_printf(text, "parameter problem - code %u", s.p[1]);
        else if (s.n > 4)
            g_string_append_printf(text, "parameter problem - octet %u", s.p[4]);
        return s.p[1] != 0 || s.n > 4;
    case ICMP_TIMESTAMP:
    case ICMP_TIMESTAMP_REPLY:
        return timestamp_text(s, text);
    case ICMP_MASK_REPLY:
        if (s.n >= 12)
            g_string_append_printf(text, "address mask is 0x%08x", get32(s.p + 8));
        return s.n >= 12;
    default:
        if (token_name(plain, s.p[0]) != NULL)
            g_string_append(text, token_name(plain, s.p[0]));
        else
            g_string_append_printf(text, "type-#%u", s.p[0]);
        return true;
    }
}

/* RFC 4884. The objects inside are not decoded. */
static bool extension(Line *l, Span s, size_t length)
{
    if (s.n < EXTENSION + 5)
        return false;
    Span ext = span_from(s, EXTENSION);
    bool whole = s.n >= length;
    bool right = whole && sum_fold(sum_add(0, (Span){ ext.p, length - EXTENSION })) == 0;

    if (s.p[5] == 0 && whole && !right)
        return true;
    g_string_append_printf(l->out, "\n\tICMP Multi-Part extension v%d", ext.p[0] >> 4);
    if (ext.p[0] >> 4 != 2)
        g_string_append(l->out, " packet not supported");
    else if (whole)
        g_string_append_printf(l->out, ", checksum 0x%04x (%scorrect), length %zu",
                               get16(ext.p + 2), right ? "" : "in", length - EXTENSION);
    return true;
}

static bool verbose_rest(Line *l, Span s, size_t length, bool fragment)
{
    uint8_t type = s.p[0];
    bool    extensible = type == ICMP_UNREACHABLE || type == ICMP_TIME_EXCEEDED ||
                      type == ICMP_PARAMETER_PROBLEM;

    if (!fragment && s.n >= length) {
        uint16_t sum = sum_fold(sum_add(0, (Span){ s.p, length }));
        if (sum != 0 && s.n < 4)
            return false;
        if (sum != 0)
            g_string_append_printf(l->out, " (wrong icmp cksum %x (->%x)!)", get16(s.p + 2),
                                   checksum_wanted(get16(s.p + 2), sum));
    }
    if (extensible || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT) {
        g_string_append(l->out, "\n\t");
        if (s.n < QUOTE + 4)
            return false;
        Span   quoted = span_from(s, QUOTE);
        size_t total = get16(quoted.p + 2);
        quoted.n = MIN(quoted.n, total);
        if (!dissect_ipv4(l, quoted, total))
            return false;
    }
    l->proto = "icmp";
    return !extensible || length <= EXTENSION || extension(l, s, length);
}

bool dissect_icmp(Line *l, Span s, size_t length, bool fragment)
{
    GString *out = l->out;

    l->proto = "icmp";
    if (s.n < 2)
        return false;
    l->out = g_string_new(NULL);
    bool done = message_text(l, s, l->out);
    if (done)
        g_string_append_printf(out, "ICMP %s, length %zu", l->out->str, length);
    g_string_free(l->out, TRUE);
    l->out = out;
    return done && (!l->opt->verbose || verbose_rest(l, s, length, fragment));
}
