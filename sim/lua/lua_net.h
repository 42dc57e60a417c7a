/*
 * lua_net.h - what the parts of the binding share that speak of nodes, links and addresses.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/lua/lua_env.h"

/* --- where to: "a node, an address, a name, or host:port" ------------------------------------- */

typedef struct LuaTarget {
    IpAddr   addr;
    uint16_t port;
    bool     has_port;
} LuaTarget;

/* Reads a node, an interface, an address, the name of a node or of one of from's static `hosts`,
 * either with ":port", an endpoint as recvfrom gives it, or a table like one. Settles. `from` (may
 * be NULL) is who asks: of a node's addresses it gets the one on a common subnet. Raises if there
 * is no such host. */
void   lua_check_target(lua_State *L, int arg, const Stack *from, LuaTarget *out);
IpAddr lua_check_address(lua_State *L, int arg, const Stack *from); /* one without a port */
/* Reads (target [, port]) at arg; a port must come from one of them. Returns the next argument. */
int    lua_check_endpoint(lua_State *L, int arg, const Stack *from, LuaTarget *out);

/* Is what stands at arg a name that only DNS could tell `from`? lua_dns_first asks it, and then
 * calls `again` with the address (and port) in its place, or returns nil, "EAI_NONAME". */
bool lua_wants_dns(lua_State *L, int arg, const Stack *from);
int  lua_dns_first(lua_State *L, int arg, Stack *from, lua_CFunction again);
/* "host:80" into "host"; returns ":80", or "" if there is no port. */
const char *lua_split_port(const char *text, char *name, size_t size);

uint16_t lua_check_port(lua_State *L, int arg, lua_Integer min);
MacAddr  lua_check_mac(lua_State *L, int arg);     /* text, a node (its first), or an interface */
IpPrefix lua_check_prefix(lua_State *L, int arg);  /* "10.0.0.1/24" */
Node    *lua_named_node(lua_State *L, int arg, const char *what); /* a node, or its name */
Stack   *lua_check_stack(lua_State *L, int arg);   /* a host or a router; a switch raises */
Link    *lua_check_link(lua_State *L, int arg);

/* What a node was told that only later calls look at, under its option's name (`hosts`, `dns`): set
 * pops the value. */
void lua_forget_node_options(lua_State *L, const Node *node);
void lua_set_node_option(lua_State *L, const Node *node, const char *option);
void lua_push_node_option(lua_State *L, const Node *node, const char *option);
/* The address or node behind one of its static names; nil if there is none. */
void lua_push_static_host(lua_State *L, const Node *node, const char *name);

void lua_push_ip(lua_State *L, IpAddr addr);       /* nil for IP_NONE */
void lua_push_mac(lua_State *L, MacAddr mac);
void lua_push_seconds(lua_State *L, SimTime t);
void lua_push_node(lua_State *L, Node *node);      /* as host, router or switch; nil for NULL */
/* With `ip` and `port`, printing as "10.0.0.1:80", equal to its like, and a target. */
void lua_push_endpoint(lua_State *L, IpAddr addr, uint16_t port);

/* --- tables that answer more than they hold --------------------------------------------------- */

/* The table on top raises when asked for a field that it lacks: "no counter 'TcpRetransSeg', did
 * you mean 'TcpRetransSegs'?". */
void lua_strict(lua_State *L, const char *what);
/* Pops a text; the table below it prints as that. */
void lua_prints_as(lua_State *L);
/* Pops a table; the one below it looks up there what it does not hold itself. */
void lua_also_answers(lua_State *L);

/* --- looking and acting ----------------------------------------------------------------------- */
/* Between begin and end a function of the author's runs inside an event: it may look, not act. */
void lua_look_begin(lua_State *L);
void lua_look_end(lua_State *L);
void lua_check_act(lua_State *L, const char *what); /* raises if somebody only looks */

/* --- further parts, opened by those of lua_env.h ---------------------------------------------- */

void lua_open_link(lua_State *L);    /* by lua_open_net: sim.link and the class "link" */
void lua_open_udp(lua_State *L);     /* by lua_open_sock */
void lua_open_dns(lua_State *L);     /* by lua_open_sock: resolve */
void lua_open_serve_dns(lua_State *L); /* by lua_open_dns: serve_dns, dns_cache */
void lua_open_dhcp(lua_State *L);    /* by lua_open_sock: dhcp, serve_dhcp */
void lua_open_http(lua_State *L);    /* by lua_open_sock: get, browser, serve_http */
void lua_open_ping(lua_State *L);    /* by lua_open_host */
void lua_open_trace(lua_State *L);   /* by lua_open_ping: traceroute */
void lua_open_tables(lua_State *L);  /* by lua_open_host: sockets, ss, netstat, arp_table, routes */
void lua_open_raw(lua_State *L);     /* by lua_open_host: packets, send_raw, recv_raw, inject */
/* Properties of a node that count: `counters`, `drops`. Returns 0 if `name` is none. */
int  lua_counter_index(lua_State *L, Node *node, const char *name);

/* A table of drops by reason, n of them, those that are 0 left out; an unknown reason raises. */
void lua_push_drops(lua_State *L, const uint64_t *drops, size_t n);

/* A new port; `name` NULL: any. */
Port *lua_node_new_port(Node *node, const char *name);

/* The options of a new link, at the top of the stack, for both directions; nil: none is said. */
void lua_read_new_link(lua_State *L, int arg, LinkConfig cfg[2]);
/* A cable between a free or new port of each. */
void lua_new_link(lua_State *L, Node *a, Node *b, const LinkConfig cfg[2]);
void lua_push_link(lua_State *L, Link *link);

/* "delay 10ms 2ms loss 1%", the words of tc-netem(8), into one direction's options. */
bool netem_parse(const char *text, LinkConfig *cfg, GError **error);
