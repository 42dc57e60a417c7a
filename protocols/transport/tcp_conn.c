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

/* What it looked like at its end: its first bytes, behind which all are zero. */
struct LastInfo {
    size_t  n;
    uint8_t bytes[];
};

Conn *conn_new(Tcb *tcb)
{
    Conn *c = heap_new0(&tcb->tcp->sim->heap, Conn);

    c->tcp = tcb->tcp;
    c->tcb = tcb;
    tcb->conn = c;
    return c;
}

ConnRest *conn_rest(Conn *c)
{
    if (c->rest == NULL)
        c->rest = heap_new0(&c->tcp->sim->heap, ConnRest);
    return c->rest;
}

static LastInfo *keep_info(const Tcb *tcb)
{
    TcpInfo info;
    size_t n = sizeof info;

    tcb_info(tcb, &info);
    const uint8_t *bytes = (const uint8_t *)&info;
    while (n > 0 && bytes[n - 1] == 0)
        n--;
    LastInfo *last = heap_take(&tcb->tcp->sim->heap, sizeof *last + n);
    last->n = n;
    memcpy(last->bytes, bytes, n);
    return last;
}

void conn_leave(Tcb *tcb, NetError error)
{
    Conn *c = tcb->conn;

    if (c == NULL)
        return;
    c->last = keep_info(tcb);
    c->error = error;
    c->eof = tcb->fin_received;
    if (!c->closed && tcb->flow->in.len > 0) {
        conn_rest(c)->unread = tcb->flow->in;
        tcb->flow->in = (Ring){ .heap = tcb->flow->in.heap };
    }
    c->tcb = NULL;
    tcb->conn = NULL;
    wake(c->tcp, &c->wake);
}

void conn_forget_unread(Conn *c)
{
    if (c->rest != NULL)
        ring_free(&c->rest->unread);
}

void conn_drop(Conn *c)
{
    Heap *heap = &c->tcp->sim->heap;

    if (!c->queued)
        wake_stop(c->tcp, &c->wake);
    if (c->tcb != NULL)
        c->tcb->conn = NULL;
    if (c->rest != NULL) {
        conn_forget_unread(c);
        wake_stop(c->tcp, &c->rest->urgent);
    }
    heap_give(heap, c->rest, sizeof *c->rest);
    if (c->last != NULL)
        heap_give(heap, c->last, sizeof *c->last + c->last->n);
    heap_give(heap, c, sizeof *c);
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
    memset(out, 0, sizeof *out);
    memcpy(out, c->last->bytes, c->last->n);
}
