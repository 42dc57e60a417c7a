/*
 * lua_udp_stream.c - socket:stream, a source of datagrams.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_udp.h"

#include "protocols/application/udp_source.h"

/* A call that waits. It stands in its socket, for a task that is killed comes back to nothing. */
struct LuaUdpStream {
    UdpSource     source;
    WaitQueue     queue;
    LuaUdpStream *next;
};

typedef struct StreamOptions {
    uint64_t size, count, rate;
    SimTime  every, timeout;
} StreamOptions;

const Knob udp_stream_knobs[] = {
    { .name = "size", .type = KNOB_SIZE, .offset = offsetof(StreamOptions, size), .min = 0,
      .max = UDP_DATA_MAX, .doc = "Bytes of text in each; 1000 unless said." },
    { .name = "count", .type = KNOB_INT, .offset = offsetof(StreamOptions, count), .min = 1,
      .max = INT64_MAX, .doc = "How many." },
    { .name = "every", .type = KNOB_TIME, .offset = offsetof(StreamOptions, every), .min = 0,
      .max = NEVER - 1, .doc = "The time from one to the next." },
    { .name = "rate", .type = KNOB_RATE, .offset = offsetof(StreamOptions, rate), .min = 1,
      .max = INT64_MAX, .doc = "Instead: bits of text per second." },
    { .name = "timeout", .type = KNOB_TIME, .offset = offsetof(StreamOptions, timeout),
      .doc = "How long it goes on at the most." },
    { .name = NULL }
};

static void stream_free(LuaUdp *s, LuaUdpStream *stream)
{
    LuaUdpStream **at = &s->streams;

    while (*at != stream)
        at = &(*at)->next;
    *at = stream->next;
    heap_give(&s->stack->node->sim->heap, stream, sizeof *stream);
}

void lua_udp_end_streams(LuaUdp *s, NetError why)
{
    for (LuaUdpStream *stream = s->streams; stream != NULL; stream = stream->next) {
        udp_source_stop(&stream->source, why);
        waitq_wake(&stream->queue);
    }
}

void lua_udp_free_streams(LuaUdp *s)
{
    while (s->streams != NULL) {
        udp_source_stop(&s->streams->source, NET_EINVAL);
        stream_free(s, s->streams);
    }
}

static void stream_done(void *user)
{
    LuaUdpStream *stream = user;

    waitq_wake(&stream->queue);
}

/* Stack: 1 socket, 2 the LuaUdpStream. */
static int stream_k(lua_State *L, int status, lua_KContext ctx)
{
    LuaUdp *s = lua_object(L, 1);
    LuaUdpStream *stream = lua_touserdata(L, 2);
    bool timed_out = !stream->source.done;

    (void)status;
    (void)ctx;
    udp_source_stop(&stream->source, NET_OK);
    NetError err = stream->source.err;
    if (timed_out)
        lua_timed_out(L);
    else if (err != NET_OK)
        lua_net_error(L, err);
    lua_pushinteger(L, (lua_Integer)stream->source.sent);
    stream_free(s, stream);
    return timed_out || err != NET_OK ? 3 : 1;
}

static void check_options(lua_State *L, const StreamOptions *opt)
{
    if (opt->count == 0)
        lua_fail(L, "stream: 'count' is missing: how many datagrams?");
    if ((opt->every == NEVER) == (opt->rate == 0))
        lua_fail(L, "stream: either 'every' or 'rate' is to be said");
}

/* s:stream(target [, port], { count =, every = or rate =, size = 1000, timeout = })
 * -> datagrams, or nil, NAME, datagrams; without a target on a connected socket */
int lua_udp_stream(lua_State *L)
{
    LuaUdp *s = lua_check_udp(L);
    StreamOptions opt = { .size = 1000, .every = NEVER, .timeout = NEVER };
    LuaTarget to = { .addr = IP_NONE };
    int next = 2;

    lua_check_act(L, "stream");
    if (!s->connected || lua_gettop(L) > 2) {
        if (lua_wants_dns(L, 2, s->stack))
            return lua_dns_first(L, 2, s->stack, lua_udp_stream);
        next = lua_check_endpoint(L, 2, s->stack, &to);
    }
    lua_options(L, next, "stream", udp_stream_knobs, &opt, NULL);
    check_options(L, &opt);
    lua_settle(L);
    if (s->stack->node->down)
        return lua_net_error(L, NET_ENETDOWN);
    bool ever = opt.timeout == NEVER;
    SimTime deadline = ever ? NEVER : time_add(sim_now(lua_sim(L)), opt.timeout);
    LuaUdpStream *stream = heap_new0(&lua_sim(L)->heap, LuaUdpStream);
    stream->source = (UdpSource){
        .sock = s->sock, .dst = to.addr, .port = to.port, .size = opt.size, .count = opt.count,
        .every = opt.every, .rate = opt.rate, .on_done = stream_done, .user = stream,
    };
    stream->next = s->streams;
    s->streams = stream;
    lua_settop(L, 1);
    lua_pushlightuserdata(L, stream);
    udp_source_start(&stream->source);
    if (stream->source.done)
        return stream_k(L, LUA_OK, 0);
    lua_udp_listen(s);
    return task_wait(L, &stream->queue, deadline, stream_k, 0);
}
