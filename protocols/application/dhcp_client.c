/*
 * dhcp_client.c - a DHCP client, RFC 2131 §4.4: states, times, and what each message means in each.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dhcp_client_priv.h"
#include "protocols/application/dhcp_events.h"
#include "protocols/stack.h"

#include <string.h>

/* Deviates: RFC 2131 §4.4.1, §4.4.5. Unless told so it does not wait before its first message, and
 * T1 and T2 are not blurred: both are against clients in step, and a lesson counts seconds. */
const DhcpClientConfig dhcp_client_defaults = { .reboot = true, .probes = 3 };

#define AT(field) offsetof(DhcpClientConfig, field)
static const char *const probes[] = { "probes", NULL };
const Knob dhcp_client_knobs[] = {
    { "broadcast", KNOB_BOOL, AT(broadcast), 0, 0, NULL,
      "Asks for answers by broadcast, as a host does that takes no others without an address.",
      "RFC 2131 §4.1", false },
    { "wait", KNOB_BOOL, AT(wait), 0, 0, NULL,
      "Waits 1 to 10 s before the first message, lest hosts that boot together ask together.",
      "RFC 2131 §4.4.1", false },
    { "reboot", KNOB_BOOL, AT(reboot), 0, 0, NULL,
      "Asks for the address that it had, if its lease still lasts, before it asks for any.",
      "RFC 2131 §4.4.2", false },
    { "probes", KNOB_INT, AT(probes), 0, 100, probes,
      "How often ARP asks whether the address is free before it is used.", "RFC 5227 §2.1.1",
      false },
    { "lease", KNOB_TIME, AT(lease), 0, (int64_t)UINT32_MAX * SEC, NULL,
      "The lease that it asks for; 0: as the server likes.", "RFC 2132 §9.2", false },
    { .name = NULL },
};
#undef AT

const char *dhcp_state_text(DhcpState state)
{
    static const char *const names[] = { "OFF",      "INIT",        "SELECTING", "REQUESTING",
                                         "INIT-REBOOT", "REBOOTING", "CHECKING", "BOUND",
                                         "RENEWING", "REBINDING",   "INFORMING" };

    return names[state];
}

static bool has_address(const DhcpClient *c)
{
    return c->state == DHCP_BOUND_STATE || c->state == DHCP_RENEWING || c->state == DHCP_REBINDING;
}

/* --- states and times ------------------------------------------------------------------------- */

/* Looking for the first address keeps the world alive; what comes later is housekeeping. */
static void arm(DhcpClient *c, SimTime delay)
{
    timer_stop(&c->timer);
    timer_stop(&c->idle);
    if (delay != NEVER)
        timer_set(c->eager ? &c->timer : &c->idle, MAX(delay, 0));
}

static SimTime now(const DhcpClient *c)
{
    return sim_now(c->sim);
}

static void enter(DhcpClient *c, DhcpState state, const char *trigger)
{
    DhcpState old = c->state;

    c->state = state;
    c->iface->takes_any = !c->cfg.broadcast && ip_is_none(c->iface->ip.addr) &&
                          state >= DHCP_SELECTING && state <= DHCP_REBOOTING;
    if (old == state)
        return;
    trace(c->sim, DHCP_STATE_CHANGED, c->iface->port->node, c->iface->port, NULL,
          trace_str(c->iface->port->name), trace_str(dhcp_state_text(old)),
          trace_str(dhcp_state_text(state)), trace_str(trigger));
}

/* RFC 2131 §4.1: 4, 8, 16, 32, 64, 64 ... s, each give or take one. */
static SimTime back_off(DhcpClient *c, unsigned tries)
{
    return (SimTime)(4u << MIN(tries, 4)) * SEC + rng_uniform(&c->rng, SEC);
}

static void start_exchange(DhcpClient *c)
{
    c->xid = (uint32_t)rng_below(&c->rng, (uint64_t)UINT32_MAX + 1);
    c->tries = 0;
}

static void to_init(DhcpClient *c, SimTime wait, const char *trigger)
{
    enter(c, DHCP_INIT, trigger);
    arm(c, wait);
}

static void lose(DhcpClient *c, const char *why)
{
    char addr[IP_TEXT];

    c->offered = IP_NONE;
    if (!c->configured)
        return;
    dhcp_config_remove(c);
    trace(c->sim, DHCP_LOST, c->iface->port->node, c->iface->port, NULL,
          trace_str(c->iface->port->name), trace_str(ip_text(c->lease.prefix.addr, addr)),
          trace_str(why));
}

static void forget_lease(DhcpClient *c)
{
    c->lease = (DhcpLease){ .prefix.addr = IP_NONE };
}

/* --- asking ----------------------------------------------------------------------------------- */

static void discover(DhcpClient *c)
{
    c->since = now(c);
    start_exchange(c);
    enter(c, DHCP_SELECTING, "DHCPDISCOVER sent");
    dhcp_client_send(c, DHCP_DISCOVER);
    arm(c, back_off(c, 0));
}

static void reboot(DhcpClient *c)
{
    c->since = now(c);
    c->offered = c->lease.prefix.addr;
    start_exchange(c);
    enter(c, DHCP_REBOOTING, "DHCPREQUEST sent");
    c->asked = now(c);
    dhcp_client_send(c, DHCP_REQUEST);
    arm(c, back_off(c, 0));
}

/* RFC 2131 §4.4.5: half of what remains until `end`, but at least 60 s, and not beyond it. */
static void wait_half(DhcpClient *c, SimTime end)
{
    SimTime left = end - now(c);

    arm(c, end == NEVER ? NEVER : MIN(left, MAX(left / 2, 60 * SEC)));
}

static void extend(DhcpClient *c, DhcpState state, const char *trigger)
{
    if (c->state != state) {
        start_exchange(c);
        c->since = now(c);
    }
    enter(c, state, trigger);
    c->asked = now(c);
    dhcp_client_send(c, DHCP_REQUEST);
    wait_half(c, state == DHCP_RENEWING ? c->lease.t2 : c->lease.ends);
}

static void expire(DhcpClient *c)
{
    lose(c, "expired");
    forget_lease(c);
    to_init(c, 0, "the lease has expired");
}

/* Four requests in vain, a minute: from the beginning; after a reboot, on with what is known. */
static void give_up(DhcpClient *c)
{
    if (c->state == DHCP_REBOOTING && c->lease.ends > now(c)) {
        dhcp_client_bind(c, "no server answers");
        return;
    }
    to_init(c, 0, "no server answers");
}

static void again(DhcpClient *c, DhcpType type)
{
    enum { REQUESTS = 4 };

    c->tries++;
    if (type == DHCP_REQUEST && c->tries >= REQUESTS) {
        give_up(c);
        return;
    }
    if (type == DHCP_INFORM && c->tries >= REQUESTS) {
        enter(c, DHCP_OFF, "no server answers");
        arm(c, NEVER);
        return;
    }
    dhcp_client_send(c, type);
    arm(c, back_off(c, c->tries));
}

/* RFC 2131 §4.4.5. */
static void lease_fired(DhcpClient *c)
{
    if (now(c) >= c->lease.ends)
        expire(c);
    else if (now(c) >= c->lease.t2)
        extend(c, DHCP_REBINDING, "T2");
    else
        extend(c, DHCP_RENEWING, "T1");
}

static void fired(void *client)
{
    DhcpClient *c = client;

    switch (c->state) {
    case DHCP_INIT: discover(c); break;
    case DHCP_INIT_REBOOT: reboot(c); break;
    case DHCP_SELECTING: again(c, DHCP_DISCOVER); break;
    case DHCP_REQUESTING:
    case DHCP_REBOOTING: again(c, DHCP_REQUEST); break;
    case DHCP_INFORMING: again(c, DHCP_INFORM); break;
    case DHCP_BOUND_STATE:
    case DHCP_RENEWING:
    case DHCP_REBINDING: lease_fired(c); break;
    case DHCP_OFF:
    case DHCP_CHECKING: break;
    }
}

/* --- having ----------------------------------------------------------------------------------- */

/* At T1; a server that says one of no time at all is not asked over and over. */
static void wait_for_t1(DhcpClient *c)
{
    const DhcpLease *lease = &c->lease;
    SimTime soonest = MIN(SEC, lease->length / 2);

    arm(c, lease->t1 == NEVER ? NEVER
                              : MIN(MAX(lease->t1 - now(c), soonest), lease->ends - now(c)));
}

void dhcp_client_bind(DhcpClient *c, const char *trigger)
{
    char addr[IP_TEXT], server[IP_TEXT];

    c->eager = false;
    c->naks = 0;
    if (!c->configured || !ip_equal(c->iface->ip.addr, c->lease.prefix.addr)) {
        dhcp_config_apply(c);
        c->announcements = 2;
        timer_set(&c->announce, 0);
    } else {
        dhcp_config_apply(c);
    }
    enter(c, DHCP_BOUND_STATE, trigger);
    trace(c->sim, DHCP_BOUND, c->iface->port->node, c->iface->port, NULL,
          trace_str(c->iface->port->name), trace_str(ip_text(c->lease.prefix.addr, addr)),
          trace_str(ip_text(c->lease.server, server)), c->lease.length);
    wait_for_t1(c);
}

/* RFC 5227 §2.3: twice, with two seconds between. */
static void announce_fired(void *client)
{
    DhcpClient *c = client;

    if (!c->configured)
        return;
    arp_announce(c->iface->stack->arp, c->iface);
    if (--c->announcements > 0)
        timer_set(&c->announce, 2 * SEC);
}

/* RFC 2131 §3.1 (5): it is declined, and ten seconds later all begins anew. */
static void checked(void *client, const MacAddr *theirs)
{
    DhcpClient *c = client;
    char addr[IP_TEXT], mac[MAC_TEXT];

    if (theirs == NULL && c->lease.ends <= now(c)) {
        expire(c);
        return;
    }
    if (theirs == NULL) {
        dhcp_client_bind(c, "nobody else uses the address");
        return;
    }
    trace(c->sim, DHCP_CONFLICT_SEEN, c->iface->port->node, c->iface->port, NULL,
          trace_str(ip_text(c->lease.prefix.addr, addr)), trace_str(mac_text(*theirs, mac)));
    start_exchange(c);
    dhcp_client_send(c, DHCP_DECLINE);
    forget_lease(c);
    c->offered = IP_NONE;
    to_init(c, 10 * SEC, "somebody else uses the address");
}

/* --- what comes ------------------------------------------------------------------------------- */

static const char *take_offer(DhcpClient *c, const DhcpMessage *m)
{
    IpAddr server;
    uint32_t lease;

    if (c->state != DHCP_SELECTING)
        return "no offer is wanted";
    if (!dhcp_option_addr(m, DHCP_OPT_SERVER, &server) ||
        !dhcp_option_u32(m, DHCP_OPT_LEASE, &lease) || lease == 0 || !dhcp_is_host(m->yiaddr))
        return "an offer without address, server or lease";
    c->offered = m->yiaddr;
    c->server = server;
    c->tries = 0;
    c->asked = now(c);
    enter(c, DHCP_REQUESTING, "DHCPOFFER");
    dhcp_client_send(c, DHCP_REQUEST);
    arm(c, back_off(c, 0));
    return NULL;
}

static const char *take_ack(DhcpClient *c, const DhcpMessage *m)
{
    DhcpLease lease;

    if (c->state != DHCP_REQUESTING && c->state != DHCP_REBOOTING && c->state != DHCP_RENEWING &&
        c->state != DHCP_REBINDING && c->state != DHCP_INFORMING)
        return "no acknowledgment is wanted";
    bool inform = c->state == DHCP_INFORMING;
    if (!dhcp_lease_read(&lease, m, c->asked, inform))
        return "an acknowledgment without address, mask, server or lease";
    if (inform) {
        lease.prefix = c->iface->ip;
        c->lease = lease;
        enter(c, DHCP_OFF, "DHCPACK");
        arm(c, NEVER);
        return NULL;
    }
    if (c->state == DHCP_REQUESTING && !ip_equal(lease.server, c->server))
        return "of another server than was asked";
    if (has_address(c) && !ip_equal(lease.prefix.addr, c->lease.prefix.addr))
        return "another address than was asked for";
    c->lease = lease;
    if (has_address(c) || c->cfg.probes == 0) {
        dhcp_client_bind(c, "DHCPACK");
        return NULL;
    }
    enter(c, DHCP_CHECKING, "DHCPACK");
    arm(c, NEVER);
    arp_probe_start(&c->probe, lease.prefix.addr, (unsigned)c->cfg.probes);
    return NULL;
}

/* At once, but longer and longer if that goes on. */
static const char *take_nak(DhcpClient *c, const DhcpMessage *m)
{
    IpAddr server = IP_NONE;

    if (c->state != DHCP_REQUESTING && c->state != DHCP_REBOOTING && c->state != DHCP_RENEWING &&
        c->state != DHCP_REBINDING)
        return "no refusal is wanted";
    dhcp_option_addr(m, DHCP_OPT_SERVER, &server);
    if (c->state == DHCP_REQUESTING && !ip_equal(server, c->server))
        return "of another server than was asked";
    lose(c, "refused");
    forget_lease(c);
    to_init(c, c->naks == 0 ? 0 : back_off(c, c->naks - 1), "DHCPNAK");
    c->naks++;
    return NULL;
}

static const char *take(DhcpClient *c, const DhcpMessage *m)
{
    if (!m->reply)
        return "not a server's";
    if (!mac_equal(m->chaddr, c->iface->mac))
        return "for another client";
    if (m->xid != c->xid)
        return "of no exchange that is under way";
    switch (m->type) {
    case DHCP_OFFER: return take_offer(c, m);
    case DHCP_ACK: return take_ack(c, m);
    case DHCP_NAK: return take_nak(c, m);
    default: return "not a server's";
    }
}

void dhcp_client_input(DhcpClient *c, Span bytes, const UdpArrival *how)
{
    DhcpMessage m;
    DhcpReading reading = dhcp_read(&m, bytes);
    Node *node = c->iface->port->node;
    char from[IP_TEXT], addr[IP_TEXT];
    const char *why = dhcp_reading_text(reading);

    if (reading == DHCP_READ) {
        trace(c->sim, DHCP_MESSAGE_RECEIVED, node, c->iface->port, NULL,
              trace_str(dhcp_type_text(m.type)), trace_str(ip_text(how->from, from)),
              (int64_t)m.xid, trace_str(ip_text(m.yiaddr, addr)));
        why = take(c, &m);
    }
    if (why != NULL)
        trace(c->sim, DHCP_MESSAGE_IGNORED, node, c->iface->port, NULL,
              trace_str(ip_text(how->from, from)), trace_str(why));
}

/* --- for its users ---------------------------------------------------------------------------- */

void dhcp_client_start(DhcpClient *c, const DhcpClientConfig *cfg)
{
    if (c->state != DHCP_OFF)
        return;
    c->cfg = *cfg;
    c->eager = true;
    c->naks = 0;
    SimTime wait = cfg->wait ? SEC + (SimTime)rng_below(&c->rng, 9 * SEC + 1) : 0;
    if (cfg->reboot && !ip_is_none(c->lease.prefix.addr) && c->lease.ends > now(c)) {
        enter(c, DHCP_INIT_REBOOT, "started");
        arm(c, wait);
        return;
    }
    forget_lease(c);
    to_init(c, wait, "started");
}

void dhcp_client_set_eager(DhcpClient *c, bool eager)
{
    const Timer *t = timer_pending(&c->timer) ? &c->timer : &c->idle;

    if (c->eager == eager || has_address(c))
        return;
    c->eager = eager;
    if (timer_pending(t))
        arm(c, t->at - now(c));
}

/* Stops what is under way. */
static void halt(DhcpClient *c)
{
    timer_stop(&c->timer);
    timer_stop(&c->idle);
    timer_stop(&c->announce);
    arp_probe_stop(&c->probe);
}

bool dhcp_client_release(DhcpClient *c)
{
    bool had = has_address(c);

    halt(c);
    if (had) {
        start_exchange(c);
        dhcp_client_send(c, DHCP_RELEASE);
    }
    lose(c, "released");
    forget_lease(c);
    enter(c, DHCP_OFF, "released");
    return had;
}

void dhcp_client_inform(DhcpClient *c)
{
    if (c->state != DHCP_OFF)
        return;
    c->cfg = dhcp_client_defaults;
    c->eager = true;
    forget_lease(c);
    c->since = c->asked = now(c);
    start_exchange(c);
    enter(c, DHCP_INFORMING, "DHCPINFORM sent");
    dhcp_client_send(c, DHCP_INFORM);
    arm(c, back_off(c, 0));
}

void dhcp_client_crash(DhcpClient *c)
{
    bool had = has_address(c);

    halt(c);
    lose(c, "crashed");
    if (!had)
        forget_lease(c);
    enter(c, DHCP_OFF, "crashed");
}

DhcpState dhcp_client_state(const DhcpClient *c)
{
    return c->state;
}

Iface *dhcp_client_iface(const DhcpClient *c)
{
    return c->iface;
}

const DhcpLease *dhcp_client_lease(const DhcpClient *c)
{
    bool informed = c->state == DHCP_OFF && !c->iface->ip_leased;

    return (has_address(c) || informed) && !ip_is_none(c->lease.server) ? &c->lease : NULL;
}

DhcpClient *dhcp_client_new(Iface *iface, UdpSock **sock)
{
    DhcpClient *c = g_new0(DhcpClient, 1);
    Node *node = iface->port->node;
    char *name = g_strdup_printf("host:%s:dhcp:%s", node->name, iface->port->name);

    c->iface = iface;
    c->sim = node->sim;
    c->sock = sock;
    c->cfg = dhcp_client_defaults;
    c->offered = c->server = IP_NONE;
    forget_lease(c);
    sim_rng(c->sim, name, &c->rng);
    g_free(name);
    timer_init(&c->timer, &c->sim->sched, fired, c);
    timer_init(&c->idle, &c->sim->sched, fired, c);
    timer_set_background(&c->idle);
    timer_init(&c->announce, &c->sim->sched, announce_fired, c);
    arp_probe_init(&c->probe, iface, &c->rng, checked, c);
    return c;
}

void dhcp_client_free(DhcpClient *c)
{
    halt(c);
    g_free(c);
}
