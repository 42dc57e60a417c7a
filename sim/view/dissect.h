/*
 * dissect.h - a packet as tcpdump 4.99 prints it, byte for byte.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/bytes.h"
#include "sim/engine/time.h"
#include "sim/view/flow.h"

#include <glib.h>

typedef enum DissectTime {
    DISSECT_TIME_SECONDS, /* -tt with nanoseconds: "0.065000000 " */
    DISSECT_TIME_NONE,    /* -t */
    DISSECT_TIME_TTTT,    /* -ttt: since the last line */
    DISSECT_TIME_SINCE    /* -ttttt: since the first line */
} DissectTime;

typedef struct DissectOptions {
    DissectTime time;
    bool        absolute;  /* -S */
    bool        ethernet;  /* -e */
    bool        verbose;   /* -v */
    /* --names: the name of an address, or NULL; NULL itself: numbers. */
    const char *(*name)(void *self, IpAddr addr);
    void       *name_self;
} DissectOptions;

/* tcpdump's memory between lines (relative numbers, times). */
typedef struct Dissector Dissector;
Dissector *dissector_new(const DissectOptions *opt);
void       dissector_free(Dissector *d);

/* Appends one line, or two with verbose, without the final newline. `frame` may be cut; wire_len is
 * its full length. */
void dissect(Dissector *d, SimTime t, Span frame, size_t wire_len, GString *out);

/* How long the request or status line is that these bytes begin with; 0: they begin with none. */
size_t dissect_http_line(Span s);

/* "S.", "F.", "P.", "none": as tcpdump prints flags, without brackets. */
const char *dissect_tcp_flags(uint8_t flags, char out[static 9]);
