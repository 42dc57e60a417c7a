/*
 * lua_args.c - what an author may have written wrong: errors with the author's line, strict option
 * tables, values with units.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_net.h"
#include "sim/lua/lua_priv.h"

#include <math.h>
#include <string.h>

World *lua_world(lua_State *L)
{
    return lua_env(L)->world;
}

Sim *lua_sim(lua_State *L)
{
    return lua_env(L)->world->sim;
}

char *lua_place(lua_State *L)
{
    lua_Debug ar;

    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.source[0] == '@' && ar.currentline > 0)
            return g_strdup_printf("%s:%d", ar.source + 1, ar.currentline);
    }
    return g_strdup(lua_world(L)->file);
}

char *lua_short_place(lua_State *L)
{
    char *place = lua_place(L), *name = g_path_get_basename(place);

    g_free(place);
    return name;
}

/* Raises the message, which it frees, behind the author's line. */
static int raise_message(lua_State *L, char *message)
{
    char *place = lua_place(L);

    lua_pushfstring(L, "%s: %s", place, message);
    g_free(place);
    g_free(message);
    return lua_error(L);
}

int lua_fail(lua_State *L, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *message = g_strdup_vprintf(format, args);
    va_end(args);
    return raise_message(L, message);
}

int lua_fail_gerror(lua_State *L, GError *error)
{
    char *message = g_strdup(error->message);

    g_error_free(error);
    return raise_message(L, message);
}

/* nil, NAME; the name is a constant's. */
static int refuse(lua_State *L, const char *name)
{
    task_note_refusal(L, name);
    lua_pushnil(L);
    lua_pushstring(L, name);
    return 2;
}

int lua_net_error(lua_State *L, NetError err)
{
    return refuse(L, net_error_name(err));
}

int lua_timed_out(lua_State *L)
{
    return refuse(L, "TIMEOUT");
}

void lua_settle(lua_State *L)
{
    GError *error = NULL;

    if (!autoconf_settle(lua_sim(L), &error))
        lua_fail_gerror(L, error);
}

/* --- option tables ---------------------------------------------------------------------------- */

/* The text at `arg`, which C reads to its end: none may go on behind a zero. */
static const char *plain_text(lua_State *L, int arg, const char *what)
{
    size_t len;
    const char *text = lua_tolstring(L, arg, &len);

    if (strlen(text) != len)
        lua_fail(L, "%s: '%s' is followed by a zero byte", what, text);
    return text;
}

/* The value on top of the stack into its field. */
static void set_knob(lua_State *L, const char *what, const Knob *knob, void *config,
                     LuaCustomKnob custom)
{
    GError *error = NULL;
    bool ok;

    if (knob->type == KNOB_CUSTOM) {
        if (custom == NULL)
            lua_fail(L, "%s: '%s' cannot be said here", what, knob->name);
        custom(L, knob, config);
        return;
    }
    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        ok = knob_set_bool(knob, config, lua_toboolean(L, -1), &error);
        break;
    case LUA_TNUMBER:
        ok = knob_set_number(knob, config, lua_tonumber(L, -1), &error);
        break;
    case LUA_TSTRING:
        ok = knob_set_text(knob, config, plain_text(L, -1, what), &error);
        break;
    default:
        lua_fail(L, "%s: '%s' cannot be a %s", what, knob->name, luaL_typename(L, -1));
        return;
    }
    if (ok)
        return;
    /* Some messages name the field themselves. */
    if (strstr(error->message, knob->name) == NULL)
        g_prefix_error(&error, "%s: ", knob->name);
    g_prefix_error(&error, "%s: ", what);
    lua_fail_gerror(L, error);
}

/* Raises about the first field, bytewise, that no knob has. */
static void refuse_unknown(lua_State *L, int arg, const char *what, const Knob *knobs)
{
    const char *unknown = NULL;

    for (lua_pushnil(L); lua_next(L, arg) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            lua_fail(L, "%s: options have names, as in { name = value }", what);
        const char *name = plain_text(L, -2, what);
        if (knob_find(knobs, name) == NULL && (unknown == NULL || strcmp(name, unknown) < 0))
            unknown = name;
    }
    if (unknown == NULL)
        return;
    GError *error = NULL;
    knob_set_unknown_error(&error, what, knobs, unknown);
    lua_fail_gerror(L, error);
}

void lua_options(lua_State *L, int arg, const char *what, const Knob *knobs, void *config,
                 LuaCustomKnob custom)
{
    if (lua_isnoneornil(L, arg))
        return;
    arg = lua_absindex(L, arg);
    if (!lua_istable(L, arg))
        lua_fail(L, "%s: options are a table, as in { name = value }; this is a %s", what,
                 luaL_typename(L, arg));
    luaL_checkstack(L, 8, NULL);
    refuse_unknown(L, arg, what, knobs);
    for (const Knob *knob = knobs; knob->name != NULL; knob++) {
        if (lua_getfield(L, arg, knob->name) != LUA_TNIL)
            set_knob(L, what, knob, config, custom);
        lua_pop(L, 1);
    }
}

/* --- values with units ------------------------------------------------------------------------ */

static bool read_time(lua_State *L, const char *text, SimTime *out, GError **error)
{
    LuaTime *memo = &lua_env(L)->times[(uint8_t)text[0] % LUA_TIMES];

    if (text[0] != 0 && strcmp(memo->text, text) == 0) {
        *out = memo->t;
        return true;
    }
    if (!parse_time(text, out, error))
        return false;
    if (strlen(text) < sizeof memo->text) {
        strcpy(memo->text, text);
        memo->t = *out;
    }
    return true;
}

SimTime lua_check_time(lua_State *L, int arg)
{
    GError *error = NULL;
    SimTime t = 0;
    bool ok;

    if (lua_type(L, arg) == LUA_TNUMBER)
        ok = time_from_seconds(lua_tonumber(L, arg), &t, &error);
    else if (lua_type(L, arg) == LUA_TSTRING)
        ok = read_time(L, plain_text(L, arg, "a time"), &t, &error);
    else
        return luaL_typeerror(L, arg, "time (seconds, or text such as \"10ms\")");
    if (!ok)
        lua_fail_gerror(L, error);
    if (t < 0)
        lua_fail(L, "a time cannot be negative here");
    return t;
}

uint64_t lua_check_size(lua_State *L, int arg)
{
    GError *error = NULL;
    uint64_t n = 0;

    if (lua_type(L, arg) == LUA_TNUMBER) {
        lua_Number value = lua_tonumber(L, arg);
        if (value < 0 || value > 9e18 || value != floor(value))
            lua_fail(L, "a size is a whole number of bytes, not %.14g", value);
        return (uint64_t)value;
    }
    if (lua_type(L, arg) != LUA_TSTRING)
        luaL_typeerror(L, arg, "size (bytes, or text such as \"64KiB\")");
    if (!parse_size(plain_text(L, arg, "a size"), &n, &error))
        lua_fail_gerror(L, error);
    return n;
}

const char *lua_check_text(lua_State *L, int arg)
{
    if (!lua_istable(L, arg))
        return luaL_checkstring(L, arg);
    arg = lua_absindex(L, arg);
    int type = LUA_TNIL;
    if (lua_env(L)->opt.chinese && (type = lua_getfield(L, arg, "zh")) == LUA_TNIL)
        lua_pop(L, 1);
    if (type == LUA_TNIL)
        type = lua_rawgeti(L, arg, 1);
    if (type != LUA_TSTRING)
        lua_fail(L, "a text is a string, or { \"English\", zh = \"...\" }");
    lua_replace(L, arg);
    return lua_tostring(L, arg);
}

const char *lua_kind(lua_State *L, int arg)
{
    switch (lua_type(L, arg)) {
    case LUA_TNONE: return "nothing";
    case LUA_TNIL: return "nil";
    case LUA_TUSERDATA: return lua_pushfstring(L, "%s", order_text(L, arg));
    default: return lua_pushfstring(L, "a %s", luaL_typename(L, arg));
    }
}

SimTime lua_check_deadline(lua_State *L, int arg)
{
    static const Knob knobs[] = { { "timeout", KNOB_TIME, 0, 0, 0, NULL, "how long to wait", "",
                                    false },
                                  { NULL, KNOB_BOOL, 0, 0, 0, NULL, NULL, NULL, false } };
    SimTime timeout = NEVER;

    if (lua_isnoneornil(L, arg))
        return NEVER;
    lua_options(L, arg, "options", knobs, &timeout, NULL);
    return timeout == NEVER ? NEVER : time_add(sim_now(lua_sim(L)), timeout);
}

/* --- looking and acting ----------------------------------------------------------------------- */

void lua_look_begin(lua_State *L)
{
    lua_env(L)->looking++;
}

void lua_look_end(lua_State *L)
{
    lua_env(L)->looking--;
}

void lua_check_act(lua_State *L, const char *what)
{
    if (lua_env(L)->looking > 0)
        lua_fail(L, "%s: a filter may look at packets, not act on the world", what);
}
