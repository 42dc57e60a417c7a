/*
 * fuzz_dhcp_host.c - a client and a server in one network with somebody who says to both whatever
 * the input orders.
 *
 * The input is a row of records: an operation, a length n, n bytes. What is said is sent as it is,
 * or with a header that fits, so that not all is refused at the first check. What must hold: all
 * that client and server send reads as a message; an address is a host's, and never two clients';
 * who has no lease has no address; everything ends.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/application/dhcp.h"
#include "protocols/link/bridge.h"
#include "protocols/stack.h"

#include <string.h>

enum { MOST_EVENTS = 20000, MOST_RECORDS = 64, FIRST = 0x0a000064, LAST = 0x0a000067 };

typedef enum Op {
    OP_SERVER_RAW, OP_SERVER, OP_CLIENT_RAW, OP_CLIENT, OP_WAIT, OP_DO, OP_COUNT
} Op;

typedef struct World {
    Sim     *sim;
    Stack   *client, *server, *peer;
    UdpSock *at67, *at68; /* the peer's */
    uint32_t xid;         /* the client's last that was heard */
} World;

static void hear(World *w, UdpSock *sock, bool from_client)
{
    UdpArrival how;
    NetError err;
    DhcpMessage m;

    for (Packet *pkt; (pkt = udp_receive_how(sock, &how, &err)) != NULL; packet_free(pkt)) {
        g_assert(dhcp_read(&m, packet_span(pkt)) == DHCP_READ);
        if (m.reply == from_client) /* to a relay, which we have said to be */
            g_assert(from_client && ip_to_v4(m.giaddr) == 0x0a000002);
        else if (from_client)
            w->xid = m.xid;
    }
}

static void heard_67(void *world)
{
    hear(world, ((World *)world)->at67, true);
}

static void heard_68(void *world)
{
    hear(world, ((World *)world)->at68, false);
}

static Stack *make_host(World *w, Node *sw, const char *name, uint32_t v4)
{
    StackConfig cfg = stack_config_default();
    Stack *stack = stack_new(node_new(w->sim, name, NODE_HOST), &cfg);
    Iface *iface = stack_add_iface(stack, NULL, NULL);
    Port *port = bridge_add_port(sw->stack, NULL);

    if (v4 != 0)
        stack_set_address(stack, iface, (IpPrefix){ ip_v4(v4), 24 });
    else
        iface->ip_leased = true;
    link_new(w->sim, iface->port, port, &link_defaults, &link_defaults);
    return stack;
}

static void begin(World *w)
{
    static const IpAddr dns = { 0, UINT64_C(0xffff0a000001) };
    NetError err;

    w->sim = sim_new(1);
    Node *sw = node_new(w->sim, "sw", NODE_SWITCH);
    bridge_new(sw, 300 * SEC);
    w->client = make_host(w, sw, "c", 0);
    w->server = make_host(w, sw, "s", 0x0a000001);
    w->peer = make_host(w, sw, "p", 0x0a000002);
    w->at67 = udp_open(stack_udp(w->peer), IP4_ANY, DHCP_SERVER_PORT, &err);
    w->at68 = udp_open(stack_udp(w->peer), IP4_ANY, DHCP_CLIENT_PORT, &err);
    udp_on_ready(w->at67, heard_67, w);
    udp_on_ready(w->at68, heard_68, w);
    Dhcp *dhcp = dhcp_of(w->server);
    DhcpScopeConfig cfg = dhcp_scope_defaults;
    cfg.subnet.addr = IP_NONE;
    cfg.first = ip_v4(FIRST);
    cfg.last = ip_v4(LAST);
    cfg.dns = &dns;
    cfg.n_dns = 1;
    cfg.lease = 300 * SEC;
    g_assert(dhcp_store_add_scope(dhcp->store, &cfg));
    dhcp_store_reserve(dhcp->store, mac_from_u64(0x020000000003), ip_v4(0x0a0000c8));
    g_assert(dhcp_serve(dhcp, &err) != NULL);
}

/* A header: the first octets of what is said choose its flags and addresses; the rest is options. */
static size_t mend(World *w, Span said, bool reply, uint8_t *out)
{
    Iface *iface = g_ptr_array_index(w->client->ifaces, 0);
    uint64_t other = UINT64_C(0x020000000000) + (said.n > 0 ? said.p[0] & 7u : 0u);
    uint64_t mac = reply ? mac_to_u64(iface->mac) : other;

    memset(out, 0, DHCP_OPTIONS_AT);
    out[0] = reply ? 2 : 1;
    out[1] = 1;
    out[2] = 6;
    put32(out + 4, w->xid);
    out[10] = said.n > 1 ? said.p[1] & 0x80 : 0;
    if (said.n > 2)
        put32(out + (reply ? 16 : 12), said.p[2] == 0 ? 0 : 0x0a000000u | said.p[2]);
    if (said.n > 1 && said.p[1] & 1)
        put32(out + 24, 0x0a000002);
    put16(out + 28, (uint16_t)(mac >> 32));
    put32(out + 30, (uint32_t)mac);
    put32(out + DHCP_FIXED_LEN, 0x63825363);
    size_t n = said.n > 3 ? said.n - 3 : 0;
    if (n > 0)
        memcpy(out + DHCP_OPTIONS_AT, said.p + 3, n);
    out[DHCP_OPTIONS_AT + n] = DHCP_OPT_END;
    return DHCP_OPTIONS_AT + n + 1;
}

static void act_on_client(World *w, uint8_t what)
{
    Iface *iface = g_ptr_array_index(w->client->ifaces, 0);
    DhcpClientConfig cfg = dhcp_client_defaults;
    NetError err;

    if (w->client->node->down)
        stack_boot(w->client);
    DhcpClient *c = dhcp_client_of(dhcp_of(w->client), iface, &err);
    switch (what & 3) {
    case 0:
    case 1:
        cfg.request = IP_NONE;
        cfg.probes = what >> 2 & 3;
        cfg.broadcast = what & 16;
        cfg.wait = what & 32;
        cfg.lease = what & 64 ? 20 * SEC : 0;
        dhcp_client_start(c, &cfg);
        break;
    case 2: dhcp_client_release(c); break;
    default: stack_crash(w->client); break;
    }
}

static void act(World *w, Op op, Span bytes)
{
    uint8_t out[DHCP_OPTIONS_AT + 260];
    bool to_client = op == OP_CLIENT || op == OP_CLIENT_RAW;
    uint16_t port = to_client ? DHCP_CLIENT_PORT : DHCP_SERVER_PORT;

    switch (op) {
    case OP_SERVER:
    case OP_CLIENT:
        bytes = (Span){ out, mend(w, bytes, to_client, out) };
        udp_send(to_client ? w->at67 : w->at68, bytes, IP4_BROADCAST, port);
        break;
    case OP_SERVER_RAW:
    case OP_CLIENT_RAW: udp_send(w->at68, bytes, IP4_BROADCAST, port); break;
    case OP_DO: act_on_client(w, bytes.n > 0 ? bytes.p[0] : 0); break;
    default:
        sim_run(w->sim, time_add(sim_now(w->sim), (bytes.n > 0 ? bytes.p[0] : 1) * 2 * SEC),
                MOST_EVENTS);
        break;
    }
}

static void check(World *w)
{
    const Iface *iface = g_ptr_array_index(w->client->ifaces, 0);
    DhcpStore *store = dhcp_of(w->server)->store;
    size_t n;
    NetError err;
    const DhcpBinding *const *bindings = dhcp_store_bindings(store, &n);

    for (size_t i = 0; i < n; i++) {
        uint32_t addr = ip_to_v4(bindings[i]->addr);
        g_assert(bindings[i]->reserved || (addr >= FIRST && addr <= LAST));
        for (size_t k = 0; k < i; k++)
            g_assert(!ip_equal(bindings[i]->addr, bindings[k]->addr));
    }
    if (w->client->node->down) {
        g_assert(ip_is_none(iface->ip.addr));
        return;
    }
    DhcpClient *c = dhcp_client_of(dhcp_of(w->client), (Iface *)(uintptr_t)iface, &err);
    const DhcpLease *lease = dhcp_client_lease(c);
    g_assert((lease != NULL) == !ip_is_none(iface->ip.addr));
    if (lease == NULL)
        return;
    g_assert(ip_equal(lease->prefix.addr, iface->ip.addr) && iface->ip.len == lease->prefix.len);
    g_assert(lease->ends > sim_now(w->sim) || lease->ends == sim_now(w->sim));
    g_assert(lease->t1 <= lease->t2 && lease->t2 <= lease->ends);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    World w = { .xid = 1 };
    const uint8_t *at = data, *end = data + size;

    begin(&w);
    act_on_client(&w, 0);
    for (unsigned i = 0; i < MOST_RECORDS && end - at >= 2; i++) {
        size_t n = MIN((size_t)at[1], (size_t)(end - at - 2));
        act(&w, (Op)(at[0] % OP_COUNT), (Span){ at + 2, n });
        at += 2 + n;
        g_assert(sim_run(w.sim, time_add(sim_now(w.sim), SEC), MOST_EVENTS) != SIM_MAX_EVENTS);
        check(&w);
    }
    g_assert(sim_run(w.sim, time_add(sim_now(w.sim), HOUR), MOST_EVENTS) != SIM_MAX_EVENTS);
    check(&w);
    sim_free(w.sim);
    return 0;
}
