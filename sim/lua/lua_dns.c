/*
 * lua_dns.c - names: host:resolve, and a name wherever an address may stand.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns.h"
#include "protocols/application/dns_text.h"
#include "sim/lua/lua_dns.h"
#include "sim/lua/lua_net.h"

#include <string.h>

/* A question of a program's. Who has stopped waiting for it leaves it to its end. */
typedef struct LuaQuery {
    bool       done, dropped;
    WaitQueue  queue;
    DnsResult  result;
    DnsMessage *message;
    IpAddr     server, addr;
    const char *place;
    bool       tcp;
    SimTime    took;
} LuaQuery;

/* --- the host's resolver, as its options say -------------------------------------------------- */

static void set_servers(lua_State *L, Stack *stack, DnsStub *stub)
{
    GArray *servers = g_array_new(FALSE, FALSE, sizeof(IpAddr));
    IpAddr addr = IP_NONE;

    for (lua_Integer i = 1; lua_istable(L, -1) && lua_geti(L, -1, i) != LUA_TNIL; i++) {
        const Node *node = lua_test_node(L, -1);
        if (node != NULL)
            addr = autoconf_address(node_stack(node), stack);
        else if (!ip_parse(lua_tostring(L, -1), &addr))
            addr = IP_NONE;
        if (!ip_is_none(addr))
            g_array_append_val(servers, addr);
        lua_pop(L, 1);
    }
    if (lua_istable(L, -2))
        lua_pop(L, 1);
    dns_stub_set_servers(stub, (const IpAddr *)(const void *)servers->data, servers->len);
    g_array_free(servers, TRUE);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of names, whatever Lua's. */
static void set_hosts(lua_State *L, Stack *stack, DnsStub *stub)
{
    GPtrArray *names = g_ptr_array_new();
    DnsName name;

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        g_ptr_array_add(names, (char *)lua_tostring(L, -2));
    g_ptr_array_sort(names, compare_texts);
    dns_stub_clear_hosts(stub);
    for (guint i = 0; i < names->len; i++) {
        IpAddr addr = IP_NONE;
        lua_getfield(L, -1, g_ptr_array_index(names, i));
        const Node *node = lua_test_node(L, -1);
        if (node != NULL)
            addr = autoconf_address(node_stack(node), stack);
        else
            ip_parse(lua_tostring(L, -1), &addr);
        if (dns_name_parse(g_ptr_array_index(names, i), &name) && !ip_is_none(addr))
            dns_stub_add_host(stub, &name, addr);
        lua_pop(L, 1);
    }
    g_ptr_array_free(names, TRUE);
}

static void set_search(lua_State *L, DnsStub *stub)
{
    DnsName name;

    dns_stub_clear_search(stub);
    for (lua_Integer i = 1; lua_geti(L, -1, i) != LUA_TNIL; i++, lua_pop(L, 1))
        if (dns_name_parse(lua_tostring(L, -1), &name))
            dns_stub_add_search(stub, &name);
    lua_pop(L, 1);
}

/* A single value becomes a list of one. */
static bool push_list(lua_State *L, const Node *node, const char *option)
{
    lua_push_node_option(L, node, option);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return false;
    }
    if (lua_istable(L, -1))
        return true;
    lua_createtable(L, 1, 0);
    lua_insert(L, -2);
    lua_rawseti(L, -2, 1);
    return true;
}

static DnsStub *host_stub(lua_State *L, Stack *stack)
{
    DnsStub *stub = dns_of(stack)->stub;
    DnsStubConfig cfg = *dns_stub_config(stub);

    lua_settle(L);
    if (push_list(L, stack->node, "dns")) {
        set_servers(L, stack, stub);
        lua_pop(L, 1);
    }
    if (push_list(L, stack->node, "hosts")) {
        set_hosts(L, stack, stub);
        lua_pop(L, 1);
    }
    if (push_list(L, stack->node, "search")) {
        set_search(L, stub);
        lua_pop(L, 1);
    }
    lua_push_node_option(L, stack->node, "resolver");
    if (!lua_isnil(L, -1)) {
        lua_options(L, lua_gettop(L), "resolver", dns_stub_knobs, &cfg, NULL);
        dns_stub_set_config(stub, &cfg);
    }
    lua_pop(L, 1);
    return stub;
}

/* --- asking ----------------------------------------------------------------------------------- */

static void query_free(LuaQuery *query)
{
    dns_message_free(query->message);
    g_free(query);
}

static void on_end(void *user, const DnsAnswer *answer)
{
    LuaQuery *query = user;

    if (query->dropped) {
        query_free(query);
        return;
    }
    query->done = true;
    query->result = answer->result;
    query->message = answer->message != NULL ? dns_message_copy(answer->message) : NULL;
    query->server = answer->server;
    query->addr = dns_answer_address(answer);
    query->place = answer->place;
    query->tcp = answer->tcp;
    query->took = answer->took;
    waitq_wake(&query->queue);
}

static void query_gc(void *p)
{
    LuaQuery *query = p;

    if (query->done)
        query_free(query);
    else
        query->dropped = true;
}

/* Pushes the query; false, with nothing pushed: the text is no name. */
static bool push_query(lua_State *L, DnsStub *stub, const DnsStubAsking *asking)
{
    LuaQuery *query = g_new0(LuaQuery, 1);

    if (dns_stub_resolve(stub, asking, on_end, query) == NULL) {
        g_free(query);
        return false;
    }
    lua_push_object(L, "query", query);
    return true;
}

/* --- the result ------------------------------------------------------------------------------- */

static void set_text(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static void set_bool(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

void lua_set_dns_name(lua_State *L, const char *field, const DnsName *name)
{
    char text[DNS_NAME_TEXT];
    size_t n = strlen(dns_name_text(name, text));

    lua_pushlstring(L, text, n > 1 ? n - 1 : n);
    lua_setfield(L, -2, field);
}

void lua_push_dns_sets(lua_State *L, const GPtrArray *sets)
{
    char type[DNS_TYPE_TEXT];
    lua_Integer n = 0;
    Span data;

    lua_newtable(L);
    for (guint i = 0; i < sets->len; i++) {
        const DnsSet *set = g_ptr_array_index(sets, i);
        for (size_t at = 0; dns_set_next(set, &at, &data);) {
            GString *text = g_string_new(NULL);
            dns_data_text(set->type, data, text);
            lua_createtable(L, 0, 4);
            lua_set_dns_name(L, "name", &set->name);
            set_text(L, "type", dns_type_text(set->type, type));
            lua_pushinteger(L, set->ttl);
            lua_setfield(L, -2, "ttl");
            if (set->type == DNS_NS || set->type == DNS_CNAME || set->type == DNS_PTR)
                g_string_truncate(text, text->len - (text->len > 1));
            lua_pushlstring(L, text->str, text->len);
            lua_setfield(L, -2, "data");
            g_string_free(text, TRUE);
            lua_rawseti(L, -2, ++n);
        }
    }
}

static void push_text(lua_State *L, const LuaQuery *query)
{
    GString *out = g_string_new(";; Got answer:\n");
    char server[IP_TEXT];

    dns_message_text(query->message, out);
    g_string_append_printf(out, "\n;; Query time: %" G_GINT64_FORMAT " msec\n",
                           (query->took + MSEC / 2) / MSEC);
    if (!ip_is_none(query->server))
        g_string_append_printf(out, ";; SERVER: %s#%d (%s)\n;; MSG SIZE  rcvd: %zu",
                               ip_text(query->server, server), DNS_PORT,
                               query->tcp ? "TCP" : "UDP", query->message->size);
    else
        g_string_append_printf(out, ";; FROM: %s", query->place);
    lua_pushlstring(L, out->str, out->len);
    g_string_free(out, TRUE);
}

/* { name, type, status, aa, tc, rd, ra, server, transport, place, time, address, answer, ... } */
static void push_result(lua_State *L, const LuaQuery *query)
{
    static const char *const sections[] = { "answer", "authority", "additional" };
    const DnsMessage *m = query->message;
    char type[DNS_TYPE_TEXT];

    lua_createtable(L, 0, 20);
    lua_set_dns_name(L, "name", &m->q.name);
    set_text(L, "type", dns_type_text(m->q.type, type));
    const char *status = dns_rcode_text(m->rcode);
    set_text(L, "status", status != NULL ? status : "RESERVED");
    set_bool(L, "aa", m->h.aa);
    set_bool(L, "tc", m->h.tc);
    set_bool(L, "rd", m->h.rd);
    set_bool(L, "ra", m->h.ra);
    set_text(L, "place", query->place);
    if (!ip_is_none(query->server)) {
        lua_push_ip(L, query->server);
        lua_setfield(L, -2, "server");
        set_text(L, "transport", query->tcp ? "tcp" : "udp");
        lua_pushinteger(L, m->h.id);
        lua_setfield(L, -2, "id");
        lua_pushinteger(L, (lua_Integer)m->size);
        lua_setfield(L, -2, "size");
    }
    lua_push_seconds(L, query->took);
    lua_setfield(L, -2, "time");
    lua_push_ip(L, query->addr);
    lua_setfield(L, -2, "address");
    for (int i = 0; i < DNS_SECTIONS; i++) {
        lua_push_dns_sets(L, m->sections[i]);
        lua_setfield(L, -2, sections[i]);
    }
    push_text(L, query);
    lua_prints_as(L);
}

/* --- host:resolve ----------------------------------------------------------------------------- */

typedef struct ResolveOptions {
    DnsStubAsking asking;
    uint64_t      edns;
    SimTime       timeout;
    bool          recurse;
    const Stack  *from;
} ResolveOptions;

#define AT(field) offsetof(ResolveOptions, field)
static const Knob resolve_knobs[] = {
    { .name = "server", .type = KNOB_CUSTOM, .doc = "Who is asked; the host's servers otherwise." },
    { .name = "tcp", .type = KNOB_BOOL, .offset = AT(asking.tcp), .doc = "Over TCP at once." },
    { .name = "edns", .type = KNOB_SIZE, .offset = AT(edns), .min = 0, .max = 65535,
      .doc = "The largest answer over UDP that is announced." },
    { .name = "recurse", .type = KNOB_BOOL, .offset = AT(recurse),
      .doc = "The server is to find the answer (RD); true unless said." },
    { .name = "dns_only", .type = KNOB_BOOL, .offset = AT(asking.dns_only),
      .doc = "Neither hosts file nor cache nor search list, as dig does." },
    { .name = "timeout", .type = KNOB_TIME, .offset = AT(timeout),
      .doc = "How long the program waits." },
    { .name = NULL }
};
#undef AT

static void resolve_custom(lua_State *L, const Knob *knob, void *config)
{
    ResolveOptions *opt = config;

    (void)knob;
    opt->asking.server = lua_check_address(L, lua_gettop(L), opt->from);
}

/* The query is on top of the stack. */
static int resolve_k(lua_State *L, int status, lua_KContext deadline)
{
    LuaQuery *query = lua_check_object(L, -1, "query");

    (void)status;
    if (!query->done) {
        if (deadline <= sim_now(lua_sim(L)))
            return lua_timed_out(L);
        return task_wait(L, &query->queue, deadline, resolve_k, deadline);
    }
    int results = 1;
    if (query->result != DNS_OK) {
        lua_pushnil(L);
        lua_pushstring(L, dns_result_name(query->result));
        results = 2;
    }
    if (query->message != NULL) {
        push_result(L, query);
        results = query->result != DNS_OK ? 3 : 1;
    }
    lua_forget_object(L, query);
    query_free(query);
    return results;
}

static uint16_t check_type(lua_State *L, int arg, const char *name)
{
    uint16_t type = DNS_A;
    IpAddr addr;

    if (lua_isnoneornil(L, arg))
        return ip_parse(name, &addr) ? DNS_PTR : DNS_A;
    if (lua_type(L, arg) != LUA_TSTRING || !dns_type_parse(lua_tostring(L, arg), &type))
        lua_fail(L, "resolve: '%s' is no type such as \"A\" or \"MX\"",
                 order_text(L, arg));
    return type;
}

/* host:resolve(name [, type] [, { server = , tcp = , ... }]) -> result, or nil, NAME [, result] */
static int l_resolve(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    ResolveOptions opt = { .timeout = NEVER, .recurse = true, .from = stack };

    lua_check_act(L, "resolve");
    if (lua_type(L, 2) != LUA_TSTRING)
        return lua_fail(L, "resolve: a name is wanted, not %s", lua_kind(L, 2));
    if (lua_istable(L, 3)) { /* no type */
        lua_pushnil(L);
        lua_insert(L, 3);
    }
    lua_settop(L, 4);
    opt.asking.server = IP_NONE;
    lua_options(L, 4, "resolve", resolve_knobs, &opt, resolve_custom);
    opt.asking.name = lua_tostring(L, 2);
    opt.asking.type = check_type(L, 3, opt.asking.name);
    opt.asking.edns = (uint16_t)opt.edns;
    opt.asking.no_recursion = !opt.recurse;
    DnsStub *stub = host_stub(L, stack);
    if (stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    if (!push_query(L, stub, &opt.asking))
        return lua_fail(L, "resolve: '%s' is no domain name", opt.asking.name);
    return resolve_k(L, LUA_OK, opt.timeout == NEVER
                                    ? NEVER : time_add(sim_now(lua_sim(L)), opt.timeout));
}

/* --- a name where an address may stand -------------------------------------------------------- */

bool lua_wants_dns(lua_State *L, int arg, const Stack *from)
{
    char name[256];
    IpAddr addr;

    if (lua_type(L, arg) != LUA_TSTRING)
        return false;
    lua_split_port(lua_tostring(L, arg), name, sizeof name);
    lua_push_static_host(L, from->node, name);
    bool known = !lua_isnil(L, -1) || ip_parse(name, &addr) ||
                 sim_node(lua_sim(L), name) != NULL;
    lua_pop(L, 1);
    if (known)
        return false;
    lua_push_node_option(L, from->node, "dns");
    bool has_dns = !lua_isnil(L, -1);
    lua_pop(L, 1);
    return has_dns || dns_stub_servers(dns_of((Stack *)(uintptr_t)from)->stub) > 0; /* by DHCP */
}

/* Stack: the caller's arguments, then the query. */
static int found_k(lua_State *L, int status, lua_KContext arg_)
{
    LuaQuery *query = lua_check_object(L, -1, "query");
    int arg = (int)arg_;
    char text[IP_TEXT], name[256];

    (void)status;
    if (!query->done)
        return task_wait(L, &query->queue, NEVER, found_k, arg_);
    DnsResult result = query->result;
    IpAddr addr = query->addr;
    lua_forget_object(L, query);
    query_free(query);
    lua_CFunction again = lua_tocfunction(L, -2);
    lua_pop(L, 2);
    if (result != DNS_OK) {
        lua_pushnil(L);
        lua_pushstring(L, dns_result_name(result));
        return 2;
    }
    const char *port = lua_split_port(lua_tostring(L, arg), name, sizeof name);
    lua_pushfstring(L, "%s%s", ip_text(addr, text), port);
    lua_replace(L, arg);
    return again(L);
}

int lua_dns_first(lua_State *L, int arg, Stack *from, lua_CFunction again)
{
    char name[256];
    DnsStubAsking asking = { .type = DNS_A, .server = IP_NONE };
    DnsStub *stub = host_stub(L, from);

    lua_split_port(lua_tostring(L, arg), name, sizeof name);
    asking.name = name;
    if (from->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    lua_pushcfunction(L, again);
    if (!push_query(L, stub, &asking))
        return lua_fail(L, "'%s' is no domain name", name);
    return found_k(L, LUA_OK, arg);
}

void lua_open_dns(lua_State *L)
{
    static const luaL_Reg methods[] = { { "resolve", l_resolve }, { NULL, NULL } };
    static const luaL_Reg no_methods[] = { { NULL, NULL } };

    lua_class_add(L, "host", methods);
    lua_class_add(L, "router", methods);
    lua_class(L, "query", no_methods, NULL, NULL, query_gc);
    lua_open_serve_dns(L);
}
