/*
 * lua_node_options.h - what hosts and routers are told when they are made.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/lua/lua_net.h"

enum { MAX_ADDRESSES = 16 };

typedef struct NodeOptions {
    StackConfig cfg; /* first: sim.defaults reads the same rows into it */
    IpPrefix    ip[MAX_ADDRESSES]; /* addr IP_NONE: by DHCP */
    unsigned    n_ip;
    MacAddr     mac;
    bool        has_mac;
    IpAddr      gateway; /* IP_NONE: not said */
} NodeOptions;

/* The table at arg, over sim.defaults; nil or none says nothing. */
void lua_read_node_options(lua_State *L, int arg, const char *what, NodeOptions *out);
/* Those that are looked up later, when names are resolved, kept for the node. */
void lua_keep_node_options(lua_State *L, int arg, const Node *node);
/* sim.defaults' table at arg, over what cfg holds. */
void lua_read_defaults(lua_State *L, int arg, StackConfig *cfg);

/* Single values at arg; they raise, naming `what`, if it is wrong. */
IpPrefix lua_read_interface_address(lua_State *L, int arg);
MacAddr  lua_read_interface_mac(lua_State *L, int arg);
/* One that can be said before the topology stands: no node. */
IpAddr   lua_read_address(lua_State *L, int arg, const char *what);
