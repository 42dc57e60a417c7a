/*
 * ip.c - the internet layer as the transport layer sees it: today all of it is IPv4.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ip.h"

#include "protocols/internet/ipv4.h"
#include "protocols/stack.h"

DropReason ip_output(Stack *stack, const IpSend *how, Packet *pkt)
{
    return ipv4_output(stack->ipv4, how, pkt);
}

IpAddr ip_source(Stack *stack, IpAddr dst)
{
    return ipv4_source(stack->ipv4, dst);
}

size_t ip_mtu(Stack *stack, IpAddr dst, const IpOptions *options)
{
    return ipv4_mtu(stack->ipv4, dst, options);
}

size_t ip_link_mtu(Stack *stack, IpAddr dst)
{
    return ipv4_link_mtu(stack->ipv4, dst);
}

void ip_mtus(Stack *stack, IpAddr dst, size_t *path, size_t *link)
{
    ipv4_mtus(stack->ipv4, dst, path, link);
}

void ip_doubt(Stack *stack, IpAddr dst)
{
    const Route *route = ipv4_route_lookup(stack->ipv4, dst);

    if (route == NULL)
        return;
    IpAddr next_hop = route->kind == ROUTE_VIA ? route->via : dst;
    const ArpEntry *entry = arp_lookup(stack->arp, next_hop);
    if (entry != NULL && entry->state == ARP_REACHABLE)
        arp_delete(stack->arp, next_hop);
}

/* --- what an address is ----------------------------------------------------------------------- */

static AddrEntry *place_of(const AddrTable *table, uint32_t addr)
{
    unsigned i = addr * 0x9e3779b1u >> table->shift;

    while (table->entries[i].kind != 0 && table->entries[i].addr != addr)
        i = (i + 1) & table->mask;
    return &table->entries[i];
}

static void enter(AddrTable *table, IpAddr addr, AddrKind kind)
{
    if (!ip_is_v4(addr))
        return;
    AddrEntry *e = place_of(table, ip_to_v4(addr));
    e->addr = ip_to_v4(addr);
    e->kind |= kind;
}

/* An address and a broadcast for each interface fill it by half at most. */
static void make_table(Heap *heap, AddrTable *table, const Vec *ifaces)
{
    unsigned bits = 2;

    while (1u << bits < 4 * ifaces->len)
        bits++;
    table->entries = 1u << bits > ADDR_FEW ? heap_take0(heap, sizeof(AddrEntry) << bits)
                                           : table->few;
    table->mask = (1u << bits) - 1;
    table->shift = 32 - bits;
    for (guint i = 0; i < ifaces->len; i++) {
        const Iface *iface = g_ptr_array_index(ifaces, i);
        enter(table, iface->ip.addr, ADDR_OURS);
        enter(table, prefix_broadcast(iface->ip), ADDR_BROADCAST);
    }
}

void ip_kinds_changed(Stack *stack)
{
    AddrTable *table = &stack->addrs;

    if (table->entries != table->few)
        heap_give(&stack->node->sim->heap, table->entries,
                  (table->mask + 1) * sizeof *table->entries);
    *table = (AddrTable){ 0 };
}

static unsigned kind_by_number(uint32_t addr)
{
    switch (addr >> 24) {
    case 0: return addr == 0 ? ADDR_THIS_NET | ADDR_ANY : ADDR_THIS_NET;
    case 127: return ADDR_LOOPBACK;
    case 255: return addr == UINT32_MAX ? ADDR_RESERVED | ADDR_BROADCAST : ADDR_RESERVED;
    default: break;
    }
    if (addr >> 28 == 0xf)
        return ADDR_RESERVED;
    return addr >> 28 == 0xe ? ADDR_MULTICAST : 0;
}

/* What the table as it is does not tell. */
static G_GNUC_NO_INLINE unsigned unusual_kind(const Stack *stack, IpAddr a)
{
    AddrTable *table = &((Stack *)(uintptr_t)stack)->addrs; /* what it remembers is no change */

    if (!ip_is_v4(a))
        return (ip_is_multicast(a) ? ADDR_MULTICAST : 0) | (ip_is_loopback(a) ? ADDR_LOOPBACK : 0);
    if (table->entries == NULL)
        make_table(&stack->node->sim->heap, table, stack->ifaces);
    return place_of(table, ip_to_v4(a))->kind | kind_by_number(ip_to_v4(a));
}

unsigned ip_kind(const Stack *stack, IpAddr a)
{
    const AddrTable *table = &stack->addrs;
    uint32_t addr = ip_to_v4(a);

    if (!ip_is_v4(a) || table->entries == NULL || addr - (1u << 24) >= 126u << 24)
        return unusual_kind(stack, a);
    return place_of(table, addr)->kind;
}

bool ip_is_local(const Stack *stack, IpAddr addr)
{
    return (ip_kind(stack, addr) & (ADDR_OURS | ADDR_LOOPBACK)) != 0;
}

bool ip_is_broadcast_for(const Stack *stack, IpAddr addr)
{
    return (ip_kind(stack, addr) & (ADDR_BROADCAST | ADDR_MULTICAST)) != 0;
}
