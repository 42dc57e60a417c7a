/*
 * fuzz_tcp_wire.c - what decodes, written and decoded again, is the same header; the checksum as it
 * is, and made right.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/wire/tcp_wire.h"

#include <glib.h>
#include <string.h>

static const uint32_t pseudo = 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 6;

static void check_same_options(const TcpOptions *a, const TcpOptions *b)
{
    g_assert(a->has_mss == b->has_mss && a->mss == b->mss);
    g_assert(a->has_wscale == b->has_wscale && a->wscale == b->wscale);
    g_assert(a->sack_permitted == b->sack_permitted);
    g_assert(a->has_timestamps == b->has_timestamps);
    g_assert(a->ts_val == b->ts_val && a->ts_ecr == b->ts_ecr);
    g_assert(a->n_sack == b->n_sack && a->n_sack <= TCP_SACK_MAX);
    g_assert(memcmp(&a->fastopen, &b->fastopen, sizeof a->fastopen) == 0);
    for (unsigned i = 0; i < a->n_sack; i++) {
        g_assert(a->sack[i].left == b->sack[i].left);
        g_assert(a->sack[i].right == b->sack[i].right);
    }
}

static void check_same(const TcpHdr *a, const TcpHdr *b)
{
    g_assert(a->src_port == b->src_port && a->dst_port == b->dst_port);
    g_assert(a->seq == b->seq && a->ack == b->ack);
    g_assert(a->flags == b->flags && a->reserved == b->reserved);
    g_assert(a->window == b->window && a->urgent == b->urgent);
    check_same_options(&a->opt, &b->opt);
}

static void check_round_trip(const TcpHdr *h)
{
    TcpHdr again;
    uint8_t out[TCP_HDR_MAX];

    size_t len = tcp_encode(h, out);
    g_assert(len == tcp_encoded_len(h));
    g_assert(len % 4 == 0);
    put16(out + 16, 0);
    put16(out + 16, tcp_checksum((Span){ out, len }, pseudo));
    g_assert(tcp_decode(&again, (Span){ out, len }, pseudo) == DROP_NONE);
    g_assert(again.header_len == len);
    check_same(h, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TcpHdr h;

    DropReason why = tcp_decode(&h, (Span){ data, size }, pseudo);
    if (why == DROP_TCP_SHORT || why == DROP_TCP_HEADER_LEN)
        return 0;
    check_round_trip(&h); /* all of it is filled in, even if the checksum is wrong */
    uint8_t *mended = g_memdup2(data, size);
    put16(mended + 16, 0);
    put16(mended + 16, tcp_checksum((Span){ mended, size }, pseudo));
    g_assert(tcp_decode(&h, (Span){ mended, size }, pseudo) == DROP_NONE);
    check_round_trip(&h);
    g_free(mended);
    return 0;
}
