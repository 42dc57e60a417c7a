/*
 * words.c - what events say of themselves, in the language of the reader.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/words.h"

#include <stddef.h>
#include <string.h>

/* TCP's triggers of changes of state; as they stand in the source of TCP. */
static const struct {
    const char *en, *zh;
} triggers[] = {
    { "program listens", "程序开始监听" },
    { "program connects", "程序发起连接" },
    { "program shuts down", "程序关闭发送方向" },
    { "program closes", "程序关闭连接" },
    { "program closes with unread data", "程序关闭连接，还有没读的数据" },
    { "program aborts", "程序放弃连接" },
    { "SYN arrives", "收到 SYN" },
    { "SYN arrives: simultaneous open", "收到 SYN：同时打开" },
    { "SYN arrives, and two-way handshake", "收到 SYN，只握两次手" },
    { "SYN arrives in the window", "窗口内收到 SYN" },
    { "another SYN arrives", "又收到一个 SYN" },
    { "SYN is acknowledged", "SYN 得到确认" },
    { "SYN cookie comes back", "SYN Cookie 回来了" },
    { "FIN is sent", "发出 FIN" },
    { "FIN arrives", "收到 FIN" },
    { "FIN is acknowledged", "FIN 得到确认" },
    { "RST arrives", "收到 RST" },
    { "ICMP refuses", "ICMP 说不可达" },
    { "ICMP says unreachable", "ICMP 说不可达" },
    { "data arrives after close", "关闭之后还有数据到达" },
    { "accept queue is full", "全连接队列已满" },
    { "listener closes", "监听者关闭" },
    { "host crashes", "主机崩溃" },
    { "too many retransmissions", "重传次数用尽" },
    { "keep-alives are not answered", "保活没有应答" },
    { "the user timeout is over", "用户超时已到" },
    { "no FIN came, and nobody waits for it", "没有等到 FIN，也没有程序在等" },
    { "2MSL over", "2MSL 到时" },
    { "a newer SYN has reopened it", "较新的 SYN 重新打开了它" },
};

const char *words_trigger(bool chinese, const char *trigger)
{
    for (size_t i = 0; chinese && i < sizeof triggers / sizeof *triggers; i++)
        if (strcmp(triggers[i].en, trigger) == 0)
            return triggers[i].zh;
    return trigger;
}
