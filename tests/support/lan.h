/*
 * lan.h - for tests of the link layer: stations h1, h2 ... around one switch, each on a cable of
 * 1 ms, with Ethernet and ARP but nothing above, and a log of what they sent and refused.
 *
 * Station i (from 1) is 10.0.0.i/24 with the MAC 02:00:00:00:00:0i.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/link/arp.h"
#include "protocols/link/bridge.h"
#include "protocols/stack.h"
#include "protocols/wire/arp_wire.h"
#include "sim/engine/sim.h"

enum { LAN_MAX = 6 };

typedef struct Station {
    Node    *node;
    Stack    stack;   /* its node alone is set: ARP needs no more */
    Iface    iface;
    Arp     *arp;
    Link    *link;
    unsigned got;     /* IPv4 packets that arrived */
    unsigned failed;  /* packets that waited in vain */
    bool     stubborn; /* sends another packet when one has failed */
} Station;

typedef struct Lan {
    Sim     *sim;
    Node    *sw;
    Bridge  *bridge;
    Station  st[LAN_MAX + 1]; /* from 1 */
    unsigned n;
    ArpConfig cfg; /* of all stations */
    GString *log;
} Lan;

void lan_init(Lan *lan, unsigned n, const ArpConfig *cfg, SimTime ageing);
void lan_free(Lan *lan); /* checks that every packet is accounted for */

IpAddr  lan_ip(unsigned i);
MacAddr lan_mac(unsigned i);

/* An IPv4 packet, empty but for its size, from a station to any next hop. */
void lan_send(Lan *lan, unsigned from, IpAddr next_hop);

/* A frame onto a station's cable, with any content. Returns its id. */
uint64_t lan_frame(Lan *lan, unsigned from, MacAddr dst, MacAddr src, uint16_t type, Span data);
void     lan_arp(Lan *lan, unsigned from, const ArpPkt *a); /* broadcast */

SimEnd lan_run(Lan *lan, SimTime until);

/* The log since the last call is this: one line for each frame a station sent ("0 h1>all who-has
 * 10.0.0.2 tell 10.0.0.1": milliseconds, from, to), each drop, each event of ARP and the switch. */
void lan_expect(Lan *lan, const char *log);
