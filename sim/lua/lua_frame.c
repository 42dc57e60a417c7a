/*
 * lua_frame.c - the table of header fields, and frames to and from Lua tables by it.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_frame.h"

#include "protocols/wire/checksum.h"
#include "protocols/wire/ipv4_option.h"
#include "protocols/wire/dhcp_wire.h"
#include "sim/lua/lua_dhcp.h"
#include "sim/lua/lua_dns.h"
#include "sim/lua/lua_net.h"
#include "sim/view/dissect.h"

#include <string.h>

const char *const layer_names[] = { "eth", "arp", "ip",   "icmp",    "udp",
                                    "tcp", "dns", "dhcp", "payload", NULL };

const Field frame_fields[] = {
    { LAYER_ETH, "dst", FIELD_MAC, 0, 0, 0, 0, 1 },
    { LAYER_ETH, "src", FIELD_MAC, 6, 0, 0, 0, 1 },
    { LAYER_ETH, "type", FIELD_NUMBER, 12, 16, 0, 16, 1 },
    { LAYER_ARP, "hrd", FIELD_NUMBER, 0, 16, 0, 16, 1 },
    { LAYER_ARP, "pro", FIELD_NUMBER, 2, 16, 0, 16, 1 },
    { LAYER_ARP, "hln", FIELD_NUMBER, 4, 8, 0, 8, 1 },
    { LAYER_ARP, "pln", FIELD_NUMBER, 5, 8, 0, 8, 1 },
    { LAYER_ARP, "op", FIELD_NUMBER, 6, 16, 0, 16, 1 },
    { LAYER_ARP, "sha", FIELD_MAC, 8, 0, 0, 0, 1 },
    { LAYER_ARP, "spa", FIELD_IP, 14, 0, 0, 0, 1 },
    { LAYER_ARP, "tha", FIELD_MAC, 18, 0, 0, 0, 1 },
    { LAYER_ARP, "tpa", FIELD_IP, 24, 0, 0, 0, 1 },
    { LAYER_IP, "version", FIELD_NUMBER, 0, 8, 4, 4, 1 },
    { LAYER_IP, "ihl", FIELD_NUMBER, 0, 8, 0, 4, 1 },
    { LAYER_IP, "tos", FIELD_NUMBER, 1, 8, 0, 8, 1 },
    { LAYER_IP, "len", FIELD_NUMBER, 2, 16, 0, 16, 1 },
    { LAYER_IP, "id", FIELD_NUMBER, 4, 16, 0, 16, 1 },
    { LAYER_IP, "reserved", FIELD_BIT, 6, 16, 15, 1, 1 },
    { LAYER_IP, "df", FIELD_BIT, 6, 16, 14, 1, 1 },
    { LAYER_IP, "mf", FIELD_BIT, 6, 16, 13, 1, 1 },
    { LAYER_IP, "frag", FIELD_NUMBER, 6, 16, 0, 13, 8 },
    { LAYER_IP, "ttl", FIELD_NUMBER, 8, 8, 0, 8, 1 },
    { LAYER_IP, "proto", FIELD_NUMBER, 9, 8, 0, 8, 1 },
    { LAYER_IP, "checksum", FIELD_NUMBER, 10, 16, 0, 16, 1 },
    { LAYER_IP, "src", FIELD_IP, 12, 0, 0, 0, 1 },
    { LAYER_IP, "dst", FIELD_IP, 16, 0, 0, 0, 1 },
    { LAYER_ICMP, "type", FIELD_NUMBER, 0, 8, 0, 8, 1 },
    { LAYER_ICMP, "code", FIELD_NUMBER, 1, 8, 0, 8, 1 },
    { LAYER_ICMP, "checksum", FIELD_NUMBER, 2, 16, 0, 16, 1 },
    { LAYER_ICMP, "rest", FIELD_NUMBER, 4, 32, 0, 32, 1 },
    { LAYER_ICMP, "id", FIELD_NUMBER, 4, 16, 0, 16, 1 },
    { LAYER_ICMP, "seq", FIELD_NUMBER, 6, 16, 0, 16, 1 },
    { LAYER_ICMP, "mtu", FIELD_NUMBER, 6, 16, 0, 16, 1 },
    { LAYER_UDP, "sport", FIELD_NUMBER, 0, 16, 0, 16, 1 },
    { LAYER_UDP, "dport", FIELD_NUMBER, 2, 16, 0, 16, 1 },
    { LAYER_UDP, "len", FIELD_NUMBER, 4, 16, 0, 16, 1 },
    { LAYER_UDP, "checksum", FIELD_NUMBER, 6, 16, 0, 16, 1 },
    { LAYER_TCP, "sport", FIELD_NUMBER, 0, 16, 0, 16, 1 },
    { LAYER_TCP, "dport", FIELD_NUMBER, 2, 16, 0, 16, 1 },
    { LAYER_TCP, "seq", FIELD_NUMBER, 4, 32, 0, 32, 1 },
    { LAYER_TCP, "ack", FIELD_NUMBER, 8, 32, 0, 32, 1 },
    { LAYER_TCP, "offset", FIELD_NUMBER, 12, 8, 4, 4, 1 },
    { LAYER_TCP, "reserved", FIELD_NUMBER, 12, 8, 0, 4, 1 },
    { LAYER_TCP, "flags", FIELD_FLAGS, 13, 8, 0, 8, 1 },
    { LAYER_TCP, "window", FIELD_NUMBER, 14, 16, 0, 16, 1 },
    { LAYER_TCP, "checksum", FIELD_NUMBER, 16, 16, 0, 16, 1 },
    { LAYER_TCP, "urgent", FIELD_NUMBER, 18, 16, 0, 16, 1 },
    { .name = NULL },
};

_Static_assert(G_N_ELEMENTS(frame_fields) - 1 < 64, "a bit for each field in Draft.said");

const Field *field_find(Layer layer, const char *name)
{
    for (const Field *f = frame_fields; f->name != NULL; f++)
        if (f->layer == layer && strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

bool draft_said(const Draft *d, Layer layer, const char *name)
{
    return d->said & (uint64_t)1 << (field_find(layer, name) - frame_fields);
}

/* --- bytes and numbers ------------------------------------------------------------------------ */

static uint32_t get_word(const Field *f, const uint8_t *header)
{
    const uint8_t *p = header + f->at;

    return f->width == 8 ? *p : f->width == 16 ? get16(p) : get32(p);
}

uint32_t field_mask(const Field *f)
{
    return f->bits == 32 ? UINT32_MAX : ((uint32_t)1 << f->bits) - 1;
}

uint32_t field_get(const Field *f, const uint8_t *header)
{
    return get_word(f, header) >> f->shift & field_mask(f);
}

void field_put(const Field *f, uint8_t *header, uint32_t value)
{
    uint32_t word = get_word(f, header) & ~(field_mask(f) << f->shift);
    uint8_t *p = header + f->at;

    word |= value << f->shift;
    if (f->width == 8)
        *p = (uint8_t)word;
    else if (f->width == 16)
        put16(p, (uint16_t)word);
    else
        put32(p, word);
}

/* --- taking a frame apart --------------------------------------------------------------------- */

/* Takes n bytes of header off the rest; false if it is shorter. */
static bool take_header(Draft *d, Layer layer, Span *rest, size_t n)
{
    if (n > rest->n || n > HEADER_MAX)
        return false;
    memcpy(d->header[layer], rest->p, n);
    d->len[layer] = n;
    d->has[layer] = true;
    *rest = (Span){ rest->p + n, rest->n - n };
    return true;
}

static void read_transport(Draft *d, uint8_t proto, Span *rest)
{
    size_t offset;

    switch (proto) {
    case IPPROTO_ICMP4:
        take_header(d, LAYER_ICMP, rest, ICMP_HDR_LEN);
        break;
    case IPPROTO_UDP4:
        take_header(d, LAYER_UDP, rest, UDP_HDR_LEN);
        break;
    case IPPROTO_TCP4:
        offset = rest->n < TCP_HDR_LEN ? 0 : (size_t)(rest->p[12] >> 4) * 4;
        if (offset >= TCP_HDR_LEN && !take_header(d, LAYER_TCP, rest, offset))
            take_header(d, LAYER_TCP, rest, TCP_HDR_LEN);
        break;
    default:
        break;
    }
}

static void read_ip(Draft *d, Span *rest)
{
    if (rest->n < IPV4_HDR_LEN || !take_header(d, LAYER_IP, rest, (size_t)(rest->p[0] & 15) * 4))
        return;
    const uint8_t *h = d->header[LAYER_IP];
    size_t total = get16(h + 2), len = d->len[LAYER_IP];
    uint16_t frag = get16(h + 6);
    if (total >= len && total - len < rest->n)
        rest->n = total - len; /* what follows is Ethernet's padding */
    d->fragment = (frag & 0x3fff) != 0;
    if ((frag & 0x1fff) == 0)
        read_transport(d, h[9], rest);
}

void draft_read(Draft *d, Span frame)
{
    Span rest = frame;

    *d = (Draft){ .frame_len = frame.n };
    if (take_header(d, LAYER_ETH, &rest, ETH_HDR_LEN)) {
        uint16_t type = get16(d->header[LAYER_ETH] + 12);
        if (type == ETHERTYPE_ARP && take_header(d, LAYER_ARP, &rest, ARP_LEN))
            rest.n = 0;
        else if (type == ETHERTYPE_IPV4)
            read_ip(d, &rest);
    }
    d->payload = rest;
}

/* --- into Lua --------------------------------------------------------------------------------- */

/* The options as tcp_wire knows them, read from the header alone. */
TcpOptions draft_options(const Draft *d)
{
    uint8_t header[TCP_HDR_MAX];
    size_t n = d->len[LAYER_TCP];
    TcpHdr h;

    memcpy(header, d->header[LAYER_TCP], n);
    header[12] = (uint8_t)(n / 4 << 4);
    put16(header + 16, 0);
    put16(header + 16, tcp_checksum((Span){ header, n }, 0));
    return tcp_decode(&h, (Span){ header, n }, 0) == DROP_NONE ? h.opt : (TcpOptions){ 0 };
}

static void push_int_field(lua_State *L, const char *name, uint32_t value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

static void push_options(lua_State *L, const TcpOptions *o)
{
    if (o->has_mss)
        push_int_field(L, "mss", o->mss);
    if (o->has_wscale)
        push_int_field(L, "wscale", o->wscale);
    if (o->sack_permitted) {
        lua_pushboolean(L, true);
        lua_setfield(L, -2, "sack_permitted");
    }
    if (o->has_timestamps) {
        push_int_field(L, "ts_val", o->ts_val);
        push_int_field(L, "ts_ecr", o->ts_ecr);
    }
    if (o->has_uto)
        push_int_field(L, "uto", o->uto);
    if (o->fastopen.present) {
        lua_pushlstring(L, (const char *)o->fastopen.cookie, o->fastopen.n);
        lua_setfield(L, -2, "fastopen");
    }
    if (o->n_sack == 0)
        return;
    lua_createtable(L, o->n_sack, 0);
    for (int i = 0; i < o->n_sack; i++) {
        lua_createtable(L, 2, 0);
        lua_pushinteger(L, o->sack[i].left);
        lua_rawseti(L, -2, 1);
        lua_pushinteger(L, o->sack[i].right);
        lua_rawseti(L, -2, 2);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "sack");
}

/* ICMP's second word has names by its type. */
static bool icmp_field_shown(const Draft *d, const char *name)
{
    const uint8_t *h = d->header[LAYER_ICMP];
    bool echo = h[0] == ICMP_ECHO || h[0] == ICMP_ECHO_REPLY || h[0] == ICMP_TIMESTAMP ||
                h[0] == ICMP_TIMESTAMP_REPLY;
    bool mtu = h[0] == ICMP_UNREACHABLE && h[1] == ICMP_FRAG_NEEDED;

    if (strcmp(name, "id") == 0 || strcmp(name, "seq") == 0)
        return echo;
    if (strcmp(name, "mtu") == 0)
        return mtu;
    return strcmp(name, "rest") != 0 || (!echo && !mtu);
}

static void push_value(lua_State *L, const Field *f, const uint8_t *header)
{
    char flags[9];
    MacAddr mac;

    switch (f->type) {
    case FIELD_NUMBER:
        lua_pushinteger(L, (lua_Integer)field_get(f, header) * f->unit);
        break;
    case FIELD_BIT:
        lua_pushboolean(L, field_get(f, header) != 0);
        break;
    case FIELD_MAC:
        memcpy(mac.b, header + f->at, sizeof mac.b);
        lua_push_mac(L, mac);
        break;
    case FIELD_IP:
        lua_push_ip(L, ip_v4(get32(header + f->at)));
        break;
    case FIELD_FLAGS:
        lua_pushstring(L, dissect_tcp_flags((uint8_t)field_get(f, header), flags));
        break;
    }
}

/* What port 53 says is DNS; over TCP behind the message's length. */
static void push_dns(lua_State *L, const Draft *d)
{
    Layer layer = d->has[LAYER_TCP] ? LAYER_TCP : LAYER_UDP;
    const uint8_t *ports = d->header[layer];
    Span bytes = d->payload;

    if (!d->has[layer] || (get16(ports) != DNS_PORT && get16(ports + 2) != DNS_PORT))
        return;
    if (layer == LAYER_TCP && bytes.n > 2)
        bytes = (Span){ bytes.p + 2, bytes.n - 2 };
    if (lua_push_dns(L, bytes))
        lua_setfield(L, -2, "dns");
}

/* What the ports 67 and 68 say is DHCP. */
static void push_dhcp(lua_State *L, const Draft *d)
{
    const uint8_t *ports = d->header[LAYER_UDP];

    if (d->has[LAYER_UDP] && MAX(get16(ports), get16(ports + 2)) <= DHCP_CLIENT_PORT &&
        MIN(get16(ports), get16(ports + 2)) >= DHCP_SERVER_PORT && lua_push_dhcp(L, d->payload))
        lua_setfield(L, -2, "dhcp");
}

void draft_push(lua_State *L, const Draft *d)
{
    for (Layer layer = 0; layer < LAYER_COUNT; layer++) {
        if (!d->has[layer])
            continue;
        lua_createtable(L, 0, 12);
        for (const Field *f = frame_fields; f->name != NULL; f++) {
            if (f->layer != layer || (layer == LAYER_ICMP && !icmp_field_shown(d, f->name)))
                continue;
            push_value(L, f, d->header[layer]);
            lua_setfield(L, -2, f->name);
        }
        if (layer == LAYER_TCP) {
            TcpOptions opt = draft_options(d);
            push_options(L, &opt);
        }
        if (layer == LAYER_IP && d->len[LAYER_IP] > IPV4_HDR_LEN) {
            lua_pushlstring(L, (const char *)d->header[LAYER_IP] + IPV4_HDR_LEN,
                            d->len[LAYER_IP] - IPV4_HDR_LEN);
            lua_setfield(L, -2, "options");
        }
        lua_setfield(L, -2, layer_names[layer]);
    }
    lua_pushlstring(L, (const char *)d->payload.p, d->payload.n);
    lua_setfield(L, -2, "payload");
    push_dns(L, d);
    push_dhcp(L, d);
}

/* --- putting it together ---------------------------------------------------------------------- */

static void put_unsaid(Draft *d, Layer layer, const char *name, uint32_t value)
{
    if (!draft_said(d, layer, name))
        field_put(field_find(layer, name), d->header[layer], value);
}

static Layer transport(const Draft *d)
{
    return d->has[LAYER_TCP] ? LAYER_TCP : d->has[LAYER_UDP] ? LAYER_UDP : LAYER_ICMP;
}

/* The sum over the transport header and the payload; its own field counts as zero. */
static uint16_t transport_sum(const Draft *d, Layer layer)
{
    const uint8_t *ip = d->header[LAYER_IP];
    size_t len = d->len[layer] + d->payload.n;
    uint8_t header[HEADER_MAX], proto = layer == LAYER_TCP ? IPPROTO_TCP4 : IPPROTO_UDP4;
    uint32_t sum = 0;

    if (layer != LAYER_ICMP) /* which has no pseudo-header */
        sum = sum_pseudo(ip_v4(get32(ip + 12)),
                         ipv4_final_dst_of((Span){ ip, d->len[LAYER_IP] }), proto) + (uint32_t)len;
    memcpy(header, d->header[layer], d->len[layer]);
    field_put(field_find(layer, "checksum"), header, 0);
    sum = sum_add(sum, (Span){ header, d->len[layer] });
    uint16_t folded = sum_fold(sum_add(sum, d->payload));
    return layer == LAYER_UDP && folded == 0 ? 0xffff : folded;
}

static void finish_sums(Draft *d)
{
    Layer layer = transport(d);

    if (d->has[layer] && !d->fragment)
        put_unsaid(d, layer, "checksum", transport_sum(d, layer));
    if (!draft_said(d, LAYER_IP, "checksum")) {
        uint8_t *h = d->header[LAYER_IP];
        put16(h + 10, 0);
        put16(h + 10, sum_fold(sum_add(0, (Span){ h, d->len[LAYER_IP] })));
    }
}

static void finish_lengths(Draft *d)
{
    Layer layer = transport(d);
    size_t len = d->len[LAYER_IP] + (d->has[layer] ? d->len[layer] : 0) + d->payload.n;
    put_unsaid(d, LAYER_IP, "ihl", (uint32_t)(d->len[LAYER_IP] / 4));
    put_unsaid(d, LAYER_IP, "len", (uint32_t)MIN(len, UINT16_MAX));
    if (d->has[LAYER_TCP])
        put_unsaid(d, LAYER_TCP, "offset", (uint32_t)(d->len[LAYER_TCP] / 4));
    if (d->has[LAYER_UDP] && !d->fragment)
        put_unsaid(d, LAYER_UDP, "len", (uint32_t)MIN(UDP_HDR_LEN + d->payload.n, UINT16_MAX));
}

void draft_finish(Draft *d, bool lengths, bool sums)
{
    if (!d->has[LAYER_IP])
        return;
    if (lengths)
        finish_lengths(d);
    if (sums)
        finish_sums(d);
}

size_t draft_len(const Draft *d, bool with_eth)
{
    size_t n = d->payload.n;

    for (Layer layer = with_eth ? LAYER_ETH : LAYER_ARP; layer < LAYER_COUNT; layer++)
        if (d->has[layer])
            n += d->len[layer];
    return n;
}

void draft_write(const Draft *d, bool with_eth, uint8_t *out)
{
    for (Layer layer = with_eth ? LAYER_ETH : LAYER_ARP; layer < LAYER_COUNT; layer++)
        if (d->has[layer]) {
            memcpy(out, d->header[layer], d->len[layer]);
            out += d->len[layer];
        }
    if (d->payload.n > 0)
        memcpy(out, d->payload.p, d->payload.n);
}
