/*
 * layers_ip.c - opens the internet layer: IPv4 and ICMP.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/layers_priv.h"

#include "protocols/wire/checksum.h"
#include "protocols/wire/icmp_wire.h"
#include "protocols/wire/ipv4_wire.h"
#include "sim/view/expect_priv.h"

#include <string.h>

static const char *protocol_text(const Layers *l, uint8_t proto)
{
    switch (proto) {
    case IPPROTO_ICMP4:
        return "ICMP";
    case IPPROTO_TCP4:
        return "TCP";
    case IPPROTO_UDP4:
        return "UDP";
    default:
        return T(l, "unknown", "未知");
    }
}

static const char *right_or_wrong(const Layers *l, bool right)
{
    return right ? T(l, "correct", "正确") : T(l, "wrong", "错误");
}

static void first_words(Layers *l, const uint8_t *p, size_t header)
{
    static const char *const ecn[] = { "Not-ECT", "ECT(1)", "ECT(0)", "CE" };
    unsigned off = get16(p + 6);

    box_field(l, p, 1, HIGH, T(l, "version", "版本"), "", "%u", p[0] >> 4);
    box_field(l, p, 1, LOW, T(l, "header length", "首部长度"),
              T(l, "in words of 4 bytes",
                   "以 4 字节为单位"), "%u x 4 = %zu", p[0] & 15u, header);
    box_field(l, p + 1, 1, WHOLE, "DSCP, ECN",
              T(l, "class of service, congestion",
                   "服务类别、拥塞标记"), "%u, %s", p[1] >> 2,
              ecn[p[1] & 3]);
    box_field(l, p + 2, 2, WHOLE, T(l, "total length", "总长度"),
              T(l, "header and data", "首部加数据"), T(l, "%u bytes",
                                                     "%u 字节"), get16(p + 2));
    box_field(l, p + 4, 2, WHOLE, T(l, "identification", "标识"),
              T(l, "same in all fragments", "各分片相同"), "%u", get16(p + 4));
    box_field(l, p + 6, 1, HIGH, T(l, "flags", "标志"),
              off & 0x4000   ? T(l, "may not be fragmented", "不许分片")
              : off & 0x2000 ? T(l, "more fragments follow", "后面还有分片")
                             : T(l, "the last fragment, or all", "最后一片，或没有分片"),
              "%s",
              off & 0x4000   ? "DF"
              : off & 0x2000 ? "MF"
                             : "-");
    box_field(l, p + 6, 2, WHOLE, T(l, "fragment offset", "片偏移"),
              T(l, "in units of 8 bytes, 13 bits",
                   "以 8 字节为单位，13 位"), "%u", off & 0x1fff);
}

static void open_header(Layers *l, Span bytes, size_t header)
{
    const uint8_t *p = bytes.p;
    char src[IP_TEXT], dst[IP_TEXT], name[IP_TEXT];
    bool right = sum_fold(sum_add(0, (Span){ p, header })) == 0;
    IpAddr from = ip_v4(get32(p + 12)), to = ip_v4(get32(p + 16));

    first_words(l, p, header);
    box_field(l, p + 8, 1, WHOLE, T(l, "TTL", "生存时间 TTL"),
              T(l, "each router takes 1 off", "每过一台路由器减 1"), "%u", p[8]);
    box_field(l, p + 9, 1, WHOLE, T(l, "protocol", "协议"),
              T(l, "who gets what follows", "后面的内容交给谁"), "%u (%s)", p[9],
              protocol_text(l, p[9]));
    box_field(l, p + 10, 2, WHOLE, T(l, "header checksum", "首部校验和"),
              T(l, "of this header alone", "只管这个首部"), "0x%04x (%s)", get16(p + 10),
              right_or_wrong(l, right));
    box_field(l, p + 12, 4, WHOLE, T(l, "source address", "源地址"),
              T(l, "the way back", "回来的路"), "%s (%s)", ip_text(from, src),
              layers_host(l, from, name));
    box_field(l, p + 16, 4, WHOLE, T(l, "destination", "目的地址"),
              T(l, "the far end, all the way",
                   "终点，全程不变"), "%s (%s)", ip_text(to, dst),
              layers_host(l, to, name));
    if (header > IPV4_HDR_LEN)
        box_field(l, p + IPV4_HDR_LEN, header - IPV4_HDR_LEN, WHOLE, T(l, "options", "选项"), "",
                  T(l, "%zu bytes", "%zu 字节"), header - IPV4_HDR_LEN);
}

static const char *icmp_name(uint8_t type, uint8_t code)
{
    const IcmpName *n = expect_icmp_names;

    while (n->name != NULL && (n->type != type || (n->code >= 0 && n->code != code)))
        n++;
    return n->name != NULL ? n->name : "?";
}

static void open_icmp(Layers *l, Span bytes, const char *writer, const char *reader)
{
    const uint8_t *p = bytes.p;
    bool echo = bytes.n >= ICMP_HDR_LEN && (p[0] == ICMP_ECHO || p[0] == ICMP_ECHO_REPLY);

    box_open(l, &(Box){ T(l, "ICMP header", "ICMP 首部"),
                        "ICMP",
                        T(l, "internet layer", "网络层"),
                        T(l, "3 network", "3 网络层"),
                        { p, MIN(bytes.n, ICMP_HDR_LEN) } });
    if (bytes.n < ICMP_HDR_LEN) {
        box_dump(l, bytes);
        box_close(l);
        return;
    }
    box_say(l, T(l, "%s's ICMP writes it, that of %s reads it.",
                    "%s 的 ICMP 写，%s 的 ICMP 读。"),
            writer, reader);
    box_field(l, p, 1, WHOLE, T(l, "type", "类型"), "", "%u (%s)", p[0], icmp_name(p[0], p[1]));
    box_field(l, p + 1, 1, WHOLE, T(l, "code", "代码"), "", "%u", p[1]);
    box_field(l, p + 2, 2, WHOLE, T(l, "checksum", "校验和"),
              T(l, "of the whole message", "管整个报文"), "0x%04x (%s)", get16(p + 2),
              right_or_wrong(l, sum_fold(sum_add(0, bytes)) == 0));
    if (echo) {
        box_field(l, p + 4, 2, WHOLE, T(l, "identifier", "标识符"),
                  T(l, "which ping", "哪一个 ping"), "%u", get16(p + 4));
        box_field(l, p + 6, 2, WHOLE, T(l, "sequence number", "序号"),
                  T(l, "which of its questions", "它的第几问"), "%u", get16(p + 6));
    } else if (p[0] == ICMP_UNREACHABLE && p[1] == ICMP_FRAG_NEEDED) {
        box_field(l, p + 4, 2, WHOLE, T(l, "unused", "未用"), "", "%u", get16(p + 4));
        box_field(l, p + 6, 2, WHOLE, "MTU", T(l, "of the next hop", "下一跳的"), "%u",
                  get16(p + 6));
    } else {
        box_field(l, p + 4, 4, WHOLE, T(l, "rest of the header", "首部其余"), "", "%u",
                  get32(p + 4));
    }
    Span rest = layers_behind(bytes, ICMP_HDR_LEN);
    if (rest.n > 0) {
        g_string_append_printf(l->sum, T(l, " + data %zu", " + 数据 %zu"), rest.n);
        box_say(
            l, T(l, "data, %zu bytes: %s", "数据 %zu 字节：%s"), rest.n,
            echo ? T(l, "comes back as it went", "原样送回")
                 : T(l, "the beginning of the packet that it is about",
                        "引起它的那个分组的开头"));
        box_dump(l, rest);
    }
    box_close(l);
}

static void behind_header(Layers *l, Span ip, Span rest)
{
    char a[IP_TEXT], b[IP_TEXT];
    const char *from = layers_host(l, ip_v4(get32(ip.p + 12)), a);
    const char *to = layers_host(l, ip_v4(get32(ip.p + 16)), b);

    if ((get16(ip.p + 6) & 0x1fff) != 0)
        layers_payload(l, rest, T(l, "a later fragment", "后面的分片"), from, to);
    else if (ip.p[9] == IPPROTO_TCP4)
        layers_tcp(l, rest, ip);
    else if (ip.p[9] == IPPROTO_UDP4)
        layers_udp(l, rest, ip);
    else if (ip.p[9] == IPPROTO_ICMP4)
        open_icmp(l, rest, from, to);
    else
        layers_payload(l, rest, T(l, "data", "数据"), from, to);
}

void layers_ipv4(Layers *l, Span bytes)
{
    size_t header = bytes.n > 0 ? (bytes.p[0] & 15u) * 4u : 0;
    bool whole = header >= IPV4_HDR_LEN && bytes.n >= header;
    char a[IP_TEXT], b[IP_TEXT];

    box_open(l, &(Box){ T(l, "IPv4 header", "IPv4 首部"),
                        "IPv4",
                        T(l, "internet layer", "网络层"),
                        T(l, "3 network", "3 网络层"),
                        { bytes.p, whole ? header : bytes.n } });
    if (!whole) {
        box_dump(l, bytes);
        box_close(l);
        return;
    }
    box_say(l,
            T(l,
              "%s's IP puts it in front, that of %s takes it off; routers change TTL and "
              "checksum.",
              "%s 的 IP 加上，%s 的 IP 去掉；沿途路由器只改 TTL 和校验和。"),
            layers_host(l, ip_v4(get32(bytes.p + 12)), a),
            layers_host(l, ip_v4(get32(bytes.p + 16)), b));
    open_header(l, bytes, header);
    behind_header(l, bytes, layers_behind(bytes, header));
    box_close(l);
}
