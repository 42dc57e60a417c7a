/*
 * autoconf_priv.h - the map of LANs, which addresses and routes are made from.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/autoconf.h"

typedef struct Lan { /* links joined by switches */
    Iface  **ifaces;   /* in the order of linking */
    unsigned n;
    /* The routes': */
    unsigned n_parts;  /* so many of ifaces, now the first, may take part in the search */
    Iface   *router;   /* of the only router on it, its first if it has several; NULL: none, many */
    bool     routed;   /* some router is on it */
} Lan;

typedef struct LinkEnds { /* all of a link that the maps want, without going to where it lies */
    unsigned nodes[2]; /* by index */
    Iface   *ifaces[2]; /* NULL: a switch, or bare */
} LinkEnds;

typedef struct LanMap {
    Sim      *sim;
    Lan      *lans;    /* in the order of their first links */
    unsigned  n_lans;
    unsigned *of_link; /* the place in `lans` of each link's */
    LinkEnds *ends;    /* of each link */
    Iface   **ifaces;  /* of all LANs, one after the other */
} LanMap;

static inline const Lan *lan_of(const LanMap *map, const Iface *iface) /* NULL: not plugged in */
{
    const Port *port = iface->port;

    return port->out != NULL ? &map->lans[map->of_link[link_of(port->out)->index]] : NULL;
}

static inline bool is_router(const Iface *iface)
{
    return iface->port->node->kind == NODE_ROUTER;
}

/* All automatic routes, made anew: a map of nobody yet; one LAN after the other, when it has its
 * addresses, whose simple hosts get their routes; then everybody else's. Routers ask the map for
 * theirs, so it outlives that; those of an earlier one are forgotten. */
typedef struct RouteMap RouteMap;
RouteMap *route_map_new(const Sim *sim);
void      route_map_add_lan(RouteMap *map, Lan *lan);
void      route_map_finish(RouteMap *map, const LanMap *lans);
void      route_map_free(RouteMap *map); /* NULL is fine */
