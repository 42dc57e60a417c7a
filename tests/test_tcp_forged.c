/*
 * test_tcp_forged.c - a peer that sends whatever it likes near what it should: each flag, option
 * and number, errors of the network in between, while the program writes, pushes, flushes, reads
 * and closes when it likes. Nothing breaks, whatever parts the connection has by then, and which
 * way a segment takes, the short or the long one, makes no difference.
 */
/* SPDX-License-Identifier: MIT */
#include "support/tcpnet.h"

#include "protocols/transport/tcp_seq.h"

#include <check.h>
#include <string.h>

Suite *tcp_forged_suite(void);

enum { WORLDS = 40, GROUPS = 9, EVENTS = 120, MSS = 500 };

typedef struct Forger {
    TcpNet   n;
    uint64_t dice;
    uint64_t seen;  /* a hash of all that the host has sent, and when */
    unsigned frames;
    TcpSeq   seq;   /* the peer's next; */
    TcpSeq   low, high; /* what the host has sent, */
    uint32_t ts;
} Forger;

static unsigned roll(Forger *f, unsigned n)
{
    f->dice = f->dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(f->dice >> 33) % n;
}

static bool chance(Forger *f, unsigned percent)
{
    return roll(f, 100) < percent;
}

static void look(void *self, const TraceEvent *ev)
{
    Forger *f = self;
    TcpHdr h;

    if (ev->point != &LINK_ENQUEUED || ev->node != f->n.c->node)
        return;
    Span s = packet_frame(ev->pkt);
    for (size_t i = 0; i < s.n; i++)
        f->seen = (f->seen ^ s.p[i]) * 0x100000001b3u;
    f->seen = (f->seen ^ (uint64_t)ev->t) * 0x100000001b3u;
    f->frames++;
    size_t header = 14 + 4 * (size_t)(s.p[14] & 15);
    Span segment = { s.p + header, s.n - header };
    if (s.p[23] != IPPROTO_TCP4 || tcp_decode_header(&h, segment) != DROP_NONE ||
        (h.flags & TCP_RST))
        return;
    uint32_t text = (uint32_t)(get16(s.p + 16) - (header - 14) - h.header_len);
    TcpSeq end = h.seq + text + ((h.flags & TCP_FIN) != 0) + ((h.flags & TCP_SYN) != 0);
    f->high = h.flags & TCP_SYN ? end : seq_max(f->high, end);
    f->low = h.flags & TCP_SYN ? end : f->low;
}

/* --- the peer --------------------------------------------------------------------------------- */

static void add_options(Forger *f, TcpHdr *h)
{
    TcpOptions *o = &h->opt;

    if (f->ts != 0) {
        o->has_timestamps = !chance(f, 3);
        o->ts_val = chance(f, 5) ? f->ts - 1000 : ++f->ts;
        o->ts_ecr = roll(f, 5);
    }
    o->n_sack = chance(f, 15) ? (uint8_t)(1 + roll(f, 2)) : 0;
    for (unsigned i = 0; i < o->n_sack; i++) {
        o->sack[i].left = f->low + roll(f, 3 * MSS);
        o->sack[i].right = o->sack[i].left + 1 + roll(f, 2 * MSS);
    }
    o->has_uto = chance(f, 2);
    o->uto = (uint16_t)roll(f, 50);
}

static void forge_segment(Forger *f)
{
    enum { USUAL = 4, RARE };
    static const uint8_t flags[] = {
        TCP_URG, TCP_ECE, TCP_CWR, TCP_PSH, TCP_SYN, TCP_FIN, TCP_RST,
    };
    static const uint8_t text[2 * MSS];
    TcpHdr h = { .src_port = 5000, .dst_port = 80, .flags = TCP_ACK, .seq = f->seq };
    size_t len = chance(f, 50) ? 0 : 1 + roll(f, chance(f, 50) ? MSS : 20);

    h.ack = f->low + roll(f, f->high - f->low + 1);
    h.window = (uint16_t)(chance(f, 10) ? roll(f, 3) : 1000 + roll(f, 8000));
    if (chance(f, 6))
        h.flags |= flags[chance(f, 10) ? RARE + roll(f, 2) : roll(f, USUAL)];
    if (chance(f, 2))
        h.flags ^= flags[roll(f, RARE + 1)];
    if (chance(f, 10))
        h.seq += roll(f, 1000) - 500;
    if (chance(f, 5))
        h.ack += roll(f, 2000) - 1000;
    h.urgent = (uint16_t)roll(f, 100);
    add_options(f, &h);
    f->n.peer_tos = (uint8_t)(chance(f, 10) ? 3 : 0);
    peer_segment(&f->n, &h, (Span){ text, len }, (Span){ 0 });
    if (h.seq == f->seq)
        f->seq += (uint32_t)len + ((h.flags & TCP_FIN) != 0);
    if (seq_leq(h.ack, f->high))
        f->low = seq_max(f->low, h.ack);
}

static void forge_error(Forger *f)
{
    static const uint8_t codes[] = { 0, 1, 2, 3, 4, 13 };

    peer_icmp(&f->n, chance(f, 80) ? 3 : 4, codes[roll(f, 6)], 80, 5000,
              f->low + roll(f, f->high - f->low + 2));
}

/* --- the program ------------------------------------------------------------------------------ */

static void act(Forger *f)
{
    static uint8_t bytes[3000];
    Conn *c = f->n.conn;
    NetError err;

    switch (roll(f, 24)) {
    case 0: conn_push(c); break;
    case 1: conn_flush(c); break;
    case 2: conn_send_urgent(c, (Span){ bytes, roll(f, 3) }, &err); break;
    case 3: conn_set_cork(c, chance(f, 50)); break;
    case 4: conn_set_nodelay(c, chance(f, 50)); break;
    case 5: conn_set_keepalive(c, chance(f, 50), 300 * MSEC, 300 * MSEC, 3); break;
    case 6:
        if (chance(f, 20))
            conn_shutdown(c);
        break;
    case 7:
        if (chance(f, 10))
            conn_close(c);
        break;
    default:
        if (chance(f, 40))
            conn_send(c, (Span){ bytes, 1 + roll(f, sizeof bytes) }, &err);
        else
            conn_receive(c, bytes, 1 + roll(f, sizeof bytes), &err);
        break;
    }
}

/* --- the worlds ------------------------------------------------------------------------------- */

static TcpConfig make_config(Forger *f, TcpProfile profile)
{
    TcpConfig cfg = peer_config();

    tcp_config_set_profile(&cfg, profile);
    cfg.min_rto = 200 * MSEC;
    cfg.rcvbuf = chance(f, 50) ? 3000 : 60000;
    cfg.ecn = chance(f, 50) ? TCP_ECN_ON : TCP_ECN_OFF;
    cfg.msl = SEC;
    return cfg;
}

static void hear_step(void *self, const TraceEvent *ev)
{
    (void)self;
    (void)ev;
}

static void open_one(Forger *f)
{
    TcpHdr h = { .src_port = 5000, .dst_port = 80, .flags = TCP_SYN, .seq = 300, .window = 8000 };
    NetError err;

    f->n.listener = tcp_listen(stack_tcp(f->n.c), IP4_ANY, 80, 1, false, &err);
    h.flags |= chance(f, 50) ? TCP_ECE | TCP_CWR : 0;
    h.opt.has_mss = true;
    h.opt.mss = MSS;
    h.opt.sack_permitted = chance(f, 70);
    h.opt.has_timestamps = chance(f, 50);
    f->ts = h.opt.ts_val = h.opt.has_timestamps ? 5000 : 0;
    peer_segment(&f->n, &h, (Span){ 0 }, (Span){ 0 });
    net_run_until(f->n.net, 50 * MSEC);
    f->seq = 301;
    h = (TcpHdr){ .src_port = 5000, .dst_port = 80, .flags = TCP_ACK, .seq = 301, .ack = f->high,
                  .window = 8000 };
    h.opt.has_timestamps = f->ts != 0;
    h.opt.ts_val = f->ts;
    peer_segment(&f->n, &h, (Span){ 0 }, (Span){ 0 });
    net_run_until(f->n.net, 100 * MSEC);
    f->n.conn = listener_accept(f->n.listener);
    ck_assert_ptr_nonnull(f->n.conn);
}

static Forger play(uint64_t seed, TcpProfile profile, bool each_step)
{
    static Forger f; /* the net's sinks know where it is */
    SimTime t = 100 * MSEC;

    f = (Forger){ .dice = seed, .seen = 14695981039346656037u };
    TcpConfig cfg = make_config(&f, profile);
    peer_init(&f.n, &cfg);
    Sim *sim = f.n.net->sim;
    trace_add_sink(&sim->trace, TRACE_LINK, look, &f);
    if (each_step)
        trace_add_sink(&sim->trace, TRACE_STEP, hear_step, &cfg);
    open_one(&f);
    for (unsigned i = 0; i < EVENTS; i++) {
        unsigned what = roll(&f, 20);
        if (what == 0)
            forge_error(&f);
        else if (what < 14)
            forge_segment(&f);
        else
            act(&f);
        t += (chance(&f, 5) ? 500 : roll(&f, 15)) * MSEC;
        net_run_until(f.n.net, t);
    }
    conn_close(f.n.conn);
    net_run_until(f.n.net, t + 1000 * SEC);
    trace_remove_sink(&sim->trace, &f);
    if (each_step)
        trace_remove_sink(&sim->trace, &cfg);
    tcpnet_free(&f.n);
    return f;
}

START_TEST(a_peer_may_send_what_it_likes)
{
    static const TcpProfile profiles[] = {
        TCP_PROFILE_RFC, TCP_PROFILE_LINUX, TCP_PROFILE_FREEBSD,
    };
    TcpProfile profile = profiles[_i % 3];
    unsigned frames = 0;

    for (uint32_t x = 1; x <= WORLDS; x++) {
        uint64_t seed = ((uint64_t)_i * WORLDS + x) * 0x9e3779b97f4a7c15u;
        Forger a = play(seed, profile, false), b = play(seed, profile, true);
        ck_assert_uint_eq(a.frames, b.frames);
        ck_assert_uint_eq(a.seen, b.seen);
        frames += a.frames;
    }
    ck_assert_uint_gt(frames, 20 * WORLDS);
}
END_TEST

Suite *tcp_forged_suite(void)
{
    Suite *suite = suite_create("tcp_forged");
    TCase *tc = tcase_create("tcp_forged");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_peer_may_send_what_it_likes, 0, GROUPS);
    suite_add_tcase(suite, tc);
    return suite;
}
