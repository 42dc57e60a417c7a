/*
 * lua_net.c - hosts, routers, switches, their interfaces and routes, and sim.defaults.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/link/bridge.h"
#include "sim/lua/lua_node_options.h"
#include "sim/lua/lua_priv.h"

#include <string.h>

enum { MOST_HOSTS = 10000000 }; /* that one call makes */

static const Knob switch_knobs[] = {
    { .name = "ageing", .type = KNOB_TIME, .offset = 0, .min = 1, .max = INT64_MAX,
      .doc = "How long an address is remembered.", .source = "IEEE 802.1D §7.9.2" },
    { .name = NULL }
};

/* --- making nodes ----------------------------------------------------------------------------- */

static bool is_name_char(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
}

static void check_name(lua_State *L, const char *what, const char *name, size_t len)
{
    size_t n = 0;

    while (is_name_char(name[n]))
        n++;
    if (n == 0 || n != len)
        lua_fail(L, "%s: a name has letters, digits, '_', '.' and '-' only, not '%s'", what, name);
}

static void check_new_name(lua_State *L, const char *what, const char *name)
{
    IpAddr addr;

    if (ip_parse(name, &addr))
        lua_fail(L, "%s: '%s' is an address, not a name", what, name);
    if (sim_node(lua_sim(L), name) != NULL)
        lua_fail(L, "%s: there is a node called '%s' already", what, name);
}

static const char *read_name(lua_State *L, const char *what, size_t *len)
{
    const char *name = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, len) : NULL;

    lua_check_act(L, what);
    if (name == NULL)
        lua_fail(L, "%s: a name is wanted", what);
    check_name(L, what, name, *len);
    return name;
}

static const char *read_new_name(lua_State *L, const char *what)
{
    size_t len;
    const char *name = read_name(L, what, &len);

    check_new_name(L, what, name);
    return name;
}

static void set_address(Stack *stack, Iface *iface, IpPrefix prefix)
{
    stack_set_address(stack, iface, prefix);
    iface->ip_leased = ip_is_none(prefix.addr);
    iface->ip_said = !iface->ip_leased;
}

static Node *build_node(lua_State *L, NodeKind kind, const char *name, const NodeOptions *opt)
{
    Node *node = node_new(lua_sim(L), name, kind);
    Stack *stack = stack_new(node, &opt->cfg);

    for (unsigned i = 0; i < opt->n_ip || (i == 0 && opt->has_mac); i++) {
        Iface *iface = stack_add_iface(stack, NULL, i == 0 && opt->has_mac ? &opt->mac : NULL);
        if (i < opt->n_ip)
            set_address(stack, iface, opt->ip[i]);
    }
    if (!ip_is_none(opt->gateway)) {
        Route route = { .prefix = { IP4_ANY, 0 },
                        .kind = ROUTE_VIA,
                        .origin = ROUTE_STATIC,
                        .via = opt->gateway };
        ipv4_route_add(stack->ipv4, &route);
    }
    return node;
}

static int make_node(lua_State *L, NodeKind kind, const char *what)
{
    const char *name = read_new_name(L, what);
    NodeOptions opt;

    lua_settop(L, 2);
    lua_read_node_options(L, 2, what, &opt);
    Node *node = build_node(L, kind, name, &opt);
    lua_keep_node_options(L, 2, node);
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
    const char *name = read_new_name(L, "sim.switch");
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
    lua_read_defaults(L, 1, &cfg);
    world->defaults = cfg;
    return 0;
}

/* --- many hosts ------------------------------------------------------------------------------- */

static unsigned read_count(lua_State *L, int arg)
{
    int whole;
    lua_Integer n = lua_tointegerx(L, arg, &whole);

    if (!whole || n < 0 || n > MOST_HOSTS)
        lua_fail(L, "sim.hosts: how many is a whole number from 0 to %d, not %s", MOST_HOSTS,
                 order_text(L, arg));
    return (unsigned)n;
}

/* What all of them are told alike, at 5. */
static void read_shared_options(lua_State *L, NodeOptions *opt)
{
    lua_read_node_options(L, 5, "sim.hosts", opt);
    if (opt->has_mac)
        lua_fail(L, "sim.hosts: many hosts cannot have one mac");
    if (opt->n_ip > 1 || (opt->n_ip == 1 && !ip_is_none(opt->ip[0].addr)))
        lua_fail(L, "sim.hosts: many hosts cannot have one ip, but \"dhcp\"");
}

/* The node they are linked to, at 3, and by what links, at 4; NULL: they are not. */
static Node *read_hub(lua_State *L, LinkConfig cfg[2])
{
    Node *hub = lua_test_node(L, 3);

    if (hub == NULL && !lua_isnil(L, 3))
        lua_fail(L, "sim.hosts: they are linked to a node, not to %s", lua_kind(L, 3));
    if (hub == NULL && !lua_isnil(L, 4))
        lua_fail(L, "sim.hosts: options of links, but no node that they lead to");
    lua_pushvalue(L, 4);
    lua_read_new_link(L, lua_gettop(L), cfg);
    lua_pop(L, 1);
    return hub;
}

/* The i-th name, into `name`, which has the prefix already. */
static const char *number_name(char *name, size_t prefix, unsigned i)
{
    char digits[16];
    size_t n = 0;

    for (; i > 0; i /= 10)
        digits[n++] = (char)('0' + i % 10);
    for (size_t k = 0; k < n; k++)
        name[prefix + k] = digits[n - 1 - k];
    name[prefix + n] = 0;
    return name;
}

/* sim.hosts(prefix, n [, node [, { link options } [, { host options }]]]) -> { host, ... }: called
 * prefix1, prefix2 ..., each linked to the node. None is made if one cannot be. */
static int l_hosts(lua_State *L)
{
    size_t prefix;
    const char *name = read_name(L, "sim.hosts", &prefix);
    NodeOptions opt;
    LinkConfig cfg[2];

    lua_settop(L, 5);
    unsigned n = read_count(L, 2);
    read_shared_options(L, &opt);
    Node *hub = read_hub(L, cfg);
    char *each = memcpy(lua_newuserdatauv(L, prefix + 16, 0), name, prefix);
    for (unsigned i = 1; i <= n; i++)
        check_new_name(L, "sim.hosts", number_name(each, prefix, i));
    lua_createtable(L, (int)n, 0);
    for (unsigned i = 1; i <= n; i++) {
        Node *host = build_node(L, NODE_HOST, number_name(each, prefix, i), &opt);
        lua_keep_node_options(L, 5, host);
        if (hub != NULL)
            lua_new_link(L, host, hub, cfg);
        lua_push_node(L, host);
        lua_rawseti(L, -2, i);
        bounds_check(lua_env(L));
        bounds_raise(L);
    }
    return 1;
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
        opt->ip = lua_read_interface_address(L, lua_gettop(L));
        opt->has_ip = true;
    } else {
        opt->mac = lua_read_interface_mac(L, lua_gettop(L));
        opt->has_mac = true;
    }
}

/* node:interface(name [, { ip = "10.0.0.1/24", mac = "02:..." }]) -> interface, made if need be */
static int l_interface(lua_State *L)
{
    Node *node = lua_check_node(L, 1);
    size_t len;
    const char *name = luaL_checklstring(L, 2, &len);
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
        check_name(L, "interface", name, len);
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
    } else if (strcmp(name, "link") == 0 && port->out != NULL)
        lua_push_link(L, link_of(port->out));
    else if (strcmp(name, "link") == 0)
        lua_pushnil(L);
    else
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
                                          { "hosts", l_hosts },
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
