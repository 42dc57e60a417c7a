/*
 * lua_sock.c - TCP as a scenario sees it: listen, accept, connect.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_conn.h"
#include "sim/lua/lua_ip_options.h"

#include <string.h>

/* --- listen and accept ------------------------------------------------------------------------ */

typedef struct ListenOptions {
    ConnOptions conn; /* first: CONN_KNOBS */
    uint64_t backlog;
    bool     reuse_addr;
    bool     fastopen;
    bool     early;
} ListenOptions;

static const Knob listen_knobs[] = {
    { .name = "backlog", .type = KNOB_INT, .offset = offsetof(ListenOptions, backlog), .min = 1,
      .max = 1 << 20,
      .doc = "How many connections may wait for accept; the host's knob otherwise." },
    { .name = "reuse_addr", .type = KNOB_BOOL, .offset = offsetof(ListenOptions, reuse_addr),
      .doc = "Listen although connections of an earlier listener are in TIME-WAIT." },
    { .name = "fastopen", .type = KNOB_BOOL, .offset = offsetof(ListenOptions, fastopen),
      .doc = "Give out cookies, and take the data of a SYN that brings one back.",
      .source = "RFC 7413 §4.2" },
    { .name = "early", .type = KNOB_BOOL, .offset = offsetof(ListenOptions, early),
      .doc = "Accept gives a connection as soon as its SYN has come, as no sockets do.",
      .source = "RFC 9293 §3.10.1" },
    CONN_KNOBS,
    { .name = NULL }
};

/* host:listen(port [, { backlog = 16, reuse_addr = true, fastopen = true, early = true }])
 * -> listener, or nil, NAME */
static int l_listen(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    uint16_t port = lua_check_port(L, 2, 1);
    ListenOptions opt = { 0 };
    NetError err = NET_OK;

    lua_check_act(L, "listen");
    lua_conn_options(L, 3, "listen", listen_knobs, &opt.conn, NULL);
    if (stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    Listener *listener =
        tcp_listen(stack_tcp(stack), IP4_ANY, port, opt.backlog, opt.reuse_addr, &err);
    if (listener == NULL)
        return lua_net_error(L, err);
    if (opt.fastopen)
        listener_set_fastopen(listener, 0);
    if (opt.early)
        listener_set_early(listener);
    TcpUto uto = listener_uto(listener);
    if (lua_conn_uto(&opt.conn, &uto))
        listener_set_uto(listener, &uto);
    LuaListener *l = lua_push_own_object(L, "listener", sizeof *l);
    *l = (LuaListener){ .listener = listener, .node = stack->node, .given = opt.conn };
    listener_on_ready(listener, waitq_wake_user, &l->queue);
    return 1;
}

/* The socket itself stays with its host: a handle that is forgotten closes nothing. */
static void listener_gc(void *p)
{
    LuaListener *l = p;

    if (l->listener != NULL && !l->serves)
        listener_on_ready(l->listener, NULL, NULL);
}

static int accept_k(lua_State *L, int status, lua_KContext deadline)
{
    LuaListener *l = lua_object(L, 1);

    (void)status;
    if (l->listener == NULL)
        return lua_net_error(L, NET_EINVAL);
    if (l->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    Conn *conn = listener_accept(l->listener);
    if (conn != NULL) {
        lua_conn_apply(L, lua_push_conn(L, conn), &l->given);
        return 1;
    }
    if (deadline <= sim_now(lua_sim(L)))
        return lua_timed_out(L);
    return task_wait(L, &l->queue, deadline, accept_k, deadline);
}

/* listener:accept([{ timeout = "2s" }]) -> conn, or nil, NAME */
static int l_accept(lua_State *L)
{
    const LuaListener *l = lua_check_object(L, 1, "listener");

    lua_check_act(L, "accept");
    if (l->serves)
        return lua_fail(L, "accept: this listener serves");
    return accept_k(L, LUA_OK, lua_check_deadline(L, 2));
}

/* listener:close(): those not yet accepted are reset */
static int l_listener_close(lua_State *L)
{
    LuaListener *l = lua_check_object(L, 1, "listener");

    lua_check_act(L, "close");
    if (l->listener != NULL)
        listener_close(l->listener);
    l->listener = NULL;
    waitq_wake(&l->queue);
    return 0;
}

static int listener_index(lua_State *L, void *p, const char *name)
{
    const LuaListener *l = p;
    const Listener *open = l->listener;

    if (strcmp(name, "port") == 0 && open != NULL)
        lua_pushinteger(L, listener_port(open));
    else if (strcmp(name, "backlog") == 0 && open != NULL)
        lua_pushinteger(L, (lua_Integer)listener_backlog(open));
    else if (strcmp(name, "queued") == 0)
        lua_pushinteger(L, open != NULL ? (lua_Integer)listener_queued(open) : 0);
    else if (strcmp(name, "half_open") == 0)
        lua_pushinteger(L, open != NULL ? (lua_Integer)listener_half_open(open) : 0);
    else if (strcmp(name, "state") == 0)
        lua_pushstring(L, open != NULL ? "LISTEN" : "CLOSED");
    else
        return 0;
    return 1;
}

static void listener_text(lua_State *L, void *p, GString *out)
{
    const LuaListener *l = p;

    (void)L;
    if (l->listener == NULL)
        g_string_append_printf(out, "listener<%s closed>", l->node->name);
    else
        g_string_append_printf(out, "listener<%s:%u>", l->node->name, listener_port(l->listener));
}

/* --- connect ---------------------------------------------------------------------------------- */

typedef struct ConnectOptions {
    ConnOptions conn; /* first: CONN_KNOBS */
    uint64_t    sport;
    SimTime     timeout;
    bool        fast;
    Span        data; /* of the options' table */
    IpAsked     ip;
} ConnectOptions;

static const char *const data_forms[] = { "string|boolean", NULL };

static const Knob connect_knobs[] = {
    { .name = "sport", .type = KNOB_INT, .offset = offsetof(ConnectOptions, sport), .min = 1,
      .max = 65535, .doc = "The local port; an ephemeral one otherwise." },
    { .name = "timeout", .type = KNOB_TIME, .offset = offsetof(ConnectOptions, timeout),
      .doc = "How long the program waits for it." },
    { .name = "fastopen", .type = KNOB_CUSTOM, .names = data_forms,
      .doc = "Data to ride on the SYN if there is a cookie, and to be sent behind it otherwise.",
      .source = "RFC 7413 §4.2" },
    IP_OPTION_KNOBS,
    CONN_KNOBS,
    { .name = NULL }
};

/* The value is on top of the stack, and in the options' table. */
static void connect_custom(lua_State *L, const Knob *knob, void *config)
{
    ConnectOptions *opt = config;
    size_t n;

    if (lua_ip_option(L, "connect", knob, &opt->ip))
        return;
    if (lua_isboolean(L, -1)) {
        opt->fast = lua_toboolean(L, -1);
        return;
    }
    if (lua_type(L, -1) != LUA_TSTRING)
        lua_fail(L, "connect: fastopen is the data to send, or true to ask for a cookie only");
    const char *bytes = lua_tolstring(L, -1, &n);
    opt->data = (Span){ (const uint8_t *)bytes, n };
    opt->fast = true;
}

/* Its SYN has the user timeout option, if that was asked for. */
static Conn *open_plain(Tcp *tcp, const LuaTarget *to, const ConnectOptions *opt,
                        const IpOptions *options, NetError *err)
{
    Conn *conn = tcp_prepare(tcp, IP_NONE, (uint16_t)opt->sport, to->addr, to->port, options, err);

    if (conn == NULL)
        return NULL;
    TcpUto uto = conn_uto(conn);
    if (lua_conn_uto(&opt->conn, &uto))
        conn_set_uto(conn, &uto);
    conn_start(conn);
    return conn;
}

/* NULL: err says why. */
static Conn *open_conn(lua_State *L, Tcp *tcp, const LuaTarget *to, const ConnectOptions *opt,
                       NetError *err)
{
    uint16_t sport = (uint16_t)opt->sport;
    size_t taken;
    IpOptions space;
    const IpOptions *options = lua_ip_options(L, "connect", &opt->ip, to->addr, &space);

    if (!opt->fast)
        return open_plain(tcp, to, opt, options, err);
    Conn *conn = tcp_connect_fast(tcp, IP_NONE, sport, to->addr, to->port, options, opt->data,
                                  false, &taken, err);
    if (conn != NULL && taken < opt->data.n) {
        conn_free(conn);
        lua_fail(L, "connect: fastopen takes no more data than the send buffer");
    }
    return conn;
}

/* The connection is on top of the stack. */
static int connect_k(lua_State *L, int status, lua_KContext deadline)
{
    LuaConn *c = lua_object(L, -1);
    NetError err = conn_connected(c->conn);

    (void)status;
    if (err == NET_OK)
        return 1;
    if (err != NET_EAGAIN)
        return lua_net_error(L, err);
    if (deadline <= sim_now(lua_sim(L))) {
        conn_close(c->conn);
        return lua_timed_out(L);
    }
    return lua_conn_wait(L, c, deadline, connect_k, deadline);
}

/* host:connect(target [, port] [, { sport = 40000, timeout = "2s", fastopen = "data" }])
 * -> conn, or nil, NAME */
static int l_connect(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    ConnectOptions opt = { .timeout = NEVER, .ip = { .from = stack } };
    NetError err = NET_OK;
    LuaTarget target;

    lua_check_act(L, "connect");
    if (lua_wants_dns(L, 2, stack))
        return lua_dns_first(L, 2, stack, l_connect);
    int next = lua_check_endpoint(L, 2, stack, &target);
    lua_conn_options(L, next, "connect", connect_knobs, &opt.conn, connect_custom);
    lua_settle(L);
    if (stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    Conn *conn = open_conn(L, stack_tcp(stack), &target, &opt, &err);
    if (conn == NULL)
        return lua_net_error(L, err);
    lua_conn_apply(L, lua_push_conn(L, conn), &opt.conn);
    bool ever = opt.timeout == NEVER;
    return connect_k(L, LUA_OK, ever ? NEVER : time_add(sim_now(lua_sim(L)), opt.timeout));
}

/* listener:connect(target [, port] [, { timeout = "2s" }]) -> conn, or nil, NAME: it calls out, and
 * listens no longer */
static int l_listener_connect(lua_State *L)
{
    LuaListener *l = lua_check_object(L, 1, "listener");
    Stack *stack = node_stack(l->node);
    NetError err = NET_OK;
    LuaTarget target;

    lua_check_act(L, "connect");
    int next = lua_check_endpoint(L, 2, stack, &target);
    SimTime deadline = lua_check_deadline(L, next);
    lua_settle(L);
    if (l->listener == NULL)
        return lua_net_error(L, NET_EINVAL);
    Conn *conn = listener_call(l->listener, target.addr, target.port, &err);
    if (conn == NULL)
        return lua_net_error(L, err);
    l->listener = NULL;
    waitq_wake(&l->queue);
    lua_conn_apply(L, lua_push_conn(L, conn), &l->given);
    return connect_k(L, LUA_OK, deadline);
}

void lua_open_sock(lua_State *L)
{
    static const luaL_Reg host_methods[] = {
        { "listen", l_listen }, { "connect", l_connect }, { NULL, NULL }
    };
    static const luaL_Reg listener_methods[] = {
        { "accept", l_accept }, { "close", l_listener_close }, { "connect", l_listener_connect },
        { NULL, NULL }
    };

    lua_class_add(L, "host", host_methods);
    lua_class_add(L, "router", host_methods);
    lua_class(L, "listener", listener_methods, listener_index, listener_text, listener_gc);
    lua_open_conn(L);
    lua_open_load(L);
    lua_open_udp(L);
    lua_open_dns(L);
    lua_open_dhcp(L);
    lua_open_http(L);
}
