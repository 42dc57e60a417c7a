/*
 * ipv4_route.c - the routing table: longest prefix first, RFC 1812 §5.2.4.3.
 *
 * For one prefix a connected route stands before a static one, and that before an automatic one; all
 * are kept, so that the next best comes back when the best is deleted. One entry is cached, for the
 * many packets that go to the same place as the one before.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ipv4_priv.h"
#include "protocols/stack.h"

static Route *route_at(const RouteTable *table, guint i)
{
    return &g_array_index(table->routes, Route, i);
}

static void forget_cached(RouteTable *table)
{
    table->cached_dst = IP_NONE;
}

static bool same_prefix(IpPrefix a, IpPrefix b)
{
    return a.len == b.len && ip_equal(a.addr, b.addr);
}

/* Two interfaces in one subnet have a connected route each. */
static bool same_place(const Route *a, const Route *b)
{
    return same_prefix(a->prefix, b->prefix) && a->origin == b->origin &&
           (a->origin != ROUTE_CONNECTED || a->iface == b->iface);
}

/* < 0: a is looked at before b. */
static int route_order(const Route *a, const Route *b)
{
    if (a->prefix.len != b->prefix.len)
        return a->prefix.len > b->prefix.len ? -1 : 1;
    int by_network = ip_compare(a->prefix.addr, b->prefix.addr);
    if (by_network != 0)
        return by_network;
    return (int)a->origin - (int)b->origin;
}

void route_table_init(RouteTable *table)
{
    *table = (RouteTable){ .routes = g_array_new(FALSE, FALSE, sizeof(Route)) };
}

void route_table_clear(RouteTable *table)
{
    g_array_free(table->routes, TRUE);
}

void route_table_unresolve(RouteTable *table)
{
    for (guint i = 0; i < table->routes->len; i++) {
        Route *r = route_at(table, i);
        if (r->iface_found) {
            r->iface = NULL;
            r->iface_found = false;
        }
    }
    forget_cached(table);
}

void ipv4_route_add(Ipv4 *ip, const Route *route)
{
    RouteTable *table = &ip->table;
    Route r = *route;
    guint at = 0;

    r.prefix.addr = prefix_network(r.prefix);
    r.iface_found = false;
    forget_cached(table);
    while (at < table->routes->len && route_order(route_at(table, at), &r) <= 0) {
        if (same_place(route_at(table, at), &r)) {
            *route_at(table, at) = r;
            return;
        }
        at++;
    }
    g_array_insert_val(table->routes, at, r);
}

bool ipv4_route_delete(Ipv4 *ip, IpPrefix prefix, RouteOrigin origin)
{
    prefix.addr = prefix_network(prefix);
    for (guint i = 0; i < ip->table.routes->len; i++) {
        const Route *r = route_at(&ip->table, i);
        if (r->origin == origin && same_prefix(r->prefix, prefix)) {
            g_array_remove_index(ip->table.routes, i);
            forget_cached(&ip->table);
            return true;
        }
    }
    return false;
}

void ipv4_route_clear(Ipv4 *ip, RouteOrigin origin)
{
    guint kept = 0;

    for (guint i = 0; i < ip->table.routes->len; i++)
        if (route_at(&ip->table, i)->origin != origin)
            *route_at(&ip->table, kept++) = *route_at(&ip->table, i);
    g_array_set_size(ip->table.routes, kept);
    forget_cached(&ip->table);
}

/* A next hop is reached through the interface on whose subnet it is. A route without one is of no use. */
static bool usable(Ipv4 *ip, Route *r)
{
    if (r->kind != ROUTE_VIA || r->iface != NULL)
        return true;
    for (guint i = 0; i < ip->stack->ifaces->len; i++) {
        Iface *iface = g_ptr_array_index(ip->stack->ifaces, i);
        if (!ip_is_none(iface->ip.addr) && ip_in_prefix(r->via, iface->ip)) {
            r->iface = iface;
            r->iface_found = true;
            return true;
        }
    }
    return false;
}

static int find_route(Ipv4 *ip, IpAddr dst)
{
    for (guint i = 0; i < ip->table.routes->len; i++) {
        Route *r = route_at(&ip->table, i);
        if (ip_in_prefix(dst, r->prefix) && usable(ip, r))
            return (int)i;
    }
    return -1;
}

const Route *ipv4_route_lookup(Ipv4 *ip, IpAddr dst)
{
    RouteTable *table = &ip->table;

    if (ip_is_none(table->cached_dst) || !ip_equal(table->cached_dst, dst)) {
        table->cached = find_route(ip, dst);
        table->cached_dst = dst;
    }
    return table->cached < 0 ? NULL : route_at(table, (guint)table->cached);
}

const Route *ipv4_routes(const Ipv4 *ip, size_t *n)
{
    *n = ip->table.routes->len;
    return *n > 0 ? route_at(&ip->table, 0) : NULL;
}
