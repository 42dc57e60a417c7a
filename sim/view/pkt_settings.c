/*
 * pkt_settings.c - what a script says about the host: option lines and the shell lines that set
 * Linux's knobs. Those that mean nothing here are passed over, those that mean something and are
 * not to be had skip the script.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <stdlib.h>
#include <string.h>

/* So that a script can name a cookie. */
static const char runners_key[] = "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4";

void pkt_settings_init(PktSettings *set)
{
    *set = (PktSettings){
        .tolerance = 4 * MSEC, /* packetdrill's own */
        .tolerance_percent = 125,
        .mtu = 1500,
        .bind_port = 8080,
        .connect_port = 8080,
        .local = ip_v4(0xc0a80002),  /* 192.168.0.2 */
        .remote = ip_v4(0xc0000201), /* 192.0.2.1, RFC 5737 */
        .stack = stack_config_default(),
    };
    tcp_config_set_profile(&set->stack.tcp, TCP_PROFILE_LINUX);
    tcp_config_set_fastopen_key(&set->stack.tcp, runners_key);
    set->stack.ipv4.auto_routes = false;
}

/* --- option lines ----------------------------------------------------------------------------- */

static bool take_uint(const char *value, uint64_t max, uint64_t *out, char **error)
{
    char *end = NULL;

    if (value != NULL)
        *out = g_ascii_strtoull(value, &end, 10);
    if (value == NULL || !g_ascii_isdigit(*value) || *end != '\0' || *out > max) {
        *error = g_strdup_printf("a number up to %" G_GUINT64_FORMAT " expected, got '%s'", max,
                                 value != NULL ? value : "");
        return false;
    }
    return true;
}

static bool set_address(IpAddr *addr, const char *value, bool *lacks, char **error)
{
    g_autofree char *text = g_strdup(value != NULL ? value : "");
    char *slash = strchr(text, '/');

    if (slash != NULL)
        *slash = '\0';
    if (ip_parse(text, addr) && ip_is_v4(*addr))
        return true;
    *lacks = strchr(text, ':') != NULL;
    *error = *lacks ? g_strdup("IPv6") : g_strdup_printf("'%s' is not an address", text);
    return false;
}

/* A field of tcp_info's "12.5" percent, in thousandths. */
static bool set_percent(uint64_t *out, const char *value, char **error)
{
    SimTime t;
    GError *why = NULL;

    if (value != NULL && parse_time(value, &t, &why) && t >= 0 && t <= 100 * SEC) {
        *out = (uint64_t)(t / (SEC / 10));
        return true;
    }
    g_clear_error(&why);
    *error = g_strdup_printf("a percentage expected, got '%s'", value != NULL ? value : "");
    return false;
}

/* "isn=7,8": the initial sequence numbers in turn. */
static bool set_isn(TcpConfig *cfg, const char *value, char **error)
{
    g_auto(GStrv) list = g_strsplit(value, ",", -1);

    cfg->isn = TCP_ISN_LIST;
    cfg->n_isn = 0;
    for (char **p = list; *p != NULL && cfg->n_isn < TCP_ISN_MAX; p++) {
        char *end;
        uint64_t n = g_ascii_strtoull(*p, &end, 0);
        if (**p == '\0' || *end != '\0' || n > UINT32_MAX) {
            *error = g_strdup_printf("isn: '%s' is not a sequence number", *p);
            return false;
        }
        cfg->isn_list[cfg->n_isn++] = (uint32_t)n;
    }
    return true;
}

static bool set_key(TcpConfig *cfg, const char *value, char **error)
{
    if (tcp_config_set_fastopen_key(cfg, value))
        return true;
    *error = g_strdup_printf("fastopen_key is four words in hex with dashes, not '%s'", value);
    return false;
}

/* "tcp.msl=1s": a knob of the host. */
static bool set_knob(PktSettings *set, const char *name, const char *value, char **error)
{
    bool tcp = g_str_has_prefix(name, "tcp.");
    const Knob *table = tcp ? tcp_knobs : ipv4_knobs;
    const char *key = strchr(name, '.') + 1;
    const Knob *knob = knob_find(table, key);
    GError *why = NULL;

    if (value == NULL)
        value = "true";
    if (tcp && strcmp(key, "isn") == 0)
        return set_isn(&set->stack.tcp, value, error);
    if (tcp && strcmp(key, "fastopen_key") == 0)
        return set_key(&set->stack.tcp, value, error);
    if (knob == NULL || knob->type == KNOB_CUSTOM)
        knob_set_unknown_error(&why, tcp ? "tcp" : "ipv4", table, key);
    else if (knob_set_text(knob, tcp ? (void *)&set->stack.tcp : (void *)&set->stack.ipv4, value,
                           &why))
        return true;
    *error = g_strdup(why->message);
    g_error_free(why);
    return false;
}

static bool set_profile(PktSettings *set, const char *value, char **error)
{
    static const char *const names[] = { "rfc", "linux", "freebsd" }; /* as they are numbered */
    const char *name = value != NULL ? value : "";
    unsigned i = 0;

    while (i < G_N_ELEMENTS(names) && strcmp(names[i], name) != 0)
        i++;
    if (i == G_N_ELEMENTS(names)) {
        *error = g_strdup_printf("profile is rfc, linux or freebsd, not '%s'", name);
        return false;
    }
    tcp_config_set_profile(&set->stack.tcp, (TcpProfile)i);
    return true;
}

static bool set_port(uint16_t *port, const char *value, char **error)
{
    uint64_t n;

    if (!take_uint(value, 65535, &n, error))
        return false;
    *port = (uint16_t)n;
    return true;
}

/* Times in microseconds. */
static bool set_usecs(SimTime *out, const char *value, char **error)
{
    uint64_t n;

    if (!take_uint(value, (uint64_t)(HOUR / USEC), &n, error))
        return false;
    *out = (SimTime)n * USEC;
    return true;
}

static bool set_tolerance(PktSettings *set, const char *value, char **error)
{
    if (!set_usecs(&set->tolerance, value, error))
        return false;
    if (set->tolerance == 0) /* exact is exact */
        set->tolerance_percent = 0;
    return true;
}

/* Options of which nothing is to be done here. */
static bool means_nothing(const char *name)
{
    static const char *const names[] = {
        "mss", "speed", "verbose", "debug", "dry_run", "netmask_ip", "gateway_ip", "code_command",
        "code_format", "code_sockopt", "send_omit_free",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

bool pkt_set_option(PktSettings *set, const char *name, const char *value, bool *lacks,
                    char **error)
{
    *lacks = false;
    if (strcmp(name, "tolerance_usecs") == 0)
        return set_tolerance(set, value, error);
    if (strcmp(name, "tolerance_percent") == 0)
        return set_percent(&set->tolerance_percent, value, error);
    if (strcmp(name, "tcp_ts_tick_usecs") == 0)
        return set_usecs(&set->ts_tick, value, error);
    if (strcmp(name, "mtu") == 0)
        return take_uint(value, 65535, &set->mtu, error);
    if (strcmp(name, "bind_port") == 0)
        return set_port(&set->bind_port, value, error);
    if (strcmp(name, "connect_port") == 0)
        return set_port(&set->connect_port, value, error);
    if (strcmp(name, "local_ip") == 0)
        return set_address(&set->local, value, lacks, error);
    if (strcmp(name, "remote_ip") == 0)
        return set_address(&set->remote, value, lacks, error);
    if (strcmp(name, "profile") == 0)
        return set_profile(set, value, error);
    if (g_str_has_prefix(name, "tcp.") || g_str_has_prefix(name, "ipv4."))
        return set_knob(set, name, value, error);
    if (strcmp(name, "tcp_ts_ecr_scaled") == 0)
        return set->ts_ecr_scaled = true;
    if (strcmp(name, "strict_segments") == 0)
        return set->strict_segments = true;
    if (strcmp(name, "exact") == 0) {
        set->exact = true;
        return set_tolerance(set, "0", error);
    }
    if ((strcmp(name, "ip_version") == 0 && value != NULL && strcmp(value, "ipv4") == 0) ||
        means_nothing(name))
        return true;
    static const char *const known[] = { "ip_version", "psp_udp_port", "is_anyip", "non_fatal",
                                         "wire_client", "wire_server", "so_filename",
                                         "init_scripts", "udp_encapsulation", "tcp_md5_secret" };
    for (size_t i = 0; i < G_N_ELEMENTS(known) && !*lacks; i++)
        *lacks = g_str_has_prefix(name, known[i]);
    *error = strcmp(name, "ip_version") == 0 ? g_strdup("IPv6")
                                             : g_strdup_printf("%soption --%s",
                                                               *lacks ? "" : "unknown ", name);
    return false;
}

/* --- shell lines ------------------------------------------------------------------------------ */

typedef struct Sysctl {
    const char *name;  /* behind "net.ipv4." */
    const char *knob;  /* of TCP; NULL: it means nothing here */
    const char *unit;  /* behind the number: "s", ""; "on": a switch */
} Sysctl;

static const Sysctl sysctls[] = {
    { "tcp_syn_retries", "syn_retries", "" },
    { "tcp_syn_linear_timeouts", "syn_linear", "" },
    { "tcp_synack_retries", "synack_retries", "" },
    { "tcp_retries1", "retries1", "" },
    { "tcp_retries2", "retries", "" },
    { "tcp_orphan_retries", "orphan_retries", "" },
    { "tcp_fin_timeout", "fin_timeout", "s" },
    { "tcp_max_syn_backlog", "syn_backlog", "" },
    { "tcp_congestion_control", "congestion", "" },
    { "tcp_timestamps", "timestamps", "on" },
    { "tcp_rto_max_ms", "max_rto", "ms" },
    { "tcp_sack", "sack", "on" },
    { "tcp_dsack", "dsack", "on" },
    { "tcp_window_scaling", "window_scale", "on" },
    { "tcp_ecn", "ecn", "" },
    { "tcp_syncookies", "syncookies", "" },
    { "tcp_mtu_probing", "mtu_probing", "on" },
    { "tcp_base_mss", "base_mss", "" },
    { "tcp_slow_start_after_idle", "slow_start_after_idle", "on" },
    { "tcp_keepalive_time", "keepalive_time", "s" },
    { "tcp_keepalive_intvl", "keepalive_interval", "s" },
    { "tcp_keepalive_probes", "keepalive_probes", "" },
    { "tcp_reordering", "reordering", "" },
    { "tcp_recovery", "rack", "on" },
    { "tcp_early_retrans", "tlp", "on" },
    { "tcp_frto", "frto", "on" },
    { "tcp_notsent_lowat", "notsent_lowat", "" },
    { "tcp_min_tso_segs", "min_burst", "" },
    { "tcp_tso_win_divisor", NULL, NULL },
    { "tcp_tso_rtt_log", NULL, NULL },
    { "tcp_pacing_ss_ratio", NULL, NULL },
    { "tcp_pacing_ca_ratio", NULL, NULL },
    { "tcp_fack", NULL, NULL },
    { "tcp_fastopen_blackhole_timeout_sec", "fastopen_blackhole", "s" },
    { "tcp_ecn_option", NULL, NULL },
    { "tcp_no_metrics_save", NULL, NULL },
    { "tcp_limit_output_bytes", NULL, NULL },
    { "tcp_autocorking", NULL, NULL },
    { "tcp_moderate_rcvbuf", NULL, NULL },
    { "ip_local_port_range", NULL, NULL },
};

/* "540000", "$((32*1024*1024))": 0 if it is neither. */
static uint64_t number(const char *word)
{
    uint64_t n = 1;
    char *end;

    if (!g_str_has_prefix(word, "$((")) {
        n = g_ascii_strtoull(word, &end, 10);
        return *end == '\0' ? n : 0;
    }
    for (word += strlen("$(("); ; word = end + 1) {
        n *= g_ascii_strtoull(word, &end, 10);
        if (*end != '*')
            return strcmp(end, "))") == 0 ? n : 0;
    }
}

/* "4096 540000 15728640": the one in the middle is a socket's, the last the most it may become. */
static bool set_buffer(uint64_t *size, uint64_t *max, const char *value)
{
    g_auto(GStrv) words = g_strsplit_set(value, " \t", -1);
    uint64_t sizes[3] = { 0 };
    unsigned n = 0;

    for (char **w = words; *w != NULL; w++)
        if (**w != '\0' && n < 3)
            sizes[n++] = number(*w);
    *size = sizes[1];
    *max = sizes[2];
    return n == 3 && sizes[1] > 0 && sizes[2] > 0;
}

static bool set_by_knob(TcpConfig *cfg, const Sysctl *ctl, const char *value)
{
    const Knob *knob = knob_find(tcp_knobs, ctl->knob);
    bool off = strcmp(value, "0") == 0;

    if (knob == NULL)
        return off; /* what is not there is off */
    g_autofree char *text = knob->type == KNOB_BOOL ? g_strdup(off ? "false" : "true")
                                                    : g_strdup_printf("%s%s", value, ctl->unit);
    if (knob->type == KNOB_ENUM && strcmp(value, "reno") == 0)
        return knob_set_text(knob, cfg, "newreno", NULL);
    if (knob->type == KNOB_ENUM && g_ascii_isdigit(*value)) { /* in Linux's order */
        unsigned n = (unsigned)g_ascii_strtoull(value, NULL, 10);
        return n < g_strv_length((char **)knob->names) &&
               knob_set_text(knob, cfg, knob->names[n], NULL);
    }
    return knob_set_text(knob, cfg, text, NULL);
}

/* Linux's bits: what is allowed, what does without cookies, and that every listener takes it. */
static bool set_fastopen(TcpConfig *cfg, const char *value)
{
    enum { CLIENT = 1, SERVER = 2, CLIENT_FREE = 4, SERVER_FREE = 0x200, ALL_LISTENERS = 0x400 };
    char *end;
    uint64_t bits = g_ascii_strtoull(value, &end, 0);
    bool client_free = (bits & CLIENT_FREE) != 0, server_free = (bits & SERVER_FREE) != 0;

    cfg->fastopen = (TcpFastOpenRole)(bits & (CLIENT | SERVER)); /* numbered alike */
    cfg->fastopen_cookieless = (TcpFastOpenRole)(client_free * CLIENT + server_free * SERVER);
    if (bits & ALL_LISTENERS)
        cfg->syn_data = TCP_SYN_DATA_TFO;
    else if (cfg->syn_data == TCP_SYN_DATA_TFO)
        cfg->syn_data = TCP_SYN_DATA_IGNORE;
    return *value != '\0' && *end == '\0';
}

static bool set_sysctl(PktSettings *set, const char *name, const char *value)
{
    TcpConfig *cfg = &set->stack.tcp;

    if (strcmp(name, "tcp_rmem") == 0)
        return set_buffer(&cfg->rcvbuf, &cfg->rcvbuf_max, value);
    if (strcmp(name, "tcp_wmem") == 0)
        return set_buffer(&cfg->sndbuf, &cfg->sndbuf_max, value);
    if (strcmp(name, "tcp_notsent_lowat") == 0 && strcmp(value, "4294967295") == 0)
        value = "0";
    if (strcmp(name, "tcp_abort_on_overflow") == 0) {
        cfg->accept_overflow = strcmp(value, "0") == 0 ? TCP_OVERFLOW_DROP : TCP_OVERFLOW_RST;
        return true;
    }
    if (strcmp(name, "tcp_fastopen") == 0)
        return set_fastopen(cfg, value);
    if (strcmp(name, "tcp_fastopen_key") == 0)
        return tcp_config_set_fastopen_key(cfg, value);
    if (strcmp(name, "tcp_fastopen_cookies") == 0) /* how many are kept, in old kernels */
        return set->flush = true;
    for (size_t i = 0; i < G_N_ELEMENTS(sysctls); i++)
        if (strcmp(sysctls[i].name, name) == 0)
            return sysctls[i].knob == NULL || set_by_knob(cfg, &sysctls[i], value);
    return false;
}

/* "net.ipv4.tcp_x=1", "/proc/sys/net/ipv4/tcp_x=1". */
static bool set_assignment(PktSettings *set, const char *word)
{
    static const char *const roots[] = { "net.ipv4.", "net/ipv4/", "/proc/sys/net/ipv4/" };
    const char *eq = strchr(word, '=');

    for (size_t i = 0; i < G_N_ELEMENTS(roots) && eq != NULL; i++) {
        if (!g_str_has_prefix(word, roots[i]))
            continue;
        const char *name = word + strlen(roots[i]);
        g_autofree char *key = g_strndup(name, (size_t)(eq - name));
        return set_sysctl(set, key, eq + 1);
    }
    return false;
}

/* What the scripts' common preparation asks of a Linux host beyond its profile. */
static void set_defaults(PktSettings *set)
{
    set_sysctl(set, "tcp_rmem", "4096 540000 15728640");
    set_sysctl(set, "tcp_wmem", "4096 262144 4194304");
    set_sysctl(set, "tcp_timestamps", "1");
    set_sysctl(set, "tcp_sack", "1");
    set_sysctl(set, "tcp_dsack", "1");
    set_sysctl(set, "tcp_ecn", "0");
    set_sysctl(set, "tcp_syncookies", "1");
    set_sysctl(set, "tcp_syn_retries", "5");
    set_sysctl(set, "tcp_synack_retries", "5");
    set_sysctl(set, "tcp_congestion_control", "cubic");
    set_sysctl(set, "tcp_slow_start_after_idle", "0");
    set_sysctl(set, "tcp_fastopen", "0x70403");
    set_sysctl(set, "tcp_fastopen_key", runners_key);
    set->flush = true;
}

/* "tc qdisc replace dev tun0 root fq": a queue in front of a card that is never busy holds nothing.
 * fq would pace what TCP asks it to, and here TCP asks for nothing. One without room is a fault. */
static bool is_plain_queue(char **words)
{
    static const char *const kinds[] = { "pfifo", "pfifo_fast", "fq", "fq_codel", "noqueue" };
    bool plain = false;

    if (g_strcmp0(words[1], "qdisc") != 0)
        return false;
    for (char **w = words + 2; *w != NULL; w++) {
        if (strcmp(*w, "limit") == 0)
            return false;
        for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
            plain = plain || strcmp(*w, kinds[i]) == 0;
    }
    return plain;
}

/* The word that is not understood, NULL: all is. */
static const char *run_line(PktSettings *set, char **words)
{
    g_autofree char *name = g_path_get_basename(words[0]);
    static const char *const passed_over[] = { "ethtool", "nstat", "true", "echo",
                                                "sockstat", "tcpdrop" /* see pkt_bsd_command */ };

    if (strcmp(name, "defaults.sh") == 0) {
        set_defaults(set);
        return NULL;
    }
    if (strcmp(name, "sysctl") == 0 || strcmp(name, "set_sysctls.py") == 0) {
        for (char **w = words + 1; *w != NULL; w++)
            if (**w != '-' && !set_assignment(set, *w) && !pkt_bsd_sysctl(set, *w))
                return *w;
        return NULL;
    }
    if (g_str_has_prefix(name, "sysctl_restore_"))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(passed_over); i++)
        if (strcmp(name, passed_over[i]) == 0)
            return NULL;
    if (strcmp(name, "tc") == 0)
        return is_plain_queue(words) ? NULL : "";
    bool metrics = words[1] != NULL && strcmp(words[1], "tcp_metrics") == 0;
    if (strcmp(name, "ip") != 0 || !metrics)
        return "";
    set->flush = true;
    return NULL;
}

/* A line's words; NULL if its quotes do not match. ${PPID} is a name like any other. What stands
 * behind # is a comment. */
static char **split_words(const char *line)
{
    char **words = NULL;

    if (!g_shell_parse_argv(line, NULL, &words, NULL))
        return NULL;
    for (char **w = words; *w != NULL; w++)
        if (strchr(*w, '>') != NULL || **w == '#') { /* where its output goes is nothing to us */
            for (char **rest = w; *rest != NULL; rest++)
                g_clear_pointer(rest, g_free);
            break;
        }
    return words;
}

bool pkt_command(PktSettings *set, const char *text, char **why)
{
    g_autofree char *joined = g_strdup(text);

    for (char *p = joined; (p = strstr(p, "\\\n")) != NULL;)
        p[0] = p[1] = ' ';
    g_auto(GStrv) lines = g_strsplit_set(joined, "\n;", -1);
    for (char **line = lines; *line != NULL; line++) {
        char *bare = g_strstrip(*line);
        if (*bare == '\0' || *bare == '#')
            continue;
        g_auto(GStrv) words = split_words(bare);
        const char *strange = words != NULL && words[0] != NULL ? run_line(set, words) : NULL;
        if (words != NULL && strange == NULL)
            continue;
        if (strange != NULL && *strange != '\0')
            *why = g_strdup_printf("the setting %s", strange);
        else
            *why = g_strdup_printf("the command '%s'", bare);
        return false;
    }
    return true;
}
