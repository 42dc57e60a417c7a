/*
 * lua_memo.c - is a table of options what the last one of its kind was? A loop that makes links
 * says the same each time, and then nothing is read twice.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_priv.h"

#include <math.h>
#include <string.h>

/* The key below the top and the value on top; false if they are nothing to remember. */
static bool note_field(lua_State *L, OptionField *out)
{
    size_t key_len, len;
    const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &key_len) : NULL;

    if (key == NULL || key_len >= sizeof out->key)
        return false;
    memcpy(out->key, key, key_len + 1);
    out->type = lua_type(L, -1);
    if (out->type == LUA_TBOOLEAN) {
        out->value.boolean = lua_toboolean(L, -1);
        return true;
    }
    if (out->type == LUA_TNUMBER) {
        out->value.number = lua_tonumber(L, -1);
        return fabs(out->value.number) < 1e15; /* beyond that two whole numbers may look the same */
    }
    const char *text = out->type == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (text == NULL || len >= sizeof out->value.text)
        return false;
    memcpy(out->value.text, text, len + 1);
    return true;
}

/* With its length, for a text of Lua's may go on behind a zero. */
static bool is_text(lua_State *L, int arg, const char *kept)
{
    size_t len;
    const char *text = lua_tolstring(L, arg, &len);

    return strlen(kept) == len && memcmp(text, kept, len) == 0;
}

/* As options are read: a number by its value, whether it is a float or not. */
static bool is_field(lua_State *L, const OptionField *f)
{
    if (lua_type(L, -1) != f->type || lua_type(L, -2) != LUA_TSTRING || !is_text(L, -2, f->key))
        return false;
    if (f->type == LUA_TSTRING)
        return is_text(L, -1, f->value.text);
    if (f->type == LUA_TNUMBER)
        return lua_tonumber(L, -1) == f->value.number;
    return lua_toboolean(L, -1) == f->value.boolean;
}

/* In the order in which the table hands them out, which differs for few that were written alike. */
bool memo_is(lua_State *L, int arg, const OptionMemo *memo)
{
    unsigned n = 0;

    if (memo->n == 0 || !lua_istable(L, arg) || lua_getmetatable(L, arg)) {
        lua_settop(L, arg);
        return false;
    }
    for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1))
        if (n == memo->n || !is_field(L, &memo->said[n++])) {
            lua_settop(L, arg);
            return false;
        }
    return n == memo->n;
}

void memo_keep(lua_State *L, int arg, OptionMemo *memo)
{
    unsigned n = 0;
    bool plain = lua_istable(L, arg) && !lua_getmetatable(L, arg);

    memo->n = 0;
    if (plain)
        for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1))
            if (n == OPTION_FIELDS || !note_field(L, &memo->said[n++])) {
                plain = false;
                break;
            }
    lua_settop(L, arg);
    if (plain)
        memo->n = n;
}
