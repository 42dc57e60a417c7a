/*
 * error.c - the names of errors.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/error.h"

#include <glib.h>

static const char *const names[NET_ERROR_COUNT] = {
    [NET_OK] = "OK",
    [NET_ECONNREFUSED] = "ECONNREFUSED",
    [NET_ECONNRESET] = "ECONNRESET",
    [NET_ECONNABORTED] = "ECONNABORTED",
    [NET_ETIMEDOUT] = "ETIMEDOUT",
    [NET_EHOSTUNREACH] = "EHOSTUNREACH",
    [NET_ENETUNREACH] = "ENETUNREACH",
    [NET_ENETDOWN] = "ENETDOWN",
    [NET_EADDRINUSE] = "EADDRINUSE",
    [NET_EADDRNOTAVAIL] = "EADDRNOTAVAIL",
    [NET_EMSGSIZE] = "EMSGSIZE",
    [NET_EPIPE] = "EPIPE",
    [NET_ENOTCONN] = "ENOTCONN",
    [NET_EISCONN] = "EISCONN",
    [NET_EINVAL] = "EINVAL",
    [NET_ENOBUFS] = "ENOBUFS",
    [NET_EAGAIN] = "EAGAIN",
    [NET_EOF] = "EOF",
};

const char *net_error_name(NetError err)
{
    g_assert(err < NET_ERROR_COUNT);
    return names[err];
}
