/*
 * glance.h - what a frame is, at a glance: addresses, ports, numbers, without judging it.
 *
 * Observers want to name damaged, forged and cut frames too. So nothing is verified here; what the
 * bytes do not reach stays 0, and lengths are those that the headers claim.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/arp_wire.h"
#include "protocols/wire/tcp_wire.h"

typedef enum GlanceKind {
    GLANCE_OTHER, /* neither ARP nor IPv4, or too short to tell */
    GLANCE_ARP,
    GLANCE_IP,    /* some other protocol, or a fragment but the first */
    GLANCE_ICMP,
    GLANCE_UDP,
    GLANCE_TCP
} GlanceKind;

typedef struct Glance {
    GlanceKind kind;
    IpAddr     src, dst;     /* of ARP: the sender's and the target's protocol address; of IP: where
                                it ends, whatever stop of a source route the header bears */
    MacAddr    arp_sha;
    uint16_t   arp_op;
    uint8_t    proto;
    bool       more;         /* more fragments follow */
    uint16_t   frag_off;     /* bytes */
    uint16_t   ip_id;
    uint16_t   src_port, dst_port;
    uint8_t    icmp_type, icmp_code;
    uint16_t   icmp_id, icmp_seq;
    TcpHdr     tcp;          /* its opt is not filled in */
    Span       tcp_options;  /* inside the frame */
    size_t     data;         /* bytes behind the transport header, of this fragment */
} Glance;

/* `frame` from its Ethernet header on; may be cut. Borrows it. */
void glance(Glance *g, Span frame);
/* The same for an IPv4 packet that has no frame yet. */
void glance_packet(Glance *g, Span packet);

/* Has it DHCP's ports, both? */
bool glance_is_dhcp(Span frame);

/* "[S.]" as tcpdump prints flags, with the brackets. */
char *glance_flags(uint8_t flags, char out[static 11]);
