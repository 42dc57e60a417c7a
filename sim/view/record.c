/*
 * record.c - a ring of records in blocks that are made when first needed and then used again.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/record.h"

#include "protocols/stack.h"
#include "protocols/wire/dhcp_wire.h"
#include "sim/view/glance.h"

#include <string.h>

enum { BLOCK = 1024, BLOCKS = (RECORD_MAX + BLOCK - 1) / BLOCK };

static const struct {
    const TracePoint *point;
    RecordKind        kind;
} kinds[] = {
    { &LINK_ENQUEUED, RECORD_SENT },         { &LINK_DELIVERED, RECORD_RECEIVED },
    { &LINK_LOST, RECORD_LOST },             { &PACKET_DROPPED, RECORD_DROPPED },
    { &LINK_HELD, RECORD_HELD },             { &LINK_RELEASED, RECORD_RELEASED },
    { &LINK_DUPLICATED, RECORD_DUPLICATED }, { &LINK_CORRUPTED, RECORD_CORRUPTED },
    { &LINK_MODIFIED, RECORD_MODIFIED },     { &LINK_DELAYED, RECORD_DELAYED },
};

struct Recorder {
    Sim          *sim;
    bool          paused;
    bool          asked;          /* somebody wants the numbers, even while it is paused */
    bool          wholes;         /* some record has a frame of its own */
    uint64_t      end;            /* the next serial */
    Record       *blocks[BLOCKS];
    Flows        *flows;
    GStringChunk *rules;          /* names, each once */
    /* Which of its values tells why, and which names the rule; -1: none. */
    int           reason_field[G_N_ELEMENTS(kinds)], rule_field[G_N_ELEMENTS(kinds)];
};

static Record *slot(const Recorder *rec, uint64_t serial)
{
    return &rec->blocks[serial / BLOCK % BLOCKS][serial % BLOCK];
}

static Record *next_slot(Recorder *rec)
{
    Record **block = &rec->blocks[rec->end / BLOCK % BLOCKS];

    if (*block == NULL)
        *block = g_new0(Record, BLOCK);
    return slot(rec, rec->end);
}

/* Relative numbers need every segment once, as its sender made it. A router that forwards it tells
 * nothing new, and does no harm. */
static void follow(Recorder *rec, const TraceEvent *ev)
{
    Glance g;

    if (ev->pkt->altered || ev->node->kind == NODE_SWITCH)
        return;
    glance(&g, packet_frame(ev->pkt));
    if (g.kind == GLANCE_TCP)
        flows_see(rec->flows, g.src, g.dst, &g.tcp, (uint32_t)g.data,
                  ev->pkt->forged ? NEVER : ev->pkt->born);
}

static DropReason reason_by_name(const char *name)
{
    for (int i = DROP_NONE + 1; i < DROP_COUNT; i++)
        if (drop_name((DropReason)i) == name || strcmp(drop_name((DropReason)i), name) == 0)
            return (DropReason)i;
    return DROP_NONE;
}

static LinkDir *direction(RecordKind kind, Port *port)
{
    if (port == NULL || port->out == NULL)
        return NULL;
    bool incoming = kind == RECORD_RECEIVED || kind == RECORD_DROPPED;
    return incoming ? link_dir_reverse(port->out) : port->out;
}

/* What the scenario did to it: the packet's own remark, which the world keeps, or the name of the
 * rule, which lives no longer than the event. */
static const char *remark(Recorder *rec, const TraceEvent *ev, int rule)
{
    if (ev->pkt->remark != NULL || ev->point == &PACKET_DROPPED)
        return ev->pkt->remark;
    return rule >= 0 ? g_string_chunk_insert_const(rec->rules, trace_arg_str(ev, rule)) : NULL;
}

static bool is_dhcp(const Glance *g)
{
    return g->kind == GLANCE_UDP && MIN(g->src_port, g->dst_port) >= DHCP_SERVER_PORT &&
           MAX(g->src_port, g->dst_port) <= DHCP_CLIENT_PORT;
}

static void keep_whole(Recorder *rec, Record *r, Span frame)
{
    enum { PROTOCOL = 23 };
    Glance g;

    if (r->whole != NULL) {
        g_free(r->whole);
        r->whole = NULL;
    }
    if (frame.n <= RECORD_SNAP || frame.p[PROTOCOL] != IPPROTO_UDP4)
        return;
    glance(&g, frame);
    if (!is_dhcp(&g))
        return;
    r->whole = g_memdup2(frame.p, frame.n);
    rec->wholes = true;
}

/* Field by field: what lies behind the bytes that are kept stays as it was. */
static void keep(Recorder *rec, const TraceEvent *ev, size_t which)
{
    Record *r = next_slot(rec);
    const Packet *pkt = ev->pkt;
    Span frame = packet_frame(pkt);
    int reason = rec->reason_field[which];

    r->serial = rec->end++;
    r->t = ev->t;
    r->kind = kinds[which].kind;
    r->node = ev->node;
    r->port = ev->port;
    r->dir = direction(r->kind, ev->port);
    r->packet = pkt->id;
    r->why = pkt->why;
    r->drop = reason >= 0 ? reason_by_name(trace_arg_str(ev, reason)) : DROP_NONE;
    r->born = pkt->born;
    r->forged = pkt->forged;
    r->altered = pkt->altered;
    r->retransmission = pkt->retransmission;
    r->remark = remark(rec, ev, rec->rule_field[which]);
    r->len = (uint32_t)frame.n;
    r->snap = (uint32_t)MIN(frame.n, RECORD_SNAP);
    memcpy(r->bytes, frame.p, r->snap);
    keep_whole(rec, r, frame);
}

static void on_event(void *self, const TraceEvent *ev)
{
    Recorder *rec = self;

    if (ev->pkt == NULL)
        return;
    if (ev->point == &LINK_ENQUEUED)
        follow(rec, ev);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds) && !rec->paused; i++)
        if (ev->point == kinds[i].point) {
            keep(rec, ev, i);
            return;
        }
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
    if (!followed && follows(rec))
        catch_up(rec);
    trace_set_categories(&rec->sim->trace, rec, follows(rec) ? TRACE_LINK | TRACE_DROP : 0);
}

Recorder *recorder_new(Sim *sim)
{
    Recorder *rec = g_new0(Recorder, 1);

    rec->sim = sim;
    rec->flows = flows_new();
    rec->rules = g_string_chunk_new(256);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        rec->reason_field[i] = trace_field(kinds[i].point, "reason");
        rec->rule_field[i] = trace_field(kinds[i].point, "rule");
    }
    trace_add_sink(&sim->trace, TRACE_LINK | TRACE_DROP, on_event, rec);
    return rec;
}

void recorder_free(Recorder *rec)
{
    if (rec == NULL)
        return;
    trace_remove_sink(&rec->sim->trace, rec);
    for (size_t i = 0; i < BLOCKS; i++) {
        for (size_t k = 0; k < BLOCK && rec->wholes && rec->blocks[i] != NULL; k++)
            g_free(rec->blocks[i][k].whole);
        g_free(rec->blocks[i]);
    }
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
    return rec->end > RECORD_MAX ? rec->end - RECORD_MAX : 0;
}

uint64_t recorder_end(const Recorder *rec)
{
    return rec->end;
}

const Record *recorder_get(const Recorder *rec, uint64_t serial)
{
    bool kept = serial >= recorder_first(rec) && serial < rec->end;

    return kept ? slot(rec, serial) : NULL;
}

Flows *recorder_flows(Recorder *rec)
{
    if (!rec->asked)
        set_wishes(rec, rec->paused, true);
    return rec->flows;
}
