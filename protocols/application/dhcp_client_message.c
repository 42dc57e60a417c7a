/*
 * dhcp_client_message.c - what a client writes, what it reads in an acknowledgment, and what that
 * does to its host. RFC 2131 §4.3.6, §4.4, tables 4 and 5.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dhcp.h"
#include "protocols/application/dhcp_client_priv.h"
#include "protocols/application/dhcp_events.h"
#include "protocols/application/dns.h"
#include "protocols/stack.h"

#include <string.h>

/* --- writing ---------------------------------------------------------------------------------- */

static bool is_extending(const DhcpClient *c)
{
    return c->state == DHCP_RENEWING || c->state == DHCP_REBINDING;
}

static IpAddr address_in(const DhcpClient *c, DhcpType type)
{
    bool has = type == DHCP_RELEASE || type == DHCP_INFORM ||
               (type == DHCP_REQUEST && is_extending(c));

    return has ? c->iface->ip.addr : IP4_ANY;
}

/* Options 50 and 54: the address, where ciaddr does not say it, and the server that is meant. */
static void write_choice(const DhcpClient *c, DhcpWriter *w, DhcpType type)
{
    IpAddr requested = type == DHCP_DISCOVER ? c->cfg.request
                       : type == DHCP_DECLINE ? c->lease.prefix.addr
                                              : c->offered;
    bool says_address = type == DHCP_DISCOVER || type == DHCP_DECLINE ||
                        (type == DHCP_REQUEST && !is_extending(c));
    bool says_server = type == DHCP_DECLINE || type == DHCP_RELEASE ||
                       (type == DHCP_REQUEST && c->state == DHCP_REQUESTING);
    IpAddr server = type == DHCP_REQUEST ? c->server : c->lease.server;

    if (says_address && !ip_is_none(requested))
        dhcp_write_addrs(w, DHCP_OPT_REQUESTED, &requested, 1);
    if (says_server && !ip_is_none(server))
        dhcp_write_addrs(w, DHCP_OPT_SERVER, &server, 1);
}

/* RFC 2131 §3.1 (3): a request after an offer says what the DISCOVER said. */
static uint16_t seconds_so_far(DhcpClient *c, DhcpType type)
{
    if (type == DHCP_DECLINE || type == DHCP_RELEASE)
        return 0;
    if (type != DHCP_REQUEST || c->state != DHCP_REQUESTING)
        c->secs = (uint16_t)MIN((sim_now(c->sim) - c->since) / SEC, UINT16_MAX);
    return c->secs;
}

static size_t write_message(DhcpClient *c, DhcpType type, uint8_t *out)
{
    static const uint8_t wanted[] = { DHCP_OPT_MASK, DHCP_OPT_ROUTER, DHCP_OPT_DNS,
                                      DHCP_OPT_DOMAIN };
    enum { ETHERNET = 1 };
    bool asks = type == DHCP_DISCOVER || type == DHCP_REQUEST || type == DHCP_INFORM;
    DhcpMessage m = {
        .xid = c->xid,
        .secs = seconds_so_far(c, type),
        .broadcast = asks && c->cfg.broadcast && !is_extending(c) && type != DHCP_INFORM,
        .ciaddr = address_in(c, type),
        .chaddr = c->iface->mac,
        .type = type,
    };
    uint8_t id[1 + sizeof c->iface->mac.b] = { ETHERNET };
    const char *name = c->iface->port->node->name;
    DhcpWriter w;

    memcpy(id + 1, c->iface->mac.b, sizeof c->iface->mac.b);
    dhcp_write(&w, &m, out, DHCP_DEFAULT_MAX);
    dhcp_write_option(&w, DHCP_OPT_CLIENT_ID, (Span){ id, sizeof id });
    write_choice(c, &w, type);
    if (asks) {
        if (c->cfg.lease > 0 && type != DHCP_INFORM)
            dhcp_write_u32(&w, DHCP_OPT_LEASE, (uint32_t)(c->cfg.lease / SEC));
        dhcp_write_option(&w, DHCP_OPT_HOST_NAME,
                          (Span){ (const uint8_t *)name, MIN(strlen(name), 255) });
        dhcp_write_u16(&w, DHCP_OPT_MAX_SIZE, DHCP_MAX_LEN + 28); /* of the datagram */
        dhcp_write_option(&w, DHCP_OPT_PARAMETERS, (Span){ wanted, sizeof wanted });
    }
    return dhcp_write_end(&w);
}

/* RFC 2131 §4.4.4, and table 4: RENEWING and RELEASE go to the server, all else to everybody. */
void dhcp_client_send(DhcpClient *c, DhcpType type)
{
    uint8_t out[DHCP_DEFAULT_MAX];
    Span bytes = { out, write_message(c, type, out) };
    bool to_server = type == DHCP_RELEASE || (type == DHCP_REQUEST && c->state == DHCP_RENEWING);
    IpAddr dst = to_server ? c->lease.server : IP4_BROADCAST;
    IpAddr about = type == DHCP_DISCOVER ? c->cfg.request
                   : type == DHCP_REQUEST && !is_extending(c) ? c->offered
                   : type == DHCP_INFORM ? c->iface->ip.addr : c->lease.prefix.addr;
    char to[IP_TEXT], addr[IP_TEXT];

    if (*c->sock == NULL)
        return;
    trace(c->sim, DHCP_MESSAGE_SENT, c->iface->port->node, c->iface->port, NULL,
          trace_str(dhcp_type_text(type)), trace_str(ip_text(dst, to)), (int64_t)c->xid,
          trace_str(ip_text(about, addr)));
    if (ip_is_none(c->iface->ip.addr))
        udp_send_broadcast(*c->sock, bytes, c->iface, DHCP_SERVER_PORT);
    else
        udp_send_from(*c->sock, bytes, c->iface->ip.addr, dst, DHCP_SERVER_PORT);
}

/* --- reading ---------------------------------------------------------------------------------- */

bool dhcp_is_host(IpAddr addr)
{
    uint32_t first = ip_to_v4(addr) >> 24;

    return first != 0 && first != 127 && first < 224;
}

/* A mask is ones, then zeros; without one it is what the address's class once said. */
static bool read_prefix(const DhcpMessage *m, IpPrefix *prefix)
{
    uint32_t mask, first = ip_to_v4(m->yiaddr) >> 24;
    unsigned len = first < 128 ? 8 : first < 192 ? 16 : 24;

    if (dhcp_option_u32(m, DHCP_OPT_MASK, &mask)) {
        for (len = 0; len < 32 && mask >> 31; len++)
            mask <<= 1;
        if (mask != 0 || len == 0)
            return false;
    }
    *prefix = (IpPrefix){ m->yiaddr, len };
    return dhcp_is_host(m->yiaddr) &&
           (len >= 31 || (!ip_equal(prefix_network(*prefix), m->yiaddr) &&
                          !ip_equal(prefix_broadcast(*prefix), m->yiaddr)));
}

static size_t read_hosts(const DhcpMessage *m, uint8_t code, IpAddr out[DHCP_SERVERS])
{
    size_t n = dhcp_option_addrs(m, code, out, DHCP_SERVERS), kept = 0;

    for (size_t i = 0; i < n; i++)
        if (dhcp_is_host(out[i]))
            out[kept++] = out[i];
    return kept;
}

/* RFC 2131 §4.4.5: half and seven eighths, unless the server says others that make sense. */
static void read_times(DhcpLease *lease, const DhcpMessage *m, uint32_t seconds)
{
    uint32_t said;

    lease->ends = lease->t1 = lease->t2 = lease->length = NEVER;
    if (seconds == DHCP_INFINITE)
        return;
    lease->length = (SimTime)seconds * SEC;
    SimTime t1 = lease->length / 2, t2 = lease->length / 8 * 7, said1 = t1, said2 = t2;
    if (dhcp_option_u32(m, DHCP_OPT_T1, &said))
        said1 = (SimTime)said * SEC;
    if (dhcp_option_u32(m, DHCP_OPT_T2, &said))
        said2 = (SimTime)said * SEC;
    if (said1 < said2 && said2 < lease->length) {
        t1 = said1;
        t2 = said2;
    }
    lease->t1 = time_add(lease->since, t1);
    lease->t2 = time_add(lease->since, t2);
    lease->ends = time_add(lease->since, lease->length);
}

bool dhcp_lease_read(DhcpLease *lease, const DhcpMessage *m, SimTime asked, bool inform)
{
    uint32_t seconds = DHCP_INFINITE;

    *lease = (DhcpLease){ .since = asked };
    if (!dhcp_option_addr(m, DHCP_OPT_SERVER, &lease->server) || !dhcp_is_host(lease->server))
        return false;
    bool has_lease = dhcp_option_u32(m, DHCP_OPT_LEASE, &seconds) && seconds > 0;
    if (!inform && (!has_lease || !read_prefix(m, &lease->prefix)))
        return false;
    read_times(lease, m, seconds);
    lease->n_routers = read_hosts(m, DHCP_OPT_ROUTER, lease->routers);
    lease->n_dns = read_hosts(m, DHCP_OPT_DNS, lease->dns);
    dhcp_option(m, DHCP_OPT_DOMAIN, (uint8_t *)lease->domain, sizeof lease->domain - 1);
    return true;
}

/* --- the host --------------------------------------------------------------------------------- */

static const IpPrefix everywhere = { { 0, UINT64_C(0xffff00000000) }, 0 };

/* Of each kind the host uses what the first of its leases says. */
static void use_leases(Stack *stack)
{
    const GPtrArray *clients = dhcp_of(stack)->clients;
    static const DhcpLease none;
    const DhcpLease *router = &none, *dns = &none, *domain = &none;
    DnsStub *stub = dns_of(stack)->stub;
    DnsName name;

    for (guint i = clients->len; i-- > 0;) {
        const DhcpClient *c = g_ptr_array_index(clients, i);
        router = c->configured && c->lease.n_routers > 0 ? &c->lease : router;
        dns = c->configured && c->lease.n_dns > 0 ? &c->lease : dns;
        domain = c->configured && c->lease.domain[0] != 0 ? &c->lease : domain;
    }
    ipv4_route_delete(stack->ipv4, everywhere, ROUTE_LEASED);
    if (router->n_routers > 0)
        ipv4_route_add(stack->ipv4, &(Route){ .prefix = everywhere, .kind = ROUTE_VIA,
                                              .origin = ROUTE_LEASED,
                                              .via = router->routers[0] });
    dns_stub_set_servers(stub, dns->dns, dns->n_dns);
    dns_stub_clear_search(stub);
    if (domain->domain[0] != 0 && dns_name_parse(domain->domain, &name))
        dns_stub_add_search(stub, &name);
}

void dhcp_config_apply(DhcpClient *c)
{
    Iface *iface = c->iface;
    IpPrefix prefix = c->lease.prefix;

    c->configured = true;
    if (!ip_equal(iface->ip.addr, prefix.addr) || iface->ip.len != prefix.len)
        stack_set_address(iface->stack, iface, prefix);
    use_leases(iface->stack);
}

void dhcp_config_remove(DhcpClient *c)
{
    c->configured = false;
    stack_set_address(c->iface->stack, c->iface, (IpPrefix){ .addr = IP_NONE });
    use_leases(c->iface->stack);
}
