/*
 * lua_dns_packet.c - the layer `dns` of a packet: read from its payload, and made into one.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_zone.h"
#include "sim/lua/lua_dns.h"
#include "sim/lua/lua_net.h"

#include <string.h>

static const char *const section_names[] = { "answer", "authority", "additional" };

/* --- reading ---------------------------------------------------------------------------------- */

static void set_flag(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

static void set_number(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

bool lua_push_dns(lua_State *L, Span bytes)
{
    DnsMessage *m = dns_message_new();
    DnsReading reading = dns_message_read(m, bytes);
    char type[DNS_TYPE_TEXT];

    if (reading == DNS_NO_HEADER || !m->asks) {
        dns_message_free(m);
        return false;
    }
    lua_createtable(L, 0, 14);
    set_number(L, "id", m->h.id);
    set_flag(L, "qr", m->h.qr);
    set_flag(L, "aa", m->h.aa);
    set_flag(L, "tc", m->h.tc);
    set_flag(L, "rd", m->h.rd);
    set_flag(L, "ra", m->h.ra);
    set_number(L, "rcode", m->rcode);
    lua_set_dns_name(L, "name", &m->q.name);
    lua_pushstring(L, dns_type_text(m->q.type, type));
    lua_setfield(L, -2, "type");
    if (m->edns.present)
        set_number(L, "edns", m->edns.size);
    for (int i = 0; i < DNS_SECTIONS && reading == DNS_READ; i++) {
        lua_push_dns_sets(L, m->sections[i]);
        lua_setfield(L, -2, section_names[i]);
    }
    dns_message_free(m);
    return true;
}

/* --- making ----------------------------------------------------------------------------------- */

typedef struct DnsDraft {
    uint64_t id, rcode, opcode, edns;
    bool     qr, aa, tc, rd, ra;
} DnsDraft;

#define AT(field) offsetof(DnsDraft, field)
static const Knob dns_fields[] = {
    { .name = "id", .type = KNOB_INT, .offset = AT(id), .max = UINT16_MAX, .doc = "The id." },
    { .name = "opcode", .type = KNOB_INT, .offset = AT(opcode), .max = 15, .doc = "The opcode." },
    { .name = "rcode", .type = KNOB_INT, .offset = AT(rcode), .max = 15, .doc = "The code." },
    { .name = "qr", .type = KNOB_BOOL, .offset = AT(qr), .doc = "An answer." },
    { .name = "aa", .type = KNOB_BOOL, .offset = AT(aa), .doc = "Authoritative." },
    { .name = "tc", .type = KNOB_BOOL, .offset = AT(tc), .doc = "Truncated." },
    { .name = "rd", .type = KNOB_BOOL, .offset = AT(rd), .doc = "Recursion desired." },
    { .name = "ra", .type = KNOB_BOOL, .offset = AT(ra), .doc = "Recursion available." },
    { .name = "edns", .type = KNOB_INT, .offset = AT(edns), .max = UINT16_MAX,
      .doc = "The payload size of an OPT record." },
    { .name = "name", .type = KNOB_CUSTOM, .doc = "The name that is asked for." },
    { .name = "type", .type = KNOB_CUSTOM, .doc = "The type." },
    { .name = "answer", .type = KNOB_CUSTOM, .doc = "Records." },
    { .name = "authority", .type = KNOB_CUSTOM, .doc = "Records." },
    { .name = "additional", .type = KNOB_CUSTOM, .doc = "Records." },
    { .name = NULL }
};
#undef AT

static void read_custom(lua_State *L, const Knob *knob, void *config)
{
    (void)L;
    (void)knob;
    (void)config; /* in lua_make_dns, where a message holds them */
}

/* The record on top of the stack, a table as a section is read into, as a line; pushed. */
static const char *record_line(lua_State *L)
{
    static const char *const fields[] = { "name", "ttl", "type", "data" };
    int row = lua_gettop(L);
    luaL_Buffer line;

    if (!lua_istable(L, row))
        lua_fail(L, "dns: a record is { name = , type = , ttl = , data = }");
    luaL_buffinit(L, &line);
    for (int i = 0; i < 4; i++) {
        if (lua_getfield(L, row, fields[i]) == LUA_TNIL && i != 1)
            lua_fail(L, "dns: a record has a %s", fields[i]);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            continue;
        }
        luaL_addvalue(&line);
        luaL_addchar(&line, ' ');
    }
    luaL_pushresult(&line);
    return lua_tostring(L, -1);
}

/* The list on top of the stack into a section of the message. Leaves the stack longer. */
static void read_section(lua_State *L, DnsMessage *m, DnsSection section)
{
    GError *error = NULL;
    Span data;

    for (lua_Integer i = 1; lua_istable(L, -1) && lua_geti(L, -1, i) != LUA_TNIL; i++) {
        DnsSet *fresh = dns_record_parse(record_line(L), &error);
        if (fresh == NULL)
            lua_fail_gerror(L, error);
        lua_pop(L, 2);
        DnsSet *set = (DnsSet *)dns_message_find(m, section, &fresh->name, fresh->type);
        if (set == NULL) {
            dns_message_add(m, section, fresh);
            continue;
        }
        for (size_t at = 0; dns_set_next(fresh, &at, &data);)
            dns_set_add(set, data, fresh->ttl);
        dns_set_free(fresh);
    }
}

static int message_gc(lua_State *L)
{
    DnsMessage **box = lua_touserdata(L, 1);

    dns_message_free(*box);
    *box = NULL;
    return 0;
}

/* A message that is freed whatever raises; its box stays on the stack. */
static DnsMessage *push_message(lua_State *L)
{
    DnsMessage **box = lua_newuserdatauv(L, sizeof(DnsMessage *), 0);

    *box = NULL;
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, message_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    *box = dns_message_new();
    return *box;
}

static void read_question(lua_State *L, int arg, DnsMessage *m)
{
    m->asks = lua_getfield(L, arg, "name") != LUA_TNIL;
    const char *name = order_text(L, -1);
    if (m->asks && !dns_name_parse(name, &m->q.name))
        lua_fail(L, "dns: '%s' is no domain name", name);
    m->q.klass = DNS_IN;
    m->q.type = DNS_A;
    if (lua_getfield(L, arg, "type") != LUA_TNIL &&
        !dns_type_parse(order_text(L, -1), &m->q.type))
        lua_fail(L, "dns: '%s' is no type", lua_tostring(L, -1));
}

uint8_t *lua_make_dns(lua_State *L, int arg, size_t *n)
{
    DnsDraft draft = { 0 };
    int top = lua_gettop(L);

    lua_options(L, arg, "dns", dns_fields, &draft, read_custom);
    DnsMessage *m = push_message(L);
    m->h = (DnsHeader){ .id = (uint16_t)draft.id, .opcode = (uint8_t)draft.opcode, .qr = draft.qr,
                        .aa = draft.aa, .tc = draft.tc, .rd = draft.rd, .ra = draft.ra };
    m->rcode = (unsigned)draft.rcode;
    m->edns = (DnsEdns){ .present = draft.edns > 0, .size = (uint16_t)draft.edns };
    read_question(L, arg, m);
    for (int i = 0; i < DNS_SECTIONS; i++) {
        lua_getfield(L, arg, section_names[i]);
        read_section(L, m, (DnsSection)i);
        lua_settop(L, top + 1);
    }
    uint8_t *out = g_malloc(DNS_MESSAGE_MAX);
    *n = dns_message_write(m, out, DNS_MESSAGE_MAX);
    lua_settop(L, top);
    return out;
}
