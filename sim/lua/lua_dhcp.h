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
/* The message that the table at `arg` describes, pushed. Raises if it describes none. */
const char *lua_make_dhcp(lua_State *L, int arg, size_t *n);
