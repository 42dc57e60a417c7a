/*
 * test_ipv4.c - what IPv4 takes, refuses, passes on and sends.
 */
/* SPDX-License-Identifier: MIT */
#include "support/net.h"

#include "protocols/wire/checksum.h"

#include <check.h>
#include <string.h>

/* a - r - b, warm; a is 10.0.1.2, b is 10.0.2.2, r is .1 on both. */
static Net *net;
static Stack *a, *r, *b;

static void setup(void)
{
    net = net_new(1);
    a = net_host(net, "a", NULL);
    r = net_router(net, "r", NULL);
    b = net_host(net, "b", NULL);
    net_link(net, a->node, "10.0.1.2/24", r->node, "10.0.1.1/24", 10 * MSEC);
    net_link(net, r->node, "10.0.2.1/24", b->node, "10.0.2.2/24", 10 * MSEC);
    net_route(a, "0.0.0.0/0", "10.0.1.1");
    net_route(b, "0.0.0.0/0", "10.0.2.1");
    net_warm(net);
}

static void teardown(void)
{
    net_free(net);
}

/* A good datagram from r to a, changed in one place, its header checksum put right or not. */
static void inject_changed(size_t at, uint8_t value, bool fix_sum, size_t cut_to)
{
    uint8_t frame[ETH_HDR_LEN + 28] = { 0 }, *header = frame + ETH_HDR_LEN;
    Iface *from = net_iface(r, 0), *to = net_iface(a, 0);
    Ipv4Hdr h = { .src = from->ip.addr, .dst = to->ip.addr, .ttl = 64, .proto = 99,
                  .total_len = 28 };

    eth_encode(&(EthHdr){ to->mac, from->mac, ETHERTYPE_IPV4 }, frame);
    ipv4_encode(&h, header);
    header[at] = value;
    if (fix_sum) {
        put16(header + 10, 0);
        put16(header + 10, sum_fold(sum_add(0, (Span){ header, IPV4_HDR_LEN })));
    }
    net_inject(from->port, (Span){ frame, ETH_HDR_LEN + cut_to });
    net_run(net);
}

static const struct {
    const char *what;
    size_t      at, cut_to;
    uint8_t     value;
    bool        fix_sum;
    const char *drop;
} wrong[] = {
    { "shorter than a header", 0, 19, 0x45, true, "a ip.short\n" },
    { "version 6", 0, 28, 0x65, true, "a ip.version\n" },
    { "header of 16 bytes", 0, 28, 0x44, true, "a ip.header-len\n" },
    { "total length beyond the frame", 3, 28, 29, true, "a ip.length\n" },
    { "total length below the header", 3, 28, 19, true, "a ip.length\n" },
    { "one flipped bit", 8, 28, 65, false, "a ip.checksum\n" },
    { "source is a multicast address", 12, 28, 224, true, "a ip.bad-source\n" },
    { "source is loopback", 12, 28, 127, true, "a ip.bad-source\n" },
    { "source is of class E", 12, 28, 240, true, "a ip.bad-source\n" },
    { "source is the subnet's broadcast", 15, 28, 255, true, "a ip.bad-source\n" },
    { "for somebody else", 19, 28, 77, true, "a ip.not-mine\n" },
    { "for a multicast group", 16, 28, 230, true, "a ip.not-mine\n" },
    { "for loopback", 16, 28, 127, true, "a ip.not-mine\n" },
};

START_TEST(rejects_the_malformed_and_what_is_not_its_own)
{
    inject_changed(wrong[_i].at, wrong[_i].value, wrong[_i].fix_sum, wrong[_i].cut_to);
    ck_assert_msg(strcmp(net_drops(net), wrong[_i].drop) == 0, "%s: %s", wrong[_i].what,
                  net_drops(net));
    ck_assert_uint_eq(net_count(net, "a>r"), 0);
}
END_TEST

static const struct {
    const char *what;
    uint8_t     options[8], len;
    bool        good;
    unsigned    place; /* the parameter problem's pointer */
} options[] = {
    { "NOPs and end", { 1, 1, 0, 0xff }, 4, true, 0 },
    { "router alert", { 148, 4, 0, 0 }, 4, true, 0 },
    { "unknown but whole", { 0x5e, 6, 1, 2, 3, 4, 0, 0 }, 8, true, 0 },
    { "length 0", { 1, 7, 0, 0 }, 4, false, 21 },
    { "length 1", { 7, 1, 0, 0 }, 4, false, 20 },
    { "longer than the header", { 7, 5, 0, 0 }, 4, false, 20 },
    { "its length is missing", { 1, 1, 1, 7 }, 4, false, 23 },
};

START_TEST(options_are_passed_over_if_they_are_whole)
{
    Ipv4Hdr h = { .src = ip("10.0.1.1"), .dst = ip("10.0.1.2"), .ttl = 64,
                  .proto = IPPROTO_UDP4, .options_len = options[_i].len };

    memcpy(h.options, options[_i].options, options[_i].len);
    net_inject_ip(net_iface(r, 0), net_iface(a, 0), &h, (Span){ h.options, 7 });
    net_run_until(net, 15 * MSEC);
    const char *expected = options[_i].good ? "a udp.short\n" : "a ip.bad-options\n";
    ck_assert_msg(strcmp(net_drops(net), expected) == 0, "%s: %s", options[_i].what,
                  net_drops(net));
    char problem[32];
    g_snprintf(problem, sizeof problem, "icmp 12/0 at %u len", options[_i].place);
    ck_assert_uint_eq(net_count(net, problem), options[_i].good ? 0 : 1);
    net_run(net);
}
END_TEST

START_TEST(padding_of_short_frames_is_cut_off)
{
    uint8_t data[30] = { 0 };
    UdpHdr u = { .src_port = 9, .dst_port = 9, .length = 8 };
    Ipv4Hdr h = { .src = ip("10.0.1.1"), .dst = ip("10.0.1.2"), .ttl = 64,
                  .proto = IPPROTO_UDP4, .total_len = 28 };

    udp_encode(&u, data);
    net_inject_ip(net_iface(r, 0), net_iface(a, 0), &h, (Span){ data, sizeof data });
    net_run(net);
    /* 28 quoted bytes and the ICMP header: the padding is not among them. */
    ck_assert_uint_eq(net_count(net, "icmp 3/3 len 36"), 1);
}
END_TEST

static uint8_t seen_ttl;

static void see_ttl(void *self, const TraceEvent *ev)
{
    Ipv4Hdr h;
    Span frame = packet_frame(ev->pkt);

    (void)self;
    if (ev->point == &LINK_DELIVERED && ev->node == b->node &&
        ipv4_decode(&h, (Span){ frame.p + ETH_HDR_LEN, frame.n - ETH_HDR_LEN }) == DROP_NONE)
        seen_ttl = h.ttl;
}

/* Every value of the checksum field must survive the incremental update. */
START_TEST(a_router_counts_the_ttl_down_and_keeps_the_checksum_right)
{
    trace_add_sink(&net->sim->trace, TRACE_LINK, see_ttl, &seen_ttl);
    for (uint32_t id = 0; id < 65536; id += 97) {
        Ipv4Hdr h = { .src = ip("10.0.1.2"), .dst = ip("10.0.2.2"), .ttl = (uint8_t)(2 + id % 250),
                      .proto = 99, .id = (uint16_t)id };
        seen_ttl = 0;
        net_inject_ip(net_iface(a, 0), net_iface(r, 0), &h, (Span){ h.options, 0 });
        net_run(net);
        ck_assert_uint_eq(seen_ttl, h.ttl - 1u);
    }
    ck_assert_uint_eq(b->node->drops[DROP_IP_CHECKSUM], 0);
    trace_remove_sink(&net->sim->trace, &seen_ttl);
}
END_TEST

static const struct {
    const char *what, *src, *dst;
    bool        to_all;
    uint8_t     ttl;
    const char *drop;
} stay[] = {
    { "multicast", "10.0.1.2", "230.1.1.1", false, 9, "r ip.no-forward\n" },
    { "loopback", "10.0.1.2", "127.0.0.1", false, 9, "r ip.no-forward\n" },
    { "class E", "10.0.1.2", "240.0.0.1", false, 9, "r ip.no-forward\n" },
    { "this network", "10.0.1.2", "0.0.0.1", false, 9, "r ip.no-forward\n" },
    { "from nowhere", "0.0.0.0", "10.0.2.2", false, 9, "r ip.bad-source\n" },
    { "broadcast by Ethernet", "10.0.1.2", "10.0.2.2", true, 9, "r ip.no-forward\n" },
    { "the next subnet's broadcast", "10.0.1.2", "10.0.2.255", false, 9, "r ip.protocol\n" },
    { "its time over", "10.0.1.2", "10.0.2.2", false, 1, "r ip.ttl\n" },
    { "its time long over", "10.0.1.2", "10.0.2.2", false, 0, "r ip.ttl\n" },
};

START_TEST(a_router_does_not_forward)
{
    Ipv4Hdr h = { .src = ip(stay[_i].src), .dst = ip(stay[_i].dst), .ttl = stay[_i].ttl,
                  .proto = 99 };

    net_inject_ip(net_iface(a, 0), stay[_i].to_all ? NULL : net_iface(r, 0), &h,
                  (Span){ h.options, 8 });
    net_run_until(net, 15 * MSEC);
    ck_assert_msg(strcmp(net_drops(net), stay[_i].drop) == 0, "%s: %s", stay[_i].what,
                  net_drops(net));
    ck_assert_uint_eq(net_count(net, "r>b"), 0);
    net_run(net);
}
END_TEST

/* --- the way that the datagram before went ---------------------------------------------------- */

static void send_through(const char *src, const char *dst)
{
    Ipv4Hdr h = { .src = ip(src), .dst = ip(dst), .ttl = 9, .proto = 99 };

    net_clear(net);
    net_inject_ip(net_iface(a, 0), net_iface(r, 0), &h, (Span){ h.options, 8 });
    net_run(net);
}

static const struct {
    const char *what;
    size_t      at, cut_to; /* of the datagram of 28 bytes */
    uint8_t     value;
    bool        fix_sum;
    const char *drop;
} later[] = {
    { "its time over", 8, 28, 1, true, "r ip.ttl\n" },
    { "its time long over", 8, 28, 0, true, "r ip.ttl\n" },
    { "one flipped bit", 8, 28, 65, false, "r ip.checksum\n" },
    { "total length beyond the frame", 3, 28, 29, true, "r ip.length\n" },
    { "total length below the header", 3, 28, 19, true, "r ip.length\n" },
    { "shorter than a header", 8, 19, 64, true, "r ip.short\n" },
    { "version 6", 0, 28, 0x65, true, "r ip.version\n" },
    { "a bad option", 0, 28, 0x46, true, "r ip.bad-options\na icmp.short\n" },
};

START_TEST(one_like_it_has_been_passed_on_and_this_one_is_wrong)
{
    uint8_t frame[ETH_HDR_LEN + 28] = { 0 }, *header = frame + ETH_HDR_LEN;
    Iface *from = net_iface(a, 0), *to = net_iface(r, 0);
    Ipv4Hdr h = { .src = ip("10.0.1.2"), .dst = ip("10.0.2.2"), .ttl = 64, .proto = 99,
                  .total_len = 28 };

    send_through("10.0.1.2", "10.0.2.2");
    ck_assert_uint_eq(net_count(net, "r>b"), 1);
    net_clear(net);
    eth_encode(&(EthHdr){ to->mac, from->mac, ETHERTYPE_IPV4 }, frame);
    ipv4_encode(&h, header);
    header[20] = 7; /* record route, of length 0 */
    header[later[_i].at] = later[_i].value;
    if (later[_i].fix_sum) {
        size_t len = (size_t)(header[0] & 15) * 4;
        put16(header + 10, 0);
        put16(header + 10, sum_fold(sum_add(0, (Span){ header, len })));
    }
    net_inject(from->port, (Span){ frame, ETH_HDR_LEN + later[_i].cut_to });
    net_run(net);
    ck_assert_msg(strcmp(net_drops(net), later[_i].drop) == 0, "%s: %s", later[_i].what,
                  net_drops(net));
    ck_assert_uint_eq(net_count(net, "r>b"), 0);
}
END_TEST

START_TEST(what_changes_meanwhile_counts_for_the_next)
{
    const IpPrefix there = { ip("10.0.3.0"), 24 };

    net_route(r, "10.0.3.0/24", "10.0.2.2");
    for (int i = 0; i < 3; i++) {
        send_through("10.0.1.2", "10.0.3.9");
        ck_assert_uint_eq(net_count(net, "r>b 10.0.1.2 > 10.0.3.9"), 1);
    }
    ipv4_route_add(r->ipv4, &(Route){ there, ROUTE_BLACKHOLE, ROUTE_STATIC, IP_NONE, NULL, false });
    send_through("10.0.1.2", "10.0.3.9");
    ck_assert_str_eq(net_drops(net), "r ip.blackhole\n");
    ipv4_route_delete(r->ipv4, there, ROUTE_STATIC);
    send_through("10.0.1.2", "10.0.3.9");
    ck_assert_str_eq(net_drops(net), "r ip.no-route\n");

    send_through("10.0.1.2", "10.0.2.2");
    ck_assert_uint_eq(net_count(net, "r>b"), 1);
    stack_set_address(r, net_iface(r, 1), (IpPrefix){ ip("10.0.2.2"), 24 });
    send_through("10.0.1.2", "10.0.2.2");
    ck_assert_str_eq(net_drops(net), "r ip.protocol\n"); /* it is our own now */
}
END_TEST

START_TEST(a_known_way_has_the_mtu_that_its_link_has_now)
{
    LinkDir *out = net_iface(r, 1)->port->out;
    LinkConfig cfg = *out->cfg;
    uint8_t data[100] = { 0 };
    Ipv4Hdr h = { .src = ip("10.0.1.2"), .dst = ip("10.0.2.2"), .ttl = 9, .proto = 99 };

    send_through("10.0.1.2", "10.0.2.2");
    cfg.mtu = 100;
    link_set(out, &cfg);
    net_inject_ip(net_iface(a, 0), net_iface(r, 0), &h, (Span){ data, sizeof data });
    net_run(net);
    ck_assert_uint_eq(net_count(net, "frag"), 2);
    ck_assert_uint_eq(node_counter(r->node, COUNTER_IpFragOKs), 1);
    h.df = true;
    net_inject_ip(net_iface(a, 0), net_iface(r, 0), &h, (Span){ data, sizeof data });
    net_run(net);
    ck_assert_str_eq(net_drops(net), "b ip.protocol\nb ip.protocol\nr ip.df\n");
}
END_TEST

/* From r to a, as often as it takes to be known. */
static void deliver_some(void)
{
    for (int i = 0; i < 3; i++)
        inject_changed(8, 64, true, 28);
    ck_assert_str_eq(net_drops(net), "a ip.protocol\na ip.protocol\na ip.protocol\n");
    net_clear(net);
}

START_TEST(one_like_it_has_been_delivered_and_this_one_is_wrong)
{
    deliver_some();
    inject_changed(wrong[_i].at, wrong[_i].value, wrong[_i].fix_sum, wrong[_i].cut_to);
    ck_assert_msg(strcmp(net_drops(net), wrong[_i].drop) == 0, "%s: %s", wrong[_i].what,
                  net_drops(net));
    ck_assert_uint_eq(net_count(net, "a>r"), 0);
}
END_TEST

START_TEST(what_was_delivered_is_a_strangers_once_the_address_has_changed)
{
    Ipv4Hdr h = { .src = ip("10.0.1.1"), .dst = ip("10.0.1.2"), .ttl = 9, .proto = 99 };

    deliver_some();
    stack_set_address(a, net_iface(a, 0), (IpPrefix){ ip("10.0.1.9"), 24 });
    net_inject_ip(net_iface(r, 0), net_iface(a, 0), &h, (Span){ h.options, 8 });
    net_run(net);
    ck_assert_str_eq(net_drops(net), "a ip.not-mine\n");
}
END_TEST

static DropReason output(Stack *stack, const IpSend *how, size_t size)
{
    Packet *pkt = packet_new(net->sim, size, SENT_RAW);

    memset(pkt->data, 0, size);
    DropReason why = ip_output(stack, how, pkt);
    if (why != DROP_NONE)
        packet_drop(pkt, stack->node, NULL, why);
    return why;
}

START_TEST(a_host_that_sends_again_heeds_what_has_changed)
{
    const IpPrefix there = { ip("10.0.2.0"), 24 };
    LinkDir *out = net_iface(a, 0)->port->out;
    LinkConfig cfg = *out->cfg;
    IpSend how = { .src = ip("10.0.1.2"), .dst = ip("10.0.2.2"), .proto = 99, .df = true };

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(output(a, &how, 100), DROP_NONE);
    ck_assert_uint_eq(net_count(net, "a>r 10.0.1.2 > 10.0.2.2"), 3);
    ipv4_route_add(a->ipv4, &(Route){ there, ROUTE_BLACKHOLE, ROUTE_STATIC, IP_NONE, NULL, false });
    ck_assert_int_eq(output(a, &how, 100), DROP_IP_BLACKHOLE);
    ipv4_route_delete(a->ipv4, there, ROUTE_STATIC);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(output(a, &how, 100), DROP_NONE);
    cfg.mtu = 119;
    link_set(out, &cfg);
    ck_assert_int_eq(output(a, &how, 100), DROP_IP_DF);
    ck_assert_int_eq(output(a, &how, 99), DROP_NONE);
    net_run(net);
    net_clear(net);
    stack_set_address(a, net_iface(a, 0), (IpPrefix){ ip("10.0.2.2"), 24 });
    ck_assert_int_eq(output(a, &how, 99), DROP_NONE);
    net_run(net);
    ck_assert_str_eq(net_wire(net), ""); /* it was for ourselves, */
    ck_assert_str_eq(net_drops(net), "a ip.no-route\na ip.protocol\n"); /* and so the answer */
}
END_TEST

/* More pairs than are remembered, in turn: each datagram leaves once, by its own route. */
START_TEST(many_pairs_do_not_mix)
{
    enum { PAIRS = 3000 };

    net_route(r, "10.0.9.0/24", "10.0.1.2"); /* back where they come from */
    for (int round = 0; round < 3; round++) {
        net_clear(net);
        for (uint32_t i = 0; i < PAIRS; i++) {
            Ipv4Hdr h = { .src = ip_v4(0x0a140000 + i * 7), .ttl = 9, .proto = 99,
                          .dst = i % 3 == 0 ? ip_v4(0x0a000901 + i % 200) : ip("10.0.2.2") };
            net_inject_ip(net_iface(a, 0), net_iface(r, 0), &h, (Span){ h.options, 0 });
        }
        net_run(net);
        ck_assert_uint_eq(net_count(net, "r>b"), PAIRS - PAIRS / 3);
        ck_assert_uint_eq(net_count(net, "r>a"), PAIRS / 3);
    }
    ck_assert_uint_eq(node_counter(r->node, COUNTER_IpForwDatagrams), 3 * PAIRS);
}
END_TEST

static const uint8_t group_macs[][6] = {
    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
    { 0x01, 0x00, 0x5e, 0x7f, 0x01, 0x02 },
};
static const char *const groups[] = { "255.255.255.255", "10.0.1.255", "239.255.1.2" };
static uint8_t seen_mac[6];

static void see_mac(void *self, const TraceEvent *ev)
{
    (void)self;
    if (ev->point == &LINK_ENQUEUED)
        memcpy(seen_mac, packet_frame(ev->pkt).p, 6);
}

START_TEST(a_group_needs_no_arp)
{
    Packet *pkt = packet_new(net->sim, 10, SENT_RAW);
    IpSend how = { .dst = ip(groups[_i]), .proto = 99 };

    memset(pkt->data, 0, 10);
    trace_add_sink(&net->sim->trace, TRACE_LINK, see_mac, &seen_mac);
    ck_assert_int_eq(ip_output(a, &how, pkt), DROP_NONE);
    ck_assert_mem_eq(seen_mac, group_macs[_i], 6);
    ck_assert_uint_eq(net_count(net, "10.0.1.2 > "), 1);
    net_run(net);
    trace_remove_sink(&net->sim->trace, &seen_mac);
}
END_TEST

START_TEST(output_says_why_it_cannot)
{
    Stack *lone = net_host(net, "lone", NULL);

    ck_assert_int_eq(output(lone, &(IpSend){ .dst = ip("10.0.1.2") }, 8), DROP_IP_NO_ROUTE);
    ck_assert_int_eq(output(lone, &(IpSend){ .dst = ip("255.255.255.255") }, 8), DROP_IP_NO_ROUTE);
    ck_assert_int_eq(output(a, &(IpSend){ .dst = IP4_ANY }, 8), DROP_IP_NO_ROUTE);
    ck_assert_int_eq(output(a, &(IpSend){ .dst = IP_NONE }, 8), DROP_IP_NO_ROUTE);
    ck_assert_int_eq(output(a, &(IpSend){ .dst = ip("10.0.1.1"), .df = true }, 1481), DROP_IP_DF);
    ck_assert_int_eq(output(a, &(IpSend){ .dst = ip("10.0.1.1"), .src = ip("127.0.0.1") }, 8),
                     DROP_IP_BAD_SOURCE);
    net_route(a, "10.7.0.0/16", NULL);
    ck_assert_int_eq(output(a, &(IpSend){ .dst = ip("10.7.0.1") }, 8), DROP_IP_UNREACHABLE);
    ipv4_route_add(a->ipv4, &(Route){ .prefix = { ip("10.8.0.0"), 16 }, .kind = ROUTE_BLACKHOLE });
    ck_assert_int_eq(output(a, &(IpSend){ .dst = ip("10.8.0.1") }, 8), DROP_IP_BLACKHOLE);
    ck_assert_str_eq(net_wire(net), "");
    ck_assert_uint_eq(ip_mtu(a, ip("10.7.0.1"), NULL), 0);
    ck_assert(ip_is_none(ip_source(lone, ip("10.0.1.2"))));
}
END_TEST

START_TEST(the_source_is_the_address_towards_the_destination)
{
    ck_assert(ip_equal(ip_source(r, ip("10.0.1.2")), ip("10.0.1.1")));
    ck_assert(ip_equal(ip_source(r, ip("10.0.2.2")), ip("10.0.2.1")));
    ck_assert(ip_equal(ip_source(a, ip("192.0.2.1")), ip("10.0.1.2")));
    ck_assert(ip_equal(ip_source(a, ip("10.0.1.2")), ip("10.0.1.2")));
    ck_assert(ip_equal(ip_source(a, ip("127.0.0.1")), ip("127.0.0.1")));
    ck_assert_uint_eq(ip_mtu(a, ip("10.0.2.2"), NULL), 1480);
}
END_TEST

START_TEST(knows_its_own_and_the_groups_it_hears)
{
    ck_assert(ip_is_local(r, ip("10.0.2.1")));
    ck_assert(ip_is_local(r, ip("127.9.9.9")));
    ck_assert(!ip_is_local(r, ip("10.0.2.2")));
    ck_assert(!ip_is_local(r, IP_NONE));
    ck_assert(ip_is_broadcast_for(r, ip("10.0.1.255")));
    ck_assert(ip_is_broadcast_for(r, ip("10.0.2.255")));
    ck_assert(ip_is_broadcast_for(r, ip("255.255.255.255")));
    ck_assert(ip_is_broadcast_for(r, ip("224.0.0.1")));
    ck_assert(!ip_is_broadcast_for(a, ip("10.0.2.255")));
}
END_TEST

START_TEST(a_raw_datagram_goes_out_as_it_is)
{
    Ipv4Hdr h = { .src = ip("203.0.113.7"), .dst = ip("10.0.2.2"), .ttl = 7, .proto = 99,
                  .total_len = 24, .id = 77 };
    Packet *pkt = packet_new(net->sim, 24, SENT_RAW);

    ipv4_encode(&h, pkt->data);
    memset(pkt->data + IPV4_HDR_LEN, 1, 4);
    ck_assert_int_eq(ipv4_output_raw(a->ipv4, pkt), DROP_NONE);
    Packet *bad = packet_new(net->sim, 10, SENT_RAW);
    memset(bad->data, 0, 10);
    ck_assert_int_eq(ipv4_output_raw(a->ipv4, bad), DROP_IP_SHORT);
    packet_free(bad);
    net_run_until(net, 25 * MSEC);
    ck_assert_str_eq(net_wire(net), "0.000 a>r 203.0.113.7 > 10.0.2.2 proto 99 len 4\n"
                                    "0.010 r>b 203.0.113.7 > 10.0.2.2 proto 99 len 4\n"
                                    "0.020 b>r 10.0.2.2 > 203.0.113.7 icmp 3/2 len 32\n");
    net_run(net);
}
END_TEST

START_TEST(path_mtus_only_shrink_and_never_below_68)
{
    IpAddr dst = ip("10.0.2.2");

    ck_assert_uint_eq(ipv4_learn_mtu(a->ipv4, dst, 1400, 1500), 1400);
    ck_assert_uint_eq(ipv4_learn_mtu(a->ipv4, dst, 1450, 1500), 1400);
    ck_assert_uint_eq(ipv4_learn_mtu(a->ipv4, dst, 0, 1400), 1006);
    ck_assert_uint_eq(ipv4_learn_mtu(a->ipv4, dst, 1, 1006), 68);
    ck_assert_uint_eq(ip_mtu(a, dst, NULL), 48);
    for (uint32_t i = 0; i < 1000; i++)
        ipv4_learn_mtu(a->ipv4, ip_v4(0x14000000 + i), 600, 1500);
    ck_assert_uint_eq(ip_mtu(a, dst, NULL), 1480); /* forgotten: there is only so much room */
    ck_assert_uint_eq(ip_mtu(a, ip_v4(0x14000000 + 999), NULL), 580);
    ipv4_flush(a->ipv4);
    ck_assert_uint_eq(ip_mtu(a, ip_v4(0x14000000 + 999), NULL), 1480);
}
END_TEST

START_TEST(knobs_stand_for_the_defaults)
{
    for (const Knob *k = ipv4_knobs; k->name != NULL; k++) {
        Ipv4Config cfg = ipv4_defaults;
        char *text = knob_get_text(k, &cfg);
        ck_assert_msg(knob_set_text(k, &cfg, text, NULL), "%s = %s", k->name, text);
        g_free(text);
    }
}
END_TEST

Suite *ipv4_suite(void);
Suite *ipv4_suite(void)
{
    Suite *suite = suite_create("ipv4");
    TCase *tc = tcase_create("ipv4");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, rejects_the_malformed_and_what_is_not_its_own, 0, G_N_ELEMENTS(wrong));
    tcase_add_loop_test(tc, options_are_passed_over_if_they_are_whole, 0, G_N_ELEMENTS(options));
    tcase_add_test(tc, padding_of_short_frames_is_cut_off);
    tcase_add_test(tc, a_router_counts_the_ttl_down_and_keeps_the_checksum_right);
    tcase_add_loop_test(tc, a_router_does_not_forward, 0, G_N_ELEMENTS(stay));
    tcase_add_loop_test(tc, one_like_it_has_been_passed_on_and_this_one_is_wrong, 0,
                        G_N_ELEMENTS(later));
    tcase_add_test(tc, what_changes_meanwhile_counts_for_the_next);
    tcase_add_loop_test(tc, one_like_it_has_been_delivered_and_this_one_is_wrong, 0,
                        G_N_ELEMENTS(wrong));
    tcase_add_test(tc, what_was_delivered_is_a_strangers_once_the_address_has_changed);
    tcase_add_test(tc, a_host_that_sends_again_heeds_what_has_changed);
    tcase_add_test(tc, a_known_way_has_the_mtu_that_its_link_has_now);
    tcase_add_test(tc, many_pairs_do_not_mix);
    tcase_add_loop_test(tc, a_group_needs_no_arp, 0, G_N_ELEMENTS(groups));
    tcase_add_test(tc, output_says_why_it_cannot);
    tcase_add_test(tc, the_source_is_the_address_towards_the_destination);
    tcase_add_test(tc, knows_its_own_and_the_groups_it_hears);
    tcase_add_test(tc, a_raw_datagram_goes_out_as_it_is);
    tcase_add_test(tc, path_mtus_only_shrink_and_never_below_68);
    tcase_add_test(tc, knobs_stand_for_the_defaults);
    suite_add_tcase(suite, tc);
    return suite;
}
