/*
 * ladder_text.c - what the ladder says of a packet: its label on the arrow, and remarks beside it.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/ladder_priv.h"

#include "protocols/transport/tcp.h"
#include "sim/view/expect_priv.h"
#include "sim/view/words.h"

#include <string.h>

void ladder_time(SimTime t, unsigned decimals, GString *out)
{
    SimTime unit = 1;

    for (unsigned i = decimals; i < 9; i++)
        unit *= 10;
    t = (t + unit / 2) / unit;
    SimTime whole = t, fraction = 0, power = 1;
    for (unsigned i = 0; i < decimals; i++)
        power *= 10;
    whole = t / power;
    fraction = t % power;
    g_string_append_printf(out, "%" G_GINT64_FORMAT ".%0*" G_GINT64_FORMAT, whole, (int)decimals,
                           fraction);
}

/* Seconds with two decimals at most: for people. */
void ladder_span(const Ladder *l, SimTime t, GString *out)
{
    g_autoptr(GString) number = g_string_new(NULL);

    ladder_time(t, 2, number);
    while (g_str_has_suffix(number->str, "0"))
        g_string_truncate(number, number->len - 1);
    if (g_str_has_suffix(number->str, "."))
        g_string_truncate(number, number->len - 1);
    g_string_append_printf(out, ladder_word(l, W_SECONDS), number->str);
}

static void tcp_label(const Row *row, bool ports, GString *out)
{
    const Glance *g = &row->g;
    char flags[11];

    if (ports)
        g_string_append_printf(out, ":%u ", MAX(g->src_port, g->dst_port));
    g_string_append(out, glance_flags(g->tcp.flags, flags));
    if (g->data > 0)
        g_string_append_printf(out, " seq %u:%u", row->seq, row->seq + (uint32_t)g->data);
    else if (g->tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST))
        g_string_append_printf(out, " seq %u", row->seq);
    if (g->tcp.flags & TCP_ACK)
        g_string_append_printf(out, " ack %u", row->ack);
    if (g->tcp.window == 0 && !(g->tcp.flags & TCP_RST))
        g_string_append(out, " win 0");
}

static void icmp_label(const Glance *g, GString *out)
{
    const IcmpName *n = expect_icmp_names;

    while (n->name != NULL &&
           (n->type != g->icmp_type || (n->code >= 0 && n->code != g->icmp_code)))
        n++;
    if (n->name != NULL)
        g_string_append_printf(out, "icmp %s", n->name);
    else
        g_string_append_printf(out, "icmp type %u", g->icmp_type);
    if (g->icmp_type == 0 || g->icmp_type == 8)
        g_string_append_printf(out, " seq %u", g->icmp_seq);
}

static void arp_label(const Glance *g, GString *out)
{
    char ip[IP_TEXT];

    if (g->arp_op == ARP_OP_REQUEST && ip_equal(g->src, g->dst))
        g_string_append_printf(out, "arp announce %s", ip_text(g->src, ip));
    else if (g->arp_op == ARP_OP_REQUEST && ip_is_any(g->src))
        g_string_append_printf(out, "arp probe %s", ip_text(g->dst, ip));
    else if (g->arp_op == ARP_OP_REQUEST)
        g_string_append_printf(out, "arp request %s", ip_text(g->dst, ip));
    else
        g_string_append_printf(out, "arp reply %s", ip_text(g->src, ip));
}

void ladder_label(const Row *row, bool ports, GString *out)
{
    const Glance *g = &row->g;

    if (row->label != NULL) {
        g_string_append(out, row->label);
        return;
    }
    switch (g->kind) {
    case GLANCE_ARP:
        arp_label(g, out);
        break;
    case GLANCE_ICMP:
        icmp_label(g, out);
        break;
    case GLANCE_UDP:
        g_string_append_printf(out, "udp %u>%u length %zu", g->src_port, g->dst_port, g->data);
        break;
    case GLANCE_TCP:
        tcp_label(row, ports, out);
        break;
    case GLANCE_IP:
        g_string_append_printf(out, "ip-proto-%u", g->proto);
        break;
    case GLANCE_OTHER:
        g_string_append(out, "?");
        break;
    }
    if (g->more || g->frag_off != 0)
        g_string_append_printf(out, " fragment %u%s", g->frag_off, g->more ? "+" : "");
}

static void remark(GPtrArray *remarks, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void remark(GPtrArray *remarks, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(remarks, g_strdup_vprintf(format, args));
    va_end(args);
}

/* How it came to be where it begins. */
static void origin_remark(const Ladder *l, const Row *row, GPtrArray *remarks)
{
    g_autoptr(GString) born = g_string_new(NULL), kept = g_string_new(NULL);

    ladder_time(row->born, 3, born);
    switch (row->origin) {
    case ORIGIN_SENT:
        break;
    case ORIGIN_RELEASED:
        ladder_span(l, row->kept, kept);
        remark(remarks, ladder_word(l, W_RELEASED), kept->str);
        break;
    case ORIGIN_REPLAYED:
        remark(remarks, ladder_word(l, W_OLD_DUPLICATE), born->str);
        break;
    case ORIGIN_DUPLICATED:
        remark(remarks, "%s", ladder_word(l, W_DUPLICATE));
        break;
    case ORIGIN_INJECTED:
        remark(remarks, "%s", ladder_word(l, W_INJECTED));
        break;
    }
}

/* "rule old-syn"; one without a name bears its place, "hold (scenario.lua:12)": "line 12". */
static char *rule_text(const Ladder *l, const char *rule)
{
    const char *colon = g_str_has_suffix(rule, ")") ? strrchr(rule, ':') : NULL;

    if (colon == NULL || strspn(colon + 1, "0123456789") + 2 != strlen(colon))
        return g_strdup_printf(ladder_word(l, W_RULE), rule);
    g_autofree char *line = g_strndup(colon + 1, strlen(colon) - 2);
    return g_strdup_printf(ladder_word(l, W_LINE), line);
}

/* What became of it, unless it simply arrived. */
static void fate_remark(const Ladder *l, const Row *row, GPtrArray *remarks)
{
    const char *on = row->lost_on != NULL ? link_dir_name(row->lost_on) : "";
    const char *why = row->drop != DROP_NONE ? ladder_drop_phrase(l, row->drop) : "";
    g_autofree char *rule = row->rule != NULL ? rule_text(l, row->rule) : NULL;

    switch (row->fate) {
    case FATE_LOST:
        if (rule != NULL)
            remark(remarks, ladder_word(l, W_DROPPED_BY_RULE), on, rule);
        else if (row->drop == DROP_LINK_LOSS)
            remark(remarks, ladder_word(l, W_LOST_ON), on);
        else
            remark(remarks, ladder_word(l, W_LOST_BECAUSE), on, why);
        break;
    case FATE_HELD:
        if (rule != NULL)
            remark(remarks, ladder_word(l, W_HELD_BY_RULE), on, rule);
        else
            remark(remarks, ladder_word(l, W_HELD_ON), on);
        if (row->last == NULL)
            remark(remarks, "%s", ladder_word(l, W_STILL_HELD));
        break;
    case FATE_NOT_SENT:
        remark(remarks, ladder_word(l, W_NOT_SENT), why);
        break;
    case FATE_REFUSED:
        remark(remarks, ladder_word(l, W_REFUSED_BY), row->last->name, why);
        break;
    case FATE_ARRIVED:
        if (row->drop != DROP_NONE && !row->answered)
            remark(remarks, ladder_word(l, W_REFUSED), why);
        break;
    case FATE_UNDER_WAY:
        if (row->ignored && row->g.kind == GLANCE_ARP)
            remark(remarks, "%s", ladder_word(l, W_NOBODY_ANSWERS));
        break;
    }
}

char *ladder_state_remark(const Ladder *l, const Row *row)
{
    const char *why = row->text != NULL ? words_trigger(l->opt.chinese, row->text) : "";

    if (row->old_state == NO_STATE || row->old_state == TCP_CLOSED)
        return g_strdup(why);
    return g_strdup_printf(ladder_word(l, W_WAS), why, ladder_state(row->old_state));
}

/* Why it was sent, if that is worth a word. */
static void sent_remark(const Ladder *l, const Row *row, GPtrArray *remarks)
{
    const char *why = ladder_sent_text(l, row->why);

    if (row->origin != ORIGIN_SENT)
        return;
    if (why != NULL)
        remark(remarks, "%s", why);
    else if (row->retransmission)
        remark(remarks, "%s", ladder_word(l, W_RETRANSMISSION));
    else if (row->forged)
        remark(remarks, "%s", ladder_word(l, W_FORGED));
}

char *ladder_remarks(const Ladder *l, const Row *row, bool departure, bool arrival)
{
    g_autoptr(GPtrArray) remarks = g_ptr_array_new_with_free_func(g_free);

    if (departure) {
        if (row->http != NULL && row->label == NULL)
            remark(remarks, "%s", row->http);
        origin_remark(l, row, remarks);
        sent_remark(l, row, remarks);
    }
    if (arrival) {
        if (row->damaged && row->drop != DROP_LINK_FCS)
            remark(remarks, "%s", ladder_word(l, W_DAMAGED));
        if (row->modified)
            remark(remarks, "%s", ladder_word(l, W_MODIFIED));
        fate_remark(l, row, remarks);
    }
    if (remarks->len == 0)
        return NULL;
    g_ptr_array_add(remarks, NULL);
    return g_strjoinv(ladder_word(l, W_COMMA), (char **)remarks->pdata);
}
