/*
 * ipv4.c - IPv4 input, deliver, forward and output: RFC 791, RFC 1122 §3, RFC 1812 §5.
 *
 * Datagrams to one of our own addresses never touch a wire: they come back to input by a zero-delay
 * timer, so that input never re-enters. Routes, fragments and path MTUs have files of their own.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ipv4_priv.h"
#include "protocols/stack.h"
#include "protocols/wire/checksum.h"

enum { LOOPBACK_MTU = IPV4_MAX_LEN };

const Ipv4Config ipv4_defaults = {
    .ttl = 64,
    .reassembly_timeout = 60 * SEC,
    .reassembly_memory = 4 << 20,
    .pmtu = true,
    .auto_routes = true,
    .icmp_quote = 528,
};

const Knob ipv4_knobs[] = {
    { "ttl", KNOB_INT, offsetof(Ipv4Config, ttl), 1, 255, NULL,
      "Time to live of the datagrams that it sends.", "RFC 1122 §3.2.1.7", false },
    { "reassembly_timeout", KNOB_TIME, offsetof(Ipv4Config, reassembly_timeout), 1, NEVER, NULL,
      "How long the first fragment of a datagram waits for the others.", "RFC 1122 §3.3.2", false },
    { "reassembly_memory", KNOB_SIZE, offsetof(Ipv4Config, reassembly_memory), 0, 1 << 30, NULL,
      "Bytes of memory for fragments that wait; the oldest datagram makes room.", "", false },
    { "pmtu", KNOB_BOOL, offsetof(Ipv4Config, pmtu), 0, 0, NULL,
      "Remembers for ten minutes what \"fragmentation needed\" says of a path.", "RFC 1191", false },
    { "icmp_quote", KNOB_INT, offsetof(Ipv4Config, icmp_quote), 8, 528, NULL,
      "Bytes that ICMP errors quote behind the offending IP header, if there are as many.",
      "RFC 1812 §4.3.2.3", false },
    { .name = NULL },
};

typedef struct Hop { /* where a datagram goes next */
    Iface *iface;
    IpAddr next;
} Hop;

/* --- input ------------------------------------------------------------------------------------ */

/* RFC 1122 §3.2.1.8: options are passed over, if one can see where each of them ends. Returns the place
 * in the header of one where that is not so, 0 if there is none. */
static uint8_t malformed_option(const Ipv4Hdr *h)
{
    enum { END = 0, NO_OPERATION = 1 };

    for (size_t i = 0; i < h->options_len && h->options[i] != END;) {
        if (h->options[i] == NO_OPERATION) {
            i++;
            continue;
        }
        if (i + 1 >= h->options_len || h->options[i + 1] < 2 ||
            h->options[i + 1] > h->options_len - i)
            return (uint8_t)(IPV4_HDR_LEN + i);
        i += h->options[i + 1];
    }
    return 0;
}

/* RFC 1122 §3.2.2.5: the sender is told at which byte its header went wrong. */
static DropReason check_options(Ipv4 *ip, const Ipv4Hdr *h, const Packet *pkt)
{
    uint8_t place = malformed_option(h);
    IcmpHdr problem = { .type = ICMP_PARAMETER_PROBLEM, .rest = (uint32_t)place << 24 };

    if (place == 0)
        return DROP_NONE;
    node_count(ip->node, COUNTER_IpInHdrErrors);
    icmp_send_error(ip->icmp, &problem, SENT_ICMP_PARAMETER, pkt);
    return DROP_IP_BAD_OPTIONS;
}

/* Class E, and with it the limited broadcast; RFC 1112 §4. */
static bool is_reserved(IpAddr a)
{
    return ip_to_v4(a) >> 28 == 0xf;
}

/* RFC 1122 §3.2.1.3: broadcast, multicast, loopback and "any" are no senders; (c) and (d): "any" is
 * one while a host has no address yet, and asks for one by broadcast. */
static bool source_possible(const Ipv4 *ip, const Ipv4Hdr *h)
{
    if (ip_is_any(h->src))
        return ip_is_limited_broadcast(h->dst);
    return !ip_is_loopback(h->src) && !is_reserved(h->src) &&
           !ip_is_broadcast_for(ip->stack, h->src);
}

static const Ipv4Proto *find_proto(const Ipv4 *ip, uint8_t proto)
{
    for (unsigned i = 0; i < ip->n_protos; i++)
        if (ip->protos[i].proto == proto)
            return &ip->protos[i];
    return NULL;
}

static DropReason to_protocol(Ipv4 *ip, Iface *iface, const Ipv4Hdr *h, bool broadcast, Packet *pkt)
{
    const Ipv4Proto *above = find_proto(ip, h->proto);
    IpMeta meta = {
        .src = h->src,
        .dst = h->dst,
        .proto = h->proto,
        .ttl = h->ttl,
        .tos = h->tos,
        .broadcast = broadcast,
        .iface = iface,
    };

    packet_pull(pkt, ipv4_hdr_len(h));
    if (above == NULL) {
        node_count(ip->node, COUNTER_IpInUnknownProtos);
        icmp_send_unreachable(ip->icmp, ICMP_PROTOCOL_UNREACHABLE, pkt, 0);
        return DROP_IP_PROTOCOL;
    }
    node_count(ip->node, COUNTER_IpInDelivers);
    return above->input(above->self, &meta, pkt);
}

static DropReason deliver(Ipv4 *ip, Iface *iface, const Ipv4Hdr *h, bool broadcast, Packet *pkt)
{
    Port *port = iface != NULL ? iface->port : NULL;
    Packet *whole;
    Ipv4Hdr whole_h;

    if (!h->mf && h->frag_off == 0)
        return to_protocol(ip, iface, h, broadcast, pkt);
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

/* --- onto a wire ------------------------------------------------------------------------------ */

static size_t iface_mtu(const Iface *iface)
{
    size_t mtu = iface->port->out != NULL ? (size_t)iface->port->out->cfg.mtu : iface->mtu;

    return CLAMP(mtu, IPV4_MTU_MIN, IPV4_MAX_LEN);
}

/* RFC 1122 §3.3.6 and RFC 1112 §6.4: the station address of a group needs no ARP. */
static bool group_station(const Iface *iface, IpAddr dst, MacAddr *mac)
{
    if (ip_is_multicast(dst)) {
        *mac = mac_from_u64(UINT64_C(0x01005e000000) | (ip_to_v4(dst) & 0x7fffff));
        return true;
    }
    *mac = MAC_BROADCAST;
    return ip_is_limited_broadcast(dst) ||
           (!ip_is_none(iface->ip.addr) && ip_equal(dst, prefix_broadcast(iface->ip)));
}

/* Takes pkt always. */
static void send_on(Ipv4 *ip, const Hop *hop, Packet *pkt)
{
    MacAddr mac;

    pkt->net = (uint32_t)(pkt->data - pkt->buf);
    if (group_station(hop->iface, hop->next, &mac))
        eth_output(hop->iface, mac, ETHERTYPE_IPV4, pkt);
    else
        arp_output(ip->arp, hop->iface, hop->next, pkt);
}

typedef struct FragmentSender {
    Ipv4      *ip;
    const Hop *hop;
} FragmentSender;

static void send_fragment(void *self, Packet *fragment)
{
    FragmentSender *to = self;

    node_count(to->ip->node, COUNTER_IpFragCreates);
    send_on(to->ip, to->hop, fragment);
}

/* In one piece or several. Takes pkt if DROP_NONE. */
static DropReason send_fitting(Ipv4 *ip, const Hop *hop, const Ipv4Hdr *h, size_t mtu, Packet *pkt)
{
    if (pkt->len <= mtu) {
        send_on(ip, hop, pkt);
        return DROP_NONE;
    }
    if (h->df) {
        node_count(ip->node, COUNTER_IpFragFails);
        return DROP_IP_DF;
    }
    node_count(ip->node, COUNTER_IpFragOKs);
    ipv4_fragment(pkt, h, mtu, send_fragment, &(FragmentSender){ ip, hop });
    return DROP_NONE;
}

/* --- forward ---------------------------------------------------------------------------------- */

/* RFC 1812 §5.3.4, §5.3.7, §4.2.2.11. */
static bool never_forwarded(const EthHdr *eth, const Ipv4Hdr *h)
{
    return mac_is_group(eth->dst) || ip_is_multicast(h->dst) || ip_is_loopback(h->dst) ||
           is_reserved(h->dst) || ip_to_v4(h->dst) >> 24 == 0 || ip_is_any(h->src);
}

/* RFC 1812 §5.2.1.2 (6), with the checksum of RFC 1624. */
static void decrement_ttl(Packet *pkt)
{
    enum { TTL = 8, CHECKSUM = 10 };
    uint8_t *header = pkt->data;
    uint16_t old = get16(header + TTL);

    header[TTL]--;
    put16(header + CHECKSUM, sum_update(get16(header + CHECKSUM), old, get16(header + TTL)));
}

/* Why a datagram cannot be forwarded along r, its sender told where that is due; RFC 1812 §5.2.7.1. */
static DropReason refuse_route(Ipv4 *ip, const Route *r, const Packet *pkt)
{
    static const IcmpHdr rejected = { .type = ICMP_UNREACHABLE, .code = ICMP_HOST_UNREACHABLE };

    if (r == NULL) {
        node_count(ip->node, COUNTER_IpOutNoRoutes);
        icmp_send_unreachable(ip->icmp, ICMP_NET_UNREACHABLE, pkt, 0);
        return DROP_IP_NO_ROUTE;
    }
    if (r->kind == ROUTE_BLACKHOLE)
        return DROP_IP_BLACKHOLE;
    if (r->kind == ROUTE_UNREACHABLE) {
        icmp_send_error(ip->icmp, &rejected, SENT_ICMP_REJECTED, pkt);
        return DROP_IP_UNREACHABLE;
    }
    return DROP_NONE;
}

static DropReason forward(Ipv4 *ip, const EthHdr *eth, const Ipv4Hdr *h, Packet *pkt)
{
    if (never_forwarded(eth, h))
        return DROP_IP_NO_FORWARD;
    if (h->ttl <= 1) { /* RFC 1812 §5.3.1 */
        icmp_send_time_exceeded(ip->icmp, ICMP_TTL_EXCEEDED, pkt);
        return DROP_IP_TTL;
    }
    const Route *r = ipv4_route_lookup(ip, h->dst);
    DropReason why = refuse_route(ip, r, pkt);
    if (why != DROP_NONE)
        return why;

    Hop hop = { r->iface, r->kind == ROUTE_VIA ? r->via : h->dst };
    size_t mtu = iface_mtu(hop.iface);
    if (h->df && pkt->len > mtu) {
        node_count(ip->node, COUNTER_IpFragFails);
        icmp_send_unreachable(ip->icmp, ICMP_FRAG_NEEDED, pkt, (uint32_t)mtu);
        return DROP_IP_DF;
    }
    decrement_ttl(pkt);
    node_count(ip->node, COUNTER_IpForwDatagrams);
    return send_fitting(ip, &hop, h, mtu, pkt);
}

DropReason ipv4_input(void *self, Iface *iface, const EthHdr *eth, Packet *pkt)
{
    Ipv4 *ip = self;
    Ipv4Hdr h;

    node_count(ip->node, COUNTER_IpInReceives);
    DropReason why = ipv4_decode(&h, packet_span(pkt));
    if (why != DROP_NONE) {
        node_count(ip->node, COUNTER_IpInHdrErrors);
        return why;
    }
    packet_trim(pkt, h.total_len); /* Ethernet's padding */
    if (!source_possible(ip, &h)) {
        node_count(ip->node, COUNTER_IpInAddrErrors);
        return DROP_IP_BAD_SOURCE;
    }
    why = check_options(ip, &h, pkt);
    if (why != DROP_NONE)
        return why;

    bool group = ip_is_broadcast_for(ip->stack, h.dst);
    bool for_us = ip_is_multicast(h.dst) ? ip_to_v4(h.dst) == 0xe0000001 /* all hosts, RFC 1112 §7.2 */
                                         : group || (ip_is_local(ip->stack, h.dst) &&
                                                     !ip_is_loopback(h.dst));
    if (for_us)
        return deliver(ip, iface, &h, group || mac_is_group(eth->dst), pkt);
    if (ip->cfg.forward)
        return forward(ip, eth, &h, pkt);
    node_count(ip->node, COUNTER_IpInAddrErrors);
    return DROP_IP_NOT_MINE;
}

/* --- to ourselves ----------------------------------------------------------------------------- */

static void loop_send(Ipv4 *ip, Packet *pkt)
{
    pkt->net = (uint32_t)(pkt->data - pkt->buf);
    pkt->next = NULL;
    if (ip->loop_tail != NULL)
        ip->loop_tail->next = pkt;
    else
        ip->loop_head = pkt;
    ip->loop_tail = pkt;
    if (!timer_pending(&ip->loop_timer))
        timer_set(&ip->loop_timer, 0);
}

static Packet *loop_take(Ipv4 *ip)
{
    Packet *pkt = ip->loop_head;

    if (pkt != NULL) {
        ip->loop_head = pkt->next;
        if (ip->loop_head == NULL)
            ip->loop_tail = NULL;
        pkt->next = NULL;
    }
    return pkt;
}

static DropReason loop_input(Ipv4 *ip, Packet *pkt)
{
    Ipv4Hdr h;

    node_count(ip->node, COUNTER_IpInReceives);
    DropReason why = ipv4_decode(&h, packet_span(pkt));
    if (why != DROP_NONE) {
        node_count(ip->node, COUNTER_IpInHdrErrors);
        return why;
    }
    packet_trim(pkt, h.total_len);
    why = check_options(ip, &h, pkt);
    return why != DROP_NONE ? why : deliver(ip, NULL, &h, false, pkt);
}

static void loop_fired(void *owner)
{
    Ipv4 *ip = owner;
    Packet *pkt = loop_take(ip);

    if (ip->loop_head != NULL)
        timer_set(&ip->loop_timer, 0);
    DropReason why = loop_input(ip, pkt);
    if (why != DROP_NONE)
        packet_drop(pkt, ip->node, NULL, why);
}

/* --- output ----------------------------------------------------------------------------------- */

/* RFC 1122 §3.3.6 leaves the interface for a limited broadcast to the host: the one whose address it
 * bears, the one the default route takes, or the first. */
static Iface *broadcast_iface(Ipv4 *ip, IpAddr src, IpAddr dst)
{
    const GPtrArray *ifaces = ip->stack->ifaces;

    for (guint i = 0; i < ifaces->len && !ip_is_none(src); i++) {
        Iface *iface = g_ptr_array_index(ifaces, i);
        if (ip_equal(iface->ip.addr, src))
            return iface;
    }
    const Route *r = ipv4_route_lookup(ip, dst);
    if (r != NULL && r->iface != NULL)
        return r->iface;
    return ifaces->len > 0 ? g_ptr_array_index(ifaces, 0) : NULL;
}

static DropReason find_hop(Ipv4 *ip, IpAddr src, IpAddr dst, Hop *hop)
{
    if (!ip_is_v4(dst) || ip_is_any(dst)) /* RFC 1122 §3.2.1.3 (a) */
        return DROP_IP_NO_ROUTE;
    if (ip_is_limited_broadcast(dst) || ip_is_multicast(dst)) {
        *hop = (Hop){ broadcast_iface(ip, src, dst), dst };
        return hop->iface != NULL ? DROP_NONE : DROP_IP_NO_ROUTE;
    }
    const Route *r = ipv4_route_lookup(ip, dst);
    if (r == NULL)
        return DROP_IP_NO_ROUTE;
    if (r->kind == ROUTE_BLACKHOLE)
        return DROP_IP_BLACKHOLE;
    if (r->kind == ROUTE_UNREACHABLE)
        return DROP_IP_UNREACHABLE;
    *hop = (Hop){ r->iface, r->kind == ROUTE_VIA ? r->via : dst };
    return DROP_NONE;
}

/* What the host's own datagram, its header in front, does next. Takes pkt if DROP_NONE. */
static DropReason route_own(Ipv4 *ip, const Ipv4Hdr *h, Packet *pkt)
{
    Hop hop;

    node_count(ip->node, COUNTER_IpOutRequests);
    if (ip_is_local(ip->stack, h->dst)) {
        loop_send(ip, pkt);
        return DROP_NONE;
    }
    if (ip_is_loopback(h->src)) /* RFC 1122 §3.2.1.3 (g): not outside a host */
        return DROP_IP_BAD_SOURCE;
    DropReason why = find_hop(ip, h->src, h->dst, &hop);
    if (why != DROP_NONE) {
        if (why == DROP_IP_NO_ROUTE)
            node_count(ip->node, COUNTER_IpOutNoRoutes);
        return why;
    }
    return send_fitting(ip, &hop, h, path_mtu(ip, h->dst, iface_mtu(hop.iface)), pkt);
}

DropReason ipv4_output(Ipv4 *ip, const IpSend *how, Packet *pkt)
{
    g_assert(pkt->len + IPV4_HDR_LEN <= IPV4_MAX_LEN);
    Ipv4Hdr h = {
        .src = how->src,
        .dst = how->dst,
        .tos = how->tos,
        .ttl = how->ttl != 0 ? how->ttl : (uint8_t)ip->cfg.ttl,
        .proto = how->proto,
        .total_len = (uint16_t)(pkt->len + IPV4_HDR_LEN),
        .id = ip->next_id,
        .df = how->df,
    };
    if (ip_is_none(h.src))
        h.src = ipv4_source(ip, h.dst);
    if (ip_is_none(h.src))
        h.src = IP4_ANY; /* no address yet */
    if (!ip_is_v4(h.dst))
        return DROP_IP_NO_ROUTE;
    ip->next_id++; /* RFC 6864 §4.1: matters only to what may be cut */
    ipv4_encode(&h, packet_push(pkt, IPV4_HDR_LEN));
    return route_own(ip, &h, pkt);
}

DropReason ipv4_output_raw(Ipv4 *ip, Packet *pkt)
{
    Ipv4Hdr h;
    DropReason why = ipv4_decode_quoted(&h, packet_span(pkt));

    return why != DROP_NONE ? why : route_own(ip, &h, pkt);
}

IpAddr ipv4_source(Ipv4 *ip, IpAddr dst)
{
    Hop hop;

    if (ip_is_local(ip->stack, dst))
        return dst;
    return find_hop(ip, IP_NONE, dst, &hop) == DROP_NONE ? hop.iface->ip.addr : IP_NONE;
}

size_t ipv4_mtu(Ipv4 *ip, IpAddr dst)
{
    Hop hop;

    if (ip_is_local(ip->stack, dst))
        return LOOPBACK_MTU - IPV4_HDR_LEN;
    if (find_hop(ip, IP_NONE, dst, &hop) != DROP_NONE)
        return 0;
    return path_mtu(ip, dst, iface_mtu(hop.iface)) - IPV4_HDR_LEN;
}

/* --- errors, addresses, life ------------------------------------------------------------------ */

void ipv4_report(Ipv4 *ip, const IpError *err)
{
    const Ipv4Proto *above = find_proto(ip, err->proto);

    if (above != NULL && above->error != NULL)
        above->error(above->self, err);
}

void ipv4_unresolved(Ipv4 *ip, Iface *iface, IpAddr next_hop, Packet *pkt)
{
    Ipv4Hdr h;
    Span datagram = packet_net(pkt);

    (void)next_hop;
    if (ipv4_decode_quoted(&h, datagram) != DROP_NONE)
        return; /* forged: nobody can be told */
    if (!ip_is_local(ip->stack, h.src)) {
        if (ip->cfg.forward)
            icmp_send_unreachable(ip->icmp, ICMP_HOST_UNREACHABLE, pkt, 0);
        return;
    }
    size_t header = ipv4_hdr_len(&h);
    if (h.frag_off != 0 || datagram.n < header + ICMP_HDR_LEN)
        return;
    ipv4_report(ip, &(IpError){
        .kind = IP_ERR_HOST_UNREACHABLE,
        .reporter = iface->ip.addr,
        .src = h.src,
        .dst = h.dst,
        .proto = h.proto,
        .quoted = { datagram.p + header, datagram.n - header },
    });
}

void ipv4_set_address(Ipv4 *ip, Iface *iface, IpPrefix addr)
{
    for (guint i = 0; i < ip->table.routes->len; i++) {
        const Route *r = &g_array_index(ip->table.routes, Route, i);
        if (r->origin == ROUTE_CONNECTED && r->iface == iface) {
            g_array_remove_index(ip->table.routes, i);
            break;
        }
    }
    iface->ip = addr;
    route_table_unresolve(&ip->table);
    if (!ip_is_none(addr.addr))
        ipv4_route_add(ip, &(Route){ addr, ROUTE_DIRECT, ROUTE_CONNECTED, IP_NONE, iface, false });
    ip->node->sim->topology++;
}

void ipv4_handle(Ipv4 *ip, uint8_t proto, IpInput input, IpErrorInput error, void *self)
{
    g_assert(ip->n_protos < IPV4_MAX_PROTOS);
    g_assert(find_proto(ip, proto) == NULL);
    ip->protos[ip->n_protos++] = (Ipv4Proto){ proto, input, error, self };
}

Ipv4 *ipv4_new(Stack *stack, const Ipv4Config *cfg, Arp *arp)
{
    Ipv4 *ip = g_new0(Ipv4, 1);

    ip->stack = stack;
    ip->node = stack->node;
    ip->cfg = *cfg;
    ip->arp = arp;
    ip->next_id = 1;
    route_table_init(&ip->table);
    ip->frags = frags_new(ip);
    ip->path_mtus = path_mtus_new();
    timer_init(&ip->loop_timer, &ip->node->sim->sched, loop_fired, ip);
    return ip;
}

static void loop_flush(Ipv4 *ip, DropReason why)
{
    Packet *pkt;

    timer_stop(&ip->loop_timer);
    while ((pkt = loop_take(ip)) != NULL)
        packet_drop(pkt, ip->node, NULL, why);
}

void ipv4_flush(Ipv4 *ip)
{
    loop_flush(ip, DROP_LINK_HOST_DOWN);
    frags_flush(ip->frags, DROP_LINK_HOST_DOWN);
    g_array_set_size(ip->path_mtus, 0);
}

void ipv4_free(Ipv4 *ip)
{
    loop_flush(ip, DROP_LINK_ENDED);
    frags_free(ip->frags);
    route_table_clear(&ip->table);
    g_array_free(ip->path_mtus, TRUE);
    g_free(ip);
}

void ipv4_set_icmp(Ipv4 *ip, Icmp *icmp)
{
    ip->icmp = icmp;
}

const Ipv4Config *ipv4_config(const Ipv4 *ip)
{
    return &ip->cfg;
}
