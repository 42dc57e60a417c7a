/*
 * comment.c - the dictionary of reasons, put into sentences.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/comment.h"

#include <string.h>

static void sentence(const char *lead, const Reason *reason, GString *out)
{
    const char *const words[] = { lead, ": ", reason->text, " (", reason->rule, ")" };

    for (size_t i = 0; i < (*reason->rule != '\0' ? 6 : 3); i++)
        g_string_append(out, words[i]);
}

void comment_sent(const Packet *pkt, GString *out)
{
    sentence("sent", sent_reason(pkt->why), out);
}

void comment_drop(DropReason why, GString *out)
{
    sentence("dropped", drop_reason(why), out);
}

static void mark(GString *out, size_t start, const char *text, const char *remark)
{
    g_string_append(out, out->len > start ? "; " : "");
    g_string_append(out, text);
    g_string_append(out, remark);
}

bool comment_marks(const Packet *pkt, GString *out)
{
    size_t start = out->len;
    const char *remark = pkt->remark;

    if (pkt->retransmission && strstr(sent_reason(pkt->why)->text, "retransmission") == NULL)
        mark(out, start, "retransmission", "");
    if (pkt->forged && pkt->why != SENT_RAW)
        mark(out, start, "forged by the scenario", "");
    if (pkt->altered)
        mark(out, start, remark != NULL ? "altered: " : "altered on the way",
             remark != NULL ? remark : "");
    else if (remark != NULL)
        mark(out, start, remark, "");
    return out->len > start;
}

DropReason comment_event_drop(const TraceEvent *ev)
{
    int field = trace_field(ev->point, "reason");

    for (int i = DROP_NONE + 1; field >= 0 && i < DROP_COUNT; i++)
        if (strcmp(drop_name((DropReason)i), trace_arg_str(ev, field)) == 0)
            return (DropReason)i;
    return DROP_NONE;
}
