/*
 * pkt_fastopen.c - TCP Fast Open in scripts: the socket options, opening with data, and the cookie
 * that is written TFO_COOKIE. RFC 7413; what sockets make of it is Linux's.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <string.h>

static Tcp *tcp_of(const PktRun *run)
{
    return stack_tcp(run->stack);
}

static bool is_client(const PktRun *run)
{
    TcpFastOpenRole role = run->settings.stack.tcp.fastopen;

    return role == TCP_FASTOPEN_CLIENT || role == TCP_FASTOPEN_BOTH;
}

/* --- socket options --------------------------------------------------------------------------- */

static int64_t value_of(const PktCall *call)
{
    const PktValue *v = pkt_arg_value(call, 3);

    if (v != NULL && v->kind == PKT_LIST)
        v = pkt_field(v, "", 0);
    return v != NULL && v->kind == PKT_INT ? v->num : 0;
}

void pkt_fast_listen(const PktSock *s)
{
    if (s->fast.on && s->fast.limit > 0)
        listener_set_fastopen(s->listener, s->fast.limit);
    else if (s->fast.on)
        listener_unset_fastopen(s->listener);
    if (s->fast.has_key)
        listener_set_fastopen_key(s->listener, s->fast.key);
    listener_set_cookieless(s->listener, s->fast.no_cookie);
}

/* It has been set: a listener hears of it at once. */
static bool settle(const PktSock *s, PktOutcome *out)
{
    if (s->kind == PKT_LISTENER)
        pkt_fast_listen(s);
    return pkt_done(out, 0);
}

static bool set_limit(PktRun *run, PktSock *s, const PktCall *call, PktOutcome *out)
{
    int64_t limit = value_of(call);

    (void)run;
    if (limit < 0 || (s->kind != PKT_TCP && s->kind != PKT_LISTENER))
        return pkt_errs(out, "EINVAL");
    s->fast.on = true;
    s->fast.limit = (uint64_t)limit;
    return settle(s, out);
}

static bool set_connect(PktRun *run, PktSock *s, const PktCall *call, PktOutcome *out)
{
    int64_t on = value_of(call);

    if (on < 0 || on > 1)
        return pkt_errs(out, "EINVAL");
    if (!is_client(run))
        return pkt_errs(out, "EOPNOTSUPP");
    if (s->kind != PKT_TCP)
        return pkt_errs(out, "EINVAL");
    s->fast.connect = on != 0;
    return pkt_done(out, 0);
}

/* "\xf7\x63..." */
static bool read_bytes(const char *text, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++, text += 4) {
        if (text[0] != '\\' || text[1] != 'x' || !g_ascii_isxdigit(text[2]) ||
            !g_ascii_isxdigit(text[3]))
            return false;
        out[i] = (uint8_t)(g_ascii_xdigit_value(text[2]) << 4 | g_ascii_xdigit_value(text[3]));
    }
    return *text == '\0';
}

static bool set_key(PktRun *run, PktSock *s, const PktCall *call, PktOutcome *out)
{
    const PktValue *v = pkt_arg_value(call, 3);

    (void)run;
    if (pkt_arg(call, 4, 0) != TCP_FASTOPEN_KEY)
        return pkt_errs(out, "EINVAL");
    if (v == NULL || v->kind != PKT_STRING || !read_bytes(v->text, s->fast.key, TCP_FASTOPEN_KEY))
        return pkt_call_lacks(out, "a key that is not written \"\\x00...\"");
    s->fast.has_key = true;
    return settle(s, out);
}

static bool set_no_cookie(PktRun *run, PktSock *s, const PktCall *call, PktOutcome *out)
{
    (void)run;
    s->fast.no_cookie = value_of(call) != 0;
    return settle(s, out);
}

PktFastOption pkt_fast_option(const char *name)
{
    static const struct {
        const char   *name;
        PktFastOption set;
    } options[] = {
        { "TCP_FASTOPEN", set_limit },
        { "TCP_FASTOPEN_CONNECT", set_connect },
        { "TCP_FASTOPEN_KEY", set_key },
        { "TCP_FASTOPEN_NO_COOKIE", set_no_cookie },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        if (strcmp(options[i].name, name) == 0)
            return options[i].set;
    return NULL;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Opens, with the first n bytes that the program writes. False: the error is in out. */
static bool open_with(PktRun *run, PktSock *s, size_t n, PktOutcome *out)
{
    g_autofree uint8_t *bytes = g_malloc(n + 1);
    size_t taken;
    NetError err;

    for (size_t i = 0; i < n; i++)
        bytes[i] = pattern_byte(i);
    s->conn = tcp_connect_fast(tcp_of(run), ip_is_any(s->addr) ? IP_NONE : s->addr, s->port,
                               s->fast.to, s->fast.to_port, NULL, (Span){ bytes, n },
                               s->fast.no_cookie, &taken, &err);
    if (s->conn == NULL) {
        pkt_errs(out, net_error_name(err));
        return false;
    }
    s->kind = PKT_CONN;
    if (s->syn_retries != 0)
        conn_set_syn_retries(s->conn, (uint64_t)s->syn_retries);
    s->written = s->progress = taken;
    s->fast.deferred = false;
    run->fresh = true;
    return true;
}

static bool is_ready(PktRun *run, const PktSock *s, size_t *room)
{
    return tcp_fastopen_ready(tcp_of(run), s->addr, s->fast.to, s->fast.to_port, s->fast.no_cookie,
                              room);
}

bool pkt_fast_connect(PktRun *run, PktSock *s, IpAddr to, uint16_t port, PktOutcome *out)
{
    size_t room;

    s->fast.to = to;
    s->fast.to_port = port;
    if (is_ready(run, s, &room)) {
        s->fast.deferred = true;
        return pkt_done(out, 0);
    }
    if (!open_with(run, s, 0, out))
        return true;
    return s->nonblock && pkt_errs(out, "EINPROGRESS");
}

/* FreeBSD waits for nothing: what the SYN does not take stays in the buffer. */
static bool send_behind(PktRun *run, PktSock *s, size_t n, size_t on_syn, PktOutcome *out)
{
    NetError err = NET_OK;

    if (!open_with(run, s, on_syn, out))
        return true;
    size_t more = conn_send_pattern(s->conn, s->written, n - s->written, &err);
    s->written += more;
    return pkt_done(out, (int64_t)s->written);
}

bool pkt_fast_send(PktRun *run, PktSock *s, size_t n, bool waits, PktOutcome *out)
{
    size_t room;

    if (!is_client(run))
        return pkt_errs(out, "EOPNOTSUPP");
    pkt_own_mss(run, s);
    bool ready = is_ready(run, s, &room);
    if (run->settings.stack.tcp.profile == TCP_PROFILE_FREEBSD)
        return send_behind(run, s, n, ready ? MIN(n, room) : 0, out);
    if (!waits)
        n = ready ? MIN(n, room) : 0;
    if (!open_with(run, s, n, out))
        return true;
    s->fast.opening = waits;
    if (waits)
        return false;
    return n > 0 ? pkt_done(out, (int64_t)n) : pkt_errs(out, "EINPROGRESS");
}

bool pkt_fast_opened(PktSock *s, PktOutcome *out, bool *done)
{
    NetError err = conn_connected(s->conn);

    *done = err != NET_EAGAIN;
    if (!*done)
        return false;
    s->fast.opening = false;
    s->told_connected = true;
    if (err == NET_OK)
        return true;
    s->told_error = true;
    pkt_errs(out, net_error_name(err));
    return false;
}

/* --- cookies ---------------------------------------------------------------------------------- */

void pkt_fast_cookie(const PktRun *run, PktPacket *p)
{
    const TcpConfig *cfg = &run->settings.stack.tcp;

    if (p->cookie_at != 0)
        tcp_fastopen_cookie(cfg->fastopen_keys[0], run->settings.remote, run->settings.local,
                            p->opt + p->cookie_at);
}
