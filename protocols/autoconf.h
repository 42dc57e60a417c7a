/*
 * autoconf.h - what the scenario does not say: addresses, routes, warm ARP caches.
 *
 * Every link or LAN (links joined by switches) without a said subnet gets the next 10.0.N.0/24,
 * its interfaces .1, .2 ... in the order of linking; every node gets shortest-path routes (fewest
 * links; ties: the earlier link), with one default route where all goes the same way. Done when a
 * call first needs it and again when the topology has grown, never because a link went down.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/stack.h"

/* Gives out addresses that are missing and recomputes automatic routes, if the topology has changed
 * since the last call; fills ARP caches of hosts with `warm`. Cheap when nothing has changed. An
 * address clash, two nodes with one address in a LAN, is an error that names both. */
bool autoconf_settle(Sim *sim, GError **error);

#define AUTOCONF_ERROR autoconf_error_quark()
GQuark autoconf_error_quark(void);

/* The address by which `node` is best reached from `from` (NULL: from anywhere): on a subnet that
 * both are on if there is one, else the node's first. IP_NONE if it has none. Settled before. */
IpAddr autoconf_address(const Stack *node, const Stack *from);

/* The node whose interface has this address, NULL if none. */
Stack *autoconf_owner(Sim *sim, IpAddr addr);
