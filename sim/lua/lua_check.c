/*
 * lua_check.c - check, check.equal, check.near, check.trace, sim.always and sim.never.
 *
 * A failed check does not stop the scenario; it is kept with its place, its time and the packets
 * around it, and makes the run's status 1.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_packet.h"
#include "sim/lua/lua_priv.h"
#include "sim/lua/lua_report.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const TracePoint CHECK_PASSED = { "check:passed",
                                  TRACE_CHECK,
                                  { { "line", TV_INT }, { "why", TV_STR } } };
const TracePoint CHECK_FAILED = { "check:failed",
                                  TRACE_CHECK,
                                  { { "line", TV_INT }, { "why", TV_STR } } };

static int64_t line_of(const char *place)
{
    const char *colon = strrchr(place, ':');

    return colon != NULL ? atoi(colon + 1) : 0;
}

static void passed(World *world, const char *place, const char *why)
{
    world->checks++;
    trace(world->sim, CHECK_PASSED, NULL, NULL, NULL, line_of(place), trace_str(why));
}

static void failed(World *world, const char *place, const char *why, const char *detail,
                   const char *lines)
{
    world->checks++;
    trace(world->sim, CHECK_FAILED, NULL, NULL, NULL, line_of(place), trace_str(why));
    report_failure(world, place, why, detail, lines);
}

/* What a check says at once: passed, or failed with its detail, which it frees. */
static int verdict(lua_State *L, bool ok, const char *why, char *detail)
{
    World *world = lua_world(L);
    char *place = lua_place(L);

    if (ok)
        passed(world, place, why);
    else
        failed(world, place, why, detail, NULL);
    g_free(place);
    g_free(detail);
    lua_pushboolean(L, ok);
    return 1;
}

void lua_check_failed(lua_State *L, const char *format, ...)
{
    char *place = lua_place(L);
    va_list args;

    va_start(args, format);
    char *why = g_strdup_vprintf(format, args);
    va_end(args);
    failed(lua_world(L), place, why, NULL, NULL);
    g_free(why);
    g_free(place);
}

void lua_check_failed_at(World *world, const char *place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *why = g_strdup_vprintf(format, args);
    va_end(args);
    failed(world, place, why, NULL, NULL);
    g_free(why);
}

void check_never_ended(World *world)
{
    char *place = task_place(world->parts->file_task);

    failed(world, place, "the file waits here though nothing can happen any more",
           "its last checks never ran", NULL);
    g_free(place);
}

/* --- values ----------------------------------------------------------------------------------- */

static void append_value(lua_State *L, int i, GString *out, int depth);

static void append_fields(lua_State *L, int i, GString *out, int depth)
{
    lua_Integer expected = 1;

    order_push_keys(L, i);
    int keys = lua_gettop(L);
    lua_Integer n = luaL_len(L, keys);
    for (lua_Integer k = 1; k <= n && out->len < 400; k++) {
        g_string_append(out, k > 1 ? ", " : " ");
        lua_rawgeti(L, keys, k);
        if (lua_isinteger(L, -1) && lua_tointeger(L, -1) == expected) {
            expected++;
        } else {
            if (lua_type(L, -1) == LUA_TSTRING) {
                g_string_append(out, lua_tostring(L, -1));
            } else {
                g_string_append_c(out, '[');
                append_value(L, lua_gettop(L), out, depth + 1);
                g_string_append_c(out, ']');
            }
            g_string_append(out, " = ");
        }
        lua_rawget(L, i);
        append_value(L, lua_gettop(L), out, depth + 1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    g_string_append(out, n > 0 ? " " : "");
}

/* The value at the absolute index i as an author would write it. */
static void append_value(lua_State *L, int i, GString *out, int depth)
{
    luaL_checkstack(L, 10, NULL);
    bool own_text = luaL_getmetafield(L, i, "__tostring") != LUA_TNIL;
    if (own_text)
        lua_pop(L, 1);
    if (lua_type(L, i) == LUA_TSTRING) {
        g_string_append_c(out, '"');
        size_t len;
        const char *text = lua_tolstring(L, i, &len);
        for (size_t c = 0; c < len && c < 200; c++) {
            unsigned char u = (unsigned char)text[c];
            if (u == '\n')
                g_string_append(out, "\\n");
            else if (u == '"' || u == '\\')
                g_string_append_printf(out, "\\%c", u);
            else if (u < 0x20 || u == 0x7f)
                g_string_append_printf(out, "\\x%02x", u);
            else
                g_string_append_c(out, (char)u);
        }
        g_string_append(out, len > 200 ? "...\"" : "\"");
    } else if (lua_istable(L, i) && depth < 4 && !own_text) {
        g_string_append_c(out, '{');
        append_fields(L, i, out, depth);
        g_string_append_c(out, '}');
    } else {
        order_push_text(L, i);
        g_string_append(out, lua_tostring(L, -1));
        lua_pop(L, 1);
    }
}

static char *value_text(lua_State *L, int i)
{
    GString *out = g_string_new(NULL);
    int top = lua_gettop(L);

    append_value(L, i, out, 0);
    lua_settop(L, top);
    return g_string_free(out, FALSE);
}

/* Both at absolute indices; tables are equal if all their fields are. */
static bool equal(lua_State *L, int a, int b, int depth)
{
    if (lua_compare(L, a, b, LUA_OPEQ))
        return true;
    if (!lua_istable(L, a) || !lua_istable(L, b) || depth > 50)
        return false;
    luaL_checkstack(L, 10, NULL);
    int top = lua_gettop(L);
    order_push_keys(L, a);
    order_push_keys(L, b);
    lua_Integer n = luaL_len(L, top + 1);
    bool same = n == luaL_len(L, top + 2);
    for (lua_Integer k = 1; same && k <= n; k++) {
        lua_rawgeti(L, top + 1, k);
        lua_pushvalue(L, -1);
        lua_rawget(L, a);
        lua_pushvalue(L, -2);
        lua_rawget(L, b);
        same = equal(L, top + 4, top + 5, depth + 1);
        lua_settop(L, top + 2);
    }
    lua_settop(L, top);
    return same;
}

/* --- checks ----------------------------------------------------------------------------------- */

/* check(condition [, why]) -> whether it holds. The callee is argument 1. */
static int l_check(lua_State *L)
{
    luaL_checkany(L, 2);
    const char *why = lua_isnoneornil(L, 3) ? "check" : lua_check_text(L, 3);

    return verdict(L, lua_toboolean(L, 2), why, NULL);
}

/* check.equal(actual, expected [, why]) */
static int l_equal(lua_State *L)
{
    luaL_checkany(L, 2);
    const char *why = lua_isnoneornil(L, 3) ? "not equal" : lua_check_text(L, 3);

    if (equal(L, 1, 2, 0))
        return verdict(L, true, why, NULL);
    char *got = value_text(L, 1), *expected = value_text(L, 2);
    char *detail = g_strdup_printf("got %s, expected %s", got, expected);
    g_free(got);
    g_free(expected);
    return verdict(L, false, why, detail);
}

/* A number, or text with a unit as sim.number reads it. */
static lua_Number check_number(lua_State *L, int arg)
{
    if (lua_type(L, arg) == LUA_TNUMBER)
        return lua_tonumber(L, arg);
    return sim_number(L, arg);
}

/* Within the tolerance, the last bits of a double forgiven: 1.13 + 7 is 8.13 to an author. */
static bool near(lua_Number a, lua_Number b, lua_Number tolerance)
{
    return fabs(a - b) <= tolerance + 4 * DBL_EPSILON * fmax(fabs(a), fabs(b));
}

/* check.near(actual, expected, tolerance [, why]) */
static int l_near(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TNUMBER) {
        const char *why = lua_isnoneornil(L, 4) ? "not near" : lua_check_text(L, 4);
        char *got = value_text(L, 1);
        char *detail = g_strdup_printf("got %s, not a number", got);
        g_free(got);
        return verdict(L, false, why, detail);
    }
    lua_Number actual = lua_tonumber(L, 1), expected = check_number(L, 2);
    lua_Number tolerance = check_number(L, 3);
    const char *why = lua_isnoneornil(L, 4) ? "not near" : lua_check_text(L, 4);
    bool ok = near(actual, expected, tolerance);

    return verdict(L, ok, why,
                   ok ? NULL
                      : g_strdup_printf("got %.14g, expected %.14g within %.14g", actual, expected,
                                        tolerance));
}

/* --- check.trace ------------------------------------------------------------------------------ */

/* Where one looks: at a host, at a link, or at what two hosts send each other. */
typedef struct Where {
    const Node *a, *b;
    const Link *link;
} Where;

typedef struct Narrow {
    LuaMatch *match;
    SimTime since;
} Narrow;

static Where check_where(lua_State *L, int arg)
{
    Where where = { 0 };

    if ((where.link = lua_test_object(L, arg, "link")) != NULL)
        return where;
    if (!lua_istable(L, arg)) {
        where.a = lua_check_node(L, arg);
        return where;
    }
    lua_rawgeti(L, arg, 1);
    where.a = lua_test_node(L, -1);
    lua_rawgeti(L, arg, 2);
    where.b = lua_test_node(L, -1);
    lua_pop(L, 2);
    if (where.a == NULL || where.b == NULL || luaL_len(L, arg) != 2)
        lua_fail(L, "check.trace looks at a host, a link, or { one host, another }");
    return where;
}

/* The node to which a frame is meant in the end, by its IP or ARP header; NULL if nobody's. */
static const Node *meant_for(const World *world, const Record *rec)
{
    static const struct {
        uint16_t type;
        size_t at;
    } fields[] = { { 0x0800, 30 }, { 0x0806, 38 } };

    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (rec->snap < fields[i].at + 4 || get16(rec->bytes + 12) != fields[i].type)
            continue;
        const Stack *owner = autoconf_owner(world->sim, ip_v4(get32(rec->bytes + fields[i].at)));
        return owner != NULL ? owner->node : NULL;
    }
    return NULL;
}

static bool sees(const World *world, const Where *where, const Record *rec)
{
    if (where->link != NULL)
        return rec->dir != NULL && link_of(rec->dir) == where->link &&
               (rec->kind == RECORD_SENT || rec->kind == RECORD_RELEASED);
    if (where->b == NULL)
        return rec->node == where->a && (rec->kind == RECORD_SENT || rec->kind == RECORD_RECEIVED);
    if (rec->kind != RECORD_SENT || (rec->node != where->a && rec->node != where->b))
        return false;
    return meant_for(world, rec) == (rec->node == where->a ? where->b : where->a);
}

static void set_narrow(lua_State *L, const Knob *knob, void *config)
{
    Narrow *narrow = config;

    (void)knob;
    narrow->match = lua_check_filter(L, lua_gettop(L));
}

static GArray *collect(World *world, const Where *where, const Narrow *narrow)
{
    GArray *seen = g_array_new(FALSE, FALSE, sizeof(Seen));
    uint64_t end = recorder_end(world->recorder);

    for (uint64_t i = recorder_first(world->recorder); i < end; i++) {
        const Record *rec = recorder_get(world->recorder, i);
        if (rec->t < narrow->since || !sees(world, where, rec))
            continue;
        if (narrow->match != NULL && !lua_match_record(narrow->match, rec))
            continue;
        Seen one = { rec, sim_label(world, rec) };
        g_array_append_val(seen, one);
    }
    return seen;
}

/* Which line of the block failed, and so which of the scenario: "file:line" for the first one. */
static int check_trace(lua_State *L, World *world, const Where *where, const Narrow *narrow)
{
    const char *why = "the packets are not those expected";
    ExpectNames names = report_names(world);
    GError *error = NULL;
    char *report = NULL;

    Expectation *expected = expect_parse(lua_tostring(L, 2), &names, &error);
    if (expected == NULL)
        return lua_fail_gerror(L, error);
    GArray *seen = collect(world, where, narrow);
    bool ok = expect_match(expected, (const Seen *)(void *)seen->data, seen->len,
                           recorder_flows(world->recorder), &report);
    g_array_free(seen, TRUE);
    expect_free(expected);
    char *place = lua_place(L);
    if (ok)
        passed(world, place, why);
    else
        failed(world, place, why, NULL, report);
    g_free(report);
    g_free(place);
    lua_pushboolean(L, ok);
    return 1;
}

/* check.trace(where, text [, { filter = FILTER, since = TIME }]) */
static int l_trace(lua_State *L)
{
    static const Knob knobs[] = { { "filter", KNOB_CUSTOM, 0, 0, 0, NULL, "only these packets", "",
                                    false },
                                  { "since", KNOB_TIME, offsetof(Narrow, since), 0, 0, NULL,
                                    "only from this instant on", "", false },
                                  { NULL, KNOB_BOOL, 0, 0, 0, NULL, NULL, NULL, false } };
    World *world = lua_world(L);
    Narrow narrow = { NULL, 0 };

    if (recorder_paused(world->recorder))
        return lua_fail(L, "check.trace: nothing is recorded since sim.record(false)");
    Where where = check_where(L, 1);
    luaL_checktype(L, 2, LUA_TSTRING);
    lua_options(L, 3, "check.trace", knobs, &narrow, set_narrow);
    if (recorder_first(world->recorder) > 0 && narrow.since == 0)
        return lua_fail(L, "check.trace: the first packets are forgotten; say { since = TIME }");
    int results = check_trace(L, world, &where, &narrow);
    if (narrow.match != NULL)
        lua_match_free(narrow.match);
    return results;
}

/* --- sim.always, sim.never -------------------------------------------------------------------- */

typedef struct Watch {
    char *name, *place;
    int function;
    bool always;
    bool over; /* it has failed once */
} Watch;

static void watch_free(void *watch_)
{
    Watch *watch = watch_;

    g_free(watch->name);
    g_free(watch->place);
    g_free(watch);
}

static int add_watch(lua_State *L, bool always)
{
    World *world = lua_world(L);
    const char *name = lua_check_text(L, 1);
    Watch *watch = g_new0(Watch, 1);

    *watch = (Watch){ g_strdup(name), lua_place(L), LUA_NOREF, always, false };
    if (world->parts->watches == NULL)
        world->parts->watches = g_ptr_array_new_with_free_func(watch_free);
    g_ptr_array_add(world->parts->watches, watch);
    watch->over = !lua_isfunction(L, 2);
    watch->function = lua_keep(L, 2);
    world->checks++;
    world_watch(world);
    return 0;
}

/* sim.always(name, f): f() is true after every event */
static int l_always(lua_State *L)
{
    return add_watch(L, true);
}

/* sim.never(name, f) */
static int l_never(lua_State *L)
{
    return add_watch(L, false);
}

void check_run_watches(World *world)
{
    const GPtrArray *watches = world->parts->watches;
    lua_State *L = world_lua(world);

    for (guint i = 0; watches != NULL && i < watches->len; i++) {
        Watch *watch = g_ptr_array_index(watches, i);
        if (watch->over)
            continue;
        luaL_checkstack(L, 4, NULL);
        lua_rawgeti(L, LUA_REGISTRYINDEX, watch->function);
        if (!lua_callback(L, 0, 1, watch->always ? "sim.always" : "sim.never"))
            return;
        watch->over = lua_toboolean(L, -1) != watch->always;
        lua_pop(L, 1);
        if (!watch->over)
            continue;
        trace(world->sim, CHECK_FAILED, NULL, NULL, NULL, line_of(watch->place),
              trace_str(watch->name));
        report_failure(world, watch->place, watch->name,
                       watch->always ? "it should always hold" : "it should never hold", NULL);
    }
}

void check_clear(World *world)
{
    GPtrArray *watches = world->parts->watches;

    for (guint i = 0; watches != NULL && i < watches->len; i++) {
        const Watch *watch = g_ptr_array_index(watches, i);
        luaL_unref(world_lua(world), LUA_REGISTRYINDEX, watch->function);
    }
    if (watches != NULL)
        g_ptr_array_free(watches, TRUE);
    world->parts->watches = NULL;
}

void lua_open_check(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "equal", l_equal }, { "near", l_near }, { "trace", l_trace }, { NULL, NULL }
    };
    static const luaL_Reg in_sim[] = { { "always", l_always },
                                       { "never", l_never },
                                       { NULL, NULL } };

    luaL_setfuncs(L, in_sim, 0);
    luaL_newlib(L, functions);
    lua_newtable(L);
    lua_pushcfunction(L, l_check);
    lua_setfield(L, -2, "__call");
    lua_pushliteral(L, "check");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_setglobal(L, "check");
}
