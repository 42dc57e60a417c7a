/*
 * expect.c - expected lines against the packets that were seen, and the report when they differ.
 *
 * reach[i] holds the packets that line i can be, given that all lines before it found theirs. With
 * `...` before it a line may be any later packet, else only the next one; so all ways are followed
 * at once, and a match is found if there is one.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/expect_priv.h"

#include <string.h>

enum { AROUND = 5 }; /* packets shown before and after the one in question */

typedef struct Fact {
    const Seen *seen;
    Glance g;
    uint32_t seq_base, ack_base;
} Fact;

typedef struct Match {
    const Expectation *e;
    Fact *facts;
    size_t n;
    uint8_t **reach;   /* [line][packet] */
    uint32_t **before; /* [line][j]: how many of reach[line][0..j-1] are set */
} Match;

/* --- printing --------------------------------------------------------------------------------- */

static void append_time(GString *out, SimTime t)
{
    char digits[32];
    int n = g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT ".%09" G_GINT64_FORMAT, t / SEC,
                       t % SEC);

    for (int cut = 0; cut < 6 && digits[n - 1] == '0'; cut++)
        n--;
    g_string_append_len(out, digits, n);
}

/* The name of whoever owns an address: the first node that says so. */
static const char *owner(const ExpectNames *names, const Sim *sim, IpAddr addr)
{
    if (names == NULL || names->owns == NULL || ip_is_none(addr))
        return NULL;
    for (guint i = 0; i < sim->nodes->len; i++) {
        const Node *node = g_ptr_array_index(sim->nodes, i);
        if (names->owns(names->self, node->name, addr))
            return node->name;
    }
    return NULL;
}

static void append_end(GString *out, const ExpectNames *names, const Sim *sim, IpAddr addr)
{
    char text[IP_TEXT];
    const char *name = owner(names, sim, addr);

    g_string_append(out, name != NULL ? name : ip_text(addr, text));
}

static const char *icmp_name(const Glance *g)
{
    for (const IcmpName *n = expect_icmp_names; n->name != NULL; n++)
        if (n->type == g->icmp_type && (n->code < 0 || n->code == g->icmp_code))
            return n->name;
    return NULL;
}

static void append_icmp(GString *out, const Glance *g)
{
    const char *name = icmp_name(g);

    g_string_append(out, "  icmp");
    if (name != NULL)
        g_string_append_printf(out, " %s", name);
    if (g->icmp_type == 0 || g->icmp_type == 8)
        g_string_append_printf(out, " seq %u", g->icmp_seq);
}

static void append_tcp(GString *out, const Fact *f)
{
    const Glance *g = &f->g;
    char flags[11];
    uint32_t seq = g->tcp.seq - f->seq_base;

    g_string_append_printf(out, "  %-5s", glance_flags(g->tcp.flags, flags));
    if (g->data > 0)
        g_string_append_printf(out, " seq %u:%u", seq, seq + (uint32_t)g->data);
    else if (g->tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST))
        g_string_append_printf(out, " seq %u", seq);
    if (g->tcp.flags & TCP_ACK)
        g_string_append_printf(out, " ack %u", g->tcp.ack - f->ack_base);
}

static void append_arp(GString *out, const Fact *f)
{
    char text[IP_TEXT];
    bool reply = f->g.arp_op == ARP_OP_REPLY;

    g_string_append_printf(out, "arp %s %s", reply ? "reply" : "request",
                           ip_text(reply ? f->g.src : f->g.dst, text));
}

static void append_fact(GString *out, const Fact *f, const ExpectNames *names)
{
    const Record *rec = f->seen->rec;
    const Glance *g = &f->g;

    append_time(out, rec->t);
    g_string_append(out, "  ");
    if (g->kind == GLANCE_ARP) {
        append_arp(out, f);
        return;
    }
    if (g->kind == GLANCE_OTHER) {
        g_string_append_printf(out, "something that is neither ARP nor IPv4, length %u", rec->len);
        return;
    }
    append_end(out, names, rec->node->sim, g->src);
    g_string_append(out, " > ");
    append_end(out, names, rec->node->sim, g->dst);
    if (f->seen->label != NULL)
        g_string_append_printf(out, "  \"%s\"", f->seen->label);
    else if (g->kind == GLANCE_TCP)
        append_tcp(out, f);
    else if (g->kind == GLANCE_UDP)
        g_string_append_printf(out, "  udp length %zu", g->data);
    else if (g->kind == GLANCE_ICMP)
        append_icmp(out, g);
    else
        g_string_append_printf(out, "  ip-proto-%u", g->proto);
    if (g->more || g->frag_off != 0)
        g_string_append_printf(out, " fragment offset %u", g->frag_off);
}

static Fact fact_of(const Seen *seen, const Flows *flows)
{
    Fact f = { .seen = seen };

    glance(&f.g, (Span){ seen->rec->bytes, seen->rec->snap });
    if (f.g.kind == GLANCE_TCP && flows != NULL)
        flows_base(flows, f.g.src, f.g.dst, &f.g.tcp, seen->rec->forged ? NEVER : seen->rec->born,
                   &f.seq_base, &f.ack_base, NULL);
    return f;
}

void expect_line(const Record *rec, const Flows *flows, const ExpectNames *names, GString *out)
{
    Seen seen = { rec, NULL };
    Fact f = fact_of(&seen, flows);

    append_fact(out, &f, names);
}

/* --- does a packet agree with a line? --------------------------------------------------------- */

static bool differ(GString *why, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool differ(GString *why, const char *format, ...)
{
    if (why != NULL) {
        va_list args;
        va_start(args, format);
        g_string_append_vprintf(why, format, args);
        va_end(args);
    }
    return false;
}

static bool number_agrees(const char *what, const ExpectNumber *want, uint32_t got, GString *why)
{
    if (!want->said || want->value == got)
        return true;
    return differ(why, "%s is %u, not %u", what, got, want->value);
}

static bool end_agrees(const Expectation *e, const char *what, const ExpectEnd *end, IpAddr addr,
                       uint16_t port, GString *why)
{
    char text[IP_TEXT], want[IP_TEXT];

    if (end->name != NULL && !e->names.owns(e->names.self, end->name, addr))
        return differ(why, "%s is %s, not %s", what, ip_text(addr, text), end->name);
    if (!ip_is_none(end->addr) && !ip_equal(end->addr, addr))
        return differ(why, "%s is %s, not %s", what, ip_text(addr, text), ip_text(end->addr, want));
    if (end->has_port && end->port != port)
        return differ(why, "%s port is %u, not %u", what, port, end->port);
    return true;
}

static const char *kind_name(GlanceKind kind)
{
    static const char *const names[] = { "something else", "arp", "ip", "icmp", "udp", "tcp" };

    return names[kind];
}

static void append_sack(GString *item, const Fact *f, const uint8_t *p, size_t n)
{
    g_string_append_printf(item, "sack %zu ", n / 8);
    for (size_t i = 0; i + 8 <= n; i += 8)
        g_string_append_printf(item, "{%u:%u}", get32(p + i) - f->ack_base,
                               get32(p + i + 4) - f->ack_base);
}

/* One option at p, `len` bytes with kind and length, as tcpdump writes it. */
static void option_text(GString *item, const Fact *f, const uint8_t *p, size_t len)
{
    g_string_truncate(item, 0);
    if (p[0] == 0)
        g_string_append(item, "eol");
    else if (p[0] == 1)
        g_string_append(item, "nop");
    else if (p[0] == 2 && len == 4)
        g_string_append_printf(item, "mss %u", get16(p + 2));
    else if (p[0] == 3 && len == 3)
        g_string_append_printf(item, "wscale %u", p[2]);
    else if (p[0] == 4)
        g_string_append(item, "sackOK");
    else if (p[0] == 5)
        append_sack(item, f, p + 2, len - 2);
    else if (p[0] == 8 && len == 10)
        g_string_append_printf(item, "TS val %u ecr %u", get32(p + 2), get32(p + 6));
    else
        g_string_append_printf(item, "unknown-%u", p[0]);
}

static bool has_option(const Fact *f, const char *want)
{
    Span o = f->g.tcp_options;
    g_autoptr(GString) item = g_string_new(NULL);

    for (size_t i = 0; i < o.n;) {
        size_t len = o.p[i] <= 1 ? 1 : i + 1 < o.n ? o.p[i + 1] : 0;
        if (len == 0 || (len < 2 && o.p[i] > 1) || i + len > o.n)
            return false;
        option_text(item, f, o.p + i, len);
        if (g_ascii_strcasecmp(item->str, want) == 0)
            return true;
        if (o.p[i] == 0)
            return false;
        i += len;
    }
    return false;
}

static bool options_agree(const ExpectLine *l, const Fact *f, GString *why)
{
    if (l->options == NULL)
        return true;
    if (l->options[0] == NULL && f->g.tcp_options.n > 0)
        return differ(why, "it has options");
    for (char **want = l->options; *want != NULL; want++)
        if (!has_option(f, *want))
            return differ(why, "it has no option '%s'", *want);
    return true;
}

static bool tcp_agrees(const ExpectLine *l, const Fact *f, GString *why)
{
    const TcpHdr *h = &f->g.tcp;
    uint32_t seq = h->seq - f->seq_base;
    char got[11], want[11];

    if (f->g.kind != GLANCE_TCP)
        return true;
    if (l->has_flags && l->flags != h->flags)
        return differ(why, "the flags are %s, not %s", glance_flags(h->flags, got),
                      glance_flags(l->flags, want));
    if (l->ack.said && !(h->flags & TCP_ACK))
        return differ(why, "it has no ACK");
    return number_agrees("seq", &l->seq, seq, why) &&
           number_agrees("the end of seq", &l->seq_end, seq + (uint32_t)f->g.data, why) &&
           number_agrees("ack", &l->ack, h->ack - f->ack_base, why) &&
           number_agrees("win", &l->win, h->window, why) &&
           number_agrees("urg", &l->urg, h->urgent, why) && options_agree(l, f, why);
}

static bool icmp_agrees(const ExpectLine *l, const Fact *f, GString *why)
{
    const Glance *g = &f->g;
    const char *name = icmp_name(g);

    if (g->kind != GLANCE_ICMP)
        return true;
    if ((l->icmp_type >= 0 && l->icmp_type != g->icmp_type) ||
        (l->icmp_code >= 0 && l->icmp_code != g->icmp_code))
        return differ(why, "it is icmp %s", name != NULL ? name : "of another type");
    return number_agrees("id", &l->id, g->icmp_id, why) &&
           number_agrees("seq", &l->seq, g->icmp_seq, why);
}

static bool arp_agrees(const ExpectLine *l, const Fact *f, GString *why)
{
    const Glance *g = &f->g;
    char text[MAC_TEXT];

    if (g->kind != GLANCE_ARP)
        return true;
    if (l->arp_op != 0 && l->arp_op != g->arp_op)
        return differ(why, "it is an arp %s", g->arp_op == ARP_OP_REPLY ? "reply" : "request");
    if (l->has_mac && !mac_equal(l->mac, g->arp_sha))
        return differ(why, "it is at %s", mac_text(g->arp_sha, text));
    return true;
}

/* The length as tcpdump prints it: data of UDP and TCP, the whole message of ICMP and ARP. */
static uint32_t shown_length(const Glance *g)
{
    if (g->kind == GLANCE_ARP)
        return ARP_LEN;
    return (uint32_t)g->data + (g->kind == GLANCE_ICMP ? 8 : 0);
}

static bool agrees(const Expectation *e, const ExpectLine *l, const Fact *f, GString *why)
{
    const Glance *g = &f->g;
    const char *label = f->seen->label;

    if (l->label != NULL && (label == NULL || strcmp(l->label, label) != 0))
        return differ(why, "it is not called \"%s\"", l->label);
    if (l->has_kind && l->kind != g->kind)
        return differ(why, "it is %s, not %s", kind_name(g->kind), kind_name(l->kind));
    if (l->fragment && !g->more && g->frag_off == 0)
        return differ(why, "it is no fragment");
    if (l->seq.said && g->kind != GLANCE_TCP && g->kind != GLANCE_ICMP)
        return differ(why, "it has no seq");
    if (g->kind != GLANCE_ICMP && !number_agrees("id", &l->id, g->ip_id, why))
        return false;
    return end_agrees(e, "the source", &l->src, g->src, g->src_port, why) &&
           end_agrees(e, "the destination", &l->dst, g->dst, g->dst_port, why) &&
           tcp_agrees(l, f, why) && icmp_agrees(l, f, why) && arp_agrees(l, f, why) &&
           number_agrees("the protocol", &l->proto, g->proto, why) &&
           number_agrees("the offset", &l->offset, g->frag_off, why) &&
           number_agrees("the length", &l->length, shown_length(g), why);
}

/* --- times ------------------------------------------------------------------------------------ */

/* Half up, to the decimals that are written. */
static SimTime rounded(SimTime t, unsigned decimals)
{
    SimTime unit = 1;

    for (unsigned i = decimals; i < 9; i++)
        unit *= 10;
    return (t + unit / 2) / unit * unit;
}

static bool time_agrees(const ExpectLine *l, SimTime since, SimTime t)
{
    return !l->timed || rounded(l->since_last ? t - since : t, l->decimals) == l->time;
}

static SimTime packet_time(const Match *m, size_t j)
{
    return m->facts[j].seen->rec->t;
}

/* The first of the packets [0, n) from which on, to packet j, no more than `most` has passed. */
static size_t first_within(const Match *m, size_t n, SimTime t, SimTime most, unsigned decimals)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (rounded(t - packet_time(m, mid), decimals) > most)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* --- matching --------------------------------------------------------------------------------- */

/* Is there a place for the lines before i that lets line i be packet j, as far as they and the time
 * are concerned? */
static bool follows(const Match *m, guint i, size_t j)
{
    const ExpectLine *l = g_ptr_array_index(m->e->lines, i);

    if (i == 0)
        return (l->dots || j == 0) && time_agrees(l, 0, packet_time(m, j));
    if (!l->dots)
        return j > 0 && m->reach[i - 1][j - 1] &&
               time_agrees(l, packet_time(m, j - 1), packet_time(m, j));
    size_t from = 0, to = j; /* the packets that the line before may have been */
    if (l->timed && l->since_last) {
        from = first_within(m, j, packet_time(m, j), l->time, l->decimals);
        to = first_within(m, j, packet_time(m, j), l->time - 1, l->decimals);
    } else if (!time_agrees(l, 0, packet_time(m, j))) {
        return false;
    }
    return m->before[i - 1][to] > m->before[i - 1][from];
}

/* Fills the row of line i; false if no packet can be it. */
static bool reach_line(Match *m, guint i)
{
    const ExpectLine *l = g_ptr_array_index(m->e->lines, i);
    uint32_t count = 0;

    m->reach[i] = g_new0(uint8_t, m->n + 1);
    m->before[i] = g_new0(uint32_t, m->n + 1);
    for (size_t j = 0; j < m->n; j++) {
        m->reach[i][j] = follows(m, i, j) && agrees(m->e, l, &m->facts[j], NULL);
        m->before[i][j] = count;
        count += m->reach[i][j];
    }
    m->before[i][m->n] = count;
    return count > 0;
}

/* --- the report ------------------------------------------------------------------------------- */

static void report_packets(GString *out, const Match *m, size_t at)
{
    size_t from = at > AROUND ? at - AROUND : 0, to = MIN(m->n, at + AROUND + 1);

    if (from > 0)
        g_string_append(out, "    ...\n");
    for (size_t j = from; j < to; j++) {
        g_string_append(out, j == at ? "  > " : "    ");
        append_fact(out, &m->facts[j], &m->e->names);
        g_string_append_c(out, '\n');
    }
    if (at >= m->n)
        g_string_append(out, "  > (no more packets)\n");
    else if (to < m->n)
        g_string_append(out, "    ...\n");
}

static void report_time(GString *out, const ExpectLine *l, SimTime since, SimTime t)
{
    g_string_append(out, "it came at ");
    append_time(out, l->since_last ? t - since : t);
    if (l->since_last)
        g_string_append(out, " after the line before");
}

/* Behind `...`: the packet that agrees but for its time, and came nearest to it; m->n: there is
 * none. */
static size_t nearest(const Match *m, const ExpectLine *l, size_t at)
{
    size_t best = m->n;

    for (size_t j = at; j < m->n; j++)
        if (agrees(m->e, l, &m->facts[j], NULL) &&
            (best == m->n || (!l->since_last && ABS(packet_time(m, j) - l->time) <
                                                    ABS(packet_time(m, best) - l->time))))
            best = j;
    return best;
}

/* Line i found no packet. `at` is the packet that it should have been, as far as one can say. */
static void report_line(GString *out, const Match *m, guint i, size_t at)
{
    const ExpectLine *l = g_ptr_array_index(m->e->lines, i);
    g_autoptr(GString) why = g_string_new(NULL);

    g_string_append_printf(out, "line %u: %s\n", l->number, l->text);
    if (l->dots && nearest(m, l, at) < m->n) {
        at = nearest(m, l, at);
        g_string_append(out, "  the nearest is not this one: it came at ");
        append_time(out, packet_time(m, at));
        g_string_append_c(out, '\n');
    } else if (l->dots) {
        g_string_append(out, "  none of the packets after the line before is this one\n");
    } else if (at >= m->n) {
        g_string_append(out, "  no packet came there\n");
    } else {
        if (agrees(m->e, l, &m->facts[at], why))
            report_time(why, l, at > 0 ? packet_time(m, at - 1) : 0, packet_time(m, at));
        g_string_append_printf(out, "  this packet is another: %s\n", why->str);
    }
    report_packets(out, m, at);
}

/* The packet after the first (or last) that line i could be. */
static size_t after(const Match *m, guint i, bool last)
{
    size_t at = 0;

    for (size_t j = 0; j < m->n; j++)
        if (m->reach[i][j]) {
            at = j + 1;
            if (!last)
                break;
        }
    return at;
}

static char *report(const Match *m, guint failed)
{
    GString *out = g_string_new(NULL);

    if (failed < m->e->lines->len) {
        report_line(out, m, failed, failed == 0 ? 0 : after(m, failed - 1, false));
    } else {
        size_t at = failed == 0 ? 0 : after(m, failed - 1, true);
        g_string_append_printf(out, "%zu more packet%s came than expected\n", m->n - at,
                               m->n - at == 1 ? "" : "s");
        report_packets(out, m, at);
    }
    return g_string_free(out, FALSE);
}

bool expect_match(const Expectation *e, const Seen *seen, size_t n, const Flows *flows,
                  char **report_)
{
    guint lines = e->lines->len, i = 0;
    Match m = { .e = e, .n = n };

    m.facts = g_new(Fact, n + 1);
    for (size_t j = 0; j < n; j++)
        m.facts[j] = fact_of(&seen[j], flows);
    m.reach = g_new0(uint8_t *, lines + 1);
    m.before = g_new0(uint32_t *, lines + 1);
    while (i < lines && reach_line(&m, i))
        i++;
    bool ok = i == lines && (e->dots || (lines == 0 ? n == 0 : n > 0 && m.reach[lines - 1][n - 1]));
    *report_ = ok ? NULL : report(&m, i);
    for (guint k = 0; k < lines; k++) {
        g_free(m.reach[k]);
        g_free(m.before[k]);
    }
    g_free(m.reach);
    g_free(m.before);
    g_free(m.facts);
    return ok;
}
