/*
 * stack.c - the wiring diagram: who hands packets to whom.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/stack.h"

#include "protocols/internet/ipv4_flow.h"

#include <string.h>

const TracePoint HOST_CRASHED = { "sim:host_crashed", TRACE_SIM, { { "host", TV_STR } } };
const TracePoint HOST_BOOTED = { "sim:host_booted", TRACE_SIM, { { "host", TV_STR } } };

StackConfig stack_config_default(void)
{
    return (StackConfig){
        .arp = arp_defaults, .ipv4 = ipv4_defaults, .tcp = tcp_defaults, .fcs = true
    };
}

static void unresolved(void *self, Iface *iface, IpAddr next_hop, Packet *pkt)
{
    Stack *stack = self;

    ipv4_unresolved(stack->ipv4, iface, next_hop, pkt);
}

/* --- programs --------------------------------------------------------------------------------- */

static void program_end(void *program_)
{
    StackProgram *program = program_;

    program->end(program->self);
    g_free(program);
}

void stack_add_program(Stack *stack, const StackProgram *program)
{
    if (stack->programs == NULL)
        stack->programs = g_ptr_array_new_with_free_func(program_end);
    g_ptr_array_add(stack->programs, g_memdup2(program, sizeof *program));
}

void *stack_program(const Stack *stack, const void *key)
{
    for (guint i = 0; stack->programs != NULL && i < stack->programs->len; i++) {
        const StackProgram *program = g_ptr_array_index(stack->programs, i);
        if (program->key == key)
            return program->self;
    }
    return NULL;
}

/* --- who hands packets to whom ---------------------------------------------------------------- */

Udp *stack_udp(Stack *stack)
{
    if (stack->made.udp == NULL)
        stack->made.udp = udp_new(stack);
    return stack->made.udp;
}

Tcp *stack_tcp(Stack *stack)
{
    if (stack->made.tcp == NULL)
        stack->made.tcp = tcp_new(stack, &stack->cfg->tcp);
    return stack->made.tcp;
}

static DropReason to_ipv4(Iface *iface, bool group, Packet *pkt)
{
    return ipv4_input(iface->stack->ipv4, iface, group, pkt);
}

static DropReason to_arp(Iface *iface, bool group, Packet *pkt)
{
    return arp_input(iface->stack->arp, iface, group, pkt);
}

static const EthProto eth_protos[] = {
    { ETHERTYPE_IPV4, to_ipv4 }, { ETHERTYPE_ARP, to_arp }, { 0, NULL }
};

static DropReason to_tcp(Stack *stack, const IpMeta *ip, Packet *pkt)
{
    return tcp_input(stack_tcp(stack), ip, pkt);
}

static DropReason to_udp(Stack *stack, const IpMeta *ip, Packet *pkt)
{
    return udp_input(stack_udp(stack), ip, pkt);
}

static DropReason to_icmp(Stack *stack, const IpMeta *ip, Packet *pkt)
{
    return icmp_input(stack->icmp, ip, pkt);
}

static void tell_tcp(Stack *stack, const IpError *err)
{
    if (stack->made.tcp != NULL)
        tcp_error(stack->made.tcp, err);
}

static void tell_udp(Stack *stack, const IpError *err)
{
    if (stack->made.udp != NULL)
        udp_error(stack->made.udp, err);
}

static void tell_icmp(Stack *stack, const IpError *err)
{
    icmp_error(stack->icmp, err);
}

const IpProto ip_protos[IP_PROTOS] = {
    { IPPROTO_TCP4, to_tcp, tell_tcp },
    { IPPROTO_UDP4, to_udp, tell_udp },
    { IPPROTO_ICMP4, to_icmp, tell_icmp },
};

/* --- life ------------------------------------------------------------------------------------- */

/* Nodes are often made alike, one after the other, and then share what they were told. */
typedef struct SharedConfig {
    StackConfig cfg; /* first: a stack points to it */
    unsigned    users;
} SharedConfig;

/* What stands behind the last member is nobody's. */
static bool same_config(const StackConfig *a, const StackConfig *b)
{
    return memcmp(a, b, offsetof(StackConfig, fcs)) == 0 && a->fcs == b->fcs;
}

static const StackConfig *take_config(const Node *node, const StackConfig *wanted)
{
    const GPtrArray *nodes = node->sim->nodes;
    const Node *before = node->index > 0 ? g_ptr_array_index(nodes, node->index - 1) : NULL;
    const Stack *like = before != NULL ? node_stack(before) : NULL;
    SharedConfig *shared;

    if (like != NULL && same_config(like->cfg, wanted)) {
        shared = (SharedConfig *)(uintptr_t)like->cfg;
    } else {
        shared = g_new0(SharedConfig, 1);
        shared->cfg = *wanted;
    }
    shared->users++;
    return &shared->cfg;
}

static void leave_config(const StackConfig *cfg)
{
    SharedConfig *shared = (SharedConfig *)(uintptr_t)cfg;

    if (--shared->users == 0)
        g_free(shared);
}

/* Upper floors first: what they still hold goes down with them. */
static void stack_free(void *stack_)
{
    Stack *stack = stack_;
    Heap *heap = &stack->node->sim->heap;

    tcp_free(stack->made.tcp);
    udp_free(stack->made.udp);
    if (stack->programs != NULL)
        g_ptr_array_free(stack->programs, TRUE);
    icmp_free(stack->icmp);
    ipv4_free(stack->ipv4);
    arp_free(stack->arp);
    for (unsigned i = 0; i < stack->ifaces->len; i++)
        heap_give(heap, g_ptr_array_index(stack->ifaces, i), sizeof(Iface));
    vec_clear(heap, stack->ifaces);
    ip_kinds_changed(stack);
    leave_config(stack->cfg);
    heap_give(heap, stack, sizeof *stack);
}

/* A segment comes next to a host of many connections: its own. */
static void expect(const Node *node, const Packet *pkt)
{
    const Stack *stack = node->stack;
    IpAddr src, dst;
    const uint8_t *ports = ipv4_ports(pkt, IPPROTO_TCP4, &src, &dst);

    if (ports != NULL && stack->made.tcp != NULL)
        tcp_expect(stack->made.tcp, dst, get16(ports + 2), src, get16(ports));
}

Stack *stack_new(Node *node, const StackConfig *cfg)
{
    g_assert(node->stack == NULL);
    g_assert(node->kind != NODE_SWITCH);
    Stack *stack = heap_new0(&node->sim->heap, Stack);
    StackConfig wanted = *cfg;

    node->stack = stack;
    node->free_stack = stack_free;
    node->sim->reader = &ipv4_reader;
    node->sim->expect = expect;
    stack->node = node;
    wanted.ipv4.forward = node->kind == NODE_ROUTER;
    stack->cfg = take_config(node, &wanted);
    stack->arp = arp_new(stack, &stack->cfg->arp, unresolved, stack);
    stack->ipv4 = ipv4_new(stack, &stack->cfg->ipv4, stack->arp);
    stack->icmp = icmp_new(stack);
    return stack;
}

Iface *stack_add_iface(Stack *stack, const char *name, const MacAddr *mac)
{
    Sim *sim = stack->node->sim;
    Port *port = node_add_port(stack->node, name);
    Iface *iface = heap_new0(&sim->heap, Iface);

    iface->stack = stack;
    iface->protos = eth_protos;
    iface->port = port;
    iface->mac = mac != NULL ? *mac : mac_from_u64((UINT64_C(0x02) << 40) + ++sim->next_mac);
    iface->mtu = (uint32_t)link_defaults.mtu;
    iface->ip = (IpPrefix){ .addr = IP_NONE };
    port->check_fcs = stack->cfg->fcs;
    port->input = eth_input;
    port->owner = iface;
    vec_add(&sim->heap, stack->ifaces, iface);
    g_assert(stack->ifaces->len == stack->node->ports->len);
    return iface;
}

Iface *stack_iface(const Stack *stack, const char *name)
{
    const Port *port = node_port(stack->node, name);

    return port != NULL ? port->owner : NULL;
}

Iface *port_iface(const Port *port)
{
    return port->node->kind != NODE_SWITCH ? port->owner : NULL;
}

void stack_set_address(Stack *stack, Iface *iface, IpPrefix addr)
{
    ipv4_set_address(stack->ipv4, iface, addr);
}

Stack *node_stack(const Node *node)
{
    return node->kind != NODE_SWITCH ? node->stack : NULL;
}

void stack_crash(Stack *stack)
{
    Node *node = stack->node;

    if (node->down)
        return;
    node->down = true;
    tcp_flush(stack->made.tcp);
    udp_flush(stack->made.udp);
    icmp_flush(stack->icmp);
    ipv4_flush(stack->ipv4);
    arp_flush(stack->arp);
    for (guint i = 0; stack->programs != NULL && i < stack->programs->len; i++) {
        const StackProgram *program = g_ptr_array_index(stack->programs, i);
        program->crash(program->self);
    }
    trace(node->sim, HOST_CRASHED, node, NULL, NULL, trace_str(node->name));
}

void stack_boot(Stack *stack)
{
    Node *node = stack->node;

    if (!node->down)
        return;
    node->down = false;
    node->sim->topology++; /* warm ARP caches are filled anew */
    trace(node->sim, HOST_BOOTED, node, NULL, NULL, trace_str(node->name));
}
