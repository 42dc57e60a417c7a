/*
 * tcp_wire.h - the TCP header and its options, RFC 9293 §3.1, 7323, 2018, 7413.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/bytes.h"
#include "sim/engine/reason.h"

#include <stdbool.h>

enum { TCP_HDR_LEN = 20, TCP_HDR_MAX = 60, TCP_OPTIONS_MAX = 40, TCP_SACK_MAX = 4 };
enum { TCP_FASTOPEN_MIN = 4, TCP_FASTOPEN_MAX = 16 }; /* bytes of a cookie: RFC 7413 §2 */

typedef enum TcpFlag { /* as on the wire: CWR ECE URG ACK PSH RST SYN FIN */
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_URG = 0x20,
    TCP_ECE = 0x40,
    TCP_CWR = 0x80
} TcpFlag;

typedef struct TcpSackBlock {
    uint32_t left, right;
} TcpSackBlock;

typedef struct TcpFastOpen { /* RFC 7413 §4.1.1 */
    bool    present;      /* without a cookie it asks for one */
    bool    experimental; /* as option 254 with the magic number of appendix A */
    uint8_t n;            /* bytes of the cookie; 0, or even and from 4 to 16 */
    uint8_t cookie[TCP_FASTOPEN_MAX];
} TcpFastOpen;

typedef struct TcpOptions {
    bool         has_mss, has_wscale, sack_permitted, has_timestamps;
    uint16_t     mss;
    uint8_t      wscale;
    uint32_t     ts_val, ts_ecr;
    bool         has_uto;
    uint16_t     uto;      /* the bit G (minutes) and 15 bits: RFC 5482 §3.3 */
    uint8_t      n_sack;
    TcpSackBlock sack[TCP_SACK_MAX];
    TcpFastOpen  fastopen;
    bool         bsd; /* to be written as FreeBSD does */
} TcpOptions;

typedef struct TcpHdr {
    uint16_t   src_port, dst_port;
    uint32_t   seq, ack;
    uint8_t    flags;     /* of TcpFlag */
    uint8_t    reserved;  /* the four bits behind the data offset; sent as 0 */
    uint8_t    header_len; /* bytes, options included; set by decode */
    uint16_t   window;
    uint16_t   checksum;
    uint16_t   urgent;
    TcpOptions opt;
} TcpHdr;

/* `segment` is header, options and data; pseudo as in udp_wire.h. Unknown options are passed over,
 * a malformed one ends the parsing of options (RFC 9293 §3.1, MUST-6, MUST-7).
 * After DROP_TCP_CHECKSUM all of *h is filled in, for those who only look. */
DropReason tcp_decode(TcpHdr *h, Span segment, uint32_t pseudo);

/* The same without a look at the checksum or behind the header. */
DropReason tcp_decode_header(TcpHdr *h, Span segment);

/* The header's length with the options of h, a multiple of 4, at most TCP_HDR_MAX. */
size_t tcp_encoded_len(const TcpHdr *h);

/* Writes tcp_encoded_len(h) bytes, h->checksum as it is. Returns that length. Options stand as
 * Linux writes them, padded with NOPs in front: MSS, SACK-permitted with timestamps (NOP NOP and
 * the one if the other is missing), NOP window scale, user timeout, fast open with its NOPs behind
 * it, NOP NOP SACK. If that is longer than 40 bytes they stand without NOPs, zeros (EOL) at the
 * end; SACK blocks that still do not fit are left out, the last first. As FreeBSD writes them: MSS,
 * NOP window scale, SACK-permitted, timestamps, user timeout, SACK, fast open, and zeros. */
size_t tcp_encode(const TcpHdr *h, uint8_t *out);

/* A header without options but the timestamp, if that: what most segments have, whoever writes
 * them. */
typedef struct TcpPlain {
    uint16_t src_port, dst_port;
    uint32_t seq, ack;
    uint8_t  flags;
    uint16_t window;
    bool     stamped;
    uint32_t ts_val, ts_ecr;
} TcpPlain;

enum { TCP_STAMPED_LEN = 12 }; /* NOP, NOP, timestamps, as RFC 7323 appendix A recommends */

static inline size_t tcp_plain_len(bool stamped)
{
    return stamped ? TCP_HDR_LEN + TCP_STAMPED_LEN : TCP_HDR_LEN;
}

/* Writes tcp_plain_len bytes, as tcp_encode would. */
static inline void tcp_encode_plain(const TcpPlain *h, uint8_t *out)
{
    enum { STAMPED = 0x0101080a };
    uint64_t offset = (uint64_t)tcp_plain_len(h->stamped) / 4 << 28;

    put64(out, (uint64_t)h->src_port << 48 | (uint64_t)h->dst_port << 32 | h->seq);
    put64(out + 8, (uint64_t)h->ack << 32 | offset | (uint64_t)h->flags << 16 | h->window);
    if (h->stamped) {
        put64(out + 16, STAMPED);
        put64(out + 24, (uint64_t)h->ts_val << 32 | h->ts_ecr);
    } else {
        put32(out + 16, 0);
    }
}

/* Over the segment with its checksum field zero. */
uint16_t tcp_checksum(Span segment, uint32_t pseudo);
