/*
 * lua_load.c - host:load and listener:serve: many connections, and no Lua for each.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_conn.h"

#include "protocols/application/load.h"
#include "protocols/application/service.h"

#include <string.h>

/* Who made a load or a service, and where: wrong bytes are told there. */
typedef struct Maker {
    World *world;
    char  *place;
} Maker;

typedef struct LuaLoad {
    Load     *load;
    Maker     maker;
    WaitQueue queue;
} LuaLoad;

typedef struct LuaService {
    Maker       maker;
    ConnOptions given; /* to what is accepted */
} LuaService;

static Maker make_maker(lua_State *L)
{
    return (Maker){ lua_world(L), lua_place(L) };
}

static void wrong_answer(void *load, uint64_t at, uint8_t byte)
{
    const Maker *m = &((LuaLoad *)load)->maker;

    lua_check_failed_at(m->world, m->place, "load: byte %" G_GUINT64_FORMAT
                        " of an answer is %u, not %u", at, byte, pattern_byte(at));
}

static void wrong_request(void *service, uint64_t at, uint8_t byte)
{
    const Maker *m = &((LuaService *)service)->maker;

    lua_check_failed_at(m->world, m->place, "serve: byte %" G_GUINT64_FORMAT
                        " of a request is %u, not %u", at, byte, pattern_byte(at));
}

/* --- the client ------------------------------------------------------------------------------- */

const Knob load_knobs[] = {
    { .name = "connections", .type = KNOB_INT, .offset = offsetof(LoadConfig, connections),
      .min = 1, .max = INT64_MAX, .doc = "How many." },
    { .name = "every", .type = KNOB_TIME, .offset = offsetof(LoadConfig, every), .min = 0,
      .max = NEVER - 1, .doc = "The time from the beginning of one to that of the next." },
    { .name = "at_once", .type = KNOB_INT, .offset = offsetof(LoadConfig, at_once), .min = 1,
      .max = 1 << 20, .doc = "Instead: so many are open, and as one ends the next begins." },
    { .name = "request", .type = KNOB_SIZE, .offset = offsetof(LoadConfig, request), .min = 0,
      .max = (int64_t)1 << 40, .doc = "Bytes that the client sends; 200 unless said." },
    { .name = "response", .type = KNOB_SIZE, .offset = offsetof(LoadConfig, response), .min = 0,
      .max = (int64_t)1 << 40, .doc = "Bytes that it then waits for; 2000 unless said." },
    { .name = "exchanges", .type = KNOB_INT, .offset = offsetof(LoadConfig, exchanges), .min = 1,
      .max = 1 << 20, .doc = "Of request and response, on each connection; 1 unless said." },
    { .name = "timeout", .type = KNOB_TIME, .offset = offsetof(LoadConfig, timeout), .min = 1,
      .max = NEVER - 1, .doc = "A connection that takes longer is reset, and has failed." },
    { .name = "passive", .type = KNOB_BOOL, .offset = offsetof(LoadConfig, passive),
      .doc = "The client closes only when the server has." },
    { .name = "nodelay", .type = KNOB_BOOL, .offset = offsetof(LoadConfig, nodelay),
      .doc = "Without Nagle's algorithm.", .source = "RFC 9293 §3.7.4" },
    { .name = NULL }
};

static void load_gc(void *p)
{
    g_free(((LuaLoad *)p)->maker.place);
}

/* host:load(target [, port], { connections =, every = or at_once =, request =, ... }) -> load, or
 * nil, NAME */
static int l_load(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    LoadConfig cfg = { .every = NEVER, .request = 200, .response = 2000, .exchanges = 1,
                       .timeout = NEVER };
    LuaTarget to;

    lua_check_act(L, "load");
    if (lua_wants_dns(L, 2, stack))
        return lua_dns_first(L, 2, stack, l_load);
    int next = lua_check_endpoint(L, 2, stack, &to);
    lua_options(L, next, "load", load_knobs, &cfg, NULL);
    if (cfg.connections == 0)
        return lua_fail(L, "load: 'connections' is missing: how many?");
    if ((cfg.every == NEVER) == (cfg.at_once == 0))
        return lua_fail(L, "load: either 'every' or 'at_once' is to be said");
    lua_settle(L);
    if (stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    LuaLoad *l = lua_push_own_object(L, "load", sizeof *l);
    l->maker = make_maker(L);
    cfg.addr = to.addr;
    cfg.port = to.port;
    cfg.wrong = (WrongByte){ wrong_answer, l };
    cfg.on_done = waitq_wake_user;
    cfg.user = &l->queue;
    l->load = load_start(stack, &cfg);
    return 1;
}

static int wait_k(lua_State *L, int status, lua_KContext deadline)
{
    LuaLoad *l = lua_object(L, 1);
    const LoadFigures *f = load_figures(l->load);

    (void)status;
    if (f->over && f->err != NET_OK)
        return lua_net_error(L, f->err);
    if (f->over) {
        lua_pushinteger(L, (lua_Integer)f->done);
        return 1;
    }
    if (deadline <= sim_now(lua_sim(L)))
        return lua_timed_out(L);
    return task_wait(L, &l->queue, deadline, wait_k, deadline);
}

/* load:wait([{ timeout = }]) -> how many were done, or nil, NAME */
static int l_wait(lua_State *L)
{
    lua_check_object(L, 1, "load");
    lua_check_act(L, "wait");
    return wait_k(L, LUA_OK, lua_check_deadline(L, 2));
}

/* load:stop(): no further connection is begun */
static int l_stop(lua_State *L)
{
    const LuaLoad *l = lua_check_object(L, 1, "load");

    lua_check_act(L, "stop");
    load_stop(l->load);
    return 0;
}

static void push_failures(lua_State *L, const LoadFigures *f)
{
    lua_newtable(L);
    for (NetError err = 0; err < NET_ERROR_COUNT; err++)
        if (f->failures[err] > 0) {
            lua_pushinteger(L, (lua_Integer)f->failures[err]);
            lua_setfield(L, -2, net_error_name(err));
        }
    if (f->timeouts > 0) {
        lua_pushinteger(L, (lua_Integer)f->timeouts);
        lua_setfield(L, -2, "TIMEOUT");
    }
}

/* nil while none is done */
static void push_time(lua_State *L, const LoadFigures *f, SimTime t)
{
    if (f->done > 0)
        lua_push_seconds(L, t);
    else
        lua_pushnil(L);
}

static int load_index(lua_State *L, void *p, const char *name)
{
    const LoadFigures *f = load_figures(((const LuaLoad *)p)->load);

    if (strcmp(name, "started") == 0)
        lua_pushinteger(L, (lua_Integer)f->started);
    else if (strcmp(name, "done") == 0)
        lua_pushinteger(L, (lua_Integer)f->done);
    else if (strcmp(name, "failed") == 0)
        lua_pushinteger(L, (lua_Integer)f->failed);
    else if (strcmp(name, "failures") == 0)
        push_failures(L, f);
    else if (strcmp(name, "shortest") == 0)
        push_time(L, f, f->shortest);
    else if (strcmp(name, "mean") == 0)
        push_time(L, f, f->done > 0 ? f->total / (SimTime)f->done : 0);
    else if (strcmp(name, "longest") == 0)
        push_time(L, f, f->longest);
    else
        return 0;
    return 1;
}

static void load_text(lua_State *L, void *p, GString *out)
{
    const LoadFigures *f = load_figures(((const LuaLoad *)p)->load);

    (void)L;
    g_string_append_printf(out, "load<%" G_GUINT64_FORMAT " started, %" G_GUINT64_FORMAT
                           " done, %" G_GUINT64_FORMAT " failed>", f->started, f->done, f->failed);
}

/* --- the server ------------------------------------------------------------------------------- */

const Knob serve_knobs[] = {
    { .name = "request", .type = KNOB_SIZE, .offset = offsetof(ServiceConfig, request), .min = 1,
      .max = (int64_t)1 << 40, .doc = "Bytes that it waits for; 200 unless said." },
    { .name = "response", .type = KNOB_SIZE, .offset = offsetof(ServiceConfig, response), .min = 0,
      .max = (int64_t)1 << 40, .doc = "Bytes that it then sends; 2000 unless said." },
    { .name = "exchanges", .type = KNOB_INT, .offset = offsetof(ServiceConfig, exchanges), .min = 1,
      .max = 1 << 20,
      .doc = "After so many it closes the connection; when the client has closed, unless said." },
    { .name = NULL }
};

static void service_gc(void *p)
{
    g_free(((LuaService *)p)->maker.place);
}

static void apply_given(void *service, Conn *conn)
{
    lua_conn_apply_to(conn, &((const LuaService *)service)->given);
}

/* listener:serve { request =, response =, exchanges = } -> listener: who connects is answered */
static int l_serve(lua_State *L)
{
    LuaListener *l = lua_check_object(L, 1, "listener");
    ServiceConfig cfg = { .request = 200, .response = 2000 };

    lua_check_act(L, "serve");
    lua_options(L, 2, "serve", serve_knobs, &cfg, NULL);
    if (l->serves)
        return lua_fail(L, "serve: this listener serves already");
    if (l->queue.head != NULL)
        return lua_fail(L, "serve: a task waits for its next connection");
    if (l->listener == NULL)
        return lua_net_error(L, NET_EINVAL);
    if (l->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    LuaService *s = lua_push_own_object(L, "service", sizeof *s);
    *s = (LuaService){ make_maker(L), l->given };
    cfg.wrong = (WrongByte){ wrong_request, s };
    cfg.on_accept = apply_given;
    cfg.user = s;
    l->serves = true;
    service_start(node_stack(l->node), l->listener, &cfg);
    lua_settop(L, 1);
    return 1;
}

void lua_open_load(lua_State *L)
{
    static const luaL_Reg host_methods[] = { { "load", l_load }, { NULL, NULL } };
    static const luaL_Reg listener_methods[] = { { "serve", l_serve }, { NULL, NULL } };
    static const luaL_Reg load_methods[] = {
        { "wait", l_wait }, { "stop", l_stop }, { NULL, NULL }
    };
    static const luaL_Reg no_methods[] = { { NULL, NULL } };

    lua_class_add(L, "host", host_methods);
    lua_class_add(L, "router", host_methods);
    lua_class_add(L, "listener", listener_methods);
    lua_class(L, "load", load_methods, load_index, load_text, load_gc);
    lua_class(L, "service", no_methods, NULL, NULL, service_gc);
}
