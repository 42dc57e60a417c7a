/*
 * dhcp_client_priv.h - what the dhcp_client*.c files share, and nobody else sees.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dhcp_client.h"
#include "protocols/link/arp.h"

struct DhcpClient {
    Iface    *iface;
    Sim      *sim;
    UdpSock **sock;
    DhcpClientConfig cfg;
    DhcpState state;
    DhcpLease lease;     /* held, remembered after a crash, or, while CHECKING, to be held */
    bool      configured; /* the interface has its address from us */
    bool      eager;     /* somebody waits for the first address */
    IpAddr    offered, server; /* what is requested, and of whom */
    uint32_t  xid;
    unsigned  tries;     /* retransmissions in this exchange */
    unsigned  naks;      /* refusals since there was an address */
    unsigned  announcements; /* still to be made */
    SimTime   since;     /* when the exchange began, for */
    uint16_t  secs;      /* what the last message said, and a request repeats */
    SimTime   asked;     /* when the last request was sent: a lease counts from there */
    Timer     timer, idle; /* one of them: while eager, and else */
    Timer     announce;
    ArpProbe  probe;
    Rng       rng;
};

/* dhcp_client.c */
void dhcp_client_bind(DhcpClient *c, const char *trigger); /* what is in c->lease */

/* dhcp_client_message.c */
/* Of this type, as RFC 2131 tables 4 and 5 want it in this state. */
void dhcp_client_send(DhcpClient *c, DhcpType type);
/* What an ACK says, counted from `asked`; false: something is missing. inform: no address is in
 * it. */
bool dhcp_lease_read(DhcpLease *lease, const DhcpMessage *m, SimTime asked, bool inform);
bool dhcp_is_host(IpAddr addr); /* it can be one station's */

/* The lease into the host's configuration, and out of it. */
void dhcp_config_apply(DhcpClient *c);
void dhcp_config_remove(DhcpClient *c);
