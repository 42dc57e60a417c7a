/*
 * lua_conn.h - the handle of a TCP connection, between those who make it and its calls.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/lua/lua_net.h"

/* What was said of keep-alives: those of conn_set_keepalive come together. */
typedef struct Keep {
    bool     on;
    SimTime  time, interval;
    uint64_t probes;
} Keep;

/* What was read, but is less than a line, n, or all that was asked for. */
typedef struct Inbox {
    Heap   *heap;
    size_t  len, cap;
    uint8_t bytes[];
} Inbox;

/* What a handle has once it is used so. */
typedef struct LuaConnUse {
    Inbox      *inbox; /* NULL: nothing */
    uint64_t    streamed, sunk; /* places in the pattern */
    bool        sink_failed;
    unsigned    more;           /* descriptors beside the first: conn:dup() */
    Keep        keep;
} LuaConnUse;

typedef struct LuaConn {
    Conn       *conn;
    WaitQueue   queue;
    LuaConnUse *use; /* to be read; who writes asks lua_conn_use */
} LuaConn;

LuaConnUse *lua_conn_use(lua_State *L, LuaConn *c);

/* What a program may set of a connection, the same for conn:set, connect and listen. */
typedef struct ConnOptions {
    bool     nodelay, cork, advice, keepalive, uto, uto_changeable;
    SimTime  keepalive_time, keepalive_interval;
    uint64_t keepalive_probes;
    SimTime  user_timeout;
    SimTime  uto_advertise;
    uint64_t ttl, tos;
    uint32_t given; /* CONN_GIVEN of each field that was */
} ConnOptions;

/* The first eight bytes are bools, and all that follows is as long as those. */
#define CONN_GIVEN(offset) ((uint32_t)1 << ((offset) < 8 ? (offset) : 7 + (offset) / 8))

/* Rows of a table whose struct begins with a ConnOptions. */
#define CONN_KNOBS                                                                                 \
    { .name = "nodelay", .type = KNOB_BOOL, .offset = offsetof(ConnOptions, nodelay),              \
      .doc = "Without Nagle's algorithm.", .source = "RFC 9293 §3.7.4" },                         \
    { .name = "cork", .type = KNOB_BOOL, .offset = offsetof(ConnOptions, cork),                    \
      .doc = "Full segments only, others after 200 ms; false sends what has gathered.",            \
      .source = "Linux: TCP_CORK" },                                                               \
    { .name = "keepalive", .type = KNOB_BOOL, .offset = offsetof(ConnOptions, keepalive),          \
      .doc = "Probes when it is idle.", .source = "RFC 9293 §3.8.4" },                            \
    { .name = "keepalive_time", .type = KNOB_TIME,                                                 \
      .offset = offsetof(ConnOptions, keepalive_time), .min = 1, .max = 1000 * HOUR,               \
      .doc = "How long the peer is silent before the first probe.",                               \
      .source = "RFC 9293 §3.8.4" },                                                             \
    { .name = "keepalive_interval", .type = KNOB_TIME,                                             \
      .offset = offsetof(ConnOptions, keepalive_interval), .min = 1, .max = 1000 * HOUR,           \
      .doc = "Between probes that are not answered.", .source = "RFC 9293 §3.8.4" },              \
    { .name = "keepalive_probes", .type = KNOB_INT,                                                \
      .offset = offsetof(ConnOptions, keepalive_probes), .min = 1, .max = 255,                     \
      .doc = "Unanswered probes before it is given up.", .source = "RFC 9293 §3.8.4" },           \
    { .name = "user_timeout", .type = KNOB_TIME, .offset = offsetof(ConnOptions, user_timeout),    \
      .min = 0, .max = NEVER,                                                                      \
      .doc = "How long anything may stay unacknowledged; 0: as the host's retries say.",           \
      .source = "RFC 9293 §3.9.1.1" },                                                            \
    { .name = "uto", .type = KNOB_BOOL, .offset = offsetof(ConnOptions, uto),                      \
      .doc = "Tells the peer its user timeout, and hears the peer's.", .source = "RFC 5482 §3" }, \
    { .name = "uto_advertise", .type = KNOB_TIME,                                                  \
      .offset = offsetof(ConnOptions, uto_advertise), .min = 0, .max = NEVER,                      \
      .doc = "What it tells; 0: the user timeout itself.", .source = "RFC 5482 §3" },             \
    { .name = "uto_changeable", .type = KNOB_BOOL,                                                 \
      .offset = offsetof(ConnOptions, uto_changeable),                                             \
      .doc = "Takes the longer of the two.", .source = "RFC 5482 §3" },                           \
    { .name = "ttl", .type = KNOB_INT, .offset = offsetof(ConnOptions, ttl), .min = 0, .max = 255, \
      .doc = "Time to live of its segments from now on; 0: the host's.",                           \
      .source = "RFC 9293 §3.9.2" },                                                              \
    { .name = "tos", .type = KNOB_INT, .offset = offsetof(ConnOptions, tos), .min = 0, .max = 255, \
      .doc = "The octet of the DS field from now on, but for its two ECN bits.",                   \
      .source = "RFC 9293 §3.9.1.9" },                                                            \
    { .name = "advice", .type = KNOB_BOOL, .offset = offsetof(ConnOptions, advice),                \
      .doc = "false: no event tells of hints that something is wrong.",                            \
      .source = "RFC 9293 §3.9.1.8" }

typedef struct LuaListener {
    Listener *listener; /* NULL once closed */
    Node     *node;
    WaitQueue queue;
    ConnOptions given;  /* to what it accepts */
    bool      serves;   /* lua_load.c: nobody else accepts */
} LuaListener;

extern const Knob conn_knobs[];

/* As lua_options, with a table that has CONN_KNOBS among its rows; notes which were given. */
void lua_conn_options(lua_State *L, int arg, const char *what, const Knob *knobs, ConnOptions *opt,
                      LuaCustomKnob custom);
void lua_conn_apply(lua_State *L, LuaConn *c, const ConnOptions *opt);
void lua_conn_apply_to(Conn *conn, const ConnOptions *opt); /* one that has no handle */
bool lua_conn_uto(const ConnOptions *opt, TcpUto *uto); /* was anything of it given? */
int  lua_conn_set(lua_State *L);  /* conn:set */
int  lua_conn_info(lua_State *L); /* conn:info */

/* A new handle, pushed, which owns conn from here on. */
LuaConn *lua_push_conn(lua_State *L, Conn *conn);
LuaConn *lua_check_conn(lua_State *L, int arg);

/* task_wait until something happens to it; task_wait_stepping likewise, with lua_conn_wants in each
 * step that goes on waiting. A connection on which nobody waits is not told. */
int  lua_conn_wait(lua_State *L, LuaConn *c, SimTime deadline, lua_KFunction k, lua_KContext ctx);
void lua_conn_wants(LuaConn *c);

void lua_open_conn(lua_State *L); /* by lua_open_sock */
void lua_open_load(lua_State *L); /* likewise: host:load, listener:serve */

extern const Knob load_knobs[], serve_knobs[];
