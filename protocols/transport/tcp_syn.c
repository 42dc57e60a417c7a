/*
 * tcp_syn.c - the passive OPEN: listeners, their half-open connections and accept queues; and where
 * initial sequence numbers come from. RFC 9293 §3.10.7.2, RFC 6528, RFC 4987.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_handshake.h"
#include "protocols/transport/tcp_route.h"

/* --- initial sequence numbers ----------------------------------------------------------------- */

void tcp_isn_init(Tcp *tcp)
{
    g_autofree char *name = g_strconcat("host:", tcp->node->name, ":isn", NULL);

    sim_rng(tcp->sim, name, &tcp->isn_rng);
    tcp->isn_key[0] = rng_u64(&tcp->isn_rng);
    tcp->isn_key[1] = rng_u64(&tcp->isn_rng);
}

uint64_t tcp_mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* RFC 6528 §3: F(localip, localport, remoteip, remoteport, secretkey). A keyed mix will do: nobody
 * outside of the simulated host can compute it, and no other attacker exists. */
TcpSeq tcp_keyed(const Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote,
                 uint16_t remote_port)
{
    uint64_t words[] = { local.hi, local.lo, remote.hi, remote.lo,
                         (uint64_t)local_port << 16 | remote_port };
    uint64_t x = tcp->isn_key[0];

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        x = tcp_mix(x ^ words[i]) + tcp->isn_key[1];
    return (TcpSeq)(tcp_mix(x) >> 32);
}

TcpSeq tcp_isn(Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote, uint16_t remote_port)
{
    const TcpConfig *cfg = &tcp->cfg;
    TcpSeq clock = (TcpSeq)(sim_now(tcp->sim) / (4 * USEC)); /* RFC 9293 §3.4.1, MUST-8 */

    switch (cfg->isn) {
    case TCP_ISN_CLOCK:
        return clock;
    case TCP_ISN_FIXED:
        return cfg->n_isn > 0 ? cfg->isn_list[0] : 0;
    case TCP_ISN_CLOCK4MS:
        return (TcpSeq)(sim_now(tcp->sim) / (4 * MSEC));
    case TCP_ISN_RANDOM:
        return (TcpSeq)rng_u64(&tcp->isn_rng);
    case TCP_ISN_COUNTER64K: /* as hosts did whose number one could guess */
        return tcp->isns_used++ * 64000u;
    case TCP_ISN_LIST:
        if (cfg->n_isn == 0)
            return 0;
        if (tcp->isns_used < cfg->n_isn)
            tcp->isns_used++;
        return cfg->isn_list[tcp->isns_used - 1];
    case TCP_ISN_RFC6528:
        break;
    }
    return clock + tcp_keyed(tcp, local, local_port, remote, remote_port);
}

/* --- listeners -------------------------------------------------------------------------------- */

static bool overlap(IpAddr a, IpAddr b)
{
    return ip_is_any(a) || ip_is_any(b) || ip_equal(a, b);
}

Listener *tcp_find_listener(const Tcp *tcp, IpAddr addr, uint16_t port)
{
    Listener *any = NULL;

    for (unsigned i = 0; i < tcp->listeners->len; i++) {
        Listener *l = g_ptr_array_index(tcp->listeners, i);
        if (l->port != port)
            continue;
        if (ip_equal(l->addr, addr))
            return l;
        if (ip_is_any(l->addr))
            any = l;
    }
    return any;
}

/* Is the port in the way of a new listener? RFC 9293 §3.9.1.1, MUST-42: not in SYN-SENT and
 * SYN-RECEIVED. */
static bool port_taken(const Tcp *tcp, IpAddr addr, uint16_t port, bool reuse_addr)
{
    for (unsigned i = 0; i < tcp->listeners->len; i++) {
        const Listener *l = g_ptr_array_index(tcp->listeners, i);
        if (l->port == port && overlap(l->addr, addr))
            return true;
    }
    if (reuse_addr)
        return false;
    for (size_t i = 0; i < tcp->table.cap; i++) {
        const Tcb *tcb = tcp->table.slots[i];
        if (tcb != NULL && tcb->local_port == port && overlap(tcb->local, addr) &&
            ((tcb->state != TCP_SYN_SENT && tcb->state != TCP_SYN_RECEIVED) ||
             tcb->rare->resting != NULL))
            return true;
    }
    return false;
}

static uint16_t listen_port(Tcp *tcp, IpAddr addr)
{
    for (uint64_t port = tcp->cfg.port_min; port <= tcp->cfg.port_max; port++)
        if (!port_taken(tcp, addr, (uint16_t)port, false))
            return (uint16_t)port;
    return 0;
}

Listener *tcp_listen(Tcp *tcp, IpAddr addr, uint16_t port, uint64_t backlog, bool reuse_addr,
                     NetError *err)
{
    if (ip_is_none(addr))
        addr = IP4_ANY;
    *err = NET_EADDRNOTAVAIL;
    if (!ip_is_any(addr) && !ip_is_local(tcp->stack, addr))
        return NULL;
    *err = NET_EADDRINUSE;
    if (port == 0)
        port = listen_port(tcp, addr);
    if (port == 0 || port_taken(tcp, addr, port, reuse_addr))
        return NULL;
    *err = NET_OK;

    Listener *l = g_new0(Listener, 1);
    l->tcp = tcp;
    l->addr = addr;
    l->port = port;
    l->backlog = backlog != 0 ? backlog : tcp->cfg.backlog;
    l->uto = tcp->cfg.uto;
    l->fast.resets = g_array_new(FALSE, FALSE, sizeof(SimTime));
    g_ptr_array_add(tcp->listeners, l);
    trace_listener(l, NULL);
    return l;
}

void listener_on_ready(Listener *l, void (*on_ready)(void *user), void *user)
{
    l->wake.on_ready = on_ready;
    l->wake.user = user;
}

/* Linux asks whether more wait than the backlog says, so that one more than that may. */
bool listener_full(const Listener *l)
{
    return l->queued >= l->backlog + (l->tcp->cfg.profile == TCP_PROFILE_LINUX);
}

DropReason listener_overflow(Listener *l, const Segment *seg, uint32_t conn_id)
{
    Node *node = l->tcp->node;

    node_count(node, COUNTER_TcpExtListenOverflows);
    node_count(node, COUNTER_TcpExtListenDrops);
    if (l->tcp->cfg.accept_overflow == TCP_OVERFLOW_RST)
        tcp_refuse(l->tcp, seg, SENT_TCP_RST_ACCEPT_FULL, conn_id);
    return DROP_TCP_ACCEPT_QUEUE;
}

void listener_queue(Listener *l, Conn *c)
{
    if (l->last != NULL)
        l->last->next = c;
    else
        l->first = c;
    l->last = c;
    c->queued = true;
    l->queued++;
    wake(l->tcp, &l->wake);
}

Conn *listener_accept(Listener *l)
{
    Conn *c = l->first;

    if (c == NULL)
        return NULL;
    l->first = c->next;
    if (l->first == NULL)
        l->last = NULL;
    c->next = NULL;
    c->queued = false;
    l->queued--;
    return c;
}

/* Half-open connections go without a word: their third segment will find nobody. Nobody accepts
 * those that are ESTABLISHED any more: they are reset. */
static void drop_children(Listener *l)
{
    Tcp  *tcp = l->tcp;
    Conn *c;
    size_t n;
    Tcb **all = table_all(&tcp->table, &n);

    for (size_t i = 0; i < n; i++) {
        if (all[i]->rare->fast.pending == l)
            fastopen_release(all[i]);
        if (tcb_listener(all[i]) == l)
            tcb_end(all[i], NET_OK, "listener closes", "RFC 9293 §3.10.4");
    }
    g_free(all);
    while ((c = listener_accept(l)) != NULL) {
        conn_abort(c);
        conn_free(c);
    }
}

static void listener_free(Listener *l)
{
    g_array_free(l->fast.resets, TRUE);
    half_free(l);
    g_free(l);
}

void listener_end(Listener *l, const char *trigger)
{
    wake_stop(l->tcp, &l->wake);
    g_ptr_array_remove(l->ended ? l->tcp->ended : l->tcp->listeners, l);
    drop_children(l);
    if (!l->ended && trigger != NULL)
        trace_listener(l, trigger);
    listener_free(l);
}

void listener_close(Listener *l)
{
    if (l != NULL)
        listener_end(l, "listener closes");
}

void listeners_end(Tcp *tcp)
{
    for (unsigned i = 0; i < tcp->listeners->len; i++) {
        Listener *l = g_ptr_array_index(tcp->listeners, i);
        l->ended = true;
        drop_children(l);
        trace_listener(l, "host crashes");
        wake(l->tcp, &l->wake);
        g_ptr_array_add(tcp->ended, l);
    }
    g_ptr_array_set_size(tcp->listeners, 0);
}

static void free_all(GPtrArray *listeners)
{
    for (unsigned i = 0; i < listeners->len; i++) {
        Listener *l = g_ptr_array_index(listeners, i);
        Conn *c;
        while ((c = listener_accept(l)) != NULL)
            conn_drop(c);
        wake_stop(l->tcp, &l->wake);
        listener_free(l);
    }
    g_ptr_array_free(listeners, TRUE);
}

void listeners_free(Tcp *tcp)
{
    free_all(tcp->listeners);
    free_all(tcp->ended);
}

uint16_t listener_port(const Listener *l)
{
    return l->port;
}

IpAddr listener_addr(const Listener *l)
{
    return l->addr;
}

size_t listener_queued(const Listener *l)
{
    return l->queued;
}

size_t listener_half_open(const Listener *l)
{
    return l->half.n;
}

uint64_t listener_backlog(const Listener *l)
{
    return l->backlog;
}

void tcp_each_listener(Tcp *tcp, void (*fn)(void *self, const Listener *l), void *self)
{
    for (unsigned i = 0; tcp != NULL && i < tcp->listeners->len; i++)
        fn(self, g_ptr_array_index(tcp->listeners, i));
}

/* --- SEGMENT ARRIVES, LISTEN STATE: RFC 9293 §3.10.7.2 --------------------------------------- */

void take_syn(Tcb *tcb, const Segment *seg)
{
    uint32_t mss = seg->hdr.opt.has_mss ? seg->hdr.opt.mss : TCP_MSS_DEFAULT; /* MUST-15 */

    if (seg->ip->options.n > 0)
        tcp_take_route(tcb, seg);
    tcb->irs = seg->seq;
    tcb->rcv_nxt = tcb->ack_sent = seg->seq + 1;
    tcb->snd_wnd = tcb->max_snd_wnd = seg->wnd;
    tcb->snd_wl1 = seg->seq;
    tcb->snd_wl2 = seg->ack;
    if (tcb->tcp->cfg.profile == TCP_PROFILE_LINUX) /* TCP_MAXSEG holds for both directions */
        mss = MIN(mss, tcb->rcv_mss);
    uint32_t options = tcb->rare->ip_options.len; /* which the path's size is less already */
    tcb->snd_mss = MIN(tcb->snd_mss, MAX(mss, TCP_MSS_MIN + options) - options); /* MUST-16 */
    tcp_agree(tcb, &seg->hdr.opt);
    uto_take_syn(tcb, seg);
    tcb->rcv_adv = tcb->rcv_nxt + tcp_syn_window(tcb);
    tcb->cong.mss = tcb->snd_mss;
    ecn_take_syn(tcb, seg);
}

void hold_text_of_syn(Tcb *tcb, const Segment *seg)
{
    uint32_t n = (uint32_t)MIN(seg->text.n, tcb_window(tcb));

    if (n > 0) {
        lazy_store(tcb, 0, seg, n);
        reass_add(&tcb->flow->reass, tcb->rcv_nxt, tcb->rcv_nxt + n);
    }
    if ((seg->flags & TCP_FIN) && n == seg->text.n && n < tcb_window(tcb)) {
        tcb->fin_seen = true;
        tcb->rcv_fin = tcb->rcv_nxt + n;
    }
}

void keep_text_of_syn(Tcb *tcb, const Segment *seg)
{
    if (tcb->tcp->cfg.syn_data == TCP_SYN_DATA_RFC)
        hold_text_of_syn(tcb, seg);
}

/* RFC 9293 §3.6.1 (1): above everything that the connection in TIME-WAIT has used. */
static void start_above(Tcb *tcb, const Tcb *resting)
{
    enum { STEP = 65536 };

    if (seq_gt(tcb->iss, resting->snd_max))
        return;
    tcb_set_iss(tcb, resting->snd_max + STEP);
}

void listener_set_early(Listener *l)
{
    l->early = true;
}

/* The program has the connection before the handshake is over; it may CLOSE it in SYN-RECEIVED. */
static void hand_over(Listener *l, Tcb *tcb)
{
    half_close(tcb);
    listener_queue(l, conn_new(tcb));
}

static void accept_syn(Listener *l, const Segment *seg, Tcb *resting)
{
    Tcp *tcp = l->tcp;

    if (resting != NULL)
        table_remove(&tcp->table, resting);
    Tcb *tcb = tcb_new(tcp, seg->ip->dst, seg->hdr.dst_port, seg->ip->src, seg->hdr.src_port);
    node_count(tcp->node, COUNTER_TcpPassiveOpens);
    tcb->passive = true;
    half_open(l, tcb);
    tcb->state = TCP_LISTEN;
    if (resting != NULL) {
        tcb->state = TCP_TIME_WAIT;
        tcb_rare(tcb)->resting = resting;
        tcb_rare(resting)->pushed_by = tcb;
        start_above(tcb, resting);
    }
    take_syn(tcb, seg);
    tally_received(tcb, seg);
    bool two_way = tcp->cfg.handshake == TCP_TWO_WAY; /* LISTEN goes on to ESTABLISHED */
    bool fast = !two_way && resting == NULL && fastopen_accepts(l, tcb, seg);
    if (!two_way)
        tcp_set_state(tcb, TCP_SYN_RECEIVED, "SYN arrives", "RFC 9293 §3.10.7.2");
    if (fast)
        fastopen_open(l, tcb, seg);
    else if (tcp->cfg.syn_overflow != TCP_SYN_OVERFLOW_CACHE &&              /* RFC 4987 §3.5 */
             !(fastopen_serves(l) && seg->hdr.opt.fastopen.present)) /* RFC 7413 §5.1 */
        keep_text_of_syn(tcb, seg);
    if (l->early && !fast && !two_way)
        hand_over(l, tcb);
    handshake_answer(tcb, fast ? SENT_TCP_SYN_ACK_FAST : SENT_TCP_SYN_ACK);
    tcb_check(tcb);
}

DropReason in_listen(Listener *l, const Segment *seg, Tcb *resting)
{
    Node *node = l->tcp->node;

    if (seg->flags & TCP_RST) /* first */
        return DROP_TCP_LISTEN_RST;
    if (seg->flags & TCP_ACK) { /* second */
        tcp_refuse(l->tcp, seg, SENT_TCP_RST_LISTEN, 0);
        return DROP_TCP_LISTEN_ACK;
    }
    if (!(seg->flags & TCP_SYN)) /* fourth: what is left has neither */
        return DROP_TCP_LISTEN_OTHER;
    if (listener_full(l)) { /* third, if there is room for it */
        node_count(node, COUNTER_TcpExtListenOverflows);
        node_count(node, COUNTER_TcpExtListenDrops);
        return DROP_TCP_ACCEPT_QUEUE;
    }
    if (resting == NULL && cookie_use(l)) {
        cookie_answer(l, seg);
        return DROP_NONE;
    }
    if (half_full(l)) {
        node_count(node, COUNTER_TcpExtListenDrops);
        return DROP_TCP_SYN_BACKLOG;
    }
    half_make_room(l, seg);
    accept_syn(l, seg, resting);
    return DROP_NONE;
}
