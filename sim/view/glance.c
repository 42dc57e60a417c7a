/*
 * glance.c - reads headers where they should be, and stops where the bytes end.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/glance.h"

#include "protocols/wire/dhcp_wire.h"
#include "protocols/wire/eth_wire.h"
#include "protocols/wire/icmp_wire.h"
#include "protocols/wire/ipv4_option.h"
#include "protocols/wire/udp_wire.h"

#include <glib.h>
#include <string.h>

static void glance_arp(Glance *g, Span p)
{
    if (p.n < ARP_LEN)
        return;
    g->kind = GLANCE_ARP;
    g->arp_op = get16(p.p + 6);
    memcpy(g->arp_sha.b, p.p + 8, sizeof g->arp_sha.b);
    g->src = ip_v4(get32(p.p + 14));
    g->dst = ip_v4(get32(p.p + 24));
}

static void glance_icmp(Glance *g, Span p, size_t len)
{
    if (p.n < ICMP_HDR_LEN)
        return;
    g->kind = GLANCE_ICMP;
    g->icmp_type = p.p[0];
    g->icmp_code = p.p[1];
    g->icmp_id = get16(p.p + 4);
    g->icmp_seq = get16(p.p + 6);
    g->data = len - ICMP_HDR_LEN;
}

static void glance_udp(Glance *g, Span p, size_t len)
{
    if (p.n < UDP_HDR_LEN)
        return;
    g->kind = GLANCE_UDP;
    g->src_port = get16(p.p);
    g->dst_port = get16(p.p + 2);
    size_t claimed = get16(p.p + 4);
    g->data = (claimed >= UDP_HDR_LEN ? claimed : len) - UDP_HDR_LEN;
}

static void glance_tcp(Glance *g, Span p, size_t len)
{
    if (p.n < TCP_HDR_LEN)
        return;
    g->kind = GLANCE_TCP;
    g->src_port = get16(p.p);
    g->dst_port = get16(p.p + 2);
    size_t header = CLAMP((size_t)(p.p[12] >> 4) * 4, TCP_HDR_LEN, MAX(len, TCP_HDR_LEN));
    g->tcp = (TcpHdr){
        .src_port = g->src_port,
        .dst_port = g->dst_port,
        .seq = get32(p.p + 4),
        .ack = get32(p.p + 8),
        .flags = p.p[13],
        .header_len = (uint8_t)header,
        .window = get16(p.p + 14),
        .checksum = get16(p.p + 16),
        .urgent = get16(p.p + 18),
    };
    g->tcp_options = (Span){ p.p + TCP_HDR_LEN, MIN(header, p.n) - TCP_HDR_LEN };
    g->data = len - MIN(header, len);
}

static void glance_ip(Glance *g, Span p)
{
    if (p.n < IPV4_HDR_LEN)
        return;
    size_t header = CLAMP((size_t)(p.p[0] & 15) * 4, IPV4_HDR_LEN, p.n);
    size_t total = MAX(get16(p.p + 2), header);
    uint16_t frag = get16(p.p + 6);

    g->kind = GLANCE_IP;
    g->ip_id = get16(p.p + 4);
    g->more = (frag & 0x2000) != 0;
    g->frag_off = (uint16_t)((frag & 0x1fff) * 8);
    g->proto = p.p[9];
    g->src = ip_v4(get32(p.p + 12));
    g->dst = ipv4_final_dst_of(p);
    g->data = total - header;
    if (g->frag_off != 0)
        return;
    Span rest = { p.p + header, MIN(p.n, total) - header };
    if (g->proto == IPPROTO_ICMP4)
        glance_icmp(g, rest, g->data);
    else if (g->proto == IPPROTO_UDP4)
        glance_udp(g, rest, g->data);
    else if (g->proto == IPPROTO_TCP4)
        glance_tcp(g, rest, g->data);
}

void glance(Glance *g, Span frame)
{
    *g = (Glance){ .kind = GLANCE_OTHER };
    if (frame.n < ETH_HDR_LEN)
        return;
    Span rest = { frame.p + ETH_HDR_LEN, frame.n - ETH_HDR_LEN };
    uint16_t type = get16(frame.p + 12);
    if (type == ETHERTYPE_ARP)
        glance_arp(g, rest);
    else if (type == ETHERTYPE_IPV4)
        glance_ip(g, rest);
}

void glance_packet(Glance *g, Span packet)
{
    *g = (Glance){ .kind = GLANCE_OTHER };
    glance_ip(g, packet);
}

bool glance_is_dhcp(Span frame)
{
    Glance g;

    glance(&g, frame);
    return g.kind == GLANCE_UDP && MIN(g.src_port, g.dst_port) >= DHCP_SERVER_PORT &&
           MAX(g.src_port, g.dst_port) <= DHCP_CLIENT_PORT;
}

char *glance_flags(uint8_t flags, char out[static 11])
{
    static const struct {
        uint8_t flag;
        char letter;
    } letters[] = {
        { TCP_FIN, 'F' }, { TCP_SYN, 'S' }, { TCP_RST, 'R' }, { TCP_PSH, 'P' },
        { TCP_ACK, '.' }, { TCP_URG, 'U' }, { TCP_ECE, 'E' }, { TCP_CWR, 'W' },
    };
    char *p = out;

    if (flags == 0)
        return strcpy(out, "[none]");
    *p++ = '[';
    for (size_t i = 0; i < G_N_ELEMENTS(letters); i++)
        if (flags & letters[i].flag)
            *p++ = letters[i].letter;
    strcpy(p, "]");
    return out;
}
