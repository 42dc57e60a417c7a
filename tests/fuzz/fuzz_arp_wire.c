/*
 * fuzz_arp_wire.c - what decodes is written again byte for byte.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/wire/arp_wire.h"

#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ArpPkt a;
    uint8_t out[ARP_LEN];

    if (arp_decode(&a, (Span){ data, size }) != DROP_NONE)
        return 0;
    arp_encode(&a, out);
    g_assert(memcmp(out, data, sizeof out) == 0);
    return 0;
}
