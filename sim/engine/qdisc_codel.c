/*
 * qdisc_codel.c - controlled delay, RFC 8289: drops from the head when no frame has waited less
 * than the target for a whole interval, ever more often while that lasts.
 *
 * The control law's interval / sqrt(count) is fixed point, exact to the last bit of 2^-32.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/qdisc_priv.h"

typedef struct CodelQueue {
    Qdisc q;
    Fifo  fifo;
    Codel codel;
} CodelQueue;

/* --- the law ---------------------------------------------------------------------------------- */

/* Is r <= 2^32 / sqrt(n), that is r * r * n <= 2^64? */
static bool not_above(uint64_t r, uint64_t n)
{
    uint64_t square = r * r; /* r < 2^32 */

    if (square <= 1)
        return true;
    bool divides = UINT64_MAX % square == square - 1; /* 2^64, which is one more */
    return n - divides <= UINT64_MAX / square;
}

/* Newton's step for 1 / sqrt(n) is r (3 - n r^2) / 2. From below it stays below and doubles the
 * right bits each time; what rounding leaves is put right at the end. */
uint32_t codel_inv_sqrt(uint64_t n)
{
    unsigned bits = 0;

    g_assert(n >= 2);
    while (bits < 64 && n >> bits != 0)
        bits++;
    /* n < 2^bits, so this is not above the root, nor below half of it. */
    uint64_t r = UINT64_C(1) << (32 - (bits + 1) / 2);
    for (int i = 0; i < 6; i++) {
        uint64_t part = scale_q32(n * r, r); /* n r^2, of 2^32; n r^2 <= 2^64 */
        uint64_t factor = (UINT64_C(3) << 32) - part;
        uint64_t next = (r * (factor >> 2)) >> 31; /* both below 2^32 */
        if (next <= r)
            break;
        r = next;
    }
    while (r > UINT32_MAX || !not_above(r, n))
        r--;
    while (r < UINT32_MAX && not_above(r + 1, n))
        r++;
    return (uint32_t)r;
}

/* §5.6: the next drop is due interval / sqrt(count) later. */
static SimTime control_law(const Qdisc *q, SimTime t, uint64_t count)
{
    uint64_t interval = (uint64_t)q->dir->cfg->qdisc.interval;

    if (count >= 2)
        interval = scale_q32(interval, codel_inv_sqrt(count));
    return time_add(t, (SimTime)interval);
}

/* --- dequeueing, §5.5 ------------------------------------------------------------------------ */

typedef struct Head {
    Packet *pkt;
    bool    ok_to_drop;
} Head;

/* §5.6, dodequeue. A queue that holds no more than one frame of full size is never too long. */
static Head take_head(Codel *c, Fifo *f, Qdisc *q, SimTime now)
{
    const LinkConfig *cfg = q->dir->cfg;
    Head head = { fifo_take(f), false };

    if (head.pkt == NULL) {
        c->first_above = 0;
        return head;
    }
    qdisc_left(q, head.pkt);
    if (now - head.pkt->arrive < cfg->qdisc.target || f->bytes <= link_frame_max(cfg))
        c->first_above = 0;
    else if (c->first_above == 0)
        c->first_above = time_add(now, cfg->qdisc.interval);
    else
        head.ok_to_drop = now >= c->first_above;
    return head;
}

/* Marks it; if that cannot be, drops it and takes the next one. True: it was marked. */
static bool tell_sender(Codel *c, Fifo *f, Qdisc *q, SimTime now, Head *head)
{
    if (q->dir->cfg->qdisc.ecn && link_mark(q->dir, head->pkt))
        return true;
    link_lose(q->dir, head->pkt, DROP_LINK_CODEL);
    *head = take_head(c, f, q, now);
    return false;
}

/* Drops or marks what is due. A marked frame goes on, so one mark is all that a call can do. */
static void go_on_dropping(Codel *c, Fifo *f, Qdisc *q, SimTime now, Head *head)
{
    while (c->dropping && now >= c->drop_next) {
        c->count++;
        bool marked = tell_sender(c, f, q, now, head);
        if (!head->ok_to_drop)
            c->dropping = false;
        else
            c->drop_next = control_law(q, c->drop_next, c->count);
        if (marked)
            return;
    }
}

/* A queue that grew again soon after it was short starts near the rate that made it short. */
static void begin_dropping(Codel *c, Fifo *f, Qdisc *q, SimTime now, Head *head)
{
    uint64_t delta = c->count - c->last_count;
    bool soon = now - c->drop_next < 16 * q->dir->cfg->qdisc.interval;

    tell_sender(c, f, q, now, head);
    c->dropping = true;
    c->count = delta > 1 && soon ? delta : 1;
    c->last_count = c->count;
    c->drop_next = control_law(q, now, c->count);
}

Packet *codel_take(Codel *c, Fifo *f, Qdisc *q)
{
    const QdiscConfig *cfg = &q->dir->cfg->qdisc;
    SimTime now = sim_now(q->dir->sim);
    Head head = take_head(c, f, q, now);

    if (c->dropping && !head.ok_to_drop)
        c->dropping = false;
    else if (c->dropping)
        go_on_dropping(c, f, q, now, &head);
    else if (head.ok_to_drop)
        begin_dropping(c, f, q, now, &head);
    if (head.pkt != NULL && cfg->ce_threshold > 0 && now - head.pkt->arrive > cfg->ce_threshold)
        link_mark(q->dir, head.pkt);
    return head.pkt;
}

/* --- one of them for a whole link ------------------------------------------------------------- */

static Qdisc *codel_make(LinkDir *dir)
{
    CodelQueue *cq = g_new0(CodelQueue, 1);

    (void)dir;
    return &cq->q;
}

static void codel_put(Qdisc *q, Packet *pkt)
{
    CodelQueue *cq = (CodelQueue *)q;

    if (!qdisc_has_room(q, pkt)) {
        link_lose(q->dir, pkt, DROP_LINK_QUEUE_FULL);
        return;
    }
    fifo_put(&cq->fifo, pkt);
    qdisc_joined(q, pkt);
}

static Packet *take(Qdisc *q)
{
    CodelQueue *cq = (CodelQueue *)q;

    return codel_take(&cq->codel, &cq->fifo, q);
}

static Packet *evict(Qdisc *q)
{
    Packet *pkt = fifo_take(&((CodelQueue *)q)->fifo);

    if (pkt != NULL)
        qdisc_left(q, pkt);
    return pkt;
}

static QdiscState state(const Qdisc *q)
{
    const Codel *c = &((const CodelQueue *)q)->codel;

    return (QdiscState){ .dropping = c->dropping, .count = c->count, .drop_next = c->drop_next };
}

static void codel_free(Qdisc *q)
{
    g_free(q);
}

const QdiscOps codel_ops = { codel_make, codel_put, take, evict, state, codel_free };
