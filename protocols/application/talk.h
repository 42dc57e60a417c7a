/*
 * talk.h - one end of a connection on which both sides say the pattern (pattern.h): how far it has
 * got, and what it found that is not the pattern.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp.h"

typedef struct Talk {
    Conn    *conn;
    uint64_t sent, due; /* bytes, and how many are to be sent */
    uint64_t got;
} Talk;

/* Who is told of the first byte, of all connections of a program, that was not as it should be: the
 * one at this place of what the peer said. */
typedef struct WrongByte {
    void (*tell)(void *user, uint64_t at, uint8_t byte); /* NULL: nobody, or not again */
    void  *user;
} WrongByte;

/* Sends what is due. OK: all of it is in the send buffer; else as conn_send. */
NetError talk_send(Talk *t);
/* Receives and compares until it has got so many bytes in all. OK: it has; else as conn_receive. */
NetError talk_receive(Talk *t, uint64_t until, WrongByte *wrong);
