/*
 * ipv4_route.c - the routing table: longest prefix first, RFC 1812 §5.2.4.3.
 *
 * For one prefix a connected route stands before a static one, that before DHCP's, and that before
 * an automatic one; all are kept, so that the next best comes back when the best is deleted. One
 * entry is cached, for the many packets that go to the same place as the one before; else each
 * length of prefix in use costs one binary search, or of many routes a look into an index. A
 * router's automatic routes are asked for at
 * their source, and only written down when somebody looks at the table.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ipv4_priv.h"
#include "protocols/stack.h"

#include <string.h>

enum { MANY = 16 }; /* routes are indexed */

static void forget_cached(RouteTable *table)
{
    table->cached_dst = IP_NONE;
    table->changes++;
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
    *table = (RouteTable){ .changes = 1 };
}

void route_table_clear(RouteTable *table, Heap *heap)
{
    if (table->more != NULL)
        prefix_index_clear(&table->more->index);
    heap_give(heap, table->more, sizeof *table->more);
    heap_give(heap, table->routes, table->cap * sizeof *table->routes);
}

void route_table_unresolve(RouteTable *table)
{
    for (guint i = 0; table->n_found > 0 && i < table->n; i++) {
        Route *r = &table->routes[i];
        if (r->iface_found) {
            r->iface = NULL;
            r->iface_found = false;
        }
    }
    table->n_found = 0;
    forget_cached(table);
}

/* The first place in [from, to) whose route does not come before r. */
static guint lower_bound(const RouteTable *table, guint from, guint to, const Route *r)
{
    while (from < to) {
        guint middle = from + (to - from) / 2;
        if (route_order(&table->routes[middle], r) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static bool comes_last(const RouteTable *table, const Route *r)
{
    return table->n == 0 || route_order(&table->routes[table->n - 1], r) < 0;
}

static bool has_length(const RouteTable *table, guint i, unsigned len)
{
    return i < table->n && table->routes[i].prefix.len == len;
}

static void remove_at(RouteTable *table, guint i)
{
    unsigned len = table->routes[i].prefix.len;

    memmove(&table->routes[i], &table->routes[i + 1],
            (--table->n - i) * sizeof *table->routes);
    if (!has_length(table, i, len) && (i == 0 || !has_length(table, i - 1, len)))
        table->lengths &= ~(UINT64_C(1) << len); /* those of one length stand together */
    forget_cached(table);
}

static void insert_at(Heap *heap, RouteTable *table, guint i, const Route *r)
{
    const size_t each = sizeof *r;

    if (table->n == table->cap) {
        uint32_t cap = MAX(1, 2 * table->cap); /* a host mostly has its subnet's alone */
        table->routes = heap_allocate(heap, table->routes, table->cap * each, cap * each);
        table->cap = cap;
    }
    memmove(&table->routes[i + 1], &table->routes[i], (table->n++ - i) * each);
    table->routes[i] = *r;
}

void ipv4_route_add(Ipv4 *ip, const Route *route)
{
    RouteTable *table = &ip->table;
    Route r = *route;

    g_assert(r.prefix.len <= 32);
    r.prefix.addr = prefix_network(r.prefix);
    r.iface_found = false;
    forget_cached(table);
    guint at = comes_last(table, &r) ? table->n : lower_bound(table, 0, table->n, &r);
    for (; at < table->n && route_order(&table->routes[at], &r) == 0; at++)
        if (same_place(&table->routes[at], &r)) {
            table->routes[at] = r;
            return;
        }
    insert_at(&ip->node->sim->heap, table, at, &r);
    table->lengths |= UINT64_C(1) << r.prefix.len;
}

void ipv4_route_source(Ipv4 *ip, const RouteSource *source)
{
    ip->table.source = source;
    forget_cached(&ip->table);
}

/* Whoever looks at the table wants it whole. */
static void write_down(Ipv4 *ip)
{
    const RouteSource *source = ip->table.source;

    ip->table.source = NULL;
    if (source != NULL)
        source->each(source->self, ip->node, ipv4_route_add, ip);
}

bool ipv4_route_delete(Ipv4 *ip, IpPrefix prefix, RouteOrigin origin)
{
    if (origin == ROUTE_AUTO)
        write_down(ip);
    prefix.addr = prefix_network(prefix);
    for (guint i = 0; i < ip->table.n; i++) {
        const Route *r = &ip->table.routes[i];
        if (r->origin == origin && same_prefix(r->prefix, prefix)) {
            remove_at(&ip->table, i);
            return true;
        }
    }
    return false;
}

void ipv4_route_clear(Ipv4 *ip, RouteOrigin origin)
{
    RouteTable *table = &ip->table;
    guint kept = 0;

    table->lengths = 0;
    for (guint i = 0; i < table->n; i++) {
        const Route *r = &table->routes[i];
        if (r->origin == origin)
            continue;
        table->lengths |= UINT64_C(1) << r->prefix.len;
        table->routes[kept++] = *r;
    }
    table->n = kept;
    if (origin == ROUTE_AUTO)
        table->source = NULL;
    forget_cached(table);
}

void route_table_disconnect(RouteTable *table, const Iface *iface)
{
    for (guint i = 0; i < table->n; i++) {
        const Route *r = &table->routes[i];
        if (r->origin == ROUTE_CONNECTED && r->iface == iface) {
            remove_at(table, i);
            return;
        }
    }
}

/* A next hop is reached through the interface on whose subnet it is. A route without one is of no
 * use. */
static bool usable(Ipv4 *ip, Route *r)
{
    if (r->kind != ROUTE_VIA || r->iface != NULL)
        return true;
    for (guint i = 0; i < ip->stack->ifaces->len; i++) {
        Iface *iface = g_ptr_array_index(ip->stack->ifaces, i);
        if (!ip_is_none(iface->ip.addr) && ip_in_prefix(r->via, iface->ip)) {
            r->iface = iface;
            r->iface_found = true;
            ip->table.n_found++;
            return true;
        }
    }
    return false;
}

/* --- looking up ------------------------------------------------------------------------------- */

static RouteMore *more_of(Ipv4 *ip)
{
    if (ip->table.more == NULL)
        ip->table.more = heap_new0(&ip->node->sim->heap, RouteMore);
    return ip->table.more;
}

/* Of the routes of one prefix the first is noted last. */
static void make_index(const RouteTable *table, RouteMore *more)
{
    prefix_index_reset(&more->index, MAX(table->n, MANY));
    for (guint i = table->n; i-- > 0;)
        prefix_index_set(&more->index, table->routes[i].prefix, i + 1);
    more->indexed = table->changes;
}

/* The first place of routes of that prefix, or, if there are none, of others. */
static guint first_of(Ipv4 *ip, const Route *key)
{
    const RouteTable *table = &ip->table;

    if (table->n < MANY)
        return lower_bound(table, 0, table->n, key);
    RouteMore *more = more_of(ip);
    if (more->indexed != table->changes)
        make_index(table, more);
    unsigned place = prefix_index_find(&more->index, key->prefix);
    return place > 0 ? place - 1 : table->n;
}

static const Route *find_written(Ipv4 *ip, IpAddr dst)
{
    const RouteTable *table = &ip->table;
    guint end = table->n;

    for (uint64_t left = table->lengths; left != 0;) {
        unsigned len = longest_of(left);
        Route key = { .prefix = { dst, len } };
        left ^= UINT64_C(1) << len;
        key.prefix.addr = prefix_network(key.prefix);
        for (guint k = first_of(ip, &key); k < end; k++) {
            Route *r = &table->routes[k];
            if (!same_prefix(r->prefix, key.prefix))
                break;
            if (usable(ip, r))
                return r;
        }
    }
    return NULL;
}

/* An automatic route is the last among those of one prefix. */
static const Route *find_route(Ipv4 *ip, IpAddr dst)
{
    RouteTable *table = &ip->table;
    const RouteSource *source = table->source;
    const Route *r = find_written(ip, dst);
    int len = r != NULL ? (int)r->prefix.len : -1;

    if (source != NULL && source->find(source->self, ip->node, dst, len, &more_of(ip)->found))
        return &table->more->found;
    return r;
}

const Route *ipv4_route_lookup(Ipv4 *ip, IpAddr dst)
{
    RouteTable *table = &ip->table;

    if (ip_is_none(table->cached_dst) || !ip_equal(table->cached_dst, dst)) {
        table->cached = find_route(ip, dst);
        table->cached_dst = dst;
    }
    return table->cached;
}

const Route *ipv4_routes(Ipv4 *ip, size_t *n)
{
    write_down(ip);
    *n = ip->table.n;
    return *n > 0 ? ip->table.routes : NULL;
}
