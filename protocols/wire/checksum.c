/*
 * checksum.c - sums in the machine's own byte order, four bytes at a time: RFC 1071 §2 (B), (C).
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/checksum.h"

#include <string.h>

static uint64_t word(const uint8_t *p)
{
    uint32_t w;

    memcpy(&w, p, sizeof w);
    return w;
}

static uint16_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

uint32_t sum_add(uint32_t sum, Span bytes)
{
    const uint8_t *p = bytes.p;
    size_t n = bytes.n;
    uint64_t a = 0, b = 0, c = 0, d = 0; /* four, so that the additions need not wait for another */

    for (; n >= 16; n -= 16, p += 16) {
        a += word(p);
        b += word(p + 4);
        c += word(p + 8);
        d += word(p + 12);
    }
    for (; n >= 4; n -= 4, p += 4)
        a += word(p);
    if (n > 0) {
        uint8_t rest[4] = { 0 };
        memcpy(rest, p, n);
        a += word(rest);
    }
    uint16_t own_order = fold(a + b + c + d);
    uint8_t wire_order[2];
    memcpy(wire_order, &own_order, sizeof wire_order);
    return fold((uint64_t)sum + get16(wire_order));
}

uint16_t sum_fold(uint32_t sum)
{
    return (uint16_t)~fold(sum);
}

static uint64_t add_address(IpAddr a)
{
    if (ip_is_v4(a)) /* without the ffff of the mapped form, which is not on the wire */
        return ip_to_v4(a);
    return (a.hi >> 32) + (a.hi & 0xffffffff) + (a.lo >> 32) + (a.lo & 0xffffffff);
}

uint32_t sum_pseudo(IpAddr src, IpAddr dst, uint8_t proto)
{
    return fold(add_address(src) + add_address(dst) + proto);
}

uint16_t sum_update(uint16_t checksum, uint16_t old, uint16_t new_)
{
    return sum_fold((uint32_t)(uint16_t)~checksum + (uint16_t)~old + new_);
}
