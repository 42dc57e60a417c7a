/*
 * dissect_priv.h - what the files of the dissector share: one line in the making.
 *
 * Every printer gets the captured bytes of its layer as a Span, which may be shorter than the
 * `length` that the layer above announces. It returns false where tcpdump gives up for want of
 * bytes; the top then writes the mark "[|proto]" of the layer that `proto` names. Nothing is ever
 * read beyond a Span.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/view/dissect.h"

typedef struct Line {
    Dissector            *d;
    const DissectOptions *opt;
    GString              *out;
    const char           *proto; /* the layer at work, for "[|tcp]" */
    bool                  cut;   /* deep inside it bytes were missing: nothing more is printed */
} Line;

typedef struct TokenName {
    unsigned    value;
    const char *name;
} TokenName;

typedef struct IpAround { /* what a transport printer needs of its datagram */
    uint32_t src, dst;
    uint8_t  proto;
    bool     fragment;    /* more of it follows: lengths and checksums say nothing */
    uint32_t sum_dst;     /* the last stop of a source route, else dst */
} IpAround;

/* Two endpoints and what their numbers count from: tcpdump's notion of a conversation. */
typedef struct Talk {
    uint32_t low_addr, high_addr; /* in the order of their ports */
    uint32_t ports;
    uint32_t seq, ack;            /* what the low and the high side count from */
} Talk;

/* The conversation's entry, made (with *fresh) if there is none. */
Talk *dissector_talk(Dissector *d, uint32_t low_addr, uint32_t high_addr, uint32_t ports,
                     bool *fresh);

static inline Span span_from(Span s, size_t off)
{
    g_assert(off <= s.n);
    return (Span){ s.p + off, s.n - off };
}

/* The name of a value, NULL if it has none. */
const char *token_name(const TokenName *names, unsigned value);

void line_addr(Line *l, uint32_t v4);
void line_addrs(Line *l, uint32_t src, uint32_t dst);                       /* "a > b: " */
void line_ends(Line *l, const IpAround *ip, uint16_t sport, uint16_t dport); /* "a.1 > b.2: " */
void line_mac(Line *l, const uint8_t *mac);
void line_char(Line *l, uint8_t c);         /* as cat -v shows it */
void line_truncated(Line *l);               /* " [|proto]" */
bool line_dump(Line *l, Span s, size_t length); /* hex and ASCII; false if bytes are missing */

/* What the checksum field should hold, given what it holds and the sum over everything. */
uint16_t checksum_wanted(uint16_t is, uint16_t sum);

bool dissect_arp(Line *l, Span s, size_t length);
bool dissect_ipv4(Line *l, Span s, size_t length);
bool dissect_icmp(Line *l, Span s, size_t length, bool fragment);
bool dissect_udp(Line *l, Span s, size_t length, const IpAround *ip);
bool dissect_tcp(Line *l, Span s, size_t length, const IpAround *ip);
bool dissect_bootp(Line *l, Span s, size_t length);
bool dissect_dns(Line *l, Span s, size_t length, bool over_tcp);
bool dissect_http(Line *l, Span s, size_t length);
bool dissect_ftp(Line *l, Span s, size_t length);
bool dissect_smtp(Line *l, Span s, size_t length);
bool dissect_telnet(Line *l, Span s, size_t length);
bool dissect_tftp(Line *l, Span s, size_t length);
bool dissect_snmp(Line *l, Span s, size_t length);
