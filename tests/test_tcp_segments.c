/*
 * test_tcp_segments.c - one host and a peer played by hand: what each state makes of each segment.
 * RFC 9293 §3.10.7, RFC 5961. SND.NXT is 101 and RCV.NXT 301, both windows 8192.
 */
/* SPDX-License-Identifier: MIT */
#include "support/tcpnet.h"

#include <check.h>
#include <string.h>

/* --- one segment, one answer ------------------------------------------------------------------ */

/* What is injected, what the host answers, and its state then. */
typedef struct Row {
    const char *what;
    const char *segment;
    const char *answer; /* of the log, without times */
    TcpState    after;
} Row;

static const Row established[] = {
    /* first, sequence number: SM-15, SM-16, SM-17 */
    { "text beyond the window", ". 8493 ack 101 len 1",
      "c>p . 101 ack 301\nc drops tcp.out-of-window\n", TCP_ESTABLISHED },
    { "an ACK beyond the window", ". 8493 ack 101",
      "c>p . 101 ack 301\nc drops tcp.out-of-window\n", TCP_ESTABLISHED },
    { "an ACK at the window's last byte", ". 8492 ack 101", "", TCP_ESTABLISHED },
    { "one old byte", ". 300 ack 101 len 1",
      "c>p . 101 ack 301\nc drops tcp.out-of-window\n", TCP_ESTABLISHED },
    { "an old byte and a new one", ". 300 ack 101 len 2", "c>p . 101 ack 302\n", TCP_ESTABLISHED },
    { "a RST before the window", "R 300", "c drops tcp.rst-out-of-window\n", TCP_ESTABLISHED },
    { "a RST beyond the window", "R 8493", "c drops tcp.rst-out-of-window\n", TCP_ESTABLISHED },
    /* second, RST: EXT-36 */
    { "a RST in the window", "R 1301", "c>p . 101 ack 301\nc drops tcp.rst-not-exact\n",
      TCP_ESTABLISHED },
    { "a RST at the window's last byte", "R 8492",
      "c>p . 101 ack 301\nc drops tcp.rst-not-exact\n", TCP_ESTABLISHED },
    { "a RST at RCV.NXT", "R 301", "c CLOSED\nc drops tcp.reset\n", TCP_CLOSED },
    { "a RST with data", "R 301 len 20", "c CLOSED\nc drops tcp.reset\n", TCP_CLOSED },
    { "a RST with an ACK of nothing", "R. 301 ack 9", "c CLOSED\nc drops tcp.reset\n", TCP_CLOSED },
    /* fourth, SYN: EXT-39 */
    { "a SYN at RCV.NXT", "S 301", "c>p . 101 ack 301\nc drops tcp.syn-challenged\n",
      TCP_ESTABLISHED },
    { "a SYN in the window", "S 1301", "c>p . 101 ack 301\nc drops tcp.syn-challenged\n",
      TCP_ESTABLISHED },
    { "a SYN anywhere", "S 99999", "c>p . 101 ack 301\nc drops tcp.out-of-window\n",
      TCP_ESTABLISHED },
    { "a SYN,ACK", "S. 301 ack 101", "c>p . 101 ack 301\nc drops tcp.syn-challenged\n",
      TCP_ESTABLISHED },
    { "the old SYN again", "S 300 mss 1460", "c>p . 101 ack 301\nc drops tcp.out-of-window\n",
      TCP_ESTABLISHED },
    /* fifth, ACK: SM-22, SM-23, SM-46, EXT-40 */
    { "no ACK", "none 301 len 5", "c drops tcp.no-ack\n", TCP_ESTABLISHED },
    { "only a PSH", "P 301 len 5", "c drops tcp.no-ack\n", TCP_ESTABLISHED },
    { "an ACK of what was not sent", ". 301 ack 999 len 5",
      "c>p . 101 ack 301\nc drops tcp.ack-unsent\n", TCP_ESTABLISHED },
    { "the oldest ACK that a window allows", ". 301 ack 4294959205 len 5", "c>p . 101 ack 306\n",
      TCP_ESTABLISHED },
    { "an older ACK", ". 301 ack 4294959204 len 5",
      "c>p . 101 ack 301\nc drops tcp.ack-too-old\n", TCP_ESTABLISHED },
    /* seventh and eighth */
    { "text", ". 301 ack 101 len 10", "c>p . 101 ack 311\n", TCP_ESTABLISHED },
    { "text with reserved bits", ". 301 ack 101 len 10 reserved 15", "c>p . 101 ack 311\n",
      TCP_ESTABLISHED },
    { "text with URG", "U. 301 ack 101 len 10", "c>p . 101 ack 311\n", TCP_ESTABLISHED },
    { "text with an MSS option", ". 301 ack 101 len 10 mss 100", "c>p . 101 ack 311\n",
      TCP_ESTABLISHED },
    { "text beyond a gap", ". 401 ack 101 len 10", "c>p . 101 ack 301\n", TCP_ESTABLISHED },
    { "a FIN", "F. 301 ack 101", "c CLOSE-WAIT\nc>p . 101 ack 302\n", TCP_CLOSE_WAIT },
    { "text and a FIN", "FP. 301 ack 101 len 10", "c CLOSE-WAIT\nc>p . 101 ack 312\n",
      TCP_CLOSE_WAIT },
    { "a FIN beyond a gap", "F. 401 ack 101", "c>p . 101 ack 301\n", TCP_ESTABLISHED },
};

/* Takes the times off the lines. */
static char *timeless(const char *log)
{
    GString *out = g_string_new(NULL);

    for (const char *line = log; *line != '\0'; line = strchr(line, '\n') + 1) {
        const char *text = strchr(line, ' ') + 1;
        g_string_append_len(out, text, strchr(text, '\n') + 1 - text);
    }
    return g_string_free(out, FALSE);
}

static void expect_answer(TcpNet *n, const Row *row)
{
    const char *segment = strncmp(row->segment, "none ", 5) == 0 ? row->segment + 4 : row->segment;

    g_string_truncate(n->log, 0);
    peer_inject(n, segment);
    g_autofree char *got = timeless(n->log->str);
    ck_assert_msg(strcmp(got, row->answer) == 0, "%s: %s\nexpected:\n%sgot:\n%s", row->what,
                  row->segment, row->answer, got);
    ck_assert_msg(n->conn == NULL || conn_state(n->conn) == row->after, "%s: %s", row->what,
                  tcp_state_name(conn_state(n->conn)));
}

/* MUST-5, SHLD-2, MAY-12, MAY-13, SM-15 to SM-17, SM-22, SM-23, SM-28, SM-43, SM-46, EXT-36,
 * EXT-39, EXT-40, EXT-42 */
START_TEST(established_answers)
{
    TcpNet n;
    peer_init(&n, NULL);
    peer_establish(&n);
    expect_answer(&n, &established[_i]);
    tcpnet_free(&n);
}
END_TEST

/* --- CLOSED and LISTEN: SM-1 to SM-6 ---------------------------------------------------------- */

static const Row closed[] = {
    { "SYN with data", "S 5000 len 10 dport 81", "c>p R. 0 ack 5011\nc drops tcp.closed\n", 0 },
    { "SYN and FIN", "SF 5000 dport 81", "c>p R. 0 ack 5002\nc drops tcp.closed\n", 0 },
    { "an ACK", ". 5000 ack 7000 dport 81", "c>p R 7000\nc drops tcp.closed\n", 0 },
    { "a RST", "R 5000 dport 81", "c drops tcp.closed-rst\n", 0 },
    { "RST and ACK", "R. 5000 ack 7000 dport 81", "c drops tcp.closed-rst\n", 0 },
    { "LISTEN: a RST", "R 5000", "c drops tcp.listen-rst\n", 0 },
    { "LISTEN: SYN and RST", "SR 5000", "c drops tcp.listen-rst\n", 0 },
    { "LISTEN: an ACK", ". 5000 ack 9", "c>p R 9\nc drops tcp.listen-ack\n", 0 },
    { "LISTEN: SYN and ACK", "S. 1 ack 9", "c>p R 9\nc drops tcp.listen-ack\n", 0 },
    { "LISTEN: a FIN", "F 5000", "c drops tcp.listen-other\n", 0 },
    { "LISTEN: nothing but data", "none 5000 len 10", "c drops tcp.listen-other\n", 0 },
    { "LISTEN: a SYN", "S 300 mss 1460", "c SYN-RECEIVED\nc>p S. 100 ack 301\n", 0 },
};

static void listen_80(TcpNet *n)
{
    NetError err;

    n->listener = tcp_listen(stack_tcp(n->c), IP4_ANY, 80, 0, false, &err);
    ck_assert_ptr_nonnull(n->listener);
}

/* SM-1 to SM-6, SM-30 */
START_TEST(closed_and_listen_answer)
{
    TcpNet n;
    peer_init(&n, NULL);
    listen_80(&n);
    expect_answer(&n, &closed[_i]);
    tcpnet_free(&n);
}
END_TEST

/* --- SYN-SENT: SM-8 to SM-14, SM-30 ----------------------------------------------------------- */

static const Row syn_sent[] = {
    { "an ACK of ISS", "S. 300 ack 100", "c>p R 100\nc drops tcp.syn-sent-ack\n", TCP_SYN_SENT },
    { "an ACK beyond SND.NXT", "S. 300 ack 102", "c>p R 102\nc drops tcp.syn-sent-ack\n",
      TCP_SYN_SENT },
    { "the same with RST", "R. 300 ack 100", "c drops tcp.syn-sent-ack\n", TCP_SYN_SENT },
    { "RST with an acceptable ACK", "R. 0 ack 101", "c CLOSED\nc drops tcp.refused\n", TCP_CLOSED },
    { "RST without an ACK", "R 0", "c drops tcp.syn-sent-rst\n", TCP_SYN_SENT },
    { "an acceptable ACK alone", ". 300 ack 101", "c drops tcp.syn-sent-other\n", TCP_SYN_SENT },
    { "a FIN with an acceptable ACK", "F. 300 ack 101", "c drops tcp.syn-sent-other\n",
      TCP_SYN_SENT },
    { "SYN,ACK", "S. 300 ack 101", "c ESTABLISHED\nc>p . 101 ack 301\n", TCP_ESTABLISHED },
    { "SYN,ACK with data", "S. 300 ack 101 len 11", "c ESTABLISHED\nc>p . 101 ack 312\n",
      TCP_ESTABLISHED },
    { "SYN,ACK with data and FIN", "SF. 300 ack 101 len 11",
      "c ESTABLISHED\nc CLOSE-WAIT\nc>p . 101 ack 313\n", TCP_CLOSE_WAIT },
    { "a SYN that crosses", "S 300", "c SYN-RECEIVED\nc>p S. 100 ack 301\n", TCP_SYN_RECEIVED },
};

static void connect_to_peer(TcpNet *n)
{
    NetError err;

    n->conn = tcp_connect(stack_tcp(n->c), IP_NONE, 80, ip("10.0.0.2"), 5000, &err);
    ck_assert_ptr_nonnull(n->conn);
    run_ms(n, 10);
}

/* SM-8 to SM-12, SM-30, EXT-37 */
START_TEST(syn_sent_answers)
{
    TcpNet n;
    peer_init(&n, NULL);
    connect_to_peer(&n);
    expect_answer(&n, &syn_sent[_i]);
    tcpnet_free(&n);
}
END_TEST

/* --- SYN-RECEIVED: SM-20, SM-21, MUST-11, EXT-43 ---------------------------------------------- */

static const Row syn_received[] = {
    { "passive: an ACK too far", ". 301 ack 102", "c>p R 102\nc drops tcp.bad-handshake\n", 0 },
    { "passive: an ACK of nothing", ". 301 ack 100", "c>p R 100\nc drops tcp.bad-handshake\n", 0 },
    { "passive: a RST", "R 301", "c LISTEN\nc drops tcp.reset\n", 0 },
    { "passive: a RST elsewhere", "R 305", "c>p . 101 ack 301\nc drops tcp.rst-not-exact\n", 0 },
    { "passive: another SYN", "S 305", "c LISTEN\nc drops tcp.syn-in-window\n", 0 },
    { "passive: the same SYN", "S 300", "c>p . 101 ack 301\nc drops tcp.out-of-window\n", 0 },
    { "passive: no ACK", "none 301 len 3", "c drops tcp.no-ack\n", 0 },
    { "passive: the ACK", ". 301 ack 101", "c ESTABLISHED\n", 0 },
    { "passive: the ACK with data", "P. 301 ack 101 len 41",
      "c ESTABLISHED\nc>p . 101 ack 342\n", 0 },
    { "passive: the ACK with a FIN", "F. 301 ack 101",
      "c ESTABLISHED\nc CLOSE-WAIT\nc>p . 101 ack 302\n", 0 },
    { "passive: out of order", "P. 311 ack 101 len 10", "c ESTABLISHED\nc>p . 101 ack 301\n", 0 },
};

/* MUST-11, SM-20, SM-21, SM-47, EXT-43 */
START_TEST(syn_received_answers)
{
    TcpNet n;
    peer_init(&n, NULL);
    listen_80(&n);
    peer_inject(&n, "S 300 mss 1460");
    expect_answer(&n, &syn_received[_i]);
    peer_inject(&n, "S 9300 mss 1460 sport 6000"); /* SM-47: the listener lives */
    ck_assert_uint_ge(listener_half_open(n.listener), 1);
    tcpnet_free(&n);
}
END_TEST

static const Row syn_received_active[] = {
    { "active: a RST", "R 301", "c CLOSED\nc drops tcp.reset\n", TCP_CLOSED },
    { "active: another SYN", "S 305", "c>p . 101 ack 301\nc drops tcp.syn-challenged\n",
      TCP_SYN_RECEIVED },
    { "active: the ACK", ". 301 ack 101", "c ESTABLISHED\n", TCP_ESTABLISHED },
    { "active: the SYN,ACK", "S. 300 ack 101",
      "c ESTABLISHED\nc>p . 101 ack 301\nc drops tcp.out-of-window\n", TCP_ESTABLISHED },
};

/* MUST-10, MUST-11 */
START_TEST(syn_received_from_an_active_open_answers)
{
    TcpNet n;
    peer_init(&n, NULL);
    connect_to_peer(&n);
    peer_inject(&n, "S 300");
    expect_answer(&n, &syn_received_active[_i]);
    if (_i == 0)
        ck_assert_int_eq(conn_connected(n.conn), NET_ECONNREFUSED);
    tcpnet_free(&n);
}
END_TEST

/* --- a reset in each state: SM-32 ------------------------------------------------------------- */

/* Brings the connection into a state; returns RCV.NXT there. */
static uint32_t bring_to(TcpNet *n, TcpState state)
{
    peer_establish(n);
    switch (state) {
    case TCP_FIN_WAIT_1:
        conn_shutdown(n->conn);
        return 301;
    case TCP_FIN_WAIT_2:
        conn_shutdown(n->conn);
        peer_inject(n, ". 301 ack 102");
        return 301;
    case TCP_CLOSE_WAIT:
        peer_inject(n, "F. 301 ack 101");
        return 302;
    case TCP_CLOSING:
        conn_shutdown(n->conn);
        peer_inject(n, "F. 301 ack 101");
        return 302;
    case TCP_LAST_ACK:
        peer_inject(n, "F. 301 ack 101");
        conn_shutdown(n->conn);
        return 302;
    case TCP_TIME_WAIT:
        conn_shutdown(n->conn);
        peer_inject(n, "F. 301 ack 102");
        return 302;
    default:
        return 301;
    }
}

static const struct { TcpState state; NetError error; } resets[] = {
    { TCP_ESTABLISHED, NET_ECONNRESET }, { TCP_FIN_WAIT_1, NET_ECONNRESET },
    { TCP_FIN_WAIT_2, NET_ECONNRESET },  { TCP_CLOSE_WAIT, NET_EPIPE },
    { TCP_CLOSING, NET_OK },             { TCP_LAST_ACK, NET_OK },
    { TCP_TIME_WAIT, NET_OK },
};

/* SM-32 */
START_TEST(a_reset_ends_every_state_and_tells_some)
{
    TcpNet n;
    peer_init(&n, NULL);
    uint32_t rcv_nxt = bring_to(&n, resets[_i].state);
    expect_state(&n, n.conn, resets[_i].state);
    g_autofree char *rst = g_strdup_printf("R %u", rcv_nxt);
    peer_inject(&n, rst);
    expect_state(&n, n.conn, TCP_CLOSED);
    ck_assert_int_eq(conn_error(n.conn), resets[_i].error);
    tcpnet_free(&n);
}
END_TEST

/* SM-37. */
static const struct { TcpState state; const char *log; } aborts[] = {
    { TCP_ESTABLISHED, "c>p R 101\nc CLOSED\n" }, { TCP_FIN_WAIT_1, "c>p R 102\nc CLOSED\n" },
    { TCP_FIN_WAIT_2, "c>p R 102\nc CLOSED\n" },  { TCP_CLOSE_WAIT, "c>p R 101\nc CLOSED\n" },
    { TCP_CLOSING, "c CLOSED\n" },                { TCP_LAST_ACK, "c CLOSED\n" },
    { TCP_TIME_WAIT, "c CLOSED\n" },
};

START_TEST(abort_resets_where_the_rfc_says)
{
    TcpNet n;
    peer_init(&n, NULL);
    bring_to(&n, aborts[_i].state);
    g_string_truncate(n.log, 0);
    conn_abort(n.conn);
    g_autofree char *got = timeless(n.log->str);
    ck_assert_str_eq(got, aborts[_i].log);
    tcpnet_free(&n);
}
END_TEST

/* --- closing: SM-25 to SM-29 ------------------------------------------------------------------ */

static const struct { TcpState state; Row row; } closing[] = {
    { TCP_FIN_WAIT_1, { "our FIN acknowledged", ". 301 ack 102", "c FIN-WAIT-2\n",
                        TCP_FIN_WAIT_2 } },
    { TCP_FIN_WAIT_1, { "a FIN alone", "F. 301 ack 101", "c CLOSING\nc>p . 102 ack 302\n",
                        TCP_CLOSING } },
    { TCP_FIN_WAIT_1, { "both", "F. 301 ack 102", "c TIME-WAIT\nc>p . 102 ack 302\n",
                        TCP_TIME_WAIT } },
    { TCP_FIN_WAIT_1, { "both, behind text", "F. 301 ack 102 len 9",
                        "c TIME-WAIT\nc>p . 102 ack 311\n", TCP_TIME_WAIT } },
    { TCP_FIN_WAIT_1, { "both, behind a gap", "F. 311 ack 102",
                        "c FIN-WAIT-2\nc>p . 102 ack 301\n", TCP_FIN_WAIT_2 } },
    { TCP_FIN_WAIT_2, { "the FIN", "F. 301 ack 102", "c TIME-WAIT\nc>p . 102 ack 302\n",
                        TCP_TIME_WAIT } },
    { TCP_FIN_WAIT_2, { "text", ". 301 ack 102 len 9", "c>p . 102 ack 310\n", TCP_FIN_WAIT_2 } },
    { TCP_CLOSING, { "an old ACK", ". 302 ack 101", "", TCP_CLOSING } },
    { TCP_CLOSING, { "our FIN acknowledged", ". 302 ack 102", "c TIME-WAIT\n", TCP_TIME_WAIT } },
    { TCP_CLOSING, { "their FIN again", "F. 301 ack 101",
                     "c>p . 102 ack 302\nc drops tcp.out-of-window\n", TCP_CLOSING } },
    { TCP_CLOSE_WAIT, { "text behind their FIN", ". 302 ack 101 len 10",
                        "c drops tcp.text-after-fin\n", TCP_CLOSE_WAIT } },
    { TCP_CLOSE_WAIT, { "their FIN again", "F. 301 ack 101",
                        "c>p . 101 ack 302\nc drops tcp.out-of-window\n", TCP_CLOSE_WAIT } },
    { TCP_LAST_ACK, { "an old ACK", ". 302 ack 101", "", TCP_LAST_ACK } },
    { TCP_LAST_ACK, { "our FIN acknowledged", ". 302 ack 102", "c CLOSED\n", TCP_CLOSED } },
    { TCP_TIME_WAIT, { "their FIN again", "F. 301 ack 102",
                       "c>p . 102 ack 302\nc drops tcp.out-of-window\n", TCP_TIME_WAIT } },
    { TCP_TIME_WAIT, { "an old ACK", ". 255 ack 33",
                       "c>p . 102 ack 302\nc drops tcp.out-of-window\n", TCP_TIME_WAIT } },
    { TCP_TIME_WAIT, { "an ACK", ". 302 ack 102", "c drops tcp.time-wait\n", TCP_TIME_WAIT } },
    { TCP_TIME_WAIT, { "an older SYN", "S 301", "c drops tcp.time-wait-syn\n", TCP_TIME_WAIT } },
    { TCP_TIME_WAIT, { "a SYN,ACK", "S. 400 ack 102",
                       "c>p . 102 ack 302\nc drops tcp.syn-challenged\n", TCP_TIME_WAIT } },
};

/* SM-16, SM-25, SM-26, SM-29, EXT-48 */
START_TEST(closing_states_answer)
{
    TcpNet n;
    peer_init(&n, NULL);
    bring_to(&n, closing[_i].state);
    expect_state(&n, n.conn, closing[_i].state);
    expect_answer(&n, &closing[_i].row);
    tcpnet_free(&n);
}
END_TEST

/* MUST-13, SM-27, FIG-9: only the FIN starts 2MSL again. */
START_TEST(the_fin_alone_restarts_2msl)
{
    TcpNet n;
    TcpConfig cfg = peer_config();
    cfg.msl = 120 * SEC;
    peer_init(&n, &cfg);
    bring_to(&n, TCP_TIME_WAIT); /* at 30 ms */
    run_to(&n, 239000);
    peer_inject(&n, _i == 0 ? "F. 301 ack 102" : ". 255 ack 33");
    run_to(&n, 240029);
    expect_state(&n, n.conn, TCP_TIME_WAIT);
    run_to(&n, 240030);
    expect_state(&n, n.conn, _i == 0 ? TCP_TIME_WAIT : TCP_CLOSED);
    run_to(&n, 479009);
    expect_state(&n, n.conn, _i == 0 ? TCP_TIME_WAIT : TCP_CLOSED);
    run_to(&n, 479010);
    expect_state(&n, n.conn, TCP_CLOSED);
    tcpnet_free(&n);
}
END_TEST

/* SM-38, SM-36. */
START_TEST(sending_ends_with_the_close)
{
    static const TcpState states[] = { TCP_FIN_WAIT_1, TCP_FIN_WAIT_2, TCP_CLOSING, TCP_LAST_ACK,
                                       TCP_TIME_WAIT };
    TcpNet n;
    NetError err;
    peer_init(&n, NULL);
    bring_to(&n, states[_i]);
    g_string_truncate(n.log, 0);
    ck_assert_uint_eq(conn_send_pattern(n.conn, 0, 5, &err), 0);
    ck_assert_int_eq(err, NET_EPIPE);
    conn_shutdown(n.conn);
    conn_close(n.conn);
    expect_log(&n, "");
    tcpnet_free(&n);
}
END_TEST

/* --- RFC 9293's figures, RFC 1337 ------------------------------------------------------------ */

/* Figure 8: an old duplicate SYN gets there first. The peer plays A. */
START_TEST(an_old_duplicate_syn_is_recovered_from)
{
    TcpNet n;
    TcpConfig cfg = peer_config();
    cfg.isn = TCP_ISN_LIST;
    cfg.isn_list[0] = 300;
    cfg.isn_list[1] = 400;
    cfg.n_isn = 2;
    peer_init(&n, &cfg);
    listen_80(&n);
    peer_inject(&n, "S 90");
    peer_inject(&n, "R 91");
    peer_inject(&n, "S 100");
    peer_inject(&n, ". 101 ack 401");
    expect_log(&n, "10 c SYN-RECEIVED\n10 c>p S. 300 ack 91\n"
                   "20 c LISTEN\n20 c drops tcp.reset\n"
                   "30 c SYN-RECEIVED\n30 c>p S. 400 ack 101\n40 c ESTABLISHED\n");
    n.conn = must_accept(&n);
    tcpnet_free(&n);
}
END_TEST

/* FIG-3b: the true SYN comes before the reset of the old one. */
START_TEST(a_true_syn_behind_an_old_one_has_to_come_again)
{
    TcpNet n;
    peer_init(&n, NULL);
    listen_80(&n);
    peer_inject(&n, "S 90");
    peer_inject(&n, "S 100");
    peer_inject(&n, "R 91");
    peer_inject(&n, "S 100");
    expect_log(&n, "10 c SYN-RECEIVED\n10 c>p S. 100 ack 91\n"
                   "20 c LISTEN\n20 c drops tcp.syn-in-window\n"
                   "30 c drops tcp.listen-rst\n"
                   "40 c SYN-RECEIVED\n40 c>p S. 100 ack 101\n");
    tcpnet_free(&n);
}
END_TEST

/* RFC 1337, figure 1: what an old duplicate provokes ends TIME-WAIT. */
START_TEST(time_wait_can_be_assassinated)
{
    TcpNet n;
    peer_init(&n, NULL);
    bring_to(&n, TCP_TIME_WAIT);
    g_string_truncate(n.log, 0);
    peer_inject(&n, ". 255 ack 33");
    peer_inject(&n, "R 302");
    expect_log(&n, "40 c>p . 102 ack 302\n40 c drops tcp.out-of-window\n"
                   "50 c CLOSED\n50 c drops tcp.reset\n");
    tcpnet_free(&n);
}
END_TEST

/* RFC 1337, figure 4, line 5: the reset of a confused client is in the window, not at its edge. */
START_TEST(a_half_open_connection_survives_a_reset_that_is_not_exact)
{
    TcpNet n;
    peer_init(&n, NULL);
    listen_80(&n);
    peer_inject(&n, "S 300");
    peer_inject(&n, "R 323");
    peer_inject(&n, ". 301 ack 101");
    expect_log(&n, "10 c SYN-RECEIVED\n10 c>p S. 100 ack 301\n"
                   "20 c>p . 101 ack 301\n20 c drops tcp.rst-not-exact\n30 c ESTABLISHED\n");
    n.conn = must_accept(&n);
    tcpnet_free(&n);
}
END_TEST

/* --- text ------------------------------------------------------------------------------------- */

static void read_from_peer(TcpNet *n, uint32_t seq, size_t len)
{
    NetError err;
    g_autofree uint8_t *bytes = g_malloc(len + 1);

    ck_assert_uint_eq(conn_receive(n->conn, bytes, len + 1, &err), len);
    for (size_t i = 0; i < len; i++)
        ck_assert_uint_eq(bytes[i], peer_byte(seq + (uint32_t)i));
}

/* SHLD-31, SM-18, SM-28, SM-31, SM-39 */
START_TEST(overlaps_are_trimmed_and_gaps_filled)
{
    TcpNet n;
    peer_init(&n, NULL);
    peer_establish(&n);
    n.states = false;
    peer_inject(&n, ". 301 ack 101 len 100");
    peer_inject(&n, ". 351 ack 101 len 100");
    peer_inject(&n, ". 551 ack 101 len 100");
    peer_inject(&n, "F. 651 ack 101");
    peer_inject(&n, ". 501 ack 101 len 80");
    read_from_peer(&n, 301, 150);
    must_end(n.conn, NET_EAGAIN);
    peer_inject(&n, ". 401 ack 101 len 110");
    read_from_peer(&n, 451, 200);
    must_end(n.conn, NET_EOF);
    g_autofree char *got = timeless(n.log->str);
    ck_assert_str_eq(got, "c>p . 101 ack 401\nc>p . 101 ack 451\nc>p . 101 ack 451\n"
                          "c>p . 101 ack 451\nc>p . 101 ack 451\nc>p . 101 ack 652\n");
    tcpnet_free(&n);
}
END_TEST

/* SM-7. */
START_TEST(text_on_a_syn_waits_for_the_handshake)
{
    TcpNet n;
    peer_init(&n, NULL);
    listen_80(&n);
    peer_inject(&n, "SF 300 len 10");
    peer_inject(&n, ". 301 ack 101");
    n.conn = must_accept(&n);
    g_autofree char *got = timeless(n.log->str);
    ck_assert_str_eq(got, "c SYN-RECEIVED\nc>p S. 100 ack 301\nc ESTABLISHED\nc CLOSE-WAIT\n"
                          "c>p . 101 ack 312\n");
    read_from_peer(&n, 301, 10);
    must_end(n.conn, NET_EOF);
    tcpnet_free(&n);
}
END_TEST

/* SM-7, SM-18 */
START_TEST(text_on_a_syn_and_again_behind_it_is_delivered_once)
{
    TcpNet n;
    peer_init(&n, NULL);
    listen_80(&n);
    peer_inject(&n, "S 300 len 10");
    peer_inject(&n, "P. 301 ack 101 len 15");
    n.conn = must_accept(&n);
    read_from_peer(&n, 301, 15);
    tcpnet_free(&n);
}
END_TEST

/* MUST-3. */
START_TEST(a_wrong_checksum_is_dropped_unless_believed)
{
    TcpNet n;
    TcpConfig cfg = peer_config();
    FaultOptions opt = fault_options_default;
    FaultCalls calls = { 0 };
    cfg.checksum = _i == 0;
    peer_init(&n, &cfg);
    peer_establish(&n);
    opt.bit = (14 + 20 + 20 + 3) * 8;
    opt.from = n.peer->node;
    net_iface(n.c, 0)->port->check_fcs = false;
    fault_add(n.link, FAULT_CORRUPT, &opt, &calls, "damage");
    peer_inject(&n, ". 301 ack 101 len 10");
    ck_assert_uint_eq(conn_readable(n.conn), _i == 0 ? 0 : 10);
    ck_assert_uint_eq(node_counter(n.c->node, COUNTER_TcpInCsumErrors), _i == 0 ? 1 : 0);
    tcpnet_free(&n);
}
END_TEST

/* --- windows ---------------------------------------------------------------------------------- */

/* MAY-8, MUST-39, MUST-66: the window closes, and opens by a worthwhile step only. */
START_TEST(the_window_opens_by_a_segment_or_not_at_all)
{
    TcpNet n;
    NetError err;
    uint8_t bytes[2000];
    peer_init(&n, NULL);
    peer_establish(&n);
    for (uint32_t i = 0; i < 8192; i += 1024) {
        g_autofree char *text = g_strdup_printf(". %u ack 101 len 1024", 301 + i);
        peer_inject(&n, text);
    }
    n.windows = true;
    g_string_truncate(n.log, 0);
    peer_inject(&n, ". 8493 ack 101 len 1");
    for (int i = 0; i < 1459; i++)
        ck_assert_uint_eq(conn_receive(n.conn, bytes, 1, &err), 1);
    peer_inject(&n, ". 8493 ack 101 len 1");
    ck_assert_uint_eq(conn_receive(n.conn, bytes, 1, &err), 1);
    run_ms(&n, 10);
    ck_assert_uint_eq(conn_receive(n.conn, bytes, 2000, &err), 2000);
    run_ms(&n, 10);
    peer_inject(&n, "R 8493");
    g_autofree char *got = timeless(n.log->str);
    ck_assert_str_eq(got, "c>p . 101 ack 8493 win 0\nc drops tcp.out-of-window\n"
                          "c>p . 101 ack 8493 win 0\nc drops tcp.out-of-window\n"
                          "c>p . 101 ack 8493 win 1460\n"
                          "c>p . 101 ack 8493 win 3460\n"
                          "c CLOSED\nc drops tcp.reset\n");
    tcpnet_free(&n);
}
END_TEST

/* SM-19. */
START_TEST(an_ack_counts_although_the_window_is_closed)
{
    TcpNet n;
    TcpConfig cfg = peer_config();
    TcpInfo info;
    cfg.rcvbuf = 100;
    peer_init(&n, &cfg);
    peer_establish(&n);
    peer_inject(&n, ". 301 ack 101 len 100");
    must_send(n.conn, 50);
    g_string_truncate(n.log, 0);
    peer_inject(&n, ". 401 ack 151 len 1");
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.snd_una, 151);
    ck_assert_uint_eq(conn_readable(n.conn), 100);
    g_autofree char *got = timeless(n.log->str);
    ck_assert_str_eq(got, "c>p . 151 ack 401\nc drops tcp.out-of-window\n");
    tcpnet_free(&n);
}
END_TEST

/* SM-18: what lies beyond the right edge is cut off, the FIN first. */
START_TEST(a_fin_beyond_the_window_is_cut_off)
{
    TcpNet n;
    TcpConfig cfg = peer_config();
    cfg.rcvbuf = 100;
    peer_init(&n, &cfg);
    peer_establish(&n);
    peer_inject(&n, "F. 301 ack 101 len 100");
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    must_read(n.conn, 100);
    peer_inject(&n, "F. 301 ack 101 len 100");
    expect_state(&n, n.conn, TCP_CLOSE_WAIT);
    must_end(n.conn, NET_EOF);
    g_autofree char *got = timeless(n.log->str);
    ck_assert_str_eq(got, "c>p . 101 ack 401\nc>p . 101 ack 401\nc CLOSE-WAIT\n"
                          "c>p . 101 ack 402\n");
    tcpnet_free(&n);
}
END_TEST

/* MUST-36, MUST-37, SHLD-29, SHLD-30. */
START_TEST(a_closed_window_is_probed_as_long_as_it_is_answered)
{
    TcpNet n;
    peer_init(&n, NULL);
    peer_establish(&n);
    peer_inject(&n, ". 301 ack 101 win 0"); /* at 40 ms */
    must_send(n.conn, 100);
    for (int i = 0; i < 1000; i++) {
        run_ms(&n, 1000);
        peer_send(&n, ". 301 ack 101 win 0");
    }
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    g_string_truncate(n.log, 0);
    run_to(&n, 1000200);
    peer_inject(&n, ". 301 ack 101 win 8192");
    run_ms(&n, 10);
    peer_inject(&n, ". 301 ack 201 win 8192");
    expect_log(&n, "1000210 c>p P. 101:201 ack 301\n");
    tcpnet_free(&n);
}
END_TEST

/* MUST-36, SHLD-29, SHLD-30 */
START_TEST(probes_come_at_1_3_7_15_s)
{
    TcpNet n;
    peer_init(&n, NULL);
    peer_establish(&n);
    peer_inject(&n, ". 301 ack 101 win 0");
    run_to(&n, 100);
    must_send(n.conn, 100);
    run_to(&n, 16000);
    expect_log(&n, "1100 c>p . 101:102 ack 301\n3100 c>p . 101:102 ack 301\n"
                   "7100 c>p . 101:102 ack 301\n15100 c>p . 101:102 ack 301\n");
    peer_inject(&n, ". 301 ack 102 win 8192"); /* the probe was taken */
    run_ms(&n, 10);
    expect_log(&n, "16010 c>p P. 102:201 ack 301\n");
    tcpnet_free(&n);
}
END_TEST

START_TEST(unanswered_probes_are_given_up)
{
    TcpNet n;
    peer_init(&n, NULL);
    peer_establish(&n);
    peer_inject(&n, ". 301 ack 101 win 0");
    must_send(n.conn, 100);
    run_out(&n);
    expect_state(&n, n.conn, TCP_CLOSED);
    must_end(n.conn, NET_ETIMEDOUT);
    tcpnet_free(&n);
}
END_TEST

/* MUST-34, MUST-35, SHLD-15, SHLD-16, MAY-7. */
START_TEST(a_window_that_shrinks_is_survived)
{
    TcpNet n;
    peer_init(&n, NULL);
    peer_establish(&n);
    must_send(n.conn, 4380);
    run_to(&n, 40);
    g_string_truncate(n.log, 0);
    peer_inject(&n, _i == 0 ? ". 301 ack 101 win 1000" : ". 301 ack 101 win 0");
    must_send(n.conn, 1000);
    run_to(&n, 1200);
    expect_log(&n, _i == 0 ? "1020 c>p . 101:1101 ack 301\n" : "1020 c>p . 101:102 ack 301\n");
    peer_inject(&n, ". 301 ack 4481 win 8192");
    expect_log(&n, "1210 c>p P. 4481:5481 ack 301\n");
    tcpnet_free(&n);
}
END_TEST

/* MUST-38. */
START_TEST(a_small_window_is_not_used_at_once)
{
    TcpNet n;
    peer_init(&n, NULL);
    peer_establish(&n);
    peer_inject(&n, ". 301 ack 101 win 100");
    must_send(n.conn, 5000);
    run_to(&n, 529);
    expect_log(&n, "");
    run_to(&n, 530);
    expect_log(&n, "530 c>p . 101:201 ack 301\n");
    tcpnet_free(&n);
}
END_TEST

/* MUST-38 */
START_TEST(half_of_the_largest_window_is_used_at_once)
{
    TcpNet n;
    peer_init(&n, NULL);
    listen_80(&n);
    peer_inject(&n, "S 300 mss 1460 win 2000");
    peer_inject(&n, ". 301 ack 101 win 1000");
    n.conn = must_accept(&n);
    g_string_truncate(n.log, 0);
    must_send(n.conn, 5000);
    expect_log(&n, "20 c>p . 101:1101 ack 301\n");
    tcpnet_free(&n);
}
END_TEST

/* SM-34: The FIN needs a place in the window, too. */
START_TEST(a_full_window_has_no_room_for_the_fin)
{
    TcpNet n;
    peer_init(&n, NULL);
    listen_80(&n);
    peer_inject(&n, "S 300 mss 1460 win 100");
    peer_inject(&n, ". 301 ack 101 win 100");
    n.conn = must_accept(&n);
    n.states = false;
    g_string_truncate(n.log, 0);
    conn_set_nodelay(n.conn, false); /* the second waits, and meets the FIN */
    must_send(n.conn, 30);
    must_send(n.conn, 70);
    conn_shutdown(n.conn);
    run_to(&n, 40);
    peer_inject(&n, ". 301 ack 131 win 70");
    peer_inject(&n, ". 301 ack 201 win 10");
    expect_log(&n, "20 c>p P. 101:131 ack 301\n50 c>p P. 131:201 ack 301\n"
                   "60 c>p F. 201 ack 301\n");
    tcpnet_free(&n);
}
END_TEST

/* CC-44: duplicates of what a timeout sends again are no new loss. */
START_TEST(duplicates_after_a_timeout_repair_nothing)
{
    TcpNet n;
    peer_init(&n, NULL);
    peer_establish(&n);
    must_send(n.conn, 7300);
    run_to(&n, 1100);
    g_string_truncate(n.log, 0);
    for (int i = 0; i < 5; i++)
        peer_inject(&n, ". 301 ack 101");
    ck_assert_ptr_null(strstr(n.log->str, ". 101:1561")); /* what limited transmit sends is new */
    ck_assert_uint_eq(node_counter(n.c->node, COUNTER_TcpExtTCPFastRetrans), 0);
    tcpnet_free(&n);
}
END_TEST

/* CC-36: RFC 5681 §2: answers to probes are no duplicates. */
START_TEST(a_closed_window_is_no_loss)
{
    TcpNet n;
    peer_init(&n, NULL);
    peer_establish(&n);
    must_send(n.conn, 2920);
    peer_inject(&n, ". 301 ack 1561 win 0");
    for (int i = 0; i < 5; i++)
        peer_inject(&n, ". 301 ack 1561 win 0");
    ck_assert_uint_eq(node_counter(n.c->node, COUNTER_TcpExtTCPFastRetrans), 0);
    tcpnet_free(&n);
}
END_TEST

/* CC-36: neither data nor another window make a duplicate; three bare ones do. */
START_TEST(only_bare_acks_are_duplicates)
{
    static const struct { const char *segment; unsigned repairs; } kinds[] = {
        { ". 301 ack 101", 1 }, { ". 301 ack 101 len 10", 0 }, { ". 301 ack 101 win %d", 0 },
    };
    TcpNet n;
    peer_init(&n, NULL);
    peer_establish(&n);
    must_send(n.conn, 7300);
    for (int i = 0; i < 5; i++) {
        g_autoptr(GString) text = g_string_new(kinds[_i].segment);
        g_string_replace(text, "%d", i % 2 ? "8000" : "7000", 0);
        peer_inject(&n, text->str);
    }
    ck_assert_uint_eq(node_counter(n.c->node, COUNTER_TcpExtTCPFastRetrans), kinds[_i].repairs);
    tcpnet_free(&n);
}
END_TEST

/* SM-24. */
START_TEST(an_old_window_is_not_taken)
{
    TcpNet n;
    TcpInfo info;
    peer_init(&n, NULL);
    peer_establish(&n);
    must_send(n.conn, 200);
    run_to(&n, 30);
    peer_inject(&n, ". 301 ack 201 win 5000");
    peer_inject(&n, ". 301 ack 101 win 0");
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.snd_wnd, 5000);
    peer_inject(&n, ". 301 ack 201 win 6000");
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.snd_wnd, 6000);
    tcpnet_free(&n);
}
END_TEST

/* --- segmentation, Nagle, delayed ACKs -------------------------------------------------------- */

/* MUST-14 to MUST-16. */
static const struct { const char *syn; uint32_t mss; } sizes[] = {
    { "S 300 mss 1460", 1460 }, { "S 300 mss 700", 700 }, { "S 300", 536 },
    { "S 300 mss 9000", 1460 },
};

/* MUST-14 to MUST-16, SHLD-5 */
START_TEST(the_segment_size_is_the_peers_or_the_interfaces)
{
    TcpNet n;
    TcpInfo info;
    peer_init(&n, NULL);
    listen_80(&n);
    n.windows = true;
    peer_inject(&n, sizes[_i].syn);
    expect_log(&n, "10 c SYN-RECEIVED\n10 c>p S. 100 ack 301 win 8192 mss 1460\n");
    peer_inject(&n, ". 301 ack 101");
    n.conn = must_accept(&n);
    conn_info(n.conn, &info);
    ck_assert_uint_eq(info.mss, sizes[_i].mss);
    n.windows = false;
    g_string_truncate(n.log, 0);
    must_send(n.conn, 3000);
    g_autofree char *first = g_strdup_printf("20 c>p . 101:%u ack 301\n", 101 + sizes[_i].mss);
    ck_assert_msg(g_str_has_prefix(n.log->str, first), "%s", n.log->str);
    tcpnet_free(&n);
}
END_TEST

/* MAY-16, MUST-17, SHLD-7, MUST-60, MUST-61, SHLD-27. */
START_TEST(nagle_holds_small_segments_back)
{
    TcpNet n;
    TcpConfig cfg = peer_config();
    cfg.nagle = true;
    peer_init(&n, &cfg);
    peer_establish(&n);
    conn_set_nodelay(n.conn, _i == 1);
    for (int i = 0; i < 3; i++)
        must_send(n.conn, 1);
    run_to(&n, 30);
    if (_i == 1) {
        expect_log(&n, "20 c>p P. 101:102 ack 301\n20 c>p P. 102:103 ack 301\n"
                       "20 c>p P. 103:104 ack 301\n");
    } else {
        peer_inject(&n, ". 301 ack 102");
        expect_log(&n, "20 c>p P. 101:102 ack 301\n40 c>p P. 102:104 ack 301\n");
        must_send(n.conn, 4000); /* full segments go, the rest waits */
        expect_log(&n, "40 c>p . 104:1564 ack 301\n40 c>p . 1564:3024 ack 301\n");
        peer_inject(&n, ". 301 ack 3024");
        expect_log(&n, "50 c>p P. 3024:4104 ack 301\n");
    }
    tcpnet_free(&n);
}
END_TEST

/* CC-32 to CC-34, MUST-40, SHLD-18, SHLD-19. */
START_TEST(acks_are_delayed_but_every_second_full_segment)
{
    TcpNet n;
    TcpConfig cfg = peer_config();
    cfg.delayed_ack = true;
    cfg.rcvbuf = 65535;
    peer_init(&n, &cfg);
    peer_establish(&n);
    peer_inject(&n, ". 301 ack 101 len 100"); /* at 30 ms */
    run_to(&n, 229);
    expect_log(&n, "");
    run_to(&n, 300);
    expect_log(&n, "230 c>p . 101 ack 401\n");
    for (int i = 0; i < 4; i++) {
        g_autofree char *text = g_strdup_printf(". %d ack 101 len 1460", 401 + i * 1460);
        peer_inject(&n, text);
    }
    expect_log(&n, "320 c>p . 101 ack 3321\n340 c>p . 101 ack 6241\n");
    peer_inject(&n, ". 6341 ack 101 len 100"); /* out of order: at once; so what fills the gap */
    peer_inject(&n, ". 6241 ack 101 len 100");
    expect_log(&n, "350 c>p . 101 ack 6241\n360 c>p . 101 ack 6441\n");
    peer_inject(&n, ". 6441 ack 101 len 100");
    must_send(n.conn, 10); /* data takes the ACK along */
    run_to(&n, 900);
    expect_log(&n, "370 c>p P. 101:111 ack 6541\n");
    tcpnet_free(&n);
}
END_TEST

START_TEST(too_many_gaps_are_not_kept)
{
    TcpNet n;
    TcpConfig cfg = peer_config();
    cfg.rcvbuf = 65535;
    peer_init(&n, &cfg);
    peer_establish(&n);
    for (unsigned i = 0; i < 1024; i++) {
        g_autofree char *text = g_strdup_printf(". %u ack 101 len 1", 303 + 2 * i);
        peer_inject(&n, text);
    }
    g_string_truncate(n.log, 0);
    peer_inject(&n, ". 3000 ack 101 len 1");
    g_autofree char *got = timeless(n.log->str);
    ck_assert_str_eq(got, "c>p . 101 ack 301\nc drops tcp.reass-full\n");
    peer_inject(&n, ". 301 ack 101 len 100"); /* what fills gaps is */
    ck_assert_uint_eq(conn_readable(n.conn), 101);
    tcpnet_free(&n);
}
END_TEST

/* MUST-57, MUST-63. */
START_TEST(nobody_talks_to_a_crowd)
{
    static const char *const crowds[][2] = {
        { "10.0.0.2", "10.0.0.255" },      { "10.0.0.2", "255.255.255.255" },
        { "10.0.0.2", "224.0.0.1" },       { "10.0.0.255", "10.0.0.1" },
        { "255.255.255.255", "10.0.0.1" }, { "224.0.0.5", "10.0.0.1" },
        { "127.0.0.1", "10.0.0.1" },       { "0.0.0.0", "10.0.0.1" },
    };
    TcpNet n;
    peer_init(&n, NULL);
    listen_80(&n);
    n.peer_src = ip(crowds[_i][0]);
    n.peer_dst = ip(crowds[_i][1]);
    peer_inject(&n, "S 300");
    peer_inject(&n, ". 300 ack 5 dport 81");
    ck_assert_ptr_null(strstr(n.log->str, "c>p"));
    ck_assert_uint_eq(listener_half_open(n.listener), 0);
    if (_i < 2)
        expect_log(&n, "10 c drops tcp.bad-address\n20 c drops tcp.bad-address\n");
    tcpnet_free(&n);
}
END_TEST

/* CC-33, CC-34, MUST-59: one ACK for all that became contiguous. */
START_TEST(a_filled_gap_is_acknowledged_once)
{
    TcpNet n;
    peer_init(&n, NULL);
    peer_establish(&n);
    for (int i = 3; i >= 0; i--) {
        g_autofree char *text = g_strdup_printf(". %d ack 101 len 100", 301 + i * 100);
        peer_inject(&n, text);
    }
    g_autofree char *got = timeless(n.log->str);
    ck_assert_str_eq(got, "c>p . 101 ack 301\nc>p . 101 ack 301\nc>p . 101 ack 301\n"
                          "c>p . 101 ack 701\n");
    tcpnet_free(&n);
}
END_TEST

/* --- counterfactual, ICMP --------------------------------------------------------------------- */

START_TEST(without_challenges_a_host_believes_what_it_gets)
{
    static const Row rows[] = {
        { "a RST in the window", "R 1301", "c CLOSED\nc drops tcp.reset\n", TCP_CLOSED },
        { "a SYN in the window", "S 1301",
          "c>p R. 0 ack 1302\nc CLOSED\nc drops tcp.syn-in-window\n",
          TCP_CLOSED },
    };
    TcpNet n;
    TcpConfig cfg = peer_config();
    cfg.challenge_ack = false;
    peer_init(&n, &cfg);
    peer_establish(&n);
    expect_answer(&n, &rows[_i]);
    must_end(n.conn, NET_ECONNRESET);
    tcpnet_free(&n);
}
END_TEST

static const struct {
    uint8_t  type, code;
    bool     linux_;
    uint32_t seq;
    NetError error; /* of the attempt at once; EAGAIN: it goes on */
    NetError at_last;
} hints[] = {
    { 3, 3, false, 100, NET_ECONNREFUSED, NET_ECONNREFUSED },
    { 3, 2, false, 100, NET_ECONNREFUSED, NET_ECONNREFUSED },
    { 3, 13, false, 100, NET_EHOSTUNREACH, NET_EHOSTUNREACH },
    { 3, 1, false, 100, NET_EAGAIN, NET_EHOSTUNREACH },
    { 3, 0, false, 100, NET_EAGAIN, NET_ENETUNREACH },
    { 11, 0, false, 100, NET_EAGAIN, NET_EHOSTUNREACH },
    { 4, 0, false, 100, NET_EAGAIN, NET_ETIMEDOUT },
    { 3, 3, false, 90, NET_EAGAIN, NET_ETIMEDOUT }, /* quotes what was not sent: RFC 5927 §4.1 */
    { 3, 1, true, 100, NET_EHOSTUNREACH, NET_EHOSTUNREACH },
};

/* MUST-55, SHLD-26, EXT-74, EXT-76 */
START_TEST(icmp_errors_refuse_or_hint)
{
    TcpNet n;
    TcpConfig cfg = peer_config();
    cfg.soft_errors_abort = hints[_i].linux_;
    peer_init(&n, &cfg);
    connect_to_peer(&n);
    peer_icmp(&n, hints[_i].type, hints[_i].code, 80, 5000, hints[_i].seq);
    ck_assert_str_eq(net_error_name(conn_connected(n.conn)), net_error_name(hints[_i].error));
    run_out(&n);
    ck_assert_str_eq(net_error_name(conn_connected(n.conn)), net_error_name(hints[_i].at_last));
    tcpnet_free(&n);
}
END_TEST

/* EXT-75, MUST-56, RFC 5927 §5.2: no ICMP error ends what is established. */
START_TEST(icmp_errors_do_not_end_a_connection)
{
    TcpNet n;
    peer_init(&n, NULL);
    peer_establish(&n);
    must_send(n.conn, 100);
    run_to(&n, 40);
    for (uint8_t code = 0; code < 4; code++)
        peer_icmp(&n, 3, code, 80, 5000, 101);
    expect_state(&n, n.conn, TCP_ESTABLISHED);
    run_out(&n); /* nobody answers */
    must_end(n.conn, NET_ECONNREFUSED);
    tcpnet_free(&n);
}
END_TEST

/* The invariants hold, and nothing is read beyond a segment, whatever comes. */
START_TEST(random_segments_break_nothing)
{
    TcpNet n;
    uint32_t x = (uint32_t)_i * 2654435761u + 1;
    static const char *const kinds[] = { "S", ".", "P.", "F.", "FP.", "R", "R.", "S.", "SF", "U.",
                                         "F" };
    peer_init(&n, NULL);
    peer_establish(&n);
    for (int i = 0; i < 400; i++) {
        x = x * 1664525 + 1013904223;
        if (listener_queued(n.listener) > 0) {
            conn_free(n.conn);
            n.conn = must_accept(&n);
        }
        TcpInfo info;
        conn_info(n.conn, &info);
        g_autofree char *text = g_strdup_printf(
            "%s %u ack %u win %u len %u", kinds[(x >> 10) % G_N_ELEMENTS(kinds)],
            info.rcv_nxt + (x >> 16) % 8 * 100 - 200, info.snd_nxt - (x >> 20) % 4 + 1,
            (x >> 24) % 5 * 1000, (x >> 27) % 4 * 100);
        peer_inject(&n, text);
        if (x >> 30 == 0)
            conn_send_pattern(n.conn, 0, x >> 20 & 1023, &(NetError){ 0 });
        if (x >> 29 == 7)
            conn_shutdown(n.conn);
        uint8_t bytes[500];
        conn_receive(n.conn, bytes, sizeof bytes, &(NetError){ 0 });
    }
    run_out(&n);
    tcpnet_free(&n);
}
END_TEST

#define LOOP(test, rows) tcase_add_loop_test(tc, test, 0, (int)G_N_ELEMENTS(rows))

static void add_states(Suite *suite)
{
    TCase *tc = tcase_create("states");
    LOOP(established_answers, established);
    LOOP(closed_and_listen_answer, closed);
    LOOP(syn_sent_answers, syn_sent);
    LOOP(syn_received_answers, syn_received);
    LOOP(syn_received_from_an_active_open_answers, syn_received_active);
    LOOP(a_reset_ends_every_state_and_tells_some, resets);
    LOOP(abort_resets_where_the_rfc_says, aborts);
    LOOP(closing_states_answer, closing);
    tcase_add_loop_test(tc, the_fin_alone_restarts_2msl, 0, 2);
    tcase_add_loop_test(tc, sending_ends_with_the_close, 0, 5);
    tcase_add_test(tc, an_old_duplicate_syn_is_recovered_from);
    tcase_add_test(tc, a_true_syn_behind_an_old_one_has_to_come_again);
    tcase_add_test(tc, time_wait_can_be_assassinated);
    tcase_add_test(tc, a_half_open_connection_survives_a_reset_that_is_not_exact);
    tcase_add_loop_test(tc, without_challenges_a_host_believes_what_it_gets, 0, 2);
    LOOP(icmp_errors_refuse_or_hint, hints);
    tcase_add_test(tc, icmp_errors_do_not_end_a_connection);
    tcase_add_loop_test(tc, random_segments_break_nothing, 0, 40);
    suite_add_tcase(suite, tc);
}

Suite *tcp_segments_suite(void);
Suite *tcp_segments_suite(void)
{
    Suite *suite = suite_create("tcp_segments");
    add_states(suite);
    TCase *tc = tcase_create("data");
    tcase_add_test(tc, overlaps_are_trimmed_and_gaps_filled);
    tcase_add_test(tc, text_on_a_syn_waits_for_the_handshake);
    tcase_add_test(tc, text_on_a_syn_and_again_behind_it_is_delivered_once);
    tcase_add_loop_test(tc, a_wrong_checksum_is_dropped_unless_believed, 0, 2);
    tcase_add_test(tc, the_window_opens_by_a_segment_or_not_at_all);
    tcase_add_test(tc, an_ack_counts_although_the_window_is_closed);
    tcase_add_test(tc, a_fin_beyond_the_window_is_cut_off);
    tcase_add_test(tc, a_closed_window_is_probed_as_long_as_it_is_answered);
    tcase_add_test(tc, probes_come_at_1_3_7_15_s);
    tcase_add_test(tc, unanswered_probes_are_given_up);
    tcase_add_loop_test(tc, a_window_that_shrinks_is_survived, 0, 2);
    tcase_add_test(tc, a_small_window_is_not_used_at_once);
    tcase_add_test(tc, half_of_the_largest_window_is_used_at_once);
    tcase_add_test(tc, an_old_window_is_not_taken);
    tcase_add_test(tc, a_full_window_has_no_room_for_the_fin);
    tcase_add_test(tc, duplicates_after_a_timeout_repair_nothing);
    tcase_add_test(tc, a_closed_window_is_no_loss);
    tcase_add_loop_test(tc, only_bare_acks_are_duplicates, 0, 3);
    LOOP(the_segment_size_is_the_peers_or_the_interfaces, sizes);
    tcase_add_loop_test(tc, nagle_holds_small_segments_back, 0, 2);
    tcase_add_test(tc, acks_are_delayed_but_every_second_full_segment);
    tcase_add_test(tc, too_many_gaps_are_not_kept);
    tcase_add_loop_test(tc, nobody_talks_to_a_crowd, 0, 8);
    tcase_add_test(tc, a_filled_gap_is_acknowledged_once);
    suite_add_tcase(suite, tc);
    return suite;
}
