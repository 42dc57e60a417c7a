/*
 * udp.h - UDP sockets and input, RFC 768, RFC 1122 §4.1.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/internet/icmp.h"
#include "protocols/transport/error.h"
#include "protocols/wire/udp_wire.h"

typedef struct Udp Udp;
typedef struct UdpSock UdpSock;

enum { UDP_DATA_MAX = 65507, UDP_RCVBUF = 212992 }; /* what IPv4 carries; Linux's default */

Udp *udp_new(Stack *stack);
void udp_free(Udp *udp);
void udp_flush(Udp *udp); /* crash: every socket ends with NET_ENETDOWN */

DropReason udp_input(Udp *udp, const IpMeta *ip, Packet *pkt);
void       udp_error(Udp *udp, const IpError *err);

/* port 0: an ephemeral one. addr IP4_ANY: all addresses. NULL, and *err, if it is taken. on_ready
 * is called from a zero-delay timer, never from inside a call, when something can be received. */
UdpSock *udp_open(Udp *udp, IpAddr addr, uint16_t port, NetError *err);
void     udp_close(UdpSock *s);
void     udp_on_ready(UdpSock *s, void (*on_ready)(void *user), void *user);
uint16_t udp_port(const UdpSock *s);
Sched   *udp_sched(const UdpSock *s); /* the time of its world */
IpAddr   udp_addr(const UdpSock *s);

/* A connected socket receives from its peer only, and learns of ICMP errors (ECONNREFUSED). */
NetError udp_connect(UdpSock *s, IpAddr addr, uint16_t port);

/* dst IP_NONE: the peer it is connected to. A pending error is told first, and nothing is sent. */
NetError udp_send(UdpSock *s, Span data, IpAddr dst, uint16_t dst_port);
/* The same from one of the host's addresses, as a server answers from the one that was asked; src
 * IP_NONE: the socket's, or by route. */
NetError udp_send_from(UdpSock *s, Span data, IpAddr src, IpAddr dst, uint16_t dst_port);
/* As udp_send, but n bytes of the pattern (pattern.h) from its place `from` on. */
NetError udp_send_pattern(UdpSock *s, uint64_t from, size_t n, IpAddr dst, uint16_t dst_port);
/* From no address to all on the network of an interface, as a host without one asks for it. */
NetError udp_send_broadcast(UdpSock *s, Span data, Iface *iface, uint16_t dst_port);
void     udp_set_ttl(UdpSock *s, uint8_t ttl); /* 0: the host's default */
void     udp_set_df(UdpSock *s, bool df);
void     udp_set_rcvbuf(UdpSock *s, size_t bytes); /* UDP_RCVBUF unless said */

/* The oldest datagram, NULL if none waits: data and len are the payload. The caller frees it. A
 * pending error comes first: *err, with NULL. */
Packet *udp_receive(UdpSock *s, IpAddr *from, uint16_t *from_port, NetError *err);
/* The same with all that is known of how it came. */
typedef struct UdpArrival {
    IpAddr   from, to;
    uint16_t port;      /* of the sender */
    bool     broadcast; /* to a broadcast or multicast address */
    Iface   *iface;     /* by which it came; NULL: from ourselves */
} UdpArrival;
Packet *udp_receive_how(UdpSock *s, UdpArrival *how, NetError *err);
size_t  udp_queued(const UdpSock *s); /* bytes that wait */

/* From here on what comes is counted and let go, what waits already too: nobody is told. */
void udp_sink(UdpSock *s);
bool udp_sinks(const UdpSock *s);
bool udp_has_ended(const UdpSock *s); /* the host has crashed since; no call works any more */
/* Datagrams, and bytes of payload, that it has taken so far. */
uint64_t udp_received(const UdpSock *s, uint64_t *bytes);

/* Told of every error about this socket's datagrams, connected or not (for traceroute). */
void udp_on_error(UdpSock *s, void (*on_error)(void *user, const IpError *err), void *user);

/* All sockets in the order of opening: n of them. Borrowed until the next call. */
UdpSock *const *udp_sockets(Udp *udp, size_t *n);
