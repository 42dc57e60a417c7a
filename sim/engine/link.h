/*
 * link.h - a cable between two ports: delay, rate, queue, loss and the rest, each direction on its
 * own.
 *
 * A frame enters at link_send: the fault rules see it first (fault.h), then duplication, the MTU,
 * the queue, the transmitter, the loss model, damage, delay. The transmitter sends the Ethernet
 * header and what follows (no preamble, no frame check sequence), one frame after the other; a
 * frame that the loss model then takes has cost its time there too. A packet on the wire costs one
 * event: the transmitter's busy time is arithmetic, and only arrivals are scheduled, through one
 * timer for each direction that serves its queue of packets in flight, ordered by (arrival, place
 * in line). Where the queue has a discipline other than drop-tail (qdisc.h), frames wait in it, and
 * a second event for each that has waited is the transmitter asking for the next one.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/flight.h"
#include "sim/engine/knob.h"
#include "sim/engine/node.h"
#include "sim/engine/qdisc.h"
#include "sim/engine/rng.h"
#include "sim/engine/sched.h"

typedef struct Link Link;
typedef struct FaultRule FaultRule;

typedef enum Distribution { DIST_UNIFORM, DIST_NORMAL, DIST_PARETO, DIST_COUNT } Distribution;
extern const char *const distribution_names[]; /* "uniform" ..., NULL-terminated */

typedef enum LossModel { LOSS_RANDOM, LOSS_GILBERT_ELLIOTT } LossModel;

/* What one direction does to frames. Everything 0 is a perfect, infinitely fast cable. */
typedef struct LinkConfig {
    SimTime      delay, jitter;
    Distribution distribution;
    uint64_t     rate;          /* bit/s; 0: infinite */
    uint64_t     mtu;           /* bytes of network packet; 0: no limit; 1500 in link_defaults */
    bool         queue_in_bytes;
    uint64_t     queue;         /* limit behind the frame being sent, packets or bytes; 0: none */
    LossModel    loss_model;
    Prob         loss;          /* LOSS_RANDOM */
    Prob         ge_p, ge_r;    /* Gilbert-Elliott: into, out of the bad state, */
    Prob         ge_h, ge_k;    /* the chance to pass in the bad, in the good one */
    Prob         duplicate, reorder, corrupt;
    uint64_t     gap;           /* frames from one reordered to the next, at least; 0, 1: any */
    QdiscConfig  qdisc;         /* what the queue does besides holding its limit */
} LinkConfig;

extern const LinkConfig link_defaults;
extern const Knob       link_knobs[]; /* for LinkConfig; queue and loss, of many forms: CUSTOM */
extern const Knob       link_loss_knobs[];    /* { model =, p =, r =, h =, k = }, or `loss` alone */

extern const Knob *const qdisc_knobs[QDISC_COUNT]; /* { type = "red", ... }, by type */

/* "50" or "50packets" (frames), "64KiB" (bytes): a drop-tail queue; or the name of a discipline,
 * with its defaults. On error cfg is unchanged. */
bool link_queue_from_text(LinkConfig *cfg, const char *text, GError **error);

/* A limit or threshold out of such a text, names apart. */
bool link_queue_size(const char *text, QueueSize *out, GError **error);

/* That discipline with its defaults, limit included. */
void link_queue_defaults(LinkConfig *cfg, QdiscType type);

/* RED's thresholds where they were not said: max is a quarter of the limit, min a third of max.
 * False with an error if they do not fit together. */
bool link_queue_check(LinkConfig *cfg, GError **error);

/* sent + duplicated = delivered + lost + dropped + what is on the wire or held by a rule */
typedef struct LinkCounters {
    uint64_t sent;       /* frames put on it by its port, or injected */
    uint64_t sent_bytes;
    uint64_t delivered, delivered_bytes;
} LinkCounters;

/* What else became of frames. */
typedef struct LinkFates {
    uint64_t lost;       /* by the loss model */
    uint64_t dropped;    /* by the queue, or by a fault rule, or the cable being out */
    uint64_t queue_drops; /* of those, by the queue */
    uint64_t marked;     /* congestion experienced, by the queue */
    uint64_t duplicated; /* copies made by the link or a rule */
    uint64_t reordered, corrupted, held;
    uint64_t drops[DROP_LINK_ENDED]; /* frames that ended here, by reason */
} LinkFates;

typedef struct LinkWaiting { /* a frame that waits for the transmitter */
    SimTime start;           /* when its transmission begins */
    size_t  size;
} LinkWaiting;

/* The random streams of a direction, and what goes with them. */
typedef struct LinkChances {
    Rng      loss, jitter, duplicate, reorder, corrupt;
    uint64_t since_reorder; /* frames since the last that was */
    bool     bad;           /* Gilbert-Elliott: in the bad state */
} LinkChances;

/* Those that wait, in the order of sending: a ring that doubles. */
typedef struct LinkBacklog {
    uint32_t    first, n, cap; /* cap is a power of 2 */
    uint64_t    bytes;
    LinkWaiting ring[];
} LinkBacklog;

/* What a direction has while frames are on the cable. */
typedef struct LinkTransit {
    Flight  flight;
    SimTime last_arrival; /* the latest so far: nothing overtakes without jitter or reorder */
    Timer   timer;        /* serves the first of these */
} LinkTransit;

/* What most directions never have. */
typedef struct LinkMore {
    LinkFates    fates;   /* link_fates counts */
    Qdisc       *qdisc;   /* what holds those that wait instead; NULL: drop-tail */
    LinkChances *chances; /* NULL while nothing has been random */
    char        *written; /* link_dir_name's; NULL while nobody has asked */
} LinkMore;

/* A large world has many that carry little: what lies here is what each of them touches, and what
 * every frame needs on its way in comes first. */
struct LinkDir {
    Sim        *sim;
    Port       *to;
    const LinkConfig *cfg;     /* links made one after the other alike share it */
    SimTime     next_free;     /* when the transmitter has sent all that is queued */
    uint32_t    frame_max;     /* what is longer is lost */
    bool        calm;          /* nothing random happens: no loss, jitter, reordering, damage */
    bool        plain;         /* nor anything else: it is up, drop-tail, and has no rules */
    bool        ends;          /* at a host, which reads what it gets to the last byte */
    bool        reverse;       /* it is its link's second */
    LinkTransit *transit;      /* NULL: nothing is on the cable */
    LinkCounters counters;
    Port       *from;
    LinkBacklog *backlog;      /* NULL: no frame has ever waited */
    const LinkMore *more;      /* directions that have none of it share one */
};

struct Link {
    LinkDir    dir[2];  /* 0: forward, from a to b as named when it was made */
    unsigned   index;
    unsigned   nth;     /* of the links between these two nodes, from 0 */
    int        handle;  /* for the rank above: where it keeps its own; 0 */
    bool       up;
    GPtrArray *rules;   /* of FaultRule, oldest first; owned; NULL: there has been none */
};

/* Category TRACE_LINK. `port` is the sending port, but for LINK_DELIVERED, where it receives. */
extern const TracePoint LINK_ENQUEUED;   /* id: a port put the frame on the wire */
extern const TracePoint LINK_DELIVERED;  /* id: it has arrived, before anybody looked at it */
extern const TracePoint LINK_LOST;       /* id, reason: loss, queue, cable, a rule */
extern const TracePoint LINK_DUPLICATED; /* id */
extern const TracePoint LINK_REORDERED;  /* id */
extern const TracePoint LINK_CORRUPTED;  /* id, bit */
extern const TracePoint LINK_HELD;       /* id, rule: a fault rule keeps it */
extern const TracePoint LINK_RELEASED;   /* id, rule: on the wire again after HELD or DELAYED; a
                                            replayed copy; rule "injected": forged */
extern const TracePoint LINK_MODIFIED;   /* id, rule */
extern const TracePoint LINK_DELAYED;    /* id, rule, by */
extern const TracePoint LINK_MARKED;     /* id: congestion experienced, by the queue */
extern const TracePoint LINK_QUEUE_CHANGED; /* TRACE_METRICS. link, packets, bytes, waited: a frame
                                            has joined a queue with a discipline, or left it */
extern const TracePoint LINK_WENT_DOWN, LINK_WENT_UP; /* category TRACE_SIM: link's name */

/* Plugs a cable between two ports, both still free (g_assert). Each direction has its own
 * options. */
Link *link_new(Sim *sim, Port *a, Port *b, const LinkConfig *forward, const LinkConfig *reverse);
void  link_free(Link *link);

/* The link that a direction is of. */
static inline Link *link_of(const LinkDir *dir)
{
    return (Link *)(uintptr_t)(dir - dir->reverse); /* whose first member they are */
}

LinkDir *link_dir_from(Link *link, const Node *from); /* NULL if the node is not on it */
LinkDir *link_dir_reverse(LinkDir *dir);

/* "a>b", "a>b#2": its random streams are named after it. The direction's. */
const char *link_dir_name(LinkDir *dir);

/* For who is to count one. */
LinkFates *link_fates(LinkDir *dir);

/* Whether the direction is plain, for who has changed what makes it so. */
void link_judge(LinkDir *dir);

/* New options for the frames still to come. */
void link_set(LinkDir *dir, const LinkConfig *cfg);

/* Unplugs and plugs: what is on the cable, or sent meanwhile, is lost, and nobody is told. */
void link_down(Link *link);
void link_up(Link *link);

/* From a port: rules, then the wire. Takes pkt always. Its Ethernet header has been copied from
 * `header`, or stands there: see port_send_copied. */
void link_send(LinkDir *dir, Packet *pkt, const uint8_t *header);

/* A frame out of nowhere, complete from its Ethernet header on: past the rules. Takes pkt
 * always. */
void link_inject(LinkDir *dir, Packet *pkt);

/* Past the rules: for what a rule lets go. Takes pkt always. */
void link_enter(LinkDir *dir, Packet *pkt);

/* The end of a frame on the wire: traced, counted as lost or dropped, freed. */
void link_lose(LinkDir *dir, Packet *pkt, DropReason why);

/* Congestion experienced: sets the mark, counts and traces it. False: this frame has no room for
 * one. Keeps pkt. */
bool link_mark(LinkDir *dir, Packet *pkt);

/* Damages a frame: flips the bit-th bit, counted from the first of its first byte. The next frame
 * check will see it. */
void link_flip_bit(LinkDir *dir, Packet *pkt, size_t bit);

/* Frames now waiting behind the transmitter, and their bytes. */
uint64_t link_queued(LinkDir *dir, uint64_t *bytes);

/* How long the transmitter takes for that many bytes. */
SimTime link_transmission_time(const LinkConfig *cfg, uint64_t size);

/* The largest frame, where the MTU limits it; else Ethernet's. */
uint64_t link_frame_max(const LinkConfig *cfg);

/* The stream of random numbers for one use in a direction: "link:a>b:loss". */
void link_init_stream(LinkDir *dir, Rng *rng, const char *what);
