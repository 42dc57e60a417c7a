/*
 * dissect_ip.c - IPv4 and UDP as tcpdump prints them.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/dissect_priv.h"

#include "protocols/wire/checksum.h"
#include "protocols/wire/ipv4_wire.h"
#include "protocols/wire/udp_wire.h"

enum { IP_RESERVED = 0x8000, IP_DF = 0x4000, IP_MF = 0x2000, IP_OFFSET = 0x1fff };
enum {
    OPT_EOL = 0,
    OPT_NOP = 1,
    OPT_RR = 7,
    OPT_TS = 68,
    OPT_LSRR = 131,
    OPT_SSRR = 137,
    OPT_RA = 148
};
enum { TS_ONLY = 0, TS_AND_ADDR = 1, TS_PRESPEC = 3 };
enum {
    DNS_PORT = 53,
    BOOTP_SERVER_PORT = 67,
    BOOTP_CLIENT_PORT = 68,
    TFTP_PORT = 69,
    SNMP_PORT = 161,
    SNMP_TRAP_PORT = 162
};

static const TokenName ip_protocols[] = {
    { 0, "Options" },   { 1, "ICMP" },       { 2, "IGMP" },           { 4, "IPIP" },
    { 6, "TCP" },       { 8, "EGP" },        { 9, "IGRP" },           { 17, "UDP" },
    { 33, "DCCP" },     { 41, "IPv6" },      { 43, "Routing" },       { 44, "Fragment" },
    { 46, "RSVP" },     { 47, "GRE" },       { 50, "ESP" },           { 51, "AH" },
    { 55, "Mobile IP" }, { 58, "ICMPv6" },   { 62, "Mobile IP (old)" }, { 88, "EIGRP" },
    { 89, "OSPF" },     { 103, "PIM" },      { 108, "Compressed IP" }, { 112, "VRRP" },
    { 113, "PGM" },     { 132, "SCTP" },     { 135, "Mobility" },     { 143, "Ethernet" },
    { 0, NULL },
};
static const TokenName ip_options[] = {
    { OPT_EOL, "EOL" },  { OPT_NOP, "NOP" },   { OPT_TS, "timestamp" }, { 130, "security" },
    { OPT_RR, "RR" },    { OPT_SSRR, "SSRR" }, { OPT_LSRR, "LSRR" },    { OPT_RA, "RA" },
    { 82, "traceroute" }, { 0, NULL },
};

static void route_option(Line *l, Span o)
{
    if (o.n < 3) {
        g_string_append_printf(l->out, " [bad length %zu]", o.n);
        return;
    }
    if ((o.n + 1) % 4 != 0)
        g_string_append_printf(l->out, " [bad length %zu]", o.n);
    unsigned ptr = o.p[2] - 1u;
    if (ptr < 3 || (ptr + 1) % 4 != 0 || ptr > o.n + 1)
        g_string_append_printf(l->out, " [bad ptr %u]", o.p[2]);
    for (size_t at = 3; at + 4 <= o.n; at += 4) {
        g_string_append_c(l->out, ' ');
        line_addr(l, get32(o.p + at));
        if (ptr > at)
            g_string_append_c(l->out, ',');
    }
}

static void timestamp_option(Line *l, Span o)
{
    static const TokenName kinds[] = {
        { TS_ONLY, "TSONLY" }, { TS_AND_ADDR, "TS+ADDR" }, { TS_PRESPEC, "PRESPEC" }, { 0, NULL },
    };
    if (o.n < 4) {
        g_string_append_printf(l->out, "[bad length %zu]", o.n);
        return;
    }
    unsigned flag = o.p[3] & 15u, ptr = o.p[2] - 1u;
    size_t   hop = flag == TS_ONLY ? 4 : 8, at = 0;
    const char *kind = token_name(kinds, flag);

    g_string_append(l->out, " TS{");
    if ((o.n - 4) % hop != 0)
        g_string_append_printf(l->out, "[bad length %zu]", o.n);
    if (ptr < 4 || (ptr - 4) % hop != 0 || ptr > o.n + 1)
        g_string_append_printf(l->out, "[bad ptr %u]", o.p[2]);
    if (kind != NULL) {
        g_string_append(l->out, kind);
        for (at = 4; at + hop <= o.n; at += hop) {
            g_string_append_printf(l->out, "%s%u@", ptr == at ? " ^ " : " ",
                                   get32(o.p + at + hop - 4));
            if (hop == 8)
                line_addr(l, get32(o.p + at));
        }
    } else {
        g_string_append_printf(l->out, "[bad ts type %u]", flag);
    }
    g_string_append(l->out, ptr == at ? " ^ " : "");
    if (o.p[3] >> 4)
        g_string_append_printf(l->out, " [%d hops not recorded]} ", o.p[3] >> 4);
    else
        g_string_append_c(l->out, '}');
}

static void one_option(Line *l, Span o)
{
    switch (o.p[0]) {
    case OPT_TS:
        timestamp_option(l, o);
        break;
    case OPT_RR:
    case OPT_SSRR:
    case OPT_LSRR:
        route_option(l, o);
        break;
    case OPT_RA:
        if (o.n < 4)
            g_string_append_printf(l->out, " [bad length %zu]", o.n);
        else if (get16(o.p + 2) != 0)
            g_string_append_printf(l->out, " value %u", get16(o.p + 2));
        break;
    default:
        break;
    }
}

/* False if the options go on beyond what was captured. */
static bool options(Line *l, Span s, size_t length)
{
    for (size_t at = 0, n; at < length; at += n) {
        if (at >= s.n)
            return false;
        const char *name = token_name(ip_options, s.p[at]);
        g_string_append(l->out, at > 0 ? "," : "");
        if (name != NULL)
            g_string_append(l->out, name);
        else
            g_string_append_printf(l->out, "unknown %u", s.p[at]);
        n = 1;
        if (s.p[at] != OPT_NOP && s.p[at] != OPT_EOL) {
            if (at + 1 >= s.n)
                return false;
            n = s.p[at + 1];
        }
        if (n > length - at || (n < 2 && s.p[at] > OPT_NOP)) {
            g_string_append_printf(l->out, " [bad length %zu]", n);
            return true;
        }
        if (n > s.n - at)
            return false;
        if (s.p[at] == OPT_EOL)
            return true;
        one_option(l, (Span){ s.p + at, n });
    }
    return true;
}

/* The destination that counts for checksums: the last of a source route, if there is one. */
static uint32_t final_destination(Span s, size_t hlen)
{
    for (size_t at = IPV4_HDR_LEN, n; at < hlen && at < s.n && s.p[at] != OPT_EOL; at += n) {
        n = 1;
        if (s.p[at] != OPT_NOP) {
            if (at + 1 >= s.n || s.p[at + 1] < 2)
                break;
            n = s.p[at + 1];
        }
        if (n > hlen - at || n > s.n - at)
            break;
        if ((s.p[at] == OPT_SSRR || s.p[at] == OPT_LSRR) && n >= 7)
            return get32(s.p + at + n - 4);
    }
    return get32(s.p + 16);
}

static void flag_names(Line *l, unsigned off)
{
    const char *sep = "";
    static const TokenName flags[] = {
        { IP_MF, "+" }, { IP_DF, "DF" }, { IP_RESERVED, "rsvd" }, { 0, NULL },
    };
    for (const TokenName *f = flags; f->name != NULL; f++)
        if (off & f->value) {
            g_string_append_printf(l->out, "%s%s", sep, f->name);
            sep = ", ";
        }
    if (*sep == '\0')
        g_string_append(l->out, "none");
}

/* The first of -v's two lines. False if the options are cut. */
static bool verbose_header(Line *l, Span s, size_t hlen)
{
    static const char *const ecn[4] = { "", ",ECT(1)", ",ECT(0)", ",CE" };
    const char *protocol = token_name(ip_protocols, s.p[9]);
    bool        whole = true;

    g_string_append_printf(l->out, "(tos 0x%x%s", s.p[1], ecn[s.p[1] & 3]);
    if (s.p[8] > 0)
        g_string_append_printf(l->out, ", ttl %u", s.p[8]);
    g_string_append_printf(l->out, ", id %u, offset %u, flags [", get16(s.p + 4),
                           (get16(s.p + 6) & IP_OFFSET) * 8u);
    flag_names(l, get16(s.p + 6));
    g_string_append_printf(l->out, "], proto %s (%u), length %u",
                           protocol != NULL ? protocol : "unknown", s.p[9], get16(s.p + 2));
    if (hlen > IPV4_HDR_LEN) {
        g_string_append(l->out, ", options (");
        whole = options(l, span_from(s, IPV4_HDR_LEN), hlen - IPV4_HDR_LEN);
        g_string_append(l->out, whole ? ")" : " [truncated-option])");
    }
    if (hlen <= s.n) {
        uint16_t sum = sum_fold(sum_add(0, (Span){ s.p, hlen }));
        if (sum != 0)
            g_string_append_printf(l->out, ", bad cksum %x (->%x)!", get16(s.p + 10),
                                   checksum_wanted(get16(s.p + 10), sum));
    }
    g_string_append(l->out, ")\n    ");
    return whole;
}

static bool ipv4_payload(Line *l, Span s, size_t hlen, size_t length)
{
    IpAround ip = {
        .src = get32(s.p + 12),
        .dst = get32(s.p + 16),
        .proto = s.p[9],
        .fragment = get16(s.p + 6) & IP_MF,
    };
    if (get16(s.p + 6) & IP_OFFSET) {
        line_addrs(l, ip.src, ip.dst);
        g_string_append_printf(l->out, "ip-proto-%u", ip.proto);
        return true;
    }
    if (ip.proto != IPPROTO_TCP4 && ip.proto != IPPROTO_UDP4)
        line_addrs(l, ip.src, ip.dst);
    if (s.n < hlen) {
        g_string_append_printf(l->out, " [remaining caplen(%zu) < header length(%zu)]", s.n, hlen);
        return false;
    }
    ip.sum_dst = final_destination(s, hlen);
    switch (ip.proto) {
    case IPPROTO_ICMP4:
        return dissect_icmp(l, span_from(s, hlen), length, ip.fragment);
    case IPPROTO_UDP4:
        return dissect_udp(l, span_from(s, hlen), length, &ip);
    case IPPROTO_TCP4:
        return dissect_tcp(l, span_from(s, hlen), length, &ip);
    default:
        g_string_append_printf(l->out, " ip-proto-%u %zu", ip.proto, length);
        return true;
    }
}

bool dissect_ipv4(Line *l, Span s, size_t length)
{
    l->proto = "ip";
    if (s.n < 1)
        return false;
    if (s.p[0] >> 4 != 4) {
        if (s.p[0] >> 4 == 6)
            g_string_append(l->out, "IP6, wrong link-layer encapsulation (invalid)");
        else
            g_string_append_printf(l->out, "IP%d (invalid)", s.p[0] >> 4);
        return true;
    }
    if (!l->opt->ethernet)
        g_string_append(l->out, "IP ");
    if (s.n < IPV4_HDR_LEN)
        return false;
    if (length < IPV4_HDR_LEN) {
        g_string_append_printf(l->out, "truncated-ip %zu", length);
        return true;
    }
    size_t hlen = (s.p[0] & 15u) * 4u, total = get16(s.p + 2);
    if (hlen < IPV4_HDR_LEN) {
        g_string_append_printf(l->out, "bad-hlen %zu", hlen);
        return true;
    }
    if (length < total)
        g_string_append_printf(l->out, "truncated-ip - %zu bytes missing! ", total - length);
    if (total < hlen) {
        g_string_append_printf(l->out, "bad-len %zu", total);
        return true;
    }
    s.n = MIN(s.n, total);
    if (l->opt->verbose && !verbose_header(l, s, hlen)) {
        line_addrs(l, get32(s.p + 12), get32(s.p + 16));
        return false;
    }
    return ipv4_payload(l, s, hlen, total - hlen);
}

static bool is_bootp(uint16_t port)
{
    return port == BOOTP_SERVER_PORT || port == BOOTP_CLIENT_PORT;
}

bool dissect_udp(Line *l, Span s, size_t length, const IpAround *ip)
{
    l->proto = "udp";
    if (s.n < 4) {
        line_addrs(l, ip->src, ip->dst);
        return false;
    }
    uint16_t sport = get16(s.p), dport = get16(s.p + 2);

    line_ends(l, ip, sport, dport);
    if (length < UDP_HDR_LEN) {
        g_string_append_printf(l->out, "truncated-udp %zu", length);
        return true;
    }
    if (s.n < 6)
        return false;
    size_t ulen = get16(s.p + 4);
    if (ulen < UDP_HDR_LEN) {
        g_string_append_printf(l->out, "truncated-udplength %zu", ulen);
        return true;
    }
    if (s.n < UDP_HDR_LEN)
        return false;
    ulen -= UDP_HDR_LEN;
    length = MIN(length - UDP_HDR_LEN, ulen);
    if (sport == DNS_PORT || dport == DNS_PORT)
        return dissect_dns(l, span_from(s, UDP_HDR_LEN), length, false);
    if (is_bootp(sport) || is_bootp(dport))
        return dissect_bootp(l, span_from(s, UDP_HDR_LEN), length);
    if (sport == TFTP_PORT || dport == TFTP_PORT)
        return dissect_tftp(l, span_from(s, UDP_HDR_LEN), length);
    if (sport == SNMP_PORT || dport == SNMP_PORT || sport == SNMP_TRAP_PORT ||
        dport == SNMP_TRAP_PORT)
        return dissect_snmp(l, span_from(s, UDP_HDR_LEN), length);
    if (ulen > length && !ip->fragment)
        g_string_append_printf(l->out, "UDP, bad length %zu > %zu", ulen, length);
    else
        g_string_append_printf(l->out, "UDP, length %zu", ulen);
    return true;
}
