/*
 * fuzz_udp_wire.c - what decodes is written again byte for byte; the checksum as it is, and made
 * right. The input's first four bytes are the pseudo-header's sum.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/wire/udp_wire.h"

#include <glib.h>
#include <string.h>

static DropReason try(const uint8_t *data, size_t size, uint32_t pseudo)
{
    UdpHdr h;
    uint8_t out[UDP_HDR_LEN];

    DropReason why = udp_decode(&h, (Span){ data, size }, pseudo);
    if (why != DROP_NONE)
        return why;
    g_assert(h.length >= UDP_HDR_LEN && h.length <= size);
    udp_encode(&h, out);
    g_assert(memcmp(out, data, sizeof out) == 0);
    return DROP_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    uint32_t pseudo = get16(data); /* as sum_pseudo makes them: folded */
    data += 4;
    size -= 4;
    DropReason why = try(data, size, pseudo);
    if (why == DROP_UDP_SHORT || why == DROP_UDP_LENGTH)
        return 0;
    uint8_t *mended = g_memdup2(data, size);
    put16(mended + 6, 0);
    put16(mended + 6, udp_checksum((Span){ mended, get16(mended + 4) }, pseudo));
    g_assert(get16(mended + 6) != 0);
    g_assert(try(mended, size, pseudo) == DROP_NONE);
    g_free(mended);
    return 0;
}
