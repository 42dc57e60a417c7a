/*
 * tcp_wire.c - the TCP header and its options, RFC 9293 §3.1, 7323 §2-3, 2018 §2-3,
 * 7413 §4.1.1.
 *
 *    0      2      4     8     12        14       16         18       20
 *    | src  | dst  | seq | ack | off,flg | window | checksum | urgent | options ...
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/tcp_wire.h"

#include "protocols/wire/checksum.h"

#include <string.h>

enum {
    OPT_END,
    OPT_NOP,
    OPT_MSS,
    OPT_WSCALE,
    OPT_SACK_PERMITTED,
    OPT_SACK,
    OPT_TIMESTAMPS = 8,
    OPT_UTO = 28,
    OPT_FAST_OPEN = 34,
    OPT_EXPERIMENT = 254
};

enum { FAST_OPEN_MAGIC = 0xf989 }; /* of the experiment: RFC 7413 appendix A */

enum {
    LEN_MSS = 4,
    LEN_WSCALE = 3,
    LEN_SACK_PERMITTED = 2,
    LEN_SACK_BLOCK = 8,
    LEN_TIMESTAMPS = 10,
    LEN_UTO = 4,
    LEN_FAST_OPEN = 2,  /* and the cookie */
    LEN_EXPERIMENT = 4
};

/* How the options stand. Those that fit in 40 bytes only without alignment do without it. */
typedef struct Layout {
    bool     aligned;
    unsigned n_sack;
    size_t   len; /* a multiple of 4 */
} Layout;

/* The length that an option of this kind must have; 0 for those of any length. */
static size_t option_len(uint8_t kind)
{
    switch (kind) {
    case OPT_MSS:
        return LEN_MSS;
    case OPT_WSCALE:
        return LEN_WSCALE;
    case OPT_SACK_PERMITTED:
        return LEN_SACK_PERMITTED;
    case OPT_TIMESTAMPS:
        return LEN_TIMESTAMPS;
    case OPT_UTO:
        return LEN_UTO;
    default:
        return 0;
    }
}

/* RFC 7413 §2: a cookie that cannot be one is passed over with its option. */
static void take_fast_open(TcpOptions *o, Span cookie, bool experimental)
{
    if (cookie.n % 2 != 0 || cookie.n > TCP_FASTOPEN_MAX ||
        (cookie.n > 0 && cookie.n < TCP_FASTOPEN_MIN))
        return;
    o->fastopen = (TcpFastOpen){ .present = true, .experimental = experimental,
                                 .n = (uint8_t)cookie.n };
    if (cookie.n > 0)
        memcpy(o->fastopen.cookie, cookie.p, cookie.n);
}

/* One option, p[0] its kind and `len` its length, all of it present. False if it is malformed. */
static bool take_option(TcpOptions *o, const uint8_t *p, size_t len)
{
    size_t must = option_len(p[0]);

    if (must != 0 && len != must)
        return false;
    switch (p[0]) {
    case OPT_MSS:
        o->has_mss = true;
        o->mss = get16(p + 2);
        return true;
    case OPT_WSCALE:
        o->has_wscale = true;
        o->wscale = p[2];
        return true;
    case OPT_SACK_PERMITTED:
        o->sack_permitted = true;
        return true;
    case OPT_SACK:
        if (len < 2 + LEN_SACK_BLOCK || (len - 2) % LEN_SACK_BLOCK != 0)
            return false;
        o->n_sack = 0;
        for (const uint8_t *b = p + 2; b < p + len; b += LEN_SACK_BLOCK)
            o->sack[o->n_sack++] = (TcpSackBlock){ get32(b), get32(b + 4) };
        return true;
    case OPT_TIMESTAMPS:
        o->has_timestamps = true;
        o->ts_val = get32(p + 2);
        o->ts_ecr = get32(p + 6);
        return true;
    case OPT_UTO:
        o->has_uto = true;
        o->uto = get16(p + 2);
        return true;
    case OPT_FAST_OPEN:
        take_fast_open(o, (Span){ p + LEN_FAST_OPEN, len - LEN_FAST_OPEN }, false);
        return true;
    case OPT_EXPERIMENT:
        if (len >= LEN_EXPERIMENT && get16(p + 2) == FAST_OPEN_MAGIC)
            take_fast_open(o, (Span){ p + LEN_EXPERIMENT, len - LEN_EXPERIMENT }, true);
        return true;
    default:
        return true; /* RFC 9293 §3.1, MUST-6: an unknown one is passed over by its length */
    }
}

/* RFC 9293 §3.1, MUST-7: a length of zero, one or beyond the header must not harm. */
static void decode_options(TcpOptions *o, const uint8_t *p, const uint8_t *end)
{
    while (p < end && p[0] != OPT_END) {
        if (p[0] == OPT_NOP) {
            p++;
            continue;
        }
        if (end - p < 2 || p[1] < 2 || p[1] > end - p || !take_option(o, p, p[1]))
            return;
        p += p[1];
    }
}

/* What stands in TCP_STAMPED_LEN bytes in front of the values. */
enum {
    STAMPED = OPT_NOP << 24 | OPT_NOP << 16 | OPT_TIMESTAMPS << 8 | LEN_TIMESTAMPS
};

DropReason tcp_decode_header(TcpHdr *h, Span segment)
{
    const uint8_t *p = segment.p;

    if (segment.n < TCP_HDR_LEN)
        return DROP_TCP_SHORT;
    size_t len = (size_t)(p[12] >> 4) * 4;
    if (len < TCP_HDR_LEN || len > segment.n)
        return DROP_TCP_HEADER_LEN;
    *h = (TcpHdr){
        .src_port = get16(p),
        .dst_port = get16(p + 2),
        .seq = get32(p + 4),
        .ack = get32(p + 8),
        .header_len = (uint8_t)len,
        .reserved = p[12] & 15,
        .flags = p[13],
        .window = get16(p + 14),
        .checksum = get16(p + 16),
        .urgent = get16(p + 18),
    };
    if (len == TCP_HDR_LEN + TCP_STAMPED_LEN && get32(p + TCP_HDR_LEN) == STAMPED) {
        h->opt.has_timestamps = true;
        h->opt.ts_val = get32(p + TCP_HDR_LEN + 4);
        h->opt.ts_ecr = get32(p + TCP_HDR_LEN + 8);
    } else {
        decode_options(&h->opt, p + TCP_HDR_LEN, p + len);
    }
    return DROP_NONE;
}

DropReason tcp_decode(TcpHdr *h, Span segment, uint32_t pseudo)
{
    DropReason why = tcp_decode_header(h, segment);

    if (why != DROP_NONE)
        return why;
    if (sum_fold(sum_add(pseudo + (uint32_t)segment.n, segment)) != 0)
        return DROP_TCP_CHECKSUM;
    return DROP_NONE;
}

static size_t fast_open_len(const TcpFastOpen *f, bool aligned)
{
    size_t len = (f->experimental ? LEN_EXPERIMENT : LEN_FAST_OPEN) + (size_t)f->n;

    if (!f->present)
        return 0;
    return aligned ? (len + 3) & ~(size_t)3 : len;
}

static size_t options_len(const TcpOptions *o, bool aligned, unsigned n_sack)
{
    size_t len = o->has_mss ? LEN_MSS : 0, nops = aligned ? 2 : 0;
    bool   paired = o->sack_permitted && o->has_timestamps; /* 2 + 10 are aligned together */

    if (o->sack_permitted)
        len += LEN_SACK_PERMITTED + (paired ? 0 : nops);
    if (o->has_timestamps)
        len += LEN_TIMESTAMPS + (paired ? 0 : nops);
    if (o->has_wscale)
        len += LEN_WSCALE + nops / 2;
    if (o->has_uto)
        len += LEN_UTO;
    len += fast_open_len(&o->fastopen, aligned);
    if (n_sack > 0)
        len += 2 + (size_t)n_sack * LEN_SACK_BLOCK + nops;
    return len;
}

/* SACK blocks that do not fit beside the other options are left out: RFC 2018 §3. */
static Layout lay_out(const TcpOptions *o)
{
    unsigned n_sack = o->n_sack;
    size_t len;

    while ((len = options_len(o, true, n_sack)) > TCP_OPTIONS_MAX) {
        len = options_len(o, false, n_sack);
        if (len <= TCP_OPTIONS_MAX || n_sack == 0)
            return (Layout){ false, n_sack, (len + 3) & ~(size_t)3 };
        n_sack--;
    }
    return (Layout){ true, n_sack, len };
}

static uint8_t *put_kind(uint8_t *p, size_t nops, uint8_t kind, size_t len)
{
    memset(p, OPT_NOP, nops);
    p[nops] = kind;
    p[nops + 1] = (uint8_t)len;
    return p + nops + 2;
}

static uint8_t *put_fast_open(uint8_t *p, const TcpFastOpen *f, bool aligned)
{
    size_t len = fast_open_len(f, false), all = fast_open_len(f, aligned);

    if (!f->present)
        return p;
    uint8_t *cookie = put_kind(p, 0, f->experimental ? OPT_EXPERIMENT : OPT_FAST_OPEN, len);
    if (f->experimental) {
        put16(cookie, FAST_OPEN_MAGIC);
        cookie += 2;
    }
    memcpy(cookie, f->cookie, f->n);
    memset(p + len, OPT_NOP, all - len);
    return p + all;
}

static void encode_options(const TcpOptions *o, const Layout *as, uint8_t *p)
{
    const uint8_t *end = p + as->len;
    size_t nops = as->aligned ? 2 : 0;

    if (o->has_mss) {
        p = put_kind(p, 0, OPT_MSS, LEN_MSS);
        put16(p, o->mss);
        p += 2;
    }
    if (o->sack_permitted)
        p = put_kind(p, o->has_timestamps ? 0 : nops, OPT_SACK_PERMITTED, LEN_SACK_PERMITTED);
    if (o->has_timestamps) {
        p = put_kind(p, o->sack_permitted ? 0 : nops, OPT_TIMESTAMPS, LEN_TIMESTAMPS);
        put32(p, o->ts_val);
        put32(p + 4, o->ts_ecr);
        p += 8;
    }
    if (o->has_wscale) {
        p = put_kind(p, nops / 2, OPT_WSCALE, LEN_WSCALE);
        *p++ = o->wscale;
    }
    if (o->has_uto) {
        p = put_kind(p, 0, OPT_UTO, LEN_UTO);
        put16(p, o->uto);
        p += 2;
    }
    p = put_fast_open(p, &o->fastopen, as->aligned);
    if (as->n_sack > 0)
        p = put_kind(p, nops, OPT_SACK, 2 + as->n_sack * LEN_SACK_BLOCK);
    for (unsigned i = 0; i < as->n_sack; i++, p += LEN_SACK_BLOCK) {
        put32(p, o->sack[i].left);
        put32(p + 4, o->sack[i].right);
    }
    memset(p, OPT_END, (size_t)(end - p));
}

/* The NOPs that bring an option to a place that leaves `rest` when divided by `by`. */
static size_t nops_to(const uint8_t *p, const uint8_t *start, size_t by, size_t rest)
{
    return (by + rest - (size_t)(p - start) % by) % by;
}

/* SACK blocks that do not fit are left out. Returns the length, a multiple of 4. */
static size_t encode_bsd(const TcpOptions *o, uint8_t *start)
{
    uint8_t *p = start;
    size_t len = 0;

    if (o->has_mss) {
        p = put_kind(p, 0, OPT_MSS, LEN_MSS);
        put16(p, o->mss);
        p += 2;
    }
    if (o->has_wscale) {
        p = put_kind(p, nops_to(p, start, 2, 1), OPT_WSCALE, LEN_WSCALE);
        *p++ = o->wscale;
    }
    if (o->sack_permitted)
        p = put_kind(p, nops_to(p, start, 2, 0), OPT_SACK_PERMITTED, LEN_SACK_PERMITTED);
    if (o->has_timestamps) {
        p = put_kind(p, nops_to(p, start, 4, 2), OPT_TIMESTAMPS, LEN_TIMESTAMPS);
        put32(p, o->ts_val);
        put32(p + 4, o->ts_ecr);
        p += 8;
    }
    if (o->has_uto) {
        p = put_kind(p, 0, OPT_UTO, LEN_UTO);
        put16(p, o->uto);
        p += 2;
    }
    size_t nops = nops_to(p, start, 4, 2), room = TCP_OPTIONS_MAX - (size_t)(p - start);
    size_t n = room > nops + 2 ? (room - nops - 2) / LEN_SACK_BLOCK : 0;
    n = n < o->n_sack ? n : o->n_sack;
    if (n > 0)
        p = put_kind(p, nops, OPT_SACK, 2 + n * LEN_SACK_BLOCK);
    for (size_t i = 0; i < n; i++, p += LEN_SACK_BLOCK) {
        put32(p, o->sack[i].left);
        put32(p + 4, o->sack[i].right);
    }
    if (fast_open_len(&o->fastopen, false) <= TCP_OPTIONS_MAX - (size_t)(p - start))
        p = put_fast_open(p, &o->fastopen, false);
    len = ((size_t)(p - start) + 3) & ~(size_t)3;
    memset(p, OPT_END, len - (size_t)(p - start));
    return len;
}

/* Does it stand as STAMPED, whoever writes it? */
static bool only_stamped(const TcpOptions *o)
{
    return o->has_timestamps && !o->has_mss && !o->sack_permitted && !o->has_wscale &&
           !o->has_uto && !o->fastopen.present && o->n_sack == 0;
}

size_t tcp_encoded_len(const TcpHdr *h)
{
    if (only_stamped(&h->opt))
        return TCP_HDR_LEN + TCP_STAMPED_LEN;
    uint8_t scratch[TCP_OPTIONS_MAX];

    return TCP_HDR_LEN + (h->opt.bsd ? encode_bsd(&h->opt, scratch) : lay_out(&h->opt).len);
}

static size_t put_options(const TcpOptions *o, uint8_t *p)
{
    if (o->bsd)
        return encode_bsd(o, p);
    Layout as = lay_out(o);
    encode_options(o, &as, p);
    return as.len;
}

size_t tcp_encode(const TcpHdr *h, uint8_t *out)
{
    const TcpOptions *o = &h->opt;
    bool stamped = only_stamped(o);
    size_t len = TCP_HDR_LEN + (stamped ? TCP_STAMPED_LEN : put_options(o, out + TCP_HDR_LEN));
    uint64_t offset = len / 4 << 4 | (h->reserved & 15);
    uint32_t checksum = (uint32_t)h->checksum << 16 | h->urgent;

    put64(out, (uint64_t)h->src_port << 48 | (uint64_t)h->dst_port << 32 | h->seq);
    put64(out + 8, (uint64_t)h->ack << 32 | offset << 24 | (uint64_t)h->flags << 16 | h->window);
    if (stamped) {
        put64(out + 16, (uint64_t)checksum << 32 | STAMPED);
        put64(out + 24, (uint64_t)o->ts_val << 32 | o->ts_ecr);
    } else {
        put32(out + 16, checksum);
    }
    return len;
}

uint16_t tcp_checksum(Span segment, uint32_t pseudo)
{
    return sum_fold(sum_add(pseudo + (uint32_t)segment.n, segment));
}
