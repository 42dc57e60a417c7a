/*
 * lua_ip_options.c - IP options in option tables, and what came back of them.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_ip_options.h"

#include <string.h>

const char *const ip_asked_lists[] = { "Address[]", NULL };
const char *const ip_asked_records[] = { "integer|boolean", NULL };
const char *const ip_asked_stamps[] = { "\"tsonly\"|\"tsandaddr\"|Address[]", NULL };

/* --- asking ----------------------------------------------------------------------------------- */

/* The list at the top of the stack into addresses: each as seen from the node before it, the first
 * from `from`. Returns how many. */
static size_t read_list(lua_State *L, const char *what, const char *name, const Stack *from,
                        IpAddr *out, size_t most)
{
    const Stack *before = from;
    size_t n = lua_type(L, -1) == LUA_TTABLE ? lua_rawlen(L, -1) : 0;

    if (n == 0 || n > most)
        lua_fail(L, "%s: %s is a list of 1 to %d nodes or addresses", what, name, (int)most);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        const Node *node = lua_test_node(L, lua_gettop(L));
        out[i] = lua_check_address(L, lua_gettop(L), node != NULL ? before : from);
        before = node != NULL ? node_stack(node) : NULL;
        lua_pop(L, 1);
    }
    return n;
}

static void read_route(lua_State *L, const char *what, IpAsked *asked)
{
    asked->n_hops = read_list(L, what, "source_route", asked->from, asked->hops, IP_ASKED_HOPS);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        if (!lua_isinteger(L, -2) &&
            (lua_type(L, -2) != LUA_TSTRING || strcmp(lua_tostring(L, -2), "strict") != 0 ||
             !lua_isboolean(L, -1)))
            lua_fail(L, "%s: source_route is a list, and may have strict = true beside it", what);
    lua_getfield(L, -1, "strict");
    asked->strict = lua_toboolean(L, -1);
    lua_pop(L, 1);
}

static void read_record(lua_State *L, const char *what, IpAsked *asked)
{
    if (lua_isboolean(L, -1)) {
        asked->record = asked->record_all = lua_toboolean(L, -1);
        return;
    }
    int is_int;
    lua_Integer n = lua_tointegerx(L, -1, &is_int);
    if (!is_int || lua_type(L, -1) != LUA_TNUMBER || n < 1 || n > IP_ASKED_HOPS)
        lua_fail(L, "%s: record_route is true, or for how many addresses, 1 to %d", what,
                 IP_ASKED_HOPS);
    asked->record = true;
    asked->record_all = false;
    asked->places = (size_t)n;
}

static void read_stamp(lua_State *L, const char *what, IpAsked *asked)
{
    const char *word = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;

    asked->stamped = true;
    if (word == NULL && lua_type(L, -1) == LUA_TTABLE) {
        asked->stamp = IPV4_STAMP_GIVEN;
        asked->n_asked = read_list(L, what, "ip_timestamp", asked->from, asked->asked,
                                   IP_ASKED_STAMPS);
    } else if (word != NULL && strcmp(word, "tsonly") == 0) {
        asked->stamp = IPV4_STAMP_TIMES;
    } else if (word != NULL && strcmp(word, "tsandaddr") == 0) {
        asked->stamp = IPV4_STAMP_ADDRS;
    } else {
        lua_fail(L, "%s: ip_timestamp is \"tsonly\", \"tsandaddr\", or a list of nodes", what);
    }
}

bool lua_ip_option(lua_State *L, const char *what, const Knob *knob, IpAsked *asked)
{
    if (strcmp(knob->name, "source_route") == 0)
        read_route(L, what, asked);
    else if (strcmp(knob->name, "record_route") == 0)
        read_record(L, what, asked);
    else if (strcmp(knob->name, "ip_timestamp") == 0)
        read_stamp(L, what, asked);
    else
        return false;
    return true;
}

const IpOptions *lua_ip_options(lua_State *L, const char *what, const IpAsked *asked, IpAddr dst,
                                IpOptions *out)
{
    bool fits = true;

    *out = (IpOptions){ .first = IP_NONE };
    if (asked->n_hops > 0)
        fits = ip_options_route(out, asked->strict, asked->hops, asked->n_hops, dst);
    if (fits && asked->record) {
        size_t room = ip_options_record_room(out);
        size_t places = asked->record_all ? room : asked->places;
        fits = places > 0 && places <= room && ip_options_record(out, places);
    }
    if (fits && asked->stamped) {
        size_t room = ip_options_stamp_room(out, asked->stamp);
        size_t places = asked->stamp == IPV4_STAMP_GIVEN ? asked->n_asked : room;
        fits = places > 0 && places <= room &&
               ip_options_stamp(out, asked->stamp, asked->asked, places);
    }
    if (!fits)
        lua_fail(L, "%s: IP options have 40 bytes; a source route, record_route = N and "
                    "ip_timestamp share them", what);
    return out->len > 0 ? out : NULL;
}

/* --- what came back --------------------------------------------------------------------------- */

typedef struct Arrived { /* an option that was found */
    const uint8_t *p;
    size_t         n; /* bytes up to its pointer */
} Arrived;

static bool arrived(Span options, uint8_t place, Arrived *out)
{
    if (place == 0)
        return false;
    out->p = options.p + place - IPV4_HDR_LEN;
    out->n = MIN(out->p[1], out->p[2] - 1u);
    return true;
}

static bool find(Span options, Ipv4Found *found)
{
    Ipv4Hdr h = { .options_len = (uint8_t)options.n };

    memcpy(h.options, options.p, options.n);
    return options.n > 0 && ipv4_option_find(&h, found) == 0;
}

static size_t stamp_size(const Arrived *o)
{
    return (o->p[3] & 15) == IPV4_STAMP_TIMES ? 4 : 8;
}

void lua_set_ip_options(lua_State *L, Span options)
{
    enum { ROUTE = 3, STAMPS = 4 };
    Ipv4Found found;
    Arrived o;
    lua_Integer row = 0;

    if (!find(options, &found))
        return;
    if (arrived(options, found.record, &o)) {
        lua_newtable(L);
        for (size_t at = ROUTE; at + 4 <= o.n; at += 4) {
            lua_push_ip(L, ip_v4(get32(o.p + at)));
            lua_rawseti(L, -2, ++row);
        }
        lua_setfield(L, -2, "route");
    }
    if (!arrived(options, found.stamp, &o))
        return;
    lua_newtable(L);
    row = 0;
    for (size_t at = STAMPS, size = stamp_size(&o); at + size <= o.n; at += size) {
        lua_createtable(L, 0, 2);
        lua_pushinteger(L, get32(o.p + at + size - 4));
        lua_setfield(L, -2, "ms");
        if (size == 8) {
            lua_push_ip(L, ip_v4(get32(o.p + at)));
            lua_setfield(L, -2, "ip");
        }
        lua_rawseti(L, -2, ++row);
    }
    lua_setfield(L, -2, "stamps");
}

static void print_addr(GString *out, const uint8_t *p)
{
    char text[IP_TEXT];

    g_string_append_printf(out, "\t%s", ip_text(ip_v4(get32(p)), text));
}

static void print_route(GString *out, const char *name, const uint8_t *p, size_t n)
{
    g_string_append_printf(out, "\n%s: ", name);
    for (size_t at = 3; at + 4 <= n; at += 4) {
        print_addr(out, p + at);
        g_string_append_c(out, '\n');
    }
}

static void print_stamps(GString *out, const Arrived *o)
{
    uint32_t before = 0;

    g_string_append(out, "\nTS: ");
    for (size_t at = 4, size = stamp_size(o); at + size <= o->n; at += size) {
        uint32_t ms = get32(o->p + at + size - 4);
        if (size == 8)
            print_addr(out, o->p + at);
        if (at == 4)
            g_string_append_printf(out, "\t%u absolute\n", ms);
        else
            g_string_append_printf(out, "\t%d\n", (int)(ms - before));
        before = ms;
    }
    if (o->p[3] >> 4 != 0)
        g_string_append_printf(out, "Unrecorded hops: %d\n", o->p[3] >> 4);
}

void ip_options_print(GString *out, Span options, GByteArray *old)
{
    Ipv4Found found;
    Arrived o;

    if (!find(options, &found))
        return;
    if (arrived(options, found.route, &o))
        print_route(out, o.p[0] == IPV4_OPTION_STRICT ? "SSRR" : "LSRR", o.p, o.p[1]);
    if (arrived(options, found.record, &o) && o.n > 3) {
        if (old->len == o.n && memcmp(old->data, o.p, o.n) == 0) {
            g_string_append(out, "\t(same route)");
        } else {
            print_route(out, "RR", o.p, o.n);
            g_byte_array_set_size(old, 0);
            g_byte_array_append(old, o.p, (guint)o.n);
        }
    }
    if (arrived(options, found.stamp, &o) && o.n > 4)
        print_stamps(out, &o);
}
