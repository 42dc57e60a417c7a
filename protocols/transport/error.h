/*
 * error.h - how calls on sockets fail: the errno's names, as a C program would see them.
 */
/* SPDX-License-Identifier: MIT */
#pragma once

typedef enum NetError {
    NET_OK,
    NET_ECONNREFUSED,
    NET_ECONNRESET,
    NET_ECONNABORTED,
    NET_ETIMEDOUT,
    NET_EHOSTUNREACH,
    NET_ENETUNREACH,
    NET_ENETDOWN,
    NET_EADDRINUSE,
    NET_EADDRNOTAVAIL,
    NET_EMSGSIZE,
    NET_EPIPE,
    NET_ENOTCONN,
    NET_EISCONN,
    NET_EINVAL,
    NET_ENOBUFS,
    NET_EAGAIN,   /* nothing now; wait for on_ready */
    NET_EOF,      /* the peer has closed its direction: not an errno, printed "EOF" */
    NET_ERROR_COUNT
} NetError;

const char *net_error_name(NetError err); /* "ECONNREFUSED"; "OK" */
