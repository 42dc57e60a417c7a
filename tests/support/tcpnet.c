/*
 * tcpnet.c - see tcpnet.h.
 */
/* SPDX-License-Identifier: MIT */
#include "support/tcpnet.h"

#include "protocols/wire/checksum.h"
#include "protocols/wire/icmp_wire.h"
#include "protocols/wire/ipv4_option.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* --- the log ---------------------------------------------------------------------------------- */

typedef struct Seen { /* of a frame */
    Ipv4Hdr ip4;
    TcpHdr  tcp;
    size_t  len;
} Seen;

static bool see(Seen *seen, Span frame)
{
    if (frame.n < ETH_HDR_LEN || get16(frame.p + 12) != ETHERTYPE_IPV4)
        return false;
    Span datagram = { frame.p + ETH_HDR_LEN, frame.n - ETH_HDR_LEN };
    if (ipv4_decode(&seen->ip4, datagram) != DROP_NONE || seen->ip4.proto != IPPROTO_TCP4)
        return false;
    size_t header = ipv4_hdr_len(&seen->ip4);
    Span segment = { datagram.p + header, seen->ip4.total_len - header };
    DropReason why = tcp_decode(&seen->tcp, segment,
                                sum_pseudo(seen->ip4.src, ipv4_final_dst(&seen->ip4),
                                           IPPROTO_TCP4));
    seen->len = segment.n - seen->tcp.header_len;
    return why == DROP_NONE;
}

static void log_time(GString *log, SimTime t)
{
    g_string_append_printf(log, "%d", (int)(t / MSEC));
    if (t % MSEC != 0)
        g_string_append_printf(log, ".%06d", (int)(t % MSEC));
    g_string_append_c(log, ' ');
}

static void log_segment(TcpNet *n, const TraceEvent *ev)
{
    Seen seen;
    static const char letters[] = "FSRP.UEW";

    if (ev->pkt->forged || !see(&seen, packet_frame(ev->pkt)))
        return;
    log_time(n->log, ev->t);
    g_string_append_printf(n->log, "%s ", link_dir_name(ev->port->out));
    for (int bit = 0; bit < 8; bit++)
        if (seen.tcp.flags >> bit & 1)
            g_string_append_c(n->log, letters[bit]);
    g_string_append_printf(n->log, " %u", seen.tcp.seq);
    if (seen.len > 0)
        g_string_append_printf(n->log, ":%u", seen.tcp.seq + (uint32_t)seen.len);
    if (seen.tcp.flags & TCP_ACK)
        g_string_append_printf(n->log, " ack %u", seen.tcp.ack);
    if (n->windows)
        g_string_append_printf(n->log, " win %u", seen.tcp.window);
    if (n->windows && seen.tcp.opt.has_mss)
        g_string_append_printf(n->log, " mss %u", seen.tcp.opt.mss);
    g_string_append_c(n->log, '\n');
}

static void on_event(void *self, const TraceEvent *ev)
{
    TcpNet *n = self;

    if (ev->point == &LINK_ENQUEUED) {
        log_segment(n, ev);
    } else if (ev->point == &TCP_STATE_CHANGED && n->states) {
        log_time(n->log, ev->t);
        g_string_append_printf(n->log, "%s %s\n", ev->node->name, trace_arg_str(ev, 4));
    } else if (ev->point == &PACKET_DROPPED && n->drops) {
        log_time(n->log, ev->t);
        g_string_append_printf(n->log, "%s drops %s\n", ev->node->name,
                               trace_arg_str(ev, trace_field(ev->point, "reason")));
    } else if (ev->point == &LINK_LOST && n->drops) {
        log_time(n->log, ev->t);
        g_string_append_printf(n->log, "%s lost %s\n", link_dir_name(ev->port->out),
                               trace_arg_str(ev, trace_field(ev->point, "reason")));
    }
}

void expect_log(TcpNet *n, const char *log)
{
    ck_assert_msg(strcmp(n->log->str, log) == 0, "expected:\n%sgot:\n%s", log, n->log->str);
    g_string_truncate(n->log, 0);
}

/* --- worlds ----------------------------------------------------------------------------------- */

TcpConfig course_config(void)
{
    TcpConfig cfg = tcp_defaults;

    cfg.msl = 30 * SEC;
    cfg.delayed_ack = false;
    cfg.nagle = false;
    cfg.initial_cwnd = 10;
    cfg.max_rto = 64 * SEC;
    cfg.syn_retries = 6;
    cfg.synack_retries = 5;
    cfg.retries = 8;
    cfg.fin_timeout = 60 * SEC;
    cfg.isn = TCP_ISN_FIXED;
    cfg.window_scale = cfg.timestamps = cfg.sack = false;
    return cfg;
}

static Stack *host(TcpNet *n, const char *name, const TcpConfig *tcp, bool fcs)
{
    StackConfig cfg = stack_config_default();

    cfg.tcp = tcp != NULL ? *tcp : course_config();
    cfg.fcs = fcs;
    return net_host(n->net, name, &cfg);
}

static void alarm_fired(void *owner)
{
    (void)owner;
}

static void init(TcpNet *n, uint64_t seed)
{
    *n = (TcpNet){ .net = net_new(seed), .log = g_string_new(NULL), .states = true, .drops = true };
    trace_add_sink(&n->net->sim->trace, TRACE_ALL, on_event, n);
    timer_init(&n->alarm, &n->net->sim->sched, alarm_fired, n);
}

void pair_init_with(TcpNet *n, uint64_t seed, const TcpConfig *c, const TcpConfig *s,
                    const LinkConfig *link, bool fcs)
{
    NetError err;

    init(n, seed);
    n->c = host(n, "c", c, fcs);
    n->s = host(n, "s", s, fcs);
    n->link = net_link_with(n->net, n->c->node, "10.0.0.1/24", n->s->node, "10.0.0.2/24", link);
    net_warm(n->net);
    n->listener = tcp_listen(stack_tcp(n->s), IP4_ANY, 80, 0, false, &err);
    ck_assert_ptr_nonnull(n->listener);
}

void pair_init(TcpNet *n, const TcpConfig *c, const TcpConfig *s)
{
    LinkConfig link = link_defaults;

    link.delay = 10 * MSEC;
    pair_init_with(n, 1, c, s, &link, true);
}

void pair_establish(TcpNet *n)
{
    NetError err;

    n->conn = tcp_connect(stack_tcp(n->c), IP_NONE, 40000, ip("10.0.0.2"), 80, &err);
    ck_assert_int_eq(err, NET_OK);
    run_ms(n, 30);
    n->accepted = must_accept(n);
    g_string_truncate(n->log, 0);
}

static DropReason swallow(void *owner, Packet *pkt)
{
    (void)owner;
    packet_free(pkt);
    return DROP_NONE;
}

TcpConfig peer_config(void)
{
    TcpConfig cfg = course_config();

    cfg.isn_list[0] = 100;
    cfg.n_isn = 1;
    cfg.rcvbuf = 8192;
    return cfg;
}

static const MacAddr peer_mac = { { 2, 0, 0, 0, 0xaa, 2 } };

void peer_init(TcpNet *n, const TcpConfig *cfg)
{
    LinkConfig link = link_defaults;
    TcpConfig usual = peer_config();
    IpPrefix addr;

    init(n, 1);
    n->peer_src = ip("10.0.0.2");
    n->peer_dst = ip("10.0.0.1");
    n->c = host(n, "c", cfg != NULL ? cfg : &usual, true);
    n->peer = node_add_port(node_new(n->net->sim, "p", NODE_HOST), NULL);
    n->peer->input = swallow;
    Iface *iface = stack_add_iface(n->c, NULL, NULL);
    prefix_parse("10.0.0.1/24", &addr);
    stack_set_address(n->c, iface, addr);
    link.delay = 10 * MSEC;
    n->link = link_new(n->net->sim, iface->port, n->peer, &link, &link);
    arp_set(n->c->arp, iface, ip("10.0.0.2"), peer_mac, true);
}

void peer_establish(TcpNet *n)
{
    NetError err;

    n->listener = tcp_listen(stack_tcp(n->c), IP4_ANY, 80, 0, false, &err);
    ck_assert_ptr_nonnull(n->listener);
    peer_inject(n, "S 300 mss 1460");
    peer_inject(n, ". 301 ack 101");
    n->conn = must_accept(n);
    g_string_truncate(n->log, 0);
}

void tcpnet_free(TcpNet *n)
{
    conn_free(n->conn);
    conn_free(n->accepted);
    listener_close(n->listener);
    trace_remove_sink(&n->net->sim->trace, n);
    net_free(n->net);
    g_string_free(n->log, TRUE);
}

void run_until(TcpNet *n, SimTime t)
{
    timer_set(&n->alarm, t - sim_now(n->net->sim));
    net_run_until(n->net, t);
}

void run_to(TcpNet *n, SimTime ms)
{
    run_until(n, ms * MSEC);
}

void run_ms(TcpNet *n, SimTime ms)
{
    run_until(n, sim_now(n->net->sim) + ms * MSEC);
}

void run_out(TcpNet *n)
{
    net_run(n->net);
}

/* --- the peer --------------------------------------------------------------------------------- */

uint8_t peer_byte(uint32_t seq)
{
    return (uint8_t)(seq * 31 + seq / 256);
}

static uint8_t parse_flags(const char *word)
{
    static const char letters[] = "FSRP.UEW";
    uint8_t flags = 0;

    for (; *word != '\0'; word++) {
        const char *at = strchr(letters, *word);
        ck_assert_msg(at != NULL, "no flag: %c", *word);
        flags = (uint8_t)(flags | 1 << (at - letters));
    }
    return flags;
}

static void parse_field(TcpHdr *h, size_t *len, const char *key, const char *value)
{
    uint32_t v = (uint32_t)strtoul(value, NULL, 10);

    if (strcmp(key, "ack") == 0)
        h->ack = v;
    else if (strcmp(key, "win") == 0)
        h->window = (uint16_t)v;
    else if (strcmp(key, "len") == 0)
        *len = v;
    else if (strcmp(key, "sport") == 0)
        h->src_port = (uint16_t)v;
    else if (strcmp(key, "dport") == 0)
        h->dst_port = (uint16_t)v;
    else if (strcmp(key, "reserved") == 0)
        h->reserved = (uint8_t)v;
    else if (strcmp(key, "up") == 0)
        h->urgent = (uint16_t)v;
    else if (strcmp(key, "ts") == 0) {
        h->opt.has_timestamps = true;
        h->opt.ts_val = v;
    } else if (strcmp(key, "mss") == 0) {
        h->opt.has_mss = true;
        h->opt.mss = (uint16_t)v;
    } else
        ck_abort_msg("no field: %s", key);
}

static void put_on_wire(TcpNet *n, Packet *pkt, Ipv4Hdr ip4)
{
    const Iface *iface = net_iface(n->c, 0);
    EthHdr eth = { .dst = iface->mac, .src = peer_mac, .type = ETHERTYPE_IPV4 };

    ip4.tos = n->peer_tos;
    ip4.ttl = 64;
    ip4.src = n->peer_src;
    ip4.dst = n->peer_dst;
    ip4.total_len = (uint16_t)(pkt->len + ipv4_hdr_len(&ip4));
    pkt->forged = true;
    ipv4_encode(&ip4, packet_push(pkt, ipv4_hdr_len(&ip4)));
    eth_encode(&eth, packet_push(pkt, ETH_HDR_LEN));
    port_send(n->peer, pkt);
}

void peer_segment(TcpNet *n, const TcpHdr *h, Span text, Span ip_options)
{
    Ipv4Hdr ip4 = { .proto = IPPROTO_TCP4, .options_len = (uint8_t)ip_options.n };
    size_t header = tcp_encoded_len(h);
    Packet *pkt = packet_new(n->net->sim, header + text.n, SENT_RAW);
    uint32_t pseudo = sum_pseudo(n->peer_src, n->peer_dst, IPPROTO_TCP4);

    tcp_encode(h, pkt->data);
    if (text.n > 0)
        memcpy(pkt->data + header, text.p, text.n);
    if (ip_options.n > 0)
        memcpy(ip4.options, ip_options.p, ip_options.n);
    put16(pkt->data + 16, tcp_checksum(packet_span(pkt), pseudo));
    put_on_wire(n, pkt, ip4);
}

void peer_send(TcpNet *n, const char *segment)
{
    g_auto(GStrv) words = g_strsplit(segment, " ", 0);
    TcpHdr h = { .src_port = 5000, .dst_port = 80, .window = 8192 };
    size_t len = 0;

    h.flags = parse_flags(words[0]);
    h.seq = (uint32_t)strtoul(words[1], NULL, 10);
    for (size_t i = 2; words[i] != NULL; i += 2)
        parse_field(&h, &len, words[i], words[i + 1]);
    g_autofree uint8_t *text = g_malloc(len);
    uint32_t first = h.seq + ((h.flags & TCP_SYN) != 0);
    for (size_t i = 0; i < len; i++)
        text[i] = peer_byte(first + (uint32_t)i);
    peer_segment(n, &h, (Span){ text, len }, (Span){ 0 });
}

void peer_inject(TcpNet *n, const char *segment)
{
    peer_send(n, segment);
    run_ms(n, 10);
}

void peer_icmp(TcpNet *n, uint8_t type, uint8_t code, uint16_t sport, uint16_t dport, uint32_t seq)
{
    Packet *pkt = packet_new(n->net->sim, ICMP_HDR_LEN + IPV4_HDR_LEN + 8, SENT_RAW);
    Ipv4Hdr quoted = {
        .ttl = 64, .proto = IPPROTO_TCP4, .src = ip("10.0.0.1"), .dst = ip("10.0.0.2"),
        .total_len = IPV4_HDR_LEN + TCP_HDR_LEN,
    };
    uint8_t *data = pkt->data + ICMP_HDR_LEN;

    ipv4_encode(&quoted, data);
    put16(data + IPV4_HDR_LEN, sport);
    put16(data + IPV4_HDR_LEN + 2, dport);
    put32(data + IPV4_HDR_LEN + 4, seq);
    icmp_encode(&(IcmpHdr){ .type = type, .code = code }, (Span){ data, IPV4_HDR_LEN + 8 },
                pkt->data);
    put_on_wire(n, pkt, (Ipv4Hdr){ .proto = IPPROTO_ICMP4 });
    run_ms(n, 10);
}

/* --- programs --------------------------------------------------------------------------------- */

void expect_state(TcpNet *n, Conn *conn, TcpState state)
{
    ck_assert_msg(conn_state(conn) == state, "at %d ms: %s, not %s",
                  (int)(sim_now(n->net->sim) / MSEC), tcp_state_name(conn_state(conn)),
                  tcp_state_name(state));
}

void must_send(Conn *conn, size_t n)
{
    NetError err;

    ck_assert_uint_eq(conn_send_pattern(conn, 0, n, &err), n);
    ck_assert_int_eq(err, NET_OK);
}

void must_read(Conn *conn, size_t n)
{
    NetError err;
    g_autofree uint8_t *bytes = g_malloc(n + 1);

    ck_assert_uint_eq(conn_readable(conn), n);
    ck_assert_uint_eq(conn_receive(conn, bytes, n + 1, &err), n);
}

void must_end(Conn *conn, NetError error)
{
    NetError err;
    uint8_t byte;

    ck_assert_uint_eq(conn_receive(conn, &byte, 1, &err), 0);
    ck_assert_str_eq(net_error_name(err), net_error_name(error));
}

Conn *must_accept(TcpNet *n)
{
    Conn *c = listener_accept(n->listener);

    ck_assert_ptr_nonnull(c);
    return c;
}

static bool has_flags(void *self, LinkDir *dir, const Packet *pkt)
{
    Seen seen;

    (void)dir;
    return see(&seen, packet_frame(pkt)) && seen.tcp.flags == GPOINTER_TO_UINT(self);
}

FaultRule *drop_flags(TcpNet *n, const Stack *from, uint8_t flags, unsigned skip, unsigned count)
{
    FaultOptions opt = fault_options_default;
    FaultCalls calls = { .match = has_flags, .self = GUINT_TO_POINTER(flags) };

    opt.from = from->node;
    opt.skip = skip;
    opt.count = count;
    return fault_add(n->link, FAULT_DROP, &opt, &calls, "drop");
}
