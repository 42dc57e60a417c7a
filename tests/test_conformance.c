/*
 * test_conformance.c - requirements of RFC 9293 that no other test shows, one each; what is wanted
 * is in conformance/, what each test covers in its comment, the whole in docs/conformance.md.
 */
/* SPDX-License-Identifier: MIT */
#include "support/tcpnet.h"

#include "protocols/wire/checksum.h"

#include <check.h>
#include <string.h>

static TcpNet n;
static NetError err;

/* --- every segment that is put on the wire, decoded ------------------------------------------- */

typedef struct Sent {
    SimTime t;
    Ipv4Hdr ip4;
    TcpHdr  tcp;
    size_t  len;
    bool    sum_right;
    bool    mss;       /* kind 2 stands in it */
    bool    padded;    /* what follows the end of options is zero */
} Sent;

static GArray *sent; /* of Sent */

static void read_options(Sent *s, Span options)
{
    s->padded = true;
    for (size_t i = 0; i < options.n; i += options.p[i] == 1 ? 1 : options.p[i + 1]) {
        if (options.p[i] == 0) {
            for (; i < options.n; i++)
                s->padded = s->padded && options.p[i] == 0;
            return;
        }
        s->mss = s->mss || options.p[i] == 2;
        ck_assert(options.p[i] == 1 || (i + 1 < options.n && options.p[i + 1] >= 2));
    }
}

static void look(void *self, const TraceEvent *ev)
{
    Sent s = { .t = ev->t };

    (void)self;
    if (ev->point != &LINK_ENQUEUED || ev->pkt->forged)
        return;
    Span frame = packet_frame(ev->pkt);
    Span datagram = { frame.p + ETH_HDR_LEN, frame.n - ETH_HDR_LEN };
    if (ipv4_decode(&s.ip4, datagram) != DROP_NONE || s.ip4.proto != IPPROTO_TCP4)
        return;
    Span segment = { datagram.p + IPV4_HDR_LEN, s.ip4.total_len - IPV4_HDR_LEN };
    uint32_t pseudo = sum_pseudo(s.ip4.src, s.ip4.dst, IPPROTO_TCP4);
    s.sum_right = tcp_decode(&s.tcp, segment, pseudo) == DROP_NONE;
    s.len = segment.n - s.tcp.header_len;
    read_options(&s, (Span){ segment.p + TCP_HDR_LEN, s.tcp.header_len - TCP_HDR_LEN });
    g_array_append_val(sent, s);
}

static void watch(void)
{
    sent = g_array_new(FALSE, FALSE, sizeof(Sent));
    trace_add_sink(&n.net->sim->trace, TRACE_ALL, look, &sent);
}

static void start(const TcpConfig *cfg)
{
    peer_init(&n, cfg);
    watch();
}

static void establish(const TcpConfig *cfg)
{
    start(cfg);
    peer_establish(&n);
    g_array_set_size(sent, 0);
}

static void finish(void)
{
    trace_remove_sink(&n.net->sim->trace, &sent);
    g_array_free(sent, TRUE);
    tcpnet_free(&n);
}

static const Sent *nth(unsigned i)
{
    ck_assert_uint_lt(i, sent->len);
    return &g_array_index(sent, Sent, i);
}

static TcpInfo info(void)
{
    TcpInfo i;

    conn_info(n.conn, &i);
    return i;
}

static void say(const char *format, uint32_t a, uint32_t b)
{
    g_autofree char *ack = g_strdup_printf("%u", a), *win = g_strdup_printf("%u", b);
    g_autoptr(GString) text = g_string_new(format);

    g_string_replace(text, "$a", ack, 0);
    g_string_replace(text, "$b", win, 0);
    peer_inject(&n, text->str);
}

static void listen_on_80(void)
{
    n.listener = tcp_listen(stack_tcp(n.c), IP4_ANY, 80, 0, false, &err);
    ck_assert_ptr_nonnull(n.listener);
}

static void open_to_peer(uint16_t local_port)
{
    n.conn = tcp_connect(stack_tcp(n.c), IP_NONE, local_port, ip("10.0.0.2"), 5000, &err);
    ck_assert_int_eq(err, NET_OK);
    run_ms(&n, 10);
}

/* --- §3.1, the header ------------------------------------------------------------------------- */

/* MUST-1, SHLD-28: as much as 32768 and 65535 are in flight, in full segments. */
START_TEST(a_window_is_unsigned)
{
    static const uint32_t windows[] = { 0x8000, 0xffff };
    TcpConfig cfg = peer_config();
    cfg.initial_cwnd = 100;
    establish(&cfg);
    say(". 301 ack $a win $b", 101, windows[_i]);
    must_send(n.conn, 100000);
    while (info().bytes_acked < 100000) {
        run_ms(&n, 10);
        TcpInfo i = info();
        uint32_t flight = i.snd_nxt - i.snd_una, left = 100101 - i.snd_una;
        ck_assert_uint_gt(flight, MIN(left, windows[_i]) - MIN(1460, left));
        ck_assert_uint_le(flight, windows[_i]);
        say(". 301 ack $a win $b", i.snd_nxt, windows[_i]);
    }
    for (unsigned i = 0; i + 1 < sent->len; i++)
        ck_assert_uint_eq(nth(i)->len, 1460);
    finish();
}
END_TEST

/* Two bytes that make the checksum of the next segment zero. */
static void send_what_sums_to_zero(void)
{
    Sent s = *nth(sent->len - 1);
    uint8_t segment[TCP_HDR_MAX + 2] = { 0 };

    s.tcp.seq = info().snd_nxt;
    s.tcp.ack = info().rcv_nxt;
    s.tcp.flags = TCP_PSH | TCP_ACK;
    s.tcp.checksum = 0;
    size_t len = tcp_encode(&s.tcp, segment) + 2;
    uint32_t pseudo = sum_pseudo(s.ip4.src, s.ip4.dst, IPPROTO_TCP4);
    uint16_t sum = tcp_checksum((Span){ segment, len }, pseudo);
    uint8_t bytes[2] = { (uint8_t)(sum >> 8), (uint8_t)sum };
    ck_assert_uint_eq(conn_send(n.conn, (Span){ bytes, 2 }, &err), 2);
}

/* MUST-2: on a SYN, data of an odd length, an ACK, a FIN and a RST; 0 is sent as it is. */
START_TEST(every_segment_has_its_checksum)
{
    unsigned seen = 0;
    establish(NULL);
    must_send(n.conn, 41);
    peer_inject(&n, ". 301 ack 142 len 3");
    send_what_sums_to_zero();
    run_ms(&n, 1);
    ck_assert_uint_eq(nth(sent->len - 1)->tcp.checksum, 0);
    ck_assert_uint_eq(nth(sent->len - 1)->len, 2);
    conn_shutdown(n.conn);
    peer_inject(&n, "S 900 sport 6000 mss 1460");
    peer_inject(&n, "S 900 sport 6000 dport 81");
    for (unsigned i = 0; i < sent->len; i++) {
        ck_assert(nth(i)->sum_right);
        seen |= nth(i)->tcp.flags;
    }
    ck_assert_uint_eq(seen, TCP_SYN | TCP_ACK | TCP_PSH | TCP_FIN | TCP_RST);
    finish();
}
END_TEST

/* MUST-65, MUST-68, MUST-69: MSS in SYNs alone, whatever else there is; zeros behind the end. */
START_TEST(the_mss_is_sent_and_read_with_syn_alone)
{
    TcpConfig cfg = course_config();
    cfg.timestamps = cfg.sack = cfg.window_scale = true;
    pair_init(&n, &cfg, &cfg);
    watch();
    pair_establish(&n);
    drop_flags(&n, n.c, TCP_ACK, 0, 1); /* a hole, for SACK */
    must_send(n.conn, 10000);
    run_ms(&n, 2000);
    conn_close(n.conn);
    run_ms(&n, 100);
    for (unsigned i = 0; i < sent->len; i++) {
        ck_assert_int_eq(nth(i)->mss, (nth(i)->tcp.flags & TCP_SYN) != 0);
        ck_assert(nth(i)->padded);
    }
    finish();

    establish(NULL);
    peer_inject(&n, ". 301 ack 101 len 10 mss 100");
    ck_assert_uint_eq(info().mss, 1460);
    finish();
}
END_TEST

/* MUST-67, SHLD-5, MAY-3: the MTU less 40, and no less for other options. */
START_TEST(the_mss_announced_is_the_mtu_less_40)
{
    static const struct { uint64_t mtu; bool options; uint16_t mss; } rows[] = {
        { 1500, false, 1460 }, { 1500, true, 1460 }, { 576, false, 536 },
    };
    TcpConfig cfg = course_config();
    LinkConfig link = link_defaults;
    cfg.timestamps = cfg.sack = cfg.window_scale = rows[_i].options;
    link.mtu = rows[_i].mtu;
    pair_init_with(&n, 1, &cfg, &cfg, &link, true);
    watch();
    pair_establish(&n);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert(nth(i)->tcp.flags & TCP_SYN);
        ck_assert_uint_eq(nth(i)->tcp.opt.mss, rows[_i].mss);
    }
    finish();
}
END_TEST

/* REC-1: a window of 2^30 bytes, and a right edge beyond 2^32. */
START_TEST(windows_have_32_bits)
{
    TcpConfig cfg = peer_config();
    cfg.isn_list[0] = 0xc0000000;
    cfg.window_scale = true;
    start(&cfg);
    listen_on_80();
    TcpHdr syn = { .src_port = 5000, .dst_port = 80, .window = 8192, .seq = 300, .flags = TCP_SYN,
                   .opt = { .has_mss = true, .mss = 1460, .has_wscale = true, .wscale = 14 } };
    peer_segment(&n, &syn, (Span){ 0 }, (Span){ 0 });
    run_ms(&n, 10);
    peer_inject(&n, ". 301 ack 3221225473 win 65535");
    n.conn = must_accept(&n);
    ck_assert_uint_eq(info().snd_wnd, 65535u << 14);
    must_send(n.conn, 5000);
    ck_assert_uint_eq(info().snd_nxt, 0xc0000001 + 5000);
    finish();
}
END_TEST

/* --- §3.7.1, §3.8.6: windows ------------------------------------------------------------------ */

/* SHLD-14: whatever the program reads and the peer sends. */
START_TEST(the_right_edge_never_moves_left)
{
    uint32_t x = (uint32_t)_i * 2654435761u + 1, edge = 301;
    uint8_t bytes[3000];
    establish(NULL);
    for (int i = 0; i < 300; i++) {
        x = x * 1664525 + 1013904223;
        TcpInfo now = info();
        g_autofree char *text = g_strdup_printf(
            ". %u ack 101 len %u", now.rcv_nxt + (x >> 20) % 3 * 500, 1 + (x >> 8) % 1460);
        peer_inject(&n, text);
        if (x >> 30 == 0)
            conn_receive(n.conn, bytes, (x >> 10) % sizeof bytes, &err);
    }
    ck_assert_uint_gt(sent->len, 200);
    for (unsigned i = 0; i < sent->len; i++) {
        uint32_t right = nth(i)->tcp.ack + nth(i)->tcp.window;
        ck_assert_uint_ge(right, edge);
        edge = right;
    }
    finish();
}
END_TEST

/* SHLD-17, MUST-37: what lies beyond a window that shrank may stay unacknowledged for an hour. */
START_TEST(data_beyond_a_shrunk_window_is_no_reason_to_give_up)
{
    establish(NULL);
    must_send(n.conn, 4380);
    peer_inject(&n, ". 301 ack 101 win 1000");
    run_ms(&n, 2000);
    for (int i = 0; i < 3600; i++) {
        peer_inject(&n, ". 301 ack 1101 win 0");
        run_ms(&n, 990);
    }
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    peer_inject(&n, ". 301 ack 1101 win 8192");
    run_ms(&n, 100);
    ck_assert_uint_gt(nth(sent->len - 1)->len, 1);
    finish();
}
END_TEST

/* SM-14: the first flight is what the SYN,ACK allows. */
START_TEST(the_syn_ack_brings_the_window)
{
    start(NULL);
    open_to_peer(80);
    peer_inject(&n, "S. 300 ack 101 win 500 mss 1460");
    g_array_set_size(sent, 0);
    must_send(n.conn, 1000);
    run_ms(&n, 10);
    ck_assert_uint_eq(info().snd_nxt, 601);
    ck_assert_uint_eq(nth(0)->len, 500);
    finish();
}
END_TEST

/* MUST-58, CC-32, CC-35: segments that come together have fewer ACKs than they are. */
START_TEST(acks_are_aggregated)
{
    TcpConfig cfg = peer_config();
    cfg.delayed_ack = true;
    cfg.rcvbuf = 65535;
    establish(&cfg);
    for (uint32_t i = 0; i < 6; i++) {
        g_autofree char *text = g_strdup_printf(". %u ack 101 len 1460", 301 + i * 1460);
        peer_send(&n, text);
    }
    run_ms(&n, 400);
    ck_assert_uint_ge(sent->len, 1);
    ck_assert_uint_le(sent->len, 3);
    ck_assert_uint_eq(nth(sent->len - 1)->tcp.ack, 301 + 6 * 1460);
    finish();
}
END_TEST

/* --- §3.8: timeouts --------------------------------------------------------------------------- */

/* MUST-23, MUST-22, CC-5: with the default knobs a SYN goes out again after 180 s and more. */
START_TEST(a_syn_is_tried_for_three_minutes)
{
    start(&tcp_defaults);
    open_to_peer(80);
    run_to(&n, 180000);
    expect_state(&n, n.conn, TCP_SYN_SENT);
    run_out(&n);
    ck_assert_int_ge(nth(sent->len - 1)->t, 180 * SEC);
    ck_assert_int_le(nth(sent->len - 1)->t - nth(sent->len - 2)->t, 60 * SEC);
    expect_state(&n, n.conn, TCP_CLOSED);
    ck_assert_int_eq(conn_connected(n.conn), NET_ETIMEDOUT);
    finish();
}
END_TEST

/* SHLD-11, MUST-20, SHLD-10: with the default knobs data is tried for 100 s and more. */
START_TEST(data_is_tried_for_a_hundred_seconds)
{
    TcpConfig cfg = tcp_defaults;
    cfg.isn = TCP_ISN_FIXED;
    cfg.isn_list[0] = 100;
    cfg.n_isn = 1;
    establish(&cfg);
    must_send(n.conn, 1);
    run_ms(&n, 100000);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    ck_assert_uint_gt(sent->len, 4);
    run_out(&n);
    expect_state(&n, n.conn, TCP_CLOSED);
    must_end(n.conn, NET_ETIMEDOUT);
    finish();
}
END_TEST

/* SM-41, MAY-4: of four lost segments only the first, as a datagram of its own. */
START_TEST(a_timeout_sends_the_first_segment_alone)
{
    establish(NULL);
    must_send(n.conn, 4 * 1460);
    run_ms(&n, 10);
    ck_assert_uint_eq(sent->len, 4);
    run_ms(&n, 1500);
    ck_assert_uint_eq(sent->len, 5);
    ck_assert_uint_eq(nth(4)->tcp.seq, nth(0)->tcp.seq);
    ck_assert_uint_eq(nth(4)->len, 1460);
    ck_assert_uint_ne(nth(4)->ip4.id, nth(0)->ip4.id);
    finish();
}
END_TEST

/* CC-9: half a second after the first, and its ACK 0.9 s after that: an RTO from there. */
START_TEST(an_ack_of_new_data_restarts_the_timer)
{
    establish(NULL);
    must_send(n.conn, 100);
    run_ms(&n, 500);
    must_send(n.conn, 100);
    run_ms(&n, 390);
    peer_inject(&n, ". 301 ack 201");
    SimTime due = sim_now(n.net->sim) + info().rto;
    run_until(&n, due - 1);
    ck_assert_uint_eq(sent->len, 2);
    run_until(&n, due);
    ck_assert_uint_eq(sent->len, 3);
    ck_assert_uint_eq(nth(2)->tcp.seq, 201);
    peer_inject(&n, ". 301 ack 301");
    run_ms(&n, 10000);
    ck_assert_uint_eq(sent->len, 3);
    finish();
}
END_TEST

/* CC-87, CC-21: probes that have backed off to 8 s leave the RTO of 1 s alone; ssthresh too. */
START_TEST(probes_do_not_back_the_timer_off)
{
    establish(NULL);
    peer_inject(&n, ". 301 ack 101 win 0");
    must_send(n.conn, 100);
    run_ms(&n, 7500);
    for (unsigned i = 0; i < sent->len; i++)
        ck_assert_uint_eq(nth(i)->len, 1);
    peer_inject(&n, ". 301 ack 101 win 8192");
    unsigned before = sent->len;
    SimTime opened = nth(before - 1)->t;
    run_ms(&n, 1010);
    ck_assert_uint_eq(sent->len, before + 1);
    ck_assert_uint_eq(nth(before)->tcp.seq, 101);
    ck_assert_int_le(nth(before)->t - opened, 1010 * MSEC);
    finish();

    establish(NULL);
    ck_assert_uint_eq(info().ssthresh, UINT32_MAX);
    finish();
}
END_TEST

/* EXT-11: data with a timestamp that was not agreed is delivered, and acknowledged without. */
START_TEST(a_timestamp_not_agreed_is_ignored)
{
    establish(NULL);
    peer_inject(&n, ". 301 ack 101 len 10 ts 5");
    ck_assert_uint_eq(conn_readable(n.conn), 10);
    ck_assert_uint_eq(info().rcv_nxt, 311);
    ck_assert_uint_eq(nth(0)->tcp.ack, 311);
    ck_assert(!nth(0)->tcp.opt.has_timestamps);
    finish();
}
END_TEST

/* EXT-50: data for what was reset meets RST, a RST silence. */
START_TEST(a_reset_leaves_nothing)
{
    establish(NULL);
    conn_abort(n.conn);
    run_ms(&n, 10);
    listener_close(n.listener);
    n.listener = NULL;
    ck_assert_uint_eq(nth(0)->tcp.flags, TCP_RST);
    peer_inject(&n, ". 301 ack 101 len 10");
    ck_assert_uint_eq(nth(1)->tcp.flags, TCP_RST);
    ck_assert_uint_eq(nth(1)->tcp.seq, 101);
    peer_inject(&n, "R 301");
    peer_inject(&n, "R. 301 ack 101");
    ck_assert_uint_eq(sent->len, 2);
    finish();
}
END_TEST

/* EXT-59: the host whose address was forged answers the SYN,ACK with RST. */
START_TEST(the_forged_source_frees_its_entry)
{
    start(NULL);
    listen_on_80();
    peer_inject(&n, "S 300");
    ck_assert_uint_eq(listener_half_open(n.listener), 1);
    peer_inject(&n, "R 301");
    ck_assert_uint_eq(listener_half_open(n.listener), 0);
    run_out(&n);
    ck_assert_uint_eq(sent->len, 1);
    finish();
}
END_TEST

/* --- §3.9.1.1: OPEN --------------------------------------------------------------------------- */

/* MUST-41: the port is taken, and who has it does not notice. */
START_TEST(a_passive_open_leaves_connections_alone)
{
    establish(NULL);
    ck_assert_ptr_null(tcp_listen(stack_tcp(n.c), IP4_ANY, 80, 0, false, &err));
    ck_assert_int_eq(err, NET_EADDRINUSE);
    listener_close(n.listener);
    n.listener = tcp_listen(stack_tcp(n.c), IP4_ANY, 80, 0, true, &err);
    ck_assert_ptr_nonnull(n.listener);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    peer_inject(&n, ". 301 ack 101 len 10");
    ck_assert_uint_eq(conn_readable(n.conn), 10);
    finish();
}
END_TEST

/* MUST-42: in SYN-SENT, and in SYN-RECEIVED after the peer's SYN crossed. */
START_TEST(one_can_listen_on_a_port_that_is_opening)
{
    start(NULL);
    open_to_peer(80);
    if (_i == 1)
        peer_inject(&n, "S 300 mss 1460");
    expect_state(&n, n.conn, _i == 0 ? TCP_SYN_SENT : TCP_SYN_RECEIVED);
    n.listener = tcp_listen(stack_tcp(n.c), IP4_ANY, 80, 0, true, &err);
    ck_assert_ptr_nonnull(n.listener);
    g_array_set_size(sent, 0);
    peer_inject(&n, "S 900 mss 1460 sport 6000");
    ck_assert_uint_eq(nth(0)->tcp.flags, TCP_SYN | TCP_ACK);
    ck_assert_uint_eq(nth(0)->tcp.ack, 901);
    finish();
}
END_TEST

/* A host with two addresses on two wires, and a peer behind each. */
typedef struct Homes {
    Net   *net;
    Stack *h, *p, *q;
} Homes;

static Homes two_homes(void)
{
    Homes m = { .net = net_new(1) };
    StackConfig cfg = stack_config_default();

    cfg.tcp = course_config();
    m.h = net_host(m.net, "h", &cfg);
    m.p = net_host(m.net, "p", &cfg);
    m.q = net_host(m.net, "q", &cfg);
    net_link(m.net, m.h->node, "10.0.0.1/24", m.p->node, "10.0.0.2/24", 10 * MSEC);
    net_link(m.net, m.h->node, "10.0.9.1/24", m.q->node, "10.0.9.2/24", 10 * MSEC);
    net_route(m.p, "10.0.9.0/24", "10.0.0.1");
    net_warm(m.net);
    return m;
}

/* MUST-43: an active open from the address that it names; a passive one hears its own alone. */
START_TEST(an_open_may_name_its_address)
{
    Homes m = two_homes();
    Conn *c = tcp_connect(stack_tcp(m.h), ip("10.0.9.1"), 40000, ip("10.0.0.2"), 81, &err);
    ck_assert_ptr_nonnull(c);
    Listener *l = tcp_listen(stack_tcp(m.h), ip("10.0.9.1"), 80, 0, false, &err);
    ck_assert_ptr_nonnull(l);
    Conn *other = tcp_connect(stack_tcp(m.p), IP_NONE, 50000, ip("10.0.0.1"), 80, &err);
    Conn *this = tcp_connect(stack_tcp(m.p), IP_NONE, 50001, ip("10.0.9.1"), 80, &err);
    net_run(m.net);
    ck_assert_uint_eq(net_count(m.net, "h>p 10.0.9.1.40000 > 10.0.0.2.81 tcp S "), 1);
    ck_assert_int_eq(conn_connected(other), NET_ECONNREFUSED);
    ck_assert_int_eq(conn_connected(this), NET_OK);
    conn_free(c);
    conn_free(other);
    conn_free(this);
    listener_close(l);
    net_free(m.net);
}
END_TEST

/* MUST-44: by the route to the peer. */
START_TEST(else_the_route_names_it)
{
    Homes m = two_homes();
    Conn *first = tcp_connect(stack_tcp(m.h), IP_NONE, 40000, ip("10.0.0.2"), 80, &err);
    Conn *second = tcp_connect(stack_tcp(m.h), IP_NONE, 40000, ip("10.0.9.2"), 80, &err);
    net_run(m.net);
    ck_assert_uint_eq(net_count(m.net, "h>p 10.0.0.1.40000 > 10.0.0.2.80 tcp S "), 1);
    ck_assert_uint_eq(net_count(m.net, "h>q 10.0.9.1.40000 > 10.0.9.2.80 tcp S "), 1);
    conn_free(first);
    conn_free(second);
    net_free(m.net);
}
END_TEST

/* MUST-45: the address that the SYN was for, on whatever wire, also after the route has changed. */
START_TEST(a_connection_keeps_its_address)
{
    Homes m = two_homes();
    Listener *l = tcp_listen(stack_tcp(m.h), IP4_ANY, 80, 0, false, &err);
    Conn *c = tcp_connect(stack_tcp(m.p), IP_NONE, 50000, ip("10.0.9.1"), 80, &err);
    net_run(m.net);
    Conn *a = listener_accept(l);
    ck_assert_ptr_nonnull(a);
    conn_send_pattern(a, 0, 10, &err);
    net_run(m.net);
    net_route(m.h, "10.0.0.2/32", "10.0.9.2");
    conn_send_pattern(a, 10, 10, &err);
    net_run_until(m.net, sim_now(m.net->sim) + 100 * MSEC);
    ck_assert_uint_eq(net_count(m.net, " 10.0.0.1.80 > "), 0);
    ck_assert_uint_ge(net_count(m.net, "h>p 10.0.9.1.80 > 10.0.0.2.50000"), 2);
    ck_assert_uint_ge(net_count(m.net, "h>q 10.0.9.1.80 > 10.0.0.2.50000"), 1);
    conn_abort(a);
    conn_abort(c);
    conn_free(a);
    conn_free(c);
    listener_close(l);
    net_free(m.net);
}
END_TEST

/* --- §3.9.2: IP ------------------------------------------------------------------------------- */

/* MUST-50: router alert, an option of no known kind, record route; the data begins behind them. */
START_TEST(ip_options_are_passed_over)
{
    static const uint8_t options[][4] = { { 148, 4, 0, 0 }, { 99, 4, 1, 2 }, { 1, 1, 1, 0 } };
    start(NULL);
    listen_on_80();
    for (int i = 0; i < 2; i++) {
        TcpHdr h = { .src_port = 5000, .dst_port = 80, .window = 8192, .seq = i == 0 ? 300 : 301,
                     .ack = i == 0 ? 0 : 101, .flags = i == 0 ? TCP_SYN : TCP_ACK };
        peer_segment(&n, &h, (Span){ (const uint8_t *)"xxxxx", i == 0 ? 0 : 5 },
                     (Span){ options[_i], 4 });
        run_ms(&n, 10);
    }
    ck_assert_uint_eq(nth(0)->tcp.flags, TCP_SYN | TCP_ACK);
    ck_assert_uint_eq(nth(1)->tcp.ack, 306);
    n.conn = must_accept(&n);
    uint8_t bytes[8];
    ck_assert_uint_eq(conn_receive(n.conn, bytes, 8, &err), 5);
    ck_assert_mem_eq(bytes, "xxxxx", 5);
    finish();
}
END_TEST

/* MUST-57: neither a SYN nor anything else. */
START_TEST(nothing_to_many_is_answered)
{
    static const char *const many[] = { "10.0.0.255", "255.255.255.255", "224.0.0.1" };
    static const char *const segments[] = { "S 300", ". 300 ack 5", "F 300", "S 300 dport 81" };
    start(NULL);
    listen_on_80();
    n.peer_dst = ip(many[_i]);
    for (size_t i = 0; i < G_N_ELEMENTS(segments); i++)
        peer_inject(&n, segments[i]);
    ck_assert_uint_eq(sent->len, 0);
    ck_assert_uint_eq(listener_half_open(n.listener), 0);
    finish();
}
END_TEST

/* MUST-63. */
START_TEST(nobody_is_answered_who_cannot_be)
{
    static const char *const nobody[] = { "255.255.255.255", "10.0.0.255", "224.0.0.5", "127.0.0.1",
                                          "0.0.0.0" };
    start(NULL);
    listen_on_80();
    n.peer_src = ip(nobody[_i]);
    peer_inject(&n, "S 300");
    peer_inject(&n, "S 300 dport 81");
    ck_assert_uint_eq(sent->len, 0);
    ck_assert_uint_eq(listener_half_open(n.listener), 0);
    finish();
}
END_TEST

static void add_opening(Suite *suite)
{
    TCase *tc = tcase_create("OPEN and IP");
    tcase_add_test(tc, a_passive_open_leaves_connections_alone);
    tcase_add_loop_test(tc, one_can_listen_on_a_port_that_is_opening, 0, 2);
    tcase_add_test(tc, an_open_may_name_its_address);
    tcase_add_test(tc, else_the_route_names_it);
    tcase_add_test(tc, a_connection_keeps_its_address);
    tcase_add_loop_test(tc, ip_options_are_passed_over, 0, 3);
    tcase_add_loop_test(tc, nothing_to_many_is_answered, 0, 3);
    tcase_add_loop_test(tc, nobody_is_answered_who_cannot_be, 0, 5);
    suite_add_tcase(suite, tc);
}

Suite *conformance_suite(void);
Suite *conformance_suite(void)
{
    Suite *suite = suite_create("conformance");
    TCase *tc = tcase_create("segments");
    tcase_add_loop_test(tc, a_window_is_unsigned, 0, 2);
    tcase_add_test(tc, every_segment_has_its_checksum);
    tcase_add_test(tc, the_mss_is_sent_and_read_with_syn_alone);
    tcase_add_loop_test(tc, the_mss_announced_is_the_mtu_less_40, 0, 3);
    tcase_add_test(tc, windows_have_32_bits);
    tcase_add_loop_test(tc, the_right_edge_never_moves_left, 0, 10);
    tcase_add_test(tc, data_beyond_a_shrunk_window_is_no_reason_to_give_up);
    tcase_add_test(tc, the_syn_ack_brings_the_window);
    tcase_add_test(tc, acks_are_aggregated);
    tcase_add_test(tc, a_syn_is_tried_for_three_minutes);
    tcase_add_test(tc, data_is_tried_for_a_hundred_seconds);
    tcase_add_test(tc, a_timeout_sends_the_first_segment_alone);
    tcase_add_test(tc, an_ack_of_new_data_restarts_the_timer);
    tcase_add_test(tc, probes_do_not_back_the_timer_off);
    tcase_add_test(tc, a_timestamp_not_agreed_is_ignored);
    tcase_add_test(tc, a_reset_leaves_nothing);
    tcase_add_test(tc, the_forged_source_frees_its_entry);
    suite_add_tcase(suite, tc);
    add_opening(suite);
    return suite;
}
