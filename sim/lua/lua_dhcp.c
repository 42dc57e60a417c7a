/*
 * lua_dhcp.c - host:dhcp and host:serve_dhcp: addresses that are lent.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dhcp.h"
#include "sim/lua/lua_net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- a client's interface --------------------------------------------------------------------- */

static Iface *named_iface(lua_State *L, const Stack *stack, const char *what, const char *name)
{
    Iface *iface = stack_iface(stack, name);

    if (iface == NULL)
        lua_fail(L, "%s: %s has no interface '%s'", what, stack->node->name, name);
    return iface;
}

/* The one that is said; else the first that is to be leased. */
static Iface *leased_iface(lua_State *L, const Stack *stack, const char *what, const char *name)
{
    if (name != NULL) {
        Iface *iface = named_iface(L, stack, what, name);
        if (!iface->ip_leased)
            lua_fail(L, "%s: %s of %s has an address: say ip = \"dhcp\" for it", what, name,
                     stack->node->name);
        return iface;
    }
    for (guint i = 0; i < stack->ifaces->len; i++) {
        Iface *iface = g_ptr_array_index(stack->ifaces, i);
        if (iface->ip_leased)
            return iface;
    }
    lua_fail(L, "%s: no interface of %s is without an address: say ip = \"dhcp\" for one", what,
             stack->node->name);
    return NULL;
}

/* An interface's name at arg, or nothing. */
static const char *optional_name(lua_State *L, int arg)
{
    return lua_isnoneornil(L, arg) ? NULL : luaL_checkstring(L, arg);
}

/* --- what it has ------------------------------------------------------------------------------ */

static void set_hosts(lua_State *L, const char *field, const IpAddr *addrs, size_t n)
{
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_push_ip(L, addrs[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, field);
}

static void set_time(lua_State *L, const char *field, SimTime t)
{
    if (t == NEVER)
        lua_pushnumber(L, (lua_Number)INFINITY);
    else
        lua_push_seconds(L, t);
    lua_setfield(L, -2, field);
}

static void append_hosts(GString *out, const char *what, const IpAddr *addrs, size_t n)
{
    char text[IP_TEXT];

    for (size_t i = 0; i < n; i++)
        g_string_append_printf(out, "%s %s", i == 0 ? what : ",", ip_text(addrs[i], text));
}

static char *lease_text(const DhcpLease *lease)
{
    char prefix[PREFIX_TEXT], server[IP_TEXT];
    GString *out = g_string_new(prefix_text(lease->prefix, prefix));

    append_hosts(out, ", router", lease->routers, lease->n_routers);
    append_hosts(out, ", dns", lease->dns, lease->n_dns);
    if (lease->domain[0] != 0)
        g_string_append_printf(out, ", domain %s", lease->domain);
    g_string_append_printf(out, ", from %s", ip_text(lease->server, server));
    if (lease->length != NEVER) {
        char *length = time_to_text(lease->length);
        g_string_append_printf(out, " for %s", length);
        g_free(length);
    }
    return g_string_free(out, FALSE);
}

/* { ip, prefix, server, router, routers, dns, domain, lease, since, renew, rebind, expires } */
static void push_lease(lua_State *L, const DhcpClient *c)
{
    const DhcpLease *lease = dhcp_client_lease(c);
    char text[PREFIX_TEXT];

    if (lease == NULL) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, 14);
    lua_push_ip(L, lease->prefix.addr);
    lua_setfield(L, -2, "ip");
    lua_pushstring(L, prefix_text(lease->prefix, text));
    lua_setfield(L, -2, "prefix");
    lua_push_ip(L, lease->server);
    lua_setfield(L, -2, "server");
    lua_push_ip(L, lease->n_routers > 0 ? lease->routers[0] : IP_NONE);
    lua_setfield(L, -2, "router");
    set_hosts(L, "routers", lease->routers, lease->n_routers);
    set_hosts(L, "dns", lease->dns, lease->n_dns);
    if (lease->domain[0] != 0) {
        lua_pushstring(L, lease->domain);
        lua_setfield(L, -2, "domain");
    }
    set_time(L, "lease", lease->length);
    set_time(L, "since", lease->since);
    set_time(L, "renew", lease->t1);
    set_time(L, "rebind", lease->t2);
    set_time(L, "expires", lease->ends);
    lua_pushstring(L, dhcp_client_iface(c)->port->name);
    lua_setfield(L, -2, "interface");
    char *shown = lease_text(lease);
    lua_pushstring(L, shown);
    g_free(shown);
    lua_prints_as(L);
}

/* --- host:dhcp -------------------------------------------------------------------------------- */

typedef struct DhcpOptions {
    DhcpClientConfig cfg; /* first: its knobs are read into it */
    char        *interface;
    SimTime      timeout;
    const Stack *from;
} DhcpOptions;

static const Knob own_knobs[] = {
    { .name = "interface", .type = KNOB_CUSTOM, .names = (const char *const[]){ "string", NULL },
      .doc = "Which one; the first that is to be leased." },
    { .name = "timeout", .type = KNOB_TIME, .offset = offsetof(DhcpOptions, timeout),
      .doc = "How long the program waits." },
    { .name = "request", .type = KNOB_CUSTOM, .doc = "The address that it asks for." },
    { .name = NULL }
};

static void dhcp_custom(lua_State *L, const Knob *knob, void *config)
{
    DhcpOptions *opt = config;

    if (strcmp(knob->name, "request") == 0)
        opt->cfg.request = lua_check_address(L, lua_gettop(L), opt->from);
    else
        opt->interface = (char *)(uintptr_t)luaL_checkstring(L, -1); /* the table keeps it */
}

/* Two tables as one, which lives on the stack. */
static const Knob *joined(lua_State *L, const Knob *own, const Knob *more)
{
    size_t n_own = 0, n_more = 0;

    while (own[n_own].name != NULL)
        n_own++;
    while (more[n_more].name != NULL)
        n_more++;
    Knob *all = lua_newuserdatauv(L, (n_own + n_more + 1) * sizeof(Knob), 0);
    memcpy(all, own, n_own * sizeof(Knob));
    memcpy(all + n_own, more, (n_more + 1) * sizeof(Knob));
    return all;
}

static bool is_settled(void *client)
{
    const DhcpClient *c = client;

    return dhcp_client_state(c) == DHCP_OFF ||
           (dhcp_client_iface(c)->ip_leased && dhcp_client_lease(c) != NULL);
}

static int waited_k(lua_State *L, int status, lua_KContext client)
{
    DhcpClient *c = (DhcpClient *)client;

    (void)status;
    if (!is_settled(c)) {
        dhcp_client_set_eager(c, false);
        return lua_timed_out(L);
    }
    push_lease(L, c);
    if (!lua_isnil(L, -1))
        return 1;
    lua_pop(L, 1);
    if (dhcp_client_iface(c)->port->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    return lua_timed_out(L);
}

static int wait_for(lua_State *L, DhcpClient *c, SimTime timeout)
{
    SimTime deadline = timeout == NEVER ? NEVER : time_add(sim_now(lua_sim(L)), timeout);

    if (is_settled(c))
        return waited_k(L, LUA_OK, (lua_KContext)c);
    return task_wait_until(L, is_settled, c, deadline, waited_k, (lua_KContext)c);
}

/* host:dhcp([{ interface = , timeout = , probes = ... }]) -> lease, or nil, "TIMEOUT" */
static int l_dhcp(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    DhcpOptions opt = { .cfg = dhcp_client_defaults, .timeout = NEVER, .from = stack };
    NetError err;

    lua_check_act(L, "dhcp");
    lua_settop(L, 2);
    opt.cfg.request = IP_NONE;
    lua_options(L, 2, "dhcp", joined(L, own_knobs, dhcp_client_knobs), &opt, dhcp_custom);
    lua_settle(L);
    Iface *iface = leased_iface(L, stack, "dhcp", opt.interface);
    if (stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    DhcpClient *c = dhcp_client_of(dhcp_of(stack), iface, &err);
    if (c == NULL)
        return lua_net_error(L, err);
    dhcp_client_start(c, &opt.cfg);
    dhcp_client_set_eager(c, true);
    return wait_for(L, c, opt.timeout);
}

static const Knob inform_knobs[] = {
    { .name = "interface", .type = KNOB_CUSTOM, .names = (const char *const[]){ "string", NULL },
      .doc = "Which one; the first." },
    { .name = "timeout", .type = KNOB_TIME, .offset = offsetof(DhcpOptions, timeout),
      .doc = "How long the program waits." },
    { .name = NULL }
};

/* host:dhcp_inform([{ interface = , timeout = }]) -> what belongs to its address; nil, "TIMEOUT" */
static int l_dhcp_inform(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    DhcpOptions opt = { .timeout = NEVER, .from = stack };
    NetError err;

    lua_check_act(L, "dhcp_inform");
    lua_options(L, 2, "dhcp_inform", inform_knobs, &opt, dhcp_custom);
    lua_settle(L);
    if (stack->ifaces->len == 0)
        return lua_fail(L, "dhcp_inform: %s has no interface", stack->node->name);
    Iface *iface = opt.interface != NULL ? named_iface(L, stack, "dhcp_inform", opt.interface)
                                         : g_ptr_array_index(stack->ifaces, 0);
    if (iface->ip_leased)
        return lua_fail(L, "dhcp_inform: %s has no address of its own: dhcp() asks for one",
                        stack->node->name);
    if (stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    DhcpClient *c = dhcp_client_of(dhcp_of(stack), iface, &err);
    if (c == NULL)
        return lua_net_error(L, err);
    dhcp_client_inform(c);
    return wait_for(L, c, opt.timeout);
}

/* The client of the interface named at arg 2; NULL: it has none. */
static DhcpClient *client_at(lua_State *L, const char *what)
{
    Stack *stack = lua_check_stack(L, 1);

    return dhcp_client_at(dhcp_of(stack), leased_iface(L, stack, what, optional_name(L, 2)));
}

/* host:dhcp_release([interface]) -> true, or false: there was nothing to give back */
static int l_dhcp_release(lua_State *L)
{
    lua_check_act(L, "dhcp_release");
    DhcpClient *c = client_at(L, "dhcp_release");
    lua_pushboolean(L, c != NULL && dhcp_client_release(c));
    return 1;
}

/* host:dhcp_lease([interface]) -> what it has now, or nil */
static int l_dhcp_lease(lua_State *L)
{
    const DhcpClient *c = client_at(L, "dhcp_lease");

    if (c != NULL)
        push_lease(L, c);
    else
        lua_pushnil(L);
    return 1;
}

/* host:dhcp_state([interface]) -> "BOUND", "SELECTING" ... */
static int l_dhcp_state(lua_State *L)
{
    const DhcpClient *c = client_at(L, "dhcp_state");

    lua_pushstring(L, dhcp_state_text(c != NULL ? dhcp_client_state(c) : DHCP_OFF));
    return 1;
}

/* --- host:serve_dhcp -------------------------------------------------------------------------- */

enum { MAX_HOSTS = 200 };

typedef struct ServeOptions {
    DhcpScopeConfig cfg; /* first: its knobs are read into it */
    IpAddr   hosts[MAX_HOSTS]; /* the DNS servers */
    bool     has_pool;
    const Stack *from;
} ServeOptions;

static size_t read_hosts(lua_State *L, const ServeOptions *opt, const char *what, IpAddr *out,
                         size_t max)
{
    int arg = lua_gettop(L);
    size_t n = 0;

    if (!lua_istable(L, arg)) {
        out[0] = lua_check_address(L, arg, opt->from);
        return 1;
    }
    for (lua_Integer i = 1; lua_geti(L, arg, i) != LUA_TNIL; i++) {
        if (n == max)
            lua_fail(L, "serve_dhcp: %d addresses at most for %s", (int)max, what);
        out[n++] = lua_check_address(L, lua_gettop(L), opt->from);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return n;
}

static void read_pool(lua_State *L, ServeOptions *opt)
{
    const char *text = lua_tostring(L, -1), *dash = text != NULL ? strchr(text, '-') : NULL;
    char first[IP_TEXT] = "";

    if (dash != NULL && (size_t)(dash - text) < sizeof first)
        memcpy(first, text, (size_t)(dash - text));
    if (dash == NULL || !ip_parse(first, &opt->cfg.first) ||
        !ip_parse(dash + 1, &opt->cfg.last) || ip_compare(opt->cfg.first, opt->cfg.last) > 0)
        lua_fail(L, "serve_dhcp: '%s' is no pool such as \"192.168.1.100-192.168.1.199\"",
                 order_text(L, -1));
    opt->has_pool = true;
}

static void serve_custom(lua_State *L, const Knob *knob, void *config)
{
    ServeOptions *opt = config;

    if (strcmp(knob->name, "pool") == 0) {
        read_pool(L, opt);
    } else if (strcmp(knob->name, "subnet") == 0) {
        opt->cfg.subnet = lua_check_prefix(L, lua_gettop(L));
    } else if (strcmp(knob->name, "router") == 0) {
        opt->cfg.n_routers = read_hosts(L, opt, "router", opt->cfg.routers, DHCP_SERVERS);
    } else if (strcmp(knob->name, "dns") == 0) {
        opt->cfg.n_dns = read_hosts(L, opt, "dns", opt->hosts, MAX_HOSTS);
        opt->cfg.dns = opt->hosts;
    } else if (strcmp(knob->name, "domain") == 0) {
        g_strlcpy(opt->cfg.domain, luaL_checkstring(L, -1), sizeof opt->cfg.domain);
    } else if (!lua_istable(L, -1)) { /* reservations: read when all else is right */
        lua_fail(L, "serve_dhcp: reservations is a table of MACs and addresses");
    }
}

static const Knob serve_knobs[] = {
    { .name = "pool", .type = KNOB_CUSTOM, .names = (const char *const[]){ "string", NULL },
      .doc = "The addresses that it lends, \"first-last\"." },
    { .name = "subnet", .type = KNOB_CUSTOM, .names = (const char *const[]){ "string", NULL },
      .doc = "Of clients behind a relay; else the interface's." },
    { .name = "router", .type = KNOB_CUSTOM, .doc = "The default gateway, or a list." },
    { .name = "dns", .type = KNOB_CUSTOM, .doc = "The DNS server, or a list." },
    { .name = "domain", .type = KNOB_CUSTOM, .names = (const char *const[]){ "string", NULL },
      .doc = "Where short names are looked for." },
    { .name = "reservations", .type = KNOB_CUSTOM, .doc = "Addresses by MAC, theirs for good." },
    { .name = NULL }
};

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their names, whatever Lua's. The table is on top. */
static void reserve(lua_State *L, DhcpStore *store, const Stack *stack)
{
    int arg = lua_gettop(L);
    size_t n = 0;

    for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1), n++)
        if (lua_type(L, -2) != LUA_TSTRING)
            lua_fail(L, "serve_dhcp: reservations is a table of MACs and addresses");
    const char **macs = lua_newuserdatauv(L, (n + 1) * sizeof *macs, 0);
    size_t i = 0;
    for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1))
        macs[i++] = lua_tostring(L, -2);
    qsort(macs, n, sizeof *macs, compare_texts);
    for (i = 0; i < n; i++) {
        lua_pushstring(L, macs[i]);
        MacAddr mac = lua_check_mac(L, lua_gettop(L));
        lua_getfield(L, arg, macs[i]);
        dhcp_store_reserve(store, mac, lua_check_address(L, lua_gettop(L), stack));
        lua_settop(L, arg + 1);
    }
}

/* host:serve_dhcp{ pool = , router = , dns = , lease = , reservations = { } } -> true; nil, NAME */
static int l_serve_dhcp(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    ServeOptions opt = { .cfg = dhcp_scope_defaults, .from = stack };
    NetError err;

    lua_check_act(L, "serve_dhcp");
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    opt.cfg.subnet.addr = IP_NONE;
    lua_settle(L);
    lua_options(L, 2, "serve_dhcp", joined(L, serve_knobs, dhcp_scope_knobs), &opt, serve_custom);
    if (!opt.has_pool)
        return lua_fail(L, "serve_dhcp: a pool is wanted: pool = \"192.168.1.100-192.168.1.199\"");
    if (stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    Dhcp *dhcp = dhcp_of(stack);
    if (!dhcp_store_add_scope(dhcp->store, &opt.cfg))
        return lua_fail(L, "serve_dhcp: the pool lies in no network of %s", stack->node->name);
    if (lua_getfield(L, 2, "reservations") != LUA_TNIL)
        reserve(L, dhcp->store, stack);
    if (dhcp_serve(dhcp, &err) == NULL)
        return lua_net_error(L, err);
    lua_pushboolean(L, true);
    return 1;
}

/* --- host:dhcp_leases ------------------------------------------------------------------------- */

/* Stack: the rows, the table by address. */
static void push_binding(lua_State *L, const DhcpBinding *b, lua_Integer i, GString *out)
{
    char ip[IP_TEXT], mac[MAC_TEXT], when[32] = "";

    lua_createtable(L, 0, 6);
    lua_push_ip(L, b->addr);
    lua_setfield(L, -2, "ip");
    lua_push_mac(L, b->mac);
    lua_setfield(L, -2, "mac");
    lua_pushstring(L, b->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, dhcp_binding_text(b->state));
    lua_setfield(L, -2, "state");
    lua_pushboolean(L, b->reserved);
    lua_setfield(L, -2, "reserved");
    set_time(L, "expires", b->until);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, ip_text(b->addr, ip));
    lua_rawseti(L, -3, i);
    if (b->state != DHCP_FREE && b->state != DHCP_RESERVED && b->until != NEVER)
        g_snprintf(when, sizeof when, "%" G_GINT64_FORMAT, b->until / SEC);
    g_string_append_printf(out, "%-15s %-17s %-8s %8s %s\n", ip, mac_text(b->mac, mac),
                           dhcp_binding_text(b->state), when, b->name);
}

/* host:dhcp_leases() -> rows, also by address */
static int l_dhcp_leases(lua_State *L)
{
    Dhcp *dhcp = dhcp_of(lua_check_stack(L, 1));
    GString *out = g_string_new(NULL);
    size_t n;
    const DhcpBinding *const *bindings = dhcp_store_bindings(dhcp->store, &n);

    g_string_append_printf(out, "%-15s %-17s %-8s %8s %s\n", "Address", "MAC", "State", "Until",
                           "Name");
    lua_newtable(L);
    lua_newtable(L);
    for (size_t i = 0; i < n; i++)
        push_binding(L, bindings[i], (lua_Integer)i + 1, out);
    lua_also_answers(L);
    g_string_truncate(out, out->len - 1);
    lua_pushlstring(L, out->str, out->len);
    g_string_free(out, TRUE);
    lua_prints_as(L);
    return 1;
}

void lua_open_dhcp(lua_State *L)
{
    static const luaL_Reg methods[] = { { "dhcp", l_dhcp },
                                        { "dhcp_inform", l_dhcp_inform },
                                        { "dhcp_release", l_dhcp_release },
                                        { "dhcp_lease", l_dhcp_lease },
                                        { "dhcp_state", l_dhcp_state },
                                        { "serve_dhcp", l_serve_dhcp },
                                        { "dhcp_leases", l_dhcp_leases },
                                        { NULL, NULL } };

    lua_class_add(L, "host", methods);
    lua_class_add(L, "router", methods);
}
