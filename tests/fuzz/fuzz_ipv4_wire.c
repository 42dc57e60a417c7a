/*
 * fuzz_ipv4_wire.c - what decodes is written again byte for byte; a second time with the checksum
 * made right, so that more than one input in 65536 comes past it.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/wire/checksum.h"
#include "protocols/wire/ipv4_wire.h"

#include <glib.h>
#include <string.h>

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
