/*
 * bridge.h - a learning switch, IEEE 802.1D: learns where stations are, floods what is unknown.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "sim/engine/sim.h"

typedef struct Bridge Bridge;

typedef struct BridgeEntry {
    MacAddr mac;
    Port   *port;
    SimTime seen;
} BridgeEntry;

/* Makes the node a switch; the node owns it. ageing: 300 s is usual (IEEE 802.1D §7.9.2). */
Bridge *bridge_new(Node *node, SimTime ageing);
Port   *bridge_add_port(Bridge *bridge, const char *name);

/* What it has learnt and not yet forgotten, in the order of learning. Borrowed until the next
 * event. */
const BridgeEntry *bridge_entries(Bridge *bridge, size_t *n);

extern const TracePoint BRIDGE_LEARNED; /* mac, at the event's port; category TRACE_ARP */
extern const TracePoint BRIDGE_FLOODED; /* id */
