/*
 * arp_probe.c - is this address free? RFC 5227 §2.1.1.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/link/arp_priv.h"

/* RFC 5227 §1.1. */
static const SimTime probe_wait = SEC, probe_min = SEC, probe_max = 2 * SEC;
static const SimTime announce_wait = 2 * SEC;

static SimTime between(Rng *rng, SimTime from, SimTime to)
{
    return from + (SimTime)rng_below(rng, (uint64_t)(to - from) + 1);
}

static void probe_fired(void *probe)
{
    ArpProbe *p = probe;

    if (p->heard || p->left == 0) {
        arp_probe_stop(p);
        p->done(p->user, p->heard ? &p->theirs : NULL); /* nothing is touched after it */
        return;
    }
    p->left--;
    timer_set(&p->timer, p->left > 0 ? between(p->rng, probe_min, probe_max) : announce_wait);
    ArpPkt a = { .op = ARP_OP_REQUEST, .sha = p->iface->mac, .spa = IP4_ANY, .tpa = p->addr };
    arp_send(p->iface, MAC_BROADCAST, &a, SENT_ARP_PROBE);
}

/* Somebody has it, or is about to take it. Whoever probes is told from the timer. */
void arp_probe_hear(ArpProbe *p, const ArpPkt *a)
{
    bool theirs = ip_equal(a->spa, p->addr) ||
                  (ip_is_any(a->spa) && a->op == ARP_OP_REQUEST && ip_equal(a->tpa, p->addr));

    if (!theirs || p->heard || mac_equal(a->sha, p->iface->mac))
        return;
    p->heard = true;
    p->theirs = a->sha;
    timer_set(&p->timer, 0);
}

void arp_probe_init(ArpProbe *p, Iface *iface, Rng *rng,
                    void (*done)(void *user, const MacAddr *theirs), void *user)
{
    *p = (ArpProbe){ .iface = iface, .rng = rng, .done = done, .user = user };
    timer_init(&p->timer, &iface->port->node->sim->sched, probe_fired, p);
}

void arp_probe_start(ArpProbe *p, IpAddr addr, unsigned probes)
{
    g_assert(p->iface->probe == NULL);
    p->iface->probe = p;
    p->addr = addr;
    p->left = probes;
    p->heard = false;
    timer_set(&p->timer, between(p->rng, 0, probe_wait));
}

void arp_probe_stop(ArpProbe *p)
{
    timer_stop(&p->timer);
    if (p->iface->probe == p)
        p->iface->probe = NULL;
}
