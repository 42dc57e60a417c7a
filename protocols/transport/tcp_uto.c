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
    if (tcb->rare->uto.set.advertise != 0)
        return tcb->rare->uto.set.advertise;
    return tcb->rare->user_timeout != 0 ? tcb->rare->user_timeout : TIMEOUT_DEFAULT;
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
    Uto *uto = &tcb_rare(tcb)->uto;
    SimTime before = tcb->rare->user_timeout, least = MAX(cfg->uto_min, tcb->rto + 1);

    if (uto->set.changeable) {
        SimTime t = MIN(cfg->uto_max, MAX(MAX(uto->adv, uto->remote), least));
        tcb_rare(tcb)->user_timeout = t;
        uto->adopted = true;
    }
    trace_user_timeout(tcb);
    if (tcb->rare->user_timeout == before)
        return;
    uto->due = true; /* §3: whenever it starts using a new one */
    user_timer_progress(tcb);
}

void uto_set(Tcb *tcb, const TcpUto *uto)
{
    const TcpUto *is = &tcb->rare->uto.set;

    if (uto->enabled != is->enabled || uto->changeable != is->changeable ||
        uto->advertise != is->advertise)
        tcb_rare(tcb)->uto.set = *uto;
}

void uto_init(Tcb *tcb)
{
    uto_set(tcb, &tcb->tcp->cfg.uto);
}

void uto_take_syn(Tcb *tcb, const Segment *seg)
{
    if (tcb_listener(tcb) != NULL)
        uto_set(tcb, &tcb_listener(tcb)->uto);
    if (tcb->rare->uto.set.enabled)
        tcb->rare->uto.remote = from_wire(seg->hdr.opt.uto);
}

/* §3.3: what the SYNs have said holds in the synchronized states. */
void uto_established(Tcb *tcb)
{
    if (!tcb->rare->uto.set.enabled)
        return;
    tcb->rare->uto.adv = advertised(tcb);
    tcb->rare->uto.due = true; /* §3: in the first segment without SYN as well */
    if (tcb->rare->uto.remote != 0)
        adopt(tcb);
}

DropReason uto_take(Tcb *tcb, Segment *seg)
{
    SimTime said = from_wire(seg->hdr.opt.uto);

    if (tcb->rare->uto.set.enabled && said != 0 && said != tcb->rare->uto.remote) { /* §3.4 */
        tcb->rare->uto.remote = said;
        adopt(tcb);
    }
    return DROP_NONE;
}

bool uto_goes(const Tcb *tcb, uint8_t flags)
{
    if (flags & TCP_SYN) /* beside a cookie there may be no room */
        return tcb->rare->uto.set.enabled && !tcb->rare->fast.option.present;
    return tcb->rare->uto.due && !(flags & TCP_RST);
}

void uto_put(const Tcb *tcb, uint8_t flags, TcpOptions *opt)
{
    opt->has_uto = uto_goes(tcb, flags);
    if (opt->has_uto)
        opt->uto = to_wire(flags & TCP_SYN ? advertised(tcb) : tcb->rare->uto.adv);
}

void uto_sent(Tcb *tcb, const TcpHdr *h)
{
    if (h->opt.has_uto && !(h->flags & TCP_SYN))
        tcb->rare->uto.due = false;
}

SimTime uto_least_idle(const Tcb *tcb)
{
    return tcb->rare->uto.adopted ? time_add(tcb->rare->user_timeout, 1) : 0;
}

/* --- what a program sets ---------------------------------------------------------------------- */

/* The advertised one may have changed; §3 wants the peer to know. */
static void tell_peer(Tcb *tcb)
{
    SimTime adv = advertised(tcb);

    if (!tcb->rare->uto.set.enabled || tcb->state < TCP_ESTABLISHED || adv == tcb->rare->uto.adv)
        return;
    tcb->rare->uto.adv = adv;
    tcb->rare->uto.due = true;
    if (tcb->rare->uto.remote != 0)
        adopt(tcb);
}

void uto_set_timeout(Tcb *tcb)
{
    Uto *uto = &tcb_rare(tcb)->uto;

    uto->set.changeable = uto->adopted = false; /* §3 */
    tell_peer(tcb);
}

TcpUto conn_uto(const Conn *c)
{
    return c->tcb != NULL ? c->tcb->rare->uto.set : (TcpUto){ 0 };
}

void conn_set_uto(Conn *c, const TcpUto *uto)
{
    if (c->tcb == NULL)
        return;
    uto_set(c->tcb, uto);
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
