/*
 * tcp_conn.c - the user's handle of a connection: how it is told that something has happened, and
 * what it keeps when the TCB is gone.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include <string.h>

/* --- telling ---------------------------------------------------------------------------------- */

/* A Wake on its way. */
struct Turn {
    Timer timer;
    Tcp  *tcp;
    Wake *wake;
};

static void turn_come(void *owner)
{
    Turn *turn = owner;
    Wake *w = turn->wake;

    w->turn = NULL;
    heap_give(&turn->tcp->sim->heap, turn, sizeof *turn);
    if (w->on_ready != NULL)
        w->on_ready(w->user); /* may free what w is part of */
}

void wake(Tcp *tcp, Wake *w)
{
    if (w->on_ready == NULL || w->turn != NULL)
        return;
    __builtin_prefetch(w->user);
    Turn *turn = heap_take(&tcp->sim->heap, sizeof *turn);
    timer_init(&turn->timer, &tcp->sim->sched, turn_come, turn);
    turn->tcp = tcp;
    turn->wake = w;
    w->turn = turn;
    timer_set(&turn->timer, 0);
}

void wake_stop(Tcp *tcp, Wake *w)
{
    if (w->turn == NULL)
        return;
    timer_stop(&w->turn->timer);
    heap_give(&tcp->sim->heap, w->turn, sizeof *w->turn);
    w->turn = NULL;
}

/* --- its life --------------------------------------------------------------------------------- */

/* What it looked like at its end: the first words of a TcpInfo, behind which all are zero. */
struct LastInfo {
    size_t   n;
    uint64_t words[];
};

Conn *conn_new(Tcb *tcb)
{
    Conn *c = heap_new0(&tcb->tcp->sim->heap, Conn);

    c->tcb = tcb;
    tcb->conn = c;
    return c;
}

/* While its TCB lives. */
static ConnRest *rest(Conn *c)
{
    if (c->rest == NULL) {
        c->rest = heap_new0(&c->tcb->tcp->sim->heap, ConnRest);
        c->rest->tcp = c->tcb->tcp;
    }
    return c->rest;
}

static LastInfo *keep_info(const Tcb *tcb)
{
    union {
        TcpInfo  info;
        uint64_t words[sizeof(TcpInfo) / sizeof(uint64_t)];
    } u;
    size_t n = G_N_ELEMENTS(u.words);

    tcb_info(tcb, &u.info);
    while (n > 0 && u.words[n - 1] == 0)
        n--;
    LastInfo *last = heap_take(&tcb->tcp->sim->heap, sizeof *last + n * sizeof(uint64_t));
    last->n = n;
    memcpy(last->words, u.words, n * sizeof(uint64_t));
    return last;
}

void conn_leave(Tcb *tcb, NetError error)
{
    Heap *heap = &tcb->tcp->sim->heap;
    Conn *c = tcb->conn;

    if (c == NULL)
        return;
    rest(c)->last = keep_info(tcb);
    c->error = error;
    c->eof = tcb->fin_received;
    if (!c->closed && tcb->flow->in.len > 0) {
        c->rest->unread = heap_take(heap, sizeof(Ring));
        *c->rest->unread = tcb->flow->in;
        tcb->flow->in = (Ring){ .heap = heap };
    }
    c->tcb = NULL;
    tcb->conn = NULL;
    wake(tcb->tcp, &c->wake);
}

void conn_on_urgent(Conn *c, void (*on_urgent)(void *user), void *user)
{
    if (c->tcb == NULL && c->rest == NULL)
        return;
    Wake *w = &rest(c)->urgent;
    w->on_ready = on_urgent;
    w->user = user;
    if (conn_urgent(c) > 0)
        wake(c->rest->tcp, w);
}

void conn_forget_unread(Conn *c)
{
    if (c->rest == NULL || c->rest->unread == NULL)
        return;
    ring_free(c->rest->unread);
    heap_give(&c->rest->tcp->sim->heap, c->rest->unread, sizeof *c->rest->unread);
    c->rest->unread = NULL;
}

static void drop_rest(Conn *c, Tcp *tcp)
{
    Heap *heap = &tcp->sim->heap;
    ConnRest *r = c->rest;

    if (r == NULL)
        return;
    conn_forget_unread(c);
    wake_stop(tcp, &r->urgent);
    if (r->last != NULL)
        heap_give(heap, r->last, sizeof *r->last + r->last->n * sizeof(uint64_t));
    heap_give(heap, r, sizeof *r);
}

void conn_drop(Conn *c)
{
    Tcp *tcp = c->tcb != NULL ? c->tcb->tcp : c->rest != NULL ? c->rest->tcp : NULL;

    if (tcp == NULL) /* its host is gone, and with it all that it had */
        return;
    if (!c->queued)
        wake_stop(tcp, &c->wake);
    if (c->tcb != NULL)
        c->tcb->conn = NULL;
    drop_rest(c, tcp);
    heap_give(&tcp->sim->heap, c, sizeof *c);
}

void conn_free(Conn *c)
{
    if (c == NULL)
        return;
    conn_close(c);
    conn_drop(c);
}

void conn_info(const Conn *c, TcpInfo *out)
{
    if (c->tcb != NULL) {
        tcb_info(c->tcb, out);
        return;
    }
    const LastInfo *last = c->rest->last;
    memset(out, 0, sizeof *out);
    memcpy(out, last->words, last->n * sizeof(uint64_t));
}
