/*
 * tcp_uto.c - the user timeout option: each end says how long it lets its data stay unacknowledged,
 * and may take the other's word for it. RFC 5482.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_uto.h"

#include "protocols/transport/tcp_priv.h"

enum { MINUTES = 0x8000, MOST = 0x7fff }; /* §3.3: the bit G, and 15 bits of seconds or minutes */

#define TIMEOUT_DEFAULT (300 * SEC) /* RFC 793 §3.8: five minutes */

static SimTime advertised(const Tcb *tcb)
{
    if (tcb->uto.set.advertise != 0)
        return tcb->uto.set.advertise;
    return tcb->user_timeout != 0 ? tcb->user_timeout : TIMEOUT_DEFAULT;
}

/* §3.3, rounded up; never zero, which is reserved (§3.4). */
static uint16_t to_wire(SimTime t)
{
    SimTime seconds = t / SEC + (t % SEC != 0), minutes = t / MINUTE + (t % MINUTE != 0);

    if (seconds <= MOST)
        return (uint16_t)MAX(seconds, 1);
    return (uint16_t)(MINUTES | MIN(minutes, MOST));
}

static SimTime from_wire(uint16_t raw)
{
    return (raw & MOST) * (raw & MINUTES ? MINUTE : SEC);
}

/* §3.1: min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)), and L_LIMIT is larger than the RTO. */
static void adopt(Tcb *tcb)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;
    Uto *uto = &tcb->uto;
    SimTime before = tcb->user_timeout, least = MAX(cfg->uto_min, tcb->rto + 1);

    if (uto->set.changeable) {
        SimTime t = MIN(cfg->uto_max, MAX(MAX(uto->adv, uto->remote), least));
        tcb->user_timeout = t;
        uto->adopted = true;
    }
    trace_user_timeout(tcb);
    if (tcb->user_timeout == before)
        return;
    uto->due = true; /* §3: whenever it starts using a new one */
    user_timer_progress(tcb);
}

void uto_init(Tcb *tcb)
{
    tcb->uto.set = tcb->tcp->cfg.uto;
}

void uto_take_syn(Tcb *tcb, const Segment *seg)
{
    if (tcb->listener != NULL)
        tcb->uto.set = tcb->listener->uto;
    if (tcb->uto.set.enabled)
        tcb->uto.remote = from_wire(seg->hdr.opt.uto);
}

/* §3.3: what the SYNs have said holds in the synchronized states. */
void uto_established(Tcb *tcb)
{
    if (!tcb->uto.set.enabled)
        return;
    tcb->uto.adv = advertised(tcb);
    tcb->uto.due = true; /* §3: in the first segment without SYN as well */
    if (tcb->uto.remote != 0)
        adopt(tcb);
}

DropReason uto_take(Tcb *tcb, Segment *seg)
{
    SimTime said = from_wire(seg->hdr.opt.uto);

    if (tcb->uto.set.enabled && said != 0 && said != tcb->uto.remote) { /* §3.4 */
        tcb->uto.remote = said;
        adopt(tcb);
    }
    return DROP_NONE;
}

bool uto_goes(const Tcb *tcb, uint8_t flags)
{
    if (flags & TCP_SYN) /* beside a cookie there may be no room */
        return tcb->uto.set.enabled && !tcb->fast.option.present;
    return tcb->uto.due && !(flags & TCP_RST);
}

void uto_put(const Tcb *tcb, uint8_t flags, TcpOptions *opt)
{
    opt->has_uto = uto_goes(tcb, flags);
    if (opt->has_uto)
        opt->uto = to_wire(flags & TCP_SYN ? advertised(tcb) : tcb->uto.adv);
}

void uto_sent(Tcb *tcb, const TcpHdr *h)
{
    if (h->opt.has_uto && !(h->flags & TCP_SYN))
        tcb->uto.due = false;
}

SimTime uto_least_idle(const Tcb *tcb)
{
    return tcb->uto.adopted ? time_add(tcb->user_timeout, 1) : 0;
}

/* --- what a program sets ---------------------------------------------------------------------- */

/* The advertised one may have changed; §3 wants the peer to know. */
static void tell_peer(Tcb *tcb)
{
    SimTime adv = advertised(tcb);

    if (!tcb->uto.set.enabled || tcb->state < TCP_ESTABLISHED || adv == tcb->uto.adv)
        return;
    tcb->uto.adv = adv;
    tcb->uto.due = true;
    if (tcb->uto.remote != 0)
        adopt(tcb);
}

void uto_set_timeout(Tcb *tcb)
{
    tcb->uto.set.changeable = tcb->uto.adopted = false; /* §3 */
    tell_peer(tcb);
}

TcpUto conn_uto(const Conn *c)
{
    return c->tcb != NULL ? c->tcb->uto.set : (TcpUto){ 0 };
}

void conn_set_uto(Conn *c, const TcpUto *uto)
{
    if (c->tcb == NULL)
        return;
    c->tcb->uto.set = *uto;
    tell_peer(c->tcb);
}

TcpUto listener_uto(const Listener *l)
{
    return l->uto;
}

void listener_set_uto(Listener *l, const TcpUto *uto)
{
    l->uto = *uto;
}
