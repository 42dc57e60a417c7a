/*
 * ipv4.c - IPv4 input, deliver and forward: RFC 791, RFC 1122 §3, RFC 1812 §5.
 *
 * Output, routes, fragments and path MTUs have files of their own.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ipv4_priv.h"
#include "protocols/stack.h"

const Ipv4Config ipv4_defaults = {
    .ttl = 64,
    .reassembly_timeout = 60 * SEC,
    .reassembly_memory = 4 << 20,
    .pmtu = true,
    .auto_routes = true,
    .icmp_quote = 528,
};

static const char *const hops[] = { "hops", NULL };
static const char *const bytes[] = { "bytes", NULL };
static const char *const source_routes[] = { "rfc", "forward", "drop", NULL }; /* Ipv4SourceRoute */

const Knob ipv4_knobs[] = {
    { "ttl", KNOB_INT, offsetof(Ipv4Config, ttl), 1, 255, hops,
      "Time to live of the datagrams that it sends.", "RFC 1122 §3.2.1.7", false },
    { "reassembly_timeout", KNOB_TIME, offsetof(Ipv4Config, reassembly_timeout), 1, NEVER, NULL,
      "How long the first fragment of a datagram waits for the others.", "RFC 1122 §3.3.2",
      false },
    { "reassembly_memory", KNOB_SIZE, offsetof(Ipv4Config, reassembly_memory), 0, 1 << 30, NULL,
      "Bytes of memory for fragments that wait; the oldest datagram makes room.",
      "Linux: ipfrag_high_thresh", false },
    { "pmtu", KNOB_BOOL, offsetof(Ipv4Config, pmtu), 0, 0, NULL,
      "Remembers for ten minutes what \"fragmentation needed\" says of a path.", "RFC 1191",
      false },
    { "icmp_quote", KNOB_INT, offsetof(Ipv4Config, icmp_quote), 8, 528, bytes,
      "Bytes that ICMP errors quote behind the offending IP header, if there are as many.",
      "RFC 1812 §4.3.2.3", false },
    { "source_route", KNOB_ENUM, offsetof(Ipv4Config, source_route), 0, 0, source_routes,
      "Who follows a source route: routers, and hosts out of the interface that it came in on; "
      "hosts out of any; nobody, and what has one is dropped, as by Linux and most routers today.",
      "RFC 1122 §3.3.5, RFC 1812 §5.3.13.4; Linux: accept_source_route", false },
    { .name = NULL },
};

/* --- input ------------------------------------------------------------------------------------ */

/* RFC 1122 §3.2.1.3: broadcast, multicast, loopback and "any" are no senders; (c) and (d): "any"
 * is one while a host has no address yet, and asks for one by broadcast. */
static bool source_possible(unsigned src_kind, const Ipv4Hdr *h)
{
    if (src_kind & ADDR_ANY)
        return ip_is_limited_broadcast(h->dst);
    return (src_kind & (ADDR_LOOPBACK | ADDR_RESERVED | ADDR_BROADCAST | ADDR_MULTICAST)) == 0;
}

static inline const IpProto *find_proto(uint8_t proto)
{
    for (unsigned i = 0; i < IP_PROTOS; i++)
        if (ip_protos[i].proto == proto)
            return &ip_protos[i];
    return NULL;
}

static inline DropReason hand_up(Ipv4 *ip, const IpMeta *meta, size_t header, Packet *pkt)
{
    const IpProto *above = find_proto(meta->proto);

    packet_pull(pkt, header);
    if (above == NULL) {
        node_count(ip->node, COUNTER_IpInUnknownProtos);
        icmp_send_unreachable(ip->stack->icmp, ICMP_PROTOCOL_UNREACHABLE, pkt, 0);
        return DROP_IP_PROTOCOL;
    }
    node_count(ip->node, COUNTER_IpInDelivers);
    return above->input(ip->stack, meta, pkt);
}

static DropReason to_protocol(Ipv4 *ip, Iface *iface, Ipv4Hdr *h, bool broadcast, Packet *pkt)
{
    IpMeta meta = {
        .src = h->src,
        .dst = h->dst,
        .proto = h->proto,
        .ttl = h->ttl,
        .tos = h->tos,
        .broadcast = broadcast,
        .iface = iface,
        .options = { h->options, h->options_len },
    };

    if (h->options_len > 0)
        options_arrive(ip, h);
    return hand_up(ip, &meta, ipv4_hdr_len(h), pkt);
}

/* One that is as others before: see ipv4_fast.c. */
static DropReason deliver_again(Ipv4 *ip, Iface *iface, Packet *pkt)
{
    enum { TOS = 1, TOTAL_LEN = 2, TTL = 8, PROTO = 9, SRC = 12, DST = 16 };
    const uint8_t *header = pkt->data;
    IpMeta meta = {
        .src = ip_v4(get32(header + SRC)),
        .dst = ip_v4(get32(header + DST)),
        .proto = header[PROTO],
        .ttl = header[TTL],
        .tos = header[TOS],
        .known = true,
        .iface = iface,
        .options = { header + IPV4_HDR_LEN, 0 },
    };

    node_count(ip->node, COUNTER_IpInReceives);
    packet_trim(pkt, get16(header + TOTAL_LEN));
    return hand_up(ip, &meta, IPV4_HDR_LEN, pkt);
}

static DropReason deliver(Ipv4 *ip, Iface *iface, Ipv4Hdr *h, bool broadcast, Packet *pkt)
{
    Port *port = iface != NULL ? iface->port : NULL;
    Packet *whole;
    Ipv4Hdr whole_h;

    if (!h->mf && h->frag_off == 0)
        return to_protocol(ip, iface, h, broadcast, pkt);
    if (ip->frags == NULL)
        ip->frags = frags_new(ip);
    DropReason why = frags_input(ip->frags, h, port, pkt, &whole);
    if (why != DROP_NONE || whole == NULL)
        return why;
    why = ipv4_decode(&whole_h, packet_span(whole));
    g_assert(why == DROP_NONE); /* we have written it */
    why = to_protocol(ip, iface, &whole_h, broadcast, whole);
    if (why != DROP_NONE)
        packet_drop(whole, ip->node, port, why);
    return DROP_NONE;
}

/* --- forward ---------------------------------------------------------------------------------- */

/* RFC 1812 §5.3.4, §5.3.7, §4.2.2.11. */
static bool never_forwarded(bool group, unsigned src_kind, unsigned dst_kind)
{
    return group || (src_kind & ADDR_ANY) ||
           (dst_kind & (ADDR_MULTICAST | ADDR_LOOPBACK | ADDR_RESERVED | ADDR_THIS_NET));
}

/* Why a datagram cannot be forwarded along r, its sender told where that is due; RFC 1812
 * §5.2.7.1. */
static DropReason refuse_route(Ipv4 *ip, const Route *r, const Packet *pkt)
{
    static const IcmpHdr rejected = { .type = ICMP_UNREACHABLE, .code = ICMP_HOST_UNREACHABLE };

    if (r == NULL) {
        node_count(ip->node, COUNTER_IpOutNoRoutes);
        icmp_send_unreachable(ip->stack->icmp, ICMP_NET_UNREACHABLE, pkt, 0);
        return DROP_IP_NO_ROUTE;
    }
    if (r->kind == ROUTE_BLACKHOLE)
        return DROP_IP_BLACKHOLE;
    if (r->kind == ROUTE_UNREACHABLE) {
        icmp_send_error(ip->stack->icmp, &rejected, SENT_ICMP_REJECTED, pkt);
        return DROP_IP_UNREACHABLE;
    }
    return DROP_NONE;
}

/* `found`: where its options are, NULL if it has none; `routed`: its source route says so. */
static inline DropReason pass_on(Ipv4 *ip, const Hop *hop, Ipv4Hdr *h,
                                 const Ipv4Found *found, bool routed, Packet *pkt)
{
    size_t mtu = ipv4_iface_mtu(hop->iface);

    if (h->df && pkt->len > mtu) {
        node_count(ip->node, COUNTER_IpFragFails);
        icmp_send_unreachable(ip->stack->icmp, ICMP_FRAG_NEEDED, pkt, (uint32_t)mtu);
        return DROP_IP_DF;
    }
    ipv4_decrement_ttl(pkt->data);
    if (found != NULL)
        options_forward(ip, hop->iface, h, found, routed, pkt);
    node_count(ip->node, COUNTER_IpForwDatagrams);
    return ipv4_send(ip, hop, h, mtu, pkt);
}

/* RFC 1812 §5.3.1. */
static bool has_expired(Ipv4 *ip, const Ipv4Hdr *h, const Packet *pkt)
{
    if (h->ttl > 1)
        return false;
    icmp_send_time_exceeded(ip->stack->icmp, ICMP_TTL_EXCEEDED, pkt);
    return true;
}

static DropReason forward(Ipv4 *ip, Ipv4Hdr *h, const Ipv4Found *found, Packet *pkt)
{
    if (has_expired(ip, h, pkt))
        return DROP_IP_TTL;
    const Route *r = ipv4_route_lookup(ip, h->dst);
    DropReason why = refuse_route(ip, r, pkt);
    if (why != DROP_NONE)
        return why;
    Hop hop = { r->iface, r->kind == ROUTE_VIA ? r->via : h->dst };
    if (found == NULL)
        fast_learn(ip, pkt->data, &hop);
    return pass_on(ip, &hop, h, found, false, pkt);
}

/* --- source routes ---------------------------------------------------------------------------- */

/* To the next address of the source route. RFC 1812 §5.2.4.3, for a strict one; RFC 1122 §3.3.5,
 * for hosts. */
static bool may_follow(const Ipv4 *ip, const Iface *in, const Route *r, bool strict)
{
    if (r == NULL || r->kind == ROUTE_UNREACHABLE || (strict && r->kind != ROUTE_DIRECT))
        return false;
    return ip->cfg->forward || ip->cfg->source_route == IPV4_ROUTE_FORWARD || r->iface == in;
}

/* It has reached us, and its source route goes on. Until it can be passed on nothing is changed in
 * the packet, which errors quote. */
static DropReason follow_route(Ipv4 *ip, Iface *in, Ipv4Hdr *h, const Ipv4Found *found,
                               unsigned src_kind, Packet *pkt)
{
    IpAddr next = ipv4_route_next(h, found);

    while (!ip_is_none(next) && (ip_kind(ip->stack, next) & ADDR_OURS)) {
        ipv4_route_step(h, found, next);
        next = ipv4_route_next(h, found);
    }
    if (ip_is_none(next)) {
        ipv4_encode(h, pkt->data); /* a fragment is read again */
        return deliver(ip, in, h, false, pkt);
    }
    unsigned next_kind = ip_kind(ip->stack, next);
    if (never_forwarded((src_kind & ADDR_LOOPBACK) != 0, src_kind, next_kind) ||
        (next_kind & ADDR_BROADCAST))
        return DROP_IP_NO_FORWARD;
    if (has_expired(ip, h, pkt))
        return DROP_IP_TTL;
    const Route *r = ipv4_route_lookup(ip, next);
    if (r != NULL && r->kind == ROUTE_BLACKHOLE)
        return DROP_IP_BLACKHOLE;
    if (!may_follow(ip, in, r, ipv4_route_is_strict(h, found))) {
        icmp_send_unreachable(ip->stack->icmp, ICMP_SOURCE_ROUTE_FAILED, pkt, 0);
        return DROP_IP_ROUTE_FAILED;
    }
    Hop hop = { r->iface, r->kind == ROUTE_VIA ? r->via : next };
    return pass_on(ip, &hop, h, found, true, pkt);
}

/* --- input ------------------------------------------------------------------------------------ */

/* RFC 1122 §3.2.1.3: any of our addresses, whichever interface it came in on; never loopback. */
static bool is_for_us(unsigned kind, IpAddr dst)
{
    enum { ALL_HOSTS = 1 }; /* 224.0.0.1, RFC 1112 §7.2: the group that every host is in */

    if (kind & ADDR_MULTICAST)
        return ip_to_v4(dst) == (224u << 24 | ALL_HOSTS);
    return (kind & (ADDR_OURS | ADDR_BROADCAST)) != 0 && (kind & ADDR_LOOPBACK) == 0;
}

/* Of every datagram, wherever it comes from: the header, and nothing behind the datagram's end. */
static DropReason read_header(Ipv4 *ip, Ipv4Hdr *h, Packet *pkt)
{
    node_count(ip->node, COUNTER_IpInReceives);
    DropReason why = ipv4_decode(h, packet_headers(pkt));
    if (why == DROP_NONE)
        packet_trim(pkt, h->total_len); /* Ethernet's padding */
    else
        node_count(ip->node, COUNTER_IpInHdrErrors);
    return why;
}

/* Where a datagram from outside goes; `found` as for pass_on. */
static inline DropReason dispatch(Ipv4 *ip, Iface *iface, bool group, Ipv4Hdr *h,
                                  const Ipv4Found *found, unsigned src, unsigned dst,
                                  Packet *pkt)
{
    if (is_for_us(dst, h->dst)) {
        if (!group && dst == ADDR_OURS && src == 0 && found == NULL)
            fast_learn_ours(ip, pkt->data);
        return deliver(ip, iface, h, group || (dst & (ADDR_BROADCAST | ADDR_MULTICAST)), pkt);
    }
    if (iface->takes_any && !group)
        return deliver(ip, iface, h, false, pkt);
    if (ip->cfg->forward)
        return never_forwarded(group, src, dst) ? DROP_IP_NO_FORWARD : forward(ip, h, found, pkt);
    node_count(ip->node, COUNTER_IpInAddrErrors);
    return DROP_IP_NOT_MINE;
}

/* The same of one with options, which may send it on although it has reached us. */
static DropReason dispatch_by_options(Ipv4 *ip, Iface *iface, bool group, Ipv4Hdr *h, unsigned src,
                                      unsigned dst, Packet *pkt)
{
    enum { DESTINATION = 16 };
    Ipv4Found found;

    DropReason why = options_check(ip, h, &found, pkt);
    if (why != DROP_NONE)
        return why;
    bool ours = (dst & ADDR_OURS) && !group;
    if (ours && !ip_is_none(ipv4_route_next(h, &found)))
        return follow_route(ip, iface, h, &found, src, pkt);
    if (ip->cfg->forward && !is_for_us(dst, h->dst) && ipv4_route_is_strict(h, &found)) {
        icmp_send_parameter(ip->stack->icmp, DESTINATION, pkt); /* RFC 1812 §5.2.2 */
        return DROP_IP_BAD_OPTIONS;
    }
    return dispatch(ip, iface, group, h, &found, src, dst, pkt);
}

/* The full way. */
static G_NO_INLINE DropReason input_fully(Ipv4 *ip, Iface *iface, bool group, Packet *pkt)
{
    Ipv4Hdr h;

    DropReason why = read_header(ip, &h, pkt);
    if (why != DROP_NONE)
        return why;
    unsigned src = ip_kind(ip->stack, h.src), dst = ip_kind(ip->stack, h.dst);
    if (!source_possible(src, &h)) {
        node_count(ip->node, COUNTER_IpInAddrErrors);
        return DROP_IP_BAD_SOURCE;
    }
    if (h.options_len > 0)
        return dispatch_by_options(ip, iface, group, &h, src, dst, pkt);
    return dispatch(ip, iface, group, &h, NULL, src, dst, pkt);
}

/* Of one that is not passed on like one before it. */
static G_NO_INLINE DropReason take_in(Ipv4 *ip, Iface *iface, bool group, Packet *pkt)
{
    if (!group && fast_is_ours(ip, pkt))
        return deliver_again(ip, iface, pkt);
    return input_fully(ip, iface, group, pkt);
}

DropReason ipv4_input(Ipv4 *ip, Iface *iface, bool group, Packet *pkt)
{
    if (!group && ip->cfg->forward && fast_forward(ip, pkt))
        return DROP_NONE;
    return take_in(ip, iface, group, pkt);
}

DropReason ipv4_loop_input(Ipv4 *ip, Packet *pkt)
{
    Ipv4Hdr h;

    DropReason why = read_header(ip, &h, pkt);
    if (why != DROP_NONE)
        return why;
    if (h.options_len > 0)
        return dispatch_by_options(ip, NULL, false, &h, ip_kind(ip->stack, h.src), ADDR_OURS, pkt);
    return deliver(ip, NULL, &h, false, pkt);
}

/* --- errors, addresses, life ------------------------------------------------------------------ */

void ipv4_report(Ipv4 *ip, const IpError *err)
{
    const IpProto *above = find_proto(err->proto);

    if (above != NULL)
        above->error(ip->stack, err);
}

/* RFC 1122 §3.3.5 (B): was it we who sent it there, by its source route? */
static bool was_routed_here(const Ipv4 *ip, const Ipv4Hdr *h)
{
    Ipv4Found found;

    return h->options_len > 0 && ipv4_option_find(h, &found) == 0 &&
           ip_is_local(ip->stack, ipv4_route_last(h, &found));
}

void ipv4_unresolved(Ipv4 *ip, Iface *iface, IpAddr next_hop, Packet *pkt)
{
    Ipv4Hdr h;
    Span datagram = packet_net(pkt);

    (void)next_hop;
    if (ipv4_decode_quoted(&h, datagram) != DROP_NONE)
        return; /* forged: nobody can be told */
    if (!ip_is_local(ip->stack, h.src)) {
        if (was_routed_here(ip, &h))
            icmp_send_unreachable(ip->stack->icmp, ICMP_SOURCE_ROUTE_FAILED, pkt, 0);
        else if (ip->cfg->forward)
            icmp_send_unreachable(ip->stack->icmp, ICMP_HOST_UNREACHABLE, pkt, 0);
        return;
    }
    size_t header = ipv4_hdr_len(&h);
    if (h.frag_off != 0 || datagram.n < header + ICMP_HDR_LEN)
        return;
    ipv4_report(ip, &(IpError){
        .kind = IP_ERR_HOST_UNREACHABLE,
        .reporter = iface->ip.addr,
        .src = h.src,
        .dst = ipv4_final_dst(&h),
        .proto = h.proto,
        .quoted = { datagram.p + header, datagram.n - header },
    });
}

void ipv4_set_address(Ipv4 *ip, Iface *iface, IpPrefix addr)
{
    if (!ip_is_none(iface->ip.addr))
        route_table_disconnect(&ip->table, iface);
    iface->ip = addr;
    eth_set_last_hop(iface, NULL); /* it may be a broadcast now */
    ip_kinds_changed(ip->stack);
    route_table_unresolve(&ip->table);
    if (!ip_is_none(addr.addr))
        ipv4_route_add(ip, &(Route){ addr, ROUTE_DIRECT, ROUTE_CONNECTED, IP_NONE, iface, false });
    ip->node->sim->topology++;
}

Ipv4 *ipv4_new(Stack *stack, const Ipv4Config *cfg, Arp *arp)
{
    Ipv4 *ip = heap_new0(&stack->node->sim->heap, Ipv4);

    ip->stack = stack;
    ip->node = stack->node;
    ip->cfg = cfg;
    ip->arp = arp;
    ip->next_id = 1;
    route_table_init(&ip->table);
    return ip;
}

void ipv4_flush(Ipv4 *ip)
{
    ipv4_loop_flush(ip, DROP_LINK_HOST_DOWN);
    if (ip->frags != NULL)
        frags_flush(ip->frags, DROP_LINK_HOST_DOWN);
    if (ip->path_mtus != NULL)
        g_array_set_size(ip->path_mtus, 0);
}

void ipv4_free(Ipv4 *ip)
{
    Heap *heap = &ip->node->sim->heap;

    ipv4_loop_flush(ip, DROP_LINK_ENDED);
    if (ip->frags != NULL)
        frags_free(ip->frags);
    route_table_clear(&ip->table, heap);
    fast_clear(ip);
    if (ip->path_mtus != NULL)
        g_array_free(ip->path_mtus, TRUE);
    heap_give(heap, ip, sizeof *ip);
}

const Ipv4Config *ipv4_config(const Ipv4 *ip)
{
    return ip->cfg;
}
