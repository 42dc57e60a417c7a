/*
 * dns_events.h - what DNS tells observers; all of the category APP.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/sim.h"

extern const TracePoint DNS_QUERY_SENT; /* server, transport, id, name, type, recurse */
extern const TracePoint DNS_REPLY_RECEIVED; /* server, transport, id, name, type, rcode, answers */
extern const TracePoint DNS_REPLY_IGNORED; /* from, id, why */
extern const TracePoint DNS_QUERY_RECEIVED; /* client, transport, id, name, type, recurse */
extern const TracePoint DNS_REPLY_SENT; /* client, transport, id, name, type, rcode, answers */
extern const TracePoint DNS_CACHE_HIT; /* name, type, what */
extern const TracePoint DNS_CACHED; /* name, type, what, ttl */
extern const TracePoint DNS_RESOLVED; /* name, type, result: the stub's */
extern const TracePoint DNS_LOOKED_IN; /* name, place: hosts, cache, dns: the stub's */
