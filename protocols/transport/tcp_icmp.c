/*
 * tcp_icmp.c - what the network says about our segments: RFC 9293 §3.9.2.2, RFC 5461, RFC 5927.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

typedef enum Verdict { VERDICT_IGNORE, VERDICT_SOFT, VERDICT_HARD, VERDICT_TOO_BIG } Verdict;

static Verdict verdict(IpErrorKind kind, TcpProfile profile, NetError *error)
{
    *error = NET_EHOSTUNREACH;
    switch (kind) {
    case IP_ERR_NET_UNREACHABLE:
        *error = NET_ENETUNREACH;
        return VERDICT_SOFT;
    case IP_ERR_HOST_UNREACHABLE:
    case IP_ERR_TTL_EXCEEDED:
    case IP_ERR_REASSEMBLY_EXCEEDED:
    case IP_ERR_PARAMETER:
        return VERDICT_SOFT;
    case IP_ERR_PROTOCOL_UNREACHABLE:
    case IP_ERR_PORT_UNREACHABLE:
        *error = NET_ECONNREFUSED;
        return VERDICT_HARD;
    case IP_ERR_ADMIN_PROHIBITED: /* a firewall has decided, it will not change its mind */
        if (profile == TCP_PROFILE_FREEBSD)
            *error = NET_ECONNREFUSED;
        return VERDICT_HARD;
    case IP_ERR_TOO_BIG:
        return VERDICT_TOO_BIG;
    case IP_ERR_SOURCE_QUENCH: /* MUST-55 */
        break;
    }
    return VERDICT_IGNORE;
}

/* RFC 1191 §6.5: smaller segments, and what did not get through again at once. */
static void path_shrank(Tcb *tcb)
{
    if (!tcb_path_mtu(tcb) || tcb->snd_una == tcb->snd_max)
        return;
    tcb->rtt_timing = false;
    if (tcb->snd_una == tcb->iss) {
        if (tcb->state == TCP_SYN_SENT && tcb->rare->fast.sent > 0) /* too large, alone */
            tcp_send_syn(tcb, SENT_TCP_RTO_SYN);
        return;
    }
    tcp_loss_resize(tcb, tcb->snd_mss);
    tcp_output(tcb);
}

/* Nobody has it yet. A half-open one is forgotten where hints are believed. */
static bool is_opening(const Tcb *tcb)
{
    if (tcb->state != TCP_SYN_RECEIVED)
        return tcb->state == TCP_SYN_SENT;
    if (!tcb->passive)
        return true;
    return tcb->tcp->cfg.soft_errors_abort && (tcb->conn == NULL || tcb->conn->queued);
}

static void give_up(Tcb *tcb, NetError error, const char *trigger, const char *rfc)
{
    if (tcb->passive && tcb->conn == NULL)
        tcb_return_to_listen(tcb, trigger, rfc);
    else
        tcb_end(tcb, error, trigger, rfc);
}

void tcp_error(Tcp *tcp, const IpError *err)
{
    NetError error;

    if (err->quoted.n < 8)
        return;
    const uint8_t *p = err->quoted.p;
    Tcb *tcb = table_find(&tcp->table, err->src, get16(p), err->dst, get16(p + 2));
    TcpSeq seq = get32(p + 4);
    /* RFC 5927 §4.1: only if it quotes what is in flight. */
    if (tcb == NULL || !seq_within(seq, tcb->snd_una, tcb->snd_max - tcb->snd_una))
        return;
    bool opening = is_opening(tcb);
    switch (verdict(err->kind, tcp->cfg.profile, &error)) {
    case VERDICT_HARD: /* SHLD-26; once synchronized a hint like others, RFC 5927 §5.2 */
        if (opening) {
            give_up(tcb, error, "ICMP refuses", "RFC 9293 §3.9.2.2");
            return;
        }
        tcp_advise(tcb, "icmp", error);
        break;
    case VERDICT_SOFT: /* MUST-47, MUST-56 */
        tcp_advise(tcb, "icmp", error);
        if (opening && tcp->cfg.soft_errors_abort)
            give_up(tcb, error, "ICMP says unreachable", "RFC 5461 §4.1");
        break;
    case VERDICT_TOO_BIG:
        path_shrank(tcb);
        break;
    case VERDICT_IGNORE:
        break;
    }
    tcb_check(tcb);
}
