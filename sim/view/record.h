/*
 * record.h - what has passed: the last packets of the world, for looking back.
 *
 * One sink that keeps, of the last RECORD_MAX happenings to frames, time, place, reason and the
 * frame's first RECORD_SNAP bytes. host:packets, check.trace, failure blocks and the text views
 * read it. For relative numbers it notes where those of TCP connections begin, and follows them
 * from when somebody first asks (follow.h); paused, it does so from then only, and takes those of
 * connections that are already there from their hosts.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/sim.h"
#include "sim/view/flow.h"

enum { RECORD_MAX = 100000, RECORD_SNAP = 256 };

typedef enum RecordKind {
    RECORD_SENT,      /* a port put it on its wire */
    RECORD_RECEIVED,  /* it reached a port, before anybody looked at it */
    RECORD_LOST,      /* on the wire: loss, queue, cable, a rule; `drop` says which */
    RECORD_DROPPED,   /* refused by a node; `drop` says why */
    RECORD_HELD,      /* kept by a fault rule */
    RECORD_RELEASED,  /* a held, replayed or injected frame entered the link */
    RECORD_DUPLICATED,
    RECORD_CORRUPTED,
    RECORD_MODIFIED,
    RECORD_DELAYED
} RecordKind;

typedef struct Record {
    uint64_t    serial;   /* from 0, without gaps */
    SimTime     t;
    RecordKind  kind;
    Node       *node;     /* where: the sender for what happens on the wire */
    Port       *port;
    LinkDir    *dir;      /* the direction it is on; NULL for DROPPED without a port */
    uint64_t    packet;   /* Packet.id */
    SentReason  why;
    DropReason  drop;     /* LOST, DROPPED */
    SimTime     born;
    bool        forged, altered, retransmission;
    const char *remark;   /* what the scenario did to it; lives as long as the recorder; or NULL */
    uint32_t    len;      /* of the frame on the wire */
    uint32_t    snap;     /* bytes kept */
    const uint8_t *whole; /* all of the frame; NULL but for DHCP, which begins behind 240 octets */
    uint8_t     bytes[RECORD_SNAP];
} Record;

/* All that is kept of the frame. */
static inline Span record_bytes(const Record *r)
{
    return r->whole != NULL ? (Span){ r->whole, r->len } : (Span){ r->bytes, r->snap };
}

typedef struct Recorder Recorder;

Recorder *recorder_new(Sim *sim);
void      recorder_free(Recorder *rec);
void      recorder_pause(Recorder *rec, bool paused); /* sim.record(false) */
bool      recorder_paused(const Recorder *rec);
uint64_t  recorder_first(const Recorder *rec); /* serial of the oldest kept */
uint64_t  recorder_end(const Recorder *rec);   /* one past the newest */
/* NULL: it never was, or is forgotten. Valid until one is asked for after something else has
 * happened. */
const Record *recorder_get(Recorder *rec, uint64_t serial);
Flows    *recorder_flows(Recorder *rec);       /* kept up to date from now on, paused or not */
