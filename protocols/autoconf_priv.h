/*
 * autoconf_priv.h - the map of LANs, which addresses and routes are made from.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/autoconf.h"

typedef struct Lan { /* links joined by switches */
    GPtrArray *ifaces;   /* of Iface, in the order of linking */
} Lan;

typedef struct LanMap {
    Sim       *sim;
    GPtrArray *lans;   /* of Lan, in the order of their first links */
    unsigned  *of_link; /* the place in `lans` of each link's */
} LanMap;

static inline Lan *lan_at(const LanMap *map, unsigned i)
{
    return g_ptr_array_index(map->lans, i);
}

static inline Lan *lan_of(const LanMap *map, const Iface *iface) /* NULL: it is not plugged in */
{
    const Port *port = iface->port;

    return port->out != NULL ? lan_at(map, map->of_link[port->out->link->index]) : NULL;
}

static inline bool is_router(const Iface *iface)
{
    return iface->port->node->kind == NODE_ROUTER;
}

/* Makes all automatic routes anew. The map is where routers ask for theirs, and outlives that;
 * those of an earlier one are forgotten. */
typedef struct RouteMap RouteMap;
RouteMap *autoconf_routes(const LanMap *lans);
void      route_map_free(RouteMap *map); /* NULL is fine */
