/*
 * link_priv.h - what making a cable (link_life.c) needs of the way along it (link.c).
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/link.h"

/* What all directions show on which nothing was lost: nobody writes here. */
extern const uint64_t link_no_drops[DROP_LINK_ENDED];

/* The first in flight is at the far end: dir->timer's. */
void link_arrived(void *dir);

/* The transmitter asks the discipline for the next frame: dir->qdisc->transmitter's. */
void link_transmit_next(void *dir);

/* One frame along the cable: refused, lost, waiting or in flight. Takes pkt always. */
void link_carry(LinkDir *dir, Packet *pkt);
