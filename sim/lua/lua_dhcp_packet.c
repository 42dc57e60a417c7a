/*
 * lua_dhcp_packet.c - the layer `dhcp` of a packet: read from its payload, and made into one.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/dhcp_wire.h"
#include "sim/lua/lua_dhcp.h"
#include "sim/lua/lua_net.h"

#include <string.h>

enum { MOST = 64 }; /* addresses of a list */

static void set_number(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

static void set_addr(lua_State *L, const char *name, IpAddr addr)
{
    lua_push_ip(L, addr);
    lua_setfield(L, -2, name);
}

static const struct {
    uint8_t     code;
    char        kind; /* a address, A addresses, n number, t text */
    const char *name;
} options[] = {
    { DHCP_OPT_MASK, 'a', "mask" },         { DHCP_OPT_ROUTER, 'A', "router" },
    { DHCP_OPT_DNS, 'A', "dns" },           { DHCP_OPT_HOST_NAME, 't', "name" },
    { DHCP_OPT_DOMAIN, 't', "domain" },     { DHCP_OPT_REQUESTED, 'a', "requested" },
    { DHCP_OPT_LEASE, 'n', "lease" },       { DHCP_OPT_SERVER, 'a', "server" },
    { DHCP_OPT_MESSAGE, 't', "message" },   { DHCP_OPT_T1, 'n', "t1" },
    { DHCP_OPT_T2, 'n', "t2" },             { DHCP_OPT_PARAMETERS, 't', "parameters" },
    { DHCP_OPT_CLIENT_ID, 't', "client_id" },
};

/* Of those that the message has. */
static void push_options(lua_State *L, const DhcpMessage *m)
{
    IpAddr addrs[MOST];
    uint8_t text[DHCP_MAX_LEN];
    uint32_t number = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        size_t n = MIN(dhcp_option(m, options[i].code, text, sizeof text), sizeof text);
        if (n == 0)
            continue;
        size_t many = dhcp_option_addrs(m, options[i].code, addrs, MOST);
        if (options[i].kind == 'a') {
            lua_push_ip(L, addrs[0]);
        } else if (options[i].kind == 'A') {
            lua_createtable(L, (int)many, 0);
            for (size_t k = 0; k < many; k++) {
                lua_push_ip(L, addrs[k]);
                lua_rawseti(L, -2, (lua_Integer)k + 1);
            }
        } else if (options[i].kind == 'n') {
            dhcp_option_u32(m, options[i].code, &number);
            lua_pushinteger(L, number);
        } else {
            lua_pushlstring(L, (const char *)text, n);
        }
        lua_setfield(L, -2, options[i].name);
    }
}

bool lua_push_dhcp(lua_State *L, Span bytes)
{
    DhcpMessage m;

    if (dhcp_read(&m, bytes) != DHCP_READ)
        return false;
    lua_createtable(L, 0, 20);
    lua_pushstring(L, dhcp_type_text(m.type));
    lua_setfield(L, -2, "type");
    lua_pushboolean(L, m.reply);
    lua_setfield(L, -2, "reply");
    lua_pushboolean(L, m.broadcast);
    lua_setfield(L, -2, "broadcast");
    set_number(L, "xid", m.xid);
    set_number(L, "secs", m.secs);
    set_number(L, "hops", m.hops);
    set_addr(L, "ciaddr", m.ciaddr);
    set_addr(L, "yiaddr", m.yiaddr);
    set_addr(L, "siaddr", m.siaddr);
    set_addr(L, "giaddr", m.giaddr);
    lua_push_mac(L, m.chaddr);
    lua_setfield(L, -2, "chaddr");
    push_options(L, &m);
    return true;
}

/* --- making ----------------------------------------------------------------------------------- */

typedef struct DhcpDraft {
    DhcpMessage m;
    uint64_t    xid, secs, hops;
} DhcpDraft;

#define AT(field) offsetof(DhcpDraft, field)
#define CUSTOM(name_, doc_) { .name = name_, .type = KNOB_CUSTOM, .doc = doc_ }
static const Knob fields[] = {
    CUSTOM("type", "\"DHCPOFFER\" ..."),
    { .name = "reply", .type = KNOB_BOOL, .offset = AT(m.reply), .doc = "From a server." },
    { .name = "broadcast", .type = KNOB_BOOL, .offset = AT(m.broadcast), .doc = "The flag." },
    { .name = "xid", .type = KNOB_INT, .offset = AT(xid), .max = UINT32_MAX, .doc = "The id." },
    { .name = "secs", .type = KNOB_INT, .offset = AT(secs), .max = UINT16_MAX, .doc = "Seconds." },
    { .name = "hops", .type = KNOB_INT, .offset = AT(hops), .max = UINT8_MAX, .doc = "Relays." },
    CUSTOM("ciaddr", "The client's address."),
    CUSTOM("yiaddr", "The address that he is to have."),
    CUSTOM("siaddr", "The next server's."),
    CUSTOM("giaddr", "The relay's."),
    CUSTOM("chaddr", "The client's MAC."),
    CUSTOM("mask", "Option 1."),
    CUSTOM("router", "Option 3."),
    CUSTOM("dns", "Option 6."),
    CUSTOM("name", "Option 12."),
    CUSTOM("domain", "Option 15."),
    CUSTOM("requested", "Option 50."),
    CUSTOM("lease", "Option 51."),
    CUSTOM("server", "Option 54."),
    CUSTOM("parameters", "Option 55."),
    CUSTOM("message", "Option 56."),
    CUSTOM("t1", "Option 58."),
    CUSTOM("t2", "Option 59."),
    CUSTOM("client_id", "Option 61."),
    { .name = NULL }
};
#undef CUSTOM
#undef AT

static DhcpType check_type(lua_State *L)
{
    const char *text = order_text(L, -1);

    for (int type = DHCP_DISCOVER; type <= DHCP_INFORM; type++)
        if (strcmp(text, dhcp_type_text((DhcpType)type)) == 0) {
            lua_pop(L, 1);
            return (DhcpType)type;
        }
    lua_fail(L, "dhcp: '%s' is no type such as \"DHCPOFFER\"", text);
    return DHCP_DISCOVER;
}

static void read_field(lua_State *L, const Knob *knob, void *config)
{
    DhcpMessage *m = &((DhcpDraft *)config)->m;
    IpAddr *const addrs[] = { &m->ciaddr, &m->yiaddr, &m->siaddr, &m->giaddr };
    static const char *const names[] = { "ciaddr", "yiaddr", "siaddr", "giaddr" };

    if (strcmp(knob->name, "type") == 0)
        m->type = check_type(L);
    else if (strcmp(knob->name, "chaddr") == 0)
        m->chaddr = lua_check_mac(L, lua_gettop(L));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(knob->name, names[i]) == 0)
            *addrs[i] = lua_check_address(L, lua_gettop(L), NULL);
}

/* The value on top of the stack. */
static bool write_value(lua_State *L, DhcpWriter *w, uint8_t code, char kind)
{
    IpAddr addrs[MOST];
    size_t n = 0;

    if (kind == 'n') {
        lua_Integer value = luaL_checkinteger(L, -1);
        return dhcp_write_u32(w, code, (uint32_t)CLAMP(value, 0, (lua_Integer)UINT32_MAX));
    }
    if (kind == 't') {
        const char *text = luaL_checklstring(L, -1, &n);
        return dhcp_write_option(w, code, (Span){ (const uint8_t *)text, n });
    }
    if (!lua_istable(L, -1) || kind == 'a') {
        addrs[n++] = lua_check_address(L, lua_gettop(L), NULL);
        return dhcp_write_addrs(w, code, addrs, n);
    }
    int list = lua_gettop(L);
    while (n < MOST && lua_geti(L, list, (lua_Integer)n + 1) != LUA_TNIL)
        addrs[n++] = lua_check_address(L, lua_gettop(L), NULL);
    lua_settop(L, list);
    return dhcp_write_addrs(w, code, addrs, n);
}

const char *lua_make_dhcp(lua_State *L, int arg, size_t *n)
{
    DhcpDraft d = { .m = { .ciaddr = IP4_ANY, .yiaddr = IP4_ANY, .siaddr = IP4_ANY,
                           .giaddr = IP4_ANY, .type = DHCP_DISCOVER } };
    uint8_t out[DHCP_MAX_LEN];
    DhcpWriter w;

    lua_options(L, arg, "dhcp", fields, &d, read_field);
    d.m.xid = (uint32_t)d.xid;
    d.m.secs = (uint16_t)d.secs;
    d.m.hops = (uint8_t)d.hops;
    dhcp_write(&w, &d.m, out, sizeof out);
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        if (lua_getfield(L, arg, options[i].name) != LUA_TNIL &&
            !write_value(L, &w, options[i].code, options[i].kind))
            lua_fail(L, "dhcp: there is no room for '%s'", options[i].name);
        lua_pop(L, 1);
    }
    *n = dhcp_write_end(&w);
    return lua_pushlstring(L, (const char *)out, *n);
}
