/*
 * lua_dns.h - DNS messages as Lua tables: in results, in packets, and forged ones.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dns_message.h"

#include <lua.h>

/* A list of { name = , type = , ttl = , data = }, a row for each record. */
void lua_push_dns_sets(lua_State *L, const GPtrArray *sets);
/* Into a field of the table on top; without the final dot, but for the root. */
void lua_set_dns_name(lua_State *L, const char *field, const DnsName *name);

/* The layer `dns` of a packet: header, question, sections; of a message that is cut the first two.
 * Pushes nothing and returns false if the bytes are none. */
bool lua_push_dns(lua_State *L, Span bytes);
/* The message that the table at `arg` describes, newly allocated. Raises if it describes none. */
uint8_t *lua_make_dns(lua_State *L, int arg, size_t *n);
