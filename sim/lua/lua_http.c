/*
 * lua_http.c - the web in scenarios: host:get, host:browser, host:serve_http.
 *
 * Client and server are libraries in Lua (http*.lua), which are part of the program; here are their
 * options, and what they have from C: the reader of messages, waiting, the clock. Their chunks have
 * names without '@', so a mistake is told with the line of the scenario.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/http_reader.h"
#include "protocols/transport/siphash.h"
#include "sim/lua/lua_http.h"
#include "sim/lua/lua_net.h"

#include <string.h>

static const char library_key;

/* --- what the libraries have from here: readers ----------------------------------------------- */

#define READER "http reader"
#define GATE "http gate"

static HttpReader *check_reader(lua_State *L)
{
    return *(HttpReader **)luaL_checkudata(L, 1, READER);
}

static int reader_gc(lua_State *L)
{
    HttpReader **r = lua_touserdata(L, 1);

    http_reader_free(*r);
    return 0;
}

/* reader(responses) */
static int n_reader(lua_State *L)
{
    HttpReader **r = lua_newuserdatauv(L, sizeof(HttpReader *), 0);

    *r = http_reader_new(lua_toboolean(L, 1));
    luaL_setmetatable(L, READER);
    return 1;
}

static int n_feed(lua_State *L)
{
    size_t n;
    const char *data = luaL_checklstring(L, 2, &n);

    http_reader_feed(check_reader(L), (Span){ (const uint8_t *)data, n });
    return 0;
}

static int n_finish(lua_State *L)
{
    http_reader_end(check_reader(L));
    return 0;
}

static int n_expect(lua_State *L)
{
    http_reader_expect(check_reader(L), lua_toboolean(L, 2));
    return 0;
}

static int n_rest(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)http_reader_rest(check_reader(L)));
    return 1;
}

static void set_span(lua_State *L, const char *name, Span s)
{
    lua_pushlstring(L, (const char *)s.p, s.n);
    lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

/* A value that runs over several lines becomes one: RFC 9112 §5.2. */
static void push_value(lua_State *L, Span s)
{
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, s.n);

    for (size_t i = 0; i < s.n; i++)
        out[i] = s.p[i] == '\r' || s.p[i] == '\n' ? ' ' : (char)s.p[i];
    luaL_pushresultsize(&b, s.n);
}

static void push_head(lua_State *L, const HttpHead *head, HttpFraming framing)
{
    static const char *const framings[] = { "none", "length", "chunked", "end" };

    lua_createtable(L, 0, 10);
    set_integer(L, "minor", head->minor);
    lua_pushstring(L, framings[framing]);
    lua_setfield(L, -2, "framing");
    if (head->response) {
        set_integer(L, "status", head->status);
        set_span(L, "reason", head->reason);
    } else {
        set_span(L, "method", head->method);
        set_span(L, "target", head->target);
    }
    lua_createtable(L, (int)head->n, 0);
    for (size_t i = 0; i < head->n; i++) {
        lua_createtable(L, 2, 0);
        lua_pushlstring(L, (const char *)head->fields[i].name.p, head->fields[i].name.n);
        lua_rawseti(L, -2, 1);
        push_value(L, head->fields[i].value);
        lua_rawseti(L, -2, 2);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "fields");
}

/* next(reader) -> nil, or what comes: "head", table; "piece", text; "done"; "closed"; "fault",
 * status, why */
static int n_next(lua_State *L)
{
    static const char *const names[] = { [HTTP_HEAD] = "head",     [HTTP_PIECE] = "piece",
                                         [HTTP_DONE] = "done",     [HTTP_CLOSED] = "closed",
                                         [HTTP_FAULT] = "fault" };
    HttpReader *r = check_reader(L);
    HttpEvent event = http_reader_next(r);

    lua_pushstring(L, names[event]);
    if (event == HTTP_HEAD) {
        push_head(L, http_reader_head(r), http_reader_framing(r));
        return 2;
    }
    if (event == HTTP_PIECE) {
        Span piece = http_reader_piece(r);
        lua_pushlstring(L, (const char *)piece.p, piece.n);
        return 2;
    }
    if (event != HTTP_FAULT)
        return 1;
    lua_pushinteger(L, (lua_Integer)http_reader_fault(r).status);
    lua_pushstring(L, http_reader_fault(r).why);
    return 3;
}

/* --- waiting, time, and the rest -------------------------------------------------------------- */

static int n_gate(lua_State *L)
{
    WaitQueue *queue = lua_newuserdatauv(L, sizeof(WaitQueue), 0);

    *queue = (WaitQueue){ 0 };
    luaL_setmetatable(L, GATE);
    return 1;
}

static int waited(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    lua_pushboolean(L, !task_timed_out(L));
    return 1;
}

/* wait(gate [, instant]) -> whether it was woken */
static int n_wait(lua_State *L)
{
    WaitQueue *queue = luaL_checkudata(L, 1, GATE);
    SimTime deadline = lua_isnoneornil(L, 2) ? NEVER : luaL_checkinteger(L, 2);

    return task_wait(L, queue, deadline, waited, 0);
}

static int n_wake(lua_State *L)
{
    waitq_wake(luaL_checkudata(L, 1, GATE));
    return 0;
}

static int n_now(lua_State *L)
{
    lua_pushinteger(L, sim_now(lua_sim(L)));
    return 1;
}

static int n_seconds(lua_State *L)
{
    lua_push_seconds(L, luaL_checkinteger(L, 1));
    return 1;
}

/* A strong one: other octets, another tag. */
static int n_etag(lua_State *L)
{
    static const uint8_t key[SIPHASH_KEY] = "entity tag";
    size_t n;
    const char *body = luaL_checklstring(L, 1, &n);
    char text[24];

    g_snprintf(text, sizeof text, "\"%016" G_GINT64_MODIFIER "x\"",
               siphash(key, (Span){ (const uint8_t *)body, n }));
    lua_pushstring(L, text);
    return 1;
}

/* finds(host, name): does connect find it without DNS? */
static int n_finds(lua_State *L)
{
    lua_pushboolean(L, !lua_wants_dns(L, 2, lua_check_stack(L, 1)));
    return 1;
}

static int n_fail(lua_State *L)
{
    return lua_fail(L, "%s", luaL_checkstring(L, 1));
}

/* --- calling them ----------------------------------------------------------------------------- */

static int called(lua_State *L, int status, lua_KContext below)
{
    (void)status;
    return lua_gettop(L) - (int)below;
}

/* http.lua and its two kin, as text. */
static const unsigned char shared_text[] = {
#include "sim/lua/http.inc"
};
static const unsigned char server_text[] = {
#include "sim/lua/http_server.inc"
};
static const unsigned char client_text[] = {
#include "sim/lua/http_client.inc"
};

/* Stack: the library's table, the functions from here. */
static void load_chunk(lua_State *L, const char *name, const unsigned char *text, size_t n)
{
    if (luaL_loadbufferx(L, (const char *)text, n, name, "t") != LUA_OK)
        lua_error(L);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -3);
    lua_call(L, 2, 0);
}

/* Read when it is first asked for: most scenarios have no HTTP, and to read it takes as long as all
 * else that a start does. */
static void push_library(lua_State *L)
{
    static const luaL_Reg natives[] = {
        { "reader", n_reader }, { "feed", n_feed },       { "finish", n_finish },
        { "expect", n_expect }, { "rest", n_rest },       { "next", n_next },
        { "gate", n_gate },     { "wait", n_wait },       { "wake", n_wake },
        { "now", n_now },       { "seconds", n_seconds }, { "etag", n_etag },
        { "finds", n_finds },   { "fail", n_fail },       { NULL, NULL } };

    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &library_key) != LUA_TNIL)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_createtable(L, 0, (int)G_N_ELEMENTS(natives));
    luaL_setfuncs(L, natives, 0);
    load_chunk(L, "=http.lua", shared_text, sizeof shared_text);
    load_chunk(L, "=http_server.lua", server_text, sizeof server_text);
    load_chunk(L, "=http_client.lua", client_text, sizeof client_text);
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &library_key);
}

/* The library's function of that name with the n values on top: what it returns. */
static int call_library(lua_State *L, const char *name, int n)
{
    push_library(L);
    lua_getfield(L, -1, name);
    lua_replace(L, -2);
    lua_insert(L, -n - 1);
    int below = lua_gettop(L) - n - 1;
    lua_callk(L, n, LUA_MULTRET, below, called);
    return called(L, LUA_OK, below);
}

/* --- options ---------------------------------------------------------------------------------- */

typedef struct GetOptions {
    SimTime  timeout;
    uint64_t redirects, sport;
    int      version;
    bool     cache, reload;
} GetOptions;

static const char *const versions[] = { "1.0", "1.1", NULL };

#define AT(field) offsetof(GetOptions, field)
#define A(kind) .type = KNOB_CUSTOM, .names = (const char *const[]){ kind, NULL }
const Knob http_get_knobs[] = {
    { .name = "method", A("string"), .doc = "GET unless said." },
    { .name = "headers", A("table"), .doc = "More fields, by name." },
    { .name = "body", A("string"), .doc = "What is sent along." },
    { .name = "range", A("string"), .doc = "\"0-499\", \"500-\", \"-500\": a part of it only.",
      .source = "RFC 9110 §14.2" },
    { .name = "version", .type = KNOB_ENUM, .offset = AT(version), .names = versions,
      .doc = "Of HTTP." },
    { .name = "timeout", .type = KNOB_TIME, .offset = AT(timeout), .min = 0, .max = NEVER,
      .doc = "How long all of it may take." },
    { .name = "redirects", .type = KNOB_INT, .offset = AT(redirects), .min = 0, .max = 100,
      .doc = "How many are followed; 10 unless said.", .source = "RFC 9110 §15.4" },
    { .name = "sport", .type = KNOB_INT, .offset = AT(sport), .min = 0, .max = 65535,
      .doc = "The local port of a new connection; 0: any." },
    { .name = "cache", .type = KNOB_BOOL, .offset = AT(cache),
      .doc = "false: past a browser's cache." },
    { .name = "reload", .type = KNOB_BOOL, .offset = AT(reload),
      .doc = "The server is asked even if what is kept is fresh.", .source = "RFC 9111 §5.2.1.4" },
    { .name = NULL }
};
#undef A
#undef AT

/* Is it the type that the row wants? The value stays in the author's table. */
static void custom_type(lua_State *L, const Knob *knob, void *config)
{
    (void)config;
    if (strcmp(luaL_typename(L, -1), knob->names[0]) != 0)
        lua_fail(L, "%s is a %s, not %s", knob->name, knob->names[0], lua_kind(L, -1));
}

/* Copies the fields that are texts or tables from the author's table at `arg`, if it is one, into
 * the table on top. */
static void copy_custom(lua_State *L, int arg, const Knob *knobs)
{
    for (const Knob *k = knobs; k->name != NULL && lua_istable(L, arg); k++)
        if (k->type == KNOB_CUSTOM) {
            lua_getfield(L, arg, k->name);
            lua_setfield(L, -2, k->name);
        }
}

static void set_bool(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

/* Reads the options at `arg`; pushes them as the library wants them. */
static void push_get_options(lua_State *L, int arg)
{
    GetOptions opt = { .timeout = NEVER, .redirects = 10, .version = 1, .cache = true };

    lua_options(L, arg, "get", http_get_knobs, &opt, custom_type);
    lua_createtable(L, 0, 12);
    copy_custom(L, arg, http_get_knobs);
    set_integer(L, "redirects", (lua_Integer)opt.redirects);
    if (opt.timeout != NEVER)
        set_integer(L, "timeout", opt.timeout);
    if (opt.sport != 0)
        set_integer(L, "sport", (lua_Integer)opt.sport);
    lua_pushstring(L, versions[opt.version]);
    lua_setfield(L, -2, "version");
    set_bool(L, "cache", opt.cache);
    set_bool(L, "reload", opt.reload);
}

static void check_url(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        lua_fail(L, "get: a URL is wanted, not %s", lua_kind(L, 2));
}

/* host:get(url [, options]) -> response; nil, NAME [, what had come of it] */
static int l_get(lua_State *L)
{
    lua_check_stack(L, 1);
    lua_check_act(L, "get");
    check_url(L);
    lua_settop(L, 3);
    push_get_options(L, 3);
    lua_replace(L, 3);
    return call_library(L, "get", 3);
}

/* --- a server --------------------------------------------------------------------------------- */

typedef struct ServeOptions {
    SimTime  idle;
    uint64_t max_requests, max_body;
    int      version;
    bool     keep_alive;
} ServeOptions;

#define AT(field) offsetof(ServeOptions, field)
const Knob http_serve_knobs[] = {
    { .name = "idle", .type = KNOB_TIME, .offset = AT(idle), .min = 1, .max = 1000 * HOUR,
      .doc = "How long it waits for the next request; 5s unless said.",
      .source = "RFC 9112 §9.5" },
    { .name = "keep_alive", .type = KNOB_BOOL, .offset = AT(keep_alive),
      .doc = "false: it closes behind each response.", .source = "RFC 9112 §9.3" },
    { .name = "max_requests", .type = KNOB_INT, .offset = AT(max_requests), .min = 0,
      .max = INT32_MAX, .doc = "On one connection; 0: any number." },
    { .name = "max_body", .type = KNOB_SIZE, .offset = AT(max_body), .min = 0, .max = INT32_MAX,
      .doc = "Of a request; 16 MiB unless said." },
    { .name = "version", .type = KNOB_ENUM, .offset = AT(version), .names = versions,
      .doc = "1.0: a server that knows no persistent connections." },
    { .name = NULL }
};
#undef AT

static void push_serve_options(lua_State *L, int arg)
{
    ServeOptions opt = { .idle = 5 * SEC, .max_body = 16 << 20, .version = 1, .keep_alive = true };

    lua_options(L, arg, "serve_http", http_serve_knobs, &opt, NULL);
    lua_createtable(L, 0, 5);
    set_integer(L, "idle", opt.idle);
    set_integer(L, "max_body", (lua_Integer)opt.max_body);
    set_integer(L, "max_requests", (lua_Integer)opt.max_requests);
    lua_pushstring(L, versions[opt.version]);
    lua_setfield(L, -2, "version");
    set_bool(L, "keep_alive", opt.keep_alive);
}

/* host:serve_http([port,] pages [, options]) -> listener; nil, NAME. pages: a table by path, or a
 * function of the request */
static int l_serve_http(lua_State *L)
{
    lua_check_stack(L, 1);
    lua_check_act(L, "serve_http");
    if (lua_istable(L, 2) || lua_isfunction(L, 2)) {
        lua_pushinteger(L, 80);
        lua_insert(L, 2);
    }
    lua_check_port(L, 2, 1);
    lua_settop(L, 4);
    if (!lua_istable(L, 3) && !lua_isfunction(L, 3))
        return lua_fail(L, "serve_http: a table of pages, or a function, is wanted, not %s",
                        lua_kind(L, 3));
    push_serve_options(L, 4);
    lua_replace(L, 4);
    return call_library(L, "serve_http", 4);
}

/* --- a browser -------------------------------------------------------------------------------- */

typedef struct BrowserOptions {
    uint64_t connections, pipeline;
    bool     cache, keep;
} BrowserOptions;

#define AT(field) offsetof(BrowserOptions, field)
const Knob http_browser_knobs[] = {
    { .name = "connections", .type = KNOB_INT, .offset = AT(connections), .min = 1, .max = 10000,
      .doc = "To one server at once; 6 unless said.", .source = "RFC 9112 §9.4" },
    { .name = "pipeline", .type = KNOB_INT, .offset = AT(pipeline), .min = 1, .max = 1000,
      .doc = "Requests on their way on one connection; 1 unless said.",
      .source = "RFC 9112 §9.3.2" },
    { .name = "keep", .type = KNOB_BOOL, .offset = AT(keep),
      .doc = "false: a connection for each request.", .source = "RFC 9112 §9.3" },
    { .name = "cache", .type = KNOB_BOOL, .offset = AT(cache),
      .doc = "false: nothing is kept.", .source = "RFC 9111" },
    { .name = NULL }
};
#undef AT

typedef struct Browser {
    int  ref; /* the library's table */
    Node *node;
} Browser;

static void browser_gc(void *browser)
{
    g_free(browser);
}

/* host:browser([options]) */
static int l_browser(lua_State *L)
{
    BrowserOptions opt = { .connections = 6, .pipeline = 1, .cache = true, .keep = true };
    Stack *stack = lua_check_stack(L, 1);

    lua_options(L, 2, "browser", http_browser_knobs, &opt, NULL);
    lua_settop(L, 1);
    lua_createtable(L, 0, 4);
    set_integer(L, "connections", (lua_Integer)opt.connections);
    set_integer(L, "pipeline", (lua_Integer)opt.pipeline);
    set_bool(L, "keep", opt.keep);
    set_bool(L, "cache", opt.cache);
    call_library(L, "new_browser", 2);
    Browser *b = g_new0(Browser, 1);
    b->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    b->node = stack->node;
    lua_push_object(L, "browser", b);
    return 1;
}

/* The browser at 1 becomes the library's table. */
static void unwrap(lua_State *L, const char *what)
{
    const Browser *b = lua_check_object(L, 1, "browser");

    lua_check_act(L, what);
    lua_rawgeti(L, LUA_REGISTRYINDEX, b->ref);
    lua_replace(L, 1);
}

/* browser:get(url [, options]), as host:get */
static int l_browser_get(lua_State *L)
{
    unwrap(L, "get");
    check_url(L);
    lua_settop(L, 3);
    push_get_options(L, 3);
    lua_replace(L, 3);
    return call_library(L, "browser_get", 3);
}

static int l_browser_close(lua_State *L)
{
    unwrap(L, "close");
    lua_settop(L, 1);
    return call_library(L, "browser_close", 1);
}

static int l_browser_forget(lua_State *L)
{
    unwrap(L, "forget");
    lua_settop(L, 1);
    return call_library(L, "browser_forget", 1);
}

static int l_browser_connections(lua_State *L)
{
    const Browser *b = lua_check_object(L, 1, "browser");

    lua_rawgeti(L, LUA_REGISTRYINDEX, b->ref);
    return call_library(L, "browser_connections", 1);
}

static void browser_text(lua_State *L, void *p, GString *out)
{
    (void)L;
    g_string_append_printf(out, "browser<%s>", ((const Browser *)p)->node->name);
}

/* --- opening ---------------------------------------------------------------------------------- */

void lua_open_http(lua_State *L)
{
    static const luaL_Reg methods[] = { { "get", l_get },
                                        { "serve_http", l_serve_http },
                                        { "browser", l_browser },
                                        { NULL, NULL } };
    static const luaL_Reg browser[] = { { "get", l_browser_get },
                                        { "close", l_browser_close },
                                        { "forget", l_browser_forget },
                                        { "connections", l_browser_connections },
                                        { NULL, NULL } };

    lua_class_add(L, "host", methods);
    lua_class_add(L, "router", methods);
    lua_class(L, "browser", browser, NULL, browser_text, browser_gc);
    luaL_newmetatable(L, GATE);
    luaL_newmetatable(L, READER);
    lua_pushcfunction(L, reader_gc);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 2);
}
