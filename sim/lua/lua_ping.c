/*
 * lua_ping.c - ping: echo requests at an interval, and what comes back.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_ip_options.h"

#include <string.h>

typedef struct PingOptions {
    uint64_t count, size, ttl;
    SimTime  interval, timeout;
    bool     df;
    IpAsked  ip;
} PingOptions;

#define AT(field) offsetof(PingOptions, field)
static const Knob ping_knobs[] = {
    { .name = "count", .type = KNOB_INT, .offset = AT(count), .min = 1, .max = 65535,
      .doc = "How many requests; 3 unless said." },
    { .name = "size", .type = KNOB_SIZE, .offset = AT(size), .min = 0, .max = 65507,
      .doc = "Bytes of data in each; 56 unless said." },
    { .name = "interval", .type = KNOB_TIME, .offset = AT(interval), .min = 1, .max = HOUR,
      .doc = "From one to the next; 1 s unless said." },
    { .name = "timeout", .type = KNOB_TIME, .offset = AT(timeout), .min = 0, .max = HOUR,
      .doc = "How long to wait after the last if nothing has come at all; 10 s unless said." },
    { .name = "ttl", .type = KNOB_INT, .offset = AT(ttl), .min = 1, .max = 255,
      .doc = "The TTL of the requests; the host's unless said." },
    { .name = "df", .type = KNOB_BOOL, .offset = AT(df),
      .doc = "The requests must not be fragmented." },
    IP_OPTION_KNOBS,
    { .name = NULL }
};

typedef struct PingRow { /* an answer */
    uint16_t    seq;
    IpAddr      from;
    uint8_t     ttl;
    SimTime     rtt;
    const char *error; /* NULL: an echo reply */
    size_t      options_len;
    uint8_t     options[IPV4_OPTIONS_MAX];
} PingRow;

typedef struct PingRun {
    PingOptions opt;
    Sim        *sim;
    Ping       *ping;
    WaitQueue   queue;
    IpAddr      dst;
    IpOptions   ip_options;
    SimTime    *sent_at;  /* of each request, by its number from 1 */
    bool       *answered;
    uint16_t    sent;
    size_t      outstanding;
    GArray     *rows;     /* of PingRow, in the order of coming */
    SimTime     slowest;  /* 0: no reply yet */
    SimTime     next;     /* when the next request is due, or the waiting is over */
} PingRun;

static const char *error_text(const IpError *err)
{
    static const char *const texts[] = {
        [IP_ERR_NET_UNREACHABLE] = "Destination Net Unreachable",
        [IP_ERR_HOST_UNREACHABLE] = "Destination Host Unreachable",
        [IP_ERR_PROTOCOL_UNREACHABLE] = "Destination Protocol Unreachable",
        [IP_ERR_PORT_UNREACHABLE] = "Destination Port Unreachable",
        [IP_ERR_TOO_BIG] = "Frag needed and DF set",
        [IP_ERR_ADMIN_PROHIBITED] = "Packet filtered",
        [IP_ERR_TTL_EXCEEDED] = "Time to live exceeded",
        [IP_ERR_REASSEMBLY_EXCEEDED] = "Frag reassembly time exceeded",
        [IP_ERR_PARAMETER] = "Parameter problem",
        [IP_ERR_SOURCE_QUENCH] = "Source Quench",
    };

    return texts[err->kind];
}

static void take_row(PingRun *run, const PingRow *row)
{
    g_array_append_vals(run->rows, row, 1);
    if (!run->answered[row->seq]) {
        run->answered[row->seq] = true;
        run->outstanding--;
    }
    waitq_wake(&run->queue);
}

static void on_reply(void *self, const PingReply *r)
{
    PingRun *run = self;

    if (r->seq == 0 || r->seq > run->sent)
        return;
    PingRow row = { .seq = r->seq,
                    .from = r->err != NULL ? r->err->reporter : r->from,
                    .ttl = r->ttl,
                    .rtt = sim_now(run->sim) - run->sent_at[r->seq],
                    .error = r->err != NULL ? error_text(r->err) : NULL,
                    .options_len = r->options.n };
    memcpy(row.options, r->options.p, r->options.n);
    if (row.error == NULL)
        run->slowest = MAX(run->slowest, row.rtt);
    take_row(run, &row);
}

static void run_gc(void *p)
{
    PingRun *run = p;

    if (run->ping != NULL)
        icmp_ping_close(run->ping);
    g_free(run->sent_at);
    g_free(run->answered);
    g_array_free(run->rows, TRUE);
    g_free(run);
}

/* A request that cannot even leave is answered by its own host. */
static void send_request(PingRun *run)
{
    static const struct {
        DropReason  why;
        const char *text;
    } refusals[] = { { DROP_IP_NO_ROUTE, "Network is unreachable" },
                     { DROP_IP_UNREACHABLE, "No route to host" },
                     { DROP_IP_DF, "Message too long" },
                     { DROP_LINK_HOST_DOWN, "Network is down" } };
    uint16_t seq = ++run->sent;

    run->sent_at[seq] = sim_now(run->sim);
    run->outstanding++;
    DropReason why = icmp_ping_send(run->ping, run->dst, seq, run->opt.size, (uint8_t)run->opt.ttl,
                                    run->opt.df,
                                    run->ip_options.len > 0 ? &run->ip_options : NULL);
    for (size_t i = 0; why != DROP_NONE && i < G_N_ELEMENTS(refusals); i++)
        if (why == refusals[i].why && !run->answered[seq]) {
            PingRow row = { .seq = seq, .from = IP_NONE, .error = refusals[i].text };
            take_row(run, &row);
        }
}

/* --- the result ------------------------------------------------------------------------------- */

/* "20.125 ms": microseconds, as ping prints them. */
static void append_ms(GString *out, SimTime t)
{
    int64_t us = t / USEC;

    g_string_append_printf(out, "%" G_GINT64_FORMAT ".%03d", us / 1000, (int)(us % 1000));
}

static void append_summary(const PingRun *run, unsigned received, GString *out)
{
    SimTime sum = 0, least = NEVER;
    char dst[IP_TEXT];

    g_string_append_printf(out, "\n--- %s ping statistics ---\n", ip_text(run->dst, dst));
    g_string_append_printf(out, "%u packets transmitted, %u received, %u%% packet loss", run->sent,
                           received, (run->sent - MIN(received, run->sent)) * 100u / run->sent);
    if (received == 0)
        return;
    for (guint i = 0; i < run->rows->len; i++) {
        const PingRow *row = &g_array_index(run->rows, PingRow, i);
        if (row->error != NULL)
            continue;
        sum += row->rtt;
        least = MIN(least, row->rtt);
    }
    g_string_append(out, "\nrtt min/avg/max = ");
    append_ms(out, least);
    g_string_append_c(out, '/');
    append_ms(out, sum / received);
    g_string_append_c(out, '/');
    append_ms(out, run->slowest);
    g_string_append(out, " ms");
}

static Span row_options(const PingRow *row)
{
    return (Span){ row->options, row->options_len };
}

/* `route`: see ip_options_print. */
static void append_row(const PingRun *run, const PingRow *row, GString *out, GByteArray *route)
{
    char from[IP_TEXT];

    if (row->error == NULL) {
        g_string_append_printf(out, "%u bytes from %s: icmp_seq=%u ttl=%u time=",
                               (unsigned)(run->opt.size + ICMP_HDR_LEN), ip_text(row->from, from),
                               row->seq, row->ttl);
        append_ms(out, row->rtt);
        g_string_append(out, " ms");
        ip_options_print(out, row_options(row), route);
        g_string_append_c(out, '\n');
    } else if (ip_is_none(row->from)) {
        g_string_append_printf(out, "ping: icmp_seq=%u %s\n", row->seq, row->error);
    } else {
        g_string_append_printf(out, "From %s icmp_seq=%u %s\n", ip_text(row->from, from), row->seq,
                               row->error);
    }
}

static void push_row(lua_State *L, const PingRow *row)
{
    lua_createtable(L, 0, 5);
    lua_pushinteger(L, row->seq);
    lua_setfield(L, -2, "seq");
    lua_push_ip(L, row->from);
    lua_setfield(L, -2, "from");
    if (row->error != NULL) {
        lua_pushstring(L, row->error);
        lua_setfield(L, -2, "error");
        return;
    }
    lua_push_seconds(L, row->rtt);
    lua_setfield(L, -2, "rtt");
    lua_pushinteger(L, row->ttl);
    lua_setfield(L, -2, "ttl");
    lua_set_ip_options(L, row_options(row));
}

/* { sent = , received = , rtts = { { seq, rtt, ttl, from, error } ... } }; prints as ping does. */
static void push_result(lua_State *L, const PingRun *run)
{
    unsigned received = 0;
    char dst[IP_TEXT];

    lua_createtable(L, 0, 4);
    lua_createtable(L, (int)run->rows->len, 0);
    for (guint i = 0; i < run->rows->len; i++) {
        const PingRow *row = &g_array_index(run->rows, PingRow, i);
        received += row->error == NULL;
        push_row(L, row);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "rtts");
    lua_pushinteger(L, run->sent);
    lua_setfield(L, -2, "sent");
    lua_pushinteger(L, received);
    lua_setfield(L, -2, "received");
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "PING %s %u(%u) bytes of data.\n", ip_text(run->dst, dst),
                           (unsigned)run->opt.size,
                           (unsigned)run->opt.size + ICMP_HDR_LEN + IPV4_HDR_LEN +
                               run->ip_options.len);
    GByteArray *route = g_byte_array_new();
    for (guint i = 0; i < run->rows->len; i++)
        append_row(run, &g_array_index(run->rows, PingRow, i), out, route);
    g_byte_array_free(route, TRUE);
    append_summary(run, received, out);
    lua_pushlstring(L, out->str, out->len);
    g_string_free(out, TRUE);
    lua_prints_as(L);
}

/* --- the course of it ------------------------------------------------------------------------- */

/* As ping does after its last request: twice the slowest round trip, or the timeout if there is
 * none. */
static SimTime linger(const PingRun *run)
{
    return run->slowest > 0 ? 2 * run->slowest : run->opt.timeout;
}

/* Stack: 1 host, 2 the run. */
static int ping_k(lua_State *L, int status, lua_KContext ctx)
{
    PingRun *run = lua_check_object(L, 2, "ping");
    SimTime now = sim_now(run->sim);

    (void)status;
    (void)ctx;
    if (run->sent < run->opt.count && now >= run->next) {
        send_request(run);
        run->next = now + (run->sent < run->opt.count ? run->opt.interval : linger(run));
    }
    bool over = run->sent == run->opt.count && (run->outstanding == 0 || now >= run->next);
    if (!over)
        return task_wait(L, &run->queue, run->next, ping_k, 0);
    push_result(L, run);
    lua_forget_object(L, run);
    run_gc(run);
    return 1;
}

static void ping_custom(lua_State *L, const Knob *knob, void *config)
{
    PingOptions *opt = config;

    lua_ip_option(L, "ping", knob, &opt->ip);
}

/* host:ping(target [, { count = 3, size = 56, df = false, interval = "1s" }]) -> result */
static int l_ping(lua_State *L)
{
    Stack *stack = lua_check_stack(L, 1);
    PingOptions opt = { .count = 3, .size = 56, .interval = SEC, .timeout = 10 * SEC,
                        .ip = { .from = stack } };

    lua_check_act(L, "ping");
    if (lua_wants_dns(L, 2, stack))
        return lua_dns_first(L, 2, stack, l_ping);
    IpAddr dst = lua_check_address(L, 2, stack);
    lua_options(L, 3, "ping", ping_knobs, &opt, ping_custom);
    IpOptions options;
    lua_ip_options(L, "ping", &opt.ip, dst, &options);
    lua_settle(L);
    if (stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    PingRun *run = g_new0(PingRun, 1);
    *run = (PingRun){ .opt = opt, .sim = lua_sim(L), .dst = dst, .ip_options = options };
    run->ping = icmp_ping_open(stack->icmp, on_reply, run);
    if (run->ping == NULL) {
        g_free(run);
        return lua_net_error(L, NET_ENOBUFS);
    }
    run->sent_at = g_new0(SimTime, opt.count + 1);
    run->answered = g_new0(bool, opt.count + 1);
    run->rows = g_array_new(FALSE, FALSE, sizeof(PingRow));
    run->next = sim_now(run->sim);
    lua_settop(L, 1);
    lua_push_object(L, "ping", run);
    return ping_k(L, LUA_OK, 0);
}

void lua_open_ping(lua_State *L)
{
    static const luaL_Reg methods[] = { { "ping", l_ping }, { NULL, NULL } };
    static const luaL_Reg no_methods[] = { { NULL, NULL } };

    lua_class_add(L, "host", methods);
    lua_class_add(L, "router", methods);
    lua_class(L, "ping", no_methods, NULL, NULL, run_gc);
    lua_open_trace(L);
}
