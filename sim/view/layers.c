/*
 * layers.c - opens a frame: Ethernet and ARP, and what is behind the last header.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/layers_priv.h"

#include "protocols/autoconf.h"
#include "protocols/wire/arp_wire.h"
#include "protocols/wire/eth_wire.h"

#include <string.h>

enum { ETH_MIN = 60, FCS_LEN = 4 }; /* IEEE 802.3: the shortest frame, without its check sequence */

/* --- who is who --------------------------------------------------------------------------------
 */

const char *layers_host(const Layers *l, IpAddr addr, char out[static IP_TEXT])
{
    const Stack *owner = autoconf_owner(l->sim, addr);

    return owner != NULL ? owner->node->name : ip_text(addr, out);
}

/* The node with this MAC; NULL: none. */
static const char *station(const Layers *l, MacAddr mac)
{
    for (guint i = 0; i < l->sim->nodes->len; i++) {
        const Node *node = g_ptr_array_index(l->sim->nodes, i);
        const Stack *stack = node_stack(node);
        for (guint k = 0; stack != NULL && k < stack->ifaces->len; k++) {
            const Iface *iface = g_ptr_array_index(stack->ifaces, k);
            if (mac_equal(iface->mac, mac))
                return node->name;
        }
    }
    return NULL;
}

static const char *station_text(const Layers *l, MacAddr mac)
{
    const char *name = station(l, mac);

    if (mac_equal(mac, MAC_BROADCAST))
        return T(l, "everybody", "所有人");
    if (mac_is_group(mac))
        return T(l, "a group", "一个组");
    return name != NULL ? name : T(l, "nobody here", "这里没有这台机器");
}

/* --- Ethernet ----------------------------------------------------------------------------------
 */

static const char *type_text(const Layers *l, uint16_t type)
{
    switch (type) {
    case ETHERTYPE_IPV4:
        return "IPv4";
    case ETHERTYPE_ARP:
        return "ARP";
    case ETHERTYPE_RARP:
        return "RARP";
    case ETHERTYPE_IPV6:
        return "IPv6";
    default:
        return T(l, "unknown", "未知");
    }
}

static void open_ethernet(Layers *l, const EthHdr *h)
{
    char dst[MAC_TEXT], src[MAC_TEXT];
    const uint8_t *p = l->frame.p;

    box_open(l, &(Box){ T(l, "Ethernet header", "以太网首部"),
                        T(l, "Ethernet", "以太网"),
                        T(l, "link layer", "链路层"),
                        T(l, "2 data link", "2 数据链路层"),
                        { p, ETH_HDR_LEN } });
    box_say(
        l,
        T(l,
          "%s's link layer puts it in front, that of %s takes it off; the next wire has its own.",
          "%s 的链路层加上，%s 的链路层去掉；换一段链路就换一个新的。"),
        station_text(l, h->src), station_text(l, h->dst));
    box_field(l, p, 6, WHOLE, T(l, "destination MAC", "目的 MAC"),
              T(l, "the next station on this wire", "这段链路上的下一站"), "%s (%s)",
              mac_text(h->dst, dst), station_text(l, h->dst));
    box_field(l, p + 6, 6, WHOLE, T(l, "source MAC", "源 MAC"),
              T(l, "who put it on this wire", "把它放上这段链路的网卡"), "%s (%s)",
              mac_text(h->src, src), station_text(l, h->src));
    box_field(l, p + 12, 2, WHOLE, T(l, "EtherType", "以太网类型"),
              T(l, "who gets what follows", "后面的内容交给谁"), "0x%04x (%s)", h->type,
              type_text(l, h->type));
}

/* IEEE 802.3 §3.2.9: CRC-32, the low byte first. */
static uint32_t check_sequence(Span frame, size_t padding)
{
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < frame.n + padding; i++) {
        crc ^= i < frame.n ? frame.p[i] : 0;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

/* What a network card adds: no capture at a sending host has it. */
static void trailer(Layers *l)
{
    size_t n = l->frame.n, padding = n < ETH_MIN ? ETH_MIN - n : 0;
    uint32_t fcs = check_sequence(l->frame, padding);

    if (padding > 0)
        box_say(l,
                T(l,
                  "padding, %zu bytes: zeros, up to the %d of the shortest frame (the network "
                  "card's work, in no capture)",
                  "填充 %zu 字节 0，补足最短帧长 %d（网卡所加，"
                  "抓包里看不到）"),
                padding, ETH_MIN);
    box_say(l,
            T(l,
              "FCS, 4 bytes: %02x %02x %02x %02x, the check sequence over all before it (added "
              "and checked by network cards, in no capture)",
              "FCS 4 字节：%02x %02x %02x %02x，对前面所有字节的帧校验序列"
              "（网卡加上、网卡核对，抓包里看不到）"),
            fcs & 0xff, fcs >> 8 & 0xff, fcs >> 16 & 0xff, fcs >> 24);
    box_close(l);
    g_autoptr(GString) sum = g_string_new(l->sum->str);
    g_string_append_printf(sum, T(l, " = %zu bytes", " = %zu 字节"), n);
    if (padding > 0)
        g_string_append_printf(sum, T(l, "; + padding %zu", "；+ 填充 %zu"), padding);
    const char *plus = padding > 0 ? " +" : T(l, "; +", "；+");
    g_string_append_printf(sum,
                           T(l, "%s FCS %d = %zu on the wire", "%s FCS %d = 线上 %zu 字节"),
                           plus, FCS_LEN, n + padding + FCS_LEN);
    canvas_wrap(&l->c, 1, l->c.width, sum->str, S_BOLD);
}

/* --- ARP ---------------------------------------------------------------------------------------
 */

static void open_arp(Layers *l, Span bytes)
{
    ArpPkt a;
    char ip[IP_TEXT], mac[MAC_TEXT];
    const uint8_t *p = bytes.p;

    box_open(l, &(Box){ T(l, "ARP message", "ARP 报文"),
                        "ARP",
                        T(l, "link layer", "链路层"),
                        T(l, "between 2 and 3", "2 层与 3 层之间"),
                        { p, MIN(bytes.n, ARP_LEN) } });
    if (bytes.n < ARP_LEN || arp_decode(&a, bytes) != DROP_NONE) {
        box_dump(l, bytes);
        box_close(l);
        return;
    }
    box_say(l,
            T(l, "%s's ARP writes it, that of whoever has %s reads it; no router passes it on.",
              "%s 的 ARP 写的，有 %s 的那台机器来读；路由器不转发。"),
            station_text(l, a.sha), ip_text(a.tpa, ip));
    box_field(l, p, 2, WHOLE, T(l, "hardware type", "硬件类型"), "", "%u (%s)", get16(p),
              T(l, "Ethernet", "以太网"));
    box_field(l, p + 2, 2, WHOLE, T(l, "protocol type", "协议类型"), "", "0x%04x (IPv4)",
              get16(p + 2));
    box_field(l, p + 4, 1, WHOLE, T(l, "hardware length", "硬件地址长度"), "",
              T(l, "%u bytes", "%u 字节"), p[4]);
    box_field(l, p + 5, 1, WHOLE, T(l, "protocol length", "协议地址长度"), "",
              T(l, "%u bytes", "%u 字节"), p[5]);
    box_field(l, p + 6, 2, WHOLE, T(l, "operation", "操作"), "", "%u (%s)", a.op,
              a.op == ARP_OP_REQUEST ? T(l, "request", "请求")
              : a.op == ARP_OP_REPLY ? T(l, "reply", "应答")
                                     : "RARP");
    box_field(l, p + 8, 6, WHOLE, T(l, "sender's MAC", "发送方 MAC"),
              T(l, "whoever hears it learns this",
                   "听到的人由此学到"), "%s", mac_text(a.sha, mac));
    box_field(l, p + 14, 4, WHOLE, T(l, "sender's IP",
                                        "发送方 IP"), "", "%s", ip_text(a.spa, ip));
    box_field(l, p + 18, 6, WHOLE, T(l, "target's MAC", "目标 MAC"),
              a.op == ARP_OP_REQUEST ? T(l, "this is the question", "问的就是它") : "", "%s",
              mac_text(a.tha, mac));
    box_field(l, p + 24, 4, WHOLE, T(l, "target's IP", "目标 IP"), "", "%s", ip_text(a.tpa, ip));
    box_close(l);
}

/* --- all of it ---------------------------------------------------------------------------------
 */

void layers_payload(Layers *l, Span bytes, const char *name, const char *writer, const char *reader)
{
    if (bytes.n == 0)
        return;
    box_open(l, &(Box){ name, name, T(l, "application layer", "应用层"),
                        T(l, "5-7 session to application",
                             "5-7 会话、表示、应用层"), bytes });
    box_say(l,
            T(l, "the program at %s writes it, the one at %s reads it; nobody between looks at it",
              "%s 上的程序写，%s 上的程序读；中间谁也不看"),
            writer, reader);
    box_dump(l, bytes);
    box_close(l);
}

static void unknown(Layers *l, Span bytes)
{
    box_open(l,
             &(Box){ T(l, "what follows", "后面的内容"), T(l, "data",
                                                         "数据"), "?", "?", bytes });
    box_dump(l, bytes);
    box_close(l);
}

static void behind_ethernet(Layers *l, uint16_t type)
{
    Span rest = layers_behind(l->frame, ETH_HDR_LEN), inside = rest;

    if (type == ETHERTYPE_IPV4 && rest.n >= 4)
        inside.n = MIN(rest.n, get16(rest.p + 2));
    else if (type == ETHERTYPE_ARP)
        inside.n = MIN(rest.n, ARP_LEN);
    if (type == ETHERTYPE_IPV4)
        layers_ipv4(l, inside);
    else if (type == ETHERTYPE_ARP)
        open_arp(l, inside);
    else
        unknown(l, rest);
    if (inside.n == rest.n)
        return;
    g_string_append_printf(l->sum, T(l, " + padding %zu", " + 填充 %zu"), rest.n - inside.n);
    box_say(l,
            T(l, "padding, %zu bytes: beyond the packet's own length, passed over",
              "填充 %zu 字节：超出分组自己的长度，不看"),
            rest.n - inside.n);
}

void layers_print(Sim *sim, Span frame, const LayersOptions *opt, FILE *out)
{
    Layers l = { .sim = sim, .opt = *opt, .frame = frame, .sum = g_string_new(NULL) };
    EthHdr h;

    canvas_init(&l.c, out, MAX(opt->width, 80), opt->colour);
    if (eth_decode(&h, frame) == DROP_NONE) {
        open_ethernet(&l, &h);
        behind_ethernet(&l, h.type);
        trailer(&l);
    } else {
        unknown(&l, frame);
    }
    canvas_clear(&l.c);
    g_string_free(l.sum, TRUE);
}
