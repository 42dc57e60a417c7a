/*
 * lua_udp.h - the handle of a UDP socket, between its calls.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/lua/lua_net.h"

typedef struct LuaUdpStream LuaUdpStream;

typedef struct LuaUdp {
    UdpSock  *sock; /* NULL once closed */
    Stack    *stack;
    WaitQueue queue;
    bool      connected;
    World    *world;
    IpAddr    from;      /* of the last datagram, */
    uint16_t  from_port;
    int       from_ref;  /* and the endpoint that says so; LUA_NOREF: none yet */
    LuaUdpStream *streams; /* calls of stream that wait */
} LuaUdp;

LuaUdp *lua_check_udp(lua_State *L); /* at 1, and open */
void    lua_udp_listen(LuaUdp *s);   /* a task waits for it: from here on it hears of the socket */

extern const Knob udp_stream_knobs[];
int  lua_udp_stream(lua_State *L);       /* socket:stream */
void lua_udp_end_streams(LuaUdp *s, NetError why); /* it is closed: who waits is told */
void lua_udp_free_streams(LuaUdp *s);    /* the world ends */
