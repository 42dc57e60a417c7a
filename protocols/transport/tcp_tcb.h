/*
 * tcp_tcb.h - the transmission control block. Names are RFC 9293's, in lower case.
 *
 * What every connection needs is the Tcb itself; what it takes to move text is its Flow, and what
 * few connections have its Rare, both made with their first use (tcp_parts.c). So a million idle
 * connections fit into memory.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp.h"
#include "protocols/transport/tcp_buf.h"
#include "protocols/transport/tcp_cc.h"
#include "protocols/transport/tcp_half.h"
#include "protocols/transport/tcp_opt.h"
#include "protocols/transport/tcp_piece.h"
#include "protocols/transport/tcp_reass.h"
#include "protocols/transport/tcp_repair.h"
#include "protocols/transport/tcp_seq.h"
#include "protocols/transport/tcp_ts.h"
#include "protocols/transport/tcp_uto.h"
#include "protocols/wire/tcp_wire.h"

enum {
    TCP_MSS_DEFAULT = 536,     /* RFC 9293 §3.7.1, MUST-15 */
    TCP_MSS_MIN = 32,          /* a peer that announces less is not taken at its word */
    TCP_DUP_THRESHOLD = 3      /* RFC 5681 §3.2 */
};

/* What is owed to the peer by way of acknowledgment. */
typedef enum AckDebt {
    ACK_NONE,
    ACK_DELAYED, /* the delayed-ACK timer runs */
    ACK_DUE,     /* now, on data if some goes out, alone otherwise */
    ACK_BARE     /* now and without data: a duplicate or a challenge must look like one */
} AckDebt;

typedef enum TcpTimer {
    TIMER_RTO,
    TIMER_PERSIST,
    TIMER_DELAYED_ACK,
    TIMER_REORDER, /* RFC 8985 §6.2 */
    TIMER_PROBE,   /* the tail loss probe's, RFC 8985 §7.2 */
    TIMER_WAIT, /* 2MSL, or an orphan's FIN-WAIT-2 */
    TIMER_KEEPALIVE,
    TIMER_USER, /* R2, if it is a time */
    TIMER_PACE,
    TIMER_COUNT,
    TIMER_NONE = TIMER_COUNT
} TcpTimer;

typedef struct Keepalive {
    bool     on;
    SimTime  idle, interval;
    uint64_t probes; /* that may go unanswered */
} Keepalive;

/* RFC 9293 §3.8.5: a mark in each direction, behind the last urgent byte. */
typedef struct Urgent {
    bool   out, in;        /* there is one */
    bool   told;           /* a segment has carried the one of `out` */
    TcpSeq snd_up, rcv_up;
} Urgent;

/* A mark in each direction, behind the last byte that was pushed. */
typedef struct Push {
    bool   out, in; /* there is one */
    TcpSeq snd, rcv;
} Push;

typedef struct Ecn { /* RFC 3168 §6.1 */
    bool   asked : 1;   /* by the peer's SYN, or by ours in SYN-SENT */
    bool   ok : 1;      /* both ends can */
    bool   echo : 1;    /* congestion was experienced: ECE until the peer says CWR */
    bool   marked : 1;  /* the last ACK had ECE */
    bool   cwr_due : 1; /* on the next new data */
    bool   hold : 1;    /* with a window of one segment: nothing until the timer */
    TcpSeq recover; /* SND.MAX when the window was last reduced */
} Ecn;

/* What a connection with data to send waits for, as Linux's tcp_info tells it. */
typedef enum TallyWait { WAIT_IDLE, WAIT_BUSY, WAIT_RWND, WAIT_SNDBUF, WAIT_COUNT } TallyWait;

typedef struct Tally { /* of segments, for who asks */
    uint32_t in, out;
    SimTime  sent;         /* anything, when last */
    SimTime  began;        /* it is ESTABLISHED since then */
    SimTime  ack_received; /* when last */
} Tally;

typedef struct TextTally { /* likewise, of those with text; and of time */
    uint64_t  in, out;
    SimTime   sent, received; /* when last */
    TallyWait wait;
    SimTime   wait_since, waited[WAIT_COUNT];
} TextTally;

/* Linux's cwnd validation: how much of the window is used, looked at when something was sent. */
typedef struct CwndUse {
    TcpSeq   seq;     /* `limited` and `most` hold till this is acknowledged */
    bool     limited; /* the window was full */
    uint32_t most;    /* bytes outstanding */
    uint32_t used;    /* the most since it was full for the last time, at `stamp` */
    SimTime  stamp;
} CwndUse;

typedef struct FastOpen { /* RFC 7413 */
    TcpFastOpen option;     /* of our SYN or SYN-ACK; gone when that is sent again */
    bool        asked;      /* a client, and the SYN had the option; */
    bool        asks;       /* without a cookie */
    bool        after_pause; /* the host had paused it before */
    uint32_t    sent;       /* bytes of text on the SYN, which of us ever sent it */
    bool        child;      /* of a server: in use before the handshake is over */
    bool        accepted;   /* the text of the SYN was taken, at this end or the other */
    Listener   *pending;    /* where it counts until the handshake is over; NULL: nowhere */
} FastOpen;

/* So many, per period. */
typedef struct Budget {
    SimTime  since;
    uint64_t used;
} Budget;

/* What a connection keeps once text or a FIN moves, either way. */
typedef struct Flow {
    _Alignas(HEAP_LINE)
    Ring      out;          /* not acknowledged, or not sent */
    Ring      in;           /* not read; behind its end the bytes of `reass` */
    Reass     reass;
    SackList  told;         /* what we tell the peer of our queue */
    Sack      board;        /* what the peer has told us */
    Repair    repair;
    CwndUse   use;
    Push      push;
    Pieces    pieces;
    CongPrior *prior;       /* NULL: nothing was reduced yet */
    SimTime   rttvar;       /* RFC 6298; to be read by tcb_rttvar, */
    SimTime   rtt_min;      /* the least so far; 0: none yet; and this by tcb_rtt_min */
    SimTime   probe_wait;   /* until the next window probe */
    SimTime   last_sent;    /* data: RFC 5681 §4.1 */
    SimTime   pace_at;      /* before that nothing is sent, if it is paced */
    uint64_t  bytes_sent, bytes_acked, bytes_received;
    TextTally tally;
} Flow;

/* What is left of a Flow in TIME-WAIT, where nothing moves any more, for who asks. */
typedef struct Past {
    uint64_t  bytes_sent, bytes_acked, bytes_received, delivered_segs;
    TextTally tally;
    Rate      rate;
    SimTime   rttvar, rtt_min;
    uint32_t  degree, seen; /* of the Rack */
} Past;

/* What few connections have. */
typedef struct Rare {
    IpOptions ip_options;   /* on every segment; len 0: none */
    Uto       uto;
    Keepalive keep;
    Budget    challenges;
    uint32_t  notsent_lowat; /* 0: the host's */
    Tcb      *resting;      /* the TIME-WAIT that a new SYN has pushed aside: RFC 9293 §3.6.1 (2) */
    Tcb      *pushed_by;    /* and the way back */
    Urgent    urg;
    FastOpen  fast;
    SimTime   user_timeout; /* 0: R2 is a count; NEVER: there is none */
} Rare;

/* A timer that runs, or rests: it is kept till its place in the queue of events comes up. */
typedef struct TcbTimer {
    Timer            timer;
    Tcb             *tcb;
    struct TcbTimer *next;  /* of this connection */
    TcpTimer         which; /* NONE: it rests */
} TcbTimer;

struct Tcb {
    Tcp      *tcp;
    Conn     *conn;       /* the user's handle; NULL if there is none (any more) */
    Flow     *flow;       /* these two are read as they are; who writes asks tcb_flow and */
    Rare     *rare;       /* tcb_rare, which make them: see tcp_parts.c */
    TcbTimer *timers;     /* those that run, or rest */
    union {
        Passive *half;    /* in SYN-RECEIVED from a passive OPEN: whose, and where; else NULL */
        Past    *past;    /* if it is packed */
    };
    IpAddr    local, remote;
    uint16_t  local_port, remote_port;
    uint32_t  id;         /* in the order of making */
    uint16_t  running;    /* a bit for each timer that runs */
    uint8_t   ttl, tos;   /* ttl 0: the host's */
    uint8_t   rcv_tos;    /* of the last segment that came */
    uint8_t   state;      /* a TcpState */
    uint8_t   owed;       /* an AckDebt, */
    uint8_t   ca;         /* a TcpCaState: never DISORDER, which is OPEN with something reported */
    uint16_t  owed_why;   /* a SentReason */
    bool      passive : 1;  /* opened by a listener */
    bool      lone_syn : 1; /* counterfactual: and its SYN went without the ACK */
    bool      closed : 1;   /* the program has called close: nobody reads */
    bool      nodelay : 1;
    bool      corked : 1;
    bool      filling : 1;  /* a write goes on: what is full leaves without waiting for more */
    bool      more : 1;     /* more is to follow what was sent last; */
    bool      more_now : 1; /* and during that call */
    bool      unadvised : 1;  /* the program does not want to hear of soft errors */
    bool      fin_queued : 1; /* the FIN follows the last byte of `out` */
    bool      fin_sent : 1, fin_acked : 1;
    bool      want_send : 1;  /* a send found the buffer full */
    bool      sndbuf_set : 1; /* by the program */
    bool      force : 1;      /* the override timeout: send whatever the window takes */
    bool      fin_seen : 1, fin_received : 1; /* a FIN is at rcv_fin; the stream has reached it */
    bool      rtt_timing : 1;
    bool      syn_expired : 1; /* RFC 6298 (5.7) */
    bool      partial_seen : 1;
    bool      app_limited : 1; /* all that there was has left, and the window would take more */
    bool      ecn_seen : 1;
    bool      packed : 1;   /* its Flow is a Past; who writes to it (tcb_flow) has it back */
    uint8_t   soft_error;   /* a NetError: the network's last hint, told if it all times out */
    uint8_t   syn_retries;  /* of our SYN */

    /* Send sequence space, RFC 9293 §3.3.1. snd_nxt is what goes out next: a timeout pulls it back
     * to snd_una. snd_max is the RFC's SND.NXT, beyond all that was ever sent. */
    TcpSeq   iss, snd_una, snd_nxt, snd_max;
    uint32_t snd_wnd, max_snd_wnd;
    TcpSeq   snd_wl1, snd_wl2;
    uint32_t snd_mss;     /* Eff.snd.MSS */
    TcpSeq   out_seq;     /* of the first byte of `out` */
    TcpSeq   burst_end;   /* of the piece that is leaving */
    uint32_t sndbuf;      /* how much `out` takes */

    /* Receive sequence space. */
    TcpSeq   irs, rcv_nxt;
    TcpSeq   rcv_adv;     /* the right edge announced: RCV.NXT + RCV.WND */
    TcpSeq   ack_sent;    /* the last acknowledgment number sent */
    TcpSeq   rcv_fin;
    uint16_t rcv_mss;     /* what we announced */
    uint16_t largest;     /* segment that has come so far */
    uint16_t quick;       /* segments that are still acknowledged at once */
    uint16_t unheard;     /* keep-alives sent since the peer was heard last */
    Ecn      ecn;

    /* Retransmission, RFC 6298. */
    TcpSeq   rtt_seq;     /* the end of the segment being timed */
    SimTime  rtt_start;
    SimTime  srtt, rto;
    unsigned retries;     /* expiries since the peer last acknowledged something */
    unsigned backoff;     /* doublings since the last sample */

    /* Congestion control and loss recovery. */
    Cong     cong;
    const TcpCc *cc;      /* NULL: none */
    uint32_t dup_acks;
    uint32_t limited;     /* bytes sent by limited transmit on them */
    TcpSeq   recover;     /* RFC 6582: snd_max when the last recovery or timeout began; 6675's
                             RecoveryPoint + 1 */
    uint32_t retransmits;
    TcpAgreed agreed;     /* options */
    Tally    tally;
};

/* tcp_parts.c: the parts of a TCB that are made with their first use */
void  parts_init(Tcb *tcb);
void  parts_free(Tcb *tcb);
Flow *flow_make(Tcb *tcb);
/* In TIME-WAIT, if nothing waits to be read. */
void  flow_pack(Tcb *tcb);
void  flow_restore(Flow *f, const Past *past);
void  flow_begin(Tcb *tcb, SimTime since); /* it has one, and is ESTABLISHED since then */
Rare *rare_make(Tcb *tcb);
extern const Flow flow_none;
extern const Rare rare_none;

static inline bool tcb_has_flow(const Tcb *tcb)
{
    return tcb->flow != &flow_none;
}

static inline Flow *tcb_flow(Tcb *tcb) /* to write to */
{
    return tcb_has_flow(tcb) ? tcb->flow : flow_make(tcb);
}

/* Before anything but a SYN was timed both follow from that: RFC 6298 (2.2). */
static inline SimTime tcb_rttvar(const Tcb *tcb)
{
    return tcb_has_flow(tcb) ? tcb->flow->rttvar : tcb->srtt / 2;
}

static inline SimTime tcb_rtt_min(const Tcb *tcb)
{
    return tcb_has_flow(tcb) ? tcb->flow->rtt_min : tcb->srtt;
}

static inline Rare *tcb_rare(Tcb *tcb) /* likewise */
{
    return tcb->rare != &rare_none ? tcb->rare : rare_make(tcb);
}
