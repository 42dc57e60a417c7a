/*
 * record.c - what has happened to frames, written down in few words.
 *
 * What lies on the shelf is the trail (sim/engine/trail.h). A Body is a packet as it looked when it
 * was first seen. Routers change a few bytes in front, and only these are written each time; what
 * else is done to a packet (a fault, a mark) makes another body of it. Text that can be made again
 * (packet.h) is, if somebody asks. What a happening refers to is not older than Recorder.age when
 * the block in which it is begins, so that it is known what can be forgotten. A packet that is
 * longer on its way is written down once more, and has the age raised for those that follow it.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/record.h"

#include "protocols/wire/dhcp_wire.h"
#include "sim/view/follow.h"
#include "sim/view/glance.h"
#include "sim/view/shelf.h"

#include <stdalign.h>
#include <string.h>

enum {
    TYPE = ETH_HDR_LEN - 2, TTL = ETH_HDR_LEN + 8, PROTO = ETH_HDR_LEN + 9, /* offsets */
    HEADER_SUM = ETH_HDR_LEN + 10,
    HEAD = ETH_HDR_LEN + IPV4_HDR_LEN, /* in which routers change something */
    AGE = (512 << 10) / TRAIL_UNIT, /* at first, and at most: */
    AGE_MAX = (8 << 20) / TRAIL_UNIT,
    SHORT = 96,              /* bytes; most headers have no more */
    PLAIN = 4 << 4 | IPV4_HDR_LEN / 4 /* version 4, no options */
};

enum { /* in a Crossing's head */
    OUR_TTL = TRAIL_FRONT,
    OUR_SUM = TRAIL_CHANGED - 2
};

enum { /* what a Body has of a Packet: from frame_len to the end of `why` */
    LOOKS_FROM = offsetof(Packet, frame_len),
    LOOKS = offsetof(Packet, switched) - LOOKS_FROM
};

typedef struct Body {
    uint8_t  looks[LOOKS];
    uint32_t n : 31;    /* bytes of the frame that are here; an Unwritten says how the others could
                           be written; */
    uint32_t plain : 1; /* 0: behind them is an Oddity; 1: a Crossing tells what routers changed */
    alignas(8) uint8_t bytes[];
} Body;

typedef struct Oddity { /* of a packet to which something was done */
    const char *remark;
    Node       *node;   /* where */
    DropReason  drop;
    bool        forged, altered;
} Oddity;

G_STATIC_ASSERT((int)TRAIL_BYTE == (int)TTL && (int)TRAIL_PAIR == (int)HEADER_SUM);
G_STATIC_ASSERT(PACKET_MAX + 1024 < SHELF_BLOCK * (int)TRAIL_UNIT);
/* All that is kept has fewer places than the words tell apart. */
G_STATIC_ASSERT((RECORD_MAX + 1ll) * (PACKET_MAX + 1024) / TRAIL_UNIT + AGE_MAX < INT32_MAX);

static const struct {
    const TracePoint *point;
    RecordKind        kind;
} kinds[] = {
    { &LINK_LOST, RECORD_LOST },             { &PACKET_DROPPED, RECORD_DROPPED },
    { &LINK_HELD, RECORD_HELD },             { &LINK_RELEASED, RECORD_RELEASED },
    { &LINK_DUPLICATED, RECORD_DUPLICATED }, { &LINK_CORRUPTED, RECORD_CORRUPTED },
    { &LINK_MODIFIED, RECORD_MODIFIED },     { &LINK_DELAYED, RECORD_DELAYED },
};

struct Recorder {
    Sim          *sim;
    Trail        *trail;          /* the world's */
    Shelf         shelf;          /* on which it lies; */
    char          nowhere[TRAIL_UNIT]; /* until something does: there is no room */
    uint64_t      since;          /* what is before is no longer known, or not up to date */
    uint64_t      age;            /* in places */
    bool          paused;
    bool          asked;          /* somebody wants the numbers, at once, even while it is paused */
    GPtrArray    *told;           /* of Record: given out since the last happening, owned */
    guint         n_told;         /* so many of them are in use */
    uint64_t      told_end;       /* when the happenings ended there */
    GPtrArray    *ports;          /* of Port, by number; made when somebody asks */
    Follower     *follower;
    uint64_t      followed;       /* the numbers of happenings before this one are taken */
    GStringChunk *rules;          /* names, each once */
    /* Which of its values tells why, and which names the rule; -1: none. */
    int           reason_field[G_N_ELEMENTS(kinds)], rule_field[G_N_ELEMENTS(kinds)];
};

/* --- bodies ----------------------------------------------------------------------------------- */

/* Where what is behind the n bytes of a body begins in it. */
static size_t behind(size_t n)
{
    return (offsetof(Body, bytes) + n + TRAIL_UNIT - 1) / TRAIL_UNIT * TRAIL_UNIT;
}

/* NULL: it is plain. */
static Oddity *oddity_of(const Body *b)
{
    return b->plain ? NULL : (Oddity *)(uintptr_t)((const char *)b + behind(b->n));
}

/* Nothing but routers has touched it, and these change nothing but MAC addresses, TTL and header
 * checksum. */
static inline bool is_plain(const Packet *pkt, Span frame)
{
    return pkt->remark == NULL && !pkt->altered && !pkt->forged && frame.n >= HEAD &&
           get32(frame.p + TYPE) >> 8 == (ETHERTYPE_IPV4 << 8 | PLAIN);
}

/* A look at a long frame's ports, which are where they mostly are. */
static inline bool is_surely_not_dhcp(const uint8_t *frame)
{
    return frame[PROTO] != IPPROTO_UDP4 ||
           (frame[ETH_HDR_LEN] == PLAIN && get16(frame + HEAD) > DHCP_CLIENT_PORT);
}

/* So many bytes of a frame that is plain, or not written yet, are its own: behind them is text that
 * can be made again. */
static inline size_t own_bytes(const Packet *pkt, Span frame)
{
    return pkt->unwritten.write != NULL ? pkt->unwritten.at - (size_t)pkt->frame : frame.n;
}

/* How many of the frame's bytes are kept. Those of its own are all that is, but of a long one with
 * DHCP's ports, which is kept whole; others are not worth it. */
static size_t look_at(const Packet *pkt, Span frame)
{
    bool whole = frame.n <= RECORD_SNAP || (!is_surely_not_dhcp(frame.p) && glance_is_dhcp(frame));

    if (!packet_is_written(pkt) || is_plain(pkt, frame)) {
        size_t own = own_bytes(pkt, frame);
        if (own >= HEAD && own <= RECORD_SNAP && (frame.n <= RECORD_SNAP || !whole))
            return own;
        packet_write(pkt);
    }
    return whole ? frame.n : RECORD_SNAP;
}

/* Whole blocks of what nothing refers to any more. */
static void forget_old(Recorder *rec)
{
    uint64_t first = recorder_first(rec);

    if (first == 0)
        return;
    uint64_t oldest = shelf_block_of_word(&rec->shelf, first);
    shelf_forget(&rec->shelf, oldest - MIN(oldest, rec->age));
}

/* Another block; what is so old that it may not be referred to there, is no longer known. */
static G_GNUC_NO_INLINE void turn_over(Recorder *rec)
{
    uint64_t begins = MAX(rec->shelf.full, SHELF_BLOCK);

    forget_old(rec);
    shelf_add_block(&rec->shelf);
    rec->since = MAX(rec->since, begins - MIN(begins, rec->age));
    rec->trail->known = rec->since;
}

/* A packet has come that was seen, and is not known. */
static void age_with(Recorder *rec, const Packet *pkt)
{
    if (pkt->seen != 0)
        rec->age = CLAMP(rec->trail->place - pkt->seen + SHELF_BLOCK, rec->age, AGE_MAX);
}

static inline void make_room(Recorder *rec, size_t bytes)
{
    if (G_UNLIKELY(!trail_has_room(rec->trail, bytes)))
        turn_over(rec);
}

/* The room that a body with n bytes needs, with a Crossing. */
static inline size_t step(size_t n)
{
    return behind(n) + sizeof(Oddity) + TRAIL_STEP;
}

/* From HEAD to SHORT bytes. None behind them is read: in that line of the cache nobody else has an
 * interest. */
static inline void copy_short(uint8_t *to, const uint8_t *from, size_t n)
{
    enum { STEP = 32 };

    memcpy(to, from, STEP);
    if (n > 2 * (size_t)STEP)
        memcpy(to + STEP, from + STEP, STEP);
    memcpy(to + n - STEP, from + n - STEP, STEP);
}

G_STATIC_ASSERT((int)HEAD >= 32 && (int)SHORT <= 3 * 32);

/* A new one, with n of the frame's bytes, for which there is room. */
static G_ALWAYS_INLINE inline Body *add_body(Trail *trail, const Packet *pkt, size_t n, bool plain)
{
    Body *b = (Body *)(void *)trail->next;
    const uint8_t *frame = packet_frame_headers(pkt).p;

    memcpy(b->looks, (const char *)pkt + LOOKS_FROM, LOOKS);
    b->n = n & INT32_MAX;
    b->plain = plain;
    if (plain && n <= SHORT)
        copy_short(b->bytes, frame, n); /* a call takes longer */
    else
        memcpy(b->bytes, frame, n);
    trail_pass(trail, behind(n) + (plain ? 0 : sizeof(Oddity)));
    return b;
}

/* Packet.seen is the place of the body of a packet that is plain. */
static G_ALWAYS_INLINE inline void add_plain(Trail *trail, Packet *pkt, size_t n)
{
    uint64_t place = trail->place;

    add_body(trail, pkt, n, true);
    pkt->seen = place;
}

static G_GNUC_NO_INLINE uint64_t add_odd(Recorder *rec, Packet *pkt, Node *node, Oddity **odd)
{
    size_t n = look_at(pkt, packet_frame_headers(pkt));

    make_room(rec, step(n));
    uint64_t place = rec->trail->place;
    *odd = oddity_of(add_body(rec->trail, pkt, n, false));
    **odd = (Oddity){ .remark = pkt->remark, .node = node, .drop = DROP_NONE,
                      .forged = pkt->forged, .altered = pkt->altered };
    pkt->seen = 0;
    return place;
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* Taken now, or noted: the happening that was added last. */
static G_GNUC_NO_INLINE void follow_other(Recorder *rec, const Node *node, const Packet *pkt)
{
    if (rec->asked)
        follow(rec->follower, node, pkt);
    else
        follow_later(rec->follower, node, pkt, recorder_end(rec) - 1, recorder_first(rec));
}

/* The same for one that is plain. */
static inline void follow_most(Recorder *rec, const Node *node, const Packet *pkt)
{
    if (G_UNLIKELY(rec->asked))
        follow_plain(rec->follower, node, pkt);
    else if (follow_is_syn(pkt->buf + pkt->frame))
        follow_other(rec, node, pkt);
}

/* --- happenings ------------------------------------------------------------------------------- */

static DropReason reason_by_name(const char *name)
{
    for (int i = DROP_NONE + 1; i < DROP_COUNT; i++)
        if (drop_name((DropReason)i) == name || strcmp(drop_name((DropReason)i), name) == 0)
            return (DropReason)i;
    return DROP_NONE;
}

/* What the scenario did to it: the packet's own remark, which the world keeps, or the name of the
 * rule, which lives no longer than the event. */
static const char *remark(Recorder *rec, const TraceEvent *ev, int rule)
{
    if (ev->pkt->remark != NULL || ev->point == &PACKET_DROPPED)
        return ev->pkt->remark;
    return rule >= 0 ? g_string_chunk_insert_const(rec->rules, trace_arg_str(ev, rule)) : NULL;
}

static void add(Recorder *rec, RecordKind kind, const Port *port, Packet *pkt, uint64_t body)
{
    trail_add(rec->trail, port != NULL ? port->number : 0, pkt, body, sim_now(rec->sim),
              -(SimTime)kind);
}

static G_GNUC_NO_INLINE void on_odd_sent(Recorder *rec, const Port *port, Packet *pkt,
                                         SimTime arrive)
{
    Oddity *odd;

    uint64_t body = add_odd(rec, pkt, port->node, &odd);
    trail_add(rec->trail, port->number, pkt, body, sim_now(rec->sim), arrive);
    follow_other(rec, port->node, pkt);
}

static G_ALWAYS_INLINE inline void on_plain_sent(Recorder *rec, const Port *port, Packet *pkt,
                                                 SimTime arrive, size_t n)
{
    add_plain(rec->trail, pkt, n);
    trail_add(rec->trail, port->number, pkt, pkt->seen, sim_now(rec->sim), arrive);
    follow_most(rec, port->node, pkt);
}

static G_GNUC_NO_INLINE void on_other_sent(Recorder *rec, const Port *port, Packet *pkt,
                                           SimTime arrive)
{
    Span frame = packet_frame_headers(pkt);

    if (pkt->seen >= rec->trail->known) {
        make_room(rec, TRAIL_STEP);
        trail_add(rec->trail, port->number, pkt, pkt->seen, sim_now(rec->sim), arrive);
    } else if (is_plain(pkt, frame)) {
        size_t n = look_at(pkt, frame);
        age_with(rec, pkt);
        make_room(rec, step(n));
        on_plain_sent(rec, port, pkt, arrive, n);
    } else {
        on_odd_sent(rec, port, pkt, arrive);
    }
}

/* Most, of which headers are kept, or all of what is short, are done with at once. */
static void on_sent(void *self, const Port *port, Packet *pkt, SimTime arrive)
{
    Recorder *rec = self;
    Span frame = packet_frame_headers(pkt);
    size_t n = own_bytes(pkt, frame);

    if (G_LIKELY(n <= SHORT && n >= HEAD && pkt->seen < rec->trail->known &&
                 is_plain(pkt, frame) &&
                 (frame.n <= RECORD_SNAP || is_surely_not_dhcp(frame.p)) &&
                 trail_has_room(rec->trail, step(SHORT))))
        on_plain_sent(rec, port, pkt, arrive, n);
    else
        on_other_sent(rec, port, pkt, arrive);
}

static void on_arrives(void *self, Packet *pkt, SimTime arrive)
{
    Recorder *rec = self;

    if (pkt->seen >= rec->trail->known) {
        Crossing *c = shelf_at(&rec->shelf, pkt->crossing >> 1);
        c->arrive = arrive;
    }
}

static void on_received(void *self, const Port *port, Packet *pkt)
{
    Recorder *rec = self;
    Span frame = packet_frame_headers(pkt);
    Oddity *odd;

    if (pkt->seen >= rec->trail->known) {
        make_room(rec, sizeof(uint32_t));
        *--rec->trail->order = pkt->crossing | 1;
    } else if (is_plain(pkt, frame)) {
        size_t n = look_at(pkt, frame);
        age_with(rec, pkt);
        make_room(rec, step(n));
        add_plain(rec->trail, pkt, n);
        add(rec, RECORD_RECEIVED, port, pkt, pkt->seen);
    } else {
        uint64_t body = add_odd(rec, pkt, port->node, &odd);
        add(rec, RECORD_RECEIVED, port, pkt, body);
    }
}

static void follow_sent(void *self, const Port *port, Packet *pkt, SimTime arrive)
{
    const Recorder *rec = self;

    (void)arrive;
    follow(rec->follower, port->node, pkt);
}

static void pass_over_arrival(void *self, Packet *pkt, SimTime arrive)
{
    (void)self;
    (void)pkt;
    (void)arrive;
}

static void pass_over(void *self, const Port *port, Packet *pkt)
{
    (void)self;
    (void)port;
    (void)pkt;
}

/* What befell a frame; a body of its own says what is known of that. */
static void on_event(void *self, const TraceEvent *ev)
{
    Recorder *rec = self;
    size_t which = 0;
    Oddity *odd;

    while (which < G_N_ELEMENTS(kinds) && kinds[which].point != ev->point)
        which++;
    if (which == G_N_ELEMENTS(kinds))
        return;
    int reason = rec->reason_field[which], rule = rec->rule_field[which];
    Packet *pkt = (Packet *)(uintptr_t)ev->pkt;
    uint64_t place = add_odd(rec, pkt, ev->node, &odd);

    if (reason >= 0)
        odd->drop = reason_by_name(trace_arg_str(ev, reason));
    if (rule >= 0)
        odd->remark = remark(rec, ev, rule);
    add(rec, kinds[which].kind, ev->port, pkt, place);
}

/* --- looking back ----------------------------------------------------------------------------- */

static LinkDir *direction(RecordKind kind, Port *port)
{
    if (port == NULL || port->out == NULL)
        return NULL;
    bool incoming = kind == RECORD_RECEIVED || kind == RECORD_DROPPED;
    return incoming ? link_dir_reverse(port->out) : port->out;
}

/* NULL for number 0. */
static Port *port_by_number(Recorder *rec, uint32_t number)
{
    if (number >= rec->ports->len) {
        g_ptr_array_set_size(rec->ports, (int)rec->sim->n_ports + 1);
        for (guint i = 0; i < rec->sim->nodes->len; i++) {
            const Node *node = g_ptr_array_index(rec->sim->nodes, i);
            for (guint k = 0; k < node->ports->len; k++) {
                Port *port = g_ptr_array_index(node->ports, k);
                rec->ports->pdata[port->number] = port;
            }
        }
    }
    return g_ptr_array_index(rec->ports, number);
}

/* A packet whose text is not in its body. Was it written, then its sum is there. */
static void write_body(const Packet *looks, const Body *b, uint8_t out[static RECORD_SNAP])
{
    size_t cap = looks->unwritten.at + looks->unwritten.n;
    Packet *pkt = g_malloc(sizeof *pkt + cap);

    *pkt = *looks;
    pkt->buf = pkt->room;
    pkt->cap = cap & PACKET_CAP;
    pkt->unwritten.left = true;
    memcpy(pkt->buf + pkt->frame, b->bytes, b->n);
    packet_write(pkt);
    memcpy(out, pkt->buf + pkt->frame, MIN(pkt->frame_len, RECORD_SNAP));
    if (packet_is_written(looks))
        memcpy(out, b->bytes, b->n);
    g_free(pkt);
}

static void tell_bytes(const Crossing *c, const Packet *looks, const Body *b,
                       uint8_t out[static RECORD_SNAP])
{
    if (packet_is_written(looks) && b->n >= MIN(looks->frame_len, RECORD_SNAP))
        memcpy(out, b->bytes, MIN(b->n, RECORD_SNAP));
    else
        write_body(looks, b, out);
    if (!b->plain)
        return;
    memcpy(out, c->head, TRAIL_FRONT);
    out[TTL] = c->head[OUR_TTL];
    memcpy(out + HEADER_SUM, c->head + OUR_SUM, sizeof c->head - OUR_SUM);
}

static void tell(Recorder *rec, uint64_t serial, Record *r)
{
    uint32_t word = shelf_word(&rec->shelf, serial);
    const Crossing *c = shelf_at(&rec->shelf, word >> 1);
    const Body *b = shelf_at(&rec->shelf, c->body);
    const Oddity *odd = oddity_of(b);
    bool ends = (word & 1) != 0;
    Packet looks = { 0 };

    memcpy((char *)&looks + LOOKS_FROM, b->looks, LOOKS);
    r->serial = serial;
    r->t = ends ? c->arrive : c->t;
    r->kind = ends ? RECORD_RECEIVED : c->arrive < 0 ? (RecordKind)-c->arrive : RECORD_SENT;
    r->port = port_by_number(rec, c->port);
    if (ends)
        r->port = r->port->out->to;
    r->node = odd != NULL ? odd->node : r->port->node;
    r->dir = direction(r->kind, r->port);
    r->packet = looks.id;
    r->why = looks.why;
    r->drop = odd != NULL ? odd->drop : DROP_NONE;
    r->born = looks.born;
    r->forged = odd != NULL && odd->forged;
    r->altered = odd != NULL && odd->altered;
    r->retransmission = looks.retransmission;
    r->remark = odd != NULL ? odd->remark : NULL;
    r->len = looks.frame_len;
    r->snap = MIN(looks.frame_len, RECORD_SNAP);
    r->whole = b->n > RECORD_SNAP ? b->bytes : NULL;
    tell_bytes(c, &looks, b, r->bytes);
}

/* --- listening -------------------------------------------------------------------------------- */

static bool follows(const Recorder *rec)
{
    return !rec->paused || rec->asked;
}

/* What was noted, and what is kept, in order. */
static void take_numbers(Recorder *rec)
{
    Record r;

    follow_noted(rec->follower, recorder_first(rec));
    for (uint64_t n = MAX(recorder_first(rec), rec->followed); n < recorder_end(rec); n++) {
        tell(rec, n, &r);
        follow_record(rec->follower, &r);
    }
    follow_end(rec->follower);
    rec->followed = recorder_end(rec);
}

/* What it hears, by what is wanted. Of what has passed till now nothing counts as known. */
static void listen(Recorder *rec)
{
    Trail *trail = rec->trail;
    bool all = !rec->paused;

    trail->known = UINT64_MAX;
    if (all && rec->shelf.full > 0)
        trail->known = rec->since = trail->place;
    trail->sent = all ? on_sent : follow_sent;
    trail->arrives = all ? on_arrives : pass_over_arrival;
    trail->received = all ? on_received : pass_over;
    trail->self = rec;
    trace_keep_trail(&rec->sim->trace, all || rec->asked);
    trace_set_categories(&rec->sim->trace, rec, all ? TRACE_FATE | TRACE_DROP : 0);
}

static void set_wishes(Recorder *rec, bool paused, bool asked)
{
    bool followed = follows(rec);

    if (!rec->asked)
        take_numbers(rec);
    rec->paused = paused;
    rec->asked = asked;
    if (!followed && follows(rec))
        follow_living(rec->follower, rec->sim); /* nothing that passed meanwhile was looked at */
    listen(rec);
}

Recorder *recorder_new(Sim *sim)
{
    Recorder *rec = g_new0(Recorder, 1);

    rec->sim = sim;
    rec->trail = rec->shelf.trail = &sim->trace.trail;
    rec->trail->next = rec->nowhere;
    rec->trail->order = (uint32_t *)(void *)rec->nowhere;
    rec->shelf.mapped = &sim->heap.mapped;
    rec->since = 1;
    rec->age = AGE;
    rec->told = g_ptr_array_new_with_free_func(g_free);
    rec->ports = g_ptr_array_new();
    rec->follower = follower_new(&sim->heap);
    rec->rules = g_string_chunk_new(256);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        rec->reason_field[i] = trace_field(kinds[i].point, "reason");
        rec->rule_field[i] = trace_field(kinds[i].point, "rule");
    }
    trace_add_sink(&sim->trace, 0, on_event, rec);
    listen(rec);
    return rec;
}

void recorder_free(Recorder *rec)
{
    if (rec == NULL)
        return;
    trace_remove_sink(&rec->sim->trace, rec);
    trace_keep_trail(&rec->sim->trace, false);
    shelf_clear(&rec->shelf);
    *rec->trail = (Trail){ 0 };
    g_ptr_array_free(rec->told, TRUE);
    g_ptr_array_free(rec->ports, TRUE);
    follower_free(rec->follower);
    g_string_chunk_free(rec->rules);
    g_free(rec);
}

void recorder_pause(Recorder *rec, bool paused)
{
    set_wishes(rec, paused, rec->asked);
}

bool recorder_paused(const Recorder *rec)
{
    return rec->paused;
}

uint64_t recorder_first(const Recorder *rec)
{
    uint64_t end = recorder_end(rec);

    return end > RECORD_MAX ? end - RECORD_MAX : 0;
}

uint64_t recorder_end(const Recorder *rec)
{
    return shelf_words(&rec->shelf);
}

const Record *recorder_get(Recorder *rec, uint64_t serial)
{
    uint64_t end = recorder_end(rec);

    if (serial < recorder_first(rec) || serial >= end)
        return NULL;
    if (rec->told_end != end)
        rec->n_told = 0;
    rec->told_end = end;
    if (rec->n_told == rec->told->len)
        g_ptr_array_add(rec->told, g_new(Record, 1));
    Record *r = g_ptr_array_index(rec->told, rec->n_told++);
    tell(rec, serial, r);
    return r;
}

Flows *recorder_flows(Recorder *rec)
{
    if (!rec->asked)
        set_wishes(rec, rec->paused, true);
    return follower_flows(rec->follower);
}
