/*
 * ip.c - the internet layer as the transport layer sees it: today all of it is IPv4.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ip.h"

#include "protocols/internet/ipv4.h"
#include "protocols/stack.h"

void ip_handle(Stack *stack, uint8_t proto, IpInput input, IpErrorInput error, void *self)
{
    ipv4_handle(stack->ipv4, proto, input, error, self);
}

DropReason ip_output(Stack *stack, const IpSend *how, Packet *pkt)
{
    return ipv4_output(stack->ipv4, how, pkt);
}

IpAddr ip_source(Stack *stack, IpAddr dst)
{
    return ipv4_source(stack->ipv4, dst);
}

size_t ip_mtu(Stack *stack, IpAddr dst)
{
    return ipv4_mtu(stack->ipv4, dst);
}

void ip_doubt(Stack *stack, IpAddr dst)
{
    const Route *route = ipv4_route_lookup(stack->ipv4, dst);

    if (route == NULL)
        return;
    IpAddr next_hop = route->kind == ROUTE_VIA ? route->via : dst;
    const ArpEntry *entry = arp_lookup(stack->arp, next_hop);
    if (entry != NULL && entry->state == ARP_REACHABLE)
        arp_delete(stack->arp, next_hop);
}

bool ip_is_local(const Stack *stack, IpAddr addr)
{
    if (ip_is_loopback(addr))
        return true;
    if (ip_is_none(addr))
        return false;
    for (guint i = 0; i < stack->ifaces->len; i++) {
        const Iface *iface = g_ptr_array_index(stack->ifaces, i);
        if (ip_equal(iface->ip.addr, addr))
            return true;
    }
    return false;
}

bool ip_is_broadcast_for(const Stack *stack, IpAddr addr)
{
    if (ip_is_limited_broadcast(addr) || ip_is_multicast(addr))
        return true;
    if (ip_is_none(addr))
        return false;
    for (guint i = 0; i < stack->ifaces->len; i++) {
        const Iface *iface = g_ptr_array_index(stack->ifaces, i);
        if (!ip_is_none(iface->ip.addr) && ip_equal(prefix_broadcast(iface->ip), addr))
            return true;
    }
    return false;
}
