/*
 * dissect_tcp.c - TCP as tcpdump prints it: flags, numbers (relative to the conversation's first
 * unless -S), options, and what it makes of the applications on ports that it knows.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/dissect_priv.h"

#include "protocols/wire/checksum.h"
#include "protocols/wire/tcp_wire.h"

enum { MAX_RST_TEXT = 30 };
enum {
    FTP_PORT = 21,
    TELNET_PORT = 23,
    SMTP_PORT = 25,
    DNS_PORT = 53,
    HTTP_PORT = 80,
    HTTP_ALT_PORT = 8080
};
enum {
    OPT_EOL = 0,
    OPT_NOP = 1,
    OPT_MSS = 2,
    OPT_WSCALE = 3,
    OPT_SACK_OK = 4,
    OPT_SACK = 5,
    OPT_ECHO = 6,
    OPT_ECHO_REPLY = 7,
    OPT_TIMESTAMPS = 8,
    OPT_CC = 11,
    OPT_CC_NEW = 12,
    OPT_CC_ECHO = 13,
    OPT_MD5 = 19,
    OPT_SCPS = 20,
    OPT_USER_TIMEOUT = 28,
    OPT_AO = 29,
    OPT_FAST_OPEN = 34,
    OPT_EXPERIMENT = 254,
    MD5_LEN = 16,
    EXPERIMENT_TFO = 0xf989 /* RFC 7413 appendix A */
};

static const TokenName option_names[] = {
    { OPT_EOL, "eol" },          { OPT_NOP, "nop" },      { OPT_MSS, "mss" },
    { OPT_WSCALE, "wscale" },    { OPT_SACK_OK, "sackOK" }, { OPT_SACK, "sack" },
    { OPT_ECHO, "echo" },        { OPT_ECHO_REPLY, "echoreply" }, { OPT_TIMESTAMPS, "TS" },
    { OPT_CC, "cc" },            { OPT_CC_NEW, "ccnew" }, { OPT_CC_ECHO, "" },
    { OPT_MD5, "md5" },          { OPT_SCPS, "scps" },    { OPT_USER_TIMEOUT, "uto" },
    { OPT_AO, "tcp-ao" },        { OPT_FAST_OPEN, "tfo" }, { OPT_EXPERIMENT, "exp" },
    { 0, NULL },
};

typedef struct Numbers {
    uint32_t seq, ack;
    uint32_t sack_base; /* to subtract from SACK's edges */
} Numbers;

/* What the conversation's two sides count from. tcpdump starts a conversation at the first segment
 * with ACK, and anew at every SYN with ACK; a SYN alone stays absolute and starts nothing. */
static Numbers relative_numbers(Line *l, const IpAround *ip, const uint8_t *h)
{
    uint16_t sport = get16(h), dport = get16(h + 2);
    Numbers  n = { .seq = get32(h + 4), .ack = get32(h + 8) };
    bool     reverse = sport > dport || (sport == dport && ip->src > ip->dst);
    bool     fresh;

    if (l->opt->absolute || !(h[13] & TCP_ACK))
        return n;
    uint32_t low = reverse ? ip->dst : ip->src, high = reverse ? ip->src : ip->dst;
    uint32_t ports = reverse ? (uint32_t)dport << 16 | sport : (uint32_t)sport << 16 | dport;
    Talk *t = dissector_talk(l->d, low, high, ports, &fresh);
    uint32_t *own = reverse ? &t->ack : &t->seq, *peer = reverse ? &t->seq : &t->ack;
    if (fresh || h[13] & TCP_SYN) {
        *own = n.seq;
        *peer = n.ack - 1;
    } else {
        n.seq -= *own;
        n.ack -= *peer;
    }
    n.sack_base = *peer;
    return n;
}

typedef enum OptionResult { OPTION_OK, OPTION_BAD, OPTION_CUT, OPTION_CUT_VALUE } OptionResult;

static void hex(Line *l, Span v)
{
    for (size_t i = 0; i < v.n; i++)
        g_string_append_printf(l->out, "%02x", v.p[i]);
}

/* `len` is the value's length, of which v was captured. */
static void sack_option(Line *l, Span v, size_t len, uint32_t base)
{
    if (len % 8 != 0) {
        g_string_append(l->out, " invalid sack");
        return;
    }
    g_string_append_printf(l->out, " %zu ", len / 8);
    for (size_t i = 0; i + 8 <= v.n; i += 8)
        g_string_append_printf(l->out, "{%u:%u}", get32(v.p + i) - base, get32(v.p + i + 4) - base);
}

static void fast_open_option(Line *l, Span cookie)
{
    if (cookie.n == 0) {
        g_string_append(l->out, " cookiereq");
    } else if (cookie.n % 2 != 0 || cookie.n < 4 || cookie.n > 16) {
        g_string_append(l->out, " (invalid)");
    } else {
        g_string_append(l->out, " cookie ");
        hex(l, cookie);
    }
}

static void authentication_option(Line *l, Span v)
{
    if (v.n < 2) {
        g_string_append(l->out, " (invalid)");
        return;
    }
    g_string_append_printf(l->out, " keyid %u rnextkeyid %u", v.p[0], v.p[1]);
    if (v.n > 2) {
        g_string_append(l->out, " mac 0x");
        hex(l, span_from(v, 2));
    }
}

/* RFC 5482 §3.3: the first bit says minutes; tcpdump takes the last one for it. */
static void user_timeout_option(Line *l, Span v)
{
    unsigned raw = get16(v.p), seconds = raw & 1 ? (raw >> 1) * 60 : raw >> 1;

    g_string_append_printf(l->out, " 0x%x %u", raw, seconds);
}

/* The length of the value that the kind prescribes; -1: any. */
static int prescribed(uint8_t kind)
{
    switch (kind) {
    case OPT_EOL:
    case OPT_NOP:
    case OPT_SACK_OK:
        return 0;
    case OPT_WSCALE:
        return 1;
    case OPT_MSS:
    case OPT_SCPS:
    case OPT_USER_TIMEOUT:
        return 2;
    case OPT_ECHO:
    case OPT_ECHO_REPLY:
    case OPT_CC:
    case OPT_CC_NEW:
    case OPT_CC_ECHO:
        return 4;
    case OPT_TIMESTAMPS:
        return 8;
    case OPT_MD5:
        return MD5_LEN;
    default:
        return -1;
    }
}

static OptionResult option_value(Line *l, uint8_t kind, Span v, uint32_t sack_base)
{
    switch (kind) {
    case OPT_EOL:
    case OPT_NOP:
    case OPT_SACK_OK:
        break;
    case OPT_MSS:
        g_string_append_printf(l->out, " %u", get16(v.p));
        break;
    case OPT_WSCALE:
        g_string_append_printf(l->out, " %u", v.p[0]);
        break;
    case OPT_SACK:
        sack_option(l, v, v.n, sack_base);
        break;
    case OPT_ECHO:
    case OPT_ECHO_REPLY:
    case OPT_CC:
    case OPT_CC_NEW:
    case OPT_CC_ECHO:
        g_string_append_printf(l->out, " %u", get32(v.p));
        break;
    case OPT_TIMESTAMPS:
        g_string_append_printf(l->out, " val %u ecr %u", get32(v.p), get32(v.p + 4));
        break;
    case OPT_MD5:
        g_string_append(l->out, " shared secret not supplied with -M, can't check - ");
        hex(l, v);
        break;
    case OPT_SCPS:
        g_string_append_printf(l->out, " cap %02x id %u", v.p[0], v.p[1]);
        break;
    case OPT_USER_TIMEOUT:
        user_timeout_option(l, v);
        break;
    case OPT_AO:
        authentication_option(l, v);
        break;
    case OPT_FAST_OPEN:
        g_string_append_c(l->out, ' ');
        fast_open_option(l, v);
        break;
    case OPT_EXPERIMENT:
        if (v.n < 2)
            return OPTION_BAD;
        if (get16(v.p) == EXPERIMENT_TFO) {
            g_string_append(l->out, "-tfo");
            fast_open_option(l, span_from(v, 2));
        } else {
            g_string_append_printf(l->out, "-%04x", get16(v.p));
        }
        break;
    default:
        if (v.n > 0)
            g_string_append(l->out, " 0x");
        hex(l, v);
        break;
    }
    return OPTION_OK;
}

/* What is shown of a value that was not captured whole. */
static void cut_value(Line *l, uint8_t kind, Span v, size_t len, uint32_t sack_base)
{
    if (kind == OPT_SACK) {
        sack_option(l, v, len, sack_base);
    } else if (token_name(option_names, kind) == NULL) {
        g_string_append(l->out, " 0x");
        hex(l, v);
    }
}

/* One option at the start of `o`, which are the bytes captured of the `left` that the header has.
 * *used: how many it took. */
static OptionResult option(Line *l, Span o, size_t left, uint32_t sack_base, size_t *used)
{
    uint8_t kind = o.p[0];
    const char *name = token_name(option_names, kind);
    bool   lone = kind == OPT_EOL || kind == OPT_NOP;
    size_t len = 1, before = lone ? 1 : 2;

    if (!lone) {
        if (o.n < 2)
            return OPTION_CUT;
        len = o.p[1];
        if (len < 2 || len > left)
            return OPTION_BAD;
    }
    if (name != NULL)
        g_string_append(l->out, name);
    else
        g_string_append_printf(l->out, "unknown-%u", kind);

    int    want = prescribed(kind);
    size_t n = want < 0 ? len - before : (size_t)want;
    if (before + n > left)
        return OPTION_BAD;
    if (before + n > o.n) {
        cut_value(l, kind, span_from(o, before), n, sack_base);
        return OPTION_CUT_VALUE;
    }
    OptionResult result = option_value(l, kind, (Span){ o.p + before, n }, sack_base);
    if (result == OPTION_OK && before + n != len)
        g_string_append_printf(l->out, "[len %zu]", len);
    *used = before + n;
    return result;
}

/* False if the line ends here, marked if bytes were missing. */
static bool options(Line *l, Span s, size_t hlen, uint32_t sack_base)
{
    bool any = false;
    size_t at = TCP_HDR_LEN;

    g_string_append(l->out, ", options [");
    while (at < hlen) {
        size_t used = 0;
        OptionResult result = OPTION_CUT;

        if (any)
            g_string_append_c(l->out, ',');
        if (at < s.n)
            result = option(l, span_from(s, at), hlen - at, sack_base, &used);
        if (result == OPTION_BAD) {
            g_string_append(l->out, any ? "[bad opt]]" : "[bad opt]");
            return false;
        }
        if (result == OPTION_CUT || result == OPTION_CUT_VALUE) {
            line_truncated(l);
            g_string_append(l->out, any && result == OPTION_CUT_VALUE ? ">" : "");
            return false;
        }
        any = true;
        if (s.p[at] == OPT_EOL)
            break;
        at += used;
    }
    g_string_append_c(l->out, ']');
    return true;
}

static void reset_text(Line *l, Span data, size_t length)
{
    size_t n = MIN(MIN(length, MAX_RST_TEXT), data.n);

    g_string_append(l->out, data.n >= length ? " [RST" : " [!RST");
    g_string_append(l->out, length > MAX_RST_TEXT ? "+ " : " ");
    for (size_t i = 0; i < n; i++)
        line_char(l, data.p[i]);
    g_string_append_c(l->out, ']');
}

/* One of the ports says what it is; the order is tcpdump's. */
static bool application(Line *l, uint16_t sport, uint16_t dport, Span data, size_t length)
{
    if (sport == TELNET_PORT || dport == TELNET_PORT)
        return dissect_telnet(l, data, length);
    if (sport == SMTP_PORT || dport == SMTP_PORT)
        return dissect_smtp(l, data, length);
    if (sport == HTTP_PORT || dport == HTTP_PORT || sport == HTTP_ALT_PORT ||
        dport == HTTP_ALT_PORT)
        return dissect_http(l, data, length);
    if (sport == FTP_PORT || dport == FTP_PORT)
        return dissect_ftp(l, data, length);
    if (sport == DNS_PORT || dport == DNS_PORT)
        return dissect_dns(l, data, length, true);
    return true;
}

static bool payload(Line *l, Span s, size_t hlen, size_t length)
{
    if (s.n < hlen) {
        g_string_append_printf(l->out, " [remaining caplen(%zu) < header length(%zu)]", s.n, hlen);
        return false;
    }
    Span data = span_from(s, hlen);
    if (s.p[13] & TCP_RST && l->opt->verbose) {
        reset_text(l, data, length);
        return true;
    }
    return application(l, get16(s.p), get16(s.p + 2), data, length);
}

static void checksum(Line *l, Span s, size_t length, const IpAround *ip)
{
    uint32_t pseudo = sum_pseudo(ip_v4(ip->src), ip_v4(ip->sum_dst), ip->proto);
    uint16_t sum = sum_fold(sum_add(pseudo + (uint32_t)length, (Span){ s.p, length }));

    g_string_append_printf(l->out, ", cksum 0x%04x ", get16(s.p + 16));
    if (sum == 0)
        g_string_append(l->out, "(correct)");
    else
        g_string_append_printf(l->out, "(incorrect -> 0x%04x)",
                               checksum_wanted(get16(s.p + 16), sum));
}

bool dissect_tcp(Line *l, Span s, size_t length, const IpAround *ip)
{
    char flags[9];

    l->proto = "tcp";
    if (s.n < 4) {
        line_addr(l, ip->src);
        g_string_append(l->out, " > ");
        line_addr(l, ip->dst);
        g_string_append_c(l->out, ':');
        return false;
    }
    line_ends(l, ip, get16(s.p), get16(s.p + 2));
    if (s.n < TCP_HDR_LEN)
        return false;
    size_t hlen = (size_t)(s.p[12] >> 4) * 4;
    if (hlen < TCP_HDR_LEN) {
        g_string_append_printf(l->out, " tcp %u [bad hdr length %zu - too short, < %d]",
                               (uint32_t)(length - hlen), hlen, TCP_HDR_LEN);
        return true;
    }
    g_string_append_printf(l->out, "Flags [%s]", dissect_tcp_flags(s.p[13], flags));
    Numbers n = relative_numbers(l, ip, s.p);
    if (hlen > length) {
        g_string_append_printf(l->out, " [bad hdr length %zu - too long, > %zu]", hlen, length);
        return true;
    }
    if (l->opt->verbose && !ip->fragment && s.n >= length)
        checksum(l, s, length, ip);
    size_t data = length - hlen;
    if (data > 0 || s.p[13] & (TCP_SYN | TCP_FIN | TCP_RST))
        g_string_append_printf(l->out, ", seq %u", n.seq);
    if (data > 0)
        g_string_append_printf(l->out, ":%u", (uint32_t)(n.seq + data));
    if (s.p[13] & TCP_ACK)
        g_string_append_printf(l->out, ", ack %u", n.ack);
    g_string_append_printf(l->out, ", win %u", get16(s.p + 14));
    if (s.p[13] & TCP_URG)
        g_string_append_printf(l->out, ", urg %u", get16(s.p + 18));
    if (hlen > TCP_HDR_LEN && !options(l, s, hlen, n.sack_base))
        return true;
    g_string_append_printf(l->out, ", length %zu", data);
    return data == 0 || payload(l, s, hlen, data);
}
