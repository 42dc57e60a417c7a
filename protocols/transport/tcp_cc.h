/*
 * tcp_cc.h - congestion control as a policy: how large a window may be, what a loss or a mark does
 * to it, and how fast it may be sent.
 *
 * tcp_loss.c and its kin find out what happened and tell it, by way of tcp_cong.c, to the policy.
 * A policy knows no TCB: what it may look at comes with each call, what it keeps is in Cong. All
 * in integers: windows in bytes, times in nanoseconds, rates in bytes per second.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/time.h"

#include <stdbool.h>
#include <stdint.h>

#define CWND_INFINITE UINT32_MAX   /* no congestion control */
#define CWND_MAX ((uint32_t)1 << 30) /* as far as a window can be scaled, RFC 7323 §2.3 */
#define RTT_NONE ((SimTime)-1)

typedef enum CongHystart { HYSTART_OFF, HYSTART_RFC9406, HYSTART_LINUX } CongHystart;

/* What the host's knobs say to all policies. */
typedef struct CongRules {
    uint16_t slow_start_limit; /* segments that cwnd grows by for one ACK; 0: all that it
                                  acknowledges, but not beyond ssthresh */
    uint8_t  hystart;          /* a CongHystart: of policies that leave slow start by the RTT */
    bool     linux_;           /* reduces cwnd, not what is in flight, in whole segments */
} CongRules;

/* Slow start left before a loss: RFC 9406, or Linux's. Rounds are counted in bytes. */
typedef struct Hystart {
    uint64_t una, end;   /* bytes acknowledged so far; where the round ends */
    SimTime  least;      /* round-trip time of this round; NEVER: none measured */
    SimTime  last_least; /* of the one before */
    unsigned samples;    /* in this round */
    SimTime  baseline;   /* RFC 9406: conservative slow start is on, since the RTT was this */
    unsigned css_rounds;
    bool     css;
    bool     found;      /* it is over */
    SimTime  min_rtt, round_start, last_ack; /* Linux */
} Hystart;

/* RFC 9438 §4.1.2, in bytes. */
typedef struct Cubic {
    Hystart  hystart;
    bool     in_epoch;    /* a congestion avoidance stage has begun, at `epoch` */
    uint32_t w_max;       /* 0: none known */
    uint32_t origin;      /* W_max of this stage */
    uint32_t cwnd_prior;
    SimTime  epoch, k;
    SimTime  seen;        /* the window was last in use; what follows is no time of the curve */
    uint32_t w_est;
    uint64_t est_rest;    /* in parts of a byte: numerator */
    uint64_t rest;        /* likewise, of cwnd */
    uint32_t cnt;         /* Linux: segments acknowledged for one more in cwnd */
    uint32_t cnt_cwnd;    /* cwnd when it was computed */
    SimTime  cnt_at;
} Cubic;

enum { DCTCP_SHIFT = 20, DCTCP_ONE = 1 << DCTCP_SHIFT };

typedef struct Dctcp { /* RFC 8257 §3.3 */
    uint32_t alpha;         /* the part that is marked, in 2^-20 */
    uint64_t acked, marked; /* bytes in this window */
    uint64_t una, end;      /* bytes acknowledged so far; where the window ends */
} Dctcp;

typedef struct CongState {
    uint64_t pacing_rate;   /* bytes per second, if the policy paces; else 0 */
    union {
        Cubic cubic;
        Dctcp dctcp;
    };
} CongState;

/* What it was before a reduction that may turn out to be wrong. */
typedef struct CongPrior {
    bool      kept;
    uint32_t  cwnd, ssthresh;
    CongState state;
} CongPrior;

typedef struct Cong {
    uint32_t   cwnd, ssthresh; /* bytes; ssthresh CWND_INFINITE: not known yet */
    uint32_t   mss;
    uint32_t   acked;         /* counted in congestion avoidance since cwnd last grew */
    CongRules  rules;
    bool       after_rto;     /* it is slow start because of a timeout */
    CongState *state;         /* the policy's own; NULL: it keeps nothing */
} Cong;

/* What an ACK tells. A policy is called for each one that acknowledges or reports something new. */
typedef struct CongAck {
    SimTime  now;
    SimTime  rtt;            /* measured by it; RTT_NONE: nothing was */
    SimTime  srtt, min_rtt;  /* smoothed, and the least; 0: not known yet */
    uint32_t acked;          /* bytes that SND.UNA has moved by */
    uint32_t flight;         /* bytes outstanding before it */
    bool     recovering;     /* it came in a fast recovery, which sets cwnd unless owns_cwnd */
    bool     ece;            /* it echoes a mark */
    bool     uses_window;    /* the sender is limited by cwnd, not by its program or its peer */
} CongAck;

/* A figure of a policy's own, for people to look at. The name is static. */
typedef struct CongFigure {
    const char *name; /* NULL: there are no more */
    enum { FIGURE_BYTES, FIGURE_TIME, FIGURE_PART } unit; /* a part: in 2^-20 */
    int64_t     value;
} CongFigure;

enum { CONG_FIGURES = 4 };

typedef struct TcpCc {
    const char *name;
    bool        needs_ecn;   /* asks for ECN, and echoes every mark: RFC 8257 §3.2 */
    bool        has_state;   /* keeps a CongState */
    bool        owns_cwnd;   /* sets cwnd in a recovery too: who recovers leaves it alone */
    /* At ESTABLISHED, cwnd is the initial window. NULL: nothing to do. */
    void (*init)(Cong *c, SimTime now);
    void (*on_ack)(Cong *c, const CongAck *a);
    /* A loss was found, with `flight` bytes outstanding: sets ssthresh; cwnd is left to the
     * recovery. Once for a window of data. */
    void (*on_loss)(Cong *c, uint32_t flight, SimTime now);
    /* As on_loss, for the timer; cwnd becomes one segment afterwards. NULL: on_loss. */
    void (*on_rto)(Cong *c, uint32_t flight, SimTime now);
    /* A mark was echoed, once for a window of data: sets ssthresh and cwnd. NULL: on_loss, and
     * cwnd = ssthresh. */
    void (*on_ecn)(Cong *c, uint32_t flight, SimTime now);
    /* Data is about to go out, after `idle` with none outstanding. NULL: nothing to do. */
    void (*on_idle)(Cong *c, SimTime idle, SimTime now);
    /* The last reduction was for nothing; cwnd and ssthresh will be as before it, if that is more.
     * NULL: so is the state. */
    void (*undo)(Cong *c, SimTime now);
    /* What else there is to show of it; `out` is all zero. NULL: nothing. */
    void (*figures)(const Cong *c, CongFigure out[static CONG_FIGURES]);
} TcpCc;

extern const TcpCc tcp_cc_newreno; /* RFC 5681 */
extern const TcpCc tcp_cc_cubic;   /* RFC 9438 */
extern const TcpCc tcp_cc_dctcp;   /* RFC 8257 */

/* --- tcp_cc.c: what policies share ------------------------------------------------------------ */

/* May cwnd grow by this ACK? RFC 5681 §3.1; not by one that echoes a mark, RFC 3168 §6.1.2. */
bool cong_may_grow(const CongAck *a);
void cong_grow(Cong *c, uint32_t by); /* cwnd, up to CWND_MAX */
bool cong_in_slow_start(const Cong *c);
/* Slow start for `acked` bytes, by at most `limit` segments (0: no limit), by one after a timeout:
 * RFC 3465 §2.3. Returns the bytes that
 * were not used up because ssthresh was reached; with a limit none. */
uint32_t cong_slow_start(Cong *c, uint32_t acked, uint32_t limit);
/* One segment for each `window` bytes acknowledged: congestion avoidance, counted. */
void cong_avoid(Cong *c, uint32_t acked, uint32_t window);
/* num/den of what a reduction starts from, at least `least` segments: cwnd or `flight`, as the
 * rules say. */
uint32_t cong_part(const Cong *c, uint32_t flight, uint32_t num, uint32_t den, uint32_t least);

typedef enum CongInitial { CONG_IW_RFC6928, CONG_IW_RFC3390 } CongInitial;

/* `segments` 0: by the formula. */
uint32_t cong_initial_window(uint32_t mss, uint64_t segments, CongInitial formula);

/* --- tcp_cc_hystart.c ------------------------------------------------------------------------- */

void hystart_init(Hystart *h, SimTime now);
/* For each ACK of new data, before cwnd grows. In slow start it may set ssthresh to cwnd, which
 * ends it. Returns what growth is divided by: 1, or 4 in conservative slow start. */
uint32_t hystart_ack(Hystart *h, Cong *c, const CongAck *a);
