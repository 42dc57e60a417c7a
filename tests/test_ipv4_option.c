/*
 * test_ipv4_option.c - source routes, recorded routes and timestamps: bytes, and what hosts and
 * routers make of them. RFC 791 §3.1, RFC 1122 §3.2.1.8, RFC 1812 §5.2.4 and §5.3.13.
 */
/* SPDX-License-Identifier: MIT */
#include "support/net.h"

#include <check.h>
#include <string.h>

/* --- bytes ------------------------------------------------------------------------------------ */

static Ipv4Hdr header(const uint8_t *options, size_t n)
{
    Ipv4Hdr h = { .src = ip("10.0.1.2"), .dst = ip("10.0.1.1"), .ttl = 9, .proto = 99,
                  .options_len = (uint8_t)n };

    memcpy(h.options, options, n);
    return h;
}

/* Where each kind of mistake is pointed at, counted from the start of the header. */
static const struct {
    const char *what;
    uint8_t     options[40], len, wrong;
} mistakes[] = {
    { "a whole route", { 131, 7, 4, 1, 2, 3, 4, 0 }, 8, 0 },
    { "a route that is used up", { 131, 7, 8, 1, 2, 3, 4, 0 }, 8, 0 },
    { "a route of no address", { 131, 3, 4, 0 }, 4, 0 },
    { "a route without a pointer", { 131, 2, 1, 1 }, 4, 21 },
    { "a route that points at itself", { 137, 7, 3, 1, 2, 3, 4, 0 }, 8, 22 },
    { "less than an address is left", { 1, 131, 7, 5, 1, 2, 3, 4 }, 8, 23 },
    { "a second route", { 131, 3, 4, 137, 7, 4, 1, 2, 3, 4, 0, 0 }, 12, 23 },
    { "a full record", { 7, 7, 8, 1, 2, 3, 4, 0 }, 8, 0 },
    { "a record that points beyond all", { 7, 7, 255, 1, 2, 3, 4, 0 }, 8, 0 },
    { "a record with room for half an address", { 7, 5, 4, 0, 0, 0, 0, 0 }, 8, 22 },
    { "a record without a pointer", { 7, 2, 1, 1 }, 4, 21 },
    { "a second record", { 7, 3, 4, 7, 3, 4, 0, 0 }, 8, 23 },
    { "times", { 68, 8, 5, 0, 0, 0, 0, 0 }, 8, 0 },
    { "no times", { 68, 4, 5, 0 }, 4, 0 },
    { "times without a flag", { 68, 3, 5, 0 }, 4, 21 },
    { "times that point at their flag", { 68, 8, 4, 0, 0, 0, 0, 0 }, 8, 22 },
    { "an address without its time", { 68, 8, 5, 1, 0, 0, 0, 0 }, 8, 22 },
    { "a flag that nobody knows", { 68, 8, 5, 2, 0, 0, 0, 0 }, 8, 23 },
    { "times that no more can miss", { 68, 8, 9, 0xf0, 0, 0, 0, 0 }, 8, 23 },
    { "one more can", { 68, 8, 9, 0xe0, 0, 0, 0, 0 }, 8, 0 },
    { "those who are asked have all answered", { 68, 12, 13, 0xf3, 0, 0, 0, 0 }, 12, 0 },
    { "second times", { 68, 4, 5, 0, 68, 4, 5, 0 }, 8, 24 },
};

START_TEST(a_mistake_is_pointed_at)
{
    Ipv4Hdr h = header(mistakes[_i].options, mistakes[_i].len);
    Ipv4Found found;
    uint8_t place = ipv4_option_find(&h, &found);

    ck_assert_msg(place == mistakes[_i].wrong, "%s: %u", mistakes[_i].what, place);
}
END_TEST

START_TEST(a_route_is_written_as_rfc_1122_has_it)
{
    static const uint8_t wire[] = { 1, 131, 11, 4, 10, 0, 4, 1, 10, 0, 3, 2 };
    IpAddr hops[] = { ip("10.0.1.1"), ip("10.0.4.1") };
    IpOptions o = { .first = IP_NONE };

    ck_assert(ip_options_route(&o, false, hops, 2, ip("10.0.3.2")));
    ck_assert_uint_eq(o.len, sizeof wire);
    ck_assert_mem_eq(o.bytes, wire, sizeof wire);
    ck_assert(ip_equal(o.first, hops[0]));
    Ipv4Hdr h = header(o.bytes, o.len);
    ck_assert(ip_equal(ipv4_final_dst(&h), ip("10.0.3.2")));
}
END_TEST

START_TEST(there_is_room_for_forty_bytes)
{
    IpAddr hops[10];
    IpOptions o = { .first = IP_NONE };

    for (size_t i = 0; i < G_N_ELEMENTS(hops); i++)
        hops[i] = ip("10.0.0.1");
    ck_assert(!ip_options_route(&o, false, hops, 10, ip("10.0.0.2")));
    ck_assert_uint_eq(o.len, 0);
    ck_assert_uint_eq(ip_options_record_room(&o), 9);
    ck_assert_uint_eq(ip_options_stamp_room(&o, IPV4_STAMP_TIMES), 9);
    ck_assert_uint_eq(ip_options_stamp_room(&o, IPV4_STAMP_ADDRS), 4);
    ck_assert(ip_options_route(&o, true, hops, 9, ip("10.0.0.2")));
    ck_assert_uint_eq(o.len, 40);
    ck_assert_uint_eq(ip_options_record_room(&o), 0);
    ck_assert(!ip_options_record(&o, 1));
}
END_TEST

static const struct {
    const char *what;
    uint8_t     options[16], len;
    const char *first; /* NULL: there is no way back */
    uint8_t     back[12], back_len;
} ways[] = {
    { "two routers", { 131, 11, 12, 10, 0, 4, 1, 10, 0, 3, 1, 0 }, 12, "10.0.3.1",
      { 1, 131, 11, 4, 10, 0, 4, 1, 10, 0, 1, 2 }, 12 },
    { "strict", { 137, 7, 8, 10, 0, 3, 1, 0 }, 8, "10.0.3.1", { 1, 137, 7, 4, 10, 0, 1, 2 }, 8 },
    { "half of it", { 131, 11, 8, 10, 0, 4, 1, 10, 0, 3, 1, 0 }, 12, "10.0.4.1",
      { 1, 131, 7, 4, 10, 0, 1, 2 }, 8 },
    { "with its start, wrongly", { 131, 11, 12, 10, 0, 1, 2, 10, 0, 3, 1, 0 }, 12, "10.0.3.1",
      { 1, 131, 7, 4, 10, 0, 1, 2 }, 8 },
    { "nothing but its start", { 131, 7, 8, 10, 0, 1, 2, 0 }, 8, NULL, { 0 }, 0 },
    { "not begun", { 131, 7, 4, 10, 0, 1, 2, 0 }, 8, NULL, { 0 }, 0 },
    { "empty", { 131, 3, 4, 0 }, 4, NULL, { 0 }, 0 },
    { "a pointer beyond all", { 131, 7, 200, 10, 0, 3, 1, 0 }, 8, "10.0.3.1",
      { 1, 131, 7, 4, 10, 0, 1, 2 }, 8 },
    { "only a record", { 7, 7, 8, 10, 0, 3, 1, 0 }, 8, NULL, { 0 }, 0 },
};

START_TEST(the_way_back_is_the_way_it_came)
{
    IpOptions o = { .first = IP_NONE };
    bool any = ip_options_reverse(&o, (Span){ ways[_i].options, ways[_i].len }, ip("10.0.1.2"));

    ck_assert_msg(any == (ways[_i].first != NULL), "%s", ways[_i].what);
    ck_assert_uint_eq(o.len, ways[_i].back_len);
    ck_assert_mem_eq(o.bytes, ways[_i].back, o.len);
    if (any)
        ck_assert(ip_equal(o.first, ip(ways[_i].first)));
}
END_TEST

/* --- a world: a - r - s - b, and r has a second way to b's side by t -------------------------- */

static Net *net;
static Stack *a, *r, *s, *t, *b;

/* a 10.0.1.2; r 10.0.1.1, 10.0.2.1, 10.0.4.1; s 10.0.2.2, 10.0.3.1; t 10.0.4.2, 10.0.5.1; s also
 * 10.0.5.2; b 10.0.3.2. Routes go by s. */
static void build(const StackConfig *host, const StackConfig *router)
{
    net = net_new(1);
    a = net_host(net, "a", host);
    r = net_router(net, "r", router);
    s = net_router(net, "s", NULL);
    t = net_router(net, "t", NULL);
    b = net_host(net, "b", host);
    net_link(net, a->node, "10.0.1.2/24", r->node, "10.0.1.1/24", 10 * MSEC);
    net_link(net, r->node, "10.0.2.1/24", s->node, "10.0.2.2/24", 10 * MSEC);
    net_link(net, s->node, "10.0.3.1/24", b->node, "10.0.3.2/24", 10 * MSEC);
    net_link(net, r->node, "10.0.4.1/24", t->node, "10.0.4.2/24", 10 * MSEC);
    net_link(net, t->node, "10.0.5.1/24", s->node, "10.0.5.2/24", 10 * MSEC);
    net_route(a, "0.0.0.0/0", "10.0.1.1");
    net_route(b, "0.0.0.0/0", "10.0.3.1");
    net_route(r, "0.0.0.0/0", "10.0.2.2");
    net_route(s, "0.0.0.0/0", "10.0.2.1");
    net_route(t, "10.0.3.0/24", "10.0.5.2");
    net_route(t, "10.0.1.0/24", "10.0.4.1");
    net_warm(net);
}

static void setup(void)
{
    build(NULL, NULL);
}

static void teardown(void)
{
    net_free(net);
}

static void send_with(Stack *from, const char *dst, const IpOptions *o, size_t size, bool df)
{
    Packet *pkt = packet_new(net->sim, size, SENT_RAW);
    IpSend how = { .dst = ip(dst), .proto = 99, .options = o, .df = df };

    memset(pkt->data, 0, size);
    DropReason why = ip_output(from, &how, pkt);
    if (why != DROP_NONE)
        packet_drop(pkt, from->node, NULL, why);
}

static IpOptions by(bool strict, const char *first, const char *second, const char *dst)
{
    IpAddr hops[2] = { ip(first), second != NULL ? ip(second) : IP_NONE };
    IpOptions o = { .first = IP_NONE };

    ck_assert(ip_options_route(&o, strict, hops, second != NULL ? 2 : 1, ip(dst)));
    return o;
}

/* RFC 791: at each address of the route the next takes its place, and the router's own, of the way
 * on, stands in the route. r's route to b does not go by t, the datagram does. */
START_TEST(a_loose_route_leads_a_datagram)
{
    IpOptions o = by(false, "10.0.1.1", "10.0.4.2", "10.0.3.2");

    send_with(a, "10.0.3.2", &o, 8, false);
    net_run_until(net, 35 * MSEC);
    ck_assert_str_eq(net_wire(net),
        "0.000 a>r 10.0.1.2 > 10.0.1.1 proto 99 len 8 lsrr[^ 10.0.4.2 10.0.3.2]\n"
        "0.010 r>t 10.0.1.2 > 10.0.4.2 proto 99 len 8 lsrr[10.0.4.1 ^ 10.0.3.2]\n"
        "0.020 t>s 10.0.1.2 > 10.0.3.2 proto 99 len 8 lsrr[10.0.4.1 10.0.5.1 ^]\n"
        "0.030 s>b 10.0.1.2 > 10.0.3.2 proto 99 len 8 lsrr[10.0.4.1 10.0.5.1 ^]\n");
    net_run(net);
}
END_TEST

/* RFC 1812 §4.3.2.6: the error goes back as the datagram came. */
START_TEST(an_error_takes_the_route_back)
{
    IpOptions o = by(false, "10.0.1.1", "10.0.4.2", "10.0.3.2");

    send_with(a, "10.0.3.2", &o, 8, false);
    net_run_until(net, 39 * MSEC);
    net_clear(net);
    net_run(net);
    ck_assert_str_eq(net_wire(net),
        "0.040 b>s 10.0.3.2 > 10.0.5.1 icmp 3/2 len 48 lsrr[^ 10.0.4.1 10.0.1.2]\n"
        "0.050 s>t 10.0.3.2 > 10.0.5.1 icmp 3/2 len 48 lsrr[^ 10.0.4.1 10.0.1.2]\n"
        "0.060 t>r 10.0.3.2 > 10.0.4.1 icmp 3/2 len 48 lsrr[10.0.4.2 ^ 10.0.1.2]\n"
        "0.070 r>a 10.0.3.2 > 10.0.1.2 icmp 3/2 len 48 lsrr[10.0.4.2 10.0.1.1 ^]\n");
}
END_TEST

/* RFC 1812 §5.2.4.3: the next address must be on a network of the router's own. */
START_TEST(a_strict_route_leaves_no_gaps)
{
    IpOptions whole = by(true, "10.0.1.1", "10.0.2.2", "10.0.3.2");
    IpOptions gap = by(true, "10.0.1.1", NULL, "10.0.3.2");

    send_with(a, "10.0.3.2", &whole, 8, false);
    net_run_until(net, 25 * MSEC);
    ck_assert_uint_eq(net_count(net, "s>b 10.0.1.2 > 10.0.3.2 proto 99 len 8 "
                                     "ssrr[10.0.2.1 10.0.3.1 ^]"), 1);
    net_run(net);
    net_clear(net);
    send_with(a, "10.0.3.2", &gap, 8, false);
    net_run(net);
    ck_assert_uint_eq(net_count(net, "r>a 10.0.1.1 > 10.0.1.2 icmp 3/5 len 44"), 1);
    ck_assert_str_eq(net_drops(net), "r ip.route-failed\n");
}
END_TEST

/* RFC 1812 §5.2.2: who is not named in a strict route should never see it; the pointer is at the
 * destination. */
START_TEST(a_strict_route_goes_through_nobody_else)
{
    IpOptions o = by(true, "10.0.2.2", NULL, "10.0.3.2");

    send_with(a, "10.0.3.2", &o, 8, false);
    net_run(net);
    ck_assert_uint_eq(net_count(net, "r>a 10.0.1.1 > 10.0.1.2 icmp 12/0 at 16 "), 1);
    ck_assert_uint_eq(net_count(net, "r>s"), 0);
}
END_TEST

/* What keeps it from going on is told as the datagram came to that router: RFC 1122 §3.2.2. */
static const struct {
    const char *what, *next;
    size_t      size;
    uint8_t     ttl;
    bool        df;
    const char *answer, *drop;
} ends[] = {
    { "no time", "10.0.4.2", 8, 1, false, "icmp 11/0 len ", "r ip.ttl\n" },
    { "no route", "10.9.0.1", 8, 9, false, "icmp 3/5 len ", "r ip.route-failed\n" },
    { "nobody there", "10.0.4.77", 8, 9, false, "icmp 3/5 len ", "r arp.unresolved\n" },
    { "too large", "10.0.6.2", 1400, 9, true, "icmp 3/4 mtu 1000 len ", "r ip.df\n" },
    { "to all", "10.0.4.255", 8, 9, false, NULL, "r ip.no-forward\n" },
    { "to a group", "224.0.0.9", 8, 9, false, NULL, "r ip.no-forward\n" },
    { "into a black hole", "10.8.0.1", 8, 9, false, NULL, "r ip.blackhole\n" },
};

START_TEST(a_route_may_end_early)
{
    LinkConfig narrow = link_defaults;
    narrow.mtu = 1000;
    net_link_with(net, r->node, "10.0.6.1/24", net_host(net, "u", NULL)->node, "10.0.6.2/24",
                  &narrow);
    net_warm(net);
    net_route(r, "0.0.0.0/0", NULL);
    ipv4_route_add(r->ipv4, &(Route){ .prefix = { ip("10.8.0.0"), 16 }, .kind = ROUTE_BLACKHOLE });
    IpOptions o = by(false, "10.0.1.1", ends[_i].next, "10.0.3.2");
    Packet *pkt = packet_new(net->sim, ends[_i].size, SENT_RAW);
    IpSend how = { .dst = ip("10.0.3.2"), .proto = 99, .options = &o, .ttl = ends[_i].ttl,
                   .df = ends[_i].df };
    memset(pkt->data, 0, pkt->len);
    ck_assert_int_eq(ip_output(a, &how, pkt), DROP_NONE);
    net_run(net);
    g_autofree char *answer = g_strconcat("r>a 10.0.1.1 > 10.0.1.2 ", ends[_i].answer, NULL);
    ck_assert_uint_eq(net_count(net, answer), ends[_i].answer != NULL);
    ck_assert_msg(g_str_has_prefix(net_drops(net), ends[_i].drop), "%s: %s", ends[_i].what,
                  net_drops(net));
}
END_TEST

/* RFC 1191: of the path to where the datagram ends, not to its first stop. */
START_TEST(a_narrow_path_is_that_to_the_end)
{
    LinkConfig narrow = link_defaults;
    narrow.mtu = 1000;
    net_link_with(net, t->node, "10.0.7.1/24", net_host(net, "u", NULL)->node, "10.0.7.2/24",
                  &narrow);
    net_warm(net);
    IpOptions o = by(false, "10.0.1.1", "10.0.4.2", "10.0.7.2");
    send_with(a, "10.0.7.2", &o, 1400, true);
    net_run(net);
    ck_assert_uint_eq(net_count(net, "r>a 10.0.4.2 > 10.0.1.2 icmp 3/4 mtu 1000"), 1);
    ck_assert_uint_eq(ip_mtu(a, ip("10.0.7.2"), &o), 968);
    ck_assert_uint_eq(ip_mtu(a, ip("10.0.7.2"), NULL), 980);
    ck_assert_uint_eq(ip_mtu(a, ip("10.0.1.1"), NULL), 1480);
}
END_TEST

/* An address of the same router, again: it is gone to without a wire. */
START_TEST(a_route_may_name_a_router_twice)
{
    IpOptions o = by(false, "10.0.1.1", "10.0.4.1", "10.0.3.2");
    IpOptions end = by(false, "10.0.1.1", "10.0.2.1", "10.0.4.1");

    send_with(a, "10.0.3.2", &o, 8, false);
    send_with(a, "10.0.4.1", &end, 8, false);
    net_run_until(net, 15 * MSEC);
    ck_assert_uint_eq(net_count(net, "r>s 10.0.1.2 > 10.0.3.2 proto 99 len 8 "
                                     "lsrr[10.0.4.1 10.0.2.1 ^]"), 1);
    ck_assert_str_eq(net_drops(net), "r ip.protocol\n"); /* delivered, where nobody wants it */
    net_run(net);
}
END_TEST

/* --- who lets them pass ----------------------------------------------------------------------- */

static const struct {
    const char     *what;
    Ipv4SourceRoute host, router;
    const char     *hop, *dst, *drops;
} policies[] = {
    { "a host's own wire", IPV4_ROUTE_RFC, IPV4_ROUTE_RFC, "10.0.3.2", "10.0.3.1", "s ip.protocol\n" },
    { "not from wire to wire", IPV4_ROUTE_RFC, IPV4_ROUTE_RFC, "10.0.3.2", "10.0.8.2",
      "b ip.route-failed\n" },
    { "unless it is allowed", IPV4_ROUTE_FORWARD, IPV4_ROUTE_RFC, "10.0.3.2", "10.0.8.2",
      "v ip.protocol\n" },
    { "a host that takes none", IPV4_ROUTE_DROP, IPV4_ROUTE_RFC, "10.0.3.1", "10.0.3.2",
      "b ip.source-route\n" },
    { "a router that passes none", IPV4_ROUTE_RFC, IPV4_ROUTE_DROP, "10.0.2.2", "10.0.3.2",
      "r ip.source-route\n" },
};

START_TEST(who_follows_a_route_is_a_knob)
{
    StackConfig host = stack_config_default(), router = host;
    host.ipv4.source_route = policies[_i].host;
    router.ipv4.source_route = policies[_i].router;
    build(&host, &router);
    net_link(net, b->node, "10.0.8.1/24", net_host(net, "v", NULL)->node, "10.0.8.2/24", MSEC);
    net_warm(net);
    IpOptions o = by(false, policies[_i].hop, NULL, policies[_i].dst);
    send_with(a, policies[_i].dst, &o, 8, false);
    net_run(net);
    ck_assert_msg(g_str_has_prefix(net_drops(net), policies[_i].drops), "%s: %s", policies[_i].what,
                  net_drops(net));
    net_free(net);
}
END_TEST

/* A route that begins at home goes nowhere from a host, and does from a router. */
START_TEST(a_route_may_begin_at_home)
{
    IpOptions o = by(false, "10.0.1.2", NULL, "10.0.3.2");
    IpOptions from_r = by(false, "10.0.4.1", NULL, "10.0.3.2");

    send_with(a, "10.0.3.2", &o, 8, false);
    net_run(net);
    ck_assert_str_eq(net_drops(net), "a ip.route-failed\n");
    net_clear(net);
    send_with(r, "10.0.3.2", &from_r, 8, false);
    net_run(net);
    ck_assert_uint_eq(net_count(net, "s>b 10.0.4.1 > 10.0.3.2 proto 99 len 8 lsrr[10.0.2.1 ^]"), 1);
}
END_TEST

/* --- recorded routes and timestamps ----------------------------------------------------------- */

/* RFC 791: who routes it puts the address in that it leaves by; when there is no room, none. */
START_TEST(a_route_is_recorded_while_there_is_room)
{
    IpOptions o = { .first = IP_NONE };

    ck_assert(ip_options_record(&o, 2));
    send_with(a, "10.0.3.2", &o, 8, false);
    net_run_until(net, 25 * MSEC);
    ck_assert_str_eq(net_wire(net),
        "0.000 a>r 10.0.1.2 > 10.0.3.2 proto 99 len 8 rr[10.0.1.2 ^ +1]\n"
        "0.010 r>s 10.0.1.2 > 10.0.3.2 proto 99 len 8 rr[10.0.1.2 10.0.2.1 ^]\n"
        "0.020 s>b 10.0.1.2 > 10.0.3.2 proto 99 len 8 rr[10.0.1.2 10.0.2.1 ^]\n");
    net_run(net);
}
END_TEST

static const struct {
    Ipv4Stamp   what;
    size_t      places;
    const char *asked[2];
    const char *at_b; /* on the last wire */
} stamps[] = {
    { IPV4_STAMP_TIMES, 4, { NULL, NULL }, " ts[1000 1010 1020 ^ +1]" },
    { IPV4_STAMP_TIMES, 1, { NULL, NULL }, " ts[1000 ^ over 2]" },
    { IPV4_STAMP_ADDRS, 3, { NULL, NULL }, " ts[10.0.1.2@1000 10.0.2.1@1010 10.0.3.1@1020 ^]" },
    { IPV4_STAMP_GIVEN, 2, { "10.0.4.1", "10.0.9.9" }, " ts[10.0.4.1@1010 ^ +1]" },
    { IPV4_STAMP_GIVEN, 2, { "10.0.1.2", "10.0.3.1" }, " ts[10.0.1.2@1000 10.0.3.1@1020 ^]" },
    { IPV4_STAMP_GIVEN, 1, { "10.0.9.9", NULL }, " ts[^ +1]" },
};

static void nothing(void *owner)
{
    (void)owner;
}

/* Milliseconds since midnight, and whoever finds no room counts: a day and a second have passed. */
START_TEST(times_are_stamped_while_there_is_room)
{
    IpAddr asked[2] = { IP_NONE, IP_NONE };
    Timer day;
    IpOptions o = { .first = IP_NONE };

    for (size_t i = 0; i < 2 && stamps[_i].asked[i] != NULL; i++)
        asked[i] = ip(stamps[_i].asked[i]);
    ck_assert(ip_options_stamp(&o, stamps[_i].what, asked, stamps[_i].places));
    timer_init(&day, &net->sim->sched, nothing, NULL);
    timer_set(&day, 24 * HOUR + SEC);
    net_run(net);
    send_with(a, "10.0.3.2", &o, 8, false);
    net_run_until(net, 24 * HOUR + SEC + 25 * MSEC);
    g_autofree char *line = g_strconcat("s>b 10.0.1.2 > 10.0.3.2 proto 99 len 8", stamps[_i].at_b,
                                        NULL);
    ck_assert_msg(net_count(net, line) == 1, "%s", net_wire(net));
    net_run(net);
}
END_TEST

/* RFC 791: the fifteenth who finds no room can still be counted; the next one's router refuses. */
START_TEST(the_count_of_who_found_no_room_ends_at_fifteen)
{
    static const uint8_t nearly[] = { 68, 8, 9, 0xe0, 0, 0, 0, 0 };
    IpOptions o = { .first = IP_NONE, .len = sizeof nearly };

    memcpy(o.bytes, nearly, sizeof nearly);
    send_with(a, "10.0.3.2", &o, 8, false);
    net_run(net);
    ck_assert_uint_eq(net_count(net, "r>a 10.0.1.1 > 10.0.1.2 icmp 12/0 at 23 "), 1);
}
END_TEST

static PingReply last;
static uint8_t last_options[IPV4_OPTIONS_MAX];

static void on_reply(void *self, const PingReply *reply)
{
    (void)self;
    last = *reply;
    memcpy(last_options, reply->options.p, reply->options.n);
}

static void ping_with(const char *dst, const IpOptions *o, size_t size)
{
    Ping *p = icmp_ping_open(a->icmp, on_reply, NULL);

    last = (PingReply){ 0 };
    icmp_ping_send(p, ip(dst), 1, size, 0, false, o);
    net_run(net);
    icmp_ping_close(p);
    ck_assert_uint_eq(last.seq, 1);
    ck_assert_ptr_null(last.err);
}

/* RFC 1122 §3.2.2.6: "the recorded route will be for the entire round trip". */
START_TEST(an_echo_records_the_whole_round_trip)
{
    IpOptions o = { .first = IP_NONE };

    ck_assert(ip_options_record(&o, 9));
    ping_with("10.0.3.2", &o, 56);
    ck_assert_uint_eq(net_count(net, "r>a 10.0.3.2 > 10.0.1.2 icmp echo-reply id 1 seq 1 len 56 "
        "rr[10.0.1.2 10.0.2.1 10.0.3.1 10.0.3.2 10.0.2.2 10.0.1.1 ^ +3]"), 1);
    ck_assert_uint_eq(last.options.n, 40);
    ck_assert_uint_eq(get32(last_options + 4 + 5 * 4), ip_to_v4(ip("10.0.1.1")));
}
END_TEST

/* RFC 1122 §3.2.1.8 (e): also where it ends, and where the reply begins. */
START_TEST(an_echo_is_stamped_where_it_turns)
{
    IpOptions o = { .first = IP_NONE };

    ck_assert(ip_options_stamp(&o, IPV4_STAMP_TIMES, NULL, 9));
    ping_with("10.0.3.2", &o, 56);
    ck_assert_uint_eq(net_count(net, "ts[0 10 20 30 30 40 50 ^ +2]"), 1);
    static const uint32_t times[] = { 0, 10, 20, 30, 30, 40, 50, 60, 0 };
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++)
        ck_assert_uint_eq(get32(last_options + 4 + 4 * i), times[i]);
}
END_TEST

/* RFC 1122 §3.2.2.6: the reply to a source-routed echo takes the way back. */
START_TEST(an_echo_goes_back_the_way_it_came)
{
    IpOptions o = by(false, "10.0.1.1", "10.0.4.2", "10.0.3.2");

    ck_assert(ip_options_record(&o, 6));
    ping_with("10.0.3.2", &o, 56);
    ck_assert_uint_eq(net_count(net, "t>r 10.0.3.2 > 10.0.4.1 icmp echo-reply"), 1);
    ck_assert_uint_eq(net_count(net, "r>a 10.0.3.2 > 10.0.1.2 icmp echo-reply id 1 seq 1 len 56 "
        "lsrr[10.0.4.2 10.0.1.1 ^] rr[10.0.1.2 10.0.4.1 10.0.5.1 10.0.3.1 10.0.3.2 10.0.5.2 ^]"), 1);
}
END_TEST

/* RFC 791 §3.1: only what has the copied flag is in every fragment; all of it is in the whole. */
START_TEST(fragments_have_the_route_and_the_first_the_rest)
{
    IpOptions o = by(false, "10.0.1.1", "10.0.4.2", "10.0.3.2");

    ck_assert(ip_options_stamp(&o, IPV4_STAMP_TIMES, NULL, 6));
    ping_with("10.0.3.2", &o, 2000);
    ck_assert_uint_eq(net_count(net, "at 0+ len 1440 lsrr[10.0.4.1 10.0.5.1 ^] ts[0 10 20 30 ^ +2]"),
                      1);
    ck_assert_uint_eq(net_count(net, "at 1440 len 568 lsrr[10.0.4.1 10.0.5.1 ^]\n"), 0);
    ck_assert_uint_eq(net_count(net, "at 1440 len 568 lsrr[10.0.4.1 10.0.5.1 ^]"), 2);
    ck_assert_uint_eq(net_count(net, "at 0+ len 1440 lsrr[^ 10.0.4.1 10.0.1.2] ts[0 10 20 30 40 40 ^]"),
                      1);
    ck_assert_uint_eq(net_count(net, "ts[0 10 20 30 40 40 ^ over 3]"), 1);
    ck_assert_uint_eq(last.size, 2000);
}
END_TEST

Suite *ipv4_option_suite(void);
Suite *ipv4_option_suite(void)
{
    Suite *suite = suite_create("ipv4_option");
    TCase *tc = tcase_create("bytes");
    tcase_add_loop_test(tc, a_mistake_is_pointed_at, 0, G_N_ELEMENTS(mistakes));
    tcase_add_test(tc, a_route_is_written_as_rfc_1122_has_it);
    tcase_add_test(tc, there_is_room_for_forty_bytes);
    tcase_add_loop_test(tc, the_way_back_is_the_way_it_came, 0, G_N_ELEMENTS(ways));
    suite_add_tcase(suite, tc);
    tc = tcase_create("routers");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_loose_route_leads_a_datagram);
    tcase_add_test(tc, an_error_takes_the_route_back);
    tcase_add_test(tc, a_strict_route_leaves_no_gaps);
    tcase_add_test(tc, a_strict_route_goes_through_nobody_else);
    tcase_add_loop_test(tc, a_route_may_end_early, 0, G_N_ELEMENTS(ends));
    tcase_add_test(tc, a_narrow_path_is_that_to_the_end);
    tcase_add_test(tc, a_route_may_name_a_router_twice);
    tcase_add_test(tc, a_route_may_begin_at_home);
    suite_add_tcase(suite, tc);
    tc = tcase_create("knob");
    tcase_add_loop_test(tc, who_follows_a_route_is_a_knob, 0, G_N_ELEMENTS(policies));
    suite_add_tcase(suite, tc);
    tc = tcase_create("records");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_route_is_recorded_while_there_is_room);
    tcase_add_loop_test(tc, times_are_stamped_while_there_is_room, 0, G_N_ELEMENTS(stamps));
    tcase_add_test(tc, the_count_of_who_found_no_room_ends_at_fifteen);
    tcase_add_test(tc, an_echo_records_the_whole_round_trip);
    tcase_add_test(tc, an_echo_is_stamped_where_it_turns);
    tcase_add_test(tc, an_echo_goes_back_the_way_it_came);
    tcase_add_test(tc, fragments_have_the_route_and_the_first_the_rest);
    suite_add_tcase(suite, tc);
    return suite;
}
