/*
 * lua_fault.c - a link's fault rules, and inject.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/fault.h"

#include "sim/lua/lua_net.h"
#include "sim/lua/lua_packet.h"

#include <string.h>

/* What a rule needs of Lua; owned by the rule. */
typedef struct LuaRule {
    World     *world;
    FaultRule *rule;
    LuaMatch  *match;
    int        modify; /* a kept function, LUA_NOREF */
    bool       sums;
    char      *place;  /* where it was made */
    WaitQueue  queue;  /* tasks in rule:wait() */
} LuaRule;

typedef struct RuleOptions {
    FaultOptions fault;
    bool         sums;
} RuleOptions;

#define AT(field) offsetof(RuleOptions, fault.field)
#define COMMON_KNOBS                                                                               \
    { .name = "count", .type = KNOB_INT, .offset = AT(count), .min = 1, .max = INT64_MAX,          \
      .doc = "How often it acts; always, unless said." },                                          \
    { .name = "skip", .type = KNOB_INT, .offset = AT(skip), .min = 0, .max = INT64_MAX,            \
      .doc = "How many matching packets pass first." },                                            \
    { .name = "from", .type = KNOB_CUSTOM, .doc = "A node: packets from there only." },            \
    { .name = "probability", .type = KNOB_PROB, .offset = AT(probability),                         \
      .doc = "The chance that it acts on a match." },                                              \
    { .name = "after", .type = KNOB_TIME, .offset = AT(after), .doc = "Acts from this time on." }, \
    { .name = "before", .type = KNOB_TIME, .offset = AT(before), .doc = "Acts before this time." }

static const Knob plain_knobs[] = { COMMON_KNOBS, { .name = NULL } };
static const Knob duplicate_knobs[] = {
    COMMON_KNOBS,
    { .name = "copies", .type = KNOB_INT, .offset = AT(copies), .min = 1, .max = 1000,
      .doc = "How many copies." },
    { .name = "delay", .type = KNOB_TIME, .offset = AT(delay),
      .doc = "How much later the copies enter the link." },
    { .name = NULL }
};
static const Knob corrupt_knobs[] = {
    COMMON_KNOBS,
    { .name = "bit", .type = KNOB_INT, .offset = AT(bit), .min = 0, .max = 65535 * 8,
      .doc = "Which bit of the frame; a random one, unless said." },
    { .name = NULL }
};
static const Knob modify_knobs[] = {
    COMMON_KNOBS,
    { .name = "sums", .type = KNOB_BOOL, .offset = offsetof(RuleOptions, sums),
      .doc = "Put the checksums right." },
    { .name = NULL }
};

static void rule_custom(lua_State *L, const Knob *knob, void *config)
{
    ((RuleOptions *)config)->fault.from = lua_named_node(L, -1, knob->name);
}

/* --- what the engine calls -------------------------------------------------------------------- */

static bool rule_match(void *self, LinkDir *dir, const Packet *pkt)
{
    LuaRule *r = self;

    (void)dir;
    return lua_match(r->match, pkt);
}

static void rule_hit(void *self, const Packet *pkt)
{
    LuaRule *r = self;

    (void)pkt;
    waitq_wake(&r->queue);
}

static int write_back(lua_State *L)
{
    const LuaRule *r = lua_touserdata(L, 2);

    lua_modify_packet(L, 1, lua_touserdata(L, 3), r->sums);
    return 0;
}

/* (LuaRule *, Packet *): the author's function on the packet's table, then the table back into the
 * packet. Runs under lua_callback, so that either may raise. When the table is read the function
 * has returned: the line that an error names is that of link:modify. */
static int modify_body(lua_State *L)
{
    LuaRule *r = lua_touserdata(L, 1);
    Packet *pkt = lua_touserdata(L, 2);

    lua_pushcfunction(L, write_back);
    lua_push_frame(L, packet_frame(pkt));
    lua_rawgeti(L, LUA_REGISTRYINDEX, r->modify);
    lua_pushvalue(L, -2);
    lua_call(L, 1, 0);
    lua_pushlightuserdata(L, r);
    lua_pushlightuserdata(L, pkt);
    if (lua_pcall(L, 3, 0, 0) == LUA_OK)
        return 0;
    const char *message = lua_tostring(L, -1), *file = r->world->file;
    if (message != NULL && g_str_has_prefix(message, file))
        lua_pushfstring(L, "%s%s", r->place, message + strlen(file));
    return lua_error(L);
}

static void rule_modify(void *self, LinkDir *dir, Packet *pkt)
{
    LuaRule *r = self;
    lua_State *L = world_lua(r->world);

    (void)dir;
    lua_pushcfunction(L, modify_body);
    lua_pushlightuserdata(L, r);
    lua_pushlightuserdata(L, pkt);
    lua_look_begin(L);
    lua_callback(L, 2, 0, r->rule->name);
    lua_look_end(L);
}

static void rule_free(void *self)
{
    LuaRule *r = self;

    lua_match_free(r->match);
    luaL_unref(world_lua(r->world), LUA_REGISTRYINDEX, r->modify);
    g_free(r->place);
    g_free(r);
}

/* --- making rules ----------------------------------------------------------------------------- */

static bool on_link(const Link *link, const Node *node)
{
    return link->dir[0].from->node == node || link->dir[1].from->node == node;
}

/* The rule on the link at 1 with the FILTER at 2, the options at `opts`; pushes its handle. */
static int add_rule(lua_State *L, FaultKind kind, const char *verb, int opts, const Knob *knobs,
                    SimTime delay, int modify)
{
    Link *link = lua_check_link(L, 1);
    RuleOptions opt = { .fault = fault_options_default, .sums = true };

    lua_check_act(L, verb);
    opt.fault.delay = delay;
    lua_settop(L, opts);
    lua_options(L, opts, verb, knobs, &opt, rule_custom);
    if (opt.fault.from != NULL && !on_link(link, opt.fault.from))
        return lua_fail(L, "%s: from: %s is not on this link", verb, opt.fault.from->name);
    if (opt.fault.before <= opt.fault.after)
        return lua_fail(L, "%s: before is a time later than after", verb);
    LuaMatch *match = lua_check_filter(L, 2);
    LuaRule *r = g_new0(LuaRule, 1);
    *r = (LuaRule){ .world = lua_world(L), .match = match, .modify = modify, .sums = opt.sums };
    FaultCalls calls = { .match = rule_match, .modify = rule_modify, .on_hit = rule_hit,
                         .free_self = rule_free, .self = r };
    char *place = lua_place(L), *short_place = lua_short_place(L);
    char *name = g_strdup_printf("%s (%s)", verb, short_place);
    r->rule = fault_add(link, kind, &opt.fault, &calls, name);
    r->place = place;
    g_free(name);
    g_free(short_place);
    lua_push_object(L, "rule", r->rule);
    return 1;
}

/* link:drop(FILTER [, { count = 1, ... }]) -> rule */
static int l_drop(lua_State *L)
{
    return add_rule(L, FAULT_DROP, "drop", 3, plain_knobs, 0, LUA_NOREF);
}

/* link:delay(FILTER, "30s" [, { count = 1 }]) -> rule */
static int l_delay(lua_State *L)
{
    return add_rule(L, FAULT_DELAY, "delay", 4, plain_knobs, lua_check_time(L, 3), LUA_NOREF);
}

/* link:duplicate(FILTER [, { copies = 1, delay = "5s" }]) -> rule */
static int l_duplicate(lua_State *L)
{
    return add_rule(L, FAULT_DUPLICATE, "duplicate", 3, duplicate_knobs, 0, LUA_NOREF);
}

/* link:corrupt(FILTER [, { bit = 300 }]) -> rule */
static int l_corrupt(lua_State *L)
{
    return add_rule(L, FAULT_CORRUPT, "corrupt", 3, corrupt_knobs, 0, LUA_NOREF);
}

/* link:modify(FILTER, function(packet) ... end [, { sums = false }]) -> rule */
static int l_modify(lua_State *L)
{
    if (!lua_isfunction(L, 3))
        return lua_fail(L, "modify: a function of the packet is wanted, not %s",
                        lua_kind(L, 3));
    return add_rule(L, FAULT_MODIFY, "modify", 4, modify_knobs, 0, lua_keep(L, 3));
}

/* link:hold(FILTER [, { count = 1 }]) -> rule, with release */
static int l_hold(lua_State *L)
{
    return add_rule(L, FAULT_HOLD, "hold", 3, plain_knobs, 0, LUA_NOREF);
}

/* link:copy(FILTER [, { count = 1 }]) -> rule, with replay */
static int l_copy(lua_State *L)
{
    return add_rule(L, FAULT_COPY, "copy", 3, plain_knobs, 0, LUA_NOREF);
}

typedef struct InjectOptions {
    Node *to, *from;
} InjectOptions;

static const Knob inject_knobs[] = {
    { .name = "to", .type = KNOB_CUSTOM, .doc = "The end of the link to which it travels." },
    { .name = "from", .type = KNOB_CUSTOM, .doc = "The end from which it seems to come." },
    { .name = NULL }
};

static void inject_custom(lua_State *L, const Knob *knob, void *config)
{
    InjectOptions *opt = config;

    *(strcmp(knob->name, "to") == 0 ? &opt->to : &opt->from) =
        lua_named_node(L, -1, knob->name);
}

/* link:inject(packet, { to = server }): a forged packet onto the wire */
static int l_inject(lua_State *L)
{
    Link *link = lua_check_link(L, 1);
    InjectOptions opt = { NULL, NULL };

    lua_check_act(L, "inject");
    lua_settop(L, 3);
    lua_options(L, 3, "inject", inject_knobs, &opt, inject_custom);
    if ((opt.to == NULL) == (opt.from == NULL))
        return lua_fail(L, "inject: which way? { to = node } or { from = node }");
    Node *end = opt.to != NULL ? opt.to : opt.from;
    if (!on_link(link, end))
        return lua_fail(L, "inject: %s is not on this link", end->name);
    LinkDir *dir = link_dir_from(link, end);
    if (opt.to != NULL)
        dir = link_dir_reverse(dir);
    link_inject(dir, lua_check_frame(L, 2, dir));
    return 0;
}

/* --- the handle ------------------------------------------------------------------------------- */

static FaultRule *check_rule(lua_State *L)
{
    return lua_check_object(L, 1, "rule");
}

static LuaRule *lua_rule(const FaultRule *rule)
{
    return rule->calls.self;
}

/* rule:remove(): acts no longer; what it holds stays held */
static int l_remove(lua_State *L)
{
    lua_check_act(L, "rule:remove");
    fault_remove(check_rule(L));
    return 0;
}

static FaultRule *check_catching(lua_State *L, FaultKind kind, const char *verb, const char *maker)
{
    FaultRule *rule = check_rule(L);

    lua_check_act(L, verb);
    if (rule->kind != kind)
        lua_fail(L, "rule:%s: it is for what link:%s has made; this is %s", verb, maker,
                 rule->name);
    return rule;
}

/* held:release() -> how many: back on the wire, in the order caught */
static int l_release(lua_State *L)
{
    FaultRule *rule = check_catching(L, FAULT_HOLD, "release", "hold");

    lua_pushinteger(L, (lua_Integer)fault_release(rule));
    return 1;
}

/* copy:replay() -> how many: copies of what was caught */
static int l_replay(lua_State *L)
{
    FaultRule *rule = check_catching(L, FAULT_COPY, "replay", "copy");

    lua_pushinteger(L, (lua_Integer)fault_release(rule));
    return 1;
}

/* What wait waits for: something caught and still kept; with other kinds, that it has acted. */
static bool has_acted(const FaultRule *rule)
{
    if (rule->kind == FAULT_HOLD || rule->kind == FAULT_COPY)
        return rule->caught->len > 0;
    return rule->hits > 0;
}

static int wait_k(lua_State *L, int status, lua_KContext deadline)
{
    FaultRule *rule = check_rule(L);

    (void)status;
    if (has_acted(rule)) {
        lua_pushboolean(L, true);
        return 1;
    }
    if (task_timed_out(L))
        return lua_timed_out(L);
    return task_wait(L, &lua_rule(rule)->queue, deadline, wait_k, deadline);
}

/* rule:wait([{ timeout = "2s" }]) -> true, or nil, "TIMEOUT": until one has been caught */
static int l_wait(lua_State *L)
{
    FaultRule *rule = check_rule(L);
    SimTime deadline = lua_check_deadline(L, 2);

    if (has_acted(rule)) {
        lua_pushboolean(L, true);
        return 1;
    }
    return task_wait(L, &lua_rule(rule)->queue, deadline, wait_k, deadline);
}

static int rule_index(lua_State *L, void *p, const char *name)
{
    const FaultRule *rule = p;

    if (strcmp(name, "hits") == 0)
        lua_pushinteger(L, (lua_Integer)rule->hits);
    else if (strcmp(name, "caught") == 0)
        lua_pushinteger(L, (lua_Integer)rule->caught->len);
    else if (strcmp(name, "name") == 0)
        lua_pushstring(L, rule->name);
    else
        return 0;
    return 1;
}

static void rule_text(lua_State *L, void *p, GString *out)
{
    const FaultRule *rule = p;

    (void)L;
    g_string_append_printf(out, "rule<%s, %" G_GUINT64_FORMAT " hits>", rule->name, rule->hits);
}

void lua_open_fault(lua_State *L)
{
    static const luaL_Reg link_methods[] = {
        { "drop", l_drop },       { "delay", l_delay }, { "duplicate", l_duplicate },
        { "corrupt", l_corrupt }, { "modify", l_modify }, { "hold", l_hold },
        { "copy", l_copy },       { "inject", l_inject }, { NULL, NULL }
    };
    static const luaL_Reg rule_methods[] = { { "remove", l_remove },
                                             { "wait", l_wait },
                                             { "release", l_release },
                                             { "replay", l_replay },
                                             { NULL, NULL } };

    lua_class_add(L, "link", link_methods);
    lua_class(L, "rule", rule_methods, rule_index, rule_text, NULL);
}
