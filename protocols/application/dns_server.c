/*
 * dns_server.c - what a name server answers: RFC 1034 §4.3.2, RFC 6891 §6.1, RFC 7766.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_events.h"
#include "protocols/application/dns_server_priv.h"
#include "protocols/stack.h"

const DnsServerConfig dns_server_defaults = { .edns = 1232, .tcp_idle = 10 * SEC };

static void pending_free(void *p_)
{
    DnsPending *p = p_;

    dns_message_free(p->query);
    g_free(p);
}

/* --- sending ---------------------------------------------------------------------------------- */

static IpAddr client_of(const DnsPending *p)
{
    return p->tcp ? p->link != NULL ? p->link->peer : IP_NONE : p->how.from;
}

static void tell_query(const DnsPending *p, const DnsMessage *m)
{
    char client[IP_TEXT], name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];

    trace(p->server->sim, DNS_QUERY_RECEIVED, p->server->stack->node, NULL, NULL,
          trace_str(ip_text(client_of(p), client)), trace_str(p->tcp ? "tcp" : "udp"), m->h.id,
          trace_str(dns_name_text(&m->q.name, name)), trace_str(dns_type_text(m->q.type, type)),
          m->h.rd);
}

static void tell_reply(const DnsPending *p, const DnsMessage *m, unsigned answers)
{
    char client[IP_TEXT], name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
    const char *rcode = dns_rcode_text(m->rcode);

    trace(p->server->sim, DNS_REPLY_SENT, p->server->stack->node, NULL, NULL,
          trace_str(ip_text(client_of(p), client)), trace_str(p->tcp ? "tcp" : "udp"), m->h.id,
          trace_str(dns_name_text(&m->q.name, name)), trace_str(dns_type_text(m->q.type, type)),
          trace_str(rcode != NULL ? rcode : "unknown"), answers);
}

/* RFC 6891 §6.2.3 and §6.2.5: what the client can take, and no more than we want to send. */
static size_t room_for(const DnsPending *p)
{
    const DnsEdns *edns = &p->query->edns;

    if (p->tcp)
        return DNS_MESSAGE_MAX;
    return edns->present ? CLAMP(edns->size, DNS_UDP_MAX, p->server->cfg.edns) : DNS_UDP_MAX;
}

/* Both are taken. An OPT is answered with an OPT, and nothing else is (RFC 6891 §6.1.1). */
static void send_reply(DnsPending *p, DnsMessage *reply)
{
    size_t room = room_for(p);
    uint8_t *out = g_malloc(room);

    reply->h.ra = p->server->resolver != NULL;
    if (p->query->edns.present)
        reply->edns = (DnsEdns){ .present = true, .size = (uint16_t)p->server->cfg.edns };
    size_t n = dns_message_write(reply, out, room);
    tell_reply(p, reply, get16(out + 6));
    dns_listen_send(p, (Span){ out, n });
    g_free(out);
    dns_message_free(reply);
    pending_free(p);
}

static void refuse(DnsPending *p, unsigned rcode)
{
    DnsMessage *reply = dns_message_reply(p->query);

    reply->rcode = rcode;
    send_reply(p, reply);
}

/* --- recursion -------------------------------------------------------------------------------- */

static void move_sections(DnsMessage *to, const DnsMessage *from)
{
    for (int i = 0; i < DNS_SECTIONS; i++)
        for (guint k = 0; k < from->sections[i]->len; k++)
            dns_message_add(to, (DnsSection)i,
                            dns_set_copy(g_ptr_array_index(from->sections[i], k)));
}

static void resolved(void *pending, const DnsMessage *answer)
{
    DnsPending *p = pending;
    DnsMessage *reply = dns_message_reply(p->query);
    guint at = 0;

    g_ptr_array_find(p->server->pending, p, &at);
    g_ptr_array_steal_index(p->server->pending, at);
    reply->rcode = answer->rcode;
    move_sections(reply, answer);
    send_reply(p, reply);
}

static void recurse(DnsPending *p)
{
    g_ptr_array_add(p->server->pending, p);
    p->lookup = dns_resolve(p->server->resolver, &p->query->q, resolved, p);
}

/* --- one question ----------------------------------------------------------------------------- */

/* Without recursion there is what the cache has, if that is a whole answer. */
static bool recall(DnsResolver *r, DnsMessage *reply)
{
    DnsName name = reply->q.name;
    DnsRecalled what = DNS_RECALL_ALIAS;

    for (int i = 0; i <= DNS_CHAIN_MAX && what == DNS_RECALL_ALIAS; i++)
        what = dns_cache_recall(dns_resolver_cache(r), &name, reply->q.type, reply);
    if (what != DNS_RECALL_ALL)
        g_ptr_array_set_size(reply->sections[DNS_ANSWER], 0);
    return what == DNS_RECALL_ALL;
}

/* Its own zones, then recursion, then what the cache has (RFC 1034 §4.3.2 steps 1, 2, 4, 5). RD in
 * what came by broadcast does not count (RFC 1123 §6.1.3.2), and nobody is refused then. */
static void answer(DnsPending *p)
{
    DnsServer *s = p->server;
    DnsMessage *reply = dns_message_reply(p->query);
    bool recursive = s->resolver != NULL && p->query->h.rd && !p->how.broadcast;

    if (dns_zones_answer(s->zones, reply) || (!recursive && s->resolver != NULL &&
                                              recall(s->resolver, reply))) {
        send_reply(p, reply);
        return;
    }
    dns_message_free(reply);
    if (recursive)
        recurse(p);
    else if (p->how.broadcast)
        pending_free(p);
    else
        refuse(p, DNS_REFUSED);
}

void dns_server_question(DnsPending *p, Span bytes)
{
    DnsMessage *m = p->query = dns_message_new();
    DnsReading reading = dns_message_read(m, bytes);

    if (reading == DNS_NO_HEADER || m->h.qr) { /* RFC 1035 §4.1.1: an answer is not answered */
        pending_free(p);
        return;
    }
    tell_query(p, m);
    if (m->h.opcode != 0)
        refuse(p, DNS_NOTIMP);
    else if (reading == DNS_MALFORMED || !m->asks)
        refuse(p, DNS_FORMERR);
    else if (m->edns.present && m->edns.version != 0)
        refuse(p, DNS_BADVERS);
    else if (m->q.type == DNS_AXFR || m->q.type == DNS_IXFR)
        refuse(p, DNS_NOTIMP);
    else if (m->q.klass != DNS_IN && m->q.klass != DNS_CLASS_ANY)
        refuse(p, DNS_REFUSED);
    else
        answer(p);
}

/* --- life ------------------------------------------------------------------------------------- */

DnsServer *dns_server_new(Stack *stack, const DnsServerConfig *cfg, NetError *err)
{
    DnsServer *s = g_new0(DnsServer, 1);

    *s = (DnsServer){ .stack = stack,
                      .sim = stack->node->sim,
                      .cfg = *cfg,
                      .zones = g_ptr_array_new_with_free_func(dns_zone_free),
                      .links = g_ptr_array_new(),
                      .pending = g_ptr_array_new_with_free_func(pending_free) };
    *err = dns_listen_open(s);
    if (*err == NET_OK)
        return s;
    g_ptr_array_free(s->zones, TRUE);
    g_ptr_array_free(s->links, TRUE);
    g_ptr_array_free(s->pending, TRUE);
    g_free(s);
    return NULL;
}

static void server_free(DnsServer *s, bool sockets)
{
    dns_listen_close(s, sockets);
    for (guint i = 0; i < s->pending->len; i++)
        dns_lookup_free(((DnsPending *)g_ptr_array_index(s->pending, i))->lookup);
    g_ptr_array_free(s->pending, TRUE);
    g_ptr_array_free(s->links, TRUE);
    g_ptr_array_free(s->zones, TRUE);
    g_free(s);
}

void dns_server_close(DnsServer *s)
{
    server_free(s, true);
}

void dns_server_end(DnsServer *s)
{
    server_free(s, false);
}

void dns_server_add_zone(DnsServer *s, DnsZone *zone)
{
    for (guint i = 0; i < s->zones->len; i++)
        if (dns_name_equal(dns_zone_origin(g_ptr_array_index(s->zones, i)),
                           dns_zone_origin(zone))) {
            g_ptr_array_remove_index(s->zones, i);
            break;
        }
    g_ptr_array_add(s->zones, zone);
}

void dns_server_recurse(DnsServer *s, DnsResolver *resolver)
{
    s->resolver = resolver;
}
