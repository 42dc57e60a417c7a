/*
 * pkt.h - scripts in packetdrill's language, played against a simulated host in virtual time.
 *
 * A script says what a program on the host calls, what arrives from the wire and what the host must
 * send, and when. The peer is the wire itself. docs/pkt.md describes the language as it is
 * understood here.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp.h"

#include <glib.h>

typedef enum PktVerdict {
    PKT_PASSED,
    PKT_FAILED,   /* the host did something else than the script says */
    PKT_SKIPPED,  /* the script needs what is not there */
    PKT_MALFORMED /* it is not a script */
} PktVerdict;

typedef struct PktOptions {
    char     **defines; /* "NAME=VALUE", NULL-terminated; NULL: none */
    char     **options; /* "name=value" as in a script's option lines; NULL: none */
    uint64_t   seed;
    bool       verbose; /* the report shows every packet as tcpdump would */
} PktOptions;

/* Plays the script `text`. `file` is its name, for messages. What there is to say is appended to
 * `report`, in whole lines: the failure, or why it was skipped. */
PktVerdict pkt_play(const char *file, const char *text, const PktOptions *opt, GString *report);
