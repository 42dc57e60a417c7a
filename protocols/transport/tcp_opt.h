/*
 * tcp_opt.h - the options that two ends agree on in their SYNs: window scale and timestamps (RFC
 * 7323), selective acknowledgments (RFC 2018, 2883). For tcp_*.c alone; a Tcb holds a TcpAgreed.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp_sack.h"
#include "protocols/transport/tcp_sack_list.h"
#include "protocols/wire/tcp_wire.h"
#include "sim/engine/time.h"

enum {
    TCP_WINDOW_MAX = 65535, /* without window scaling */
    TCP_SCALE_MAX = 14,     /* RFC 7323 §2.3 */
    TCP_TS_LEN = 12,        /* of a timestamps option, with its padding */
    TCP_UTO_LEN = 4         /* of a user timeout option */
};

#define TCP_SACK_LEN(n) (4 + 8 * (size_t)(n)) /* of an option with n blocks, with its padding */

typedef struct TcpAgreed {
    SimTime  ts_recent_at;           /* when it was set */
    uint32_t ts_recent;
    uint32_t ts_offset;              /* added to the clock */
    uint32_t ts_first;               /* ticks before which nothing was stamped */
    bool     window_scale : 1, timestamps : 1, sack : 1;
    uint8_t  snd_scale, rcv_scale;   /* Snd.Wind.Shift, Rcv.Wind.Shift; 0 if there is no scaling */
} TcpAgreed;
