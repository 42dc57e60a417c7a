/*
 * tcp_fastopen.c - TCP Fast Open: data rides on the SYN of who has a cookie that the server gave
 * it before, and is delivered before the handshake is over. RFC 7413.
 *
 * A cookie is SipHash-2-4 of the two addresses under the server's key, as Linux has it. Whoever
 * opens asks for one with an empty option, keeps it by address pair with the server's MSS, and
 * falls back to an ordinary handshake wherever anything is amiss: what the SYN-ACK does not
 * acknowledge goes again right behind it, a SYN that is repeated has neither data nor option.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "protocols/transport/siphash.h"

#include "sim/engine/rng.h"
#include "sim/engine/sim.h"

#include <string.h>

enum { COOKIE = 8, TYPICAL_MSS = 1460, PAUSE_DOUBLINGS = 6 };

static const SimTime RESET_COUNTS = MINUTE; /* §5.1: "until a timeout period has passed" */

/* What is known of a server: §4.1.3. */
typedef struct Server {
    IpAddr      local, remote;
    TcpFastOpen cookie;      /* n 0: none */
    uint32_t    mss;         /* that it announced last; 0: not known */
    enum { RFC_OPTION, TRY_EXPERIMENT, RFC_OPTION_AGAIN } ask; /* how, while there is no cookie */
    uint16_t    avoid_port;  /* §4.1.3.1: to this one */
    SimTime     avoid_until;
} Server;

void fastopen_init(Tcp *tcp)
{
    Rng rng;
    g_autofree char *name = g_strconcat("host:", tcp->node->name, ":fastopen", NULL);

    sim_rng(tcp->sim, name, &rng);
    for (size_t i = 0; i < TCP_FASTOPEN_KEY; i++)
        tcp->fast.key[i] = (uint8_t)rng_u64(&rng);
    tcp->fast.servers = g_array_new(FALSE, TRUE, sizeof(Server));
}

void fastopen_free(Tcp *tcp)
{
    g_array_free(tcp->fast.servers, TRUE);
}

/* --- the key ---------------------------------------------------------------------------------- */

/* "a0bf63f7-ed803d81-cd641d30-cebc4a90", Linux's way: each word stands with its lowest byte first
 * in the key. */
static bool parse_key(const char *text, uint8_t key[static TCP_FASTOPEN_KEY])
{
    g_auto(GStrv) words = g_strsplit(text, "-", -1);

    if (g_strv_length(words) != TCP_FASTOPEN_KEY / 4)
        return false;
    for (size_t i = 0; words[i] != NULL; i++) {
        size_t digits = strspn(words[i], "0123456789abcdefABCDEF");
        uint64_t word = g_ascii_strtoull(words[i], NULL, 16);
        if (digits == 0 || digits > 8 || words[i][digits] != '\0')
            return false;
        for (size_t k = 0; k < 4; k++)
            key[4 * i + k] = (uint8_t)(word >> 8 * k);
    }
    return true;
}

bool tcp_config_set_fastopen_key(TcpConfig *cfg, const char *text)
{
    g_auto(GStrv) keys = g_strsplit(text, ",", -1);
    guint n = g_strv_length(keys);
    uint8_t parsed[TCP_FASTOPEN_KEYS][TCP_FASTOPEN_KEY];

    if (n < 1 || n > TCP_FASTOPEN_KEYS)
        return false;
    for (guint i = 0; i < n; i++)
        if (!parse_key(g_strstrip(keys[i]), parsed[i]))
            return false;
    memcpy(cfg->fastopen_keys, parsed, n * TCP_FASTOPEN_KEY);
    cfg->n_fastopen_keys = n;
    return true;
}

static size_t put_address(uint8_t *p, IpAddr a)
{
    if (ip_is_v4(a)) {
        put32(p, ip_to_v4(a));
        return 4;
    }
    put32(p, (uint32_t)(a.hi >> 32));
    put32(p + 4, (uint32_t)a.hi);
    put32(p + 8, (uint32_t)(a.lo >> 32));
    put32(p + 12, (uint32_t)a.lo);
    return 16;
}

void tcp_fastopen_cookie(const uint8_t key[static TCP_FASTOPEN_KEY], IpAddr client, IpAddr server,
                         uint8_t cookie[static COOKIE])
{
    uint8_t addresses[32];
    size_t n = put_address(addresses, client);

    n += put_address(addresses + n, server);
    uint64_t hash = siphash(key, (Span){ addresses, n });
    for (size_t i = 0; i < COOKIE; i++)
        cookie[i] = (uint8_t)(hash >> 8 * i);
}

/* --- the server: §4.1.2, §4.2.2 ------------------------------------------------------------- */

/* The i-th key, of which the first makes cookies and all are good; NULL: there is none. */
static const uint8_t *key_at(const Listener *l, unsigned i)
{
    const TcpConfig *cfg = &l->tcp->cfg;

    if (l->fast.has_key)
        return i == 0 ? l->fast.key : NULL;
    if (cfg->n_fastopen_keys == 0)
        return i == 0 ? l->tcp->fast.key : NULL;
    return i < cfg->n_fastopen_keys ? cfg->fastopen_keys[i] : NULL;
}

/* IsCookieValid(): the place of the key that made it, -1 for none. */
static int find_key(const Listener *l, const Segment *seg)
{
    const TcpFastOpen *f = &seg->hdr.opt.fastopen;
    const uint8_t *key;
    uint8_t good[COOKIE];

    for (unsigned i = 0; f->n == COOKIE && (key = key_at(l, i)) != NULL; i++) {
        tcp_fastopen_cookie(key, seg->ip->src, seg->ip->dst, good);
        if (memcmp(good, f->cookie, COOKIE) == 0)
            return (int)i;
    }
    return -1;
}

static void grant_cookie(const Listener *l, Tcb *tcb, const Segment *seg)
{
    TcpFastOpen *f = &tcb_rare(tcb)->fast.option;

    *f = (TcpFastOpen){
        .present = true, .experimental = seg->hdr.opt.fastopen.experimental, .n = COOKIE,
    };
    tcp_fastopen_cookie(key_at(l, 0), seg->ip->src, seg->ip->dst, f->cookie);
}

static bool is_server(const TcpConfig *cfg, TcpFastOpenRole role)
{
    return role == TCP_FASTOPEN_SERVER || role == TCP_FASTOPEN_BOTH ||
           cfg->syn_data == TCP_SYN_DATA_EARLY;
}

bool fastopen_serves(const Listener *l)
{
    const TcpConfig *cfg = &l->tcp->cfg;

    return is_server(cfg, cfg->fastopen) && (l->fast.on || cfg->syn_data == TCP_SYN_DATA_TFO);
}

/* PendingFastOpenRequests; those that were reset count for a while. */
static bool has_room(Listener *l)
{
    const TcpConfig *cfg = &l->tcp->cfg;
    uint64_t limit = l->fast.limit != 0 ? l->fast.limit : cfg->fastopen_backlog;
    GArray *resets = l->fast.resets;
    SimTime now = sim_now(l->tcp->sim);

    while (resets->len > 0 && g_array_index(resets, SimTime, 0) <= now)
        g_array_remove_index(resets, 0);
    return l->fast.pending + resets->len < (limit != 0 ? limit : l->backlog);
}

static bool cookie_is_good(Listener *l, Tcb *tcb, const Segment *seg)
{
    Node *node = l->tcp->node;
    int key = seg->hdr.opt.fastopen.n > 0 ? find_key(l, seg) : -1;

    if (key == 0)
        return true;
    grant_cookie(l, tcb, seg); /* the right one for the next time */
    if (key > 0)
        node_count(node, COUNTER_TcpExtTCPFastOpenPassiveAltKey);
    else if (seg->hdr.opt.fastopen.n > 0)
        node_count(node, COUNTER_TcpExtTCPFastOpenPassiveFail);
    return key > 0;
}

bool fastopen_accepts(Listener *l, Tcb *tcb, const Segment *seg)
{
    const TcpConfig *cfg = &l->tcp->cfg;
    const TcpFastOpen *f = &seg->hdr.opt.fastopen;
    Node *node = l->tcp->node;

    if (cfg->syn_data == TCP_SYN_DATA_EARLY) /* counterfactual: it believes whoever sends data */
        return seg->text.n > 0;
    if (!fastopen_serves(l) || (!f->present && seg->text.n == 0))
        return false;
    if (f->present && f->n == 0)
        node_count(node, COUNTER_TcpExtTCPFastOpenCookieReqd);
    if (!has_room(l)) {
        node_count(node, COUNTER_TcpExtTCPFastOpenListenOverflow);
        return false;
    }
    bool good = l->fast.cookieless || is_server(cfg, cfg->fastopen_cookieless) ||
                (f->present && cookie_is_good(l, tcb, seg));
    if (good)
        node_count(node, COUNTER_TcpExtTCPFastOpenPassive);
    return good;
}

void fastopen_open(Listener *l, Tcb *tcb, const Segment *seg)
{
    FastOpen *f = &tcb_rare(tcb)->fast;

    half_close(tcb);
    f->child = true;
    f->pending = l;
    l->fast.pending++;
    tcb_flow(tcb);
    tcp_loss_init(tcb); /* §4.2.2, step 6 */
    hold_text_of_syn(tcb, seg);
    Conn *c = conn_new(tcb);
    c->connected = true;
    listener_queue(l, c);
    deliver_waiting(tcb);
    f->sent = (uint32_t)tcb->flow->bytes_received;
    f->accepted = f->sent > 0;
    tcb->rcv_adv = tcb->rcv_nxt + tcp_syn_window(tcb);
}

void fastopen_release(Tcb *tcb)
{
    if (tcb->rare->fast.pending == NULL)
        return;
    tcb->rare->fast.pending->fast.pending--;
    tcb->rare->fast.pending = NULL;
}

void fastopen_reset(Tcb *tcb)
{
    Listener *l = tcb->rare->fast.pending;

    if (l == NULL)
        return;
    SimTime until = sim_now(tcb->tcp->sim) + RESET_COUNTS;
    g_array_append_val(l->fast.resets, until);
    fastopen_release(tcb);
}

void listener_set_fastopen(Listener *l, uint64_t limit)
{
    l->fast.on = true;
    l->fast.limit = limit;
}

void listener_unset_fastopen(Listener *l)
{
    l->fast.on = false;
}

void listener_set_fastopen_key(Listener *l, const uint8_t key[static TCP_FASTOPEN_KEY])
{
    memcpy(l->fast.key, key, TCP_FASTOPEN_KEY);
    l->fast.has_key = true;
}

void listener_set_cookieless(Listener *l, bool on)
{
    l->fast.cookieless = on;
}

/* --- the client: §4.1.3, §4.2.1, §4.2.2 --------------------------------------------------- */

static bool is_client(TcpFastOpenRole role)
{
    return role == TCP_FASTOPEN_CLIENT || role == TCP_FASTOPEN_BOTH;
}

static Server *find_server(const Tcp *tcp, IpAddr local, IpAddr remote)
{
    for (guint i = 0; i < tcp->fast.servers->len; i++) {
        Server *s = &g_array_index(tcp->fast.servers, Server, i);
        if (ip_equal(s->remote, remote) && ip_equal(s->local, local))
            return s;
    }
    return NULL;
}

static Server *keep_server(Tcp *tcp, IpAddr local, IpAddr remote)
{
    Server *known = find_server(tcp, local, remote);

    if (known != NULL)
        return known;
    Server fresh = { .local = local, .remote = remote };
    g_array_append_val(tcp->fast.servers, fresh);
    return find_server(tcp, local, remote);
}

void tcp_fastopen_forget(Tcp *tcp)
{
    g_array_set_size(tcp->fast.servers, 0);
}

/* Linux leaves Fast Open be on the whole host for a time when a path seems to swallow it; each time
 * for twice as long. */
static void pause_host(Tcp *tcp)
{
    if (tcp->cfg.fastopen_blackhole == 0)
        return;
    tcp->fast.pauses++;
    tcp->fast.paused_at = sim_now(tcp->sim);
    node_count(tcp->node, COUNTER_TcpExtTCPFastOpenBlackhole);
}

static bool is_paused(const Tcp *tcp)
{
    unsigned doublings = MIN(tcp->fast.pauses - 1, PAUSE_DOUBLINGS);

    if (tcp->fast.pauses == 0 || tcp->cfg.fastopen_blackhole == 0)
        return false;
    return sim_now(tcp->sim) < tcp->fast.paused_at + (tcp->cfg.fastopen_blackhole << doublings);
}

/* How much text a SYN takes: what the server announced before and what the path takes, with all the
 * room for options left to who wants to add some on the way. `ip_options`: bytes of our own. */
static uint32_t room_in_syn(Tcp *tcp, const Server *s, IpAddr remote, uint32_t ip_options)
{
    bool linux_ = tcp->cfg.profile == TCP_PROFILE_LINUX;
    uint32_t ours = tcp_rcv_mss(tcp, remote);
    uint32_t mss = s != NULL && s->mss != 0 ? s->mss : linux_ ? ours : TCP_MSS_DEFAULT;

    mss = MIN(MIN(mss, ours), TYPICAL_MSS); /* §4.1.3 */
    uint32_t options = TCP_OPTIONS_MAX + ip_options;
    return mss > options ? mss - options : 0;
}

typedef enum Way { PLAIN, ASK, WITH_COOKIE, COOKIELESS } Way;

static bool is_avoided(const Tcp *tcp, const Server *s, uint16_t port)
{
    return s != NULL && s->avoid_port == port && sim_now(tcp->sim) < s->avoid_until;
}

/* How a SYN to that server goes. */
static Way way_to(const Tcp *tcp, const Server *s, uint16_t port, bool cookieless)
{
    if (!is_client(tcp->cfg.fastopen) || is_paused(tcp) || is_avoided(tcp, s, port))
        return PLAIN;
    if (cookieless || is_client(tcp->cfg.fastopen_cookieless))
        return COOKIELESS;
    return s != NULL && s->cookie.n > 0 ? WITH_COOKIE : ASK;
}

bool tcp_fastopen_ready(Tcp *tcp, IpAddr local, IpAddr remote, uint16_t port, bool cookieless,
                        size_t *room)
{
    if (ip_is_none(local) || ip_is_any(local))
        local = ip_source(tcp->stack, remote);
    const Server *s = find_server(tcp, local, remote);
    Way way = way_to(tcp, s, port, cookieless);

    *room = way == WITH_COOKIE || way == COOKIELESS ? room_in_syn(tcp, s, remote, 0) : 0;
    return *room > 0;
}

uint32_t fastopen_ask(Tcb *tcb, size_t n, bool cookieless)
{
    Tcp *tcp = tcb->tcp;
    const Server *s = find_server(tcp, tcb->local, tcb->remote);
    Way way = way_to(tcp, s, tcb->remote_port, cookieless);

    if (way == PLAIN)
        return 0;
    FastOpen *f = &tcb_rare(tcb)->fast;
    f->after_pause = tcp->fast.pauses > 0;
    f->asks = way == ASK;
    f->asked = way != COOKIELESS;
    f->option.experimental = s != NULL && s->ask == TRY_EXPERIMENT;
    if (way == WITH_COOKIE)
        f->option = s->cookie;
    f->option.present = f->asked;
    if (way != ASK)
        f->sent = (uint32_t)MIN(n, room_in_syn(tcp, s, tcb->remote, tcb->rare->ip_options.len));
    return f->sent;
}

/* §4.1.3.1, and the end of §4.2.1. */
static void avoid(Tcb *tcb, Server *s)
{
    s->avoid_port = tcb->remote_port;
    s->avoid_until = sim_now(tcb->tcp->sim) + tcb->tcp->cfg.fastopen_avoid;
}

/* Linux asks with the other option once, and never again. */
static void ask_otherwise(Tcb *tcb, Server *s)
{
    if (tcb->tcp->cfg.profile != TCP_PROFILE_LINUX || tcb->retransmits > 0 || s->cookie.n > 0)
        return;
    s->ask = s->ask == RFC_OPTION ? TRY_EXPERIMENT : RFC_OPTION_AGAIN;
}

bool fastopen_was_on_syn(const Tcb *tcb, TcpSeq seq)
{
    return !tcb->passive && tcb->backoff == 0 && tcb->flow->bytes_acked < tcb->rare->fast.sent &&
           seq_lt(seq, tcb->iss + 1 + tcb->rare->fast.sent);
}

/* "The client SHOULD retransmit any unacknowledged data in the first ACK packet." */
void fastopen_resend(Tcb *tcb)
{
    if (fastopen_was_on_syn(tcb, tcb->snd_una))
        tcp_loss_resize(tcb, 0);
}

void fastopen_answered(Tcb *tcb, const Segment *seg)
{
    const TcpOptions *opt = &seg->hdr.opt;
    FastOpen *f = &tcb->rare->fast;

    if (!f->asked && f->sent == 0)
        return;
    bool taken = seq_geq(tcb->snd_una, tcb->iss + 1 + f->sent);
    Server *s = keep_server(tcb->tcp, tcb->local, tcb->remote);
    s->mss = opt->has_mss ? opt->mss : TCP_MSS_DEFAULT;
    if (f->asked && opt->fastopen.n > 0) {
        s->cookie = opt->fastopen;
    } else {
        if (f->asks)
            ask_otherwise(tcb, s);
        if (f->asks || !taken)
            avoid(tcb, s);
    }
    if (f->sent == 0)
        return;
    f->accepted = taken;
    node_count(tcb->tcp->node, taken ? COUNTER_TcpExtTCPFastOpenActive
                                     : COUNTER_TcpExtTCPFastOpenActiveFail);
    fastopen_resend(tcb);
}

void fastopen_timed_out(Tcb *tcb, bool last)
{
    if ((tcb->rare->fast.asked || tcb->rare->fast.sent > 0) &&
        (tcb->retries == 2 || (tcb->retries < 2 && last)))
        pause_host(tcb->tcp);
}

/* Nothing but a FIN behind a gap ever came: what lies between seems to be swallowed. */
static bool only_a_fin_came(const Tcb *tcb)
{
    return tcb->flow->bytes_received == 0 && tcb->fin_seen && !tcb->fin_received &&
           tcb->flow->reass.n == 0;
}

void fastopen_end(Tcb *tcb, NetError error)
{
    Tcp *tcp = tcb->tcp;
    bool refused = error == NET_OK || error == NET_ECONNREFUSED || error == NET_ECONNABORTED;

    fastopen_release(tcb);
    if (!tcb->rare->fast.asked)
        return;
    if (only_a_fin_came(tcb))
        pause_host(tcp);
    else if (tcb->flow->bytes_received > 0 && tcb->rare->fast.after_pause)
        tcp->fast.pauses = 0;
    if (tcb->snd_una == tcb->iss && !refused)
        avoid(tcb, keep_server(tcp, tcb->local, tcb->remote));
}
