/*
 * lua_listen.c - sim.on: traced events told to functions of the scenario.
 *
 * A sink may look, not act: it copies what it hears, and the functions run when the event is over.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_net.h"
#include "sim/lua/lua_packet.h"
#include "sim/lua/lua_priv.h"

#include "protocols/application/dhcp_events.h"
#include "protocols/application/dns_events.h"
#include "protocols/link/bridge.h"

#include <string.h>

/* Every event there is. */
static const TracePoint *const points[] = {
    &PACKET_DROPPED,  &LINK_ENQUEUED,     &LINK_DELIVERED,      &LINK_LOST,
    &LINK_DUPLICATED, &LINK_REORDERED,    &LINK_CORRUPTED,      &LINK_HELD,
    &LINK_RELEASED,   &LINK_MODIFIED,     &LINK_DELAYED,        &LINK_WENT_DOWN,
    &LINK_WENT_UP,    &LINK_MARKED,       &LINK_QUEUE_CHANGED,
    &ARP_LEARNED,     &ARP_FAILED,        &ARP_EXPIRED,
    &ARP_CONFLICT,    &BRIDGE_LEARNED,    &BRIDGE_FLOODED,      &HOST_CRASHED,
    &TCP_LISTENER_OPENED, &TCP_LISTENER_CLOSED,
    &HOST_BOOTED,     &TCP_STATE_CHANGED, &TCP_SEGMENT_SENT,    &TCP_SEGMENT_RECEIVED,
    &TCP_TIMER_SET,   &TCP_TIMER_EXPIRED, &TCP_TIMER_CANCELLED, &TCP_METRICS_UPDATED,
    &TCP_ADVICE,      &TCP_URGENT,        &TCP_DELIVERED,       &TCP_STEP,          &SIM_NOTED,
    &TCP_USER_TIMEOUT,
    &CHECK_PASSED,    &CHECK_FAILED,      &DNS_QUERY_SENT,      &DNS_REPLY_RECEIVED,
    &DNS_REPLY_IGNORED, &DNS_QUERY_RECEIVED, &DNS_REPLY_SENT,   &DNS_CACHE_HIT,
    &DNS_CACHED,      &DNS_LOOKED_IN,     &DNS_RESOLVED,
    &DHCP_MESSAGE_SENT, &DHCP_MESSAGE_RECEIVED, &DHCP_MESSAGE_IGNORED, &DHCP_STATE_CHANGED,
    &DHCP_BOUND,      &DHCP_LOST,         &DHCP_CONFLICT_SEEN,  &DHCP_LEASED,
    &DHCP_FREED,
};

typedef struct Heard {
    const TracePoint *point;
    int function;
} Heard;

/* An event as it was, for a function that has not run yet. */
typedef struct Queued {
    const Heard *heard;
    SimTime t;
    Node *node;
    char *port;
    uint8_t *frame;
    size_t frame_len;
    int64_t args[TRACE_MAX_FIELDS]; /* strings are owned copies */
} Queued;

static void queued_free(void *queued_)
{
    Queued *queued = queued_;

    for (int i = 0; i < TRACE_MAX_FIELDS; i++)
        if (queued->heard->point->fields[i].type == TV_STR)
            g_free((char *)(intptr_t)queued->args[i]);
    g_free(queued->port);
    g_free(queued->frame);
    g_free(queued);
}

static Queued *queued_new(const Heard *heard, const TraceEvent *ev)
{
    Queued *queued = g_new0(Queued, 1);

    queued->heard = heard;
    queued->t = ev->t;
    queued->node = ev->node;
    queued->port = ev->port != NULL ? g_strdup(ev->port->name) : NULL;
    for (int i = 0; i < TRACE_MAX_FIELDS && ev->point->fields[i].name != NULL; i++) {
        queued->args[i] = ev->args[i];
        if (ev->point->fields[i].type == TV_STR)
            queued->args[i] = trace_str(g_strdup(trace_arg_str(ev, i)));
    }
    if (ev->pkt != NULL && (ev->point->category & TRACE_LINK) != 0) {
        Span frame = packet_frame(ev->pkt);
        queued->frame = g_memdup2(frame.p, frame.n);
        queued->frame_len = frame.n;
    }
    return queued;
}

static void hear(void *world_, const TraceEvent *ev)
{
    const World *world = world_;
    WorldParts *parts = world->parts;

    for (guint i = 0; i < parts->heard->len; i++) {
        const Heard *heard = g_ptr_array_index(parts->heard, i);
        if (heard->point == ev->point)
            g_ptr_array_add(parts->queue, queued_new(heard, ev));
    }
}

/* The event as the table that its function gets. */
static void push_event(lua_State *L, const Queued *queued)
{
    const TracePoint *point = queued->heard->point;

    lua_newtable(L);
    lua_pushstring(L, point->name);
    lua_setfield(L, -2, "name");
    lua_pushnumber(L, (lua_Number)queued->t / (lua_Number)SEC);
    lua_setfield(L, -2, "time");
    if (queued->node != NULL) {
        lua_push_node(L, queued->node);
        lua_setfield(L, -2, "node");
    }
    if (queued->port != NULL) {
        lua_pushstring(L, queued->port);
        lua_setfield(L, -2, "interface");
    }
    if (queued->frame != NULL) {
        lua_push_frame(L, (Span){ queued->frame, queued->frame_len });
        lua_setfield(L, -2, "packet");
    }
    for (int i = 0; i < TRACE_MAX_FIELDS && point->fields[i].name != NULL; i++) {
        int64_t value = queued->args[i];
        switch (point->fields[i].type) {
        case TV_STR:
            lua_pushstring(L, (const char *)(intptr_t)value);
            break;
        case TV_TIME:
            lua_pushnumber(L, (lua_Number)value / (lua_Number)SEC);
            break;
        case TV_BOOL:
            lua_pushboolean(L, value != 0);
            break;
        default:
            lua_pushinteger(L, value);
            break;
        }
        lua_setfield(L, -2, point->fields[i].name);
    }
}

void sim_run_callbacks(World *world)
{
    GPtrArray *queue = world->parts->queue;
    lua_State *L = world_lua(world);

    /* What a function does may be heard in turn; so the queue may grow while it is worked off. */
    for (guint i = 0; queue != NULL && i < queue->len; i++) {
        const Queued *queued = g_ptr_array_index(queue, i);
        luaL_checkstack(L, 10, NULL);
        lua_rawgeti(L, LUA_REGISTRYINDEX, queued->heard->function);
        push_event(L, queued);
        if (!lua_callback(L, 1, 0, "sim.on"))
            break;
    }
    if (queue != NULL)
        g_ptr_array_set_size(queue, 0);
}

static const TracePoint *check_point(lua_State *L, int arg)
{
    const char *name = luaL_checkstring(L, arg);
    const char *names[G_N_ELEMENTS(points) + 1] = { NULL };

    for (size_t i = 0; i < G_N_ELEMENTS(points); i++) {
        if (strcmp(points[i]->name, name) == 0)
            return points[i];
        names[i] = points[i]->name;
    }
    const char *near = knob_nearest(names, name);
    lua_fail(L,
             near != NULL ? "sim.on: no event '%s', did you mean '%s'?" : "sim.on: no event '%s'",
             name, near);
    return NULL;
}

/* sim.on(name, f): f(event) runs after each event of that name */
static int l_on(lua_State *L)
{
    World *world = lua_world(L);
    WorldParts *parts = world->parts;
    const TracePoint *point = check_point(L, 1);

    luaL_checktype(L, 2, LUA_TFUNCTION);
    if (parts->heard == NULL) {
        parts->heard = g_ptr_array_new_with_free_func(g_free);
        parts->queue = g_ptr_array_new_with_free_func(queued_free);
    }
    Heard *heard = g_new0(Heard, 1);
    *heard = (Heard){ point, LUA_NOREF };
    g_ptr_array_add(parts->heard, heard);
    heard->function = lua_keep(L, 2);
    uint32_t categories = 0;
    for (guint i = 0; i < parts->heard->len; i++)
        categories |= ((const Heard *)g_ptr_array_index(parts->heard, i))->point->category;
    /* Off and on again, with what is wanted now; other sinks keep their order among themselves. */
    trace_remove_sink(&world->sim->trace, world);
    trace_add_sink(&world->sim->trace, categories, hear, world);
    world_watch(world);
    return 0;
}

void listen_clear(World *world)
{
    WorldParts *parts = world->parts;

    if (parts->heard == NULL)
        return;
    g_ptr_array_free(parts->queue, TRUE);
    for (guint i = 0; i < parts->heard->len; i++) {
        const Heard *heard = g_ptr_array_index(parts->heard, i);
        luaL_unref(world_lua(world), LUA_REGISTRYINDEX, heard->function);
    }
    g_ptr_array_free(parts->heard, TRUE);
    parts->heard = parts->queue = NULL;
}

const TracePoint *const *listen_points(size_t *n)
{
    *n = G_N_ELEMENTS(points);
    return points;
}

void listen_open(lua_State *L)
{
    lua_pushcfunction(L, l_on);
    lua_setfield(L, -2, "on");
}
