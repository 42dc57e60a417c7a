/*
 * dhcp_server.h - gives out addresses, RFC 2131 §4.3: a scope for each subnet, with its pool, what
 * goes with an address, and who has which.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dhcp_client.h"

typedef struct DhcpScopeConfig {
    SimTime  lease;         /* 1 h; NEVER: for ever */
    bool     ping;          /* asks by ICMP before an address is offered: RFC 2131 §3.1 (2) */
    SimTime  ping_timeout;  /* for how long: 1 s */
    SimTime  offer_hold;    /* so long an offered address is nobody else's: 1 min */
    SimTime  decline_hold;  /* so long a declined address is nobody's: 1 h */
    bool     authoritative; /* refuses clients that it does not know, RFC 2131 §4.3.2 */
    IpPrefix subnet;        /* addr IP_NONE: that of the host's interface, where `first` is */
    IpAddr   first, last;   /* the pool */
    IpAddr   routers[DHCP_SERVERS];
    size_t   n_routers;
    const IpAddr *dns;      /* borrowed for the call; as many as one likes */
    size_t   n_dns;
    char     domain[256];   /* "": none */
} DhcpScopeConfig;

extern const DhcpScopeConfig dhcp_scope_defaults;
extern const Knob dhcp_scope_knobs[];

typedef enum DhcpBindingState {
    DHCP_FREE,     /* it was the client's, and is again if he asks */
    DHCP_OFFERED,
    DHCP_LEASED_TO,
    DHCP_DECLINED, /* nobody's */
    DHCP_RESERVED  /* his, but not in use */
} DhcpBindingState;
const char *dhcp_binding_text(DhcpBindingState state); /* "offered" */

typedef struct DhcpBinding {
    IpAddr   addr;
    MacAddr  mac;
    uint8_t  id_len;      /* 0: the client has no identifier but its MAC */
    uint8_t  id[64];
    char     name[64];    /* that the client says; "": none */
    DhcpBindingState state;
    bool     reserved;    /* by the administrator, for this MAC */
    SimTime  until;       /* of an offer, a lease, or a declined address; NEVER */
} DhcpBinding;

/* What a server has on its disk: scopes and bindings. */
typedef struct DhcpStore DhcpStore;
DhcpStore *dhcp_store_new(Stack *stack);
void dhcp_store_free(DhcpStore *store);
void dhcp_store_clear_scopes(DhcpStore *store); /* bindings stay */
/* The subnet is looked for now: false if none of the host's is meant. */
bool dhcp_store_add_scope(DhcpStore *store, const DhcpScopeConfig *cfg);
void dhcp_store_reserve(DhcpStore *store, MacAddr mac, IpAddr addr);
/* In the order in which they were first given out; borrowed until the next event. What has run out
 * is free. */
const DhcpBinding *const *dhcp_store_bindings(DhcpStore *store, size_t *n);

typedef struct DhcpServer DhcpServer;
/* Opens port 67; NULL and *err if it is taken. The store stays the caller's. */
DhcpServer *dhcp_server_new(Stack *stack, DhcpStore *store, NetError *err);
void dhcp_server_free(DhcpServer *s, bool socket); /* socket: it is still there */
