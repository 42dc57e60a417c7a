/*
 * follow.c - segments handed to flow.c, as they pass, or as they are found in the record.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/follow.h"

#include "protocols/stack.h"
#include "sim/view/glance.h"
#include "sim/view/record.h"

enum {
    PAGE_SYNS = 400,
    NOTED_MAX = 1 << 15 /* at first: more are taken before anybody asks */
};

enum { TYPE = ETH_HDR_LEN - 2, FRAG = ETH_HDR_LEN + 6, PROTO = ETH_HDR_LEN + 9 }; /* offsets */

typedef struct NotedSyn {
    uint64_t serial;
    SimTime  made;
    uint32_t src, dst, seq, ack;
    uint16_t src_port, dst_port;
    uint8_t  flags;
} NotedSyn;

typedef struct Page Page;
struct Page { /* no more memory is touched than is written to */
    Page *next;
    size_t first, end; /* those that are not taken yet */
    NotedSyn syns[PAGE_SYNS];
};

struct Follower {
    Flows *flows;
    Page *oldest, *newest; /* in order; none is empty */
    size_t noted;
    size_t many; /* so many, and those that the record no longer has are taken */
};

Follower *follower_new(Heap *heap)
{
    Follower *f = g_new0(Follower, 1);

    f->flows = flows_new(heap);
    f->many = NOTED_MAX;
    return f;
}

void follower_free(Follower *f)
{
    follow_end(f);
    flows_free(f->flows);
    g_free(f);
}

Flows *follower_flows(Follower *f)
{
    return f->flows;
}

/* --- at once ---------------------------------------------------------------------------------- */

/* Relative numbers need every segment once, as its sender made it. A router that forwards it tells
 * nothing new, and does no harm. */
static bool look(Glance *g, const Node *node, bool altered, Span frame)
{
    if (altered || node->kind == NODE_SWITCH || frame.n <= PROTO ||
        get16(frame.p + TYPE) != ETHERTYPE_IPV4 || frame.p[PROTO] != IPPROTO_TCP4)
        return false;
    glance(g, frame);
    return g->kind == GLANCE_TCP;
}

static SimTime made_at(bool forged, SimTime born)
{
    return forged ? NEVER : born;
}

void follow(Follower *f, const Node *node, const Packet *pkt)
{
    Glance g;

    if (look(&g, node, pkt->altered, packet_frame_headers(pkt)))
        flows_see(f->flows, g.src, g.dst, &g.tcp, (uint32_t)g.data,
                  made_at(pkt->forged, pkt->born));
}

void follow_plain(Follower *f, const Node *node, const Packet *pkt)
{
    enum { MORE_OR_LATER = 0x3fff };
    const uint8_t *p = pkt->buf + pkt->frame;

    if (p[PROTO] != IPPROTO_TCP4 || node->kind == NODE_SWITCH)
        return;
    if ((get16(p + FRAG) & MORE_OR_LATER) == 0)
        flows_see_plain(f->flows, p + ETH_HDR_LEN, pkt->born);
    else
        follow(f, node, pkt);
}

/* --- later ------------------------------------------------------------------------------------ */

static void take_noted(Follower *f, const NotedSyn *syn)
{
    TcpHdr h = { .src_port = syn->src_port, .dst_port = syn->dst_port, .seq = syn->seq,
                 .ack = syn->ack, .flags = syn->flags };

    flows_see(f->flows, ip_v4(syn->src), ip_v4(syn->dst), &h, 0, syn->made);
}

static void drop_page(Follower *f)
{
    Page *page = f->oldest;

    f->oldest = page->next;
    if (f->oldest == NULL)
        f->newest = NULL;
    g_free(page);
}

void follow_noted(Follower *f, uint64_t serial)
{
    for (Page *page; (page = f->oldest) != NULL && page->syns[page->first].serial < serial;) {
        take_noted(f, &page->syns[page->first++]);
        f->noted--;
        if (page->first == page->end)
            drop_page(f);
    }
}

static void note(Follower *f, const NotedSyn *syn)
{
    Page *page = f->newest;

    if (page == NULL || page->end == PAGE_SYNS) {
        page = g_new(Page, 1);
        page->next = NULL;
        page->first = page->end = 0;
        *(f->newest != NULL ? &f->newest->next : &f->oldest) = page;
        f->newest = page;
    }
    page->syns[page->end++] = *syn;
    f->noted++;
}

void follow_later(Follower *f, const Node *node, const Packet *pkt, uint64_t serial,
                  uint64_t first)
{
    Glance g;

    if (!look(&g, node, pkt->altered, packet_frame_headers(pkt)) || !(g.tcp.flags & TCP_SYN))
        return;
    NotedSyn syn = { .serial = serial, .made = made_at(pkt->forged, pkt->born),
                     .src = ip_to_v4(g.src), .dst = ip_to_v4(g.dst),
                     .seq = g.tcp.seq, .ack = g.tcp.ack, .src_port = g.src_port,
                     .dst_port = g.dst_port, .flags = g.tcp.flags };
    note(f, &syn);
    if (f->noted < f->many)
        return;
    follow_noted(f, first);
    f->many = MAX(2 * f->noted, NOTED_MAX);
}

void follow_record(Follower *f, const Record *r)
{
    Glance g;

    if (r->kind == RECORD_SENT && look(&g, r->node, r->altered, record_bytes(r)))
        flows_see(f->flows, g.src, g.dst, &g.tcp, (uint32_t)g.data, made_at(r->forged, r->born));
}

void follow_end(Follower *f)
{
    while (f->oldest != NULL)
        drop_page(f);
    f->noted = 0;
}

/* --- connections that are there --------------------------------------------------------------- */

static void take_living(void *flows, const TcpInfo *info)
{
    TcpHdr h = { .src_port = info->local_port, .dst_port = info->remote_port, .seq = info->iss,
                 .flags = TCP_SYN };

    if (info->state > TCP_SYN_SENT) {
        h.flags |= TCP_ACK;
        h.ack = info->irs + 1;
    }
    flows_see(flows, info->local, info->remote, &h, 0, 0);
}

void follow_living(Follower *f, const Sim *sim)
{
    for (guint i = 0; i < sim->nodes->len; i++) {
        const Stack *stack = node_stack(g_ptr_array_index(sim->nodes, i));
        if (stack != NULL)
            tcp_each(stack->made.tcp, take_living, f->flows);
    }
}
