/*
 * autoconf_route.c - shortest-path routes for all that the scenario leaves open.
 *
 * From each LAN that a router is on, a breadth-first search over routers and switches tells
 * everybody else the next hop towards it: fewest links, and of as many, the earlier link. Hosts
 * do not forward. A host in one LAN with one router takes no part: whatever leaves it goes that
 * way, by a default route.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/autoconf_priv.h"

typedef struct Edge {
    unsigned to;          /* the vertex at the other end */
    Port    *mine, *theirs;
    unsigned link;
} Edge;

typedef struct Vertex { /* a node that takes part: the i-th node is the i-th vertex */
    Node    *node;
    bool     takes_part;
    GArray  *edges;       /* of Edge, in the order of links */
    GArray  *routes;      /* of Route: what has been found for a host; NULL for others */
    /* In the search of this round: */
    unsigned round;
    unsigned dist;        /* links to the LAN */
    unsigned link;        /* the first of them */
    Iface   *out;         /* through which interface, NULL at a switch, */
    IpAddr   via;         /* and which next hop; at a switch for those behind it */
} Vertex;

typedef struct Search {
    const LanMap *map;
    Vertex       *vertices;
    unsigned     *queue;
    unsigned      n_queue, round;
} Search;

static const IpPrefix default_prefix = { { 0, UINT64_C(0xffff00000000) }, 0 };

/* --- who takes part --------------------------------------------------------------------------- */

static bool has_static_default(const Stack *stack)
{
    size_t n;
    const Route *routes = ipv4_routes(stack->ipv4, &n);

    return n > 0 && routes[n - 1].prefix.len == 0 && routes[n - 1].origin == ROUTE_STATIC;
}

/* The interface of the only router on the LAN, its first if it has several; NULL: none or many. */
static Iface *only_router(const Lan *lan)
{
    Iface *found = NULL;

    for (guint i = 0; i < lan->ifaces->len; i++) {
        Iface *iface = g_ptr_array_index(lan->ifaces, i);
        if (!is_router(iface) || (found != NULL && found->stack == iface->stack))
            continue;
        if (found != NULL)
            return NULL;
        found = iface;
    }
    return found;
}

static const Lan *only_lan(const LanMap *map, const Stack *stack, Iface **out)
{
    const Lan *only = NULL;

    for (guint i = 0; i < stack->ifaces->len; i++) {
        Iface *iface = g_ptr_array_index(stack->ifaces, i);
        const Lan *lan = lan_of(map, iface);
        if (lan == NULL)
            continue;
        if (only != NULL)
            return NULL;
        only = lan;
        *out = iface;
    }
    return only;
}

static void add_default(Stack *stack, Iface *out, IpAddr via)
{
    ipv4_route_add(stack->ipv4, &(Route){ .prefix = default_prefix, .kind = ROUTE_VIA,
                                          .origin = ROUTE_AUTO, .via = via, .iface = out });
}

/* Gives simple hosts their default route. Returns whether the stack wants more than that. */
static bool wants_search(const LanMap *map, Stack *stack)
{
    Iface *out = NULL;

    ipv4_route_clear(stack->ipv4, ROUTE_AUTO);
    if (!stack->cfg.ipv4.auto_routes)
        return stack->node->kind == NODE_ROUTER; /* others still go through it */
    if (stack->node->kind == NODE_ROUTER)
        return true;
    if (has_static_default(stack)) /* the scenario has said where everything goes */
        return false;
    const Lan *lan = only_lan(map, stack, &out);
    if (lan == NULL)
        return true;
    const Iface *router = only_router(lan);
    if (router == NULL)
        return true;
    add_default(stack, out, router->ip.addr);
    return false;
}

static void add_edge(Vertex *from, const Vertex *to, Port *mine, Port *theirs, unsigned link)
{
    Edge e = { to->node->index, mine, theirs, link };

    g_array_append_val(from->edges, e);
}

static void search_init(Search *s, const LanMap *map)
{
    const GPtrArray *nodes = map->sim->nodes, *links = map->sim->links;

    *s = (Search){ map, g_new0(Vertex, nodes->len), g_new(unsigned, nodes->len), 0, 0 };
    for (guint i = 0; i < nodes->len; i++) {
        Vertex *v = &s->vertices[i];
        v->node = g_ptr_array_index(nodes, i);
        if (v->node->kind != NODE_SWITCH && v->node->stack == NULL)
            continue;
        v->takes_part = v->node->kind == NODE_SWITCH || wants_search(map, node_stack(v->node));
        v->edges = v->takes_part ? g_array_new(FALSE, FALSE, sizeof(Edge)) : NULL;
        if (v->takes_part && v->node->kind == NODE_HOST)
            v->routes = g_array_new(FALSE, FALSE, sizeof(Route));
    }
    for (guint i = 0; i < links->len; i++) {
        const Link *link = g_ptr_array_index(links, i);
        Port *a = link->dir[0].from, *b = link->dir[0].to;
        Vertex *va = &s->vertices[a->node->index], *vb = &s->vertices[b->node->index];
        if (va->takes_part && vb->takes_part) {
            add_edge(va, vb, a, b, i);
            add_edge(vb, va, b, a, i);
        }
    }
}

static void search_clear(Search *s)
{
    for (guint i = 0; i < s->map->sim->nodes->len; i++) {
        if (s->vertices[i].edges != NULL)
            g_array_free(s->vertices[i].edges, TRUE);
        if (s->vertices[i].routes != NULL)
            g_array_free(s->vertices[i].routes, TRUE);
    }
    g_free(s->vertices);
    g_free(s->queue);
}

/* --- the search ------------------------------------------------------------------------------- */

static void enqueue(Search *s, Vertex *v, unsigned dist)
{
    v->round = s->round;
    v->dist = dist;
    s->queue[s->n_queue++] = v->node->index;
}

/* Those on the LAN itself: they have a connected route. */
static void begin_at(Search *s, const Lan *lan)
{
    s->round++;
    s->n_queue = 0;
    for (guint i = 0; i < lan->ifaces->len; i++) {
        const Iface *iface = g_ptr_array_index(lan->ifaces, i);
        Vertex *v = &s->vertices[iface->port->node->index];
        if (v->takes_part && v->round != s->round)
            enqueue(s, v, 0);
    }
}

static void relax(Search *s, const Vertex *from, const Edge *e)
{
    Vertex *to = &s->vertices[e->to];
    bool seen = to->round == s->round;

    if (seen && (to->dist != from->dist + 1 || to->link <= e->link))
        return;
    if (!seen)
        enqueue(s, to, from->dist + 1);
    to->link = e->link;
    to->out = to->node->kind == NODE_SWITCH ? NULL : e->theirs->owner;
    if (from->node->kind == NODE_SWITCH)
        to->via = from->via;
    else
        to->via = ((const Iface *)e->mine->owner)->ip.addr;
}

static void search_from(Search *s, const Lan *lan)
{
    begin_at(s, lan);
    for (unsigned i = 0; i < s->n_queue; i++) {
        const Vertex *v = &s->vertices[s->queue[i]];
        if (v->node->kind == NODE_HOST)
            continue;
        for (guint k = 0; k < v->edges->len; k++)
            relax(s, v, &g_array_index(v->edges, Edge, k));
    }
}

/* --- what was found --------------------------------------------------------------------------- */

static void note_route(Vertex *v, IpPrefix prefix)
{
    Stack *stack = v->node->stack;
    Route r = { .prefix = prefix, .kind = ROUTE_VIA, .origin = ROUTE_AUTO,
                .via = v->via, .iface = v->out };

    if (v->routes != NULL)
        g_array_append_val(v->routes, r);
    else if (stack->cfg.ipv4.auto_routes)
        ipv4_route_add(stack->ipv4, &r);
}

/* The subnets of the LAN that a router knows, each once. */
static void note_routes(Search *s, const Lan *lan)
{
    GArray *subnets = g_array_new(FALSE, FALSE, sizeof(IpPrefix));

    for (guint i = 0; i < lan->ifaces->len; i++) {
        const Iface *iface = g_ptr_array_index(lan->ifaces, i);
        IpPrefix subnet = { prefix_network(iface->ip), iface->ip.len };
        bool known = !is_router(iface) || ip_is_none(iface->ip.addr);
        for (guint k = 0; k < subnets->len && !known; k++) {
            IpPrefix other = g_array_index(subnets, IpPrefix, k);
            known = other.len == subnet.len && ip_equal(other.addr, subnet.addr);
        }
        if (!known)
            g_array_append_val(subnets, subnet);
    }
    for (unsigned i = 0; i < s->n_queue; i++) {
        Vertex *v = &s->vertices[s->queue[i]];
        if (v->dist == 0 || v->node->kind == NODE_SWITCH)
            continue;
        for (guint k = 0; k < subnets->len; k++)
            note_route(v, g_array_index(subnets, IpPrefix, k));
    }
    g_array_free(subnets, TRUE);
}

static bool all_one_way(const GArray *routes)
{
    const Route *first = &g_array_index(routes, Route, 0);

    for (guint i = 1; i < routes->len; i++) {
        const Route *r = &g_array_index(routes, Route, i);
        if (r->iface != first->iface || !ip_equal(r->via, first->via))
            return false;
    }
    return true;
}

static void give_host_routes(const Vertex *v)
{
    Stack *stack = v->node->stack;

    if (v->routes->len == 0)
        return;
    if (all_one_way(v->routes)) {
        const Route *r = &g_array_index(v->routes, Route, 0);
        add_default(stack, r->iface, r->via);
        return;
    }
    for (guint i = 0; i < v->routes->len; i++)
        ipv4_route_add(stack->ipv4, &g_array_index(v->routes, Route, i));
}

static bool has_router(const Lan *lan)
{
    for (guint i = 0; i < lan->ifaces->len; i++)
        if (is_router(g_ptr_array_index(lan->ifaces, i)))
            return true;
    return false;
}

void autoconf_routes(const LanMap *map)
{
    Search s;

    search_init(&s, map);
    for (guint i = 0; i < map->lans->len; i++) {
        const Lan *lan = lan_at(map, i);
        if (!has_router(lan))
            continue;
        search_from(&s, lan);
        note_routes(&s, lan);
    }
    for (guint i = 0; i < map->sim->nodes->len; i++)
        if (s.vertices[i].routes != NULL)
            give_host_routes(&s.vertices[i]);
    search_clear(&s);
}
