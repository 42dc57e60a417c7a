/*
 * ipv4_option.c - the options of an IPv4 header that hosts and routers act on. RFC 791 §3.1.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/ipv4_option.h"

#include <string.h>

/* Within an option. */
enum { LENGTH = 1, POINTER = 2, FLAG = 3, ROUTE_DATA = 3, STAMP_DATA = 4, OVERFLOW_MAX = 15 };

/* --- finding ---------------------------------------------------------------------------------- */

static const uint8_t *at(const Ipv4Hdr *h, uint8_t place)
{
    return h->options + place - IPV4_HDR_LEN;
}

static uint8_t *change(Ipv4Hdr *h, uint8_t place)
{
    return h->options + place - IPV4_HDR_LEN;
}

static bool is_full(const uint8_t *o)
{
    return o[POINTER] > o[LENGTH];
}

static size_t stamp_size(unsigned flag)
{
    return flag == IPV4_STAMP_TIMES ? 4 : 8;
}

/* Where the pointer says are `size` bytes of the option. */
static bool fits(const uint8_t *o, size_t size)
{
    return o[POINTER] + size - 1 <= o[LENGTH];
}

static bool pointer_good(const uint8_t *o, size_t least, size_t size)
{
    return o[POINTER] >= least && (is_full(o) || fits(o, size));
}

/* These return which octet of the option is wrong, 0: none. */
static unsigned check_route(const uint8_t *o)
{
    if (o[LENGTH] < ROUTE_DATA)
        return LENGTH;
    return pointer_good(o, ROUTE_DATA + 1, 4) ? 0 : POINTER;
}

static unsigned check_stamp(const uint8_t *o)
{
    if (o[LENGTH] < STAMP_DATA)
        return LENGTH;
    unsigned flag = o[FLAG] & 15u;
    if (flag != IPV4_STAMP_TIMES && flag != IPV4_STAMP_ADDRS && flag != IPV4_STAMP_GIVEN)
        return FLAG;
    if (!pointer_good(o, STAMP_DATA + 1, stamp_size(flag)))
        return POINTER;
    return is_full(o) && flag != IPV4_STAMP_GIVEN && o[FLAG] >> 4 == OVERFLOW_MAX ? FLAG : 0;
}

/* An option that is whole. "Appears at most once": RFC 791, and RFC 1812 §5.2.4.1. */
static uint8_t look_at(const uint8_t *o, uint8_t place, Ipv4Found *found)
{
    uint8_t *where;
    unsigned wrong;

    switch (o[0]) {
    case IPV4_OPTION_LOOSE:
    case IPV4_OPTION_STRICT:
        where = &found->route;
        wrong = check_route(o);
        break;
    case IPV4_OPTION_RECORD:
        where = &found->record;
        wrong = check_route(o);
        break;
    case IPV4_OPTION_STAMP:
        where = &found->stamp;
        wrong = check_stamp(o);
        break;
    default: /* RFC 1122 §3.2.1.8: silently ignored */
        return 0;
    }
    if (*where != 0)
        return place;
    *where = place;
    return wrong != 0 ? (uint8_t)(place + wrong) : 0;
}

uint8_t ipv4_option_find(const Ipv4Hdr *h, Ipv4Found *found)
{
    *found = (Ipv4Found){ 0 };
    for (size_t i = 0; i < h->options_len && h->options[i] != IPV4_OPTION_END;) {
        const uint8_t *o = h->options + i;
        uint8_t place = (uint8_t)(IPV4_HDR_LEN + i);
        if (*o == IPV4_OPTION_NOP) {
            i++;
            continue;
        }
        if (i + 1 >= h->options_len || o[LENGTH] < 2 || o[LENGTH] > h->options_len - i)
            return place;
        uint8_t wrong = look_at(o, place, found);
        if (wrong != 0)
            return wrong;
        i += o[LENGTH];
    }
    return 0;
}

/* --- reading and advancing -------------------------------------------------------------------- */

static IpAddr addr_at(const uint8_t *p)
{
    return ip_v4(get32(p));
}

bool ipv4_route_is_strict(const Ipv4Hdr *h, const Ipv4Found *found)
{
    return found->route != 0 && *at(h, found->route) == IPV4_OPTION_STRICT;
}

IpAddr ipv4_route_next(const Ipv4Hdr *h, const Ipv4Found *found)
{
    if (found->route == 0)
        return IP_NONE;
    const uint8_t *o = at(h, found->route);
    return fits(o, 4) ? addr_at(o + o[POINTER] - 1) : IP_NONE;
}

void ipv4_route_step(Ipv4Hdr *h, const Ipv4Found *found, IpAddr own)
{
    uint8_t *o = change(h, found->route), *next = o + o[POINTER] - 1;

    h->dst = addr_at(next);
    put32(next, ip_to_v4(own));
    o[POINTER] = (uint8_t)(o[POINTER] + 4);
}

IpAddr ipv4_route_last(const Ipv4Hdr *h, const Ipv4Found *found)
{
    if (found->route == 0)
        return IP_NONE;
    const uint8_t *o = at(h, found->route);
    if (o[POINTER] < ROUTE_DATA + 1 + 4 || o[POINTER] > o[LENGTH] + 1)
        return IP_NONE;
    return addr_at(o + o[POINTER] - 1 - 4);
}

void ipv4_route_unstep(Ipv4Hdr *h, const Ipv4Found *found)
{
    uint8_t *o = change(h, found->route);

    o[POINTER] = (uint8_t)(o[POINTER] - 4);
}

IpAddr ipv4_final_dst(const Ipv4Hdr *h)
{
    Ipv4Found found;

    if (h->options_len == 0 || ipv4_option_find(h, &found) != 0 ||
        ip_is_none(ipv4_route_next(h, &found)))
        return h->dst;
    const uint8_t *o = at(h, found.route);
    size_t left = (size_t)(o[LENGTH] + 1 - o[POINTER]) / 4; /* of whole addresses */
    return addr_at(o + o[POINTER] - 1 + 4 * (left - 1));
}

IpAddr ipv4_final_dst_of(Span header)
{
    size_t len = (size_t)(header.p[0] & 15) * 4;
    Ipv4Hdr h = { .dst = addr_at(header.p + 16) };

    if (len <= IPV4_HDR_LEN || len > header.n)
        return h.dst;
    h.options_len = (uint8_t)(len - IPV4_HDR_LEN);
    memcpy(h.options, header.p + IPV4_HDR_LEN, h.options_len);
    return ipv4_final_dst(&h);
}

void ipv4_record(Ipv4Hdr *h, const Ipv4Found *found, IpAddr own)
{
    if (found->record == 0)
        return;
    uint8_t *o = change(h, found->record);
    if (!fits(o, 4))
        return;
    put32(o + o[POINTER] - 1, ip_to_v4(own));
    o[POINTER] = (uint8_t)(o[POINTER] + 4);
}

IpAddr ipv4_stamp_asks(const Ipv4Hdr *h, const Ipv4Found *found)
{
    if (found->stamp == 0)
        return IP_NONE;
    const uint8_t *o = at(h, found->stamp);
    if ((o[FLAG] & 15u) != IPV4_STAMP_GIVEN)
        return IP4_ANY;
    IpAddr asked = fits(o, 8) ? addr_at(o + o[POINTER] - 1) : IP4_ANY;
    return ip_is_any(asked) ? IP_NONE : asked;
}

void ipv4_stamp(Ipv4Hdr *h, const Ipv4Found *found, IpAddr own, uint32_t ms)
{
    uint8_t *o = change(h, found->stamp), *next = o + o[POINTER] - 1;
    unsigned flag = o[FLAG] & 15u;

    if (is_full(o)) {
        if (o[FLAG] >> 4 < OVERFLOW_MAX)
            o[FLAG] = (uint8_t)(o[FLAG] + 16);
        return;
    }
    if (!fits(o, stamp_size(flag)))
        return;
    if (flag == IPV4_STAMP_ADDRS)
        put32(next, ip_to_v4(own));
    put32(next + stamp_size(flag) - 4, ms);
    o[POINTER] = (uint8_t)(o[POINTER] + stamp_size(flag));
}

/* --- making ----------------------------------------------------------------------------------- */

/* Room for an option of n bytes, padded to a multiple of four with NOPs in front. NULL: there is
 * none. */
static uint8_t *append(IpOptions *o, size_t n)
{
    size_t padding = -n & 3;

    if (o->len + padding + n > IPV4_OPTIONS_MAX)
        return NULL;
    memset(o->bytes + o->len, IPV4_OPTION_NOP, padding);
    uint8_t *p = o->bytes + o->len + padding;
    o->len = (uint8_t)(o->len + padding + n);
    memset(p, 0, n);
    return p;
}

static uint8_t *append_route(IpOptions *o, uint8_t type, size_t addrs)
{
    uint8_t *p = append(o, ROUTE_DATA + 4 * addrs);

    if (p == NULL)
        return NULL;
    p[0] = type;
    p[LENGTH] = (uint8_t)(ROUTE_DATA + 4 * addrs);
    p[POINTER] = ROUTE_DATA + 1;
    return p + ROUTE_DATA;
}

bool ip_options_route(IpOptions *o, bool strict, const IpAddr *hops, size_t n, IpAddr dst)
{
    uint8_t *p = append_route(o, strict ? IPV4_OPTION_STRICT : IPV4_OPTION_LOOSE, n);

    if (p == NULL)
        return false;
    o->first = hops[0];
    for (size_t i = 1; i < n; i++, p += 4)
        put32(p, ip_to_v4(hops[i]));
    put32(p, ip_to_v4(dst));
    return true;
}

bool ip_options_record(IpOptions *o, size_t places)
{
    return append_route(o, IPV4_OPTION_RECORD, places) != NULL;
}

bool ip_options_stamp(IpOptions *o, Ipv4Stamp what, const IpAddr *addrs, size_t places)
{
    size_t size = stamp_size(what), n = STAMP_DATA + size * places;
    uint8_t *p = append(o, n);

    if (p == NULL)
        return false;
    p[0] = IPV4_OPTION_STAMP;
    p[LENGTH] = (uint8_t)n;
    p[POINTER] = STAMP_DATA + 1;
    p[FLAG] = (uint8_t)what;
    for (size_t i = 0; what == IPV4_STAMP_GIVEN && i < places; i++)
        put32(p + STAMP_DATA + i * size, ip_to_v4(addrs[i]));
    return true;
}

size_t ip_options_record_room(const IpOptions *o)
{
    size_t left = (size_t)IPV4_OPTIONS_MAX - o->len;

    return left > ROUTE_DATA ? (left - ROUTE_DATA) / 4 : 0;
}

size_t ip_options_stamp_room(const IpOptions *o, Ipv4Stamp what)
{
    size_t left = (size_t)IPV4_OPTIONS_MAX - o->len;

    return left > STAMP_DATA ? (left - STAMP_DATA) / stamp_size(what) : 0;
}

/* Those that a datagram came with; malformed ones count as absent. */
static bool find_received(Span received, Ipv4Hdr *h, Ipv4Found *found)
{
    if (received.n == 0 || received.n > IPV4_OPTIONS_MAX)
        return false;
    h->options_len = (uint8_t)received.n;
    memcpy(h->options, received.p, received.n);
    return ipv4_option_find(h, found) == 0;
}

bool ip_options_reverse(IpOptions *o, Span received, IpAddr to)
{
    Ipv4Hdr h;
    Ipv4Found found;

    if (!find_received(received, &h, &found) || found.route == 0)
        return false;
    const uint8_t *option = at(&h, found.route), *first = option + ROUTE_DATA;
    size_t room = (size_t)(option[LENGTH] - ROUTE_DATA) / 4;
    size_t n = (size_t)(option[POINTER] - 1 - ROUTE_DATA) / 4;
    IpAddr hops[IPV4_OPTIONS_MAX / 4];
    if (n > room)
        n = room;
    if (n > 0 && ip_equal(addr_at(first), to)) { /* "wrong" in RFC 1122's discussion: case (B) */
        first += 4;
        n--;
    }
    for (size_t i = 0; i < n; i++)
        hops[i] = addr_at(first + 4 * (n - 1 - i));
    return n > 0 && ip_options_route(o, option[0] == IPV4_OPTION_STRICT, hops, n, to);
}

static void append_copy(IpOptions *o, const uint8_t *option)
{
    uint8_t *p = append(o, option[LENGTH]);

    if (p != NULL)
        memcpy(p, option, option[LENGTH]);
}

void ip_options_continue(IpOptions *o, Span received)
{
    Ipv4Hdr h;
    Ipv4Found found;

    if (!find_received(received, &h, &found))
        return;
    if (found.record != 0)
        append_copy(o, at(&h, found.record));
    if (found.stamp != 0)
        append_copy(o, at(&h, found.stamp));
}
