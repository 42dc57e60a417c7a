/*
 * load.h - a load of connections: one begins every so often, or as one ends, and on each the client
 * asks, is answered, and closes. service.h is the other side.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/talk.h"

typedef struct Load Load;

typedef struct LoadConfig {
    IpAddr   addr;
    uint16_t port;
    uint64_t connections;       /* at least one */
    uint64_t at_once;           /* so many are open, and as one ends the next begins; 0: */
    SimTime  every;             /* the time from one beginning to the next */
    uint64_t request, response; /* bytes of each exchange */
    uint64_t exchanges;         /* on each connection, at least one */
    SimTime  timeout;           /* from a connection's beginning to its end; NEVER: none */
    bool     passive;           /* the client closes only when the server has */
    bool     nodelay;
    WrongByte wrong;            /* in an answer */
    void   (*on_done)(void *user); /* from a timer: nothing more will happen */
    void    *user;
} LoadConfig;

typedef struct LoadFigures {
    uint64_t started, done, failed; /* connections */
    uint64_t failures[NET_ERROR_COUNT], timeouts; /* of the failed ones */
    SimTime  shortest, longest, total; /* of those done, from SYN to the last byte of the answer,
                                        or the FIN that was waited for */
    bool     over;
    NetError err;      /* why it ended before its time: NET_ENETDOWN */
} LoadFigures;

/* The first connections begin as soon as this instant's other business is done. The load belongs to
 * its host, and ends with its crash (NET_ENETDOWN). */
Load *load_start(Stack *stack, const LoadConfig *cfg);
void  load_stop(Load *load); /* no further one begins; those that are open go on */
const LoadFigures *load_figures(const Load *load);
