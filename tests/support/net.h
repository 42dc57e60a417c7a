/*
 * net.h - for tests of protocols: little worlds of whole stacks, and what passes on their wires
 * as text.
 *
 *     Net *net = net_new(1);
 *     Stack *a = net_host(net, "a", NULL), *b = net_host(net, "b", NULL);
 *     net_link(net, a->node, "10.0.0.1/24", b->node, "10.0.0.2/24", 10 * MSEC);
 *     ...
 *     net_run(net);
 *     ck_assert_str_eq(net_wire(net), "0.000 a>b arp who-has 10.0.0.2 tell 10.0.0.1\n" ...);
 *     net_free(net);
 *
 * A line of the wire is written when a frame is put on a link:
 *     0.010 a>b arp who-has 10.0.0.2 tell 10.0.0.1
 *     0.010 b>a arp 10.0.0.2 is-at 02:00:00:00:00:02
 *     0.020 a>b 10.0.0.1 > 10.0.0.2 icmp echo-request id 1 seq 1 len 56
 *     0.020 a>b 10.0.0.1.4000 > 10.0.0.2.53 udp len 5
 *     0.020 a>b 10.0.0.1.4000 > 10.0.0.2.80 tcp S. seq 1000:1000 ack 2001 win 65535 len 0
 *     0.020 a>b 10.0.0.1 > 10.0.0.2 proto 17 frag 7 at 0+ len 1480
 * IP options stand behind it, what is filled in first, then the pointer, then what is left:
 *     0.010 r>b 10.0.1.2 > 10.0.2.2 proto 99 len 8 lsrr[10.0.2.1 ^] rr[10.0.1.2 10.0.2.1 ^ +7]
 *     0.010 r>b 10.0.1.2 > 10.0.3.9 proto 99 len 8 ssrr[10.0.2.1 ^ 10.0.4.1] ts[0 10 ^ +2 over 3]
 * and a line of the drops ("b udp.no-port\n") when a node refuses a packet or a link loses one.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/link/bridge.h"
#include "protocols/stack.h"

typedef struct Net {
    Sim     *sim;
    GString *wire, *drops;
} Net;

Net *net_new(uint64_t seed);
void net_free(Net *net); /* checks that every packet has been accounted for */

/* cfg NULL: the defaults. */
Stack *net_host(Net *net, const char *name, const StackConfig *cfg);
Stack *net_router(Net *net, const char *name, const StackConfig *cfg);
Node  *net_switch(Net *net, const char *name);

/* A cable between new interfaces ("eth0" ...) of both. Addresses as "10.0.0.1/24", NULL for none.
 * */
Link *net_link(Net *net, Node *a, const char *ip_a, Node *b, const char *ip_b, SimTime delay);
Link *net_link_with(Net *net, Node *a, const char *ip_a, Node *b, const char *ip_b,
                    const LinkConfig *cfg);

/* A static route; via NULL: unreachable. */
void net_route(Stack *stack, const char *prefix, const char *via);
/* Fills the ARP caches of both ends of every cable. */
void net_warm(Net *net);

void net_run(Net *net); /* until nothing happens any more */
void net_run_until(Net *net, SimTime until);

const char *net_wire(const Net *net);
const char *net_drops(const Net *net);
void        net_clear(Net *net); /* forgets both */
/* How many lines of the wire contain the text. */
unsigned    net_count(const Net *net, const char *text);

IpAddr ip(const char *text); /* fails the test if it is none */

/* The iface of a stack by its place. */
Iface *net_iface(const Stack *stack, unsigned i);

/* Puts bytes on the wire out of a port, as if a stack had sent them. */
void net_inject(Port *port, Span frame);
/* A datagram out of an interface, to another one's station or, NULL, to all. The header gets a
 * right checksum, and its length where h->total_len is 0. */
void net_inject_ip(const Iface *from, const Iface *to, const Ipv4Hdr *h, Span data);
