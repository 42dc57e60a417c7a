/*
 * lua_target.c - what the binding's calls take for an address, and what they give for one.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_net.h"
#include "sim/lua/lua_priv.h"

#include <stdlib.h>
#include <string.h>

static const char options_key[] = "stacklab.options";
static const char endpoint_type[] = "endpoint";

/* --- giving ----------------------------------------------------------------------------------- */

void lua_push_ip(lua_State *L, IpAddr addr)
{
    char text[IP_TEXT];

    if (ip_is_none(addr))
        lua_pushnil(L);
    else
        lua_pushstring(L, ip_text(addr, text));
}

void lua_push_mac(lua_State *L, MacAddr mac)
{
    char text[MAC_TEXT];

    lua_pushstring(L, mac_text(mac, text));
}

void lua_push_seconds(lua_State *L, SimTime t)
{
    lua_pushnumber(L, (double)t / 1e9);
}

void lua_push_node(lua_State *L, Node *node)
{
    if (node != NULL)
        lua_push_placed(L, node_kind_name(node->kind), node, &node->handle);
    else
        lua_pushnil(L);
}

typedef struct Endpoint {
    IpAddr   addr;
    uint16_t port;
} Endpoint;

static int endpoint_index(lua_State *L)
{
    const Endpoint *e = lua_touserdata(L, 1);
    const char *name = lua_tostring(L, 2);

    if (name != NULL && strcmp(name, "ip") == 0)
        lua_push_ip(L, e->addr);
    else if (name != NULL && strcmp(name, "port") == 0)
        lua_pushinteger(L, e->port);
    else
        lua_fail(L, "endpoint: no field '%s' (fields: ip, port)", order_text(L, 2));
    return 1;
}

static int endpoint_newindex(lua_State *L)
{
    return lua_fail(L, "the fields of an endpoint cannot be set");
}

static int endpoint_tostring(lua_State *L)
{
    const Endpoint *e = lua_touserdata(L, 1);
    char text[ENDPOINT_TEXT];

    lua_pushstring(L, endpoint_text(e->addr, e->port, text));
    return 1;
}

static int endpoint_concat(lua_State *L)
{
    lua_pushfstring(L, "%s%s", order_text(L, 1), order_text(L, 2));
    return 1;
}

static int endpoint_eq(lua_State *L)
{
    const Endpoint *a = luaL_testudata(L, 1, endpoint_type);
    const Endpoint *b = luaL_testudata(L, 2, endpoint_type);

    lua_pushboolean(L, a != NULL && b != NULL && ip_equal(a->addr, b->addr) && a->port == b->port);
    return 1;
}

void lua_push_endpoint(lua_State *L, IpAddr addr, uint16_t port)
{
    static const luaL_Reg methods[] = { { "__index", endpoint_index },
                                        { "__newindex", endpoint_newindex },
                                        { "__tostring", endpoint_tostring },
                                        { "__concat", endpoint_concat },
                                        { "__eq", endpoint_eq },
                                        { NULL, NULL } };
    Endpoint *e = lua_newuserdatauv(L, sizeof *e, 0);

    *e = (Endpoint){ addr, port };
    if (luaL_newmetatable(L, endpoint_type)) {
        luaL_setfuncs(L, methods, 0);
        lua_pushstring(L, endpoint_type);
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
}

/* --- tables that answer more than they hold --------------------------------------------------- */

enum { MAX_NAMES = 160 };

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int strict_index(lua_State *L)
{
    const char *names[MAX_NAMES + 1], *key = order_text(L, 2);
    size_t n = 0;

    for (lua_pushnil(L); lua_next(L, 1) && n < MAX_NAMES; lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING)
            names[n++] = lua_tostring(L, -2);
    names[n] = NULL;
    qsort(names, n, sizeof names[0], compare_names);
    const char *near = knob_nearest(names, key), *what = lua_tostring(L, lua_upvalueindex(1));
    if (near != NULL)
        return lua_fail(L, "no %s '%s', did you mean '%s'?", what, key, near);
    return lua_fail(L, "no %s '%s'", what, key);
}

/* The metatable of the table at the top, made if it has none. */
static void push_metatable(lua_State *L)
{
    if (lua_getmetatable(L, -1))
        return;
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, -1);
    lua_setmetatable(L, -3);
}

void lua_strict(lua_State *L, const char *what)
{
    push_metatable(L);
    lua_pushstring(L, what);
    lua_pushcclosure(L, strict_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

static int prints_as(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    return 1;
}

void lua_prints_as(lua_State *L)
{
    lua_pushcclosure(L, prints_as, 1);
    lua_insert(L, -2);
    push_metatable(L);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 1);
    lua_remove(L, -2);
}

void lua_also_answers(lua_State *L)
{
    lua_insert(L, -2);
    push_metatable(L);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_remove(L, -2);
}

/* --- taking ----------------------------------------------------------------------------------- */

Stack *lua_check_stack(lua_State *L, int arg)
{
    Node *node = lua_check_node(L, arg);
    Stack *stack = node_stack(node);

    if (stack == NULL)
        lua_fail(L, "'%s' is a switch: it has no addresses and no programs", node->name);
    return stack;
}

Link *lua_check_link(lua_State *L, int arg)
{
    return lua_check_object(L, arg, "link");
}

uint16_t lua_check_port(lua_State *L, int arg, lua_Integer min)
{
    int is_int;
    lua_Integer port = lua_tointegerx(L, arg, &is_int);

    if (!is_int || lua_type(L, arg) != LUA_TNUMBER || port < min || port > 65535)
        lua_fail(L, "a port is a whole number from %d to 65535, not %s", (int)min,
                 lua_isnoneornil(L, arg)
                     ? "nothing"
                     : lua_pushfstring(L, "'%s'", order_text(L, arg)));
    return (uint16_t)port;
}

MacAddr lua_check_mac(lua_State *L, int arg)
{
    Node *node = lua_test_node(L, arg);
    const Port *port = node != NULL && node->ports->len > 0 ? g_ptr_array_index(node->ports, 0)
                                                            : lua_test_object(L, arg, "interface");
    MacAddr mac = { { 0 } };

    if (port != NULL && port_iface(port) != NULL)
        return port_iface(port)->mac;
    const char *text = lua_type(L, arg) == LUA_TSTRING ? lua_tostring(L, arg) : NULL;
    if (text == NULL || !mac_parse(text, &mac))
        lua_fail(L, "'%s' is no MAC address such as \"02:00:00:00:00:01\"",
                 order_text(L, arg));
    return mac;
}

IpPrefix lua_check_prefix(lua_State *L, int arg)
{
    const char *text = lua_type(L, arg) == LUA_TSTRING ? lua_tostring(L, arg) : NULL;
    IpPrefix prefix = { IP_NONE, 0 };
    IpAddr addr;

    if (text != NULL && prefix_parse(text, &prefix))
        return prefix;
    if (text != NULL && ip_parse(text, &addr))
        lua_fail(L, "the address \"%s\" needs the length of its prefix, as in \"%s/24\"", text,
                 text);
    lua_fail(L, "'%s' is no address with a prefix such as \"10.0.0.1/24\"",
             order_text(L, arg));
    return prefix;
}

void lua_forget_node_options(lua_State *L, const Node *node)
{
    if (!lua_env(L)->nodes_told)
        return;
    luaL_getsubtable(L, LUA_REGISTRYINDEX, options_key);
    lua_pushnil(L);
    lua_rawsetp(L, -2, node);
    lua_pop(L, 1);
}

/* A node that was told nothing has no table. */
void lua_set_node_option(lua_State *L, const Node *node, const char *option)
{
    lua_env(L)->nodes_told = true;
    luaL_getsubtable(L, LUA_REGISTRYINDEX, options_key);
    if (lua_rawgetp(L, -1, node) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, -3, node);
    }
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, option);
    lua_pop(L, 3);
}

void lua_push_node_option(lua_State *L, const Node *node, const char *option)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, options_key);
    if (lua_rawgetp(L, -1, node) == LUA_TTABLE)
        lua_getfield(L, -1, option);
    else
        lua_pushnil(L);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

void lua_push_static_host(lua_State *L, const Node *node, const char *name)
{
    lua_push_node_option(L, node, "hosts");
    if (lua_istable(L, -1))
        lua_getfield(L, -1, name);
    else
        lua_pushnil(L);
    lua_remove(L, -2);
}

/* "no host 'serber', did you mean 'server'?" from: who wanted to reach it; NULL. */
static void fail_unknown(lua_State *L, const char *name, const Node *from)
{
    const GPtrArray *nodes = lua_sim(L)->nodes;
    const char *names[MAX_NAMES + 1];
    size_t n = 0;

    for (guint i = 0; i < nodes->len && n < MAX_NAMES; i++)
        names[n++] = ((Node *)g_ptr_array_index(nodes, i))->name;
    names[n] = NULL;
    const char *near = knob_nearest(names, name);
    if (near != NULL)
        lua_fail(L, "no host '%s', did you mean '%s'?", name, near);
    else if (from != NULL && strchr(name, '.') != NULL)
        lua_fail(L, "no host '%s', and %s has no dns = to ask for a name", name, from->name);
    else
        lua_fail(L, "no host '%s'", name);
}

Node *lua_named_node(lua_State *L, int arg, const char *what)
{
    Node *node = lua_test_node(L, arg);

    if (node != NULL)
        return node;
    if (lua_type(L, arg) != LUA_TSTRING)
        lua_fail(L, "%s: a node is wanted, not %s", what, lua_kind(L, arg));
    node = sim_node(lua_sim(L), lua_tostring(L, arg));
    if (node == NULL)
        fail_unknown(L, lua_tostring(L, arg), NULL);
    return node;
}

static IpAddr node_address(lua_State *L, const Node *node, const Stack *from)
{
    const Stack *stack = node_stack(node);

    if (stack == NULL)
        lua_fail(L, "'%s' is a switch: it has no address", node->name);
    lua_settle(L);
    IpAddr addr = autoconf_address(stack, from);
    if (ip_is_none(addr))
        lua_fail(L, "'%s' has no address: it is not linked to anything", node->name);
    return addr;
}

/* The address behind a name, without a port: an address itself, a static host, or a node. */
static IpAddr name_address(lua_State *L, const char *name, const Stack *from)
{
    IpAddr addr = IP_NONE;

    if (ip_parse(name, &addr))
        return addr;
    if (from != NULL) {
        lua_push_static_host(L, from->node, name);
        Node *node = lua_test_node(L, -1);
        const char *text = node == NULL ? lua_tostring(L, -1) : NULL;
        bool found = text != NULL && ip_parse(text, &addr);
        lua_pop(L, 1);
        if (found)
            return addr;
        if (node != NULL)
            return node_address(L, node, from);
    }
    const Node *node = sim_node(lua_sim(L), name);
    if (node == NULL)
        fail_unknown(L, name, from != NULL ? from->node : NULL);
    return node_address(L, node, from);
}

static bool split_port(const char *text, char *name, size_t size, uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    char *end;

    if (colon == NULL || (size_t)(colon - text) >= size || !g_ascii_isdigit(colon[1]))
        return false;
    unsigned long n = strtoul(colon + 1, &end, 10);
    if (*end != 0 || n > 65535)
        return false;
    memcpy(name, text, (size_t)(colon - text));
    name[colon - text] = 0;
    *port = (uint16_t)n;
    return true;
}

const char *lua_split_port(const char *text, char *name, size_t size)
{
    uint16_t port;

    if (split_port(text, name, size, &port))
        return text + strlen(name);
    g_strlcpy(name, text, size);
    return "";
}

static bool endpoint_target(lua_State *L, int arg, LuaTarget *out)
{
    const Endpoint *e = luaL_testudata(L, arg, endpoint_type);

    if (e != NULL)
        *out = (LuaTarget){ e->addr, e->port, true };
    return e != NULL;
}

static bool table_target(lua_State *L, int arg, LuaTarget *out)
{
    if (lua_type(L, arg) != LUA_TTABLE)
        return endpoint_target(L, arg, out);
    lua_getfield(L, arg, "ip");
    lua_getfield(L, arg, "port");
    const char *ip = lua_tostring(L, -2);
    bool good = ip != NULL && ip_parse(ip, &out->addr);
    if (good && lua_isinteger(L, -1)) {
        out->port = lua_check_port(L, lua_gettop(L), 0);
        out->has_port = true;
    }
    lua_pop(L, 2);
    return good;
}

void lua_check_target(lua_State *L, int arg, const Stack *from, LuaTarget *out)
{
    const Node *node = lua_test_node(L, arg);
    const Port *port = node == NULL ? lua_test_object(L, arg, "interface") : NULL;
    char name[256];

    *out = (LuaTarget){ .addr = IP_NONE };
    if (node != NULL) {
        out->addr = node_address(L, node, from);
    } else if (port != NULL && port_iface(port) != NULL) {
        lua_settle(L);
        out->addr = port_iface(port)->ip.addr;
        if (ip_is_none(out->addr))
            lua_fail(L, "%s.%s has no address", port->node->name, port->name);
    } else if (lua_type(L, arg) == LUA_TSTRING) {
        const char *text = lua_tostring(L, arg);
        out->has_port = split_port(text, name, sizeof name, &out->port);
        out->addr = name_address(L, out->has_port ? name : text, from);
        lua_settle(L);
    } else if (!table_target(L, arg, out)) {
        lua_fail(L, "a node, an address or a name is wanted, not %s", lua_kind(L, arg));
    }
}

IpAddr lua_check_address(lua_State *L, int arg, const Stack *from)
{
    LuaTarget target;

    lua_check_target(L, arg, from, &target);
    return target.addr;
}

int lua_check_endpoint(lua_State *L, int arg, const Stack *from, LuaTarget *out)
{
    lua_check_target(L, arg, from, out);
    if (lua_type(L, arg + 1) == LUA_TNUMBER || (!out->has_port && lua_isstring(L, arg + 1))) {
        out->port = lua_check_port(L, arg + 1, 1);
        out->has_port = true;
        return arg + 2;
    }
    if (!out->has_port)
        lua_fail(L, "which port? (%s)", order_text(L, arg));
    return arg + 1;
}
