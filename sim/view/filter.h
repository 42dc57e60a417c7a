/*
 * filter.h - which packets: libpcap expressions and field tables, compiled to a match.
 *
 * A pcap expression is compiled by libpcap on a dead handle; names in it are the scenario's nodes,
 * replaced by their addresses before libpcap (which would ask the machine's resolver) sees them,
 * and any other name is an error. A field table is the FILTER of the scenario API.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "sim/view/flow.h"

#include <glib.h>

typedef struct Filter Filter;

#define FILTER_ERROR filter_error_quark()
GQuark filter_error_quark(void);

/* The table form. What is not set matches anything. */
typedef struct FilterSpec {
    bool     tcp, udp, icmp, arp, ip;      /* the protocol is asked for */
    bool     has_flags;
    uint8_t  flags;                        /* all eight, matched exactly */
    bool     has_data, data;               /* with, or without, payload */
    int      arp_op;                       /* 0: any */
    int      icmp_type, icmp_code;         /* -1: any */
    IpAddr   src, dst;                     /* IP_NONE: any */
    bool     has_sport, has_dport, has_seq, has_ack;
    uint16_t sport, dport;
    uint32_t seq, ack;                     /* relative */
} FilterSpec;

extern const FilterSpec filter_spec_any;

/* Fills `spec` from one key and text of a table ("tcp", "S."; "icmp", "echo-request"). */
bool filter_spec_flags(FilterSpec *spec, const char *flags, GError **error);   /* "S", "F.", "P." */
bool filter_spec_icmp(FilterSpec *spec, const char *name, GError **error);     /* iptables' names */
bool filter_spec_arp(FilterSpec *spec, const char *name, GError **error);      /* request, reply */

Filter *filter_new_spec(const FilterSpec *spec);

/* `resolve` gives the address of a node by name; self is its argument. */
Filter *filter_new_expression(const char *expression,
                              bool (*resolve)(void *self, const char *name, IpAddr *out),
                              void *self, GError **error);
/* For resolve: the address of a node of the Sim. Addresses are given out only if somebody names a
 * node: an expression may stand before the topology does. */
bool filter_node_address(void *sim, const char *name, IpAddr *out);
void filter_free(Filter *filter);

/* `frame` from its Ethernet header on; wire_len its full length if only its head was kept. made
 * and flows as flows_base has them; flows may be NULL if the spec names no seq or ack. */
bool filter_match(const Filter *filter, Span frame, size_t wire_len, SimTime made,
                  const Flows *flows);
