/*
 * udp.c - UDP sockets and input, RFC 768, RFC 1122 §4.1.
 *
 * A datagram goes to the connected socket of its peer, else to the one bound to its address, else
 * to the one bound to all addresses. What arrives waits in the socket; its program is told from a
 * zero-delay timer.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/stack.h"
#include "protocols/transport/udp_priv.h"
#include "protocols/wire/checksum.h"

#include <string.h>

enum {
    PORT_FIRST = 49152, PORT_LAST = 65535, /* ephemeral: RFC 6335 §6 */
    QUOTED_MIN = 8,
};

typedef struct Trouble { /* an error still to be told to on_error */
    IpError err;
    uint8_t quoted[QUOTED_MIN];
} Trouble;

/* --- the table of sockets --------------------------------------------------------------------- */

static UdpSock **bucket(const Udp *udp, uint16_t port)
{
    return &udp->buckets[port & udp->mask];
}

static void link_sock(Udp *udp, UdpSock *s)
{
    UdpSock **at = bucket(udp, s->port);

    s->next = *at;
    *at = s;
}

static void free_buckets(Udp *udp)
{
    if (udp->buckets != udp->few)
        heap_give(&udp->node->sim->heap, udp->buckets, (udp->mask + 1) * sizeof *udp->buckets);
}

/* Room for one socket more: buckets hold one or two. */
static void make_room(Udp *udp)
{
    unsigned n = 2 * (udp->mask + 1);

    if (udp->socks->len < n)
        return;
    free_buckets(udp);
    udp->buckets = heap_take0(&udp->node->sim->heap, n * sizeof *udp->buckets);
    udp->mask = n - 1;
    for (guint i = 0; i < udp->socks->len; i++)
        link_sock(udp, g_ptr_array_index(udp->socks, i));
}

/* How well a socket fits a datagram: the best one gets it. 0: not at all. */
static int fit(const UdpSock *s, IpAddr local, uint16_t port, IpAddr peer, uint16_t peer_port)
{
    if (s->port != port || (!is_wild(s->addr) && !ip_equal(s->addr, local)))
        return 0;
    if (!ip_is_none(s->peer))
        return ip_equal(s->peer, peer) && s->peer_port == peer_port ? 3 : 0;
    return is_wild(s->addr) ? 1 : 2;
}

static UdpSock *find_sock(const Udp *udp, IpAddr local, uint16_t port, IpAddr peer,
                          uint16_t peer_port)
{
    UdpSock *best = NULL;
    int best_fit = 0;

    for (UdpSock *s = *bucket(udp, port); s != NULL; s = s->next) {
        int f = fit(s, local, port, peer, peer_port);
        if (f > best_fit) {
            best = s;
            best_fit = f;
        }
    }
    return best;
}

static bool is_taken(const Udp *udp, IpAddr addr, uint16_t port)
{
    for (const UdpSock *s = *bucket(udp, port); s != NULL; s = s->next)
        if (s->port == port && (is_wild(addr) || is_wild(s->addr) || ip_equal(s->addr, addr)))
            return true;
    return false;
}

/* One after the other from a place of the host's own, so that none comes again soon. 0: all
 * taken. */
static uint16_t ephemeral_port(Udp *udp, IpAddr addr)
{
    enum { RANGE = PORT_LAST - PORT_FIRST + 1 };

    if (udp->next_port == 0) {
        char *name = g_strdup_printf("host:%s:ports", udp->node->name);
        Rng rng;
        sim_rng(udp->node->sim, name, &rng);
        g_free(name);
        udp->next_port = (uint16_t)(PORT_FIRST + rng_below(&rng, RANGE));
    }
    for (int i = 0; i < RANGE; i++) {
        uint16_t port = udp->next_port;
        udp->next_port = port == PORT_LAST ? PORT_FIRST : (uint16_t)(port + 1);
        if (!is_taken(udp, addr, port))
            return port;
    }
    return 0;
}

static void unlink_sock(UdpSock *s)
{
    UdpSock **at = bucket(s->udp, s->port);

    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    vec_remove(s->udp->socks, s);
}

/* --- telling the program ---------------------------------------------------------------------- */

static void wake(UdpSock *s)
{
    UdpTelling *t = s->telling;

    if (t != NULL && (t->on_ready != NULL || t->troubles != NULL) && !timer_pending(&t->timer))
        timer_set(&t->timer, 0);
}

/* One call at a time, and nothing is touched after it: the program may close the socket in it. */
static void tell_fired(void *owner)
{
    UdpTelling *t = owner;

    if (t->troubles == NULL || t->troubles->len == 0) {
        if (t->on_ready != NULL)
            t->on_ready(t->ready_user);
        return;
    }
    Trouble trouble = g_array_index(t->troubles, Trouble, 0);
    g_array_remove_index(t->troubles, 0);
    timer_set(&t->timer, 0);
    trouble.err.quoted = (Span){ trouble.quoted, QUOTED_MIN };
    if (t->on_error != NULL)
        t->on_error(t->error_user, &trouble.err);
}

static UdpTelling *telling(UdpSock *s)
{
    Sim *sim = s->udp->node->sim;

    if (s->telling == NULL) {
        s->telling = heap_new0(&sim->heap, UdpTelling);
        timer_init(&s->telling->timer, &sim->sched, tell_fired, s->telling);
    }
    return s->telling;
}

static NetError error_of(const IpError *err)
{
    switch (err->kind) {
    case IP_ERR_PORT_UNREACHABLE:
    case IP_ERR_PROTOCOL_UNREACHABLE: return NET_ECONNREFUSED;
    case IP_ERR_NET_UNREACHABLE: return NET_ENETUNREACH;
    case IP_ERR_TOO_BIG: return NET_EMSGSIZE;
    case IP_ERR_SOURCE_QUENCH: return NET_OK; /* RFC 6633 §3 */
    case IP_ERR_HOST_UNREACHABLE:
    case IP_ERR_ADMIN_PROHIBITED:
    case IP_ERR_TTL_EXCEEDED:
    case IP_ERR_REASSEMBLY_EXCEEDED:
    case IP_ERR_PARAMETER: return NET_EHOSTUNREACH;
    }
    return NET_EHOSTUNREACH;
}

/* RFC 1122 §4.1.3.3: the program is told. One without a peer could not know which datagram is
 * meant. */
void udp_error(Udp *udp, const IpError *err)
{
    uint16_t port = get16(err->quoted.p), peer_port = get16(err->quoted.p + 2);
    UdpSock *s = find_sock(udp, err->src, port, err->dst, peer_port);

    if (s == NULL)
        return;
    if (!ip_is_none(s->peer) && error_of(err) != NET_OK) {
        s->pending = (uint8_t)error_of(err);
        wake(s);
    }
    UdpTelling *t = s->telling;
    if (t == NULL || t->on_error == NULL)
        return;
    Trouble trouble = { .err = *err };
    memcpy(trouble.quoted, err->quoted.p, QUOTED_MIN);
    if (t->troubles == NULL)
        t->troubles = g_array_new(FALSE, FALSE, sizeof(Trouble));
    g_array_append_val(t->troubles, trouble);
    wake(s);
}

/* --- input ------------------------------------------------------------------------------------ */

static UdpRing *ring_new(size_t cap)
{
    UdpRing *r = g_malloc(sizeof *r + cap * sizeof *r->at);

    *r = (UdpRing){ .cap = cap };
    return r;
}

static UdpRing *ring_grow(UdpRing *r)
{
    UdpRing *grown = ring_new(2 * r->cap);

    for (; grown->n < r->n; grown->n++)
        grown->at[grown->n] = r->at[(r->first + grown->n) % r->cap];
    grown->queued = r->queued;
    g_free(r);
    return grown;
}

static void append(UdpSock *s, Waiting w)
{
    enum { FIRST_CAP = 4 };

    if (s->ring == NULL)
        s->ring = ring_new(FIRST_CAP);
    else if (s->ring->n == s->ring->cap)
        s->ring = ring_grow(s->ring);
    UdpRing *r = s->ring;
    r->at[(r->first + r->n++) % r->cap] = w;
    r->queued += w.pkt->len;
    wake(s);
}

static bool has_waiting(const UdpSock *s)
{
    return s->ring != NULL && s->ring->n > 0;
}

/* The oldest; there is one. */
static Waiting take_waiting(UdpSock *s)
{
    UdpRing *r = s->ring;
    Waiting w = r->at[r->first];

    r->first = (r->first + 1) % r->cap;
    r->n--;
    r->queued -= w.pkt->len;
    return w;
}

/* Room for that much more? Empty ones take up room too. */
static bool has_room(const UdpSock *s, size_t length)
{
    const UdpRing *r = s->ring;
    size_t used = r != NULL ? r->queued + r->n * UDP_HDR_LEN : 0;

    return used + length <= s->rcvbuf;
}

/* What nobody has written yet, nobody has damaged. */
static DropReason decode(UdpHdr *h, const IpMeta *ip, const Packet *pkt)
{
    if (!packet_is_written(pkt))
        return udp_decode_header(h, packet_headers(pkt));
    return udp_decode(h, packet_span(pkt), sum_pseudo(ip->src, ip->dst, ip->proto));
}

DropReason udp_input(Udp *udp, const IpMeta *ip, Packet *pkt)
{
    UdpHdr h;

    DropReason why = decode(&h, ip, pkt);
    if (why != DROP_NONE) {
        node_count(udp->node, COUNTER_UdpInErrors);
        if (why == DROP_UDP_CHECKSUM)
            node_count(udp->node, COUNTER_UdpInCsumErrors);
        return why;
    }
    UdpSock *s = find_sock(udp, ip->dst, h.dst_port, ip->src, h.src_port);
    if (s == NULL) {
        node_count(udp->node, COUNTER_UdpNoPorts);
        icmp_send_unreachable(udp->stack->icmp, ICMP_PORT_UNREACHABLE, pkt, 0); /* borrows pkt */
        return DROP_UDP_NO_PORT;
    }
    if (!has_room(s, h.length)) {
        node_count(udp->node, COUNTER_UdpRcvbufErrors);
        node_count(udp->node, COUNTER_UdpInErrors);
        return DROP_UDP_BUFFER_FULL;
    }
    node_count(udp->node, COUNTER_UdpInDatagrams);
    packet_trim(pkt, h.length);
    packet_pull(pkt, UDP_HDR_LEN);
    s->received++;
    s->received_bytes += pkt->len;
    if (s->sinks)
        packet_free(pkt);
    else
        append(s, (Waiting){ pkt, { ip->src, ip->dst, h.src_port, ip->broadcast, ip->iface } });
    return DROP_NONE;
}

/* --- sockets ---------------------------------------------------------------------------------- */

UdpSock *udp_open(Udp *udp, IpAddr addr, uint16_t port, NetError *err)
{
    *err = NET_OK;
    if (udp->node->down)
        *err = NET_ENETDOWN;
    else if (!is_wild(addr) && !ip_is_local(udp->stack, addr))
        *err = NET_EADDRNOTAVAIL;
    else if (port == 0 && (port = ephemeral_port(udp, addr)) == 0)
        *err = NET_EADDRINUSE;
    else if (is_taken(udp, addr, port))
        *err = NET_EADDRINUSE;
    if (*err != NET_OK)
        return NULL;

    UdpSock *s = heap_take(&udp->node->sim->heap, sizeof *s);
    *s = (UdpSock){
        .udp = udp,
        .addr = is_wild(addr) ? IP4_ANY : addr,
        .port = port,
        .rcvbuf = UDP_RCVBUF,
    };
    make_room(udp);
    link_sock(udp, s);
    vec_add(&udp->node->sim->heap, udp->socks, s);
    return s;
}

void udp_sink(UdpSock *s)
{
    while (has_waiting(s))
        packet_free(take_waiting(s).pkt);
    s->sinks = true;
}

bool udp_sinks(const UdpSock *s)
{
    return s->sinks;
}

bool udp_has_ended(const UdpSock *s)
{
    return s->ended != NET_OK;
}

uint64_t udp_received(const UdpSock *s, uint64_t *bytes)
{
    if (bytes != NULL)
        *bytes = s->received_bytes;
    return s->received;
}

static void drop_waiting(UdpSock *s, DropReason why)
{
    while (has_waiting(s))
        packet_drop(take_waiting(s).pkt, s->udp->node, NULL, why);
}

static void sock_free(UdpSock *s, DropReason why)
{
    Heap *heap = &s->udp->node->sim->heap;

    drop_waiting(s, why);
    g_free(s->ring);
    if (s->telling != NULL) {
        timer_stop(&s->telling->timer);
        if (s->telling->troubles != NULL)
            g_array_free(s->telling->troubles, TRUE);
        heap_give(heap, s->telling, sizeof *s->telling);
    }
    heap_give(heap, s, sizeof *s);
}

void udp_close(UdpSock *s)
{
    if (s->ended != NET_OK)
        g_ptr_array_remove(s->udp->ended, s);
    else
        unlink_sock(s);
    sock_free(s, DROP_UDP_CLOSED);
}

void udp_on_ready(UdpSock *s, void (*on_ready)(void *user), void *user)
{
    if (on_ready == NULL && s->telling == NULL)
        return;
    UdpTelling *t = telling(s);
    t->on_ready = on_ready;
    t->ready_user = user;
    if (has_waiting(s) || s->pending != NET_OK || s->ended != NET_OK)
        wake(s);
}

void udp_on_error(UdpSock *s, void (*on_error)(void *user, const IpError *err), void *user)
{
    UdpTelling *t = telling(s);

    t->on_error = on_error;
    t->error_user = user;
}

uint16_t udp_port(const UdpSock *s)
{
    return s->port;
}

Sched *udp_sched(const UdpSock *s)
{
    return &s->udp->node->sim->sched;
}

IpAddr udp_addr(const UdpSock *s)
{
    return s->addr;
}

NetError udp_connect(UdpSock *s, IpAddr addr, uint16_t port)
{
    if (s->ended != NET_OK)
        return (NetError)s->ended;
    if (is_wild(addr) || port == 0)
        return NET_EINVAL;
    if (ip_is_none(ip_source(s->udp->stack, addr)))
        return NET_ENETUNREACH;
    s->peer = addr;
    s->peer_port = port;
    return NET_OK;
}

void udp_set_ttl(UdpSock *s, uint8_t ttl)
{
    s->ttl = ttl;
}

void udp_set_df(UdpSock *s, bool df)
{
    s->df = df;
}

void udp_set_rcvbuf(UdpSock *s, size_t bytes)
{
    s->rcvbuf = bytes;
}

Packet *udp_receive_how(UdpSock *s, UdpArrival *how, NetError *err)
{
    *err = take_pending(s);
    if (*err != NET_OK)
        return NULL;
    if (!has_waiting(s)) {
        *err = NET_EAGAIN;
        return NULL;
    }
    Waiting w = take_waiting(s);
    *how = w.how;
    packet_write(w.pkt);
    return w.pkt;
}

Packet *udp_receive(UdpSock *s, IpAddr *from, uint16_t *from_port, NetError *err)
{
    UdpArrival how;
    Packet *pkt = udp_receive_how(s, &how, err);

    if (pkt != NULL) {
        *from = how.from;
        *from_port = how.port;
    }
    return pkt;
}

size_t udp_queued(const UdpSock *s)
{
    return s->ring != NULL ? s->ring->queued : 0;
}

UdpSock *const *udp_sockets(Udp *udp, size_t *n)
{
    *n = udp != NULL ? udp->socks->len : 0;
    if (udp == NULL)
        return NULL;
    return (UdpSock *const *)udp->socks->pdata;
}

/* --- life ------------------------------------------------------------------------------------- */

Udp *udp_new(Stack *stack)
{
    Udp *udp = heap_new0(&stack->node->sim->heap, Udp);

    udp->stack = stack;
    udp->node = stack->node;
    udp->buckets = udp->few;
    udp->mask = UDP_FEW - 1;
    return udp;
}

void udp_flush(Udp *udp)
{
    if (udp == NULL)
        return;
    while (udp->socks->len > 0) {
        UdpSock *s = udp->socks->pdata[0];
        unlink_sock(s);
        drop_waiting(s, DROP_LINK_HOST_DOWN);
        if (s->telling != NULL && s->telling->troubles != NULL)
            g_array_set_size(s->telling->troubles, 0);
        s->ended = NET_ENETDOWN;
        if (udp->ended == NULL)
            udp->ended = g_ptr_array_new();
        g_ptr_array_add(udp->ended, s);
        wake(s);
    }
}

void udp_free(Udp *udp)
{
    if (udp == NULL)
        return;
    for (guint i = 0; i < udp->socks->len; i++)
        sock_free(udp->socks->pdata[i], DROP_LINK_ENDED);
    for (guint i = 0; udp->ended != NULL && i < udp->ended->len; i++)
        sock_free(udp->ended->pdata[i], DROP_LINK_ENDED);
    vec_clear(&udp->node->sim->heap, udp->socks);
    if (udp->ended != NULL)
        g_ptr_array_free(udp->ended, TRUE);
    free_buckets(udp);
    heap_give(&udp->node->sim->heap, udp, sizeof *udp);
}
