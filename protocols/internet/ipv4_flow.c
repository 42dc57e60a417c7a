/*
 * ipv4_flow.c - flows and congestion marks of frames that wait before a link.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ipv4_flow.h"

#include "protocols/wire/checksum.h"
#include "protocols/wire/eth_wire.h"
#include "protocols/wire/ipv4_wire.h"

enum { TOS = 1, FRAGMENT = 6, PROTOCOL = 9, CHECKSUM = 10, ADDRESSES = 12 }; /* RFC 791 §3.1 */
enum { ECN_MASK = 3, ECN_NOT_ECT = 0, ECN_CE = 3 };

/* Of a frame that begins with an Ethernet header, the IPv4 header; NULL: it is none. */
static uint8_t *ipv4_header(const Packet *pkt, size_t *len)
{
    if (pkt->len < ETH_HDR_LEN + IPV4_HDR_LEN || get16(pkt->data + 12) != ETHERTYPE_IPV4)
        return NULL;
    uint8_t *h = pkt->data + ETH_HDR_LEN;
    *len = (h[0] & 15u) * 4;
    return h[0] >> 4 == 4 && *len >= IPV4_HDR_LEN && *len <= pkt->len - ETH_HDR_LEN ? h : NULL;
}

/* FNV-1a's step, a word at a time. */
static uint64_t mix(uint64_t key, uint32_t word)
{
    return (key ^ word) * UINT64_C(0x100000001b3);
}

static uint64_t flow(const Packet *pkt)
{
    uint64_t key = UINT64_C(0xcbf29ce484222325);
    size_t len;
    const uint8_t *h = ipv4_header(pkt, &len);

    if (h == NULL)
        return mix(key, pkt->len >= ETH_HDR_LEN ? get16(pkt->data + 12) : 0);
    key = mix(key, get32(h + ADDRESSES));
    key = mix(key, get32(h + ADDRESSES + 4));
    key = mix(key, h[PROTOCOL]);
    bool fragment = (get16(h + FRAGMENT) & 0x3fff) != 0;
    bool has_ports = h[PROTOCOL] == IPPROTO_TCP4 || h[PROTOCOL] == IPPROTO_UDP4;
    if (has_ports && !fragment && pkt->len >= ETH_HDR_LEN + len + 4)
        key = mix(key, get32(h + len));
    return key;
}

const uint8_t *ipv4_ports(const Packet *pkt, uint8_t proto, IpAddr *src, IpAddr *dst)
{
    size_t len;
    const uint8_t *h = ipv4_header(pkt, &len);

    if (h == NULL || h[PROTOCOL] != proto || (get16(h + FRAGMENT) & 0x1fff) != 0 ||
        pkt->len < ETH_HDR_LEN + len + 4)
        return NULL;
    *src = ip_v4(get32(h + ADDRESSES));
    *dst = ip_v4(get32(h + ADDRESSES + 4));
    return h + len;
}

static bool mark(Packet *pkt)
{
    size_t len;
    uint8_t *h = ipv4_header(pkt, &len);

    if (h == NULL || (h[TOS] & ECN_MASK) == ECN_NOT_ECT)
        return false;
    uint16_t old = get16(h);
    h[TOS] |= ECN_CE;
    put16(h + CHECKSUM, sum_update(get16(h + CHECKSUM), old, get16(h)));
    return true;
}

const FrameReader ipv4_reader = { flow, mark };
