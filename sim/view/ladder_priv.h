/*
 * ladder_priv.h - what a ladder collects (ladder.c) and how its parts draw it.
 *
 * A row is one thing that happened: a packet on its way from one end host to another, a change of
 * state that no packet explains, a note, a cable unplugged.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/view/canvas.h"
#include "sim/view/glance.h"
#include "sim/view/ladder.h"

typedef enum RowKind { ROW_PACKET, ROW_STATE, ROW_TIMER, ROW_NOTE, ROW_EVENT } RowKind;

typedef enum Origin {
    ORIGIN_SENT,       /* by `from` */
    ORIGIN_RELEASED,   /* held before, now on the wire again */
    ORIGIN_REPLAYED,   /* an old duplicate */
    ORIGIN_DUPLICATED, /* by the link or a rule */
    ORIGIN_INJECTED    /* by the scenario, on a link */
} Origin;

typedef enum Fate {
    FATE_UNDER_WAY, /* or, at `last`, worked off by a node that is no end host */
    FATE_ARRIVED,   /* at `to`; refused there if `drop` says so */
    FATE_LOST,      /* on `lost_on` */
    FATE_REFUSED,   /* by the router `last` */
    FATE_HELD,      /* on `lost_on`, by `rule` */
    FATE_NOT_SENT   /* its sender could not */
} Fate;

enum { NO_STATE = 0xff };

typedef struct Row {
    RowKind     kind;
    uint64_t    serial;   /* in the order of making */
    uint64_t    event;    /* the scheduler's count when it was made */
    SimTime     t;
    Node       *from;     /* PACKET, STATE, TIMER: whose; NULL: it came up on `via` */
    char       *text;     /* NOTE, EVENT, TIMER; STATE: the trigger */
    const char *timer;    /* TIMER: its name, owned by the ladder */
    bool        fired;    /* TIMER */
    bool        hidden;   /* a STATE that a packet of the same event shows */
    bool        near_note; /* is kept, however long the run */
    uint8_t     old_state, from_state, to_state;
    /* PACKET */
    uint64_t    id;
    SimTime     born;
    SentReason  why;
    Origin      origin;
    LinkDir    *via;
    Fate        fate;
    DropReason  drop;
    Node       *to, *last; /* `last`: where it was last seen */
    SimTime     arrived;   /* at `to`, or at `last` */
    uint64_t    arrival;   /* the next row's serial when it arrived */
    LinkDir    *lost_on;
    const char *rule;      /* owned by the ladder */
    SimTime     kept;      /* RELEASED: for how long */
    unsigned    number;    /* of a packet drawn in two lines; 0: in one */
    bool        split;     /* drawn as a departure and an arrival */
    bool        retransmission, forged, damaged, modified;
    bool        answered;  /* its refusal explains itself: by a reset sent or obeyed */
    bool        ignored;   /* reached a host that it was not for */
    struct Row *same_id;   /* the next one under way with this id */
    Glance      g;         /* without pointers into the frame */
    uint32_t    seq, ack;  /* as shown */
    const char *label;     /* sim.label's name for it, or NULL */
    const char *http;      /* the request or status line that it begins with, or NULL */
} Row;

/* A connection's end: its state now. */
typedef struct Track {
    const Node *node;
    IpAddr      local, remote;
    uint16_t    local_port, remote_port;
    uint8_t     state;
} Track;

typedef struct Touch { /* an end of a row that shows a connection's state in the current event */
    Row         *row;
    const Track *track;
    bool         departure;
} Touch;

struct Ladder {
    Sim          *sim;
    LadderOptions opt;
    Flows        *flows;
    GStringChunk *texts;
    GPtrArray    *rows;        /* of Row: all that are kept, in order */
    size_t        head;        /* of these, the first are never dropped */
    uint64_t      next_serial; /* rows ever made */
    uint64_t      near_note;   /* rows up to this serial stand close behind a note */
    GHashTable   *under_way;   /* Packet.id to the first Row; for look-up only */
    GHashTable   *tracks;      /* for look-up only */
    GArray       *touched;     /* of Touch */
    uint64_t      touched_in;  /* the event of `touched`, */
    SimTime       touched_at;  /* and its instant */
    const char *(*label)(void *self, const Packet *pkt); /* NULL: nobody names packets */
    void         *label_self;
    GPtrArray    *hosts;       /* of Node: the columns, in order of making once printing begins */
    GByteArray   *first_states; /* by Node.index */
    bool          has_states;
    unsigned      numbers;
    uint64_t      packets, retransmissions, drops[DROP_COUNT];
};

/* --- ladder.c --------------------------------------------------------------------------------- */

/* Once rows had to go, only the ends and what stands out are worth printing. */
void        ladder_thin_out(Ladder *l);
Row        *ladder_add_row(Ladder *l, RowKind kind);
void        ladder_add_host(Ladder *l, Node *node);
/* Is it an address of the node's? Of a test's node without a stack any is, unless it switches. */
bool        ladder_owns(const Node *node, IpAddr addr);
/* "10.0.0.1:40000"; false if it is none. */
bool        ladder_parse_end(const char *text, IpAddr *addr, uint16_t *port);
GHashTable *ladder_tracks_new(void);
/* The connection of a segment at its sender (departure) or receiver; made with NO_STATE if new. */
Track      *ladder_track(GHashTable *tracks, const Node *node, const Glance *g, bool departure);

/* --- ladder_timer.c --------------------------------------------------------------------------- */

void ladder_timer(Ladder *l, const TraceEvent *ev); /* tcp:timer_set, _expired, _cancelled */

/* --- ladder_words.c --------------------------------------------------------------------------- */

typedef enum Word { /* formats, where a comment says of what */
    W_LOST_ON,           /* link */
    W_LOST_BECAUSE,      /* link, reason */
    W_DROPPED_BY_RULE,   /* link, rule */
    W_HELD_ON,           /* link */
    W_HELD_BY_RULE,      /* link, rule */
    W_RULE,              /* its name */
    W_LINE,              /* of the scenario */
    W_REFUSED,           /* reason */
    W_REFUSED_BY,        /* node, reason */
    W_NOT_SENT,          /* reason */
    W_RELEASED,          /* span */
    W_OLD_DUPLICATE,     /* time */
    W_DUPLICATE,
    W_INJECTED,
    W_RETRANSMISSION,
    W_FORGED,
    W_DAMAGED,
    W_MODIFIED,
    W_STILL_HELD,
    W_NOBODY_ANSWERS,
    W_PASSES,            /* span */
    W_SECONDS,           /* number */
    W_COMMA,
    W_BRACKETS,          /* label, remark */
    W_WAS,               /* trigger, old state */
    W_NOT_SHOWN,         /* number */
    W_SUM_PACKETS,       /* number */
    W_SUM_ONE_PACKET,    /* number */
    W_SUM_RETRANSMITTED, /* number */
    W_SUM_TIME,          /* time */
    W_SUM_LOST,
    W_SUM_REASON,        /* number, reason's name, its text */
    W_UNPLUGGED,         /* link */
    W_PLUGGED,           /* link */
    W_CRASHED,           /* node */
    W_BOOTED,            /* node */
    W_TIMER_SET,         /* its name, span */
    W_TIMER_FIRES,       /* its name */
    W_TIMER_STOPS,       /* its name */
    W_NOTHING,
    W_COUNT
} Word;

const char *ladder_word(const Ladder *l, Word w);
const char *ladder_drop_text(const Ladder *l, DropReason why);
const char *ladder_drop_phrase(const Ladder *l, DropReason why); /* the same, short */
const char *ladder_sent_text(const Ladder *l, SentReason why); /* NULL: it goes without saying */
const char *ladder_state(uint8_t state);                       /* "" for NO_STATE */
uint8_t     ladder_state_of(const char *name);

/* --- ladder_text.c: what is said of a row ----------------------------------------------------- */

void ladder_label(const Row *row, bool ports, GString *out);
/* What goes with it in words, of its departure, its arrival, or (drawn in one line) both; NULL if
 * there is nothing to say; newly allocated. */
char *ladder_remarks(const Ladder *l, const Row *row, bool departure, bool arrival);
void ladder_time(SimTime t, unsigned decimals, GString *out);
void ladder_span(const Ladder *l, SimTime t, GString *out); /* "27.9 s" */

/* --- ladder_draw.c: two columns; ladder_lanes.c: more ----------------------------------------- */

typedef struct Lines { /* what both have in common */
    Ladder  *l;
    Canvas   c;
    unsigned decimals;
    size_t   time_width;
    bool     ports;   /* several connections: say which */
    SimTime  shown;   /* the latest instant drawn so far */
    uint64_t next;    /* the serial that would follow if no row were missing */
    uint64_t left_out; /* rows that are missing right before the one drawn now */
    bool     no_canvas; /* all is drawn by LineDraw, notes too */
} Lines;

/* Calls for every row, and every arrival drawn apart, in the order of the figure. */
typedef void (*LineDraw)(void *self, const Row *row, bool arrival);
void ladder_each(Lines *lines, LineDraw draw, void *self);

/* Chooses columns, order and numbers; the figure is fixed then, and can be drawn in any way. */
void ladder_settle(Lines *lines);

void ladder_draw_two(Lines *lines);
void ladder_draw_lanes(Lines *lines);

/* What a change of state says of itself: "2MSL over (was TIME-WAIT)"; newly allocated. */
char   *ladder_state_remark(const Ladder *l, const Row *row);
/* "server (handshake=two-way)". */
char   *ladder_host_name(const Node *node);
void    ladder_put_time(Lines *lines, size_t end, SimTime t); /* right-aligned */
uint8_t ladder_first_state(const Ladder *l, const Node *node);
/* The column from which a packet came, also if it came up on a wire; NULL: none of them. */
Node   *ladder_sender(const Ladder *l, const Row *row);
/* The column at which an address has been seen; their number if at none. */
guint   ladder_address_lane(const Ladder *l, IpAddr addr);
Style   ladder_style(const Row *row, bool up); /* up: towards the later column */
