/*
 * flow.c - four-tuples, and the incarnations of each with their initial sequence numbers.
 *
 * An incarnation remembers, for each direction, where its numbers begin, how far they have come,
 * and when its end sent its SYN. A host has one connection of a four-tuple at a time: what its
 * stack made belongs to the incarnation whose SYN it had sent last by then, wherever the numbers
 * lie, and a duplicate that comes later still does. Of what the scenario forged, and of resets,
 * which may answer anything, nobody knows that: they belong to the incarnation to whose two ranges
 * their numbers lie nearest; of several the youngest, which is the connection that is going on.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/flow.h"

#include "protocols/wire/ipv4_wire.h"

#include <glib.h>
#include <string.h>

typedef struct Side {
    uint32_t base;  /* the ISN, or the first number seen */
    bool seen;      /* base is set */
    bool syn;       /* base is an ISN */
    uint64_t reach; /* how far beyond base the numbers have come */
    SimTime opened; /* when this end's stack sent its SYN; NEVER: it was not seen to */
} Side;

typedef struct Incarnation {
    Side side[2];  /* 0: of the lower end */
    SimTime began; /* with the first SYN that a stack made */
} Incarnation;

typedef struct FlowKey {
    IpAddr addr[2];
    uint16_t port[2];
} FlowKey;

typedef struct Flow {
    FlowKey key;
    unsigned n;                /* incarnations, never 0; */
    Incarnation *incarnations; /* oldest first */
    bool plain;                /* there is but the first, and both of its sides are seen */
    Incarnation first;         /* alone it is the list */
} Flow;

typedef struct Lately { /* a direction, by what is written in its segments */
    uint64_t addrs;
    uint32_t ports;
    int from;
    Flow *flow; /* NULL: none yet */
} Lately;

enum { LATELY_BITS = 8, FIRST_SLOTS = 64 };

typedef struct Slot {
    Flow    *flow;
    uint32_t hash; /* its; 0: the slot is free */
} Slot;

struct Flows {
    Heap   *heap;
    Slot   *slots;   /* by hash, or the next that was free; a quarter of them are */
    size_t  n_slots; /* a power of two */
    size_t  n;
    Lately lately[1 << LATELY_BITS];
};

enum { LOOK_BACK = 32 };                 /* incarnations; older ones are no longer about */
enum { NEAR = 1 << 25 };                 /* numbers move on by less than this at a time */
static const uint64_t UNKNOWN = 1 << 20; /* how ill a number fits a side that has none yet */

static uint32_t key_hash(const FlowKey *key)
{
    uint64_t h = 0;

    for (int i = 0; i < 2; i++) {
        h = (h ^ key->addr[i].lo) * 0x9e3779b97f4a7c15u;
        h = (h ^ key->addr[i].hi ^ key->port[i]) * 0x9e3779b97f4a7c15u;
    }
    return (uint32_t)(h >> 32) | 1u << 31; /* never 0 */
}

static bool key_equal(const FlowKey *a, const FlowKey *b)
{
    return ip_equal(a->addr[0], b->addr[0]) && ip_equal(a->addr[1], b->addr[1]) &&
           a->port[0] == b->port[0] && a->port[1] == b->port[1];
}

static bool end_before(IpAddr a, uint16_t a_port, IpAddr b, uint16_t b_port)
{
    if (a.hi != b.hi)
        return a.hi < b.hi;
    return a.lo != b.lo ? a.lo < b.lo : a_port < b_port;
}

/* The key of both directions; *from is the side that sends. */
static FlowKey key_of(IpAddr src, IpAddr dst, const TcpHdr *h, int *from)
{
    *from = end_before(dst, h->dst_port, src, h->src_port);
    FlowKey key = { { src, dst }, { h->src_port, h->dst_port } };
    if (*from == 1)
        key = (FlowKey){ { dst, src }, { h->dst_port, h->src_port } };
    return key;
}

/* How far `number` lies outside of what the side has reached, on the circle of 2^32. */
static uint64_t distance(const Side *side, uint32_t number)
{
    if (!side->seen)
        return UNKNOWN;
    uint32_t offset = number - side->base;
    if (offset <= side->reach)
        return 0;
    return MIN(offset - side->reach, ((uint64_t)1 << 32) - offset);
}

static uint64_t misfit(const Incarnation *inc, int from, const TcpHdr *h)
{
    uint64_t d = distance(&inc->side[from], h->seq);

    if (h->flags & TCP_ACK)
        d += distance(&inc->side[!from], h->ack);
    return d;
}

static Incarnation *incarnation(const Flow *flow, unsigned i)
{
    return &flow->incarnations[i];
}

static unsigned oldest(const Flow *flow)
{
    return flow->n > LOOK_BACK ? flow->n - LOOK_BACK : 0;
}

static unsigned best_fit(const Flow *flow, int from, const TcpHdr *h)
{
    unsigned best = flow->n - 1;

    for (unsigned i = best; i-- > oldest(flow);)
        if (misfit(incarnation(flow, i), from, h) < misfit(incarnation(flow, best), from, h))
            best = i;
    return best;
}

/* One that has been seen. */
static inline void side_reaches(Side *side, uint32_t number)
{
    uint32_t ahead = number - side->base - (uint32_t)side->reach;

    if (ahead < NEAR)
        side->reach += ahead;
}

static void side_begins(Side *side, uint32_t base, bool syn)
{
    *side = (Side){ .base = base, .seen = true, .syn = syn, .opened = side->opened };
}

static const Incarnation unseen = { .side = { { .opened = NEVER }, { .opened = NEVER } },
                                    .began = NEVER };

/* Room for as many as the next power of two, so that a flood of SYNs costs what it is long. */
static Incarnation *append_incarnation(Flow *flow)
{
    if (flow->incarnations == &flow->first)
        flow->incarnations = g_memdup2(&flow->first, sizeof flow->first);
    if ((flow->n & (flow->n - 1)) == 0)
        flow->incarnations = g_renew(Incarnation, flow->incarnations, 2 * (size_t)flow->n);
    flow->incarnations[flow->n] = unseen;
    return &flow->incarnations[flow->n++];
}

/* The one that `from` was in when it made the segment. A host whose SYNs all have the same number
 * is in the next one as soon as the peer answers that number with one of its own; unless what it
 * says fits the one before better, as from TIME-WAIT, when it was an old SYN that was answered. */
static unsigned own(const Flow *flow, int from, const TcpHdr *h, SimTime made, unsigned fallback)
{
    unsigned n = flow->n, found = n;

    for (unsigned i = n; i-- > oldest(flow) && found == n;)
        if (incarnation(flow, i)->side[from].opened <= made)
            found = i;
    if (found == n)
        return fallback;
    const Side *mine = &incarnation(flow, found)->side[from];
    for (unsigned i = n; i-- > found + 1;) {
        const Incarnation *inc = incarnation(flow, i);
        if (inc->side[from].syn && inc->side[from].base == mine->base && inc->began <= made &&
            misfit(inc, from, h) <= misfit(incarnation(flow, found), from, h))
            return i;
    }
    return found;
}

static unsigned belongs_to(const Flow *flow, int from, const TcpHdr *h, SimTime made)
{
    unsigned fits = best_fit(flow, from, h);

    return made == NEVER || (h->flags & TCP_RST) ? fits : own(flow, from, h, made, fits);
}

/* Does the ACK of a SYN,ACK answer the SYN that this side is known by? More than one beyond the ISN
 * if data came with the SYN and was taken. */
static bool answers(const Side *side, uint32_t ack)
{
    return !side->syn || (ack - side->base >= 1 && ack - side->base <= UINT16_MAX);
}

/* The incarnation of a SYN: the one that began with its number, or a new one. */
static Incarnation *incarnation_of_syn(Flow *flow, int from, const TcpHdr *h)
{
    for (unsigned i = flow->n; i-- > oldest(flow);) {
        const Side *side = incarnation(flow, i)->side;
        if (side[from].syn && side[from].base == h->seq &&
            (!(h->flags & TCP_ACK) || answers(&side[!from], h->ack)))
            return incarnation(flow, i);
    }
    Incarnation *last = incarnation(flow, flow->n - 1);
    if (last->side[from].syn || ((h->flags & TCP_ACK) && !answers(&last->side[!from], h->ack))) {
        last = append_incarnation(flow);
    }
    return last;
}

static void see_syn(Flow *flow, int from, const TcpHdr *h, SimTime made)
{
    Incarnation *inc = incarnation_of_syn(flow, from, h);

    inc->began = MIN(inc->began, made);
    inc->side[from].opened = MIN(inc->side[from].opened, made);

    if (!inc->side[from].syn)
        side_begins(&inc->side[from], h->seq, true);
    if (!(h->flags & TCP_ACK))
        return;
    if (!inc->side[!from].syn)
        side_begins(&inc->side[!from], h->ack - 1, true);
    side_reaches(&inc->side[!from], h->ack);
}

static void see_other(Flow *flow, int from, const TcpHdr *h, uint32_t len, SimTime made)
{
    Incarnation *inc = incarnation(flow, belongs_to(flow, from, h, made));

    if (!inc->side[from].seen)
        side_begins(&inc->side[from], h->seq, false);
    side_reaches(&inc->side[from], h->seq + len);
    if (!(h->flags & TCP_ACK))
        return;
    if (!inc->side[!from].seen)
        side_begins(&inc->side[!from], h->ack - 1, false);
    side_reaches(&inc->side[!from], h->ack);
}

/* --- the table -------------------------------------------------------------------------------- */

static void make_slots(Flows *flows, size_t n)
{
    flows->n_slots = n;
    flows->slots = g_new0(Slot, n);
}

Flows *flows_new(Heap *heap)
{
    Flows *flows = g_new0(Flows, 1);

    flows->heap = heap;
    make_slots(flows, FIRST_SLOTS);
    return flows;
}

void flows_free(Flows *flows)
{
    if (flows == NULL)
        return;
    for (size_t i = 0; i < flows->n_slots; i++) {
        Flow *flow = flows->slots[i].flow;
        if (flow != NULL && flow->incarnations != &flow->first)
            g_free(flow->incarnations);
        heap_give(flows->heap, flow, sizeof *flow);
    }
    g_free(flows->slots);
    g_free(flows);
}

/* Where the flow is, or would be. Another, which nobody may have looked at for long, is asked only
 * if its hash is the same. */
static Slot *slot_of(const Flows *flows, const FlowKey *key, uint32_t hash)
{
    size_t i = hash & (flows->n_slots - 1);

    while (flows->slots[i].hash != 0 &&
           (flows->slots[i].hash != hash || !key_equal(&flows->slots[i].flow->key, key)))
        i = (i + 1) & (flows->n_slots - 1);
    return &flows->slots[i];
}

static void grow(Flows *flows)
{
    Flows old = *flows;

    make_slots(flows, 2 * old.n_slots);
    for (size_t i = 0; i < old.n_slots; i++) {
        if (old.slots[i].hash == 0)
            continue;
        size_t to = old.slots[i].hash & (flows->n_slots - 1);
        while (flows->slots[to].hash != 0)
            to = (to + 1) & (flows->n_slots - 1);
        flows->slots[to] = old.slots[i];
    }
    g_free(old.slots);
}

static Flow *find_flow(Flows *flows, const FlowKey *key)
{
    uint32_t hash = key_hash(key);
    Slot *slot = slot_of(flows, key, hash);

    if (slot->hash != 0)
        return slot->flow;
    Flow *flow = heap_take(flows->heap, sizeof *flow);
    *flow = (Flow){ .key = *key, .n = 1, .incarnations = &flow->first, .first = unseen };
    *slot = (Slot){ flow, hash };
    if (4 * ++flows->n > 3 * flows->n_slots)
        grow(flows);
    return flow;
}

/* --- seeing and telling ----------------------------------------------------------------------- */

static void see(Flow *flow, int from, const TcpHdr *h, uint32_t len, SimTime made)
{
    if (h->flags & TCP_SYN)
        see_syn(flow, from, h, made);
    else
        see_other(flow, from, h, len, made);
    flow->plain = flow->n == 1 && flow->first.side[0].seen && flow->first.side[1].seen;
}

void flows_see(Flows *flows, IpAddr src, IpAddr dst, const TcpHdr *h, uint32_t len, SimTime made)
{
    int from;
    FlowKey key = key_of(src, dst, h, &from);

    see(find_flow(flows, &key), from, h, len, made);
}

static inline Lately *lately_at(Flows *flows, uint64_t addrs, uint32_t ports)
{
    return &flows->lately[(addrs ^ ports) * 0x9e3779b97f4a7c15u >> (64 - LATELY_BITS)];
}

static inline bool lately_is(const Lately *lately, uint64_t addrs, uint32_t ports)
{
    return lately->addrs == addrs && lately->ports == ports && lately->flow != NULL;
}

/* Finds whose segment it is, and whose its answer will be. */
static G_GNUC_NO_INLINE void look_up(Flows *flows, const uint8_t *ip, Lately *lately,
                                     uint64_t addrs, uint32_t ports)
{
    const uint8_t *tcp = ip + IPV4_HDR_LEN;
    TcpHdr h = { .src_port = get16(tcp), .dst_port = get16(tcp + 2) };
    uint64_t back_addrs = addrs >> 32 | addrs << 32;
    uint32_t back_ports = ports >> 16 | ports << 16;
    int from;
    FlowKey key = key_of(ip_v4(get32(ip + 12)), ip_v4(get32(ip + 16)), &h, &from);
    Flow *flow = find_flow(flows, &key);

    *lately_at(flows, back_addrs, back_ports) =
        (Lately){ .addrs = back_addrs, .ports = back_ports, .from = !from, .flow = flow };
    *lately = (Lately){ .addrs = addrs, .ports = ports, .from = from, .flow = flow };
}

static G_GNUC_NO_INLINE void see_fully(const Lately *lately, const uint8_t *tcp, uint32_t len,
                                       SimTime made)
{
    TcpHdr h = { .src_port = get16(tcp), .dst_port = get16(tcp + 2), .seq = get32(tcp + 4),
                 .ack = get32(tcp + 8), .flags = tcp[13] };

    see(lately->flow, lately->from, &h, len, made);
}

void flows_see_plain(Flows *flows, const uint8_t *ip, SimTime made)
{
    const uint8_t *tcp = ip + IPV4_HDR_LEN;
    uint32_t len = get16(ip + 2) - (uint32_t)IPV4_HDR_LEN - (uint32_t)(tcp[12] >> 4) * 4, ports;
    uint64_t addrs;

    memcpy(&addrs, ip + 12, sizeof addrs);
    memcpy(&ports, tcp, sizeof ports);
    Lately *lately = lately_at(flows, addrs, ports);
    if (!lately_is(lately, addrs, ports))
        look_up(flows, ip, lately, addrs, ports);
    if (!lately->flow->plain || (tcp[13] & TCP_SYN)) {
        see_fully(lately, tcp, len, made);
        return;
    }
    Side *side = lately->flow->first.side;
    side_reaches(&side[lately->from], get32(tcp + 4) + len);
    if (tcp[13] & TCP_ACK)
        side_reaches(&side[!lately->from], get32(tcp + 8));
}

void flows_base(const Flows *flows, IpAddr src, IpAddr dst, const TcpHdr *h, SimTime made,
                uint32_t *seq_base, uint32_t *ack_base, unsigned *incarnation_)
{
    int from;
    FlowKey key = key_of(src, dst, h, &from);
    const Slot *slot = slot_of(flows, &key, key_hash(&key));

    *seq_base = h->seq;
    *ack_base = h->ack - 1;
    if (incarnation_ != NULL)
        *incarnation_ = 1;
    if (slot->hash == 0)
        return;
    const Flow *flow = slot->flow;
    unsigned best = belongs_to(flow, from, h, made);
    const Incarnation *inc = incarnation(flow, best);
    if (inc->side[from].seen)
        *seq_base = inc->side[from].base;
    if (inc->side[!from].seen)
        *ack_base = inc->side[!from].base;
    /* RFC 9293 §3.10.7.1: <SEQ=0> of a reset that answers no ACK is no place in any sequence. */
    if ((h->flags & TCP_RST) && h->seq == 0 && distance(&inc->side[from], 0) > 0)
        *seq_base = 0;
    if (incarnation_ != NULL)
        *incarnation_ = best + 1;
}
