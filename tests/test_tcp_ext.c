/*
 * test_tcp_ext.c - what TCP does beyond carrying data: keep-alives, timeouts, urgent data, cookies,
 * challenges, ECN, and the knobs that make a host wrong. One host and a peer played by hand:
 * SND.NXT is 101 and RCV.NXT 301, both windows 8192. Each test names what it shows.
 */
/* SPDX-License-Identifier: MIT */
#include "support/tcpnet.h"

#include "protocols/wire/checksum.h"

#include <check.h>
#include <string.h>

static TcpNet n;

/* The last segment that c has sent, decoded. */
static struct { Ipv4Hdr ip4; TcpHdr tcp; size_t len; } sent;
static unsigned n_sent, advices;

static void look(void *self, const TraceEvent *ev)
{
    (void)self;
    if (ev->point == &TCP_ADVICE)
        advices++;
    if (ev->point != &LINK_ENQUEUED || ev->pkt->forged)
        return;
    Span frame = packet_frame(ev->pkt);
    Span datagram = { frame.p + ETH_HDR_LEN, frame.n - ETH_HDR_LEN };
    if (ipv4_decode(&sent.ip4, datagram) != DROP_NONE || sent.ip4.proto != IPPROTO_TCP4)
        return;
    Span segment = { datagram.p + IPV4_HDR_LEN, sent.ip4.total_len - IPV4_HDR_LEN };
    tcp_decode(&sent.tcp, segment, sum_pseudo(sent.ip4.src, sent.ip4.dst, IPPROTO_TCP4));
    sent.len = segment.n - sent.tcp.header_len;
    n_sent++;
}

static void start(const TcpConfig *cfg)
{
    peer_init(&n, cfg);
    n_sent = advices = 0;
    trace_add_sink(&n.net->sim->trace, TRACE_ALL, look, &n_sent);
}

static void establish(const TcpConfig *cfg)
{
    start(cfg);
    peer_establish(&n);
    n_sent = advices = 0;
}

static void finish(void)
{
    trace_remove_sink(&n.net->sim->trace, &n_sent);
    tcpnet_free(&n);
}

static void clear_log(void)
{
    g_string_truncate(n.log, 0);
}

/* --- letting go ------------------------------------------------------------------------------- */

/* The handle is given up: what follows is what close(2) does. */
static void let_go(void)
{
    conn_free(n.conn);
    n.conn = NULL;
}

/* MAY-1: the connection of a handle that is freed goes on by itself. */
START_TEST(a_freed_connection_sends_its_fin)
{
    establish(NULL);
    must_send(n.conn, 10);
    let_go();
    expect_log(&n, "20 c>p P. 101:111 ack 301\n20 c FIN-WAIT-1\n20 c>p F. 111 ack 301\n");
    peer_inject(&n, "F. 301 ack 112");
    expect_log(&n, "30 c TIME-WAIT\n30 c>p . 112 ack 302\n");
}
END_TEST

/* SHLD-3 */
START_TEST(a_freed_connection_with_unread_data_is_reset)
{
    establish(NULL);
    peer_inject(&n, "P. 301 ack 101 len 10");
    clear_log();
    let_go();
    expect_log(&n, "30 c>p R 101\n30 c CLOSED\n");
}
END_TEST

static void open_crossed(const char *syn)
{
    NetError err;

    start(NULL);
    n.conn = tcp_connect(stack_tcp(n.c), IP_NONE, 80, ip("10.0.0.2"), 5000, &err);
    peer_inject(&n, syn);
    expect_state(&n, n.conn, TCP_SYN_RECEIVED);
    clear_log();
}

/* SHLD-3, SM-7, SM-37: text of a SYN counts as unread. */
START_TEST(close_with_the_text_of_a_crossed_syn_resets)
{
    open_crossed("S 300 len 10 mss 1460");
    conn_close(n.conn);
    expect_log(&n, "10 c>p R 101\n10 c CLOSED\n");
}
END_TEST

/* SM-7, SM-35 */
START_TEST(shutdown_in_syn_received_still_delivers_the_text_of_the_syn)
{
    open_crossed("S 300 len 10 mss 1460");
    conn_shutdown(n.conn);
    expect_log(&n, "10 c FIN-WAIT-1\n10 c>p F. 101 ack 301\n");
    ck_assert_uint_eq(conn_readable(n.conn), 0);
    peer_inject(&n, ". 311 ack 102");
    must_read(n.conn, 10);
    expect_state(&n, n.conn, TCP_FIN_WAIT_2);
}
END_TEST

/* --- keep-alive ------------------------------------------------------------------------------- */

/* MUST-25: off unless asked for. */
START_TEST(an_idle_connection_is_silent)
{
    establish(NULL);
    run_ms(&n, 24 * 3600 * 1000);
    ck_assert_uint_eq(n_sent, 0);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
}
END_TEST

/* MUST-24, MUST-26, MUST-28, SHLD-12, MAY-5: two hours after the last segment of the peer. */
START_TEST(a_probe_comes_after_two_hours_of_silence)
{
    establish(NULL);
    conn_set_keepalive(n.conn, true, 0, 0, 0);
    run_to(&n, 7000 * 1000);
    peer_inject(&n, ". 301 ack 101");
    run_to(&n, 14200 * 1000);
    expect_log(&n, "");
    run_ms(&n, 100);
    expect_log(&n, "14200010 c>p . 100 ack 301\n");
    ck_assert_uint_eq(sent.len, 0);
    peer_inject(&n, ". 301 ack 101");
    run_ms(&n, 7100 * 1000);
    expect_log(&n, "");
    conn_set_keepalive(n.conn, false, 0, 0, 0);
    run_ms(&n, 24 * 3600 * 1000);
    expect_log(&n, "");
}
END_TEST

/* MUST-27, MUST-29: one probe without an answer is nothing; so many are the end. */
START_TEST(a_dead_peer_is_given_up)
{
    establish(NULL);
    conn_set_keepalive(n.conn, true, 60 * SEC, 5 * SEC, 3);
    run_to(&n, 60100);
    expect_log(&n, "60020 c>p . 100 ack 301\n");
    peer_inject(&n, ". 301 ack 101");
    run_to(&n, 120200);
    expect_log(&n, "120110 c>p . 100 ack 301\n");
    run_to(&n, 200000);
    expect_log(&n, "125110 c>p . 100 ack 301\n130110 c>p . 100 ack 301\n"
                   "135110 c>p R 101\n135110 c CLOSED\n");
    must_end(n.conn, NET_ETIMEDOUT);
}
END_TEST

/* MUST-26: what is outstanding is watched over by retransmissions. */
START_TEST(no_probe_while_data_is_outstanding)
{
    establish(NULL);
    conn_set_keepalive(n.conn, true, 2 * SEC, SEC, 9);
    must_send(n.conn, 1);
    run_ms(&n, 8000);
    expect_log(&n, "20 c>p P. 101:102 ack 301\n1020 c>p P. 101:102 ack 301\n"
                   "3020 c>p P. 101:102 ack 301\n7020 c>p P. 101:102 ack 301\n");
}
END_TEST

START_TEST(keep_alives_do_not_keep_a_simulation_alive)
{
    TcpConfig cfg = peer_config();

    cfg.keepalive = true;
    establish(&cfg);
    run_out(&n);
    ck_assert_int_lt(sim_now(n.net->sim), SEC);
}
END_TEST

/* --- giving up -------------------------------------------------------------------------------- */

/* MUST-21, SM-42: R2 as a time, for data, to the millisecond. */
START_TEST(the_user_timeout_ends_a_connection)
{
    establish(NULL);
    conn_set_user_timeout(n.conn, 10 * SEC);
    run_ms(&n, 60000);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    must_send(n.conn, 1);
    run_ms(&n, 9999);
    clear_log();
    run_ms(&n, 2);
    expect_log(&n, "70020 c CLOSED\n");
    must_end(n.conn, NET_ETIMEDOUT);
}
END_TEST

/* SM-42: in SYN-SENT too; the knob is the default of every connection. */
START_TEST(the_user_timeout_ends_an_attempt)
{
    NetError err;
    TcpConfig cfg = peer_config();

    cfg.user_timeout = 300 * SEC;
    start(&cfg);
    n.conn = tcp_connect(stack_tcp(n.c), IP_NONE, 80, ip("10.0.0.2"), 5000, &err);
    run_to(&n, 299999);
    expect_state(&n, n.conn, TCP_SYN_SENT);
    clear_log();
    run_to(&n, 300001);
    expect_log(&n, "300000 c CLOSED\n");
    ck_assert_int_eq(conn_connected(n.conn), NET_ETIMEDOUT);
}
END_TEST

/* MUST-21: R2 may be infinite. MUST-37: progress restarts a finite one. */
START_TEST(no_user_timeout_at_all)
{
    establish(NULL);
    conn_set_user_timeout(n.conn, NEVER);
    must_send(n.conn, 1);
    run_ms(&n, 3600 * 1000);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    conn_set_user_timeout(n.conn, 100 * SEC);
    run_ms(&n, 90000);
    peer_inject(&n, ". 301 ack 102 win 0");
    must_send(n.conn, 1);
    for (int i = 0; i < 40; i++) {
        run_ms(&n, 50000);
        peer_inject(&n, ". 301 ack 102 win 0");
    }
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    run_ms(&n, 110000);
    expect_state(&n, n.conn, TCP_CLOSED);
}
END_TEST

/* MUST-20, SHLD-9, SHLD-10: at the third retransmission the next hop is asked for anew, and the
 * program is told. */
START_TEST(r1_doubts_the_network)
{
    const Iface *iface;

    establish(NULL);
    iface = net_iface(n.c, 0);
    arp_delete(n.c->arp, ip("10.0.0.2"));
    arp_set(n.c->arp, (Iface *)iface, ip("10.0.0.2"), (MacAddr){ { 2, 0, 0, 0, 0xaa, 2 } }, false);
    must_send(n.conn, 1);
    run_ms(&n, 6900);
    ck_assert_uint_eq(advices, 0);
    ck_assert_ptr_nonnull(arp_lookup(n.c->arp, ip("10.0.0.2")));
    run_ms(&n, 200);
    ck_assert_uint_eq(advices, 1);
    const ArpEntry *entry = arp_lookup(n.c->arp, ip("10.0.0.2"));
    ck_assert(entry == NULL || entry->state == ARP_INCOMPLETE);
    ck_assert_int_eq(conn_soft_error(n.conn), NET_ETIMEDOUT);
}
END_TEST

/* MUST-22, MUST-23: a SYN has an R1 too, and an R2 of more than three minutes. */
START_TEST(r1_and_r2_of_a_syn)
{
    TcpConfig cfg = tcp_defaults;
    NetError err;

    start(&cfg);
    n.conn = tcp_connect(stack_tcp(n.c), IP_NONE, 80, ip("10.0.0.2"), 5000, &err);
    run_to(&n, 6900);
    ck_assert_uint_eq(advices, 0);
    run_to(&n, 7100);
    ck_assert_uint_eq(advices, 1);
    run_to(&n, 182 * 1000);
    unsigned before = n_sent;
    run_to(&n, 242 * 1000);
    ck_assert_uint_eq(n_sent, before + 1);
    expect_state(&n, n.conn, TCP_SYN_SENT);
    run_to(&n, 244 * 1000);
    ck_assert_int_eq(conn_connected(n.conn), NET_ETIMEDOUT);
}
END_TEST

/* MUST-47, MUST-54, SHLD-25, EXT-74, EXT-75: a hint is told, of what is in flight only; it is gone
 * with the next acknowledgment. */
START_TEST(icmp_hints_are_told)
{
    establish(NULL);
    must_send(n.conn, 10);
    peer_icmp(&n, 3, 1, 80, 5000, 90);
    ck_assert_int_eq(conn_soft_error(n.conn), NET_OK);
    peer_icmp(&n, 3, 1, 80, 5000, 101);
    ck_assert_int_eq(conn_soft_error(n.conn), NET_EHOSTUNREACH);
    peer_icmp(&n, 3, 3, 80, 5000, 101);
    ck_assert_int_eq(conn_soft_error(n.conn), NET_ECONNREFUSED);
    ck_assert_uint_eq(advices, 2);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    peer_inject(&n, ". 301 ack 111");
    ck_assert_int_eq(conn_soft_error(n.conn), NET_OK);
}
END_TEST

/* --- options of a connection ------------------------------------------------------------------ */

/* MUST-48, MUST-49, SHLD-21, SHLD-22: on data, retransmissions and pure ACKs. */
START_TEST(ds_field_and_ttl_are_the_programs)
{
    TcpConfig cfg = peer_config();

    cfg.ttl = 17;
    cfg.tos = 0x20;
    start(&cfg);
    n.listener = tcp_listen(stack_tcp(n.c), IP4_ANY, 80, 0, false, &(NetError){ 0 });
    peer_inject(&n, "S 300 mss 1460");
    ck_assert_uint_eq(sent.ip4.ttl, 17);
    ck_assert_uint_eq(sent.ip4.tos, 0x20);
    peer_inject(&n, ". 301 ack 101");
    n.conn = must_accept(&n);
    conn_set_tos(n.conn, 0xbb);
    conn_set_ttl(n.conn, 9);
    must_send(n.conn, 1);
    ck_assert_uint_eq(sent.ip4.tos, 0xb8);
    ck_assert_uint_eq(sent.ip4.ttl, 9);
    run_ms(&n, 1500);
    ck_assert_uint_eq(n_sent, 3);
    ck_assert_uint_eq(sent.ip4.tos, 0xb8);
    peer_inject(&n, "P. 301 ack 102 len 5");
    ck_assert_uint_eq(sent.len, 0);
    ck_assert_uint_eq(sent.ip4.tos, 0xb8);
    peer_inject(&n, ". 9 ack 7 dport 4242");
    ck_assert_uint_eq(sent.tcp.flags, TCP_RST);
    ck_assert_uint_eq(sent.ip4.ttl, 17);
}
END_TEST

START_TEST(a_cork_holds_what_is_not_full)
{
    establish(NULL);
    conn_set_cork(n.conn, true);
    must_send(n.conn, 1000);
    must_send(n.conn, 1000);
    expect_log(&n, "20 c>p . 101:1561 ack 301\n");
    conn_set_cork(n.conn, false);
    expect_log(&n, "20 c>p P. 1561:2101 ack 301\n");
    peer_inject(&n, ". 301 ack 2101");
    conn_set_cork(n.conn, true);
    must_send(n.conn, 10);
    run_ms(&n, 199);
    expect_log(&n, "");
    run_ms(&n, 2);
    expect_log(&n, "230 c>p P. 2101:2111 ack 301\n");
}
END_TEST

/* --- challenges and TIME-WAIT ----------------------------------------------------------------- */

/* EXT-41: so many a period, of this connection. EXT-79: it survives them. */
START_TEST(challenges_are_limited)
{
    TcpConfig cfg = peer_config();

    cfg.challenge_ack_limit = 3;
    cfg.challenge_ack_period = 2 * SEC;
    establish(&cfg);
    for (int i = 0; i < 100; i++)
        peer_inject(&n, i % 2 ? "S 500" : "R 500");
    ck_assert_uint_eq(n_sent, 3);
    run_ms(&n, 2000);
    peer_inject(&n, "R 500");
    ck_assert_uint_eq(n_sent, 4);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
}
END_TEST

static void into_time_wait(const TcpConfig *cfg)
{
    establish(cfg);
    conn_close(n.conn);
    peer_inject(&n, "F. 301 ack 102");
    expect_state(&n, n.conn, TCP_TIME_WAIT);
    clear_log();
}

/* EXT-44, SM-32: with and without the protection of RFC 1337. */
START_TEST(a_reset_in_time_wait)
{
    TcpConfig cfg = peer_config();

    cfg.time_wait_rst = _i ? TCP_TIME_WAIT_RST_RFC1337 : TCP_TIME_WAIT_RST_RFC9293;
    into_time_wait(&cfg);
    peer_inject(&n, "R 302");
    expect_log(&n, _i ? "40 c drops tcp.time-wait-rst\n" : "40 c CLOSED\n40 c drops tcp.reset\n");
}
END_TEST

/* EXT-46, EXT-47: an old SYN in TIME-WAIT is dropped, or acknowledged as RFC 9293 has it. */
START_TEST(an_old_syn_in_time_wait)
{
    TcpConfig cfg = peer_config();

    cfg.time_wait_syn = (TcpTimeWaitSyn)_i;
    into_time_wait(&cfg);
    peer_inject(&n, "S 300");
    expect_log(&n, _i > 0 ? "40 c>p . 102 ack 302\n40 c drops tcp.time-wait-syn\n"
                      : "40 c drops tcp.time-wait-syn\n");
    expect_state(&n, n.conn, TCP_TIME_WAIT);
}
END_TEST

/* --- SYN cookies ------------------------------------------------------------------------------ */

static void listen_with(TcpConfig *cfg)
{
    start(cfg);
    n.listener = tcp_listen(stack_tcp(n.c), IP4_ANY, 80, 0, false, &(NetError){ 0 });
}

static void inject(const char *format, uint32_t a, uint32_t b)
{
    g_autofree char *segment = g_strdup_printf(format, a, b);

    peer_inject(&n, segment);
}

/* What Linux's TIME-WAIT, which has seen ts 1000 and ends at 302, opens again for. */
static const struct { const char *syn; bool opens; } to_linux[] = {
    { "S 302", false },         { "S 303", true },           { "S 302 ts 1000", false },
    { "S 303 ts 1000", true },  { "S 250 ts 1001", true },   { "S 250 ts 1000", false },
    { "S 303 ts 999", false },
};

/* EXT-45, EXT-47: by the number, unless the timestamp says it more clearly. */
START_TEST(linux_asks_number_and_timestamp)
{
    TcpConfig cfg = peer_config();

    cfg.time_wait_syn = TCP_TIME_WAIT_SYN_LINUX;
    cfg.timestamps = true;
    cfg.timestamps_required = false;
    listen_with(&cfg);
    peer_inject(&n, "S 300 mss 1460 ts 1000 sport 6000");
    peer_inject(&n, ". 301 ack 101 ts 1000 sport 6000");
    n.conn = must_accept(&n);
    conn_close(n.conn);
    peer_inject(&n, "F. 301 ack 102 ts 1000 sport 6000");
    expect_state(&n, n.conn, TCP_TIME_WAIT);
    g_autofree char *syn = g_strconcat(to_linux[_i].syn, " mss 1460 sport 6000", NULL);
    unsigned before = n_sent;
    peer_inject(&n, syn);
    ck_assert_uint_eq(n_sent, before + 1);
    ck_assert_uint_eq(sent.tcp.flags, to_linux[_i].opens ? TCP_SYN | TCP_ACK : TCP_ACK);
}
END_TEST

static void ask_for_a_cookie(const char *syn)
{
    TcpConfig cfg = peer_config();

    cfg.syncookies = TCP_COOKIES_ALWAYS;
    listen_with(&cfg);
    peer_inject(&n, syn);
    ck_assert_uint_eq(n_sent, 1);
    ck_assert_uint_eq(sent.tcp.flags, TCP_SYN | TCP_ACK);
    ck_assert_uint_eq(sent.tcp.ack, 301);
    ck_assert_uint_eq(listener_half_open(n.listener), 0);
}

/* The MSS that the peer says, and the one that comes back. */
static const struct { const char *syn; uint32_t mss; } recovered[] = {
    { "S 300", 536 },           { "S 300 mss 100", 32 },    { "S 300 mss 536", 536 },
    { "S 300 mss 600", 536 },   { "S 300 mss 1300", 1300 }, { "S 300 mss 1459", 1440 },
    { "S 300 mss 1460", 1460 }, { "S 300 mss 9000", 1460 },
};

/* EXT-55, EXT-57, FIG-17: nothing is kept, and the MSS comes back; other options do not. */
START_TEST(a_cookie_brings_the_mss_back)
{
    TcpInfo info;

    ask_for_a_cookie(recovered[_i].syn);
    ck_assert(!sent.tcp.opt.has_wscale && !sent.tcp.opt.sack_permitted);
    clear_log();
    inject("P. 301 ack %u len 10", sent.tcp.seq + 1, 0);
    n.conn = must_accept(&n);
    must_read(n.conn, 10);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.mss, recovered[_i].mss);
    ck_assert(info.passive);
    must_send(n.conn, 4000);
    ck_assert_uint_le(sent.len, recovered[_i].mss);
    peer_inject(&n, "R 311");
}
END_TEST

/* EXT-56, FIG-18: what is no cookie is refused; so is an old one, and one of another ISN. */
START_TEST(a_bad_cookie_is_refused)
{
    uint32_t seq = _i == 2 ? 302 : 301;

    ask_for_a_cookie("S 300 mss 1460");
    uint32_t ack = sent.tcp.seq + 1;
    if (_i == 0)
        ack++;
    else if (_i == 1)
        run_ms(&n, 128 * 1000);
    inject(". %u ack %u", seq, ack);
    ck_assert_uint_eq(sent.tcp.flags, TCP_RST);
    ck_assert_uint_eq(sent.tcp.seq, ack);
    ck_assert_ptr_null(listener_accept(n.listener));
}
END_TEST

START_TEST(a_cookie_is_good_for_a_minute)
{
    ask_for_a_cookie("S 300 mss 1460");
    run_ms(&n, 63 * 1000);
    inject(". 301 ack %u", sent.tcp.seq + 1, 0);
    n.conn = must_accept(&n);
}
END_TEST

/* EXT-53, EXT-58: cookies only when the queue is full, and those in it are repeated as ever. */
START_TEST(cookies_come_with_the_flood)
{
    TcpConfig cfg = peer_config();

    cfg.syn_backlog = 2;
    listen_with(&cfg);
    peer_inject(&n, "S 300 sport 6000");
    peer_inject(&n, "S 300 sport 6001");
    peer_inject(&n, "S 300 mss 1400");
    uint32_t cookie = sent.tcp.seq;
    ck_assert_uint_eq(listener_half_open(n.listener), 2);
    run_ms(&n, 1500);
    ck_assert_uint_eq(n_sent, 5);
    inject(". 301 ack %u", cookie + 1, 0);
    n.conn = must_accept(&n);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
}
END_TEST

START_TEST(a_cookie_finds_the_accept_queue_full)
{
    TcpConfig cfg = peer_config();

    cfg.syncookies = TCP_COOKIES_ALWAYS;
    cfg.backlog = 1;
    listen_with(&cfg);
    peer_inject(&n, "S 300");
    uint32_t first = sent.tcp.seq;
    peer_inject(&n, "S 300 sport 6000");
    uint32_t second = sent.tcp.seq;
    inject(". 301 ack %u", first + 1, 0);
    clear_log();
    inject(". 301 ack %u sport 6000", second + 1, 0);
    expect_log(&n, "40 c drops tcp.accept-queue\n");
    n.conn = must_accept(&n);
    inject(". 301 ack %u sport 6000", second + 1, 0);
    conn_free(must_accept(&n));
}
END_TEST

/* The accept queue of Linux takes one more than its backlog says. */
START_TEST(the_backlog_is_exact)
{
    TcpConfig cfg = peer_config();

    cfg.backlog = 2;
    if (_i == 1)
        cfg.profile = TCP_PROFILE_LINUX;
    listen_with(&cfg);
    for (unsigned i = 0; i < 4; i++) {
        inject("S 300 sport %u", 6000 + i, 0);
        inject(". 301 ack 101 sport %u", 6000 + i, 0);
    }
    ck_assert_uint_eq(listener_queued(n.listener), _i == 1 ? 3 : 2);
}
END_TEST

/* Two may wait for accept, more may be half-open; not in Linux. */
START_TEST(the_syn_queue_of_linux_ends_with_the_backlog)
{
    TcpConfig cfg = peer_config();

    cfg.backlog = 2;
    cfg.syncookies = TCP_COOKIES_OFF;
    if (_i == 1)
        cfg.profile = TCP_PROFILE_LINUX;
    listen_with(&cfg);
    for (unsigned i = 0; i < 4; i++)
        inject("S 300 sport %u", 6000 + i, 0);
    ck_assert_uint_eq(listener_half_open(n.listener), _i == 1 ? 2 : 4);
}
END_TEST

/* --- urgent data ------------------------------------------------------------------------------ */

static unsigned urgents;

static void on_urgent(void *self)
{
    (void)self;
    urgents++;
}

static void send_urgent(size_t len)
{
    g_autofree uint8_t *bytes = g_malloc0(len);
    NetError err;

    ck_assert_uint_eq(conn_send_urgent(n.conn, (Span){ bytes, len }, &err), len);
}

/* MUST-30, MUST-62: the pointer names the octet behind the urgent data. */
START_TEST(urgent_data_is_pointed_behind)
{
    establish(NULL);
    send_urgent(1);
    expect_log(&n, "20 c>p P.U 101:102 ack 301\n");
    ck_assert_uint_eq(sent.tcp.urgent, 1);
    send_urgent(5);
    ck_assert_uint_eq(sent.tcp.urgent, 5);
    must_send(n.conn, 10);
    ck_assert_uint_eq(sent.tcp.flags, TCP_ACK | TCP_PSH);
    ck_assert_uint_eq(sent.tcp.urgent, 0);
}
END_TEST

/* MUST-31: of any length; as far as the pointer reaches, until the mark is there. */
START_TEST(urgent_data_may_be_long)
{
    establish(NULL);
    send_urgent(100000);
    uint32_t ack = 101, end = 100101;
    while (ack < end) {
        ck_assert_uint_eq(sent.tcp.urgent, MIN(end - sent.tcp.seq, 65535));
        ck_assert(sent.tcp.flags & TCP_URG);
        ack = sent.tcp.seq + (uint32_t)sent.len;
        inject(". 301 ack %u win 60000", ack, 0);
    }
    must_send(n.conn, 1);
    ck_assert(!(sent.tcp.flags & TCP_URG));
}
END_TEST

/* MUST-66, the sender's side: a closed window does not hold the news back. */
START_TEST(urgent_data_is_told_through_a_closed_window)
{
    establish(NULL);
    peer_inject(&n, ". 301 ack 101 win 0");
    send_urgent(3);
    expect_log(&n, "30 c>p .U 101 ack 301\n");
    ck_assert_uint_eq(sent.tcp.urgent, 3);
}
END_TEST

/* MUST-32, MUST-33: told once, and again when the mark moves on, ahead of the data; and how much of
 * it is left. */
START_TEST(the_program_hears_of_urgent_data)
{
    uint8_t bytes[32];
    NetError err;

    establish(NULL);
    urgents = 0;
    conn_on_urgent(n.conn, on_urgent, NULL);
    peer_inject(&n, "P.U 301 ack 101 up 10 len 5");
    ck_assert_uint_eq(urgents, 1);
    ck_assert_uint_eq(conn_urgent(n.conn), 10);
    peer_inject(&n, "P.U 306 ack 101 up 20 len 5");
    ck_assert_uint_eq(urgents, 2);
    peer_inject(&n, "P.U 311 ack 101 up 15 len 5");
    ck_assert_uint_eq(urgents, 2);
    ck_assert_uint_eq(conn_receive(n.conn, bytes, 8, &err), 8);
    ck_assert_uint_eq(conn_urgent(n.conn), 17);
    peer_inject(&n, "P. 316 ack 101 len 15");
    ck_assert_uint_eq(conn_receive(n.conn, bytes, 17, &err), 17);
    ck_assert_uint_eq(conn_urgent(n.conn), 0);
    must_read(n.conn, 5);
}
END_TEST

/* MUST-66, SM-19: at a closed window too. SM-29: not behind the peer's FIN. */
START_TEST(urgent_at_a_closed_window)
{
    establish(NULL);
    for (unsigned i = 0; i < 8; i++)
        inject(". %u ack 101 len 1024", 301 + i * 1024, 0);
    ck_assert_uint_eq(sent.tcp.window, 0);
    peer_inject(&n, ".U 8493 ack 101 up 4 len 1");
    ck_assert_uint_eq(conn_urgent(n.conn), 8196);
    ck_assert_uint_eq(sent.tcp.window, 0);
    must_read(n.conn, 8192);
    ck_assert_uint_eq(conn_urgent(n.conn), 4);
    peer_inject(&n, "F. 8493 ack 101");
    peer_inject(&n, ".U 8494 ack 101 up 40");
    ck_assert_uint_eq(conn_urgent(n.conn), 4);
}
END_TEST

/* --- ECN -------------------------------------------------------------------------------------- */

static void ecn_listen(TcpEcn ecn, const char *syn)
{
    TcpConfig cfg = peer_config();

    cfg.ecn = ecn;
    listen_with(&cfg);
    peer_inject(&n, syn);
}

static void ecn_establish(uint64_t cwnd)
{
    TcpConfig cfg = peer_config();

    cfg.ecn = TCP_ECN_PASSIVE;
    cfg.initial_cwnd = cwnd;
    listen_with(&cfg);
    peer_inject(&n, "SEW 300 mss 1000 win 60000");
    peer_inject(&n, ". 301 ack 101 win 60000");
    n.conn = must_accept(&n);
    clear_log();
}

/* SHLD-8, EXT-65, EXT-67: agreed only if asked for, by both bits, and if the host will; never ECT. */
START_TEST(an_ecn_listener_agrees_if_asked)
{
    static const struct { TcpEcn ecn; const char *syn; uint8_t flags; } rows[] = {
        { TCP_ECN_PASSIVE, "SEW 300", TCP_SYN | TCP_ACK | TCP_ECE },
        { TCP_ECN_ON, "SEW 300", TCP_SYN | TCP_ACK | TCP_ECE },
        { TCP_ECN_ON, "S 300", TCP_SYN | TCP_ACK },
        { TCP_ECN_ON, "SE 300", TCP_SYN | TCP_ACK },
        { TCP_ECN_OFF, "SEW 300", TCP_SYN | TCP_ACK },
    };

    ecn_listen(rows[_i].ecn, rows[_i].syn);
    ck_assert_uint_eq(sent.tcp.flags, rows[_i].flags);
    ck_assert_uint_eq(sent.ip4.tos, 0);
}
END_TEST

/* EXT-65, EXT-66, EXT-68: reflected bits are no agreement; a SYN that is repeated is a plain one. */
START_TEST(an_ecn_opener_asks)
{
    static const struct { const char *answer; uint8_t tos; } rows[] = {
        { "S. 300 ack 101 mss 1460", 0 },
        { "S.E 300 ack 101 mss 1460", 2 },
        { "S.EW 300 ack 101 mss 1460", 0 },
    };
    TcpConfig cfg = peer_config();
    NetError err;

    cfg.ecn = TCP_ECN_ON;
    start(&cfg);
    n.conn = tcp_connect(stack_tcp(n.c), IP_NONE, 80, ip("10.0.0.2"), 5000, &err);
    ck_assert_uint_eq(sent.tcp.flags, TCP_SYN | TCP_ECE | TCP_CWR);
    ck_assert_uint_eq(sent.ip4.tos, 0);
    if (_i == 3) {
        run_ms(&n, 1500);
        ck_assert_uint_eq(sent.tcp.flags, TCP_SYN);
        return;
    }
    peer_inject(&n, rows[_i].answer);
    must_send(n.conn, 10);
    ck_assert_uint_eq(sent.ip4.tos, rows[_i].tos);
}
END_TEST

/* EXT-68, EXT-69: ECT on new data only. */
START_TEST(new_data_is_ect)
{
    ecn_establish(10);
    must_send(n.conn, 10);
    ck_assert_uint_eq(sent.ip4.tos, 2);
    run_ms(&n, 1500);
    ck_assert_uint_eq(sent.tcp.seq, 101);
    ck_assert_uint_eq(sent.ip4.tos, 0);
    peer_inject(&n, ". 301 ack 111 win 0");
    peer_inject(&n, "P. 301 ack 111 win 0 len 10");
    ck_assert_uint_eq(sent.tcp.ack, 311);
    ck_assert_uint_eq(sent.ip4.tos, 0);
    must_send(n.conn, 10);
    run_ms(&n, 5000);
    ck_assert_uint_eq(sent.len, 1);
    ck_assert_uint_eq(sent.ip4.tos, 0);
}
END_TEST

/* EXT-70, EXT-73: ECE until CWR; what is outside the window tells nothing. */
START_TEST(congestion_is_echoed_until_the_peer_has_heard)
{
    ecn_establish(10);
    n.peer_tos = 3;
    peer_inject(&n, "P. 201 ack 101 len 10");
    ck_assert_uint_eq(sent.tcp.flags, TCP_ACK);
    peer_inject(&n, "P. 301 ack 101 len 10");
    ck_assert_uint_eq(sent.tcp.flags, TCP_ACK | TCP_ECE);
    n.peer_tos = 2;
    peer_inject(&n, "P. 311 ack 101 len 10");
    ck_assert_uint_eq(sent.tcp.flags, TCP_ACK | TCP_ECE);
    n.peer_tos = 3;
    peer_inject(&n, "P.W 321 ack 101 len 10");
    ck_assert_uint_eq(sent.tcp.flags, TCP_ACK | TCP_ECE);
    n.peer_tos = 2;
    peer_inject(&n, "P.W 331 ack 101 len 10");
    ck_assert_uint_eq(sent.tcp.flags, TCP_ACK);
}
END_TEST

/* EXT-71: half the window, once; CWR on the first new data; nothing is sent again. */
START_TEST(an_echo_halves_the_window_once)
{
    TcpInfo info;

    ecn_establish(10);
    must_send(n.conn, 30000);
    ck_assert_uint_eq(n_sent, 11);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.cwnd, 10000);
    for (unsigned i = 1; i <= 4; i++)
        inject(".E 301 ack %u win 60000", 101 + i * 1000, 0);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.cwnd, 5000);
    ck_assert_uint_eq(info.retransmits, 0);
    ck_assert_uint_eq(n_sent, 11);
    inject(".E 301 ack %u win 60000", 6101, 0);
    ck_assert_uint_eq(n_sent, 12);
    ck_assert_uint_eq(sent.tcp.flags, TCP_ACK | TCP_CWR);
    inject(".E 301 ack %u win 60000", 7101, 0);
    ck_assert_uint_eq(sent.tcp.flags, TCP_ACK);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.cwnd, 5000);
}
END_TEST

/* EXT-72: from one segment it goes no lower; the next waits for the timer. */
START_TEST(an_echo_at_one_segment_waits_for_the_timer)
{
    ecn_establish(1);
    must_send(n.conn, 3000);
    ck_assert_uint_eq(n_sent, 2);
    peer_inject(&n, ".E 301 ack 1101 win 60000");
    run_ms(&n, 990);
    ck_assert_uint_eq(n_sent, 2);
    run_ms(&n, 20);
    ck_assert_uint_eq(n_sent, 3);
    ck_assert_uint_eq(sent.tcp.seq, 1101);
}
END_TEST

/* --- hosts that are wrong on purpose, and Linux ----------------------------------------------- */

START_TEST(two_way_close_forgets_the_other_direction)
{
    TcpConfig cfg = peer_config();

    cfg.close = TCP_CLOSE_TWO_WAY;
    establish(&cfg);
    conn_shutdown(n.conn);
    peer_inject(&n, ". 301 ack 102");
    peer_inject(&n, "F. 301 ack 102");
    expect_log(&n, "20 c FIN-WAIT-1\n20 c>p F. 101 ack 301\n30 c CLOSED\n"
                   "40 c>p R 102\n40 c drops tcp.listen-ack\n");
}
END_TEST

/* SHLD-31 and what comes of a host without it. */
START_TEST(out_of_order_text)
{
    TcpConfig cfg = peer_config();
    uint8_t bytes[30];
    NetError err;

    cfg.reassembly = (TcpReassembly)_i;
    establish(&cfg);
    peer_inject(&n, "P. 311 ack 101 len 10");
    ck_assert_uint_eq(sent.tcp.ack, 301);
    bool dropped = strstr(n.log->str, "c drops tcp.reass-off") != NULL;
    ck_assert_int_eq(dropped, _i == TCP_REASS_DROP);
    ck_assert_uint_eq(conn_readable(n.conn), _i == TCP_REASS_AS_IS ? 10 : 0);
    peer_inject(&n, "P. 301 ack 101 len 10");
    ck_assert_uint_eq(sent.tcp.ack, _i == TCP_REASS_DROP ? 311 : 321);
    size_t got = conn_receive(n.conn, bytes, sizeof bytes, &err);
    ck_assert_uint_eq(got, _i == TCP_REASS_DROP ? 10 : 20);
    ck_assert_uint_eq(bytes[0], peer_byte(_i == TCP_REASS_AS_IS ? 311 : 301));
}
END_TEST

START_TEST(without_dedup_old_text_is_delivered_again)
{
    TcpConfig cfg = peer_config();

    cfg.dedup = _i == 0;
    establish(&cfg);
    peer_inject(&n, "P. 301 ack 101 len 10");
    peer_inject(&n, "P. 301 ack 101 len 10");
    must_read(n.conn, _i == 0 ? 10 : 20);
    peer_inject(&n, "P. 311 ack 101 len 5");
    must_read(n.conn, 5);
}
END_TEST

START_TEST(without_flow_control_the_window_is_not_heeded)
{
    TcpConfig cfg = peer_config();

    cfg.flow_control = false;
    establish(&cfg);
    peer_inject(&n, ". 301 ack 101 win 0");
    must_send(n.conn, 5000);
    ck_assert_uint_eq(sent.tcp.seq + sent.len, 5101);
}
END_TEST

/* SM-7: text of a SYN may be left for the peer to send again. */
START_TEST(text_of_a_syn_may_be_ignored)
{
    TcpConfig cfg = peer_config();

    cfg.syn_data = TCP_SYN_DATA_IGNORE;
    listen_with(&cfg);
    peer_inject(&n, "S 300 mss 1460 len 10");
    ck_assert_uint_eq(sent.tcp.ack, 301);
    peer_inject(&n, "P. 301 ack 101 len 10");
    n.conn = must_accept(&n);
    must_read(n.conn, 10);
}
END_TEST

START_TEST(the_first_segments_are_acknowledged_at_once)
{
    TcpConfig cfg = peer_config();

    cfg.delayed_ack = true;
    cfg.quickack = 2;
    establish(&cfg);
    peer_inject(&n, "P. 301 ack 101 len 10");
    peer_inject(&n, "P. 311 ack 101 len 10");
    ck_assert_uint_eq(n_sent, 2);
    peer_inject(&n, "P. 321 ack 101 len 10");
    ck_assert_uint_eq(n_sent, 2);
    run_ms(&n, 300);
    ck_assert_uint_eq(n_sent, 3);
}
END_TEST

/* What tcpdump shows of Linux's first segments, on Ethernet. */
START_TEST(linux_opens_with_whole_segments)
{
    TcpConfig cfg = tcp_defaults;
    NetError err;

    tcp_config_set_profile(&cfg, TCP_PROFILE_LINUX);
    start(&cfg);
    n.conn = tcp_connect(stack_tcp(n.c), IP_NONE, 0, ip("10.0.0.2"), 80, &err);
    ck_assert_uint_eq(sent.tcp.window, 64240);
    ck_assert_uint_eq(sent.tcp.opt.wscale, 7);
    ck_assert_uint_ge(sent.tcp.src_port, 32768);
    ck_assert_uint_le(sent.tcp.src_port, 60999);
    n.listener = tcp_listen(stack_tcp(n.c), IP4_ANY, 80, 0, false, &err);
    peer_inject(&n, "S 300 mss 1460");
    ck_assert_uint_eq(sent.tcp.window, 64240);
    peer_inject(&n, "S 300 mss 1460 ts 5 sport 5001");
    ck_assert_uint_eq(sent.tcp.window, 65160);
}
END_TEST

static void add_cookies(Suite *suite)
{
    TCase *tc = tcase_create("cookies");
    tcase_add_checked_fixture(tc, NULL, finish);
    tcase_add_loop_test(tc, a_cookie_brings_the_mss_back, 0, (int)G_N_ELEMENTS(recovered));
    tcase_add_loop_test(tc, a_bad_cookie_is_refused, 0, 3);
    tcase_add_test(tc, a_cookie_is_good_for_a_minute);
    tcase_add_test(tc, cookies_come_with_the_flood);
    tcase_add_test(tc, a_cookie_finds_the_accept_queue_full);
    tcase_add_loop_test(tc, the_backlog_is_exact, 0, 2);
    tcase_add_loop_test(tc, the_syn_queue_of_linux_ends_with_the_backlog, 0, 2);
    suite_add_tcase(suite, tc);
}

static void add_urgent(Suite *suite)
{
    TCase *tc = tcase_create("urgent");
    tcase_add_checked_fixture(tc, NULL, finish);
    tcase_add_test(tc, urgent_data_is_pointed_behind);
    tcase_add_test(tc, urgent_data_may_be_long);
    tcase_add_test(tc, urgent_data_is_told_through_a_closed_window);
    tcase_add_test(tc, the_program_hears_of_urgent_data);
    tcase_add_test(tc, urgent_at_a_closed_window);
    suite_add_tcase(suite, tc);
}

static void add_ecn(Suite *suite)
{
    TCase *tc = tcase_create("ecn");
    tcase_add_checked_fixture(tc, NULL, finish);
    tcase_add_loop_test(tc, an_ecn_listener_agrees_if_asked, 0, 5);
    tcase_add_loop_test(tc, an_ecn_opener_asks, 0, 4);
    tcase_add_test(tc, new_data_is_ect);
    tcase_add_test(tc, congestion_is_echoed_until_the_peer_has_heard);
    tcase_add_test(tc, an_echo_halves_the_window_once);
    tcase_add_test(tc, an_echo_at_one_segment_waits_for_the_timer);
    suite_add_tcase(suite, tc);
}

static void add_wrong(Suite *suite)
{
    TCase *tc = tcase_create("wrong on purpose");
    tcase_add_checked_fixture(tc, NULL, finish);
    tcase_add_test(tc, two_way_close_forgets_the_other_direction);
    tcase_add_loop_test(tc, out_of_order_text, 0, 3);
    tcase_add_loop_test(tc, without_dedup_old_text_is_delivered_again, 0, 2);
    tcase_add_test(tc, without_flow_control_the_window_is_not_heeded);
    tcase_add_test(tc, text_of_a_syn_may_be_ignored);
    tcase_add_test(tc, the_first_segments_are_acknowledged_at_once);
    tcase_add_test(tc, linux_opens_with_whole_segments);
    suite_add_tcase(suite, tc);
}

/* EXT-46, EXT-47, EXT-48, SHLD-4: by timestamps, if both have them. */
static const struct { bool old_ts; const char *syn; bool taken; } newer[] = {
    { true, "S 250 mss 1460 ts 1001", true },  { true, "S 302 mss 1460 ts 1000", true },
    { true, "S 301 mss 1460 ts 1000", false }, { true, "S 999 mss 1460 ts 999", false },
    { true, "S 302 mss 1460", true },          { true, "S 301 mss 1460", false },
    { false, "S 250 mss 1460 ts 9", true },    { false, "S 302 mss 1460", true },
    { false, "S 301 mss 1460", false },
};

/* EXT-49: what is opened again begins above what was used. */
START_TEST(a_syn_in_time_wait_is_judged_by_its_timestamp)
{
    TcpConfig cfg = peer_config();
    bool ts = newer[_i].old_ts;

    cfg.timestamps = true;
    listen_with(&cfg);
    peer_inject(&n, ts ? "S 300 mss 1460 ts 1000" : "S 300 mss 1460");
    peer_inject(&n, ts ? ". 301 ack 101 ts 1000" : ". 301 ack 101");
    n.conn = must_accept(&n);
    conn_close(n.conn);
    peer_inject(&n, ts ? "F. 301 ack 102 ts 1000" : "F. 301 ack 102");
    expect_state(&n, n.conn, TCP_TIME_WAIT);
    n_sent = 0;
    peer_inject(&n, newer[_i].syn);
    ck_assert_uint_eq(n_sent, newer[_i].taken);
    if (newer[_i].taken) {
        ck_assert_uint_eq(sent.tcp.flags, TCP_SYN | TCP_ACK);
        ck_assert_uint_gt(sent.tcp.seq, 102);
    }
}
END_TEST

static void add_liveness(Suite *suite)
{
    TCase *tc = tcase_create("liveness");
    tcase_add_checked_fixture(tc, NULL, finish);
    tcase_add_test(tc, an_idle_connection_is_silent);
    tcase_add_test(tc, a_probe_comes_after_two_hours_of_silence);
    tcase_add_test(tc, a_dead_peer_is_given_up);
    tcase_add_test(tc, no_probe_while_data_is_outstanding);
    tcase_add_test(tc, keep_alives_do_not_keep_a_simulation_alive);
    tcase_add_test(tc, the_user_timeout_ends_a_connection);
    tcase_add_test(tc, the_user_timeout_ends_an_attempt);
    tcase_add_test(tc, no_user_timeout_at_all);
    tcase_add_test(tc, r1_doubts_the_network);
    tcase_add_test(tc, r1_and_r2_of_a_syn);
    tcase_add_test(tc, icmp_hints_are_told);
    suite_add_tcase(suite, tc);
}

static void add_options(Suite *suite)
{
    TCase *tc = tcase_create("options");
    tcase_add_checked_fixture(tc, NULL, finish);
    tcase_add_test(tc, ds_field_and_ttl_are_the_programs);
    tcase_add_test(tc, a_cork_holds_what_is_not_full);
    tcase_add_test(tc, challenges_are_limited);
    tcase_add_loop_test(tc, a_reset_in_time_wait, 0, 2);
    tcase_add_loop_test(tc, an_old_syn_in_time_wait, 0, 3);
    tcase_add_loop_test(tc, linux_asks_number_and_timestamp, 0, (int)G_N_ELEMENTS(to_linux));
    tcase_add_loop_test(tc, a_syn_in_time_wait_is_judged_by_its_timestamp, 0,
                        (int)G_N_ELEMENTS(newer));
    suite_add_tcase(suite, tc);
}

Suite *tcp_ext_suite(void);
Suite *tcp_ext_suite(void)
{
    Suite *suite = suite_create("tcp_ext");
    TCase *tc = tcase_create("letting go");
    tcase_add_checked_fixture(tc, NULL, finish);
    tcase_add_test(tc, a_freed_connection_sends_its_fin);
    tcase_add_test(tc, a_freed_connection_with_unread_data_is_reset);
    tcase_add_test(tc, close_with_the_text_of_a_crossed_syn_resets);
    tcase_add_test(tc, shutdown_in_syn_received_still_delivers_the_text_of_the_syn);
    suite_add_tcase(suite, tc);
    add_liveness(suite);
    add_options(suite);
    add_cookies(suite);
    add_urgent(suite);
    add_ecn(suite);
    add_wrong(suite);
    return suite;
}
