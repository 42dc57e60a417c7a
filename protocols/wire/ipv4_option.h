/*
 * ipv4_option.h - the options of an IPv4 header that hosts and routers act on: source routes, the
 * recorded route, timestamps. RFC 791 §3.1.
 *
 *    0      1        2         3
 *    | type | length | pointer | addresses ...          source routes, record route
 *    | type | length | pointer | overflow,flag | ...    timestamp
 *
 * The pointer is counted from 1, and tells which address or timestamp is next.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/ipv4_wire.h"

enum {
    IPV4_OPTION_END = 0,
    IPV4_OPTION_NOP = 1,
    IPV4_OPTION_RECORD = 7,
    IPV4_OPTION_STAMP = 68,
    IPV4_OPTION_LOOSE = 131,  /* source and record route */
    IPV4_OPTION_STRICT = 137,
    IPV4_OPTION_COPIED = 0x80 /* goes into every fragment */
};

/* The flag of a timestamp option: what stands in it. */
typedef enum Ipv4Stamp {
    IPV4_STAMP_TIMES = 0,
    IPV4_STAMP_ADDRS = 1, /* an address before each time */
    IPV4_STAMP_GIVEN = 3  /* the sender has written the addresses of those who are asked */
} Ipv4Stamp;

typedef struct Ipv4Found { /* where in the header an option begins; 0: there is none */
    uint8_t route, record, stamp;
} Ipv4Found;

/* --- reading and advancing -------------------------------------------------------------------- */

/* Checks every option of the header as far as its kind is known, and finds those above. Returns 0,
 * or the place in the header at which something is wrong: what a parameter problem points at
 * (RFC 792). Also wrong: a second one of a kind, a pointer to less than a whole place (RFC 791), a
 * timestamp option that cannot count one more who found no room. The calls below want `found` of
 * the same header, without an error. */
uint8_t ipv4_option_find(const Ipv4Hdr *h, Ipv4Found *found);

bool   ipv4_route_is_strict(const Ipv4Hdr *h, const Ipv4Found *found);
/* The source route's next address; IP_NONE: there is no source route, or it is used up. */
IpAddr ipv4_route_next(const Ipv4Hdr *h, const Ipv4Found *found);
/* The next address becomes the destination, and `own` is recorded in its place. */
void   ipv4_route_step(Ipv4Hdr *h, const Ipv4Found *found, IpAddr own);
/* The address that was recorded last, by a source route; IP_NONE: none yet. And forgets it, for who
 * goes back. */
IpAddr ipv4_route_last(const Ipv4Hdr *h, const Ipv4Found *found);
void   ipv4_route_unstep(Ipv4Hdr *h, const Ipv4Found *found);
/* Where the datagram ends: the last address of its source route, else its destination. What is
 * malformed counts as absent. */
IpAddr ipv4_final_dst(const Ipv4Hdr *h);
/* The same of a header as bytes, at least IPV4_HDR_LEN of them, which nobody has judged. */
IpAddr ipv4_final_dst_of(Span header);

void ipv4_record(Ipv4Hdr *h, const Ipv4Found *found, IpAddr own); /* if there is room */

/* Who is asked for the next timestamp: IP_NONE, nobody; IP4_ANY, whoever handles the datagram. */
IpAddr ipv4_stamp_asks(const Ipv4Hdr *h, const Ipv4Found *found);
/* Adds a timestamp of ours, or counts that there was no room; ms: since midnight, UT. */
void   ipv4_stamp(Ipv4Hdr *h, const Ipv4Found *found, IpAddr own, uint32_t ms);

/* --- making ----------------------------------------------------------------------------------- */

typedef struct IpOptions { /* as a datagram starts with them */
    IpAddr  first;  /* where it goes first by its source route; IP_NONE: there is none */
    uint8_t len;    /* a multiple of 4 */
    uint8_t bytes[IPV4_OPTIONS_MAX];
} IpOptions;

/* Each appends an option, aligned so that its addresses are; false: no room for it. */
/* A source route to dst by way of `hops`, n > 0. */
bool ip_options_route(IpOptions *o, bool strict, const IpAddr *hops, size_t n, IpAddr dst);
bool ip_options_record(IpOptions *o, size_t places);
/* `addrs`: of those who are asked, for IPV4_STAMP_GIVEN. */
bool ip_options_stamp(IpOptions *o, Ipv4Stamp what, const IpAddr *addrs, size_t places);
/* The most places that ip_options_record and _stamp would find room for. */
size_t ip_options_record_room(const IpOptions *o);
size_t ip_options_stamp_room(const IpOptions *o, Ipv4Stamp what);

/* The way back to `to` along the source route with which a datagram has come: what it has recorded,
 * reversed, without `to` if it stands at the start of that; RFC 1122 §3.2.1.8 (c). False, and
 * nothing is appended, if there is none. */
bool ip_options_reverse(IpOptions *o, Span received, IpAddr to);
/* The recorded route and the timestamps of a datagram, to be continued on the way back; RFC 1122
 * §3.2.2.6. */
void ip_options_continue(IpOptions *o, Span received);
