/*
 * lua_conn.c - the calls of a TCP connection.
 *
 * Those of tcp.h never block; here a task tries, waits for on_ready and tries again. What a call
 * needs across its waits stands in its stack, with the deadline as continuation context.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_conn.h"

#include <string.h>

_Static_assert(sizeof(lua_KContext) >= sizeof(SimTime), "a deadline fits into a continuation");

LuaConn *lua_check_conn(lua_State *L, int arg)
{
    return lua_check_object(L, arg, "conn");
}

/* That of all handles which have none of their own. */
static const LuaConnUse unused;

LuaConnUse *lua_conn_use(lua_State *L, LuaConn *c)
{
    if (c->use == &unused)
        c->use = heap_new0(&lua_sim(L)->heap, LuaConnUse);
    return c->use;
}

static void end_inbox(LuaConn *c)
{
    Inbox *inbox = c->use->inbox;

    if (inbox == NULL)
        return;
    heap_give(inbox->heap, inbox, sizeof *inbox + inbox->cap);
    c->use->inbox = NULL;
}

static void conn_gc(void *p)
{
    LuaConn *c = p;

    conn_drop(c->conn);
    end_inbox(c);
}

LuaConn *lua_push_conn(lua_State *L, Conn *conn)
{
    LuaConn *c = lua_push_own_object(L, "conn", sizeof *c);

    c->conn = conn;
    c->use = (LuaConnUse *)(uintptr_t)&unused;
    return c;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void conn_ready(void *user)
{
    LuaConn *c = user;

    conn_on_ready(c->conn, NULL, NULL);
    waitq_wake(&c->queue);
}

void lua_conn_wants(LuaConn *c)
{
    conn_on_ready(c->conn, conn_ready, c);
}

int lua_conn_wait(lua_State *L, LuaConn *c, SimTime deadline, lua_KFunction k, lua_KContext ctx)
{
    lua_conn_wants(c);
    return task_wait(L, &c->queue, deadline, k, ctx);
}

/* --- sending ---------------------------------------------------------------------------------- */
/* Stack of a call that sends: 1 conn, 2 the data or the length, 3 how much is in already, 4 true if
 * the data is urgent, 5 true if it is pushed. */

static int send_k(lua_State *L, int status, lua_KContext deadline)
{
    LuaConn *c = lua_object(L, 1);
    bool pattern = lua_type(L, 2) == LUA_TNUMBER;
    const uint8_t *data = pattern ? NULL : (const uint8_t *)lua_tostring(L, 2);
    size_t total = pattern ? (size_t)lua_tointeger(L, 2) : lua_rawlen(L, 2);
    size_t done = (size_t)lua_tointeger(L, 3);
    NetError err = NET_OK;

    (void)status;
    while (done < total && err == NET_OK) {
        size_t n;
        if (pattern)
            n = conn_send_pattern(c->conn, c->use->streamed, total - done, &err);
        else if (lua_toboolean(L, 4))
            n = conn_send_urgent(c->conn, (Span){ data + done, total - done }, &err);
        else
            n = conn_send(c->conn, (Span){ data + done, total - done }, &err);
        done += n;
        if (pattern)
            lua_conn_use(L, c)->streamed += n;
        if (n == 0 && err == NET_OK)
            err = NET_EAGAIN;
    }
    lua_pushinteger(L, (lua_Integer)done);
    if (done == total) {
        if (lua_toboolean(L, 5))
            conn_push(c->conn);
        return 1;
    }
    lua_replace(L, 3);
    if (err == NET_EAGAIN && deadline > sim_now(lua_sim(L)))
        return lua_conn_wait(L, c, deadline, send_k, deadline);
    if (err == NET_EAGAIN)
        lua_timed_out(L);
    else
        lua_net_error(L, err);
    lua_pushinteger(L, (lua_Integer)done);
    return 3;
}

typedef struct SendOptions {
    SimTime timeout;
    bool    push, urgent;
} SendOptions;

static const Knob send_knobs[] = {
    { .name = "timeout", .type = KNOB_TIME, .offset = offsetof(SendOptions, timeout),
      .doc = "How long to wait for room." },
    { .name = "push", .type = KNOB_BOOL, .offset = offsetof(SendOptions, push),
      .doc = "Not to be gathered with what follows.", .source = "RFC 9293 §3.9.1.2" },
    { .name = "urgent", .type = KNOB_BOOL, .offset = offsetof(SendOptions, urgent),
      .doc = "Its end is urgent.", .source = "RFC 9293 §3.8.5" },
    { .name = NULL }
};

static int start_sending(lua_State *L, const SendOptions *opt)
{
    bool ever = opt->timeout == NEVER;
    SimTime deadline = ever ? NEVER : time_add(sim_now(lua_sim(L)), opt->timeout);

    lua_check_act(L, "send");
    lua_settop(L, 2);
    lua_pushinteger(L, 0);
    lua_pushboolean(L, opt->urgent);
    lua_pushboolean(L, opt->push);
    return send_k(L, LUA_OK, deadline);
}

/* conn:send(data [, { timeout =, push =, urgent = }]) -> bytes, or nil, NAME, bytes: waits for room
 * in the buffer */
static int l_send(lua_State *L)
{
    SendOptions opt = { .timeout = NEVER };

    lua_check_conn(L, 1);
    if (lua_type(L, 2) != LUA_TSTRING)
        return lua_fail(L, "send: a string is wanted, not %s", lua_kind(L, 2));
    lua_options(L, 3, "send", send_knobs, &opt, NULL);
    return start_sending(L, &opt);
}

/* conn:stream(n [, { timeout =, push = }]) -> n, or nil, NAME, bytes: so many of the pattern */
static int l_stream(lua_State *L)
{
    SendOptions opt = { .timeout = NEVER };

    lua_check_conn(L, 1);
    uint64_t n = lua_check_size(L, 2);
    lua_pushinteger(L, (lua_Integer)n);
    lua_replace(L, 2);
    lua_options(L, 3, "stream", send_knobs, &opt, NULL);
    return start_sending(L, &opt);
}

/* --- receiving -------------------------------------------------------------------------------- */
/* Stack of recv: 1 conn, 2 what: */
enum { RECV_SOME = 0, RECV_LINE = -1, RECV_ALL = -2 }; /* or that many bytes */

enum { RECV_CHUNK = 16384 };

static size_t inbox_len(const LuaConn *c)
{
    return c->use->inbox != NULL ? c->use->inbox->len : 0;
}

/* Its first bytes, as they are asked for; it ends, for it may be long until more comes. */
static int push_inbox(lua_State *L, LuaConn *c, size_t len)
{
    const Inbox *inbox = c->use->inbox;

    lua_pushlstring(L, inbox != NULL ? (const char *)inbox->bytes : "", len);
    end_inbox(c);
    return 1;
}

/* Its first bytes, and the rest stays: more had come before a wait for still more was over. */
static int push_begin(lua_State *L, Inbox *inbox, size_t len)
{
    lua_pushlstring(L, (const char *)inbox->bytes, len);
    inbox->len -= len;
    memmove(inbox->bytes, inbox->bytes + len, inbox->len);
    return 1;
}

/* Room for n bytes more in it, which are counted as if they were there. */
static uint8_t *grow_inbox(lua_State *L, LuaConn *c, size_t n)
{
    LuaConnUse *use = lua_conn_use(L, c);
    Inbox *old = use->inbox;
    size_t have = inbox_len(c), room = 256;

    if (old == NULL || old->cap < have + n) {
        while (room - sizeof *old < have + n)
            room *= 2;
        Inbox *inbox = heap_take(&lua_sim(L)->heap, room);
        *inbox = (Inbox){ .heap = &lua_sim(L)->heap, .cap = room - sizeof *inbox };
        if (old != NULL)
            memcpy(inbox->bytes, old->bytes, have);
        end_inbox(c);
        use->inbox = inbox;
    }
    use->inbox->len = have + n;
    return use->inbox->bytes + have;
}

static NetError recv_into_inbox(lua_State *L, LuaConn *c, size_t want)
{
    NetError err = NET_OK;

    while (want > 0) {
        size_t n = MIN(want, conn_readable(c->conn));
        if (n == 0) {
            conn_receive(c->conn, NULL, 1, &err); /* why there is nothing */
            return err;
        }
        conn_receive(c->conn, grow_inbox(L, c, n), n, &err);
        want -= n;
    }
    return NET_OK;
}

/* What has arrived. OK: the inbox is what was asked for. */
static NetError recv_some(lua_State *L, LuaConn *c)
{
    if (inbox_len(c) > 0)
        return NET_OK;
    return recv_into_inbox(L, c, MAX(conn_readable(c->conn), 1));
}

/* Byte by byte, so that what follows the line stays in the receive buffer. */
static NetError recv_line(lua_State *L, LuaConn *c)
{
    NetError err;

    do {
        if (inbox_len(c) > 0 && c->use->inbox->bytes[inbox_len(c) - 1] == '\n')
            return NET_OK;
        err = recv_into_inbox(L, c, 1);
    } while (err == NET_OK);
    return err;
}

static NetError recv_what(lua_State *L, LuaConn *c, lua_Integer what)
{
    if (what == RECV_SOME)
        return recv_some(L, c);
    if (what == RECV_LINE)
        return recv_line(L, c);
    if (what == RECV_ALL)
        return recv_into_inbox(L, c, SIZE_MAX);
    size_t have = inbox_len(c);
    return have >= (size_t)what ? NET_OK : recv_into_inbox(L, c, (size_t)what - have);
}

static size_t line_len(const LuaConn *c)
{
    size_t n = inbox_len(c);

    n -= n > 0 && c->use->inbox->bytes[n - 1] == '\n';
    n -= n > 0 && n < inbox_len(c) && c->use->inbox->bytes[n - 1] == '\r';
    return n;
}

/* How much may be read the short way, as a whole and not by the inbox: 0, or all that is asked. */
static size_t at_once(const LuaConn *c, lua_Integer what)
{
    size_t ready = conn_readable(c->conn), n = what == RECV_SOME ? ready : (size_t)what;

    return inbox_len(c) == 0 && what >= RECV_SOME && n <= MIN(ready, RECV_CHUNK) ? n : 0;
}

static int recv_at_once(lua_State *L, LuaConn *c, size_t n)
{
    uint8_t bytes[RECV_CHUNK];
    NetError err;

    conn_receive(c->conn, bytes, n, &err);
    lua_pushlstring(L, (const char *)bytes, n);
    return 1;
}

/* The task's turn, without Lua: some has come, and more is to come. */
static bool recv_waits(lua_State *L, void *conn)
{
    LuaConn *c = conn;
    lua_Integer what = lua_tointeger(L, 2);

    if (at_once(c, what) > 0 || recv_what(L, c, what) != NET_EAGAIN)
        return false;
    lua_conn_wants(c);
    return true;
}

static int recv_k(lua_State *L, int status, lua_KContext deadline)
{
    LuaConn *c = lua_object(L, 1);
    lua_Integer what = lua_tointeger(L, 2);
    size_t n = at_once(c, what);

    (void)status;
    if (n > 0)
        return recv_at_once(L, c, n);
    NetError err = recv_what(L, c, what);
    if (err == NET_EAGAIN && deadline == NEVER) {
        lua_conn_wants(c);
        return task_wait_stepping(L, &c->queue, recv_waits, c, recv_k, deadline);
    }
    if (err == NET_EAGAIN && deadline > sim_now(lua_sim(L)))
        return lua_conn_wait(L, c, deadline, recv_k, deadline);
    if (err == NET_EAGAIN)
        return lua_timed_out(L);
    if (err == NET_OK && what > 0 && inbox_len(c) > (size_t)what)
        return push_begin(L, c->use->inbox, (size_t)what);
    if (err == NET_OK)
        return push_inbox(L, c, what == RECV_LINE ? line_len(c) : inbox_len(c));
    if (err == NET_EOF && (inbox_len(c) > 0 || what == RECV_ALL))
        return push_inbox(L, c, inbox_len(c));
    lua_net_error(L, err);
    if (inbox_len(c) == 0)
        return 2;
    push_inbox(L, c, inbox_len(c));
    return 3;
}

static lua_Integer check_what(lua_State *L)
{
    int type = lua_type(L, 2), is_int;

    if (type == LUA_TNONE || type == LUA_TNIL || type == LUA_TTABLE)
        return RECV_SOME;
    const char *text = type == LUA_TSTRING ? lua_tostring(L, 2) : "";
    lua_Integer n = lua_tointegerx(L, 2, &is_int);

    if (strcmp(text, "line") == 0)
        return RECV_LINE;
    if (strcmp(text, "all") == 0)
        return RECV_ALL;
    if (!is_int || type != LUA_TNUMBER || n < 1 || n > INT32_MAX)
        lua_fail(L, "recv: a number of bytes, \"line\" or \"all\", not '%s'",
                 order_text(L, 2));
    return n;
}

/* conn:recv([n | "line" | "all"] [, { timeout = }]) -> data, or nil, NAME [, what had come] */
static int l_recv(lua_State *L)
{
    lua_check_conn(L, 1);
    lua_Integer what = check_what(L);
    SimTime deadline = lua_check_deadline(L, lua_istable(L, 2) ? 2 : 3);

    lua_check_act(L, "recv");
    lua_settop(L, 1);
    lua_pushinteger(L, what);
    return recv_k(L, LUA_OK, deadline);
}

/* A call of sink. */
typedef struct Sink {
    LuaConn    *c;
    lua_Integer total; /* bytes so far */
    bool        wrong; /* a byte was not what was streamed, and nobody was told yet: */
    uint64_t    at;
    uint8_t     byte;
} Sink;

static void check_pattern(Sink *sink, const uint8_t *bytes, size_t n)
{
    LuaConn *c = sink->c;
    size_t i = c->use->sink_failed ? n : pattern_match((Span){ bytes, n }, c->use->sunk);

    if (i == n)
        return;
    c->use->sink_failed = sink->wrong = true;
    sink->at = c->use->sunk + i;
    sink->byte = bytes[i];
}

/* Reads what there is, up to a wrong byte; what came last is none, and why, or the wrong one. */
static NetError take(lua_State *L, Sink *sink)
{
    LuaConn *c = sink->c;
    LuaConnUse *use = lua_conn_use(L, c);
    uint8_t chunk[RECV_CHUNK];
    NetError err = NET_OK;
    size_t n;

    do {
        bool is_right = conn_pattern_waits(c->conn, use->sunk) > 0;
        n = conn_receive(c->conn, is_right ? NULL : chunk, sizeof chunk, &err);
        if (!is_right && n > 0)
            check_pattern(sink, chunk, n);
        use->sunk += n;
        sink->total += (lua_Integer)n;
    } while (n > 0 && !sink->wrong);
    return err;
}

/* The task's turn, without Lua: more has come, and more is to come. */
static bool sinks_on(lua_State *L, void *sink_)
{
    Sink *sink = sink_;

    if (take(L, sink) != NET_EAGAIN)
        return false;
    lua_conn_wants(sink->c);
    return true;
}

/* Stack: 1 conn, 2 the Sink. */
static int sink_k(lua_State *L, int status, lua_KContext deadline)
{
    LuaConn *c = lua_object(L, 1);
    Sink *sink = lua_touserdata(L, 2);
    NetError err;

    (void)status;
    do {
        if (sink->wrong)
            lua_check_failed(L, "sink: byte %" G_GUINT64_FORMAT " is %u, not %u as was streamed",
                             sink->at, sink->byte, pattern_byte(sink->at));
        sink->wrong = false;
        err = take(L, sink);
    } while (sink->wrong);
    if (err == NET_EAGAIN && deadline == NEVER) {
        lua_conn_wants(c);
        return task_wait_stepping(L, &c->queue, sinks_on, sink, sink_k, deadline);
    }
    if (err == NET_EAGAIN && deadline > sim_now(lua_sim(L)))
        return lua_conn_wait(L, c, deadline, sink_k, deadline);
    lua_pushinteger(L, sink->total);
    if (err == NET_EOF)
        return 1;
    lua_pushstring(L, err == NET_EAGAIN ? "TIMEOUT" : net_error_name(err));
    return 2;
}

/* conn:sink([{ timeout = }]) -> bytes [, NAME]: receives to the end; a wrong byte fails a check */
static int l_sink(lua_State *L)
{
    SimTime deadline = lua_check_deadline(L, 2);
    LuaConn *c = lua_check_conn(L, 1);

    lua_check_act(L, "sink");
    lua_settop(L, 1);
    Sink *sink = lua_newuserdatauv(L, sizeof *sink, 0);
    *sink = (Sink){ .c = c };
    return sink_k(L, LUA_OK, deadline);
}

/* --- ending ----------------------------------------------------------------------------------- */

static int l_shutdown(lua_State *L)
{
    lua_check_act(L, "shutdown");
    conn_shutdown(lua_check_conn(L, 1)->conn);
    return 0;
}

/* Whoever waits on it learns that it is over. */
static int end_conn(lua_State *L, LuaConn *c, void (*end)(Conn *c))
{
    lua_check_act(L, "close");
    end(c->conn);
    waitq_wake(&c->queue);
    return 0;
}

/* conn:dup() -> conn: one more descriptor of the same socket, as after dup() or fork() */
static int l_dup(lua_State *L)
{
    LuaConn *c = lua_check_conn(L, 1);

    lua_check_act(L, "dup");
    lua_conn_use(L, c)->more++;
    lua_settop(L, 1);
    return 1;
}

/* The socket is closed with its last descriptor. */
static int l_close(lua_State *L)
{
    LuaConn *c = lua_check_conn(L, 1);

    if (c->use->more == 0)
        return end_conn(L, c, conn_close);
    lua_check_act(L, "close");
    c->use->more--;
    return 0;
}

static int l_abort(lua_State *L)
{
    return end_conn(L, lua_check_conn(L, 1), conn_abort);
}

/* conn:flush() -> bytes: forgets what was sent but does not fit into the window yet */
static int l_flush(lua_State *L)
{
    lua_check_act(L, "flush");
    lua_pushinteger(L, (lua_Integer)conn_flush(lua_check_conn(L, 1)->conn));
    return 1;
}

/* --- looking ---------------------------------------------------------------------------------- */

typedef struct StateWait {
    const Conn *conn;
    TcpState    state;
} StateWait;

static bool state_reached(void *self)
{
    const StateWait *w = self;

    return conn_state(w->conn) == w->state;
}

static int wait_k(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    if (task_timed_out(L))
        return lua_timed_out(L);
    lua_pushboolean(L, true);
    return 1;
}

static TcpState check_state(lua_State *L, int arg)
{
    const char *names[TCP_STATE_COUNT + 1], *text = luaL_checkstring(L, arg);

    for (TcpState s = 0; s < TCP_STATE_COUNT; s++) {
        names[s] = tcp_state_lua_name(s);
        if (strcmp(text, names[s]) == 0)
            return s;
    }
    names[TCP_STATE_COUNT] = NULL;
    const char *near = knob_nearest(names, text);
    lua_fail(L, "no state '%s'%s%s%s", text, near != NULL ? ", did you mean '" : "",
             near != NULL ? near : "", near != NULL ? "'?" : "");
    return TCP_CLOSED;
}

/* conn:wait("TIME_WAIT" [, { timeout = }]) -> true, or nil, "TIMEOUT": asked after every event */
static int l_wait(lua_State *L)
{
    const LuaConn *c = lua_check_conn(L, 1);
    TcpState state = check_state(L, 2);
    SimTime deadline = lua_check_deadline(L, 3);
    StateWait *w = lua_newuserdatauv(L, sizeof *w, 0);

    *w = (StateWait){ c->conn, state };
    if (state_reached(w)) {
        lua_pushboolean(L, true);
        return 1;
    }
    return task_wait_until(L, state_reached, w, deadline, wait_k, 0);
}

static int conn_index(lua_State *L, void *p, const char *name)
{
    const LuaConn *c = p;
    NetError err = conn_error(c->conn), soft = conn_soft_error(c->conn);
    TcpInfo i;

    conn_info(c->conn, &i);
    if (strcmp(name, "state") == 0)
        lua_pushstring(L, tcp_state_lua_name(conn_state(c->conn)));
    else if (strcmp(name, "local_ip") == 0)
        lua_push_ip(L, i.local);
    else if (strcmp(name, "local_port") == 0)
        lua_pushinteger(L, i.local_port);
    else if (strcmp(name, "remote_ip") == 0)
        lua_push_ip(L, i.remote);
    else if (strcmp(name, "remote_port") == 0)
        lua_pushinteger(L, i.remote_port);
    else if (strcmp(name, "error") == 0)
        lua_pushstring(L, err != NET_OK ? net_error_name(err) : NULL);
    else if (strcmp(name, "readable") == 0)
        lua_pushinteger(L, (lua_Integer)(conn_readable(c->conn) + inbox_len(c)));
    else if (strcmp(name, "urgent") == 0)
        lua_pushinteger(L, conn_urgent(c->conn));
    else if (strcmp(name, "pushed") == 0)
        lua_pushinteger(L, conn_pushed(c->conn));
    else if (strcmp(name, "soft_error") == 0)
        lua_pushstring(L, soft != NET_OK ? net_error_name(soft) : NULL);
    else
        return 0;
    return 1;
}

static void conn_text(lua_State *L, void *p, GString *out)
{
    const LuaConn *c = p;
    char local[ENDPOINT_TEXT], remote[ENDPOINT_TEXT];
    TcpInfo i;

    (void)L;
    conn_info(c->conn, &i);
    g_string_append_printf(out, "conn<%s > %s %s>", endpoint_text(i.local, i.local_port, local),
                           endpoint_text(i.remote, i.remote_port, remote),
                           tcp_state_name(conn_state(c->conn)));
}

void lua_open_conn(lua_State *L)
{
    static const luaL_Reg methods[] = {
        { "send", l_send },   { "stream", l_stream },     { "recv", l_recv },   { "sink", l_sink },
        { "close", l_close }, { "shutdown", l_shutdown }, { "abort", l_abort }, { "wait", l_wait },
        { "flush", l_flush }, { "info", lua_conn_info },  { "set", lua_conn_set },
        { "dup", l_dup },     { NULL, NULL }
    };

    lua_class(L, "conn", methods, conn_index, conn_text, conn_gc);
}
