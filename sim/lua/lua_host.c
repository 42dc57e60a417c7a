/*
 * lua_host.c - what a host, router or switch counts, and its power switch.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_net.h"

#include <string.h>

/* --- counters --------------------------------------------------------------------------------- */

static void push_counters(lua_State *L, const Node *node)
{
    lua_createtable(L, 0, COUNTER_COUNT);
    for (Counter c = 0; c < COUNTER_COUNT; c++) {
        lua_pushinteger(L, (lua_Integer)node_counter(node, c));
        lua_setfield(L, -2, counter_name(c));
    }
    lua_strict(L, "counter");
}

/* Zero for a reason that has not happened; a name that is none raises. */
static int drops_index(lua_State *L)
{
    const char *names[DROP_COUNT], *key = order_text(L, 2);
    size_t n = 0;

    for (DropReason why = DROP_NONE + 1; why < DROP_COUNT; why++) {
        names[n++] = drop_name(why);
        if (strcmp(names[n - 1], key) == 0) {
            lua_pushinteger(L, 0);
            return 1;
        }
    }
    names[n] = NULL;
    const char *near = knob_nearest(names, key);
    return lua_fail(L, "no reason '%s' to drop%s%s%s", key, near != NULL ? ", did you mean '" : "",
                    near != NULL ? near : "", near != NULL ? "'?" : "");
}

void lua_push_drops(lua_State *L, const uint64_t *drops, size_t n)
{
    lua_createtable(L, 0, 8);
    for (DropReason why = DROP_NONE + 1; why < n; why++) {
        if (drops[why] == 0)
            continue;
        lua_pushinteger(L, (lua_Integer)drops[why]);
        lua_setfield(L, -2, drop_name(why));
    }
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, drops_index);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

int lua_counter_index(lua_State *L, Node *node, const char *name)
{
    if (strcmp(name, "counters") == 0)
        push_counters(L, node);
    else if (strcmp(name, "drops") == 0)
        lua_push_drops(L, node->drops, DROP_COUNT);
    else if (strcmp(name, "state") == 0)
        lua_pushstring(L, node->down ? "down" : "up");
    else
        return 0;
    return 1;
}

/* --- power ------------------------------------------------------------------------------------ */

/* host:crash(): everything is forgotten, no packet sent; its tasks end */
static int l_crash(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);

    lua_check_act(L, "crash");
    if (stack->node->down)
        return lua_fail(L, "crash: %s is down already", stack->node->name);
    lua_settle(L);
    stack_crash(stack);
    task_kill_node(lua_world(L), stack->node);
    return 0;
}

static int boot_k(lua_State *L, int status, lua_KContext ctx)
{
    (void)L;
    (void)status;
    (void)ctx;
    return 0;
}

typedef struct BootOptions {
    SimTime quiet_time;
} BootOptions;

static const Knob boot_knobs[] = {
    { .name = "quiet_time", .type = KNOB_TIME, .offset = offsetof(BootOptions, quiet_time),
      .doc = "How long its programs wait before they start; an MSL is enough.",
      .source = "RFC 9293 §3.4.3" },
    { .name = NULL }
};

/* host:boot([{ quiet_time = "2min" }]): starts it again; with a quiet time, waits that long, in
 * which no program of this host can open a connection */
static int l_boot(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    BootOptions opt = { 0 };

    lua_check_act(L, "boot");
    lua_options(L, 2, "boot", boot_knobs, &opt, NULL);
    if (!stack->node->down)
        return lua_fail(L, "boot: %s is running", stack->node->name);
    stack_boot(stack);
    lua_settle(L); /* what wakes it may be a packet, not a call */
    if (opt.quiet_time == 0)
        return 0;
    return task_wait(L, NULL, time_add(sim_now(lua_sim(L)), opt.quiet_time), boot_k, 0);
}

/* --- ARP -------------------------------------------------------------------------------------- */

/* host:arp_announce(): gratuitous ARP from every interface */
static int l_arp_announce(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);

    lua_check_act(L, "arp_announce");
    lua_settle(L);
    for (guint i = 0; i < stack->ifaces->len; i++) {
        Iface *iface = g_ptr_array_index(stack->ifaces, i);
        if (!ip_is_none(iface->ip.addr) && !stack->node->down)
            arp_announce(stack->arp, iface);
    }
    return 0;
}

/* host:arp_set(target, mac): a permanent entry, as arp -s makes */
static int l_arp_set(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    IpAddr ip = lua_check_address(L, 2, stack);
    MacAddr mac = lua_check_mac(L, 3);

    lua_check_act(L, "arp_set");
    lua_settle(L);
    for (guint i = 0; i < stack->ifaces->len; i++) {
        Iface *iface = g_ptr_array_index(stack->ifaces, i);
        if (!ip_is_none(iface->ip.addr) && ip_in_prefix(ip, iface->ip)) {
            arp_set(stack->arp, iface, ip, mac, true);
            return 0;
        }
    }
    char text[IP_TEXT];
    return lua_fail(L, "arp_set: %s is not on a network of %s", ip_text(ip, text),
                    stack->node->name);
}

void lua_open_host(lua_State *L)
{
    static const luaL_Reg methods[] = { { "crash", l_crash },
                                        { "boot", l_boot },
                                        { "arp_announce", l_arp_announce },
                                        { "arp_set", l_arp_set },
                                        { NULL, NULL } };

    lua_class_add(L, "host", methods);
    lua_class_add(L, "router", methods);
    lua_open_ping(L);
    lua_open_tables(L);
    lua_open_raw(L);
}
