/*
 * icmp.c - ICMP: echo, and errors in and out. RFC 792, RFC 1122 §3.2.2, RFC 1812 §4.3.
 *
 * An error that comes in is parsed here and goes to the protocol of the packet that it quotes; the
 * protocol ICMP gets those about our own echo requests. Programs are told from a zero-delay timer.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/icmp.h"

#include "protocols/stack.h"

#include <string.h>

enum {
    QUOTED_MIN = 8,        /* RFC 792: of the data behind the quoted header */
    MESSAGE_MAX = 576,     /* RFC 1812 §4.3.2.3: an error with its IP header is no longer */
    TOS_INTERNETWORK = 0xc0, /* RFC 1812 §4.3.2.5: precedence 6, */
    TOS_KEPT = 0x1e,       /* and the type of service of the packet it is about */
};

typedef struct Telling { /* what on_reply is still to be told */
    PingReply reply;
    IpError   err;
    bool      is_error;
    uint8_t   quoted[QUOTED_MIN];
    uint8_t   options[IPV4_OPTIONS_MAX];
} Telling;

struct Ping {
    Icmp    *icmp;
    uint16_t id;
    void   (*on_reply)(void *self, const PingReply *r);
    void    *self;
    GArray  *told;  /* of Telling, oldest first */
    Timer    timer;
};

struct Icmp {
    Stack     *stack;
    Node      *node;
    GPtrArray *pings; /* open, in the order of opening; NULL: there was none yet */
    uint16_t   next_id;
};

/* --- echo ------------------------------------------------------------------------------------- */

static Ping *find_ping(const Icmp *icmp, uint16_t id)
{
    for (guint i = 0; icmp->pings != NULL && i < icmp->pings->len; i++) {
        Ping *ping = g_ptr_array_index(icmp->pings, i);
        if (ping->id == id)
            return ping;
    }
    return NULL;
}

static void tell_later(Ping *ping, Telling *telling)
{
    g_array_append_val(ping->told, *telling);
    if (!timer_pending(&ping->timer))
        timer_set(&ping->timer, 0);
}

static void tell_fired(void *owner)
{
    Ping *ping = owner;
    Telling telling = g_array_index(ping->told, Telling, 0);

    g_array_remove_index(ping->told, 0);
    if (ping->told->len > 0)
        timer_set(&ping->timer, 0);
    if (telling.is_error) {
        telling.err.quoted = (Span){ telling.quoted, QUOTED_MIN };
        telling.reply.err = &telling.err;
    }
    telling.reply.options.p = telling.options;
    ping->on_reply(ping->self, &telling.reply); /* may close the ping */
}

/* What of a request's options goes into the reply: the way back, and what was recorded so far.
 * NULL: nothing. */
static const IpOptions *echo_options(const IpMeta *ip, IpOptions *options)
{
    if (ip->options.n == 0)
        return NULL;
    *options = (IpOptions){ .first = IP_NONE };
    ip_options_reverse(options, ip->options, ip->src);
    ip_options_continue(options, ip->options);
    return options->len > 0 ? options : NULL;
}

/* The same data back, from the address that was asked: RFC 1122 §3.2.2.6. */
static DropReason echo_input(Icmp *icmp, const IpMeta *ip, const IcmpHdr *h, Packet *pkt)
{
    size_t size = pkt->len - ICMP_HDR_LEN;

    node_count(icmp->node, COUNTER_IcmpInEchos);
    if (ip->broadcast)
        return DROP_ICMP_IGNORED;

    IpOptions options;
    Packet *reply = packet_new(pkt->sim, pkt->len, SENT_ICMP_ECHO_REPLY);
    memcpy(reply->data + ICMP_HDR_LEN, pkt->data + ICMP_HDR_LEN, size);
    icmp_encode(&(IcmpHdr){ .type = ICMP_ECHO_REPLY, .rest = h->rest },
                (Span){ reply->data + ICMP_HDR_LEN, size }, reply->data);
    IpSend how = { .src = ip->dst, .dst = ip->src, .proto = IPPROTO_ICMP4, .tos = ip->tos,
                   .options = echo_options(ip, &options) };
    DropReason why = ipv4_output(icmp->stack->ipv4, &how, reply);
    if (why != DROP_NONE)
        packet_drop(reply, icmp->node, NULL, why);
    node_count(icmp->node, COUNTER_IcmpOutMsgs);
    node_count(icmp->node, COUNTER_IcmpOutEchoReps);
    packet_free(pkt);
    return DROP_NONE;
}

static DropReason echo_reply_input(Icmp *icmp, const IpMeta *ip, const IcmpHdr *h, Packet *pkt)
{
    Ping *ping = find_ping(icmp, (uint16_t)(h->rest >> 16));

    node_count(icmp->node, COUNTER_IcmpInEchoReps);
    if (ping == NULL)
        return DROP_ICMP_NO_TAKER;
    Telling telling = { .reply = { .seq = (uint16_t)h->rest,
                                   .from = ip->src,
                                   .ttl = ip->ttl,
                                   .size = pkt->len - ICMP_HDR_LEN,
                                   .options = { .n = ip->options.n } } };
    memcpy(telling.options, ip->options.p, ip->options.n);
    tell_later(ping, &telling);
    packet_free(pkt);
    return DROP_NONE;
}

Ping *icmp_ping_open(Icmp *icmp, void (*on_reply)(void *self, const PingReply *r), void *self)
{
    if (icmp->pings == NULL)
        icmp->pings = g_ptr_array_new();
    if (icmp->pings->len > UINT16_MAX)
        return NULL;
    Ping *ping = g_new0(Ping, 1);
    while (find_ping(icmp, icmp->next_id) != NULL)
        icmp->next_id++;
    *ping = (Ping){ .icmp = icmp, .id = icmp->next_id++, .on_reply = on_reply, .self = self };
    ping->told = g_array_new(FALSE, FALSE, sizeof(Telling));
    timer_init(&ping->timer, &icmp->node->sim->sched, tell_fired, ping);
    g_ptr_array_add(icmp->pings, ping);
    return ping;
}

static void ping_free(Ping *ping)
{
    timer_stop(&ping->timer);
    g_array_free(ping->told, TRUE);
    g_free(ping);
}

void icmp_ping_close(Ping *ping)
{
    g_ptr_array_remove(ping->icmp->pings, ping);
    ping_free(ping);
}

DropReason icmp_ping_send(Ping *ping, IpAddr dst, uint16_t seq, size_t size, uint8_t ttl, bool df,
                          const IpOptions *options)
{
    Icmp *icmp = ping->icmp;

    if (size + (options != NULL ? options->len : 0u) > PING_SIZE_MAX)
        return DROP_IP_LENGTH;
    Packet *pkt = packet_new(icmp->node->sim, ICMP_HDR_LEN + size, SENT_ICMP_ECHO);
    uint8_t *data = pkt->data + ICMP_HDR_LEN;
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)i;
    icmp_encode(&(IcmpHdr){ .type = ICMP_ECHO, .rest = (uint32_t)ping->id << 16 | seq },
                (Span){ data, size }, pkt->data);
    IpSend how = { .dst = dst, .proto = IPPROTO_ICMP4, .ttl = ttl, .df = df, .options = options };
    node_count(icmp->node, COUNTER_IcmpOutMsgs);
    node_count(icmp->node, COUNTER_IcmpOutEchos);
    DropReason why = ipv4_output(icmp->stack->ipv4, &how, pkt);
    if (why != DROP_NONE)
        packet_drop(pkt, icmp->node, NULL, why);
    return why;
}

void icmp_error(Icmp *icmp, const IpError *err)
{
    IcmpHdr h = { .type = err->quoted.p[0], .rest = get32(err->quoted.p + 4) };
    Ping *ping = h.type == ICMP_ECHO ? find_ping(icmp, (uint16_t)(h.rest >> 16)) : NULL;

    if (ping == NULL)
        return;
    Telling telling = { .err = *err,
                        .is_error = true,
                        .reply = { .seq = (uint16_t)h.rest, .from = err->reporter } };
    memcpy(telling.quoted, err->quoted.p, QUOTED_MIN);
    tell_later(ping, &telling);
}

/* --- errors in -------------------------------------------------------------------------------- */

static IpErrorKind unreachable_kind(uint8_t code)
{
    switch (code) {
    case ICMP_PROTOCOL_UNREACHABLE: return IP_ERR_PROTOCOL_UNREACHABLE;
    case ICMP_PORT_UNREACHABLE: return IP_ERR_PORT_UNREACHABLE;
    case ICMP_FRAG_NEEDED: return IP_ERR_TOO_BIG;
    case 9: case 10: case ICMP_ADMIN_PROHIBITED: return IP_ERR_ADMIN_PROHIBITED;
    case ICMP_NET_UNREACHABLE: case 6: case 8: case 11: return IP_ERR_NET_UNREACHABLE;
    default: return IP_ERR_HOST_UNREACHABLE; /* codes as in RFC 1812 §5.2.7.1 */
    }
}

static IpErrorKind error_kind(const IcmpHdr *h)
{
    if (h->type == ICMP_TIME_EXCEEDED)
        return h->code == ICMP_TTL_EXCEEDED ? IP_ERR_TTL_EXCEEDED : IP_ERR_REASSEMBLY_EXCEEDED;
    return h->type == ICMP_PARAMETER_PROBLEM ? IP_ERR_PARAMETER : unreachable_kind(h->code);
}

/* RFC 1122 §3.2.2: the quoted header says which protocol, and which of its ends, is to be told. */
static DropReason error_input(Icmp *icmp, const IpMeta *ip, const IcmpHdr *h, Packet *pkt)
{
    Ipv4 *ipv4 = icmp->stack->ipv4;
    Span quote = { pkt->data + ICMP_HDR_LEN, pkt->len - ICMP_HDR_LEN };
    Ipv4Hdr q;

    if (ipv4_decode_quoted(&q, quote) != DROP_NONE || quote.n < ipv4_hdr_len(&q) + QUOTED_MIN)
        return DROP_ICMP_SHORT;
    if (!ip_is_local(icmp->stack, q.src) || q.frag_off != 0)
        return DROP_ICMP_NO_TAKER;

    IpAddr dst = ipv4_final_dst(&q);
    IpError err = {
        .kind = error_kind(h),
        .type = h->type,
        .code = h->code,
        .reporter = ip->src,
        .src = q.src,
        .dst = dst,
        .proto = q.proto,
        .quoted = { quote.p + ipv4_hdr_len(&q), quote.n - ipv4_hdr_len(&q) },
    };
    if (err.kind == IP_ERR_TOO_BIG)
        err.mtu = ipv4_learn_mtu(ipv4, dst, h->rest & 0xffff, q.total_len);
    ipv4_report(ipv4, &err);
    packet_free(pkt);
    return DROP_NONE;
}

DropReason icmp_input(Icmp *icmp, const IpMeta *ip, Packet *pkt)
{
    IcmpHdr h;

    node_count(icmp->node, COUNTER_IcmpInMsgs);
    DropReason why = icmp_decode(&h, packet_span(pkt));
    if (why != DROP_NONE) {
        node_count(icmp->node, COUNTER_IcmpInErrors);
        return why;
    }
    switch (h.type) {
    case ICMP_ECHO:
        return echo_input(icmp, ip, &h, pkt);
    case ICMP_ECHO_REPLY:
        return echo_reply_input(icmp, ip, &h, pkt);
    case ICMP_UNREACHABLE:
        node_count(icmp->node, COUNTER_IcmpInDestUnreachs);
        return error_input(icmp, ip, &h, pkt);
    case ICMP_TIME_EXCEEDED:
        node_count(icmp->node, COUNTER_IcmpInTimeExcds);
        return error_input(icmp, ip, &h, pkt);
    case ICMP_PARAMETER_PROBLEM:
        return error_input(icmp, ip, &h, pkt);
    case ICMP_SOURCE_QUENCH: /* RFC 6633 §3 */
    case ICMP_REDIRECT:      /* Deviates: RFC 1122 §3.2.2.2. Routes are the scenario's */
        return DROP_ICMP_IGNORED;
    default:
        return DROP_ICMP_TYPE;
    }
}

/* --- errors out ------------------------------------------------------------------------------- */

static bool is_icmp_error(const Ipv4Hdr *h, Span data)
{
    if (h->proto != IPPROTO_ICMP4)
        return false;
    /* What cannot be told to be a query counts as an error: silence is safe. */
    return data.n == 0 || (data.p[0] != ICMP_ECHO && data.p[0] != ICMP_ECHO_REPLY &&
                           data.p[0] != ICMP_TIMESTAMP && data.p[0] != ICMP_TIMESTAMP_REPLY);
}

/* RFC 1122 §3.2.2: about these nothing is ever sent, lest errors breed. */
static bool may_report(const Icmp *icmp, const Ipv4Hdr *h, const Packet *pkt, Span data)
{
    Span frame = packet_frame(pkt);
    EthHdr eth;

    if (h->frag_off != 0 || is_icmp_error(h, data) || ip_is_broadcast_for(icmp->stack, h->dst))
        return false;
    if (eth_decode(&eth, frame) == DROP_NONE && mac_is_group(eth.dst))
        return false;
    if (ip_is_loopback(h->src) && !ip_is_loopback(h->dst))
        return false;
    return !ip_is_any(h->src) && ip_to_v4(h->src) >> 28 < 0xe &&
           !ip_is_broadcast_for(icmp->stack, h->src);
}

/* RFC 1812 §4.3.2.6: the way back that the source route of the offending datagram tells, as far as
 * it had come before us. NULL: none. */
static const IpOptions *way_back(const Icmp *icmp, const Ipv4Hdr *offending, IpOptions *options)
{
    Ipv4Hdr q = *offending;
    Ipv4Found found;

    if (q.options_len == 0 || ipv4_option_find(&q, &found) != 0)
        return NULL;
    while (ip_is_local(icmp->stack, ipv4_route_last(&q, &found)))
        ipv4_route_unstep(&q, &found);
    *options = (IpOptions){ .first = IP_NONE };
    return ip_options_reverse(options, (Span){ q.options, q.options_len }, q.src) ? options : NULL;
}

/* Deviates: RFC 1812 §4.3.2.8. Nothing limits their rate. */
void icmp_send_error(Icmp *icmp, const IcmpHdr *h, SentReason why, const Packet *about)
{
    Ipv4 *ipv4 = icmp->stack->ipv4;
    Span quote = packet_net(about);
    Ipv4Hdr q;

    if (ipv4_decode_quoted(&q, quote) != DROP_NONE)
        return;
    size_t header = ipv4_hdr_len(&q);
    if (!may_report(icmp, &q, about, (Span){ quote.p + header, quote.n - header }))
        return;
    quote.n = MIN(quote.n, header + ipv4_config(ipv4)->icmp_quote);
    IpOptions options;
    const IpOptions *back = way_back(icmp, &q, &options);
    size_t around = IPV4_HDR_LEN + (back != NULL ? back->len : 0u) + ICMP_HDR_LEN;
    quote.n = MIN(quote.n, MESSAGE_MAX - around);

    Packet *pkt = packet_new(about->sim, ICMP_HDR_LEN + quote.n, why);
    memcpy(pkt->data + ICMP_HDR_LEN, quote.p, quote.n);
    icmp_encode(h, (Span){ pkt->data + ICMP_HDR_LEN, quote.n }, pkt->data);
    /* From the address that the packet was for, if it is ours; else of the way to its sender: RFC
     * 1812 §4.3.2.4. */
    IpSend how = { .src = ip_is_local(icmp->stack, q.dst) ? q.dst : IP_NONE,
                   .dst = q.src,
                   .proto = IPPROTO_ICMP4,
                   .tos = (uint8_t)(TOS_INTERNETWORK | (q.tos & TOS_KEPT)),
                   .options = back };
    node_count(icmp->node, COUNTER_IcmpOutMsgs);
    if (h->type == ICMP_UNREACHABLE)
        node_count(icmp->node, COUNTER_IcmpOutDestUnreachs);
    if (h->type == ICMP_TIME_EXCEEDED)
        node_count(icmp->node, COUNTER_IcmpOutTimeExcds);
    DropReason refused = ipv4_output(ipv4, &how, pkt);
    if (refused != DROP_NONE)
        packet_drop(pkt, icmp->node, NULL, refused);
}

static SentReason unreachable_reason(uint8_t code)
{
    switch (code) {
    case ICMP_PORT_UNREACHABLE: return SENT_ICMP_NO_PORT;
    case ICMP_PROTOCOL_UNREACHABLE: return SENT_ICMP_NO_PROTOCOL;
    case ICMP_NET_UNREACHABLE: return SENT_ICMP_NO_ROUTE;
    case ICMP_FRAG_NEEDED: return SENT_ICMP_FRAG_NEEDED;
    case ICMP_SOURCE_ROUTE_FAILED: return SENT_ICMP_ROUTE_FAILED;
    case ICMP_ADMIN_PROHIBITED: return SENT_ICMP_PROHIBITED;
    default: return SENT_ICMP_NO_HOST;
    }
}

void icmp_send_unreachable(Icmp *icmp, uint8_t code, const Packet *pkt, uint32_t mtu)
{
    IcmpHdr h = { .type = ICMP_UNREACHABLE, .code = code };

    if (code == ICMP_FRAG_NEEDED)
        h.rest = MIN(mtu, 0xffff); /* RFC 1191 §4 */
    icmp_send_error(icmp, &h, unreachable_reason(code), pkt);
}

void icmp_send_parameter(Icmp *icmp, uint8_t place, const Packet *pkt)
{
    IcmpHdr h = { .type = ICMP_PARAMETER_PROBLEM, .rest = (uint32_t)place << 24 };

    icmp_send_error(icmp, &h, SENT_ICMP_PARAMETER, pkt);
}

void icmp_send_time_exceeded(Icmp *icmp, uint8_t code, const Packet *pkt)
{
    IcmpHdr h = { .type = ICMP_TIME_EXCEEDED, .code = code };
    SentReason why = code == ICMP_TTL_EXCEEDED ? SENT_ICMP_TTL : SENT_ICMP_REASSEMBLY;

    icmp_send_error(icmp, &h, why, pkt);
}

/* --- life ------------------------------------------------------------------------------------- */

Icmp *icmp_new(Stack *stack)
{
    Icmp *icmp = heap_new0(&stack->node->sim->heap, Icmp);

    *icmp = (Icmp){ .stack = stack, .node = stack->node, .next_id = 1 };
    return icmp;
}

void icmp_flush(Icmp *icmp)
{
    for (guint i = 0; icmp->pings != NULL && i < icmp->pings->len; i++) {
        Ping *ping = g_ptr_array_index(icmp->pings, i);
        timer_stop(&ping->timer);
        g_array_set_size(ping->told, 0);
    }
}

void icmp_free(Icmp *icmp)
{
    for (guint i = 0; icmp->pings != NULL && i < icmp->pings->len; i++)
        ping_free(g_ptr_array_index(icmp->pings, i));
    if (icmp->pings != NULL)
        g_ptr_array_free(icmp->pings, TRUE);
    heap_give(&icmp->node->sim->heap, icmp, sizeof *icmp);
}
