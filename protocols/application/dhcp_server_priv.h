/*
 * dhcp_server_priv.h - what the dhcp_server*.c files share, and nobody else sees.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dhcp_server.h"

typedef struct DhcpScope {
    DhcpScopeConfig cfg; /* its dns is our own copy */
    uint32_t next;       /* of the pool, where one looks for a new address first */
} DhcpScope;

struct DhcpStore {
    Stack      *stack;
    GPtrArray  *scopes;   /* of DhcpScope */
    GPtrArray  *bindings; /* of DhcpBinding, in the order of making */
    GHashTable *by_addr;  /* IpAddr * in a binding to it; for look-up only */
};

/* A client as its message names it: by identifier, else by MAC. RFC 2131 §4.2. */
DhcpBinding *store_find(DhcpStore *store, const DhcpScope *scope, const DhcpMessage *m);
DhcpBinding *store_at(DhcpStore *store, IpAddr addr); /* NULL: never given out */
/* The scope for clients on the subnet of `near`; NULL: none. */
DhcpScope   *store_scope(DhcpStore *store, IpAddr near);
bool         store_allows(const DhcpStore *store, const DhcpScope *scope, IpAddr addr);
/* RFC 2131 §4.3.1: the client's address now or before, the one it asks for, or a new one, in this
 * order; offered to it from now on. NULL: none is left. */
DhcpBinding *store_choose(DhcpStore *store, DhcpScope *scope, const DhcpMessage *m);
/* The state now: what has run out is free. */
DhcpBindingState binding_state(const DhcpStore *store, const DhcpBinding *b);
