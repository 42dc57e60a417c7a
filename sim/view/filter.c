/*
 * filter.c - field tables matched against the bytes of a frame, and libpcap behind the expressions.
 *
 * A frame is looked at as it is: a wrong checksum does not keep it from matching, and what lies
 * beyond the captured bytes matches nothing.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/filter.h"

#include "protocols/autoconf.h"

#include "protocols/wire/arp_wire.h"
#include "protocols/wire/eth_wire.h"
#include "protocols/wire/icmp_wire.h"
#include "protocols/wire/ipv4_wire.h"
#include "protocols/wire/udp_wire.h"
#include "sim/engine/knob.h"
#include "sim/view/filter_priv.h"

#include <pcap/pcap.h>
#include <stdarg.h>
#include <string.h>

struct Filter {
    bool               is_program;
    struct bpf_program program;
    FilterSpec         spec;
};

/* A frame, as far as its headers go. */
typedef struct Looked {
    uint16_t type;
    bool     has_addrs;
    IpAddr   src, dst;
    uint8_t  proto;
    bool     first;     /* not a later fragment: the transport header is here */
    Span     transport; /* what was captured of it and behind */
    size_t   length;    /* of the same on the wire */
    uint16_t arp_op;
} Looked;

const FilterSpec filter_spec_any = { .icmp_type = -1, .icmp_code = -1 };

G_DEFINE_QUARK(filter-error, filter_error)

void filter_error(GError **error, const char *expression, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, FILTER_ERROR, 0, "filter '%s': %s", expression, what);
    g_free(what);
}

/* --- the values of a field table -------------------------------------------------------------- */

static const char *const icmp_names[] = {
    "echo-reply", "pong", "destination-unreachable", "network-unreachable", "host-unreachable",
    "protocol-unreachable", "port-unreachable", "fragmentation-needed", "source-route-failed",
    "network-unknown", "host-unknown", "network-prohibited", "host-prohibited",
    "TOS-network-unreachable", "TOS-host-unreachable", "communication-prohibited",
    "host-precedence-violation", "precedence-cutoff", "source-quench", "redirect",
    "network-redirect", "host-redirect", "TOS-network-redirect", "TOS-host-redirect",
    "echo-request", "ping", "router-advertisement", "router-solicitation", "time-exceeded",
    "ttl-exceeded", "ttl-zero-during-transit", "ttl-zero-during-reassembly", "parameter-problem",
    "ip-header-bad", "required-option-missing", "timestamp-request", "timestamp-reply",
    "address-mask-request", "address-mask-reply", NULL,
};
static const struct {
    int8_t type, code;
} icmp_values[] = {
    { 0, -1 }, { 0, -1 },  { 3, -1 },  { 3, 0 },   { 3, 1 },   { 3, 2 },   { 3, 3 },  { 3, 4 },
    { 3, 5 },  { 3, 6 },   { 3, 7 },   { 3, 9 },   { 3, 10 },  { 3, 11 },  { 3, 12 }, { 3, 13 },
    { 3, 14 }, { 3, 15 },  { 4, -1 },  { 5, -1 },  { 5, 0 },   { 5, 1 },   { 5, 2 },  { 5, 3 },
    { 8, -1 }, { 8, -1 },  { 9, -1 },  { 10, -1 }, { 11, -1 }, { 11, -1 }, { 11, 0 }, { 11, 1 },
    { 12, -1 }, { 12, 0 }, { 12, 1 },  { 13, -1 }, { 14, -1 }, { 17, -1 }, { 18, -1 },
};
G_STATIC_ASSERT(G_N_ELEMENTS(icmp_names) == G_N_ELEMENTS(icmp_values) + 1);

bool filter_spec_flags(FilterSpec *spec, const char *flags, GError **error)
{
    static const char letters[] = "FSRP.UEW";
    uint8_t set = 0;

    for (const char *p = strcmp(flags, "none") == 0 ? "" : flags; *p != '\0'; p++) {
        const char *letter = strchr(letters, *p);
        if (letter == NULL || set & 1u << (letter - letters)) {
            g_set_error(error, FILTER_ERROR, 0,
                        "'%s' is not TCP flags: letters of 'FSRP.UEW' as tcpdump prints them "
                        "('.' is ACK), each at most once, or 'none'", flags);
            return false;
        }
        set |= (uint8_t)(1u << (letter - letters));
    }
    spec->tcp = true;
    spec->has_flags = true;
    spec->flags = set;
    return true;
}

bool filter_spec_icmp(FilterSpec *spec, const char *name, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(icmp_values); i++)
        if (strcmp(icmp_names[i], name) == 0) {
            spec->icmp = true;
            spec->icmp_type = icmp_values[i].type;
            spec->icmp_code = icmp_values[i].code;
            return true;
        }
    const char *near = knob_nearest(icmp_names, name);
    g_set_error(error, FILTER_ERROR, 0, "no ICMP message is called '%s', did you mean '%s'?", name,
                near != NULL ? near : "echo-request");
    return false;
}

bool filter_spec_arp(FilterSpec *spec, const char *name, GError **error)
{
    bool request = strcmp(name, "request") == 0;

    if (!request && strcmp(name, "reply") != 0) {
        g_set_error(error, FILTER_ERROR, 0, "'%s' is not an ARP operation: 'request' or 'reply'",
                    name);
        return false;
    }
    spec->arp = true;
    spec->arp_op = request ? ARP_OP_REQUEST : ARP_OP_REPLY;
    return true;
}

/* --- making one ------------------------------------------------------------------------------- */

Filter *filter_new_spec(const FilterSpec *spec)
{
    Filter *f = g_new0(Filter, 1);

    f->spec = *spec;
    return f;
}

Filter *filter_new_expression(const char *expression, FilterResolve resolve, void *self,
                              GError **error)
{
    char *numbers = filter_replace_names(expression, resolve, self, error);
    if (numbers == NULL)
        return NULL;
    Filter *f = g_new0(Filter, 1);
    pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);

    g_assert(dead != NULL);
    f->is_program = true;
    if (pcap_compile(dead, &f->program, numbers, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        const char *why = pcap_geterr(dead), *common = "can't parse filter expression: ";
        if (g_str_has_prefix(why, common))
            why += strlen(common);
        filter_error(error, expression, "%s", why);
        g_clear_pointer(&f, g_free);
    }
    pcap_close(dead);
    g_free(numbers);
    return f;
}

void filter_free(Filter *filter)
{
    if (filter == NULL)
        return;
    if (filter->is_program)
        pcap_freecode(&filter->program);
    g_free(filter);
}

/* --- matching --------------------------------------------------------------------------------- */

static void look_ipv4(Looked *l, Span s, size_t length)
{
    if (s.n < IPV4_HDR_LEN || s.p[0] >> 4 != 4)
        return;
    size_t hlen = (s.p[0] & 15u) * 4u;

    l->has_addrs = true;
    l->src = ip_v4(get32(s.p + 12));
    l->dst = ip_v4(get32(s.p + 16));
    l->proto = s.p[9];
    l->first = (get16(s.p + 6) & 0x1fff) == 0;
    length = MIN(length, get16(s.p + 2));
    s.n = MIN(s.n, length);
    if (hlen < IPV4_HDR_LEN || hlen > s.n)
        return;
    l->transport = (Span){ s.p + hlen, s.n - hlen };
    l->length = length - hlen;
}

static void look_arp(Looked *l, Span s)
{
    if (s.n < ARP_LEN || s.p[4] != 6 || s.p[5] != 4)
        return;
    l->arp_op = get16(s.p + 6);
    l->has_addrs = true;
    l->src = ip_v4(get32(s.p + 14));
    l->dst = ip_v4(get32(s.p + 24));
}

static bool look(Looked *l, Span frame, size_t wire_len)
{
    *l = (Looked){ 0 };
    if (frame.n < ETH_HDR_LEN)
        return false;
    Span   s = { frame.p + ETH_HDR_LEN, frame.n - ETH_HDR_LEN };
    size_t length = MAX(wire_len, frame.n) - ETH_HDR_LEN;

    l->type = get16(frame.p + 12);
    if (l->type == ETHERTYPE_IPV4)
        look_ipv4(l, s, length);
    else if (l->type == ETHERTYPE_ARP)
        look_arp(l, s);
    return true;
}

static bool is_ip(const Looked *l, uint8_t proto)
{
    return l->type == ETHERTYPE_IPV4 && l->has_addrs && l->proto == proto;
}

static bool match_protocols(const FilterSpec *spec, const Looked *l)
{
    if (spec->ip && !(l->type == ETHERTYPE_IPV4 && l->has_addrs))
        return false;
    if (spec->arp && l->type != ETHERTYPE_ARP)
        return false;
    if (spec->arp_op != 0 && l->arp_op != spec->arp_op)
        return false;
    return (!spec->tcp || is_ip(l, IPPROTO_TCP4)) && (!spec->udp || is_ip(l, IPPROTO_UDP4)) &&
           (!spec->icmp || is_ip(l, IPPROTO_ICMP4));
}

static bool match_addresses(const FilterSpec *spec, const Looked *l)
{
    if (!ip_is_none(spec->src) && !(l->has_addrs && ip_equal(l->src, spec->src)))
        return false;
    return ip_is_none(spec->dst) || (l->has_addrs && ip_equal(l->dst, spec->dst));
}

static bool match_icmp(const FilterSpec *spec, const Looked *l)
{
    if (spec->icmp_type < 0 && spec->icmp_code < 0)
        return true;
    if (!is_ip(l, IPPROTO_ICMP4) || !l->first || l->transport.n < 2)
        return false;
    return (spec->icmp_type < 0 || l->transport.p[0] == spec->icmp_type) &&
           (spec->icmp_code < 0 || l->transport.p[1] == spec->icmp_code);
}

static bool match_ports(const FilterSpec *spec, const Looked *l)
{
    if (!spec->has_sport && !spec->has_dport)
        return true;
    if ((!is_ip(l, IPPROTO_TCP4) && !is_ip(l, IPPROTO_UDP4)) || !l->first || l->transport.n < 4)
        return false;
    return (!spec->has_sport || get16(l->transport.p) == spec->sport) &&
           (!spec->has_dport || get16(l->transport.p + 2) == spec->dport);
}

/* The length of what the innermost known header carries. */
static bool payload_length(const Looked *l, size_t *out)
{
    size_t header = 0;

    if (l->type != ETHERTYPE_IPV4 || !l->has_addrs)
        return false;
    if (l->first && l->proto == IPPROTO_TCP4) {
        if (l->transport.n < TCP_HDR_LEN)
            return false;
        header = (size_t)(l->transport.p[12] >> 4) * 4;
        if (header < TCP_HDR_LEN)
            return false;
    } else if (l->first && l->proto == IPPROTO_UDP4) {
        header = UDP_HDR_LEN;
    } else if (l->first && l->proto == IPPROTO_ICMP4) {
        header = ICMP_HDR_LEN;
    }
    *out = l->length > header ? l->length - header : 0;
    return true;
}

static bool match_data(const FilterSpec *spec, const Looked *l)
{
    size_t n;

    return !spec->has_data || (payload_length(l, &n) && (n > 0) == spec->data);
}

static bool match_tcp(const FilterSpec *spec, const Looked *l, SimTime made, const Flows *flows)
{
    uint32_t seq_base, ack_base;

    if (!spec->has_flags && !spec->has_seq && !spec->has_ack)
        return true;
    if (!is_ip(l, IPPROTO_TCP4) || !l->first || l->transport.n < TCP_HDR_LEN)
        return false;
    const uint8_t *p = l->transport.p;
    TcpHdr h = {
        .src_port = get16(p),
        .dst_port = get16(p + 2),
        .seq = get32(p + 4),
        .ack = get32(p + 8),
        .flags = p[13],
        .window = get16(p + 14),
    };
    if (spec->has_flags && h.flags != spec->flags)
        return false;
    if (!spec->has_seq && !spec->has_ack)
        return true;
    g_assert(flows != NULL);
    flows_base(flows, l->src, l->dst, &h, made, &seq_base, &ack_base, NULL);
    if (spec->has_seq && h.seq - seq_base != spec->seq)
        return false;
    return !spec->has_ack || (h.flags & TCP_ACK && h.ack - ack_base == spec->ack);
}

bool filter_match(const Filter *filter, Span frame, size_t wire_len, SimTime made,
                  const Flows *flows)
{
    const FilterSpec *spec = &filter->spec;
    Looked l;

    if (filter->is_program) {
        struct pcap_pkthdr h = { .caplen = (uint32_t)frame.n,
                                 .len = (uint32_t)MAX(wire_len, frame.n) };
        return pcap_offline_filter(&filter->program, &h, frame.p) != 0;
    }
    return look(&l, frame, wire_len) && match_protocols(spec, &l) && match_addresses(spec, &l) &&
           match_icmp(spec, &l) && match_ports(spec, &l) && match_data(spec, &l) &&
           match_tcp(spec, &l, made, flows);
}

bool filter_node_address(void *sim, const char *name, IpAddr *out)
{
    const Node *node = sim_node(sim, name);
    const Stack *stack = node != NULL ? node_stack(node) : NULL;

    if (stack == NULL || !autoconf_settle(sim, NULL))
        return false;
    *out = autoconf_address(stack, NULL);
    return !ip_is_none(*out);
}
