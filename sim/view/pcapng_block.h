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

enum { PCAPNG_UNKNOWN, PCAPNG_IN = 1, PCAPNG_OUT = 2, PCAPNG_MAX_COMMENTS = 4 };

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
    const char *comments[PCAPNG_MAX_COMMENTS]; /* up to the first NULL */
} PcapngPacket;

typedef struct PcapngName {
    uint32_t    v4; /* host order */
    const char *name;
} PcapngName;

/* A string longer than an option can be is cut at a character's end. */
void pcapng_section(GByteArray *out, const char *application, const char *comment);
void pcapng_interface(GByteArray *out, const PcapngInterface *i);
void pcapng_packet(GByteArray *out, const PcapngPacket *p);
void pcapng_names(GByteArray *out, const PcapngName *names, size_t n);

void pcap_header(GByteArray *out);
void pcap_packet(GByteArray *out, SimTime t, Span frame);
