/*
 * lua_ip_options.h - IP options in option tables (source_route, record_route, ip_timestamp), the
 * same for connect and ping, and what came back of them.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/lua/lua_net.h"

enum { IP_ASKED_HOPS = 9, IP_ASKED_STAMPS = 4 };

typedef struct IpAsked {
    const Stack *from;
    IpAddr    hops[IP_ASKED_HOPS]; /* of a source route */
    size_t    n_hops;
    bool      strict;
    bool      record, record_all;
    size_t    places;    /* of the recorded route, unless all */
    bool      stamped;
    Ipv4Stamp stamp;
    IpAddr    asked[IP_ASKED_STAMPS]; /* whose timestamps, for IPV4_STAMP_GIVEN */
    size_t    n_asked;
} IpAsked;

extern const char *const ip_asked_lists[], *const ip_asked_records[], *const ip_asked_stamps[];

/* Rows of a table whose KNOB_CUSTOM fields go to lua_ip_option. */
#define IP_OPTION_KNOBS                                                                            \
    { .name = "source_route", .type = KNOB_CUSTOM, .names = ip_asked_lists,                        \
      .doc = "By way of these, in this order; with strict = true by no others.",                   \
      .source = "RFC 791 §3.1; RFC 9293 §3.9.2.1" },                                              \
    { .name = "record_route", .type = KNOB_CUSTOM, .names = ip_asked_records,                      \
      .doc = "Routers enter their addresses: so many, or true for as many as there is room.",      \
      .source = "RFC 791 §3.1" },                                                                 \
    { .name = "ip_timestamp", .type = KNOB_CUSTOM, .names = ip_asked_stamps,                       \
      .doc = "Routers enter their times (tsonly), addresses too (tsandaddr), or these alone.",     \
      .source = "RFC 791 §3.1; ping -T" }

/* True if the knob is one of those; its value, on top of the stack, is read. */
bool lua_ip_option(lua_State *L, const char *what, const Knob *knob, IpAsked *asked);
/* The options for a way to dst, in *out; NULL: none. Raises if they are longer than a header. */
const IpOptions *lua_ip_options(lua_State *L, const char *what, const IpAsked *asked, IpAddr dst,
                                IpOptions *out);

/* Of options that have come: adds the fields `route` and `stamps`, if there are any, to the table
 * on top. */
void lua_set_ip_options(lua_State *L, Span options);
/* The same as ping prints it, behind a reply's line without its end. *old: the route that was shown
 * last. */
void ip_options_print(GString *out, Span options, GByteArray *old);
