/*
 * pkt_info.c - the fields of Linux's struct tcp_info, in its units, of the socket under test.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <string.h>

enum { OPT_TIMESTAMPS = 1, OPT_SACK = 2, OPT_WSCALE = 4, OPT_ECN = 8, OPT_ECN_SEEN = 16,
       OPT_SYN_DATA = 32 };

typedef struct Field {
    const char *name;
    int64_t     value;
} Field;

static int64_t linux_state(TcpState state)
{
    static const int numbers[TCP_STATE_COUNT] = {
        [TCP_CLOSED] = 7,     [TCP_LISTEN] = 10,    [TCP_SYN_SENT] = 2,   [TCP_SYN_RECEIVED] = 3,
        [TCP_ESTABLISHED] = 1, [TCP_FIN_WAIT_1] = 4, [TCP_FIN_WAIT_2] = 5, [TCP_CLOSE_WAIT] = 8,
        [TCP_CLOSING] = 11,   [TCP_LAST_ACK] = 9,   [TCP_TIME_WAIT] = 6,
    };

    return numbers[state];
}

static int64_t options(const TcpInfo *i)
{
    return (i->timestamps ? OPT_TIMESTAMPS : 0) | (i->sack ? OPT_SACK : 0) |
           (i->window_scale ? OPT_WSCALE : 0) | (i->ecn ? OPT_ECN : 0) |
           (i->ecn_seen ? OPT_ECN_SEEN : 0) | (i->syn_data ? OPT_SYN_DATA : 0);
}

/* The SYN counts, too, but not beside text that it brought. */
static int64_t arrived(const TcpInfo *i)
{
    bool syn = i->snd_una != i->iss, with_text = i->syn_data && !i->passive;

    return (int64_t)i->delivered_segs + (syn && !with_text);
}

/* The field of that name, if it is one. */
static bool find(const TcpInfo *i, const char *name, int64_t *out)
{
    uint32_t mss = MAX(i->mss, 1), flight = i->snd_nxt - i->snd_una;
    bool persists = i->timer != NULL && strcmp(i->timer, "persist") == 0;
    const Field fields[] = {
        { "tcpi_state", linux_state(i->state) },
        { "tcpi_retransmits", persists ? 0 : i->backoff },
        { "tcpi_probes", persists ? i->backoff : 0 },
        { "tcpi_backoff", i->backoff },
        { "tcpi_options", options(i) },
        { "tcpi_snd_wscale", i->snd_scale },
        { "tcpi_rcv_wscale", i->rcv_scale },
        { "tcpi_rto", i->rto / USEC },
        { "tcpi_snd_mss", i->mss },
        { "tcpi_rcv_mss", i->largest },
        { "tcpi_advmss", i->rcv_mss },
        { "tcpi_ca_state", i->ca_state },
        { "tcpi_unacked", i->unacked },
        { "tcpi_sacked", i->sacked },
        { "tcpi_lost", i->lost },
        { "tcpi_retrans", i->retrans },
        { "tcpi_fackets", 0 }, /* as in Linux since 4.15 */
        { "tcpi_reordering", i->reordering },
        { "tcpi_reord_seen", i->reorder_seen },
        { "tcpi_delivered", arrived(i) },
        { "tcpi_delivery_rate", (int64_t)i->delivery_rate },
        { "tcpi_min_rtt", i->min_rtt / USEC },
        { "tcpi_rtt", i->srtt / USEC },
        { "tcpi_rttvar", i->rttvar / USEC },
        { "tcpi_snd_ssthresh", i->ssthresh > INT32_MAX ? INT32_MAX : i->ssthresh / mss },
        { "tcpi_snd_cwnd", i->cwnd / mss },
        { "tcpi_total_retrans", (int64_t)i->retransmits },
        { "tcpi_bytes_acked", (int64_t)i->bytes_acked },
        { "tcpi_bytes_received", (int64_t)i->bytes_received },
        { "tcpi_bytes_sent", (int64_t)i->bytes_sent },
        { "tcpi_notsent_bytes", (int64_t)(i->send_queue - MIN(i->send_queue, flight)) },
        { "tcpi_snd_wnd", i->snd_wnd },
        { "tcpi_rcv_wnd", i->rcv_wnd },
        { "tcpi_segs_out", (int64_t)i->segs_out },
        { "tcpi_segs_in", (int64_t)i->segs_in },
        { "tcpi_data_segs_out", (int64_t)i->data_segs_out },
        { "tcpi_data_segs_in", (int64_t)i->data_segs_in },
        { "tcpi_busy_time", i->busy / USEC },
        { "tcpi_rwnd_limited", i->rwnd_limited / USEC },
        { "tcpi_sndbuf_limited", i->sndbuf_limited / USEC },
        { "tcpi_last_data_sent", i->since_data_sent / MSEC },
        { "tcpi_last_data_recv", i->since_data_received / MSEC },
        { "tcpi_last_ack_recv", i->since_ack_received / MSEC },
    };

    for (size_t k = 0; k < G_N_ELEMENTS(fields); k++)
        if (strcmp(fields[k].name, name) == 0) {
            *out = fields[k].value;
            return true;
        }
    return false;
}

bool pkt_code_knows(const char *name)
{
    static const TcpInfo none;
    int64_t v;

    return find(&none, name, &v);
}

bool pkt_tcp_info(void *self, const char *name, int64_t *out)
{
    const PktSock *s = pkt_sock_current(self);
    TcpInfo i;

    if (s == NULL)
        return false;
    conn_info(s->conn, &i);
    if (strcmp(name, "tcpi_rcv_mss") == 0 && i.largest > i.rcv_mss)
        return false; /* what GRO has joined does not tell */
    return find(&i, name, out);
}
