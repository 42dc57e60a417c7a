/*
 * lua_conn_set.c - what a program sets of a connection: conn:set, and the same of connect and
 * listen.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_conn.h"

const Knob conn_knobs[] = { CONN_KNOBS, { .name = NULL } };

void lua_conn_options(lua_State *L, int arg, const char *what, const Knob *knobs, ConnOptions *opt,
                      LuaCustomKnob custom)
{
    lua_options(L, arg, what, knobs, opt, custom);
    if (!lua_istable(L, arg))
        return;
    for (const Knob *knob = conn_knobs; knob->name != NULL; knob++) {
        if (lua_getfield(L, arg, knob->name) != LUA_TNIL)
            opt->given |= CONN_GIVEN(knob->offset);
        lua_pop(L, 1);
    }
}

#define GIVEN(opt, field) (((opt)->given & CONN_GIVEN(offsetof(ConnOptions, field))) != 0)

static bool says_how(const ConnOptions *opt)
{
    return GIVEN(opt, keepalive_time) || GIVEN(opt, keepalive_interval) ||
           GIVEN(opt, keepalive_probes);
}

static bool says_keepalive(const ConnOptions *opt)
{
    return says_how(opt) || GIVEN(opt, keepalive);
}

/* To say how is to say that. */
static void apply_keepalive(Conn *conn, Keep *keep, const ConnOptions *opt)
{
    if (GIVEN(opt, keepalive_time))
        keep->time = opt->keepalive_time;
    if (GIVEN(opt, keepalive_interval))
        keep->interval = opt->keepalive_interval;
    if (GIVEN(opt, keepalive_probes))
        keep->probes = opt->keepalive_probes;
    keep->on = GIVEN(opt, keepalive) ? opt->keepalive : true;
    conn_set_keepalive(conn, keep->on, keep->time, keep->interval, keep->probes);
}

bool lua_conn_uto(const ConnOptions *opt, TcpUto *uto)
{
    if (opt->given == 0)
        return false;
    if (GIVEN(opt, uto))
        uto->enabled = opt->uto;
    if (GIVEN(opt, uto_advertise))
        uto->advertise = opt->uto_advertise;
    if (GIVEN(opt, user_timeout))
        uto->changeable = false;
    if (GIVEN(opt, uto_changeable))
        uto->changeable = opt->uto_changeable;
    return GIVEN(opt, uto) || GIVEN(opt, uto_advertise) || GIVEN(opt, uto_changeable);
}

static void apply(Conn *conn, Keep *keep, const ConnOptions *opt)
{
    if (GIVEN(opt, advice))
        conn_set_advice(conn, opt->advice);
    if (GIVEN(opt, ttl))
        conn_set_ttl(conn, (uint8_t)opt->ttl);
    if (GIVEN(opt, tos))
        conn_set_tos(conn, (uint8_t)opt->tos);
    if (GIVEN(opt, user_timeout))
        conn_set_user_timeout(conn, opt->user_timeout);
    TcpUto uto = conn_uto(conn);
    if (lua_conn_uto(opt, &uto))
        conn_set_uto(conn, &uto);
    if (says_keepalive(opt))
        apply_keepalive(conn, keep, opt);
    if (GIVEN(opt, nodelay))
        conn_set_nodelay(conn, opt->nodelay);
    if (GIVEN(opt, cork))
        conn_set_cork(conn, opt->cork);
}

void lua_conn_apply(lua_State *L, LuaConn *c, const ConnOptions *opt)
{
    if (opt->given != 0)
        apply(c->conn, says_keepalive(opt) ? &lua_conn_use(L, c)->keep : NULL, opt);
}

void lua_conn_apply_to(Conn *conn, const ConnOptions *opt)
{
    Keep keep = { 0 };

    if (opt->given != 0)
        apply(conn, &keep, opt);
}

/* conn:set { nodelay = true, keepalive_time = "10s", ... } */
int lua_conn_set(lua_State *L)
{
    LuaConn *c = lua_check_conn(L, 1);
    ConnOptions opt = { 0 };

    lua_check_act(L, "set");
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_conn_options(L, 2, "set", conn_knobs, &opt, NULL);
    lua_conn_apply(L, c, &opt);
    return 0;
}
