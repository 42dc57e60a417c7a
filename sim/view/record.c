/*
 * record.c - what has happened to frames, written down in few words.
 *
 * What lies on the shelf is the trail (sim/engine/trail.h). A Body is a packet as it looked when it
 * was first seen. Routers change a few bytes in front, and only these are written each time, or can
 * be made of what is; what else is done to a packet (a fault, a mark) makes another body of it.
 * Text that can be made again (packet.h) is, if somebody asks. What a happening refers to is not
 * older than Recorder.age when the block in which it is begins, so that it is known what can be
 * forgotten. A packet that is longer on its way is written down once more, and has the age raised
 * for those that follow it.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/record_priv.h"

#include "protocols/wire/dhcp_wire.h"
#include "sim/view/glance.h"

#include <string.h>

enum {
    AGE = (128 << 10) / TRAIL_UNIT, /* at first, and at most: */
    AGE_MAX = (8 << 20) / TRAIL_UNIT,
    SHORT = 96,              /* bytes; most headers have no more */
    PLAIN = 4 << 4 | IPV4_HDR_LEN / 4 /* version 4, no options */
};

G_STATIC_ASSERT(PACKET_MAX + 1024 < SHELF_BLOCK * (int)TRAIL_UNIT && PACKET_MAX < 1 << 22);
/* All that is kept has fewer places than the words tell apart. */
G_STATIC_ASSERT((RECORD_MAX + 1ll) * (PACKET_MAX + 1024) / TRAIL_UNIT + AGE_MAX < 1 << 30);

static const struct {
    const TracePoint *point;
    RecordKind        kind;
} kinds[] = {
    { &LINK_LOST, RECORD_LOST },             { &PACKET_DROPPED, RECORD_DROPPED },
    { &LINK_HELD, RECORD_HELD },             { &LINK_RELEASED, RECORD_RELEASED },
    { &LINK_DUPLICATED, RECORD_DUPLICATED }, { &LINK_CORRUPTED, RECORD_CORRUPTED },
    { &LINK_MODIFIED, RECORD_MODIFIED },     { &LINK_DELAYED, RECORD_DELAYED },
};

G_STATIC_ASSERT(G_N_ELEMENTS(kinds) == RECORD_POINTS);

/* --- bodies ----------------------------------------------------------------------------------- */

/* Nothing but routers has touched it, and these change nothing but MAC addresses, TTL and header
 * checksum. */
static inline bool is_plain(const Packet *pkt, Span frame)
{
    return pkt->remark == NULL && !pkt->altered && !pkt->forged && frame.n >= HEAD &&
           get16(frame.p + TYPE) == ETHERTYPE_IPV4 && frame.p[ETH_HDR_LEN] == PLAIN;
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
    uint64_t oldest = shelf_block_of(&rec->shelf, first);
    shelf_forget(&rec->shelf, oldest - MIN(oldest, rec->age));
}

/* Another block; what is so old that it may not be referred to there, is no longer known. */
static G_GNUC_NO_INLINE void turn_over(Recorder *rec)
{
    uint64_t begins = MAX(rec->shelf.full, SHELF_BLOCK);

    trail_settle(rec->trail);
    forget_old(rec);
    shelf_add_block(&rec->shelf);
    rec->since = MAX(rec->since, begins - MIN(begins, rec->age));
    rec->trail->known = rec->since;
}

/* A packet has come that was seen, and is not known. */
static void age_with(Recorder *rec, const Packet *pkt)
{
    if (pkt->seen != 0)
        rec->age = CLAMP(trail_place(rec->trail) - pkt->seen + SHELF_BLOCK, rec->age, AGE_MAX);
}

/* For what has so many bytes; what has come in is written down before. */
static inline void make_room(Recorder *rec, size_t bytes)
{
    if (G_UNLIKELY(!trail_has_room(rec->trail, TRAIL_UNIT + bytes)))
        turn_over(rec);
    trail_settle(rec->trail);
}

/* The room that a body with n bytes needs, with a Crossing. */
static inline size_t step(size_t n)
{
    return body_end(n, true) + sizeof(Oddity) + TRAIL_STEP;
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

/* A new one, with n of the frame's bytes, for which there is room: but for what is copied. Its
 * place becomes that of the packet's looks if it is plain. */
static G_ALWAYS_INLINE inline Body *add_body(Trail *trail, Packet *pkt, size_t n, bool plain)
{
    Body *b = (Body *)(void *)trail->next;
    bool described = pkt->unwritten.write != NULL;
    size_t size = body_end(n, described) + (plain ? 0 : sizeof(Oddity));

    pkt->seen = plain ? trail_place(trail) : 0;
    b->size = trail_ref(size / TRAIL_UNIT, TRAIL_BODY);
    b->n = n & ((1 << 22) - 1);
    b->plain = plain;
    b->described = described;
    b->why = pkt->why;
    trail->next += size;
    trail->besides += size / TRAIL_UNIT;
    return b;
}

static G_ALWAYS_INLINE inline void copy_body(Body *b, const Packet *pkt)
{
    const uint8_t *frame = packet_frame_headers(pkt).p;
    uint8_t *bytes = b->rest;

    memcpy(b->looks, (const char *)pkt + LOOKS_FROM, LOOKS);
    if (b->described) {
        memcpy(bytes, &pkt->unwritten, sizeof pkt->unwritten);
        bytes += sizeof pkt->unwritten;
    }
    if (b->plain && b->n <= SHORT)
        copy_short(bytes, frame, b->n); /* a call takes longer */
    else
        memcpy(bytes, frame, b->n);
}

/* The machine waits long for bytes in large pieces that were written in small ones a moment ago. So
 * those of a packet that is in flight are copied when something else happens: till then nothing
 * does to it. */
static void finish_body(void *self)
{
    Recorder *rec = self;

    copy_body(rec->half, rec->half_of);
    rec->trail->in = TRAIL_NOTHING;
}

static inline void copy_head(uint8_t out[static TRAIL_HEAD], const uint8_t *frame)
{
    enum { WORD = 8 };

    /* In such pieces as they were written in a moment ago: the machine waits for others. */
    memcpy(out, frame, TRAIL_HALF);
    memcpy(out + TRAIL_HALF, frame + TRAIL_HALF, WORD);
    out[OUR_TTL] = frame[TTL];
    memcpy(out + OUR_SUM, frame + HEADER_SUM, 2);
}

/* There is room for a crossing. pkt looks as what is at the place `body`, but if that is not its
 * first sight for what routers change. */
static inline void add_crossing(Recorder *rec, uint32_t port, Packet *pkt, uint64_t body,
                                SimTime arrive, bool first)
{
    Trail *trail = rec->trail;
    Crossing *c = (Crossing *)(void *)trail->next;
    SimTime now = sim_now(rec->sim);

    pkt->crossing = trail_ref(trail_place(trail), TRAIL_CROSSING);
    c->like = (Onward){ trail_what(trail_ref(body, TRAIL_CROSSING), port), arrive };
    c->t = first ? ~now : now;
    if (!first)
        copy_head(c->head, pkt->buf + pkt->frame);
    size_t size = first ? TRAIL_FIRST_STEP : TRAIL_STEP;
    trail->next += size;
    trail->besides += size / TRAIL_UNIT - 1;
}

/* Something has happened to a packet that does not look as it did. */
static G_GNUC_NO_INLINE Oddity *add_odd(Recorder *rec, const Port *port, Packet *pkt, Node *node,
                                        SimTime arrive)
{
    size_t n = look_at(pkt, packet_frame_headers(pkt));

    make_room(rec, step(n));
    uint64_t place = trail_place(rec->trail);
    Body *b = add_body(rec->trail, pkt, n, false);
    copy_body(b, pkt);
    Oddity *odd = body_oddity(b);
    *odd = (Oddity){ .remark = pkt->remark, .node = node, .drop = DROP_NONE,
                     .forged = pkt->forged, .altered = pkt->altered };
    add_crossing(rec, port != NULL ? port->number : 0, pkt, place, arrive, true);
    return odd;
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

/* A body and a crossing, for which there is room; the bytes are yet to be copied. */
static G_ALWAYS_INLINE inline Body *add_plain(Recorder *rec, const Port *port, Packet *pkt,
                                              SimTime arrive, size_t n)
{
    Body *b = add_body(rec->trail, pkt, n, true);

    add_crossing(rec, port->number, pkt, pkt->seen, arrive, true);
    return b;
}

/* Its bytes are copied later. */
static inline void leave_half(Recorder *rec, Body *b, const Packet *pkt)
{
    rec->half = b;
    rec->half_of = pkt;
    rec->trail->in = TRAIL_HALF_DONE;
}

/* As the first that another node made begins, so do most that follow it out of the port. */
static void learn_usual(Port *port, const Packet *pkt)
{
    static const uint8_t none[sizeof port->usual];

    if (memcmp(port->usual, none, sizeof none) == 0)
        memcpy(port->usual, pkt->buf + pkt->frame, ETH_HDR_LEN);
}

static G_GNUC_NO_INLINE void on_other_sent(Recorder *rec, Port *port, Packet *pkt, SimTime arrive)
{
    Span frame = packet_frame_headers(pkt);

    if (pkt->seen >= rec->trail->known) {
        make_room(rec, TRAIL_STEP);
        learn_usual(port, pkt);
        add_crossing(rec, port->number, pkt, pkt->seen, arrive, false);
    } else if (is_plain(pkt, frame)) {
        size_t n = look_at(pkt, frame);
        age_with(rec, pkt);
        make_room(rec, step(n));
        Body *b = add_plain(rec, port, pkt, arrive, n);
        follow_most(rec, port->node, pkt);
        if (arrive == NEVER) /* who knows what happens to it yet */
            copy_body(b, pkt);
        else
            leave_half(rec, b, pkt);
    } else {
        add_odd(rec, port, pkt, port->node, arrive);
        follow_other(rec, port->node, pkt);
    }
}

/* Most are never seen, and plain, of which headers are kept, or all of what is short. */
static inline bool is_usual(const Recorder *rec, const Packet *pkt, Span frame, size_t n)
{
    const Trail *trail = rec->trail;

    return n <= SHORT && n >= HEAD && pkt->seen < trail->known && is_plain(pkt, frame) &&
           (frame.n <= RECORD_SNAP || is_surely_not_dhcp(frame.p)) &&
           trail_has_room(trail, TRAIL_UNIT + step(SHORT)) && trail->in != TRAIL_HALF_DONE;
}

/* Those are done with here, without a call. */
static void on_sent(void *self, Port *port, Packet *pkt, SimTime arrive)
{
    Recorder *rec = self;
    Span frame = packet_frame_headers(pkt);
    size_t n = own_bytes(pkt, frame);

    if (G_UNLIKELY(!is_usual(rec, pkt, frame, n) || rec->asked || follow_is_syn(frame.p) ||
                   arrive == NEVER)) {
        on_other_sent(rec, port, pkt, arrive);
        return;
    }
    trail_settle(rec->trail);
    leave_half(rec, add_plain(rec, port, pkt, arrive, n), pkt);
    trail_fetch(rec->trail);
}

static void on_arrives(void *self, Packet *pkt, SimTime arrive)
{
    Recorder *rec = self;

    if (pkt->seen >= rec->trail->known) {
        Onward *o = shelf_at(&rec->shelf, pkt->crossing);
        o->arrive = arrive;
    }
}

static void on_received(void *self, const Port *port, Packet *pkt)
{
    Recorder *rec = self;
    Span frame = packet_frame_headers(pkt);
    SimTime kind = -(SimTime)RECORD_RECEIVED;

    if (pkt->seen >= rec->trail->known) {
        make_room(rec, 0);
        rec->trail->in = pkt->crossing;
    } else if (is_plain(pkt, frame)) {
        size_t n = look_at(pkt, frame);
        age_with(rec, pkt);
        make_room(rec, step(n));
        copy_body(add_body(rec->trail, pkt, n, true), pkt);
        add_crossing(rec, port->number, pkt, pkt->seen, kind, true);
    } else {
        add_odd(rec, port, pkt, port->node, kind);
    }
}

static void follow_sent(void *self, Port *port, Packet *pkt, SimTime arrive)
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
    odd = add_odd(rec, ev->port, (Packet *)(uintptr_t)ev->pkt, ev->node,
                  -(SimTime)kinds[which].kind);
    if (reason >= 0)
        odd->drop = reason_by_name(trace_arg_str(ev, reason));
    if (rule >= 0)
        odd->remark = remark(rec, ev, rule);
}

/* What has just come in is written down, too, so that it can be told. */
static void settle(Recorder *rec)
{
    if (rec->trail->in != TRAIL_NOTHING)
        make_room(rec, 0);
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

    settle(rec);
    follow_noted(rec->follower, recorder_first(rec));
    for (uint64_t n = MAX(recorder_first(rec), rec->followed); n < recorder_end(rec); n++) {
        record_tell(rec, n, &r);
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

    settle(rec);
    trail->known = UINT64_MAX;
    if (all && rec->shelf.full > 0)
        trail->known = rec->since = trail_place(trail);
    trail->sent = all ? on_sent : follow_sent;
    trail->arrives = all ? on_arrives : pass_over_arrival;
    trail->received = all ? on_received : pass_over;
    trail->finish = finish_body;
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
    rec->trail->next = rec->trail->end = rec->nowhere;
    rec->trail->besides = trail_place(rec->trail);
    rec->trail->in = TRAIL_NOTHING;
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
    return trail_happened(rec->trail) + (trail_tag(rec->trail->in) == TRAIL_CROSSING);
}

const Record *recorder_get(Recorder *rec, uint64_t serial)
{
    uint64_t end = recorder_end(rec);

    if (serial < recorder_first(rec) || serial >= end)
        return NULL;
    if (rec->told_end != end)
        rec->n_told = 0;
    rec->told_end = end;
    settle(rec);
    if (rec->n_told == rec->told->len)
        g_ptr_array_add(rec->told, g_new(Record, 1));
    Record *r = g_ptr_array_index(rec->told, rec->n_told++);
    record_tell(rec, serial, r);
    return r;
}

Flows *recorder_flows(Recorder *rec)
{
    if (!rec->asked)
        set_wishes(rec, rec->paused, true);
    return follower_flows(rec->follower);
}
