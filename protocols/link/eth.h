/*
 * eth.h - Ethernet II interfaces of hosts and routers, RFC 894: the lowest floor of a stack.
 *
 * An Iface is a port with a MAC address, and where IPv4 hangs its address. Frames for another
 * station are dropped; what is for us goes to the protocol of its EtherType.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "protocols/wire/eth_wire.h"
#include "sim/engine/sim.h"

typedef struct Stack Stack;
typedef struct Iface Iface;
typedef struct Neigh Neigh;
typedef struct ArpProbe ArpProbe;

/* The upward dispatch: what takes frames of that EtherType. group: it was sent to several stations,
 * or all. Takes pkt if it returns DROP_NONE. */
typedef struct EthProto {
    uint16_t   type;
    DropReason (*input)(Iface *iface, bool group, Packet *pkt);
} EthProto;

struct Iface {
    const EthProto *protos; /* the last has no input */
    Stack   *stack;
    Port    *port;
    Neigh   *last_hop; /* ARP's: the one that a packet last went to; NULL: none, or unknown */
    IpPrefix ip;       /* address and prefix length; addr IP_NONE: none yet */
    ArpProbe *probe;   /* that asks for an address for it; NULL: none does */
    uint32_t mtu;      /* the link's; 1500 while there is none */
    MacAddr  mac;
    bool     ip_said;  /* by the scenario, not given out by autoconf */
    bool     ip_leased; /* by DHCP, when it has one: autoconf gives out none */
    bool     takes_any; /* until it has an address: what is sent to its MAC, RFC 2131 §4.1 */
};

/* Ours? Which EtherType? Takes pkt if it returns DROP_NONE. Set as the port's input. */
DropReason eth_input(void *iface, Packet *pkt);

/* The one to which packets go from now on, or NULL; its header is not what it was. */
static inline void eth_set_last_hop(Iface *iface, Neigh *n)
{
    iface->last_hop = n;
    iface->port->front = NULL;
}

/* Another MAC address, for what is sent from now on. */
void eth_set_mac(Iface *iface, MacAddr mac);

/* The header of frames of that type to that station, in out. */
void eth_header(const Iface *iface, MacAddr dst, uint16_t type, uint8_t out[static ETH_HDR_LEN]);

/* 14 bytes in front, and onto the wire. Takes pkt always. */
void eth_output(Iface *iface, MacAddr dst, uint16_t type, Packet *pkt);

/* The same with the header that eth_header has made for the last hop. */
static inline void eth_output_behind(const Iface *iface, const uint8_t header[static ETH_HDR_LEN],
                                     Packet *pkt)
{
    pkt->net = packet_offset(pkt);
    memcpy(packet_push(pkt, ETH_HDR_LEN), header, ETH_HDR_LEN);
    port_send_copied(iface->port, pkt, header);
}
