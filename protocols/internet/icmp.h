/*
 * icmp.h - ICMP: echo, and errors in and out. RFC 792, 1122 §3.2.2, 1812 §4.3.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/internet/ipv4.h"
#include "protocols/wire/icmp_wire.h"

Icmp *icmp_new(Stack *stack);
void  icmp_free(Icmp *icmp);
void  icmp_flush(Icmp *icmp); /* crash: replies that were still to be told are forgotten */

DropReason icmp_input(Icmp *icmp, const IpMeta *ip, Packet *pkt);
void       icmp_error(Icmp *icmp, const IpError *err); /* about our own echo requests */

/* Errors about pkt, which is borrowed: its network header is found by packet_net(). None is sent
 * about an ICMP error, a fragment that is not the first, a broadcast or an impossible source
 * (RFC 1122 §3.2.2). mtu: for ICMP_FRAG_NEEDED. */
void icmp_send_unreachable(Icmp *icmp, uint8_t code, const Packet *pkt, uint32_t mtu);
void icmp_send_parameter(Icmp *icmp, uint8_t place, const Packet *pkt); /* of the IP header */
void icmp_send_time_exceeded(Icmp *icmp, uint8_t code, const Packet *pkt);
/* Any other: h->checksum is not looked at. */
void icmp_send_error(Icmp *icmp, const IcmpHdr *h, SentReason why, const Packet *pkt);

/* Echo. Each open ping has an id of its own on the host; on_reply is told of answers and of errors
 * about its requests (err not NULL). */
typedef struct Ping Ping;
enum { PING_SIZE_MAX = 65535 - IPV4_HDR_LEN - ICMP_HDR_LEN };
typedef struct PingReply {
    uint16_t       seq;
    IpAddr         from;
    uint8_t        ttl;
    size_t         size;   /* of the echoed data */
    Span           options; /* of its IP header; n 0: none. Borrowed */
    const IpError *err;    /* NULL for an echo reply */
} PingReply;

/* NULL if all 65536 ids are in use. on_reply runs from a zero-delay timer and may close the ping.
 * The caller closes it. */
Ping *icmp_ping_open(Icmp *icmp, void (*on_reply)(void *self, const PingReply *r), void *self);
void  icmp_ping_close(Ping *ping);
/* One request with `size` bytes of data: (i & 0xff) at each place i. ttl 0: the default; options
 * NULL: none. */
DropReason icmp_ping_send(Ping *ping, IpAddr dst, uint16_t seq, size_t size, uint8_t ttl, bool df,
                          const IpOptions *options);
