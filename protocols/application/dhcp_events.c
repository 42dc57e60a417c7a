/*
 * dhcp_events.c - what DHCP tells observers.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dhcp_events.h"

const TracePoint DHCP_MESSAGE_SENT = { "dhcp:message_sent", TRACE_APP,
    { { "type", TV_STR }, { "to", TV_STR }, { "xid", TV_INT }, { "address", TV_STR } } };
const TracePoint DHCP_MESSAGE_RECEIVED = { "dhcp:message_received", TRACE_APP,
    { { "type", TV_STR }, { "from", TV_STR }, { "xid", TV_INT }, { "address", TV_STR } } };
const TracePoint DHCP_MESSAGE_IGNORED = { "dhcp:message_ignored", TRACE_APP,
    { { "from", TV_STR }, { "why", TV_STR } } };
const TracePoint DHCP_STATE_CHANGED = { "dhcp:state_changed", TRACE_APP,
    { { "iface", TV_STR }, { "old", TV_STR }, { "new", TV_STR }, { "trigger", TV_STR } } };
const TracePoint DHCP_BOUND = { "dhcp:bound", TRACE_APP,
    { { "iface", TV_STR }, { "address", TV_STR }, { "server", TV_STR }, { "lease", TV_TIME } } };
const TracePoint DHCP_LOST = { "dhcp:lost", TRACE_APP,
    { { "iface", TV_STR }, { "address", TV_STR }, { "why", TV_STR } } };
const TracePoint DHCP_CONFLICT_SEEN = { "dhcp:conflict_seen", TRACE_APP,
    { { "address", TV_STR }, { "by", TV_STR } } };
const TracePoint DHCP_LEASED = { "dhcp:leased", TRACE_APP,
    { { "client", TV_STR }, { "address", TV_STR }, { "lease", TV_TIME } } };
const TracePoint DHCP_FREED = { "dhcp:freed", TRACE_APP,
    { { "client", TV_STR }, { "address", TV_STR }, { "why", TV_STR } } };
