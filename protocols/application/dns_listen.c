/*
 * dns_listen.c - how questions reach a name server and answers leave it: RFC 1035 §4.2, RFC 7766.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_server_priv.h"
#include "protocols/stack.h"

/* --- UDP -------------------------------------------------------------------------------------- */

static void udp_ready(void *server)
{
    DnsServer *s = server;
    UdpArrival how;
    NetError err;

    for (Packet *pkt; (pkt = udp_receive_how(s->udp, &how, &err)) != NULL;) {
        DnsPending *p = g_new0(DnsPending, 1);
        *p = (DnsPending){ .server = s, .how = how };
        dns_server_question(p, packet_span(pkt));
        packet_free(pkt);
    }
}

/* --- TCP -------------------------------------------------------------------------------------- */

static void drop_client(DnsClientLink *link)
{
    DnsServer *s = link->server;

    for (guint i = 0; i < s->pending->len; i++) {
        DnsPending *p = g_ptr_array_index(s->pending, i);
        if (p->link == link)
            p->link = NULL; /* what is found goes into the cache only */
    }
    timer_stop(&link->idle);
    dns_stream_clear(&link->stream);
    g_ptr_array_remove(s->links, link);
    g_free(link);
}

static bool is_awaited(const DnsClientLink *link)
{
    const GPtrArray *pending = link->server->pending;

    for (guint i = 0; i < pending->len; i++)
        if (((const DnsPending *)g_ptr_array_index(pending, i))->link == link)
            return true;
    return false;
}

/* RFC 7766 §6.2.3; while an answer is still owed the connection is not idle. */
static void idle_fired(void *link_)
{
    DnsClientLink *link = link_;

    if (is_awaited(link))
        timer_set(&link->idle, link->server->cfg.tcp_idle);
    else
        drop_client(link);
}

/* Only whole messages count as life (RFC 7766 §6.2.3). The connection may be gone afterwards. */
static void link_ready(void *link_)
{
    DnsClientLink *link = link_;
    DnsServer *s = link->server;
    NetError err = dns_stream_fill(&link->stream);
    Span message;

    while (dns_stream_take(&link->stream, &message)) {
        DnsPending *p = g_new0(DnsPending, 1);
        *p = (DnsPending){ .server = s, .link = link, .tcp = true };
        timer_set(&link->idle, s->cfg.tcp_idle);
        dns_server_question(p, message);
    }
    NetError sent = dns_stream_flush(&link->stream);
    link->half_closed = link->half_closed || err == NET_EOF;
    bool broken = (err != NET_EAGAIN && err != NET_EOF) || (sent != NET_OK && sent != NET_EAGAIN);
    if (broken || (link->half_closed && sent == NET_OK && !is_awaited(link)))
        drop_client(link);
}

static void accept_ready(void *server)
{
    DnsServer *s = server;
    TcpInfo info;

    for (Conn *conn; (conn = listener_accept(s->listener)) != NULL;) {
        DnsClientLink *link = g_new0(DnsClientLink, 1);
        link->server = s;
        dns_stream_init(&link->stream, conn);
        conn_info(conn, &info);
        link->peer = info.remote;
        timer_init(&link->idle, &s->sim->sched, idle_fired, link);
        timer_set_background(&link->idle);
        timer_set(&link->idle, s->cfg.tcp_idle);
        g_ptr_array_add(s->links, link);
        conn_on_ready(conn, link_ready, link);
        link_ready(link); /* a question may be there already */
    }
}

/* --- both ------------------------------------------------------------------------------------- */

void dns_listen_send(DnsPending *p, Span bytes)
{
    DnsServer *s = p->server;

    if (p->tcp) {
        DnsClientLink *link = p->link;
        if (link == NULL)
            return;
        dns_stream_put(&link->stream, bytes);
        if (p->lookup == NULL) /* link_ready flushes, for all questions of a segment */
            return;
        if (dns_stream_flush(&link->stream) == NET_OK && link->half_closed && !is_awaited(link))
            drop_client(link);
        return;
    }
    /* RFC 2181 §4.1: from the address that was asked; but never from a broadcast. */
    IpAddr src = p->how.broadcast ? IP_NONE : p->how.to;
    udp_send_from(s->udp, bytes, src, p->how.from, p->how.port);
}

NetError dns_listen_open(DnsServer *s)
{
    NetError err;

    s->udp = udp_open(stack_udp(s->stack), IP4_ANY, DNS_PORT, &err);
    if (s->udp == NULL)
        return err;
    s->listener = tcp_listen(stack_tcp(s->stack), IP4_ANY, DNS_PORT, 0, true, &err);
    if (s->listener == NULL) {
        udp_close(s->udp);
        return err;
    }
    udp_on_ready(s->udp, udp_ready, s);
    listener_on_ready(s->listener, accept_ready, s);
    return NET_OK;
}

void dns_listen_close(DnsServer *s, bool sockets)
{
    while (s->links->len > 0)
        drop_client(g_ptr_array_index(s->links, 0));
    if (!sockets)
        return;
    udp_close(s->udp);
    listener_close(s->listener);
}
