/*
 * autoconf_priv.h - the map of LANs, which addresses and routes are made from.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/autoconf.h"

typedef struct Lan { /* links joined by switches */
    Iface  **ifaces;   /* in the order of linking */
    unsigned n;
} Lan;

typedef struct LanMap {
    Sim      *sim;
    Lan      *lans;    /* in the order of their first links */
    unsigned  n_lans;
    unsigned *of_link; /* the place in `lans` of each link's */
    Iface   **ifaces;  /* of all LANs, one after the other */
} LanMap;

static inline const Lan *lan_of(const LanMap *map, const Iface *iface) /* NULL: not plugged in */
{
    const Port *port = iface->port;

    return port->out != NULL ? &map->lans[map->of_link[port->out->link->index]] : NULL;
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
