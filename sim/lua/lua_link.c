/*
 * lua_link.c - sim.link and what a link answers to, fault rules apart.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_net.h"
#include "sim/lua/lua_priv.h"

#include <string.h>

enum { MAX_KNOBS = 32 };

/* --- options ---------------------------------------------------------------------------------- */

/* The rows of link_knobs and, for a whole link, those that are the binding's own. */
static void collect_knobs(Knob out[MAX_KNOBS])
{
    static const Knob own[] = {
        { .name = "forward", .type = KNOB_CUSTOM, .doc = "Options of the direction from a to b." },
        { .name = "reverse", .type = KNOB_CUSTOM, .doc = "Options of the direction from b to a." },
        { .name = "netem", .type = KNOB_CUSTOM, .doc = "The same in the words of tc-netem(8)." },
    };
    size_t n = 0;

    for (const Knob *knob = link_knobs; knob->name != NULL; knob++)
        out[n++] = *knob;
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
        out[n++] = own[i];
    g_assert(n < MAX_KNOBS);
    out[n] = (Knob){ .name = NULL };
}

/* What is said of a size on top of the stack: packets, or bytes with a unit. */
static QueueSize check_queue_size(lua_State *L, const char *what)
{
    GError *error = NULL;
    QueueSize size = { 0 };
    int is_int;
    lua_Integer n = lua_tointegerx(L, -1, &is_int);

    if (lua_type(L, -1) == LUA_TSTRING) {
        if (link_queue_size(lua_tostring(L, -1), &size, &error))
            return size;
        g_prefix_error(&error, "link: %s: ", what);
        lua_fail_gerror(L, error);
    }
    if (!is_int || n < 0)
        lua_fail(L, "link: %s is a number of packets or a size such as \"64KiB\", not '%s'", what,
                 order_text(L, -1));
    return (QueueSize){ (uint64_t)n, false };
}

static void queue_custom(lua_State *L, const Knob *knob, void *config)
{
    LinkConfig *cfg = config;
    QueueSize size = check_queue_size(L, knob->name);

    if (strcmp(knob->name, "min") == 0) {
        cfg->qdisc.min = size;
    } else if (strcmp(knob->name, "max") == 0) {
        cfg->qdisc.max = size;
    } else {
        cfg->queue = size.n;
        cfg->queue_in_bytes = size.in_bytes;
    }
}

static QdiscType check_queue_type(lua_State *L, int arg)
{
    const Knob type = { .name = "type", .type = KNOB_ENUM, .names = qdisc_names };
    GError *error = NULL;
    int value = QDISC_DROP_TAIL;

    if (lua_getfield(L, arg, "type") == LUA_TNIL)
        lua_fail(L, "link: queue: a table names its type: drop-tail, red, codel or fq_codel");
    if (!knob_set_text(&type, &value, order_text(L, -1), &error)) {
        g_prefix_error(&error, "link: queue: ");
        lua_fail_gerror(L, error);
    }
    lua_pop(L, 2);
    return (QdiscType)value;
}

/* { type = "red", min = 5, max = 15 }: without a limit, room for four times max. */
static void read_queue_table(lua_State *L, int arg, LinkConfig *cfg)
{
    LinkConfig read = *cfg;
    GError *error = NULL;
    QdiscType type = check_queue_type(L, arg);

    link_queue_defaults(&read, type);
    lua_options(L, arg, "link: queue", qdisc_knobs[type], &read, queue_custom);
    if (lua_getfield(L, arg, "limit") == LUA_TNIL && read.qdisc.max.n > 0) {
        read.queue = 4 * read.qdisc.max.n;
        read.queue_in_bytes = read.qdisc.max.in_bytes;
    }
    if (!link_queue_check(&read, &error)) {
        g_prefix_error(&error, "link: ");
        lua_fail_gerror(L, error);
    }
    *cfg = read;
}

static void read_queue(lua_State *L, LinkConfig *cfg)
{
    GError *error = NULL;

    if (lua_type(L, -1) == LUA_TTABLE) {
        read_queue_table(L, lua_gettop(L), cfg);
        return;
    }
    if (lua_type(L, -1) == LUA_TSTRING) {
        if (link_queue_from_text(cfg, lua_tostring(L, -1), &error))
            return;
        g_prefix_error(&error, "link: queue: ");
        lua_fail_gerror(L, error);
    }
    QueueSize limit = check_queue_size(L, "queue");
    cfg->qdisc = (QdiscConfig){ .type = QDISC_DROP_TAIL };
    cfg->queue = limit.n;
    cfg->queue_in_bytes = false;
}

/* tc-netem(8), gemodel: r is 1 - p, nothing passes in the bad state and all in the good one. */
static void read_loss_table(lua_State *L, int arg, LinkConfig *cfg)
{
    LinkConfig read = *cfg;

    read.loss_model = LOSS_GILBERT_ELLIOTT;
    read.ge_p = 0;
    read.ge_r = UINT64_MAX;
    read.ge_h = 0;
    read.ge_k = PROB_ONE;
    read.loss = 0;
    lua_options(L, arg, "link: loss", link_loss_knobs, &read, NULL);
    if (read.loss_model == LOSS_GILBERT_ELLIOTT && lua_getfield(L, arg, "p") == LUA_TNIL)
        lua_fail(L, "link: loss: gilbert-elliott needs p, the chance to get into the bad state");
    if (read.ge_r == UINT64_MAX)
        read.ge_r = PROB_ONE - read.ge_p;
    *cfg = read;
}

static void read_loss(lua_State *L, LinkConfig *cfg)
{
    static const Knob loss = { .name = "loss", .type = KNOB_PROB,
                               .offset = offsetof(LinkConfig, loss) };
    GError *error = NULL;
    bool ok;

    if (lua_type(L, -1) == LUA_TTABLE) {
        read_loss_table(L, lua_gettop(L), cfg);
        return;
    }
    if (lua_type(L, -1) == LUA_TNUMBER)
        ok = knob_set_number(&loss, cfg, lua_tonumber(L, -1), &error);
    else
        ok = knob_set_text(&loss, cfg, order_text(L, -1), &error);
    cfg->loss_model = LOSS_RANDOM;
    if (!ok) {
        g_prefix_error(&error, "link: ");
        lua_fail_gerror(L, error);
    }
}

static void link_custom(lua_State *L, const Knob *knob, void *config)
{
    int top = lua_gettop(L);

    if (strcmp(knob->name, "queue") == 0)
        read_queue(L, config);
    else if (strcmp(knob->name, "loss") == 0)
        read_loss(L, config);
    lua_settop(L, top);
}

static void read_netem(lua_State *L, int arg, LinkConfig *cfg)
{
    GError *error = NULL;

    lua_getfield(L, arg, "netem");
    if (!lua_isnil(L, -1) && !netem_parse(order_text(L, -1), cfg, &error))
        lua_fail_gerror(L, error);
    lua_settop(L, arg);
}

/* The options at arg over what cfg holds: both directions alike, then what each has of its own.
 * `alike`: cfg holds the same for both. */
static void read_link_options(lua_State *L, int arg, LinkConfig cfg[2], bool alike)
{
    static const char *const dirs[] = { "forward", "reverse" };
    static const char *const whats[] = { "link: forward", "link: reverse" };
    Knob knobs[MAX_KNOBS];

    collect_knobs(knobs);
    lua_settop(L, arg);
    for (int i = 0; i < 2; i++) {
        if (lua_istable(L, arg))
            read_netem(L, arg, &cfg[i]);
        lua_options(L, arg, "link", knobs, &cfg[i], link_custom);
        if (alike)
            cfg[++i] = cfg[0];
    }
    for (int i = 0; i < 2 && lua_istable(L, arg); i++) {
        lua_getfield(L, arg, dirs[i]);
        lua_options(L, arg + 1, whats[i], link_knobs, &cfg[i], link_custom);
        lua_settop(L, arg);
    }
}

/* --- making one ------------------------------------------------------------------------------- */

typedef struct LinkEnd {
    Node *node;
    Port *port; /* NULL: any that is free, or a new one */
} LinkEnd;

static LinkEnd check_end(lua_State *L, int arg)
{
    LinkEnd end = { .port = NULL };

    lua_check_act(L, "sim.link");
    end.node = lua_test_node(L, arg);
    if (end.node != NULL)
        return end;
    end.port = lua_test_object(L, arg, "interface");
    if (end.port == NULL)
        lua_fail(L, "sim.link: its ends are nodes or interfaces, not %s", lua_kind(L, arg));
    else if (end.port->out != NULL)
        lua_fail(L, "sim.link: two links on one port: %s.%s is linked to %s already",
                 end.port->node->name, end.port->name, end.port->out->to->node->name);
    else
        end.node = end.port->node;
    return end;
}

static Port *end_port(LinkEnd end)
{
    if (end.port == NULL)
        end.port = node_free_port(end.node);
    return end.port != NULL ? end.port : lua_node_new_port(end.node, NULL);
}

/* What the network layer at the sending end may hand down. */
static void set_mtu(const LinkDir *dir)
{
    Iface *iface = port_iface(dir->from);

    if (iface != NULL && dir->cfg->mtu != 0)
        iface->mtu = (uint32_t)dir->cfg->mtu;
}

/* Most are told what the one before was told. */
void lua_read_new_link(lua_State *L, int arg, LinkConfig cfg[2])
{
    LuaEnv *env = lua_env(L);

    if (!memo_is(L, arg, &env->link_said)) {
        env->link_said.n = 0;
        env->link_read[0] = env->link_read[1] = link_defaults;
        read_link_options(L, arg, env->link_read, true);
        memo_keep(L, arg, &env->link_said);
    }
    memcpy(cfg, env->link_read, sizeof env->link_read);
}

static Link *join_ends(lua_State *L, LinkEnd a, LinkEnd b, const LinkConfig cfg[2])
{
    Port *from = end_port(a), *to = end_port(b);
    Link *link = link_new(lua_sim(L), from, to, &cfg[0], &cfg[1]);

    set_mtu(&link->dir[0]);
    set_mtu(&link->dir[1]);
    return link;
}

void lua_new_link(lua_State *L, Node *a, Node *b, const LinkConfig cfg[2])
{
    join_ends(L, (LinkEnd){ .node = a }, (LinkEnd){ .node = b }, cfg);
}

void lua_push_link(lua_State *L, Link *link)
{
    lua_push_placed(L, "link", link, &link->handle);
}

/* sim.link(a, b [, { delay = "10ms", rate = "10Mbit", ... }]) -> link; an end is a node or an
 * interface */
static int l_link(lua_State *L)
{
    LinkEnd a = check_end(L, 1), b = check_end(L, 2);
    LinkConfig cfg[2];

    if (a.node == b.node)
        return lua_fail(L, "sim.link: a link joins two different nodes, not %s with itself",
                        a.node->name);
    lua_settop(L, 3);
    lua_read_new_link(L, 3, cfg);
    lua_push_link(L, join_ends(L, a, b, cfg));
    return 1;
}

/* --- changing one ----------------------------------------------------------------------------- */

/* link:set { loss = "30%" }: for the packets still to come */
static int l_set(lua_State *L)
{
    Link *link = lua_check_link(L, 1);
    LinkConfig cfg[2] = { *link->dir[0].cfg, *link->dir[1].cfg };

    lua_check_act(L, "link:set");
    if (!lua_istable(L, 2))
        return lua_fail(L, "link:set takes a table of options");
    read_link_options(L, 2, cfg, false);
    for (int i = 0; i < 2; i++) {
        link_set(&link->dir[i], &cfg[i]);
        set_mtu(&link->dir[i]);
    }
    return 0;
}

static int l_down(lua_State *L)
{
    lua_check_act(L, "link:down");
    link_down(lua_check_link(L, 1));
    return 0;
}

static int l_up(lua_State *L)
{
    lua_check_act(L, "link:up");
    link_up(lua_check_link(L, 1));
    return 0;
}

/* --- looking at one --------------------------------------------------------------------------- */

#define COUNTER_ROW(name) { #name, offsetof(LinkCounters, name), false }
#define FATE_ROW(name) { #name, offsetof(LinkFates, name), true }

static const struct {
    const char *name;
    size_t      offset;
    bool        fate;
} counters[] = {
    COUNTER_ROW(sent),      COUNTER_ROW(sent_bytes), COUNTER_ROW(delivered),
    COUNTER_ROW(delivered_bytes), FATE_ROW(lost),    FATE_ROW(dropped),
    FATE_ROW(queue_drops),  FATE_ROW(marked),        FATE_ROW(duplicated),
    FATE_ROW(reordered),    FATE_ROW(corrupted),     FATE_ROW(held),
};

static uint64_t counter_of(const LinkDir *dir, size_t i)
{
    const char *fates = (const char *)&dir->more->fates, *sums = (const char *)&dir->counters;

    return *(const uint64_t *)(const void *)((counters[i].fate ? fates : sums) +
                                             counters[i].offset);
}

/* A table of the sums over those directions of the link that `dirs` has a bit for. */
static void push_counters(lua_State *L, Link *link, unsigned dirs)
{
    uint64_t backlog = 0, backlog_bytes = 0;

    lua_createtable(L, 0, G_N_ELEMENTS(counters) + 4);
    for (size_t i = 0; i < G_N_ELEMENTS(counters); i++) {
        uint64_t sum = 0;
        for (unsigned d = 0; d < 2; d++)
            if (dirs & 1u << d)
                sum += counter_of(&link->dir[d], i);
        lua_pushinteger(L, (lua_Integer)sum);
        lua_setfield(L, -2, counters[i].name);
    }
    for (unsigned d = 0; d < 2; d++)
        if (dirs & 1u << d) {
            uint64_t bytes;
            backlog += link_queued(&link->dir[d], &bytes);
            backlog_bytes += bytes;
        }
    lua_pushinteger(L, (lua_Integer)backlog);
    lua_setfield(L, -2, "backlog");
    lua_pushinteger(L, (lua_Integer)backlog_bytes);
    lua_setfield(L, -2, "backlog_bytes");
}

static void push_link_drops(lua_State *L, const Link *link)
{
    uint64_t sum[DROP_LINK_ENDED];

    for (size_t why = 0; why < G_N_ELEMENTS(sum); why++)
        sum[why] = link->dir[0].more->fates.drops[why] + link->dir[1].more->fates.drops[why];
    lua_push_drops(L, sum, G_N_ELEMENTS(sum));
}

static void set_integer(lua_State *L, const char *name, uint64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, name);
}

static void set_queue_state(lua_State *L, const Qdisc *q, QdiscType type)
{
    QdiscState s = qdisc_state(q);

    lua_push_seconds(L, q->waited);
    lua_setfield(L, -2, "waited");
    if (type == QDISC_RED) {
        set_integer(L, "average", s.average);
        return;
    }
    lua_pushboolean(L, s.dropping);
    lua_setfield(L, -2, "dropping");
    set_integer(L, "count", s.count);
    if (type == QDISC_FQ_CODEL) {
        set_integer(L, "new_flows", s.new_flows);
        set_integer(L, "old_flows", s.old_flows);
    }
}

/* link:queue([node]) -> { type =, packets =, bytes =, limit =, ... }: the queue at that end of the
 * link, at the first end unless said */
static int l_queue(lua_State *L)
{
    Link *link = lua_check_link(L, 1);
    Node *node = lua_isnoneornil(L, 2) ? link->dir[0].from->node : lua_test_node(L, 2);
    LinkDir *dir = node != NULL ? link_dir_from(link, node) : NULL;
    uint64_t bytes;

    if (dir == NULL)
        return lua_fail(L, "link:queue: %s is not at an end of this link", lua_kind(L, 2));
    lua_createtable(L, 0, 10);
    lua_pushstring(L, qdisc_names[dir->cfg->qdisc.type]);
    lua_setfield(L, -2, "type");
    set_integer(L, "packets", link_queued(dir, &bytes));
    set_integer(L, "bytes", bytes);
    set_integer(L, "limit", dir->cfg->queue);
    if (dir->more->qdisc != NULL)
        set_queue_state(L, dir->more->qdisc, dir->cfg->qdisc.type);
    lua_strict(L, "figure of a queue");
    return 1;
}

static int link_index(lua_State *L, void *p, const char *name)
{
    Link *link = p;

    if (strcmp(name, "counters") == 0) {
        push_counters(L, link, 3);
        push_counters(L, link, 1);
        lua_strict(L, "counter");
        lua_setfield(L, -2, "forward");
        push_counters(L, link, 2);
        lua_strict(L, "counter");
        lua_setfield(L, -2, "reverse");
        lua_strict(L, "counter");
    } else if (strcmp(name, "drops") == 0) {
        push_link_drops(L, link);
    } else if (strcmp(name, "name") == 0) {
        lua_pushfstring(L, "%s-%s", link->dir[0].from->node->name, link->dir[0].to->node->name);
    } else if (strcmp(name, "state") == 0) {
        lua_pushstring(L, link->up ? "up" : "down");
    } else if (strcmp(name, "queued") == 0) {
        lua_pushinteger(L, (lua_Integer)(link_queued(&link->dir[0], NULL) +
                                         link_queued(&link->dir[1], NULL)));
    } else {
        return 0;
    }
    return 1;
}

static void link_text(lua_State *L, void *p, GString *out)
{
    const Link *link = p;

    (void)L;
    g_string_append_printf(out, "link<%s-%s%s>", link->dir[0].from->node->name,
                           link->dir[0].to->node->name, link->up ? "" : " down");
}

void lua_open_link(lua_State *L)
{
    static const luaL_Reg methods[] = {
        { "set", l_set }, { "down", l_down }, { "up", l_up },
        { "queue", l_queue }, { NULL, NULL }
    };

    lua_pushcfunction(L, l_link);
    lua_setfield(L, -2, "link");
    lua_class(L, "link", methods, link_index, link_text, NULL);
}
