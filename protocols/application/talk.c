/*
 * talk.c - sending and receiving the pattern on a connection.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/talk.h"

enum { CHUNK = 4096 };

NetError talk_send(Talk *t)
{
    NetError err = NET_OK;

    while (t->sent < t->due && err == NET_OK)
        t->sent += conn_send_pattern(t->conn, t->sent, t->due - t->sent, &err);
    return err;
}

static void compare(const Talk *t, Span bytes, WrongByte *wrong)
{
    size_t i = wrong->tell == NULL ? bytes.n : pattern_match(bytes, t->got);
    WrongByte told = *wrong;

    if (i == bytes.n)
        return;
    wrong->tell = NULL;
    told.tell(told.user, t->got + i, bytes.p[i]);
}

NetError talk_receive(Talk *t, uint64_t until, WrongByte *wrong)
{
    uint8_t chunk[CHUNK];
    NetError err = NET_OK;

    while (t->got < until) {
        bool known = conn_pattern_waits(t->conn, t->got) > 0;
        size_t n = known ? until - t->got : MIN(until - t->got, CHUNK);
        n = conn_receive(t->conn, known ? NULL : chunk, n, &err);
        if (n == 0)
            return err;
        if (!known)
            compare(t, (Span){ chunk, n }, wrong);
        t->got += n;
    }
    return NET_OK;
}
