/*
 * fuzz_host.c - frames, program calls and time, as the input orders them, into one whole host.
 *
 * The input is a row of records: an operation, a length n, n bytes. The host has a TCP echo server on
 * port 80, a UDP socket on port 7 that answers too, and a program that connects to port 9 of the
 * other side. Sums are mended here, so that what comes is not all refused at the first check. What
 * must hold: every frame the host sends decodes, its sums right; it never babbles; nothing leaks.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/stack.h"
#include "protocols/wire/arp_wire.h"
#include "protocols/wire/checksum.h"
#include "protocols/wire/tcp_wire.h"

#include <string.h>

enum { US = 0x0a000001, PEER = 0x0a000002, MOST_EVENTS = 200000, MOST_CONNS = 8 };

typedef enum Op { OP_FRAME, OP_IPV4, OP_SEGMENT, OP_UDP, OP_ICMP, OP_ARP, OP_WAIT, OP_ACT } Op;

typedef struct World {
    Sim      *sim;
    Stack    *host;
    Iface    *iface;
    Port     *peer;
    Listener *listener;
    UdpSock  *udp;
    Ping     *ping;
    Conn     *conns[MOST_CONNS];
    unsigned  n_conns;
    TcpHdr    last;     /* of the host's last segment, and its length in sequence space */
    uint32_t  last_len;
} World;

/* --- what the host sends ---------------------------------------------------------------------- */

static void check_transport(World *w, const Ipv4Hdr *ip, Span data)
{
    uint32_t pseudo = sum_pseudo(ip->src, ip->dst, ip->proto);
    IcmpHdr icmp;
    UdpHdr udp;
    TcpHdr tcp;

    switch (ip->proto) {
    case IPPROTO_ICMP4:
        g_assert(icmp_decode(&icmp, data) == DROP_NONE);
        break;
    case IPPROTO_UDP4:
        g_assert(udp_decode(&udp, data, pseudo) == DROP_NONE);
        break;
    default:
        g_assert(ip->proto == IPPROTO_TCP4);
        g_assert(tcp_decode(&tcp, data, pseudo) == DROP_NONE);
        w->last = tcp;
        w->last_len = (uint32_t)(data.n - tcp.header_len) + ((tcp.flags & TCP_SYN) != 0) +
                      ((tcp.flags & TCP_FIN) != 0);
    }
}

static void on_frame(void *self, const TraceEvent *ev)
{
    World *w = self;
    EthHdr eth;
    ArpPkt arp;
    Ipv4Hdr ip;

    if (ev->point != &LINK_ENQUEUED || ev->node != w->host->node)
        return;
    Span frame = packet_frame(ev->pkt);
    g_assert(eth_decode(&eth, frame) == DROP_NONE);
    g_assert(mac_equal(eth.src, w->iface->mac));
    Span data = { frame.p + ETH_HDR_LEN, frame.n - ETH_HDR_LEN };
    g_assert(data.n <= w->iface->mtu);
    if (eth.type == ETHERTYPE_ARP) {
        g_assert(arp_decode(&arp, data) == DROP_NONE);
        return;
    }
    g_assert(eth.type == ETHERTYPE_IPV4);
    g_assert(ipv4_decode(&ip, data) == DROP_NONE);
    g_assert(ip.total_len == data.n);
    g_assert(ip_equal(ip.src, ip_v4(US)));
    if (!ip.mf && ip.frag_off == 0)
        check_transport(w, &ip, (Span){ data.p + ipv4_hdr_len(&ip), data.n - ipv4_hdr_len(&ip) });
}

/* --- its programs ----------------------------------------------------------------------------- */

static void echo_tcp(void *conn)
{
    Conn *c = conn;
    uint8_t bytes[512];
    NetError err;

    for (size_t n; (n = conn_receive(c, bytes, sizeof bytes, &err)) > 0;)
        conn_send(c, (Span){ bytes, n }, &err);
    if (err == NET_EOF)
        conn_shutdown(c);
}

/* Beyond the most that it keeps, the program lets go of the oldest, open as it may be. */
static void keep(World *w, Conn *c)
{
    if (c == NULL)
        return;
    if (w->n_conns == MOST_CONNS) {
        conn_free(w->conns[0]);
        memmove(w->conns, w->conns + 1, --w->n_conns * sizeof w->conns[0]);
    }
    w->conns[w->n_conns++] = c;
    conn_on_ready(c, echo_tcp, c);
}

static void accept_all(void *self)
{
    World *w = self;

    for (Conn *c; (c = listener_accept(w->listener)) != NULL;) {
        keep(w, c);
        echo_tcp(c);
    }
}

static void echo_udp(void *self)
{
    World *w = self;
    IpAddr from;
    uint16_t port;
    NetError err;

    for (Packet *pkt; (pkt = udp_receive(w->udp, &from, &port, &err)) != NULL; packet_free(pkt))
        udp_send(w->udp, packet_span(pkt), from, port);
}

static void on_reply(void *self, const PingReply *r)
{
    (void)self;
    g_assert(r->err != NULL || !ip_is_none(r->from));
}

static void act(World *w, Span s)
{
    unsigned what = s.n > 0 ? s.p[0] : 0, which = s.n > 1 ? s.p[1] : 0;
    Conn *c = w->n_conns > 0 ? w->conns[which % w->n_conns] : NULL;
    Tcp *tcp = stack_tcp(w->host);
    NetError err;

    if (what % 8 == 0)
        keep(w, tcp_connect(tcp, IP_NONE, 0, ip_v4(PEER), 9, &err));
    else if (what % 8 == 1)
        icmp_ping_send(w->ping, ip_v4(PEER), (uint16_t)what, s.n * 10, 0, false, NULL);
    else if (what % 8 == 2)
        udp_send(w->udp, s, ip_v4(PEER + which % 4), 9);
    else if (c == NULL)
        return;
    else if (what % 8 == 3)
        conn_send(c, s, &err);
    else if (what % 8 == 4)
        conn_send_pattern(c, 0, (size_t)which * 64, &err);
    else if (what % 8 == 5)
        conn_shutdown(c);
    else if (what % 8 == 6)
        conn_close(c);
    else
        conn_abort(c);
}

/* --- what it receives ------------------------------------------------------------------------- */

static void run(World *w, SimTime dt)
{
    SimEnd end = sim_run(w->sim, sim_now(w->sim) + dt, MOST_EVENTS);

    g_assert(end != SIM_MAX_EVENTS);
}

static void send_frame(World *w, Span bytes)
{
    Packet *pkt = packet_new(w->sim, bytes.n, SENT_RAW);

    if (bytes.n > 0)
        memcpy(pkt->data, bytes.p, bytes.n);
    port_send(w->peer, pkt);
    run(w, 0);
}

static void send_to_us(World *w, uint16_t type, Span data)
{
    uint8_t frame[ETH_HDR_LEN + 512];
    EthHdr h = { w->iface->mac, mac_from_u64(PEER), type };

    eth_encode(&h, frame);
    memcpy(frame + ETH_HDR_LEN, data.p, data.n);
    send_frame(w, (Span){ frame, ETH_HDR_LEN + data.n });
}

static void mend_transport(uint8_t proto, uint8_t *p, size_t n, uint32_t pseudo)
{
    if (proto == IPPROTO_TCP4 && n >= TCP_HDR_LEN) {
        put16(p + 16, 0);
        put16(p + 16, tcp_checksum((Span){ p, n }, pseudo));
    } else if (proto == IPPROTO_UDP4 && n >= UDP_HDR_LEN) {
        put16(p + 4, (uint16_t)n);
        put16(p + 6, 0);
        put16(p + 6, udp_checksum((Span){ p, n }, pseudo));
    } else if (proto == IPPROTO_ICMP4 && n >= ICMP_HDR_LEN) {
        put16(p + 2, 0);
        put16(p + 2, sum_fold(sum_add(0, (Span){ p, n })));
    }
}

/* A datagram with any header that the input likes, but of the right length, to us, sums mended. */
static void send_ipv4(World *w, Span s)
{
    uint8_t d[256];

    if (s.n < IPV4_HDR_LEN)
        return;
    memcpy(d, s.p, s.n);
    d[0] = 0x45 + d[0] % 4;
    size_t len = (size_t)(d[0] & 15) * 4;
    if (len > s.n)
        return;
    put16(d + 2, (uint16_t)s.n);
    put32(d + 16, US);
    uint32_t pseudo = sum_pseudo(ip_v4(get32(d + 12)), ip_v4(US), d[9]);
    mend_transport(d[9], d + len, s.n - len, pseudo);
    put16(d + 10, 0);
    put16(d + 10, sum_fold(sum_add(0, (Span){ d, len })));
    send_to_us(w, ETHERTYPE_IPV4, (Span){ d, s.n });
}

static void send_transport(World *w, uint8_t proto, uint8_t *p, size_t n)
{
    uint8_t d[512];
    Ipv4Hdr ip = {
        .src = ip_v4(PEER),
        .dst = ip_v4(US),
        .ttl = 64,
        .proto = proto,
        .total_len = (uint16_t)(IPV4_HDR_LEN + n),
    };

    mend_transport(proto, p, n, sum_pseudo(ip.src, ip.dst, proto));
    ipv4_encode(&ip, d);
    memcpy(d + IPV4_HDR_LEN, p, n);
    send_to_us(w, ETHERTYPE_IPV4, (Span){ d, IPV4_HDR_LEN + n });
}

static uint32_t near(uint32_t base, uint8_t how_far) /* by single steps, and by large ones */
{
    int32_t step = (int8_t)how_far;

    if (step <= -100 || step >= 100)
        step *= 700;
    return base + (uint32_t)step;
}

/* Options by the bits of `which`, their values by `how`: near what the host has sent, or may take. */
static TcpOptions options(const World *w, uint8_t flags, uint8_t which, uint8_t how)
{
    bool syn = (flags & TCP_SYN) != 0;
    TcpOptions opt = {
        .has_mss = (which & 2) != 0,
        .mss = (uint16_t)(how * 8),
        .has_timestamps = (which & 4) != 0,
        .ts_val = near(1000, how),
        .ts_ecr = w->last.opt.ts_val,
        .sack_permitted = syn && (which & 8) != 0,
        .has_wscale = (which & 16) != 0,
        .wscale = how % 16,
        .n_sack = !syn && (which & 8) != 0 ? (uint8_t)(1 + how % TCP_SACK_MAX) : 0,
    };

    for (uint8_t i = 0; i < opt.n_sack; i++) {
        uint32_t left = near(w->last.seq, (uint8_t)(how + 40 * i));
        opt.sack[i] = (TcpSackBlock){ left, near(left, (uint8_t)(which ^ how)) };
    }
    return opt;
}

/* A segment near what the host expects: flags, seq, ack, window and length come from the input. */
static void send_segment(World *w, Span s)
{
    uint8_t seg[400] = { 0 };

    if (s.n < 6)
        return;
    bool fresh = (s.p[5] & 1) != 0;
    TcpHdr h = {
        .src_port = fresh ? (uint16_t)(1000 + s.p[5]) : w->last.dst_port,
        .dst_port = fresh ? 80 : w->last.src_port,
        .seq = near(w->last.ack, s.p[1]),
        .ack = near(w->last.seq + w->last_len, s.p[2]),
        .flags = s.p[0],
        .window = (uint16_t)(s.p[3] * s.p[3]),
        .urgent = s.p[4],
        .opt = options(w, s.p[0], s.p[5], s.p[4]),
    };
    size_t len = tcp_encode(&h, seg);
    memcpy(seg + len, s.p + 6, s.n - 6);
    send_transport(w, IPPROTO_TCP4, seg, len + s.n - 6);
}

static void send_udp(World *w, Span s)
{
    uint8_t d[UDP_HDR_LEN + 255];
    UdpHdr h = { .src_port = 9, .dst_port = s.n > 0 && s.p[0] % 4 == 0 ? 8 : 7 };

    udp_encode(&h, d);
    memcpy(d + UDP_HDR_LEN, s.p, s.n);
    send_transport(w, IPPROTO_UDP4, d, UDP_HDR_LEN + s.n);
}

static void send_icmp(World *w, Span s)
{
    uint8_t d[256];

    memcpy(d, s.p, s.n);
    send_transport(w, IPPROTO_ICMP4, d, s.n);
}

/* --- the world -------------------------------------------------------------------------------- */

static void world_init(World *w)
{
    StackConfig cfg = stack_config_default();
    NetError err;

    *w = (World){ .sim = sim_new(1) };
    w->host = stack_new(node_new(w->sim, "host", NODE_HOST), &cfg);
    w->iface = stack_add_iface(w->host, NULL, NULL);
    Node *peer = node_new(w->sim, "peer", NODE_SWITCH);
    w->peer = node_add_port(peer, NULL);
    link_new(w->sim, w->iface->port, w->peer, &link_defaults, &link_defaults);
    stack_set_address(w->host, w->iface, (IpPrefix){ ip_v4(US), 24 });
    arp_set(w->host->arp, w->iface, ip_v4(PEER), mac_from_u64(PEER), false);
    w->listener = tcp_listen(stack_tcp(w->host), IP4_ANY, 80, 4, false, &err);
    listener_on_ready(w->listener, accept_all, w);
    w->udp = udp_open(stack_udp(w->host), IP4_ANY, 7, &err);
    udp_on_ready(w->udp, echo_udp, w);
    w->ping = icmp_ping_open(w->host->icmp, on_reply, w);
    trace_add_sink(&w->sim->trace, TRACE_LINK, on_frame, w);
}

/* The programs end, then the host's power; nothing may be left. */
static void world_end(World *w)
{
    for (unsigned i = 0; i < w->n_conns; i++)
        conn_free(w->conns[i]);
    listener_close(w->listener);
    udp_close(w->udp);
    icmp_ping_close(w->ping);
    run(w, HOUR);
    stack_crash(w->host);
    run(w, HOUR);
    g_assert(sim_packets_alive(w->sim) == 0);
    sim_free(w->sim);
}

static void play(World *w, Op op, Span s)
{
    switch (op) {
    case OP_FRAME:
        send_frame(w, s);
        break;
    case OP_IPV4:
        send_ipv4(w, s);
        break;
    case OP_SEGMENT:
        send_segment(w, s);
        break;
    case OP_UDP:
        send_udp(w, s);
        break;
    case OP_ICMP:
        send_icmp(w, s);
        break;
    case OP_ARP:
        send_to_us(w, ETHERTYPE_ARP, s);
        break;
    case OP_WAIT:
        run(w, (SimTime)(s.n * s.n * s.n) * MSEC);
        break;
    case OP_ACT:
        act(w, s);
        run(w, 0);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    World w;

    world_init(&w);
    while (size >= 2) {
        Op op = data[0] % 8;
        size_t n = MIN((size_t)data[1], size - 2);
        play(&w, op, (Span){ data + 2, n });
        data += 2 + n;
        size -= 2 + n;
    }
    world_end(&w);
    return 0;
}
