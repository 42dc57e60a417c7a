/*
 * fuzz_eth_wire.c - what decodes is written again byte for byte.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/wire/eth_wire.h"

#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EthHdr h;
    uint8_t out[ETH_HDR_LEN];

    if (eth_decode(&h, (Span){ data, size }) != DROP_NONE)
        return 0;
    eth_encode(&h, out);
    g_assert(memcmp(out, data, sizeof out) == 0);
    return 0;
}
