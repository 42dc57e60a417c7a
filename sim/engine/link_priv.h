/*
 * link_priv.h - what making a cable (link_life.c) needs of the way along it (link.c).
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/link.h"

/* What all directions show that have no more: nobody writes here. */
extern const LinkMore link_no_more;

/* For who is to write there. */
LinkMore *link_more(LinkDir *dir);

enum { LINK_TIMES = 8 };

/* What links that are made alike, one after the other, share: what they were told, and what a
 * transmitter takes for frames of some sizes. */
typedef struct LinkShared {
    LinkConfig cfg; /* first: a direction points to it */
    unsigned   users;
    struct {
        uint32_t size; /* 0: free */
        SimTime  time;
    } times[LINK_TIMES]; /* by size */
} LinkShared;

static inline LinkShared *link_shared(const LinkConfig *cfg)
{
    return (LinkShared *)(uintptr_t)cfg;
}

/* The end of a direction's LinkTransit, which is empty. */
void link_end_transit(LinkDir *dir);

/* The transmitter asks the discipline for the next frame: its timer's. */
void link_transmit_next(void *dir);

/* One frame along the cable: refused, lost, waiting or in flight. Takes pkt always. */
void link_carry(LinkDir *dir, Packet *pkt);
