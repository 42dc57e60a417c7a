/*
 * dhcp_client.h - how an interface gets an address and what belongs to it, RFC 2131 §4.4.
 *
 * The states are those of its figure 5, and CHECKING: ARP asks whether the address is free (RFC
 * 5227). A lease gives the interface its address, the host a default route, its stub the servers;
 * all three go when it ends.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/udp.h"
#include "protocols/wire/dhcp_wire.h"
#include "sim/engine/knob.h"

typedef enum DhcpState {
    DHCP_OFF,
    DHCP_INIT,
    DHCP_SELECTING,
    DHCP_REQUESTING,
    DHCP_INIT_REBOOT,
    DHCP_REBOOTING,
    DHCP_CHECKING,
    DHCP_BOUND_STATE,
    DHCP_RENEWING,
    DHCP_REBINDING,
    DHCP_INFORMING
} DhcpState;
const char *dhcp_state_text(DhcpState state); /* "INIT-REBOOT" */

typedef struct DhcpClientConfig {
    bool     broadcast; /* asks for answers by broadcast */
    bool     wait;      /* 1 to 10 s before the first message */
    bool     reboot;    /* asks for the address it remembers, as long as its lease lasts */
    uint64_t probes;    /* by ARP before an address is used: 3, RFC 5227 §1.1; 0: it is not asked */
    SimTime  lease;     /* that it asks for; 0: the server's */
    IpAddr   request;   /* the address that it asks for; IP_NONE: any */
} DhcpClientConfig;

extern const DhcpClientConfig dhcp_client_defaults;
extern const Knob dhcp_client_knobs[];

enum { DHCP_SERVERS = 8 };

typedef struct DhcpLease { /* or what an INFORM has told: addr and prefix are the host's own then */
    IpPrefix prefix;     /* the address; IP_NONE: there is no lease */
    IpAddr   server;
    IpAddr   routers[DHCP_SERVERS], dns[DHCP_SERVERS];
    size_t   n_routers, n_dns;
    char     domain[256]; /* "": none */
    SimTime  since, t1, t2, ends; /* instants; NEVER: it has no end */
    SimTime  length;     /* NEVER likewise */
} DhcpLease;

typedef struct DhcpClient DhcpClient;

/* Of one interface; sock is the host's port 68, for all of its clients. */
DhcpClient *dhcp_client_new(Iface *iface, UdpSock **sock);
void dhcp_client_free(DhcpClient *c);  /* nothing is sent */
void dhcp_client_crash(DhcpClient *c); /* the lease is remembered, the address is gone */

/* Begins to look for an address; one that has it, or looks for it, goes on as it is. */
void dhcp_client_start(DhcpClient *c, const DhcpClientConfig *cfg);
/* Does looking for an address keep the world alive? So from the start until there is one. */
void dhcp_client_set_eager(DhcpClient *c, bool eager);
/* RFC 2131 §4.4.6: gives the address back; false: there is none. */
bool dhcp_client_release(DhcpClient *c);
/* RFC 2131 §4.4.3: asks for all but an address, for an interface that has one. It keeps no lease;
 * it tells what it got, once. */
void dhcp_client_inform(DhcpClient *c);

DhcpState dhcp_client_state(const DhcpClient *c);
Iface    *dhcp_client_iface(const DhcpClient *c);
/* While it has one (BOUND, RENEWING, REBINDING), or what the last INFORM told; NULL: nothing. */
const DhcpLease *dhcp_client_lease(const DhcpClient *c);

/* A datagram to port 68 that came in by its interface. */
void dhcp_client_input(DhcpClient *c, Span bytes, const UdpArrival *how);
