/*
 * tcpnet.h - for tests of TCP: two hosts on a cable, or one host and a peer that a test plays by
 * hand, and a log of what passed, which states were entered, and what was dropped.
 *
 * The wire has 10 ms each way, ARP is warm, and initial sequence numbers are fixed, so that a log
 * reads like a figure. Times are milliseconds:
 *     0 c SYN-SENT
 *     0 c>s S 0
 *     10 s>c S. 0 ack 1
 *     20 c>s P. 1:101 ack 1
 *     30 s drops tcp.closed
 *     30 c>s lost link.fault
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/tcp_wire.h"
#include "sim/engine/fault.h"
#include "support/net.h"

typedef struct TcpNet {
    Net      *net;
    Stack    *c, *s;      /* 10.0.0.1 and 10.0.0.2; s NULL where a test plays the peer */
    Link     *link;
    uint8_t   peer_tos;   /* of what the peer sends from now on */
    Port     *peer;       /* of the node p, 10.0.0.2, that answers nothing */
    IpAddr    peer_src, peer_dst; /* of what it sends */
    Listener *listener;   /* of s, port 80 */
    Conn     *conn, *accepted;
    GString  *log;
    Timer     alarm;      /* the clock goes on although nothing happens */
    bool      windows;    /* the log shows them, and the MSS */
    bool      states, drops; /* the log shows them: true unless set otherwise */
} TcpNet;

/* The course's values: MSL 30 s, no delayed ACKs, no Nagle, cwnd 10, retries 6, 5 and 8 up to 64 s.
 * ISN 0. */
TcpConfig course_config(void);

/* Two hosts; s listens on port 80. cfg NULL: the course's. */
void pair_init(TcpNet *n, const TcpConfig *c, const TcpConfig *s);
void pair_init_with(TcpNet *n, uint64_t seed, const TcpConfig *c, const TcpConfig *s,
                    const LinkConfig *link, bool fcs);
/* c connects from port 40000, s accepts; stops when both are ESTABLISHED, and clears the log. */
void pair_establish(TcpNet *n);

/* One host c and the peer: c's ISN is 100, its window 8192 unless cfg says otherwise. */
void peer_init(TcpNet *n, const TcpConfig *cfg);
TcpConfig peer_config(void);
/* c listens on port 80, and the peer opens from port 5000 with SEQ=300, WND=8192: then SND.NXT is
 * 101 and RCV.NXT 301. Clears the log. */
void peer_establish(TcpNet *n);
/* A segment from the peer, 5000 to 80, that arrives 10 ms later: "S. 300 ack 101 win 8192 len 10
 * mss 1460 sport 5001 dport 81 ts 7". The window is 8192 unless said, the data by peer_byte. */
void peer_send(TcpNet *n, const char *segment);
/* Any segment from the peer, its checksum put right; IP options of a multiple of four bytes. */
void peer_segment(TcpNet *n, const TcpHdr *h, Span text, Span ip_options);
/* As peer_send, and runs until it has arrived and been worked off. */
void peer_inject(TcpNet *n, const char *segment);
/* An ICMP error about the segment c:sport > peer:dport with this SEQ. */
void peer_icmp(TcpNet *n, uint8_t type, uint8_t code, uint16_t sport, uint16_t dport, uint32_t seq);
/* Bytes of a frame's TCP payload, at this sequence number. */
uint8_t peer_byte(uint32_t seq);

void tcpnet_free(TcpNet *n);
void run_until(TcpNet *n, SimTime t); /* what is due then included */
void run_ms(TcpNet *n, SimTime ms);   /* on by so much */
void run_to(TcpNet *n, SimTime ms);   /* until this instant */
void run_out(TcpNet *n);              /* until nothing happens any more */

/* The log since the last call is this. */
void expect_log(TcpNet *n, const char *log);
void expect_state(TcpNet *n, Conn *conn, TcpState state);

/* Reads and writes that must work at once. */
void  must_send(Conn *conn, size_t n);          /* of the pattern, from the start */
void  must_read(Conn *conn, size_t n);          /* exactly n bytes are there */
void  must_end(Conn *conn, NetError error);     /* nothing is there, and this is why */
Conn *must_accept(TcpNet *n);

/* Drops frames from a host with exactly these flags: `count` of them (0: all), after `skip`. */
FaultRule *drop_flags(TcpNet *n, const Stack *from, uint8_t flags, unsigned skip, unsigned count);
