/*
 * autoconf_route.c - shortest-path routes for all that the scenario leaves open.
 *
 * From each LAN that a router is on, a breadth-first search over routers and switches tells
 * everybody else the next hop towards it: fewest links, and of as many, the earlier link. Hosts
 * do not forward. A host in one LAN with one router takes no part: whatever leaves it goes that
 * way, by a default route.
 *
 * A router's routes are not written down but found when a packet asks: there are as many as LANs
 * times routers. The map of a settled world is kept for that, addresses included, and each search
 * is made once; LANs on which the same single node takes part share it.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/autoconf_priv.h"
#include "protocols/internet/prefix_index.h"

/* Instead of a vertex's number: it takes no part; it does, but has no number yet; who knows. */
enum { NO_VERTEX = UINT_MAX, SOME_VERTEX = UINT_MAX - 1, UNDECIDED = UINT_MAX - 2 };

typedef struct Edge {
    unsigned to;       /* the vertex at the other end */
    unsigned link;
    Iface   *theirs;   /* NULL at a switch */
    IpAddr   mine;     /* the address at this end; of a switch IP_NONE */
} Edge;

typedef struct Vertex { /* a node that takes part */
    Node    *node;
    Edge    *edges;    /* in the order of links */
    unsigned n_edges;
    unsigned goal;     /* the place among goals, from 1, of LANs where it is alone; 0: none yet */
    /* In the search of this round: */
    unsigned round;
    unsigned dist;     /* links to the LAN */
    unsigned link;     /* the first of them */
    Iface   *out;      /* through which interface, NULL at a switch, */
    IpAddr   via;      /* and which next hop; at a switch for those behind it */
} Vertex;

typedef struct NextHop {
    Iface *out;        /* NULL: it is there, or there is no way */
    IpAddr via;
} NextHop;

typedef struct Goal {  /* what one search is for */
    unsigned *from;    /* the vertices on the LAN */
    unsigned  n_from;
    NextHop  *hops;    /* of each vertex; NULL until somebody asks */
} Goal;

typedef struct Subnet {
    IpPrefix prefix;
    unsigned goal;
    unsigned older;    /* the one before with this prefix, from 1; 0: none */
} Subnet;

struct RouteMap {
    RouteSource source;
    unsigned   *vertex_of;  /* by node, NO_VERTEX: takes no part */
    Vertex     *vertices;
    unsigned    n_vertices;
    Edge       *edges;
    unsigned   *queue, n_queue, round;
    GArray     *goals;      /* of Goal */
    GArray     *subnets;    /* of Subnet, in the order of LANs */
    PrefixIndex by_prefix;  /* the newest Subnet of a prefix, from 1 */
    uint64_t    lengths;    /* bit n: there is a prefix of that length */
};

static const IpPrefix default_prefix = { { 0, UINT64_C(0xffff00000000) }, 0 };

/* --- who takes part --------------------------------------------------------------------------- */

static bool has_static_default(const Stack *stack)
{
    size_t n;
    const Route *routes = ipv4_routes(stack->ipv4, &n);

    return n > 0 && routes[n - 1].prefix.len == 0 && routes[n - 1].origin == ROUTE_STATIC;
}

static void find_router(Lan *lan)
{
    bool many = false;

    for (unsigned i = 0; i < lan->n; i++) {
        Iface *iface = lan->ifaces[i];
        if (!is_router(iface))
            continue;
        lan->routed = true;
        if (ip_is_none(iface->ip.addr))
            continue;
        if (lan->router == NULL)
            lan->router = iface;
        many |= lan->router->stack != iface->stack;
    }
    if (many)
        lan->router = NULL;
}

/* A host that has its address from DHCP has its routes from there, too. */
static bool is_leased_host(const Stack *stack)
{
    for (guint i = 0; i < stack->ifaces->len; i++)
        if (((const Iface *)g_ptr_array_index(stack->ifaces, i))->ip_leased)
            return stack->node->kind != NODE_ROUTER;
    return false;
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

/* Gives simple hosts their default route: those that are in one LAN, through `out`. Returns whether
 * the stack wants more than that. */
static bool wants_search(Stack *stack, const Lan *lan, Iface *out)
{
    ipv4_route_clear(stack->ipv4, ROUTE_AUTO);
    if (!stack->cfg->ipv4.auto_routes || is_leased_host(stack))
        return stack->node->kind == NODE_ROUTER; /* others still go through it */
    if (stack->node->kind == NODE_ROUTER)
        return true;
    if (has_static_default(stack)) /* the scenario has said where everything goes */
        return false;
    if (lan == NULL || lan->router == NULL)
        return true;
    add_default(stack, out, lan->router->ip.addr);
    return false;
}

static Goal *goal_at(const RouteMap *map, unsigned i)
{
    return &g_array_index(map->goals, Goal, i);
}

static Subnet *subnet_at(const RouteMap *map, unsigned i)
{
    return &g_array_index(map->subnets, Subnet, i);
}

/* --- the map ---------------------------------------------------------------------------------- */

/* Who is not decided yet is in several LANs, or in none. */
static bool takes_part(const RouteMap *map, const LanMap *lans, const Node *node)
{
    Stack *stack = node_stack(node);
    Iface *out = NULL;

    if (map->vertex_of[node->index] == SOME_VERTEX || node->kind == NODE_SWITCH)
        return true;
    if (stack == NULL)
        return false;
    const Lan *lan = only_lan(lans, stack, &out);
    return wants_search(stack, lan, out);
}

static void find_vertices(RouteMap *map, const LanMap *lans)
{
    const GPtrArray *nodes = lans->sim->nodes;

    for (guint i = 0; i < nodes->len; i++)
        if (map->vertex_of[i] != NO_VERTEX)
            map->vertex_of[i] = takes_part(map, lans, g_ptr_array_index(nodes, i))
                                    ? map->n_vertices++ : NO_VERTEX;
    map->vertices = g_new0(Vertex, map->n_vertices);
    for (guint i = 0; i < nodes->len; i++)
        if (map->vertex_of[i] != NO_VERTEX)
            map->vertices[map->vertex_of[i]].node = g_ptr_array_index(nodes, i);
}

static Vertex *vertex_at(const RouteMap *map, unsigned node)
{
    unsigned v = map->vertex_of[node];

    return v != NO_VERTEX ? &map->vertices[v] : NULL;
}

/* The edge from the end k of a link to the other. */
static void add_edge(RouteMap *map, Vertex *from, const LinkEnds *ends, int k, unsigned link)
{
    from->edges[from->n_edges++] = (Edge){
        .to = map->vertex_of[ends->nodes[!k]],
        .link = link,
        .theirs = ends->ifaces[!k],
        .mine = ends->ifaces[k] != NULL ? ends->ifaces[k]->ip.addr : IP_NONE,
    };
}

/* One array for all: first how many each has, then where each begins. */
static void find_edges(RouteMap *map, const LanMap *lans)
{
    unsigned n = 0;

    for (int fill = 0; fill <= 1; fill++) {
        for (guint i = 0; i < lans->sim->links->len; i++) {
            const LinkEnds *ends = &lans->ends[i];
            Vertex *va = vertex_at(map, ends->nodes[0]), *vb = vertex_at(map, ends->nodes[1]);
            if (va == NULL || vb == NULL)
                continue;
            if (fill) {
                add_edge(map, va, ends, 0, i);
                add_edge(map, vb, ends, 1, i);
            } else {
                va->n_edges++;
                vb->n_edges++;
                n += 2;
            }
        }
        if (!fill) {
            map->edges = g_new(Edge, n);
            for (unsigned v = map->n_vertices; v-- > 0;) {
                n -= map->vertices[v].n_edges;
                map->vertices[v].edges = map->edges + n;
                map->vertices[v].n_edges = 0;
            }
        }
    }
}

/* How many on a LAN take part, each once; `to` has room for them, or is NULL. */
static unsigned take_part(RouteMap *map, const Lan *lan, Vertex **first, unsigned *to)
{
    unsigned n = 0;

    map->round++;
    for (unsigned i = 0; i < lan->n_parts; i++) {
        Vertex *v = vertex_at(map, lan->ifaces[i]->port->node->index);
        if (v == NULL || v->round == map->round)
            continue;
        v->round = map->round;
        if (n == 0)
            *first = v;
        if (to != NULL)
            to[n] = (unsigned)(v - map->vertices);
        n++;
    }
    return n;
}

/* The goal of a LAN: those on it that take part. There is a router, and routers take part. */
static unsigned goal_of(RouteMap *map, const Lan *lan)
{
    Vertex *first = NULL;
    unsigned n = take_part(map, lan, &first, NULL);

    if (n == 1 && first->goal > 0)
        return first->goal - 1;
    Goal goal = { g_new(unsigned, n), n, NULL };
    take_part(map, lan, &first, goal.from);
    g_array_append_val(map->goals, goal);
    if (n == 1)
        first->goal = map->goals->len;
    return map->goals->len - 1;
}

static void index_subnets(RouteMap *map)
{
    prefix_index_reset(&map->by_prefix, map->subnets->len);
    for (unsigned i = 0; i < map->subnets->len; i++) {
        Subnet *subnet = subnet_at(map, i);
        subnet->older = prefix_index_set(&map->by_prefix, subnet->prefix, i + 1);
        map->lengths |= UINT64_C(1) << subnet->prefix.len;
    }
}

/* The subnets of the LAN that a router knows, each once. */
static void add_subnets(RouteMap *map, const Lan *lan)
{
    unsigned first = map->subnets->len, goal = goal_of(map, lan);

    for (unsigned i = 0; i < lan->n_parts; i++) {
        const Iface *iface = lan->ifaces[i];
        Subnet subnet = { { prefix_network(iface->ip), iface->ip.len }, goal, 0 };
        bool known = !is_router(iface) || ip_is_none(iface->ip.addr);
        for (unsigned k = first; k < map->subnets->len && !known; k++) {
            IpPrefix other = subnet_at(map, k)->prefix;
            known = other.len == subnet.prefix.len && ip_equal(other.addr, subnet.prefix.addr);
        }
        if (!known)
            g_array_append_val(map->subnets, subnet);
    }
}

/* --- the search ------------------------------------------------------------------------------- */

static void enqueue(RouteMap *map, Vertex *v, unsigned dist)
{
    v->round = map->round;
    v->dist = dist;
    map->queue[map->n_queue++] = (unsigned)(v - map->vertices);
}

static void relax(RouteMap *map, const Vertex *from, const Edge *e)
{
    Vertex *to = &map->vertices[e->to];
    bool seen = to->round == map->round;

    if (seen && (to->dist != from->dist + 1 || to->link <= e->link))
        return;
    if (!seen)
        enqueue(map, to, from->dist + 1);
    to->link = e->link;
    to->out = e->theirs;
    to->via = from->node->kind == NODE_SWITCH ? from->via : e->mine;
}

/* Those on the LAN itself have a connected route. */
static void search(RouteMap *map, Goal *goal)
{
    map->round++;
    map->n_queue = 0;
    for (unsigned i = 0; i < goal->n_from; i++)
        enqueue(map, &map->vertices[goal->from[i]], 0);
    for (unsigned i = 0; i < map->n_queue; i++) {
        const Vertex *v = &map->vertices[map->queue[i]];
        if (v->node->kind == NODE_HOST)
            continue;
        for (unsigned k = 0; k < v->n_edges; k++)
            relax(map, v, &v->edges[k]);
    }
    goal->hops = g_new0(NextHop, map->n_vertices);
    for (unsigned i = 0; i < map->n_queue; i++) {
        const Vertex *v = &map->vertices[map->queue[i]];
        if (v->dist > 0)
            goal->hops[map->queue[i]] = (NextHop){ v->out, v->via };
    }
}

/* The route of a vertex to a subnet; false if it has none. */
static bool route_to(RouteMap *map, unsigned vertex, const Subnet *subnet, Route *out)
{
    Goal *goal = goal_at(map, subnet->goal);

    if (goal->hops == NULL)
        search(map, goal);
    const NextHop *hop = &goal->hops[vertex];
    if (hop->out == NULL)
        return false;
    *out = (Route){ .prefix = subnet->prefix, .kind = ROUTE_VIA, .origin = ROUTE_AUTO,
                    .via = hop->via, .iface = hop->out };
    return true;
}

/* --- what a router asks ----------------------------------------------------------------------- */

static bool find(void *self, const Node *node, IpAddr dst, int longer_than, Route *out)
{
    RouteMap *map = self;

    for (uint64_t left = map->lengths; left != 0;) {
        IpPrefix prefix = { dst, longest_of(left) };
        if ((int)prefix.len <= longer_than)
            break;
        left ^= UINT64_C(1) << prefix.len;
        prefix.addr = prefix_network(prefix);
        for (unsigned i = prefix_index_find(&map->by_prefix, prefix); i > 0;
             i = subnet_at(map, i - 1)->older)
            if (route_to(map, map->vertex_of[node->index], subnet_at(map, i - 1), out))
                return true;
    }
    return false;
}

static void each(void *self, const Node *node, void (*add)(Ipv4 *ip, const Route *r), Ipv4 *ip)
{
    RouteMap *map = self;
    Route r;

    for (unsigned i = 0; i < map->subnets->len; i++)
        if (route_to(map, map->vertex_of[node->index], subnet_at(map, i), &r))
            add(ip, &r);
}

/* --- what a host with several ways is given --------------------------------------------------- */

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

static void give_host_routes(RouteMap *map, unsigned vertex)
{
    GArray *routes = g_array_new(FALSE, FALSE, sizeof(Route));
    Stack *stack = map->vertices[vertex].node->stack;
    Route r;

    for (unsigned i = 0; i < map->subnets->len; i++)
        if (route_to(map, vertex, subnet_at(map, i), &r))
            g_array_append_val(routes, r);
    if (routes->len > 0 && all_one_way(routes)) {
        const Route *first = &g_array_index(routes, Route, 0);
        add_default(stack, first->iface, first->via);
    } else {
        for (guint i = 0; i < routes->len; i++)
            ipv4_route_add(stack->ipv4, &g_array_index(routes, Route, i));
    }
    g_array_free(routes, TRUE);
}

RouteMap *route_map_new(const Sim *sim)
{
    RouteMap *map = g_new0(RouteMap, 1);

    map->source = (RouteSource){ find, each, map };
    map->goals = g_array_sized_new(FALSE, FALSE, sizeof(Goal), sim->links->len);
    map->subnets = g_array_sized_new(FALSE, FALSE, sizeof(Subnet), sim->links->len);
    map->vertex_of = g_new(unsigned, sim->nodes->len);
    for (guint i = 0; i < sim->nodes->len; i++)
        map->vertex_of[i] = UNDECIDED;
    return map;
}

void route_map_add_lan(RouteMap *map, Lan *lan)
{
    find_router(lan);
    for (unsigned i = 0; i < lan->n; i++) {
        Iface *iface = lan->ifaces[i];
        unsigned *vertex = &map->vertex_of[iface->stack->node->index];
        if (iface->stack->ifaces->len == 1)
            *vertex = wants_search(iface->stack, lan, iface) ? SOME_VERTEX : NO_VERTEX;
        if (*vertex != NO_VERTEX)
            lan->ifaces[lan->n_parts++] = iface;
    }
}

/* Routers ask the map; a host with several ways is given its routes. */
static void give_routes(RouteMap *map, unsigned vertex)
{
    const Stack *stack = node_stack(map->vertices[vertex].node);

    if (stack == NULL)
        return;
    if (stack->node->kind == NODE_HOST)
        give_host_routes(map, vertex);
    else if (stack->cfg->ipv4.auto_routes)
        ipv4_route_source(stack->ipv4, &map->source);
}

void route_map_finish(RouteMap *map, const LanMap *lans)
{
    find_vertices(map, lans);
    find_edges(map, lans);
    map->queue = g_new(unsigned, map->n_vertices);
    for (unsigned i = 0; i < lans->n_lans; i++)
        if (lans->lans[i].routed)
            add_subnets(map, &lans->lans[i]);
    index_subnets(map);
    for (unsigned v = 0; v < map->n_vertices; v++)
        give_routes(map, v);
}

void route_map_free(RouteMap *map)
{
    if (map == NULL)
        return;
    for (unsigned i = 0; i < map->goals->len; i++) {
        g_free(goal_at(map, i)->from);
        g_free(goal_at(map, i)->hops);
    }
    g_array_free(map->goals, TRUE);
    g_array_free(map->subnets, TRUE);
    prefix_index_clear(&map->by_prefix);
    g_free(map->vertex_of);
    g_free(map->vertices);
    g_free(map->edges);
    g_free(map->queue);
    g_free(map);
}
