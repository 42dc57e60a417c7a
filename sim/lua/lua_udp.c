/*
 * lua_udp.c - UDP sockets.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_udp.h"

#include <string.h>

typedef struct UdpOptions {
    uint64_t ttl;
    bool     df;
} UdpOptions;

static const Knob udp_knobs[] = {
    { .name = "ttl", .type = KNOB_INT, .offset = offsetof(UdpOptions, ttl), .min = 1, .max = 255,
      .doc = "The TTL of what is sent; the host's otherwise." },
    { .name = "df", .type = KNOB_BOOL, .offset = offsetof(UdpOptions, df),
      .doc = "What is sent must not be fragmented." },
    { .name = NULL }
};

LuaUdp *lua_check_udp(lua_State *L)
{
    LuaUdp *s = lua_check_object(L, 1, "socket");

    if (s->sock == NULL)
        lua_fail(L, "this socket is closed");
    return s;
}

/* Something has come, or the host has crashed. */
static void socket_ready(void *user)
{
    LuaUdp *s = user;

    if (udp_has_ended(s->sock))
        lua_udp_end_streams(s, NET_ENETDOWN);
    waitq_wake(&s->queue);
}

void lua_udp_listen(LuaUdp *s)
{
    udp_on_ready(s->sock, socket_ready, s);
}

/* host:udp([port] [, { ttl = , df = }]) -> socket, or nil, NAME */
static int l_udp(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    bool said = lua_type(L, 2) == LUA_TNUMBER;
    uint16_t port = said ? lua_check_port(L, 2, 0) : 0;
    UdpOptions opt = { 0 };
    NetError err = NET_OK;

    lua_check_act(L, "udp");
    lua_options(L, said || lua_isnil(L, 2) ? 3 : 2, "udp", udp_knobs, &opt, NULL);
    if (stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    UdpSock *sock = udp_open(stack_udp(stack), IP4_ANY, port, &err);
    if (sock == NULL)
        return lua_net_error(L, err);
    udp_set_ttl(sock, (uint8_t)opt.ttl);
    udp_set_df(sock, opt.df);
    LuaUdp *s = lua_push_own_object(L, "socket", sizeof *s);
    *s = (LuaUdp){ .sock = sock, .stack = stack, .world = lua_world(L), .from_ref = LUA_NOREF };
    return 1;
}

static int send_datagram(lua_State *L, LuaUdp *s, IpAddr dst, uint16_t port)
{
    size_t n;

    if (lua_type(L, 2) != LUA_TSTRING)
        return lua_fail(L, "send: a string is wanted, not %s", lua_kind(L, 2));
    const char *data = lua_tolstring(L, 2, &n);
    lua_settle(L);
    if (s->stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    NetError err = udp_send(s->sock, (Span){ (const uint8_t *)data, n }, dst, port);
    if (err != NET_OK)
        return lua_net_error(L, err);
    lua_pushinteger(L, (lua_Integer)n);
    return 1;
}

/* s:sendto(data, target [, port]) -> bytes, or nil, NAME */
static int l_sendto(lua_State *L)
{
    LuaUdp *s = lua_check_udp(L);
    LuaTarget target;

    lua_check_act(L, "sendto");
    if (lua_wants_dns(L, 3, s->stack))
        return lua_dns_first(L, 3, s->stack, l_sendto);
    lua_check_endpoint(L, 3, s->stack, &target);
    return send_datagram(L, s, target.addr, target.port);
}

/* s:connect(target [, port]): receives from there only, and learns of errors */
static int l_connect(lua_State *L)
{
    LuaUdp *s = lua_check_udp(L);
    LuaTarget target;

    lua_check_act(L, "connect");
    if (lua_wants_dns(L, 2, s->stack))
        return lua_dns_first(L, 2, s->stack, l_connect);
    lua_check_endpoint(L, 2, s->stack, &target);
    lua_settle(L);
    NetError err = udp_connect(s->sock, target.addr, target.port);
    if (err != NET_OK)
        return lua_net_error(L, err);
    s->connected = true;
    lua_pushboolean(L, true);
    return 1;
}

/* s:send(data) -> bytes, or nil, NAME: to the peer of a connected socket */
static int l_send(lua_State *L)
{
    LuaUdp *s = lua_check_udp(L);

    lua_check_act(L, "send");
    if (!s->connected)
        return lua_net_error(L, NET_ENOTCONN);
    return send_datagram(L, s, IP_NONE, 0);
}

/* The same value as long as the same peer sends. */
static void push_from(lua_State *L, LuaUdp *s, IpAddr from, uint16_t port)
{
    if (s->from_ref == LUA_NOREF || !ip_equal(s->from, from) || s->from_port != port) {
        luaL_unref(L, LUA_REGISTRYINDEX, s->from_ref);
        s->from_ref = LUA_NOREF;
        lua_push_endpoint(L, from, port);
        s->from_ref = luaL_ref(L, LUA_REGISTRYINDEX);
        s->from = from;
        s->from_port = port;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, s->from_ref);
}

static int recvfrom_k(lua_State *L, int status, lua_KContext deadline)
{
    LuaUdp *s = lua_object(L, 1);
    IpAddr from = IP_NONE;
    uint16_t port = 0;
    NetError err = NET_EAGAIN;

    (void)status;
    if (s->sock == NULL)
        return lua_net_error(L, NET_EINVAL);
    if (s->stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    Packet *pkt = udp_receive(s->sock, &from, &port, &err);
    if (pkt != NULL) {
        lua_pushlstring(L, (const char *)pkt->data, pkt->len);
        packet_free(pkt);
        push_from(L, s, from, port);
        return 2;
    }
    if (err != NET_EAGAIN && err != NET_OK)
        return lua_net_error(L, err);
    if (deadline <= sim_now(lua_sim(L)))
        return lua_timed_out(L);
    lua_udp_listen(s);
    return task_wait(L, &s->queue, deadline, recvfrom_k, deadline);
}

/* s:recvfrom([{ timeout = }]) -> data, from, or nil, NAME; from has ip and port, and is a target */
static int l_recvfrom(lua_State *L)
{
    const LuaUdp *s = lua_check_udp(L);

    lua_check_act(L, "recvfrom");
    if (udp_sinks(s->sock))
        return lua_fail(L, "recvfrom: this socket sinks what it receives");
    return recvfrom_k(L, LUA_OK, lua_check_deadline(L, 2));
}

/* s:sink(): what comes from here on is counted, and nobody need receive it */
static int l_sink(lua_State *L)
{
    LuaUdp *s = lua_check_udp(L);

    lua_check_act(L, "sink");
    udp_sink(s->sock);
    return 0;
}

static int l_close(lua_State *L)
{
    LuaUdp *s = lua_check_object(L, 1, "socket");

    lua_check_act(L, "close");
    if (s->sock != NULL)
        udp_close(s->sock);
    s->sock = NULL;
    lua_udp_end_streams(s, NET_EINVAL);
    waitq_wake(&s->queue);
    return 0;
}

/* The socket itself stays with its host: a handle that is forgotten closes nothing. */
static void udp_gc(void *p)
{
    LuaUdp *s = p;

    lua_udp_free_streams(s);
    if (s->sock != NULL)
        udp_on_ready(s->sock, NULL, NULL);
    luaL_unref(world_lua(s->world), LUA_REGISTRYINDEX, s->from_ref);
}

static int socket_index(lua_State *L, void *p, const char *name)
{
    const LuaUdp *s = p;
    uint64_t bytes = 0, received = s->sock != NULL ? udp_received(s->sock, &bytes) : 0;

    if (strcmp(name, "port") == 0)
        lua_pushinteger(L, s->sock != NULL ? udp_port(s->sock) : 0);
    else if (strcmp(name, "readable") == 0)
        lua_pushinteger(L, s->sock != NULL ? (lua_Integer)udp_queued(s->sock) : 0);
    else if (strcmp(name, "received") == 0)
        lua_pushinteger(L, (lua_Integer)received);
    else if (strcmp(name, "received_bytes") == 0)
        lua_pushinteger(L, (lua_Integer)bytes);
    else
        return 0;
    return 1;
}

static void socket_text(lua_State *L, void *p, GString *out)
{
    const LuaUdp *s = p;

    (void)L;
    if (s->sock == NULL)
        g_string_append_printf(out, "socket<%s udp closed>", s->stack->node->name);
    else
        g_string_append_printf(out, "socket<%s udp:%u>", s->stack->node->name, udp_port(s->sock));
}

void lua_open_udp(lua_State *L)
{
    static const luaL_Reg host_methods[] = { { "udp", l_udp }, { NULL, NULL } };
    static const luaL_Reg methods[] = {
        { "sendto", l_sendto }, { "recvfrom", l_recvfrom }, { "connect", l_connect },
        { "send", l_send },     { "recv", l_recvfrom },     { "close", l_close },
        { "sink", l_sink },     { "stream", lua_udp_stream },
        { NULL, NULL }
    };

    lua_class_add(L, "host", host_methods);
    lua_class_add(L, "router", host_methods);
    lua_class(L, "socket", methods, socket_index, socket_text, udp_gc);
}
