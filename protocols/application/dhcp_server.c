/*
 * dhcp_server.c - what a server does with each message, and where its answers go: RFC 2131 §4.1,
 * §4.3, table 3.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dhcp_events.h"
#include "protocols/application/dhcp_server_priv.h"
#include "protocols/stack.h"

#include <string.h>

struct DhcpServer {
    Stack     *stack;
    Sim       *sim;
    DhcpStore *store;
    UdpSock   *sock;
    GPtrArray *pending; /* of Pending, owned */
};

/* An offer that waits for whether somebody answers at its address. */
typedef struct Pending {
    DhcpServer *server;
    DhcpMessage m;      /* the DISCOVER, its bytes our own copy */
    UdpArrival  how;
    DhcpScope  *scope;
    DhcpBinding *binding;
    Ping       *ping;
    Timer       timer;
    bool        answered;
    unsigned    tries;
} Pending;

enum { PROBES = 8 }; /* addresses that are tried for one DISCOVER */

/* --- answers ---------------------------------------------------------------------------------- */

/* The address by which the client's network knows us. */
static IpAddr own_address(const UdpArrival *how)
{
    return how->iface != NULL ? how->iface->ip.addr : how->to;
}

/* RFC 2131 §4.1: to the relay, to the address that it has, to all, or to the one that it gets, at
 * its MAC, since it answers no ARP yet. */
static void reply(DhcpServer *s, const DhcpMessage *m, const UdpArrival *how,
                  const DhcpMessage *answer, Span bytes)
{
    IpAddr dst = IP4_BROADCAST, src = own_address(how);
    uint16_t port = DHCP_CLIENT_PORT;
    char to[IP_TEXT], addr[IP_TEXT];

    if (!ip_is_any(m->giaddr)) {
        dst = m->giaddr;
        port = DHCP_SERVER_PORT;
    } else if (answer->type != DHCP_NAK && !ip_is_any(m->ciaddr)) {
        dst = m->ciaddr;
    } else if (answer->type != DHCP_NAK && !m->broadcast && how->iface != NULL) {
        dst = answer->yiaddr;
        arp_delete(s->stack->arp, dst);
        arp_set(s->stack->arp, how->iface, dst, m->chaddr, false);
    }
    trace(s->sim, DHCP_MESSAGE_SENT, s->stack->node, NULL, NULL,
          trace_str(dhcp_type_text(answer->type)), trace_str(ip_text(dst, to)),
          (int64_t)answer->xid, trace_str(ip_text(answer->yiaddr, addr)));
    udp_send_from(s->sock, bytes, src, dst, port);
}

static uint32_t seconds(SimTime lease)
{
    return lease == NEVER ? DHCP_INFINITE
                          : (uint32_t)MIN(lease / SEC, (SimTime)DHCP_INFINITE - 1);
}

static void write_lease(DhcpWriter *w, SimTime lease)
{
    uint32_t n = seconds(lease);

    dhcp_write_u32(w, DHCP_OPT_LEASE, n);
    if (n == DHCP_INFINITE)
        return;
    dhcp_write_u32(w, DHCP_OPT_T1, n / 2);
    dhcp_write_u32(w, DHCP_OPT_T2, (uint32_t)((uint64_t)n * 7 / 8));
}

/* What the client asked for, or all, if it asked for nothing. */
static void write_parameters(const DhcpScopeConfig *cfg, const DhcpMessage *m, DhcpWriter *w)
{
    uint8_t wanted[255];
    size_t n = MIN(dhcp_option(m, DHCP_OPT_PARAMETERS, wanted, sizeof wanted), sizeof wanted);
#define WANTED(code) (n == 0 || memchr(wanted, (code), n) != NULL)

    if (WANTED(DHCP_OPT_MASK))
        dhcp_write_u32(w, DHCP_OPT_MASK, prefix_mask_v4(cfg->subnet.len));
    if (WANTED(DHCP_OPT_ROUTER) && cfg->n_routers > 0)
        dhcp_write_addrs(w, DHCP_OPT_ROUTER, cfg->routers, cfg->n_routers);
    if (WANTED(DHCP_OPT_DNS) && cfg->n_dns > 0)
        dhcp_write_addrs(w, DHCP_OPT_DNS, cfg->dns, cfg->n_dns);
    if (WANTED(DHCP_OPT_DOMAIN) && cfg->domain[0] != 0)
        dhcp_write_option(w, DHCP_OPT_DOMAIN,
                          (Span){ (const uint8_t *)cfg->domain, strlen(cfg->domain) });
#undef WANTED
}

/* What fits where the client is. RFC 2132 §9.10: with the headers of IP and UDP. */
static size_t room_for(const DhcpMessage *m)
{
    enum { HEADERS = 28 };
    uint16_t datagram = 0;

    dhcp_option_u16(m, DHCP_OPT_MAX_SIZE, &datagram);
    return CLAMP(datagram, DHCP_DEFAULT_MAX + HEADERS, DHCP_MAX_LEN + HEADERS) - HEADERS;
}

/* Table 3. binding NULL: to an INFORM, or a refusal. */
static void answer(DhcpServer *s, DhcpType type, const DhcpScope *scope, const DhcpMessage *m,
                   const UdpArrival *how, const DhcpBinding *binding, SimTime lease,
                   const char *why)
{
    uint8_t out[DHCP_MAX_LEN];
    DhcpMessage a = {
        .reply = true,
        .xid = m->xid,
        .broadcast = m->broadcast || (type == DHCP_NAK && !ip_is_any(m->giaddr)),
        .ciaddr = type == DHCP_ACK ? m->ciaddr : IP4_ANY,
        .yiaddr = binding != NULL ? binding->addr : IP4_ANY,
        .siaddr = IP4_ANY,
        .giaddr = m->giaddr,
        .chaddr = m->chaddr,
        .type = type,
    };
    IpAddr us = own_address(how);
    DhcpWriter w;

    dhcp_write(&w, &a, out, room_for(m));
    dhcp_write_addrs(&w, DHCP_OPT_SERVER, &us, 1);
    if (binding != NULL)
        write_lease(&w, lease);
    if (type != DHCP_NAK)
        write_parameters(&scope->cfg, m, &w);
    if (why != NULL)
        dhcp_write_option(&w, DHCP_OPT_MESSAGE, (Span){ (const uint8_t *)why, strlen(why) });
    reply(s, m, how, &a, (Span){ out, dhcp_write_end(&w) });
}

static void refuse(DhcpServer *s, const DhcpScope *scope, const DhcpMessage *m,
                   const UdpArrival *how, const char *why)
{
    answer(s, DHCP_NAK, scope, m, how, NULL, 0, why);
}

/* What the client asks for, if it is less. */
static SimTime lease_for(const DhcpScope *scope, const DhcpMessage *m)
{
    uint32_t wanted;

    if (!dhcp_option_u32(m, DHCP_OPT_LEASE, &wanted) || wanted == 0 || wanted == DHCP_INFINITE)
        return scope->cfg.lease;
    return MIN(scope->cfg.lease, (SimTime)wanted * SEC);
}

static void commit(DhcpServer *s, const DhcpScope *scope, const DhcpMessage *m,
                   const UdpArrival *how, DhcpBinding *b)
{
    SimTime lease = lease_for(scope, m);
    char mac[MAC_TEXT], addr[IP_TEXT];

    b->state = DHCP_LEASED_TO;
    b->until = lease == NEVER ? NEVER : time_add(sim_now(s->sim), lease);
    trace(s->sim, DHCP_LEASED, s->stack->node, NULL, NULL, trace_str(mac_text(m->chaddr, mac)),
          trace_str(ip_text(b->addr, addr)), lease);
    answer(s, DHCP_ACK, scope, m, how, b, lease, NULL);
}

static void set_free(DhcpServer *s, DhcpBinding *b, DhcpBindingState state, SimTime until,
                     const char *why)
{
    char mac[MAC_TEXT], addr[IP_TEXT];

    b->state = state;
    b->until = until;
    trace(s->sim, DHCP_FREED, s->stack->node, NULL, NULL, trace_str(mac_text(b->mac, mac)),
          trace_str(ip_text(b->addr, addr)), trace_str(why));
}

/* --- DHCPDISCOVER ----------------------------------------------------------------------------- */

static void pending_free(void *pending)
{
    Pending *p = pending;

    timer_stop(&p->timer);
    icmp_ping_close(p->ping);
    g_free((void *)(uintptr_t)p->m.bytes.p);
    g_free(p);
}

static void offer(DhcpServer *s, DhcpScope *scope, const DhcpMessage *m, const UdpArrival *how,
                  DhcpBinding *b)
{
    if (binding_state(s->store, b) == DHCP_OFFERED)
        b->until = time_add(sim_now(s->sim), scope->cfg.offer_hold);
    answer(s, DHCP_OFFER, scope, m, how, b, lease_for(scope, m), NULL);
}

static void ask_address(Pending *p)
{
    enum { SIZE = 48 };
    DropReason why = icmp_ping_send(p->ping, p->binding->addr, (uint16_t)(p->tries + 1), SIZE, 0,
                                    false, NULL);

    (void)why; /* one that could not be sent is not answered */
    timer_set(&p->timer, p->scope->cfg.ping_timeout);
}

static void on_echo(void *pending, const PingReply *r)
{
    Pending *p = pending;

    if (r->err == NULL && ip_equal(r->from, p->binding->addr)) {
        p->answered = true;
        timer_set(&p->timer, 0);
    }
}

/* RFC 2131 §3.1 (2): who answers has it already. Nobody has: it is offered. */
static void asked_fired(void *pending)
{
    Pending *p = pending;
    DhcpServer *s = p->server;
    DhcpBinding *b = p->binding;
    char addr[IP_TEXT];

    arp_delete(s->stack->arp, b->addr); /* the question may still be waiting there */
    if (!p->answered) {
        offer(s, p->scope, &p->m, &p->how, b);
        g_ptr_array_remove(s->pending, p);
        return;
    }
    trace(s->sim, DHCP_CONFLICT_SEEN, s->stack->node, NULL, NULL,
          trace_str(ip_text(b->addr, addr)), trace_str("icmp"));
    set_free(s, b, DHCP_DECLINED, time_add(sim_now(s->sim), p->scope->cfg.decline_hold),
             "somebody answers there");
    p->answered = false;
    p->binding = ++p->tries < PROBES ? store_choose(s->store, p->scope, &p->m) : NULL;
    if (p->binding == NULL)
        g_ptr_array_remove(s->pending, p);
    else
        ask_address(p);
}

static Pending *find_pending(const DhcpServer *s, const DhcpBinding *b)
{
    for (guint i = 0; i < s->pending->len; i++) {
        Pending *p = g_ptr_array_index(s->pending, i);
        if (p->binding == b)
            return p;
    }
    return NULL;
}

static void on_discover(DhcpServer *s, DhcpScope *scope, const DhcpMessage *m,
                        const UdpArrival *how)
{
    DhcpBinding *b = store_choose(s->store, scope, m);

    if (b == NULL || find_pending(s, b) != NULL)
        return; /* none is left; or it will soon be answered */
    if (!scope->cfg.ping || binding_state(s->store, b) == DHCP_LEASED_TO) {
        offer(s, scope, m, how, b);
        return;
    }
    Pending *p = g_new0(Pending, 1);
    *p = (Pending){ .server = s, .m = *m, .how = *how, .scope = scope, .binding = b };
    p->m.bytes.p = g_memdup2(m->bytes.p, m->bytes.n);
    p->ping = icmp_ping_open(s->stack->icmp, on_echo, p);
    timer_init(&p->timer, &s->sim->sched, asked_fired, p);
    g_ptr_array_add(s->pending, p);
    if (p->ping != NULL)
        ask_address(p);
    else
        timer_set(&p->timer, 0);
}

/* --- DHCPREQUEST and the others --------------------------------------------------------------- */

static bool is_known(DhcpServer *s, const DhcpScope *scope, const DhcpBinding *b)
{
    return b != NULL && (b->reserved || store_allows(s->store, scope, b->addr));
}

/* Its answer to an offer: ours, or another server's. */
static void on_selecting(DhcpServer *s, DhcpScope *scope, const DhcpMessage *m,
                         const UdpArrival *how, IpAddr server)
{
    DhcpBinding *b = store_find(s->store, scope, m);
    IpAddr wanted = IP4_ANY;

    if (!ip_is_local(s->stack, server)) {
        if (b != NULL && binding_state(s->store, b) == DHCP_OFFERED)
            set_free(s, b, DHCP_FREE, sim_now(s->sim), "another server was chosen");
        return;
    }
    dhcp_option_addr(m, DHCP_OPT_REQUESTED, &wanted);
    if (!is_known(s, scope, b) || !ip_equal(b->addr, wanted))
        refuse(s, scope, m, how, "this address was not offered");
    else
        commit(s, scope, m, how, b);
}

/* INIT-REBOOT, RENEWING and REBINDING: is it still its own? RFC 2131 §4.3.2. */
static void on_verify(DhcpServer *s, DhcpScope *scope, const DhcpMessage *m,
                      const UdpArrival *how, IpAddr wanted)
{
    DhcpBinding *b = store_find(s->store, scope, m);

    if (!ip_in_prefix(wanted, scope->cfg.subnet))
        refuse(s, scope, m, how, "wrong network");
    else if (is_known(s, scope, b) && ip_equal(b->addr, wanted))
        commit(s, scope, m, how, b);
    else if (b != NULL || scope->cfg.authoritative)
        refuse(s, scope, m, how, "this address is not leased to you");
    /* else: "MUST remain silent" */
}

static void on_request(DhcpServer *s, DhcpScope *scope, const DhcpMessage *m,
                       const UdpArrival *how)
{
    IpAddr server, wanted;

    if (dhcp_option_addr(m, DHCP_OPT_SERVER, &server))
        on_selecting(s, scope, m, how, server);
    else if (!ip_is_any(m->ciaddr))
        on_verify(s, scope, m, how, m->ciaddr);
    else if (dhcp_option_addr(m, DHCP_OPT_REQUESTED, &wanted))
        on_verify(s, scope, m, how, wanted);
}

static void on_decline(DhcpServer *s, const DhcpScope *scope, const DhcpMessage *m)
{
    DhcpBinding *b = store_find(s->store, scope, m);
    IpAddr wanted;

    if (b == NULL || !dhcp_option_addr(m, DHCP_OPT_REQUESTED, &wanted) ||
        !ip_equal(wanted, b->addr))
        return;
    arp_delete(s->stack->arp, b->addr);
    set_free(s, b, DHCP_DECLINED, time_add(sim_now(s->sim), scope->cfg.decline_hold),
             "declined");
}

static void on_release(DhcpServer *s, const DhcpScope *scope, const DhcpMessage *m)
{
    DhcpBinding *b = store_find(s->store, scope, m);

    if (b != NULL && ip_equal(m->ciaddr, b->addr) &&
        binding_state(s->store, b) == DHCP_LEASED_TO)
        set_free(s, b, DHCP_FREE, sim_now(s->sim), "released");
}

/* --- input ------------------------------------------------------------------------------------ */

static const char *take(DhcpServer *s, const DhcpMessage *m, const UdpArrival *how)
{
    IpAddr near = ip_is_any(m->giaddr) ? own_address(how) : m->giaddr, server;
    DhcpScope *scope = store_scope(s->store, near);

    if (m->reply)
        return "not a client's";
    if (scope == NULL)
        return "of a network that is not served";
    if (mac_is_group(m->chaddr) || mac_to_u64(m->chaddr) == 0)
        return "of no possible station";
    if ((m->type == DHCP_DECLINE || m->type == DHCP_RELEASE) &&
        (!dhcp_option_addr(m, DHCP_OPT_SERVER, &server) || !ip_is_local(s->stack, server)))
        return "for another server";
    switch (m->type) {
    case DHCP_DISCOVER: on_discover(s, scope, m, how); break;
    case DHCP_REQUEST: on_request(s, scope, m, how); break;
    case DHCP_DECLINE: on_decline(s, scope, m); break;
    case DHCP_RELEASE: on_release(s, scope, m); break;
    case DHCP_INFORM:
        if (ip_is_any(m->ciaddr) || !ip_in_prefix(m->ciaddr, scope->cfg.subnet))
            return "from an address that is not of this network";
        answer(s, DHCP_ACK, scope, m, how, NULL, 0, NULL);
        break;
    default: return "not a client's";
    }
    return NULL;
}

static void ready(void *server)
{
    DhcpServer *s = server;
    UdpArrival how;
    NetError err;
    char from[IP_TEXT], addr[IP_TEXT];

    for (Packet *pkt; (pkt = udp_receive_how(s->sock, &how, &err)) != NULL; packet_free(pkt)) {
        DhcpMessage m;
        DhcpReading reading = dhcp_read(&m, packet_span(pkt));
        const char *why = dhcp_reading_text(reading);
        if (reading == DHCP_READ) {
            trace(s->sim, DHCP_MESSAGE_RECEIVED, s->stack->node, NULL, NULL,
                  trace_str(dhcp_type_text(m.type)), trace_str(ip_text(how.from, from)),
                  (int64_t)m.xid, trace_str(ip_text(m.ciaddr, addr)));
            why = take(s, &m, &how);
        }
        if (why != NULL)
            trace(s->sim, DHCP_MESSAGE_IGNORED, s->stack->node, NULL, NULL,
                  trace_str(ip_text(how.from, from)), trace_str(why));
    }
}

DhcpServer *dhcp_server_new(Stack *stack, DhcpStore *store, NetError *err)
{
    UdpSock *sock = udp_open(stack_udp(stack), IP4_ANY, DHCP_SERVER_PORT, err);

    if (sock == NULL)
        return NULL;
    DhcpServer *s = g_new0(DhcpServer, 1);
    s->stack = stack;
    s->sim = stack->node->sim;
    s->store = store;
    s->sock = sock;
    s->pending = g_ptr_array_new_with_free_func(pending_free);
    udp_on_ready(sock, ready, s);
    return s;
}

void dhcp_server_free(DhcpServer *s, bool socket)
{
    g_ptr_array_free(s->pending, TRUE);
    if (socket)
        udp_close(s->sock);
    g_free(s);
}
