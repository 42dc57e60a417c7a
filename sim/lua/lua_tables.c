/*
 * lua_tables.c - a host's tables as rows: sockets, ARP, routes; and as the real tools print them.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/link/bridge.h"
#include "sim/lua/lua_net.h"
#include "sim/view/tables.h"

#include <string.h>

static void set_text(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static void set_int(lua_State *L, const char *name, uint64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, name);
}

static void set_ip(lua_State *L, const char *name, IpAddr addr)
{
    lua_push_ip(L, addr);
    lua_setfield(L, -2, name);
}

/* Appends the table on top to the list below it. */
static void append(lua_State *L)
{
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

/* A table's text without its last newline, which print adds. */
static void push_string(lua_State *L, GString *text)
{
    if (text->len > 0 && text->str[text->len - 1] == '\n')
        g_string_truncate(text, text->len - 1);
    lua_pushlstring(L, text->str, text->len);
    g_string_free(text, TRUE);
}

/* --- sockets ---------------------------------------------------------------------------------- */

typedef struct SocketFilter {
    lua_State  *L;
    const char *state; /* NULL: any */
    uint64_t    port;  /* 0: any */
    bool        udp;
} SocketFilter;

static bool wanted(const SocketFilter *f, const char *state, uint16_t port)
{
    return (f->state == NULL || strcmp(f->state, state) == 0) && (f->port == 0 || f->port == port);
}

static void push_row(lua_State *L, const char *proto, const char *state, IpAddr addr, uint16_t port)
{
    lua_createtable(L, 0, 10);
    set_text(L, "proto", proto);
    set_text(L, "state", state);
    set_ip(L, "local_ip", addr);
    set_int(L, "local_port", port);
}

static void add_listener(void *self, const Listener *l)
{
    SocketFilter *f = self;

    if (!wanted(f, "LISTEN", listener_port(l)))
        return;
    push_row(f->L, "tcp", "LISTEN", listener_addr(l), listener_port(l));
    set_int(f->L, "recv_queue", listener_queued(l));
    set_int(f->L, "send_queue", listener_backlog(l));
    set_int(f->L, "half_open", listener_half_open(l));
    append(f->L);
}

static void add_conn(void *self, const TcpInfo *i)
{
    SocketFilter *f = self;
    const char *state = tcp_state_lua_name(i->state);

    if (!wanted(f, state, i->local_port))
        return;
    push_row(f->L, "tcp", state, i->local, i->local_port);
    set_ip(f->L, "remote_ip", i->remote);
    set_int(f->L, "remote_port", i->remote_port);
    set_int(f->L, "recv_queue", i->recv_queue);
    set_int(f->L, "send_queue", i->send_queue);
    set_text(f->L, "timer", i->timer != NULL ? i->timer : "off");
    lua_push_seconds(f->L, i->timer != NULL ? i->timer_left : 0);
    lua_setfield(f->L, -2, "timer_left");
    lua_pushboolean(f->L, i->has_owner);
    lua_setfield(f->L, -2, "has_owner");
    append(f->L);
}

static void add_udp(SocketFilter *f, Udp *udp)
{
    size_t n;
    UdpSock *const *socks = udp_sockets(udp, &n);

    for (size_t i = 0; i < n; i++) {
        if (!wanted(f, "UNCONN", udp_port(socks[i])))
            continue;
        push_row(f->L, "udp", "UNCONN", udp_addr(socks[i]), udp_port(socks[i]));
        set_int(f->L, "recv_queue", udp_queued(socks[i]));
        append(f->L);
    }
}

static const Knob sockets_knobs[] = {
    { .name = "state", .type = KNOB_CUSTOM, .doc = "Those in this state only." },
    { .name = "port", .type = KNOB_INT, .offset = offsetof(SocketFilter, port), .min = 1,
      .max = 65535, .doc = "Those on this local port only." },
    { .name = "proto", .type = KNOB_CUSTOM, .doc = "\"tcp\", unless said; or \"udp\"." },
    { .name = NULL }
};

static void sockets_custom(lua_State *L, const Knob *knob, void *config)
{
    SocketFilter *f = config;
    const char *text = order_text(L, -1), *names[TCP_STATE_COUNT + 1];

    lua_pop(L, 1); /* a string stays where it came from */
    if (strcmp(knob->name, "proto") == 0) {
        if (strcmp(text, "udp") != 0 && strcmp(text, "tcp") != 0)
            lua_fail(L, "sockets: proto is \"tcp\" or \"udp\"");
        f->udp = strcmp(text, "udp") == 0;
        return;
    }
    for (TcpState s = 0; s < TCP_STATE_COUNT; s++) {
        names[s] = tcp_state_lua_name(s);
        if (strcmp(names[s], text) == 0)
            f->state = names[s];
    }
    names[TCP_STATE_COUNT] = NULL;
    if (f->state != NULL)
        return;
    const char *near = knob_nearest(names, text);
    lua_fail(L, "sockets: no state '%s'%s%s%s", text, near != NULL ? ", did you mean '" : "",
             near != NULL ? near : "", near != NULL ? "'?" : "");
}

/* host:sockets([{ state = "SYN_RECEIVED", port = 80, proto = "udp" }]) -> rows; prints as ss */
static int l_sockets(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    SocketFilter f = { .L = L };

    lua_options(L, 2, "sockets", sockets_knobs, &f, sockets_custom);
    lua_newtable(L);
    if (f.udp) {
        add_udp(&f, stack->made.udp);
    } else {
        tcp_each_listener(stack->made.tcp, add_listener, &f);
        tcp_each(stack->made.tcp, add_conn, &f);
    }
    GString *text = g_string_new(NULL);
    table_ss(stack, false, text);
    push_string(L, text);
    lua_prints_as(L);
    return 1;
}

typedef struct ShowOptions {
    bool timers;
} ShowOptions;

static const Knob show_knobs[] = {
    { .name = "timers", .type = KNOB_BOOL, .offset = offsetof(ShowOptions, timers),
      .doc = "With the timers, as -o." },
    { .name = NULL }
};

static int push_shown(lua_State *L, const char *what,
                      void (*table)(const Stack *stack, bool timers, GString *out))
{
    Stack *stack = lua_check_stack(L, 1);
    ShowOptions opt = { 0 };

    lua_options(L, 2, what, show_knobs, &opt, NULL);
    GString *text = g_string_new(NULL);
    table(stack, opt.timers, text);
    push_string(L, text);
    return 1;
}

/* host:ss([{ timers = true }]) -> text */
static int l_ss(lua_State *L)
{
    return push_shown(L, "ss", table_ss);
}

/* host:netstat([{ timers = true }]) -> text */
static int l_netstat(lua_State *L)
{
    return push_shown(L, "netstat", table_netstat);
}

/* --- ARP, routes, a switch's stations --------------------------------------------------------- */

/* host:arp_table() -> rows, also by address; prints as arp -n does */
static int l_arp_table(lua_State *L)
{
    static const char *const states[] = { "INCOMPLETE", "REACHABLE", "PERMANENT" };
    Stack *stack = lua_check_stack(L, 1);
    size_t n;

    lua_settle(L);
    const ArpEntry *entries = arp_entries(stack->arp, &n);
    lua_createtable(L, (int)n, 0);
    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++) {
        const ArpEntry *e = &entries[i];
        char text[IP_TEXT];
        lua_createtable(L, 0, 5);
        set_ip(L, "ip", e->ip);
        if (e->state != ARP_INCOMPLETE) {
            lua_push_mac(L, e->mac);
            lua_setfield(L, -2, "mac");
        }
        set_text(L, "iface", e->iface->port->name);
        set_text(L, "state", states[e->state]);
        lua_push_seconds(L, sim_now(lua_sim(L)) - e->updated);
        lua_setfield(L, -2, "age");
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, ip_text(e->ip, text));
        lua_rawseti(L, -3, (lua_Integer)i + 1);
    }
    lua_also_answers(L);
    GString *text = g_string_new(NULL);
    table_arp(stack, text);
    push_string(L, text);
    lua_prints_as(L);
    return 1;
}

/* host:routes() -> rows, most specific first; prints as route -n does */
static int l_routes(lua_State *L)
{
    static const char *const kinds[] = { "direct", "via", "blackhole", "unreachable" };
    static const char *const origins[] = { "connected", "static", "dhcp", "auto" };
    Stack *stack = lua_check_stack(L, 1);
    char prefix[PREFIX_TEXT];
    size_t n;

    lua_settle(L);
    const Route *routes = ipv4_routes(stack->ipv4, &n);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_createtable(L, 0, 5);
        set_text(L, "prefix", prefix_text(routes[i].prefix, prefix));
        set_text(L, "kind", kinds[routes[i].kind]);
        set_text(L, "origin", origins[routes[i].origin]);
        if (routes[i].kind == ROUTE_VIA)
            set_ip(L, "via", routes[i].via);
        if (routes[i].iface != NULL)
            set_text(L, "iface", routes[i].iface->port->name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    GString *text = g_string_new(NULL);
    table_routes(stack, text);
    push_string(L, text);
    lua_prints_as(L);
    return 1;
}

/* switch:mac_table() -> rows, also by MAC address */
static int l_mac_table(lua_State *L)
{
    Node *node = lua_check_object(L, 1, "switch");
    size_t n;
    const BridgeEntry *entries = bridge_entries(node->stack, &n);
    GString *text = g_string_new("MAC address        Port\n");
    char mac[MAC_TEXT];

    lua_createtable(L, (int)n, 0);
    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++) {
        lua_createtable(L, 0, 3);
        set_text(L, "mac", mac_text(entries[i].mac, mac));
        set_text(L, "port", entries[i].port->name);
        lua_push_seconds(L, sim_now(lua_sim(L)) - entries[i].seen);
        lua_setfield(L, -2, "age");
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, mac);
        lua_rawseti(L, -3, (lua_Integer)i + 1);
        g_string_append_printf(text, "%s  %s\n", mac, entries[i].port->name);
    }
    lua_also_answers(L);
    push_string(L, text);
    lua_prints_as(L);
    return 1;
}

void lua_open_tables(lua_State *L)
{
    static const luaL_Reg methods[] = { { "sockets", l_sockets },     { "ss", l_ss },
                                        { "netstat", l_netstat },     { "arp_table", l_arp_table },
                                        { "routes", l_routes },       { NULL, NULL } };
    static const luaL_Reg switch_methods[] = { { "mac_table", l_mac_table }, { NULL, NULL } };

    lua_class_add(L, "host", methods);
    lua_class_add(L, "router", methods);
    lua_class_add(L, "switch", switch_methods);
}
