/*
 * pkt_wire.c - packets of a script as frames, and frames as packets of a script; where two differ.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/checksum.h"
#include "protocols/wire/eth_wire.h"
#include "protocols/wire/icmp_wire.h"
#include "protocols/wire/ipv4_wire.h"
#include "protocols/wire/tcp_wire.h"
#include "protocols/wire/udp_wire.h"
#include "sim/view/pkt_priv.h"

#include <string.h>

enum { OPT_EOL = 0, OPT_NOP = 1, OPT_TS = 8 };

/* --- to a frame ------------------------------------------------------------------------------- */

static void put_payload(GByteArray *a, size_t len, uint64_t offset)
{
    guint at = a->len;

    g_byte_array_set_size(a, at + (guint)len);
    for (size_t i = 0; i < len; i++)
        a->data[at + i] = pattern_byte(offset + i);
}

static void put_tcp(GByteArray *a, const PktPacket *p, uint64_t offset)
{
    uint8_t h[TCP_HDR_LEN] = { 0 };

    put16(h, p->src_port);
    put16(h + 2, p->dst_port);
    put32(h + 4, p->seq);
    put32(h + 8, p->ack);
    h[12] = (uint8_t)((TCP_HDR_LEN + p->n_opt) / 4 << 4 | p->reserved);
    h[13] = p->flags;
    put16(h + 14, p->win);
    put16(h + 18, p->urg);
    g_byte_array_append(a, h, sizeof h);
    g_byte_array_append(a, p->opt, p->n_opt);
    put_payload(a, p->len, offset);
    uint16_t sum = tcp_checksum((Span){ a->data, a->len }, sum_pseudo(p->src, p->dst, p->proto));
    put16(a->data + 16, p->bad_sum ? sum ^ 1 : sum);
}

static void put_udp(GByteArray *a, const PktPacket *p, uint64_t offset)
{
    UdpHdr h = { p->src_port, p->dst_port, (uint16_t)(UDP_HDR_LEN + p->len), 0 };

    g_byte_array_set_size(a, UDP_HDR_LEN);
    udp_encode(&h, a->data);
    put_payload(a, p->len, offset);
    uint16_t sum = udp_checksum((Span){ a->data, a->len }, sum_pseudo(p->src, p->dst, p->proto));
    put16(a->data + 6, p->bad_sum ? sum ^ 1 : sum);
}

/* RFC 792: the IP header of the packet that the error is about, and eight bytes of what follows. */
static void put_quoted(GByteArray *a, const PktPacket *p, const PktFlow *flow)
{
    size_t header = p->quoted == IPPROTO_TCP4 ? TCP_HDR_LEN : UDP_HDR_LEN;
    Ipv4Hdr ip = {
        .src = p->dst, .dst = p->src, .ttl = 64, .proto = p->quoted, .df = true,
        .total_len = (uint16_t)(IPV4_HDR_LEN + header + p->quoted_len),
    };
    uint8_t bytes[IPV4_HDR_LEN + 8] = { 0 };

    ipv4_encode(&ip, bytes);
    put16(bytes + IPV4_HDR_LEN, flow != NULL ? flow->local_port : 0);
    put16(bytes + IPV4_HDR_LEN + 2, flow != NULL ? flow->remote_port : 0);
    if (p->quoted == IPPROTO_TCP4)
        put32(bytes + IPV4_HDR_LEN + 4, p->quoted_seq);
    else
        put16(bytes + IPV4_HDR_LEN + 4, (uint16_t)(UDP_HDR_LEN + p->quoted_len));
    g_byte_array_append(a, bytes, sizeof bytes);
}

static void put_icmp(GByteArray *a, const PktPacket *p, const PktFlow *quoted)
{
    IcmpHdr h = { .type = p->type, .code = p->code, .rest = p->rest };

    g_byte_array_set_size(a, ICMP_HDR_LEN);
    if (p->quoted != 0)
        put_quoted(a, p, quoted);
    else
        put_payload(a, p->len, 0);
    icmp_encode(&h, (Span){ a->data + ICMP_HDR_LEN, a->len - ICMP_HDR_LEN }, a->data);
    if (p->bad_sum)
        a->data[2] ^= 1;
}

GByteArray *pkt_frame(const PktPacket *p, uint64_t offset, const PktFlow *quoted)
{
    GByteArray *body = g_byte_array_new();
    GByteArray *frame = g_byte_array_new();
    uint8_t headers[ETH_HDR_LEN + IPV4_HDR_LEN] = { 0 };

    if (p->proto == IPPROTO_TCP4)
        put_tcp(body, p, offset);
    else if (p->proto == IPPROTO_UDP4)
        put_udp(body, p, offset);
    else
        put_icmp(body, p, quoted);
    Ipv4Hdr ip = {
        .src = p->src, .dst = p->dst, .proto = p->proto, .df = true,
        .ttl = p->ttl != 0 ? p->ttl : 64,
        .tos = p->tos_check == PKT_TOS_ECT01 ? 2 : p->tos,
        .total_len = (uint16_t)MIN(IPV4_HDR_LEN + body->len, UINT16_MAX),
    };
    eth_encode(&(EthHdr){ .type = ETHERTYPE_IPV4 }, headers);
    ipv4_encode(&ip, headers + ETH_HDR_LEN);
    g_byte_array_append(frame, headers, sizeof headers);
    g_byte_array_append(frame, body->data, body->len);
    g_byte_array_free(body, TRUE);
    return frame;
}

/* --- from a frame ----------------------------------------------------------------------------- */

static bool read_tcp(Span s, PktPacket *p, GBytes **payload)
{
    TcpHdr h;

    if (tcp_decode(&h, s, sum_pseudo(p->src, p->dst, p->proto)) != DROP_NONE)
        return false;
    p->src_port = h.src_port;
    p->dst_port = h.dst_port;
    p->flags = h.flags;
    p->reserved = h.reserved;
    p->seq = h.seq;
    p->ack = h.ack;
    p->win = h.window;
    p->has_win = true;
    p->urg = h.urgent;
    p->n_opt = (uint8_t)(h.header_len - TCP_HDR_LEN);
    memcpy(p->opt, s.p + TCP_HDR_LEN, p->n_opt);
    p->len = s.n - h.header_len;
    *payload = g_bytes_new(s.p + h.header_len, p->len);
    return true;
}

static bool read_udp(Span s, PktPacket *p, GBytes **payload)
{
    UdpHdr h;

    if (udp_decode(&h, s, sum_pseudo(p->src, p->dst, p->proto)) != DROP_NONE)
        return false;
    p->src_port = h.src_port;
    p->dst_port = h.dst_port;
    p->len = h.length - (size_t)UDP_HDR_LEN;
    *payload = g_bytes_new(s.p + UDP_HDR_LEN, p->len);
    return true;
}

static bool read_icmp(Span s, PktPacket *p, GBytes **payload)
{
    IcmpHdr h;
    Ipv4Hdr quoted;

    if (icmp_decode(&h, s) != DROP_NONE)
        return false;
    p->type = h.type;
    p->code = h.code;
    p->rest = h.rest;
    p->has_rest = true;
    p->len = s.n - ICMP_HDR_LEN;
    *payload = g_bytes_new(s.p + ICMP_HDR_LEN, p->len);
    bool error = h.type == ICMP_UNREACHABLE || h.type == ICMP_TIME_EXCEEDED ||
                 h.type == ICMP_PARAMETER_PROBLEM;
    Span inner = { s.p + ICMP_HDR_LEN, p->len };
    if (error && ipv4_decode_quoted(&quoted, inner) == DROP_NONE)
        p->quoted = quoted.proto;
    return true;
}

bool pkt_unframe(Span frame, PktPacket *p, GBytes **payload)
{
    EthHdr eth;
    Ipv4Hdr ip;

    *p = (PktPacket){ 0 };
    if (eth_decode(&eth, frame) != DROP_NONE || eth.type != ETHERTYPE_IPV4)
        return false;
    Span s = { frame.p + ETH_HDR_LEN, frame.n - ETH_HDR_LEN };
    if (ipv4_decode(&ip, s) != DROP_NONE || ip.mf || ip.frag_off != 0)
        return false;
    s.n = ip.total_len - ipv4_hdr_len(&ip);
    s.p += ipv4_hdr_len(&ip);
    p->proto = ip.proto;
    p->src = ip.src;
    p->dst = ip.dst;
    p->tos = ip.tos;
    p->tos_check = PKT_TOS_BYTE;
    p->ttl = ip.ttl;
    switch (ip.proto) {
    case IPPROTO_TCP4: return read_tcp(s, p, payload);
    case IPPROTO_UDP4: return read_udp(s, p, payload);
    case IPPROTO_ICMP4: return read_icmp(s, p, payload);
    default: return false;
    }
}

void pkt_print(Dissector *d, const PktPacket *p, GString *out)
{
    GByteArray *frame = pkt_frame(p, 0, NULL);

    dissect(d, 0, (Span){ frame->data, frame->len }, frame->len, out);
    g_byte_array_free(frame, TRUE);
}

/* --- differences ------------------------------------------------------------------------------ */

size_t pkt_option(const PktPacket *p, size_t *at, const uint8_t **opt)
{
    size_t left = p->n_opt - *at, n = 1;

    if (left == 0)
        return 0;
    *opt = p->opt + *at;
    if (**opt != OPT_EOL && **opt != OPT_NOP)
        n = left > 1 && (*opt)[1] >= 2 && (*opt)[1] <= left ? (*opt)[1] : left;
    *at += n;
    return n;
}

static bool same_option(const uint8_t *want, size_t nw, const uint8_t *got, size_t ng,
                        int64_t ts_slack, bool check_ecr)
{
    if (nw != ng || want[0] != got[0])
        return false;
    if (want[0] != OPT_TS || nw != 10)
        return memcmp(want, got, nw) == 0;
    int32_t off = (int32_t)(get32(got + 2) - get32(want + 2));
    if (ts_slack >= 0 && (off > ts_slack || off < -ts_slack))
        return false;
    return !check_ecr || get32(want + 6) == get32(got + 6);
}

static bool same_options(const PktPacket *want, const PktPacket *got, int64_t ts_slack,
                         bool check_ecr)
{
    size_t at_want = 0, at_got = 0;

    if (want->any_options)
        return true;
    for (;;) {
        const uint8_t *w = NULL, *g = NULL;
        size_t nw = pkt_option(want, &at_want, &w), ng = pkt_option(got, &at_got, &g);
        if (nw == 0 || ng == 0)
            return nw == ng;
        if (!same_option(w, nw, g, ng, ts_slack, check_ecr))
            return false;
    }
}

static bool same_tos(const PktPacket *want, const PktPacket *got)
{
    switch (want->tos_check) {
    case PKT_TOS_ECN: return (got->tos & 3) == want->tos;
    case PKT_TOS_ECT01: return (got->tos & 3) == 1 || (got->tos & 3) == 2;
    case PKT_TOS_BYTE: return got->tos == want->tos;
    default: return true;
    }
}

static void say(GString *out, bool differs, const char *what)
{
    if (differs)
        g_string_append_printf(out, "%s%s", out->len > 0 ? ", " : "", what);
}

static void tcp_differs(const PktPacket *want, const PktPacket *got, int64_t ts_slack,
                        bool check_ecr, GString *out)
{
    say(out, want->flags != got->flags, "flags");
    say(out, want->seq != got->seq, "sequence number");
    say(out, want->len != got->len, "length");
    say(out, want->ack != got->ack, "acknowledgment");
    say(out, want->has_win && want->win != got->win, "window");
    say(out, want->urg != got->urg, "urgent pointer");
    say(out, want->reserved != got->reserved, "reserved bits");
    say(out, !same_options(want, got, ts_slack, check_ecr), "options");
}

bool pkt_differs(const PktPacket *want, const PktPacket *got, int64_t ts_slack, bool check_ecr,
                 GString *out)
{
    size_t before = out->len;

    if (want->proto != got->proto) {
        say(out, true, "protocol");
        return true;
    }
    say(out, (want->src_port != 0 && want->src_port != got->src_port) ||
                 (want->dst_port != 0 && want->dst_port != got->dst_port), "ports");
    say(out, !same_tos(want, got), "type of service");
    say(out, want->ttl != 0 && want->ttl != got->ttl, "time to live");
    say(out, !ip_is_none(want->src) && !ip_equal(want->src, got->src), "source address");
    say(out, !ip_is_none(want->dst) && !ip_equal(want->dst, got->dst), "destination address");
    if (want->proto == IPPROTO_TCP4) {
        tcp_differs(want, got, ts_slack, check_ecr, out);
    } else if (want->proto == IPPROTO_UDP4) {
        say(out, want->len != got->len, "length");
    } else {
        say(out, want->type != got->type, "type");
        say(out, want->code != got->code, "code");
        say(out, want->has_rest && want->rest != got->rest, "id or MTU");
        say(out, want->quoted != 0 && want->quoted != got->quoted, "quoted packet");
    }
    return out->len > before;
}
