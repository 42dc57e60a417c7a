/*
 * lua_packet.c - packets as Lua tables: of the past, of the moment, and forged ones.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_packet.h"

#include "sim/lua/lua_frame.h"
#include "sim/lua/lua_net.h"
#include "sim/view/dissect.h"

#include <string.h>

/* Fields beside the layers: what a record says more. They are passed over when it is sent again. */
static const char *const record_fields[] = { "time", "kind", "node", "from",   "to",   "id",
                                             "why",  "drop", "wire_len", "retransmission",
                                             "forged", "altered", "remark", NULL };

/* --- pushing ---------------------------------------------------------------------------------- */

static int packet_tostring(lua_State *L)
{
    DissectOptions opt = { .time = DISSECT_TIME_NONE, .absolute = true };
    size_t n;

    luaL_getmetafield(L, 1, "frame");
    const char *bytes = lua_tolstring(L, -1, &n);
    luaL_getmetafield(L, 1, "wire_len");
    Dissector *dissector = dissector_new(&opt);
    GString *line = g_string_new(NULL);
    dissect(dissector, 0, (Span){ (const uint8_t *)bytes, n }, (size_t)lua_tointeger(L, -1), line);
    dissector_free(dissector);
    lua_pushlstring(L, line->str, line->len);
    g_string_free(line, TRUE);
    return 1;
}

static void push_packet(lua_State *L, Span frame, size_t wire_len)
{
    Draft d;

    luaL_checkstack(L, 8, NULL);
    draft_read(&d, frame);
    lua_createtable(L, 0, 8);
    draft_push(L, &d);
    lua_createtable(L, 0, 3);
    lua_pushlstring(L, (const char *)frame.p, frame.n);
    lua_setfield(L, -2, "frame");
    lua_pushinteger(L, (lua_Integer)wire_len);
    lua_setfield(L, -2, "wire_len");
    lua_pushcfunction(L, packet_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_setmetatable(L, -2);
}

void lua_push_frame(lua_State *L, Span frame)
{
    push_packet(L, frame, frame.n);
}

static void set_text(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static void set_flag(lua_State *L, const char *name, bool on)
{
    lua_pushboolean(L, on);
    lua_setfield(L, -2, name);
}

void lua_push_record(lua_State *L, const Record *rec)
{
    static const char *const kinds[] = { "sent",     "received", "lost",       "dropped",
                                         "held",     "released", "duplicated", "corrupted",
                                         "modified", "delayed" };

    push_packet(L, record_bytes(rec), rec->len);
    lua_push_seconds(L, rec->t);
    lua_setfield(L, -2, "time");
    set_text(L, "kind", kinds[rec->kind]);
    set_text(L, "node", rec->node != NULL ? rec->node->name : NULL);
    if (rec->dir != NULL) {
        set_text(L, "from", rec->dir->from->node->name);
        set_text(L, "to", rec->dir->to->node->name);
    }
    lua_pushinteger(L, (lua_Integer)rec->packet);
    lua_setfield(L, -2, "id");
    lua_pushinteger(L, rec->len);
    lua_setfield(L, -2, "wire_len");
    set_text(L, "why", sent_name(rec->why));
    if (rec->drop != DROP_NONE)
        set_text(L, "drop", drop_name(rec->drop));
    set_flag(L, "retransmission", rec->retransmission);
    set_flag(L, "forged", rec->forged);
    set_flag(L, "altered", rec->altered);
    if (rec->remark != NULL)
        set_text(L, "remark", rec->remark);
}

/* --- building --------------------------------------------------------------------------------- */

static bool in_list(const char *const *list, const char *name)
{
    for (; *list != NULL; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

static void check_layers(lua_State *L, int arg)
{
    const char *unknown = NULL;

    if (!lua_istable(L, arg))
        lua_fail(L, "a packet is a table such as { ip = { ... }, udp = { ... } }, not %s",
                 lua_kind(L, arg));
    for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        if (!in_list(layer_names, name) && !in_list(record_fields, name) &&
            (unknown == NULL || strcmp(name, unknown) < 0))
            unknown = name;
    }
    if (unknown == NULL)
        return;
    const char *near = knob_nearest(layer_names, unknown);
    lua_fail(L, "packet: no layer '%s'%s%s%s (layers: eth, arp, ip, icmp, udp, tcp, payload)",
             unknown, near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
             near != NULL ? "'?" : "");
}

static bool has_layer(lua_State *L, int arg, const char *name)
{
    bool has = lua_getfield(L, arg, name) != LUA_TNIL;

    lua_pop(L, 1);
    return has;
}

bool lua_is_frame(lua_State *L, int arg)
{
    return lua_istable(L, arg) && (has_layer(L, arg, "eth") || has_layer(L, arg, "arp"));
}

static void default_arp(Draft *d, const Iface *iface)
{
    uint8_t *h = d->header[LAYER_ARP];
    ArpPkt arp = { .op = ARP_OP_REQUEST, .spa = IP4_ANY, .tpa = IP4_ANY };

    if (iface != NULL) {
        arp.sha = iface->mac;
        if (!ip_is_none(iface->ip.addr))
            arp.spa = iface->ip.addr;
    }
    arp_encode(&arp, h);
    d->len[LAYER_ARP] = ARP_LEN;
}

static void default_ip(Draft *d, const Stack *from)
{
    uint8_t *h = d->header[LAYER_IP];

    h[0] = 0x45;
    h[8] = from != NULL ? (uint8_t)ipv4_config(from->ipv4)->ttl : 64;
    d->len[LAYER_IP] = IPV4_HDR_LEN;
}

static void default_transport(Draft *d)
{
    d->header[LAYER_ICMP][0] = ICMP_ECHO;
    d->len[LAYER_ICMP] = ICMP_HDR_LEN;
    d->len[LAYER_UDP] = UDP_HDR_LEN;
    d->header[LAYER_TCP][12] = (uint8_t)(TCP_HDR_LEN / 4 << 4);
    put16(d->header[LAYER_TCP] + 14, UINT16_MAX);
    d->len[LAYER_TCP] = TCP_HDR_LEN;
}

/* The frame that a table was made from, if it still knows. */
static bool draft_of_table(lua_State *L, int arg, Draft *d)
{
    size_t n;

    if (luaL_getmetafield(L, arg, "frame") == LUA_TNIL)
        return false;
    const char *bytes = lua_tolstring(L, -1, &n); /* the metatable keeps it alive */
    draft_read(d, (Span){ (const uint8_t *)bytes, n });
    lua_pop(L, 1);
    return true;
}

static void draft_defaults(Draft *d, const Stack *from, const Iface *iface)
{
    *d = (Draft){ .payload = { NULL, 0 } };
    if (iface != NULL)
        memcpy(d->header[LAYER_ETH] + 6, iface->mac.b, sizeof iface->mac.b);
    d->len[LAYER_ETH] = ETH_HDR_LEN;
    default_arp(d, iface);
    default_ip(d, from);
    default_transport(d);
}

/* What follows from the layers that are there: numbers of protocols, the source's address. */
static void complete_ip(lua_State *L, Draft *d, Stack *from)
{
    uint8_t *h = d->header[LAYER_IP];
    int transports = d->has[LAYER_TCP] + d->has[LAYER_UDP] + d->has[LAYER_ICMP];

    if (transports > 1)
        lua_fail(L, "packet: one of tcp, udp and icmp, not several");
    if (transports == 1)
        d->has[LAYER_IP] = true;
    if (!d->has[LAYER_IP])
        return;
    if (d->has[LAYER_ARP])
        lua_fail(L, "packet: arp or ip, not both");
    if (!draft_said(d, LAYER_IP, "dst") && d->frame_len == 0)
        lua_fail(L, "packet: ip.dst is wanted");
    if (!draft_said(d, LAYER_IP, "proto") && d->frame_len == 0)
        h[9] = d->has[LAYER_TCP]    ? IPPROTO_TCP4
               : d->has[LAYER_UDP]  ? IPPROTO_UDP4
               : d->has[LAYER_ICMP] ? IPPROTO_ICMP4
                                    : 253; /* RFC 3692: for experiments */
    if (!draft_said(d, LAYER_IP, "src") && d->frame_len == 0 && from != NULL) {
        lua_settle(L);
        IpAddr src = ip_source(from, ip_v4(get32(h + 16)));
        if (ip_is_v4(src))
            put32(h + 12, ip_to_v4(src));
    }
    if (!draft_said(d, LAYER_TCP, "flags") && d->has[LAYER_TCP] && d->frame_len == 0)
        d->header[LAYER_TCP][13] = draft_said(d, LAYER_TCP, "ack") ? TCP_ACK : TCP_SYN;
}

/* The destination's MAC where nobody has said it: what the ARP cache of the sender knows. */
static bool resolve_mac(Stack *from, const Draft *d, MacAddr *out)
{
    IpAddr dst = ip_v4(get32(d->header[LAYER_IP] + 16));
    const Route *route = from != NULL ? ipv4_route_lookup(from->ipv4, dst) : NULL;

    if (from != NULL && ip_is_broadcast_for(from, dst)) {
        *out = MAC_BROADCAST;
        return true;
    }
    if (route == NULL)
        return false;
    const ArpEntry *e = arp_lookup(from->arp, route->kind == ROUTE_VIA ? route->via : dst);
    if (e == NULL || e->state == ARP_INCOMPLETE)
        return false;
    *out = e->mac;
    return true;
}

static void complete_eth(lua_State *L, Draft *d, Stack *from, const MacAddr *far)
{
    uint8_t *h = d->header[LAYER_ETH];
    MacAddr dst = { { 0 } };

    d->has[LAYER_ETH] = true;
    if (d->frame_len > 0)
        return;
    if (!draft_said(d, LAYER_ETH, "type"))
        put16(h + 12, d->has[LAYER_ARP]  ? ETHERTYPE_ARP
                      : d->has[LAYER_IP] ? ETHERTYPE_IPV4
                                         : 0x88b5 /* IEEE 802: for experiments */);
    if (draft_said(d, LAYER_ETH, "dst"))
        return;
    if (d->has[LAYER_ARP]) {
        memcpy(dst.b, d->header[LAYER_ARP] + 18, sizeof dst.b);
        if (get16(d->header[LAYER_ARP] + 6) == ARP_OP_REQUEST || mac_to_u64(dst) == 0)
            dst = MAC_BROADCAST;
    } else if (far != NULL) {
        dst = *far;
    } else if (!d->has[LAYER_IP] || !resolve_mac(from, d, &dst)) {
        lua_fail(L, "packet: eth.dst is wanted: the sender's ARP cache does not know it");
    }
    memcpy(h, dst.b, sizeof dst.b);
}

static bool sums_said(const Draft *d)
{
    return draft_said(d, LAYER_IP, "checksum") || draft_said(d, LAYER_TCP, "checksum") ||
           draft_said(d, LAYER_UDP, "checksum") || draft_said(d, LAYER_ICMP, "checksum") ||
           draft_said(d, LAYER_IP, "len") || draft_said(d, LAYER_UDP, "len") ||
           draft_said(d, LAYER_IP, "ihl") || draft_said(d, LAYER_IP, "version") ||
           draft_said(d, LAYER_TCP, "offset");
}

static Packet *build(lua_State *L, int arg, Stack *from, const Iface *iface, const MacAddr *far,
                     bool with_eth)
{
    Draft d;

    arg = lua_absindex(L, arg);
    check_layers(L, arg);
    if (!draft_of_table(L, arg, &d))
        draft_defaults(&d, from, iface);
    draft_apply(L, arg, &d, from, d.frame_len == 0);
    complete_ip(L, &d, from);
    if (with_eth)
        complete_eth(L, &d, from, far);
    else if (!d.has[LAYER_IP])
        lua_fail(L, "packet: nothing to send: no eth, arp, ip, icmp, udp or tcp");
    draft_finish(&d, true, true);
    size_t len = draft_len(&d, with_eth);
    if (len > PACKET_MAX - PACKET_HEADROOM)
        lua_fail(L, "packet: %d bytes are more than a packet can have", (int)len);
    char *place = lua_short_place(L);
    Packet *pkt = packet_new(lua_sim(L), len, SENT_RAW);
    draft_write(&d, with_eth, pkt->data);
    pkt->forged = true;
    pkt->altered = sums_said(&d);
    sim_remark(lua_sim(L), pkt, "forged (%s)", place);
    g_free(place);
    return pkt;
}

static Iface *first_iface(const Stack *stack)
{
    return stack != NULL && stack->ifaces->len > 0 ? g_ptr_array_index(stack->ifaces, 0) : NULL;
}

Packet *lua_check_packet(lua_State *L, int arg, Stack *from, bool with_eth)
{
    return build(L, arg, from, first_iface(from), NULL, with_eth);
}

Packet *lua_check_frame(lua_State *L, int arg, LinkDir *dir)
{
    const Iface *far = port_iface(dir->to);

    return build(L, arg, node_stack(dir->from->node), port_iface(dir->from),
                 far != NULL ? &far->mac : NULL, true);
}

/* --- changing --------------------------------------------------------------------------------- */

void lua_modify_packet(lua_State *L, int arg, Packet *pkt, bool sums)
{
    Draft d;

    arg = lua_absindex(L, arg);
    check_layers(L, arg);
    packet_reserve(pkt, PACKET_USUAL);
    draft_read(&d, packet_span(pkt));
    size_t before = draft_len(&d, true);
    draft_apply(L, arg, &d, NULL, false);
    size_t len = draft_len(&d, true);
    draft_finish(&d, len != before, sums);
    if (len > pkt->len) {
        size_t room = pkt->cap - packet_offset(pkt);
        if (len > room)
            lua_fail(L, "modify: a packet cannot grow beyond %d bytes", (int)room);
        packet_put(pkt, len - pkt->len);
    } else if (len < before) {
        packet_trim(pkt, len);
    }
    /* The payload may still lie in the packet itself, where the headers are about to be written. */
    uint8_t *bytes = g_malloc(len);
    draft_write(&d, true, bytes);
    memcpy(pkt->data, bytes, len);
    g_free(bytes);
}
