/*
 * record_priv.h - what lies on the shelf of a recorder, between record.c, which lays it there, and
 * record_tell.c, which finds it again.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/eth_wire.h"
#include "protocols/wire/ipv4_wire.h"
#include "sim/view/follow.h"
#include "sim/view/record.h"
#include "sim/view/shelf.h"

#include <stdalign.h>

enum { RECORD_POINTS = 8 }; /* trace points that are told of */

enum {
    TYPE = ETH_HDR_LEN - 2, TTL = ETH_HDR_LEN + 8, PROTO = ETH_HDR_LEN + 9, /* offsets */
    HEADER_SUM = ETH_HDR_LEN + 10,
    HEAD = ETH_HDR_LEN + IPV4_HDR_LEN /* in which routers change something */
};

enum { /* in a Crossing's head */
    OUR_TTL = TRAIL_FRONT,
    OUR_SUM = TRAIL_HEAD - 2
};

enum { /* what a Body has of a Packet: from frame_len on */
    LOOKS_FROM = offsetof(Packet, frame_len),
    LOOKS = offsetof(Packet, unwritten) - LOOKS_FROM
};

typedef struct Body {
    uint32_t size;      /* in units, with TRAIL_BODY */
    uint32_t n : 22;    /* bytes of the frame that are here */
    uint32_t plain : 1; /* 0: behind them is an Oddity; 1: a Crossing tells what routers changed */
    uint32_t described : 1; /* in front of them is an Unwritten, by which the others are made */
    uint32_t why : 8;   /* Packet.why */
    uint8_t  looks[LOOKS];
    alignas(8) uint8_t rest[];
} Body;

typedef struct Oddity { /* of a packet to which something was done */
    const char *remark;
    Node       *node;   /* where */
    DropReason  drop;
    bool        forged, altered;
} Oddity;

/* Where what is behind the n bytes of a body begins in it. */
static inline size_t body_end(size_t n, bool described)
{
    size_t end = sizeof(Body) + (described ? sizeof(Unwritten) : 0) + n;

    return (end + TRAIL_UNIT - 1) / TRAIL_UNIT * TRAIL_UNIT;
}

static inline const uint8_t *body_bytes(const Body *b)
{
    return b->rest + (b->described ? sizeof(Unwritten) : 0);
}

/* NULL: it is plain. */
static inline Oddity *body_oddity(const Body *b)
{
    if (b->plain)
        return NULL;
    return (Oddity *)(uintptr_t)((const char *)b + body_end(b->n, b->described));
}

struct Recorder {
    Sim          *sim;
    Trail        *trail;          /* the world's */
    Shelf         shelf;          /* on which it lies; */
    char          nowhere[TRAIL_UNIT]; /* until something does: there is no room */
    Body         *half;           /* its packet's bytes are yet to be copied: TRAIL_HALF_DONE */
    const Packet *half_of;
    uint64_t      since;          /* what is before is no longer known, or not up to date */
    uint64_t      age;            /* in places */
    bool          paused;
    bool          asked;          /* somebody wants the numbers, at once, even while it is paused */
    GPtrArray    *told;           /* of Record: given out since the last happening, owned */
    guint         n_told;         /* so many of them are in use */
    uint64_t      told_end;       /* when the happenings ended there */
    GPtrArray    *ports;          /* of Port, by number; made when somebody asks */
    Follower     *follower;
    uint64_t      followed;       /* the numbers of happenings before this one are taken */
    GStringChunk *rules;          /* names, each once */
    /* Which of its values tells why, and which names the rule; -1: none. */
    int           reason_field[RECORD_POINTS], rule_field[RECORD_POINTS];
};

/* What the n-th happening was; it is kept, and the trail is settled. */
void record_tell(Recorder *rec, uint64_t serial, Record *r);
