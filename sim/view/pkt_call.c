/*
 * pkt_call.c - the calls of a script's program: making, joining and ending sockets; and who does
 * which call.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <inttypes.h>
#include <string.h>

enum { SHUT_READ = 0, SHUT_WRITE = 1, SHUT_BOTH = 2 }; /* Linux's numbers */
enum { GET_FLAGS = 3, SET_FLAGS = 4, READ_WRITE = 2, NONBLOCK = 2048 };
enum { TYPE_STREAM = 1, TYPE_DATAGRAM = 2, TYPE_MASK = 15 };

/* --- how a call ends -------------------------------------------------------------------------- */

bool pkt_done(PktOutcome *out, int64_t value)
{
    out->value = value;
    return true;
}

bool pkt_errs(PktOutcome *out, const char *error)
{
    out->value = -1;
    out->error = error;
    return true;
}

bool pkt_call_lacks(PktOutcome *out, const char *what)
{
    out->wrong = g_strdup(what);
    out->lacks = true;
    return true;
}

void pkt_wrong(PktOutcome *out, const char *format, ...)
{
    va_list args;

    if (out->wrong != NULL)
        return;
    va_start(args, format);
    out->wrong = g_strdup_vprintf(format, args);
    va_end(args);
}

/* --- arguments -------------------------------------------------------------------------------- */

const PktValue *pkt_arg_value(const PktCall *call, size_t i)
{
    return i < call->args->len ? g_ptr_array_index(call->args, i) : NULL;
}

int64_t pkt_arg(const PktCall *call, size_t i, int64_t otherwise)
{
    const PktValue *v = pkt_arg_value(call, i);

    return v != NULL && v->kind == PKT_INT ? v->num : otherwise;
}

const PktValue *pkt_field(const PktValue *v, const char *name, size_t i)
{
    if (v == NULL || v->items == NULL)
        return NULL;
    for (guint k = 0; k < v->items->len; k++) {
        const PktValue *item = g_ptr_array_index(v->items, k);
        if (item->name != NULL && strcmp(item->name, name) == 0)
            return item;
    }
    return i < v->items->len ? g_ptr_array_index(v->items, i) : NULL;
}

bool pkt_take_sockaddr(const PktValue *v, IpAddr *addr, uint16_t *port)
{
    if (v == NULL || v->kind != PKT_STRUCT)
        return true;
    const PktValue *p = pkt_field(v, "sin_port", 1), *a = pkt_field(v, "sin_addr", 2);
    const PktValue *number = p != NULL && p->kind == PKT_FUNCTION ? pkt_field(p, "", 0) : p;
    const PktValue *text = a != NULL && a->kind == PKT_FUNCTION ? pkt_field(a, "", 0) : NULL;

    if (number != NULL && number->kind == PKT_INT)
        *port = (uint16_t)number->num;
    if (text != NULL && text->kind == PKT_STRING)
        return ip_parse(text->text, addr);
    return a == NULL || a->kind != PKT_FUNCTION;
}

/* --- sockets ---------------------------------------------------------------------------------- */

PktSock *pkt_sock(PktRun *run, int64_t fd)
{
    for (guint i = 0; fd >= 0 && i < run->socks->len; i++) {
        PktSock *s = g_ptr_array_index(run->socks, i);
        if (s->fd == fd)
            return s;
    }
    return NULL;
}

PktSock *pkt_sock_new(PktRun *run, int64_t fd, PktSockKind kind)
{
    PktSock *s = g_new0(PktSock, 1);

    s->fd = (int)fd;
    s->kind = kind;
    s->addr = IP4_ANY;
    g_ptr_array_add(run->socks, s);
    return s;
}

void pkt_sock_free(void *sock)
{
    PktSock *s = sock;

    conn_free(s->conn);
    if (s->listener != NULL)
        listener_close(s->listener);
    if (s->udp != NULL)
        udp_close(s->udp);
    if (s->watches != NULL)
        g_array_free(s->watches, TRUE);
    pkt_errqueue_free(s);
    g_free(s);
}

const char *pkt_sock_error(PktSock *s, bool take)
{
    if (s->conn == NULL || s->told_error || conn_error(s->conn) == NET_OK)
        return NULL;
    if (take)
        s->told_error = true;
    return net_error_name(conn_error(s->conn));
}

PktSock *pkt_sock_current(PktRun *run)
{
    PktSock *last = NULL;

    for (guint i = 0; i < run->socks->len; i++) {
        PktSock *s = g_ptr_array_index(run->socks, i);
        TcpInfo info;
        if (s->kind != PKT_CONN)
            continue;
        last = s;
        conn_info(s->conn, &info);
        if (run->current != NULL && info.local_port == run->current->local_port &&
            info.remote_port == run->current->remote_port)
            return s;
    }
    return last;
}

/* The number a script gives a new descriptor. One that it gives again is the new one from now on;
 * the old stays open without a name. */
static int64_t take_fd(PktRun *run, const PktCall *call)
{
    int64_t fd = call->result->num;
    PktSock *old = pkt_sock(run, fd);

    if (old != NULL)
        old->fd = -1;
    return fd >= 0 ? fd : 3;
}

static bool call_socket(PktRun *run, const PktCall *call, PktOutcome *out)
{
    int64_t type = pkt_arg(call, 1, 0);
    bool datagram = (type & TYPE_MASK) == TYPE_DATAGRAM;

    if (!datagram && (type & TYPE_MASK) != TYPE_STREAM)
        return pkt_call_lacks(out, "sockets that are neither TCP nor UDP");
    int64_t fd = take_fd(run, call);
    PktSock *s = pkt_sock_new(run, fd, datagram ? PKT_UDP : PKT_TCP);
    s->nonblock = (type & NONBLOCK) != 0;
    run->fresh = true;
    return pkt_done(out, fd);
}

void pkt_own_mss(PktRun *run, const PktSock *s)
{
    TcpConfig *cfg = &run->settings.stack.tcp;

    cfg->mss = s->maxseg != 0 ? (uint64_t)s->maxseg : run->script->settings.stack.tcp.mss;
    tcp_set_config(stack_tcp(run->stack), cfg);
}

static bool open_udp(PktRun *run, PktSock *s, PktOutcome *out)
{
    NetError err;

    s->udp = udp_open(stack_udp(run->stack), s->addr, s->port, &err);
    if (s->udp == NULL)
        return pkt_errs(out, net_error_name(err));
    return pkt_done(out, 0);
}

static bool call_bind(PktRun *run, const PktCall *call, PktOutcome *out)
{
    PktSock *s = pkt_sock(run, pkt_arg(call, 0, -1));
    IpAddr addr = IP4_ANY;
    uint16_t port = run->settings.bind_port;

    if (s == NULL)
        return pkt_errs(out, "EBADF");
    if (!pkt_take_sockaddr(pkt_arg_value(call, 1), &addr, &port))
        return pkt_call_lacks(out, "this address");
    if (s->port != 0 || s->conn != NULL || s->listener != NULL)
        return pkt_errs(out, "EINVAL");
    if (!ip_is_any(addr) && !ip_is_local(run->stack, addr))
        return pkt_errs(out, "EADDRNOTAVAIL");
    s->addr = addr;
    s->port = port;
    run->bound_port = port;
    return s->kind == PKT_UDP ? open_udp(run, s, out) : pkt_done(out, 0);
}

static bool call_listen(PktRun *run, const PktCall *call, PktOutcome *out)
{
    PktSock *s = pkt_sock(run, pkt_arg(call, 0, -1));
    int64_t backlog = pkt_arg(call, 1, 0);
    NetError err;

    if (s == NULL)
        return pkt_errs(out, "EBADF");
    if (s->kind == PKT_UDP)
        return pkt_errs(out, "EOPNOTSUPP");
    if (s->kind != PKT_TCP)
        return pkt_errs(out, "EINVAL");
    if (s->port == 0)
        return pkt_call_lacks(out, "listening on a port that the host chooses");
    pkt_own_mss(run, s);
    s->listener = tcp_listen(stack_tcp(run->stack), s->addr, s->port,
                             (uint64_t)MAX(backlog, 1), s->reuse, &err);
    if (s->listener == NULL)
        return pkt_errs(out, net_error_name(err));
    s->kind = PKT_LISTENER;
    pkt_fast_listen(s);
    return pkt_done(out, 0);
}

static bool call_accept(PktRun *run, const PktCall *call, PktOutcome *out)
{
    PktSock *s = pkt_sock(run, pkt_arg(call, 0, -1));

    if (s == NULL)
        return pkt_errs(out, "EBADF");
    if (s->kind != PKT_LISTENER)
        return pkt_errs(out, "EINVAL");
    Conn *conn = listener_accept(s->listener);
    if (conn == NULL)
        return s->nonblock && pkt_errs(out, "EAGAIN");
    int64_t fd = take_fd(run, call);
    PktSock *child = pkt_sock_new(run, fd, PKT_CONN);
    child->conn = conn;
    child->told_connected = true;
    child->nonblock = (pkt_arg(call, 3, 0) & NONBLOCK) != 0;
    child->sndbuf = s->sndbuf;
    child->rcvbuf = s->rcvbuf;
    child->maxseg = s->maxseg;
    child->zerocopy = s->zerocopy;
    return pkt_done(out, fd);
}

/* --- connect ---------------------------------------------------------------------------------- */

static bool connect_udp(PktRun *run, PktSock *s, IpAddr addr, uint16_t port, PktOutcome *out)
{
    if (s->udp == NULL && (!open_udp(run, s, out) || s->udp == NULL))
        return true;
    NetError err = udp_connect(s->udp, addr, port);
    return err == NET_OK ? pkt_done(out, 0) : pkt_errs(out, net_error_name(err));
}

/* Linux tells once that it is done, with 0 or with the error. */
static bool connect_again(PktSock *s, bool first, PktOutcome *out)
{
    NetError err = conn_connected(s->conn);

    if (err == NET_EAGAIN)
        return s->nonblock && pkt_errs(out, first ? "EALREADY" : "EINPROGRESS");
    if (err != NET_OK) {
        s->told_error = true;
        return pkt_errs(out, net_error_name(err));
    }
    if (s->told_connected)
        return pkt_errs(out, "EISCONN");
    s->told_connected = true;
    return pkt_done(out, 0);
}

/* connect(2) with AF_UNSPEC: the connection ends, the socket stays and may open another one. */
static bool disconnect(PktSock *s, PktOutcome *out)
{
    conn_abort(s->conn);
    s->disconnected = true;
    s->told_connected = s->told_error = s->read_shut = false;
    return pkt_done(out, 0);
}

static void forget_conn(PktSock *s)
{
    conn_free(s->conn);
    s->conn = NULL;
    s->kind = PKT_TCP;
    s->disconnected = false;
}

static bool call_connect(PktRun *run, const PktCall *call, PktOutcome *out)
{
    PktSock *s = pkt_sock(run, pkt_arg(call, 0, -1));
    IpAddr addr = run->settings.remote;
    uint16_t port = run->settings.connect_port;
    NetError err;

    if (s == NULL)
        return pkt_errs(out, "EBADF");
    if (!pkt_take_sockaddr(pkt_arg_value(call, 1), &addr, &port))
        return pkt_call_lacks(out, "this address");
    if (s->kind == PKT_UDP)
        return connect_udp(run, s, addr, port, out);
    const PktValue *to = pkt_arg_value(call, 1);
    if (s->kind == PKT_CONN && to != NULL && pkt_value_has(to, "AF_UNSPEC"))
        return disconnect(s, out);
    if (s->kind == PKT_CONN && s->disconnected)
        forget_conn(s);
    if (s->kind == PKT_CONN)
        return connect_again(s, run->first, out);
    if (s->kind != PKT_TCP || s->fast.deferred)
        return pkt_errs(out, "EISCONN");
    if (s->fast.connect)
        return pkt_fast_connect(run, s, addr, port, out);
    pkt_own_mss(run, s);
    s->conn = tcp_connect(stack_tcp(run->stack), ip_is_any(s->addr) ? IP_NONE : s->addr, s->port,
                          addr, port, &err);
    if (s->conn == NULL)
        return pkt_errs(out, net_error_name(err));
    s->kind = PKT_CONN;
    run->fresh = true;
    if (s->syn_retries != 0)
        conn_set_syn_retries(s->conn, (uint64_t)s->syn_retries);
    return connect_again(s, false, out);
}

/* --- the end ---------------------------------------------------------------------------------- */

static bool call_shutdown(PktRun *run, const PktCall *call, PktOutcome *out)
{
    PktSock *s = pkt_sock(run, pkt_arg(call, 0, -1));
    int64_t how = pkt_arg(call, 1, -1);

    if (s == NULL)
        return pkt_errs(out, "EBADF");
    if (how < SHUT_READ || how > SHUT_BOTH)
        return pkt_errs(out, "EINVAL");
    if (s->kind == PKT_LISTENER)
        return pkt_call_lacks(out, "shutdown of a listening socket");
    if (s->kind != PKT_CONN || conn_state(s->conn) == TCP_CLOSED)
        return pkt_errs(out, "ENOTCONN");
    if (how != SHUT_WRITE)
        s->read_shut = true;
    if (how != SHUT_READ)
        conn_shutdown(s->conn);
    return pkt_done(out, 0);
}

static bool call_close(PktRun *run, const PktCall *call, PktOutcome *out)
{
    PktSock *s = pkt_sock(run, pkt_arg(call, 0, -1));

    if (s == NULL)
        return pkt_errs(out, "EBADF");
    if (s->conn != NULL && s->linger && s->linger_time > 0)
        return pkt_call_lacks(out, "close that waits (SO_LINGER)");
    if (s->conn != NULL && s->linger)
        conn_abort(s->conn);
    else if (s->conn != NULL)
        conn_close(s->conn);
    g_ptr_array_remove(run->socks, s);
    return pkt_done(out, 0);
}

static bool call_fcntl(PktRun *run, const PktCall *call, PktOutcome *out)
{
    PktSock *s = pkt_sock(run, pkt_arg(call, 0, -1));

    if (s == NULL)
        return pkt_errs(out, "EBADF");
    switch (pkt_arg(call, 1, 0)) {
    case GET_FLAGS:
        return pkt_done(out, READ_WRITE | (s->nonblock ? NONBLOCK : 0));
    case SET_FLAGS:
        s->nonblock = (pkt_arg(call, 2, 0) & NONBLOCK) != 0;
        return pkt_done(out, 0);
    default:
        return pkt_call_lacks(out, "this fcntl");
    }
}

static bool call_ioctl(PktRun *run, const PktCall *call, PktOutcome *out)
{
    PktSock *s = pkt_sock(run, pkt_arg(call, 0, -1));
    const PktValue *what = pkt_arg_value(call, 1), *want = pkt_field(pkt_arg_value(call, 2), "", 0);
    TcpInfo info;

    if (s == NULL)
        return pkt_errs(out, "EBADF");
    if (s->kind == PKT_LISTENER)
        return pkt_errs(out, "EINVAL");
    if (s->kind != PKT_CONN)
        return pkt_call_lacks(out, "this ioctl");
    conn_info(s->conn, &info);
    int64_t n = pkt_value_has(what, "SIOCOUTQ") ? (int64_t)info.send_queue
                                                : (int64_t)conn_readable(s->conn);
    if (want != NULL && want->kind == PKT_INT && want->num != n)
        pkt_wrong(out, "got [%" PRId64 "], expected [%" PRId64 "]", n, want->num);
    return pkt_done(out, 0);
}

/* --- who does what ---------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool      (*call)(PktRun *run, const PktCall *call, PktOutcome *out);
} calls[] = {
    { "socket", call_socket },
    { "bind", call_bind },
    { "listen", call_listen },
    { "accept", call_accept },
    { "accept4", call_accept },
    { "connect", call_connect },
    { "read", pkt_receive },
    { "readv", pkt_receive },
    { "recv", pkt_receive },
    { "recvfrom", pkt_receive },
    { "recvmsg", pkt_receive },
    { "write", pkt_send },
    { "writev", pkt_send },
    { "send", pkt_send },
    { "sendto", pkt_send },
    { "sendmsg", pkt_send },
    { "shutdown", call_shutdown },
    { "close", call_close },
    { "setsockopt", pkt_setsockopt },
    { "getsockopt", pkt_getsockopt },
    { "fcntl", call_fcntl },
    { "ioctl", call_ioctl },
    { "poll", pkt_poll },
    { "epoll_create", pkt_epoll_create },
    { "epoll_create1", pkt_epoll_create },
    { "epoll_ctl", pkt_epoll_ctl },
    { "epoll_wait", pkt_epoll_wait },
};

bool pkt_call_known(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
        if (strcmp(calls[i].name, name) == 0)
            return true;
    return false;
}

bool pkt_call_try(PktRun *run, const PktCall *call, bool first, PktOutcome *out)
{
    run->first = first;
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
        if (strcmp(calls[i].name, call->name) == 0) {
            bool done = calls[i].call(run, call, out);
            pkt_errqueue_note(run);
            pkt_epoll_note(run);
            return done;
        }
    g_assert_not_reached(); /* the parser has asked pkt_call_known */
}

SimTime pkt_call_timeout(const PktCall *call)
{
    int64_t ms = -1;

    if (strcmp(call->name, "poll") == 0)
        ms = pkt_arg(call, 2, -1);
    else if (strcmp(call->name, "epoll_wait") == 0)
        ms = pkt_arg(call, 3, -1);
    return ms < 0 ? NEVER : ms * MSEC;
}
