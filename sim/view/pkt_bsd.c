/*
 * pkt_bsd.c - scripts for FreeBSD: its sysctls, each a knob of the host or of no meaning here, and
 * its commands for connections: sockstat counts them, tcpdrop ends them.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <stdlib.h>
#include <string.h>

typedef struct BsdSysctl {
    const char *name; /* behind "net.inet.tcp." */
    const char *only; /* the value that is to be had, NULL: any; it means nothing else here */
    const char *knob; /* of TCP */
    const char *unit; /* behind the number; "on": a switch */
} BsdSysctl;

static const BsdSysctl sysctls[] = {
    { "sack.enable", NULL, "sack", "on" },
    { "recvspace", NULL, "rcvbuf", "" },
    { "sendspace", NULL, "sndbuf", "" },
    { "delacktime", NULL, "delayed_ack_time", "ms" },
    { "rexmit_initial", NULL, "initial_rto", "ms" },
    { "keepidle", NULL, "keepalive_time", "ms" },
    { "keepintvl", NULL, "keepalive_interval", "ms" },
    { "keepcnt", NULL, "keepalive_probes", "" },
    { "path_mtu_discovery", NULL, "path_mtu_discovery", "on" },
    { "rexmit_slop", "200", NULL, NULL },
    { "rexmit_drop_options", "0", NULL, NULL },
    { "drop_synfin", "0", NULL, NULL },
    { "blackhole", "0", NULL, NULL },
    { "icmp_may_rst", "1", NULL, NULL },
    { "mssdflt", "536", NULL, NULL },
    { "udp_tunneling_port", "0", NULL, NULL },
    { "keepinit", "75000", NULL, NULL },
    { "ecn.maxretries", "1", NULL, NULL },
    { "tolerate_missing_ts", "0", NULL, NULL },
};

static bool set_by_knob(TcpConfig *cfg, const BsdSysctl *ctl, const char *value)
{
    const Knob *knob = knob_find(tcp_knobs, ctl->knob);
    bool on = strcmp(ctl->unit, "on") == 0;
    g_autofree char *text = on ? g_strdup(strcmp(value, "0") == 0 ? "false" : "true")
                               : g_strdup_printf("%s%s", value, ctl->unit);

    return knob_set_text(knob, cfg, text, NULL);
}

static void set_syncookies(TcpConfig *cfg, bool on, bool only)
{
    if (only)
        cfg->syncookies = on ? TCP_COOKIES_ALWAYS : TCP_COOKIES_AUTO;
    else
        cfg->syncookies = on ? TCP_COOKIES_AUTO : TCP_COOKIES_OFF;
}

/* Off forgets the cookies of servers. */
static void set_fastopen_client(PktSettings *set, bool on)
{
    set->stack.tcp.fastopen = on ? TCP_FASTOPEN_CLIENT : TCP_FASTOPEN_OFF;
    set->flush = set->flush || !on;
}

static bool set_tcp(PktSettings *set, const char *name, const char *value)
{
    TcpConfig *cfg = &set->stack.tcp;
    bool on = strcmp(value, "0") != 0;

    if (strcmp(name, "rfc1323") == 0)
        cfg->window_scale = cfg->timestamps = on;
    else if (strcmp(name, "ecn.enable") == 0)
        cfg->ecn = !on ? TCP_ECN_OFF : strcmp(value, "1") == 0 ? TCP_ECN_ON : TCP_ECN_PASSIVE;
    else if (strcmp(name, "insecure_rst") == 0 || strcmp(name, "insecure_syn") == 0)
        cfg->challenge_ack = !on;
    else if (strcmp(name, "syncookies") == 0)
        set_syncookies(cfg, on, false);
    else if (strcmp(name, "syncookies_only") == 0)
        set_syncookies(cfg, on, true);
    else if (strcmp(name, "fastopen.client_enable") == 0)
        set_fastopen_client(set, on);
    else if (strcmp(name, "hostcache.purgenow") == 0)
        set->flush = true;
    else
        for (size_t i = 0;; i++) {
            if (i == G_N_ELEMENTS(sysctls))
                return false;
            const BsdSysctl *ctl = &sysctls[i];
            if (strcmp(ctl->name, name) == 0)
                return ctl->knob != NULL ? set_by_knob(cfg, ctl, value)
                                         : strcmp(ctl->only, value) == 0;
        }
    return true;
}

bool pkt_bsd_sysctl(PktSettings *set, const char *word)
{
    static const char tcp[] = "net.inet.tcp.", most[] = "kern.ipc.maxsockbuf=";
    const char *eq = strchr(word, '=');

    if (eq == NULL || (!g_str_has_prefix(word, tcp) && !g_str_has_prefix(word, most)))
        return false;
    if (set->stack.tcp.profile != TCP_PROFILE_FREEBSD)
        tcp_config_set_profile(&set->stack.tcp, TCP_PROFILE_FREEBSD);
    if (g_str_has_prefix(word, most)) {
        set->stack.tcp.rcvbuf_max = g_ascii_strtoull(eq + 1, NULL, 10);
        return set->stack.tcp.rcvbuf_max >= 65536;
    }
    const char *name = word + strlen(tcp);
    g_autofree char *key = g_strndup(name, (size_t)(eq - name));
    return set_tcp(set, key, eq + 1);
}

/* --- sockstat --------------------------------------------------------------------------------- */

typedef struct Count {
    TcpState state;
    uint16_t port; /* 0: any */
    unsigned n;
} Count;

static void count_one(void *self, const TcpInfo *info)
{
    Count *c = self;

    c->n += info->state == c->state && (c->port == 0 || info->local_port == c->port);
}

/* Only those that a program still has. */
static void count_owned(PktRun *run, Count *c)
{
    for (guint i = 0; i < run->socks->len; i++) {
        const PktSock *s = g_ptr_array_index(run->socks, i);
        TcpInfo info = { .state = TCP_CLOSED };
        if (s->kind != PKT_TCP && s->kind != PKT_CONN)
            continue;
        if (s->kind == PKT_CONN)
            conn_info(s->conn, &info);
        count_one(c, &info);
    }
}

static bool take_state(const char *name, TcpState *out)
{
    static const struct {
        const char *name;
        TcpState    state;
    } states[] = {
        { "CLOSED", TCP_CLOSED }, { "SYN_SENT", TCP_SYN_SENT }, { "SYN_RCVD", TCP_SYN_RECEIVED },
        { "ESTABLISHED", TCP_ESTABLISHED }, { "TIME_WAIT", TCP_TIME_WAIT },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
        if (strcmp(states[i].name, name) == 0) {
            *out = states[i].state;
            return true;
        }
    return false;
}

/* tcpdrop: those in TIME-WAIT end without a word. */
static void drop_resting(PktRun *run)
{
    for (guint i = 0; run->sim != NULL && i < run->socks->len; i++) {
        const PktSock *s = g_ptr_array_index(run->socks, i);
        if (s->kind == PKT_CONN && conn_state(s->conn) == TCP_TIME_WAIT)
            conn_abort(s->conn);
    }
}

char *pkt_bsd_command(PktRun *run, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    Count c = { 0 };
    bool owned = false, has_state = false;
    char **w = words;

    if (strcmp(line, "tcpdrop -s TIME_WAIT") == 0) {
        drop_resting(run);
        return g_strdup("");
    }
    if (g_strcmp0(words[0], "sockstat") != 0)
        return NULL;
    for (; *w != NULL && w[1] != NULL; w++) {
        if (strcmp(*w, "-p") == 0)
            c.port = (uint16_t)atoi(w[1]);
        else if (strcmp(*w, "-c") == 0)
            has_state = take_state(w[1], &c.state);
        else if (strcmp(*w, "packetdril") == 0)
            owned = true;
    }
    if (!has_state || *w == NULL || !g_ascii_isdigit(**w))
        return NULL;
    if (run->sim == NULL) /* the host is not there yet */
        c.n = 0;
    else if (owned)
        count_owned(run, &c);
    else
        tcp_each(stack_tcp(run->stack), count_one, &c);
    g_autofree char *have = g_strdup_printf("%u", c.n);
    return strstr(have, *w) != NULL
               ? g_strdup("")
               : g_strdup_printf("%u connections are %s, expected %s", c.n,
                                 tcp_state_name(c.state), *w);
}
