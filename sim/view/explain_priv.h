/*
 * explain_priv.h - the stories of packets (explain.c), and the sentences that they are made of
 * (explain_words.c).
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/view/explain.h"
#include "sim/view/glance.h"

#include "protocols/stack.h"

/* A step as TCP_STEP tells of it; numbers are relative to the connection. */
typedef struct StepTold {
    const char *name, *state;
    DropReason  drop;
    uint32_t    rcv_nxt, rcv_wnd, snd_una, snd_max, taken;
    uint32_t    seq, ack; /* of the segment */
    const Glance *g;
} StepTold;

/* "in ESTABLISHED, RFC 9293 §3.10.7.4 asks:"; newly allocated. */
char *explain_state(const char *state, bool chinese);
/* What the step found, as a numbered sentence; NULL if it had nothing to look at. Newly
 * allocated. */
char *explain_step(const StepTold *step, bool chinese);
/* The steps that CLOSED and LISTEN take (RFC 9293 §3.10.7.1 and 2), by what came of them; adds
 * sentences, owned, to `out`. */
void explain_no_connection(bool listening, DropReason drop, const Glance *g, bool chinese,
                           GPtrArray *out);
/* "text (rule)", or just the text. Newly allocated. */
char *explain_with_rule(const char *text, const char *rule, bool chinese);
