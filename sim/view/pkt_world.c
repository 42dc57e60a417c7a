/*
 * pkt_world.c - the world of a script: one host, and the wire, which is the peer. What the script
 * puts on the wire, what the host must answer.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ipv4.h"
#include "protocols/wire/eth_wire.h"
#include "protocols/wire/icmp_wire.h"
#include "protocols/wire/ipv4_wire.h"
#include "protocols/wire/tcp_wire.h"
#include "sim/view/pkt_priv.h"

#include <string.h>

enum { FIRST_WIRE_PORT = 40001 };

static const MacAddr wire_mac = { { 0x02, 0, 0, 0, 0xff, 0xfe } };

static void seen_free(void *seen)
{
    PktSeen *s = seen;

    g_bytes_unref(s->payload);
    g_free(s);
}

/* The host has sent a frame. */
static DropReason on_frame(void *owner, Packet *pkt)
{
    PktRun *run = owner;
    PktSeen *seen = g_new0(PktSeen, 1);

    if (!pkt_unframe(packet_span(pkt), &seen->packet, &seen->payload)) {
        g_free(seen); /* ARP, a fragment: nothing that a script could expect */
        packet_free(pkt);
        return DROP_NONE;
    }
    PktPacket *p = &seen->packet;
    seen->t = sim_now(run->sim);
    if (p->proto != IPPROTO_ICMP4) {
        seen->flow = pkt_flow(run, p->proto, p->src_port, p->dst_port);
        if (seen->flow == NULL)
            seen->flow = pkt_flow_new(run, p->proto, p->src_port, p->dst_port);
    }
    g_ptr_array_add(run->seen, seen);
    packet_free(pkt);
    return DROP_NONE;
}

/* That there is an event is all: the clock stands at its time, and who waits looks again. */
static void on_time(void *owner)
{
    (void)owner;
}

void pkt_world_init(PktRun *run)
{
    const PktSettings *set = &run->settings;
    LinkConfig out = link_defaults, in = link_defaults;
    DissectOptions text = { .time = DISSECT_TIME_NONE, .absolute = true };

    out.mtu = set->mtu;
    in.mtu = 0; /* scripts put what GRO would have joined on the wire */
    run->sim = sim_new(run->opt->seed);
    timer_init(&run->alarm, &run->sim->sched, on_time, run);
    timer_init(&run->timeout, &run->sim->sched, on_time, run);
    Node *host = node_new(run->sim, "host", NODE_HOST);
    Node *wire = node_new(run->sim, "wire", NODE_HOST);
    run->stack = stack_new(host, &set->stack);
    run->iface = stack_add_iface(run->stack, NULL, NULL);
    run->wire = node_add_port(wire, NULL);
    run->wire->input = on_frame;
    run->wire->owner = run;
    link_new(run->sim, run->iface->port, run->wire, &out, &in);
    stack_set_address(run->stack, run->iface, (IpPrefix){ set->local, 16 });
    ipv4_route_add(run->stack->ipv4, &(Route){ .prefix = { IP4_ANY, 0 }, .kind = ROUTE_DIRECT,
                                               .origin = ROUTE_STATIC, .iface = run->iface });
    arp_set(run->stack->arp, run->iface, set->remote, wire_mac, true);
    run->flows = g_ptr_array_new_with_free_func(pkt_flow_free);
    run->seen = g_ptr_array_new_with_free_func(seen_free);
    run->socks = g_ptr_array_new_with_free_func(pkt_sock_free);
    run->vars = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    run->dissector = dissector_new(&text);
    run->next_port = FIRST_WIRE_PORT;
    run->bound_port = set->bind_port;
    run->last_event = -1;
}

void pkt_world_clear(PktRun *run)
{
    if (run->sim == NULL)
        return;
    g_ptr_array_free(run->socks, TRUE);
    g_ptr_array_free(run->seen, TRUE);
    g_ptr_array_free(run->flows, TRUE);
    g_hash_table_destroy(run->vars);
    dissector_free(run->dissector);
    g_queue_clear_full(&run->history, g_free);
    timer_stop(&run->alarm);
    timer_stop(&run->timeout);
    sim_free(run->sim);
}

bool pkt_step(PktRun *run, SimTime until)
{
    SimTime next = sched_next(&run->sim->sched);

    if (next == NEVER || next > until)
        return false;
    timer_set(&run->alarm, next - sim_now(run->sim)); /* what is due may be in the background */
    sim_run(run->sim, next, 1);
    return true;
}

void pkt_advance(PktRun *run, SimTime t)
{
    if (t > sim_now(run->sim)) {
        timer_set(&run->alarm, t - sim_now(run->sim));
    }
    sim_run(run->sim, t, 0); /* the alarm moves the clock, whatever else is due */
}

/* --- from the wire ---------------------------------------------------------------------------- */

/* The conversation that a packet of the script belongs to. */
static PktFlow *flow_of(PktRun *run, const PktPacket *p)
{
    bool in = p->inbound;
    uint16_t local = in ? p->dst_port : p->src_port, remote = in ? p->src_port : p->dst_port;
    bool said = local != 0 || remote != 0;

    if (said) {
        PktFlow *f = pkt_flow(run, p->proto, local, remote);
        return f != NULL || !in ? f : pkt_flow_new(run, p->proto, local, remote);
    }
    if (run->current != NULL && run->current->proto == p->proto && !run->fresh)
        return run->current;
    if (!in)
        return NULL;
    uint16_t port = p->proto == IPPROTO_UDP4 ? run->settings.connect_port : run->next_port++;
    return pkt_flow_new(run, p->proto, run->bound_port, port);
}

static void learn_irs(PktFlow *flow, const PktPacket *p)
{
    if ((p->flags & TCP_SYN) == 0)
        return;
    if (!flow->has_irs) {
        flow->irs = p->seq;
        flow->has_irs = true;
    } else if (p->seq != flow->irs && (p->flags & TCP_ACK) == 0) {
        flow->irs_next = p->seq;
        flow->reopened = true;
    }
}

static void put_on_wire(PktRun *run, const PktPacket *p, uint64_t offset, const PktFlow *quoted)
{
    GByteArray *frame = pkt_frame(p, offset, quoted);
    Packet *pkt = packet_new(run->sim, frame->len, SENT_RAW);

    eth_encode(&(EthHdr){ run->iface->mac, wire_mac, ETHERTYPE_IPV4 }, frame->data);
    memcpy(pkt->data, frame->data, frame->len);
    pkt->forged = true;
    g_byte_array_free(frame, TRUE);
    port_send(run->wire, pkt);
}

static void complete_addresses(PktRun *run, PktPacket *p)
{
    if (ip_is_none(p->src))
        p->src = run->settings.remote;
    else
        arp_set(run->stack->arp, run->iface, p->src, wire_mac, true);
    if (ip_is_none(p->dst))
        p->dst = run->settings.local;
}

static bool is_error(uint8_t type)
{
    return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH || type == ICMP_TIME_EXCEEDED ||
           type == ICMP_PARAMETER_PROBLEM;
}

static bool inject_icmp(PktRun *run, const PktEvent *ev, PktPacket *p)
{
    PktFlow *about = run->current;

    if (p->quoted == 0 && about != NULL && is_error(p->type))
        p->quoted = about->proto; /* its first packet, as packetdrill has it */

    if (p->quoted != 0 && (about == NULL || about->proto != p->quoted))
        return pkt_run_fail(run, ev, NULL, "there is no conversation that the error is about");
    if (p->quoted == IPPROTO_TCP4 && about->has_iss)
        p->quoted_seq += about->iss_live;
    pkt_remember(run, sim_now(run->sim), p);
    put_on_wire(run, p, 0, about);
    return true;
}

bool pkt_inject(PktRun *run, const PktEvent *ev)
{
    PktPacket p = ev->packet;

    complete_addresses(run, &p);
    pkt_fast_cookie(run, &p);
    if (p.proto == IPPROTO_ICMP4)
        return inject_icmp(run, ev, &p);
    PktFlow *flow = flow_of(run, &p);
    run->current = flow;
    run->fresh = false;
    p.src_port = flow->remote_port;
    p.dst_port = flow->local_port;
    pkt_remember(run, sim_now(run->sim), &p);
    if (p.proto == IPPROTO_TCP4) {
        learn_irs(flow, &p);
        if (!pkt_flow_to_live(run, flow, &p))
            return pkt_run_fail(run, ev, NULL, "the host has not sent the time that it echoes");
    }
    int64_t offset = p.proto == IPPROTO_TCP4 ? pkt_flow_offset(flow, &p) : 0;
    put_on_wire(run, &p, (uint64_t)offset, NULL);
    return true;
}

/* --- from the host ---------------------------------------------------------------------------- */

/* The oldest packet seen that could be the one that is expected: its place, or -1. */
static int candidate(PktRun *run, const PktPacket *want)
{
    PktFlow *flow = want->proto != IPPROTO_ICMP4 ? flow_of(run, want) : NULL;
    bool said = want->src_port != 0 || want->dst_port != 0;
    bool opens = flow == NULL && (want->flags & TCP_SYN) != 0; /* not what others still send */

    if (run->settings.exact)
        return run->seen->len > 0 ? 0 : -1;
    for (guint i = 0; i < run->seen->len; i++) {
        const PktSeen *s = g_ptr_array_index(run->seen, i);
        if (s->packet.proto != want->proto || (opens && !(s->packet.flags & TCP_SYN)))
            continue;
        if (want->proto == IPPROTO_ICMP4 || s->flow == flow || (flow == NULL && !said))
            return (int)i;
    }
    return -1;
}

/* The next segment that carries on where `so_far` ends; as TSO and GSO would have it in one. */
static bool carries_on(const PktSeen *so_far, size_t last_len, size_t want_len, const PktSeen *next)
{
    const uint8_t loose = TCP_PSH | TCP_FIN | TCP_CWR;
    const PktPacket *a = &so_far->packet, *b = &next->packet;
    size_t missing = want_len - a->len;

    return next->flow == so_far->flow && b->proto == IPPROTO_TCP4 &&
           (a->flags & ~loose) == (b->flags & ~loose) && b->seq == a->seq + (uint32_t)a->len &&
           b->ack == a->ack && b->len <= missing && (b->len == missing || b->len == last_len) &&
           b->len > 0;
}

static bool payload_right(const PktSeen *seen)
{
    size_t n;
    const uint8_t *bytes = g_bytes_get_data(seen->payload, &n);
    int64_t offset = 0;

    if (seen->packet.proto == IPPROTO_TCP4)
        offset = pkt_flow_offset(seen->flow, &seen->packet);
    if (seen->packet.proto == IPPROTO_ICMP4 || offset < 0)
        return true;
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != pattern_byte((uint64_t)offset + i))
            return false;
    return true;
}

/* Takes what is expected from what was seen, several segments as one if the script means so. NULL:
 * it is not all there yet. *right: the payload is what the program wrote. */
static PktSeen *take_seen(PktRun *run, const PktPacket *want, bool *right)
{
    int at = candidate(run, want);

    if (at < 0)
        return NULL;
    PktSeen *first = g_ptr_array_index(run->seen, (guint)at);
    PktSeen sum = *first;
    size_t last_len = sum.packet.len;
    guint n = 1;
    bool join = want->proto == IPPROTO_TCP4 && !run->settings.strict_segments && last_len > 0 &&
                (want->flags & (TCP_SYN | TCP_RST)) == 0;
    for (; join && sum.packet.len < want->len; n++) {
        if ((guint)at + n >= run->seen->len)
            return NULL;
        const PktSeen *next = g_ptr_array_index(run->seen, (guint)at + n);
        if (!carries_on(&sum, last_len, want->len, next))
            break;
        last_len = next->packet.len;
        sum.packet.len += last_len;
        sum.packet.flags = (uint8_t)((sum.packet.flags & ~TCP_PSH) | next->packet.flags);
        sum.t = next->t;
    }
    *right = true;
    for (guint i = 0; i < n; i++)
        *right = payload_right(g_ptr_array_index(run->seen, (guint)at + i)) && *right;
    PktSeen *taken = g_new(PktSeen, 1);
    *taken = sum;
    g_bytes_ref(taken->payload);
    g_ptr_array_remove_range(run->seen, (guint)at, n);
    return taken;
}

static bool wait_for(PktRun *run, const PktPacket *want, SimTime until, PktSeen **out, bool *right)
{
    while ((*out = take_seen(run, want, right)) == NULL) {
        if (!pkt_step(run, until))
            return false;
    }
    return true;
}

static bool check_time(PktRun *run, const PktEvent *ev, SimTime t, SimTime from, SimTime to,
                       SimTime tolerance)
{
    if (ev->clock == PKT_ANY_TIME || (t >= from - tolerance && t <= to + tolerance))
        return true;
    g_autofree char *was = time_to_text(t), *first = time_to_text(from), *last = time_to_text(to);
    g_autofree char *slack = time_to_text(tolerance);
    return pkt_run_fail(run, ev, NULL, "sent at %s, expected at %s%s%s, give or take %s", was,
                        first, from != to ? " to " : "", from != to ? last : "", slack);
}

static bool nothing_came(PktRun *run, const PktEvent *ev)
{
    GString *line = g_string_new("  expected: ");
    PktPacket p = ev->packet;

    p.src = run->settings.local;
    p.dst = run->settings.remote;
    if (run->current != NULL && p.src_port == 0) {
        p.src_port = run->current->local_port;
        p.dst_port = run->current->remote_port;
    }
    pkt_print(run->dissector, &p, line);
    g_string_append_c(line, '\n');
    pkt_run_fail(run, ev, line->str, "nothing was sent");
    g_string_free(line, TRUE);
    return false;
}

static int64_t ts_slack(const PktRun *run, SimTime tolerance)
{
    return run->settings.ts_tick > 0 ? tolerance / run->settings.ts_tick : -1;
}

static bool judge(PktRun *run, const PktEvent *ev, const PktPacket *want, PktSeen *seen, bool right,
                  SimTime tolerance)
{
    GString *what = g_string_new(NULL), *detail = g_string_new(NULL);
    bool ok = true;

    if (seen->packet.proto == IPPROTO_TCP4 && want->proto == IPPROTO_TCP4)
        pkt_flow_to_script(seen->flow, &seen->packet, want);
    if (pkt_differs(want, &seen->packet, ts_slack(run, tolerance), run->settings.exact, what)) {
        pkt_compare(run, want, &seen->packet, seen->t, detail);
        ok = pkt_run_fail(run, ev, detail->str, "another packet was sent: %s", what->str);
    } else {
        pkt_remember(run, seen->t, &seen->packet);
        if (!right)
            ok = pkt_run_fail(run, ev, NULL, "the payload is not what the program wrote");
    }
    g_string_free(what, TRUE);
    g_string_free(detail, TRUE);
    return ok;
}

bool pkt_expect(PktRun *run, const PktEvent *ev, SimTime from, SimTime to, SimTime tolerance)
{
    SimTime until = ev->clock == PKT_ANY_TIME ? NEVER : to + MAX(tolerance, 2 * SEC);
    PktPacket want = ev->packet;
    PktSeen *seen;
    bool right;
    const PktFlow *flow = flow_of(run, &want);

    pkt_fast_cookie(run, &want);

    if (run->settings.exact && flow != NULL) {
        want.src_port = flow->local_port;
        want.dst_port = flow->remote_port;
    }
    if (!wait_for(run, &ev->packet, until, &seen, &right))
        return nothing_came(run, ev);
    if (seen->flow != NULL) {
        run->current = seen->flow;
        run->fresh = false;
    }
    bool ok = judge(run, ev, &want, seen, right, tolerance) &&
              check_time(run, ev, seen->t, from, to, tolerance);
    seen_free(seen);
    return ok;
}

bool pkt_nothing_unexpected(PktRun *run, const PktEvent *ev, SimTime before)
{
    if (!run->settings.exact || run->seen->len == 0)
        return true;
    const PktSeen *seen = g_ptr_array_index(run->seen, 0);
    return seen->t >= before ||
           pkt_run_fail(run, ev, NULL, "a packet was sent that is not expected");
}
