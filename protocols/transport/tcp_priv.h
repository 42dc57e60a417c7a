/*
 * tcp_priv.h - what the tcp_*.c files know of each other.
 *
 * A TCB is found by its four-tuple, driven by user calls (tcp.c), segments (tcp_input.c, tcp_syn.c)
 * and timers (tcp_timer.c), and all of these end in tcp_output. It ends in tcb_end, and is freed at
 * the host's next segment or timer, so that whoever works on it may look at its state (TCP_CLOSED)
 * till then.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp_tcb.h"

typedef struct TcbTable {
    Tcb    **slots;
    uint8_t *tags;   /* of each slot's hash, behind the slots; 0: it is free */
    size_t   n, cap; /* cap: 0 or a power of two */
    Tcb     *last;   /* found; NULL: none, or it is gone */
} TcbTable;

struct Tcp {
    Stack     *stack;
    Node      *node;
    Sim       *sim;
    TcpConfig  cfg;
    bool       honest;     /* cfg has no counterfactual */
    TcbTable   table;
    GPtrArray *listeners;  /* of Listener, oldest first; ended ones are gone from here */
    GPtrArray *ended;      /* listeners that a crash has ended, until listener_close */
    Vec        dead;       /* of Tcb, see tcp_bury */
    Rng        isn_rng;
    uint64_t   isn_key[2];
    uint32_t   ts_key;
    SimTime    rtt_last;   /* measured by the ACK at hand, or RTT_NONE */
    unsigned   flows;      /* so many TCBs have one */
    unsigned   isns_used;  /* of cfg.isn_list, or of the counter */
    Rng        port_rng;
    uint64_t   port_key;
    uint32_t   port_count; /* how many were tried, by the size of the range */
    struct {
        uint8_t  key[TCP_FASTOPEN_KEY]; /* if the host's knobs have none */
        GArray  *servers;  /* what is known of them; of tcp_fastopen.c */
        unsigned pauses;   /* in a row */
        SimTime  paused_at;
    } fast;
};

typedef struct Turn Turn;
typedef struct LastInfo LastInfo;

/* Who waits for something to happen: on_ready from a zero-delay timer. All zero: nobody. */
typedef struct Wake {
    void *user;
    void (*on_ready)(void *user);
    Turn *turn; /* NULL: it is not on its way */
} Wake;

/* What those have whose TCB is gone, and few others. */
typedef struct ConnRest {
    Tcp      *tcp;
    LastInfo *last;   /* NULL while it lives */
    Ring     *unread; /* when it ended; NULL: nothing */
    Wake      urgent;
} ConnRest;

struct Conn {
    Tcb      *tcb;      /* NULL: it has ended, rest->last and `error` tell how */
    union {
        Wake  wake;
        Conn *next;     /* in the accept queue, where it has no user */
    };
    ConnRest *rest;     /* NULL: it lives, and has nothing of it */
    NetError  error;
    bool      queued;   /* it is in the accept queue */
    bool      connected; /* it has been ESTABLISHED */
    bool      closed;    /* close or abort was called */
    bool      eof;       /* ended behind the peer's FIN */
};

struct Listener {
    Tcp     *tcp;
    bool     ended;    /* by a crash; freed by listener_close */
    bool     early;    /* accept gives connections in SYN-RECEIVED */
    IpAddr   addr;
    uint16_t port;
    uint64_t backlog;
    HalfOpen half;
    TcpUto   uto;          /* of its connections */
    Conn    *first, *last; /* the accept queue */
    size_t   queued;
    bool     cookies_sent;
    SimTime  cookie_last;  /* when */
    struct {
        bool     on, cookieless, has_key;
        uint8_t  key[TCP_FASTOPEN_KEY];
        uint64_t limit;    /* 0: the host's */
        uint64_t pending;
        GArray  *resets;   /* of SimTime: pending ones that were reset count until then */
    } fast;
    Wake     wake;
};

/* A segment that has arrived: SEG.SEQ, SEG.ACK, SEG.LEN, SEG.WND and what else is looked at. Steps
 * cut it to what lies in the window. */
typedef struct SegmentText {
    size_t at; /* its offset in the packet's buf, for who has it written may move it */
    size_t n;
} SegmentText;

struct Segment {
    const IpMeta *ip;
    Packet       *pkt;
    TcpHdr        hdr;
    TcpSeq        seq, ack;
    uint32_t      len;      /* text, SYN and FIN */
    uint32_t      wnd;
    uint8_t       flags;
    SegmentText   text;
    bool          bare;     /* came without text, SYN or FIN */
    DropReason    refused;  /* all of it but its ACK */
};

/* tcp_table.c: the flat hash of the four-tuple */
uint32_t tcb_hash(IpAddr local, uint16_t local_port, IpAddr remote, uint16_t remote_port);
uint32_t tcb_hash_of(const Tcb *tcb);
Tcb     *table_find(const TcbTable *t, IpAddr local, uint16_t local_port, IpAddr remote,
                    uint16_t remote_port);
/* The same, for segments: the next is often for the connection of the last. */
Tcb     *table_find_again(TcbTable *t, IpAddr local, uint16_t local_port, IpAddr remote,
                          uint16_t remote_port);
/* All of a host's, those in TIME-WAIT that a SYN has pushed aside too, in the order of making; for
 * g_free. */
Tcb    **table_all(const TcbTable *t, size_t *n);
void     table_insert(TcbTable *t, Tcb *tcb);
void     table_remove(TcbTable *t, const Tcb *tcb);

/* tcp_tcb.c: life of a TCB, and of the host's TCP */
Tcb *tcb_new(Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote, uint16_t remote_port);
void tcp_set_state(Tcb *tcb, TcpState new_state, const char *trigger, const char *rfc);
/* What both kinds of open do once our SYN is acknowledged. */
void tcb_established(Tcb *tcb, const char *trigger, const char *rfc);
void tcb_enter_time_wait(Tcb *tcb, const char *trigger, const char *rfc);
/* CLOSED: out of the table, its user told, freed after the event. Sends nothing. */
void tcb_end(Tcb *tcb, NetError error, const char *trigger, const char *rfc);
void tcb_bury_all(Tcp *tcp);
/* Frees those that have ended. For who begins something, and has no TCB in hand yet. */
static inline void tcp_bury(Tcp *tcp)
{
    if (tcp->dead.len > 0)
        tcb_bury_all(tcp);
}
/* The half-open connection of a listener, refused: the user need not be informed. */
void tcb_return_to_listen(Tcb *tcb, const char *trigger, const char *rfc);
/* As tcb_end, with a RST where RFC 9293 §3.10.5 asks for one. */
void tcb_reset(Tcb *tcb, SentReason why, NetError error, const char *trigger, const char *rfc);
/* The path takes less than was thought: RFC 9293 §3.7.2. False if it does not. */
bool tcb_path_mtu(Tcb *tcb);
bool tcb_writable(const Tcb *tcb); /* who waits for room to write is told */
void tcb_wake(Tcb *tcb); /* its user, if it has one */
#ifndef NDEBUG
void tcb_check(const Tcb *tcb); /* the invariants */
#else
#define tcb_check(tcb) ((void)(tcb))
#endif
TcpCaState tcp_ca_state(const Tcb *tcb);
void tcb_info(const Tcb *tcb, TcpInfo *out);

uint32_t tcp_rcv_mss(Tcp *tcp, IpAddr remote); /* what we announce to it */
/* What the path takes, less the TCP header and these options (NULL: none). */
uint32_t tcp_path_mss(Tcp *tcp, IpAddr remote, const IpOptions *options);
void     tcb_set_iss(Tcb *tcb, TcpSeq iss); /* nothing has been sent yet */

/* tcp_conn.c */
Conn *conn_new(Tcb *tcb);
void  conn_forget_unread(Conn *c);
void  conn_leave(Tcb *tcb, NetError error); /* its handle, if any, goes on without it */
void  wake(Tcp *tcp, Wake *w);
void  wake_stop(Tcp *tcp, Wake *w);

/* tcp_port.c */
void     tcp_port_init(Tcp *tcp);
bool     tcp_pair_taken(const Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote,
                        uint16_t remote_port);
/* 0 if there is none with which the pair would be new. */
uint16_t tcp_ephemeral_port(Tcp *tcp, IpAddr local, IpAddr remote, uint16_t remote_port);

/* tcp_sequence.c */
/* May an unacceptable segment be answered? With ack_throttle not each, if it bears nothing. */
bool tcp_may_answer(Tcb *tcb, const Segment *seg);
bool tcp_within_budget(Tcb *tcb); /* may it be challenged? If so, that was one more */
DropReason check_sequence(Tcb *tcb, Segment *seg); /* cuts off what lies outside the window */

/* tcp_predict.c */
typedef enum Expected {
    EXPECTED_NOTHING,
    EXPECTED_TEXT,
    EXPECTED_ACK,
    EXPECTED_TURN /* what comes next in sequence, whatever it acknowledges and brings */
} Expected;
Expected tcp_predict(const Tcb *tcb, const Segment *seg);

/* tcp_syn.c: passive open, initial sequence numbers */
uint64_t   tcp_mix(uint64_t x);
TcpSeq     tcp_keyed(const Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote,
                     uint16_t remote_port);
TcpSeq     tcp_isn(Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote,
                   uint16_t remote_port);
void       tcp_isn_init(Tcp *tcp);
Listener  *tcp_find_listener(const Tcp *tcp, IpAddr addr, uint16_t port);
DropReason in_listen(Listener *l, const Segment *seg, Tcb *resting);
bool       listener_full(const Listener *l); /* its accept queue */
/* The last segment of a handshake finds the accept queue full. */
DropReason listener_overflow(Listener *l, const Segment *seg, uint32_t conn_id);
void       listener_queue(Listener *l, Conn *c);
void       listener_end(Listener *l, const char *trigger); /* NULL: goes on as a connection */
void       listeners_end(Tcp *tcp);  /* a crash */
void       listeners_free(Tcp *tcp);
/* The peer's SYN: sequence numbers, window, MSS. */
void       take_syn(Tcb *tcb, const Segment *seg);
/* Text and FIN of a SYN wait in the receive queue until the connection is ESTABLISHED, if the host
 * takes them at all. */
void       keep_text_of_syn(Tcb *tcb, const Segment *seg);
void       hold_text_of_syn(Tcb *tcb, const Segment *seg); /* it does */

/* tcp_text.c: text and FIN */
void       cut_front(Segment *seg, uint32_t n); /* takes n of its sequence numbers off the front */
DropReason take_text(Tcb *tcb, Segment *seg);
DropReason check_fin(Tcb *tcb, Segment *seg);
/* Counterfactual: an old duplicate is delivered once more. */
void       deliver_again(Tcb *tcb, const Segment *seg);
void       deliver_waiting(Tcb *tcb); /* what came with the SYN */

/* tcp_opt.c */
void     tcp_agree(Tcb *tcb, const TcpOptions *opt); /* with the peer's SYN */
void     tcp_put_options(const Tcb *tcb, uint8_t flags, uint32_t text, TcpOptions *opt);
uint32_t tcp_text_beside(const Tcb *tcb);  /* see tcp_text_max */
/* Of a SYN, never scaled; Linux takes a whole number of segments: 64240, 65160 with timestamps. */
uint16_t tcp_first_window(const TcpConfig *cfg, uint32_t segment);
uint16_t tcp_syn_window(const Tcb *tcb);
/* The window field for RCV.WND with so many bytes of the buffer free. It is rounded up, so that
 * its right edge never falls behind what is free: RCV.WND grows by that, less than a unit, and
 * the buffer takes as much beyond its size. Where even that has been used the edge falls back by
 * less than a unit, and what was announced before is still accepted (RFC 7323 §2.4). */
uint16_t tcp_scaled_window(Tcb *tcb, uint32_t free_);
uint64_t tcp_whole_segments(const Tcb *tcb, uint64_t size); /* FreeBSD's buffers hold some */
void     tcp_note_twice(Tcb *tcb, TcpSeq left, TcpSeq right); /* came before: RFC 2883 */
void     tcp_note_queued(Tcb *tcb, const Segment *seg);       /* before it is put into the queue */

/* tcp_output.c */
void owe_ack(Tcb *tcb, SentReason why);         /* at once, on data if there is some */
void owe_bare_ack(Tcb *tcb, SentReason why);    /* at once, by itself */
void owe_delayed_ack(Tcb *tcb, SentReason why); /* soon, if the host delays ACKs */
void tcp_send_owed_ack(Tcb *tcb, SentReason why); /* for what has come so far, without data */
void tcp_output(Tcb *tcb); /* sends what is allowed or owed now */
void tcp_send_syn(Tcb *tcb, SentReason why); /* SYN, or SYN-ACK once there is one to acknowledge */
void tcp_retransmit_first(Tcb *tcb, SentReason why); /* one segment at SND.UNA */
/* One segment of what was sent before from seq on, not beyond `end`; returns how far it went. */
TcpSeq tcp_retransmit(Tcb *tcb, TcpSeq seq, TcpSeq end, SentReason why);
/* Whatever cwnd says, a segment that was never sent, false if there is none or the peer has no room
 * for it; or the last one again. */
bool tcp_send_new(Tcb *tcb, SentReason why);
void tcp_resend_last(Tcb *tcb, SentReason why);
void tcp_send_keepalive(Tcb *tcb); /* <SEQ=SND.NXT-1>, no data */
void tcp_send_probe(Tcb *tcb);  /* one byte at SND.UNA, whatever the window */
void tcp_offer_window(Tcb *tcb); /* the program has read: an update, if it is worth one */
void tcp_send_rst(Tcb *tcb, SentReason why); /* <SEQ=SND.NXT><CTL=RST> */
/* A segment without text in answer to `seg`, of which h has all but the ports. */
void tcp_answer(Tcp *tcp, const Segment *seg, TcpHdr *h, SentReason why, uint32_t conn_id);
/* RST for a segment that belongs to no connection, or to none that is synchronized. */
void tcp_refuse(Tcp *tcp, const Segment *seg, SentReason why, uint32_t conn_id);

/* tcp_lazy.c: text that nobody looks at. A packet for a header of that size, with so much text as
 * stands in the send buffer from its place `at` on; lazy_sum is to follow. lazy_store: its first n
 * bytes into the receive buffer, at that place. */
Packet    *lazy_new(const Tcb *tcb, size_t header, size_t at, size_t text, SentReason why);
void       lazy_sum(Packet *pkt, uint32_t pseudo);
DropReason lazy_decode(TcpHdr *h, const Packet *pkt, const IpMeta *ip);
void       lazy_store(Tcb *tcb, size_t at, const Segment *seg, size_t n);

/* tcp_timer.c */
void tcp_timers_stop(Tcb *tcb);
void tcp_timers_end(Tcb *tcb); /* likewise, and nothing of them is left */
void tcp_timer_set(Tcb *tcb, TcpTimer which, SimTime delay);
void tcp_timer_cancel(Tcb *tcb, TcpTimer which); /* one that runs; see tcp_timer_stop */
SimTime tcp_timer_at(const Tcb *tcb, TcpTimer which); /* when it fires; it runs */
void tcp_timer_data_sent(Tcb *tcb);
void tcp_timer_data_acked(Tcb *tcb);
/* What is at SND.UNA was sent again, not by the timer: which may not fire for it before an RTO has
 * passed, RFC 6298 §5. (RFC 6582's partial ACKs want that it does, §3.2 (3).) */
void tcp_timer_first_resent(Tcb *tcb);
void tcp_timer_window_closed(Tcb *tcb); /* data waits, none is in flight */
void tcp_timer_window_opened(Tcb *tcb);
void tcp_timer_fin_wait_2(Tcb *tcb);    /* nobody owns it: not for ever */
void tcp_rtt_sample(Tcb *tcb, SimTime rtt);

/* tcp_acked.c: what an ACK tells of */
void acked_start(Tcb *tcb, const Segment *seg, AckNews *news); /* its SACK blocks */
void acked_advance(Tcb *tcb, AckNews *news);     /* SND.UNA has moved */

/* tcp_loss.c */
void     tcp_loss_init(Tcb *tcb);                /* at ESTABLISHED */
uint32_t tcp_loss_room(const Tcb *tcb);          /* see tcp_loss_window */
bool     tcp_loss_is_limited(const Tcb *tcb);    /* new data now is limited transmit */
bool     tcp_loss_resend(Tcb *tcb);              /* sends what is lost next, if it may */
void     tcp_loss_resend_first(Tcb *tcb);        /* likewise, whatever cwnd says */
bool     tcp_loss_fall_back(Tcb *tcb);           /* F-RTO wanted new data, but none went out */
void     tcp_loss_ack(Tcb *tcb, AckNews *news);
void     tcp_loss_rto(Tcb *tcb);
void     tcp_loss_resize(Tcb *tcb, uint32_t most); /* what is larger is lost; not by congestion */
/* A mark was echoed; cwnd is what it was before. */
void     tcp_loss_cwr(Tcb *tcb, uint32_t cwnd);
uint32_t tcp_in_pipe(const Tcb *tcb);            /* in the network */
/* For those that find losses: */
void     tcp_loss_begin(Tcb *tcb, const AckNews *news); /* a recovery: sets ssthresh */
void     tcp_loss_end(Tcb *tcb);
void     tcp_loss_deflate(Tcb *tcb);             /* cwnd = ssthresh */

/* tcp_newreno.c: recovery without SACK */
void     newreno_ack(Tcb *tcb, AckNews *news);
void     newreno_first(Tcb *tcb, SentReason why); /* sends it again */
uint32_t newreno_arrived(const Tcb *tcb);        /* bytes that duplicates tell of */

/* tcp_rack.c */
void rack_delivered(Tcb *tcb, const SentSeg *g, AckNews *news); /* §6.2 steps 2 and 3 */
void rack_dsack(Tcb *tcb, const AckNews *news);  /* step 4 */
void rack_recovered(Tcb *tcb);
void rack_detect(Tcb *tcb, uint32_t *marked);    /* step 5: adds the bytes found lost, arms */
bool rack_is_overdue(const Tcb *tcb, const SentSeg *g); /* §6.3 */
void rack_recover(Tcb *tcb, const AckNews *news); /* begins a recovery */
void rack_ack(Tcb *tcb, AckNews *news);
void rack_fired(Tcb *tcb);

/* tcp_tlp.c */
void tlp_reset(Tcb *tcb);
void tlp_schedule(Tcb *tcb);
void tlp_fired(Tcb *tcb);
bool tlp_ack(Tcb *tcb, const AckNews *news);     /* true: a probe has repaired a loss */

/* tcp_prr.c */
void prr_start(Tcb *tcb, const AckNews *news);
void prr_sent(Tcb *tcb, uint32_t bytes);
void prr_ack(Tcb *tcb, const AckNews *news, uint32_t pipe); /* sets cwnd */

/* tcp_undo.c */
void undo_start(Tcb *tcb);                       /* the window is reduced for a loss */
void undo_resent(Tcb *tcb);
void undo_dsack(Tcb *tcb, const AckNews *news);
bool undo_is_due(Tcb *tcb, const AckNews *news); /* it was for nothing */
void undo_now(Tcb *tcb);
void frto_start(Tcb *tcb, bool recovering);      /* the timer has fired, in a recovery or not */
bool frto_ack(Tcb *tcb, const AckNews *news);    /* true: the timeout was for nothing */

/* tcp_rate.c */
void     rate_sent(Tcb *tcb, SentSeg *g, bool first); /* first: nothing else is in flight */
void     rate_delivered(Tcb *tcb, const SentSeg *g, AckNews *news);
void     rate_sample(Tcb *tcb, const AckNews *news);
bool     rate_is_settled(const Tcb *tcb);        /* a sample of nothing would change nothing */
void     rate_limited(Tcb *tcb);                 /* the program has nothing more to send */
uint64_t rate_bytes_per_second(const Tcb *tcb);  /* 0: not known */

/* tcp_cong.c: what happens, told to the policy of congestion control; each does nothing if there is
 * none. */
void tcp_cong_choose(Tcb *tcb, TcpCongestion which); /* before that */
void tcp_cong_free(Tcb *tcb);
void tcp_cong_init(Tcb *tcb);           /* at ESTABLISHED */
void tcp_cong_sent(Tcb *tcb);           /* all that may go out now has */
/* For each ACK that brings something new: SND.UNA has moved by `acked` (0 for one that only
 * reports), `flight` bytes were outstanding before; `recovering`: a fast recovery was on. */
void tcp_cong_ack(Tcb *tcb, uint32_t acked, uint32_t flight, bool recovering);
/* A loss: sets ssthresh. What cwnd and ssthresh were is kept for tcp_cong_undo, unless the
 * state says that it was kept before. Who recovers sets cwnd, but not if cc->owns_cwnd. */
void tcp_cong_loss(Tcb *tcb, uint32_t flight);
void tcp_cong_rto(Tcb *tcb, uint32_t flight, bool first); /* likewise, and cwnd is one segment */
void tcp_cong_ecn(Tcb *tcb, uint32_t flight);             /* sets ssthresh and cwnd */
/* The last reduction was spurious: all is as before it. False if there is nothing to go back to. */
bool tcp_cong_undo(Tcb *tcb);
void tcp_cong_idle(Tcb *tcb);           /* before data is sent with none in flight */

/* tcp_pace.c */
uint64_t pace_rate(const Tcb *tcb); /* bytes per second; 0: not paced */
/* May a segment go now? If not, and something `waits`, the timer will see to it. */
bool     pace_allows(Tcb *tcb, bool waits);
void     pace_sent(Tcb *tcb, uint32_t bytes); /* of text */
void     pace_fired(Tcb *tcb);

/* tcp_recover.c: recovery by RFC 6675, and what tcp_output.c sends in one */
uint32_t tcp_recover_window(const Tcb *tcb);     /* as tcp_loss_window */
uint32_t tcp_recover_pipe(const Tcb *tcb);
void     tcp_recover_ack(Tcb *tcb, AckNews *news);
void     tcp_recover_first(Tcb *tcb);            /* (4.3): sends it again */
bool     tcp_recover_lost(Tcb *tcb);             /* sends the next hole that is lost, if it may */
bool     tcp_recover_rest(Tcb *tcb);             /* other holes, or the rescue */

/* tcp_trace.c */
void trace_state(Tcb *tcb, TcpState old, const char *trigger, const char *rfc);
void trace_listener(const Listener *l, const char *ended); /* what has; NULL: it begins */
/* Each of these has a trace_x in tcp_look.h, which asks first whether somebody listens. */
void tell_sent(Tcp *tcp, uint32_t conn, IpAddr local, IpAddr remote, const TcpHdr *h, uint32_t len,
               const Packet *pkt);
void tell_received(Tcp *tcp, uint32_t conn, const Segment *seg);
void tell_timer(Tcb *tcb, const TracePoint *point, TcpTimer which);
void tell_metrics(Tcb *tcb);
void tell_delivered(Tcb *tcb, size_t n);
void trace_advice(Tcb *tcb, const char *what, NetError error);

void trace_urgent(Tcb *tcb, uint32_t bytes);

/* tcp_tally.c */
void tally_start(Tcb *tcb); /* its SYN is acknowledged */
void tally_sent(Tcb *tcb, uint32_t text);
void tally_received(Tcb *tcb, const Segment *seg);
/* After all that could be sent: for the peer's window something waits; something was sent. */
void tally_output(Tcb *tcb, bool for_window, bool sent);
void tally_writer(Tcb *tcb); /* the writer was told of room, or all is acknowledged */
void tally_info(const Tcb *tcb, TcpInfo *out);

/* tcp_urgent.c */
void       urgent_mark(Tcb *tcb); /* behind what is in the send buffer */
void       urgent_put(Tcb *tcb, TcpHdr *h); /* into a segment that goes out */
DropReason check_urg(Tcb *tcb, Segment *seg);
void       urgent_read(Tcb *tcb); /* the program has read */

/* Of what the program has not read; the first byte that comes next, if it has read all. */
TcpSeq     tcb_first_unread(const Tcb *tcb);

/* tcp_push.c */
bool push_waits(const Tcb *tcb);  /* something pushed has not been sent */
bool push_covers(Tcb *tcb, TcpSeq seq, TcpSeq behind); /* the mark stands behind one of these */
void push_seen(Tcb *tcb, const Segment *seg);
void push_read(Tcb *tcb);         /* the program has read */

/* tcp_ecn.c */
void       ecn_take_syn(Tcb *tcb, const Segment *seg);
uint8_t    ecn_syn_flags(Tcb *tcb, uint8_t flags, bool again);
/* Of a segment other than a SYN: `fresh`, with data that was never sent. The ECN bits of its IP
 * header. */
uint8_t    ecn_put(Tcb *tcb, TcpHdr *h, bool fresh);
DropReason check_ecn(Tcb *tcb, Segment *seg);      /* its CE and CWR; refuses nothing */
void       ecn_ack(Tcb *tcb, const Segment *seg);  /* its ECE */
void       ecn_reduced(Tcb *tcb);                  /* the window has been, for whatever reason */

/* tcp_cookie.c */
bool cookie_use(const Listener *l); /* instead of keeping state for the SYN at hand */
void cookie_answer(Listener *l, const Segment *seg);
/* A segment for the listener that brings a cookie back: its connection, in SYN-RECEIVED. Or NULL,
 * and *why says whether it was a cookie that comes in vain. */
Tcb *cookie_open(Listener *l, const Segment *seg, DropReason *why);

/* tcp_fastopen.c, the server's side */
void fastopen_init(Tcp *tcp);
void fastopen_free(Tcp *tcp);
bool fastopen_serves(const Listener *l);
/* Is a SYN's data to be delivered at once? Prepares the option of the SYN-ACK. */
bool fastopen_accepts(Listener *l, Tcb *tcb, const Segment *seg);
/* SYN-RECEIVED: its data is delivered, and accept may have it. */
void fastopen_open(Listener *l, Tcb *tcb, const Segment *seg);
void fastopen_release(Tcb *tcb); /* our SYN is acknowledged: it does not count any more */
void fastopen_reset(Tcb *tcb);   /* a RST has come: it counts for some time still */
/* and the client's: */
/* Before its SYN is sent, with how much the program has to send: what of it goes on the SYN. */
uint32_t fastopen_ask(Tcb *tcb, size_t n, bool cookieless);
void fastopen_answered(Tcb *tcb, const Segment *seg); /* the SYN-ACK has made it ESTABLISHED */
void fastopen_resend(Tcb *tcb); /* ESTABLISHED: what of the SYN's data was not acknowledged */
/* Is it such data, and nothing since is known to be lost? */
bool fastopen_was_on_syn(const Tcb *tcb, TcpSeq seq);
void fastopen_timed_out(Tcb *tcb, bool last); /* the retransmission timer has expired */
void fastopen_end(Tcb *tcb, NetError error);  /* it ends */

/* tcp_keepalive.c */
void keepalive_init(Tcb *tcb);
void keepalive_start(Tcb *tcb); /* at ESTABLISHED */
void keepalive_fired(Tcb *tcb);

/* tcp_option.c: what a program may set, and R1 and R2 as times and advice */
void option_init(Tcb *tcb);
void user_timer_start(Tcb *tcb); /* something is outstanding; it may run already */
void user_timer_fired(Tcb *tcb);
void user_timer_progress(Tcb *tcb); /* the peer has acknowledged something, or answered a probe */
void tcp_advise(Tcb *tcb, const char *what, NetError error); /* told to who looks, and kept */

#include "protocols/transport/tcp_look.h"
