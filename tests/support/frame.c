/*
 * frame.c - headers by the codecs, data of zeros.
 */
/* SPDX-License-Identifier: MIT */
#include "support/frame.h"

#include "protocols/wire/checksum.h"
#include "protocols/wire/eth_wire.h"
#include "protocols/wire/icmp_wire.h"
#include "protocols/wire/ipv4_wire.h"
#include "protocols/wire/udp_wire.h"

#include <string.h>

static Packet *blank(Sim *sim, size_t len, SentReason why)
{
    Packet *pkt = packet_new(sim, len, why);

    memset(pkt->data, 0, len);
    return pkt;
}

static void push_eth(Packet *pkt, uint16_t type)
{
    EthHdr h = { .dst = mac_from_u64(0x020000000002), .src = mac_from_u64(0x020000000001) };

    h.type = type;
    eth_encode(&h, packet_push(pkt, ETH_HDR_LEN));
}

static Packet *push_ip(Packet *pkt, Ipv4Hdr h)
{
    h.ttl = 64;
    h.total_len = (uint16_t)(IPV4_HDR_LEN + pkt->len);
    ipv4_encode(&h, packet_push(pkt, IPV4_HDR_LEN));
    push_eth(pkt, ETHERTYPE_IPV4);
    return pkt;
}

Packet *frame_tcp(Sim *sim, uint32_t a, uint32_t b, const TcpHdr *h, size_t len, SentReason why)
{
    Ipv4Hdr ip = { .src = ip_v4(a), .dst = ip_v4(b), .proto = IPPROTO_TCP4 };
    Packet *pkt = blank(sim, len, why);
    TcpHdr tcp = *h;

    tcp.checksum = 0;
    tcp_encode(&tcp, packet_push(pkt, tcp_encoded_len(&tcp)));
    put16(pkt->data + 16, tcp_checksum(packet_span(pkt), sum_pseudo(ip.src, ip.dst, ip.proto)));
    return push_ip(pkt, ip);
}

Packet *frame_udp(Sim *sim, uint32_t a, uint32_t b, uint16_t sport, uint16_t dport, size_t len)
{
    Ipv4Hdr ip = { .src = ip_v4(a), .dst = ip_v4(b), .proto = IPPROTO_UDP4 };
    Packet *pkt = blank(sim, len, SENT_UDP_DATA);
    UdpHdr h = { .src_port = sport, .dst_port = dport, .length = (uint16_t)(UDP_HDR_LEN + len) };

    udp_encode(&h, packet_push(pkt, UDP_HDR_LEN));
    put16(pkt->data + 6, udp_checksum(packet_span(pkt), sum_pseudo(ip.src, ip.dst, ip.proto)));
    return push_ip(pkt, ip);
}

Packet *frame_echo(Sim *sim, uint32_t a, uint32_t b, bool reply, uint16_t seq)
{
    Ipv4Hdr ip = { .src = ip_v4(a), .dst = ip_v4(b), .proto = IPPROTO_ICMP4 };
    Packet *pkt = blank(sim, 56, reply ? SENT_ICMP_ECHO_REPLY : SENT_ICMP_ECHO);
    IcmpHdr h = { .type = reply ? ICMP_ECHO_REPLY : ICMP_ECHO, .rest = 7u << 16 | seq };
    Span data = packet_span(pkt);

    icmp_encode(&h, data, packet_push(pkt, ICMP_HDR_LEN));
    return push_ip(pkt, ip);
}

Packet *frame_arp(Sim *sim, uint16_t op, uint32_t spa, uint32_t tpa)
{
    bool request = op == ARP_OP_REQUEST;
    Packet *pkt = blank(sim, ARP_LEN, request ? SENT_ARP_REQUEST : SENT_ARP_REPLY);
    ArpPkt a = { .op = op, .spa = ip_v4(spa), .tpa = ip_v4(tpa) };

    a.sha = mac_from_u64(0x020000000001);
    arp_encode(&a, pkt->data);
    push_eth(pkt, ETHERTYPE_ARP);
    return pkt;
}

Packet *frame_fragment(Sim *sim, uint32_t a, uint32_t b, uint16_t offset, bool more, size_t len)
{
    Ipv4Hdr ip = { .src = ip_v4(a), .dst = ip_v4(b), .proto = IPPROTO_UDP4, .id = 9 };
    Packet *pkt = blank(sim, len, SENT_UDP_DATA);

    if (offset == 0)
        udp_encode(&(UdpHdr){ 5, 7, 2000, 0 }, pkt->data);
    ip.frag_off = offset;
    ip.mf = more;
    return push_ip(pkt, ip);
}
