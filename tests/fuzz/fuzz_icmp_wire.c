/*
 * fuzz_icmp_wire.c - what decodes is written again byte for byte, with the checksum as it is and made
 * right.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/wire/checksum.h"
#include "protocols/wire/icmp_wire.h"

#include <glib.h>
#include <string.h>

static DropReason try(const uint8_t *data, size_t size)
{
    IcmpHdr h;
    uint8_t out[ICMP_HDR_LEN];

    DropReason why = icmp_decode(&h, (Span){ data, size });
    if (why != DROP_NONE)
        return why;
    icmp_encode(&h, (Span){ data + ICMP_HDR_LEN, size - ICMP_HDR_LEN }, out);
    if (h.checksum == 0xffff) /* the other form of a sum of zero */
        put16(out + 2, 0xffff);
    g_assert(memcmp(out, data, sizeof out) == 0);
    return DROP_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try(data, size);
    if (size < ICMP_HDR_LEN)
        return 0;
    uint8_t *mended = g_memdup2(data, size);
    put16(mended + 2, 0);
    put16(mended + 2, sum_fold(sum_add(0, (Span){ mended, size })));
    g_assert(try(mended, size) == DROP_NONE);
    g_free(mended);
    return 0;
}
