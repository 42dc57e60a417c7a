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

/* What all directions show on which nothing was lost: nobody writes here. */
const LinkFates link_no_fates;

LinkFates *link_fates(LinkDir *dir)
{
    if (dir->fates == &link_no_fates)
        dir->fates = heap_new0(&dir->link->sim->heap, LinkFates);
    return (LinkFates *)(uintptr_t)dir->fates;
}

void link_lose(LinkDir *dir, Packet *pkt, DropReason why)
{
    g_assert(why < DROP_LINK_ENDED);
    LinkFates *fates = link_fates(dir);
    Sim *sim = dir->link->sim;

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
    Sim *sim = dir->link->sim;

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
    Sim *sim = dir->link->sim;

    g_assert(bit / 8 < pkt->len);
    packet_write(pkt);
    pkt->data[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    pkt->altered = true;
    pkt->fcs_bad = true;
    link_fates(dir)->corrupted++;
    trace(sim, LINK_CORRUPTED, dir->from->node, dir->from, pkt, (int64_t)pkt->id, (int64_t)bit);
}

/* --- in flight -------------------------------------------------------------------------------- */

static void serve_first(LinkDir *dir)
{
    const Packet *first = flight_first(&dir->flight);

    if (first == NULL)
        return;
    timer_set_as(&dir->timer, first->arrive, first->order);
    if (dir->ends)
        packet_fetch_all(first);
    else
        packet_fetch_headers(first);
    if (first->next != NULL)
        packet_fetch(first->next);
}

static inline void put_in_flight(LinkDir *dir, Packet *pkt, SimTime arrive)
{
    dir->last_arrival = MAX(arrive, dir->last_arrival);
    pkt->arrive = arrive;
    pkt->order = sched_order(&dir->link->sim->sched);
    flight_put(&dir->flight, pkt);
    if (dir->flight.tail != pkt || dir->flight.head == pkt)
        serve_first(dir);
}

void link_arrived(void *owner)
{
    LinkDir *dir = owner;
    Sim *sim = dir->link->sim;
    Packet *pkt = flight_take(&dir->flight);

    serve_first(dir);
    if (G_UNLIKELY((sim->trace.heard & (TRACE_LINK | TRACE_FRAMES)) != 0)) {
        if (sim->trace.heard & TRACE_FRAMES)
            trail_received(&sim->trace.trail, dir->to, pkt);
        trace(sim, LINK_DELIVERED, dir->to->node, dir->to, pkt, (int64_t)pkt->id);
    }
    sim->hops++;
    dir->counters.delivered++;
    dir->counters.delivered_bytes += pkt->frame_len;
    port_input(dir->to, pkt);
}

/* --- the transmitter and its queue ------------------------------------------------------------ */

/* Forgets those whose transmission has begun. */
static void settle_backlog(LinkDir *dir)
{
    SimTime now = sim_now(dir->link->sim);

    while (dir->backlog_n > 0 && dir->backlog[dir->backlog_first].start <= now) {
        dir->backlog_bytes -= dir->backlog[dir->backlog_first].size;
        dir->backlog_first = (dir->backlog_first + 1) & (dir->backlog_cap - 1);
        dir->backlog_n--;
    }
}

static G_NO_INLINE void backlog_grow(LinkDir *dir)
{
    uint32_t cap = dir->backlog_cap ? 2 * dir->backlog_cap : FIRST_BACKLOG;
    LinkWaiting *grown = g_new(LinkWaiting, cap);

    for (size_t i = 0; i < dir->backlog_n; i++)
        grown[i] = dir->backlog[(dir->backlog_first + i) & (dir->backlog_cap - 1)];
    g_free(dir->backlog);
    dir->backlog = grown;
    dir->backlog_first = 0;
    dir->backlog_cap = cap;
}

static void backlog_append(LinkDir *dir, SimTime start, size_t size)
{
    if (dir->backlog_n == dir->backlog_cap)
        backlog_grow(dir);
    uint32_t last = (dir->backlog_first + dir->backlog_n++) & (dir->backlog_cap - 1);
    dir->backlog[last] = (LinkWaiting){ start, size };
    dir->backlog_bytes += size;
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

/* The same for the frame now at hand: a division, unless it is as long as the one before. */
static SimTime transmission_time(LinkDir *dir, size_t size)
{
    if (size != dir->last_size) {
        dir->last_size = (uint32_t)size;
        dir->last_time = link_transmission_time(dir->cfg, size);
    }
    return dir->last_time;
}

/* The transmitter is busy: false if the queue before it is full. */
static G_NO_INLINE bool wait_in_queue(LinkDir *dir, size_t size)
{
    const LinkConfig *cfg = dir->cfg;

    settle_backlog(dir);
    uint64_t used = cfg->queue_in_bytes ? dir->backlog_bytes + size : dir->backlog_n + 1;
    if (used > cfg->queue)
        return false;
    backlog_append(dir, dir->next_free, size);
    return true;
}

/* Takes the transmitter's time for a frame of that size; false if there is no room to wait for
 * it. */
static inline bool transmit(LinkDir *dir, size_t size)
{
    SimTime now = sim_now(dir->link->sim);

    if (dir->next_free > now && !wait_in_queue(dir, size))
        return false;
    dir->next_free = time_add(MAX(now, dir->next_free), transmission_time(dir, size));
    return true;
}

/* --- what happens on the way ------------------------------------------------------------------ */

/* Made when first needed: most directions never draw. */
static LinkChances *chances(LinkDir *dir)
{
    if (dir->chances == NULL) {
        LinkChances *c = dir->chances = g_new0(LinkChances, 1);
        link_init_stream(dir, &c->loss, "loss");
        link_init_stream(dir, &c->jitter, "jitter");
        link_init_stream(dir, &c->duplicate, "duplicate");
        link_init_stream(dir, &c->reorder, "reorder");
        link_init_stream(dir, &c->corrupt, "corrupt");
    }
    return dir->chances;
}

/* Judged in the state it is in, which then may change: as tc-netem(8)'s gemodel. */
static bool gilbert_elliott_loses(LinkDir *dir)
{
    const LinkConfig *cfg = dir->cfg;
    bool passes = rng_chance(&chances(dir)->loss, dir->ge_bad ? cfg->ge_h : cfg->ge_k);

    if (rng_chance(&chances(dir)->loss, dir->ge_bad ? cfg->ge_r : cfg->ge_p))
        dir->ge_bad = !dir->ge_bad;
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
    Sim *sim = dir->link->sim;

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
    const Trace *tr = &dir->link->sim->trace;
    SimTime arrive;

    if (dir->calm)
        arrive = time_add(dir->next_free, cfg->delay);
    else if (!survives(dir, pkt, &arrive))
        return;
    if (cfg->jitter == 0 && cfg->reorder == 0)
        arrive = MAX(arrive, dir->last_arrival);
    if (tr->heard & TRACE_FRAMES)
        tr->trail.arrives(tr->trail.self, pkt, arrive);
    put_in_flight(dir, pkt, arrive);
}

/* --- a queue with a discipline ---------------------------------------------------------------- */

static void tell_queue(LinkDir *dir)
{
    const Qdisc *q = dir->qdisc;

    trace(dir->link->sim, LINK_QUEUE_CHANGED, dir->from->node, dir->from, NULL,
          trace_str(link_dir_name(dir)), (int64_t)q->packets, (int64_t)q->bytes, q->waited);
}

void link_transmit_next(void *owner)
{
    LinkDir *dir = owner;
    SimTime now = sim_now(dir->link->sim);
    Packet *pkt = qdisc_take(dir->qdisc);

    tell_queue(dir);
    if (pkt == NULL)
        return;
    dir->next_free = time_add(now, transmission_time(dir, pkt->frame_len));
    if (dir->qdisc->packets > 0)
        timer_set(&dir->qdisc->transmitter, dir->next_free - now);
    depart(dir, pkt);
}

static void enqueue(LinkDir *dir, Packet *pkt)
{
    SimTime now = sim_now(dir->link->sim);

    qdisc_put(dir->qdisc, pkt);
    tell_queue(dir);
    if (dir->qdisc->packets == 0 || timer_pending(&dir->qdisc->transmitter))
        return;
    if (dir->next_free <= now)
        link_transmit_next(dir);
    else
        timer_set(&dir->qdisc->transmitter, dir->next_free - now);
}

/* One frame along the cable: refused, lost, waiting or in flight. */
void link_carry(LinkDir *dir, Packet *pkt)
{
    if (!dir->link->up)
        link_lose(dir, pkt, DROP_LINK_DOWN);
    else if (pkt->frame_len > dir->frame_max)
        link_lose(dir, pkt, DROP_LINK_TOO_BIG);
    else if (dir->qdisc != NULL)
        enqueue(dir, pkt);
    else if (transmit(dir, pkt->frame_len))
        depart(dir, pkt);
    else
        link_lose(dir, pkt, DROP_LINK_QUEUE_FULL);
}

void link_enter(LinkDir *dir, Packet *pkt)
{
    Sim *sim = dir->link->sim;
    Packet *copy = NULL;

    if (dir->cfg->duplicate == 0) {
        link_carry(dir, pkt);
        return;
    }
    if (dir->link->up && rng_chance(&chances(dir)->duplicate, dir->cfg->duplicate))
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

static inline void leave_trail(const LinkDir *dir, Packet *pkt, SimTime arrive)
{
    Sim *sim = dir->link->sim;

    if (sim->trace.heard & TRACE_FRAMES)
        trail_sent(&sim->trace.trail, dir->from, pkt, sim_now(sim), arrive);
}

static G_NO_INLINE void send_fully(LinkDir *dir, Packet *pkt)
{
    Sim *sim = dir->link->sim;

    leave_trail(dir, pkt, NEVER);
    trace(sim, LINK_ENQUEUED, dir->from->node, dir->from, pkt, (int64_t)pkt->id);
    count_sent(dir, pkt);
    if (!dir->link->up)
        link_lose(dir, pkt, DROP_LINK_DOWN);
    else if (dir->link->rules == NULL || !fault_apply(dir, pkt))
        link_enter(dir, pkt);
}

static G_NO_INLINE void lose_for_queue(LinkDir *dir, Packet *pkt)
{
    leave_trail(dir, pkt, NEVER);
    count_sent(dir, pkt);
    link_lose(dir, pkt, DROP_LINK_QUEUE_FULL);
}

/* What all of this comes to where nothing befalls a frame but a full queue, and only the trail is
 * kept. */
static inline void send_plainly(LinkDir *dir, Packet *pkt)
{
    if (G_UNLIKELY(!transmit(dir, pkt->frame_len))) {
        lose_for_queue(dir, pkt);
        return;
    }
    SimTime arrive = MAX(time_add(dir->next_free, dir->cfg->delay), dir->last_arrival);
    leave_trail(dir, pkt, arrive);
    count_sent(dir, pkt);
    put_in_flight(dir, pkt, arrive);
}

void link_send(LinkDir *dir, Packet *pkt)
{
    if (dir->plain && pkt->frame_len <= dir->frame_max &&
        (dir->link->sim->trace.heard & TRACE_LINK) == 0)
        send_plainly(dir, pkt);
    else
        send_fully(dir, pkt);
}

void link_inject(LinkDir *dir, Packet *pkt)
{
    packet_set_frame(pkt);
    pkt->forged = true;
    trace(dir->link->sim, LINK_RELEASED, dir->from->node, dir->from, pkt, (int64_t)pkt->id,
          trace_str("injected"));
    count_sent(dir, pkt);
    link_enter(dir, pkt);
}

uint64_t link_queued(LinkDir *dir, uint64_t *bytes)
{
    if (dir->qdisc != NULL) {
        if (bytes != NULL)
            *bytes = dir->qdisc->bytes;
        return dir->qdisc->packets;
    }
    settle_backlog(dir);
    if (bytes != NULL)
        *bytes = dir->backlog_bytes;
    return dir->backlog_n;
}
