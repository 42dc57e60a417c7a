/*
 * ipv4_options.c - what hosts and routers do with the options of a datagram: RFC 791 §3.1,
 * RFC 1122 §3.2.1.8, RFC 1812 §5.2.4, §5.3.13. Where a source route leads is ipv4.c's business.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ipv4_priv.h"
#include "protocols/stack.h"

#include <string.h>

DropReason options_check(Ipv4 *ip, const Ipv4Hdr *h, Ipv4Found *found, const Packet *pkt)
{
    uint8_t place = ipv4_option_find(h, found);

    if (place != 0) { /* RFC 1122 §3.2.2.5 */
        node_count(ip->node, COUNTER_IpInHdrErrors);
        icmp_send_parameter(ip->stack->icmp, place, pkt);
        return DROP_IP_BAD_OPTIONS;
    }
    bool refused = found->route != 0 && ip->cfg->source_route == IPV4_ROUTE_DROP;
    return refused ? DROP_IP_SOURCE_ROUTE : DROP_NONE;
}

/* RFC 1812 §5.2.1.1 (2): that of the interface; where that has none, any other of ours. */
static IpAddr own_address(const Ipv4 *ip, const Iface *out)
{
    const Vec *ifaces = ip->stack->ifaces;
    IpAddr own = out->ip.addr;

    for (guint i = 0; i < ifaces->len && ip_is_none(own); i++)
        own = ((const Iface *)g_ptr_array_index(ifaces, i))->ip.addr;
    return ip_is_none(own) ? IP4_ANY : own;
}

/* RFC 791: milliseconds since midnight UT. The simulation starts at one, as its captures say. */
static uint32_t clock_ms(const Ipv4 *ip)
{
    return (uint32_t)(sim_now(ip->node->sim) % (24 * HOUR) / MSEC);
}

static void stamp(const Ipv4 *ip, Ipv4Hdr *h, const Ipv4Found *found, IpAddr own)
{
    IpAddr asked = ipv4_stamp_asks(h, found);

    if (ip_is_none(asked) || (!ip_is_any(asked) && !ip_is_local(ip->stack, asked)))
        return;
    ipv4_stamp(h, found, own, clock_ms(ip));
}

void options_forward(Ipv4 *ip, const Iface *out, Ipv4Hdr *h, const Ipv4Found *found, bool routed,
                     Packet *pkt)
{
    enum { TTL = 8 };
    IpAddr own = own_address(ip, out);

    if (routed)
        ipv4_route_step(h, found, own);
    ipv4_record(h, found, own);
    stamp(ip, h, found, own);
    h->ttl = pkt->data[TTL]; /* counted down already */
    ipv4_encode(h, pkt->data);
}

/* RFC 1122 §3.2.1.8 (e). Not in a recorded route: RFC 791, this host does not route it. */
void options_arrive(Ipv4 *ip, Ipv4Hdr *h)
{
    Ipv4Found found;

    if (ipv4_option_find(h, &found) == 0)
        stamp(ip, h, &found, h->dst);
}

void options_originate(Ipv4 *ip, Ipv4Hdr *h, const IpOptions *options)
{
    Ipv4Found found;

    h->options_len = options->len;
    memcpy(h->options, options->bytes, options->len);
    if (!ip_is_none(options->first))
        h->dst = options->first;
    IpAddr own = ipv4_source(ip, h->dst);
    if (ip_is_none(own) || ipv4_option_find(h, &found) != 0)
        return;
    ipv4_record(h, &found, own);
    stamp(ip, h, &found, own);
}
