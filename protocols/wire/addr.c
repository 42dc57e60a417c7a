/*
 * addr.c - addresses as text and as numbers.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/addr.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const MacAddr MAC_BROADCAST = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

/* Reads a decimal number of at most `max`, without sign, blanks or leading zeros (an octal number
 * to some, a decimal one to others). Moves *text behind it. */
static bool parse_decimal(const char **text, unsigned max, unsigned *out)
{
    const char *p = *text;
    unsigned v = 0;

    if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9'))
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        v = v * 10 + (unsigned)(*p - '0');
        if (v > max)
            return false;
    }
    *text = p;
    *out = v;
    return true;
}

/* Reads a dotted quad and moves *text behind it. */
static bool parse_quad(const char **text, IpAddr *out)
{
    const char *p = *text;
    uint32_t v = 0;

    for (int i = 0; i < 4; i++) {
        unsigned byte;
        if (i > 0 && *p++ != '.')
            return false;
        if (!parse_decimal(&p, 255, &byte))
            return false;
        v = v << 8 | byte;
    }
    *text = p;
    *out = ip_v4(v);
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

uint32_t ip_hash(IpAddr a)
{
    uint64_t h = (a.hi ^ a.lo) * UINT64_C(0x9e3779b97f4a7c15);

    return (uint32_t)(h >> 32) ^ (uint32_t)h;
}

int ip_compare(IpAddr a, IpAddr b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return (a.lo > b.lo) - (a.lo < b.lo);
}

bool ip_parse(const char *text, IpAddr *out)
{
    IpAddr a;

    if (!parse_quad(&text, &a) || *text != '\0')
        return false;
    *out = a;
    return true;
}

bool prefix_parse(const char *text, IpPrefix *out)
{
    IpPrefix p;

    if (!parse_quad(&text, &p.addr) || *text++ != '/')
        return false;
    if (!parse_decimal(&text, 32, &p.len) || *text != '\0')
        return false;
    *out = p;
    return true;
}

bool mac_parse(const char *text, MacAddr *out)
{
    MacAddr a;

    for (int i = 0; i < 6; i++) {
        if (i > 0 && *text++ != ':')
            return false;
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0)
            return false;
        a.b[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    if (*text != '\0')
        return false;
    *out = a;
    return true;
}

char *ip_text(IpAddr a, char out[static IP_TEXT])
{
    if (ip_is_none(a)) {
        strcpy(out, "none");
    } else if (ip_is_v4(a)) {
        uint32_t v = ip_to_v4(a);
        snprintf(out, IP_TEXT, "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
    } else {
        uint8_t b[16];
        put32(b, (uint32_t)(a.hi >> 32));
        put32(b + 4, (uint32_t)a.hi);
        put32(b + 8, (uint32_t)(a.lo >> 32));
        put32(b + 12, (uint32_t)a.lo);
        inet_ntop(AF_INET6, b, out, IP_TEXT);
    }
    return out;
}

char *prefix_text(IpPrefix p, char out[static PREFIX_TEXT])
{
    char ip[IP_TEXT];

    snprintf(out, PREFIX_TEXT, "%s/%u", ip_text(p.addr, ip), p.len & 255);
    return out;
}

char *mac_text(MacAddr a, char out[static MAC_TEXT])
{
    snprintf(out, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", a.b[0], a.b[1], a.b[2], a.b[3], a.b[4],
             a.b[5]);
    return out;
}

char *endpoint_text(IpAddr a, uint16_t port, char out[static ENDPOINT_TEXT])
{
    char ip[IP_TEXT];
    bool plain = ip_is_v4(a) || ip_is_none(a);

    snprintf(out, ENDPOINT_TEXT, plain ? "%s:%u" : "[%s]:%u", ip_text(a, ip), port);
    return out;
}

MacAddr mac_from_u64(uint64_t v)
{
    MacAddr a;

    put16(a.b, (uint16_t)(v >> 32));
    put32(a.b + 2, (uint32_t)v);
    return a;
}
