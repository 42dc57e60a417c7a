/*
 * tcp.c - what the user of a connection may call: RFC 9293 §3.10.1 to §3.10.6, in that order.
 *
 * A call changes the TCB, lets tcp_output send what has become possible, and returns; it never
 * waits. Passive OPENs are in tcp_syn.c.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_handshake.h"
#include "protocols/transport/tcp_route.h"

/* --- OPEN, RFC 9293 §3.10.1 ------------------------------------------------------------------ */

/* What can be wrong before a packet is sent. Fills in the local address (MUST-44); `first`: where
 * the SYN goes first. */
static NetError check_open(Tcp *tcp, IpAddr *local, IpAddr remote, uint16_t remote_port,
                           IpAddr first)
{
    if (ip_is_none(remote) || ip_is_any(remote) || remote_port == 0 || ip_is_multicast(remote) ||
        ip_is_limited_broadcast(remote) || ip_is_broadcast_for(tcp->stack, remote))
        return NET_EINVAL; /* MUST-46 */
    if (!ip_is_none(*local) && !ip_is_any(*local))
        return ip_is_local(tcp->stack, *local) ? NET_OK : NET_EADDRNOTAVAIL;
    *local = ip_source(tcp->stack, first);
    return ip_is_none(*local) ? NET_ENETUNREACH : NET_OK;
}

/* Chooses it if none was given: one of a pair that is free, and where nobody listens. */
static NetError check_port(Tcp *tcp, IpAddr local, uint16_t *local_port, IpAddr remote,
                           uint16_t remote_port)
{
    if (*local_port == 0) {
        *local_port = tcp_ephemeral_port(tcp, local, remote, remote_port);
        return *local_port != 0 ? NET_OK : NET_EADDRNOTAVAIL;
    }
    if (tcp_pair_taken(tcp, local, *local_port, remote, remote_port))
        return NET_EADDRNOTAVAIL; /* "connection already exists", TIME-WAIT included */
    return tcp_find_listener(tcp, local, *local_port) != NULL ? NET_EADDRINUSE : NET_OK;
}

Conn *tcp_prepare(Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote, uint16_t remote_port,
                  const IpOptions *options, NetError *err)
{
    bool routed = options != NULL && !ip_is_none(options->first);

    *err = NET_EINVAL;
    if (routed && ip_kind(tcp->stack, options->first) != 0) /* ours, or no single host's */
        return NULL;
    *err = check_open(tcp, &local, remote, remote_port, routed ? options->first : remote);
    if (*err == NET_OK)
        *err = check_port(tcp, local, &local_port, remote, remote_port);
    if (*err != NET_OK)
        return NULL;
    Tcb *tcb = tcb_new(tcp, local, local_port, remote, remote_port);
    if (options != NULL)
        tcb_set_ip_options(tcb, options);
    return conn_new(tcb);
}

static void open_actively(Tcb *tcb)
{
    node_count(tcb->tcp->node, COUNTER_TcpActiveOpens);
    tcp_set_state(tcb, TCP_SYN_SENT, "program connects", "RFC 9293 §3.10.1");
    tcp_send_syn(tcb, tcb->rare->fast.sent > 0 ? SENT_TCP_SYN_FAST : SENT_TCP_SYN);
    tcb_check(tcb);
}

void conn_start(Conn *c)
{
    if (c->tcb->tcp->cfg.handshake == TCP_NO_HANDSHAKE)
        handshake_skip(c->tcb);
    else
        open_actively(c->tcb);
}

Conn *tcp_connect(Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote, uint16_t remote_port,
                  NetError *err)
{
    return tcp_connect_options(tcp, local, local_port, remote, remote_port, NULL, err);
}

Conn *tcp_connect_options(Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote,
                          uint16_t remote_port, const IpOptions *options, NetError *err)
{
    Conn *c = tcp_prepare(tcp, local, local_port, remote, remote_port, options, err);

    if (c != NULL)
        conn_start(c);
    return c;
}

Conn *listener_call(Listener *l, IpAddr remote, uint16_t remote_port, NetError *err)
{
    Tcp *tcp = l->tcp;
    guint place;

    g_ptr_array_find(tcp->listeners, l, &place);
    g_ptr_array_remove_index(tcp->listeners, place); /* not in its own way */
    Conn *c = tcp_prepare(tcp, l->addr, l->port, remote, remote_port, NULL, err);
    g_ptr_array_insert(tcp->listeners, (int)place, l);
    if (c == NULL)
        return NULL;
    uto_set(c->tcb, &l->uto);
    listener_end(l, NULL);
    c->tcb->state = TCP_LISTEN;
    open_actively(c->tcb);
    return c;
}

void conn_on_ready(Conn *c, void (*on_ready)(void *user), void *user)
{
    c->wake.on_ready = on_ready;
    c->wake.user = user;
}

static bool is_opening(TcpState s)
{
    return s == TCP_SYN_SENT || s == TCP_SYN_RECEIVED;
}

NetError conn_connected(const Conn *c)
{
    if (c->connected)
        return NET_OK;
    if (c->tcb != NULL)
        return NET_EAGAIN;
    return c->error != NET_OK ? c->error : NET_ECONNABORTED;
}

/* --- SEND, RFC 9293 §3.10.2 ------------------------------------------------------------------ */

typedef struct Source { /* what is sent: bytes, or the pattern from a place on */
    const uint8_t *bytes;  /* NULL: the pattern */
    uint64_t       offset;
} Source;

static void append(Tcb *tcb, const Source *from, size_t done, size_t n)
{
    Ring *out = &tcb_flow(tcb)->out;

    if (from->bytes != NULL)
        ring_write(out, out->len, from->bytes + done, n);
    else
        ring_write_pattern(out, out->len, from->offset + done, n);
    ring_extend(out, n);
}

/* Can anything be sent at all? */
static NetError check_send(const Conn *c)
{
    const Tcb *tcb = c->tcb;

    if (tcb == NULL)
        return c->error != NET_OK ? c->error : NET_EPIPE;
    if (tcb->fin_queued || c->closed)
        return NET_EPIPE;
    bool early = tcb->rare->fast.child || tcb->tcp->cfg.profile == TCP_PROFILE_FREEBSD;
    return is_opening(tcb->state) && !early ? NET_EAGAIN : NET_OK;
}

/* Sends as the window allows; if more is to follow, full segments only. */
static void output_sent(Tcb *tcb)
{
    tcb->more_now = tcb->more;
    tcp_output(tcb);
    tcb->more_now = false;
    tcb_check(tcb);
}

/* Each piece that is full leaves, if it may, before the next is begun. */
static size_t put_pieces(Tcb *tcb, const Source *from, size_t n)
{
    size_t done = 0;

    while (done < n && tcb->state != TCP_CLOSED) {
        size_t now = MIN(piece_room(tcb), n - done);
        if (now == 0)
            break;
        append(tcb, from, done, now);
        piece_append(tcb);
        done += now;
        tcb->filling = true;
        if (done < n)
            tcp_output(tcb);
        tcb->filling = false;
    }
    if (done > 0 && !tcb->more && tcb->state != TCP_CLOSED)
        piece_push(tcb);
    return done;
}

static size_t fill(Tcb *tcb, const Source *from, size_t n)
{
    if (tcb->tcp->cfg.offload)
        return put_pieces(tcb, from, n);
    n = MIN(n, tcb->flow->out.len < tcb->sndbuf ? tcb->sndbuf - tcb->flow->out.len : 0);
    append(tcb, from, 0, n);
    return n;
}

/* The OPEN that brings data along. */
Conn *tcp_connect_fast(Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote,
                       uint16_t remote_port, const IpOptions *options, Span data, bool cookieless,
                       size_t *taken, NetError *err)
{
    Conn *c = tcp_prepare(tcp, local, local_port, remote, remote_port, options, err);

    *taken = 0;
    if (c == NULL)
        return NULL;
    Tcb *tcb = c->tcb;
    size_t first = fastopen_ask(tcb, data.n, cookieless);
    if (first > 0) {
        append(tcb, &(Source){ .bytes = data.p }, 0, first);
        if (tcp->cfg.offload)
            piece_append(tcb);
    }
    open_actively(tcb);
    *taken = first;
    if (first < data.n)
        *taken += fill(tcb, &(Source){ .bytes = data.p + first }, data.n - first);
    tcb_check(tcb);
    return c;
}

/* Into the send buffer, as much as it takes. */
static size_t put(Conn *c, const Source *from, size_t n, NetError *err)
{
    Tcb *tcb = c->tcb;

    *err = check_send(c);
    if (*err != NET_OK || n == 0)
        return 0;
    size_t done = fill(tcb, from, n);
    if (done < n)
        tcb->want_send = true;
    if (done == 0)
        *err = NET_EAGAIN;
    return done;
}

size_t conn_send(Conn *c, Span data, NetError *err)
{
    size_t n = put(c, &(Source){ .bytes = data.p }, data.n, err);

    if (n > 0 && c->tcb != NULL)
        output_sent(c->tcb);
    return n;
}

size_t conn_send_urgent(Conn *c, Span data, NetError *err)
{
    size_t n = put(c, &(Source){ .bytes = data.p }, data.n, err);
    Tcb *tcb = c->tcb;

    if (n == 0 || tcb == NULL)
        return n;
    urgent_mark(tcb);
    tcp_output(tcb);
    if (!tcb->rare->urg.told && tcb->state != TCP_CLOSED) {
        owe_bare_ack(tcb, SENT_TCP_URGENT);
        tcp_output(tcb);
    }
    tcb_check(tcb);
    return n;
}

size_t conn_send_pattern(Conn *c, uint64_t offset, size_t n, NetError *err)
{
    n = put(c, &(Source){ .offset = offset }, n, err);
    if (n > 0 && c->tcb != NULL)
        output_sent(c->tcb);
    return n;
}

bool conn_writable(Conn *c)
{
    return c->tcb == NULL || tcb_writable(c->tcb);
}

/* --- RECEIVE, RFC 9293 §3.10.3 --------------------------------------------------------------- */

/* It is written to only if there is something in it. */
static Ring *unread(const Conn *c)
{
    if (c->rest != NULL && c->rest->unread != NULL)
        return c->rest->unread;
    return c->tcb != NULL ? &c->tcb->flow->in : (Ring *)(uintptr_t)&flow_none.in;
}

static NetError nothing_to_read(const Conn *c)
{
    const Tcb *tcb = c->tcb;

    if (c->closed || (tcb != NULL ? tcb->fin_received : c->eof))
        return NET_EOF;
    if (tcb != NULL)
        return NET_EAGAIN;
    return c->error != NET_OK ? c->error : NET_EOF;
}

size_t conn_pattern_waits(const Conn *c, uint64_t offset)
{
    const Ring *in = unread(c);
    uint64_t is;

    return ring_is_pattern(in, 0, &is) && is == offset ? in->len : 0;
}

size_t conn_receive(Conn *c, uint8_t *out, size_t n, NetError *err)
{
    Ring *in = unread(c);

    n = c->closed ? 0 : MIN(n, in->len);
    *err = NET_OK;
    if (n == 0) {
        *err = nothing_to_read(c);
        return 0;
    }
    if (out != NULL)
        ring_read(in, 0, out, n);
    ring_drop(in, n);
    if (c->tcb != NULL) {
        urgent_read(c->tcb);
        push_read(c->tcb);
        if (c->tcb->fin_received)
            ring_spare(in);
        tcp_offer_window(c->tcb);
        tcb_check(c->tcb);
    }
    return n;
}

size_t conn_readable(const Conn *c)
{
    return c->closed ? 0 : unread(c)->len;
}

/* --- CLOSE, RFC 9293 §3.10.4 ----------------------------------------------------------------- */

static void queue_fin(Tcb *tcb, const char *trigger)
{
    if (tcb->fin_queued)
        return;
    switch (tcb->state) {
    case TCP_SYN_RECEIVED:
    case TCP_ESTABLISHED:
        tcb->fin_queued = true;
        tcp_set_state(tcb, TCP_FIN_WAIT_1, trigger, "RFC 9293 §3.10.4");
        break;
    case TCP_CLOSE_WAIT: /* LAST-ACK when the FIN goes out, behind what is queued */
        tcb->fin_queued = true;
        break;
    default:
        return;
    }
    tcp_output(tcb);
}

void conn_shutdown(Conn *c)
{
    Tcb *tcb = c->tcb;

    if (tcb == NULL || c->closed)
        return;
    if (tcb->state == TCP_SYN_SENT) {
        tcb_end(tcb, NET_ECONNABORTED, "program shuts down", "RFC 9293 §3.10.4");
        return;
    }
    queue_fin(tcb, "program shuts down");
    tcb_check(tcb);
}

/* Text of a SYN that still waits for the handshake is as good as received. */
static bool has_unread(const Conn *c)
{
    const Tcb *tcb = c->tcb;

    return conn_readable(c) > 0 ||
           (tcb != NULL && tcb->state == TCP_SYN_RECEIVED && tcb->flow->reass.n > 0);
}

void conn_close(Conn *c)
{
    Tcb *tcb = c->tcb;
    bool unread_data = has_unread(c);

    if (c->closed)
        return;
    c->closed = true;
    conn_forget_unread(c);
    if (tcb == NULL)
        return;
    tcb->closed = true;
    if (tcb->state == TCP_SYN_SENT) {
        tcb_end(tcb, NET_ECONNABORTED, "program closes", "RFC 9293 §3.10.4");
    } else if (unread_data && tcb->state != TCP_TIME_WAIT) { /* RFC 2525 §2.17 */
        node_count(tcb->tcp->node, COUNTER_TcpExtTCPAbortOnData);
        tcb_reset(tcb, SENT_TCP_RST_UNREAD, NET_OK, "program closes with unread data",
                  "RFC 9293 §3.6.1");
    } else {
        queue_fin(tcb, "program closes");
        if (tcb->state == TCP_FIN_WAIT_2)
            tcp_timer_fin_wait_2(tcb);
    }
    tcb_check(tcb);
}

/* --- ABORT, RFC 9293 §3.10.5 ----------------------------------------------------------------- */

void conn_abort(Conn *c)
{
    c->closed = true;
    conn_forget_unread(c);
    if (c->tcb == NULL)
        return;
    c->tcb->closed = true;
    tcb_reset(c->tcb, SENT_TCP_RST_ABORT, NET_ECONNABORTED, "program aborts", "RFC 9293 §3.10.5");
}

/* --- STATUS, RFC 9293 §3.10.6 ---------------------------------------------------------------- */

TcpState conn_state(const Conn *c)
{
    return c->tcb != NULL ? c->tcb->state : TCP_CLOSED;
}

NetError conn_error(const Conn *c)
{
    return c->tcb != NULL ? NET_OK : c->error;
}
