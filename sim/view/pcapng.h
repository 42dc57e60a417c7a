/*
 * pcapng.h - captures: pcapng with named interfaces, nanoseconds and a comment on every packet.
 *
 * One vantage per conversation unless told otherwise: of each pair of addresses, the end host at
 * which it first shows. Nothing of the machine, the folder or the clock gets into the file.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/sim.h"

#include <stdio.h>

typedef enum CaptureAt {
    CAPTURE_CLIENT,    /* each conversation where it first shows */
    CAPTURE_SERVER,    /* at the other end of each */
    CAPTURE_INTERFACE, /* one interface */
    CAPTURE_ALL        /* every interface, and what died on the wires as "a>b!dropped" */
} CaptureAt;

typedef struct CaptureOptions {
    CaptureAt   at;
    const char *interface; /* INTERFACE: "client.eth0", or a node's name: its first */
    const char *comment;   /* of the section: scenario, seed, parameters */
    bool        classic;   /* nanosecond pcap instead of pcapng: no comments, no names */
} CaptureOptions;

typedef struct Capture Capture;

/* Writes as the simulation runs; the FILE stays the caller's. The section and interface blocks are
 * written when first needed. */
Capture *capture_new(Sim *sim, const CaptureOptions *opt, FILE *out, GError **error);
/* Writes what is due at the end: names, and interfaces if nothing came. False if writing failed. */
bool     capture_finish(Capture *cap);
void     capture_free(Capture *cap);
