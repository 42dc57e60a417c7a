/*
 * fuzz_ipv4_wire.c - what decodes is written again byte for byte; a second time with the checksum
 * made right, so that more than one input in 65536 comes past it. Its options are followed to their
 * end, as by more routers than there is room for, and turned round.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/wire/checksum.h"
#include "protocols/wire/ipv4_option.h"

#include <glib.h>
#include <string.h>

/* What the options of a good header say is not beyond them, at no hop. */
static void travel(Ipv4Hdr h)
{
    IpAddr own = ip_v4(0x0a000001), end = ipv4_final_dst(&h);
    Ipv4Found found;

    if (ipv4_option_find(&h, &found) != 0)
        return;
    for (int hop = 0; hop < 30; hop++) {
        if (!ip_is_none(ipv4_route_next(&h, &found))) {
            ipv4_route_step(&h, &found, own);
            g_assert(ip_equal(ipv4_route_last(&h, &found), own));
        }
        ipv4_record(&h, &found, own);
        if (!ip_is_none(ipv4_stamp_asks(&h, &found)))
            ipv4_stamp(&h, &found, own, 7);
    }
    g_assert(ip_equal(h.dst, end) && ip_equal(ipv4_final_dst(&h), end));
    for (Ipv4Hdr undone = h; !ip_is_none(ipv4_route_last(&undone, &found));)
        ipv4_route_unstep(&undone, &found);
    IpOptions back = { .first = IP_NONE };
    ip_options_reverse(&back, (Span){ h.options, h.options_len }, h.src);
    ip_options_continue(&back, (Span){ h.options, h.options_len });
    g_assert(back.len <= IPV4_OPTIONS_MAX && back.len % 4 == 0);
}

static void try(const uint8_t *data, size_t size)
{
    Span bytes = { data, size };
    Ipv4Hdr h, quoted;
    uint8_t out[IPV4_HDR_MAX];

    DropReason why = ipv4_decode(&h, bytes);
    DropReason why_quoted = ipv4_decode_quoted(&quoted, bytes);
    if (why != DROP_NONE)
        return;
    g_assert(why_quoted == DROP_NONE);
    g_assert(h.total_len <= size);
    ipv4_encode(&h, out);
    /* A sum of zero has two forms, and only one is written. */
    if (h.checksum == 0xffff)
        put16(out + 10, 0xffff);
    g_assert(memcmp(out, data, ipv4_hdr_len(&h)) == 0);
    travel(h);
    ipv4_encode(&quoted, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try(data, size);
    if (size < IPV4_HDR_LEN)
        return 0;
    size_t len = (size_t)(data[0] & 15) * 4;
    uint8_t *mended = g_memdup2(data, size);
    put16(mended + 10, 0);
    put16(mended + 10, sum_fold(sum_add(0, (Span){ mended, MIN(len, size) })));
    try(mended, size);
    g_free(mended);
    return 0;
}
