/*
 * arp.h - address resolution, RFC 826: a cache with states, retries, ageing, and what waits for it.
 *
 * States as in RFC 4861 §7.3.2, which Linux uses for ARP too: INCOMPLETE while asking, REACHABLE,
 * and after `lifetime` the entry is forgotten and asked for anew. RFC 1122 §2.3.2.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/link/eth.h"
#include "sim/engine/knob.h"

typedef enum ArpState { ARP_INCOMPLETE, ARP_REACHABLE, ARP_PERMANENT } ArpState;

typedef struct ArpConfig {
    bool     warm;     /* caches are filled before the first event */
    SimTime  lifetime; /* of an entry: 60 s; RFC 1122 §2.3.2.1 */
    SimTime  retry;    /* between requests: 1 s, RFC 1122 §2.3.2.1: at most one a second */
    uint64_t tries;    /* requests before giving up: 3 */
    uint64_t queue;    /* packets that wait for one address: 3; at least 1, RFC 1122 §2.3.2.2 */
} ArpConfig;

extern const ArpConfig arp_defaults;
extern const Knob      arp_knobs[];

typedef struct ArpEntry {
    IpAddr   ip;
    MacAddr  mac;      /* valid unless INCOMPLETE */
    ArpState state : 8;
    Iface   *iface;
    SimTime  updated;  /* when the MAC was learnt */
} ArpEntry;

typedef struct Arp Arp;

/* cfg stays the caller's, and as it is. failed: told once for every packet that waited in vain;
 * borrows pkt, arp drops it after. */
Arp *arp_new(Stack *stack, const ArpConfig *cfg,
             void (*failed)(void *self, Iface *iface, IpAddr next_hop, Packet *pkt), void *self);
void arp_free(Arp *arp);

DropReason arp_input(Arp *arp, Iface *iface, bool group, Packet *pkt);

/* Finds the next hop's MAC, or waits for it. pkt is an IPv4 datagram. Takes it always. The next hop
 * may be a broadcast or multicast address, which nobody is asked for. */
void arp_output(Arp *arp, Iface *iface, IpAddr next_hop, Packet *pkt);

/* A permanent entry, unless there is one for this address. */
void arp_warm(Arp *arp, Iface *iface, IpAddr ip, MacAddr mac);
/* Fills in or replaces an entry; `permanent` ones do not age. */
void arp_set(Arp *arp, Iface *iface, IpAddr ip, MacAddr mac, bool permanent);
void arp_delete(Arp *arp, IpAddr ip);
void arp_flush(Arp *arp);             /* crash: forgets all, drops what waits */
void arp_announce(Arp *arp, Iface *iface); /* gratuitous ARP, RFC 5227 §2.3 */

/* In the order of learning. Borrowed until the next event. The array is of ArpEntry. */
const ArpEntry *arp_entries(Arp *arp, size_t *n);
const ArpEntry *arp_lookup(Arp *arp, IpAddr ip); /* NULL if there is none */

/* Is somebody using this address? Asked before one's own use, RFC 5227 §2.1.1: probes in random
 * distances, from no address. `done` is called once, from a timer: with the MAC of whoever uses or
 * asks for it too, or NULL. An interface has one probe at a time. */
struct ArpProbe {
    Iface   *iface;
    IpAddr   addr;
    Rng     *rng;       /* the caller's; borrowed */
    unsigned left;      /* probes still to be sent */
    bool     heard;
    MacAddr  theirs;    /* if heard */
    Timer    timer;
    void   (*done)(void *user, const MacAddr *theirs);
    void    *user;
};
void arp_probe_init(ArpProbe *p, Iface *iface, Rng *rng,
                    void (*done)(void *user, const MacAddr *theirs), void *user);
void arp_probe_start(ArpProbe *p, IpAddr addr, unsigned probes);
void arp_probe_stop(ArpProbe *p); /* done is not called; one that does not run is fine */

extern const TracePoint ARP_LEARNED;  /* ip, mac, iface */
extern const TracePoint ARP_FAILED;   /* ip, tries */
extern const TracePoint ARP_EXPIRED;  /* ip */
extern const TracePoint ARP_CONFLICT; /* ip, mac: somebody else claims our address */
