/*
 * pkt_sockopt.c - socket options.
 *
 * TCP's knobs are the host's: an option that changes one is for scripts with one connection at a
 * time, and is refused, as not supported, where it could reach another.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <inttypes.h>
#include <string.h>

typedef struct Opt {
    PktRun         *run;
    PktSock        *s;
    const PktValue *value; /* inside the brackets, as a rule */
    int64_t         num;
    PktOutcome     *out;
} Opt;

static bool is_alone(const Opt *o)
{
    unsigned others = 0;

    for (guint i = 0; i < o->run->socks->len; i++) {
        const PktSock *s = g_ptr_array_index(o->run->socks, i);
        others += s != o->s && (s->kind == PKT_CONN || s->kind == PKT_TCP);
    }
    return others == 0;
}

/* A knob of the host, for the socket's sake. */
static bool set_host(const Opt *o)
{
    if (!is_alone(o))
        return pkt_call_lacks(o->out, "an option of TCP for one of several sockets");
    tcp_set_config(stack_tcp(o->run->stack), &o->run->settings.stack.tcp);
    return pkt_done(o->out, 0);
}

static bool got(const Opt *o, int64_t value)
{
    if (o->value != NULL && o->value->kind == PKT_INT && o->num != value)
        pkt_wrong(o->out, "got [%" PRId64 "], expected [%" PRId64 "]", value, o->num);
    return pkt_done(o->out, 0);
}

static bool is_connected(const PktSock *s)
{
    return s->kind == PKT_CONN;
}

/* --- one function an option ------------------------------------------------------------------- */

static bool set_nothing(const Opt *o)
{
    return pkt_done(o->out, 0);
}

static bool set_reuse(const Opt *o)
{
    o->s->reuse = o->num != 0;
    return pkt_done(o->out, 0);
}

static bool get_reuse(const Opt *o)
{
    return got(o, o->s->reuse);
}

static bool get_error(const Opt *o)
{
    const char *error = pkt_sock_error(o->s, true);

    return got(o, error != NULL ? pkt_errno(error) : 0);
}

/* Linux doubles what it is told, for its bookkeeping, and no longer lets it grow. */
static bool set_sndbuf(const Opt *o)
{
    TcpConfig *cfg = &o->run->settings.stack.tcp;
    int64_t doubled = cfg->offload ? 2 : 1;

    o->s->sndbuf = MAX(o->num, 2304); /* SOCK_MIN_SNDBUF, halved */
    if (is_connected(o->s)) {
        conn_set_sndbuf(o->s->conn, (uint64_t)(doubled * o->s->sndbuf));
        return pkt_done(o->out, 0);
    }
    cfg->sndbuf = cfg->sndbuf_max = (uint64_t)(doubled * o->s->sndbuf);
    return set_host(o);
}

static bool set_notsent_lowat(const Opt *o)
{
    o->s->notsent_lowat = o->num;
    if (is_connected(o->s)) {
        conn_set_notsent_lowat(o->s->conn, (uint32_t)o->num);
        return pkt_done(o->out, 0);
    }
    o->run->settings.stack.tcp.notsent_lowat = (uint64_t)o->num;
    return set_host(o);
}

static bool get_notsent_lowat(const Opt *o)
{
    return got(o, o->s->notsent_lowat);
}

static bool get_sndbuf(const Opt *o)
{
    return got(o, o->s->sndbuf != 0 ? 2 * o->s->sndbuf
                                    : (int64_t)o->run->settings.stack.tcp.sndbuf);
}

static bool set_rcvbuf(const Opt *o)
{
    TcpConfig *cfg = &o->run->settings.stack.tcp;

    if (o->s->kind == PKT_UDP) {
        if (o->s->udp != NULL)
            udp_set_rcvbuf(o->s->udp, (size_t)MAX(o->num, 1));
        return pkt_done(o->out, 0);
    }
    if (is_connected(o->s))
        return pkt_call_lacks(o->out, "SO_RCVBUF of a connection");
    o->s->rcvbuf = MAX(o->num, 1152); /* SOCK_MIN_RCVBUF, halved */
    cfg->rcvbuf = (uint64_t)o->s->rcvbuf;
    cfg->rcvbuf_max = 0; /* nor will it grow: the window's shift is for what it is */
    return set_host(o);
}

/* FreeBSD tells what was said, and of a connection what holds whole segments. */
static bool get_bsd_rcvbuf(const Opt *o)
{
    int64_t size = o->s->rcvbuf != 0 ? o->s->rcvbuf
                                     : (int64_t)o->run->settings.stack.tcp.rcvbuf;
    TcpInfo info;

    if (!is_connected(o->s))
        return got(o, size);
    conn_info(o->s->conn, &info);
    int64_t mss = MAX(info.mss + (info.timestamps ? 12 : 0), 1); /* options count as text */
    return got(o, info.state > TCP_SYN_SENT ? (size + mss - 1) / mss * mss : size);
}

static bool get_rcvbuf(const Opt *o)
{
    if (o->run->settings.stack.tcp.profile == TCP_PROFILE_FREEBSD)
        return get_bsd_rcvbuf(o);
    return got(o, o->s->rcvbuf != 0 ? 2 * o->s->rcvbuf
                                    : (int64_t)o->run->settings.stack.tcp.rcvbuf);
}

static bool set_linger(const Opt *o)
{
    const PktValue *on = pkt_field(o->value, "onoff", 0), *time = pkt_field(o->value, "linger", 1);

    if (on == NULL || time == NULL)
        return pkt_errs(o->out, "EINVAL");
    o->s->linger = on->num != 0;
    o->s->linger_time = time->num;
    return pkt_done(o->out, 0);
}

/* What the socket has set so far, to its connection, or to those that are still to come. */
static bool set_probing(const Opt *o)
{
    PktSock *s = o->s;
    TcpConfig *cfg = &o->run->settings.stack.tcp;

    if (is_connected(s)) {
        conn_set_keepalive(s->conn, s->keepalive, s->keep_idle, s->keep_interval,
                           (uint64_t)s->keep_probes);
        return pkt_done(o->out, 0);
    }
    cfg->keepalive = s->keepalive;
    cfg->keepalive_time = s->keep_idle != 0 ? s->keep_idle : cfg->keepalive_time;
    cfg->keepalive_interval = s->keep_interval != 0 ? s->keep_interval : cfg->keepalive_interval;
    cfg->keepalive_probes = s->keep_probes != 0 ? (uint64_t)s->keep_probes : cfg->keepalive_probes;
    return set_host(o);
}

static bool set_keepalive(const Opt *o)
{
    o->s->keepalive = o->num != 0;
    return set_probing(o);
}

static bool set_keep_idle(const Opt *o)
{
    o->s->keep_idle = o->num * SEC;
    return o->num < 1 ? pkt_errs(o->out, "EINVAL") : set_probing(o);
}

static bool set_keep_interval(const Opt *o)
{
    o->s->keep_interval = o->num * SEC;
    return o->num < 1 ? pkt_errs(o->out, "EINVAL") : set_probing(o);
}

static bool set_keep_probes(const Opt *o)
{
    o->s->keep_probes = o->num;
    return o->num < 1 ? pkt_errs(o->out, "EINVAL") : set_probing(o);
}

/* In milliseconds; 0: the host's. */
static bool set_user_timeout(const Opt *o)
{
    if (o->num < 0)
        return pkt_errs(o->out, "EINVAL");
    if (is_connected(o->s)) {
        conn_set_user_timeout(o->s->conn, o->num * MSEC);
        return pkt_done(o->out, 0);
    }
    o->run->settings.stack.tcp.user_timeout = o->num * MSEC;
    return set_host(o);
}

static bool set_cork(const Opt *o)
{
    if (!is_connected(o->s))
        return pkt_call_lacks(o->out, "TCP_CORK before there is a connection");
    conn_set_cork(o->s->conn, o->num != 0);
    return pkt_done(o->out, 0);
}

static bool set_tos(const Opt *o)
{
    if (o->num < 0 || o->num > 255)
        return pkt_errs(o->out, "EINVAL");
    if (o->s->kind == PKT_UDP)
        return pkt_call_lacks(o->out, "IP_TOS of UDP");
    if (is_connected(o->s)) {
        conn_set_tos(o->s->conn, (uint8_t)o->num);
        return pkt_done(o->out, 0);
    }
    o->run->settings.stack.tcp.tos = (uint64_t)o->num;
    return set_host(o);
}

static bool set_nodelay(const Opt *o)
{
    if (is_connected(o->s)) {
        conn_set_nodelay(o->s->conn, o->num != 0);
        return pkt_done(o->out, 0);
    }
    o->run->settings.stack.tcp.nagle = o->num == 0;
    return set_host(o);
}

static bool set_zerocopy(const Opt *o)
{
    o->s->zerocopy = o->num != 0;
    return o->num == 0 || o->num == 1 ? pkt_done(o->out, 0) : pkt_errs(o->out, "EINVAL");
}

/* All of what is asked of sending, counted by bytes (OPT_ID): what scripts use of it. */
static bool set_timestamping(const Opt *o)
{
    bool all = pkt_value_has(o->value, "SOF_TIMESTAMPING_OPT_ID") &&
               pkt_value_has(o->value, "SOF_TIMESTAMPING_TX_SCHED") &&
               pkt_value_has(o->value, "SOF_TIMESTAMPING_TX_SOFTWARE") &&
               pkt_value_has(o->value, "SOF_TIMESTAMPING_TX_ACK") &&
               pkt_value_has(o->value, "SOF_TIMESTAMPING_SOFTWARE");

    if (!all || !is_connected(o->s))
        return pkt_call_lacks(o->out, "SO_TIMESTAMPING but for all stages of a connection's sends");
    o->s->stamps = true;
    o->s->stamps_from = o->s->written;
    return pkt_done(o->out, 0);
}

static bool set_inq(const Opt *o)
{
    o->s->inq = o->num != 0;
    return o->num == 0 || o->num == 1 ? pkt_done(o->out, 0) : pkt_errs(o->out, "EINVAL");
}

/* Linux's IP_PMTUDISC_DONT is 0; the others differ in what an unconnected socket does. */
static bool set_mtu_discover(const Opt *o)
{
    o->run->settings.stack.tcp.path_mtu_discovery = !pkt_value_has(o->value, "IP_PMTUDISC_DONT");
    return set_host(o);
}

static bool set_maxseg(const Opt *o)
{
    if (is_connected(o->s))
        return pkt_call_lacks(o->out, "TCP_MAXSEG of a connection");
    if (o->num < 88 || o->num > 32767) /* Linux's bounds */
        return pkt_errs(o->out, "EINVAL");
    o->s->maxseg = o->num;
    if (o->s->kind == PKT_LISTENER)
        pkt_own_mss(o->run, o->s);
    return pkt_done(o->out, 0);
}

static bool get_maxseg(const Opt *o)
{
    TcpInfo info;

    if (!is_connected(o->s))
        return got(o, o->s->maxseg != 0 ? o->s->maxseg : 536);
    conn_info(o->s->conn, &info);
    return got(o, info.mss);
}

static bool set_syn_retries(const Opt *o)
{
    if (o->num < 1 || o->num > 127)
        return pkt_errs(o->out, "EINVAL");
    o->s->syn_retries = o->num;
    if (is_connected(o->s))
        conn_set_syn_retries(o->s->conn, (uint64_t)o->num);
    return pkt_done(o->out, 0);
}

static bool get_syn_retries(const Opt *o)
{
    return got(o, o->s->syn_retries != 0 ? o->s->syn_retries
                                         : (int64_t)o->run->settings.stack.tcp.syn_retries);
}

static bool set_linger2(const Opt *o)
{
    o->run->settings.stack.tcp.fin_timeout = o->num * SEC;
    return set_host(o);
}

static bool set_congestion(const Opt *o)
{
    const Knob *knob = knob_find(tcp_knobs, "congestion");
    const char *name = o->value != NULL && o->value->kind == PKT_STRING ? o->value->text : "";

    if (strcmp(name, "reno") == 0)
        name = "newreno";
    if (!knob_set_text(knob, &o->run->settings.stack.tcp, name, NULL))
        return pkt_call_lacks(o->out, "this congestion control");
    return set_host(o);
}

static bool set_ttl(const Opt *o)
{
    if (o->num < 1 || o->num > 255)
        return pkt_errs(o->out, "EINVAL");
    if (o->s->kind == PKT_UDP) {
        if (o->s->udp != NULL)
            udp_set_ttl(o->s->udp, (uint8_t)o->num);
        return pkt_done(o->out, 0);
    }
    if (is_connected(o->s)) {
        conn_set_ttl(o->s->conn, (uint8_t)o->num);
        return pkt_done(o->out, 0);
    }
    o->run->settings.stack.tcp.ttl = (uint64_t)o->num;
    return set_host(o);
}

typedef struct OptRow {
    const char *name;
    bool      (*set)(const Opt *o); /* NULL: not here */
    bool      (*get)(const Opt *o);
} OptRow;

static const OptRow rows[] = {
    { "SO_REUSEADDR", set_reuse, get_reuse },
    { "SO_REUSEPORT", set_nothing, NULL },
    { "SO_ERROR", NULL, get_error },
    { "SO_SNDBUF", set_sndbuf, get_sndbuf },
    { "SO_RCVBUF", set_rcvbuf, get_rcvbuf },
    { "SO_LINGER", set_linger, NULL },
    { "SO_KEEPALIVE", set_keepalive, NULL },
    { "TCP_KEEPIDLE", set_keep_idle, NULL },
    { "TCP_KEEPINTVL", set_keep_interval, NULL },
    { "TCP_KEEPCNT", set_keep_probes, NULL },
    { "TCP_USER_TIMEOUT", set_user_timeout, NULL },
    { "TCP_CORK", set_cork, NULL },
    { "TCP_NODELAY", set_nodelay, NULL },
    { "TCP_MAXSEG", set_maxseg, get_maxseg },
    { "TCP_SYNCNT", set_syn_retries, get_syn_retries },
    { "TCP_LINGER2", set_linger2, NULL },
    { "TCP_CONGESTION", set_congestion, NULL },
    { "SO_ZEROCOPY", set_zerocopy, NULL },
    { "SO_TIMESTAMPING", set_timestamping, NULL },
    { "SO_MARK", set_nothing, NULL },
    { "TCP_INQ", set_inq, NULL },
    { "TCP_NOTSENT_LOWAT", set_notsent_lowat, get_notsent_lowat },
    { "IP_MTU_DISCOVER", set_mtu_discover, NULL },
    { "IP_TTL", set_ttl, NULL },
    { "IP_TOS", set_tos, NULL },
    { "IP_FREEBIND", set_nothing, NULL },
};

/* --- the calls -------------------------------------------------------------------------------- */

static bool option(PktRun *run, const PktCall *call, bool set, PktOutcome *out)
{
    const PktValue *name = pkt_arg_value(call, 2), *value = pkt_arg_value(call, 3);
    Opt o = { .run = run, .s = pkt_sock(run, pkt_arg(call, 0, -1)), .value = value, .out = out };

    if (o.s == NULL)
        return pkt_errs(out, "EBADF");
    if (value != NULL && value->kind == PKT_LIST)
        o.value = pkt_field(value, "", 0);
    if (o.value != NULL && o.value->kind == PKT_INT)
        o.num = o.value->num;
    PktFastOption fast = set && name != NULL && name->text ? pkt_fast_option(name->text) : NULL;
    if (fast != NULL)
        return fast(run, o.s, call, out);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        bool (*does)(const Opt *o) = set ? rows[i].set : rows[i].get;
        if (name != NULL && name->text != NULL && strcmp(rows[i].name, name->text) == 0 &&
            does != NULL)
            return does(&o);
    }
    g_autofree char *what = g_strdup_printf("%s of %s", call->name,
                                            name != NULL && name->text ? name->text : "a number");
    return pkt_call_lacks(out, what);
}

bool pkt_setsockopt(PktRun *run, const PktCall *call, PktOutcome *out)
{
    return option(run, call, true, out);
}

bool pkt_getsockopt(PktRun *run, const PktCall *call, PktOutcome *out)
{
    return option(run, call, false, out);
}

const char *pkt_option_lacks(const PktCall *call)
{
    const PktValue *name = pkt_arg_value(call, 2);
    bool set = strcmp(call->name, "setsockopt") == 0;

    if ((!set && strcmp(call->name, "getsockopt") != 0) || name == NULL || name->text == NULL)
        return NULL;
    if (set && pkt_fast_option(name->text) != NULL)
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].name, name->text) == 0)
            return (set ? rows[i].set : rows[i].get) != NULL ? NULL : name->text;
    return name->text;
}
