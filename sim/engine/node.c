/*
 * node.c - ports, and the end of packets that were refused.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/node.h"

#include "sim/engine/sim.h"

#include <string.h>

const TracePoint PACKET_DROPPED = {
    "packet:dropped", TRACE_DROP, { { "id", TV_INT }, { "reason", TV_STR }, { "rule", TV_STR } }
};

const char *node_kind_name(NodeKind kind)
{
    static const char *const names[] = {
        [NODE_HOST] = "host", [NODE_ROUTER] = "router", [NODE_SWITCH] = "switch"
    };

    return names[kind];
}

G_STATIC_ASSERT(COUNTERS_COMMON + COUNTER_COUNT <= UINT8_MAX);

/* What all nodes show that have dropped nothing: nobody writes here. */
static const uint64_t nothing[DROP_COUNT];

static uint64_t *zeros(void)
{
    return (uint64_t *)(uintptr_t)nothing;
}

/* Most nodes of a large world have no TCP, which has most of the counters. */
void node_make_counter(Node *node, unsigned place)
{
    static const unsigned ends[] = { COUNTERS_COMMON, COUNTERS_COMMON + COUNTER_TcpActiveOpens,
                                     COUNTERS_COMMON + COUNTER_COUNT };
    const size_t each = sizeof *node->counted;
    unsigned had = node->n_counted, i = 0;

    while (place >= ends[i])
        i++;
    unsigned has = ends[i];
    node->counted = heap_allocate(&node->sim->heap, node->counted, had * each, has * each);
    memset(node->counted + had, 0, (has - had) * each);
    node->n_counted = (uint8_t)has;
}

static void count_drop(Node *node, DropReason why)
{
    if (node->drops == nothing)
        node->drops = heap_take0(&node->sim->heap, DROP_COUNT * sizeof *node->drops);
    node->drops[why]++;
}

Node *node_new(Sim *sim, const char *name, NodeKind kind)
{
    Node *node = heap_new0(&sim->heap, Node);
    size_t size = strlen(name) + 1;
    node->sim = sim;
    node->index = sim->nodes->len;
    node->name = memcpy(heap_take(&sim->heap, size), name, size);
    node->kind = kind;
    node->drops = zeros();
    g_ptr_array_add(sim->nodes, node);
    bool is_new = g_hash_table_insert(sim->by_name, node->name, node);
    g_assert(is_new);
    sim->topology++;
    return node;
}

/* A port has its name behind it. */
static size_t port_size(const char *name)
{
    return sizeof(Port) + strlen(name) + 1;
}

void node_free(Node *node)
{
    Heap *heap = &node->sim->heap;

    if (node->free_stack != NULL)
        node->free_stack(node->stack);
    for (unsigned i = 0; i < node->ports->len; i++) {
        Port *port = g_ptr_array_index(node->ports, i);
        heap_give(heap, port, port_size(port->name));
    }
    vec_clear(heap, node->ports);
    heap_give(heap, node->counted, node->n_counted * sizeof *node->counted);
    if (node->drops != nothing)
        heap_give(heap, node->drops, DROP_COUNT * sizeof *node->drops);
    heap_give(heap, node->name, strlen(node->name) + 1);
    heap_give(heap, node, sizeof *node);
}

/* "eth12"; a world has many of these. */
static void port_name(char out[16], unsigned index)
{
    char digits[12];
    size_t n = 0;

    do
        digits[n++] = (char)('0' + index % 10);
    while ((index /= 10) > 0);
    memcpy(out, "eth", 3);
    for (out += 3; n > 0; n--)
        *out++ = digits[n - 1];
    *out = '\0';
}

Port *node_add_port(Node *node, const char *name)
{
    char numbered[16];

    if (name == NULL)
        port_name(numbered, node->ports->len);
    else
        node->ports_named = true;
    const char *chosen = name != NULL ? name : numbered;
    Port *port = heap_take0(&node->sim->heap, port_size(chosen));

    port->node = node;
    port->index = node->ports->len;
    port->number = ++node->sim->n_ports;
    port->name = strcpy((char *)(port + 1), chosen);
    port->check_fcs = true;
    vec_add(&node->sim->heap, node->ports, port);
    node->sim->topology++;
    return port;
}

Port *node_port(const Node *node, const char *name)
{
    for (guint i = 0; i < node->ports->len; i++) {
        Port *port = g_ptr_array_index(node->ports, i);
        if (strcmp(port->name, name) == 0)
            return port;
    }
    return NULL;
}

/* Cables stay until the world ends. */
Port *node_free_port(Node *node)
{
    for (; node->plugged < node->ports->len; node->plugged++) {
        Port *port = g_ptr_array_index(node->ports, node->plugged);
        if (port->out == NULL)
            return port;
    }
    return NULL;
}

void port_input(Port *port, Packet *pkt)
{
    DropReason why;

    if (port->node->down)
        why = DROP_LINK_HOST_DOWN;
    else if (pkt->fcs_bad && port->check_fcs)
        why = DROP_LINK_FCS;
    else if (port->input == NULL)
        why = DROP_ETH_TYPE;
    else
        why = port->input(port->owner, pkt);
    if (why != DROP_NONE)
        packet_drop(pkt, port->node, port, why);
}

void port_send(Port *port, Packet *pkt)
{
    port_send_copied(port, pkt, pkt->data); /* it is the only one */
}

void port_send_copied(Port *port, Packet *pkt, const uint8_t *header)
{
    packet_set_frame(pkt);
    if (G_LIKELY(!port->node->down && port->out != NULL))
        link_send(port->out, pkt, header);
    else
        packet_drop(pkt, port->node, port,
                    port->node->down ? DROP_LINK_HOST_DOWN : DROP_LINK_NO_LINK);
}

void packet_drop(Packet *pkt, Node *node, Port *port, DropReason why)
{
    const Reason *r = drop_reason(why);

    trace(node->sim, PACKET_DROPPED, node, port, pkt, (int64_t)pkt->id, trace_str(r->name),
          trace_str(r->rule));
    count_drop(node, why);
    node->sim->packets.dropped++;
    packet_free(pkt);
}
