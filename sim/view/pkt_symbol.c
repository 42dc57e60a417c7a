/*
 * pkt_symbol.c - the constants that scripts name, with Linux's numbers, and those that cannot be
 * used here.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <string.h>

typedef struct Symbol {
    const char *name;
    int64_t     value;
} Symbol;

static const Symbol symbols[] = {
    { "AF_INET", 2 }, { "PF_INET", 2 }, { "AF_UNSPEC", 0 }, { "INADDR_ANY", 0 },
    { "SOCK_STREAM", 1 }, { "SOCK_DGRAM", 2 }, { "SOCK_NONBLOCK", 2048 },
    { "SOCK_CLOEXEC", 524288 },
    { "IPPROTO_IP", 0 }, { "IPPROTO_TCP", 6 }, { "IPPROTO_UDP", 17 },
    { "SOL_SOCKET", 1 }, { "SOL_IP", 0 }, { "SOL_TCP", 6 }, { "SOL_UDP", 17 },
    { "SOMAXCONN", 4096 },
    { "O_RDONLY", 0 }, { "O_WRONLY", 1 }, { "O_RDWR", 2 }, { "O_NONBLOCK", 2048 },
    { "F_GETFL", 3 }, { "F_SETFL", 4 },
    { "SHUT_RD", 0 }, { "SHUT_WR", 1 }, { "SHUT_RDWR", 2 },
    { "MSG_DONTWAIT", 0x40 }, { "MSG_NOSIGNAL", 0x4000 }, { "MSG_TRUNC", 0x20 },
    { "MSG_PEEK", 2 }, { "MSG_WAITALL", 0x100 }, { "MSG_MORE", 0x8000 },
    { "MSG_EOR", 0x80 }, { "MSG_ERRQUEUE", 0x2000 }, { "MSG_ZEROCOPY", 0x4000000 },
    { "CMSG_LEVEL_IP", 0 }, { "CMSG_TYPE_RECVERR", 11 }, { "IP_RECVERR", 11 },
    { "SO_EE_ORIGIN_TIMESTAMPING", 4 }, { "SO_EE_ORIGIN_ZEROCOPY", 5 },
    { "SO_EE_CODE_ZEROCOPY_COPIED", 1 }, { "SCM_TIMESTAMPING", 37 },
    { "SCM_TSTAMP_SND", 0 }, { "SCM_TSTAMP_SCHED", 1 }, { "SCM_TSTAMP_ACK", 2 },
    { "SOF_TIMESTAMPING_TX_HARDWARE", 1 }, { "SOF_TIMESTAMPING_TX_SOFTWARE", 2 },
    { "SOF_TIMESTAMPING_SOFTWARE", 16 }, { "SOF_TIMESTAMPING_OPT_ID", 128 },
    { "SOF_TIMESTAMPING_TX_SCHED", 256 }, { "SOF_TIMESTAMPING_TX_ACK", 512 },
    { "TCP_CM_INQ", 36 }, { "MSG_FASTOPEN", 0x20000000 },
    { "POLLIN", 1 }, { "POLLPRI", 2 }, { "POLLOUT", 4 }, { "POLLERR", 8 }, { "POLLHUP", 16 },
    { "POLLNVAL", 32 }, { "POLLRDNORM", 64 }, { "POLLWRNORM", 256 }, { "POLLRDHUP", 0x2000 },
    { "EPOLLIN", 1 }, { "EPOLLPRI", 2 }, { "EPOLLOUT", 4 }, { "EPOLLERR", 8 }, { "EPOLLHUP", 16 },
    { "EPOLLRDHUP", 0x2000 }, { "EPOLLEXCLUSIVE", 1 << 28 }, { "EPOLLONESHOT", 1 << 30 },
    { "EPOLLET", (int64_t)1 << 31 },
    { "EPOLL_CTL_ADD", 1 }, { "EPOLL_CTL_DEL", 2 }, { "EPOLL_CTL_MOD", 3 },
    { "SIOCINQ", 0x541b }, { "FIONREAD", 0x541b }, { "SIOCOUTQ", 0x5411 },
    { "TCP_ESTABLISHED", 1 }, { "TCP_SYN_SENT", 2 }, { "TCP_SYN_RECV", 3 },
    { "TCP_FIN_WAIT1", 4 }, { "TCP_FIN_WAIT2", 5 }, { "TCP_TIME_WAIT", 6 }, { "TCP_CLOSE", 7 },
    { "TCP_CLOSE_WAIT", 8 }, { "TCP_LAST_ACK", 9 }, { "TCP_LISTEN", 10 }, { "TCP_CLOSING", 11 },
    { "TCP_CA_Open", 0 }, { "TCP_CA_Disorder", 1 }, { "TCP_CA_CWR", 2 }, { "TCP_CA_Recovery", 3 },
    { "TCP_CA_Loss", 4 }, { "TCP_INFINITE_SSTHRESH", 0x7fffffff },
    { "TCPI_ESTABLISHED", 1 }, { "TCPI_SYN_SENT", 2 }, { "TCPI_SYN_RECEIVED", 3 },
    { "TCPI_FIN_WAIT_1", 4 }, { "TCPI_FIN_WAIT_2", 5 }, { "TCPI_TIME_WAIT", 6 },
    { "TCPI_CLOSED", 7 }, { "TCPI_CLOSE_WAIT", 8 }, { "TCPI_LAST_ACK", 9 }, { "TCPI_LISTEN", 10 },
    { "TCPI_CLOSING", 11 }, /* FreeBSD's names */
    { "TCPI_OPT_TIMESTAMPS", 1 }, { "TCPI_OPT_SACK", 2 }, { "TCPI_OPT_WSCALE", 4 },
    { "TCPI_OPT_ECN", 8 }, { "TCPI_OPT_ECN_SEEN", 16 }, { "TCPI_OPT_SYN_DATA", 32 },
    { "IPTOS_LOWDELAY", 16 }, { "True", 1 }, { "False", 0 },
};

/* Socket options have no number here: calls know them by name. */
static const char *const option_names[] = {
    "SO_REUSEADDR", "SO_REUSEPORT", "SO_ERROR", "SO_SNDBUF", "SO_RCVBUF", "SO_LINGER",
    "SO_KEEPALIVE", "SO_RCVLOWAT", "SO_ACCEPTCONN", "SO_TYPE", "SO_SNDBUFFORCE", "SO_RCVBUFFORCE",
    "TCP_NODELAY", "TCP_MAXSEG", "TCP_INFO", "TCP_CORK", "TCP_KEEPIDLE", "TCP_KEEPINTVL",
    "TCP_KEEPCNT", "TCP_SYNCNT", "TCP_USER_TIMEOUT", "TCP_QUICKACK", "TCP_CONGESTION",
    "TCP_LINGER2", "TCP_DEFER_ACCEPT", "TCP_WINDOW_CLAMP", "IP_TTL", "IP_TOS", "IP_MTU_DISCOVER",
    "SO_ZEROCOPY", "SO_TIMESTAMPING", "SO_MARK", "TCP_INQ", "TCP_NOTSENT_LOWAT",
    "IP_PMTUDISC_DONT", "IP_PMTUDISC_WANT", "IP_PMTUDISC_DO", "IP_MTU", "IP_FREEBIND",
    "TCP_FASTOPEN", "TCP_FASTOPEN_CONNECT", "TCP_FASTOPEN_KEY", "TCP_FASTOPEN_NO_COOKIE",
};

/* A word that begins so asks for something that is not there. */
static const struct {
    const char *prefix, *what;
} lacking[] = {
    { "SOF_TIMESTAMPING_RX_", "time stamps of receiving" },
    { "TCP_MD5SIG", "TCP MD5 signatures (RFC 2385)" },
    { "TCP_ULP", "upper layer protocols" },
    { "TCP_REPAIR", "TCP_REPAIR" },
    { "TCP_TX_DELAY", "TCP_TX_DELAY" },
    { "MSG_OOB", "urgent data" },
    { "SO_OOBINLINE", "urgent data" },
    { "SO_MAX_PACING_RATE", "pacing" },
    { "SO_ATTACH_", "socket filters" },
    { "AF_INET6", "IPv6" },
    { "IPV6_", "IPv6" },
    { "SOCK_RAW", "raw sockets" },
    { "SOCK_SEQPACKET", "SCTP" },
};

static const Symbol errnos[] = {
    { "EPERM", 1 }, { "EINTR", 4 }, { "EBADF", 9 }, { "EAGAIN", 11 }, { "EWOULDBLOCK", 11 },
    { "ENOMEM", 12 }, { "EACCES", 13 }, { "EFAULT", 14 }, { "EINVAL", 22 }, { "EPIPE", 32 },
    { "ENOTSOCK", 88 }, { "EDESTADDRREQ", 89 }, { "EMSGSIZE", 90 }, { "ENOPROTOOPT", 92 },
    { "EOPNOTSUPP", 95 }, { "EADDRINUSE", 98 }, { "EADDRNOTAVAIL", 99 }, { "ENETDOWN", 100 },
    { "ENETUNREACH", 101 }, { "ECONNABORTED", 103 }, { "ECONNRESET", 104 }, { "ENOBUFS", 105 },
    { "EISCONN", 106 }, { "ENOTCONN", 107 }, { "ESHUTDOWN", 108 }, { "ETIMEDOUT", 110 },
    { "ECONNREFUSED", 111 }, { "EHOSTUNREACH", 113 }, { "EALREADY", 114 }, { "EINPROGRESS", 115 },
    { "EPROTO", 71 }, { "ENOENT", 2 }, { "EEXIST", 17 }, { "ENOMSG", 42 },
};

bool pkt_symbol(const char *name, int64_t *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++)
        if (strcmp(symbols[i].name, name) == 0) {
            *out = symbols[i].value;
            return true;
        }
    *out = pkt_errno(name);
    if (*out >= 0)
        return true;
    *out = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(option_names); i++)
        if (strcmp(option_names[i], name) == 0)
            return true;
    return false;
}

const char *pkt_symbol_lacks(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(lacking); i++)
        if (g_str_has_prefix(name, lacking[i].prefix))
            return lacking[i].what;
    return NULL;
}

int64_t pkt_errno(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(errnos); i++)
        if (strcmp(errnos[i].name, name) == 0)
            return errnos[i].value;
    return -1;
}

bool pkt_value_has(const PktValue *v, const char *word)
{
    if (v == NULL || v->text == NULL)
        return false;
    size_t n = strlen(word);
    for (const char *at = v->text; (at = strstr(at, word)) != NULL; at += n)
        if ((at == v->text || at[-1] == '|') && (at[n] == '\0' || at[n] == '|'))
            return true;
    return false;
}
