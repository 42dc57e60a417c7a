/*
 * lua_conn.h - the handle of a TCP connection, between those who make it and its calls.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/lua/lua_net.h"

typedef struct LuaConn {
    Conn       *conn;
    Node       *node;
    WaitQueue   queue;
    GByteArray *inbox;      /* read, but less than a line, n, or all was asked for */
    uint64_t    streamed, sunk; /* places in the pattern */
    bool        sink_failed;
} LuaConn;

/* A new handle, pushed, which owns conn from here on. */
LuaConn *lua_push_conn(lua_State *L, Conn *conn, Node *node);
LuaConn *lua_check_conn(lua_State *L, int arg);

void lua_open_conn(lua_State *L); /* by lua_open_sock */
