/*
 * record.c - what has happened to frames, written down in few words.
 *
 * A happening says when, what and where, and which body: that is the packet as it looked when it
 * was first seen. Routers change a few bytes in front, and only these are written each time; what
 * else is done to a packet (a fault, a mark) makes another body of it.
 * Text that was not written (packet.h) is not written here either, until somebody asks. The body
 * that a happening refers to is at most AGE old then, so that it is known what can be forgotten.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/record.h"

#include "protocols/stack.h"
#include "protocols/wire/dhcp_wire.h"
#include "protocols/wire/tcp_wire.h"
#include "sim/engine/pages.h"
#include "sim/view/glance.h"
#include "sim/view/shelf.h"

#include <stdalign.h>
#include <string.h>

enum {
    TYPE = ETH_HDR_LEN - 2, TTL = ETH_HDR_LEN + 8, PROTO = ETH_HDR_LEN + 9, /* offsets */
    HEADER_SUM = ETH_HDR_LEN + 10,
    HEAD = ETH_HDR_LEN + IPV4_HDR_LEN, /* in which routers change something */
    LEN_BITS = 17,            /* of a frame's length */
    AGE = (2 << 20) / SHELF_UNIT,
    FIRST_RING = 8192,        /* happenings; who has more has room for RECORD_MAX */
    RING_BYTES = 2 * PAGES_HUGE,
    PLAIN = 4 << 4 | IPV4_HDR_LEN / 4 /* version 4, no options */
};

typedef struct Body {
    uint64_t  packet;
    SimTime   born;
    Unwritten unwritten;   /* of a packet whose `frame` is at that offset */
    uint32_t  frame;
    uint32_t  len;         /* of the frame on the wire */
    uint32_t  n;           /* bytes that are here */
    uint8_t   why;         /* SentReason */
    bool      retransmission;
    bool      plain;       /* the happening tells what routers change; else there is an Oddity */
    alignas(8) uint8_t bytes[];
} Body;

typedef struct Oddity { /* of a packet to which something was done; behind the bytes */
    const char *remark;
    Node       *node;   /* where */
    DropReason  drop;
    bool        forged, altered;
} Oddity;

typedef struct Happening {
    SimTime  t;
    uint32_t port;       /* its number; 0: none */
    uint8_t  head[16];   /* what routers change: */
    uint32_t body;       /* the low half of its place */
} Happening;

enum { /* in `head` */
    OUR_MACS = 0,  /* the frame's first bytes, */
    OUR_TTL = 12,  /* then four from its TTL on, */
    OUR_KIND = 13, /* but for the protocol, in whose place the RecordKind is, */
    OUR_SUM = 14   /* and the checksum of the header */
};

G_STATIC_ASSERT(sizeof(Happening) == 32 && RECORD_MAX * 32 <= RING_BYTES);
G_STATIC_ASSERT(SENT_COUNT <= UINT8_MAX);
G_STATIC_ASSERT(PACKET_MAX < 1 << LEN_BITS);

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
    Happening    *next, *full;    /* its place for the next one, and its end */
    Happening    *ring;           /* of FIRST_RING or RECORD_MAX; NULL until there is a body */
    bool          mapped;         /* the ring's memory, from pages_take */
    uint64_t      rounds;         /* how often it has been filled */
    Shelf         bodies;
    bool          paused;
    bool          asked;          /* somebody wants the numbers, even while it is paused */
    GPtrArray    *told;           /* of Record: given out since the last happening, owned */
    guint         n_told;         /* so many of them are in use */
    uint64_t      told_end;       /* when the happenings ended there */
    GPtrArray    *ports;          /* of Port, by number; made when somebody asks */
    Flows        *flows;
    GStringChunk *rules;          /* names, each once */
    /* Which of its values tells why, and which names the rule; -1: none. */
    int           reason_field[G_N_ELEMENTS(kinds)], rule_field[G_N_ELEMENTS(kinds)];
};

static Happening *happening_at(const Recorder *rec, uint64_t serial)
{
    return &rec->ring[serial % RECORD_MAX];
}

/* Its body's: less than 2^32 from the end. */
static uint64_t place_of(const Recorder *rec, const Happening *h)
{
    uint64_t end = rec->bodies.end;

    return end - (uint32_t)((uint32_t)end - h->body);
}

static Body *body_of(const Recorder *rec, const Happening *h)
{
    return shelf_at(&rec->bodies, place_of(rec, h));
}

/* --- bodies ----------------------------------------------------------------------------------- */

/* Where the oddity of a body with n bytes begins in it. */
static size_t oddity_at(size_t n)
{
    return (offsetof(Body, bytes) + n + alignof(Oddity) - 1) & ~(alignof(Oddity) - 1);
}

/* NULL: it is plain. */
static Oddity *oddity_of(Body *b)
{
    return b->plain ? NULL : (Oddity *)(void *)((char *)b + oddity_at(b->n));
}

/* Nothing but routers has touched it, and these change nothing but MAC addresses, TTL and header
 * checksum. */
static inline bool is_plain(const Packet *pkt, Span frame)
{
    return pkt->remark == NULL && !pkt->altered && !pkt->forged && frame.n >= HEAD &&
           get32(frame.p + TYPE) >> 8 == (ETHERTYPE_IPV4 << 8 | PLAIN);
}

/* Packet.seen is the observer's note of a plain packet's body and of the frame's length then. */
static inline void note(const Packet *pkt, uint64_t body)
{
    ((Packet *)(uintptr_t)pkt)->seen = body << LEN_BITS | pkt->frame_len;
}

/* What it says is still true of the packet: its body need not be written once more. Whatever is
 * done to a packet is remarked. */
static inline bool is_known(const Recorder *rec, const Packet *pkt)
{
    return (pkt->seen & ((1 << LEN_BITS) - 1)) == pkt->frame_len && pkt->remark == NULL &&
           rec->bodies.end - (pkt->seen >> LEN_BITS) < AGE;
}

static bool is_dhcp(Span frame)
{
    Glance g;

    if (frame.p[PROTO] != IPPROTO_UDP4)
        return false;
    if (frame.p[ETH_HDR_LEN] == PLAIN && get16(frame.p + HEAD) > DHCP_CLIENT_PORT)
        return false;
    glance(&g, frame);
    return g.kind == GLANCE_UDP && MIN(g.src_port, g.dst_port) >= DHCP_SERVER_PORT &&
           MAX(g.src_port, g.dst_port) <= DHCP_CLIENT_PORT;
}

/* How many of the frame's bytes are kept. The headers of what is not written are all that is;
 * others are not worth it. */
static inline size_t look_at(const Packet *pkt, Span frame)
{
    if (!packet_is_written(pkt)) {
        uint32_t headers = pkt->unwritten.at - pkt->frame;
        if (headers >= HEAD && headers <= RECORD_SNAP)
            return headers;
        packet_write(pkt);
    }
    return frame.n <= RECORD_SNAP || is_dhcp(frame) ? frame.n : RECORD_SNAP;
}

/* Whole blocks of what nothing refers to any more. */
static void forget_old(Recorder *rec)
{
    uint64_t first = recorder_first(rec);

    if (first == 0)
        return;
    uint64_t oldest = place_of(rec, happening_at(rec, first));
    shelf_forget(&rec->bodies, oldest - MIN(oldest, AGE));
}

static void set_ring(Recorder *rec, Happening *ring, size_t used, size_t all)
{
    rec->ring = ring;
    rec->next = ring + used;
    rec->full = ring + all;
}

static G_GNUC_NO_INLINE void make_room(Recorder *rec)
{
    if (rec->ring == NULL)
        set_ring(rec, g_new(Happening, FIRST_RING), 0, FIRST_RING);
    forget_old(rec);
    shelf_add_block(&rec->bodies);
}

/* One of `size` bytes in all, n of them the frame's, which are not yet there; and its place. */
static inline Body *add_body(Recorder *rec, const Packet *pkt, size_t size, size_t n,
                             uint64_t *place)
{
    size_t units = shelf_units(size);

    if (G_UNLIKELY(!shelf_has_room(&rec->bodies, units)))
        make_room(rec);
    *place = rec->bodies.end;
    Body *b = shelf_add(&rec->bodies, units);
    b->packet = pkt->id;
    b->born = pkt->born;
    b->unwritten = pkt->unwritten;
    b->frame = pkt->frame;
    b->len = pkt->frame_len;
    b->n = (uint32_t)n;
    b->why = (uint8_t)pkt->why;
    b->retransmission = pkt->retransmission;
    return b;
}

/* At least STEP bytes. A call takes longer. */
static inline void copy_short(uint8_t *to, const uint8_t *from, size_t n)
{
    enum { STEP = 32 };

    for (size_t i = STEP; i < n; i += STEP)
        memcpy(to + i - STEP, from + i - STEP, STEP);
    memcpy(to + n - STEP, from + n - STEP, STEP);
}

static inline uint64_t add_plain(Recorder *rec, const Packet *pkt, const uint8_t *frame, size_t n)
{
    uint64_t place;
    Body *b = add_body(rec, pkt, offsetof(Body, bytes) + n, n, &place);

    b->plain = true;
    copy_short(b->bytes, frame, n);
    note(pkt, place);
    return place;
}

static Oddity *add_odd(Recorder *rec, const Packet *pkt, Node *node, uint64_t *place)
{
    Span frame = packet_frame_headers(pkt);
    size_t n = look_at(pkt, frame);
    Body *b = add_body(rec, pkt, oddity_at(n) + sizeof(Oddity), n, place);

    b->plain = false;
    memcpy(b->bytes, frame.p, n);
    Oddity *odd = oddity_of(b);
    *odd = (Oddity){ .remark = pkt->remark, .node = node, .drop = DROP_NONE,
                     .forged = pkt->forged, .altered = pkt->altered };
    ((Packet *)(uintptr_t)pkt)->seen = 0;
    return odd;
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* Relative numbers need every segment once, as its sender made it. A router that forwards it tells
 * nothing new, and does no harm. */
static void follow(Recorder *rec, const Node *node, const Packet *pkt)
{
    Span frame = packet_frame_headers(pkt);
    Glance g;

    if (pkt->altered || node->kind == NODE_SWITCH || frame.n <= PROTO ||
        get16(frame.p + TYPE) != ETHERTYPE_IPV4 || frame.p[PROTO] != IPPROTO_TCP4)
        return;
    glance(&g, frame);
    if (g.kind == GLANCE_TCP)
        flows_see(rec->flows, g.src, g.dst, &g.tcp, (uint32_t)g.data,
                  pkt->forged ? NEVER : pkt->born);
}

/* The same for one that is plain. */
static inline void follow_plain(Recorder *rec, const Node *node, const Packet *pkt)
{
    enum { FRAG = ETH_HDR_LEN + 6, MORE_OR_LATER = 0x3fff };
    const uint8_t *p = pkt->buf + pkt->frame;

    if (p[PROTO] != IPPROTO_TCP4 || node->kind == NODE_SWITCH)
        return;
    if ((get16(p + FRAG) & MORE_OR_LATER) == 0)
        flows_see_plain(rec->flows, p + ETH_HDR_LEN, pkt->born);
    else
        follow(rec, node, pkt);
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

/* The ring is full. */
static G_GNUC_NO_INLINE void turn(Recorder *rec)
{
    Happening *small = rec->ring;

    if (rec->full - small == RECORD_MAX) {
        rec->next = small;
        rec->rounds++;
        return;
    }
    set_ring(rec, pages_take(RING_BYTES, &rec->mapped), FIRST_RING, RECORD_MAX);
    memcpy(rec->ring, small, FIRST_RING * sizeof *small);
    g_free(small);
    rec->sim->heap.mapped += rec->mapped ? RING_BYTES : 0;
}

static void free_ring(Recorder *rec)
{
    rec->sim->heap.mapped -= rec->mapped ? RING_BYTES : 0;
    if (rec->full - rec->ring == RECORD_MAX)
        pages_give(rec->ring, RING_BYTES, rec->mapped);
    else
        g_free(rec->ring);
}

static inline void keep(Recorder *rec, RecordKind kind, uint32_t port, const Packet *pkt,
                        uint64_t body)
{
    const uint8_t *p = pkt->buf + pkt->frame;
    Happening *h = rec->next;

    h->t = sim_now(rec->sim);
    h->body = (uint32_t)body;
    h->port = port;
    memcpy(h->head, p, sizeof h->head);
    memcpy(h->head + OUR_TTL, p + TTL, sizeof h->head - OUR_TTL);
    h->head[OUR_KIND] = (uint8_t)kind;
    rec->next = h + 1;
    if (G_UNLIKELY(rec->next == rec->full))
        turn(rec);
}

/* One that looks as no body does: the place of a new one. */
static inline uint64_t see(Recorder *rec, Node *node, const Packet *pkt, bool plain)
{
    Span frame = packet_frame_headers(pkt);
    uint64_t place;

    if (plain) {
        size_t n = look_at(pkt, frame);
        if (n <= RECORD_SNAP)
            return add_plain(rec, pkt, frame.p, n);
    }
    add_odd(rec, pkt, node, &place);
    return place;
}

static G_GNUC_NO_INLINE void on_first_sent(Recorder *rec, const Port *port, const Packet *pkt)
{
    bool plain = is_plain(pkt, packet_frame_headers(pkt));

    if (plain)
        follow_plain(rec, port->node, pkt);
    else
        follow(rec, port->node, pkt);
    keep(rec, RECORD_SENT, port->number, pkt, see(rec, port->node, pkt, plain));
}

static void on_sent(void *self, const Port *port, const Packet *pkt)
{
    Recorder *rec = self;

    if (G_LIKELY(is_known(rec, pkt)))
        keep(rec, RECORD_SENT, port->number, pkt, pkt->seen >> LEN_BITS);
    else
        on_first_sent(rec, port, pkt);
}

static G_GNUC_NO_INLINE void on_strange(Recorder *rec, const Port *port, const Packet *pkt)
{
    bool plain = is_plain(pkt, packet_frame_headers(pkt));

    keep(rec, RECORD_RECEIVED, port->number, pkt, see(rec, port->node, pkt, plain));
}

static void on_received(void *self, const Port *port, const Packet *pkt)
{
    Recorder *rec = self;

    if (G_LIKELY(is_known(rec, pkt)))
        keep(rec, RECORD_RECEIVED, port->number, pkt, pkt->seen >> LEN_BITS);
    else
        on_strange(rec, port, pkt);
}

static void follow_sent(void *self, const Port *port, const Packet *pkt)
{
    follow(self, port->node, pkt);
}

static void pass_over(void *self, const Port *port, const Packet *pkt)
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
    uint64_t place;

    while (which < G_N_ELEMENTS(kinds) && kinds[which].point != ev->point)
        which++;
    if (which == G_N_ELEMENTS(kinds))
        return;
    int reason = rec->reason_field[which], rule = rec->rule_field[which];
    Oddity *odd = add_odd(rec, ev->pkt, ev->node, &place);

    if (reason >= 0)
        odd->drop = reason_by_name(trace_arg_str(ev, reason));
    if (rule >= 0)
        odd->remark = remark(rec, ev, rule);
    keep(rec, kinds[which].kind, ev->port != NULL ? ev->port->number : 0, ev->pkt, place);
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

/* The text of a packet that was not written then, as it would have been. */
static void write_body(const Body *b, uint8_t out[static RECORD_SNAP])
{
    size_t cap = b->unwritten.at + b->unwritten.n;
    Packet *pkt = g_malloc(sizeof *pkt + cap);

    *pkt = (Packet){ .cap = (uint32_t)cap, .frame = b->frame, .unwritten = b->unwritten };
    memcpy(pkt->buf + b->frame, b->bytes, b->n);
    packet_write(pkt);
    memcpy(out, pkt->buf + b->frame, MIN(b->len, RECORD_SNAP));
    g_free(pkt);
}

static void tell_bytes(const Happening *h, const Body *b, uint8_t out[static RECORD_SNAP])
{
    if (b->unwritten.write != NULL)
        write_body(b, out);
    else
        memcpy(out, b->bytes, MIN(b->n, RECORD_SNAP));
    if (!b->plain)
        return;
    memcpy(out, h->head + OUR_MACS, OUR_TTL - OUR_MACS);
    out[TTL] = h->head[OUR_TTL];
    memcpy(out + HEADER_SUM, h->head + OUR_SUM, sizeof h->head - OUR_SUM);
}

static void tell(Recorder *rec, uint64_t serial, Record *r)
{
    const Happening *h = happening_at(rec, serial);
    Body *b = body_of(rec, h);
    const Oddity *odd = oddity_of(b);

    r->serial = serial;
    r->t = h->t;
    r->kind = h->head[OUR_KIND];
    r->port = port_by_number(rec, h->port);
    r->node = odd != NULL ? odd->node : r->port->node;
    r->dir = direction(r->kind, r->port);
    r->packet = b->packet;
    r->why = b->why;
    r->drop = odd != NULL ? odd->drop : DROP_NONE;
    r->born = b->born;
    r->forged = odd != NULL && odd->forged;
    r->altered = odd != NULL && odd->altered;
    r->retransmission = b->retransmission;
    r->remark = odd != NULL ? odd->remark : NULL;
    r->len = b->len;
    r->snap = MIN(b->len, RECORD_SNAP);
    r->whole = b->n > RECORD_SNAP ? b->bytes : NULL;
    tell_bytes(h, b, r->bytes);
}

/* --- listening -------------------------------------------------------------------------------- */

static bool follows(const Recorder *rec)
{
    return !rec->paused || rec->asked;
}

/* As if the SYNs of a connection that is there had been seen. */
static void catch_up_with(void *rec_, const TcpInfo *info)
{
    Recorder *rec = rec_;
    TcpHdr h = { .src_port = info->local_port, .dst_port = info->remote_port, .seq = info->iss,
                 .flags = TCP_SYN };

    if (info->state > TCP_SYN_SENT) {
        h.flags |= TCP_ACK;
        h.ack = info->irs + 1;
    }
    flows_see(rec->flows, info->local, info->remote, &h, 0, 0);
}

/* From not following to following: nothing that passed meanwhile was looked at. */
static void catch_up(Recorder *rec)
{
    for (guint i = 0; i < rec->sim->nodes->len; i++) {
        const Stack *stack = node_stack(g_ptr_array_index(rec->sim->nodes, i));
        if (stack != NULL)
            tcp_each(stack->made.tcp, catch_up_with, rec);
    }
}

/* What it hears, by what is wanted. */
static void listen(Recorder *rec)
{
    FrameWatch all = { on_sent, on_received, rec }, numbers = { follow_sent, pass_over, rec };

    trace_watch_frames(&rec->sim->trace, !rec->paused ? &all : rec->asked ? &numbers : NULL);
    trace_set_categories(&rec->sim->trace, rec, rec->paused ? 0 : TRACE_FATE | TRACE_DROP);
}

static void set_wishes(Recorder *rec, bool paused, bool asked)
{
    bool followed = follows(rec);

    rec->paused = paused;
    rec->asked = asked;
    if (!followed && follows(rec))
        catch_up(rec);
    listen(rec);
}

Recorder *recorder_new(Sim *sim)
{
    Recorder *rec = g_new0(Recorder, 1);

    rec->sim = sim;
    rec->bodies.mapped = &sim->heap.mapped;
    rec->told = g_ptr_array_new_with_free_func(g_free);
    rec->ports = g_ptr_array_new();
    rec->flows = flows_new();
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
    trace_watch_frames(&rec->sim->trace, NULL);
    free_ring(rec);
    shelf_clear(&rec->bodies);
    g_ptr_array_free(rec->told, TRUE);
    g_ptr_array_free(rec->ports, TRUE);
    flows_free(rec->flows);
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
    return rec->rounds * RECORD_MAX + (uint64_t)(rec->next - rec->ring);
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
    return rec->flows;
}
