/*
 * lua_node_options.c - what hosts and routers are told when they are made: option tables.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_stub.h"
#include "sim/lua/lua_node_options.h"

#include <string.h>

#define STACK_KNOBS                                                                                \
    { .name = "tcp", .type = KNOB_CUSTOM, .doc = "The knobs of TCP." },                            \
    { .name = "ipv4", .type = KNOB_CUSTOM, .doc = "The knobs of IPv4." },                          \
    { .name = "arp", .type = KNOB_CUSTOM, .doc = "The knobs of ARP." },                            \
    { .name = "fcs", .type = KNOB_BOOL, .offset = offsetof(StackConfig, fcs),                      \
      .doc = "Drop frames that were damaged on the wire." },                                       \
    { .name = "routes", .type = KNOB_CUSTOM, .doc = "\"static\": no automatic routes." }

static const Knob defaults_knobs[] = { STACK_KNOBS, { .name = NULL } };

static const Knob node_knobs[] = {
    STACK_KNOBS,
    { .name = "ip", .type = KNOB_CUSTOM,
      .doc = "Its address with prefix, or a list: of eth0, eth1 ..." },
    { .name = "mac", .type = KNOB_CUSTOM, .doc = "The MAC address of eth0." },
    { .name = "gateway", .type = KNOB_CUSTOM, .doc = "The next hop of its default route." },
    { .name = "hosts", .type = KNOB_CUSTOM, .doc = "Names and their addresses, as in /etc/hosts." },
    { .name = "dns", .type = KNOB_CUSTOM, .doc = "The address of its DNS server, or a list." },
    { .name = "search", .type = KNOB_CUSTOM,
      .doc = "A domain to look for short names in, or a list." },
    { .name = "resolver", .type = KNOB_CUSTOM, .doc = "The knobs of its programs' resolver." },
    { .name = NULL }
};

static uint32_t check_isn(lua_State *L, int arg)
{
    int is_int;
    lua_Integer n = lua_tointegerx(L, arg, &is_int);

    if (!is_int || n < 0 || n > UINT32_MAX)
        lua_fail(L, "tcp: isn is \"rfc6528\", \"clock\", \"fixed\", \"clock4ms\", \"random\", "
                    "\"counter64k\", a number from 0 to 4294967295, or a list of them, "
                    "not '%s'", order_text(L, arg));
    return (uint32_t)n;
}

static void read_isn(lua_State *L, TcpConfig *cfg)
{
    int arg = lua_gettop(L);

    if (lua_type(L, arg) == LUA_TSTRING)
        for (int i = 0; tcp_isn_names[i] != NULL; i++)
            if (strcmp(lua_tostring(L, arg), tcp_isn_names[i]) == 0) {
                cfg->isn = (TcpIsn)i;
                return;
            }
    cfg->isn = TCP_ISN_LIST;
    cfg->n_isn = 0;
    if (lua_type(L, arg) != LUA_TTABLE) {
        cfg->isn_list[cfg->n_isn++] = check_isn(L, arg);
        return;
    }
    lua_Integer n = luaL_len(L, arg);
    if (n < 1 || n > TCP_ISN_MAX)
        lua_fail(L, "tcp: isn takes a list of 1 to %d numbers", TCP_ISN_MAX);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, arg, i);
        cfg->isn_list[cfg->n_isn++] = check_isn(L, -1);
        lua_pop(L, 1);
    }
}

static void tcp_custom(lua_State *L, const Knob *knob, void *config)
{
    if (strcmp(knob->name, "isn") == 0)
        read_isn(L, config);
    else if (!tcp_config_set_fastopen_key(config, order_text(L, -1)))
        lua_fail(L, "tcp: fastopen_key is four words in hex with dashes between them, or two such "
                    "keys with a comma, not '%s'", lua_tostring(L, -1));
    else
        lua_pop(L, 1); /* the text */
}

/* The profile goes first: the other fields change what it has set, wherever they stand. */
static void read_tcp(lua_State *L, int arg, TcpConfig *cfg)
{
    const Knob *profile = knob_find(tcp_knobs, "profile");
    GError *error = NULL;

    if (lua_type(L, arg) == LUA_TTABLE) {
        lua_getfield(L, arg, "profile");
        if (lua_type(L, -1) == LUA_TSTRING) {
            if (!knob_set_text(profile, cfg, lua_tostring(L, -1), &error))
                lua_fail_gerror(L, error);
            tcp_config_set_profile(cfg, cfg->profile);
        }
        lua_pop(L, 1);
    }
    lua_options(L, arg, "tcp", tcp_knobs, cfg, tcp_custom);
}

static void read_routes(lua_State *L, StackConfig *cfg)
{
    const char *text = lua_tostring(L, -1);

    if (text == NULL || (strcmp(text, "static") != 0 && strcmp(text, "auto") != 0))
        lua_fail(L, "routes is \"auto\" or \"static\", not '%s'", order_text(L, -1));
    cfg->ipv4.auto_routes = strcmp(text, "auto") == 0;
}

static void stack_custom(lua_State *L, const Knob *knob, void *config)
{
    StackConfig *cfg = config;
    int arg = lua_gettop(L);

    if (strcmp(knob->name, "tcp") == 0)
        read_tcp(L, arg, &cfg->tcp);
    else if (strcmp(knob->name, "ipv4") == 0)
        lua_options(L, arg, "ipv4", ipv4_knobs, &cfg->ipv4, NULL);
    else if (strcmp(knob->name, "arp") == 0)
        lua_options(L, arg, "arp", arp_knobs, &cfg->arp, NULL);
    else
        read_routes(L, cfg);
}

/* The address of an interface: one that a host may send from (RFC 1122 3.2.1.3); IP_NONE for
 * "dhcp". */
IpPrefix lua_read_interface_address(lua_State *L, int arg)
{
    if (lua_type(L, arg) == LUA_TSTRING && strcmp(lua_tostring(L, arg), "dhcp") == 0)
        return (IpPrefix){ .addr = IP_NONE };
    IpPrefix p = lua_check_prefix(L, arg);
    bool small = p.len >= 31; /* RFC 3021: both addresses are hosts' */

    if (ip_is_multicast(p.addr) || ip_is_loopback(p.addr) || ip_is_any(p.addr) ||
        ip_is_limited_broadcast(p.addr) ||
        (!small && (ip_equal(p.addr, prefix_network(p)) || ip_equal(p.addr, prefix_broadcast(p)))))
        lua_fail(L, "%s cannot be a host's: it is a network's, a broadcast, loopback or group "
                    "address",
                 lua_tostring(L, arg));
    return p;
}

MacAddr lua_read_interface_mac(lua_State *L, int arg)
{
    MacAddr mac = lua_check_mac(L, arg);

    if (mac_is_group(mac))
        lua_fail(L, "%s cannot be an interface's: it is a broadcast or group address",
                 order_text(L, arg));
    return mac;
}

static void read_addresses(lua_State *L, NodeOptions *opt)
{
    int arg = lua_gettop(L);

    if (lua_type(L, arg) != LUA_TTABLE) {
        opt->ip[opt->n_ip++] = lua_read_interface_address(L, arg);
        return;
    }
    lua_Integer n = luaL_len(L, arg);
    if (n < 1 || n > MAX_ADDRESSES)
        lua_fail(L, "ip takes a list of 1 to %d addresses", MAX_ADDRESSES);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, arg, i);
        opt->ip[opt->n_ip++] = lua_read_interface_address(L, lua_gettop(L));
        lua_pop(L, 1);
    }
}

IpAddr lua_read_address(lua_State *L, int arg, const char *what)
{
    const char *text = lua_type(L, arg) == LUA_TSTRING ? lua_tostring(L, arg) : NULL;
    IpAddr addr = IP_NONE;

    if (text == NULL || !ip_parse(text, &addr))
        lua_fail(L, "%s: '%s' is no address such as \"10.0.0.1\"", what,
                 order_text(L, arg));
    return addr;
}

static void check_hosts(lua_State *L)
{
    int arg = lua_gettop(L);
    const char *wrong = NULL;
    IpAddr addr;

    if (lua_type(L, arg) != LUA_TTABLE)
        lua_fail(L, "hosts is a table of names and addresses");
    for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            lua_fail(L, "hosts is a table of names and addresses");
        const char *name = lua_tostring(L, -2);
        bool address = lua_type(L, -1) == LUA_TSTRING && ip_parse(lua_tostring(L, -1), &addr);
        if (!address && lua_test_node(L, -1) == NULL && (wrong == NULL || strcmp(name, wrong) < 0))
            wrong = name;
    }
    if (wrong != NULL)
        lua_fail(L, "hosts: '%s' stands for neither an address nor a node", wrong);
}

static void check_dns(lua_State *L)
{
    int arg = lua_gettop(L);

    if (lua_type(L, arg) != LUA_TTABLE) {
        if (lua_test_node(L, arg) == NULL)
            lua_read_address(L, arg, "dns");
        return;
    }
    for (lua_Integer i = 1; lua_geti(L, arg, i) != LUA_TNIL; i++, lua_pop(L, 1))
        if (lua_test_node(L, -1) == NULL)
            lua_read_address(L, lua_gettop(L), "dns");
    lua_pop(L, 1);
}

static void check_domain(lua_State *L)
{
    DnsName name;

    if (lua_type(L, -1) != LUA_TSTRING || !dns_name_parse(lua_tostring(L, -1), &name))
        lua_fail(L, "search: '%s' is no domain name", order_text(L, -1));
}

static void check_search(lua_State *L)
{
    int arg = lua_gettop(L);

    if (lua_type(L, arg) != LUA_TTABLE) {
        check_domain(L);
        return;
    }
    for (lua_Integer i = 1; lua_geti(L, arg, i) != LUA_TNIL; i++, lua_pop(L, 1))
        check_domain(L);
    lua_pop(L, 1);
}

static void check_resolver(lua_State *L)
{
    DnsStubConfig cfg = dns_stub_defaults;

    lua_options(L, lua_gettop(L), "resolver", dns_stub_knobs, &cfg, NULL);
}

static void node_custom(lua_State *L, const Knob *knob, void *config)
{
    NodeOptions *opt = config;

    if (strcmp(knob->name, "ip") == 0)
        read_addresses(L, opt);
    else if (strcmp(knob->name, "gateway") == 0)
        opt->gateway = lua_read_address(L, lua_gettop(L), "gateway");
    else if (strcmp(knob->name, "hosts") == 0)
        check_hosts(L);
    else if (strcmp(knob->name, "dns") == 0)
        check_dns(L);
    else if (strcmp(knob->name, "search") == 0)
        check_search(L);
    else if (strcmp(knob->name, "resolver") == 0)
        check_resolver(L);
    else if (strcmp(knob->name, "mac") == 0) {
        opt->mac = lua_read_interface_mac(L, lua_gettop(L));
        opt->has_mac = true;
    } else
        stack_custom(L, knob, &opt->cfg);
}

void lua_read_node_options(lua_State *L, int arg, const char *what, NodeOptions *out)
{
    *out = (NodeOptions){ .cfg = lua_world(L)->defaults, .gateway = IP_NONE };
    lua_options(L, arg, what, node_knobs, out, node_custom);
}

void lua_read_defaults(lua_State *L, int arg, StackConfig *cfg)
{
    lua_options(L, arg, "sim.defaults", defaults_knobs, cfg, stack_custom);
}

/* Forgotten even if none is said: an earlier world's node may have had the same address. */
void lua_keep_node_options(lua_State *L, int arg, const Node *node)
{
    static const char *const kept[] = { "hosts", "dns", "search", "resolver" };

    lua_forget_node_options(L, node);
    for (size_t i = 0; i < G_N_ELEMENTS(kept) && lua_istable(L, arg); i++) {
        if (lua_getfield(L, arg, kept[i]) != LUA_TNIL)
            lua_set_node_option(L, node, kept[i]);
        else
            lua_pop(L, 1);
    }
}
