/*
 * pcapng_block.h - the blocks of a pcapng file (draft-ietf-opsawg-pcapng), and of a classic pcap.
 *
 * Each call appends one whole block. Everything is little-endian and padded with zeros, whatever
 * the machine; timestamps are nanoseconds.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "sim/engine/time.h"

#include <glib.h>

enum { PCAPNG_UNKNOWN, PCAPNG_IN = 1, PCAPNG_OUT = 2 };

typedef struct PcapngInterface {
    const char    *name, *description; /* NULL: not said */
    const MacAddr *mac;                /* NULL: none */
    uint64_t       speed;              /* bit/s; 0: not said */
} PcapngInterface;

typedef struct PcapngPacket {
    uint32_t    interface; /* counted from 0 in the order of their blocks */
    SimTime     t;
    Span        frame;
    unsigned    direction;
    uint64_t    id;
    uint64_t    lost_before; /* frames lost at this interface since its last one */
    Span        comments;    /* options that pcapng_comment made */
} PcapngPacket;

typedef struct PcapngName {
    uint32_t    v4; /* host order */
    const char *name;
} PcapngName;

/* `bytes` at a place in `out`. */
void bytes_insert(GByteArray *out, size_t at, Span bytes);

/* A string longer than an option can be is cut at a character's end. */
void pcapng_section(GByteArray *out, const char *application, const char *comment);
void pcapng_interface(GByteArray *out, const PcapngInterface *i);
/* Returns where in `out` another comment could be put in. */
size_t pcapng_packet(GByteArray *out, const PcapngPacket *p);
void pcapng_names(GByteArray *out, const PcapngName *names, size_t n);

/* A comment, as an option for a packet's block, and at that place of the block that begins at
 * `start` in `out`. */
void pcapng_comment(GByteArray *out, const char *text);
void pcapng_put_in(GByteArray *out, size_t start, size_t at, const char *comment);

void pcap_header(GByteArray *out);
void pcap_packet(GByteArray *out, SimTime t, Span frame);
