/*
 * net.c - see net.h.
 */
/* SPDX-License-Identifier: MIT */
#include "support/net.h"

#include "protocols/wire/arp_wire.h"
#include "protocols/wire/checksum.h"
#include "protocols/wire/ipv4_option.h"
#include "protocols/wire/tcp_wire.h"

#include <check.h>
#include <string.h>

IpAddr ip(const char *text)
{
    IpAddr addr;

    ck_assert_msg(ip_parse(text, &addr), "not an address: %s", text);
    return addr;
}

/* --- what passes ------------------------------------------------------------------------------ */

static void append_time(GString *out, SimTime t)
{
    char fraction[10];

    g_snprintf(fraction, sizeof fraction, "%09d", (int)(t % SEC));
    for (int i = 8; i >= 3 && fraction[i] == '0'; i--)
        fraction[i] = '\0';
    g_string_append_printf(out, "%d.%s", (int)(t / SEC), fraction);
}

static void append_arp(GString *out, Span data)
{
    ArpPkt a;
    char x[IP_TEXT], y[IP_TEXT], mac[MAC_TEXT];

    if (arp_decode(&a, data) != DROP_NONE)
        g_string_append(out, "arp malformed");
    else if (a.op == ARP_OP_REQUEST)
        g_string_append_printf(out, "arp who-has %s tell %s", ip_text(a.tpa, x), ip_text(a.spa, y));
    else
        g_string_append_printf(out, "arp %s is-at %s", ip_text(a.spa, x), mac_text(a.sha, mac));
}

static void append_icmp(GString *out, Span data)
{
    IcmpHdr h;

    if (icmp_decode(&h, data) != DROP_NONE)
        g_string_append(out, " icmp malformed");
    else if (h.type == ICMP_ECHO || h.type == ICMP_ECHO_REPLY)
        g_string_append_printf(out, " icmp %s id %u seq %u len %zu",
                               h.type == ICMP_ECHO ? "echo-request" : "echo-reply", h.rest >> 16,
                               h.rest & 0xffff, data.n - ICMP_HDR_LEN);
    else if (h.type == ICMP_UNREACHABLE && h.code == ICMP_FRAG_NEEDED)
        g_string_append_printf(out, " icmp 3/4 mtu %u len %zu", h.rest, data.n);
    else if (h.type == ICMP_PARAMETER_PROBLEM)
        g_string_append_printf(out, " icmp 12/%u at %u len %zu", h.code, h.rest >> 24, data.n);
    else
        g_string_append_printf(out, " icmp %u/%u len %zu", h.type, h.code, data.n);
}

static void append_flags(GString *out, uint8_t flags)
{
    static const struct { uint8_t flag; char c; } letters[] = {
        { TCP_FIN, 'F' }, { TCP_SYN, 'S' }, { TCP_RST, 'R' }, { TCP_PSH, 'P' },
        { TCP_ACK, '.' }, { TCP_URG, 'U' }, { TCP_ECE, 'E' }, { TCP_CWR, 'W' },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(letters); i++)
        if (flags & letters[i].flag)
            g_string_append_c(out, letters[i].c);
    if (flags == 0)
        g_string_append(out, "none");
}

static void append_tcp(GString *out, const Ipv4Hdr *ip4, Span data)
{
    TcpHdr h;
    char src[IP_TEXT], dst[IP_TEXT];

    if (tcp_decode(&h, data, sum_pseudo(ip4->src, ipv4_final_dst(ip4), ip4->proto)) != DROP_NONE) {
        g_string_append(out, "tcp malformed");
        return;
    }
    size_t len = data.n - h.header_len;
    g_string_append_printf(out, "%s.%u > %s.%u tcp ", ip_text(ip4->src, src), h.src_port,
                           ip_text(ip4->dst, dst), h.dst_port);
    append_flags(out, h.flags);
    g_string_append_printf(out, " seq %u:%u", h.seq, h.seq + (uint32_t)len);
    if (h.flags & TCP_ACK)
        g_string_append_printf(out, " ack %u", h.ack);
    g_string_append_printf(out, " win %u len %zu", h.window, len);
    if (h.opt.has_mss)
        g_string_append_printf(out, " mss %u", h.opt.mss);
}

static void append_udp(GString *out, const Ipv4Hdr *ip4, Span data)
{
    UdpHdr h;
    char src[IP_TEXT], dst[IP_TEXT];

    if (udp_decode(&h, data, sum_pseudo(ip4->src, ip4->dst, ip4->proto)) != DROP_NONE)
        g_string_append(out, "udp malformed");
    else
        g_string_append_printf(out, "%s.%u > %s.%u udp len %d", ip_text(ip4->src, src), h.src_port,
                               ip_text(ip4->dst, dst), h.dst_port, h.length - UDP_HDR_LEN);
}

/* An option with a pointer, read by this file's own lights. `head`: bytes before what it points into;
 * `size`: of a piece of that. */
static void append_option(GString *out, const uint8_t *o, size_t head, size_t size)
{
    bool route = (o[0] & IPV4_OPTION_COPIED) != 0, stamps = head == 4;
    size_t left = 0, next = o[2] - 1u;
    char addr[IP_TEXT];

    for (size_t at = head; at + size <= o[1]; at += size) {
        if (at == next)
            g_string_append(out, "^ ");
        if (at >= next && !route) {
            left++;
            continue;
        }
        if (size == 8 || !stamps)
            g_string_append(out, ip_text(ip_v4(get32(o + at)), addr));
        if (stamps)
            g_string_append_printf(out, "%s%u", size == 8 ? "@" : "", get32(o + at + size - 4));
        g_string_append_c(out, ' ');
    }
    if (next >= o[1])
        g_string_append(out, "^ ");
    if (left > 0)
        g_string_append_printf(out, "+%zu ", left);
    if (stamps && o[3] >> 4 != 0)
        g_string_append_printf(out, "over %u ", o[3] >> 4);
    out->str[out->len - 1] = ']';
}

static void append_options(GString *out, const Ipv4Hdr *h)
{
    Ipv4Found found;

    if (ipv4_option_find(h, &found) != 0) {
        g_string_append(out, " options malformed");
        return;
    }
    const uint8_t *o = h->options;
    if (found.route != 0) {
        g_string_append(out, ipv4_route_is_strict(h, &found) ? " ssrr[" : " lsrr[");
        append_option(out, o + found.route - IPV4_HDR_LEN, 3, 4);
    }
    if (found.record != 0) {
        g_string_append(out, " rr[");
        append_option(out, o + found.record - IPV4_HDR_LEN, 3, 4);
    }
    if (found.stamp != 0) {
        g_string_append(out, " ts[");
        o += found.stamp - IPV4_HDR_LEN;
        append_option(out, o, 4, o[3] & 15 ? 8 : 4);
    }
}

static void append_datagram(GString *out, const Ipv4Hdr *h, Span data)
{
    char src[IP_TEXT], dst[IP_TEXT];
    bool fragment = h->mf || h->frag_off != 0;

    if (!fragment && h->proto == IPPROTO_TCP4) {
        append_tcp(out, h, data);
        return;
    }
    if (!fragment && h->proto == IPPROTO_UDP4) {
        append_udp(out, h, data);
        return;
    }
    g_string_append_printf(out, "%s > %s", ip_text(h->src, src), ip_text(h->dst, dst));
    if (fragment)
        g_string_append_printf(out, " proto %u frag %u at %u%s len %zu", h->proto, h->id,
                               h->frag_off, h->mf ? "+" : "", data.n);
    else if (h->proto == IPPROTO_ICMP4)
        append_icmp(out, data);
    else
        g_string_append_printf(out, " proto %u len %zu", h->proto, data.n);
}

static void append_ipv4(GString *out, Span datagram)
{
    Ipv4Hdr h;

    if (ipv4_decode(&h, datagram) != DROP_NONE) {
        g_string_append(out, "ip malformed");
        return;
    }
    size_t header = ipv4_hdr_len(&h);
    append_datagram(out, &h, (Span){ datagram.p + header, h.total_len - header });
    if (h.options_len > 0)
        append_options(out, &h);
}

static void append_frame(GString *out, const TraceEvent *ev)
{
    Span frame = packet_frame(ev->pkt);
    EthHdr eth;

    append_time(out, ev->t);
    g_string_append_printf(out, " %s ", link_dir_name(ev->port->out));
    if (eth_decode(&eth, frame) != DROP_NONE) {
        g_string_append(out, "eth malformed\n");
        return;
    }
    Span data = { frame.p + ETH_HDR_LEN, frame.n - ETH_HDR_LEN };
    if (eth.type == ETHERTYPE_ARP)
        append_arp(out, data);
    else if (eth.type == ETHERTYPE_IPV4)
        append_ipv4(out, data);
    else
        g_string_append_printf(out, "ethertype 0x%04x len %zu", eth.type, data.n);
    g_string_append_c(out, '\n');
}

static void on_event(void *self, const TraceEvent *ev)
{
    Net *net = self;

    if (ev->point == &LINK_ENQUEUED)
        append_frame(net->wire, ev);
    else if (ev->point == &LINK_LOST || ev->point == &PACKET_DROPPED)
        g_string_append_printf(net->drops, "%s %s\n",
                               ev->point == &LINK_LOST ? link_dir_name(ev->port->out)
                                                      : ev->node->name,
                               trace_arg_str(ev, trace_field(ev->point, "reason")));
}

const char *net_wire(const Net *net)
{
    return net->wire->str;
}

const char *net_drops(const Net *net)
{
    return net->drops->str;
}

void net_clear(Net *net)
{
    g_string_truncate(net->wire, 0);
    g_string_truncate(net->drops, 0);
}

unsigned net_count(const Net *net, const char *text)
{
    unsigned n = 0;

    for (const char *line = net->wire->str; *line != '\0';) {
        const char *end = strchr(line, '\n');
        n += g_strstr_len(line, end - line, text) != NULL;
        line = end + 1;
    }
    return n;
}

/* --- worlds ----------------------------------------------------------------------------------- */

Net *net_new(uint64_t seed)
{
    Net *net = g_new0(Net, 1);

    net->sim = sim_new(seed);
    net->wire = g_string_new(NULL);
    net->drops = g_string_new(NULL);
    trace_add_sink(&net->sim->trace, TRACE_LINK | TRACE_DROP, on_event, net);
    return net;
}

void net_free(Net *net)
{
    if (net->sim->sched.foreground == 0)
        ck_assert_uint_eq(sim_packets_alive(net->sim), 0);
    trace_remove_sink(&net->sim->trace, net);
    sim_free(net->sim);
    g_string_free(net->wire, TRUE);
    g_string_free(net->drops, TRUE);
    g_free(net);
}

static Stack *make(Net *net, const char *name, NodeKind kind, const StackConfig *cfg)
{
    StackConfig usual = stack_config_default();

    return stack_new(node_new(net->sim, name, kind), cfg != NULL ? cfg : &usual);
}

Stack *net_host(Net *net, const char *name, const StackConfig *cfg)
{
    return make(net, name, NODE_HOST, cfg);
}

Stack *net_router(Net *net, const char *name, const StackConfig *cfg)
{
    return make(net, name, NODE_ROUTER, cfg);
}

Node *net_switch(Net *net, const char *name)
{
    Node *node = node_new(net->sim, name, NODE_SWITCH);

    bridge_new(node, 300 * SEC);
    return node;
}

static Port *add_end(Node *node, const char *text)
{
    IpPrefix addr;

    if (node->kind == NODE_SWITCH)
        return bridge_add_port(node->stack, NULL);
    Iface *iface = stack_add_iface(node->stack, NULL, NULL);
    if (text != NULL) {
        ck_assert_msg(prefix_parse(text, &addr), "not an address: %s", text);
        stack_set_address(node->stack, iface, addr);
        iface->ip_said = true;
    }
    return iface->port;
}

Link *net_link_with(Net *net, Node *a, const char *ip_a, Node *b, const char *ip_b,
                    const LinkConfig *cfg)
{
    Port *pa = add_end(a, ip_a), *pb = add_end(b, ip_b);

    return link_new(net->sim, pa, pb, cfg, cfg);
}

Link *net_link(Net *net, Node *a, const char *ip_a, Node *b, const char *ip_b, SimTime delay)
{
    LinkConfig cfg = link_defaults;

    cfg.delay = delay;
    return net_link_with(net, a, ip_a, b, ip_b, &cfg);
}

void net_route(Stack *stack, const char *prefix, const char *via)
{
    Route r = { .kind = via != NULL ? ROUTE_VIA : ROUTE_UNREACHABLE, .origin = ROUTE_STATIC };

    ck_assert_msg(prefix_parse(prefix, &r.prefix), "not a prefix: %s", prefix);
    if (via != NULL)
        r.via = ip(via);
    ipv4_route_add(stack->ipv4, &r);
}

void net_warm(Net *net)
{
    for (guint i = 0; i < net->sim->links->len; i++) {
        const Link *link = g_ptr_array_index(net->sim->links, i);
        for (int end = 0; end < 2; end++) {
            const Port *here = link->dir[end].from, *there = link->dir[end].to;
            if (here->node->kind == NODE_SWITCH || there->node->kind == NODE_SWITCH)
                continue;
            const Iface *peer = there->owner;
            if (!ip_is_none(peer->ip.addr))
                arp_set(node_stack(here->node)->arp, here->owner, peer->ip.addr, peer->mac, true);
        }
    }
}

void net_run(Net *net)
{
    ck_assert_int_eq(sim_run(net->sim, NEVER, 10 * 1000 * 1000), SIM_DRAINED);
}

void net_run_until(Net *net, SimTime until)
{
    SimEnd end = sim_run(net->sim, until, 10 * 1000 * 1000);

    ck_assert(end == SIM_DRAINED || end == SIM_HORIZON);
}

Iface *net_iface(const Stack *stack, unsigned i)
{
    ck_assert_uint_lt(i, stack->ifaces->len);
    return g_ptr_array_index(stack->ifaces, i);
}

void net_inject(Port *port, Span frame)
{
    Packet *pkt = packet_new(port->node->sim, frame.n, SENT_RAW);

    memcpy(pkt->data, frame.p, frame.n);
    pkt->forged = true;
    port_send(port, pkt);
}

void net_inject_ip(const Iface *from, const Iface *to, const Ipv4Hdr *header, Span data)
{
    Ipv4Hdr h = *header;
    EthHdr eth = { to != NULL ? to->mac : MAC_BROADCAST, from->mac, ETHERTYPE_IPV4 };
    uint8_t *frame = g_malloc(ETH_HDR_LEN + ipv4_hdr_len(&h) + data.n);
    uint8_t *body = frame + ETH_HDR_LEN + ipv4_hdr_len(&h);

    if (h.total_len == 0)
        h.total_len = (uint16_t)(ipv4_hdr_len(&h) + data.n);
    eth_encode(&eth, frame);
    ipv4_encode(&h, frame + ETH_HDR_LEN);
    if (data.n > 0)
        memcpy(body, data.p, data.n);
    net_inject(from->port, (Span){ frame, (size_t)(body - frame) + data.n });
    g_free(frame);
}
