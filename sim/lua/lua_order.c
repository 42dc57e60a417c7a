/*
 * lua_order.c - the same in every run: the order of keys, of equal elements, and what tostring
 * says.
 *
 * Lua's own pairs follows a seed of the process, its sort may ask the clock, its tostring prints
 * addresses. Here keys come as numbers ascending, strings bytewise, booleans, then handles by their
 * making; sort is a stable merge; and what has no text of its own is numbered when first printed.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_priv.h"

#include <stdlib.h>
#include <string.h>

/* --- keys ------------------------------------------------------------------------------------- */

/* Where a type stands among keys; 0: it has no order that repeats. */
static int key_rank(lua_State *L, int i)
{
    switch (lua_type(L, i)) {
    case LUA_TNUMBER:
        return 1;
    case LUA_TSTRING:
        return 2;
    case LUA_TBOOLEAN:
        return 3;
    default:
        return object_serial(L, i) != 0 ? 4 : 0;
    }
}

static bool string_before(lua_State *L, int a, int b)
{
    size_t na, nb;
    const char *sa = lua_tolstring(L, a, &na), *sb = lua_tolstring(L, b, &nb);
    int order = memcmp(sa, sb, MIN(na, nb));

    return order != 0 ? order < 0 : na < nb;
}

/* Both at absolute indices, both with a rank. */
static bool key_before(lua_State *L, int a, int b)
{
    int ra = key_rank(L, a), rb = key_rank(L, b);

    if (ra != rb)
        return ra < rb;
    switch (ra) {
    case 1:
        return lua_compare(L, a, b, LUA_OPLT);
    case 2:
        return string_before(L, a, b);
    case 3:
        return lua_toboolean(L, a) < lua_toboolean(L, b);
    default:
        return object_serial(L, a) < object_serial(L, b);
    }
}

static void check_key(lua_State *L, int i)
{
    if (key_rank(L, i) == 0)
        lua_fail(L, "a %s as a key has no place in an order that repeats; keep a list of them",
                 luaL_typename(L, i));
}

/* --- a stable merge sort of the list at 1, by a function at 2 or by `before` ------------------ */

typedef bool Before(lua_State *L, int a, int b);

static bool by_function(lua_State *L, int a, int b)
{
    lua_pushvalue(L, 2);
    lua_pushvalue(L, a);
    lua_pushvalue(L, b);
    lua_call(L, 2, 1);
    bool yes = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return yes;
}

static bool by_less(lua_State *L, int a, int b)
{
    return lua_compare(L, a, b, LUA_OPLT);
}

/* Merges [from, middle) and [middle, end) of the list at `src` into the one at `dst`. */
static void merge(lua_State *L, int src, int dst, lua_Integer from, lua_Integer middle,
                  lua_Integer end, Before *before)
{
    lua_Integer a = from, b = middle;
    int top = lua_gettop(L);

    for (lua_Integer to = from; to < end; to++) {
        bool second = a >= middle;
        if (a < middle && b < end) {
            lua_rawgeti(L, src, a);
            lua_rawgeti(L, src, b);
            second = before(L, top + 2, top + 1);
            lua_settop(L, top);
        }
        lua_rawgeti(L, src, second ? b++ : a++);
        lua_rawseti(L, dst, to);
    }
}

/* Sorts n elements of the raw list at absolute index `list` into the order of `before`. Leaves the
 * sorted list on top. */
static void push_sorted(lua_State *L, int list, lua_Integer n, Before *before)
{
    luaL_checkstack(L, 10, NULL);
    lua_createtable(L, (int)MIN(n, 1 << 20), 0);
    int spare = lua_gettop(L);
    lua_pushvalue(L, list);
    int src = lua_gettop(L), dst = spare;

    for (lua_Integer width = 1; width < n; width *= 2) {
        for (lua_Integer from = 1; from <= n; from += 2 * width)
            merge(L, src, dst, from, MIN(from + width, n + 1), MIN(from + 2 * width, n + 1),
                  before);
        int swap = src;
        src = dst;
        dst = swap;
    }
    lua_pushvalue(L, src);
    lua_replace(L, spare);
    lua_settop(L, spare);
}

static int compare_integers(const void *a, const void *b)
{
    lua_Integer x = *(const lua_Integer *)a, y = *(const lua_Integer *)b;

    return (x > y) - (x < y);
}

/* The list at 1, if it is a plain one of whole numbers, of which equal ones are the same. */
static bool sort_integers(lua_State *L, lua_Integer n)
{
    lua_Integer i = 0;

    if (lua_getmetatable(L, 1))
        return false;
    lua_Integer *all = g_new(lua_Integer, (size_t)n);
    for (bool whole = true; whole && i < n; lua_settop(L, 2)) {
        lua_rawgeti(L, 1, i + 1);
        whole = lua_isinteger(L, -1);
        if (whole)
            all[i++] = lua_tointeger(L, -1);
    }
    if (i == n) {
        qsort(all, (size_t)n, sizeof *all, compare_integers);
        for (i = 0; i < n; i++) {
            lua_pushinteger(L, all[i]);
            lua_rawseti(L, 1, i + 1);
        }
    }
    g_free(all);
    return i == n;
}

/* table.sort(list [, before]) */
static int l_sort(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer n = luaL_len(L, 1);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    if (n < 2)
        return 0;
    luaL_argcheck(L, n < INT_MAX, 1, "list too big");
    if (lua_isnil(L, 2) && sort_integers(L, n))
        return 0;
    lua_settop(L, 2);
    lua_createtable(L, (int)n, 0);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, 1, i);
        lua_rawseti(L, 3, i);
    }
    push_sorted(L, 3, n, lua_isfunction(L, 2) ? by_function : by_less);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 4, i);
        lua_seti(L, 1, i);
    }
    return 0;
}

void order_push_keys(lua_State *L, int arg)
{
    lua_Integer n = 0;

    arg = lua_absindex(L, arg);
    luaL_checkstack(L, 10, NULL);
    lua_newtable(L);
    int keys = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, arg) != 0; lua_pop(L, 1)) {
        check_key(L, keys + 1);
        lua_pushvalue(L, keys + 1);
        lua_rawseti(L, keys, ++n);
    }
    push_sorted(L, keys, n, key_before);
    lua_remove(L, keys);
}

/* next(t, key): the least key above it, and its value */
static int l_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    bool first = lua_isnil(L, 2);
    if (!first)
        check_key(L, 2);
    lua_pushnil(L); /* at 3: the least so far */
    for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
        check_key(L, 4);
        if ((first || key_before(L, 2, 4)) && (lua_isnil(L, 3) || key_before(L, 4, 3))) {
            lua_pushvalue(L, 4);
            lua_replace(L, 3);
        }
    }
    if (lua_isnil(L, 3))
        return 1;
    lua_pushvalue(L, 3);
    lua_rawget(L, 1);
    return 2;
}

/* Upvalues: the sorted keys, and how many of them have been given out. */
static int next_of_keys(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));

    lua_settop(L, 1);
    for (;;) {
        if (lua_rawgeti(L, lua_upvalueindex(1), ++i) == LUA_TNIL)
            return 1;
        lua_pushvalue(L, 2);
        if (lua_rawget(L, 1) != LUA_TNIL)
            break;
        lua_settop(L, 1); /* removed meanwhile */
    }
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(2));
    return 2;
}

static int k_pairs(lua_State *L, int status, lua_KContext ctx)
{
    (void)L;
    (void)status;
    (void)ctx;
    return 3;
}

/* pairs(t) */
static int l_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_callk(L, 1, 3, 0, k_pairs);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    order_push_keys(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_of_keys, 2);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/* --- text ------------------------------------------------------------------------------------- */

/* Pushes "table: 7": the numbers are given when first asked for. */
static void push_numbered(lua_State *L, int arg, const char *kind)
{
    LuaEnv *env = lua_env(L);

    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &env->text_ids) == LUA_TNIL) {
        /* Weak in its keys: a number is of no use once its table is gone. */
        lua_pop(L, 1);
        lua_newtable(L);
        lua_newtable(L);
        lua_pushliteral(L, "k");
        lua_setfield(L, -2, "__mode");
        lua_setmetatable(L, -2);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &env->text_ids);
    }
    lua_pushvalue(L, arg);
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushinteger(L, (lua_Integer)++env->text_ids);
        lua_pushvalue(L, arg);
        lua_pushvalue(L, -2);
        lua_rawset(L, -4);
    }
    lua_pushfstring(L, "%s: %I", kind, (LUAI_UACINT)lua_tointeger(L, -1));
    lua_replace(L, -3);
    lua_pop(L, 1);
}

void order_push_text(lua_State *L, int arg)
{
    arg = lua_absindex(L, arg);
    luaL_checkstack(L, 10, NULL);
    if (luaL_callmeta(L, arg, "__tostring")) {
        if (!lua_isstring(L, -1))
            lua_fail(L, "'__tostring' must return a string");
        return;
    }
    switch (lua_type(L, arg)) {
    case LUA_TNUMBER:
        if (lua_tonumber(L, arg) != lua_tonumber(L, arg)) {
            lua_pushliteral(L, "nan"); /* processors differ in its sign */
            return;
        }
        luaL_tolstring(L, arg, NULL);
        return;
    case LUA_TSTRING:
    case LUA_TBOOLEAN:
    case LUA_TNIL:
        luaL_tolstring(L, arg, NULL);
        return;
    default:
        break;
    }
    int type = luaL_getmetafield(L, arg, "__name");
    push_numbered(L, arg, type == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, arg));
    if (type != LUA_TNIL)
        lua_remove(L, -2);
}

const char *order_text(lua_State *L, int arg)
{
    order_push_text(L, arg);
    return lua_tostring(L, -1);
}

/* tostring(value) */
static int l_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    order_push_text(L, 1);
    return 1;
}

/* string.format(format, ...): the library's (its upvalue), with texts put in place of what it would
 * print the address of. */
static int l_format(lua_State *L)
{
    int n = lua_gettop(L), arg = 1;
    size_t len;
    const char *format = luaL_checklstring(L, 1, &len);
    luaL_Buffer b;

    GString *changed = g_string_new_len(format, (gssize)len);
    for (size_t i = 0; i < changed->len; i++) {
        if (changed->str[i] != '%')
            continue;
        i++;
        if (i < changed->len && changed->str[i] == '%')
            continue;
        while (i < changed->len && strchr("-+ #0.123456789", changed->str[i]) != NULL &&
               changed->str[i] != '\0')
            i++;
        arg++;
        if (i < changed->len && changed->str[i] == 'p')
            changed->str[i] = 's';
    }
    luaL_buffinitsize(L, &b, changed->len);
    luaL_addlstring(&b, changed->str, changed->len);
    g_string_free(changed, TRUE);
    luaL_pushresult(&b);
    lua_replace(L, 1);
    for (int i = 2; i <= MIN(n, arg); i++) {
        int type = lua_type(L, i);
        if (type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TNIL || type == LUA_TBOOLEAN)
            continue;
        order_push_text(L, i);
        lua_replace(L, i);
    }
    return lua_tocfunction(L, lua_upvalueindex(1))(L); /* in this frame, so that errors name it */
}

void order_open(lua_State *L)
{
    static const luaL_Reg base[] = {
        { "pairs", l_pairs }, { "next", l_next }, { "tostring", l_tostring }, { NULL, NULL }
    };

    luaL_setfuncs(L, base, 0);
    lua_getfield(L, -1, "table");
    lua_pushcfunction(L, l_sort);
    lua_setfield(L, -2, "sort");
    lua_pop(L, 1);
    lua_getfield(L, -1, "string");
    lua_getfield(L, -1, "format");
    lua_pushcclosure(L, l_format, 1);
    lua_setfield(L, -2, "format");
    lua_pop(L, 1);
}
