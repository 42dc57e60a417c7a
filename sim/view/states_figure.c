/*
 * states_figure.c - Figure 5 of RFC 9293: its states and arrows, and where they stand.
 *
 * As the RFC has it, but for straight lines, whole names, and note 2's arrow, which is drawn.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/states_priv.h"

#include <string.h>

const FigureBox figure_boxes[FIGURE_BOXES] = {
    { TCP_CLOSED, { 33, 0 }, 14, 5 },       { TCP_LISTEN, { 33, 9 }, 14, 3 },
    { TCP_SYN_RECEIVED, { 0, 14 }, 14, 7 }, { TCP_SYN_SENT, { 66, 14 }, 14, 7 },
    { TCP_ESTABLISHED, { 33, 23 }, 14, 3 }, { TCP_FIN_WAIT_1, { 0, 29 }, 14, 6 },
    { TCP_CLOSE_WAIT, { 66, 29 }, 14, 3 },  { TCP_FIN_WAIT_2, { 0, 39 }, 14, 3 },
    { TCP_CLOSING, { 33, 37 }, 14, 3 },     { TCP_LAST_ACK, { 66, 37 }, 14, 3 },
    { TCP_TIME_WAIT, { 33, 44 }, 14, 4 },   { TCP_CLOSED, { 66, 44 }, 14, 4 },
};

#define CLOSES "program closes|program shuts down|program closes with unread data"

const FigureArrow figure_arrows[FIGURE_ARROWS] = {
    { TCP_CLOSED, TCP_SYN_SENT, NULL, { { 47, 1 }, { 76, 1 }, { 76, 13 } }, 3, { 62, 1 },
      { { 49, 0 }, false, { "active OPEN / snd SYN" }, { "主动打开 / 发 SYN" } }, false },
    { TCP_CLOSED, TCP_LISTEN, NULL, { { 36, 5 }, { 36, 8 } }, 2, { 36, 7 },
      { { 34, 5 }, true, { "passive OPEN", "create TCB" }, { "被动打开", "建立 TCB" } },
      false },
    { TCP_LISTEN, TCP_CLOSED, NULL, { { 43, 8 }, { 43, 5 } }, 2, { 43, 7 },
      { { 46, 5 }, false, { "CLOSE", "delete TCB" }, { "关闭", "删除 TCB" } }, false },
    { TCP_SYN_SENT, TCP_CLOSED, CLOSES, { { 69, 13 }, { 69, 3 }, { 47, 3 } }, 3, { 58, 3 },
      { { 49, 2 }, false, { "CLOSE / delete TCB" }, { "关闭 / 删除 TCB" } }, false },
    { TCP_LISTEN, TCP_SYN_RECEIVED, NULL, { { 36, 12 }, { 36, 15 }, { 14, 15 } }, 3, { 24, 15 },
      { { 34, 12 }, true, { "rcv SYN", "snd SYN,ACK" }, { "收 SYN", "发 SYN,ACK" } }, false },
    { TCP_LISTEN, TCP_SYN_SENT, NULL, { { 43, 12 }, { 43, 15 }, { 65, 15 } }, 3, { 55, 15 },
      { { 46, 12 }, false, { "SEND", "snd SYN" }, { "要发送", "发 SYN" } }, false },
    { TCP_SYN_SENT, TCP_SYN_RECEIVED, NULL, { { 65, 17 }, { 14, 17 } }, 2, { 40, 17 },
      { { 29, 16 }, false, { "rcv SYN / snd SYN,ACK" }, { "收 SYN / 发 SYN,ACK" } }, false },
    { TCP_SYN_RECEIVED, TCP_LISTEN, "RST arrives", { { 3, 13 }, { 3, 10 }, { 32, 10 } }, 3,
      { 18, 10 }, { { 10, 9 }, false, { "rcv RST (note 1)" }, { "收 RST（注 1）" } }, false },
    { TCP_SYN_RECEIVED, TCP_ESTABLISHED, NULL, { { 14, 19 }, { 36, 19 }, { 36, 22 } }, 3,
      { 25, 19 }, { { 34, 20 }, true, { "rcv ACK of SYN", "x" }, { "收 SYN 的 ACK", "—" } },
      false },
    { TCP_SYN_SENT, TCP_ESTABLISHED, NULL, { { 65, 19 }, { 43, 19 }, { 43, 22 } }, 3, { 54, 19 },
      { { 46, 20 }, false, { "rcv SYN,ACK", "snd ACK" }, { "收 SYN,ACK", "发 ACK" } }, false },
    { TCP_SYN_RECEIVED, TCP_FIN_WAIT_1, NULL, { { 3, 21 }, { 3, 28 } }, 2, { 3, 25 },
      { { 6, 22 }, false, { "CLOSE", "snd FIN" }, { "关闭", "发 FIN" } }, false },
    { TCP_ESTABLISHED, TCP_FIN_WAIT_1, NULL, { { 36, 26 }, { 36, 30 }, { 14, 30 } }, 3, { 25, 30 },
      { { 34, 26 }, true, { "CLOSE", "snd FIN" }, { "关闭", "发 FIN" } }, false },
    { TCP_ESTABLISHED, TCP_CLOSE_WAIT, NULL, { { 43, 26 }, { 43, 30 }, { 65, 30 } }, 3, { 54, 30 },
      { { 46, 26 }, false, { "rcv FIN", "snd ACK" }, { "收 FIN", "发 ACK" } }, false },
    { TCP_FIN_WAIT_1, TCP_FIN_WAIT_2, NULL, { { 3, 35 }, { 3, 38 } }, 2, { 3, 37 },
      { { 6, 35 }, false, { "rcv ACK of FIN", "x" }, { "收 FIN 的 ACK", "—" } }, false },
    { TCP_FIN_WAIT_1, TCP_CLOSING, NULL, { { 14, 32 }, { 36, 32 }, { 36, 36 } }, 3, { 26, 32 },
      { { 16, 31 }, false, { "rcv FIN / snd ACK" }, { "收 FIN / 发 ACK" } }, false },
    { TCP_FIN_WAIT_1, TCP_TIME_WAIT, NULL, { { 14, 33 }, { 23, 33 }, { 23, 45 }, { 32, 45 } }, 4,
      { 23, 40 },
      { { 25, 34 }, false, { "rcv FIN,", "ACK of FIN", "snd ACK" },
        { "收 FIN 和", "它的 ACK", "发 ACK" } }, true },
    { TCP_FIN_WAIT_2, TCP_TIME_WAIT, NULL, { { 3, 42 }, { 3, 46 }, { 32, 46 } }, 3, { 14, 46 },
      { { 6, 43 }, false, { "rcv FIN", "snd ACK" }, { "收 FIN", "发 ACK" } }, false },
    { TCP_CLOSING, TCP_TIME_WAIT, NULL, { { 39, 40 }, { 39, 43 } }, 2, { 39, 42 },
      { { 42, 40 }, false, { "rcv ACK of FIN", "x" }, { "收 FIN 的 ACK", "—" } }, false },
    { TCP_CLOSE_WAIT, TCP_LAST_ACK, NULL, { { 76, 32 }, { 76, 36 } }, 2, { 76, 35 },
      { { 74, 32 }, true, { "CLOSE", "snd FIN" }, { "关闭", "发 FIN" } }, false },
    { TCP_LAST_ACK, TCP_CLOSED, "FIN is acknowledged", { { 76, 40 }, { 76, 43 } }, 2, { 76, 42 },
      { { 74, 40 }, true, { "rcv ACK of FIN", "x" }, { "收 FIN 的 ACK", "—" } }, false },
    { TCP_TIME_WAIT, TCP_CLOSED, "2MSL over", { { 47, 45 }, { 65, 45 } }, 2, { 56, 45 },
      { { 50, 43 }, false, { "Timeout=2MSL", "delete TCB" }, { "2MSL 到时", "删除 TCB" } },
      false },
};

static bool is_among(const char *triggers, const char *trigger)
{
    g_auto(GStrv) all = g_strsplit(triggers, "|", -1);

    return g_strv_contains((const char *const *)all, trigger);
}

int figure_arrow(TcpState from, TcpState to, const char *trigger)
{
    for (int i = 0; i < FIGURE_ARROWS; i++) {
        const FigureArrow *a = &figure_arrows[i];
        if (a->from == from && a->to == to &&
            (a->triggers == NULL || is_among(a->triggers, trigger)))
            return i;
    }
    return FIGURE_NONE;
}
