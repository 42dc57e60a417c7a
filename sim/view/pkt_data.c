/*
 * pkt_data.c - the calls of a script's program that move bytes: read and write and their kin, poll,
 * epoll.
 *
 * What the program writes and what the wire sends is one pattern, a function of its place in the
 * stream, so that both sides can be checked for every byte.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <inttypes.h>
#include <string.h>

enum { /* poll's and epoll's events, Linux's numbers */
    EV_IN = 1, EV_OUT = 4, EV_ERR = 8, EV_HUP = 16, EV_INVALID = 32, EV_RDNORM = 64,
    EV_WRNORM = 256, EV_RDHUP = 0x2000, EV_ONESHOT = 1 << 30
};
enum { MSG_FAST_OPEN = 0x20000000 };
#define EV_EDGE (UINT32_C(1) << 31)

enum { FRAGMENTS = 17 }; /* buffers of a piece: Linux's MAX_SKB_FRAGS */

/* --- how much, and from where ----------------------------------------------------------------- */

/* The lengths of [{..., 10}, {..., 20}] added up, of those in a range. */
static int64_t iov_length(const PktValue *v, guint from, guint to)
{
    int64_t n = 0;

    for (guint i = from; v != NULL && v->items != NULL && i < MIN(to, v->items->len); i++) {
        const PktValue *len = pkt_field(g_ptr_array_index(v->items, i), "iov_len", 1);
        n += len != NULL && len->kind == PKT_INT ? len->num : 0;
    }
    return n;
}

typedef struct Amount {
    int64_t         n;
    bool            null;  /* the buffer is NULL */
    const PktValue *flags; /* NULL: none */
    const PktValue *to;    /* a socket's address; NULL: none */
    const PktValue *iov;   /* of a message; NULL: none */
} Amount;

/* The arguments of read(fd, buf, n), send(fd, buf, n, flags), sendmsg(fd, msg, flags) and so on. */
static Amount amount(const PktCall *call)
{
    const PktValue *buf = pkt_arg_value(call, 1);
    Amount a = { .n = pkt_arg(call, 2, 0), .null = buf != NULL && buf->kind == PKT_NULL };

    if (g_str_has_suffix(call->name, "msg")) {
        a.iov = pkt_field(buf, "msg_iov", 1);
        a.n = iov_length(a.iov, 0, UINT_MAX);
        a.flags = pkt_arg_value(call, 2);
        a.to = pkt_field(buf, "msg_name", 0);
    } else if (g_str_has_suffix(call->name, "v") && strcmp(call->name, "recv") != 0) {
        a.n = iov_length(buf, 0, UINT_MAX);
    } else {
        a.flags = pkt_arg_value(call, 3);
        a.to = pkt_arg_value(call, 4);
    }
    return a;
}

/* The control messages of a recvmsg or sendmsg; NULL: none. */
static const PktValue *control(const PktCall *call)
{
    const PktValue *msg = pkt_arg_value(call, 1);

    return msg != NULL && msg->kind == PKT_STRUCT ? pkt_field(msg, "msg_control", SIZE_MAX) : NULL;
}

/* What of a call is not there; NULL: nothing. */
static const char *names_lacking(const PktCall *call)
{
    const PktValue *list = control(call);

    for (guint i = 0; list != NULL && list->items != NULL && i < list->items->len; i++) {
        const PktValue *type = pkt_field(g_ptr_array_index(list->items, i), "cmsg_type", 1);
        if (!pkt_value_has(type, "TCP_CM_INQ"))
            return "control messages other than TCP_CM_INQ";
    }
    return NULL;
}

/* --- receiving -------------------------------------------------------------------------------- */

static void check_bytes(const uint8_t *bytes, size_t n, uint64_t offset, PktOutcome *out)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != pattern_byte(offset + i)) {
            pkt_wrong(out, "byte %" PRIu64 " of the stream is not what the wire sent", offset + i);
            return;
        }
}

static bool receive_udp(PktSock *s, size_t n, bool waits, PktOutcome *out)
{
    NetError err = NET_EAGAIN;
    IpAddr from;
    uint16_t from_port;
    Packet *pkt = s->udp != NULL ? udp_receive(s->udp, &from, &from_port, &err) : NULL;

    if (pkt == NULL && err == NET_EAGAIN)
        return !waits && pkt_errs(out, "EAGAIN");
    if (pkt == NULL)
        return pkt_errs(out, net_error_name(err));
    size_t got = MIN(n, pkt->len);
    check_bytes(pkt->data, got, 0, out);
    packet_free(pkt);
    return pkt_done(out, (int64_t)got);
}

static bool receive_stream(PktSock *s, size_t n, bool waits, PktOutcome *out)
{
    size_t most = MIN(n, conn_readable(s->conn));
    g_autofree uint8_t *bytes = g_malloc(MAX(most, 1));
    NetError err = NET_OK;
    size_t got = conn_receive(s->conn, bytes, most, &err);

    if (got > 0) {
        check_bytes(bytes, got, s->taken, out);
        s->taken += got;
        return pkt_done(out, (int64_t)got);
    }
    const char *error = pkt_sock_error(s, true);
    if (error != NULL)
        return pkt_errs(out, error);
    if (err == NET_EAGAIN && !s->read_shut)
        return !waits && pkt_errs(out, "EAGAIN");
    return pkt_done(out, 0);
}

/* MSG_PEEK: what is there stays there; if there is nothing, nothing is taken. */
static bool peek_stream(PktSock *s, size_t n, bool waits, PktOutcome *out)
{
    size_t there = conn_readable(s->conn);

    return there > 0 ? pkt_done(out, (int64_t)MIN(n, there)) : receive_stream(s, n, waits, out);
}

/* TCP_CM_INQ: what is left, where the end of the stream counts as a byte. */
static void check_control(const PktCall *call, const PktSock *s, PktOutcome *out)
{
    const PktValue *list = control(call);
    TcpInfo info;

    if (list == NULL || list->items == NULL || out->error != NULL)
        return;
    if (list->items->len != s->inq) {
        pkt_wrong(out, "%s control message", s->inq ? "there is one" : "there is no");
        return;
    }
    conn_info(s->conn, &info);
    for (guint i = 0; i < list->items->len; i++) {
        const PktValue *data = pkt_field(g_ptr_array_index(list->items, i), "cmsg_data", 2);
        if (data != NULL && data->kind == PKT_INT && (uint64_t)data->num != info.recv_queue)
            pkt_wrong(out, "TCP_CM_INQ is %" PRIu64 ", expected %" PRId64,
                      (uint64_t)info.recv_queue, data->num);
    }
}

bool pkt_receive(PktRun *run, const PktCall *call, PktOutcome *out)
{
    PktSock *s = pkt_sock(run, pkt_arg(call, 0, -1));
    Amount a = amount(call);
    const char *missing = names_lacking(call);

    if (s == NULL)
        return pkt_errs(out, "EBADF");
    if (pkt_value_has(a.flags, "MSG_ERRQUEUE"))
        return pkt_errqueue_receive(run, s, pkt_arg_value(call, 1), out);
    if (missing != NULL)
        return pkt_call_lacks(out, missing);
    bool peeks = pkt_value_has(a.flags, "MSG_PEEK");
    if (pkt_value_has(a.flags, "MSG_WAITALL") || (peeks && s->kind == PKT_UDP))
        return pkt_call_lacks(out, "MSG_WAITALL, and MSG_PEEK of a datagram");
    bool waits = !s->nonblock && !pkt_value_has(a.flags, "MSG_DONTWAIT");
    if (s->kind == PKT_UDP)
        return receive_udp(s, (size_t)a.n, waits, out);
    if (s->fast.deferred)
        return !waits && pkt_errs(out, "EAGAIN");
    if (s->kind != PKT_CONN)
        return pkt_errs(out, "ENOTCONN");
    if (a.null && a.n > 0 && conn_readable(s->conn) > 0)
        return pkt_errs(out, "EFAULT");
    bool done = peeks ? peek_stream(s, (size_t)a.n, waits, out)
                      : receive_stream(s, (size_t)a.n, waits, out);
    if (done)
        check_control(call, s, out);
    return done;
}

/* --- sending ---------------------------------------------------------------------------------- */

static bool send_udp(PktRun *run, PktSock *s, const Amount *a, PktOutcome *out)
{
    IpAddr to = IP_NONE;
    uint16_t port = 0;
    NetError err = NET_OK;

    if (a->n > UDP_DATA_MAX)
        return pkt_errs(out, "EMSGSIZE");
    if (a->to != NULL && a->to->kind != PKT_NULL) {
        to = run->settings.remote;
        port = run->settings.connect_port;
    }
    if (s->udp == NULL)
        s->udp = udp_open(stack_udp(run->stack), s->addr, s->port, &err);
    if (s->udp == NULL)
        return pkt_errs(out, net_error_name(err));
    uint8_t *bytes = g_malloc((size_t)a->n + 1);
    for (int64_t i = 0; i < a->n; i++)
        bytes[i] = pattern_byte((uint64_t)i);
    err = udp_send(s->udp, (Span){ bytes, (size_t)a->n }, to, port);
    g_free(bytes);
    return err == NET_OK ? pkt_done(out, a->n) : pkt_errs(out, net_error_name(err));
}

static bool send_failed(PktSock *s, NetError err, PktOutcome *out)
{
    if (s->progress > 0)
        return pkt_done(out, (int64_t)s->progress);
    const char *error = pkt_sock_error(s, true);
    if (error != NULL)
        return pkt_errs(out, error);
    return pkt_errs(out, err == NET_EAGAIN ? "EAGAIN" : "EPIPE");
}

static bool send_stream(PktSock *s, size_t n, bool waits, bool first, PktOutcome *out)
{
    NetError err = NET_OK;

    if (!first && !conn_writable(s->conn)) /* it sleeps until it is told */
        return false;

    while (s->progress < n) {
        size_t sent = conn_send_pattern(s->conn, s->written, n - s->progress, &err);
        s->written += sent;
        s->progress += sent;
        if (sent > 0)
            continue;
        if (err == NET_EAGAIN && waits)
            return false;
        return send_failed(s, err, out);
    }
    return pkt_done(out, (int64_t)n);
}

/* Buffers that are not copied: a piece has room for so many, and the next begins another one. */
static bool send_pinned(PktSock *s, const PktValue *iov, PktOutcome *out)
{
    NetError err = NET_OK;

    for (guint i = 0; i < iov->items->len; i += FRAGMENTS) {
        size_t n = (size_t)iov_length(iov, i, i + FRAGMENTS);
        size_t sent = conn_send_pattern(s->conn, s->written, n, &err);
        conn_end_record(s->conn);
        s->written += sent;
        s->progress += sent;
        if (sent < n)
            return send_failed(s, err, out);
    }
    return pkt_done(out, (int64_t)s->progress);
}

/* sendto(MSG_FASTOPEN), or the first send of a socket whose connect has waited for it. */
static bool send_opens(PktRun *run, PktSock *s, const Amount *a, bool waits, PktOutcome *out)
{
    if (a->to != NULL && pkt_value_has(a->to, "AF_UNSPEC"))
        return pkt_errs(out, "EOPNOTSUPP");
    if (!s->fast.deferred) {
        s->fast.to = run->settings.remote;
        s->fast.to_port = run->settings.connect_port;
        if (!pkt_take_sockaddr(a->to, &s->fast.to, &s->fast.to_port))
            return pkt_call_lacks(out, "this address");
    }
    return pkt_fast_send(run, s, (size_t)a->n, waits, out);
}

bool pkt_send(PktRun *run, const PktCall *call, PktOutcome *out)
{
    PktSock *s = pkt_sock(run, pkt_arg(call, 0, -1));
    Amount a = amount(call);
    const char *missing = names_lacking(call);

    if (s == NULL)
        return pkt_errs(out, "EBADF");
    if (missing != NULL)
        return pkt_call_lacks(out, missing);
    if (run->first)
        s->progress = 0;
    if (s->kind == PKT_UDP)
        return send_udp(run, s, &a, out);
    bool waits = !s->nonblock && !pkt_value_has(a.flags, "MSG_DONTWAIT");
    bool over, opens = a.flags != NULL && (a.flags->num & MSG_FAST_OPEN) != 0;
    bool bsd = run->settings.stack.tcp.profile == TCP_PROFILE_FREEBSD;
    opens = opens || (bsd && s->fast.on && a.to != NULL);
    bool begins = s->kind == PKT_TCP && (opens || s->fast.deferred);
    bool pinned = s->zerocopy && pkt_value_has(a.flags, "MSG_ZEROCOPY");
    if (s->kind != PKT_CONN && !begins)
        return pkt_errs(out, "EPIPE");
    if (a.null && a.n > 0)
        return pkt_errs(out, "EFAULT");
    if (begins) {
        bool sent = send_opens(run, s, &a, waits, out);
        if (sent && out->value > 0 && pinned)
            pkt_errqueue_ask(s, true);
        return sent;
    }
    if (run->first && opens && conn_state(s->conn) == TCP_SYN_SENT)
        return pkt_errs(out, "EALREADY");
    if (s->fast.opening && !pkt_fast_opened(s, out, &over))
        return over;
    conn_set_more(s->conn, pkt_value_has(a.flags, "MSG_MORE"));
    bool done = pinned && a.iov != NULL && a.iov->items->len > FRAGMENTS
                    ? send_pinned(s, a.iov, out)
                    : send_stream(s, (size_t)a.n, waits, run->first, out);
    if (done && out->value == a.n && pkt_value_has(a.flags, "MSG_EOR"))
        conn_end_record(s->conn);
    if (done && out->value > 0 && pinned)
        pkt_errqueue_ask(s, true);
    if (done && out->value > 0 && s->stamps)
        pkt_errqueue_ask(s, false);
    return done;
}

/* --- poll ------------------------------------------------------------------------------------- */

static bool peer_has_finished(TcpState state)
{
    return state == TCP_CLOSE_WAIT || state == TCP_CLOSING || state == TCP_LAST_ACK ||
           state == TCP_TIME_WAIT;
}

static uint32_t conn_ready(PktSock *s)
{
    TcpInfo info;
    uint32_t ready = 0;

    conn_info(s->conn, &info);
    if (info.state == TCP_SYN_SENT || (info.state == TCP_SYN_RECEIVED && !info.passive))
        return 0; /* a passive one that a program has was opened fast */
    bool closed = info.state == TCP_CLOSED;
    bool finished = closed || peer_has_finished(info.state);
    bool can_send = info.state == TCP_ESTABLISHED || info.state == TCP_CLOSE_WAIT ||
                    info.state == TCP_SYN_RECEIVED;
    if (conn_readable(s->conn) > 0 || finished || s->read_shut)
        ready |= EV_IN | EV_RDNORM;
    if (finished || s->read_shut)
        ready |= EV_RDHUP;
    if (closed || (!can_send && (finished || s->read_shut)))
        ready |= EV_HUP;
    if (!can_send || conn_writable(s->conn))
        ready |= EV_OUT | EV_WRNORM;
    if (pkt_sock_error(s, false) != NULL || pkt_errqueue_waits(s))
        ready |= EV_ERR;
    return ready;
}

uint32_t pkt_sock_ready(PktSock *s)
{
    switch (s->kind) {
    case PKT_CONN: return conn_ready(s);
    case PKT_LISTENER: return listener_queued(s->listener) > 0 ? EV_IN | EV_RDNORM : 0;
    case PKT_UDP: return EV_OUT | EV_WRNORM | (s->udp && udp_queued(s->udp) > 0 ? EV_IN : 0u);
    case PKT_TCP: return s->fast.deferred ? EV_OUT | EV_WRNORM : EV_OUT | EV_HUP;
    case PKT_EPOLL: break;
    }
    return 0;
}

bool pkt_poll(PktRun *run, const PktCall *call, PktOutcome *out)
{
    const PktValue *list = pkt_arg_value(call, 0);
    int64_t n = 0;

    for (guint i = 0; list != NULL && list->items != NULL && i < list->items->len; i++) {
        const PktValue *item = g_ptr_array_index(list->items, i);
        const PktValue *fd = pkt_field(item, "fd", 0), *events = pkt_field(item, "events", 1);
        const PktValue *want = pkt_field(item, "revents", 2);
        PktSock *s = fd != NULL ? pkt_sock(run, fd->num) : NULL;
        uint32_t mask = (events != NULL ? (uint32_t)events->num : 0) | EV_ERR | EV_HUP;
        uint32_t ready = s != NULL ? pkt_sock_ready(s) & mask : EV_INVALID;
        n += ready != 0;
        if (want != NULL && want->kind == PKT_INT && ready != (uint32_t)want->num)
            pkt_wrong(out, "revents is 0x%x, expected 0x%x", ready, (uint32_t)want->num);
    }
    if (n > 0)
        return pkt_done(out, n);
    g_clear_pointer(&out->wrong, g_free);
    return false;
}

/* --- epoll ------------------------------------------------------------------------------------ */

bool pkt_epoll_create(PktRun *run, const PktCall *call, PktOutcome *out)
{
    int64_t fd = call->result->num;

    if (fd < 0 || pkt_sock(run, fd) != NULL)
        return pkt_done(out, 3);
    PktSock *s = pkt_sock_new(run, fd, PKT_EPOLL);
    s->watches = g_array_new(FALSE, TRUE, sizeof(PktWatch));
    return pkt_done(out, fd);
}

static int watch_index(const PktSock *epoll, int64_t fd)
{
    for (guint i = 0; i < epoll->watches->len; i++)
        if (g_array_index(epoll->watches, PktWatch, i).fd == fd)
            return (int)i;
    return -1;
}

bool pkt_epoll_ctl(PktRun *run, const PktCall *call, PktOutcome *out)
{
    PktSock *epoll = pkt_sock(run, pkt_arg(call, 0, -1));
    const PktValue *op = pkt_arg_value(call, 1), *event = pkt_arg_value(call, 3);
    int64_t fd = pkt_arg(call, 2, -1);

    if (epoll == NULL || pkt_sock(run, fd) == NULL)
        return pkt_errs(out, "EBADF");
    if (epoll->kind != PKT_EPOLL)
        return pkt_errs(out, "EINVAL");
    int at = watch_index(epoll, fd);
    bool add = pkt_value_has(op, "EPOLL_CTL_ADD");
    if (add != (at < 0))
        return pkt_errs(out, add ? "EEXIST" : "ENOENT");
    if (at >= 0)
        g_array_remove_index(epoll->watches, (guint)at);
    if (pkt_value_has(op, "EPOLL_CTL_DEL"))
        return pkt_done(out, 0);
    const PktValue *events = pkt_field(event, "events", 0), *data = pkt_field(event, "", 1);
    PktWatch w = { .fd = (int)fd,
                   .events = (events != NULL ? (uint32_t)events->num : 0) | EV_ERR | EV_HUP,
                   .data = data != NULL ? (uint64_t)data->num : 0 };
    g_array_append_val(epoll->watches, w);
    return pkt_done(out, 0);
}

static uint32_t watch_ready(PktRun *run, const PktWatch *w)
{
    PktSock *s = pkt_sock(run, w->fd);

    return s != NULL ? pkt_sock_ready(s) & w->events : 0;
}

static uint64_t bytes_in(PktRun *run, const PktWatch *w)
{
    PktSock *s = pkt_sock(run, w->fd);
    TcpInfo info;

    if (s == NULL || s->conn == NULL)
        return 0;
    conn_info(s->conn, &info);
    return info.bytes_received;
}

void pkt_epoll_note(PktRun *run)
{
    for (guint i = 0; i < run->socks->len; i++) {
        PktSock *s = g_ptr_array_index(run->socks, i);
        for (guint k = 0; s->watches != NULL && k < s->watches->len; k++) {
            PktWatch *w = &g_array_index(s->watches, PktWatch, k);
            if (w->reported != 0)
                w->reported &= watch_ready(run, w);
        }
    }
}

/* Is there something to say of w? An edge-triggered one is told of what is new. */
static uint32_t watch_news(PktRun *run, PktWatch *w)
{
    uint32_t ready = watch_ready(run, w);
    uint64_t in = bytes_in(run, w);

    const PktSock *s = pkt_sock(run, w->fd);
    uint64_t errors = s != NULL ? s->errors_ever : 0;
    bool news = (ready & ~w->reported) != 0 || ((ready & EV_IN) != 0 && in > w->seen_in) ||
                ((ready & EV_ERR) != 0 && errors > w->seen_errors);
    if ((w->events & EV_EDGE) != 0 && !news)
        return 0;
    w->seen_errors = errors;
    w->reported = ready;
    w->seen_in = in;
    if ((w->events & EV_ONESHOT) != 0 && ready != 0)
        w->events &= EV_ONESHOT | EV_EDGE;
    return ready;
}

bool pkt_epoll_wait(PktRun *run, const PktCall *call, PktOutcome *out)
{
    PktSock *epoll = pkt_sock(run, pkt_arg(call, 0, -1));
    const PktValue *want = pkt_arg_value(call, 1);
    int64_t n = 0, max = pkt_arg(call, 2, 1);

    if (epoll == NULL || epoll->kind != PKT_EPOLL)
        return pkt_errs(out, epoll == NULL ? "EBADF" : "EINVAL");
    for (guint i = 0; i < epoll->watches->len && n < max; i++) {
        PktWatch *w = &g_array_index(epoll->watches, PktWatch, i);
        uint32_t news = watch_news(run, w);
        if (news == 0)
            continue;
        bool several = want != NULL && want->kind == PKT_LIST;
        const PktValue *event = several ? pkt_field(want, "", (size_t)n) : want;
        const PktValue *events = pkt_field(event, "events", 0), *data = pkt_field(event, "", 1);
        n++;
        if (events != NULL && events->kind == PKT_INT && (uint32_t)events->num != news)
            pkt_wrong(out, "events are 0x%x, expected 0x%x", news, (uint32_t)events->num);
        if (data != NULL && data->kind == PKT_INT && (uint64_t)data->num != w->data)
            pkt_wrong(out, "the event's data is %" PRIu64, w->data);
    }
    return n > 0 && pkt_done(out, n);
}
