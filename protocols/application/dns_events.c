/*
 * dns_events.c - what DNS tells observers.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_events.h"

const TracePoint DNS_QUERY_SENT = { "dns:query_sent", TRACE_APP,
    { { "server", TV_STR }, { "transport", TV_STR }, { "id", TV_INT }, { "name", TV_STR },
      { "type", TV_STR }, { "recurse", TV_BOOL } } };
const TracePoint DNS_REPLY_RECEIVED = { "dns:reply_received", TRACE_APP,
    { { "server", TV_STR }, { "transport", TV_STR }, { "id", TV_INT }, { "name", TV_STR },
      { "type", TV_STR }, { "rcode", TV_STR }, { "answers", TV_INT } } };
const TracePoint DNS_REPLY_IGNORED = { "dns:reply_ignored", TRACE_APP,
    { { "from", TV_STR }, { "id", TV_INT }, { "why", TV_STR } } };
const TracePoint DNS_QUERY_RECEIVED = { "dns:query_received", TRACE_APP,
    { { "client", TV_STR }, { "transport", TV_STR }, { "id", TV_INT }, { "name", TV_STR },
      { "type", TV_STR }, { "recurse", TV_BOOL } } };
const TracePoint DNS_REPLY_SENT = { "dns:reply_sent", TRACE_APP,
    { { "client", TV_STR }, { "transport", TV_STR }, { "id", TV_INT }, { "name", TV_STR },
      { "type", TV_STR }, { "rcode", TV_STR }, { "answers", TV_INT } } };
const TracePoint DNS_CACHE_HIT = { "dns:cache_hit", TRACE_APP,
    { { "name", TV_STR }, { "type", TV_STR }, { "what", TV_STR } } };
const TracePoint DNS_CACHED = { "dns:cached", TRACE_APP,
    { { "name", TV_STR }, { "type", TV_STR }, { "what", TV_STR }, { "ttl", TV_INT } } };
const TracePoint DNS_RESOLVED = { "dns:resolved", TRACE_APP,
    { { "name", TV_STR }, { "type", TV_STR }, { "result", TV_STR } } };
const TracePoint DNS_LOOKED_IN = { "dns:looked_in", TRACE_APP,
    { { "name", TV_STR }, { "place", TV_STR } } };
