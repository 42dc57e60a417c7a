/*
 * autoconf.c - addresses that the scenario does not say, and warm ARP caches.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/autoconf_priv.h"

#include <string.h>

G_DEFINE_QUARK(autoconf-error-quark, autoconf_error)

typedef struct Autoconf { /* hangs from the world */
    unsigned    settled;      /* sim->topology when all was done last */
    RouteMap   *routes;       /* of then */
    uint32_t    next_subnet;  /* the N of the next 10.0.N.0/24, */
    uint32_t    next_cable;   /* and of the next cable_subnet */
    GHashTable *owners;       /* IpAddr * in an Iface to its Stack; for look-up only, */
    unsigned    owners_at;    /* true of this sim->topology */
} Autoconf;

enum {
    SUBNETS = 1 << 16, SUBNET_LEN = 24,
    PRIVATE_CABLES = 1 << 18, SHARED_CABLES = 1 << 20, CABLE_LEN = 30,
    CABLES = PRIVATE_CABLES + SHARED_CABLES
};

/* --- the map ---------------------------------------------------------------------------------- */

static unsigned find_root(unsigned *parent, unsigned i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

/* The root of joined links is the earliest of them. */
static void join(unsigned *parent, unsigned a, unsigned b)
{
    a = find_root(parent, a);
    b = find_root(parent, b);
    parent[MAX(a, b)] = MIN(a, b);
}

static void join_at_switch(const Node *node, unsigned *parent)
{
    const Link *first = NULL;

    for (guint p = 0; p < node->ports->len; p++) {
        const Port *port = g_ptr_array_index(node->ports, p);
        if (port->out == NULL)
            continue;
        if (first == NULL)
            first = link_of(port->out);
        join(parent, first->index, link_of(port->out)->index);
    }
}

static Iface *end_iface(const Port *port) /* NULL: a switch, or bare */
{
    return port->node->kind != NODE_SWITCH && port->node->stack != NULL ? port->owner : NULL;
}

/* Which LAN each link is of; what is at its ends; how many interfaces each LAN has. */
static void find_lans(LanMap *map, unsigned *parent)
{
    const GPtrArray *links = map->sim->links;

    for (unsigned i = 0; i < links->len; i++) {
        const Link *link = g_ptr_array_index(links, i);
        const Port *a = link->dir[0].from, *b = link->dir[0].to;
        unsigned root = find_root(parent, i);
        map->of_link[i] = root == i ? map->n_lans++ : map->of_link[root];
        map->ends[i] = (LinkEnds){ { a->node->index, b->node->index },
                                   { end_iface(a), end_iface(b) } };
        Lan *lan = &map->lans[map->of_link[i]];
        for (int k = 0; k < 2; k++)
            lan->n += map->ends[i].ifaces[k] != NULL;
    }
}

static void find_ifaces(LanMap *map)
{
    Iface **next = map->ifaces;

    for (unsigned i = 0; i < map->n_lans; i++) {
        map->lans[i].ifaces = next;
        next += map->lans[i].n;
        map->lans[i].n = 0;
    }
    for (unsigned i = 0; i < map->sim->links->len; i++) {
        Lan *lan = &map->lans[map->of_link[i]];
        for (int k = 0; k < 2; k++)
            if (map->ends[i].ifaces[k] != NULL)
                lan->ifaces[lan->n++] = map->ends[i].ifaces[k];
    }
}

static void map_init(LanMap *map, Sim *sim, unsigned *parent)
{
    unsigned n = sim->links->len;

    *map = (LanMap){ .sim = sim, .lans = g_new0(Lan, n), .of_link = g_new(unsigned, n),
                     .ends = g_new(LinkEnds, n), .ifaces = g_new(Iface *, 2 * (size_t)n) };
    find_lans(map, parent);
    find_ifaces(map);
}

static void map_clear(LanMap *map)
{
    g_free(map->lans);
    g_free(map->of_link);
    g_free(map->ends);
    g_free(map->ifaces);
}

/* --- clashes ---------------------------------------------------------------------------------- */

static bool clash(const Iface *a, const Iface *b, GError **error)
{
    const Node *first = a->port->node, *second = b->port->node;
    char text[IP_TEXT];

    ip_text(a->ip.addr, text);
    if (first == second)
        g_set_error(error, AUTOCONF_ERROR, 0, "address clash: %s has %s twice, on %s and %s",
                    first->name, text, a->port->name, b->port->name);
    else
        g_set_error(error, AUTOCONF_ERROR, 0,
                    "address clash: %s and %s have the same address %s in one network",
                    first->name, second->name, text);
    return false;
}

/* The addresses of interfaces, each once: a flat hash table, its room used again and again. */
typedef struct Taken {
    Iface  **places;
    unsigned mask, room; /* it has mask + 1 places, and room for so many */
} Taken;

static void taken_clear(Taken *t, unsigned ifaces)
{
    unsigned size = 4;

    while (size < 2 * ifaces)
        size *= 2;
    if (size > t->room) {
        g_free(t->places);
        t->places = g_new(Iface *, size);
        t->room = size;
    }
    memset(t->places, 0, size * sizeof *t->places);
    t->mask = size - 1;
}

/* Where the address is, or would be. */
static Iface **taken_place(const Taken *t, IpAddr addr)
{
    unsigned i = ip_hash(addr) & t->mask;

    while (t->places[i] != NULL && !ip_equal(t->places[i]->ip.addr, addr))
        i = (i + 1) & t->mask;
    return &t->places[i];
}

/* Takes the addresses of n interfaces, and nothing else; false at the first that is one before. */
static bool take_addresses(Taken *t, Iface *const *ifaces, unsigned n, GError **error)
{
    taken_clear(t, n);
    for (unsigned i = 0; i < n; i++) {
        Iface *iface = ifaces[i];
        if (ip_is_none(iface->ip.addr) || iface->ip_leased) /* that is for ARP to find out */
            continue;
        Iface **place = taken_place(t, iface->ip.addr);
        if (*place != NULL)
            return clash(*place, iface, error);
        *place = iface;
    }
    return true;
}

/* --- addresses -------------------------------------------------------------------------------- */

static bool overlap(IpPrefix a, IpPrefix b)
{
    return a.len <= b.len ? ip_in_prefix(b.addr, a) : ip_in_prefix(a.addr, b);
}

static bool is_free(const GArray *said, IpPrefix subnet)
{
    for (guint i = 0; i < said->len; i++)
        if (overlap(g_array_index(said, IpPrefix, i), subnet))
            return false;
    return true;
}

/* One that is to be given an address here. */
static bool is_open(const Iface *iface)
{
    return ip_is_none(iface->ip.addr) && !iface->ip_leased;
}

static unsigned count_unsaid(const Lan *lan)
{
    unsigned n = 0;

    for (unsigned i = 0; i < lan->n; i++)
        n += is_open(lan->ifaces[i]);
    return n;
}

/* Where 10.0.0.0/8 is used up, two interfaces can still have four addresses of 172.16.0.0/12, and
 * then of 100.64.0.0/10, RFC 6598. */
static IpPrefix cable_subnet(uint32_t n)
{
    uint32_t first = n < PRIVATE_CABLES ? (172u << 24 | 16u << 16) + 4 * n
                                        : (100u << 24 | 64u << 16) + 4 * (n - PRIVATE_CABLES);

    return (IpPrefix){ ip_v4(first), CABLE_LEN };
}

static bool next_cable(Autoconf *ac, const GArray *said, unsigned hosts, IpPrefix *out)
{
    while (hosts <= 2 && ac->next_cable < CABLES) {
        *out = cable_subnet(ac->next_cable++);
        if (is_free(said, *out))
            return true;
    }
    return false;
}

/* The next 10.0.N.0/24 that touches no said subnet; wider where a LAN has more interfaces. */
static bool next_subnet(Autoconf *ac, const GArray *said, unsigned hosts, IpPrefix *out,
                        GError **error)
{
    uint32_t step = 1;
    unsigned len = SUBNET_LEN;

    while (len > 8 && (1u << (32 - len)) - 2 < hosts) {
        len--;
        step *= 2;
    }
    for (uint32_t n = (ac->next_subnet + step - 1) / step * step; n < SUBNETS; n += step) {
        *out = (IpPrefix){ ip_v4(10u << 24 | n << 8), len };
        if (is_free(said, *out)) {
            ac->next_subnet = n + step;
            return true;
        }
    }
    if (step == 1)
        ac->next_subnet = SUBNETS;
    if (next_cable(ac, said, hosts, out))
        return true;
    g_set_error(error, AUTOCONF_ERROR, 0, "no subnet of 10.0.0.0/8 is left: say some addresses");
    return false;
}

/* The subnet that somebody on the LAN has, said or given out before. */
static bool known_subnet(const Lan *lan, IpPrefix *out)
{
    for (int said = 1; said >= 0; said--)
        for (unsigned i = 0; i < lan->n; i++) {
            const Iface *iface = lan->ifaces[i];
            if (!ip_is_none(iface->ip.addr) && !iface->ip_leased && iface->ip_said == said) {
                *out = (IpPrefix){ prefix_network(iface->ip), iface->ip.len };
                return true;
            }
        }
    return false;
}

/* `taken`: what they have already. */
static bool number_hosts(const Lan *lan, IpPrefix subnet, const Taken *taken, GError **error)
{
    uint64_t size = UINT64_C(1) << (32 - subnet.len);
    /* Neither the network's own number nor the broadcast; a /31 has neither, RFC 3021. */
    uint64_t next = size > 2 ? 1 : 0, end = size > 2 ? size - 1 : size;

    for (unsigned i = 0; i < lan->n; i++) {
        Iface *iface = lan->ifaces[i];
        IpPrefix addr = { .len = subnet.len };
        if (!is_open(iface))
            continue;
        do
            addr.addr = ip_v4(ip_to_v4(subnet.addr) + (uint32_t)next);
        while (next++ < end && *taken_place(taken, addr.addr) != NULL);
        if (next > end) {
            char text[PREFIX_TEXT];
            g_set_error(error, AUTOCONF_ERROR, 0, "no address is left in %s for %s",
                        prefix_text(subnet, text), iface->port->node->name);
            return false;
        }
        stack_set_address(iface->stack, iface, addr);
    }
    return true;
}

static bool give_addresses(Autoconf *ac, const GArray *said, const Lan *lan, Taken *taken,
                           GError **error)
{
    unsigned unsaid = count_unsaid(lan);
    IpPrefix subnet;

    if (!take_addresses(taken, lan->ifaces, lan->n, error))
        return false;
    if (unsaid == 0)
        return true;
    return (known_subnet(lan, &subnet) || next_subnet(ac, said, unsaid, &subnet, error)) &&
           number_hosts(lan, subnet, taken, error);
}

/* --- warm ARP caches -------------------------------------------------------------------------- */

/* Permanent entries, lest they age away in the middle of a lesson; what is in a cache stays as it
 * is. */
static void warm_cache(Iface *iface, const Lan *lan)
{
    Arp *arp = iface->stack->arp;

    for (unsigned i = 0; i < lan->n; i++) {
        const Iface *other = lan->ifaces[i];
        if (other->stack != iface->stack && !ip_is_none(other->ip.addr))
            arp_warm(arp, iface, other->ip.addr, other->mac);
    }
}

static void warm_caches(const Lan *lan)
{
    for (unsigned i = 0; i < lan->n; i++) {
        Iface *iface = lan->ifaces[i];
        if (iface->stack->cfg->arp.warm && !iface->port->node->down)
            warm_cache(iface, lan);
    }
}

/* --- all of a world --------------------------------------------------------------------------- */

/* Joins the links at switches, and appends the prefixes that the scenario says to `said`, of
 * interfaces that are not plugged in yet too. False if a node has an address twice. */
static bool look_at_nodes(const Sim *sim, unsigned *parent, GArray *said, Taken *taken,
                          GError **error)
{
    bool ok = true;

    for (guint i = 0; ok && i < sim->nodes->len; i++) {
        const Node *node = g_ptr_array_index(sim->nodes, i);
        const Stack *stack = node_stack(node);
        if (node->kind == NODE_SWITCH)
            join_at_switch(node, parent);
        if (stack == NULL)
            continue;
        Iface *const *ifaces = (Iface *const *)(void *)stack->ifaces->pdata;
        if (stack->ifaces->len >= 2)
            ok = take_addresses(taken, ifaces, stack->ifaces->len, error);
        for (guint k = 0; k < stack->ifaces->len; k++)
            if (ifaces[k]->ip_said && !ip_is_none(ifaces[k]->ip.addr))
                g_array_append_val(said, ifaces[k]->ip);
    }
    return ok;
}

/* One LAN after the other gets all that is its own, for a large world is longer than a cache. */
static bool settle_lans(Autoconf *ac, const LanMap *map, const GArray *said, Taken *taken,
                        GError **error)
{
    RouteMap *routes = route_map_new(map->sim);

    for (unsigned i = 0; i < map->n_lans; i++) {
        Lan *lan = &map->lans[i];
        if (!give_addresses(ac, said, lan, taken, error)) {
            route_map_free(routes);
            return false;
        }
        warm_caches(lan);
        route_map_add_lan(routes, lan);
    }
    route_map_finish(routes, map);
    route_map_free(ac->routes);
    ac->routes = routes;
    return true;
}

/* --- what others call ------------------------------------------------------------------------- */

static void autoconf_free(void *ac_)
{
    Autoconf *ac = ac_;

    if (ac->owners != NULL)
        g_hash_table_destroy(ac->owners);
    route_map_free(ac->routes);
    g_free(ac);
}

static Autoconf *autoconf_of(Sim *sim)
{
    if (sim->autoconf == NULL) {
        Autoconf *ac = g_new0(Autoconf, 1);
        ac->next_subnet = 1;
        sim->autoconf = ac;
        sim->free_autoconf = autoconf_free;
    }
    return sim->autoconf;
}

bool autoconf_settle(Sim *sim, GError **error)
{
    Autoconf *ac = autoconf_of(sim);

    if (ac->settled == sim->topology)
        return true;
    unsigned *parent = g_new(unsigned, sim->links->len);
    GArray *said = g_array_new(FALSE, FALSE, sizeof(IpPrefix));
    Taken taken = { 0 };
    for (unsigned i = 0; i < sim->links->len; i++)
        parent[i] = i;
    bool ok = look_at_nodes(sim, parent, said, &taken, error);
    if (ok) {
        LanMap map;
        map_init(&map, sim, parent);
        ok = settle_lans(ac, &map, said, &taken, error);
        map_clear(&map);
    }
    if (ok)
        ac->settled = sim->topology;
    g_free(parent);
    g_array_free(said, TRUE);
    g_free(taken.places);
    return ok;
}

IpAddr autoconf_address(const Stack *node, const Stack *from)
{
    IpAddr first = IP_NONE;

    if (node->ifaces->len == 1)
        return ((const Iface *)g_ptr_array_index(node->ifaces, 0))->ip.addr;
    for (guint i = 0; i < node->ifaces->len; i++) {
        const Iface *iface = g_ptr_array_index(node->ifaces, i);
        if (ip_is_none(iface->ip.addr))
            continue;
        if (ip_is_none(first))
            first = iface->ip.addr;
        for (guint k = 0; from != NULL && k < from->ifaces->len; k++) {
            const Iface *other = g_ptr_array_index(from->ifaces, k);
            if (!ip_is_none(other->ip.addr) && ip_in_prefix(iface->ip.addr, other->ip))
                return iface->ip.addr;
        }
    }
    return first;
}

static unsigned addr_hash(const void *addr)
{
    return ip_hash(*(const IpAddr *)addr);
}

static int addr_equal(const void *a, const void *b)
{
    return ip_equal(*(const IpAddr *)a, *(const IpAddr *)b);
}

static void find_owners(const Sim *sim, GHashTable *owners)
{
    for (guint i = 0; i < sim->nodes->len; i++) {
        Stack *stack = node_stack(g_ptr_array_index(sim->nodes, i));
        for (guint k = 0; stack != NULL && k < stack->ifaces->len; k++) {
            Iface *iface = g_ptr_array_index(stack->ifaces, k);
            if (!ip_is_none(iface->ip.addr) && !g_hash_table_contains(owners, &iface->ip.addr))
                g_hash_table_insert(owners, &iface->ip.addr, stack);
        }
    }
}

Stack *autoconf_owner(Sim *sim, IpAddr addr)
{
    Autoconf *ac = autoconf_of(sim);

    if (ac->owners == NULL || ac->owners_at != sim->topology) {
        if (ac->owners != NULL)
            g_hash_table_destroy(ac->owners);
        ac->owners = g_hash_table_new(addr_hash, addr_equal);
        ac->owners_at = sim->topology;
        find_owners(sim, ac->owners);
    }
    return g_hash_table_lookup(ac->owners, &addr);
}
