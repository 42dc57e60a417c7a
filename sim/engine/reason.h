/*
 * reason.h - why a packet was sent, and why one was dropped: the dictionary.
 *
 * Every packet is stamped with a SentReason at birth; whoever refuses one says a DropReason. Views,
 * captures, counters and documents all read the one list in reason.def. There is no "unspecified".
 */
/* SPDX-License-Identifier: MIT */
#pragma once

typedef enum DropReason {
    DROP_NONE, /* not dropped: the callee has taken the packet */
#define DROP(id, name, rule, text) DROP_##id,
#define SENT(id, name, rule, text)
#include "sim/engine/reason.def"
#undef DROP
#undef SENT
    DROP_COUNT
} DropReason;

typedef enum SentReason {
#define DROP(id, name, rule, text)
#define SENT(id, name, rule, text) SENT_##id,
#include "sim/engine/reason.def"
#undef DROP
#undef SENT
    SENT_COUNT
} SentReason;

/* One row: its short name ("udp.no-port"), the paragraph that says so ("RFC 1122 §4.1.3.1") and an
 * English sentence without a full stop. Static strings. */
typedef struct Reason {
    const char *name, *rule, *text;
} Reason;

const Reason *drop_reason(DropReason why);
const Reason *sent_reason(SentReason why);
const char   *drop_name(DropReason why);
const char   *sent_name(SentReason why);
