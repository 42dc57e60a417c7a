/*
 * reason.c - the tables made from reason.def.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/reason.h"

#include <glib.h>

static const Reason drops[DROP_COUNT] = {
    [DROP_NONE] = { "none", "", "taken" },
#define DROP(id, name, rule, text) [DROP_##id] = { name, rule, text },
#define SENT(id, name, rule, text)
#include "sim/engine/reason.def"
#undef DROP
#undef SENT
};

static const Reason sents[SENT_COUNT] = {
#define DROP(id, name, rule, text)
#define SENT(id, name, rule, text) [SENT_##id] = { name, rule, text },
#include "sim/engine/reason.def"
#undef DROP
#undef SENT
};

const Reason *drop_reason(DropReason why)
{
    g_assert(why < DROP_COUNT);
    return &drops[why];
}

const Reason *sent_reason(SentReason why)
{
    g_assert(why < SENT_COUNT);
    return &sents[why];
}

const char *drop_name(DropReason why)
{
    return drop_reason(why)->name;
}

const char *sent_name(SentReason why)
{
    return sent_reason(why)->name;
}
