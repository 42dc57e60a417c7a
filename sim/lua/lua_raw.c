/*
 * lua_raw.c - packets seen and forged: host:packets, link:packets, send_raw, recv_raw.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_net.h"
#include "sim/lua/lua_packet.h"

#include <string.h>

/* --- looking back ----------------------------------------------------------------------------- */

typedef struct LookBack {
    const Node *node; /* at this node, what tcpdump would show there; or */
    const Link *link; /* on this link, what was put on it, by a port or by a rule */
    SimTime     since;
} LookBack;

static const Knob look_knobs[] = {
    { .name = "since", .type = KNOB_TIME, .offset = offsetof(LookBack, since),
      .doc = "From this time on only." },
    { .name = NULL }
};

static bool in_view(const LookBack *look, const Record *rec)
{
    if (rec->t < look->since)
        return false;
    if (look->node != NULL)
        return rec->node == look->node &&
               (rec->kind == RECORD_SENT || rec->kind == RECORD_RECEIVED);
    return rec->dir != NULL && link_of(rec->dir) == look->link &&
           (rec->kind == RECORD_SENT || rec->kind == RECORD_RELEASED);
}

/* Pushes the list of what the FILTER at 2 wants, with the options at 3. */
static int push_packets(lua_State *L, LookBack *look)
{
    Recorder *recorder = lua_world(L)->recorder;
    lua_Integer n = 0;

    lua_settop(L, 3);
    lua_options(L, 3, "packets", look_knobs, look, NULL);
    if (recorder_paused(recorder))
        return lua_fail(L, "packets: nothing is kept, by sim.record(false)");
    uint64_t first = recorder_first(recorder);
    if (first > 0 && recorder_get(recorder, first)->t >= look->since)
        return lua_fail(L, "packets: only the last %d are kept, and more have passed since: say "
                        "since when, as in packets(filter, { since = sim.now() - 1 })", RECORD_MAX);
    LuaMatch *match = lua_check_filter(L, 2);
    lua_newtable(L);
    for (uint64_t i = first; i < recorder_end(recorder); i++) {
        const Record *rec = recorder_get(recorder, i);
        if (!in_view(look, rec) || !lua_match_record(match, rec))
            continue;
        lua_push_record(L, rec);
        lua_rawseti(L, -2, ++n);
    }
    lua_match_free(match);
    return 1;
}

/* host:packets([FILTER] [, { since = TIME }]) -> list: sent and received there, oldest first */
static int l_host_packets(lua_State *L)
{
    LookBack look = { .node = lua_check_node(L, 1) };

    return push_packets(L, &look);
}

/* link:packets([FILTER] [, { since = TIME }]) -> list: put on it, oldest first */
static int l_link_packets(lua_State *L)
{
    LookBack look = { .link = lua_check_link(L, 1) };

    return push_packets(L, &look);
}

/* --- sending ---------------------------------------------------------------------------------- */

typedef struct SendOptions {
    Port *port;
} SendOptions;

static const Knob send_knobs[] = {
    { .name = "iface", .type = KNOB_CUSTOM, .doc = "From this interface, as a whole frame." },
    { .name = NULL }
};

static void send_custom(lua_State *L, const Knob *knob, void *config)
{
    SendOptions *opt = config;
    const Node *node = lua_check_node(L, 1);
    const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;

    (void)knob;
    opt->port = name != NULL ? node_port(node, name) : lua_test_object(L, -1, "interface");
    if (opt->port == NULL || opt->port->node != node)
        lua_fail(L, "send_raw: %s has no interface '%s'", node->name, order_text(L, -1));
}

static NetError send_error(DropReason why)
{
    switch (why) {
    case DROP_IP_NO_ROUTE:
        return NET_ENETUNREACH;
    case DROP_IP_UNREACHABLE:
        return NET_EHOSTUNREACH;
    case DROP_IP_DF:
    case DROP_LINK_TOO_BIG:
        return NET_EMSGSIZE;
    case DROP_LINK_HOST_DOWN:
        return NET_ENETDOWN;
    default:
        return NET_EINVAL;
    }
}

/* host:send_raw(packet [, { iface = "eth0" }]) -> true, or nil, NAME: forged, from this host. With
 * eth or arp it goes onto the wire as it is; else it is routed. */
static int l_send_raw(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    SendOptions opt = { NULL };

    lua_check_act(L, "send_raw");
    lua_settop(L, 3);
    lua_options(L, 3, "send_raw", send_knobs, &opt, send_custom);
    lua_settle(L);
    if (stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    bool frame = opt.port != NULL || lua_is_frame(L, 2);
    if (frame && opt.port == NULL && stack->node->ports->len == 0)
        return lua_net_error(L, NET_ENETDOWN);
    Packet *pkt = lua_check_packet(L, 2, stack, frame);
    if (frame) {
        port_send(opt.port != NULL ? opt.port : g_ptr_array_index(stack->node->ports, 0), pkt);
    } else {
        DropReason why = ipv4_output_raw(stack->ipv4, pkt);
        if (why != DROP_NONE) {
            packet_drop(pkt, stack->node, NULL, why);
            if (why != DROP_IP_BLACKHOLE)
                return lua_net_error(L, send_error(why));
        }
    }
    lua_pushboolean(L, true);
    return 1;
}

/* --- receiving -------------------------------------------------------------------------------- */

/* One call of recv_raw: a sink that waits for one frame. */
typedef struct RawWait {
    const Node *node;
    LuaMatch   *match;
    WaitQueue   queue;
    uint8_t    *frame; /* NULL until one has come */
    size_t      len;
    bool        listening;
} RawWait;

static void on_delivered(void *self, const TraceEvent *ev)
{
    RawWait *w = self;

    if (ev->point != &LINK_DELIVERED || ev->node != w->node || w->frame != NULL || w->node->down ||
        !lua_match(w->match, ev->pkt))
        return;
    Span frame = packet_frame(ev->pkt);
    w->frame = g_memdup2(frame.p, frame.n);
    w->len = frame.n;
    waitq_wake(&w->queue);
}

static void stop_listening(RawWait *w)
{
    if (!w->listening)
        return;
    trace_remove_sink(&w->node->sim->trace, w);
    lua_match_free(w->match);
    w->listening = false;
}

static void raw_wait_gc(void *p)
{
    RawWait *w = p;

    stop_listening(w);
    g_free(w->frame);
    g_free(w);
}

static void end_raw_wait(lua_State *L, RawWait *w)
{
    lua_forget_object(L, w);
    raw_wait_gc(w);
}

static int recv_raw_k(lua_State *L, int status, lua_KContext deadline)
{
    RawWait *w = lua_check_object(L, 4, "raw wait");

    (void)status;
    if (w->frame != NULL) {
        lua_push_frame(L, (Span){ w->frame, w->len });
        end_raw_wait(L, w);
        return 1;
    }
    if (task_timed_out(L)) {
        end_raw_wait(L, w);
        return lua_timed_out(L);
    }
    return task_wait(L, &w->queue, deadline, recv_raw_k, deadline);
}

/* host:recv_raw([FILTER] [, { timeout = }]) -> packet, or nil, "TIMEOUT": the next that reaches an
 * interface of this host, meant for it or not */
static int l_recv_raw(lua_State *L)
{
    const Node *node = lua_check_node(L, 1);
    SimTime deadline = lua_check_deadline(L, 3);

    lua_check_act(L, "recv_raw");
    lua_settop(L, 3);
    LuaMatch *match = lua_check_filter(L, 2);
    RawWait *w = g_new0(RawWait, 1);
    *w = (RawWait){ .node = node, .match = match, .listening = true };
    trace_add_sink(&node->sim->trace, TRACE_LINK, on_delivered, w);
    lua_push_object(L, "raw wait", w);
    return task_wait(L, &w->queue, deadline, recv_raw_k, deadline);
}

void lua_open_raw(lua_State *L)
{
    static const luaL_Reg node_methods[] = { { "packets", l_host_packets },
                                             { "recv_raw", l_recv_raw },
                                             { NULL, NULL } };
    static const luaL_Reg host_methods[] = { { "send_raw", l_send_raw }, { NULL, NULL } };
    static const luaL_Reg link_methods[] = { { "packets", l_link_packets }, { NULL, NULL } };
    static const luaL_Reg no_methods[] = { { NULL, NULL } };

    lua_class_add(L, "host", node_methods);
    lua_class_add(L, "router", node_methods);
    lua_class_add(L, "switch", node_methods);
    lua_class_add(L, "host", host_methods);
    lua_class_add(L, "router", host_methods);
    lua_class_add(L, "link", link_methods);
    lua_class(L, "raw wait", no_methods, NULL, NULL, raw_wait_gc);
}
