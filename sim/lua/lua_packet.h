/*
 * lua_packet.h - packets as Lua tables and back; FILTERs.
 *
 * A table has the layers `eth`, `arp`, `ip`, `icmp`, `udp`, `tcp`, `payload`, with header fields as
 * numbers on the wire, addresses as text.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/lua/lua_env.h"

/* Pushes the frame as a table (read from bytes; strings and numbers only, safe to keep). It prints
 * as tcpdump's line, and remembers its bytes: changed and sent again, what was computed is so
 * anew. */
void lua_push_frame(lua_State *L, Span frame);

/* Pushes a record of the past likewise, with its `time` (seconds), `from`, `to`, `id`, `why` ... */
void lua_push_record(lua_State *L, const Record *rec);

/* Builds a packet from the table at `arg` as a stack on `from` would (NULL: nobody's): what is not
 * given is filled in, lengths and checksums too. Raises on an unknown field. The caller owns it;
 * its data is the Ethernet header, if with_eth, else the network header. */
Packet *lua_check_packet(lua_State *L, int arg, Stack *from, bool with_eth);

/* The same as a whole frame that enters a link in this direction. */
Packet *lua_check_frame(lua_State *L, int arg, LinkDir *dir);

/* True if the table at `arg` is about a whole frame: it has eth or arp. */
bool lua_is_frame(lua_State *L, int arg);

/* Reads a changed table at `arg` back into the packet (modify): only fields that differ from the
 * frame; checksums put right if `sums`. */
void lua_modify_packet(lua_State *L, int arg, Packet *pkt, bool sums);

/* A FILTER: table, pcap expression or function; also nil: everything. Lives until match_free. */
typedef struct LuaMatch LuaMatch;
LuaMatch *lua_check_filter(lua_State *L, int arg);
bool      lua_match(LuaMatch *m, const Packet *pkt);            /* on the wire */
bool      lua_match_record(LuaMatch *m, const Record *rec);     /* in the past */
void      lua_match_free(LuaMatch *m);
