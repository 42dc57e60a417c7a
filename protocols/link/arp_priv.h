/*
 * arp_priv.h - what the arp*.c files share, and nobody else sees.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/link/arp.h"
#include "protocols/wire/arp_wire.h"

void arp_send(Iface *iface, MacAddr dst, const ArpPkt *a, SentReason why);
/* A packet that has come in where a probe is under way. */
void arp_probe_hear(ArpProbe *p, const ArpPkt *a);
