/*
 * lua_trace.c - traceroute: UDP datagrams with a growing TTL, and who complains.
 *
 * One probe for each hop unless `queries` says more; each waits for its answer, as with
 * `traceroute -N 1`. The ports count up from 33434.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_net.h"

#include <string.h>

enum { FIRST_PORT = 33434, PROBE_DATA = 32 };

typedef struct TraceOptions {
    uint64_t max_hops, queries;
    SimTime  timeout;
} TraceOptions;

#define AT(field) offsetof(TraceOptions, field)
static const Knob trace_knobs[] = {
    { .name = "max_hops", .type = KNOB_INT, .offset = AT(max_hops), .min = 1, .max = 255,
      .doc = "The greatest TTL; 30 unless said." },
    { .name = "queries", .type = KNOB_INT, .offset = AT(queries), .min = 1, .max = 10,
      .doc = "Probes for each hop; 1 unless said." },
    { .name = "timeout", .type = KNOB_TIME, .offset = AT(timeout), .min = 1, .max = HOUR,
      .doc = "How long to wait for an answer; 5 s unless said." },
    { .name = NULL }
};

typedef struct Hop {
    IpAddr      from;   /* IP_NONE: nobody answered */
    SimTime     rtt[10];
    unsigned    n_rtt;
    const char *mark;   /* "!H" ...; "" */
} Hop;

typedef struct TraceRun {
    TraceOptions opt;
    Sim         *sim;
    Stack       *stack;
    UdpSock     *sock;
    WaitQueue    queue;
    IpAddr       dst;
    Hop         *hops;     /* by TTL - 1 */
    unsigned     probe;    /* sent so far */
    SimTime      sent_at;
    bool         answered; /* the last one */
    bool         arrived;  /* the end: the port, or something, is unreachable */
} TraceRun;

static const char *mark_of(const IpError *err)
{
    switch (err->kind) {
    case IP_ERR_NET_UNREACHABLE:
        return "!N";
    case IP_ERR_HOST_UNREACHABLE:
        return "!H";
    case IP_ERR_PROTOCOL_UNREACHABLE:
        return "!P";
    case IP_ERR_TOO_BIG:
        return "!F";
    case IP_ERR_ADMIN_PROHIBITED:
        return "!X";
    default:
        return "";
    }
}

static void on_error(void *user, const IpError *err)
{
    TraceRun *run = user;

    if (run->answered || run->probe == 0 || err->quoted.n < UDP_HDR_LEN ||
        get16(err->quoted.p + 2) != FIRST_PORT + run->probe - 1)
        return;
    Hop *hop = &run->hops[(run->probe - 1) / run->opt.queries];
    hop->from = err->reporter;
    hop->rtt[hop->n_rtt++] = sim_now(run->sim) - run->sent_at;
    hop->mark = mark_of(err);
    run->answered = true;
    run->arrived = run->arrived || err->kind != IP_ERR_TTL_EXCEEDED;
    waitq_wake(&run->queue);
}

static void run_gc(void *p)
{
    TraceRun *run = p;

    if (run->sock != NULL) {
        udp_on_error(run->sock, NULL, NULL);
        udp_close(run->sock);
    }
    g_free(run->hops);
    g_free(run);
}

/* --- the result ------------------------------------------------------------------------------- */

static void push_hop(lua_State *L, const TraceRun *run, unsigned i)
{
    const Hop *hop = &run->hops[i];
    const Stack *owner = ip_is_none(hop->from) ? NULL : autoconf_owner(run->sim, hop->from);

    lua_createtable(L, 0, 5);
    lua_pushinteger(L, i + 1);
    lua_setfield(L, -2, "ttl");
    lua_push_ip(L, hop->from);
    lua_setfield(L, -2, "ip");
    if (owner != NULL) {
        lua_push_node(L, owner->node);
        lua_setfield(L, -2, "node");
    }
    if (hop->n_rtt == 0)
        return;
    lua_push_seconds(L, hop->rtt[0]);
    lua_setfield(L, -2, "rtt");
    lua_createtable(L, (int)hop->n_rtt, 0);
    for (unsigned q = 0; q < hop->n_rtt; q++) {
        lua_push_seconds(L, hop->rtt[q]);
        lua_rawseti(L, -2, q + 1);
    }
    lua_setfield(L, -2, "rtts");
    if (*hop->mark != 0) {
        lua_pushstring(L, hop->mark);
        lua_setfield(L, -2, "mark");
    }
}

static void append_hop(const TraceRun *run, unsigned i, GString *out)
{
    const Hop *hop = &run->hops[i];
    char text[IP_TEXT];

    g_string_append_printf(out, "\n%2u ", i + 1);
    if (hop->n_rtt > 0) {
        const Stack *owner = autoconf_owner(run->sim, hop->from);
        ip_text(hop->from, text);
        g_string_append_printf(out, " %s (%s)", owner != NULL ? owner->node->name : text, text);
    }
    for (unsigned q = 0; q < hop->n_rtt; q++) {
        int64_t us = hop->rtt[q] / USEC;
        g_string_append_printf(out, "  %" G_GINT64_FORMAT ".%03d ms", us / 1000, (int)(us % 1000));
    }
    for (unsigned q = hop->n_rtt; q < run->opt.queries; q++)
        g_string_append(out, " *");
    if (hop->n_rtt > 0 && *hop->mark != 0)
        g_string_append_printf(out, " %s", hop->mark);
}

/* Rows { ttl, node, ip, rtt, rtts, mark }, printing as traceroute does. */
static void push_result(lua_State *L, const TraceRun *run)
{
    unsigned hops = (unsigned)((run->probe + run->opt.queries - 1) / run->opt.queries);
    const Stack *owner = autoconf_owner(run->sim, run->dst);
    GString *out = g_string_new(NULL);
    char text[IP_TEXT];

    lua_createtable(L, (int)hops, 0);
    ip_text(run->dst, text);
    g_string_append_printf(out, "traceroute to %s (%s), %u hops max, %d byte packets",
                           owner != NULL ? owner->node->name : text, text,
                           (unsigned)run->opt.max_hops, PROBE_DATA + UDP_HDR_LEN + IPV4_HDR_LEN);
    for (unsigned i = 0; i < hops; i++) {
        push_hop(L, run, i);
        lua_rawseti(L, -2, i + 1);
        append_hop(run, i, out);
    }
    lua_pushlstring(L, out->str, out->len);
    g_string_free(out, TRUE);
    lua_prints_as(L);
}

/* --- the course of it ------------------------------------------------------------------------- */

static NetError send_probe(TraceRun *run)
{
    uint8_t data[PROBE_DATA];

    for (unsigned i = 0; i < PROBE_DATA; i++)
        data[i] = (uint8_t)(0x40 + i);
    unsigned ttl = (unsigned)(run->probe / run->opt.queries) + 1;
    run->sent_at = sim_now(run->sim);
    run->answered = false;
    run->probe++;
    udp_set_ttl(run->sock, (uint8_t)ttl);
    return udp_send(run->sock, (Span){ data, sizeof data }, run->dst,
                    (uint16_t)(FIRST_PORT + run->probe - 1));
}

static bool is_over(const TraceRun *run)
{
    bool hop_done = run->probe > 0 && run->probe % run->opt.queries == 0;
    bool waiting = !run->answered && sim_now(run->sim) < run->sent_at + run->opt.timeout;

    return hop_done && !waiting &&
           (run->arrived || run->probe == run->opt.max_hops * run->opt.queries);
}

/* Stack: 1 host, 2 the run. An answer may come while the probe is being sent, from this host
 * itself. */
static int trace_k(lua_State *L, int status, lua_KContext ctx)
{
    TraceRun *run = lua_check_object(L, 2, "traceroute");
    NetError err = NET_OK;

    (void)status;
    (void)ctx;
    while (err == NET_OK && !is_over(run)) {
        SimTime deadline = run->sent_at + run->opt.timeout;
        if (run->probe > 0 && !run->answered && sim_now(run->sim) < deadline)
            return task_wait(L, &run->queue, deadline, trace_k, 0);
        err = run->stack->node->down ? NET_ENETDOWN : send_probe(run);
    }
    if (err != NET_OK)
        lua_net_error(L, err);
    else
        push_result(L, run);
    lua_forget_object(L, run);
    run_gc(run);
    return err != NET_OK ? 2 : 1;
}

/* host:traceroute(target [, { max_hops = 30, queries = 1, timeout = "5s" }]) -> rows; nil, NAME */
static int l_traceroute(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    TraceOptions opt = { .max_hops = 30, .queries = 1, .timeout = 5 * SEC };
    NetError err = NET_OK;

    lua_check_act(L, "traceroute");
    if (lua_wants_dns(L, 2, stack))
        return lua_dns_first(L, 2, stack, l_traceroute);
    IpAddr dst = lua_check_address(L, 2, stack);
    lua_options(L, 3, "traceroute", trace_knobs, &opt, NULL);
    lua_settle(L);
    if (stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    UdpSock *sock = udp_open(stack_udp(stack), IP4_ANY, 0, &err);
    if (sock == NULL)
        return lua_net_error(L, err);
    TraceRun *run = g_new0(TraceRun, 1);
    *run = (TraceRun){ .opt = opt, .sim = lua_sim(L), .stack = stack, .sock = sock, .dst = dst };
    run->hops = g_new0(Hop, opt.max_hops);
    udp_on_error(sock, on_error, run);
    lua_settop(L, 1);
    lua_push_object(L, "traceroute", run);
    return trace_k(L, LUA_OK, 0);
}

void lua_open_trace(lua_State *L)
{
    static const luaL_Reg methods[] = { { "traceroute", l_traceroute }, { NULL, NULL } };
    static const luaL_Reg no_methods[] = { { NULL, NULL } };

    lua_class_add(L, "host", methods);
    lua_class_add(L, "router", methods);
    lua_class(L, "traceroute", no_methods, NULL, NULL, run_gc);
}
