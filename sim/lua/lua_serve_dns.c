/*
 * lua_serve_dns.c - a name server on a host: its zones, its recursion, its cache.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns.h"
#include "protocols/application/dns_text.h"
#include "sim/lua/lua_net.h"

#include <string.h>

enum { MAX_SERVERS = 32 };

typedef struct ServeOptions {
    DnsResolverConfig resolver; /* first: its knobs are read into it */
    bool     recursive;
    bool     has_zone, has_roots, has_forward;
    DnsName  zone;
    IpAddr   servers[MAX_SERVERS]; /* roots or forwarders */
    size_t   n;
} ServeOptions;

/* --- options ---------------------------------------------------------------------------------- */

static void read_servers(lua_State *L, ServeOptions *opt)
{
    int arg = lua_gettop(L);

    if (!lua_istable(L, arg)) {
        opt->servers[opt->n++] = lua_check_address(L, arg, NULL);
        return;
    }
    for (lua_Integer i = 1; lua_geti(L, arg, i) != LUA_TNIL; i++) {
        if (opt->n == MAX_SERVERS)
            lua_fail(L, "serve_dns: %d servers at most", MAX_SERVERS);
        opt->servers[opt->n++] = lua_check_address(L, lua_gettop(L), NULL);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void serve_custom(lua_State *L, const Knob *knob, void *config)
{
    ServeOptions *opt = config;

    if (strcmp(knob->name, "zone") == 0) {
        const char *text = order_text(L, -1);
        if (!dns_name_parse(text, &opt->zone))
            lua_fail(L, "serve_dns: '%s' is no domain name", text);
        lua_pop(L, 1);
        opt->has_zone = true;
    } else if (strcmp(knob->name, "roots") == 0) {
        opt->has_roots = true;
        read_servers(L, opt);
    } else if (strcmp(knob->name, "forward") == 0) {
        opt->has_forward = true;
        read_servers(L, opt);
    }
}

/* Its own rows, then the resolver's. */
static const Knob serve_knobs[] = {
    { .name = "zone", .type = KNOB_CUSTOM, .names = (const char *const[]){ "string", NULL },
      .doc = "It is authoritative for this one." },
    { .name = "records", .type = KNOB_CUSTOM, .names = (const char *const[]){ "string", NULL },
      .doc = "The zone's records, RFC 1035 §5 text, or the file beside the scenario." },
    { .name = "recursive", .type = KNOB_BOOL, .offset = offsetof(ServeOptions, recursive),
      .doc = "It finds answers for who asks it to." },
    { .name = "roots", .type = KNOB_CUSTOM, .doc = "The servers where it begins." },
    { .name = "forward", .type = KNOB_CUSTOM, .doc = "Resolvers that it asks instead." },
    { .name = NULL }
};

static const Knob *all_knobs(lua_State *L)
{
    size_t own = G_N_ELEMENTS(serve_knobs) - 1, more = 0;

    while (dns_resolver_knobs[more].name != NULL)
        more++;
    Knob *all = lua_newuserdatauv(L, (own + more + 1) * sizeof(Knob), 0);
    memcpy(all, serve_knobs, own * sizeof(Knob));
    memcpy(all + own, dns_resolver_knobs, (more + 1) * sizeof(Knob));
    return all;
}

/* --- a zone's text ---------------------------------------------------------------------------- */

/* What all lines have in front, for a text in a scenario is indented with it; empty lines apart. */
static size_t indent_of(const char *text, size_t len)
{
    size_t least = SIZE_MAX, at = 0;

    while (at < len) {
        size_t blanks = 0;
        while (at + blanks < len && (text[at + blanks] == ' ' || text[at + blanks] == '\t'))
            blanks++;
        if (at + blanks < len && text[at + blanks] != '\n')
            least = MIN(least, blanks);
        const char *end = memchr(text + at, '\n', len - at);
        at = end != NULL ? (size_t)(end - text) + 1 : len;
    }
    return least == SIZE_MAX ? 0 : least;
}

static char *without_indent(const char *text, size_t len)
{
    size_t indent = indent_of(text, len);
    GString *out = g_string_sized_new(len);

    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = (end != NULL ? (size_t)(end - text) + 1 : len) - at, skip = 0;
        while (skip < MIN(indent, n) && (text[at + skip] == ' ' || text[at + skip] == '\t'))
            skip++;
        g_string_append_len(out, text + at + skip, (gssize)(n - skip));
        at += n;
    }
    return g_string_free(out, FALSE);
}

/* A name without blanks, and of no other folder, is a file's. */
static bool is_file_name(const char *text)
{
    return *text != 0 && *text != '.' && strpbrk(text, " \t\n/\\") == NULL;
}

/* The text of the zone's records, newly allocated; *file is where it comes from, likewise. NULL and
 * *error if it cannot be read. */
static char *zone_text(const World *world, const char *records, size_t len, char **file,
                       GError **error)
{
    char *text = NULL;

    if (!is_file_name(records)) {
        *file = g_strdup("records");
        return without_indent(records, len);
    }
    char *folder = g_path_get_dirname(world->file);
    char *path = g_build_filename(folder, records, NULL);
    *file = g_strdup(records);
    if (!g_file_get_contents(path, &text, NULL, NULL))
        g_set_error(error, DNS_ZONE_ERROR, 0,
                    "serve_dns: there is no file '%s' beside the scenario", records);
    g_free(path);
    g_free(folder);
    return text;
}

/* The zone, or NULL and *error. */
static DnsZone *read_zone(const World *world, const DnsName *origin, const char *records,
                          size_t len, GError **error)
{
    char *file = NULL, *text = zone_text(world, records, len, &file, error);
    DnsZone *zone = NULL;

    if (text != NULL) {
        zone = dns_zone_new(origin);
        if (!dns_zone_read(zone, text, strlen(text), file, !is_file_name(records), error)) {
            dns_zone_free(zone);
            zone = NULL;
        }
    }
    g_free(text);
    g_free(file);
    return zone;
}

/* --- serve_dns -------------------------------------------------------------------------------- */

static void check_options(lua_State *L, const Stack *stack, const ServeOptions *opt)
{
    lua_getfield(L, 2, "records");
    bool has_records = lua_type(L, -1) == LUA_TSTRING;
    lua_pop(L, 1);
    if (opt->has_zone != has_records)
        lua_fail(L, "serve_dns: a zone has a name and records, both texts");
    if (opt->has_roots && opt->has_forward)
        lua_fail(L, "serve_dns: roots, or forward, not both");
    if (opt->has_roots && !opt->recursive)
        lua_fail(L, "serve_dns: roots are for recursive = true");
    if (opt->recursive && opt->n == 0)
        lua_fail(L, "serve_dns: recursion begins at roots = { ... }, or at forward = { ... }");
    if (!opt->has_zone && opt->n == 0)
        lua_fail(L, "serve_dns: a zone with records, or recursive = true, is wanted");
    if (opt->n > 0 && dns_of((Stack *)stack)->resolver != NULL)
        lua_fail(L, "serve_dns: %s recurses already", stack->node->name);
}

/* host:serve_dns{ zone = , records = [[ ... ]], recursive = , roots = { } } -> true; nil, NAME */
static int l_serve_dns(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    ServeOptions opt = { .resolver = dns_resolver_defaults };
    GError *error = NULL;
    NetError err;
    size_t len;

    lua_check_act(L, "serve_dns");
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_options(L, 2, "serve_dns", all_knobs(L), &opt, serve_custom);
    check_options(L, stack, &opt);
    if (stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    DnsZone *zone = NULL;
    if (opt.has_zone) {
        lua_getfield(L, 2, "records");
        const char *records = lua_tolstring(L, -1, &len);
        zone = read_zone(lua_world(L), &opt.zone, records, len, &error);
        if (zone == NULL)
            return lua_fail_gerror(L, error);
    }
    Dns *dns = dns_of(stack);
    if (dns_serve(dns, &err) == NULL) {
        if (zone != NULL)
            dns_zone_free(zone);
        return lua_net_error(L, err);
    }
    if (zone != NULL)
        dns_server_add_zone(dns->server, zone);
    if (opt.n > 0)
        dns_recurse(dns, &opt.resolver, opt.servers, opt.n, opt.has_forward);
    lua_pushboolean(L, true);
    return 1;
}

/* --- dns_cache -------------------------------------------------------------------------------- */

typedef struct CacheRows {
    lua_State *L;
    lua_Integer n;
    GString   *text;
} CacheRows;

static void push_cache_row(CacheRows *rows, const char *name, const char *type, const char *data,
                           uint32_t ttl, const char *trust)
{
    lua_State *L = rows->L;

    lua_createtable(L, 0, 5);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, type);
    lua_setfield(L, -2, "type");
    lua_pushstring(L, data);
    lua_setfield(L, -2, "data");
    lua_pushinteger(L, ttl);
    lua_setfield(L, -2, "ttl");
    lua_pushstring(L, trust);
    lua_setfield(L, -2, "trust");
    if (lua_getfield(L, -2, name) == LUA_TNIL) { /* by its name: the first row */
        lua_pushvalue(L, -2);
        lua_setfield(L, -4, name);
    }
    lua_pop(L, 1);
    lua_rawseti(L, -3, ++rows->n);
    g_string_append_printf(rows->text, "%-31s %7u %-5s %s\n", name, ttl, type, data);
}

/* Stack: the rows, and below the top the table of names. */
static void add_entry(void *self, const DnsName *name, uint16_t type, const DnsCached *e)
{
    static const char *const trusts[] = { "additional", "referral", "answer", "authority",
                                          "authoritative" };
    static const char *const kinds[] = { "", "NODATA", "NXDOMAIN", "SERVFAIL" };
    char text[DNS_NAME_TEXT], type_text[DNS_TYPE_TEXT];
    CacheRows *rows = self;
    Span data;

    size_t n = strlen(dns_name_text(name, text));
    if (n > 1)
        text[n - 1] = 0;
    if (e->kind != DNS_KIND_SET) {
        push_cache_row(rows, text, type != 0 ? dns_type_text(type, type_text) : "ANY",
                       kinds[e->kind], e->ttl, trusts[e->trust]);
        return;
    }
    for (size_t at = 0; dns_set_next(e->set, &at, &data);) {
        GString *out = g_string_new(NULL);
        dns_data_text(type, data, out);
        push_cache_row(rows, text, dns_type_text(type, type_text), out->str, e->ttl,
                       trusts[e->trust]);
        g_string_free(out, TRUE);
    }
}

/* host:dns_cache() -> rows, also by name: its resolver's, or what its programs' stub remembers */
static int l_dns_cache(lua_State *L)
{
    Dns *dns = dns_of(lua_check_stack(L, 1));
    CacheRows rows = { .L = L, .text = g_string_new(NULL) };

    g_string_append_printf(rows.text, "%-31s %7s %-5s %s\n", "Name", "TTL", "Type", "Data");
    lua_newtable(L);
    lua_newtable(L);
    if (dns->resolver != NULL)
        dns_cache_each(dns_resolver_cache(dns->resolver), add_entry, &rows);
    else
        dns_cache_each(dns_stub_cache(dns->stub), add_entry, &rows);
    lua_also_answers(L);
    g_string_truncate(rows.text, rows.text->len - 1);
    lua_pushlstring(L, rows.text->str, rows.text->len);
    g_string_free(rows.text, TRUE);
    lua_prints_as(L);
    return 1;
}

void lua_open_serve_dns(lua_State *L)
{
    static const luaL_Reg methods[] = { { "serve_dns", l_serve_dns },
                                        { "dns_cache", l_dns_cache },
                                        { NULL, NULL } };

    lua_class_add(L, "host", methods);
    lua_class_add(L, "router", methods);
}
