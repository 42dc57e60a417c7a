/*
 * service.c - answers requests, as a program on a host; what a connection needs beside its Conn is
 * a cell of the world's heap.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/service.h"

#include "protocols/stack.h"

typedef struct Service {
    Heap         *heap;
    Listener     *listener;
    ServiceConfig cfg;
} Service;

typedef struct Peer { /* one connection */
    Service *service;
    uint64_t answered; /* exchanges */
    Talk     talk;
} Peer;

/* What is due goes before anything else is read. */
static NetError go_on(Peer *p)
{
    Service *s = p->service;
    NetError err;

    while ((err = talk_send(&p->talk)) == NET_OK) {
        if (p->answered == s->cfg.exchanges && p->answered > 0)
            return NET_EOF;
        err = talk_receive(&p->talk, (p->answered + 1) * s->cfg.request, &s->cfg.wrong);
        if (err != NET_OK)
            break;
        p->answered++;
        p->talk.due += s->cfg.response;
    }
    return err;
}

static void peer_ready(void *peer)
{
    Peer *p = peer;

    if (go_on(p) == NET_EAGAIN)
        return;
    conn_free(p->talk.conn);
    heap_give(p->service->heap, p, sizeof *p);
}

static void accept_ready(void *service)
{
    Service *s = service;

    for (Conn *conn; (conn = listener_accept(s->listener)) != NULL;) {
        Peer *p = heap_take(s->heap, sizeof *p);
        *p = (Peer){ .service = s, .talk = { .conn = conn } };
        if (s->cfg.on_accept != NULL)
            s->cfg.on_accept(s->cfg.user, conn);
        conn_on_ready(conn, peer_ready, p);
        peer_ready(p); /* a request may be there already */
    }
}

void service_start(Stack *stack, Listener *l, const ServiceConfig *cfg)
{
    Service *s = heap_new0(&stack->node->sim->heap, Service);

    s->heap = &stack->node->sim->heap;
    s->listener = l;
    s->cfg = *cfg;
    listener_on_ready(l, accept_ready, s);
    accept_ready(s);
}
