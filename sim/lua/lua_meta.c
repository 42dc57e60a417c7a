/*
 * lua_meta.c - the Lua API as an editor wants it.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_meta.h"

#include "sim/lua/lua_conn.h"
#include "sim/lua/lua_udp.h"
#include "protocols/application/dhcp.h"
#include "protocols/application/dns.h"
#include "sim/lua/lua_http.h"
#include "sim/lua/lua_meta_rows.h"
#include "sim/lua/lua_priv.h"

#include <string.h>

/* --- writing ---------------------------------------------------------------------------------- */

#define IP_FIELDS                                                                                  \
    "---@field source_route? Address[] by way of these; with strict = true by no others\n"         \
    "---@field record_route? integer|boolean routers enter their addresses\n"                      \
    "---@field ip_timestamp? \"tsonly\"|\"tsandaddr\"|Address[] routers enter their times\n"

static const char head[] =
    "---@meta stacklab\n"
    "-- Written by `stacklab meta`: what a scenario may call.\n\n"
    "---@alias Time number|string seconds, or text with a unit: \"10ms\"\n"
    "---@alias Size number|string bytes, or text with a unit: \"64KiB\"\n"
    "---@alias Rate number|string bit/s, or text with a unit: \"10Mbit\"\n"
    "---@alias Probability number|string 0..1, or \"3%\"\n"
    "---@alias Text string|{ [1]: string, zh: string }\n"
    "---@alias Node Host|Router|Switch\n"
    "---@alias Address Node|Interface|string a node, an address, a name, or \"host:port\"\n"
    "---@alias Filter table|string|(fun(packet: Packet): boolean) fields, a pcap filter, or a "
    "function\n"
    "---@alias Packet table layers eth, arp, ip, icmp, udp, tcp, dns, dhcp, payload, with header "
    "fields\n"
    "---@alias State "
    "\"CLOSED\"|\"LISTEN\"|\"SYN_SENT\"|\"SYN_RECEIVED\"|\"ESTABLISHED\"|\"FIN_WAIT_1\""
    "|\"FIN_WAIT_2\"|\"CLOSE_WAIT\"|\"CLOSING\"|\"LAST_ACK\"|\"TIME_WAIT\"\n\n"
    "---@class TimeoutOpts\n---@field timeout? Time\n\n"
    "---@class LessonOpts\n---@field [1] string\n---@field zh? string\n---@field question? Text\n"
    "---@field shows? Text\n"
    "---@field flip? table\n\n"
    "---@class TableOpts\n---@field [1] string\n---@field zh? string\n---@field columns Text[]\n"
    "---@field rows any[][]\n\n"
    "---@class TraceOpts\n---@field filter? Filter\n---@field since? Time\n\n"
    "---@class PlayOpts\n---@field seed? integer\n---@field may_fail? boolean\n\n"
    "---@class Run\n---@field value any\n---@field ok boolean\n---@field checks integer\n"
    "---@field time number\n---@field failures string[]\n\n"
    "---@class PingOpts\n---@field count? integer\n---@field size? Size\n---@field df? boolean\n"
    "---@field interval? Time\n---@field timeout? Time\n---@field ttl? integer\n" IP_FIELDS "\n"
    "---@class RuleOpts\n---@field count? integer\n---@field skip? integer\n---@field from? Node\n"
    "---@field probability? Probability\n---@field after? Time\n---@field before? Time\n"
    "---@field copies? integer\n---@field delay? Time\n---@field bit? integer\n"
    "---@field sums? boolean\n\n";

static void append_knob_type(GString *out, const Knob *knob)
{
    static const char *const types[] = {
        [KNOB_BOOL] = "boolean", [KNOB_INT] = "integer", [KNOB_TIME] = "Time",
        [KNOB_RATE] = "Rate",    [KNOB_SIZE] = "Size",   [KNOB_PROB] = "Probability",
        [KNOB_STRING] = "string"
    };

    if (knob->type == KNOB_CUSTOM) {
        g_string_append(out, knob->names != NULL ? knob->names[0] : "any");
        return;
    }
    if (knob->type != KNOB_ENUM) {
        g_string_append(out, types[knob->type]);
        return;
    }
    for (const char *const *name = knob->names; *name != NULL; name++)
        g_string_append_printf(out, "%s\"%s\"", name > knob->names ? "|" : "", *name);
}

static void append_knobs(GString *out, const char *class, const Knob *knobs)
{
    g_string_append_printf(out, "---@class %s\n", class);
    for (const Knob *knob = knobs; knob->name != NULL; knob++) {
        g_string_append_printf(out, "---@field %s? ", knob->name);
        append_knob_type(out, knob);
        g_string_append_printf(out, " %s", knob->doc != NULL ? knob->doc : "");
        if (knob->source != NULL && *knob->source != '\0')
            g_string_append_printf(out, " (%s)", knob->source);
        g_string_append_c(out, '\n');
    }
}

/* "host" is Host there; sim and check are what they are. */
static char *class_name(const char *class)
{
    char *name = g_strdup(class);

    if (strcmp(class, "sim") != 0 && strcmp(class, "check") != 0)
        name[0] = g_ascii_toupper(name[0]);
    return name;
}

/* Where the parameter at `p` ends: at a comma outside all brackets. */
static size_t param_length(const char *p)
{
    size_t n = 0;

    for (int depth = 0; p[n] != '\0' && (p[n] != ',' || depth > 0); n++)
        depth += strchr("({[", p[n]) != NULL ? 1 : strchr(")}]", p[n]) != NULL ? -1 : 0;
    return n;
}

/* The ---@param lines; the bare names are appended to `names`. */
static void append_params(GString *out, const char *params, GString *names)
{
    while (*params != '\0') {
        size_t n = param_length(params), colon = strcspn(params, ":");
        g_string_append_printf(out, "---@param %.*s %.*s\n", (int)colon, params,
                               (int)(n - colon - 2), params + colon + 2);
        bool optional = params[colon - 1] == '?';
        g_string_append_printf(names, "%s%.*s", names->len > 0 ? ", " : "", (int)(colon - optional),
                               params);
        params += n;
        params += strspn(params, ", ");
    }
}

static void append_call(GString *out, const MetaRow *row)
{
    GString *names = g_string_new(NULL);
    char *class = class_name(row->class);
    bool method = g_ascii_isupper(class[0]);

    g_string_append_printf(out, "---%s\n", row->doc);
    if (row->kind == META_WAITS)
        g_string_append(out, "---@async\n");
    append_params(out, row->params, names);
    if (row->returns != NULL)
        g_string_append_printf(out, "---@return %s\n", row->returns);
    g_string_append_printf(out, "function %s%c%s(%s) end\n\n", class, method ? ':' : '.', row->name,
                           names->str);
    g_string_free(names, TRUE);
    g_free(class);
}

static void append_class(GString *out, const MetaRow *row)
{
    char *class = class_name(row->class);

    g_string_append_printf(out, "---%s\n---@class %s", row->doc, class);
    if (row->name != NULL) {
        char *parent = class_name(row->name);
        g_string_append_printf(out, " : %s", parent);
        g_free(parent);
    }
    g_string_append_c(out, '\n');
    if (strcmp(class, "check") == 0)
        g_string_append(out, "---@overload fun(condition: any, why?: Text): boolean\n");
    const MetaRow *field = row + 1;
    for (; field->class != NULL && field->kind == META_FIELD; field++)
        g_string_append_printf(out, "---@field %s %s %s\n", field->name, field->params, field->doc);
    bool global = !g_ascii_isupper(class[0]);
    g_string_append_printf(out, "%s%s = {}\n\n", global ? "" : "local ", class);
    g_free(class);
}

static void append_events(GString *out)
{
    size_t n;
    const TracePoint *const *points = listen_points(&n);

    g_string_append(out, "---@alias EventName ");
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(out, "%s\"%s\"", i > 0 ? "|" : "", points[i]->name);
    g_string_append(out, "\n\n");
}

static void append_dhcp(GString *out)
{
    append_knobs(out, "DhcpOpts", dhcp_client_knobs);
    g_string_append(out,
                    "---@field request? Address the address that it asks for\n"
                    "---@field interface? string which one; the first that is to be leased\n"
                    "---@field timeout? Time how long the program waits\n\n");
    append_knobs(out, "ServeDhcpOpts", dhcp_scope_knobs);
    g_string_append(out,
                    "---@field pool string \"192.168.1.100-192.168.1.199\"\n"
                    "---@field subnet? string of clients behind a relay\n"
                    "---@field router? Address|Address[]\n---@field dns? Address|Address[]\n"
                    "---@field domain? string\n"
                    "---@field reservations? table<string, Address> by MAC\n\n");
}

static void append_web(GString *out)
{
    append_knobs(out, "GetOpts", http_get_knobs);
    g_string_append_c(out, '\n');
    append_knobs(out, "BrowserOpts", http_browser_knobs);
    g_string_append_c(out, '\n');
    append_knobs(out, "ServeHttpOpts", http_serve_knobs);
    g_string_append(out,
                    "\n---@class Response\n---@field status integer\n---@field reason string\n"
                    "---@field version string\n---@field headers table<string, string>\n"
                    "---@field body string\n---@field times table<string, number> seconds\n"
                    "---@field url string\n---@field redirects table[]\n"
                    "---@field cached? \"fresh\"|\"validated\"\n---@field reused? boolean\n"
                    "---@field sport? integer\n---@field retries integer\n\n"
                    "---@class Page\n---@field body? string|fun(write: fun(data: string))\n"
                    "---@field status? integer\n---@field type? string\n"
                    "---@field headers? table<string, string>\n---@field etag? string\n"
                    "---@field modified? number\n---@field redirect? string\n"
                    "---@field chunked? integer\n\n"
                    "---@class Request\n---@field method string\n---@field target string\n"
                    "---@field path string\n---@field query string\n---@field version string\n"
                    "---@field headers table<string, string>\n---@field body string\n"
                    "---@field host? string\n---@field client string\n\n"
                    "---@alias Site table<string, string|Page|(fun(request: Request): "
                    "string|Page|nil)>|(fun(request: Request): string|Page|nil)\n\n");
}

static void append_traffic(GString *out)
{
    append_knobs(out, "UdpStreamOpts", udp_stream_knobs);
    g_string_append_c(out, '\n');
    append_knobs(out, "LoadOpts", load_knobs);
    g_string_append_c(out, '\n');
    append_knobs(out, "ServeOpts", serve_knobs);
    g_string_append_c(out, '\n');
}

void meta_write(GString *out)
{
    g_string_append(out, head);
    append_events(out);
    append_knobs(out, "TcpOpts", tcp_knobs);
    g_string_append_c(out, '\n');
    append_knobs(out, "Ipv4Opts", ipv4_knobs);
    g_string_append_c(out, '\n');
    append_knobs(out, "ArpOpts", arp_knobs);
    g_string_append_c(out, '\n');
    append_knobs(out, "RedOpts", qdisc_knobs[QDISC_RED]);
    g_string_append_c(out, '\n');
    append_knobs(out, "CodelOpts", qdisc_knobs[QDISC_CODEL]);
    g_string_append_c(out, '\n');
    append_knobs(out, "FqCodelOpts", qdisc_knobs[QDISC_FQ_CODEL]);
    g_string_append_c(out, '\n');
    append_knobs(out, "ConnOpts", conn_knobs);
    g_string_append(out,
                    "\n---@class ConnectOpts : ConnOpts\n---@field sport? integer the local port\n"
                    "---@field timeout? Time how long the program waits\n"
                    "---@field fastopen? string|boolean data to ride on the SYN\n" IP_FIELDS "\n"
                    "---@class ListenOpts : ConnOpts\n---@field backlog? integer\n"
                    "---@field reuse_addr? boolean\n"
                    "---@field fastopen? boolean data of a SYN with a cookie is taken\n\n"
                    "---@class SendOpts : TimeoutOpts\n---@field push? boolean\n"
                    "---@field urgent? boolean\n\n");
    append_traffic(out);
    append_knobs(out, "LinkOpts", link_knobs);
    g_string_append(out,
                    "---@field forward? LinkOpts from the first end to the second\n"
                    "---@field reverse? LinkOpts from the second end to the first\n"
                    "---@field netem? string what one would tell tc-netem(8)\n\n"
                    "---@class HostOpts\n---@field tcp? TcpOpts\n---@field ipv4? Ipv4Opts\n"
                    "---@field arp? ArpOpts\n---@field fcs? boolean\n"
                    "---@field routes? \"static\"\n---@field ip? string|string[]\n"
                    "---@field mac? string\n---@field gateway? string\n"
                    "---@field hosts? table<string, Address>\n"
                    "---@field dns? Address|Address[]\n---@field search? string|string[]\n"
                    "---@field resolver? ResolverOpts\n\n");
    append_knobs(out, "ResolverOpts", dns_stub_knobs);
    g_string_append_c(out, '\n');
    append_knobs(out, "ServeDnsOpts", dns_resolver_knobs);
    g_string_append(out,
                    "---@field zone? string it is authoritative for this one\n"
                    "---@field records? string RFC 1035 text, or the file beside the scenario\n"
                    "---@field recursive? boolean it finds answers for who asks it to\n"
                    "---@field roots? Address|Address[] where it begins\n"
                    "---@field forward? Address|Address[] resolvers that it asks instead\n\n"
                    "---@class ResolveOpts\n---@field server? Address\n---@field tcp? boolean\n"
                    "---@field edns? Size\n---@field recurse? boolean\n"
                    "---@field dns_only? boolean\n---@field timeout? Time\n\n");
    append_web(out);
    append_dhcp(out);
    for (const MetaRow *row = meta_rows; row->class != NULL; row++) {
        if (row->kind == META_CLASS)
            append_class(out, row);
        else if (row->kind != META_FIELD)
            append_call(out, row);
    }
}

/* --- holding the rows against what is there --------------------------------------------------- */

static const char *parent_of(const char *class)
{
    for (const MetaRow *row = meta_rows; row->class != NULL; row++)
        if (row->kind == META_CLASS && strcmp(row->class, class) == 0)
            return row->name;
    return NULL;
}

static bool has_row(const char *class, const char *name)
{
    for (; class != NULL; class = parent_of(class))
        for (const MetaRow *row = meta_rows; row->class != NULL; row++)
            if (row->kind >= META_CALL && strcmp(row->class, class) == 0 &&
                strcmp(row->name, name) == 0)
                return true;
    return false;
}

/* The functions of the table on top of the stack that have no row in `class`. */
static void list_without_row(lua_State *L, const char *class, GString *out)
{
    order_push_keys(L, -1);
    lua_Integer n = luaL_len(L, -1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        if (lua_type(L, -1) == LUA_TSTRING && !has_row(class, lua_tostring(L, -1)))
            g_string_append_printf(out, "%s.%s has no row\n", class, lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* Pushes the table of a class's functions; false, with nothing pushed, if there is none. */
static bool push_functions(lua_State *L, const char *class)
{
    if (strcmp(class, "sim") == 0 || strcmp(class, "check") == 0) {
        lua_pushglobaltable(L);
        lua_getfield(L, -1, class);
        lua_remove(L, -2);
        return true;
    }
    return object_push_methods(L, class);
}

char *meta_differences(LuaEnv *env)
{
    GString *out = g_string_new(NULL);
    lua_State *L = env->callbacks;

    for (const MetaRow *row = meta_rows; row->class != NULL; row++) {
        if (!push_functions(L, row->class)) {
            g_string_append_printf(out, "there is no class %s\n", row->class);
            continue;
        }
        if (row->kind == META_CLASS) {
            list_without_row(L, row->class, out);
        } else if (row->kind != META_FIELD) {
            lua_pushstring(L, row->name);
            if (lua_rawget(L, -2) == LUA_TNIL)
                g_string_append_printf(out, "%s.%s is not there\n", row->class, row->name);
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    for (lua_pushnil(L); lua_next(L, LUA_REGISTRYINDEX) != 0; lua_pop(L, 1)) {
        const char *class = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        if (class == NULL || !object_push_methods(L, class))
            continue;
        lua_pushnil(L);
        bool any = lua_next(L, -2) != 0;
        lua_pop(L, any ? 3 : 1);
        bool known = false;
        for (const MetaRow *row = meta_rows; row->class != NULL; row++)
            known = known || strcmp(row->class, class) == 0;
        if (any && !known)
            g_string_append_printf(out, "the class %s has no rows\n", class);
    }
    return g_string_free(out, FALSE);
}
