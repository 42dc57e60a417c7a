/*
 * arp.c - address resolution, RFC 826, with the time-outs and the queue of RFC 1122 §2.3.2.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/link/arp_priv.h"

#include "protocols/stack.h"

const ArpConfig arp_defaults = {
    .lifetime = 60 * SEC, .retry = SEC, .tries = 3, .queue = 3
};

static const char *const requests[] = { "requests", NULL };
static const char *const packets[] = { "packets", NULL };

const Knob arp_knobs[] = {
    { "warm", KNOB_BOOL, offsetof(ArpConfig, warm), 0, 0, NULL,
      "The caches know every neighbour before the first event.", "own", false },
    { "lifetime", KNOB_TIME, offsetof(ArpConfig, lifetime), 0, 0, NULL,
      "After this time an entry is forgotten; with 0 every packet asks anew.",
      "RFC 1122 §2.3.2.1", false },
    { "retry", KNOB_TIME, offsetof(ArpConfig, retry), 1, HOUR, NULL,
      "Time between two requests for the same address.", "RFC 1122 §2.3.2.1", false },
    { "tries", KNOB_INT, offsetof(ArpConfig, tries), 1, 1000, requests,
      "Requests that are sent before the address counts as unreachable.", "RFC 1122 §2.3.2.1",
      false },
    { "queue", KNOB_INT, offsetof(ArpConfig, queue), 1, 100000, packets,
      "Packets that wait for one address; one more drops the oldest.", "RFC 1122 §2.3.2.2",
      false },
    { NULL, KNOB_BOOL, 0, 0, 0, NULL, NULL, NULL, false },
};

const TracePoint ARP_LEARNED = {
    "arp:learned", TRACE_ARP, { { "ip", TV_STR }, { "mac", TV_STR }, { "iface", TV_STR } }
};
const TracePoint ARP_FAILED = {
    "arp:failed", TRACE_ARP, { { "ip", TV_STR }, { "tries", TV_INT } }
};
const TracePoint ARP_EXPIRED = { "arp:expired", TRACE_ARP, { { "ip", TV_STR } } };
const TracePoint ARP_CONFLICT = {
    "arp:conflict_seen", TRACE_ARP, { { "ip", TV_STR }, { "mac", TV_STR } }
};

/* What only an entry has that was asked for or learnt: most of a large world are permanent. */
typedef struct Asking {
    uint64_t tries;      /* INCOMPLETE: requests sent */
    uint64_t n_waiting;
    Packet  *head, *tail; /* what waits, oldest first */
    Timer    retry;      /* INCOMPLETE: asks again, or gives up */
    Timer    age;        /* REACHABLE */
} Asking;

struct Neigh {
    ArpEntry entry;      /* first: it is the key, by its ip and iface */
    Arp     *arp;
    SimTime  good_until; /* it can be sent to before that: 0 while INCOMPLETE, NEVER for good */
    uint8_t  header[ETH_HDR_LEN]; /* of the frames that go there, while it is the last hop */
    Asking  *asking;     /* NULL: it was never asked for, and does not age */
};

enum { FEW = 8 }; /* are looked through faster than they are hashed */

struct Arp {
    Node       *node;
    const ArpConfig *cfg; /* its stack's */
    void      (*failed)(void *self, Iface *iface, IpAddr next_hop, Packet *pkt);
    void       *self;
    Vec         neighs[1]; /* in the order of learning, owned */
    GHashTable *by_ip;   /* to Neigh; for look-up only; NULL: they are few */
    GArray     *listing; /* what arp_entries last gave out; NULL: nobody has asked */
};

static unsigned entry_hash(const void *entry)
{
    return ip_hash(((const ArpEntry *)entry)->ip);
}

/* Without an interface it is asked for on any. */
static int entry_equal(const void *a_, const void *b_)
{
    const ArpEntry *a = a_, *b = b_;

    return ip_equal(a->ip, b->ip) &&
           (a->iface == b->iface || a->iface == NULL || b->iface == NULL);
}

static Sim *sim_of(const Arp *arp)
{
    return arp->node->sim;
}

/* --- what waits ------------------------------------------------------------------------------- */

/* Takes the whole queue off the entry. */
static Packet *take_waiting(Neigh *n)
{
    Asking *a = n->asking;
    Packet *head = a != NULL ? a->head : NULL;

    if (head != NULL) {
        a->head = a->tail = NULL;
        a->n_waiting = 0;
    }
    return head;
}

static Packet *take_oldest(Asking *a)
{
    Packet *pkt = a->head;

    a->head = pkt->next;
    if (a->head == NULL)
        a->tail = NULL;
    a->n_waiting--;
    pkt->next = NULL;
    return pkt;
}

/* RFC 1122 §2.3.2.2: at least the latest packet is kept. */
static void enqueue(Neigh *n, Packet *pkt)
{
    Asking *a = n->asking;

    if (a->n_waiting >= n->arp->cfg->queue)
        packet_drop(take_oldest(a), n->arp->node, n->entry.iface->port, DROP_ARP_QUEUE_FULL);
    pkt->next = NULL;
    if (a->tail != NULL)
        a->tail->next = pkt;
    else
        a->head = pkt;
    a->tail = pkt;
    a->n_waiting++;
}

static void send_waiting(Neigh *n)
{
    Iface *iface = n->entry.iface;
    MacAddr mac = n->entry.mac;
    Packet *pkt = take_waiting(n);

    while (pkt != NULL) {
        Packet *next = pkt->next;
        pkt->next = NULL;
        eth_output(iface, mac, ETHERTYPE_IPV4, pkt);
        pkt = next;
    }
}

static void drop_waiting(Arp *arp, Iface *iface, Packet *pkt, DropReason why)
{
    while (pkt != NULL) {
        Packet *next = pkt->next;
        pkt->next = NULL;
        packet_drop(pkt, arp->node, iface->port, why);
        pkt = next;
    }
}

/* --- the cache -------------------------------------------------------------------------------- */

static void neigh_free(Neigh *n)
{
    Heap *heap = &sim_of(n->arp)->heap;

    for (Packet *pkt = take_waiting(n), *next; pkt != NULL; pkt = next) {
        next = pkt->next;
        packet_free(pkt);
    }
    if (n->asking != NULL) {
        timer_stop(&n->asking->retry);
        timer_stop(&n->asking->age);
        heap_give(heap, n->asking, sizeof *n->asking);
    }
    heap_give(heap, n, sizeof *n);
}

static void forget(Neigh *n)
{
    Arp *arp = n->arp;

    if (n->entry.iface->last_hop == n)
        eth_set_last_hop(n->entry.iface, NULL);
    if (arp->by_ip != NULL)
        g_hash_table_remove(arp->by_ip, n);
    vec_remove(arp->neighs, n);
    neigh_free(n);
}

static void expire(Neigh *n)
{
    char ip[IP_TEXT];

    trace(sim_of(n->arp), ARP_EXPIRED, n->arp->node, n->entry.iface->port, NULL,
          trace_str(ip_text(n->entry.ip, ip)));
    forget(n);
}

static void age_fired(void *neigh)
{
    expire(neigh);
}

/* The ageing timer is housekeeping, and does not fire once the world has drained. */
static bool is_old(const Neigh *n)
{
    return n->entry.state == ARP_REACHABLE && sim_now(sim_of(n->arp)) >= n->good_until;
}

static Neigh *look_up(const Arp *arp, const ArpEntry *key)
{
    if (arp->by_ip != NULL)
        return g_hash_table_lookup(arp->by_ip, key);
    for (guint i = 0; i < arp->neighs->len; i++) {
        Neigh *n = g_ptr_array_index(arp->neighs, i);
        if (entry_equal(&n->entry, key))
            return n;
    }
    return NULL;
}

/* The entry for this address, unless there is none or its time is over. */
static Neigh *find(Arp *arp, Iface *iface, IpAddr ip)
{
    ArpEntry key = { .ip = ip, .iface = iface };
    Neigh *n = look_up(arp, &key);

    if (n == NULL)
        return NULL;
    if (is_old(n)) {
        expire(n);
        return NULL;
    }
    return n;
}

/* --- packets of its own ----------------------------------------------------------------------- */

void arp_send(Iface *iface, MacAddr dst, const ArpPkt *a, SentReason why)
{
    Node *node = iface->port->node;
    Packet *pkt = packet_new(node->sim, ARP_LEN, why);

    node_count(node, a->op == ARP_OP_REPLY ? COUNTER_ArpOutReplies : COUNTER_ArpOutRequests);
    arp_encode(a, pkt->data);
    eth_output(iface, dst, ETHERTYPE_ARP, pkt);
}

static void send_request(Iface *iface, IpAddr target, SentReason why)
{
    ArpPkt a = {
        .op = ARP_OP_REQUEST, .sha = iface->mac, .spa = iface->ip.addr, .tpa = target
    };

    arp_send(iface, MAC_BROADCAST, &a, why);
}

static void send_reply(Iface *iface, const ArpPkt *request)
{
    ArpPkt a = {
        .op = ARP_OP_REPLY,
        .sha = iface->mac,
        .spa = request->tpa,
        .tha = request->sha,
        .tpa = request->spa,
    };

    arp_send(iface, request->sha, &a, SENT_ARP_REPLY);
}

/* --- asking ----------------------------------------------------------------------------------- */

/* The users are told after the entry is gone: what they send then may need the same address. */
static void give_up(Neigh *n)
{
    Arp *arp = n->arp;
    ArpEntry was = n->entry;
    Packet *pkt = take_waiting(n);
    char ip[IP_TEXT];

    trace(sim_of(arp), ARP_FAILED, arp->node, was.iface->port, NULL,
          trace_str(ip_text(was.ip, ip)), (int64_t)n->asking->tries);
    forget(n);
    while (pkt != NULL) {
        Packet *next = pkt->next;
        pkt->next = NULL;
        if (arp->failed != NULL)
            arp->failed(arp->self, was.iface, was.ip, pkt);
        packet_drop(pkt, arp->node, was.iface->port, DROP_ARP_UNRESOLVED);
        pkt = next;
    }
}

static void ask(Neigh *n)
{
    n->asking->tries++;
    timer_set(&n->asking->retry, n->arp->cfg->retry);
    send_request(n->entry.iface, n->entry.ip, SENT_ARP_REQUEST);
}

static void retry_fired(void *neigh)
{
    Neigh *n = neigh;

    if (n->asking->tries >= n->arp->cfg->tries)
        give_up(n);
    else
        ask(n);
}

static void note(Arp *arp, Neigh *n)
{
    vec_add(&sim_of(arp)->heap, arp->neighs, n);
    if (arp->by_ip != NULL) {
        g_hash_table_add(arp->by_ip, n);
    } else if (arp->neighs->len > FEW) {
        arp->by_ip = g_hash_table_new(entry_hash, entry_equal);
        for (guint i = 0; i < arp->neighs->len; i++)
            g_hash_table_add(arp->by_ip, g_ptr_array_index(arp->neighs, i));
    }
}

static Neigh *neigh_new(Arp *arp, Iface *iface, IpAddr ip)
{
    Neigh *n = heap_take(&sim_of(arp)->heap, sizeof *n);

    *n = (Neigh){ .entry = { .ip = ip, .iface = iface, .state = ARP_INCOMPLETE }, .arp = arp };
    note(arp, n);
    return n;
}

static void make_asking(Neigh *n)
{
    Sim *sim = sim_of(n->arp);

    if (n->asking != NULL)
        return;
    n->asking = heap_new0(&sim->heap, Asking);
    timer_init(&n->asking->retry, &sim->sched, retry_fired, n);
    timer_init(&n->asking->age, &sim->sched, age_fired, n);
    timer_set_background(&n->asking->age);
}

static void resolve(Neigh *n, MacAddr mac, ArpState state)
{
    n->entry.mac = mac;
    if (n->entry.iface->last_hop == n)
        eth_set_last_hop(n->entry.iface, NULL);
    n->entry.state = state;
    n->entry.updated = sim_now(sim_of(n->arp));
    n->good_until = state == ARP_REACHABLE ? time_add(n->entry.updated, n->arp->cfg->lifetime)
                                           : NEVER;
    if (state == ARP_REACHABLE)
        make_asking(n);
    if (n->asking == NULL)
        return;
    n->asking->tries = 0;
    timer_stop(&n->asking->retry);
    if (state == ARP_REACHABLE)
        timer_set(&n->asking->age, n->arp->cfg->lifetime);
    else
        timer_stop(&n->asking->age);
    send_waiting(n);
}

/* --- input ------------------------------------------------------------------------------------ */

/* n is NULL for a sender who is new. A permanent entry is nobody's to change. */
static void learn(Arp *arp, Neigh *n, Iface *iface, const ArpPkt *a, const Packet *pkt)
{
    if (n != NULL && n->entry.state == ARP_PERMANENT)
        return;
    bool news = n == NULL || n->entry.state == ARP_INCOMPLETE || !mac_equal(n->entry.mac, a->sha);
    if (n == NULL)
        n = neigh_new(arp, iface, a->spa);
    if (news) {
        char ip[IP_TEXT], mac[MAC_TEXT];
        trace(sim_of(arp), ARP_LEARNED, arp->node, iface->port, pkt,
              trace_str(ip_text(a->spa, ip)), trace_str(mac_text(a->sha, mac)),
              trace_str(iface->port->name));
    }
    resolve(n, a->sha, ARP_REACHABLE);
}

/* A sender is one station, not we, with one address or none yet (RFC 5227 §2.1.1: a probe). */
static DropReason check_sender(const Iface *iface, const ArpPkt *a, const Packet *pkt)
{
    IpAddr ip = a->spa;

    if (mac_is_group(a->sha) || mac_to_u64(a->sha) == 0)
        return DROP_ARP_BAD_SENDER;
    if (ip_is_multicast(ip) || ip_is_loopback(ip) || ip_is_limited_broadcast(ip))
        return DROP_ARP_BAD_SENDER;
    if (!ip_equal(ip, iface->ip.addr))
        return DROP_NONE;
    if (!mac_equal(a->sha, iface->mac)) { /* RFC 5227 §2.4 */
        Node *node = iface->port->node;
        char text[IP_TEXT], mac[MAC_TEXT];
        trace(node->sim, ARP_CONFLICT, node, iface->port, pkt, trace_str(ip_text(ip, text)),
              trace_str(mac_text(a->sha, mac)));
    }
    return DROP_ARP_BAD_SENDER;
}

/* What it was, if it was neither for us nor about somebody we know. */
static DropReason no_use(const ArpPkt *a)
{
    bool announcement = ip_equal(a->spa, a->tpa);

    return a->op == ARP_OP_REPLY || announcement ? DROP_ARP_UNSOLICITED : DROP_ARP_NOT_MINE;
}

/* RFC 826, "Packet Reception", in its order: merge, am I the target?, add, and then the opcode. */
DropReason arp_input(Arp *arp, Iface *iface, bool group, Packet *pkt)
{
    ArpPkt a;

    (void)group; /* the addresses that count are those inside */
    DropReason why = arp_decode(&a, packet_span(pkt));
    if (why != DROP_NONE)
        return why;
    if (a.op != ARP_OP_REQUEST && a.op != ARP_OP_REPLY)
        return DROP_ARP_FORMAT;
    if (iface->probe != NULL)
        arp_probe_hear(iface->probe, &a);
    why = check_sender(iface, &a, pkt);
    if (why != DROP_NONE)
        return why;

    bool probe = ip_is_any(a.spa);
    bool target = ip_equal(a.tpa, iface->ip.addr);
    Neigh *known = probe ? NULL : find(arp, iface, a.spa);
    if (known == NULL && !target)
        return no_use(&a);
    if (target)
        node_count(arp->node,
                   a.op == ARP_OP_REPLY ? COUNTER_ArpInReplies : COUNTER_ArpInRequests);
    if (!probe)
        learn(arp, known, iface, &a, pkt);
    if (target && a.op == ARP_OP_REQUEST)
        send_reply(iface, &a);
    packet_free(pkt);
    return DROP_NONE;
}

/* --- output ----------------------------------------------------------------------------------- */

/* RFC 1112 §6.4: the low 23 bits of the group go into 01-00-5E-00-00-00. Neither this nor a
 * broadcast address (RFC 1122 §3.3.6) is anybody's to answer for. */
static MacAddr multicast_mac(IpAddr group)
{
    return mac_from_u64(UINT64_C(0x01005e000000) | (ip_to_v4(group) & 0x7fffff));
}

/* One that was found: what is sent after it goes there by the short way. */
static void send_to(Iface *iface, Neigh *n, Packet *pkt)
{
    eth_set_last_hop(iface, n);
    eth_header(iface, n->entry.mac, ETHERTYPE_IPV4, n->header);
    eth_output_behind(iface, n->header, pkt);
}

static G_NO_INLINE void look_up_and_send(Arp *arp, Iface *iface, IpAddr next_hop, Packet *pkt)
{
    pkt->net = packet_offset(pkt);
    if (ip_is_multicast(next_hop)) {
        eth_output(iface, multicast_mac(next_hop), ETHERTYPE_IPV4, pkt);
        return;
    }
    if (ip_is_limited_broadcast(next_hop) || ip_equal(next_hop, prefix_broadcast(iface->ip))) {
        eth_output(iface, MAC_BROADCAST, ETHERTYPE_IPV4, pkt);
        return;
    }

    Neigh *n = find(arp, iface, next_hop);
    if (n != NULL && n->entry.state != ARP_INCOMPLETE) {
        send_to(iface, n, pkt);
    } else if (n != NULL) {
        enqueue(n, pkt);
    } else {
        n = neigh_new(arp, iface, next_hop);
        make_asking(n);
        enqueue(n, pkt);
        ask(n);
    }
}

void arp_output(Arp *arp, Iface *iface, IpAddr next_hop, Packet *pkt)
{
    const Neigh *n = iface->last_hop; /* most packets go where the one before went */

    if (n != NULL && ip_equal(n->entry.ip, next_hop) && sim_now(sim_of(arp)) < n->good_until)
        eth_output_behind(iface, n->header, pkt);
    else
        look_up_and_send(arp, iface, next_hop, pkt);
}

/* --- for its users ---------------------------------------------------------------------------- */

Arp *arp_new(Stack *stack, const ArpConfig *cfg,
             void (*failed)(void *self, Iface *iface, IpAddr next_hop, Packet *pkt), void *self)
{
    Arp *arp = heap_new0(&stack->node->sim->heap, Arp);

    g_assert(cfg->queue > 0);
    arp->node = stack->node;
    arp->cfg = cfg;
    arp->failed = failed;
    arp->self = self;
    return arp;
}

void arp_free(Arp *arp)
{
    if (arp->by_ip != NULL)
        g_hash_table_destroy(arp->by_ip);
    for (guint i = 0; i < arp->neighs->len; i++)
        neigh_free(arp->neighs->pdata[i]);
    vec_clear(&sim_of(arp)->heap, arp->neighs);
    if (arp->listing != NULL)
        g_array_free(arp->listing, TRUE);
    heap_give(&sim_of(arp)->heap, arp, sizeof *arp);
}

void arp_set(Arp *arp, Iface *iface, IpAddr ip, MacAddr mac, bool permanent)
{
    Neigh *n = find(arp, iface, ip);

    if (n == NULL)
        n = neigh_new(arp, iface, ip);
    resolve(n, mac, permanent ? ARP_PERMANENT : ARP_REACHABLE);
}

/* Forgets the entries of an address, or all of them for IP_NONE, and drops what waits there. */
static void remove_entries(Arp *arp, IpAddr wanted, DropReason why)
{
    for (guint i = arp->neighs->len; i-- > 0;) {
        Neigh *n = g_ptr_array_index(arp->neighs, i);
        if (!ip_is_none(wanted) && !ip_equal(n->entry.ip, wanted))
            continue;
        Iface *iface = n->entry.iface;
        Packet *waiting = take_waiting(n);
        forget(n);
        drop_waiting(arp, iface, waiting, why);
    }
}

void arp_delete(Arp *arp, IpAddr ip)
{
    remove_entries(arp, ip, DROP_ARP_UNRESOLVED);
}

void arp_flush(Arp *arp)
{
    remove_entries(arp, IP_NONE, DROP_LINK_HOST_DOWN);
}

void arp_announce(Arp *arp, Iface *iface)
{
    (void)arp;
    if (!ip_is_none(iface->ip.addr))
        send_request(iface, iface->ip.addr, SENT_ARP_ANNOUNCE);
}

const ArpEntry *arp_entries(Arp *arp, size_t *n)
{
    if (arp->listing == NULL)
        arp->listing = g_array_new(FALSE, FALSE, sizeof(ArpEntry));
    g_array_set_size(arp->listing, 0);
    for (guint i = 0; i < arp->neighs->len; i++) {
        const Neigh *neigh = g_ptr_array_index(arp->neighs, i);
        if (!is_old(neigh))
            g_array_append_val(arp->listing, neigh->entry);
    }
    *n = arp->listing->len;
    return (const ArpEntry *)(void *)arp->listing->data;
}

const ArpEntry *arp_lookup(Arp *arp, IpAddr ip)
{
    if (arp->by_ip != NULL && look_up(arp, &(ArpEntry){ .ip = ip }) == NULL)
        return NULL; /* as for each neighbour of a large star, when caches are made warm */
    for (guint i = 0; i < arp->neighs->len; i++) {
        const Neigh *n = g_ptr_array_index(arp->neighs, i);
        if (ip_equal(n->entry.ip, ip) && !is_old(n))
            return &n->entry;
    }
    return NULL;
}

void arp_warm(Arp *arp, Iface *iface, IpAddr ip, MacAddr mac)
{
    if (look_up(arp, &(ArpEntry){ .ip = ip }) == NULL)
        resolve(neigh_new(arp, iface, ip), mac, ARP_PERMANENT);
    else if (arp_lookup(arp, ip) == NULL) /* what there is, is old */
        arp_set(arp, iface, ip, mac, true);
}
