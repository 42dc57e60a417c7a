/*
 * ladder_words.c - the fixed words of the ladder, in two languages.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/ladder_priv.h"

#include "protocols/transport/tcp.h"
#include "sim/view/words.h"

#include <string.h>

typedef struct Phrase {
    const char *en, *zh;
} Phrase;

static const Phrase words[W_COUNT] = {
    [W_LOST_ON] = { "lost on %s", "在 %s 上丢失" },
    [W_LOST_BECAUSE] = { "lost on %s: %s", "在 %s 上丢失：%s" },
    [W_DROPPED_BY_RULE] = { "dropped on %s by %s", "在 %s 上丢弃（%s）" },
    [W_HELD_ON] = { "held on %s", "滞留在 %s" },
    [W_HELD_BY_RULE] = { "held on %s by %s", "滞留在 %s（%s）" },
    [W_RULE] = { "rule %s", "规则 %s" },
    [W_LINE] = { "line %s", "第 %s 行" },
    [W_STILL_HELD] = { "never released", "始终没有放行" },
    [W_REFUSED_BY] = { "refused by %s: %s", "被 %s 丢弃：%s" },
    [W_REFUSED] = { "refused: %s", "被拒：%s" },
    [W_NOT_SENT] = { "could not be sent: %s", "发不出去：%s" },
    [W_RELEASED] = { "released after %s", "%s后放行" },
    [W_OLD_DUPLICATE] = { "old duplicate, sent at %s", "旧的重复，发出于 %s" },
    [W_DUPLICATE] = { "duplicate", "重复" },
    [W_INJECTED] = { "injected", "注入" },
    [W_RETRANSMISSION] = { "retransmission", "重传" },
    [W_FORGED] = { "forged", "伪造" },
    [W_DAMAGED] = { "damaged on the wire", "传输中损坏" },
    [W_MODIFIED] = { "modified on the wire", "传输中被改动" },
    [W_NOBODY_ANSWERS] = { "nobody has this address", "没有人有这个地址" },
    [W_PASSES] = { "... %s pass ...", "…… 过了 %s ……" },
    [W_NOT_SHOWN] = {
        "(%s rows not shown; --full shows all)",
        "（略去 %s 行；--full 显示全部）",
    },
    [W_SUM_PACKETS] = { "%s packets sent by hosts", "主机共发出 %s 个分组" },
    [W_SUM_ONE_PACKET] = { "%s packet sent by hosts", "主机共发出 %s 个分组" },
    [W_SUM_RETRANSMITTED] = { ", %s of them retransmitted", "，其中重传 %s 个" },
    [W_SUM_TIME] = { "; virtual time %s s", "；虚拟时间 %s 秒" },
    [W_SUM_LOST] = { "lost or refused:", "丢失或被拒：" },
    [W_SUM_REASON] = { "%s x %s: %s", "%s 次 %s：%s" },
    [W_UNPLUGGED] = { "the cable %s is unplugged", "网线 %s 被拔掉" },
    [W_PLUGGED] = { "the cable %s is plugged in", "网线 %s 插回" },
    [W_CRASHED] = { "%s crashes and forgets everything", "%s 崩溃，忘掉一切" },
    [W_BOOTED] = { "%s boots", "%s 重新启动" },
    [W_COMMA] = { ", ", "，" },
    [W_BRACKETS] = { "%s (%s)", "%s（%s）" },
    [W_WAS] = { "%s (was %s)", "%s（原为 %s）" },
    [W_SECONDS] = { "%s s", "%s 秒" },
    [W_TIMER_SET] = { "%s: in %s", "%s：%s后" },
    [W_TIMER_FIRES] = { "%s fires", "%s到时" },
    [W_TIMER_STOPS] = { "%s stopped", "%s取消" },
    [W_NOTHING] = { "(no packet was sent)", "（没有分组发出）" },
};

/* The dictionary's sentences cut to what fits beside an arrow; where none is, the sentence. */
static const char *const drops_en[DROP_COUNT] = {
    [DROP_LINK_QUEUE_FULL] = "the queue is full",
    [DROP_LINK_FCS] = "damaged on the wire",
    [DROP_LINK_NO_LINK] = "no cable",
    [DROP_LINK_TOO_BIG] = "larger than the MTU",
    [DROP_ARP_UNRESOLVED] = "no answer to ARP",
    [DROP_ARP_QUEUE_FULL] = "too many wait for ARP",
    [DROP_IP_CHECKSUM] = "the IP checksum is wrong",
    [DROP_IP_NOT_MINE] = "for another host",
    [DROP_IP_TTL] = "TTL ran out",
    [DROP_IP_NO_ROUTE] = "no route",
    [DROP_IP_DF] = "too big, must not be fragmented",
    [DROP_IP_FRAG_TIMEOUT] = "the other fragments did not come",
    [DROP_UDP_NO_PORT] = "nobody on this port",
    [DROP_UDP_BUFFER_FULL] = "the receive buffer is full",
    [DROP_TCP_CLOSED] = "no such connection",
    [DROP_TCP_CLOSED_RST] = "no such connection",
    [DROP_TCP_LISTEN_RST] = "LISTEN ignores it",
    [DROP_TCP_LISTEN_ACK] = "not for LISTEN",
    [DROP_TCP_SYN_SENT_ACK] = "acknowledges what was not sent",
    [DROP_TCP_SYN_SENT_OTHER] = "not for SYN-SENT",
    [DROP_TCP_OUT_OF_WINDOW] = "outside the window",
    [DROP_TCP_RST_OUT_OF_WINDOW] = "outside the window",
    [DROP_TCP_RST_NOT_EXACT] = "challenged",
    [DROP_TCP_SYN_CHALLENGED] = "challenged",
    [DROP_TCP_ACK_UNSENT] = "acknowledges what was not sent",
    [DROP_TCP_ACK_TOO_OLD] = "the ACK is too old",
    [DROP_TCP_BAD_HANDSHAKE] = "acknowledges another SYN",
    [DROP_TCP_DATA_AFTER_CLOSE] = "the program has closed",
    [DROP_TCP_TIME_WAIT_RST] = "no reset ends TIME-WAIT",
    [DROP_TCP_TIME_WAIT_SYN] = "older than the old connection",
    [DROP_TCP_REASS_OFF] = "out of order, not kept",
};

/* Why a packet was sent, where that is worth a word. */
static const Phrase sent[SENT_COUNT] = {
    [SENT_TCP_SYN_CROSSED] = { "simultaneous open", "同时打开" },
    [SENT_TCP_DUP_ACK] = { "duplicate ACK", "重复确认" },
    [SENT_TCP_OUT_OF_WINDOW] = { "repeats its ACK", "再确认一次" },
    [SENT_TCP_CHALLENGE_ACK] = { "challenge ACK", "质询确认" },
    [SENT_TCP_ACK_UNSENT] = { "says what it has sent", "回答发到哪里" },
    [SENT_TCP_WINDOW_UPDATE] = { "the window opens", "窗口重新打开" },
    [SENT_TCP_WINDOW_PROBE] = { "window probe", "零窗口探测" },
    [SENT_TCP_KEEPALIVE] = { "keep-alive", "保活" },
    [SENT_TCP_FAST_RETRANSMIT] = { "fast retransmit: three duplicate ACKs",
                                   "快重传：收到 3 个重复确认" },
    [SENT_TCP_PARTIAL_ACK] = { "retransmission: the next hole", "重传：下一个缺口" },
    [SENT_TCP_SACK_RETRANSMIT] = { "retransmission: a hole that SACK shows",
                                   "重传：SACK 指出的缺口" },
    [SENT_TCP_SACK_RESCUE] = { "retransmission: the last segment", "重传：最后一段" },
    [SENT_TCP_RACK] = { "retransmission: later segments have arrived",
                        "重传：后发的段已经到达" },
    [SENT_TCP_TAIL_PROBE] = { "tail loss probe", "尾部丢失探测" },
    [SENT_TCP_PAWS_ACK] = { "timestamp too old: repeats its ACK",
                            "时间戳太旧：再确认一次" },
    [SENT_TCP_RST_CLOSED] = { "no such connection", "没有这条连接" },
    [SENT_TCP_RST_LISTEN] = { "belongs to no connection here", "不属于这里的任何连接" },
    [SENT_TCP_RST_SYN_SENT] = { "we did not send that SYN", "没有发过那个 SYN" },
    [SENT_TCP_RST_HANDSHAKE] = { "that is not our SYN", "确认的不是我们的 SYN" },
    [SENT_TCP_RST_ABORT] = { "the program aborts", "程序放弃连接" },
    [SENT_TCP_RST_UNREAD] = { "nobody reads the data", "数据没人读了" },
    [SENT_TCP_RST_ACCEPT_FULL] = { "the accept queue is full", "全连接队列已满" },
};

static const char *in_language(const Ladder *l, const Phrase *p)
{
    return l->opt.chinese ? p->zh : p->en;
}

const char *ladder_word(const Ladder *l, Word w)
{
    return in_language(l, &words[w]);
}

const char *ladder_drop_text(const Ladder *l, DropReason why)
{
    return words_drop(l->opt.chinese, why);
}

const char *ladder_drop_phrase(const Ladder *l, DropReason why)
{
    return !l->opt.chinese && drops_en[why] != NULL ? drops_en[why] : ladder_drop_text(l, why);
}

const char *ladder_sent_text(const Ladder *l, SentReason why)
{
    return sent[why].en != NULL ? in_language(l, &sent[why]) : NULL;
}

const char *ladder_state(uint8_t state)
{
    return state < TCP_STATE_COUNT ? tcp_state_name(state) : "";
}

uint8_t ladder_state_of(const char *name)
{
    for (uint8_t i = 0; i < TCP_STATE_COUNT; i++)
        if (name != NULL && strcmp(tcp_state_name(i), name) == 0)
            return i;
    return NO_STATE;
}
