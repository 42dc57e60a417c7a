/*
 * ipv4_fast.c - the way of most datagrams through a router, out of a host or into it: like one
 * before them.
 *
 * Where a datagram without options goes, and whether its addresses may pass at all, follows from
 * the pair of addresses alone. The full way (ipv4.c) leaves here what it found; a later datagram
 * of the same pair is then checked, counted and sent as there, in the same order of RFC 1812
 * §5.2.1.2, but looks nothing up. Whatever is not plain, or wrong, goes the full way. A change of
 * routes or addresses makes all that was found worthless.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ipv4_priv.h"
#include "protocols/link/arp.h"
#include "protocols/wire/checksum.h"

#include <string.h>

enum { FIRST_BITS = 3, LAST_BITS = 10, PATIENCE = 4 << LAST_BITS };
enum { PLAIN = 4 << 4 | IPV4_HDR_LEN / 4 }; /* version 4, no options */

typedef struct FastHop {
    uint64_t pair;    /* source and destination, as they lie in the header */
    uint64_t changes; /* of the routing table when this was found; 0: the place is free */
    Hop      hop;
} FastHop;

/* A flat hash table. */
typedef struct FastTable {
    unsigned bits;    /* it has 2^bits places */
    unsigned waited;  /* so many were pushed out after */
    uint64_t watched; /* this pair; 0: none yet */
    FastHop  hops[];
} FastTable;

static uint64_t pair_of(const uint8_t *header)
{
    uint64_t pair;

    memcpy(&pair, header + 12, sizeof pair);
    return pair;
}

/* The same, of addresses of that family. */
static uint64_t pair_of_addrs(IpAddr src, IpAddr dst)
{
    uint8_t bytes[sizeof(uint64_t)];
    uint64_t pair;

    put64(bytes, (uint64_t)ip_to_v4(src) << 32 | ip_to_v4(dst));
    memcpy(&pair, bytes, sizeof pair);
    return pair;
}

static FastHop *place_of(FastTable *table, uint64_t pair)
{
    return &table->hops[(pair * 0x9e3779b97f4a7c15u) >> (64 - table->bits)];
}

static bool is_current(const Ipv4 *ip, const FastHop *f)
{
    return f->changes == ip->table.changes;
}

static FastTable *make_table(Ipv4 *ip, unsigned bits)
{
    g_free(ip->fast);
    ip->fast = g_malloc0(sizeof *ip->fast + (sizeof(FastHop) << bits));
    ip->fast->bits = bits;
    return ip->fast;
}

void fast_clear(Ipv4 *ip)
{
    g_free(ip->fast);
    ip->fast = NULL;
}

/* Of the pairs that are pushed out one is watched: that it comes back, and not that all that comes
 * is new, doubles a table. One that has its place, and is learnt anew, pushes nothing out. */
static bool is_too_small(FastTable *table, uint64_t pair, uint64_t pushed_out)
{
    if (pushed_out == pair)
        return false;
    if (pair == table->watched)
        return table->bits < LAST_BITS;
    if (table->watched == 0 || ++table->waited > PATIENCE) {
        table->watched = pushed_out;
        table->waited = 0;
    }
    return false;
}

void fast_learn(Ipv4 *ip, const uint8_t *header, const Hop *hop)
{
    FastTable *table = ip->fast != NULL ? ip->fast : make_table(ip, FIRST_BITS);
    uint64_t pair = pair_of(header);

    FastHop *f = place_of(table, pair);
    if (is_current(ip, f) && is_too_small(table, pair, f->pair)) {
        table = make_table(ip, table->bits + 1);
        f = place_of(table, pair);
    }
    *f = (FastHop){ pair, ip->table.changes, *hop };
}

/* The hop of a pair that came before, without an interface if it ends here; NULL: it is new, or
 * something has changed since. */
static const Hop *find_hop(const Ipv4 *ip, uint64_t pair)
{
    if (ip->fast == NULL)
        return NULL;
    const FastHop *f = place_of(ip->fast, pair);
    return f->pair == pair && is_current(ip, f) ? &f->hop : NULL;
}

bool fast_forward(Ipv4 *ip, Packet *pkt)
{
    enum { TOTAL_LEN = 2, TTL = 8 };
    const uint8_t *header = pkt->data;

    if (pkt->len < IPV4_HDR_LEN || header[0] != PLAIN || header[TTL] <= 1)
        return false;
    const Hop *hop = find_hop(ip, pair_of(header));
    if (hop == NULL || hop->iface == NULL)
        return false;
    size_t len = get16(header + TOTAL_LEN);
    if (len < IPV4_HDR_LEN || len > pkt->len || len > ipv4_iface_mtu(hop->iface) ||
        !sum_of_20_is_right(header))
        return false;
    packet_trim(pkt, len);
    node_count(ip->node, COUNTER_IpInReceives);
    ipv4_decrement_ttl(pkt->data);
    node_count(ip->node, COUNTER_IpForwDatagrams);
    arp_output(ip->arp, hop->iface, hop->next, pkt);
    return true;
}

bool fast_originate(Ipv4 *ip, const IpSend *how, Packet *pkt)
{
    if (!ip_is_v4(how->src) || !ip_is_v4(how->dst))
        return false;
    const Hop *hop = find_hop(ip, pair_of_addrs(how->src, how->dst));
    size_t len = pkt->len + IPV4_HDR_LEN;
    if (hop == NULL || hop->iface == NULL || ip->path_mtus != NULL ||
        len > ipv4_iface_mtu(hop->iface))
        return false;
    Ipv4Plain h = {
        .src = ip_to_v4(how->src), .dst = ip_to_v4(how->dst), .tos = how->tos,
        .ttl = how->ttl != 0 ? how->ttl : (uint8_t)ip->cfg->ttl, .proto = how->proto,
        .df = how->df, .total_len = (uint16_t)len, .id = ip->next_id++,
    };
    ipv4_encode_plain(&h, packet_push(pkt, IPV4_HDR_LEN));
    node_count(ip->node, COUNTER_IpOutRequests);
    arp_output(ip->arp, hop->iface, hop->next, pkt);
    return true;
}

/* One pair after the other of the same: from the second on it is worth a place. */
void fast_learn_ours(Ipv4 *ip, const uint8_t *header)
{
    uint64_t pair = pair_of(header);

    if (ip->delivered == pair)
        fast_learn(ip, header, &(Hop){ .iface = NULL });
    ip->delivered = pair;
}

bool fast_is_ours(const Ipv4 *ip, const Packet *pkt)
{
    enum { TOTAL_LEN = 2, FRAGMENT = 6, DF = 0x4000 };
    const uint8_t *header = pkt->data;

    if (pkt->len < IPV4_HDR_LEN || header[0] != PLAIN || (get16(header + FRAGMENT) & ~DF) != 0)
        return false;
    const Hop *hop = find_hop(ip, pair_of(header));
    size_t len = get16(header + TOTAL_LEN);
    return hop != NULL && hop->iface == NULL && len >= IPV4_HDR_LEN && len <= pkt->len &&
           sum_of_20_is_right(header);
}
