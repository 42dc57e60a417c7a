/*
 * link_priv.h - what making a cable (link_life.c) needs of the way along it (link.c).
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/link.h"

/* What all directions show on which nothing has befallen a frame: nobody writes here. */
extern const LinkFates link_no_fates;

/* The first in flight is at the far end: dir->timer's. */
void link_arrived(void *dir);

/* The transmitter asks the discipline for the next frame: dir->qdisc->transmitter's. */
void link_transmit_next(void *dir);

/* One frame along the cable: refused, lost, waiting or in flight. Takes pkt always. */
void link_carry(LinkDir *dir, Packet *pkt);
