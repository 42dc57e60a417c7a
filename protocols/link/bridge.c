/*
 * bridge.c - the relay, learning and filtering of IEEE 802.1D §7; without a spanning tree.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/link/bridge.h"

#include "protocols/wire/eth_wire.h"

const TracePoint BRIDGE_LEARNED = { "bridge:learned", TRACE_ARP, { { "mac", TV_STR } } };
const TracePoint BRIDGE_FLOODED = { "bridge:flooded", TRACE_ARP, { { "id", TV_INT } } };

typedef struct Station {
    BridgeEntry entry;
    int64_t     key; /* the MAC as a number, for the hash table */
    Bridge     *bridge;
    Timer       age;
} Station;

struct Bridge {
    Node       *node;
    SimTime     ageing;
    GPtrArray  *stations; /* in the order of learning; owned */
    GHashTable *by_mac;   /* to Station; for look-up only */
    GArray     *listing;  /* what bridge_entries last gave out */
};

static void forget(Station *st)
{
    timer_stop(&st->age);
    g_hash_table_remove(st->bridge->by_mac, &st->key);
    g_ptr_array_remove(st->bridge->stations, st); /* frees it */
}

static void age_fired(void *station)
{
    forget(station);
}

/* The timer that ages an entry is housekeeping and does not fire once the world has drained. */
static bool is_old(const Station *st)
{
    return sim_now(st->bridge->node->sim) - st->entry.seen >= st->bridge->ageing;
}

static Station *find(const Bridge *br, MacAddr mac)
{
    int64_t key = (int64_t)mac_to_u64(mac);

    return g_hash_table_lookup(br->by_mac, &key);
}

static Station *station_new(Bridge *br, MacAddr mac)
{
    Station *st = g_new0(Station, 1);

    st->entry.mac = mac;
    st->key = (int64_t)mac_to_u64(mac);
    st->bridge = br;
    timer_init(&st->age, &br->node->sim->sched, age_fired, st);
    timer_set_background(&st->age);
    g_ptr_array_add(br->stations, st);
    g_hash_table_insert(br->by_mac, &st->key, st);
    return st;
}

/* IEEE 802.1D §7.8: an individual source address is on the side it was heard from. */
static void learn(Bridge *br, MacAddr mac, Port *port, const Packet *pkt)
{
    if (mac_is_group(mac))
        return;
    Station *st = find(br, mac);
    if (st == NULL)
        st = station_new(br, mac);
    if (st->entry.port != port) {
        char text[MAC_TEXT];
        st->entry.port = port;
        trace(br->node->sim, BRIDGE_LEARNED, br->node, port, pkt, trace_str(mac_text(mac, text)));
    }
    st->entry.seen = sim_now(br->node->sim);
    timer_set(&st->age, br->ageing);
}

/* 01-80-C2-00-00-00 to -0F: IEEE 802.1D §7.12.6. */
static bool is_reserved(MacAddr dst)
{
    return mac_to_u64(dst) >> 4 == UINT64_C(0x0180c2000000) >> 4;
}

/* Deviates: IEEE 802.1D §8. Without a spanning tree a loop of switches storms.
 * Out of every port but the one it came from; the last gets the frame itself, the others copies. */
static DropReason flood(Bridge *br, const Port *from, Packet *pkt)
{
    const Vec *ports = br->node->ports;
    Port *last = NULL;

    trace(br->node->sim, BRIDGE_FLOODED, br->node, NULL, pkt, (int64_t)pkt->id);
    for (guint i = 0; i < ports->len; i++) {
        Port *port = g_ptr_array_index(ports, i);
        if (port == from || port->out == NULL)
            continue;
        if (last != NULL)
            port_send(last, packet_copy(pkt));
        last = port;
    }
    if (last == NULL)
        return DROP_LINK_NO_LINK;
    port_send(last, pkt);
    return DROP_NONE;
}

/* More often than there are switches: it goes round. */
static void count_switches(const Bridge *br, Packet *pkt)
{
    Sim *sim = br->node->sim;

    if (++pkt->switched > sim->most_switched) {
        sim->most_switched = pkt->switched;
        sim->switched_at = br->node;
    }
}

static DropReason bridge_input(void *port, Packet *pkt)
{
    Port *from = port;
    Bridge *br = from->node->stack;
    EthHdr h;

    count_switches(br, pkt);

    DropReason why = eth_decode(&h, packet_headers(pkt));
    if (why != DROP_NONE)
        return why;
    learn(br, h.src, from, pkt);
    if (is_reserved(h.dst))
        return DROP_BRIDGE_RESERVED;
    const Station *to = mac_is_group(h.dst) ? NULL : find(br, h.dst);
    if (to == NULL || is_old(to))
        return flood(br, from, pkt);
    if (to->entry.port == from)
        return DROP_BRIDGE_SAME_PORT;
    port_send(to->entry.port, pkt);
    return DROP_NONE;
}

static void bridge_free(void *bridge)
{
    Bridge *br = bridge;

    for (guint i = 0; i < br->stations->len; i++)
        timer_stop(&((Station *)g_ptr_array_index(br->stations, i))->age);
    g_hash_table_destroy(br->by_mac);
    g_ptr_array_free(br->stations, TRUE);
    g_array_free(br->listing, TRUE);
    g_free(br);
}

Bridge *bridge_new(Node *node, SimTime ageing)
{
    Bridge *br = g_new0(Bridge, 1);

    g_assert(node->stack == NULL);
    br->node = node;
    br->ageing = ageing;
    br->stations = g_ptr_array_new_with_free_func(g_free);
    br->by_mac = g_hash_table_new(g_int64_hash, g_int64_equal);
    br->listing = g_array_new(FALSE, FALSE, sizeof(BridgeEntry));
    node->stack = br;
    node->free_stack = bridge_free;
    return br;
}

Port *bridge_add_port(Bridge *bridge, const char *name)
{
    Port *port = node_add_port(bridge->node, name);

    port->input = bridge_input;
    port->owner = port;
    return port;
}

const BridgeEntry *bridge_entries(Bridge *bridge, size_t *n)
{
    g_array_set_size(bridge->listing, 0);
    for (guint i = 0; i < bridge->stations->len; i++) {
        const Station *st = g_ptr_array_index(bridge->stations, i);
        if (!is_old(st))
            g_array_append_val(bridge->listing, st->entry);
    }
    *n = bridge->listing->len;
    return (const BridgeEntry *)(void *)bridge->listing->data;
}
