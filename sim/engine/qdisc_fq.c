/*
 * qdisc_fq.c - flow queues, each with a CoDel of its own, served in turn: FQ-CoDel, RFC 8290.
 *
 * A flow that has just begun to wait stands in the list of new ones, which goes first; one that has
 * had its quantum, or whose line has run empty there, goes to the end of the old ones. When all
 * lines together are too long, the longest loses its head.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/qdisc_priv.h"

typedef struct Flow Flow;
struct Flow {
    Fifo    fifo;
    Codel   codel;
    int64_t deficit; /* bytes that it may still send in this turn */
    Flow   *next;    /* in its list */
    bool    listed;
};

typedef struct FlowList {
    Flow    *head, *tail;
    uint64_t n;
} FlowList;

typedef struct FqQueue {
    Qdisc    q;
    Flow    *flows;
    uint64_t n_flows;
    uint64_t salt; /* which flows share a line is the seed's business */
    FlowList fresh, old;
} FqQueue;

/* --- the lists -------------------------------------------------------------------------------- */

static void list_append(FlowList *list, Flow *flow)
{
    flow->next = NULL;
    flow->listed = true;
    *(list->head != NULL ? &list->tail->next : &list->head) = flow;
    list->tail = flow;
    list->n++;
}

static Flow *list_take(FlowList *list)
{
    Flow *flow = list->head;

    list->head = flow->next;
    list->n--;
    flow->listed = false;
    return flow;
}

static FlowList *first_list(FqQueue *fq)
{
    return fq->fresh.head != NULL ? &fq->fresh : &fq->old;
}

/* --- arrival, RFC 8290 §4.1 ------------------------------------------------------------------ */

/* SplitMix64's finalizer: every bit of the key reaches every bit of the slot. */
static Flow *flow_of(FqQueue *fq, const Packet *pkt)
{
    const FrameReader *reader = fq->q.dir->sim->reader;
    uint64_t key = (reader != NULL ? reader->flow(pkt) : 0) ^ fq->salt;

    key = (key ^ key >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    key = (key ^ key >> 27) * UINT64_C(0x94d049bb133111eb);
    key ^= key >> 31;
    return &fq->flows[(key >> 32) * fq->n_flows >> 32];
}

static Flow *longer(Flow *longest, const FlowList *list)
{
    for (Flow *flow = list->head; flow != NULL; flow = flow->next)
        if (longest == NULL || flow->fifo.bytes > longest->fifo.bytes)
            longest = flow;
    return longest;
}

static void put(Qdisc *q, Packet *pkt)
{
    FqQueue *fq = (FqQueue *)q;
    Flow *flow = flow_of(fq, pkt);

    fifo_put(&flow->fifo, pkt);
    qdisc_joined(q, pkt);
    if (!flow->listed) {
        flow->deficit = (int64_t)q->dir->cfg->qdisc.quantum;
        list_append(&fq->fresh, flow);
    }
    while (!qdisc_fits(q, q->packets, q->bytes)) {
        Packet *head = fifo_take(&longer(longer(NULL, &fq->fresh), &fq->old)->fifo);
        qdisc_left(q, head);
        link_lose(q->dir, head, DROP_LINK_FQ_OVERLIMIT);
    }
}

/* --- departure, RFC 8290 §4.2 ---------------------------------------------------------------- */

static Packet *take(Qdisc *q)
{
    FqQueue *fq = (FqQueue *)q;
    FlowList *list;

    while ((list = first_list(fq))->head != NULL) {
        Flow *flow = list->head;
        if (flow->deficit <= 0) {
            flow->deficit += (int64_t)q->dir->cfg->qdisc.quantum;
            list_append(&fq->old, list_take(list));
            continue;
        }
        Packet *pkt = codel_take(&flow->codel, &flow->fifo, q);
        if (pkt != NULL) {
            flow->deficit -= pkt->frame_len;
            return pkt;
        }
        list_take(list);
        if (list == &fq->fresh) /* it must not come back as a new one at once */
            list_append(&fq->old, flow);
    }
    return NULL;
}

static Packet *evict(Qdisc *q)
{
    FqQueue *fq = (FqQueue *)q;
    FlowList *list;

    while ((list = first_list(fq))->head != NULL) {
        Packet *pkt = fifo_take(&list->head->fifo);
        if (pkt != NULL) {
            qdisc_left(q, pkt);
            return pkt;
        }
        list_take(list);
    }
    return NULL;
}

/* --- the discipline --------------------------------------------------------------------------- */

static Qdisc *make(LinkDir *dir)
{
    FqQueue *fq = g_new0(FqQueue, 1);
    Rng rng;

    fq->n_flows = dir->cfg->qdisc.flows;
    fq->flows = g_new0(Flow, fq->n_flows);
    link_init_stream(dir, &rng, "fq_codel");
    fq->salt = rng_u64(&rng);
    return &fq->q;
}

/* CoDel's part is that of the flow whose turn it is. */
static QdiscState state(const Qdisc *q)
{
    const FqQueue *fq = (const FqQueue *)q;
    const Flow *flow = fq->fresh.head != NULL ? fq->fresh.head : fq->old.head;
    QdiscState s = { .new_flows = fq->fresh.n, .old_flows = fq->old.n };

    if (flow != NULL) {
        s.dropping = flow->codel.dropping;
        s.count = flow->codel.count;
        s.drop_next = flow->codel.drop_next;
    }
    return s;
}

static void fq_free(Qdisc *q)
{
    g_free(((FqQueue *)q)->flows);
    g_free(q);
}

const QdiscOps fq_codel_ops = { make, put, take, evict, state, fq_free };
