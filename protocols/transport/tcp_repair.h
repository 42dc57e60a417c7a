/*
 * tcp_repair.h - what the repair of losses keeps of a connection, and what an ACK tells it. For
 * tcp_*.c alone; a Tcb holds a Repair.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp_sent.h"
#include "protocols/wire/tcp_wire.h"
#include "sim/engine/reason.h"

/* What one acknowledgment brings, gathered before anything is made of it. */
typedef struct AckNews {
    TcpSeq       una;       /* SND.UNA before it */
    uint32_t     flight;    /* bytes outstanding before it */
    uint32_t     acked;     /* bytes of text that SND.UNA moves by */
    uint32_t     delivered; /* bytes acknowledged or reported for the first time */
    bool         advanced;  /* SND.UNA moves */
    bool         duplicate; /* RFC 5681 §2 */
    bool         reported;  /* a SACK block tells of something new */
    bool         sacked;    /* it has SACK blocks */
    bool         dsack;     /* and the first is a report of what came twice */
    bool         stamped;   /* it echoes a timestamp: */
    uint32_t     ecr;
    TcpSackBlock twice;
    bool         original;  /* something below `recover` has arrived that was sent once */
    bool         repaired;  /* something that was sent again has arrived */
    TcpSeq       fack;      /* RACK.fack before it */
    bool         reordered; /* something of before that has arrived, that was sent once */
    uint32_t     marked;    /* bytes found lost on it */
    SimTime      rtt;       /* of the latest segment that was sent once; RTT_NONE: there is none */
    SimTime      rtt_first; /* likewise, of the first */
    bool         timed;     /* `latest` is set: */
    SentSeg      latest;    /* sent of those that it delivers; for the rate */
    bool         valid;     /* likewise, of those whose round trip RACK may trust: */
    SimTime      at;
    TcpSeq       right;
} AckNews;

/* Delivery rate: the draft of that name. */
typedef struct Rate {
    uint64_t delivered;    /* bytes in all */
    SimTime  delivered_at; /* when that was counted last */
    SimTime  first_at;     /* when the first of the flight was sent that is measured now */
    uint64_t limited;      /* until so much is delivered the program limits; 0: it does not */
    uint64_t bytes;        /* the last sample that counts */
    SimTime  interval;     /* 0: there was none */
} Rate;

/* RFC 8985 §5.2. */
typedef struct Rack {
    bool     known;        /* RACK.segment: */
    SimTime  at;           /* RACK.xmit_ts */
    TcpSeq   right;        /* RACK.end_seq */
    SimTime  rtt;
    TcpSeq   fack;         /* the highest number delivered */
    bool     reordering;   /* seen */
    uint32_t seen;         /* how often */
    uint32_t degree;       /* how far, in segments; at least 3 */
    uint32_t mult;         /* RACK.reo_wnd_mult */
    uint32_t persist;      /* recoveries until it falls back */
    bool     in_round;     /* RACK.dsack_round: */
    TcpSeq   round;
} Rack;

/* RFC 8985 §7.1. */
typedef struct Tlp {
    bool   out;            /* a probe is in flight, up to */
    TcpSeq right;          /* TLP.end_seq */
    bool   resent;         /* TLP.is_retrans */
    bool   sampled;        /* there was an RTT sample since the last one */
} Tlp;

/* RFC 6937. */
typedef struct Prr {
    uint64_t delivered, out;
    uint32_t start;        /* RecoverFS */
} Prr;

/* Was what was done for a loss done for nothing? RFC 3522, RFC 3708. */
typedef struct Undo {
    bool     on;
    TcpSeq   marker;       /* SND.UNA when it began */
    bool     counted;      /* something was sent again */
    bool     stamped;      /* likewise, since it began */
    uint32_t resent;       /* segments, less those that came twice */
    uint32_t stamp;        /* the timestamp of the first of them */
} Undo;

typedef enum Frto { FRTO_OFF, FRTO_FIRST, FRTO_NEW } Frto; /* RFC 5682: which ACK is awaited */

typedef struct Repair {
    Sent     sent;
    Rate     rate;
    Rack     rack;
    Tlp      tlp;
    Prr      prr;
    Undo     undo;
    Frto     frto;
    bool     first_due;    /* with PRR: SND.UNA goes again when it has said how much may */
    SentReason first_why;
    bool     lost_again;   /* something that was sent again was found lost */
    uint32_t arrived;      /* without SACK: segments that duplicates tell of */
    TcpSeq   lost_to;      /* RFC 6675: so far what is lost is marked */
    uint64_t delivered_segs;
} Repair;
