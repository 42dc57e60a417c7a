/*
 * udp_output.c - what sockets send, RFC 768, RFC 1122 §4.1.
 *
 * As of TCP (tcp_lazy.c), text that is a run of the pattern is described, and no sum is made, until
 * somebody looks.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/stack.h"
#include "protocols/transport/pattern.h"
#include "protocols/transport/udp_priv.h"
#include "protocols/wire/checksum.h"

#include <string.h>

enum { CHECKSUM_AT = 6 };

typedef struct Text {
    Span     data; /* its p NULL: the pattern, */
    uint64_t from; /* from this place on */
} Text;

/* How the call fails whose datagram the host itself refused. A black hole tells nobody. */
static NetError refused_error(DropReason why)
{
    switch (why) {
    case DROP_IP_BLACKHOLE: return NET_OK;
    case DROP_IP_UNREACHABLE: return NET_EHOSTUNREACH;
    case DROP_IP_DF: return NET_EMSGSIZE;
    case DROP_IP_BAD_SOURCE: return NET_EINVAL;
    default: return NET_ENETUNREACH;
    }
}

/* RFC 768: a computed zero goes out as all ones, zero meaning "none". */
static void write_text(Packet *pkt)
{
    uint16_t sum = pattern_write(pkt);

    put16(pkt->buf + pkt->unwritten.header + CHECKSUM_AT, sum != 0 ? sum : 0xffff);
}

static Packet *make_datagram(const UdpSock *s, const Text *text, const IpSend *how,
                             uint16_t dst_port)
{
    Sim *sim = s->udp->node->sim;
    size_t n = text->data.n;
    bool is_pattern = text->data.p == NULL;
    size_t described = is_pattern ? n : 0;
    Packet *pkt = packet_new_described(sim, UDP_HDR_LEN + n - described, described, SENT_UDP_DATA);
    UdpHdr h = { .src_port = s->port, .dst_port = dst_port, .length = (uint16_t)(UDP_HDR_LEN + n) };
    uint16_t start = packet_offset(pkt);

    udp_encode(&h, pkt->data);
    if (!is_pattern)
        memcpy(pkt->data + UDP_HDR_LEN, text->data.p, n);
    pkt->unwritten = (Unwritten){
        .write = write_text,
        .from = text->from,
        .at = (uint32_t)(start + UDP_HDR_LEN + n - described),
        .n = (uint32_t)described,
        .header = start,
        .pseudo = sum_pseudo(ip_is_none(how->src) ? IP4_ANY : how->src, how->dst, IPPROTO_UDP4),
        .left = true,
    };
    if (sim->eager)
        packet_write(pkt);
    return pkt;
}

static NetError send_datagram(UdpSock *s, const Text *text, const IpSend *how, uint16_t dst_port)
{
    Udp *udp = s->udp;
    Packet *pkt = make_datagram(s, text, how, dst_port);
    DropReason why = ip_output(udp->stack, how, pkt);

    if (why != DROP_NONE) {
        packet_drop(pkt, udp->node, NULL, why);
        return refused_error(why);
    }
    node_count(udp->node, COUNTER_UdpOutDatagrams);
    return NET_OK;
}

/* src, dst: see udp_send_from. */
static NetError send_text(UdpSock *s, const Text *text, IpAddr src, IpAddr dst, uint16_t dst_port)
{
    Udp *udp = s->udp;
    NetError err = take_pending(s);

    if (err != NET_OK)
        return err;
    if (ip_is_none(dst)) {
        dst = s->peer;
        dst_port = s->peer_port;
    }
    if (ip_is_none(dst))
        return NET_ENOTCONN;
    if (dst_port == 0)
        return NET_EINVAL;
    if (text->data.n > UDP_DATA_MAX)
        return NET_EMSGSIZE;
    if (ip_is_none(src))
        src = is_wild(s->addr) ? ip_source(udp->stack, dst) : s->addr;
    if (ip_is_none(src) && ip_is_limited_broadcast(dst))
        src = IP4_ANY; /* a host without an address asks for one */
    if (ip_is_none(src) && ip_is_any(dst))
        return NET_EINVAL;

    IpSend how = { .src = src, .dst = dst, .proto = IPPROTO_UDP4, .ttl = s->ttl, .df = s->df };
    return send_datagram(s, text, &how, dst_port);
}

/* Bytes, be they none. */
static Text text_of(Span data)
{
    static const uint8_t nothing[1];

    return (Text){ .data = { data.n > 0 ? data.p : nothing, data.n } };
}

NetError udp_send_from(UdpSock *s, Span data, IpAddr src, IpAddr dst, uint16_t dst_port)
{
    Text text = text_of(data);

    return send_text(s, &text, src, dst, dst_port);
}

NetError udp_send_pattern(UdpSock *s, uint64_t from, size_t n, IpAddr dst, uint16_t dst_port)
{
    Text text = { .data = { NULL, n }, .from = from };

    return send_text(s, &text, IP_NONE, dst, dst_port);
}

NetError udp_send_broadcast(UdpSock *s, Span data, Iface *iface, uint16_t dst_port)
{
    NetError err = take_pending(s);
    Text text = text_of(data);
    IpSend how = { .src = IP4_ANY, .dst = IP4_BROADCAST, .proto = IPPROTO_UDP4, .ttl = s->ttl,
                   .df = s->df, .iface = iface };

    if (err != NET_OK)
        return err;
    return data.n > UDP_DATA_MAX ? NET_EMSGSIZE : send_datagram(s, &text, &how, dst_port);
}

NetError udp_send(UdpSock *s, Span data, IpAddr dst, uint16_t dst_port)
{
    return udp_send_from(s, data, IP_NONE, dst, dst_port);
}
