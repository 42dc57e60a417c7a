/*
 * addr.h - MAC and IP addresses: parse, print, compare, hash.
 *
 * An IpAddr has a family: IPv4 is kept as the IPv4-mapped range of IPv6 (::ffff:a.b.c.d), so an
 * address is two words, compared and passed by value, and the layers above IP need not know which
 * it is. All zero is "none".
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct MacAddr {
    uint8_t b[6];
} MacAddr;

typedef struct IpAddr {
    uint64_t hi, lo;
} IpAddr;

typedef struct IpPrefix {
    IpAddr   addr;
    unsigned len; /* 0..32 for IPv4 */
} IpPrefix;

enum { MAC_TEXT = 18, IP_TEXT = 46, PREFIX_TEXT = 50, ENDPOINT_TEXT = 54 }; /* with the final 0 */

extern const MacAddr MAC_BROADCAST;
#define IP_NONE ((IpAddr){ 0, 0 })
#define IP4_ANY ip_v4(0)
#define IP4_BROADCAST ip_v4(0xffffffffu)

static inline IpAddr ip_v4(uint32_t host_order)
{
    return (IpAddr){ 0, (uint64_t)0xffff << 32 | host_order };
}

static inline bool ip_is_v4(IpAddr a)
{
    return a.hi == 0 && a.lo >> 32 == 0xffff;
}

static inline uint32_t ip_to_v4(IpAddr a) /* host order; only if ip_is_v4 */
{
    return (uint32_t)a.lo;
}

static inline bool ip_equal(IpAddr a, IpAddr b)
{
    return a.lo == b.lo && a.hi == b.hi;
}

static inline bool ip_is_none(IpAddr a)
{
    return a.hi == 0 && a.lo == 0;
}

static inline bool ip_is_multicast(IpAddr a)
{
    return ip_is_v4(a) ? ip_to_v4(a) >> 28 == 0xe : a.hi >> 56 == 0xff;
}

static inline bool ip_is_loopback(IpAddr a)
{
    return ip_is_v4(a) ? ip_to_v4(a) >> 24 == 127 : a.hi == 0 && a.lo == 1;
}

static inline bool ip_is_any(IpAddr a) /* 0.0.0.0 */
{
    return ip_equal(a, IP4_ANY);
}

static inline bool ip_is_limited_broadcast(IpAddr a)
{
    return ip_equal(a, IP4_BROADCAST);
}

static inline uint32_t prefix_mask_v4(unsigned len)
{
    return len == 0 ? 0 : 0xffffffffu << (32 - len);
}

static inline bool ip_in_prefix(IpAddr a, IpPrefix p)
{
    return ip_is_v4(a) && ip_is_v4(p.addr) &&
           ((ip_to_v4(a) ^ ip_to_v4(p.addr)) & prefix_mask_v4(p.len)) == 0;
}

static inline IpAddr prefix_network(IpPrefix p)
{
    return ip_v4(ip_to_v4(p.addr) & prefix_mask_v4(p.len));
}

/* The directed broadcast. RFC 3021: the two addresses of a /31 are both hosts, and of a /31 and a
 * /32 it is IP_NONE. */
static inline IpAddr prefix_broadcast(IpPrefix p)
{
    if (!ip_is_v4(p.addr) || p.len >= 31)
        return IP_NONE;
    return ip_v4(ip_to_v4(p.addr) | ~prefix_mask_v4(p.len));
}

uint32_t ip_hash(IpAddr a);
int      ip_compare(IpAddr a, IpAddr b); /* in the order of their numbers */

/* Parsing is strict: the whole text, dotted quads in decimal. */
bool ip_parse(const char *text, IpAddr *out);
bool prefix_parse(const char *text, IpPrefix *out); /* "10.0.0.1/24"; host bits are kept */
bool mac_parse(const char *text, MacAddr *out);

/* Printing returns `out`. IP_NONE is "none". */
char *ip_text(IpAddr a, char out[static IP_TEXT]);
char *prefix_text(IpPrefix p, char out[static PREFIX_TEXT]);
char *mac_text(MacAddr a, char out[static MAC_TEXT]);
char *endpoint_text(IpAddr a, uint16_t port, char out[static ENDPOINT_TEXT]); /* "10.0.0.1:80" */

static inline uint64_t mac_to_u64(MacAddr a)
{
    return (uint64_t)get16(a.b) << 32 | get32(a.b + 2);
}

static inline bool mac_equal(MacAddr a, MacAddr b)
{
    return memcmp(a.b, b.b, sizeof a.b) == 0;
}

static inline bool mac_is_group(MacAddr a) /* broadcast or multicast */
{
    return (a.b[0] & 1) != 0;
}

MacAddr mac_from_u64(uint64_t v);
