/*
 * test_dhcp.c - DHCP clients and servers over wires: RFC 2131 §3, §4; RFC 5227 §2.1.1.
 *
 * A client c and a server s (10.0.0.1/24, pool .100 to .103) on a switch, and an observer o
 * (10.0.0.9) who hears what is broadcast. The log has a line for each message that passes, wherever
 * to: "0.000 c>all DISCOVER", "0.002 s>10.0.0.100 OFFER 10.0.0.100", and for each ARP packet of c.
 */
/* SPDX-License-Identifier: MIT */
#include "support/net.h"

#include "protocols/application/dhcp.h"
#include "protocols/application/dns.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *dhcp_suite(void);

static Net *net;
static Stack *c, *s, *o;
static Iface *iface;
static DhcpScopeConfig scope;
static DhcpClientConfig config;
static GString *log_;
static Timer alarm_clock;
static IpAddr dns[90];
static uint32_t last_xid; /* of a client's message */

/* --- the log ---------------------------------------------------------------------------------- */

static void note_arp(const TraceEvent *ev, Span f)
{
    char tpa[IP_TEXT], spa[IP_TEXT];

    g_string_append_printf(log_, "%.3f %s arp %s tell %s\n", (double)ev->t / 1e9, ev->node->name,
                           ip_text(ip_v4(get32(f.p + 38)), tpa),
                           ip_text(ip_v4(get32(f.p + 28)), spa));
}

/* What a node, not the switch, puts on its wire. */
static void listen(void *self, const TraceEvent *ev)
{
    static const char *const names[] = { "?", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK",
                                         "NAK", "RELEASE", "INFORM" };
    DhcpMessage m;
    IpAddr addr;
    char text[IP_TEXT];

    (void)self;
    if (strcmp(ev->point->name, "link:enqueued") != 0 || ev->node->kind == NODE_SWITCH)
        return;
    Span f = packet_frame(ev->pkt);
    if (get16(f.p + 12) == ETHERTYPE_ARP && get32(f.p + 28) == 0)
        note_arp(ev, f);
    if (get16(f.p + 12) != ETHERTYPE_IPV4 || f.p[23] != 17 ||
        dhcp_read(&m, (Span){ f.p + 42, f.n - 42 }) != DHCP_READ)
        return;
    IpAddr dst = ip_v4(get32(f.p + 30));
    g_string_append_printf(log_, "%.3f %s>%s %s", (double)ev->t / 1e9, ev->node->name,
                           ip_is_limited_broadcast(dst) ? "all" : ip_text(dst, text),
                           names[m.type]);
    if (!ip_is_any(m.yiaddr))
        g_string_append_printf(log_, " %s", ip_text(m.yiaddr, text));
    if (!ip_is_any(m.ciaddr))
        g_string_append_printf(log_, " has %s", ip_text(m.ciaddr, text));
    if (dhcp_option_addr(&m, DHCP_OPT_REQUESTED, &addr))
        g_string_append_printf(log_, " wants %s", ip_text(addr, text));
    if (!m.reply && dhcp_option_addr(&m, DHCP_OPT_SERVER, &addr))
        g_string_append_printf(log_, " of %s", ip_text(addr, text));
    if (!m.reply)
        last_xid = m.xid;
    if (m.secs > 0)
        g_string_append_printf(log_, " secs %u", m.secs);
    g_string_append_c(log_, '\n');
}

static void expect(const char *want)
{
    ck_assert_str_eq(log_->str, want);
    g_string_truncate(log_, 0);
}

/* --- the world -------------------------------------------------------------------------------- */

static void start(void)
{
    net = net_new(1);
    log_ = g_string_new(NULL);
    trace_add_sink(&net->sim->trace, TRACE_LINK, listen, NULL);
    Node *sw = net_switch(net, "sw");
    c = net_host(net, "c", NULL);
    s = net_host(net, "s", NULL);
    o = net_host(net, "o", NULL);
    net_link(net, c->node, NULL, sw, NULL, MSEC);
    net_link(net, s->node, "10.0.0.1/24", sw, NULL, MSEC);
    net_link(net, o->node, "10.0.0.9/24", sw, NULL, MSEC);
    iface = net_iface(c, 0);
    iface->ip_leased = true;
    scope = dhcp_scope_defaults;
    scope.subnet.addr = IP_NONE;
    scope.ping = false;
    scope.first = ip("10.0.0.100");
    scope.last = ip("10.0.0.103");
    scope.routers[0] = ip("10.0.0.1");
    scope.n_routers = 1;
    for (unsigned i = 0; i < G_N_ELEMENTS(dns); i++)
        dns[i] = ip_v4(0x09090900 + i);
    scope.dns = dns;
    scope.n_dns = 1;
    g_strlcpy(scope.domain, "home.example", sizeof scope.domain);
    config = dhcp_client_defaults;
    config.request = IP_NONE;
    config.probes = 0;
}

static void finish(void)
{
    net_free(net);
    g_string_free(log_, TRUE);
}

static void serve_at(Stack *host)
{
    NetError err;

    ck_assert(dhcp_store_add_scope(dhcp_of(host)->store, &scope));
    ck_assert_ptr_nonnull(dhcp_serve(dhcp_of(host), &err));
}

static DhcpClient *client(void)
{
    NetError err;
    DhcpClient *it = dhcp_client_of(dhcp_of(c), iface, &err);

    ck_assert_ptr_nonnull(it);
    return it;
}

static void boot(void)
{
    dhcp_client_start(client(), &config);
}

static void rings(void *nothing)
{
    (void)nothing;
}

/* Leases alone do not keep a world from ending: an alarm clock does. */
static void until(double seconds)
{
    SimTime t = (SimTime)(seconds * 1e9);

    timer_init(&alarm_clock, &net->sim->sched, rings, NULL);
    timer_set(&alarm_clock, t - sim_now(net->sim));
    net_run_until(net, t);
}

static unsigned count(const char *text)
{
    unsigned n = 0;

    for (const char *p = log_->str; (p = strstr(p, text)) != NULL; p++)
        n++;
    return n;
}

static void bound(void)
{
    serve_at(s);
    boot();
    until(1);
    ck_assert_int_eq(dhcp_client_state(client()), DHCP_BOUND_STATE);
    g_string_truncate(log_, 0);
}

static const DhcpBinding *binding(unsigned i)
{
    size_t n;
    const DhcpBinding *const *all = dhcp_store_bindings(dhcp_of(s)->store, &n);

    ck_assert_uint_lt(i, n);
    return all[i];
}

static void has(const char *addr)
{
    char text[IP_TEXT];

    ck_assert_str_eq(ip_text(iface->ip.addr, text), addr);
}

/* --- four messages ---------------------------------------------------------------------------- */

START_TEST(an_address_and_what_belongs_to_it)
{
    serve_at(s);
    boot();
    until(1);
    expect("0.000 c>all DISCOVER\n"
           "0.002 s>10.0.0.100 OFFER 10.0.0.100\n"
           "0.004 c>all REQUEST wants 10.0.0.100 of 10.0.0.1\n"
           "0.006 s>10.0.0.100 ACK 10.0.0.100\n");
    has("10.0.0.100");
    ck_assert_uint_eq(iface->ip.len, 24);
    const Route *route = ipv4_route_lookup(c->ipv4, ip("8.8.8.8"));
    ck_assert(route != NULL && ip_equal(route->via, ip("10.0.0.1")));
    ck_assert_uint_eq(dns_stub_servers(dns_of(c)->stub), 1);
    const DhcpLease *lease = dhcp_client_lease(client());
    ck_assert_str_eq(lease->domain, "home.example");
    ck_assert_int_eq(lease->since, 4 * MSEC); /* §4.4.1: when the request was sent */
    ck_assert_int_eq(lease->t1, 1800 * SEC + 4 * MSEC);
    ck_assert_int_eq(lease->t2, 3150 * SEC + 4 * MSEC);
    ck_assert_int_eq(lease->ends, 3600 * SEC + 4 * MSEC);
    ck_assert_int_eq(binding(0)->state, DHCP_LEASED_TO);
    ck_assert_str_eq(binding(0)->name, "c");
}
END_TEST

START_TEST(with_the_flag_all_is_broadcast)
{
    config.broadcast = true;
    serve_at(s);
    boot();
    until(1);
    expect("0.000 c>all DISCOVER\n"
           "0.002 s>all OFFER 10.0.0.100\n"
           "0.004 c>all REQUEST wants 10.0.0.100 of 10.0.0.1\n"
           "0.006 s>all ACK 10.0.0.100\n");
    has("10.0.0.100");
}
END_TEST

/* RFC 5227 §2.1.1, §2.3: three probes from no address, then two announcements. */
START_TEST(asks_whether_the_address_is_free)
{
    config.probes = 3;
    serve_at(s);
    boot();
    until(3);
    ck_assert(ip_is_none(iface->ip.addr));
    ck_assert_int_eq(dhcp_client_state(client()), DHCP_CHECKING);
    until(10);
    has("10.0.0.100");
    ck_assert_uint_eq(count("c arp 10.0.0.100 tell 0.0.0.0"), 3);
    ck_assert_uint_eq(net_count(net, "c>sw arp who-has 10.0.0.100 tell 10.0.0.100"), 2);
}
END_TEST

START_TEST(declines_what_somebody_else_uses)
{
    config.probes = 3;
    serve_at(s);
    stack_set_address(o, net_iface(o, 0), (IpPrefix){ ip("10.0.0.100"), 24 });
    boot();
    until(9.9);
    ck_assert_ptr_nonnull(strstr(log_->str, " c>all DECLINE wants 10.0.0.100 of 10.0.0.1\n"));
    ck_assert_ptr_null(strstr(strstr(log_->str, "DECLINE"), "DISCOVER")); /* ten seconds */
    ck_assert_int_eq(binding(0)->state, DHCP_DECLINED);
    until(20);
    has("10.0.0.101");
}
END_TEST

/* --- messages that are lost ------------------------------------------------------------------- */

/* §4.1: 4, 8, 16, 32, 64, 64 s, each give or take one; §4.4.1: secs. */
START_TEST(asks_again_later_and_later)
{
    static const int gaps[] = { 4, 8, 16, 32, 64, 64 };
    double last = 0;
    unsigned i = 0;

    boot();
    until(240);
    char **lines = g_strsplit(log_->str, "\n", 0);
    for (char **line = lines; **line != 0; line++, i++) {
        double t = g_ascii_strtod(*line, NULL);
        ck_assert_ptr_nonnull(strstr(*line, "c>all DISCOVER"));
        if (i > 0) {
            ck_assert_double_ge(t - last, gaps[i - 1] - 1);
            ck_assert_double_le(t - last, gaps[i - 1] + 1);
            const char *secs = strstr(*line, "secs ");
            ck_assert(secs != NULL && atoi(secs + 5) == (int)t);
        }
        last = t;
    }
    ck_assert_uint_eq(i, 7);
    g_strfreev(lines);
    serve_at(s);
    until(300);
    has("10.0.0.100");
}
END_TEST

/* §3.1 (5): four requests in a minute, then from the beginning. */
START_TEST(begins_anew_when_no_server_acknowledges)
{
    serve_at(s);
    boot();
    until(0.005);
    expect("0.000 c>all DISCOVER\n"
           "0.002 s>10.0.0.100 OFFER 10.0.0.100\n"
           "0.004 c>all REQUEST wants 10.0.0.100 of 10.0.0.1\n");
    stack_crash(s);
    until(70);
    ck_assert_uint_eq(count("REQUEST"), 3);
    ck_assert_ptr_nonnull(strstr(log_->str, "c>all DISCOVER"));
    ck_assert_int_eq(dhcp_client_state(client()), DHCP_SELECTING);
}
END_TEST

/* --- the life of a lease ---------------------------------------------------------------------- */

START_TEST(renews_at_half_time_by_unicast)
{
    bound();
    until(1810);
    expect("1800.008 c>10.0.0.1 REQUEST has 10.0.0.100\n"
           "1800.010 s>10.0.0.100 ACK 10.0.0.100 has 10.0.0.100\n");
    ck_assert_int_eq(dhcp_client_lease(client())->ends, 5400 * SEC + 4 * MSEC);
    ck_assert_int_eq(dhcp_client_state(client()), DHCP_BOUND_STATE);
}
END_TEST

/* §4.4.5: half of what remains until T2, then by broadcast, half of what remains, at least 60 s;
 * the end; and the address, the route and the servers are gone. */
START_TEST(rebinds_and_expires)
{
    bound();
    stack_crash(s);
    until(3599);
    ck_assert_str_eq(ip_text(iface->ip.addr, (char[IP_TEXT]){ 0 }), "10.0.0.100");
    expect("3150.004 c>all REQUEST has 10.0.0.100\n"
           "3375.004 c>all REQUEST has 10.0.0.100 secs 225\n"
           "3487.504 c>all REQUEST has 10.0.0.100 secs 337\n"
           "3547.504 c>all REQUEST has 10.0.0.100 secs 397\n");
    until(3601);
    ck_assert(ip_is_none(iface->ip.addr));
    ck_assert_ptr_null(ipv4_route_lookup(c->ipv4, ip("8.8.8.8")));
    ck_assert_uint_eq(dns_stub_servers(dns_of(c)->stub), 0);
    ck_assert_int_eq(dhcp_client_state(client()), DHCP_SELECTING);
}
END_TEST

START_TEST(another_server_may_extend_it)
{
    bound();
    stack_crash(s);
    scope.subnet.addr = IP_NONE;
    serve_at(o);
    dhcp_store_reserve(dhcp_of(o)->store, iface->mac, ip("10.0.0.100"));
    until(3200);
    ck_assert_ptr_nonnull(strstr(log_->str, "3150.004 c>all REQUEST has 10.0.0.100\n"
                                            "3150.0"));
    ck_assert_int_eq(dhcp_client_state(client()), DHCP_BOUND_STATE);
    ck_assert(ip_equal(dhcp_client_lease(client())->server, ip("10.0.0.9")));
}
END_TEST

START_TEST(gives_it_back)
{
    bound();
    ck_assert(dhcp_client_release(client()));
    ck_assert(!dhcp_client_release(client()));
    until(2);
    ck_assert_ptr_nonnull(strstr(log_->str, "c>10.0.0.1 RELEASE has 10.0.0.100 of 10.0.0.1\n"));
    ck_assert(ip_is_none(iface->ip.addr));
    ck_assert_ptr_null(ipv4_route_lookup(c->ipv4, ip("8.8.8.8")));
    ck_assert_uint_eq(dns_stub_servers(dns_of(c)->stub), 0);
    ck_assert_int_eq(binding(0)->state, DHCP_FREE);
    boot(); /* and gets it again, §4.3.1 */
    until(3);
    has("10.0.0.100");
}
END_TEST

/* §3.2: a host that was switched off asks for what it had. */
START_TEST(reboots_with_the_address_it_remembers)
{
    bound();
    stack_crash(c);
    ck_assert(ip_is_none(iface->ip.addr));
    stack_boot(c);
    boot();
    until(2);
    expect("1.000 c>all REQUEST wants 10.0.0.100\n"
           "1.002 s>10.0.0.100 ACK 10.0.0.100\n");
    has("10.0.0.100");
    /* without a server it goes on with what is left of the lease */
    stack_crash(c);
    stack_crash(s);
    stack_boot(c);
    boot();
    until(100);
    has("10.0.0.100");
}
END_TEST

START_TEST(a_refusal_on_reboot_begins_anew)
{
    bound();
    stack_crash(c);
    stack_boot(c);
    /* it wakes up where the network is another */
    stack_crash(s);
    stack_boot(s);
    stack_set_address(s, net_iface(s, 0), (IpPrefix){ ip("10.0.5.1"), 24 });
    scope.subnet.addr = IP_NONE;
    scope.first = ip("10.0.5.50");
    scope.last = ip("10.0.5.60");
    serve_at(s);
    boot();
    until(2);
    expect("1.000 c>all REQUEST wants 10.0.0.100\n"
           "1.002 s>all NAK\n"
           "1.004 c>all DISCOVER\n"
           "1.006 s>10.0.5.50 OFFER 10.0.5.50\n"
           "1.008 c>all REQUEST wants 10.0.5.50 of 10.0.5.1\n"
           "1.010 s>10.0.5.50 ACK 10.0.5.50\n");
    has("10.0.5.50");
}
END_TEST

START_TEST(asks_for_the_rest_with_an_address_of_its_own)
{
    serve_at(s);
    iface->ip_leased = false;
    stack_set_address(c, iface, (IpPrefix){ ip("10.0.0.7"), 24 });
    dhcp_client_inform(client());
    until(1);
    ck_assert_ptr_nonnull(strstr(log_->str, "0.000 c>all INFORM has 10.0.0.7\n"));
    ck_assert_ptr_nonnull(strstr(log_->str, "s>10.0.0.7 ACK has 10.0.0.7\n"));
    const DhcpLease *lease = dhcp_client_lease(client());
    ck_assert(lease != NULL && lease->n_dns == 1 && lease->ends == NEVER);
}
END_TEST

/* §4.4.5: not a moment longer, however short it is, and whoever else may have it by then. */
START_TEST(no_lease_is_used_beyond_its_end)
{
    scope.lease = SEC;
    serve_at(s);
    boot();
    until(0.01);
    has("10.0.0.100");
    stack_crash(s);
    until(1.0045);
    ck_assert(ip_is_none(iface->ip.addr));
}
END_TEST

START_TEST(what_ran_out_while_it_was_checked_is_not_taken)
{
    config.probes = 3; /* four seconds at least */
    scope.lease = 3 * SEC;
    serve_at(s);
    boot();
    for (double t = 0.5; t < 30; t += 0.5) {
        until(t);
        ck_assert(ip_is_none(iface->ip.addr));
    }
    ck_assert_uint_ge(count("ACK"), 3); /* it goes on trying */
}
END_TEST

/* Two interfaces with a lease each: what one loses the other still has. */
START_TEST(the_first_interface_with_a_lease_says_what_the_host_uses)
{
    NetError err;

    net_link(net, c->node, NULL, net_switch(net, "sw2"), NULL, MSEC);
    net_link(net, o->node, "10.7.0.1/24", sim_node(net->sim, "sw2"), NULL, MSEC);
    Iface *second = net_iface(c, 1);
    second->ip_leased = true;
    bound();
    scope.subnet.addr = IP_NONE;
    scope.first = scope.last = ip("10.7.0.9");
    scope.routers[0] = ip("10.7.0.1");
    scope.dns = dns + 5;
    serve_at(o);
    DhcpClient *other = dhcp_client_of(dhcp_of(c), second, &err);
    dhcp_client_start(other, &config);
    until(2);
    ck_assert_int_eq(dhcp_client_state(other), DHCP_BOUND_STATE);
    ck_assert(ip_equal(ipv4_route_lookup(c->ipv4, ip("8.8.8.8"))->via, ip("10.0.0.1")));
    dhcp_client_release(client());
    ck_assert(ip_equal(ipv4_route_lookup(c->ipv4, ip("8.8.8.8"))->via, ip("10.7.0.1")));
    ck_assert_uint_eq(dns_stub_servers(dns_of(c)->stub), 1);
    dhcp_client_release(other);
    ck_assert_ptr_null(ipv4_route_lookup(c->ipv4, ip("8.8.8.8")));
    ck_assert_uint_eq(dns_stub_servers(dns_of(c)->stub), 0);
}
END_TEST

/* --- the server ------------------------------------------------------------------------------- */

START_TEST(a_reservation_is_for_its_mac)
{
    dhcp_store_reserve(dhcp_of(s)->store, iface->mac, ip("10.0.0.50"));
    bound();
    has("10.0.0.50");
}
END_TEST

/* Once the time is over for which a declined address is nobody's, whether or not anybody has
 * looked at the list meanwhile. */
START_TEST(a_reservation_comes_back_after_a_conflict)
{
    config.probes = 1;
    scope.decline_hold = 60 * SEC;
    dhcp_store_reserve(dhcp_of(s)->store, iface->mac, ip("10.0.0.50"));
    stack_set_address(o, net_iface(o, 0), (IpPrefix){ ip("10.0.0.50"), 24 });
    serve_at(s);
    boot();
    until(30);
    has("10.0.0.100");
    dhcp_client_release(client());
    stack_set_address(o, net_iface(o, 0), (IpPrefix){ ip("10.0.0.9"), 24 });
    until(70);
    boot();
    until(80);
    has("10.0.0.50");
}
END_TEST

START_TEST(the_client_may_ask_for_an_address_and_a_lease)
{
    config.request = ip("10.0.0.102");
    config.lease = 120 * SEC;
    bound();
    has("10.0.0.102");
    ck_assert_int_eq(dhcp_client_lease(client())->length, 120 * SEC);
}
END_TEST

START_TEST(a_lease_for_ever)
{
    scope.lease = 0;
    bound();
    ck_assert_int_eq(dhcp_client_lease(client())->ends, NEVER);
    ck_assert_int_eq(binding(0)->until, NEVER);
}
END_TEST

/* §3.1 (2): what answers is not offered. */
START_TEST(pings_before_it_offers)
{
    scope.ping = true;
    stack_set_address(o, net_iface(o, 0), (IpPrefix){ ip("10.0.0.100"), 24 });
    serve_at(s);
    boot();
    until(3.9);
    ck_assert_ptr_nonnull(strstr(log_->str, "OFFER 10.0.0.101"));
    has("10.0.0.101");
    ck_assert_int_eq(binding(0)->state, DHCP_DECLINED);
    ck_assert_uint_ge(net_count(net, "10.0.0.1 > 10.0.0.100 icmp echo-request"), 1);
}
END_TEST

/* More options than there is room for: `file` and `sname` take them. */
START_TEST(a_long_list_overloads_other_fields)
{
    scope.n_dns = G_N_ELEMENTS(dns);
    bound();
    const DhcpLease *lease = dhcp_client_lease(client());
    ck_assert_uint_eq(lease->n_dns, DHCP_SERVERS);
    ck_assert_str_eq(lease->domain, "home.example");
}
END_TEST

/* The pool has four: a fifth client gets nothing, until a lease has ended. */
START_TEST(the_pool_is_finite)
{
    DhcpStore *store = dhcp_of(s)->store;

    scope.first = scope.last;
    scope.lease = 60 * SEC;
    serve_at(s);
    dhcp_store_reserve(store, mac_from_u64(0x020000000077), ip("10.0.0.103"));
    boot();
    until(30);
    ck_assert_ptr_null(strstr(log_->str, "OFFER"));
}
END_TEST

static void forge(UdpSock *sock, const DhcpMessage *m, IpAddr server, uint32_t lease)
{
    uint8_t out[DHCP_DEFAULT_MAX];
    DhcpWriter w;

    dhcp_write(&w, m, out, DHCP_DEFAULT_MAX);
    dhcp_write_addrs(&w, DHCP_OPT_SERVER, &server, 1);
    dhcp_write_u32(&w, DHCP_OPT_LEASE, lease);
    udp_send(sock, (Span){ out, dhcp_write_end(&w) }, IP4_BROADCAST, DHCP_CLIENT_PORT);
}

/* One thing is wrong with each: the id, the station, who says it, its type, the lease, the address.
 * The last is right, and believed. */
START_TEST(ignores_what_is_not_for_it)
{
    NetError err;
    IpAddr server = ip("10.0.0.9");

    boot();
    until(0.5);
    UdpSock *sock = udp_open(stack_udp(o), IP4_ANY, DHCP_SERVER_PORT, &err);
    for (int wrong = 0; wrong < 8; wrong++) {
        DhcpMessage m = { .reply = wrong != 2, .xid = last_xid ^ (wrong == 0), .ciaddr = IP4_ANY,
                          .yiaddr = wrong == 6 ? ip("224.0.0.5") : ip("10.0.0.66"),
                          .siaddr = IP4_ANY, .giaddr = IP4_ANY,
                          .chaddr = wrong == 1 ? mac_from_u64(0x020000000077) : iface->mac,
                          .type = wrong == 3   ? DHCP_ACK
                                  : wrong == 4 ? DHCP_NAK
                                               : DHCP_OFFER };
        forge(sock, &m, server, wrong == 5 ? 0 : 100);
        until(1 + wrong * 0.1);
        ck_assert_int_eq(dhcp_client_state(client()),
                         wrong < 7 ? DHCP_SELECTING : DHCP_REQUESTING);
    }
    ck_assert_uint_eq(count("REQUEST wants 10.0.0.66 of 10.0.0.9"), 1);
    udp_close(sock);
}
END_TEST

/* RFC 2131 §3.1 (4), §4.4.5: a refusal counts from the server that was asked, and takes the address
 * away from who has it. */
START_TEST(a_refusal_takes_the_address_away)
{
    NetError err;

    bound();
    stack_crash(s);
    UdpSock *sock = udp_open(stack_udp(o), IP4_ANY, DHCP_SERVER_PORT, &err);
    DhcpMessage nak = { .reply = true, .xid = last_xid, .ciaddr = IP4_ANY, .yiaddr = IP4_ANY,
                        .siaddr = IP4_ANY, .giaddr = IP4_ANY, .chaddr = iface->mac,
                        .type = DHCP_NAK };
    forge(sock, &nak, ip("10.0.0.9"), 1);
    until(3000);
    has("10.0.0.100"); /* BOUND: nothing was asked */
    until(3200);
    ck_assert_int_eq(dhcp_client_state(client()), DHCP_REBINDING);
    nak.xid = last_xid;
    forge(sock, &nak, ip("10.0.0.9"), 1);
    until(3201);
    ck_assert(ip_is_none(iface->ip.addr));
    ck_assert_int_eq(dhcp_client_state(client()), DHCP_SELECTING);
    udp_close(sock);
}
END_TEST

Suite *dhcp_suite(void)
{
    Suite *suite = suite_create("dhcp");
    TCase *tc = tcase_create("dhcp");

    tcase_add_checked_fixture(tc, start, finish);
    tcase_add_test(tc, an_address_and_what_belongs_to_it);
    tcase_add_test(tc, with_the_flag_all_is_broadcast);
    tcase_add_test(tc, asks_whether_the_address_is_free);
    tcase_add_test(tc, declines_what_somebody_else_uses);
    tcase_add_test(tc, asks_again_later_and_later);
    tcase_add_test(tc, begins_anew_when_no_server_acknowledges);
    tcase_add_test(tc, renews_at_half_time_by_unicast);
    tcase_add_test(tc, rebinds_and_expires);
    tcase_add_test(tc, another_server_may_extend_it);
    tcase_add_test(tc, gives_it_back);
    tcase_add_test(tc, reboots_with_the_address_it_remembers);
    tcase_add_test(tc, a_refusal_on_reboot_begins_anew);
    tcase_add_test(tc, asks_for_the_rest_with_an_address_of_its_own);
    tcase_add_test(tc, no_lease_is_used_beyond_its_end);
    tcase_add_test(tc, what_ran_out_while_it_was_checked_is_not_taken);
    tcase_add_test(tc, the_first_interface_with_a_lease_says_what_the_host_uses);
    tcase_add_test(tc, a_reservation_is_for_its_mac);
    tcase_add_test(tc, a_reservation_comes_back_after_a_conflict);
    tcase_add_test(tc, the_client_may_ask_for_an_address_and_a_lease);
    tcase_add_test(tc, a_lease_for_ever);
    tcase_add_test(tc, pings_before_it_offers);
    tcase_add_test(tc, a_long_list_overloads_other_fields);
    tcase_add_test(tc, the_pool_is_finite);
    tcase_add_test(tc, ignores_what_is_not_for_it);
    tcase_add_test(tc, a_refusal_takes_the_address_away);
    suite_add_tcase(suite, tc);
    return suite;
}
