/*
 * dhcp_events.h - what DHCP tells observers; all of the category APP.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/sim.h"

extern const TracePoint DHCP_MESSAGE_SENT;     /* type, to, xid, address */
extern const TracePoint DHCP_MESSAGE_RECEIVED; /* type, from, xid, address */
extern const TracePoint DHCP_MESSAGE_IGNORED;  /* from, why */
extern const TracePoint DHCP_STATE_CHANGED;    /* iface, old, new, trigger: a client's */
extern const TracePoint DHCP_BOUND;            /* iface, address, server, lease: a client's */
extern const TracePoint DHCP_LOST;             /* iface, address, why: a client's */
extern const TracePoint DHCP_CONFLICT_SEEN;    /* address, by */
extern const TracePoint DHCP_LEASED;           /* client, address, lease: a server's */
extern const TracePoint DHCP_FREED;            /* client, address, why: a server's */
