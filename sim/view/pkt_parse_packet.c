/*
 * pkt_parse_packet.c - packets as packetdrill's scripts write them, TCP, UDP and ICMP over IPv4.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/icmp_wire.h"
#include "protocols/wire/ipv4_wire.h"
#include "protocols/wire/tcp_wire.h"
#include "sim/view/pkt_priv.h"

#include <string.h>

enum { /* kinds of TCP options, as IANA numbers them */
    KIND_EOL = 0, KIND_NOP = 1, KIND_MSS = 2, KIND_WSCALE = 3, KIND_SACK_OK = 4, KIND_SACK = 5,
    KIND_TS = 8, KIND_FAST_OPEN = 34, KIND_EXPERIMENT = 254
};
enum { FAST_OPEN_MAGIC = 0xf989 }; /* RFC 7413 appendix A */

static const struct {
    const char *name;
    uint8_t     type;
} icmp_types[] = {
    { "echo_reply", ICMP_ECHO_REPLY },
    { "unreachable", ICMP_UNREACHABLE },
    { "source_quench", ICMP_SOURCE_QUENCH },
    { "redirect", ICMP_REDIRECT },
    { "echo_request", ICMP_ECHO },
    { "time_exceeded", ICMP_TIME_EXCEEDED },
    { "parameter_problem", ICMP_PARAMETER_PROBLEM },
    { "timestamp_request", ICMP_TIMESTAMP },
    { "timestamp_reply", ICMP_TIMESTAMP_REPLY },
};

static const char *const unreachable_codes[] = { /* by number: RFC 792, 1122 §3.2.2.1, 1812 */
    "net_unreachable", "host_unreachable", "protocol_unreachable", "port_unreachable",
    "frag_needed", "source_route_failed", "net_unknown", "host_unknown", "source_host_isolated",
    "net_prohibited", "host_prohibited", "net_unreachable_for_tos", "host_unreachable_for_tos",
    "packet_filtered", "precedence_violation", "precedence_cutoff",
};

static const char *const exceeded_codes[] = { /* FreeBSD's packetdrill */
    "ttl_exceeded_in_transit", "fragment_reassembly_time_exceeded",
};

/* --- what stands in brackets about IP --------------------------------------------------------- */

static bool take_addr(PktReader *r, IpAddr *out)
{
    /* An address is no word of its own: it is read from the text itself. */
    const char *from = r->start;
    size_t n = strspn(from, "0123456789.");
    g_autofree char *text = g_strndup(from, n);

    if (!ip_parse(text, out))
        return pkt_fail(r, "'%s' is not an IPv4 address", text);
    r->p = from + n;
    pkt_next(r);
    return true;
}

static bool take_ip_info(PktReader *r, PktPacket *p)
{
    static const char *const ecn[] = { "noecn", "ect1", "ect0", "ce" }; /* RFC 3168 §5 */
    int64_t n;

    for (uint8_t i = 0; i < G_N_ELEMENTS(ecn); i++)
        if (pkt_is_word(r, ecn[i])) {
            p->tos_check = PKT_TOS_ECN;
            p->tos = i;
            pkt_next(r);
            return true;
        }
    if (pkt_is_word(r, "flowlabel"))
        return pkt_lacks(r, "IPv6");
    g_autofree char *word = g_strdup(r->text->str);
    pkt_next(r);
    if (strcmp(word, "ect01") == 0) {
        p->tos_check = PKT_TOS_ECT01;
    } else if (strcmp(word, "tos") == 0) {
        p->tos_check = PKT_TOS_BYTE;
        if (!pkt_take_int(r, 255, &n, "tos"))
            return false;
        p->tos = (uint8_t)n;
    } else if (strcmp(word, "ttl") == 0) {
        if (!pkt_take_int(r, 255, &n, "ttl"))
            return false;
        p->ttl = (uint8_t)n;
    } else if (strcmp(word, "badsum") == 0) {
        p->bad_sum = true;
    } else if (strcmp(word, "reserved") == 0) {
        if (!pkt_take_int(r, 15, &n, "reserved"))
            return false;
        p->reserved = (uint8_t)n;
    } else if (strcmp(word, "src") == 0) {
        return take_addr(r, &p->src);
    } else if (strcmp(word, "dst") == 0) {
        return take_addr(r, &p->dst);
    } else {
        return pkt_fail(r, "unknown word '%s' in the brackets", word);
    }
    return true;
}

static bool take_brackets(PktReader *r, PktPacket *p)
{
    if (!pkt_is_char(r, '(') && !pkt_is_char(r, '['))
        return true;
    char close = r->c == '(' ? ')' : ']';
    do {
        pkt_next(r);
        if (!take_ip_info(r, p))
            return false;
    } while (pkt_is_char(r, ','));
    return pkt_take_char(r, close);
}

static bool take_ports(PktReader *r, PktPacket *p)
{
    int64_t src, dst;

    if (r->kind != TOK_INT)
        return true;
    if (!pkt_take_int(r, 65535, &src, "port") || !pkt_take_char(r, '>') ||
        !pkt_take_int(r, 65535, &dst, "port"))
        return false;
    p->src_port = (uint16_t)src;
    p->dst_port = (uint16_t)dst;
    return true;
}

/* --- TCP -------------------------------------------------------------------------------------- */

static bool take_flags(PktReader *r, PktPacket *p)
{
    static const char letters[] = "FSRP.UEW"; /* in the order of their bits */
    bool any = false;

    if (r->kind == TOK_FLOAT || (r->kind == TOK_WORD && strpbrk(r->text->str, "A0123456789")))
        return pkt_lacks(r, "Accurate ECN (RFC 9768)");
    if (pkt_is_char(r, '-')) {
        pkt_next(r);
        return true;
    }
    while (r->kind == TOK_WORD || pkt_is_char(r, '.')) {
        const char *s = r->kind == TOK_WORD ? r->text->str : ".";
        for (; *s != '\0'; s++) {
            const char *at = strchr(letters, *s);
            if (at == NULL)
                return pkt_fail(r, "unknown flag '%c' (flags: F S R P . U E W, or -)", *s);
            p->flags |= (uint8_t)(1 << (at - letters));
        }
        any = true;
        pkt_next(r);
    }
    return any || pkt_fail(r, "flags expected");
}

static bool take_seq(PktReader *r, uint32_t *seq, size_t *len)
{
    int64_t from, to, n;

    if (r->kind == TOK_ELLIPSIS)
        return pkt_lacks(r, "a sequence number that is not said");
    if (!pkt_take_int(r, UINT32_MAX, &from, "the first sequence number") ||
        !pkt_take_char(r, ':') ||
        !pkt_take_int(r, UINT32_MAX, &to, "the sequence number behind the last") ||
        !pkt_take_char(r, '(') || !pkt_take_int(r, 65535, &n, "the length") ||
        !pkt_take_char(r, ')'))
        return false;
    if (pkt_is_char(r, '!'))
        return pkt_lacks(r, "a sequence number of the host's own");
    if ((uint32_t)(from + n) != (uint32_t)to)
        return pkt_fail(r, "the sequence numbers are not as far apart as the length says");
    *seq = (uint32_t)from;
    *len = (size_t)n;
    return true;
}

/* Room for n more bytes of options; NULL if they do not fit. */
static uint8_t *room(PktReader *r, PktPacket *p, size_t n)
{
    if (p->n_opt + n > PKT_OPTIONS_MAX) {
        pkt_fail(r, "more than %d bytes of options", PKT_OPTIONS_MAX);
        return NULL;
    }
    uint8_t *at = p->opt + p->n_opt;
    p->n_opt = (uint8_t)(p->n_opt + n);
    return at;
}

/* An option of n bytes, kind and length written. */
static uint8_t *option(PktReader *r, PktPacket *p, uint8_t kind, size_t n)
{
    uint8_t *at = room(r, p, n);

    if (at != NULL)
        at[0] = kind;
    if (at != NULL && n > 1)
        at[1] = (uint8_t)n;
    return at;
}

static bool option_sack(PktReader *r, PktPacket *p)
{
    uint8_t *at = option(r, p, KIND_SACK, 2);
    uint8_t *head = at;
    int64_t left, right;

    while (at != NULL && r->kind == TOK_INT) {
        if (!pkt_take_int(r, UINT32_MAX, &left, "the block's left edge") ||
            !pkt_take_char(r, ':') ||
            !pkt_take_int(r, UINT32_MAX, &right, "the block's right edge"))
            return false;
        at = room(r, p, 8);
        if (at == NULL)
            return false;
        put32(at, (uint32_t)left);
        put32(at + 4, (uint32_t)right);
        head[1] = (uint8_t)(head[1] + 8);
    }
    return at != NULL;
}

static bool option_ts(PktReader *r, PktPacket *p)
{
    uint8_t *at = option(r, p, KIND_TS, 10);
    static const char *const words[] = { "val", "ecr" };

    for (int i = 0; at != NULL && i < 2; i++) {
        int64_t n;
        if (!pkt_is_word(r, words[i]))
            return pkt_fail(r, "TS val N ecr N expected");
        pkt_next(r);
        if (!pkt_take_int(r, UINT32_MAX, &n, words[i]))
            return false;
        put32(at + 2 + 4 * i, (uint32_t)n);
    }
    return at != NULL;
}

/* "kind N HEX": any option by its number; "raw HEX": bytes as they are. */
static bool option_foreign(PktReader *r, PktPacket *p, bool raw)
{
    uint8_t data[PKT_OPTIONS_MAX];
    int64_t kind = 0;
    size_t n = 0;

    if (!raw && !pkt_take_int(r, 255, &kind, "the option's kind"))
        return false;
    if ((r->kind == TOK_WORD || r->kind == TOK_INT) && !pkt_take_hex(r, data, sizeof data, &n))
        return false;
    uint8_t *at = raw ? room(r, p, n) : option(r, p, (uint8_t)kind, 2 + n);
    if (at == NULL)
        return false;
    memcpy(raw ? at : at + 2, data, n);
    return true;
}

static bool option_number(PktReader *r, PktPacket *p, uint8_t kind, size_t n, int64_t max)
{
    int64_t v;

    if (!pkt_take_int(r, max, &v, "the option's value"))
        return false;
    uint8_t *at = option(r, p, kind, n);
    if (at == NULL)
        return false;
    if (n == 4)
        put16(at + 2, (uint16_t)v);
    else
        at[2] = (uint8_t)v;
    return true;
}

/* "FO", "FO HEX", "FO TFO_COOKIE"; FOEXP: as the experiment had it, RFC 7413 appendix A. */
static bool option_fast_open(PktReader *r, PktPacket *p, bool experiment)
{
    size_t head = experiment ? 4 : 2, n = 0;
    uint8_t cookie[PKT_OPTIONS_MAX] = { 0 };
    bool named = pkt_is_word(r, "TFO_COOKIE");

    if (named) {
        n = PKT_COOKIE_LEN;
        pkt_next(r);
    } else if ((r->kind == TOK_WORD || r->kind == TOK_INT) &&
               !pkt_take_hex(r, cookie, sizeof cookie, &n)) {
        return false;
    }
    uint8_t *at = option(r, p, experiment ? KIND_EXPERIMENT : KIND_FAST_OPEN, head + n);
    if (at == NULL)
        return false;
    if (experiment)
        put16(at + 2, FAST_OPEN_MAGIC);
    memcpy(at + head, cookie, n);
    if (named)
        p->cookie_at = (uint8_t)(at + head - p->opt);
    return true;
}

static bool take_option(PktReader *r, PktPacket *p)
{
    g_autofree char *name = g_strdup(r->text->str);

    if (r->kind != TOK_WORD)
        return pkt_fail(r, "the name of an option expected");
    pkt_next(r);
    if (strcmp(name, "nop") == 0)
        return option(r, p, KIND_NOP, 1) != NULL;
    if (strcmp(name, "eol") == 0)
        return option(r, p, KIND_EOL, 1) != NULL;
    if (strcmp(name, "sackOK") == 0)
        return option(r, p, KIND_SACK_OK, 2) != NULL;
    if (strcmp(name, "mss") == 0)
        return option_number(r, p, KIND_MSS, 4, 65535);
    if (strcmp(name, "wscale") == 0)
        return option_number(r, p, KIND_WSCALE, 3, 255);
    if (strcmp(name, "sack") == 0)
        return option_sack(r, p);
    if (strcmp(name, "TS") == 0)
        return option_ts(r, p);
    if (strcmp(name, "kind") == 0 || strcmp(name, "raw") == 0)
        return option_foreign(r, p, name[0] == 'r');
    if (strcmp(name, "FO") == 0 || strcmp(name, "FOEXP") == 0)
        return option_fast_open(r, p, name[2] != '\0');
    if (strcmp(name, "md5") == 0)
        return pkt_lacks(r, "TCP MD5 signatures (RFC 2385)");
    if (strcmp(name, "ECN") == 0)
        return pkt_lacks(r, "Accurate ECN (RFC 9768)");
    return pkt_fail(r, "unknown TCP option '%s'", name);
}

static bool take_options(PktReader *r, PktPacket *p)
{
    if (!pkt_is_char(r, '<'))
        return true;
    pkt_next(r);
    if (r->kind == TOK_ELLIPSIS) {
        p->any_options = true;
        pkt_next(r);
        return pkt_take_char(r, '>');
    }
    if (!pkt_is_char(r, '>') && !take_option(r, p))
        return false;
    while (pkt_is_char(r, ',')) {
        pkt_next(r);
        if (!take_option(r, p))
            return false;
    }
    while (p->n_opt % 4 != 0) /* the header ends on a 32-bit boundary: RFC 9293 §3.1 */
        p->opt[p->n_opt++] = KIND_EOL;
    return pkt_take_char(r, '>');
}

static bool take_tcp(PktReader *r, PktPacket *p)
{
    int64_t n;

    p->proto = IPPROTO_TCP4;
    if (!take_ports(r, p) || !take_flags(r, p) || !take_seq(r, &p->seq, &p->len))
        return false;
    if (pkt_is_word(r, "ack")) {
        pkt_next(r);
        if (!pkt_take_int(r, UINT32_MAX, &n, "ack"))
            return false;
        p->ack = (uint32_t)n;
    }
    if (pkt_is_word(r, "win")) {
        pkt_next(r);
        if (!pkt_take_int(r, 65535, &n, "win"))
            return false;
        p->win = (uint16_t)n;
        p->has_win = true;
    }
    if (pkt_is_word(r, "urg")) {
        pkt_next(r);
        if (!pkt_take_int(r, 65535, &n, "urg"))
            return false;
        p->urg = (uint16_t)n;
    }
    if (!take_options(r, p))
        return false;
    if (p->inbound && p->any_options)
        return pkt_fail(r, "the options of an inbound packet must be said");
    if (p->inbound && !p->has_win && (p->flags & TCP_RST) == 0)
        return pkt_fail(r, "an inbound packet needs its window");
    return true;
}

/* --- UDP, ICMP -------------------------------------------------------------------------------- */

static bool take_udp(PktReader *r, PktPacket *p)
{
    int64_t n;

    p->proto = IPPROTO_UDP4;
    pkt_next(r);
    if (!take_ports(r, p) || !pkt_take_char(r, '(') ||
        !pkt_take_int(r, 65507, &n, "the payload's length") || !pkt_take_char(r, ')'))
        return false;
    p->len = (size_t)n;
    return true;
}

static bool take_icmp_code(PktReader *r, PktPacket *p)
{
    for (uint8_t i = 0; i < G_N_ELEMENTS(exceeded_codes); i++)
        if (p->type == ICMP_TIME_EXCEEDED && pkt_is_word(r, exceeded_codes[i])) {
            p->code = i;
            pkt_next(r);
            return true;
        }
    if (p->type != ICMP_UNREACHABLE || r->kind != TOK_WORD || pkt_is_word(r, "mtu"))
        return true;
    for (uint8_t i = 0; i < G_N_ELEMENTS(unreachable_codes); i++)
        if (pkt_is_word(r, unreachable_codes[i])) {
            p->code = i;
            pkt_next(r);
            return true;
        }
    return pkt_fail(r, "unknown code '%s' of an unreachable", r->text->str);
}

static bool take_quoted(PktReader *r, PktPacket *p)
{
    int64_t n;

    if (!pkt_is_char(r, '['))
        return true;
    pkt_next(r);
    if (pkt_is_word(r, "udp") || pkt_is_word(r, "raw")) {
        p->quoted = pkt_is_word(r, "udp") ? IPPROTO_UDP4 : 255;
        if (p->quoted == 255)
            return pkt_lacks(r, "raw sockets");
        pkt_next(r);
        if (!pkt_take_char(r, '(') || !pkt_take_int(r, 65507, &n, "the length") ||
            !pkt_take_char(r, ')'))
            return false;
        p->quoted_len = (size_t)n;
    } else {
        p->quoted = IPPROTO_TCP4;
        if (!take_seq(r, &p->quoted_seq, &p->quoted_len))
            return false;
    }
    return pkt_take_char(r, ']');
}

static bool take_icmp(PktReader *r, PktPacket *p)
{
    bool known = false;
    int64_t n;

    p->proto = IPPROTO_ICMP4;
    pkt_next(r);
    for (size_t i = 0; i < G_N_ELEMENTS(icmp_types) && !known; i++)
        if (pkt_is_word(r, icmp_types[i].name)) {
            p->type = icmp_types[i].type;
            known = true;
        }
    if (pkt_is_word(r, "packet_too_big"))
        return pkt_lacks(r, "IPv6"); /* its ICMP's */
    if (!known)
        return pkt_fail(r, "unknown type '%s' of an ICMP message", r->text->str);
    pkt_next(r);
    if (!take_icmp_code(r, p))
        return false;
    if (pkt_is_word(r, "mtu") || pkt_is_word(r, "id")) {
        unsigned shift = pkt_is_word(r, "id") ? 16 : 0;
        pkt_next(r);
        if (!pkt_take_int(r, 65535, &n, shift ? "id" : "mtu"))
            return false;
        p->rest = (uint32_t)n << shift;
        p->has_rest = true;
    }
    return take_quoted(r, p);
}

bool pkt_parse_packet(PktReader *r, PktPacket *p)
{
    *p = (PktPacket){ .inbound = pkt_is_char(r, '<'), .src = IP_NONE, .dst = IP_NONE };
    pkt_next(r);
    if (pkt_is_word(r, "ipv4") || pkt_is_word(r, "gre") || pkt_is_word(r, "GREv0") ||
        pkt_is_word(r, "mpls"))
        return pkt_lacks(r, "tunnels");
    if (pkt_is_word(r, "ipv6"))
        return pkt_lacks(r, "IPv6");
    if (!take_brackets(r, p))
        return false;
    if (pkt_is_word(r, "encap"))
        return pkt_lacks(r, "PSP encryption");
    if (pkt_is_word(r, "udp"))
        return take_udp(r, p);
    if (pkt_is_word(r, "icmp"))
        return take_icmp(r, p);
    return take_tcp(r, p);
}
