/*
 * tcp_config.c - the knobs of a host's TCP: their defaults, the profiles, and the table that names
 * them.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp.h"

#include <string.h>

/* RFC 9293 §3.8.3: a SYN is tried for at least three minutes (MUST-23). With 1 s doubled up to
 * 60 s eight retransmissions last to 183 s; the next expiry, at 243 s, ends the attempt. */
const TcpConfig tcp_defaults = {
    .profile = TCP_PROFILE_RFC,
    .msl = 120 * SEC,
    .isn = TCP_ISN_RFC6528,
    .congestion = TCP_CC_NEWRENO,
    .nagle = true,
    .delayed_ack = true,
    .delayed_ack_time = 200 * MSEC,
    .sndbuf = 131072,
    .min_burst = 2,
    .rcvbuf = 65535,
    .initial_rto = SEC,
    .min_rto = SEC,
    .max_rto = 60 * SEC,
    .slow_start_limit = 1,
    .slow_start_after_idle = true,
    .hystart = HYSTART_RFC9406,
    .syn_retries = 8,
    .synack_retries = 8,
    .retries = 8,
    .backlog = 128,
    .syn_backlog = 256,
    .syn_overflow = TCP_SYN_OVERFLOW_DROP,
    .syn_bucket = 8,
    .accept_overflow = TCP_OVERFLOW_DROP,
    .fin_timeout = 0,
    .port_min = 49152,
    .port_max = 65535,
    .challenge_ack = true,
    .window_scale = true,
    .timestamps = true,
    .timestamps_required = true,
    .sack = true,
    .dsack = true,
    .challenge_ack_limit = 10,
    .challenge_ack_period = 5 * SEC,
    .time_wait_rst = TCP_TIME_WAIT_RST_RFC9293,
    .time_wait_syn = TCP_TIME_WAIT_SYN_RFC6191,
    .keepalive_time = 2 * HOUR,
    .keepalive_interval = 75 * SEC,
    .keepalive_probes = 9,
    .retries1 = 3,
    .uto.changeable = true,
    .uto_min = 100 * SEC,
    .uto_max = HOUR,
    .syncookies = TCP_COOKIES_AUTO,
    .ecn = TCP_ECN_OFF,
    .syn_data = TCP_SYN_DATA_RFC,
    .recovery = TCP_RECOVERY_SACK,
    .fast_retransmit = true,
    .limited_transmit = true,
    .path_mtu_discovery = true,
    .fastopen = TCP_FASTOPEN_BOTH,
    .fastopen_cookieless = TCP_FASTOPEN_OFF,
    .fastopen_avoid = HOUR,
    .handshake = TCP_THREE_WAY,
    .time_wait = true,
    .closed_port = TCP_CLOSED_RST,
    .close = TCP_CLOSE_FOUR_WAY,
    .reassembly = TCP_REASS_KEEP,
    .dedup = true,
    .flow_control = true,
    .checksum = true,
    .retransmit = true,
    .paws = true,
};

static const char *const profile_names[] = { "rfc", "linux", "freebsd", NULL };
static const char *const handshake_names[] = { "three-way", "two-way", "none", "split", NULL };
static const char *const congestion_names[] = { "newreno", "cubic", "dctcp", "none", NULL };
static const char *const initial_window_names[] = { "rfc6928", "rfc3390", NULL };
static const char *const cwnd_validation_names[] = { "rfc5681", "linux", NULL };
static const char *const hystart_names[] = { "off", "rfc9406", "linux", NULL };
static const char *const port_names[] = { "sequential", "random", "hash", NULL };
static const char *const recovery_names[] = { "newreno", "sack", "rack", NULL };
static const char *const closed_port_names[] = { "rst", "silent", NULL };
static const char *const syn_overflow_names[] = { "drop", "recycle", "cache", NULL };
static const char *const accept_overflow_names[] = { "drop", "rst", NULL };
static const char *const time_wait_rst_names[] = { "rfc9293", "rfc1337", NULL };
static const char *const time_wait_syn_names[] = { "rfc6191", "rfc9293", "linux", NULL };
static const char *const syncookies_names[] = { "off", "auto", "always", NULL };
static const char *const ecn_names[] = { "off", "on", "passive", NULL };
static const char *const syn_data_names[] = { "rfc", "ignore", "tfo", "deliver-early", NULL };
static const char *const fastopen_names[] = { "off", "client", "server", "both", NULL };
static const char *const key_forms[] = { "string", NULL };
static const char *const close_names[] = { "four-way", "two-way", NULL };
static const char *const probe_names[] = { "byte", "old", NULL };
static const char *const ack_unsent_names[] = { "answer", "drop", NULL };
static const char *const rto_floor_names[] = { "rto", "variance", NULL };
static const char *const reassembly_names[] = { "true", "false", "deliver-as-is", NULL };
const char *const tcp_isn_names[] = { "rfc6528", "clock",  "fixed",     "clock4ms",
                                      "random",  "counter64k", NULL };
static const char *const isn_forms[] = {
    "\"rfc6528\"|\"clock\"|\"fixed\"|\"clock4ms\"|\"random\"|\"counter64k\"|integer|integer[]",
    NULL
};

/* What the counts count. */
static const char *const segments[] = { "segments", NULL };
static const char *const retransmissions[] = { "retransmissions", NULL };
static const char *const connections[] = { "connections", NULL };
static const char *const hops[] = { "hops", NULL };
static const char *const port[] = { "port", NULL };
static const char *const octet[] = { "octet", NULL };

#define AT(field) offsetof(TcpConfig, field)
#define BUFFER_MAX ((int64_t)1 << 30)

const Knob tcp_knobs[] = {
    { "profile", KNOB_ENUM, AT(profile), 0, 0, profile_names,
      "Whose constants: the RFCs' advice, Linux's or FreeBSD's; sets the knobs that differ.", "own",
      false },
    { "msl", KNOB_TIME, AT(msl), 0, 24 * HOUR, NULL,
      "Maximum segment lifetime; TIME-WAIT lasts twice as long.",
      "RFC 9293 §3.4.2; Linux: TCP_TIMEWAIT_LEN", false },
    { "isn", KNOB_CUSTOM, AT(isn), 0, 0, isn_forms,
      "Initial sequence numbers: keyed and clocked, clocked only (by 4 us, or too slow a clock), "
      "always the same, at random, 64000 more each time, or from a list.",
      "RFC 6528 §3", false },
    { "congestion", KNOB_ENUM, AT(congestion), 0, 0, congestion_names,
      "Congestion control; none: no congestion window and no fast retransmit, as before 1988.",
      "RFC 5681, RFC 9438, RFC 8257; Linux: tcp_congestion_control", false },
    { "mss", KNOB_SIZE, AT(mss), 0, 65495, NULL,
      "Largest segment announced to peers, bytes; 0: the interface's MTU less 40. Linux: and sent.",
      "RFC 9293 §3.7.1", false },
    { "nagle", KNOB_BOOL, AT(nagle), 0, 0, NULL,
      "Holds small segments back while data is unacknowledged.",
      "RFC 9293 §3.7.4; Linux: TCP_NODELAY", false },
    { "delayed_ack", KNOB_BOOL, AT(delayed_ack), 0, 0, NULL,
      "Acknowledges every second full segment at once, others a little later.",
      "RFC 9293 §3.8.6.3", false },
    { "delayed_ack_time", KNOB_TIME, AT(delayed_ack_time), 0, 500 * MSEC - 1, NULL,
      "How long an acknowledgment may be delayed; less than 500 ms.",
      "RFC 9293 §3.8.6.3; Linux: TCP_DELACK_MIN", false },
    { "sndbuf", KNOB_SIZE, AT(sndbuf), 1, BUFFER_MAX, NULL,
      "Send buffer of a connection, bytes; with offload its bookkeeping counts, too.",
      "POSIX SO_SNDBUF; Linux: tcp_wmem", false },
    { "sndbuf_max", KNOB_SIZE, AT(sndbuf_max), 0, BUFFER_MAX, NULL,
      "With offload: the most to which it grows, twice the congestion window; 0: it does not.",
      "Linux: tcp_wmem", false },
    { "notsent_lowat", KNOB_SIZE, AT(notsent_lowat), 0, UINT32_MAX, NULL,
      "With offload: bytes not yet sent with which a write finds no room; 0: it always does.",
      "Linux: tcp_notsent_lowat", false },
    { "offload", KNOB_BOOL, AT(offload), 0, 0, NULL,
      "Segments leave in pieces for a card to cut: PSH ends each, and Nagle is Minshall's.",
      "RFC 9293 §3.7.4; Linux: tcp_write_xmit", false },
    { "min_burst", KNOB_INT, AT(min_burst), 1, 64, segments,
      "With offload: segments of a piece, however slow the connection is.",
      "Linux: tcp_min_tso_segs", false },
    { "rcvbuf", KNOB_SIZE, AT(rcvbuf), 1, BUFFER_MAX, NULL,
      "Receive buffer of a connection, bytes; of more than 65535 only a scaled window can tell.",
      "RFC 9293 §3.8.6; Linux: tcp_rmem", false },
    { "initial_rto", KNOB_TIME, AT(initial_rto), 1, HOUR, NULL,
      "Retransmission timeout before the first round-trip sample.",
      "RFC 6298 §2.1; Linux: TCP_TIMEOUT_INIT", false },
    { "min_rto", KNOB_TIME, AT(min_rto), 0, HOUR, NULL,
      "Least retransmission timeout.", "RFC 6298 §2.4; Linux: TCP_RTO_MIN", false },
    { "max_rto", KNOB_TIME, AT(max_rto), 1, HOUR, NULL,
      "Largest retransmission timeout, however often it is doubled.",
      "RFC 6298 §2.5; Linux: TCP_RTO_MAX", false },
    { "initial_cwnd", KNOB_INT, AT(initial_cwnd), 0, 65535, segments,
      "Initial congestion window, segments; 0: as initial_window says.",
      "RFC 6928 §2; Linux: TCP_INIT_CWND", false },
    { "initial_ssthresh", KNOB_INT, AT(initial_ssthresh), 0, 65535, segments,
      "Where slow start ends before the first loss, segments; 0: nowhere.",
      "RFC 5681 §3.1; Linux: ip route ssthresh", false },
    { "initial_window", KNOB_ENUM, AT(initial_window), 0, 0, initial_window_names,
      "rfc6928: ten segments, but at most 14600 bytes or two of them; rfc3390: two to four.",
      "RFC 6928 §2, RFC 5681 §3.1", false },
    { "slow_start_limit", KNOB_INT, AT(slow_start_limit), 0, 65535, segments,
      "Segments that slow start grows by for one ACK, one after a timeout; 0: all it acknowledges.",
      "RFC 5681 §3.1, RFC 3465 §2.3; Linux: tcp_slow_start", false },
    { "cwnd_validation", KNOB_ENUM, AT(cwnd_validation), 0, 0, cwnd_validation_names,
      "When a window counts as used: by what an ACK finds in flight, or as Linux does, at sending; "
      "that one shrinks what is not used, and a loss reduces cwnd, not the flight.",
      "RFC 5681 §3.1, RFC 2861 §3.2; Linux: tcp_cwnd_validate", false },
    { "pacing", KNOB_BOOL, AT(pacing), 0, 0, NULL,
      "Spreads segments at 1.2 windows per round trip, 2 in slow start; bbr paces without.",
      "Linux: SO_MAX_PACING_RATE, tcp_pacing_ss_ratio, tcp_pacing_ca_ratio", false },
    { "hystart", KNOB_ENUM, AT(hystart), 0, 0, hystart_names,
      "With cubic: how slow start ends before a loss, by a round-trip time that rises.",
      "RFC 9406; Linux: tcp_cubic's hystart", false },
    { "syn_retries", KNOB_INT, AT(syn_retries), 0, 255, retransmissions,
      "Retransmissions of a SYN before the attempt fails.",
      "RFC 9293 §3.8.3; Linux: tcp_syn_retries", false },
    { "syn_linear", KNOB_INT, AT(syn_linear), 0, 255, retransmissions,
      "So many more of a SYN come first, evenly spaced; in Linux 4 since 6.5.",
      "Linux: tcp_syn_linear_timeouts", false },
    { "synack_retries", KNOB_INT, AT(synack_retries), 0, 255, retransmissions,
      "Retransmissions of a SYN-ACK before the half-open connection is forgotten.",
      "RFC 9293 §3.8.3; Linux: tcp_synack_retries", false },
    { "retries", KNOB_INT, AT(retries), 0, 255, retransmissions,
      "Retransmissions of data or a FIN before the connection is given up.",
      "RFC 9293 §3.8.3; Linux: tcp_retries2", false },
    { "backlog", KNOB_INT, AT(backlog), 1, 65535, connections,
      "Connections that may wait for accept, unless listen says.",
      "POSIX listen; Linux: somaxconn", false },
    { "syn_backlog", KNOB_INT, AT(syn_backlog), 1, 1000000, connections,
      "Half-open connections that a listener keeps.",
      "RFC 4987 §2.1; Linux: tcp_max_syn_backlog", false },
    { "syn_overflow", KNOB_ENUM, AT(syn_overflow), 0, 0, syn_overflow_names,
      "A SYN that finds the SYN queue full: drop leaves it (syncookies may answer), recycle lets "
      "the oldest half-open connection go for it, cache that of its bucket, and takes no text.",
      "RFC 4987 §3.4, §3.5", false },
    { "syn_bucket", KNOB_INT, AT(syn_bucket), 1, 1000000, connections,
      "With syn_overflow cache: half-open connections of a bucket; syn_backlog are all of them.",
      "RFC 4987 §3.5", false },
    { "accept_overflow", KNOB_ENUM, AT(accept_overflow), 0, 0, accept_overflow_names,
      "What becomes of a handshake that finds the accept queue full.",
      "Linux: tcp_abort_on_overflow", false },
    { "fin_timeout", KNOB_TIME, AT(fin_timeout), 0, 24 * HOUR, NULL,
      "How long FIN-WAIT-2 lasts when no program owns the connection any more; 0: for ever.",
      "Linux: tcp_fin_timeout", false },
    { "port_min", KNOB_INT, AT(port_min), 1, 65535, port,
      "First ephemeral port.", "RFC 6335 §6; Linux: ip_local_port_range", false },
    { "port_max", KNOB_INT, AT(port_max), 1, 65535, port,
      "Last ephemeral port.", "RFC 6335 §6; Linux: ip_local_port_range", false },
    { "ports", KNOB_ENUM, AT(ports), 0, 0, port_names,
      "Ephemeral ports: in turn, at random, or in turn from a secret place for each destination; "
      "in the Linux profile the last two take even ones first.",
      "RFC 6056 §3.3", false },
    { "ttl", KNOB_INT, AT(ttl), 0, 255, hops,
      "Time to live of its segments; 0: the host's.", "RFC 9293 §3.9.2", false },
    { "soft_errors_abort", KNOB_BOOL, AT(soft_errors_abort), 0, 0, NULL,
      "An unreachable that is only a hint ends a connection attempt all the same, as in Linux.",
      "RFC 5461 §4.1", false },
    { "challenge_ack", KNOB_BOOL, AT(challenge_ack), 0, 0, NULL,
      "Answers a suspicious RST or SYN with an ACK instead of believing it.", "RFC 5961", true },
    { "window_scale", KNOB_BOOL, AT(window_scale), 0, 0, NULL,
      "Offers window scaling, with the least shift that can announce the whole receive buffer.",
      "RFC 7323 §2; Linux: tcp_window_scaling", false },
    { "rcvbuf_max", KNOB_SIZE, AT(rcvbuf_max), 0, BUFFER_MAX, NULL,
      "The shift is chosen for a buffer of at least this size, bytes; Linux: tcp_rmem's maximum.",
      "RFC 7323 §2.3; Linux: tcp_rmem", false },
    { "timestamps", KNOB_BOOL, AT(timestamps), 0, 0, NULL,
      "Offers timestamps, with a clock of 1 ms that begins anywhere.",
      "RFC 7323 §3; Linux: tcp_timestamps", false },
    { "timestamps_required", KNOB_BOOL, AT(timestamps_required), 0, 0, NULL,
      "Drops segments without a timestamp once both ends have agreed to use them; Linux does not.",
      "RFC 7323 §3.2", false },
    { "sack", KNOB_BOOL, AT(sack), 0, 0, NULL,
      "Offers selective acknowledgments.", "RFC 2018; Linux: tcp_sack", false },
    { "dsack", KNOB_BOOL, AT(dsack), 0, 0, NULL,
      "Reports what came twice, with the first SACK block.", "RFC 2883; Linux: tcp_dsack", false },
    { "challenge_ack_limit", KNOB_INT, AT(challenge_ack_limit), 0, 1000000, segments,
      "Challenge ACKs that a connection sends in a period; 0: no limit.",
      "RFC 5961 §7; Linux: tcp_invalid_ratelimit", false },
    { "challenge_ack_period", KNOB_TIME, AT(challenge_ack_period), 1, HOUR, NULL,
      "How long the count of challenge ACKs runs.",
      "RFC 5961 §7; Linux: tcp_invalid_ratelimit", false },
    { "ack_throttle", KNOB_BOOL, AT(ack_throttle), 0, 0, NULL,
      "Answers to unacceptable segments without text count as challenge ACKs, and end with them.",
      "RFC 5961 §7; Linux: tcp_invalid_ratelimit", false },
    { "time_wait_rst", KNOB_ENUM, AT(time_wait_rst), 0, 0, time_wait_rst_names,
      "rfc1337: a reset does not end TIME-WAIT.", "RFC 1337 §3; Linux: tcp_rfc1337", false },
    { "time_wait_syn", KNOB_ENUM, AT(time_wait_syn), 0, 0, time_wait_syn_names,
      "Which SYN opens TIME-WAIT again: rfc9293 looks at its number, rfc6191 at its timestamp "
      "first and drops an old one, linux at both. The other two acknowledge an old one.",
      "RFC 6191 §2, RFC 9293 §3.6.1", false },
    { "keepalive", KNOB_BOOL, AT(keepalive), 0, 0, NULL,
      "Probes idle connections, unless the program says.", "RFC 9293 §3.8.4", false },
    { "keepalive_time", KNOB_TIME, AT(keepalive_time), 1, 1000 * HOUR, NULL,
      "How long the peer is silent before the first keep-alive probe.",
      "RFC 9293 §3.8.4; Linux: tcp_keepalive_time", false },
    { "keepalive_interval", KNOB_TIME, AT(keepalive_interval), 1, 1000 * HOUR, NULL,
      "Between keep-alive probes that are not answered.",
      "RFC 9293 §3.8.4; Linux: tcp_keepalive_intvl", false },
    { "keepalive_probes", KNOB_INT, AT(keepalive_probes), 1, 255, segments,
      "Unanswered keep-alive probes before the connection is given up.",
      "RFC 9293 §3.8.4; Linux: tcp_keepalive_probes", false },
    { "keepalive_garbage", KNOB_BOOL, AT(keepalive_garbage), 0, 0, NULL,
      "A keep-alive probe carries one byte, for peers that do not answer an empty one.",
      "RFC 9293 §3.8.4", false },
    { "retries1", KNOB_INT, AT(retries1), 3, 255, retransmissions,
      "R1: retransmissions before the next hop is asked for anew and the program is told.",
      "RFC 9293 §3.8.3; Linux: tcp_retries1", false },
    { "user_timeout", KNOB_TIME, AT(user_timeout), 0, NEVER, NULL,
      "R2 as a time: how long anything may stay unacknowledged; 0: as many times as retries says.",
      "RFC 9293 §3.9.1.1; Linux: TCP_USER_TIMEOUT", false },
    { "uto", KNOB_BOOL, AT(uto.enabled), 0, 0, NULL,
      "Tells the peer its user timeout by an option, and hears the peer's.",
      "RFC 5482 §3", false },
    { "uto_advertise", KNOB_TIME, AT(uto.advertise), 0, NEVER, NULL,
      "What it tells; 0: user_timeout, or five minutes if that is 0.", "RFC 5482 §3", false },
    { "uto_changeable", KNOB_BOOL, AT(uto.changeable), 0, 0, NULL,
      "Takes the longer of the two, unless the program has set its own.", "RFC 5482 §3", false },
    { "uto_min", KNOB_TIME, AT(uto_min), 100 * SEC, NEVER, NULL,
      "L_LIMIT: the least that it takes.", "RFC 5482 §3.1", false },
    { "uto_max", KNOB_TIME, AT(uto_max), 100 * SEC, NEVER, NULL,
      "U_LIMIT: the most that it takes.", "RFC 5482 §3.1", false },
    { "orphan_retries", KNOB_INT, AT(orphan_retries), 0, 255, retransmissions,
      "Retransmissions when no program owns the connection any more; 0: as retries.",
      "Linux: tcp_orphan_retries", false },
    { "tos", KNOB_INT, AT(tos), 0, 255, octet,
      "The octet of the DS field; its two ECN bits are left out.", "RFC 9293 §3.9.1.9", false },
    { "syncookies", KNOB_ENUM, AT(syncookies), 0, 0, syncookies_names,
      "Answers a SYN with a cookie and keeps nothing: never, if the SYN queue is full, or always.",
      "RFC 4987 §3.6; Linux: tcp_syncookies", false },
    { "ecn", KNOB_ENUM, AT(ecn), 0, 0, ecn_names,
      "Explicit congestion notification: on asks for it, passive agrees if the peer asks.",
      "RFC 3168 §6.1; Linux: tcp_ecn", false },
    { "syn_data", KNOB_ENUM, AT(syn_data), 0, 0, syn_data_names,
      "Text of a SYN: rfc keeps it until the handshake is over, ignore leaves it to be sent again, "
      "tfo has every listener take it with a cookie, deliver-early without.",
      "RFC 9293 §3.10.7.2", false },
    { "fastopen", KNOB_ENUM, AT(fastopen), 0, 0, fastopen_names,
      "Which side of Fast Open its programs may ask for.", "RFC 7413 §4.2; Linux: tcp_fastopen",
      false },
    { "fastopen_cookieless", KNOB_ENUM, AT(fastopen_cookieless), 0, 0, fastopen_names,
      "Which side of Fast Open goes without cookies: for networks where nobody forges addresses.",
      "RFC 7413 §5.2", false },
    { "fastopen_backlog", KNOB_INT, AT(fastopen_backlog), 0, 65535, connections,
      "Fast Opens of a listener that may be pending; 0: as many as may wait for accept.",
      "RFC 7413 §4.2", false },
    { "fastopen_key", KNOB_CUSTOM, AT(fastopen_keys), 0, 0, key_forms,
      "The key of its cookies, four words in hex with dashes; behind a comma the one before.",
      "RFC 7413 §4.1.2; Linux: tcp_fastopen_key", false },
    { "fastopen_avoid", KNOB_TIME, AT(fastopen_avoid), 0, 24 * HOUR, NULL,
      "How long a client does without Fast Open after a server did not take part in it.",
      "RFC 7413 §4.1.3.1", false },
    { "fastopen_blackhole", KNOB_TIME, AT(fastopen_blackhole), 0, 24 * HOUR, NULL,
      "How long a host does without after it seems to be swallowed, doubled each time; 0: never.",
      "Linux: tcp_fastopen_blackhole_timeout_sec", false },
    { "quickack", KNOB_INT, AT(quickack), 0, 65535, segments,
      "Segments of a new connection that are acknowledged at once, until the program answers.",
      "Linux: TCP_MAX_QUICKACKS", false },
    { "recovery", KNOB_ENUM, AT(recovery), 0, 0, recovery_names,
      "How losses are found: three duplicate ACKs, what SACK reports, or time. No SACK: newreno.",
      "RFC 6582, RFC 6675, RFC 8985", false },
    { "fast_retransmit", KNOB_BOOL, AT(fast_retransmit), 0, 0, NULL,
      "false: only the retransmission timer finds losses.", "RFC 5681 §3.2", false },
    { "limited_transmit", KNOB_BOOL, AT(limited_transmit), 0, 0, NULL,
      "New segments go out on the first two duplicate ACKs.", "RFC 3042", false },
    { "tlp", KNOB_BOOL, AT(tlp), 0, 0, NULL,
      "With recovery rack: probes for the loss of a flight's last segments.",
      "RFC 8985 §7", false },
    { "prr", KNOB_BOOL, AT(prr), 0, 0, NULL,
      "In a recovery the window comes down in proportion to what arrives.", "RFC 6937", false },
    { "frto", KNOB_BOOL, AT(frto), 0, 0, NULL,
      "Tells by the ACKs after a timeout whether it was for nothing.", "RFC 5682", false },
    { "undo", KNOB_BOOL, AT(undo), 0, 0, NULL,
      "Takes back a reduction that timestamps or D-SACK show to be for nothing.",
      "RFC 3522, RFC 4015", false },
    { "slow_start_after_idle", KNOB_BOOL, AT(slow_start_after_idle), 0, 0, NULL,
      "After an RTO without sending, the congestion window is the initial one again.",
      "RFC 5681 §4.1; Linux: tcp_slow_start_after_idle", false },
    { "path_mtu_discovery", KNOB_BOOL, AT(path_mtu_discovery), 0, 0, NULL,
      "Segments may not be fragmented, and shrink when the network says that they are too large.",
      "RFC 9293 §3.7.2; Linux: ip_no_pmtu_disc", false },
    { "window_probe", KNOB_ENUM, AT(window_probe), 0, 0, probe_names,
      "Into a closed window goes a byte of new data, or no data with an old sequence number.",
      "RFC 9293 §3.8.6.1", false },
    { "ack_unsent", KNOB_ENUM, AT(ack_unsent), 0, 0, ack_unsent_names,
      "A segment that acknowledges what was never sent: answered with an ACK, or just dropped.",
      "RFC 9293 §3.10.7.4", false },
    { "rto_floor", KNOB_ENUM, AT(rto_floor), 0, 0, rto_floor_names,
      "What min_rto is the least of: all of the timeout, or the part behind SRTT, 4*RTTVAR.",
      "RFC 6298 §2.3", false },
    { "reset_acks", KNOB_BOOL, AT(reset_acks), 0, 0, NULL,
      "The RST with which a program ends a connection acknowledges, too.",
      "RFC 9293 §3.10.5", false },
    { "handshake", KNOB_ENUM, AT(handshake), 0, 0, handshake_names,
      "two-way: a listener is ESTABLISHED on a SYN, without waiting for the third segment; none: "
      "the first data that comes is the beginning; split: a listener sends ACK and SYN apart.",
      "RFC 9293 §3.5", true },
    { "time_wait", KNOB_BOOL, AT(time_wait), 0, 0, NULL,
      "false: who closes first forgets the connection at once.", "RFC 9293 §3.6.1", true },
    { "closed_port", KNOB_ENUM, AT(closed_port), 0, 0, closed_port_names,
      "silent: segments for no connection are not answered with a reset.",
      "RFC 9293 §3.10.7.1", true },
    { "close", KNOB_ENUM, AT(close), 0, 0, close_names,
      "two-way: who closes is CLOSED when its FIN is acknowledged, the peer's FIN finds nobody.",
      "RFC 9293 §3.6", true },
    { "reassembly", KNOB_ENUM, AT(reassembly), 0, 0, reassembly_names,
      "Text that comes out of order: kept for its turn, thrown away, or delivered as it comes.",
      "RFC 9293 §3.10.7.4", true },
    { "dedup", KNOB_BOOL, AT(dedup), 0, 0, NULL,
      "false: text that comes again is delivered again.", "RFC 9293 §3.10.7.4", true },
    { "flow_control", KNOB_BOOL, AT(flow_control), 0, 0, NULL,
      "false: sends more than the peer's window allows.", "RFC 9293 §3.8.6", true },
    { "checksum", KNOB_BOOL, AT(checksum), 0, 0, NULL,
      "false: believes damaged segments.", "RFC 9293 §3.1", true },
    { "retransmit", KNOB_BOOL, AT(retransmit), 0, 0, NULL,
      "false: what is lost is never sent again.", "RFC 9293 §3.8.1", true },
    { "paws", KNOB_BOOL, AT(paws), 0, 0, NULL,
      "false: a segment with a timestamp from the past is taken, if its sequence number fits.",
      "RFC 7323 §5", true },
    { 0 },
};

static bool differs(const Knob *knob, const TcpConfig *cfg)
{
    const char *have = (const char *)cfg + knob->offset;
    const char *honest = (const char *)&tcp_defaults + knob->offset;

    return memcmp(have, honest, knob->type == KNOB_BOOL ? sizeof(bool) : sizeof(int)) != 0;
}

char *tcp_knob_text(const Knob *knob, const TcpConfig *cfg)
{
    if (knob->type != KNOB_CUSTOM)
        return knob_get_text(knob, cfg);
    if (knob->offset == AT(fastopen_keys))
        return g_strdup(cfg->n_fastopen_keys > 0 ? "set" : "the host's own");
    g_assert(knob->offset == AT(isn));
    return g_strdup(cfg->isn == TCP_ISN_LIST ? "a list" : tcp_isn_names[cfg->isn]);
}

static void add_word(GString *what, const char *name, const char *value)
{
    if (what == NULL)
        return;
    if (what->len > 0)
        g_string_append_c(what, ' ');
    g_string_append_printf(what, "%s=%s", name, value);
}

bool tcp_config_is_wrong(const TcpConfig *cfg, GString *what)
{
    bool wrong = false;

    if (cfg->isn != TCP_ISN_RFC6528 && cfg->isn != TCP_ISN_LIST) { /* RFC 9293 §3.4.1, MUST-8, 9 */
        add_word(what, "isn", tcp_isn_names[cfg->isn]);
        wrong = true;
    }
    if (cfg->congestion == TCP_CC_NONE) { /* RFC 9293 §3.8.2, MUST-19 */
        add_word(what, "congestion", "none");
        wrong = true;
    }
    if (cfg->syn_data == TCP_SYN_DATA_EARLY) { /* RFC 9293 §3.5 */
        add_word(what, "syn_data", "deliver-early");
        wrong = true;
    }
    for (const Knob *knob = tcp_knobs; knob->name != NULL; knob++) {
        if (!knob->counterfactual || !differs(knob, cfg))
            continue;
        char *value = knob_get_text(knob, cfg);
        add_word(what, knob->name, value);
        g_free(value);
        wrong = true;
    }
    return wrong;
}

/* FreeBSD 14's, from its sysctls' defaults. */
static void set_freebsd(TcpConfig *cfg)
{
    cfg->msl = 30 * SEC;
    cfg->delayed_ack_time = 40 * MSEC;
    cfg->min_rto = 230 * MSEC; /* rexmit_min and rexmit_slop */
    cfg->max_rto = 64 * SEC;
    cfg->congestion = TCP_CC_CUBIC;
    cfg->initial_cwnd = 10;
    cfg->slow_start_limit = 2;
    cfg->syn_retries = 12;
    cfg->synack_retries = 3;
    cfg->retries = 12;
    cfg->fin_timeout = 60 * SEC;
    cfg->port_min = 10000;
    cfg->ports = TCP_PORTS_RANDOM;
    cfg->sndbuf = 32768;
    cfg->rcvbuf = 65536;
    cfg->rcvbuf_max = 2097152; /* kern.ipc.maxsockbuf: the window's shift is for it */
    cfg->ecn = TCP_ECN_PASSIVE;
    cfg->time_wait_rst = TCP_TIME_WAIT_RST_RFC1337;
    cfg->keepalive_probes = 8;
    cfg->reset_acks = true;
    cfg->fastopen = TCP_FASTOPEN_CLIENT;
    cfg->syn_data = TCP_SYN_DATA_IGNORE;
}

void tcp_config_set_profile(TcpConfig *cfg, TcpProfile profile)
{
    bool linux_ = profile == TCP_PROFILE_LINUX;

    cfg->profile = profile;
    cfg->msl = linux_ ? 30 * SEC : tcp_defaults.msl;
    cfg->delayed_ack_time = linux_ ? 40 * MSEC : tcp_defaults.delayed_ack_time;
    cfg->min_rto = linux_ ? 200 * MSEC : tcp_defaults.min_rto;
    cfg->max_rto = linux_ ? 120 * SEC : tcp_defaults.max_rto;
    cfg->congestion = linux_ ? TCP_CC_CUBIC : tcp_defaults.congestion;
    cfg->initial_cwnd = linux_ ? 10 : tcp_defaults.initial_cwnd;
    cfg->slow_start_limit = linux_ ? 0 : tcp_defaults.slow_start_limit;
    cfg->cwnd_validation = linux_ ? TCP_CWV_LINUX : tcp_defaults.cwnd_validation;
    cfg->hystart = linux_ ? HYSTART_LINUX : tcp_defaults.hystart;
    cfg->syn_retries = linux_ ? 6 : tcp_defaults.syn_retries;
    cfg->synack_retries = linux_ ? 5 : tcp_defaults.synack_retries;
    cfg->retries = linux_ ? 15 : tcp_defaults.retries;
    cfg->fin_timeout = linux_ ? 60 * SEC : tcp_defaults.fin_timeout;
    cfg->port_min = linux_ ? 32768 : tcp_defaults.port_min;
    cfg->port_max = linux_ ? 60999 : tcp_defaults.port_max;
    cfg->ports = linux_ ? TCP_PORTS_HASH : tcp_defaults.ports;
    cfg->ack_throttle = linux_;
    cfg->soft_errors_abort = linux_;
    cfg->timestamps_required = !linux_;
    cfg->rcvbuf_max = linux_ ? 6291456 : tcp_defaults.rcvbuf_max;
    cfg->ecn = linux_ ? TCP_ECN_PASSIVE : tcp_defaults.ecn;
    cfg->syn_data = linux_ ? TCP_SYN_DATA_IGNORE : tcp_defaults.syn_data;
    cfg->time_wait_syn = linux_ ? TCP_TIME_WAIT_SYN_LINUX : tcp_defaults.time_wait_syn;
    cfg->fastopen = linux_ ? TCP_FASTOPEN_CLIENT : tcp_defaults.fastopen;
    cfg->fastopen_avoid = linux_ ? 0 : tcp_defaults.fastopen_avoid;
    cfg->quickack = linux_ ? 16 : tcp_defaults.quickack;
    cfg->recovery = linux_ ? TCP_RECOVERY_RACK : tcp_defaults.recovery;
    cfg->tlp = cfg->prr = cfg->frto = cfg->undo = linux_;
    cfg->window_probe = linux_ ? TCP_PROBE_OLD : tcp_defaults.window_probe;
    cfg->ack_unsent = linux_ ? TCP_ACK_UNSENT_DROP : tcp_defaults.ack_unsent;
    cfg->rto_floor = linux_ ? TCP_FLOOR_VARIANCE : tcp_defaults.rto_floor;
    cfg->reset_acks = linux_;
    cfg->offload = linux_;
    cfg->sndbuf = linux_ ? 16384 : tcp_defaults.sndbuf;
    cfg->sndbuf_max = linux_ ? 4194304 : tcp_defaults.sndbuf_max;
    cfg->orphan_retries = linux_ ? 8 : tcp_defaults.orphan_retries;
    cfg->challenge_ack_limit = linux_ ? 1 : tcp_defaults.challenge_ack_limit;
    cfg->challenge_ack_period = linux_ ? 500 * MSEC : tcp_defaults.challenge_ack_period;
    if (profile == TCP_PROFILE_FREEBSD)
        set_freebsd(cfg);
}
