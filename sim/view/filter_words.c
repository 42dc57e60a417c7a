/*
 * filter_words.c - the words of a pcap expression: keywords, numbers, and the names of nodes.
 *
 * libpcap takes a word that is neither keyword nor number for a host's name and asks the machine's
 * resolver, and for a port's name /etc/services. Both would make a run depend on the machine, so
 * names are replaced or refused here. Only what means something on Ethernet counts as a keyword:
 * the words for 802.11, ATM and the like are free for nodes.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/filter_priv.h"

#include "sim/engine/knob.h"

#include <arpa/inet.h>
#include <string.h>

#define HEX "0123456789abcdefABCDEF"

static const char *const keywords[] = {
    "dst", "src", "link", "ether", "arp", "rarp", "ip", "sctp", "tcp", "udp", "icmp", "igmp",
    "igrp", "pim", "vrrp", "carp", "ip6", "icmp6", "ah", "esp", "atalk", "aarp", "decnet", "lat",
    "sca", "moprc", "mopdl", "iso", "stp", "ipx", "netbeui", "llc", "host", "net", "mask", "port",
    "portrange", "proto", "protochain", "less", "greater", "broadcast", "multicast", "and", "or",
    "not", "len", "length", "vlan", "mpls", "pppoed", "pppoes", "geneve",
    "icmptype", "icmpcode", "icmp-echoreply", "icmp-unreach", "icmp-sourcequench", "icmp-redirect",
    "icmp-echo", "icmp-routeradvert", "icmp-routersolicit", "icmp-timxceed", "icmp-paramprob",
    "icmp-tstamp", "icmp-tstampreply", "icmp-ireq", "icmp-ireqreply", "icmp-maskreq",
    "icmp-maskreply", "icmp6type", "icmp6code",
    "tcpflags", "tcp-fin", "tcp-syn", "tcp-rst", "tcp-push", "tcp-ack", "tcp-urg", "tcp-ece",
    "tcp-cwr",
    NULL,
};
static const struct {
    const char *word, *why;
} refused[] = {
    { "gateway", "needs a look-up on the machine; say 'ether host' and a MAC address" },
    { "inbound", "has no meaning on a wire; say 'src' and a node" },
    { "outbound", "has no meaning on a wire; say 'src' and a node" },
    { "ifname", "has no meaning in a simulated network" },
    { "ifindex", "has no meaning in a simulated network" },
};
static const struct { /* after "proto", where libpcap would look in /etc/protocols */
    const char *name;
    unsigned    ip, ether;
} protocols[] = {
    { "icmp", 1, 0 },   { "igmp", 2, 0 },      { "tcp", 6, 0 },        { "udp", 17, 0 },
    { "ip", 0, 0x800 }, { "arp", 0, 0x806 },   { "rarp", 0, 0x8035 }, { "ip6", 41, 0x86dd },
};

typedef struct Words {
    const char   *expression;
    FilterResolve resolve;
    void         *self;
    GString      *out;
    char         *previous;      /* the word before, "" at first */
    bool          ether;         /* the word before that was "ether" */
} Words;

static bool is_word_char(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
}

/* Two words side by side ("host\\a") must not become one. */
static void keep_apart(GString *out)
{
    if (out->len > 0 && is_word_char(out->str[out->len - 1]))
        g_string_append_c(out, ' ');
}

static bool is_keyword(const char *word)
{
    return g_strv_contains(keywords, word);
}

static size_t digits(const char *p)
{
    return strspn(p, "0123456789");
}

/* What libpcap reads as a number: decimal, hexadecimal, or two to four of them with dots between.
 * Anything near it ("1.2.3.4.5", "1-2") would be a name to look up. */
static bool is_number(const char *word)
{
    if (g_str_has_prefix(word, "0x") || g_str_has_prefix(word, "0X"))
        return word[2] != '\0' && word[2 + strspn(word + 2, HEX)] == '\0';
    for (int parts = 1; digits(word) > 0 && parts <= 4; parts++) {
        word += digits(word);
        if (*word == '\0')
            return true;
        if (*word++ != '.')
            return false;
    }
    return false;
}

static bool is_port_range(const char *word)
{
    size_t n = digits(word);

    return n > 0 && word[n] == '-' && digits(word + n + 1) > 0 &&
           word[n + 1 + digits(word + n + 1)] == '\0';
}

static bool is_mac(const char *text)
{
    for (int i = 0; i < 6; i++) {
        size_t n = strspn(text, HEX);
        if (n < 1 || n > 2 || text[n] != (i < 5 ? ':' : '\0'))
            return false;
        text += n + 1;
    }
    return true;
}

/* How long a run at p is that only a MAC or IPv6 address can be; 0: it is none. */
static size_t colon_run(const char *p)
{
    size_t n = strspn(p, HEX ":.");
    unsigned colons = 0;

    for (size_t i = 0; i < n; i++)
        colons += p[i] == ':';
    return colons >= 2 ? n : 0;
}

static bool colon_address(Words *w, const char *run, size_t n, GError **error)
{
    char           *text = g_strndup(run, n);
    struct in6_addr addr;
    bool            ok = is_mac(text) || inet_pton(AF_INET6, text, &addr) == 1;

    keep_apart(w->out);
    if (ok)
        g_string_append(w->out, text);
    else
        filter_error(error, w->expression, "'%s' is not an address", text);
    g_free(text);
    return ok;
}

static bool escaped_protocol(Words *w, const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++) {
        unsigned number = w->ether ? protocols[i].ether : protocols[i].ip;
        if (number != 0 && strcmp(word, protocols[i].name) == 0) {
            g_string_append_printf(w->out, "%u", number);
            return true;
        }
    }
    return false;
}

static bool node_name(Words *w, const char *word, GError **error)
{
    IpAddr addr;
    char   text[IP_TEXT];

    if (w->resolve != NULL && w->resolve(w->self, word, &addr)) {
        g_string_append(w->out, ip_text(addr, text));
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
        if (strcmp(word, refused[i].word) == 0) {
            filter_error(error, w->expression, "'%s' %s", word, refused[i].why);
            return false;
        }
    const char *near = knob_nearest(keywords, word);
    if (near != NULL)
        filter_error(error, w->expression, "no node is called '%s', did you mean '%s'?", word,
                     near);
    else
        filter_error(error, w->expression, "no node is called '%s'", word);
    return false;
}

static bool one_word(Words *w, const char *word, bool escaped, GError **error)
{
    bool range = strcmp(w->previous, "portrange") == 0 && is_port_range(word);
    bool number = is_number(word) || range;

    keep_apart(w->out);
    if (!number && g_str_has_prefix(w->previous, "port")) {
        filter_error(error, w->expression,
                     "a port is a number, '%s' would be looked up on the machine", word);
        return false;
    }
    if (strcmp(w->previous, "proto") == 0 && escaped) {
        if (escaped_protocol(w, word))
            return true;
        filter_error(error, w->expression, "unknown protocol '%s', give its number", word);
        return false;
    }
    if (number || (!escaped && is_keyword(word))) {
        g_string_append(w->out, word);
        return true;
    }
    return node_name(w, word, error);
}

/* The word at p: its length, from after a backslash on. */
static size_t word_length(const char *p)
{
    size_t n = 0;

    while (is_word_char(p[n]) && (n > 0 || *p != '-'))
        n++;
    while (n > 0 && p[n - 1] == '-') /* a minus sign behind it */
        n--;
    return n;
}

static bool rewrite(Words *w, GError **error)
{
    for (const char *p = w->expression; *p != '\0';) {
        bool   escaped = *p == '\\';
        size_t n = colon_run(p);

        if (n > 0) {
            if (!colon_address(w, p, n, error))
                return false;
            p += n;
            continue;
        }
        n = word_length(p + escaped);
        if (n == 0) {
            if (strchr(" \r\n\t+-*/%:[]!<>()&|^=", *p) == NULL) {
                filter_error(error, w->expression, "syntax error at '%s'", p);
                return false;
            }
            g_string_append_c(w->out, *p++);
            continue;
        }
        char *word = g_strndup(p + escaped, n);
        bool  ok = one_word(w, word, escaped, error);
        w->ether = strcmp(w->previous, "ether") == 0;
        g_free(w->previous);
        w->previous = word;
        if (!ok)
            return false;
        p += n + escaped;
    }
    return true;
}

char *filter_replace_names(const char *expression, FilterResolve resolve, void *self,
                           GError **error)
{
    Words w = { expression, resolve, self, g_string_new(NULL), g_strdup(""), false };
    bool  ok = rewrite(&w, error);

    g_free(w.previous);
    return g_string_free(w.out, !ok);
}
