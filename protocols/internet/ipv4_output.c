/*
 * ipv4_output.c - IPv4 output: route, source, header, and onto a wire or back to ourselves.
 *
 * RFC 791 §3.2, RFC 1122 §3.3. Datagrams to one of our own addresses never touch a wire: they
 * come back to input by a zero-delay timer, so that input never re-enters.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ipv4_priv.h"
#include "protocols/stack.h"

enum { LOOPBACK_MTU = IPV4_MAX_LEN };

/* --- onto a wire ------------------------------------------------------------------------------ */

typedef struct FragmentSender {
    Ipv4      *ip;
    const Hop *hop;
} FragmentSender;

static void send_fragment(void *self, Packet *fragment)
{
    FragmentSender *to = self;

    node_count(to->ip->node, COUNTER_IpFragCreates);
    arp_output(to->ip->arp, to->hop->iface, to->hop->next, fragment);
}

DropReason ipv4_send(Ipv4 *ip, const Hop *hop, const Ipv4Hdr *h, size_t mtu, Packet *pkt)
{
    if (pkt->len <= mtu) {
        arp_output(ip->arp, hop->iface, hop->next, pkt);
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

/* --- to ourselves ----------------------------------------------------------------------------- */

static Packet *loop_take(Loop *loop)
{
    Packet *pkt = loop->head;

    if (pkt != NULL) {
        loop->head = pkt->next;
        if (loop->head == NULL)
            loop->tail = NULL;
        pkt->next = NULL;
    }
    return pkt;
}

static void loop_fired(void *owner)
{
    Ipv4 *ip = owner;
    Packet *pkt = loop_take(ip->loop);

    if (ip->loop->head != NULL)
        timer_set(&ip->loop->timer, 0);
    DropReason why = ipv4_loop_input(ip, pkt);
    if (why != DROP_NONE)
        packet_drop(pkt, ip->node, NULL, why);
}

static void loop_send(Ipv4 *ip, Packet *pkt)
{
    Sim *sim = ip->node->sim;

    if (ip->loop == NULL) {
        ip->loop = heap_new0(&sim->heap, Loop);
        timer_init(&ip->loop->timer, &sim->sched, loop_fired, ip);
    }
    Loop *loop = ip->loop;
    pkt->net = packet_offset(pkt);
    pkt->next = NULL;
    if (loop->tail != NULL)
        loop->tail->next = pkt;
    else
        loop->head = pkt;
    loop->tail = pkt;
    if (!timer_pending(&loop->timer))
        timer_set(&loop->timer, 0);
}

void ipv4_loop_flush(Ipv4 *ip, DropReason why)
{
    Loop *loop = ip->loop;
    Packet *pkt;

    if (loop == NULL)
        return;
    timer_stop(&loop->timer);
    while ((pkt = loop_take(loop)) != NULL)
        packet_drop(pkt, ip->node, NULL, why);
    heap_give(&ip->node->sim->heap, loop, sizeof *loop);
    ip->loop = NULL;
}

/* --- output ----------------------------------------------------------------------------------- */

/* RFC 1122 §3.3.6 leaves the interface for a limited broadcast to the host: the one whose
 * address it bears, the one the default route takes, or the first. */
static Iface *broadcast_iface(Ipv4 *ip, IpAddr src, IpAddr dst)
{
    const Vec *ifaces = ip->stack->ifaces;

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

/* out: see IpSend.iface. */
static DropReason find_hop(Ipv4 *ip, Iface *out, IpAddr src, IpAddr dst, Hop *hop)
{
    if (!ip_is_v4(dst) || ip_is_any(dst)) /* RFC 1122 §3.2.1.3 (a) */
        return DROP_IP_NO_ROUTE;
    if (ip_is_limited_broadcast(dst) || ip_is_multicast(dst)) {
        *hop = (Hop){ out != NULL ? out : broadcast_iface(ip, src, dst), dst };
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
static DropReason route_own(Ipv4 *ip, Iface *out, const Ipv4Hdr *h, Packet *pkt)
{
    Hop hop;

    node_count(ip->node, COUNTER_IpOutRequests);
    if (ip_is_local(ip->stack, h->dst)) {
        loop_send(ip, pkt);
        return DROP_NONE;
    }
    if (ip_is_loopback(h->src)) /* RFC 1122 §3.2.1.3 (g): not outside a host */
        return DROP_IP_BAD_SOURCE;
    bool once_more = ip->has_sent; /* who sends twice may send thrice */
    ip->has_sent = true;
    DropReason why = find_hop(ip, out, h->src, h->dst, &hop);
    if (why != DROP_NONE) {
        if (why == DROP_IP_NO_ROUTE)
            node_count(ip->node, COUNTER_IpOutNoRoutes);
        return why;
    }
    if (once_more && h->options_len == 0 && ip_kind(ip->stack, h->src) == ADDR_OURS &&
        ip_kind(ip->stack, h->dst) == 0)
        fast_learn(ip, pkt->data, &hop);
    return ipv4_send(ip, &hop, h, path_mtu(ip, h->dst, ipv4_iface_mtu(hop.iface)), pkt);
}

DropReason ipv4_output(Ipv4 *ip, const IpSend *how, Packet *pkt)
{
    size_t header = IPV4_HDR_LEN + (how->options != NULL ? how->options->len : 0u);

    if (how->options == NULL && fast_originate(ip, how, pkt))
        return DROP_NONE;
    g_assert(pkt->len + header <= IPV4_MAX_LEN);
    Ipv4Hdr h = {
        .src = how->src,
        .dst = how->dst,
        .tos = how->tos,
        .ttl = how->ttl != 0 ? how->ttl : (uint8_t)ip->cfg->ttl,
        .proto = how->proto,
        .total_len = (uint16_t)(pkt->len + header),
        .id = ip->next_id,
        .df = how->df,
    };
    if (how->options != NULL)
        options_originate(ip, &h, how->options);
    if (ip_is_none(h.src))
        h.src = ipv4_source(ip, h.dst);
    if (ip_is_none(h.src))
        h.src = IP4_ANY; /* no address yet */
    if (!ip_is_v4(h.dst))
        return DROP_IP_NO_ROUTE;
    ip->next_id++; /* RFC 6864 §4.1: matters only to what may be cut */
    ipv4_encode(&h, packet_push(pkt, header));
    return route_own(ip, how->iface, &h, pkt);
}

DropReason ipv4_output_raw(Ipv4 *ip, Packet *pkt)
{
    Ipv4Hdr h;
    DropReason why = ipv4_decode_quoted(&h, packet_span(pkt));

    return why != DROP_NONE ? why : route_own(ip, NULL, &h, pkt);
}

IpAddr ipv4_source(Ipv4 *ip, IpAddr dst)
{
    Hop hop;

    if (ip_is_local(ip->stack, dst))
        return dst;
    return find_hop(ip, NULL, IP_NONE, dst, &hop) == DROP_NONE ? hop.iface->ip.addr : IP_NONE;
}

size_t ipv4_link_mtu(Ipv4 *ip, IpAddr dst)
{
    Hop hop;

    if (ip_is_local(ip->stack, dst))
        return LOOPBACK_MTU - IPV4_HDR_LEN;
    if (find_hop(ip, NULL, IP_NONE, dst, &hop) != DROP_NONE)
        return 0;
    return ipv4_iface_mtu(hop.iface) - IPV4_HDR_LEN;
}

/* Less than what its first hop takes, if the path has shown to be narrower. */
static size_t narrowed(Ipv4 *ip, IpAddr first, IpAddr dst, size_t mtu)
{
    if (mtu == 0 || ip->path_mtus == NULL || ip_is_local(ip->stack, first))
        return mtu;
    return path_mtu(ip, dst, mtu + IPV4_HDR_LEN) - IPV4_HDR_LEN;
}

void ipv4_mtus(Ipv4 *ip, IpAddr dst, size_t *path, size_t *link)
{
    *link = ipv4_link_mtu(ip, dst);
    *path = narrowed(ip, dst, dst, *link);
}

size_t ipv4_mtu(Ipv4 *ip, IpAddr dst, const IpOptions *options)
{
    bool routed = options != NULL && !ip_is_none(options->first);
    IpAddr first = routed ? options->first : dst;
    size_t mtu = narrowed(ip, first, dst, ipv4_link_mtu(ip, first));

    if (mtu == 0)
        return 0;
    return options != NULL ? mtu - options->len : mtu;
}
