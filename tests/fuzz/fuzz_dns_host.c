/*
 * fuzz_dns_host.c - a resolver, a stub and a server whose peer says whatever the input orders.
 *
 * The input is a row of records: an operation, a length n, n bytes. The peer answers every question
 * that reaches it with the next record, its id and, if ordered, its header and question put right,
 * so that not all is refused at the first check. What must hold: everything ends; what is sent
 * reads as a message.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/application/dns.h"
#include "protocols/stack.h"

#include <string.h>

enum { MOST_EVENTS = 20000, MOST_ASKED = 16 };

typedef enum Op { OP_RAW, OP_MENDED, OP_SILENT, OP_QUERY, OP_ASK, OP_TCP, OP_WAIT, OP_COUNT } Op;

typedef struct World {
    Sim           *sim;
    Stack         *host, *peer;
    UdpSock       *root, *client;
    const uint8_t *at, *end;
    unsigned       asked, told;
} World;

static bool next(World *w, Op *op, Span *bytes)
{
    if (w->end - w->at < 2)
        return false;
    size_t n = MIN((size_t)w->at[1], (size_t)(w->end - w->at - 2));
    *op = (Op)(w->at[0] % OP_COUNT);
    *bytes = (Span){ w->at + 2, n };
    w->at += 2 + n;
    return true;
}

static void must_read(Span bytes)
{
    DnsMessage *m = dns_message_new();

    g_assert(dns_message_read(m, bytes) == DNS_READ);
    dns_message_free(m);
}

/* The question as it came, then the record: its first octet is AA and RCODE, its next three count
 * records, which the rest is. */
static size_t mend(Span query, Span rest, uint8_t *out, size_t cap)
{
    size_t question = MIN(query.n, cap / 2), opt = 11;

    if (get16(query.p + 10) > 0 && question > DNS_HDR_LEN + opt)
        question -= opt;
    memcpy(out, query.p, question);
    put16(out + 2, 0x8000);
    memset(out + 6, 0, 6);
    if (rest.n >= 4) {
        out[2] = (uint8_t)(0x80 | (rest.p[0] & 6)); /* AA, TC */
        out[3] = rest.p[0] >> 4;
        for (size_t i = 0; i < 3; i++)
            out[7 + 2 * i] = rest.p[1 + i] & 3;
        size_t n = MIN(rest.n - 4, cap - question);
        memcpy(out + question, rest.p + 4, n);
        return question + n;
    }
    return question;
}

static void root_ready(void *world)
{
    World *w = world;
    IpAddr from;
    uint16_t port;
    NetError err;
    uint8_t out[1200];
    Op op;
    Span bytes;

    for (Packet *pkt; (pkt = udp_receive(w->root, &from, &port, &err)) != NULL; packet_free(pkt)) {
        Span query = packet_span(pkt);
        must_read(query);
        if (!next(w, &op, &bytes) || op == OP_SILENT)
            continue;
        size_t n = bytes.n;
        if (op != OP_RAW)
            n = mend(query, bytes, out, sizeof out);
        else if (n > 0)
            memcpy(out, bytes.p, n);
        if (n >= 2)
            memcpy(out, query.p, 2);
        udp_send(w->root, (Span){ out, n }, from, port);
    }
}

static void client_ready(void *world)
{
    World *w = world;
    IpAddr from;
    uint16_t port;
    NetError err;

    for (Packet *pkt; (pkt = udp_receive(w->client, &from, &port, &err)) != NULL;
         packet_free(pkt))
        must_read(packet_span(pkt));
}

static void told(void *world, const DnsAnswer *answer)
{
    (void)answer;
    ((World *)world)->told++;
}

static Stack *make_host(World *w, const char *name, uint32_t v4, Port **port)
{
    StackConfig cfg = stack_config_default();
    Stack *stack = stack_new(node_new(w->sim, name, NODE_HOST), &cfg);
    Iface *iface = stack_add_iface(stack, NULL, NULL);

    stack_set_address(stack, iface, (IpPrefix){ ip_v4(v4), 24 });
    *port = iface->port;
    return stack;
}

static void begin(World *w)
{
    static const char zone_text[] = "@ NS ns\nns A 10.0.0.1\n*.w TXT x\nc CNAME a.elsewhere.\n";
    Port *a, *b;
    NetError err;
    IpAddr root = ip_v4(0x0a000002);
    DnsName name;

    w->sim = sim_new(1);
    w->host = make_host(w, "h", 0x0a000001, &a);
    w->peer = make_host(w, "p", 0x0a000002, &b);
    link_new(w->sim, a, b, &link_defaults, &link_defaults);
    w->root = udp_open(stack_udp(w->peer), IP4_ANY, DNS_PORT, &err);
    w->client = udp_open(stack_udp(w->peer), IP4_ANY, 5300, &err);
    udp_on_ready(w->root, root_ready, w);
    udp_on_ready(w->client, client_ready, w);
    Dns *dns = dns_of(w->host);
    dns_serve(dns, &err);
    dns_recurse(dns, &dns_resolver_defaults, &root, 1, false);
    dns_stub_set_servers(dns->stub, &root, 1);
    g_assert(dns_name_parse("zone.", &name));
    DnsZone *zone = dns_zone_new(&name);
    g_assert(dns_zone_read(zone, zone_text, strlen(zone_text), "zone", true, NULL));
    dns_server_add_zone(dns->server, zone);
}

static void ask_stub(World *w, Span bytes, bool tcp)
{
    char name[256];
    DnsStubAsking asking = { .name = name, .server = IP_NONE, .tcp = tcp,
                             .type = bytes.n > 0 ? bytes.p[0] : DNS_A };

    size_t n = bytes.n > 1 ? bytes.n - 1 : 0;
    memcpy(name, n > 0 ? bytes.p + 1 : (const uint8_t *)"", n);
    name[n] = 0;
    if (w->asked < MOST_ASKED &&
        dns_stub_resolve(dns_of(w->host)->stub, &asking, told, w) != NULL)
        w->asked++;
}

static void act(World *w, Op op, Span bytes)
{
    static const uint8_t question[] = "\0\7\1\0\0\1\0\0\0\0\0\0\1a\1b\0\0\1\0\1";

    switch (op) {
    case OP_ASK:
    case OP_TCP: ask_stub(w, bytes, op == OP_TCP); break;
    case OP_QUERY:
        if (bytes.n == 0)
            bytes = (Span){ question, sizeof question - 1 };
        udp_send(w->client, bytes, ip_v4(0x0a000001), DNS_PORT);
        break;
    default: sim_run(w->sim, time_add(sim_now(w->sim), 40 * SEC), MOST_EVENTS); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    World w = { .at = data, .end = data + size };
    Op op;
    Span bytes;

    begin(&w);
    while (next(&w, &op, &bytes)) {
        act(&w, op, bytes);
        g_assert(sim_run(w.sim, time_add(sim_now(w.sim), SEC), MOST_EVENTS) != SIM_MAX_EVENTS);
    }
    g_assert(sim_run(w.sim, NEVER, MOST_EVENTS) != SIM_MAX_EVENTS);
    g_assert(w.told == w.asked);
    sim_free(w.sim);
    return 0;
}
