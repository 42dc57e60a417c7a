/*
 * lua_net.c - hosts, routers, switches, their interfaces and routes, and sim.defaults.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_stub.h"
#include "protocols/link/bridge.h"
#include "sim/lua/lua_net.h"

#include <string.h>

enum { MAX_ADDRESSES = 16 };

/* What a host or a router may be told when it is made. */
typedef struct NodeOptions {
    StackConfig cfg; /* first: sim.defaults reads the same rows into it */
    IpPrefix    ip[MAX_ADDRESSES]; /* addr IP_NONE: by DHCP */
    unsigned    n_ip;
    MacAddr     mac;
    bool        has_mac;
    IpAddr      gateway;
} NodeOptions;

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

static const Knob switch_knobs[] = {
    { .name = "ageing", .type = KNOB_TIME, .offset = 0, .min = 1, .max = INT64_MAX,
      .doc = "How long an address is remembered.", .source = "IEEE 802.1D §7.9.2" },
    { .name = NULL }
};

/* --- option tables ---------------------------------------------------------------------------- */

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
static IpPrefix read_interface_address(lua_State *L, int arg)
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

static MacAddr read_interface_mac(lua_State *L, int arg)
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
        opt->ip[opt->n_ip++] = read_interface_address(L, arg);
        return;
    }
    lua_Integer n = luaL_len(L, arg);
    if (n < 1 || n > MAX_ADDRESSES)
        lua_fail(L, "ip takes a list of 1 to %d addresses", MAX_ADDRESSES);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, arg, i);
        opt->ip[opt->n_ip++] = read_interface_address(L, lua_gettop(L));
        lua_pop(L, 1);
    }
}

/* An address that can be said before the topology stands: no node. */
static IpAddr read_address(lua_State *L, int arg, const char *what)
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
            read_address(L, arg, "dns");
        return;
    }
    for (lua_Integer i = 1; lua_geti(L, arg, i) != LUA_TNIL; i++, lua_pop(L, 1))
        if (lua_test_node(L, -1) == NULL)
            read_address(L, lua_gettop(L), "dns");
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
        opt->gateway = read_address(L, lua_gettop(L), "gateway");
    else if (strcmp(knob->name, "hosts") == 0)
        check_hosts(L);
    else if (strcmp(knob->name, "dns") == 0)
        check_dns(L);
    else if (strcmp(knob->name, "search") == 0)
        check_search(L);
    else if (strcmp(knob->name, "resolver") == 0)
        check_resolver(L);
    else if (strcmp(knob->name, "mac") == 0) {
        opt->mac = read_interface_mac(L, lua_gettop(L));
        opt->has_mac = true;
    } else
        stack_custom(L, knob, &opt->cfg);
}

/* --- making nodes ----------------------------------------------------------------------------- */

static bool is_name_char(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
}

static void check_name(lua_State *L, const char *what, const char *name)
{
    size_t n = 0;

    while (is_name_char(name[n]))
        n++;
    if (n == 0 || name[n] != 0)
        lua_fail(L, "%s: a name has letters, digits, '_', '.' and '-' only, not '%s'", what, name);
}

static const char *check_new_name(lua_State *L, const char *what)
{
    const char *name = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : NULL;
    IpAddr addr;

    lua_check_act(L, what);
    if (name == NULL)
        lua_fail(L, "%s: a name is wanted", what);
    check_name(L, what, name);
    if (ip_parse(name, &addr))
        lua_fail(L, "%s: '%s' is an address, not a name", what, name);
    if (sim_node(lua_sim(L), name) != NULL)
        lua_fail(L, "%s: there is a node called '%s' already", what, name);
    return name;
}

static void set_address(Stack *stack, Iface *iface, IpPrefix prefix)
{
    stack_set_address(stack, iface, prefix);
    iface->ip_leased = ip_is_none(prefix.addr);
    iface->ip_said = !iface->ip_leased;
}

/* Forgotten even if none is said: an earlier world's node may have had the same address. */
static void keep_options(lua_State *L, const Node *node)
{
    static const char *const kept[] = { "hosts", "dns", "search", "resolver" };

    lua_forget_node_options(L, node);
    for (size_t i = 0; i < G_N_ELEMENTS(kept) && lua_istable(L, 2); i++) {
        if (lua_getfield(L, 2, kept[i]) != LUA_TNIL)
            lua_set_node_option(L, node, kept[i]);
        else
            lua_pop(L, 1);
    }
}

static int make_node(lua_State *L, NodeKind kind, const char *what)
{
    const char *name = check_new_name(L, what);
    NodeOptions opt = { .cfg = lua_world(L)->defaults, .gateway = IP_NONE };

    lua_settop(L, 2);
    lua_options(L, 2, what, node_knobs, &opt, node_custom);
    Node *node = node_new(lua_sim(L), name, kind);
    Stack *stack = stack_new(node, &opt.cfg);
    for (unsigned i = 0; i < opt.n_ip || (i == 0 && opt.has_mac); i++) {
        Iface *iface = stack_add_iface(stack, NULL, i == 0 && opt.has_mac ? &opt.mac : NULL);
        if (i < opt.n_ip)
            set_address(stack, iface, opt.ip[i]);
    }
    if (!ip_is_none(opt.gateway)) {
        Route route = { .prefix = { IP4_ANY, 0 },
                        .kind = ROUTE_VIA,
                        .origin = ROUTE_STATIC,
                        .via = opt.gateway };
        ipv4_route_add(stack->ipv4, &route);
    }
    keep_options(L, node);
    lua_push_node(L, node);
    return 1;
}

/* sim.host(name [, { ip = , gateway = , tcp = { ... } ... }]) -> host */
static int l_host(lua_State *L)
{
    return make_node(L, NODE_HOST, "sim.host");
}

static int l_router(lua_State *L)
{
    return make_node(L, NODE_ROUTER, "sim.router");
}

/* sim.switch(name [, { ageing = "5min" }]) -> switch */
static int l_switch(lua_State *L)
{
    const char *name = check_new_name(L, "sim.switch");
    SimTime ageing = 300 * SEC;

    lua_settop(L, 2);
    lua_options(L, 2, "sim.switch", switch_knobs, &ageing, NULL);
    Node *node = node_new(lua_sim(L), name, NODE_SWITCH);
    bridge_new(node, ageing);
    lua_push_node(L, node);
    return 1;
}

/* sim.defaults { tcp = { ... }, arp = { warm = true } }: of all nodes made from here on */
static int l_defaults(lua_State *L)
{
    World *world = lua_world(L);
    StackConfig cfg = world->defaults;

    if (!lua_istable(L, 1))
        return lua_fail(L, "sim.defaults takes a table of options");
    lua_options(L, 1, "sim.defaults", defaults_knobs, &cfg, stack_custom);
    world->defaults = cfg;
    return 0;
}

/* --- ports and interfaces --------------------------------------------------------------------- */

Port *lua_node_new_port(Node *node, const char *name)
{
    char next[24];

    for (unsigned i = node->ports->len; name == NULL && node->ports_named; i++) {
        g_snprintf(next, sizeof next, "eth%u", i);
        if (node_port(node, next) == NULL)
            name = next;
    }
    Stack *stack = node_stack(node);
    return stack != NULL ? stack_add_iface(stack, name, NULL)->port
                         : bridge_add_port(node->stack, name);
}

typedef struct IfaceOptions {
    IpPrefix ip;
    MacAddr  mac;
    bool     has_ip, has_mac;
} IfaceOptions;

static const Knob iface_knobs[] = {
    { .name = "ip", .type = KNOB_CUSTOM, .doc = "Its address with the length of the prefix." },
    { .name = "mac", .type = KNOB_CUSTOM, .doc = "Its MAC address." },
    { .name = NULL }
};

static void iface_custom(lua_State *L, const Knob *knob, void *config)
{
    IfaceOptions *opt = config;

    if (strcmp(knob->name, "ip") == 0) {
        opt->ip = read_interface_address(L, lua_gettop(L));
        opt->has_ip = true;
    } else {
        opt->mac = read_interface_mac(L, lua_gettop(L));
        opt->has_mac = true;
    }
}

/* node:interface(name [, { ip = "10.0.0.1/24", mac = "02:..." }]) -> interface, made if need be */
static int l_interface(lua_State *L)
{
    Node *node = lua_check_node(L, 1);
    const char *name = luaL_checkstring(L, 2);
    Stack *stack = node_stack(node);
    IfaceOptions opt = { .has_ip = false };

    lua_settop(L, 3);
    lua_options(L, 3, "interface", iface_knobs, &opt, iface_custom);
    if (stack == NULL && (opt.has_ip || opt.has_mac))
        return lua_fail(L, "interface: '%s' is a switch: its ports have no addresses", node->name);
    Port *port = node_port(node, name);
    if (port == NULL || opt.has_ip || opt.has_mac)
        lua_check_act(L, "interface");
    if (port == NULL) {
        check_name(L, "interface", name);
        port = stack != NULL
                   ? stack_add_iface(stack, name, opt.has_mac ? &opt.mac : NULL)->port
                   : lua_node_new_port(node, name);
    }
    if (opt.has_mac)
        eth_set_mac(port_iface(port), opt.mac);
    if (opt.has_ip)
        set_address(stack, port_iface(port), opt.ip);
    lua_push_object(L, "interface", port);
    return 1;
}

static int iface_index(lua_State *L, void *p, const char *name)
{
    Port *port = p;
    Iface *iface = port_iface(port);

    if (strcmp(name, "name") == 0)
        lua_pushstring(L, port->name);
    else if (strcmp(name, "node") == 0)
        lua_push_node(L, port->node);
    else if (strcmp(name, "mac") == 0 && iface != NULL)
        lua_push_mac(L, iface->mac);
    else if (strcmp(name, "ip") == 0 && iface != NULL) {
        lua_settle(L);
        lua_push_ip(L, iface->ip.addr);
    } else
        return 0;
    return 1;
}

static void iface_text(lua_State *L, void *p, GString *out)
{
    const Port *port = p;
    const Iface *iface = port_iface(port);
    char text[PREFIX_TEXT];

    (void)L;
    g_string_append_printf(out, "interface<%s.%s", port->node->name, port->name);
    if (iface != NULL && !ip_is_none(iface->ip.addr))
        g_string_append_printf(out, " %s", prefix_text(iface->ip, text));
    g_string_append_c(out, '>');
}

/* --- routes ----------------------------------------------------------------------------------- */

/* node:route(prefix, via | "blackhole" | "unreachable"): a static one */
static int l_route(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    Route route = { .origin = ROUTE_STATIC };
    const char *text = luaL_checkstring(L, 2), *via = lua_tostring(L, 3);
    IpAddr addr;

    lua_check_act(L, "route");
    if (ip_parse(text, &addr))
        route.prefix = (IpPrefix){ addr, 32 };
    else
        route.prefix = lua_check_prefix(L, 2);
    if (ip_compare(prefix_network(route.prefix), route.prefix.addr) != 0)
        return lua_fail(L, "route: %s has bits beyond its prefix", text);
    if (via != NULL && strcmp(via, "blackhole") == 0) {
        route.kind = ROUTE_BLACKHOLE;
    } else if (via != NULL && strcmp(via, "unreachable") == 0) {
        route.kind = ROUTE_UNREACHABLE;
    } else {
        route.kind = ROUTE_VIA;
        if (via == NULL || !ip_parse(via, &route.via))
            route.via = lua_check_address(L, 3, stack);
    }
    ipv4_route_add(stack->ipv4, &route);
    return 0;
}

/* --- the classes ------------------------------------------------------------------------------ */

static int node_index(lua_State *L, void *p, const char *name)
{
    Node *node = p;
    Stack *stack = node_stack(node);

    if (strcmp(name, "name") == 0) {
        lua_pushstring(L, node->name);
        return 1;
    }
    if (stack != NULL && strcmp(name, "ip") == 0) {
        lua_settle(L);
        lua_push_ip(L, autoconf_address(stack, NULL));
        return 1;
    }
    if (stack != NULL && strcmp(name, "mac") == 0) {
        if (stack->ifaces->len > 0)
            lua_push_mac(L, ((Iface *)g_ptr_array_index(stack->ifaces, 0))->mac);
        else
            lua_pushnil(L);
        return 1;
    }
    return lua_counter_index(L, node, name);
}

static void node_text(lua_State *L, void *p, GString *out)
{
    const Node *node = p;
    const Stack *stack = node_stack(node);
    char text[IP_TEXT];

    (void)L;
    g_string_append_printf(out, "%s<%s", node_kind_name(node->kind), node->name);
    for (guint i = 0; stack != NULL && i < stack->ifaces->len; i++) {
        const Iface *iface = g_ptr_array_index(stack->ifaces, i);
        if (!ip_is_none(iface->ip.addr))
            g_string_append_printf(out, " %s", ip_text(iface->ip.addr, text));
    }
    g_string_append_c(out, '>');
}

void lua_open_net(lua_State *L)
{
    static const luaL_Reg functions[] = { { "host", l_host },
                                          { "router", l_router },
                                          { "switch", l_switch },
                                          { "defaults", l_defaults },
                                          { NULL, NULL } };
    static const luaL_Reg stack_methods[] = { { "interface", l_interface },
                                              { "route", l_route },
                                              { NULL, NULL } };
    static const luaL_Reg no_methods[] = { { NULL, NULL } };
    static const luaL_Reg switch_methods[] = { { "interface", l_interface }, { NULL, NULL } };

    luaL_setfuncs(L, functions, 0);
    lua_class(L, "host", stack_methods, node_index, node_text, NULL);
    lua_class(L, "router", stack_methods, node_index, node_text, NULL);
    lua_class(L, "switch", switch_methods, node_index, node_text, NULL);
    lua_class(L, "interface", no_methods, iface_index, iface_text, NULL);
    lua_open_link(L);
}
