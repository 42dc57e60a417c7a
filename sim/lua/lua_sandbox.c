/*
 * lua_sandbox.c - what of Lua a scenario gets: nothing that reaches the machine, the clock or
 * chance.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_priv.h"

#include <lualib.h>
#include <string.h>

/* --- globals ---------------------------------------------------------------------------------- */

/* Adds the names of the locals and upvalues that the innermost frame of a scenario sees. */
static void add_locals(lua_State *L, GPtrArray *names)
{
    lua_Debug ar;

    if (!lua_getstack(L, 1, &ar))
        return;
    const char *name;
    for (int i = 1; (name = lua_getlocal(L, &ar, i)) != NULL; i++) {
        lua_pop(L, 1);
        g_ptr_array_add(names, g_strdup(name));
    }
    lua_getinfo(L, "f", &ar);
    for (int i = 1; (name = lua_getupvalue(L, -1, i)) != NULL; i++) {
        lua_pop(L, 1);
        g_ptr_array_add(names, g_strdup(name));
    }
    lua_pop(L, 1);
}

/* The nearest local, upvalue or global; newly allocated, NULL if none is near. Upvalue 1: the
 * globals. */
static char *nearest_name(lua_State *L, const char *misspelt)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    add_locals(L, names);
    order_push_keys(L, lua_upvalueindex(1));
    lua_Integer n = luaL_len(L, -1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        g_ptr_array_add(names, g_strdup(lua_tostring(L, -1)));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    g_ptr_array_add(names, NULL);
    char *near = g_strdup(knob_nearest((const char *const *)names->pdata, misspelt));
    g_ptr_array_free(names, TRUE);
    return near;
}

static int no_such_global(lua_State *L)
{
    static const char *const withheld[] = { "io",     "os",       "debug",          "package",
                                            "dofile", "loadfile", "collectgarbage", "_G" };
    const char *name = lua_tostring(L, 2);

    if (name == NULL)
        return lua_fail(L, "a global has a name");
    for (size_t i = 0; i < G_N_ELEMENTS(withheld); i++)
        if (strcmp(name, withheld[i]) == 0)
            return lua_fail(L, "there is no '%s' in a scenario: it is sandboxed", name);
    char *near = nearest_name(L, name);
    lua_pushfstring(L,
                    near != NULL ? "no global '%s', did you mean '%s'?"
                                 : "no global '%s': it was never declared with 'local' here",
                    name, near);
    g_free(near);
    return lua_fail(L, "%s", lua_tostring(L, -1));
}

static int no_new_global(lua_State *L)
{
    const char *name = lua_tostring(L, 2);

    return lua_fail(L, "global '%s' is set, but was never declared: write 'local %s = ...'",
                    name != NULL ? name : "?", name != NULL ? name : "name");
}

/* A field of `sim` or `check` (upvalue 1: which) that is not there. */
static int no_such_field(lua_State *L)
{
    const char *table = lua_tostring(L, lua_upvalueindex(1)), *near = NULL;

    if (lua_type(L, 2) != LUA_TSTRING)
        return lua_fail(L, "%s has fields with names only", table);
    const char *name = lua_tostring(L, 2);
    GPtrArray *names = g_ptr_array_new();
    order_push_keys(L, 1);
    lua_Integer n = luaL_len(L, -1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 3, i);
        g_ptr_array_add(names, (char *)(uintptr_t)lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    g_ptr_array_add(names, NULL);
    near = knob_nearest((const char *const *)names->pdata, name);
    g_ptr_array_free(names, TRUE);
    return lua_fail(L,
                    near != NULL ? "there is no %s.%s, did you mean %s.%s?" : "there is no %s.%s",
                    table, name, table, near);
}

static int no_new_field(lua_State *L)
{
    return lua_fail(L, "the fields of '%s' cannot be set", lua_tostring(L, lua_upvalueindex(1)));
}

/* Makes the table that is a global of this name as strict as the globals are. It may have a
 * metatable. */
static void seal_table(lua_State *L, const char *name)
{
    if (lua_getglobal(L, name) != LUA_TTABLE) {
        lua_pop(L, 1);
        return;
    }
    if (!lua_getmetatable(L, -1))
        lua_newtable(L);
    lua_pushstring(L, name);
    lua_pushcclosure(L, no_such_field, 1);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, name);
    lua_pushcclosure(L, no_new_field, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

void sandbox_seal(lua_State *L)
{
    seal_table(L, "sim");
    seal_table(L, "check");
    /* The table of globals itself stays empty, so that setting any of them is seen; reading goes
     * through to the real ones, and what is not there either is an error. */
    lua_newtable(L);
    int real = lua_gettop(L);
    lua_pushglobaltable(L);
    for (lua_pushnil(L); lua_next(L, real + 1) != 0;) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, real);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, real + 1);
    }
    lua_newtable(L);
    lua_pushvalue(L, real);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, no_new_global);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, "globals");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, real + 1);
    lua_newtable(L);
    lua_pushvalue(L, real);
    lua_pushcclosure(L, no_such_global, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, real);
    lua_settop(L, real - 1);
}

/* --- basic functions -------------------------------------------------------------------------- */

/* setmetatable(t, metatable): no finalizers, no weak tables: collecting garbage must not show */
static int l_setmetatable(lua_State *L)
{
    static const char *const refused[] = { "__gc", "__mode" };

    if (lua_istable(L, 2))
        for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
            lua_pushstring(L, refused[i]);
            if (lua_rawget(L, 2) != LUA_TNIL)
                return lua_fail(L,
                                "a metatable with '%s' would show when memory is collected, "
                                "which does not repeat",
                                refused[i]);
            lua_pop(L, 1);
        }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* load(chunk [, name [, mode [, env]]]): text only */
static int l_load(lua_State *L)
{
    bool has_env = lua_gettop(L) >= 4;

    luaL_checkany(L, 1);
    lua_settop(L, 4);
    lua_pushliteral(L, "t");
    lua_replace(L, 3);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    if (!has_env)
        lua_settop(L, 4);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int k_xpcall(lua_State *L, int status, lua_KContext ctx)
{
    (void)ctx;
    if (status == LUA_OK || status == LUA_YIELD) {
        lua_pushboolean(L, true);
        lua_replace(L, 1);
        return lua_gettop(L);
    }
    /* The handler runs once the error has been caught, and so under the instruction count: as Lua's
     * own message handler it would run with hooks off, for ever if it liked. */
    lua_pushvalue(L, 1);
    lua_insert(L, -2);
    lua_call(L, 1, 1);
    lua_pushboolean(L, false);
    lua_insert(L, -2);
    return 2;
}

/* xpcall(f, handler, ...) */
static int l_xpcall(lua_State *L)
{
    int n = lua_gettop(L);

    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 1);
    lua_replace(L, 2);
    lua_replace(L, 1); /* handler, f, ... */
    return k_xpcall(L, lua_pcallk(L, n - 2, LUA_MULTRET, 0, 0, k_xpcall), 0);
}

/* print(...): a line of the report */
static int l_print(lua_State *L)
{
    LuaEnv *env = lua_env(L);
    int n = lua_gettop(L);
    luaL_Buffer b;

    for (int i = 1; i <= n; i++) {
        order_push_text(L, i);
        lua_replace(L, i);
    }
    luaL_buffinit(L, &b);
    for (int i = 1; i <= n; i++) {
        if (i > 1)
            luaL_addchar(&b, '\t');
        lua_pushvalue(L, i);
        luaL_addvalue(&b);
    }
    for (size_t i = luaL_bufflen(&b); i-- > 0;) /* the report is text */
        if (luaL_buffaddr(&b)[i] == '\0')
            luaL_buffaddr(&b)[i] = '?';
    luaL_addchar(&b, '\n');
    luaL_pushresult(&b);
    if (env->hooks.print != NULL)
        env->hooks.print(env->hooks.self, lua_tostring(L, -1));
    return 0;
}

/* --- libraries -------------------------------------------------------------------------------- */

static int l_random(lua_State *L)
{
    Rng *rng = &lua_world(L)->parts->random;
    lua_Integer low = 1, high;

    switch (lua_gettop(L)) {
    case 0:
        lua_pushnumber(L, (lua_Number)(rng_u64(rng) >> 11) * 0x1p-53);
        return 1;
    case 1:
        high = luaL_checkinteger(L, 1);
        if (high == 0) {
            lua_pushinteger(L, (lua_Integer)rng_u64(rng));
            return 1;
        }
        break;
    case 2:
        low = luaL_checkinteger(L, 1);
        high = luaL_checkinteger(L, 2);
        break;
    default:
        return lua_fail(L, "math.random takes no more than two numbers");
    }
    luaL_argcheck(L, low <= high, lua_gettop(L), "the interval is empty");
    uint64_t n = (uint64_t)high - (uint64_t)low + 1; /* 0: all of them */
    uint64_t draw = n == 0 ? rng_u64(rng) : rng_below(rng, n);
    lua_pushinteger(L, (lua_Integer)((uint64_t)low + draw));
    return 1;
}

static int l_randomseed(lua_State *L)
{
    return lua_fail(L, "the seed is the run's: --seed N on the command line");
}

/* Upvalue 1: its name. */
static int l_not_exact(lua_State *L)
{
    return lua_fail(L,
                    "math.%s is the machine's own and may differ on the next; a scenario has no "
                    "use for it",
                    lua_tostring(L, lua_upvalueindex(1)));
}

/* coroutine.yield(...): in a task it would reach the scheduler, which has no use for it */
static int l_yield(lua_State *L)
{
    const LuaEnv *env = lua_env(L);

    if (env->running != NULL && task_state(env->running) == L)
        return lua_fail(L, "coroutine.yield outside a coroutine of your own; a task waits with "
                           "sim.sleep and the like");
    return lua_yield(L, lua_gettop(L));
}

/* coroutine.running(): a task's coroutine is nobody's to resume, so it gives none */
static int l_running(lua_State *L)
{
    const LuaEnv *env = lua_env(L);
    bool own = env->running == NULL || task_state(env->running) != L;

    if (own)
        lua_pushthread(L);
    else
        lua_pushnil(L);
    lua_pushboolean(L, !own);
    return 2;
}

/* What coroutine.wrap gives. Upvalues: coroutine.resume, coroutine.close, the coroutine. */
static int wrapped(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_pushvalue(L, lua_upvalueindex(3));
    lua_insert(L, 2);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    if (lua_toboolean(L, 1)) {
        lua_remove(L, 1);
        return lua_gettop(L);
    }
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushvalue(L, lua_upvalueindex(3));
    lua_call(L, 1, 0);
    lua_settop(L, 2);
    return lua_error(L);
}

/* coroutine.wrap(f): as Lua's, but an error keeps the place where it came from. Upvalues: resume,
 * close. */
static int l_wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, wrapped, 3);
    return 1;
}

static void remove_fields(lua_State *L, const char *const *names)
{
    for (; *names != NULL; names++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *names);
    }
}

/* Wraps the function of the table on top: it becomes the upvalue of `f`. */
static void wrap(lua_State *L, const char *name, lua_CFunction f)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, f, 1);
    lua_setfield(L, -2, name);
}

static void open_base(lua_State *L)
{
    static const char *const withheld[] = { "dofile", "loadfile", "collectgarbage",
                                            "warn",   "_G",       NULL };
    static const luaL_Reg own[] = { { "xpcall", l_xpcall }, { "print", l_print }, { NULL, NULL } };

    luaopen_base(L);
    remove_fields(L, withheld);
    luaL_setfuncs(L, own, 0);
    wrap(L, "setmetatable", l_setmetatable);
    wrap(L, "load", l_load);
    lua_pop(L, 1);
}

static void open_math(lua_State *L)
{
    static const char *const not_exact[] = { "exp", "log",  "sin",  "cos",
                                             "tan", "asin", "acos", "atan" };
    static const luaL_Reg own[] = { { "random", l_random },
                                    { "randomseed", l_randomseed },
                                    { NULL, NULL } };

    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
    luaL_setfuncs(L, own, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(not_exact); i++) {
        lua_pushstring(L, not_exact[i]);
        lua_pushcclosure(L, l_not_exact, 1);
        lua_setfield(L, -2, not_exact[i]);
    }
    lua_pop(L, 1);
}

void sandbox_open(lua_State *L)
{
    static const luaL_Reg coroutines[] = { { "yield", l_yield },
                                           { "running", l_running },
                                           { NULL, NULL } };

    open_base(L);
    open_math(L);
    luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
    luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 1);
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
    lua_pushnil(L);
    lua_setfield(L, -2, "dump");
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1); /* all strings' */
    lua_pushliteral(L, "string");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
    luaL_requiref(L, LUA_COLIBNAME, luaopen_coroutine, 1);
    luaL_setfuncs(L, coroutines, 0);
    lua_getfield(L, -1, "resume");
    lua_getfield(L, -2, "close");
    lua_pushcclosure(L, l_wrap, 2);
    lua_setfield(L, -2, "wrap");
    lua_pop(L, 4);
    lua_pushglobaltable(L);
    order_open(L);
    require_open(L);
    lua_pop(L, 1);
    /* What luaL_requiref keeps of the originals is of no use to anybody. */
    lua_pushnil(L);
    lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}
