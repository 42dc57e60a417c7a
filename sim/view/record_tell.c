/*
 * record_tell.c - what was written down about a frame, made the frame again.
 *
 * How the frame of a packet begins that a router sends on at once is not written: its MAC addresses
 * are those that the port's frames usually have, the TTL is one less and the header's checksum
 * follows from that, and it left when it had come.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/record_priv.h"

#include <string.h>

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

/* The packet again, but for what lies in its buffer. */
static void looks_of(const Body *b, Packet *looks)
{
    *looks = (Packet){ .why = b->why };
    memcpy((char *)looks + LOOKS_FROM, b->looks, LOOKS);
    if (b->described)
        memcpy(&looks->unwritten, b->rest, sizeof looks->unwritten);
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
    memcpy(pkt->buf + pkt->frame, body_bytes(b), b->n);
    packet_write(pkt);
    memcpy(out, pkt->buf + pkt->frame, MIN(pkt->frame_len, RECORD_SNAP));
    if (packet_is_written(looks))
        memcpy(out, body_bytes(b), b->n);
    g_free(pkt);
}

typedef struct Passage { /* what is found of one */
    const Onward   *it;
    const Crossing *from;    /* which it is, or goes on from, */
    unsigned        routers; /* over so many */
    SimTime         t;
    Port           *port;
} Passage;

static void find_passage(Recorder *rec, uint32_t ref, Passage *p)
{
    const Onward *o = shelf_at(&rec->shelf, ref), *before;

    *p = (Passage){ .it = o, .port = port_by_number(rec, onward_port(o)) };
    for (; trail_tag(onward_ref(o)) == TRAIL_ONWARD; o = before) {
        before = shelf_at(&rec->shelf, onward_ref(o));
        p->t = o == p->it ? before->arrive : p->t;
        p->routers += port_by_number(rec, onward_port(o))->node->kind != NODE_SWITCH;
    }
    p->from = (const Crossing *)(const void *)o;
    if (o == p->it)
        p->t = p->from->t < 0 ? ~p->from->t : p->from->t;
}

static void tell_bytes(const Passage *p, const Packet *looks, const Body *b,
                       uint8_t out[static RECORD_SNAP])
{
    const uint8_t *head = p->from->head;

    if (packet_is_written(looks) && b->n >= MIN(looks->frame_len, RECORD_SNAP))
        memcpy(out, body_bytes(b), MIN(b->n, RECORD_SNAP));
    else
        write_body(looks, b, out);
    if (p->from->t >= 0) {
        memcpy(out, head, TRAIL_FRONT);
        out[TTL] = head[OUR_TTL];
        memcpy(out + HEADER_SUM, head + OUR_SUM, TRAIL_HEAD - OUR_SUM);
    }
    if (p->it != &p->from->like) {
        memcpy(out, p->port->usual, TRAIL_FRONT);
        for (unsigned i = 0; i < p->routers; i++)
            ipv4_decrement_ttl(out + ETH_HDR_LEN);
    }
}

void record_tell(Recorder *rec, uint64_t serial, Record *r)
{
    uint32_t ref = shelf_happening(&rec->shelf, serial);
    bool ends = trail_tag(ref) == TRAIL_END;
    Passage p;
    Packet looks;

    find_passage(rec, ref, &p);
    const Body *b = shelf_at(&rec->shelf, onward_ref(&p.from->like));
    const Oddity *odd = body_oddity(b);
    SimTime arrive = p.it->arrive;
    looks_of(b, &looks);
    r->serial = serial;
    r->t = ends ? arrive : p.t;
    r->kind = ends ? RECORD_RECEIVED : arrive < 0 ? (RecordKind)-arrive : RECORD_SENT;
    r->port = ends ? p.port->out->to : p.port;
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
    r->whole = b->n > RECORD_SNAP ? body_bytes(b) : NULL;
    tell_bytes(&p, &looks, b, r->bytes);
}
