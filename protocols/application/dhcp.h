/*
 * dhcp.h - all that a host has to do with DHCP: a client for each interface that wants one, and the
 * server that may run on it. Made when it is first asked for.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dhcp_server.h"

typedef struct Dhcp {
    Stack      *stack;
    UdpSock    *sock;    /* port 68, for all clients; NULL: none runs */
    GPtrArray  *clients; /* of DhcpClient, owned */
    DhcpServer *server;  /* NULL: none runs */
    DhcpStore  *store;   /* its disk */
} Dhcp;

Dhcp *dhcp_of(Stack *stack);

/* The client of an interface; NULL: it has none. */
DhcpClient *dhcp_client_at(const Dhcp *dhcp, const Iface *iface);
/* The same, made if there is none; NULL and *err if port 68 is taken, or the host is down. */
DhcpClient *dhcp_client_of(Dhcp *dhcp, Iface *iface, NetError *err);
/* The server, started if none runs; NULL and *err if port 67 is taken. */
DhcpServer *dhcp_serve(Dhcp *dhcp, NetError *err);
