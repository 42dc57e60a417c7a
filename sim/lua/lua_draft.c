/*
 * lua_draft.c - the fields of a packet's table, read into its draft.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_dhcp.h"
#include "sim/lua/lua_dns.h"
#include "sim/lua/lua_frame.h"
#include "sim/lua/lua_net.h"

#include <string.h>

/* What follows the fixed header; beside `options`, its raw bytes. */
static const char *const tcp_options[] = { "mss",    "wscale", "sack_permitted",
                                           "ts_val", "ts_ecr", "uto",  "sack", "fastopen" };

static uint32_t check_number(lua_State *L, const char *layer, const char *name, uint64_t max)
{
    int is_int;
    lua_Integer n = lua_tointegerx(L, -1, &is_int);

    if (!is_int || lua_type(L, -1) != LUA_TNUMBER || n < 0 || (uint64_t)n > max)
        lua_fail(L, "packet: %s.%s is a whole number from 0 to %" G_GUINT64_FORMAT ", not '%s'",
                 layer, name, max, order_text(L, -1));
    return (uint32_t)n;
}

static uint8_t check_flags(lua_State *L)
{
    FilterSpec spec = filter_spec_any;
    GError *error = NULL;

    if (lua_type(L, -1) == LUA_TNUMBER) /* before lua_tostring, which turns it into text */
        return (uint8_t)check_number(L, "tcp", "flags", 255);
    const char *text = lua_tostring(L, -1);
    if (text == NULL)
        lua_fail(L, "packet: tcp.flags is text such as \"S.\", or a number");
    else if (*text == 0 || strcmp(text, "none") == 0)
        return 0;
    else if (!filter_spec_flags(&spec, text, &error))
        lua_fail_gerror(L, error);
    return spec.flags;
}

/* arp.op and icmp.type may be said by name; a name of ICMP may say the code too. */
static bool check_named(lua_State *L, const Field *f, uint8_t *header)
{
    FilterSpec spec = filter_spec_any;
    GError *error = NULL;

    if (lua_type(L, -1) != LUA_TSTRING)
        return false;
    if (f->layer == LAYER_ARP && strcmp(f->name, "op") == 0) {
        if (!filter_spec_arp(&spec, lua_tostring(L, -1), &error))
            lua_fail_gerror(L, error);
        field_put(f, header, (uint32_t)spec.arp_op);
        return true;
    }
    if (f->layer == LAYER_ICMP && strcmp(f->name, "type") == 0) {
        if (!filter_spec_icmp(&spec, lua_tostring(L, -1), &error))
            lua_fail_gerror(L, error);
        header[0] = (uint8_t)spec.icmp_type;
        if (spec.icmp_code >= 0)
            header[1] = (uint8_t)spec.icmp_code;
        return true;
    }
    return false;
}

/* The value on top of the stack into the header. */
static void apply_value(lua_State *L, const Field *f, uint8_t *header, const Stack *from)
{
    const char *layer = layer_names[f->layer];
    uint64_t max = (uint64_t)field_mask(f) * f->unit;
    MacAddr mac;
    uint32_t n;

    switch (f->type) {
    case FIELD_NUMBER:
        if (check_named(L, f, header))
            break;
        n = check_number(L, layer, f->name, max);
        if (n % f->unit != 0)
            lua_fail(L, "packet: %s.%s is a multiple of %d", layer, f->name, f->unit);
        field_put(f, header, n / f->unit);
        break;
    case FIELD_BIT:
        if (!lua_isboolean(L, -1))
            lua_fail(L, "packet: %s.%s is true or false", layer, f->name);
        field_put(f, header, (uint32_t)lua_toboolean(L, -1));
        break;
    case FIELD_MAC:
        mac = lua_check_mac(L, lua_gettop(L));
        memcpy(header + f->at, mac.b, sizeof mac.b);
        break;
    case FIELD_IP:
        put32(header + f->at, ip_to_v4(lua_check_address(L, lua_gettop(L), from)));
        break;
    case FIELD_FLAGS:
        field_put(f, header, check_flags(L));
        break;
    }
}

static void apply_field(lua_State *L, const Field *f, Draft *d, const Stack *from)
{
    uint8_t before[HEADER_MAX];

    memcpy(before, d->header[f->layer], sizeof before);
    apply_value(L, f, d->header[f->layer], from);
    if (d->frame_len == 0 || memcmp(before, d->header[f->layer], sizeof before) != 0)
        d->said |= (uint64_t)1 << (f - frame_fields);
}

static void apply_raw_options(lua_State *L, Draft *d, Layer layer, size_t fixed)
{
    size_t n = 0;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : NULL;

    if (text == NULL || n > HEADER_MAX - fixed)
        lua_fail(L, "packet: %s.options is a string of at most 40 bytes", layer_names[layer]);
    size_t padded = (n + 3) / 4 * 4;
    uint8_t *at = d->header[layer] + fixed;
    if (d->len[layer] == fixed + n && memcmp(at, text, n) == 0)
        return;
    memset(at, 0, HEADER_MAX - fixed);
    memcpy(at, text, n);
    d->len[layer] = fixed + padded;
}

static void check_sack(lua_State *L, TcpOptions *o)
{
    lua_Integer n = lua_istable(L, -1) ? luaL_len(L, -1) : 0;

    if (n < 1 || n > TCP_SACK_MAX)
        lua_fail(L, "packet: tcp.sack is a list of 1 to 4 pairs { left, right }");
    for (lua_Integer i = 1; i <= n; i++) {
        if (lua_geti(L, -1, i) != LUA_TTABLE)
            lua_fail(L, "packet: tcp.sack is a list of 1 to 4 pairs { left, right }");
        lua_geti(L, -1, 1);
        o->sack[i - 1].left = check_number(L, "tcp", "sack", UINT32_MAX);
        lua_geti(L, -2, 2);
        o->sack[i - 1].right = check_number(L, "tcp", "sack", UINT32_MAX);
        lua_pop(L, 3);
    }
    o->n_sack = (uint8_t)n;
}

static void check_fastopen(lua_State *L, TcpOptions *o)
{
    size_t n;
    const char *cookie = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : NULL;

    if (cookie == NULL || n % 2 != 0 || n > TCP_FASTOPEN_MAX || (n > 0 && n < TCP_FASTOPEN_MIN))
        lua_fail(L, "packet: tcp.fastopen is a cookie of 4, 6 ... 16 bytes; none asks for one");
    o->fastopen.present = true;
    o->fastopen.n = (uint8_t)n;
    memcpy(o->fastopen.cookie, cookie, n);
}

static void apply_option(lua_State *L, const char *name, TcpOptions *o)
{
    if (strcmp(name, "mss") == 0) {
        o->mss = (uint16_t)check_number(L, "tcp", name, UINT16_MAX);
        o->has_mss = true;
    } else if (strcmp(name, "wscale") == 0) {
        o->wscale = (uint8_t)check_number(L, "tcp", name, UINT8_MAX);
        o->has_wscale = true;
    } else if (strcmp(name, "sack_permitted") == 0) {
        o->sack_permitted = lua_toboolean(L, -1);
    } else if (strcmp(name, "ts_val") == 0) {
        o->ts_val = check_number(L, "tcp", name, UINT32_MAX);
        o->has_timestamps = true;
    } else if (strcmp(name, "ts_ecr") == 0) {
        o->ts_ecr = check_number(L, "tcp", name, UINT32_MAX);
        o->has_timestamps = true;
    } else if (strcmp(name, "uto") == 0) {
        o->uto = (uint16_t)check_number(L, "tcp", name, UINT16_MAX);
        o->has_uto = true;
    } else if (strcmp(name, "fastopen") == 0) {
        check_fastopen(L, o);
    } else {
        check_sack(L, o);
    }
}

/* An encoded header; only its options are looked at, which stand in another order in a SYN. */
static size_t encode_options(const TcpOptions *o, uint8_t flags, uint8_t out[TCP_HDR_MAX + 4])
{
    TcpHdr h = { .flags = flags, .opt = *o };

    return tcp_encoded_len(&h) > TCP_HDR_MAX ? 0 : tcp_encode(&h, out);
}

/* The options of the table at arg by name; raw bytes stay as they are if these change nothing. */
static void apply_options(lua_State *L, int arg, Draft *d)
{
    uint8_t before[TCP_HDR_MAX + 4], after[TCP_HDR_MAX + 4], flags = d->header[LAYER_TCP][13];
    TcpOptions o = draft_options(d);
    size_t n_before = encode_options(&o, flags, before);

    for (size_t i = 0; i < G_N_ELEMENTS(tcp_options); i++) {
        if (lua_getfield(L, arg, tcp_options[i]) != LUA_TNIL)
            apply_option(L, tcp_options[i], &o);
        lua_pop(L, 1);
    }
    size_t n = encode_options(&o, flags, after);
    if (n == 0)
        lua_fail(L, "packet: the options of tcp are longer than 40 bytes");
    if (n == n_before && memcmp(before, after, n) == 0)
        return;
    memcpy(d->header[LAYER_TCP] + TCP_HDR_LEN, after + TCP_HDR_LEN, n - TCP_HDR_LEN);
    d->len[LAYER_TCP] = n;
}

/* --- option tables of packets ----------------------------------------------------------------- */

static bool is_option(Layer layer, const char *name)
{
    if (strcmp(name, "options") == 0)
        return layer == LAYER_IP || layer == LAYER_TCP;
    for (size_t i = 0; layer == LAYER_TCP && i < G_N_ELEMENTS(tcp_options); i++)
        if (strcmp(name, tcp_options[i]) == 0)
            return true;
    return false;
}

/* Raises about the first field, bytewise, that the layer has not. */
static void refuse_unknown(lua_State *L, int arg, Layer layer)
{
    const char *names[64], *unknown = NULL;
    size_t n = 0;

    for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        if (field_find(layer, name) == NULL && !is_option(layer, name) &&
            (unknown == NULL || strcmp(name, unknown) < 0))
            unknown = name;
    }
    if (unknown == NULL)
        return;
    for (const Field *f = frame_fields; f->name != NULL; f++)
        if (f->layer == layer)
            names[n++] = f->name;
    names[n] = NULL;
    const char *near = knob_nearest(names, unknown);
    lua_fail(L, "packet: %s has no field '%s'%s%s%s", layer_names[layer], unknown,
             near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
             near != NULL ? "'?" : "");
}

static void apply_layer(lua_State *L, int arg, Layer layer, Draft *d, const Stack *from)
{
    refuse_unknown(L, arg, layer);
    for (const Field *f = frame_fields; f->name != NULL; f++) {
        if (f->layer != layer)
            continue;
        if (lua_getfield(L, arg, f->name) != LUA_TNIL)
            apply_field(L, f, d, from);
        lua_settop(L, arg);
    }
    if (layer == LAYER_TCP)
        apply_options(L, arg, d);
    if ((layer == LAYER_TCP || layer == LAYER_IP) && lua_getfield(L, arg, "options") != LUA_TNIL)
        apply_raw_options(L, d, layer, layer == LAYER_TCP ? TCP_HDR_LEN : IPV4_HDR_LEN);
    lua_settop(L, arg);
}

/* The text on top of the stack lives until the next one is kept. */
static void keep_payload(lua_State *L)
{
    static const char key[] = "stacklab.payload";

    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

/* The message on top of the stack is the payload. */
static void apply_dns(lua_State *L, Draft *d)
{
    uint8_t *bytes = lua_make_dns(L, lua_gettop(L), &d->payload.n);

    d->payload.p = (const uint8_t *)lua_pushlstring(L, (const char *)bytes, d->payload.n);
    g_free(bytes);
    keep_payload(L);
}

static void apply_dhcp(lua_State *L, Draft *d)
{
    d->payload.p = (const uint8_t *)lua_make_dhcp(L, lua_gettop(L), &d->payload.n);
    keep_payload(L);
}

void draft_apply(lua_State *L, int arg, Draft *d, const Stack *from, bool add)
{
    int top = lua_gettop(L);
    size_t n;

    for (Layer layer = 0; layer < LAYER_COUNT; layer++) {
        int type = lua_getfield(L, arg, layer_names[layer]);
        if (type != LUA_TNIL && type != LUA_TTABLE)
            lua_fail(L, "packet: %s is a table of its fields", layer_names[layer]);
        if (type == LUA_TTABLE && !d->has[layer] && !add)
            lua_fail(L, "packet: this one has no %s header", layer_names[layer]);
        if (type == LUA_TTABLE) {
            d->has[layer] = true;
            apply_layer(L, lua_gettop(L), layer, d, from);
        }
        lua_settop(L, top);
    }
    int type = lua_getfield(L, arg, "payload");
    if (type != LUA_TNIL && type != LUA_TSTRING)
        lua_fail(L, "packet: payload is a string");
    if (type == LUA_TSTRING) {
        d->payload.p = (const uint8_t *)lua_tolstring(L, -1, &n);
        d->payload.n = n;
    } else if (lua_getfield(L, arg, "dns") == LUA_TTABLE) {
        apply_dns(L, d);
    } else if (lua_getfield(L, arg, "dhcp") == LUA_TTABLE) {
        apply_dhcp(L, d);
    }
    lua_settop(L, top);
}
