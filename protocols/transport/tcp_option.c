/*
 * tcp_option.c - what a program may set of a connection, and what it is told while all is not well:
 * R2 as a time (the user timeout), R1 and soft errors as advice. RFC 9293 §3.8.3, §3.9.1.8.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

enum { ECN_BITS = 3 };

/* --- the user timeout ------------------------------------------------------------------------- */

static bool is_timed(const Tcb *tcb)
{
    return tcb->rare->user_timeout != 0 && tcb->rare->user_timeout != NEVER;
}

static bool is_outstanding(const Tcb *tcb)
{
    return tcb->snd_una != tcb->snd_max || tcp_timer_runs(tcb, TIMER_PERSIST);
}

void user_timer_start(Tcb *tcb)
{
    if (is_timed(tcb) && !tcp_timer_runs(tcb, TIMER_USER))
        tcp_timer_set(tcb, TIMER_USER, tcb->rare->user_timeout);
}

void user_timer_progress(Tcb *tcb)
{
    tcp_timer_stop(tcb, TIMER_USER);
    if (is_outstanding(tcb))
        user_timer_start(tcb);
}

/* RFC 9293 §3.10.8, USER TIMEOUT. */
void user_timer_fired(Tcb *tcb)
{
    if (!is_outstanding(tcb))
        return;
    trace_timer(tcb, &TCP_TIMER_EXPIRED, TIMER_USER);
    node_count(tcb->tcp->node, COUNTER_TcpExtTCPAbortOnTimeout);
    tcb_end(tcb, tcb->soft_error != NET_OK ? tcb->soft_error : NET_ETIMEDOUT,
            "the user timeout is over", "RFC 9293 §3.10.8");
}

void option_init(Tcb *tcb)
{
    const TcpConfig *cfg = &tcb->tcp->cfg;

    tcb->nodelay = !cfg->nagle;
    tcb->sndbuf = (uint32_t)cfg->sndbuf;
    tcb->ttl = (uint8_t)cfg->ttl;
    tcb->tos = (uint8_t)(cfg->tos & ~(uint64_t)ECN_BITS);
    if (cfg->user_timeout != 0)
        tcb_rare(tcb)->user_timeout = cfg->user_timeout;
    uto_init(tcb);
    tcb->syn_retries = (uint8_t)MIN(cfg->syn_retries, UINT8_MAX);
}

/* --- advice ----------------------------------------------------------------------------------- */

void tcp_advise(Tcb *tcb, const char *what, NetError error)
{
    tcb->soft_error = (uint8_t)error;
    if (tcb->unadvised) /* RFC 9293 §3.9.1.8, SHLD-20 */
        return;
    trace_advice(tcb, what, error);
    tcb_wake(tcb);
}

void conn_set_advice(Conn *c, bool on)
{
    if (c->tcb != NULL)
        c->tcb->unadvised = !on;
}

NetError conn_soft_error(const Conn *c)
{
    return c->tcb != NULL ? c->tcb->soft_error : NET_OK;
}

/* --- what a program sets ---------------------------------------------------------------------- */

static void send_what_waits(Tcb *tcb)
{
    tcp_output(tcb);
    tcb_check(tcb);
}

void conn_set_nodelay(Conn *c, bool on)
{
    Tcb *tcb = c->tcb;

    if (tcb == NULL)
        return;
    tcb->nodelay = on;
    tcb->force = on && tcb->corked; /* TCP_NODELAY sends even what is corked, this once */
    send_what_waits(tcb);
    tcb->force = false;
}

void conn_set_cork(Conn *c, bool on)
{
    if (c->tcb == NULL || c->tcb->corked == on)
        return;
    c->tcb->corked = on;
    send_what_waits(c->tcb);
}

void conn_set_sndbuf(Conn *c, uint64_t n)
{
    if (c->tcb == NULL)
        return;
    c->tcb->sndbuf = (uint32_t)MIN(n, UINT32_MAX);
    c->tcb->sndbuf_set = true;
}

void conn_set_notsent_lowat(Conn *c, uint32_t n)
{
    if (c->tcb != NULL)
        tcb_rare(c->tcb)->notsent_lowat = n;
}

void conn_end_record(Conn *c)
{
    if (c->tcb != NULL)
        piece_end_record(c->tcb);
}

void conn_set_more(Conn *c, bool on)
{
    if (c->tcb != NULL)
        c->tcb->more = on;
}

void conn_set_user_timeout(Conn *c, SimTime t)
{
    if (c->tcb == NULL)
        return;
    tcb_rare(c->tcb)->user_timeout = t;
    uto_set_timeout(c->tcb);
    user_timer_progress(c->tcb);
}

void conn_set_syn_retries(Conn *c, uint64_t n)
{
    if (c->tcb != NULL)
        c->tcb->syn_retries = (uint8_t)MIN(n, UINT8_MAX);
}

void conn_set_ttl(Conn *c, uint8_t ttl)
{
    if (c->tcb != NULL)
        c->tcb->ttl = ttl;
}

void conn_set_tos(Conn *c, uint8_t tos)
{
    if (c->tcb != NULL)
        c->tcb->tos = tos & (uint8_t)~ECN_BITS;
}
