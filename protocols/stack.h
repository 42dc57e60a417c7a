/*
 * stack.h - the wiring diagram: makes Ethernet, ARP, IPv4, ICMP, UDP and TCP into one host.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/internet/icmp.h"
#include "protocols/link/arp.h"
#include "protocols/link/eth.h"
#include "protocols/transport/tcp.h"
#include "protocols/transport/udp.h"

typedef struct StackConfig {
    ArpConfig  arp;
    Ipv4Config ipv4;
    TcpConfig  tcp;
    bool       fcs;     /* its ports check the frame check sequence */
} StackConfig;

/* Every layer's defaults. */
StackConfig stack_config_default(void);

struct Stack {
    Node       *node;
    const StackConfig *cfg; /* the same for nodes made one after the other alike */
    Vec         ifaces[1]; /* of Iface, owned; the i-th is on the node's i-th port */
    AddrTable   addrs;
    Arp        *arp;
    Ipv4       *ipv4;
    Icmp       *icmp;
    struct {
        Udp *udp;
        Tcp *tcp;
    } made;             /* NULL until somebody asks for them: stack_udp, stack_tcp */
    GPtrArray  *programs; /* of what runs on it, in the order of adding; see stack_add_program.
                             NULL: nothing */
};

Udp *stack_udp(Stack *stack);
Tcp *stack_tcp(Stack *stack);

/* Makes the node a host, or a router by its kind; the node owns it. */
Stack *stack_new(Node *node, const StackConfig *cfg);

/* A new interface with a port of its own. mac NULL: the world's next, 02:00:00:00:00:01 upwards. */
Iface *stack_add_iface(Stack *stack, const char *name, const MacAddr *mac);
Iface *stack_iface(const Stack *stack, const char *name); /* NULL if there is none */
Iface *port_iface(const Port *port); /* the interface on a port; NULL at a switch */
void   stack_set_address(Stack *stack, Iface *iface, IpPrefix addr);

Stack *node_stack(const Node *node); /* NULL for a switch */

/* Power off: everything but its configuration is forgotten, no packet sent. Power on. */
void stack_crash(Stack *stack);
void stack_boot(Stack *stack);

/* A program of its own above the transport layer (DNS ...), found again by the address `key`.
 * crash: the power is off, its sockets have ended; it forgets what a real one would. end: the world
 * ends, sockets and listeners are gone already; it frees its memory and its conns. */
typedef struct StackProgram {
    const void *key;
    void       *self;
    void      (*crash)(void *self);
    void      (*end)(void *self);
} StackProgram;
void  stack_add_program(Stack *stack, const StackProgram *program);
void *stack_program(const Stack *stack, const void *key); /* its self; NULL: none */

extern const TracePoint HOST_CRASHED, HOST_BOOTED; /* category SIM */
