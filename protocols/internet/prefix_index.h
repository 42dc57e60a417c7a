/*
 * prefix_index.h - a flat hash table from IPv4 prefixes to numbers.
 *
 * The prefixes stand in the table itself, so that who asks for one that is not there goes nowhere
 * else. For look-up only.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"

#include <stdint.h>

enum { PREFIX_AT_BITS = 26 };

typedef struct PrefixPlace {
    uint32_t network;
    unsigned len : 6;
    unsigned at : PREFIX_AT_BITS; /* the number; 0: nothing is here */
} PrefixPlace;

typedef struct PrefixIndex { /* all zero: there is none */
    PrefixPlace *places;
    uint32_t     mask; /* of mask + 1 places */
} PrefixIndex;

/* Empty, with room for n prefixes, fewer than 2^PREFIX_AT_BITS. */
void prefix_index_reset(PrefixIndex *index, size_t n);
void prefix_index_clear(PrefixIndex *index);

/* Where the prefix is, or would be noted. There is an index. */
static inline PrefixPlace *prefix_index_place(const PrefixIndex *index, uint32_t network,
                                              unsigned len)
{
    uint32_t i = (uint32_t)(((uint64_t)(network + len) * UINT64_C(0x9e3779b97f4a7c15)) >> 32);

    for (;; i++) {
        PrefixPlace *place = &index->places[i & index->mask];
        if (place->at == 0 || (place->network == network && place->len == len))
            return place;
    }
}

/* Its number; 0: it is not there. */
static inline unsigned prefix_index_find(const PrefixIndex *index, IpPrefix prefix)
{
    return prefix_index_place(index, ip_to_v4(prefix.addr), prefix.len)->at;
}

/* In place of what it has had, if any, which is returned. */
static inline unsigned prefix_index_set(PrefixIndex *index, IpPrefix prefix, unsigned at)
{
    PrefixPlace *place = prefix_index_place(index, ip_to_v4(prefix.addr), prefix.len);
    unsigned before = place->at;

    *place = (PrefixPlace){ ip_to_v4(prefix.addr), prefix.len & 63u,
                             at & ((1u << PREFIX_AT_BITS) - 1) };
    return before;
}
