/*
 * lan.c - stations around a switch, and their log.
 */
/* SPDX-License-Identifier: MIT */
#include "support/lan.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

IpAddr lan_ip(unsigned i)
{
    return ip_v4(0x0a000000 + i);
}

MacAddr lan_mac(unsigned i)
{
    return mac_from_u64(UINT64_C(0x020000000000) + i);
}

static const char *mac_name(MacAddr mac, char out[static MAC_TEXT])
{
    if (mac_equal(mac, MAC_BROADCAST))
        return "all";
    if (mac_equal(mac, lan_mac(mac.b[5])))
        sprintf(out, "h%u", mac.b[5]);
    else
        mac_text(mac, out);
    return out;
}

static void log_arp(GString *log, Span bytes)
{
    ArpPkt a;
    char spa[IP_TEXT], tpa[IP_TEXT], mac[MAC_TEXT];

    if (arp_decode(&a, bytes) != DROP_NONE) {
        g_string_append(log, "malformed arp");
        return;
    }
    ip_text(a.spa, spa);
    ip_text(a.tpa, tpa);
    if (a.op == ARP_OP_REQUEST) {
        ck_assert_uint_eq(mac_to_u64(a.tha), 0);
        g_string_append_printf(log, "who-has %s tell %s", tpa, spa);
    } else {
        g_string_append_printf(log, "%s is-at %s", spa, mac_name(a.sha, mac));
    }
}

static void log_frame(Lan *lan, const TraceEvent *ev)
{
    Span frame = packet_frame(ev->pkt);
    char mac[MAC_TEXT];
    EthHdr h;

    if (ev->node == lan->sw)
        return;
    g_string_append_printf(lan->log, "%d %s", (int)(ev->t / MSEC), ev->node->name);
    if (eth_decode(&h, frame) != DROP_NONE) {
        g_string_append(lan->log, " short\n");
        return;
    }
    g_string_append_printf(lan->log, ">%s ", mac_name(h.dst, mac));
    if (h.type == ETHERTYPE_ARP)
        log_arp(lan->log, (Span){ frame.p + ETH_HDR_LEN, frame.n - ETH_HDR_LEN });
    else
        g_string_append_printf(lan->log, "%04x", h.type);
    g_string_append_c(lan->log, '\n');
}

static void on_event(void *self, const TraceEvent *ev)
{
    Lan *lan = self;
    char mac[MAC_TEXT];
    int at = (int)(ev->t / MSEC);

    if (ev->point == &LINK_ENQUEUED) {
        log_frame(lan, ev);
    } else if (ev->point == &PACKET_DROPPED) {
        g_string_append_printf(lan->log, "%d %s drops %s\n", at, ev->node->name,
                               trace_arg_str(ev, 1));
    } else if (ev->point->category == TRACE_ARP) {
        g_string_append_printf(lan->log, "%d %s %s", at, ev->node->name,
                               strchr(ev->point->name, ':') + 1);
        for (int i = 0; ev->point->fields[i].name != NULL; i++) {
            MacAddr m;
            if (ev->point->fields[i].type != TV_STR)
                continue;
            const char *s = trace_arg_str(ev, i);
            g_string_append_printf(lan->log, " %s", mac_parse(s, &m) ? mac_name(m, mac) : s);
        }
        g_string_append_c(lan->log, '\n');
    }
}

static Station *station_of(Iface *iface)
{
    return (Station *)(void *)((char *)iface - offsetof(Station, iface));
}

static DropReason take_ipv4(Iface *iface, bool group, Packet *pkt)
{
    Station *st = station_of(iface);

    ck_assert_ptr_eq(pkt->buf + pkt->net, pkt->data);
    ck_assert_uint_eq(get16(pkt->data - 2), ETHERTYPE_IPV4);
    ck_assert_int_eq(group, pkt->data[-ETH_HDR_LEN] & 1);
    st->got++;
    packet_free(pkt);
    return DROP_NONE;
}

static Packet *ipv4_packet(Sim *sim)
{
    Packet *pkt = packet_new(sim, 20, SENT_RAW);

    memset(pkt->data, 0, pkt->len);
    return pkt;
}

static void on_failed(void *self, Iface *iface, IpAddr next_hop, Packet *pkt)
{
    Station *st = self;

    ck_assert_ptr_eq(iface, &st->iface);
    ck_assert_uint_eq(packet_net(pkt).n, 20); /* what an error would quote is in place */
    st->failed++;
    if (st->stubborn) {
        st->stubborn = false;
        arp_output(st->arp, iface, next_hop, ipv4_packet(st->node->sim));
    }
}

static DropReason take_arp(Iface *iface, bool group, Packet *pkt)
{
    return arp_input(station_of(iface)->arp, iface, group, pkt);
}

static const EthProto protos[] = {
    { ETHERTYPE_ARP, take_arp }, { ETHERTYPE_IPV4, take_ipv4 }, { 0, NULL }
};

static void station_init(Lan *lan, unsigned i)
{
    Station *st = &lan->st[i];
    char *name = g_strdup_printf("h%u", i);
    LinkConfig cable = link_defaults;

    cable.delay = MSEC;
    st->node = node_new(lan->sim, name, NODE_HOST);
    g_free(name);
    st->stack.node = st->node;
    st->iface = (Iface){
        .stack = &st->stack,
        .protos = protos,
        .port = node_add_port(st->node, NULL),
        .mac = lan_mac(i),
        .mtu = 1500,
        .ip = { lan_ip(i), 24 },
    };
    st->iface.port->input = eth_input;
    st->iface.port->owner = &st->iface;
    st->arp = arp_new(&st->stack, &lan->cfg, on_failed, st);
    Port *at_switch = bridge_add_port(lan->bridge, NULL);
    st->link = link_new(lan->sim, st->iface.port, at_switch, &cable, &cable);
}

void lan_init(Lan *lan, unsigned n, const ArpConfig *cfg, SimTime ageing)
{
    *lan = (Lan){ .sim = sim_new(1), .n = n, .cfg = *cfg, .log = g_string_new(NULL) };
    lan->sw = node_new(lan->sim, "sw", NODE_SWITCH);
    lan->bridge = bridge_new(lan->sw, ageing);
    for (unsigned i = 1; i <= n; i++)
        station_init(lan, i);
    trace_add_sink(&lan->sim->trace, TRACE_LINK | TRACE_DROP | TRACE_ARP, on_event, lan);
}

void lan_free(Lan *lan)
{
    for (unsigned i = 1; i <= lan->n; i++)
        arp_free(lan->st[i].arp);
    ck_assert_uint_eq(sim_packets_alive(lan->sim), 0);
    sim_free(lan->sim);
    g_string_free(lan->log, TRUE);
}

void lan_send(Lan *lan, unsigned from, IpAddr next_hop)
{
    arp_output(lan->st[from].arp, &lan->st[from].iface, next_hop, ipv4_packet(lan->sim));
}

uint64_t lan_frame(Lan *lan, unsigned from, MacAddr dst, MacAddr src, uint16_t type, Span data)
{
    Packet *pkt = packet_new(lan->sim, ETH_HDR_LEN + data.n, SENT_RAW);
    uint64_t id = pkt->id;

    eth_encode(&(EthHdr){ dst, src, type }, pkt->data);
    if (data.n > 0)
        memcpy(pkt->data + ETH_HDR_LEN, data.p, data.n);
    port_send(lan->st[from].iface.port, pkt);
    return id;
}

void lan_arp(Lan *lan, unsigned from, const ArpPkt *a)
{
    uint8_t bytes[ARP_LEN];

    arp_encode(a, bytes);
    lan_frame(lan, from, MAC_BROADCAST, lan_mac(from), ETHERTYPE_ARP,
              (Span){ bytes, sizeof bytes });
}

SimEnd lan_run(Lan *lan, SimTime until)
{
    return sim_run(lan->sim, until, 0);
}

void lan_expect(Lan *lan, const char *log)
{
    ck_assert_msg(strcmp(lan->log->str, log) == 0, "got:\n%swanted:\n%s", lan->log->str, log);
    g_string_truncate(lan->log, 0);
}
