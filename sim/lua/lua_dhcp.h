/*
 * lua_dhcp.h - DHCP messages as Lua tables.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/bytes.h"

#include <lua.h>
#include <stdbool.h>

/* The layer `dhcp` of a packet: its fields and the options that are known. Pushes nothing and
 * returns false if the bytes are no message. */
bool lua_push_dhcp(lua_State *L, Span bytes);
