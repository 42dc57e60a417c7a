/*
 * tcp.h - what a user of TCP may see: connections, listeners, their calls, events and figures.
 *
 * The calls are RFC 9293 §3.9.1's (OPEN, SEND, RECEIVE, CLOSE, ABORT, STATUS) in the shape of
 * sockets that never block: a call does what it can at once, and `on_ready` tells when to try
 * again. on_ready runs from a zero-delay timer, never from inside a call or a segment's arrival.
 * A Conn outlives its TCB and still answers afterwards how it ended.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/internet/ip.h"
#include "protocols/transport/error.h"
#include "protocols/transport/pattern.h"
#include "protocols/transport/tcp_cc.h"
#include "sim/engine/knob.h"

typedef struct Tcp Tcp;
typedef struct Conn Conn;
typedef struct Listener Listener;

typedef enum TcpState { /* RFC 9293 §3.3.2 */
    TCP_CLOSED,
    TCP_LISTEN,
    TCP_SYN_SENT,
    TCP_SYN_RECEIVED,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT_1,
    TCP_FIN_WAIT_2,
    TCP_CLOSE_WAIT,
    TCP_CLOSING,
    TCP_LAST_ACK,
    TCP_TIME_WAIT,
    TCP_STATE_COUNT
} TcpState;

const char *tcp_state_name(TcpState s);     /* "SYN-RECEIVED", as the RFC */
const char *tcp_state_lua_name(TcpState s); /* "SYN_RECEIVED" */

typedef enum TcpHandshake {
    TCP_THREE_WAY,
    TCP_TWO_WAY,
    TCP_NO_HANDSHAKE,
    TCP_SPLIT
} TcpHandshake;
typedef enum TcpIsn {
    TCP_ISN_RFC6528,
    TCP_ISN_CLOCK,
    TCP_ISN_FIXED,
    TCP_ISN_CLOCK4MS,
    TCP_ISN_RANDOM,
    TCP_ISN_COUNTER64K,
    TCP_ISN_LIST
} TcpIsn;
typedef enum TcpClosedPort { TCP_CLOSED_RST, TCP_CLOSED_SILENT } TcpClosedPort;
typedef enum TcpSynOverflow {
    TCP_SYN_OVERFLOW_DROP,
    TCP_SYN_OVERFLOW_RECYCLE,
    TCP_SYN_OVERFLOW_CACHE
} TcpSynOverflow;
typedef enum TcpAcceptOverflow { TCP_OVERFLOW_DROP, TCP_OVERFLOW_RST } TcpAcceptOverflow;
typedef enum TcpCongestion {
    TCP_CC_NEWRENO, TCP_CC_CUBIC, TCP_CC_DCTCP, TCP_CC_NONE
} TcpCongestion;
typedef enum TcpCwv { TCP_CWV_RFC5681, TCP_CWV_LINUX } TcpCwv;
typedef enum TcpPorts { TCP_PORTS_SEQUENTIAL, TCP_PORTS_RANDOM, TCP_PORTS_HASH } TcpPorts;
typedef enum TcpRecovery { TCP_RECOVERY_NEWRENO, TCP_RECOVERY_SACK, TCP_RECOVERY_RACK } TcpRecovery;
typedef enum TcpProfile { TCP_PROFILE_RFC, TCP_PROFILE_LINUX, TCP_PROFILE_FREEBSD } TcpProfile;

typedef enum TcpTimeWaitRst { TCP_TIME_WAIT_RST_RFC9293, TCP_TIME_WAIT_RST_RFC1337 } TcpTimeWaitRst;
typedef enum TcpTimeWaitSyn {
    TCP_TIME_WAIT_SYN_RFC6191,
    TCP_TIME_WAIT_SYN_RFC9293,
    TCP_TIME_WAIT_SYN_LINUX
} TcpTimeWaitSyn;

typedef enum TcpSynCookies { TCP_COOKIES_OFF, TCP_COOKIES_AUTO, TCP_COOKIES_ALWAYS } TcpSynCookies;
typedef enum TcpEcn { TCP_ECN_OFF, TCP_ECN_ON, TCP_ECN_PASSIVE } TcpEcn;
typedef enum TcpSynData {
    TCP_SYN_DATA_RFC,
    TCP_SYN_DATA_IGNORE,
    TCP_SYN_DATA_TFO,
    TCP_SYN_DATA_EARLY
} TcpSynData;
typedef enum TcpFastOpenRole {
    TCP_FASTOPEN_OFF,
    TCP_FASTOPEN_CLIENT,
    TCP_FASTOPEN_SERVER,
    TCP_FASTOPEN_BOTH
} TcpFastOpenRole;
typedef enum TcpClose { TCP_CLOSE_FOUR_WAY, TCP_CLOSE_TWO_WAY } TcpClose;
typedef enum TcpProbe { TCP_PROBE_BYTE, TCP_PROBE_OLD } TcpProbe;
typedef enum TcpAckUnsent { TCP_ACK_UNSENT_ANSWER, TCP_ACK_UNSENT_DROP } TcpAckUnsent;
typedef enum TcpRtoFloor { TCP_FLOOR_RTO, TCP_FLOOR_VARIANCE } TcpRtoFloor;
typedef enum TcpReassembly { TCP_REASS_KEEP, TCP_REASS_DROP, TCP_REASS_AS_IS } TcpReassembly;

enum { TCP_ISN_MAX = 16, TCP_FASTOPEN_KEY = 16, TCP_FASTOPEN_KEYS = 2 };

typedef enum TcpCaState {
    TCP_CA_OPEN,
    TCP_CA_DISORDER, /* something arrived out of order */
    TCP_CA_CWR,      /* the window was reduced for a mark */
    TCP_CA_RECOVERY, /* something is lost, and found by ACKs */
    TCP_CA_LOSS      /* the timer has fired */
} TcpCaState;

const char *tcp_ca_state_name(TcpCaState s); /* "open" */

/* The user timeout option, RFC 5482 §3: ENABLED, CHANGEABLE, ADV_UTO. */
typedef struct TcpUto {
    bool    enabled;
    bool    changeable; /* the user timeout follows what the peer says */
    SimTime advertise;  /* 0: the user timeout, or five minutes if that is none */
} TcpUto;

/* One host's knobs; a connection and a listener copy them when they are made. */
typedef struct TcpConfig {
    TcpProfile        profile;
    SimTime           msl;            /* 120 s: RFC 9293 §3.4.2 */
    TcpIsn            isn;
    uint32_t          isn_list[TCP_ISN_MAX]; /* LIST: in turn, the last one again and again */
    unsigned          n_isn;
    TcpCongestion     congestion;
    uint64_t          mss;            /* of what we announce; 0: the interface's MTU - 40 */
    bool              nagle, delayed_ack;
    SimTime           delayed_ack_time; /* 200 ms; below 500, RFC 9293 MUST-40 */
    uint64_t          sndbuf, rcvbuf; /* bytes */
    uint64_t          sndbuf_max;     /* to which it grows with the congestion window */
    uint64_t          notsent_lowat;  /* bytes not sent, with which a write finds no room; 0: any */
    bool              offload;        /* segments leave in pieces, as for a card that cuts them */
    uint64_t          min_burst;      /* segments of such a piece, at least */
    SimTime           initial_rto, min_rto, max_rto; /* 1 s, 1 s, 60 s: RFC 6298 */
    uint64_t          initial_cwnd;   /* segments; 0: by initial_window */
    uint64_t          initial_ssthresh; /* segments; 0: without a bound, RFC 5681 §3.1 */
    CongInitial       initial_window; /* the formula: RFC 6928, RFC 3390 */
    uint64_t          slow_start_limit; /* segments that an ACK adds to cwnd; 0: all it is for */
    TcpCwv            cwnd_validation;
    bool              pacing;         /* also of policies that do not ask for it */
    CongHystart       hystart;        /* with CUBIC */
    uint64_t          syn_retries, synack_retries, retries;
    uint64_t          syn_linear;     /* as many timeouts of a SYN come before, and do not double */
    uint64_t          backlog;        /* the accept queue, unless listen says */
    uint64_t          syn_backlog;    /* half-open connections per listener */
    TcpSynOverflow    syn_overflow;
    uint64_t          syn_bucket;     /* of them, in a bucket of the cache */
    TcpAcceptOverflow accept_overflow;
    SimTime           fin_timeout;    /* FIN-WAIT-2 that no program owns; 0: for ever */
    uint64_t          port_min, port_max; /* ephemeral; 49152-65535, RFC 6335 */
    TcpPorts          ports;          /* in which order they are taken */
    uint64_t          ttl;            /* 0: the host's */
    bool              soft_errors_abort; /* a soft ICMP error ends a connection attempt, as Linux */
    bool              challenge_ack;  /* RFC 5961 */
    bool              window_scale, timestamps; /* offered: RFC 7323 */
    bool              timestamps_required; /* agreed on, segments without are dropped */
    uint64_t          rcvbuf_max;     /* the shift is chosen for it, if it is larger than rcvbuf */
    bool              sack, dsack;    /* RFC 2018, RFC 2883 */
    uint64_t          challenge_ack_limit;  /* of a connection, per period; 0: none */
    SimTime           challenge_ack_period;
    bool              ack_throttle;   /* answers to what bears nothing count as challenges */
    TcpTimeWaitRst    time_wait_rst;
    TcpTimeWaitSyn    time_wait_syn;
    bool              keepalive;      /* RFC 9293 §3.8.4 */
    SimTime           keepalive_time, keepalive_interval; /* 2 h idle; between probes, 75 s */
    uint64_t          keepalive_probes; /* unanswered: then it is given up */
    bool              keepalive_garbage; /* a probe carries a byte of what is acknowledged */
    uint64_t          retries1;       /* R1: after so many the network is doubted */
    SimTime           user_timeout;   /* R2 in time; 0: R2 is `retries` */
    TcpUto            uto;
    SimTime           uto_min, uto_max; /* of a user timeout that the peer has a say in */
    uint64_t          orphan_retries; /* when no program owns it; 0: `retries` */
    uint64_t          tos;            /* the DS field's octet, its two ECN bits apart */
    TcpSynCookies     syncookies;     /* RFC 4987 §3.6 */
    TcpEcn            ecn;            /* RFC 3168; PASSIVE: only if the peer asks */
    TcpSynData        syn_data;       /* text of a SYN waits for the handshake, or is not taken */
    TcpFastOpenRole   fastopen;       /* what a program may ask for: RFC 7413 */
    TcpFastOpenRole   fastopen_cookieless; /* whose side of it goes without cookies */
    uint64_t          fastopen_backlog; /* pending ones per listener; 0: as the accept queue */
    SimTime           fastopen_avoid; /* after a server has refused it; RFC 7413 §4.1.3.1 */
    SimTime           fastopen_blackhole; /* after it seems to be swallowed, host-wide; 0: never */
    uint8_t           fastopen_keys[TCP_FASTOPEN_KEYS][TCP_FASTOPEN_KEY]; /* the first makes */
    unsigned          n_fastopen_keys; /* 0: one of the host's own */
    uint64_t          quickack;       /* segments acknowledged at once, at the start */
    TcpProbe          window_probe;   /* a byte of new data, or none and an old sequence number */
    TcpAckUnsent      ack_unsent;     /* an ACK of what was never sent: answered, or dropped */
    TcpRtoFloor       rto_floor;      /* what min_rto is the least of: the RTO, or its 4*RTTVAR */
    TcpRecovery       recovery;       /* how losses are found; without SACK it is NEWRENO */
    bool              fast_retransmit, limited_transmit; /* RFC 5681 §3.2, RFC 3042 */
    bool              tlp, prr, frto, undo; /* RFC 8985 §7, RFC 6937, RFC 5682, RFC 3522 */
    bool              slow_start_after_idle; /* RFC 5681 §4.1 */
    bool              path_mtu_discovery; /* DF is set, and what ICMP says of it heeded */
    bool              reset_acks;     /* the RST of an abort has ACK, too */
    /* Counterfactuals: a host that is wrong on purpose. */
    TcpHandshake      handshake;
    bool              time_wait;
    TcpClosedPort     closed_port;
    TcpClose          close;
    TcpReassembly     reassembly;
    bool              dedup, flow_control;
    bool              checksum;       /* verify; false: believes damaged segments */
    bool              retransmit;
    bool              paws;           /* false: only sequence numbers tell what is old */
} TcpConfig;

extern const TcpConfig tcp_defaults;
extern const Knob      tcp_knobs[];
extern const char *const tcp_isn_names[]; /* of TcpIsn but for LIST; NULL-terminated */
/* A field as text, as knob_get_text, of `isn` too; newly allocated. */
char *tcp_knob_text(const Knob *knob, const TcpConfig *cfg);
/* True if any counterfactual knob is not at its honest value; then `what` lists them
 * ("handshake=two-way time_wait=false"), if not NULL. */
bool tcp_config_is_wrong(const TcpConfig *cfg, GString *what);
/* All knobs whose default depends on the profile, set to that profile's. */
void tcp_config_set_profile(TcpConfig *cfg, TcpProfile profile);

/* "a0bf63f7-ed803d81-cd641d30-cebc4a90", or two of them with a comma: the first makes cookies, both
 * are good. False: it is not that. */
bool tcp_config_set_fastopen_key(TcpConfig *cfg, const char *text);

Tcp *tcp_new(Stack *stack, const TcpConfig *cfg);
void tcp_free(Tcp *tcp);
void tcp_flush(Tcp *tcp); /* crash: all connections and listeners gone, no segment sent */
const TcpConfig *tcp_config(const Tcp *tcp);
void tcp_set_config(Tcp *tcp, const TcpConfig *cfg); /* from now on; for settings in mid-run */

DropReason tcp_input(Tcp *tcp, const IpMeta *ip, Packet *pkt);
/* A segment for this pair comes soon: what it needs is brought into the cache. */
void       tcp_expect(const Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote,
                      uint16_t remote_port);
void       tcp_error(Tcp *tcp, const IpError *err);

/* --- passive OPEN ----------------------------------------------------------------------------- */

/* addr IP4_ANY: all of the host's. backlog 0: the host's knob. NULL and *err (EADDRINUSE) if the
 * port is taken; connections on it count unless reuse_addr, those in TIME-WAIT too. */
Listener *tcp_listen(Tcp *tcp, IpAddr addr, uint16_t port, uint64_t backlog, bool reuse_addr,
                     NetError *err);
void      listener_on_ready(Listener *l, void (*on_ready)(void *user), void *user);
Conn     *listener_accept(Listener *l); /* NULL: none waits. The caller owns the Conn */
void      listener_close(Listener *l);  /* connections not yet accepted are reset. Frees it */
/* What RFC 9293's passive OPEN can and sockets cannot. Accept gives a connection from its SYN on,
 * in SYN-RECEIVED; */
void      listener_set_early(Listener *l);
/* and LISTEN turns to SYN-SENT (§3.10.1): the connection, and the listener has ended as by
 * listener_close. NULL and *err as tcp_connect, and it still listens. */
Conn     *listener_call(Listener *l, IpAddr remote, uint16_t remote_port, NetError *err);
uint16_t  listener_port(const Listener *l);
IpAddr    listener_addr(const Listener *l);
size_t    listener_queued(const Listener *l);    /* waiting for accept */
size_t    listener_half_open(const Listener *l); /* in SYN-RECEIVED */
uint64_t  listener_backlog(const Listener *l);
/* Fast Open, if the host's knob allows it: data of a SYN that brings a good cookie is delivered at
 * once, and accept gives the connection before its handshake is over. `limit` of those may be
 * pending; 0: as the host's knob says. */
void      listener_set_fastopen(Listener *l, uint64_t limit);
void      listener_unset_fastopen(Listener *l);
void      listener_set_fastopen_key(Listener *l, const uint8_t key[static TCP_FASTOPEN_KEY]);
void      listener_set_cookieless(Listener *l, bool on); /* whoever sends data is believed */

/* --- active OPEN ------------------------------------------------------------------------------ */

/* As tcp_connect_options, but in CLOSED, with nothing sent until conn_start: for what a program
 * sets of a connection and its SYN is to tell (conn_set_uto). */
Conn *tcp_prepare(Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote, uint16_t remote_port,
                  const IpOptions *options, NetError *err);
void conn_start(Conn *c);

/* local IP_NONE: by route. local_port 0: an ephemeral one. NULL and *err if it cannot even start
 * (EADDRINUSE, EADDRNOTAVAIL, ENETUNREACH, EINVAL). The caller owns the Conn. */
Conn *tcp_connect(Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote, uint16_t remote_port,
                  NetError *err);

/* As tcp_connect, with IP options (NULL: none) on every segment. A source route among them holds,
 * whatever the peer's datagrams bring (RFC 9293 §3.9.2.1, MUST-51, MUST-52); it may not begin at
 * this host (EINVAL). What they take up, segments carry less (MUST-16). */
Conn *tcp_connect_options(Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote,
                          uint16_t remote_port, const IpOptions *options, NetError *err);

/* As that, with Fast Open: as much of `data` as fits rides on the SYN, if there is a cookie
 * for the server (or none is needed), and the rest follows the handshake; if there is none the SYN
 * asks for one. *taken: bytes that the send buffer took. */
Conn *tcp_connect_fast(Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote,
                       uint16_t remote_port, const IpOptions *options, Span data, bool cookieless,
                       size_t *taken, NetError *err);
/* Could data ride on a SYN to there now, and how much? */
bool tcp_fastopen_ready(Tcp *tcp, IpAddr local, IpAddr remote, uint16_t port, bool cookieless,
                        size_t *room);
void tcp_fastopen_forget(Tcp *tcp); /* the client's cookies */
/* The cookie of eight bytes that a server with this key gives that client. */
void tcp_fastopen_cookie(const uint8_t key[static TCP_FASTOPEN_KEY], IpAddr client, IpAddr server,
                         uint8_t cookie[static 8]);

/* --- a connection ----------------------------------------------------------------------------- */

void     conn_on_ready(Conn *c, void (*on_ready)(void *user), void *user);
TcpState conn_state(const Conn *c);
/* OK once established (also after an orderly end), EAGAIN while opening, or how it failed. */
NetError conn_connected(const Conn *c);

/* Into the send buffer, and out as far as the window allows. *err: OK (returns > 0), EAGAIN (the
 * buffer is full, or still opening), EPIPE (closed for sending), or how the connection ended. */
size_t conn_send(Conn *c, Span data, NetError *err);
/* `n` bytes of the pattern (pattern.h) instead, starting at its place `offset`. */
size_t conn_send_pattern(Conn *c, uint64_t offset, size_t n, NetError *err);

/* As conn_send; the peer is told at once, even through a closed window, that urgent data ends here:
 * RFC 9293 §3.8.5. It stays in its place in the stream (RFC 6093 §3.1). */
size_t conn_send_urgent(Conn *c, Span data, NetError *err);
/* Bytes from the first unread one to the end of the peer's urgent data, 0 if there is none; they
 * may not have arrived yet. */
uint32_t conn_urgent(const Conn *c);
/* Runs, from a zero-delay timer, when urgent data is announced, and when its end moves on. */
void conn_on_urgent(Conn *c, void (*on_urgent)(void *user), void *user);

/* RFC 9293 §3.9.1.2: what was sent so far is not gathered with what follows, whatever
 * conn_set_cork says; the segment with its last byte has PSH. Without it
 * PSH is where the queue ends. */
void conn_push(Conn *c);
/* RFC 9293 §3.9.1.7: throws away what was queued to the right of the send window. Returns how many
 * bytes; none once a FIN has been sent. */
size_t conn_flush(Conn *c);
/* Bytes from the first unread one to the end of the last segment with PSH, 0 if all of that has
 * been read; they may not have arrived yet. */
uint32_t conn_pushed(const Conn *c);

/* Takes up to n bytes out of the receive buffer, and throws them away if `out` is NULL. 0 and *err:
 * EAGAIN, EOF, or how it ended. */
size_t conn_receive(Conn *c, uint8_t *out, size_t n, NetError *err);
/* So many bytes wait that are known to be the pattern's from its place `offset` on, without a look
 * at them. 0: they must be looked at. */
size_t conn_pattern_waits(const Conn *c, uint64_t offset);
size_t conn_readable(const Conn *c); /* bytes that wait */

void conn_shutdown(Conn *c); /* FIN after what is queued; receiving goes on. Again is fine */
/* As close(2): no more receiving; FIN after what is queued, or RST if there is unread data
 * (RFC 9293 §3.6.1, RFC 2525 §2.17). The Conn stays valid until conn_free. */
void conn_close(Conn *c);
void conn_abort(Conn *c);    /* RST if the state asks for one (RFC 9293 §3.10.5) */
/* The user is done with the handle; a connection that is still open is closed as by conn_close. */
void conn_free(Conn *c);
void conn_drop(Conn *c); /* frees it and sends nothing, for the world ends */

/* --- options of a connection; of one that has ended they are let pass ------------------------- */

void conn_set_nodelay(Conn *c, bool on); /* true: Nagle's algorithm is off */
/* While on, only full segments go out, others after 200 ms; off sends what has gathered. */
void conn_set_cork(Conn *c, bool on);
/* The next sends are to be followed by more, as with Linux's MSG_MORE: what does not fill a segment
 * waits, for a while or until something is acknowledged, and is not pushed. */
void conn_set_more(Conn *c, bool on);
/* With the knob offload: nothing that is sent later shares a segment with what was sent so far. */
void conn_end_record(Conn *c);
/* The send buffer; it does not grow by itself any more. With the knob offload its bookkeeping
 * counts too, as in Linux, which doubles what a program asks for. */
void conn_set_sndbuf(Conn *c, uint64_t n);
/* With the knob offload: a write takes no more while so many bytes have not been sent; who waits
 * is told at half of it; 0: the host's. */
void conn_set_notsent_lowat(Conn *c, uint32_t n);
bool conn_writable(Conn *c); /* who waits for room in the send buffer would be told now */
/* RFC 9293 §3.8.4: after `idle` without a word from the peer, a probe each `interval`, and the end
 * (ETIMEDOUT) when `probes` were not answered. 0: the host's knob. Their timer does not keep a
 * simulation alive. */
void conn_set_keepalive(Conn *c, bool on, SimTime idle, SimTime interval, uint64_t probes);
/* R2, RFC 9293 §3.8.3: how long data, a SYN or a FIN may stay unacknowledged before the connection
 * ends (ETIMEDOUT). 0: as often as the host's knobs say; NEVER: for ever. */
void conn_set_user_timeout(Conn *c, SimTime t);
/* The user timeout option, RFC 5482 §3. A timeout set by the call above is not changeable from
 * then on, unless this says so afterwards. Those of a listener hold for its connections from the
 * SYN-ACK on; the host's knobs are the defaults of both. */
TcpUto conn_uto(const Conn *c);
void   conn_set_uto(Conn *c, const TcpUto *uto);
TcpUto listener_uto(const Listener *l);
void   listener_set_uto(Listener *l, const TcpUto *uto);
void conn_set_syn_retries(Conn *c, uint64_t n); /* of its own SYN; the host's knob otherwise */
void conn_set_ttl(Conn *c, uint8_t ttl); /* of its segments from now on; 0: the host's */
void conn_set_tos(Conn *c, uint8_t tos); /* likewise, the DS field; the ECN bits are TCP's own */

/* false: hints as below wake nobody and are not traced; conn_soft_error still tells them. */
void conn_set_advice(Conn *c, bool on);

/* The last hint of the network or of R1 that something is wrong, RFC 9293 §3.9.1.8; it stays until
 * the peer acknowledges something. on_ready and TCP_ADVICE tell of a new one. */
NetError conn_soft_error(const Conn *c);
/* How it ended: OK for an orderly end or while it is alive. */
NetError conn_error(const Conn *c);

/* --- STATUS ----------------------------------------------------------------------------------- */

/* What is most often zero in the end stands behind: a handle keeps no zeros. */
typedef struct TcpInfo {
    uint32_t id;           /* counted per world */
    TcpState state;
    IpAddr   local, remote;
    uint16_t local_port, remote_port;
    uint32_t iss, snd_una, snd_nxt, snd_wnd, snd_wl1, snd_wl2;
    uint32_t irs, rcv_nxt, rcv_wnd;
    uint32_t cwnd, ssthresh, mss; /* bytes; ssthresh UINT32_MAX: infinite */
    SimTime  srtt, rttvar, rto;   /* srtt 0: no sample yet */
    SimTime  min_rtt;             /* 0: not known */
    const char *congestion;       /* the policy; "none" */
    uint64_t bytes_sent, bytes_acked, bytes_received;
    uint64_t delivered, delivered_segs; /* bytes and segments that have arrived at the peer */
    uint64_t delivery_rate;       /* bytes per second; 0: not known */
    uint64_t segs_in, segs_out, data_segs_in, data_segs_out; /* of the connection; with text */
    SimTime  busy;                /* had data */
    SimTime  since_data_sent, since_data_received, since_ack_received; /* or since it is open */
    uint32_t ts_recent;
    uint32_t reordering;          /* the largest distance seen, in segments; at least 3 */
    uint32_t rcv_mss;             /* announced */
    uint32_t largest;             /* text that a segment of the peer's has had; at least 536 */
    bool     passive;
    bool     has_owner;           /* a program holds it */
    bool     window_scale, timestamps, sack; /* agreed on */
    uint8_t  snd_scale, rcv_scale;
    uint8_t  rcv_tos;             /* DS field and ECN bits of the last segment that came */
    size_t   recv_queue, send_queue; /* bytes not read, a FIN counts one; bytes not acknowledged */
    uint64_t retransmits;         /* segments, in its life */
    const char *timer;            /* "on", "persist", "timewait", "keepalive", NULL: none pending */
    SimTime  timer_left;
    unsigned backoff;             /* times the RTO has been doubled */
    TcpCaState ca_state;
    uint32_t in_pipe;             /* bytes estimated to be in the network */
    uint32_t in_flight;           /* bytes sent and not acknowledged */
    uint32_t unacked, sacked, lost, retrans; /* segments: sent and not acknowledged; of these
                                     reported, taken for lost, sent again and not arrived */
    uint32_t reorder_seen;        /* times */
    bool     ecn, ecn_seen;       /* agreed on; a segment that is ECN-capable has come */
    bool     syn_data;            /* all data of its SYN was taken: RFC 7413 */
    CongFigure figures[CONG_FIGURES]; /* of the policy's own, as far as they have names */
    uint64_t pacing_rate;         /* bytes per second; 0: not paced */
    SimTime  rwnd_limited, sndbuf_limited; /* of `busy`, for the peer's window, or ours for lack of
                                     room in the send buffer */
    SimTime  user_timeout;        /* 0: R2 is a count; NEVER: none */
    SimTime  uto_remote;          /* what the peer has advertised; 0: nothing */
    IpOptions ip_options;         /* of its segments, as they start with them */
} TcpInfo;

void conn_info(const Conn *c, TcpInfo *out); /* after its end: the last figures */

/* Every TCB of the host, half-open and TIME-WAIT ones too, in the order of making; fn may not
 * change anything. Listeners likewise. */
void tcp_each(Tcp *tcp, void (*fn)(void *self, const TcpInfo *info), void *self);
void tcp_each_listener(Tcp *tcp, void (*fn)(void *self, const Listener *l), void *self);

/* --- events ----------------------------------------------------------------------------------- */
extern const TracePoint TCP_LISTENER_OPENED; /* local ("0.0.0.0:80") */
extern const TracePoint TCP_LISTENER_CLOSED; /* local, trigger */
/* Each begins with conn (id), local ("10.0.0.1:40000"), remote. States are the RFC's words. */
extern const TracePoint TCP_STATE_CHANGED;    /* ..., old, new, trigger, rfc */
extern const TracePoint TCP_SEGMENT_SENT;     /* ..., id, flags, seq, ack, len, wnd, reason */
extern const TracePoint TCP_SEGMENT_RECEIVED; /* ..., id, flags, seq, ack, len, wnd */
extern const TracePoint TCP_STEP; /* TRACE_STEP. conn, id, state, step of SEGMENT ARRIVES, drop: its
                                   * DropReason; rcv_nxt, rcv_wnd, snd_una, snd_max before it;
                                   * taken: bytes acknowledged or read by it */
extern const TracePoint TCP_TIMER_SET;        /* ..., timer, at; a re-arming by an ACK too */
extern const TracePoint TCP_TIMER_EXPIRED;    /* ..., timer, retries */
extern const TracePoint TCP_TIMER_CANCELLED;  /* ..., timer */
extern const TracePoint TCP_METRICS_UPDATED; /* ..., cwnd, ssthresh, srtt, rttvar, rto, in_flight,
                                                delivery_rate (bytes per second), state */
extern const TracePoint TCP_URGENT; /* ..., bytes: from the first unread to the urgent mark */
extern const TracePoint TCP_ADVICE; /* ..., what, error: "R1" or "icmp", and what it hints at */
extern const TracePoint TCP_USER_TIMEOUT; /* ..., advertised, timeout: by the peer; used */
extern const TracePoint TCP_DELIVERED;       /* ..., bytes: into the receive buffer; category TCP */
