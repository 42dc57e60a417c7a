/*
 * lua_open.c - all parts of the binding, in the order in which they build on one another.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_env.h"

void lua_open_all(lua_State *L)
{
    lua_open_net(L);
    lua_open_fault(L);
    lua_open_sock(L);
    lua_open_host(L);
    lua_open_task(L);
    lua_open_sim(L);
    lua_open_check(L);
}
