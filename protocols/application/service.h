/*
 * service.h - the other side of a load (load.h): who connects is asked, and answered.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/talk.h"

typedef struct ServiceConfig {
    uint64_t request, response; /* bytes; request at least one */
    uint64_t exchanges;         /* after so many it closes; 0: the peer does */
    WrongByte wrong;            /* in a request */
    void    (*on_accept)(void *user, Conn *conn); /* NULL: nobody is told */
    void     *user;
} ServiceConfig;

/* From here on it takes what connects to l, which stays the caller's. It lives as long as its
 * host. */
void service_start(Stack *stack, Listener *l, const ServiceConfig *cfg);
