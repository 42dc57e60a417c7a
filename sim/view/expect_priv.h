/*
 * expect_priv.h - one line of an expectation, between its reader (expect_parse.c) and the matcher
 * (expect.c). What a line does not name is not asked for.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/view/expect.h"
#include "sim/view/glance.h"

typedef struct ExpectEnd {
    char    *name; /* of a node; NULL: `addr` counts */
    IpAddr   addr; /* IP_NONE and no name: not asked for */
    bool     has_port;
    uint16_t port;
} ExpectEnd;

typedef struct ExpectNumber {
    bool     said;
    uint32_t value;
} ExpectNumber;

typedef struct ExpectLine {
    char        *text;   /* as written, for reports */
    unsigned     number; /* in the block, from 1 */
    bool         dots;   /* `...` came before it */
    bool         timed, since_last;
    SimTime      time;
    unsigned     decimals;
    char        *label;
    bool         has_kind;
    GlanceKind   kind;
    ExpectEnd    src, dst; /* of ARP: who tells, who is asked for */
    bool         has_flags;
    uint8_t      flags;
    ExpectNumber seq, seq_end, ack, win, length, id, urg, proto, offset;
    bool         fragment;
    char       **options;  /* NULL: not asked for */
    int          arp_op;   /* 0: any */
    bool         has_mac;
    MacAddr      mac;
    int          icmp_type, icmp_code; /* -1: any */
} ExpectLine;

struct Expectation {
    ExpectNames names;
    GPtrArray  *lines; /* of ExpectLine, owned */
    bool        dots;  /* `...` at the end */
};

/* ICMP messages by iptables' names; code -1: any. Ends at the first without a name. */
typedef struct IcmpName {
    const char *name;
    int         type, code;
} IcmpName;
extern const IcmpName expect_icmp_names[];
