/*
 * dns_client.c - one question to one server, over UDP and TCP.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_client.h"

#include "protocols/application/dns_events.h"
#include "protocols/application/dns_stream.h"
#include "protocols/stack.h"

#include <string.h>

const char *const dns_choices[] = { "random", "sequential", "fixed", NULL };

enum { PORT_TRIES = 64, ID_TRIES = 64, FIXED_ID = 4660 };

typedef struct DnsSocket { /* of one ask, or with fixed ports of all */
    DnsClient *client;
    UdpSock   *udp;
    GPtrArray *asks;   /* of DnsAsk, that wait for an answer here */
} DnsSocket;

typedef struct DnsPipe { /* a connection to a server, for as many asks as there are */
    DnsClient *client;
    IpAddr     server;
    DnsStream  stream;
    GPtrArray *asks;   /* of DnsAsk, that wait for an answer here */
    Timer      idle;
} DnsPipe;

struct DnsAsk {
    DnsClient *client;
    DnsAsking  asking;
    uint16_t   id;
    DnsSocket *sock;    /* NULL: over TCP, or over */
    DnsPipe   *pipe;
    unsigned   wrong;   /* answers that did not match */
    bool       again;   /* its connection has been lost once */
    Timer      failed;
    void     (*on_end)(void *user, DnsAsk *ask, DnsAskEnd end, const DnsMessage *reply);
    void      *user;
};

struct DnsClient {
    Stack          *stack;
    Sim            *sim;
    DnsClientConfig cfg;
    Rng             rng;
    uint16_t        next_id, next_port;
    DnsSocket      *shared;  /* with fixed ports */
    GPtrArray      *asks;    /* all there are */
    GPtrArray      *pipes;
};

/* --- ends ------------------------------------------------------------------------------------- */

static void socket_free(DnsSocket *sock)
{
    g_ptr_array_free(sock->asks, TRUE);
    g_free(sock);
}

/* Stops waiting, wherever it does. */
static void leave(DnsAsk *ask)
{
    DnsSocket *sock = ask->sock;
    DnsPipe *pipe = ask->pipe;

    ask->sock = NULL;
    ask->pipe = NULL;
    if (sock != NULL)
        g_ptr_array_remove(sock->asks, ask);
    if (sock != NULL && sock != ask->client->shared) {
        udp_close(sock->udp);
        socket_free(sock);
    }
    if (pipe == NULL)
        return;
    g_ptr_array_remove(pipe->asks, ask);
    if (pipe->asks->len == 0)
        timer_set(&pipe->idle, ask->client->cfg.tcp_idle);
}

static void end(DnsAsk *ask, DnsAskEnd how, const DnsMessage *reply)
{
    leave(ask);
    timer_stop(&ask->failed);
    ask->on_end(ask->user, ask, how, reply);
}

static void failed_fired(void *ask)
{
    end(ask, DNS_REFUSES, NULL);
}

static void fail_soon(DnsAsk *ask)
{
    leave(ask);
    timer_set(&ask->failed, 0);
}

/* --- what is an answer ------------------------------------------------------------------------ */

static void tell_reply(DnsAsk *ask, const DnsMessage *m)
{
    char server[IP_TEXT], name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
    Stack *stack = ask->client->stack;
    const char *rcode = dns_rcode_text(m->rcode);

    trace(ask->client->sim, DNS_REPLY_RECEIVED, stack->node, NULL, NULL,
          trace_str(ip_text(ask->asking.server, server)), trace_str(ask->pipe ? "tcp" : "udp"),
          m->h.id, trace_str(dns_name_text(&ask->asking.q.name, name)),
          trace_str(dns_type_text(ask->asking.q.type, type)),
          trace_str(rcode != NULL ? rcode : "unknown"), m->h.answers);
}

static void tell_ignored(DnsClient *c, IpAddr from, uint16_t id, const char *why)
{
    char text[IP_TEXT];

    trace(c->sim, DNS_REPLY_IGNORED, c->stack->node, NULL, NULL, trace_str(ip_text(from, text)), id,
          trace_str(why));
}

/* RFC 5452 §9.1: name, class and type are those asked for. Who does not understand EDNS may leave
 * the question out of his error (RFC 6891 §7). */
static bool is_about(const DnsAsk *ask, const DnsMessage *m)
{
    if (!m->asks)
        return m->rcode == DNS_FORMERR || m->rcode == DNS_NOTIMP;
    return m->q.type == ask->asking.q.type && m->q.klass == ask->asking.q.klass &&
           dns_name_equal(&m->q.name, &ask->asking.q.name);
}

static DnsAsk *find_ask(const GPtrArray *asks, IpAddr from, Span bytes)
{
    for (guint i = 0; i < asks->len; i++) {
        DnsAsk *ask = g_ptr_array_index(asks, i);
        if (ip_equal(ask->asking.server, from) && bytes.n >= 2 && ask->id == get16(bytes.p))
            return ask;
    }
    return NULL;
}

/* --- TCP -------------------------------------------------------------------------------------- */

static void pipe_ready(void *pipe);

static void pipe_end(DnsPipe *pipe)
{
    timer_stop(&pipe->idle);
    dns_stream_clear(&pipe->stream);
    g_ptr_array_remove(pipe->client->pipes, pipe);
    g_ptr_array_free(pipe->asks, TRUE);
    g_free(pipe);
}

static void idle_fired(void *pipe)
{
    pipe_end(pipe);
}

static DnsPipe *pipe_to(DnsClient *c, IpAddr server)
{
    NetError err;

    for (guint i = 0; i < c->pipes->len; i++) {
        DnsPipe *pipe = g_ptr_array_index(c->pipes, i);
        if (ip_equal(pipe->server, server))
            return pipe;
    }
    Conn *conn = tcp_connect(stack_tcp(c->stack), IP_NONE, 0, server, DNS_PORT, &err);
    if (conn == NULL)
        return NULL;
    DnsPipe *pipe = g_new0(DnsPipe, 1);
    *pipe = (DnsPipe){ .client = c, .server = server, .asks = g_ptr_array_new() };
    dns_stream_init(&pipe->stream, conn);
    timer_init(&pipe->idle, &c->sim->sched, idle_fired, pipe);
    if (c->cfg.tcp_idle > 0)
        timer_set_background(&pipe->idle);
    g_ptr_array_add(c->pipes, pipe);
    conn_on_ready(conn, pipe_ready, pipe);
    return pipe;
}

static uint16_t next_id(DnsClient *c)
{
    if (c->cfg.ids == DNS_FIXED)
        return FIXED_ID;
    return c->cfg.ids == DNS_IN_TURN ? ++c->next_id : (uint16_t)rng_below(&c->rng, UINT16_MAX + 1);
}

/* RFC 7766 §6.2.1, RFC 5452 §4.3: not one that is under way to the same server from here. */
static uint16_t fresh_id(DnsClient *c, const GPtrArray *asks, IpAddr server)
{
    uint8_t id[2];

    put16(id, next_id(c));
    for (unsigned i = 0; find_ask(asks, server, (Span){ id, 2 }) != NULL && i < UINT16_MAX; i++)
        put16(id, c->cfg.ids == DNS_FIXED || i > ID_TRIES ? (uint16_t)(get16(id) + 1)
                                                          : next_id(c));
    return get16(id);
}

static size_t write_query(const DnsAsk *ask, uint8_t *out, size_t cap)
{
    DnsMessage *m = dns_message_new();

    m->h = (DnsHeader){ .id = ask->id, .rd = ask->asking.recurse };
    m->asks = true;
    m->q = ask->asking.q;
    m->edns = (DnsEdns){ .present = ask->asking.edns > 0, .size = ask->asking.edns };
    size_t n = dns_message_write(m, out, cap);
    dns_message_free(m);
    return n;
}

static void tell_query(const DnsAsk *ask)
{
    char server[IP_TEXT], name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];

    trace(ask->client->sim, DNS_QUERY_SENT, ask->client->stack->node, NULL, NULL,
          trace_str(ip_text(ask->asking.server, server)), trace_str(ask->pipe ? "tcp" : "udp"),
          ask->id, trace_str(dns_name_text(&ask->asking.q.name, name)),
          trace_str(dns_type_text(ask->asking.q.type, type)), ask->asking.recurse);
}

static void pipe_lost(DnsPipe *pipe, NetError err);

static void ask_by_tcp(DnsAsk *ask)
{
    uint8_t query[DNS_UDP_MAX];
    DnsPipe *pipe = pipe_to(ask->client, ask->asking.server);

    ask->asking.tcp = true;
    if (pipe == NULL) {
        fail_soon(ask);
        return;
    }
    timer_stop(&pipe->idle);
    ask->id = fresh_id(ask->client, pipe->asks, ask->asking.server);
    ask->pipe = pipe;
    g_ptr_array_add(pipe->asks, ask);
    size_t n = write_query(ask, query, sizeof query);
    dns_stream_put(&pipe->stream, (Span){ query, n });
    tell_query(ask);
    dns_stream_flush(&pipe->stream); /* a failure comes again in pipe_ready */
}

/* RFC 7766 §6.2.4: who still waits asks once more, over a connection of its own time. */
static void pipe_lost(DnsPipe *pipe, NetError err)
{
    GPtrArray *asks = pipe->asks;

    pipe->asks = g_ptr_array_new();
    for (guint i = 0; i < asks->len; i++)
        ((DnsAsk *)g_ptr_array_index(asks, i))->pipe = NULL;
    pipe_end(pipe);
    for (guint i = 0; i < asks->len; i++) { /* nothing here calls an owner */
        DnsAsk *ask = g_ptr_array_index(asks, i);
        if (ask->again || err == NET_ECONNREFUSED) {
            fail_soon(ask);
            continue;
        }
        ask->again = true;
        ask_by_tcp(ask);
    }
    g_ptr_array_free(asks, TRUE);
}

static void pipe_answer(DnsPipe *pipe, Span bytes)
{
    DnsAsk *ask = find_ask(pipe->asks, pipe->server, bytes);
    DnsMessage *m = dns_message_new();
    DnsReading reading = dns_message_read(m, bytes);

    if (ask == NULL || reading == DNS_NO_HEADER || !m->h.qr || !is_about(ask, m)) {
        tell_ignored(pipe->client, pipe->server, m->h.id, "not asked on this connection");
    } else {
        tell_reply(ask, m);
        end(ask, reading == DNS_READ ? DNS_ANSWERED : DNS_BIZARRE, m);
    }
    dns_message_free(m);
}

static void pipe_ready(void *pipe_)
{
    DnsPipe *pipe = pipe_;
    NetError err = conn_connected(pipe->stream.conn);
    Span message;

    if (err == NET_EAGAIN)
        return;
    if (err == NET_OK) {
        dns_stream_flush(&pipe->stream);
        err = dns_stream_fill(&pipe->stream);
    }
    while (dns_stream_take(&pipe->stream, &message))
        pipe_answer(pipe, message);
    if (err != NET_EAGAIN)
        pipe_lost(pipe, err);
}

/* --- UDP -------------------------------------------------------------------------------------- */

/* A datagram for this socket that is no answer: RFC 5452 §9.3, too many of them are an attack. */
static void count_wrong(DnsSocket *sock, IpAddr from)
{
    DnsClient *c = sock->client;

    for (guint i = sock->asks->len; i-- > 0;) {
        DnsAsk *ask = g_ptr_array_index(sock->asks, i);
        if (!ip_equal(ask->asking.server, from) || c->cfg.tcp_after == 0 ||
            ++ask->wrong < c->cfg.tcp_after)
            continue;
        bool own = sock != c->shared;
        leave(ask);
        ask_by_tcp(ask);
        if (own)
            return; /* its socket is gone */
    }
}

static void take_datagram(DnsSocket *sock, const UdpArrival *how, Span bytes)
{
    DnsAsk *ask = how->port == DNS_PORT ? find_ask(sock->asks, how->from, bytes) : NULL;
    DnsMessage *m = dns_message_new();
    DnsReading reading = dns_message_read(m, bytes);

    if (ask == NULL || reading == DNS_NO_HEADER || !m->h.qr || !is_about(ask, m)) {
        tell_ignored(sock->client, how->from, m->h.id,
                     ask == NULL ? "nobody asked" : "other question");
        count_wrong(sock, how->from);
    } else if (m->h.tc) {
        tell_reply(ask, m);
        leave(ask);      /* RFC 7766 §5: the same question, and nothing of this answer */
        ask_by_tcp(ask);
    } else {
        tell_reply(ask, m);
        end(ask, reading == DNS_READ ? DNS_ANSWERED : DNS_BIZARRE, m);
    }
    dns_message_free(m);
}

/* One datagram at a time: whoever is told may close the socket. */
static void socket_ready(void *sock_)
{
    DnsSocket *sock = sock_;
    UdpArrival how;
    NetError err;
    Packet *pkt = udp_receive_how(sock->udp, &how, &err);

    if (pkt == NULL)
        return;
    udp_on_ready(sock->udp, socket_ready, sock);
    uint8_t *copy = g_memdup2(pkt->data, pkt->len);
    Span bytes = { copy, pkt->len };
    packet_free(pkt);
    take_datagram(sock, &how, bytes);
    g_free(copy);
}

/* RFC 1123 §6.1.3.3: nobody is there, so nobody is waited for. */
static void socket_error(void *sock_, const IpError *err)
{
    DnsSocket *sock = sock_;

    if (err->kind == IP_ERR_TOO_BIG || err->kind == IP_ERR_SOURCE_QUENCH)
        return;
    for (guint i = sock->asks->len; i-- > 0;) {
        DnsAsk *ask = g_ptr_array_index(sock->asks, i);
        bool own = sock != sock->client->shared;
        if (!ip_equal(ask->asking.server, err->dst))
            continue;
        fail_soon(ask);
        if (own)
            return;
    }
}

static UdpSock *open_port(DnsClient *c)
{
    uint64_t first = c->cfg.port_min, n = UINT16_MAX + 1 - first;
    UdpSock *udp = NULL;
    NetError err = NET_OK;

    if (c->cfg.ports == DNS_FIXED)
        return udp_open(stack_udp(c->stack), IP4_ANY, (uint16_t)first, &err);
    for (int i = 0; i < PORT_TRIES && udp == NULL && err != NET_ENETDOWN; i++) {
        uint64_t off = c->cfg.ports == DNS_IN_TURN ? c->next_port++ % n : rng_below(&c->rng, n);
        udp = udp_open(stack_udp(c->stack), IP4_ANY, (uint16_t)(first + off), &err);
    }
    return udp;
}

static DnsSocket *socket_for(DnsClient *c)
{
    if (c->cfg.ports == DNS_FIXED && c->shared != NULL)
        return c->shared;
    UdpSock *udp = open_port(c);
    if (udp == NULL)
        return NULL;
    DnsSocket *sock = g_new0(DnsSocket, 1);
    *sock = (DnsSocket){ .client = c, .udp = udp, .asks = g_ptr_array_new() };
    udp_on_ready(udp, socket_ready, sock);
    udp_on_error(udp, socket_error, sock);
    if (c->cfg.ports == DNS_FIXED)
        c->shared = sock;
    return sock;
}

static void ask_by_udp(DnsAsk *ask)
{
    uint8_t query[DNS_UDP_MAX];
    DnsSocket *sock = socket_for(ask->client);

    if (sock == NULL) {
        fail_soon(ask);
        return;
    }
    ask->id = fresh_id(ask->client, sock->asks, ask->asking.server);
    ask->sock = sock;
    g_ptr_array_add(sock->asks, ask);
    size_t n = write_query(ask, query, sizeof query);
    tell_query(ask);
    if (udp_send(sock->udp, (Span){ query, n }, ask->asking.server, DNS_PORT) != NET_OK)
        fail_soon(ask);
}

/* --- the calls -------------------------------------------------------------------------------- */

DnsAsk *dns_ask(DnsClient *c, const DnsAsking *asking,
                void (*on_end)(void *user, DnsAsk *ask, DnsAskEnd end, const DnsMessage *reply),
                void *user)
{
    DnsAsk *ask = g_new0(DnsAsk, 1);

    *ask = (DnsAsk){ .client = c, .asking = *asking, .on_end = on_end, .user = user };
    timer_init(&ask->failed, &c->sim->sched, failed_fired, ask);
    g_ptr_array_add(c->asks, ask);
    if (asking->tcp)
        ask_by_tcp(ask);
    else
        ask_by_udp(ask);
    return ask;
}

void dns_ask_free(DnsAsk *ask)
{
    if (ask == NULL)
        return;
    leave(ask);
    timer_stop(&ask->failed);
    g_ptr_array_remove(ask->client->asks, ask);
    g_free(ask);
}

const DnsAsking *dns_ask_asking(const DnsAsk *ask)
{
    return &ask->asking;
}

uint16_t dns_ask_id(const DnsAsk *ask)
{
    return ask->id;
}

DnsClient *dns_client_new(Stack *stack, const DnsClientConfig *cfg, const char *random)
{
    DnsClient *c = g_new0(DnsClient, 1);

    *c = (DnsClient){ .stack = stack, .sim = stack->node->sim, .cfg = *cfg,
                      .asks = g_ptr_array_new(), .pipes = g_ptr_array_new() };
    sim_rng(c->sim, random, &c->rng);
    return c;
}

const DnsClientConfig *dns_client_config(const DnsClient *c)
{
    return &c->cfg;
}

static void drop_shared(DnsClient *c, bool close)
{
    if (c->shared == NULL)
        return;
    if (close)
        udp_close(c->shared->udp);
    socket_free(c->shared);
    c->shared = NULL;
}

void dns_client_set_config(DnsClient *c, const DnsClientConfig *cfg)
{
    c->cfg = *cfg;
    if (c->shared != NULL && c->shared->asks->len == 0)
        drop_shared(c, true);
}

static void drop_pipes(DnsClient *c)
{
    while (c->pipes->len > 0) {
        DnsPipe *pipe = g_ptr_array_index(c->pipes, 0);
        for (guint i = 0; i < pipe->asks->len; i++)
            ((DnsAsk *)g_ptr_array_index(pipe->asks, i))->pipe = NULL;
        pipe_end(pipe);
    }
}

void dns_client_crash(DnsClient *c)
{
    while (c->asks->len > 0)
        dns_ask_free(g_ptr_array_index(c->asks, 0));
    drop_pipes(c);
    drop_shared(c, true);
    c->next_id = c->next_port = 0;
}

void dns_client_end(DnsClient *c)
{
    for (guint i = 0; i < c->asks->len; i++) {
        DnsAsk *ask = g_ptr_array_index(c->asks, i);
        timer_stop(&ask->failed);
        if (ask->sock != NULL && ask->sock != c->shared)
            socket_free(ask->sock);
        g_free(ask);
    }
    g_ptr_array_set_size(c->asks, 0);
    while (c->pipes->len > 0) {
        DnsPipe *pipe = g_ptr_array_index(c->pipes, 0);
        pipe_end(pipe);
    }
    drop_shared(c, false);
    g_ptr_array_free(c->asks, TRUE);
    g_ptr_array_free(c->pipes, TRUE);
    g_free(c);
}
