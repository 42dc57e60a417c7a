/*
 * explain_words.c - what each step of SEGMENT ARRIVES looked at, as a sentence.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/explain_priv.h"

#include "protocols/transport/tcp_seq.h"
#include "sim/view/words.h"

#include <string.h>

char *explain_with_rule(const char *text, const char *rule, bool chinese)
{
    if (rule == NULL || *rule == '\0')
        return g_strdup(text);
    return g_strdup_printf(chinese ? "%s（%s）" : "%s (%s)", text, rule);
}

/* How much of the numbers it takes: text, SYN and FIN. */
static uint32_t segment_length(const Glance *g)
{
    return (uint32_t)g->data + ((g->tcp.flags & TCP_SYN) != 0) + ((g->tcp.flags & TCP_FIN) != 0);
}

static char *say_sequence(const StepTold *s, bool zh)
{
    uint32_t len = segment_length(s->g), edge = s->rcv_nxt + s->rcv_wnd;
    g_autofree char *span = len > 1 ? g_strdup_printf("%u:%u", s->seq, s->seq + len)
                                    : g_strdup_printf("%u", s->seq);

    if (s->drop != DROP_NONE)
        return g_strdup_printf(zh ? "1 序号：%s 不在接收窗口 %u:%u 之内"
                                  : "1 sequence: %s lies outside the window %u:%u",
                               span, s->rcv_nxt, edge);
    if (len == 0 && s->seq == s->rcv_nxt)
        return g_strdup_printf(zh ? "1 序号：%s，正是下一个期望的" : "1 sequence: %s, the next expected",
                               span);
    if (s->seq == s->rcv_nxt)
        return g_strdup_printf(zh ? "1 序号：%s，从下一个期望的开始，在窗口 %u:%u 之内"
                                  : "1 sequence: %s, from the next expected on, in the window "
                                    "%u:%u",
                               span, s->rcv_nxt, edge);
    if (seq_lt(s->seq, s->rcv_nxt))
        return g_strdup_printf(zh ? "1 序号：%s 的前一部分早已收到，只看 %u 起的"
                                  : "1 sequence: of %s the part before %u was here already",
                               span, s->rcv_nxt);
    return g_strdup_printf(zh ? "1 序号：%s 在窗口 %u:%u 之内，但前面还缺 %u:%u"
                              : "1 sequence: %s is in the window %u:%u, but %u:%u is missing "
                                "before it",
                           span, s->rcv_nxt, edge, s->rcv_nxt, s->seq);
}

static char *say_ack(const StepTold *s, bool zh)
{
    if (!(s->g->tcp.flags & TCP_ACK))
        return g_strdup(zh ? "5 ACK：没有 ACK 标志" : "5 ACK: the flag is not set");
    if (seq_gt(s->ack, s->snd_max))
        return g_strdup_printf(zh ? "5 ACK：%u，而本端只发到 %u" : "5 ACK: %u, but only up to %u was sent",
                               s->ack, s->snd_max);
    if (s->drop != DROP_NONE)
        return g_strdup_printf(zh ? "5 ACK：%u（已确认到 %u，发到 %u）"
                                  : "5 ACK: %u (acknowledged up to %u, sent up to %u)",
                               s->ack, s->snd_una, s->snd_max);
    if (seq_gt(s->ack, s->snd_una))
        return g_strdup_printf(zh ? "5 ACK：%u 确认了 %u:%u" : "5 ACK: %u acknowledges %u:%u", s->ack,
                               s->snd_una, s->ack);
    if (s->ack == s->snd_una && s->snd_una != s->snd_max && segment_length(s->g) == 0)
        return g_strdup_printf(zh ? "5 ACK：%u 重复，%u:%u 还没有确认"
                                  : "5 ACK: %u again, while %u:%u is unacknowledged",
                               s->ack, s->snd_una, s->snd_max);
    return g_strdup_printf(zh ? "5 ACK：%u，没有新的确认" : "5 ACK: %u, nothing new", s->ack);
}

static char *say_text(const StepTold *s, bool zh)
{
    if (s->g->data == 0)
        return g_strdup(zh ? "7 数据：没有" : "7 text: none");
    if (s->drop != DROP_NONE)
        return g_strdup_printf(zh ? "7 数据：%zu 字节，不能收" : "7 text: %zu bytes, not taken",
                               s->g->data);
    if (s->taken == 0)
        return g_strdup_printf(zh ? "7 数据：%zu 字节，先存起来等前面的"
                                  : "7 text: %zu bytes, kept until what is before them comes",
                               s->g->data);
    if (s->taken > s->g->data)
        return g_strdup_printf(zh ? "7 数据：缺口补齐，一次交付 %u 字节"
                                  : "7 text: fills the gap, %u bytes are in order now",
                               s->taken);
    return g_strdup_printf(zh ? "7 数据：按序交付 %u 字节" : "7 text: %u bytes, in order", s->taken);
}

static char *say_flag(const StepTold *s, uint8_t bit, const char *name, bool zh)
{
    bool set = (s->g->tcp.flags & bit) != 0;

    return g_strdup_printf(zh ? "%s：%s" : "%s: %s", name,
                           set ? (zh ? "有" : "yes") : (zh ? "没有" : "no"));
}

static char *say_syn_sent_ack(const StepTold *s, bool zh)
{
    if (!(s->g->tcp.flags & TCP_ACK))
        return g_strdup(zh ? "1 ACK：没有" : "1 ACK: no");
    return g_strdup_printf(s->drop != DROP_NONE
                               ? (zh ? "1 ACK：%u，不是本端 SYN 的确认" : "1 ACK: %u is not of our SYN")
                               : (zh ? "1 ACK：%u 确认了本端的 SYN" : "1 ACK: %u acknowledges our SYN"),
                           s->ack);
}

static char *say_rest(const StepTold *s, bool zh)
{
    bool with_syn = (s->g->tcp.flags & TCP_SYN) != 0; /* most SYNs bring nothing */

    if (strcmp(s->name, "urg") == 0)
        return s->g->tcp.flags & TCP_URG ? say_flag(s, TCP_URG, "6 URG", zh) : NULL;
    if (strcmp(s->name, "text") == 0)
        return with_syn && s->g->data == 0 ? NULL : say_text(s, zh);
    if (strcmp(s->name, "fin") == 0)
        return with_syn && !(s->g->tcp.flags & TCP_FIN) ? NULL : say_flag(s, TCP_FIN, "8 FIN", zh);
    if (strcmp(s->name, "timestamps") == 0 && s->drop != DROP_NONE)
        return explain_with_rule(zh ? "0 时间戳：不合格" : "0 timestamp: refused", "RFC 7323 §5.3", zh);
    return NULL; /* what only takes note of something */
}

/* Numbered as the RFC has them; the third of both lists, security, is not modelled. */
char *explain_step(const StepTold *s, bool zh)
{
    if (strcmp(s->name, "sequence") == 0)
        return say_sequence(s, zh);
    if (strcmp(s->name, "rst") == 0)
        return say_flag(s, TCP_RST, "2 RST", zh);
    if (strcmp(s->name, "syn") == 0)
        return say_flag(s, TCP_SYN, "4 SYN", zh);
    if (strcmp(s->name, "ack") == 0)
        return say_ack(s, zh);
    if (strcmp(s->name, "syn-sent:ack") == 0)
        return say_syn_sent_ack(s, zh);
    if (strcmp(s->name, "syn-sent:rst") == 0)
        return say_flag(s, TCP_RST, "2 RST", zh);
    if (strcmp(s->name, "syn-sent:syn") == 0)
        return say_flag(s, TCP_SYN, "4 SYN", zh);
    return say_rest(s, zh);
}

char *explain_state(const char *state, bool zh)
{
    const char *rule = strcmp(state, "SYN-SENT") == 0 ? "RFC 9293 §3.10.7.3" : "RFC 9293 §3.10.7.4";

    return g_strdup_printf(zh ? "连接处于 %s，依次检查（%s）：" : "in %s, in the order of %s:", state,
                           rule);
}

static void add_flag(GPtrArray *out, const char *name, bool set, bool zh)
{
    g_ptr_array_add(out, g_strdup_printf(zh ? "%s：%s" : "%s: %s", name,
                                         set ? (zh ? "有" : "yes") : (zh ? "没有" : "no")));
}

void explain_no_connection(bool listening, DropReason drop, const Glance *g, bool zh,
                           GPtrArray *out)
{
    uint8_t flags = g->tcp.flags;

    if (!listening) {
        g_ptr_array_add(out, g_strdup(zh ? "没有这条连接，也没有监听者：CLOSED（RFC 9293 §3.10.7.1）："
                                         : "no connection and no listener: CLOSED, "
                                           "RFC 9293 §3.10.7.1:"));
        add_flag(out, "RST", (flags & TCP_RST) != 0, zh);
        return;
    }
    g_ptr_array_add(out, g_strdup(zh ? "没有这条连接，但有监听者：LISTEN，依次检查（RFC 9293 §3.10.7.2）："
                                     : "no connection, but a listener: LISTEN, in the order of "
                                       "RFC 9293 §3.10.7.2:"));
    add_flag(out, "1 RST", (flags & TCP_RST) != 0, zh);
    if (drop == DROP_TCP_LISTEN_RST)
        return;
    add_flag(out, "2 ACK", (flags & TCP_ACK) != 0, zh);
    if (drop != DROP_TCP_LISTEN_ACK)
        add_flag(out, "3 SYN", (flags & TCP_SYN) != 0, zh);
}
