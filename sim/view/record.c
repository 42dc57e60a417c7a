/*
 * record.c - what has happened to frames, written down in few words.
 *
 * A happening says when, what and where, and of which sight: that is the packet as it looked
 * there, its headers alone; what is behind them is in a body. Who passes a packet on changes
 * headers, so its sights share a body, and what arrives looks as it was sent: then nothing is
 * copied. That holds for packets to which nothing was done on the way (is_plain); any other is seen
 * anew each time.
 * Text that was not written (packet.h) is not written here either, until somebody asks. The oldest
 * sight that a happening refers to is at most AGE sights old then, and likewise for bodies, so
 * that it is known what can be forgotten.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/record.h"

#include "protocols/stack.h"
#include "protocols/wire/dhcp_wire.h"
#include "protocols/wire/tcp_wire.h"
#include "sim/view/glance.h"
#include "sim/view/shelf.h"

#include <string.h>

enum {
    HEAD = 48,      /* Ethernet, IP without options, and the first words of TCP */
    BODY = RECORD_SNAP - HEAD,
    AGE = 16384,
    PLAIN = 4 << 4 | IPV4_HDR_LEN / 4 /* version 4, no options */
};

typedef struct Body { /* what of a packet is the same everywhere */
    uint64_t   packet;
    SimTime    born;
    SentReason why;
    bool       retransmission;
    Unwritten  unwritten; /* of a packet whose `frame` is at that offset */
    uint32_t   frame;
    uint32_t   n;         /* bytes that are here, behind the head */
    uint8_t    bytes[BODY];
    uint8_t   *whole;     /* all of the frame, owned; then it is one sight's alone; NULL */
} Body;

typedef struct Sight {
    uint64_t    body; /* its number */
    const char *remark;
    uint32_t    len;
    bool        forged, altered;
    uint8_t     head[HEAD];
} Sight;

typedef struct Happening {
    SimTime    t;
    uint64_t   sight; /* its number */
    Node      *node;
    Port      *port;
    RecordKind kind;
    DropReason drop;
} Happening;

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
    bool          paused;
    bool          asked;          /* somebody wants the numbers, even while it is paused */
    bool          wholes;         /* some body has a frame of its own */
    Shelf         happenings, sights, bodies;
    uint64_t      since;          /* sights up to here are of before a pause */
    GPtrArray    *told;           /* of Record: given out since the last happening, owned */
    guint         n_told;         /* so many of them are in use */
    uint64_t      told_end;       /* when the happenings ended there */
    Flows        *flows;
    GStringChunk *rules;          /* names, each once */
    /* Which of its values tells why, and which names the rule; -1: none. */
    int           reason_field[G_N_ELEMENTS(kinds)], rule_field[G_N_ELEMENTS(kinds)];
};

static Sight *sight_at(const Recorder *rec, uint64_t number)
{
    return shelf_at(&rec->sights, number, sizeof(Sight));
}

static Body *body_at(const Recorder *rec, uint64_t number)
{
    return shelf_at(&rec->bodies, number, sizeof(Body));
}

static Happening *happening_at(const Recorder *rec, uint64_t number)
{
    return shelf_at(&rec->happenings, number, sizeof(Happening));
}

/* --- sights ----------------------------------------------------------------------------------- */

static inline bool is_untouched(const Packet *pkt)
{
    return pkt->remark == NULL && !pkt->altered && !pkt->forged;
}

/* Nothing but routers has touched it, and these change nothing behind the head. */
static inline bool is_plain(const Packet *pkt, Span frame)
{
    return is_untouched(pkt) && frame.n > HEAD && frame.p[ETH_HDR_LEN] == PLAIN &&
           get16(frame.p + 12) == ETHERTYPE_IPV4;
}

/* The last sight of a packet that was plain then, whose number Packet.seen is, and one more; NULL:
 * it has not been seen lately. */
static inline const Sight *known(const Recorder *rec, const Packet *pkt)
{
    if (pkt->seen <= rec->since || pkt->seen + AGE <= rec->sights.end)
        return NULL;
    const Sight *s = sight_at(rec, pkt->seen - 1);
    return s->len == pkt->frame_len ? s : NULL;
}

static bool is_dhcp(const Glance *g)
{
    return g->kind == GLANCE_UDP && MIN(g->src_port, g->dst_port) >= DHCP_SERVER_PORT &&
           MAX(g->src_port, g->dst_port) <= DHCP_CLIENT_PORT;
}

static void keep_whole(Recorder *rec, Body *b, Span frame)
{
    enum { PROTO = ETH_HDR_LEN + 9 };
    Glance g;

    g_clear_pointer(&b->whole, g_free);
    if (frame.n <= RECORD_SNAP || frame.p[PROTO] != IPPROTO_UDP4)
        return;
    glance(&g, frame);
    if (!is_dhcp(&g))
        return;
    b->whole = g_memdup2(frame.p, frame.n);
    rec->wholes = true;
}

static G_GNUC_NO_INLINE uint64_t add_body(Recorder *rec, const Packet *pkt, Span frame)
{
    Body *b = shelf_add(&rec->bodies, sizeof *b);
    size_t n = frame.n;

    if (!packet_is_written(pkt))
        n = pkt->unwritten.at - pkt->frame;
    n = CLAMP(n, HEAD, RECORD_SNAP) - HEAD;
    b->packet = pkt->id;
    b->born = pkt->born;
    b->why = pkt->why;
    b->retransmission = pkt->retransmission;
    b->unwritten = pkt->unwritten;
    b->frame = pkt->frame;
    b->n = (uint32_t)n;
    if (n > 0)
        memcpy(b->bytes, frame.p + HEAD, n);
    keep_whole(rec, b, frame);
    return rec->bodies.end - 1;
}

/* Its number. `before`: a sight with the same body; NULL: none is known. */
static inline uint64_t add_sight(Recorder *rec, const Packet *pkt, Span frame, const Sight *before)
{
    uint64_t body = before != NULL && before->body + AGE > rec->bodies.end
                        ? before->body
                        : add_body(rec, pkt, frame);
    Sight *s = shelf_add(&rec->sights, sizeof *s);

    s->body = body;
    s->remark = pkt->remark;
    s->len = pkt->frame_len;
    s->forged = pkt->forged;
    s->altered = pkt->altered;
    if (frame.n >= HEAD)
        memcpy(s->head, frame.p, HEAD);
    else
        memcpy(s->head, frame.p, frame.n);
    return rec->sights.end - 1;
}

/* An observer's note, which changes nothing in the packet. */
static inline void note(const Recorder *rec, const Packet *pkt, uint64_t sight, bool plain)
{
    if (rec->wholes && body_at(rec, sight_at(rec, sight)->body)->whole != NULL)
        plain = false;
    ((Packet *)(uintptr_t)pkt)->seen = plain ? sight + 1 : 0;
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* Numbers and length of text of an unfragmented TCP segment behind a plain header. */
static void read_tcp(Span frame, TcpHdr *h, uint32_t *text)
{
    const uint8_t *p = frame.p + ETH_HDR_LEN + IPV4_HDR_LEN;
    uint32_t n = get16(frame.p + ETH_HDR_LEN + 2) - (uint32_t)IPV4_HDR_LEN;

    h->src_port = get16(p);
    h->dst_port = get16(p + 2);
    h->seq = get32(p + 4);
    h->ack = get32(p + 8);
    h->flags = p[13];
    *text = n - CLAMP((uint32_t)(p[12] >> 4) * 4, TCP_HDR_LEN, n);
}

/* Relative numbers need every segment once, as its sender made it. A router that forwards it tells
 * nothing new, and does no harm. */
static G_GNUC_NO_INLINE void follow(Recorder *rec, const TraceEvent *ev, Span frame)
{
    enum { TOTAL = ETH_HDR_LEN + 2, FRAG = ETH_HDR_LEN + 6, PROTO = ETH_HDR_LEN + 9 };
    enum { SRC = ETH_HDR_LEN + 12, DST = ETH_HDR_LEN + 16, OFFSET = 0x1fff };
    SimTime made = ev->pkt->forged ? NEVER : ev->pkt->born;
    const uint8_t *p = frame.p;
    uint32_t text;
    Glance g;

    if (ev->pkt->altered || ev->node->kind == NODE_SWITCH || frame.n <= PROTO ||
        get16(p + 12) != ETHERTYPE_IPV4 || p[PROTO] != IPPROTO_TCP4)
        return;
    if (frame.n >= ETH_HDR_LEN + IPV4_HDR_LEN + TCP_HDR_LEN && p[ETH_HDR_LEN] == PLAIN &&
        (get16(p + FRAG) & OFFSET) == 0 && get16(p + TOTAL) >= IPV4_HDR_LEN + TCP_HDR_LEN) {
        read_tcp(frame, &g.tcp, &text);
        flows_see(rec->flows, ip_v4(get32(p + SRC)), ip_v4(get32(p + DST)), &g.tcp, text, made);
        return;
    }
    glance(&g, frame);
    if (g.kind == GLANCE_TCP)
        flows_see(rec->flows, g.src, g.dst, &g.tcp, (uint32_t)g.data, made);
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

/* Whole blocks of what nothing refers to any more. */
static void forget_old(Recorder *rec)
{
    uint64_t first = recorder_first(rec);

    shelf_forget(&rec->happenings, first);
    if (first == 0)
        return;
    uint64_t sight = happening_at(rec, first)->sight;
    sight = MAX(sight - MIN(sight, AGE), rec->sights.first);
    uint64_t body = sight_at(rec, sight)->body;
    shelf_forget(&rec->sights, sight);
    shelf_forget(&rec->bodies, body - MIN(body, AGE));
}

static inline Happening *keep(Recorder *rec, const TraceEvent *ev, RecordKind kind,
                              uint64_t sight)
{
    if (shelf_is_full(&rec->happenings))
        forget_old(rec);
    Happening *h = shelf_add(&rec->happenings, sizeof *h);
    h->t = ev->t;
    h->sight = sight;
    h->node = ev->node;
    h->port = ev->port;
    h->kind = kind;
    h->drop = DROP_NONE;
    return h;
}

/* The headers of what is not written are a head and a bit of a body; others are not worth it. */
static inline Span look_at(const Packet *pkt)
{
    if (!packet_is_written(pkt)) {
        uint32_t headers = pkt->unwritten.at - pkt->frame;
        if (headers < HEAD || headers > RECORD_SNAP)
            packet_write(pkt);
    }
    return packet_frame_headers(pkt);
}

static void on_sent(Recorder *rec, const TraceEvent *ev)
{
    const Packet *pkt = ev->pkt;
    Span frame = look_at(pkt);
    bool plain = is_plain(pkt, frame);
    const Sight *before = plain ? known(rec, pkt) : NULL;

    if (before == NULL)
        follow(rec, ev, frame);
    if (rec->paused)
        return;
    uint64_t sight = add_sight(rec, pkt, frame, before);
    note(rec, pkt, sight, plain);
    keep(rec, ev, RECORD_SENT, sight);
}

/* One that looks as no sight does. */
static G_GNUC_NO_INLINE uint64_t see(Recorder *rec, const Packet *pkt)
{
    Span frame = look_at(pkt);
    uint64_t sight = add_sight(rec, pkt, frame, NULL);

    note(rec, pkt, sight, is_plain(pkt, frame));
    return sight;
}

/* What arrives, untouched, looks as it did when it was sent. */
static void on_received(Recorder *rec, const TraceEvent *ev)
{
    const Packet *pkt = ev->pkt;
    bool same = is_untouched(pkt) && known(rec, pkt) != NULL;

    keep(rec, ev, RECORD_RECEIVED, same ? pkt->seen - 1 : see(rec, pkt));
}

static G_GNUC_NO_INLINE void on_rest(Recorder *rec, const TraceEvent *ev)
{
    size_t which = 0;

    while (which < G_N_ELEMENTS(kinds) && kinds[which].point != ev->point)
        which++;
    if (which == G_N_ELEMENTS(kinds))
        return;
    int reason = rec->reason_field[which], rule = rec->rule_field[which];
    uint64_t sight = see(rec, ev->pkt);
    Happening *h = keep(rec, ev, kinds[which].kind, sight);

    if (reason >= 0)
        h->drop = reason_by_name(trace_arg_str(ev, reason));
    if (rule < 0)
        return;
    sight_at(rec, sight)->remark = remark(rec, ev, rule);
    note(rec, ev->pkt, sight, false);
}

static void on_event(void *self, const TraceEvent *ev)
{
    Recorder *rec = self;

    if (ev->pkt == NULL)
        return;
    if (ev->point == &LINK_ENQUEUED)
        on_sent(rec, ev);
    else if (rec->paused)
        return;
    else if (ev->point == &LINK_DELIVERED)
        on_received(rec, ev);
    else
        on_rest(rec, ev);
}

/* --- looking back ----------------------------------------------------------------------------- */

static LinkDir *direction(RecordKind kind, Port *port)
{
    if (port == NULL || port->out == NULL)
        return NULL;
    bool incoming = kind == RECORD_RECEIVED || kind == RECORD_DROPPED;
    return incoming ? link_dir_reverse(port->out) : port->out;
}

/* The text of a packet that was not written then, as it would have been. */
static void write_body(const Sight *s, const Body *b, uint8_t out[static RECORD_SNAP])
{
    size_t cap = b->unwritten.at + b->unwritten.n;
    Packet *pkt = g_malloc(sizeof *pkt + cap);

    *pkt = (Packet){ .cap = (uint32_t)cap, .frame = b->frame, .unwritten = b->unwritten };
    memcpy(pkt->buf + b->frame, s->head, HEAD);
    memcpy(pkt->buf + b->frame + HEAD, b->bytes, b->n);
    packet_write(pkt);
    memcpy(out, pkt->buf + b->frame, MIN(s->len, RECORD_SNAP));
    g_free(pkt);
}

static void tell_bytes(const Sight *s, const Body *b, Record *r)
{
    memcpy(r->bytes, s->head, MIN(s->len, HEAD));
    if (b->unwritten.write != NULL)
        write_body(s, b, r->bytes);
    else
        memcpy(r->bytes + HEAD, b->bytes, b->n);
}

static void tell(const Recorder *rec, uint64_t serial, Record *r)
{
    const Happening *h = happening_at(rec, serial);
    const Sight *s = sight_at(rec, h->sight);
    const Body *b = body_at(rec, s->body);

    r->serial = serial;
    r->t = h->t;
    r->kind = h->kind;
    r->node = h->node;
    r->port = h->port;
    r->dir = direction(h->kind, h->port);
    r->packet = b->packet;
    r->why = b->why;
    r->drop = h->drop;
    r->born = b->born;
    r->forged = s->forged;
    r->altered = s->altered;
    r->retransmission = b->retransmission;
    r->remark = s->remark;
    r->len = s->len;
    r->snap = MIN(s->len, RECORD_SNAP);
    r->whole = b->whole;
    tell_bytes(s, b, r);
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

static void set_wishes(Recorder *rec, bool paused, bool asked)
{
    bool followed = follows(rec);

    rec->paused = paused;
    rec->asked = asked;
    rec->since = rec->sights.end;
    if (!followed && follows(rec))
        catch_up(rec);
    trace_set_categories(&rec->sim->trace, rec, follows(rec) ? TRACE_LINK | TRACE_DROP : 0);
}

Recorder *recorder_new(Sim *sim)
{
    Recorder *rec = g_new0(Recorder, 1);

    rec->sim = sim;
    rec->bodies.zeroed = true; /* for their wholes */
    rec->told = g_ptr_array_new_with_free_func(g_free);
    rec->flows = flows_new();
    rec->rules = g_string_chunk_new(256);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        rec->reason_field[i] = trace_field(kinds[i].point, "reason");
        rec->rule_field[i] = trace_field(kinds[i].point, "rule");
    }
    trace_add_sink(&sim->trace, TRACE_LINK | TRACE_DROP, on_event, rec);
    return rec;
}

static void free_whole(void *body)
{
    g_free(((Body *)body)->whole);
}

void recorder_free(Recorder *rec)
{
    if (rec == NULL)
        return;
    trace_remove_sink(&rec->sim->trace, rec);
    if (rec->wholes)
        shelf_each(&rec->bodies, sizeof(Body), free_whole);
    shelf_clear(&rec->happenings);
    shelf_clear(&rec->sights);
    shelf_clear(&rec->bodies);
    g_ptr_array_free(rec->told, TRUE);
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
    return rec->happenings.end > RECORD_MAX ? rec->happenings.end - RECORD_MAX : 0;
}

uint64_t recorder_end(const Recorder *rec)
{
    return rec->happenings.end;
}

const Record *recorder_get(Recorder *rec, uint64_t serial)
{
    if (serial < recorder_first(rec) || serial >= rec->happenings.end)
        return NULL;
    if (rec->told_end != rec->happenings.end)
        rec->n_told = 0;
    rec->told_end = rec->happenings.end;
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
