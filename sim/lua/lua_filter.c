/*
 * lua_filter.c - FILTERs: a table of fields, a pcap expression, a function of a packet.
 *
 * A LuaMatch is a userdata that the registry keeps until it is freed: an error between does not
 * lose it.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_net.h"
#include "sim/lua/lua_packet.h"

#include <string.h>

struct LuaMatch {
    World  *world;
    Filter *filter;    /* NULL: everything, or what the function says */
    bool    function;  /* the userdata's first user value */
    int     ref;
};

static const char match_type[] = "stacklab.match";

/* --- the table form --------------------------------------------------------------------------- */

typedef enum FilterKey {
    KEY_TCP, KEY_UDP, KEY_ICMP, KEY_ARP, KEY_IP, KEY_DATA, KEY_SRC, KEY_DST, KEY_SPORT, KEY_DPORT,
    KEY_SEQ, KEY_ACK
} FilterKey;

static const char *const keys[] = { "tcp",   "udp",   "icmp", "arp", "ip", "data", "src", "dst",
                                    "sport", "dport", "seq",  "ack", NULL };

/* A protocol's value is true, or text that says more and is read by `read`. */
static void take_protocol(lua_State *L, const char *key, bool *asked, FilterSpec *spec,
                          bool (*read)(FilterSpec *, const char *, GError **))
{
    GError *error = NULL;

    *asked = true;
    if (read != NULL && lua_type(L, -1) == LUA_TSTRING) {
        if (!read(spec, lua_tostring(L, -1), &error)) {
            g_prefix_error(&error, "filter: ");
            lua_fail_gerror(L, error);
        }
    } else if (!lua_isboolean(L, -1) || !lua_toboolean(L, -1)) {
        lua_fail(L, "filter: %s is true%s", key,
                 read != NULL ? ", or text such as \"S.\", \"request\", \"echo-request\"" : "");
    }
}

static uint32_t take_number(lua_State *L, const char *key, lua_Integer max)
{
    int is_int;
    lua_Integer n = lua_tointegerx(L, -1, &is_int);

    if (!is_int || lua_type(L, -1) != LUA_TNUMBER || n < 0 || n > max)
        lua_fail(L, "filter: %s is a whole number from 0 to %" G_GINT64_FORMAT ", not '%s'", key,
                 (gint64)max, order_text(L, -1));
    return (uint32_t)n;
}

static void take_key(lua_State *L, FilterKey key, FilterSpec *spec)
{
    const char *name = keys[key];

    switch (key) {
    case KEY_TCP:
        take_protocol(L, name, &spec->tcp, spec, filter_spec_flags);
        break;
    case KEY_UDP:
        take_protocol(L, name, &spec->udp, spec, NULL);
        break;
    case KEY_ICMP:
        take_protocol(L, name, &spec->icmp, spec, filter_spec_icmp);
        break;
    case KEY_ARP:
        take_protocol(L, name, &spec->arp, spec, filter_spec_arp);
        break;
    case KEY_IP:
        take_protocol(L, name, &spec->ip, spec, NULL);
        break;
    case KEY_DATA:
        if (!lua_isboolean(L, -1))
            lua_fail(L, "filter: data is true or false");
        spec->has_data = true;
        spec->data = lua_toboolean(L, -1);
        break;
    case KEY_SRC:
        spec->src = lua_check_address(L, lua_gettop(L), NULL);
        break;
    case KEY_DST:
        spec->dst = lua_check_address(L, lua_gettop(L), NULL);
        break;
    case KEY_SPORT:
        spec->has_sport = true;
        spec->sport = (uint16_t)take_number(L, name, UINT16_MAX);
        break;
    case KEY_DPORT:
        spec->has_dport = true;
        spec->dport = (uint16_t)take_number(L, name, UINT16_MAX);
        break;
    case KEY_SEQ:
        spec->has_seq = true;
        spec->seq = take_number(L, name, UINT32_MAX);
        break;
    case KEY_ACK:
        spec->has_ack = true;
        spec->ack = take_number(L, name, UINT32_MAX);
        break;
    }
}

static void refuse_unknown(lua_State *L, int arg)
{
    const char *unknown = NULL;

    for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        bool known = false;
        for (size_t i = 0; keys[i] != NULL; i++)
            known = known || strcmp(keys[i], name) == 0;
        if (!known && (unknown == NULL || strcmp(name, unknown) < 0))
            unknown = name;
    }
    if (unknown == NULL)
        return;
    const char *near = knob_nearest(keys, unknown);
    char *all = g_strjoinv(", ", (char **)(uintptr_t)keys);
    lua_pushstring(L, all);
    g_free(all);
    lua_fail(L, "filter: no field '%s'%s%s%s (fields: %s)", unknown,
             near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
             near != NULL ? "'?" : "", lua_tostring(L, -1));
}

/* What no packet can be is a slip. */
static void refuse_contradiction(lua_State *L, const FilterSpec *spec)
{
    bool other = spec->udp || spec->icmp || spec->arp;

    if (spec->tcp + spec->udp + spec->icmp + spec->arp > 1)
        lua_fail(L, "filter: one of tcp, udp, icmp and arp, not several");
    if (spec->arp && spec->ip)
        lua_fail(L, "filter: arp is not carried in ip");
    if (other && (spec->has_seq || spec->has_ack))
        lua_fail(L, "filter: seq and ack are tcp's");
    if ((spec->icmp || spec->arp) && (spec->has_sport || spec->has_dport))
        lua_fail(L, "filter: sport and dport are tcp's and udp's");
}

static Filter *filter_of_table(lua_State *L, int arg)
{
    FilterSpec spec = filter_spec_any;

    refuse_unknown(L, arg);
    for (size_t i = 0; keys[i] != NULL; i++) {
        if (lua_getfield(L, arg, keys[i]) != LUA_TNIL)
            take_key(L, (FilterKey)i, &spec);
        lua_pop(L, 1);
    }
    refuse_contradiction(L, &spec);
    return filter_new_spec(&spec);
}

/* --- the text form ---------------------------------------------------------------------------- */

static Filter *filter_of_text(lua_State *L, const char *text)
{
    GError *error = NULL;
    Filter *filter = filter_new_expression(text, filter_node_address, lua_sim(L), &error);

    if (filter == NULL)
        lua_fail_gerror(L, error);
    return filter;
}

/* --- matching --------------------------------------------------------------------------------- */

static int match_gc(lua_State *L)
{
    LuaMatch *m = lua_touserdata(L, 1);

    if (m->filter != NULL)
        filter_free(m->filter);
    m->filter = NULL;
    return 0;
}

LuaMatch *lua_check_filter(lua_State *L, int arg)
{
    int type = lua_type(L, arg);

    luaL_checkstack(L, 8, NULL);
    if (type != LUA_TNIL && type != LUA_TNONE && type != LUA_TTABLE && type != LUA_TSTRING &&
        type != LUA_TFUNCTION)
        lua_fail(L, "a filter is a table, a pcap expression or a function, not %s",
                 lua_kind(L, arg));
    LuaMatch *m = lua_newuserdatauv(L, sizeof *m, 1);
    *m = (LuaMatch){ .world = lua_world(L), .function = type == LUA_TFUNCTION };
    if (luaL_newmetatable(L, match_type)) {
        lua_pushcfunction(L, match_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    if (type == LUA_TTABLE) {
        m->filter = filter_of_table(L, arg);
    } else if (type == LUA_TSTRING) {
        m->filter = filter_of_text(L, lua_tostring(L, arg));
    } else if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, arg);
        lua_setiuservalue(L, -2, 1);
    }
    m->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return m;
}

void lua_match_free(LuaMatch *m)
{
    luaL_unref(world_lua(m->world), LUA_REGISTRYINDEX, m->ref);
}

/* The function's word on the packet on top of the stack, which is popped. */
static bool ask_function(LuaMatch *m, lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, m->ref);
    lua_getiuservalue(L, -1, 1);
    lua_replace(L, -2);
    lua_insert(L, -2);
    lua_look_begin(L);
    bool yes = lua_callback(L, 1, 1, "filter");
    lua_look_end(L);
    if (yes) {
        yes = lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
    return yes;
}

bool lua_match(LuaMatch *m, const Packet *pkt)
{
    Span frame = packet_frame(pkt);

    if (m->function) {
        lua_push_frame(world_lua(m->world), frame);
        return ask_function(m, world_lua(m->world));
    }
    return m->filter == NULL ||
           filter_match(m->filter, frame, frame.n, pkt->forged ? NEVER : pkt->born,
                        recorder_flows(m->world->recorder));
}

bool lua_match_record(LuaMatch *m, const Record *rec)
{
    if (m->function) {
        lua_push_record(world_lua(m->world), rec);
        return ask_function(m, world_lua(m->world));
    }
    return m->filter == NULL ||
           filter_match(m->filter, record_bytes(rec), rec->len,
                        rec->forged ? NEVER : rec->born, recorder_flows(m->world->recorder));
}
