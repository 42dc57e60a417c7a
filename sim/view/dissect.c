/*
 * dissect.c - time, Ethernet, ARP: the outer part of tcpdump's line, and the dissector's memory.
 *
 * Application payload is decoded for HTTP (TCP port 80 and 8080), DNS (port 53), FTP's commands
 * (21), Telnet (23), SMTP (25), DHCP (UDP ports 67 and 68), TFTP (69) and SNMP (161, 162). The
 * real tcpdump decodes on more ports, which a comparison must avoid. TCP: 22, 43, 139, 179, 323,
 * 445, 554, 639, 646, 1723, 2049, 6379, 6633, 6653, 8554, 10288. UDP: 88, 123, 137, 138, 200-207,
 * 319, 320, 496, 500, 514, 520, 521, 525, 546, 547, 646, 654, 698, 701, 750, 768-895, 921, 1589,
 * 1645, 1646, 1700, 1701, 1812, 1813, 1985, 2049, 2103, 2104, 3456, 3503, 3784, 3785, 3799, 4342,
 * 4500, 4567, 4784, 4789, 4790, 5060, 5353, 5359, 6081, 6343, 6635, 6696, 6697, 6784, 7000-7009,
 * 7500, 8231, 8472, 8500, 12222, 12223, 17754, 30490, and the source port 49152. Of IP protocols
 * ICMP, UDP and TCP are decoded; of EtherTypes IPv4, ARP and RARP. MPTCP's option is shown as
 * unknown.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/dissect_priv.h"

#include "protocols/wire/arp_wire.h"
#include "protocols/wire/eth_wire.h"

#include <inttypes.h>
#include <string.h>

struct Dissector {
    DissectOptions opt;
    bool           has_ref;
    SimTime        ref;   /* what -ttt and -ttttt count from */
    GHashTable    *talks; /* of Talk, by its first three words; for look-up only */
};

enum { MAX_802_3_LEN = 1500, DUMP_LINE = 16 };
enum { ARP_TRAIL = 0x1000, INARP_OP_REQUEST = 8, INARP_OP_REPLY = 9 };

static const TokenName ethertypes[] = {
    { 0x0800, "IPv4" },          { 0x0806, "ARP" },         { 0x8035, "Reverse ARP" },
    { 0x86dd, "IPv6" },          { 0x8100, "802.1Q" },      { 0x88a8, "802.1Q-QinQ" },
    { 0x8847, "MPLS unicast" },  { 0x8848, "MPLS multicast" }, { 0x88e5, "802.1AE MACsec" },
    { 0x8863, "PPPoE D" },       { 0x8864, "PPPoE S" },     { 0x888e, "EAPOL" },
    { 0x8808, "MPCP" },          { 0x8809, "Slow Protocols" }, { 0x88cc, "LLDP" },
    { 0x880b, "PPP" },           { 0x809b, "Appletalk" },   { 0x80f3, "Appletalk ARP" },
    { 0x8137, "IPX" },           { 0x9000, "Loopback" },    { 0x8902, "CFM" },
    { 0x88f7, "PTP" },           { 0x88ca, "TIPC" },        { 0x88a2, "AoE" },
    { 0x6558, "TEB" },           { 0, NULL },
};
static const TokenName arp_ops[] = {
    { ARP_OP_REQUEST, "Request" },          { ARP_OP_REPLY, "Reply" },
    { RARP_OP_REQUEST, "Reverse Request" }, { RARP_OP_REPLY, "Reverse Reply" },
    { INARP_OP_REQUEST, "Inverse Request" }, { INARP_OP_REPLY, "Inverse Reply" },
    { 10, "NACK Reply" },                   { 0, NULL },
};
static const TokenName arp_hardware[] = {
    { 1, "Ethernet" }, { 6, "TokenRing" }, { 7, "ArcNet" },     { 15, "FrameRelay" },
    { 23, "Strip" },   { 24, "IEEE 1394" }, { 32, "InfiniBand" }, { 0, NULL },
};

const char *token_name(const TokenName *names, unsigned value)
{
    for (; names->name != NULL; names++)
        if (names->value == value)
            return names->name;
    return NULL;
}

static unsigned talk_hash(gconstpointer key)
{
    const Talk *t = key;
    return t->low_addr * 2654435761u ^ t->high_addr * 40503u ^ t->ports;
}

static int talk_equal(gconstpointer a, gconstpointer b)
{
    const Talk *x = a, *y = b;
    return x->low_addr == y->low_addr && x->high_addr == y->high_addr && x->ports == y->ports;
}

Talk *dissector_talk(Dissector *d, uint32_t low_addr, uint32_t high_addr, uint32_t ports,
                     bool *fresh)
{
    Talk key = { .low_addr = low_addr, .high_addr = high_addr, .ports = ports };
    Talk *t = g_hash_table_lookup(d->talks, &key);

    *fresh = t == NULL;
    if (t == NULL) {
        t = g_new(Talk, 1);
        *t = key;
        g_hash_table_add(d->talks, t);
    }
    return t;
}

void line_addr(Line *l, uint32_t v4)
{
    char text[IP_TEXT];
    const char *name = NULL;

    if (l->opt->name != NULL)
        name = l->opt->name(l->opt->name_self, ip_v4(v4));
    g_string_append(l->out, name != NULL ? name : ip_text(ip_v4(v4), text));
}

void line_addrs(Line *l, uint32_t src, uint32_t dst)
{
    line_addr(l, src);
    g_string_append(l->out, " > ");
    line_addr(l, dst);
    g_string_append(l->out, ": ");
}

void line_ends(Line *l, const IpAround *ip, uint16_t sport, uint16_t dport)
{
    line_addr(l, ip->src);
    g_string_append_printf(l->out, ".%u > ", sport);
    line_addr(l, ip->dst);
    g_string_append_printf(l->out, ".%u: ", dport);
}

void line_mac(Line *l, const uint8_t *mac)
{
    g_string_append_printf(l->out, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                           mac[4], mac[5]);
}

void line_char(Line *l, uint8_t c)
{
    if (c > 0x7f) {
        c &= 0x7f;
        g_string_append(l->out, "M-");
    }
    if (c < 0x20 || c > 0x7e) {
        c ^= 0x40;
        g_string_append_c(l->out, '^');
    }
    g_string_append_c(l->out, (char)c);
}

void line_truncated(Line *l)
{
    g_string_append_printf(l->out, " [|%s]", l->proto);
}

bool line_dump(Line *l, Span s, size_t length)
{
    size_t n = MIN(s.n, length);

    for (size_t at = 0; at < n; at += DUMP_LINE) {
        char   ascii[DUMP_LINE + 1];
        size_t i;
        size_t start;

        g_string_append_printf(l->out, "\n\t0x%04zx: ", at);
        start = l->out->len;
        for (i = 0; i < DUMP_LINE && at + i < n; i++) {
            uint8_t c = s.p[at + i];
            g_string_append_printf(l->out, i % 2 == 0 ? " %02x" : "%02x", c);
            ascii[i] = (char)(c > 0x20 && c < 0x7f ? c : '.');
        }
        ascii[i] = '\0';
        while (l->out->len - start < DUMP_LINE / 2 * 5)
            g_string_append_c(l->out, ' ');
        g_string_append_printf(l->out, "  %s", ascii);
    }
    return n == length;
}

uint16_t checksum_wanted(uint16_t is, uint16_t sum)
{
    uint32_t v = (uint32_t)is + sum;
    return (uint16_t)((v & 0xffff) + (v >> 16));
}

static void arp_protocol_addr(Line *l, const uint8_t *p, uint16_t pro, unsigned len)
{
    if (pro != ETHERTYPE_IPV4 && pro != ARP_TRAIL)
        g_string_append(l->out, "<wrong proto type>");
    else if (len != 4)
        g_string_append(l->out, "<wrong len>");
    else
        line_addr(l, get32(p));
}

static void arp_hardware_addr(Line *l, const uint8_t *p, unsigned len)
{
    if (len == 0)
        g_string_append(l->out, "<empty>");
    for (unsigned i = 0; i < len; i++)
        g_string_append_printf(l->out, i == 0 ? "%02x" : ":%02x", p[i]);
}

/* What follows the operation's name. `s` holds the fixed part and all four addresses. */
static bool arp_body(Line *l, Span s, uint16_t pro, uint16_t op)
{
    unsigned hln = s.p[4], pln = s.p[5];
    const uint8_t *sha = s.p + 8, *spa = sha + hln, *tha = spa + pln, *tpa = tha + hln;
    static const uint8_t zero[255];

    switch (op) {
    case ARP_OP_REQUEST:
        g_string_append(l->out, "who-has ");
        arp_protocol_addr(l, tpa, pro, pln);
        if (memcmp(tha, zero, hln) != 0) {
            g_string_append(l->out, " (");
            arp_hardware_addr(l, tha, hln);
            g_string_append_c(l->out, ')');
        }
        g_string_append(l->out, " tell ");
        arp_protocol_addr(l, spa, pro, pln);
        return true;
    case ARP_OP_REPLY:
        arp_protocol_addr(l, spa, pro, pln);
        g_string_append(l->out, " is-at ");
        arp_hardware_addr(l, sha, hln);
        return true;
    case RARP_OP_REQUEST:
    case INARP_OP_REQUEST:
        g_string_append(l->out, "who-is ");
        arp_hardware_addr(l, tha, hln);
        g_string_append(l->out, " tell ");
        arp_hardware_addr(l, sha, hln);
        return true;
    case RARP_OP_REPLY:
    case INARP_OP_REPLY:
        arp_hardware_addr(l, op == RARP_OP_REPLY ? tha : sha, hln);
        g_string_append(l->out, " at ");
        arp_protocol_addr(l, op == RARP_OP_REPLY ? tpa : spa, pro, pln);
        return true;
    default:
        return false;
    }
}

static void arp_kinds(Line *l, Span s)
{
    uint16_t hrd = get16(s.p), pro = get16(s.p + 2);
    const char *hardware = token_name(arp_hardware, hrd), *protocol = token_name(ethertypes, pro);

    if (hardware != NULL)
        g_string_append(l->out, hardware);
    else
        g_string_append_printf(l->out, "Unknown Hardware (%u)", hrd);
    g_string_append_printf(l->out, " (len %u), ", s.p[4]);
    if (protocol != NULL)
        g_string_append(l->out, protocol);
    else
        g_string_append_printf(l->out, "Unknown Protocol (0x%04x)", pro);
    g_string_append_printf(l->out, " (len %u)", s.p[5]);
}

bool dissect_arp(Line *l, Span s, size_t length)
{
    l->proto = "arp";
    if (s.n < 8 || s.n < 8 + 2u * s.p[4] + 2u * s.p[5])
        return false;
    uint16_t pro = get16(s.p + 2), op = get16(s.p + 6);
    bool strange = (pro != ETHERTYPE_IPV4 && pro != ARP_TRAIL) || s.p[5] != 4 || s.p[4] == 0;

    if (!l->opt->ethernet)
        g_string_append(l->out, "ARP, ");
    if (strange || l->opt->verbose)
        arp_kinds(l, s);
    if (!strange || l->opt->verbose) {
        const char *name = token_name(arp_ops, op);
        g_string_append(l->out, l->opt->verbose ? ", " : "");
        if (name != NULL)
            g_string_append_printf(l->out, "%s ", name);
        else
            g_string_append_printf(l->out, "Unknown (%u) ", op);
        if (!arp_body(l, s, pro, op))
            return line_dump(l, s, s.n);
    }
    g_string_append_printf(l->out, ", length %zu", length);
    return true;
}

static void ether_addresses(Line *l, Span frame)
{
    line_mac(l, frame.p + 6);
    g_string_append(l->out, " > ");
    line_mac(l, frame.p);
    g_string_append(l->out, ", ");
}

static void ether_type(Line *l, uint16_t type, size_t wire_len)
{
    const char *name = token_name(ethertypes, type);

    g_string_append_printf(l->out, "ethertype %s (0x%04x), length %zu: ",
                           name != NULL ? name : "Unknown", type, wire_len);
}

static bool dissect_ether(Line *l, Span frame, size_t wire_len)
{
    l->proto = "ether";
    if (frame.n < ETH_HDR_LEN)
        return false;
    uint16_t type = get16(frame.p + 12);
    Span     data = span_from(frame, ETH_HDR_LEN);
    bool     known = type == ETHERTYPE_IPV4 || type == ETHERTYPE_ARP || type == ETHERTYPE_RARP;
    size_t   length = wire_len - ETH_HDR_LEN;

    if (l->opt->ethernet || !known)
        ether_addresses(l, frame);
    if (type <= MAX_802_3_LEN) {
        length = MIN(length, type);
        g_string_append_printf(l->out, "802.3, length %zu: ", length);
        return line_dump(l, data, MIN(length, data.n));
    }
    if (l->opt->ethernet || !known)
        ether_type(l, type, wire_len);
    if (type == ETHERTYPE_IPV4)
        return dissect_ipv4(l, data, length);
    if (known)
        return dissect_arp(l, data, length);
    return line_dump(l, data, data.n);
}

static void append_clock(GString *out, SimTime t)
{
    int64_t s = t / SEC;

    g_string_append_printf(out, "%02d:%02d:%02d.%09d ", (int)(s / 3600 % 24), (int)(s / 60 % 60),
                           (int)(s % 60), (int)(t % SEC));
}

/* Unlike tcpdump's, the first line counts as the first even if it is at time zero. */
static void append_time(Dissector *d, SimTime t, GString *out)
{
    if (d->opt.time == DISSECT_TIME_NONE)
        return;
    if (d->opt.time == DISSECT_TIME_SECONDS) {
        g_string_append_printf(out, "%" PRId64 ".%09d ", t / SEC, (int)(t % SEC));
        return;
    }
    if (!d->has_ref) {
        d->has_ref = true;
        d->ref = t;
    }
    g_string_append_c(out, t < d->ref ? '-' : ' ');
    append_clock(out, t < d->ref ? d->ref - t : t - d->ref);
    if (d->opt.time == DISSECT_TIME_TTTT)
        d->ref = t;
}

Dissector *dissector_new(const DissectOptions *opt)
{
    Dissector *d = g_new0(Dissector, 1);

    d->opt = *opt;
    d->talks = g_hash_table_new_full(talk_hash, talk_equal, g_free, NULL);
    return d;
}

void dissector_free(Dissector *d)
{
    if (d == NULL)
        return;
    g_hash_table_destroy(d->talks);
    g_free(d);
}

void dissect(Dissector *d, SimTime t, Span frame, size_t wire_len, GString *out)
{
    Line line = { .d = d, .opt = &d->opt, .out = out, .proto = "ether" };

    append_time(d, t, out);
    if (!dissect_ether(&line, frame, MAX(wire_len, frame.n)))
        line_truncated(&line);
}

const char *dissect_tcp_flags(uint8_t flags, char out[static 9])
{
    static const char letters[] = "FSRP.UEW";
    char *p = out;

    if (flags == 0)
        return strcpy(out, "none");
    for (unsigned i = 0; letters[i] != 0; i++)
        if (flags & 1u << i)
            *p++ = letters[i];
    *p = '\0';
    return out;
}
