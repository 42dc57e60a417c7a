/*
 * fuzz_dhcp_wire.c - what reads as a message, written again, reads as the same, wherever its options
 * find room; and nothing is written beyond the limit.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/wire/dhcp_wire.h"

#include <glib.h>
#include <string.h>

enum { ROOM = 4096 };

/* Option by option, but for those that the writer makes; how many found no room. */
static unsigned copy(const DhcpMessage *m, DhcpWriter *w)
{
    DhcpPlace place = { 0 };
    unsigned lost = 0;
    uint8_t code;
    Span value;

    while (dhcp_next_option(m, &place, &code, &value))
        if (code != DHCP_OPT_TYPE && code != DHCP_OPT_OVERLOAD)
            lost += !dhcp_write_option(w, code, value);
    return lost;
}

static void same_fields(const DhcpMessage *a, const DhcpMessage *b)
{
    g_assert(a->reply == b->reply && a->hops == b->hops && a->xid == b->xid &&
             a->secs == b->secs && a->broadcast == b->broadcast && a->type == b->type);
    g_assert(ip_equal(a->ciaddr, b->ciaddr) && ip_equal(a->yiaddr, b->yiaddr) &&
             ip_equal(a->siaddr, b->siaddr) && ip_equal(a->giaddr, b->giaddr));
    g_assert(mac_equal(a->chaddr, b->chaddr));
}

static void see(const DhcpMessage *m, bool seen[256])
{
    DhcpPlace place = { 0 };
    uint8_t code;
    Span value;

    while (dhcp_next_option(m, &place, &code, &value))
        seen[code] = true;
}

static void same_options(const DhcpMessage *a, const DhcpMessage *b)
{
    uint8_t x[ROOM], y[ROOM];
    bool seen[256] = { false };

    see(a, seen);
    see(b, seen);
    for (unsigned code = 1; code < DHCP_OPT_END; code++) {
        if (!seen[code] || code == DHCP_OPT_OVERLOAD)
            continue;
        size_t n = dhcp_option(a, (uint8_t)code, x, sizeof x);
        g_assert(dhcp_option(b, (uint8_t)code, y, sizeof y) == n);
        g_assert(memcmp(x, y, MIN(n, sizeof x)) == 0);
    }
}

/* In a buffer of just the size, so that the sanitizer sees an octet too many. */
static void write_within(const DhcpMessage *m, size_t limit)
{
    size_t size = MAX(limit, (size_t)DHCP_MIN_LEN);
    uint8_t *out = g_malloc(size);
    DhcpMessage again;
    DhcpWriter w;

    dhcp_write(&w, m, out, limit);
    unsigned lost = copy(m, &w);
    size_t n = dhcp_write_end(&w);
    g_assert(n >= DHCP_MIN_LEN && n <= size);
    DhcpReading reading = dhcp_read(&again, (Span){ out, n });
    g_assert(lost > 0 || reading == DHCP_READ); /* half a list may be an impossible one */
    if (lost == 0) {
        same_fields(m, &again);
        same_options(m, &again);
    }
    g_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 3000 };
    IpAddr addrs[8];
    uint16_t u16;
    uint32_t u32;
    DhcpMessage m;

    if (size > MOST)
        return 0;
    DhcpReading reading = dhcp_read(&m, (Span){ data, size });
    g_assert(*dhcp_reading_text(reading) != 0);
    if (reading != DHCP_READ)
        return 0;
    g_assert(*dhcp_type_text(m.type) == 'D');
    for (unsigned code = 0; code <= 64; code++) {
        dhcp_option_addrs(&m, (uint8_t)code, addrs, G_N_ELEMENTS(addrs));
        dhcp_option_u16(&m, (uint8_t)code, &u16);
        dhcp_option_u32(&m, (uint8_t)code, &u32);
    }
    write_within(&m, ROOM);
    write_within(&m, DHCP_DEFAULT_MAX);
    write_within(&m, 0);
    return 0;
}
