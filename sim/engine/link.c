/*
 * link.c - the way of a frame along a cable.
 *
 * link_send is the way in from a port; link_carry does what a direction's options say;
 * link_arrived is the far end. What is in flight waits ordered by (arrival, place in line)
 * (flight.h); one timer serves the first under that one's own number, so that this cannot be told
 * from a timer per frame.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/link_priv.h"

#include "sim/engine/fault.h"
#include "sim/engine/sim.h"
#include "sim/engine/trail.h"

#include <string.h>

enum { ETHERNET_HEADER = 14, FIRST_BACKLOG = 16 };
enum { OFTEN = 32 }; /* from so many frames on a direction keeps its LinkTransit */

const TracePoint LINK_ENQUEUED = { "link:enqueued", TRACE_LINK, { { "id", TV_INT } } };
const TracePoint LINK_DELIVERED = { "link:delivered", TRACE_LINK, { { "id", TV_INT } } };
const TracePoint LINK_LOST = {
    "link:lost", TRACE_LINK_FATE, { { "id", TV_INT }, { "reason", TV_STR } }
};
const TracePoint LINK_DUPLICATED = { "link:duplicated", TRACE_LINK_FATE, { { "id", TV_INT } } };
const TracePoint LINK_REORDERED = { "link:reordered", TRACE_LINK_FATE, { { "id", TV_INT } } };
const TracePoint LINK_CORRUPTED = {
    "link:corrupted", TRACE_LINK_FATE, { { "id", TV_INT }, { "bit", TV_INT } }
};
const TracePoint LINK_MARKED = { "link:marked", TRACE_LINK_FATE, { { "id", TV_INT } } };
const TracePoint LINK_QUEUE_CHANGED = {
    "link:queue_changed", TRACE_METRICS,
    { { "link", TV_STR }, { "packets", TV_INT }, { "bytes", TV_INT }, { "waited", TV_TIME } }
};

static bool is_the_queues(DropReason why)
{
    return why == DROP_LINK_QUEUE_FULL || why == DROP_LINK_RED_EARLY ||
           why == DROP_LINK_RED_FORCED || why == DROP_LINK_CODEL || why == DROP_LINK_FQ_OVERLIMIT;
}

const LinkMore link_no_more;

LinkMore *link_more(LinkDir *dir)
{
    if (dir->more == &link_no_more)
        dir->more = heap_new0(&dir->sim->heap, LinkMore);
    return (LinkMore *)(uintptr_t)dir->more;
}

LinkFates *link_fates(LinkDir *dir)
{
    return &link_more(dir)->fates;
}

void link_lose(LinkDir *dir, Packet *pkt, DropReason why)
{
    g_assert(why < DROP_LINK_ENDED);
    LinkFates *fates = link_fates(dir);
    Sim *sim = dir->sim;

    trace(sim, LINK_LOST, dir->from->node, dir->from, pkt, (int64_t)pkt->id,
          trace_str(drop_name(why)));
    if (why == DROP_LINK_LOSS)
        fates->lost++;
    else
        fates->dropped++;
    fates->queue_drops += is_the_queues(why);
    fates->drops[why]++;
    sim->packets.dropped++;
    packet_free(pkt);
}

bool link_mark(LinkDir *dir, Packet *pkt)
{
    static const char remark[] = "marked by the queue: congestion experienced";
    Sim *sim = dir->sim;

    if (sim->reader == NULL || !sim->reader->mark(pkt))
        return false;
    if (pkt->remark == NULL)
        packet_remark(pkt, remark);
    else
        sim_remark(sim, pkt, "%s", remark);
    link_fates(dir)->marked++;
    trace(sim, LINK_MARKED, dir->from->node, dir->from, pkt, (int64_t)pkt->id);
    return true;
}

void link_flip_bit(LinkDir *dir, Packet *pkt, size_t bit)
{
    Sim *sim = dir->sim;

    g_assert(bit / 8 < pkt->len);
    packet_write(pkt);
    pkt->data[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    pkt->altered = true;
    pkt->fcs_bad = true;
    link_fates(dir)->corrupted++;
    trace(sim, LINK_CORRUPTED, dir->from->node, dir->from, pkt, (int64_t)pkt->id, (int64_t)bit);
}

/* --- in flight -------------------------------------------------------------------------------- */

/* What the first will need, and the two behind it, is asked for step by step: each step needs what
 * the one before has brought. */
static void serve_first(const LinkDir *dir, LinkTransit *transit)
{
    const Packet *first = flight_first(&transit->flight);

    timer_set_as(&transit->timer, first->arrive, first->order);
    if (dir->ends && dir->to->node->crowded)
        dir->sim->expect(dir->to->node, first);
    const Packet *second = first->next;
    if (second == NULL)
        return;
    if (dir->ends)
        packet_fetch_all(second);
    else
        packet_fetch_headers(second);
    if (second->next != NULL)
        packet_fetch(second->next);
}

void link_end_transit(LinkDir *dir)
{
    if (dir->transit == NULL)
        return;
    timer_stop(&dir->transit->timer);
    heap_give(&dir->sim->heap, dir->transit, sizeof *dir->transit);
    dir->transit = NULL;
}

static void link_arrived(void *owner)
{
    LinkDir *dir = owner;
    LinkTransit *transit = dir->transit;
    Sim *sim = dir->sim;
    Packet *pkt = flight_take(&transit->flight);

    if (transit->flight.n > 0)
        serve_first(dir, transit);
    else if (dir->counters.sent < OFTEN)
        link_end_transit(dir);
    if (G_LIKELY(sim->trace.heard & TRACE_FRAMES))
        trail_received(&sim->trace.trail, dir->to, pkt);
    trace(sim, LINK_DELIVERED, dir->to->node, dir->to, pkt, (int64_t)pkt->id);
    sim->hops++;
    dir->counters.delivered++;
    dir->counters.delivered_bytes += pkt->frame_len;
    port_input(dir->to, pkt);
}

static G_NO_INLINE LinkTransit *begin_transit(LinkDir *dir)
{
    LinkTransit *transit = heap_new0(&dir->sim->heap, LinkTransit);

    timer_init(&transit->timer, &dir->sim->sched, link_arrived, dir);
    return dir->transit = transit;
}

static inline LinkTransit *transit_of(LinkDir *dir)
{
    return G_LIKELY(dir->transit != NULL) ? dir->transit : begin_transit(dir);
}

static inline void put_in_flight(const LinkDir *dir, LinkTransit *transit, Packet *pkt,
                                 SimTime arrive)
{
    transit->last_arrival = MAX(arrive, transit->last_arrival);
    pkt->arrive = arrive;
    pkt->order = sched_order(&dir->sim->sched);
    flight_put(&transit->flight, pkt);
    if (transit->flight.tail != pkt || transit->flight.head == pkt)
        serve_first(dir, transit);
}

/* --- the transmitter and its queue ------------------------------------------------------------ */

/* Forgets those whose transmission has begun. */
static void settle_backlog(LinkBacklog *b, SimTime now)
{
    while (b->n > 0 && b->ring[b->first].start <= now) {
        b->bytes -= b->ring[b->first].size;
        b->first = (b->first + 1) & (b->cap - 1);
        b->n--;
    }
}

static LinkBacklog *backlog_new(uint32_t cap)
{
    LinkBacklog *b = g_malloc(sizeof *b + cap * sizeof *b->ring);

    *b = (LinkBacklog){ .cap = cap };
    return b;
}

static G_NO_INLINE LinkBacklog *backlog_grow(LinkDir *dir)
{
    LinkBacklog *b = dir->backlog, *grown = backlog_new(2 * b->cap);

    for (; grown->n < b->n; grown->n++)
        grown->ring[grown->n] = b->ring[(b->first + grown->n) & (b->cap - 1)];
    grown->bytes = b->bytes;
    g_free(b);
    return dir->backlog = grown;
}

static void backlog_append(LinkDir *dir, SimTime start, size_t size)
{
    LinkBacklog *b = dir->backlog->n < dir->backlog->cap ? dir->backlog : backlog_grow(dir);

    b->ring[(b->first + b->n++) & (b->cap - 1)] = (LinkWaiting){ start, size };
    b->bytes += size;
}

SimTime link_transmission_time(const LinkConfig *cfg, uint64_t size)
{
    if (cfg->rate == 0)
        return 0;
    uint64_t bit_ns = size * 8 * (uint64_t)SEC;
    return (SimTime)(bit_ns / cfg->rate + (bit_ns % cfg->rate != 0));
}

uint64_t link_frame_max(const LinkConfig *cfg)
{
    return (cfg->mtu > 0 ? cfg->mtu : link_defaults.mtu) + ETHERNET_HEADER;
}

/* The same for the frame now at hand: a division, unless one before was as long. */
static inline SimTime transmission_time(const LinkDir *dir, uint32_t size)
{
    LinkShared *shared = link_shared(dir->cfg);
    size_t i = size / 4 % LINK_TIMES;

    if (size != shared->times[i].size) {
        shared->times[i].size = size;
        shared->times[i].time = link_transmission_time(dir->cfg, size);
    }
    return shared->times[i].time;
}

/* The transmitter is busy: false if the queue before it is full. */
static G_NO_INLINE bool wait_in_queue(LinkDir *dir, size_t size)
{
    const LinkConfig *cfg = dir->cfg;

    if (dir->backlog == NULL)
        dir->backlog = backlog_new(FIRST_BACKLOG);
    settle_backlog(dir->backlog, sim_now(dir->sim));
    uint64_t used = cfg->queue_in_bytes ? dir->backlog->bytes + size : dir->backlog->n + 1;
    if (used > cfg->queue)
        return false;
    backlog_append(dir, dir->next_free, size);
    return true;
}

/* Takes the transmitter's time for a frame of that size; false if there is no room to wait for
 * it. */
static inline bool transmit(LinkDir *dir, uint32_t size)
{
    SimTime now = sim_now(dir->sim);

    if (dir->next_free > now && !wait_in_queue(dir, size))
        return false;
    dir->next_free = time_add(MAX(now, dir->next_free), transmission_time(dir, size));
    return true;
}

/* --- what happens on the way ------------------------------------------------------------------ */

/* Made when first needed: most directions never draw. */
static LinkChances *chances(LinkDir *dir)
{
    if (dir->more->chances == NULL) {
        LinkChances *c = link_more(dir)->chances = g_new0(LinkChances, 1);
        link_init_stream(dir, &c->loss, "loss");
        link_init_stream(dir, &c->jitter, "jitter");
        link_init_stream(dir, &c->duplicate, "duplicate");
        link_init_stream(dir, &c->reorder, "reorder");
        link_init_stream(dir, &c->corrupt, "corrupt");
    }
    return dir->more->chances;
}

/* Judged in the state it is in, which then may change: as tc-netem(8)'s gemodel. */
static bool gilbert_elliott_loses(LinkDir *dir)
{
    const LinkConfig *cfg = dir->cfg;
    LinkChances *c = chances(dir);
    bool passes = rng_chance(&c->loss, c->bad ? cfg->ge_h : cfg->ge_k);

    if (rng_chance(&c->loss, c->bad ? cfg->ge_r : cfg->ge_p))
        c->bad = !c->bad;
    return !passes;
}

static bool loses(LinkDir *dir)
{
    if (dir->cfg->loss_model == LOSS_GILBERT_ELLIOTT)
        return gilbert_elliott_loses(dir);
    return rng_chance(&chances(dir)->loss, dir->cfg->loss);
}

static SimTime draw_delay(LinkDir *dir)
{
    static int64_t (*const draws[DIST_COUNT])(Rng *, int64_t) = {
        [DIST_UNIFORM] = rng_uniform, [DIST_NORMAL] = rng_normal, [DIST_PARETO] = rng_pareto
    };
    const LinkConfig *cfg = dir->cfg;

    if (cfg->jitter == 0)
        return cfg->delay;
    int64_t off = draws[cfg->distribution](&chances(dir)->jitter, cfg->jitter);
    return off < -cfg->delay ? 0 : time_add(cfg->delay, off);
}

/* As tc-netem(8): the gap-th frame after the last one that was, with the probability. */
static bool jumps_ahead(LinkDir *dir)
{
    const LinkConfig *cfg = dir->cfg;

    if (cfg->reorder == 0)
        return false;
    LinkChances *c = chances(dir);
    if (c->since_reorder + 1 < cfg->gap || !rng_chance(&c->reorder, cfg->reorder)) {
        c->since_reorder++;
        return false;
    }
    c->since_reorder = 0;
    return true;
}

/* What may befall a frame that has been sent; false: it is lost. *arrive is when it arrives, late
 * or early. */
static bool survives(LinkDir *dir, Packet *pkt, SimTime *arrive)
{
    const LinkConfig *cfg = dir->cfg;
    Sim *sim = dir->sim;

    if (loses(dir)) {
        link_lose(dir, pkt, DROP_LINK_LOSS);
        return false;
    }
    if (rng_chance(&chances(dir)->corrupt, cfg->corrupt) && pkt->len > 0) {
        uint64_t bit = rng_below(&chances(dir)->corrupt, (uint64_t)pkt->len * 8);
        sim_remark(sim, pkt, "one bit damaged by the link (bit %" G_GUINT64_FORMAT ")", bit);
        link_flip_bit(dir, pkt, (size_t)bit);
    }
    *arrive = dir->next_free;
    if (jumps_ahead(dir)) {
        sim_remark(sim, pkt, "sent ahead of others by the link");
        link_fates(dir)->reordered++;
        trace(sim, LINK_REORDERED, dir->from->node, dir->from, pkt, (int64_t)pkt->id);
    } else {
        *arrive = time_add(*arrive, draw_delay(dir));
    }
    return true;
}

/* The transmitter will have sent it at next_free: lost, or in flight. */
static void depart(LinkDir *dir, Packet *pkt)
{
    const LinkConfig *cfg = dir->cfg;
    const Trace *tr = &dir->sim->trace;
    SimTime arrive;

    if (dir->calm)
        arrive = time_add(dir->next_free, cfg->delay);
    else if (!survives(dir, pkt, &arrive))
        return;
    LinkTransit *transit = transit_of(dir);
    if (cfg->jitter == 0 && cfg->reorder == 0)
        arrive = MAX(arrive, transit->last_arrival);
    if (tr->heard & TRACE_FRAMES)
        tr->trail.arrives(tr->trail.self, pkt, arrive);
    put_in_flight(dir, transit, pkt, arrive);
}

/* --- a queue with a discipline ---------------------------------------------------------------- */

static void tell_queue(LinkDir *dir)
{
    const Qdisc *q = dir->more->qdisc;

    trace(dir->sim, LINK_QUEUE_CHANGED, dir->from->node, dir->from, NULL,
          trace_str(link_dir_name(dir)), (int64_t)q->packets, (int64_t)q->bytes, q->waited);
}

void link_transmit_next(void *owner)
{
    LinkDir *dir = owner;
    SimTime now = sim_now(dir->sim);
    Qdisc *q = dir->more->qdisc;
    Packet *pkt = qdisc_take(q);

    tell_queue(dir);
    if (pkt == NULL)
        return;
    dir->next_free = time_add(now, transmission_time(dir, pkt->frame_len));
    if (q->packets > 0)
        timer_set(&q->transmitter, dir->next_free - now);
    depart(dir, pkt);
}

static void enqueue(LinkDir *dir, Packet *pkt)
{
    SimTime now = sim_now(dir->sim);
    Qdisc *q = dir->more->qdisc;

    qdisc_put(q, pkt);
    tell_queue(dir);
    if (q->packets == 0 || timer_pending(&q->transmitter))
        return;
    if (dir->next_free <= now)
        link_transmit_next(dir);
    else
        timer_set(&q->transmitter, dir->next_free - now);
}

/* One frame along the cable: refused, lost, waiting or in flight. */
void link_carry(LinkDir *dir, Packet *pkt)
{
    if (!link_of(dir)->up)
        link_lose(dir, pkt, DROP_LINK_DOWN);
    else if (pkt->frame_len > dir->frame_max)
        link_lose(dir, pkt, DROP_LINK_TOO_BIG);
    else if (dir->more->qdisc != NULL)
        enqueue(dir, pkt);
    else if (transmit(dir, pkt->frame_len))
        depart(dir, pkt);
    else
        link_lose(dir, pkt, DROP_LINK_QUEUE_FULL);
}

void link_enter(LinkDir *dir, Packet *pkt)
{
    Sim *sim = dir->sim;
    Packet *copy = NULL;

    if (dir->cfg->duplicate == 0) {
        link_carry(dir, pkt);
        return;
    }
    if (link_of(dir)->up && rng_chance(&chances(dir)->duplicate, dir->cfg->duplicate))
        copy = packet_copy(pkt);
    link_carry(dir, pkt);
    if (copy != NULL) {
        sim_remark(sim, copy, "duplicated by the link");
        link_fates(dir)->duplicated++;
        trace(sim, LINK_DUPLICATED, dir->from->node, dir->from, copy, (int64_t)copy->id);
        link_carry(dir, copy);
    }
}

static void count_sent(LinkDir *dir, const Packet *pkt)
{
    dir->counters.sent++;
    dir->counters.sent_bytes += pkt->frame_len;
}

static inline void leave_trail(const LinkDir *dir, Packet *pkt, const uint8_t *header,
                               SimTime arrive)
{
    Sim *sim = dir->sim;

    if (G_LIKELY(sim->trace.heard & TRACE_FRAMES))
        trail_sent(&sim->trace.trail, dir->from, pkt, header, sim_now(sim), arrive);
}

static G_NO_INLINE void send_fully(LinkDir *dir, Packet *pkt, const uint8_t *header)
{
    Sim *sim = dir->sim;

    leave_trail(dir, pkt, header, NEVER);
    trace(sim, LINK_ENQUEUED, dir->from->node, dir->from, pkt, (int64_t)pkt->id);
    count_sent(dir, pkt);
    if (!link_of(dir)->up)
        link_lose(dir, pkt, DROP_LINK_DOWN);
    else if (link_of(dir)->rules == NULL || !fault_apply(dir, pkt))
        link_enter(dir, pkt);
}

static G_NO_INLINE void lose_for_queue(LinkDir *dir, Packet *pkt, const uint8_t *header)
{
    leave_trail(dir, pkt, header, NEVER);
    count_sent(dir, pkt);
    link_lose(dir, pkt, DROP_LINK_QUEUE_FULL);
}

/* What all of this comes to where nothing befalls a frame but a full queue, and only the trail is
 * kept. */
static inline void send_plainly(LinkDir *dir, Packet *pkt, const uint8_t *header)
{
    if (G_UNLIKELY(!transmit(dir, pkt->frame_len))) {
        lose_for_queue(dir, pkt, header);
        return;
    }
    LinkTransit *transit = transit_of(dir);
    SimTime arrive = MAX(time_add(dir->next_free, dir->cfg->delay), transit->last_arrival);
    leave_trail(dir, pkt, header, arrive);
    count_sent(dir, pkt);
    put_in_flight(dir, transit, pkt, arrive);
}

void link_send(LinkDir *dir, Packet *pkt, const uint8_t *header)
{
    if (dir->plain && pkt->frame_len <= dir->frame_max &&
        (dir->sim->trace.heard & TRACE_LINK) == 0)
        send_plainly(dir, pkt, header);
    else
        send_fully(dir, pkt, header);
}

void link_inject(LinkDir *dir, Packet *pkt)
{
    packet_set_frame(pkt);
    pkt->forged = true;
    trace(dir->sim, LINK_RELEASED, dir->from->node, dir->from, pkt, (int64_t)pkt->id,
          trace_str("injected"));
    count_sent(dir, pkt);
    link_enter(dir, pkt);
}

uint64_t link_queued(LinkDir *dir, uint64_t *bytes)
{
    const Qdisc *q = dir->more->qdisc;
    uint64_t n = 0, size = 0;

    if (q != NULL) {
        n = q->packets;
        size = q->bytes;
    } else if (dir->backlog != NULL) {
        settle_backlog(dir->backlog, sim_now(dir->sim));
        n = dir->backlog->n;
        size = dir->backlog->bytes;
    }
    if (bytes != NULL)
        *bytes = size;
    return n;
}
