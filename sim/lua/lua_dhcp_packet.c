/*
 * lua_dhcp_packet.c - the layer `dhcp` of a packet, read from its payload.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/dhcp_wire.h"
#include "sim/lua/lua_dhcp.h"
#include "sim/lua/lua_net.h"

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

/* Of those that the message has. */
static void push_options(lua_State *L, const DhcpMessage *m)
{
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
