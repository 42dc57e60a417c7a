/*
 * layers_tcp.c - opens the transport layer: TCP with its options, and UDP.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/layers_priv.h"

#include "protocols/wire/checksum.h"
#include "protocols/wire/tcp_wire.h"
#include "protocols/wire/udp_wire.h"

#include <string.h>

enum { HTTP_PORT = 80, DNS_PORT = 53, BOOTP_SERVER_PORT = 67, BOOTP_CLIENT_PORT = 68 };

typedef struct Hosts {
    char a[IP_TEXT], b[IP_TEXT];
    const char *from, *to;
} Hosts;

static void hosts_of(const Layers *l, Span ip, Hosts *h)
{
    h->from = layers_host(l, ip_v4(get32(ip.p + 12)), h->a);
    h->to = layers_host(l, ip_v4(get32(ip.p + 16)), h->b);
}

/* Whether the sum over pseudo-header and all of it comes out. */
static bool sum_is_right(Span ip, uint8_t proto, Span bytes)
{
    uint32_t sum = sum_pseudo(ip_v4(get32(ip.p + 12)), ip_v4(get32(ip.p + 16)), proto);

    return sum_fold(sum_add(sum + (uint32_t)bytes.n, bytes)) == 0;
}

static const char *verdict(const Layers *l, bool right)
{
    return right ? T(l, "correct", "正确") : T(l, "wrong", "错误");
}

static void ports(Layers *l, const uint8_t *p)
{
    box_field(l, p, 2, WHOLE, T(l, "source port", "源端口"),
              T(l, "the sender's", "发出这个报文段的一方"), "%u", get16(p));
    box_field(l, p + 2, 2, WHOLE, T(l, "destination port", "目的端口"),
              T(l, "which program gets it", "交给哪个程序"), "%u", get16(p + 2));
}

static const char *program_of(const Layers *l, const uint8_t *p)
{
    uint16_t a = get16(p), b = get16(p + 2);

    if (a == HTTP_PORT || b == HTTP_PORT)
        return "HTTP";
    if (MIN(a, b) >= BOOTP_SERVER_PORT && MAX(a, b) <= BOOTP_CLIENT_PORT)
        return "DHCP";
    return a == DNS_PORT || b == DNS_PORT ? "DNS" : T(l, "data", "数据");
}

/* --- TCP ---------------------------------------------------------------------------------------
 */

/* Each control bit that is set, and what it says. */
static void control_bits(Layers *l, const uint8_t *p)
{
    static const struct {
        uint8_t bit;
        const char *name, *en, *zh;
    } bits[] = {
        { TCP_CWR, "CWR", "has slowed down", "已经减速" },
        { TCP_ECE, "ECE", "saw a mark of congestion", "看到了拥塞标记" },
        { TCP_URG, "URG", "urgent pointer counts", "紧急指针有效" },
        { TCP_ACK, "ACK", "ack number counts", "确认号有效" },
        { TCP_PSH, "PSH", "end of a write", "这一批写完了" },
        { TCP_RST, "RST", "connection is void", "连接作废" },
        { TCP_SYN, "SYN", "seq is the origin", "序号是起点" },
        { TCP_FIN, "FIN", "no more from here", "这边没有数据了" },
    };
    g_autoptr(GString) names = g_string_new(NULL), meaning = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(bits); i++) {
        if ((p[13] & bits[i].bit) == 0)
            continue;
        g_string_append_printf(names, "%s%s", names->len > 0 ? "," : "", bits[i].name);
        g_string_append_printf(meaning, T(l, "%s%s: %s", "%s%s：%s"),
                               meaning->len > 0 ? T(l, "; ", "；") : "", bits[i].name,
                               T(l, bits[i].en, bits[i].zh));
    }
    box_field(l, p + 13, 1, WHOLE, T(l, "control bits", "控制位"), meaning->str, "%s",
              names->len > 0 ? names->str : "-");
}

static void open_tcp_header(Layers *l, Span bytes, size_t header, bool right)
{
    const uint8_t *p = bytes.p;
    uint8_t flags = p[13];
    uint32_t seq = get32(p + 4);
    size_t data = bytes.n - header;

    ports(l, p);
    box_field(l, p + 4, 4, WHOLE, T(l, "sequence number", "序号"),
              flags & TCP_SYN ? T(l, "the origin: ISN", "起点：初始序号 ISN")
              : data > 0      ? T(l, "of the first byte of data", "数据第一个字节的编号")
                         : T(l, "of the next byte to be sent", "下一个要发的字节的编号"),
              "%u", seq);
    box_field(l, p + 8, 4, WHOLE, T(l, "ack number", "确认号"),
              flags & TCP_ACK ? T(l, "the next byte expected", "期望收到的下一个字节")
                              : T(l, "means nothing without ACK", "没有 ACK 位，无意义"),
              "%u", get32(p + 8));
    box_field(l, p + 12, 1, HIGH, T(l, "data offset", "数据偏移"),
              T(l, "words of 4 bytes: the header",
                   "首部长度，以 4 字节为单位"), "%u x 4 = %zu",
              p[12] >> 4, header);
    box_field(l, p + 12, 1, LOW, T(l, "reserved", "保留"), "", "%u", p[12] & 15u);
    control_bits(l, p);
    box_field(l, p + 14, 2, WHOLE, T(l, "window", "窗口"),
              flags & TCP_SYN ? T(l, "room for so much, unscaled", "还能收多少，不乘倍数")
                              : T(l, "room, before scaling", "还能收多少，未乘倍数"),
              "%u", get16(p + 14));
    box_field(l, p + 16, 2, WHOLE, T(l, "checksum", "校验和"),
              T(l, "of pseudo-header, header, data", "伪首部、首部和数据"), "0x%04x (%s)",
              get16(p + 16), verdict(l, right));
    box_field(l, p + 18, 2, WHOLE, T(l, "urgent pointer", "紧急指针"),
              flags & TCP_URG ? "" : T(l, "means nothing without URG",
                                          "没有 URG 位，无意义"), "%u",
              get16(p + 18));
}

static void known_option(Layers *l, const uint8_t *o, size_t n)
{
    switch (n == 1 || o[1] == n ? o[0] : 255) {
    case 2:
        if (n == 4) {
            box_field(l, o, n, WHOLE, "MSS", T(l, "send me no more in one",
                                                  "每段最多给我这么多"),
                      "%u", get16(o + 2));
            return;
        }
        break;
    case 3:
        if (n == 3) {
            box_field(l, o, n, WHOLE, T(l, "window scale", "窗口扩大"),
                      T(l, "of my windows", "我的窗口要乘的倍数"), "%u (x %u)", o[2],
                      1u << MIN(o[2], 14));
            return;
        }
        break;
    case 4:
        box_field(l, o, n, WHOLE, T(l, "SACK permitted", "允许 SACK"),
                  T(l, "I understand SACK", "我懂选择确认"), "%s", "");
        return;
    case 8:
        if (n == 10) {
            box_field(l, o, n, WHOLE, T(l, "timestamps", "时间戳"),
                      T(l, "my clock, and yours echoed",
                           "我的时钟，和回显的你的"), "%u, %u",
                      get32(o + 2), get32(o + 6));
            return;
        }
        break;
    case 34:
        box_field(l, o, n, WHOLE, "Fast Open", "", T(l, "%zu bytes of cookie", "Cookie %zu 字节"),
                  n - 2);
        return;
    default:
        break;
    }
    if (o[0] == 5 && n >= 10) {
        box_field(l, o, n, WHOLE, "SACK", T(l, "arrived out of order",
                                               "已经收到但不连续的"),
                  "%u:%u%s", get32(o + 2), get32(o + 6), n > 10 ? " ..." : "");
        return;
    }
    box_field(l, o, n, WHOLE, T(l, "option", "选项"), "", "%u", o[0]);
}

static void open_options(Layers *l, Span options)
{
    for (size_t at = 0, n; at < options.n; at += n) {
        const uint8_t *o = options.p + at;
        n = 1;
        if (*o == 0) { /* and nothing behind it counts */
            n = options.n - at;
            box_field(l, o, n, WHOLE, "EOL", T(l, "end of the options", "选项结束"), "%s", "");
        } else if (*o == 1) {
            box_field(l, o, 1, WHOLE, "NOP", T(l, "fills up a word", "凑齐 4 字节"), "%s", "");
        } else if (at + 1 < options.n && o[1] >= 2 && o[1] <= options.n - at) {
            n = o[1];
            known_option(l, o, n);
        } else {
            n = options.n - at;
            box_field(l, o, n, WHOLE, T(l, "bad option", "错误的选项"), "", "%u", *o);
        }
    }
}

void layers_tcp(Layers *l, Span bytes, Span ip)
{
    size_t header = bytes.n >= TCP_HDR_LEN ? (bytes.p[12] >> 4) * 4u : 0;
    bool whole = header >= TCP_HDR_LEN && bytes.n >= header;
    bool fragment = (get16(ip.p + 6) & 0x2000) != 0;
    Hosts h;

    hosts_of(l, ip, &h);
    box_open(l, &(Box){ T(l, "TCP header", "TCP 首部"),
                        "TCP",
                        T(l, "transport layer", "传输层"),
                        T(l, "4 transport", "4 传输层"),
                        { bytes.p, whole ? header : bytes.n } });
    if (!whole) {
        box_dump(l, bytes);
        box_close(l);
        return;
    }
    box_say(l,
            T(l, "%s's TCP puts it in front, that of %s takes it off.",
              "%s 的 TCP 加上，%s 的 TCP 去掉。"),
            h.from, h.to);
    open_tcp_header(l, bytes, header, fragment || sum_is_right(ip, 6, bytes));
    open_options(l, (Span){ bytes.p + TCP_HDR_LEN, header - TCP_HDR_LEN });
    layers_payload(l, layers_behind(bytes, header), program_of(l, bytes.p), h.from, h.to);
    box_close(l);
}

void layers_udp(Layers *l, Span bytes, Span ip)
{
    const uint8_t *p = bytes.p;
    bool whole = bytes.n >= UDP_HDR_LEN;
    Hosts h;

    hosts_of(l, ip, &h);
    box_open(l, &(Box){ T(l, "UDP header", "UDP 首部"),
                        "UDP",
                        T(l, "transport layer", "传输层"),
                        T(l, "4 transport", "4 传输层"),
                        { p, whole ? UDP_HDR_LEN : bytes.n } });
    if (!whole) {
        box_dump(l, bytes);
        box_close(l);
        return;
    }
    bool right =
        get16(p + 6) == 0 || (get16(ip.p + 6) & 0x2000) != 0 || sum_is_right(ip, 17, bytes);
    box_say(l,
            T(l, "%s's UDP puts it in front, that of %s takes it off.",
              "%s 的 UDP 加上，%s 的 UDP 去掉。"),
            h.from, h.to);
    ports(l, p);
    box_field(l, p + 4, 2, WHOLE, T(l, "length", "长度"), T(l, "header and data",
                                                             "首部加数据"),
              T(l, "%u bytes", "%u 字节"), get16(p + 4));
    box_field(l, p + 6, 2, WHOLE, T(l, "checksum", "校验和"),
              T(l, "of pseudo-header, header, data", "伪首部、首部和数据"), "0x%04x (%s)",
              get16(p + 6), get16(p + 6) == 0 ? T(l, "none", "没有算") : verdict(l, right));
    layers_payload(l, layers_behind(bytes, UDP_HDR_LEN), program_of(l, p), h.from, h.to);
    box_close(l);
}
